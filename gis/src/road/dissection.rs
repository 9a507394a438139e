//! An order of the junctions in which a network can be taken apart: halves first, what separates them last.
//!
//! Each part is swept along several directions; the line that cuts the fewest stretches, not too far from the middle,
//! divides it. The smallest set of junctions that touches all cut stretches separates the halves.

use std::collections::VecDeque;

/// Parts this small are not divided further.
const LEAF_MAX: usize = 16;
/// Directions of the sweep, east and north.
const DIRECTIONS: [[i64; 2]; 8] = [
    [1, 0],
    [0, 1],
    [1, 1],
    [1, -1],
    [2, 1],
    [1, 2],
    [2, -1],
    [1, -2],
];
/// The line lies between these parts of the junctions, in percent.
const BAND: [usize; 2] = [35, 65];
const NONE: u32 = u32::MAX;

/// A part of the network, with junctions numbered anew from 0.
pub(super) struct Part {
    /// The numbers of its junctions in the whole.
    ids: Vec<u32>,
    places: Vec<[i32; 2]>,
    /// Neighbours of junction `n` are `to[from[n]..from[n + 1]]`.
    from: Vec<u32>,
    to: Vec<u32>,
}

impl Part {
    /// The whole network: places, and neighbours by junction.
    pub(super) fn whole(places: &[[i32; 2]], neighbours: &[Vec<u32>]) -> Self {
        let mut from = vec![0];
        let mut to = Vec::new();
        for neighbours in neighbours {
            to.extend_from_slice(neighbours);
            from.push(small(to.len()));
        }
        Self {
            ids: (0_u32..).zip(places).map(|(n, _)| n).collect(),
            places: places.to_vec(),
            from,
            to,
        }
    }

    /// Its junctions in the order in which to take them out. The same network gives the same order.
    pub(super) fn order(self) -> Vec<u32> {
        if self.ids.len() <= LEAF_MAX {
            return self.ids;
        }
        let cut = self.cut();
        let side = |wanted: Side| -> Vec<u32> {
            let all = (0_u32..).zip(&cut);
            all.filter(|(_, side)| **side == wanted)
                .map(|(n, _)| n)
                .collect()
        };
        let (low, high, between) = (side(Side::Low), side(Side::High), side(Side::Between));
        let (mut order, second) =
            rayon::join(|| self.only(&low).order(), || self.only(&high).order());
        order.extend(second);
        order.extend(between.into_iter().map(|n| self.ids[n as usize]));
        order
    }

    fn neighbours(&self, junction: u32) -> &[u32] {
        let from = self.from[junction as usize] as usize;
        &self.to[from..self.from[junction as usize + 1] as usize]
    }

    fn only(&self, kept: &[u32]) -> Self {
        let mut number = vec![NONE; self.ids.len()];
        for (new, old) in (0_u32..).zip(kept) {
            number[*old as usize] = new;
        }
        let mut from = vec![0];
        let mut to = Vec::new();
        for old in kept {
            let inside = self.neighbours(*old).iter().map(|n| number[*n as usize]);
            to.extend(inside.filter(|n| *n != NONE));
            from.push(small(to.len()));
        }
        Self {
            ids: kept.iter().map(|n| self.ids[*n as usize]).collect(),
            places: kept.iter().map(|n| self.places[*n as usize]).collect(),
            from,
            to,
        }
    }

    /// On which side of the best line each junction lies.
    fn cut(&self) -> Vec<Side> {
        let mut best: Option<(i64, Vec<u32>, usize)> = None;
        for direction in DIRECTIONS {
            let (cut, sorted, at) = self.swept(direction);
            if best.as_ref().is_none_or(|(fewest, _, _)| cut < *fewest) {
                best = Some((cut, sorted, at));
            }
        }
        let mut sides = vec![Side::High; self.ids.len()];
        if let Some((_, sorted, at)) = best {
            for junction in &sorted[..at] {
                sides[*junction as usize] = Side::Low;
            }
        }
        self.separate(&mut sides);
        sides
    }

    /// Sweeps a line across: how many stretches the best position cuts, the junctions in the order in which the line
    /// passes them, and how many lie before it.
    fn swept(&self, direction: [i64; 2]) -> (i64, Vec<u32>, usize) {
        let mut keyed: Vec<(i64, u32)> = self
            .places
            .iter()
            .map(|at| i64::from(at[0]) * direction[0] + i64::from(at[1]) * direction[1])
            .zip(0_u32..)
            .collect();
        keyed.sort_unstable();
        let mut passed = vec![false; keyed.len()];
        let (mut cut, mut fewest, mut best) = (0_i64, i64::MAX, keyed.len() / 2);
        for (n, (_, junction)) in keyed.iter().enumerate() {
            for neighbour in self.neighbours(*junction) {
                cut += if passed[*neighbour as usize] { -1 } else { 1 };
            }
            passed[*junction as usize] = true;
            let percent = (n + 1) * 100 / keyed.len();
            if (BAND[0]..=BAND[1]).contains(&percent) && cut < fewest {
                (fewest, best) = (cut, n + 1);
            }
        }
        let sorted = keyed.into_iter().map(|(_, junction)| junction).collect();
        (fewest, sorted, best)
    }

    /// Moves the smallest set of junctions that touches every cut stretch out of the two halves: as many as the largest
    /// set of cut stretches that share no junction (Kőnig).
    fn separate(&self, sides: &mut [Side]) {
        let low = |n: u32| sides[n as usize] == Side::Low;
        let over = |n: u32| self.neighbours(n).iter().copied().filter(|m| !low(*m));
        let border: Vec<u32> = (0_u32..)
            .zip(&self.ids)
            .map(|(n, _)| n)
            .filter(|n| low(*n) && over(*n).next().is_some())
            .collect();
        let mut partner = vec![NONE; self.ids.len()];
        for start in &border {
            self.matched(*start, sides, &mut partner);
        }
        // What can be reached from unmatched junctions of the low half, going over by any cut stretch and back by a
        // matched one.
        let mut seen = vec![false; self.ids.len()];
        let mut open: Vec<u32> = border
            .iter()
            .copied()
            .filter(|n| partner[*n as usize] == NONE)
            .collect();
        for start in &open {
            seen[*start as usize] = true;
        }
        while let Some(at) = open.pop() {
            for other in over(at) {
                let back = partner[other as usize];
                if !std::mem::replace(&mut seen[other as usize], true)
                    && back != NONE
                    && !std::mem::replace(&mut seen[back as usize], true)
                {
                    open.push(back);
                }
            }
        }
        let separators: Vec<u32> = border
            .iter()
            .copied()
            .filter(|n| !seen[*n as usize])
            .chain(
                border
                    .iter()
                    .flat_map(|n| over(*n))
                    .filter(|n| seen[*n as usize]),
            )
            .collect();
        for junction in separators {
            sides[junction as usize] = Side::Between;
        }
    }

    /// Finds a partner across the line, moving earlier partners where that helps.
    fn matched(&self, start: u32, sides: &[Side], partner: &mut [u32]) {
        let mut came: Vec<(u32, u32)> = Vec::new();
        let mut open = VecDeque::from([start]);
        while let Some(at) = open.pop_front() {
            for other in self.neighbours(at).iter().copied() {
                if sides[other as usize] == Side::Low || came.iter().any(|(to, _)| *to == other) {
                    continue;
                }
                came.push((other, at));
                let next = partner[other as usize];
                if next != NONE {
                    open.push_back(next);
                    continue;
                }
                let (mut to, mut from) = (other, at);
                loop {
                    let before = std::mem::replace(&mut partner[from as usize], to);
                    partner[to as usize] = from;
                    if before == NONE {
                        return;
                    }
                    to = before;
                    from = came
                        .iter()
                        .find(|(reached, _)| *reached == to)
                        .map_or(start, |(_, by)| *by);
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Low,
    High,
    Between,
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("arcs are counted in 32 bits")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Part, Side};

    fn network(places: &[[i32; 2]], pairs: &[(u32, u32)]) -> Part {
        let mut neighbours = vec![Vec::new(); places.len()];
        for (a, b) in pairs {
            neighbours[*a as usize].push(*b);
            neighbours[*b as usize].push(*a);
        }
        Part::whole(places, &neighbours)
    }

    fn grid(side: i32) -> Part {
        let places: Vec<[i32; 2]> = (0..side)
            .flat_map(|y| (0..side).map(move |x| [x, y]))
            .collect();
        let number = |x: i32, y: i32| (y * side + x).cast_unsigned();
        let mut pairs = Vec::new();
        for y in 0..side {
            for x in 0..side - 1 {
                pairs.push((number(x, y), number(x + 1, y)));
                pairs.push((number(y, x), number(y, x + 1)));
            }
        }
        network(&places, &pairs)
    }

    #[test]
    fn a_grid_is_cut_by_one_row() {
        let sides = grid(20).cut();
        assert_eq!(
            sides.iter().filter(|side| **side == Side::Between).count(),
            20
        );
    }

    proptest! {
        #[test]
        fn no_stretch_leads_past_the_separator(
            places in proptest::collection::vec([0..100_i32, 0..100_i32], 20..80),
            pairs in proptest::collection::vec((0..20_u32, 0..20_u32), 0..150),
        ) {
            let pairs: Vec<(u32, u32)> = pairs.into_iter().filter(|(a, b)| a != b).collect();
            let part = network(&places, &pairs);
            let sides = part.cut();
            for (a, b) in pairs {
                let (a, b) = (sides[a as usize], sides[b as usize]);
                prop_assert!(a == b || a == Side::Between || b == Side::Between);
            }
            let count = part.ids.len();
            let mut order = part.order();
            order.sort_unstable();
            prop_assert_eq!(order.len(), count);
            order.dedup();
            prop_assert_eq!(order.len(), count);
        }
    }
}
