//! Ready beforehand (事前の下書き): when an order goes out, its correction (訂正) and its cancellation (取消) are written, looked at by the
//! same checks and kept as drafts. Whoever finds that the order was wrong reads one of them, types the number and lets it out; where
//! two persons are wanted, the second is wanted here, too. What stood ready for too long, or does not hold any more, is written anew
//! when it is asked for.

use std::collections::BTreeSet;

use serde_json::json;

use super::ending::ended;
use super::{
    Declined, approvable, chained, draft, judge, may, new_id, note_shown, open_proposals,
    own_words, reference, replaced_by,
};
use crate::app::App;
use crate::approve::compose;
use crate::approve::facts::{Facts, Kind};
use crate::approve::notice::{Approved, Notice};
use crate::approve::officer::{Act, Officer};
use crate::approve::rule::Needs;
use crate::publish::examine;
use crate::recommend::cause;
use crate::recommend::proposal::Proposal;
use crate::store::drafts::StoredDraft;
use crate::store::{StoreError, Tx, View};

/// The word of the entry that both were written.
const PREPARED: &str = "prepared_beforehand";

/// What helps when an order was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// 訂正: something about it was wrong; this holds instead.
    Correct,
    /// 取消: it should not have been sent.
    Cancel,
}

impl Remedy {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Correct, Self::Cancel];

    /// The word of forms and documents for programs.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Correct => "correct",
            Self::Cancel => "cancel",
        }
    }

    /// The remedy with this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.word() == word)
    }

    /// As officers read it.
    #[must_use]
    pub fn spoken(self) -> &'static str {
        match self {
            Self::Correct => "訂正",
            Self::Cancel => "取消",
        }
    }

    /// Code and words of the reason that goes on record.
    fn reason(self) -> (String, String) {
        let (code, words) = match self {
            Self::Correct => ("corrected", "先の発表に誤りがあった"),
            Self::Cancel => (super::CANCEL_REASONS[0], "誤って発表した"),
        };
        (code.to_owned(), words.to_owned())
    }

    /// Which remedy a text is.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        match facts.kind {
            Kind::Issue => Self::Correct,
            Kind::Lift | Kind::Cancel => Self::Cancel,
        }
    }
}

/// Writes both for an order that goes out in this transaction. What cannot be written holds nothing up: why stands in the audit.
pub(super) fn prepare(
    app: &App,
    tx: &Tx<'_>,
    order: &Notice<Approved>,
    decided_on: Option<&str>,
    officer: &Officer,
) -> Result<(), StoreError> {
    let mut told = serde_json::Map::new();
    for remedy in Remedy::ALL {
        let written = match written(app, &tx.view(), order, decided_on, remedy, officer)? {
            Ok(draft) => {
                tx.put_draft(&draft)?;
                json!({ "text": draft.notice.id(), "digest": draft.notice.content().digest(), "needs": draft.needs })
            }
            Err(why) => json!({ "why": why.to_string() }),
        };
        told.insert(remedy.word().to_owned(), written);
    }
    let id = order.id().as_str();
    tx.audit(app.clock.now(), "system", PREPARED, id, &told)?;
    Ok(())
}

/// Puts the text of a remedy before an officer: the one that stands ready, or one written anew where it is stale, does not hold any
/// more or could not be written then.
///
/// # Errors
/// [`Declined`] says why there is nothing to read.
pub fn open(
    app: &App,
    officer: &Officer,
    notice_id: &str,
    remedy: Remedy,
) -> Result<StoredDraft, Declined> {
    may(officer, Act::Prepare)?;
    let now = app.clock.now();
    app.store.write(|tx| {
        let view = tx.view();
        let order = view.notice(notice_id)?;
        let Some(order) = order else {
            return Ok(Err(Declined::Unknown("発表")));
        };
        if order.content().facts().kind != Kind::Issue || !view.is_unended(notice_id)? {
            return Ok(Err(ended()));
        }
        let mut ready = None;
        for draft in view.prepared_for(notice_id)? {
            let id = draft.notice.id().as_str();
            // One that a first person has approved is for the second, on the second's page.
            let is_free = view.first_approved(id)?.is_none();
            if is_free && Remedy::of(draft.notice.content().facts()) == remedy {
                ready = approvable(app, &view, id, now)?.ok();
                break;
            }
        }
        let draft = match ready {
            Some(draft) => draft,
            None => {
                let decided_on = view.draft(notice_id)?.and_then(|draft| draft.proposal);
                let decided_on = decided_on.as_deref();
                match written(app, &view, &order, decided_on, remedy, officer)? {
                    Ok(draft) => {
                        tx.put_draft(&draft)?;
                        draft
                    }
                    Err(why) => return Ok(Err(why)),
                }
            }
        };
        note_shown(app, tx, officer, &draft, None, now)?;
        Ok(Ok(draft))
    })?
}

/// How the remedies of a notice stand: those that wait, and which of them could leave now as they are.
///
/// # Errors
/// The record's.
pub fn ready(
    app: &App,
    view: &View<'_>,
    notice_id: &str,
) -> Result<Vec<(StoredDraft, Option<Declined>)>, StoreError> {
    let now = app.clock.now();
    let mut all: Vec<(StoredDraft, Option<Declined>)> = Vec::new();
    for draft in view.prepared_for(notice_id)? {
        let remedy = Remedy::of(draft.notice.content().facts());
        let is_newest = all
            .iter()
            .all(|(other, _)| Remedy::of(other.notice.content().facts()) != remedy);
        if is_newest {
            let why_not = approvable(app, view, draft.notice.id().as_str(), now)?.err();
            all.push((draft, why_not));
        }
    }
    all.sort_by_key(|(draft, _)| Remedy::of(draft.notice.content().facts()).word());
    Ok(all)
}

fn written(
    app: &App,
    view: &View<'_>,
    order: &Notice<Approved>,
    decided_on: Option<&str>,
    remedy: Remedy,
    author: &Officer,
) -> Result<Result<StoredDraft, Declined>, StoreError> {
    let (now, reason) = (app.clock.now(), remedy.reason());
    let (facts, live) = (order.content().facts(), view.live_notices(now)?);
    let open = open_proposals(view)?;
    let advised = match decided_on {
        Some(id) => view.proposal(id)?.map(|stored| stored.proposal),
        None => None,
    };
    let anew = match remedy {
        Remedy::Cancel => compose::end(
            facts,
            Kind::Cancel,
            new_id(app),
            now,
            vec![reference(order)],
            reason.1.clone(),
        ),
        Remedy::Correct => {
            // The same advice as it stands now, else as it was then.
            let then = advised.as_ref();
            let newest = open
                .iter()
                .find(|one| then.is_some_and(|then| then.key == one.key));
            corrected(
                app,
                order,
                &live,
                then.map(|then| (newest.unwrap_or(then), then)),
            )
        }
    };
    let anew = chained(view, anew, now)?;
    let texts = app.dispatch.texts(&anew);
    let notice = match Notice::draft(anew, &texts) {
        Ok(notice) => notice,
        Err(why) => return Ok(Err(Declined::Incomplete(why.to_string()))),
    };
    let beside = examine::Beside {
        live: &live,
        decided_on: None,
        open: &open,
        own_words: own_words(&reason.0, &reason.1),
    };
    if let Some(why) = examine::blocking(&examine::findings(app, &notice, &beside)) {
        return Ok(Err(Declined::Incomplete(why)));
    }
    let mut draft = draft(app, author, notice, (None, None), reason);
    draft.prepared_for = Some(order.id().clone());
    // What is less is looked at by two persons, whatever it is called.
    if is_less(view, draft.notice.content().facts())? {
        draft.needs = Needs::Two;
    }
    Ok(Ok(draft))
}

/// Whether a text is a correction that lowers the level or leaves districts out: as a lift, that is never one person's.
///
/// # Errors
/// The record's.
pub(super) fn is_less(view: &View<'_>, facts: &Facts) -> Result<bool, StoreError> {
    let Some(corrected) = &facts.corrects else {
        return Ok(false);
    };
    let order = view.notice(corrected.notice.as_str())?;
    let is_lower = order.is_none_or(|order| facts.level < order.content().facts().level);
    Ok(is_lower || !corrected.left_out.is_empty())
}

/// How long an order was made to hold, hours.
fn held_h(facts: &Facts) -> Option<u32> {
    u32::try_from(facts.expires.duration_since(facts.sent).as_hours()).ok()
}

/// The order as it should have been: as it is advised (newest, and as it was then), or said again where nothing is advised.
fn corrected(
    app: &App,
    order: &Notice<Approved>,
    live: &[Notice<Approved>],
    advised: Option<(&Proposal, &Proposal)>,
) -> Facts {
    let facts = order.content().facts();
    // An officer's other choice of districts stays theirs: only what the recommendation itself says is taken anew.
    let picture = app.picture();
    let advised = advised.map(|(newest, then)| {
        let ordered: BTreeSet<&str> = facts.districts.iter().map(|d| d.id.as_str()).collect();
        let asked: BTreeSet<&str> = then.districts.iter().map(|d| d.id.as_str()).collect();
        let units = (ordered != asked).then(|| ordered.into_iter().map(str::to_owned).collect());
        let edit = judge::Edit {
            units,
            valid_h: None,
        };
        judge::edited(app, &picture, newest, &edit)
    });
    let advised = advised.as_ref();
    let ids: BTreeSet<&str> = match advised {
        Some(proposal) => proposal.districts.iter().map(|d| d.id.as_str()).collect(),
        None => facts.districts.iter().map(|d| d.id.as_str()).collect(),
    };
    let others = live.iter().filter(|one| one.id() != order.id());
    let others = replaced_by(others, cause::of_facts(facts), &ids).map(reference);
    let choice = compose::Choice {
        level: advised.map_or(facts.level, |proposal| proposal.key.level),
        id: new_id(app),
        at: app.clock.now(),
        replaces: [reference(order)].into_iter().chain(others).collect(),
        valid_h: held_h(facts),
        open: examine::open_sites(app),
    };
    let publish = &app.config.publish;
    let anew = match advised {
        Some(proposal) => {
            let gauge = picture.advice.outlook.gauges.get(&proposal.gauge);
            let realm = app.config.service.realm;
            compose::issue(realm, app.town(), publish, proposal, gauge, choice)
        }
        None => compose::again(facts, publish, choice),
    };
    compose::correct(facts, anew)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_remedy_is_found_again_by_its_word() {
        for remedy in Remedy::ALL {
            assert_eq!(Remedy::from_word(remedy.word()), Some(remedy));
        }
        assert_eq!(Remedy::from_word("lift"), None);
    }
}
