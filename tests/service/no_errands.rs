//! The service runs no errands: whatever addresses stand in telegrams, alerts of others, notifications and forms, it opens none of them
//! (5.2.6), and no document makes it read a file or an address by a document type or an entity (5.5.2).

use hinan_dashboard::form;
use hinan_town::{Device, Officer, TownPlan, eventually, fields};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::HINAN;

/// An alert of others that names these addresses wherever the format has room for one.
fn alert(at: Timestamp, number: u32, address: &str, before: &str, headline: &str) -> String {
    let sent = at.strftime("%Y-%m-%dT%H:%M:%S+00:00");
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{before}<alert xmlns=\"urn:oasis:names:tc:emergency:cap:1.2\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:schemaLocation=\"urn:x {address}/schema.xsd\">\
         <identifier>E{number}</identifier><sender>pref@example.jp</sender><sent>{sent}</sent><status>Actual</status>\
         <msgType>Alert</msgType><scope>Public</scope><info><language>ja</language><category>Met</category>\
         <event>Flood</event><urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty>\
         <senderName>県の防災</senderName><headline>{headline}</headline><description>{address}/description</description>\
         <web>{address}/web</web><contact>{address}/contact</contact><resource><resourceDesc>map</resourceDesc>\
         <mimeType>image/png</mimeType><uri>{address}/uri.png</uri></resource>\
         <area><areaDesc>十勝</areaDesc></area></info></alert>"
    )
}

async fn sends(officer: &Officer, path: &str, more: &[(&str, &str)]) {
    let csrf = fields(&officer.opens("/plain/account").await.text)[form::CSRF].clone();
    let mut all = vec![(form::CSRF, csrf.as_str())];
    all.extend(more);
    let done = officer.posts(path, &all).await;
    assert!(!done.status.is_server_error(), "{path}: {}", done.heading());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_in_a_telegram_an_alert_or_a_form_is_ever_opened_and_no_entity_reads_a_file() {
    let bait = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = bait.local_addr().unwrap().port();
    let address = format!("http://127.0.0.1:{port}");
    let caught = tokio::spawn(async move {
        let (_, from) = bait.accept().await.unwrap();
        from
    });
    let home = tempfile::tempdir().unwrap();
    let secret = home.path().join("secret.txt");
    std::fs::write(&secret, "the secret of the town hall").unwrap();
    let file = format!("file://{}", secret.display());

    let mut town = TownPlan::of(HINAN)
        .with_officer("tanaka", "duty_officer")
        .opens()
        .await
        .unwrap();
    let tanaka = town.officer("tanaka").await;
    let mut gateway = Device::connects(town.mqtt_port(), "gateway").await;
    let now = hinan::clock::wall();
    let at = now - SignedDuration::from_mins(1);
    let cap = "hinan/v1/official/cap";
    assert!(
        gateway
            .says(
                cap,
                alert(at, 1, &address, "", "川が増水しています").as_bytes()
            )
            .await
    );
    // Document types and entities, of the network and of this machine.
    let types = [
        format!("<!DOCTYPE alert SYSTEM \"{address}/alert.dtd\">"),
        format!("<!DOCTYPE alert [<!ENTITY words SYSTEM \"{file}\">]>"),
        format!("<!DOCTYPE alert [<!ENTITY % all SYSTEM \"{address}/all.dtd\"> %all;]>"),
        "<!DOCTYPE alert [<!ENTITY words \"lies\">]>".to_owned(),
        format!("<?xml-stylesheet href=\"{address}/style.xsl\" type=\"text/xsl\"?>"),
    ];
    for (number, before) in (2..).zip(&types) {
        let words = if before.contains("words") {
            "&words;"
        } else {
            "知らせ"
        };
        let document = alert(at, number, &address, before, words);
        assert!(gateway.says(cap, document.as_bytes()).await, "{before}");
        let telegram = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{before}<Report xmlns=\"http://xml.kishou.go.jp/jmaxml1/\">\
             <Control><Title>{address}/title</Title></Control></Report>"
        );
        let name = format!("hinan/v1/official/jma/VPWW54/2026_{number}.xml");
        assert!(gateway.says(&name, telegram.as_bytes()).await);
    }
    // A notification of data, whose links are there to be followed; by others.
    let notification = json!({
        "id": "31e9d66a-cd83-4174-9429-b932f1abe1be", "type": "Feature", "version": "v04", "geometry": null,
        "conformsTo": ["http://wis.wmo.int/spec/wnm/1/conf/core"],
        "properties": { "pubtime": at.to_string(), "datetime": at.to_string(), "data_id": "jp-jma/data/core/weather",
            "integrity": { "method": "sha512", "value": "eA==" } },
        "links": [{ "href": format!("{address}/data.bufr"), "rel": "canonical", "type": "application/bufr" }],
    });
    let name = "hinan/v1/official/wis2/notification.json";
    assert!(
        gateway
            .says(name, notification.to_string().as_bytes())
            .await
    );

    // Officers type addresses, too.
    let shelter = tanaka.reads_json("/api/v1/shelters").await["shelters"][0]["id"].clone();
    let shelter = format!("/plain/shelters/{}", shelter.as_str().unwrap());
    let words = format!("{address}/words");
    let fields = [
        (form::STEP, "report"),
        ("kind", "road-closed"),
        ("river", "十勝川"),
        ("source", words.as_str()),
        ("url", words.as_str()),
        ("callback", words.as_str()),
        (form::REASON_TEXT, words.as_str()),
    ];
    sends(&tanaka, "/plain/reports", &fields).await;
    sends(
        &tanaka,
        &shelter,
        &[("state", "open"), (form::REASON_TEXT, &words)],
    )
    .await;
    let note = json!({ "from": "phone", "words": format!("{words} <img src=\"{words}\"> {file}") });
    let (status, said) = tanaka.sends("/api/v1/notes", &note).await;
    assert!(status.is_success(), "{said}");
    for path in [
        format!("/plain/?url={words}"),
        format!("/plain/audit?from={words}"),
        format!("/?config={words}"),
        format!("/api/v1/situation?url={words}"),
    ] {
        let answer = tanaka.opens(&path).await;
        assert!(!answer.status.is_server_error(), "{path}");
    }
    let form = [
        (form::USER, words.as_str()),
        (form::PASSWORD, &words),
        (form::CODE, "000000"),
    ];
    Officer::nobody(&town.address(), "x")
        .posts("/plain/signin", &form)
        .await;
    // As servers in front and cunning visitors would say where things are.
    let headers = [
        ("referer", words.as_str()),
        ("x-forwarded-host", &address),
        ("x-original-url", &words),
        ("forwarded", &format!("host=127.0.0.1:{port}")),
    ];
    tanaka.asks("/plain/", &headers).await;

    // Everything has arrived and was thought about: what is sound is shown, what has a document type is put aside.
    let external = eventually("the alert without one is shown", || async {
        let external = tanaka.reads_json("/api/v1/external").await;
        let alerts = external["alerts"].as_array().unwrap();
        alerts
            .iter()
            .any(|alert| alert["headline"] == "川が増水しています")
            .then_some(external)
    })
    .await;
    let quarantine = eventually("the others are put aside", || async {
        let all = tanaka.reads_json("/api/v1/quarantine?limit=100").await;
        // Four of the five, as alerts and as telegrams; a style sheet is only a remark, and nobody follows it.
        (all["kept"].as_u64() >= Some(8)).then_some(all)
    })
    .await;
    town.thinks().await;
    let pages = [
        external.to_string(),
        quarantine.to_string(),
        tanaka.opens("/plain/").await.text,
        tanaka.opens("/plain/audit").await.text,
        town.log(),
    ];
    for page in &pages {
        assert!(!page.contains("the secret of the town hall"), "{page}");
    }
    let lies = external["alerts"].as_array().unwrap();
    assert!(
        lies.iter().all(|alert: &Value| alert["headline"] != "lies"),
        "{external}"
    );
    // A connection would have come by now: an address was opened on the way, or none is.
    assert!(!caught.is_finished(), "somebody opened {address}");
    // The trap works: whoever comes is caught.
    tokio::net::TcpStream::connect(("127.0.0.1", port))
        .await
        .unwrap();
    caught.await.unwrap();
    town.closes().await;
}
