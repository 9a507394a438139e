//! Where people can walk, and how long it takes (歩行ネットワークと避難時間).
//!
//! An OpenStreetMap file becomes a [`RoadGraph`]; [`rules`] says which ways people may walk. [`WalkSettings`] and
//! [`WalkConditions`] say how a group walks, [`RoadExposure`] where zones and water are, [`Passage`] what follows for every
//! stretch, and a [`Walker`] answers how long the way takes.
//!
//! What must stay true:
//!
//! - Whatever is found equals what Dijkstra's method finds on the same whole numbers.
//! - No way is said as no way, with its reason; never as a large number.
//! - A time says what it rests on: roads, or a straight line because no roads are loaded.

mod assemble;
mod begin;
mod components;
mod dijkstra;
mod dissection;
mod exposure;
mod file;
mod graph;
mod hierarchy;
mod nearest;
mod osm;
mod osm_pbf;
mod osm_xml;
mod passage;
pub mod rules;
mod snap;
mod straight;
mod table;
mod walker;
pub mod walking;
mod weight;

pub use components::{Component, Components};
pub use exposure::{Exposure, RoadExposure};
pub use graph::{Arc, JunctionId, RoadGraph, RoadReport, Stretch, StretchId};
pub use nearest::NearestOnFoot;
pub use osm::RoadLimits;
pub use passage::{Closure, Passage};
pub use rules::{RoadClass, Trait, Traits};
pub use snap::{Snap, SnapSettings, Snapper};
pub use straight::StraightLine;
pub use walker::{NoWay, Walk, WalkBasis, WalkNetwork, WalkPath, WalkTable, Walker};
pub use walking::{Gate, Light, Pace, WalkConditions, WalkGroup, WalkSettings, Weather};
