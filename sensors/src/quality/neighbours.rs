//! Plausibility along the river: what the gauges above and below saw, each at its own time.
//!
//! Two things only neighbours can tell: that a gauge stands still while the river moves, and that a jump is one
//! nobody else saw. Neither makes a level bad. A real flash flood of a side stream looks like the second, and the higher
//! hazard must stay visible; so the level stays suspect: shown, used, and marked for a look.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::{InvalidQuality, demand, positive};
use super::verdict::Flag;
use crate::station::StationId;

/// Neighbours of one gauge; more is a mistake in a file.
const NEIGHBOURS_MAX: usize = 16;
/// Stations whose rain is asked.
const RAIN_STATIONS_MAX: usize = 8;
/// The longest time water may take between neighbours, minutes: two days.
const TRAVEL_MAX_MIN: i32 = 2 * 1440;

/// Who stands where, and what agreeing means.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbourhood {
    /// The neighbours along the river.
    pub gauges: Vec<Neighbour>,
    /// How far back a rise is looked for, minutes.
    #[serde(default = "three_hours")]
    pub window_min: u32,
    /// From this rise within the window on, a neighbour should have seen it too, metres.
    #[serde(default = "half_a_metre")]
    pub rise_m: f64,
    /// A neighbour that rose by this saw it too, metres.
    #[serde(default = "a_tenth")]
    pub shared_m: f64,
    /// Moving less than this within the window is standing still, metres.
    #[serde(default = "a_centimetre")]
    pub still_m: f64,
    /// Rain within the window from which on standing still is odd and rising alone is not, millimetres. Left out: rain is
    /// not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rain_mm: Option<f64>,
    /// Stations whose rain is asked, as the agency numbers them (`19432`): those whose water passes here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rain_stations: Vec<String>,
}

/// One gauge along the river.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Neighbour {
    /// Its identifier.
    pub station: StationId,
    /// How long water takes from there to here, minutes; negative for a gauge downstream.
    pub travel_min: i32,
}

fn three_hours() -> u32 {
    180
}

fn half_a_metre() -> f64 {
    0.5
}

fn a_tenth() -> f64 {
    0.1
}

fn a_centimetre() -> f64 {
    0.01
}

/// What the neighbours say about the newest level of a gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Agreement {
    /// No neighbour has readings for the time in question.
    Unknown,
    /// Nothing in particular happened, a neighbour saw it too, or much rain explains it.
    Agrees {
        /// Who saw the rise too; none when there was no rise, or rain alone explains it.
        shared_by: Option<StationId>,
    },
    /// The level rose, and no neighbour did.
    Alone {
        /// By how much it rose, metres.
        rise_m: f64,
        /// The neighbours that did not.
        unlike: Vec<StationId>,
    },
    /// The level stands still, and the river moves.
    Stuck {
        /// The neighbour that rose most.
        while_rises: StationId,
        /// By how much, metres.
        rise_m: f64,
    },
}

impl Agreement {
    /// As a flag: suspect at most.
    #[must_use]
    pub fn flag(&self) -> Flag {
        match self {
            Self::Unknown => Flag::NotChecked,
            Self::Agrees { .. } => Flag::Good,
            Self::Alone { .. } | Self::Stuck { .. } => Flag::Suspect,
        }
    }
}

impl Neighbourhood {
    /// What the neighbours say about the gauge's level at `at`, the time of its newest usable reading.
    ///
    /// `levels` gives the usable levels of a gauge in a span of time, both ends included, oldest first; of the gauge
    /// itself for `None`. `known_until` is the moment asked about: nothing later is looked for. `rain_mm` is the
    /// rain of the window, where it is known.
    ///
    /// What comes out depends on the readings alone, in whichever order they came.
    #[must_use]
    pub fn agreement(
        &self,
        at: Timestamp,
        known_until: Timestamp,
        rain_mm: Option<f64>,
        mut levels: impl FnMut(Option<&StationId>, Timestamp, Timestamp) -> Vec<(Timestamp, f64)>,
    ) -> Agreement {
        let window = self.window();
        let own = Moved::of(&levels(None, at - window, at));
        let rises = self.rises(at, known_until, &mut levels);
        let (Some(own), false) = (own, rises.is_empty()) else {
            return Agreement::Unknown;
        };
        if own.rise_m >= self.rise_m {
            // Much rain explains what no neighbour shares: a side stream rises by itself.
            let rained = self
                .rain_mm
                .zip(rain_mm)
                .is_some_and(|(much_mm, fell_mm)| fell_mm >= much_mm);
            return match most(&rises) {
                Some((station, moved)) if moved.rise_m >= self.shared_m => Agreement::Agrees {
                    shared_by: Some(station.clone()),
                },
                _ if rained => Agreement::Agrees { shared_by: None },
                _ => Agreement::Alone {
                    rise_m: own.rise_m,
                    unlike: rises.iter().map(|(id, _)| (*id).clone()).collect(),
                },
            };
        }
        // Watched for at least half the window.
        if own.spread_m < self.still_m && own.lasted * 2 >= window {
            self.stuck(&rises, rain_mm)
        } else {
            Agreement::Agrees { shared_by: None }
        }
    }

    /// What the neighbours say about a gauge that is silent because it may sleep: whether the river rises meanwhile, up to
    /// the moment asked about. `levels` and `rain_mm` as for [`Neighbourhood::agreement`].
    #[must_use]
    pub fn while_asleep(
        &self,
        known_until: Timestamp,
        rain_mm: Option<f64>,
        mut levels: impl FnMut(Option<&StationId>, Timestamp, Timestamp) -> Vec<(Timestamp, f64)>,
    ) -> Agreement {
        let rises = self.rises(known_until, known_until, &mut levels);
        if rises.is_empty() {
            Agreement::Unknown
        } else {
            self.stuck(&rises, rain_mm)
        }
    }

    /// Standing still is odd when more neighbours rose than did not, unless it is known not to have rained.
    fn stuck(&self, rises: &[(&StationId, Moved)], rain_mm: Option<f64>) -> Agreement {
        let dry = self
            .rain_mm
            .zip(rain_mm)
            .is_some_and(|(odd_mm, fell_mm)| fell_mm < odd_mm);
        let risen = rises.iter().filter(|(_, m)| m.rise_m >= self.rise_m);
        match most(rises) {
            Some((station, moved)) if !dry && 2 * risen.count() > rises.len() => Agreement::Stuck {
                while_rises: station.clone(),
                rise_m: moved.rise_m,
            },
            _ => Agreement::Agrees { shared_by: None },
        }
    }

    /// How the neighbours moved that have readings for the water that passes here at `at`.
    fn rises(
        &self,
        at: Timestamp,
        known_until: Timestamp,
        levels: &mut impl FnMut(Option<&StationId>, Timestamp, Timestamp) -> Vec<(Timestamp, f64)>,
    ) -> Vec<(&StationId, Moved)> {
        let window = self.window();
        let moved = |neighbour: &Neighbour| {
            let then = at - SignedDuration::from_mins(i64::from(neighbour.travel_min));
            // Water is no clock: half a window earlier and later counts as well.
            let (from, to) = (then - window - window / 2, then + window / 2);
            let seen = levels(Some(&neighbour.station), from, to.min(known_until));
            let moved = Moved::of(&seen)?;
            // A neighbour without a word for the time in question does not contradict; it may only confirm.
            let heard = seen.last().is_some_and(|&(last, _)| last >= then);
            (heard || moved.rise_m >= self.shared_m).then_some(moved)
        };
        self.gauges
            .iter()
            .map(|neighbour| &neighbour.station)
            .zip(self.gauges.iter().map(moved))
            .filter_map(|(station, moved)| Some((station, moved?)))
            .collect()
    }

    /// How far back a rise, and rain, are looked for.
    #[must_use]
    pub fn window(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.window_min))
    }

    pub(super) fn validate(&self) -> Result<(), InvalidQuality> {
        demand(
            (1..=NEIGHBOURS_MAX).contains(&self.gauges.len()),
            "neighbours.gauges",
            &format_args!("{} gauges", self.gauges.len()),
            &format!("1 to {NEIGHBOURS_MAX} gauges"),
        )?;
        for (n, neighbour) in self.gauges.iter().enumerate() {
            let travel_min = neighbour.travel_min;
            demand(
                (-TRAVEL_MAX_MIN..=TRAVEL_MAX_MIN).contains(&travel_min),
                "neighbours.gauges.travel_min",
                &travel_min,
                &format!("from -{TRAVEL_MAX_MIN} to {TRAVEL_MAX_MIN}"),
            )?;
            let twin = self.gauges[..n]
                .iter()
                .any(|other| other.station == neighbour.station);
            demand(
                !twin,
                "neighbours.gauges.station",
                &neighbour.station,
                "listed once",
            )?;
        }
        demand(
            (10..=1440).contains(&self.window_min),
            "neighbours.window_min",
            &self.window_min,
            "from 10 to 1440",
        )?;
        for (key, value) in [
            ("neighbours.rise_m", self.rise_m),
            ("neighbours.shared_m", self.shared_m),
            ("neighbours.still_m", self.still_m),
        ] {
            demand(positive(value), key, &value, "above 0 and finite")?;
        }
        demand(
            self.shared_m <= self.rise_m,
            "neighbours.shared_m",
            &self.shared_m,
            &format!("at most neighbours.rise_m, {}", self.rise_m),
        )?;
        demand(
            self.still_m < self.rise_m,
            "neighbours.still_m",
            &self.still_m,
            &format!("below neighbours.rise_m, {}", self.rise_m),
        )?;
        demand(
            self.rain_stations.len() <= RAIN_STATIONS_MAX
                && self.rain_stations.iter().all(|id| {
                    (1..=10).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric())
                }),
            "neighbours.rain_stations",
            &format_args!("{:?}", self.rain_stations),
            &format!("at most {RAIN_STATIONS_MAX} numbers of stations such as \"19432\""),
        )?;
        demand(
            self.rain_stations.is_empty() || self.rain_mm.is_some(),
            "neighbours.rain_mm",
            &"left out",
            "given where neighbours.rain_stations are",
        )?;
        self.rain_mm.map_or(Ok(()), |rain_mm| {
            demand(
                positive(rain_mm),
                "neighbours.rain_mm",
                &rain_mm,
                "above 0 and finite",
            )
        })
    }
}

/// The one that rose most; of equals the last one listed.
fn most<'a>(rises: &'a [(&'a StationId, Moved)]) -> Option<(&'a StationId, Moved)> {
    let most = rises
        .iter()
        .max_by(|(_, a), (_, b)| a.rise_m.total_cmp(&b.rise_m));
    most.copied()
}

/// How a level moved in a span of time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Moved {
    /// The highest rise from any level to a later one, metres.
    rise_m: f64,
    /// From lowest to highest, metres.
    spread_m: f64,
    /// From the first reading to the last.
    lasted: SignedDuration,
}

impl Moved {
    /// `None` with fewer than two readings: one reading does not move.
    fn of(levels: &[(Timestamp, f64)]) -> Option<Self> {
        let (&(first, first_m), &(last, _)) = (levels.first()?, levels.last()?);
        if levels.len() < 2 {
            return None;
        }
        let (mut low_m, mut high_m, mut rise_m) = (first_m, first_m, 0.0_f64);
        for &(_, level_m) in levels {
            low_m = low_m.min(level_m);
            high_m = high_m.max(level_m);
            rise_m = rise_m.max(level_m - low_m);
        }
        Some(Self {
            rise_m,
            spread_m: high_m - low_m,
            lasted: last.duration_since(first),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(1_472_515_200 + 60 * minute).unwrap()
    }

    /// Levels every ten minutes by name; the gauge in question is "own".
    struct River(BTreeMap<&'static str, Vec<f64>>);

    impl River {
        fn says(&self, neighbourhood: &Neighbourhood, rain_mm: Option<f64>) -> Agreement {
            let newest = i64::try_from(self.0["own"].len()).unwrap() * 10 - 10;
            neighbourhood.agreement(at(newest), at(newest), rain_mm, |station, from, to| {
                let name = station.map_or("own", StationId::as_str);
                let all = self.0.get(name).into_iter().flatten();
                (0..)
                    .zip(all)
                    .map(|(n, &level_m)| (at(10 * n), level_m))
                    .filter(|&(then, _)| from <= then && then <= to)
                    .collect()
            })
        }
    }

    fn upstream(names: &[&str]) -> Neighbourhood {
        let gauges = names
            .iter()
            .map(|name| Neighbour {
                station: name.parse().unwrap(),
                travel_min: 60,
            })
            .collect();
        Neighbourhood {
            gauges,
            window_min: 180,
            rise_m: 0.5,
            shared_m: 0.1,
            still_m: 0.01,
            rain_mm: None,
            rain_stations: Vec::new(),
        }
    }

    fn calm() -> Vec<f64> {
        vec![1.0; 60]
    }

    /// Calm, then rising by a decimetre every ten minutes from reading `from` on.
    fn flood(from: usize) -> Vec<f64> {
        (0..60_usize)
            .map(|n| 1.0 + f64::from(u32::try_from(n.saturating_sub(from)).unwrap()) / 10.0)
            .collect()
    }

    fn jump() -> Vec<f64> {
        (0..60).map(|n| if n < 58 { 1.0 } else { 3.0 }).collect()
    }

    #[test]
    fn a_rise_that_came_down_the_river_is_shared() {
        let river = River([("own", flood(46)), ("up", flood(40))].into());
        let says = river.says(&upstream(&["up"]), None);
        assert_eq!(says.flag(), Flag::Good);
        assert!(matches!(says, Agreement::Agrees { shared_by: Some(_) }));
    }

    #[test]
    fn a_jump_nobody_else_saw_stays_suspect_and_used() {
        let river = River([("own", jump()), ("up", calm()), ("down", calm())].into());
        let says = river.says(&upstream(&["up", "down"]), None);
        assert!(matches!(&says, Agreement::Alone { unlike, .. } if unlike.len() == 2));
        assert_eq!(says.flag(), Flag::Suspect);
        assert!(says.flag().usable_for_decisions());
    }

    #[test]
    fn one_neighbour_that_rose_too_is_enough() {
        let river = River([("own", jump()), ("up", calm()), ("side", flood(50))].into());
        assert_eq!(
            river.says(&upstream(&["up", "side"]), None).flag(),
            Flag::Good
        );
    }

    #[test]
    fn a_gauge_that_stands_still_while_the_river_rises_is_suspect() {
        let river = River([("own", calm()), ("up", flood(40)), ("side", flood(42))].into());
        let says = river.says(&upstream(&["up", "side"]), None);
        assert!(matches!(says, Agreement::Stuck { .. }), "{says:?}");
    }

    #[test]
    fn standing_still_is_not_odd_when_most_neighbours_do_too_or_no_rain_fell() {
        let gauges = [("own", calm()), ("up", flood(40)), ("side", calm())];
        let river = River(gauges.into());
        assert_eq!(
            river.says(&upstream(&["up", "side"]), None).flag(),
            Flag::Good
        );

        let river = River([("own", calm()), ("up", flood(40))].into());
        let asks_for_rain = Neighbourhood {
            rain_mm: Some(10.0),
            ..upstream(&["up"])
        };
        assert_eq!(river.says(&asks_for_rain, Some(0.0)).flag(), Flag::Good);
        assert_eq!(river.says(&asks_for_rain, Some(30.0)).flag(), Flag::Suspect);
        assert_eq!(river.says(&asks_for_rain, None).flag(), Flag::Suspect);
    }

    #[test]
    fn much_rain_explains_a_rise_that_no_neighbour_shares_and_unknown_rain_explains_nothing() {
        let river = River([("own", jump()), ("up", calm())].into());
        let asks_for_rain = Neighbourhood {
            rain_mm: Some(30.0),
            ..upstream(&["up"])
        };
        for (rain_mm, flag) in [
            (Some(45.0), Flag::Good),
            (Some(5.0), Flag::Suspect),
            (None, Flag::Suspect),
        ] {
            assert_eq!(
                river.says(&asks_for_rain, rain_mm).flag(),
                flag,
                "{rain_mm:?}"
            );
        }
    }

    #[test]
    fn silent_neighbours_say_nothing() {
        let river = River([("own", jump())].into());
        assert_eq!(river.says(&upstream(&["up"]), None), Agreement::Unknown);
        // Its last word is older than the water that passes here now.
        let river = River([("own", jump()), ("up", vec![1.0; 45])].into());
        assert_eq!(
            river.says(&upstream(&["up"]), None).flag(),
            Flag::NotChecked
        );
    }

    #[test]
    fn a_sleeping_gauge_is_told_when_the_river_rises() {
        let river = River([("up", flood(40))].into());
        let says = |minute: i64| {
            upstream(&["up"]).while_asleep(at(minute), None, |station, from, to| {
                let all = &river.0[station.unwrap().as_str()];
                (0..)
                    .zip(all)
                    .map(|(n, &level_m)| (at(10 * n), level_m))
                    .filter(|&(then, _)| from <= then && then <= to)
                    .collect()
            })
        };
        assert_eq!(says(380).flag(), Flag::Good);
        assert!(matches!(says(590), Agreement::Stuck { .. }));
    }

    #[test]
    fn a_gauge_downstream_is_asked_only_about_what_it_can_have_seen() {
        let river = River([("own", jump()), ("down", calm())].into());
        let mut downstream = upstream(&["down"]);
        downstream.gauges[0].travel_min = -60;
        assert_eq!(river.says(&downstream, None), Agreement::Unknown);
    }
}
