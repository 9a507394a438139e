//! Tiles of real towns, decoded again: by a decoder of others, and number by number against the rules of the format.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod rules;
mod town;
