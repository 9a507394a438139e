//! Bytes to packets and back: the only file that knows how MQTT 3.1.1 looks on the wire.
//!
//! Framing, PUBLISH, UNSUBSCRIBE and everything that we send are rumqttc's codec. It was made for the
//! client's side, so what a server must be strict about is done here: fixed header flags, CONNECT (binary
//! passwords, a present but empty user name, a version that is not ours), the reserved bits of SUBSCRIBE,
//! and lengths that leave a rest. Another version of the protocol gets a second file like this one.

use bytes::{Buf, Bytes, BytesMut};
pub(crate) use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::{self, v4};

/// A packet from a client.
#[derive(Debug, PartialEq)]
pub(crate) enum Packet {
    Connect(Connect),
    Publish(Publish),
    PubAck(u16),
    PubRel(u16),
    /// PUBREC and PUBCOMP answer QoS 2 deliveries, which we never make.
    Unasked,
    Subscribe {
        pkid: u16,
        filters: Vec<(String, QoS)>,
    },
    Unsubscribe {
        pkid: u16,
        filters: Vec<String>,
    },
    PingReq,
    Disconnect,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Connect {
    pub(crate) client_id: String,
    pub(crate) clean_session: bool,
    pub(crate) keep_alive_s: u16,
    pub(crate) will: Option<Will>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Bytes>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Will {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Publish {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// 0 for QoS 0.
    pub(crate) pkid: u16,
}

/// Why bytes from a client cannot be a packet.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("packet of {bytes} bytes: at most {max_bytes} are accepted")]
    Oversized { bytes: usize, max_bytes: usize },
    #[error("MQTT protocol level {0}: 4 (MQTT 3.1.1) is accepted")]
    Version(u8),
    #[error("malformed packet: {0}")]
    Malformed(&'static str),
}

/// A packet to a client that is not a PUBLISH.
#[derive(Debug, PartialEq)]
pub(crate) enum Reply {
    ConnAck {
        session_present: bool,
        code: ConnectCode,
    },
    PubAck(u16),
    PubRec(u16),
    PubComp(u16),
    /// `None` is 0x80.
    SubAck {
        pkid: u16,
        granted: Vec<Option<QoS>>,
    },
    UnsubAck(u16),
    PingResp,
}

pub(crate) use v4::ConnectReturnCode as ConnectCode;

/// A PUBLISH to a client.
pub(crate) struct Delivery<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    pub(crate) pkid: u16,
}

/// Takes the next whole packet out of `input`; `None` if there is none yet.
pub(crate) fn decode(input: &mut BytesMut, max_bytes: usize) -> Result<Option<Packet>, Broken> {
    let Some(&first) = input.first() else {
        return Ok(None);
    };
    check_first(first)?;
    let header = match mqttbytes::check(input.iter(), max_bytes) {
        Ok(header) => header,
        Err(mqttbytes::Error::InsufficientBytes(_)) => return Ok(None),
        Err(mqttbytes::Error::PayloadSizeLimitExceeded(bytes)) => {
            return Err(Broken::Oversized { bytes, max_bytes });
        }
        Err(_) => return Err(Broken::Malformed("remaining length")),
    };
    let length_bytes = input
        .iter()
        .skip(1)
        .take_while(|byte| **byte & 0x80 != 0)
        .count()
        + 1;
    let frame = input.split_to(header.frame_length()).freeze();
    let mut body = Body(frame.slice(1 + length_bytes..));
    let packet = match first >> 4 {
        1 => Packet::Connect(connect(&mut body)?),
        3 => {
            let publish = v4::Publish::read(header, frame)
                .map_err(|_| Broken::Malformed("PUBLISH without a topic or packet identifier"))?;
            return Ok(Some(Packet::Publish(Publish {
                topic: clean(publish.topic)?,
                // A copy, because a message may be kept long and must not keep the read buffer with it.
                payload: Bytes::copy_from_slice(&publish.payload),
                qos: publish.qos,
                retain: publish.retain,
                pkid: publish.pkid,
            })));
        }
        4 => Packet::PubAck(body.pkid()?),
        5 | 7 => {
            body.pkid()?;
            Packet::Unasked
        }
        6 => Packet::PubRel(body.pkid()?),
        8 => subscribe(&mut body)?,
        10 => unsubscribe(&mut body)?,
        12 => Packet::PingReq,
        14 => Packet::Disconnect,
        _ => return Err(Broken::Malformed("packet type")),
    };
    if body.0.has_remaining() {
        return Err(Broken::Malformed("bytes after the end of the packet"));
    }
    Ok(Some(packet))
}

/// Whether `input` begins like a CONNECT. Called before anything else is read from a stranger.
pub(crate) fn begins_with_connect(input: &[u8]) -> bool {
    input.first().is_none_or(|first| *first == 0x10)
}

pub(crate) fn encode(reply: &Reply, out: &mut BytesMut) {
    let written = match reply {
        Reply::ConnAck {
            session_present,
            code,
        } => v4::ConnAck::new(*code, *session_present).write(out),
        Reply::PubAck(pkid) => v4::PubAck::new(*pkid).write(out),
        Reply::PubRec(pkid) => v4::PubRec::new(*pkid).write(out),
        Reply::PubComp(pkid) => v4::PubComp::new(*pkid).write(out),
        Reply::SubAck { pkid, granted } => {
            let codes = granted.iter().map(|qos| match qos {
                Some(qos) => v4::SubscribeReasonCode::Success(*qos),
                None => v4::SubscribeReasonCode::Failure,
            });
            v4::SubAck::new(*pkid, codes.collect()).write(out)
        }
        Reply::UnsubAck(pkid) => v4::UnsubAck::new(*pkid).write(out),
        Reply::PingResp => v4::PingResp.write(out),
    };
    written.expect("a reply is far below the longest packet");
}

pub(crate) fn encode_delivery(delivery: &Delivery<'_>, out: &mut BytesMut) {
    let mut publish =
        v4::Publish::from_bytes(delivery.topic, delivery.qos, delivery.payload.clone());
    publish.pkid = delivery.pkid;
    publish.retain = delivery.retain;
    publish.dup = delivery.dup;
    publish
        .write(out)
        .expect("it came in within the packet limit and has a packet identifier");
}

/// Type and flags of a packet that a client may send.
fn check_first(first: u8) -> Result<(), Broken> {
    let flags = first & 0x0f;
    let good = match first >> 4 {
        3 => flags & 0b0110 != 0b0110 && flags & 0b1110 != 0b1000, // no QoS 3, no repetition of QoS 0
        1 | 4 | 5 | 7 | 12 | 14 => flags == 0,
        6 | 8 | 10 => flags == 2,
        _ => return Err(Broken::Malformed("packet type")),
    };
    if good {
        Ok(())
    } else {
        Err(Broken::Malformed("flags of the fixed header"))
    }
}

fn connect(body: &mut Body) -> Result<Connect, Broken> {
    let name = body.bytes()?;
    let level = body.byte()?;
    match &name[..] {
        b"MQTT" if level == 4 => {}
        b"MQTT" | b"MQIsdp" => {
            body.0.clear();
            return Err(Broken::Version(level));
        }
        _ => return Err(Broken::Malformed("protocol name")),
    }
    let flags = body.byte()?;
    let has = |bit: u8| flags & (1 << bit) != 0;
    if has(0) {
        return Err(Broken::Malformed("reserved flag of CONNECT"));
    }
    if !has(7) && has(6) {
        return Err(Broken::Malformed("password without a user name"));
    }
    if !has(2) && flags & 0b0011_1000 != 0 {
        return Err(Broken::Malformed("will flags without a will"));
    }
    let keep_alive_s = body.two()?;
    let client_id = body.text()?;
    let will = if has(2) {
        Some(Will {
            topic: body.text()?,
            payload: Bytes::copy_from_slice(&body.bytes()?),
            qos: mqttbytes::qos((flags >> 3) & 3)
                .map_err(|_| Broken::Malformed("QoS of the will"))?,
            retain: has(5),
        })
    } else {
        None
    };
    let username = if has(7) { Some(body.text()?) } else { None };
    let password = if has(6) { Some(body.bytes()?) } else { None };
    Ok(Connect {
        client_id,
        clean_session: has(1),
        keep_alive_s,
        will,
        username,
        password,
    })
}

fn subscribe(body: &mut Body) -> Result<Packet, Broken> {
    let pkid = body.pkid()?;
    let mut filters = Vec::new();
    while body.0.has_remaining() {
        let filter = body.text()?;
        let qos =
            mqttbytes::qos(body.byte()?).map_err(|_| Broken::Malformed("QoS of a subscription"))?;
        filters.push((filter, qos));
    }
    if filters.is_empty() {
        return Err(Broken::Malformed("SUBSCRIBE without a filter"));
    }
    Ok(Packet::Subscribe { pkid, filters })
}

fn unsubscribe(body: &mut Body) -> Result<Packet, Broken> {
    let pkid = body.pkid()?;
    let mut filters = Vec::new();
    while body.0.has_remaining() {
        filters.push(body.text()?);
    }
    if filters.is_empty() {
        return Err(Broken::Malformed("UNSUBSCRIBE without a filter"));
    }
    Ok(Packet::Unsubscribe { pkid, filters })
}

fn clean(text: String) -> Result<String, Broken> {
    if text.contains('\0') {
        Err(Broken::Malformed("text contains U+0000"))
    } else {
        Ok(text)
    }
}

/// The part of a packet behind the fixed header.
struct Body(Bytes);

impl Body {
    fn byte(&mut self) -> Result<u8, Broken> {
        self.0
            .try_get_u8()
            .map_err(|_| Broken::Malformed("packet ends too early"))
    }

    fn two(&mut self) -> Result<u16, Broken> {
        self.0
            .try_get_u16()
            .map_err(|_| Broken::Malformed("packet ends too early"))
    }

    fn pkid(&mut self) -> Result<u16, Broken> {
        match self.two()? {
            0 => Err(Broken::Malformed("packet identifier 0")),
            pkid => Ok(pkid),
        }
    }

    fn bytes(&mut self) -> Result<Bytes, Broken> {
        let length = usize::from(self.two()?);
        if length > self.0.remaining() {
            return Err(Broken::Malformed("packet ends too early"));
        }
        Ok(self.0.split_to(length))
    }

    fn text(&mut self) -> Result<String, Broken> {
        let bytes = self.bytes()?;
        let text =
            String::from_utf8(bytes.into()).map_err(|_| Broken::Malformed("text is not UTF-8"))?;
        clean(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Option<Packet>, Broken> {
        decode(&mut BytesMut::from(bytes), 1 << 20)
    }

    /// A CONNECT with these flags and this payload behind the keep-alive of 0.
    fn connect_bytes(level: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut packet = vec![0x10, u8::try_from(10 + payload.len()).expect("short")];
        packet.extend_from_slice(b"\0\x04MQTT");
        packet.extend_from_slice(&[level, flags, 0, 0]);
        packet.extend_from_slice(payload);
        packet
    }

    #[test]
    fn a_connect_with_everything_is_read() {
        let packet = connect_bytes(
            4,
            0b1110_1110,
            b"\0\x02id\0\x01w\0\x03off\0\0\0\x02\xff\xfe",
        );
        let expected = Connect {
            client_id: "id".into(),
            clean_session: true,
            keep_alive_s: 0,
            will: Some(Will {
                topic: "w".into(),
                payload: Bytes::from_static(b"off"),
                qos: QoS::AtLeastOnce,
                retain: true,
            }),
            username: Some(String::new()),
            password: Some(Bytes::from_static(b"\xff\xfe")),
        };
        assert_eq!(read(&packet), Ok(Some(Packet::Connect(expected))));
    }

    #[test]
    fn other_versions_are_named_not_misread() {
        assert_eq!(
            read(&connect_bytes(5, 2, b"\0\0\0")),
            Err(Broken::Version(5))
        );
        assert_eq!(
            read(b"\x10\x0e\0\x06MQIsdp\x03\x02\0\x3c\0\0"),
            Err(Broken::Version(3))
        );
    }

    #[test]
    fn what_the_standard_forbids_is_refused() {
        let table: [(&[u8], &str); 16] = [
            (b"\x00\x00", "packet type"),
            (b"\xf0\x00", "packet type"),
            (b"\x20\x02\0\0", "packet type"),
            (b"\x36\x04\0\x01a\x01", "flags of the fixed header"),
            (b"\x38\x03\0\x01a", "flags of the fixed header"),
            (b"\x80\x06\0\x01\0\x01a\0", "flags of the fixed header"),
            (b"\x82\x02\0\x01", "SUBSCRIBE without a filter"),
            (b"\x82\x06\0\0\0\x01a\0", "packet identifier 0"),
            (b"\x82\x06\0\x01\0\x01a\x03", "QoS of a subscription"),
            (b"\x82\x06\0\x01\0\x01a\x41", "QoS of a subscription"),
            (b"\xa2\x02\0\x01", "UNSUBSCRIBE without a filter"),
            (b"\xc0\x01\0", "bytes after the end of the packet"),
            (b"\x40\x03\0\x01\0", "bytes after the end of the packet"),
            (b"\x40\x01\0", "packet ends too early"),
            (b"\x30\x03\0\x01\0", "text contains U+0000"),
            (b"\xc0\xff\xff\xff\xff\x01", "remaining length"),
        ];
        for (bytes, expected) in table {
            assert_eq!(
                read(bytes),
                Err(Broken::Malformed(expected)),
                "{bytes:02x?}"
            );
        }
        assert_eq!(
            read(&connect_bytes(4, 0b0100_0010, b"\0\x01a\0\x01p")),
            Err(Broken::Malformed("password without a user name"))
        );
        assert_eq!(
            read(&connect_bytes(4, 0b0000_0011, b"\0\x01a")),
            Err(Broken::Malformed("reserved flag of CONNECT"))
        );
    }

    #[test]
    fn a_packet_in_pieces_is_waited_for_and_a_long_one_refused_at_its_header() {
        let whole = b"\x32\x07\0\x01a\0\x09hi";
        for cut in 0..whole.len() {
            assert_eq!(read(&whole[..cut]), Ok(None), "{cut} bytes");
        }
        let Ok(Some(Packet::Publish(publish))) = read(whole) else {
            panic!("a whole publish")
        };
        assert_eq!((publish.pkid, &publish.payload[..]), (9, &b"hi"[..]));
        assert_eq!(
            read(b"\x30\x80\x80\x80\x01"),
            Err(Broken::Oversized {
                bytes: 1 << 21,
                max_bytes: 1 << 20
            })
        );
    }
}
