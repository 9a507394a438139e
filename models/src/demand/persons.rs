use serde::{Deserialize, Serialize};

/// One count of people that cannot be taken for another.
macro_rules! people {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(u64);

        impl $name {
            /// So many persons.
            #[must_use]
            pub const fn new(persons: u64) -> Self {
                Self(persons)
            }

            /// How many persons.
            #[must_use]
            pub const fn persons(self) -> u64 {
                self.0
            }
        }
    };
}

people!(
    /// People whose place the hazard can reach (曝露人口), whether or not anything was ordered.
    Exposed
);
people!(
    /// People in the area of an order (避難対象人口).
    UnderOrder
);
people!(
    /// People who leave home (立退き避難者), wherever they go.
    Leaving
);
people!(
    /// People who come to a public shelter (避難所避難者). Part of those who leave.
    PublicShelter
);
people!(
    /// People who leave for kin, friends, a hotel, work or their car (避難所外避難者). Part of those who leave.
    Elsewhere
);
people!(
    /// People who go to a higher floor of their own house (屋内安全確保). They do not leave.
    UpstairsPeople
);
people!(
    /// People who neither leave nor go upstairs.
    Staying
);

/// What the people under an order do. The sums hold in every value of this type:
/// under order = leaving + upstairs + staying, and leaving = public shelter + elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Split {
    public_shelter: u64,
    elsewhere: u64,
    upstairs: u64,
    staying: u64,
}

/// Why parts make no whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// More people are in shelters than left home.
    #[error(
        "`public_shelter` is {public_shelter}, but only {leaving} people leave; at most that many can be there"
    )]
    MoreInSheltersThanLeave {
        /// In public shelters.
        public_shelter: u64,
        /// Leaving.
        leaving: u64,
    },
    /// More people act than are under the order.
    #[error(
        "{leaving} leave and {upstairs} go upstairs, but only {under_order} are under the order"
    )]
    MoreThanUnderOrder {
        /// Leaving.
        leaving: u64,
        /// Upstairs.
        upstairs: u64,
        /// Under the order.
        under_order: u64,
    },
}

impl Split {
    /// What `under_order` people do.
    ///
    /// # Errors
    /// [`SplitError`]: the parts do not fit into the whole.
    pub fn new(
        under_order: UnderOrder,
        leaving: Leaving,
        public_shelter: PublicShelter,
        upstairs: UpstairsPeople,
    ) -> Result<Self, SplitError> {
        let (all, leave, shelter, up) = (
            under_order.persons(),
            leaving.persons(),
            public_shelter.persons(),
            upstairs.persons(),
        );
        let elsewhere = leave
            .checked_sub(shelter)
            .ok_or(SplitError::MoreInSheltersThanLeave {
                public_shelter: shelter,
                leaving: leave,
            })?;
        let staying = all
            .checked_sub(leave)
            .and_then(|rest| rest.checked_sub(up))
            .ok_or(SplitError::MoreThanUnderOrder {
                leaving: leave,
                upstairs: up,
                under_order: all,
            })?;
        Ok(Self {
            public_shelter: shelter,
            elsewhere,
            upstairs: up,
            staying,
        })
    }

    /// From rates: never fails, because each part is cut to what is left of the whole.
    pub(super) fn of_rates(
        under_order: UnderOrder,
        leave: f64,
        shelter: f64,
        upstairs: f64,
    ) -> Self {
        let all = under_order.persons();
        let public_shelter = part(all, shelter);
        let leaving = part(all, leave).max(public_shelter);
        let upstairs = part(all, upstairs).min(all - leaving);
        Self {
            public_shelter,
            elsewhere: leaving - public_shelter,
            upstairs,
            staying: all - leaving - upstairs,
        }
    }

    /// Everybody in the area of the order.
    #[must_use]
    pub fn under_order(&self) -> UnderOrder {
        UnderOrder::new(self.leaving().persons() + self.upstairs + self.staying)
    }

    /// Those who leave.
    #[must_use]
    pub fn leaving(&self) -> Leaving {
        Leaving::new(self.public_shelter + self.elsewhere)
    }

    /// Those who come to a public shelter.
    #[must_use]
    pub fn public_shelter(&self) -> PublicShelter {
        PublicShelter::new(self.public_shelter)
    }

    /// Those who go elsewhere.
    #[must_use]
    pub fn elsewhere(&self) -> Elsewhere {
        Elsewhere::new(self.elsewhere)
    }

    /// Those who go upstairs.
    #[must_use]
    pub fn upstairs(&self) -> UpstairsPeople {
        UpstairsPeople::new(self.upstairs)
    }

    /// Those who do neither.
    #[must_use]
    pub fn staying(&self) -> Staying {
        Staying::new(self.staying)
    }
}

/// A share of a whole, rounded; never more than the whole.
fn part(all: u64, share: f64) -> u64 {
    // Populations are far below 2⁵³, the share is 0 to 1, so the product is a count.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a count below 2⁵³ times a share"
    )]
    let persons = (all as f64 * share.clamp(0.0, 1.0)).round() as u64;
    persons.min(all)
}

/// The form in files: all six figures, checked when read.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    under_order: UnderOrder,
    leaving: Leaving,
    public_shelter: PublicShelter,
    elsewhere: Elsewhere,
    upstairs: UpstairsPeople,
    staying: Staying,
}

impl From<Split> for Parts {
    fn from(split: Split) -> Self {
        Self {
            under_order: split.under_order(),
            leaving: split.leaving(),
            public_shelter: split.public_shelter(),
            elsewhere: split.elsewhere(),
            upstairs: split.upstairs(),
            staying: split.staying(),
        }
    }
}

impl TryFrom<Parts> for Split {
    type Error = String;

    fn try_from(parts: Parts) -> Result<Self, String> {
        let split = Self::new(
            parts.under_order,
            parts.leaving,
            parts.public_shelter,
            parts.upstairs,
        )
        .map_err(|error| error.to_string())?;
        if split.elsewhere() != parts.elsewhere {
            return Err(format!(
                "`elsewhere` is {}, but leaving − public shelter is {}",
                parts.elsewhere.persons(),
                split.elsewhere
            ));
        }
        if split.staying() != parts.staying {
            return Err(format!(
                "`staying` is {}, but under order − leaving − upstairs is {}",
                parts.staying.persons(),
                split.staying
            ));
        }
        Ok(split)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Leaving, PublicShelter, Split, SplitError, UnderOrder, UpstairsPeople};
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    #[test]
    fn suzaka_2019_adds_up() {
        let split = Split::new(
            UnderOrder::new(6_580),
            Leaving::new(836),
            PublicShelter::new(300),
            UpstairsPeople::new(171),
        )
        .unwrap();
        assert_eq!(split.elsewhere().persons(), 536);
        assert_eq!(split.staying().persons(), 5_573);
    }

    #[test]
    fn parts_that_make_no_whole_are_refused_with_both_figures() {
        let wrong = Split::new(
            UnderOrder::new(100),
            Leaving::new(10),
            PublicShelter::new(11),
            UpstairsPeople::new(0),
        );
        assert_eq!(
            wrong,
            Err(SplitError::MoreInSheltersThanLeave {
                public_shelter: 11,
                leaving: 10
            })
        );
        let wrong = Split::new(
            UnderOrder::new(100),
            Leaving::new(60),
            PublicShelter::new(1),
            UpstairsPeople::new(50),
        );
        assert!(
            wrong
                .unwrap_err()
                .to_string()
                .contains("only 100 are under the order")
        );
    }

    #[test]
    fn a_file_whose_sums_do_not_hold_is_refused() {
        let split = Split::of_rates(UnderOrder::new(1_000), 0.35, 0.13, 0.03);
        let json = serde_json::to_string(&split).unwrap();
        assert_eq!(serde_json::from_str::<Split>(&json).unwrap(), split);
        let wrong = json.replace("\"elsewhere\":220", "\"elsewhere\":221");
        assert_ne!(wrong, json);
        let error = serde_json::from_str::<Split>(&wrong)
            .unwrap_err()
            .to_string();
        assert!(error.contains("`elsewhere` is 221"), "{error}");
    }

    proptest! {
        #[test]
        fn the_sums_hold_for_any_rates(
            all in 0_u64..10_000_000, leave in -0.5..1.5_f64, shelter in -0.5..1.5_f64, up in -0.5..1.5_f64,
        ) {
            let split = Split::of_rates(UnderOrder::new(all), leave, shelter, up);
            prop_assert_eq!(split.under_order().persons(), all);
            prop_assert_eq!(
                split.leaving().persons(),
                split.public_shelter().persons() + split.elsewhere().persons()
            );
            prop_assert_eq!(
                all,
                split.leaving().persons() + split.upstairs().persons() + split.staying().persons()
            );
            prop_assert!(split.public_shelter().persons() <= split.leaving().persons());
        }
    }
}
