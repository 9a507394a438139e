//! What must hold for any bytes that claim to be official information.
//!
//! Each target reads the bytes as they are, and once more inside a frame of its family, so that the fuzzer does not have to
//! find the frame by itself.

use hinan_sensors::official::wis2::{DATA_MAX_BYTES, Notifications};
use hinan_sensors::official::{
    ExternalAlerts, Lanes, Live, OfficialMessage, Refusal, decode, feed, recognise,
};
use jiff::Timestamp;

/// Telegrams of the agency, and feeds of them.
pub fn jma_xml(bytes: &[u8]) {
    read(bytes);
    if let Ok(feed) = feed::read(bytes) {
        assert!(
            feed.entries
                .iter()
                .all(|entry| !entry.id.is_empty() && entry.href.starts_with("http"))
        );
    }
    // The first byte chooses a type, the rest is a body.
    let [which, body @ ..] = bytes else {
        return;
    };
    const TYPES: [(&str, &str); 12] = [
        ("VPWW55", "meteorology1"),
        ("VPWW53", "meteorology1"),
        ("VXWW50", "meteorology1"),
        ("VPWP50", "meteorology1"),
        ("VXKO51", "meteorology1"),
        ("VPBS50", "meteorology1"),
        ("VPTW60", "meteorology1"),
        ("VXSE53", "seismology1"),
        ("VXSE44", "seismology1"),
        ("VTSE41", "seismology1"),
        ("VFVO50", "volcanology1"),
        ("VXXX99", "meteorology1"),
    ];
    let (kind, space) = TYPES[usize::from(*which) % TYPES.len()];
    let mut framed = format!(
        "<Report xmlns='http://xml.kishou.go.jp/jmaxml1/'><Control><Title>x</Title><DateTime>2026-08-30T09:00:00Z</DateTime>\
         <Status>通常</Status><EditorialOffice>釧路</EditorialOffice></Control>\
         <Head xmlns='http://xml.kishou.go.jp/jmaxml1/informationBasis1/'><Title>十勝</Title>\
         <ReportDateTime>2026-08-30T18:00:00+09:00</ReportDateTime><EventID>1</EventID><InfoType>発表</InfoType><Serial>1</Serial>\
         <Headline><Text>x</Text><Information type='指定河川洪水予報（予報区域）'><Item><Kind><Name>x</Name><Code>30</Code></Kind>\
         <Areas><Area><Name>x</Name><Code>1</Code></Area></Areas></Item></Information></Headline></Head>\
         <Body xmlns='http://xml.kishou.go.jp/jmaxml1/body/{space}/'>"
    )
    .into_bytes();
    framed.extend_from_slice(body);
    framed.extend_from_slice(b"</Body></Report>");
    read_as(
        &framed,
        Some(&format!("20260830090000_0_{kind}_014030.xml")),
    );
}

/// Alerts of others.
pub fn cap(bytes: &[u8]) {
    read(bytes);
    let mut framed = b"<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>A1</identifier><sender>s</sender>\
        <sent>2026-08-30T18:00:00+09:00</sent><status>Actual</status><msgType>Update</msgType><scope>Public</scope>"
        .to_vec();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"</alert>");
    read(&framed);
}

/// Notifications of data.
pub fn wis2(bytes: &[u8]) {
    read(bytes);
    let mut framed = br#"{"id":"31e9d66a-cd83-4174-9429-b932f1abe1be","type":"Feature","geometry":null,"links":[{"href":"https://x/","rel":"update","length":9}],"properties":{"pubtime":"2026-01-01T00:00:00Z","data_id":"d","#
        .to_vec();
    framed.extend_from_slice(bytes);
    framed.extend_from_slice(b"}}");
    read(&framed);
}

/// Observations of stations, tables, forecasts, and earthquakes as others pass them on.
pub fn series(bytes: &[u8]) {
    read(bytes);
    for (head, tail) in [
        (r#"{"20221003150000":{"temp":[1,0],"#, "}}"),
        (
            r#"[{"publishingOffice":"x","reportDatetime":"2022-07-27T17:00:00+09:00","timeSeries":["#,
            "]}]",
        ),
        (
            r#"{"code":551,"issue":{"time":"2021/02/18 04:01:00"},"#,
            "}",
        ),
        (r#"{"11016":{"kjName":"x","lat":[45,24.9],"#, "}}"),
    ] {
        let mut framed = head.as_bytes().to_vec();
        framed.extend_from_slice(bytes);
        framed.extend_from_slice(tail.as_bytes());
        read(&framed);
    }
}

fn read(bytes: &[u8]) {
    read_as(bytes, None);
}

fn read_as(bytes: &[u8], name: Option<&str>) {
    let _ = recognise(bytes);
    let once = decode(name, bytes);
    assert_eq!(once, decode(name, bytes), "the same bytes say the same");
    match once {
        Ok(message) => holds(&message),
        Err(why) => says_why(&why),
    }
}

/// A reason is a sentence, whatever the message had in it.
fn says_why(why: &Refusal) {
    let text = why.to_string();
    assert!(!text.is_empty() && text.chars().count() < 1500, "{text}");
    assert!(!why.code().is_empty());
}

fn holds(message: &OfficialMessage) {
    // What was read can be written down and read back, and no NaN is in it.
    let text = serde_json::to_string(message).expect("a message can be written");
    let again: OfficialMessage = serde_json::from_str(&text).expect("what was written can be read");
    assert_eq!(&again, message);
    let mut lanes = Lanes::<Live>::default();
    let first = lanes.apply(message, now());
    let second = lanes.apply(message, now());
    assert!(
        second.changes.is_empty(),
        "a repetition changes nothing: {first:?} {second:?}"
    );
    let view = lanes.view(now());
    let stored = serde_json::to_vec(&lanes).expect("lanes can be written");
    let restored: Lanes<Live> = serde_json::from_slice(&stored).expect("lanes can be read back");
    assert_eq!(restored.view(now()), view);
    match message {
        OfficialMessage::Cap { alerts, .. } => {
            let mut known = ExternalAlerts::default();
            for alert in alerts {
                known.apply(alert, now());
            }
            for active in known.active(now()) {
                for ring in active.info.areas.iter().flat_map(|area| &area.polygons) {
                    assert!(ring.len() >= 4 && ring.first() == ring.last());
                }
            }
        }
        OfficialMessage::Wis2(notification) => {
            Notifications::default().take(notification);
            if let Ok(Some(fetch)) = notification.fetch() {
                assert!(fetch.bytes_max <= DATA_MAX_BYTES);
                let _ = fetch.accept(b"x");
            }
        }
        _ => {}
    }
}

/// A moment to receive everything at.
fn now() -> Timestamp {
    Timestamp::from_second(1_788_080_460).expect("a time of this century")
}
