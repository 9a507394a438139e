//! Whether polygons are sound: every pair of lines that are near each other is looked at, exactly.

use std::collections::BTreeMap;

use rstar::{AABB, RTree, RTreeObject};

use super::ring::{Ring, Side, between, turn};
use super::{Fault, Step};

/// Below this number of lines every pair is looked at; above it a tree finds the near ones.
const PAIRWISE_MAX: usize = 40;
/// Pairs of near lines per line, before an outline counts as tangled. Real outlines have less than ten.
const PAIRS_PER_LINE_MAX: usize = 50;
/// Steps of finding what lies inside what.
const LOOKS_MAX: usize = 1_000_000_000;

/// The first fault in the order of rings and lines, and its place.
pub(super) fn first_fault(polygons: &[Vec<Ring>]) -> Option<(Fault, Step)> {
    let (lines, rings) = lines(polygons);
    let mut touches = Touches::default();
    let mut worst: Option<(Fault, Step)> = None;
    let (mut pairs, mut walked) = (0, 0);
    let pairs_max = PAIRS_PER_LINE_MAX * lines.len().max(1_000);
    let mut look = |a: &Line, b: &Line| {
        pairs += 1;
        if pairs > pairs_max {
            return Some((Fault::Tangled, a.from));
        }
        let found = meet(a, b, &rings, &mut touches, &mut walked)?;
        // One crossing is enough to know that the outline must be rebuilt; the gravest kind is told.
        if worst.is_none_or(|(fault, _)| fault < found.0) {
            worst = Some(found);
        }
        None
    };
    let tangled = if lines.len() <= PAIRWISE_MAX {
        every_pair(&lines, &mut look)
    } else {
        near_pairs(&lines, &mut look)
    };
    tangled
        .or(worst)
        .or_else(|| touches.split())
        .or_else(|| misplaced(polygons))
}

fn every_pair(
    lines: &[Line],
    look: &mut impl FnMut(&Line, &Line) -> Option<(Fault, Step)>,
) -> Option<(Fault, Step)> {
    for (n, a) in lines.iter().enumerate() {
        for b in &lines[n + 1..] {
            if a.is_near(b)
                && let Some(found) = look(a, b)
            {
                return Some(found);
            }
        }
    }
    None
}

fn near_pairs(
    lines: &[Line],
    look: &mut impl FnMut(&Line, &Line) -> Option<(Fault, Step)>,
) -> Option<(Fault, Step)> {
    let tree = RTree::bulk_load(lines.to_vec());
    for a in lines {
        for b in tree.locate_in_envelope_intersecting(&a.envelope()) {
            if (b.ring, b.index) > (a.ring, a.index)
                && let Some(found) = look(a, b)
            {
                return Some(found);
            }
        }
    }
    None
}

/// One line of one ring. Small, because a tree of a million of them is built and walked.
#[derive(Clone, Debug)]
struct Line {
    from: Step,
    to: Step,
    /// Place of its ring in the list of all rings, and its own place in the ring.
    ring: u32,
    index: u32,
}

/// A ring and where it stands.
struct Place<'a> {
    polygon: usize,
    ring: usize,
    points: &'a Ring,
}

impl Line {
    fn is_near(&self, other: &Self) -> bool {
        (0..2).all(|axis| {
            self.from[axis].min(self.to[axis]) <= other.from[axis].max(other.to[axis])
                && other.from[axis].min(other.to[axis]) <= self.from[axis].max(self.to[axis])
        })
    }
}

/// Whether two lines of one ring come one after the other.
fn are_neighbours(a: &Line, b: &Line, ring: &Ring) -> bool {
    let apart = a.index.abs_diff(b.index) as usize;
    apart == 1 || apart + 1 == ring.points.len()
}

impl RTreeObject for Line {
    type Envelope = AABB<[f64; 2]>;

    #[expect(
        clippy::cast_precision_loss,
        reason = "places in Japan are less than 2^53 steps"
    )]
    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(
            [self.from[0] as f64, self.from[1] as f64],
            [self.to[0] as f64, self.to[1] as f64],
        )
    }
}

fn lines(polygons: &[Vec<Ring>]) -> (Vec<Line>, Vec<Place<'_>>) {
    let (mut lines, mut places) = (Vec::new(), Vec::new());
    for (polygon, rings) in polygons.iter().enumerate() {
        for (ring, points) in rings.iter().enumerate() {
            for (index, (from, to)) in points.lines().enumerate() {
                lines.push(Line {
                    from,
                    to,
                    ring: small(places.len()),
                    index: small(index),
                });
            }
            places.push(Place {
                polygon,
                ring,
                points,
            });
        }
    }
    (lines, places)
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("four thousand million points would not have fitted into memory")
}

/// What is wrong where two lines meet.
fn meet(
    a: &Line,
    b: &Line,
    rings: &[Place],
    touches: &mut Touches,
    walked: &mut usize,
) -> Option<(Fault, Step)> {
    let contact = contact(a, b)?;
    let (a_ring, b_ring) = (&rings[a.ring as usize], &rings[b.ring as usize]);
    let same_ring = a.ring == b.ring;
    match contact {
        Contact::Along(at) | Contact::Across(at) => Some((
            if same_ring {
                Fault::SelfCrossing
            } else if a_ring.polygon == b_ring.polygon {
                Fault::RingsCross
            } else {
                Fault::PartsOverlap
            },
            at,
        )),
        Contact::Point(_) if same_ring && are_neighbours(a, b, a_ring.points) => None,
        Contact::Point(at) if same_ring => {
            *walked += a_ring.points.points.len();
            let fault = if *walked > LOOKS_MAX {
                Fault::SelfTouching
            } else {
                touch_or_crossing(a_ring.points, at)
            };
            Some((fault, at))
        }
        Contact::Point(at) if a_ring.polygon == b_ring.polygon => {
            touches.note(a_ring.polygon, a_ring.ring, at);
            touches.note(b_ring.polygon, b_ring.ring, at);
            None
        }
        Contact::Point(_) => None,
    }
}

/// At a point that a ring passes twice its two ways either cross or only touch. Which of the two is only for the report:
/// both are rebuilt, and a ring that does it so often that all its points cannot be walked each time only touches.
fn touch_or_crossing(ring: &Ring, at: Step) -> Fault {
    let passes: Vec<[Step; 2]> = (0..ring.points.len())
        .filter(|n| ring.points[*n] == at)
        .map(|n| {
            let count = ring.points.len();
            [
                ring.points[(n + count - 1) % count],
                ring.points[(n + 1) % count],
            ]
        })
        .collect();
    let [first, second, ..] = passes.as_slice() else {
        return Fault::SelfTouching;
    };
    let left = |ray: Step| {
        let (into, out) = (turn(first[0], at, ray), turn(at, first[1], ray));
        if turn(first[0], at, first[1]) >= 0 {
            into > 0 && out > 0
        } else {
            into > 0 || out > 0
        }
    };
    if left(second[0]) == left(second[1]) {
        Fault::SelfTouching
    } else {
        Fault::SelfCrossing
    }
}

enum Contact {
    /// They share one point that is an end of at least one of them.
    Point(Step),
    /// They cross between their ends.
    Across(Step),
    /// They share more than a point.
    Along(Step),
}

fn contact(a: &Line, b: &Line) -> Option<Contact> {
    let (a_from, a_to) = (turn(b.from, b.to, a.from), turn(b.from, b.to, a.to));
    let (b_from, b_to) = (turn(a.from, a.to, b.from), turn(a.from, a.to, b.to));
    if a_from == 0 && a_to == 0 {
        let mut shared: Vec<Step> = [(a, b.from), (a, b.to), (b, a.from), (b, a.to)]
            .into_iter()
            .filter(|(line, at)| between(line.from, line.to, *at))
            .map(|(_, at)| at)
            .collect();
        shared.sort_unstable();
        shared.dedup();
        return match shared.as_slice() {
            [] => None,
            [at] => Some(Contact::Point(*at)),
            [at, ..] => Some(Contact::Along(*at)),
        };
    }
    let ends = [
        (a_from, b, a.from),
        (a_to, b, a.to),
        (b_from, a, b.from),
        (b_to, a, b.to),
    ];
    if let Some((_, _, at)) = ends
        .iter()
        .find(|(turn, line, at)| *turn == 0 && between(line.from, line.to, *at))
    {
        return Some(Contact::Point(*at));
    }
    let apart = |one: i128, other: i128| (one > 0) == (other > 0) || one == 0 || other == 0;
    if apart(a_from, a_to) || apart(b_from, b_to) {
        return None;
    }
    Some(Contact::Across(a.from))
}

/// Where rings of one polygon touch. Rings and points that form a circle enclose a part of the inside.
#[derive(Default)]
struct Touches(BTreeMap<(usize, Step), Vec<usize>>);

impl Touches {
    fn note(&mut self, polygon: usize, ring: usize, at: Step) {
        let rings = self.0.entry((polygon, at)).or_default();
        if !rings.contains(&ring) {
            rings.push(ring);
        }
    }

    fn split(&self) -> Option<(Fault, Step)> {
        let mut groups: BTreeMap<(usize, usize), (usize, usize)> = BTreeMap::new();
        for ((polygon, at), rings) in &self.0 {
            let mut roots = Vec::new();
            for ring in rings {
                let root = root(&mut groups, (*polygon, *ring));
                if roots.contains(&root) {
                    return Some((Fault::InsideSplit, *at));
                }
                roots.push(root);
            }
            for other in &roots[1..] {
                groups.insert(*other, roots[0]);
            }
        }
        None
    }
}

/// The way up is halved while it is walked, so that long ways are walked once.
fn root(
    groups: &mut BTreeMap<(usize, usize), (usize, usize)>,
    mut of: (usize, usize),
) -> (usize, usize) {
    while let Some(above) = groups.get(&of).copied() {
        match groups.get(&above).copied() {
            Some(further) => {
                groups.insert(of, further);
                of = further;
            }
            None => of = above,
        }
    }
    of
}

/// Holes outside their ring or in one another, polygons inside one another. Lines are known not to cross.
fn misplaced(polygons: &[Vec<Ring>]) -> Option<(Fault, Step)> {
    let mut looks = 0;
    for rings in polygons {
        let (outer, holes) = rings.split_first()?;
        let mut from_west: Vec<&Ring> = holes.iter().collect();
        from_west.sort_by_key(|hole| hole.min[0]);
        for (n, hole) in from_west.iter().enumerate() {
            looks += outer.points.len() + hole.points.len();
            if side_of(hole, outer) != Side::Inside {
                return Some((Fault::HoleOutside, hole.points[0]));
            }
            for other in &from_west[n + 1..] {
                looks += 1;
                if other.min[0] > hole.max[0] {
                    break;
                }
                if looks > LOOKS_MAX {
                    return Some((Fault::Tangled, hole.points[0]));
                }
                if !boxes_meet(hole, other) {
                    continue;
                }
                looks += hole.points.len() + other.points.len();
                if side_of(hole, other) != Side::Outside || side_of(other, hole) != Side::Outside {
                    return Some((Fault::HoleOutside, other.points[0]));
                }
            }
            if looks > LOOKS_MAX {
                return Some((Fault::Tangled, hole.points[0]));
            }
        }
    }
    let mut order: Vec<&Vec<Ring>> = polygons.iter().filter(|rings| !rings.is_empty()).collect();
    order.sort_by_key(|rings| rings[0].min[0]);
    for (n, rings) in order.iter().enumerate() {
        for other in &order[n + 1..] {
            looks += 1;
            if other[0].min[0] > rings[0].max[0] {
                break;
            }
            if boxes_meet(&rings[0], &other[0]) {
                looks += rings[0].points.len() + other[0].points.len();
            }
            if looks > LOOKS_MAX {
                return Some((Fault::Tangled, other[0].points[0]));
            }
            if !boxes_meet(&rings[0], &other[0]) {
                continue;
            }
            if lies_in(rings, other) || lies_in(other, rings) {
                return Some((Fault::PartsOverlap, other[0].points[0]));
            }
        }
    }
    None
}

/// Whether the first polygon lies in the second, not in one of its holes.
fn lies_in(rings: &[Ring], other: &[Ring]) -> bool {
    side_of(&rings[0], &other[0]) == Side::Inside
        && other[1..]
            .iter()
            .all(|hole| side_of(&rings[0], hole) == Side::Outside)
}

/// On which side of a ring another one lies that does not cross it: by its first point that is not on the line, else by the
/// middle of a line, which the lattice of half steps can name.
fn side_of(ring: &Ring, of: &Ring) -> Side {
    ring.points
        .iter()
        .map(|at| of.side(*at))
        .find(|side| *side != Side::OnLine)
        .unwrap_or_else(|| {
            let doubled =
                |ring: &Ring| Ring::new(ring.points.iter().map(|p| [p[0] * 2, p[1] * 2]).collect());
            let of = doubled(of);
            ring.lines()
                .map(|(a, b)| of.side([a[0] + b[0], a[1] + b[1]]))
                .find(|side| *side != Side::OnLine)
                .unwrap_or(Side::OnLine)
        })
}

fn boxes_meet(a: &Ring, b: &Ring) -> bool {
    (0..2).all(|axis| a.min[axis] <= b.max[axis] && b.min[axis] <= a.max[axis])
}
