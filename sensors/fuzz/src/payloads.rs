//! What must hold for any bytes of devices and their networks: one function per decoder.
//!
//! libFuzzer calls them for as long as one likes (`fuzz_targets/`), and the ordinary tests of the crate with a bounded
//! number of arbitrary and of broken messages (`../tests/arbitrary.rs`). They panic when something does not hold.

use hinan_sensors::decoded::{Asked, Line, lines};
use hinan_sensors::observation::{Measured, Observation};
use hinan_sensors::payload::device::FRAME_MAX_BYTES;
use hinan_sensors::payload::{
    Context, Format, Message, Profile, RECORDS_MAX, TEXT_MAX_BYTES, Unreadable, decode, recognise,
    senml,
};
use hinan_sensors::{
    Decided, Devices, Known, Limits, Packet, Reading, Station, Stations, TopicRules, decide,
    native_payload,
};
use jiff::Timestamp;

/// A moment to receive everything at.
fn now() -> Timestamp {
    Timestamp::from_second(1_788_080_400).expect("a time of this century")
}

/// The native reading, and the decision on the topic of a gauge whatever is published there.
pub fn native(bytes: &[u8]) {
    read(Format::Native, bytes, None);
    let decided = decided("hinan/v1/readings/obihiro", bytes);
    for reading in &decided.readings {
        assert!(reading.level_m.is_finite());
        assert_eq!(reading.station.as_str(), "obihiro");
    }
    if let (Some(Format::Native), [reading]) = (recognise(bytes), &decided.readings[..]) {
        // What was understood can be said again, and is understood alike.
        let again = self::decided("hinan/v1/readings/obihiro", &native_payload(reading));
        assert_eq!(again.readings, std::slice::from_ref(reading));
    }
    under_a_rule(bytes);
}

/// SenML in JSON.
pub fn senml_json(bytes: &[u8]) {
    read(Format::SenmlJson, bytes, None);
    if let Ok(pack) = senml::read_json(bytes) {
        resolves(&pack);
    }
}

/// SenML in CBOR.
pub fn senml_cbor(bytes: &[u8]) {
    read(Format::SenmlCbor, bytes, None);
    if let Ok(pack) = senml::read_cbor(bytes) {
        resolves(&pack);
    }
}

/// Observations of SensorThings.
pub fn sensorthings(bytes: &[u8]) {
    read(Format::Sensorthings, bytes, None);
}

/// What network servers wrap around the bytes of devices, with and without a profile for these.
pub fn lorawan(bytes: &[u8]) {
    for format in [
        Format::TtsV3,
        Format::ChirpstackV3,
        Format::ChirpstackV4,
        Format::Netmore,
    ] {
        read(format, bytes, None);
        let profile = "milesight_em400_tld".parse().ok();
        assert!(profile.is_some());
        read(format, bytes, profile);
    }
}

/// The bytes of devices. The first says which device, the second the port.
pub fn device_bytes(bytes: &[u8]) {
    let [which, port, frame @ ..] = bytes else {
        return;
    };
    let profiles = Profile::EXAMPLES;
    let name = profiles[usize::from(*which) % profiles.len()];
    let profile: Profile = name.parse().expect("an example is a profile");
    match profile.read(Some(*port), frame) {
        Ok(read) => {
            assert!(frame.len() <= FRAME_MAX_BYTES);
            // The smallest record takes two bytes and says at most three things.
            assert!(read.observations.len() <= 2 * frame.len() + 20);
            read.observations.iter().for_each(holds);
            if let Some(why) = &read.refused {
                says_why(why);
            }
        }
        Err(why) => says_why(&why),
    }
}

fn read(format: Format, bytes: &[u8], profile: Option<Profile>) {
    let context = || Context {
        topic: Some("v1.1/Datastreams(7)/Observations"),
        received_at: now(),
        profile_of: &|_| None,
    };
    let profile_of = |_: &_| profile;
    let with_profile = Context {
        profile_of: &profile_of,
        ..context()
    };
    let once = decode(format, bytes, &with_profile);
    assert_eq!(
        once,
        decode(format, bytes, &with_profile),
        "the same bytes say the same"
    );
    match once {
        Ok(Message {
            observations,
            refused,
            ..
        }) => {
            // A record of SenML has a value and a sum; a row of Netmore has a frame.
            assert!(observations.len() <= RECORDS_MAX * FRAME_MAX_BYTES);
            observations.iter().for_each(holds);
            refused.iter().for_each(|part| says_why(&part.why));
        }
        Err(why) => says_why(&why),
    }
    printable(bytes);
}

/// What an observation must be, wherever it comes from.
fn holds(seen: &Observation) {
    match &seen.measured {
        Measured::Number(number) => assert!(number.is_finite()),
        Measured::Text(text) => assert!(text.len() <= TEXT_MAX_BYTES),
        Measured::Bytes(bytes) => assert!(bytes.len() <= TEXT_MAX_BYTES.max(FRAME_MAX_BYTES)),
        Measured::Nothing { said, .. } => assert!(said.is_none_or(f64::is_finite)),
        Measured::Truth(_) => {}
    }
    let label = seen.label.as_deref().unwrap_or_default();
    assert!(label.len() <= 2 * TEXT_MAX_BYTES + 32);
    assert!(
        !seen.historic || seen.at.is_some(),
        "an old record has its own time"
    );
}

/// A reason is a sentence, whatever the payload had in it.
fn says_why(why: &Unreadable) {
    let text = why.to_string();
    assert!(!text.is_empty() && text.chars().count() < 1000, "{text}");
    assert!(!why.code().is_empty());
}

fn resolves(pack: &senml::Pack) {
    if let Ok(resolved) = senml::resolve(pack, now()) {
        for record in resolved.records {
            assert!(record.name.is_ascii() && record.name.len() <= TEXT_MAX_BYTES);
            assert!(record.sum.is_none_or(f64::is_finite));
            assert!(record.value.is_some() || record.sum.is_some());
        }
    }
}

fn decided(topic: &str, payload: &[u8]) -> Decided {
    let stations = Stations::new([Station {
        id: "obihiro".parse().expect("a plain identifier"),
        name: "帯広".to_owned(),
        quality: hinan_sensors::QualitySettings::default(),
        cadence_s: 600,
    }])
    .expect("one sound gauge");
    let rule = serde_json::from_str(r##"{"filter":"net/#"}"##).expect("a sound rule");
    let devices = [
        r#"{"name":"Datastreams(7)","station":"obihiro","measures":"water_level_m","unit":"cm"}"#,
        r#"{"name":"a","station":"obihiro","mounting_height_m":5}"#,
    ]
    .map(|device| serde_json::from_str(device).expect("a sound device"));
    let known = Known {
        stations: &stations,
        devices: &Devices::new(devices, &stations).expect("two sound devices"),
        topics: &TopicRules {
            formats: vec![rule],
            ..TopicRules::default()
        },
        limits: &Limits::default(),
    };
    let packet = Packet {
        topic,
        payload,
        retained: false,
        received_at: now(),
    };
    decide(&packet, &known)
}

/// The same bytes where the content decides the format.
fn under_a_rule(bytes: &[u8]) {
    let decided = decided("net/x", bytes);
    let levels = decided.readings.iter().chain(&decided.history);
    levels.for_each(|reading: &Reading| assert!(reading.level_m.is_finite()));
    for why in &decided.refused {
        assert!(why.to_string().chars().count() < 1500);
    }
}

/// What is printed about any bytes can be printed, and a refusal always says why.
fn printable(bytes: &[u8]) {
    let lines = lines("x", bytes, &Asked::default(), now());
    for line in &lines {
        assert!(serde_json::to_string(line).is_ok());
        if let Line::Refused(refused) = line {
            assert!(!refused.code.is_empty() && !refused.text.is_empty());
        }
    }
}
