//! What a level at a gauge concerns (水位から見た対象区域): districts, residents, zones, shelters and facilities, at the level
//! that stands now and at those a forecast reaches. Deliberately absent: clocks, stores, sockets.

use std::collections::BTreeMap;

use geo::Point;
use hinan_gis::{
    Facts, Layer, LayerKind, PlacedFacility, RangedExtent, StageExtent, StagePlan, StageTable, Town,
};
use hinan_models::LabelledZone;
use jiff::Timestamp;

use crate::outlook::{GaugeOutlook, Outlook};
use crate::station_state;

/// So far ahead a forecast is looked at, hours.
pub const AHEAD_H: u32 = 6;
/// Chances to stay below the low, the middle and the high level of a forecast.
const CHANCES: [f64; 3] = [0.1, 0.5, 0.9];

/// The town's tables of stages and what lies in its districts, worked out once.
#[derive(Debug, Default)]
pub struct Concern {
    plan: StagePlan,
    facilities: Vec<String>,
    /// By table: the lowest level that concerns each district, in the order of the districts.
    first_levels: Vec<Vec<(usize, f64)>>,
    /// By table: the lowest level at which each shelter's site lies in the extent, in the order of the shelters.
    wet_from: Vec<Vec<(usize, f64)>>,
    /// By district and gauge.
    labelled: BTreeMap<(String, String), LabelledZone>,
}

/// From which levels on a gauge's water stands where, along one river: positions in the town with levels in metres.
#[derive(Clone, Copy, Debug)]
pub struct WetFrom<'a> {
    /// The gauge.
    pub gauge: &'a str,
    /// Districts.
    pub districts: &'a [(usize, f64)],
    /// Shelters.
    pub shelters: &'a [(usize, f64)],
}

/// What one gauge concerns along one river.
#[derive(Clone, Debug)]
pub struct Concerned<'a> {
    /// The gauge.
    pub gauge: &'a GaugeOutlook,
    /// Its table for the river, and on what that rests.
    pub table: &'a StageTable,
    /// At the level of now; nothing where none was heard.
    pub now: Option<Now>,
    /// At the highest level that the forecast reaches within [`AHEAD_H`]; nothing where there is no forecast.
    pub ahead: Option<RangedExtent>,
}

/// What the level of now concerns.
#[derive(Clone, Debug)]
pub struct Now {
    /// At the level that is taken.
    pub extent: StageExtent,
    /// Whether that level is assumed, because the gauge cannot be believed to speak for the river as it is.
    pub assumed: bool,
}

impl Concern {
    /// For a town, with the facilities that its bundle holds.
    #[must_use]
    pub fn of(town: &Town, layers: &[Layer]) -> Self {
        let (places, facilities): (Vec<PlacedFacility>, Vec<String>) = layers
            .iter()
            .filter(|layer| layer.kind == LayerKind::Facility)
            .flat_map(|layer| &layer.features)
            .filter_map(|feature| match (&feature.facts, feature.shape.point()) {
                (Facts::Facility(facility), Some(at)) => Some((placed(at), facility.name.clone())),
                _ => None,
            })
            .unzip();
        let plan = StagePlan::build(town, &places);
        let tables = || plan.tables().iter();
        Self {
            first_levels: tables()
                .map(|table| first_levels(&plan, town, table))
                .collect(),
            wet_from: tables().map(|table| wet_from(&plan, town, table)).collect(),
            plan,
            facilities,
            labelled: BTreeMap::new(),
        }
    }

    /// With districts whose chance of flooding was learnt from past floods.
    #[must_use]
    pub fn with_labels(mut self, zones: Vec<LabelledZone>) -> Self {
        let key = |zone: &LabelledZone| (zone.district.clone(), zone.gauge.clone());
        self.labelled = zones.into_iter().map(|zone| (key(&zone), zone)).collect();
        self
    }

    /// What was learnt of a district by a gauge from past floods.
    #[must_use]
    pub fn labelled(&self, district: &str, gauge: &str) -> Option<&LabelledZone> {
        self.labelled.get(&(district.to_owned(), gauge.to_owned()))
    }

    /// The town's tables of stages, one per gauge and river, each with the lowest level that concerns each district.
    pub fn first_levels(&self) -> impl Iterator<Item = (&StageTable, &[(usize, f64)])> {
        let levels = self.first_levels.iter().map(Vec::as_slice);
        self.plan.tables().iter().zip(levels)
    }

    /// The same with the lowest level at which each shelter's site lies in the extent.
    pub fn wet_from(&self) -> impl Iterator<Item = WetFrom<'_>> {
        self.first_levels()
            .zip(&self.wet_from)
            .map(|((table, districts), shelters)| WetFrom {
                gauge: &table.gauge,
                districts,
                shelters,
            })
    }

    /// The name of a facility by its position, as extents name it.
    #[must_use]
    pub fn facility(&self, number: usize) -> Option<&str> {
        self.facilities.get(number).map(String::as_str)
    }

    /// Every gauge that decides for a river, in the order of the town's rivers. One that is not heard and has no forecast
    /// is among them: nothing is known there, which is not nothing.
    #[must_use]
    pub fn at<'a>(&'a self, town: &Town, outlook: &'a Outlook) -> Vec<Concerned<'a>> {
        self.plan
            .tables()
            .iter()
            .filter_map(|table| Some((table, outlook.gauges.get(&table.gauge)?)))
            .map(|(table, gauge)| Concerned {
                gauge,
                table,
                now: self.now(town, table, gauge, outlook.as_of),
                ahead: highest_m(gauge).map(|levels_m| self.plan.ranged(town, table, levels_m)),
            })
            .collect()
    }

    fn now(
        &self,
        town: &Town,
        table: &StageTable,
        gauge: &GaugeOutlook,
        as_of: Timestamp,
    ) -> Option<Now> {
        let observed_m = gauge.observed.map(|observed| observed.level_m);
        let assumed_m = station_state::of(gauge, as_of).assumed_m;
        let level_m = [observed_m, assumed_m]
            .into_iter()
            .flatten()
            .reduce(f64::max)?;
        Some(Now {
            extent: self.plan.extent(town, table, level_m),
            assumed: observed_m.is_none_or(|observed_m| level_m > observed_m),
        })
    }
}

fn first_levels(plan: &StagePlan, town: &Town, table: &StageTable) -> Vec<(usize, f64)> {
    let mut levels = BTreeMap::new();
    for step in &table.steps {
        for found in plan.extent(town, table, step.level_m).districts {
            levels.entry(found.district).or_insert(step.level_m);
        }
    }
    levels.into_iter().collect()
}

fn wet_from(plan: &StagePlan, town: &Town, table: &StageTable) -> Vec<(usize, f64)> {
    let mut levels = BTreeMap::new();
    for step in &table.steps {
        let extent = plan.extent(town, table, step.level_m);
        for shelter in extent.districts.iter().flat_map(|of| &of.shelters) {
            levels.entry(*shelter).or_insert(step.level_m);
        }
    }
    levels.into_iter().collect()
}

fn placed(at: Point<f64>) -> PlacedFacility {
    PlacedFacility { at }
}

/// The highest level within the hours looked at, as low, middle and high; never below the level of now.
fn highest_m(gauge: &GaugeOutlook) -> Option<[f64; 3]> {
    let forecast = &gauge.forecast;
    let now_m = forecast.level_now_m.unwrap_or(f64::NEG_INFINITY);
    let mut leads = forecast
        .leads
        .iter()
        .filter(|lead| lead.lead_h <= AHEAD_H)
        .peekable();
    leads.peek()?;
    let of_lead = |lead: &hinan_models::LeadForecast| CHANCES.map(|p| lead.quantile_m(p));
    Some(leads.map(of_lead).fold([now_m; 3], |highest, levels| {
        [0, 1, 2].map(|n| highest[n].max(levels[n]))
    }))
}
