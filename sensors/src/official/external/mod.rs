//! 外部情報: what others say, and what stations and offices publish as data: CAP alerts, earthquakes as a network of
//! volunteers passes them on, WIS2 notifications, station observations and forecasts.
//!
//! Invariants
//! - Nothing here becomes advice or an order. It is shown with its source, its age and its quality.
//! - A drill never gets in: it is counted.
//! - Bounded in number and bytes; what is forgotten or finds no room is counted.
//! - Same messages at the same times, same state. No clock.

mod data;
mod quakes;
mod stations;
mod view;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use self::data::DataLog;
use self::quakes::QuakeLog;
use self::stations::StationBoard;
pub use self::view::{
    AlertArea, AlertLine, DataLine, ExternalView, ForecastLine, QuakeLine, StationLine,
};
use super::OfficialMessage;
use super::cap::CapAlert;
use super::cap::alerts::{AlertOutcome, ExternalAlerts};
use super::wis2::Notified;

/// What is known from outside. See the head of this file for its invariants.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct External {
    alerts: ExternalAlerts,
    quakes: QuakeLog,
    data: DataLog,
    stations: StationBoard,
    heard: BTreeMap<Source, Timestamp>,
}

/// Kinds of sources, each with its own age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// CAP alerts of others.
    Cap,
    /// P2P地震情報.
    P2p,
    /// WIS2 notifications.
    Wis2,
    /// Observations of stations.
    Observations,
    /// Forecasts of offices.
    Forecasts,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Taken {
    /// It is shown now, or will be when it becomes effective.
    Shown,
    /// It replaces or withdraws what was shown.
    Replaces,
    /// It was here before.
    Duplicate,
    /// Something newer is known, or it was over when it arrived.
    Late,
    /// Nothing to show: an acknowledgement, an exercise, or our own alert brought back.
    NothingToShow,
    /// There is no room for it.
    Full,
}

impl Taken {
    /// A stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Shown => "shown",
            Self::Replaces => "replaces",
            Self::Duplicate => "duplicate",
            Self::Late => "late",
            Self::NothingToShow => "nothing_to_show",
            Self::Full => "full",
        }
    }
}

impl External {
    /// Takes a message; `None` where it is not of the kinds kept here.
    pub fn take(&mut self, message: &OfficialMessage, received_at: Timestamp) -> Option<Taken> {
        let (source, taken) = match message {
            OfficialMessage::Cap { alerts, .. } => (Source::Cap, self.alerts(alerts, received_at)),
            OfficialMessage::P2p(item) => (Source::P2p, self.quakes.take(item, received_at)),
            OfficialMessage::Wis2(notification) => {
                let taken = match self.data.take(notification, received_at) {
                    Notified::New => Taken::Shown,
                    Notified::Replaces | Notified::Deleted => Taken::Replaces,
                    Notified::Duplicate => Taken::Duplicate,
                    Notified::Late => Taken::Late,
                };
                (Source::Wis2, taken)
            }
            OfficialMessage::Observations(series) => (
                Source::Observations,
                self.stations.observe(series, received_at),
            ),
            OfficialMessage::Stations { stations } => {
                (Source::Observations, self.stations.name(stations))
            }
            OfficialMessage::RainForecast { forecasts } => (
                Source::Forecasts,
                self.stations.expect(forecasts, received_at),
            ),
            OfficialMessage::Telegram(_)
            | OfficialMessage::DrillTelegram(_)
            | OfficialMessage::SignOfLife(_) => return None,
        };
        let heard = self.heard.entry(source).or_insert(received_at);
        *heard = (*heard).max(received_at);
        Some(taken)
    }

    fn alerts(&mut self, alerts: &[CapAlert], received_at: Timestamp) -> Taken {
        let mut became = Taken::NothingToShow;
        for alert in alerts {
            let taken = match self.alerts.apply(alert, received_at) {
                AlertOutcome::Active => Taken::Shown,
                AlertOutcome::Cancelled => Taken::Replaces,
                AlertOutcome::Superseded | AlertOutcome::Expired => Taken::Late,
                AlertOutcome::Duplicate => Taken::Duplicate,
                AlertOutcome::TooLarge => Taken::Full,
                AlertOutcome::NoAlert | AlertOutcome::NotActual => Taken::NothingToShow,
            };
            // Of an envelope the most important word counts.
            let weight = |taken: Taken| match taken {
                Taken::Shown => 5,
                Taken::Replaces => 4,
                Taken::Full => 3,
                Taken::Late => 2,
                Taken::Duplicate => 1,
                Taken::NothingToShow => 0,
            };
            if weight(taken) > weight(became) {
                became = taken;
            }
        }
        became
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::official::decode;

    fn at(time: &str) -> Timestamp {
        format!("2026-08-30T{time}:00+09:00").parse().unwrap()
    }

    fn take(external: &mut External, name: &str, text: &str, time: &str) -> Option<Taken> {
        external.take(&decode(Some(name), text.as_bytes()).unwrap(), at(time))
    }

    fn cap(sender: &str, status: &str, infos: &str) -> String {
        format!(
            "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>A1</identifier><sender>{sender}</sender>\
             <sent>2026-08-30T18:00:00+09:00</sent><status>{status}</status><msgType>Alert</msgType><scope>Public</scope>{infos}</alert>"
        )
    }

    fn info(language: &str, headline: &str) -> String {
        format!(
            "<info><language>{language}</language><category>Met</category><event>Flood</event><urgency>Expected</urgency>\
             <severity>Severe</severity><certainty>Likely</certainty><headline>{headline}</headline>\
             <area><areaDesc>Town</areaDesc></area></info>"
        )
    }

    #[test]
    fn an_alert_of_others_is_shown_in_japanese_first_with_its_sender_and_its_end() {
        let mut external = External::default();
        let both = info("en", "River rises") + &info("ja-JP", "川が増水");
        let taken = take(
            &mut external,
            "t",
            &cap("pref@example.jp", "Actual", &both),
            "18:01",
        );
        assert_eq!(taken, Some(Taken::Shown));
        let view = external.view(at("18:02"));
        assert_eq!(
            view.alerts.len(),
            1,
            "one line an alert, not one a language"
        );
        let line = &view.alerts[0];
        assert_eq!(
            (line.headline.as_str(), line.sender.as_str()),
            ("川が増水", "pref@example.jp")
        );
        assert!(line.end_is_ours, "the sender named no end");
        assert_eq!(view.heard[&Source::Cap], at("18:01"));
        let tomorrow = at("18:00") + jiff::SignedDuration::from_hours(24);
        assert!(external.view(tomorrow).alerts.is_empty());
    }

    #[test]
    fn neither_an_exercise_nor_our_own_alert_is_shown_as_information_of_others() {
        let mut external = External::default();
        let drill = cap("pref@example.jp", "Exercise", &info("ja", "x"));
        let taken = take(&mut external, "t", &drill, "18:01");
        assert_eq!(taken, Some(Taken::NothingToShow));
        let ours = cap("town@example.jp", "Actual", &info("ja", "x"));
        take(&mut external, "t", &ours, "18:01");
        let mut view = external.view(at("18:02"));
        assert_eq!((view.alerts.len(), view.not_actual), (1, 1));
        view.set_apart("town@example.jp");
        assert_eq!((view.alerts.len(), view.brought_back), (0, 1));
    }

    #[test]
    fn a_station_is_shown_with_quality_and_age_and_an_older_word_changes_nothing() {
        let mut external = External::default();
        let table = r#"{"19432":{"kjName":"帯広","lat":[42,55.0],"lon":[143,12.7],"alt":38}}"#;
        take(&mut external, "amedastable.json", table, "17:00");
        let observed = |mm: &str| {
            format!(r#"{{"19432":{{"precipitation10m":{mm},"precipitation1h":[7.5,0]}}}}"#)
        };
        let six = take(
            &mut external,
            "20260830180000.json",
            &observed("[3.5,0]"),
            "18:03",
        );
        assert_eq!(six, Some(Taken::Shown));
        let five = take(
            &mut external,
            "20260830170000.json",
            &observed("[9.5,0]"),
            "18:04",
        );
        assert_eq!(five, Some(Taken::Late));
        let line = |time| external.view(at(time)).stations.remove(0);
        assert_eq!(line("18:10").name, "帯広");
        assert_eq!(line("18:10").observed.rain_10min_mm.usable(), Some(3.5));
        assert!(!line("18:30").stale);
        assert!(
            line("18:31").stale,
            "half an hour without a word is not calm"
        );
    }

    #[test]
    fn an_earthquake_told_twice_is_one_and_a_test_is_none() {
        let mut external = External::default();
        let quake = r#"{"_id":"x","id":"q1","code":551,"issue":{"time":"2026/08/30 18:00:00","type":"DetailScale"},
            "earthquake":{"time":"2026/08/30 17:57:00","maxScale":45,"domesticTsunami":"None",
            "hypocenter":{"name":"十勝沖","latitude":42.0,"longitude":144.0,"depth":50,"magnitude":6.1}},"points":[]}"#;
        assert_eq!(
            take(&mut external, "p2p", quake, "18:01"),
            Some(Taken::Shown)
        );
        assert_eq!(
            take(&mut external, "p2p", quake, "18:02"),
            Some(Taken::Duplicate)
        );
        let view = external.view(at("18:02"));
        assert_eq!(view.quakes.len(), 1);
        assert_eq!(view.quakes[0].item.issued_at, at("18:00"));
        let days_later = at("18:02") + jiff::SignedDuration::from_hours(73);
        assert!(
            external.view(days_later).quakes.is_empty(),
            "three days are shown"
        );
    }

    #[test]
    fn data_that_is_withdrawn_is_not_shown_as_data() {
        let mut external = External::default();
        let note = |id: &str, time: &str, rel: &str| {
            format!(
                r#"{{"id":"{id}","conformsTo":["http://wis.wmo.int/spec/wnm/1/conf/core"],"type":"Feature","geometry":null,
                "properties":{{"data_id":"d/1","pubtime":"2026-08-30T{time}:00Z","datetime":"2026-08-30T08:00:00Z"}},
                "links":[{{"href":"https://example.org/d/1","rel":"{rel}","length":5}}]}}"#
            )
        };
        let id = "31e9d66a-cd83-4174-9429-b932f1abe1be";
        let one = note(id, "09:00", "canonical");
        assert_eq!(take(&mut external, "w", &one, "18:01"), Some(Taken::Shown));
        assert_eq!(
            take(&mut external, "w", &one, "18:01"),
            Some(Taken::Duplicate)
        );
        let line = external.view(at("18:02")).data.remove(0);
        assert_eq!(line.fetch.as_ref().map(|fetch| fetch.bytes_max), Some(5));
        let gone = note(id, "09:30", "deletion");
        assert_eq!(
            take(&mut external, "w", &gone, "18:31"),
            Some(Taken::Replaces)
        );
        let lines = external.view(at("18:32")).data;
        assert_eq!((lines.len(), lines[0].deleted), (1, true));
    }

    #[test]
    fn whatever_is_sent_memory_stays_bounded_and_what_is_lost_is_counted() {
        let mut external = External::default();
        for n in 0..2500_u32 {
            let text = cap("pref@example.jp", "Actual", &info("ja", "x"))
                .replace("<identifier>A1", &format!("<identifier>A{n}"));
            take(&mut external, "t", &text, "18:01");
        }
        let view = external.view(at("18:02"));
        assert_eq!((view.alerts.len(), view.forgotten), (2000, 500));
    }
}
