use std::time::Duration;

use hinan_broker::Settings;
use proptest::prelude::{ProptestConfig, any, prop, proptest};
use rumqttc::mqttbytes::QoS::{AtLeastOnce, AtMostOnce};
use rumqttc::mqttbytes::v4::{ConnAck, ConnectReturnCode, Packet};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::kit::{Client, Town, publish, tower};

#[tokio::test]
async fn other_versions_are_told_that_theirs_is_not_spoken() {
    let town = Town::start().await;
    let version_6 = b"\x10\x10\0\x04MQTT\x06\x02\0\x3c\0\0\x03abc";
    let version_3 = b"\x10\x11\0\x06MQIsdp\x03\x02\0\x3c\0\x03abc";
    for hello in [&version_6[..], version_3] {
        let mut client = Client::open(town.address()).await;
        client.send_bytes(hello).await;
        client
            .expect(Packet::ConnAck(ConnAck::new(
                ConnectReturnCode::RefusedProtocolVersion,
                false,
            )))
            .await;
        client.is_closed().await;
    }
}

#[tokio::test]
async fn a_malformed_packet_closes_its_own_connection_only() {
    let town = Town::start().await;
    let mut good = town.tower("good").await;
    let table: [&[u8]; 9] = [
        b"\x00\x00",                     // no such type
        b"\xc0\xff\xff\xff\xff\x01",     // remaining length of five bytes
        b"\x80\x06\0\x01\0\x01a\0",      // SUBSCRIBE with wrong flags
        b"\x82\x02\0\x01",               // SUBSCRIBE without a filter
        b"\x82\x08\0\x01\0\x03a/#b\x01", // filter ends too early
        b"\x82\x09\0\x01\0\x04a#/b\x01", // # inside a level
        b"\x32\x05\0\x01a\0\x00",        // packet identifier 0
        b"\x30\x05\0\x03a/+",            // wildcard in a topic name
        b"\x30\x05\0\x03\xff\xfe\xfd",   // not UTF-8
    ];
    for bytes in table {
        let mut bad = town.tower("bad").await;
        bad.send_bytes(bytes).await;
        bad.is_closed().await;
        town.until(|counts| counts.connections == 1).await;
    }
    let mut bad = town.tower("bad").await;
    bad.send(Packet::Connect(tower("bad"))).await;
    bad.is_closed().await;
    good.ping().await;
    town.until(|counts| counts.malformed == 10).await;
}

#[tokio::test]
async fn an_oversized_packet_is_refused_at_its_header_and_others_go_on() {
    let town = Town::with(
        Settings {
            packet_max_bytes: 1 << 20,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut good = town.tower("good").await;
    good.subscribe(&[("t", AtLeastOnce)]).await;
    let mut big = town.tower("big").await;
    // Topic, identifier and payload make exactly the limit: accepted, and delivered.
    big.publish(publish("t", vec![7; (1 << 20) - 5], AtLeastOnce, 1))
        .await;
    big.expect_puback(1).await;
    assert_eq!(good.take().await.payload.len(), (1 << 20) - 5);
    big.send_bytes(b"\x32\x81\x80\x40").await;
    big.is_closed().await;
    good.ping().await;
    town.until(|counts| counts.oversized == 1).await;

    let long_topic = "x".repeat(2_000);
    let mut long = town.tower("long").await;
    long.publish(publish(&long_topic, "x", AtMostOnce, 0)).await;
    long.is_closed().await;
    town.until(|counts| counts.oversized == 2).await;
}

#[tokio::test]
async fn packets_behind_the_connect_and_in_pieces_are_understood() {
    let town = Town::start().await;
    let mut client = Client::open(town.address()).await;
    let mut bytes = bytes::BytesMut::new();
    tower("t").write(&mut bytes).unwrap();
    publish("a/b", "x", AtLeastOnce, 1)
        .write(&mut bytes)
        .unwrap();
    Packet::PingReq.write(&mut bytes, 100).unwrap();
    for byte in bytes {
        client.send_bytes(&[byte]).await;
    }
    client
        .expect(Packet::ConnAck(ConnAck::new(
            ConnectReturnCode::Success,
            false,
        )))
        .await;
    client.expect_puback(1).await;
    client.expect(Packet::PingResp).await;
}

#[tokio::test]
async fn who_does_not_say_who_it_is_is_not_waited_for() {
    let town = Town::with(
        Settings {
            connect_timeout_s: 1,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut mute = Client::open(town.address()).await;
    let mut slow = Client::open(town.address()).await;
    slow.send_bytes(b"\x10\x20\0\x04MQ").await;
    let mut other = Client::open(town.address()).await;
    other.send_bytes(b"GET / HTTP/1.1\r\n\r\n").await;
    other.is_closed().await;
    mute.is_closed().await;
    slow.is_closed().await;
    town.until(|counts| counts.connections == 0).await;
}

#[tokio::test]
async fn one_connection_too_many_is_closed_at_once() {
    let town = Town::with(
        Settings {
            connections_max: 2,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut one = town.tower("one").await;
    let two = town.tower("two").await;
    Client::open(town.address()).await.is_closed().await;
    one.ping().await;
    two.disconnect().await;
    town.until(|counts| counts.connections == 1).await;
    // Its place is free as soon as its task has ended.
    tokio::time::sleep(Duration::from_millis(20)).await;
    town.tower("three").await;
    assert_eq!(town.counts().refused_for_limit, 1);
}

#[tokio::test]
async fn who_subscribes_over_and_over_without_reading_does_not_fill_the_memory() {
    let town = Town::with(
        Settings {
            retained_max: 50,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut writer = town.tower("writer").await;
    for pkid in 1..=50 {
        writer
            .publish(crate::kit::retained(&format!("t/{pkid}"), "x", pkid))
            .await;
        writer.expect_puback(pkid).await;
    }
    let mut greedy = town.tower("greedy").await;
    for _ in 0..200 {
        // Nothing is acknowledged: the window closes and the rest waits in the queue.
        greedy.send_bytes(b"\x82\x08\0\x01\0\x03t/#\x01").await;
    }
    town.until(|counts| counts.subscriptions_refused > 150)
        .await;
    writer.ping().await;
}

/// Sends `bytes`, as a stranger or behind a good CONNECT, and reads whatever comes until it is closed.
async fn provoke(town: &Town, admitted: bool, bytes: &[u8]) {
    let mut stream = TcpStream::connect(town.address()).await.unwrap();
    let mut hello = bytes::BytesMut::new();
    if admitted {
        tower("noise").write(&mut hello).unwrap();
    }
    hello.extend_from_slice(bytes);
    // The broker may close while we still send.
    if stream.write_all(&hello).await.is_ok() && stream.shutdown().await.is_ok() {
        let mut answer = Vec::new();
        let _closed = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut answer).await;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]
    #[test]
    fn any_bytes_leave_the_broker_standing(
        noise in prop::collection::vec((any::<bool>(), prop::collection::vec(any::<u8>(), 0..200)), 1..12),
        types in prop::collection::vec((any::<u8>(), prop::collection::vec(any::<u8>(), 0..30)), 1..12),
    ) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let mut town = Town::start().await;
            town.commit_everything();
            let mut good = town.tower("good").await;
            for (admitted, bytes) in &noise {
                provoke(&town, *admitted, bytes).await;
            }
            // Well-framed packets with any content, which get deeper into the decoder.
            for (first, body) in &types {
                let length = u8::try_from(body.len()).unwrap();
                let packet = [&[*first, length][..], body].concat();
                provoke(&town, true, &packet).await;
            }
            good.ping().await;
            town.tower("after").await.ping().await;
            town.until(|counts| counts.connections <= 2).await;
        });
    }
}
