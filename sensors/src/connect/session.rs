//! One connection, from its first byte to its last.

use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rumqttc::mqttbytes::Error as PacketError;
use rumqttc::{
    AsyncClient, ConnectionError, Event, EventLoop, MqttOptions, Outgoing, Packet, Publish, QoS,
    StateError, SubAck, SubscribeFilter, SubscribeReasonCode,
};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::receipt::{Ledger, Receipt};
use super::tally::one;
use super::{Connection, Delivery, LinkState, Tally, asked};

/// The largest packet MQTT can say.
pub(super) const PROTOCOL_MAX_BYTES: usize = 268_435_455;
/// A connection that held this long is a good one.
const STEADY: Duration = Duration::from_secs(30);
/// Time to connect and to be subscribed.
const SUBSCRIBED_WITHIN: Duration = Duration::from_secs(20);
/// Time for the consumer to acknowledge what it holds at shutdown.
const SETTLED_WITHIN: Duration = Duration::from_secs(5);
/// Time to say goodbye.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);
/// Payload handed over and not yet acknowledged, in packets of the largest size.
const LARGEST_PACKETS_HELD: usize = 8;

/// What one connection needs.
pub(super) struct Session<'a> {
    pub(super) connection: &'a Connection,
    /// What is read on this connection; more than the connection's own limit after an oversized packet.
    pub(super) max_packet_bytes: usize,
    pub(super) deliveries: &'a mpsc::Sender<Delivery>,
    pub(super) status: &'a watch::Sender<LinkState>,
    pub(super) clock: &'a (dyn Fn() -> Timestamp + Send + Sync),
    pub(super) tally: &'a Tally,
}

/// How a connection ended.
pub(super) enum Ended {
    /// We were asked to stop.
    Asked,
    /// Nobody takes deliveries any more.
    ConsumerGone,
    /// It is to be made again.
    Lost(Lost),
}

pub(super) struct Lost {
    pub(super) why: String,
    /// Something was acknowledged, or it held long enough.
    pub(super) useful: bool,
    /// A packet was too large to be read.
    pub(super) oversized: bool,
}

/// Why a connection does not go on.
#[derive(Debug, thiserror::Error)]
enum Why {
    #[error("the service stops")]
    Asked,
    #[error("the receiver of deliveries is gone")]
    ConsumerGone,
    #[error("deliveries went back to the broker unacknowledged; it delivers them again")]
    GivenBack,
    #[error("no subscription within {} s", SUBSCRIBED_WITHIN.as_secs())]
    NotSubscribed,
    #[error("{0}")]
    Subscription(String),
    #[error("{0}")]
    Unreadable(PacketError),
    #[error("{0}")]
    Link(String),
}

impl Session<'_> {
    /// Connects, and hands messages over until something ends it.
    pub(super) async fn hold(&self, shutdown: &mut watch::Receiver<bool>) -> Ended {
        let started = real_time();
        let ledger = Arc::new(Ledger::default());
        let (client, mut events) = AsyncClient::new(self.options(), self.requests_max());
        let why = self
            .until(started, &client, &mut events, &ledger, shutdown)
            .await;
        if matches!(why, Why::Asked) {
            settle(&mut events, &ledger).await;
        }
        goodbye(&client, &mut events).await;
        // What was acknowledged just before an unreadable packet may not have been heard, so it proves nothing.
        let acknowledged = ledger.was_useful() && !matches!(why, Why::Unreadable(_));
        match why {
            Why::Asked => Ended::Asked,
            Why::ConsumerGone => Ended::ConsumerGone,
            why => Ended::Lost(Lost {
                useful: acknowledged || real_time() >= started + STEADY,
                oversized: matches!(
                    why,
                    Why::Unreadable(PacketError::PayloadSizeLimitExceeded(_))
                ),
                why: why.to_string(),
            }),
        }
    }

    async fn until(
        &self,
        started: Instant,
        client: &AsyncClient,
        events: &mut EventLoop,
        ledger: &Arc<Ledger>,
        shutdown: &mut watch::Receiver<bool>,
    ) -> Why {
        let mut resumed = false;
        let mut subscribed = false;
        loop {
            // `poll` is only ever given up to end the connection: it may be in the middle of writing.
            let event = tokio::select! {
                biased;
                () = asked(shutdown) => return Why::Asked,
                () = self.deliveries.closed() => return Why::ConsumerGone,
                () = ledger.settled_and_broken() => return Why::GivenBack,
                () = sleep_until(started + SUBSCRIBED_WITHIN), if !subscribed => return Why::NotSubscribed,
                event = events.poll() => event,
            };
            let done = match event {
                Ok(Event::Incoming(Packet::ConnAck(answer))) => {
                    resumed = answer.session_present;
                    self.subscribe(client)
                }
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    subscribed = true;
                    self.subscribed(&answer, resumed)
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    self.hand_over(publish, client, ledger)
                }
                Ok(Event::Outgoing(Outgoing::PubAck(packet_id))) => {
                    ledger.acknowledged(packet_id);
                    Ok(())
                }
                Ok(_) => Ok(()),
                Err(ConnectionError::MqttState(StateError::Deserialization(error))) => {
                    Err(Why::Unreadable(error))
                }
                Err(error) => Err(Why::Link(error.to_string())),
            };
            if let Err(why) = done {
                return why;
            }
        }
    }

    fn options(&self) -> MqttOptions {
        let connection = self.connection;
        // The library joins host and port with a colon.
        let host = match connection.host.parse::<Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => connection.host.clone(),
        };
        let mut options = MqttOptions::new(&connection.client_id, host, connection.port);
        options
            .set_clean_session(false)
            .set_manual_acks(true)
            .set_keep_alive(Duration::from_secs(connection.keep_alive_s.into()))
            .set_max_packet_size(self.max_packet_bytes, connection.max_packet_bytes);
        if let Some(tls) = &connection.tls {
            options.set_transport(tls.transport());
        }
        if let Some((user, password)) = &connection.login {
            options.set_credentials(user, password.reveal());
        }
        options
    }

    /// Room for an acknowledgement of everything in flight, the subscription and the goodbye, so that no request ever
    /// waits or is turned away.
    fn requests_max(&self) -> usize {
        usize::from(self.connection.inflight_max) + 2
    }

    fn subscribe(&self, client: &AsyncClient) -> Result<(), Why> {
        let filters = self.connection.filter.iter();
        let filters = filters.map(|filter| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce));
        client
            .try_subscribe_many(filters)
            .map_err(|error| Why::Subscription(error.to_string()))
    }

    /// The broker's answer to the subscription. The library takes a refusal for an answer like any other.
    fn subscribed(&self, answer: &SubAck, resumed: bool) -> Result<(), Why> {
        for (filter, code) in self.connection.filter.iter().zip(&answer.return_codes) {
            match code {
                SubscribeReasonCode::Success(QoS::AtLeastOnce | QoS::ExactlyOnce) => {}
                SubscribeReasonCode::Success(QoS::AtMostOnce) => {
                    return Err(Why::Subscription(format!(
                        "the broker grants {filter:?} with QoS 0 only; QoS 1 is needed"
                    )));
                }
                SubscribeReasonCode::Failure => {
                    return Err(Why::Subscription(format!(
                        "the broker refuses the subscription to {filter:?}"
                    )));
                }
            }
        }
        tracing::info!(broker = %self.connection.host, port = self.connection.port, resumed, "subscribed at the broker");
        one(&self.tally.subscribed);
        if resumed {
            one(&self.tally.resumed);
        }
        self.status.send_replace(LinkState::Connected {
            since: (self.clock)(),
            resumed,
        });
        Ok(())
    }

    /// Hands a message to the consumer if there is room; otherwise the broker keeps it.
    fn hand_over(
        &self,
        publish: Publish,
        client: &AsyncClient,
        ledger: &Arc<Ledger>,
    ) -> Result<(), Why> {
        let max_bytes = self.connection.max_packet_bytes;
        let bytes = publish.payload.len();
        let kept = &publish.payload[..bytes.min(max_bytes)];
        let receipt = if publish.qos == QoS::AtMostOnce {
            Receipt::not_owed()
        } else {
            let max = usize::from(self.connection.inflight_max);
            if !ledger.enter(
                publish.pkid,
                kept.len(),
                max,
                LARGEST_PACKETS_HELD * max_bytes,
            ) {
                one(&self.tally.let_go);
                return Ok(());
            }
            Receipt::owed(publish.pkid, client.clone(), Arc::clone(ledger))
        };
        let delivery = Delivery {
            payload: kept.to_vec(),
            cut_from_bytes: (bytes > max_bytes).then_some(bytes),
            retained: publish.retain,
            received_at: (self.clock)(),
            receipt,
            topic: publish.topic,
        };
        if delivery.cut_from_bytes.is_some() {
            one(&self.tally.oversized);
        }
        match self.deliveries.try_send(delivery) {
            Ok(()) => {
                one(&self.tally.delivered);
                Ok(())
            }
            // Dropping the receipt gives the delivery back.
            Err(TrySendError::Full(delivery)) => {
                if publish.qos == QoS::AtMostOnce {
                    one(&self.tally.dropped_qos0);
                    tracing::warn!(topic = %delivery.topic, "a message published with QoS 0 is lost: there is no room for it");
                } else {
                    one(&self.tally.let_go);
                }
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(Why::ConsumerGone),
        }
    }
}

/// Keeps the connection alive, without handing over anything new, until the consumer has acknowledged what it holds.
async fn settle(events: &mut EventLoop, ledger: &Ledger) {
    let settling = async {
        loop {
            tokio::select! {
                biased;
                () = ledger.settled() => return,
                event = events.poll() => match event {
                    Ok(Event::Outgoing(Outgoing::PubAck(packet_id))) => ledger.acknowledged(packet_id),
                    Ok(_) => {}
                    Err(_) => return,
                },
            }
        }
    };
    if timeout(SETTLED_WITHIN, settling).await.is_err() {
        tracing::warn!(
            "deliveries were still unacknowledged at shutdown; the broker delivers them again"
        );
    }
}

/// Tells the broker that we leave on purpose, and waits until it has hung up: only then has it read all that was
/// acknowledged before. If it does not hear us, it finds out by itself.
async fn goodbye(client: &AsyncClient, events: &mut EventLoop) {
    if events.network.is_none() || client.try_disconnect().is_err() {
        return;
    }
    let hung_up = async { while events.poll().await.is_ok() {} };
    let _ = timeout(GOODBYE_WITHIN, hung_up).await;
}

/// Real time, for timeouts only; no reading and no record carries it.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place of this crate where real time is read"
)]
fn real_time() -> Instant {
    Instant::now()
}
