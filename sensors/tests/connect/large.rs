//! One large message never blocks those behind it.

use hinan_sensors::{Devices, Known, Limits, Packet, Refusal, Stations, TopicRules, decide};
use jiff::Timestamp;

use crate::broker::{Broker, publish, reading};
use crate::service::{Service, connection};
use crate::wire::Wire;

fn megabytes(count: usize) -> Vec<u8> {
    vec![b'x'; count << 20]
}

#[tokio::test]
async fn two_mebibytes_are_quarantined_and_the_readings_behind_them_arrive() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    let wire = Wire::to(broker.port).await;
    let mut service = Service::started(connection(wire.port)).await;
    publish(broker.port, [megabytes(2), reading(1), reading(2)]).await;
    let large = service.next().await;
    assert_eq!((large.payload.len(), large.cut_from_bytes), (2 << 20, None));
    let packet = Packet {
        topic: &large.topic,
        payload: &large.payload,
        retained: large.retained,
        received_at: Timestamp::UNIX_EPOCH,
    };
    let decided = decide(
        &packet,
        &Known {
            stations: &Stations::default(),
            devices: &Devices::default(),
            topics: &TopicRules::default(),
            limits: &Limits::default(),
        },
    );
    assert_eq!(
        decided.refused,
        [Refusal::TooLarge {
            bytes: 2 << 20,
            max_bytes: 4096
        }]
    );
    large.receipt.acknowledge();
    for n in 1..=2 {
        let delivery = service.next().await;
        assert_eq!(delivery.payload, reading(n));
        delivery.receipt.acknowledge();
    }
    assert_eq!(wire.connections(), 1);
    service.stop().await;
}

#[tokio::test]
async fn a_packet_above_the_connections_limit_is_taken_off_the_queue_with_one_reconnect() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    let wire = Wire::to(broker.port).await;
    let mut small = connection(wire.port);
    small.max_packet_bytes = 1 << 20;
    let mut service = Service::started(small).await;
    publish(broker.port, [reading(0), megabytes(3), reading(1)]).await;

    let mut seen = Vec::new();
    while seen.last() != Some(&(reading(1), None)) {
        assert!(seen.len() < 10, "the same deliveries come again and again");
        let delivery = service.next().await;
        seen.push((delivery.payload, delivery.cut_from_bytes));
        delivery.receipt.acknowledge();
    }
    let cut_out = (megabytes(1), Some(3 << 20));
    assert_eq!(
        seen.iter().filter(|delivery| **delivery == cut_out).count(),
        1
    );
    assert!(seen.contains(&(reading(0), None)));
    assert_eq!(wire.connections(), 2);
    service.stop().await;
}
