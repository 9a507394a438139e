//! Which of two reports is the newer one.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::official::envelope::{Envelope, InfoType};

/// The order of reports: official time, then serial, then time of sending. What is left equal is told apart by kind and
/// digest, so that the outcome never depends on the order of arrival.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) report_at: Timestamp,
    serial: Vec<u64>,
    pub(crate) sent_at: Timestamp,
    kind: InfoType,
    digest: u64,
}

impl Order {
    pub(crate) fn of(envelope: &Envelope, digest: u64) -> Self {
        Self {
            report_at: envelope.report_at,
            serial: numbers(&envelope.serial),
            sent_at: envelope.sent_at,
            kind: envelope.info_type,
            digest,
        }
    }
}

/// `3` and `01-02` in numbers, so that 10 comes after 9. A serial without numbers counts as none.
fn numbers(serial: &str) -> Vec<u64> {
    serial
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|part| part.parse().ok())
        .take(4)
        .collect()
}

/// FNV-1a: the same bytes give the same number, on every machine and in every version.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_compared_as_numbers() {
        assert!(numbers("10") > numbers("9"));
        assert!(numbers("01-03") > numbers("01-02"));
        assert_eq!(numbers("01"), numbers("1"));
        assert!(numbers("").is_empty());
    }
}
