//! The broker dies and comes back.

use std::collections::BTreeSet;

use crate::broker::{Broker, publish, reading};
use crate::service::{Service, connection};

#[tokio::test]
async fn nothing_is_lost_when_the_broker_is_killed_and_restarted() {
    let Some(mut broker) = Broker::start("").await else {
        return;
    };
    let mut service = Service::started(connection(broker.port)).await;
    publish(broker.port, (0..20).map(reading)).await;
    for delivery in service.next_of(5).await {
        delivery.receipt.acknowledge();
    }
    broker.has_kept(&reading(19)).await;
    broker.kill();
    service.is_down().await;
    broker.start_again().await;
    assert!(service.is_connected().await, "the broker still knows us");
    publish(broker.port, (20..40).map(reading)).await;

    // The five that were acknowledged may come again: the broker may have died before it noted that.
    let mut missing: BTreeSet<_> = (5..40).map(reading).collect();
    let mut taken = 0;
    while !missing.is_empty() {
        taken += 1;
        assert!(
            taken < 200,
            "still missing after {taken} deliveries: {missing:?}"
        );
        let delivery = service.next().await;
        missing.remove(&delivery.payload);
        delivery.receipt.acknowledge();
    }
    service.stop().await;
}

#[tokio::test]
async fn a_broker_that_lost_its_memory_is_subscribed_to_again() {
    let Some(mut broker) = Broker::start("").await else {
        return;
    };
    let mut service = Service::started(connection(broker.port)).await;
    broker.kill();
    broker.forget();
    service.is_down().await;
    broker.start_again().await;
    assert!(
        !service.is_connected().await,
        "the broker does not know us any more"
    );
    publish(broker.port, [reading(1)]).await;
    assert_eq!(service.next().await.payload, reading(1));
    service.stop().await;
}
