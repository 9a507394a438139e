//! 職員の判断: an officer asks for an order of their own accord, takes that back, or wants other districts or another time than were
//! asked about. Nothing here publishes: what is stated waits in the inbox, and what is made of it passes the gate as every text does.

use std::collections::BTreeSet;

use hinan_recommend::Mode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Declined, checked_reason, higher_in_force, may, open};
use crate::app::{App, Picture};
use crate::approve::facts::Kind;
use crate::approve::officer::{Act, Officer};
use crate::chance;
use crate::recommend::cause;
use crate::recommend::docket::{RENEW_BEFORE, is_covered};
use crate::recommend::judgement::{self, Around, Judgement, ways};
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::{Proposal, ProposalKey};
use crate::store::drafts::StoredDraft;
use crate::store::notices::in_force;
use crate::store::proposals::{Decided, ProposalState};
use crate::store::{StoreError, Tx, View};

/// Districts in one judgement or one edit, at most.
pub const UNITS_MAX: usize = 500;
/// Judgements that wait at the same time, at most.
pub const OPEN_MAX: usize = 20;
/// The code of a reason that adopts the words of the judgement itself.
pub const REASON_JUDGEMENT: &str = "judgement";
/// Words of the entries.
pub(crate) const ATTEMPT: &str = "judgement_attempt";
/// See [`ATTEMPT`].
pub(crate) const STATED: &str = "judgement_stated";
/// See [`ATTEMPT`].
pub(crate) const REFUSED: &str = "judgement_refused";
/// See [`ATTEMPT`].
pub(crate) const WITHDRAWN: &str = "judgement_withdrawn";

/// What an officer asks for, as they say it.
#[derive(Clone, Debug)]
pub struct Stated<'a> {
    /// River, or the word of the hazard.
    pub about: &'a str,
    /// 警戒レベル
    pub level: OrderLevel,
    /// District ids.
    pub units: &'a [String],
    /// How to be safe; nothing = as is usual for the hazard.
    pub way: Option<Mode>,
    /// Why.
    pub words: &'a str,
    /// How long it shall hold, hours; nothing = as the town has it.
    pub valid_h: Option<u32>,
}

/// What an officer wants otherwise than it was asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// All districts of the order, by id; nothing = as asked.
    pub units: Option<Vec<String>>,
    /// How long it shall hold, hours; nothing = as asked.
    pub valid_h: Option<u32>,
}

/// Puts what an officer asks for into the inbox. It waits there as every proposal does; its name.
///
/// # Errors
/// [`Declined`] says why it was not taken; whoever may state one and is refused stands in the audit with the reason.
pub fn state(app: &App, officer: &Officer, stated: &Stated<'_>) -> Result<String, Declined> {
    let now = app.clock.now();
    let judgement = judged(app, officer, stated, now)?;
    let said = json!({ "about": judgement.about, "level": judgement.level, "units": judgement.units, "way": judgement.way,
        "words": judgement.words, "valid_h": judgement.valid_h });
    let id = judgement.id.clone();
    app.store
        .write(|tx| tx.audit(now, &officer.name, ATTEMPT, &id, &said))?;
    let outcome = may(officer, Act::Prepare).and_then(|()| {
        app.store
            .write(|tx| open_judgement(app, tx, &judgement, now))?
    });
    if let Err(why) = &outcome {
        let why = json!({ "why": why.to_string() });
        app.store
            .write(|tx| tx.audit(now, &officer.name, REFUSED, &id, &why))?;
    } else {
        app.told.notify_one();
    }
    outcome.map(|()| id)
}

fn open_judgement(
    app: &App,
    tx: &Tx<'_>,
    judgement: &Judgement,
    now: Timestamp,
) -> Result<Result<(), Declined>, StoreError> {
    let view = tx.view();
    let waiting = view.open_judgements()?;
    if waiting.len() >= OPEN_MAX {
        return Ok(Err(Declined::Incomplete(format!(
            "判断待ちの「職員の判断」が{OPEN_MAX}件あります。済んだものを判断するか、取り下げてください"
        ))));
    }
    let same = |one: &&Judgement| {
        let one = (&one.by, &one.about, one.level, &one.units, &one.words);
        one == (
            &judgement.by,
            &judgement.about,
            judgement.level,
            &judgement.units,
            &judgement.words,
        )
    };
    if waiting.iter().any(|one| same(&one)) {
        return Ok(Err(Declined::NoLongerOpen(
            "同じ内容の発令案が、すでに判断を待っています".to_owned(),
        )));
    }
    let units: BTreeSet<&str> = judgement.units.iter().map(String::as_str).collect();
    if let Some(why) = barred(app, &view, &judgement.about, judgement.level, &units)? {
        return Ok(Err(Declined::Incomplete(why)));
    }
    let picture = app.picture();
    let proposal = judgement::proposal(judgement, &around(app, &picture));
    tx.open_proposal(&judgement.id, &proposal, now)?;
    let detail = json!({ "river": judgement.about, "level": judgement.level, "districts": judgement.units.len(),
        "people_in_zone": proposal.people_in_zone(), "substance": proposal.substance(), "as_of": proposal.as_of,
        "units": judgement.units, "way": judgement.way, "words": judgement.words, "valid_h": judgement.valid_h });
    tx.audit(now, &judgement.by, STATED, &judgement.id, &detail)?;
    tracing::info!(proposal = judgement.id, river = judgement.about, level = %judgement.level, officer = judgement.by,
        "an officer asks for an order");
    Ok(Ok(()))
}

/// Takes a judgement back before it is decided: its author, or anybody who may decline. A text of it that waits for its second person
/// is dropped.
///
/// # Errors
/// [`Declined`]
pub fn withdraw(app: &App, officer: &Officer, id: &str, words: &str) -> Result<(), Declined> {
    may(officer, Act::Decline)?;
    let words = checked_reason(words)?;
    let now = app.clock.now();
    app.store.write(|tx| {
        let stored = tx.view().proposal(id)?;
        let stored = stored.filter(|stored| stored.proposal.judgement.is_some());
        let Some(stored) = stored else {
            return Ok(Err(Declined::Unknown("発令案")));
        };
        let stored = match open(Some(stored)) {
            Ok(stored) => stored,
            Err(why) => return Ok(Err(why)),
        };
        let decided = Decided {
            by: officer.name.clone(),
            at: now,
            reason: words.clone(),
        };
        tx.close_proposal(id, ProposalState::Declined, Some(&decided))?;
        for waiting in tx.view().waiting_for_second()? {
            if waiting.draft.proposal.as_deref() == Some(id) {
                tx.settle_draft(waiting.notice.id().as_str(), false)?;
            }
        }
        let key = &stored.proposal.key;
        let detail = json!({ "reason": words, "level": key.level, "river": key.river });
        tx.audit(now, &officer.name, WITHDRAWN, id, &detail)?;
        Ok(Ok(()))
    })??;
    app.told.notify_one();
    Ok(())
}

/// Why an order of this level cannot be asked for now: more is recommended or in force for some of the districts, or as much is in
/// force for all of them. Nothing when it can.
///
/// # Errors
/// The record's.
pub fn barred(
    app: &App,
    view: &View<'_>,
    about: &str,
    level: OrderLevel,
    units: &BTreeSet<&str>,
) -> Result<Option<String>, StoreError> {
    let now = app.clock.now();
    if let Some(higher) = higher_in_force(&view.live_notices(now)?, about, units, level) {
        return Ok(Some(format!(
            "対象地区の一部に{}が発令中です。それより低いレベルにするには、先に解除してください",
            higher.content().facts().level
        )));
    }
    let all: BTreeSet<String> = units.iter().map(|id| (*id).to_owned()).collect();
    // As for recommendations: an order about to expire may be asked for again.
    let soon = now + RENEW_BEFORE;
    let orders: Vec<_> = view.live_notices(soon)?.iter().map(in_force).collect();
    let key = ProposalKey {
        river: about.to_owned(),
        level,
        judgement: None,
    };
    if is_covered(&key, &all, &orders) {
        return Ok(Some(format!(
            "これらの地区には、すでに{level}かそれより高いものが発令中です"
        )));
    }
    Ok(less_than_advised(app, about, &all, level))
}

/// Said where an order asks less than the system recommends; nothing where it does not.
fn less_than_advised(
    app: &App,
    about: &str,
    units: &BTreeSet<String>,
    level: OrderLevel,
) -> Option<String> {
    let picture = app.picture();
    let names = judgement::advised_higher(about, level, units, &around(app, &picture));
    (!names.is_empty()).then(|| {
        format!(
            "次の地区には、{level}より高いレベルが推奨されています: {}。その推奨から判断してください",
            names.join("、")
        )
    })
}

/// Said where a text asks less of districts than the system recommends for them, and no officer has that recommendation before them:
/// all districts of an own judgement, and those that were added to a recommendation.
pub(super) fn asks_less(
    app: &App,
    answers: &Proposal,
    units: &BTreeSet<&str>,
    level: OrderLevel,
) -> Option<String> {
    let asked = |id: &str| answers.districts.iter().any(|one| one.id == id);
    let unread: BTreeSet<String> = units
        .iter()
        .filter(|id| answers.judgement.is_some() || !asked(id))
        .map(|id| (*id).to_owned())
        .collect();
    less_than_advised(app, &answers.key.river, &unread, level)
}

/// The picture as judgements are looked at beside.
#[must_use]
pub fn around<'a>(app: &'a App, picture: &'a Picture) -> Around<'a> {
    let advice = &picture.advice;
    Around {
        outlook: &advice.outlook,
        told: &advice.told,
        recommendations: &advice.recommendations,
        unknown: &advice.core.unknown,
        wet: &advice.refuge.wet,
        town: app.town(),
        core: &app.reference.core,
    }
}

/// A proposal with the districts that an officer wants instead.
pub(super) fn edited(app: &App, picture: &Picture, of: &Proposal, edit: &Edit) -> Proposal {
    let asked: BTreeSet<&str> = of.districts.iter().map(|one| one.id.as_str()).collect();
    let wanted = edit.units.as_ref();
    match wanted.filter(|units| units.iter().map(String::as_str).collect::<BTreeSet<_>>() != asked)
    {
        Some(units) => {
            let units = units.iter().cloned().collect();
            judgement::with_units(of, &units, &around(app, picture))
        }
        None => of.clone(),
    }
}

/// Whether an edit names districts of the town, each once, and a time within the limits.
pub(super) fn sound(app: &App, edit: &Edit) -> Result<(), Declined> {
    if let Some(units) = &edit.units {
        in_the_towns_order(app, units)?;
    }
    within(app, edit.valid_h)
}

/// How long an order of this judgement was meant to hold.
pub(super) fn wanted_h(of: &Proposal) -> Option<u32> {
    of.judgement.as_ref()?.valid_h
}

/// Whether this officer asked for it of their own accord.
pub(crate) fn is_author(of: &Proposal, officer: &Officer) -> bool {
    of.judgement
        .as_ref()
        .is_some_and(|judgement| judgement.by == officer.name)
}

/// Who stated what this text puts into force, where an officer did. To cancel what was wrong is nobody's judgement.
pub(super) fn stated_by(
    view: &View<'_>,
    draft: &StoredDraft,
) -> Result<Option<String>, StoreError> {
    if draft.notice.content().facts().kind != Kind::Issue {
        return Ok(None);
    }
    view.stated_by(draft.notice.id().as_str())
}

/// What was asked, for the record of what was made of it.
pub(super) fn asked(of: &Proposal) -> Value {
    json!({
        "level": of.key.level,
        "districts": of.districts.iter().map(|one| &one.id).collect::<Vec<_>>(),
        "by": of.judgement.as_ref().map_or("system", |judgement| judgement.by.as_str()),
    })
}

fn judged(
    app: &App,
    officer: &Officer,
    stated: &Stated<'_>,
    now: Timestamp,
) -> Result<Judgement, Declined> {
    let words = checked_reason(stated.words)?;
    let about = stated.about.trim();
    let known = cause::all(app.town());
    if !known.iter().any(|(ja, _)| ja == about) {
        let known: Vec<&str> = known.iter().map(|(ja, _)| ja.as_str()).collect();
        return Err(Declined::Incomplete(format!(
            "何についての発令かを選んでください({})",
            known.join("、")
        )));
    }
    let ways = ways(about, stated.level);
    let way = match stated.way {
        None => ways.first().copied().unwrap_or(Mode::Leave),
        Some(way) if ways.contains(&way) => way,
        Some(way) => {
            let open: Vec<&str> = ways.iter().map(|way| way.japanese()).collect();
            return Err(Declined::Incomplete(format!(
                "{about}の{}では、避難のしかたに「{}」は選べません(選べるのは{})",
                stated.level,
                way.japanese(),
                open.join("、")
            )));
        }
    };
    within(app, stated.valid_h)?;
    Ok(Judgement {
        id: format!("o-{}", chance::unique().simple()),
        about: about.to_owned(),
        level: stated.level,
        units: in_the_towns_order(app, stated.units)?,
        way,
        words,
        valid_h: stated.valid_h,
        at: now,
        by: officer.name.clone(),
        display: officer.display.clone(),
    })
}

/// Districts of the town, each once, in its order.
fn in_the_towns_order(app: &App, units: &[String]) -> Result<Vec<String>, Declined> {
    let incomplete = |why: String| Err(Declined::Incomplete(why));
    if units.is_empty() {
        return incomplete("対象地区を選んでください".to_owned());
    }
    if units.len() > UNITS_MAX {
        return incomplete(format!(
            "対象地区は{UNITS_MAX}地区までです({}地区が選ばれています)",
            units.len()
        ));
    }
    let mut wanted = BTreeSet::new();
    for id in units {
        if app.town().district(id).is_none() {
            let id: String = id.chars().take(80).collect();
            return incomplete(format!("{id}: この町の地区ではありません"));
        }
        if !wanted.insert(id.as_str()) {
            return incomplete(format!("{id}が2回入っています"));
        }
    }
    let districts = app.town().districts.iter();
    let ids = districts.map(|district| &district.id);
    Ok(ids
        .filter(|id| wanted.contains(id.as_str()))
        .cloned()
        .collect())
}

fn within(app: &App, valid_h: Option<u32>) -> Result<(), Declined> {
    let most = app.config.publish.expires_max_h;
    match valid_h {
        Some(hours) if !(1..=most).contains(&hours) => Err(Declined::Incomplete(format!(
            "有効期間は1〜{most}時間です({hours}時間は選べません)"
        ))),
        _ => Ok(()),
    }
}

/// How long a text holds, hours; nothing where that is as the town has it.
#[must_use]
pub fn other_hours(app: &App, draft: &StoredDraft) -> Option<u32> {
    let facts = draft.notice.content().facts();
    let usual = SignedDuration::from_hours(i64::from(app.config.publish.expires_after_h));
    let holds = facts.expires.duration_since(facts.sent);
    (facts.kind == Kind::Issue && holds != usual)
        .then(|| u32::try_from(holds.as_hours()).ok())
        .flatten()
}
