//! ChirpStack: `application/{id}/device/{devEui}/event/{type}` of version 4 and version 3, in JSON.
//!
//! Version 4 names the device in `deviceInfo` and gives each uplink a `deduplicationId`; version 3 has `devEUI` at the
//! top and no such key, so the identifier that its first gateway gave the uplink stands in for it. Version 4 can be set
//! to Protobuf, and is then refused with the advice to set it to JSON.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{Uplink, base64, device, port};
use crate::observation::DedupKey;
use crate::payload::{Context, Message, Unreadable, cut, time, utf8};

/// What versions 3 and 4 have in common, under their common names.
#[derive(Deserialize)]
struct Event<'p> {
    #[serde(borrow, rename = "deduplicationId")]
    deduplication_id: Option<Cow<'p, str>>,
    #[serde(borrow)]
    time: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "deviceInfo")]
    device_info: Option<DeviceInfo<'p>>,
    #[serde(borrow, rename = "devEUI")]
    dev_eui: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "deviceProfileName")]
    profile_name: Option<Cow<'p, str>>,
    #[serde(default, rename = "fCnt")]
    f_cnt: u64,
    #[serde(rename = "fPort")]
    f_port: Option<u64>,
    #[serde(borrow)]
    data: Option<Cow<'p, str>>,
    object: Option<Map<String, Value>>,
    /// Version 3 writes the object as text, unless told otherwise.
    #[serde(borrow, rename = "objectJSON")]
    object_json: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "rxInfo")]
    rx_info: Option<Vec<Gateway<'p>>>,
    // What tells the other events.
    acknowledged: Option<IgnoredAny>,
    margin: Option<IgnoredAny>,
    #[serde(rename = "downlinkId")]
    downlink_id: Option<IgnoredAny>,
    #[serde(rename = "gatewayID")]
    gateway_id: Option<IgnoredAny>,
    location: Option<IgnoredAny>,
    #[serde(borrow)]
    code: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'p, str>>,
    #[serde(rename = "integrationName")]
    integration_name: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct DeviceInfo<'p> {
    #[serde(borrow, rename = "devEui")]
    dev_eui: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "deviceProfileName")]
    profile_name: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct Gateway<'p> {
    #[serde(borrow)]
    time: Option<Cow<'p, str>>,
    #[serde(rename = "uplinkID")]
    uplink_id: Option<Value>,
}

/// Reads an event of ChirpStack v4.
pub(in crate::payload) fn v4(payload: &[u8], context: &Context<'_>) -> Result<Message, Unreadable> {
    let event = read(payload)?;
    let Some(info) = &event.device_info else {
        return Err(Unreadable::WrongShape(
            "it has no `deviceInfo`; an event of ChirpStack v4 must have one".to_owned(),
        ));
    };
    let key = event
        .deduplication_id
        .as_deref()
        .map(|id| DedupKey::of(&["chirpstack_v4", &cut(id, 64)]));
    let sent_at = time::of_network("time", event.time.as_deref())?;
    let (eui, model) = (
        info.dev_eui.as_deref().map(ToOwned::to_owned),
        info.profile_name.as_deref().map(ToOwned::to_owned),
    );
    uplink(
        event,
        eui.as_deref(),
        model.as_deref(),
        sent_at,
        key,
        context,
    )
}

/// Reads an event of ChirpStack v3.
pub(in crate::payload) fn v3(payload: &[u8], context: &Context<'_>) -> Result<Message, Unreadable> {
    let event = read(payload)?;
    let eui = event.dev_eui.as_deref().map(ToOwned::to_owned);
    let model = event.profile_name.as_deref().map(ToOwned::to_owned);
    let gateways = event.rx_info.as_deref().unwrap_or_default();
    let mut sent_at: Option<Timestamp> = None;
    for gateway in gateways {
        let time = time::of_network("rxInfo.time", gateway.time.as_deref())?;
        sent_at = [sent_at, time].into_iter().flatten().min();
    }
    // Any gateway may come first in a repetition, so the smallest identifier is taken.
    let first = gateways
        .iter()
        .filter_map(|gateway| match &gateway.uplink_id {
            Some(Value::String(id)) => Some(cut(id, 64)),
            Some(Value::Number(id)) => Some(id.to_string()),
            _ => None,
        })
        .min();
    let key = first.zip(eui.as_deref()).map(|(id, eui)| {
        DedupKey::of(&[
            "chirpstack_v3",
            &eui.to_ascii_lowercase(),
            &id,
            &event.f_cnt.to_string(),
        ])
    });
    uplink(
        event,
        eui.as_deref(),
        model.as_deref(),
        sent_at,
        key,
        context,
    )
}

fn read(payload: &[u8]) -> Result<Event<'_>, Unreadable> {
    let looks_like_text = payload
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_none_or(|first| *first == b'{' || *first == b'[');
    if !looks_like_text {
        return Err(Unreadable::NotJson(
            "it looks like Protobuf; set the MQTT integration of ChirpStack to JSON".to_owned(),
        ));
    }
    let event: Event<'_> =
        serde_json::from_str(utf8(payload)?).map_err(|error| Unreadable::json(&error))?;
    match event.other_than_up() {
        Some(name) => Err(Unreadable::NotTelemetry { event: name }),
        None => Ok(event),
    }
}

impl Event<'_> {
    /// The name of the event, unless it is an uplink.
    fn other_than_up(&self) -> Option<String> {
        let telemetry = self.data.is_some() || self.object.is_some() || self.object_json.is_some();
        if let (Some(code), false) = (self.code.as_deref().or(self.kind.as_deref()), telemetry) {
            // A retransmission is announced like this, too.
            return Some(format!("log {}", cut(code, 60)));
        }
        let name = if self.acknowledged.is_some() {
            "ack"
        } else if self.margin.is_some() {
            "status"
        } else if self.downlink_id.is_some() {
            "txack"
        } else if self.integration_name.is_some() {
            "integration"
        } else if telemetry || self.f_port.is_some() || self.rx_info.is_some() {
            return None;
        } else if self.location.is_some() {
            "location"
        } else if self.gateway_id.is_some() {
            "txack"
        } else {
            "join"
        };
        Some(name.to_owned())
    }
}

fn uplink(
    event: Event<'_>,
    eui: Option<&str>,
    model: Option<&str>,
    sent_at: Option<Timestamp>,
    dedup: Option<DedupKey>,
    context: &Context<'_>,
) -> Result<Message, Unreadable> {
    let Some(eui) = eui else {
        return Err(Unreadable::WrongShape(
            "it names no device; it must have a DevEUI".to_owned(),
        ));
    };
    let decoded = match (event.object, event.object_json.as_deref()) {
        (Some(object), _) => Some(object),
        (None, None | Some("")) => None,
        (None, Some(text)) => Some(serde_json::from_str(text).map_err(|error| {
            Unreadable::WrongShape(format!(
                "objectJSON is not a JSON object: {}",
                cut(&error.to_string(), 100)
            ))
        })?),
    };
    let mut message = Message {
        dedup,
        ..Message::default()
    };
    Uplink {
        device: device(eui)?,
        model,
        sent_at,
        f_cnt: event.f_cnt,
        port: port(event.f_port)?,
        bytes: event
            .data
            .as_deref()
            .map_or(Ok(Vec::new()), |text| base64("data", text))?,
        decoded,
    }
    .observe(context, 1, &mut message)?;
    Ok(message)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::observation::{Measured, Problem, Quantity};

    fn context() -> Context<'static> {
        Context::at(Timestamp::UNIX_EPOCH)
    }

    fn of_v4(fields: &str) -> Result<Message, Unreadable> {
        let payload = format!(
            r#"{{"deduplicationId":"d-1","time":"2026-08-30T09:00:00.5+00:00","deviceInfo":{{"devEui":"24E124126D154397",
            "deviceProfileName":"EM400-TLD"}},{fields}}}"#
        );
        v4(payload.as_bytes(), &context())
    }

    fn of_v3(fields: &str) -> Result<Message, Unreadable> {
        let payload = format!(
            r#"{{"applicationID":"7","devEUI":"24e124126d154397","deviceProfileName":"Milesight EM400",{fields}}}"#
        );
        v3(payload.as_bytes(), &context())
    }

    #[test]
    fn version_4_names_its_device_and_each_uplink() {
        let message = of_v4(r#""fPort":85,"data":"BIJECAUAAA==""#).unwrap();
        let seen = &message.observations[0];
        assert_eq!(seen.device.as_ref().unwrap().as_str(), "24e124126d154397");
        assert_eq!(seen.measured, Measured::Number(2.116));
        assert_eq!(seen.sent_at.unwrap().to_string(), "2026-08-30T09:00:00.5Z");
        assert_eq!(seen.sequence, Some(0), "fCnt is left out when it is 0");
        assert_eq!(
            message.dedup,
            of_v4(r#""fPort":85,"data":"""#).unwrap().dedup
        );
    }

    #[test]
    fn the_bytes_go_before_the_object() {
        // The bytes say 2322 mm, the object 710.
        let message = of_v3(r#""fPort":85,"data":"BIISCQ==","object":{"distance":710}"#).unwrap();
        assert_eq!(message.observations[0].measured, Measured::Number(2.322));
    }

    #[test]
    fn a_tilted_sensor_measured_nothing() {
        let message = of_v3(r#""fPort":85,"data":"BIJECAUAAQ==""#).unwrap();
        assert!(matches!(
            message.observations[0].measured,
            Measured::Nothing {
                problem: Problem::Tilted,
                ..
            }
        ));
    }

    #[test]
    fn without_a_profile_the_object_is_read_and_without_that_the_bytes_are_kept() {
        let read = |fields: &str| {
            let payload =
                format!(r#"{{"devEUI":"0101010101010101","applicationID":"1",{fields}}}"#);
            v3(payload.as_bytes(), &context())
                .unwrap()
                .observations
                .remove(0)
        };
        let text = read(r#""data":"qg==","objectJSON":"{\"Distance\":\"1234 mm\"}""#);
        assert_eq!(text.quantity, Quantity::DistanceToWater);
        let bytes = read(r#""data":"qg==","objectJSON":"""#);
        assert_eq!(bytes.measured, Measured::Bytes([0xaa].into()));
    }

    #[test]
    fn version_3_has_the_time_of_its_first_gateway_and_a_key_by_its_uplink() {
        let message = of_v3(
            r#""fCnt":5,"fPort":85,"data":"AXVk","rxInfo":[{"uplinkID":"b","time":"2026-08-30T09:00:02Z"},{"uplinkID":"a"},
                {"uplinkID":"c","time":"2026-08-30T09:00:01Z"}]"#,
        )
        .unwrap();
        let sent_at = message.observations[0].sent_at.unwrap();
        assert_eq!(sent_at.to_string(), "2026-08-30T09:00:01Z");
        assert!(message.dedup.unwrap().as_str().contains('a'));
        // A frame counter alone tells nothing: it starts again when the device joins.
        assert_eq!(
            of_v3(r#""fCnt":5,"fPort":85,"data":"AXVk""#).unwrap().dedup,
            None
        );
    }

    #[test]
    fn other_events_are_named_and_passed_over() {
        for (fields, name) in [
            (r#""devAddr":"00189440""#, "join"),
            (r#""acknowledged":true,"fCntDown":3"#, "ack"),
            (r#""margin":10,"batteryLevel":88.3"#, "status"),
            (r#""downlinkId":3,"txInfo":{}"#, "txack"),
            (r#""location":{"latitude":1}"#, "location"),
            (r#""integrationName":"x","object":{}"#, "integration"),
            (
                r#""level":"WARNING","code":"UPLINK_FCNT_RETRANSMISSION","description":"x""#,
                "UPLINK_FCNT_RETRANSMISSION",
            ),
        ] {
            for refused in [of_v4(fields).unwrap_err(), of_v3(fields).unwrap_err()] {
                assert_eq!(refused.code(), "not_telemetry", "{refused}");
                assert!(refused.to_string().contains(name), "{refused}");
            }
        }
    }

    #[test]
    fn protobuf_is_refused_with_the_advice_to_set_json() {
        let refused = v4(b"\x0a\x24856a03e7", &context()).unwrap_err().to_string();
        assert!(refused.contains("to JSON"), "{refused}");
    }

    #[test]
    fn broken_uplinks_are_refused_by_name() {
        for (fields, text) in [
            (r#""data":"=?""#, "data is not base64"),
            (r#""fPort":999,"data":"AA==""#, "port is 999"),
            (r#""data":"AA==","objectJSON":"[1]""#, "objectJSON"),
            (r#""fCnt":-1,"data":"AA==""#, "-1"),
        ] {
            let refused = of_v3(fields).unwrap_err().to_string();
            assert!(refused.contains(text), "{refused}");
        }
        let refused = v4(br#"{"deviceInfo":{},"data":"AA=="}"#, &context()).unwrap_err();
        assert!(refused.to_string().contains("names no device"));
    }
}
