//! Atom feeds that list telegrams. The feed's own title is no entry, and an entry's text is a teaser, not data.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::xml::{self, Element, XmlLimits, cut};

const ATOM: &str = "http://www.w3.org/2005/Atom";
/// Entries of one feed. The long feeds of the agency hold some thousands.
const ENTRIES_MAX: usize = 50_000;

/// A feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Its title.
    pub title: String,
    /// When it last changed.
    pub updated: Option<Timestamp>,
    /// Its entries, in its order.
    pub entries: Vec<Entry>,
}

/// One telegram that is to be had.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its identifier: an address in new feeds, `urn:uuid:` in old ones.
    pub id: String,
    /// Where the telegram is.
    pub href: String,
    /// Kind of telegram in words.
    pub title: String,
    /// When it was put there.
    pub updated: Option<Timestamp>,
    /// Office.
    pub author: String,
}

/// Reads a feed.
///
/// # Errors
/// [`Refusal`] when it is no feed. Entries without identifier or address are left out: one of them must not hide the rest.
pub fn read(bytes: &[u8]) -> Result<Feed, Refusal> {
    let root = xml::read(bytes, &XmlLimits::default())?;
    if &*root.name != "feed" || &*root.namespace != ATOM {
        return Err(Refusal::UnknownKind {
            found: cut(&format!("<{}> instead of an Atom feed", root.name), 120),
        });
    }
    let entries: Vec<&Element> = root.all("entry").collect();
    if entries.len() > ENTRIES_MAX {
        return Err(Refusal::TooMany {
            what: "entries",
            max: ENTRIES_MAX,
        });
    }
    Ok(Feed {
        title: cut(root.text_of("title"), 300),
        updated: root.text_of("updated").parse().ok(),
        entries: entries.into_iter().filter_map(entry).collect(),
    })
}

fn entry(entry: &Element) -> Option<Entry> {
    let id = entry.text_of("id");
    let links: Vec<&Element> = entry.all("link").collect();
    let href = links
        .iter()
        .find(|link| link.attribute("type").contains("xml"))
        .or_else(|| links.first())
        .map_or("", |link| link.attribute("href"));
    // Entries of some feeds have no link: their identifier is the address.
    let is_address = |text: &str| text.starts_with("https://") || text.starts_with("http://");
    let href = if href.is_empty() { id } else { href };
    if id.is_empty() || !is_address(href) {
        return None;
    }
    Some(Entry {
        id: cut(id, 500),
        href: cut(href, 1000),
        title: cut(entry.text_of("title"), 300),
        updated: entry.text_of("updated").parse().ok(),
        author: cut(entry.text_at(&["author", "name"]), 100),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_title_of_a_feed_is_no_entry_and_an_entry_may_lack_a_link() {
        let feed = read(
            "<feed xmlns='http://www.w3.org/2005/Atom'><title>高頻度（地震火山）</title>\
             <entry><id>https://example.org/20260101000000_0_VXSE51_010000.xml</id><title>震度速報</title></entry>\
             <entry><title>no identifier</title></entry>\
             <entry><id>urn:uuid:1</id><link href='javascript:1'/></entry></feed>"
                .as_bytes(),
        )
        .unwrap();
        assert_eq!(feed.entries.len(), 1);
        assert_eq!(feed.entries[0].href, feed.entries[0].id);
    }

    #[test]
    fn what_is_no_feed_is_refused() {
        assert_eq!(read(b"<html/>").unwrap_err().code(), "unknown_kind");
        assert_eq!(
            read(b"<!DOCTYPE html><html/>").unwrap_err().code(),
            "doctype"
        );
    }
}
