//! What this crate writes, read by programs that know nothing of it, and the accidents of others as stories.

#![allow(clippy::unwrap_used)]

mod fixture;
mod peers;
mod wrong_sends;
