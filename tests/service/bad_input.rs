//! What cannot be read is put aside with its reason; what can is kept, whatever stands beside it.

use hinan::clock::wall;
use hinan_town::{Device, Level, OBIHIRO, TownPlan, count, eventually, message, topic, total};
use jiff::SignedDuration;

use crate::HINAN;

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_put_aside_by_reason_and_its_neighbours_are_kept() {
    story(TownPlan::of(HINAN)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_input_is_put_aside_by_reason_from_a_broker_of_the_town_too() {
    story(TownPlan::of(HINAN).with_mosquitto()).await;
}

async fn story(plan: TownPlan) {
    let Some(mut town) = plan.opens().await else {
        return;
    };
    let now = wall();
    let own = topic(OBIHIRO);
    let at = |ahead: SignedDuration| now + ahead;
    let json = |at: jiff::Timestamp, rest: &str| format!(r#"{{"at":"{at}",{rest}}}"#).into_bytes();
    let recent = at(SignedDuration::from_mins(-90));
    let conflicting = Level {
        station: OBIHIRO.to_owned(),
        at: recent,
        level_m: 34.0,
    };
    let other = Level {
        level_m: 34.5,
        ..conflicting.clone()
    };
    let bad: Vec<(&str, String, Vec<u8>)> = vec![
        ("not_utf8", own.clone(), b"\xff\xfe\x00".to_vec()),
        ("not_json", own.clone(), b"the water rises".to_vec()),
        ("not_json", own.clone(), Vec::new()),
        ("too_large", own.clone(), vec![b'{'; 2 << 20]),
        (
            "wrong_shape",
            own.clone(),
            json(recent, r#""level_m":"34.1""#),
        ),
        (
            "wrong_shape",
            own.clone(),
            json(recent, r#""level_m":null"#),
        ),
        (
            "wrong_shape",
            own.clone(),
            format!(r#"["{recent}",34.1]"#).into_bytes(),
        ),
        (
            "wrong_shape",
            own.clone(),
            br#"{"at":"yesterday","level_m":34.1}"#.to_vec(),
        ),
        (
            "not_finite",
            own.clone(),
            json(recent, r#""level_m":1e999"#),
        ),
        (
            "from_the_future",
            own.clone(),
            json(at(SignedDuration::from_hours(1)), r#""level_m":34.1"#),
        ),
        (
            "too_old",
            own.clone(),
            json(at(SignedDuration::from_hours(-24 * 8)), r#""level_m":34.1"#),
        ),
        (
            "unknown_station",
            topic("999"),
            json(recent, r#""level_m":34.1"#),
        ),
        (
            "topic_mismatch",
            own.clone(),
            json(recent, r#""level_m":34.1,"station":"301081281107230""#),
        ),
        ("conflict", own.clone(), message(&other, 2)),
    ];
    let mut gateway = Device::connects(town.mqtt, "gateway").await;
    assert!(gateway.says(&own, &message(&conflicting, 1)).await);
    for (n, (reason, to, payload)) in bad.iter().enumerate() {
        let minutes = 200 + i64::try_from(n).unwrap();
        let neighbour = Level {
            at: at(SignedDuration::from_mins(-minutes)),
            ..conflicting.clone()
        };
        assert!(
            gateway.says(to, payload).await,
            "{reason}: acknowledged, so that it does not come again"
        );
        assert!(gateway.says(&own, &message(&neighbour, 3)).await);
    }
    // The very same reading again is no conflict and no second reading.
    assert!(gateway.says(&own, &message(&conflicting, 1)).await);

    let metrics = eventually("all have been worked through", || async {
        let metrics = town.metrics().await;
        (total(&metrics, "hinan_packets_total") > 2.0 * bad.len() as f64 + 1.5).then_some(metrics)
    })
    .await;
    for (reason, ..) in &bad {
        let expected = bad.iter().filter(|(other, ..)| other == reason).count() as f64;
        let counted = count(
            &metrics,
            "hinan_quarantined_total",
            &format!("reason=\"{reason}\""),
        );
        assert!(
            (counted - expected).abs() < 0.5,
            "{reason}: {counted} of {expected}"
        );
    }
    let kept = total(&metrics, "hinan_readings_total");
    assert!(
        (kept - (bad.len() as f64 + 1.0)).abs() < 0.5,
        "{kept} neighbours kept"
    );
    assert!((total(&metrics, "hinan_duplicates_total") - 1.0).abs() < 0.5);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_may_speak_for_itself_only_and_for_nobody_on_other_topics() {
    let mut town = TownPlan::of(HINAN)
        .with("sensors.devices_publish", "own")
        .opens()
        .await
        .unwrap();
    let level = Level {
        station: OBIHIRO.to_owned(),
        at: wall(),
        level_m: 34.0,
    };
    let payload = message(&level, 1);
    let mut device = Device::connects(town.mqtt, OBIHIRO).await;
    assert!(device.says(&topic(OBIHIRO), &payload).await, "as itself");
    assert!(
        !device.says(&topic("301081281107230"), &payload).await,
        "as another gauge: the connection is closed"
    );
    let mut device = Device::connects(town.mqtt, OBIHIRO).await;
    assert!(
        !device.says("hinan/v1/readings/a/b", &payload).await,
        "below its own topic"
    );
    let mut stranger = Device::connects(town.mqtt, "stranger").await;
    assert!(
        !stranger.says(&topic(OBIHIRO), &payload).await,
        "a client that is no gauge of the town"
    );
    eventually("the refusals are counted", || async {
        let refused = count(
            &town.metrics().await,
            "hinan_broker_total",
            "publishes_refused",
        );
        ((refused - 3.0).abs() < 0.5).then_some(())
    })
    .await;
    let kept = total(&town.metrics().await, "hinan_readings_total");
    assert!((kept - 1.0).abs() < 0.5, "{kept}");
    town.closes().await;
}
