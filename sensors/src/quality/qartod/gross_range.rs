//! Gross range test: beyond what the sensor can report, beyond what its operator expects.

use serde::{Deserialize, Serialize};

use super::{Flag, Refused, missing, refused, sorted, within};

const TEST: &str = "gross_range_test";

/// Fail outside `fail_span`, suspect outside `suspect_span`; both ends belong to a span, in whichever order they are
/// given.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Missing, Suspect};
/// use hinan_sensors::quality::qartod::GrossRange;
/// let test = GrossRange { fail_span: [0.0, 5.0], suspect_span: Some([1.0, 4.0]) };
/// assert_eq!(test.flags(&[1.0, 4.5, 8.0, f64::NAN]), Ok(vec![Good, Suspect, Bad, Missing]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GrossRange {
    /// What the sensor can report.
    pub fail_span: [f64; 2],
    /// What its operator expects; inside `fail_span`.
    #[serde(default)]
    pub suspect_span: Option<[f64; 2]>,
}

impl GrossRange {
    /// One flag per value.
    ///
    /// # Errors
    /// A `suspect_span` that is not inside `fail_span`.
    pub fn flags(&self, values: &[f64]) -> Result<Vec<Flag>, Refused> {
        self.check()?;
        Ok(values.iter().map(|&value| self.flag(value)).collect())
    }

    /// The flag of one value; it depends on no other.
    #[must_use]
    pub fn flag(&self, value: f64) -> Flag {
        if missing(value) {
            Flag::Missing
        } else if !within(value, sorted(self.fail_span)) {
            Flag::Bad
        } else if self
            .suspect_span
            .is_some_and(|span| !within(value, sorted(span)))
        {
            Flag::Suspect
        } else {
            Flag::Good
        }
    }

    /// Whether the settings can be used.
    ///
    /// # Errors
    /// A `suspect_span` that is not inside `fail_span`.
    pub fn check(&self) -> Result<(), Refused> {
        let Some(suspect) = self.suspect_span.map(sorted) else {
            return Ok(());
        };
        let fail = sorted(self.fail_span);
        if suspect[0] < fail[0] || suspect[1] > fail[1] {
            return refused(
                TEST,
                "suspect_span",
                &format_args!("{} to {}", suspect[0], suspect[1]),
                &format!("inside fail_span, {} to {}", fail[0], fail[1]),
            );
        }
        Ok(())
    }
}
