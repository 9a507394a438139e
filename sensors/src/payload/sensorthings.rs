//! OGC SensorThings 1.0 and 1.1: observations as they are published to `v1.1/Datastreams(id)/Observations`.
//!
//! An observation has a result and no name: which data stream it belongs to is said by the topic or by its link, and
//! what the stream measures in which unit by its expanded `Datastream`, or else by the town's configuration. Also read:
//! the bulk form, groups of a `dataArray` with `components`.
//!
//! - Without `phenomenonTime` the time is the server's, which is ours. An interval counts at its end, when its result is
//!   complete.
//! - The standard writes links as `@iot.id`; `id` is met as well. The number may be text.
//! - A result that is text stays text, even if it reads `3.2`; an object or an array is refused.
//! - `validTime` and everything else is not looked at.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::unit::Unit;
use super::{Message, RECORDS_MAX, RefusedPart, TEXT_MAX_BYTES, Unreadable, cut, time, utf8};
use crate::observation::{DedupKey, DeviceName, Measured, Observation, Quantity};

#[derive(Deserialize)]
struct Body<'p> {
    #[serde(borrow, rename = "phenomenonTime")]
    phenomenon_time: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "resultTime")]
    result_time: Option<Cow<'p, str>>,
    #[serde(default, deserialize_with = "present")]
    result: Option<Value>,
    #[serde(borrow, rename = "Datastream")]
    datastream: Option<Datastream<'p>>,
    #[serde(borrow, rename = "@iot.selfLink")]
    self_link: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct Datastream<'p> {
    #[serde(rename = "@iot.id")]
    iot_id: Option<Value>,
    id: Option<Value>,
    #[serde(borrow)]
    name: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "unitOfMeasurement")]
    unit: Option<UnitOfMeasurement<'p>>,
    #[serde(borrow, rename = "ObservedProperty")]
    property: Option<Property<'p>>,
}

#[derive(Deserialize)]
struct UnitOfMeasurement<'p> {
    #[serde(borrow)]
    symbol: Option<Cow<'p, str>>,
    #[serde(borrow)]
    name: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct Property<'p> {
    #[serde(borrow)]
    name: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct Group<'p> {
    #[serde(borrow, rename = "Datastream")]
    datastream: Option<Datastream<'p>>,
    components: Vec<String>,
    #[serde(rename = "dataArray")]
    data: Vec<Vec<Value>>,
}

/// So that `"result": null` is told from no result at all.
fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(from).map(Some)
}

/// Reads an observation or a bulk of them.
pub(super) fn message(payload: &[u8], topic: Option<&str>) -> Result<Message, Unreadable> {
    let text = utf8(payload)?;
    let from_topic = topic.and_then(stream_of_topic);
    if text.trim_ascii_start().starts_with('[') {
        return bulk(text, from_topic.as_ref());
    }
    let body: Body<'_> = serde_json::from_str(text).map_err(|error| Unreadable::json(&error))?;
    let Some(result) = body.result else {
        return Err(Unreadable::WrongShape(
            "it has no `result`: it is no observation; accepted are Observations, not Things, Datastreams or other entities"
                .to_owned(),
        ));
    };
    let stream = Stream::of(body.datastream.as_ref(), from_topic.as_ref())?;
    let when = When::of(body.phenomenon_time.as_deref(), body.result_time.as_deref())?;
    let dedup = body
        .self_link
        .filter(|link| link.len() <= TEXT_MAX_BYTES)
        .map(|link| key(&link, when, &result));
    Ok(Message {
        observations: vec![stream.observe(result, when)?],
        dedup,
        ..Message::default()
    })
}

/// A link names an entity and not what it says: a corrected observation keeps its link, and a server that was set up
/// anew counts from 1 again. The same message is what says the same about the same time as well.
fn key(link: &str, when: When, result: &Value) -> DedupKey {
    let time = |at: Option<Timestamp>| at.map(|at| at.to_string()).unwrap_or_default();
    DedupKey::of(&[
        "sensorthings",
        link,
        &time(when.at),
        &when.over_s.map(|s| s.to_string()).unwrap_or_default(),
        &time(when.result_at),
        &cut(&result.to_string(), TEXT_MAX_BYTES),
    ])
}

fn bulk(text: &str, from_topic: Option<&DeviceName>) -> Result<Message, Unreadable> {
    let groups: Vec<Group<'_>> =
        serde_json::from_str(text).map_err(|error| Unreadable::json(&error))?;
    let rows: usize = groups.iter().map(|group| group.data.len()).sum();
    if rows > RECORDS_MAX {
        return Err(Unreadable::TooMany {
            what: "observations",
            max: RECORDS_MAX,
        });
    }
    let mut message = Message::default();
    let mut part = 0;
    for group in groups {
        let place = |name: &str| group.components.iter().position(|c| c == name);
        let stream = Stream::of(group.datastream.as_ref(), from_topic)?;
        let Some(result) = place("result") else {
            return Err(Unreadable::WrongShape(
                "`components` has no `result`; it must list it".to_owned(),
            ));
        };
        let times = [place("phenomenonTime"), place("resultTime")];
        for row in group.data {
            part += 1;
            match observe_row(&stream, row, group.components.len(), result, times) {
                Ok(seen) => message.observations.push(seen),
                Err(why) => message.refused.push(RefusedPart { part, why }),
            }
        }
    }
    Ok(message)
}

fn observe_row(
    stream: &Stream<'_>,
    mut row: Vec<Value>,
    width: usize,
    result: usize,
    times: [Option<usize>; 2],
) -> Result<Observation, Unreadable> {
    if row.len() != width {
        return Err(Unreadable::WrongShape(format!(
            "it has {} values; `components` lists {width}",
            row.len()
        )));
    }
    let text = |place: Option<usize>| match place.map(|place| &row[place]) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Unreadable::WrongShape(
            "a time is not text; it must be like 2016-08-30T18:00:00+09:00".to_owned(),
        )),
    };
    let when = When::of(text(times[0])?, text(times[1])?)?;
    stream.observe(row[result].take(), when)
}

/// When an observation was made.
#[derive(Clone, Copy)]
struct When {
    at: Option<Timestamp>,
    over_s: Option<u32>,
    result_at: Option<Timestamp>,
}

impl When {
    fn of(phenomenon: Option<&str>, result: Option<&str>) -> Result<Self, Unreadable> {
        let (at, over_s) = match phenomenon {
            None => (None, None),
            Some(text) => match text.split_once('/') {
                None => (Some(time::rfc3339("phenomenonTime", text)?), None),
                Some((from, to)) => {
                    let from = time::rfc3339("phenomenonTime", from)?;
                    let to = time::rfc3339("phenomenonTime", to)?;
                    let over = u32::try_from(to.duration_since(from).as_secs()).map_err(|_| {
                        Unreadable::WrongShape(format!(
                            "phenomenonTime is {:?}; it must end after it begins",
                            cut(text, 80)
                        ))
                    })?;
                    (Some(to), Some(over))
                }
            },
        };
        Ok(Self {
            at,
            over_s,
            result_at: result
                .map(|text| time::rfc3339("resultTime", text))
                .transpose()?,
        })
    }
}

/// What is known about the data stream of an observation.
struct Stream<'p> {
    name: Option<DeviceName>,
    unit: Option<Unit>,
    symbol: Option<&'p str>,
    says: String,
}

impl<'p> Stream<'p> {
    fn of(
        datastream: Option<&'p Datastream<'p>>,
        from_topic: Option<&DeviceName>,
    ) -> Result<Self, Unreadable> {
        let Some(datastream) = datastream else {
            return Ok(Self {
                name: from_topic.cloned(),
                unit: None,
                symbol: None,
                says: String::new(),
            });
        };
        let linked = datastream.link()?;
        if let (Some(linked), Some(topic)) = (&linked, from_topic)
            && linked != topic
        {
            return Err(Unreadable::WrongShape(format!(
                "its Datastream is {linked}, and its topic says {topic}; both must be the same"
            )));
        }
        let unit = datastream.unit.as_ref();
        let symbol = unit.and_then(|unit| unit.symbol.as_deref());
        let property = datastream.property.as_ref();
        Ok(Self {
            name: linked.or_else(|| from_topic.cloned()),
            unit: symbol
                .and_then(Unit::named)
                .or_else(|| Unit::named(unit?.name.as_deref()?)),
            symbol,
            says: [
                datastream.name.as_deref(),
                property.and_then(|property| property.name.as_deref()),
            ]
            .into_iter()
            .flatten()
            .map(|text| cut(text, 64))
            .collect::<Vec<_>>()
            .join(" / "),
        })
    }

    fn observe(&self, result: Value, when: When) -> Result<Observation, Unreadable> {
        let (quantity, measured) = match result {
            Value::Number(number) => {
                let number = number
                    .as_f64()
                    .filter(|number| number.is_finite())
                    .ok_or(Unreadable::NotFinite)?;
                match self.unit {
                    None if self.symbol.is_none() => (Quantity::Unstated, Measured::Number(number)),
                    None => (Quantity::Other, Measured::Number(number)),
                    Some(unit) => {
                        let (quantity, factor) = unit.quantity(&self.says);
                        let ours = unit.to_ours(number) * factor;
                        if !ours.is_finite() {
                            return Err(Unreadable::NotFinite);
                        }
                        let ours = if quantity == Quantity::Other {
                            number
                        } else {
                            ours
                        };
                        (quantity, Measured::Number(ours))
                    }
                }
            }
            Value::String(text) if text.len() <= TEXT_MAX_BYTES => {
                (Quantity::Other, Measured::Text(text.into()))
            }
            Value::Bool(truth) => (Quantity::Other, Measured::Truth(truth)),
            Value::String(_) => {
                return Err(Unreadable::WrongShape(format!(
                    "result is text of more than {TEXT_MAX_BYTES} bytes; at most {TEXT_MAX_BYTES} are accepted"
                )));
            }
            Value::Null => return Err(wrong_result("null")),
            Value::Array(_) => return Err(wrong_result("an array")),
            Value::Object(_) => return Err(wrong_result("an object")),
        };
        let label = match (self.says.as_str(), self.symbol) {
            ("", _) => None,
            (says, Some(symbol)) if quantity == Quantity::Other => {
                Some(format!("{says} [{}]", cut(symbol, 16)).into())
            }
            (says, _) => Some(says.into()),
        };
        Ok(Observation {
            device: self.name.clone(),
            at: when.at,
            sent_at: when.result_at,
            label,
            over_s: when.over_s,
            ..Observation::new(quantity, measured)
        })
    }
}

fn wrong_result(given: &str) -> Unreadable {
    Unreadable::WrongShape(format!(
        "result is {given}; it must be a number, text, or true or false"
    ))
}

impl Datastream<'_> {
    fn link(&self) -> Result<Option<DeviceName>, Unreadable> {
        let of = |id: &Option<Value>| id.as_ref().map(stream_named).transpose();
        match (of(&self.iot_id)?, of(&self.id)?) {
            (Some(one), Some(other)) if one != other => Err(Unreadable::WrongShape(format!(
                "Datastream has @iot.id {one} and id {other}; both must be the same"
            ))),
            (one, other) => Ok(one.or(other)),
        }
    }
}

/// `7` and `"abc"` as `Datastreams(7)` and `Datastreams('abc')`, as the standard writes them in addresses.
fn stream_named(id: &Value) -> Result<DeviceName, Unreadable> {
    let name = match id {
        Value::Number(number) => format!("Datastreams({number})"),
        Value::String(text) => format!("Datastreams('{text}')"),
        _ => String::new(),
    };
    name.parse().map_err(|_| {
        Unreadable::WrongShape(
            "the id of Datastream must be a number or a text of at most 100 characters without spaces"
                .to_owned(),
        )
    })
}

/// `Datastreams(7)` of `v1.1/Datastreams(7)/Observations`.
fn stream_of_topic(topic: &str) -> Option<DeviceName> {
    let topic = topic.split_once('?').map_or(topic, |(path, _)| path);
    topic
        .strip_suffix("/Observations")?
        .rsplit('/')
        .next()
        .filter(|level| level.starts_with("Datastreams(") && level.ends_with(')'))?
        .parse()
        .ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const TOPIC: &str = "v1.1/Datastreams(7)/Observations";

    fn one(body: &str) -> Observation {
        message(body.as_bytes(), Some(TOPIC))
            .unwrap()
            .observations
            .remove(0)
    }

    fn refused(body: &str, text: &str) {
        let why = message(body.as_bytes(), Some(TOPIC))
            .unwrap_err()
            .to_string();
        assert!(why.contains(text), "{body}: {why}");
    }

    #[test]
    fn a_bare_result_belongs_to_the_stream_of_its_topic_and_has_no_time_of_its_own() {
        let seen = one(r#"{"result":3.2}"#);
        assert_eq!(seen.device.unwrap().as_str(), "Datastreams(7)");
        assert_eq!(seen.quantity, Quantity::Unstated);
        assert_eq!(seen.measured, Measured::Number(3.2));
        assert_eq!((seen.at, seen.sent_at), (None, None));
    }

    #[test]
    fn a_subscription_with_select_or_below_another_path_is_the_same_stream() {
        for topic in [
            "v1.1/Datastreams(7)/Observations?$select=result,phenomenonTime",
            "FROST-Server/v1.0/Datastreams(7)/Observations",
            "v1.1/Datastreams(7)/Observations?$filter=result gt 5&$expand=Datastream",
        ] {
            assert_eq!(stream_of_topic(topic).unwrap().as_str(), "Datastreams(7)");
        }
        for other in [
            "v1.1/Observations",
            "v1.1/MultiDatastreams(7)/Observations",
            "v1.1/Things(1)/description",
            "",
        ] {
            assert_eq!(stream_of_topic(other), None, "{other}");
        }
    }

    #[test]
    fn the_link_names_the_stream_in_both_ways_of_writing_and_must_agree_with_the_topic() {
        for link in [r#"{"@iot.id":7}"#, r#"{"id":7}"#, r#"{"@iot.id":7,"id":7}"#] {
            let body = format!(r#"{{"result":1,"Datastream":{link}}}"#);
            let seen = message(body.as_bytes(), None)
                .unwrap()
                .observations
                .remove(0);
            assert_eq!(seen.device.unwrap().as_str(), "Datastreams(7)");
        }
        let text = message(br#"{"result":1,"Datastream":{"@iot.id":"a b"}}"#, None);
        assert!(text.is_err(), "{text:?}");
        refused(
            r#"{"result":1,"Datastream":{"@iot.id":8}}"#,
            "topic says Datastreams(7)",
        );
        refused(
            r#"{"result":1,"Datastream":{"@iot.id":7,"id":8}}"#,
            "both must be the same",
        );
        refused(
            r#"{"result":1,"Datastream":{"@iot.id":[7]}}"#,
            "number or a text",
        );
    }

    #[test]
    fn an_interval_counts_at_its_end() {
        let seen =
            one(r#"{"result":1,"phenomenonTime":"2015-03-01T00:00:00Z/2015-03-01T00:10:00.000Z"}"#);
        assert_eq!(seen.at.unwrap().to_string(), "2015-03-01T00:10:00Z");
        assert_eq!(seen.over_s, Some(600));
        refused(
            r#"{"result":1,"phenomenonTime":"2015-03-01T00:10:00Z/2015-03-01T00:00:00Z"}"#,
            "end after it begins",
        );
    }

    #[test]
    fn the_result_time_stands_in_for_a_missing_phenomenon_time() {
        let seen = one(r#"{"result":1,"resultTime":"2015-03-01T00:00:10Z"}"#);
        assert_eq!(seen.at, None);
        assert_eq!(seen.sent_at.unwrap().to_string(), "2015-03-01T00:00:10Z");
        assert_eq!(one(r#"{"result":1,"resultTime":null}"#).sent_at, None);
    }

    #[test]
    fn a_link_is_the_same_message_only_with_the_same_times_and_result() {
        let key = |link: &str, at: &str, result: &str| {
            let body = format!(
                r#"{{"@iot.selfLink":"https://example.org/Observations({link})","phenomenonTime":"{at}","result":{result}}}"#
            );
            message(body.as_bytes(), Some(TOPIC))
                .unwrap()
                .dedup
                .unwrap()
        };
        let first = key("1", "2026-08-30T09:00:00Z", "1.5");
        assert_eq!(first, key("1", "2026-08-30T09:00:00Z", "1.5"));
        assert_eq!(first, key("1", "2026-08-30T18:00:00+09:00", "1.5"));
        for (other, why) in [
            (("1", "2026-08-30T09:10:00Z", "1.5"), "counted anew"),
            (("1", "2026-08-30T09:00:00Z", "1.6"), "corrected"),
            (
                ("1", "2026-08-30T08:50:00Z/2026-08-30T09:00:00Z", "1.5"),
                "an interval",
            ),
            (("2", "2026-08-30T09:00:00Z", "1.5"), "another"),
        ] {
            assert_ne!(first, key(other.0, other.1, other.2), "{why}");
        }
        let unlinked = message(br#"{"result":1}"#, Some(TOPIC)).unwrap();
        assert_eq!(unlinked.dedup, None);
    }

    #[test]
    fn a_time_with_an_offset_and_a_z_is_refused() {
        refused(
            r#"{"result":1,"phenomenonTime":"2010-12-23T10:20:00-0700Z"}"#,
            "phenomenonTime is \"2010-12-23T10:20:00-0700Z\"",
        );
        refused(r#"{"result":1,"resultTime":"yesterday"}"#, "resultTime");
    }

    #[test]
    fn a_valid_time_is_not_looked_at() {
        let seen =
            one(r#"{"result":1,"validTime":"2015-03-01T00:00:00.000Z/2015-03-01T01:00:00.000Z"}"#);
        assert_eq!((seen.at, seen.over_s), (None, None));
    }

    #[test]
    fn a_result_may_be_a_number_text_or_a_truth_and_text_never_becomes_a_number() {
        assert_eq!(
            one(r#"{"result":"3.2"}"#).measured,
            Measured::Text("3.2".into())
        );
        assert_eq!(one(r#"{"result":true}"#).measured, Measured::Truth(true));
        refused(r#"{"result":{"a":1}}"#, "result is an object");
        refused(r#"{"result":[1]}"#, "result is an array");
        refused(r#"{"result":null}"#, "result is null");
        refused(r#"{"result":1e999}"#, "not finite");
        refused(
            r#"{"phenomenonTime":"2015-03-01T00:00:00Z"}"#,
            "no `result`",
        );
        refused(r#"{"result":1,"result":2}"#, "duplicate field");
    }

    #[test]
    fn an_expanded_stream_says_what_is_measured_in_which_unit() {
        let seen = one(
            r#"{"result":152,"Datastream":{"@iot.id":7,"name":"River level","unitOfMeasurement":{"symbol":"cm"},
                "ObservedProperty":{"name":"Water level"}}}"#,
        );
        assert_eq!(seen.quantity, Quantity::WaterLevel);
        assert_eq!(seen.measured, Measured::Number(1.52));
        let lumen = one(
            r#"{"result":3,"Datastream":{"@iot.id":7,"name":"Light","unitOfMeasurement":{"symbol":"lm"}}}"#,
        );
        assert_eq!(lumen.quantity, Quantity::Other);
        assert_eq!(lumen.label.as_deref(), Some("Light [lm]"));
    }

    #[test]
    fn a_data_array_is_read_row_by_row_and_a_broken_row_spoils_no_other() {
        let body = r#"[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result","FeatureOfInterest/id"],
            "dataArray@iot.count":4,"dataArray":[["2010-12-23T10:20:00Z",20,1],["2010-12-23T10:20:00-0700Z",65,1],
            ["2010-12-23T10:21:00Z",30],["2010-12-23T10:22:00Z",40,1]]},
            {"Datastream":{"@iot.id":2},"components":["result"],"dataArray":[[5]]}]"#;
        let message = message(body.as_bytes(), None).unwrap();
        let seen: Vec<_> = message
            .observations
            .iter()
            .map(|o| {
                (
                    o.device.as_ref().unwrap().as_str(),
                    o.measured.number().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("Datastreams(1)", 20.0),
                ("Datastreams(1)", 40.0),
                ("Datastreams(2)", 5.0)
            ]
        );
        let parts: Vec<_> = message.refused.iter().map(|r| r.part).collect();
        assert_eq!(parts, [2, 3]);
    }

    #[test]
    fn a_data_array_without_results_or_with_too_many_rows_is_refused() {
        refused(
            r#"[{"components":["phenomenonTime"],"dataArray":[]}]"#,
            "no `result`",
        );
        let rows = vec!["[1]"; 1001].join(",");
        refused(
            &format!(r#"[{{"components":["result"],"dataArray":[{rows}]}}]"#),
            "more than 1000 observations",
        );
    }
}
