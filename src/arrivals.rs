//! Messages between the brokers and the intake: limited by number and by bytes, acknowledged after the commit.
//!
//! Nothing is dropped at a limit: whoever hands over waits, does not acknowledge, and so its broker waits.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

/// Bytes are counted in steps of this many: a message of a few bytes costs its record too.
const STEP_BYTES: usize = 256;

/// A message off a broker.
pub struct Message {
    /// Topic it came on.
    pub topic: String,
    /// Its bytes, or as many of them as a packet may have.
    pub payload: Bytes,
    /// Its true size if it was larger than a packet may be, bytes.
    pub cut_from_bytes: Option<usize>,
    /// Whether the broker kept it for us: state, not an event.
    pub retained: bool,
    /// The device that sent it, if the broker is our own and recognised one.
    pub device: Option<String>,
    /// Tells its broker that it is safe here.
    pub ack: Ack,
}

/// How a packet is acknowledged.
pub enum Ack {
    /// To a device at our own broker.
    Embedded(hinan_broker::Receipt),
    /// To a broker elsewhere.
    Remote(hinan_sensors::connect::Receipt),
    /// To whoever measures how fast acknowledgements come.
    Told(Box<dyn FnOnce() + Send>),
}

impl Ack {
    /// To be called after the commit, never before.
    pub(crate) fn committed(self) {
        match self {
            Self::Embedded(receipt) => receipt.committed(),
            Self::Remote(receipt) => {
                let outcome = receipt.acknowledge();
                tracing::trace!(?outcome, "acknowledged");
            }
            Self::Told(tell) => tell(),
        }
    }
}

/// A message that takes its share of the memory until it is dropped.
pub struct Arrival {
    /// The message.
    pub message: Message,
    _share: OwnedSemaphorePermit,
}

/// Where brokers hand over their messages.
#[derive(Clone)]
pub struct Arrivals {
    to: mpsc::Sender<Arrival>,
    room: Arc<Semaphore>,
    steps_max: usize,
}

/// The intake is gone: nobody takes messages any more.
#[derive(Debug, thiserror::Error)]
#[error("the intake has ended")]
pub struct IntakeGone;

/// A way for at most `messages_max` messages of `bytes_max` bytes together. One message always fits, however large.
#[must_use]
pub fn arrivals(messages_max: usize, bytes_max: usize) -> (Arrivals, mpsc::Receiver<Arrival>) {
    let (to, from) = mpsc::channel(messages_max);
    let steps_max = bytes_max
        .div_ceil(STEP_BYTES)
        .clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
    let arrivals = Arrivals {
        to,
        room: Arc::new(Semaphore::new(steps_max)),
        steps_max,
    };
    (arrivals, from)
}

impl Arrivals {
    /// Hands a message over as soon as there is room for it.
    ///
    /// # Errors
    /// [`IntakeGone`]; the message is dropped unacknowledged then.
    pub async fn send(&self, message: Message) -> Result<(), IntakeGone> {
        let bytes = message.payload.len() + message.topic.len();
        let steps = bytes.div_ceil(STEP_BYTES).clamp(1, self.steps_max);
        let steps = u32::try_from(steps).unwrap_or(u32::MAX);
        if self.room.available_permits() < steps as usize {
            metrics::counter!("hinan_arrivals_waited_total").increment(1);
        }
        let share = Arc::clone(&self.room)
            .acquire_many_owned(steps)
            .await
            .map_err(|_| IntakeGone)?;
        let arrival = Arrival {
            message,
            _share: share,
        };
        self.to.send(arrival).await.map_err(|_| IntakeGone)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn message(bytes: usize) -> Message {
        Message {
            topic: "t".to_owned(),
            payload: vec![0; bytes].into(),
            cut_from_bytes: None,
            device: None,
            retained: false,
            ack: Ack::Told(Box::new(|| ())),
        }
    }

    async fn waits(arrivals: &Arrivals, bytes: usize) -> bool {
        let sent = arrivals.send(message(bytes));
        tokio::time::timeout(Duration::from_millis(50), sent)
            .await
            .is_err()
    }

    #[tokio::test]
    async fn messages_wait_when_their_bytes_are_too_many_and_go_on_when_some_are_done() {
        let (arrivals, mut arrived) = arrivals(1000, 100_000);
        for _ in 0..3 {
            assert!(!waits(&arrivals, 30_000).await, "there is room");
        }
        assert!(waits(&arrivals, 30_000).await, "the fourth waits");
        assert!(!waits(&arrivals, 100).await, "a small one finds room");
        let first = arrived.recv().await.expect("the first");
        assert!(waits(&arrivals, 30_000).await, "taken out is not done");
        drop(first);
        assert!(!waits(&arrivals, 30_000).await, "one is done");
    }

    #[tokio::test]
    async fn one_message_always_fits_however_large() {
        let (arrivals, mut arrived) = arrivals(10, 1000);
        assert!(!waits(&arrivals, 50_000).await);
        assert!(waits(&arrivals, 1).await, "and nothing beside it");
        drop(arrived.recv().await);
        assert!(!waits(&arrivals, 1).await);
    }

    #[tokio::test]
    async fn when_the_intake_is_gone_nobody_waits_for_it() {
        let (arrivals, arrived) = arrivals(1, 1000);
        drop(arrived);
        assert!(arrivals.send(message(10)).await.is_err());
    }
}
