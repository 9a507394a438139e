//! A simplified drawing of the town for a map drawn by the server: metres, few points, nothing that decides.

use geo::{BoundingRect, Coord, Intersects, LineString, MultiPolygon, Point, Rect};

use crate::projection::LocalPlane;
use crate::trace::{Corner, LabelGrid};
use crate::{DepthRank, Hazard, Town};

/// Cells along one side of the drawing; a finer tolerance than this allows is made coarser.
const CELLS_MAX: f64 = 1_000.0;
/// Depth patches smaller than this many cells are left out, and holes likewise.
const PATCH_MIN_CELLS: f64 = 6.0;
/// Cells a line may move when it is simplified.
const SHIFT_CELLS: f64 = 1.0;
/// Cells left free around the flooded area.
const MARGIN_CELLS: f64 = 3.0;

/// A drawing of the flooded part of a town. All coordinates are whole metres, x east and y south of its north-west corner.
/// Rings do not repeat their first point; fill them by the even-odd rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sketch {
    /// Width in metres.
    pub width_m: i32,
    /// Height in metres.
    pub height_m: i32,
    /// Side of the cells it was drawn from, in metres; a line may be off by about twice as much.
    pub cell_m: i32,
    /// The municipality, cut to the frame.
    pub outline: Vec<Vec<[i32; 2]>>,
    /// Districts that reach into the frame, in the order of the town. Neighbours share their lines.
    pub districts: Vec<SketchArea>,
    /// Flooded areas, shallow first: each holds all that is at least this deep, so paint them in this order.
    pub depth: Vec<SketchDepth>,
    /// Courses of rivers, rough.
    pub rivers: Vec<SketchLine>,
    /// Shelters inside the frame.
    pub shelters: Vec<SketchPin>,
    /// Gauges inside the frame.
    pub gauges: Vec<SketchPin>,
}

/// A district on the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchArea {
    /// Identifier of the district.
    pub id: String,
    /// Outline.
    pub rings: Vec<Vec<[i32; 2]>>,
    /// Where its name stands; it may lie outside the frame when the district is cut by it.
    pub label: [i32; 2],
}

/// All that is flooded at least this deep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchDepth {
    /// The shallowest rank in it.
    pub rank: DepthRank,
    /// Outline.
    pub rings: Vec<Vec<[i32; 2]>>,
}

/// The course of a river.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchLine {
    /// Japanese name of the river.
    pub river: String,
    /// Points, downstream end first. They may leave the frame.
    pub points: Vec<[i32; 2]>,
}

/// A shelter or gauge on the drawing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SketchPin {
    /// Identifier of the shelter or gauge.
    pub id: String,
    /// Where it stands.
    pub at: [i32; 2],
    /// For a shelter whether it may be used in a flood; for a gauge whether it has a danger level.
    pub ready: bool,
}

impl Town {
    /// Draws the flooded part of the town with cells of about `tolerance_m` metres (20 or more; what is not a number
    /// counts as 100). The same town and tolerance give the same drawing.
    #[must_use]
    pub fn sketch(&self, tolerance_m: f64) -> Sketch {
        let frame = Frame::around(self, tolerance_m);
        let (ranks, places) = (frame.ranks(self), frame.districts(self));
        let inside = places.relabelled(|label| u16::from(label > 0));
        Sketch {
            width_m: frame.whole_m(frame.columns),
            height_m: frame.whole_m(frame.rows),
            cell_m: metres(frame.cell_m),
            outline: frame.rings(&inside, 1, 0.0),
            districts: self.sketched_districts(&frame, &places),
            depth: DepthRank::ALL
                .into_iter()
                .map(|rank| {
                    let deep = ranks.relabelled(|label| u16::from(label >= u16::from(rank.get())));
                    SketchDepth {
                        rank,
                        rings: frame.rings(&deep, 1, PATCH_MIN_CELLS),
                    }
                })
                .filter(|depth| !depth.rings.is_empty())
                .collect(),
            rivers: self.sketched_rivers(&frame),
            shelters: self
                .shelters
                .iter()
                .filter(|shelter| frame.holds(shelter.at))
                .map(|shelter| SketchPin {
                    id: shelter.id.clone(),
                    at: frame.point(shelter.at.into()),
                    ready: shelter.usable_for(Hazard::Flood, self.shelter_rule),
                })
                .collect(),
            gauges: self
                .gauges
                .iter()
                .filter(|gauge| frame.holds(gauge.at))
                .map(|gauge| SketchPin {
                    id: gauge.id.clone(),
                    at: frame.point(gauge.at.into()),
                    ready: gauge.levels.danger_m.is_some(),
                })
                .collect(),
        }
    }

    fn sketched_districts(&self, frame: &Frame, places: &LabelGrid) -> Vec<SketchArea> {
        let mut outlines = places.outlines(SHIFT_CELLS, 0.0);
        (1_u16..)
            .zip(&self.districts)
            .filter_map(|(label, district)| {
                let rings = outlines.remove(&label)?;
                Some(SketchArea {
                    id: district.id.clone(),
                    rings: rings.iter().map(|ring| frame.ring(ring)).collect(),
                    label: frame.point(district.label.into()),
                })
            })
            .collect()
    }

    fn sketched_rivers(&self, frame: &Frame) -> Vec<SketchLine> {
        let near = |line: &&LineString<f64>| frame.bounds.intersects(*line);
        self.rivers
            .iter()
            .flat_map(|river| {
                river
                    .lines
                    .iter()
                    .filter(near)
                    .map(move |line| (river, line))
            })
            .map(|(river, line)| SketchLine {
                river: river.name.clone(),
                points: line.coords().map(|c| frame.point(*c)).collect(),
            })
            .collect()
    }
}

/// What the drawing shows and how fine.
struct Frame {
    plane: LocalPlane,
    bounds: Rect<f64>,
    cell_m: f64,
    columns: usize,
    rows: usize,
}

impl Frame {
    fn around(town: &Town, tolerance_m: f64) -> Self {
        let flooded = flooded_bounds(town);
        let north_west = Point::new(flooded.min().x, flooded.max().y);
        let plane = LocalPlane::with_scale_of(north_west, flooded.center().y);
        let size = plane.metres(Coord {
            x: flooded.max().x,
            y: flooded.min().y,
        });
        let wished_m = if tolerance_m.is_nan() {
            100.0
        } else {
            tolerance_m.clamp(20.0, 5_000.0)
        };
        let cell_m = wished_m.max(size.x.max(size.y) / CELLS_MAX).ceil();
        let corner = plane.degrees(Coord {
            x: -MARGIN_CELLS * cell_m,
            y: -MARGIN_CELLS * cell_m,
        });
        let plane = LocalPlane::with_scale_of(corner.into(), flooded.center().y);
        let columns = cells(size.x / cell_m + 2.0 * MARGIN_CELLS);
        let rows = cells(size.y / cell_m + 2.0 * MARGIN_CELLS);
        let far = plane.degrees(Coord {
            x: wide(columns) * cell_m,
            y: wide(rows) * cell_m,
        });
        Self {
            plane,
            bounds: Rect::new(corner, far),
            cell_m,
            columns,
            rows,
        }
    }

    fn centre(&self, column: usize, row: usize) -> Point<f64> {
        let centre = Coord {
            x: (wide(column) + 0.5) * self.cell_m,
            y: (wide(row) + 0.5) * self.cell_m,
        };
        self.plane.degrees(centre).into()
    }

    fn ranks(&self, town: &Town) -> LabelGrid {
        LabelGrid::fill(self.columns, self.rows, |x, y| {
            town.zones
                .rank_at(self.centre(x, y))
                .map_or(0, |rank| u16::from(rank.get()))
        })
    }

    /// Districts by their position in the town, counted from one.
    fn districts(&self, town: &Town) -> LabelGrid {
        let boxes: Vec<Option<Rect<f64>>> = town
            .districts
            .iter()
            .map(|d| d.outline.bounding_rect())
            .collect();
        LabelGrid::fill(self.columns, self.rows, |x, y| {
            let place = self.centre(x, y);
            let holds = |(boxed, district): (&Option<Rect<f64>>, &crate::District)| {
                boxed.is_some_and(|boxed| boxed.intersects(&place))
                    && district.outline.intersects(&place)
            };
            let found = boxes.iter().zip(&town.districts).position(holds);
            found.map_or(0, |n| u16::try_from(n + 1).unwrap_or(u16::MAX))
        })
    }

    fn rings(&self, grid: &LabelGrid, label: u16, patch_min_cells: f64) -> Vec<Vec<[i32; 2]>> {
        let rings = grid
            .outlines(SHIFT_CELLS, patch_min_cells)
            .remove(&label)
            .unwrap_or_default();
        rings.iter().map(|ring| self.ring(ring)).collect()
    }

    fn ring(&self, ring: &[Corner]) -> Vec<[i32; 2]> {
        ring.iter()
            .map(|corner| corner.map(|n| metres(f64::from(n) * self.cell_m)))
            .collect()
    }

    fn point(&self, at: Coord<f64>) -> [i32; 2] {
        let at = self.plane.metres(at);
        [metres(at.x), metres(at.y)]
    }

    fn holds(&self, at: Point<f64>) -> bool {
        self.bounds.intersects(&at)
    }

    fn whole_m(&self, cells: usize) -> i32 {
        metres(wide(cells) * self.cell_m)
    }
}

/// The box of the zones that begin inside the municipality, cut to its own box; without zones the municipality's.
fn flooded_bounds(town: &Town) -> Rect<f64> {
    let whole = bounds_of(&town.outline);
    let begins_inside = |zone: &crate::Zone<'_>| {
        zone.first_corner()
            .is_some_and(|c| whole.intersects(&c) && town.outline.intersects(&c))
    };
    let joined = town
        .zones
        .iter()
        .filter(begins_inside)
        .filter_map(|zone| zone.bounds())
        .reduce(|a, b| {
            (
                [a.0[0].min(b.0[0]), a.0[1].min(b.0[1])],
                [a.1[0].max(b.1[0]), a.1[1].max(b.1[1])],
            )
        });
    let Some((low, high)) = joined else {
        return whole;
    };
    Rect::new(
        Coord {
            x: low[0].max(whole.min().x),
            y: low[1].max(whole.min().y),
        },
        Coord {
            x: high[0].min(whole.max().x),
            y: high[1].min(whole.max().y),
        },
    )
}

fn bounds_of(outline: &MultiPolygon<f64>) -> Rect<f64> {
    outline
        .bounding_rect()
        .unwrap_or_else(|| Rect::new(Coord { x: 0.0, y: 0.0 }, Coord { x: 0.0, y: 0.0 }))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "a drawing is at most a few hundred kilometres wide"
)]
fn metres(m: f64) -> i32 {
    m.round() as i32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the size of a frame over CELLS_MAX or more, so from 0 to about a thousand"
)]
fn cells(n: f64) -> usize {
    n.ceil().max(1.0) as usize
}

#[expect(clippy::cast_precision_loss, reason = "at most about a thousand")]
fn wide(n: usize) -> f64 {
    n as f64
}
