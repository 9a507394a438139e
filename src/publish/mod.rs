//! Out to the public: only what was approved, byte for byte, once per channel, with a receipt.

pub mod channel;
pub mod deliver;
pub mod outbox;
pub mod texts;
