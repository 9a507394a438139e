use std::time::Duration;

use hinan_broker::Settings;
use rumqttc::v5::mqttbytes::QoS::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use rumqttc::v5::mqttbytes::v5::{
    ConnectReturnCode, DisconnectReasonCode, Filter, Packet, PubAck, PubAckReason, PubRec,
    PubRecReason, PubRel, PublishProperties, RetainForwardRule, SubscribeReasonCode,
};

use crate::kit::{Town, lasting};
use crate::kit5::{Client5, gauge, hello, publish, tower, with, with_will};

#[tokio::test]
async fn a_reading_is_acknowledged_after_its_commit_in_version_5_too() {
    let mut town = Town::start().await;
    let mut client = Client5::enter(town.address(), gauge("a")).await;
    client
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 5))
        .await;
    let (_, receipt) = town.inbound().await.split();
    client.is_quiet().await;
    receipt.committed();
    assert_eq!(client.expect_puback(5).await.reason, PubAckReason::Success);
}

#[tokio::test]
async fn a_reading_that_was_not_committed_is_not_refused_but_to_be_sent_again() {
    let settings = Settings {
        uncommitted_pause_ms: 0,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 10).await;
    let mut client = Client5::enter(town.address(), gauge("a")).await;
    client
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 5))
        .await;
    drop(town.inbound().await);
    client
        .is_told(DisconnectReasonCode::ImplementationSpecificError)
        .await;
}

#[tokio::test]
async fn a_publish_that_is_not_granted_is_answered_in_its_turn_and_the_connection_goes_on() {
    let mut town = Town::start().await;
    let mut client = Client5::enter(town.address(), gauge("a")).await;
    client
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 1))
        .await;
    client
        .publish(publish("sensors/b/level", "99", AtLeastOnce, 2))
        .await;
    client
        .publish(publish("sensors/b/level", "99", ExactlyOnce, 3))
        .await;
    let (_, receipt) = town.inbound().await.split();
    client.is_quiet().await;
    receipt.committed();
    client.expect_puback(1).await;
    assert_eq!(
        client.expect_puback(2).await.reason,
        PubAckReason::NotAuthorized
    );
    let Packet::PubRec(PubRec {
        pkid: 3, reason, ..
    }) = client.next().await
    else {
        panic!("PUBREC expected")
    };
    assert_eq!(reason, PubRecReason::NotAuthorized);
    client.ping().await;
    assert_eq!(town.counts().publishes_refused, 2);
    // At QoS 0 there is no answer but to close.
    client
        .publish(publish("sensors/b/level", "99", AtMostOnce, 0))
        .await;
    client.is_told(DisconnectReasonCode::NotAuthorized).await;
    town.sink_is_quiet().await;
}

#[tokio::test]
async fn who_is_turned_away_is_told_why_in_the_words_of_version_5() {
    let town = Town::start().await;
    let table = [
        (
            hello("x", "gauge", "wrong"),
            ConnectReturnCode::BadUserNamePassword,
        ),
        (
            hello("x", "banned", "any"),
            ConnectReturnCode::NotAuthorized,
        ),
        (
            hello("x", "fault", "any"),
            ConnectReturnCode::ServerUnavailable,
        ),
        (
            gauge(&"x".repeat(300)),
            ConnectReturnCode::ClientIdentifierNotValid,
        ),
        (
            tower("x").with(|about| about.authentication_method = Some("SCRAM".into())),
            ConnectReturnCode::BadAuthenticationMethod,
        ),
    ];
    for (connect, expected) in table {
        let (_, answer) = Client5::knock(town.address(), connect).await;
        assert_eq!(answer.code, expected);
    }
    // A property that does not belong into a CONNECT.
    let mut stranger = tokio::net::TcpStream::connect(town.address())
        .await
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(
        &mut stranger,
        b"\x10\x11\0\x04MQTT\x05\x02\0\0\x03\x23\0\x01\0\x01a",
    )
    .await
    .unwrap();
    let mut answer = Vec::new();
    tokio::io::AsyncReadExt::read_to_end(&mut stranger, &mut answer)
        .await
        .unwrap();
    assert_eq!(answer, b"\x20\x03\0\x82\0");
}

#[tokio::test]
async fn what_the_publisher_added_reaches_readers_of_both_versions() {
    let town = Town::start().await;
    let mut reader = Client5::enter(town.address(), tower("reader")).await;
    reader
        .subscribe(Filter::new("notices/#", AtLeastOnce), None)
        .await;
    let mut old = town.tower("old").await;
    old.subscribe(&[("notices/#", rumqttc::mqttbytes::QoS::AtMostOnce)])
        .await;
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    let added = PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(100),
        response_topic: Some("answers/a".into()),
        correlation_data: Some("17".into()),
        user_properties: vec![("b".into(), "2".into()), ("a".into(), "1".into())],
        content_type: Some("text/plain".into()),
        ..PublishProperties::default()
    };
    let mut notice = publish("notices/a", "x", AtLeastOnce, 1);
    notice.properties = Some(added.clone());
    notice.retain = true;
    writer.publish(notice).await;
    writer.expect_puback(1).await;
    assert_eq!(reader.take().await.properties, Some(added.clone()));
    assert_eq!(&old.take().await.payload[..], b"x");
    let mut late = Client5::enter(town.address(), tower("late")).await;
    late.subscribe(Filter::new("notices/a", AtLeastOnce), None)
        .await;
    let kept = late.take().await;
    assert!(kept.retain);
    assert_eq!(kept.properties, Some(added));
}

#[tokio::test]
async fn a_message_that_has_expired_is_not_delivered_and_others_say_what_is_left() {
    let town = Town::start().await;
    Client5::enter(town.address(), tower("reader").lasting(60))
        .await
        .subscribe(Filter::new("t", AtLeastOnce), None)
        .await;
    town.until(|counts| counts.connections == 0).await;
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    for (pkid, seconds) in [(1, 1), (2, 60)] {
        let message = with(publish("t", "x", AtLeastOnce, pkid), |added| {
            added.message_expiry_interval = Some(seconds);
        });
        writer.publish(message).await;
        writer.expect_puback(pkid).await;
    }
    tokio::time::sleep(Duration::from_millis(2_100)).await;
    let mut reader = Client5::enter(town.address(), tower("reader").lasting(60)).await;
    let left = reader.take().await.properties.unwrap();
    let seconds = left.message_expiry_interval.unwrap();
    assert!((50..=58).contains(&seconds), "{seconds}");
    reader.is_quiet().await;
    assert_eq!(town.counts().dropped_expired, 1);
}

#[tokio::test]
async fn a_session_lasts_as_long_as_was_agreed() {
    let town = Town::start().await;
    let present = async |hello| Client5::knock(town.address(), hello).await;
    let (client, answer) = present(tower("a").lasting(1)).await;
    assert!(!answer.session_present);
    client.disconnect(None).await;
    let (client, answer) = present(tower("a").lasting(1)).await;
    assert!(answer.session_present);
    client.disconnect(None).await;
    town.until(|counts| counts.sessions == 0).await;
    let (client, answer) = present(tower("a").lasting(1)).await;
    assert!(!answer.session_present);
    // Changed at the goodbye: longer, then not at all.
    client.disconnect(Some(60)).await;
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let (client, answer) = present(tower("a").lasting(60)).await;
    assert!(answer.session_present);
    client.disconnect(Some(0)).await;
    town.until(|counts| counts.sessions == 0).await;
    // A session that ends with its connection cannot be made lasting at the end.
    let (mut client, _) = present(tower("a")).await;
    client.send_bytes(b"\xe0\x07\0\x05\x11\0\0\0\x3c").await;
    client.is_told(DisconnectReasonCode::ProtocolError).await;
}

#[tokio::test]
async fn a_session_longer_than_we_keep_is_told_how_long_it_is_kept() {
    let settings = Settings {
        session_away_max_s: 100,
        keep_alive_max_s: 30,
        ..Settings::default()
    };
    let town = Town::with(settings, 10).await;
    let (_, answer) = Client5::knock(town.address(), tower("").lasting(u32::MAX)).await;
    let about = answer.properties.unwrap();
    assert_eq!(about.session_expiry_interval, Some(100));
    assert_eq!(about.server_keep_alive, Some(30));
    assert_eq!(about.assigned_client_identifier, Some("assigned-1".into()));
    assert_eq!(about.receive_max, Some(100));
    assert_eq!(about.topic_alias_max, Some(16));
    let given = tower("assigned-1").lasting(u32::MAX);
    let (_, answer) = Client5::knock(town.address(), given).await;
    assert!(answer.session_present, "the name that was given is its own");
}

#[tokio::test]
async fn a_client_that_takes_one_message_at_a_time_is_sent_one_at_a_time() {
    let town = Town::start().await;
    let small = tower("small").with(|about| about.receive_maximum = Some(1));
    let mut reader = Client5::enter(town.address(), small).await;
    reader.subscribe(Filter::new("t", ExactlyOnce), None).await;
    let mut writer = town.tower("writer").await;
    for pkid in 1..=3 {
        let message = crate::kit::publish(
            "t",
            pkid.to_string(),
            rumqttc::mqttbytes::QoS::AtLeastOnce,
            pkid,
        );
        writer.publish(message).await;
        writer.expect_puback(pkid).await;
    }
    for text in ["1", "2", "3"] {
        let message = reader.next_publish().await;
        assert_eq!(message.payload, text);
        reader.is_quiet().await;
        reader
            .send(Packet::PubAck(PubAck::new(message.pkid, None)))
            .await;
    }
}

#[tokio::test]
async fn more_unreleased_publishes_than_agreed_end_the_connection() {
    let settings = Settings {
        unacked_max: 2,
        ..Settings::default()
    };
    let town = Town::with(settings, 10).await;
    let mut client = Client5::enter(town.address(), tower("a")).await;
    for pkid in 1..=2 {
        client.publish(publish("t", "x", ExactlyOnce, pkid)).await;
        assert!(matches!(client.next().await, Packet::PubRec(_)));
    }
    client.publish(publish("t", "x", ExactlyOnce, 3)).await;
    client
        .is_told(DisconnectReasonCode::ReceiveMaximumExceeded)
        .await;
}

#[tokio::test]
async fn a_message_too_large_for_a_reader_is_left_out_and_the_next_one_comes() {
    let town = Town::start().await;
    let small = tower("small").with(|about| about.max_packet_size = Some(60));
    let mut reader = Client5::enter(town.address(), small).await;
    reader.subscribe(Filter::new("t", AtLeastOnce), None).await;
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    for (pkid, text) in [(1, "x".repeat(100)), (2, "short".into())] {
        writer.publish(publish("t", &text, AtLeastOnce, pkid)).await;
        writer.expect_puback(pkid).await;
    }
    assert_eq!(reader.take().await.payload, "short");
    assert_eq!(town.counts().dropped_too_large, 1);
}

#[tokio::test]
async fn aliases_stand_for_topics_both_ways() {
    let town = Town::start().await;
    let knows_one = tower("reader").with(|about| about.topic_alias_max = Some(1));
    let mut reader = Client5::enter(town.address(), knows_one).await;
    reader.subscribe(Filter::new("#", AtMostOnce), None).await;
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    for topic in ["first", "", ""] {
        let message = with(publish(topic, "x", AtMostOnce, 0), |added| {
            added.topic_alias = Some(3);
        });
        writer.publish(message).await;
    }
    writer.publish(publish("second", "x", AtMostOnce, 0)).await;
    let mut seen = Vec::new();
    for _ in 0..4 {
        let message = reader.take().await;
        let alias = message.properties.and_then(|added| added.topic_alias);
        seen.push((String::from_utf8(message.topic.to_vec()).unwrap(), alias));
    }
    let text = |topic: &str, alias| (topic.to_owned(), alias);
    assert_eq!(
        seen,
        [
            text("first", Some(1)),
            text("", Some(1)),
            text("", Some(1)),
            text("second", None)
        ]
    );
    let wrong = with(publish("", "x", AtMostOnce, 0), |added| {
        added.topic_alias = Some(9);
    });
    writer.publish(wrong).await;
    writer
        .is_told(DisconnectReasonCode::TopicAliasInvalid)
        .await;
}

#[tokio::test]
async fn subscriptions_say_how_they_want_to_be_served() {
    let town = Town::start().await;
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    let mut old = publish("t", "kept", AtLeastOnce, 1);
    old.retain = true;
    writer.publish(old.clone()).await;
    writer.expect_puback(1).await;
    let option = |rule, nolocal, preserve_retain| Filter {
        path: "t".into(),
        qos: AtLeastOnce,
        nolocal,
        preserve_retain,
        retain_forward_rule: rule,
    };
    // Not what I say myself, and nothing retained.
    let deaf = option(RetainForwardRule::Never, true, false);
    writer.subscribe(deaf, None).await;
    let mut reader = Client5::enter(town.address(), tower("reader")).await;
    let if_new = || option(RetainForwardRule::OnNewSubscribe, false, true);
    reader.subscribe(if_new(), Some(5)).await;
    let kept = reader.take().await;
    assert_eq!(
        kept.properties.unwrap().subscription_identifiers,
        [5],
        "the filter that brought it"
    );
    reader.subscribe(if_new(), Some(6)).await;
    reader.is_quiet().await;
    writer.publish(old).await;
    let live = reader.take().await;
    assert!(live.retain, "as published");
    assert_eq!(live.properties.unwrap().subscription_identifiers, [6]);
    writer.expect_puback(1).await;
    writer.is_quiet().await;
}

#[tokio::test]
async fn a_shared_subscription_gives_each_message_to_one_of_its_readers() {
    let town = Town::start().await;
    let mut readers = Vec::new();
    for id in ["one", "two"] {
        let mut reader = Client5::enter(town.address(), tower(id)).await;
        reader
            .subscribe(Filter::new("$share/workers/t/+", AtMostOnce), None)
            .await;
        readers.push(reader);
    }
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    for number in 1..=4 {
        writer
            .publish(publish("t/x", &number.to_string(), AtMostOnce, 0))
            .await;
    }
    let mut shares = Vec::new();
    for reader in &mut readers {
        let share = [reader.take().await.payload, reader.take().await.payload];
        reader.is_quiet().await;
        shares.push(share);
    }
    assert_eq!(shares, [["1", "3"], ["2", "4"]]);
    let mut gauge = Client5::enter(town.address(), gauge("a")).await;
    let answer = gauge
        .subscribe(Filter::new("$share/workers/t/+", AtMostOnce), None)
        .await;
    assert_eq!(answer, SubscribeReasonCode::NotAuthorized);
    let answer = gauge
        .subscribe(Filter::new("$share/workers/notices/+", AtMostOnce), None)
        .await;
    assert_eq!(answer, SubscribeReasonCode::Success(AtMostOnce));
}

#[tokio::test]
async fn a_publish_over_what_was_agreed_is_taken_when_it_comes_again_in_order() {
    let settings = Settings {
        unacked_max: 2,
        ..Settings::default()
    };
    let mut town = Town::with(settings, 10).await;
    let hello = || gauge("a").lasting(600);
    let reading = |pkid| publish("sensors/a/level", "1", ExactlyOnce, pkid);
    let mut client = Client5::enter(town.address(), hello()).await;
    for pkid in 1..=2 {
        client.publish(reading(pkid)).await;
        town.inbound().await.split().1.committed();
        assert!(matches!(client.next().await, Packet::PubRec(_)));
    }
    client.publish(reading(3)).await;
    client
        .is_told(DisconnectReasonCode::ReceiveMaximumExceeded)
        .await;
    town.sink_is_quiet().await;
    let mut client = Client5::enter(town.address(), hello()).await;
    for pkid in 1..=2 {
        client.send(Packet::PubRel(PubRel::new(pkid, None))).await;
        assert!(matches!(client.next().await, Packet::PubComp(_)));
    }
    let mut again = reading(3);
    again.dup = true;
    client.publish(again).await;
    town.inbound().await.split().1.committed();
    match client.next().await {
        Packet::PubRec(answer) => assert_eq!(answer.pkid, 3),
        other => panic!("unexpected: {other:?}"),
    }
}

#[tokio::test]
async fn what_was_under_way_comes_again_as_fast_as_the_client_says_now() {
    let town = Town::start().await;
    let taking = |most| {
        let hello = tower("reader").lasting(600);
        hello.with(|about| about.receive_maximum = Some(most))
    };
    let mut reader = Client5::enter(town.address(), taking(10)).await;
    reader.subscribe(Filter::new("t", AtLeastOnce), None).await;
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    for pkid in 1..=3 {
        let text = pkid.to_string();
        writer.publish(publish("t", &text, AtLeastOnce, pkid)).await;
        writer.expect_puback(pkid).await;
        assert_eq!(reader.next_publish().await.payload, text);
    }
    drop(reader);
    town.until(|counts| counts.connections == 1).await;
    writer.publish(publish("t", "4", AtLeastOnce, 4)).await;
    writer.expect_puback(4).await;
    let mut reader = Client5::enter(town.address(), taking(1)).await;
    for (text, dup) in [("1", true), ("2", true), ("3", true), ("4", false)] {
        let message = reader.next_publish().await;
        assert_eq!((&message.payload[..], message.dup), (text.as_bytes(), dup));
        reader.is_quiet().await;
        reader
            .send(Packet::PubAck(PubAck::new(message.pkid, None)))
            .await;
    }
}

#[tokio::test]
async fn a_delayed_will_waits_for_its_client_and_is_said_if_it_does_not_come() {
    let town = Town::start().await;
    let mut reader = Client5::enter(town.address(), tower("reader")).await;
    reader
        .subscribe(Filter::new("status/#", AtMostOnce), None)
        .await;
    let delayed = |seconds| with_will(gauge("a").lasting(60), "status/a", "offline", seconds);
    drop(Client5::enter(town.address(), delayed(2)).await);
    town.until(|counts| counts.connections == 1).await;
    reader.is_quiet().await;
    // Back in time: nothing is said.
    let client = Client5::enter(town.address(), delayed(1)).await;
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    reader.is_quiet().await;
    drop(client);
    town.until(|counts| counts.connections == 1).await;
    reader.is_quiet().await;
    assert_eq!(reader.take().await.payload, "offline");
    // Its session ends before the delay has passed: then the will is due.
    drop(Client5::enter(town.address(), delayed(50)).await);
    town.until(|counts| counts.connections == 1).await;
    let mut anew = delayed(50);
    anew.connect.clean_start = true;
    let anew = Client5::enter(town.address(), anew).await;
    assert_eq!(reader.take().await.payload, "offline");
    // Who says goodbye has no will, unless it asks for it.
    anew.disconnect(None).await;
    reader.is_quiet().await;
    Client5::enter(town.address(), delayed(0))
        .await
        .part(DisconnectReasonCode::DisconnectWithWillMessage, None)
        .await;
    assert_eq!(reader.take().await.payload, "offline");
}

#[tokio::test]
async fn a_message_at_qos_2_is_delivered_at_qos_2_and_once() {
    let town = Town::start().await;
    let mut reader = Client5::enter(town.address(), tower("reader").lasting(60)).await;
    reader.subscribe(Filter::new("t", ExactlyOnce), None).await;
    let mut writer = Client5::enter(town.address(), tower("writer")).await;
    writer.publish(publish("t", "x", ExactlyOnce, 1)).await;
    assert!(matches!(writer.next().await, Packet::PubRec(_)));
    let message = reader.next_publish().await;
    assert_eq!(message.qos, ExactlyOnce);
    reader.send_bytes(&[0x50, 2, 0, 1]).await;
    assert_eq!(reader.raw().await, [0x62, 2, 0, 1]);
    drop(reader);
    town.until(|counts| counts.connections == 1).await;
    // The release is repeated, the message is not.
    let mut reader = Client5::enter(town.address(), tower("reader").lasting(60)).await;
    assert_eq!(reader.raw().await, [0x62, 2, 0, 1]);
    reader.send_bytes(&[0x70, 2, 0, 1]).await;
    reader.is_quiet().await;
    // An identifier that we do not know is said to be so.
    reader.send_bytes(&[0x62, 2, 0, 9]).await;
    assert_eq!(reader.raw().await, [0x70, 3, 0, 9, 0x92]);
    reader.send_bytes(&[0x50, 2, 0, 9]).await;
    assert_eq!(reader.raw().await, [0x62, 3, 0, 9, 0x92]);
}

#[tokio::test]
async fn the_broker_says_why_it_disconnects() {
    let settings = Settings {
        packet_max_bytes: 1 << 20,
        ..Settings::default()
    };
    let town = Town::with(settings, 10).await;
    let table: [(&[u8], DisconnectReasonCode); 6] = [
        (b"\x00\x00", DisconnectReasonCode::MalformedPacket),
        (b"\x32\x81\x80\x40", DisconnectReasonCode::PacketTooLarge),
        (b"\xf0\x02\x18\x00", DisconnectReasonCode::ProtocolError),
        (
            b"\x30\x06\0\x03a/+\0",
            DisconnectReasonCode::TopicNameInvalid,
        ),
        (b"\x30\x03\0\0\0", DisconnectReasonCode::TopicNameInvalid),
        (
            // no-local for a shared subscription
            b"\x82\x10\0\x01\0\0\x0a$share/g/t\x04",
            DisconnectReasonCode::ProtocolError,
        ),
    ];
    for (bytes, reason) in table {
        let mut client = Client5::enter(town.address(), tower("bad")).await;
        client.send_bytes(bytes).await;
        client.is_told(reason).await;
    }
    let mut old = Client5::enter(town.address(), tower("same")).await;
    let mut new = Client5::enter(town.address(), tower("same")).await;
    old.is_told(DisconnectReasonCode::SessionTakenOver).await;
    let mut quiet = tower("quiet");
    quiet.connect.keep_alive = 1;
    let mut quiet = Client5::enter(town.address(), quiet).await;
    quiet.is_told(DisconnectReasonCode::KeepAliveTimeout).await;
    let stopping = tokio::spawn(town.broker.stop());
    new.is_told(DisconnectReasonCode::ServerShuttingDown).await;
    stopping.await.unwrap();
}

#[tokio::test]
async fn sessions_are_the_same_for_both_versions() {
    let town = Town::start().await;
    let mut old =
        crate::kit::Client::enter(town.address(), lasting(crate::kit::tower("both"))).await;
    old.subscribe(&[("t", rumqttc::mqttbytes::QoS::AtLeastOnce)])
        .await;
    old.disconnect().await;
    let mut writer = town.tower("writer").await;
    writer
        .publish(crate::kit::publish(
            "t",
            "x",
            rumqttc::mqttbytes::QoS::AtLeastOnce,
            1,
        ))
        .await;
    writer.expect_puback(1).await;
    let (mut new, answer) = Client5::knock(town.address(), tower("both").lasting(60)).await;
    assert!(answer.session_present);
    assert_eq!(new.take().await.payload, "x");
}
