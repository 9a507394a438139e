//! When the hazard may be here: early and middle, and on what that rests.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::settings::DeadlineSettings;
use crate::criteria::Kind;
use crate::id::SourceId;
use crate::outlook::{
    Forecast, Gauge, Mark, Outlook, Product, Tier, Voice, after_hours, hours_between,
};
use crate::town::Exposure;

/// When the hazard may be here, with everything to recompute it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// Early quantile.
    pub early: Timestamp,
    /// As likely as not; nothing when that lies beyond what can be foreseen.
    pub middle: Option<Timestamp>,
    /// The chance that belongs to `early`.
    pub early_chance: f64,
    /// How it was made.
    pub tier: Tier,
    /// Gauge it was made from; none where the agency says it.
    pub gauge: Option<SourceId>,
    /// Gauge or office by name.
    pub source: String,
    /// The level that counts as arrival, where it is one of a gauge, with its height in metres.
    pub mark: Option<(Mark, f64)>,
    /// Level of now, metres.
    pub now_m: Option<f64>,
    /// Metres per hour.
    pub rise_m_per_h: Option<f64>,
    /// Hours ahead, and the levels that are reached with `early_chance` and with one half, metres: the lines between
    /// these points are what `early` and `middle` are read from.
    pub path: Vec<(f64, f64, f64)>,
    /// Minutes from there to here.
    pub lag_min: f64,
}

/// What is expected for one exposure.
pub struct Expected<'a> {
    /// When it may be here; nothing when not within what can be foreseen, or nothing is known.
    pub arrival: Option<Arrival>,
    /// When the way out may be cut off, early quantile.
    pub road_cut: Option<Timestamp>,
    /// The chance that it comes within what can be foreseen; nothing = unknown.
    pub chance: Option<f64>,
    curve: Curve<'a>,
}

/// Where chances until a moment come from.
enum Curve<'a> {
    Unknown,
    Forecast {
        made: &'a Forecast,
        now_m: f64,
        level_m: f64,
    },
    /// Chance by hours from `as_of`, straight lines between, until the last.
    Points {
        as_of: Timestamp,
        points: [(f64, f64); 3],
        until_h: f64,
    },
    /// Said or assumed for one moment, taken at its word.
    At(Timestamp),
}

impl Expected<'_> {
    fn nothing(chance: Option<f64>) -> Self {
        Self {
            arrival: None,
            road_cut: None,
            chance,
            curve: Curve::Unknown,
        }
    }

    /// The chance that the hazard is here until a moment; nothing when that cannot be foreseen.
    pub fn chance_until(&self, when: Timestamp) -> Option<f64> {
        let lag_min = self.arrival.as_ref().map_or(0.0, |arrival| arrival.lag_min);
        let at_gauge = after_hours(when, -lag_min / 60.0)?;
        match &self.curve {
            Curve::Unknown => self.chance.filter(|chance| *chance <= 0.0),
            Curve::Forecast {
                made,
                now_m,
                level_m,
            } => made.chance_until(*now_m, *level_m, at_gauge),
            Curve::At(at) => Some(if *at <= at_gauge { 1.0 } else { 0.0 }),
            Curve::Points {
                as_of,
                points,
                until_h,
            } => {
                let hours = hours_between(*as_of, at_gauge);
                (hours <= *until_h).then(|| along(points, hours))
            }
        }
    }

    /// Until when chances can be given.
    pub fn foreseen_until(&self) -> Option<Timestamp> {
        let lag_h = self.arrival.as_ref().map_or(0.0, |arrival| arrival.lag_min) / 60.0;
        let at_gauge = match &self.curve {
            Curve::Unknown => None,
            Curve::Forecast { made, .. } => made.ends_at(),
            Curve::At(_) => Some(Timestamp::MAX),
            Curve::Points { as_of, until_h, .. } => after_hours(*as_of, *until_h),
        }?;
        Some(after_hours(at_gauge, lag_h).unwrap_or(at_gauge))
    }
}

/// Along straight lines from nothing through the points; flat after the last.
fn along(points: &[(f64, f64); 3], hours: f64) -> f64 {
    let mut before = (0.0, 0.0);
    for point in points {
        if hours <= point.0 {
            let share = if point.0 > before.0 {
                ((hours - before.0) / (point.0 - before.0)).clamp(0.0, 1.0)
            } else {
                1.0
            };
            return before.1 + share * (point.1 - before.1);
        }
        before = *point;
    }
    before.1
}

/// Works out when a hazard may reach whoever is exposed. For rivers from the deciding gauge, best source first: the
/// forecast, the present rate, what is assumed of a silent gauge. For the others the agency is taken at its word.
pub fn arrival<'a>(
    outlook: &'a Outlook,
    exposure: &Exposure,
    gauge: Option<(&SourceId, &'a Gauge)>,
    stale_forecast_min: u32,
    settings: &DeadlineSettings,
) -> Expected<'a> {
    Reaching {
        kind: exposure.kind,
        marks: &exposure.arrives_at,
        road_m: exposure.road_cut_m,
        lag_min: exposure.lag_min,
    }
    .expected(outlook, gauge, stale_forecast_min, settings)
}

/// Levels at which everybody is ordered, the first that a gauge knows.
pub(super) const LEVEL_FOUR: [Mark; 3] = [Mark::Danger, Mark::DesignHighWater, Mark::OverflowStart];

/// When a threat of this kind asks for an order of everybody: the danger level at the gauge, or the agency's word.
pub(super) fn level_four<'a>(
    outlook: &'a Outlook,
    kind: Kind,
    gauge: Option<(&SourceId, &'a Gauge)>,
    stale_forecast_min: u32,
    settings: &DeadlineSettings,
) -> Expected<'a> {
    Reaching {
        kind,
        marks: &LEVEL_FOUR,
        road_m: None,
        lag_min: 0.0,
    }
    .expected(outlook, gauge, stale_forecast_min, settings)
}

/// What must be reached, and how far it is from the gauge.
struct Reaching<'m> {
    kind: Kind,
    marks: &'m [Mark],
    road_m: Option<f64>,
    lag_min: f64,
}

impl Reaching<'_> {
    fn expected<'a>(
        &self,
        outlook: &'a Outlook,
        gauge: Option<(&SourceId, &'a Gauge)>,
        stale_forecast_min: u32,
        settings: &DeadlineSettings,
    ) -> Expected<'a> {
        let as_of = outlook.as_of;
        let said = match self.kind {
            Kind::Landslide => outlook
                .official
                .criterion_reached(Product::Landslide, as_of),
            Kind::StormSurge => outlook
                .official
                .criterion_reached(Product::StormSurge, as_of),
            Kind::Tsunami => outlook.official.first_wave(as_of),
            Kind::Earthquake => None,
            _ => {
                return gauge.map_or_else(
                    || Expected::nothing(None),
                    |gauge| at_gauge(as_of, self, gauge, stale_forecast_min, settings),
                );
            }
        };
        said.map_or_else(
            || Expected::nothing(None),
            |told| at_word(told.value, &told.source, self.lag_min, settings),
        )
    }
}

fn at_word<'a>(
    at: Timestamp,
    source: &str,
    lag_min: f64,
    settings: &DeadlineSettings,
) -> Expected<'a> {
    let here = after_hours(at, lag_min / 60.0).unwrap_or(at);
    Expected {
        arrival: Some(Arrival {
            early: here,
            middle: Some(here),
            early_chance: settings.early_chance,
            tier: Tier::Official,
            gauge: None,
            source: source.to_owned(),
            mark: None,
            now_m: None,
            rise_m_per_h: None,
            path: Vec::new(),
            lag_min,
        }),
        road_cut: None,
        chance: Some(1.0),
        curve: Curve::At(at),
    }
}

fn at_gauge<'a>(
    as_of: Timestamp,
    reaching: &Reaching<'_>,
    (id, gauge): (&SourceId, &'a Gauge),
    stale_forecast_min: u32,
    settings: &DeadlineSettings,
) -> Expected<'a> {
    let Some((mark, level_m)) = gauge.marks.first_known(reaching.marks) else {
        return Expected::nothing(None);
    };
    let empty = Arrival {
        early: as_of,
        middle: Some(as_of),
        early_chance: settings.early_chance,
        tier: Tier::Persistence,
        gauge: Some(id.clone()),
        source: gauge.name.clone(),
        mark: Some((mark, level_m)),
        now_m: gauge.worst_m(as_of),
        rise_m_per_h: gauge.rise_m_per_h,
        path: Vec::new(),
        lag_min: reaching.lag_min,
    };
    let road_m = reaching.road_m;
    let mut expected = if gauge.is_held() {
        assumed(gauge, level_m, road_m, empty)
    } else {
        let limit = SignedDuration::from_mins(i64::from(stale_forecast_min));
        let usable = gauge.forecast.as_ref().filter(|made| {
            as_of.duration_since(made.made_at) <= limit
                && !made.leads.is_empty()
                && made.tier != Tier::Persistence
                && !matches!(gauge.voice, Voice::Silent { .. } | Voice::NeverHeard)
        });
        match (usable, gauge.observed) {
            (Some(made), Some(observed)) => {
                foreseen(made, observed.level_m, level_m, road_m, settings, empty)
            }
            (None, Some(observed)) => by_rate(
                gauge.rise_m_per_h,
                observed.level_m,
                level_m,
                road_m,
                as_of,
                settings,
                empty,
            ),
            (_, None) => Expected::nothing(None),
        }
    };
    if let Some(arrival) = &mut expected.arrival {
        let lag_h = arrival.lag_min / 60.0;
        arrival.early = after_hours(arrival.early, lag_h).unwrap_or(arrival.early);
        arrival.middle = arrival.middle.and_then(|middle| after_hours(middle, lag_h));
    }
    expected
}

fn foreseen<'a>(
    made: &'a Forecast,
    now_m: f64,
    level_m: f64,
    road_m: Option<f64>,
    settings: &DeadlineSettings,
    empty: Arrival,
) -> Expected<'a> {
    let early = made.arrival(now_m, level_m, settings.early_chance);
    let last_h = made.leads.last().map_or(0, |lead| lead.lead_h);
    Expected {
        chance: made.chance_within(Some(now_m), level_m, last_h),
        road_cut: road_m.and_then(|road_m| made.arrival(now_m, road_m, settings.early_chance)),
        curve: Curve::Forecast {
            made,
            now_m,
            level_m,
        },
        arrival: early.map(|early| Arrival {
            early,
            middle: made.arrival(now_m, level_m, 0.5),
            tier: made.tier,
            path: std::iter::once((0.0, now_m, now_m))
                .chain(made.leads.iter().map(|lead| {
                    (
                        f64::from(lead.lead_h),
                        lead.quantile_m(1.0 - settings.early_chance),
                        lead.quantile_m(0.5),
                    )
                }))
                .collect(),
            ..empty
        }),
    }
}

fn by_rate<'a>(
    rise_m_per_h: Option<f64>,
    now_m: f64,
    level_m: f64,
    road_m: Option<f64>,
    as_of: Timestamp,
    settings: &DeadlineSettings,
    empty: Arrival,
) -> Expected<'a> {
    if now_m >= level_m {
        return Expected {
            arrival: Some(Arrival {
                tier: Tier::Rate,
                ..empty
            }),
            road_cut: None,
            chance: Some(1.0),
            curve: Curve::At(as_of),
        };
    }
    let Some(rise) = rise_m_per_h else {
        return Expected::nothing(None);
    };
    if rise <= 0.0 {
        return Expected::nothing(Some(0.0));
    }
    let horizon_h = settings.rate_horizon_h;
    let hours_to = |level_m: f64, times: f64| ((level_m - now_m) / (rise * times)).max(0.0);
    let early_h = hours_to(level_m, settings.rate_early_times);
    let middle_h = hours_to(level_m, 1.0);
    let points = [
        (early_h, settings.early_chance),
        (middle_h, 0.5),
        (
            hours_to(level_m, settings.rate_late_times),
            1.0 - settings.early_chance,
        ),
    ];
    let within = |hours: f64| {
        (hours <= horizon_h)
            .then(|| after_hours(as_of, hours))
            .flatten()
    };
    let level_after = |hours: f64, times: f64| now_m + rise * times * hours;
    Expected {
        chance: Some(along(&points, horizon_h)),
        road_cut: road_m.and_then(|road_m| within(hours_to(road_m, settings.rate_early_times))),
        curve: Curve::Points {
            as_of,
            points,
            until_h: horizon_h,
        },
        arrival: within(early_h).map(|early| Arrival {
            early,
            middle: within(middle_h),
            tier: Tier::Rate,
            path: vec![
                (0.0, now_m, now_m),
                (
                    horizon_h,
                    level_after(horizon_h, settings.rate_early_times),
                    level_after(horizon_h, 1.0),
                ),
            ],
            ..empty
        }),
    }
}

/// Of a gauge that fell silent a rise is assumed to go on. When that does not bring the water here, nothing is known: the
/// chance stays unknown, not zero.
fn assumed<'a>(gauge: &Gauge, level_m: f64, road_m: Option<f64>, empty: Arrival) -> Expected<'a> {
    let Some(held) = gauge.held else {
        return Expected::nothing(None);
    };
    let Some(at) = held.reaches_at(level_m) else {
        return Expected::nothing(None);
    };
    Expected {
        chance: Some(1.0),
        road_cut: road_m.and_then(|road_m| held.reaches_at(road_m)),
        curve: Curve::At(at),
        arrival: Some(Arrival {
            early: at,
            middle: Some(at),
            tier: Tier::Assumed,
            rise_m_per_h: held.rise_m_per_h,
            path: vec![
                (0.0, held.last_m, held.last_m),
                (
                    held.goes_on_for_h,
                    held.last_m + held.rise_m_per_h.unwrap_or(0.0).max(0.0) * held.goes_on_for_h,
                    held.last_m + held.rise_m_per_h.unwrap_or(0.0).max(0.0) * held.goes_on_for_h,
                ),
            ],
            now_m: Some(held.last_m),
            ..empty
        }),
    }
}
