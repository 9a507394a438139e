//! How layers and heights are written down inside a part: coordinates as whole steps, each as the way from the one before.

use geo::{Coord, LineString, MultiLineString, MultiPolygon, Point, Polygon, Rect};
use serde::{Deserialize, Serialize};

use super::PART;
use crate::map_file::in_japan;
use crate::{Attribution, ElevationGrid, Facts, Feature, Layer, LayerKind, LoadError, Shape};

/// Steps in one degree: about a millimetre each.
pub const STEPS_PER_DEGREE: f64 = 1e8;
const RING_POINTS_MIN: usize = 4;
const LINE_POINTS_MIN: usize = 2;

/// The nearest place that a bundle can hold.
#[must_use]
pub fn snapped(place: Coord<f64>) -> Coord<f64> {
    Coord {
        x: degrees(steps(place.x)),
        y: degrees(steps(place.y)),
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredLayer {
    kind: String,
    source: String,
    attribution: Option<[String; 3]>,
    features: Vec<StoredFeature>,
}

#[derive(Serialize, Deserialize)]
struct StoredFeature {
    number: u32,
    shape: StoredShape,
    facts: Facts,
}

#[derive(Serialize, Deserialize)]
enum StoredShape {
    Point([i64; 2]),
    Lines(Vec<Vec<[i64; 2]>>),
    /// Polygons of rings; a ring does not repeat its first point.
    Area(Vec<Vec<Vec<[i64; 2]>>>),
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredGrid {
    source: String,
    /// West, south, east, north in degrees.
    bounds: [f64; 4],
    columns: u32,
    rows: u32,
    /// The difference to the height before, centimetres; nothing where there is none.
    heights_cm: Vec<Option<i32>>,
}

impl StoredLayer {
    pub(super) fn of(layer: &Layer) -> Self {
        Self {
            kind: layer.kind.key().to_owned(),
            source: layer.source.clone(),
            attribution: layer
                .attribution
                .as_ref()
                .map(|a| [a.what.clone(), a.source.clone(), a.licence.clone()]),
            features: layer
                .features
                .iter()
                .map(|feature| StoredFeature {
                    number: feature.number,
                    shape: StoredShape::of(&feature.shape),
                    facts: feature.facts.clone(),
                })
                .collect(),
        }
    }
}

impl TryFrom<StoredLayer> for Layer {
    type Error = LoadError;

    fn try_from(stored: StoredLayer) -> Result<Self, LoadError> {
        let Some(kind) = LayerKind::from_key(&stored.kind) else {
            let accepted = LayerKind::ALL.map(LayerKind::key).join(", ");
            return Err(LoadError::refused(PART, "kind", stored.kind, accepted));
        };
        let features = stored
            .features
            .into_iter()
            .enumerate()
            .map(|(n, feature)| {
                Ok(Feature {
                    number: feature.number,
                    shape: feature.shape.read(&format!("feature[{n}]"))?,
                    facts: feature.facts,
                })
            })
            .collect::<Result<_, LoadError>>()?;
        Ok(Self {
            kind,
            source: stored.source,
            attribution: stored
                .attribution
                .map(|[what, source, licence]| Attribution {
                    what,
                    source,
                    licence,
                }),
            features,
        })
    }
}

impl StoredShape {
    fn of(shape: &Shape) -> Self {
        let mut from = [0, 0];
        match shape {
            Shape::Point(point) => Self::Point([steps(point.x()), steps(point.y())]),
            Shape::Lines(lines) => {
                Self::Lines(lines.iter().map(|line| ways(&line.0, &mut from)).collect())
            }
            Shape::Area(area) => Self::Area(
                area.iter()
                    .map(|polygon| {
                        std::iter::once(polygon.exterior())
                            .chain(polygon.interiors())
                            .map(|ring| ways(&ring.0[..ring.0.len().saturating_sub(1)], &mut from))
                            .collect()
                    })
                    .collect(),
            ),
        }
    }

    fn read(self, part: &str) -> Result<Shape, LoadError> {
        let mut from = [0, 0];
        Ok(match self {
            Self::Point(at) => Shape::Point(Point::from(place(part, at)?)),
            Self::Lines(lines) => Shape::Lines(MultiLineString::new(
                lines
                    .iter()
                    .map(|line| read_line(part, line, &mut from, LINE_POINTS_MIN))
                    .collect::<Result<_, _>>()?,
            )),
            Self::Area(polygons) => Shape::Area(MultiPolygon::new(
                polygons
                    .iter()
                    .map(|rings| read_polygon(part, rings, &mut from))
                    .collect::<Result<_, _>>()?,
            )),
        })
    }
}

fn read_polygon(
    part: &str,
    rings: &[Vec<[i64; 2]>],
    from: &mut [i64; 2],
) -> Result<Polygon<f64>, LoadError> {
    let mut read = rings.iter().map(|ring| {
        let mut line = read_line(part, ring, from, RING_POINTS_MIN - 1)?;
        line.close();
        Ok(line)
    });
    let exterior = read.next().unwrap_or_else(|| {
        let accepted = "an outer ring, then its holes";
        Err(LoadError::refused(part, "rings", "an empty list", accepted))
    })?;
    Ok(Polygon::new(exterior, read.collect::<Result<_, _>>()?))
}

fn read_line(
    part: &str,
    ways: &[[i64; 2]],
    from: &mut [i64; 2],
    points_min: usize,
) -> Result<LineString<f64>, LoadError> {
    if ways.len() < points_min {
        let accepted = format!("at least {points_min} points");
        return Err(LoadError::refused(
            part,
            "line",
            format!("{} points", ways.len()),
            accepted,
        ));
    }
    let mut points = Vec::with_capacity(ways.len() + 1);
    for way in ways {
        *from = [from[0].wrapping_add(way[0]), from[1].wrapping_add(way[1])];
        points.push(place(part, *from)?);
    }
    Ok(LineString::new(points))
}

/// The first point as the way from the last point before it, then each as the way from its neighbour.
fn ways(points: &[Coord<f64>], from: &mut [i64; 2]) -> Vec<[i64; 2]> {
    points
        .iter()
        .map(|point| {
            let to = [steps(point.x), steps(point.y)];
            let way = [to[0] - from[0], to[1] - from[1]];
            *from = to;
            way
        })
        .collect()
}

fn place(part: &str, at: [i64; 2]) -> Result<Coord<f64>, LoadError> {
    let point = Point::new(degrees(at[0]), degrees(at[1]));
    in_japan(part, "place", point).map(Coord::from)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "360 degrees are far inside an i64; anything larger saturates and is refused when it is read"
)]
fn steps(degrees: f64) -> i64 {
    (degrees * STEPS_PER_DEGREE).round() as i64
}

#[expect(
    clippy::cast_precision_loss,
    reason = "36 thousand million is exact in an f64; what is larger is refused"
)]
fn degrees(steps: i64) -> f64 {
    steps as f64 / STEPS_PER_DEGREE
}

impl StoredGrid {
    pub(super) fn of(grid: &ElevationGrid) -> Self {
        let (columns, rows) = grid.size();
        let (min, max) = (grid.bounds().min(), grid.bounds().max());
        let mut before = 0_i32;
        let heights_cm = grid
            .heights_cm()
            .iter()
            .map(|height| {
                height.map(|height| {
                    let way = height.wrapping_sub(before);
                    before = height;
                    way
                })
            })
            .collect();
        Self {
            source: grid.source.clone(),
            bounds: [min.x, min.y, max.x, max.y],
            columns,
            rows,
            heights_cm,
        }
    }
}

impl TryFrom<StoredGrid> for ElevationGrid {
    type Error = LoadError;

    fn try_from(stored: StoredGrid) -> Result<Self, LoadError> {
        let [west, south, east, north] = stored.bounds;
        for (x, y) in [(west, south), (east, north)] {
            in_japan("grid", "bounds", Point::new(x, y))?;
        }
        let mut before = 0_i32;
        let heights_cm = stored
            .heights_cm
            .into_iter()
            .map(|way| {
                way.map(|way| {
                    before = before.wrapping_add(way);
                    before
                })
            })
            .collect();
        let bounds = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
        Self::new(
            stored.source,
            bounds,
            stored.columns,
            stored.rows,
            heights_cm,
        )
        .ok_or_else(|| {
            let size = format!("{} by {}", stored.columns, stored.rows);
            LoadError::refused("grid", "size", size, "one height for each cell")
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{Coord, LineString, MultiPolygon, Point, Polygon, Rect, coord};
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::snapped;
    use crate::{
        Bundle, Depth, DepthRank, DepthZone, ElevationGrid, Facts, Feature, Landmark, Layer,
        LayerKind, Shape,
    };

    fn zone(x: f64, y: f64, size: f64) -> Feature {
        let ring = |x: f64, y: f64, size: f64| {
            LineString::new(
                [
                    (x, y),
                    (x + size, y),
                    (x + size, y + size),
                    (x, y + size),
                    (x, y),
                ]
                .map(|(x, y)| snapped(Coord { x, y }))
                .to_vec(),
            )
        };
        let polygon = Polygon::new(
            ring(x, y, size),
            vec![ring(x + size / 4.0, y + size / 4.0, size / 2.0)],
        );
        Feature {
            number: 7,
            shape: Shape::Area(MultiPolygon::new(vec![polygon.clone(), polygon])),
            facts: Facts::Depth(DepthZone {
                depth: Some(Depth::of_rank(DepthRank::ALL[2])),
                river: Some("柳生川".into()),
            }),
        }
    }

    fn bundle(features: Vec<Feature>) -> Bundle {
        let layer = Layer {
            kind: LayerKind::FloodMax,
            source: "zones.geojson".into(),
            attribution: None,
            features,
        };
        let bounds = Rect::new(coord! {x: 140.0, y: 36.0}, coord! {x: 140.2, y: 36.2});
        let grid = ElevationGrid::new("dem".into(), bounds, 2, 1, vec![None, Some(-40)]).unwrap();
        Bundle::new(None, vec![layer], vec![grid]).with_part("road", vec![1, 2, 3])
    }

    #[test]
    fn a_bundle_comes_back_exactly_and_packs_to_the_same_bytes() {
        let place = Feature {
            number: 1,
            shape: Shape::Point(Point::from(snapped(coord! {x: 143.123_456_789, y: 42.9}))),
            facts: Facts::Landmark(Landmark { name: None }),
        };
        let written = bundle(vec![zone(143.2, 42.9, 0.01), place]);
        let bytes = written.write().unwrap();
        let read = Bundle::open(&bytes).unwrap();
        assert_eq!(read, written);
        assert_eq!(read.write().unwrap(), bytes);
        assert_eq!(read.part("road"), Some(&[1, 2, 3][..]));
    }

    #[test]
    fn a_cut_or_changed_bundle_is_told_from_a_foreign_file() {
        let bytes = bundle(vec![zone(143.2, 42.9, 0.01)]).write().unwrap();
        let said = |bytes: &[u8]| Bundle::open(bytes).unwrap_err().to_string();
        assert!(said(b"PK\x03\x04 a zip file").contains("does not begin with HINANTWN"));
        assert!(said(&bytes[..bytes.len() - 1]).contains("digest does not match"));
        let mut newer = bytes.clone();
        newer[8] = 9;
        assert!(
            said(&newer).contains("version is 9; accepted: 1"),
            "{}",
            said(&newer)
        );
    }

    #[test]
    fn a_place_outside_japan_is_refused_even_with_the_right_digest() {
        let mut abroad = zone(143.2, 42.9, 0.01);
        abroad.shape = Shape::Point(Point::new(2.35, 48.86));
        let said = Bundle::open(&bundle(vec![abroad]).write().unwrap())
            .unwrap_err()
            .to_string();
        assert!(
            said.contains("layer00000") && said.contains("2.35 48.86"),
            "{said}"
        );
    }

    proptest! {
        /// The digest guards against accidents, not against somebody who makes bundles; so the parts are tried behind it.
        #[test]
        fn any_bytes_in_a_layer_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(stored) = postcard::from_bytes::<super::StoredLayer>(&bytes) {
                let _ = Layer::try_from(stored);
            }
            if let Ok(stored) = postcard::from_bytes::<super::StoredGrid>(&bytes) {
                let _ = ElevationGrid::try_from(stored);
            }
        }

        #[test]
        fn zones_anywhere_in_japan_come_back(x in 123.0..153.0_f64, y in 21.0..45.0_f64, size in 0.0001..0.1_f64) {
            let written = bundle(vec![zone(x, y, size)]);
            prop_assert_eq!(Bundle::open(&written.write().unwrap()).unwrap(), written);
        }

        #[test]
        fn snapping_moves_a_place_by_less_than_a_millimetre_and_only_once(x in 123.0..153.0_f64, y in 21.0..45.0_f64) {
            let once = snapped(Coord { x, y });
            prop_assert!((once.x - x).abs() <= 0.51e-8 && (once.y - y).abs() <= 0.51e-8);
            prop_assert_eq!(snapped(once), once);
        }
    }
}
