use rumqttc::mqttbytes::QoS::{self, AtLeastOnce, AtMostOnce, ExactlyOnce};
use rumqttc::mqttbytes::v4::{
    Connect, ConnectReturnCode, SubscribeReasonCode::Failure, SubscribeReasonCode::Success,
};

use crate::kit::{Client, Town, gauge, lasting, publish, tower, with_login, with_will};

#[tokio::test]
async fn a_gauge_cannot_publish_as_another_gauge() {
    let mut town = Town::start().await;
    for qos in [AtMostOnce, AtLeastOnce, ExactlyOnce] {
        let mut mallory = town.gauge("a").await;
        let pkid = u16::from(qos != AtMostOnce);
        mallory
            .publish(publish("sensors/b/level", "99", qos, pkid))
            .await;
        mallory.is_closed().await;
    }
    town.sink_is_quiet().await;
    let counts = town.counts();
    assert_eq!((counts.publishes_refused, counts.messages_in), (3, 0));
}

#[tokio::test]
async fn a_gauge_cannot_publish_deeper_or_on_dollar_topics() {
    let town = Town::start().await;
    for topic in ["sensors/a/level/deeper", "sensors/a", "$SYS/x", "notices/x"] {
        let mut gauge = town.gauge("a").await;
        gauge.publish(publish(topic, "x", AtMostOnce, 0)).await;
        gauge.is_closed().await;
    }
    let mut tower = town.tower("t").await;
    tower.publish(publish("$SYS/x", "x", AtMostOnce, 0)).await;
    tower.is_closed().await;
}

#[tokio::test]
async fn each_filter_of_a_subscription_is_granted_or_refused_for_itself() {
    let town = Town::start().await;
    let mut gauge = town.gauge("a").await;
    let asked: [(&str, QoS); 7] = [
        ("commands/a/#", AtLeastOnce),
        ("commands/b/#", AtLeastOnce),
        ("commands/+/go", AtLeastOnce),
        ("#", AtMostOnce),
        ("sensors/a/level", AtLeastOnce),
        ("notices/x", AtMostOnce),
        ("notices/#", ExactlyOnce),
    ];
    let answers = gauge.subscribe(&asked).await;
    assert_eq!(
        answers,
        [
            Success(AtLeastOnce),
            Failure,
            Failure,
            Failure,
            Failure,
            Success(AtMostOnce),
            Success(ExactlyOnce)
        ]
    );
    assert_eq!(town.counts().subscriptions_refused, 4);
    let mut tower = town.tower("t").await;
    tower
        .publish(publish("commands/b/go", "not for a", AtMostOnce, 0))
        .await;
    tower
        .publish(publish("commands/a/go", "for a", AtMostOnce, 0))
        .await;
    assert_eq!(&gauge.take().await.payload[..], b"for a");
}

#[tokio::test]
async fn who_is_turned_away_is_told_why() {
    let town = Town::start().await;
    let long = "x".repeat(300);
    let table = [
        (
            with_login("x", "gauge", "wrong"),
            ConnectReturnCode::BadUserNamePassword,
        ),
        (
            with_login("x", "banned", "any"),
            ConnectReturnCode::NotAuthorized,
        ),
        (
            with_login("x", "fault", "any"),
            ConnectReturnCode::ServiceUnavailable,
        ),
        (gauge(&long), ConnectReturnCode::BadClientId),
        (lasting(gauge("")), ConnectReturnCode::BadClientId),
        (
            with_will(gauge("a"), "status/b", "off", AtMostOnce, false),
            ConnectReturnCode::NotAuthorized,
        ),
    ];
    for (connect, expected) in table {
        let (mut client, answer) = Client::knock(town.address(), connect).await;
        assert_eq!((answer.code, answer.session_present), (expected, false));
        client.is_closed().await;
    }
    let counts = town.counts();
    assert_eq!((counts.denied, counts.admitted, counts.sessions), (6, 0, 0));
}

#[tokio::test]
async fn nameless_visitors_do_not_meet_in_one_session() {
    let town = Town::start().await;
    let mut one = Client::enter(town.address(), Connect::new("")).await;
    let mut two = Client::enter(town.address(), Connect::new("")).await;
    one.ping().await;
    two.ping().await;
    assert_eq!(town.counts().sessions, 2);
}

#[tokio::test]
async fn another_user_name_cannot_take_a_session_over() {
    let town = Town::start().await;
    let mut owner = Client::enter(town.address(), lasting(gauge("a"))).await;
    let (mut thief, answer) = Client::knock(town.address(), lasting(tower("a"))).await;
    assert_eq!(answer.code, ConnectReturnCode::BadClientId);
    thief.is_closed().await;
    owner.ping().await;
    owner.disconnect().await;
    let (_, answer) = Client::knock(town.address(), tower("a")).await;
    assert_eq!(answer.code, ConnectReturnCode::BadClientId);
    Client::come_back(town.address(), lasting(gauge("a"))).await;
}
