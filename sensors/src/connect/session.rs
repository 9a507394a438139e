//! One connection, from its first byte to its last.

use std::net::Ipv6Addr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rumqttc::mqttbytes::Error as PacketError;
use rumqttc::{
    AsyncClient, ConnAck, ConnectionError, Event, EventLoop, MqttOptions, Outgoing, Packet,
    Publish, QoS, StateError, SubAck, SubscribeFilter, SubscribeReasonCode,
};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout};

use super::receipt::{Ledger, Receipt};
use super::{Connection, Delivery, LinkState, asked};

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
    /// The size of a packet that was not read.
    pub(super) oversized_bytes: Option<usize>,
}

/// Why a connection cannot go on although the network would.
enum Refused {
    ConsumerGone,
    Subscription(String),
}

impl Session<'_> {
    pub(super) async fn hold(&self, shutdown: &mut watch::Receiver<bool>) -> Ended {
        let started = Instant::now();
        let ledger = Arc::new(Ledger::default());
        let (client, mut events) = AsyncClient::new(self.options(), self.requests_max());
        let mut resumed = false;
        let mut subscribed = false;
        let lost = |why: String, oversized_bytes| {
            Ended::Lost(Lost {
                why,
                useful: ledger.was_useful() || started.elapsed() >= STEADY,
                oversized_bytes,
            })
        };
        loop {
            // `poll` is only ever given up to end the connection: it may be in the middle of writing.
            let event = tokio::select! {
                biased;
                () = asked(shutdown) => {
                    settle(&mut events, &ledger).await;
                    goodbye(&client, &mut events).await;
                    return Ended::Asked;
                }
                () = self.deliveries.closed() => {
                    goodbye(&client, &mut events).await;
                    return Ended::ConsumerGone;
                }
                () = ledger.settled_and_broken() => {
                    goodbye(&client, &mut events).await;
                    return lost("deliveries went back to the broker unacknowledged; it delivers them again".to_owned(), None);
                }
                () = sleep_until(started + SUBSCRIBED_WITHIN), if !subscribed => {
                    return lost(format!("no subscription within {} s", SUBSCRIBED_WITHIN.as_secs()), None);
                }
                event = events.poll() => event,
            };
            let outcome = match event {
                Ok(Event::Incoming(Packet::ConnAck(ConnAck {
                    session_present, ..
                }))) => {
                    resumed = session_present;
                    self.subscribe(&client)
                }
                Ok(Event::Incoming(Packet::SubAck(answer))) => {
                    subscribed = true;
                    self.subscribed(&answer, resumed)
                }
                Ok(Event::Incoming(Packet::Publish(publish))) => {
                    self.hand_over(publish, &client, &ledger)
                }
                Ok(Event::Outgoing(Outgoing::PubAck(packet_id))) => {
                    ledger.acknowledged(packet_id);
                    Ok(())
                }
                Ok(_) => Ok(()),
                Err(error) => return lost(error.to_string(), oversized_bytes(&error)),
            };
            match outcome {
                Ok(()) => {}
                Err(Refused::ConsumerGone) => {
                    goodbye(&client, &mut events).await;
                    return Ended::ConsumerGone;
                }
                Err(Refused::Subscription(why)) => {
                    goodbye(&client, &mut events).await;
                    return lost(why, None);
                }
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

    fn subscribe(&self, client: &AsyncClient) -> Result<(), Refused> {
        let filters = self.connection.filter.iter();
        let filters = filters.map(|filter| SubscribeFilter::new(filter.clone(), QoS::AtLeastOnce));
        client
            .try_subscribe_many(filters)
            .map_err(|error| Refused::Subscription(error.to_string()))
    }

    /// The broker's answer to the subscription. The library takes a refusal for an answer like any other.
    fn subscribed(&self, answer: &SubAck, resumed: bool) -> Result<(), Refused> {
        for (filter, code) in self.connection.filter.iter().zip(&answer.return_codes) {
            match code {
                SubscribeReasonCode::Success(QoS::AtLeastOnce | QoS::ExactlyOnce) => {}
                SubscribeReasonCode::Success(QoS::AtMostOnce) => {
                    return Err(Refused::Subscription(format!(
                        "the broker grants {filter:?} with QoS 0 only; QoS 1 is needed"
                    )));
                }
                SubscribeReasonCode::Failure => {
                    return Err(Refused::Subscription(format!(
                        "the broker refuses the subscription to {filter:?}"
                    )));
                }
            }
        }
        tracing::info!(broker = %self.connection.host, port = self.connection.port, resumed, "subscribed at the broker");
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
    ) -> Result<(), Refused> {
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
        match self.deliveries.try_send(delivery) {
            Ok(()) => Ok(()),
            // Dropping the receipt gives the delivery back.
            Err(TrySendError::Full(delivery)) => {
                if publish.qos == QoS::AtMostOnce {
                    tracing::warn!(topic = %delivery.topic, "a message published with QoS 0 is lost: there is no room for it");
                }
                Ok(())
            }
            Err(TrySendError::Closed(_)) => Err(Refused::ConsumerGone),
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

fn oversized_bytes(error: &ConnectionError) -> Option<usize> {
    match error {
        ConnectionError::MqttState(StateError::Deserialization(
            PacketError::PayloadSizeLimitExceeded(bytes),
        )) => Some(*bytes),
        _ => None,
    }
}
