//! Out to the public: only what was approved, byte for byte, once per channel, with a receipt.
//!
//! The words and documents are made in the crate `notice`; here they are sent.

pub mod channel;
pub mod deliver;
pub mod dispatch;
pub mod examine;
pub mod outbox;
pub mod publication;
mod retained;
pub mod shelf;
