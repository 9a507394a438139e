//! What others have to tell a connection: replies to send, and reasons to close.

use std::sync::Mutex;

use tokio::sync::Notify;

use crate::codec::Reply;

/// Filled by committing threads and by newer connections, emptied by the connection it belongs to.
///
/// It cannot grow without end: there is at most one reply for each publish that waits for its commit, and
/// the connection stops reading at `unacked_max` of them.
#[derive(Default)]
pub(crate) struct Outbox {
    mail: Mutex<Mail>,
    bell: Notify,
}

/// What was found in the outbox.
#[derive(Default)]
pub(crate) struct Mail {
    pub(crate) replies: Vec<Reply>,
    /// A newer connection uses the client identifier.
    pub(crate) taken_over: bool,
    /// A publish of this connection was given back without commit.
    pub(crate) uncommitted: bool,
    /// The device was put out of use.
    pub(crate) expelled: bool,
}

impl Outbox {
    pub(crate) fn reply(&self, reply: Reply) {
        self.change(|mail| mail.replies.push(reply));
    }

    pub(crate) fn take_over(&self) {
        self.change(|mail| mail.taken_over = true);
    }

    pub(crate) fn expel(&self) {
        self.change(|mail| mail.expelled = true);
    }

    pub(crate) fn uncommitted(&self) {
        self.change(|mail| mail.uncommitted = true);
    }

    /// Makes the connection look at its session and its line of waiting publishes again.
    pub(crate) fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits for the next ring; one that came before is not missed.
    pub(crate) async fn rung(&self) {
        self.bell.notified().await;
    }

    /// Takes all mail out.
    pub(crate) fn take(&self) -> Mail {
        std::mem::take(
            &mut *self
                .mail
                .lock()
                .expect("nothing panics while it holds this lock"),
        )
    }

    fn change(&self, change: impl FnOnce(&mut Mail)) {
        change(
            &mut self
                .mail
                .lock()
                .expect("nothing panics while it holds this lock"),
        );
        self.ring();
    }
}
