//! Devices with credentials of their own: what they may say, and what happens when an officer takes one out of use.

use std::process::{Command, Output, Stdio};

use hinan::clock::wall;
use hinan::devices::Verifier;
use hinan_dashboard::form;
use hinan_town::{
    Device, Level, Mosquitto, OBIHIRO, StatusCode, Town, TownPlan, eventually, message, topic,
    total,
};

use crate::HINAN;

const TOPIC: &str = "hinan/v1/readings";

fn hinan(arguments: &[&str]) -> Output {
    Command::new(HINAN)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// `hinan devices STEP … --config FILE`, which must succeed. Returns the secret, if it printed one.
pub(crate) fn devices(config: &str, arguments: &[&str]) -> String {
    let told = hinan(&[&["devices"], arguments, &["--config", config]].concat());
    assert!(told.status.success(), "{told:?}");
    let text = String::from_utf8(told.stdout).unwrap();
    text.lines()
        .find_map(|line| line.split_once("shown once): "))
        .map(|(_, secret)| secret.trim().to_owned())
        .unwrap_or_default()
}

/// What a gauge says of this moment.
fn level_now(station: &str, level_m: f64) -> (String, Vec<u8>) {
    let level = Level {
        station: station.to_owned(),
        at: wall(),
        level_m,
    };
    (topic(station), message(&level, 1))
}

/// gauge-1, as soon as the door knows it.
async fn signs_in(port: u16, secret: &str) -> Device {
    eventually("the door knows the device", || async {
        Device::signs_in(port, "gauge-1", "gauge-1", secret)
            .await
            .ok()
    })
    .await
}

async fn town_that_knows_its_devices() -> Town {
    TownPlan::of(HINAN)
        .with("broker.devices", "enrolled")
        .with("sensors.devices_publish", "own")
        .with_officer("sato", "duty_officer")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_speaks_with_its_own_secret_and_only_as_itself() {
    let mut town = town_that_knows_its_devices().await;
    // Beside the running service.
    let secret = devices(&town.config(), &["enrol", "gauge-1", "--station", OBIHIRO]);
    let port = town.mqtt_port();
    let mut gauge = signs_in(port, &secret).await;
    let (own, message) = level_now(OBIHIRO, 34.5);
    assert!(gauge.says(&own, &message).await);

    for (client_id, name, secret) in [
        ("gauge-1", "gauge-1", "a guess"),
        ("gauge-2", "gauge-1", secret.as_str()),
        ("gauge-2", "gauge-2", secret.as_str()),
    ] {
        let refused = Device::signs_in(port, client_id, name, secret).await;
        assert!(refused.is_err(), "{client_id} {name}");
    }
    assert!(!gauge.says(&format!("{TOPIC}/another"), b"{}").await);
    // Who is nobody may read notices and say nothing.
    let mut nobody = Device::connects(port, OBIHIRO).await;
    assert!(!nobody.says(&own, &message).await);

    // A new secret; the old one is good for an hour more.
    let newer = devices(&town.config(), &["rotate", "gauge-1", "--grace-h", "1"]);
    for secret in [&secret, &newer] {
        eventually("both secrets are good", || async {
            Device::signs_in(port, "gauge-1", "gauge-1", secret)
                .await
                .ok()
        })
        .await;
    }
    devices(&town.config(), &["rotate", "gauge-1", "--grace-h", "0"]);
    eventually("the secrets before are not", || async {
        let old = Device::signs_in(port, "gauge-1", "gauge-1", &newer).await;
        old.is_err().then_some(())
    })
    .await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_doors_are_open_a_station_with_a_device_is_closed_to_all_others_even_when_the_device_is_barred()
 {
    let plan = TownPlan::of(HINAN).with("sensors.devices_publish", "any");
    let mut town = plan.with_officer("mori", "viewer").opens().await.unwrap();
    let port = town.mqtt_port();
    let (own, message) = level_now(OBIHIRO, 38.9);
    devices(&town.config(), &["enrol", "gauge-1", "--station", OBIHIRO]);
    eventually(
        "the door knows the device: nobody else comes in with its name",
        || async {
            let both = [
                Device::tries(port, "gauge-1").await,
                Device::tries(port, "gauge-1:2").await,
            ];
            both.iter().all(Result::is_err).then_some(())
        },
    )
    .await;
    let mut refused = 0.0;
    for (bar, name) in [(false, OBIHIRO), (true, OBIHIRO), (false, "somebody")] {
        if bar {
            devices(
                &town.config(),
                &["out-of-use", "gauge-1", "--reason", "stolen"],
            );
        }
        eventually("what others say of it is put aside", || async {
            let mut nobody = Device::connects(port, name).await;
            nobody.says(&own, &message).await;
            let now = total(&town.metrics().await, "hinan_quarantined_total");
            (now > refused).then_some(())
        })
        .await;
        refused = total(&town.metrics().await, "hinan_quarantined_total");
    }
    let mori = town.officer("mori").await;
    let past = mori
        .opens(&format!("/api/v1/stations/{OBIHIRO}/readings"))
        .await;
    assert!(!past.text.contains("38.9"), "{}", past.text);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_takes_a_stolen_device_out_of_use_and_sees_the_effect() {
    let mut town = town_that_knows_its_devices().await;
    let secret = devices(&town.config(), &["enrol", "gauge-1", "--station", OBIHIRO]);
    let port = town.mqtt_port();
    let mut gauge = signs_in(port, &secret).await;
    let (topic, message) = level_now(OBIHIRO, 38.9);
    assert!(gauge.says(&topic, &message).await);
    eventually("its level is thought about", || async {
        (total(&town.metrics().await, "hinan_evaluation_seconds_count") >= 2.0).then_some(())
    })
    .await;

    let sato = town.officer("sato").await;
    let list = sato.opens("/plain/devices").await;
    assert!(list.text.contains("gauge-1"), "{}", list.text);
    let page = sato.opens("/plain/devices/gauge-1/out").await;
    let csrf = hinan_town::fields(&page.text)[form::CSRF].clone();
    let out = "/plain/devices/gauge-1/out";
    let since = "2016-01-01 00:00";
    let ask = |reason: &'static str, step: &'static str| {
        [
            (form::CSRF, csrf.clone()),
            (form::REASON_TEXT, reason.to_owned()),
            (form::SINCE, since.to_owned()),
            (form::STEP, step.to_owned()),
        ]
    };
    let unsaid = sato.posts(out, &ask("", form::STEP_APPROVE)).await;
    assert_eq!(unsaid.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsaid.text.contains("理由を"), "{}", unsaid.text);
    let asked = sato.posts(out, &ask("盗難の届け出", "")).await;
    assert_eq!(asked.status, StatusCode::OK);
    assert!(asked.text.contains("保存済みの水位1件"), "{}", asked.text);
    assert!(
        asked.text.contains("話す機器がなくなります"),
        "{}",
        asked.text
    );

    let mori = town.officer("mori").await;
    let mori_page = mori.opens(out).await;
    let mut foreign = ask("見るだけの人", form::STEP_APPROVE);
    foreign[0].1 = hinan_town::fields(&mori_page.text)[form::CSRF].clone();
    let refused = mori.posts(out, &foreign).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(gauge.says(&topic, &message).await, "nothing was done yet");

    let done = sato
        .posts(out, &ask("盗難の届け出", form::STEP_APPROVE))
        .await;
    assert_eq!(done.to.as_deref(), Some("/plain/devices/gauge-1"));
    assert!(
        !gauge.says(&topic, &message).await,
        "its connection is closed"
    );
    let again = Device::signs_in(port, "gauge-1", "gauge-1", &secret).await;
    assert!(again.is_err(), "and it is not let in again");
    eventually("the page shows what it did", || async {
        let page = sato.opens("/plain/devices/gauge-1").await.text;
        (page.contains("値1件を異常としました")
            && page.contains("接続は切れています")
            && page.contains("盗難の届け出"))
        .then_some(())
    })
    .await;
    let audit = sato.opens("/plain/audit").await.text;
    assert!(audit.contains("機器 gauge-1 の使用を停止(理由: 盗難の届け出)"));
    // The situation does not stand on its level any more, and the record says the same again.
    town.closes().await;
    let data = town.data_dir().display().to_string();
    let replayed = hinan(&["replay", "--config", &town.config(), "--data-dir", &data]);
    assert!(replayed.status.success(), "{replayed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_that_sends_too_much_or_too_long_is_slowed_and_refused_and_the_officers_see_the_counts()
 {
    let mut town = town_that_knows_its_devices().await;
    let limits = "--messages-per-min 120 --burst 3 --payload-max-bytes 100";
    let mut enrol = vec!["enrol", "gauge-1", "--station", OBIHIRO];
    enrol.extend(limits.split(' '));
    let secret = devices(&town.config(), &enrol);
    let port = town.mqtt_port();
    let mut gauge = signs_in(port, &secret).await;
    let level = |minutes_ago: i64| {
        let at = wall() - jiff::SignedDuration::from_mins(minutes_ago);
        let level = Level {
            station: OBIHIRO.to_owned(),
            at,
            level_m: 34.5,
        };
        message(&level, 1)
    };
    // Three at once, then it is read more slowly; none is lost.
    for n in 0..7 {
        assert!(gauge.says(&topic(OBIHIRO), &level(n)).await);
    }
    let long = format!("{{\"note\":\"{}\"}}", "x".repeat(100));
    assert!(
        !gauge.says(&topic(OBIHIRO), long.as_bytes()).await,
        "too long"
    );
    let sato = town.officer("sato").await;
    eventually("the page shows its counts", || async {
        let page = sato.opens("/plain/devices/gauge-1").await.text;
        let counts = page.split("受信・拒否・減速</dt><dd>").nth(1)?;
        let mut counts = counts.split('(').next()?.split('・');
        let mut next = || counts.next()?.parse::<u64>().ok();
        let (messages, refused, throttled) = (next()?, next()?, next()?);
        (messages == 7 && refused == 1 && throttled >= 3).then_some(())
    })
    .await;
    let kept = total(&town.metrics().await, "hinan_readings_total");
    assert!((kept - 7.0).abs() < 0.5, "{kept} of 7 are kept");
    let quarantine = sato.opens("/api/v1/quarantine").await.text;
    assert!(
        quarantine.contains("gauge-1") || quarantine.contains("too_large"),
        "{quarantine}"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_cuts_a_device_off_beside_the_running_service() {
    let mut town = TownPlan::of(HINAN).opens().await.unwrap();
    // Never enrolled: an open broker lets it speak by its name.
    let port = town.mqtt_port();
    let mut gauge = Device::connects(port, OBIHIRO).await;
    let (topic, message) = level_now(OBIHIRO, 34.5);
    assert!(gauge.says(&topic, &message).await);
    devices(
        &town.config(),
        &["out-of-use", OBIHIRO, "--reason", "speaks nonsense"],
    );
    eventually("it is cut off and not let in again", || async {
        Device::tries(port, OBIHIRO).await.err()
    })
    .await;
    assert!(!gauge.says(&topic, &message).await);
    let twice = hinan(&[
        "devices",
        "out-of-use",
        OBIHIRO,
        "--reason",
        "again",
        "--config",
        &town.config(),
    ]);
    assert!(!twice.status.success());
    let secret = devices(
        &town.config(),
        &["restore", OBIHIRO, "--reason", "repaired"],
    );
    eventually("with its new secret it is back", || async {
        Device::signs_in(port, OBIHIRO, OBIHIRO, &secret).await.ok()
    })
    .await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_of_the_town_s_own_lets_each_device_speak_only_as_itself() {
    let home = tempfile::tempdir().unwrap();
    let config = home.path().join("town.toml");
    let data = home.path().join("data");
    std::fs::write(
        &config,
        format!("[service]\ndata_dir = {:?}\n", data.display().to_string()),
    )
    .unwrap();
    let config = config.display().to_string();
    let secret = devices(&config, &["enrol", "gauge-1", "--station", OBIHIRO]);
    let gateway = devices(&config, &["enrol", "lns", "--topic", "v3/+/devices/+/up"]);
    let gone = devices(&config, &["enrol", "gone", "--station", OBIHIRO]);
    devices(&config, &["revoke", "gone", "--reason", "scrapped"]);
    let files = home.path().join("broker");
    let to = files.display().to_string();
    devices(&config, &["export", "--for", "mosquitto", "--to", &to]);

    // An account that may read everything, beside those that were exported.
    let add = |file: &str, text: String| {
        let path = files.join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, before + &text).unwrap();
    };
    let reader = Verifier::of("reads everything");
    add("passwords", format!("reader:{}\n", reader.mosquitto()));
    add("access", "\nuser reader\ntopic read #\n".to_owned());
    let settings = format!(
        "allow_anonymous false\npassword_file {0}/passwords\nacl_file {0}/access\n",
        files.display()
    );
    let Some(broker) = Mosquitto::start_with(&settings).await else {
        return;
    };
    listens(broker.port, &["-E"]).await;
    for (name, secret) in [("gauge-1", "a guess"), ("gone", gone.as_str())] {
        let refused = Device::signs_in(broker.port, name, name, secret).await;
        assert!(refused.is_err(), "{name}");
    }
    // What mosquitto refuses it may acknowledge or answer by closing; who reads is asked what arrived.
    let own = format!("{TOPIC}/{OBIHIRO}");
    let other = format!("{TOPIC}/other");
    let uplink = "v3/a/devices/b/up";
    for (name, secret, topic, payload) in [
        ("gauge-1", &secret, other.as_str(), "not mine"),
        ("gauge-1", &secret, uplink, "not mine"),
        ("lns", &gateway, own.as_str(), "not mine"),
        ("lns", &gateway, uplink, "uplink"),
        ("gauge-1", &secret, own.as_str(), "level"),
    ] {
        let mut device = Device::signs_in(broker.port, name, name, secret)
            .await
            .unwrap();
        device.says(topic, payload.as_bytes()).await;
    }
    let told = listens(broker.port, &["-C", "2", "-W", "20", "-F", "%t %p"]).await;
    let mut heard: Vec<&str> = told.lines().collect();
    heard.sort_unstable();
    assert_eq!(
        heard,
        [format!("{own} level").as_str(), "v3/a/devices/b/up uplink"]
    );
}

/// What the account that reads everything gets, in a session that lasts.
async fn listens(port: u16, further: &[&str]) -> String {
    let told = tokio::process::Command::new("mosquitto_sub")
        .args(["-h", "127.0.0.1", "-p", &port.to_string()])
        .args(["-u", "reader", "-P", "reads everything"])
        .args(["-c", "-i", "reader", "-q", "1", "-t", "#"])
        .args(further)
        .output()
        .await
        .unwrap();
    assert!(told.status.success(), "{told:?}");
    String::from_utf8(told.stdout).unwrap()
}
