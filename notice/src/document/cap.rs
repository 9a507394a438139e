//! CAP 1.2 documents (OASIS; ITU-T X.1303bis), Japanese and English.
//!
//! Invariants
//! - Same facts, same bytes. Identifiers never depend on a clock.
//! - Times carry `+09:00`, never `Z`; polygons are `lat,lon`, closed; `expires` is always set.
//! - Written in canonical form, so that its signature is a digest of these very bytes.
//! - Level 5 is never `Evacuate`. Lifting is `AllClear`; `Cancel` means that it should never have been sent.

use quick_xml::events::Event;
use thiserror::Error;

use super::xml::{self, Xml, element, leaf};
use crate::digest::Digest;
use crate::facts::{Facts, Hazard, Kind, NoticeDistrict, Reference};
use crate::level::OrderLevel;
use crate::realm::Realm;
use crate::text::{EASY_JAPANESE, ENGLISH, JAPANESE, Text, Texts};
use crate::when::cap as time;

/// Namespace of CAP 1.2.
pub const NAMESPACE: &str = "urn:oasis:names:tc:emergency:cap:1.2";
const FACTS_DIGEST: &str = "hinan:factsDigest";
const TEXTS_DIGEST: &str = "hinan:textsDigest";
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
    /// A language without which no notice leaves.
    #[error("{language}の文面がありません")]
    NoText {
        /// Its tag.
        language: &'static str,
    },
    /// The XML writer failed.
    #[error("XMLを書けません: {0}")]
    Xml(#[from] std::io::Error),
}

/// Writes the document of these facts and texts: one block for each language but easy Japanese, which the same language
/// code as Japanese would shadow; it stands on the page of the notice.
///
/// # Errors
/// [`Unwritable`] names what the facts lack.
pub fn write(facts: &Facts, texts: &Texts) -> Result<Vec<u8>, Unwritable> {
    check(facts)?;
    for language in [JAPANESE, ENGLISH] {
        if texts.in_language(language).is_none() {
            return Err(Unwritable::NoText { language });
        }
    }
    let digests = Digests {
        facts: Digest::of_json(facts),
        texts: texts.digest(),
    };
    let bytes = xml::document("alert", &[("xmlns", NAMESPACE)], |xml| {
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
        texts
            .languages
            .iter()
            .filter(|one| one.language != EASY_JAPANESE)
            .try_for_each(|one| info(xml, facts, &one.language, &one.text, &digests))
    })?;
    if bytes.len() > DOCUMENT_MAX_BYTES {
        return Err(Unwritable::TooLarge { bytes: bytes.len() });
    }
    Ok(bytes)
}

struct Digests {
    facts: Digest,
    texts: Digest,
}

/// The text of a document in one language, read back from its bytes.
#[must_use]
pub fn text_in(document: &[u8], language: &str) -> Option<Text> {
    let mut found = None;
    let mut current: Option<(String, Text)> = None;
    let mut path: Vec<String> = Vec::new();
    let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(document).ok()?);
    let mut words = String::new();
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return found,
            Event::Start(tag) => {
                words.clear();
                path.push(tag.local_name().as_ref().to_owned());
                if path.len() == 2 && path[1] == "info" {
                    let empty = Text {
                        headline: String::new(),
                        description: String::new(),
                        instruction: String::new(),
                    };
                    current = Some((String::new(), empty));
                }
            }
            Event::Text(text) => words.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => words.push(resolved(&reference)?),
            Event::End(_) => {
                let depth = path.len();
                let name = path.pop()?;
                if let (3, Some((tag, text))) = (depth, current.as_mut()) {
                    match name.as_str() {
                        "language" => tag.clone_from(&words),
                        "headline" => text.headline.clone_from(&words),
                        "description" => text.description.clone_from(&words),
                        "instruction" => text.instruction.clone_from(&words),
                        _ => {}
                    }
                }
                if depth == 2
                    && let Some((tag, text)) = current.take()
                    && tag == language
                    && found.is_none()
                {
                    found = Some(text);
                }
                words.clear();
            }
            _ => {}
        }
    }
}

/// The five names and the numbers that a document of ours can hold.
fn resolved(reference: &quick_xml::events::BytesRef<'_>) -> Option<char> {
    if let Ok(Some(number)) = reference.resolve_char_ref() {
        return Some(number);
    }
    match reference.as_ref() {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

/// The digest of all texts that a document carries; none in documents of earlier versions.
#[must_use]
pub fn texts_digest(document: &[u8]) -> Option<Digest> {
    digests(document, TEXTS_DIGEST)?
        .into_iter()
        .next()
        .and_then(|digest| Digest::try_from(digest).ok())
}

/// Whether a document names exactly these facts by their digest.
#[must_use]
pub fn carries(document: &[u8], facts: &Facts) -> bool {
    let wanted = Digest::of_json(facts);
    digests(document, FACTS_DIGEST).is_some_and(|found| {
        !found.is_empty() && found.iter().all(|digest| digest == wanted.as_str())
    })
}

/// The values of every parameter of this name; none when it is no XML.
fn digests(document: &[u8], name: &str) -> Option<Vec<String>> {
    let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(document).ok()?);
    let (mut named, mut found) = (false, Vec::new());
    loop {
        match reader.read_event().ok()? {
            Event::Eof => return Some(found),
            Event::Text(words) => {
                let words = words.xml10_content();
                let words = words.trim();
                if words.is_empty() {
                    continue;
                }
                if named {
                    found.push(words.to_owned());
                }
                named = words == name;
            }
            _ => {}
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
    if let Some(bad) = written(facts).find_map(xml::not_xml) {
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

/// Everything that people wrote.
fn written(facts: &Facts) -> impl Iterator<Item = &str> {
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
    .chain(
        facts
            .corrects
            .iter()
            .flat_map(|c| c.left_out.iter().flat_map(|d| [&d.name, &d.name_en])),
    )
    .chain(facts.districts.iter().filter_map(|d| d.kana.as_ref()))
    .chain(facts.shelters.iter().map(|s| &s.name))
    .map(String::as_str)
}

fn info(
    xml: &mut Xml,
    facts: &Facts,
    language: &str,
    text: &Text,
    digests: &Digests,
) -> std::io::Result<()> {
    let grade = grade(facts);
    let japanese = language == JAPANESE;
    element(xml, "info", |xml| {
        leaf(xml, "language", language)?;
        for category in categories(facts.hazard) {
            leaf(xml, "category", category)?;
        }
        let (name, event) = event(facts.hazard);
        leaf(
            xml,
            "event",
            if japanese {
                facts.hazard.spoken()
            } else {
                name
            },
        )?;
        for response in grade.responses {
            leaf(xml, "responseType", response)?;
        }
        leaf(xml, "urgency", grade.urgency)?;
        leaf(xml, "severity", grade.severity)?;
        leaf(xml, "certainty", grade.certainty)?;
        pair(xml, "eventCode", "WMO:event", event)?;
        leaf(xml, "effective", &time(facts.sent))?;
        leaf(xml, "expires", &time(facts.expires))?;
        leaf(
            xml,
            "senderName",
            if japanese {
                &facts.sender_name
            } else {
                &facts.town_en
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
        for (name, value) in [
            ("jp:alertLevel", facts.level.number().to_string().as_str()),
            ("jp:order", facts.level.name()),
            ("jp:issueOrLift", facts.kind.spoken()),
            ("jp:hazard", facts.hazard.spoken()),
            ("jp:river", &facts.river),
            (FACTS_DIGEST, digests.facts.as_str()),
            (TEXTS_DIGEST, digests.texts.as_str()),
        ] {
            if !value.is_empty() {
                pair(xml, "parameter", name, value)?;
            }
        }
        facts
            .districts
            .iter()
            .try_for_each(|district| area(xml, facts, japanese, district))
    })
}

/// CAP's categories of a hazard.
fn categories(hazard: Hazard) -> [&'static str; 2] {
    match hazard {
        Hazard::Flood | Hazard::InlandFlood | Hazard::StormSurge => ["Met", "Safety"],
        Hazard::Landslide | Hazard::Tsunami => ["Geo", "Safety"],
    }
}

/// The event for readers and its name in the list of the WMO.
fn event(hazard: Hazard) -> (&'static str, &'static str) {
    match hazard {
        Hazard::Flood => ("Flood", "Flood"),
        Hazard::InlandFlood => ("Inland flood", "Flood"),
        Hazard::Landslide => ("Landslide", "Landslide/Mudslide & Debris flow"),
        Hazard::StormSurge => ("Storm surge", "Storm surge/Coastal flood"),
        Hazard::Tsunami => ("Tsunami", "Tsunami"),
    }
}

fn area(
    xml: &mut Xml,
    facts: &Facts,
    japanese: bool,
    district: &NoticeDistrict,
) -> std::io::Result<()> {
    element(xml, "area", |xml| {
        let (town, name) = if japanese {
            (&facts.town, &district.name)
        } else {
            (&facts.town_en, &district.name_en)
        };
        leaf(xml, "areaDesc", &format!("{town} {name}"))?;
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
    })
}

fn pair(xml: &mut Xml, name: &str, value_name: &str, value: &str) -> std::io::Result<()> {
    element(xml, name, |xml| {
        leaf(xml, "valueName", value_name)?;
        leaf(xml, "value", value)
    })
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
    let one = |r: &Reference| format!("{},{},{}", r.sender, r.id, time(r.sent));
    let all = facts.replaces.iter().chain(&facts.earlier);
    all.map(one).collect::<Vec<_>>().join(" ")
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
