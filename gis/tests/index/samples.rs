//! Flood zones of real towns and of all Japan, and places to ask about.

use std::io::{BufReader, Error};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader};
use geo::{BoundingRect, Coord, LineString, Point, Polygon};
use hinan_gis::{DepthRank, HazardZone};

/// The folder of geodata samples; nothing where `HINAN_SAMPLES` is not set.
pub(crate) fn folder() -> Option<PathBuf> {
    Some(PathBuf::from(std::env::var_os("HINAN_SAMPLES")?).join("gis"))
}

/// The zones of one FlatGeobuf file, gzipped, in its order.
pub(crate) fn zones(path: &Path) -> Result<Vec<HazardZone>, Error> {
    let file = std::fs::File::open(path)
        .map_err(|why| Error::new(why.kind(), format!("{}: {why}", path.display())))?;
    let reader = BufReader::with_capacity(1 << 20, GzDecoder::new(BufReader::new(file)));
    let mut features = FgbReader::open(reader)
        .and_then(FgbReader::select_all_seq)
        .map_err(Error::other)?;
    let mut zones = Vec::new();
    while let Some(feature) = features.next().map_err(Error::other)? {
        let rank: i64 = feature
            .property::<i64>("depth_rank")
            .or_else(|_| feature.property::<i32>("depth_rank").map(i64::from))
            .or_else(|_| feature.property::<u8>("depth_rank").map(i64::from))
            .map_err(Error::other)?;
        let rank = u8::try_from(rank).ok().and_then(DepthRank::new);
        let rank = rank.ok_or_else(|| Error::other("a depth rank that is none"))?;
        let geometry = feature.geometry();
        let shape = geometry.and_then(|geometry| {
            let corners: Vec<Coord<f64>> = geometry
                .xy()?
                .iter()
                .collect::<Vec<f64>>()
                .chunks_exact(2)
                .map(|at| Coord { x: at[0], y: at[1] })
                .collect();
            let ends: Vec<usize> = match geometry.ends() {
                Some(ends) => ends.iter().map(|end| end as usize).collect(),
                None => vec![corners.len()],
            };
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let mut rings = starts
                .zip(&ends)
                .map(|(start, end)| LineString::new(corners[start..*end].to_vec()));
            Some(Polygon::new(rings.next()?, rings.collect()))
        });
        let shape = shape.ok_or_else(|| Error::other("a feature without a polygon"))?;
        zones.push(HazardZone::new(rank, shape));
    }
    Ok(zones)
}

/// A small generator of our own, so that the places are the same in every run (Knuth's constants, upper bits).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn step(&mut self) -> u32 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 32).unwrap_or_default()
    }

    /// From 0 up to 1.
    pub(crate) fn share(&mut self) -> f64 {
        (f64::from(self.step()) * 4_294_967_296.0 + f64::from(self.step()))
            / 18_446_744_073_709_551_616.0
    }

    /// From 0 up to `n`, which is below 2^32.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        usize::try_from((u64::from(self.step()) * n as u64) >> 32).unwrap_or_default()
    }

    /// A place in the box of one of the zones.
    pub(crate) fn near_a_zone(&mut self, zones: &[Polygon<f64>]) -> Point<f64> {
        let zone = &zones[self.below(zones.len())];
        match zone.bounding_rect() {
            Some(rect) => self.between(rect.min(), rect.max()),
            None => Point::new(0.0, 0.0),
        }
    }

    pub(crate) fn between(&mut self, low: Coord<f64>, high: Coord<f64>) -> Point<f64> {
        Point::new(
            low.x + (high.x - low.x) * self.share(),
            low.y + (high.y - low.y) * self.share(),
        )
    }
}
