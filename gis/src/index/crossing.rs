//! On which side of a line a place lies, and how often a path crosses an outline: exact.
//!
//! The winding number at a place is the number at a reference plus what the path between them crosses. The path goes from
//! the reference straight up to the height of the place and then level to the place. To have no special cases, all of the
//! path is thought to be shifted by an infinitely small step up, and its upright part by a still smaller step to the
//! right: so it meets no corner of any outline. [`side`] and the half-open comparisons below are what this means in
//! numbers. A place on a line is found before and needs no path.

use geo::Coord;
use geo::kernels::{Kernel as _, Orientation, RobustKernel};

/// Where `place` lies, seen from `a` to `b`: positive is left, negative is right, zero is exactly on the line through them.
#[inline]
pub(crate) fn side(a: Coord<f64>, b: Coord<f64>, place: Coord<f64>) -> f64 {
    // Shewchuk's bound for the rounding of this determinant: 3 eps + 16 eps², with eps = 2^-53.
    const BOUND: f64 = 3.330_669_073_875_471_6e-16;
    let left = (a.x - place.x) * (b.y - place.y);
    let right = (a.y - place.y) * (b.x - place.x);
    let det = left - right;
    if det.abs() > BOUND * (left.abs() + right.abs()) {
        det
    } else {
        exactly(a, b, place)
    }
}

#[cold]
#[inline(never)]
fn exactly(a: Coord<f64>, b: Coord<f64>, place: Coord<f64>) -> f64 {
    match RobustKernel::orient2d(a, b, place) {
        Orientation::CounterClockwise => 1.0,
        Orientation::Clockwise => -1.0,
        Orientation::Collinear => 0.0,
    }
}

/// Whether the edge from `a` to `b` crosses the level line a touch above `y`.
#[inline]
pub(crate) fn crosses_level(a: Coord<f64>, b: Coord<f64>, y: f64) -> bool {
    (a.y > y) != (b.y > y)
}

/// Whether the edge from `a` to `b` crosses the upright line a touch right of `x`.
#[inline]
pub(crate) fn crosses_upright(a: Coord<f64>, b: Coord<f64>, x: f64) -> bool {
    (a.x > x) != (b.x > x)
}

/// What crossing an edge from left to right adds to the winding number.
#[inline]
pub(crate) fn eastward(a: Coord<f64>, b: Coord<f64>) -> i32 {
    if b.y > a.y { -1 } else { 1 }
}

/// What crossing an edge upward adds to the winding number.
#[inline]
pub(crate) fn northward(a: Coord<f64>, b: Coord<f64>) -> i32 {
    if b.x > a.x { 1 } else { -1 }
}

/// Whether `place`, shifted up and still less right, lies right of an edge that crosses its level.
#[inline]
pub(crate) fn is_right_of(a: Coord<f64>, b: Coord<f64>, place: Coord<f64>) -> bool {
    let (low, high) = if a.y < b.y { (a, b) } else { (b, a) };
    if low.x <= place.x && high.x <= place.x {
        return true;
    }
    if low.x > place.x && high.x > place.x {
        return false;
    }
    let side = side(low, high, place);
    side < 0.0 || (side == 0.0 && high.x <= low.x)
}

/// Whether `place`, shifted up and still less right, lies above an edge that crosses its upright line.
#[inline]
pub(crate) fn is_above(a: Coord<f64>, b: Coord<f64>, place: Coord<f64>) -> bool {
    if a.y > place.y && b.y > place.y {
        return false;
    }
    if a.y <= place.y && b.y <= place.y {
        return true;
    }
    let (left, right) = if a.x < b.x { (a, b) } else { (b, a) };
    side(left, right, place) >= 0.0
}

/// Whether `place` lies on the edge from `a` to `b`, ends included.
#[inline]
pub(crate) fn is_on(a: Coord<f64>, b: Coord<f64>, place: Coord<f64>) -> bool {
    let within = |p: f64, q: f64, at: f64| (p <= at && at <= q) || (q <= at && at <= p);
    within(a.x, b.x, place.x) && within(a.y, b.y, place.y) && side(a, b, place) == 0.0
}
