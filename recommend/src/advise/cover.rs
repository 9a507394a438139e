//! The smallest set of areas that holds the people at risk. Who orders everybody is heard by nobody.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::of_unit::Member;
use crate::policy::AreaSettings;
use crate::roll::{Roll, UnitSet};

/// Steps that people are counted in at most: beyond, they are counted in bigger portions, rounded up.
const STEPS_MAX: u32 = 4000;

/// The chosen set, and the price of widening it to all that qualify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// Chosen.
    pub chosen: UnitSet,
    /// Qualifying, but left out of the smallest set: they are named beside it.
    pub beside: UnitSet,
    /// Of the chosen, those that are named whatever it costs: somebody may live in a house-collapse zone, or somebody saw something.
    pub must: UnitSet,
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
pub(super) fn cover(roll: &Arc<Roll>, members: &[Member], settings: &AreaSettings) -> Choice {
    let at_risk_all: u32 = total(members.iter().map(|one| one.at_risk));
    let people_all: u32 = total(members.iter().map(|one| one.people));
    let free: Vec<&Member> = members
        .iter()
        .filter(|one| !one.must && at_risk_all > 0 && one.at_risk < settings.never_left_out_people)
        .collect();
    let (mut chosen, mut beside) = (UnitSet::nobody(roll), UnitSet::nobody(roll));
    let mut must = UnitSet::nobody(roll);
    for one in members.iter().filter(|one| one.must) {
        must.insert(one.rank);
    }
    for rank in leave_out(&free, may_miss(at_risk_all, settings.cover)) {
        beside.insert(rank);
    }
    let named = || members.iter().filter(|one| !beside.holds(one.rank));
    for one in named() {
        chosen.insert(one.rank);
    }
    Choice {
        people: total(named().map(|one| one.people)),
        at_risk: total(named().map(|one| one.at_risk)),
        chosen,
        beside,
        must,
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

/// Leaves out as many residents as possible while missing at most `may_miss` people at risk: a knapsack. The ranks left out.
fn leave_out(free: &[&Member], may_miss: u32) -> Vec<usize> {
    let portion = may_miss.div_ceil(STEPS_MAX).max(1);
    let room = (may_miss / portion) as usize;
    let costs: Vec<usize> = free
        .iter()
        .map(|one| one.at_risk.div_ceil(portion) as usize)
        .collect();
    if costs.iter().sum::<usize>() <= room {
        return free.iter().map(|one| one.rank).collect();
    }
    let width = room + 1;
    // Residents left out with each room, of the units so far; a town's residents are fewer than this holds.
    let mut best = vec![0_u32; width];
    let mut next = best.clone();
    // For each unit and room whether it is left out there.
    let mut out = vec![0_u8; width * free.len()];
    for ((one, costs), out) in free.iter().zip(&costs).zip(out.chunks_mut(width)) {
        let Some(spared) = width.checked_sub(*costs).filter(|spared| *spared > 0) else {
            continue;
        };
        let with = best[..spared].iter().map(|with| with + one.people);
        let without = &best[*costs..];
        for (((with, without), next), out) in with
            .zip(without)
            .zip(&mut next[*costs..])
            .zip(&mut out[*costs..])
        {
            *next = with.max(*without);
            *out = u8::from(with > *without);
        }
        best[*costs..].copy_from_slice(&next[*costs..]);
    }
    let mut left = room;
    let mut found = Vec::new();
    for ((one, costs), out) in free.iter().zip(&costs).zip(out.chunks(width)).rev() {
        if out[left] == 1 {
            left -= costs;
            found.push(one.rank);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::UnitId;

    fn settings(cover: f64) -> AreaSettings {
        AreaSettings {
            cover,
            never_left_out_people: u32::MAX,
            ..AreaSettings::default()
        }
    }

    fn roll(names: usize) -> Arc<Roll> {
        let names = (0..names).map(|n| UnitId::new(format!("u{n:02}")));
        Arc::new(Roll::of(names))
    }

    fn of(rank: usize, people: u32, at_risk: u32) -> Member {
        Member {
            rank,
            people,
            at_risk,
            must: false,
            must_leave: at_risk,
            may_stay: 0,
            decide_by: None,
            enough: None,
        }
    }

    #[test]
    fn a_big_unit_with_hardly_anybody_at_risk_is_named_beside() {
        let all = [of(0, 500, 480), of(1, 400, 390), of(2, 9000, 20)];
        let choice = cover(&roll(3), &all, &settings(0.95));
        assert_eq!(choice.beside, UnitSet::from_iter([UnitId::from("u02")]));
        assert_eq!((choice.people, choice.people_all), (900, 9900));
        let all = cover(&roll(3), &all, &settings(1.0));
        assert!(all.beside.is_empty());
    }

    #[test]
    fn where_nobody_is_counted_at_risk_nobody_is_left_out() {
        let choice = cover(&roll(1), &[of(0, 30, 0)], &settings(0.95));
        assert_eq!(choice.chosen.len(), 1);
    }

    #[test]
    fn nobody_in_a_collapse_zone_is_left_out() {
        let one = Member {
            must: true,
            ..of(0, 1000, 1)
        };
        assert!(cover(&roll(1), &[one], &settings(0.5)).beside.is_empty());
    }

    #[test]
    fn no_smaller_set_holds_as_many_at_risk_as_trying_all_shows() {
        let members: Vec<Member> = (0..10_u32)
            .map(|n| of(n as usize, 100 + (n * 37) % 211, 5 + (n * 53) % 97))
            .collect();
        let all: u32 = total(members.iter().map(|one| one.at_risk));
        for share in [0.5, 0.8, 0.9, 0.99] {
            let choice = cover(&roll(10), &members, &settings(share));
            let smallest = (0u32..1 << 10)
                .map(|set| {
                    let chosen = members.iter().filter(|one| set >> one.rank & 1 == 1);
                    chosen.fold((0, 0), |sum, one| (sum.0 + one.people, sum.1 + one.at_risk))
                })
                .filter(|(_, at_risk)| f64::from(*at_risk) >= f64::from(all) * share)
                .map(|(people, _)| people)
                .min();
            assert_eq!(Some(choice.people), smallest, "{share}");
        }
    }
}
