//! Approved notices as retained MQTT messages: the CAP document, byte for byte, at QoS 1.
//!
//! Topic: `{prefix}/{realm}/{town}/{notice}`. When a notice replaces others, their retained messages are
//! cleared after the new one is acknowledged. A notice that expired stays until its broker forgets it: subscribers must
//! look at `expires`.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};

use crate::approve::notice::{Approved, Notice};
use crate::publish::outbox::Attempt;

const ACK_WITHIN: Duration = Duration::from_secs(10);

/// Where and as whom to publish.
#[derive(Clone)]
pub struct MqttTarget {
    /// Broker.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Own name at the broker.
    pub client_id: String,
    /// How to speak TLS, if the broker does.
    pub tls: Option<hinan_sensors::connect::Tls>,
    /// Sign-in, if the broker wants one.
    pub credentials: Option<(String, hinan_sensors::connect::Secret)>,
    /// Largest packet, bytes.
    pub packet_max_bytes: usize,
    /// `{prefix}/{realm}/{town}`.
    pub base: String,
}

/// Publishes over a connection of its own, made for each notice: notices are rare, and a connection that idled
/// for days may be dead without knowing.
pub struct MqttChannel {
    target: MqttTarget,
}

impl MqttChannel {
    /// Connects when there is something to send.
    #[must_use]
    pub fn new(target: MqttTarget) -> Self {
        Self { target }
    }

    /// Sends one notice and waits for the broker's acknowledgement.
    pub async fn send(&self, notice: &Notice<Approved>) -> Attempt {
        match tokio::time::timeout(ACK_WITHIN, self.try_send(notice)).await {
            Ok(Ok(topic)) => Attempt::Delivered {
                receipt: format!("PUBACK {topic}"),
            },
            Ok(Err(why)) => Attempt::TryAgain { why },
            Err(_) => Attempt::TryAgain {
                why: format!("{}秒以内に受領確認がありません", ACK_WITHIN.as_secs()),
            },
        }
    }

    async fn try_send(&self, notice: &Notice<Approved>) -> Result<String, String> {
        let (client, mut events) = self.connect().await?;
        let topic = format!("{}/{}", self.target.base, notice.id());
        publish(&client, &mut events, &topic, notice.content().document()).await?;
        for replaced in &notice.content().facts().replaces {
            publish(
                &client,
                &mut events,
                &format!("{}/{}", self.target.base, replaced.id),
                b"",
            )
            .await?;
        }
        // Best effort: everything was acknowledged already.
        if client.disconnect().await.is_ok() {
            let _ = tokio::time::timeout(Duration::from_millis(200), events.poll()).await;
        }
        Ok(topic)
    }

    async fn connect(&self) -> Result<(AsyncClient, EventLoop), String> {
        let t = &self.target;
        let mut options = MqttOptions::new(&t.client_id, &t.host, t.port);
        options.set_keep_alive(Duration::from_secs(30));
        options.set_max_packet_size(t.packet_max_bytes, t.packet_max_bytes);
        if let Some(tls) = &t.tls {
            options.set_transport(tls.transport());
        }
        if let Some((name, secret)) = &t.credentials {
            options.set_credentials(name, secret.reveal());
        }
        let (client, mut events) = AsyncClient::new(options, 10);
        loop {
            match events.poll().await {
                Ok(Event::Incoming(Packet::ConnAck(_))) => return Ok((client, events)),
                Ok(_) => {}
                Err(error) => return Err(format!("ブローカーに接続できません: {error}")),
            }
        }
    }
}

async fn publish(
    client: &AsyncClient,
    events: &mut EventLoop,
    topic: &str,
    payload: &[u8],
) -> Result<(), String> {
    client
        .publish(topic, QoS::AtLeastOnce, true, payload)
        .await
        .map_err(|error| error.to_string())?;
    let mut sent = None;
    loop {
        match events
            .poll()
            .await
            .map_err(|error| format!("送信中に切断: {error}"))?
        {
            Event::Outgoing(Outgoing::Publish(id)) => sent = Some(id),
            Event::Incoming(Packet::PubAck(ack)) if Some(ack.pkid) == sent => return Ok(()),
            _ => {}
        }
    }
}
