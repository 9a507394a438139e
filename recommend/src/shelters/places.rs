use serde::{Deserialize, Serialize};

/// How many people a shelter can take.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Places {
    /// The town's own figure (想定収容人数).
    Own(u32),
    /// From the floor that people can use, square metres; see [`Places::of_floor`].
    Floor(Floor),
}

/// A floor that has been checked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Floor(f64);

/// Floor for one person.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaceRule {
    /// Square metres for one person.
    m2_per_person: f64,
}

/// A floor or a rule that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{what} is {value}; {accepted}")]
pub struct PlacesError {
    what: &'static str,
    value: f64,
    accepted: &'static str,
}

const FLOOR_MAX_M2: f64 = 1_000_000.0;

impl SpaceRule {
    /// 3.5 m²: the least living space per person where people stay (避難所), since the guideline of December 2024.
    pub const STAY: Self = Self { m2_per_person: 3.5 };
    /// 2 m²: the common planning figure for the first hours (緊急避難).
    pub const FIRST_HOURS: Self = Self { m2_per_person: 2.0 };

    /// A rule of one's own.
    ///
    /// # Errors
    /// [`PlacesError`]: not from 0.5 to 20 m².
    pub fn new(m2_per_person: f64) -> Result<Self, PlacesError> {
        if (0.5..=20.0).contains(&m2_per_person) {
            Ok(Self { m2_per_person })
        } else {
            Err(PlacesError {
                what: "m2_per_person",
                value: m2_per_person,
                accepted: "0.5 to 20 m² are accepted",
            })
        }
    }
}

impl Places {
    /// From the floor that people can use.
    ///
    /// # Errors
    /// [`PlacesError`]: negative, above a square kilometre, or not a number.
    pub fn of_floor(usable_m2: f64) -> Result<Self, PlacesError> {
        Floor::try_from(usable_m2).map(Self::Floor)
    }

    /// How many people it takes under this rule; the town's own figure stands whatever the rule.
    #[must_use]
    pub fn count(self, rule: SpaceRule) -> u32 {
        match self {
            Self::Own(persons) => persons,
            // At most 2,000,000 persons, checked above.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 2,000,000"
            )]
            Self::Floor(Floor(m2)) => (m2 / rule.m2_per_person).floor() as u32,
        }
    }
}

impl TryFrom<f64> for Floor {
    type Error = PlacesError;

    fn try_from(usable_m2: f64) -> Result<Self, PlacesError> {
        if (0.0..=FLOOR_MAX_M2).contains(&usable_m2) {
            Ok(Self(usable_m2))
        } else {
            Err(PlacesError {
                what: "usable floor",
                value: usable_m2,
                accepted: "0 to 1,000,000 m² are accepted",
            })
        }
    }
}

impl From<Floor> for f64 {
    fn from(floor: Floor) -> Self {
        floor.0
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Places, SpaceRule};

    #[test]
    fn a_gymnasium_takes_fewer_people_for_the_night_than_for_the_first_hours() {
        let gymnasium = Places::of_floor(700.0).unwrap();
        assert_eq!(gymnasium.count(SpaceRule::STAY), 200);
        assert_eq!(gymnasium.count(SpaceRule::FIRST_HOURS), 350);
        assert_eq!(Places::Own(120).count(SpaceRule::STAY), 120);
    }

    #[test]
    fn a_floor_or_a_rule_that_cannot_be_is_refused_with_what_is_accepted() {
        for wrong in [-1.0, f64::NAN, f64::INFINITY] {
            let error = Places::of_floor(wrong).unwrap_err().to_string();
            assert!(error.contains("0 to 1,000,000 m²"), "{error}");
        }
        assert!(SpaceRule::new(0.0).is_err());
        assert!(serde_json::from_str::<Places>(r#"{"floor":-3.0}"#).is_err());
    }
}
