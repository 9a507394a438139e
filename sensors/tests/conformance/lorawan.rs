//! Messages of network servers, and the bytes of devices with the fields that their makers' decoders find in them.

use std::collections::BTreeMap;

use hinan_sensors::observation::{Measured, Observation, Problem, Quantity};
use hinan_sensors::payload::device::Frame;
use hinan_sensors::payload::{Context, Format, Message, Profile, Unreadable, decode, recognise};
use jiff::Timestamp;
use serde_json::Value as Json;

use crate::samples::{Account, family, files};

fn read(format: Format, bytes: &[u8]) -> Result<Message, Unreadable> {
    decode(format, bytes, &Context::at(Timestamp::UNIX_EPOCH))
}

fn number(message: &Message, quantity: Quantity) -> Option<f64> {
    let seen = message
        .observations
        .iter()
        .find(|o| o.quantity == quantity)?;
    seen.measured.number()
}

fn sent_at(message: &Message) -> Option<String> {
    message.observations[0].sent_at.map(|at| at.to_string())
}

fn device(message: &Message) -> &str {
    message.observations[0].device.as_ref().unwrap().as_str()
}

/// The event that a file of another event must be refused for.
const OTHER_EVENTS: [(&str, &str); 11] = [
    ("chirpstack-v3-received/servanet_status.json", "status"),
    ("chirpstack-v4/ack.json", "ack"),
    ("chirpstack-v4/join.json", "join"),
    ("chirpstack-v4/status.json", "status"),
    ("chirpstack-v4/txack.json", "txack"),
    ("ttn-v3/00_join_accept.json", "join_accept"),
    ("ttn-v3/02_downlink_ack.json", "downlink_ack"),
    ("ttn-v3/04_downlinks.json", "downlinks"),
    ("ttn-v3/05_join_accept.json", "join_accept"),
    ("ttn-v3/07_downlink_ack.json", "downlink_ack"),
    ("", ""),
];

#[test]
fn uplinks_of_networks_are_read_and_their_other_events_are_passed_over() {
    let Some(folder) = family("lorawan") else {
        return;
    };
    let mut account = Account::default();
    for (name, path) in files(&folder) {
        let (kind, format) = match name.split_once('/') {
            Some((kind @ "ttn-v3", _)) => (kind, Format::TtsV3),
            Some((kind @ "chirpstack-v4", _)) => (kind, Format::ChirpstackV4),
            Some((kind @ "chirpstack-v3-received", file)) if file != "expected.json" => {
                (kind, Format::ChirpstackV3)
            }
            Some((kind @ "netmore-received", _)) => (kind, Format::Netmore),
            _ => continue,
        };
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(recognise(&bytes), Some(format), "{name}");
        let read = read(format, &bytes);
        if let Some((_, event)) = OTHER_EVENTS.iter().find(|(file, _)| *file == name) {
            let expected = Unreadable::NotTelemetry {
                event: (*event).to_owned(),
            };
            assert_eq!(read, Err(expected), "{name}");
            account.refused(kind);
            continue;
        }
        let message = read.unwrap_or_else(|why| panic!("{name}: {why}"));
        assert_eq!(message.refused, [], "{name}");
        holds(&name, &message);
        account.accepted(kind, message.observations.len());
    }
    account.is(
        "LoRaWAN, messages of networks",
        &[
            ("chirpstack-v3-received", [5, 4, 1, 13]),
            ("chirpstack-v4", [5, 1, 4, 1]),
            ("netmore-received", [1, 1, 0, 1]),
            ("ttn-v3", [7, 2, 5, 3]),
        ],
    );
}

/// What is in each uplink, read off the file by hand.
fn holds(name: &str, message: &Message) {
    match name {
        "chirpstack-v4/up.json" => {
            assert_eq!(device(message), "0101010101010101");
            assert_eq!(sent_at(message).unwrap(), "2022-07-18T09:34:15.775023242Z");
            assert_eq!(
                message.observations[0].measured,
                Measured::Bytes([0xaa].into())
            );
            assert!(
                message
                    .dedup
                    .as_ref()
                    .unwrap()
                    .as_str()
                    .ends_with("3ac7e3c4-4401-4b8d-9386-a5c902f9202d")
            );
        }
        "ttn-v3/06_uplink_message.json" => {
            assert_eq!(device(message), "4200000000000000");
            // There is neither a time of the settings nor one of a server: the gateway's is all.
            assert_eq!(sent_at(message).unwrap(), "2019-01-29T13:02:34.981Z");
            assert_eq!(
                message.observations[0].sequence,
                Some(0),
                "f_cnt is left out"
            );
            assert_eq!(
                message.observations[0].measured,
                Measured::Bytes((*b"Temperature = 0.0").into())
            );
            assert!(message.dedup.is_some());
        }
        "ttn-v3/09_uplink_message.json" => {
            // As the storage integration gives it back, wrapped and reduced.
            assert_eq!(device(message), "dev1");
            assert_eq!(sent_at(message).unwrap(), "2021-02-04T19:19:28.681910909Z");
            let measured: Vec<_> = message.observations.iter().map(|o| &o.measured).collect();
            assert_eq!(
                measured,
                [
                    &Measured::Truth(true),
                    &Measured::Text("parking status".into())
                ]
            );
            assert_eq!(message.dedup, None, "it names no session");
        }
        "netmore-received/netmore_up.json" => {
            assert_eq!(device(message), "70b3d554600002e7");
            assert_eq!(sent_at(message).unwrap(), "2025-04-10T20:48:22.053Z");
            // A sensor of a kind nobody here can read: its bytes are kept.
            let Measured::Bytes(bytes) = &message.observations[0].measured else {
                panic!("{message:?}");
            };
            assert_eq!(bytes.len(), 26);
        }
        "chirpstack-v3-received/servanet_up.json" => {
            assert_eq!(device(message), "24e124329e090021");
            assert_eq!(sent_at(message).unwrap(), "2025-04-10T11:44:01.912259Z");
            assert_eq!(number(message, Quantity::DistanceToWater), Some(2.14));
            assert_eq!(number(message, Quantity::BatteryCharge), Some(87.0));
            assert_eq!(number(message, Quantity::Temperature), Some(5.6));
            assert_eq!(message.observations[0].sequence, Some(45_797));
            assert!(message.dedup.is_some());
        }
        _ => assert!(name.starts_with("chirpstack-v3-received/data_em"), "{name}"),
    }
}

#[test]
fn received_messages_give_the_values_their_platform_asserts() {
    let Some(folder) = family("lorawan") else {
        return;
    };
    let folder = folder.join("chirpstack-v3-received");
    let text = std::fs::read(folder.join("expected.json")).unwrap();
    let expected: Json = serde_json::from_slice(&text).unwrap();
    let mut compared = 0;
    for (file, values) in expected["expected"].as_object().unwrap() {
        let bytes = std::fs::read(folder.join(format!("{file}.json"))).unwrap();
        let message = read(Format::ChirpstackV3, &bytes).unwrap();
        for (key, value) in values.as_object().unwrap() {
            let quantity = match key.as_str() {
                "distance_m" => Quantity::DistanceToWater,
                "battery_pct" => Quantity::BatteryCharge,
                "temperature_c" => Quantity::Temperature,
                other => panic!("{other}"),
            };
            assert_eq!(number(&message, quantity), value.as_f64(), "{file} {key}");
            compared += 1;
        }
    }
    assert_eq!(compared, 6);
    // What the platform does not assert: below zero, the sign must survive. Its own script wrote -0.3.
    let bytes = std::fs::read(folder.join("data_em400.json")).unwrap();
    let message = read(Format::ChirpstackV3, &bytes).unwrap();
    assert_eq!(number(&message, Quantity::Temperature), Some(-0.3));
}

/// The profile of a vector's model, with the constants of its calibration.
fn profile(vector: &Json) -> Profile {
    let model = vector["model"].as_str().unwrap();
    let name = match vector["vendor"].as_str().unwrap() {
        "VEGA" => "vegapuls_air".to_owned(),
        "NIAB" => "niab_mk2".to_owned(),
        "Milesight" => format!("milesight_{}", model.to_ascii_lowercase().replace('-', "_")),
        "Decentlab" => {
            let name = model
                .strip_prefix("DL-")
                .unwrap()
                .to_ascii_lowercase()
                .replace('-', "_");
            let constants = vector["calibration"].as_str().map(|text| {
                let text = text
                    .replace("Pmin", "p_min_bar")
                    .replace("Pmax", "p_max_bar")
                    .replace("resolution", "resolution_mm");
                format!("({text})")
            });
            format!("decentlab_{name}{}", constants.unwrap_or_default())
        }
        other => panic!("{other}"),
    };
    name.parse().unwrap()
}

#[test]
fn the_bytes_of_devices_say_what_their_makers_decoders_say() {
    let Some(folder) = family("lorawan") else {
        return;
    };
    let text = std::fs::read(folder.join("device_payload_vectors.json")).unwrap();
    let vectors: Vec<Json> = serde_json::from_slice(&text).unwrap();
    let mut account = Account::default();
    let mut differences = BTreeMap::<String, usize>::new();
    for vector in &vectors {
        let vendor = vector["vendor"].as_str().unwrap();
        let bytes = hex::decode(vector["payload_hex"].as_str().unwrap()).unwrap();
        let read = profile(vector).read(Some(2), &bytes);
        if vector["fields"].is_null() {
            let expected = vector["expect"].as_str().unwrap();
            let why = read.unwrap_err().to_string();
            let says = match expected {
                "error: truncated" => "truncated",
                "error: sensor read error" => "could not read",
                other => panic!("{other}"),
            };
            assert!(why.contains(says), "{vector}: {why}");
            account.refused(vendor);
            continue;
        }
        let frame = read.unwrap_or_else(|why| panic!("{vector}: {why}"));
        assert_eq!(frame.refused, None, "{vector}");
        let fields = vector["fields"].as_object().unwrap();
        for (field, value) in fields {
            if let Some(difference) = compare(field, value, &frame, vector) {
                *differences.entry(difference.to_owned()).or_default() += 1;
            }
        }
        account.accepted(vendor, frame.observations.len());
    }
    account.is(
        "device bytes",
        &[
            ("Decentlab", [15, 15, 0, 54]),
            ("Milesight", [19, 19, 0, 63]),
            ("NIAB", [3, 1, 2, 3]),
            ("VEGA", [3, 2, 1, 9]),
        ],
    );
    // What makers' decoders tell and we do not take for a measurement, each by name.
    let expected: BTreeMap<String, usize> = [
        // It says which device and which protocol, not what was measured.
        ("identity of the device", 44),
        // Our distance is "nothing measured", because the sensor is tilted; the maker's decoder gives the number beside.
        ("distance of a tilted sensor", 3),
        // The platform that asserts it rounds; the four bytes say 1.274386 m.
        ("distance rounded to ten micrometres", 1),
    ]
    .map(|(name, count)| (name.to_owned(), count))
    .into();
    assert_eq!(differences, expected);
}

/// Compares one field of a maker's decoder with ours. Returns the name of a difference that is meant.
fn compare(field: &str, value: &Json, frame: &Frame, vector: &Json) -> Option<&'static str> {
    const IDENTITY: [&str; 14] = [
        "Device ID",
        "Protocol version",
        "startFlag",
        "id",
        "length",
        "flag",
        "frameCnt",
        "protocolVersion",
        "firmwareVersion",
        "hardwareVersion",
        "sn",
        "imei",
        "imsi",
        "iccid",
    ];
    if IDENTITY.contains(&field) || matches!(field, "csq" | "data_length") {
        return Some("identity of the device");
    }
    if let "history" | "data" = field {
        let records = value.as_array().unwrap();
        assert_eq!(records.len(), 1);
        let mut difference = None;
        for (field, value) in records[0].as_object().unwrap() {
            difference = difference.or(compare(field, value, frame, vector));
        }
        return difference;
    }
    let seen = &frame.observations;
    let of = |quantity: Quantity| {
        seen.iter()
            .find(|o| o.quantity == quantity)
            .unwrap_or_else(|| panic!("{vector}: no {quantity}"))
    };
    let labelled = |label: &str| {
        seen.iter()
            .find(|o| {
                o.label
                    .as_deref()
                    .is_some_and(|l| l == label || l.starts_with(&format!("{label} [")))
            })
            .unwrap_or_else(|| panic!("{vector}: no {label}"))
    };
    let same = |ours: &Observation, per_unit: f64, theirs: f64| {
        let number = ours
            .measured
            .number()
            .unwrap_or_else(|| panic!("{vector}: {ours:?}"));
        let ours = number * per_unit;
        assert!(
            (ours - theirs).abs() <= 1e-12 * theirs.abs().max(1.0),
            "{vector}: {field} is {ours}, not {theirs}"
        );
        None
    };
    let text = |ours: &Observation, theirs: &str| {
        assert_eq!(
            ours.measured,
            Measured::Text(theirs.into()),
            "{vector}: {field}"
        );
        None
    };
    // Decentlab's decoders give an object of a value and its unit.
    if let Some(theirs) = value.get("value") {
        let theirs = theirs.as_f64().unwrap();
        let per_unit = match value["unit"].as_str() {
            Some("mm") if field.to_ascii_lowercase().contains("precipitation") => 1.0,
            Some("mm") => 1000.0,
            Some("bar") => 1e-5,
            _ => 1.0,
        };
        return match field {
            "Battery voltage" => same(of(Quantity::BatteryVoltage), per_unit, theirs),
            "Precipitation interval" => {
                let over_s = labelled("Precipitation").over_s.unwrap();
                assert!((f64::from(over_s) - theirs).abs() < 1e-9);
                None
            }
            label => same(labelled(label), per_unit, theirs),
        };
    }
    let theirs = || value.as_f64().unwrap();
    let word = || value.as_str().unwrap().replace('_', " ");
    match field {
        "battery" | "battery_pct" => same(of(Quantity::BatteryCharge), 1.0, theirs()),
        "temperature" | "temperature_c" => same(of(Quantity::Temperature), 1.0, theirs()),
        "humidity" => same(of(Quantity::Humidity), 1.0, theirs()),
        "distance" | "distance_m" => {
            let per_unit = if field == "distance_m" { 1.0 } else { 1000.0 };
            let ours = of(Quantity::DistanceToWater);
            if let Measured::Nothing { problem, said } = ours.measured {
                assert_eq!(problem, Problem::Tilted);
                assert!((said.unwrap() * per_unit - theirs()).abs() < 1e-9);
                return Some("distance of a tilted sensor");
            }
            let number = ours.measured.number().unwrap();
            if vector["vendor"] == "VEGA" && (number - theirs()).abs() > 1e-12 {
                assert!((number - theirs()).abs() <= 5e-6, "{vector}: {number}");
                return Some("distance rounded to ten micrometres");
            }
            same(ours, per_unit, theirs())
        }
        "pressure" if vector["model"] == "EM500-PP" => same(of(Quantity::Pressure), 1e-3, theirs()),
        "pressure" => same(of(Quantity::AirPressure), 1e-2, theirs()),
        "wind_direction" => same(of(Quantity::WindDirection), 1.0, theirs()),
        "wind_speed" => same(of(Quantity::WindSpeed), 1.0, theirs()),
        "rainfall_total" => same(of(Quantity::RainTotal), 1.0, theirs()),
        "rainfall_counter" => same(labelled("rain counter"), 1.0, theirs()),
        "position" => text(labelled("position"), &word()),
        "leakage_status" => text(labelled("leakage"), &word()),
        "timestamp" => {
            for seen in seen {
                assert!(seen.historic, "{vector}");
                assert_eq!(seen.at.unwrap().as_second(), value.as_i64().unwrap());
            }
            None
        }
        field if field.ends_with("_alarm") => text(labelled("alarm"), &word()),
        other => panic!("{vector}: a field nobody counted on: {other}"),
    }
}

#[test]
fn every_file_of_the_family_is_accounted_for() {
    let Some(folder) = family("lorawan") else {
        return;
    };
    let index = std::fs::read_to_string(folder.join("INDEX.csv")).unwrap();
    let mut listed: Vec<_> = index
        .lines()
        .skip(1)
        .map(|line| line.split(',').next().unwrap().to_owned())
        .collect();
    listed.extend(
        [
            "INDEX.csv",
            "README.md",
            "device_payload_vectors.json",
            "chirpstack-v3-received/expected.json",
        ]
        .map(str::to_owned),
    );
    listed.sort();
    let found: Vec<_> = files(&folder).into_keys().collect();
    assert_eq!(found, listed);
}
