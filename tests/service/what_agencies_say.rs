//! What agencies say of the sea, the ground, the slopes, the rain and the rivers is a ground for advice where the town's criteria ask
//! for it and its plan names the place; and what nobody tells is said to be unknown.

use hinan_dashboard::form;
use hinan_town::{Device, OBIHIRO, Officer, StatusCode, Town, TownPlan, eventually, this_hour};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::HINAN;

const OFFICIAL: &str = "hinan/v1/official/jma";

/// Places and threats made up for these stories.
const PLAN: &str = r#"
[agency]
tsunami_areas = ["100"]
record_rain_areas = ["014030"]

[[river]]
name = "札内川"
codes = ["810401000200"]

[[rain]]
station = "20432"
name = "帯広"
rivers = ["札内川"]

[[threat]]
kind = "landslide"
district = "yachiyo"
people_at_risk = 40
source = "試験のための架空の区域"

[[threat]]
kind = "tsunami"
district = "inada"
people_at_risk = 100
source = "試験のための架空の区域"
"#;

/// Two conditions that ask for rain, beside those of the national model that the other stories need.
const CRITERIA: &str = r#"
name = "試験の基準"
version = "1"
[stale_after_min]
official = 60
risk_map = 30
rain = 120
forecast = 60
[[condition]]
id = "rain"
kind = "forecast-river"
level = 3
words = "1時間に50ミリ以上"
words_en = "50 mm within an hour"
all = [{ is = "rain", hours = 1, mm = 50 }]
[[condition]]
id = "record"
kind = "forecast-river"
level = 4
words = "記録的短時間大雨情報"
words_en = "Record rain"
all = [{ is = "record-rain" }]
[[condition]]
id = "river"
kind = "forecast-river"
level = 5
words = "レベル5氾濫特別警報"
words_en = "Level 5 flood emergency warning"
all = [{ is = "river", level = 5 }]
"#;

struct World {
    town: Town,
    gateway: Device,
    sato: Officer,
    _files: TempDir,
}

async fn world(criteria: &str) -> World {
    let files = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = files.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let town = TownPlan::of(HINAN)
        .with("recommend.plan", write("plan.toml", PLAN))
        .with("recommend.criteria", write("criteria.toml", criteria))
        .with_officer("sato", "approver")
        .with_officer("hayashi", "shelter_desk")
        .opens()
        .await
        .unwrap();
    World {
        gateway: Device::connects(town.mqtt_port(), "weather").await,
        sato: town.officer("sato").await,
        town,
        _files: files,
    }
}

impl World {
    async fn is_told(&mut self, kind: &str, telegram: &str) {
        let name = format!("{OFFICIAL}/{kind}/{kind}.xml");
        assert!(self.gateway.says(&name, telegram.as_bytes()).await);
    }

    async fn json(&self, path: &str) -> Value {
        let answer = self.sato.opens(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }

    async fn advised(&self, about: &str) -> Vec<u64> {
        let list = self.json("/api/v1/recommendations").await;
        let all = list["recommendations"].as_array().unwrap();
        all.iter()
            .filter(|one| one["river"] == about)
            .filter_map(|one| one["level"].as_u64())
            .collect()
    }

    async fn input(&self, name: &str) -> Value {
        let all = self.json("/api/v1/inputs").await;
        let rows = all["inputs"].as_array().unwrap();
        let row = rows.iter().find(|row| row["input"] == name);
        row.unwrap_or_else(|| panic!("{name}: {all}")).clone()
    }

    async fn says(&self, name: &str, words: &str) {
        eventually(&format!("{name} says {words}"), || async {
            let row = self.input(name).await;
            row["says"].to_string().contains(words).then_some(())
        })
        .await;
    }
}

/// A telegram of our own making with this head and body.
fn telegram(
    title: &str,
    kind: &str,
    event: &str,
    serial: u32,
    at: Timestamp,
    rest: (&str, &str),
) -> String {
    let sent = at.strftime("%Y-%m-%dT%H:%M:%SZ");
    let report = (at + SignedDuration::from_hours(9)).strftime("%Y-%m-%dT%H:%M:%S+09:00");
    let (headline, body) = rest;
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">
<Control><Title>{title}</Title><DateTime>{sent}</DateTime><Status>通常</Status>
<EditorialOffice>気象庁本庁</EditorialOffice><PublishingOffice>気象庁</PublishingOffice></Control>
<Head xmlns="http://xml.kishou.go.jp/jmaxml1/informationBasis1/"><Title>{title}</Title>
<ReportDateTime>{report}</ReportDateTime><TargetDateTime>{report}</TargetDateTime><EventID>{event}</EventID>
<InfoType>発表</InfoType><Serial>{serial}</Serial><InfoKind>{kind}</InfoKind><InfoKindVersion>1.0_1</InfoKindVersion>
<Headline><Text>試験のための電文</Text>{headline}</Headline></Head>
{body}</Report>"#
    )
}

fn tsunami(code: &str, name: &str, serial: u32, at: Timestamp) -> String {
    let first = (at + SignedDuration::from_hours(9 + 2)).strftime("%Y-%m-%dT%H:%M:%S+09:00");
    let body = format!(
        r#"<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/seismology1/"><Tsunami><Forecast><Item>
<Area><Name>北海道太平洋沿岸東部</Name><Code>100</Code></Area>
<Category><Kind><Name>{name}</Name><Code>{code}</Code></Kind><LastKind><Name>津波なし</Name><Code>00</Code></LastKind></Category>
<FirstHeight><ArrivalTime>{first}</ArrivalTime></FirstHeight></Item></Forecast></Tsunami></Body>"#
    );
    telegram(
        "津波警報・注意報・予報a",
        "津波警報・注意報・予報",
        "20261127000000",
        serial,
        at,
        ("", &body),
    )
}

fn national() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/config/criteria.toml");
    std::fs::read_to_string(path).unwrap()
}

/// A moment ago: later than what was said before, and not in the future.
fn now() -> Timestamp {
    let wall = hinan::clock::wall();
    Timestamp::from_second(wall.as_second()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_in_no_table_calls_somebody_to_read_the_telegram() {
    let mut world = world(&national()).await;
    let body = r#"<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/">
<Warning type="気象警報・注意報（市町村等）"><Item>
<Kind><Name>新しい警報</Name><Code>98</Code><Status>発表</Status></Kind>
<Area><Name>帯広市</Name><Code>0120700</Code></Area></Item></Warning></Body>"#;
    let told = telegram(
        "気象特別警報・警報・注意報",
        "気象警報・注意報",
        "",
        1,
        now(),
        ("", body),
    );
    world.is_told("VPWW54", &told).await;
    let alarm = eventually("an alarm calls", || async {
        let list = world.json("/api/v1/alarms").await;
        let all = list["alarms"].as_array().unwrap().clone();
        all.into_iter()
            .find(|alarm| alarm["key"].as_str().unwrap().ends_with("-unclear"))
    })
    .await;
    assert_eq!(alarm["class"], "act_soon");
    assert!(alarm["text"].to_string().contains("98"), "{alarm}");
    assert!(
        world.advised("十勝川").await.is_empty(),
        "it raises nothing by itself"
    );
    world.town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tsunami_warning_asks_for_an_order_and_an_advisory_alone_does_not_and_the_notice_speaks_of_no_river()
 {
    let mut world = world(&national()).await;
    let begins = this_hour();
    world
        .is_told("VTSE41", &tsunami("62", "津波注意報", 1, begins))
        .await;
    world.says("tsunami", "津波注意報").await;
    world.town.thinks().await;
    assert!(
        world.advised("津波").await.is_empty(),
        "of an advisory nobody says that it reaches the unit"
    );

    let later = now();
    world
        .is_told("VTSE41", &tsunami("51", "津波警報", 2, later))
        .await;
    eventually("level 4 is proposed", || async {
        (world.advised("津波").await == [4]).then_some(())
    })
    .await;
    let list = world.json("/api/v1/recommendations").await;
    let one = &list["recommendations"][0];
    assert_eq!(one["districts"], json!(["inada"]), "{one}");
    assert!(
        one["decide_by"].is_string(),
        "the first wave is told: {one}"
    );
    let id = one["id"].as_str().unwrap().to_owned();
    let detail = world
        .json(&format!("/api/v1/recommendations/{id}/detail"))
        .await;
    assert_eq!(detail["hazard"]["ja"], "津波", "{detail}");
    assert_eq!(detail["place"], "津波");
    let page = world.sato.opens(&format!("/plain/r/{id}")).await.text;
    assert!(
        page.contains("津波") && !page.contains("津波沿い"),
        "{page}"
    );

    // It can be issued, and what leaves speaks of the tsunami and of no river.
    let sheet = world.sato.reads(&id).await;
    let confirmation = world
        .sato
        .decides(&sheet, 4, "津波警報が発表されたため")
        .await;
    let notice = world.sato.lets_out(&confirmation).await;
    let said = world.json(&format!("/api/v1/notices/{notice}")).await;
    let texts = said["texts"].to_string();
    assert!(texts.contains("津波に関し"), "{texts}");
    assert!(!texts.contains("沿い"), "{texts}");
    // The order stands for the tsunami: it is not asked for again, and its lifting asks for somebody who looked.
    eventually("the order is in force", || async {
        let gates = world.json("/api/v1/lifting").await;
        let all = gates["gates"].as_array().unwrap().clone();
        let inspected = all
            .iter()
            .find(|gate| gate["about"] == "津波" && gate["gate"] == "inspected")?;
        (inspected["answer"] == "unknown" && inspected["for_officers"] == true).then_some(())
    })
    .await;
    world.town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shaking_opens_shelters_and_orders_nobody() {
    let mut world = world(&national()).await;
    let body = r#"<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/seismology1/"><Intensity><Observation><MaxInt>5+</MaxInt>
<Pref><Name>北海道</Name><Code>01</Code><MaxInt>5+</MaxInt><Area><Name>十勝地方中部</Name><Code>155</Code><MaxInt>5+</MaxInt>
<City><Name>帯広市</Name><Code>0120700</Code><MaxInt>5+</MaxInt></City></Area></Pref></Observation></Intensity></Body>"#;
    let quake = telegram(
        "震源・震度に関する情報",
        "地震情報",
        "20261127010000",
        1,
        this_hour(),
        ("", body),
    );
    world.is_told("VXSE53", &quake).await;
    world.says("shaking", "震度5強").await;
    let inputs = eventually("shelters are to be opened", || async {
        let inputs = world.json("/api/v1/inputs").await;
        let open = inputs["postures"]
            .as_array()
            .unwrap()
            .iter()
            .any(|posture| posture["id"] == "eq-open" && posture["opens_shelters"] == true);
        open.then_some(inputs)
    })
    .await;
    let list = world.json("/api/v1/recommendations").await;
    assert_eq!(list["recommendations"], json!([]), "{inputs}");
    let page = world.sato.opens("/plain/inputs").await.text;
    assert!(page.contains("避難所の開設"), "{page}");
    // Nobody tells the risk maps here; what they alone would raise is named, and a warning was given at the start.
    assert!(page.contains("このシステムでは分かりません"), "{page}");
    let map = world.input("flood-map").await;
    assert_eq!(map["standing"], "unheard");
    assert!(map["never_met"].to_string().contains("or4-map"), "{map}");
    assert!(
        world.town.log().contains("these conditions stay unknown"),
        "said at the start"
    );
    world.town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_landslide_danger_warning_asks_for_an_order_where_the_plan_names_a_slope_and_nowhere_else()
 {
    let mut world = world(&national()).await;
    let body = r#"<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"><Warning type="気象警報・注意報（市町村等）"><Item>
<Kind><Name>レベル４土砂災害危険警報</Name><Code>49</Code><Status>発表</Status></Kind>
<Area><Name>帯広市</Name><Code>0120700</Code></Area></Item></Warning></Body>"#;
    let warning = telegram(
        "気象特別警報・警報・注意報",
        "気象警報・注意報",
        "",
        1,
        this_hour(),
        ("", body),
    );
    world.is_told("VPWW54", &warning).await;
    eventually("level 4 is proposed", || async {
        (world.advised("土砂災害").await == [4]).then_some(())
    })
    .await;
    let list = world.json("/api/v1/recommendations").await;
    let all = list["recommendations"].as_array().unwrap();
    assert_eq!(all.len(), 1, "{list}");
    assert_eq!(all[0]["districts"], json!(["yachiyo"]));
    let never = all[0]["would_change"].to_string();
    assert!(
        never.contains("土砂キキクルがこのシステムでは分からない"),
        "{never}"
    );
    world.town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rain_that_fell_record_rain_and_a_river_report_that_names_no_town_but_a_river_of_the_plan_are_grounds()
 {
    let mut world = world(CRITERIA).await;
    let hour = this_hour();
    // A level, so that the river is examined at all.
    world
        .town
        .receives(&[hinan_town::Level {
            station: OBIHIRO.to_owned(),
            at: hour,
            level_m: 33.0,
        }])
        .await;
    let values: Vec<String> = (0..=6)
        .map(|n| {
            let at = hour - SignedDuration::from_mins(10 * (6 - n));
            let time = (at + SignedDuration::from_hours(9)).strftime("%Y%m%d%H%M00");
            format!(r#""{time}":{{"precipitation10m":[10.0,0]}}"#)
        })
        .collect();
    let observed = format!(r#"{{"20432":{{{}}}}}"#, values.join(","));
    assert!(
        world
            .gateway
            .says("hinan/v1/official/amedas", observed.as_bytes())
            .await
    );
    world.says("rain", "帯広 1時間 60.0 mm").await;
    eventually("60 mm within an hour ask for level 3", || async {
        (world.advised("札内川").await == [3]).then_some(())
    })
    .await;
    assert!(
        world.advised("十勝川").await.is_empty(),
        "the gauge decides for one river"
    );

    let body = r#"<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"><Warning type="記録的短時間大雨情報（発表細分）"><Item>
<Kind><Name>記録的短時間大雨情報</Name><Code>1</Code><Status>発表</Status></Kind>
<Area><Name>十勝地方</Name><Code>014030</Code></Area></Item></Warning></Body>"#;
    let record = telegram(
        "記録的短時間大雨情報",
        "記録的短時間大雨情報",
        "JPTEST",
        1,
        hour,
        ("", body),
    );
    world.is_told("VPOA50", &record).await;
    eventually("record rain asks for level 4 at every river", || async {
        let tokachi = world.advised("十勝川").await;
        (tokachi == [4] && world.advised("札内川").await.contains(&4)).then_some(())
    })
    .await;

    let headline = r#"<Information type="指定河川洪水予報（予報区域）"><Item><Kind><Name>レベル５氾濫特別警報</Name><Code>51</Code></Kind>
<Areas codeType="水位観測所"><Area><Name>某川</Name><Code>810401000200</Code></Area></Areas></Item></Information>"#;
    let body = r#"<Body xmlns="http://xml.kishou.go.jp/jmaxml1/body/meteorology1/"></Body>"#;
    let river = telegram(
        "指定河川洪水予報",
        "指定河川洪水予報",
        "810401000200",
        1,
        hour,
        (headline, body),
    );
    world.is_told("VXKO50", &river).await;
    eventually("the river of that code is asked at level 5", || async {
        world.advised("札内川").await.contains(&5).then_some(())
    })
    .await;
    assert!(!world.advised("十勝川").await.contains(&5), "of no other");
    world.town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_shelter_desk_says_by_program_what_it_says_on_paper_and_a_late_word_takes_nothing_back()
{
    let mut world = world(&national()).await;
    let hayashi = world.town.officer("hayashi").await;
    let list = world.json("/api/v1/shelters").await;
    let id = list["shelters"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/shelters/{id}");
    let (status, wrong) = hayashi
        .sends(&path, &json!({ "state": "burning", "occupancy": -1, "places": 0, "at": "2999-01-01T00:00:00Z" }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    for field in ["state", "occupancy", "places", "at"] {
        assert!(
            wrong.to_string().contains(&format!("\"{field}\"")),
            "{field}: {wrong}"
        );
    }
    let at = now() - SignedDuration::from_mins(5);
    let said =
        json!({ "state": "open", "occupancy": 12, "places": 300, "at": at, "note": "体育館" });
    let (status, written) = hayashi.sends(&path, &said).await;
    assert_eq!(status, StatusCode::CREATED, "{written}");
    assert_eq!(
        (&written["occupancy"], &written["by"]),
        (&json!(12), &json!("hayashi"))
    );
    let seen = eventually("it is open", || async {
        let list = world.json("/api/v1/shelters").await;
        let one = list["shelters"][0].clone();
        (one["state"] == "open").then_some(one)
    })
    .await;
    assert_eq!(
        (&seen["occupancy"], &seen["capacity"], &seen["free"]),
        (&json!(12), &json!(300), &json!(288))
    );
    assert_eq!(
        seen["state_at"]
            .as_str()
            .unwrap()
            .parse::<Timestamp>()
            .unwrap(),
        at
    );
    // What was so before is not written over what was so after, and an approver is not the shelter desk's lesser.
    let early = json!({ "state": "closed", "at": at - SignedDuration::from_mins(30) });
    let (status, refused) = hayashi.sends(&path, &early).await;
    assert_eq!(status, StatusCode::CONFLICT, "{refused}");
    let long_ago = json!({ "state": "closed", "at": at - SignedDuration::from_hours(13) });
    let (status, _) = hayashi.sends(&path, &long_ago).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    let (status, _) = hayashi
        .sends("/api/v1/shelters/nowhere", &json!({ "state": "open" }))
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    world.town.closes().await;
}

/// Every gate of every order in force.
async fn gates(officer: &Officer) -> Vec<Value> {
    let answer = officer.opens("/api/v1/lifting").await;
    let all: Value = serde_json::from_str(&answer.text).unwrap();
    all["gates"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_confirms_what_no_instrument_says_before_a_lifting_and_nothing_that_one_says() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(hinan_town::FLOOD_HOUR).await;
    let (sato, mori) = (town.officer("sato").await, town.officer("mori").await);
    let sheet = town.sheet_for(&sato, "十勝川").await;
    let confirmation = sato.decides(&sheet, 4, "氾濫危険水位に達した").await;
    sato.lets_out(&confirmation).await;
    let find = |all: &[Value], gate: &str| {
        all.iter()
            .find(|one| one["about"] == "十勝川" && one["gate"] == gate)
            .cloned()
    };
    eventually("the order is in force", || async {
        find(&gates(&sato).await, "no_dam_release")
    })
    .await;
    let say = |gate: &str, confirmed: bool| json!({ "about": "十勝川", "gate": gate, "confirmed": confirmed, "words": "ダム管理所に電話で確認" });
    // What a gauge says is not confirmed away, and whoever only reads confirms nothing.
    let (status, refused) = sato
        .sends("/api/v1/lifting", &say("below_here", true))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{refused}");
    let (status, _) = mori
        .sends("/api/v1/lifting", &say("no_dam_release", true))
        .await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let (status, said) = sato
        .sends("/api/v1/lifting", &say("no_dam_release", true))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{said}");
    let gate = eventually("the gate is open", || async {
        let gate = find(&gates(&sato).await, "no_dam_release")?;
        (gate["answer"] == "met").then_some(gate)
    })
    .await;
    assert_eq!(gate["confirmed"]["by"], "sato", "{gate}");
    let page = sato.opens("/plain/lifting").await.text;
    assert!(page.contains("職員が確認"), "{page}");
    let audit = sato.opens("/plain/audit").await.text;
    assert!(
        audit.contains("解除の条件 十勝川 「上流のダムの放流が終わっている」を確認"),
        "{audit}"
    );
    // On paper it is taken back, and the gate is shut again.
    let at = page.find("name=\"csrf\" value=\"").unwrap() + "name=\"csrf\" value=\"".len();
    let csrf = page[at..].split('"').next().unwrap().to_owned();
    let fields = [
        (form::CSRF, csrf.as_str()),
        (form::STEP, "withdraw"),
        ("about", "十勝川"),
        ("gate", "no_dam_release"),
        (form::REASON_TEXT, "聞き違いだった"),
    ];
    let taken = sato.posts("/plain/lifting", &fields).await;
    assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.text);
    eventually("the gate is shut", || async {
        let gate = find(&gates(&sato).await, "no_dam_release")?;
        (gate["answer"] == "unknown" && gate["confirmed"].is_null()).then_some(())
    })
    .await;
    let twice = sato.posts("/plain/lifting", &fields).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn facilities_have_deadlines_of_their_own_and_invented_ones_say_that_they_are() {
    let mut town = TownPlan::of(HINAN)
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    town.storm_reaches(hinan_town::FLOOD_HOUR).await;
    let mori = town.officer("mori").await;
    let answer = mori.opens("/api/v1/facilities").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let all: Value = serde_json::from_str(&answer.text).unwrap();
    let facilities = all["facilities"].as_array().unwrap();
    assert_eq!(facilities.len(), 3, "{all}");
    for one in facilities {
        assert!(one["name"].as_str().unwrap().contains("訓練用の架空"));
        assert!(one["source"].as_str().unwrap().contains("訓練用の架空"));
        assert!(
            one["explained"]
                .as_str()
                .unwrap()
                .contains("施設が避難にかかる時間")
        );
    }
    // Each by its own lead: the water's early arrival less approval, dissemination and the slow end of the facility's plan (4 h, 7 h,
    // 1.5 h), told from half an hour before, whatever its district is told.
    let time = |value: &Value| -> Timestamp { value.as_str().unwrap().parse().unwrap() };
    let mut by_water = 0;
    for one in facilities.iter().filter(|one| one["deadline"].is_object()) {
        let deadline = &one["deadline"];
        let slow = |name: &str| {
            let terms = deadline["terms"].as_array().unwrap();
            let term = terms.iter().find(|term| term["name"] == name);
            term.unwrap()["slow_min"].as_f64().unwrap()
        };
        let lead_min = match one["id"].as_str().unwrap() {
            "drill-care-home" => 240,
            "drill-hospital" => 420,
            _ => 90,
        };
        let of = |name| SignedDuration::from_secs_f64(slow(name) * 60.0).as_mins();
        assert_eq!(of("facility_lead"), lead_min, "{one}");
        assert_eq!(of("approval") + of("dissemination"), 50);
        let needs = SignedDuration::from_mins(lead_min + 50);
        assert_eq!(time(&one["decide_by"]), time(&deadline["safe_by"]) - needs);
        let early = time(&one["arrival"]["early"]);
        if deadline["limit"] == "hazard" {
            assert_eq!(time(&deadline["safe_by"]), early);
            by_water += 1;
        }
        assert!(time(&one["decide_by"]) <= early - needs);
        let told_from = time(&one["decide_by"]) - SignedDuration::from_mins(30);
        if one["supported_at"] == all["as_of"] {
            assert_eq!(
                one["due"] == true,
                told_from <= time(&all["as_of"]),
                "{one}"
            );
        }
    }
    assert!(by_water > 0, "at least one is timed by the water: {all}");
    let due: Vec<&Value> = facilities.iter().filter(|one| one["due"] == true).collect();
    assert!(
        !due.is_empty(),
        "in the flood somebody is to be told: {all}"
    );
    // Who is to be told calls, with its own deadline, whatever is ordered for its district.
    let alarms = mori.reads_json("/api/v1/alarms").await;
    for one in &due {
        let calls = alarms["alarms"].as_array().unwrap().iter().any(|alarm| {
            alarm["item"]["kind"] == "facility"
                && alarm["item"]["id"] == one["id"]
                && alarm["class"] == "act_now"
                && !alarm["since"].is_null()
                && alarm["text"]["ja"]
                    .as_str()
                    .unwrap()
                    .contains(one["name"].as_str().unwrap())
                && alarm["text"]["en"]
                    .as_str()
                    .unwrap()
                    .contains(one["name_en"].as_str().unwrap())
        });
        assert!(calls, "{} is due and does not call: {alarms}", one["name"]);
    }
    // The command writes out the same deadlines, beside the running service and without a recommendation.
    let said = std::process::Command::new(HINAN)
        .args(["explain", "--facilities", "--data-dir"])
        .arg(town.data_dir())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    for one in facilities {
        assert!(text.contains(one["name"].as_str().unwrap()), "{text}");
    }
    assert!(text.contains("いま知らせる"), "{text}");
    assert_eq!(all["names"][0]["name"], "大正地区全域");
    let page = mori.opens("/plain/facilities").await.text;
    assert!(
        page.contains("架空荘") && page.contains("いま知らせる") && page.contains("大正地区全域"),
        "{page}"
    );
    town.closes().await;
}
