//! XML as other people send it, read into a small tree with a limit on everything.
//!
//! Invariants
//! - Namespaces are compared by URI; prefixes mean nothing.
//! - A DTD, an entity that is not one of XML's own five, and a foreign character encoding are refused, not ignored: the
//!   same bytes must mean the same to every reader.
//! - Bytes, depth, elements, attributes and text are limited before they are kept.

use std::collections::BTreeSet;
use std::rc::Rc;

use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

use super::refusal::Refusal;

/// What one document may at most be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct XmlLimits {
    /// Bytes of the document. The largest telegram of the Japan Meteorological Agency known to us has 4 MB.
    pub bytes_max: usize,
    /// Elements inside each other.
    pub depth_max: usize,
    /// Elements altogether.
    pub elements_max: usize,
    /// Attributes of one element.
    pub attributes_max: usize,
}

impl Default for XmlLimits {
    /// 8 MiB, 48 deep, 250,000 elements, 32 attributes each.
    fn default() -> Self {
        Self {
            bytes_max: 8 * 1024 * 1024,
            depth_max: 48,
            elements_max: 250_000,
            attributes_max: 32,
        }
    }
}

/// One element with everything inside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Element {
    /// Name without its prefix.
    pub(crate) name: Rc<str>,
    /// URI of its namespace; empty when it has none.
    pub(crate) namespace: Rc<str>,
    attributes: Vec<(String, String)>,
    /// The text directly inside, in order, not trimmed.
    text: String,
    /// The elements directly inside, in order.
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The text directly inside, trimmed.
    pub(crate) fn text(&self) -> &str {
        self.text.trim()
    }

    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| *child.name == *name)
    }

    /// All children of that name.
    pub(crate) fn all<'e>(&'e self, name: &'e str) -> impl Iterator<Item = &'e Self> {
        self.children
            .iter()
            .filter(move |child| *child.name == *name)
    }

    /// The element at the end of a path of first children.
    pub(crate) fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |here, name| here.child(name))
    }

    /// The text of a child; empty when there is no such child.
    pub(crate) fn text_of(&self, name: &str) -> &str {
        self.child(name).map_or("", Self::text)
    }

    /// The text at the end of a path of first children; empty when there is none.
    pub(crate) fn text_at(&self, path: &[&str]) -> &str {
        self.at(path).map_or("", Self::text)
    }

    /// An attribute; empty when there is none.
    pub(crate) fn attribute(&self, name: &str) -> &str {
        self.attributes
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }

    /// Every element of that name below this one, in the order of the document.
    pub(crate) fn below<'e>(&'e self, name: &str, found: &mut Vec<&'e Self>) {
        for child in &self.children {
            if *child.name == *name {
                found.push(child);
            }
            child.below(name, found);
        }
    }
}

/// Reads a document.
///
/// # Errors
/// [`Refusal`] says what is wrong with it and what would be accepted.
pub(crate) fn read(bytes: &[u8], limits: &XmlLimits) -> Result<Element, Refusal> {
    if bytes.len() > limits.bytes_max {
        return Err(Refusal::TooLarge {
            bytes: bytes.len(),
            bytes_max: limits.bytes_max,
        });
    }
    let text = characters(bytes)?;
    Tree::new(limits).grow(&text)
}

/// The bytes as characters: UTF-8, or Latin-1 when the declaration says so.
fn characters(bytes: &[u8]) -> Result<std::borrow::Cow<'_, str>, Refusal> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let declared = declared_encoding(bytes);
    match declared.as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii") => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.into()),
            Err(at) => Err(Refusal::NotUtf8 {
                byte: at.valid_up_to(),
            }),
        },
        Some("iso-8859-1" | "latin1") => {
            let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
            Ok(text.into())
        }
        Some(other) => Err(Refusal::Encoding {
            declared: cut(other, 40),
        }),
    }
}

/// The `encoding` of the XML declaration, in small letters. Looks at the first 200 bytes only.
fn declared_encoding(bytes: &[u8]) -> Option<String> {
    let head = &bytes[..bytes.len().min(200)];
    if !head.starts_with(b"<?xml") {
        return None;
    }
    let end = head.windows(2).position(|two| two == b"?>")?;
    let head = String::from_utf8_lossy(&head[..end]);
    let value = head.split_once("encoding")?.1.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value[1..].split(quote).next()?;
    Some(value.to_ascii_lowercase())
}

struct Tree<'l> {
    limits: &'l XmlLimits,
    open: Vec<Element>,
    root: Option<Element>,
    elements: usize,
    /// A telegram has a hundred names and a hundred thousand elements.
    names: BTreeSet<Rc<str>>,
}

impl<'l> Tree<'l> {
    fn new(limits: &'l XmlLimits) -> Self {
        Self {
            limits,
            open: Vec::new(),
            root: None,
            elements: 0,
            names: BTreeSet::new(),
        }
    }

    fn grow(mut self, text: &str) -> Result<Element, Refusal> {
        let mut reader = NsReader::from_str(text);
        reader.resolver_mut().set_max_namespace_bindings(256);
        loop {
            let (namespace, event) = reader
                .read_resolved_event()
                .map_err(|why| Refusal::xml(&why))?;
            match event {
                Event::Start(start) => self.start(&namespace, &start)?,
                Event::Empty(start) => {
                    self.start(&namespace, &start)?;
                    self.end();
                }
                Event::End(_) => self.end(),
                Event::Text(words) => self.words(&words.xml10_content())?,
                Event::CData(words) => self.words(&words.xml10_content())?,
                Event::GeneralRef(name) => {
                    let meant = match name.resolve_char_ref() {
                        Ok(Some(meant)) if is_xml(meant) => meant,
                        Ok(None) => own_entity(&name).ok_or_else(|| Refusal::Entity {
                            name: cut(&name, 40),
                        })?,
                        _ => {
                            return Err(Refusal::Entity {
                                name: cut(&name, 40),
                            });
                        }
                    };
                    self.words(meant.encode_utf8(&mut [0; 4]))?;
                }
                Event::DocType(_) => return Err(Refusal::DocType),
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
                Event::Eof => break,
            }
        }
        if let Some(open) = self.open.last() {
            return Err(Refusal::NotXml {
                why: format!("it ends inside <{}>", cut(&open.name, 60)),
            });
        }
        self.root.ok_or(Refusal::NotXml {
            why: "there is no element in it".to_owned(),
        })
    }

    fn start(
        &mut self,
        namespace: &ResolveResult<'_>,
        start: &BytesStart<'_>,
    ) -> Result<(), Refusal> {
        self.elements += 1;
        if self.elements > self.limits.elements_max {
            return Err(Refusal::TooManyElements {
                max: self.limits.elements_max,
            });
        }
        if self.open.len() >= self.limits.depth_max {
            return Err(Refusal::TooDeep {
                max: self.limits.depth_max,
            });
        }
        if self.open.is_empty() && self.root.is_some() {
            return Err(Refusal::NotXml {
                why: "there is a second outermost element".to_owned(),
            });
        }
        let name = self.shared(start.local_name().as_ref());
        let namespace = match namespace {
            ResolveResult::Bound(uri) => self.shared(uri.0),
            ResolveResult::Unbound => self.shared(""),
            ResolveResult::Unknown(prefix) => {
                return Err(Refusal::NotXml {
                    why: format!("the prefix {:?} is not declared", cut(prefix, 40)),
                });
            }
        };
        self.open.push(Element {
            name,
            namespace,
            attributes: self.attributes(start)?,
            ..Element::default()
        });
        Ok(())
    }

    fn attributes(&self, start: &BytesStart<'_>) -> Result<Vec<(String, String)>, Refusal> {
        let mut kept = Vec::new();
        for (n, attribute) in start.attributes().enumerate() {
            if n >= self.limits.attributes_max {
                return Err(Refusal::TooManyAttributes {
                    element: cut(start.local_name().as_ref(), 60),
                    max: self.limits.attributes_max,
                });
            }
            let attribute = attribute.map_err(|why| Refusal::NotXml {
                why: cut(&why.to_string(), 200),
            })?;
            if attribute.key.as_namespace_binding().is_some() {
                continue;
            }
            let value = attribute
                .normalized_value(XmlVersion::Explicit1_0)
                .map_err(|why| Refusal::xml(&why))?;
            kept.push((
                attribute.key.local_name().as_ref().to_owned(),
                value.into_owned(),
            ));
        }
        Ok(kept)
    }

    fn words(&mut self, words: &str) -> Result<(), Refusal> {
        match self.open.last_mut() {
            Some(open) => open.text.push_str(words),
            None if words.trim().is_empty() => {}
            None => {
                return Err(Refusal::NotXml {
                    why: "there is text outside of the outermost element".to_owned(),
                });
            }
        }
        Ok(())
    }

    fn end(&mut self) {
        // The reader has checked that every end has its start.
        if let Some(mut done) = self.open.pop() {
            if !done.children.is_empty() && done.text.trim().is_empty() {
                done.text = String::new();
            }
            match self.open.last_mut() {
                Some(parent) => parent.children.push(done),
                None => self.root = Some(done),
            }
        }
    }

    fn shared(&mut self, name: &str) -> Rc<str> {
        if let Some(known) = self.names.get(name) {
            return known.clone();
        }
        let new: Rc<str> = name.into();
        self.names.insert(new.clone());
        new
    }
}

fn own_entity(name: &str) -> Option<char> {
    match name {
        "lt" => Some('<'),
        "gt" => Some('>'),
        "amp" => Some('&'),
        "apos" => Some('\''),
        "quot" => Some('"'),
        _ => None,
    }
}

fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// At most that many characters of a text that someone else wrote.
pub(crate) fn cut(text: &str, max_chars: usize) -> String {
    text.chars().take(max_chars).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(text: &str, code: &str) {
        let why = read(text.as_bytes(), &XmlLimits::default()).unwrap_err();
        assert_eq!(why.code(), code, "{why}");
    }

    #[test]
    fn names_are_known_by_their_namespace_whatever_their_prefix() {
        let one = read(b"<a xmlns='urn:x'><b/></a>", &XmlLimits::default()).unwrap();
        let two = read(b"<p:a xmlns:p='urn:x'><p:b/></p:a>", &XmlLimits::default()).unwrap();
        assert_eq!(one, two);
        assert_eq!(&*one.children[0].namespace, "urn:x");
    }

    #[test]
    fn a_bomb_of_entities_is_refused_at_its_declaration() {
        let mut bomb = String::from("<!DOCTYPE b [<!ENTITY a0 \"x\">");
        for n in 1..30 {
            bomb.push_str(&format!("<!ENTITY a{n} \"&a{};&a{};\">", n - 1, n - 1));
        }
        bomb.push_str("]><b>&a29;</b>");
        refused(&bomb, "doctype");
    }

    #[test]
    fn a_file_of_ours_is_not_read_for_an_entity() {
        refused(
            "<!DOCTYPE b [<!ENTITY f SYSTEM 'file:///etc/passwd'>]><b>&f;</b>",
            "doctype",
        );
        refused("<b>&f;</b>", "entity");
        refused("<b a='&f;'/>", "not_xml");
    }

    #[test]
    fn entities_of_xml_itself_are_characters() {
        let b = read(
            b"<b>&lt;&#x5927;&#38632;&amp;<![CDATA[<&>]]></b>",
            &XmlLimits::default(),
        )
        .unwrap();
        assert_eq!(b.text(), "<大雨&<&>");
    }

    #[test]
    fn depth_elements_attributes_and_bytes_have_a_limit() {
        refused(
            &format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000)),
            "too_deep",
        );
        refused(
            &format!("<a>{}</a>", "<b/>".repeat(250_000)),
            "too_many_elements",
        );
        let many: String = (0..33).map(|n| format!(" a{n}='1'")).collect();
        refused(&format!("<a{many}/>"), "too_many_attributes");
        refused(
            &format!("<a>{}</a>", " ".repeat(8 * 1024 * 1024)),
            "too_large",
        );
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><a/>",
            "<a b='1' b='2'/>",
            "<p:a/>",
            "<a/>x",
        ] {
            refused(text, "not_xml");
        }
    }

    #[test]
    fn latin_one_is_read_when_it_is_declared_and_others_are_refused() {
        let text = b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>Qu\xE9bec</a>";
        let a = read(text, &XmlLimits::default()).unwrap();
        assert_eq!(a.text(), "Qu\u{e9}bec");
        refused("<?xml version='1.0' encoding='Shift_JIS'?><a/>", "encoding");
        let why = read(b"<a>\xE9</a>", &XmlLimits::default()).unwrap_err();
        assert_eq!(why.code(), "not_utf8");
    }
}
