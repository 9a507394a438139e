//! Readings come from several brokers at once: our own, one elsewhere, one that asks who we are. Each is lost and
//! found again for itself.

use hinan_sensors::connect::Tls;
use hinan_town::{
    Device, Level, Mosquitto, OBIHIRO, Town, TownPlan, count, eventually, message, this_hour,
    topic, total,
};
use jiff::SignedDuration;

use crate::HINAN;
use crate::authority::certificates;

fn level(minutes_ago: i64) -> Level {
    Level {
        station: OBIHIRO.to_owned(),
        at: this_hour() - SignedDuration::from_mins(minutes_ago),
        level_m: 34.0,
    }
}

async fn arrives(port: u16, minutes_ago: i64) {
    let mut device = Device::connects(port, &format!("device-{minutes_ago}")).await;
    let payload = message(&level(minutes_ago), 1);
    assert!(device.says(&topic(OBIHIRO), &payload).await, "port {port}");
}

pub(crate) async fn kept(town: &Town, readings: f64) {
    eventually(&format!("{readings} readings are kept"), || async {
        let kept = total(&town.metrics().await, "hinan_readings_total");
        ((kept - readings).abs() < 0.5).then_some(())
    })
    .await;
}

pub(crate) fn remote(name: &str, port: u16) -> toml::Table {
    let mut remote = toml::Table::new();
    remote.insert("name".to_owned(), name.into());
    remote.insert("host".to_owned(), "127.0.0.1".into());
    remote.insert("port".to_owned(), i64::from(port).into());
    remote
}

#[tokio::test(flavor = "multi_thread")]
async fn readings_come_from_two_brokers_and_one_that_is_lost_does_not_stop_the_others() {
    let Some(mut plain) = Mosquitto::start().await else {
        return;
    };
    let mut town = TownPlan::of(HINAN)
        .with("broker.remote", vec![remote("prefecture", plain.port)])
        .opens()
        .await
        .unwrap();
    arrives(town.mqtt, 10).await;
    arrives(plain.port, 20).await;
    kept(&town, 2.0).await;

    plain.power_fails();
    eventually("the lost one is named", || async {
        let answer = town.resident().gets("/readyz").await;
        answer.text().contains("prefecture").then_some(())
    })
    .await;
    arrives(town.mqtt, 30).await;
    kept(&town, 3.0).await;

    plain.comes_back().await;
    eventually("it is found again", || async {
        let answer = town.resident().gets("/readyz").await;
        answer.status.is_success().then_some(())
    })
    .await;
    arrives(plain.port, 40).await;
    // What both brokers bring is one reading.
    arrives(plain.port, 10).await;
    kept(&town, 4.0).await;
    eventually("the second time is counted", || async {
        let metrics = town.metrics().await;
        let link = |what: &str| count(&metrics, "hinan_link_total", &format!("what=\"{what}\""));
        (link("subscribed") > 1.5
            && link("lost") > 0.5
            && total(&metrics, "hinan_duplicates_total") > 0.5)
            .then_some(())
    })
    .await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_wants_a_certificate_is_shown_ours_and_must_show_its_own() {
    let home = tempfile::tempdir().unwrap();
    let files = home.path().to_owned();
    if !certificates(&files, "broker", "127.0.0.1") || !certificates(&files, "town", "town") {
        return;
    }
    let settings = "allow_anonymous true\ncafile {home}/ca.pem\ncertfile {home}/broker.pem\nkeyfile {home}/broker.key\n\
                    require_certificate true\n";
    let read = |file: &str| std::fs::read(files.join(file)).unwrap();
    let (chain, key) = (read("town.pem"), read("town.key"));
    let tls = Tls::from_pem(&read("ca.pem"), Some((&chain, &key))).unwrap();
    let Some(broker) = Mosquitto::start_in(home, settings).await else {
        return;
    };
    let named = |name: &str, own: bool| {
        let mut remote = remote(name, broker.port);
        let mut put = |key: &str, file: &str| {
            let path = files.join(file).display().to_string();
            remote.insert(key.to_owned(), path.into());
        };
        put("ca_file", "ca.pem");
        if own {
            put("cert_file", "town.pem");
            put("key_file", "town.key");
        }
        remote.insert("tls".to_owned(), true.into());
        remote
    };
    let mut town = TownPlan::of(HINAN)
        .with("broker.remote", vec![named("known", true)])
        .with("publish.broker", "known")
        .opens()
        .await
        .unwrap();
    let mut device = Device::connects_by(broker.port, "device", &tls).await;
    assert!(device.says(&topic(OBIHIRO), &message(&level(10), 1)).await);
    kept(&town, 1.0).await;
    town.closes().await;

    // Without a certificate of ours the broker hangs up, and the pages say so instead of starting without a word.
    let mut town = TownPlan::of(HINAN)
        .with("broker.remote", vec![named("nameless", false)])
        .with_brokers_out_of_reach()
        .opens()
        .await
        .unwrap();
    eventually("the refusal is named", || async {
        let answer = town.resident().gets("/readyz").await;
        answer.text().contains("nameless").then_some(())
    })
    .await;
    town.closes().await;
}
