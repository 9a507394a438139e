//! Finished tiles, kept as long as there is room.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};

use super::mercator::TileId;
use super::pyramid::Tile;

/// How the bytes of an answer are packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip
    Gzip,
    /// Brotli
    Brotli,
}

impl Packing {
    /// The best one that an `Accept-Encoding` header allows. A packing is allowed when it is named without `q=0`.
    #[must_use]
    pub fn accepted(header: &str) -> Self {
        let allows = |wanted: &str| {
            header.split(',').any(|one| {
                let mut parts = one.split(';').map(str::trim);
                let named = parts
                    .next()
                    .is_some_and(|name| name.eq_ignore_ascii_case(wanted));
                let refused = parts.any(|part| {
                    part.strip_prefix("q=")
                        .is_some_and(|q| q.parse() == Ok(0.0))
                });
                named && !refused
            })
        };
        if allows("br") {
            Self::Brotli
        } else if allows("gzip") {
            Self::Gzip
        } else {
            Self::Plain
        }
    }

    /// The word of the `Content-Encoding` header; nothing for what is not packed.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// Packs bytes. The same bytes give the same bytes.
    ///
    /// # Errors
    /// Only if the writer refuses, which a vector does not.
    pub fn pack(self, bytes: &[u8]) -> std::io::Result<Vec<u8>> {
        match self {
            Self::Plain => Ok(bytes.to_vec()),
            Self::Gzip => {
                let mut packer = GzEncoder::new(Vec::new(), Compression::new(6));
                packer.write_all(bytes)?;
                packer.finish()
            }
            Self::Brotli => {
                let mut packed = Vec::new();
                {
                    let mut packer = brotli::CompressorWriter::new(&mut packed, 1 << 16, 5, 20);
                    packer.write_all(bytes)?;
                    packer.flush()?;
                }
                Ok(packed)
            }
        }
    }
}

/// A tile ready to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedTile {
    /// Bytes; empty where the tile is.
    pub bytes: Vec<u8>,
    /// How they are packed.
    pub packing: Packing,
    /// Names exactly these bytes: digest of the tile and word of the packing.
    pub tag: String,
    /// Features in it.
    pub features: usize,
    /// Things left out because a limit was reached.
    pub left_out: usize,
}

impl PackedTile {
    /// Packs a tile.
    ///
    /// # Errors
    /// Only if the writer refuses, which a vector does not.
    pub fn of(tile: &Tile, packing: Packing) -> std::io::Result<Self> {
        let digest = Sha256::digest(&tile.bytes);
        let digest: String = digest[..12]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let word = packing.word().unwrap_or("plain");
        Ok(Self {
            bytes: if tile.bytes.is_empty() {
                Vec::new()
            } else {
                packing.pack(&tile.bytes)?
            },
            packing,
            tag: format!("\"{digest}-{word}\""),
            features: tile.features,
            left_out: tile.left_out,
        })
    }
}

type Key = (&'static str, TileId, Packing);

/// Finished tiles up to a number of bytes. The one that was not asked for longest goes first.
#[derive(Debug)]
pub struct Shelf {
    bytes_max: usize,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    tiles: HashMap<Key, (u64, Arc<PackedTile>)>,
    /// By the moment of the last question, counted in questions.
    asked: BTreeMap<u64, Key>,
    questions: u64,
    bytes: usize,
    hits: u64,
}

/// What an entry takes beside its bytes, about.
const ENTRY_BYTES: usize = 256;

/// How full a shelf is and how often it helped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShelfReport {
    /// Tiles on it.
    pub tiles: usize,
    /// Bytes they take.
    pub bytes: usize,
    /// Questions so far.
    pub questions: u64,
    /// Questions that found their tile.
    pub hits: u64,
}

impl Shelf {
    /// An empty shelf with room for so many bytes.
    #[must_use]
    pub fn with_room(bytes_max: usize) -> Self {
        Self {
            bytes_max,
            inner: Mutex::new(Inner::default()),
        }
    }

    /// The tile from the shelf, or made and put there. Two who ask at once may both make it; they make the same.
    ///
    /// # Errors
    /// What `make` says.
    pub fn get<E>(
        &self,
        theme: &'static str,
        id: TileId,
        packing: Packing,
        make: impl FnOnce() -> Result<PackedTile, E>,
    ) -> Result<Arc<PackedTile>, E> {
        let key = (theme, id, packing);
        if let Some(tile) = self.lock().found(key) {
            return Ok(tile);
        }
        let tile = Arc::new(make()?);
        self.lock().put(key, &tile, self.bytes_max);
        Ok(tile)
    }

    /// How full it is.
    #[must_use]
    pub fn report(&self) -> ShelfReport {
        let inner = self.lock();
        ShelfReport {
            tiles: inner.tiles.len(),
            bytes: inner.bytes,
            questions: inner.questions,
            hits: inner.hits,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn found(&mut self, key: Key) -> Option<Arc<PackedTile>> {
        self.questions += 1;
        let now = self.questions;
        let (asked, tile) = self.tiles.get_mut(&key)?;
        let before = std::mem::replace(asked, now);
        let tile = Arc::clone(tile);
        self.asked.remove(&before);
        self.asked.insert(now, key);
        self.hits += 1;
        Some(tile)
    }

    fn put(&mut self, key: Key, tile: &Arc<PackedTile>, bytes_max: usize) {
        let takes = tile.bytes.len() + ENTRY_BYTES;
        if takes > bytes_max || self.tiles.contains_key(&key) {
            return;
        }
        while self.bytes + takes > bytes_max {
            let Some((_, oldest)) = self.asked.pop_first() else {
                break;
            };
            if let Some((_, gone)) = self.tiles.remove(&oldest) {
                self.bytes -= gone.bytes.len() + ENTRY_BYTES;
            }
        }
        self.questions += 1;
        self.tiles.insert(key, (self.questions, Arc::clone(tile)));
        self.asked.insert(self.questions, key);
        self.bytes += takes;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::convert::Infallible;
    use std::io::Read as _;

    use super::{ENTRY_BYTES, PackedTile, Packing, Shelf, Tile};
    use crate::tile::TileId;

    fn tile(size: usize) -> Tile {
        Tile {
            bytes: vec![7; size],
            features: 1,
            left_out: 0,
        }
    }

    fn ask(shelf: &Shelf, column: u32) -> bool {
        let mut made = false;
        let id = TileId::new(10, column, 0).unwrap();
        let got = shelf.get("zones", id, Packing::Plain, || {
            made = true;
            Ok::<_, Infallible>(PackedTile::of(&tile(1_000), Packing::Plain).unwrap())
        });
        assert_eq!(got.unwrap().bytes.len(), 1_000);
        made
    }

    #[test]
    fn a_tile_is_made_once_and_the_one_not_asked_for_longest_makes_room() {
        let shelf = Shelf::with_room(3 * (1_000 + ENTRY_BYTES));
        assert!([1, 2, 3].iter().all(|column| ask(&shelf, *column)));
        assert!(!ask(&shelf, 1), "it is on the shelf");
        assert!(ask(&shelf, 4));
        assert!(ask(&shelf, 2), "it made room for the fourth");
        assert!(!ask(&shelf, 1));
        assert!(shelf.report().bytes <= 3 * (1_000 + ENTRY_BYTES));
        assert_eq!(shelf.report().tiles, 3);
    }

    #[test]
    fn a_tile_larger_than_the_shelf_is_served_and_not_kept() {
        let shelf = Shelf::with_room(500);
        assert!(ask(&shelf, 1) && ask(&shelf, 1));
        assert_eq!(shelf.report().bytes, 0);
    }

    #[test]
    fn every_packing_unpacks_to_the_tile_and_has_its_own_tag() {
        let tile = tile(5_000);
        let gzip = PackedTile::of(&tile, Packing::Gzip).unwrap();
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&gzip.bytes[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, tile.bytes);
        let brotli = PackedTile::of(&tile, Packing::Brotli).unwrap();
        let mut unpacked = Vec::new();
        brotli::Decompressor::new(&brotli.bytes[..], 4096)
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked, tile.bytes);
        assert_ne!(gzip.tag, brotli.tag);
    }

    #[test]
    fn the_best_accepted_packing_is_chosen() {
        for (header, packing) in [
            ("gzip, deflate, br", Packing::Brotli),
            ("gzip;q=1.0, br;q=0", Packing::Gzip),
            ("identity", Packing::Plain),
            ("", Packing::Plain),
            ("GZIP", Packing::Gzip),
            ("gzip;q=0.0", Packing::Plain),
        ] {
            assert_eq!(Packing::accepted(header), packing, "{header}");
        }
    }
}
