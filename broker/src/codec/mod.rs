//! Bytes to packets and back: the only folder that knows how MQTT looks on the wire, in version 3.1.1 and in 5.
//!
//! A server must be strict where a client's library need not be: fixed header flags, binary passwords, a present
//! but empty user name, reserved bits, properties that stand where they must not or twice, lengths that leave a
//! rest. Everything else in the crate speaks of packets without caring for the version.

mod property;
mod read;
mod reason;
mod wire;
mod write;

use bytes::{Bytes, BytesMut};

pub(crate) use self::reason::Reason;
pub(crate) use self::write::{encode, encode_delivery};

/// The dialect of a connection, chosen by its CONNECT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// MQTT 3.1.1 (protocol level 4).
    V4,
    /// MQTT 5 (protocol level 5).
    V5,
}

/// How hard both sides try.
#[expect(clippy::enum_variant_names, reason = "the names of the standard")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum QoS {
    AtMostOnce = 0,
    AtLeastOnce = 1,
    ExactlyOnce = 2,
}

/// How long a packet and its properties may be.
#[derive(Clone, Copy)]
pub(crate) struct Sizes {
    pub(crate) packet_max_bytes: usize,
    pub(crate) properties_max_bytes: usize,
}

/// A packet from a client.
#[derive(Debug, PartialEq)]
pub(crate) enum Packet {
    Connect(Box<Connect>),
    Publish(Publish),
    PubAck(u16),
    /// A client that does not accept a message is done with it.
    PubRec {
        pkid: u16,
        accepted: bool,
    },
    PubRel(u16),
    PubComp(u16),
    Subscribe(Subscribe),
    Unsubscribe {
        pkid: u16,
        filters: Vec<String>,
    },
    PingReq,
    Disconnect(Goodbye),
    /// Enhanced authentication, which we do not offer.
    Auth,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    pub(crate) client_id: String,
    pub(crate) clean_start: bool,
    pub(crate) keep_alive_s: u16,
    pub(crate) will: Option<Will>,
    pub(crate) username: Option<String>,
    pub(crate) password: Option<Bytes>,
    /// How long the session outlives its connection; [`FOREVER_S`] has no end. In 3.1.1 it follows from the flag
    /// "clean session".
    pub(crate) session_expiry_s: u32,
    /// Publishes above QoS 0 that the client takes without having acknowledged them.
    pub(crate) receive_max: u16,
    /// Longest packet that the client takes, whole.
    pub(crate) packet_max_bytes: Option<u32>,
    /// Topic aliases that the client keeps for us.
    pub(crate) topic_alias_max: u16,
    /// It asks for an authentication that goes beyond name and password.
    pub(crate) wants_authentication: bool,
}

/// A session expiry without end.
pub(crate) const FOREVER_S: u32 = u32::MAX;

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Will {
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) delay_s: u32,
    pub(crate) expiry_s: Option<u32>,
    pub(crate) passed_on: Bytes,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Publish {
    /// Empty if `alias` stands for it.
    pub(crate) topic: String,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    /// 0 for QoS 0.
    pub(crate) pkid: u16,
    pub(crate) alias: Option<u16>,
    pub(crate) expiry_s: Option<u32>,
    /// The properties that subscribers get as they came: payload format, content type, response topic,
    /// correlation data and user properties, still encoded.
    pub(crate) passed_on: Bytes,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Subscribe {
    pub(crate) pkid: u16,
    pub(crate) identifier: Option<u32>,
    pub(crate) filters: Vec<(String, Options)>,
}

/// How a subscription is to be served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) qos: QoS,
    /// Not what this client publishes itself.
    pub(crate) no_local: bool,
    /// With the retain flag as it was published.
    pub(crate) as_published: bool,
    pub(crate) retained: Handling,
}

/// Whether a subscription asks for what is retained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Handling {
    Send,
    SendIfNew,
    Keep,
}

/// How a client says goodbye.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Goodbye {
    /// It wants its will to be published all the same.
    pub(crate) with_will: bool,
    pub(crate) session_expiry_s: Option<u32>,
}

/// Why bytes from a client cannot be a packet.
#[derive(Debug, PartialEq, thiserror::Error)]
pub(crate) enum Broken {
    #[error("packet of {bytes} bytes: at most {max_bytes} are accepted")]
    Oversized { bytes: usize, max_bytes: usize },
    #[error("MQTT protocol level {0}: 4 (MQTT 3.1.1) and 5 are accepted")]
    Version(u8),
    #[error("malformed packet: {0}")]
    Malformed(&'static str),
    /// Readable, but not allowed here.
    #[error("protocol error: {0}")]
    Protocol(&'static str),
    /// A CONNECT of version 5 that is wrong: the client can be told why.
    #[error("CONNECT of MQTT 5: {0}")]
    Connect(Box<Broken>),
}

/// A packet to a client that is not a PUBLISH.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reply {
    ConnAck {
        session_present: bool,
        reason: Reason,
        about: About,
    },
    PubAck(u16, Reason),
    PubRec(u16, Reason),
    PubRel(u16, Reason),
    PubComp(u16, Reason),
    SubAck {
        pkid: u16,
        granted: Vec<Result<QoS, Reason>>,
    },
    UnsubAck {
        pkid: u16,
        removed: Vec<bool>,
    },
    PingResp,
    /// Only version 5 has a word for it.
    Disconnect(Reason),
}

/// What a client of version 5 is told about us when it is let in.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct About {
    /// If it differs from what was asked for.
    pub(crate) session_expiry_s: Option<u32>,
    pub(crate) receive_max: Option<u16>,
    pub(crate) packet_max_bytes: Option<u32>,
    pub(crate) assigned_client_id: Option<String>,
    pub(crate) topic_alias_max: u16,
    pub(crate) keep_alive_s: Option<u16>,
}

/// A PUBLISH to a client.
pub(crate) struct Delivery<'a> {
    pub(crate) topic: &'a str,
    pub(crate) payload: &'a Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    pub(crate) pkid: u16,
    pub(crate) expiry_s: Option<u32>,
    pub(crate) identifiers: &'a [u32],
    pub(crate) passed_on: &'a Bytes,
    pub(crate) alias: Option<Alias>,
}

/// A number that stands for a topic on one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Alias {
    pub(crate) number: u16,
    /// The client has it already: the topic itself need not be sent.
    pub(crate) known: bool,
}

/// Takes the next whole packet out of `input`; `None` if there is none yet.
pub(crate) fn decode(
    input: &mut BytesMut,
    version: Version,
    sizes: Sizes,
) -> Result<Option<Packet>, Broken> {
    let Some(frame) = wire::frame(input, version, sizes.packet_max_bytes)? else {
        return Ok(None);
    };
    read::packet(frame, version, sizes.properties_max_bytes).map(Some)
}

/// Whether `input` begins like a CONNECT. Called before anything else is read from a stranger.
pub(crate) fn begins_with_connect(input: &[u8]) -> bool {
    input.first().is_none_or(|first| *first == 0x10)
}

/// For the fuzzer and the property tests: reads all packets of `bytes` as a connection of `level` would, and
/// says how many there were. Nothing is believed and nothing is kept.
pub(crate) fn try_all(bytes: &[u8], level: u8) -> usize {
    let mut version = if level == 5 { Version::V5 } else { Version::V4 };
    let sizes = Sizes {
        packet_max_bytes: 1 << 20,
        properties_max_bytes: 1 << 14,
    };
    let mut input = BytesMut::from(bytes);
    let mut packets = 0;
    while let Ok(Some(packet)) = decode(&mut input, version, sizes) {
        packets += 1;
        match packet {
            Packet::Connect(connect) => version = connect.version,
            Packet::Publish(publish) => {
                // What was read can be sent on, and is read again as the same.
                let mut out = BytesMut::new();
                let delivery = Delivery {
                    topic: &publish.topic,
                    payload: &publish.payload,
                    qos: publish.qos,
                    retain: publish.retain,
                    dup: false,
                    pkid: publish.pkid,
                    expiry_s: publish.expiry_s,
                    identifiers: &[],
                    passed_on: &publish.passed_on,
                    alias: publish.alias.map(|number| Alias {
                        number,
                        known: publish.topic.is_empty(),
                    }),
                };
                encode_delivery(version, &delivery, &mut out);
                let again = decode(&mut out, version, sizes);
                assert_eq!(again, Ok(Some(Packet::Publish(publish))), "read again");
            }
            _ => {}
        }
    }
    packets
}

#[cfg(test)]
mod tests;
