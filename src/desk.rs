//! The officers' desk: what a click may lead to. Every way to a publication passes here, and here only.
//!
//! Each act that decides writes an audit entry for the attempt before it and one for the outcome in the very transaction
//! that changes anything, so that a crash leaves an open entry instead of nothing; what is refused is noted, too.

pub mod again;
pub mod attention;
pub mod beforehand;
pub mod confirm;
pub mod defer;
pub mod ending;
pub mod judge;
pub mod lifting;
pub mod note;
pub(crate) mod own_account;
pub mod second;
pub mod told;

pub use self::ending::{CANCEL_REASONS, LIFT_REASON, prepare_end};

use std::collections::{BTreeSet, VecDeque};

use serde_json::json;
use thiserror::Error;

use crate::app::App;
use crate::approve::facts::{Facts, Kind, Reference};
use crate::approve::notice::{Approved, Draft, How, Notice, NoticeId};
use crate::approve::officer::{Act, Officer};
use crate::approve::rule::Needs;
use crate::approve::{authority, compose};
use crate::chance;
use crate::digest::Digest;
use crate::publish::examine;
use crate::publish::outbox::Delivery;
use crate::recommend::cause;
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::Proposal;
use crate::store::drafts::StoredDraft;
use crate::store::proposals::{Decided, ProposalState, StoredProposal};
use crate::store::{StoreError, Tx, View};
use jiff::{SignedDuration, Timestamp};

/// The word of the entry that an officer had a text on screen.
const TEXT_SHOWN: &str = "text_shown";
/// The word of the entry before an act, where the act has no word of its own for it.
pub(crate) const ATTEMPTED: &str = "attempted";
/// The word of the entry that an act was refused.
pub(crate) const ACT_REFUSED: &str = "act_refused";
/// Longest reason kept, characters.
pub const REASON_MAX: usize = 500;

/// Links of a chain named beside those that a notice replaces. Of a longer chain the oldest are not named: they expire first.
const EARLIER_MAX: usize = 200;

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

/// Why an officer decides as they do: a code for counting, and words for the record.
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// Which line or chip was chosen, or `own`.
    pub code: &'a str,
    /// In words.
    pub words: &'a str,
}

/// What came of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It leaves.
    Published(NoticeId),
    /// It waits for the second person.
    WaitsForSecond(NoticeId),
}

/// Prepares the exact text of an order for an officer to read.
///
/// # Errors
/// [`Declined`] says why there is nothing to read.
pub fn prepare_issue(
    app: &App,
    officer: &Officer,
    proposal_id: &str,
    level: OrderLevel,
    reason: Reason<'_>,
    read: &Digest,
) -> Result<StoredDraft, Declined> {
    let edit = judge::Edit::default();
    prepare_edited(app, officer, proposal_id, (level, &edit), reason, read)
}

/// The same with other districts than were asked about, or to hold for another time. What was asked and what was made of it both
/// stand in the record.
///
/// # Errors
/// [`Declined`] says why there is nothing to read.
pub fn prepare_edited(
    app: &App,
    officer: &Officer,
    proposal_id: &str,
    (level, edit): (OrderLevel, &judge::Edit),
    reason: Reason<'_>,
    read: &Digest,
) -> Result<StoredDraft, Declined> {
    may(officer, Act::Prepare)?;
    let reason = coded(reason)?;
    judge::sound(app, edit)?;
    let now = app.clock.now();
    let (stored, live) = app
        .store
        .read(|view| Ok((view.proposal(proposal_id)?, view.live_notices(now)?)))?;
    let stored = open(stored)?;
    let substance = stored.proposal.substance();
    if *read != substance {
        return Err(changed());
    }
    let picture = app.picture();
    let proposal = judge::edited(app, &picture, &stored.proposal, edit);
    let ids: BTreeSet<&str> = proposal.districts.iter().map(|d| d.id.as_str()).collect();
    if let Some(why) = judge::asks_less(app, &stored.proposal, &ids, level) {
        return Err(Declined::Incomplete(why));
    }
    if let Some(higher) = higher_in_force(&live, &stored.proposal.key.river, &ids, level) {
        return Err(Declined::Incomplete(format!(
            "対象地区の一部に{}が発令中です。それより低いレベルにするには、先に解除してください",
            higher.content().facts().level
        )));
    }
    let replaces = replaced_by(&live, &stored.proposal.key.river, &ids)
        .map(reference)
        .collect();
    let choice = compose::Choice {
        level,
        id: new_id(app),
        at: now,
        replaces,
        valid_h: edit.valid_h.or_else(|| judge::wanted_h(&stored.proposal)),
        open: examine::open_sites(app),
    };
    let gauge = picture.advice.outlook.gauges.get(&stored.proposal.gauge);
    let facts = compose::issue(
        app.config.service.realm,
        app.town(),
        &app.config.publish,
        &proposal,
        gauge,
        choice,
    );
    let facts = app.store.read(|view| chained(view, facts, now))?;
    let notice = drafted(app, facts, &live, Some(&stored.proposal), &reason)?;
    let (answers, substance) = (Some(proposal_id.to_owned()), Some(substance));
    let mut draft = draft(app, officer, notice, (answers, substance), reason);
    // Whoever asks for an order of their own accord is one of two persons, whatever the town's table says of its level.
    if judge::is_author(&stored.proposal, officer) {
        draft.needs = Needs::Two;
    }
    keep(app, officer, draft, None)
}

/// Approves a draft. Where one person is enough: notice, audit and deliveries in one transaction, or nothing. Where two
/// are wanted, this is the first approval, and nothing leaves.
///
/// # Errors
/// [`Declined`] says why nothing was approved.
pub fn approve(
    app: &App,
    officer: &Officer,
    draft_id: &str,
    read: &Digest,
) -> Result<Outcome, Declined> {
    let now = app.clock.now();
    app.store.write(|tx| {
        tx.audit(
            now,
            &officer.name,
            "approve_attempt",
            draft_id,
            &json!({ "read": read }),
        )?;
        Ok(())
    })?;
    let outcome = app
        .store
        .write(|tx| approved(app, tx, officer, draft_id, read, now))?;
    match &outcome {
        Ok(Outcome::Published(_)) => left(app),
        Ok(Outcome::WaitsForSecond(_)) => {}
        Err(why) => refused(app, officer, draft_id, why, now)?,
    }
    outcome
}

/// What has left is owed to every channel, and the advice rests on it from now on.
fn left(app: &App) {
    app.owed.notify_waiters();
    app.told.notify_one();
}

fn approved(
    app: &App,
    tx: &Tx<'_>,
    officer: &Officer,
    draft_id: &str,
    read: &Digest,
    now: Timestamp,
) -> Result<Result<Outcome, Declined>, StoreError> {
    let draft = match approvable(app, &tx.view(), draft_id, now)? {
        Ok(draft) => draft,
        Err(why) => return Ok(Err(why)),
    };
    // Nobody approves what was on the screen of another one.
    if !was_shown_to(&tx.view(), &draft, officer)? {
        return Ok(Err(Declined::Changed(
            "この文面は、あなたの画面に表示されたものではありません。推奨を開いて、自分で確認してください".to_owned(),
        )));
    }
    let not_what_was_read =
        |why: crate::approve::notice::Refused| Declined::Changed(why.to_string());
    if draft.needs == Needs::Two {
        let first = match authority::first(officer, &draft.notice) {
            Ok(first) => first,
            Err(why) => return Ok(Err(Declined::NotAuthorised(why.to_string()))),
        };
        for other in tx.view().waiting_for_second()? {
            let id = other.draft.notice.id().as_str();
            if other.draft.proposal.is_none() || other.draft.proposal != draft.proposal {
                continue;
            }
            if other.notice.state().by() != officer.name {
                let by = other.notice.state().by();
                return Ok(Err(Declined::NoLongerOpen(format!(
                    "{by}がすでに1人目として承認し、2人目を待っています。「判断待ち」から2人目として判断してください"
                ))));
            }
            // Their own earlier one is replaced by this one.
            if id != draft_id {
                tx.settle_draft(id, false)?;
            } else {
                return Ok(Err(Declined::NoLongerOpen(
                    "この文面は、すでに1人目として承認されています".to_owned(),
                )));
            }
        }
        if tx.view().first_approved(draft_id)?.is_some() {
            return Ok(Err(Declined::NoLongerOpen(
                "この文面は、すでに1人目として承認されています".to_owned(),
            )));
        }
        let id = draft.notice.id().clone();
        let first = match draft.notice.first(&first, read, now) {
            Ok(first) => first,
            Err(why) => return Ok(Err(not_what_was_read(why))),
        };
        tx.put_approval(draft_id, false, &officer.name, first.state().digest(), now)?;
        tx.audit(
            now,
            &officer.name,
            "first_approved",
            draft_id,
            &json!({ "digest": first.state().digest(), "proposal": draft.proposal, "reason_code": draft.reason_code }),
        )?;
        return Ok(Ok(Outcome::WaitsForSecond(id)));
    }
    let grants = tx.view().grants()?;
    let stated_by = judge::stated_by(&tx.view(), &draft)?;
    let asked = (draft.needs, stated_by.as_deref());
    let approver = match authority::alone(officer, &grants, &draft.notice, asked, now) {
        Ok(approver) => approver,
        Err(why) => return Ok(Err(Declined::NotAuthorised(why.to_string()))),
    };
    if let Err(why) = strong(app, officer) {
        return Ok(Err(why));
    }
    let approved = match draft.notice.clone().approve(&approver, read, now) {
        Ok(approved) => approved,
        Err(why) => return Ok(Err(not_what_was_read(why))),
    };
    tx.put_approval(draft_id, false, &officer.name, read, now)?;
    Ok(publish(app, tx, &draft, &approved, officer, now)?.map(Outcome::Published))
}

/// Lets an approved notice out: draft and proposal settled, notice, deliveries and audit written, all in the transaction
/// of the approval.
fn publish(
    app: &App,
    tx: &Tx<'_>,
    draft: &StoredDraft,
    approved: &Notice<Approved>,
    officer: &Officer,
    now: Timestamp,
) -> Result<Result<NoticeId, Declined>, StoreError> {
    let draft_id = approved.id().as_str();
    // What could hold it up was looked for before; if it cannot leave now, nothing of this transaction stands.
    let view = tx.view();
    let mut replaced = Vec::new();
    for reference in &approved.content().facts().replaces {
        replaced.extend(view.publication(reference.id.as_str())?);
    }
    let publication = app
        .dispatch
        .prepare(approved, &replaced, &view.live_notices(now)?, now)
        .map_err(|why| StoreError::Damaged {
            what: format!("notice {draft_id}"),
            why: why.to_string(),
        })?;
    if !tx.settle_draft(draft_id, true)? {
        return Ok(Err(already_over()));
    }
    if let Some(proposal) = &draft.proposal {
        let decided = Decided {
            by: officer.name.clone(),
            at: now,
            reason: draft.reason.clone(),
        };
        if !tx.close_proposal(proposal, ProposalState::Issued, Some(&decided))? {
            return Err(StoreError::Damaged {
                what: format!("proposal {proposal}"),
                why: "it closed inside one transaction".to_owned(),
            });
        }
    }
    tx.put_notice(approved)?;
    tx.put_publication(&publication)?;
    for channel in app.dispatch.channels() {
        tx.enqueue(&Delivery::of(approved, channel.clone()), now)?;
    }
    let facts = approved.content().facts();
    for reference in &facts.replaces {
        tx.settle_prepared(reference.id.as_str(), draft_id)?;
    }
    let asked = match &draft.proposal {
        Some(id) => tx
            .view()
            .proposal(id)?
            .map(|stored| judge::asked(&stored.proposal)),
        None => None,
    };
    let rests_on = rests_on(app, &tx.view(), draft.proposal.as_deref())?;
    let mut grants = tx.view().grants()?.into_iter();
    let grant = grants.find(|grant| Some(grant.id) == approved.state().grant());
    tx.audit(
        now,
        &officer.name,
        "approved",
        draft_id,
        &json!({
            "digest": approved.state().digest(),
            "kind": facts.kind,
            "level": facts.level,
            "districts": facts.districts.iter().map(|d| &d.id).collect::<Vec<_>>(),
            "proposal": draft.proposal,
            "substance": draft.substance,
            // What was asked, beside what was made of it.
            "asked": asked,
            "until": facts.expires,
            "author": draft.author,
            "reason": draft.reason,
            "reason_code": draft.reason_code,
            "how": approved.state().how(),
            // Issued alone although two were wanted: nobody shall have to look for this.
            "flagged": *approved.state().how() == How::Lone,
            "authority": grant,
            // What leaves, to the byte, and by whose signature: whoever changes it later is seen before it is sent.
            "parts": publication.parts_digest(),
            "signed_by": publication.is_signed().then(|| app.dispatch.public_key()).flatten(),
            "rests_on": rests_on,
        }),
    )?;
    if facts.kind == Kind::Issue {
        beforehand::prepare(app, tx, approved, draft.proposal.as_deref(), officer)?;
    }
    metrics::counter!("hinan_notices_approved_total").increment(1);
    tracing::info!(notice = draft_id, officer = %officer.name, how = approved.state().how().word(), "notice approved");
    Ok(Ok(approved.id().clone()))
}

/// Notes that an approval was refused.
fn refused(
    app: &App,
    officer: &Officer,
    draft_id: &str,
    why: &Declined,
    now: Timestamp,
) -> Result<(), StoreError> {
    let why = why.to_string();
    tracing::warn!(draft = draft_id, officer = %officer.name, why, "approval refused");
    app.store.write(|tx| {
        tx.audit(
            now,
            &officer.name,
            "approve_refused",
            draft_id,
            &json!({ "why": why }),
        )?;
        Ok(())
    })
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

/// The draft, if it is still fresh and its grounds are still those the officer saw.
fn approvable(
    app: &App,
    view: &View<'_>,
    draft_id: &str,
    now: Timestamp,
) -> Result<Result<StoredDraft, Declined>, StoreError> {
    let Some(draft) = view.draft(draft_id)? else {
        return Ok(Err(Declined::Unknown("文面")));
    };
    if let Err(why) = still_waits(&draft) {
        return Ok(Err(why));
    }
    // In a replay, an officer's minute is still a minute.
    let age_s = now.duration_since(draft.prepared_at).as_secs_f64() / app.clock.speed();
    if age_s > f64::from(app.config.approve.basis_age_max_min) * 60.0 {
        return Ok(Err(Declined::Changed(format!(
            "文面を表示してから{}分を超えました。新しい文面を確認してください",
            app.config.approve.basis_age_max_min
        ))));
    }
    if let Some(proposal) = &draft.proposal {
        let stored = match open(view.proposal(proposal)?) {
            Ok(stored) => stored,
            Err(why) => return Ok(Err(why)),
        };
        if Some(stored.proposal.substance()) != draft.substance {
            return Ok(Err(changed()));
        }
        let facts = draft.notice.content().facts();
        let ids: BTreeSet<&str> = facts.districts.iter().map(|d| d.id.as_str()).collect();
        if let Some(why) = judge::asks_less(app, &stored.proposal, &ids, facts.level) {
            return Ok(Err(Declined::Changed(why)));
        }
    }
    // What it replaces, lifts or cancels must still be in force, or it would say something untrue.
    let live = view.live_notices(now)?;
    let facts = draft.notice.content().facts();
    let listed: BTreeSet<&NoticeId> = facts
        .replaces
        .iter()
        .map(|reference| &reference.id)
        .collect();
    let still_true = if facts.kind == Kind::Issue {
        let ids: BTreeSet<&str> = facts.districts.iter().map(|d| d.id.as_str()).collect();
        // A correction takes the place of what it corrects, though that may have been more.
        let (corrected, others): (Vec<_>, Vec<_>) = live
            .iter()
            .partition(|notice| facts.is_correction_of(notice.id()));
        let now_replaced: BTreeSet<&NoticeId> =
            replaced_by(others.iter().copied(), cause::of_facts(facts), &ids)
                .chain(corrected)
                .map(Notice::id)
                .collect();
        listed == now_replaced
            && higher_in_force(others, cause::of_facts(facts), &ids, facts.level).is_none()
    } else {
        let mut all = true;
        for id in &listed {
            all &= view.is_unended(id.as_str())?;
        }
        all
    };
    // A lift rests on the river as it was on screen, and on nobody asking for more meanwhile.
    if facts.kind == Kind::Lift
        && let Some(why) = lifting::worsened(app, view, &draft)?
    {
        return Ok(Err(ending::lift_changed(&why)));
    }
    if !still_true {
        return Ok(Err(Declined::Changed(
            "発令中の情報が変わりました。新しい文面を確認してください".to_owned(),
        )));
    }
    if let Some(why) = held_up(app, view, &draft, &live)? {
        return Ok(Err(why));
    }
    Ok(Ok(draft))
}

/// Why a text that still waits cannot be approved any more as it stands; nothing while it can.
///
/// # Errors
/// The record's.
pub(crate) fn why_stale(
    app: &App,
    view: &View<'_>,
    draft_id: &str,
) -> Result<Option<Declined>, StoreError> {
    Ok(approvable(app, view, draft_id, app.clock.now())?.err())
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

/// The text of these facts, if nothing about it is wrong.
fn drafted(
    app: &App,
    facts: Facts,
    live: &[Notice<Approved>],
    decided_on: Option<&Proposal>,
    (code, words): &(String, String),
) -> Result<Notice<Draft>, Declined> {
    let texts = app.dispatch.texts(&facts);
    let notice = Notice::draft(facts, &texts).map_err(|e| Declined::Incomplete(e.to_string()))?;
    let open = app.store.read(open_proposals)?;
    let beside = examine::Beside {
        live,
        decided_on,
        open: &open,
        own_words: own_words(code, words),
    };
    match examine::blocking(&examine::findings(app, &notice, &beside)) {
        Some(why) => Err(Declined::Incomplete(why)),
        None => Ok(notice),
    }
}

/// The same facts with the links of the chain before those that they replace, as far as these have not expired; the newest first.
fn chained(view: &View<'_>, mut facts: Facts, now: Timestamp) -> Result<Facts, StoreError> {
    let known = |facts: &Facts, id: &NoticeId| {
        let mut all = facts.replaces.iter().chain(&facts.earlier);
        all.any(|one| one.id == *id)
    };
    let mut next: VecDeque<NoticeId> = facts.replaces.iter().map(|one| one.id.clone()).collect();
    while let Some(id) = next.pop_front() {
        let Some(before) = view.notice(id.as_str())? else {
            continue;
        };
        for link in &before.content().facts().replaces {
            if facts.earlier.len() >= EARLIER_MAX || known(&facts, &link.id) {
                continue;
            }
            let lives = view
                .notice(link.id.as_str())?
                .is_some_and(|one| one.content().facts().expires > now);
            if lives {
                facts.earlier.push(link.clone());
                next.push_back(link.id.clone());
            }
        }
    }
    Ok(facts)
}

/// Everything that waits for a decision.
pub(crate) fn open_proposals(view: &View<'_>) -> Result<Vec<Proposal>, StoreError> {
    Ok(view
        .open_items()?
        .into_iter()
        .map(|item| item.proposal)
        .collect())
}

/// A reason counts for leaving somebody out only where an officer wrote it: the one who decides, or the one who asked for the order.
pub(crate) fn own_words<'w>(code: &str, words: &'w str) -> &'w str {
    if code == hinan_dashboard::form::REASON_OWN || code == judge::REASON_JUDGEMENT {
        words
    } else {
        ""
    }
}

/// Why a text that was sound when it was put on screen may not leave any more; nothing when it may.
fn held_up(
    app: &App,
    view: &View<'_>,
    draft: &StoredDraft,
    live: &[Notice<Approved>],
) -> Result<Option<Declined>, StoreError> {
    let proposal = draft.proposal.as_deref();
    let decided_on = proposal.map(|id| view.proposal(id)).transpose()?.flatten();
    let decided_on = decided_on.as_ref().map(|stored| &stored.proposal);
    let beside = examine::Beside {
        live,
        decided_on,
        open: &open_proposals(view)?,
        own_words: own_words(&draft.reason_code, &draft.reason),
    };
    let findings = examine::findings(app, &draft.notice, &beside);
    let why = examine::blocking(&findings).or_else(|| {
        let unready = app.dispatch.may_leave(&draft.notice).err()?;
        Some(unready.to_string())
    });
    Ok(why.map(Declined::Changed))
}

/// A text as it is about to be put before an officer.
fn draft(
    app: &App,
    officer: &Officer,
    notice: Notice<Draft>,
    (proposal, substance): (Option<String>, Option<Digest>),
    (reason_code, reason): (String, String),
) -> StoredDraft {
    let rules = app.config.approve.rules();
    let facts = notice.content().facts();
    let needs = rules.needs(facts.kind, facts.level);
    // In a replay, an officer's minute is still a minute.
    let wait_s = f64::from(rules.lone_after_min) * 60.0 * app.clock.speed();
    let lone_after = SignedDuration::try_from_secs_f64(wait_s).unwrap_or(SignedDuration::MAX);
    StoredDraft {
        notice,
        proposal,
        substance,
        author: officer.name.clone(),
        reason,
        reason_code,
        needs,
        lone_after,
        prepared_at: app.clock.now(),
        prepared_for: None,
        waiting: true,
    }
}

/// Keeps what an officer is about to read, and on which grounds.
fn keep(
    app: &App,
    officer: &Officer,
    draft: StoredDraft,
    grounds: Option<&lifting::Standing>,
) -> Result<StoredDraft, Declined> {
    app.store.write(|tx| {
        tx.put_draft(&draft)?;
        note_shown(app, tx, officer, &draft, grounds, draft.prepared_at)
    })?;
    Ok(draft)
}

/// Notes that an officer has a text on screen.
fn note_shown(
    app: &App,
    tx: &Tx<'_>,
    officer: &Officer,
    draft: &StoredDraft,
    grounds: Option<&lifting::Standing>,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.audit(
        now,
        &officer.name,
        TEXT_SHOWN,
        draft.notice.id().as_str(),
        &json!({ "digest": draft.notice.content().digest(), "proposal": draft.proposal,
                 "substance": draft.substance, "reason": draft.reason, "reason_code": draft.reason_code,
                 "needs": draft.needs, "grounds": grounds, "prepared_for": draft.prepared_for,
                 "rests_on": rests_on(app, &tx.view(), draft.proposal.as_deref())? }),
    )?;
    Ok(())
}

/// Whether this officer had exactly this text on screen: they prepared it, or it stood ready and was opened by them.
fn was_shown_to(
    view: &View<'_>,
    draft: &StoredDraft,
    officer: &Officer,
) -> Result<bool, StoreError> {
    if draft.prepared_for.is_none() {
        return Ok(draft.author == officer.name);
    }
    let shown = view.last_of(draft.notice.id().as_str(), [TEXT_SHOWN; 2], 200)?;
    Ok(shown.iter().any(|entry| entry.actor == officer.name))
}

fn new_id(app: &App) -> NoticeId {
    NoticeId::new(&app.town().code, chance::unique())
}

fn reference(notice: &Notice<Approved>) -> Reference {
    let facts = notice.content().facts();
    Reference {
        sender: facts.sender.clone(),
        id: facts.id.clone(),
        sent: facts.sent,
    }
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

/// A reason needs its code and its words.
fn coded(reason: Reason<'_>) -> Result<(String, String), Declined> {
    let words = checked_reason(reason.words)?;
    let fits = (1..=40).contains(&reason.code.len())
        && reason
            .code
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !fits {
        return Err(Declined::Incomplete("理由を選んでください".to_owned()));
    }
    Ok((reason.code.to_owned(), words))
}

fn checked_reason(reason: &str) -> Result<String, Declined> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Declined::Incomplete(
            "理由を選ぶか、書いてください".to_owned(),
        ));
    }
    if reason.chars().count() > REASON_MAX {
        return Err(Declined::Incomplete(format!(
            "理由は{REASON_MAX}文字までです"
        )));
    }
    if let Some(bad) = reason
        .chars()
        .find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Declined::Incomplete(format!(
            "理由に使えない文字(U+{:04X})が含まれています。書き直してください",
            u32::from(bad)
        )));
    }
    Ok(reason.to_owned())
}

fn changed() -> Declined {
    Declined::Changed(
        "推奨の内容(地区・レベル・根拠)が変わりました。新しい画面を確認してください".to_owned(),
    )
}
