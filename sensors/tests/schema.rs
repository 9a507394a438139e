//! The JSON Schemas say what the decoders do, no more and no less.

#![allow(clippy::unwrap_used)]

use boon::{Compiler, SchemaIndex, Schemas};
use hinan_sensors::decoded::{Asked, Family, Line, lines};
use hinan_sensors::observation::Quantity;
use hinan_sensors::payload::{Context, Format, decode};
use hinan_sensors::{native_payload, schema};
use jiff::Timestamp;
use proptest::prelude::{ProptestConfig, any, prop, prop_assert, prop_assert_eq, proptest};
use serde_json::{Value, json};

struct Schema {
    schemas: Schemas,
    index: SchemaIndex,
}

impl Schema {
    fn of(text: &str) -> Self {
        let schema: Value = serde_json::from_str(text).unwrap();
        let id = schema["$id"].as_str().unwrap().to_owned();
        let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
        compiler.add_resource(&id, schema).unwrap();
        let index = compiler.compile(&id, &mut schemas).unwrap();
        Self { schemas, index }
    }

    fn accepts(&self, value: &Value) -> bool {
        self.schemas.validate(value, self.index).is_ok()
    }
}

fn reads(payload: &Value) -> bool {
    let payload = payload.to_string();
    decode(
        Format::Native,
        payload.as_bytes(),
        &Context::at(Timestamp::UNIX_EPOCH),
    )
    .is_ok()
}

#[test]
fn the_examples_of_the_reading_are_readings() {
    let schema = Schema::of(schema::READING);
    let text: Value = serde_json::from_str(schema::READING).unwrap();
    for example in text["examples"].as_array().unwrap() {
        assert!(schema.accepts(example) && reads(example), "{example}");
    }
}

#[test]
fn what_the_reader_refuses_the_schema_refuses_too() {
    let schema = Schema::of(schema::READING);
    for wrong in [
        json!({"level_m": 1}),
        json!({"at": "2016-08-30T09:00:00Z"}),
        json!({"at": "2016-08-30T09:00:00Z", "level_m": "1"}),
        json!({"at": "2016-08-30T09:00:00Z", "level_m": null}),
        json!({"at": 1_472_547_600, "level_m": 1}),
        json!({"at": "2016-08-30 09:00:00Z", "level_m": 1}),
        json!({"at": "2016-08-30T09:00:00", "level_m": 1}),
        json!({"at": "2016-08-30T09:00:00Z", "level_m": 1, "seq": -1}),
        json!({"at": "2016-08-30T09:00:00Z", "level_m": 1, "seq": "1"}),
        json!(["2016-08-30T09:00:00Z", 1, null, null]),
        json!(35.33),
    ] {
        assert!(!schema.accepts(&wrong), "the schema accepts {wrong}");
        assert!(!reads(&wrong), "the reader accepts {wrong}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_a_device_of_ours_writes_fits_the_schema(
        second in 0_i64..4_000_000_000,
        level_m in prop::num::f64::NORMAL | prop::num::f64::ZERO,
        sequence in any::<Option<u64>>(),
    ) {
        let payload = native_payload(&hinan_sensors::Reading {
            station: "obihiro".parse().unwrap(),
            at: Timestamp::from_second(second).unwrap(),
            level_m,
            sequence,
        });
        let payload: Value = serde_json::from_slice(&payload).unwrap();
        prop_assert!(Schema::of(schema::READING).accepts(&payload), "{payload}");
        prop_assert_eq!(reads(&payload), true);
    }
}

#[test]
fn every_line_fits_the_schema_and_a_changed_one_does_not() {
    let schema = Schema::of(schema::DECODED);
    let uplink = |data: &str| {
        format!(
            r#"{{"applicationID":"1","devEUI":"24e124126d154397","fCnt":3,"deviceProfileName":"EM500-UDL","data":"{data}"}}"#
        )
    };
    let mut kinds = std::collections::BTreeSet::new();
    for message in [
        r#"{"at":"2016-08-30T18:00:00+09:00","level_m":35.33,"seq":12,"station":"obihiro"}"#.to_owned(),
        r#"[{"n":"a","u":"m","v":1},{"n":"b","v":"x"},{"n":"c","vs":"on"},{"n":"d","vb":true},{"n":"e","vd":"_-8"},{"n":"f","s":1}]"#.to_owned(),
        uplink("A4L//w=="),
        uplink("IM6edEZj6AM="),
        r#"{"devEUI":"24e124126d154397","applicationID":"1","data":"qg=="}"#.to_owned(),
        r#"{"phenomenonTime":"2015-03-01T00:00:00Z/2015-03-01T00:10:00Z","result":1}"#.to_owned(),
        "hello".to_owned(),
        r#"{"end_device_ids":{},"join_accept":{}}"#.to_owned(),
        r#"{"code":551,"time":"x"}"#.to_owned(),
    ] {
        let lines = lines("x", message.as_bytes(), &Asked::default(), Timestamp::UNIX_EPOCH);
        assert!(!lines.is_empty());
        for line in lines {
            let value = serde_json::to_value(&line).unwrap();
            assert!(schema.accepts(&value), "{value}");
            kinds.insert(value["kind"].as_str().unwrap().to_owned());
            // A schema that accepts anything would prove nothing.
            for (key, wrong) in [("file", json!(1)), ("kind", json!("x")), ("more", json!(1))] {
                let mut changed = value.clone();
                changed[key] = wrong;
                assert!(!schema.accepts(&changed), "{changed}");
            }
            for key in value.as_object().unwrap().keys() {
                let optional = ["device", "label", "sequence", "over_s", "historic", "profile", "said", "format", "part"];
                let may_be_left_out = optional.contains(&key.as_str())
                    && (key != "format" || matches!(line, Line::Refused(_)));
                if may_be_left_out {
                    continue;
                }
                let mut changed = value.clone();
                changed.as_object_mut().unwrap().remove(key);
                assert!(!schema.accepts(&changed), "without {key}: {changed}");
            }
        }
    }
    assert!(kinds.contains("observation") && kinds.contains("refused"));
}

#[test]
fn the_lists_of_the_schema_are_those_of_the_program() {
    let text: Value = serde_json::from_str(schema::DECODED).unwrap();
    let strings = |list: &Value| -> Vec<String> {
        let list = list["enum"].as_array().unwrap();
        list.iter()
            .map(|one| one.as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        strings(&text["properties"]["format"]),
        Family::ALL.map(|(name, _)| name)
    );
    assert_eq!(
        strings(&text["oneOf"][0]["properties"]["quantity"]),
        Quantity::ALL.map(Quantity::name)
    );
}
