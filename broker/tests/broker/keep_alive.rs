#![expect(clippy::disallowed_methods, reason = "these tests measure real time")]

use std::time::{Duration, Instant};

use hinan_broker::Settings;
use rumqttc::mqttbytes::QoS::AtLeastOnce;
use rumqttc::mqttbytes::v4::Connect;

use crate::kit::{Client, Town, gauge, publish, tower};

fn keep_alive(mut connect: Connect, seconds: u16) -> Connect {
    connect.keep_alive = seconds;
    connect
}

#[tokio::test]
async fn silence_is_allowed_for_one_and_a_half_times_the_keep_alive() {
    let town = Town::start().await;
    let mut quiet = Client::enter(town.address(), keep_alive(tower("quiet"), 1)).await;
    let mut alive = Client::enter(town.address(), keep_alive(tower("alive"), 1)).await;
    let mut forever = Client::enter(town.address(), keep_alive(tower("forever"), 0)).await;
    let begin = Instant::now();
    let watch = tokio::spawn(async move {
        quiet.is_closed().await;
        begin.elapsed()
    });
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_millis(500)).await;
        alive.ping().await;
    }
    let silent_for = watch.await.unwrap();
    assert!(
        (Duration::from_millis(1_400)..Duration::from_millis(2_400)).contains(&silent_for),
        "{silent_for:?}"
    );
    forever.ping().await;
    assert_eq!(town.counts().silent, 1);
}

#[tokio::test]
async fn silence_is_not_held_against_a_client_whose_socket_we_do_not_read() {
    let mut town = Town::with(
        Settings {
            unacked_max: 1,
            ..Settings::default()
        },
        10,
    )
    .await;
    let mut client = Client::enter(town.address(), keep_alive(gauge("a"), 1)).await;
    client
        .publish(publish("sensors/a/level", "1", AtLeastOnce, 1))
        .await;
    let (_, receipt) = town.inbound().await.split();
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    receipt.committed();
    client.expect_puback(1).await;
    client.ping().await;
    assert_eq!(town.counts().silent, 0);
}
