//! The QARTOD tests (IOOS, 実時間品質管理) exactly as the reference implementation runs them, over a whole series.
//!
//! One file per test. Each test is its settings, under the names the reference gives them (so that its JSON can be
//! read), with a function `flags` that gives one flag per value. What has a value after another for its neighbour also
//! has a twin that takes readings one by one, in constant time; its name ends in `Stream`.
//!
//! These are the plain tests of the oceanographers. What a level means for those who decide, joined over several checks
//! and with a flash flood in mind, is said by [`super::Checker`].
//!
//! A value that is not finite is missing. Settings that the reference refuses are refused, with key, value and what
//! would be accepted. In a few places the reference stops with an error of its array library or gives what no
//! description of it promises; there we differ, and say so beside the test.

mod attenuated_signal;
mod climatology;
mod compare;
mod data_reception;
mod density_inversion;
mod flat_line;
mod gross_range;
mod impossible_date;
mod location;
mod location_bounds;
mod percentile_range;
mod pressure_increasing;
mod rate_of_change;
mod speed;
mod spike;
mod syntax;
mod time_gap;
mod valid_range;

use std::fmt::Display;

use jiff::Timestamp;

use super::verdict::Flag;

pub use attenuated_signal::{AttenuatedSignal, AttenuatedSignalStream, CheckType};
pub use climatology::{Climatology, Member, Moment, Period, Tspan};
pub use compare::compare;
pub use data_reception::DataReception;
pub use density_inversion::DensityInversion;
pub use flat_line::{FlatLine, FlatLineStream};
pub use gross_range::GrossRange;
pub use impossible_date::ImpossibleDate;
pub use location::{Location, RangeMethod};
pub use location_bounds::{FlagArea, LocationBounds, Shape};
pub use percentile_range::PercentileRange;
pub use pressure_increasing::pressure_increasing;
pub use rate_of_change::{RateOfChange, RateOfChangeStream};
pub use speed::Speed;
pub use spike::{Method, Spike, SpikeStream};
pub use syntax::{LengthType, Syntax};
pub use time_gap::{TimeGap, TimeGapStream};
pub use valid_range::ValidRange;

/// Settings or input that a test refuses.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{test}: {key} is {value}; it must be {accepted}")]
pub struct Refused {
    /// The test, by the name the reference gives it.
    pub test: &'static str,
    /// The setting or input.
    pub key: &'static str,
    /// What was given.
    pub value: String,
    /// What would be accepted.
    pub accepted: String,
}

fn refused<T>(
    test: &'static str,
    key: &'static str,
    value: &dyn Display,
    accepted: &str,
) -> Result<T, Refused> {
    Err(Refused {
        test,
        key,
        value: value.to_string(),
        accepted: accepted.to_owned(),
    })
}

/// Inputs that belong to the same points must be equally many.
fn same_length(
    test: &'static str,
    key: &'static str,
    found: usize,
    expected: usize,
) -> Result<(), Refused> {
    if found == expected {
        return Ok(());
    }
    refused(
        test,
        key,
        &format_args!("{found} long"),
        &format!("{expected} long, one for each value"),
    )
}

fn missing(value: f64) -> bool {
    !value.is_finite()
}

/// From one time to the next in whole seconds, as the reference cuts them: towards the past.
fn whole_seconds(from: Timestamp, to: Timestamp) -> i64 {
    let nanoseconds = to.as_nanosecond() - from.as_nanosecond();
    seconds(nanoseconds)
}

fn seconds(nanoseconds: i128) -> i64 {
    i64::try_from(nanoseconds.div_euclid(1_000_000_000))
        .expect("jiff's range of time is less than 2^63 seconds")
}

/// The middle of the steps between times, whole seconds; `None` with fewer than two times.
fn median_interval_s(times: &[Timestamp]) -> Option<i64> {
    let mut steps: Vec<i128> = times
        .windows(2)
        .map(|pair| pair[1].as_nanosecond() - pair[0].as_nanosecond())
        .collect();
    steps.sort_unstable();
    let upper = *steps.get(steps.len() / 2)?;
    let middle = if steps.len().is_multiple_of(2) {
        (steps[steps.len() / 2 - 1] + upper) / 2
    } else {
        upper
    };
    Some(seconds(middle))
}

/// Low and high of a span given in either order.
fn sorted([a, b]: [f64; 2]) -> [f64; 2] {
    if b < a { [b, a] } else { [a, b] }
}

fn within(value: f64, [low, high]: [f64; 2]) -> bool {
    low <= value && value <= high
}
