//! A pack in CBOR.

use ciborium::Value;

use super::{Fields, Label, Pack, Raw};
use crate::payload::{DEPTH_MAX, RECORDS_MAX, Unreadable, cut};

/// Tag of a decimal fraction: an exponent of ten and a mantissa (RFC 8949, 3.4.4).
const DECIMAL_FRACTION: u64 = 4;

/// Reads a pack written in CBOR. Its records are not judged yet: see [`resolve`](super::resolve).
///
/// # Errors
/// Not CBOR or with bytes behind it, nested deeper than 16, not an array of maps, a field given twice, or more than 1000
/// records.
pub fn read(payload: &[u8]) -> Result<Pack, Unreadable> {
    let mut rest = payload;
    let value: Value = ciborium::de::from_reader_with_recursion_limit(&mut rest, DEPTH_MAX)
        .map_err(|error| Unreadable::NotCbor(cut(&error.to_string(), 200)))?;
    if !rest.is_empty() {
        return Err(Unreadable::NotCbor(format!(
            "{} bytes follow the pack",
            rest.len()
        )));
    }
    let Value::Array(records) = value else {
        return Err(Unreadable::WrongShape(
            "it is not an array of records".to_owned(),
        ));
    };
    if records.len() > RECORDS_MAX {
        return Err(Unreadable::TooMany {
            what: "records",
            max: RECORDS_MAX,
        });
    }
    let records = records.into_iter().map(fields).collect::<Result<_, _>>()?;
    Ok(Pack { records })
}

fn fields(record: Value) -> Result<Fields, Unreadable> {
    let Value::Map(entries) = record else {
        return Err(Unreadable::WrongShape(
            "a record is not a map of fields".to_owned(),
        ));
    };
    let mut fields = Fields::default();
    for (key, value) in entries {
        match key {
            Value::Integer(number) => {
                if let Some(label) = Label::of_cbor(number.into()) {
                    fields
                        .put(label, raw(value))
                        .map_err(Unreadable::WrongShape)?;
                }
            }
            // The fields of the standard have numbers here; a text is somebody's extension, even if it reads `v`.
            Value::Text(text) => {
                if text.ends_with('_') {
                    fields.not_understood = Some(cut(&text, 64));
                }
            }
            _ => {
                return Err(Unreadable::WrongShape(
                    "the label of a field is neither a number nor text".to_owned(),
                ));
            }
        }
    }
    Ok(fields)
}

fn raw(value: Value) -> Raw {
    match value {
        Value::Integer(number) => Raw::Number(double(number.into())),
        Value::Float(number) => Raw::Number(number),
        Value::Text(text) => Raw::Text(text),
        Value::Bytes(bytes) => Raw::Bytes(bytes),
        Value::Bool(truth) => Raw::Truth(truth),
        Value::Null => Raw::Other("null"),
        Value::Array(_) => Raw::Other("an array"),
        Value::Map(_) => Raw::Other("a map"),
        Value::Tag(DECIMAL_FRACTION, parts) => {
            decimal_fraction(*parts).map_or(Raw::Other("a broken decimal fraction"), Raw::Number)
        }
        _ => Raw::Other("a tagged value"),
    }
}

/// `[-2, 27315]` is 273.15. Read by way of the text, so that it is the double next to the decimal number.
fn decimal_fraction(parts: Value) -> Option<f64> {
    let Value::Array(parts) = parts else {
        return None;
    };
    let [Value::Integer(exponent), Value::Integer(mantissa)] = parts[..] else {
        return None;
    };
    let exponent: i16 = i128::from(exponent).try_into().ok()?;
    format!("{}e{exponent}", i128::from(mantissa)).parse().ok()
}

#[expect(clippy::cast_precision_loss, reason = "a SenML number is a double")]
fn double(number: i128) -> f64 {
    number as f64
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::{Resolved, Value as Read, resolve};
    use super::*;

    fn resolved(payload: &[u8]) -> Resolved {
        resolve(&read(payload).unwrap(), jiff::Timestamp::UNIX_EPOCH).unwrap()
    }

    fn number(value: &[u8]) -> f64 {
        // [{0: "a", 2: value}]
        let mut pack = b"\x81\xa2\x00\x61a\x02".to_vec();
        pack.extend(value);
        match resolved(&pack).records[0].value {
            Some(Read::Number(number)) => number,
            ref other => panic!("{other:?}"),
        }
    }

    fn refused(payload: &[u8], code: &str, text: &str) {
        let why = read(payload).unwrap_err();
        assert_eq!(why.code(), code, "{why}");
        assert!(why.to_string().contains(text), "{why}");
    }

    #[test]
    #[expect(clippy::float_cmp, reason = "these are exact on purpose")]
    fn every_kind_of_number_is_read() {
        assert_eq!(number(b"\xf9\x3e\x00"), 1.5, "half float");
        assert_eq!(number(b"\xfa\x3f\xc0\x00\x00"), 1.5, "single float");
        assert_eq!(number(b"\xfb\x3f\xf8\0\0\0\0\0\0"), 1.5, "double");
        assert_eq!(number(b"\x18\x2a"), 42.0, "integer");
        assert_eq!(number(b"\x38\x29"), -42.0, "negative integer");
        assert_eq!(
            number(b"\x1b\xff\xff\xff\xff\xff\xff\xff\xff"),
            18_446_744_073_709_551_615.0,
            "64 bits"
        );
        assert_eq!(
            number(b"\xc4\x82\x21\x19\x6a\xb3"),
            273.15,
            "decimal fraction: the example of RFC 8949"
        );
    }

    #[test]
    fn a_number_that_is_none_refuses_its_record() {
        for value in [
            &b"\xf9\x7e\x00"[..],
            b"\xf9\x7c\x00",
            b"\xfb\xff\xf0\0\0\0\0\0\0",
            b"\xc4\x82\x19\x03\xe8\x01", // 1e1000
        ] {
            let mut pack = b"\x81\xa2\x00\x61a\x02".to_vec();
            pack.extend(value);
            let resolved = resolved(&pack);
            assert_eq!(resolved.refused[0].why, Unreadable::NotFinite, "{value:x?}");
        }
    }

    #[test]
    fn data_is_bytes_here() {
        assert_eq!(
            resolved(b"\x81\xa2\x00\x61a\x08\x42\xff\x00").records[0].value,
            Some(Read::Data(vec![0xff, 0]))
        );
    }

    #[test]
    fn a_text_label_is_an_extension_and_one_that_must_be_understood_refuses_the_pack() {
        // {0: "a", 2: 1, "x": 1}
        assert_eq!(
            resolved(b"\x81\xa3\x00\x61a\x02\x01\x61x\x01")
                .records
                .len(),
            1
        );
        // {0: "a", 2: 1, "x_": 1}
        let pack = read(b"\x81\xa3\x00\x61a\x02\x01\x62x_\x01").unwrap();
        let why = resolve(&pack, jiff::Timestamp::UNIX_EPOCH).unwrap_err();
        assert!(why.to_string().contains("x_"), "{why}");
    }

    #[test]
    fn what_is_no_pack_is_refused_by_name() {
        refused(b"", "not_cbor", "not CBOR");
        refused(b"\x81", "not_cbor", "not CBOR");
        refused(b"\xa0", "wrong_shape", "array of records");
        refused(b"\x81\x01", "wrong_shape", "map of fields");
        refused(b"\x80\x00", "not_cbor", "1 bytes follow");
        refused(
            b"\x81\xa2\x00\x61a\x00\x61b",
            "wrong_shape",
            "n is given twice",
        );
        refused(
            b"\x81\xa1\xf6\x01",
            "wrong_shape",
            "neither a number nor text",
        );
    }

    #[test]
    fn a_pack_that_promises_much_or_nests_deep_costs_nothing() {
        refused(b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff", "not_cbor", "");
        refused(b"\x5b\x7f\xff\xff\xff\xff\xff\xff\xff", "not_cbor", "");
        refused(&[0x81; 60_000], "not_cbor", "");
        let many: Vec<u8> = [&b"\x99\x03\xe9"[..], &[0xa0; 1001]].concat();
        refused(&many, "too_many", "1000 records");
    }
}
