//! The second person: chooses before seeing what the first chose, then lets the same bytes out or sends the item back.
//! And the first alone, when the second does not come.

use jiff::Timestamp;
use serde_json::json;

use super::{
    Declined, already_over, approvable, beforehand, may, on_record, publish, refused, strong,
};
use crate::app::App;
use crate::approve::authority;
use crate::approve::facts::{Facts, Kind};
use crate::approve::notice::{Approved, FirstApproved, Notice, NoticeId};
use crate::approve::officer::{Act, Officer};
use crate::approve::rule::Choice;
use crate::digest::Digest;
use crate::store::approvals::StoredFirst;
use crate::store::{StoreError, Tx, View};

/// What came of a second person's choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// Both think the same: the second may now read the first's reason and text, and let it out.
    Agrees,
    /// They do not. Nothing is sent; the item is open again for both.
    Differs {
        /// What the first chose.
        first: Choice,
        /// What the second chose.
        second: Choice,
    },
}

/// The second person says what they think should be done. It cannot be said twice.
///
/// # Errors
/// [`Declined`] says why nothing was noted.
pub fn choose(
    app: &App,
    officer: &Officer,
    draft_id: &str,
    choice: Choice,
) -> Result<Chosen, Declined> {
    on_record(app, officer, "choose", draft_id, || {
        may(officer, Act::LetOut)?;
        strong(app, officer)?;
        let now = app.clock.now();
        app.store.write(|tx| {
        let waiting = match waiting(app, &tx.view(), draft_id, now)? {
            Ok(waiting) => waiting,
            Err(why) => return Ok(Err(why)),
        };
        if waiting.notice.state().by() == officer.name {
            let why = authority::NotAuthorised::SamePerson.to_string();
            return Ok(Err(Declined::NotAuthorised(why)));
        }
        let stated_by = tx.view().stated_by(draft_id)?;
        if let Err(why) = authority::another_than(stated_by.as_deref(), officer) {
            return Ok(Err(Declined::NotAuthorised(why.to_string())));
        }
        let first = Choice::of(waiting.notice.content().facts());
        let chosen = match tx.view().choice_of(draft_id, &officer.name)? {
            // What was said first counts.
            Some(before) => before,
            None => {
                tx.put_choice(draft_id, &officer.name, choice, now)?;
                choice
            }
        };
        let agrees = chosen == first;
        tx.audit(
            now,
            &officer.name,
            if agrees { "second_agrees" } else { "second_differs" },
            draft_id,
            &json!({ "first": first.word(), "second": chosen.word(), "first_officer": waiting.notice.state().by() }),
        )?;
        if agrees {
            return Ok(Ok(Chosen::Agrees));
        }
        tx.settle_draft(draft_id, false)?;
        Ok(Ok(Chosen::Differs {
            first,
            second: chosen,
        }))
    })?
    })
}

/// The second person approves exactly what the first approved: it leaves.
///
/// # Errors
/// [`Declined`] says why nothing left.
pub fn approve(
    app: &App,
    officer: &Officer,
    draft_id: &str,
    read: &Digest,
) -> Result<NoticeId, Declined> {
    complete(
        app,
        officer,
        draft_id,
        read,
        "second_attempt",
        |tx, waiting, now| {
            let view = tx.view();
            let chosen = view.choice_of(draft_id, &officer.name)?;
            let grants = view.grants()?;
            let stated_by = view.stated_by(draft_id)?;
            let said = (chosen, stated_by.as_deref());
            let second = match authority::second(officer, &grants, &waiting, said, now) {
                Ok(second) => second,
                Err(why) => return Ok(Err(Declined::NotAuthorised(why.to_string()))),
            };
            let approved = match waiting.second(&second, read, now) {
                Ok(approved) => approved,
                Err(why) => return Ok(Err(Declined::Changed(why.to_string()))),
            };
            tx.put_approval(draft_id, true, &officer.name, read, now)?;
            Ok(Ok(approved))
        },
    )
}

/// 単独発令: the first person lets it out alone, because the second did not come in time.
///
/// # Errors
/// [`Declined`] says why nothing left.
pub fn alone(
    app: &App,
    officer: &Officer,
    draft_id: &str,
    read: &Digest,
) -> Result<NoticeId, Declined> {
    let wait = app.store.read(|view| view.draft(draft_id))?;
    let wait = wait.ok_or(Declined::Unknown("文面"))?.lone_after;
    complete(
        app,
        officer,
        draft_id,
        read,
        "alone_attempt",
        |tx, waiting, now| {
            if !may_be_alone(&tx.view(), waiting.content().facts())? {
                let why = "解除と、レベルを下げるか地区を除く訂正は、単独ではできません".to_owned();
                return Ok(Err(Declined::NotAuthorised(why)));
            }
            let grants = tx.view().grants()?;
            let lone = match authority::lone(officer, &grants, &waiting, wait, now) {
                Ok(lone) => lone,
                Err(why) => return Ok(Err(Declined::NotAuthorised(why.to_string()))),
            };
            Ok(waiting
                .alone(&lone, read, now)
                .map_err(|why| Declined::Changed(why.to_string())))
        },
    )
}

/// Whether a text that wants two persons may be issued by the first alone when the second does not come: never what makes less of
/// an order.
///
/// # Errors
/// The record's.
pub(crate) fn may_be_alone(view: &View<'_>, facts: &Facts) -> Result<bool, StoreError> {
    Ok(facts.kind != Kind::Lift && !beforehand::is_less(view, facts)?)
}

/// The first person takes their approval back before anybody completed it.
///
/// # Errors
/// [`Declined`] says why it still waits.
pub fn withdraw(app: &App, officer: &Officer, draft_id: &str) -> Result<(), Declined> {
    on_record(app, officer, "withdraw", draft_id, || {
        let now = app.clock.now();
        app.store.write(|tx| {
            let Some(waiting) = tx.view().first_approved(draft_id)? else {
                return Ok(Err(Declined::Unknown("文面")));
            };
            if waiting.notice.state().by() != officer.name {
                let why = "取り下げられるのは、1人目として承認した人だけです".to_owned();
                return Ok(Err(Declined::NotAuthorised(why)));
            }
            if !tx.settle_draft(draft_id, false)? {
                return Ok(Err(already_over()));
            }
            tx.audit(now, &officer.name, "first_withdrawn", draft_id, &json!({}))?;
            Ok(Ok(()))
        })?
    })
}

fn complete(
    app: &App,
    officer: &Officer,
    draft_id: &str,
    read: &Digest,
    attempt: &str,
    approval: impl FnOnce(
        &Tx<'_>,
        Notice<FirstApproved>,
        Timestamp,
    ) -> Result<Result<Notice<Approved>, Declined>, StoreError>,
) -> Result<NoticeId, Declined> {
    let now = app.clock.now();
    app.store.write(|tx| {
        tx.audit(
            now,
            &officer.name,
            attempt,
            draft_id,
            &json!({ "read": read }),
        )?;
        Ok(())
    })?;
    let outcome = strong(app, officer).and_then(|()| {
        app.store.write(|tx| {
            let waiting = match waiting(app, &tx.view(), draft_id, now)? {
                Ok(waiting) => waiting,
                Err(why) => return Ok(Err(why)),
            };
            let approved = match approval(tx, waiting.notice, now)? {
                Ok(approved) => approved,
                Err(why) => return Ok(Err(why)),
            };
            publish(app, tx, &waiting.draft, &approved, officer, now)
        })?
    });
    if let Err(why) = &outcome {
        refused(app, officer, draft_id, why, now)?;
    } else {
        super::left(app);
    }
    outcome
}

/// The draft that waits for its second person, if it still holds.
fn waiting(
    app: &App,
    view: &View<'_>,
    draft_id: &str,
    now: Timestamp,
) -> Result<Result<StoredFirst, Declined>, StoreError> {
    if let Err(why) = approvable(app, view, draft_id, now)? {
        return Ok(Err(why));
    }
    Ok(view.first_approved(draft_id)?.ok_or_else(|| {
        Declined::NoLongerOpen("この文面は、まだ1人目が承認していません".to_owned())
    }))
}
