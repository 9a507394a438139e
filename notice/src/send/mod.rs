//! What each channel is handed: finished bytes, made when the notice was approved.

pub mod mqtt;
pub mod webhook;

use serde::Serialize;

/// JSON bytes of a value of ours.
///
/// # Panics
/// Never for the types of this crate: their keys are text and their numbers finite.
pub(crate) fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("types of this crate have text keys and finite numbers")
}
