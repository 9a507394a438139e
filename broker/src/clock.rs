//! Real time. The broker uses it for timeouts only: nothing that it says depends on it.

use tokio::time::Instant;

/// This moment.
#[expect(
    clippy::disallowed_methods,
    reason = "keep-alive, stalls and pauses are real time"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
