//! Entries of the record in English, for officers who read the console in it. The Japanese sentence is what stands in the pages and in the
//! export. What somebody wrote in their own words (notes, reasons) is not translated: a sentence says that it was given, a note has none.

use serde_json::Value;

use super::lines;
use crate::desk;
use crate::recommend::level::OrderLevel;
use crate::store::StoreError;
use crate::store::audit::Entry;
use crate::store::particulars::UNREADABLE_EN;

/// Who did it, where it was nobody with a name.
pub(super) fn actor(entry: &Entry) -> Option<&'static str> {
    match entry.actor.as_str() {
        "system" => Some("system"),
        "console" => Some("console of the machine"),
        _ => None,
    }
}

/// What somebody wanted to do.
fn act(code: &str) -> &str {
    match code {
        "decline" => "declining the recommendation",
        "defer" => "deferring the recommendation",
        "choose" => "the second person's choice",
        "withdraw" => "withdrawing the first approval",
        "review" => "reviewing the notice",
        "retry" => "trying a delivery again",
        "confirm_gate" => "confirming a condition of lifting",
        "withdraw_gate" => "withdrawing a confirmed condition of lifting",
        other => other,
    }
}

/// An entry in words; of one that is hidden, only that it happened; of one that cannot be read, that it cannot. Nothing where the entry
/// is somebody's own words, or is not known here.
pub(super) fn told(entry: &Entry, is_hidden: bool) -> Option<String> {
    let subject = &entry.subject;
    if is_hidden {
        return Some(match entry.action.as_str() {
            "text_shown" => {
                format!("Text shown {subject} (its content is kept back until the decision)")
            }
            "approve_refused" => {
                format!("Not approved {subject} (the reason is kept back until the decision)")
            }
            "first_approved" => format!("Approved as the first {subject}"),
            "first_withdrawn" => format!("First approval withdrawn {subject}"),
            _ => format!("Step about {subject} (kept back until the decision)"),
        });
    }
    // What cannot be read gets no English made up for it.
    said(entry).unwrap_or_else(|_| Some(format!("{} {subject}: {UNREADABLE_EN}", entry.action)))
}

/// # Errors
/// The entry does not say what it must.
fn said(entry: &Entry) -> Result<Option<String>, StoreError> {
    let subject = &entry.subject;
    let detail = entry.particulars()?;
    let level = || -> Result<String, StoreError> { Ok(level(detail.word("level")?)) };
    Ok(Some(match entry.action.as_str() {
        "proposed" => format!(
            "Recommended: {} ({} areas)",
            level()?,
            detail.figure("districts")?
        ),
        "judgement_attempt" => {
            format!(
                "Tried to ask for an order of their own accord: {}",
                level()?
            )
        }
        "judgement_stated" => format!(
            "Asked for an order of their own accord (no recommendation): {} ({} areas)",
            level()?,
            detail.figure("districts")?
        ),
        "judgement_refused" => "Own judgement not taken".to_owned(),
        "judgement_withdrawn" => format!("Own judgement withdrawn: {}", level()?),
        "superseded" => format!("Recommendation {subject} replaced by a newer one"),
        "expired" => format!("Recommendation {subject} expired"),
        "seen" => format!("Recommendation {subject} seen"),
        "passed_on" if detail.all["waits_for"] == "second" => format!(
            "Text {subject}, which waits for its second person, passed on (step {})",
            detail.figure("step")?
        ),
        "passed_on" => format!(
            "Recommendation {subject} passed on (step {})",
            detail.figure("step")?
        ),
        "deferred" => format!(
            "Recommendation {subject} deferred for {} min",
            detail.figure("minutes")?
        ),
        "declined" => format!("Recommendation declined: {}", level()?),
        "text_shown" => format!("Text shown {subject}"),
        "first_approved" => format!("Approved as the first {subject}"),
        "first_withdrawn" => format!("First approval withdrawn {subject}"),
        "second_agrees" => format!("The second person thinks the same {subject}"),
        "second_differs" => format!("The two persons differ {subject}; nothing was issued"),
        "approve_refused" => format!("Not approved {subject}"),
        desk::ATTEMPTED => format!("Step: {} {subject}", act(detail.word("act")?)),
        desk::ACT_REFUSED => format!("Refused: {} {subject}", act(detail.word("act")?)),
        desk::attention::OPENED => format!("Recommendation {subject} opened"),
        "approved" if detail.all["flagged"] == true => {
            format!("Issued alone {} {subject}", level()?)
        }
        "approved" => format!("Approved {} {subject}", level()?),
        "reviewed" if detail.all["agrees"] == true => {
            format!("Notice {subject} reviewed: no objection")
        }
        "reviewed" => format!("Notice {subject} reviewed: objection"),
        "prepared_beforehand" => format!("Correction and cancellation drafted {subject}"),
        "delivered" => format!("Delivered {subject} to {}", detail.word("channel")?),
        "delivery_given_up" => {
            format!("Delivery given up {subject} to {}", detail.word("channel")?)
        }
        "delivery_cut_off" => format!("Delivery cut off {subject} to {}", detail.word("channel")?),
        "delivery_retry_asked" => format!(
            "Delivery to be tried again {subject} to {}",
            detail.word("channel")?
        ),
        "delivery_ordered_again" => format!(
            "Given-up delivery ordered once more {subject} to {}",
            detail.word("channel")?
        ),
        "retained_cleared" => format!("Expired {subject} cleared from the broker"),
        "handover_signed" if detail.word("side")? == "leaving" => {
            "Handover signed (handing over)".to_owned()
        }
        "handover_signed" => "Handover signed (taking over)".to_owned(),
        "alarm_muted" => format!("Alarm sound stopped for {} min", detail.figure("minutes")?),
        "alarm_acknowledged" => format!("Alarm acknowledged {subject}"),
        "signed_in" => "Signed in".to_owned(),
        "signed_out" => "Signed out".to_owned(),
        "sign_in_refused" if detail.all["code"] == "used before" => {
            format!("Sign-in of {subject} refused: the code had been used")
        }
        "sign_in_refused" => "Sign-in refused".to_owned(),
        "sessions_ended" => format!(
            "Other sessions of one's own ended: {}",
            detail.figure("count")?
        ),
        "service_started" => "Service started".to_owned(),
        "approval_rules" => "Approval rules changed".to_owned(),
        "criteria" if detail.all["changes"].is_null() => "Criteria noted".to_owned(),
        "criteria" => "Criteria changed".to_owned(),
        "settings" if detail.all["before"].is_null() => {
            "Settings of recommendations noted".to_owned()
        }
        "settings" => "Settings of recommendations changed".to_owned(),
        "report_taken" => format!("Report from outside {subject} taken"),
        "report_closed" => format!("Report from outside {subject} closed"),
        "lift_gate_confirmed" => "Condition of a lifting confirmed".to_owned(),
        "lift_gate_withdrawn" => "Confirmation of a condition of a lifting withdrawn".to_owned(),
        "evening_briefing" => format!("Outlook of {}:00 given", detail.figure("hour")?),
        "shelter_told" => format!("Shelter {subject} reported"),
        "authority_granted" => format!("Authority to issue registered for {subject}"),
        "authority_revoked" => format!("Authority to issue of {subject} revoked"),
        "officer_added" => format!("Account {subject} registered"),
        "officer_changed" => format!("Name, office or role of {subject} changed"),
        "second_factor_added" => format!("Second factor of {subject} registered"),
        "second_factor_reset" => format!("Second factor of {subject} removed"),
        "password_reset" => format!("Password of {subject} changed"),
        "password_changed" => "Own password changed".to_owned(),
        "subject_bound" => format!("{subject} bound to single sign-on"),
        "subject_unbound" => format!("{subject} no longer bound to single sign-on"),
        "passkey_added" => "Passkey registered".to_owned(),
        "passkey_removed" => "Passkey removed".to_owned(),
        "recovery_asked" => format!("New key asked for {subject}"),
        "audit_key" => "Signing key of the audit registered".to_owned(),
        "device_enrolled" => format!("Device {subject} enrolled"),
        "device_rotated" => format!("Secret of device {subject} renewed"),
        "device_out_of_use" => format!("Device {subject} put out of use"),
        "device_in_use" => format!("Device {subject} put back into use"),
        "device_revoked" => format!("Device {subject} revoked"),
        "device_excess" => format!(
            "Device {subject} cut off: it sent too much for {} s",
            detail.figure("for_s")?
        ),
        "model_approved" => format!("Forecast model {subject} approved"),
        "model_withdrawn" => format!("Approval of forecast model {subject} withdrawn"),
        "models_in_use" => format!("Forecast models in use: {}", detail.how_many("files")?),
        _ => return Ok(None),
    }))
}

/// An order's stored word in English.
fn level(word: &str) -> String {
    serde_json::from_value::<OrderLevel>(Value::String(word.to_owned()))
        .map_or_else(|_| word.to_owned(), lines::level_en)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(action: &str, detail: &str) -> Entry {
        Entry {
            at: "2016-08-30T12:00:00Z".parse().expect("a time"),
            ..Entry::example(action, detail)
        }
    }

    #[test]
    fn what_somebody_wrote_is_not_told_as_if_it_were_english() {
        let declined = entry(
            "declined",
            r#"{"level":"evacuation_order","reason":"巡視の報告"}"#,
        );
        let said = told(&declined, false).expect("it has English");
        assert_eq!(said, "Recommendation declined: Level 4 Evacuation Order");
        assert_eq!(told(&entry("note", r#"{"words":"堤防に水"}"#), false), None);
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_so_and_has_no_empty_figure_or_name() {
        let ended = entry("sessions_ended", r#"{"count":2}"#);
        let said = told(&ended, false).expect("it has English");
        assert_eq!(said, "Other sessions of one's own ended: 2");
        for (action, detail) in [
            ("sessions_ended", "{"),
            ("sessions_ended", "{}"),
            ("proposed", r#"{"level":"evacuation_order"}"#),
            ("declined", r#"{"reason":"巡視の報告"}"#),
            ("delivered", "null"),
            ("models_in_use", r#"{"files":3}"#),
            ("handover_signed", "{}"),
        ] {
            let said = told(&entry(action, detail), false).expect("it is said");
            assert_eq!(said, format!("{action} r-1: {UNREADABLE_EN}"), "{detail}");
        }
    }

    #[test]
    fn what_is_hidden_in_japanese_is_hidden_in_english() {
        let approved = entry("first_approved", r#"{"reason":"巡視の報告"}"#);
        assert_eq!(
            told(&approved, true).as_deref(),
            Some("Approved as the first r-1")
        );
        let step = told(&entry("alone_attempt", "{}"), true).expect("it happened");
        assert!(step.contains("kept back"), "{step}");
    }
}
