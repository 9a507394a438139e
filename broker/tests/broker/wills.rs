use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};

use crate::kit::{Client, LONG_ASKED, Town, gauge, publish, with_will};
use crate::kit5::{self, Client5};

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

#[tokio::test]
async fn a_newcomer_does_not_wait_for_the_wills_of_others() {
    // Nobody reads the sink, and its one place is taken: each will waits as long as it may.
    let mut town = Town::with(Settings::default(), 1).await;
    let mut first = town.gauge("first").await;
    first
        .publish(publish("sensors/first/level", "1", AtMostOnce, 0))
        .await;
    town.until(|counts| counts.sink_handed == 1).await;
    let mut gauges = Vec::new();
    for number in 0..20 {
        let id = format!("g{number}");
        let topic = format!("sensors/{id}/status");
        let hello = kit5::with_will(kit5::gauge(&id).lasting(600), &topic, "offline", 1);
        gauges.push(Client5::enter(town.address(), hello).await);
    }
    let address = town.address();
    let newcomer = tokio::spawn(async move {
        Client5::knock(address, kit5::hello("new", "unhurried", "any")).await
    });
    tokio::time::sleep(LONG_ASKED / 10).await;
    drop(gauges);
    town.until(|counts| counts.connections == 2).await;
    // All of this runs on one thread. While it is held nobody sweeps, and the wills become due before the
    // newcomer is in.
    std::thread::sleep(LONG_ASKED);
    let (mut newcomer, answer) = newcomer.await.unwrap();
    assert_eq!(
        answer.code,
        rumqttc::v5::mqttbytes::v5::ConnectReturnCode::Success
    );
    newcomer.ping().await;
    town.commit_everything();
    town.until(|counts| counts.sink_committed + counts.dropped_wills == 21)
        .await;
}

#[tokio::test]
async fn the_will_of_a_session_that_ends_comes_before_what_its_client_says_anew() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("status/#", AtMostOnce)]).await;
    for _ in 0..20 {
        let mut hello = kit5::with_will(kit5::gauge("a").lasting(600), "status/a", "offline", 500);
        hello.connect.clean_start = true;
        let _old = Client5::enter(town.address(), hello.clone()).await;
        let mut new = Client5::enter(town.address(), hello).await;
        new.publish(kit5::publish(
            "status/a",
            "online",
            rumqttc::v5::mqttbytes::QoS::AtMostOnce,
            0,
        ))
        .await;
        assert_eq!(reader.take().await.payload, "offline");
        assert_eq!(reader.take().await.payload, "online");
        new.disconnect(Some(0)).await;
        town.until(|counts| counts.connections == 1).await;
    }
}
