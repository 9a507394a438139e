//! Any bytes, and messages that were broken on their way, leave the decoders standing.
//!
//! The properties are those of the fuzz targets; here they run over a bounded number of cases each time.

#![allow(clippy::unwrap_used)]

#[path = "../fuzz/src/payloads.rs"]
#[expect(unreachable_pub, reason = "the fuzz targets are a crate of their own")]
mod properties;

use proptest::prelude::{ProptestConfig, Strategy, any, prop, proptest};

/// One good message of each format, written by hand.
const MESSAGES: [&[u8]; 12] = [
    br#"{"at":"2026-08-30T18:00:00+09:00","level_m":35.33,"seq":12}"#,
    br#"[{"bn":"urn:dev:ow:1:","bt":1788080000,"bu":"m","n":"water_level","v":3.2},{"n":"distance","t":-5,"v":1.5},{"n":"x","vs":"y","s":1}]"#,
    br#"{"phenomenonTime":"2026-08-30T08:50:00Z/2026-08-30T09:00:00Z","result":3520,"Datastream":{"@iot.id":7,"unitOfMeasurement":{"symbol":"cm"}}}"#,
    br#"[{"Datastream":{"@iot.id":7},"components":["phenomenonTime","result"],"dataArray":[["2026-08-30T09:00:00Z",20],["2026-08-30T09:00:00Z"]]}]"#,
    br#"{"end_device_ids":{"device_id":"d","dev_eui":"70B3D57ED0000001"},"received_at":"2026-08-30T09:00:01Z","uplink_message":{"session_key_id":"a","f_port":2,"f_cnt":7,"frm_payload":"C+QJEgB//wE=","settings":{"time":"2026-08-30T09:00:00Z"}}}"#,
    br#"{"end_device_ids":{"device_id":"d"},"uplink_message":{"decoded_payload":{"Distance":"1234 mm","a":{"b":1},"c":[1]}}}"#,
    br#"{"deduplicationId":"d-1","time":"2026-08-30T09:00:00.5+00:00","deviceInfo":{"devEui":"24e124126d154397"},"fCnt":3,"fPort":85,"data":"AXVkA4KIEw=="}"#,
    br#"{"applicationID":"7","devEUI":"24e124126d154397","rxInfo":[{"uplinkID":"u","time":"2026-08-30T09:00:00Z"}],"fPort":85,"data":"BIJECAUAAQ==","objectJSON":"{\"distance\":5000}"}"#,
    br#"[{"devEui":"24E124126D154397","timestamp":"2026-08-30T09:00:00.053Z","payload":"01756403828813","messageType":"payload","fPort":"85"}]"#,
    // [{-2: "a:", -3: 1788080000, 0: "level", 1: "m", 2: 1.5}, {0: "b", 2: 4([-2, 27315]), 6: -5}]
    b"\x82\xa5\x21\x62a:\x22\x1a\x6a\x93\x9f\x80\x00\x65level\x01\x61m\x02\xf9\x3e\x00\xa3\x00\x61b\x02\xc4\x82\x21\x19\x6a\xb3\x06\x24",
    b"\x05\x05\x01\x75\x5c\x03\x67\x01\x01\x04\x82\x44\x08\x05\x00\x01\x20\xce\x9e\x74\x46\x63\xe8\x03",
    b"\x14\x00\x08\x3f\xa3\x1f\x15\x2d\x24\x01\x04\x20\x09",
];

fn all(bytes: &[u8]) {
    properties::native(bytes);
    properties::senml_json(bytes);
    properties::senml_cbor(bytes);
    properties::sensorthings(bytes);
    properties::lorawan(bytes);
    properties::device_bytes(bytes);
}

/// How a message may be broken: cut, a bit turned, a piece repeated, a number blown up, two messages in one.
fn broken() -> impl Strategy<Value = Vec<u8>> {
    let one = || prop::sample::select(&MESSAGES[..]).prop_map(<[u8]>::to_vec);
    let place = any::<prop::sample::Index>;
    prop::strategy::Union::new([
        (one(), place())
            .prop_map(|(bytes, at)| bytes[..at.index(bytes.len())].to_vec())
            .boxed(),
        (one(), prop::collection::vec((place(), 0..8_u8), 1..4))
            .prop_map(|(mut bytes, turns)| {
                for (at, bit) in turns {
                    let at = at.index(bytes.len());
                    bytes[at] ^= 1 << bit;
                }
                bytes
            })
            .boxed(),
        (one(), place(), place(), 1..40_usize)
            .prop_map(|(bytes, from, to, times)| {
                let (from, to) = (from.index(bytes.len()), to.index(bytes.len()));
                let (from, to) = (from.min(to), from.max(to));
                [&bytes[..from], &bytes[from..to].repeat(times), &bytes[to..]].concat()
            })
            .boxed(),
        (
            one(),
            prop::sample::select(&["9", "1e308", "-1e400", "null", "\"\"", "[[", "{}", "true"][..]),
        )
            .prop_map(|(bytes, with)| {
                let text: String = String::from_utf8_lossy(&bytes)
                    .chars()
                    .map(|c| {
                        if c.is_ascii_digit() {
                            with.to_owned()
                        } else {
                            c.to_string()
                        }
                    })
                    .collect();
                text.into_bytes()
            })
            .boxed(),
        (one(), one(), place(), place())
            .prop_map(|(head, tail, cut, from)| {
                [
                    &head[..cut.index(head.len())],
                    &tail[from.index(tail.len())..],
                ]
                .concat()
            })
            .boxed(),
    ])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        all(&bytes);
    }

    #[test]
    fn any_broken_message_is_read_or_refused(bytes in broken()) {
        all(&bytes);
    }

    #[test]
    fn any_bytes_of_any_device_are_read_or_refused(
        which in any::<u8>(),
        port in any::<u8>(),
        frame in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        properties::device_bytes(&[&[which, port][..], &frame].concat());
    }
}

#[test]
fn the_messages_that_are_broken_here_are_sound() {
    use hinan_sensors::payload::{Context, decode, recognise};
    for bytes in &MESSAGES[..10] {
        let format = recognise(bytes).unwrap();
        let context = Context::at(jiff::Timestamp::UNIX_EPOCH);
        let message = decode(format, bytes, &context).unwrap();
        assert!(!message.observations.is_empty(), "{format}");
    }
    MESSAGES.iter().for_each(|bytes| all(bytes));
}

#[test]
fn depth_has_a_limit_and_costs_no_stack() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("[{\"n\":", "}]")] {
        for depth in [100, 130, 5000, 12_000] {
            all(format!("{}{}", open.repeat(depth), close.repeat(depth)).as_bytes());
            let result = format!(
                r#"{{"result":{}1{}}}"#,
                open.repeat(depth),
                close.repeat(depth)
            );
            all(result.as_bytes());
            let object = format!(
                r#"{{"devEUI":"a","applicationID":"1","object":{{"x":{}1{}}}}}"#,
                open.repeat(depth),
                close.repeat(depth)
            );
            all(object.as_bytes());
        }
    }
    for byte in [0x81, 0xa1, 0xc1, 0x9f, 0xbf, 0x5f, 0x7f] {
        all(&[byte; 60_000]);
    }
}
