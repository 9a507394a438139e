//! An index of outlines, each known by its position in the order in which they were given.

use geo::{BoundingRect as _, Coord, Intersects as _, Line, MultiPolygon, Point, Polygon};

use super::at::OutlinesAt;
use super::batch::ordered;
use super::grid::{Cells, Found, FoundHeld, Grid, Held, RingNear, Step, Together};
use super::pack::pack;
use super::pieces::Pieces;
use super::rings::{Rings, bounds_of, small};
use crate::projection::LocalPlane;

/// So many places are looked up together: enough to keep the memory busy, few enough to stay in the nearest cache.
const TOGETHER: usize = 32;

/// Outlines on the map. Built whole and swapped whole.
#[derive(Clone, Debug)]
pub struct OutlineIndex {
    rings: Rings,
    cells: Cells,
    pieces: Pieces,
    bounds: Option<([f64; 2], [f64; 2])>,
}

impl OutlineIndex {
    /// Packs outlines, longitude and latitude in degrees. A polygon with a coordinate that is no number touches nothing.
    /// Uses all processors that it is given.
    #[must_use]
    pub fn build(polygons: impl IntoIterator<Item = Polygon<f64>>) -> Self {
        let rings = Rings::of(polygons);
        let (cells, pieces) = rayon::join(|| pack(&rings), || Pieces::of(&rings));
        let bounds = bounds_of(rings.coords());
        Self {
            rings,
            cells,
            pieces,
            bounds,
        }
    }

    /// The outlines that touch a place, ascending. On the line counts as inside.
    #[inline]
    #[must_use]
    pub fn at(&self, place: Point<f64>) -> OutlinesAt<'_> {
        let place = Coord::from(place);
        if self.is_within(place) {
            self.outlines_in(self.cells.find(place), place)
        } else {
            self.outlines_in(Found::nothing(place), place)
        }
    }

    fn is_within(&self, place: Coord<f64>) -> bool {
        self.bounds.is_some_and(|(low, high)| {
            (low[0]..=high[0]).contains(&place.x) && (low[1]..=high[1]).contains(&place.y)
        })
    }

    #[inline]
    fn outlines_in<'a>(&'a self, found: Found<'a>, place: Coord<f64>) -> OutlinesAt<'a> {
        let (cover, list) = match found.held {
            FoundHeld::Nothing => (None, None),
            FoundHeld::Cover(outline) => (Some(outline), None),
            FoundHeld::List(list) => (None, Some(list)),
        };
        OutlinesAt::new(place, found.reference, cover, list)
    }

    /// The same for many places at once: `found` is told the position of each place and its outlines. Places are asked by
    /// where they are, so that what one needs is still in the fast memory of the processor for the next, and some at a
    /// time, so that it does not wait for the memory of one after the other; the order in which `found` is told is
    /// therefore not that of the places. At most 2^32 places.
    pub fn at_each(&self, places: &[Point<f64>], mut found: impl FnMut(usize, OutlinesAt<'_>)) {
        let Some(grid) = self.cells.first else {
            for (number, place) in places.iter().enumerate() {
                let place = Coord::from(*place);
                found(number, self.outlines_in(Found::nothing(place), place));
            }
            return;
        };
        let (mut together, mut cells) = (Vec::new(), Vec::new());
        let mut room = Together::default();
        for asked in ordered(&grid, places).chunks(TOGETHER) {
            together.clear();
            cells.clear();
            for place in asked.iter().map(|asked| asked.place) {
                if self.is_within(place) {
                    together.push(place);
                    cells.push(Found::nothing(place));
                }
            }
            self.cells.find_together(&together, &mut room, &mut cells);
            fetch(&cells);
            let mut inside = cells.iter().copied();
            for asked in asked {
                let cell = self.is_within(asked.place).then(|| inside.next()).flatten();
                let cell = cell.unwrap_or_else(|| Found::nothing(asked.place));
                found(asked.number as usize, self.outlines_in(cell, asked.place));
            }
        }
    }

    /// Whether one outline touches a place.
    #[must_use]
    pub fn touches(&self, outline: usize, place: Point<f64>) -> bool {
        self.at(place).any(|found| found == outline)
    }

    /// Outlines that share at least a point with `area`, ascending.
    ///
    /// The area is prepared first, at a cost of its number of corners; after that the cost is that of the corners of the
    /// outlines near it.
    #[must_use]
    pub fn meeting(&self, area: &MultiPolygon<f64>) -> Vec<usize> {
        let prepared = Self::build(area.iter().cloned());
        let mut met = vec![false; self.len()];
        for polygon in area {
            let Some(rect) = polygon.bounding_rect() else {
                continue;
            };
            // One lies within the other, or their lines meet.
            if let Some(corner) = polygon.exterior().coords().next() {
                for outline in self.at(Point::from(*corner)) {
                    met[outline] = true;
                }
            }
            for piece in self.pieces.meeting(rect.min().into(), rect.max().into()) {
                let outline = piece.outline as usize;
                met[outline] = met[outline] || prepared.meets_line(piece.coords(&self.rings));
            }
        }
        met.iter()
            .enumerate()
            .filter_map(|(outline, met)| met.then_some(outline))
            .collect()
    }

    /// Whether an outline touches the beginning of a line or crosses any of its edges.
    fn meets_line(&self, line: &[Coord<f64>]) -> bool {
        let begins_inside = line
            .first()
            .is_some_and(|first| self.at(Point::from(*first)).next().is_some());
        begins_inside
            || line
                .windows(2)
                .any(|edge| self.any_edge_meets(Line::new(edge[0], edge[1])))
    }

    fn any_edge_meets(&self, line: Line<f64>) -> bool {
        self.cells.any_ring_near(line, |ring| {
            ring.any_edge(|a, b| Line::new(a, b).intersects(&line))
        })
    }

    /// The nearest outline that `wanted` accepts, no further than `within_m`, and its distance in metres; zero inside or
    /// on the line. Of several at one distance the first. Distances are those of a plane at the place: right to half a
    /// percent up to 50 km.
    #[must_use]
    pub fn nearest(
        &self,
        place: Point<f64>,
        within_m: f64,
        wanted: impl Fn(usize) -> bool,
    ) -> Option<(usize, f64)> {
        if let Some(inside) = self.at(place).find(|outline| wanted(*outline)) {
            return Some((inside, 0.0));
        }
        if !place.x().is_finite() || !place.y().is_finite() {
            return None;
        }
        let plane = LocalPlane::at(place);
        let mut nearest: Option<(usize, f64)> = None;
        for (piece, distance) in self.pieces.by_distance(place) {
            let most_m = nearest.map_or(within_m, |(_, metres)| metres);
            if Pieces::at_least_m(&plane, place, distance) > most_m {
                break;
            }
            let outline = piece.outline as usize;
            if !wanted(outline) {
                continue;
            }
            let metres = distance_to_line_m(&plane, piece.coords(&self.rings));
            let first = nearest.is_none_or(|(before, before_m)| {
                metres < before_m || (metres.total_cmp(&before_m).is_eq() && outline < before)
            });
            if metres <= within_m && first {
                nearest = Some((outline, metres));
            }
        }
        nearest
    }

    /// Distance in metres from a place to one outline; zero inside or on the line, infinite to one without coordinates.
    /// The cost is the number of its corners.
    #[must_use]
    pub fn distance_m(&self, outline: usize, place: Point<f64>) -> f64 {
        if self.touches(outline, place) {
            return 0.0;
        }
        let plane = LocalPlane::at(place);
        self.rings
            .of_polygon(small(outline))
            .map(|ring| distance_to_line_m(&plane, self.rings.ring_coords(ring)))
            .fold(f64::INFINITY, f64::min)
    }

    /// One outline, built anew.
    #[must_use]
    pub fn polygon(&self, outline: usize) -> Polygon<f64> {
        self.rings.polygon(small(outline))
    }

    /// Lower-left and upper-right corner of one outline; nothing where it has no coordinates.
    #[must_use]
    pub fn bounds(&self, outline: usize) -> Option<([f64; 2], [f64; 2])> {
        self.rings.bounds(small(outline))
    }

    /// The corner at which one outline begins; nothing where it has no coordinates.
    #[must_use]
    pub fn first_corner(&self, outline: usize) -> Option<Point<f64>> {
        let outer = self.rings.of_polygon(small(outline)).next()?;
        self.rings
            .ring_coords(outer)
            .first()
            .map(|corner| Point::from(*corner))
    }

    /// How many outlines there are, those without coordinates included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rings.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of memory: coordinates, cells, and the tree of pieces.
    #[must_use]
    pub fn bytes(&self) -> [usize; 3] {
        [self.rings.bytes(), self.cells.bytes(), self.pieces.bytes()]
    }
}

/// Reads the end of the lists of some places, for nothing but to have it at hand when they are asked.
fn fetch(cells: &[Found<'_>]) {
    let mut seen = 0;
    for found in cells {
        if let FoundHeld::List(list) = found.held {
            seen ^= list.rings.last().copied().unwrap_or_default();
        }
    }
    std::hint::black_box(seen);
}

/// From the origin of a plane to the nearest point of a line.
fn distance_to_line_m(plane: &LocalPlane, line: &[Coord<f64>]) -> f64 {
    line.windows(2)
        .map(|edge| {
            let (a, b) = (plane.metres(edge[0]), plane.metres(edge[1]));
            let along = Coord {
                x: b.x - a.x,
                y: b.y - a.y,
            };
            let length_squared = along.x * along.x + along.y * along.y;
            let share = if length_squared > 0.0 {
                (-(a.x * along.x + a.y * along.y) / length_squared).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let (x, y) = (a.x + share * along.x, a.y + share * along.y);
            x * x + y * y
        })
        .fold(f64::INFINITY, f64::min)
        .sqrt()
}

impl Cells {
    /// Whether something is true of any ring with edges in the finest cells that the box of a line meets.
    fn any_ring_near(&self, line: Line<f64>, is: impl Fn(RingNear<'_>) -> bool) -> bool {
        let low = [line.start.x.min(line.end.x), line.start.y.min(line.end.y)];
        let high = [line.start.x.max(line.end.x), line.start.y.max(line.end.y)];
        let block = |grid: &Grid| {
            let (west, east) = grid.columns_near(low[0], high[0]);
            let (south, north) = grid.rows_near(low[1], high[1]);
            (south..=north).flat_map(move |row| (west..=east).map(move |column| (column, row)))
        };
        let Some(first) = self.first else {
            return false;
        };
        let mut open: Vec<Step> = block(&first)
            .map(|(column, row)| Step {
                cell: self.cells[(row * first.columns + column) as usize],
                grid: first,
                column,
                row,
            })
            .collect();
        while let Some(mut step) = open.pop() {
            match step.cell.slot.held() {
                Held::Finer(at) => {
                    step.grid = step.grid.finer(step.column, step.row, step.cell.size);
                    let cells = block(&step.grid);
                    open.extend(cells.map(|(column, row)| self.finer_cell(&step, at, column, row)));
                }
                Held::List(at) => {
                    let mut words = self.list(step.cell.base, at).rings;
                    while let Some((ring, rest)) = RingNear::read(words) {
                        if is(ring) {
                            return true;
                        }
                        words = rest;
                    }
                }
                Held::Nothing | Held::Cover(_) => {}
            }
        }
        false
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{Coord, Intersects as _, LineString, MultiPolygon, Point, Polygon};
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::OutlineIndex;

    /// Rings whose corners fall on few whole numbers: corners meet corners, edges lie on edges, and rings cross
    /// themselves.
    fn coarse_ring(from: i32, to: i32) -> impl Strategy<Value = Vec<(i32, i32)>> {
        vec((from..to, from..to), 1..12)
    }

    fn line(ring: &[(i32, i32)], scale: f64) -> LineString<f64> {
        ring.iter()
            .map(|(x, y)| (f64::from(*x) * scale, f64::from(*y) * scale))
            .collect()
    }

    fn answers_like_geo(polygons: &[Polygon<f64>], places: impl IntoIterator<Item = Point<f64>>) {
        let index = OutlineIndex::build(polygons.iter().cloned());
        for place in places {
            let found: Vec<usize> = index.at(place).collect();
            let expected: Vec<usize> = (0..polygons.len())
                .filter(|n| polygons[*n].intersects(&place))
                .collect();
            assert_eq!(found, expected, "{place:?} of {polygons:?}");
        }
    }

    /// Every half step over a square, so that corners, edges and insides are all asked.
    fn half_steps(to: i32, scale: f64) -> impl Iterator<Item = Point<f64>> {
        (-2..=2 * to).flat_map(move |x| {
            (-2..=2 * to)
                .map(move |y| Point::new(f64::from(x) * 0.5 * scale, f64::from(y) * 0.5 * scale))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(300))]

        /// The scale of a third makes coordinates that are not exact in binary.
        #[test]
        fn any_rings_are_answered_as_geo_answers_them(
            rings in vec(coarse_ring(0, 6), 1..6),
            scale in prop_oneof![Just(1.0), Just(1.0 / 3.0), Just(1e-3), Just(47.123)],
        ) {
            let polygons: Vec<_> = rings.iter().map(|r| Polygon::new(line(r, scale), vec![])).collect();
            answers_like_geo(&polygons, half_steps(6, scale));
        }

        #[test]
        fn a_ring_of_many_corners_is_cut_into_cells_and_answered_as_geo_answers_it(
            ring in vec((0..40, 0..40), 60..400),
        ) {
            let polygon = Polygon::new(line(&ring, 0.1), vec![]);
            answers_like_geo(&[polygon], half_steps(40, 0.1));
        }

        #[test]
        fn a_hole_counts_as_outside_and_its_line_as_inside(
            inner in coarse_ring(1, 9), other in coarse_ring(0, 10),
        ) {
            let square = line(&[(0, 0), (10, 0), (10, 10), (0, 10)], 1.0);
            let holed = Polygon::new(square, vec![line(&inner, 1.0)]);
            answers_like_geo(&[holed, Polygon::new(line(&other, 1.0), vec![])], half_steps(10, 1.0));
        }

        #[test]
        fn outlines_meeting_an_area_are_those_that_geo_finds(
            shapes in vec((0..20, 0..20, 1..6, 1..6), 1..30), area in (0..20, 0..20, 1..9, 1..9),
        ) {
            let triangle = |(x, y, w, h): (i32, i32, i32, i32)| {
                Polygon::new(line(&[(x, y), (x + w, y), (x, y + h)], 1.0), vec![])
            };
            let polygons: Vec<_> = shapes.into_iter().map(triangle).collect();
            let area = MultiPolygon::new(vec![triangle(area)]);
            let expected: Vec<usize> = (0..polygons.len()).filter(|n| polygons[*n].intersects(&area)).collect();
            prop_assert_eq!(OutlineIndex::build(polygons).meeting(&area), expected);
        }

        /// Places on slanted edges as nearly as numbers allow: a step of the last bit decides, and must decide as in geo.
        #[test]
        fn a_last_bit_beside_a_slanted_edge_is_decided_exactly(
            corners in prop::array::uniform3((122.0..154.0_f64, 20.0..46.0_f64)), share in 0.0..1.0_f64, side in 0..3_usize,
        ) {
            let polygon = Polygon::new(corners.iter().copied().collect(), vec![]);
            let (a, b) = (corners[side], corners[(side + 1) % 3]);
            let (x, y) = (a.0 + (b.0 - a.0) * share, a.1 + (b.1 - a.1) * share);
            let places = [x.next_down(), x, x.next_up()].into_iter().flat_map(|x| {
                [y.next_down(), y, y.next_up()].into_iter().map(move |y| Point::new(x, y))
            });
            answers_like_geo(&[polygon], places);
        }
    }

    /// A star of a hundred thousand corners, asked at places near its line and in the open.
    #[test]
    fn a_hundred_thousand_corners_are_answered_as_geo_answers_them() {
        let corners = 100_000_u32;
        let star = (0..corners).map(|n| {
            let turn = std::f64::consts::TAU * f64::from(n) / f64::from(corners);
            let radius = 0.1 + 0.05 * (turn * 37.0).sin() + if n % 2 == 0 { 0.001 } else { 0.0 };
            Coord {
                x: 139.0 + radius * turn.cos(),
                y: 35.0 + radius * turn.sin(),
            }
        });
        let star = Polygon::new(LineString::new(star.collect()), vec![]);
        let on_the_line = star
            .exterior()
            .coords()
            .step_by(997)
            .copied()
            .map(Point::from);
        let around = (0..300).map(|n| {
            let n = f64::from(n);
            Point::new(
                138.85 + 0.3 * (n * 0.618_033_988_75).fract(),
                34.85 + 0.3 * (n * 0.754_877_666).fract(),
            )
        });
        answers_like_geo(std::slice::from_ref(&star), on_the_line.chain(around));
    }

    #[test]
    fn an_outline_without_coordinates_or_with_one_that_is_no_number_keeps_its_place_and_touches_nothing()
     {
        let none = Polygon::new(LineString::new(vec![]), vec![]);
        let bad = Polygon::new(
            LineString::from(vec![(0.0, 0.0), (f64::NAN, 1.0), (1.0, 1.0)]),
            vec![],
        );
        let good = Polygon::new(
            LineString::from(vec![(0.0, 0.0), (2.0, 0.0), (1.0, 1.0)]),
            vec![],
        );
        let index = OutlineIndex::build([none, bad, good]);
        assert_eq!(index.len(), 3);
        assert_eq!(index.at(Point::new(1.0, 0.5)).collect::<Vec<_>>(), [2]);
        assert_eq!((index.bounds(0), index.bounds(1)), (None, None));
        assert!(index.distance_m(0, Point::new(1.0, 0.5)).is_infinite());
    }

    #[test]
    fn many_places_at_once_are_answered_as_each_alone() {
        let square = |x: f64| geo::Rect::new((x, 0.0), (x + 1.5, 9.0)).to_polygon();
        let index = OutlineIndex::build((0..40_u8).map(|n| square(f64::from(n))));
        let places: Vec<Point<f64>> = half_steps(20, 1.0)
            .chain([Point::new(f64::NAN, 0.0), Point::new(1e300, -1e300)])
            .collect();
        let mut together = vec![None; places.len()];
        index.at_each(&places, |n, found| {
            assert!(
                together[n].replace(found.collect::<Vec<_>>()).is_none(),
                "asked once"
            );
        });
        for (place, found) in places.iter().zip(together) {
            assert_eq!(found, Some(index.at(*place).collect()), "{place:?}");
        }
        OutlineIndex::build([]).at_each(&places, |_, mut found| assert_eq!(found.next(), None));
    }

    /// The same zone imported again and again, or many rivers' zones cut along one line.
    #[test]
    fn two_thousand_outlines_on_one_another_are_answered_and_stay_small() {
        let square = geo::Rect::new((139.7, 35.6), (139.71, 35.61)).to_polygon();
        let index = OutlineIndex::build(std::iter::repeat_n(square, 2_000));
        let bytes: usize = index.bytes().iter().sum();
        assert!(bytes < 64 << 20, "{bytes} bytes");
        for place in [(139.7, 35.6), (139.705, 35.6), (139.705, 35.605)] {
            let found = index.at(Point::from(place));
            assert!(found.eq(0..2_000), "{place:?}");
        }
        assert_eq!(index.at(Point::new(139.72, 35.605)).count(), 0);
    }

    #[test]
    fn wide_outlines_over_one_another_are_answered_as_geo_answers_them() {
        let polygons: Vec<Polygon<f64>> = (0..400_u16)
            .map(|n| {
                let by = f64::from(n) * 1e-7;
                geo::Rect::new((139.0 + by, 35.0 - by), (139.5 - by, 35.5 + by)).to_polygon()
            })
            .collect();
        let places = (0..60_u16).flat_map(|n| {
            let by = f64::from(n) * 1e-6;
            [
                Point::new(139.0 + by, 35.25),
                Point::new(139.5 - by, 35.0 + by),
                Point::new(139.25, 35.5 + by),
            ]
        });
        answers_like_geo(&polygons, places);
    }

    #[test]
    fn outlines_laid_over_one_another_come_in_their_order() {
        let square = |w: f64| geo::Rect::new((0.0, 0.0), (w, w)).to_polygon();
        let index = OutlineIndex::build([square(3.0), square(1.0), square(9.0), square(2.0)]);
        assert_eq!(
            index.at(Point::new(0.5, 0.5)).collect::<Vec<_>>(),
            [0, 1, 2, 3]
        );
        assert_eq!(
            index.at(Point::new(2.0, 0.5)).collect::<Vec<_>>(),
            [0, 2, 3]
        );
    }

    #[test]
    fn the_nearest_is_found_however_far_and_none_to_a_place_that_is_no_place() {
        let at = |x: f64| geo::Rect::new((x, 35.0), (x + 0.1, 35.1)).to_polygon();
        let index = OutlineIndex::build([at(139.0), at(141.0)]);
        let nearest = |x: f64, within_m: f64| {
            let found = index.nearest(Point::new(x, 35.05), within_m, |_| true);
            found.map(|(outline, metres)| (outline, format!("{:.0}", metres / 100.0)))
        };
        assert_eq!(nearest(139.2, 1e6), Some((0, "91".to_owned())));
        assert_eq!(nearest(140.9, 1e6), Some((1, "91".to_owned())));
        assert_eq!(nearest(140.0, 1e6), Some((0, "821".to_owned())));
        assert_eq!(nearest(140.0, 50_000.0), None);
        assert_eq!(nearest(f64::NAN, 1e6), None);
    }
}
