//! Elements in, alerts out.

use super::geometry::{self, circle, polygon};
use super::{
    Alert, CapAlert, CapArea, CapTime, CapVersion, Finding, Identity, Info, MsgType, Reference,
    Resource, Scope, text, time,
};
use crate::official::refusal::Refusal;
use crate::official::standing::Standing;
use crate::official::xml::{Element, cut};

const ALERTS_MAX: usize = 200;
const LIST_MAX: usize = 500;

const EDXL: &str = "urn:oasis:names:tc:emergency:EDXL:DE:1.0";

/// Whether an element is CAP, or an envelope that may carry it.
pub(crate) fn is_cap(root: &Element) -> bool {
    match &*root.name {
        "alert" => CapVersion::of(&root.namespace).is_some(),
        "EDXLDistribution" => &*root.namespace == EDXL && !embedded(root).is_empty(),
        "alerts" => root.children.iter().any(is_cap),
        "feed" => !embedded(root).is_empty(),
        _ => false,
    }
}

/// Reads an alert, or every alert in an envelope: a bad one does not hide those beside it, and is named.
pub(crate) fn read(root: &Element) -> Result<(Vec<CapAlert>, Vec<String>), Refusal> {
    if &*root.name == "alert" {
        return Ok((vec![one(root)?], Vec::new()));
    }
    let alerts = embedded(root);
    if alerts.len() > ALERTS_MAX {
        return Err(Refusal::TooMany {
            what: "alerts",
            max: ALERTS_MAX,
        });
    }
    let (mut read, mut refused, mut first) = (Vec::new(), Vec::new(), None);
    for alert in alerts {
        match one(alert) {
            Ok(alert) => read.push(alert),
            Err(why) => {
                refused.push(why.to_string());
                first.get_or_insert(why);
            }
        }
    }
    match first {
        Some(why) if read.is_empty() => Err(why),
        _ => Ok((read, refused)),
    }
}

fn embedded(root: &Element) -> Vec<&Element> {
    let mut found = Vec::new();
    root.below("alert", &mut found);
    found.retain(|alert| CapVersion::of(&alert.namespace).is_some());
    found
}

fn one(alert: &Element) -> Result<CapAlert, Refusal> {
    // The gate, before anything else is believed.
    match required(alert, "status", "alert/status")? {
        "Actual" => read_as(alert).map(CapAlert::Actual),
        "Exercise" | "System" | "Test" | "Draft" => read_as(alert).map(CapAlert::NotActual),
        other => Err(Refusal::unknown(
            "alert/status",
            other,
            "Actual, Exercise, System, Test, Draft",
        )),
    }
}

fn read_as<S: Standing>(alert: &Element) -> Result<Alert<S>, Refusal> {
    let version = CapVersion::of(&alert.namespace).ok_or_else(|| {
        Refusal::unknown(
            "namespace of alert",
            &alert.namespace,
            "CAP 1.0, 1.1 or 1.2",
        )
    })?;
    let mut findings = Vec::new();
    let sent = time::read("alert/sent", required(alert, "sent", "alert/sent")?)?;
    let identity = Identity {
        sender: name(alert, "sender", "alert/sender")?,
        identifier: name(alert, "identifier", "alert/identifier")?,
        sent: sent.at,
    };
    let msg_type = msg_type(required(alert, "msgType", "alert/msgType")?)?;
    let scope = scope(alert, version)?;
    let restriction = cut(alert.text_of("restriction"), 300);
    if restriction.is_empty() == (scope == Some(Scope::Restricted)) {
        findings.push(Finding::RestrictionScopeMismatch);
    }
    let addresses = text::words(alert.text_of("addresses"));
    if scope == Some(Scope::Private) && addresses.is_empty() {
        findings.push(Finding::NoAddresses);
    }
    if !in_order(alert, &ALERT_ORDER) {
        findings.push(Finding::ElementOrder);
    }
    let references = references(alert, version, &identity, &mut findings)?;
    let infos: Vec<Info> = alert
        .all("info")
        .take(LIST_MAX)
        .map(|element| info(element, version, &mut findings))
        .collect::<Result<_, _>>()?;
    same_text(&infos, &mut findings);
    findings.dedup();
    Ok(Alert {
        standing: S::IT,
        version,
        identity,
        sent,
        status: cut(alert.text_of("status"), 20),
        msg_type,
        scope,
        restriction,
        addresses,
        note: cut(alert.text_of("note"), 2000),
        references,
        incidents: text::words(alert.text_of("incidents")),
        infos,
        signed: alert.child("Signature").is_some(),
        findings,
    })
}

const ALERT_ORDER: [&str; 16] = [
    "identifier",
    "sender",
    "password",
    "sent",
    "status",
    "msgType",
    "source",
    "scope",
    "restriction",
    "addresses",
    "code",
    "note",
    "references",
    "incidents",
    "info",
    "Signature",
];
const INFO_ORDER: [&str; 21] = [
    "language",
    "category",
    "event",
    "responseType",
    "urgency",
    "severity",
    "certainty",
    "audience",
    "eventCode",
    "effective",
    "onset",
    "expires",
    "senderName",
    "headline",
    "description",
    "instruction",
    "web",
    "contact",
    "parameter",
    "resource",
    "area",
];

/// Whether children come in the order of the schema. Those it does not know are passed over.
fn in_order(element: &Element, order: &[&str]) -> bool {
    let mut last = 0;
    for child in &element.children {
        if let Some(at) = order.iter().position(|name| **name == *child.name) {
            if at < last {
                return false;
            }
            last = at;
        }
    }
    true
}

fn required<'e>(
    element: &'e Element,
    name: &'static str,
    what: &'static str,
) -> Result<&'e str, Refusal> {
    let mut found = element.all(name);
    let first = found.next().map_or("", Element::text);
    if found.next().is_some() {
        return Err(Refusal::Repeated { what });
    }
    if first.is_empty() {
        return Err(Refusal::Missing { what });
    }
    Ok(first)
}

/// `sender` and `identifier`: no space, comma, `<` or `&`, because references could not name them.
fn name(alert: &Element, element: &'static str, what: &'static str) -> Result<String, Refusal> {
    let name = required(alert, element, what)?;
    if name.contains([' ', '\t', '\n', ',', '<', '&']) || name.chars().count() > 500 {
        return Err(Refusal::unknown(
            what,
            name,
            "a name of up to 500 characters without space, comma, < and &",
        ));
    }
    Ok(name.to_owned())
}

fn msg_type(text: &str) -> Result<MsgType, Refusal> {
    match text {
        "Alert" => Ok(MsgType::Alert),
        "Update" => Ok(MsgType::Update),
        "Cancel" => Ok(MsgType::Cancel),
        "Ack" => Ok(MsgType::Ack),
        "Error" => Ok(MsgType::Error),
        other => Err(Refusal::unknown(
            "alert/msgType",
            other,
            "Alert, Update, Cancel, Ack, Error",
        )),
    }
}

fn scope(alert: &Element, version: CapVersion) -> Result<Option<Scope>, Refusal> {
    match alert.text_of("scope") {
        "Public" => Ok(Some(Scope::Public)),
        "Restricted" => Ok(Some(Scope::Restricted)),
        "Private" => Ok(Some(Scope::Private)),
        "" if version == CapVersion::V1_0 => Ok(None),
        "" => Err(Refusal::Missing {
            what: "alert/scope",
        }),
        other => Err(Refusal::unknown(
            "alert/scope",
            other,
            "Public, Restricted, Private",
        )),
    }
}

fn references(
    alert: &Element,
    version: CapVersion,
    identity: &Identity,
    findings: &mut Vec<Finding>,
) -> Result<Vec<Reference>, Refusal> {
    let mut references = Vec::new();
    for words in alert
        .text_of("references")
        .split_whitespace()
        .take(LIST_MAX)
    {
        let Some(reference) = reference(words, version) else {
            findings.push(Finding::InvalidReference);
            continue;
        };
        let own_name = reference.identifier == identity.identifier
            && reference
                .sender
                .as_ref()
                .is_none_or(|sender| *sender == identity.sender)
            && reference.sent.is_none_or(|sent| sent == identity.sent);
        let later = reference.sent.is_some_and(|sent| sent > identity.sent);
        if own_name || later {
            return Err(Refusal::unknown(
                "alert/references",
                words,
                "earlier alerts, not the alert itself",
            ));
        }
        references.push(reference);
    }
    Ok(references)
}

/// Reads `sender,identifier,sent`, or `identifier/…` of CAP 1.0.
fn reference(words: &str, version: CapVersion) -> Option<Reference> {
    if version == CapVersion::V1_0
        && !words.contains(',')
        && let Some((identifier, rest)) = words.split_once('/')
    {
        let sent = time::read("alert/references", rest)
            .ok()
            .map(|sent| sent.at);
        return Some(Reference {
            sender: (sent.is_none() && !rest.is_empty()).then(|| rest.to_owned()),
            identifier: identifier.to_owned(),
            sent,
        })
        .filter(|reference| !reference.identifier.is_empty());
    }
    let mut parts = words.splitn(3, ',');
    let (sender, identifier, sent) = (parts.next()?, parts.next()?, parts.next()?);
    if sender.is_empty() || identifier.is_empty() {
        return None;
    }
    Some(Reference {
        sender: Some(sender.to_owned()),
        identifier: identifier.to_owned(),
        sent: Some(time::read("alert/references", sent).ok()?.at),
    })
}

fn info(info: &Element, version: CapVersion, findings: &mut Vec<Finding>) -> Result<Info, Refusal> {
    if !in_order(info, &INFO_ORDER) {
        findings.push(Finding::ElementOrder);
    }
    let language = match info.text_of("language") {
        "" => "en-US".to_owned(),
        given => {
            if !text::is_language(given) {
                findings.push(Finding::InvalidLanguage);
            }
            cut(given, 40)
        }
    };
    let categories = list(info, "category");
    if categories.is_empty() && version != CapVersion::V1_0 {
        return Err(Refusal::Missing {
            what: "info/category",
        });
    }
    let read = Info {
        language,
        categories,
        event: cut(required(info, "event", "info/event")?, 300),
        response_types: list(info, "responseType"),
        urgency: word(info, "urgency", "info/urgency", &URGENCY, findings)?,
        severity: word(info, "severity", "info/severity", &SEVERITY, findings)?,
        certainty: word(info, "certainty", "info/certainty", &CERTAINTY, findings)?,
        event_codes: pairs(info, "eventCode"),
        effective: optional(info, "effective", "info/effective")?,
        onset: optional(info, "onset", "info/onset")?,
        expires: optional(info, "expires", "info/expires")?,
        sender_name: cut(info.text_of("senderName"), 300),
        headline: cut(info.text_of("headline"), 1000),
        description: cut(info.text_of("description"), 16_000),
        instruction: cut(info.text_of("instruction"), 16_000),
        web: cut(info.text_of("web"), 1000),
        contact: cut(info.text_of("contact"), 300),
        parameters: pairs(info, "parameter"),
        resources: info
            .all("resource")
            .take(LIST_MAX)
            .map(|resource| Resource {
                description: cut(resource.text_of("resourceDesc"), 300),
                mime_type: cut(resource.text_of("mimeType"), 100),
                uri: cut(resource.text_of("uri"), 1000),
            })
            .collect(),
        areas: info
            .all("area")
            .take(LIST_MAX)
            .map(|element| area(element, findings))
            .collect::<Result<_, _>>()?,
    };
    if [
        &read.headline,
        &read.description,
        &read.instruction,
        &read.event,
    ]
    .iter()
    .any(|words| text::has_html_entity(words) || text::has_html_tag(words))
    {
        findings.push(Finding::Html);
    }
    Ok(read)
}

const URGENCY: [&str; 5] = ["Immediate", "Expected", "Future", "Past", "Unknown"];
const SEVERITY: [&str; 5] = ["Extreme", "Severe", "Moderate", "Minor", "Unknown"];
const CERTAINTY: [&str; 6] = [
    "Observed",
    "Likely",
    "Possible",
    "Unlikely",
    "Unknown",
    "Very Likely",
];

/// A word of a list. Another one is kept and pointed out: a new word is no reason to lose an alert.
fn word(
    info: &Element,
    name: &'static str,
    what: &'static str,
    known: &[&str],
    findings: &mut Vec<Finding>,
) -> Result<String, Refusal> {
    let word = required(info, name, what)?;
    if !known.contains(&word) {
        findings.push(Finding::UnknownWord {
            element: name.to_owned(),
            word: cut(word, 40),
        });
    }
    Ok(cut(word, 40))
}

fn optional(element: &Element, name: &str, what: &'static str) -> Result<Option<CapTime>, Refusal> {
    match element.text_of(name) {
        "" => Ok(None),
        text => time::read(what, text).map(Some),
    }
}

fn list(element: &Element, name: &str) -> Vec<String> {
    element
        .all(name)
        .take(LIST_MAX)
        .map(|one| cut(one.text(), 100))
        .collect()
}

/// `valueName` and `value`; `name=value` in CAP 1.0.
fn pairs(element: &Element, name: &str) -> Vec<(String, String)> {
    element
        .all(name)
        .take(LIST_MAX)
        .map(|pair| match pair.child("valueName") {
            Some(key) => (cut(key.text(), 200), cut(pair.text_of("value"), 2000)),
            None => match pair.text().split_once('=') {
                Some((key, value)) => (cut(key, 200), cut(value, 2000)),
                None => (String::new(), cut(pair.text(), 2000)),
            },
        })
        .collect()
}

fn area(area: &Element, findings: &mut Vec<Finding>) -> Result<CapArea, Refusal> {
    let mut polygons = Vec::new();
    for shape in area.all("polygon").take(LIST_MAX) {
        // An empty polygon occurs in live messages and means that there is none.
        if shape.text().is_empty() {
            continue;
        }
        match polygon(shape.text()) {
            Ok(ring) => {
                if geometry::crosses_itself(&ring) {
                    findings.push(Finding::SelfIntersection);
                }
                polygons.push(ring);
            }
            Err(why) => findings.push(Finding::InvalidPolygon { why }),
        }
    }
    let mut circles = Vec::new();
    for shape in area.all("circle").take(LIST_MAX) {
        if shape.text().is_empty() {
            continue;
        }
        match circle(shape.text()) {
            Some(circle) => circles.push(circle),
            None => findings.push(Finding::InvalidCircle),
        }
    }
    let feet = |name| crate::official::value::number(area.text_of(name));
    let (altitude_ft, ceiling_ft) = (feet("altitude"), feet("ceiling"));
    match (altitude_ft, ceiling_ft) {
        (None, Some(_)) => findings.push(Finding::InvalidArea),
        (Some(low), Some(high)) if low > high => {
            findings.push(Finding::InvalidAltitudeCeilingRange);
        }
        _ => {}
    }
    Ok(CapArea {
        description: cut(required(area, "areaDesc", "area/areaDesc")?, 2000),
        polygons,
        circles,
        geocodes: pairs(area, "geocode"),
        altitude_ft,
        ceiling_ft,
    })
}

/// The same words under two languages: one of them was not translated.
fn same_text(infos: &[Info], findings: &mut Vec<Finding>) {
    let same = |a: &Info, b: &Info| {
        a.language != b.language
            && a.headline == b.headline
            && a.description == b.description
            && a.event == b.event
            && a.instruction == b.instruction
    };
    if infos
        .iter()
        .enumerate()
        .any(|(n, one)| infos[n + 1..].iter().take(20).any(|other| same(one, other)))
    {
        findings.push(Finding::SameTextDifferentLanguage);
    }
}
