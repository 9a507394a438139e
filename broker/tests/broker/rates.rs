#![expect(clippy::disallowed_methods, reason = "these tests measure real time")]

use std::time::Instant;

use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};
use rumqttc::v5::mqttbytes::QoS as QoS5;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, DisconnectReasonCode, PubAckReason};

use crate::kit::{self, Client, SLOW_BURST, SLOW_PAYLOAD, SLOW_PER_S, Town, publish};
use crate::kit5::{self, Client5};

/// `slow` is a device of the town's door with a rate.
fn slow() -> rumqttc::mqttbytes::v4::Connect {
    kit::with_login("slow", "slow", "water")
}

#[tokio::test]
async fn a_device_that_sends_too_much_is_read_at_its_rate_and_loses_nothing_while_neighbours_go_on()
{
    let mut town = Town::start().await;
    town.commit_everything();
    let mut client = Client::enter(town.address(), slow()).await;
    let many = SLOW_BURST + 20;
    let begin = Instant::now();
    for pkid in 1..=many {
        client
            .publish(publish("sensors/slow/level", "1", AtLeastOnce, pkid))
            .await;
    }
    let mut neighbour = town.gauge("a").await;
    let asked = Instant::now();
    for pkid in 1..=50 {
        neighbour
            .publish(publish("sensors/a/level", "1", AtLeastOnce, pkid))
            .await;
        neighbour.expect_puback(pkid).await;
    }
    let neighbour_took = asked.elapsed();
    for pkid in 1..=many {
        client.expect_puback(pkid).await;
    }
    let took = begin.elapsed().as_secs_f64();
    let due = f64::from(many - SLOW_BURST) / SLOW_PER_S;
    assert!(took >= due * 0.9, "{took} s for what is due in {due} s");
    assert!(neighbour_took.as_secs_f64() < due, "{neighbour_took:?}");
    let counts = town.counts();
    assert!(counts.throttled > 0);
    let activity = town.broker.devices().remove("slow").unwrap();
    assert_eq!(activity.messages, u64::from(many));
    assert_eq!((activity.connections, counts.excess), (1, 0));
}

#[tokio::test]
async fn connecting_again_is_no_new_burst() {
    let mut town = Town::start().await;
    town.commit_everything();
    let mut client = Client::enter(town.address(), slow()).await;
    for pkid in 1..=SLOW_BURST + 10 {
        client
            .publish(publish("sensors/slow/level", "1", AtLeastOnce, pkid))
            .await;
    }
    client.expect_puback(1).await;
    client.vanish();
    town.until(|counts| counts.connections == 0).await;
    let begin = Instant::now();
    let mut client = Client::enter(town.address(), slow()).await;
    for pkid in 1..=SLOW_BURST {
        client
            .publish(publish("sensors/slow/level", "1", AtLeastOnce, pkid))
            .await;
    }
    for pkid in 1..=SLOW_BURST {
        client.expect_puback(pkid).await;
    }
    let due = f64::from(SLOW_BURST) / SLOW_PER_S;
    assert!(begin.elapsed().as_secs_f64() > due * 0.5);
}

#[tokio::test]
async fn who_does_not_stop_is_disconnected_with_the_reason_and_remembered() {
    let settings = Settings {
        excess_max_s: 1,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 1_000).await;
    town.commit_everything();
    let mut client = Client5::enter(town.address(), kit5::hello("slow", "slow", "water")).await;
    let flood = kit5::publish("sensors/slow/level", "1", QoS5::AtMostOnce, 0);
    let mut bytes = bytes::BytesMut::new();
    for _ in 0..2_000 {
        flood.write(&mut bytes).unwrap();
    }
    client.send_bytes(&bytes).await;
    client
        .is_told(DisconnectReasonCode::MessageRateTooHigh)
        .await;
    assert_eq!(town.counts().excess, 1);
    let remembered = town.faults().join("\n");
    assert!(remembered.contains("slow: Excess"), "{remembered}");
}

#[tokio::test]
async fn a_payload_longer_than_the_device_may_send_is_refused_and_the_device_goes_on() {
    let mut town = Town::start().await;
    let mut client = Client5::enter(town.address(), kit5::hello("slow", "slow", "water")).await;
    let long = "x".repeat(SLOW_PAYLOAD + 1);
    let topic = "sensors/slow/level";
    client
        .publish(kit5::publish(topic, &long, QoS5::AtLeastOnce, 1))
        .await;
    let answer = client.expect_puback(1).await;
    assert_eq!(answer.reason, PubAckReason::QuotaExceeded);
    client
        .publish(kit5::publish(topic, &long[1..], QoS5::AtLeastOnce, 2))
        .await;
    town.inbound().await.split().1.committed();
    client.expect_puback(2).await;
    // 3.1.1 has no such answer.
    let mut old = Client::enter(town.address(), slow()).await;
    old.publish(publish(topic, long, AtLeastOnce, 1)).await;
    old.is_closed().await;
    assert_eq!(town.counts().payloads_refused, 2);
    town.sink_is_quiet().await;
}

#[tokio::test]
async fn a_will_longer_than_the_device_may_send_is_refused_at_the_door() {
    let town = Town::start().await;
    let long = "x".repeat(SLOW_PAYLOAD + 1);
    let hello = |will: &str| {
        let hello = kit5::hello("slow", "slow", "water");
        kit5::with_will(hello, "status/slow", will, 0)
    };
    let (_, answer) = Client5::knock(town.address(), hello(&long)).await;
    assert_eq!(answer.code, ConnectReturnCode::QuotaExceeded);
    let old = kit::with_will(slow(), "status/slow", &long, AtMostOnce, false);
    let (_, answer) = Client::knock(town.address(), old).await;
    assert_eq!(
        answer.code,
        rumqttc::mqttbytes::v4::ConnectReturnCode::NotAuthorized
    );
    assert_eq!((town.counts().denied, town.counts().sessions), (2, 0));
    Client5::enter(town.address(), hello(&long[1..])).await;
}

#[tokio::test]
async fn who_speaks_by_wills_alone_is_held_to_its_rate_and_loses_nothing() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("status/#", AtMostOnce)]).await;
    let many = SLOW_BURST + 20;
    let begin = Instant::now();
    for number in 0..many {
        let will = number.to_string();
        let hello = kit::with_will(slow(), "status/slow", &will, AtMostOnce, false);
        Client::enter(town.address(), hello).await.vanish();
    }
    let took = begin.elapsed().as_secs_f64();
    for number in 0..many {
        assert_eq!(reader.take().await.payload, number.to_string());
    }
    // The one that overdraws the account does not wait.
    let due = f64::from(many - SLOW_BURST - 1) / SLOW_PER_S;
    assert!(took >= due * 0.9, "{took} s for what is due in {due} s");
    assert!(town.counts().throttled > 0);
}

#[tokio::test]
async fn a_crowd_with_wills_beyond_the_rate_is_sent_away_and_the_device_comes_in_later() {
    let town = Town::start().await;
    let hello = |id: &str| {
        let hello = kit5::hello(id, "slow", "water");
        kit5::with_will(hello, "status/slow", "offline", 0)
    };
    let mut knocking = tokio::task::JoinSet::new();
    for number in 0..200 {
        knocking.spawn(Client5::knock(
            town.address(),
            hello(&format!("slow:{number}")),
        ));
    }
    let answers = knocking.join_all().await;
    let with = |code| {
        answers
            .iter()
            .filter(|(_, answer)| answer.code == code)
            .count()
    };
    let (came_in, sent_away) = (
        with(ConnectReturnCode::Success),
        with(ConnectReturnCode::ConnectionRateExceeded),
    );
    assert_eq!(came_in + sent_away, 200);
    assert!(
        came_in > usize::from(SLOW_BURST) && sent_away > 0,
        "{came_in}"
    );
    // Who was sent away has not paid: the debt is what those inside made, and is soon even.
    let mut tries = 0;
    while Client5::knock(town.address(), hello("slow")).await.1.code != ConnectReturnCode::Success {
        tries += 1;
        assert!(tries < 100, "locked out");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_device_put_out_of_use_is_cut_off_at_once_and_says_nothing_more() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("status/#", AtMostOnce)]).await;
    let with_will = |hello| kit::with_will(hello, "status/slow", "offline", AtMostOnce, false);
    let hello = kit::lasting(with_will(slow()));
    let mut client = Client::enter(town.address(), hello.clone()).await;
    let mut other = town.gauge("a").await;
    town.forbid("slow");
    assert_eq!(town.broker.expel("slow"), 1);
    client.is_closed().await;
    reader.is_quiet().await;
    let (_, answer) = Client::knock(town.address(), hello).await;
    assert_eq!(
        answer.code,
        rumqttc::mqttbytes::v4::ConnectReturnCode::NotAuthorized
    );
    other.ping().await;
    town.until(|counts| counts.expelled == 1 && counts.sessions == 2)
        .await;
}

#[tokio::test]
async fn a_device_put_out_of_use_while_it_is_at_the_door_does_not_slip_in() {
    let town = Town::start().await;
    for _ in 0..20 {
        town.allow("slow");
        let address = town.address();
        let knocking = tokio::spawn(async move { Client::knock(address, slow()).await });
        tokio::task::yield_now().await;
        town.forbid("slow");
        town.broker.expel("slow");
        let (mut client, answer) = knocking.await.unwrap();
        // Either it was in and is cut off, or it was not let in.
        let _told = answer;
        client.is_closed().await;
    }
    town.until(|counts| counts.connections == 0).await;
}
