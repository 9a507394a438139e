//! OpenStreetMap files: which form a file has, its limits, and the two readings that a road network needs.
//!
//! A way names its nodes, and a file may hold them in any order. So the file is read twice: once for the ways, once for
//! the nodes they need. Nothing else is kept, and memory follows the walkable ways, not the size of the file.

use std::io::BufReader;

use flate2::read::MultiGzDecoder;

use super::rules::Tags;
use super::{osm_pbf, osm_xml};
use crate::refusal::LoadError;

/// What is accepted of one file. Reaching a limit refuses the file; nothing is cut off silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoadLimits {
    /// Bytes of the file as it lies on disk.
    pub file_bytes_max: u64,
    /// Bytes after unpacking, summed over the file.
    pub unpacked_bytes_max: u64,
    /// Walkable ways.
    pub ways_max: usize,
    /// Nodes of walkable ways, counted at each way that passes them.
    pub nodes_max: usize,
    /// Nodes of one way. The database itself allows 2,000; files edited by hand exceed it.
    pub way_nodes_max: usize,
}

impl Default for RoadLimits {
    /// Enough for the largest prefecture, some 200 MB of PBF.
    fn default() -> Self {
        Self {
            file_bytes_max: 2 << 30,
            unpacked_bytes_max: 16 << 30,
            ways_max: 5_000_000,
            nodes_max: 50_000_000,
            way_nodes_max: 50_000,
        }
    }
}

/// Which elements a reading wants. The others are passed over as cheaply as the form allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Ways,
    Nodes,
}

/// What is done with each element.
pub(crate) trait Elements {
    /// A way and its nodes.
    fn way(&mut self, id: i64, nodes: &[i64], tags: &Tags) -> Result<(), LoadError>;

    /// A node at longitude and latitude, in ten-millionths of a degree as the database keeps them.
    fn node(&mut self, id: i64, at: [i32; 2], tags: &Tags) -> Result<(), LoadError>;
}

/// A file in one of the accepted forms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OsmFile<'a> {
    bytes: &'a [u8],
    form: Form,
    limits: RoadLimits,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Xml,
    XmlGz,
    Pbf,
}

const ACCEPTED: &str = "OSM XML (.osm), the same packed by gzip (.osm.gz), or PBF (.osm.pbf)";

impl<'a> OsmFile<'a> {
    /// Looks at the first bytes to tell the form.
    pub(crate) fn of(bytes: &'a [u8], limits: RoadLimits) -> Result<Self, LoadError> {
        if bytes.len() as u64 > limits.file_bytes_max {
            return Err(LoadError::refused(
                PART,
                "bytes",
                bytes.len(),
                format!("at most {}", limits.file_bytes_max),
            ));
        }
        let text = bytes.trim_ascii_start();
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text);
        let form = match bytes {
            [0x1f, 0x8b, ..] => Form::XmlGz,
            [0, 0, _, _, 0x0a, 9, rest @ ..] if rest.starts_with(b"OSMHeader") => Form::Pbf,
            _ if text.first() == Some(&b'<') => Form::Xml,
            [b'B', b'Z', b'h', ..] => return Err(unknown_form("bzip2; unpack it first")),
            [] => return Err(unknown_form("the file is empty")),
            _ => return Err(unknown_form("the first bytes are of no known form")),
        };
        Ok(Self {
            bytes,
            form,
            limits,
        })
    }

    /// Reads the file once.
    pub(crate) fn read(&self, part: Part, into: &mut impl Elements) -> Result<(), LoadError> {
        match self.form {
            Form::Xml => osm_xml::read(self.bytes, part, &self.limits, into),
            Form::XmlGz => {
                let unpacked = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(self.bytes));
                osm_xml::read(unpacked, part, &self.limits, into)
            }
            Form::Pbf => osm_pbf::read(self.bytes, part, &self.limits, into),
        }
    }
}

fn unknown_form(why: &str) -> LoadError {
    LoadError::Unreadable {
        part: PART.into(),
        format: "an OpenStreetMap file",
        why: format!("{why}; accepted: {ACCEPTED}"),
    }
}

/// How the file is named in refusals.
pub(super) const PART: &str = "OSM file";

/// Degrees to ten-millionths; nothing for what is no place on Earth.
pub(super) fn tenmillionths(degrees: f64, max: f64) -> Option<i32> {
    let on_earth = (-max..=max).contains(&degrees);
    #[expect(clippy::cast_possible_truncation, reason = "1.8 thousand million fits")]
    on_earth.then(|| (degrees * 1e7).round() as i32)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{OsmFile, RoadLimits};

    fn said(bytes: &[u8]) -> String {
        OsmFile::of(bytes, RoadLimits::default())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_file_of_another_form_is_refused_and_the_accepted_forms_are_named() {
        assert!(said(b"PK\x03\x04").contains(".osm.pbf"));
        assert!(said(b"BZh91AY").contains("unpack it first"));
        assert!(said(b"").contains("empty"));
    }

    #[test]
    fn a_file_over_the_limit_is_refused_before_it_is_read() {
        let limits = RoadLimits {
            file_bytes_max: 3,
            ..RoadLimits::default()
        };
        let said = OsmFile::of(b"<osm/>", limits).unwrap_err().to_string();
        assert_eq!(said, "OSM file: bytes is 6; accepted: at most 3");
    }
}
