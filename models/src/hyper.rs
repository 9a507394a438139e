use serde::{Deserialize, Serialize};

/// The lead times that every fitted model answers, in hours.
pub(crate) const LEADS_H: [u32; 4] = [1, 2, 3, 6];

/// Settings of a [`FloodModel`](crate::FloodModel), checked when the recipe is made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Hyper {
    /// Ridge penalties to choose from, per row of the fit, on standardised features.
    pub penalties: Vec<f64>,
    /// Least rise of a flood as a share of the gauge's range of levels.
    pub flood_rise_share: f64,
    /// Fewest floods a gauge must have seen before its model may replace persistence.
    pub floods_min: usize,
    /// Least skill against persistence on left-out floods before the model may replace it.
    pub skill_min: f64,
    /// Largest share of missing readings in floods at which an upstream gauge is still used.
    pub upstream_missing_max: f64,
    /// How much wider the interval gets outside the training range, per training range exceeded.
    pub widen_outside: f64,
    /// Most rows used in one fit: beyond it, quiet rows are thinned evenly and count for those left out.
    pub fit_rows_max: usize,
    /// Seed of all chance in the fit: the same readings and the same seed give the same bytes.
    pub seed: u64,
}

impl Default for Hyper {
    fn default() -> Self {
        Self {
            penalties: vec![0.000_01, 0.000_1, 0.001, 0.01, 0.1],
            flood_rise_share: 0.07,
            floods_min: 3,
            skill_min: 0.05,
            upstream_missing_max: 0.25,
            widen_outside: 1.0,
            fit_rows_max: 128_000,
            seed: 7,
        }
    }
}

/// A setting that is not accepted.
#[derive(Debug, thiserror::Error, PartialEq)]
#[error("{key} = {value} is not accepted: {accepted}")]
pub struct HyperError {
    /// Name of the setting.
    pub key: &'static str,
    /// The value that was given.
    pub value: String,
    /// What is accepted.
    pub accepted: &'static str,
}

impl Hyper {
    /// Checks every setting.
    ///
    /// # Errors
    /// The first setting that is outside its range.
    pub fn check(&self) -> Result<(), HyperError> {
        let penalties_fit = (1..=8).contains(&self.penalties.len())
            && self.penalties.iter().all(|p| (1e-6..=1e3).contains(p));
        if !penalties_fit {
            return Err(HyperError {
                key: "penalties",
                value: format!("{:?}", self.penalties),
                accepted: "1 to 8 numbers from 0.000001 to 1000",
            });
        }
        let shares = [
            (
                "flood_rise_share",
                self.flood_rise_share,
                0.01,
                0.9,
                "0.01 to 0.9",
            ),
            ("skill_min", self.skill_min, 0.0, 0.9, "0 to 0.9"),
            (
                "upstream_missing_max",
                self.upstream_missing_max,
                0.0,
                1.0,
                "0 to 1",
            ),
            ("widen_outside", self.widen_outside, 0.0, 10.0, "0 to 10"),
        ];
        for (key, value, low, high, accepted) in shares {
            if !(low..=high).contains(&value) {
                return Err(HyperError {
                    key,
                    value: value.to_string(),
                    accepted,
                });
            }
        }
        let counts = [
            ("floods_min", self.floods_min, 2, 100, "2 to 100"),
            (
                "fit_rows_max",
                self.fit_rows_max,
                500,
                2_000_000,
                "500 to 2000000",
            ),
        ];
        for (key, value, low, high, accepted) in counts {
            if !(low..=high).contains(&value) {
                return Err(HyperError {
                    key,
                    value: value.to_string(),
                    accepted,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::Hyper;

    #[test]
    fn the_default_settings_are_accepted() {
        assert_eq!(Hyper::default().check(), Ok(()));
    }

    #[test]
    fn a_setting_out_of_range_is_named_with_its_value() {
        let wrong = Hyper {
            penalties: vec![0.0],
            ..Hyper::default()
        };
        assert_eq!(
            wrong.check().unwrap_err().to_string(),
            "penalties = [0.0] is not accepted: 1 to 8 numbers from 0.000001 to 1000"
        );
        let wrong = Hyper {
            skill_min: f64::NAN,
            ..Hyper::default()
        };
        assert_eq!(wrong.check().unwrap_err().key, "skill_min");
        let wrong = Hyper {
            floods_min: 1,
            ..Hyper::default()
        };
        assert_eq!(wrong.check().unwrap_err().key, "floods_min");
    }
}
