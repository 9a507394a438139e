//! XML in bounded depth and without declarations of types or entities: only what geodata need of it.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::refusal::{ImportError, Refuse};
use super::settings::TextEncoding;
use super::text::{Decoded, decode};

const DEPTH_MAX: usize = 64;
/// Most characters of one text: a posList of ten million points.
const TEXT_MAX: usize = 512 * 1024 * 1024;

/// What comes next.
pub(crate) enum Node<'a> {
    /// An element begins. Its local name.
    Start(Element<'a>),
    /// An element ends. Its local name, and the text directly before its end.
    End(&'a str, String),
    /// The document ends.
    Eof,
}

/// The beginning of an element.
pub(crate) struct Element<'a>(BytesStart<'a>);

impl<'a> Element<'a> {
    pub(crate) fn name(&self) -> &str {
        self.0.local_name().into_inner()
    }

    /// An attribute by its local name, whatever its prefix.
    pub(crate) fn attribute(&self, name: &str) -> Option<String> {
        self.0
            .attributes()
            .with_checks(false)
            .filter_map(Result::ok)
            .find(|attribute| attribute.key.local_name().into_inner() == name)
            .and_then(|attribute| {
                quick_xml::escape::unescape(&attribute.value)
                    .ok()
                    .map(Into::into)
            })
    }
}

/// Reads one document.
pub(crate) struct Xml<'a> {
    refuse: Refuse<'a>,
    format: &'static str,
    reader: Reader<&'a [u8]>,
    text: &'a str,
    /// Local names of the open elements.
    open: Vec<&'a str>,
    /// An element without content was begun; its end is still to be told.
    empty: Option<&'a str>,
    before_end: String,
}

impl<'a> Xml<'a> {
    pub(crate) fn new(refuse: Refuse<'a>, format: &'static str, text: &'a str) -> Self {
        let mut reader = Reader::from_str(text);
        reader.config_mut().check_end_names = true;
        Self {
            refuse,
            format,
            reader,
            text,
            open: Vec::new(),
            empty: None,
            before_end: String::new(),
        }
    }

    /// How far it has come, bytes.
    pub(crate) fn position(&self) -> u64 {
        self.reader.buffer_position()
    }

    /// Whether an element of this name is open.
    pub(crate) fn is_in(&self, name: &str) -> bool {
        self.open.contains(&name)
    }

    pub(crate) fn depth(&self) -> usize {
        self.open.len()
    }

    fn wrong(&self, why: impl std::fmt::Display) -> ImportError {
        let line = self
            .text
            .get(..usize::try_from(self.position()).unwrap_or(0))
            .map_or(0, |before| before.matches('\n').count() + 1);
        self.refuse
            .unreadable(self.format, format!("line {line}: {why}"))
    }

    pub(crate) fn next(&mut self) -> Result<Node<'a>, ImportError> {
        if let Some(name) = self.empty.take() {
            self.open.pop();
            self.before_end.clear();
            return Ok(Node::End(name, String::new()));
        }
        loop {
            match self.reader.read_event().map_err(|why| self.wrong(why))? {
                Event::Start(start) => {
                    self.enter(&start)?;
                    return Ok(Node::Start(Element(start)));
                }
                Event::Empty(start) => {
                    self.enter(&start)?;
                    self.empty = self.open.last().copied();
                    return Ok(Node::Start(Element(start)));
                }
                Event::End(_) => {
                    let name = self.open.pop().unwrap_or_default();
                    return Ok(Node::End(name, std::mem::take(&mut self.before_end)));
                }
                Event::Text(text) => self.add(&text)?,
                Event::CData(text) => self.add(&text)?,
                Event::GeneralRef(reference) => {
                    let sign = match &*reference {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        "apos" => '\'',
                        name => {
                            reference.resolve_char_ref().ok().flatten().ok_or_else(|| {
                                self.wrong(format!("entity {name} is not accepted"))
                            })?
                        }
                    };
                    self.before_end.push(sign);
                }
                Event::DocType(_) => {
                    return Err(self.wrong("a document type declaration is not accepted"));
                }
                Event::Eof if self.open.is_empty() => return Ok(Node::Eof),
                Event::Eof => {
                    let open = self.open.join(" > ");
                    return Err(self.wrong(format!("it ends inside {open}: the file was cut")));
                }
                Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn enter(&mut self, start: &BytesStart<'a>) -> Result<(), ImportError> {
        if self.open.len() >= DEPTH_MAX {
            return Err(self
                .refuse
                .too_large("levels of elements", DEPTH_MAX as u64));
        }
        // The name is looked up in the text itself, so that it lives as long as the text.
        let name = start.local_name();
        let name = name.into_inner();
        let end = usize::try_from(self.position()).unwrap_or(0);
        let mut begin = end.saturating_sub(start.len() + 4);
        // Before the element may stand a character of several bytes.
        while !self.text.is_char_boundary(begin) {
            begin -= 1;
        }
        let window = self.text.get(begin..end).unwrap_or_default();
        let found = window.find(name).map(|at| &window[at..at + name.len()]);
        self.open
            .push(found.ok_or_else(|| self.wrong("an element without a name"))?);
        self.before_end.clear();
        Ok(())
    }

    fn add(&mut self, text: &str) -> Result<(), ImportError> {
        if self.before_end.len() + text.len() > TEXT_MAX {
            return Err(self
                .refuse
                .too_large("characters of one text", TEXT_MAX as u64));
        }
        self.before_end.push_str(text);
        Ok(())
    }
}

/// The text of an XML file, in the encoding its first line states.
pub(crate) fn decoded<'a>(
    refuse: Refuse,
    bytes: &'a [u8],
    said: Option<TextEncoding>,
) -> Result<Decoded<'a>, ImportError> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(200)]);
    let declaration = head.split("?>").next().unwrap_or_default();
    let stated = declaration
        .split_once("encoding=")
        .and_then(|(_, rest)| rest.split(['"', '\'']).nth(1))
        .map(str::to_owned);
    let stated = match stated {
        None => TextEncoding::Utf8,
        Some(name) => TextEncoding::from_name(&name).ok_or_else(|| {
            refuse.refused(
                "encoding of the XML declaration",
                name,
                "UTF-8, Shift_JIS or EUC-JP",
            )
        })?,
    };
    decode(bytes, said, Some((stated, "the XML declaration")))
        .map_err(|why| refuse.unreadable("XML", why))
}

/// Numbers separated by blanks.
pub(crate) fn numbers(text: &str) -> Result<Vec<f64>, String> {
    text.split_ascii_whitespace()
        .map(|word| {
            word.parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())
                .ok_or_else(|| format!("{} is no number", super::refusal::shortened(word)))
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Node, Refuse, Xml, decoded, numbers};

    fn walk(text: &str) -> Result<usize, String> {
        let mut xml = Xml::new(Refuse("x.xml"), "GML", text);
        let mut ends = 0;
        loop {
            match xml.next().map_err(|why| why.to_string())? {
                Node::End(..) => ends += 1,
                Node::Eof => return Ok(ends),
                Node::Start(_) => {}
            }
        }
    }

    #[test]
    fn elements_attributes_and_texts_are_told() {
        let text = "<a><ns:b x:id='1&amp;2'>t&#x33;<![CDATA[<]]></ns:b><c/></a>";
        let mut xml = Xml::new(Refuse("x.xml"), "GML", text);
        let mut told = Vec::new();
        loop {
            match xml.next().unwrap() {
                Node::Start(element) => {
                    told.push(format!("{} {:?}", element.name(), element.attribute("id")));
                }
                Node::End(name, text) => told.push(format!("/{name} {text}")),
                Node::Eof => break,
            }
        }
        assert_eq!(
            told,
            [
                "a None",
                "b Some(\"1&2\")",
                "/b t3<",
                "c None",
                "/c ",
                "/a "
            ]
        );
    }

    #[test]
    fn japanese_text_may_stand_before_an_element() {
        assert_eq!(walk("<a>避難<b/>所<c>x</c>あ<dd/></a>"), Ok(4));
    }

    #[test]
    fn bombs_and_outside_entities_are_refused() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"bbbb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert!(
            walk(bomb)
                .unwrap_err()
                .contains("document type declaration")
        );
        assert!(
            walk("<a>&outside;</a>")
                .unwrap_err()
                .contains("entity outside")
        );
    }

    #[test]
    fn a_million_levels_are_stopped_at_the_limit() {
        let said = walk(&"<a>".repeat(1_000_000)).unwrap_err();
        assert!(said.contains("at most 64 levels"), "{said}");
    }

    #[test]
    fn a_cut_file_is_told_with_its_line() {
        let said = walk("<a>\n<b>\n").unwrap_err();
        assert!(
            said.contains("line 3") && said.contains("a > b") && said.contains("cut"),
            "{said}"
        );
        assert!(walk("<a></b>").is_err());
    }

    #[test]
    fn the_declared_encoding_is_used() {
        let sjis = b"<?xml version=\"1.0\" encoding=\"shift_jis\"?><a>\x94\xf0\x93\xef</a>";
        assert!(
            decoded(Refuse("x"), sjis, None)
                .unwrap()
                .text
                .contains("避難")
        );
        let unknown = b"<?xml version=\"1.0\" encoding=\"latin9\"?><a/>";
        assert!(decoded(Refuse("x"), unknown, None).is_err());
    }

    #[test]
    fn a_word_among_numbers_is_told() {
        assert_eq!(numbers(" 1 2.5\n-3e1 ").unwrap(), [1.0, 2.5, -30.0]);
        assert!(numbers("1 nan").unwrap_err().contains("nan is no number"));
    }
}
