use serde::{Deserialize, Serialize};

/// What counts, in seconds, and how many may come in place of those planned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// Each metre through water counts as so many seconds more. **Assumed**: 10, so a hundred metres of shallow water are
    /// worth a detour of about a quarter of an hour.
    pub water_s_per_m: u32,
    /// One person beyond the places counts as so many seconds. **Assumed**: 4 hours, so that nobody is planned into the last
    /// sixth of a shelter while another can be reached in an hour and a half. Being sent on from a full door in the storm is
    /// what this is against.
    pub overload_s: u32,
    /// How many come to a shelter, in per cent of those planned, with the chance of each: people who go elsewhere than
    /// planned. In the mean 100 %, for how many come in all is the matter of the demand, not of this. **Assumed.**
    pub outcomes: Vec<Outcome>,
    /// So many of a thousand go to the nearest door, whatever the plan says. Their places are kept free there while another shelter
    /// is near enough for those who follow it. **Assumed**: one in ten.
    #[serde(default = "astray_permille")]
    pub astray_permille: u32,
    /// A way longer than this is no way, seconds. **Assumed**: an hour and a half.
    pub walk_max_s: u32,
}

fn astray_permille() -> u32 {
    100
}

/// One of the ways it may turn out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Chance in thousandths.
    pub chance_permille: u32,
    /// Arrivals in per cent of those planned.
    pub percent: u32,
}

/// An objective that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ObjectiveError {
    /// A figure out of bounds.
    #[error("`{key}` is {value}; {least} to {most} are accepted")]
    Bounds {
        /// The key.
        key: &'static str,
        /// As given.
        value: u32,
        /// Least.
        least: u32,
        /// Most.
        most: u32,
    },
    /// Chances that do not add up.
    #[error("the chances of `outcomes` add up to {0} ‰; 1000 is needed")]
    Chances(u32),
    /// Too many outcomes.
    #[error("`outcomes` has {0} entries; 1 to 16 are accepted")]
    Outcomes(usize),
}

impl Default for Objective {
    fn default() -> Self {
        let outcome = |chance_permille, percent| Outcome {
            chance_permille,
            percent,
        };
        Self {
            water_s_per_m: 10,
            overload_s: 14_400,
            outcomes: vec![
                outcome(400, 80),
                outcome(300, 100),
                outcome(200, 120),
                outcome(100, 140),
            ],
            astray_permille: astray_permille(),
            walk_max_s: 5_400,
        }
    }
}

/// A part of a shelter's free places that costs the same per person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// How many persons.
    pub(super) persons: u32,
    /// What each adds to the expected overload, seconds.
    pub(super) each_s: u32,
}

impl Objective {
    /// Checks the figures.
    ///
    /// # Errors
    /// [`ObjectiveError`]: the first figure that is not accepted.
    pub fn check(&self) -> Result<(), ObjectiveError> {
        let bounds = |key, value, least, most| {
            if (least..=most).contains(&value) {
                Ok(())
            } else {
                Err(ObjectiveError::Bounds {
                    key,
                    value,
                    least,
                    most,
                })
            }
        };
        bounds("water_s_per_m", self.water_s_per_m, 0, 1_000)?;
        bounds("overload_s", self.overload_s, 0, 86_400)?;
        bounds("walk_max_s", self.walk_max_s, 1, 86_400)?;
        bounds("astray_permille", self.astray_permille, 0, 999)?;
        if !(1..=16).contains(&self.outcomes.len()) {
            return Err(ObjectiveError::Outcomes(self.outcomes.len()));
        }
        let mut sum: u32 = 0;
        for outcome in &self.outcomes {
            bounds("outcomes.percent", outcome.percent, 0, 1_000)?;
            bounds(
                "outcomes.chance_permille",
                outcome.chance_permille,
                0,
                1_000,
            )?;
            sum += outcome.chance_permille;
        }
        if sum == 1_000 {
            Ok(())
        } else {
            Err(ObjectiveError::Chances(sum))
        }
    }

    /// The free places of a shelter in parts of rising cost.
    ///
    /// With x planned, outcome k brings `astray` persons who follow no plan and (1 − the share of such) · x · percent / 100. From
    /// where that is more than the free places on, each further person planned adds chance · (1 − share) · percent / 100 persons
    /// without a place. So the expected overload is a line with bends, and the parts between the bends are exact; the cost of
    /// each is rounded to whole seconds.
    pub(super) fn parts(&self, free: u32, astray: u32) -> Vec<Part> {
        let follow = u64::from(1_000 - self.astray_permille);
        let kept = u64::from(free.saturating_sub(astray));
        let mut bends: Vec<(u32, u64)> = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.percent > 0 && outcome.chance_permille > 0)
            .filter_map(|outcome| {
                let bend = kept * 100_000 / (u64::from(outcome.percent) * follow);
                let bend = u32::try_from(bend).ok().filter(|bend| *bend < free)?;
                let weight = u64::from(outcome.chance_permille) * u64::from(outcome.percent);
                Some((bend, weight * follow / 1_000))
            })
            .collect();
        bends.sort_unstable();
        let (mut parts, mut from, mut weight) = (Vec::new(), 0, 0_u64);
        for (bend, more) in bends.into_iter().chain([(free, 0)]) {
            if bend > from {
                let each_s = (u64::from(self.overload_s) * weight + 50_000) / 100_000;
                parts.push(Part {
                    persons: bend - from,
                    each_s: u32::try_from(each_s).unwrap_or(u32::MAX),
                });
                from = bend;
            }
            weight += more;
        }
        parts
    }

    /// Persons expected beyond the free places if so many are planned and so many come astray, in hundred-thousandths.
    pub(super) fn overload(&self, planned: u64, free: u32, astray: u32) -> u64 {
        let follow = u64::from(1_000 - self.astray_permille);
        let beyond = |outcome: &Outcome| {
            let come = planned * u64::from(outcome.percent) * follow / 1_000;
            let places = u64::from(free) * 100;
            let come = come + u64::from(astray) * 100;
            u64::from(outcome.chance_permille) * come.saturating_sub(places)
        };
        self.outcomes.iter().map(beyond).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::{Objective, ObjectiveError, Outcome, Part};

    /// Nobody goes astray.
    fn obeyed() -> Objective {
        Objective {
            astray_permille: 0,
            ..Objective::default()
        }
    }

    #[test]
    fn the_places_of_those_who_follow_no_plan_are_kept_free_while_others_can_go_elsewhere() {
        // 90 of 180 places are for those astray: nine in ten of 100 planned bring 90, exactly as many as the others leave.
        let parts = Objective::default().parts(180, 90);
        let cheap: u32 = parts
            .iter()
            .filter(|part| part.each_s < 3_600)
            .map(|part| part.persons)
            .sum();
        assert!((75..=100).contains(&cheap), "{parts:?}");
        let last = parts.last().expect("there are places");
        assert!(
            last.each_s > 7_200,
            "dearer than two hours on foot: {parts:?}"
        );
    }

    #[test]
    fn places_beyond_the_bends_cost_more_and_all_places_are_in_the_parts() {
        let parts = obeyed().parts(180, 0);
        // Bends at 128 (140 %) and 150 (120 %); 100 ‰ × 140 % and 200 ‰ × 120 % of four hours.
        assert_eq!(
            parts,
            [
                Part {
                    persons: 128,
                    each_s: 0
                },
                Part {
                    persons: 22,
                    each_s: 2_016
                },
                Part {
                    persons: 30,
                    each_s: 5_472
                },
            ]
        );
        for free in [1, 2, 3, 7, 55, 1_000] {
            for astray in [0, 1, 30, 2_000] {
                let parts = Objective::default().parts(free, astray);
                assert_eq!(parts.iter().map(|part| part.persons).sum::<u32>(), free);
                assert!(
                    parts.is_sorted_by_key(|part| part.each_s),
                    "the cost is convex"
                );
            }
        }
    }

    #[test]
    fn the_parts_add_up_to_the_expected_overload() {
        let objective = obeyed();
        let by_parts: u64 = objective
            .parts(1_800, 0)
            .iter()
            .map(|part| u64::from(part.persons) * u64::from(part.each_s))
            .sum();
        let exact = objective.overload(1_800, 1_800, 0) * u64::from(objective.overload_s) / 100_000;
        assert!(
            by_parts.abs_diff(exact) * 1_000 < exact,
            "{by_parts} against {exact}"
        );
    }

    #[test]
    fn chances_that_do_not_add_up_are_refused() {
        let mut wrong = Objective::default();
        wrong.outcomes[0] = Outcome {
            chance_permille: 399,
            percent: 80,
        };
        assert_eq!(wrong.check(), Err(ObjectiveError::Chances(999)));
        assert_eq!(Objective::default().check(), Ok(()));
        let none = Objective {
            outcomes: Vec::new(),
            ..Objective::default()
        };
        assert_eq!(none.check(), Err(ObjectiveError::Outcomes(0)));
        let slow = Objective {
            walk_max_s: 0,
            ..Objective::default()
        };
        assert!(
            slow.check()
                .is_err_and(|e| e.to_string().contains("`walk_max_s` is 0"))
        );
    }
}
