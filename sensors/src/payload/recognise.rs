//! Which format a message has, told by its content.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Format, MESSAGE_MAX_BYTES};

/// The format of a message, by its content alone; `None` when no format has keys like these. It is read no further
/// than that: a recognised message may still be refused.
///
/// ```
/// use hinan_sensors::payload::{Format, recognise};
/// assert_eq!(recognise(br#"{"at":"2016-08-30T18:00:00+09:00","level_m":35.33}"#), Some(Format::Native));
/// assert_eq!(recognise(br#"[{"n":"urn:dev:ow:1","v":23.1}]"#), Some(Format::SenmlJson));
/// assert_eq!(recognise(b"hello"), None);
/// ```
#[must_use]
pub fn recognise(payload: &[u8]) -> Option<Format> {
    if payload.len() > MESSAGE_MAX_BYTES {
        return None;
    }
    let first = payload.iter().find(|byte| !byte.is_ascii_whitespace())?;
    if matches!(first, b'{' | b'[') {
        let text = std::str::from_utf8(payload).ok()?;
        return keys(text)?.format();
    }
    // An array of CBOR whose first element is a map. No text begins like this: these bytes do not begin a character.
    let map_at = match payload.first()? {
        0x81..=0x97 | 0x9f => 1,
        0x98 => 2,
        0x99 => 3,
        _ => return None,
    };
    matches!(payload.get(map_at)?, 0xa0..=0xbf).then_some(Format::SenmlCbor)
}

/// The keys of an object, or of the first object of an array, as far as they tell formats apart.
#[derive(Default)]
struct Keys {
    in_array: bool,
    seen: u32,
}

/// Keys that tell formats apart. The place in the list is the bit.
const TELLING: [&str; 24] = [
    "at",
    "level_m",
    "end_device_ids",
    "deviceInfo",
    "devEUI",
    "applicationID",
    "devEui",
    "payload",
    "sensorType",
    "result",
    "phenomenonTime",
    "dataArray",
    "components",
    "n",
    "bn",
    "v",
    "vs",
    "vb",
    "vd",
    "bt",
    "resultTime",
    "s",
    "bver",
    "messageType",
];

impl Keys {
    fn note(&mut self, key: &str) {
        if let Some(place) = TELLING.iter().position(|telling| *telling == key) {
            self.seen |= 1 << place;
        }
    }

    fn has(&self, key: &str) -> bool {
        TELLING
            .iter()
            .position(|telling| *telling == key)
            .is_some_and(|place| self.seen & (1 << place) != 0)
    }

    fn format(&self) -> Option<Format> {
        let any = |keys: &[&str]| keys.iter().any(|key| self.has(key));
        if self.in_array {
            return if self.has("devEui") && any(&["payload", "sensorType", "messageType"]) {
                Some(Format::Netmore)
            } else if any(&["dataArray", "components"]) {
                Some(Format::Sensorthings)
            } else if any(&["n", "bn", "v", "vs", "vb", "vd", "bt", "s", "bver"]) {
                Some(Format::SenmlJson)
            } else {
                None
            };
        }
        if self.has("end_device_ids") {
            Some(Format::TtsV3)
        } else if self.has("deviceInfo") {
            Some(Format::ChirpstackV4)
        } else if self.has("devEUI") && self.has("applicationID") {
            Some(Format::ChirpstackV3)
        } else if any(&["level_m", "at"]) {
            Some(Format::Native)
        } else if any(&["result", "phenomenonTime", "resultTime", "dataArray"]) {
            Some(Format::Sensorthings)
        } else {
            None
        }
    }
}

fn keys(text: &str) -> Option<Keys> {
    let mut reader = serde_json::Deserializer::from_str(text);
    KeysSeed { deeper: 1 }.deserialize(&mut reader).ok()
}

/// Notes keys; goes `deeper` into the first element of an array or into `result`, where a stored uplink has its own.
struct KeysSeed {
    deeper: u8,
}

impl<'de> DeserializeSeed<'de> for KeysSeed {
    type Value = Keys;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Keys, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for KeysSeed {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Keys::default();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            keys.note(&key);
            if key == "result" && self.deeper > 0 {
                let within = map.next_value_seed(KeysSeed { deeper: 0 })?;
                keys.seen |= within.seen & (1 << 2);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(keys)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Keys, A::Error> {
        if self.deeper == 0 {
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(Keys::default());
        }
        let mut keys = seq
            .next_element_seed(KeysSeed { deeper: 0 })?
            .unwrap_or_default();
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        keys.in_array = true;
        Ok(keys)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_i64<E>(self, _: i64) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_u64<E>(self, _: u64) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_f64<E>(self, _: f64) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_str<E>(self, _: &str) -> Result<Keys, E> {
        Ok(Keys::default())
    }

    fn visit_unit<E>(self) -> Result<Keys, E> {
        Ok(Keys::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_recognised_by_keys_that_no_other_has() {
        for (payload, format) in [
            (r#"{"level_m":1}"#, Format::Native),
            (r#" [ {"bn":"a"}, {"n":"b","v":1} ]"#, Format::SenmlJson),
            (r#"{"result":3.2}"#, Format::Sensorthings),
            (
                r#"{"phenomenonTime":"2015-03-01T00:00:00Z","result":{"a":1}}"#,
                Format::Sensorthings,
            ),
            (
                r#"[{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]]}]"#,
                Format::Sensorthings,
            ),
            (
                r#"{"end_device_ids":{},"uplink_message":{}}"#,
                Format::TtsV3,
            ),
            (r#"{"result":{"end_device_ids":{}}}"#, Format::TtsV3),
            (
                r#"{"devEUI":"x","applicationID":"1"}"#,
                Format::ChirpstackV3,
            ),
            (
                r#"{"deduplicationId":"x","deviceInfo":{}}"#,
                Format::ChirpstackV4,
            ),
            (r#"[{"devEui":"x","payload":"00"}]"#, Format::Netmore),
        ] {
            assert_eq!(recognise(payload.as_bytes()), Some(format), "{payload}");
        }
        assert_eq!(
            recognise(b"\x81\xa2\x00\x61a\x02\x01"),
            Some(Format::SenmlCbor)
        );
        assert_eq!(
            recognise(b"\x99\x00\x01\xa2\x00\x61a\x02\x01"),
            Some(Format::SenmlCbor)
        );
    }

    #[test]
    fn what_no_format_has_is_not_guessed() {
        for none in [
            &b""[..],
            b"  ",
            b"{}",
            b"[]",
            b"[1]",
            b"{\"a\":1}",
            b"{\"at\":",
            b"35.33",
            b"\xff",
            b"\x81\x01",
            b"\x80",
            b"<Report/>",
        ] {
            assert_eq!(recognise(none), None, "{none:x?}");
        }
    }
}
