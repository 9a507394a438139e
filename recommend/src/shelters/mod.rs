//! Where people can go: which shelters are usable for a hazard, and who goes to which.
//!
//! - A [`Shelter`] knows its state, its places and the hazards at its own site. [`Usable`] is the proof that people may be
//!   sent to it; there is no other way to make one, and a [`Plan`] names nothing else.
//! - [`allocate`] sends the people of each unit to shelters so that nobody is without a place while one can be reached, and
//!   the objective below is the least possible. Each plan carries the [`Proof`].
//! - [`follow_hours`] does it again for the water of later hours; [`fill`] looks ahead at one shelter and says when to open
//!   the next.
//!
//! # What is minimised
//!
//! For units u and usable shelters s, whole persons x(u, s), in this order:
//!
//! 1. the number of persons without a place;
//! 2. Σ x(u, s) · (time until they are inside + seconds per metre of water × metres of water on the way) + Σ over shelters of
//!    the expected overload, in seconds: the persons that would come beyond the free places if more came than planned, each
//!    weighed with its chance ([`Objective`]);
//! 3. persons times the rank of the shelter in the order of identifiers: of equally good plans the one that fills those
//!    with smaller identifiers.
//!
//! No shelter is planned above its places. People for whom no place is left are counted and named, unit by unit, with the
//! reason.
//!
//! How many people come is an argument. It has no way into the level of an order: nothing here returns or takes one.
//!
//! ```
//! use hinan_recommend::Hazard;
//! use hinan_recommend::shelters::*;
//! use std::collections::{BTreeMap, BTreeSet};
//!
//! let school = Shelter {
//!     id: "E1".into(),
//!     name: "中央小学校".into(),
//!     designated_for: BTreeSet::from([Hazard::Flood]),
//!     inside: BTreeSet::new(),
//!     state: State::Open,
//!     opening_min: 30,
//!     places: Places::Own(300),
//!     occupied: 40,
//! };
//! let units = [UnitPeople { id: "本町".into(), persons: 120 }];
//! let mut ways = Ways::none(1, 1)?;
//! ways.set(0, 0, Way { walk_s: 600, water_m: 0 });
//! let plan = allocate(&Question {
//!     hazard: Hazard::Flood,
//!     units: &units,
//!     shelters: &[school],
//!     ways: &ways,
//!     wet: &BTreeSet::new(),
//!     space: SpaceRule::STAY,
//!     objective: &Objective::default(),
//! })?;
//! assert_eq!(plan.assigned["本町"][0].persons, 120);
//! assert_eq!(plan.persons_without_place(), 0);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod allocate;
mod fill;
mod hours;
mod network;
mod objective;
#[cfg(test)]
mod oracle;
mod places;
mod shelter;
mod simplex;
mod ways;

pub use allocate::{
    AllocateError, Assigned, Load, MAX_PERSONS, Plan, Proof, Question, UnitPeople, WhyNoPlace,
    WithoutPlace, allocate,
};
pub use fill::{
    ExpectedBy, FillAdvice, FillError, FillForecast, Filling, NextShelter, fill, next_to_open,
};
pub use hours::{Course, Hour, Moved, follow_hours};
pub use objective::{Objective, ObjectiveError, Outcome};
pub use places::{Places, PlacesError, SpaceRule};
pub use shelter::{NotUsable, Shelter, State, Usable};
pub use ways::{MAX_CELLS, TooManyWays, Way, Ways};
