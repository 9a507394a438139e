//! Attention: who has seen what, who must be told when nobody has, and the second look at what one person let out.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::defer::{self, Deferred};
use super::{Declined, checked_reason, may, on_record, strong};
use crate::app::App;
use crate::approve::authority::Grant;
use crate::approve::officer::{Act, Officer};
use crate::store::approvals::Review;
use crate::store::audit::Entry;
use crate::store::particulars::UNREADABLE;
use crate::store::recoveries::Lost;
use crate::store::{StoreError, View};

/// The word of an entry that something was passed on to the next.
const PASSED_ON: &str = "passed_on";
/// The word of an entry that somebody has seen something.
pub(super) const SEEN: &str = "seen";
/// The word of the entry that somebody has had a recommendation on screen.
pub(crate) const OPENED: &str = "opened";

/// How much of an officer's attention a recommendation has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attention {
    /// Nobody's, since it was made, or since it came back after it was put off.
    Nobodys {
        /// When it came back; nothing when it was never put off.
        back_since: Option<Timestamp>,
    },
    /// Somebody has seen it.
    Seen {
        /// Account name.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// Somebody put it off.
    PutOff(Deferred),
}

/// Whose attention a recommendation has at `now`: the last word counts. What was put off comes back when its time is over, whoever
/// had seen it before.
///
/// # Errors
/// The record's.
pub fn of(view: &View<'_>, proposal_id: &str, now: Timestamp) -> Result<Attention, StoreError> {
    let last = view.last_of(proposal_id, [SEEN, defer::DEFERRED], 1)?.pop();
    let Some(last) = last else {
        return Ok(Attention::Nobodys { back_since: None });
    };
    if last.action == SEEN {
        return Ok(Attention::Seen {
            by: last.actor,
            at: last.at,
        });
    }
    let put_off = defer::read(&last)?;
    Ok(if put_off.until > now {
        Attention::PutOff(put_off)
    } else {
        Attention::Nobodys {
            back_since: Some(put_off.until),
        }
    })
}

/// "I have seen this" (確認): stops the passing on, and starts nothing else.
///
/// # Errors
/// [`Declined`]
pub fn acknowledge(app: &App, officer: &Officer, proposal_id: &str) -> Result<(), Declined> {
    may(officer, Act::Acknowledge)?;
    let now = app.clock.now();
    app.store.write(|tx| {
        if tx.view().proposal(proposal_id)?.is_none() {
            return Ok(Err(Declined::Unknown("推奨")));
        }
        let first = tx.put_seen(proposal_id, &officer.name, now)?;
        // What came back after it was put off is seen anew.
        if first || !matches!(of(&tx.view(), proposal_id, now)?, Attention::Seen { .. }) {
            tx.audit(now, &officer.name, SEEN, proposal_id, &json!({}))?;
        }
        Ok(Ok(()))
    })?
}

/// An officer has a recommendation open. Noted once for each officer: who had read it, and when first, is part of how it was decided
///
///
/// # Errors
/// The record's.
pub fn opened(app: &App, officer: &Officer, proposal_id: &str) -> Result<(), StoreError> {
    let known = |view: &View<'_>| -> Result<bool, StoreError> {
        let all = view.last_of(proposal_id, [OPENED; 2], 1000)?;
        Ok(all.iter().any(|entry| entry.actor == officer.name))
    };
    if app.store.read(|view| known(view))? {
        return Ok(());
    }
    let now = app.clock.now();
    app.store.write(|tx| {
        if known(&tx.view())? {
            return Ok(());
        }
        let detail = super::rests_on(app, &tx.view(), Some(proposal_id))?;
        tx.audit(now, &officer.name, OPENED, proposal_id, &detail)
            .map(drop)
    })
}

/// The second look at a notice that one person let out.
///
/// # Errors
/// [`Declined`]
pub fn review(
    app: &App,
    officer: &Officer,
    notice_id: &str,
    agrees: bool,
    words: &str,
) -> Result<(), Declined> {
    on_record(app, officer, "review", notice_id, || {
        may(officer, Act::LetOut)?;
        strong(app, officer)?;
        let words = if agrees && words.trim().is_empty() {
            "異議なし".to_owned()
        } else {
            checked_reason(words)?
        };
        let now = app.clock.now();
        app.store.write(|tx| {
            let Some(notice) = tx.view().notice(notice_id)? else {
                return Ok(Err(Declined::Unknown("発表")));
            };
            if notice.state().by() == officer.name {
                let why = "自分で承認した発表は、別の承認者が確かめます".to_owned();
                return Ok(Err(Declined::NotAuthorised(why)));
            }
            let review = Review {
                officer: officer.name.clone(),
                agrees,
                words,
                at: now,
            };
            if !tx.put_review(notice_id, &review)? {
                let why = "この発表は、すでに確かめられています".to_owned();
                return Ok(Err(Declined::NoLongerOpen(why)));
            }
            let detail = json!({ "agrees": agrees, "words": review.words });
            tx.audit(now, &officer.name, "reviewed", notice_id, &detail)?;
            Ok(Ok(()))
        })?
    })
}

/// How many times an item should have been passed on by now: one for each of `after_s` that has passed, in officers'
/// time.
#[must_use]
pub fn steps_due(opened: Timestamp, now: Timestamp, speed: f64, after_s: &[u32]) -> u32 {
    let waited_s = now.duration_since(opened).as_secs_f64() / speed;
    let due = after_s
        .iter()
        .filter(|after| waited_s >= f64::from(**after));
    u32::try_from(due.count()).unwrap_or(u32::MAX)
}

/// Passes on what nobody has seen, and what waits for its second person, to the next in the order of succession. Says how many were.
///
/// # Errors
/// The record's.
pub fn pass_on(app: &App) -> Result<usize, StoreError> {
    Ok(pass_on_unseen(app)? + pass_on_waiting(app)?)
}

/// How many times a text that waits for its second person was passed on, and what the last entry says of it.
fn passed_on(view: &View<'_>, draft_id: &str) -> Result<(u32, Option<Entry>), StoreError> {
    let mut all = view.last_of(draft_id, [PASSED_ON; 2], 100)?;
    let times = u32::try_from(all.len()).unwrap_or(u32::MAX);
    Ok((times, all.pop()))
}

/// Everybody whose authority holds now, in the order of succession, without `but`.
fn chain<'g>(grants: &'g [Grant], now: Timestamp, but: &str) -> Vec<&'g str> {
    let mut chain: Vec<&str> = Vec::new();
    for grant in grants.iter().filter(|g| (g.from..g.until).contains(&now)) {
        if grant.officer != but && !chain.contains(&grant.officer.as_str()) {
            chain.push(&grant.officer);
        }
    }
    chain
}

/// The one who is asked at this step, the last of the chain for good; nobody where nobody is registered.
fn asked<'g>(chain: &[&'g str], step: u32) -> &'g str {
    let place = usize::try_from(step)
        .unwrap_or(usize::MAX)
        .saturating_sub(1);
    chain.get(place).or(chain.last()).copied().unwrap_or("")
}

fn pass_on_waiting(app: &App) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let after_s = &app.config.approve.escalate_after_s;
    let due = app.store.read(|view| {
        let mut due = Vec::new();
        for waiting in view.waiting_for_second()? {
            let first = waiting.notice.state();
            let id = waiting.draft.notice.id().to_string();
            let (done, _) = passed_on(view, &id)?;
            if done < steps_due(first.at(), now, app.clock.speed(), after_s) {
                due.push((id, done + 1, first.by().to_owned()));
            }
        }
        Ok(due)
    })?;
    for (draft, step, first) in &due {
        app.store.write(|tx| {
            let grants = tx.view().grants()?;
            let to = asked(&chain(&grants, now, first), *step);
            let detail = json!({ "step": step, "to": to, "waits_for": "second" });
            tx.audit(now, "system", PASSED_ON, draft, &detail).map(drop)
        })?;
        metrics::counter!("hinan_escalations_total").increment(1);
        tracing::warn!(
            draft,
            step,
            "a text waits for its second person; it was passed on"
        );
    }
    Ok(due.len())
}

fn pass_on_unseen(app: &App) -> Result<usize, StoreError> {
    let now = app.clock.now();
    let after_s = &app.config.approve.escalate_after_s;
    let due = app.store.read(|view| {
        let mut due = Vec::new();
        for stored in view.open_proposals()? {
            let Attention::Nobodys { back_since } = of(view, &stored.id, now)? else {
                continue;
            };
            let (done, _) = view.escalated(&stored.id)?;
            let since = back_since.unwrap_or(stored.first_at);
            let steps = steps_due(since, now, app.clock.speed(), after_s);
            if done < steps {
                due.push((stored.id, done + 1));
            }
        }
        Ok(due)
    })?;
    for (proposal, step) in &due {
        app.store.write(|tx| {
            let grants = tx.view().grants()?;
            let to = asked(&chain(&grants, now, ""), *step);
            tx.put_escalation(proposal, *step, to, now)?;
            tx.audit(
                now,
                "system",
                PASSED_ON,
                proposal,
                &json!({ "step": step, "to": to }),
            )?;
            Ok(())
        })?;
        metrics::counter!("hinan_escalations_total").increment(1);
        tracing::warn!(
            proposal,
            step,
            "nobody has seen a recommendation; it was passed on"
        );
    }
    Ok(due.len())
}

/// Sentences about what waits for whom, for the top of every page.
///
/// # Errors
/// The record's.
pub fn standing(app: &App, officer: &Officer) -> Result<Vec<String>, StoreError> {
    let now = app.clock.now();
    let real = |at: Timestamp| now.duration_since(at).as_secs_f64() / app.clock.speed();
    let day = SignedDuration::from_hours(24);
    app.store.read(|view| {
        let name = |account: &str| -> Result<String, StoreError> {
            Ok(view
                .officer(account)?
                .map_or_else(|| account.to_owned(), |(officer, _)| officer.display))
        };
        let mut lines = Vec::new();
        if let Some(entry) = view.accusation()? {
            lines.push(format!(
                "この記録に、ほかのプログラムが書き込んだ跡があります(監査 {}番)。承認された内容と違うものは送られません。すぐ管理者へ連絡してください。",
                entry.seq
            ));
        }
        for waiting in view.waiting_for_second()? {
            let by = waiting.notice.state().by();
            if by == officer.name {
                lines.push("あなたの承認は、2人目を待っています。「判断待ち」から確かめられます。".to_owned());
            } else {
                let asked = match passed_on(view, waiting.draft.notice.id().as_str())? {
                    (_, None) => String::new(),
                    (step, Some(last)) => {
                        let to = last
                            .particulars()
                            .and_then(|detail| Ok(detail.word("to")?.to_owned()));
                        let to = match to.as_deref() {
                            Ok("") => "次の順位の登録がありません".to_owned(),
                            Ok(to) => name(to)?,
                            Err(_) => UNREADABLE.to_owned(),
                        };
                        format!("({step}回目の引き継ぎ先: {to})")
                    }
                };
                lines.push(format!(
                    "{}が1人目として承認し、2人目の承認を待っています{asked}。「判断待ち」から開いてください。",
                    name(by)?
                ));
            }
        }
        for (_, by, at) in view.reviews_due(now - day)? {
            let minutes = real(at) / 60.0;
            let late = minutes > f64::from(app.config.approve.review_within_min);
            let by = name(&by)?;
            lines.push(if late {
                format!("{by}が1人で発表した情報を、まだだれも確かめていません(期限を過ぎています)。「発表」から開いてください。")
            } else {
                format!("{by}が1人で発表しました。別の承認者が確かめてください。「発表」から開いてください。")
            });
        }
        // Whoever gave a key back could hold it: everybody reads of it for a day.
        for one in view.recoveries_done(crate::clock::wall() - day)? {
            let of = name(&one.officer)?;
            let by = one.done_by.as_deref().unwrap_or_default();
            let by = if by == "console" { "コンソール".to_owned() } else { name(by)? };
            let done = match one.what {
                Lost::Binding => format!("{of}のアカウントが、24時間以内にシングルサインオンに結び付けられました({by})。"),
                lost => format!("{of}の{}が、24時間以内に再発行されました({by})。", lost.spoken()),
            };
            lines.push(format!("{done}心当たりがなければ、すぐ管理者へ連絡してください。"));
        }
        lines.extend(super::own_account::told(view, officer, now)?);
        for stored in view.open_proposals()? {
            let (step, to) = view.escalated(&stored.id)?;
            if step > 0 && matches!(of(view, &stored.id, now)?, Attention::Nobodys { .. }) {
                let to = match to.as_deref() {
                    None | Some("") => "(次の順位の登録がありません)".to_owned(),
                    Some(to) => name(to)?,
                };
                lines.push(format!(
                    "{} {}の{}を、まだだれも確認していません({step}回目の引き継ぎ先: {to})。",
                    stored.proposal.key.river,
                    stored.proposal.key.level,
                    stored.proposal.called()
                ));
            }
        }
        Ok(lines)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_passed_on_once_for_each_waiting_time_and_a_replayed_minute_is_still_a_minute() {
        let opened: Timestamp = "2016-08-30T18:05:00Z".parse().expect("a time");
        let after = [60, 180, 300];
        let at = |seconds: i64, speed| {
            steps_due(
                opened,
                opened + SignedDuration::from_secs(seconds),
                speed,
                &after,
            )
        };
        assert_eq!(
            [59, 60, 179, 180, 299, 300, 9999].map(|s| at(s, 1.0)),
            [0, 1, 1, 2, 2, 3, 3]
        );
        assert_eq!(at(60 * 60, 60.0), 1);
    }
}
