//! The Atom feed (RFC 4287): an index of CAP documents, never the message itself.

use jiff::Timestamp;

use super::xml::{self, Xml, element, element_with, leaf};
use super::{Entry, Publisher, cap};
use crate::text::JAPANESE;
use crate::when::cap as time;

/// Writes the feed, newest first as given. `updated` of an empty feed is the time the service began.
///
/// # Errors
/// When the XML writer fails, which it does not on memory.
pub fn write(
    publisher: &Publisher<'_>,
    entries: &[Entry<'_>],
    began: Timestamp,
) -> std::io::Result<Vec<u8>> {
    let url = publisher.base();
    let attributes = [("xmlns", "http://www.w3.org/2005/Atom"), ("xml:lang", "ja")];
    xml::document("feed", &attributes, |xml| {
        leaf(xml, "id", &format!("urn:hinan:{}:alerts", publisher.code))?;
        leaf(
            xml,
            "title",
            &format!("{} 避難情報 Evacuation information", publisher.name),
        )?;
        let updated = entries.iter().map(|e| e.approved_at).max().unwrap_or(began);
        leaf(xml, "updated", &time(updated))?;
        element(xml, "author", |xml| leaf(xml, "name", publisher.name))?;
        link(
            xml,
            "self",
            &format!("{url}/feed.atom"),
            "application/atom+xml",
        )?;
        link(xml, "alternate", &format!("{url}/"), "text/html")?;
        entries.iter().try_for_each(|one| entry(xml, url, one))
    })
}

fn entry(xml: &mut Xml, url: &str, entry: &Entry<'_>) -> std::io::Result<()> {
    let facts = entry.facts;
    element(xml, "entry", |xml| {
        leaf(xml, "id", &format!("urn:hinan:{}", facts.id))?;
        let text = cap::text_in(entry.document, JAPANESE);
        let (headline, description) =
            text.map_or_else(Default::default, |text| (text.headline, text.description));
        leaf(xml, "title", &headline)?;
        leaf(xml, "published", &time(facts.sent))?;
        leaf(xml, "updated", &time(entry.approved_at))?;
        link(
            xml,
            "alternate",
            &format!("{url}/n/{}", facts.id),
            "text/html",
        )?;
        link(
            xml,
            "enclosure",
            &format!("{url}/cap/{}.xml", facts.id),
            "application/cap+xml",
        )?;
        leaf(xml, "summary", &description)
    })
}

fn link(xml: &mut Xml, rel: &str, href: &str, kind: &str) -> std::io::Result<()> {
    element_with(
        xml,
        "link",
        &[("href", href), ("rel", rel), ("type", kind)],
        |_| Ok(()),
    )
}
