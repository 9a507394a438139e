//! 含まれていない地区: what an order does not reach. Areas and complement together are always the whole town.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::examine::Examined;
use super::{Advice, ByUnit};
use crate::hazard::Hazard;
use crate::id::UnitId;
use crate::level::OrderLevel;
use crate::town::Town;

/// Why a unit is not in an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// As much or more is advised for it: leaving it out needs a reason.
    AsMuchAdvised,
    /// The water is as likely there as where it is ordered: leaving it out needs a reason.
    AsLikely,
    /// It is threatened and nothing is known: not calm.
    NothingKnown,
    /// It is threatened, and less is advised.
    Less,
    /// This hazard does not reach it.
    NotThreatened,
}

/// Units that an order does not reach, by unit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Complement(BTreeMap<UnitId, LeftOut>);

impl Complement {
    /// All units left out, with why.
    pub fn iter(&self) -> impl Iterator<Item = (&UnitId, LeftOut)> {
        self.0.iter().map(|(unit, why)| (unit, *why))
    }

    /// Units at equal or higher risk.
    pub fn at_risk(&self) -> impl Iterator<Item = &UnitId> {
        self.iter()
            .filter(|(_, why)| matches!(why, LeftOut::AsMuchAdvised | LeftOut::AsLikely))
            .map(|(unit, _)| unit)
    }

    /// Threatened units of which nothing is known.
    pub fn unknown(&self) -> impl Iterator<Item = &UnitId> {
        self.iter()
            .filter(|(_, why)| *why == LeftOut::NothingKnown)
            .map(|(unit, _)| unit)
    }
}

/// What an order of `level` for `included` leaves out.
pub fn complement(
    town: &Town,
    units: &ByUnit,
    examined: &[Arc<Examined>],
    included: &BTreeSet<UnitId>,
    hazard: Hazard,
    level: OrderLevel,
) -> Complement {
    Asking {
        units,
        examined: &by_unit(town, examined),
        hazard,
        level,
        least: None,
    }
    .of(town, included)
    .0
}

/// What was examined of each unit, in the town's order.
pub(super) fn by_unit<'e>(town: &Town, examined: &'e [Arc<Examined>]) -> Vec<&'e [Arc<Examined>]> {
    let mut left = examined;
    town.units()
        .iter()
        .map(|unit| {
            let own = left.iter().take_while(|one| one.unit == unit.id).count();
            let (own, others) = left.split_at(own);
            left = others;
            own
        })
        .collect()
}

/// One order, and what its complement is asked from.
pub(super) struct Asking<'a> {
    pub(super) units: &'a ByUnit,
    /// By the place of units in the town.
    pub(super) examined: &'a [&'a [Arc<Examined>]],
    pub(super) hazard: Hazard,
    pub(super) level: OrderLevel,
    /// What is likely enough to be ordered where it is ordered.
    pub(super) least: Option<f64>,
}

impl Asking<'_> {
    /// All that is left out, and the least chance among what is included.
    pub(super) fn of(
        mut self,
        town: &Town,
        included: &BTreeSet<UnitId>,
    ) -> (Complement, Option<f64>) {
        self.least = included
            .iter()
            .filter_map(|unit| self.highest_chance(town.position(unit)?))
            .reduce(f64::min)
            .filter(|least| *least > 0.0);
        let left_out = town
            .units()
            .iter()
            .enumerate()
            .filter(|(_, unit)| !included.contains(&unit.id))
            .map(|(place, unit)| (unit.id.clone(), self.why(place, &unit.id)))
            .collect();
        (Complement(left_out), self.least)
    }

    /// Why one unit that is not included is left out.
    pub(super) fn why(&self, place: usize, unit: &UnitId) -> LeftOut {
        if self.threats(place).next().is_none() {
            return LeftOut::NotThreatened;
        }
        let advised = self
            .units
            .get(&(unit.clone(), self.hazard))
            .map(|advice| advice.level);
        let as_likely = || {
            let chance = self.highest_chance(place);
            self.least
                .is_some_and(|least| chance.is_some_and(|chance| chance >= least))
        };
        if advised.is_some_and(|advised| advised >= self.level) {
            LeftOut::AsMuchAdvised
        } else if as_likely() {
            LeftOut::AsLikely
        } else if advised.is_none() && self.threats(place).all(|one| one.nothing_known) {
            LeftOut::NothingKnown
        } else {
            LeftOut::Less
        }
    }

    fn threats(&self, place: usize) -> impl Iterator<Item = &Arc<Examined>> {
        let of = self.examined.get(place).copied().unwrap_or_default();
        of.iter().filter(|one| one.kind.hazard() == self.hazard)
    }

    fn highest_chance(&self, place: usize) -> Option<f64> {
        self.threats(place)
            .filter_map(|one| one.deadlines.chance)
            .reduce(f64::max)
    }
}

impl Complement {
    /// The same with other reasons for these units; nothing when none of them has another.
    pub(super) fn with(&self, whys: impl Iterator<Item = (UnitId, LeftOut)>) -> Option<Self> {
        let mut other: Option<Self> = None;
        for (unit, why) in whys {
            if self.0.get(&unit).is_some_and(|known| *known != why) {
                other
                    .get_or_insert_with(|| self.clone())
                    .0
                    .insert(unit, why);
            }
        }
        other
    }
}

/// Units at equal or higher risk that a draft leaves out without a word.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error(
    "同じか、より高い危険がある地区が含まれていません: {0:?}。理由を書いてください / units at equal or higher risk are left out: give a reason"
)]
pub struct Uncovered(pub Vec<UnitId>);

/// Whether an officer's own selection may go on: what is left out at equal or higher risk needs a reason in words.
///
/// # Errors
/// The units left out, when no reason was given.
pub fn check_coverage(
    town: &Town,
    advice: &Advice,
    examined: &[Arc<Examined>],
    selected: &BTreeSet<UnitId>,
    hazard: Hazard,
    level: OrderLevel,
    reason: Option<&str>,
) -> Result<Complement, Uncovered> {
    let complement = complement(town, &advice.units, examined, selected, hazard, level);
    let left: Vec<UnitId> = complement.at_risk().cloned().collect();
    let explained = reason.is_some_and(|reason| !reason.trim().is_empty());
    if left.is_empty() || explained {
        Ok(complement)
    } else {
        Err(Uncovered(left))
    }
}
