//! Approved notices over MQTT at QoS 1, below `{prefix}/{realm}/{town}`: the CAP document and the state of each area
//! retained, and an event (`hinan_notice::send::mqtt`).
//!
//! When a notice replaces others, their retained documents are cleared after everything new is acknowledged. What has expired
//! unended is cleared by the delivering loop (`publish/retained.rs`).

use std::time::Duration;

use hinan_notice::send::mqtt::{Message, messages};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Outgoing, Packet, QoS};

use crate::publish::outbox::Attempt;
use crate::publish::publication::Publication;

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

    /// Sends one notice and waits for the broker's acknowledgement of each message.
    pub async fn send(&self, publication: &Publication) -> Attempt {
        match self.try_send(publication).await {
            Ok(receipt) => Attempt::Delivered { receipt },
            Err(why) => Attempt::TryAgain { why },
        }
    }

    /// What is sent for this publication, in this order.
    #[must_use]
    pub fn messages(publication: &Publication) -> Vec<Message> {
        let areas = &publication.parts().areas;
        messages(publication.facts(), publication.document_text(), areas)
    }

    async fn try_send(&self, publication: &Publication) -> Result<String, String> {
        let messages = Self::messages(publication);
        self.say(&messages).await?;
        let first = messages
            .first()
            .map_or("", |message| message.topic.as_str());
        Ok(format!(
            "PUBACK {}/{first} ({}件)",
            self.target.base,
            messages.len()
        ))
    }

    /// Sends messages in order and waits for the broker's acknowledgement of each.
    ///
    /// # Errors
    /// In words, what went wrong; the broker may know some of them then.
    pub(crate) async fn say(&self, messages: &[Message]) -> Result<(), String> {
        let (client, mut events) = self.connect().await?;
        for message in messages {
            publish(&client, &mut events, &self.target.base, message).await?;
        }
        // Best effort: everything was acknowledged already.
        if client.disconnect().await.is_ok() {
            let _ = tokio::time::timeout(Duration::from_millis(200), events.poll()).await;
        }
        Ok(())
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
    base: &str,
    message: &Message,
) -> Result<(), String> {
    client
        .publish(
            format!("{base}/{}", message.topic),
            QoS::AtLeastOnce,
            message.retain,
            message.payload.as_bytes(),
        )
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
