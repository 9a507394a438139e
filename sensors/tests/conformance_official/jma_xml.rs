//! jma-xml: what the index says of type, status, kind, event, serial, times, titles and office is what is read.

use std::collections::BTreeMap;

use hinan_sensors::official::envelope::TypeFrom;
use hinan_sensors::official::{Content, Envelope, OfficialMessage, decode, feed};
use jiff::Timestamp;

use crate::samples::{Table, files, folder, index, name};

fn envelope(message: &OfficialMessage) -> (&Envelope, &Content) {
    match message {
        OfficialMessage::Telegram(telegram) => (&telegram.envelope, &telegram.content),
        OfficialMessage::DrillTelegram(telegram) => (&telegram.envelope, &telegram.content),
        other => panic!("no telegram: {other:?}"),
    }
}

fn agrees(row: &BTreeMap<String, String>, envelope: &Envelope, columns: &[(&str, &str)]) {
    let file = &row["file"];
    for (column, ours) in columns {
        if let Some(said) = row.get(*column) {
            assert_eq!(ours, said, "{column} of {file}");
        }
    }
    let at: Timestamp = row["report_datetime"].parse().unwrap();
    assert_eq!(envelope.report_at, at, "report_datetime of {file}");
    let valid: Option<Timestamp> = row
        .get("valid_datetime")
        .filter(|text| !text.is_empty())
        .map(|text| text.parse().unwrap());
    assert_eq!(envelope.valid_until, valid, "valid_datetime of {file}");
}

/// Compares the envelope of one telegram with its row.
pub(crate) fn compare(row: &BTreeMap<String, String>, message: &OfficialMessage) {
    let (envelope, _) = envelope(message);
    agrees(
        row,
        envelope,
        &[
            ("status", envelope.status.japanese()),
            ("info_type", envelope.info_type.japanese()),
            ("event_id", &envelope.event_id),
            ("serial", &envelope.serial),
            ("control_title", &envelope.control_title),
            ("head_title", &envelope.title),
            ("office", &envelope.office),
        ],
    );
    if row["type"].is_empty() {
        assert_eq!(envelope.type_from, TypeFrom::Title, "{}", row["file"]);
    } else {
        assert_eq!(envelope.telegram_type, row["type"], "{}", row["file"]);
        assert_eq!(envelope.type_from, TypeFrom::Name, "{}", row["file"]);
    }
    let drill = matches!(message, OfficialMessage::DrillTelegram(_));
    assert_eq!(drill, row["status"] != "通常", "{}", row["file"]);
}

#[test]
fn every_telegram_is_read_as_its_index_says() {
    let Some(folder) = folder("jma-xml") else {
        return;
    };
    let mut table = Table::default();
    let rows: BTreeMap<String, _> = index(&folder)
        .into_iter()
        .map(|row| (row["file"].clone(), row))
        .collect();
    let mut families: BTreeMap<String, usize> = BTreeMap::new();
    let mut seen = 0;
    for path in files(&folder) {
        let file = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let family = file.split('/').next().unwrap();
        match family {
            "official-samples" | "captured" => {
                let message =
                    decode(Some(name(&path)), &bytes).unwrap_or_else(|why| panic!("{file}: {why}"));
                compare(&rows[file], &message);
                seen += 1;
                let (envelope, content) = envelope(&message);
                let json = serde_json::to_value(content).unwrap();
                let kind = json["family"].as_str().unwrap().to_owned();
                *families.entry(kind).or_default() += 1;
                assert!(
                    !matches!(content, Content::Other(_)),
                    "{} is a type of no family",
                    envelope.telegram_type
                );
                table.accepted(&envelope.telegram_type[..4]);
                // What is written can be read back, and is the same.
                let text = serde_json::to_string(&message).unwrap();
                assert_eq!(
                    serde_json::from_str::<OfficialMessage>(&text).unwrap(),
                    message,
                    "{file}"
                );
            }
            "feeds" if file.ends_with(".xml") => {
                let read = feed::read(&bytes).unwrap_or_else(|why| panic!("{file}: {why}"));
                let entries = String::from_utf8_lossy(&bytes).matches("<entry>").count();
                assert_eq!(read.entries.len(), entries, "{file}");
                table.accepted("feeds");
            }
            // A service's own frames and the schema are no telegrams, and are told so.
            _ => {
                let why = decode(Some(name(&path)), &bytes).unwrap_err();
                table.refused(family, why.code());
            }
        }
    }
    let (files, accepted, refused) = table.print("jma-xml");
    eprintln!("families: {families:?}");
    let telegrams = rows
        .values()
        .filter(|row| !row["status"].is_empty())
        .count();
    assert_eq!(seen, telegrams, "every telegram of the index was read");
    assert_eq!(
        (files, accepted, refused),
        (163, telegrams + 4, 163 - telegrams - 4)
    );
}
