//! What towns really have is read as its publishers describe it, and what is broken is refused in bounded time.
//!
//! The files of other people are not part of this repository. Tests that read them look in the folder named by the environment
//! variable `HINAN_SAMPLES`; without it they say so and pass. Everything else is written by the tests themselves.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod bundled;
mod files;
mod hostile;
mod official;
mod own;
mod samples;
mod towns;
