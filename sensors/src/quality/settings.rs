//! What is normal at one gauge. Every check may be left out; a check that is left out says nothing.

use serde::{Deserialize, Serialize};

use super::attenuated::AttenuatedLimits;
use super::cadence::Cadence;
use super::gap::GapLimit;
use super::neighbours::Neighbourhood;
use super::season::{self, Season};

/// The longest time a flat line may be allowed, seconds: a year.
const FLAT_MAX_S: u32 = 366 * 86_400;

/// The limits of all checks at one gauge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QualitySettings {
    /// What the sensor can physically report, metres. Outside: bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sensor: Option<Span>,
    /// What is usual at this gauge, metres. Outside: suspect.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual: Option<Span>,
    /// How far a single value may jump out and back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spike: Option<SpikeLimits>,
    /// How fast the river can rise or fall.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rate: Option<RateLimit>,
    /// How long the river may stand still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flat: Option<FlatLimits>,
    /// How little the level may move within a period.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attenuated: Option<AttenuatedLimits>,
    /// What is usual at which time of the year.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub season: Option<Vec<Season>>,
    /// How long a hole before a reading may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapLimit>,
    /// What the device has agreed to report.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cadence: Option<Cadence>,
    /// Who else sees the same water.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub neighbours: Option<Neighbourhood>,
}

/// Levels from `low` to `high`, both included, metres.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Span {
    /// The lowest level, metres.
    pub low: f64,
    /// The highest level, metres.
    pub high: f64,
}

impl Span {
    /// Whether the level lies in the span. NaN lies nowhere.
    #[must_use]
    pub fn contains(&self, level_m: f64) -> bool {
        self.low <= level_m && level_m <= self.high
    }
}

/// Limits of the spike check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpikeLimits {
    /// A spike higher than this is suspect, metres.
    pub low_m: f64,
    /// A spike higher than this is bad, metres. Left out: no spike is bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub high_m: Option<f64>,
}

/// Limit of the rate check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// A rise or fall faster than this is suspect, metres per hour.
    pub suspect_m_per_h: f64,
}

/// Limits of the flat line check.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlatLimits {
    /// Levels less than this apart count as the same, metres.
    pub tolerance_m: f64,
    /// Standing still for this long is suspect, seconds.
    pub suspect_after_s: u32,
    /// Standing still for this long is bad, seconds. Left out: it is never bad.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fail_after_s: Option<u32>,
}

impl QualitySettings {
    /// These settings, and where they leave a check out those of `common`.
    #[must_use]
    pub fn over(self, common: &Self) -> Self {
        Self {
            sensor: self.sensor.or(common.sensor),
            usual: self.usual.or(common.usual),
            spike: self.spike.or(common.spike),
            rate: self.rate.or(common.rate),
            flat: self.flat.or(common.flat),
            attenuated: self.attenuated.or(common.attenuated),
            season: self.season.or_else(|| common.season.clone()),
            gap: self.gap.or(common.gap),
            cadence: self.cadence.or(common.cadence),
            neighbours: self.neighbours.or_else(|| common.neighbours.clone()),
        }
    }

    /// Checks that the limits can be told apart and met.
    ///
    /// # Errors
    /// The first key that contradicts itself or another, with its value and what would be accepted.
    pub fn validate(&self) -> Result<(), InvalidQuality> {
        for (key, span) in [("sensor", self.sensor), ("usual", self.usual)] {
            if let Some(span) = span {
                let sound = span.low.is_finite() && span.high.is_finite() && span.low < span.high;
                demand(
                    sound,
                    key,
                    &format_args!("{} to {} m", span.low, span.high),
                    "low below high, both finite",
                )?;
            }
        }
        if let (Some(sensor), Some(usual)) = (self.sensor, self.usual) {
            demand(
                sensor.contains(usual.low) && sensor.contains(usual.high),
                "usual",
                &format_args!("{} to {} m", usual.low, usual.high),
                &format!("inside sensor, {} to {} m", sensor.low, sensor.high),
            )?;
        }
        if let Some(spike) = self.spike {
            demand(
                positive(spike.low_m),
                "spike.low_m",
                &spike.low_m,
                "above 0 and finite",
            )?;
            if let Some(high_m) = spike.high_m {
                let sound = high_m.is_finite() && high_m > spike.low_m;
                demand(
                    sound,
                    "spike.high_m",
                    &high_m,
                    &format!("above spike.low_m, {}, and finite", spike.low_m),
                )?;
            }
        }
        if let Some(rate) = self.rate {
            let limit = rate.suspect_m_per_h;
            demand(
                positive(limit),
                "rate.suspect_m_per_h",
                &limit,
                "above 0 and finite",
            )?;
        }
        self.flat.map_or(Ok(()), flat_is_sound)?;
        self.attenuated.map_or(Ok(()), AttenuatedLimits::validate)?;
        season::validate(self.season.as_deref().unwrap_or_default())?;
        self.gap.map_or(Ok(()), GapLimit::validate)?;
        self.cadence.map_or(Ok(()), |cadence| cadence.validate())?;
        self.neighbours
            .as_ref()
            .map_or(Ok(()), Neighbourhood::validate)
    }
}

fn flat_is_sound(flat: FlatLimits) -> Result<(), InvalidQuality> {
    demand(
        positive(flat.tolerance_m),
        "flat.tolerance_m",
        &flat.tolerance_m,
        "above 0 and finite",
    )?;
    let suspect_after_s = flat.suspect_after_s;
    demand(
        (1..=FLAT_MAX_S).contains(&suspect_after_s),
        "flat.suspect_after_s",
        &suspect_after_s,
        &format!("from 1 to {FLAT_MAX_S}"),
    )?;
    flat.fail_after_s.map_or(Ok(()), |fail_after_s| {
        demand(
            fail_after_s > suspect_after_s && fail_after_s <= FLAT_MAX_S,
            "flat.fail_after_s",
            &fail_after_s,
            &format!("above flat.suspect_after_s, {suspect_after_s}, and at most {FLAT_MAX_S}"),
        )
    })
}

pub(super) fn positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}

pub(super) fn demand(
    sound: bool,
    key: &'static str,
    value: &dyn std::fmt::Display,
    accepted: &str,
) -> Result<(), InvalidQuality> {
    if sound {
        return Ok(());
    }
    Err(InvalidQuality {
        key,
        value: value.to_string(),
        accepted: accepted.to_owned(),
    })
}

/// A limit that contradicts itself or another.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("quality.{key} is {value}; it must be {accepted}")]
pub struct InvalidQuality {
    /// The key, below `quality`.
    pub key: &'static str,
    /// What was given.
    pub value: String,
    /// What would be accepted.
    pub accepted: String,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn refused(json: &str, expected: &str) {
        let settings: QualitySettings = serde_json::from_str(json).unwrap();
        assert_eq!(settings.validate().unwrap_err().to_string(), expected);
    }

    #[test]
    fn a_gauge_may_leave_out_any_check() {
        assert_eq!(QualitySettings::default().validate(), Ok(()));
        let all = r#"{"sensor":{"low":-1,"high":20},"usual":{"low":0,"high":8},"spike":{"low_m":1,"high_m":5},
            "rate":{"suspect_m_per_h":2},"flat":{"tolerance_m":0.001,"suspect_after_s":86400,"fail_after_s":259200}}"#;
        let all: QualitySettings = serde_json::from_str(all).unwrap();
        assert_eq!(all.validate(), Ok(()));
        let again: QualitySettings =
            serde_json::from_str(&serde_json::to_string(&all).unwrap()).unwrap();
        assert_eq!(again, all);
    }

    #[test]
    fn an_error_names_key_value_and_what_is_accepted() {
        refused(
            r#"{"sensor":{"low":5,"high":5}}"#,
            "quality.sensor is 5 to 5 m; it must be low below high, both finite",
        );
        refused(
            r#"{"sensor":{"low":0,"high":5},"usual":{"low":1,"high":6}}"#,
            "quality.usual is 1 to 6 m; it must be inside sensor, 0 to 5 m",
        );
        refused(
            r#"{"spike":{"low_m":0}}"#,
            "quality.spike.low_m is 0; it must be above 0 and finite",
        );
        refused(
            r#"{"spike":{"low_m":2,"high_m":1}}"#,
            "quality.spike.high_m is 1; it must be above spike.low_m, 2, and finite",
        );
        refused(
            r#"{"rate":{"suspect_m_per_h":-1}}"#,
            "quality.rate.suspect_m_per_h is -1; it must be above 0 and finite",
        );
        refused(
            r#"{"flat":{"tolerance_m":0.0,"suspect_after_s":1}}"#,
            "quality.flat.tolerance_m is 0; it must be above 0 and finite",
        );
        refused(
            r#"{"flat":{"tolerance_m":0.1,"suspect_after_s":100,"fail_after_s":100}}"#,
            "quality.flat.fail_after_s is 100; it must be above flat.suspect_after_s, 100, and at most 31622400",
        );
    }

    #[test]
    fn the_newer_checks_name_key_and_value_too() {
        refused(
            r#"{"attenuated":{"period_s":86400,"suspect_m":0.01,"fail_m":0.02}}"#,
            "quality.attenuated.fail_m is 0.02; it must be above 0 and below attenuated.suspect_m, 0.01",
        );
        refused(
            r#"{"season":[{"months":[0,3],"low":0,"high":1}]}"#,
            "quality.season.months is 0 to 3; it must be two months from 1 to 12",
        );
        refused(
            r#"{"gap":{"suspect_after_s":0}}"#,
            "quality.gap.suspect_after_s is 0; it must be from 1 to 31622400",
        );
        refused(
            r#"{"cadence":{"class":"crisis"}}"#,
            "quality.cadence.start_level_m is left out; it must be given with class = \"crisis\": below it the device \
             may be silent",
        );
        refused(
            r#"{"cadence":{"late_after":4}}"#,
            "quality.cadence.failed_after is 3; it must be above cadence.late_after, 4, and at most 1000 intervals",
        );
        refused(
            r#"{"neighbours":{"gauges":[]}}"#,
            "quality.neighbours.gauges is 0 gauges; it must be 1 to 16 gauges",
        );
        refused(
            r#"{"neighbours":{"gauges":[{"station":"a","travel_min":60},{"station":"a","travel_min":90}]}}"#,
            "quality.neighbours.gauges.station is a; it must be listed once",
        );
    }

    #[test]
    fn what_one_gauge_leaves_out_is_taken_from_all() {
        let own: QualitySettings =
            serde_json::from_str(r#"{"gap":{"suspect_after_s":60}}"#).unwrap();
        let common: QualitySettings =
            serde_json::from_str(r#"{"gap":{"suspect_after_s":90},"rate":{"suspect_m_per_h":2}}"#)
                .unwrap();
        let both = own.clone().over(&common);
        assert_eq!(both.gap, own.gap);
        assert_eq!(both.rate, common.rate);
        assert_eq!(both.flat, None);
    }

    #[test]
    fn a_misspelt_check_is_refused() {
        assert!(serde_json::from_str::<QualitySettings>(r#"{"spikes":{"low_m":1}}"#).is_err());
        assert!(
            serde_json::from_str::<QualitySettings>(r#"{"spike":{"low_m":1,"high":2}}"#).is_err()
        );
    }
}
