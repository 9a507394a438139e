//! What is told of the town as a whole: the coming night, and where nothing is known.

use std::sync::Arc;

use super::examine::Examined;
use super::of_unit::OfUnit;
use crate::criteria::Kind;
use crate::deadline::Briefing;
use crate::id::UnitId;
use crate::index::Index;
use crate::sheaves::Sheaves;

/// What is told of the town as a whole, and one figure for each exposure to find it again.
#[derive(Clone, Debug)]
pub(super) struct Overall {
    /// By slot.
    nights: Vec<Night>,
    /// By slot: whether nothing is known and nothing asked for.
    silent: Vec<bool>,
    pub(super) briefings: Vec<Briefing>,
    pub(super) unknown: Arc<Vec<(UnitId, Kind)>>,
}

/// How likely the coming night asks for a decision: nothing to say of it, not foreseen (with the chance of what is), a chance, or reached
/// already. In this order of what is told first.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Night {
    Nothing,
    Unknown(f64),
    Chance(f64),
    Reached,
}

impl Night {
    fn of(one: &Examined) -> Self {
        let Some(briefing) = &one.briefing else {
            return Self::Nothing;
        };
        match briefing.chance {
            _ if briefing.reached => Self::Reached,
            None => Self::Unknown(briefing.before.unwrap_or(0.0)),
            Some(chance) => Self::Chance(chance),
        }
    }
}

fn is_silent(one: &Examined) -> bool {
    one.asked.is_none() && one.nothing_known
}

impl Overall {
    pub(super) fn of(index: &Index, units: &Sheaves<Arc<OfUnit>>) -> Self {
        let examined = || units.iter().flat_map(|unit| &unit.examined);
        let mut overall = Self {
            nights: examined().map(|one| Night::of(one)).collect(),
            silent: examined().map(|one| is_silent(one)).collect(),
            briefings: Vec::new(),
            unknown: Arc::default(),
        };
        overall.brief(index, units);
        overall.name_unknown(units);
        overall
    }

    /// The same where nothing changed but the units at these places.
    pub(super) fn after(
        &self,
        index: &Index,
        units: &Sheaves<Arc<OfUnit>>,
        changed: &[usize],
    ) -> Self {
        let mut overall = self.clone();
        let mut silenced = false;
        for place in changed {
            let first = index.slots[*place];
            for (slot, one) in (first..).zip(&units[*place].examined) {
                overall.nights[slot] = Night::of(one);
                silenced |= overall.silent[slot] != is_silent(one);
                overall.silent[slot] = is_silent(one);
            }
        }
        overall.brief(index, units);
        if silenced {
            overall.name_unknown(units);
        }
        overall
    }

    /// The night, one line per river or hazard: the unit with the highest chance speaks for it, of equals the first.
    fn brief(&mut self, index: &Index, units: &Sheaves<Arc<OfUnit>>) {
        let mut best: Vec<(Night, usize)> = vec![(Night::Nothing, 0); index.abouts.len()];
        for (slot, (night, about)) in self.nights.iter().zip(&index.about).enumerate() {
            let best = &mut best[*about];
            if *night > best.0 {
                *best = (*night, slot);
            }
        }
        let spoken = best.iter().filter(|(night, _)| *night != Night::Nothing);
        self.briefings = spoken
            .filter_map(|(_, slot)| {
                // Units without exposures share the slot of the next one; the last before it is the one that has it.
                let place = index
                    .slots
                    .partition_point(|first| first <= slot)
                    .checked_sub(1)?;
                let one = units[place].examined.get(slot - index.slots[place])?;
                one.briefing.as_deref().cloned()
            })
            .collect();
    }

    fn name_unknown(&mut self, units: &Sheaves<Arc<OfUnit>>) {
        let examined = units.iter().flat_map(|unit| &unit.examined);
        let silent = examined.zip(&self.silent).filter(|(_, silent)| **silent);
        let named = silent.map(|(one, _)| (one.unit.clone(), one.kind));
        self.unknown = Arc::new(named.collect());
    }
}
