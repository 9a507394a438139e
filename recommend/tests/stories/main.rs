//! Nights that went wrong, replayed: one file per story, each told in one sentence. The hydrographs are made by hand after the
//! published figures of the event that each is named after; they are like it, they are not it.
#![expect(clippy::print_stdout, reason = "a story prints what it measured")]

mod facility;
mod gauge_lost;
mod hysteresis;
mod left_out;
mod lifting;
mod made;
mod night;
mod properties;
mod recomputed;
mod rising_metre_an_hour;
mod storm;
mod strict;
mod too_wide;
mod two_rivers;
mod what_nobody_tells;
