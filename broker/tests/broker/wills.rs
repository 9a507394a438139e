use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};

use crate::kit::{Client, Town, gauge, publish, with_will};

#[tokio::test]
async fn a_will_is_published_when_a_client_vanishes_and_not_when_it_says_goodbye() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("status/#", AtLeastOnce)]).await;
    let connect = with_will(gauge("a"), "status/a", "offline", AtLeastOnce, true);
    Client::enter(town.address(), connect.clone())
        .await
        .disconnect()
        .await;
    reader.is_quiet().await;
    Client::enter(town.address(), connect).await.vanish();
    let will = reader.take().await;
    assert_eq!(
        (will.topic.as_str(), &will.payload[..], will.retain),
        ("status/a", &b"offline"[..], false)
    );
    let mut late = town.tower("late").await;
    late.subscribe(&[("status/a", AtMostOnce)]).await;
    assert!(late.take().await.retain);
}

#[tokio::test]
async fn a_will_is_published_when_the_broker_closes_for_a_fault() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("status/#", AtMostOnce)]).await;
    let connect = with_will(gauge("a"), "status/a", "offline", AtMostOnce, false);
    let mut gauge = Client::enter(town.address(), connect).await;
    gauge
        .publish(publish("sensors/b/level", "not mine", AtMostOnce, 0))
        .await;
    gauge.is_closed().await;
    assert_eq!(reader.take().await.payload, "offline");
}

#[tokio::test]
async fn at_a_takeover_the_old_will_comes_before_anything_new() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("status/#", AtLeastOnce)]).await;
    let connect = with_will(gauge("a"), "status/a", "offline", AtLeastOnce, true);
    for _ in 0..20 {
        let _old = Client::enter(town.address(), connect.clone()).await;
        let mut new = Client::enter(town.address(), connect.clone()).await;
        new.publish(publish("status/a", "online", AtLeastOnce, 1))
            .await;
        new.expect_puback(1).await;
        assert_eq!(reader.take().await.payload, "offline");
        assert_eq!(reader.take().await.payload, "online");
        new.disconnect().await;
        town.until(|counts| counts.connections == 1).await;
    }
}

#[tokio::test]
async fn a_will_under_the_sink_filter_goes_to_the_service() {
    let mut town = Town::start().await;
    let connect = with_will(
        gauge("a"),
        "sensors/a/status",
        "offline",
        AtLeastOnce,
        false,
    );
    Client::enter(town.address(), connect).await.vanish();
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(
        (message.topic.as_str(), message.client_id.as_str()),
        ("sensors/a/status", "a")
    );
    receipt.committed();
    assert_eq!(town.counts().sink_committed, 1);
}
