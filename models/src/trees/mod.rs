//! Regression trees on binned features: gradient boosting and random forests.
//!
//! linfa has no regression trees and its classification trees are not deterministic, so these are our own. Features
//! are turned into codes of one byte once ([`Cuts`], [`Codes`]) and shared by every ensemble that is fitted on them;
//! a fitted [`Ensemble`] compares codes only. Chance comes from a seed that is an argument ([`Chance`]), and every
//! sum is made in one fixed order: the same data and the same seed give the same bytes on any number of threads.

mod ahead;
mod answers;
mod boost;
mod chance;
mod codes;
mod ensemble;
mod forest;
mod grow;
mod little;
mod orchard;
mod shelf;
mod tall;

pub(crate) use ahead::Ahead;
pub(crate) use answers::Answers;
pub(crate) use boost::{Boost, Loss, boost};
pub(crate) use chance::Chance;
pub(crate) use codes::{Codes, Cuts, MISSING};
pub(crate) use ensemble::Ensemble;
pub(crate) use forest::{Forest, forest};
pub(crate) use grow::Shape;
pub(crate) use orchard::Orchard;
pub(crate) use shelf::{send_for, shelve};

#[cfg(test)]
mod tests;
