//! A consumer that does not keep up.

use std::time::Duration;

use crate::broker::{Broker, publish, reading};
use crate::service::{Service, connection};

#[tokio::test]
async fn a_consumer_with_little_room_gets_everything_in_order() {
    let Some(broker) = Broker::start("max_inflight_messages 50").await else {
        return;
    };
    Service::started(connection(broker.port)).await.stop().await;
    publish(broker.port, (0..60).map(reading)).await;

    let mut service = Service::start_with_room_for(10, connection(broker.port));
    let mut expected = 0;
    let mut taken = 0;
    while expected < 60 {
        let delivery = service.next().await;
        taken += 1;
        assert!(taken < 200, "{taken} deliveries for 60 messages");
        // Repetitions come, but nothing is left out and nothing overtakes.
        if delivery.payload == reading(expected) {
            expected += 1;
        } else {
            assert!(
                (0..expected).any(|earlier| delivery.payload == reading(earlier)),
                "something was left out"
            );
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
        delivery.receipt.acknowledge();
    }
    service.stop().await;
}
