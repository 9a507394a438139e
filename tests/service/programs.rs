//! Programs beside the pages: JSON and events for whoever may see the pages, formats of other makers, official
//! information, and drills that stay apart.

use std::time::Duration;

use hinan::clock::wall;
use hinan_town::{
    Acknowledged, Device, Level, OBIHIRO, Officer, StatusCode, Town, TownPlan, count, eventually,
    message, pour, this_hour, topic,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::HINAN;

const LORAWAN: &str = "v3/town@ttn/devices/ldds-1/up";
const OFFICIAL: &str = "hinan/v1/official/jma";

/// One device of another maker at 帯広, on a topic of its network.
fn plan() -> TownPlan {
    let mut source = toml::Table::new();
    source.insert("filter".to_owned(), "v3/+/devices/+/up".into());
    let mut senml = toml::Table::new();
    senml.insert("filter".to_owned(), "senml/#".into());
    let mut device = toml::Table::new();
    device.insert("name".to_owned(), "urn:dev:mac:0024befffe804ff1".into());
    device.insert("station".to_owned(), OBIHIRO.into());
    device.insert("mounting_height_m".to_owned(), 40.0.into());
    TownPlan::of(HINAN)
        .with("sensors.source", vec![source, senml])
        .with("sensors.device", vec![device])
        .with_officer("mori", "viewer")
}

async fn json(officer: &Officer, path: &str) -> Value {
    let answer = officer.opens(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    serde_json::from_str(&answer.text)
        .unwrap_or_else(|why| panic!("{path}: {why}: {}", answer.text))
}

/// Why messages are in quarantine, newest first.
async fn put_aside(officer: &Officer) -> Vec<String> {
    let quarantine = json(officer, "/api/v1/quarantine").await;
    let messages = quarantine["messages"].as_array().unwrap().iter();
    messages
        .filter_map(|message| Some(message["code"].as_str()?.to_owned()))
        .collect()
}

/// A weather telegram of our own making: 大雨警報 for 帯広市, or a drill of the same.
fn telegram(status: &str, at: Timestamp, serial: u32) -> Vec<u8> {
    let sent = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let report = (at + SignedDuration::from_hours(9)).strftime("%Y-%m-%dT%H:%M:00+09:00");
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">
<Control><Title>気象特別警報・警報・注意報</Title><DateTime>{sent}</DateTime><Status>{status}</Status>
<EditorialOffice>帯広測候所</EditorialOffice><PublishingOffice>帯広測候所</PublishingOffice></Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>十勝地方気象警報・注意報</Title>
<ReportDateTime>{report}</ReportDateTime><TargetDateTime>{report}</TargetDateTime><EventID></EventID>
<InfoType>発表</InfoType><Serial>{serial}</Serial><InfoKind>気象警報・注意報</InfoKind>
<InfoKindVersion>1.1_2</InfoKindVersion><Headline><Text>十勝地方では、土砂災害に警戒してください。</Text></Headline></Head>
<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/">
<Warning type="気象警報・注意報（市町村等）"><Item>
<Kind><Name>大雨警報</Name><Code>03</Code><Status>発表</Status></Kind>
<Area><Name>帯広市</Name><Code>0120700</Code></Area></Item></Warning></Body></Report>"#
    )
    .into_bytes()
}

/// Whether a value is what a JSON Schema, itself valid, describes.
fn is_valid(schema: &Value, value: &Value) -> bool {
    let id = schema["$id"].as_str().unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource(id, schema.clone()).unwrap();
    let index = compiler.compile(id, &mut schemas).unwrap();
    schemas.validate(value, index).is_ok()
}

async fn gateway(town: &Town) -> Device {
    Device::connects(town.mqtt, "gateway").await
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_are_served_what_officers_may_see_and_nobody_else() {
    let mut town = plan().opens().await.unwrap();
    for path in [
        "/api/v1/stations",
        "/api/v1/official",
        "/api/v1/external",
        "/api/v1/quarantine",
        "/api/v1/events",
    ] {
        let page = town.resident().gets(path).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{path}");
        assert!(
            page.text().contains("\"signed_out\""),
            "{path}: {}",
            page.text()
        );
    }
    let schema = town.resident().gets("/schema/reading.v1.json").await;
    assert_eq!(schema.status, StatusCode::OK, "a vendor needs no account");
    let schema: Value = serde_json::from_slice(&schema.bytes).unwrap();
    let says = |payload: &str| is_valid(&schema, &serde_json::from_str(payload).unwrap());
    assert!(says(
        r#"{"at":"2026-09-01T00:00:00+09:00","level_m":34.5,"seq":1,"maker":"x"}"#
    ));
    for wrong in [
        r#"{"level_m":34.5}"#,
        r#"{"at":"2026-09-01T00:00:00","level_m":34.5}"#,
        r#"{"at":"2026-09-01T00:00:00Z","level_m":"34.5"}"#,
        r#"{"at":"2026-09-01T00:00:00Z","level_m":null}"#,
        r#"["2026-09-01T00:00:00Z",34.5]"#,
    ] {
        assert!(!says(wrong), "{wrong}");
    }
    let sent: Value = serde_json::from_slice(&message(
        &Level {
            station: OBIHIRO.to_owned(),
            at: wall(),
            level_m: 34.5,
        },
        7,
    ))
    .unwrap();
    assert!(
        is_valid(&schema, &sent),
        "what our own devices send: {sent}"
    );

    let mori = town.officer("mori").await;
    town.receives(&[Level {
        station: OBIHIRO.to_owned(),
        at: wall() - SignedDuration::from_mins(1),
        level_m: 34.12,
    }])
    .await;
    town.thinks().await;
    let station = json(&mori, &format!("/api/v1/stations/{OBIHIRO}")).await;
    assert_eq!(station["health"]["state"], "live");
    assert_eq!(station["level"]["level_m"], 34.12);
    let all = json(&mori, "/api/v1/stations").await;
    let others = all["stations"].as_array().unwrap();
    assert!(others.len() > 5);
    assert!(
        others
            .iter()
            .any(|other| other["health"]["state"] == "never_heard"),
        "silence is said, not left out"
    );
    let past = json(&mori, &format!("/api/v1/stations/{OBIHIRO}/readings")).await;
    assert_eq!(past["readings"][0]["value"], 34.12);

    for (path, status) in [
        ("/api/v1/stations/nowhere", StatusCode::NOT_FOUND),
        ("/api/v1/nothing", StatusCode::NOT_FOUND),
        ("/api/v1/quarantine?limit=0", StatusCode::BAD_REQUEST),
        ("/api/v1/events?kinds=weather", StatusCode::BAD_REQUEST),
    ] {
        let answer = mori.opens(path).await;
        assert_eq!(answer.status, status, "{path}");
        let said: Value = serde_json::from_str(&answer.text).unwrap();
        assert!(said["error"]["text"].is_string(), "{path}: {said}");
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_another_maker_is_understood_and_its_battery_kept_beside() {
    another_maker(plan()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_of_another_maker_is_understood_and_its_battery_kept_beside_from_a_broker_of_the_town_too()
 {
    another_maker(plan().with_mosquitto()).await;
}

async fn another_maker(plan: TownPlan) {
    let Some(mut town) = plan.opens().await else {
        return;
    };
    let now = this_hour().as_second();
    // A pack with two levels, a battery, and a record of a device that nobody listed.
    let pack = format!(
        r#"[{{"bn":"urn:dev:mac:0024befffe804ff1","bt":{now},"n":"/distance","u":"m","v":4.5,"t":-1200}},
            {{"n":"/distance","u":"m","v":4.4,"t":-600}},{{"n":"/battery","u":"V","v":3.61}},
            {{"bn":"urn:dev:mac:ffffffffffffffff","n":"/distance","u":"m","v":9}}]"#
    );
    let mut gateway = gateway(&town).await;
    assert!(gateway.says("senml/town", pack.as_bytes()).await);
    // The same pack again, as a gateway that was not sure: nothing happens twice.
    assert!(gateway.says("senml/town", pack.as_bytes()).await);
    let mori = town.officer("mori").await;
    // A broker of the town acknowledges before we have committed.
    let path = format!("/api/v1/stations/{OBIHIRO}/readings");
    let values: Vec<f64> = eventually("the pack is kept", || async {
        let past = json(&mori, &path).await;
        let readings = past["readings"].as_array().unwrap();
        let values = readings.iter().map(|r| r["value"].as_f64().unwrap());
        (!readings.is_empty()).then(|| values.collect())
    })
    .await;
    assert_eq!(values, [35.5, 35.6]);
    let station = json(&mori, &format!("/api/v1/stations/{OBIHIRO}")).await;
    let newest = station["newest"].as_object().unwrap();
    let battery = newest
        .iter()
        .find(|(name, _)| name.starts_with("battery_v"))
        .unwrap();
    assert_eq!(battery.1["value"], 3.61);
    let codes = put_aside(&mori).await;
    assert!(codes.contains(&"unknown_device".to_owned()), "{codes:?}");
    assert!(
        gateway.says(LORAWAN, b"{\"no\":\"uplink\"}").await,
        "acknowledged, and put aside"
    );
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_values_without_a_time_that_come_at_once_none_is_lost() {
    let mut town = plan().opens().await.unwrap();
    let said = |distance: &str| {
        let pack = format!(
            r#"[{{"bn":"urn:dev:mac:0024befffe804ff1","n":"/distance","u":"m","v":{distance}}}]"#
        );
        ("senml/town".to_owned(), pack.into_bytes())
    };
    let packs: Vec<_> = (0..)
        .zip(["4.5", "4.4", "4.3"].map(said))
        .map(|(number, (topic, pack))| (number, topic, pack))
        .collect();
    let acknowledged = Acknowledged::default();
    assert!(pour(town.mqtt, "gateway", &packs, &acknowledged).await);
    let mori = town.officer("mori").await;
    let path = format!("/api/v1/stations/{OBIHIRO}/readings");
    let past = json(&mori, &path).await;
    let readings = past["readings"].as_array().unwrap().iter();
    let values: Vec<f64> = readings.map(|r| r["value"].as_f64().unwrap()).collect();
    assert_eq!(
        values,
        [35.5, 35.6, 35.7],
        "each, in the order in which they came"
    );
    assert_eq!(put_aside(&mori).await, Vec::<String>::new());
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_from_the_future_does_not_stand_before_the_true_ones() {
    let mut town = plan().opens().await.unwrap();
    let at = this_hour();
    let mut gateway = gateway(&town).await;
    let future = telegram("通常", at + SignedDuration::from_hours(48), 1);
    assert!(gateway.says(OFFICIAL, &future).await);
    let mori = town.officer("mori").await;
    let codes = put_aside(&mori).await;
    assert!(
        codes.contains(&"issued_in_the_future".to_owned()),
        "{codes:?}"
    );
    assert!(gateway.says(OFFICIAL, &telegram("通常", at, 1)).await);
    eventually("the true one stands", || async {
        let board = json(&mori, "/api/v1/official").await;
        board.to_string().contains("大雨警報").then_some(())
    })
    .await;
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_information_holds_through_a_restart_and_a_drill_is_only_counted() {
    official(plan()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn official_information_holds_through_a_restart_and_a_drill_is_only_counted_from_a_broker_of_the_town_too()
 {
    official(plan().with_mosquitto()).await;
}

async fn official(plan: TownPlan) {
    let Some(mut town) = plan.opens().await else {
        return;
    };
    let at = this_hour();
    let mut gateway = gateway(&town).await;
    let name = format!("{OFFICIAL}/VPWW54/20260901000000_0_VPWW54_014100.xml");
    let drill = telegram("訓練", at, 2);
    assert!(gateway.says(&name, &drill).await);
    assert!(gateway.says(&name, &telegram("通常", at, 1)).await);
    assert!(
        gateway.says(&name, &telegram("通常", at, 1)).await,
        "twice by two ways"
    );
    assert!(gateway.says(&name, b"<Report>cut").await);
    assert!(
        gateway.says(&name, &telegram("本番", at, 3)).await,
        "an unknown status"
    );

    let mori = town.officer("mori").await;
    for _ in ["before a restart", "after it"] {
        let official = eventually("the warning holds", || async {
            let official = json(&mori, "/api/v1/official").await;
            official["holdings"].get(0).is_some().then_some(official)
        })
        .await;
        let holdings = official["holdings"].as_array().unwrap();
        assert_eq!(holdings.len(), 1, "{official}");
        assert_eq!(holdings[0]["area"], "0120700");
        assert_eq!(holdings[0]["hazard"], "heavy_rain");
        assert_eq!(official["drills"]["received"], 1);
        let page = mori.opens("/plain/").await.text;
        assert!(
            page.contains("大雨警報") && page.contains("帯広測候所"),
            "{page}"
        );
        assert!(page.contains("本番ではない電文を1通受信"), "{page}");
        town.power_fails();
        town.starts().await;
    }
    drop(gateway);
    let codes = put_aside(&mori).await;
    assert_eq!(codes, ["unknown_value", "not_xml"]);
    town.closes().await;
}

/// An alert of the prefecture, in two languages.
fn alert_of_others(at: Timestamp) -> Vec<u8> {
    let sent = at.strftime("%Y-%m-%dT%H:%M:%S+00:00");
    let info = |language: &str, headline: &str| {
        format!(
            "<info><language>{language}</language><category>Met</category><event>Flood</event><urgency>Expected</urgency>\
             <severity>Severe</severity><certainty>Likely</certainty><senderName>県の防災</senderName>\
             <headline>{headline}</headline><area><areaDesc>十勝</areaDesc></area></info>"
        )
    };
    format!(
        "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>A1</identifier><sender>pref@example.jp</sender>\
         <sent>{sent}</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope>{}{}</alert>",
        info("en", "River rises"),
        info("ja", "川が増水しています")
    )
    .into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_say_is_shown_apart_told_as_an_event_and_advises_nothing() {
    external(plan()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_say_is_shown_apart_from_a_broker_of_the_town_too() {
    external(plan().with_mosquitto()).await;
}

async fn external(plan: TownPlan) {
    // A gauge that asks for the rain of this station: what advice rests on must be in the record.
    let quality: toml::Table = toml::from_str(
        r#"neighbours = { gauges = [ { station = "301081281107040", travel_min = 60 } ], rain_mm = 10.0, rain_stations = ["19432"] }"#,
    )
    .unwrap();
    let mut stations = toml::Table::new();
    stations.insert(OBIHIRO.to_owned(), quality.into());
    let plan = plan.with("sensors.station", stations);
    let Some(mut town) = plan.opens().await else {
        return;
    };
    let mori = town.officer("mori").await;
    let page = mori.opens("/plain/").await.text;
    assert!(
        page.contains("外部の情報はまだ一度も受信していません"),
        "{page}"
    );
    let mut ear = mori.listens("/api/v1/events?kinds=external", None).await;
    let mut gateway = gateway(&town).await;
    let now = wall();
    let at = now - SignedDuration::from_mins(1);
    assert!(
        gateway
            .says("hinan/v1/official/cap", &alert_of_others(at))
            .await
    );
    let drill = String::from_utf8(alert_of_others(at)).unwrap();
    let drill = drill.replace("Actual", "Exercise").replace("A1", "A2");
    assert!(
        gateway
            .says("hinan/v1/official/cap", drill.as_bytes())
            .await
    );
    let time = hinan::clock::japan(now)
        .strftime("%Y%m%d%H%M00")
        .to_string();
    let rain = r#"{"19432":{"precipitation10m":[3.5,0],"precipitation1h":[null,6],"precipitation24h":[12.0,1]}}"#;
    let name = format!("hinan/v1/official/amedas/{time}.json");
    assert!(gateway.says(&name, rain.as_bytes()).await);

    let told: Vec<Value> = [ear.hears().await, ear.hears().await]
        .iter()
        .map(|told| serde_json::from_str(&told.data).unwrap())
        .collect();
    assert_eq!(
        (&told[0]["kind"], &told[0]["outcome"]),
        (&"cap".into(), &"shown".into())
    );
    assert_eq!(told[1]["kind"], "observations");
    for _ in ["before a restart", "after it"] {
        let external = eventually("the picture is new", || async {
            let external = json(&mori, "/api/v1/external").await;
            external["stations"].get(0).is_some().then_some(external)
        })
        .await;
        assert_eq!(
            external["alerts"].as_array().unwrap().len(),
            1,
            "{external}"
        );
        assert_eq!(external["alerts"][0]["headline"], "川が増水しています");
        assert_eq!(external["alerts"][0]["end_is_ours"], true);
        let observed = &external["stations"][0]["observed"];
        assert_eq!(observed["rain_10min_mm"]["state"], "good");
        assert_eq!(observed["rain_1h_mm"]["state"], "missing");
        assert_eq!(observed["rain_24h_mm"]["state"], "doubtful");
        let page = mori.opens("/plain/").await.text;
        for said in [
            "川が増水しています",
            "県の防災(pref@example.jp)",
            "10分 3.5 mm、1時間 欠測",
            "市の発令ではなく",
        ] {
            assert!(page.contains(said), "{said}: {page}");
        }
        assert!(!page.contains("River rises"), "Japanese first");
        assert!(
            mori.opens("/plain/inbox").await.text.contains("ありません"),
            "nothing is proposed"
        );
        let official = json(&mori, "/api/v1/official").await;
        assert_eq!(
            official["holdings"].as_array().unwrap().len(),
            0,
            "{official}"
        );
        assert_eq!(
            official["drills"]["received"], 1,
            "the exercise is counted there"
        );
        let feed = town.resident().gets("/feed.atom").await.text();
        assert!(!feed.contains("増水"), "{feed}");
        town.power_fails();
        town.starts().await;
    }
    drop((ear, gateway));
    town.receives(&[Level {
        station: OBIHIRO.to_owned(),
        at: wall(),
        level_m: 34.2,
    }])
    .await;
    town.thinks().await;
    town.closes().await;
    let data = town.data_dir().display().to_string();
    let replayed = std::process::Command::new(HINAN)
        .args(["replay", "--config", &town.config(), "--data-dir", &data])
        .output()
        .unwrap();
    assert!(replayed.status.success(), "{replayed:?}");
    let db = rusqlite::Connection::open(town.data_dir().join("hinan.sqlite3")).unwrap();
    let grounds: i64 = db
        .query_row(
            "SELECT count(*) FROM official WHERE ground = 1",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(grounds, 1, "the rain, and nothing else of what others say");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_what_is_committed_and_reads_on_after_a_break() {
    listener(plan()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_hears_what_is_committed_and_reads_on_after_a_break_from_a_broker_of_the_town_too()
 {
    listener(plan().with_mosquitto()).await;
}

async fn listener(plan: TownPlan) {
    let Some(mut town) = plan.with("web.listeners_max", 2).opens().await else {
        return;
    };
    let mori = town.officer("mori").await;
    let mut ear = mori
        .listens("/api/v1/events?kinds=reading,official", None)
        .await;
    let level = |minutes: i64, level_m: f64| Level {
        station: OBIHIRO.to_owned(),
        at: this_hour() - SignedDuration::from_mins(minutes),
        level_m,
    };
    town.receives(&[level(20, 34.0), level(10, 34.1)]).await;
    let first = ear.hears().await;
    let second = ear.hears().await;
    assert_eq!(
        (first.kind.as_str(), second.kind.as_str()),
        ("reading", "reading")
    );
    let said: Value = serde_json::from_str(&first.data).unwrap();
    assert_eq!(said["station"], OBIHIRO);
    assert_eq!(said["quantity"], "water_level_m");
    assert_eq!(said["value"], 34.0);

    // It goes away, something happens, it comes back and has missed nothing.
    drop(ear);
    let mut gateway = gateway(&town).await;
    let name = format!("{OFFICIAL}/VPWW54/x_0_VPWW54_014100.xml");
    assert!(gateway.says(&name, &telegram("通常", this_hour(), 1)).await);
    let asked = "/api/v1/events?kinds=reading,official";
    let mut ear = eventually("there is a seat", || async {
        mori.tries_to_listen(asked, Some(&first.id)).await.ok()
    })
    .await;
    assert_eq!(ear.hears().await, second, "what it had heard last but one");
    let news = ear.hears().await;
    assert_eq!(news.kind, "official");
    let said: Value = serde_json::from_str(&news.data).unwrap();
    assert_eq!(
        (&said["outcome"], &said["rings"]),
        (&"replaced".into(), &true.into())
    );

    // Two may listen, a third is told to come back.
    let _second = mori.listens(asked, None).await;
    let refused = mori.tries_to_listen(asked, None).await.err().unwrap();
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);

    // After a restart numbers begin anew, and that is said.
    town.power_fails();
    town.starts().await;
    let mut ear = mori.listens(asked, Some(&news.id)).await;
    town.receives(&[level(5, 34.2)]).await;
    let gap = ear.hears().await;
    assert_eq!(gap.kind, "gap");
    assert!(gap.data.contains("restarted"), "{}", gap.data);
    assert_eq!(ear.hears().await.kind, "reading");
    drop(ear);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_falls_silent_is_told_as_an_event() {
    silent_station(plan()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_falls_silent_is_told_as_an_event_from_a_broker_of_the_town_too() {
    silent_station(plan().with_mosquitto()).await;
}

async fn silent_station(plan: TownPlan) {
    let plan = plan
        .with("sensors.cadence_s", 10)
        .with("recommend.every_s", 60);
    let Some(mut town) = plan.opens().await else {
        return;
    };
    let mori = town.officer("mori").await;
    let mut ear = mori
        .listens(
            &format!("/api/v1/events?kinds=health&station={OBIHIRO}"),
            None,
        )
        .await;
    let level = |station: &str, ago_ms: i64| Level {
        station: station.to_owned(),
        at: wall() - SignedDuration::from_millis(ago_ms),
        level_m: 34.0,
    };
    // It has said nothing for a while, and is late in a moment.
    town.receives(&[level(OBIHIRO, 12_000)]).await;
    let live = ear.hears().await;
    let said: Value = serde_json::from_str(&live.data).unwrap();
    assert_eq!(
        (&said["before"], &said["state"]),
        (&"never_heard".into(), &"live".into())
    );
    // Other gauges go on speaking, so that the town thinks again and again.
    let mut gateway = gateway(&town).await;
    let late = loop {
        let other = level("301081281107230", 0);
        assert!(
            gateway
                .says(&topic(&other.station), &message(&other, 1))
                .await
        );
        if let Ok(late) = tokio::time::timeout(Duration::from_millis(200), ear.hears()).await {
            break late;
        }
    };
    let said: Value = serde_json::from_str(&late.data).unwrap();
    assert_eq!(said["state"], "late", "{said}");
    let metrics = town.metrics().await;
    assert!(count(&metrics, "hinan_station_states_total", "late") > 0.5);
    drop(ear);
    town.closes().await;
}

/// The doors open a moment before the first advice: what comes in between is told like everything else. A reading that comes too late for
/// that moment is told anyway; that it is told in it, too, the tests of the intake's `states` show without a clock.
#[tokio::test(flavor = "multi_thread")]
async fn a_station_that_is_heard_before_the_first_advice_is_told_as_an_event() {
    let mut town = plan().opens().await.unwrap();
    let mori = town.officer("mori").await;
    let asked = format!("/api/v1/events?kinds=health&station={OBIHIRO}");
    town.power_fails();
    let port = town.mqtt;
    let speaks_at_once = async {
        let mut gauge = Device::connects(port, "gateway").await;
        let level = Level {
            station: OBIHIRO.to_owned(),
            at: wall(),
            level_m: 34.0,
        };
        assert!(gauge.says(&topic(OBIHIRO), &message(&level, 1)).await);
    };
    tokio::join!(town.starts(), speaks_at_once);

    // Whoever comes back from an earlier run hears everything of this one.
    let mut ear = mori.listens(&asked, Some("earlier-1")).await;
    assert_eq!(ear.hears().await.kind, "gap");
    let said: Value = serde_json::from_str(&ear.hears().await.data).unwrap();
    assert_eq!(
        (&said["before"], &said["state"]),
        (&"never_heard".into(), &"live".into())
    );
    drop(ear);
    town.closes().await;
}
