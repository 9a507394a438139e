//! The RSS 2.0 feed: what alert hubs poll.

use jiff::Timestamp;

use super::xml::{self, Xml, element, escaped, leaf, leaf_with};
use super::{Entry, Publisher, cap};
use crate::text::JAPANESE;
use crate::when::mail as time;

/// Writes the feed, newest first as given. The date of an empty feed is the time the service began.
///
/// # Errors
/// When the XML writer fails, which it does not on memory.
pub fn write(
    publisher: &Publisher<'_>,
    entries: &[Entry<'_>],
    began: Timestamp,
) -> std::io::Result<Vec<u8>> {
    let url = publisher.base();
    xml::document("rss", &[("version", "2.0")], |xml| {
        element(xml, "channel", |xml| {
            leaf(
                xml,
                "title",
                &format!("{} 避難情報 Evacuation information", publisher.name),
            )?;
            leaf(xml, "link", &format!("{url}/"))?;
            leaf(
                xml,
                "description",
                "発令・解除・取消。CAP 1.2の文書への一覧です。",
            )?;
            leaf(xml, "language", "ja")?;
            let updated = entries.iter().map(|e| e.approved_at).max().unwrap_or(began);
            leaf(xml, "lastBuildDate", &time(updated))?;
            leaf(xml, "ttl", "1")?;
            entries.iter().try_for_each(|entry| item(xml, url, entry))
        })
    })
}

fn item(xml: &mut Xml, url: &str, entry: &Entry<'_>) -> std::io::Result<()> {
    let facts = entry.facts;
    element(xml, "item", |xml| {
        let text = cap::text_in(entry.document, JAPANESE);
        let (headline, description) =
            text.map_or_else(Default::default, |text| (text.headline, text.description));
        leaf(xml, "title", &headline)?;
        // Hubs fetch the document behind the link.
        leaf(xml, "link", &format!("{url}/cap/{}.xml", facts.id))?;
        // Readers take this for HTML.
        leaf(xml, "description", &escaped(&description))?;
        leaf_with(xml, "guid", &[("isPermaLink", "false")], facts.id.as_str())?;
        leaf(xml, "pubDate", &time(entry.approved_at))
    })
}
