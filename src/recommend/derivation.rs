//! 導出の元: what stands beside a proposal so that a stranger can work all of it out again: the inputs of the district whose deadline
//! comes first, who is in the area and why, who is left out and why, where the people go.

use std::collections::BTreeMap;

use hinan_gis::Town;
use hinan_recommend::{Draft, LeftOut, SourceId, UnitAdvice, Workings};
use serde::{Deserialize, Serialize};

use super::cause;
use super::complete::name;
use super::core::Core;
use super::proposal::Proposal;
use super::refuge::{HazardPlan, Refuge, SentTo};
use crate::outlook::ModelSet;

/// What a proposal was worked out from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Derivation {
    /// Of the district whose deadline comes first.
    pub workings: Workings,
    /// Who is ordered, and who is not.
    pub areas: Areas,
    /// Where people go.
    pub places: PlacesFound,
}

/// Who is ordered, and who is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Areas {
    /// The smallest set holds this share of the people at risk.
    pub cover: f64,
    /// A unit with so many people at risk is never left out.
    pub never_left_out_people: u32,
    /// Units that qualify, in the town's order.
    pub qualify: Vec<Qualifies>,
    /// Residents of the chosen, and those at risk.
    pub chosen: (u32, u32),
    /// The same of all that qualify.
    pub all: (u32, u32),
    /// Units that are not in the order though as much is advised there, the hazard is as likely, or nothing is known: ids, sorted.
    pub complement: BTreeMap<LeftOut, Vec<String>>,
    /// How many of the others there are, by why: with all that are named they are the whole town.
    pub others: BTreeMap<LeftOut, usize>,
}

/// A unit that qualifies.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Qualifies {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Residents.
    pub people: u32,
    /// People whose home the hazard can reach.
    pub at_risk: u32,
    /// Whether it must be named: somebody may live in a collapse zone, or somebody saw something there.
    pub must: bool,
    /// Whether it is in the smallest set.
    pub chosen: bool,
    /// The chance that the hazard comes within what can be foreseen.
    pub chance: Option<f64>,
}

/// Where the people of a proposal go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlacesFound {
    /// The plan for its hazard, now and later.
    pub plan: Option<HazardPlan>,
    /// By district.
    pub to: BTreeMap<String, Vec<SentTo>>,
    /// People for whom no open shelter has a place, with why, by district.
    pub without_place: BTreeMap<String, (u32, String)>,
    /// The shelters that stand in it, and those that are near and not used.
    pub sites: Vec<Site>,
    /// Shelters to open so that more find a place, with people.
    pub to_open: Vec<(String, u32)>,
    /// What the walking times rest on.
    pub ways: String,
}

/// A shelter, as it was then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// People it takes; nothing = unknown.
    pub places: Option<u32>,
    /// What the desk said last: state and people inside.
    pub word: Option<(String, Option<u32>)>,
    /// People planned to come.
    pub planned: u32,
    /// Why nobody is sent there.
    pub not_usable: Option<String>,
}

/// Everything that derivations are made from.
pub struct Origins<'a> {
    /// What the core was asked with.
    pub asked: &'a hinan_recommend::Outlook,
    /// Which files forecast.
    pub models: Option<&'a ModelSet>,
    /// The core's answer.
    pub advice: &'a hinan_recommend::Advice,
    /// Where people find a place.
    pub refuge: &'a Refuge,
    /// The town.
    pub town: &'a Town,
    /// As the core knows it.
    pub core: &'a Core,
}

impl Derivation {
    /// Of a proposal that the core asks for; nothing for what officers ask for, and for what it only remembers of a unit that is gone.
    #[must_use]
    pub fn of(proposal: &Proposal, from: &Origins<'_>) -> Option<Self> {
        let urgent = proposal.urgent.as_deref()?;
        let core = from.core;
        let mut workings = Workings::of(&core.town, from.asked, &core.policy, urgent)?;
        workings.models = models(&workings, from.models);
        let draft = from.advice.drafts.iter().find(|draft| {
            draft.hazard == urgent.hazard()
                && draft.river == urgent.river
                && draft.level == urgent.level
        })?;
        Some(Self {
            workings,
            areas: areas(draft, from),
            places: places(proposal, from),
        })
    }
}

/// Which file, or which data, each forecast comes from.
fn models(of: &Workings, models: Option<&ModelSet>) -> BTreeMap<SourceId, String> {
    let Some(models) = models else {
        return BTreeMap::new();
    };
    let named = |id: &SourceId| {
        let file = models.files.get(id.as_str());
        let fitted = || {
            let card = models.fitted.get(id.as_str())?.card();
            Some(format!(
                "fitted at the start from data sha256 {}",
                card.data_sha256
            ))
        };
        let words = file
            .map(|digest| format!("file sha256 {digest}"))
            .or_else(fitted)?;
        Some((id.clone(), words))
    };
    of.gauges.keys().filter_map(named).collect()
}

fn areas(draft: &Draft, from: &Origins<'_>) -> Areas {
    let (town, core, choice) = (from.town, from.core, &draft.choice);
    let members = from.advice.units.values().filter(|advice| {
        advice.hazard() == draft.hazard
            && advice.river == draft.river
            && advice.level == draft.level
    });
    let qualifies = |advice: &UnitAdvice| Qualifies {
        id: advice.unit.to_string(),
        name: name(town, core, &advice.unit),
        people: core.town.unit(&advice.unit).map_or(0, |unit| unit.people),
        at_risk: advice.people_at_risk,
        must: choice.must.contains(&advice.unit),
        chosen: choice.chosen.contains(&advice.unit),
        chance: advice.deadlines.chance,
    };
    let mut qualify: Vec<Qualifies> = members.map(|advice| qualifies(advice)).collect();
    qualify.sort_by_key(|one| core.place(&one.id));
    let mut complement: BTreeMap<LeftOut, Vec<String>> = BTreeMap::new();
    let mut others: BTreeMap<LeftOut, usize> = BTreeMap::new();
    let left = draft.complement.iter();
    for (unit, why) in left.filter(|(unit, _)| !choice.beside.contains(unit)) {
        match why {
            // Most of a town: counted, so that what is written down does not grow with it.
            LeftOut::Less | LeftOut::NotThreatened => *others.entry(why).or_default() += 1,
            _ => complement.entry(why).or_default().push(unit.to_string()),
        }
    }
    Areas {
        cover: core.policy.area.cover,
        never_left_out_people: core.policy.area.never_left_out_people,
        qualify,
        chosen: (choice.people, choice.at_risk),
        all: (choice.people_all, choice.at_risk_all),
        complement,
        others,
    }
}

fn places(proposal: &Proposal, from: &Origins<'_>) -> PlacesFound {
    let refuge = from.refuge;
    let hazard = cause::hazard(&proposal.key.river);
    let concerned = |id: &str| proposal.districts.iter().any(|one| one.id == id);
    let to: BTreeMap<String, Vec<SentTo>> = refuge
        .to
        .iter()
        .filter(|(district, _)| concerned(district))
        .map(|(district, to)| (district.clone(), to.clone()))
        .collect();
    let near = proposal
        .districts
        .iter()
        .flat_map(|district| {
            from.core
                .near(&district.id, cause::site_hazard(&proposal.key.river))
        })
        .map(|near| near.id.as_str());
    let named: std::collections::BTreeSet<&str> = to
        .values()
        .flatten()
        .map(|sent| sent.shelter.as_str())
        .chain(near)
        .collect();
    let sites = refuge
        .shelters
        .iter()
        .filter(|of| named.contains(of.id.as_str()));
    PlacesFound {
        plan: refuge
            .plans
            .iter()
            .find(|plan| plan.hazard == hazard)
            .cloned(),
        without_place: refuge
            .without_place
            .iter()
            .filter(|(district, _)| concerned(district))
            .map(|(district, why)| (district.clone(), why.clone()))
            .collect(),
        sites: sites
            .map(|of| Site {
                id: of.id.clone(),
                name: from
                    .town
                    .shelter(&of.id)
                    .map_or_else(String::new, |site| site.name.clone()),
                places: of.places,
                word: of
                    .word
                    .as_ref()
                    .map(|word| (word.state.japanese().to_owned(), word.occupancy)),
                planned: of.planned,
                not_usable: of.not_usable.clone(),
            })
            .collect(),
        to,
        to_open: refuge.to_open.clone(),
        ways: refuge.ways.clone(),
    }
}
