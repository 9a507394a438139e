//! What happened on the way to a broker, counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Running counts of one connection; shared between the task that keeps it and whoever shows them.
#[derive(Debug, Default)]
pub struct Tally {
    pub(super) subscribed: AtomicU64,
    pub(super) lost: AtomicU64,
    pub(super) resumed: AtomicU64,
    pub(super) delivered: AtomicU64,
    pub(super) let_go: AtomicU64,
    pub(super) oversized: AtomicU64,
    pub(super) dropped_qos0: AtomicU64,
}

impl Tally {
    /// The counts as they are now, each with a name that never changes.
    #[must_use]
    pub fn counts(&self) -> [(&'static str, u64); 7] {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        [
            // Connected and subscribed: the first time and each time again.
            ("subscribed", read(&self.subscribed)),
            // An attempt or a connection that ended without our wish.
            ("lost", read(&self.lost)),
            // The broker still had our session, and with it what was published while we were away.
            ("resumed", read(&self.resumed)),
            ("delivered", read(&self.delivered)),
            // No room: left with the broker, which delivers it again.
            ("let_go", read(&self.let_go)),
            // Larger than a packet may be: cut, and put in quarantine.
            ("oversized", read(&self.oversized)),
            // No room, and published with QoS 0: lost.
            ("dropped_qos0", read(&self.dropped_qos0)),
        ]
    }
}

pub(super) fn one(count: &AtomicU64) {
    count.fetch_add(1, Ordering::Relaxed);
}
