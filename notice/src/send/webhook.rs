//! A notice for a program that is called (webhook): a JSON body, and the signature of a call.

use ring::hmac;
use serde::Serialize;

use crate::digest::Digest;
use crate::facts::{Facts, Kind, Reference};
use crate::text::LanguageText;

/// Header with the time of the call, whole seconds since 1970.
pub const TIMESTAMP: &str = "hinan-timestamp";
/// Header with the signature of the call.
pub const SIGNATURE: &str = "hinan-signature";
/// Header with the key under which a receiver remembers what it has done.
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";

#[derive(Serialize)]
struct Body<'b> {
    version: u32,
    /// The same in every call for this notice and receiver.
    idempotency_key: &'b str,
    event: Kind,
    status: &'static str,
    id: &'b str,
    level: u8,
    order: &'static str,
    order_en: &'static str,
    hazard: &'static str,
    town_code: &'b str,
    areas: Vec<Area<'b>>,
    sent: jiff::Timestamp,
    expires: jiff::Timestamp,
    replaces: &'b [Reference],
    texts: &'b [LanguageText],
    cap: &'b str,
    cap_sha256: Digest,
}

#[derive(Serialize)]
struct Area<'b> {
    id: &'b str,
    name: &'b str,
    name_en: &'b str,
}

/// The body of every call for this notice: the same bytes each time. `document` is the published CAP document.
#[must_use]
pub fn body(facts: &Facts, texts: &[LanguageText], document: &str) -> Vec<u8> {
    super::json(&Body {
        version: 1,
        idempotency_key: facts.id.as_str(),
        event: facts.kind,
        status: facts.realm.cap_status(),
        id: facts.id.as_str(),
        level: facts.level.number(),
        order: facts.level.name(),
        order_en: facts.level.name_en(),
        hazard: facts.hazard.word(),
        town_code: &facts.town_code,
        areas: facts
            .districts
            .iter()
            .map(|d| Area {
                id: &d.id,
                name: &d.name,
                name_en: &d.name_en,
            })
            .collect(),
        sent: facts.sent,
        expires: facts.expires,
        replaces: &facts.replaces,
        texts,
        cap: document,
        cap_sha256: Digest::of(document.as_bytes()),
    })
}

/// The value of [`SIGNATURE`]: `v1=` and HMAC-SHA256 over the time, a full stop and the body, in hexadecimal digits. A
/// receiver works it out anew, compares it in constant time and refuses a time that is more than five minutes from its own.
#[must_use]
pub fn signature(secret: &[u8], timestamp_s: i64, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    let mut context = hmac::Context::with_key(&key);
    context.update(timestamp_s.to_string().as_bytes());
    context.update(b".");
    context.update(body);
    format!("v1={}", hex::encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_covers_time_and_body_and_is_the_hmac_of_rfc_4231() {
        // Test case 2 of RFC 4231 has the message "what do ya want for nothing?"; ours puts a time before it, so the
        // plain function is checked with the library and ours with what it is put together from.
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"Jefe");
        let plain = hmac::sign(&key, b"what do ya want for nothing?");
        assert_eq!(
            hex::encode(plain),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        let ours = signature(b"Jefe", 1_472_558_640, b"{}");
        let expected = hmac::sign(&key, b"1472558640.{}");
        assert_eq!(ours, format!("v1={}", hex::encode(expected)));
        assert_ne!(ours, signature(b"Jefe", 1_472_558_641, b"{}"));
        assert_ne!(ours, signature(b"Jefe", 1_472_558_640, b"{ }"));
    }
}
