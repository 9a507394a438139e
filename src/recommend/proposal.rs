//! One cause, one item: the recommendations of one river and one level, as an officer decides on them.

use std::collections::BTreeMap;

use hinan_gis::{Hazard, Town};
use hinan_recommend::{Deadline, Finding, LeftOut, Mode, Names, UnitAdvice, Waiting};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Recommendation;
use super::cause;
use super::counter::Counter;
use super::level::{OrderLevel, advised};
use super::refuge::People;
use crate::digest::Digest;
use crate::outlook::Outlook;

/// Shelters named per proposal, at most.
const SHELTERS_MAX: usize = 8;
/// Candidates looked at from each district.
const SHELTERS_PER_DISTRICT: usize = 3;

/// What an officer is asked to decide.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    /// River and level: the same cause keeps the same key.
    pub key: ProposalKey,
    /// River in English.
    pub river_en: String,
    /// Moment of the event.
    pub as_of: Timestamp,
    /// Deciding gauge.
    pub gauge: String,
    /// Issuing units, in the town's order.
    pub districts: Vec<ConcernedDistrict>,
    /// Conditions that hold.
    pub met: Vec<Finding>,
    /// What speaks against it.
    pub counter: Vec<Counter>,
    /// Sites approved for floods and outside the flood zone.
    pub shelters: Vec<ProposedShelter>,
    /// When the water may reach the level in question: early and late.
    pub reach_between: Option<(Timestamp, Option<Timestamp>)>,
    /// The core's whole answer for the district whose deadline comes first.
    pub urgent: Option<Box<UnitAdvice>>,
    /// When its grounds last held; nothing in proposals of earlier versions, whose grounds held when they were made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supported_at: Option<Timestamp>,
    /// Districts that qualify too and are not in the smallest set that holds the people at risk.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beside: Vec<ConcernedDistrict>,
    /// How it may be said with fewer names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Names>,
    /// Districts at equal or higher risk, or of which nothing is known, that neither it nor another proposal reaches.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOutDistrict>,
    /// How to be safe, and by when to decide, district by district.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<UnitWay>,
    /// What it costs to wait, shortest wait first: late by the district whose deadline comes first, people of all its districts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waiting: Vec<Waiting>,
    /// People, as ranges; nothing for level 5, which sends nobody anywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<People>,
    /// Every condition examined, in proposals that an earlier version wrote down without the core's answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examined_then: Vec<Finding>,
}

/// What makes two proposals the same item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProposalKey {
    /// River name.
    pub river: String,
    /// Level to issue.
    pub level: OrderLevel,
}

/// One issuing unit in a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcernedDistrict {
    /// District id.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// People in the flood zone of this river (想定最大規模), an estimate.
    pub people_in_zone: u32,
}

/// A district that a proposal leaves out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutDistrict {
    /// District id.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// Why it is named.
    pub why: LeftOut,
}

/// How the people of one district are safest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitWay {
    /// District id.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// The way for most.
    pub mode: Mode,
    /// What they are told, in Japanese.
    pub words: String,
    /// Why this way.
    pub why: Vec<String>,
    /// People who must leave whatever the way is.
    pub must_leave: u32,
    /// People who may stay on a safe floor.
    pub may_stay: u32,
    /// 判断の期限
    pub decide_by: Option<Timestamp>,
    /// What it must be ahead of, and its biggest term.
    pub because: Option<String>,
}

/// One shelter in a proposal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProposedShelter {
    /// Id of the official list.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// From the nearest concerned district, metres in a straight line.
    pub straight_line_m: f64,
}

impl Proposal {
    /// People in the flood zone over all districts.
    #[must_use]
    pub fn people_in_zone(&self) -> u32 {
        self.districts
            .iter()
            .map(|district| district.people_in_zone)
            .sum()
    }

    /// Whether its grounds hold at the moment it was made for. What only stands from before is not asked anew.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.supported_at.is_none_or(|at| at >= self.as_of)
    }

    /// Every condition that was examined, met or not.
    #[must_use]
    pub fn examined(&self) -> &[Finding] {
        self.urgent
            .as_ref()
            .map_or(&self.examined_then, |advice| &advice.findings)
    }

    /// The latest useful moment to decide, for the district where it comes first.
    #[must_use]
    pub fn deadline(&self) -> Option<&Deadline> {
        self.urgent.as_ref()?.deadlines.of(advised(self.key.level))
    }

    /// Conditions that make it the question it is: those that do not come and go with a deadline, where there are any.
    fn grounds(&self) -> impl Iterator<Item = &Finding> {
        let lasting = self.met.iter().any(|finding| !finding.is_of_deadline());
        self.met
            .iter()
            .filter(move |finding| !lasting || !finding.is_of_deadline())
    }

    /// Digest of what matters for a decision: who, what level, on which grounds. Numbers may move under an
    /// officer's eyes without changing it; districts, level and grounds may not.
    #[must_use]
    pub fn substance(&self) -> Digest {
        let districts: Vec<&str> = self.districts.iter().map(|d| d.id.as_str()).collect();
        let grounds: Vec<(&str, Option<&str>)> = self
            .grounds()
            .map(|finding| {
                let gauge = finding
                    .gauge
                    .as_ref()
                    .map(hinan_recommend::SourceId::as_str);
                (finding.condition.id.as_str(), gauge)
            })
            .collect();
        Digest::of_json(&(&self.key, districts, grounds))
    }
}

/// Joins recommendations of one river and level. Input order does not matter.
#[must_use]
pub fn bundle(recommendations: &[Recommendation], outlook: &Outlook, town: &Town) -> Vec<Proposal> {
    let mut by_key: BTreeMap<ProposalKey, Vec<&Recommendation>> = BTreeMap::new();
    for recommendation in recommendations {
        let key = ProposalKey {
            river: recommendation.river.clone(),
            level: recommendation.level,
        };
        by_key.entry(key).or_default().push(recommendation);
    }
    by_key
        .into_iter()
        .filter_map(|(key, members)| join(key, &members, outlook, town))
        .collect()
}

fn join(
    key: ProposalKey,
    members: &[&Recommendation],
    outlook: &Outlook,
    town: &Town,
) -> Option<Proposal> {
    let first = members.first()?;
    let districts: Vec<ConcernedDistrict> = town
        .districts
        .iter()
        .filter_map(|district| {
            let member = members.iter().find(|m| m.district == district.id)?;
            Some(ConcernedDistrict {
                id: district.id.clone(),
                name: district.name.clone(),
                name_en: district
                    .name_en
                    .clone()
                    .unwrap_or_else(|| district.name.clone()),
                people_in_zone: member.people_in_zone,
            })
        })
        .collect();
    let arrives = first
        .advice
        .deadlines
        .arrival
        .as_ref()
        .and_then(|arrival| arrival.mark);
    let mark_m = first
        .met
        .iter()
        .filter_map(|finding| Some(finding.mark()?.1))
        .next_back()
        .or(arrives.map(|(_, mark_m)| mark_m));
    let gauge = outlook.gauges.get(&first.gauge);
    let reach_between = mark_m.and_then(|mark| gauge?.forecast.crossing_time_range(mark));
    let shelters = shelters(&districts, cause::site_hazard(&key.river), town);
    Some(Proposal {
        key,
        river_en: first.river_en.clone(),
        as_of: outlook.as_of,
        gauge: first.gauge.clone(),
        shelters,
        districts,
        met: first.met.clone(),
        counter: first.counter.clone(),
        reach_between,
        urgent: most_urgent(members).map(|member| Box::new(member.advice.clone())),
        supported_at: None,
        beside: Vec::new(),
        names: Vec::new(),
        left_out: Vec::new(),
        ways: Vec::new(),
        waiting: Vec::new(),
        people: None,
        examined_then: Vec::new(),
    })
}

/// The member whose deadline comes first; the first in the town's order where there is none, whatever the order of members.
fn most_urgent<'r>(members: &[&'r Recommendation]) -> Option<&'r Recommendation> {
    members.iter().copied().min_by(|a, b| {
        let by = |of: &Recommendation| {
            of.advice
                .deadlines
                .of(advised(of.level))
                .map(|deadline| deadline.decide_by)
        };
        let (first, other) = (by(a), by(b));
        first
            .is_none()
            .cmp(&other.is_none())
            .then(first.cmp(&other))
            .then_with(|| a.district.cmp(&b.district))
    })
}

fn shelters(districts: &[ConcernedDistrict], hazard: Hazard, town: &Town) -> Vec<ProposedShelter> {
    let mut nearest: BTreeMap<&str, ProposedShelter> = BTreeMap::new();
    for concerned in districts {
        let Some(district) = town.district(&concerned.id) else {
            continue;
        };
        for (shelter, metres) in
            town.nearest_usable_shelters(district.label, hazard, SHELTERS_PER_DISTRICT)
        {
            let found = nearest
                .entry(shelter.id.as_str())
                .or_insert_with(|| ProposedShelter {
                    id: shelter.id.clone(),
                    name: shelter.name.clone(),
                    straight_line_m: metres,
                });
            found.straight_line_m = found.straight_line_m.min(metres);
        }
    }
    let mut all: Vec<ProposedShelter> = nearest.into_values().collect();
    all.sort_by(|a, b| {
        a.straight_line_m
            .total_cmp(&b.straight_line_m)
            .then_with(|| a.id.cmp(&b.id))
    });
    all.truncate(SHELTERS_MAX);
    all
}
