//! 名簿: the names of a town's units, each once, and sets of them.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::UnitId;

/// The names of all units, sorted. Where a name stands in it is its rank.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Roll {
    ids: Vec<UnitId>,
}

impl Roll {
    /// The roll of some names; the same name twice stands once.
    pub(crate) fn of(names: impl IntoIterator<Item = UnitId>) -> Self {
        let sorted: BTreeSet<UnitId> = names.into_iter().collect();
        Self {
            ids: sorted.into_iter().collect(),
        }
    }

    pub(crate) fn ids(&self) -> &[UnitId] {
        &self.ids
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn rank(&self, name: &str) -> Option<usize> {
        self.ids.binary_search_by(|id| id.as_str().cmp(name)).ok()
    }
}

/// Some of a town's units: one bit for each. Read and written as a sorted list of names.
#[derive(Clone, Debug, Default)]
pub struct UnitSet {
    roll: Arc<Roll>,
    bits: Vec<u64>,
}

impl UnitSet {
    /// Nobody yet, of those on a roll.
    pub(crate) fn nobody(roll: &Arc<Roll>) -> Self {
        Self {
            roll: Arc::clone(roll),
            bits: vec![0; roll.len().div_ceil(64)],
        }
    }

    pub(crate) fn insert(&mut self, rank: usize) {
        self.bits[rank / 64] |= 1 << (rank % 64);
    }

    pub(crate) fn remove(&mut self, rank: usize) {
        self.bits[rank / 64] &= !(1 << (rank % 64));
    }

    pub(crate) fn holds(&self, rank: usize) -> bool {
        self.bits[rank / 64] >> (rank % 64) & 1 == 1
    }

    /// Whether a unit is in it.
    pub fn contains(&self, name: impl AsRef<str>) -> bool {
        let rank = self.roll.rank(name.as_ref());
        rank.is_some_and(|rank| self.holds(rank))
    }

    /// All, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = &UnitId> {
        let held = |(rank, id)| self.holds(rank).then_some(id);
        self.roll.ids.iter().enumerate().filter_map(held)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.bits
            .iter()
            .map(|bits| bits.count_ones() as usize)
            .sum()
    }

    /// Whether nobody is in it.
    pub fn is_empty(&self) -> bool {
        self.bits.iter().all(|bits| *bits == 0)
    }
}

impl PartialEq for UnitSet {
    fn eq(&self, other: &Self) -> bool {
        if Arc::ptr_eq(&self.roll, &other.roll) {
            self.bits == other.bits
        } else {
            self.iter().eq(other.iter())
        }
    }
}

impl Eq for UnitSet {}

impl FromIterator<UnitId> for UnitSet {
    fn from_iter<I: IntoIterator<Item = UnitId>>(names: I) -> Self {
        let roll = Arc::new(Roll::of(names));
        let mut all = Self::nobody(&roll);
        for rank in 0..roll.len() {
            all.insert(rank);
        }
        all
    }
}

impl Serialize for UnitSet {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for UnitSet {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let names: Vec<UnitId> = Vec::deserialize(from)?;
        Ok(names.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_units_is_told_by_its_names_whatever_town_it_was_made_in() {
        let roll = Arc::new(Roll::of((0..130).map(|n| UnitId::new(format!("u{n:03}")))));
        let mut some = UnitSet::nobody(&roll);
        assert!(some.is_empty());
        for rank in [0, 63, 64, 129] {
            some.insert(rank);
        }
        some.remove(63);
        assert!(some.contains("u064") && some.contains(UnitId::from("u129")));
        assert!(!some.contains("u063") && !some.contains("elsewhere"));
        assert_eq!(some.len(), 3);
        let written = serde_json::to_string(&some).expect("JSON");
        assert_eq!(written, r#"["u000","u064","u129"]"#);
        let read: UnitSet = serde_json::from_str(&written).expect("reads back");
        assert_eq!(read, some);
    }
}
