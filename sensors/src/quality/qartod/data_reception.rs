//! Data reception test: too old when it came.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::time_gap::hours;
use super::{Flag, Refused};

const TEST: &str = "data_reception_test";

/// Fails what is older than `fail_span` hours at the moment it is looked at. What is newer than that moment passes.
///
/// ```
/// use hinan_sensors::quality::Flag::{Bad, Good, Missing};
/// use hinan_sensors::quality::qartod::DataReception;
/// let times = [Some("2016-08-30T00:00:00Z"), Some("2016-08-30T09:00:00Z"), None];
/// let times = times.map(|time| time.map(|time| time.parse().unwrap()));
/// let asked = "2016-08-30T10:00:00Z".parse().unwrap();
/// assert_eq!(DataReception::default().flags(&times, asked), Ok(vec![Bad, Good, Missing]));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataReception {
    /// The greatest age that passes, hours.
    #[serde(default = "six_hours")]
    pub fail_span: f64,
}

impl Default for DataReception {
    fn default() -> Self {
        Self {
            fail_span: six_hours(),
        }
    }
}

fn six_hours() -> f64 {
    6.0
}

impl DataReception {
    /// One flag per time, as seen at `from_time`; `None` is a missing time.
    ///
    /// # Errors
    /// A `fail_span` that is no number of hours.
    pub fn flags(
        &self,
        times: &[Option<Timestamp>],
        from_time: Timestamp,
    ) -> Result<Vec<Flag>, Refused> {
        let oldest = hours(TEST, self.fail_span)?;
        let flag = |at: &Option<Timestamp>| match at {
            None => Flag::Missing,
            Some(at) if from_time.duration_since(*at) > oldest => Flag::Bad,
            Some(_) => Flag::Good,
        };
        Ok(times.iter().map(flag).collect())
    }
}
