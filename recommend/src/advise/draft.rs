//! What an officer is asked: one question per hazard, river and level.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::complement::{Complement, LeftOut, why};
use super::cover::{Choice, cover};
use super::of_unit::{Member, OfUnit};
use super::past::Past;
use super::{ByUnit, UnitAdvice};
use crate::deadline::Deadline;
use crate::hazard::Hazard;
use crate::id::{SourceId, UnitId};
use crate::level::OrderLevel;
use crate::outlook::Outlook;
use crate::policy::Policy;
use crate::roll::UnitSet;
use crate::town::Town;

/// One question to the officers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// Hazard.
    pub hazard: Hazard,
    /// River, for rivers.
    pub river: Option<String>,
    /// Level to issue.
    pub level: OrderLevel,
    /// The moment of the event.
    pub as_of: Timestamp,
    /// The gauge that decides for most.
    pub gauge: Option<SourceId>,
    /// The smallest set that holds the people at risk, and the price of widening it.
    pub choice: Choice,
    /// How it may be said with fewer names.
    #[serde(with = "crate::shared::list")]
    pub names: Vec<Arc<Names>>,
    /// What it leaves out.
    pub complement: Complement,
    /// The earliest deadline among its units, and whose.
    pub deadline: Option<(UnitId, Deadline)>,
    /// People who must leave whatever way is chosen.
    pub must_leave: u32,
    /// People who may stay on a safe floor.
    pub may_stay: u32,
}

/// A bigger name for several units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The bigger name.
    pub name: String,
    /// Chosen units in it.
    pub concerned: BTreeSet<UnitId>,
    /// Units that the bigger name would order besides, without being asked for.
    pub besides: BTreeSet<UnitId>,
    /// People living in these.
    pub people_besides: u32,
}

/// What makes two units one question.
pub(super) type Cause = (Hazard, Option<String>, OrderLevel);

/// A draft, and what it was made from.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    draft: Arc<Draft>,
    /// Units that it is about, by rank.
    members: Arc<Vec<Member>>,
    /// What is likely enough to be ordered by it.
    least: Option<f64>,
}

impl Kept {
    pub(super) fn draft(&self) -> Arc<Draft> {
        Arc::clone(&self.draft)
    }
}

/// What drafts are made from.
pub(super) struct Drafting<'a> {
    pub(super) town: &'a Town,
    pub(super) outlook: &'a Outlook,
    pub(super) policy: &'a Policy,
    pub(super) units: &'a ByUnit,
}

impl Drafting<'_> {
    /// All questions.
    pub(super) fn all(&self) -> BTreeMap<Cause, Kept> {
        type Borrowed<'a> = (Hazard, Option<&'a str>, OrderLevel);
        let mut members: BTreeMap<Borrowed<'_>, Vec<Member>> = BTreeMap::new();
        for place in &self.town.index().places {
            for spoken in &self.units.units()[*place].speaking {
                let advice = &spoken.advice;
                let cause = (spoken.hazard, advice.river.as_deref(), advice.level);
                members.entry(cause).or_default().push(spoken.member);
            }
        }
        for advice in self.units.elsewhere() {
            let cause = (advice.hazard(), advice.river.as_deref(), advice.level);
            members.entry(cause).or_default();
        }
        members
            .into_iter()
            .map(|((hazard, river, level), members)| {
                let cause = (hazard, river.map(str::to_owned), level);
                let draft = self.one(&cause, members, None);
                (cause, draft)
            })
            .collect()
    }

    /// All questions, where nothing changed but the units at these places of the town.
    pub(super) fn after(&self, past: &Past, changed: &[usize]) -> BTreeMap<Cause, Kept> {
        let index = self.town.index();
        let ranks: BTreeSet<usize> = changed.iter().map(|place| index.ranks[*place]).collect();
        // For each question that one of these units was or is in, its members among them.
        let mut touched: BTreeMap<Cause, Vec<Member>> = BTreeMap::new();
        for rank in &ranks {
            let place = index.places[*rank];
            for spoken in &past.units.units()[place].speaking {
                touched.entry(cause(&spoken.advice)).or_default();
            }
            for spoken in &self.units.units()[place].speaking {
                let members = touched.entry(cause(&spoken.advice)).or_default();
                members.push(spoken.member);
            }
        }
        let mut found = BTreeMap::new();
        for (cause, kept) in &past.drafts {
            if !touched.contains_key(cause) {
                found.insert(cause.clone(), self.with_complement(cause, kept, changed));
            }
        }
        for (cause, fresh) in touched {
            let kept = past.drafts.get(&cause);
            let members = match kept {
                Some(kept) => merged(&kept.members, &ranks, fresh),
                None => fresh,
            };
            let stands = || self.units.elsewhere().any(|of| self::cause(of) == cause);
            if !members.is_empty() || stands() {
                let draft = self.one(&cause, members, kept);
                found.insert(cause, draft);
            }
        }
        found
    }

    /// The same draft beside units that changed and are not in it.
    fn with_complement(&self, (hazard, _, level): &Cause, kept: &Kept, changed: &[usize]) -> Kept {
        let whys = changed.iter().map(|place| {
            let of = self.why(*place, (*hazard, *level), kept.least);
            (self.town.index().ranks[*place], of)
        });
        match kept.draft.complement.with(whys) {
            None => kept.clone(),
            Some(complement) => Kept {
                draft: Arc::new(Draft {
                    complement,
                    ..kept.draft.as_ref().clone()
                }),
                ..kept.clone()
            },
        }
    }

    fn why(
        &self,
        place: usize,
        (hazard, level): (Hazard, OrderLevel),
        least: Option<f64>,
    ) -> LeftOut {
        let unit = &self.units.units()[place];
        let advised = unit.advice(hazard).map(|advice| advice.level);
        why(unit.threat(hazard), advised, level, least)
    }

    /// The draft for these members. What `kept` says of the same people is taken from it.
    fn one(&self, cause: &Cause, members: Vec<Member>, kept: Option<&Kept>) -> Kept {
        let (hazard, river, level) = cause;
        let (town, policy) = (self.town, self.policy);
        let index = town.index();
        let choice = match kept.filter(|kept| same_people(&kept.members, &members)) {
            Some(kept) => kept.draft.choice.clone(),
            None => cover(&index.roll, &members, &policy.area),
        };
        let same = kept.filter(|kept| kept.draft.choice.chosen == choice.chosen);
        let chosen = || members.iter().filter(|of| choice.chosen.holds(of.rank));
        let least = chosen()
            .filter_map(|of| of.enough)
            .reduce(f64::min)
            .filter(|least| *least > 0.0);
        let complement = self.complement((*hazard, *level), &choice.chosen, least);
        let names = match same {
            Some(kept) => kept.draft.names.clone(),
            None => {
                let known = kept.map_or(&[][..], |kept| kept.draft.names.as_slice());
                names(town, &choice.chosen, policy.area.group_share, known)
            }
        };
        let first = chosen()
            .filter_map(|of| Some((of.rank, of.decide_by?)))
            .reduce(|first, other| if other.1 < first.1 { other } else { first });
        let deadline = first.and_then(|(rank, _)| {
            let advice = self.of_rank(rank).advice(*hazard)?;
            Some((advice.unit.clone(), advice.deadlines.of(*level)?.clone()))
        });
        let draft = Draft {
            hazard: *hazard,
            river: river.clone(),
            level: *level,
            as_of: self.outlook.as_of,
            gauge: self.first_gauge(cause, &members),
            names,
            complement,
            deadline,
            must_leave: chosen().fold(0, |sum, of| of.must_leave.saturating_add(sum)),
            may_stay: chosen().fold(0, |sum, of| of.may_stay.saturating_add(sum)),
            choice,
        };
        Kept {
            draft: Arc::new(draft),
            members: Arc::new(members),
            least,
        }
    }

    fn complement(
        &self,
        of: (Hazard, OrderLevel),
        chosen: &UnitSet,
        least: Option<f64>,
    ) -> Complement {
        let index = self.town.index();
        let ranks = index.places.iter().enumerate();
        let whys =
            ranks.map(|(rank, place)| (!chosen.holds(rank)).then(|| self.why(*place, of, least)));
        Complement::of(&index.roll, whys)
    }

    fn of_rank(&self, rank: usize) -> &OfUnit {
        &self.units.units()[self.town.index().places[rank]]
    }

    /// The gauge of the first unit that the question is about, whether the town still has it or not.
    fn first_gauge(&self, cause: &Cause, members: &[Member]) -> Option<SourceId> {
        let own = members
            .first()
            .and_then(|of| self.of_rank(of.rank).advice(cause.0));
        let mut elsewhere = self.units.elsewhere();
        let other = elsewhere.find(|of| self::cause(of) == *cause);
        let both = own.into_iter().chain(other);
        let first = both.min_by(|a, b| a.unit.cmp(&b.unit));
        first.and_then(|advice| advice.gauge.clone())
    }
}

fn cause(advice: &UnitAdvice) -> Cause {
    (advice.hazard(), advice.river.clone(), advice.level)
}

/// Members by rank, with those of these ranks replaced.
fn merged(kept: &[Member], ranks: &BTreeSet<usize>, fresh: Vec<Member>) -> Vec<Member> {
    let mut all = Vec::with_capacity(kept.len() + fresh.len());
    let mut replaced = ranks.iter().copied().peekable();
    let mut fresh = fresh.into_iter().peekable();
    for member in kept {
        while let Some(earlier) = fresh.next_if(|of| of.rank < member.rank) {
            all.push(earlier);
        }
        while replaced.next_if(|rank| *rank < member.rank).is_some() {}
        if replaced.peek() != Some(&member.rank) {
            all.push(*member);
        }
    }
    all.extend(fresh);
    all
}

/// Whether the smallest set is the same: it depends on who lives where, who is at risk, and who must be named.
fn same_people(one: &[Member], other: &[Member]) -> bool {
    let of = |member: &Member| (member.rank, member.people, member.at_risk, member.must);
    one.len() == other.len() && one.iter().map(of).eq(other.iter().map(of))
}

/// Bigger names, the one with most chosen units first; each unit is named once. What `known` says already is shared.
fn names(town: &Town, chosen: &UnitSet, share: f64, known: &[Arc<Names>]) -> Vec<Arc<Names>> {
    let index = town.index();
    let ids = index.roll.ids();
    let known: BTreeMap<&str, &Arc<Names>> =
        known.iter().map(|of| (of.name.as_str(), of)).collect();
    let mut left = chosen.clone();
    let mut found = Vec::new();
    let mut groups: Vec<(usize, &crate::town::Group, &[usize])> = town
        .groups()
        .iter()
        .zip(&index.groups)
        .map(|(group, ranks)| {
            let concerned = ranks.iter().filter(|rank| chosen.holds(**rank)).count();
            (concerned, group, ranks.as_slice())
        })
        .collect();
    groups.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.name.cmp(&b.1.name)));
    for (_, group, ranks) in groups {
        let concerned = || ranks.iter().filter(|rank| left.holds(**rank));
        let number = concerned().count();
        // Counted in units: towns have far fewer than a float can count.
        #[expect(clippy::cast_precision_loss, reason = "counts of units of one group")]
        let enough = number as f64 > ranks.len() as f64 * share;
        if number < 2 || !enough {
            continue;
        }
        let besides = || ranks.iter().filter(|rank| !chosen.holds(**rank));
        let same = known.get(group.name.as_str()).filter(|known| {
            known
                .concerned
                .iter()
                .eq(concerned().map(|rank| &ids[*rank]))
                && known.besides.iter().eq(besides().map(|rank| &ids[*rank]))
        });
        let names = same.map_or_else(
            || {
                let id = |rank: &usize| ids[*rank].clone();
                let people = besides().map(|rank| town.units()[index.places[*rank]].people);
                Arc::new(Names {
                    name: group.name.clone(),
                    concerned: concerned().map(id).collect(),
                    besides: besides().map(id).collect(),
                    people_besides: people.sum(),
                })
            },
            |known| Arc::clone(known),
        );
        found.push(names);
        for rank in ranks {
            left.remove(*rank);
        }
    }
    found
}
