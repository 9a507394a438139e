#![expect(clippy::disallowed_methods, reason = "these tests measure real time")]

use std::time::{Duration, Instant};

use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};
use tokio::net::TcpStream;

use crate::kit::{Client, Town, gauge, publish, with_will};

#[tokio::test]
async fn stopping_lets_what_was_read_be_committed_and_acknowledged() {
    let mut town = Town::start().await;
    let address = town.address();
    let mut gauge = town.gauge("a").await;
    gauge
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 1))
        .await;
    let (_, receipt) = town.inbound().await.split();
    let stopping = tokio::spawn(town.broker.stop());
    tokio::time::sleep(Duration::from_millis(100)).await;
    receipt.committed();
    gauge.expect_puback(1).await;
    gauge.is_closed().await;
    stopping.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
    assert!(town.sink.recv().await.is_none());
}

#[tokio::test]
async fn stopping_does_not_wait_for_ever() {
    let mut town = Town::with(
        Settings {
            stop_max_s: 1,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut gauge = town.gauge("a").await;
    gauge
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 1))
        .await;
    let inbound = town.inbound().await;
    let begin = Instant::now();
    town.broker.stop().await;
    assert!((900..3_000).contains(&begin.elapsed().as_millis()));
    gauge.is_closed().await;
    inbound.split().1.committed(); // late, and harmless
}

#[tokio::test]
async fn stopping_publishes_no_wills() {
    let mut town = Town::start().await;
    let connect = with_will(gauge("a"), "sensors/a/status", "offline", AtMostOnce, false);
    let mut client = Client::enter(town.address(), connect).await;
    town.broker.stop().await;
    client.is_closed().await;
    assert!(town.sink.recv().await.is_none());
}

#[tokio::test]
async fn a_service_that_is_gone_acknowledges_nothing() {
    let settings = Settings {
        uncommitted_pause_ms: 0,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 10).await;
    town.sink.close();
    let mut gauge = town.gauge("a").await;
    gauge
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 1))
        .await;
    gauge.is_closed().await;
    assert_eq!(town.counts().sink_uncommitted, 1);
}

#[tokio::test]
async fn a_broker_that_is_dropped_closes_everything() {
    let town = Town::start().await;
    let mut gauge = town.gauge("a").await;
    drop(town.broker);
    gauge.is_closed().await;
}
