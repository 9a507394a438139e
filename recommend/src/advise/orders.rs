//! 発令状況: what is ordered where. One state per unit, hazard and river: whoever lifts the order for one river has said nothing of
//! another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::lift::GateName;
use crate::hazard::Hazard;
use crate::id::UnitId;
use crate::level::OrderLevel;

/// One order in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its level.
    pub level: OrderLevel,
    /// When it was issued.
    pub issued_at: Timestamp,
}

/// What an order is in force for: one river of a unit, or everything of one hazard there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// The unit.
    pub unit: UnitId,
    /// The hazard.
    pub hazard: Hazard,
    /// The river it was issued for; nothing = whatever brings this hazard.
    pub river: Option<Arc<str>>,
}

impl Cause {
    /// Everything of one hazard.
    pub fn of_hazard(unit: UnitId, hazard: Hazard) -> Self {
        Self {
            unit,
            hazard,
            river: None,
        }
    }

    /// A flood of one river.
    pub fn of_river(unit: UnitId, river: impl Into<Arc<str>>) -> Self {
        Self {
            unit,
            hazard: Hazard::Flood,
            river: Some(river.into()),
        }
    }

    /// The cause that covers every river of this one's hazard.
    fn whole(&self) -> Self {
        Self::of_hazard(self.unit.clone(), self.hazard)
    }
}

/// What is ordered, per unit, hazard and river. What the agency says is not in here: the two are independent. A clone shares it all.
#[derive(Clone, Debug, Default)]
pub struct Orders(Arc<Ordered>);

#[derive(Clone, Debug, Default, PartialEq)]
struct Ordered {
    in_force: BTreeMap<Cause, Order>,
    lifted: BTreeMap<Cause, Timestamp>,
    confirmed: BTreeMap<Cause, BTreeSet<GateName>>,
}

impl PartialEq for Orders {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Orders {
    /// Nothing is ordered.
    pub fn none() -> Self {
        Self::default()
    }

    /// Issues a level, whatever stood before: any level to any level.
    pub fn issue(&mut self, cause: Cause, level: OrderLevel, at: Timestamp) {
        let ordered = Arc::make_mut(&mut self.0);
        ordered.lifted.remove(&cause);
        ordered.confirmed.remove(&cause);
        ordered.in_force.insert(
            cause,
            Order {
                level,
                issued_at: at,
            },
        );
    }

    /// Lifts an order; `false` when none was in force, because a lifting names the order it lifts.
    pub fn lift(&mut self, cause: Cause, at: Timestamp) -> bool {
        if !self.0.in_force.contains_key(&cause) {
            return false;
        }
        let ordered = Arc::make_mut(&mut self.0);
        ordered.in_force.remove(&cause);
        ordered.confirmed.remove(&cause);
        ordered.lifted.insert(cause, at);
        true
    }

    /// An officer confirms what no gauge can say, such as an inspection on the spot.
    pub fn confirm(&mut self, cause: Cause, gate: GateName) {
        let ordered = Arc::make_mut(&mut self.0);
        ordered.confirmed.entry(cause).or_default().insert(gate);
    }

    /// What is in force.
    pub fn in_force(&self) -> &BTreeMap<Cause, Order> {
        &self.0.in_force
    }

    /// The highest level in force for a unit, as a map shows it.
    pub fn highest(&self, unit: &UnitId) -> Option<OrderLevel> {
        self.0
            .in_force
            .iter()
            .filter(|(cause, _)| cause.unit == *unit)
            .map(|(_, order)| order.level)
            .max()
    }

    /// Orders that decide on a cause: its own, and one for the whole hazard. Never one for another river.
    pub(super) fn concerning(&self, cause: &Cause) -> impl Iterator<Item = &Order> {
        let whole = cause.river.is_some().then(|| cause.whole());
        self.0
            .in_force
            .get(cause)
            .into_iter()
            .chain(whole.and_then(|whole| self.0.in_force.get(&whole)))
    }

    /// When an order that decided on a cause was lifted last.
    pub(super) fn lifted_at(&self, cause: &Cause) -> Option<Timestamp> {
        let whole = cause.river.is_some().then(|| cause.whole());
        let whole = whole.and_then(|whole| self.0.lifted.get(&whole));
        self.0.lifted.get(cause).max(whole).copied()
    }

    pub(super) fn is_confirmed(&self, cause: &Cause, gate: GateName) -> bool {
        self.0
            .confirmed
            .get(cause)
            .is_some_and(|gates| gates.contains(&gate))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifting_needs_an_order_and_an_area_shows_its_highest() {
        let at = Timestamp::UNIX_EPOCH;
        let unit = UnitId::from("kita");
        let flood = Cause::of_hazard(unit.clone(), Hazard::Flood);
        let slide = Cause::of_hazard(unit.clone(), Hazard::Landslide);
        let mut orders = Orders::none();
        assert!(!orders.lift(flood.clone(), at));
        orders.issue(flood, OrderLevel::ElderlyEvacuation, at);
        orders.issue(slide.clone(), OrderLevel::EvacuationOrder, at);
        assert_eq!(orders.highest(&unit), Some(OrderLevel::EvacuationOrder));
        assert!(orders.lift(slide, at));
        assert_eq!(orders.highest(&unit), Some(OrderLevel::ElderlyEvacuation));
    }

    #[test]
    fn an_order_for_one_river_decides_on_no_other_and_one_for_the_hazard_on_all() {
        let at = Timestamp::UNIX_EPOCH;
        let river = |name: &str| Cause::of_river(UnitId::from("kita"), name);
        let mut orders = Orders::none();
        orders.issue(river("札内川"), OrderLevel::EvacuationOrder, at);
        assert_eq!(orders.concerning(&river("札内川")).count(), 1);
        assert_eq!(orders.concerning(&river("十勝川")).count(), 0);
        assert!(orders.lift(river("札内川"), at));
        assert_eq!(orders.lifted_at(&river("札内川")), Some(at));
        assert_eq!(orders.lifted_at(&river("十勝川")), None);
        let whole = Cause::of_hazard(UnitId::from("kita"), Hazard::Flood);
        orders.issue(whole, OrderLevel::EvacuationOrder, at);
        assert_eq!(orders.concerning(&river("十勝川")).count(), 1);
    }
}
