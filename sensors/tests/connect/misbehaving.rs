//! What a sound broker never does, played by a few bytes on a socket.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::broker::{TOPIC, WITHIN, reading};
use crate::service::{Service, connection};

const CONNACK: [u8; 4] = [0x20, 2, 0, 0];
const CONNECT: u8 = 1;
const SUBSCRIBE: u8 = 8;
const PINGREQ: u8 = 12;

/// Accepts one client and answers its subscription with `code`.
async fn accept(listener: &TcpListener, code: u8) -> TcpStream {
    let (mut client, _) = timeout(WITHIN, listener.accept()).await.unwrap().unwrap();
    assert_eq!(packet(&mut client).await.0, CONNECT);
    client.write_all(&CONNACK).await.unwrap();
    let (kind, body) = packet(&mut client).await;
    assert_eq!(kind, SUBSCRIBE);
    client
        .write_all(&[0x90, 3, body[0], body[1], code])
        .await
        .unwrap();
    client
}

/// Reads one short packet: its kind and what follows the length.
async fn packet(client: &mut TcpStream) -> (u8, Vec<u8>) {
    let reading = async {
        let kind = client.read_u8().await.unwrap() >> 4;
        let length = client.read_u8().await.unwrap();
        assert!(length < 128, "these tests send no long packets");
        let mut body = vec![0; length.into()];
        client.read_exact(&mut body).await.unwrap();
        (kind, body)
    };
    timeout(WITHIN, reading)
        .await
        .expect("a packet comes in time")
}

/// A reading published with QoS 1.
fn publish_packet(packet_id: u8) -> Vec<u8> {
    let payload = reading(packet_id.into());
    let length = 2 + TOPIC.len() + 2 + payload.len();
    let mut packet = vec![
        0x32,
        u8::try_from(length).unwrap(),
        0,
        u8::try_from(TOPIC.len()).unwrap(),
    ];
    assert!(length < 128, "these tests send no long packets");
    packet.extend_from_slice(TOPIC.as_bytes());
    packet.extend_from_slice(&[0, packet_id]);
    packet.extend_from_slice(&payload);
    packet
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

#[tokio::test]
async fn a_refused_subscription_is_not_taken_for_a_connection() {
    let (listener, port) = listener().await;
    let mut service = Service::start(connection(port));
    let _client = accept(&listener, 0x80).await;
    let why = service.is_down().await;
    assert_eq!(
        why,
        "the broker refuses the subscription to \"hinan/v1/readings/+\""
    );
    // It tries again, and says so when it is granted less than it needs.
    service.status.mark_unchanged();
    let _client = accept(&listener, 0).await;
    service.status.changed().await.unwrap();
    let why = service.is_down().await;
    assert!(why.contains("QoS 0 only"), "{why}");
    service.stop().await;
}

#[tokio::test]
async fn signs_of_life_go_on_while_nobody_takes_deliveries() {
    let (listener, port) = listener().await;
    let mut hurried = connection(port);
    hurried.keep_alive_s = 5;
    hurried.inflight_max = 4;
    let mut service = Service::start(hurried);
    let mut client = accept(&listener, 1).await;
    service.is_connected().await;
    for packet_id in 1..=50 {
        client.write_all(&publish_packet(packet_id)).await.unwrap();
    }
    let (kind, _) = packet(&mut client).await;
    assert_eq!(
        kind, PINGREQ,
        "nothing was acknowledged, and the next packet is a ping"
    );
    assert_eq!(
        service.waiting(),
        4,
        "no more than the agreed number is in flight"
    );
    service.stop().await;
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_down_and_tried_again() {
    let (listener, port) = listener().await;
    drop(listener);
    let mut service = Service::start(connection(port));
    let why = service.is_down().await;
    assert!(why.contains("refused"), "{why}");
    let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let _client = accept(&listener, 1).await;
    assert!(!service.is_connected().await);
    service.stop().await;
}
