//! 発令状況: what is ordered where. One state per unit and hazard.

use std::collections::{BTreeMap, BTreeSet};

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

/// What is ordered, per unit and hazard. What the agency says is not in here: the two are independent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Orders {
    in_force: BTreeMap<(UnitId, Hazard), Order>,
    lifted: BTreeMap<(UnitId, Hazard), Timestamp>,
    confirmed: BTreeMap<(UnitId, Hazard), BTreeSet<GateName>>,
}

impl Orders {
    /// Nothing is ordered.
    pub fn none() -> Self {
        Self::default()
    }

    /// Issues a level for a unit and hazard, whatever stood before: any level to any level.
    pub fn issue(&mut self, unit: UnitId, hazard: Hazard, level: OrderLevel, at: Timestamp) {
        let key = (unit, hazard);
        self.lifted.remove(&key);
        self.confirmed.remove(&key);
        self.in_force.insert(
            key,
            Order {
                level,
                issued_at: at,
            },
        );
    }

    /// Lifts an order; `false` when none was in force, because a lifting names the order it lifts.
    pub fn lift(&mut self, unit: UnitId, hazard: Hazard, at: Timestamp) -> bool {
        let key = (unit, hazard);
        let was = self.in_force.remove(&key).is_some();
        if was {
            self.confirmed.remove(&key);
            self.lifted.insert(key, at);
        }
        was
    }

    /// An officer confirms what no gauge can say, such as an inspection on the spot.
    pub fn confirm(&mut self, unit: UnitId, hazard: Hazard, gate: GateName) {
        self.confirmed
            .entry((unit, hazard))
            .or_default()
            .insert(gate);
    }

    /// What is in force, by unit and hazard.
    pub fn in_force(&self) -> &BTreeMap<(UnitId, Hazard), Order> {
        &self.in_force
    }

    /// The highest level in force for a unit, as a map shows it.
    pub fn highest(&self, unit: &UnitId) -> Option<OrderLevel> {
        Hazard::ALL
            .into_iter()
            .filter_map(|hazard| self.in_force.get(&(unit.clone(), hazard)))
            .map(|order| order.level)
            .max()
    }

    pub(super) fn lifted_at(&self, key: &(UnitId, Hazard)) -> Option<Timestamp> {
        self.lifted.get(key).copied()
    }

    pub(super) fn is_confirmed(&self, key: &(UnitId, Hazard), gate: GateName) -> bool {
        self.confirmed
            .get(key)
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
        let mut orders = Orders::none();
        assert!(!orders.lift(unit.clone(), Hazard::Flood, at));
        orders.issue(
            unit.clone(),
            Hazard::Flood,
            OrderLevel::ElderlyEvacuation,
            at,
        );
        orders.issue(
            unit.clone(),
            Hazard::Landslide,
            OrderLevel::EvacuationOrder,
            at,
        );
        assert_eq!(orders.highest(&unit), Some(OrderLevel::EvacuationOrder));
        assert!(orders.lift(unit.clone(), Hazard::Landslide, at));
        assert_eq!(orders.highest(&unit), Some(OrderLevel::ElderlyEvacuation));
    }
}
