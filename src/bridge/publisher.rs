//! One connection to the broker: a message is sent when the broker has acknowledged it, and not before.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};

use super::Target;
use crate::chance;

const ACK_WITHIN: Duration = Duration::from_secs(20);
/// Above the largest telegram and its topic.
const PACKET_MAX_BYTES: usize = 9 * 1024 * 1024;

pub(super) struct Publisher {
    target: Target,
    client_id: String,
    link: Option<(AsyncClient, EventLoop)>,
}

impl Publisher {
    pub(super) fn new(target: Target) -> Self {
        Self {
            target,
            client_id: format!("hinan-bridge-{}", hex::encode(chance::bytes::<4>())),
            link: None,
        }
    }

    /// Publishes at QoS 1 and waits for the acknowledgement.
    pub(super) async fn publish(&mut self, topic: &str, payload: &[u8]) -> Result<(), String> {
        self.send(topic, payload, false).await
    }

    /// The same, for the broker to keep as the last known state.
    pub(super) async fn publish_retained(
        &mut self,
        topic: &str,
        payload: &[u8],
    ) -> Result<(), String> {
        self.send(topic, payload, true).await
    }

    /// A connection that idled may be dead without knowing: it is tried once, then a new one is made.
    async fn send(&mut self, topic: &str, payload: &[u8], retain: bool) -> Result<(), String> {
        if self.link.is_some() {
            let first = self.try_send(topic, payload, retain).await;
            if first.is_ok() {
                return first;
            }
        }
        self.link = None;
        let linked = tokio::time::timeout(ACK_WITHIN, self.connect()).await;
        self.link = Some(linked.unwrap_or_else(|_| Err("no answer to the greeting".to_owned()))?);
        let second = self.try_send(topic, payload, retain).await;
        if second.is_err() {
            self.link = None;
        }
        second
    }

    async fn try_send(&mut self, topic: &str, payload: &[u8], retain: bool) -> Result<(), String> {
        let Some((client, events)) = &mut self.link else {
            return Err("not connected".to_owned());
        };
        let acknowledged = async {
            client
                .publish(topic, QoS::AtLeastOnce, retain, payload)
                .await
                .map_err(|error| error.to_string())?;
            let mut sent = None;
            loop {
                match events.poll().await.map_err(|error| error.to_string())? {
                    Event::Outgoing(Outgoing::Publish(id)) => sent = Some(id),
                    Event::Incoming(Packet::PubAck(ack)) if Some(ack.pkid) == sent => return Ok(()),
                    // The library connects again by itself and would send again; we begin anew instead.
                    Event::Incoming(Packet::ConnAck(_)) => {
                        return Err("the connection was lost".to_owned());
                    }
                    _ => {}
                }
            }
        };
        tokio::time::timeout(ACK_WITHIN, acknowledged)
            .await
            .unwrap_or_else(|_| {
                Err(format!(
                    "no acknowledgement within {} s",
                    ACK_WITHIN.as_secs()
                ))
            })
    }

    /// Takes the publisher for itself: the library's connection may be sent between threads, but not shared.
    async fn connect(&mut self) -> Result<(AsyncClient, EventLoop), String> {
        let target = &self.target;
        let mut options = MqttOptions::new(&self.client_id, &target.host, target.port);
        options.set_keep_alive(Duration::from_secs(300));
        options.set_max_packet_size(PACKET_MAX_BYTES, PACKET_MAX_BYTES);
        if let Some((name, secret)) = &target.login {
            options.set_credentials(name, secret.reveal());
        }
        if let Some(tls) = &target.tls {
            options.set_transport(tls.transport());
        }
        let (client, mut events) = AsyncClient::new(options, 10);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => return Ok((client, events)),
                Ok(_) => {}
                Err(error) => return Err(error.to_string()),
            }
        }
    }
}
