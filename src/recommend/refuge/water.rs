//! 浸水の見込みと避難先: which places and which ways the water leaves, hour by hour, where the high case of the forecasts is taken.

use std::collections::BTreeSet;

use hinan_recommend::Exposure;

use crate::concern::Concern;
use crate::outlook::{GaugeOutlook, Outlook};
use crate::recommend::core::Core;

/// Hours ahead for which the plan is made again.
pub const HOURS: [u32; 3] = [1, 3, 6];

/// What the water of later hours takes, hour by hour as in [`HOURS`]. Nothing where nothing is foreseen: that is not "nothing will be".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Water {
    /// One for each hour.
    pub hours: Vec<Hour>,
}

/// What is taken by the high case within some hours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hour {
    /// Hours ahead.
    pub within_h: u32,
    /// Shelters whose site lies in the extent, by position in the town.
    pub wet: BTreeSet<usize>,
    /// Districts in the extent, by position in the town: ways that lead through the flood zone are closed there.
    pub reached: BTreeSet<usize>,
    /// Districts whose way out is cut off (`road_cut_m` of the town's plan), by position.
    pub cut: BTreeSet<usize>,
}

impl Water {
    /// From the stages of the town and the high case of its forecasts; of a gauge that fell silent what is assumed of it counts.
    #[must_use]
    pub fn of(concern: &Concern, core: &Core, outlook: &Outlook) -> Self {
        let hours = HOURS
            .map(|within_h| {
                let mut hour = Hour {
                    within_h,
                    ..Hour::default()
                };
                for table in concern.wet_from() {
                    let Some(gauge) = outlook.gauges.get(table.gauge) else {
                        continue;
                    };
                    let Some(high_m) = high_m(gauge, outlook, within_h) else {
                        continue;
                    };
                    let under = |levels: &[(usize, f64)]| -> Vec<usize> {
                        let under = levels.iter().filter(|(_, from_m)| *from_m <= high_m);
                        under.map(|(place, _)| *place).collect()
                    };
                    hour.wet.extend(under(table.shelters));
                    hour.reached.extend(under(table.districts));
                }
                hour.cut = cut(core, outlook, within_h);
                hour
            })
            .to_vec();
        Self { hours }
    }

    /// Shelters that are under by the end of what is foreseen: whoever goes there now would have to leave again.
    #[must_use]
    pub fn wet(&self) -> BTreeSet<usize> {
        self.hours
            .iter()
            .flat_map(|hour| &hour.wet)
            .copied()
            .collect()
    }
}

/// Only districts of the plan have a level at which their way out is cut; whoever asks goes through these alone.
fn cut(core: &Core, outlook: &Outlook, within_h: u32) -> BTreeSet<usize> {
    let is_cut = |exposure: &Exposure| {
        let road_m = exposure.road_cut_m?;
        let gauge = outlook.gauges.get(exposure.gauges.first()?.as_str())?;
        Some(high_m(gauge, outlook, within_h)? >= road_m)
    };
    let units = core.town.units().iter();
    let units = units.filter(|unit| unit.exposures.iter().any(|of| is_cut(of) == Some(true)));
    units
        .filter_map(|unit| core.place(unit.id.as_str()))
        .collect()
}

/// The highest level within some hours that one case in ten exceeds, metres; never below what is measured or assumed now.
fn high_m(gauge: &GaugeOutlook, outlook: &Outlook, within_h: u32) -> Option<f64> {
    let measured = gauge.observed.map(|observed| observed.level_m);
    let then = outlook.as_of + jiff::SignedDuration::from_hours(i64::from(within_h));
    let assumed = gauge.assumed(then).map(|assumed| assumed.level_m);
    let leads = if outlook.models_on {
        gauge.forecast.leads.as_slice()
    } else {
        &[]
    };
    let foreseen = leads
        .iter()
        .filter(|lead| lead.lead_h <= within_h)
        .map(|lead| lead.quantile_m(0.9));
    measured
        .into_iter()
        .chain(assumed)
        .chain(foreseen)
        .reduce(f64::max)
}
