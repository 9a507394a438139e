//! The doors for programs: JSON under `/api/v1/`, events as they happen, schemas. For whoever may see the officers' pages;
//! the officers' console lives on nothing else.
//!
//! Every answer is JSON, a refusal too ([`refused`]). Shapes are described in `docs/api.md` and `docs/openapi.json`; keys are
//! added, never renamed. Whatever decides goes through the same functions of the desk as the pages, and through no others.

mod admin;
mod alarms;
mod asking;
mod at;
mod audit;
mod body;
mod caller;
mod deciding;
mod detail;
mod devices;
pub(super) mod districts;
mod ending;
pub(super) mod events;
pub(super) mod extents;
pub(super) mod external;
mod handover;
mod inbox;
mod inputs;
mod judgements;
mod lifting;
mod notes;
mod notices;
pub(super) mod official;
pub(super) mod openapi;
mod outside;
pub(super) mod quarantine;
pub(super) mod recommendations;
mod recount;
mod refused;
mod routes;
pub(super) mod schema;
mod second;
mod session;
mod shapes;
mod sheet;
pub(super) mod shelters;
mod shown;
mod situation;
pub(super) mod stations;
mod status;
mod tag;
mod texts;
mod timeline;
mod wall;

/// Every address of programs begins so.
pub(super) const UNDER: &str = "/api";

pub(super) use refused::{Refused, Wrong, foreign, in_the_clear};
pub(super) use routes::routes;
