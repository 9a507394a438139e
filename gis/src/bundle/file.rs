//! The file: a mark, a version, a digest, and named parts that are packed one by one.
//!
//! ```text
//! "HINANTWN"   8 bytes
//! version      4 bytes, little end first
//! SHA-256      32 bytes, of everything after it
//! parts        4 bytes: how many
//!   name       16 bytes, filled up with zeros      packed length   8 bytes
//!   unpacked   8 bytes                             bytes           zlib
//! ```

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use sha2::{Digest, Sha256};

use super::stored::{StoredGrid, StoredLayer};
use super::{Bundle, PART};
use crate::{ElevationGrid, Layer, LoadError, TownFile};

const MARK: [u8; 8] = *b"HINANTWN";
const VERSION: u32 = 1;
const HEAD: usize = MARK.len() + 4 + 32;
const NAME: usize = 16;
const PARTS_MAX: usize = 10_000;
/// Unpacked size of one part; all Japan as one layer has 160 MB.
const PART_BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Unpacked size of all parts together.
const BYTES_MAX: u64 = 2 * 1024 * 1024 * 1024;
/// Zlib packs zeros about a thousandfold; whatever unpacks further is not ours.
const RATIO_MAX: u64 = 1_100;
const TOWN: &str = "town.toml";

pub(super) fn write(bundle: &Bundle) -> Result<Vec<u8>, LoadError> {
    let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
    if let Some(town) = &bundle.town_file {
        let text = town.write().map_err(|why| unwritable(TOWN, &why))?;
        parts.push((TOWN.to_owned(), text.into_bytes()));
    }
    for (n, layer) in bundle.layers.iter().enumerate() {
        let name = format!("layer{n:05}");
        let bytes = postcard::to_allocvec(&StoredLayer::of(layer))
            .map_err(|why| unwritable(&name, &why))?;
        parts.push((name, bytes));
    }
    for (n, grid) in bundle.grids.iter().enumerate() {
        let name = format!("grid{n:05}");
        let bytes =
            postcard::to_allocvec(&StoredGrid::of(grid)).map_err(|why| unwritable(&name, &why))?;
        parts.push((name, bytes));
    }
    for (name, bytes) in &bundle.parts {
        parts.push((format!("x-{name}"), bytes.clone()));
    }
    let together: u64 = parts.iter().map(|(_, bytes)| bytes.len() as u64).sum();
    if together > BYTES_MAX {
        return Err(too_large_together(PART));
    }
    let mut body = Vec::new();
    body.extend(count(parts.len())?.to_le_bytes());
    for (name, bytes) in &parts {
        if name.len() > NAME || !name.bytes().all(is_plain) {
            let accepted = format!("1 to {} letters, digits or _", NAME - 2);
            return Err(LoadError::refused(PART, "part", name, accepted));
        }
        if bytes.len() as u64 > PART_BYTES_MAX {
            let accepted = format!("at most {PART_BYTES_MAX} bytes");
            return Err(LoadError::refused(
                format!("{PART} {name}"),
                "length",
                bytes.len(),
                accepted,
            ));
        }
        let mut padded = [0; NAME];
        padded[..name.len()].copy_from_slice(name.as_bytes());
        let packed = pack(bytes).map_err(|why| unwritable(name, &why))?;
        body.extend(padded);
        body.extend((packed.len() as u64).to_le_bytes());
        body.extend((bytes.len() as u64).to_le_bytes());
        body.extend(packed);
    }
    Ok(sealed(&body))
}

pub(super) fn sealed(body: &[u8]) -> Vec<u8> {
    let mut file = Vec::with_capacity(HEAD + body.len());
    file.extend(MARK);
    file.extend(VERSION.to_le_bytes());
    file.extend(Sha256::digest(body));
    file.extend(body);
    file
}

pub(super) fn open(bytes: &[u8]) -> Result<Bundle, LoadError> {
    let mut rest = Rest(bytes);
    let mark = rest.take(MARK.len())?;
    if mark != MARK {
        return Err(unreadable("it does not begin with HINANTWN"));
    }
    let version = rest.number4()?;
    if version != VERSION {
        return Err(LoadError::refused(
            PART,
            "version",
            version,
            VERSION.to_string(),
        ));
    }
    let digest = rest.take(32)?;
    if Sha256::digest(rest.0).as_slice() != digest {
        return Err(unreadable(
            "its digest does not match: the file was cut or changed",
        ));
    }
    let parts = rest.number4()? as usize;
    if parts > PARTS_MAX {
        return Err(LoadError::refused(
            PART,
            "parts",
            parts,
            format!("at most {PARTS_MAX}"),
        ));
    }
    let mut bundle = Bundle::default();
    let mut left = BYTES_MAX;
    for _ in 0..parts {
        let (name, bytes) = part(&mut rest, &mut left)?;
        keep(&mut bundle, &name, bytes)?;
    }
    if !rest.0.is_empty() {
        return Err(unreadable("there are bytes after the last part"));
    }
    Ok(bundle)
}

fn keep(bundle: &mut Bundle, name: &str, bytes: Vec<u8>) -> Result<(), LoadError> {
    let at = format!("{PART} {name}");
    if name == TOWN {
        let text = String::from_utf8(bytes)
            .map_err(|why| LoadError::unreadable(&at, "text in UTF-8", &why))?;
        bundle.town_file = Some(TownFile::read(&text)?);
    } else if name.starts_with("layer") {
        let stored: StoredLayer = whole(&at, &bytes)?;
        bundle
            .layers
            .push(Layer::try_from(stored).map_err(|why| why.within(&at))?);
    } else if name.starts_with("grid") {
        let stored: StoredGrid = whole(&at, &bytes)?;
        bundle
            .grids
            .push(ElevationGrid::try_from(stored).map_err(|why| why.within(&at))?);
    } else if let Some(name) = name.strip_prefix("x-") {
        bundle.parts.insert(name.to_owned(), bytes);
    } else {
        let accepted = "town.toml, layer…, grid… or x-…";
        return Err(LoadError::refused(PART, "part", name, accepted));
    }
    Ok(())
}

/// Reads a value and refuses bytes after it.
fn whole<T: serde::de::DeserializeOwned>(at: &str, bytes: &[u8]) -> Result<T, LoadError> {
    let (value, rest) = postcard::take_from_bytes(bytes)
        .map_err(|why| LoadError::unreadable(at, "a part of this version", &why))?;
    if rest.is_empty() {
        return Ok(value);
    }
    Err(LoadError::unreadable(
        at,
        "a part of this version",
        &"there are bytes after its end",
    ))
}

/// `left` is how many bytes all parts from here on may have unpacked.
fn part(rest: &mut Rest, left: &mut u64) -> Result<(String, Vec<u8>), LoadError> {
    let padded = rest.take(NAME)?;
    let end = padded.iter().position(|b| *b == 0).unwrap_or(NAME);
    let name = String::from_utf8_lossy(&padded[..end]).into_owned();
    let (packed, unpacked) = (rest.number8()?, rest.number8()?);
    let at = format!("{PART} {name}");
    if unpacked > PART_BYTES_MAX || unpacked > packed.saturating_mul(RATIO_MAX) {
        let accepted =
            format!("at most {PART_BYTES_MAX} bytes and {RATIO_MAX} times what is packed");
        return Err(LoadError::refused(at, "length", unpacked, accepted));
    }
    *left = left
        .checked_sub(unpacked)
        .ok_or_else(|| too_large_together(&at))?;
    let packed = rest.take(usize::try_from(packed).unwrap_or(usize::MAX))?;
    let mut bytes = Vec::new();
    ZlibDecoder::new(packed)
        .take(unpacked + 1)
        .read_to_end(&mut bytes)
        .map_err(|why| LoadError::unreadable(&at, "zlib", &why))?;
    if bytes.len() as u64 != unpacked {
        return Err(LoadError::refused(
            at,
            "length",
            bytes.len(),
            unpacked.to_string(),
        ));
    }
    Ok((name, bytes))
}

fn too_large_together(part: &str) -> LoadError {
    let accepted = format!("at most {BYTES_MAX} bytes of all parts together");
    LoadError::refused(part, "length", "more than is left for it", accepted)
}

fn pack(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::default());
    packer.write_all(bytes)?;
    packer.finish()
}

fn is_plain(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

fn count(parts: usize) -> Result<u32, LoadError> {
    u32::try_from(parts)
        .ok()
        .filter(|_| parts <= PARTS_MAX)
        .ok_or_else(|| LoadError::refused(PART, "parts", parts, format!("at most {PARTS_MAX}")))
}

fn unreadable(why: &str) -> LoadError {
    LoadError::unreadable(PART, "a town bundle", &why)
}

fn unwritable(name: &str, why: &dyn std::fmt::Display) -> LoadError {
    LoadError::unreadable(
        &format!("{PART} {name}"),
        "something that can be written",
        why,
    )
}

/// What is left of the file.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8], LoadError> {
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or_else(|| unreadable("it ends in the middle of a part"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn number4(&mut self) -> Result<u32, LoadError> {
        let mut bytes = [0; 4];
        bytes.copy_from_slice(self.take(4)?);
        Ok(u32::from_le_bytes(bytes))
    }

    fn number8(&mut self) -> Result<u64, LoadError> {
        let mut bytes = [0; 8];
        bytes.copy_from_slice(self.take(8)?);
        Ok(u64::from_le_bytes(bytes))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{NAME, Rest, pack, part};

    #[test]
    fn a_part_beyond_what_all_parts_may_have_is_refused_before_it_is_unpacked() {
        let packed = pack(&[7; 1_000]).unwrap();
        let mut body = b"x-road".to_vec();
        body.resize(NAME, 0);
        body.extend((packed.len() as u64).to_le_bytes());
        body.extend(1_000_u64.to_le_bytes());
        let head = body.len();
        body.extend(packed);
        let mut left = 1_000;
        let (name, bytes) = part(&mut Rest(&body), &mut left).unwrap();
        assert_eq!((name.as_str(), bytes.len(), left), ("x-road", 1_000, 0));
        // Its bytes are not even looked at.
        let said = part(&mut Rest(&body[..head]), &mut 999).unwrap_err();
        assert!(said.to_string().contains("all parts together"), "{said}");
    }
}
