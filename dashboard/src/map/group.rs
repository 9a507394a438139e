//! Districts in the same state as one area: the line around all of them, without the lines between them.

use std::collections::BTreeMap;

use crate::view::{AlertLevel, DistrictOutline};

/// A corner in tenths of a metre.
type Corner = (i64, i64);

/// Districts of one level and kind.
pub(super) struct Group<'a> {
    pub(super) level: AlertLevel,
    pub(super) in_force: bool,
    pub(super) districts: Vec<&'a DistrictOutline>,
}

impl Group<'_> {
    /// The line around them, as rings.
    pub(super) fn border(&self) -> Vec<Vec<[f64; 2]>> {
        around(self.districts.iter().flat_map(|district| &district.rings))
    }
}

/// The groups, the mildest first, so that the worst is drawn last and on top.
pub(super) fn groups(districts: &[DistrictOutline]) -> Vec<Group<'_>> {
    let mut by_state: BTreeMap<(AlertLevel, bool), Vec<&DistrictOutline>> = BTreeMap::new();
    for district in districts {
        if let Some(level) = district.state.level() {
            by_state
                .entry((level, district.state.is_in_force()))
                .or_default()
                .push(district);
        }
    }
    by_state
        .into_iter()
        .map(|((level, in_force), districts)| Group {
            level,
            in_force,
            districts,
        })
        .collect()
}

/// Neighbours share their lines: a piece that occurs twice lies between two of them and is left out.
fn around<'a>(rings: impl Iterator<Item = &'a Vec<[f64; 2]>>) -> Vec<Vec<[f64; 2]>> {
    let mut ways: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    for ring in rings {
        let corners: Vec<Corner> = ring.iter().filter_map(corner).collect();
        for (place, from) in corners.iter().enumerate() {
            let to = corners[(place + 1) % corners.len()];
            if *from != to && !(forget(&mut ways, *from, to) && forget(&mut ways, to, *from)) {
                ways.entry(*from).or_default().push(to);
                ways.entry(to).or_default().push(*from);
            }
        }
    }
    let mut borders = Vec::new();
    while let Some((start, _)) = ways.first_key_value() {
        let start = *start;
        let mut border = vec![point(start)];
        let mut at = start;
        while let Some(next) = ways.get_mut(&at).and_then(Vec::pop) {
            forget(&mut ways, next, at);
            if ways.get(&at).is_some_and(Vec::is_empty) {
                ways.remove(&at);
            }
            if next == start {
                break;
            }
            border.push(point(next));
            at = next;
        }
        ways.retain(|_, ends| !ends.is_empty());
        borders.push(border);
    }
    borders
}

/// Whether the piece was there; if so it is gone.
fn forget(ways: &mut BTreeMap<Corner, Vec<Corner>>, from: Corner, to: Corner) -> bool {
    let Some(ends) = ways.get_mut(&from) else {
        return false;
    };
    let Some(place) = ends.iter().position(|end| *end == to) else {
        return false;
    };
    ends.swap_remove(place);
    true
}

fn corner([east_m, north_m]: &[f64; 2]) -> Option<Corner> {
    #[allow(clippy::cast_possible_truncation)] // clamped to a range that fits
    let tenth = |metres: f64| (metres * 10.0).round().clamp(-1e12, 1e12) as i64;
    (east_m.is_finite() && north_m.is_finite()).then(|| (tenth(*east_m), tenth(*north_m)))
}

fn point((east, north): Corner) -> [f64; 2] {
    #[allow(clippy::cast_precision_loss)] // far below 2^53
    let metres = |tenths: i64| tenths as f64 / 10.0;
    [metres(east), metres(north)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64) -> Vec<[f64; 2]> {
        vec![
            [west, south],
            [west + 1.0, south],
            [west + 1.0, south + 1.0],
            [west, south + 1.0],
        ]
    }

    #[test]
    fn two_neighbours_have_one_line_around_both() {
        let rings = [square(0.0, 0.0), square(1.0, 0.0)];
        let border = around(rings.iter());
        assert_eq!(border.len(), 1);
        assert_eq!(border[0].len(), 6);
    }

    #[test]
    fn neighbours_drawn_in_opposite_directions_are_neighbours_all_the_same() {
        let mut turned = square(1.0, 0.0);
        turned.reverse();
        assert_eq!(around([square(0.0, 0.0), turned].iter()).len(), 1);
    }

    #[test]
    fn districts_apart_keep_a_line_each_and_a_hole_stays_a_hole() {
        let apart = [square(0.0, 0.0), square(5.0, 0.0)];
        assert_eq!(around(apart.iter()).len(), 2);
        let mut ring_of_eight = Vec::new();
        for (west, south) in [
            (0.0, 0.0),
            (1.0, 0.0),
            (2.0, 0.0),
            (0.0, 1.0),
            (2.0, 1.0),
            (0.0, 2.0),
            (1.0, 2.0),
            (2.0, 2.0),
        ] {
            ring_of_eight.push(square(west, south));
        }
        let corners: Vec<usize> = around(ring_of_eight.iter()).iter().map(Vec::len).collect();
        assert_eq!(corners.len(), 2, "outside and hole");
        assert_eq!(corners.iter().sum::<usize>(), 16);
    }
}
