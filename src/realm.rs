//! Live or exercise: two worlds that never mix.

pub use hinan_notice::realm::Realm;
