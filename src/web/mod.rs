//! The doors: officers' pages under `/plain/`, the public page, feeds, health. One file per page or endpoint.
//!
//! Nothing uses this module. A click here is a new input to the desk, never a way around it.

mod account;
mod api;
mod approve_notice;
mod audit;
mod console;
mod decide;
mod decline;
mod devices;
mod end_notice;
mod enrolling;
mod extents;
mod external;
mod facilities;
mod features;
mod feeds;
mod first;
mod flooding;
mod frame;
mod gauges;
mod guard;
mod health;
mod inbox;
mod inputs;
mod kept;
mod layers;
mod lifting;
mod lines;
mod map;
mod notice;
mod officers;
mod official;
mod passkeys;
mod posted;
mod prepared;
mod problem;
mod public;
mod published;
mod recommendation;
mod refusal;
mod reports;
mod review;
mod router;
mod seats;
mod second;
mod seen;
mod shelters;
mod sign_in;
mod situation;
mod succession;
mod tiles;
mod tls;
mod who;

pub use router::{Doors, serve};
pub use tls::{TlsError, acceptor};
