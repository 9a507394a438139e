//! Official information on its way through the service: from bytes to what is kept beside them and what holds.

use std::collections::BTreeSet;

use hinan_sensors::official::lanes::Ahead;
use hinan_sensors::official::{
    External, ExternalView, Lanes, Live, OfficialMessage, Outcome, View,
};
use jiff::Timestamp;
use serde_json::Value;

use crate::store::official::Label;

/// What a message is to the service.
pub enum Kind {
    /// It is meant, and speaks for an agency.
    Information(Label),
    /// 訓練 or 試験: it goes to a record of its own and nowhere else.
    Drill,
}

/// Looks at a message without believing it yet.
#[must_use]
pub fn kind(message: &OfficialMessage) -> Kind {
    match message {
        OfficialMessage::Telegram(telegram) => {
            let envelope = &telegram.envelope;
            Kind::Information(Label {
                kind: envelope.telegram_type.clone(),
                office: envelope.office.clone(),
                title: envelope.title.clone(),
                info_type: envelope.info_type.japanese().to_owned(),
                event: envelope.event_id.clone(),
                serial: envelope.serial.clone(),
                issued_at: Some(envelope.report_at),
            })
        }
        drill if drill.is_drill() => Kind::Drill,
        // Kinds that have no envelope of the agency: kept under the word of their kind, never taken for a telegram.
        other => Kind::Information(Label {
            kind: word(other),
            ..Label::default()
        }),
    }
}

/// The stable word of a kind, as its JSON says it.
fn word(message: &OfficialMessage) -> String {
    match serde_json::to_value(message) {
        Ok(Value::Object(keys)) => keys
            .get("message")
            .and_then(Value::as_str)
            .unwrap_or("other")
            .to_owned(),
        _ => "other".to_owned(),
    }
}

/// The stable word of what became of a message.
#[must_use]
pub fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Replaced => "replaced",
        Outcome::Corrected => "corrected",
        Outcome::Retracted => "retracted",
        Outcome::RetractsUnknown => "retracts_unknown",
        Outcome::Late => "late",
        Outcome::Duplicate => "duplicate",
        Outcome::NotOurs => "kept_only",
        Outcome::Full => "full",
        _ => "other",
    }
}

/// What holds for the town: of warnings per municipality only those for its own areas.
#[must_use]
pub fn for_town(lanes: &Lanes<Live>, town_code: &str, now: Timestamp) -> View {
    let ours = municipality(town_code).map_or_else(BTreeSet::new, |code| lanes.areas_of(code));
    lanes.view_of(&ours, now)
}

/// What is expected over the next hours in the areas of the town, by area.
#[must_use]
pub fn ahead(lanes: &Lanes<Live>, town_code: &str, now: Timestamp) -> Vec<Ahead> {
    municipality(town_code).map_or_else(Vec::new, |code| lanes.ahead_of(code, now))
}

/// What others say, without what the town itself said.
#[must_use]
pub fn of_others(external: &External, own_sender: &str, now: Timestamp) -> ExternalView {
    let mut view = external.view(now);
    view.set_apart(own_sender);
    view
}

/// The number of a municipality. 全国地方公共団体コード: five digits and a check digit, which the agency's tables leave out.
#[must_use]
pub fn municipality(town_code: &str) -> Option<u32> {
    town_code.get(..5)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use hinan_sensors::official::AreaCode;

    use super::*;

    #[test]
    fn the_towns_code_is_that_of_its_areas_without_check_digit() {
        assert_eq!(municipality("012076"), Some(1207));
        assert_eq!(municipality("01207"), Some(1207));
        assert_eq!(municipality("0120"), None);
        assert_eq!(
            AreaCode::read("0120700").map(AreaCode::municipality),
            Some(1207)
        );
    }
}
