//! The officers' desk: what a click may lead to. Every way to a publication passes here, and here only.
//!
//! Each act that decides writes an audit entry for the attempt before it and one for the outcome in the very transaction
//! that changes anything, so that a crash leaves an open entry instead of nothing; what is refused is noted, too.

pub mod again;
mod approving;
pub mod attention;
pub mod beforehand;
pub mod confirm;
pub mod defer;
pub mod ending;
pub mod judge;
pub mod lifting;
pub mod note;
pub(crate) mod own_account;
mod prepare;
mod reasons;
pub mod second;
pub mod told;

pub(crate) use self::approving::why_stale;
pub use self::approving::{Outcome, approve};
pub use self::ending::{CANCEL_REASONS, LIFT_REASON, prepare_end};
pub use self::prepare::{prepare_edited, prepare_issue};
pub(crate) use self::reasons::own_words;
pub use self::reasons::{REASON_MAX, Reason};

use std::collections::BTreeSet;

use serde_json::json;
use thiserror::Error;

use self::approving::{approvable, left, publish, refused};
use self::prepare::{chained, draft, drafted, keep, new_id, note_shown, reference};
use self::reasons::{checked_reason, coded};
use crate::app::App;
use crate::approve::notice::{Approved, Notice};
use crate::approve::officer::{Act, Officer};
use crate::digest::Digest;
use crate::recommend::cause;
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::Proposal;
use crate::store::drafts::StoredDraft;
use crate::store::proposals::{Decided, ProposalState, StoredProposal};
use crate::store::{StoreError, View};

/// The word of the entry that an officer had a text on screen.
const TEXT_SHOWN: &str = "text_shown";
/// The word of the entry before an act, where the act has no word of its own for it.
pub(crate) const ATTEMPTED: &str = "attempted";
/// The word of the entry that an act was refused.
pub(crate) const ACT_REFUSED: &str = "act_refused";

/// Why nothing was done. The text is for the officer.
#[derive(Debug, Error)]
pub enum Declined {
    /// Nothing of that name.
    #[error("その{0}は見つかりません")]
    Unknown(&'static str),
    /// The role does not allow it.
    #[error("{0}")]
    NotAuthorised(String),
    /// Somebody was faster, or it was replaced.
    #[error("{0}")]
    NoLongerOpen(String),
    /// What was on screen is not what is true now.
    #[error("{0}")]
    Changed(String),
    /// The form lacks something.
    #[error("{0}")]
    Incomplete(String),
    /// The record refused.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Runs an act of an officer with the attempt on record before it. What came of it is noted by the act itself, in the transaction that
/// changes anything; or here, where the rules or the role refused it.
fn on_record<T>(
    app: &App,
    officer: &Officer,
    act: &'static str,
    subject: &str,
    run: impl FnOnce() -> Result<T, Declined>,
) -> Result<T, Declined> {
    let note = |action: &str, detail: &serde_json::Value| {
        let now = app.clock.now();
        app.store.write(|tx| {
            tx.audit(now, &officer.name, action, subject, detail)
                .map(drop)
        })
    };
    note(ATTEMPTED, &json!({ "act": act }))?;
    let outcome = run();
    match &outcome {
        Ok(_) => {}
        // A record that takes nothing takes no note of it, either.
        Err(Declined::Store(why)) => {
            tracing::error!(%why, act, subject, officer = %officer.name, "an act failed at the record");
        }
        Err(why) => {
            let why = why.to_string();
            tracing::warn!(act, subject, officer = %officer.name, why, "an act was refused");
            note(ACT_REFUSED, &json!({ "act": act, "why": why }))?;
        }
    }
    outcome
}

/// What a decision rests on, for its entry: the evaluation of then, the moment of its data, the recommendation to the byte and each
/// condition with its gauge.
fn rests_on(
    app: &App,
    view: &View<'_>,
    proposal: Option<&str>,
) -> Result<serde_json::Value, StoreError> {
    let stored = proposal.map(|id| view.proposal(id)).transpose()?.flatten();
    let proposal = stored.as_ref().map(|stored| &stored.proposal);
    Ok(json!({
        "evaluation": view.evaluations_made()?,
        "as_of": app.picture().advice.outlook.as_of,
        "recommended_as_of": proposal.map(|one| one.as_of),
        "recommendation": proposal.map(Digest::of_json),
        "conditions": proposal.map(|one| &one.grounds),
    }))
}

/// Declines a proposal, with a reason.
///
/// # Errors
/// [`Declined`] says why it stays open.
pub fn decline(
    app: &App,
    officer: &Officer,
    proposal_id: &str,
    reason: Reason<'_>,
    read: &Digest,
) -> Result<(), Declined> {
    on_record(app, officer, "decline", proposal_id, || {
        may(officer, Act::Decline)?;
        let (code, reason) = coded(reason)?;
        let now = app.clock.now();
        app.store.write(|tx| {
        let stored = match open(tx.view().proposal(proposal_id)?) {
            Ok(stored) => stored,
            Err(why) => return Ok(Err(why)),
        };
        if stored.proposal.substance() != *read {
            return Ok(Err(changed()));
        }
        let decided = Decided {
            by: officer.name.clone(),
            at: now,
            reason: reason.clone(),
        };
        let rests_on = rests_on(app, &tx.view(), Some(proposal_id))?;
        if !tx.close_proposal(proposal_id, ProposalState::Declined, Some(&decided))? {
            return Ok(Err(Declined::NoLongerOpen(
                "この推奨は、すでに判断されました".to_owned(),
            )));
        }
        tx.audit(
            now,
            &officer.name,
            "declined",
            proposal_id,
            &json!({ "reason": reason, "reason_code": code, "level": stored.proposal.key.level,
                     "river": stored.proposal.key.river, "substance": read , "rests_on": rests_on }),
        )?;
        Ok(Ok(()))
    })?
    })
}

/// Whether a text still waits for whoever approves it.
pub(crate) fn still_waits(draft: &StoredDraft) -> Result<(), Declined> {
    if draft.waiting {
        Ok(())
    } else {
        Err(already_over())
    }
}

/// Said of a text that was published, dropped or sent back meanwhile.
fn already_over() -> Declined {
    Declined::NoLongerOpen("この文面は、すでに処理されました".to_owned())
}

/// A live notice is replaced only when the new one covers all its districts; otherwise both stay in force.
fn replaced_by<'a>(
    live: impl IntoIterator<Item = &'a Notice<Approved>>,
    river: &str,
    districts: &BTreeSet<&str>,
) -> impl Iterator<Item = &'a Notice<Approved>> {
    live.into_iter()
        .filter(move |n| cause::of_facts(n.content().facts()) == river)
        .filter(|n| {
            n.content()
                .facts()
                .districts
                .iter()
                .all(|d| districts.contains(d.id.as_str()))
        })
}

/// A live notice of the same river that asks more of one of these districts than `level`.
fn higher_in_force<'a>(
    live: impl IntoIterator<Item = &'a Notice<Approved>>,
    river: &str,
    districts: &BTreeSet<&str>,
    level: OrderLevel,
) -> Option<&'a Notice<Approved>> {
    live.into_iter().find(|n| {
        let facts = n.content().facts();
        cause::of_facts(facts) == river
            && facts.level > level
            && facts
                .districts
                .iter()
                .any(|d| districts.contains(d.id.as_str()))
    })
}

/// Everything that waits for a decision.
pub(crate) fn open_proposals(view: &View<'_>) -> Result<Vec<Proposal>, StoreError> {
    Ok(view
        .open_items()?
        .into_iter()
        .map(|item| item.proposal)
        .collect())
}

fn open(stored: Option<StoredProposal>) -> Result<StoredProposal, Declined> {
    let stored = stored.ok_or(Declined::Unknown("推奨"))?;
    match stored.state {
        ProposalState::Open => Ok(stored),
        ProposalState::Issued | ProposalState::Declined => {
            let by = stored.decided.map(|d| d.by).unwrap_or_default();
            Err(Declined::NoLongerOpen(format!(
                "この推奨は、すでに{by}が判断しました"
            )))
        }
        ProposalState::Superseded => Err(Declined::NoLongerOpen(
            "この推奨は、新しい推奨に置き換わりました".to_owned(),
        )),
        ProposalState::Expired => Err(Declined::NoLongerOpen(
            "この推奨は、失効しました".to_owned(),
        )),
    }
}

/// The role must allow it.
pub(crate) fn may(officer: &Officer, act: Act) -> Result<(), Declined> {
    if officer.role.may(act) {
        return Ok(());
    }
    Err(Declined::NotAuthorised(format!(
        "{}({})には{}の権限がありません",
        officer.display,
        officer.role.spoken(),
        act.spoken()
    )))
}

/// Whoever approves has shown a second factor, unless this is a demo that says on every page that it asks for none.
fn strong(app: &App, officer: &Officer) -> Result<(), Declined> {
    if officer.second_factor || app.config.officers.without_second_factor {
        return Ok(());
    }
    Err(Declined::NotAuthorised(
        "承認には2要素目(確認コード)が必要です。「アカウント」の画面で登録し、サインインし直してください".to_owned(),
    ))
}

fn changed() -> Declined {
    Declined::Changed(
        "推奨の内容(地区・レベル・根拠)が変わりました。新しい画面を確認してください".to_owned(),
    )
}
