//! Waiting until something is so.

use std::time::Duration;

use hinan::clock::monotonic;

/// Nothing that should happen soon takes longer, even on a busy machine.
pub const WITHIN: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Looks until there is something to see, for [`WITHIN`] at most.
pub async fn eventually<T, F>(what: &str, look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    within(WITHIN, what, look).await
}

/// Looks until there is something to see.
pub async fn within<T, F>(limit: Duration, what: &str, mut look: impl FnMut() -> F) -> T
where
    F: Future<Output = Option<T>>,
{
    let began = monotonic();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(
            monotonic().duration_since(began) < limit,
            "not within {limit:?}: {what}"
        );
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
