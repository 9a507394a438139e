//! 職員の判断: an order that an officer asks for of their own accord, where no recommendation does (a levee that a patrol saw crack,
//! a place without a gauge). It becomes a proposal whose ground is that judgement, with its words and its author, and waits in the
//! inbox as any other; people, shelters and who is left out are worked out anew with each evaluation. Nothing here can publish.

use std::collections::BTreeSet;
use std::sync::Arc;

use hinan_gis::{District, Town};
use hinan_recommend::{Action, Kind, LeftOut, Mode, UnitId, action_words};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Recommendation;
use super::cause;
use super::complete::{name, way};
use super::core::Core;
use super::counter::{Counter, of_the_gauge};
use super::level::{OrderLevel, advised};
use super::proposal::{
    ConcernedDistrict, LeftOutDistrict, Proposal, ProposalKey, ProposedShelter, UnitWay, shelters,
};
use super::refuge::{Asked, Water, people_of};
use super::told::Told;
use crate::outlook::Outlook;

/// What an officer asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// The name of its proposal.
    pub id: String,
    /// River, or the word of the hazard.
    pub about: String,
    /// 警戒レベル
    pub level: OrderLevel,
    /// District ids, in the town's order.
    pub units: Vec<String>,
    /// How to be safe, as far as the hazard leaves a choice.
    pub way: Mode,
    /// Why, in the officer's own words. For officers and the record; never published.
    pub words: String,
    /// How long the order shall hold, hours; nothing = as the town has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_h: Option<u32>,
    /// When.
    pub at: Timestamp,
    /// Account name of its author.
    pub by: String,
    /// The author's name and office, as it was.
    pub display: String,
}

impl Judgement {
    /// What makes it another item than every recommendation and every other judgement.
    #[must_use]
    pub fn key(&self) -> ProposalKey {
        ProposalKey {
            river: self.about.clone(),
            level: self.level,
            judgement: Some(self.id.clone()),
        }
    }
}

/// The ways of being safe that an officer can choose from; the first is meant where nobody chooses.
#[must_use]
pub fn ways(about: &str, level: OrderLevel) -> &'static [Mode] {
    match level {
        OrderLevel::EmergencySafety => &[Mode::SecureNow],
        _ if cause::hazard(about).allows_staying_indoors() => &[Mode::Leave, Mode::UpperFloor],
        _ => &[Mode::Leave],
    }
}

/// What an order is looked at beside, at one moment.
#[derive(Clone, Copy)]
pub struct Around<'a> {
    /// Levels and forecasts.
    pub outlook: &'a Outlook,
    /// What was told.
    pub told: &'a Told,
    /// What the system recommends.
    pub recommendations: &'a [Arc<Recommendation>],
    /// Units of which nothing is known, by kind of threat.
    pub unknown: &'a [(UnitId, Kind)],
    /// Shelters where water is foreseen.
    pub wet: &'a BTreeSet<String>,
    /// The town.
    pub town: &'a Town,
    /// As the core knows it.
    pub core: &'a Core,
}

/// An order for some units: who is in it, where they can go, who is not in it.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// In the town's order.
    pub districts: Vec<ConcernedDistrict>,
    /// Usable shelters that nobody said to be shut, nearest first.
    pub shelters: Vec<ProposedShelter>,
    /// Units at equal or higher risk, or of which nothing is known, in the town's order.
    pub left_out: Vec<LeftOutDistrict>,
}

/// The proposal of a judgement at one moment. The same judgement beside the same picture gives the same bytes.
#[must_use]
pub fn proposal(judgement: &Judgement, around: &Around<'_>) -> Proposal {
    let (about, level) = (judgement.about.as_str(), judgement.level);
    let units: BTreeSet<String> = judgement.units.iter().cloned().collect();
    let chosen = selection(about, level, &units, around);
    let gauge = gauge(about, &chosen.districts, around);
    let about_en = cause::all(around.town)
        .into_iter()
        .find(|(ja, _)| ja == about)
        .map_or_else(|| about.to_owned(), |(_, en)| en);
    Proposal {
        key: judgement.key(),
        river_en: about_en,
        as_of: around.outlook.as_of,
        counter: against(judgement, &chosen.districts, &gauge, around),
        gauge,
        ways: chosen
            .districts
            .iter()
            .map(|district| told_way(district, judgement.way, about, level))
            .collect(),
        people: people(about, level, &units, around),
        districts: chosen.districts,
        shelters: chosen.shelters,
        left_out: chosen.left_out,
        met: Vec::new(),
        reach_between: None,
        urgent: None,
        supported_at: None,
        beside: Vec::new(),
        names: Vec::new(),
        waiting: Vec::new(),
        grounds: Vec::new(),
        examined_then: Vec::new(),
        derivation: None,
        judgement: Some(Box::new(judgement.clone())),
    }
}

/// A proposal with other units than it was made with: everything that hangs on the units is worked out anew, its grounds stay.
#[must_use]
pub fn with_units(of: &Proposal, units: &BTreeSet<String>, around: &Around<'_>) -> Proposal {
    let (about, level) = (of.key.river.as_str(), of.key.level);
    let chosen = selection(about, level, units, around);
    let known = |id: &str| of.ways.iter().find(|way| way.id == id).cloned();
    let advised = |id: &str| {
        let mut all = around.recommendations.iter();
        let one = all.find(|one| one.river == about && one.district == id)?;
        Some(way(around.town, around.core, &one.advice))
    };
    let mode = of
        .judgement
        .as_ref()
        .map_or_else(|| usual_way(about, level), |judgement| judgement.way);
    let ways = chosen
        .districts
        .iter()
        .map(|district| {
            known(&district.id)
                .or_else(|| advised(&district.id))
                .unwrap_or_else(|| told_way(district, mode, about, level))
        })
        .collect();
    Proposal {
        ways,
        people: people(about, level, units, around),
        districts: chosen.districts,
        shelters: chosen.shelters,
        left_out: chosen.left_out,
        // Bigger names, and what waiting costs, are those of other units.
        names: Vec::new(),
        waiting: Vec::new(),
        beside: Vec::new(),
        derivation: None,
        ..of.clone()
    }
}

/// Who an order for these units would reach, and whom not. Units that the town does not have are passed over.
#[must_use]
pub fn selection(
    about: &str,
    level: OrderLevel,
    units: &BTreeSet<String>,
    around: &Around<'_>,
) -> Selection {
    let districts: Vec<ConcernedDistrict> = around
        .town
        .districts
        .iter()
        .filter(|district| units.contains(&district.id))
        .map(|district| ConcernedDistrict {
            id: district.id.clone(),
            name: district.name.clone(),
            name_en: district
                .name_en
                .clone()
                .unwrap_or_else(|| district.name.clone()),
            people_in_zone: people_in_zone(about, district, around.core).unwrap_or(0),
        })
        .collect();
    let mut shelters = shelters(&districts, cause::site_hazard(about), around.core);
    let as_of = around.outlook.as_of;
    shelters.retain(|shelter| {
        // A notice never names a place that receives nobody, or where water is foreseen.
        let site = around.town.shelter(&shelter.id);
        !around.wet.contains(&shelter.id)
            && site.is_some_and(|site| around.told.receives(site, as_of))
    });
    Selection {
        left_out: left_out(about, level, units, around),
        districts,
        shelters,
    }
}

/// People of a district whom the hazard can reach, an estimate; nothing where the town's data have none for it.
#[must_use]
pub fn people_in_zone(about: &str, district: &District, core: &Core) -> Option<u32> {
    if cause::is_river(about) {
        let mut reaches = district.reaches.iter();
        let reach = reaches.find(|reach| reach.river == about)?;
        // People of the mesh can be more than those counted in the district; nobody more than live there is told of.
        return Some(reach.people_in_zone.min(district.people.max(1)));
    }
    let unit = core.town.unit(&UnitId::new(district.id.as_str()))?;
    let of = unit.exposures.iter();
    of.filter(|exposure| exposure.hazard() == cause::hazard(about))
        .map(|exposure| exposure.people_at_risk)
        .max()
}

/// Units for which the system recommends more than an order of this level would ask of them, by name.
#[must_use]
pub fn advised_higher(
    about: &str,
    level: OrderLevel,
    units: &BTreeSet<String>,
    around: &Around<'_>,
) -> Vec<String> {
    around
        .recommendations
        .iter()
        .filter(|one| one.river == about && one.level > level && units.contains(&one.district))
        .map(|one| name(around.town, around.core, &one.advice.unit))
        .collect()
}

fn usual_way(about: &str, level: OrderLevel) -> Mode {
    ways(about, level).first().copied().unwrap_or(Mode::Leave)
}

/// Units that are not in the order though as much is recommended for them, the water is as likely there as where it is ordered, or
/// nothing is known of them.
fn left_out(
    about: &str,
    level: OrderLevel,
    units: &BTreeSet<String>,
    around: &Around<'_>,
) -> Vec<LeftOutDistrict> {
    let of_it = || {
        let all = around.recommendations.iter();
        all.filter(|one| one.river == about)
    };
    let chance = |one: &Recommendation| one.advice.deadlines.chance.filter(|chance| *chance > 0.0);
    let least = of_it()
        .filter(|one| units.contains(&one.district))
        // What only stands from before says nothing of how likely is likely enough.
        .filter(|one| one.advice.holds_at(around.outlook.as_of))
        .filter_map(|one| chance(one))
        .reduce(f64::min);
    let mut found: Vec<(usize, LeftOutDistrict)> = Vec::new();
    let mut note = |unit: &UnitId, why: LeftOut| {
        let id = unit.as_str();
        let Some(place) = around.core.place(id).filter(|_| !units.contains(id)) else {
            return;
        };
        if found.iter().all(|(_, known)| known.id != id) {
            let name = name(around.town, around.core, unit);
            let id = id.to_owned();
            found.push((place, LeftOutDistrict { id, name, why }));
        }
    };
    for one in of_it() {
        let as_likely = least.is_some_and(|least| chance(one).is_some_and(|of| of >= least));
        if one.level >= level {
            note(&one.advice.unit, LeftOut::AsMuchAdvised);
        } else if as_likely {
            note(&one.advice.unit, LeftOut::AsLikely);
        }
    }
    for (unit, kind) in around.unknown {
        let reached = || {
            let district = around.core.place(unit.as_str());
            let district = district.and_then(|place| around.town.districts.get(place));
            district.is_some_and(|of| of.reaches.iter().any(|reach| reach.river == about))
        };
        let concerned = kind.hazard() == cause::hazard(about);
        if concerned && (!cause::is_river(about) || reached()) {
            note(unit, LeftOut::NothingKnown);
        }
    }
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, one)| one).collect()
}

fn people(
    about: &str,
    level: OrderLevel,
    units: &BTreeSet<String>,
    around: &Around<'_>,
) -> Option<super::refuge::People> {
    let asked = Asked {
        town: around.town,
        core: around.core,
        basis: &around.core.refuge,
        told: around.told,
        advice: around.recommendations,
        // How many come does not hang on which places they find.
        water: &Water::default(),
        as_of: around.outlook.as_of,
    };
    let units: BTreeSet<UnitId> = units.iter().map(|id| UnitId::new(id.as_str())).collect();
    people_of(&asked, about, level, &units)
}

/// The gauge to look at: the first that is heard of those that decide for these districts, else of the river. None where there is none.
fn gauge(about: &str, districts: &[ConcernedDistrict], around: &Around<'_>) -> String {
    let of_districts = districts
        .iter()
        .filter_map(|of| around.town.district(&of.id))
        .flat_map(|district| &district.reaches)
        .filter(|reach| reach.river == about)
        .flat_map(|reach| &reach.gauges);
    let rivers = around.town.rivers.iter();
    let of_river = rivers
        .filter(|river| river.name == about)
        .flat_map(|river| &river.gauges);
    let heard = |id: &&String| {
        let gauge = around.outlook.gauges.get(id.as_str());
        gauge.is_some_and(|gauge| gauge.observed.is_some())
    };
    of_districts
        .chain(of_river)
        .find(heard)
        .cloned()
        .unwrap_or_default()
}

/// What speaks against it, or weakens it, as far as the system knows.
fn against(
    judgement: &Judgement,
    districts: &[ConcernedDistrict],
    gauge: &str,
    around: &Around<'_>,
) -> Vec<Counter> {
    let (about, level) = (judgement.about.as_str(), judgement.level);
    let advised_at = |id: &str| {
        let all = around.recommendations.iter();
        all.filter(|one| one.river == about && one.district == id)
            .map(|one| one.level)
            .max()
    };
    let named = |of: &dyn Fn(&ConcernedDistrict) -> bool| -> Vec<String> {
        let which = districts.iter().filter(|one| of(one));
        which.map(|one| one.name.clone()).collect()
    };
    let higher = named(&|one| advised_at(&one.id).is_some_and(|at| at > level));
    let not_advised = named(&|one| advised_at(&one.id).is_none_or(|at| at < level));
    let nobody = named(&|one| one.people_in_zone == 0);
    let mut found = Vec::new();
    if !higher.is_empty() {
        found.push(Counter::AdvisedHigher { districts: higher });
    }
    if !not_advised.is_empty() {
        found.push(Counter::NotAdvised {
            districts: not_advised,
        });
    }
    if !nobody.is_empty() {
        found.push(Counter::NobodyThere { districts: nobody });
    }
    let gauge = around.outlook.gauges.get(gauge);
    found.extend(
        gauge
            .into_iter()
            .flat_map(|of| of_the_gauge(around.outlook, of)),
    );
    found
}

/// What the people of a district are told where an officer chose the way. Nobody counted who may stay: all of them must leave.
fn told_way(of: &ConcernedDistrict, mode: Mode, about: &str, level: OrderLevel) -> UnitWay {
    let action = Action {
        mode,
        may_stay: 0,
        must_leave: of.people_in_zone,
        conditions: None,
        why: vec!["職員が選んだ避難のしかたです".to_owned()],
    };
    UnitWay {
        id: of.id.clone(),
        name: of.name.clone(),
        mode,
        words: action_words(advised(level), cause::hazard(about), &action),
        why: action.why,
        must_leave: action.must_leave,
        may_stay: action.may_stay,
        decide_by: None,
        because: None,
    }
}
