//! What we send, as bytes.

use bytes::{BufMut, BytesMut};

use super::property;
use super::wire::{put_number, put_text, width};
use super::{About, Delivery, QoS, Reason, Reply, Version};

pub(crate) fn encode(version: Version, reply: &Reply, out: &mut BytesMut) {
    match reply {
        Reply::ConnAck {
            session_present,
            reason,
            about,
        } => connack(version, *session_present, *reason, about, out),
        Reply::PubAck(pkid, reason) => answer(version, 0x40, *pkid, *reason, out),
        Reply::PubRec(pkid, reason) => answer(version, 0x50, *pkid, *reason, out),
        Reply::PubRel(pkid, reason) => answer(version, 0x62, *pkid, *reason, out),
        Reply::PubComp(pkid, reason) => answer(version, 0x70, *pkid, *reason, out),
        Reply::SubAck { pkid, granted } => {
            let codes = granted.iter().map(|granted| match (granted, version) {
                (Ok(qos), _) => *qos as u8,
                (Err(_), Version::V4) => 0x80,
                (Err(reason), Version::V5) => reason.0,
            });
            list(version, 0x90, *pkid, codes, out);
        }
        Reply::UnsubAck { pkid, removed } => match version {
            Version::V4 => out.put_slice(&[0xb0, 2, high(*pkid), low(*pkid)]),
            Version::V5 => {
                let codes = removed
                    .iter()
                    .map(|removed| if *removed { 0 } else { 0x11 });
                list(version, 0xb0, *pkid, codes, out);
            }
        },
        Reply::PingResp => out.put_slice(&[0xd0, 0]),
        Reply::Disconnect(reason) => {
            if version == Version::V5 {
                // The length of no properties could be left out, but rumqttc 0.25 waits for it.
                out.put_slice(&[0xe0, 2, reason.0, 0]);
            }
        }
    }
}

fn high(pkid: u16) -> u8 {
    pkid.to_be_bytes()[0]
}

fn low(pkid: u16) -> u8 {
    pkid.to_be_bytes()[1]
}

fn answer(version: Version, first: u8, pkid: u16, reason: Reason, out: &mut BytesMut) {
    if version == Version::V4 || reason == Reason::SUCCESS {
        out.put_slice(&[first, 2, high(pkid), low(pkid)]);
    } else {
        out.put_slice(&[first, 3, high(pkid), low(pkid), reason.0]);
    }
}

fn list(
    version: Version,
    first: u8,
    pkid: u16,
    codes: impl ExactSizeIterator<Item = u8>,
    out: &mut BytesMut,
) {
    let properties = usize::from(version == Version::V5);
    out.put_u8(first);
    put_number(2 + properties + codes.len(), out);
    out.put_u16(pkid);
    if properties == 1 {
        out.put_u8(0);
    }
    codes.for_each(|code| out.put_u8(code));
}

fn connack(version: Version, present: bool, reason: Reason, about: &About, out: &mut BytesMut) {
    if version == Version::V4 {
        out.put_slice(&[0x20, 2, u8::from(present), reason.connect_code()]);
        return;
    }
    let mut properties = BytesMut::new();
    if reason == Reason::SUCCESS {
        put_about(about, &mut properties);
    }
    out.put_u8(0x20);
    put_number(2 + width(properties.len()) + properties.len(), out);
    out.put_slice(&[u8::from(present), reason.0]);
    put_number(properties.len(), out);
    out.put_slice(&properties);
}

fn put_about(about: &About, out: &mut BytesMut) {
    if let Some(seconds) = about.session_expiry_s {
        out.put_u8(property::SESSION_EXPIRY);
        out.put_u32(seconds);
    }
    if let Some(most) = about.receive_max {
        out.put_u8(property::RECEIVE_MAX);
        out.put_u16(most);
    }
    if let Some(bytes) = about.packet_max_bytes {
        out.put_u8(property::PACKET_MAX);
        out.put_u32(bytes);
    }
    if let Some(name) = &about.assigned_client_id {
        out.put_u8(property::ASSIGNED_CLIENT_ID);
        put_text(name, out);
    }
    if about.topic_alias_max > 0 {
        out.put_u8(property::TOPIC_ALIAS_MAX);
        out.put_u16(about.topic_alias_max);
    }
    if let Some(seconds) = about.keep_alive_s {
        out.put_u8(property::SERVER_KEEP_ALIVE);
        out.put_u16(seconds);
    }
}

pub(crate) fn encode_delivery(version: Version, delivery: &Delivery<'_>, out: &mut BytesMut) {
    let topic = match delivery.alias {
        Some(alias) if alias.known => "",
        _ => delivery.topic,
    };
    let acknowledged = delivery.qos != QoS::AtMostOnce;
    let mut properties = BytesMut::new();
    if version == Version::V5 {
        put_properties(delivery, &mut properties);
    }
    let properties_bytes = match version {
        Version::V4 => 0,
        Version::V5 => width(properties.len()) + properties.len(),
    };
    let bytes =
        2 + topic.len() + 2 * usize::from(acknowledged) + properties_bytes + delivery.payload.len();
    out.reserve(5 + bytes);
    out.put_u8(
        0x30 | u8::from(delivery.dup) << 3 | (delivery.qos as u8) << 1 | u8::from(delivery.retain),
    );
    put_number(bytes, out);
    put_text(topic, out);
    if acknowledged {
        out.put_u16(delivery.pkid);
    }
    if version == Version::V5 {
        put_number(properties.len(), out);
        out.put_slice(&properties);
    }
    out.put_slice(delivery.payload);
}

fn put_properties(delivery: &Delivery<'_>, out: &mut BytesMut) {
    if let Some(seconds) = delivery.expiry_s {
        out.put_u8(property::MESSAGE_EXPIRY);
        out.put_u32(seconds);
    }
    if let Some(alias) = delivery.alias {
        out.put_u8(property::TOPIC_ALIAS);
        out.put_u16(alias.number);
    }
    for identifier in delivery.identifiers {
        out.put_u8(property::IDENTIFIER);
        put_number(*identifier as usize, out);
    }
    out.put_slice(delivery.passed_on);
}
