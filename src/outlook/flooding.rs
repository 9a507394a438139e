//! 浸水の見込み: the chance that each district is under water, from the forecasts of the gauges that decide for it. What a chance
//! rests on and where it is weak stands on its card.

use hinan_gis::{StageBasis, Town};
use hinan_models::{GaugeForecast, LabelledZone, LeadForecast, StagedZone, Zone, ZoneCard};
use jiff::Timestamp;

use super::{GaugeOutlook, Outlook};
use crate::concern::Concern;

/// What may become of one district by one gauge and river. A district that several gauges decide for is there several times.
#[derive(Clone, Debug)]
pub struct Flooding<'a> {
    /// Position of the district in the town.
    pub district: usize,
    /// The river.
    pub river: &'a str,
    /// The gauge whose level decides.
    pub gauge: &'a GaugeOutlook,
    /// From this level on the district is concerned, metres in the gauge's own datum.
    pub level_m: f64,
    /// Whether the level is there already.
    pub reached: Reached,
    /// One entry per lead, shortest first; none when the forecast says nothing, which is not calm.
    pub chances: Vec<Chance>,
    /// When the level may be reached: early, with one chance in ten, and late, as likely as not.
    pub crossing: Option<(Timestamp, Option<Timestamp>)>,
    /// On what the chance rests and where it is weak.
    pub card: ZoneCard,
}

/// Whether a level is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// The newest reading lies below it.
    No,
    /// The newest reading lies at or above it.
    Measured,
    /// It is assumed to be, because the gauge cannot be believed to speak for the river as it is.
    Assumed,
    /// Nothing was ever heard of the gauge.
    Unknown,
}

/// The chance within some hours, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chance {
    /// Hours.
    pub within_h: u32,
    /// The chance.
    pub chance: f64,
    /// What it would be if the forecast were half its typical error too high.
    pub low: f64,
    /// And if it were too low.
    pub high: f64,
}

impl Flooding<'_> {
    /// The chance within the longest lead; `None` when nothing can be said.
    #[must_use]
    pub fn highest(&self) -> Option<f64> {
        self.chances.last().map(|chance| chance.chance)
    }
}

/// Every district that some gauge concerns, in the order of the town's rivers, gauges and districts.
#[must_use]
pub fn flooding<'a>(concern: &'a Concern, town: &Town, outlook: &'a Outlook) -> Vec<Flooding<'a>> {
    let mut all = Vec::new();
    for (table, levels) in concern.first_levels() {
        let Some(gauge) = outlook.gauges.get(&table.gauge) else {
            continue;
        };
        let from_table = table.basis == StageBasis::Table;
        for &(district, level_m) in levels {
            let id = town.districts[district].id.as_str();
            all.push(of(
                (district, id),
                (&table.river, level_m),
                (from_table, concern.labelled(id, &gauge.id)),
                gauge,
                outlook.as_of,
            ));
        }
    }
    all
}

fn of<'a>(
    (district, id): (usize, &str),
    (river, level_m): (&'a str, f64),
    (from_table, labelled): (bool, Option<&LabelledZone>),
    gauge: &'a GaugeOutlook,
    as_of: Timestamp,
) -> Flooding<'a> {
    let staged = || {
        Zone::Staged(StagedZone {
            district: id.to_owned(),
            gauge: gauge.id.clone(),
            level_m,
            from_table,
        })
    };
    let zone = labelled.map_or_else(staged, |zone| Zone::Labelled(zone.clone()));
    let forecast = &gauge.forecast;
    let chances = forecast.leads.iter().map(|lead| {
        let within_h = lead.lead_h;
        let shift_m = half_error_m(lead);
        let of = |forecast: &GaugeForecast| zone.probability_within(forecast, within_h);
        let chance = of(forecast);
        Chance {
            within_h,
            chance,
            low: of(&shifted(forecast, -shift_m)).min(chance),
            high: of(&shifted(forecast, shift_m)).max(chance),
        }
    });
    let measured = gauge.observed.map(|observed| observed.level_m >= level_m);
    let assumed = gauge
        .assumed(as_of)
        .is_some_and(|assumed| assumed.alone_reaches(level_m));
    Flooding {
        district,
        river,
        gauge,
        level_m,
        reached: match measured {
            Some(true) => Reached::Measured,
            _ if assumed => Reached::Assumed,
            Some(false) => Reached::No,
            None => Reached::Unknown,
        },
        chances: chances.collect(),
        crossing: gauge.forecast.crossing_time_range(level_m),
        card: zone.card(),
    }
}

/// Half the typical error of a forecast, as measured on floods left out; without a record half of the middle half.
fn half_error_m(lead: &LeadForecast) -> f64 {
    lead.record.as_ref().map_or_else(
        || (lead.quantile_m(0.75) - lead.quantile_m(0.25)) / 2.0,
        |record| record.rmse_m / 2.0,
    )
}

/// The same forecast, every level that may come higher by `by_m`; what was measured stays.
fn shifted(forecast: &GaugeForecast, by_m: f64) -> GaugeForecast {
    let mut shifted = forecast.clone();
    for lead in &mut shifted.leads {
        lead.expected_m += by_m;
        lead.median_m += by_m;
        for quantile in &mut lead.quantiles {
            quantile.level_m += by_m;
        }
    }
    shifted
}

#[cfg(test)]
mod tests {
    use super::*;
    use hinan_models::{Method, Quantile, Tier};
    use jiff::SignedDuration;

    use crate::outlook::{Marks, Voice};
    use crate::situation::Observed;
    use hinan_sensors::quality::{Doubts, Flag};

    fn at() -> Timestamp {
        "2016-08-30T12:00:00Z".parse().expect("a time")
    }

    /// A gauge at 1 m whose water is expected to rise by a metre an hour, two decimetres up or down.
    fn gauge(id: &str, forecasts: bool) -> GaugeOutlook {
        let lead = |lead_h: u32| {
            let middle_m = 1.0 + f64::from(lead_h);
            let quantiles = [(0.05, -0.2), (0.5, 0.0), (0.95, 0.2)];
            LeadForecast {
                lead_h,
                at: at() + SignedDuration::from_hours(i64::from(lead_h)),
                method: Method::Model,
                expected_m: middle_m,
                median_m: middle_m,
                quantiles: quantiles
                    .map(|(p, off_m)| Quantile {
                        p,
                        level_m: middle_m + off_m,
                    })
                    .to_vec(),
                persistence_m: 1.0,
                rate_of_rise_m: middle_m,
                outside_training: false,
                record: None,
            }
        };
        GaugeOutlook {
            id: id.to_owned(),
            name: id.to_owned(),
            name_en: id.to_owned(),
            river: "川".to_owned(),
            river_en: "river".to_owned(),
            marks: Marks::default(),
            observed: Some(Observed {
                at: at(),
                level_m: 1.0,
                flag: Flag::Good,
                doubts: Doubts::default(),
            }),
            voice: Voice::Live,
            health: None,
            rise_m_per_h: Some(1.0),
            watch: None,
            forecast: GaugeForecast {
                gauge: id.to_owned(),
                as_of: at(),
                tier: if forecasts {
                    Tier::Full
                } else {
                    Tier::NoInformation
                },
                why_ja: String::new(),
                why_en: String::new(),
                upstream_missing: Vec::new(),
                level_now_m: forecasts.then_some(1.0),
                level_now_at: forecasts.then(at),
                rise_m_per_h: Some(1.0),
                leads: if forecasts {
                    [1, 2, 3, 6].map(lead).to_vec()
                } else {
                    Vec::new()
                },
            },
        }
    }

    fn asked(gauge: &GaugeOutlook, level_m: f64) -> Flooding<'_> {
        of((0, "d"), ("川", level_m), (true, None), gauge, at())
    }

    #[test]
    fn the_chance_rises_with_the_hours_and_lies_within_its_range() {
        let gauge = gauge("g", true);
        let flooding = asked(&gauge, 3.0);
        let chances: Vec<f64> = flooding.chances.iter().map(|c| c.chance).collect();
        assert!(chances.is_sorted() && chances[0] < 0.01 && chances[3] > 0.99);
        assert!((chances[1] - 0.5).abs() < 1e-9, "{chances:?}");
        for chance in &flooding.chances {
            assert!(chance.low <= chance.chance && chance.chance <= chance.high);
        }
        assert!(flooding.chances[1].low < 0.4 && flooding.chances[1].high > 0.6);
        assert_eq!(flooding.reached, Reached::No);
        let (early, late) = flooding.crossing.expect("it is reached");
        assert!(early < late.expect("as likely as not"));
    }

    #[test]
    fn a_gauge_that_says_nothing_gives_no_chance_and_not_a_chance_of_zero() {
        let silent = gauge("g", false);
        let flooding = asked(&silent, 3.0);
        assert_eq!((flooding.highest(), flooding.crossing), (None, None));
        let never = GaugeOutlook {
            observed: None,
            ..silent.clone()
        };
        assert_eq!(asked(&never, 3.0).reached, Reached::Unknown);
    }

    #[test]
    fn a_level_that_is_reached_is_certain() {
        let gauge = gauge("g", true);
        let flooding = asked(&gauge, 0.9);
        assert_eq!(flooding.reached, Reached::Measured);
        assert!(
            flooding
                .chances
                .iter()
                .all(|c| (c.chance - 1.0).abs() < 1e-12)
        );
    }
}
