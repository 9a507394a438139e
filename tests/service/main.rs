//! The whole service, one file per story. The stories run the real program with a simulated town around it, or the
//! same parts of the library that the program runs.

#![allow(clippy::unwrap_used)]

mod accounts;
mod advice;
mod alert;
mod attempts;
mod attention;
mod authority;
mod bad_input;
mod channels;
mod chaos;

mod console_api;
mod derived;
mod drill;
mod encrypted;
mod encrypted_pages;
mod ended_early;
mod expired;
mod gate;
mod hall;
mod imported;
mod judgements;
mod kept_out;
mod known_beforehand;
mod last_resort;
mod lifts;
mod machine;
mod maps;
mod model_approval;
mod no_errands;
mod once_more;
mod own_account;
mod passkeys;
mod power_cuts;
mod programs;
mod real_flood;
mod record;
mod refusals;
mod remedies;
mod replayed;
mod restart;
mod sent_along;
mod sessions;
mod several_brokers;
mod shelf;
mod silent_gauges;
mod single_sign_on;
mod stick;
mod succession;
mod taken;
mod tampered;
mod told;
mod town_reference;
mod two_persons;
mod what_agencies_say;
mod who_may;
mod who_may_speak;
mod witnessed;
mod wording;
mod wrong_sends;

/// The real program.
const HINAN: &str = env!("CARGO_BIN_EXE_hinan");
