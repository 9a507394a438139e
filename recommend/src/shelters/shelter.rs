use super::places::{Places, SpaceRule};
use crate::{Hazard, ShelterId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A place people may be sent to (指定緊急避難場所・避難所), as it stands now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shelter {
    /// Its identifier.
    pub id: ShelterId,
    /// Its name for people.
    pub name: String,
    /// Hazards for which the town designated it (災害種別).
    pub designated_for: BTreeSet<Hazard>,
    /// Hazards in whose area its own site lies.
    pub inside: BTreeSet<Hazard>,
    /// Whether it receives people.
    pub state: State,
    /// Minutes from the call to open until people can come in.
    pub opening_min: u32,
    /// How many it takes.
    pub places: Places,
    /// How many are inside.
    pub occupied: u32,
}

/// Whether a shelter receives people (開設状況).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// 開設
    Open,
    /// 開設準備中: people can come in after so many minutes.
    Opening {
        /// From now.
        minutes: u32,
    },
    /// 未開設・閉鎖
    Closed,
    /// 定員一杯: said by the people there, whatever the figures say.
    Full,
    /// 到達不能: no road leads to it now.
    Unreachable,
    /// 不明: nobody has said. Not the same as open.
    Unknown,
}

/// Proof that people may be sent to a shelter for a hazard, at an hour.
#[derive(Clone, Copy, Debug)]
pub struct Usable<'a> {
    shelter: &'a Shelter,
    places: u32,
}

/// Why nobody is sent there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NotUsable {
    /// The town did not designate it for this hazard.
    NotDesignated,
    /// Its own site lies in the area of the hazard.
    InsideHazard,
    /// Water is expected at its site.
    Wet,
    /// It is closed.
    Closed,
    /// It is full, by word or by count.
    Full,
    /// No road leads there.
    Unreachable,
    /// Nobody knows whether it is open.
    StateUnknown,
    /// It opens later than a day from now.
    OpensTooLate,
}

/// Longest preparation after which a shelter still counts: a day.
const OPENING_MAX_MIN: u32 = 1_440;

impl Shelter {
    /// Whether people may be sent here.
    ///
    /// # Errors
    /// [`NotUsable`]: the first reason against it, those of the site before those of the hour.
    pub fn usable(
        &self,
        hazard: Hazard,
        wet: &BTreeSet<ShelterId>,
        space: SpaceRule,
    ) -> Result<Usable<'_>, NotUsable> {
        self.valid(hazard, wet)?;
        match self.state {
            State::Opening { minutes } if minutes > OPENING_MAX_MIN => {
                return Err(NotUsable::OpensTooLate);
            }
            State::Open | State::Opening { .. } => {}
            State::Closed => return Err(NotUsable::Closed),
            State::Full => return Err(NotUsable::Full),
            State::Unreachable => return Err(NotUsable::Unreachable),
            State::Unknown => return Err(NotUsable::StateUnknown),
        }
        let places = self.places.count(space);
        if self.occupied >= places {
            return Err(NotUsable::Full);
        }
        Ok(Usable {
            shelter: self,
            places,
        })
    }

    /// Places nobody has taken, open or not.
    #[must_use]
    pub fn free(&self, space: SpaceRule) -> u32 {
        self.places.count(space).saturating_sub(self.occupied)
    }

    /// Whether its site is safe from this hazard, open or not.
    ///
    /// # Errors
    /// [`NotUsable`]: it is not designated, lies in the hazard, or will be wet.
    pub fn valid(&self, hazard: Hazard, wet: &BTreeSet<ShelterId>) -> Result<(), NotUsable> {
        if !self.designated_for.contains(&hazard) {
            return Err(NotUsable::NotDesignated);
        }
        if self.inside.contains(&hazard) {
            return Err(NotUsable::InsideHazard);
        }
        if wet.contains(&self.id) {
            return Err(NotUsable::Wet);
        }
        Ok(())
    }
}

impl<'a> Usable<'a> {
    /// The shelter.
    #[must_use]
    pub fn shelter(&self) -> &'a Shelter {
        self.shelter
    }

    /// All its places.
    #[must_use]
    pub fn places(&self) -> u32 {
        self.places
    }

    /// Places nobody has taken; never 0.
    #[must_use]
    pub fn free(&self) -> u32 {
        self.places - self.shelter.occupied
    }

    /// Seconds from now until people can come in.
    #[must_use]
    pub fn opens_in_s(&self) -> u32 {
        match self.shelter.state {
            State::Opening { minutes } => minutes.saturating_mul(60),
            _ => 0,
        }
    }
}

impl NotUsable {
    /// In Japanese.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        self.words().0
    }

    /// In English.
    #[must_use]
    pub fn english(self) -> &'static str {
        self.words().1
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::NotDesignated => ("この災害種別の指定がない", "not designated for this hazard"),
            Self::InsideHazard => (
                "施設が危険区域の中にある",
                "its own site lies in the hazard area",
            ),
            Self::Wet => ("施設の浸水が予測される", "water is expected at its site"),
            Self::Closed => ("開設していない", "closed"),
            Self::Full => ("満員", "full"),
            Self::Unreachable => ("到達できない", "cannot be reached"),
            Self::StateUnknown => ("開設状況が不明", "nobody has said whether it is open"),
            Self::OpensTooLate => ("開設まで1日を超える", "opens later than a day from now"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{NotUsable, Shelter, State};
    use crate::Hazard;
    use crate::shelters::{Places, SpaceRule};
    use std::collections::BTreeSet;

    fn school(hazard: Hazard) -> Shelter {
        Shelter {
            id: "E1".into(),
            name: "学校".into(),
            designated_for: BTreeSet::from([hazard]),
            inside: BTreeSet::new(),
            state: State::Open,
            opening_min: 30,
            places: Places::Own(100),
            occupied: 0,
        }
    }

    fn why(school: &Shelter, hazard: Hazard) -> Option<NotUsable> {
        school
            .usable(hazard, &BTreeSet::new(), SpaceRule::STAY)
            .err()
    }

    #[test]
    fn a_site_is_used_for_the_hazards_it_was_designated_for_and_for_no_other() {
        for designated in Hazard::ALL {
            for asked in Hazard::ALL {
                let usable = why(&school(designated), asked).is_none();
                assert_eq!(usable, designated == asked);
            }
        }
    }

    #[test]
    fn a_site_inside_its_own_hazard_is_not_used_for_it_though_designated() {
        for hazard in Hazard::ALL {
            let mut school = school(hazard);
            school.inside.insert(hazard);
            assert_eq!(why(&school, hazard), Some(NotUsable::InsideHazard));
        }
    }

    #[test]
    fn only_an_open_or_opening_site_is_used_and_unknown_is_not_open() {
        let with = |state| {
            why(
                &Shelter {
                    state,
                    ..school(Hazard::Flood)
                },
                Hazard::Flood,
            )
        };
        assert_eq!(with(State::Open), None);
        assert_eq!(with(State::Opening { minutes: 20 }), None);
        assert_eq!(
            with(State::Opening { minutes: u32::MAX }),
            Some(NotUsable::OpensTooLate)
        );
        assert_eq!(with(State::Closed), Some(NotUsable::Closed));
        assert_eq!(with(State::Full), Some(NotUsable::Full));
        assert_eq!(with(State::Unreachable), Some(NotUsable::Unreachable));
        assert_eq!(with(State::Unknown), Some(NotUsable::StateUnknown));
    }

    #[test]
    fn a_site_is_full_by_count_even_if_nobody_said_so() {
        for occupied in [100, 130] {
            let school = Shelter {
                occupied,
                ..school(Hazard::Flood)
            };
            assert_eq!(why(&school, Hazard::Flood), Some(NotUsable::Full));
        }
    }

    #[test]
    fn a_site_that_will_be_wet_is_not_used() {
        let wet = BTreeSet::from(["E1".into()]);
        let answer = school(Hazard::Flood)
            .usable(Hazard::Flood, &wet, SpaceRule::STAY)
            .err();
        assert_eq!(answer, Some(NotUsable::Wet));
    }
}
