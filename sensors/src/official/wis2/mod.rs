//! WIS2 notification messages (WMO): what data there is, where, and how to know that it arrived whole.
//!
//! A notification may carry small data itself. Otherwise it names a link: that is a wish to fetch, with the greatest size
//! and the digest the data must have. Nothing is fetched here.

mod known;

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

pub use self::known::{Notifications, Notified};
use super::refusal::Refusal;
use super::xml::cut;

/// Bytes of a notification.
pub const MESSAGE_MAX_BYTES: usize = 8192;
/// Bytes of data that a notification carries itself.
pub const CONTENT_MAX_BYTES: usize = 4096;
/// Bytes of inline data once unpacked, and of linked data that we would fetch.
pub const DATA_MAX_BYTES: usize = 8 * 1024 * 1024;

const CONFORMS: &str = "http://wis.wmo.int/spec/wnm/1/conf/core";

/// One notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Which message: the same one comes through several brokers. A deletion may reuse the id of what it deletes, so the
    /// three together are the key.
    pub key: NotificationKey,
    /// `data_id`: which data.
    pub data_id: String,
    /// `metadata_id`.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub metadata_id: String,
    /// Time or span of the data.
    pub about: About,
    /// The link that is canonical, an update or a deletion.
    pub link: Link,
    /// The digest the data must have.
    pub integrity: Option<Integrity>,
    /// Data that came along, unpacked and verified.
    pub content: Option<Content>,
    /// Whether a Global Cache may hold the data.
    pub cache: bool,
    /// Where the message deviates from the schema. It is used all the same.
    pub findings: Vec<String>,
}

/// The key by which a notification is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NotificationKey {
    /// `pubtime`. First, so that the oldest key is the smallest.
    pub pubtime: Timestamp,
    /// `id`.
    pub id: String,
    /// What it says about the data.
    pub rel: Rel,
}

/// What a notification says about its data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rel {
    /// It is there.
    Canonical,
    /// It replaces what was there under the same `data_id`.
    Update,
    /// It is withdrawn.
    Deletion,
}

/// Time of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A moment.
    At(Timestamp),
    /// From, until.
    Span(Timestamp, Timestamp),
    /// Not said.
    Unknown,
}

/// Where data is to be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Address.
    pub href: String,
    /// Media type.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub media_type: String,
    /// Bytes, as announced.
    pub length: Option<u64>,
}

/// A digest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Integrity {
    /// Its name: sha256, sha384, sha512, sha3-256, ….
    pub method: String,
    /// Base64 of the digest of the data, as sent.
    pub value: String,
}

/// Data that came along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The data, unpacked; base64 in JSON.
    #[serde(with = "as_base64")]
    pub data: Vec<u8>,
    /// What was found about its digest.
    pub verdict: Verdict,
}

/// Whether data agrees with its digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Verified,
    /// It does not: it must not be used.
    Broken,
    /// There is no digest.
    NoDigest,
    /// The digest is of a kind, or in a form, that cannot be checked here: it must not be used unlooked at.
    CannotTell,
}

/// What to fetch for a notification, and what the answer must be like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetch {
    /// Address: https or http.
    pub href: String,
    /// More bytes than this are not read.
    pub bytes_max: usize,
    /// The digest it must have, if one was announced.
    pub integrity: Option<Integrity>,
}

impl Notification {
    /// What would have to be fetched; `None` when the data came along, is deleted, or lies behind something else than http.
    ///
    /// # Errors
    /// The announced length is more than [`DATA_MAX_BYTES`].
    pub fn fetch(&self) -> Result<Option<Fetch>, Refusal> {
        let carried = self
            .content
            .as_ref()
            .is_some_and(|content| content.verdict == Verdict::Verified);
        let is_http = ["https://", "http://"]
            .iter()
            .any(|scheme| self.link.href.starts_with(scheme));
        if carried || self.key.rel == Rel::Deletion || !is_http {
            return Ok(None);
        }
        let announced = self.link.length.map_or(DATA_MAX_BYTES, |length| {
            usize::try_from(length).unwrap_or(usize::MAX)
        });
        if announced > DATA_MAX_BYTES {
            return Err(Refusal::TooLarge {
                bytes: announced,
                bytes_max: DATA_MAX_BYTES,
            });
        }
        Ok(Some(Fetch {
            href: self.link.href.clone(),
            bytes_max: announced,
            integrity: self.integrity.clone(),
        }))
    }
}

impl Fetch {
    /// Whether an answer is what was announced.
    ///
    /// # Errors
    /// It is larger than announced, or its digest is another one.
    pub fn accept(&self, data: &[u8]) -> Result<Verdict, Refusal> {
        if data.len() > self.bytes_max {
            return Err(Refusal::TooLarge {
                bytes: data.len(),
                bytes_max: self.bytes_max,
            });
        }
        match verify(data, self.integrity.as_ref()) {
            Verdict::Broken => Err(Refusal::Integrity {
                method: self
                    .integrity
                    .as_ref()
                    .map_or(String::new(), |integrity| integrity.method.clone()),
            }),
            verdict => Ok(verdict),
        }
    }
}

/// Compares data with a digest.
pub(crate) fn verify(data: &[u8], integrity: Option<&Integrity>) -> Verdict {
    let Some(integrity) = integrity else {
        return Verdict::NoDigest;
    };
    let is: Vec<u8> = match integrity.method.as_str() {
        "sha256" => Sha256::digest(data).to_vec(),
        "sha384" => Sha384::digest(data).to_vec(),
        "sha512" => Sha512::digest(data).to_vec(),
        "sha3-256" => sha3::Sha3_256::digest(data).to_vec(),
        "sha3-384" => sha3::Sha3_384::digest(data).to_vec(),
        "sha3-512" => sha3::Sha3_512::digest(data).to_vec(),
        _ => return Verdict::CannotTell,
    };
    match STANDARD.decode(&integrity.value) {
        Ok(said) if said == is => Verdict::Verified,
        // Some senders write the digest in hexadecimal.
        _ if integrity.value.eq_ignore_ascii_case(&hex::encode(&is)) => Verdict::Verified,
        Ok(_) => Verdict::Broken,
        Err(_) if is_hex(&integrity.value) => Verdict::Broken,
        Err(_) => Verdict::CannotTell,
    }
}

fn is_hex(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether JSON looks like a notification.
pub(crate) fn looks_like(json: &serde_json::Value) -> bool {
    json.get("type").and_then(|kind| kind.as_str()) == Some("Feature")
        && json.pointer("/properties/pubtime").is_some()
        && json.get("links").is_some()
}

#[derive(Deserialize)]
struct Message {
    id: String,
    #[serde(default, rename = "conformsTo")]
    conforms_to: Vec<String>,
    #[serde(default)]
    geometry: serde_json::Value,
    properties: Properties,
    links: Vec<RawLink>,
}

#[derive(Deserialize)]
struct Properties {
    data_id: Option<String>,
    metadata_id: Option<String>,
    pubtime: String,
    datetime: Option<String>,
    start_datetime: Option<String>,
    end_datetime: Option<String>,
    integrity: Option<Integrity>,
    content: Option<RawContent>,
    cache: Option<bool>,
}

#[derive(Deserialize)]
struct RawContent {
    encoding: String,
    value: String,
    size: Option<u64>,
}

#[derive(Deserialize)]
struct RawLink {
    href: String,
    rel: String,
    #[serde(rename = "type")]
    media_type: Option<String>,
    length: Option<u64>,
}

/// Reads a notification.
pub(crate) fn read(json: serde_json::Value, bytes: usize) -> Result<Notification, Refusal> {
    let message: Message =
        serde_json::from_value(json).map_err(|why| Refusal::json("a WIS2 notification", &why))?;
    let mut findings = Vec::new();
    let mut finds = |finding: String| findings.push(finding);
    if bytes > MESSAGE_MAX_BYTES {
        finds(format!(
            "{bytes} bytes; the schema allows {MESSAGE_MAX_BYTES}"
        ));
    }
    if !message.conforms_to.iter().any(|uri| uri == CONFORMS) {
        finds(format!("conformsTo does not name {CONFORMS}"));
    }
    if !is_uuid(&message.id) {
        finds("id is not a UUID".to_owned());
    }
    if !is_geometry(&message.geometry) {
        finds("geometry is not a Point, a Polygon or null".to_owned());
    }
    let properties = message.properties;
    let pubtime = utc(&properties.pubtime).ok_or_else(|| {
        Refusal::unknown(
            "properties/pubtime",
            &properties.pubtime,
            "a time like 2022-03-20T04:50:18Z",
        )
    })?;
    let data_id = properties.data_id.unwrap_or_default();
    if data_id.is_empty() {
        finds("properties/data_id is missing".to_owned());
    }
    let about = match (
        properties.datetime.as_deref().map(utc),
        properties.start_datetime.as_deref().map(utc),
        properties.end_datetime.as_deref().map(utc),
    ) {
        (Some(Some(at)), _, _) => About::At(at),
        (None, Some(Some(from)), Some(Some(until))) => About::Span(from, until),
        _ => {
            finds("neither datetime nor start_datetime and end_datetime is a time".to_owned());
            About::Unknown
        }
    };
    let (rel, link) = link(message.links)?;
    let content = match properties.content {
        None => None,
        Some(content) => unpack(&content, properties.integrity.as_ref(), &mut findings)?,
    };
    Ok(Notification {
        key: NotificationKey {
            id: cut(&message.id, 200),
            pubtime,
            rel,
        },
        data_id: cut(&data_id, 500),
        metadata_id: cut(&properties.metadata_id.unwrap_or_default(), 500),
        about,
        link,
        integrity: properties.integrity,
        content,
        cache: properties.cache.unwrap_or(true),
        findings,
    })
}

/// The one link that says what the message is about.
fn link(links: Vec<RawLink>) -> Result<(Rel, Link), Refusal> {
    let mut found = None;
    for link in links.into_iter().take(100) {
        let rel = match link.rel.as_str() {
            "canonical" => Rel::Canonical,
            "update" => Rel::Update,
            "deletion" => Rel::Deletion,
            _ => continue,
        };
        if found.is_some() {
            return Err(Refusal::Repeated {
                what: "links with rel canonical, update or deletion",
            });
        }
        found = Some((
            rel,
            Link {
                href: cut(&link.href, 2000),
                media_type: cut(&link.media_type.unwrap_or_default(), 100),
                length: link.length,
            },
        ));
    }
    found.ok_or(Refusal::Missing {
        what: "a link with rel canonical, update or deletion",
    })
}

/// Unpacks inline data and compares it with the digest. Data that fails is kept out, with the verdict, not passed on.
fn unpack(
    content: &RawContent,
    integrity: Option<&Integrity>,
    findings: &mut Vec<String>,
) -> Result<Option<Content>, Refusal> {
    if content.value.len() > 2 * CONTENT_MAX_BYTES {
        findings.push(format!(
            "content/value has {} characters; the schema allows data of {CONTENT_MAX_BYTES} bytes",
            content.value.len()
        ));
    }
    let packed = |text: &str| {
        STANDARD.decode(text).map_err(|_| Refusal::WrongShape {
            expected: "a WIS2 notification",
            why: "properties/content/value is not base64".to_owned(),
        })
    };
    let data = match content.encoding.as_str() {
        "utf-8" => content.value.clone().into_bytes(),
        "base64" => packed(&content.value)?,
        "gzip" => inflate(&packed(&content.value)?)?,
        other => {
            return Err(Refusal::unknown(
                "properties/content/encoding",
                other,
                "utf-8, base64, gzip",
            ));
        }
    };
    if content.size.is_some_and(|size| size != data.len() as u64) {
        findings.push(format!(
            "content/size does not agree with the {} bytes that came along",
            data.len()
        ));
    }
    let verdict = verify(&data, integrity);
    if verdict == Verdict::Broken {
        return Err(Refusal::Integrity {
            method: integrity.map_or(String::new(), |integrity| integrity.method.clone()),
        });
    }
    Ok(Some(Content { data, verdict }))
}

/// Unpacks gzip, and stops at the limit: a few bytes can pretend to be gigabytes.
fn inflate(packed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut data = Vec::new();
    flate2::read::GzDecoder::new(packed)
        .take(DATA_MAX_BYTES as u64 + 1)
        .read_to_end(&mut data)
        .map_err(|_| Refusal::WrongShape {
            expected: "a WIS2 notification",
            why: "properties/content/value is not gzip".to_owned(),
        })?;
    if data.len() > DATA_MAX_BYTES {
        return Err(Refusal::TooLarge {
            bytes: data.len(),
            bytes_max: DATA_MAX_BYTES,
        });
    }
    Ok(data)
}

/// RFC 3339, with up to nine digits of a second.
fn utc(text: &str) -> Option<Timestamp> {
    let is_rfc3339 = text.len() >= 20
        && text.as_bytes()[10] == b'T'
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b"-+:.TZ".contains(&b));
    is_rfc3339.then(|| text.parse().ok()).flatten()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_geometry(geometry: &serde_json::Value) -> bool {
    match geometry {
        serde_json::Value::Null => true,
        serde_json::Value::Object(shape) => {
            matches!(
                shape.get("type").and_then(|kind| kind.as_str()),
                Some("Point" | "Polygon")
            ) && shape.get("coordinates").is_some_and(|c| c.is_array())
        }
        _ => false,
    }
}

mod as_base64 {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(data: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(data))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn message(id: &str, pubtime: &str, rel: &str, more: &str) -> Result<Notification, Refusal> {
        let text = format!(
            r#"{{"id":"{id}","conformsTo":["{CONFORMS}"],"type":"Feature","geometry":null,
               "properties":{{"data_id":"d/1","pubtime":"{pubtime}","datetime":null{more}}},
               "links":[{{"href":"https://example.org/d/1","rel":"{rel}","length":5}}]}}"#
        );
        read(serde_json::from_str(&text).unwrap(), text.len())
    }

    const ID: &str = "31e9d66a-cd83-4174-9429-b932f1abe1be";

    pub(super) fn plain(pubtime: &str, rel: &str) -> Notification {
        message(ID, pubtime, rel, "").unwrap()
    }

    #[test]
    fn data_that_came_along_is_compared_with_its_digest() {
        let digest = STANDARD.encode(Sha512::digest(b"hello"));
        let with = |value: &str| {
            message(
                ID,
                "2026-01-01T00:00:00Z",
                "canonical",
                &format!(
                    r#","integrity":{{"method":"sha512","value":"{digest}"}},"content":{{"encoding":"base64","value":"{value}","size":5}}"#
                ),
            )
        };
        let good = with(&STANDARD.encode("hello")).unwrap();
        assert_eq!(good.content.as_ref().unwrap().verdict, Verdict::Verified);
        assert_eq!(good.fetch().unwrap(), None);
        assert_eq!(
            with(&STANDARD.encode("hellO")).unwrap_err().code(),
            "integrity"
        );
    }

    #[test]
    fn a_link_is_a_wish_with_a_size_and_a_digest() {
        let fetch = plain("2026-01-01T00:00:00Z", "canonical")
            .fetch()
            .unwrap()
            .unwrap();
        assert_eq!(fetch.bytes_max, 5);
        assert_eq!(fetch.accept(b"hello").unwrap(), Verdict::NoDigest);
        assert_eq!(fetch.accept(b"hello!").unwrap_err().code(), "too_large");
        let fetch = Fetch {
            integrity: Some(Integrity {
                method: "sha3-256".to_owned(),
                value: STANDARD.encode(sha3::Sha3_256::digest(b"hello")),
            }),
            ..fetch
        };
        assert_eq!(fetch.accept(b"hello").unwrap(), Verdict::Verified);
        assert_eq!(fetch.accept(b"hellO").unwrap_err().code(), "integrity");
    }

    #[test]
    fn a_deletion_and_a_file_on_disk_are_not_fetched() {
        assert_eq!(
            plain("2026-01-01T00:00:00Z", "deletion").fetch().unwrap(),
            None
        );
        let mut other = plain("2026-01-01T00:00:00Z", "canonical");
        other.link.href = "file:///etc/passwd".to_owned();
        assert_eq!(other.fetch().unwrap(), None);
    }

    #[test]
    fn a_few_bytes_that_unpack_to_gigabytes_are_refused() {
        use std::io::Write as _;
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        let zeros = vec![0; 1 << 20];
        for _ in 0..64 {
            packer.write_all(&zeros).unwrap();
        }
        let bomb = STANDARD.encode(packer.finish().unwrap());
        let why = message(
            ID,
            "2026-01-01T00:00:00Z",
            "canonical",
            &format!(r#","content":{{"encoding":"gzip","value":"{bomb}"}}"#),
        )
        .unwrap_err();
        assert_eq!(why.code(), "too_large");
    }

    #[test]
    fn deviations_are_found_and_no_reason_to_lose_the_message() {
        let odd = message("not-a-uuid", "2026-01-01T00:00:00Z", "canonical", "").unwrap();
        assert_eq!(odd.findings.len(), 2, "{:?}", odd.findings);
        assert_eq!(
            message(ID, "yesterday", "canonical", "")
                .unwrap_err()
                .code(),
            "unknown_value"
        );
        assert_eq!(
            message(ID, "2026-01-01T00:00:00Z", "item", "")
                .unwrap_err()
                .code(),
            "missing"
        );
    }
}
