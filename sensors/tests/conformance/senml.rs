//! The examples of RFC 8428 with the resolved forms of its authors, and the decisions of another implementation.

use std::fmt::Write as _;

use hinan_sensors::payload::senml::{Pack, Record, Resolved, Value, read_cbor, read_json, resolve};
use hinan_sensors::payload::{Context, Format, decode, recognise};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::samples::{Account, family, files};

/// Examples without a time of their own: their resolved form has the time of its authors' run.
const WITHOUT_TIME: [&str; 2] = ["ex1", "ex2"];

fn now() -> Timestamp {
    "2026-08-30T09:00:00Z".parse().unwrap()
}

fn resolved(pack: &Pack) -> Resolved {
    resolve(pack, now()).unwrap()
}

fn number(record: &Record) -> f64 {
    match record.value {
        Some(Value::Number(number)) => number,
        ref other => panic!("{other:?}"),
    }
}

/// Compares with a resolved form of the authors: names, units, times, values.
fn equals(ours: &Resolved, theirs: &Json, with_time: bool) {
    assert!(ours.refused.is_empty(), "{:?}", ours.refused);
    let theirs = theirs.as_array().unwrap();
    assert_eq!(ours.records.len(), theirs.len());
    for (record, expected) in ours.records.iter().zip(theirs) {
        assert_eq!(record.name, expected["n"].as_str().unwrap());
        assert_eq!(record.unit.as_deref(), expected["u"].as_str());
        assert_eq!(
            number(record).to_bits(),
            expected["v"].as_f64().unwrap().to_bits(),
            "{record:?}"
        );
        if with_time {
            let millis = (expected["t"].as_f64().unwrap() * 1000.0).round();
            #[expect(clippy::cast_possible_truncation, reason = "a time of this century")]
            let at = Timestamp::from_millisecond(millis as i64).unwrap();
            assert_eq!(record.at, Some(at), "{record:?}");
        } else {
            assert_eq!(record.at, None, "roughly now has no time of its own");
        }
    }
}

#[test]
fn the_examples_of_the_standard_resolve_as_its_authors_resolved_them() {
    let Some(folder) = family("senml") else {
        return;
    };
    let mut account = Account::default();
    let read = |name: &str| std::fs::read(folder.join("rfc8428").join(name)).unwrap();
    for (name, path) in files(&folder) {
        let bytes = std::fs::read(&path).unwrap();
        let example = name
            .strip_prefix("rfc8428/")
            .and_then(|name| name.split('.').next())
            .unwrap_or_default();
        let authors = || -> Json {
            serde_json::from_slice(&read(&format!("{example}.gen.resolved.json"))).unwrap()
        };
        let with_time = !WITHOUT_TIME.contains(&example);
        let accepted = |account: &mut Account, kind: &str, format: Format, pack: &Pack| {
            assert_eq!(recognise(&bytes), Some(format), "{name}");
            let resolved = resolved(pack);
            equals(&resolved, &authors(), with_time);
            let message = decode(format, &bytes, &Context::at(now())).unwrap();
            assert_eq!(message.observations.len(), resolved.records.len(), "{name}");
            account.accepted(kind, message.observations.len());
        };
        match name.as_str() {
            name if name.ends_with(".resolved.json") => {
                // A resolved pack resolves to itself.
                let pack = read_json(&bytes).unwrap();
                let theirs: Json = serde_json::from_slice(&bytes).unwrap();
                equals(&resolved(&pack), &theirs, true);
                account.accepted("JSON, resolved by the authors", pack_length(&theirs));
            }
            name if name.starts_with("rfc8428/ex")
                && std::path::Path::new(name).extension() == Some("json".as_ref()) =>
            {
                accepted(
                    &mut account,
                    "JSON",
                    Format::SenmlJson,
                    &read_json(&bytes).unwrap(),
                );
            }
            name if name.ends_with(".cbor") => {
                let pack = read_cbor(&bytes).unwrap();
                let json = read_json(&read(&format!("{example}.json"))).unwrap();
                assert_eq!(resolved(&pack), resolved(&json), "{name}");
                accepted(&mut account, "CBOR", Format::SenmlCbor, &pack);
            }
            name if name.ends_with(".hex") => {
                assert_eq!(of_dump(&bytes), read(&format!("{example}.gen.cbor")));
                account.accepted("CBOR, as a dump of the same bytes", 0);
            }
            name if name.ends_with(".diag") => {
                let pack = read_cbor(&read(&format!("{example}.gen.cbor"))).unwrap();
                let text = std::str::from_utf8(&bytes).unwrap();
                assert_eq!(resolved(&of_diagnostic(text)), resolved(&pack));
                account.accepted("CBOR, in diagnostic notation", 0);
            }
            name if name.ends_with(".xml") => {
                // SenML in XML is not among the formats that are read, and no other takes it for its own.
                assert_eq!(recognise(&bytes), None);
                account.refused("XML: no format of ours");
            }
            name if name.ends_with(".cddl") => {
                labels_are_ours(std::str::from_utf8(&bytes).unwrap());
                account.accepted("labels of the standard", 0);
            }
            "farshidtz_vectors.json" | "README.md" => {}
            other => panic!("a file nobody counted on: {other}"),
        }
    }
    account.is(
        "SenML (RFC 8428)",
        &[
            ("CBOR", [2, 2, 0, 20]),
            ("CBOR, as a dump of the same bytes", [1, 1, 0, 0]),
            ("CBOR, in diagnostic notation", [1, 1, 0, 0]),
            ("JSON", [8, 8, 0, 33]),
            ("JSON, resolved by the authors", [8, 8, 0, 33]),
            ("XML: no format of ours", [4, 0, 4, 0]),
            ("labels of the standard", [2, 2, 0, 0]),
        ],
    );
}

fn pack_length(pack: &Json) -> usize {
    pack.as_array().unwrap().len()
}

/// The bytes of a dump: an address, bytes in hexadecimal, and the same as text behind a bar.
fn of_dump(dump: &[u8]) -> Vec<u8> {
    std::str::from_utf8(dump)
        .unwrap()
        .lines()
        .flat_map(|line| {
            let bytes = line.split('|').next().unwrap();
            bytes
                .split_whitespace()
                .skip(1)
                .map(|byte| u8::from_str_radix(byte, 16).unwrap())
                .collect::<Vec<_>>()
        })
        .collect()
}

/// A pack in diagnostic notation: JSON but for labels that are bare numbers.
fn of_diagnostic(text: &str) -> Pack {
    let mut json = String::new();
    let labels = [
        (-1, "bver"),
        (-2, "bn"),
        (-3, "bt"),
        (-4, "bu"),
        (-5, "bv"),
        (-6, "bs"),
        (0, "n"),
        (1, "u"),
        (2, "v"),
        (3, "vs"),
        (4, "vb"),
        (5, "s"),
        (6, "t"),
        (7, "ut"),
        (8, "vd"),
    ];
    for part in text.split_inclusive(['{', ',']) {
        let label = labels.iter().find_map(|(number, name)| {
            let rest = part.trim_start().strip_prefix(&format!("{number}:"))?;
            Some((name, rest))
        });
        match label {
            Some((name, rest)) => write!(json, "\"{name}\":{rest}").unwrap(),
            None => json.push_str(part),
        }
    }
    read_json(json.as_bytes()).unwrap_or_else(|why| panic!("{why}: {json}"))
}

/// Every label of a table of the standard is one of ours: an array in its place is refused by its name.
fn labels_are_ours(table: &str) {
    let table = table.split("binary-value").next().unwrap();
    let mut seen = 0;
    let mut words = table.split_whitespace().filter(|word| *word != "=");
    while let (Some(name), Some(label)) = (words.next(), words.next()) {
        let pack = if label.starts_with('"') {
            assert_eq!(label, format!("\"{name}\""));
            let others = [("n", r#","n":"a""#), ("v", r#","v":1"#)]
                .iter()
                .filter(|(other, _)| *other != name && !(*other == "v" && name.starts_with('v')))
                .map(|(_, text)| *text)
                .collect::<String>();
            read_json(format!(r#"[{{"{name}":[]{others}}}]"#).as_bytes()).unwrap()
        } else {
            let number: i64 = label.parse().unwrap();
            cbor_with_an_array_at(number)
        };
        let why = match resolve(&pack, now()) {
            Ok(resolved) => resolved.refused[0].why.to_string(),
            Err(why) => why.to_string(),
        };
        assert!(
            why.contains(&format!("{name} is an array")),
            "{name}: {why}"
        );
        seen += 1;
    }
    assert_eq!(seen, 15);
}

fn cbor_with_an_array_at(label: i64) -> Pack {
    use ciborium::Value as Cbor;
    let mut fields = vec![(Cbor::Integer(label.into()), Cbor::Array(Vec::new()))];
    if label != 0 {
        fields.push((Cbor::Integer(0.into()), Cbor::Text("a".to_owned())));
    }
    if !matches!(label, 2 | 3 | 4 | 8) {
        fields.push((Cbor::Integer(2.into()), Cbor::Integer(1.into())));
    }
    let mut bytes = Vec::new();
    ciborium::into_writer(&Cbor::Array(vec![Cbor::Map(fields)]), &mut bytes).unwrap();
    read_cbor(&bytes).unwrap()
}

#[test]
fn packs_that_another_implementation_judged_are_judged_alike() {
    let Some(folder) = family("senml") else {
        return;
    };
    let text = std::fs::read(folder.join("farshidtz_vectors.json")).unwrap();
    let vectors: Json = serde_json::from_slice(&text).unwrap();
    let mut account = Account::default();
    for vector in vectors["validate"].as_array().unwrap() {
        let pack = read_json(vector["pack"].to_string().as_bytes()).unwrap();
        let resolved = resolved(&pack);
        let valid = vector["valid"].as_bool().unwrap();
        assert_eq!(resolved.refused.is_empty(), valid, "{vector}: {resolved:?}");
        if valid {
            account.accepted("valid packs", resolved.records.len());
        } else {
            assert!(resolved.records.is_empty());
            account.refused("invalid packs");
        }
    }
    for vector in vectors["normalize"].as_array().unwrap() {
        let pack = read_json(vector["pack"].to_string().as_bytes()).unwrap();
        let resolved = resolved(&pack);
        assert!(resolved.refused.is_empty());
        for (key, expected) in vector["expect"].as_object().unwrap() {
            let ours: Vec<f64> = resolved
                .records
                .iter()
                .map(|record| match key.as_str() {
                    "v" => number(record),
                    "s" => record.sum.unwrap(),
                    other => panic!("{other}"),
                })
                .collect();
            let theirs: Vec<f64> = expected
                .as_array()
                .unwrap()
                .iter()
                .map(|number| number.as_f64().unwrap())
                .collect();
            assert_eq!(ours, theirs, "{vector}");
        }
        // Their times lie before 1970 and are relative to now: -46.67 s is 46.67 s before the arrival.
        let at = resolved.records[0].at.unwrap();
        assert_eq!(now().duration_since(at).as_millis(), 46_670);
        account.accepted("normalised packs", resolved.records.len());
    }
    account.is(
        "SenML, decisions of farshidtz/senml",
        &[
            ("invalid packs", [3, 0, 3, 0]),
            ("normalised packs", [2, 2, 0, 4]),
            ("valid packs", [3, 3, 0, 3]),
        ],
    );
}
