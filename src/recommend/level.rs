//! The levels a municipality issues, and the words the law gives them.

pub use hinan_notice::level::OrderLevel;
