//! Outlines as files have them, made into outlines that can be relied on, or refused with reason and place.
//!
//! Everything happens on the lattice of the bundle (whole hundred-millionths of a degree), where each question has an exact
//! answer: what passes here is valid exactly as it will be stored. A repair never changes what is covered except where the
//! outline itself contradicts itself: what an outer ring goes round at least once is inside, what a hole goes round is not.

mod check;
mod nest;
mod rebuild;
mod ring;

use geo::{Coord, LineString, MultiPolygon, Polygon};
use serde::Serialize;

use crate::bundle::STEPS_PER_DEGREE;

pub(crate) use nest::nested;
use ring::Ring;

/// A point of the lattice: steps of longitude and latitude.
pub(crate) type Step = [i64; 2];

/// What is wrong with an outline. Ordered as a report lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// The same point twice in a row, at the precision of a millimetre.
    DuplicatePoint,
    /// An outer ring that runs clockwise, or a hole that does not.
    Winding,
    /// A ring whose last point is not its first.
    Unclosed,
    /// A loose ring taken for a hole or an island by its place, although it winds like the ring around it.
    RoleByPlace,
    /// A ring that runs out to a point and back the same way.
    Spike,
    /// A ring that encloses nothing.
    NoArea,
    /// A ring that touches itself.
    SelfTouching,
    /// A ring that crosses itself or runs along itself.
    SelfCrossing,
    /// Two rings of one polygon that cross or run along each other.
    RingsCross,
    /// A hole outside its outer ring, or inside another hole.
    HoleOutside,
    /// Rings that touch so often that the inside falls apart.
    InsideSplit,
    /// Polygons of one feature that overlap or share a border.
    PartsOverlap,
    /// So many lines close together that it cannot be checked in bounded time.
    Tangled,
    /// Larger than Japan is wide.
    TooWide,
}

impl Fault {
    /// Whether putting it right is only tidying: nothing that the outline says is changed.
    #[must_use]
    pub fn is_untidy(self) -> bool {
        matches!(self, Self::DuplicatePoint | Self::Winding)
    }

    /// In Japanese and English.
    #[must_use]
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::DuplicatePoint => ("同じ点の連続", "the same point twice in a row"),
            Self::Winding => ("環の向きが逆", "a ring that winds the wrong way"),
            Self::Unclosed => ("閉じていない環", "a ring that is not closed"),
            Self::RoleByPlace => (
                "環の役割を位置で決めた",
                "a ring taken for a hole or an island by its place, against its winding",
            ),
            Self::Spike => ("行って戻る線", "a spike"),
            Self::NoArea => ("面積のない環", "a ring without area"),
            Self::SelfTouching => ("自己接触", "a ring that touches itself"),
            Self::SelfCrossing => ("自己交差", "a ring that crosses itself"),
            Self::RingsCross => ("環どうしの交差", "rings that cross each other"),
            Self::HoleOutside => ("外側にある穴", "a hole outside its outer ring"),
            Self::InsideSplit => ("内部の分断", "rings that cut the inside apart"),
            Self::PartsOverlap => ("部分どうしの重なり", "parts that overlap or share a border"),
            Self::Tangled => (
                "線が密集しすぎて検査できない",
                "too tangled to be checked in bounded time",
            ),
            Self::TooWide => ("広がりすぎた図形", "wider than can be repaired"),
        }
    }
}

/// A fault and where it is, longitude and latitude.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Found {
    /// What is wrong.
    pub fault: Fault,
    /// Where.
    pub at: Coord<f64>,
}

/// Sound outlines and what was put right to make them so.
#[derive(Clone, Debug, PartialEq)]
pub struct Mended {
    /// Outlines that do not cross themselves: outer rings counter-clockwise, holes clockwise.
    pub area: MultiPolygon<f64>,
    /// One entry per kind of fault, with the first place of each.
    pub found: Vec<Found>,
}

/// Makes polygons sound. Each polygon is its outer ring and then its holes, in degrees, closed or not.
///
/// # Errors
/// The fault that could not be put right, with its place.
pub fn mend(polygons: &[Vec<Vec<Coord<f64>>>]) -> Result<Mended, Found> {
    let mut faults = Faults::default();
    let cleaned = clean(polygons, &mut faults)?;
    let found = match check::first_fault(&cleaned) {
        None => return Ok(faults.mended(oriented(cleaned))),
        Some(found) => found,
    };
    faults.note(found.0, found.1);
    if found.0 == Fault::Tangled {
        return Err(faults.refusal(found));
    }
    rebuilt(cleaned, faults)
}

/// Joins patches, such as the triangles of a surface, to outlines. That they touch is no fault.
///
/// # Errors
/// The fault that could not be put right, with its place.
pub fn join(patches: &[Vec<Vec<Coord<f64>>>]) -> Result<Mended, Found> {
    let mut faults = Faults::default();
    let cleaned = clean(patches, &mut faults)?;
    // The triangles of a surface seen from above have either winding, and some stand upright.
    faults
        .0
        .retain(|(fault, _)| !matches!(fault, Fault::Winding | Fault::NoArea));
    rebuilt(cleaned, faults)
}

fn rebuilt(mut polygons: Vec<Vec<Ring>>, faults: Faults) -> Result<Mended, Found> {
    const ATTEMPTS: usize = 3;
    let mut last = (Fault::SelfCrossing, [0, 0]);
    for _ in 0..ATTEMPTS {
        polygons = rebuild::union(&polygons).map_err(|found| faults.refusal(found))?;
        match check::first_fault(&polygons) {
            None if polygons.is_empty() => return Err(faults.refusal((Fault::NoArea, last.1))),
            None => return Ok(faults.mended(oriented(polygons))),
            Some(found) => last = found,
        }
    }
    Err(faults.refusal(last))
}

fn clean(polygons: &[Vec<Vec<Coord<f64>>>], faults: &mut Faults) -> Result<Vec<Vec<Ring>>, Found> {
    let mut cleaned = Vec::with_capacity(polygons.len());
    for rings in polygons {
        let mut rings = rings.iter().enumerate();
        let Some((_, outer)) = rings.next() else {
            continue;
        };
        let Some(outer) = ring::clean(outer, faults) else {
            continue;
        };
        faults.note_winding(&outer, true);
        let mut polygon = vec![outer];
        for (_, hole) in rings {
            if let Some(hole) = ring::clean(hole, faults) {
                faults.note_winding(&hole, false);
                polygon.push(hole);
            }
        }
        cleaned.push(polygon);
    }
    if cleaned.is_empty() {
        let at = faults.0.last().map_or([0, 0], |(_, at)| *at);
        return Err(faults.refusal((Fault::NoArea, at)));
    }
    Ok(cleaned)
}

/// Kinds of fault with the first place of each.
#[derive(Default)]
struct Faults(Vec<(Fault, Step)>);

impl Faults {
    fn note(&mut self, fault: Fault, at: Step) {
        if !self.0.iter().any(|(known, _)| *known == fault) {
            self.0.push((fault, at));
        }
    }

    fn note_winding(&mut self, ring: &Ring, is_outer: bool) {
        if ring.twice_area != 0 && (ring.twice_area > 0) != is_outer {
            self.note(Fault::Winding, ring.points[0]);
        }
    }

    fn refusal(&self, (fault, at): (Fault, Step)) -> Found {
        Found {
            fault,
            at: degrees(at),
        }
    }

    fn mended(self, area: MultiPolygon<f64>) -> Mended {
        let mut found: Vec<Found> = self
            .0
            .iter()
            .map(|(fault, at)| Found {
                fault: *fault,
                at: degrees(*at),
            })
            .collect();
        found.sort_by_key(|found| found.fault);
        Mended { area, found }
    }
}

fn oriented(polygons: Vec<Vec<Ring>>) -> MultiPolygon<f64> {
    polygons
        .into_iter()
        .map(|rings| {
            let mut lines = rings.into_iter().enumerate().map(|(n, ring)| {
                let is_outer = n == 0;
                let turn = (ring.twice_area > 0) != is_outer;
                closed(ring.points, turn)
            });
            let outer = lines.next().unwrap_or_else(|| LineString::new(Vec::new()));
            Polygon::new(outer, lines.collect())
        })
        .collect()
}

fn closed(mut points: Vec<Step>, turn: bool) -> LineString<f64> {
    if turn {
        points.reverse();
    }
    let mut line: Vec<Coord<f64>> = points.into_iter().map(degrees).collect();
    if let Some(first) = line.first().copied() {
        line.push(first);
    }
    LineString::new(line)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "places in Japan are less than 2^53 steps"
)]
pub(crate) fn degrees(at: Step) -> Coord<f64> {
    Coord {
        x: at[0] as f64 / STEPS_PER_DEGREE,
        y: at[1] as f64 / STEPS_PER_DEGREE,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "places in Japan are less than 2^53 steps"
)]
pub(crate) fn steps(at: Coord<f64>) -> Step {
    [
        (at.x * STEPS_PER_DEGREE).round() as i64,
        (at.y * STEPS_PER_DEGREE).round() as i64,
    ]
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{Area, Coord, MapCoords, MultiPolygon, Validation};
    use proptest::prelude::{prop_assert, proptest};

    use super::{Fault, join, mend};

    /// Rings of a plan drawn in units of a thousandth of a degree.
    fn drawn(rings: &[&[(f64, f64)]]) -> Vec<Vec<Coord<f64>>> {
        rings
            .iter()
            .map(|ring| {
                ring.iter()
                    .map(|(x, y)| Coord {
                        x: 140.0 + x / 1e3,
                        y: 36.0 + y / 1e3,
                    })
                    .collect()
            })
            .collect()
    }

    /// In whole steps from a near corner, where floating point is exact: in degrees, a corner on a line may come to lie a
    /// hundred-millionth of a millimetre beside it.
    fn on_lattice(area: &MultiPolygon<f64>) -> MultiPolygon<f64> {
        area.map_coords(|at| {
            let step = super::steps(at);
            let near = |n: i64, base: i64| f64::from(i32::try_from(n - base).unwrap());
            Coord {
                x: near(step[0], 14_000_000_000),
                y: near(step[1], 3_600_000_000),
            }
        })
    }

    fn check(polygons: &[Vec<Vec<Coord<f64>>>], expected: &[Fault], area: f64) {
        let mended = mend(polygons).unwrap();
        let faults: Vec<Fault> = mended.found.iter().map(|found| found.fault).collect();
        assert_eq!(faults, expected);
        assert!(
            (mended.area.unsigned_area() * 1e6 - area).abs() < 1e-4,
            "{}",
            mended.area.unsigned_area() * 1e6
        );
        assert!(on_lattice(&mended.area).is_valid(), "{:?}", mended.area);
    }

    #[test]
    fn a_sound_outline_with_a_hole_is_left_alone() {
        let square = drawn(&[
            &[(0., 0.), (4., 0.), (4., 4.), (0., 4.), (0., 0.)],
            &[(1., 1.), (1., 2.), (2., 2.), (2., 1.), (1., 1.)],
        ]);
        check(&[square], &[], 15.0);
    }

    #[test]
    fn untidy_outlines_are_tidied_and_told() {
        check(
            &[drawn(&[&[
                (0., 0.),
                (0., 0.),
                (0., 4.),
                (4., 4.),
                (4., 0.),
                (0., 0.),
            ]])],
            &[Fault::DuplicatePoint, Fault::Winding],
            16.0,
        );
        check(
            &[drawn(&[&[(0., 0.), (4., 0.), (4., 4.), (0., 4.)]])],
            &[Fault::Unclosed],
            16.0,
        );
        check(
            &[drawn(&[&[
                (0., 0.),
                (4., 0.),
                (9., 0.),
                (4., 0.),
                (4., 4.),
                (0., 4.),
                (0., 0.),
            ]])],
            &[Fault::Spike],
            16.0,
        );
    }

    #[test]
    fn a_bow_tie_becomes_two_triangles() {
        check(
            &[drawn(&[&[
                (0., 0.),
                (4., 4.),
                (4., 0.),
                (0., 4.),
                (0., 0.),
            ]])],
            &[Fault::SelfCrossing],
            8.0,
        );
    }

    #[test]
    fn a_ring_that_touches_itself_keeps_its_area() {
        // Its inner loop is a hole drawn as part of the outer ring, as the national flood zones have it.
        let pinched = drawn(&[&[
            (0., 0.),
            (4., 0.),
            (4., 4.),
            (2., 4.),
            (3., 2.),
            (2., 1.),
            (1., 2.),
            (2., 4.),
            (0., 4.),
            (0., 0.),
        ]]);
        check(&[pinched], &[Fault::SelfTouching], 13.0);
    }

    #[test]
    fn a_place_that_is_gone_round_twice_stays_inside() {
        let twice = drawn(&[&[
            (0., 0.),
            (4., 0.),
            (4., 4.),
            (0., 4.),
            (0., 1.),
            (3., 1.),
            (3., 3.),
            (1., 3.),
            (1., 0.5),
            (0., 0.5),
            (0., 0.),
        ]]);
        let mended = mend(&[twice]).unwrap();
        assert!(
            mended
                .found
                .iter()
                .any(|found| found.fault == Fault::SelfCrossing)
        );
        assert!((mended.area.unsigned_area() * 1e6 - 16.0).abs() < 0.6);
    }

    #[test]
    fn an_island_in_a_hole_stays_and_parts_that_share_a_border_are_joined() {
        let ring = drawn(&[
            &[(0., 0.), (9., 0.), (9., 9.), (0., 9.), (0., 0.)],
            &[(2., 2.), (2., 7.), (7., 7.), (7., 2.), (2., 2.)],
        ]);
        let island = drawn(&[&[(4., 4.), (5., 4.), (5., 5.), (4., 5.), (4., 4.)]]);
        check(&[ring.clone(), island.clone()], &[], 57.0);
        let neighbour = drawn(&[&[(9., 0.), (12., 0.), (12., 9.), (9., 9.), (9., 0.)]]);
        check(&[ring, island, neighbour], &[Fault::PartsOverlap], 84.0);
    }

    #[test]
    fn a_hole_outside_or_across_takes_away_only_what_it_covers() {
        let far = drawn(&[
            &[(0., 0.), (4., 0.), (4., 4.), (0., 4.), (0., 0.)],
            &[(6., 6.), (6., 7.), (7., 7.), (7., 6.), (6., 6.)],
        ]);
        check(&[far], &[Fault::HoleOutside], 16.0);
        let across = drawn(&[
            &[(0., 0.), (4., 0.), (4., 4.), (0., 4.), (0., 0.)],
            &[(3., 1.), (3., 2.), (6., 2.), (6., 1.), (3., 1.)],
        ]);
        check(&[across], &[Fault::RingsCross], 15.0);
    }

    #[test]
    fn holes_that_cut_the_inside_apart_are_found() {
        let cut = drawn(&[
            &[(0., 0.), (4., 0.), (4., 4.), (0., 4.), (0., 0.)],
            &[(2., 0.), (1., 2.), (2., 4.), (3., 2.), (2., 0.)],
        ]);
        check(&[cut], &[Fault::InsideSplit], 12.0);
    }

    #[test]
    fn what_has_no_area_is_refused_with_its_place() {
        for ring in [
            &[(0., 0.), (4., 0.), (0., 0.)][..],
            &[(1., 1.)],
            &[(0., 0.), (1., 0.), (2., 0.), (0., 0.)],
        ] {
            let found = mend(&[drawn(&[ring])]).unwrap_err();
            assert_eq!(found.fault, Fault::NoArea);
            assert!(
                (found.at.x - 140.0).abs() < 0.01 && (found.at.y - 36.0).abs() < 0.01,
                "{found:?}"
            );
        }
        assert_eq!(mend(&[]).unwrap_err().fault, Fault::NoArea);
    }

    #[test]
    fn triangles_join_to_one_outline_without_being_called_a_fault() {
        let a = drawn(&[&[(0., 0.), (4., 0.), (4., 4.), (0., 0.)]]);
        let b = drawn(&[&[(0., 0.), (0., 4.), (4., 4.), (0., 0.)]]);
        let joined = join(&[a, b]).unwrap();
        assert_eq!(joined.area.0.len(), 1);
        assert!(joined.found.is_empty(), "{:?}", joined.found);
        assert!((joined.area.unsigned_area() * 1e6 - 16.0).abs() < 1e-6);
    }

    /// A zigzag whose every line is near every other: each pair would have to be looked at.
    #[test]
    fn a_million_lines_that_lie_across_one_another_are_refused_in_bounded_time() {
        let zigzag: Vec<(f64, f64)> = (0..200_000)
            .map(|n| {
                let n = f64::from(n);
                if n % 2.0 < 0.5 {
                    (n / 1e5, 0.0)
                } else {
                    (900.0 + n / 1e5, 900.0)
                }
            })
            .collect();
        assert_eq!(
            mend(&[drawn(&[&zigzag])]).unwrap_err().fault,
            Fault::Tangled
        );
    }

    #[test]
    fn a_sound_outline_of_a_million_points_is_accepted() {
        let points = 1_000_000;
        let ring: Vec<(f64, f64)> = (0..points)
            .map(|n| {
                let angle = f64::from(n) / f64::from(points) * std::f64::consts::TAU;
                let radius = 400.0 + 20.0 * (angle * 1000.0).sin();
                (radius * angle.cos(), radius * angle.sin())
            })
            .collect();
        let mended = mend(&[drawn(&[&ring])]).unwrap();
        assert!(mended.area.0[0].exterior().0.len() > 900_000);
    }

    proptest! {
        /// Whatever is drawn: the result is sound by the judgement of another library, or it is refused.
        #[test]
        fn any_rings_become_sound_outlines_or_are_refused(
            rings in proptest::collection::vec(proptest::collection::vec((0..12_u8, 0..12_u8), 0..12), 1..4),
            more in proptest::collection::vec(proptest::collection::vec((0..12_u8, 0..12_u8), 0..8), 0..3),
        ) {
            let plan = |rings: &Vec<Vec<(u8, u8)>>| -> Vec<Vec<Coord<f64>>> {
                rings.iter().map(|ring| ring.iter().map(|(x, y)| Coord { x: 140.0 + f64::from(*x) / 1e3, y: 36.0 + f64::from(*y) / 1e3 }).collect()).collect()
            };
            if let Ok(mended) = mend(&[plan(&rings), plan(&more)]) {
                let exact = on_lattice(&mended.area);
                prop_assert!(exact.is_valid(), "{:?} {:?}", exact.validation_errors(), exact);
                let again: Vec<_> = mended.area.iter().map(|p| {
                    std::iter::once(p.exterior()).chain(p.interiors()).map(|r| r.0.clone()).collect::<Vec<_>>()
                }).collect();
                let again = mend(&again).unwrap();
                prop_assert!(again.found.is_empty(), "{:?}", again.found);
            }
        }
    }
}
