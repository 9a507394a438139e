//! What was told: orders in force, what people saw, how the shelters are, and the agency's own word. With the levels of gauges it
//! is all that advice is made from. It is written down with each evaluation, so that one can be recomputed.

use std::collections::{BTreeMap, BTreeSet};

use hinan_recommend::{
    Cause, Hazard, Official, OrderLevel, Orders, Rain, Report, SourceId, UnitId,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::cause;

use super::confirmed::Confirmed;
use super::judgement::Judgement;

/// What was said of a shelter stands so long; after it nobody said anything. **Assumed**: within a night the desk speaks again, and
/// what was true at an earlier event says nothing of this one. A door that was shut stays shut until somebody says that it is open.
const SHELTER_STANDS: SignedDuration = SignedDuration::from_hours(12);

/// Everything that was told by a moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Told {
    /// 発令状況: the highest level in force for each unit and river, in the order of the units.
    pub orders: Vec<Ordered>,
    /// Orders that were lifted lately, by unit and river.
    pub lifted: Vec<Lifted>,
    /// Reports that stand open.
    pub reports: Vec<Report>,
    /// The last word on each shelter, by its identifier.
    pub shelters: BTreeMap<String, ShelterWord>,
    /// What agencies say that holds.
    pub official: Official,
    /// Rain of the stations that decide for somebody.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub rain: BTreeMap<SourceId, Rain>,
    /// What officers confirmed for a lifting (解除).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<Confirmed>,
    /// What officers ask for of their own accord and nobody has decided yet, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judgements: Vec<Judgement>,
    /// Digest of the criteria that applied.
    pub criteria: String,
}

/// An order in force for one unit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ordered {
    /// The unit.
    pub unit: UnitId,
    /// River it was issued for.
    pub river: String,
    /// Its level.
    pub level: OrderLevel,
    /// When it was approved.
    pub at: Timestamp,
}

/// An order that was lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifted {
    /// The unit.
    pub unit: UnitId,
    /// River it had been issued for, or the word of the hazard; nothing in records of earlier versions, whose liftings ended what stood
    /// for every river.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub river: Option<String>,
    /// When.
    pub at: Timestamp,
}

/// What the shelter desk said of one shelter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShelterWord {
    /// Whether it receives people.
    pub state: ShelterState,
    /// People inside; nothing = not counted.
    pub occupancy: Option<u32>,
    /// People it takes, where the desk says so; nothing = as the list has it.
    #[serde(default)]
    pub places: Option<u32>,
    /// When it was so.
    pub at: Timestamp,
    /// Account name of who typed it in.
    pub by: String,
    /// A remark.
    pub note: String,
}

impl ShelterWord {
    /// Whether it is full: by word, or because as many are inside as it takes by the desk's word or by the list.
    #[must_use]
    pub fn is_full(&self, listed: Option<u32>) -> bool {
        let counted = self.places.or(listed).zip(self.occupancy);
        let no_place_left = counted.is_some_and(|(places, inside)| inside >= places);
        self.state == ShelterState::Full || (self.state == ShelterState::Open && no_place_left)
    }
}

/// 開設状況, as the desk says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShelterState {
    /// 開設
    Open,
    /// 未開設・閉鎖
    Closed,
    /// 満員
    Full,
    /// 到達不能
    Unreachable,
}

impl ShelterState {
    /// All states.
    pub const ALL: [Self; 4] = [Self::Open, Self::Closed, Self::Full, Self::Unreachable];

    /// The word in the record, in forms and for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closed => "closed",
            Self::Full => "full",
            Self::Unreachable => "unreachable",
        }
    }

    /// The state of this [`word`](Self::word).
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }

    /// In the officers' words.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::Open => "開設",
            Self::Closed => "未開設・閉鎖",
            Self::Full => "満員",
            Self::Unreachable => "到達不能",
        }
    }
}

impl Told {
    /// The last word on how a shelter is, while it stands. How many people it takes is no matter of hours: for that see
    /// [`Told::shelters`].
    #[must_use]
    pub fn shelter(&self, id: &str, as_of: Timestamp) -> Option<&ShelterWord> {
        self.shelters.get(id).filter(|word| {
            word.state == ShelterState::Closed || as_of.duration_since(word.at) <= SHELTER_STANDS
        })
    }

    /// Whether nobody said that a shelter takes no people: closed, out of reach, or full by word or by count.
    #[must_use]
    pub fn receives(&self, site: &hinan_gis::Shelter, as_of: Timestamp) -> bool {
        self.shelter(&site.id, as_of)
            .is_none_or(|word| word.state == ShelterState::Open && !word.is_full(site.capacity))
    }

    /// Units with an order in force, each once, however many rivers it is ordered for.
    #[must_use]
    pub fn ordered_units(&self) -> BTreeSet<&UnitId> {
        self.orders.iter().map(|order| &order.unit).collect()
    }

    /// Orders as the core wants them, each for its own river.
    #[must_use]
    pub fn core_orders(&self) -> Orders {
        let mut orders = Orders::none();
        // A lifting names an order, so each is issued before it is lifted.
        for lifted in &self.lifted {
            let cause = match &lifted.river {
                Some(about) => cause::of(lifted.unit.clone(), about),
                None => Cause::of_hazard(lifted.unit.clone(), Hazard::Flood),
            };
            orders.issue(cause.clone(), OrderLevel::ElderlyEvacuation, lifted.at);
            orders.lift(cause, lifted.at);
        }
        for order in &self.orders {
            let cause = cause::of(order.unit.clone(), &order.river);
            orders.issue(cause, order.level, order.at);
        }
        orders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_after_a_lifting_is_in_force_and_what_was_lifted_is_not() {
        let at = |time: &str| -> Timestamp { time.parse().expect("a time") };
        let told = Told {
            lifted: vec![
                Lifted {
                    unit: "kita".into(),
                    river: Some("札内川".to_owned()),
                    at: at("2016-08-30T10:00:00Z"),
                },
                Lifted {
                    unit: "minami".into(),
                    river: None,
                    at: at("2016-08-30T10:00:00Z"),
                },
            ],
            orders: vec![Ordered {
                unit: "kita".into(),
                river: "札内川".to_owned(),
                level: OrderLevel::EvacuationOrder,
                at: at("2016-08-30T12:00:00Z"),
            }],
            ..Told::default()
        };
        let orders = told.core_orders();
        assert_eq!(
            orders.highest(&"kita".into()),
            Some(OrderLevel::EvacuationOrder)
        );
        assert_eq!(orders.highest(&"minami".into()), None);
    }

    #[test]
    fn a_district_ordered_for_two_rivers_is_in_two_orders_and_counts_once() {
        let order = |river: &str, level| Ordered {
            unit: "kita".into(),
            river: river.to_owned(),
            level,
            at: Timestamp::UNIX_EPOCH,
        };
        let told = Told {
            orders: vec![
                order("十勝川", OrderLevel::ElderlyEvacuation),
                order("札内川", OrderLevel::EvacuationOrder),
            ],
            ..Told::default()
        };
        assert_eq!(told.ordered_units().len(), 1);
        assert_eq!(told.core_orders().in_force().len(), 2);
        assert_eq!(
            told.core_orders().highest(&"kita".into()),
            Some(OrderLevel::EvacuationOrder)
        );
    }

    #[test]
    fn what_was_said_of_a_shelter_at_an_earlier_event_says_nothing_of_this_one() {
        let at: Timestamp = "2016-08-30T10:00:00Z".parse().expect("a time");
        let told = Told {
            shelters: BTreeMap::from([(
                "gym".to_owned(),
                ShelterWord {
                    state: ShelterState::Open,
                    occupancy: Some(800),
                    places: Some(900),
                    at,
                    by: "hayashi".to_owned(),
                    note: String::new(),
                },
            )]),
            ..Told::default()
        };
        let after = |hours| told.shelter("gym", at + SignedDuration::from_hours(hours));
        assert!(after(3).is_some());
        assert!(after(13).is_none());
        assert!(after(30 * 24).is_none());
        // Shut is another matter: nobody has opened it by saying nothing.
        let mut shut = told.clone();
        shut.shelters.get_mut("gym").expect("the gym").state = ShelterState::Closed;
        let later = shut.shelter("gym", at + SignedDuration::from_hours(30 * 24));
        assert!(later.is_some());
    }

    #[test]
    fn every_word_of_a_shelter_leads_back_to_its_state() {
        for state in ShelterState::ALL {
            assert_eq!(ShelterState::from_word(state.word()), Some(state));
        }
        assert_eq!(ShelterState::from_word("unknown"), None);
    }
}
