//! A text before it is read: written from the recommendation, examined, and put before one officer.

use std::collections::{BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::reasons::{Reason, coded, own_words};
use super::{
    Declined, TEXT_SHOWN, changed, higher_in_force, judge, lifting, may, open, open_proposals,
    replaced_by, rests_on,
};
use crate::app::App;
use crate::approve::compose;
use crate::approve::facts::{Facts, Reference};
use crate::approve::notice::{Approved, Draft, Notice, NoticeId};
use crate::approve::officer::{Act, Officer};
use crate::approve::rule::Needs;
use crate::chance;
use crate::digest::Digest;
use crate::publish::examine;
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::Proposal;
use crate::store::drafts::StoredDraft;
use crate::store::{StoreError, Tx, View};

/// Links of a chain named beside those that a notice replaces. Of a longer chain the oldest are not named: they expire first.
const EARLIER_MAX: usize = 200;

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

/// The text of these facts, if nothing about it is wrong.
pub(super) fn drafted(
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
pub(super) fn chained(
    view: &View<'_>,
    mut facts: Facts,
    now: Timestamp,
) -> Result<Facts, StoreError> {
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

/// A text as it is about to be put before an officer.
pub(super) fn draft(
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
pub(super) fn keep(
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
pub(super) fn note_shown(
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

pub(super) fn new_id(app: &App) -> NoticeId {
    NoticeId::new(&app.town().code, chance::unique())
}

pub(super) fn reference(notice: &Notice<Approved>) -> Reference {
    let facts = notice.content().facts();
    Reference {
        sender: facts.sender.clone(),
        id: facts.id.clone(),
        sent: facts.sent,
    }
}
