//! The properties of MQTT 5: which may stand where, and what they say.

use bytes::{BufMut, Bytes, BytesMut};

use super::Broken;
use super::wire::Body;

pub(super) const PAYLOAD_FORMAT: u8 = 0x01;
pub(super) const MESSAGE_EXPIRY: u8 = 0x02;
pub(super) const CONTENT_TYPE: u8 = 0x03;
pub(super) const RESPONSE_TOPIC: u8 = 0x08;
pub(super) const CORRELATION: u8 = 0x09;
pub(super) const IDENTIFIER: u8 = 0x0B;
pub(super) const SESSION_EXPIRY: u8 = 0x11;
pub(super) const ASSIGNED_CLIENT_ID: u8 = 0x12;
pub(super) const SERVER_KEEP_ALIVE: u8 = 0x13;
pub(super) const AUTHENTICATION_METHOD: u8 = 0x15;
pub(super) const AUTHENTICATION_DATA: u8 = 0x16;
pub(super) const PROBLEM_INFORMATION: u8 = 0x17;
pub(super) const WILL_DELAY: u8 = 0x18;
pub(super) const RESPONSE_INFORMATION: u8 = 0x19;
pub(super) const REASON_TEXT: u8 = 0x1F;
pub(super) const RECEIVE_MAX: u8 = 0x21;
pub(super) const TOPIC_ALIAS_MAX: u8 = 0x22;
pub(super) const TOPIC_ALIAS: u8 = 0x23;
pub(super) const USER: u8 = 0x26;
pub(super) const PACKET_MAX: u8 = 0x27;

/// What properties say, as far as we ask. Which of them a packet may carry is given when it is read.
#[derive(Default)]
pub(super) struct Properties {
    pub(super) message_expiry_s: Option<u32>,
    pub(super) identifier: Option<u32>,
    pub(super) session_expiry_s: Option<u32>,
    pub(super) will_delay_s: u32,
    pub(super) receive_max: Option<u16>,
    pub(super) topic_alias_max: u16,
    pub(super) topic_alias: Option<u16>,
    pub(super) packet_max_bytes: Option<u32>,
    pub(super) wants_authentication: bool,
    /// Those for subscribers, as they came.
    pub(super) passed_on: Bytes,
}

/// Reads the properties that begin at `body`.
pub(super) fn read(
    body: &mut Body,
    allowed: &[u8],
    max_bytes: usize,
) -> Result<Properties, Broken> {
    let bytes = body.number()? as usize;
    if bytes > max_bytes {
        return Err(Broken::Oversized { bytes, max_bytes });
    }
    let mut rest = Body(body.take(bytes)?);
    let mut found = Properties::default();
    let mut passed_on = BytesMut::new();
    let mut seen: u64 = 0;
    while !rest.is_empty() {
        let before = rest.0.clone();
        let id = rest.byte()?;
        if !allowed.contains(&id) {
            return Err(Broken::Protocol("a property that does not belong here"));
        }
        let bit = 1_u64 << (id & 63);
        if id != USER && seen & bit != 0 {
            return Err(Broken::Protocol("a property that stands twice"));
        }
        seen |= bit;
        found.note(id, &mut rest)?;
        if matches!(
            id,
            PAYLOAD_FORMAT | CONTENT_TYPE | RESPONSE_TOPIC | CORRELATION | USER
        ) {
            passed_on.put_slice(&before[..before.len() - rest.0.len()]);
        }
    }
    found.passed_on = passed_on.freeze();
    Ok(found)
}

impl Properties {
    fn note(&mut self, id: u8, rest: &mut Body) -> Result<(), Broken> {
        match id {
            MESSAGE_EXPIRY => self.message_expiry_s = Some(rest.four()?),
            SESSION_EXPIRY => self.session_expiry_s = Some(rest.four()?),
            WILL_DELAY => self.will_delay_s = rest.four()?,
            PACKET_MAX => match rest.four()? {
                0 => return Err(Broken::Protocol("a maximum packet size of 0")),
                bytes => self.packet_max_bytes = Some(bytes),
            },
            RECEIVE_MAX => match rest.two()? {
                0 => return Err(Broken::Protocol("a receive maximum of 0")),
                most => self.receive_max = Some(most),
            },
            TOPIC_ALIAS_MAX => self.topic_alias_max = rest.two()?,
            TOPIC_ALIAS => self.topic_alias = Some(rest.two()?),
            IDENTIFIER => match rest.number()? {
                0 => return Err(Broken::Protocol("a subscription identifier of 0")),
                identifier => self.identifier = Some(identifier),
            },
            PAYLOAD_FORMAT | PROBLEM_INFORMATION | RESPONSE_INFORMATION => {
                rest.flag()?;
            }
            RESPONSE_TOPIC => {
                let topic = rest.text()?;
                if topic.is_empty() || topic.contains(['+', '#']) {
                    return Err(Broken::Protocol("a response topic that is no topic name"));
                }
            }
            AUTHENTICATION_METHOD => {
                rest.text()?;
                self.wants_authentication = true;
            }
            CONTENT_TYPE | REASON_TEXT => {
                rest.text()?;
            }
            CORRELATION | AUTHENTICATION_DATA => {
                rest.bytes()?;
            }
            USER => {
                rest.text()?;
                rest.text()?;
            }
            _ => return Err(Broken::Malformed("an unknown property")),
        }
        Ok(())
    }
}
