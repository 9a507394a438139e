//! Water-level gauges (水位観測所) and the official levels that give their readings a meaning.

use geo::Point;

use crate::refusal::LoadError;

/// A gauge (水位観測所) that matters to the town, inside or outside its border.
#[derive(Clone, Debug)]
pub struct GaugeSite {
    /// The ministry's station number, 10 to 15 digits.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// Reading of the name in kana, where the source gives one.
    pub kana: Option<String>,
    /// Name in Latin letters.
    pub name_en: String,
    /// River (河川).
    pub river: String,
    /// River in Latin letters.
    pub river_en: String,
    /// Longitude and latitude, degrees.
    pub at: Point<f64>,
    /// Distance along its river from the mouth or confluence, kilometres.
    pub river_km: Option<f64>,
    /// Gauges above it, nearest first, at most six.
    pub upstream: Vec<String>,
    /// Official levels of this gauge.
    pub levels: ReferenceLevels,
    /// Whether it stands inside the municipality.
    pub in_town: bool,
}

/// Official levels of a gauge (基準水位), metres in the gauge's own datum. What no source states is absent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReferenceLevels {
    /// 水防団待機水位: flood-fighting corps stand by.
    pub standby_m: Option<f64>,
    /// 氾濫注意水位: flood-fighting begins.
    pub caution_m: Option<f64>,
    /// 避難判断水位: the mayor judges whether the slow must leave.
    pub evacuation_judgement_m: Option<f64>,
    /// 氾濫危険水位: the river may overflow.
    pub danger_m: Option<f64>,
    /// 計画高水位: what the levee was designed for.
    pub design_high_water_m: Option<f64>,
    /// 氾濫開始相当水位: water reaches crown or ground at the weakest place. It may lie below what the levee was designed for.
    pub overflow_start_m: Option<f64>,
    /// Where the levels were read.
    pub source: Option<String>,
}

impl ReferenceLevels {
    /// The levels that are known, in their official order, each with its key.
    pub fn known(&self) -> impl Iterator<Item = (&'static str, f64)> {
        [
            ("standby_m", self.standby_m),
            ("caution_m", self.caution_m),
            ("evacuation_judgement_m", self.evacuation_judgement_m),
            ("danger_m", self.danger_m),
            ("design_high_water_m", self.design_high_water_m),
            ("overflow_start_m", self.overflow_start_m),
        ]
        .into_iter()
        .filter_map(|(key, level_m)| level_m.map(|level_m| (key, level_m)))
    }

    /// Refuses levels that fall where they must rise. Equal neighbours are allowed: some gauges have them; and a river may begin to
    /// overflow below the level that its levee was designed for.
    ///
    /// # Errors
    /// Names the first level below the one before it, or one that is no height in Japan.
    pub(crate) fn validate(&self, part: &str) -> Result<(), LoadError> {
        const LOWEST_M: f64 = -20.0;
        const HIGHEST_M: f64 = 3_776.0;
        let mut before: Option<(&str, f64)> = None;
        for (key, level_m) in self.known() {
            if !(LOWEST_M..=HIGHEST_M).contains(&level_m) {
                return Err(LoadError::refused(
                    part,
                    key,
                    level_m,
                    format!("metres from {LOWEST_M} to {HIGHEST_M}"),
                ));
            }
            if let Some((key_before, level_before_m)) = before
                && level_m < level_before_m
            {
                return Err(LoadError::refused(
                    part,
                    key,
                    level_m,
                    format!("at least {key_before}, which is {level_before_m}"),
                ));
            }
            if key != "design_high_water_m" {
                before = Some((key, level_m));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::ReferenceLevels;

    fn levels(caution_m: f64, danger_m: f64) -> ReferenceLevels {
        ReferenceLevels {
            caution_m: Some(caution_m),
            danger_m: Some(danger_m),
            ..ReferenceLevels::default()
        }
    }

    #[test]
    fn a_danger_level_below_the_caution_level_is_refused_and_both_are_named() {
        let said = levels(35.2, 34.9)
            .validate("town.toml gauge[0]")
            .unwrap_err()
            .to_string();
        assert_eq!(
            said,
            "town.toml gauge[0]: danger_m is 34.9; accepted: at least caution_m, which is 35.2"
        );
    }

    #[test]
    fn a_river_may_overflow_below_its_design_level_but_not_below_its_danger_level() {
        let overflow = |overflow_start_m| ReferenceLevels {
            design_high_water_m: Some(6.0),
            overflow_start_m: Some(overflow_start_m),
            ..levels(4.0, 5.0)
        };
        assert_eq!(overflow(5.5).validate("gauge"), Ok(()));
        let said = overflow(4.5).validate("gauge").unwrap_err().to_string();
        assert_eq!(
            said,
            "gauge: overflow_start_m is 4.5; accepted: at least danger_m, which is 5"
        );
    }

    #[test]
    fn equal_levels_are_accepted() {
        assert_eq!(levels(2.5, 2.5).validate("gauge"), Ok(()));
    }

    #[test]
    fn a_level_that_is_no_number_is_refused() {
        assert!(levels(f64::NAN, 3.0).validate("gauge").is_err());
        assert!(levels(1.0, f64::INFINITY).validate("gauge").is_err());
    }
}
