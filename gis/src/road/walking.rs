//! How fast people walk, and where they do not (歩行速度・通行条件).
//!
//! The defaults and where they come from. A town sets its own.
//!
//! | Key | Default | Source |
//! |---|---|---|
//! | `adults.speed_m_per_s` | 1.0 | planning speed on foot, Miyagi prefecture's tsunami evacuation guideline |
//! | `elderly.speed_m_per_s` | 0.8 | people for whom walking is hard, on the level: older list of the Fire and Disaster Management Agency |
//! | `with_infants`, `assisted` | 0.5 | people needing care, disabled, small children, sick: the same guideline |
//! | `steps_factor` | 0.5 | 0.4 against 0.8 m/s for people for whom walking is hard, 0.5 against 1.0 for the unfamiliar: the same list |
//! | `night_factor` | 0.8 | night is 80 % of day: evacuation studies after 2011 |
//! | `rain_factor`, `snow_factor` | 0.9, 0.6 | **assumed**; no source states one |
//! | `water_max_m` | 0.3 adults, 0.2 others | hard for adults at 0.3 m, for children of 10 to 12 at 0.2 m: guide for underground malls |
//! | slower in water | a quarter of the speed at 0.5 m, in proportion below | the same guide; in between **assumed** |
//! | `detour_factor` | 1.3 | the median of three real quarters is 1.31 (Helsinki), 1.32 (Sapporo) and 1.35 (Tsukuba); one way in ten takes 1.6 to 2.3 |
//! | `water_penalty`, `zone_penalty` | 4, 1.5 | **assumed**: how much further people would rather walk than through shallow water, or a hazard zone |

use serde::{Deserialize, Serialize};

use super::snap::SnapSettings;
use crate::refusal::LoadError;
use crate::{DepthRank, Hazard};

/// A group of people who walk alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalkGroup {
    /// 健常な成人
    Adults,
    /// 高齢者
    Elderly,
    /// 乳幼児連れ
    WithInfants,
    /// 車椅子・介助が必要な人
    Assisted,
}

impl WalkGroup {
    /// All groups.
    pub const ALL: [Self; 4] = [
        Self::Adults,
        Self::Elderly,
        Self::WithInfants,
        Self::Assisted,
    ];

    /// The word used in files and commands.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Adults => "adults",
            Self::Elderly => "elderly",
            Self::WithInfants => "with_infants",
            Self::Assisted => "assisted",
        }
    }

    /// The group with this word, if there is one.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.key() == key)
    }

    /// In Japanese.
    #[must_use]
    pub fn words_ja(self) -> &'static str {
        match self {
            Self::Adults => "成人",
            Self::Elderly => "高齢者",
            Self::WithInfants => "乳幼児連れ",
            Self::Assisted => "車椅子・要介助",
        }
    }

    /// In English.
    #[must_use]
    pub fn words_en(self) -> &'static str {
        match self {
            Self::Adults => "adults",
            Self::Elderly => "elderly people",
            Self::WithInfants => "people with infants",
            Self::Assisted => "people in wheelchairs or needing help",
        }
    }
}

/// How one group walks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// By day, on the level, metres per second.
    pub speed_m_per_s: f64,
    /// Water deeper than this stops them, metres.
    pub water_max_m: f64,
    /// Whether they can use steps, and ways marked as closed to wheelchairs.
    pub steps: bool,
}

/// Configuration of walking.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WalkSettings {
    /// 成人
    pub adults: Pace,
    /// 高齢者
    pub elderly: Pace,
    /// 乳幼児連れ
    pub with_infants: Pace,
    /// 車椅子・要介助
    pub assisted: Pace,
    /// Part of the speed on steps.
    pub steps_factor: f64,
    /// Part of the speed at night.
    pub night_factor: f64,
    /// Part of the speed in heavy rain.
    pub rain_factor: f64,
    /// Part of the speed on snow.
    pub snow_factor: f64,
    /// How many times further a way through shallow water counts when ways are compared. The time stays the real one.
    pub water_penalty: f64,
    /// The same for a way inside a hazard zone that is still dry.
    pub zone_penalty: f64,
    /// Ways in a hazard zone from this depth rank (1 to 6) on are closed even while dry; 0 = none is.
    pub zone_closed_from_rank: u8,
    /// How many times longer than the straight line a way is assumed to be where no roads are loaded.
    pub detour_factor: f64,
    /// What counts as a way beside a place.
    pub snap: SnapSettings,
}

impl Default for WalkSettings {
    fn default() -> Self {
        let pace = |speed_m_per_s, water_max_m, steps| Pace {
            speed_m_per_s,
            water_max_m,
            steps,
        };
        Self {
            adults: pace(1.0, 0.3, true),
            elderly: pace(0.8, 0.2, true),
            with_infants: pace(0.5, 0.2, true),
            assisted: pace(0.5, 0.2, false),
            steps_factor: 0.5,
            night_factor: 0.8,
            rain_factor: 0.9,
            snow_factor: 0.6,
            water_penalty: 4.0,
            zone_penalty: 1.5,
            zone_closed_from_rank: 0,
            detour_factor: 1.3,
            snap: SnapSettings::default(),
        }
    }
}

/// What it is like outside, and who walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WalkConditions {
    /// Who walks.
    pub group: WalkGroup,
    /// 夜間
    pub light: Light,
    /// Rain, snow or neither.
    pub weather: Weather,
    /// Underpasses, tunnels and underground passages (トンネル・地下道).
    pub tunnels: Gate,
    /// Passages inside buildings (屋内通路).
    pub indoor: Gate,
    /// Fords and roads known to flood (渡渉部・冠水しやすい道).
    pub fords: Gate,
    /// Bridges (橋).
    pub bridges: Gate,
}

impl WalkConditions {
    /// A flood: underpasses and fords count as closed, and so do buildings that may be locked. Bridges are open until
    /// somebody closes them.
    #[must_use]
    pub fn flood(group: WalkGroup, light: Light, weather: Weather) -> Self {
        Self {
            group,
            light,
            weather,
            tunnels: Gate::Closed,
            indoor: Gate::Closed,
            fords: Gate::Closed,
            bridges: Gate::Open,
        }
    }

    /// As it is in this hazard: closed gates in a flood of any kind, all open otherwise.
    #[must_use]
    pub fn in_hazard(hazard: Hazard, group: WalkGroup, light: Light, weather: Weather) -> Self {
        match hazard {
            Hazard::Flood | Hazard::InlandFlood | Hazard::StormSurge | Hazard::Tsunami => {
                Self::flood(group, light, weather)
            }
            Hazard::Landslide | Hazard::Earthquake | Hazard::LargeFire | Hazard::Volcano => Self {
                light,
                weather,
                ..Self::calm(group)
            },
        }
    }

    /// A dry day on which everything is open.
    #[must_use]
    pub fn calm(group: WalkGroup) -> Self {
        Self {
            group,
            light: Light::Day,
            weather: Weather::Fair,
            tunnels: Gate::Open,
            indoor: Gate::Open,
            fords: Gate::Open,
            bridges: Gate::Open,
        }
    }
}

/// Day or night.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Light {
    /// Sun or twilight.
    Day,
    /// 夜間
    Night,
}

/// What falls or lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weather {
    /// Neither.
    Fair,
    /// Heavy rain.
    Rain,
    /// Snow on the ground.
    Snow,
}

impl Weather {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Fair, Self::Rain, Self::Snow];

    /// The word used in commands.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Rain => "rain",
            Self::Snow => "snow",
        }
    }

    /// The one with this word, if there is one.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|weather| weather.key() == key)
    }
}

/// Whether a kind of way may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It may.
    Open,
    /// It may not.
    Closed,
}

impl WalkSettings {
    /// How a group walks.
    #[must_use]
    pub fn pace(&self, group: WalkGroup) -> Pace {
        match group {
            WalkGroup::Adults => self.adults,
            WalkGroup::Elderly => self.elderly,
            WalkGroup::WithInfants => self.with_infants,
            WalkGroup::Assisted => self.assisted,
        }
    }

    /// Speed on the level, metres per second.
    #[must_use]
    pub fn speed_m_per_s(&self, conditions: WalkConditions) -> f64 {
        let light = match conditions.light {
            Light::Day => 1.0,
            Light::Night => self.night_factor,
        };
        let weather = match conditions.weather {
            Weather::Fair => 1.0,
            Weather::Rain => self.rain_factor,
            Weather::Snow => self.snow_factor,
        };
        self.pace(conditions.group).speed_m_per_s * light * weather
    }

    /// The rank from which hazard zones are closed while dry.
    pub(super) fn closed_rank(&self) -> Option<DepthRank> {
        DepthRank::new(self.zone_closed_from_rank)
    }

    /// Checks every value.
    ///
    /// # Errors
    /// Names the first key whose value is out of range, and the range.
    pub fn validate(&self) -> Result<(), LoadError> {
        let range = |part: &str, key: &str, value: f64, low: f64, high: f64| {
            if (low..=high).contains(&value) {
                return Ok(());
            }
            Err(LoadError::refused(
                part,
                key,
                value,
                format!("{low} to {high}"),
            ))
        };
        for (name, pace) in [
            ("walking.adults", self.adults),
            ("walking.elderly", self.elderly),
            ("walking.with_infants", self.with_infants),
            ("walking.assisted", self.assisted),
        ] {
            range(name, "speed_m_per_s", pace.speed_m_per_s, 0.05, 3.0)?;
            range(name, "water_max_m", pace.water_max_m, 0.0, 0.6)?;
        }
        for (key, value, low, high) in [
            ("steps_factor", self.steps_factor, 0.05, 1.0),
            ("night_factor", self.night_factor, 0.05, 1.0),
            ("rain_factor", self.rain_factor, 0.05, 1.0),
            ("snow_factor", self.snow_factor, 0.05, 1.0),
            ("water_penalty", self.water_penalty, 1.0, 100.0),
            ("zone_penalty", self.zone_penalty, 1.0, 100.0),
            (
                "zone_closed_from_rank",
                f64::from(self.zone_closed_from_rank),
                0.0,
                6.0,
            ),
            ("detour_factor", self.detour_factor, 1.0, 5.0),
            ("snap.reach_m", self.snap.reach_m, 1.0, 5_000.0),
            ("snap.island_m", self.snap.island_m, 0.0, 100_000.0),
        ] {
            range("walking", key, value, low, high)?;
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Light, WalkConditions, WalkGroup, WalkSettings, Weather};

    #[test]
    fn the_defaults_are_accepted() {
        assert_eq!(WalkSettings::default().validate(), Ok(()));
    }

    #[test]
    fn night_and_rain_slow_everybody_down() {
        let settings = WalkSettings::default();
        for group in WalkGroup::ALL {
            let night = WalkConditions::flood(group, Light::Night, Weather::Rain);
            let expected = settings.pace(group).speed_m_per_s * 0.8 * 0.9;
            assert!((settings.speed_m_per_s(night) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn a_factor_that_would_make_people_stand_still_is_refused() {
        let mut settings = WalkSettings {
            night_factor: 0.0,
            ..WalkSettings::default()
        };
        let said = settings.validate().unwrap_err().to_string();
        assert_eq!(said, "walking: night_factor is 0; accepted: 0.05 to 1");
        settings.night_factor = f64::NAN;
        assert!(settings.validate().is_err());
    }

    #[test]
    fn an_unknown_key_is_refused() {
        assert!(toml::from_str::<WalkSettings>("nigth_factor = 0.8").is_err());
        let set: WalkSettings = toml::from_str("night_factor = 0.7").unwrap();
        assert_eq!(
            set,
            WalkSettings {
                night_factor: 0.7,
                ..WalkSettings::default()
            }
        );
    }
}
