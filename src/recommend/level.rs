//! The levels a municipality issues, and the words the law gives them.
//!
//! The crates of advice and of notices know nothing of each other and each has the three levels; here one becomes the other.

pub use hinan_notice::level::OrderLevel;

/// The level that the core of the advice speaks of.
#[must_use]
pub fn ordered(asked: hinan_recommend::OrderLevel) -> OrderLevel {
    match asked {
        hinan_recommend::OrderLevel::ElderlyEvacuation => OrderLevel::ElderlyEvacuation,
        hinan_recommend::OrderLevel::EvacuationOrder => OrderLevel::EvacuationOrder,
        hinan_recommend::OrderLevel::EmergencySafety => OrderLevel::EmergencySafety,
    }
}

/// The same level in the words of the core.
#[must_use]
pub fn advised(order: OrderLevel) -> hinan_recommend::OrderLevel {
    match order {
        OrderLevel::ElderlyEvacuation => hinan_recommend::OrderLevel::ElderlyEvacuation,
        OrderLevel::EvacuationOrder => hinan_recommend::OrderLevel::EvacuationOrder,
        OrderLevel::EmergencySafety => hinan_recommend::OrderLevel::EmergencySafety,
    }
}
