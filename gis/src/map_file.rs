//! The map file of a town: outlines as whole millionths of a degree, each point after the first as the step from the one
//! before, JSON, gzip. A millionth of a degree is about a decimetre.
//!
//! The file says where things are. What people edit by hand stands in the town file instead.

use std::collections::BTreeMap;
use std::io::{Read, Write};

use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use geo::{Coord, LineString, MultiPolygon, Point, Polygon};
use serde::{Deserialize, Serialize};

use crate::refusal::LoadError;

/// How the file is named in refusals.
pub(crate) const PART: &str = "map.json.gz";
const FORMAT: &str = "hinan-map";
const VERSION: u32 = 1;
/// Unpacked size no real town comes near; stops a small file that unpacks without end.
const BYTES_MAX: usize = 256 * 1024 * 1024;
const STEPS_PER_DEGREE: f64 = 1e6;
/// Japan with its outermost islands, degrees.
const LONGITUDES: std::ops::RangeInclusive<f64> = 122.0..=154.5;
const LATITUDES: std::ops::RangeInclusive<f64> = 20.0..=46.5;

/// The whole file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapFile {
    format: String,
    version: u32,
    /// Border of the municipality: polygons, each its outer ring and then its holes.
    pub municipality: Vec<Vec<MapRing>>,
    /// Flood zones.
    pub zones: Vec<MapZone>,
    /// Issuing units.
    pub districts: Vec<MapDistrict>,
    /// Designated emergency evacuation sites.
    pub shelters: Vec<MapShelter>,
    /// River lines, downstream end first.
    pub rivers: Vec<MapLines>,
}

/// A flood zone: one polygon of one depth rank.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapZone {
    /// Depth rank, 1 to 6.
    pub rank: u8,
    /// Outer ring, then holes.
    pub rings: Vec<MapRing>,
}

/// An issuing unit and its people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapDistrict {
    /// Identifier.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// Reading in kana.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    /// Name in Latin letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Outline: polygons, each its outer ring and then its holes.
    pub outline: Vec<Vec<MapRing>>,
    /// Place of its name, longitude and latitude in millionths of a degree.
    pub label: [i32; 2],
    /// Residents.
    pub people: u32,
    /// Households.
    pub households: u32,
    /// Residents outside any zone and in ranks 1 to 6.
    pub people_by_rank: [u32; 7],
    /// Residents in the zone of each river.
    pub people_by_river: BTreeMap<String, u32>,
    /// Whether this is an approximation.
    pub approximate: bool,
}

/// A designated emergency evacuation site.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapShelter {
    /// Common identifier (共通ID).
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// Name in Latin letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Address.
    pub address: String,
    /// Longitude and latitude in millionths of a degree.
    pub at: [i32; 2],
    /// Keys of the hazards it is designated for.
    pub approved_for: Vec<String>,
    /// People it can take.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<u32>,
    /// Remark as published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Lines of one river.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MapLines {
    /// River.
    pub river: String,
    /// Its lines.
    pub lines: Vec<MapRing>,
}

/// A ring or line: longitude and latitude of the first point, then the step to each next one. A ring does not repeat its
/// first point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MapRing(pub Vec<i32>);

impl MapFile {
    /// A file of this format's present version.
    #[must_use]
    pub fn new(municipality: Vec<Vec<MapRing>>) -> Self {
        Self {
            format: FORMAT.into(),
            version: VERSION,
            municipality,
            zones: Vec::new(),
            districts: Vec::new(),
            shelters: Vec::new(),
            rivers: Vec::new(),
        }
    }

    /// Its bytes. The same map gives the same bytes: no time and no name is put into the gzip header.
    ///
    /// # Errors
    /// Only if the writer refuses, which a vector does not.
    pub fn pack(&self) -> std::io::Result<Vec<u8>> {
        let mut packer = GzBuilder::new()
            .mtime(0)
            .write(Vec::new(), Compression::best());
        packer.write_all(&serde_json::to_vec(self)?)?;
        packer.finish()
    }

    /// Reads packed bytes.
    ///
    /// # Errors
    /// Says whether gzip, size, JSON, format or version was refused.
    pub fn unpack(packed: &[u8]) -> Result<Self, LoadError> {
        let unreadable = |format, why: String| LoadError::Unreadable {
            part: PART.into(),
            format,
            why,
        };
        let mut bytes = Vec::new();
        GzDecoder::new(packed)
            .take(BYTES_MAX as u64 + 1)
            .read_to_end(&mut bytes)
            .map_err(|why| unreadable("gzip", why.to_string()))?;
        if bytes.len() > BYTES_MAX {
            return Err(LoadError::TooLarge {
                part: PART.into(),
                max_bytes: BYTES_MAX,
            });
        }
        let file: Self = serde_json::from_slice(&bytes)
            .map_err(|why| unreadable("a map in JSON", why.to_string()))?;
        if file.format != FORMAT {
            return Err(LoadError::refused(PART, "format", file.format, FORMAT));
        }
        if file.version != VERSION {
            return Err(LoadError::refused(
                PART,
                "version",
                file.version,
                VERSION.to_string(),
            ));
        }
        Ok(file)
    }
}

impl MapRing {
    /// A ring or line in millionths of a degree. Points that fall together are written once.
    #[must_use]
    pub fn of(line: &LineString<f64>) -> Self {
        let mut points: Vec<[i32; 2]> = line
            .coords()
            .map(|c| [millionths(c.x), millionths(c.y)])
            .collect();
        points.dedup();
        if points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        let mut steps = Vec::with_capacity(points.len() * 2);
        let mut before = [0, 0];
        for point in points {
            steps.extend([point[0] - before[0], point[1] - before[1]]);
            before = point;
        }
        Self(steps)
    }

    /// The rings of a polygon, outer ring first.
    #[must_use]
    pub fn polygon(polygon: &Polygon<f64>) -> Vec<Self> {
        std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .map(Self::of)
            .collect()
    }

    /// The closed ring.
    pub(crate) fn ring(&self, part: &str) -> Result<LineString<f64>, LoadError> {
        const POINTS_MIN: usize = 3;
        let mut line = self.line(part, POINTS_MIN)?;
        line.close();
        Ok(line)
    }

    /// The open line, of at least `points_min` points.
    pub(crate) fn line(&self, part: &str, points_min: usize) -> Result<LineString<f64>, LoadError> {
        if !self.0.len().is_multiple_of(2) || self.0.len() / 2 < points_min {
            let accepted = format!("pairs of longitude and latitude, at least {points_min} pairs");
            return Err(LoadError::refused(
                part,
                "ring",
                format!("a list of {} numbers", self.0.len()),
                accepted,
            ));
        }
        let (mut x, mut y) = (0_i32, 0_i32);
        let mut points = Vec::with_capacity(self.0.len() / 2 + 1);
        for step in self.0.chunks_exact(2) {
            let (Some(next_x), Some(next_y)) = (x.checked_add(step[0]), y.checked_add(step[1]))
            else {
                return Err(LoadError::refused(
                    part,
                    "ring",
                    format!("{step:?}"),
                    "steps that stay in Japan",
                ));
            };
            (x, y) = (next_x, next_y);
            points.push(Coord::from(place(part, "ring", [x, y])?));
        }
        Ok(LineString::new(points))
    }
}

/// Rings back to a polygon: the first is the outer one.
pub(crate) fn polygon(part: &str, rings: &[MapRing]) -> Result<Polygon<f64>, LoadError> {
    let mut lines = rings.iter().map(|ring| ring.ring(part));
    let Some(exterior) = lines.next() else {
        return Err(LoadError::refused(
            part,
            "rings",
            "an empty list",
            "an outer ring, then its holes",
        ));
    };
    Ok(Polygon::new(exterior?, lines.collect::<Result<_, _>>()?))
}

/// Polygons of one outline; at least one.
pub(crate) fn outline(
    part: &str,
    polygons: &[Vec<MapRing>],
) -> Result<MultiPolygon<f64>, LoadError> {
    if polygons.is_empty() {
        return Err(LoadError::refused(
            part,
            "outline",
            "an empty list",
            "at least one polygon",
        ));
    }
    polygons.iter().map(|rings| polygon(part, rings)).collect()
}

/// A place given in millionths of a degree.
pub(crate) fn place(part: &str, key: &str, at: [i32; 2]) -> Result<Point<f64>, LoadError> {
    let point = Point::new(
        f64::from(at[0]) / STEPS_PER_DEGREE,
        f64::from(at[1]) / STEPS_PER_DEGREE,
    );
    in_japan(part, key, point)
}

/// Whether it can be a place in Japan, longitude first.
pub(crate) fn is_in_japan(at: Coord<f64>) -> bool {
    LONGITUDES.contains(&at.x) && LATITUDES.contains(&at.y)
}

/// Refuses what cannot be a place in Japan; most often longitude and latitude are exchanged.
pub(crate) fn in_japan(part: &str, key: &str, point: Point<f64>) -> Result<Point<f64>, LoadError> {
    if is_in_japan(Coord::from(point)) {
        return Ok(point);
    }
    let accepted = format!(
        "longitude {} to {} and then latitude {} to {}",
        LONGITUDES.start(),
        LONGITUDES.end(),
        LATITUDES.start(),
        LATITUDES.end()
    );
    Err(LoadError::refused(
        part,
        key,
        format!("{} {}", point.x(), point.y()),
        accepted,
    ))
}

/// Degrees to whole millionths.
#[expect(
    clippy::cast_possible_truncation,
    reason = "360 million fits; anything larger is refused when it is read"
)]
pub(crate) fn millionths(degrees: f64) -> i32 {
    (degrees * STEPS_PER_DEGREE).round() as i32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{LineString, line_string};

    use super::{MapFile, MapRing, PART};
    use crate::LoadError;

    fn square() -> LineString<f64> {
        line_string![
            (x: 143.2, y: 42.9), (x: 143.200313, y: 42.9), (x: 143.200313, y: 42.900208), (x: 143.2, y: 42.900208),
            (x: 143.2, y: 42.9)
        ]
    }

    #[test]
    fn a_ring_comes_back_exactly_as_it_was_written() {
        assert_eq!(MapRing::of(&square()).ring(PART).unwrap(), square());
    }

    #[test]
    fn the_same_map_packs_to_the_same_bytes() {
        let map = MapFile::new(vec![vec![MapRing::of(&square())]]);
        let packed = map.pack().unwrap();
        assert_eq!(packed, map.clone().pack().unwrap());
        assert_eq!(packed[4..8], [0; 4], "the gzip header carries no time");
        assert_eq!(MapFile::unpack(&packed).unwrap(), map);
    }

    #[test]
    fn a_place_outside_japan_is_refused_and_told() {
        let said = MapRing(vec![42_900_000, 143_200_000, 1, 1, 2, 2])
            .ring("x")
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("42.9 143.2") && said.contains("longitude 122"),
            "{said}"
        );
    }

    #[test]
    fn steps_that_overflow_are_refused() {
        let ring = MapRing(vec![143_200_000, 42_900_000, i32::MAX, 0, 1, 1]);
        assert!(matches!(ring.ring("x"), Err(LoadError::Refused { .. })));
    }

    #[test]
    fn bytes_that_are_no_gzip_are_refused_as_such() {
        assert!(matches!(
            MapFile::unpack(b"not gzip"),
            Err(LoadError::Unreadable { format: "gzip", .. })
        ));
    }
}
