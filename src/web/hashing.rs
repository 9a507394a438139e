//! What takes long on purpose, beside the doors.

use super::router::Doors;

/// Does this work when its turn has come: hashing takes memory, and a crowd must not take all of it.
pub(super) async fn in_turn<T: Send + 'static>(
    doors: &Doors,
    work: impl FnOnce() -> T + Send + 'static,
) -> T {
    let _turn = doors.hashing.acquire().await.ok();
    beside(work).await
}

/// Does this work without holding up the other doors. Where it panics, so does whoever waits for it: [`super::last_resort`] answers.
pub(super) async fn beside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(fault) => std::panic::resume_unwind(fault.into_panic()),
    }
}
