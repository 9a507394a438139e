//! OSM PBF: blobs of packed blocks, each unpacked alone and read in place.
//!
//! Ids and coordinates are sums of steps; a step that overflows refuses the file. A blob may unpack to 32 MiB, as the
//! format says, and nothing is built per element.

use std::io::Read;

use flate2::read::ZlibDecoder;

use super::osm::{Elements, PART, Part, RoadLimits};
use super::rules::Tags;
use crate::protobuf::{Fields, Packed, WireError, unfolded};
use crate::refusal::LoadError;

const FORMAT: &str = "OSM PBF";
const HEADER_BYTES_MAX: usize = 64 << 10;
const BLOB_BYTES_MAX: usize = 32 << 20;
const STRINGS_MAX: usize = 2_000_000;
/// What we can read. A file that needs more of its reader says so in its header.
const FEATURES: [&str; 2] = ["OsmSchema-V0.6", "DenseNodes"];

/// Reads all elements of one part.
pub(super) fn read(
    mut file: &[u8],
    part: Part,
    limits: &RoadLimits,
    into: &mut impl Elements,
) -> Result<(), LoadError> {
    let whole = file.len();
    let mut left = limits.unpacked_bytes_max;
    while !file.is_empty() {
        let at = whole - file.len();
        let blob = Blob { at };
        let (kind, data) = blob.next(&mut file)?;
        let unpacked = blob.unpack(data)?;
        left = left.checked_sub(unpacked.len() as u64).ok_or_else(|| {
            let accepted = format!("at most {}", limits.unpacked_bytes_max);
            LoadError::refused(PART, "unpacked bytes", "more", accepted)
        })?;
        match kind {
            b"OSMHeader" => blob.header(&unpacked)?,
            b"OSMData" => blob.block(&unpacked, part, limits, into)?,
            // Others may be passed over, says the format.
            _ => {}
        }
    }
    Ok(())
}

/// A blob by the byte where it begins, for what is said about it.
struct Blob {
    at: usize,
}

impl Blob {
    fn broken(&self, why: impl std::fmt::Display) -> LoadError {
        LoadError::Unreadable {
            part: PART.into(),
            format: FORMAT,
            why: format!("blob at byte {}: {why}", self.at),
        }
    }

    fn wire(&self) -> impl Fn(WireError) -> LoadError {
        |why| self.broken(why)
    }

    /// Takes the next blob off the file: its kind and its bytes.
    fn next<'a>(&self, file: &mut &'a [u8]) -> Result<(&'a [u8], &'a [u8]), LoadError> {
        let cut = || self.broken("the file ends inside it");
        let (length, rest) = file.split_first_chunk::<4>().ok_or_else(cut)?;
        let length = u32::from_be_bytes(*length) as usize;
        if length > HEADER_BYTES_MAX {
            return Err(self.broken(format!(
                "its header has {length} bytes; accepted: at most {HEADER_BYTES_MAX}"
            )));
        }
        let (header, rest) = rest.split_at_checked(length).ok_or_else(cut)?;
        let (mut kind, mut size) = (&[][..], None);
        for field in Fields::of(header) {
            match field.map_err(self.wire())? {
                (1, value) => kind = value.bytes(1).map_err(self.wire())?,
                (3, value) => size = Some(value.number(3).map_err(self.wire())?),
                _ => {}
            }
        }
        let size = size.ok_or_else(|| self.broken("its header states no size"))?;
        let size = usize::try_from(size)
            .ok()
            .filter(|size| *size <= BLOB_BYTES_MAX);
        let size = size.ok_or_else(|| {
            self.broken(format!(
                "it is larger than accepted: at most {BLOB_BYTES_MAX} bytes"
            ))
        })?;
        let (data, rest) = rest.split_at_checked(size).ok_or_else(cut)?;
        *file = rest;
        Ok((kind, data))
    }

    fn unpack(&self, data: &[u8]) -> Result<Vec<u8>, LoadError> {
        let (mut raw, mut packed, mut raw_size) = (None, None, None);
        for field in Fields::of(data) {
            match field.map_err(self.wire())? {
                (1, value) => raw = Some(value.bytes(1).map_err(self.wire())?),
                (2, value) => raw_size = Some(value.number(2).map_err(self.wire())?),
                (3, value) => packed = Some(value.bytes(3).map_err(self.wire())?),
                (4..=7, _) => {
                    return Err(
                        self.broken("packed by another method than zlib; accepted: raw, zlib")
                    );
                }
                _ => {}
            }
        }
        if let Some(raw) = raw {
            return Ok(raw.to_vec());
        }
        let packed = packed.ok_or_else(|| self.broken("it holds no data"))?;
        let size = raw_size
            .and_then(|size| usize::try_from(size).ok())
            .filter(|size| *size <= BLOB_BYTES_MAX)
            .ok_or_else(|| {
                self.broken(format!(
                    "it states no unpacked size, or more than accepted: {BLOB_BYTES_MAX} bytes"
                ))
            })?;
        let mut bytes = Vec::new();
        ZlibDecoder::new(packed)
            .take(size as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|why| self.broken(why))?;
        if bytes.len() != size {
            return Err(self.broken(format!(
                "it unpacks to another size than the {size} bytes it states"
            )));
        }
        Ok(bytes)
    }

    fn header(&self, block: &[u8]) -> Result<(), LoadError> {
        for field in Fields::of(block) {
            let (4, value) = field.map_err(self.wire())? else {
                continue;
            };
            let feature = String::from_utf8_lossy(value.bytes(4).map_err(self.wire())?);
            if !FEATURES.contains(&feature.as_ref()) {
                return Err(LoadError::refused(
                    PART,
                    "required feature",
                    feature,
                    FEATURES.join(", "),
                ));
            }
        }
        Ok(())
    }

    fn block(
        &self,
        bytes: &[u8],
        part: Part,
        limits: &RoadLimits,
        into: &mut impl Elements,
    ) -> Result<(), LoadError> {
        let mut block = Block::default();
        let mut groups = Vec::new();
        for field in Fields::of(bytes) {
            match field.map_err(self.wire())? {
                (1, value) => self.strings(value.bytes(1).map_err(self.wire())?, &mut block)?,
                (2, value) => groups.push(value.bytes(2).map_err(self.wire())?),
                (17, value) => {
                    block.granularity = value.number(17).map_err(self.wire())?.cast_signed();
                }
                (19, value) => {
                    block.lat_offset = value.number(19).map_err(self.wire())?.cast_signed();
                }
                (20, value) => {
                    block.lon_offset = value.number(20).map_err(self.wire())?.cast_signed();
                }
                _ => {}
            }
        }
        for group in groups {
            for field in Fields::of(group) {
                let (number, value) = field.map_err(self.wire())?;
                match (number, part) {
                    (1, Part::Nodes) => {
                        self.node(value.bytes(1).map_err(self.wire())?, &block, into)?;
                    }
                    (2, Part::Nodes) => {
                        self.dense(value.bytes(2).map_err(self.wire())?, &block, into)?;
                    }
                    (3, Part::Ways) => {
                        self.way(value.bytes(3).map_err(self.wire())?, &block, limits, into)?;
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn strings<'a>(&self, table: &'a [u8], block: &mut Block<'a>) -> Result<(), LoadError> {
        for field in Fields::of(table) {
            if let (1, value) = field.map_err(self.wire())? {
                if block.strings.len() == STRINGS_MAX {
                    return Err(self.broken(format!("it holds more than {STRINGS_MAX} texts")));
                }
                block.strings.push(value.bytes(1).map_err(self.wire())?);
            }
        }
        Ok(())
    }

    fn node(
        &self,
        bytes: &[u8],
        block: &Block<'_>,
        into: &mut impl Elements,
    ) -> Result<(), LoadError> {
        let (mut id, mut lat, mut lon) = (None, None, None);
        let (mut keys, mut values) = (&[][..], &[][..]);
        for field in Fields::of(bytes) {
            match field.map_err(self.wire())? {
                (1, value) => id = Some(unfolded(value.number(1).map_err(self.wire())?)),
                (2, value) => keys = value.bytes(2).map_err(self.wire())?,
                (3, value) => values = value.bytes(3).map_err(self.wire())?,
                (8, value) => lat = Some(unfolded(value.number(8).map_err(self.wire())?)),
                (9, value) => lon = Some(unfolded(value.number(9).map_err(self.wire())?)),
                _ => {}
            }
        }
        let (Some(id), Some(lat), Some(lon)) = (id, lat, lon) else {
            return Err(self.broken("a node without id, latitude or longitude"));
        };
        let tags = self.tags(keys, values, block)?;
        into.node(id, block.place(id, lat, lon)?, &tags)
    }

    fn dense(
        &self,
        bytes: &[u8],
        block: &Block<'_>,
        into: &mut impl Elements,
    ) -> Result<(), LoadError> {
        let (mut ids, mut lats, mut lons, mut words) = (&[][..], &[][..], &[][..], &[][..]);
        for field in Fields::of(bytes) {
            match field.map_err(self.wire())? {
                (1, value) => ids = value.bytes(1).map_err(self.wire())?,
                (8, value) => lats = value.bytes(8).map_err(self.wire())?,
                (9, value) => lons = value.bytes(9).map_err(self.wire())?,
                (10, value) => words = value.bytes(10).map_err(self.wire())?,
                _ => {}
            }
        }
        let (mut lats, mut lons, mut words) =
            (Packed::of(lats), Packed::of(lons), Packed::of(words));
        let (mut id, mut lat, mut lon) = (0_i64, 0_i64, 0_i64);
        for step in Packed::of(ids) {
            let (Some(lat_step), Some(lon_step)) = (lats.next(), lons.next()) else {
                return Err(self.broken("fewer coordinates than nodes"));
            };
            id = self.sum(id, step.map_err(self.wire())?)?;
            lat = self.sum(lat, lat_step.map_err(self.wire())?)?;
            lon = self.sum(lon, lon_step.map_err(self.wire())?)?;
            let mut tags = Tags::default();
            while let Some(key) = words.next() {
                let key = key.map_err(self.wire())?;
                if key == 0 {
                    break;
                }
                let Some(value) = words.next() else {
                    return Err(self.broken("a tag without a value"));
                };
                self.tag(key, value.map_err(self.wire())?, block, &mut tags)?;
            }
            into.node(id, block.place(id, lat, lon)?, &tags)?;
        }
        Ok(())
    }

    fn way(
        &self,
        bytes: &[u8],
        block: &Block<'_>,
        limits: &RoadLimits,
        into: &mut impl Elements,
    ) -> Result<(), LoadError> {
        let (mut id, mut keys, mut values, mut steps) = (None, &[][..], &[][..], &[][..]);
        for field in Fields::of(bytes) {
            match field.map_err(self.wire())? {
                (1, value) => id = Some(value.number(1).map_err(self.wire())?.cast_signed()),
                (2, value) => keys = value.bytes(2).map_err(self.wire())?,
                (3, value) => values = value.bytes(3).map_err(self.wire())?,
                (8, value) => steps = value.bytes(8).map_err(self.wire())?,
                _ => {}
            }
        }
        let id = id.ok_or_else(|| self.broken("a way without id"))?;
        let tags = self.tags(keys, values, block)?;
        let mut nodes = Vec::new();
        let mut node = 0_i64;
        for step in Packed::of(steps) {
            if nodes.len() == limits.way_nodes_max {
                let accepted = format!("at most {}", limits.way_nodes_max);
                return Err(LoadError::refused(
                    format!("OSM way {id}"),
                    "nodes",
                    "more",
                    accepted,
                ));
            }
            node = self.sum(node, step.map_err(self.wire())?)?;
            nodes.push(node);
        }
        into.way(id, &nodes, &tags)
    }

    fn sum(&self, before: i64, step: u64) -> Result<i64, LoadError> {
        before
            .checked_add(unfolded(step))
            .ok_or_else(|| self.broken("a step leads out of 64 bits"))
    }

    fn tags(&self, keys: &[u8], values: &[u8], block: &Block<'_>) -> Result<Tags, LoadError> {
        let mut tags = Tags::default();
        let mut values = Packed::of(values);
        for key in Packed::of(keys) {
            let Some(value) = values.next() else {
                return Err(self.broken("a tag without a value"));
            };
            self.tag(
                key.map_err(self.wire())?,
                value.map_err(self.wire())?,
                block,
                &mut tags,
            )?;
        }
        Ok(tags)
    }

    fn tag(
        &self,
        key: u64,
        value: u64,
        block: &Block<'_>,
        tags: &mut Tags,
    ) -> Result<(), LoadError> {
        let text = |at: u64| {
            usize::try_from(at)
                .ok()
                .and_then(|at| block.strings.get(at))
                .ok_or_else(|| self.broken(format!("text {at} is not in its table")))
        };
        let (key, value) = (text(key)?, text(value)?);
        // A key that is no UTF-8 is none of those that matter.
        if let (Ok(key), Ok(value)) = (std::str::from_utf8(key), std::str::from_utf8(value)) {
            tags.note(key, value);
        }
        Ok(())
    }
}

/// What the elements of a block share.
struct Block<'a> {
    strings: Vec<&'a [u8]>,
    granularity: i64,
    lat_offset: i64,
    lon_offset: i64,
}

impl Default for Block<'_> {
    fn default() -> Self {
        Self {
            strings: Vec::new(),
            granularity: 100,
            lat_offset: 0,
            lon_offset: 0,
        }
    }
}

impl Block<'_> {
    fn place(&self, id: i64, lat: i64, lon: i64) -> Result<[i32; 2], LoadError> {
        let tenmillionths = |key: &str, offset: i64, steps: i64, max: i64| {
            let nano = self
                .granularity
                .checked_mul(steps)
                .and_then(|nano| nano.checked_add(offset));
            let max_nano = max * 1_000_000_000;
            let nano = nano.filter(|nano| (-max_nano..=max_nano).contains(nano));
            let whole = nano.and_then(|nano| i32::try_from((nano + nano.signum() * 50) / 100).ok());
            whole.ok_or_else(|| {
                let accepted = format!("a place from -{max} to {max} degrees");
                LoadError::refused(
                    format!("OSM node {id}"),
                    key,
                    format!("{steps} steps"),
                    accepted,
                )
            })
        };
        let lon = tenmillionths("lon", self.lon_offset, lon, 180)?;
        let lat = tenmillionths("lat", self.lat_offset, lat, 90)?;
        Ok([lon, lat])
    }
}
