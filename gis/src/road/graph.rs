//! The network people walk on: places where ways meet, and the stretches between them.

use geo::{Coord, Point};

use super::assemble::Assembly;
use super::components::Components;
use super::osm::{OsmFile, Part, RoadLimits};
use super::rules::{RoadClass, Traits};
use crate::projection::distance_m;
use crate::refusal::LoadError;

/// Number of a junction.
pub type JunctionId = u32;
/// Number of a stretch.
pub type StretchId = u32;

/// A walking network (歩行ネットワーク), flat: elevation is not known, so a slope costs nothing.
///
/// Junctions (交差点など) are where ways meet or end; stretches (区間) are the ways between two junctions, with their
/// course. Every stretch may be walked both ways. The same file gives the same numbers, whatever the order of its
/// elements: junctions are numbered along a curve that keeps neighbours together, stretches by their way.
#[derive(Clone, Debug, PartialEq)]
pub struct RoadGraph {
    pub(super) junctions: Vec<[i32; 2]>,
    /// Arcs of junction `n` are `arcs[arc_from[n]..arc_from[n + 1]]`.
    pub(super) arc_from: Vec<u32>,
    pub(super) arcs: Vec<Arc>,
    pub(super) stretches: Vec<Stretch>,
    /// Course of stretch `n` is `course[course_from[n]..course_from[n + 1]]`, its two junctions included.
    pub(super) course_from: Vec<u32>,
    pub(super) course: Vec<[i32; 2]>,
    pub(super) components: Components,
    pub(super) report: RoadReport,
}

/// One direction out of a junction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arc {
    /// The junction it leads to.
    pub to: JunctionId,
    /// The stretch it goes along.
    pub stretch: StretchId,
}

/// A way between two junctions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// Its two junctions, in the direction of its course; the same one twice for a loop.
    pub ends: [JunctionId; 2],
    /// Length along its course, millimetres.
    pub length_mm: u32,
    /// What kind of way it is.
    pub class: RoadClass,
    /// What is special about it.
    pub traits: Traits,
    /// The way it is a part of, for the map's editors.
    pub way: i64,
}

impl Stretch {
    /// Length along its course, metres.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        f64::from(self.length_mm) / 1_000.0
    }
}

/// What a file held, and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoadReport {
    /// Ways in the file.
    pub ways: u64,
    /// Of these, ways that people may walk.
    pub walkable: u64,
    /// Walkable ways without two known nodes: nothing is left of them.
    pub ways_without_course: u64,
    /// Nodes that walkable ways name and the file does not hold, as at the rim of an extract. The way is cut there.
    pub nodes_missing: u64,
    /// Nodes that stop people: locked gates, elevators.
    pub nodes_closed: u64,
}

impl RoadGraph {
    /// Reads an OpenStreetMap file: XML, XML packed by gzip, or PBF. Told apart by their first bytes.
    ///
    /// # Errors
    /// Names the element, its id, the value and what is accepted; or the byte at which the file stops being readable; or
    /// the limit that was reached.
    pub fn from_osm(file: &[u8], limits: RoadLimits) -> Result<Self, LoadError> {
        let file = OsmFile::of(file, limits)?;
        let mut assembly = Assembly::new(limits);
        file.read(Part::Ways, &mut assembly)?;
        assembly.close_ways()?;
        file.read(Part::Nodes, &mut assembly)?;
        Ok(assembly.graph())
    }

    /// How many junctions there are. They are numbered from 0.
    #[must_use]
    pub fn junction_count(&self) -> usize {
        self.junctions.len()
    }

    /// Where a junction is: longitude and latitude, degrees.
    ///
    /// # Panics
    /// When there is no such junction.
    #[must_use]
    pub fn junction(&self, id: JunctionId) -> Point<f64> {
        Point(degrees(self.junctions[id as usize]))
    }

    /// The ways out of a junction. A loop is none: it leads nowhere.
    ///
    /// # Panics
    /// When there is no such junction.
    #[must_use]
    pub fn arcs(&self, id: JunctionId) -> &[Arc] {
        let from = self.arc_from[id as usize] as usize;
        &self.arcs[from..self.arc_from[id as usize + 1] as usize]
    }

    /// All stretches; their number is their position.
    #[must_use]
    pub fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The course of a stretch, from the first of its ends to the second: longitude and latitude, degrees.
    ///
    /// # Panics
    /// When there is no such stretch.
    pub fn course(&self, id: StretchId) -> impl ExactSizeIterator<Item = Coord<f64>> + '_ {
        self.course_e7(id).iter().map(|at| degrees(*at))
    }

    pub(crate) fn course_e7(&self, id: StretchId) -> &[[i32; 2]] {
        let from = self.course_from[id as usize] as usize;
        &self.course[from..self.course_from[id as usize + 1] as usize]
    }

    /// Parts of the network that are not joined.
    #[must_use]
    pub fn components(&self) -> &Components {
        &self.components
    }

    /// What the file held.
    #[must_use]
    pub fn report(&self) -> RoadReport {
        self.report
    }

    /// Length of all stretches, kilometres.
    #[must_use]
    pub fn length_km(&self) -> f64 {
        let millimetres: u64 = self.stretches.iter().map(|s| u64::from(s.length_mm)).sum();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a town's roads in millimetres fit 53 bits"
        )]
        let millimetres = millimetres as f64;
        millimetres / 1e6
    }

    /// South-west and north-east corner of all junctions and courses, degrees; nothing for an empty network.
    #[must_use]
    pub fn bounds(&self) -> Option<[Coord<f64>; 2]> {
        let first = *self.course.first()?;
        let (low, high) = self.course.iter().fold((first, first), |(low, high), at| {
            (
                [low[0].min(at[0]), low[1].min(at[1])],
                [high[0].max(at[0]), high[1].max(at[1])],
            )
        });
        Some([degrees(low), degrees(high)])
    }
}

/// Ten-millionths of a degree to degrees.
pub(super) fn degrees(at: [i32; 2]) -> Coord<f64> {
    Coord {
        x: f64::from(at[0]) / 1e7,
        y: f64::from(at[1]) / 1e7,
    }
}

/// Length of a course, whole millimetres.
pub(super) fn length_mm(course: &[[i32; 2]]) -> u32 {
    let metres: f64 = course
        .windows(2)
        .map(|pair| distance_m(Point(degrees(pair[0])), Point(degrees(pair[1]))))
        .sum();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a length is not negative; the cast stops at the largest number"
    )]
    let millimetres = (metres * 1_000.0).round() as u32;
    millimetres
}
