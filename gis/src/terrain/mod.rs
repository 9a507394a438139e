//! What the shape of the ground says about a flood: where water runs, and how high a place lies above the river it runs to.
//!
//! What must stay true: a cell without a height, or whose water leaves the model without meeting a river, has no answer.
//! It is never taken for dry.

mod flow;
mod hand;

pub use flow::FlowField;
pub use hand::{AboveRiver, Hand, Wet};
