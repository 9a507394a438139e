//! TLS between devices and the service: with a secret, with a certificate of one's own, and to a broker of the town.

use std::path::Path;

use hinan::clock::wall;
use hinan_sensors::connect::Tls;
use hinan_town::{
    Device, Level, Mosquitto, OBIHIRO, Town, TownPlan, eventually, free_port, message, topic,
};
use jiff::SignedDuration;

use crate::HINAN;
use crate::authority::certificates;
use crate::several_brokers::{kept, remote};
use crate::who_may_speak::devices;

fn level(minutes_ago: i64) -> (String, Vec<u8>) {
    let level = Level {
        station: OBIHIRO.to_owned(),
        at: wall() - SignedDuration::from_mins(minutes_ago),
        level_m: 34.2,
    };
    (topic(OBIHIRO), message(&level, 1))
}

/// Whether somebody who came so far is heard. TLS 1.3 lets a client send before it learns that it was refused, and who is
/// nobody is let in to read notices.
async fn speaks(device: Result<Device, rumqttc::ConnectionError>) -> bool {
    let (topic, message) = level(5);
    match device {
        Ok(mut device) => device.says(&topic, &message).await,
        Err(_) => false,
    }
}

fn trusts(home: &Path, own: Option<&str>) -> Tls {
    let read = |file: String| std::fs::read(home.join(file)).unwrap();
    let own = own.map(|own| (read(format!("{own}.pem")), read(format!("{own}.key"))));
    let own = own.as_ref().map(|(chain, key)| (&chain[..], &key[..]));
    Tls::from_pem(&read("ca.pem".to_owned()), own).unwrap()
}

/// A town whose own broker speaks TLS on this port and asks for certificates as told.
async fn town_behind_tls(home: &Path, port: u16, clients: &str) -> Town {
    let file = |name: &str| home.join(name).display().to_string();
    TownPlan::of(HINAN)
        .with("broker.devices", "enrolled")
        .with("broker.tls_listen", format!("127.0.0.1:{port}"))
        .with("broker.tls_certificate", file("broker.pem"))
        .with("broker.tls_key", file("broker.key"))
        .with("broker.tls_clients", clients)
        .with("broker.tls_client_ca", file("ca.pem"))
        .opens()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_speaks_through_tls_with_its_secret_or_with_a_certificate_of_its_own() {
    let (ours, foreign) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let home = ours.path();
    let made = certificates(home, "broker", "127.0.0.1")
        && certificates(home, "gauge-1", "gauge-1")
        && certificates(home, "gauge-9", "gauge-9")
        && certificates(foreign.path(), "gauge-1", "gauge-1");
    if !made {
        return;
    }
    let port = free_port();
    let mut town = town_behind_tls(home, port, "optional").await;
    let secret = devices(&town.config(), &["enrol", "gauge-1", "--station", OBIHIRO]);
    let nameless = trusts(home, None);
    let login = Some(("gauge-1", secret.as_str()));
    let mut gauge = eventually("the door knows the device", || async {
        Device::tries_by(port, "gauge-1", &nameless, login)
            .await
            .ok()
    })
    .await;
    let (topic, first) = level(30);
    assert!(gauge.says(&topic, &first).await);

    // Its certificate names it; no secret is needed, and without it the name alone says nothing.
    let own = trusts(home, Some("gauge-1"));
    let mut gauge = Device::tries_by(port, "gauge-1:b", &own, None)
        .await
        .unwrap();
    assert!(gauge.says(&topic, &level(20).1).await);
    assert!(
        !gauge.says("hinan/v1/readings/other", b"{}").await,
        "as itself only"
    );
    assert!(!speaks(Device::tries(town.mqtt, "gauge-1").await).await);
    kept(&town, 2.0).await;

    // A device that nobody enrolled, another authority's certificate, and a broker that the device does not trust.
    let unknown = trusts(home, Some("gauge-9"));
    assert!(!speaks(Device::tries_by(port, "gauge-9", &unknown, None).await).await);
    let read = |dir: &Path, file: &str| std::fs::read(dir.join(file)).unwrap();
    let (chain, key) = (
        read(foreign.path(), "gauge-1.pem"),
        read(foreign.path(), "gauge-1.key"),
    );
    let forged = Tls::from_pem(&read(home, "ca.pem"), Some((&chain, &key))).unwrap();
    assert!(!speaks(Device::tries_by(port, "gauge-1", &forged, None).await).await);
    let suspicious = trusts(foreign.path(), None);
    assert!(
        Device::tries_by(port, "gauge-1", &suspicious, login)
            .await
            .is_err()
    );
    kept(&town, 2.0).await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_certificate_is_required_a_secret_alone_opens_nothing() {
    let home = tempfile::tempdir().unwrap();
    let made = certificates(home.path(), "broker", "127.0.0.1")
        && certificates(home.path(), "gauge-1", "gauge-1");
    if !made {
        return;
    }
    let port = free_port();
    let mut town = town_behind_tls(home.path(), port, "required").await;
    let secret = devices(&town.config(), &["enrol", "gauge-1", "--station", OBIHIRO]);
    let own = trusts(home.path(), Some("gauge-1"));
    // Before the door knows it, it is let in as nobody, and says nothing.
    eventually("the door knows the device", || async {
        speaks(Device::tries_by(port, "gauge-1", &own, None).await)
            .await
            .then_some(())
    })
    .await;
    let nameless = trusts(home.path(), None);
    let login = Some(("gauge-1", secret.as_str()));
    assert!(!speaks(Device::tries_by(port, "gauge-1", &nameless, login).await).await);
    kept(&town, 1.0).await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_reads_a_broker_of_the_town_through_tls_and_trusts_only_its_authority() {
    let home = tempfile::tempdir().unwrap();
    let files = home.path().to_owned();
    let other = tempfile::tempdir().unwrap();
    if !certificates(&files, "broker", "127.0.0.1") || !certificates(other.path(), "x", "x") {
        return;
    }
    let settings = "allow_anonymous true\ncertfile {home}/broker.pem\nkeyfile {home}/broker.key\n";
    let Some(broker) = Mosquitto::start_in(home, settings).await else {
        return;
    };
    let trusting = |name: &str, ca: &Path| {
        let mut remote = remote(name, broker.port);
        remote.insert("tls".to_owned(), true.into());
        let ca = ca.join("ca.pem").display().to_string();
        remote.insert("ca_file".to_owned(), ca.into());
        remote
    };
    let mut town = TownPlan::of(HINAN)
        .with("broker.remote", vec![trusting("known", &files)])
        .opens()
        .await
        .unwrap();
    let mut device = Device::connects_by(broker.port, "device", &trusts(&files, None)).await;
    let (topic, message) = level(10);
    assert!(device.says(&topic, &message).await);
    kept(&town, 1.0).await;
    town.closes().await;

    let mut town = TownPlan::of(HINAN)
        .with("broker.remote", vec![trusting("strange", other.path())])
        .with_brokers_out_of_reach()
        .opens()
        .await
        .unwrap();
    eventually("the refusal is named", || async {
        let answer = town.resident().gets("/readyz").await;
        answer.text().contains("strange").then_some(())
    })
    .await;
    town.closes().await;
}
