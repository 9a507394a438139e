//! What a frame from a client says.

use bytes::Bytes;

use super::property::{self, Properties};
use super::wire::{Body, Frame};
use super::{
    Broken, Connect, FOREVER_S, Goodbye, Handling, Options, Packet, Publish, QoS, Subscribe,
    Version, Will,
};

pub(super) fn packet(
    frame: Frame,
    version: Version,
    properties_max: usize,
) -> Result<Packet, Broken> {
    let mut body = Body(frame.body);
    let reader = Reader {
        version,
        properties_max,
    };
    let packet = match frame.first >> 4 {
        1 => connect(&mut body, properties_max)?,
        3 => return reader.publish(frame.first, body),
        4 => Packet::PubAck(reader.answer(&mut body)?.0),
        5 => {
            let (pkid, reason) = reader.answer(&mut body)?;
            Packet::PubRec {
                pkid,
                accepted: reason < 0x80,
            }
        }
        6 => Packet::PubRel(reader.answer(&mut body)?.0),
        7 => Packet::PubComp(reader.answer(&mut body)?.0),
        8 => reader.subscribe(&mut body)?,
        10 => reader.unsubscribe(&mut body)?,
        12 => Packet::PingReq,
        14 => reader.disconnect(&mut body)?,
        15 => {
            body.0.clear(); // whatever it says is refused
            Packet::Auth
        }
        _ => return Err(Broken::Malformed("packet type")),
    };
    body.end()?;
    Ok(packet)
}

fn qos(bits: u8, of: &'static str) -> Result<QoS, Broken> {
    match bits {
        0 => Ok(QoS::AtMostOnce),
        1 => Ok(QoS::AtLeastOnce),
        2 => Ok(QoS::ExactlyOnce),
        _ => Err(Broken::Malformed(of)),
    }
}

/// A copy, because a message may be kept long and must not keep the read buffer with it.
fn own(bytes: &Bytes) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn connect(body: &mut Body, properties_max: usize) -> Result<Packet, Broken> {
    let name = body.bytes()?;
    let level = body.byte()?;
    let version = match (&name[..], level) {
        (b"MQTT", 4) => Version::V4,
        (b"MQTT", 5) => Version::V5,
        (b"MQTT" | b"MQIsdp", _) => return Err(Broken::Version(level)),
        _ => return Err(Broken::Malformed("protocol name")),
    };
    let read = connect_body(body, version, properties_max)
        .and_then(|connect| body.end().map(|()| connect));
    match (read, version) {
        (Ok(connect), _) => Ok(Packet::Connect(Box::new(connect))),
        (Err(broken), Version::V4) => Err(broken),
        (Err(broken), Version::V5) => Err(Broken::Connect(Box::new(broken))),
    }
}

fn connect_body(
    body: &mut Body,
    version: Version,
    properties_max: usize,
) -> Result<Connect, Broken> {
    let flags = body.byte()?;
    let has = |bit: u8| flags & (1 << bit) != 0;
    if has(0) {
        return Err(Broken::Malformed("reserved flag of CONNECT"));
    }
    if version == Version::V4 && !has(7) && has(6) {
        return Err(Broken::Malformed("password without a user name"));
    }
    if !has(2) && flags & 0b0011_1000 != 0 {
        return Err(Broken::Malformed("will flags without a will"));
    }
    let will_qos = qos((flags >> 3) & 3, "QoS of the will")?;
    let clean_start = has(1);
    let keep_alive_s = body.two()?;
    let about = match version {
        Version::V4 => Properties::default(),
        Version::V5 => property::read(body, &CONNECT_PROPERTIES, properties_max)?,
    };
    let client_id = body.text()?;
    let will = if has(2) {
        let about = match version {
            Version::V4 => Properties::default(),
            Version::V5 => property::read(body, &WILL_PROPERTIES, properties_max)?,
        };
        Some(Will {
            topic: body.text()?,
            payload: own(&body.bytes()?),
            qos: will_qos,
            retain: has(5),
            delay_s: about.will_delay_s,
            expiry_s: about.message_expiry_s,
            passed_on: about.passed_on,
        })
    } else {
        None
    };
    let username = if has(7) { Some(body.text()?) } else { None };
    let password = if has(6) {
        Some(own(&body.bytes()?))
    } else {
        None
    };
    let session_expiry_s = match version {
        Version::V4 if clean_start => 0,
        Version::V4 => FOREVER_S,
        Version::V5 => about.session_expiry_s.unwrap_or(0),
    };
    Ok(Connect {
        version,
        client_id,
        clean_start,
        keep_alive_s,
        will,
        username,
        password,
        session_expiry_s,
        receive_max: about.receive_max.unwrap_or(u16::MAX),
        packet_max_bytes: about.packet_max_bytes,
        topic_alias_max: about.topic_alias_max,
        wants_authentication: about.wants_authentication,
    })
}

const CONNECT_PROPERTIES: [u8; 9] = [
    property::SESSION_EXPIRY,
    property::RECEIVE_MAX,
    property::PACKET_MAX,
    property::TOPIC_ALIAS_MAX,
    property::RESPONSE_INFORMATION,
    property::PROBLEM_INFORMATION,
    property::USER,
    property::AUTHENTICATION_METHOD,
    property::AUTHENTICATION_DATA,
];
const WILL_PROPERTIES: [u8; 7] = [
    property::WILL_DELAY,
    property::PAYLOAD_FORMAT,
    property::MESSAGE_EXPIRY,
    property::CONTENT_TYPE,
    property::RESPONSE_TOPIC,
    property::CORRELATION,
    property::USER,
];
const PUBLISH_PROPERTIES: [u8; 7] = [
    property::PAYLOAD_FORMAT,
    property::MESSAGE_EXPIRY,
    property::CONTENT_TYPE,
    property::RESPONSE_TOPIC,
    property::CORRELATION,
    property::TOPIC_ALIAS,
    property::USER,
];
const ANSWER_PROPERTIES: [u8; 2] = [property::REASON_TEXT, property::USER];
const SUBSCRIBE_PROPERTIES: [u8; 2] = [property::IDENTIFIER, property::USER];
const UNSUBSCRIBE_PROPERTIES: [u8; 1] = [property::USER];
const DISCONNECT_PROPERTIES: [u8; 3] = [
    property::SESSION_EXPIRY,
    property::REASON_TEXT,
    property::USER,
];

struct Reader {
    version: Version,
    properties_max: usize,
}

impl Reader {
    fn properties(&self, body: &mut Body, allowed: &[u8]) -> Result<Properties, Broken> {
        match self.version {
            Version::V4 => Ok(Properties::default()),
            Version::V5 => property::read(body, allowed, self.properties_max),
        }
    }

    fn publish(&self, first: u8, mut body: Body) -> Result<Packet, Broken> {
        let topic = body.text()?;
        let qos = qos((first >> 1) & 3, "QoS of a publish")?;
        let pkid = if qos == QoS::AtMostOnce {
            0
        } else {
            body.pkid()?
        };
        let about = self.properties(&mut body, &PUBLISH_PROPERTIES)?;
        Ok(Packet::Publish(Publish {
            topic,
            payload: own(&body.0),
            qos,
            retain: first & 1 == 1,
            pkid,
            alias: about.topic_alias,
            expiry_s: about.message_expiry_s,
            passed_on: about.passed_on,
        }))
    }

    /// Packet identifier and reason of PUBACK and its kin. Version 5 may leave the rest out.
    fn answer(&self, body: &mut Body) -> Result<(u16, u8), Broken> {
        let pkid = body.pkid()?;
        if self.version == Version::V4 || body.is_empty() {
            return Ok((pkid, 0));
        }
        let reason = body.byte()?;
        if !body.is_empty() {
            self.properties(body, &ANSWER_PROPERTIES)?;
        }
        Ok((pkid, reason))
    }

    fn subscribe(&self, body: &mut Body) -> Result<Packet, Broken> {
        let pkid = body.pkid()?;
        let identifier = self.properties(body, &SUBSCRIBE_PROPERTIES)?.identifier;
        let mut filters = Vec::new();
        while !body.is_empty() {
            let filter = body.text()?;
            filters.push((filter, self.options(body.byte()?)?));
        }
        if filters.is_empty() {
            return Err(Broken::Protocol("SUBSCRIBE without a filter"));
        }
        Ok(Packet::Subscribe(Subscribe {
            pkid,
            identifier,
            filters,
        }))
    }

    fn options(&self, bits: u8) -> Result<Options, Broken> {
        let known = match self.version {
            Version::V4 => 0b0000_0011,
            Version::V5 => 0b0011_1111,
        };
        if bits & !known != 0 {
            return Err(Broken::Malformed("reserved bits of a subscription"));
        }
        Ok(Options {
            qos: qos(bits & 3, "QoS of a subscription")?,
            no_local: bits & 0b100 != 0,
            as_published: bits & 0b1000 != 0,
            retained: match bits >> 4 {
                0 => Handling::Send,
                1 => Handling::SendIfNew,
                2 => Handling::Keep,
                _ => return Err(Broken::Protocol("retain handling 3")),
            },
        })
    }

    fn unsubscribe(&self, body: &mut Body) -> Result<Packet, Broken> {
        let pkid = body.pkid()?;
        self.properties(body, &UNSUBSCRIBE_PROPERTIES)?;
        let mut filters = Vec::new();
        while !body.is_empty() {
            filters.push(body.text()?);
        }
        if filters.is_empty() {
            return Err(Broken::Protocol("UNSUBSCRIBE without a filter"));
        }
        Ok(Packet::Unsubscribe { pkid, filters })
    }

    fn disconnect(&self, body: &mut Body) -> Result<Packet, Broken> {
        if self.version == Version::V4 || body.is_empty() {
            return Ok(Packet::Disconnect(Goodbye::default()));
        }
        let reason = body.byte()?;
        let session_expiry_s = if body.is_empty() {
            None
        } else {
            self.properties(body, &DISCONNECT_PROPERTIES)?
                .session_expiry_s
        };
        Ok(Packet::Disconnect(Goodbye {
            with_will: reason != 0,
            session_expiry_s,
        }))
    }
}
