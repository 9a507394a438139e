//! Gauges and gateways: MQTT clients that publish and wait to be told that it is safe.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hinan_sensors::connect::Tls;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};

use crate::eventually;

/// A gateway that [`pour`]s has at most this many packets unacknowledged.
const WINDOW: u16 = 1000;

/// A connected device.
pub struct Device {
    client: AsyncClient,
    events: EventLoop,
}

impl Device {
    /// Connects and waits to be let in.
    pub async fn connects(port: u16, client_id: &str) -> Self {
        // The pages may answer a moment before the broker does.
        eventually(&format!("{client_id} is let in"), || async {
            Self::tries(port, client_id).await.ok()
        })
        .await
    }

    /// Connects by TLS and waits to be let in.
    pub async fn connects_by(port: u16, client_id: &str, tls: &Tls) -> Self {
        let mut options = options(port, client_id);
        options.set_transport(tls.transport());
        Self::opens(options)
            .await
            .unwrap_or_else(|why| panic!("{client_id} is not let in: {why}"))
    }

    /// Connects by TLS, perhaps with a name and a secret, if it is let in.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn tries_by(
        port: u16,
        client_id: &str,
        tls: &Tls,
        login: Option<(&str, &str)>,
    ) -> Result<Self, rumqttc::ConnectionError> {
        let mut options = options(port, client_id);
        options.set_transport(tls.transport());
        if let Some((name, secret)) = login {
            options.set_credentials(name, secret);
        }
        Self::opens(options).await
    }

    /// Connects if it is let in.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn tries(port: u16, client_id: &str) -> Result<Self, rumqttc::ConnectionError> {
        Self::opens(options(port, client_id)).await
    }

    /// Signs in with a name and a secret, if it is let in.
    ///
    /// # Errors
    /// Why it is not.
    pub async fn signs_in(
        port: u16,
        client_id: &str,
        name: &str,
        secret: &str,
    ) -> Result<Self, rumqttc::ConnectionError> {
        let mut options = options(port, client_id);
        options.set_credentials(name, secret);
        Self::opens(options).await
    }

    async fn opens(options: MqttOptions) -> Result<Self, rumqttc::ConnectionError> {
        let (client, mut events) = AsyncClient::new(options, 10);
        loop {
            if let Event::Incoming(Packet::ConnAck(_)) = events.poll().await? {
                return Ok(Self { client, events });
            }
        }
    }

    /// Publishes at QoS 1. Says whether it was acknowledged; if not, the connection was closed.
    pub async fn says(&mut self, topic: &str, payload: &[u8]) -> bool {
        self.publishes(topic, payload, false).await
    }

    /// Publishes at QoS 1, perhaps to be retained. Says whether it was acknowledged.
    pub async fn publishes(&mut self, topic: &str, payload: &[u8], retain: bool) -> bool {
        self.client
            .try_publish(topic, QoS::AtLeastOnce, retain, payload)
            .expect("there is room for one request");
        let acknowledged = async {
            loop {
                match self.events.poll().await {
                    Ok(Event::Incoming(Packet::PubAck(_))) => return true,
                    Ok(_) => {}
                    Err(_) => return false,
                }
            }
        };
        tokio::time::timeout(crate::WITHIN, acknowledged)
            .await
            .unwrap_or_else(|_| panic!("neither acknowledged nor closed: {topic}"))
    }
}

/// Which messages were acknowledged, by their numbers; shared between publishers.
#[derive(Clone, Default)]
pub struct Acknowledged(Arc<Mutex<BTreeSet<usize>>>);

impl Acknowledged {
    /// How many.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether this one was.
    #[must_use]
    pub fn has(&self, number: usize) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&number)
    }

    fn note(&self, number: usize) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number);
    }
}

/// Publishes numbered messages at QoS 1 as fast as the broker takes them and notes each acknowledgement.
/// Ends when all are acknowledged, or when the connection is lost; says whether all were.
pub async fn pour(
    port: u16,
    client_id: &str,
    messages: &[(usize, String, Vec<u8>)],
    acknowledged: &Acknowledged,
) -> bool {
    let mut options = options(port, client_id);
    options.set_inflight(WINDOW);
    let (client, mut events) = AsyncClient::new(options, messages.len() + 1);
    // Without this the last packet of a window waits for the kernel, not for the broker.
    let mut network = events.network_options();
    network.set_tcp_nodelay(true);
    events.set_network_options(network);
    for (_, topic, payload) in messages {
        client
            .try_publish(topic, QoS::AtLeastOnce, false, payload.as_slice())
            .expect("there is room for every message");
    }
    // Packets leave in the order of the messages; each gets its packet number then.
    let mut waiting: VecDeque<usize> = messages.iter().map(|(number, ..)| *number).collect();
    let mut under_way: HashMap<u16, usize> = HashMap::new();
    while !(waiting.is_empty() && under_way.is_empty()) {
        match events.poll().await {
            Ok(Event::Outgoing(Outgoing::Publish(packet))) => {
                let number = waiting
                    .pop_front()
                    .expect("nothing is sent twice on one connection");
                under_way.insert(packet, number);
            }
            Ok(Event::Incoming(Packet::PubAck(ack))) => {
                let number = under_way
                    .remove(&ack.pkid)
                    .expect("only what was sent is acknowledged");
                acknowledged.note(number);
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
    true
}

fn options(port: u16, client_id: &str) -> MqttOptions {
    let mut options = MqttOptions::new(client_id, "127.0.0.1", port);
    options.set_max_packet_size(16 << 20, 16 << 20);
    options.set_keep_alive(Duration::from_secs(30));
    options
}
