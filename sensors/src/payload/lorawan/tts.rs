//! The Things Stack v3: `v3/{application}@{tenant}/devices/{device}/up` and the events beside it.
//!
//! Fields that are zero, empty or false are left out: no `f_cnt` is frame 0, no `f_port` port 0. Of the times, the one
//! of the radio settings goes first, then the network server's, the application server's and the gateways'; year 1 is
//! none of them. The same uplink may come twice: device, session and frame counter tell.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{Uplink, base64, device, port};
use crate::observation::DedupKey;
use crate::payload::{Context, Message, Unreadable, cut, time, utf8};

#[derive(Deserialize)]
struct Event<'p> {
    /// Messages read back from the storage integration are wrapped.
    #[serde(borrow)]
    result: Option<Box<Event<'p>>>,
    #[serde(borrow)]
    end_device_ids: Option<Ids<'p>>,
    #[serde(borrow)]
    received_at: Option<Cow<'p, str>>,
    #[serde(borrow)]
    uplink_message: Option<UplinkMessage<'p>>,
    #[serde(default)]
    simulated: bool,
    // The other events, of which only the name matters.
    join_accept: Option<IgnoredAny>,
    downlink_ack: Option<IgnoredAny>,
    downlink_nack: Option<IgnoredAny>,
    downlink_sent: Option<IgnoredAny>,
    downlink_failed: Option<IgnoredAny>,
    downlink_queued: Option<IgnoredAny>,
    downlink_queue_invalidated: Option<IgnoredAny>,
    downlinks: Option<IgnoredAny>,
    location_solved: Option<IgnoredAny>,
    service_data: Option<IgnoredAny>,
    uplink_normalized: Option<IgnoredAny>,
}

impl Event<'_> {
    /// The name of the event, unless it is an uplink.
    fn other_than_up(&self) -> Option<&'static str> {
        [
            ("join_accept", &self.join_accept),
            ("downlink_ack", &self.downlink_ack),
            ("downlink_nack", &self.downlink_nack),
            ("downlink_sent", &self.downlink_sent),
            ("downlink_failed", &self.downlink_failed),
            ("downlink_queued", &self.downlink_queued),
            (
                "downlink_queue_invalidated",
                &self.downlink_queue_invalidated,
            ),
            ("downlinks", &self.downlinks),
            ("location_solved", &self.location_solved),
            ("service_data", &self.service_data),
            ("uplink_normalized", &self.uplink_normalized),
        ]
        .into_iter()
        .find(|(_, event)| event.is_some())
        .map(|(name, _)| name)
    }
}

#[derive(Deserialize)]
struct Ids<'p> {
    #[serde(borrow)]
    device_id: Option<Cow<'p, str>>,
    #[serde(borrow)]
    dev_eui: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct UplinkMessage<'p> {
    #[serde(borrow)]
    session_key_id: Option<Cow<'p, str>>,
    #[serde(default)]
    f_port: u64,
    #[serde(default)]
    f_cnt: u64,
    #[serde(borrow)]
    frm_payload: Option<Cow<'p, str>>,
    decoded_payload: Option<Map<String, Value>>,
    #[serde(borrow, default)]
    rx_metadata: Vec<Gateway<'p>>,
    #[serde(borrow)]
    settings: Option<Settings<'p>>,
    #[serde(borrow)]
    received_at: Option<Cow<'p, str>>,
    #[serde(borrow)]
    version_ids: Option<VersionIds<'p>>,
}

#[derive(Deserialize)]
struct Gateway<'p> {
    #[serde(borrow)]
    time: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct Settings<'p> {
    #[serde(borrow)]
    time: Option<Cow<'p, str>>,
}

#[derive(Deserialize)]
struct VersionIds<'p> {
    #[serde(borrow)]
    model_id: Option<Cow<'p, str>>,
}

/// Reads a message of The Things Stack.
pub(in crate::payload) fn message(
    payload: &[u8],
    context: &Context<'_>,
) -> Result<Message, Unreadable> {
    let mut event: Event<'_> =
        serde_json::from_str(utf8(payload)?).map_err(|error| Unreadable::json(&error))?;
    if let Some(within) = event.result.take() {
        event = *within;
    }
    if let Some(name) = event.other_than_up() {
        return Err(Unreadable::NotTelemetry {
            event: name.to_owned(),
        });
    }
    let Some(uplink) = event.uplink_message else {
        return Err(Unreadable::WrongShape(
            "it has no `uplink_message`; an uplink must have one".to_owned(),
        ));
    };
    if event.simulated {
        return Err(Unreadable::Simulated);
    }
    let ids = event.end_device_ids.as_ref();
    let eui = ids.and_then(|ids| ids.dev_eui.as_deref());
    let Some(name) = eui.or_else(|| ids?.device_id.as_deref()) else {
        return Err(Unreadable::WrongShape(
            "it names no device; `end_device_ids` must have `dev_eui` or `device_id`".to_owned(),
        ));
    };
    let mut message = Message {
        dedup: uplink
            .session_key_id
            .as_deref()
            .filter(|session| !session.is_empty())
            .map(|session| {
                DedupKey::of(&[
                    "tts",
                    &name.to_ascii_lowercase(),
                    &cut(session, 64),
                    &uplink.f_cnt.to_string(),
                ])
            }),
        ..Message::default()
    };
    Uplink {
        device: device(name)?,
        model: uplink
            .version_ids
            .as_ref()
            .and_then(|version| version.model_id.as_deref()),
        sent_at: sent_at(&uplink, event.received_at.as_deref())?,
        f_cnt: uplink.f_cnt,
        port: port(Some(uplink.f_port))?,
        bytes: uplink
            .frm_payload
            .as_deref()
            .map_or(Ok(Vec::new()), |text| base64("frm_payload", text))?,
        decoded: uplink.decoded_payload,
    }
    .observe(context, 1, &mut message)?;
    Ok(message)
}

fn sent_at(
    uplink: &UplinkMessage<'_>,
    application_server: Option<&str>,
) -> Result<Option<Timestamp>, Unreadable> {
    let settings = uplink.settings.as_ref().and_then(|s| s.time.as_deref());
    for (key, text) in [
        ("settings.time", settings),
        ("received_at", uplink.received_at.as_deref()),
        ("received_at", application_server),
    ] {
        if let Some(time) = time::of_network(key, text)? {
            return Ok(Some(time));
        }
    }
    let mut earliest = None;
    for gateway in &uplink.rx_metadata {
        let time = time::of_network("rx_metadata.time", gateway.time.as_deref())?;
        earliest = [earliest, time].into_iter().flatten().min();
    }
    Ok(earliest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::observation::{Measured, Quantity};
    use crate::payload::Profile;

    const IDS: &str = r#""end_device_ids":{"device_id":"d","dev_eui":"70B3D57ED0000001"}"#;

    fn read(uplink: &str, more: &str) -> Result<Message, Unreadable> {
        let payload = format!(r#"{{{IDS}{more},"uplink_message":{uplink}}}"#);
        let profile = |_: &_| Some(Profile::DraginoLdds75);
        message(
            payload.as_bytes(),
            &Context {
                profile_of: &profile,
                ..Context::at(Timestamp::UNIX_EPOCH)
            },
        )
    }

    fn at(uplink: &str, more: &str) -> Option<String> {
        let message = read(uplink, more).unwrap();
        message.observations[0].sent_at.map(|at| at.to_string())
    }

    /// 3044 mV, 2322 mm, no probe, the sensor answers.
    const FRAME: &str = r#""frm_payload":"C+QJEgB//wE=""#;

    #[test]
    fn the_bytes_go_before_what_a_script_made_of_them() {
        let message = read(
            &format!(r#"{{{FRAME},"decoded_payload":{{"Distance":"710 mm"}}}}"#),
            "",
        )
        .unwrap();
        assert_eq!(message.observations[0].measured, Measured::Number(2.322));
        assert_eq!(message.profile, Some(Profile::DraginoLdds75));
    }

    #[test]
    fn fields_left_out_are_zero_and_the_deveui_is_in_small_letters() {
        let message = read(&format!("{{{FRAME}}}"), "").unwrap();
        let seen = &message.observations[0];
        assert_eq!(seen.sequence, Some(0));
        assert_eq!(seen.device.as_ref().unwrap().as_str(), "70b3d57ed0000001");
    }

    #[test]
    fn a_true_zero_that_was_left_out_of_the_decoded_object_is_read_from_the_bytes() {
        // A temperature of 0.0 °C is missing in the decoded object, because it is a zero.
        let message = read(
            r#"{"frm_payload":"C+QJEgAAAAE=","decoded_payload":{"Bat":3.044}}"#,
            "",
        )
        .unwrap();
        let temperature = message
            .observations
            .iter()
            .find(|o| o.quantity == Quantity::Temperature)
            .unwrap();
        assert_eq!(temperature.measured, Measured::Number(0.0));
    }

    #[test]
    fn of_the_times_the_radios_goes_first_and_year_one_is_none() {
        let outer = r#","received_at":"2026-08-30T09:00:03Z""#;
        let network = r#""received_at":"2026-08-30T09:00:02Z""#;
        let settings = r#""settings":{"time":"2026-08-30T09:00:01Z"}"#;
        let year_one = r#""settings":{"time":"0001-01-01T00:00:00Z"}"#;
        let gateways =
            r#""rx_metadata":[{"time":"2026-08-30T09:00:05Z"},{},{"time":"2026-08-30T09:00:04Z"}]"#;
        let at = |fields: &str, more: &str| at(&format!("{{{FRAME}{fields}}}"), more);
        assert_eq!(
            at(&format!(",{network},{settings}"), outer).unwrap(),
            "2026-08-30T09:00:01Z"
        );
        assert_eq!(
            at(&format!(",{network},{year_one}"), outer).unwrap(),
            "2026-08-30T09:00:02Z"
        );
        assert_eq!(at("", outer).unwrap(), "2026-08-30T09:00:03Z");
        assert_eq!(
            at(&format!(",{gateways}"), "").unwrap(),
            "2026-08-30T09:00:04Z"
        );
        assert_eq!(at("", ""), None);
    }

    #[test]
    fn a_simulated_uplink_is_no_measurement() {
        let refused = read(&format!("{{{FRAME}}}"), r#","simulated":true"#).unwrap_err();
        assert_eq!(refused, Unreadable::Simulated);
    }

    #[test]
    fn one_uplink_has_one_key_and_another_session_or_frame_another() {
        let key = |fields: &str| {
            let message = read(&format!("{{{FRAME},{fields}}}"), "").unwrap();
            message.dedup.unwrap()
        };
        let first = key(r#""session_key_id":"a","f_cnt":7"#);
        assert_eq!(first, key(r#""f_cnt":7,"session_key_id":"a","f_port":2"#));
        assert_ne!(first, key(r#""session_key_id":"a","f_cnt":8"#));
        // The counter starts again when the device joins.
        assert_ne!(first, key(r#""session_key_id":"b","f_cnt":7"#));
        assert_eq!(read(&format!("{{{FRAME}}}"), "").unwrap().dedup, None);
    }

    #[test]
    fn other_events_of_the_tree_are_named_and_passed_over() {
        for event in [
            "join_accept",
            "downlink_ack",
            "location_solved",
            "service_data",
        ] {
            let payload = format!(r#"{{{IDS},"{event}":{{"x":1}}}}"#);
            let refused =
                message(payload.as_bytes(), &Context::at(Timestamp::UNIX_EPOCH)).unwrap_err();
            assert_eq!(refused.code(), "not_telemetry");
            assert!(refused.to_string().contains(event));
        }
    }

    #[test]
    fn an_uplink_that_is_broken_is_refused_by_name() {
        for (payload, text) in [
            (format!("{{{IDS}}}"), "uplink_message"),
            (r#"{"uplink_message":{}}"#.to_owned(), "names no device"),
            (
                format!(r#"{{{IDS},"uplink_message":{{"frm_payload":"?"}}}}"#),
                "not base64",
            ),
            (
                format!(r#"{{{IDS},"uplink_message":{{"f_port":256}}}}"#),
                "port is 256",
            ),
            (
                format!(r#"{{{IDS},"uplink_message":{{"received_at":"x"}}}}"#),
                "received_at",
            ),
            (
                r#"{"end_device_ids":{"dev_eui":"a b"},"uplink_message":{}}"#.to_owned(),
                "DevEUI",
            ),
        ] {
            let refused =
                message(payload.as_bytes(), &Context::at(Timestamp::UNIX_EPOCH)).unwrap_err();
            assert!(refused.to_string().contains(text), "{payload}: {refused}");
        }
    }
}
