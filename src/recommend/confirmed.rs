//! 解除の確認: what officers found out by a call or on the spot, for the gates of a lifting that no instrument can say.

use hinan_recommend::{GateName, Orders};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::cause;
use super::told::Told;

/// What a dam said counts so long, as the core has it for a dam's own word. **Assumed**.
const DAM_WORD: SignedDuration = SignedDuration::from_hours(3);
/// What was seen on the spot, or of the gauges upstream, counts so long. **Assumed**: water can come again within a night.
const SEEN: SignedDuration = SignedDuration::from_hours(6);

/// One gate, confirmed for all orders of one river or hazard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    /// River, or the word of the hazard.
    pub about: String,
    /// Which gate.
    pub gate: GateName,
    /// When.
    pub at: Timestamp,
    /// Account name of who confirmed it.
    pub by: String,
}

impl Confirmed {
    /// How long such a word counts.
    #[must_use]
    pub fn counts(gate: GateName) -> SignedDuration {
        match gate {
            GateName::NoDamRelease => DAM_WORD,
            _ => SEEN,
        }
    }

    /// Whether it still counts.
    #[must_use]
    pub fn holds(&self, as_of: Timestamp) -> bool {
        let age = as_of.duration_since(self.at);
        age >= SignedDuration::ZERO && age <= Self::counts(self.gate)
    }
}

/// Hands what still counts to the core. A word from before an order says nothing about the water that the order is for.
pub fn confirm(told: &Told, orders: &mut Orders, as_of: Timestamp) {
    for confirmed in told.confirmed.iter().filter(|one| one.holds(as_of)) {
        for order in told
            .orders
            .iter()
            .filter(|order| order.river == confirmed.about && order.at <= confirmed.at)
        {
            let cause = cause::of(order.unit.clone(), &confirmed.about);
            orders.confirm(cause, confirmed.gate);
        }
    }
}

#[cfg(test)]
mod tests {
    use hinan_recommend::OrderLevel;

    use super::*;
    use crate::recommend::told::Ordered;

    fn at(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(hour)
    }

    #[test]
    fn a_word_counts_for_its_own_river_after_the_order_and_grows_old() {
        let told = Told {
            orders: vec![Ordered {
                unit: "kita".into(),
                river: "札内川".to_owned(),
                level: OrderLevel::EvacuationOrder,
                at: at(10),
            }],
            ..Told::default()
        };
        let confirmed = |about: &str, hour| Confirmed {
            about: about.to_owned(),
            gate: GateName::NoDamRelease,
            at: at(hour),
            by: "sato".to_owned(),
        };
        let counts = |one: Confirmed, hour| {
            let told = Told {
                confirmed: vec![one],
                ..told.clone()
            };
            let mut orders = told.core_orders();
            confirm(&told, &mut orders, at(hour));
            orders != told.core_orders()
        };
        assert!(counts(confirmed("札内川", 12), 13));
        assert!(!counts(confirmed("札内川", 12), 16), "four hours old");
        assert!(!counts(confirmed("札内川", 9), 11), "before the order");
        assert!(!counts(confirmed("十勝川", 12), 13), "another river");
    }
}
