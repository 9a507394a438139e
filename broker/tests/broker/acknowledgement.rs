use std::time::Duration;

use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};

use crate::kit::{Client, Town, dup, publish, tower};

#[tokio::test]
async fn a_reading_is_acknowledged_after_its_commit_and_not_before() {
    let mut town = Town::start().await;
    let mut gauge = town.gauge("hitoyoshi").await;
    gauge
        .publish(publish("sensors/hitoyoshi/level", "1.20", AtLeastOnce, 5))
        .await;
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(
        (message.topic.as_str(), &message.payload[..]),
        ("sensors/hitoyoshi/level", &b"1.20"[..])
    );
    assert_eq!(
        (message.client_id.as_str(), message.qos, message.retained),
        ("hitoyoshi", 1, false)
    );
    gauge.is_quiet().await;
    assert_eq!(town.counts().uncommitted_now, 1);
    receipt.committed();
    gauge.expect_puback(5).await;
    let counts = town.counts();
    assert_eq!(
        (
            counts.uncommitted_now,
            counts.sink_handed,
            counts.sink_committed
        ),
        (0, 1, 1)
    );
}

#[tokio::test]
async fn each_of_several_sink_filters_waits_for_the_commit_and_no_other_topic_does() {
    let filters = ["sensors/#", "v3/+/devices/+/up"];
    let mut town = Town::waiting_for(&filters).await;
    let mut gateway = Client::enter(town.address(), tower("gateway")).await;
    for (pkid, topic) in (1..).zip(["sensors/a/level", "v3/app/devices/d1/up"]) {
        gateway
            .publish(publish(topic, "1", AtLeastOnce, pkid))
            .await;
        let (message, receipt) = town.inbound().await.split();
        assert_eq!(message.topic, topic);
        gateway.is_quiet().await;
        receipt.committed();
        gateway.expect_puback(pkid).await;
    }
    for (pkid, topic) in (3..).zip(["v3/app/devices/d1/down", "notices/zone"]) {
        gateway
            .publish(publish(topic, "1", AtLeastOnce, pkid))
            .await;
        gateway.expect_puback(pkid).await;
    }
    assert_eq!(town.counts().sink_handed, 2, "nothing else was handed over");
}

#[tokio::test]
async fn a_ping_is_answered_while_a_reading_waits() {
    let mut town = Town::start().await;
    let mut gauge = town.gauge("hitoyoshi").await;
    gauge
        .publish(publish("sensors/hitoyoshi/level", "1.20", AtLeastOnce, 5))
        .await;
    let inbound = town.inbound().await;
    gauge.ping().await;
    inbound.split().1.committed();
    gauge.expect_puback(5).await;
}

#[tokio::test]
async fn a_reading_given_back_is_never_acknowledged_and_comes_again() {
    let settings = Settings {
        uncommitted_pause_ms: 50,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 10).await;
    let mut gauge = town.gauge("hitoyoshi").await;
    let reading = publish("sensors/hitoyoshi/level", "1.20", AtLeastOnce, 5);
    gauge.publish(reading.clone()).await;
    drop(town.inbound().await);
    gauge.is_closed().await;
    assert_eq!(town.counts().sink_uncommitted, 1);

    let mut gauge = town.gauge("hitoyoshi").await;
    gauge.publish(dup(reading)).await;
    town.inbound().await.split().1.committed();
    gauge.expect_puback(5).await;
}

#[tokio::test]
async fn a_store_in_trouble_is_not_hit_at_once_again() {
    let settings = Settings {
        uncommitted_pause_ms: 400,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 10).await;
    let mut gauge = town.gauge("hitoyoshi").await;
    gauge
        .publish(publish("sensors/hitoyoshi/level", "1.20", AtLeastOnce, 5))
        .await;
    drop(town.inbound().await);
    gauge
        .publish(publish("sensors/hitoyoshi/level", "1.30", AtLeastOnce, 6))
        .await;
    town.sink_is_quiet().await;
    gauge.is_closed().await;
}

#[tokio::test]
async fn acknowledgements_keep_the_order_of_the_publishes_whatever_commits_first() {
    let mut town = Town::start().await;
    let mut tower = town.tower("tower").await;
    tower
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 1))
        .await;
    tower
        .publish(publish("sensors/a/level", "2", AtLeastOnce, 2))
        .await;
    tower
        .publish(publish("notices/other", "3", AtLeastOnce, 3))
        .await;
    let (first, second) = (town.inbound().await, town.inbound().await);
    second.split().1.committed();
    tower.is_quiet().await;
    first.split().1.committed();
    for pkid in 1..=3 {
        tower.expect_puback(pkid).await;
    }
}

#[tokio::test]
async fn subscribers_see_a_reading_only_after_its_commit() {
    let settings = Settings {
        uncommitted_pause_ms: 10_000,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 10).await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("sensors/#", AtLeastOnce)]).await;
    let mut gauge = town.gauge("a").await;
    for (pkid, payload) in [(1, "1.1"), (2, "1.2"), (3, "1.3")] {
        gauge
            .publish(publish("sensors/a/level", payload, AtLeastOnce, pkid))
            .await;
    }
    let (one, two, three) = (
        town.inbound().await,
        town.inbound().await,
        town.inbound().await,
    );
    reader.is_quiet().await;
    drop(two);
    three.split().1.committed();
    one.split().1.committed();
    assert_eq!(&reader.take().await.payload[..], b"1.1");
    assert_eq!(&reader.take().await.payload[..], b"1.3");
    reader.is_quiet().await;
    gauge.expect_puback(1).await;
    gauge.expect_puback(3).await;
}

#[tokio::test]
async fn a_commit_after_the_connection_is_gone_acknowledges_nobody_but_still_counts() {
    let mut town = Town::start().await;
    let mut gauge = town.gauge("a").await;
    gauge
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 1))
        .await;
    let (_, receipt) = town.inbound().await.split();
    gauge.vanish();
    town.until(|counts| counts.connections == 0).await;
    let mut again = town.gauge("a").await;
    receipt.committed();
    again.ping().await;
    assert_eq!(town.counts().sink_committed, 1);
}

#[tokio::test]
async fn a_reading_at_qos_0_reaches_the_service_and_a_refused_one_closes_nothing() {
    let mut town = Town::start().await;
    let mut gauge = town.gauge("a").await;
    gauge
        .publish(publish("sensors/a/level", "1", AtMostOnce, 0))
        .await;
    drop(town.inbound().await);
    gauge.is_quiet().await;
    gauge.ping().await;
    assert_eq!(town.counts().sink_uncommitted, 1);
}

#[tokio::test]
async fn a_full_sink_stops_the_reading_and_loses_nothing() {
    let settings = Settings {
        unacked_max: 1_000,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 2).await;
    let mut gauge = town.gauge("a").await;
    for pkid in 1..=50 {
        gauge
            .publish(publish(
                "sensors/a/level",
                pkid.to_string(),
                AtLeastOnce,
                pkid,
            ))
            .await;
    }
    town.until(|counts| counts.sink_handed >= 3).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    // Two in the queue and the one that waits for room; the rest is still in the socket.
    assert_eq!(town.counts().messages_in, 3);
    for pkid in 1..=50 {
        let (message, receipt) = town.inbound().await.split();
        assert_eq!(message.payload, pkid.to_string());
        receipt.committed();
        gauge.expect_puback(pkid).await;
    }
}

#[tokio::test]
async fn a_connection_with_too_many_uncommitted_readings_is_not_read_while_others_are() {
    let settings = Settings {
        unacked_max: 5,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 100).await;
    let (mut busy, mut calm) = (town.gauge("busy").await, town.gauge("calm").await);
    for pkid in 1..=20 {
        busy.publish(publish("sensors/busy/level", "1", AtLeastOnce, pkid))
            .await;
    }
    let mut receipts = Vec::new();
    for _ in 0..5 {
        receipts.push(town.inbound().await.split().1);
    }
    town.sink_is_quiet().await;
    calm.publish(publish("sensors/calm/level", "1", AtLeastOnce, 1))
        .await;
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(message.client_id, "calm");
    receipt.committed();
    calm.expect_puback(1).await;
    receipts
        .into_iter()
        .for_each(hinan_broker::Receipt::committed);
    for _ in 0..15 {
        town.inbound().await.split().1.committed();
    }
    for pkid in 1..=20 {
        busy.expect_puback(pkid).await;
    }
}
