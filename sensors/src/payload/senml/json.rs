//! A pack in JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Fields, Label, Pack, Raw};
use crate::payload::{RECORDS_MAX, Unreadable, cut, utf8};

/// Reads a pack written in JSON. Its records are not judged yet: see [`resolve`](super::resolve).
///
/// # Errors
/// Not UTF-8, not JSON, not an array of objects, a field given twice, or more than 1000 records.
pub fn read(payload: &[u8]) -> Result<Pack, Unreadable> {
    let mut reader = serde_json::Deserializer::from_str(utf8(payload)?);
    let pack = PackSeed
        .deserialize(&mut reader)
        .map_err(|error| Unreadable::json(&error))?;
    reader.end().map_err(|error| Unreadable::json(&error))?;
    pack.ok_or(Unreadable::TooMany {
        what: "records",
        max: RECORDS_MAX,
    })
}

/// `None` when there are too many records.
struct PackSeed;

impl<'de> DeserializeSeed<'de> for PackSeed {
    type Value = Option<Pack>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for PackSeed {
    type Value = Option<Pack>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut records = Vec::new();
        while let Some(fields) = seq.next_element_seed(FieldsSeed)? {
            if records.len() < RECORDS_MAX {
                records.push(fields);
            } else {
                // The rest is read to its end, so that what is not JSON is told as such, and kept nowhere.
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(None);
            }
        }
        Ok(Some(Pack { records }))
    }
}

struct FieldsSeed;

impl<'de> DeserializeSeed<'de> for FieldsSeed {
    type Value = Fields;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Fields, D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FieldsSeed {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = map.next_key::<Cow<'_, str>>()? {
            if let Some(label) = Label::of_json(&key) {
                let raw = map.next_value_seed(RawSeed)?;
                fields.put(label, raw).map_err(serde::de::Error::custom)?;
            } else {
                if key.ends_with('_') {
                    fields.not_understood = Some(cut(&key, 64));
                }
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(fields)
    }
}

struct RawSeed;

impl<'de> DeserializeSeed<'de> for RawSeed {
    type Value = Raw;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Raw, D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for RawSeed {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Raw, E> {
        Ok(Raw::Truth(truth))
    }

    #[expect(clippy::cast_precision_loss, reason = "a SenML number is a double")]
    fn visit_i64<E>(self, number: i64) -> Result<Raw, E> {
        Ok(Raw::Number(number as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a SenML number is a double")]
    fn visit_u64<E>(self, number: u64) -> Result<Raw, E> {
        Ok(Raw::Number(number as f64))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Raw, E> {
        Ok(Raw::Number(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Other("null"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Raw::Other("an array"))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Raw::Other("an object"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(payload: &[u8], code: &str) {
        let why = read(payload).unwrap_err();
        assert_eq!(why.code(), code, "{why}");
    }

    #[test]
    fn what_is_no_pack_is_told_apart() {
        refused(b"\xff", "not_utf8");
        refused(b"[", "not_json");
        refused(b"[] []", "not_json");
        refused(b"{}", "wrong_shape");
        refused(b"[1]", "wrong_shape");
        refused(br#"[{"n":"a","n":"b","v":1}]"#, "wrong_shape");
        assert_eq!(read(b"[]").unwrap(), Pack::default());
    }

    #[test]
    fn numbers_that_json_cannot_write_are_refused() {
        refused(br#"[{"n":"a","v":NaN}]"#, "not_json");
        refused(br#"[{"n":"a","v":Infinity}]"#, "not_json");
        refused(br#"[{"n":"a","v":1e999}]"#, "not_finite");
    }

    #[test]
    fn a_thousand_records_are_read_and_one_more_is_not() {
        let pack = |n: usize| format!("[{}]", vec![r#"{"v":1}"#; n].join(","));
        assert_eq!(read(pack(1000).as_bytes()).unwrap().records.len(), 1000);
        refused(pack(1001).as_bytes(), "too_many");
    }

    #[test]
    fn a_deep_value_in_a_field_we_do_not_know_is_skipped_without_a_stack() {
        let deep = format!(
            r#"[{{"n":"a","v":1,"x":{}{}}}]"#,
            "[".repeat(30_000),
            "]".repeat(30_000)
        );
        assert_eq!(read(deep.as_bytes()).unwrap().records.len(), 1);
    }
}
