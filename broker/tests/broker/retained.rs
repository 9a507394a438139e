use std::sync::Arc;

use hinan_broker::{Broker, NotStarted, Retained, Settings};
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::kit::{Client, Door, SINK, Town, publish, retained, tower};

#[tokio::test]
async fn the_last_retained_message_comes_with_a_subscription_and_is_marked() {
    let town = Town::start().await;
    let mut writer = town.tower("writer").await;
    let mut early = town.tower("early").await;
    early.subscribe(&[("notices/#", AtLeastOnce)]).await;
    writer.publish(retained("notices/zone", "level 3", 1)).await;
    writer.publish(retained("notices/zone", "level 4", 2)).await;
    writer.expect_puback(1).await;
    writer.expect_puback(2).await;
    for expected in ["level 3", "level 4"] {
        let live = early.take().await;
        assert_eq!(
            (live.payload.as_ref(), live.retain),
            (expected.as_bytes(), false)
        );
    }
    let mut late = town.tower("late").await;
    late.subscribe(&[("notices/#", AtLeastOnce)]).await;
    let state = late.take().await;
    assert_eq!(
        (state.payload.as_ref(), state.retain, state.qos),
        (&b"level 4"[..], true, AtLeastOnce)
    );
    late.is_quiet().await;
    // Subscribing again asks again.
    late.subscribe(&[("notices/+", AtMostOnce)]).await;
    let state = late.take().await;
    assert_eq!((state.retain, state.qos), (true, AtMostOnce));
}

#[tokio::test]
async fn an_empty_message_clears_and_is_still_delivered() {
    let town = Town::start().await;
    let mut writer = town.tower("writer").await;
    let mut reader = town.tower("reader").await;
    writer.publish(retained("notices/zone", "level 3", 1)).await;
    writer.expect_puback(1).await;
    reader.subscribe(&[("notices/zone", AtLeastOnce)]).await;
    assert!(reader.take().await.retain);
    writer.publish(retained("notices/zone", "", 2)).await;
    writer.expect_puback(2).await;
    let cleared = reader.take().await;
    assert_eq!((cleared.payload.len(), cleared.retain), (0, false));
    let mut late = town.tower("late").await;
    late.subscribe(&[("#", AtLeastOnce)]).await;
    late.is_quiet().await;
    assert_eq!(town.counts().retained, 0);
}

#[tokio::test]
async fn a_retained_reading_is_retained_after_its_commit() {
    let mut town = Town::start().await;
    let mut gauge = town.gauge("a").await;
    gauge.publish(retained("sensors/a/level", "1.5", 1)).await;
    let (message, receipt) = town.inbound().await.split();
    assert!(message.retained);
    assert_eq!(town.counts().retained, 0);
    receipt.committed();
    gauge.expect_puback(1).await;
    assert_eq!(
        town.broker.retained(),
        [Retained {
            topic: "sensors/a/level".into(),
            payload: "1.5".into()
        }]
    );
}

#[tokio::test]
async fn more_topics_than_the_limit_are_delivered_but_not_retained() {
    let town = Town::with(
        Settings {
            retained_max: 2,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("#", AtMostOnce)]).await;
    let mut writer = town.tower("writer").await;
    for pkid in 1..=3 {
        writer
            .publish(retained(&format!("t/{pkid}"), "x", pkid))
            .await;
        writer.expect_puback(pkid).await;
        assert_eq!(reader.take().await.topic, format!("t/{pkid}"));
    }
    let counts = town.counts();
    assert_eq!((counts.retained, counts.dropped_retained_full), (2, 1));
}

#[tokio::test]
async fn retained_messages_beyond_the_queue_limit_all_arrive() {
    let town = Town::with(
        Settings {
            queue_max: 10,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut writer = town.tower("writer").await;
    for pkid in 1..=300 {
        writer
            .publish(retained(&format!("t/{pkid:03}"), "x", pkid))
            .await;
        writer.expect_puback(pkid).await;
    }
    let mut reader = town.tower("reader").await;
    reader
        .subscribe(&[("t/#", AtLeastOnce), ("t/+", AtMostOnce)])
        .await;
    for number in 1..=300 {
        let state = reader.take().await;
        assert_eq!(
            (state.topic, state.qos),
            (format!("t/{number:03}"), AtLeastOnce)
        );
    }
    reader.is_quiet().await;
}

#[tokio::test]
async fn a_newer_message_never_comes_before_an_older_retained_one() {
    let town = Town::start().await;
    let mut writer = town.tower("writer").await;
    writer.publish(retained("t/state", "old", 1)).await;
    writer.expect_puback(1).await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("t/#", AtLeastOnce)]).await;
    writer
        .publish(publish("t/state", "new", AtLeastOnce, 2))
        .await;
    assert_eq!(&reader.take().await.payload[..], b"old");
    assert_eq!(&reader.take().await.payload[..], b"new");
}

#[tokio::test]
async fn what_was_retained_is_restored_at_the_start() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let kept = vec![Retained {
        topic: "notices/zone".into(),
        payload: "level 3".into(),
    }];
    let (sender, _sink) = mpsc::channel(1);
    let broker = Broker::start(
        listener,
        Settings::default(),
        Arc::new(Door::default()),
        vec![SINK.into()],
        sender,
        kept.clone(),
    )
    .await
    .unwrap();
    assert_eq!(broker.retained(), kept);
    let mut reader = Client::enter(broker.address(), tower("reader")).await;
    reader.subscribe(&[("notices/#", AtLeastOnce)]).await;
    assert_eq!(&reader.take().await.payload[..], b"level 3");
}

#[tokio::test]
async fn a_start_with_what_cannot_be_is_refused_by_name() {
    let start = async |settings: Settings, filter: &str, topic: &str| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let kept = vec![Retained {
            topic: topic.into(),
            payload: "x".into(),
        }];
        let (sender, _sink) = mpsc::channel(1);
        let started = Broker::start(
            listener,
            settings,
            Arc::new(Door::default()),
            vec![filter.into()],
            sender,
            kept,
        )
        .await;
        started.err().as_ref().map(NotStarted::to_string)
    };
    let small = Settings {
        unacked_max: 0,
        ..Settings::default()
    };
    assert_eq!(
        start(small, "s/#", "t").await.as_deref(),
        Some("broker settings: unacked_max = 0 is not accepted: it must be between 1 and 65535")
    );
    assert_eq!(
        start(Settings::default(), "s/#/x", "t").await.as_deref(),
        Some("sink filter \"s/#/x\": # must be the whole last level of a filter")
    );
    assert_eq!(
        start(Settings::default(), "s/#", "t/+").await.as_deref(),
        Some("retained message on \"t/+\": a topic name cannot contain + or #")
    );
}
