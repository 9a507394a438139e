//! What the tests of an event begin with.

use super::{EventRates, LiveCount};
use crate::demand::{CallLevel, Conditions, RateModel, UnderOrder};

/// A typhoon that was announced for days, before anybody was counted.
pub(super) fn typhoon() -> EventRates {
    let conditions = Conditions {
        announced_days_ahead: true,
        ..Conditions::default()
    };
    RateModel::of_published()
        .expect("the published rates can be fitted")
        .rates(CallLevel::EveryoneLeaves, conditions)
}

pub(super) fn counted(minutes: f64, persons: u64) -> LiveCount {
    LiveCount {
        minutes_since_order: minutes,
        persons,
    }
}

pub(super) const TOWN: UnderOrder = UnderOrder::new(50_000);
