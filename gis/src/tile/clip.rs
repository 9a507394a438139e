//! Cutting rings and lines at the sides of a box, in whole steps.

/// A box with its sides: west, north, east, south. South is the larger number, as on screens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bounds {
    pub(crate) low: [i32; 2],
    pub(crate) high: [i32; 2],
}

impl Bounds {
    /// The smallest box around some places; nothing for none.
    pub(crate) fn around(places: &[[i32; 2]]) -> Option<Self> {
        let first = *places.first()?;
        let start = Self {
            low: first,
            high: first,
        };
        Some(places.iter().fold(start, |bounds, at| Self {
            low: [bounds.low[0].min(at[0]), bounds.low[1].min(at[1])],
            high: [bounds.high[0].max(at[0]), bounds.high[1].max(at[1])],
        }))
    }

    pub(crate) fn meets(&self, other: &Self) -> bool {
        (0..2).all(|n| self.low[n] <= other.high[n] && other.low[n] <= self.high[n])
    }

    pub(crate) fn holds(&self, other: &Self) -> bool {
        (0..2).all(|n| self.low[n] <= other.low[n] && other.high[n] <= self.high[n])
    }

    pub(crate) fn holds_place(&self, at: [i32; 2]) -> bool {
        (0..2).all(|n| (self.low[n]..=self.high[n]).contains(&at[n]))
    }
}

/// One side of the box: along which axis, at which number, and whether the inside is above it.
#[derive(Clone, Copy)]
struct Side {
    axis: usize,
    at: i32,
    inside_above: bool,
}

impl Side {
    fn all(bounds: &Bounds) -> [Self; 4] {
        let side = |axis: usize, at: i32, inside_above: bool| Self {
            axis,
            at,
            inside_above,
        };
        [
            side(0, bounds.low[0], true),
            side(0, bounds.high[0], false),
            side(1, bounds.low[1], true),
            side(1, bounds.high[1], false),
        ]
    }

    fn holds(self, at: [i32; 2]) -> bool {
        if self.inside_above {
            at[self.axis] >= self.at
        } else {
            at[self.axis] <= self.at
        }
    }

    /// Where a segment that crosses the side meets it, rounded to the nearest step. The same from both ends, so that
    /// neighbours keep their common line.
    fn meets(self, a: [i32; 2], b: [i32; 2]) -> [i32; 2] {
        let (a, b) = if a <= b { (a, b) } else { (b, a) };
        let other = 1 - self.axis;
        let whole = i64::from(b[self.axis]) - i64::from(a[self.axis]);
        let part = i64::from(self.at) - i64::from(a[self.axis]);
        let rise = i64::from(b[other]) - i64::from(a[other]);
        let (number, divisor) = if whole < 0 {
            (-part * rise, -whole)
        } else {
            (part * rise, whole)
        };
        let step = (number + divisor.div_euclid(2)).div_euclid(divisor.max(1));
        let mut at = a;
        at[self.axis] = self.at;
        at[other] = i32::try_from(i64::from(a[other]) + step)
            .expect("a place between two places of 32 bits is one of 32 bits");
        at
    }
}

/// The part of a ring inside the box (Sutherland and Hodgman): open rings, the first corner not repeated. A ring that
/// leaves and comes back runs along the side in between; the side lies in the margin of the tile, which is not shown.
pub(crate) fn ring(corners: &[[i32; 2]], bounds: &Bounds) -> Vec<[i32; 2]> {
    let mut kept = corners.to_vec();
    for side in Side::all(bounds) {
        let Some(mut before) = kept.last().copied() else {
            break;
        };
        let mut next = Vec::with_capacity(kept.len() + 4);
        for at in kept {
            match (side.holds(before), side.holds(at)) {
                (true, true) => next.push(at),
                (true, false) => next.push(side.meets(before, at)),
                (false, true) => next.extend([side.meets(before, at), at]),
                (false, false) => {}
            }
            before = at;
        }
        kept = next;
    }
    kept
}

/// The pieces of a line inside the box.
pub(crate) fn line(corners: &[[i32; 2]], bounds: &Bounds) -> Vec<Vec<[i32; 2]>> {
    let mut pieces: Vec<Vec<[i32; 2]>> = Vec::new();
    let mut open = false;
    for pair in corners.windows(2) {
        let Some((from, to)) = segment(pair[0], pair[1], bounds) else {
            open = false;
            continue;
        };
        match pieces.last_mut() {
            Some(piece) if open && piece.last() == Some(&from) => piece.push(to),
            _ => pieces.push(vec![from, to]),
        }
        open = to == pair[1];
    }
    pieces
}

fn segment(mut from: [i32; 2], mut to: [i32; 2], bounds: &Bounds) -> Option<([i32; 2], [i32; 2])> {
    for side in Side::all(bounds) {
        match (side.holds(from), side.holds(to)) {
            (true, true) => {}
            (true, false) => to = side.meets(from, to),
            (false, true) => from = side.meets(from, to),
            (false, false) => return None,
        }
    }
    Some((from, to))
}

/// Twice the area of a ring, positive when it runs clockwise on a screen, as the outer ring of a tile must.
pub(crate) fn area2(ring: &[[i32; 2]]) -> i64 {
    let Some(mut before) = ring.last() else {
        return 0;
    };
    let mut sum = 0;
    for at in ring {
        sum += i64::from(before[0]) * i64::from(at[1]) - i64::from(at[0]) * i64::from(before[1]);
        before = at;
    }
    sum
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, proptest};

    use super::{Bounds, area2, line, ring};

    const BOX: Bounds = Bounds {
        low: [0, 0],
        high: [100, 100],
    };

    #[test]
    fn a_ring_around_the_box_becomes_the_box() {
        let cut = ring(&[[-50, -50], [150, -50], [150, 150], [-50, 150]], &BOX);
        assert_eq!(area2(&cut), 20_000);
    }

    #[test]
    fn a_ring_outside_is_gone_and_one_inside_is_untouched() {
        assert_eq!(
            ring(&[[200, 0], [300, 0], [300, 50]], &BOX),
            Vec::<[i32; 2]>::new()
        );
        let inside = vec![[10, 10], [20, 10], [20, 30]];
        assert_eq!(ring(&inside, &BOX), inside);
    }

    #[test]
    fn a_line_that_leaves_and_comes_back_becomes_two_pieces() {
        let pieces = line(&[[50, 50], [150, 50], [150, 80], [50, 80]], &BOX);
        assert_eq!(
            pieces,
            [vec![[50, 50], [100, 50]], vec![[100, 80], [50, 80]]]
        );
    }

    proptest! {
        #[test]
        fn what_is_left_lies_in_the_box_and_is_not_larger(
            corners in proptest::collection::vec([-300..300_i32, -300..300_i32], 3..20),
        ) {
            let cut = ring(&corners, &BOX);
            prop_assert!(cut.iter().all(|at| BOX.holds_place(*at)));
            for piece in line(&corners, &BOX) {
                prop_assert!(piece.len() > 1 && piece.iter().all(|at| BOX.holds_place(*at)));
            }
        }

        /// Triangles do not cross themselves, so their cut area can be compared with cells counted one by one.
        #[test]
        fn a_triangle_keeps_the_area_it_has_in_the_box(
            a in [-60..160_i32, -60..160_i32], b in [-60..160_i32, -60..160_i32], c in [-60..160_i32, -60..160_i32],
        ) {
            let side = |p: [i32; 2], q: [i32; 2], x: f64, y: f64| {
                f64::from(q[0] - p[0]) * (y - f64::from(p[1])) - f64::from(q[1] - p[1]) * (x - f64::from(p[0]))
            };
            let mut cells = 0;
            for y in 0..100 {
                for x in 0..100 {
                    let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
                    let signs = [side(a, b, x, y), side(b, c, x, y), side(c, a, x, y)];
                    cells += i64::from(signs.iter().all(|s| *s > 0.0) || signs.iter().all(|s| *s < 0.0));
                }
            }
            let cut = area2(&ring(&[a, b, c], &BOX)).abs() / 2;
            // Rounding moves each of at most seven corners by half a step along at most 100 steps.
            prop_assert!((cut - cells).abs() <= 350, "{} {}", cut, cells);
        }
    }
}
