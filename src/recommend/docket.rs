//! The docket: which proposals wait for a decision, and what a new evaluation changes about them.
//!
//! - One item per river and level while it is open; new numbers renew it under its own name.
//! - Escalate only: a proposal whose grounds are gone stays open until an officer decides or it expires;
//!   nothing is withdrawn because the rain stopped or a gauge fell silent.
//! - What is in force, or was declined a moment ago on the same grounds, is not asked again.
//! - What an officer asks for of their own accord (職員の判断) is opened by the desk and by nobody else. It stands beside the
//!   recommendations and silences none of them; it ends when it is decided, withdrawn, or in force for all its districts.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::level::OrderLevel;
use super::proposal::{Proposal, ProposalKey};
use crate::config::Recommend;
use crate::digest::Digest;

/// This long before an order expires it is proposed anew.
pub const RENEW_BEFORE: SignedDuration = SignedDuration::from_mins(60);

/// An open item.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenItem {
    /// Its id.
    pub id: String,
    /// As last renewed.
    pub proposal: Proposal,
    /// When its grounds last held.
    pub supported_at: Timestamp,
}

/// An order in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InForce {
    /// River concerned.
    pub river: String,
    /// Level issued.
    pub level: OrderLevel,
    /// District ids.
    pub districts: BTreeSet<String>,
}

/// An item that was declined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// River and level.
    pub key: ProposalKey,
    /// When.
    pub at: Timestamp,
    /// On which grounds it had been proposed.
    pub substance: Digest,
}

/// What to do to the docket.
#[derive(Clone, Debug, PartialEq)]
pub enum Change {
    /// A new item.
    Open(Box<Proposal>),
    /// An open item with new numbers.
    Renew {
        /// Which.
        id: String,
        /// The new body.
        proposal: Box<Proposal>,
    },
    /// Everything it asked for is asked for, or in force, at a higher level.
    Supersede {
        /// Which.
        id: String,
    },
    /// Nobody decided and its grounds are long gone.
    Expire {
        /// Which.
        id: String,
    },
}

/// What a new evaluation changes. No clock, no store: the same docket and proposals give the same changes.
#[must_use]
pub fn changes(
    open: &[OpenItem],
    proposals: &[Proposal],
    in_force: &[InForce],
    declined: &[Declined],
    now: Timestamp,
    policy: &Recommend,
) -> Vec<Change> {
    let (judged, open): (Vec<&OpenItem>, Vec<&OpenItem>) = open
        .iter()
        .partition(|item| item.proposal.key.judgement.is_some());
    let mut changes = judged_anew(&judged, proposals, in_force);
    let mut proposals: Vec<&Proposal> = proposals
        .iter()
        .filter(|proposal| proposal.key.judgement.is_none())
        .collect();
    // The highest first: what a higher one asks for in the same moment is not asked for again below it.
    proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.key.level));
    // What officers are really being asked, now or after these changes: never what was just declined.
    let mut asked: Vec<&Proposal> = open.iter().map(|item| &item.proposal).collect();
    for proposal in &proposals {
        let proposal: &Proposal = proposal;
        let item = open.iter().find(|item| item.proposal.key == proposal.key);
        let districts = district_ids(proposal);
        let covered = is_covered(&proposal.key, &districts, in_force)
            || is_asked_higher(proposal, &districts, &asked);
        match (item, covered) {
            (Some(item), true) => changes.push(Change::Supersede {
                id: item.id.clone(),
            }),
            (Some(item), false) => {
                changes.push(Change::Renew {
                    id: item.id.clone(),
                    proposal: Box::new(proposal.clone()),
                });
            }
            (None, true) => {}
            (None, false) if was_just_declined(proposal, declined, now, policy) => {}
            (None, false) if !proposal.is_supported() => {}
            (None, false) => {
                asked.push(proposal);
                changes.push(Change::Open(Box::new(proposal.clone())));
            }
        }
    }
    for item in open
        .iter()
        .filter(|item| !proposals.iter().any(|p| p.key == item.proposal.key))
    {
        let districts = district_ids(&item.proposal);
        let raised: BTreeSet<String> = asked
            .iter()
            .filter(|p| {
                p.key.river == item.proposal.key.river && p.key.level > item.proposal.key.level
            })
            .flat_map(|p| district_ids(p))
            .collect();
        let expire_after = SignedDuration::from_hours(i64::from(policy.expire_after_h));
        if districts.is_subset(&raised) || is_covered(&item.proposal.key, &districts, in_force) {
            changes.push(Change::Supersede {
                id: item.id.clone(),
            });
        } else if now.duration_since(item.supported_at) > expire_after {
            changes.push(Change::Expire {
                id: item.id.clone(),
            });
        }
    }
    changes
}

/// What a new evaluation changes about officers' own judgements that wait: their figures, and that all of it is in force by now.
fn judged_anew(judged: &[&OpenItem], proposals: &[Proposal], in_force: &[InForce]) -> Vec<Change> {
    let changed = |item: &&OpenItem| {
        let id = item.id.clone();
        let (key, districts) = (&item.proposal.key, district_ids(&item.proposal));
        if is_covered(key, &districts, in_force) {
            return Some(Change::Supersede { id });
        }
        // One that was stated since the evaluation began is renewed by the next.
        let now = proposals.iter().find(|proposal| proposal.key == *key)?;
        let proposal = Box::new(now.clone());
        Some(Change::Renew { id, proposal })
    };
    judged.iter().filter_map(changed).collect()
}

fn district_ids(proposal: &Proposal) -> BTreeSet<String> {
    proposal
        .districts
        .iter()
        .map(|district| district.id.clone())
        .collect()
}

/// Whether as much is in force for all these districts.
pub(crate) fn is_covered(
    key: &ProposalKey,
    districts: &BTreeSet<String>,
    in_force: &[InForce],
) -> bool {
    let covered: BTreeSet<String> = in_force
        .iter()
        .filter(|order| order.river == key.river && order.level >= key.level)
        .flat_map(|order| order.districts.iter().cloned())
        .collect();
    districts.is_subset(&covered)
}

/// Whether a higher level is already being asked for all these districts. A dip of the river under a threshold
/// does not make a second, lower question of it.
fn is_asked_higher(proposal: &Proposal, districts: &BTreeSet<String>, asked: &[&Proposal]) -> bool {
    let higher: BTreeSet<String> = asked
        .iter()
        .filter(|other| {
            other.key.river == proposal.key.river && other.key.level > proposal.key.level
        })
        .flat_map(|other| district_ids(other))
        .collect();
    districts.is_subset(&higher)
}

/// Grounds that grew after the decision are news. Grounds that are older than the decision are not, even where they came
/// late and nobody knew of them: what was measured before an officer decided does not ring for the same decision again.
fn was_just_declined(
    proposal: &Proposal,
    declined: &[Declined],
    now: Timestamp,
    policy: &Recommend,
) -> bool {
    let reopen_after = SignedDuration::from_mins(i64::from(policy.reopen_after_min));
    declined.iter().any(|past| {
        past.key == proposal.key
            && now.duration_since(past.at) < reopen_after
            && (past.substance == proposal.substance() || is_older_than(proposal, past.at))
    })
}

fn is_older_than(proposal: &Proposal, decided_at: Timestamp) -> bool {
    let newest = proposal
        .met
        .iter()
        .filter_map(hinan_recommend::Finding::newest_at)
        .max();
    newest.is_some_and(|newest| newest <= decided_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::recommend::proposal::ConcernedDistrict;
    use crate::recommend::translate::examine;

    fn at(time: &str) -> Timestamp {
        format!("2016-08-30T{time}:00Z").parse().expect("a time")
    }

    /// The danger level reached by a level of this time at this gauge, as the criteria of the built-in town say it.
    fn reached(observed: &str, gauge: &str) -> hinan_recommend::Finding {
        let town = crate::town::town(&Config::defaults()).expect("the built-in town loads");
        let core = crate::recommend::core::Core::load(&Config::defaults(), &town)
            .expect("its criteria are sound");
        let site = town
            .gauges
            .iter()
            .find(|site| site.levels.danger_m.is_some());
        let mut one = crate::outlook::GaugeOutlook::of_site(
            site.expect("one has a danger level"),
            at(observed),
        );
        one.id = gauge.to_owned();
        let danger_m = one.marks.danger_m.expect("just looked for");
        one.observed = Some(crate::situation::Observed {
            at: at(observed),
            level_m: danger_m + 0.1,
            flag: hinan_sensors::quality::Flag::Good,
            doubts: hinan_sensors::quality::Doubts::default(),
        });
        one.voice = crate::outlook::Voice::Live;
        let outlook = crate::outlook::Outlook {
            as_of: at(observed),
            gauges: std::collections::BTreeMap::from([(one.id.clone(), one.clone())]),
            models_on: false,
        };
        let all = examine(&outlook, &one, &core);
        all.into_iter()
            .find(|finding| finding.condition.id == "fr4-danger")
            .expect("the town has this condition")
    }

    /// Level 4 for the Tokachi, resting on a level of this time at this gauge.
    fn proposal(observed: &str, gauge: &str) -> Proposal {
        let met = reached(observed, gauge);
        Proposal {
            key: ProposalKey {
                river: "十勝川".to_owned(),
                level: OrderLevel::EvacuationOrder,
                judgement: None,
            },
            river_en: "Tokachi".to_owned(),
            as_of: at("14:20"),
            gauge: gauge.to_owned(),
            // Somebody must be concerned: what concerns nobody is never asked.
            districts: vec![ConcernedDistrict {
                id: "nishi".to_owned(),
                name: "西".to_owned(),
                name_en: "Nishi".to_owned(),
                people_in_zone: 100,
            }],
            met: vec![met],
            counter: Vec::new(),
            shelters: Vec::new(),
            reach_between: None,
            urgent: None,
            supported_at: None,
            beside: Vec::new(),
            names: Vec::new(),
            left_out: Vec::new(),
            ways: Vec::new(),
            waiting: Vec::new(),
            people: None,
            grounds: Vec::new(),
            examined_then: Vec::new(),
            derivation: None,
            judgement: None,
        }
    }

    fn rings_after_a_decline_at_14_00(observed: &str, gauge: &str) -> bool {
        let declined = Declined {
            key: proposal("13:50", "obihiro").key,
            at: at("14:00"),
            substance: proposal("13:50", "obihiro").substance(),
        };
        let asked = [proposal(observed, gauge)];
        let policy = Config::defaults().recommend;
        let changes = changes(&[], &asked, &[], &[declined], at("14:20"), &policy);
        !changes.is_empty()
    }

    #[test]
    fn what_was_measured_before_a_decision_and_came_late_does_not_ask_for_it_again() {
        assert!(
            !rings_after_a_decline_at_14_00("13:50", "obihiro"),
            "the same grounds"
        );
        assert!(
            !rings_after_a_decline_at_14_00("13:30", "shimizu"),
            "older ones that came late"
        );
        assert!(
            rings_after_a_decline_at_14_00("14:10", "shimizu"),
            "new ones"
        );
    }

    #[test]
    fn what_a_higher_level_asks_for_in_the_same_moment_is_not_asked_for_again_below_it() {
        let policy = Config::defaults().recommend;
        let mut lower = proposal("14:10", "obihiro");
        lower.key.level = OrderLevel::ElderlyEvacuation;
        let waiting = OpenItem {
            id: "r-1".to_owned(),
            proposal: lower.clone(),
            supported_at: at("13:50"),
        };
        let higher = proposal("14:10", "obihiro");
        let proposals = [lower, higher.clone()];
        let told = changes(&[waiting], &proposals, &[], &[], at("14:20"), &policy);
        let id = "r-1".to_owned();
        let expected = [Change::Open(Box::new(higher)), Change::Supersede { id }];
        assert_eq!(told, expected);
    }

    /// The same for the Tokachi at this level, as an officer asks for it.
    fn judged(level: OrderLevel, id: &str) -> OpenItem {
        let mut own = proposal("13:50", "obihiro");
        own.key.level = level;
        own.key.judgement = Some(id.to_owned());
        own.met.clear();
        OpenItem {
            id: id.to_owned(),
            proposal: own,
            supported_at: at("13:50"),
        }
    }

    #[test]
    fn an_officers_own_judgement_silences_no_recommendation_and_is_not_outlived_by_one() {
        let policy = Config::defaults().recommend;
        let own = judged(OrderLevel::EmergencySafety, "o-1");
        let lower = judged(OrderLevel::ElderlyEvacuation, "o-2");
        let advised = proposal("14:10", "obihiro");
        let asked = [
            advised.clone(),
            own.proposal.clone(),
            lower.proposal.clone(),
        ];
        let open = [own.clone(), lower.clone()];
        let changes = changes(&open, &asked, &[], &[], at("14:20"), &policy);
        assert!(
            changes.contains(&Change::Open(Box::new(advised))),
            "level 4 is asked beside a judgement of level 5: {changes:?}"
        );
        for id in ["o-1", "o-2"] {
            let renewed = changes
                .iter()
                .any(|change| matches!(change, Change::Renew { id: of, .. } if of == id));
            assert!(
                renewed,
                "{id} goes on, whatever is recommended: {changes:?}"
            );
        }
        assert_eq!(changes.len(), 3);
    }

    #[test]
    fn an_officers_own_judgement_does_not_grow_old_and_ends_when_all_of_it_is_in_force() {
        let policy = Config::defaults().recommend;
        let own = judged(OrderLevel::EvacuationOrder, "o-1");
        let days_later = at("14:20") + SignedDuration::from_hours(96);
        let alone = std::slice::from_ref(&own);
        assert_eq!(changes(alone, &[], &[], &[], days_later, &policy), []);
        let order = InForce {
            river: "十勝川".to_owned(),
            level: OrderLevel::EvacuationOrder,
            districts: BTreeSet::from(["nishi".to_owned()]),
        };
        let of_another = InForce {
            river: "札内川".to_owned(),
            ..order.clone()
        };
        let asked = [own.proposal.clone()];
        let after = |order: InForce| changes(alone, &asked, &[order], &[], at("14:20"), &policy);
        assert!(matches!(
            after(of_another).as_slice(),
            [Change::Renew { .. }]
        ));
        let id = "o-1".to_owned();
        assert_eq!(after(order), [Change::Supersede { id }]);
    }
}
