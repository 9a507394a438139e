//! How long the way takes (避難時間): one pair with its way, or all units and shelters at once.

use geo::{Coord, Point};

use super::begin::Begin;
use super::dijkstra::Tree;
use super::exposure::RoadExposure;
use super::graph::{RoadGraph, StretchId};
use super::hierarchy::{Costs, Hierarchy};
use super::passage::{Closure, Passage};
use super::rules::Trait;
use super::snap::Snapper;
use super::table::{Ends, table};
use super::walking::{WalkConditions, WalkSettings};
use super::weight::Weight;

/// A network, prepared once.
#[derive(Clone, Debug)]
pub struct WalkNetwork {
    graph: RoadGraph,
    settings: WalkSettings,
    snapper: Snapper,
    hierarchy: Hierarchy,
}

impl WalkNetwork {
    /// Prepares a network. The settings must have been checked.
    #[must_use]
    pub fn new(graph: RoadGraph, settings: WalkSettings) -> Self {
        Self {
            snapper: Snapper::new(&graph, settings.snap),
            hierarchy: Hierarchy::of(&graph),
            graph,
            settings,
        }
    }

    /// The network itself.
    #[must_use]
    pub fn graph(&self) -> &RoadGraph {
        &self.graph
    }

    /// The configuration.
    #[must_use]
    pub fn settings(&self) -> &WalkSettings {
        &self.settings
    }

    /// Finds ways beside places.
    #[must_use]
    pub fn snapper(&self) -> &Snapper {
        &self.snapper
    }

    /// Arcs of the preparation, and its bytes.
    #[must_use]
    pub fn prepared(&self) -> (usize, usize) {
        (self.hierarchy.arc_count(), self.hierarchy.bytes())
    }

    /// Somebody who walks under these conditions. Works out what every stretch costs; do it again when zones, water or
    /// conditions change.
    #[must_use]
    pub fn walker(&self, conditions: WalkConditions, exposure: &RoadExposure) -> Walker<'_> {
        let passage = Passage::new(&self.graph, &self.settings, conditions, exposure);
        let costs = Costs::new(&self.hierarchy, passage.weights());
        Walker {
            network: self,
            passage,
            costs,
        }
    }
}

/// A group of people under certain conditions on a network.
#[derive(Clone, Debug)]
pub struct Walker<'a> {
    network: &'a WalkNetwork,
    passage: Passage,
    costs: Costs,
}

impl Walker<'_> {
    /// How much of a way of this walker leads through hazard zones, metres: what it is shunned for, at this walker's speed. On steps,
    /// where people are slower, it says more than there is. Nothing where the network has water in it, or zones are not shunned: then
    /// it cannot be told.
    #[must_use]
    pub fn in_zones_m(&self, walk: Walk) -> Option<f64> {
        let longer = self.network.settings.zone_penalty - 1.0;
        if self.passage.is_wet() || longer <= 0.0 {
            return None;
        }
        let in_zones_s = f64::from(walk.shunned_ms) / 1_000.0 / longer;
        Some(in_zones_s * self.passage.speed_m_per_s())
    }
}

/// How long a way takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Walk {
    /// Milliseconds.
    pub time_ms: u32,
    /// So much longer it counts as when ways are compared, because of zones and water on it, milliseconds.
    pub shunned_ms: u32,
    /// What the time rests on.
    pub basis: WalkBasis,
}

impl Walk {
    /// Minutes.
    #[must_use]
    pub fn minutes(&self) -> f64 {
        f64::from(self.time_ms) / 60_000.0
    }
}

/// What a time rests on. To be shown beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WalkBasis {
    /// 道路網による
    Roads,
    /// 直線距離×迂回係数による: no roads are loaded, nothing is known of bridges, steps or water.
    StraightLine,
}

impl WalkBasis {
    /// The word used in data.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Roads => "roads",
            Self::StraightLine => "straight_line",
        }
    }

    /// In Japanese.
    #[must_use]
    pub fn words_ja(self) -> &'static str {
        match self {
            Self::Roads => "道路網による",
            Self::StraightLine => "直線距離×迂回係数による推定(道路・橋・浸水は考慮していない)",
        }
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> &'static str {
        match self {
            Self::Roads => "along roads",
            Self::StraightLine => {
                "estimated from the straight line and a detour factor; roads, bridges and water are not considered"
            }
        }
    }
}

/// Why there is no way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoWay {
    /// No way beside the place people start from.
    NoRoadAtStart,
    /// No way beside the shelter.
    NoRoadAtShelter,
    /// The way beside the start is closed.
    StartClosed(Closure),
    /// The way beside the shelter is closed.
    ShelterClosed(Closure),
    /// No open way leads from one to the other.
    CutOff,
}

impl NoWay {
    /// Nothing beside the start, or the way there is closed.
    pub(super) fn at_start(why: Option<Closure>) -> Self {
        why.map_or(Self::NoRoadAtStart, Self::StartClosed)
    }

    /// Nothing beside the shelter, or the way there is closed.
    pub(super) fn at_shelter(why: Option<Closure>) -> Self {
        why.map_or(Self::NoRoadAtShelter, Self::ShelterClosed)
    }

    /// In Japanese.
    #[must_use]
    pub fn words_ja(self) -> String {
        match self {
            Self::NoRoadAtStart => "出発地の近くに歩ける道がない".to_owned(),
            Self::NoRoadAtShelter => "避難場所の近くに歩ける道がない".to_owned(),
            Self::StartClosed(why) => format!("出発地の道が通れない({})", why.words_ja()),
            Self::ShelterClosed(why) => format!("避難場所の道が通れない({})", why.words_ja()),
            Self::CutOff => "通れる道がつながっていない".to_owned(),
        }
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> String {
        match self {
            Self::NoRoadAtStart => "no way for walking near the start".to_owned(),
            Self::NoRoadAtShelter => "no way for walking near the shelter".to_owned(),
            Self::StartClosed(why) => {
                format!("the way at the start is closed ({})", why.words_en())
            }
            Self::ShelterClosed(why) => {
                format!("the way at the shelter is closed ({})", why.words_en())
            }
            Self::CutOff => "no open way leads there".to_owned(),
        }
    }
}

/// Times from all units to all shelters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WalkTable {
    shelters: usize,
    cells: Vec<Result<Walk, NoWay>>,
}

impl WalkTable {
    pub(super) fn new(shelters: usize, cells: Vec<Result<Walk, NoWay>>) -> Self {
        Self { shelters, cells }
    }

    /// The way from a unit to a shelter, both by their position.
    ///
    /// # Errors
    /// Why there is none.
    ///
    /// # Panics
    /// When there is no such unit or shelter.
    pub fn walk(&self, unit: usize, shelter: usize) -> Result<Walk, NoWay> {
        self.row(unit)[shelter]
    }

    /// All shelters of a unit, in their order.
    ///
    /// # Panics
    /// When there is no such unit.
    pub fn row(&self, unit: usize) -> &[Result<Walk, NoWay>] {
        &self.cells[unit * self.shelters..(unit + 1) * self.shelters]
    }

    /// The quickest shelters of a unit, at most `n`, as positions. At the same time the one that stands first.
    ///
    /// # Panics
    /// When there is no such unit.
    #[must_use]
    pub fn nearest(&self, unit: usize, n: usize) -> Vec<(usize, Walk)> {
        let mut reachable: Vec<(usize, Walk)> = self
            .row(unit)
            .iter()
            .enumerate()
            .filter_map(|(shelter, walk)| walk.ok().map(|walk| (shelter, walk)))
            .collect();
        reachable.sort_by_key(|(shelter, walk)| (walk.time_ms, *shelter));
        reachable.truncate(n);
        reachable
    }
}

/// A way, told.
#[derive(Clone, Debug, PartialEq)]
pub struct WalkPath {
    /// How long it takes.
    pub walk: Walk,
    /// Length with the legs at both ends, metres.
    pub length_m: f64,
    /// Steps on the way, metres.
    pub steps_m: f64,
    /// Bridges on the way, metres.
    pub bridge_m: f64,
    /// Stretches in order, the first and last only in part.
    pub stretches: Vec<StretchId>,
    /// Its line from place to place, longitude and latitude in degrees.
    pub line: Vec<Coord<f64>>,
}

impl Walker<'_> {
    /// What every stretch costs.
    #[must_use]
    pub fn passage(&self) -> &Passage {
        &self.passage
    }

    /// Times from every unit to every shelter. A unit and a shelter are places; each begins at the way beside it, walked
    /// to in a straight line.
    #[must_use]
    pub fn table(&self, units: &[Point<f64>], shelters: &[Point<f64>]) -> WalkTable {
        let units: Vec<_> = units.iter().map(|place| self.begin(*place)).collect();
        let shelters: Vec<_> = shelters.iter().map(|place| self.begin(*place)).collect();
        let ends = |begins: &[Result<Begin, Option<Closure>>]| -> Vec<Ends> {
            let of = |begin: &Result<Begin, _>| match begin {
                Ok(begin) => begin.ends.clone(),
                Err(_) => Vec::new(),
            };
            begins.iter().map(of).collect()
        };
        let (from, to) = (ends(&units), ends(&shelters));
        let weights = table(&self.network.hierarchy, &self.costs, &from, &to);
        let mut cells = Vec::with_capacity(weights.len());
        for (unit, row) in units.iter().zip(weights.chunks(shelters.len().max(1))) {
            for (shelter, through) in shelters.iter().zip(row) {
                cells.push(match (unit, shelter) {
                    (Err(why), _) => Err(NoWay::at_start(*why)),
                    (_, Err(why)) => Err(NoWay::at_shelter(*why)),
                    (Ok(unit), Ok(shelter)) => told(self.direct(unit, shelter).min(*through)),
                });
            }
        }
        WalkTable::new(shelters.len(), cells)
    }

    /// The way from a place to a shelter.
    ///
    /// # Errors
    /// Why there is none.
    pub fn path(&self, from: Point<f64>, shelter: Point<f64>) -> Result<WalkPath, NoWay> {
        let start = self.begin(from).map_err(NoWay::at_start)?;
        let goal = self.begin(shelter).map_err(NoWay::at_shelter)?;
        let graph = &self.network.graph;
        let until: Vec<u32> = start.ends.iter().map(|(junction, _)| *junction).collect();
        let tree = Tree::from(graph, self.passage.weights(), &goal.ends, &until);
        let through = start
            .ends
            .iter()
            .map(|(junction, weight)| (tree.weight(*junction).plus(*weight), *junction))
            .min();
        let direct = self.direct(&start, &goal);
        let (stretches, weight) = match through {
            Some((weight, junction)) if weight < direct => {
                let (between, last) = tree.way_back(graph, junction);
                let mut stretches = vec![start.snap.stretch];
                stretches.extend(between);
                stretches.push(goal.snap.stretch);
                return self.path_told(
                    from,
                    shelter,
                    &start,
                    &goal,
                    (&stretches, junction, last),
                    weight,
                );
            }
            _ => (vec![start.snap.stretch], direct),
        };
        let walk = told(weight)?;
        let length_mm = start.snap.along_mm.abs_diff(goal.snap.along_mm);
        let mut line = vec![from.into(), start.snap.at.into()];
        line.extend(self.between(start.snap.stretch, start.snap.along_mm, goal.snap.along_mm));
        line.extend([Coord::from(goal.snap.at), shelter.into()]);
        line.dedup();
        let length_m = f64::from(length_mm) / 1_000.0;
        let on = |one: Trait| {
            let has = graph.stretches()[start.snap.stretch as usize]
                .traits
                .has(one);
            if has { length_m } else { 0.0 }
        };
        Ok(WalkPath {
            walk,
            length_m: length_m + start.snap.leg_m + goal.snap.leg_m,
            steps_m: on(Trait::Steps),
            bridge_m: on(Trait::Bridge),
            stretches,
            line,
        })
    }

    /// A way over at least one junction: from the start's stretch by `first`, over whole stretches, by `last` onto the
    /// goal's stretch.
    fn path_told(
        &self,
        from: Point<f64>,
        shelter: Point<f64>,
        start: &Begin,
        goal: &Begin,
        (stretches, first, last): (&[StretchId], u32, u32),
        weight: Weight,
    ) -> Result<WalkPath, NoWay> {
        let walk = told(weight)?;
        let graph = &self.network.graph;
        let mut line: Vec<Coord<f64>> = vec![from.into(), start.snap.at.into()];
        let (mut steps_m, mut bridge_m, mut length_m) =
            (0.0, 0.0, start.snap.leg_m + goal.snap.leg_m);
        let mut add = |stretch: StretchId, from_mm: u32, to_mm: u32| {
            line.extend(self.between(stretch, from_mm, to_mm));
            let stretch = graph.stretches()[stretch as usize];
            let metres = f64::from(from_mm.abs_diff(to_mm)) / 1_000.0;
            length_m += metres;
            if stretch.traits.has(Trait::Steps) {
                steps_m += metres;
            }
            if stretch.traits.has(Trait::Bridge) {
                bridge_m += metres;
            }
        };
        add(
            start.snap.stretch,
            start.snap.along_mm,
            self.end_mm(start, first),
        );
        let mut at = first;
        for stretch in &stretches[1..stretches.len() - 1] {
            let [a, b] = graph.stretches()[*stretch as usize].ends;
            let length_mm = graph.stretches()[*stretch as usize].length_mm;
            let (from_mm, to_mm) = if a == at {
                (0, length_mm)
            } else {
                (length_mm, 0)
            };
            at = if a == at { b } else { a };
            add(*stretch, from_mm, to_mm);
        }
        add(
            goal.snap.stretch,
            self.end_mm(goal, last),
            goal.snap.along_mm,
        );
        line.extend([Coord::from(goal.snap.at), shelter.into()]);
        line.dedup();
        Ok(WalkPath {
            walk,
            length_m,
            steps_m,
            bridge_m,
            stretches: stretches.to_vec(),
            line,
        })
    }

    /// At which length of the stretch a junction lies at its end; of a loop the end that is cheaper to reach.
    fn end_mm(&self, begin: &Begin, junction: u32) -> u32 {
        let stretch = self.network.graph.stretches()[begin.snap.stretch as usize];
        let [a, b] = stretch.ends;
        let near_first = begin.snap.along_mm <= stretch.length_mm / 2;
        if a == junction && (a != b || near_first) {
            0
        } else {
            stretch.length_mm
        }
    }

    /// Corners of a stretch between two lengths of it, in the direction from the first to the second.
    fn between(&self, stretch: StretchId, from_mm: u32, to_mm: u32) -> Vec<Coord<f64>> {
        let graph = &self.network.graph;
        let course: Vec<Coord<f64>> = graph.course(stretch).collect();
        let (low, high) = (from_mm.min(to_mm), from_mm.max(to_mm));
        let mut corners = Vec::new();
        let mut along_m = 0.0;
        for (n, corner) in course.iter().enumerate() {
            if n > 0 {
                along_m += crate::projection::distance_m(course[n - 1].into(), (*corner).into());
            }
            let along_mm = along_m * 1_000.0;
            if along_mm >= f64::from(low) && along_mm <= f64::from(high) + 1.0 {
                corners.push(*corner);
            }
        }
        if from_mm > to_mm {
            corners.reverse();
        }
        corners
    }

    fn direct(&self, unit: &Begin, shelter: &Begin) -> Weight {
        unit.direct(&self.network.graph, &self.passage, shelter)
    }

    fn begin(&self, place: Point<f64>) -> Result<Begin, Option<Closure>> {
        let network = self.network;
        Begin::at(&network.graph, &network.snapper, &self.passage, place)
    }
}

pub(super) fn told(weight: Weight) -> Result<Walk, NoWay> {
    let walk = weight.time_ms().zip(weight.cost_ms());
    let walk = walk.map(|(time_ms, cost_ms)| Walk {
        time_ms,
        shunned_ms: cost_ms.saturating_sub(time_ms),
        basis: WalkBasis::Roads,
    });
    walk.ok_or(NoWay::CutOff)
}
