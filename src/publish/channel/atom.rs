//! The Atom feed (RFC 4287): an index of CAP documents, never the message itself.

use jiff::Timestamp;
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::cap;
use crate::approve::notice::{Approved, Notice};
use crate::publish::texts::japanese;

/// Who publishes the feed.
pub struct Publisher<'a> {
    /// Name as residents read it.
    pub name: &'a str,
    /// Address of the public page.
    pub url: &'a str,
    /// Municipality code.
    pub code: &'a str,
}

/// Writes the feed, newest first. `updated` of an empty feed is the time the service began.
///
/// # Errors
/// When the XML writer fails, which it does not on memory.
pub fn write(
    publisher: &Publisher<'_>,
    notices: &[Notice<Approved>],
    began: Timestamp,
) -> std::io::Result<Vec<u8>> {
    let url = publisher.url.trim_end_matches('/');
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    xml.create_element("feed")
        .with_attribute(("xmlns", "http://www.w3.org/2005/Atom"))
        .with_attribute(("xml:lang", "ja"))
        .write_inner_content(|xml| {
            leaf(xml, "id", &format!("urn:hinan:{}:alerts", publisher.code))?;
            leaf(
                xml,
                "title",
                &format!("{} 避難情報 Evacuation information", publisher.name),
            )?;
            let updated = notices
                .iter()
                .map(|n| n.state().at())
                .max()
                .unwrap_or(began);
            leaf(xml, "updated", &cap::time(updated))?;
            xml.create_element("author")
                .write_inner_content(|xml| leaf(xml, "name", publisher.name))?;
            link(
                xml,
                "self",
                &format!("{url}/feed.atom"),
                "application/atom+xml",
            )?;
            link(xml, "alternate", &format!("{url}/"), "text/html")?;
            notices
                .iter()
                .try_for_each(|notice| entry(xml, url, notice))
        })?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

fn entry(xml: &mut Writer<Vec<u8>>, url: &str, notice: &Notice<Approved>) -> std::io::Result<()> {
    let facts = notice.content().facts();
    xml.create_element("entry").write_inner_content(|xml| {
        leaf(xml, "id", &format!("urn:hinan:{}", facts.id))?;
        let text = japanese(facts);
        leaf(xml, "title", &text.headline)?;
        leaf(xml, "published", &cap::time(facts.sent))?;
        leaf(xml, "updated", &cap::time(notice.state().at()))?;
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
        leaf(xml, "summary", &text.description)
    })?;
    Ok(())
}

fn leaf(xml: &mut Writer<Vec<u8>>, name: &str, text: &str) -> std::io::Result<()> {
    xml.create_element(name)
        .write_text_content(BytesText::new(text))?;
    Ok(())
}

fn link(xml: &mut Writer<Vec<u8>>, rel: &str, href: &str, kind: &str) -> std::io::Result<()> {
    xml.create_element("link")
        .with_attribute(("rel", rel))
        .with_attribute(("type", kind))
        .with_attribute(("href", href))
        .write_empty()?;
    Ok(())
}
