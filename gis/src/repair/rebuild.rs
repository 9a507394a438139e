//! Rebuilding outlines that contradict themselves, by an overlay on whole numbers.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::i_float::int::point::IntPoint;

use super::ring::Ring;
use super::{Fault, Step};

/// Largest extent that the overlay's 32-bit numbers hold with room for exact products: about ten degrees.
const EXTENT_MAX: i64 = 1 << 30;

/// What at least one outer ring goes round and its own holes do not.
pub(super) fn union(polygons: &[Vec<Ring>]) -> Result<Vec<Vec<Ring>>, (Fault, Step)> {
    let Some(middle) = middle(polygons)? else {
        return Ok(Vec::new());
    };
    let mut parts: Vec<Vec<IntPoint>> = Vec::new();
    for rings in polygons {
        let Some((outer, holes)) = rings.split_first() else {
            continue;
        };
        // A triangle goes round everything in it once; it needs no sorting out of its own.
        if holes.is_empty() && outer.points.len() == 3 {
            parts.push(counter_clockwise(outer, middle));
            continue;
        }
        let mut overlay = overlay();
        overlay.add_contour(&counter_clockwise(outer, middle), ShapeType::Subject);
        for hole in holes {
            overlay.add_contour(&counter_clockwise(hole, middle), ShapeType::Clip);
        }
        for shape in overlay.overlay(OverlayRule::Difference, FillRule::NonZero) {
            parts.extend(shape.into_iter().enumerate().map(wound));
        }
    }
    let mut all = overlay();
    for part in &parts {
        all.add_contour(part, ShapeType::Subject);
    }
    let shapes = all.overlay(OverlayRule::Subject, FillRule::NonZero);
    Ok(shapes
        .into_iter()
        .map(|contours| {
            contours
                .into_iter()
                .map(|contour| Ring::new(contour.iter().map(|at| back(*at, middle)).collect()))
                .collect()
        })
        .collect())
}

/// The winding of a hole that touches its outer ring is not to be relied on, so each is made right here.
fn wound((n, mut contour): (usize, Vec<IntPoint>)) -> Vec<IntPoint> {
    let is_outer = n == 0;
    let twice_area: i128 = contour
        .iter()
        .zip(contour.iter().cycle().skip(1))
        .map(|(a, b)| i128::from(a.x) * i128::from(b.y) - i128::from(a.y) * i128::from(b.x))
        .sum();
    if (twice_area > 0) != is_outer {
        contour.reverse();
    }
    contour
}

fn overlay() -> Overlay {
    // Points where outlines touch stay corners of both.
    let options = IntOverlayOptions {
        preserve_output_collinear: true,
        ..IntOverlayOptions::ogc()
    };
    Overlay::new_custom(0, options, Solver::default())
}

fn middle(polygons: &[Vec<Ring>]) -> Result<Option<Step>, (Fault, Step)> {
    let rings = || polygons.iter().flatten();
    let mut middle = [0; 2];
    for (axis, middle) in middle.iter_mut().enumerate() {
        let (Some(min), Some(max)) = (
            rings().map(|ring| ring.min[axis]).min(),
            rings().map(|ring| ring.max[axis]).max(),
        ) else {
            return Ok(None);
        };
        if max - min > EXTENT_MAX {
            let at = rings().next().map_or([0, 0], |ring| ring.points[0]);
            return Err((Fault::TooWide, at));
        }
        *middle = min + (max - min) / 2;
    }
    Ok(Some(middle))
}

fn counter_clockwise(ring: &Ring, middle: Step) -> Vec<IntPoint> {
    let mut points: Vec<IntPoint> = ring.points.iter().map(|at| near(*at, middle)).collect();
    if ring.twice_area < 0 {
        points.reverse();
    }
    points
}

fn near(at: Step, middle: Step) -> IntPoint {
    let small = |axis: usize| {
        i32::try_from(at[axis] - middle[axis]).expect("the extent was checked to fit 31 bits")
    };
    IntPoint::new(small(0), small(1))
}

fn back(at: IntPoint, middle: Step) -> Step {
    [i64::from(at.x) + middle[0], i64::from(at.y) + middle[1]]
}
