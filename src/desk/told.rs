//! What officers tell: reports of what people saw, and how the shelters are.

use hinan_recommend::{Report, ReportKind};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Declined, checked_reason, may};
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::recommend::told::{ShelterState, ShelterWord};
use crate::store::reports::NewReport;
use crate::store::told::REPORTS_MAX;

/// Characters of a source or a remark, at most.
pub const WORDS_MAX: usize = 300;
/// People in one shelter, at most.
pub const OCCUPANCY_MAX: u32 = 100_000;
/// What was so longer ago says nothing of now.
const SO_WITHIN: SignedDuration = SignedDuration::from_hours(12);
/// A report of longer ago belongs to another event.
const SEEN_WITHIN: SignedDuration = SignedDuration::from_hours(48);

/// Takes a report of what somebody saw. It counts for the advice at once, and stands until it is closed.
///
/// # Errors
/// [`Declined`]
pub fn report(app: &App, officer: &Officer, report: Report, words: &str) -> Result<i64, Declined> {
    may(officer, Act::Report)?;
    let now = app.clock.now();
    let town = app.town();
    let source = report.source.trim().to_owned();
    let words = words.trim().to_owned();
    let incomplete = |why: String| Err(Declined::Incomplete(why));
    if source.is_empty() || source.chars().count() > WORDS_MAX {
        return incomplete(format!(
            "情報の出どころ(水防団・消防・町会など)を1〜{WORDS_MAX}字で書いてください"
        ));
    }
    if words.chars().count() > WORDS_MAX {
        return incomplete(format!("補足は{WORDS_MAX}字までです"));
    }
    if report.at > now || now.duration_since(report.at) > SEEN_WITHIN {
        return incomplete("見た時刻は、いまから48時間前までです".to_owned());
    }
    if let Some(river) = &report.river
        && !town.rivers.iter().any(|known| known.name == *river)
    {
        return incomplete(format!("{river}: この町の川の名前ではありません"));
    }
    if let Some(unit) = report
        .units
        .iter()
        .find(|unit| town.district(unit.as_str()).is_none())
    {
        return incomplete(format!("{unit}: この町の地区ではありません"));
    }
    // A breach somewhere unnamed would be a breach everywhere.
    let grave = !matches!(
        report.kind,
        ReportKind::SeepageSlight | ReportKind::RoadClosed
    );
    if grave && report.river.is_none() && report.units.is_empty() {
        return incomplete("川か地区を選んでください".to_owned());
    }
    let new = NewReport {
        report: Report { source, ..report },
        words,
        reported_at: now,
        by: officer.name.clone(),
    };
    let id = app.store.write(|tx| {
        if tx.view().open_reports(REPORTS_MAX)?.len() >= REPORTS_MAX as usize {
            return Ok(Err(Declined::Incomplete(format!(
                "閉じていない報告が{REPORTS_MAX}件あります。済んだものを閉じてください"
            ))));
        }
        let id = tx.put_report(&new)?;
        let detail = json!({ "kind": new.report.kind.code(), "river": new.report.river, "units": new.report.units,
            "source": new.report.source, "words": new.words, "seen_at": new.report.at });
        tx.audit(now, &officer.name, "report_taken", &format!("report-{id}"), &detail)?;
        Ok(Ok(id))
    })??;
    app.told.notify_one();
    Ok(id)
}

/// Closes a report, with a reason.
///
/// # Errors
/// [`Declined`]
pub fn close_report(app: &App, officer: &Officer, id: i64, because: &str) -> Result<(), Declined> {
    may(officer, Act::Report)?;
    let because = checked_reason(because)?;
    let now = app.clock.now();
    app.store.write(|tx| {
        if !tx.close_report(id, now, &officer.name, &because)? {
            return Ok(Err(Declined::NoLongerOpen(
                "この報告は、ないか、すでに閉じられています".to_owned(),
            )));
        }
        let detail = json!({ "reason": because });
        tx.audit(
            now,
            &officer.name,
            "report_closed",
            &format!("report-{id}"),
            &detail,
        )?;
        Ok(Ok(()))
    })??;
    app.told.notify_one();
    Ok(())
}

/// What the shelter desk says of a shelter.
#[derive(Clone, Copy, Debug)]
pub struct ShelterSaid<'a> {
    /// Whether it receives people.
    pub state: ShelterState,
    /// People inside; nothing = not counted.
    pub occupancy: Option<u32>,
    /// People it takes, where the desk says so.
    pub places: Option<u32>,
    /// When it was so; nothing = now.
    pub at: Option<Timestamp>,
    /// A remark.
    pub note: &'a str,
}

/// Takes it.
///
/// # Errors
/// [`Declined`]
pub fn shelter(
    app: &App,
    officer: &Officer,
    shelter: &str,
    said: ShelterSaid<'_>,
) -> Result<(), Declined> {
    may(officer, Act::Shelters)?;
    let ShelterSaid {
        state,
        occupancy,
        places,
        ..
    } = said;
    let note = said.note.trim();
    if app.town().shelter(shelter).is_none() {
        return Err(Declined::Unknown("避難所"));
    }
    if occupancy.is_some_and(|people| people > OCCUPANCY_MAX) {
        return Err(Declined::Incomplete(format!(
            "人数は0〜{OCCUPANCY_MAX}人です"
        )));
    }
    if places.is_some_and(|places| places == 0 || places > OCCUPANCY_MAX) {
        return Err(Declined::Incomplete(format!(
            "収容人数は1〜{OCCUPANCY_MAX}人です"
        )));
    }
    if note.chars().count() > WORDS_MAX {
        return Err(Declined::Incomplete(format!("補足は{WORDS_MAX}字までです")));
    }
    let now = app.clock.now();
    let at = said.at.unwrap_or(now);
    if at > now || now.duration_since(at) > SO_WITHIN {
        return Err(Declined::Incomplete(
            "その状況だった時刻は、いまから12時間前までです".to_owned(),
        ));
    }
    let word = ShelterWord {
        state,
        occupancy,
        places,
        at,
        by: officer.name.clone(),
        note: note.to_owned(),
    };
    app.store.write(|tx| {
        // A word that comes late takes nothing back that was said of a later time.
        let known = tx.view().shelter_words()?.remove(shelter);
        if let Some(known) = known.filter(|known| known.at > at) {
            return Ok(Err(Declined::NoLongerOpen(format!(
                "{}の時点の記録があります。それより前の状況は記録できません",
                crate::clock::spoken(known.at)
            ))));
        }
        tx.put_shelter_word(shelter, &word)?;
        let detail = json!({ "state": state, "occupancy": occupancy, "places": places, "note": note, "at": at });
        tx.audit(now, &officer.name, "shelter_told", shelter, &detail)
            .map(|_| Ok(()))
    })??;
    app.told.notify_one();
    Ok(())
}
