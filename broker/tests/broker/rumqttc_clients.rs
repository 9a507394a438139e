//! The same rules with the client library that the service itself uses.

use std::time::Duration;

use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS};
use tokio::time::timeout;

use crate::kit::{PATIENCE, QUIET, Town};

fn client(town: &Town, id: &str, username: &str, password: &str) -> (AsyncClient, EventLoop) {
    let mut options = MqttOptions::new(id, "127.0.0.1", town.address().port());
    options
        .set_credentials(username, password)
        .set_clean_session(false)
        .set_max_packet_size(2 << 20, 2 << 20);
    options.set_keep_alive(Duration::from_secs(5));
    AsyncClient::new(options, 10)
}

async fn until(events: &mut EventLoop, wanted: impl Fn(&Packet) -> bool) -> Packet {
    let seen = timeout(PATIENCE, async {
        loop {
            match events.poll().await.unwrap() {
                Event::Incoming(packet) if wanted(&packet) => return packet,
                _ => {}
            }
        }
    });
    seen.await.expect("in time")
}

#[tokio::test]
async fn a_telegram_of_half_a_mebibyte_goes_through() {
    let town = Town::start().await;
    let (reader, mut reading) = client(&town, "reader", "tower", "high");
    reader
        .subscribe("telegrams/#", QoS::AtLeastOnce)
        .await
        .unwrap();
    until(&mut reading, |packet| matches!(packet, Packet::SubAck(_))).await;
    let (writer, mut writing) = client(&town, "writer", "tower", "high");
    writer
        .publish(
            "telegrams/VPWW56",
            QoS::AtLeastOnce,
            false,
            vec![b'x'; 547_000],
        )
        .await
        .unwrap();
    until(&mut writing, |packet| matches!(packet, Packet::PubAck(_))).await;
    let Packet::Publish(telegram) =
        until(&mut reading, |packet| matches!(packet, Packet::Publish(_))).await
    else {
        panic!("a publish")
    };
    assert_eq!(telegram.payload.len(), 547_000);
}

#[tokio::test]
async fn a_reading_is_acknowledged_after_its_commit() {
    let mut town = Town::start().await;
    let (gauge, mut events) = client(&town, "a", "gauge", "water");
    gauge
        .publish("sensors/a/level", QoS::AtLeastOnce, false, "1.5")
        .await
        .unwrap();
    let acknowledged = tokio::spawn(async move {
        until(&mut events, |packet| matches!(packet, Packet::PubAck(_))).await;
    });
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(message.payload, "1.5");
    tokio::time::sleep(QUIET).await;
    assert!(!acknowledged.is_finished());
    receipt.committed();
    acknowledged.await.unwrap();
}

#[tokio::test]
async fn exactly_once_is_completed() {
    let mut town = Town::start().await;
    town.commit_everything();
    let (gauge, mut events) = client(&town, "a", "gauge", "water");
    gauge
        .publish("sensors/a/level", QoS::ExactlyOnce, false, "1.5")
        .await
        .unwrap();
    until(&mut events, |packet| matches!(packet, Packet::PubRec(_))).await;
    until(&mut events, |packet| matches!(packet, Packet::PubComp(_))).await;
    assert_eq!(town.counts().sink_handed, 1);
}
