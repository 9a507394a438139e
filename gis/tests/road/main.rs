//! The walking network: what an OpenStreetMap file becomes, and that every time found equals Dijkstra's.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod forms;
mod nearest;
mod network;
mod oracle;
mod places;
mod real_files;
mod written;
