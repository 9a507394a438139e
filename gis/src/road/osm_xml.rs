//! OSM XML as a stream: no tree is built and no element outlives its end.

use std::io::{self, BufRead, Read};

use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::osm::{Elements, PART, Part, RoadLimits, tenmillionths};
use super::rules::Tags;
use crate::refusal::LoadError;

/// One tag of XML with its attributes; longer ones are no map data.
const EVENT_BYTES_MAX: u64 = 1 << 20;
const FORMAT: &str = "OSM XML";

/// Reads all elements of one part.
pub(super) fn read(
    text: impl BufRead,
    part: Part,
    limits: &RoadLimits,
    into: &mut impl Elements,
) -> Result<(), LoadError> {
    let mut reader = Reader::from_reader(Bounded {
        inner: text,
        left: limits.unpacked_bytes_max,
        left_in_event: EVENT_BYTES_MAX,
    });
    let mut buffer = Vec::new();
    let mut inside = Inside::Nothing;
    let mut seen_root = false;
    let mut open_elements = 0_u32;
    loop {
        buffer.clear();
        reader.get_mut().left_in_event = EVENT_BYTES_MAX;
        let event = reader.read_event_into(&mut buffer);
        let at = reader.buffer_position();
        match event.map_err(|why| unreadable(at, &why.to_string()))? {
            Event::Eof if open_elements > 0 => {
                return Err(unreadable(at, "it ends inside <osm>: the file was cut"));
            }
            Event::Eof => break,
            Event::DocType(_) => return Err(unreadable(at, "a document type is not accepted")),
            Event::Start(tag) if !seen_root => {
                root(&tag)?;
                seen_root = true;
                open_elements += 1;
            }
            Event::Empty(tag) if !seen_root => {
                root(&tag)?;
                seen_root = true;
            }
            Event::Start(tag) => {
                open(&tag, part, limits, &mut inside)?;
                open_elements = open_elements.saturating_add(1);
            }
            Event::Empty(tag) => {
                let element = matches!(tag.name().as_ref(), "node" | "way" | "relation");
                open(&tag, part, limits, &mut inside)?;
                if element {
                    std::mem::take(&mut inside).close(into)?;
                }
            }
            Event::End(tag) => {
                open_elements = open_elements.saturating_sub(1);
                if matches!(tag.name().as_ref(), "node" | "way" | "relation") {
                    std::mem::take(&mut inside).close(into)?;
                }
            }
            _ => {}
        }
    }
    if seen_root {
        Ok(())
    } else {
        Err(unreadable(0, "there is no <osm> element"))
    }
}

fn root(tag: &BytesStart<'_>) -> Result<(), LoadError> {
    let name = tag.name();
    if name.as_ref() == "osm" {
        return Ok(());
    }
    Err(LoadError::refused(
        PART,
        "root element",
        name.as_ref(),
        "osm (a map, not a list of changes)",
    ))
}

/// The element whose end has not come yet.
#[derive(Default)]
enum Inside {
    #[default]
    Nothing,
    Node {
        id: i64,
        at: [i32; 2],
        tags: Tags,
    },
    Way {
        id: i64,
        nodes: Vec<i64>,
        tags: Tags,
    },
}

impl Inside {
    fn close(self, into: &mut impl Elements) -> Result<(), LoadError> {
        match self {
            Self::Nothing => Ok(()),
            Self::Node { id, at, tags } => into.node(id, at, &tags),
            Self::Way { id, nodes, tags } => into.way(id, &nodes, &tags),
        }
    }
}

fn open(
    tag: &BytesStart<'_>,
    part: Part,
    limits: &RoadLimits,
    inside: &mut Inside,
) -> Result<(), LoadError> {
    let name = tag.name();
    match (name.as_ref(), part) {
        ("node", Part::Nodes) => *inside = node(tag)?,
        ("way", Part::Ways) => *inside = way(tag)?,
        ("node" | "way" | "relation", _) => *inside = Inside::Nothing,
        ("tag", _) => {
            if let Inside::Node { tags, .. } | Inside::Way { tags, .. } = inside {
                note(tag, tags)?;
            }
        }
        ("nd", _) => {
            if let Inside::Way { id, nodes, .. } = inside {
                let part = element("way", *id);
                if nodes.len() >= limits.way_nodes_max {
                    let accepted = format!("at most {}", limits.way_nodes_max);
                    return Err(LoadError::refused(part, "nodes", "more", accepted));
                }
                let text = attributes(tag, &part)?.reference;
                nodes.push(whole(&part, "nd ref", text)?);
            }
        }
        _ => {}
    }
    Ok(())
}

fn node(tag: &BytesStart<'_>) -> Result<Inside, LoadError> {
    let read = attributes(tag, "OSM node")?;
    if read.gone {
        return Ok(Inside::Nothing);
    }
    let id = whole("OSM node", "id", read.id)?;
    let part = element("node", id);
    let degrees = |key: &str, text: Option<String>, max: f64| {
        let accepted = || format!("a number from -{max} to {max}");
        let text = text.ok_or_else(|| LoadError::refused(&part, key, "absent", accepted()))?;
        let number = text
            .parse()
            .ok()
            .and_then(|number| tenmillionths(number, max));
        number.ok_or_else(|| LoadError::refused(&part, key, text, accepted()))
    };
    let lon = degrees("lon", read.lon, 180.0)?;
    let lat = degrees("lat", read.lat, 90.0)?;
    Ok(Inside::Node {
        id,
        at: [lon, lat],
        tags: Tags::default(),
    })
}

fn way(tag: &BytesStart<'_>) -> Result<Inside, LoadError> {
    let read = attributes(tag, "OSM way")?;
    if read.gone {
        return Ok(Inside::Nothing);
    }
    Ok(Inside::Way {
        id: whole("OSM way", "id", read.id)?,
        nodes: Vec::new(),
        tags: Tags::default(),
    })
}

fn note(tag: &BytesStart<'_>, tags: &mut Tags) -> Result<(), LoadError> {
    let read = attributes(tag, "OSM tag")?;
    if let (Some(key), Some(value)) = (read.key, read.value) {
        tags.note(&key, &value);
    }
    Ok(())
}

/// The attributes that matter.
#[derive(Default)]
struct Attributes {
    id: Option<String>,
    lat: Option<String>,
    lon: Option<String>,
    reference: Option<String>,
    key: Option<String>,
    value: Option<String>,
    /// Deleted in the database, or in an editor that has not uploaded yet.
    gone: bool,
}

fn attributes(tag: &BytesStart<'_>, part: &str) -> Result<Attributes, LoadError> {
    let broken = |why: String| LoadError::Unreadable {
        part: part.to_owned(),
        format: FORMAT,
        why,
    };
    let mut read = Attributes::default();
    for attribute in tag.attributes() {
        let attribute = attribute.map_err(|why| broken(why.to_string()))?;
        let text = || {
            let text = attribute.normalized_value(XmlVersion::Implicit1_0);
            text.map(|text| Some(text.into_owned()))
                .map_err(|why| broken(why.to_string()))
        };
        match attribute.key.as_ref() {
            "id" => read.id = text()?,
            "lat" => read.lat = text()?,
            "lon" => read.lon = text()?,
            "ref" => read.reference = text()?,
            "k" => read.key = text()?,
            "v" => read.value = text()?,
            "visible" => read.gone |= text()?.as_deref() == Some("false"),
            "action" => read.gone |= text()?.as_deref() == Some("delete"),
            _ => {}
        }
    }
    Ok(read)
}

fn whole(part: &str, key: &str, text: Option<String>) -> Result<i64, LoadError> {
    let text = text.unwrap_or_else(|| "absent".to_owned());
    text.parse()
        .map_err(|_| LoadError::refused(part, key, text, "a whole number of 64 bits"))
}

fn element(kind: &str, id: i64) -> String {
    format!("OSM {kind} {id}")
}

fn unreadable(at: u64, why: &str) -> LoadError {
    LoadError::Unreadable {
        part: PART.into(),
        format: FORMAT,
        why: format!("byte {at}: {why}"),
    }
}

/// Stops a file that unpacks without end, and a tag that has no end.
struct Bounded<R> {
    inner: R,
    left: u64,
    left_in_event: u64,
}

impl<R: BufRead> Read for Bounded<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let length = from.len().min(into.len());
        into[..length].copy_from_slice(&from[..length]);
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Bounded<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let too_large = |what: &str| io::Error::new(io::ErrorKind::FileTooLarge, what.to_owned());
        if self.left == 0 {
            return Err(too_large("the file unpacks to more than is accepted"));
        }
        if self.left_in_event == 0 {
            return Err(too_large("one element is longer than a mebibyte"));
        }
        let bytes = self.inner.fill_buf()?;
        let room = self.left.min(self.left_in_event);
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        Ok(&bytes[..room])
    }

    fn consume(&mut self, amount: usize) {
        self.left = self.left.saturating_sub(amount as u64);
        self.left_in_event = self.left_in_event.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}
