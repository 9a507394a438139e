//! What an officer and a resident see: typed views in, HTML and SVG out.
//!
//! Every page is a pure function of one view struct (module [`view`]); the functions are in
//! [`page`]. Nothing here reads a clock, a file or a socket: the present moment comes inside the
//! view, and the same view always gives the same bytes.
//!
//! What holds for every page:
//! - no script, no inline style, no address outside the service. The only style sheet is the one
//!   returned by [`stylesheet`] (officers) or [`public_stylesheet`] (residents), embedded once and
//!   unchanged, so that a content security policy can name its hash;
//! - text that came from a sensor, a file or a person is escaped by its type: only [`Markup`],
//!   which this crate alone can make, reaches a page unescaped;
//! - a level is told by number, shape, word and colour, in that order of importance;
//! - a figure carries its time, age, range, quality and source, and a missing one has a sentence;
//! - no form opens with an answer chosen, and Enter in a field sends nothing (see [`form`]).

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod console;
pub mod form;
pub mod page;
pub mod view;

mod figure;
mod hydrograph;
mod jst;
mod level_mark;
mod map;
mod markup;
mod style;
mod words;

pub use markup::Markup;
pub use style::{public_stylesheet, stylesheet};
