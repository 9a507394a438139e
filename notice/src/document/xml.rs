//! Writing XML in its canonical form (Exclusive XML Canonicalization 1.0), so that a digest of the bytes written is the
//! digest that every other program works out.
//!
//! What makes it canonical: elements without a text still have two tags, attributes are few and in order, of the signs
//! only `&`, `<`, `>` and the carriage return are escaped in a text. The declaration and the line break after the last tag
//! are no part of it.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

pub(super) type Xml = Writer<Vec<u8>>;

/// A document with this root, whose attributes stand in canonical order: namespaces first.
pub(super) fn document(
    root: &str,
    attributes: &[(&str, &str)],
    inside: impl FnOnce(&mut Xml) -> std::io::Result<()>,
) -> std::io::Result<Vec<u8>> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 1);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    element_with(&mut xml, root, attributes, inside)?;
    let mut bytes = xml.into_inner();
    bytes.push(b'\n');
    Ok(bytes)
}

/// An element with children.
pub(super) fn element(
    xml: &mut Xml,
    name: &str,
    inside: impl FnOnce(&mut Xml) -> std::io::Result<()>,
) -> std::io::Result<()> {
    element_with(xml, name, &[], inside)
}

/// An element with attributes and children.
pub(super) fn element_with(
    xml: &mut Xml,
    name: &str,
    attributes: &[(&str, &str)],
    inside: impl FnOnce(&mut Xml) -> std::io::Result<()>,
) -> std::io::Result<()> {
    xml.write_event(Event::Start(start(name, attributes)))?;
    inside(xml)?;
    xml.write_event(Event::End(BytesEnd::new(name)))
}

/// An element with a text.
pub(super) fn leaf(xml: &mut Xml, name: &str, text: &str) -> std::io::Result<()> {
    leaf_with(xml, name, &[], text)
}

/// An element with attributes and a text.
pub(super) fn leaf_with(
    xml: &mut Xml,
    name: &str,
    attributes: &[(&str, &str)],
    text: &str,
) -> std::io::Result<()> {
    xml.write_event(Event::Start(start(name, attributes)))?;
    xml.write_event(Event::Text(BytesText::from_escaped(escaped(text))))?;
    xml.write_event(Event::End(BytesEnd::new(name)))
}

fn start<'s>(name: &'s str, attributes: &[(&str, &str)]) -> BytesStart<'s> {
    let mut start = BytesStart::new(name);
    for attribute in attributes {
        start.push_attribute(*attribute);
    }
    start
}

/// A text with the signs escaped that its canonical form escapes.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
    out
}

/// The first character that XML 1.0 cannot carry.
pub(super) fn not_xml(text: &str) -> Option<char> {
    text.chars().find(|c| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t')) || matches!(c, '\u{fffe}' | '\u{ffff}')
    })
}
