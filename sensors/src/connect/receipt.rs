//! Who owes whom an acknowledgement.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rumqttc::{AsyncClient, Publish, QoS};
use tokio::sync::Notify;

/// The right to acknowledge one delivery, once. Dropped without that, the delivery goes back to the broker and comes
/// again, together with all that came after it.
pub struct Receipt(Option<Debt>);

struct Debt {
    packet_id: u16,
    client: AsyncClient,
    ledger: Arc<Ledger>,
}

/// What became of an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledged {
    /// It is on its way. If the link breaks before it arrives, the message comes again.
    Queued,
    /// None was owed: the message was published with QoS 0.
    NotOwed,
    /// The connection it belonged to is gone; the message comes again.
    ConnectionGone,
}

impl Receipt {
    /// For a delivery that is owed an acknowledgement on the connection of `client`.
    pub(super) fn owed(packet_id: u16, client: AsyncClient, ledger: Arc<Ledger>) -> Self {
        Self(Some(Debt {
            packet_id,
            client,
            ledger,
        }))
    }

    /// For a delivery with QoS 0.
    pub(super) fn not_owed() -> Self {
        Self(None)
    }

    /// Tells the broker that it need not keep the message any longer. To be called after the commit. Never waits.
    pub fn acknowledge(mut self) -> Acknowledged {
        let Some(debt) = self.0.take() else {
            return Acknowledged::NotOwed;
        };
        let mut stub = Publish::new("", QoS::AtLeastOnce, Vec::new());
        stub.pkid = debt.packet_id;
        if debt.client.try_ack(&stub).is_ok() {
            return Acknowledged::Queued;
        }
        // The queue has room for everything in flight, so it can only be closed.
        debt.ledger.give_back(debt.packet_id);
        Acknowledged::ConnectionGone
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        if let Some(debt) = self.0.take() {
            debt.ledger.give_back(debt.packet_id);
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(debt) => write!(f, "Receipt(packet {})", debt.packet_id),
            None => f.write_str("Receipt(not owed)"),
        }
    }
}

/// What one connection has handed over and not yet acknowledged to the broker.
#[derive(Default)]
pub(super) struct Ledger {
    books: Mutex<Books>,
    changed: Notify,
}

#[derive(Default)]
struct Books {
    bytes_by_packet: BTreeMap<u16, usize>,
    bytes: usize,
    /// Something was given back. From then on order can only be kept by a new connection.
    broken: bool,
    acknowledged: bool,
}

impl Books {
    fn strike(&mut self, packet_id: u16) {
        let bytes = self.bytes_by_packet.remove(&packet_id).unwrap_or(0);
        self.bytes = self.bytes.saturating_sub(bytes);
    }
}

impl Ledger {
    /// Enters a delivery, unless there are too many, or too large ones, or one was given back; or the broker repeats
    /// on this very connection what is still being worked on.
    pub(super) fn enter(&self, packet_id: u16, bytes: usize, max: usize, max_bytes: usize) -> bool {
        let mut books = self.books();
        if books.broken || books.bytes_by_packet.contains_key(&packet_id) {
            return false;
        }
        let count = books.bytes_by_packet.len();
        if count >= max || (count > 0 && books.bytes + bytes > max_bytes) {
            books.broken = true;
            self.changed.notify_one();
            return false;
        }
        books.bytes_by_packet.insert(packet_id, bytes);
        books.bytes += bytes;
        true
    }

    /// The acknowledgement has been written to the connection.
    pub(super) fn acknowledged(&self, packet_id: u16) {
        let mut books = self.books();
        books.strike(packet_id);
        books.acknowledged = true;
        self.changed.notify_one();
    }

    fn give_back(&self, packet_id: u16) {
        let mut books = self.books();
        books.strike(packet_id);
        books.broken = true;
        self.changed.notify_one();
    }

    /// Whether anything was ever acknowledged here.
    pub(super) fn was_useful(&self) -> bool {
        self.books().acknowledged
    }

    /// Waits until nothing is owed any more.
    pub(super) async fn settled(&self) {
        self.until(|books| books.bytes_by_packet.is_empty()).await;
    }

    /// Waits until something was given back and nothing else is owed any more.
    pub(super) async fn settled_and_broken(&self) {
        self.until(|books| books.broken && books.bytes_by_packet.is_empty())
            .await;
    }

    async fn until(&self, so: impl Fn(&Books) -> bool) {
        loop {
            // A change between the look and the wait is not missed: `notify_one` is kept for the next to wait.
            if so(&self.books()) {
                return;
            }
            self.changed.notified().await;
        }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        // Nothing inside can panic half-way; the books are right even after a panic elsewhere.
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
