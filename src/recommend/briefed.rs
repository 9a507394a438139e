//! 夕方の見通し at its fixed hours: what the first look at or after 15:00, 18:00 and 21:00 said of the coming night (R-5).

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

/// The chance in words, with what the agency expects; that nothing can be said is said.
#[must_use]
pub fn words(briefing: &Briefing) -> String {
    let about = &briefing.about;
    let mark = briefing.mark.map_or_else(
        || "避難指示の判断が必要な段階".to_owned(),
        |(mark, level_m)| {
            let source = briefing.source.as_deref().unwrap_or_default();
            format!("{source}の{}({level_m:.2} m)", mark.japanese())
        },
    );
    let before = briefing.before.map_or_else(String::new, |chance| {
        format!("22:00より前に達する見込みは{}", percent(chance))
    });
    let said = match (briefing.reached, briefing.chance) {
        (true, _) => {
            format!("水位はすでに{mark}に達しています。今夜を待たず、いま判断する段階です")
        }
        (false, Some(chance)) => {
            let until = if briefing.counted_until < briefing.to {
                format!(
                    "{}までの見通しで少なくとも",
                    crate::clock::spoken(briefing.counted_until)
                )
            } else {
                String::new()
            };
            let before = if before.is_empty() {
                String::new()
            } else {
                format!("。{before}")
            };
            format!(
                "いま何も決めなければ、今夜(22:00〜5:00)に{mark}に達し、避難指示の判断が必要になる見込みは{until}{}{before}",
                percent(chance)
            )
        }
        (false, None) => match briefing.foreseen_h {
            Some(hours) => {
                let so_far = briefing.before.map_or_else(String::new, |chance| {
                    format!("。そこまでに{mark}に達する見込みは{}", percent(chance))
                });
                format!(
                    "今夜(22:00〜5:00)は見通せません。予測は{hours:.0}時間先までです{so_far}。見通せないことは、安全を意味しません"
                )
            }
            None => "今夜(22:00〜5:00)に避難指示の判断が必要になるかは、使える予測がなく見通せません。見通せないことは、安全を意味しません".to_owned(),
        },
    };
    let agency = match &briefing.overnight {
        Some((product, told)) => format!(
            "気象台の夜間の見込みは{}({})",
            product.japanese(told.value),
            crate::clock::spoken(told.at)
        ),
        None => "気象台の夜間の見込みは届いていません".to_owned(),
    };
    format!("{about}: {said}。{agency}")
}

fn percent(chance: f64) -> String {
    if chance < 0.01 {
        "1%未満".to_owned()
    } else {
        format!("{:.0}%", chance * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use hinan_recommend::{JmaLevel, Mark, Product, Told};

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

    fn briefing() -> Briefing {
        Briefing {
            about: "札内川".to_owned(),
            from: at("22:00"),
            to: "2016-08-31T05:00:00+09:00".parse().expect("a time"),
            chance: None,
            counted_until: at("22:00"),
            before: Some(0.04),
            foreseen_h: Some(6.0),
            mark: Some((Mark::Danger, 37.1)),
            source: Some("南帯橋".to_owned()),
            reached: false,
            overnight: None,
        }
    }

    #[test]
    fn a_night_that_cannot_be_foreseen_is_said_not_to_be_safe_with_how_far_anything_is_foreseen() {
        let said = words(&briefing());
        for words in [
            "見通せません",
            "6時間先まで",
            "南帯橋の氾濫危険水位(37.10 m)に達する見込みは4%",
            "安全を意味しません",
            "夜間の見込みは届いていません",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let nothing = Briefing {
            foreseen_h: None,
            before: None,
            ..briefing()
        };
        assert!(words(&nothing).contains("使える予測がなく"));
    }

    #[test]
    fn the_chance_of_the_night_stands_beside_what_comes_before_it_and_what_the_agency_expects() {
        let told = Told {
            value: JmaLevel::new(4).expect("a level"),
            at: at("17:00"),
            source: "気象台".to_owned(),
        };
        let seen = Briefing {
            chance: Some(0.12),
            counted_until: at("23:30"),
            overnight: Some((Product::HeavyRain, told)),
            ..briefing()
        };
        let said = words(&seen);
        for words in [
            "12%",
            "少なくとも",
            "22:00より前に達する見込みは4%",
            "レベル4大雨危険警報",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
        let reached = Briefing {
            reached: true,
            ..seen
        };
        let said = words(&reached);
        assert!(
            said.contains("すでに南帯橋の氾濫危険水位") && said.contains("いま判断"),
            "{said}"
        );
    }

    #[test]
    fn a_briefing_that_was_written_down_with_what_an_order_needs_is_read() {
        let then = r#"{"about":"札内川","from":"2016-08-30T13:00:00Z","to":"2016-08-30T20:00:00Z","chance":0.3,
            "counted_until":"2016-08-30T15:00:00Z","needs_min":190.0}"#;
        let read: Briefing = serde_json::from_str(then).expect("it is one of before");
        assert!(words(&read).contains("30%"), "{}", words(&read));
    }
}
