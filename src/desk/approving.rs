//! The approval: only what this officer read, only while it is fresh and true; then everything leaves in one transaction, or nothing.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::json;

use super::reasons::own_words;
use super::{
    Declined, TEXT_SHOWN, already_over, beforehand, changed, ending, higher_in_force, judge,
    lifting, open, open_proposals, replaced_by, rests_on, still_waits, strong,
};
use crate::app::App;
use crate::approve::authority;
use crate::approve::facts::Kind;
use crate::approve::notice::{Approved, How, Notice, NoticeId};
use crate::approve::officer::Officer;
use crate::approve::rule::Needs;
use crate::digest::Digest;
use crate::publish::examine;
use crate::publish::outbox::Delivery;
use crate::recommend::cause;
use crate::store::drafts::StoredDraft;
use crate::store::proposals::{Decided, ProposalState};
use crate::store::{StoreError, Tx, View};

/// What came of an approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It leaves.
    Published(NoticeId),
    /// It waits for the second person.
    WaitsForSecond(NoticeId),
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
pub(super) fn left(app: &App) {
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
pub(super) fn publish(
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
pub(super) fn refused(
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

/// The draft, if it is still fresh and its grounds are still those the officer saw.
pub(super) fn approvable(
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
