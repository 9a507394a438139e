//! Netmore: an array of uplinks with their bytes in hexadecimal digits and their numbers in quotes.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use super::{Uplink, device, port};
use crate::payload::device::FRAME_MAX_BYTES;
use crate::payload::{Context, Message, RECORDS_MAX, RefusedPart, Unreadable, cut, time, utf8};

#[derive(Deserialize)]
struct Entry<'p> {
    #[serde(borrow, rename = "devEui")]
    dev_eui: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "sensorType")]
    sensor_type: Option<Cow<'p, str>>,
    #[serde(borrow)]
    timestamp: Option<Cow<'p, str>>,
    #[serde(borrow)]
    payload: Option<Cow<'p, str>>,
    #[serde(borrow, rename = "messageType")]
    message_type: Option<Cow<'p, str>>,
    #[serde(rename = "fPort")]
    f_port: Option<Value>,
    #[serde(rename = "fCntUp")]
    f_cnt: Option<Value>,
}

/// Reads a message of Netmore.
pub(in crate::payload) fn message(
    payload: &[u8],
    context: &Context<'_>,
) -> Result<Message, Unreadable> {
    let entries: Vec<Entry<'_>> =
        serde_json::from_str(utf8(payload)?).map_err(|error| Unreadable::json(&error))?;
    if entries.len() > RECORDS_MAX {
        return Err(Unreadable::TooMany {
            what: "uplinks",
            max: RECORDS_MAX,
        });
    }
    let mut message = Message::default();
    for (n, entry) in entries.iter().enumerate() {
        let part = n + 1;
        if let Err(why) = observe(entry, context, part, &mut message) {
            message.refused.push(RefusedPart { part, why });
        }
    }
    Ok(message)
}

fn observe(
    entry: &Entry<'_>,
    context: &Context<'_>,
    part: usize,
    message: &mut Message,
) -> Result<(), Unreadable> {
    match entry.message_type.as_deref() {
        None | Some("payload") => {}
        Some(other) => {
            return Err(Unreadable::NotTelemetry {
                event: cut(other, 40),
            });
        }
    }
    let Some(eui) = entry.dev_eui.as_deref() else {
        return Err(Unreadable::WrongShape(
            "it names no device; it must have `devEui`".to_owned(),
        ));
    };
    Uplink {
        device: device(eui)?,
        model: entry.sensor_type.as_deref(),
        sent_at: time::of_network("timestamp", entry.timestamp.as_deref())?,
        f_cnt: number("fCntUp", entry.f_cnt.as_ref())?.unwrap_or(0),
        port: port(number("fPort", entry.f_port.as_ref())?)?,
        bytes: hex(entry.payload.as_deref().unwrap_or(""))?,
        decoded: None,
    }
    .observe(context, part, message)
}

/// A whole number, in quotes or not.
fn number(key: &str, value: Option<&Value>) -> Result<Option<u64>, Unreadable> {
    let read = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(value) => value.as_u64(),
    };
    read.map(Some)
        .ok_or_else(|| Unreadable::WrongShape(format!("{key} must be a whole number from 0")))
}

fn hex(text: &str) -> Result<Vec<u8>, Unreadable> {
    if text.len() > FRAME_MAX_BYTES * 2 {
        return Err(Unreadable::TooMany {
            what: "bytes in one uplink",
            max: FRAME_MAX_BYTES,
        });
    }
    ::hex::decode(text)
        .map_err(|why| Unreadable::WrongShape(format!("payload is not hexadecimal: {why}")))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::observation::Measured;

    fn read(payload: &str) -> Result<Message, Unreadable> {
        message(payload.as_bytes(), &Context::at(Timestamp::UNIX_EPOCH))
    }

    #[test]
    fn numbers_in_quotes_are_numbers() {
        let message = read(
            r#"[{"devEui":"70B3D554600002E7","sensorType":"EM500-UDL","timestamp":"2025-04-10T20:48:22.053Z","payload":"0382E803",
                "fPort":"85","fCntUp":"12","rssi":"-104"}]"#,
        )
        .unwrap();
        let seen = &message.observations[0];
        assert_eq!(seen.device.as_ref().unwrap().as_str(), "70b3d554600002e7");
        assert_eq!(seen.measured, Measured::Number(1.0));
        assert_eq!(seen.sequence, Some(12));
    }

    #[test]
    fn one_broken_uplink_of_an_array_spoils_no_other() {
        let message = read(
            r#"[{"devEui":"a","payload":"xx"},{"devEui":"b","sensorType":"EM500-UDL","payload":"0382E803"},{"payload":"00"},
                {"devEui":"c","messageType":"join"},{"devEui":"d","payload":"00","fPort":"x"}]"#,
        )
        .unwrap();
        assert_eq!(message.observations.len(), 1);
        let refused: Vec<_> = message
            .refused
            .iter()
            .map(|refused| (refused.part, refused.why.code()))
            .collect();
        assert_eq!(
            refused,
            [
                (1, "wrong_shape"),
                (3, "wrong_shape"),
                (4, "not_telemetry"),
                (5, "wrong_shape")
            ]
        );
        assert_eq!(read("{}").unwrap_err().code(), "wrong_shape");
    }
}
