//! A notice as MQTT messages: its document, the state of each area it touches, one event.
//!
//! Below `{prefix}/{realm}/{town}/`:
//! - `{notice}`, retained: the CAP document, byte for byte; cleared when a later notice replaces, lifts or cancels it
//! - `areas/{area}`, retained: what holds there now ([`AreaState`]), also when nothing does
//! - `events/{issue|lift|cancel}`, not retained: that it happened, and where the document is

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::document::json::AreaState;
use crate::facts::{Facts, Kind, Reference};

/// One message. The channel puts the town's part before its topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// End of the topic.
    pub topic: String,
    /// Whether the broker keeps it for those who come later.
    pub retain: bool,
    /// Payload, text; empty clears what is retained.
    pub payload: String,
}

#[derive(Serialize)]
struct Happened<'h> {
    version: u32,
    event: Kind,
    status: &'static str,
    id: &'h str,
    level: u8,
    order: &'static str,
    hazard: &'static str,
    areas: Vec<&'h str>,
    sent: jiff::Timestamp,
    expires: jiff::Timestamp,
    replaces: &'h [Reference],
    document_topic: &'h str,
    document_sha256: Digest,
}

/// The messages of a notice, in the order in which they are sent: whoever hears the event finds document and state there.
/// `document` is the published one, with its signature if there is one.
#[must_use]
pub fn messages(facts: &Facts, document: &str, areas: &[AreaState]) -> Vec<Message> {
    let retained = |topic: String, payload: String| Message {
        topic,
        retain: true,
        payload,
    };
    let mut all = vec![retained(facts.id.to_string(), document.to_owned())];
    for area in areas {
        let payload = text(&super::json(area));
        all.push(retained(
            format!("areas/{}", level_of_topic(&area.area)),
            payload,
        ));
    }
    let happened = Happened {
        version: 1,
        event: facts.kind,
        status: facts.realm.cap_status(),
        id: facts.id.as_str(),
        level: facts.level.number(),
        order: facts.level.name(),
        hazard: facts.hazard.word(),
        areas: facts.districts.iter().map(|d| d.id.as_str()).collect(),
        sent: facts.sent,
        expires: facts.expires,
        replaces: &facts.replaces,
        document_topic: facts.id.as_str(),
        document_sha256: Digest::of(document.as_bytes()),
    };
    all.push(Message {
        topic: format!("events/{}", facts.kind.word()),
        retain: false,
        payload: text(&super::json(&happened)),
    });
    for replaced in &facts.replaces {
        all.push(retained(replaced.id.to_string(), String::new()));
    }
    all
}

/// The messages that end what is retained of an order which has expired: its document is cleared, and its areas say what holds
/// there now. A broker keeps what it was told until it is told otherwise; a display that connects six weeks later must not
/// find it.
#[must_use]
pub fn cleared(facts: &Facts, areas: &[AreaState]) -> Vec<Message> {
    let state = |area: &AreaState| Message {
        topic: format!("areas/{}", level_of_topic(&area.area)),
        retain: true,
        payload: text(&super::json(area)),
    };
    let document = Message {
        topic: facts.id.to_string(),
        retain: true,
        payload: String::new(),
    };
    areas.iter().map(state).chain([document]).collect()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// An area's id as one level of a topic: what has a meaning of its own there is written as `_`.
#[must_use]
pub fn level_of_topic(area: &str) -> String {
    area.chars()
        .map(|c| {
            if matches!(c, '/' | '+' | '#' | '\0') {
                '_'
            } else {
                c
            }
        })
        .collect()
}
