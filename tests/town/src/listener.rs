//! Somebody who listens to notices over MQTT: a loudspeaker, a bus stop, the next town.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// One message as heard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Its topic.
    pub topic: String,
    /// Its bytes.
    pub payload: Vec<u8>,
    /// Whether the broker had kept it.
    pub retained: bool,
}

/// A subscriber. Ends with its owner.
pub struct Listener {
    heard: Arc<Mutex<Vec<Heard>>>,
    task: JoinHandle<()>,
}

impl Listener {
    /// Listens to everything under `filter`; returns when the broker has granted it.
    pub async fn to(port: u16, client_id: &str, filter: &str) -> Self {
        let mut options = MqttOptions::new(client_id, "127.0.0.1", port);
        options.set_max_packet_size(16 << 20, 16 << 20);
        options.set_keep_alive(Duration::from_secs(30));
        let (client, mut events) = AsyncClient::new(options, 10);
        client
            .try_subscribe(filter, QoS::AtLeastOnce)
            .expect("there is room for one request");
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (granted, grant) = oneshot::channel();
        let ears = Arc::clone(&heard);
        let task = tokio::spawn(async move {
            // The client lives as long as the task, or its connection would end.
            let _client = client;
            let mut granted = Some(granted);
            while let Ok(event) = events.poll().await {
                match event {
                    Event::Incoming(Packet::SubAck(answer)) => {
                        if let Some(granted) = granted.take() {
                            // Nobody waits any more: the test is over.
                            let _ = granted.send(answer.return_codes);
                        }
                    }
                    Event::Incoming(Packet::Publish(message)) => {
                        ears.lock()
                            .unwrap_or_else(PoisonError::into_inner)
                            .push(Heard {
                                topic: message.topic,
                                payload: message.payload.to_vec(),
                                retained: message.retain,
                            });
                    }
                    _ => {}
                }
            }
        });
        let codes = tokio::time::timeout(crate::WITHIN, grant)
            .await
            .expect("the broker answers a subscription")
            .expect("the connection holds");
        assert!(
            codes
                .iter()
                .all(|code| matches!(code, rumqttc::SubscribeReasonCode::Success(_))),
            "the broker does not grant {filter}: {codes:?}"
        );
        Self { heard, task }
    }

    /// Everything heard so far.
    #[must_use]
    pub fn heard(&self) -> Vec<Heard> {
        self.heard
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The newest that a topic which ends so says; none when it says nothing, or an empty message cleared it.
    #[must_use]
    pub fn retained(&self, topic_end: &str) -> Option<Vec<u8>> {
        let heard = self.heard();
        let newest = heard
            .into_iter()
            .rfind(|one| one.topic.ends_with(topic_end));
        newest
            .map(|one| one.payload)
            .filter(|bytes| !bytes.is_empty())
    }

    /// The first message on a topic that ends so, when it comes.
    pub async fn hears(&self, topic_end: &str) -> Heard {
        crate::eventually(&format!("a message on …{topic_end}"), || {
            let found = self
                .heard()
                .into_iter()
                .find(|one| one.topic.ends_with(topic_end) && !one.payload.is_empty());
            async move { found }
        })
        .await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}
