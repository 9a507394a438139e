//! Gauges: who may report, and what is known about each.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::quality::Contract;
use crate::quality::settings::{InvalidQuality, QualitySettings};

/// Gauges in one town. More than a prefecture has; a longer list is a mistake in a file.
const STATIONS_MAX: usize = 10_000;
/// Characters in a station's identifier.
const ID_MAX_CHARS: usize = 64;

/// The identifier of a gauge (観測所): 1 to 64 of `A-Z a-z 0-9 . _ -`, so that it is one level of an MQTT topic,
/// a file name and a key without escaping.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StationId(String);

impl StationId {
    /// The identifier as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for StationId {
    type Err = InvalidStation;

    fn from_str(text: &str) -> Result<Self, InvalidStation> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if (1..=ID_MAX_CHARS).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidStation::Id {
                id: text.chars().take(ID_MAX_CHARS + 1).collect(),
            })
        }
    }
}

impl TryFrom<String> for StationId {
    type Error = InvalidStation;

    fn try_from(text: String) -> Result<Self, InvalidStation> {
        text.parse()
    }
}

impl From<StationId> for String {
    fn from(id: StationId) -> Self {
        id.0
    }
}

impl fmt::Display for StationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// So that stations can be looked up by the text of a topic without making an identifier first.
impl std::borrow::Borrow<str> for StationId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// One gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// Its identifier, also the last level of its topic.
    pub id: StationId,
    /// Its name as officers know it.
    pub name: String,
    /// How its levels are checked.
    #[serde(default)]
    pub quality: QualitySettings,
    /// How often it is expected to report, seconds.
    pub cadence_s: u32,
}

impl Station {
    /// What its device has agreed to report; as the service expects of all where nothing else was agreed.
    #[must_use]
    pub fn contract(&self) -> Contract {
        self.quality
            .cadence
            .unwrap_or_default()
            .contract(self.cadence_s)
    }

    /// Checks what a file may get wrong.
    ///
    /// # Errors
    /// An empty name, a cadence outside 1 to 86 400 s, or quality settings that contradict themselves.
    pub fn validate(&self) -> Result<(), InvalidStation> {
        if self.name.trim().is_empty() {
            return Err(InvalidStation::Name {
                id: self.id.clone(),
            });
        }
        if !(1..=86_400).contains(&self.cadence_s) {
            return Err(InvalidStation::Cadence {
                id: self.id.clone(),
                cadence_s: self.cadence_s,
            });
        }
        self.quality
            .validate()
            .map_err(|why| InvalidStation::Quality {
                id: self.id.clone(),
                why,
            })
    }
}

/// All gauges of a town, by identifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stations(BTreeMap<StationId, Station>);

impl Stations {
    /// Takes the gauges of a town.
    ///
    /// # Errors
    /// An invalid gauge, an identifier used twice, a neighbour that is not in the list, or more than 10 000 gauges.
    pub fn new(stations: impl IntoIterator<Item = Station>) -> Result<Self, InvalidStation> {
        let mut by_id = BTreeMap::new();
        for station in stations {
            station.validate()?;
            if by_id.len() == STATIONS_MAX {
                return Err(InvalidStation::TooMany);
            }
            if let Some(twin) = by_id.insert(station.id.clone(), station) {
                return Err(InvalidStation::Twice { id: twin.id });
            }
        }
        for station in by_id.values() {
            let neighbours = station.quality.neighbours.as_ref();
            let stranger = neighbours
                .into_iter()
                .flat_map(|neighbours| &neighbours.gauges)
                .find(|neighbour| {
                    neighbour.station == station.id || !by_id.contains_key(&neighbour.station)
                });
            if let Some(stranger) = stranger {
                return Err(InvalidStation::Neighbour {
                    id: station.id.clone(),
                    neighbour: stranger.station.clone(),
                });
            }
        }
        Ok(Self(by_id))
    }

    /// The gauge with this identifier.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Station> {
        self.0.get(id)
    }

    /// All gauges, in the order of their identifiers.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Station> {
        self.0.values()
    }

    /// How many gauges there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no gauge.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Why a gauge cannot be used as it is described.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum InvalidStation {
    /// The identifier has other characters or another length.
    #[error("station id is {id:?}; it must be 1 to 64 of A-Z a-z 0-9 . _ -")]
    Id {
        /// What was given, cut after 65 characters.
        id: String,
    },
    /// The name is empty.
    #[error("station {id}: name is empty; it must be the name officers know the gauge by")]
    Name {
        /// The gauge.
        id: StationId,
    },
    /// The cadence is out of range.
    #[error("station {id}: cadence_s is {cadence_s}; it must be from 1 to 86400")]
    Cadence {
        /// The gauge.
        id: StationId,
        /// What was given.
        cadence_s: u32,
    },
    /// The quality settings contradict themselves.
    #[error("station {id}: {why}")]
    Quality {
        /// The gauge.
        id: StationId,
        /// The contradiction.
        why: InvalidQuality,
    },
    /// Two gauges share an identifier.
    #[error("station {id} is listed twice; each id must be used once")]
    Twice {
        /// The identifier.
        id: StationId,
    },
    /// A neighbour is unknown, or the gauge itself.
    #[error(
        "station {id}: quality.neighbours names {neighbour}; it must be another gauge of the list"
    )]
    Neighbour {
        /// The gauge.
        id: StationId,
        /// What was given.
        neighbour: StationId,
    },
    /// The list is too long.
    #[error("more than 10000 stations are listed; at most 10000 are accepted")]
    TooMany,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn station(id: &str) -> Station {
        Station {
            id: id.parse().unwrap(),
            name: "十勝川 帯広".to_owned(),
            quality: QualitySettings::default(),
            cadence_s: 600,
        }
    }

    #[test]
    fn an_identifier_is_one_plain_topic_level() {
        for good in ["obihiro", "A-1_b.2", "x", &"a".repeat(64)] {
            assert_eq!(good.parse::<StationId>().unwrap().as_str(), good);
        }
        for bad in ["", "a/b", "a+b", "#", "帯広", "a b", "a\0", &"a".repeat(65)] {
            assert!(
                matches!(bad.parse::<StationId>(), Err(InvalidStation::Id { .. })),
                "{bad:?}"
            );
        }
        assert!(serde_json::from_str::<StationId>("\"a/b\"").is_err());
    }

    #[test]
    fn a_gauge_listed_twice_is_refused_by_name() {
        let refused = Stations::new([station("a"), station("b"), station("a")]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "station a is listed twice; each id must be used once"
        );
    }

    #[test]
    fn a_gauge_that_reports_never_is_refused() {
        let mut never = station("a");
        never.cadence_s = 0;
        assert_eq!(
            Stations::new([never]).unwrap_err().to_string(),
            "station a: cadence_s is 0; it must be from 1 to 86400"
        );
    }

    #[test]
    fn a_neighbour_must_be_another_gauge_of_the_list() {
        for neighbour in ["a", "c"] {
            let mut first = station("a");
            let text = format!(r#"{{"gauges":[{{"station":"{neighbour}","travel_min":60}}]}}"#);
            first.quality.neighbours = Some(serde_json::from_str(&text).unwrap());
            assert_eq!(
                Stations::new([first, station("b")])
                    .unwrap_err()
                    .to_string(),
                format!(
                    "station a: quality.neighbours names {neighbour}; it must be another gauge of the list"
                )
            );
        }
    }

    #[test]
    fn an_unknown_key_in_a_gauges_description_is_refused() {
        let text = r#"{"id":"a","name":"A","cadence_s":60,"qualty":{}}"#;
        assert!(
            serde_json::from_str::<Station>(text)
                .unwrap_err()
                .to_string()
                .contains("qualty")
        );
    }
}
