//! One ring on the lattice: closed, without repeated points and spikes.

use geo::Coord;

use super::{Fault, Faults, Step, steps};

/// A ring of at least three different points; the first is not repeated at the end.
#[derive(Clone, Debug)]
pub(super) struct Ring {
    pub(super) points: Vec<Step>,
    /// Positive where it runs counter-clockwise.
    pub(super) twice_area: i128,
    pub(super) min: Step,
    pub(super) max: Step,
}

impl Ring {
    pub(super) fn new(points: Vec<Step>) -> Self {
        let mut ring = Self {
            twice_area: twice_area(&points),
            min: [i64::MAX; 2],
            max: [i64::MIN; 2],
            points,
        };
        for point in &ring.points {
            let [x, y] = *point;
            ring.min = [ring.min[0].min(x), ring.min[1].min(y)];
            ring.max = [ring.max[0].max(x), ring.max[1].max(y)];
        }
        ring
    }

    /// Its lines, each from a point to the next.
    pub(super) fn lines(&self) -> impl Iterator<Item = (Step, Step)> {
        let next = self.points.iter().cycle().skip(1);
        self.points.iter().copied().zip(next.copied())
    }

    pub(super) fn box_holds(&self, at: Step) -> bool {
        (0..2).all(|axis| self.min[axis] <= at[axis] && at[axis] <= self.max[axis])
    }

    /// Inside, outside or on the line.
    pub(super) fn side(&self, at: Step) -> Side {
        if !self.box_holds(at) {
            return Side::Outside;
        }
        let mut inside = false;
        for (a, b) in self.lines() {
            let turn = turn(a, b, at);
            if turn == 0 && between(a, b, at) {
                return Side::OnLine;
            }
            if (a[1] > at[1]) != (b[1] > at[1]) && (turn > 0) == (b[1] > a[1]) {
                inside = !inside;
            }
        }
        if inside { Side::Inside } else { Side::Outside }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Inside,
    Outside,
    OnLine,
}

/// The ring that these points mean, or nothing where they enclose nothing. What had to be done is noted.
///
/// Twice the signed area of a figure of eight is zero although it encloses something; such a ring is kept.
pub(super) fn clean(points: &[Coord<f64>], faults: &mut Faults) -> Option<Ring> {
    let mut ring: Vec<Step> = Vec::with_capacity(points.len());
    let mut closing = None;
    for (n, point) in points.iter().enumerate() {
        let at = steps(*point);
        if n + 1 == points.len() && n > 0 {
            closing = Some(at);
        } else if ring.last() == Some(&at) {
            faults.note(Fault::DuplicatePoint, at);
        } else {
            ring.push(at);
        }
    }
    let first = *ring.first()?;
    if let Some(last) = closing.filter(|last| *last != first) {
        faults.note(Fault::Unclosed, last);
        if ring.last() == Some(&last) {
            faults.note(Fault::DuplicatePoint, last);
        } else {
            ring.push(last);
        }
    }
    while ring.len() > 1 && ring.last() == Some(&first) {
        faults.note(Fault::DuplicatePoint, first);
        ring.pop();
    }
    let ring = without_spikes(ring, faults);
    if ring.len() < 3 {
        faults.note(Fault::NoArea, first);
        return None;
    }
    let ring = Ring::new(ring);
    let [a, b] = [ring.points[0], ring.points[1]];
    if ring.twice_area == 0 && ring.points.iter().all(|point| turn(a, b, *point) == 0) {
        faults.note(Fault::NoArea, first);
        return None;
    }
    Some(ring)
}

/// Takes out every point from which the ring goes straight back to where it came from.
fn without_spikes(points: Vec<Step>, faults: &mut Faults) -> Vec<Step> {
    let mut kept: Vec<Step> = Vec::with_capacity(points.len());
    for point in points {
        let mut point = Some(point);
        while let Some(at) = point {
            match kept.as_slice() {
                [.., last] if *last == at => point = None,
                [.., before, tip] if *before == at => {
                    faults.note(Fault::Spike, *tip);
                    kept.pop();
                    point = None;
                }
                _ => {
                    kept.push(at);
                    point = None;
                }
            }
        }
    }
    // Around the seam.
    let mut start = 0;
    while kept.len() - start >= 3 {
        let end = kept.len();
        if kept[end - 1] == kept[start] {
            kept.pop();
        } else if kept[end - 1] == kept[start + 1] {
            faults.note(Fault::Spike, kept[start]);
            start += 1;
        } else if kept[end - 2] == kept[start] {
            faults.note(Fault::Spike, kept[end - 1]);
            kept.pop();
        } else {
            break;
        }
    }
    kept.drain(..start);
    kept
}

fn twice_area(points: &[Step]) -> i128 {
    let Some(origin) = points.first() else {
        return 0;
    };
    points
        .windows(2)
        .map(|pair| cross(minus(pair[0], *origin), minus(pair[1], *origin)))
        .sum()
}

/// Positive where `at` lies to the left of the way from `a` to `b`, zero on its line. Exact.
pub(super) fn turn(a: Step, b: Step, at: Step) -> i128 {
    cross(minus(b, a), minus(at, a))
}

/// Whether a point on the line of `a` and `b` lies between them or on one of them.
pub(super) fn between(a: Step, b: Step, at: Step) -> bool {
    (0..2).all(|axis| a[axis].min(b[axis]) <= at[axis] && at[axis] <= a[axis].max(b[axis]))
}

fn minus(a: Step, b: Step) -> Step {
    [a[0].saturating_sub(b[0]), a[1].saturating_sub(b[1])]
}

fn cross(a: Step, b: Step) -> i128 {
    /// Products of two such numbers and their difference fit an i64, which is several times faster.
    const SMALL: u64 = 1 << 31;
    if [a[0], a[1], b[0], b[1]]
        .iter()
        .all(|n| n.unsigned_abs() < SMALL)
    {
        return i128::from(a[0] * b[1] - a[1] * b[0]);
    }
    i128::from(a[0]) * i128::from(b[1]) - i128::from(a[1]) * i128::from(b[0])
}
