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
    let mut by_unit: BTreeMap<&UnitId, Vec<&Examined>> = BTreeMap::new();
    for one in examined.iter().filter(|one| one.kind.hazard() == hazard) {
        by_unit.entry(&one.unit).or_default().push(one);
    }
    // What is likely enough to be ordered where it is ordered.
    let least = included
        .iter()
        .filter_map(|unit| highest_chance(by_unit.get(unit)?))
        .reduce(f64::min)
        .filter(|least| *least > 0.0);
    let of = |unit: &UnitId| {
        let threats = by_unit.get(unit)?;
        let advised = units
            .get(&(unit.clone(), hazard))
            .map(|advice| advice.level);
        Some(if advised.is_some_and(|advised| advised >= level) {
            LeftOut::AsMuchAdvised
        } else if least
            .is_some_and(|least| highest_chance(threats).is_some_and(|chance| chance >= least))
        {
            LeftOut::AsLikely
        } else if advised.is_none() && threats.iter().all(|one| one.nothing_known) {
            LeftOut::NothingKnown
        } else {
            LeftOut::Less
        })
    };
    Complement(
        town.units()
            .iter()
            .filter(|unit| !included.contains(&unit.id))
            .map(|unit| {
                (
                    unit.id.clone(),
                    of(&unit.id).unwrap_or(LeftOut::NotThreatened),
                )
            })
            .collect(),
    )
}

fn highest_chance(threats: &Vec<&Examined>) -> Option<f64> {
    threats
        .iter()
        .filter_map(|one| one.deadlines.chance)
        .reduce(f64::max)
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
