//! 雨量: what fell at the stations that the town's plan names, over the hours that some condition asks for.

use std::collections::BTreeMap;

use hinan_recommend::{Rain, SourceId, Told};
use jiff::Timestamp;

use super::core::Core;
use crate::situation::Situation;

/// By station. A sum of which a part is not known is absent: a hole is never taken for dry.
#[must_use]
pub fn fallen(situation: &Situation, core: &Core, as_of: Timestamp) -> BTreeMap<SourceId, Rain> {
    let sums = |station: &SourceId| -> BTreeMap<u32, Told<f64>> {
        core.rain_hours
            .iter()
            .filter_map(|hours| {
                let (mm, at) = situation.rain_within(station.as_str(), *hours, as_of)?;
                let told = Told {
                    value: mm,
                    at,
                    source: "アメダス".to_owned(),
                };
                Some((*hours, told))
            })
            .collect()
    };
    core.plan
        .rain
        .iter()
        .map(|gauge| {
            let rain = Rain {
                name: gauge.name.clone(),
                past_mm: sums(&gauge.station),
            };
            (gauge.station.clone(), rain)
        })
        .collect()
}
