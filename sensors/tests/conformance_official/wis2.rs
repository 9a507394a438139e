//! wis2: WMO's examples and messages of others, as their index says.

use hinan_sensors::official::wis2::{Fetch, Rel, Verdict};
use hinan_sensors::official::{OfficialMessage, decode};

use crate::samples::{Table, files, folder, index, name};

#[test]
fn every_message_is_read_as_its_index_says() {
    let Some(folder) = folder("wis2") else {
        return;
    };
    let mut table = Table::default();
    let rows = index(&folder);
    for path in files(&folder) {
        let file = name(&path);
        let bytes = std::fs::read(&path).unwrap();
        let Some(row) = rows.iter().find(|row| row["file"] == file) else {
            // Schema and topic lists: no messages.
            let why = decode(Some(file), &bytes).unwrap_err();
            table.refused("schema and topics", why.code());
            continue;
        };
        match row["json_schema_result"].as_str() {
            "valid" => {
                let message =
                    decode(Some(file), &bytes).unwrap_or_else(|why| panic!("{file}: {why}"));
                let OfficialMessage::Wis2(notification) = message else {
                    panic!("{file}")
                };
                assert_eq!(notification.key.rel, Rel::Canonical, "{file}");
                let doubts: Vec<_> = notification
                    .findings
                    .iter()
                    .filter(|finding| !finding.starts_with("content/size"))
                    .collect();
                assert!(doubts.is_empty(), "{file}: {doubts:?}");
                // Two examples carry a digest that was shortened by hand: it cannot be checked, and the data says so.
                if let Some(content) = &notification.content {
                    assert_eq!(content.verdict, Verdict::CannotTell, "{file}");
                }
                table.accepted("valid");
            }
            result if result.starts_with("INVALID") => {
                let OfficialMessage::Wis2(notification) = decode(Some(file), &bytes).unwrap()
                else {
                    panic!("{file}")
                };
                assert!(!notification.findings.is_empty(), "{file}");
                table.accepted("not valid, warned");
            }
            result if result.starts_with("NOT JSON") => {
                let why = decode(Some(file), &bytes).unwrap_err();
                assert_eq!(why.code(), "not_json", "{file}");
                table.refused("not JSON", why.code());
            }
            _ => {
                let why = decode(Some(file), &bytes).unwrap_err();
                table.refused("data", why.code());
            }
        }
    }
    let sums = table.print("wis2");
    assert_eq!(sums, (41, 6, 35));
}

#[test]
fn the_digest_of_the_message_is_that_of_its_data() {
    let Some(folder) = folder("wis2") else {
        return;
    };
    let folder = folder.join("messages");
    let message = std::fs::read(folder.join("test_valid_checksum.json")).unwrap();
    let data =
        std::fs::read(folder.join("A_SZIO01AMMC110648_C_EDZW_20230811064904_50549867")).unwrap();
    let OfficialMessage::Wis2(notification) = decode(None, &message).unwrap() else {
        panic!("no notification")
    };
    let fetch = notification.fetch().unwrap().unwrap();
    assert_eq!(fetch.bytes_max, 465);
    assert_eq!(fetch.accept(&data).unwrap(), Verdict::Verified);
    let mut changed = data.clone();
    changed[100] ^= 1;
    assert_eq!(fetch.accept(&changed).unwrap_err().code(), "integrity");
    let short = Fetch {
        bytes_max: 464,
        ..fetch
    };
    assert_eq!(short.accept(&data).unwrap_err().code(), "too_large");
}
