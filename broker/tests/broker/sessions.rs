use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};
use rumqttc::mqttbytes::v4::{ConnectReturnCode, Packet, PubAck};

use crate::kit::{Client, Town, lasting, publish, tower};

/// Publishes numbered messages on `t` and waits for their acknowledgements.
async fn publish_numbers(writer: &mut Client, numbers: std::ops::RangeInclusive<u16>) {
    for number in numbers {
        writer
            .publish(publish("t", number.to_string(), AtLeastOnce, number))
            .await;
        writer.expect_puback(number).await;
    }
}

#[tokio::test]
async fn a_lasting_session_gets_what_came_while_it_was_away_in_order() {
    let town = Town::start().await;
    let mut reader = Client::enter(town.address(), lasting(tower("reader"))).await;
    reader.subscribe(&[("t", AtLeastOnce)]).await;
    reader.disconnect().await;
    let mut writer = town.tower("writer").await;
    publish_numbers(&mut writer, 1..=250).await;
    writer
        .publish(publish("t", "not kept", AtMostOnce, 0))
        .await;
    writer.ping().await;
    let mut reader = Client::come_back(town.address(), lasting(tower("reader"))).await;
    for number in 1..=250 {
        let message = reader.take().await;
        assert_eq!(
            (message.payload, message.dup),
            (number.to_string().into(), false)
        );
    }
    reader.is_quiet().await;
}

#[tokio::test]
async fn what_was_not_acknowledged_comes_again_marked_and_in_order() {
    let town = Town::start().await;
    let mut reader = Client::enter(town.address(), lasting(tower("reader"))).await;
    reader.subscribe(&[("t", AtLeastOnce)]).await;
    let mut writer = town.tower("writer").await;
    publish_numbers(&mut writer, 1..=5).await;
    let mut pkids = Vec::new();
    for _ in 1..=5 {
        pkids.push(reader.next_publish().await.pkid);
    }
    reader.send(Packet::PubAck(PubAck::new(pkids[1]))).await;
    reader.ping().await;
    reader.vanish();
    town.until(|counts| counts.connections == 1).await;
    publish_numbers(&mut writer, 6..=6).await;

    let mut reader = Client::come_back(town.address(), lasting(tower("reader"))).await;
    for (payload, pkid) in [
        ("1", pkids[0]),
        ("3", pkids[2]),
        ("4", pkids[3]),
        ("5", pkids[4]),
    ] {
        let again = reader.take().await;
        assert_eq!(
            (again.payload.as_ref(), again.pkid, again.dup),
            (payload.as_bytes(), pkid, true)
        );
    }
    let new = reader.take().await;
    assert_eq!((new.payload.as_ref(), new.dup), (&b"6"[..], false));
    reader.is_quiet().await;
}

#[tokio::test]
async fn no_more_than_the_window_is_sent_without_acknowledgement() {
    let town = Town::start().await;
    let mut reader = town.tower("reader").await;
    reader.subscribe(&[("t", AtLeastOnce)]).await;
    let mut writer = town.tower("writer").await;
    publish_numbers(&mut writer, 1..=120).await;
    let mut first = 0;
    for number in 1..=100 {
        let message = reader.next_publish().await;
        assert_eq!(message.payload, number.to_string());
        first = if number == 1 { message.pkid } else { first };
    }
    reader.is_quiet().await;
    reader.send(Packet::PubAck(PubAck::new(first))).await;
    assert_eq!(reader.next_publish().await.payload, "101");
}

#[tokio::test]
async fn a_clean_session_forgets_and_leaves_nothing_behind() {
    let town = Town::start().await;
    let mut reader = Client::enter(town.address(), lasting(tower("reader"))).await;
    reader.subscribe(&[("t", AtLeastOnce)]).await;
    reader.disconnect().await;
    let mut writer = town.tower("writer").await;
    publish_numbers(&mut writer, 1..=3).await;
    let mut reader = Client::enter(town.address(), tower("reader")).await;
    reader.is_quiet().await;
    assert_eq!(town.counts().dropped_with_session, 3);
    reader.subscribe(&[("t", AtLeastOnce)]).await;
    reader.disconnect().await;
    town.until(|counts| counts.sessions == 1 && counts.subscriptions == 0)
        .await;
    Client::enter(town.address(), lasting(tower("reader"))).await;
}

#[tokio::test]
async fn a_full_queue_refuses_the_newest_and_every_refusal_is_counted() {
    let town = Town::with(
        Settings {
            queue_max: 5,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut reader = Client::enter(town.address(), lasting(tower("reader"))).await;
    reader.subscribe(&[("t", AtLeastOnce)]).await;
    reader.disconnect().await;
    let mut writer = town.tower("writer").await;
    publish_numbers(&mut writer, 1..=8).await;
    assert_eq!(town.counts().dropped_queue_full_away, 3);
    let mut reader = Client::come_back(town.address(), lasting(tower("reader"))).await;
    for number in 1..=5 {
        assert_eq!(reader.take().await.payload, number.to_string());
    }
    reader.is_quiet().await;
    publish_numbers(&mut writer, 9..=9).await;
    assert_eq!(reader.take().await.payload, "9");
}

#[tokio::test]
async fn a_newer_connection_takes_the_session_over_and_the_older_one_is_closed() {
    let town = Town::start().await;
    let mut old = Client::enter(town.address(), lasting(tower("reader"))).await;
    old.subscribe(&[("t", AtLeastOnce)]).await;
    let mut writer = town.tower("writer").await;
    publish_numbers(&mut writer, 1..=1).await;
    assert_eq!(old.next_publish().await.payload, "1");
    let mut new = Client::come_back(town.address(), lasting(tower("reader"))).await;
    old.is_closed().await;
    let again = new.take().await;
    assert_eq!((again.payload.as_ref(), again.dup), (&b"1"[..], true));
    publish_numbers(&mut writer, 2..=2).await;
    assert_eq!(new.take().await.payload, "2");
    assert_eq!((town.counts().taken_over, town.counts().sessions), (1, 2));
}

#[tokio::test]
async fn many_connections_with_one_name_leave_exactly_one() {
    let town = Town::start().await;
    let mut knocking = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let address = town.address();
        knocking.spawn(async move { Client::knock(address, lasting(tower("same"))).await.0 });
    }
    let clients = knocking.join_all().await;
    assert_eq!(clients.len(), 8);
    town.until(|counts| counts.connections == 1 && counts.sessions == 1)
        .await;
}

#[tokio::test]
async fn one_lasting_session_too_many_is_told_that_there_is_no_room() {
    let town = Town::with(
        Settings {
            session_max: 1,
            ..Settings::default()
        },
        10,
    )
    .await;
    Client::enter(town.address(), lasting(tower("one")))
        .await
        .disconnect()
        .await;
    let (_, answer) = Client::knock(town.address(), lasting(tower("two"))).await;
    assert_eq!(answer.code, ConnectReturnCode::ServiceUnavailable);
    Client::enter(town.address(), tower("clean")).await;
    Client::come_back(town.address(), lasting(tower("one"))).await;
    assert_eq!(town.counts().refused_for_limit, 1);
}

#[tokio::test]
async fn a_session_away_for_too_long_makes_room() {
    let settings = Settings {
        session_max: 1,
        session_away_max_s: 1,
        ..Settings::default()
    };
    let town = Town::with(settings, 10).await;
    Client::enter(town.address(), lasting(tower("one")))
        .await
        .disconnect()
        .await;
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    Client::enter(town.address(), lasting(tower("two"))).await;
    assert_eq!(town.counts().sessions, 1);
}
