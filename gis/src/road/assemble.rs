//! From ways and nodes to junctions and stretches.

use super::components::Components;
use super::graph::{Arc, RoadGraph, RoadReport, Stretch, length_mm};
use super::osm::{Elements, RoadLimits};
use super::rules::{RoadClass, Tags, Traits};
use crate::refusal::LoadError;

/// What has been read of a file: first its walkable ways, then the nodes they need.
pub(super) struct Assembly {
    limits: RoadLimits,
    report: RoadReport,
    ways: Vec<Way>,
    /// Nodes of all ways, one way after the other.
    passed: Vec<i64>,
    /// The same nodes, each once, rising.
    ids: Vec<i64>,
    places: Vec<Option<[i32; 2]>>,
    stops: Vec<bool>,
}

struct Way {
    id: i64,
    class: RoadClass,
    traits: Traits,
    from: usize,
    to: usize,
}

impl Assembly {
    pub(super) fn new(limits: RoadLimits) -> Self {
        Self {
            limits,
            report: RoadReport::default(),
            ways: Vec::new(),
            passed: Vec::new(),
            ids: Vec::new(),
            places: Vec::new(),
            stops: Vec::new(),
        }
    }

    /// All ways are known: brings them into their order and lists the nodes they need.
    pub(super) fn close_ways(&mut self) -> Result<(), LoadError> {
        self.ways.sort_by_key(|way| way.id);
        if let Some(pair) = self.ways.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(twice("way", pair[0].id));
        }
        self.ids = self.passed.clone();
        self.ids.sort_unstable();
        self.ids.dedup();
        self.places = vec![None; self.ids.len()];
        self.stops = vec![false; self.ids.len()];
        Ok(())
    }

    /// Puts the network together.
    pub(super) fn graph(mut self) -> RoadGraph {
        let runs = self.runs();
        let meets = self.meets(&runs);
        let mut pieces = Vec::new();
        let mut course = Vec::new();
        let mut course_from = vec![0];
        let mut points = Points::default();
        for run in &runs {
            let way = &self.ways[run.way];
            let mut begin = 0;
            for end in 1..run.nodes.len() {
                if !meets[run.nodes[end]] && end + 1 < run.nodes.len() {
                    continue;
                }
                let along = &run.nodes[begin..=end];
                let from = course.len();
                course.extend(along.iter().map(|node| self.place(*node)));
                pieces.push(Stretch {
                    ends: [
                        self.point(&mut points, along[0]),
                        self.point(&mut points, along[end - begin]),
                    ],
                    length_mm: length_mm(&course[from..]),
                    class: way.class,
                    traits: way.traits,
                    way: way.id,
                });
                course_from.push(small(course.len()));
                begin = end;
            }
        }
        self.report.nodes_missing =
            self.places.iter().filter(|place| place.is_none()).count() as u64;
        finish(&points.places, pieces, course_from, course, self.report)
    }

    /// Ways without the nodes that are missing, as positions in `ids`. A way with a gap gives two runs.
    fn runs(&mut self) -> Vec<Run> {
        let mut runs = Vec::new();
        for (n, way) in self.ways.iter().enumerate() {
            let before = runs.len();
            let mut nodes: Vec<usize> = Vec::new();
            let mut close = |nodes: &mut Vec<usize>| {
                let nodes = std::mem::take(nodes);
                if nodes.len() > 1 {
                    runs.push(Run { way: n, nodes });
                }
            };
            for id in &self.passed[way.from..way.to] {
                match self.ids.binary_search(id) {
                    Ok(node) if self.places[node].is_some() => {
                        if nodes.last() != Some(&node) {
                            nodes.push(node);
                        }
                    }
                    _ => close(&mut nodes),
                }
            }
            close(&mut nodes);
            if runs.len() == before {
                self.report.ways_without_course += 1;
            }
        }
        runs
    }

    /// Nodes where a stretch begins or ends: ends of runs, and nodes that are passed more than once or stop people.
    fn meets(&self, runs: &[Run]) -> Vec<bool> {
        let mut seen = vec![false; self.ids.len()];
        let mut meets = self.stops.clone();
        for run in runs {
            for node in &run.nodes {
                meets[*node] |= seen[*node];
                seen[*node] = true;
            }
            for end in [run.nodes.first(), run.nodes.last()].into_iter().flatten() {
                meets[*end] = true;
            }
        }
        meets
    }

    fn place(&self, node: usize) -> [i32; 2] {
        self.places[node].expect("runs hold only nodes whose place is known")
    }

    /// The point of a node. One that stops people is another point for every stretch, so nothing leads through it.
    fn point(&self, points: &mut Points, node: usize) -> u32 {
        let place = self.place(node);
        if self.stops[node] {
            return points.add(place);
        }
        if points.of_node.is_empty() {
            points.of_node = vec![u32::MAX; self.ids.len()];
        }
        if points.of_node[node] == u32::MAX {
            points.of_node[node] = points.add(place);
        }
        points.of_node[node]
    }
}

/// A way, or the part of it between two gaps.
struct Run {
    way: usize,
    nodes: Vec<usize>,
}

#[derive(Default)]
struct Points {
    places: Vec<[i32; 2]>,
    of_node: Vec<u32>,
}

impl Points {
    fn add(&mut self, place: [i32; 2]) -> u32 {
        self.places.push(place);
        small(self.places.len() - 1)
    }
}

impl Elements for Assembly {
    fn way(&mut self, id: i64, nodes: &[i64], tags: &Tags) -> Result<(), LoadError> {
        self.report.ways += 1;
        let Some((class, traits)) = tags.walkable() else {
            return Ok(());
        };
        self.report.walkable += 1;
        let part = || format!("OSM way {id}");
        if self.ways.len() == self.limits.ways_max {
            let accepted = format!("at most {} walkable ways", self.limits.ways_max);
            return Err(LoadError::refused(part(), "ways", "more", accepted));
        }
        if self.passed.len() + nodes.len() > self.limits.nodes_max {
            let accepted = format!("at most {} nodes of walkable ways", self.limits.nodes_max);
            return Err(LoadError::refused(part(), "nodes", "more", accepted));
        }
        let from = self.passed.len();
        self.passed.extend_from_slice(nodes);
        self.ways.push(Way {
            id,
            class,
            traits,
            from,
            to: self.passed.len(),
        });
        Ok(())
    }

    fn node(&mut self, id: i64, at: [i32; 2], tags: &Tags) -> Result<(), LoadError> {
        let Ok(node) = self.ids.binary_search(&id) else {
            return Ok(());
        };
        if self.places[node].replace(at).is_some() {
            return Err(twice("node", id));
        }
        self.stops[node] = tags.stops_people();
        self.report.nodes_closed += u64::from(self.stops[node]);
        Ok(())
    }
}

fn twice(kind: &str, id: i64) -> LoadError {
    LoadError::refused(
        format!("OSM {kind} {id}"),
        "id",
        id,
        "each element once: the newest state of the map, not its history",
    )
}

/// Numbers the points along a curve and lays out the arcs.
pub(super) fn finish(
    points: &[[i32; 2]],
    mut stretches: Vec<Stretch>,
    course_from: Vec<u32>,
    course: Vec<[i32; 2]>,
    report: RoadReport,
) -> RoadGraph {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|point| (curve(points[*point]), *point));
    let mut number = vec![0; points.len()];
    for (new, old) in order.iter().enumerate() {
        number[*old] = small(new);
    }
    for stretch in &mut stretches {
        stretch.ends = stretch.ends.map(|end| number[end as usize]);
    }
    let (arc_from, arcs) = laid_out(points.len(), &stretches);
    RoadGraph {
        junctions: order.into_iter().map(|old| points[old]).collect(),
        components: Components::of(&arc_from, &arcs, &stretches),
        arc_from,
        arcs,
        stretches,
        course_from,
        course,
        report,
    }
}

/// Arcs by the junction they leave, in the order of their stretches.
pub(super) fn laid_out(junctions: usize, stretches: &[Stretch]) -> (Vec<u32>, Vec<Arc>) {
    let mut arc_from = vec![0_u32; junctions + 1];
    let leads_somewhere = |stretch: &&Stretch| stretch.ends[0] != stretch.ends[1];
    for stretch in stretches.iter().filter(leads_somewhere) {
        for end in stretch.ends {
            arc_from[end as usize + 1] += 1;
        }
    }
    for n in 1..arc_from.len() {
        arc_from[n] += arc_from[n - 1];
    }
    let count = arc_from.last().copied().unwrap_or(0) as usize;
    let mut free = arc_from.clone();
    let mut arcs = vec![Arc { to: 0, stretch: 0 }; count];
    for (n, stretch) in stretches.iter().enumerate() {
        let [a, b] = stretch.ends;
        if a == b {
            continue;
        }
        for (from, to) in [(a, b), (b, a)] {
            let slot = &mut free[from as usize];
            arcs[*slot as usize] = Arc {
                to,
                stretch: small(n),
            };
            *slot += 1;
        }
    }
    (arc_from, arcs)
}

/// Position on a curve that visits quarter after quarter, so that places near each other mostly have near numbers.
fn curve(at: [i32; 2]) -> u64 {
    let spread = |number: i32| {
        let mut bits = (i64::from(number) + (1 << 31)).cast_unsigned();
        for (shift, mask) in [
            (16, 0x0000_ffff_0000_ffff_u64),
            (8, 0x00ff_00ff_00ff_00ff),
            (4, 0x0f0f_0f0f_0f0f_0f0f),
            (2, 0x3333_3333_3333_3333),
            (1, 0x5555_5555_5555_5555),
        ] {
            bits = (bits | bits << shift) & mask;
        }
        bits
    };
    spread(at[0]) | spread(at[1]) << 1
}

fn small(n: usize) -> u32 {
    u32::try_from(n).expect("the limits keep every count within 32 bits")
}

#[cfg(test)]
mod tests {
    use super::curve;

    #[test]
    fn the_curve_keeps_a_quarter_together() {
        let mut places: Vec<[i32; 2]> = (0..8).flat_map(|y| (0..8).map(move |x| [x, y])).collect();
        places.sort_by_key(|at| curve(*at));
        let quarter: std::collections::BTreeSet<[i32; 2]> = places[..16].iter().copied().collect();
        let expected = (0..4).flat_map(|y| (0..4).map(move |x| [x, y])).collect();
        assert_eq!(quarter, expected);
    }
}
