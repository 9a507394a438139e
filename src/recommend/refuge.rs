//! 避難先の見通し: how many come, who finds a place where, which shelter fills, which to open next. It follows from what is ordered
//! or proposed and has no way back into it.

mod walking;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hinan_gis::road::RoadGraph;
use hinan_gis::{Hazard as SiteHazard, Town};
use hinan_models::demand::{
    Call, CallLevel, Conditions, Demand, EventRates, LineError, LiveCount, PublicShelter,
    RateModel, Split, UnderOrder, Upstairs,
};
use hinan_recommend::shelters::{
    ExpectedBy, FillAdvice, FillForecast, Filling, Load, NotUsable, Objective, Places, Plan,
    Question, Shelter, SpaceRule, State, UnitPeople, Ways, WhyNoPlace, allocate, fill,
    next_to_open,
};
use hinan_recommend::{Hazard, ReportKind, ShelterId, Sun, UnitId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::walking::Walks;
use super::Recommendation;
use super::cause;
use super::core::Core;
use super::level::{OrderLevel, ordered};
use super::told::{ShelterState, ShelterWord, Told};

/// A word on a shelter is old after so long.
pub const WORD_LASTS: SignedDuration = SignedDuration::from_mins(60);
/// Minutes ahead for which filling is looked at.
const AHEAD_MIN: [u32; 6] = [30, 60, 90, 120, 180, 240];
/// Somebody looks at the shelters at least this often, minutes.
const LOOK_AGAIN_MIN: u32 = 10;
/// Until a shelter that nobody opened yet can take people, minutes. **Assumed**; the same as the middle of `recommend.deadline.opening`.
const OPENING_MIN: u32 = 30;

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
    let rates = Rates::of(asked, &called);
    let mut refuge = Refuge {
        demand: demand(asked, &called, &rates),
        ways: asked.basis.basis.clone(),
        ..Refuge::default()
    };
    plan(asked, &called, &rates, &mut refuge);
    refuge
}

/// Districts that somebody is or would be called on to leave, with the highest level. Level 5 sends nobody anywhere.
fn called(asked: &Asked<'_>) -> BTreeMap<UnitId, OrderLevel> {
    let mut called: BTreeMap<UnitId, OrderLevel> = BTreeMap::new();
    let in_force = asked
        .told
        .orders
        .iter()
        .filter(|order| cause::is_river(&order.river))
        .map(|order| (order.unit.clone(), ordered(order.level)));
    let proposed = asked
        .advice
        .iter()
        .filter(|advice| cause::is_river(&advice.river))
        .map(|advice| (UnitId::new(advice.district.as_str()), advice.level));
    // A level 5 that is only proposed stops nobody who is on the way.
    let proposed = proposed.filter(|(_, level)| *level != OrderLevel::EmergencySafety);
    for (unit, level) in in_force.chain(proposed) {
        let known = called.entry(unit).or_insert(level);
        *known = (*known).max(level);
    }
    called.retain(|_, level| *level != OrderLevel::EmergencySafety);
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
    fn of(asked: &Asked<'_>, called: &BTreeMap<UnitId, OrderLevel>) -> Self {
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
        let levels: BTreeSet<OrderLevel> = called.values().copied().collect();
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

fn demand(
    asked: &Asked<'_>,
    called: &BTreeMap<UnitId, OrderLevel>,
    rates: &Rates,
) -> BTreeMap<String, People> {
    let mut groups: BTreeMap<String, (OrderLevel, BTreeSet<UnitId>)> = BTreeMap::new();
    for advice in asked
        .advice
        .iter()
        .filter(|advice| advice.level != OrderLevel::EmergencySafety)
        .filter(|advice| cause::is_river(&advice.river))
    {
        groups
            .entry(key(&advice.river, advice.level))
            .or_insert_with(|| (advice.level, BTreeSet::new()))
            .1
            .insert(UnitId::new(advice.district.as_str()));
    }
    if let Some(highest) = called.values().max() {
        groups.insert(
            "all".to_owned(),
            (*highest, called.keys().cloned().collect()),
        );
    }
    groups
        .into_iter()
        .filter_map(|(key, (level, units))| {
            let of = rates.by_level.get(&level)?;
            Some((key, people(asked, of, rates, level, &units)))
        })
        .collect()
}

/// People of an order of this level about this river, for these units. Nothing for level 5, which sends nobody anywhere, and for
/// hazards whose rates are not published.
#[must_use]
pub fn people_of(
    asked: &Asked<'_>,
    about: &str,
    level: OrderLevel,
    units: &BTreeSet<UnitId>,
) -> Option<People> {
    if level == OrderLevel::EmergencySafety || !cause::is_river(about) {
        return None;
    }
    let called = units.iter().map(|unit| (unit.clone(), level)).collect();
    let rates = Rates::of(asked, &called);
    let of = rates.by_level.get(&level)?;
    Some(people(asked, of, &rates, level, units))
}

fn people(
    asked: &Asked<'_>,
    rates: &EventRates,
    all: &Rates,
    level: OrderLevel,
    units: &BTreeSet<UnitId>,
) -> People {
    let under_order = units.iter().map(|unit| residents(asked, unit)).sum();
    let exposed = units
        .iter()
        .filter_map(|unit| asked.town.district(unit.as_str()))
        .map(|district| u64::from(district.people_in_zone()))
        .sum();
    let call = Call {
        level: call_level(level),
        under_order: UnderOrder::new(under_order),
    };
    let Demand {
        low, likely, high, ..
    } = rates.demand(call, Upstairs::Allowed);
    let three = |of: &dyn Fn(&Split) -> u64| {
        let mut range = [of(&low), of(&likely), of(&high)];
        // Few and many are said of the shelters; where more come there, fewer go upstairs.
        range.sort_unstable();
        range
    };
    let counted = all.counted.map_or_else(String::new, |(persons, at)| {
        format!(
            "、避難所の人数{persons}人({})で更新",
            crate::clock::spoken(at)
        )
    });
    People {
        exposed,
        under_order,
        leaving: three(&|split| split.leaving().persons()),
        public_shelter: three(&|split| split.public_shelter().persons()),
        elsewhere: three(&|split| split.elsewhere().persons()),
        upstairs: three(&|split| split.upstairs().persons()),
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
    }
}

fn plan(
    asked: &Asked<'_>,
    called: &BTreeMap<UnitId, OrderLevel>,
    rates: &Rates,
    refuge: &mut Refuge,
) {
    let shelters: Vec<Shelter> = asked
        .town
        .shelters
        .iter()
        .map(|site| shelter(asked, site))
        .collect();
    let units = to_come(asked, called, rates);
    let (wet, objective) = (BTreeSet::new(), Objective::default());
    let question = Question {
        hazard: Hazard::Flood,
        units: &units,
        shelters: &shelters,
        ways: &asked.basis.ways,
        wet: &wet,
        space: SpaceRule::STAY,
        objective: &objective,
    };
    let plan = match allocate(&question) {
        Ok(plan) => Some(plan),
        Err(why) => {
            refuge.no_plan = Some(why.to_string());
            None
        }
    };
    if let Some(plan) = &plan {
        put(refuge, plan);
        to_open(&question, refuge);
    }
    let under = called.keys().map(|unit| residents(asked, unit)).sum();
    outlooks(asked, &question, plan.as_ref(), (under, rates), refuge);
}

/// All districts, so that the rows are those of the ways; with nobody to come from those that are not called.
fn to_come(
    asked: &Asked<'_>,
    called: &BTreeMap<UnitId, OrderLevel>,
    rates: &Rates,
) -> Vec<UnitPeople> {
    let mut persons: BTreeMap<&UnitId, u32> = BTreeMap::new();
    let mut inside = rates.inside;
    for (level, of) in &rates.by_level {
        let units: Vec<&UnitId> = called
            .iter()
            .filter(|(_, at)| *at == level)
            .map(|(unit, _)| unit)
            .collect();
        let under: Vec<UnderOrder> = units
            .iter()
            .map(|unit| UnderOrder::new(residents(asked, unit)))
            .collect();
        // Those inside are counted once, against the lower level first.
        let all = of.still_to_come(&under, PublicShelter::new(0));
        let high: u64 = all.iter().map(|of| of.persons()).sum();
        let here = inside.min(high);
        inside -= here;
        for (unit, more) in units
            .iter()
            .zip(of.still_to_come(&under, PublicShelter::new(here)))
        {
            persons.insert(unit, u32::try_from(more.persons()).unwrap_or(u32::MAX));
        }
    }
    asked
        .basis
        .units
        .iter()
        .map(|id| UnitPeople {
            id: id.clone(),
            persons: persons.get(id).copied().unwrap_or(0),
        })
        .collect()
}

fn shelter(asked: &Asked<'_>, site: &hinan_gis::Shelter) -> Shelter {
    let word = asked.told.shelter(&site.id, asked.as_of);
    let size = places(site, asked.told.shelters.get(&site.id));
    let flood = site.approved_for.contains(&SiteHazard::Flood);
    let dry = site.usable_for(SiteHazard::Flood, asked.town.shelter_rule);
    let of = |yes: bool| yes.then_some(Hazard::Flood).into_iter().collect();
    Shelter {
        id: ShelterId::new(site.id.as_str()),
        name: site.name.clone(),
        designated_for: of(flood),
        inside: of(flood && !dry),
        state: match word.map(|word| word.state) {
            Some(ShelterState::Open) => State::Open,
            Some(ShelterState::Closed) => State::Closed,
            Some(ShelterState::Full) => State::Full,
            Some(ShelterState::Unreachable) => State::Unreachable,
            None => State::Unknown,
        },
        opening_min: OPENING_MIN,
        // A place whose size nobody states takes nobody by plan.
        places: Places::Own(size.unwrap_or(0)),
        occupied: word.and_then(|word| word.occupancy).unwrap_or(0),
    }
}

/// As the desk said, else as the list has it.
fn places(site: &hinan_gis::Shelter, word: Option<&ShelterWord>) -> Option<u32> {
    word.and_then(|word| word.places).or(site.capacity)
}

fn put(refuge: &mut Refuge, plan: &Plan) {
    for (unit, to) in &plan.assigned {
        let sent = to
            .iter()
            .map(|to| SentTo {
                shelter: to.shelter.to_string(),
                people: to.persons,
                walk_min: to.way.walk_s.div_ceil(60),
                water_m: to.way.water_m,
            })
            .collect();
        refuge.to.insert(unit.to_string(), sent);
    }
    for (unit, without) in &plan.without_place {
        let why = match without.why {
            WhyNoPlace::NoWay => "歩いて行ける開設中の避難所がありません",
            WhyNoPlace::NoneFree => "歩いて行ける開設中の避難所に空きがありません",
        };
        refuge
            .without_place
            .insert(unit.to_string(), (without.persons, why.to_owned()));
    }
}

/// What a plan would use if the desk opened whatever is closed or not reported.
fn to_open(question: &Question<'_>, refuge: &mut Refuge) {
    if question.units.iter().all(|unit| unit.persons == 0) {
        return;
    }
    let opened: Vec<Shelter> = question
        .shelters
        .iter()
        .map(|shelter| {
            let mut shelter = shelter.clone();
            if matches!(shelter.state, State::Closed | State::Unknown) {
                shelter.state = State::Opening {
                    minutes: shelter.opening_min,
                };
            }
            shelter
        })
        .collect();
    let Ok(plan) = allocate(&Question {
        shelters: &opened,
        ..*question
    }) else {
        return;
    };
    let mut needed: Vec<(String, u32)> = question
        .shelters
        .iter()
        .filter(|shelter| matches!(shelter.state, State::Closed | State::Unknown))
        .filter_map(|shelter| Some((shelter.id.to_string(), plan.loads.get(&shelter.id)?.planned)))
        .filter(|(_, planned)| *planned > 0)
        .collect();
    needed.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    refuge.to_open = needed;
}

fn outlooks(
    asked: &Asked<'_>,
    question: &Question<'_>,
    plan: Option<&Plan>,
    (under, rates): (u64, &Rates),
    refuge: &mut Refuge,
) {
    let mut called: BTreeSet<ShelterId> = BTreeSet::new();
    let mut order: Vec<usize> = (0..question.shelters.len()).collect();
    order.sort_by(|a, b| question.shelters[*a].id.cmp(&question.shelters[*b].id));
    for (shelter, site) in order
        .into_iter()
        .map(|n| (&question.shelters[n], &asked.town.shelters[n]))
    {
        let word = asked.told.shelter(&site.id, asked.as_of).cloned();
        let load = plan.and_then(|plan| plan.loads.get(&shelter.id));
        let filling = plan.zip(load).and_then(|(plan, load)| {
            let next = next_to_open(question, plan, &shelter.id, &called);
            let expected = expected(asked, under, rates, load, plan);
            let found = fill(&Filling {
                places: load.places,
                inside: load.occupied,
                expected: &expected,
                next: next.as_ref(),
                look_again_min: LOOK_AGAIN_MIN,
            })
            .ok()?;
            if let FillAdvice::OpenNext { next, .. } | FillAdvice::OpenNextNow { next } =
                &found.advice
            {
                called.insert(next.clone());
            }
            Some(found)
        });
        let open = word
            .as_ref()
            .is_some_and(|word| word.state == ShelterState::Open);
        let occupancy = word.as_ref().and_then(|word| word.occupancy);
        let not_usable = shelter
            .usable(Hazard::Flood, question.wet, question.space)
            .err();
        let size = places(site, asked.told.shelters.get(&site.id));
        refuge.shelters.push(ShelterOutlook {
            id: site.id.clone(),
            old: word
                .as_ref()
                .is_some_and(|word| asked.as_of.duration_since(word.at) > WORD_LASTS),
            places: size,
            free: size
                .zip(occupancy)
                .filter(|_| open)
                .map(|(places, inside)| places.saturating_sub(inside)),
            not_usable: match (size, not_usable) {
                (None, None | Some(NotUsable::Full)) => Some("収容人数が分からない".to_owned()),
                (_, why) => why.map(|why| why.japanese().to_owned()),
            },
            planned: load.map_or(0, |load| load.planned),
            fill: filling,
            word,
        });
    }
}

/// How one shelter is expected to fill: to those inside come its part of everybody who is still to come, as the whole area arrives.
fn expected(
    asked: &Asked<'_>,
    under: u64,
    rates: &Rates,
    load: &Load,
    plan: &Plan,
) -> Vec<ExpectedBy> {
    let placed = plan.persons_placed();
    let Some(of) = rates.by_level.values().next_back().filter(|_| placed > 0) else {
        return Vec::new();
    };
    let orders = asked.told.orders.iter().map(|order| order.at);
    let since_min = orders.min().map_or(0.0, |since| {
        asked.as_of.duration_since(since).as_secs_f64().max(0.0) / 60.0
    });
    let minutes: Vec<f64> = AHEAD_MIN
        .iter()
        .map(|minutes| since_min + f64::from(*minutes))
        .collect();
    #[expect(
        clippy::cast_precision_loss,
        reason = "people of one town, far below 2^53"
    )]
    let (part, had) = (f64::from(load.planned) / placed as f64, rates.inside as f64);
    // Ahead of an order nobody is under way yet: the minutes count from now, as if it were given now.
    let mut floor = (load.occupied, load.occupied);
    of.arrivals_at(UnderOrder::new(under), &minutes)
        .iter()
        .zip(AHEAD_MIN)
        .map(|(all, minutes)| {
            let inside = |persons: f64| {
                load.occupied
                    .saturating_add(whole((persons - had).max(0.0) * part))
            };
            floor = (
                floor.0.max(inside(all.persons.likely)),
                floor.1.max(inside(all.persons.high)),
            );
            ExpectedBy {
                minutes,
                likely: floor.0,
                high: floor.1.max(floor.0),
            }
        })
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held between zero and the largest number there is"
)]
fn whole(persons: f64) -> u32 {
    persons.round().clamp(0.0, f64::from(u32::MAX)) as u32
}
