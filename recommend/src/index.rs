//! Where things of a town stand, worked out once: what one gauge concerns is found without looking at everything.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::id::{SourceId, UnitId};
use crate::roll::Roll;
use crate::town::{Exposure, Facility, Group, Unit};

/// Where things of a town stand. Units have a place in the town's order and a rank among their sorted names; exposures of all units
/// one after another have a slot, those of facilities a slot of their own.
#[derive(Debug, Default)]
pub(crate) struct Index {
    /// All names.
    pub(crate) roll: Arc<Roll>,
    /// The place of each rank.
    pub(crate) places: Vec<usize>,
    /// The rank of each place.
    pub(crate) ranks: Vec<usize>,
    /// The slot of each place's first exposure.
    pub(crate) slots: Vec<usize>,
    /// What briefings are about, sorted: rivers, and hazards without one.
    pub(crate) abouts: Vec<String>,
    /// For each slot, which of these.
    pub(crate) about: Vec<usize>,
    /// The sorted ranks of each group's units.
    pub(crate) groups: Vec<Vec<usize>>,
    /// Facilities and their exposures, one after another.
    pub(crate) facilities: Vec<(usize, usize)>,
    units_of: BTreeMap<SourceId, Vec<usize>>,
    facilities_of: BTreeMap<SourceId, Vec<usize>>,
}

impl Index {
    /// Of units with different names.
    pub(crate) fn of(units: &[Unit], groups: &[Group], facilities: &[Facility]) -> Self {
        let roll = Roll::of(units.iter().map(|unit| unit.id.clone()));
        let mut index = Self {
            places: vec![0; roll.len()],
            ..Self::default()
        };
        let exposures = || units.iter().flat_map(|unit| &unit.exposures);
        let abouts: BTreeSet<&str> = exposures().map(about).collect();
        let abouts: Vec<&str> = abouts.into_iter().collect();
        index.about = exposures()
            .filter_map(|exposure| abouts.binary_search(&about(exposure)).ok())
            .collect();
        index.abouts = abouts.into_iter().map(str::to_owned).collect();
        let mut slot = 0;
        for (place, unit) in units.iter().enumerate() {
            if let Some(rank) = roll.rank(unit.id.as_str()) {
                index.places[rank] = place;
                index.ranks.push(rank);
            }
            index.slots.push(slot);
            slot += unit.exposures.len();
            for source in unit.exposures.iter().flat_map(sources) {
                note(&mut index.units_of, source, place);
            }
        }
        index.groups = groups
            .iter()
            .map(|group| {
                let ranks = group.units.iter();
                ranks.filter_map(|unit| roll.rank(unit.as_str())).collect()
            })
            .collect();
        for (number, facility) in facilities.iter().enumerate() {
            for (exposure, of) in facility.exposures.iter().enumerate() {
                let slot = index.facilities.len();
                index.facilities.push((number, exposure));
                for source in &of.gauges {
                    note(&mut index.facilities_of, source, slot);
                }
            }
        }
        index.roll = Arc::new(roll);
        index
    }

    /// Where a unit stands in the town's order.
    pub(crate) fn place(&self, unit: &UnitId) -> Option<usize> {
        self.roll.rank(unit.as_str()).map(|rank| self.places[rank])
    }

    /// Places of units that a gauge or a rain station decides for, in the town's order.
    pub(crate) fn units_of(&self, source: &SourceId) -> &[usize] {
        self.units_of.get(source).map_or(&[], Vec::as_slice)
    }

    /// Slots of facilities that a gauge decides for.
    pub(crate) fn facilities_of(&self, gauge: &SourceId) -> &[usize] {
        self.facilities_of.get(gauge).map_or(&[], Vec::as_slice)
    }
}

/// What a briefing for an exposure is about: its river, or its hazard where it has none.
pub(crate) fn about(exposure: &Exposure) -> &str {
    match &exposure.river {
        Some(river) => river,
        None => exposure.kind.japanese(),
    }
}

fn sources(exposure: &Exposure) -> impl Iterator<Item = &SourceId> {
    exposure.gauges.iter().chain(&exposure.rain)
}

fn note(of: &mut BTreeMap<SourceId, Vec<usize>>, source: &SourceId, place: usize) {
    let noted = of.entry(source.clone()).or_default();
    if noted.last() != Some(&place) {
        noted.push(place);
    }
}
