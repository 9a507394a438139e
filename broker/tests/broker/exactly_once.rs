use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, ExactlyOnce};
use rumqttc::mqttbytes::v4::{Packet, PubRec};

use crate::kit::{Client, Town, dup, gauge, lasting, publish};

#[tokio::test]
async fn a_repeated_publish_at_qos_2_has_one_effect() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("notices/#", AtLeastOnce)]).await;
    let mut tower = town.tower("writer").await;
    let notice = publish("notices/a", "one", ExactlyOnce, 9);
    tower.publish(notice.clone()).await;
    tower.expect(Packet::PubRec(PubRec::new(9))).await;
    tower.publish(dup(notice.clone())).await;
    tower.expect(Packet::PubRec(PubRec::new(9))).await;
    tower.release(9).await;
    tower.release(9).await;
    let first = reader.take().await;
    assert_eq!((&first.payload[..], first.qos), (&b"one"[..], AtLeastOnce));
    reader.is_quiet().await;
    // Released, the identifier stands for something new.
    tower
        .publish(publish("notices/a", "two", ExactlyOnce, 9))
        .await;
    tower.expect(Packet::PubRec(PubRec::new(9))).await;
    assert_eq!(&reader.take().await.payload[..], b"two");
}

#[tokio::test]
async fn a_reading_at_qos_2_is_received_after_its_commit_and_reaches_the_service_once() {
    let mut town = Town::start().await;
    let mut client = town.gauge("a").await;
    let reading = publish("sensors/a/level", "1", ExactlyOnce, 3);
    client.publish(reading.clone()).await;
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(message.qos, 2);
    client.publish(dup(reading.clone())).await;
    client.ping().await;
    receipt.committed();
    client.expect(Packet::PubRec(PubRec::new(3))).await;
    client.publish(dup(reading)).await;
    client.expect(Packet::PubRec(PubRec::new(3))).await;
    client.release(3).await;
    town.sink_is_quiet().await;
}

#[tokio::test]
async fn it_stays_one_effect_across_a_lost_connection() {
    let mut town = Town::start().await;
    let mut client = Client::enter(town.address(), lasting(gauge("a"))).await;
    let reading = publish("sensors/a/level", "1", ExactlyOnce, 3);
    client.publish(reading.clone()).await;
    let (_, receipt) = town.inbound().await.split();
    client.vanish();
    town.until(|counts| counts.connections == 0).await;

    // Repeated while the first copy still waits: answered when that one is committed.
    let mut client = Client::come_back(town.address(), lasting(gauge("a"))).await;
    client.publish(dup(reading.clone())).await;
    client.ping().await;
    receipt.committed();
    client.expect(Packet::PubRec(PubRec::new(3))).await;
    client.vanish();
    town.until(|counts| counts.connections == 0).await;

    // Repeated after the effect: answered at once.
    let mut client = Client::come_back(town.address(), lasting(gauge("a"))).await;
    client.publish(dup(reading)).await;
    client.expect(Packet::PubRec(PubRec::new(3))).await;
    client.release(3).await;
    town.sink_is_quiet().await;
}

#[tokio::test]
async fn a_reading_given_back_may_come_again_on_whichever_connection_asks() {
    let settings = Settings {
        uncommitted_pause_ms: 0,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 10).await;
    let mut client = Client::enter(town.address(), lasting(gauge("a"))).await;
    let reading = publish("sensors/a/level", "1", ExactlyOnce, 3);
    client.publish(reading.clone()).await;
    let (_, receipt) = town.inbound().await.split();
    client.vanish();
    town.until(|counts| counts.connections == 0).await;
    let mut client = Client::come_back(town.address(), lasting(gauge("a"))).await;
    client.publish(dup(reading.clone())).await;
    client.ping().await;
    drop(receipt);
    client.is_closed().await;

    let mut client = Client::come_back(town.address(), lasting(gauge("a"))).await;
    client.publish(dup(reading)).await;
    town.inbound().await.split().1.committed();
    client.expect(Packet::PubRec(PubRec::new(3))).await;
}
