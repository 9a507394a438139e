use std::time::Duration;

use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};

use crate::kit::{Town, publish};

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_gauges_are_all_acknowledged() {
    let mut town = Town::start().await;
    town.commit_everything();
    let mut gauges = Vec::new();
    for number in 0..1_000 {
        gauges.push(town.gauge(&format!("gauge{number}")).await);
    }
    assert_eq!(town.counts().connections, 1_000);
    for (number, gauge) in gauges.iter_mut().enumerate() {
        for pkid in 1..=3 {
            gauge
                .publish(publish(
                    &format!("sensors/gauge{number}/level"),
                    "1.0",
                    AtLeastOnce,
                    pkid,
                ))
                .await;
        }
    }
    for gauge in &mut gauges {
        for pkid in 1..=3 {
            gauge.expect_puback(pkid).await;
        }
    }
    let counts = town.counts();
    assert_eq!(
        (
            counts.sink_handed,
            counts.sink_committed,
            counts.uncommitted_now
        ),
        (3_000, 3_000, 0)
    );
    drop(gauges);
    town.until(|counts| counts.connections == 0 && counts.sessions == 0)
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_does_not_read_slows_nobody_and_loses_only_its_own() {
    let settings = Settings {
        queue_max: 50,
        ..Settings::default()
    };
    let town = Town::with(settings, 10).await;
    let mut slow = town.tower("slow").await;
    let mut quick = town.tower("quick").await;
    let mut writer = town.tower("writer").await;
    slow.subscribe(&[("t", AtLeastOnce)]).await;
    quick.subscribe(&[("t", AtLeastOnce)]).await;
    let payload = vec![1; 50_000];
    for pkid in 1..=400 {
        writer
            .publish(publish("t", payload.clone(), AtLeastOnce, pkid))
            .await;
        writer.expect_puback(pkid).await;
        assert_eq!(quick.take().await.payload.len(), 50_000);
    }
    let counts = town.counts();
    assert!(counts.dropped_queue_full >= 400 - 50 - 100, "{counts:?}");
    // It did not read, but it is not forgotten: what was kept for it is still there.
    assert_eq!(slow.take().await.payload.len(), 50_000);
}

#[tokio::test]
async fn a_client_that_takes_nothing_for_too_long_is_closed() {
    let town = Town::with(
        Settings {
            stall_max_s: 1,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut stuck = town.tower("stuck").await;
    stuck.subscribe(&[("t", AtMostOnce)]).await;
    let mut writer = town.tower("writer").await;
    for _ in 0..12 {
        writer
            .publish(publish("t", vec![1; 1 << 20], AtMostOnce, 0))
            .await;
    }
    town.until(|counts| counts.stalled == 1).await;
    writer.ping().await;
    tokio::time::sleep(Duration::from_millis(10)).await;
    assert_eq!(town.counts().connections, 1);
}

#[tokio::test]
async fn a_client_that_sends_much_before_it_reads_is_still_read_from() {
    let town = Town::start().await;
    let mut client = town.tower("both").await;
    client.subscribe(&[("t", AtMostOnce)]).await;
    for number in 0..6 {
        client
            .publish(publish("t", vec![number; 1 << 20], AtMostOnce, 0))
            .await;
    }
    for number in 0..6 {
        assert_eq!(client.take().await.payload[..2], [number; 2]);
    }
}
