use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use rumqttc::mqttbytes::v4::{Packet, SubscribeReasonCode, UnsubAck, Unsubscribe};

use crate::kit::{Town, publish};

#[tokio::test]
async fn wildcards_on_the_wire_find_what_the_standard_says() {
    let table = [
        ("a/#", "a", true),
        ("a/#", "a/b/c", true),
        ("a/+", "a/b", true),
        ("a/+", "a/b/c", false),
        ("+/+", "/b", true),
        ("+", "/b", false),
        ("#", "水位/人吉", true),
        ("水位/+", "水位/人吉", true),
        ("a//b", "a//b", true),
    ];
    let town = Town::start().await;
    let mut writer = town.tower("writer").await;
    for (filter, topic, expected) in table {
        let mut reader = town.tower("reader").await;
        reader.subscribe(&[(filter, AtLeastOnce)]).await;
        writer.publish(publish(topic, "x", AtLeastOnce, 1)).await;
        writer.expect_puback(1).await;
        if expected {
            assert_eq!(reader.take().await.topic, topic, "{filter}");
        }
        reader.is_quiet().await;
        reader.disconnect().await;
        town.until(|counts| counts.connections == 1).await;
    }
}

#[tokio::test]
async fn overlapping_filters_give_one_copy_with_the_highest_quality() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader
        .subscribe(&[
            ("a/#", AtMostOnce),
            ("a/+", ExactlyOnce),
            ("a/b", AtMostOnce),
        ])
        .await;
    let mut writer = town.tower("writer").await;
    writer.publish(publish("a/b", "x", AtLeastOnce, 1)).await;
    assert_eq!(reader.take().await.qos, AtLeastOnce);
    reader.is_quiet().await;
}

#[tokio::test]
async fn a_message_never_gets_a_higher_quality_than_it_was_published_with() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("a", AtLeastOnce)]).await;
    let mut writer = town.tower("writer").await;
    writer.publish(publish("a", "x", AtMostOnce, 0)).await;
    assert_eq!(reader.take().await.qos, AtMostOnce);
}

#[tokio::test]
async fn a_publisher_that_subscribed_hears_itself() {
    let town = Town::start().await;
    let mut client = town.tower("both").await;
    client.subscribe(&[("a", AtMostOnce)]).await;
    client.publish(publish("a", "x", AtMostOnce, 0)).await;
    assert_eq!(client.take().await.payload, "x");
}

#[tokio::test]
async fn unsubscribing_ends_that_filter_only_and_is_always_acknowledged() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader
        .subscribe(&[("a", AtMostOnce), ("b", AtMostOnce)])
        .await;
    for filter in ["a", "never subscribed"] {
        let mut unsubscribe = Unsubscribe::new(filter);
        unsubscribe.pkid = 3;
        reader.send(Packet::Unsubscribe(unsubscribe)).await;
        reader.expect(Packet::UnsubAck(UnsubAck { pkid: 3 })).await;
    }
    let mut writer = town.tower("writer").await;
    writer.publish(publish("a", "no", AtMostOnce, 0)).await;
    writer.publish(publish("b", "yes", AtMostOnce, 0)).await;
    assert_eq!(reader.take().await.payload, "yes");
}

#[tokio::test]
async fn subscribing_again_replaces_and_one_filter_too_many_is_refused() {
    let town = Town::with(
        Settings {
            subscriptions_max: 2,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut reader = town.tower("reader").await;
    let granted = SubscribeReasonCode::Success(AtMostOnce);
    assert_eq!(
        reader
            .subscribe(&[("a", AtMostOnce), ("b", AtMostOnce)])
            .await,
        [granted, granted]
    );
    assert_eq!(
        reader
            .subscribe(&[("c", AtMostOnce), ("a", AtLeastOnce)])
            .await,
        [
            SubscribeReasonCode::Failure,
            SubscribeReasonCode::Success(AtLeastOnce)
        ]
    );
    assert_eq!(town.counts().subscriptions, 2);
}
