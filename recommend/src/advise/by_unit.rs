//! Advice by unit and hazard.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::UnitAdvice;
use super::of_unit::OfUnit;
use crate::hazard::Hazard;
use crate::id::UnitId;
use crate::index::Index;
use crate::sheaves::Sheaves;

/// Advice by unit and hazard, sorted. A clone shares everything.
#[derive(Clone, Debug, Default)]
pub struct ByUnit {
    index: Arc<Index>,
    /// By the place of units in the town.
    of: Sheaves<Arc<OfUnit>>,
    /// For units that the town does not have, or that nobody looked up in it.
    elsewhere: Arc<BTreeMap<(UnitId, Hazard), Arc<UnitAdvice>>>,
}

impl ByUnit {
    pub(super) fn of(
        index: &Arc<Index>,
        of: Sheaves<Arc<OfUnit>>,
        elsewhere: BTreeMap<(UnitId, Hazard), Arc<UnitAdvice>>,
    ) -> Self {
        Self {
            index: Arc::clone(index),
            of,
            elsewhere: Arc::new(elsewhere),
        }
    }

    /// Advice of a unit for a hazard.
    pub fn get(&self, unit: &UnitId, hazard: Hazard) -> Option<&Arc<UnitAdvice>> {
        match self.index.place(unit) {
            Some(place) => self.of.get(place)?.advice(hazard),
            None => self.elsewhere.get(&(unit.clone(), hazard)),
        }
    }

    /// All advice, sorted by unit and hazard.
    pub fn values(&self) -> impl Iterator<Item = &Arc<UnitAdvice>> {
        let mut all: Vec<&Arc<UnitAdvice>> = Vec::new();
        let mut elsewhere = self.elsewhere.iter().peekable();
        for (place, id) in self.index.places.iter().zip(self.index.roll.ids()) {
            while let Some((_, advice)) = elsewhere.next_if(|((other, _), _)| other < id) {
                all.push(advice);
            }
            let speaking = &self.of[*place].speaking;
            all.extend(speaking.iter().map(|spoken| &spoken.advice));
        }
        all.extend(elsewhere.map(|(_, advice)| advice));
        all.into_iter()
    }

    /// How many.
    pub fn len(&self) -> usize {
        let own = self.of.iter().map(|of| of.speaking.len());
        own.sum::<usize>() + self.elsewhere.len()
    }

    /// Whether nothing is advised.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Everything about each unit, by its place in the town.
    pub(super) fn units(&self) -> &Sheaves<Arc<OfUnit>> {
        &self.of
    }

    pub(super) fn set(&mut self, place: usize, unit: Arc<OfUnit>) {
        self.of.set(place, unit);
    }

    /// Advice for units that the town does not have.
    pub(super) fn elsewhere(&self) -> impl Iterator<Item = &Arc<UnitAdvice>> {
        self.elsewhere.values()
    }
}

impl PartialEq for ByUnit {
    fn eq(&self, other: &Self) -> bool {
        self.values().eq(other.values())
    }
}

impl FromIterator<Arc<UnitAdvice>> for ByUnit {
    fn from_iter<I: IntoIterator<Item = Arc<UnitAdvice>>>(all: I) -> Self {
        let keyed = all
            .into_iter()
            .map(|advice| ((advice.unit.clone(), advice.hazard()), advice));
        Self {
            elsewhere: Arc::new(keyed.collect()),
            ..Self::default()
        }
    }
}

impl Serialize for ByUnit {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.values().map(AsRef::as_ref))
    }
}

impl<'de> Deserialize<'de> for ByUnit {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let list: Vec<UnitAdvice> = Vec::deserialize(from)?;
        Ok(list.into_iter().map(Arc::new).collect())
    }
}
