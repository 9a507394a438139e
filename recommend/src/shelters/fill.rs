use super::allocate::{Plan, Question};
use super::shelter::State;
use crate::{ShelterId, UnitId};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One shelter that fills, as it stands now.
#[derive(Clone, Copy, Debug)]
pub struct Filling<'a> {
    /// All its places.
    pub places: u32,
    /// How many are inside now.
    pub inside: u32,
    /// How many will be inside, the next minutes first.
    pub expected: &'a [ExpectedBy],
    /// The shelter that would be opened next, if there is one.
    pub next: Option<&'a NextShelter>,
    /// Minutes until anybody looks again: advice that would be due before then is given now.
    pub look_again_min: u32,
}

/// Persons inside by a minute from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpectedBy {
    /// From now, above 0.
    pub minutes: u32,
    /// As likely more as fewer.
    pub likely: u32,
    /// Exceeded with a chance of 5 %.
    pub high: u32,
}

/// A closed shelter that would take the overflow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextShelter {
    /// The shelter.
    pub id: ShelterId,
    /// Minutes from the call until people can come in.
    pub opening_min: u32,
}

/// How one shelter fills.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillForecast {
    /// Inside now, per cent of the places; above 100 when over-full.
    pub percent_now: u32,
    /// Minutes until 80 %, if many come and if as likely more as fewer come; none within the forecast.
    pub to_80_percent_min: [Option<u32>; 2],
    /// Minutes until full, likewise.
    pub to_full_min: [Option<u32>; 2],
    /// What to do.
    pub advice: FillAdvice,
}

/// What to do about a filling shelter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "advice")]
pub enum FillAdvice {
    /// Even if many come it stays below 80 % within the forecast.
    Nothing,
    /// Call for the next one within so many minutes: then it is open before 80 % are reached, even if many come.
    OpenNext {
        /// The next.
        next: ShelterId,
        /// From now.
        within_min: u32,
    },
    /// Call for the next one now. It may open after 80 % are reached.
    OpenNextNow {
        /// The next.
        next: ShelterId,
    },
    /// 80 % will be reached, and no closed shelter is valid and within reach: places must be found elsewhere.
    NoneLeft,
}

/// Figures that make no forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FillError {
    /// Nobody can fill it.
    #[error("`places` is 0; at least 1 is needed")]
    NoPlaces,
    /// Times that do not rise.
    #[error("expected entry {number}: {minutes} min does not come after the one before it")]
    Order {
        /// From 0.
        number: usize,
        /// As given.
        minutes: u32,
    },
    /// A range upside down.
    #[error("expected entry {number}: high {high} is below likely {likely}")]
    UpsideDown {
        /// From 0.
        number: usize,
        /// As given.
        likely: u32,
        /// As given.
        high: u32,
    },
}

/// The advice comes before so many per cent are inside.
const ADVISE_PERCENT: u64 = 80;

/// How a shelter fills, and when to call for the next one. The high of the range decides, so that the next one is open
/// before 80 % with a chance of 95 %; between the minutes given, persons come evenly.
///
/// # Errors
/// [`FillError`]: no places, times that do not rise, or a range upside down.
pub fn fill(filling: &Filling<'_>) -> Result<FillForecast, FillError> {
    if filling.places == 0 {
        return Err(FillError::NoPlaces);
    }
    let mut last = 0;
    for (number, by) in filling.expected.iter().enumerate() {
        if by.minutes <= last {
            return Err(FillError::Order {
                number,
                minutes: by.minutes,
            });
        }
        if by.high < by.likely {
            return Err(FillError::UpsideDown {
                number,
                likely: by.likely,
                high: by.high,
            });
        }
        last = by.minutes;
    }
    let places = u64::from(filling.places);
    // Persons from which on 80 % are reached, rounded up.
    let at_80 = (places * ADVISE_PERCENT).div_ceil(100);
    let high = |persons| reached(filling, persons, |by| by.high);
    let likely = |persons| reached(filling, persons, |by| by.likely);
    let to_80_percent_min = [high(at_80), likely(at_80)];
    let advice = match (to_80_percent_min[0], filling.next) {
        (None, _) => FillAdvice::Nothing,
        (Some(_), None) => FillAdvice::NoneLeft,
        (Some(at), Some(next)) => match at.checked_sub(next.opening_min) {
            Some(within_min) if within_min > filling.look_again_min => FillAdvice::OpenNext {
                next: next.id.clone(),
                within_min,
            },
            _ => FillAdvice::OpenNextNow {
                next: next.id.clone(),
            },
        },
    };
    Ok(FillForecast {
        percent_now: u32::try_from(u64::from(filling.inside) * 100 / places).unwrap_or(u32::MAX),
        to_80_percent_min,
        to_full_min: [high(places), likely(places)],
        advice,
    })
}

/// The first minute by which so many are inside, rounded down.
fn reached(filling: &Filling<'_>, persons: u64, of: impl Fn(&ExpectedBy) -> u32) -> Option<u32> {
    let (mut minutes, mut inside) = (0_u64, u64::from(filling.inside));
    if inside >= persons {
        return Some(0);
    }
    for by in filling.expected {
        let (then, there) = (u64::from(by.minutes), u64::from(of(by)));
        if there >= persons {
            // `there` ≥ persons > `inside`, so the division is by at least 1.
            let at = minutes + (then - minutes) * (persons - inside) / (there - inside);
            return u32::try_from(at).ok();
        }
        (minutes, inside) = (then, inside.max(there));
    }
    None
}

/// The shelter to open beside a filling one, if there is any: closed, or nobody has said that it is open; valid for the hazard, with
/// free places, not called for already, and with a way that `allocate` would take for people planned for the filling one. Of one that is
/// full, for which nobody is planned any more, those who could walk there count. Best is the one with places for most of them, then the
/// shortest and driest for them, then by identifier.
///
/// `called` are the shelters that somebody was told to open already: two filling shelters must not share one unseen.
#[must_use]
pub fn next_to_open(
    question: &Question<'_>,
    plan: &Plan,
    filling: &ShelterId,
    called: &BTreeSet<ShelterId>,
) -> Option<NextShelter> {
    let units = question.units.iter().enumerate();
    let rows: BTreeMap<&UnitId, usize> = units.map(|(row, unit)| (&unit.id, row)).collect();
    let planned: Vec<(usize, u64)> = plan
        .assigned
        .iter()
        .flat_map(|(unit, to)| to.iter().map(move |to| (unit, to)))
        .filter(|(_, to)| to.shelter == *filling)
        .filter_map(|(unit, to)| Some((*rows.get(unit)?, u64::from(to.persons))))
        .collect();
    let objective = question.objective;
    let planned = if plan.loads.contains_key(filling) {
        planned
    } else {
        would_come(question, filling)
    };
    let closed = question.shelters.iter().enumerate().filter(|(_, shelter)| {
        matches!(shelter.state, State::Closed | State::Unknown)
            && shelter.valid(question.hazard, question.wet).is_ok()
            && !called.contains(&shelter.id)
    });
    let best = closed
        .map(|(column, shelter)| {
            let (mut reach, mut seconds) = (0_u64, 0_u64);
            for (row, persons) in &planned {
                let way = question.ways.get(*row, column);
                if let Some(way) = way.filter(|way| way.walk_s <= objective.walk_max_s) {
                    let water_s = u64::from(objective.water_s_per_m) * u64::from(way.water_m);
                    reach += persons;
                    seconds = seconds.saturating_add(persons * (u64::from(way.walk_s) + water_s));
                }
            }
            let takes = reach.min(u64::from(shelter.free(question.space)));
            (
                std::cmp::Reverse(takes),
                seconds,
                &shelter.id,
                shelter.opening_min,
            )
        })
        .filter(|(takes, ..)| takes.0 > 0)
        .min();
    best.map(|(_, _, id, opening_min)| NextShelter {
        id: id.clone(),
        opening_min,
    })
}

/// Rows of units with people who could walk to a shelter.
fn would_come(question: &Question<'_>, shelter: &ShelterId) -> Vec<(usize, u64)> {
    let mut shelters = question.shelters.iter();
    let Some(column) = shelters.position(|one| one.id == *shelter) else {
        return Vec::new();
    };
    let units = question.units.iter().enumerate();
    units
        .filter(|(row, unit)| {
            let way = question.ways.get(*row, column);
            unit.persons > 0 && way.is_some_and(|way| way.walk_s <= question.objective.walk_max_s)
        })
        .map(|(row, unit)| (row, u64::from(unit.persons)))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{ExpectedBy, FillAdvice, FillError, Filling, NextShelter, fill};
    use proptest::prelude::{prop_assert, proptest};

    fn by(minutes: u32, likely: u32, high: u32) -> ExpectedBy {
        ExpectedBy {
            minutes,
            likely,
            high,
        }
    }

    fn next(opening_min: u32) -> NextShelter {
        NextShelter {
            id: "E2".into(),
            opening_min,
        }
    }

    #[test]
    fn the_next_shelter_is_called_for_in_time_to_be_open_before_80_percent() {
        let expected = [by(60, 40, 80), by(120, 90, 200)];
        let next = next(30);
        let filling = Filling {
            places: 200,
            inside: 0,
            expected: &expected,
            next: Some(&next),
            look_again_min: 10,
        };
        let forecast = fill(&filling).unwrap();
        // 160 of 200 are reached at 60 + 60 · 80 / 120 = 100 min if many come, and never if as likely more as fewer come.
        assert_eq!(forecast.to_80_percent_min, [Some(100), None]);
        assert_eq!(forecast.to_full_min, [Some(120), None]);
        assert_eq!(
            forecast.advice,
            FillAdvice::OpenNext {
                next: "E2".into(),
                within_min: 70
            }
        );
    }

    #[test]
    fn where_time_has_run_out_the_call_is_now() {
        let expected = [by(30, 50, 90)];
        let next = next(30);
        let filling = Filling {
            places: 100,
            inside: 20,
            expected: &expected,
            next: Some(&next),
            look_again_min: 10,
        };
        assert_eq!(
            fill(&filling).unwrap().advice,
            FillAdvice::OpenNextNow { next: "E2".into() }
        );
        let over = Filling {
            inside: 130,
            ..filling
        };
        let forecast = fill(&over).unwrap();
        assert_eq!(forecast.percent_now, 130);
        assert_eq!(forecast.to_full_min[1], Some(0));
    }

    #[test]
    fn nothing_to_open_is_said_and_not_hidden() {
        let expected = [by(30, 50, 90)];
        let filling = Filling {
            places: 100,
            inside: 20,
            expected: &expected,
            next: None,
            look_again_min: 10,
        };
        assert_eq!(fill(&filling).unwrap().advice, FillAdvice::NoneLeft);
        let calm = Filling {
            places: 1_000,
            ..filling
        };
        assert_eq!(fill(&calm).unwrap().advice, FillAdvice::Nothing);
    }

    #[test]
    fn figures_that_make_no_forecast_are_refused() {
        let next = next(30);
        let filling = |places, expected| Filling {
            places,
            inside: 0,
            expected,
            next: Some(&next),
            look_again_min: 10,
        };
        assert_eq!(fill(&filling(0, &[])), Err(FillError::NoPlaces));
        let backwards = [by(60, 1, 2), by(60, 3, 4)];
        assert_eq!(
            fill(&filling(10, &backwards)),
            Err(FillError::Order {
                number: 1,
                minutes: 60
            })
        );
        let upside_down = [by(60, 5, 2)];
        let error = fill(&filling(10, &upside_down)).unwrap_err();
        assert_eq!(
            error,
            FillError::UpsideDown {
                number: 0,
                likely: 5,
                high: 2
            }
        );
    }

    proptest! {
        /// People who come no faster than the high of the forecast never find 80 % inside before the next shelter, called
        /// for when the advice says so, is open; unless it was too late at the first look, and then the advice says "now".
        #[test]
        fn the_next_is_open_before_80_percent_or_the_call_is_now(
            places in 5_u32..2_000, inside in 0_u32..1_500, growth in proptest::collection::vec(0_u32..400, 1..8),
            opening_min in 0_u32..120,
        ) {
            let mut there = inside;
            let expected: Vec<ExpectedBy> = (30..).step_by(30).zip(&growth).map(|(minutes, more)| {
                there += more;
                by(minutes, there, there)
            }).collect();
            let next = next(opening_min);
            let filling = Filling { places, inside, expected: &expected, next: Some(&next), look_again_min: 10 };
            let inside_at = |minute: u32| {
                let (mut from, mut had) = (0, inside);
                for by in &expected {
                    if minute < by.minutes {
                        return had + (by.high - had) * (minute - from) / (by.minutes - from);
                    }
                    (from, had) = (by.minutes, by.high);
                }
                had
            };
            match fill(&filling).unwrap().advice {
                FillAdvice::Nothing => prop_assert!(u64::from(there) * 100 < u64::from(places) * 80),
                FillAdvice::OpenNext { within_min, .. } => {
                    let open = within_min + opening_min;
                    if open > 0 {
                        prop_assert!(u64::from(inside_at(open - 1)) * 100 < u64::from(places) * 80);
                    }
                }
                FillAdvice::OpenNextNow { .. } => {
                    // Waiting until the next look would have been too late.
                    let looked_again = 10 + 1 + opening_min;
                    prop_assert!(u64::from(inside_at(looked_again + 1)) * 100 + 200 >= u64::from(places) * 80);
                }
                FillAdvice::NoneLeft => prop_assert!(false, "there is a next one"),
            }
        }
    }
}
