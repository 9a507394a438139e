//! The smallest set of areas that holds the people at risk. Who orders everybody is heard by nobody.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::id::UnitId;
use crate::policy::AreaSettings;

/// Steps that people are counted in at most: beyond, they are counted in bigger portions, rounded up.
const STEPS_MAX: u32 = 4000;

/// One unit that qualifies.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Which.
    pub unit: &'a UnitId,
    /// Who lives there.
    pub people: u32,
    /// Who would be in the water or the slide.
    pub at_risk: u32,
    /// Whether it must be named whatever it costs: somebody may live in a house-collapse zone, or somebody saw something there.
    pub must: bool,
}

/// The chosen set, and the price of widening it to all that qualify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Chosen.
    pub chosen: BTreeSet<UnitId>,
    /// Qualifying, but left out of the smallest set: they are named beside it.
    pub beside: BTreeSet<UnitId>,
    /// People who live in the chosen units.
    pub people: u32,
    /// People at risk in them.
    pub at_risk: u32,
    /// People at risk in all units that qualify.
    pub at_risk_all: u32,
    /// People who live in all units that qualify.
    pub people_all: u32,
}

/// Chooses the set with the fewest people that holds the wanted share of those at risk: exact, but that above 4,000 people who
/// may be left out they are counted in portions, rounded against leaving out.
///
/// A unit with many people at risk, or one that must be named, is never left out. Where nobody is counted at risk all are chosen:
/// nobody counted is not nobody there.
pub fn cover(candidates: &[Candidate<'_>], settings: &AreaSettings) -> Choice {
    let at_risk_all: u32 = total(candidates.iter().map(|one| one.at_risk));
    let people_all: u32 = total(candidates.iter().map(|one| one.people));
    let may_miss = may_miss(at_risk_all, settings.cover);
    let free: Vec<&Candidate<'_>> = candidates
        .iter()
        .filter(|one| !one.must && at_risk_all > 0 && one.at_risk < settings.never_left_out_people)
        .collect();
    let beside = leave_out(&free, may_miss);
    let chosen: Vec<&Candidate<'_>> = candidates
        .iter()
        .filter(|one| !beside.contains(one.unit))
        .collect();
    Choice {
        people: total(chosen.iter().map(|one| one.people)),
        at_risk: total(chosen.iter().map(|one| one.at_risk)),
        chosen: chosen.iter().map(|one| one.unit.clone()).collect(),
        beside,
        at_risk_all,
        people_all,
    }
}

/// A town has far fewer people than this holds; more than it can hold is as many as it can.
fn total(people: impl Iterator<Item = u32>) -> u32 {
    people.fold(0, u32::saturating_add)
}

/// The largest number of people at risk that may be missed, found by halving.
fn may_miss(all: u32, share: f64) -> u32 {
    let wanted = f64::from(all) * share;
    let holds_enough = |missed: u32| f64::from(all - missed) >= wanted - 1e-9;
    let (mut low, mut high) = (0, all);
    while low < high {
        let middle = high - (high - low) / 2;
        if holds_enough(middle) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// Leaves out as many residents as possible while missing at most `may_miss` people at risk: a knapsack.
fn leave_out(free: &[&Candidate<'_>], may_miss: u32) -> BTreeSet<UnitId> {
    let portion = may_miss.div_ceil(STEPS_MAX).max(1);
    let room = (may_miss / portion) as usize;
    let width = room + 1;
    // best[i][r]: residents left out of the first i units with room r.
    let mut best = vec![vec![0u64; width]];
    for one in free {
        let costs = one.at_risk.div_ceil(portion) as usize;
        let before = &best[best.len() - 1];
        let row: Vec<u64> = (0..width)
            .map(|room| {
                let with = room
                    .checked_sub(costs)
                    .map(|left| before[left] + u64::from(one.people));
                with.map_or(before[room], |with| with.max(before[room]))
            })
            .collect();
        best.push(row);
    }
    let mut out = BTreeSet::new();
    let mut left = room;
    for (number, one) in free.iter().enumerate().rev() {
        if best[number + 1][left] != best[number][left] {
            left -= one.at_risk.div_ceil(portion) as usize;
            out.insert(one.unit.clone());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(cover: f64) -> AreaSettings {
        AreaSettings {
            cover,
            never_left_out_people: u32::MAX,
            ..AreaSettings::default()
        }
    }

    #[test]
    fn a_big_unit_with_hardly_anybody_at_risk_is_named_beside() {
        let ids: Vec<UnitId> = ["a", "b", "c"].into_iter().map(UnitId::from).collect();
        let of = |n: usize, people, at_risk| Candidate {
            unit: &ids[n],
            people,
            at_risk,
            must: false,
        };
        let choice = cover(
            &[of(0, 500, 480), of(1, 400, 390), of(2, 9000, 20)],
            &settings(0.95),
        );
        assert_eq!(choice.beside, BTreeSet::from([ids[2].clone()]));
        assert_eq!((choice.people, choice.people_all), (900, 9900));
        let all = cover(
            &[of(0, 500, 480), of(1, 400, 390), of(2, 9000, 20)],
            &settings(1.0),
        );
        assert!(all.beside.is_empty());
    }

    #[test]
    fn where_nobody_is_counted_at_risk_nobody_is_left_out() {
        let id = UnitId::from("camp");
        let one = Candidate {
            unit: &id,
            people: 30,
            at_risk: 0,
            must: false,
        };
        assert_eq!(cover(&[one], &settings(0.95)).chosen.len(), 1);
    }

    #[test]
    fn nobody_in_a_collapse_zone_is_left_out() {
        let id = UnitId::from("a");
        let one = Candidate {
            unit: &id,
            people: 1000,
            at_risk: 1,
            must: true,
        };
        assert!(cover(&[one], &settings(0.5)).beside.is_empty());
    }

    #[test]
    fn no_smaller_set_holds_as_many_at_risk_as_trying_all_shows() {
        let ids: Vec<UnitId> = (0..10).map(|n| UnitId::new(format!("u{n}"))).collect();
        let candidates: Vec<Candidate<'_>> = ids
            .iter()
            .enumerate()
            .map(|(n, unit)| {
                let n = u32::try_from(n).expect("ten");
                Candidate {
                    unit,
                    people: 100 + (n * 37) % 211,
                    at_risk: 5 + (n * 53) % 97,
                    must: false,
                }
            })
            .collect();
        let choice = cover(&candidates, &settings(0.8));
        let all: u32 = total(candidates.iter().map(|one| one.at_risk));
        let smallest = (0u32..1 << 10)
            .map(|set| {
                let members = candidates
                    .iter()
                    .enumerate()
                    .filter(|(n, _)| set >> n & 1 == 1);
                members.fold((0, 0), |sum, (_, one)| {
                    (sum.0 + one.people, sum.1 + one.at_risk)
                })
            })
            .filter(|(_, at_risk)| f64::from(*at_risk) >= f64::from(all) * 0.8)
            .map(|(people, _)| people)
            .min();
        assert_eq!(Some(choice.people), smallest);
    }
}
