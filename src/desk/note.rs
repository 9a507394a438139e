//! What officers write down beside decisions: notes of calls and patrols, signatures at a change of shift, alarms that somebody
//! has heard. Each is an entry of the audit and nothing else.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{Declined, checked_reason, may};
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::clock::{spoken, spoken_en};
use crate::digest::Digest;
use crate::store::audit::Entry;
use crate::store::particulars::{UNREADABLE, UNREADABLE_EN};
use crate::store::{StoreError, View};

/// Where a note may come from.
pub const SOURCES: [&str; 4] = ["phone", "patrol", "radio", "other"];
/// The sides of a change of shift.
pub const SIDES: [&str; 2] = ["leaving", "arriving"];
/// Words of the entries.
const NOTE: &str = "note";
const SIGNED: &str = "handover_signed";
/// Signatures that are told, and looked through before another is taken.
const SIGNATURES_TOLD: u32 = 20;
const MUTED: &str = "alarm_muted";
pub(crate) const HEARD: &str = "alarm_acknowledged";
/// How long the sound may rest, minutes.
pub const MUTED_MIN: u32 = 10;
/// Under this subject it is found who set the sound still.
const ALARMS: &str = "alarms";
/// Under this subject notes are found.
const NOTES: &str = "notes";
/// Under this subject signatures are found.
const HANDOVERS: &str = "handover";

/// Writes a note (電話メモ). The number of its entry.
///
/// # Errors
/// [`Declined`]
pub fn write(app: &App, officer: &Officer, from: &str, words: &str) -> Result<i64, Declined> {
    may(officer, Act::Acknowledge)?;
    let words = checked_reason(words)?;
    if !SOURCES.contains(&from) {
        return Err(Declined::Incomplete(
            "どこからの情報かを選んでください".to_owned(),
        ));
    }
    let detail = json!({ "from": from, "words": words });
    entry(app, officer, NOTE, NOTES, &detail)
}

/// Signs a change of shift, having read what has this digest; `holds` says what it is now. One account cannot sign both sides of the
/// same page.
///
/// # Errors
/// [`Declined`]
pub fn sign(
    app: &App,
    officer: &Officer,
    side: &str,
    read: &Digest,
    holds: impl FnOnce(&View<'_>) -> Result<Digest, StoreError>,
) -> Result<i64, Declined> {
    may(officer, Act::Acknowledge)?;
    if !SIDES.contains(&side) {
        return Err(Declined::Incomplete(
            "引き継ぐ側か、引き継がれる側かを選んでください".to_owned(),
        ));
    }
    let now = app.clock.now();
    app.store.write(|tx| {
        let view = tx.view();
        if holds(&view)? != *read {
            return Ok(Err(Declined::Changed(
                "引き継ぎの内容が変わりました。読み直してから署名してください".to_owned(),
            )));
        }
        for entry in signatures(&view)? {
            if entry.actor != officer.name {
                continue;
            }
            match is_of_other_side(&entry, side, read) {
                Ok(false) => {}
                Ok(true) => {
                    return Ok(Err(Declined::NotAuthorised(
                        "同じ人が、引き継ぐ側と引き継がれる側の両方に署名することはできません"
                            .to_owned(),
                    )));
                }
                // One that cannot be read may have been the other side.
                Err(error) => {
                    tracing::error!(%error, officer = %officer.name, "a signature cannot be read; its officer cannot sign");
                    return Ok(Err(Declined::NotAuthorised(unreadable(&entry))));
                }
            }
        }
        let detail = json!({ "side": side, "read": read });
        tx.audit(now, &officer.name, SIGNED, HANDOVERS, &detail)
            .map(Ok)
    })?
}

/// Whether a signature is of the other side of what has this digest.
///
/// # Errors
/// The entry does not say what it must.
fn is_of_other_side(entry: &Entry, side: &str, read: &Digest) -> Result<bool, StoreError> {
    let signed = entry.particulars()?;
    Ok(signed.word("read")? == read.as_str() && signed.word("side")? != side)
}

/// Which signature stands in the way of its officer, why, and what to do.
fn unreadable(entry: &Entry) -> String {
    let Entry { seq, at, actor, .. } = entry;
    format!(
        "{actor}が{}にした引き継ぎの署名(監査記録の{seq}番)は、{UNREADABLE}。引き継ぐ側と引き継がれる側のどちらだったか分からないため、\
         その後の署名が{SIGNATURES_TOLD}件になるまで{actor}は署名できません。ほかの職員が署名し、管理者に監査記録の検証を頼んでください / \
         The handover signature of {actor} at {} (audit entry {seq}): {UNREADABLE_EN}. It may be of the other side of this page, so \
         {actor} cannot sign until {SIGNATURES_TOLD} newer ones stand there. Let another officer sign, and ask an administrator to verify the audit",
        spoken(*at),
        spoken_en(*at)
    )
}

/// Says that an alarm was heard. The number of its entry.
///
/// # Errors
/// [`Declined`]
pub fn hear(app: &App, officer: &Officer, key: &str) -> Result<i64, Declined> {
    may(officer, Act::Acknowledge)?;
    entry(app, officer, HEARD, key, &json!({}))
}

/// Who wanted no sound, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Muted {
    /// Account name.
    pub by: String,
    /// Until when.
    pub until: Timestamp,
}

/// Sets the sound of all consoles still for [`MUTED_MIN`] minutes of the officers, under a name. What calls goes on calling by sight.
///
/// # Errors
/// [`Declined`]
pub fn mute(app: &App, officer: &Officer) -> Result<Muted, Declined> {
    may(officer, Act::Acknowledge)?;
    let still_s = f64::from(MUTED_MIN) * 60.0 * app.clock.speed();
    let still = SignedDuration::try_from_secs_f64(still_s).unwrap_or(SignedDuration::MAX);
    let now = app.clock.now();
    let until = now.saturating_add(still).unwrap_or(now);
    let detail = json!({ "minutes": MUTED_MIN, "until": until });
    entry(app, officer, MUTED, ALARMS, &detail)?;
    Ok(Muted {
        by: officer.name.clone(),
        until,
    })
}

/// Whether the sound rests at `now`.
///
/// # Errors
/// The record's.
pub fn muted(view: &View<'_>, now: Timestamp) -> Result<Option<Muted>, StoreError> {
    let Some(last) = view.last_of(ALARMS, [MUTED; 2], 1)?.pop() else {
        return Ok(None);
    };
    // A word that cannot be read sets nothing still: rather a sound too many.
    let until = last.particulars().and_then(|detail| {
        let until = detail.word("until")?;
        Ok(until.parse::<Timestamp>().ok())
    });
    let until = until.unwrap_or_else(|error| {
        tracing::error!(%error, "until when the sound rests cannot be read; it does not rest");
        None
    });
    Ok(until.filter(|until| *until > now).map(|until| Muted {
        by: last.actor,
        until,
    }))
}

/// The last signatures, oldest first.
///
/// # Errors
/// The record's.
pub fn signatures(view: &View<'_>) -> Result<Vec<Entry>, StoreError> {
    view.last_of(HANDOVERS, [SIGNED; 2], SIGNATURES_TOLD)
}

/// The last notes, oldest first.
///
/// # Errors
/// The record's.
pub fn notes(view: &View<'_>) -> Result<Vec<Entry>, StoreError> {
    view.last_of(NOTES, [NOTE; 2], 500)
}

fn entry(
    app: &App,
    officer: &Officer,
    action: &str,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<i64, Declined> {
    let now = app.clock.now();
    Ok(app
        .store
        .write(|tx| tx.audit(now, &officer.name, action, subject, detail))?)
}
