//! 避難先の見通し: how many come, who finds a place where, which shelter fills, which to open next. It follows from what is ordered
//! or proposed and has no way back into it.

mod plans;
mod walking;
mod water;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hinan_gis::Town;
use hinan_gis::road::RoadGraph;
use hinan_models::demand::{
    Call, CallLevel, Conditions, Demand, EventRates, LineError, LiveCount, RateModel, RateRange,
    Split, UnderOrder, Upstairs,
};
use hinan_recommend::shelters::{FillForecast, Ways};
use hinan_recommend::{Hazard, ReportKind, Sun, UnitId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::walking::Walks;
pub use self::water::{HOURS, Hour, Water};
use super::Recommendation;
use super::cause;
use super::core::Core;
use super::judgement::people_in_zone;
use super::level::{OrderLevel, ordered};
use super::told::{ShelterState, ShelterWord, Told};

/// A word on a shelter is old after so long.
pub const WORD_LASTS: SignedDuration = SignedDuration::from_mins(60);

/// The fixed parts: rates of published storms, ways of the town.
#[derive(Debug)]
pub struct RefugeBasis {
    rates: RateModel,
    ways: Ways,
    units: Vec<UnitId>,
    /// What the ways rest on, in Japanese.
    basis: String,
}

impl RefugeBasis {
    /// For a town without roads.
    ///
    /// # Errors
    /// When the published rates cannot be fitted; a fault of the program.
    pub fn of(town: &Town) -> Result<Self, LineError> {
        Self::with(town, Walks::straight(town))
    }

    /// For a town whose roads are loaded.
    ///
    /// # Errors
    /// When the published rates cannot be fitted; a fault of the program.
    pub fn on_roads(town: &Town, roads: &RoadGraph) -> Result<Self, LineError> {
        Self::with(town, Walks::on_roads(town, roads))
    }

    /// Minutes on foot from a district to usable places: for those who walk well to the nearest, and for
    /// those who walk worst to the last of so many nearest. Nothing where no way leads to any.
    pub(super) fn walks(
        &self,
        town: &Town,
        row: usize,
        usable: impl Fn(&hinan_gis::Shelter) -> bool,
        nearest: usize,
    ) -> Option<(f64, f64)> {
        let usable = town
            .shelters
            .iter()
            .enumerate()
            .filter(|(_, shelter)| usable(shelter));
        let mut walks: Vec<u32> = usable
            .filter_map(|(column, _)| Some(self.ways.get(row, column)?.walk_s))
            .collect();
        walks.sort_unstable();
        walks.truncate(nearest);
        let minutes = |seconds: &u32| f64::from(*seconds) / 60.0;
        let well = minutes(walks.first()?) * walking::well_by_slowest();
        Some((well, minutes(walks.last()?)))
    }

    fn with(town: &Town, Walks { ways, basis }: Walks) -> Result<Self, LineError> {
        Ok(Self {
            rates: RateModel::of_published()?,
            ways,
            units: town
                .districts
                .iter()
                .map(|district| UnitId::new(district.id.as_str()))
                .collect(),
            basis,
        })
    }
}

/// Where people find a place, at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Refuge {
    /// People of each proposal, by river and level, and of all that is ordered or proposed under the key `all`.
    pub demand: BTreeMap<String, People>,
    /// Every shelter of the town, in the order of identifiers.
    pub shelters: Vec<ShelterOutlook>,
    /// For each district that is ordered or proposed: to which open shelters, and how many.
    pub to: BTreeMap<String, Vec<SentTo>>,
    /// People for whom no open shelter has a place, by district, with why.
    pub without_place: BTreeMap<String, (u32, String)>,
    /// Shelters to open so that as many as can be find a place: identifiers, the one that takes most first, with people.
    pub to_open: Vec<(String, u32)>,
    /// What the walking times rest on, in Japanese.
    pub ways: String,
    /// Why there is no plan, where there is none.
    pub no_plan: Option<String>,
    /// Shelters whose site is under by the end of what is foreseen, where the high case comes: nobody is sent there.
    #[serde(default)]
    pub wet: BTreeSet<String>,
    /// One plan for each hazard that somebody is called for, in the order in which they were made: they share the places.
    #[serde(default)]
    pub plans: Vec<HazardPlan>,
}

/// People, each as few, likely, many (5, 50 and 95 %).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct People {
    /// 曝露人口: the hazard can reach their home. A count, not a forecast.
    pub exposed: u64,
    /// 避難対象人口: everybody in the area of the order.
    pub under_order: u64,
    /// 立退き避難者
    pub leaving: [u64; 3],
    /// 避難所避難者
    pub public_shelter: [u64; 3],
    /// 避難所外避難者
    pub elsewhere: [u64; 3],
    /// 屋内安全確保
    pub upstairs: [u64; 3],
    /// What it rests on, in Japanese.
    pub basis: String,
    /// People counted in shelters and when, where counts went in.
    pub counted: Option<(u64, Timestamp)>,
    /// The rates it follows from; nothing where all are taken to come, and in records of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rates: Option<RatesUsed>,
    /// District by district. Their many are together more than the many of all: not all are many at once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<PeopleOfUnit>,
}

/// Shares of those under order, each as few, likely, many (5, 50 and 95 %).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RatesUsed {
    /// Who leaves home.
    pub leaving: [f64; 3],
    /// Who comes to a public shelter.
    pub public_shelter: [f64; 3],
}

/// People of one district.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeopleOfUnit {
    /// District id.
    pub id: String,
    /// Residents: all of them are under the order.
    pub residents: u64,
    /// Whose home the hazard can reach.
    pub exposed: u64,
    /// Few, likely, many.
    pub leaving: [u64; 3],
    /// Few, likely, many.
    pub public_shelter: [u64; 3],
}

/// Who finds a place against one hazard, now and if they set out later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HazardPlan {
    /// What people leave for.
    pub hazard: Hazard,
    /// Districts that are called for it.
    pub districts: Vec<String>,
    /// People looked for places for, if many come.
    pub people: u32,
    /// Of these, with a place.
    pub placed: u32,
    /// Shelters that would be valid and are taken out, because water is foreseen at their site.
    pub wet: Vec<String>,
    /// Why there is no plan.
    pub no_plan: Option<String>,
    /// The same if people set out later, hour by hour; empty where nothing was worked out.
    pub hours: Vec<HourPlan>,
}

/// The plan made again for those who set out after some hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HourPlan {
    /// Hours from now.
    pub within_h: u32,
    /// Shelters whose site is under by then: whoever is inside must leave before.
    pub wet: Vec<String>,
    /// Districts whose way out is cut off by then.
    pub cut: Vec<String>,
    /// Districts in the water's extent by then: their ways through the flood zone are closed.
    pub reached: Vec<String>,
    /// People with a place.
    pub placed: u32,
    /// People without one, by district.
    pub without_place: BTreeMap<String, u32>,
    /// Districts that go elsewhere than an hour of this list before, with where they go from then on.
    pub moved: BTreeMap<String, Vec<String>>,
}

/// One shelter as it is known, and as it may fill.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShelterOutlook {
    /// Identifier of the official list.
    pub id: String,
    /// The desk's last word, while it stands; nothing = nobody said anything.
    pub word: Option<ShelterWord>,
    /// Whether that word is old.
    pub old: bool,
    /// People it takes; nothing = unknown.
    pub places: Option<u32>,
    /// Free places, where it is open, its places are known and somebody counted.
    pub free: Option<u32>,
    /// Why nobody is sent there, in Japanese.
    pub not_usable: Option<String>,
    /// People planned to come.
    pub planned: u32,
    /// How it fills; nothing where it is not open or too little is known.
    pub fill: Option<FillForecast>,
}

/// People of one district for one shelter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentTo {
    /// Identifier.
    pub shelter: String,
    /// How many.
    pub people: u32,
    /// Minutes on foot.
    pub walk_min: u32,
    /// Metres of the way that lie in the flood zone; 0 also where ways are straight lines.
    #[serde(default)]
    pub water_m: u32,
}

/// What is worked out from.
pub struct Asked<'a> {
    /// The town.
    pub town: &'a Town,
    /// As the core knows it.
    pub core: &'a Core,
    /// Ways and rates.
    pub basis: &'a RefugeBasis,
    /// What was told.
    pub told: &'a Told,
    /// What is advised.
    pub advice: &'a [Arc<Recommendation>],
    /// What the water of later hours takes.
    pub water: &'a Water,
    /// The moment.
    pub as_of: Timestamp,
}

/// The key of the people of one proposal.
#[must_use]
pub fn key(river: &str, level: OrderLevel) -> String {
    format!("{river} {}", level.number())
}

/// Works it out. The same question gets the same answer.
#[must_use]
pub fn refuge(asked: &Asked<'_>) -> Refuge {
    let called = called(asked);
    let rates = Rates::of(asked, called.values().flat_map(BTreeMap::values).copied());
    let mut refuge = Refuge {
        demand: demand(asked, &called, &rates),
        ways: asked.basis.basis.clone(),
        ..Refuge::default()
    };
    plans::plan(asked, &called, &rates, &mut refuge);
    refuge
}

/// For what somebody is or would be called on to leave, with the highest level, by district.
type Called = BTreeMap<UnitId, BTreeMap<Hazard, OrderLevel>>;

/// Level 5 sends nobody anywhere.
fn called(asked: &Asked<'_>) -> Called {
    let mut called = Called::new();
    let in_force = asked.told.orders.iter().map(|order| {
        let hazard = cause::hazard(&order.river);
        (order.unit.clone(), hazard, ordered(order.level))
    });
    let proposed = asked.advice.iter().map(|advice| {
        let unit = UnitId::new(advice.district.as_str());
        (unit, cause::hazard(&advice.river), advice.level)
    });
    // A level 5 that is only proposed stops nobody who is on the way.
    let proposed = proposed.filter(|(_, _, level)| *level != OrderLevel::EmergencySafety);
    for (unit, hazard, level) in in_force.chain(proposed) {
        let of_unit = called.entry(unit).or_default();
        let known = of_unit.entry(hazard).or_insert(level);
        *known = (*known).max(level);
    }
    for of_unit in called.values_mut() {
        of_unit.retain(|_, level| *level != OrderLevel::EmergencySafety);
    }
    called.retain(|_, of_unit| !of_unit.is_empty());
    called
}

fn residents(asked: &Asked<'_>, unit: &UnitId) -> u64 {
    asked
        .town
        .district(unit.as_str())
        .map_or(0, |district| u64::from(district.people))
}

/// What is believed of the rates, and what was counted.
struct Rates {
    by_level: BTreeMap<OrderLevel, EventRates>,
    counted: Option<(u64, Timestamp)>,
    inside: u64,
    night: bool,
    plain: bool,
}

impl Rates {
    fn of(asked: &Asked<'_>, levels: impl Iterator<Item = OrderLevel>) -> Self {
        let sun = Sun::at(asked.core.town.place(), asked.as_of);
        let night = sun.is_dark(asked.as_of);
        let plain = danger_is_plain(asked);
        let conditions = Conditions {
            night,
            danger_plain: plain,
            // No feed says that an event was announced days ahead; it is said beside the figures.
            announced_days_ahead: false,
        };
        let since = asked.told.orders.iter().map(|order| order.at).min();
        let under: u64 = asked
            .told
            .ordered_units()
            .into_iter()
            .map(|unit| residents(asked, unit))
            .sum();
        // Who was counted at an earlier event is at home again, and who was counted before a shelter closed is not in it.
        let counts: Vec<&ShelterWord> = asked
            .told
            .shelters
            .keys()
            .filter_map(|id| asked.told.shelter(id, asked.as_of))
            .filter(|word| matches!(word.state, ShelterState::Open | ShelterState::Full))
            .filter(|word| word.occupancy.is_some())
            .collect();
        let inside = counts
            .iter()
            .filter_map(|word| word.occupancy)
            .map(u64::from)
            .sum();
        let counted_at = counts.iter().map(|word| word.at).max();
        let counted = counted_at
            .zip(since)
            .filter(|(at, since)| at > since)
            .map(|(at, _)| (inside, at));
        let levels: BTreeSet<OrderLevel> = levels.collect();
        let by_level = levels
            .into_iter()
            .map(|level| {
                let before = asked.basis.rates.rates(call_level(level), conditions);
                let rates = counted
                    .zip(since)
                    .and_then(|((persons, at), since)| {
                        let count = LiveCount {
                            minutes_since_order: at.duration_since(since).as_secs_f64() / 60.0,
                            persons,
                        };
                        // Counts that cannot be, such as of a week ago, teach nothing.
                        before.updated(UnderOrder::new(under), &[count]).ok()
                    })
                    .unwrap_or(before);
                (level, rates)
            })
            .collect();
        Self {
            by_level,
            counted,
            inside,
            night,
            plain,
        }
    }
}

/// Whether the own danger is plain: water was seen where it should not be, a dam lets go, or the river's own warning says that it
/// floods. **Assumed**: people hear of such things.
fn danger_is_plain(asked: &Asked<'_>) -> bool {
    let seen = asked.told.reports.iter().any(|report| {
        matches!(
            report.kind,
            ReportKind::Overtopping
                | ReportKind::Breach
                | ReportKind::DamEmergencyRelease
                | ReportKind::InlandWater
                | ReportKind::SurgeFlooding
        )
    });
    let rivers = &asked.told.official.rivers;
    seen || rivers.values().any(|told| told.value.number() >= 5)
}

fn call_level(level: OrderLevel) -> CallLevel {
    match level {
        OrderLevel::ElderlyEvacuation => CallLevel::ElderlyLeave,
        OrderLevel::EvacuationOrder | OrderLevel::EmergencySafety => CallLevel::EveryoneLeaves,
    }
}

fn demand(asked: &Asked<'_>, called: &Called, rates: &Rates) -> BTreeMap<String, People> {
    let mut groups: BTreeMap<(&str, OrderLevel), BTreeSet<UnitId>> = BTreeMap::new();
    for advice in asked
        .advice
        .iter()
        .filter(|advice| advice.level != OrderLevel::EmergencySafety)
    {
        groups
            .entry((&advice.river, advice.level))
            .or_default()
            .insert(UnitId::new(advice.district.as_str()));
    }
    let mut found: BTreeMap<String, People> = groups
        .into_iter()
        .filter_map(|((about, level), units)| {
            let people = people(asked, rates, (about, level), &units)?;
            Some((key(about, level), people))
        })
        .collect();
    // Of a tsunami no rate is published; those called for it alone are not among all that are told of by rates.
    let by_rates = called.iter().filter_map(|(unit, of)| {
        let levels = of.iter().filter(|(hazard, _)| **hazard != Hazard::Tsunami);
        Some((unit.clone(), levels.map(|(_, level)| *level).max()?))
    });
    let by_rates: BTreeMap<UnitId, OrderLevel> = by_rates.collect();
    if let Some(highest) = by_rates.values().max() {
        let units = by_rates.keys().cloned().collect();
        let all = people(asked, rates, ("", *highest), &units);
        found.extend(all.map(|people| ("all".to_owned(), people)));
    }
    found
}

/// People of an order of this level about this river or hazard, for these units. Nothing for level 5, which sends nobody anywhere.
#[must_use]
pub fn people_of(
    asked: &Asked<'_>,
    about: &str,
    level: OrderLevel,
    units: &BTreeSet<UnitId>,
) -> Option<People> {
    if level == OrderLevel::EmergencySafety {
        return None;
    }
    let rates = Rates::of(asked, std::iter::once(level));
    people(asked, &rates, (about, level), units)
}

/// People whose home the hazard can reach.
fn exposed(asked: &Asked<'_>, about: &str, units: &BTreeSet<UnitId>) -> u64 {
    let of = |unit: &UnitId| {
        let district = asked.town.district(unit.as_str())?;
        Some(u64::from(if cause::is_river(about) {
            district.people_in_zone()
        } else {
            people_in_zone(about, district, asked.core)?
        }))
    };
    units.iter().filter_map(of).sum()
}

fn people(
    asked: &Asked<'_>,
    all: &Rates,
    (about, level): (&str, OrderLevel),
    units: &BTreeSet<UnitId>,
) -> Option<People> {
    let under_order = units.iter().map(|unit| residents(asked, unit)).sum();
    let exposed = exposed(asked, about, units);
    let hazard = cause::hazard(about);
    if hazard == Hazard::Tsunami {
        return Some(People {
            exposed,
            under_order,
            leaving: [exposed; 3],
            public_shelter: [exposed; 3],
            elsewhere: [0; 3],
            upstairs: [0; 3],
            basis: "公表された避難率は大雨・台風のもので、津波には当てはまらない。想定区域の全員が避難場所へ来るとみなす(多い側の仮定)".to_owned(),
            counted: None,
            rates: None,
            units: Vec::new(),
        });
    }
    let rates = all.by_level.get(&level)?;
    let call = Call {
        level: call_level(level),
        under_order: UnderOrder::new(under_order),
    };
    let three = |of: &Demand, which: fn(&Split) -> u64| {
        let mut range = [which(&of.low), which(&of.likely), which(&of.high)];
        // Few and many are said of the shelters; where more come there, fewer go upstairs.
        range.sort_unstable();
        range
    };
    let (in_shelters, leaving) = (
        |split: &Split| split.public_shelter().persons(),
        |split: &Split| split.leaving().persons(),
    );
    let demand = rates.demand(call, upstairs(hazard));
    let of_unit = |unit: &UnitId| {
        let call = Call {
            under_order: UnderOrder::new(residents(asked, unit)),
            ..call
        };
        let demand = rates.demand_of_unit(call, upstairs(hazard));
        PeopleOfUnit {
            id: unit.to_string(),
            residents: residents(asked, unit),
            exposed: self::exposed(asked, about, &BTreeSet::from([unit.clone()])),
            leaving: three(&demand, leaving),
            public_shelter: three(&demand, in_shelters),
        }
    };
    let range = |of: RateRange| [of.low, of.likely, of.high];
    let counted = all.counted.map_or_else(String::new, |(persons, at)| {
        format!(
            "、避難所の人数{persons}人({})で更新",
            crate::clock::spoken(at)
        )
    });
    Some(People {
        exposed,
        under_order,
        leaving: three(&demand, leaving),
        public_shelter: three(&demand, in_shelters),
        elsewhere: three(&demand, |split| split.elsewhere().persons()),
        upstairs: three(&demand, |split| split.upstairs().persons()),
        basis: format!(
            "公表された過去の避難率による推定({}、{}{}){counted}。幅は5〜95%。数日前からの予告の有無はこのシステムでは分からず、なしとして推定",
            if all.night { "夜間" } else { "日中" },
            if level == OrderLevel::ElderlyEvacuation {
                "高齢者等"
            } else {
                "全員"
            },
            if all.plain {
                "、危険が目に見える"
            } else {
                ""
            }
        ),
        counted: all.counted,
        rates: Some(RatesUsed {
            leaving: range(rates.leaving_range()),
            public_shelter: range(rates.shelter_range()),
        }),
        // Of everybody together districts are told where each is called.
        units: if about.is_empty() {
            Vec::new()
        } else {
            units.iter().map(of_unit).collect()
        },
    })
}

/// Never upstairs from a landslide.
fn upstairs(hazard: Hazard) -> Upstairs {
    if hazard.allows_staying_indoors() {
        Upstairs::Allowed
    } else {
        Upstairs::Never
    }
}
