//! SenML (RFC 8428): packs of records that share base fields, in JSON or CBOR.
//!
//! [`read_json`] and [`read_cbor`] read a pack, [`resolve`] gives its records their full names, times and values. What
//! the standard leaves to the receiver is decided so:
//!
//! - A pack is refused as a whole where the standard says so (a version we do not know, versions that differ, a field
//!   that must be understood and is not) and where the base fields themselves cannot be read, because everything after
//!   them would be wrong. Any other fault refuses its record by number, and the neighbours stand.
//! - A record must have a value or a sum. One that only sets base fields is none and is passed over.
//! - A time below 2^28 seconds is relative to the arrival. The time 0, "roughly now", stays without a time of its own.

mod cbor;
mod json;

use jiff::Timestamp;

pub use self::cbor::read as read_cbor;
pub use self::json::read as read_json;
use super::unit::{Unit, telling_words};
use super::{Message, RefusedPart, TEXT_MAX_BYTES, Unreadable, time};
use crate::observation::{Measured, Observation, Problem, Quantity};

/// The version of RFC 8428, which a pack has unless it says otherwise. Earlier drafts count from below.
const VERSION: f64 = 10.0;
/// The same with the feature "secondary units" (RFC 9100 and RFC 8798), which [`Unit`] knows.
const VERSION_WITH_SECONDARY_UNITS: f64 = 26.0;
/// Times below are relative to now (RFC 8428, 4.5.3).
const RELATIVE_BELOW_S: f64 = 268_435_456.0;

/// A pack as it was written: its records with their own fields only.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pack {
    records: Vec<Fields>,
}

/// The fields of one record as written.
#[derive(Clone, Debug, Default, PartialEq)]
struct Fields {
    known: [Option<Raw>; Label::COUNT],
    /// A field that must be understood and is not: its label ends with `_`.
    not_understood: Option<String>,
}

/// A value as written, before anyone asked whether it is of the right kind.
#[derive(Clone, Debug, PartialEq)]
enum Raw {
    Number(f64),
    Text(String),
    Truth(bool),
    Bytes(Vec<u8>),
    /// Something a field cannot be, by name.
    Other(&'static str),
}

impl Raw {
    fn kind(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Text(_) => "text",
            Self::Truth(_) => "true or false",
            Self::Bytes(_) => "bytes",
            Self::Other(kind) => kind,
        }
    }
}

/// The fields of RFC 8428, in the order of their numbers in CBOR.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    BaseSum,
    BaseValue,
    BaseUnit,
    BaseTime,
    BaseName,
    BaseVersion,
    Name,
    Unit,
    Value,
    StringValue,
    BooleanValue,
    Sum,
    Time,
    UpdateTime,
    DataValue,
}

impl Label {
    const COUNT: usize = 15;
    const ALL: [(Self, &'static str, i8); Self::COUNT] = [
        (Self::BaseSum, "bs", -6),
        (Self::BaseValue, "bv", -5),
        (Self::BaseUnit, "bu", -4),
        (Self::BaseTime, "bt", -3),
        (Self::BaseName, "bn", -2),
        (Self::BaseVersion, "bver", -1),
        (Self::Name, "n", 0),
        (Self::Unit, "u", 1),
        (Self::Value, "v", 2),
        (Self::StringValue, "vs", 3),
        (Self::BooleanValue, "vb", 4),
        (Self::Sum, "s", 5),
        (Self::Time, "t", 6),
        (Self::UpdateTime, "ut", 7),
        (Self::DataValue, "vd", 8),
    ];

    fn of_json(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, name, _)| *name == text)
            .map(|(label, ..)| label)
    }

    fn of_cbor(number: i128) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(.., n)| i128::from(*n) == number)
            .map(|(label, ..)| label)
    }

    fn name(self) -> &'static str {
        Self::ALL[self as usize].1
    }
}

impl Fields {
    /// Takes a field in. A field given twice has no meaning.
    fn put(&mut self, label: Label, raw: Raw) -> Result<(), String> {
        let place = &mut self.known[label as usize];
        if place.is_some() {
            return Err(format!("{} is given twice", label.name()));
        }
        *place = Some(raw);
        Ok(())
    }

    fn get(&self, label: Label) -> Option<&Raw> {
        self.known[label as usize].as_ref()
    }

    fn number(&self, label: Label) -> Result<Option<f64>, Unreadable> {
        match self.get(label) {
            None => Ok(None),
            Some(Raw::Number(number)) if number.is_finite() => Ok(Some(*number)),
            Some(Raw::Number(_)) => Err(Unreadable::NotFinite),
            Some(other) => Err(wrong_kind(label, other, "a number")),
        }
    }

    fn text(&self, label: Label) -> Result<Option<&str>, Unreadable> {
        match self.get(label) {
            None => Ok(None),
            Some(Raw::Text(text)) if text.len() <= TEXT_MAX_BYTES => Ok(Some(text)),
            Some(Raw::Text(_)) => Err(too_long(label)),
            Some(other) => Err(wrong_kind(label, other, "text")),
        }
    }
}

fn wrong_kind(label: Label, given: &Raw, accepted: &str) -> Unreadable {
    Unreadable::WrongShape(format!(
        "{} is {}; it must be {accepted}",
        label.name(),
        given.kind()
    ))
}

fn too_long(label: Label) -> Unreadable {
    Unreadable::WrongShape(format!(
        "{} is longer than {TEXT_MAX_BYTES} bytes; at most {TEXT_MAX_BYTES} are accepted",
        label.name()
    ))
}

/// A record with everything the pack says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// The full name: base name and name.
    pub name: String,
    /// The unit, if it or the pack has one.
    pub unit: Option<String>,
    /// When it was measured; `None` is "roughly now".
    pub at: Option<Timestamp>,
    /// What was measured, if it is not a sum alone.
    pub value: Option<Value>,
    /// The integral of the values over time, if given.
    pub sum: Option<f64>,
}

/// The value of a record.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A number. Finite.
    Number(f64),
    /// Text.
    Text(String),
    /// True or false.
    Truth(bool),
    /// Bytes.
    Data(Vec<u8>),
}

/// A pack in full.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Resolved {
    /// Its records, in their order.
    pub records: Vec<Record>,
    /// The records that could not be read, and why.
    pub refused: Vec<RefusedPart>,
}

/// The base fields in force at a record.
#[derive(Default)]
struct Base<'p> {
    name: &'p str,
    time: f64,
    unit: Option<&'p str>,
    value: Option<f64>,
    sum: Option<f64>,
}

/// Gives the records of a pack their full names, times and values. `received_at` is the "now" of relative times.
///
/// # Errors
/// Why the pack must be refused as a whole.
pub fn resolve(pack: &Pack, received_at: Timestamp) -> Result<Resolved, Unreadable> {
    check_versions(pack)?;
    if let Some(label) = pack.records.iter().find_map(|r| r.not_understood.as_ref()) {
        return Err(Unreadable::WrongShape(format!(
            "the field {label:?} must be understood, as its `_` says, and is not known here"
        )));
    }
    let mut base = Base::default();
    let mut resolved = Resolved::default();
    for (n, fields) in pack.records.iter().enumerate() {
        take_base(&mut base, fields).map_err(|why| {
            Unreadable::WrongShape(format!(
                "record {}: {why}; what follows cannot be read without it",
                n + 1
            ))
        })?;
        match record(fields, &base, received_at) {
            Ok(Some(record)) => resolved.records.push(record),
            Ok(None) => {}
            Err(why) => resolved.refused.push(RefusedPart { part: n + 1, why }),
        }
    }
    Ok(resolved)
}

fn check_versions(pack: &Pack) -> Result<(), Unreadable> {
    let mut version: Option<f64> = None;
    for fields in &pack.records {
        let Some(given) = fields.number(Label::BaseVersion)? else {
            continue;
        };
        let whole = given >= 1.0 && given.fract() == 0.0;
        let with_secondary_units = given.to_bits() == VERSION_WITH_SECONDARY_UNITS.to_bits();
        if !whole || !(given <= VERSION || with_secondary_units) {
            return Err(Unreadable::Version {
                given: format!("{given}"),
                accepted: "1 to 10, and 26 (with secondary units)",
            });
        }
        if version.is_some_and(|before| before.to_bits() != given.to_bits()) {
            return Err(Unreadable::WrongShape(
                "bver differs between records; a pack has one version".to_owned(),
            ));
        }
        version = Some(given);
    }
    Ok(())
}

fn take_base<'p>(base: &mut Base<'p>, fields: &'p Fields) -> Result<(), Unreadable> {
    if let Some(name) = fields.text(Label::BaseName)? {
        base.name = name;
    }
    if let Some(time) = fields.number(Label::BaseTime)? {
        base.time = time;
    }
    if let Some(unit) = fields.text(Label::BaseUnit)? {
        base.unit = Some(unit);
    }
    if let Some(value) = fields.number(Label::BaseValue)? {
        base.value = Some(value);
    }
    if let Some(sum) = fields.number(Label::BaseSum)? {
        base.sum = Some(sum);
    }
    Ok(())
}

/// One record in full; `None` when it only sets base fields.
fn record(
    fields: &Fields,
    base: &Base<'_>,
    received_at: Timestamp,
) -> Result<Option<Record>, Unreadable> {
    const OWN: [Label; 9] = [
        Label::Name,
        Label::Unit,
        Label::Value,
        Label::StringValue,
        Label::BooleanValue,
        Label::DataValue,
        Label::Sum,
        Label::Time,
        Label::UpdateTime,
    ];
    if OWN.iter().all(|label| fields.get(*label).is_none()) {
        return Ok(None);
    }
    let value = value(fields, base)?;
    let sum = match (fields.number(Label::Sum)?, base.sum) {
        (None, None) => None,
        (own, base) => Some(finite(own.unwrap_or(0.0) + base.unwrap_or(0.0))?),
    };
    if value.is_none() && sum.is_none() {
        return Err(Unreadable::WrongShape(
            "it has neither a value nor a sum; it must have one of v, vs, vb, vd, or s".to_owned(),
        ));
    }
    fields.number(Label::UpdateTime)?;
    Ok(Some(Record {
        name: name(base.name, fields.text(Label::Name)?.unwrap_or(""))?,
        unit: fields
            .text(Label::Unit)?
            .or(base.unit)
            .map(ToOwned::to_owned),
        at: at(
            base.time + fields.number(Label::Time)?.unwrap_or(0.0),
            received_at,
        )?,
        value,
        sum,
    }))
}

fn value(fields: &Fields, base: &Base<'_>) -> Result<Option<Value>, Unreadable> {
    let given: Vec<Label> = [
        Label::Value,
        Label::StringValue,
        Label::BooleanValue,
        Label::DataValue,
    ]
    .into_iter()
    .filter(|label| fields.get(*label).is_some())
    .collect();
    let [label] = given[..] else {
        if given.is_empty() {
            return Ok(None);
        }
        let names: Vec<_> = given.into_iter().map(Label::name).collect();
        return Err(Unreadable::WrongShape(format!(
            "it has {}; a record has one value",
            names.join(" and ")
        )));
    };
    Ok(Some(match (label, fields.get(label)) {
        (Label::Value, _) => {
            let own = fields.number(label)?.unwrap_or(0.0);
            Value::Number(finite(own + base.value.unwrap_or(0.0))?)
        }
        (Label::StringValue, _) => Value::Text(fields.text(label)?.unwrap_or("").to_owned()),
        (Label::BooleanValue, Some(Raw::Truth(truth))) => Value::Truth(*truth),
        (Label::BooleanValue, Some(other)) => {
            return Err(wrong_kind(label, other, "true or false"));
        }
        (_, Some(Raw::Bytes(bytes))) if bytes.len() <= TEXT_MAX_BYTES => Value::Data(bytes.clone()),
        (_, Some(Raw::Bytes(_))) => return Err(too_long(label)),
        (_, Some(Raw::Text(text))) if text.len() <= TEXT_MAX_BYTES => Value::Data(base64url(text)?),
        (_, Some(Raw::Text(_))) => return Err(too_long(label)),
        (_, Some(other)) => return Err(wrong_kind(label, other, "bytes (in JSON: base64url)")),
        (_, None) => return Ok(None),
    }))
}

/// Base64 with the alphabet for URLs. Padding is to be left out; libraries send it all the same.
fn base64url(text: &str) -> Result<Vec<u8>, Unreadable> {
    use base64::Engine as _;
    use base64::alphabet::URL_SAFE;
    use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
    const ENGINE: GeneralPurpose = GeneralPurpose::new(
        &URL_SAFE,
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
    );
    ENGINE.decode(text).map_err(|why| {
        Unreadable::WrongShape(format!(
            "vd is not base64 with the alphabet for URLs: {why}"
        ))
    })
}

fn name(base: &str, own: &str) -> Result<String, Unreadable> {
    let name = format!("{base}{own}");
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b':' | b'.' | b'/' | b'_');
    let sound = name.len() <= TEXT_MAX_BYTES
        && name.bytes().all(allowed)
        && name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_alphanumeric());
    if sound {
        Ok(name)
    } else {
        Err(Unreadable::WrongShape(format!(
            "the full name is {:?}; it must be 1 to {TEXT_MAX_BYTES} of A-Z a-z 0-9 - : . / _ and start with a letter or digit",
            super::cut(&name, 64)
        )))
    }
}

fn at(seconds: f64, received_at: Timestamp) -> Result<Option<Timestamp>, Unreadable> {
    let wrong = || {
        Unreadable::WrongShape(format!(
            "the time is {seconds} s; it must be within the years 1 to 9999"
        ))
    };
    if seconds == 0.0 {
        return Ok(None);
    }
    let span = time::from_seconds(seconds).ok_or_else(wrong)?;
    let from = if seconds < RELATIVE_BELOW_S {
        received_at
    } else {
        Timestamp::UNIX_EPOCH
    };
    from.checked_add(span).map(Some).map_err(|_| wrong())
}

fn finite(number: f64) -> Result<f64, Unreadable> {
    if number.is_finite() {
        Ok(number)
    } else {
        Err(Unreadable::NotFinite)
    }
}

/// A pack as observations.
pub(super) fn message(pack: Pack, received_at: Timestamp) -> Result<Message, Unreadable> {
    let Resolved { records, refused } = resolve(&pack, received_at)?;
    drop(pack);
    let mut message = Message {
        refused,
        ..Message::default()
    };
    for record in records {
        observe(record, &mut message.observations);
    }
    Ok(message)
}

/// What a record says in our words. The last part of its name tells what it is where the unit alone does not:
/// `urn:dev:ow:1:water_level` in metres is the water level of `urn:dev:ow:1`. A name whose last part is nothing we
/// know is the device's own.
fn observe(record: Record, observations: &mut Vec<Observation>) {
    let (owner, last) = record
        .name
        .rsplit_once([':', '/'])
        .unwrap_or((record.name.as_str(), ""));
    let known = is_kind(last);
    let device = if known { owner } else { &record.name };
    let unit = record.unit.as_deref();
    let label = |what: &str| {
        Some(match unit {
            Some(unit) => format!("{what} [{unit}]").into(),
            None => Box::from(what),
        })
    };
    let name = if known || !last.is_empty() {
        last
    } else {
        owner
    };
    let mut seen = |quantity: Quantity, label: Option<Box<str>>, measured: Measured| {
        observations.push(Observation {
            device: device.parse().ok(),
            at: record.at,
            label,
            ..Observation::new(quantity, measured)
        });
    };
    match record.value {
        None => {}
        Some(Value::Number(number)) => match unit.map(Unit::named) {
            // A bare number: what it is, is said in the town's configuration.
            None => seen(
                Quantity::Unstated,
                Some(name.into()),
                Measured::Number(number),
            ),
            Some(None) => seen(Quantity::Other, label(name), Measured::Number(number)),
            Some(Some(unit)) => {
                let (quantity, factor) = unit.quantity(if known { last } else { "" });
                let ours = unit.to_ours(number) * factor;
                let measured = if ours.is_finite() {
                    Measured::Number(ours)
                } else {
                    Measured::Nothing {
                        problem: Problem::OutOfRange,
                        said: None,
                    }
                };
                if quantity == Quantity::Other {
                    seen(quantity, label(name), Measured::Number(number));
                } else {
                    seen(quantity, Some(name.into()), measured);
                }
            }
        },
        Some(Value::Text(text)) => {
            seen(Quantity::Other, label(name), Measured::Text(text.into()));
        }
        Some(Value::Truth(truth)) => seen(Quantity::Other, label(name), Measured::Truth(truth)),
        Some(Value::Data(data)) => {
            seen(Quantity::Other, label(name), Measured::Bytes(data.into()));
        }
    }
    if let Some(sum) = record.sum {
        seen(
            Quantity::Other,
            label(&format!("{name} sum")),
            Measured::Number(sum),
        );
    }
}

/// Whether the last part of a name tells what is measured, and not which device it is.
fn is_kind(part: &str) -> bool {
    let part = telling_words(part);
    [
        "level", "stage", "dist", "depth", "rain", "precip", "temp", "humid", "press", "baro",
        "wind", "batt", "volt", "current", "flow",
    ]
    .iter()
    .any(|word| part.contains(word))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const NOW: &str = "2026-08-30T09:00:00Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    #[test]
    fn a_drain_is_a_device_and_no_kind_of_measurement() {
        assert!(!is_kind("drain-3") && !is_kind("district-3"));
        assert!(is_kind("drain_level") && is_kind("rain") && is_kind("distance"));
    }

    fn resolved(pack: &str) -> Resolved {
        resolve(&read_json(pack.as_bytes()).unwrap(), now()).unwrap()
    }

    fn refused_pack(pack: &str, code: &str, text: &str) {
        let why = read_json(pack.as_bytes())
            .and_then(|pack| resolve(&pack, now()))
            .unwrap_err();
        assert_eq!(why.code(), code, "{why}");
        assert!(why.to_string().contains(text), "{why}");
    }

    fn refused_record(pack: &str, text: &str) {
        let resolved = resolved(pack);
        assert_eq!(resolved.refused.len(), 1, "{pack}: {resolved:?}");
        let why = resolved.refused[0].why.to_string();
        assert!(why.contains(text), "{why}");
    }

    fn numbers(resolved: &Resolved) -> Vec<f64> {
        resolved
            .records
            .iter()
            .map(|record| match record.value {
                Some(Value::Number(number)) => number,
                ref other => panic!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn base_fields_hold_for_their_record_and_all_that_follow_until_changed() {
        let pack = resolved(
            r#"[{"bn":"a:","bt":1276020000,"bu":"m","bv":10,"n":"x","v":1},
                {"n":"y","v":2,"u":"Cel","t":-5},
                {"bn":"b:","bv":0,"n":"z","v":3}]"#,
        );
        assert_eq!(numbers(&pack), [11.0, 12.0, 3.0]);
        let names: Vec<_> = pack.records.iter().map(|r| r.name.as_str()).collect();
        assert_eq!(names, ["a:x", "a:y", "b:z"]);
        let units: Vec<_> = pack.records.iter().map(|r| r.unit.as_deref()).collect();
        assert_eq!(units, [Some("m"), Some("Cel"), Some("m")]);
        assert_eq!(
            pack.records[1].at.unwrap(),
            Timestamp::from_second(1_276_019_995).unwrap()
        );
    }

    #[test]
    fn a_time_below_two_to_the_28_is_relative_to_the_arrival() {
        let pack = resolved(
            r#"[{"n":"a","v":1},{"n":"a","v":1,"t":0},{"n":"a","v":1,"t":-60.5},{"n":"a","v":1,"t":268435455},
                {"n":"a","v":1,"t":268435456}]"#,
        );
        let at: Vec<_> = pack
            .records
            .iter()
            .map(|record| record.at.map(|at| at.to_string()))
            .collect();
        assert_eq!(at[0], None, "roughly now: the receiver stamps it");
        assert_eq!(at[1], None);
        assert_eq!(at[2].as_deref(), Some("2026-08-30T08:58:59.5Z"));
        assert_eq!(at[3].as_deref(), Some("2035-03-03T06:24:15Z"));
        assert_eq!(at[4].as_deref(), Some("1978-07-04T21:24:16Z"));
    }

    #[test]
    fn an_absolute_base_time_and_a_small_offset_are_absolute_together() {
        let pack = resolved(r#"[{"n":"a","bt":1276020076.001,"v":1},{"n":"a","t":-5,"v":1}]"#);
        assert_eq!(
            pack.records[1].at.unwrap().to_string(),
            "2010-06-08T18:01:11.001Z"
        );
    }

    #[test]
    fn a_time_beyond_the_calendar_refuses_its_record() {
        refused_record(r#"[{"n":"a","v":1,"t":1e300}]"#, "must be within the years");
        refused_record(r#"[{"n":"a","v":1,"t":-1e15}]"#, "must be within the years");
    }

    #[test]
    fn a_later_version_and_mixed_versions_refuse_the_pack() {
        refused_pack(
            r#"[{"bver":11,"n":"a","v":1}]"#,
            "unsupported_version",
            "accepted are 1 to 10",
        );
        refused_pack(
            r#"[{"n":"a","v":1},{"bver":42,"n":"b","v":1}]"#,
            "unsupported_version",
            "42",
        );
        refused_pack(
            r#"[{"bver":10,"n":"a","v":1},{"bver":5,"n":"b","v":1}]"#,
            "wrong_shape",
            "one version",
        );
        refused_pack(
            r#"[{"bver":"10","n":"a","v":1}]"#,
            "wrong_shape",
            "bver is text",
        );
        refused_pack(
            r#"[{"bver":2.5,"n":"a","v":1}]"#,
            "unsupported_version",
            "2.5",
        );
        assert_eq!(
            resolved(r#"[{"bver":26,"n":"a","u":"mm","v":1}]"#)
                .records
                .len(),
            1
        );
    }

    #[test]
    fn a_field_that_must_be_understood_refuses_the_pack_and_another_is_ignored() {
        refused_pack(
            r#"[{"n":"a","v":1},{"n":"b","v":1,"foo_":{"x":[1]}}]"#,
            "wrong_shape",
            "foo_",
        );
        assert_eq!(
            resolved(r#"[{"n":"a","v":1,"foo":{"x":[null,1]},"_bar":3}]"#)
                .records
                .len(),
            1
        );
    }

    #[test]
    fn a_record_with_base_fields_only_is_passed_over() {
        let pack = resolved(r#"[{"bn":"a:","bu":"m"},{"n":"x","v":1}]"#);
        assert_eq!(pack.records.len(), 1);
        assert_eq!(pack.records[0].name, "a:x");
    }

    #[test]
    fn the_full_name_is_judged_and_not_its_parts() {
        assert_eq!(
            resolved(r#"[{"bn":"a","n":"/b","v":1}]"#).records[0].name,
            "a/b"
        );
        refused_record(r#"[{"n":"-3a","v":1}]"#, "start with a letter or digit");
        refused_record(r#"[{"n":"A;b","v":1}]"#, "A;b");
        refused_record(r#"[{"v":1}]"#, "1 to 512");
        refused_record(r#"[{"n":"帯広","v":1}]"#, "帯広");
    }

    #[test]
    fn a_record_has_one_value_and_the_neighbours_stand() {
        let pack = resolved(
            r#"[{"n":"a","v":1},{"n":"b","v":1,"vs":"x"},{"n":"c"},{"n":"d","v":"1"},{"n":"e","vb":1},{"n":"f","v":2}]"#,
        );
        assert_eq!(numbers(&pack), [1.0, 2.0]);
        let parts: Vec<_> = pack.refused.iter().map(|r| r.part).collect();
        assert_eq!(parts, [2, 3, 4, 5]);
        assert!(pack.refused[0].why.to_string().contains("v and vs"));
        assert!(
            pack.refused[1]
                .why
                .to_string()
                .contains("neither a value nor a sum")
        );
        assert!(pack.refused[2].why.to_string().contains("v is text"));
        assert!(pack.refused[3].why.to_string().contains("vb is a number"));
    }

    #[test]
    fn a_broken_base_field_refuses_the_pack_because_all_that_follows_would_be_wrong() {
        refused_pack(
            r#"[{"bt":"now","n":"a","v":1}]"#,
            "wrong_shape",
            "bt is text",
        );
        refused_pack(
            r#"[{"n":"a","v":1},{"bn":7,"n":"b","v":1}]"#,
            "wrong_shape",
            "record 2",
        );
    }

    #[test]
    fn sums_have_a_base_of_their_own_and_may_stand_alone() {
        let pack =
            resolved(r#"[{"n":"a","bs":10,"s":100},{"n":"b","v":1},{"n":"c","bs":0,"vs":"x"}]"#);
        let sums: Vec<_> = pack.records.iter().map(|record| record.sum).collect();
        assert_eq!(sums, [Some(110.0), Some(10.0), Some(0.0)]);
        assert_eq!(pack.records[0].value, None);
    }

    #[test]
    fn data_is_base64url_with_or_without_padding() {
        for vd in ["_-8", "_-8="] {
            let pack = resolved(&format!(r#"[{{"n":"a","vd":"{vd}"}}]"#));
            assert_eq!(
                pack.records[0].value,
                Some(Value::Data(vec![0xff, 0xef])),
                "{vd}"
            );
        }
        refused_record(r#"[{"n":"a","vd":"+/8="}]"#, "alphabet for URLs");
    }

    #[test]
    fn base_value_and_value_together_may_not_leave_the_numbers() {
        refused_record(r#"[{"n":"a","bv":1.7e308,"v":1.7e308}]"#, "not finite");
    }

    #[test]
    fn metres_are_a_level_or_a_distance_by_the_last_part_of_the_name() {
        let pack = br#"[{"bn":"urn:dev:ow:1:","bt":1276020076,"n":"water_level","u":"m","v":3.2},
            {"n":"distance","u":"mm","v":1500},{"n":"batt","u":"%EL","v":90},{"n":"state","vs":"ok"},
            {"n":"foo","v":7},{"n":"current","u":"A","v":1.2}]"#;
        let message = message(read_json(pack).unwrap(), now()).unwrap();
        let seen: Vec<_> = message
            .observations
            .iter()
            .map(|o| {
                (
                    o.device.as_ref().unwrap().as_str(),
                    o.quantity,
                    o.label.as_deref().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("urn:dev:ow:1", Quantity::WaterLevel, "water_level"),
                ("urn:dev:ow:1", Quantity::DistanceToWater, "distance"),
                ("urn:dev:ow:1", Quantity::BatteryCharge, "batt"),
                ("urn:dev:ow:1:state", Quantity::Other, "state"),
                ("urn:dev:ow:1:foo", Quantity::Unstated, "foo"),
                ("urn:dev:ow:1", Quantity::Other, "current [A]"),
            ]
        );
        assert_eq!(message.observations[1].measured, Measured::Number(1.5));
    }
}
