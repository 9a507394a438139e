//! What arrives at the broker when everything is well, and telegrams to send.

use std::time::Duration;

use hinan_sensors::official::{OfficialMessage, decode};
use hinan_town::Mosquitto;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};

use crate::bridge;
use crate::server::{Answer, Server};

/// A telegram, written by hand.
pub(crate) fn telegram(minute: u8) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?><Report xmlns='http://xml.kishou.go.jp/jmaxml1/'><Control>\
         <Title>気象警報・注意報（Ｒ０６）（大雨）</Title><DateTime>2026-08-30T09:{minute:02}:10Z</DateTime><Status>通常</Status>\
         <EditorialOffice>釧路地方気象台</EditorialOffice><PublishingOffice>釧路地方気象台</PublishingOffice></Control>\
         <Head xmlns='http://xml.kishou.go.jp/jmaxml1/informationBasis1/'><Title>十勝地方大雨警報・注意報</Title>\
         <ReportDateTime>2026-08-30T18:{minute:02}:00+09:00</ReportDateTime><EventID/><InfoType>発表</InfoType><Serial/></Head>\
         <Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/meteorology1/'/></Report>"
    )
}

/// What a subscriber of the broker has received after a moment of quiet: topic and payload.
pub(crate) struct Listener {
    events: rumqttc::EventLoop,
    _client: AsyncClient,
}

impl Listener {
    pub(crate) async fn at(broker: &Mosquitto) -> Self {
        let mut options = MqttOptions::new("listener", "127.0.0.1", broker.port);
        options.set_max_packet_size(16 << 20, 16 << 20);
        let (client, mut events) = AsyncClient::new(options, 100);
        client
            .subscribe("hinan/v1/official/#", QoS::AtLeastOnce)
            .await
            .unwrap();
        while !matches!(
            events.poll().await.unwrap(),
            Event::Incoming(Packet::SubAck(_))
        ) {}
        Self {
            events,
            _client: client,
        }
    }

    /// What is there already, without waiting for more.
    pub(crate) async fn heard_at_once(&mut self) -> Vec<(String, Vec<u8>)> {
        self.heard_within(Duration::from_millis(20)).await
    }

    pub(crate) async fn heard(&mut self) -> Vec<(String, Vec<u8>)> {
        self.heard_within(Duration::from_millis(700)).await
    }

    async fn heard_within(&mut self, quiet: Duration) -> Vec<(String, Vec<u8>)> {
        let mut heard = Vec::new();
        while let Ok(event) = tokio::time::timeout(quiet, self.events.poll()).await {
            if let Event::Incoming(Packet::Publish(publish)) = event.unwrap()
                && !publish.topic.ends_with("/bridge")
            {
                heard.push((publish.topic, publish.payload.to_vec()));
            }
        }
        heard
    }
}

pub(crate) fn topics(heard: &[(String, Vec<u8>)]) -> Vec<&str> {
    heard
        .iter()
        .map(|(topic, _)| {
            topic
                .strip_prefix("hinan/v1/official/jma/VPWW55/")
                .unwrap_or(topic)
        })
        .collect()
}

pub(crate) const A: &str = "20260830090110_0_VPWW55_014030.xml";
pub(crate) const B: &str = "20260830090210_0_VPWW55_014030.xml";
pub(crate) const C: &str = "20260830090310_0_VPWW55_014030.xml";

#[tokio::test(flavor = "multi_thread")]
async fn each_telegram_is_published_once_in_order_byte_for_byte_even_over_a_restart() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    server.telegram(A, &telegram(1));
    server.telegram(B, &telegram(2));
    server.feed("/extra.xml", &[A, B], "\"one\"");
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 0);
    let heard = listener.heard().await;
    assert_eq!(topics(&heard), [A, B]);
    assert_eq!(heard[0].1, telegram(1).as_bytes());
    // The second round asks with the mark of the first, and nothing comes twice.
    assert_eq!(carrier.once().await.unwrap(), 0);
    assert!(
        server
            .last_head("/extra.xml")
            .contains("if-none-match: \"one\"")
    );
    assert!(listener.heard().await.is_empty());
    drop(carrier);
    // After a restart one telegram more is there, and only that one comes.
    server.telegram(C, &telegram(3));
    server.feed("/extra.xml", &[A, B, C], "\"two\"");
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 0);
    assert_eq!(topics(&listener.heard().await), [C]);
    assert_eq!(server.asked(&format!("/data/{A}")), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gap_is_filled_from_the_long_feed() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    for (minute, file) in [(1, A), (2, B), (3, C)] {
        server.telegram(file, &telegram(minute));
    }
    server.feed("/extra.xml", &[A], "");
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    carrier.once().await.unwrap();
    assert_eq!(topics(&listener.heard().await), [A]);
    // The window has moved past everything we know: B is only in the long feed by now.
    server.feed("/extra.xml", &[C], "");
    server.feed("/extra_l.xml", &[A, B, C], "");
    assert_eq!(carrier.once().await.unwrap(), 0);
    assert_eq!(topics(&listener.heard().await), [B, C]);
    assert_eq!(
        carrier.states()[&server.url("/extra.xml")].gaps,
        2,
        "the first start is one too"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_come_twice_in_one_feed_and_in_two_feeds_are_published_once() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    server.telegram(A, &telegram(1));
    server.feed("/extra.xml", &[A, A, A], "");
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    carrier.once().await.unwrap();
    drop(carrier);
    server.feed("/other.xml", &[A], "");
    let carrier = bridge(vec![server.url("/other.xml")], &broker, &folder);
    carrier.once().await.unwrap();
    assert_eq!(topics(&listener.heard().await), [A]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_broker_did_not_acknowledge_is_sent_again() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.telegram(A, &telegram(1));
    server.feed("/extra.xml", &[A], "\"one\"");
    // Nobody listens at this port.
    let nowhere = hinan_town::free_port();
    let settings = crate::settings(vec![server.url("/extra.xml")], nowhere, &folder);
    let carrier = std::sync::Arc::new(hinan::bridge::Bridge::open(settings).unwrap());
    assert_eq!(carrier.once().await.unwrap(), 1);
    drop(carrier);
    let mut listener = Listener::at(&broker).await;
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 0);
    assert_eq!(topics(&listener.heard().await), [A]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sign_of_life_tells_how_each_feed_is_doing() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    server.feed("/extra.xml", &[], "");
    server.set("/other.xml", Answer::Status(500));
    let feeds = vec![server.url("/extra.xml"), server.url("/other.xml")];
    bridge(feeds, &broker, &folder).once().await.unwrap();
    let mut options = MqttOptions::new("watcher", "127.0.0.1", broker.port);
    options.set_keep_alive(Duration::from_secs(30));
    let (client, mut events) = AsyncClient::new(options, 10);
    client
        .subscribe("hinan/v1/official/jma/bridge", QoS::AtLeastOnce)
        .await
        .unwrap();
    let state = loop {
        if let Event::Incoming(Packet::Publish(publish)) = events.poll().await.unwrap() {
            assert!(publish.retain, "it is kept for those who come later");
            break decode(Some(&publish.topic), &publish.payload).unwrap();
        }
    };
    let OfficialMessage::SignOfLife(life) = state else {
        panic!("{state:?}")
    };
    assert_eq!(life.feeds[&server.url("/extra.xml")].failures, 0);
    assert_eq!(life.feeds[&server.url("/other.xml")].failures, 1);
    assert_eq!(life.heard_at(), None, "one of the feeds was never read");
}
