//! The broker owns a message until the consumer says otherwise.

use hinan_sensors::connect::{Acknowledged, LinkState, Secret, Stopped};
use rumqttc::QoS;

use crate::broker::{Broker, TOPIC, publish, publish_as, reading};
use crate::service::{Service, connection, payloads};
use crate::wire::Wire;

#[tokio::test]
async fn what_was_not_acknowledged_when_the_link_broke_comes_again_exactly() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    let wire = Wire::to(broker.port).await;
    let mut service = Service::started(connection(wire.port)).await;
    let sent: Vec<_> = (0..3).map(reading).collect();
    publish(broker.port, sent.clone()).await;
    let first = service.next_of(3).await;
    assert_eq!(payloads(&first), sent);
    assert!(
        first
            .iter()
            .all(|delivery| delivery.topic == TOPIC && !delivery.retained)
    );

    wire.cut();
    let again = service.next_of(3).await;
    assert_eq!(payloads(&again), sent);
    for delivery in again {
        assert_eq!(delivery.receipt.acknowledge(), Acknowledged::Queued);
    }
    service.stop().await;

    // Now they are off the broker's hands: the next to come is new.
    let mut service = Service::started(connection(wire.port)).await;
    publish(broker.port, [reading(9)]).await;
    assert_eq!(service.next().await.payload, reading(9));
    service.stop().await;
}

#[tokio::test]
async fn an_acknowledgement_from_a_dead_connection_confirms_nothing() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    let wire = Wire::to(broker.port).await;
    let mut service = Service::started(connection(wire.port)).await;
    publish(broker.port, (0..3).map(reading)).await;
    let stale = service.next_of(3).await;
    wire.cut();
    service.is_down().await;
    service.is_connected().await;
    // The identifiers of these packets are in use again on the new connection.
    for delivery in stale {
        assert_eq!(delivery.receipt.acknowledge(), Acknowledged::ConnectionGone);
    }
    service.stop().await;

    let mut service = Service::started(connection(wire.port)).await;
    let sent: Vec<_> = (0..3).map(reading).collect();
    assert_eq!(payloads(&service.next_of(3).await), sent);
    service.stop().await;
}

#[tokio::test]
async fn a_receipt_that_is_dropped_brings_its_message_and_all_after_it_again() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    let mut service = Service::started(connection(broker.port)).await;
    publish(broker.port, (0..4).map(reading)).await;
    let mut first = service.next_of(4).await.into_iter();
    // The first is committed, the commit of the second fails, the others are committed.
    assert_eq!(
        first.next().unwrap().receipt.acknowledge(),
        Acknowledged::Queued
    );
    drop(first.next());
    for delivery in first {
        assert_eq!(delivery.receipt.acknowledge(), Acknowledged::Queued);
    }
    let again = service.next().await;
    assert_eq!(again.payload, reading(1));
    assert_eq!(again.receipt.acknowledge(), Acknowledged::Queued);
    service.stop().await;
}

#[tokio::test]
async fn at_shutdown_what_the_consumer_still_holds_can_be_acknowledged() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    let mut service = Service::started(connection(broker.port)).await;
    publish(broker.port, (0..3).map(reading)).await;
    let held = service.next_of(3).await;
    let stopping = tokio::spawn(service.stop());
    tokio::task::yield_now().await;
    for delivery in held {
        assert_eq!(delivery.receipt.acknowledge(), Acknowledged::Queued);
    }
    stopping.await.unwrap();

    let mut service = Service::started(connection(broker.port)).await;
    publish(broker.port, [reading(9)]).await;
    assert_eq!(service.next().await.payload, reading(9));
    service.stop().await;
}

#[tokio::test]
async fn what_is_published_while_the_service_is_away_waits_for_it() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    Service::started(connection(broker.port)).await.stop().await;
    let sent: Vec<_> = (0..200).map(reading).collect();
    publish(broker.port, sent.clone()).await;
    let mut service = Service::start(connection(broker.port));
    for expected in sent {
        let delivery = service.next().await;
        assert_eq!(delivery.payload, expected);
        delivery.receipt.acknowledge();
    }
    assert!(service.is_connected().await, "the broker still knows us");
    service.stop().await;
}

#[tokio::test]
async fn a_retained_message_is_marked_and_one_with_qos_0_owes_nothing() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    publish_as(broker.port, [reading(1)], QoS::AtLeastOnce, true).await;
    let mut service = Service::started(connection(broker.port)).await;
    let state = service.next().await;
    assert!(state.retained);
    assert_eq!(state.payload, reading(1));
    state.receipt.acknowledge();
    publish_as(broker.port, [reading(2)], QoS::AtMostOnce, false).await;
    let unpromised = service.next().await;
    assert!(!unpromised.retained);
    assert_eq!(unpromised.receipt.acknowledge(), Acknowledged::NotOwed);
    service.stop().await;
}

#[tokio::test]
async fn a_refused_login_is_said_in_words_without_the_password() {
    let Some(broker) = Broker::start("allow_anonymous false").await else {
        return;
    };
    let mut connection = connection(broker.port);
    connection.login = Some(("sensor".to_owned(), Secret::new("open sesame")));
    let mut service = Service::start(connection);
    let why = service.is_down().await;
    assert!(why.contains("refused") && !why.contains("sesame"), "{why}");
    assert!(
        matches!(&*service.status.borrow(), LinkState::Down { retry_in, .. } if !retry_in.is_zero())
    );
    service.stop().await;
}

#[tokio::test]
async fn a_consumer_that_is_gone_ends_the_connection() {
    let Some(broker) = Broker::start("").await else {
        return;
    };
    let service = Service::started(connection(broker.port)).await;
    assert_eq!(service.abandon().await, Err(Stopped::ConsumerGone));
}
