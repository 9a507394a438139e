//! Ending an order: lifted (解除) because it is over, or cancelled (取消) because it was wrong. Both pass the same gate as an order.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::lifting::Standing;
use super::{
    Declined, Reason, chained, coded, draft, drafted, keep, may, new_id, open_proposals, reference,
};
use crate::app::App;
use crate::approve::compose;
use crate::approve::facts::{Facts, Kind};
use crate::approve::notice::{Approved, Notice, NoticeId};
use crate::approve::officer::{Act, Officer};
use crate::digest::Digest;
use crate::recommend::cause;
use crate::store::drafts::StoredDraft;
use crate::store::{StoreError, View};

/// Chips that say why a notice is lifted, and why it is cancelled. One does not stand for the other: a lift needs two persons.
pub const LIFT_REASON: &str = "over";
/// See [`LIFT_REASON`].
pub const CANCEL_REASONS: [&str; 2] = ["wrong", "other_area"];

/// Prepares the exact text that lifts or cancels an order. `read` is the digest of the grounds that were on screen
/// ([`super::lifting::substance`]); it counts for a lift.
///
/// # Errors
/// [`Declined`] says why there is nothing to read.
pub fn prepare_end(
    app: &App,
    officer: &Officer,
    notice_id: &str,
    kind: Kind,
    reason: Reason<'_>,
    read: &Digest,
) -> Result<StoredDraft, Declined> {
    may(officer, Act::Prepare)?;
    let reason = coded(reason)?;
    match (kind, reason.0.as_str()) {
        (Kind::Cancel, LIFT_REASON) => {
            return Err(Declined::Incomplete(
                "危険が去ったときは、取消ではなく解除です。取消は、誤って発表したときに使います"
                    .to_owned(),
            ));
        }
        (Kind::Lift, code) if CANCEL_REASONS.contains(&code) => {
            return Err(Declined::Incomplete(
                "誤って発表したときは、解除ではなく取消です".to_owned(),
            ));
        }
        _ => {}
    }
    let now = app.clock.now();
    // An order that expired by itself was never lifted: the law wants that said in public, too.
    let (order, live) = app.store.read(|view| {
        let order = match view.is_unended(notice_id)? {
            true => view.notice(notice_id)?,
            false => None,
        };
        Ok((order, view.live_notices(now)?))
    })?;
    let order = order.ok_or_else(ended)?;
    let facts = order.content().facts();
    let grounds = if kind == Kind::Lift {
        let (river, level) = (cause::of_facts(facts), facts.level);
        let (now_true, waiting) = app
            .store
            .read(|view| Ok((Standing::now(app, view, river)?, open_proposals(view)?)))?;
        let higher = waiting
            .iter()
            .find(|p| p.key.river == river && p.key.level >= level);
        if let Some(higher) = higher {
            return Err(Declined::Incomplete(format!(
                "{river}には{}の{}が判断待ちです。先にそれを判断してください",
                higher.key.level,
                higher.called()
            )));
        }
        if *read != now_true.digest() {
            return Err(lift_changed("画面の表示と違います"));
        }
        Some(now_true)
    } else {
        None
    };
    let facts = compose::end(
        facts,
        kind,
        new_id(app),
        now,
        vec![reference(&order)],
        reason.1.clone(),
    );
    let facts = app.store.read(|view| chained(view, facts, now))?;
    let notice = drafted(app, facts, &live, None, &reason)?;
    let substance = grounds.as_ref().map(Standing::digest);
    let draft = draft(app, officer, notice, (None, substance), reason);
    keep(app, officer, draft, grounds.as_ref())
}

pub(super) fn lift_changed(why: &str) -> Declined {
    Declined::Changed(format!(
        "解除の根拠(水位、予測、判断待ちの推奨)が変わりました: {why}。新しい画面を確認してください"
    ))
}

/// Said of an order that a later notice has ended.
pub(super) fn ended() -> Declined {
    Declined::NoLongerOpen("この発表は、すでに解除・取消・置き換え済みです".to_owned())
}

/// The orders in force that go on for some of the districts when this text ends what it ends: whoever lifts or cancels must not
/// believe that nothing holds there afterwards.
///
/// # Errors
/// The record's.
pub fn also_in_force(
    view: &View<'_>,
    facts: &Facts,
    now: Timestamp,
) -> Result<Vec<Notice<Approved>>, StoreError> {
    let ids: BTreeSet<&str> = facts.districts.iter().map(|d| d.id.as_str()).collect();
    let ends = |id: &NoticeId| *id == facts.id || facts.replaces.iter().any(|r| r.id == *id);
    let live = view.live_notices(now)?.into_iter();
    Ok(live
        .filter(|other| !ends(other.id()))
        .filter(|other| {
            let districts = &other.content().facts().districts;
            districts.iter().any(|d| ids.contains(d.id.as_str()))
        })
        .collect())
}
