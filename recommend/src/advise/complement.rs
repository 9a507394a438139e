//! 含まれていない地区: what an order does not reach. Areas and complement together are always the whole town.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use thiserror::Error;

use super::Advice;
use super::examine::Examined;
use super::of_unit::{Threat, threats};
use crate::hazard::Hazard;
use crate::id::UnitId;
use crate::level::OrderLevel;
use crate::roll::Roll;
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

/// Units that an order does not reach, by unit. Read and written as a map of names.
#[derive(Clone, Debug, Default)]
pub struct Complement {
    roll: Arc<Roll>,
    /// By rank; nothing for units that are in the order.
    whys: Vec<Option<LeftOut>>,
}

impl Complement {
    pub(super) fn of(roll: &Arc<Roll>, whys: impl Iterator<Item = Option<LeftOut>>) -> Self {
        Self {
            roll: Arc::clone(roll),
            whys: whys.collect(),
        }
    }

    /// All units left out, with why, sorted.
    pub fn iter(&self) -> impl Iterator<Item = (&UnitId, LeftOut)> {
        let all = self.roll.ids().iter().zip(&self.whys);
        all.filter_map(|(unit, why)| Some((unit, (*why)?)))
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

    /// The same with other reasons for units of these ranks, where they are left out; nothing when none of them has another.
    pub(super) fn with(&self, whys: impl Iterator<Item = (usize, LeftOut)>) -> Option<Self> {
        let mut other: Option<Self> = None;
        for (rank, why) in whys {
            if self.whys[rank].is_some_and(|known| known != why) {
                other.get_or_insert_with(|| self.clone()).whys[rank] = Some(why);
            }
        }
        other
    }
}

impl PartialEq for Complement {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Complement {}

impl Serialize for Complement {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Complement {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let whys: BTreeMap<UnitId, LeftOut> = BTreeMap::deserialize(from)?;
        let roll = Arc::new(Roll::of(whys.keys().cloned()));
        Ok(Self::of(&roll, whys.into_values().map(Some)))
    }
}

/// What an order of `level` for `included` leaves out.
pub fn complement(
    town: &Town,
    advised: &Advice,
    examined: &[Arc<Examined>],
    included: &BTreeSet<UnitId>,
    hazard: Hazard,
    level: OrderLevel,
) -> Complement {
    let units = &advised.units;
    let index = town.index();
    let examined = by_unit(town, examined);
    let threat = |place: usize| {
        let of = threats(examined[place]);
        of.into_iter().find(|threat| threat.hazard == hazard)
    };
    // What only stands from before says nothing of how likely is likely enough.
    let holds = |unit: &&UnitId| {
        let advice = units.get(unit, hazard);
        advice.is_none_or(|advice| advice.holds_at(advised.as_of))
    };
    let least = included
        .iter()
        .filter(holds)
        .filter_map(|unit| threat(index.place(unit)?)?.chance)
        .reduce(f64::min)
        .filter(|least| *least > 0.0);
    let all = index.roll.ids().iter().zip(&index.places);
    let whys = all.map(|(unit, place)| {
        let advised = || units.get(unit, hazard).map(|advice| advice.level);
        let left_out = || why(threat(*place).as_ref(), advised(), level, least);
        (!included.contains(unit)).then(left_out)
    });
    Complement::of(&index.roll, whys)
}

/// What was examined of each unit, in the town's order.
fn by_unit<'e>(town: &Town, examined: &'e [Arc<Examined>]) -> Vec<&'e [Arc<Examined>]> {
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

/// Why a unit that an order of `level` does not include is left out, with what is advised there. `least` is likely enough to be ordered
/// where it is ordered.
pub(super) fn why(
    threat: Option<&Threat>,
    advised: Option<OrderLevel>,
    level: OrderLevel,
    least: Option<f64>,
) -> LeftOut {
    let Some(threat) = threat else {
        return LeftOut::NotThreatened;
    };
    let as_likely = least
        .zip(threat.chance)
        .is_some_and(|(least, of)| of >= least);
    if advised.is_some_and(|advised| advised >= level) {
        LeftOut::AsMuchAdvised
    } else if as_likely {
        LeftOut::AsLikely
    } else if advised.is_none() && threat.nothing_known {
        LeftOut::NothingKnown
    } else {
        LeftOut::Less
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
    let complement = complement(town, advice, examined, selected, hazard, level);
    let left: Vec<UnitId> = complement.at_risk().cloned().collect();
    let explained = reason.is_some_and(|reason| !reason.trim().is_empty());
    if left.is_empty() || explained {
        Ok(complement)
    } else {
        Err(Uncovered(left))
    }
}
