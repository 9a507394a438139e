//! The docket: which proposals wait for a decision, and what a new evaluation changes about them.
//!
//! - One item per river and level while it is open; new numbers renew it under its own name.
//! - Escalate only: a proposal whose grounds are gone stays open until an officer decides or it expires;
//!   nothing is withdrawn because the rain stopped or a gauge fell silent.
//! - What is in force, or was declined a moment ago on the same grounds, is not asked again.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::level::OrderLevel;
use super::proposal::{Proposal, ProposalKey};
use crate::config::Recommend;
use crate::digest::Digest;

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
    let mut changes = Vec::new();
    // What officers are really being asked, now or after these changes: never what was just declined.
    let mut asked: Vec<&Proposal> = open.iter().map(|item| &item.proposal).collect();
    for proposal in proposals {
        let item = open.iter().find(|item| item.proposal.key == proposal.key);
        let districts = district_ids(proposal);
        let covered = is_covered(&proposal.key, &districts, in_force)
            || is_asked_higher(proposal, &districts, open);
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

fn district_ids(proposal: &Proposal) -> BTreeSet<String> {
    proposal
        .districts
        .iter()
        .map(|district| district.id.clone())
        .collect()
}

fn is_covered(key: &ProposalKey, districts: &BTreeSet<String>, in_force: &[InForce]) -> bool {
    let covered: BTreeSet<String> = in_force
        .iter()
        .filter(|order| order.river == key.river && order.level >= key.level)
        .flat_map(|order| order.districts.iter().cloned())
        .collect();
    districts.is_subset(&covered)
}

/// Whether a higher level is already being asked for all these districts. A dip of the river under a threshold
/// does not make a second, lower question of it.
fn is_asked_higher(proposal: &Proposal, districts: &BTreeSet<String>, open: &[OpenItem]) -> bool {
    let asked: BTreeSet<String> = open
        .iter()
        .filter(|item| {
            item.proposal.key.river == proposal.key.river
                && item.proposal.key.level > proposal.key.level
        })
        .flat_map(|item| district_ids(&item.proposal))
        .collect();
    districts.is_subset(&asked)
}

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
            && past.substance == proposal.substance()
    })
}
