//! CAP 1.2 documents (OASIS; ITU-T X.1303bis), Japanese and English.
//!
//! Invariants
//! - Same facts, same bytes. Identifiers never depend on a clock.
//! - Times carry `+09:00`, never `Z`; polygons are `lat,lon`, closed; `expires` is always set.
//! - Level 5 is never `Evacuate`. Lifting is `AllClear`; `Cancel` means that it should never have been sent.

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use thiserror::Error;

use crate::approve::facts::{Facts, Kind, NoticeDistrict};
use crate::clock::japan;
use crate::digest::Digest;
use crate::publish::texts::{Text, english, japanese};
use crate::realm::Realm;
use crate::recommend::level::OrderLevel;

const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";
const FACTS_DIGEST: &str = "hinan:factsDigest";
/// A document larger than this is refused: receivers and MQTT brokers have limits.
pub const DOCUMENT_MAX_BYTES: usize = 512 * 1024;

/// Why facts do not make a document.
#[derive(Debug, Error)]
pub enum Unwritable {
    /// A notice needs a place.
    #[error("対象地区がありません: 少なくとも1つの地区が必要です")]
    NoDistrict,
    /// An outline is not a ring.
    #[error("地区「{district}」の外形が閉じていません")]
    OpenRing {
        /// Name of the district.
        district: String,
    },
    /// It would end before it begins.
    #[error("失効時刻が発表時刻より前です")]
    ExpiresBeforeSent,
    /// A lift or cancel must say what it ends.
    #[error("解除・取消には、対象となる発表が必要です")]
    EndsNothing,
    /// A lift or cancel must say why.
    #[error("解除・取消には理由が必要です")]
    NoNote,
    /// A character that XML cannot carry.
    #[error("使えない文字 U+{code:04X} が含まれています")]
    NotXml {
        /// Its code point.
        code: u32,
    },
    /// Too large.
    #[error("文書が大きすぎます: {bytes}バイト(上限 {DOCUMENT_MAX_BYTES})")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The XML writer failed.
    #[error("XMLを書けません: {0}")]
    Xml(#[from] std::io::Error),
}

/// Writes the document of these facts.
///
/// # Errors
/// [`Unwritable`] names what the facts lack.
pub fn write(facts: &Facts) -> Result<Vec<u8>, Unwritable> {
    check(facts)?;
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("alert")
        .with_attribute(("xmlns", NAMESPACE))
        .write_inner_content(|xml| {
            leaf(xml, "identifier", facts.id.as_str())?;
            leaf(xml, "sender", &facts.sender)?;
            leaf(xml, "sent", &time(facts.sent))?;
            leaf(xml, "status", facts.realm.cap_status())?;
            leaf(xml, "msgType", message_type(facts))?;
            leaf(xml, "scope", "Public")?;
            if let Some(note) = note(facts) {
                leaf(xml, "note", &note)?;
            }
            if !facts.replaces.is_empty() {
                leaf(xml, "references", &references(facts))?;
            }
            info(xml, facts, "ja-JP", &japanese(facts))?;
            info(xml, facts, "en", &english(facts))
        })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    if bytes.len() > DOCUMENT_MAX_BYTES {
        return Err(Unwritable::TooLarge { bytes: bytes.len() });
    }
    Ok(bytes)
}

/// Whether a document names exactly these facts by their digest.
#[must_use]
pub fn carries(document: &[u8], facts: &Facts) -> bool {
    let Ok(text) = std::str::from_utf8(document) else {
        return false;
    };
    let mut reader = quick_xml::Reader::from_str(text);
    let wanted = Digest::of_json(facts);
    let (mut in_digest, mut found) = (false, 0_usize);
    loop {
        match reader.read_event() {
            Ok(Event::Eof) => return found > 0,
            Ok(Event::Text(words)) => {
                let words = words.xml10_content();
                let words = words.trim();
                if words.is_empty() {
                    continue;
                }
                if in_digest {
                    if words != wanted.as_str() {
                        return false;
                    }
                    found += 1;
                }
                in_digest = words == FACTS_DIGEST;
            }
            Ok(_) => {}
            Err(_) => return false,
        }
    }
}

fn check(facts: &Facts) -> Result<(), Unwritable> {
    if facts.districts.is_empty() {
        return Err(Unwritable::NoDistrict);
    }
    if facts.expires <= facts.sent {
        return Err(Unwritable::ExpiresBeforeSent);
    }
    if let Some(bad) = written(facts).find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Unwritable::NotXml {
            code: u32::from(bad),
        });
    }
    if facts.kind != Kind::Issue {
        if facts.replaces.is_empty() {
            return Err(Unwritable::EndsNothing);
        }
        if facts.note.trim().is_empty() {
            return Err(Unwritable::NoNote);
        }
    }
    for district in &facts.districts {
        if district
            .rings
            .iter()
            .any(|ring| ring.len() < 4 || ring.first() != ring.last())
        {
            return Err(Unwritable::OpenRing {
                district: district.name.clone(),
            });
        }
    }
    Ok(())
}

/// Every character that people wrote.
fn written(facts: &Facts) -> impl Iterator<Item = char> {
    let names = facts
        .districts
        .iter()
        .flat_map(|d| [&d.name, &d.name_en, &d.id]);
    [
        &facts.town,
        &facts.town_en,
        &facts.river,
        &facts.river_en,
        &facts.ground,
        &facts.ground_en,
        &facts.sender,
    ]
    .into_iter()
    .chain([&facts.sender_name, &facts.public_url, &facts.note])
    .chain(names)
    .chain(facts.shelters.iter().map(|s| &s.name))
    .flat_map(|text| text.chars())
}

type Xml = Writer<Vec<u8>>;

fn info(xml: &mut Xml, facts: &Facts, language: &str, text: &Text) -> std::io::Result<()> {
    let grade = grade(facts);
    xml.create_element("info").write_inner_content(|xml| {
        leaf(xml, "language", language)?;
        leaf(xml, "category", "Met")?;
        leaf(xml, "category", "Safety")?;
        leaf(
            xml,
            "event",
            if language == "en" { "Flood" } else { "洪水" },
        )?;
        for response in grade.responses {
            leaf(xml, "responseType", response)?;
        }
        leaf(xml, "urgency", grade.urgency)?;
        leaf(xml, "severity", grade.severity)?;
        leaf(xml, "certainty", grade.certainty)?;
        pair(xml, "eventCode", "WMO:event", "Flood")?;
        leaf(xml, "effective", &time(facts.sent))?;
        leaf(xml, "expires", &time(facts.expires))?;
        leaf(
            xml,
            "senderName",
            if language == "en" {
                &facts.town_en
            } else {
                &facts.sender_name
            },
        )?;
        leaf(xml, "headline", &text.headline)?;
        leaf(xml, "description", &text.description)?;
        leaf(xml, "instruction", &text.instruction)?;
        leaf(
            xml,
            "web",
            &format!("{}/n/{}", facts.public_url.trim_end_matches('/'), facts.id),
        )?;
        pair(
            xml,
            "parameter",
            "jp:alertLevel",
            &facts.level.number().to_string(),
        )?;
        pair(xml, "parameter", "jp:order", facts.level.name())?;
        pair(xml, "parameter", "jp:issueOrLift", facts.kind.spoken())?;
        pair(xml, "parameter", "jp:hazard", "洪水")?;
        pair(xml, "parameter", "jp:river", &facts.river)?;
        pair(
            xml,
            "parameter",
            FACTS_DIGEST,
            Digest::of_json(facts).as_str(),
        )?;
        facts
            .districts
            .iter()
            .try_for_each(|district| area(xml, facts, language, district))
    })?;
    Ok(())
}

fn area(
    xml: &mut Xml,
    facts: &Facts,
    language: &str,
    district: &NoticeDistrict,
) -> std::io::Result<()> {
    xml.create_element("area").write_inner_content(|xml| {
        let name = if language == "en" {
            &district.name_en
        } else {
            &district.name
        };
        leaf(
            xml,
            "areaDesc",
            &format!(
                "{} {name}",
                if language == "en" {
                    &facts.town_en
                } else {
                    &facts.town
                }
            ),
        )?;
        for ring in &district.rings {
            // CAP wants latitude first.
            let points: Vec<String> = ring
                .iter()
                .map(|[lon, lat]| format!("{lat:.6},{lon:.6}"))
                .collect();
            leaf(xml, "polygon", &points.join(" "))?;
        }
        pair(xml, "geocode", "jisX0402", &facts.town_code)?;
        pair(xml, "geocode", "hinan:areaId", &district.id)
    })?;
    Ok(())
}

fn leaf(xml: &mut Xml, name: &str, text: &str) -> std::io::Result<()> {
    xml.create_element(name)
        .write_text_content(BytesText::new(text))?;
    Ok(())
}

fn pair(xml: &mut Xml, name: &str, value_name: &str, value: &str) -> std::io::Result<()> {
    xml.create_element(name).write_inner_content(|xml| {
        leaf(xml, "valueName", value_name)?;
        leaf(xml, "value", value)
    })?;
    Ok(())
}

fn message_type(facts: &Facts) -> &'static str {
    match facts.kind {
        Kind::Cancel => "Cancel",
        Kind::Lift => "Update",
        Kind::Issue if facts.replaces.is_empty() => "Alert",
        Kind::Issue => "Update",
    }
}

fn note(facts: &Facts) -> Option<String> {
    let drill = (facts.realm == Realm::Exercise).then_some(
        "訓練・再現です。実際の避難情報ではありません。 Exercise or replay: not a real alert.",
    );
    let why = (!facts.note.is_empty()).then_some(facts.note.as_str());
    match (drill, why) {
        (None, None) => None,
        (drill, why) => Some(
            [drill, why]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" "),
        ),
    }
}

fn references(facts: &Facts) -> String {
    let one =
        |r: &crate::approve::facts::Reference| format!("{},{},{}", r.sender, r.id, time(r.sent));
    facts.replaces.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// How an order reads in CAP's own scales.
struct Grade {
    responses: &'static [&'static str],
    urgency: &'static str,
    severity: &'static str,
    certainty: &'static str,
}

fn grade(facts: &Facts) -> Grade {
    if facts.kind == Kind::Lift {
        return Grade {
            responses: &["AllClear"],
            urgency: "Past",
            severity: "Minor",
            certainty: "Observed",
        };
    }
    match facts.level {
        OrderLevel::EmergencySafety => Grade {
            responses: &["Shelter", "Avoid"],
            urgency: "Immediate",
            severity: "Extreme",
            certainty: facts.certainty.cap(),
        },
        OrderLevel::EvacuationOrder => Grade {
            responses: &["Evacuate"],
            urgency: "Immediate",
            severity: "Severe",
            certainty: facts.certainty.cap(),
        },
        OrderLevel::ElderlyEvacuation => Grade {
            responses: &["Evacuate", "Prepare"],
            urgency: "Expected",
            severity: "Moderate",
            certainty: facts.certainty.cap(),
        },
    }
}

/// CAP's form of a time: Japan time with its offset, no fraction.
#[must_use]
pub fn time(at: Timestamp) -> String {
    japan(at).strftime("%Y-%m-%dT%H:%M:%S+09:00").to_string()
}
