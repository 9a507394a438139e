//! LoRaWAN over MQTT: what network servers wrap around the bytes of a device.
//!
//! One file per network server turns its message into an [`Uplink`]; what the bytes mean is the same for all of them.
//! Only uplinks are measurements: joins, acknowledgements, states and logs share their topics and are passed over.

mod chirpstack;
mod netmore;
mod object;
mod tts;

use jiff::Timestamp;
use serde_json::{Map, Value};

pub(super) use self::chirpstack::{v3 as chirpstack_v3, v4 as chirpstack_v4};
pub(super) use self::netmore::message as netmore;
pub(super) use self::tts::message as tts;
use super::device::FRAME_MAX_BYTES;
use super::{Context, Message, Profile, RefusedPart, Unreadable, cut};
use crate::observation::{DeviceName, Measured, Observation, Quantity};

/// What the label of bytes is that nobody can read.
pub(crate) const BYTES_LABEL: &str = "frm_payload";

/// An uplink, whatever network carried it.
struct Uplink<'p> {
    device: DeviceName,
    /// What the network calls the model of the device.
    model: Option<&'p str>,
    sent_at: Option<Timestamp>,
    f_cnt: u64,
    port: Option<u8>,
    /// The bytes of the device. Empty when it sent none.
    bytes: Vec<u8>,
    /// What a decoder on the network server made of them.
    decoded: Option<Map<String, Value>>,
}

impl Uplink<'_> {
    /// Reads what the device said and adds it to `message`. `part` names the uplink in a refusal.
    fn observe(
        self,
        context: &Context<'_>,
        part: usize,
        message: &mut Message,
    ) -> Result<(), Unreadable> {
        let profile =
            (context.profile_of)(&self.device).or_else(|| self.model.and_then(Profile::of_model));
        let from = message.observations.len();
        match profile {
            // The bytes go before what somebody's script made of them.
            Some(profile) if !self.bytes.is_empty() || self.decoded.is_none() => {
                let frame = profile.read(self.port, &self.bytes)?;
                message.observations.extend(frame.observations);
                message
                    .refused
                    .extend(frame.refused.map(|why| RefusedPart { part, why }));
                message.profile = Some(profile);
            }
            _ => match self.decoded {
                Some(decoded) => object::observe(decoded, &mut message.observations)?,
                None if self.bytes.is_empty() => {}
                None => message.observations.push(Observation {
                    label: Some(BYTES_LABEL.into()),
                    ..Observation::new(Quantity::Other, Measured::Bytes(self.bytes.into()))
                }),
            },
        }
        for seen in &mut message.observations[from..] {
            seen.device = Some(self.device.clone());
            seen.sent_at = self.sent_at;
            seen.sequence = Some(self.f_cnt);
        }
        Ok(())
    }
}

/// A device by its DevEUI, in small letters however the network writes it.
fn device(eui: &str) -> Result<DeviceName, Unreadable> {
    eui.to_ascii_lowercase().parse().map_err(|_| {
        Unreadable::WrongShape(format!(
            "the DevEUI is {:?}; it must be a name without spaces, 16 hexadecimal digits as a rule",
            cut(eui, 40)
        ))
    })
}

fn base64(key: &str, text: &str) -> Result<Vec<u8>, Unreadable> {
    use base64::Engine as _;
    if text.len() > FRAME_MAX_BYTES * 2 {
        return Err(Unreadable::TooMany {
            what: "bytes in one uplink",
            max: FRAME_MAX_BYTES,
        });
    }
    base64::engine::general_purpose::STANDARD
        .decode(text)
        .map_err(|why| Unreadable::WrongShape(format!("{key} is not base64: {why}")))
}

fn port(number: Option<u64>) -> Result<Option<u8>, Unreadable> {
    number
        .map(|number| {
            u8::try_from(number).map_err(|_| {
                Unreadable::WrongShape(format!("the port is {number}; it must be from 0 to 255"))
            })
        })
        .transpose()
}
