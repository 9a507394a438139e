//! 夕方の見通し at its fixed hours: what the first look at or after 15:00, 18:00 and 21:00 said of the coming night.

use hinan_recommend::Briefing;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::japan;

/// The fixed hours of the day, Japan time.
pub const HOURS: [i8; 3] = [15, 18, 21];

/// Today's briefings so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Briefed {
    day: Option<Date>,
    /// Earliest first.
    pub given: Vec<Given>,
}

/// One briefing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Given {
    /// 15, 18 or 21.
    pub hour: i8,
    /// When it was really worked out: the first look in that hour or after it.
    pub as_of: Timestamp,
    /// One per river or hazard.
    pub briefings: Vec<Briefing>,
}

impl Briefed {
    /// What was given on the day of a moment, from the record, after a restart: nobody is told the same hour's word twice.
    #[must_use]
    pub fn of(now: Timestamp, given: Vec<Given>) -> Self {
        let day = japan(now).date();
        let today = |given: &Given| japan(given.as_of).date() == day;
        Self {
            day: Some(day),
            given: given.into_iter().filter(today).collect(),
        }
    }

    /// With what is said now, where a fixed hour has passed that nothing was said for. Of hours that passed unseen only the last
    /// counts: nobody can be told now what would have been said then.
    #[must_use]
    pub fn after(&self, as_of: Timestamp, briefings: &[Briefing]) -> Self {
        let local = japan(as_of);
        let mut next = if self.day == Some(local.date()) {
            self.clone()
        } else {
            Self {
                day: Some(local.date()),
                given: Vec::new(),
            }
        };
        let due = HOURS.into_iter().rfind(|hour| *hour <= local.hour());
        if let Some(hour) = due
            && next.given.iter().all(|given| given.hour < hour)
        {
            next.given.push(Given {
                hour,
                as_of,
                briefings: briefings.to_vec(),
            });
        }
        next
    }
}

/// The chance in words; that nothing can be said is said.
#[must_use]
pub fn words(briefing: &Briefing) -> String {
    let about = &briefing.about;
    match briefing.chance {
        None => format!(
            "{about}: 今夜(22:00〜5:00)に避難指示の判断が必要になるかは、予測が夜まで届かないため見通せません。見通せないことは、安全を意味しません"
        ),
        Some(chance) => {
            let percent = if chance < 0.01 {
                "1%未満".to_owned()
            } else {
                format!("{:.0}%", chance * 100.0)
            };
            let until = if briefing.counted_until < briefing.to {
                format!(
                    "({}までの見通しで、少なくとも)",
                    crate::clock::spoken(briefing.counted_until)
                )
            } else {
                String::new()
            };
            format!(
                "{about}: いま何も決めなければ、今夜(22:00〜5:00)に避難指示の判断が必要になる見込みは{until}{percent}"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        format!("2016-08-30T{time}:00+09:00")
            .parse()
            .expect("a time")
    }

    #[test]
    fn each_fixed_hour_speaks_once_and_a_new_day_begins_anew() {
        let mut briefed = Briefed::default();
        let mut hours = Vec::new();
        for time in [
            "14:50", "15:00", "15:10", "17:00", "18:05", "20:00", "21:00", "23:50",
        ] {
            briefed = briefed.after(at(time), &[]);
            hours.push(briefed.given.len());
        }
        assert_eq!(hours, [0, 1, 1, 1, 2, 2, 3, 3]);
        assert_eq!(briefed.given[1].as_of, at("18:05"));
        let tomorrow = briefed.after("2016-08-31T09:00:00+09:00".parse().expect("a time"), &[]);
        assert!(tomorrow.given.is_empty());
    }

    #[test]
    fn after_a_restart_the_word_of_an_hour_stands_as_it_was_given_and_yesterdays_is_over() {
        let given = |at: Timestamp| Given {
            hour: 15,
            as_of: at,
            briefings: Vec::new(),
        };
        let before = "2016-08-29T15:00:00+09:00".parse().expect("a time");
        let again = Briefed::of(at("16:30"), vec![given(before), given(at("15:00"))]);
        let after = again.after(at("16:30"), &[]);
        assert_eq!(after.given, [given(at("15:00"))], "not once more at 16:30");
    }

    #[test]
    fn a_night_that_cannot_be_foreseen_is_said_not_to_be_safe() {
        let briefing = Briefing {
            about: "札内川".to_owned(),
            from: at("22:00"),
            to: "2016-08-31T05:00:00+09:00".parse().expect("a time"),
            chance: None,
            counted_until: at("22:00"),
            needs_min: 190.0,
        };
        assert!(words(&briefing).contains("見通せません"));
        let seen = Briefing {
            chance: Some(0.12),
            ..briefing
        };
        assert!(words(&seen).contains("12%") && words(&seen).contains("少なくとも"));
    }
}
