//! seismic: telegrams that were really sent, against what another program made of them, field by field.

use std::collections::BTreeMap;

use hinan_sensors::official::{OfficialMessage, decode};
use serde_json::Value;

use crate::jma_xml::compare;
use crate::samples::{Table, files, folder, index, name};
use crate::seismic_shape::{Era, shapes};

/// The reference's files for one telegram. Until 2021 the name carries a number of its own and a time a second or so away:
/// 353 is a flash report, 392 and 492 a hypocentre, 393 and 493 the short form of a full report, 395 and 495 its long form.
fn expected<'f>(xml: &str, event: &str, jsons: &'f BTreeMap<String, Value>) -> Vec<&'f Value> {
    if let Some(same) = jsons.get(&xml.replace(".xml", ".json")) {
        return vec![same];
    }
    let kind = if xml.contains("VXSE51") {
        vec!["353", "453"]
    } else if xml.contains("VXSE52") {
        vec!["392", "492"]
    } else {
        vec!["393", "493", "395", "495"]
    };
    let minute = &xml[..12];
    jsons
        .iter()
        .filter(|(name, _)| {
            let (stamp, rest) = name.split_once('-').unwrap_or((name, ""));
            stamp.len() == 17
                && kind.contains(&&stamp[14..])
                && rest.trim_end_matches(".json") == &event[6..]
                && &stamp[..12] == minute
        })
        .map(|(_, json)| json)
        .collect()
}

#[test]
fn telegrams_equal_what_the_reference_made_of_them() {
    let Some(folder) = folder("seismic") else {
        return;
    };
    let mut table = Table::default();
    let rows: BTreeMap<String, _> = index(&folder)
        .into_iter()
        .map(|row| (row["file"].clone(), row))
        .collect();
    let mut jsons: BTreeMap<String, Value> = BTreeMap::new();
    for path in files(&folder.join("p2pquake")) {
        if name(&path).ends_with(".json") {
            let json = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            jsons.insert(name(&path).to_owned(), json);
        }
    }
    let mut compared = 0;
    let mut fields = 0;
    for path in files(&folder) {
        let file = name(&path);
        let bytes = std::fs::read(&path).unwrap();
        if file.ends_with(".xml") {
            let message = decode(Some(file), &bytes).unwrap_or_else(|why| panic!("{file}: {why}"));
            let row = rows
                .values()
                .find(|row| row["file"].ends_with(file))
                .unwrap();
            compare(row, &message);
            let OfficialMessage::Telegram(telegram) = &message else {
                panic!("{file}")
            };
            let era = if file.starts_with("2021") {
                Era::Of2021
            } else {
                Era::Later
            };
            let wanted = expected(file, &telegram.envelope.event_id, &jsons);
            assert!(!wanted.is_empty(), "nothing to compare {file} with");
            let ours = shapes(telegram, era);
            assert_eq!(ours.len(), wanted.len(), "{file}");
            for theirs in wanted {
                let kind = theirs["issue"]["type"].as_str();
                let ours = ours
                    .iter()
                    .find(|ours| ours["issue"]["type"].as_str() == kind)
                    .unwrap_or_else(|| panic!("{file}: no {kind:?}"));
                fields += same("", ours, theirs, file);
                compared += 1;
            }
            table.accepted("telegrams");
        } else if file.ends_with(".json") {
            // The reference's own output is a format of its own, and is read too.
            let message = decode(Some(file), &bytes).unwrap_or_else(|why| panic!("{file}: {why}"));
            assert!(matches!(message, OfficialMessage::P2p(_)), "{file}");
            table.accepted("reference output");
        } else {
            let why = decode(Some(file), &bytes).unwrap_err();
            table.refused("descriptions", why.code());
        }
    }
    let sums = table.print("seismic");
    eprintln!("compared {compared} outputs of the reference, {fields} fields");
    assert_eq!(
        compared,
        jsons.len(),
        "every output of the reference was compared"
    );
    assert_eq!(sums, (103, 98, 5));
}

/// Compares two values and counts their fields. Numbers are equal as numbers: the reference writes both -1 and -1.0.
fn same(path: &str, ours: &Value, theirs: &Value, file: &str) -> usize {
    match (ours, theirs) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = |map: &serde_json::Map<String, Value>| {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(a), keys(b), "keys at {path} of {file}");
            a.iter()
                .map(|(key, value)| same(&format!("{path}/{key}"), value, &b[key], file))
                .sum()
        }
        (Value::Array(a), Value::Array(b)) => {
            // The reference lists points by falling intensity; the telegram lists them by place. A set is compared.
            let sorted = |list: &[Value]| {
                let mut list: Vec<String> = list.iter().map(Value::to_string).collect();
                list.sort();
                list
            };
            if path == "/points" {
                assert_eq!(sorted(a), sorted(b), "{path} of {file}");
                return a.len() * 4;
            }
            assert_eq!(a.len(), b.len(), "length of {path} of {file}");
            a.iter()
                .zip(b)
                .map(|(ours, theirs)| same(&format!("{path}[]"), ours, theirs, file))
                .sum()
        }
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() < 1e-9, "{path} of {file}: {a} and {b}");
            1
        }
        _ => {
            assert_eq!(ours, theirs, "{path} of {file}");
            1
        }
    }
}
