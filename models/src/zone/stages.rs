use super::{ZoneCard, unknown, words};
use crate::forecast::GaugeForecast;
use serde::{Deserialize, Serialize};

/// A district that is concerned from one level on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StagedZone {
    /// The district.
    pub district: String,
    /// The gauge whose level decides.
    pub gauge: String,
    /// From this level on the district is concerned, metres in the gauge's own datum.
    pub level_m: f64,
    /// False where no table of the town stands behind the level, but an assumption.
    pub from_table: bool,
}

impl StagedZone {
    pub(crate) fn probability_within(&self, forecast: &GaugeForecast, lead_h: u32) -> f64 {
        forecast.probability_within(lead_h, self.level_m)
    }

    pub(crate) fn card(&self) -> ZoneCard {
        let basis = if self.from_table {
            words(
                "町の段階表による。水位がその段階に達する確率であり、実際に浸水した記録で確かめたものではない。",
                "From the town's stage table: the chance that the river reaches the stage. It was not checked against floods that really came.",
            )
        } else {
            words(
                "段階表がないため、想定最大規模の浸水深から仮定した水位による。浸水の記録で確かめていない。",
                "No stage table: the level is assumed from the depths of the largest assumed flood. It was not checked against any flood.",
            )
        };
        ZoneCard {
            district: self.district.clone(),
            gauge: self.gauge.clone(),
            labels: 0,
            flooded: 0,
            words: vec![basis, unknown()],
        }
    }
}
