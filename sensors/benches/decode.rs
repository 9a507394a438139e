//! What does one reading cost between broker and store?
//!
//! Budget: 2 µs per native reading for decoding and quality control together. A thousand gauges that report once a second
//! then take a fifth of a per cent of one core, and a storm's backlog of a million readings takes two seconds.
//! The peer is the general JSON reader on the same payload: no check, no flag, no station.
//!
//! The other formats stand beside their own peer: a general reader of JSON or CBOR on the same message, which does not
//! resolve, convert, judge or name a station.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use hinan_sensors::quality::Checker;
use hinan_sensors::{
    Decided, Device, Devices, FlatLimits, Known, Limits, Packet, QualitySettings, RateLimit,
    Reading, Span, SpikeLimits, Station, Stations, TopicRules, decide, native_payload,
};
use jiff::{SignedDuration, Timestamp};

/// A day of one gauge, every ten minutes.
const READINGS: i64 = 144;

fn town() -> Stations {
    let quality = QualitySettings {
        sensor: Some(Span {
            low: 0.0,
            high: 60.0,
        }),
        usual: Some(Span {
            low: 30.0,
            high: 45.0,
        }),
        spike: Some(SpikeLimits {
            low_m: 1.0,
            high_m: Some(5.0),
        }),
        rate: Some(RateLimit {
            suspect_m_per_h: 2.0,
        }),
        flat: Some(FlatLimits {
            tolerance_m: 0.001,
            suspect_after_s: 86_400,
            fail_after_s: Some(259_200),
        }),
        ..QualitySettings::default()
    };
    let stations = (0..200).map(|n| Station {
        id: format!("gauge-{n:03}")
            .parse()
            .expect("the identifier is plain"),
        name: format!("観測所 {n}"),
        quality: quality.clone(),
        cadence_s: 600,
    });
    Stations::new(stations).expect("200 sound gauges")
}

fn start() -> Timestamp {
    "2016-08-30T00:00:00Z".parse().expect("a time")
}

fn a_day_of_payloads() -> Vec<Vec<u8>> {
    let mut level_cm = 3500_i32;
    (0..READINGS)
        .map(|n| {
            level_cm += i32::try_from(n * 7 % 11).expect("below 11") - 4;
            native_payload(&Reading {
                station: "gauge-100".parse().expect("the identifier is plain"),
                at: start() + SignedDuration::from_mins(10 * n),
                level_m: f64::from(level_cm) / 100.0,
                sequence: u64::try_from(n).ok(),
            })
        })
        .collect()
}

/// Two hundred gauges, each with a device of another maker, and a rule that leaves the format to the content.
struct Town {
    stations: Stations,
    devices: Devices,
    topics: TopicRules,
    limits: Limits,
}

impl Town {
    fn new() -> Self {
        let stations = town();
        let named = [
            ("urn:dev:ow:1", ""),
            (
                "Datastreams(7)",
                r#","measures":"water_level_m","unit":"cm""#,
            ),
            ("24e124126d154397", r#","profile":"milesight_em500_udl""#),
            ("70b3d57ed0000001", r#","profile":"dragino_ldds75""#),
        ];
        let more = (0..200).map(|n| {
            let station = format!("gauge-{n:03}")
                .parse()
                .expect("the identifier is plain");
            let name = format!("{n:016x}").parse().expect("a DevEUI");
            Device::new(name, station)
        });
        let devices = named.into_iter().map(|(name, keys)| {
            serde_json::from_str(&format!(
                r#"{{"name":"{name}","station":"gauge-100","mounting_height_m":40.0{keys}}}"#
            ))
            .expect("a sound description")
        });
        let devices = Devices::new(more.chain(devices), &stations).expect("sound devices");
        let rule = serde_json::from_str(r#"{"filter":"net/#"}"#).expect("a sound rule");
        Self {
            stations,
            devices,
            topics: TopicRules {
                formats: vec![rule],
                ..TopicRules::default()
            },
            limits: Limits::default(),
        }
    }

    fn decide(&self, topic: &str, payload: &[u8]) -> Decided {
        let packet = Packet {
            topic,
            payload,
            retained: false,
            received_at: start() + SignedDuration::from_hours(25),
        };
        let known = Known {
            stations: &self.stations,
            devices: &self.devices,
            topics: &self.topics,
            limits: &self.limits,
        };
        decide(&packet, &known)
    }
}

fn one_native_reading(c: &mut Criterion) {
    let town = Town::new();
    let payloads = a_day_of_payloads();
    let decided = |payload: &[u8]| {
        let mut decided = town.decide("hinan/v1/readings/gauge-100", payload);
        assert!(decided.refused.is_empty(), "{:?}", decided.refused);
        decided.readings.pop().expect("it is a reading")
    };

    let mut group = c.benchmark_group("a_day_of_one_gauge_144_native_readings");
    group.throughput(Throughput::Elements(144));
    group.bench_function("decide_and_check", |b| {
        b.iter_batched_ref(
            || {
                Checker::new(
                    &town
                        .stations
                        .get("gauge-100")
                        .expect("it is listed")
                        .quality,
                )
            },
            |checker| {
                for payload in &payloads {
                    let reading = decided(black_box(payload));
                    black_box(checker.check(reading.at, reading.level_m));
                }
            },
            BatchSize::SmallInput,
        );
    });
    group.bench_function("decide_only", |b| {
        b.iter(|| {
            for payload in &payloads {
                black_box(decided(black_box(payload)));
            }
        });
    });
    group.bench_function("peer_serde_json_value", |b| {
        b.iter(|| {
            for payload in &payloads {
                let value: serde_json::Value =
                    serde_json::from_slice(black_box(payload)).expect("it is JSON");
                black_box(value);
            }
        });
    });
    group.finish();
}

/// A pack of 60 distances in SenML, as JSON.
fn senml_pack() -> String {
    let more: String = (1..60)
        .map(|n| format!(r#",{{"n":"distance","t":{n},"v":3.{n:02}}}"#))
        .collect();
    format!(r#"[{{"bn":"urn:dev:ow:1:","bt":1472515200,"bu":"m","n":"distance","v":3.2}}{more}]"#)
}

/// The same pack as CBOR, with the numbers of the standard for its labels.
fn senml_pack_cbor() -> Vec<u8> {
    use ciborium::Value;
    let label = |key: i64, value: Value| (Value::Integer(key.into()), value);
    let record = |n: u32| {
        vec![
            label(0, Value::Text("distance".to_owned())),
            label(6, Value::Integer(n.into())),
            label(2, Value::Float(3.0 + f64::from(n) / 100.0)),
        ]
    };
    let mut first = record(0);
    first.push(label(-2, Value::Text("urn:dev:ow:1:".to_owned())));
    first.push(label(-3, Value::Integer(1_472_515_200.into())));
    first.push(label(-4, Value::Text("m".to_owned())));
    let records = std::iter::once(first)
        .chain((1..60).map(record))
        .map(Value::Map)
        .collect();
    let mut bytes = Vec::new();
    ciborium::into_writer(&Value::Array(records), &mut bytes).expect("memory takes all");
    bytes
}

fn other_formats(c: &mut Criterion) {
    let town = Town::new();
    let json = |text: &str| text.as_bytes().to_vec();
    let cases: [(&str, usize, Vec<u8>); 7] = [
        ("senml_json_60_records", 60, json(&senml_pack())),
        ("senml_cbor_60_records", 60, senml_pack_cbor()),
        (
            "sensorthings",
            1,
            json(
                r#"{"phenomenonTime":"2016-08-30T00:10:00Z","result":3520,"Datastream":{"@iot.id":7}}"#,
            ),
        ),
        (
            "tts_v3_ldds75",
            1,
            json(
                r#"{"end_device_ids":{"device_id":"d","application_ids":{"application_id":"a"},"dev_eui":"70B3D57ED0000001"},
                "received_at":"2016-08-30T00:10:01.2Z","uplink_message":{"session_key_id":"AXBSH1Pk6Z0G166RlH16CQ==","f_port":2,"f_cnt":7,
                "frm_payload":"C+QJEgB//wE=","rx_metadata":[{"gateway_ids":{"gateway_id":"g"},"time":"2016-08-30T00:10:01Z","rssi":-35,
                "snr":5}],"settings":{"data_rate":{"lora":{"bandwidth":125000,"spreading_factor":7}},"frequency":"923200000"}}}"#,
            ),
        ),
        (
            "chirpstack_v4_em500",
            1,
            json(
                r#"{"deduplicationId":"d-1","time":"2016-08-30T00:10:00.5+00:00","deviceInfo":{"tenantId":"t","applicationId":"a",
                "deviceName":"n","devEui":"24e124126d154397"},"devAddr":"00189440","dr":1,"fCnt":3,"fPort":85,"data":"AXVkA4KIEw==",
                "rxInfo":[{"gatewayId":"0016c001f153a14c","uplinkId":4217106255,"rssi":-36,"snr":10.5}],"txInfo":{"frequency":923200000}}"#,
            ),
        ),
        (
            "chirpstack_v3_em500",
            1,
            json(
                r#"{"applicationID":"7","deviceName":"n","devEUI":"24e124126d154397","rxInfo":[{"gatewayID":"g","uplinkID":"u",
                "time":"2016-08-30T00:10:00Z","rssi":-110,"loRaSNR":-5.8}],"txInfo":{"frequency":923200000,"dr":5},"adr":true,
                "fCnt":45797,"fPort":85,"data":"AXVkA4KIEw==","object":{"battery":100,"distance":5000}}"#,
            ),
        ),
        (
            "netmore_em500",
            1,
            json(
                r#"[{"devEui":"24E124126D154397","sensorType":"EM500-UDL","timestamp":"2016-08-30T00:10:00.053Z","payload":"01756403828813",
                "spreadingFactor":"12","dr":0,"rssi":"-104","snr":"-2","messageType":"payload","fPort":"85"}]"#,
            ),
        ),
    ];
    for (name, readings, payload) in cases {
        let decided = town.decide("net/x", &payload);
        assert_eq!(decided.readings.len(), readings, "{name}: {decided:?}");
        let mut group = c.benchmark_group(name);
        group.throughput(Throughput::Elements(readings as u64));
        group.bench_function("decide", |b| {
            b.iter(|| black_box(town.decide("net/x", black_box(&payload))));
        });
        if name.contains("cbor") {
            group.bench_function("peer_ciborium_value", |b| {
                b.iter(|| {
                    let value: ciborium::Value =
                        ciborium::from_reader(black_box(payload.as_slice())).expect("it is CBOR");
                    black_box(value)
                });
            });
        } else {
            group.bench_function("peer_serde_json_value", |b| {
                b.iter(|| {
                    let value: serde_json::Value =
                        serde_json::from_slice(black_box(&payload)).expect("it is JSON");
                    black_box(value)
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, one_native_reading, other_formats);
criterion_main!(benches);
