//! cap: what the index says of version, status and kind; which files are refused and why; and the decisions of a
//! validator that is widely used.

use std::collections::BTreeMap;

use hinan_sensors::official::cap::{Finding, MsgType, Reference};
use hinan_sensors::official::{CapAlert, OfficialMessage, Refusal, decode, feed};
use serde_json::Value;

use crate::samples::{Table, files, folder, index};

fn facts(alert: &CapAlert) -> (Value, bool) {
    match alert {
        CapAlert::Actual(alert) => (serde_json::to_value(alert).unwrap(), true),
        CapAlert::NotActual(alert) => (serde_json::to_value(alert).unwrap(), false),
    }
}

#[test]
fn every_message_is_read_or_refused_as_its_index_says() {
    let Some(folder) = folder("cap") else {
        return;
    };
    let mut table = Table::default();
    let rows: BTreeMap<String, _> = index(&folder)
        .into_iter()
        .map(|row| (row["file"].clone(), row))
        .collect();
    for path in files(&folder) {
        let file = path.strip_prefix(&folder).unwrap().to_str().unwrap();
        let family = file.split('/').next().unwrap();
        let bytes = std::fs::read(&path).unwrap();
        let row = rows.get(file);
        match (family, row.map_or("", |row| row["xsd"].as_str())) {
            // Both refer to themselves, which no schema sees: an update cannot replace itself.
            ("edge", xsd) if file.contains("getMessage") => {
                let why = decode(Some(file), &bytes).unwrap_err();
                assert!(
                    matches!(
                        why,
                        Refusal::UnknownValue {
                            what: "alert/references",
                            ..
                        }
                    ),
                    "{file}: {why}"
                );
                let text = String::from_utf8(bytes).unwrap();
                let (head, rest) = text.split_once("<references>").unwrap();
                let plain = format!("{head}{}", rest.split_once("</references>").unwrap().1);
                match decode(Some(file), plain.as_bytes()) {
                    Ok(_) => assert_eq!(xsd, "valid", "{file}"),
                    Err(why) => {
                        let missing = Refusal::Missing {
                            what: "area/areaDesc",
                        };
                        assert_eq!(why, missing, "{file}");
                        assert!(xsd.starts_with("INVALID"), "{file}");
                    }
                }
                table.refused(family, "refers to itself");
            }
            (_, "valid") => {
                let row = row.unwrap();
                let OfficialMessage::Cap { alerts, .. } =
                    decode(Some(file), &bytes).unwrap_or_else(|why| panic!("{file}: {why}"))
                else {
                    panic!("{file}")
                };
                assert_eq!(alerts.len(), 1, "{file}");
                let (facts, actual) = facts(&alerts[0]);
                assert_eq!(facts["version"], row["cap"].as_str(), "{file}");
                assert_eq!(facts["status"], row["status"].as_str(), "{file}");
                assert_eq!(facts["msg_type"], row["msgType"].to_lowercase(), "{file}");
                assert_eq!(facts["scope"], row["scope"].to_lowercase(), "{file}");
                assert_eq!(actual, row["status"] == "Actual", "{file}");
                table.accepted(family);
            }
            (_, invalid) if invalid.starts_with("INVALID") => {
                let why = decode(Some(file), &bytes).unwrap_err();
                // The schema misses the scope in one, the areaDesc in the other. So do we, by name.
                let missing = Refusal::Missing {
                    what: "alert/scope",
                };
                assert_eq!(why, missing, "{file}");
                table.refused(family, why.code());
            }
            ("feeds", _) if file.ends_with(".atom") => {
                let text = String::from_utf8_lossy(&bytes);
                let read = feed::read(&bytes).unwrap_or_else(|why| panic!("{file}: {why}"));
                let entries =
                    text.matches("</entry>").count() + text.matches("</atom:entry>").count();
                // An entry without an identifier cannot be told from another, and is left out.
                let named = entries - usize::from(file.ends_with("no_id.atom"));
                assert_eq!(read.entries.len(), named, "{file}");
                // Two of them carry whole alerts in their entries, a third something like it.
                let carried = match decode(Some(file), &bytes) {
                    Ok(OfficialMessage::Cap { alerts, .. }) => alerts.len(),
                    Ok(other) => panic!("{file}: {other:?}"),
                    // A feed's summary that calls itself an alert and lacks what every alert has.
                    Err(why) if file.ends_with("oregon_nws.atom") => {
                        assert_eq!(
                            why,
                            Refusal::Missing {
                                what: "alert/scope"
                            },
                            "{file}"
                        );
                        1
                    }
                    Err(why) => {
                        assert_eq!(why.code(), "unknown_kind", "{file}: {why}");
                        0
                    }
                };
                assert_eq!(
                    carried,
                    text.matches("</alert>").count() + text.matches("</cap:alert>").count(),
                    "{file}"
                );
                table.accepted(if carried > 0 && !file.ends_with("oregon_nws.atom") {
                    "feeds (whole alerts)"
                } else {
                    "feeds (index)"
                });
            }
            ("feeds", _) => {
                let OfficialMessage::Cap { alerts, .. } = decode(Some(file), &bytes).unwrap()
                else {
                    panic!("{file}")
                };
                let infos: usize = alerts
                    .iter()
                    .map(|alert| facts(alert).0["infos"].as_array().unwrap().len())
                    .sum();
                assert_eq!((alerts.len(), infos), (7, 7), "{file}");
                table.accepted("feeds (EDXL-DE)");
            }
            _ => {
                let why = decode(Some(file), &bytes).unwrap_err();
                table.refused("schema and descriptions", why.code());
            }
        }
    }
    let sums = table.print("cap");
    assert_eq!(sums, (45, 33, 12));
}

/// An alert with these elements in place of the usual ones.
fn alert(head: &str, info: &str) -> Result<CapAlert, Refusal> {
    let text = format!(
        "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'>{head}<info>{info}</info></alert>"
    );
    match decode(None, text.as_bytes())? {
        OfficialMessage::Cap { mut alerts, .. } => Ok(alerts.remove(0)),
        other => panic!("{other:?}"),
    }
}

const HEAD: &str = "<identifier>A1</identifier><sender>s@example.org</sender><sent>2026-08-30T18:00:00+09:00</sent>\
                    <status>Actual</status><msgType>Alert</msgType><scope>Public</scope>";
const EVENT: &str = "<category>Met</category><event>Flood</event><urgency>Expected</urgency><severity>Severe</severity>\
                     <certainty>Likely</certainty>";

fn findings(head: &str, info: &str) -> Vec<Finding> {
    match alert(head, info).unwrap() {
        CapAlert::Actual(alert) => alert.findings,
        CapAlert::NotActual(alert) => alert.findings,
    }
}

fn area(more: &str) -> String {
    format!("{EVENT}<area><areaDesc>x</areaDesc>{more}</area>")
}

fn vectors() -> Option<Value> {
    let file = folder("cap")?.join("vectors/google_cap_library_rules.json");
    Some(serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
}

fn each<'v>(vectors: &'v Value, name: &str) -> impl Iterator<Item = (&'v str, &'v Value)> {
    vectors[name]
        .as_array()
        .unwrap()
        .iter()
        .map(|vector| (vector["input"].as_str().unwrap_or(""), &vector["expect"]))
}

#[test]
fn the_validators_decisions_on_values_are_ours() {
    let Some(vectors) = vectors() else {
        return;
    };
    let mut compared: BTreeMap<&str, usize> = BTreeMap::new();
    let mut count = |name| *compared.entry(name).or_default() += 1;
    for (input, expect) in each(&vectors, "datetime_valid") {
        let head = HEAD.replace("2026-08-30T18:00:00+09:00", input);
        assert_eq!(
            alert(&head, EVENT).is_ok(),
            expect.as_bool().unwrap(),
            "{input}"
        );
        count("datetime_valid");
    }
    for (input, expect) in each(&vectors, "utc_offset_minutes") {
        let head = HEAD.replace("2026-08-30T18:00:00+09:00", input);
        let CapAlert::Actual(read) = alert(&head, EVENT).unwrap() else {
            panic!("{input}")
        };
        assert_eq!(
            i64::from(read.sent.offset_min),
            expect.as_i64().unwrap(),
            "{input}"
        );
        count("utc_offset_minutes");
    }
    for (input, expect) in each(&vectors, "language_rfc3066") {
        let found = findings(HEAD, &format!("<language>{input}</language>{EVENT}"));
        assert_eq!(
            !found.contains(&Finding::InvalidLanguage),
            expect.as_bool().unwrap(),
            "{input}"
        );
        count("language_rfc3066");
    }
    for (input, expect) in each(&vectors, "polygon") {
        let found = findings(HEAD, &area(&format!("<polygon>{input}</polygon>")));
        let good = !found
            .iter()
            .any(|f| matches!(f, Finding::InvalidPolygon { .. }));
        assert_eq!(good, expect == "ok", "{input}");
        count("polygon");
    }
    for (input, expect) in each(&vectors, "circle") {
        let found = findings(HEAD, &area(&format!("<circle>{input}</circle>")));
        assert_eq!(
            !found.contains(&Finding::InvalidCircle),
            expect == "ok",
            "{input}"
        );
        count("circle");
    }
    for name in ["html_entities", "html_tags"] {
        for (input, expect) in each(&vectors, name) {
            let text = input.replace('&', "&amp;").replace('<', "&lt;");
            let found = findings(HEAD, &format!("{EVENT}<headline>{text}</headline>"));
            assert_eq!(
                found.contains(&Finding::Html),
                expect.as_bool().unwrap(),
                "{input}"
            );
            count(name);
        }
    }
    for (input, expect) in each(&vectors, "whitespace_lists") {
        let head = HEAD.replace(
            "<scope>Public</scope>",
            &format!("<scope>Private</scope><addresses>{input}</addresses>"),
        );
        let (facts, _) = facts(&alert(&head, EVENT).unwrap());
        assert_eq!(&facts["addresses"], expect, "{input}");
        count("whitespace_lists");
    }
    eprintln!("compared {compared:?}");
    // Embedded files are described, not unpacked here: `base64` has nothing to decide.
    let total: usize = compared.values().sum();
    assert_eq!(total, 6 + 3 + 8 + 4 + 3 + 2 + 3 + 2);
}

#[test]
fn the_validators_readings_of_references_are_ours() {
    let Some(vectors) = vectors() else {
        return;
    };
    let read = |namespace: &str, words: &str| -> Vec<Reference> {
        let text = format!(
            "<alert xmlns='{namespace}'><identifier>A1</identifier><sender>s@example.org</sender>\
             <sent>2026-08-30T18:00:00+09:00</sent><status>Actual</status><msgType>Update</msgType><scope>Public</scope>\
             <references>{words}</references></alert>"
        );
        match decode(None, text.as_bytes()).unwrap() {
            OfficialMessage::Cap { alerts, .. } => match &alerts[0] {
                CapAlert::Actual(alert) => alert.references.clone(),
                CapAlert::NotActual(_) => panic!("not actual"),
            },
            other => panic!("{other:?}"),
        }
    };
    for vector in vectors["reference_identifier"].as_array().unwrap() {
        let namespace = match vector["cap"].as_str().unwrap() {
            "1.0" => "http://www.incident.com/cap/1.0",
            _ => "urn:oasis:names:tc:emergency:cap:1.2",
        };
        let read = read(namespace, vector["input"].as_str().unwrap());
        assert_eq!(read[0].identifier, vector["expect"].as_str().unwrap());
    }
    for (input, expect) in each(&vectors, "reference_sent") {
        let read = read("urn:oasis:names:tc:emergency:cap:1.2", input);
        assert_eq!(
            read[0].sent,
            Some(expect.as_str().unwrap().parse().unwrap())
        );
    }
}

#[test]
fn the_validators_semantic_reasons_are_found() {
    let Some(vectors) = vectors() else {
        return;
    };
    let refusal = |head: &str| alert(head, EVENT).unwrap_err().code();
    let mut compared = 0;
    for vector in vectors["semantic"].as_array().unwrap() {
        compared += 1;
        match vector["expect"].as_str().unwrap() {
            "RESTRICTION_SCOPE_MISMATCH" => {
                let head = format!("{HEAD}<restriction>for officers</restriction>");
                assert!(findings(&head, EVENT).contains(&Finding::RestrictionScopeMismatch));
            }
            "CIRCULAR_REFERENCE" => {
                let own = "<references>s@example.org,A1,2026-08-30T18:00:00+09:00</references>";
                let head = format!("{HEAD}{own}").replace("<msgType>Alert", "<msgType>Update");
                assert_eq!(refusal(&head), "unknown_value");
            }
            "SAME_TEXT_DIFFERENT_LANGUAGE" => {
                let text = "<headline>x</headline>";
                let info = format!(
                    "<language>en</language>{EVENT}{text}</info><info><language>ja</language>{EVENT}{text}"
                );
                assert!(findings(HEAD, &info).contains(&Finding::SameTextDifferentLanguage));
            }
            "INVALID_AREA" => {
                assert!(
                    findings(HEAD, &area("<ceiling>100</ceiling>")).contains(&Finding::InvalidArea)
                );
            }
            "INVALID_ALTITUDE_CEILING_RANGE" => {
                let area = area("<altitude>200</altitude><ceiling>100</ceiling>");
                assert!(findings(HEAD, &area).contains(&Finding::InvalidAltitudeCeilingRange));
            }
            "INVALID_IDENTIFIER" => {
                assert_eq!(refusal(&HEAD.replace("A1", "A,1")), "unknown_value");
            }
            "MISSING_REQUIRED_ELEMENT" => {
                assert_eq!(
                    refusal(&HEAD.replace("<scope>Public</scope>", "")),
                    "missing"
                );
            }
            "NotCapException" => {
                for text in [
                    "<warning/>",
                    "<alert xmlns='urn:example:other'/>",
                    "<alert/>",
                ] {
                    let why = decode(None, text.as_bytes()).unwrap_err();
                    assert_eq!(why.code(), "unknown_kind", "{text}");
                }
            }
            other => panic!("a decision we do not know: {other}"),
        }
    }
    assert_eq!(compared, 8);
}

#[test]
fn a_cancellation_without_information_and_a_signature_are_no_faults() {
    let Some(folder) = folder("cap") else {
        return;
    };
    let read = |file: &str| match decode(None, &std::fs::read(folder.join(file)).unwrap()).unwrap()
    {
        OfficialMessage::Cap { mut alerts, .. } => match alerts.remove(0) {
            CapAlert::Actual(alert) => alert,
            CapAlert::NotActual(_) => panic!("not actual"),
        },
        other => panic!("{other:?}"),
    };
    let cancel = read("issued/ipaws-5e6dd9de023f1930ef6548d9.xml");
    assert_eq!(cancel.msg_type, MsgType::Cancel);
    assert!(cancel.infos.is_empty() && !cancel.references.is_empty());
    assert!(read("issued/canada_signed.cap").signed);
}
