//! One cause, one item: the recommendations of one river and one level, as an officer decides on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hinan_gis::{Hazard, Town};
use hinan_recommend::{
    Deadline, Finding, LeftOut, Mode, Names, SourceId, Test, UnitAdvice, Waiting,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Recommendation;
use super::cause;
use super::core::Core;
use super::counter::Counter;
use super::derivation::Derivation;
use super::judgement::Judgement;
use super::level::{OrderLevel, advised};
use super::refuge::People;
use crate::digest::Digest;
use crate::outlook::Outlook;

/// Shelters named per proposal, at most.
const SHELTERS_MAX: usize = 8;

/// What an officer is asked to decide: a recommendation, or what an officer asks for of their own accord.
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
    /// What it rests on, over all its districts: conditions with the gauge each was asked of. Empty in proposals of earlier versions,
    /// whose `met` of the first district stood for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub grounds: Vec<Ground>,
    /// Every condition examined, in proposals that an earlier version wrote down without the core's answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examined_then: Vec<Finding>,
    /// What it was worked out from; nothing in proposals of earlier versions, and in what officers ask for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub derivation: Option<Box<Derivation>>,
    /// 職員の判断: the officer's own judgement that it rests on instead of any condition; nothing in recommendations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Box<Judgement>>,
}

/// A condition that a proposal rests on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Ground {
    /// Its id.
    pub condition: String,
    /// The gauge it was asked of.
    pub gauge: Option<String>,
    /// Digest of the condition as it stood: a moved threshold is another ground.
    pub digest: Digest,
}

/// What makes two proposals the same item.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ProposalKey {
    /// River name.
    pub river: String,
    /// Level to issue.
    pub level: OrderLevel,
    /// The officer's judgement it is; nothing for recommendations, of which one cause has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<String>,
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

    /// What officers call it: 推奨, or what one of them asks for.
    #[must_use]
    pub fn called(&self) -> &'static str {
        if self.judgement.is_some() {
            "発令案(職員の判断)"
        } else {
            "推奨"
        }
    }

    /// Whether its grounds hold at the moment it was made for. What only stands from before is not asked anew.
    #[must_use]
    pub fn is_supported(&self) -> bool {
        self.supported_at.is_none_or(|at| at >= self.as_of)
    }

    /// Every condition that was examined, met or not.
    #[must_use]
    pub fn examined(&self) -> Vec<&Finding> {
        match &self.urgent {
            Some(advice) => advice.findings.iter().map(AsRef::as_ref).collect(),
            None => self.examined_then.iter().collect(),
        }
    }

    /// The latest useful moment to decide, for the district where it comes first.
    #[must_use]
    pub fn deadline(&self) -> Option<&Deadline> {
        self.urgent.as_ref()?.deadlines.of(advised(self.key.level))
    }

    /// Digest of what matters for a decision: who, what level, on which grounds, how to be safe, who is left out. Numbers may move under
    /// an officer's eyes without changing it; none of these may.
    #[must_use]
    pub fn substance(&self) -> Digest {
        let districts: Vec<&str> = self.districts.iter().map(|d| d.id.as_str()).collect();
        if let Some(judgement) = &self.judgement {
            let higher: Vec<&Counter> = self
                .counter
                .iter()
                .filter(|counter| matches!(counter, Counter::AdvisedHigher { .. }))
                .collect();
            return Digest::of_json(&(&self.key, districts, judgement, self.gaps(), higher));
        }
        if self.grounds.is_empty() {
            return Digest::of_json(&(&self.key, districts, self.grounds_then()));
        }
        let ways: Vec<(&str, Mode)> = self
            .ways
            .iter()
            .map(|way| (way.id.as_str(), way.mode))
            .collect();
        Digest::of_json(&(&self.key, districts, &self.grounds, ways, self.gaps()))
    }

    /// Who is left out, and whether that is because nothing is known.
    fn gaps(&self) -> Vec<(&str, bool)> {
        self.left_out
            .iter()
            .map(|one| (one.id.as_str(), one.why == LeftOut::NothingKnown))
            .collect()
    }

    /// Grounds of a proposal of an earlier version.
    fn grounds_then(&self) -> Vec<(&str, Option<&str>)> {
        let lasting = self.met.iter().any(|finding| !finding.is_of_deadline());
        self.met
            .iter()
            .filter(|finding| !lasting || !finding.is_of_deadline())
            .map(|finding| {
                let gauge = finding.gauge.as_ref().map(SourceId::as_str);
                (finding.condition.id.as_str(), gauge)
            })
            .collect()
    }
}

/// Conditions that make it the question it is, over all members: those that do not come and go with a deadline, where there are any.
fn grounds(members: &[&Recommendation]) -> Vec<Ground> {
    let met = || members.iter().flat_map(|member| &member.met);
    let lasting = met().any(|finding| !finding.is_of_deadline());
    let found: BTreeSet<Ground> = met()
        .filter(|finding| !lasting || !finding.is_of_deadline())
        .map(|finding| Ground {
            condition: finding.condition.id.clone(),
            gauge: finding.gauge.as_ref().map(ToString::to_string),
            digest: Digest::of_json(finding.condition.as_ref()),
        })
        .collect();
    found.into_iter().collect()
}

/// Joins recommendations of one river and level. Input order does not matter.
#[must_use]
pub fn bundle(
    recommendations: &[Arc<Recommendation>],
    outlook: &Outlook,
    town: &Town,
    core: &Core,
) -> Vec<Proposal> {
    let mut by_key: BTreeMap<ProposalKey, Vec<&Recommendation>> = BTreeMap::new();
    for recommendation in recommendations {
        let key = ProposalKey {
            river: recommendation.river.clone(),
            level: recommendation.level,
            judgement: None,
        };
        by_key.entry(key).or_default().push(recommendation);
    }
    by_key
        .into_iter()
        .filter_map(|(key, mut members)| {
            members.sort_by_key(|member| core.place(&member.district));
            join(key, &members, outlook, town, core)
        })
        .collect()
}

fn join(
    key: ProposalKey,
    members: &[&Recommendation],
    outlook: &Outlook,
    town: &Town,
    core: &Core,
) -> Option<Proposal> {
    // Everything that is told of one district alone is told of the one whose deadline comes first.
    let first = most_urgent(members)?;
    let districts: Vec<ConcernedDistrict> = members
        .iter()
        .filter_map(|member| {
            let district = town.districts.get(core.place(&member.district)?)?;
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
    let gauge = outlook.gauges.get(&first.gauge);
    let reach_between =
        mark_m(first).and_then(|mark_m| gauge?.forecast.crossing_time_range(mark_m));
    let shelters = shelters(&districts, cause::site_hazard(&key.river), core);
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
        urgent: Some(Box::new(first.advice.as_ref().clone())),
        supported_at: None,
        beside: Vec::new(),
        names: Vec::new(),
        left_out: Vec::new(),
        ways: Vec::new(),
        waiting: Vec::new(),
        people: None,
        grounds: grounds(members),
        examined_then: Vec::new(),
        derivation: None,
        judgement: None,
    })
}

/// The level in question: that of a forecast that holds, else the one that counts as arrival, else the one the water stands at.
fn mark_m(of: &Recommendation) -> Option<f64> {
    let forecast = of
        .met
        .iter()
        .flat_map(Finding::leaves)
        .find_map(|(test, result)| {
            let (_, mark_m) = result.seen.mark?;
            matches!(test, Test::Forecast { .. }).then_some(mark_m)
        });
    let arrival = || of.advice.deadlines.arrival.as_ref()?.mark;
    let stands = || of.met.iter().find_map(Finding::mark);
    forecast.or_else(|| arrival().or_else(stands).map(|(_, mark_m)| mark_m))
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

/// Usable shelters near these districts, nearest first.
pub(super) fn shelters(
    districts: &[ConcernedDistrict],
    hazard: Hazard,
    core: &Core,
) -> Vec<ProposedShelter> {
    let mut nearest: BTreeMap<&str, ProposedShelter> = BTreeMap::new();
    for near in districts
        .iter()
        .flat_map(|concerned| core.near(&concerned.id, hazard))
    {
        let found = nearest
            .entry(near.id.as_str())
            .or_insert_with(|| near.clone());
        found.straight_line_m = found.straight_line_m.min(near.straight_line_m);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::made::{Along, advised as made, noon};

    fn proposal(members: &[Arc<Recommendation>]) -> Proposal {
        let members: Vec<&Recommendation> = members.iter().map(AsRef::as_ref).collect();
        let first = most_urgent(&members).expect("somebody is advised");
        let body = serde_json::json!({
            "key": { "river": "小川", "level": first.level }, "river_en": "Ogawa", "as_of": noon(), "gauge": first.gauge,
            "districts": [], "met": first.met, "counter": [], "shelters": [], "reach_between": null,
            "urgent": first.advice.as_ref(), "grounds": grounds(&members)
        });
        serde_json::from_value(body).expect("a proposal")
    }

    fn along<'a>(gauge: &'a str, level_m: f64, districts: &'a [(&'a str, u32)]) -> Along<'a> {
        Along {
            gauge,
            level_m,
            rise_m_per_h: 0.3,
            districts,
        }
    }

    #[test]
    fn the_grounds_of_every_district_are_in_the_substance_and_figures_are_not() {
        let kita = [("kita", 300)];
        let minami = [("minami", 300)];
        let one = proposal(&made(&[along("upper", 5.6, &kita)]));
        let higher = proposal(&made(&[along("upper", 5.7, &kita)]));
        assert_eq!(one.substance(), higher.substance(), "ten centimetres more");
        let two = proposal(&made(&[
            along("upper", 5.6, &kita),
            along("lower", 5.6, &minami),
        ]));
        assert_ne!(one.grounds, two.grounds, "another gauge is a ground, too");
        assert_ne!(one.substance(), two.substance());
        let mut moved = one.clone();
        moved.grounds[0].digest = Digest::of(b"a moved threshold");
        assert_ne!(one.substance(), moved.substance());
    }

    #[test]
    fn who_is_left_out_and_how_to_be_safe_are_in_the_substance() {
        let one = proposal(&made(&[along("upper", 5.6, &[("kita", 300)])]));
        let mut left_out = one.clone();
        left_out.left_out.push(LeftOutDistrict {
            id: "minami".to_owned(),
            name: "南".to_owned(),
            why: LeftOut::AsLikely,
        });
        assert_ne!(one.substance(), left_out.substance());
        let way = |mode, decide_by| UnitWay {
            id: "kita".to_owned(),
            name: "北".to_owned(),
            mode,
            words: String::new(),
            why: Vec::new(),
            must_leave: 1,
            may_stay: 0,
            decide_by,
            because: None,
        };
        let with = |way| Proposal {
            ways: vec![way],
            ..one.clone()
        };
        let leave = with(way(Mode::Leave, None)).substance();
        assert_ne!(leave, with(way(Mode::UpperFloor, None)).substance());
        assert_eq!(
            leave,
            with(way(Mode::Leave, Some(noon()))).substance(),
            "a minute is noise"
        );
    }

    #[test]
    fn everything_told_of_one_district_is_told_of_the_one_whose_deadline_comes_first() {
        // The second district's gauge rises faster.
        let mut lower = along("lower", 5.6, &[("minami", 300)]);
        lower.rise_m_per_h = 1.2;
        let all = made(&[along("upper", 5.6, &[("kita", 300)]), lower]);
        let members: Vec<&Recommendation> = all.iter().map(AsRef::as_ref).collect();
        assert_eq!(members[0].level, members[1].level);
        let first = most_urgent(&members).expect("two are advised");
        assert_eq!(
            (first.district.as_str(), first.gauge.as_str()),
            ("minami", "lower")
        );
        let reversed: Vec<&Recommendation> = members.into_iter().rev().collect();
        assert_eq!(
            most_urgent(&reversed).map(|of| of.district.as_str()),
            Some("minami")
        );
    }

    #[test]
    fn when_the_water_comes_is_told_of_the_level_in_question_and_not_of_one_that_was_passed_long_ago()
     {
        // Far below danger, above caution, rising fast: level 4 is asked for by its deadline or its rise, from the caution level on.
        let mut fast = along("upper", 4.2, &[("kita", 300)]);
        fast.rise_m_per_h = 1.3;
        let all = made(&[fast]);
        let one = all.first().expect("advice");
        let lowest = one
            .met
            .iter()
            .flat_map(Finding::leaves)
            .filter_map(|(_, result)| Some(result.seen.mark?.1))
            .fold(f64::INFINITY, f64::min);
        assert!(
            lowest <= 4.2,
            "a condition that holds names a mark below the water: {lowest}"
        );
        let mark_m = mark_m(one).expect("a level is in question");
        assert!(mark_m > 4.2, "{mark_m}");
    }
}
