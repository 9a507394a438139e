//! Which alerts of others hold. Updates replace, cancellations withdraw, whichever arrives first.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Alert, CapAlert, Identity, Info, MsgType, Scope};
use crate::official::lanes::pairs;
use crate::official::standing::Live;

/// How much is remembered and how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertSettings {
    /// An information without `expires` holds this long after it was sent. Seconds.
    pub without_end_s: i64,
    /// Alerts that are remembered; the oldest is forgotten first.
    pub alerts_max: usize,
    /// Bytes of all alerts that are remembered, as JSON; the oldest is forgotten first.
    pub bytes_max: usize,
    /// Bytes of one alert, as JSON. A larger one is not remembered: it would push out all others.
    pub alert_bytes_max: usize,
    /// Names of replaced and withdrawn alerts that are remembered; the oldest is forgotten first.
    pub tombstones_max: usize,
}

impl Default for AlertSettings {
    /// A day, 2000 alerts of 32 MiB together and 1 MiB each, 10,000 tombstones.
    fn default() -> Self {
        Self {
            without_end_s: 86_400,
            alerts_max: 2000,
            bytes_max: 32 * 1024 * 1024,
            alert_bytes_max: 1024 * 1024,
            tombstones_max: 10_000,
        }
    }
}

/// The alerts of others. No clock: who asks says when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ExternalAlerts {
    settings: AlertSettings,
    #[serde(with = "pairs")]
    alerts: BTreeMap<Identity, Alert<Live>>,
    /// The same by age, with their bytes.
    #[serde(with = "pairs")]
    by_age: BTreeMap<(Timestamp, Identity), usize>,
    bytes: usize,
    /// What was replaced or withdrawn, by whom and when. Kept for alerts that have not arrived yet, too.
    #[serde(with = "pairs")]
    gone: BTreeMap<Tombstone, Timestamp>,
    /// The same by age.
    gone_by_age: BTreeSet<(Timestamp, Tombstone)>,
    not_actual: u64,
    forgotten: u64,
}

/// The name of what was replaced or withdrawn. The value beside it is when the message was sent that did so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Tombstone {
    sender: String,
    identifier: String,
    /// `None`: whenever it was sent (CAP 1.0).
    sent: Option<Timestamp>,
}

/// What became of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AlertOutcome {
    /// It holds, or will when it becomes effective.
    Active,
    /// It was over when it arrived; kept for the record.
    Expired,
    /// It withdrew what it refers to.
    Cancelled,
    /// It was replaced or withdrawn before it arrived.
    Superseded,
    /// It was here before.
    Duplicate,
    /// It is larger than is remembered.
    TooLarge,
    /// An acknowledgement or an error: recorded by the caller, nothing more.
    NoAlert,
    /// An exercise, a test, a draft or a system message: counted, nothing more.
    NotActual,
}

/// One piece of information that holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ActiveInfo<'a> {
    /// Which alert.
    pub identity: &'a Identity,
    /// The information.
    pub info: &'a Info,
    /// Until when.
    pub until: Timestamp,
    /// Its end is our own limit, because the sender gave none.
    pub end_is_ours: bool,
    /// It says that the hazard is over.
    pub all_clear: bool,
    /// It may be shown to others. Restricted and private alerts may not.
    pub may_republish: bool,
}

impl ExternalAlerts {
    /// Nothing yet.
    #[must_use]
    pub fn new(settings: AlertSettings) -> Self {
        Self {
            settings,
            ..Self::default()
        }
    }

    /// Takes an alert.
    pub fn apply(&mut self, alert: &CapAlert, received_at: Timestamp) -> AlertOutcome {
        match alert {
            CapAlert::Actual(alert) => self.take(alert, received_at),
            CapAlert::NotActual(_) => {
                self.not_actual += 1;
                AlertOutcome::NotActual
            }
        }
    }

    /// The information that holds, in the order of sender, identifier and time; expired and not yet effective ones left out.
    pub fn active(&self, now: Timestamp) -> impl Iterator<Item = ActiveInfo<'_>> {
        self.alerts
            .iter()
            .filter(|(identity, _)| !self.is_gone(identity))
            .flat_map(move |(identity, alert)| {
                alert.infos.iter().filter_map(move |info| {
                    let until = self.until(alert, info);
                    let from = info
                        .effective
                        .map_or(identity.sent, |effective| effective.at);
                    (from <= now && now < until).then(|| ActiveInfo {
                        identity,
                        info,
                        until,
                        end_is_ours: info.expires.is_none(),
                        all_clear: info.is_all_clear(),
                        may_republish: alert.scope == Some(Scope::Public),
                    })
                })
            })
    }

    /// How many messages were no actual alerts.
    #[must_use]
    pub fn not_actual(&self) -> u64 {
        self.not_actual
    }

    /// How many alerts and tombstones were forgotten to make room.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn take(&mut self, alert: &Alert<Live>, received_at: Timestamp) -> AlertOutcome {
        if self.alerts.contains_key(&alert.identity) {
            return AlertOutcome::Duplicate;
        }
        match alert.msg_type {
            MsgType::Ack | MsgType::Error => return AlertOutcome::NoAlert,
            MsgType::Update | MsgType::Cancel => self.bury(alert),
            MsgType::Alert => {}
        }
        if alert.msg_type == MsgType::Cancel {
            return AlertOutcome::Cancelled;
        }
        let bytes = serde_json::to_vec(alert).map_or(usize::MAX, |json| json.len());
        if bytes > self.settings.alert_bytes_max {
            self.forgotten += 1;
            return AlertOutcome::TooLarge;
        }
        self.alerts.insert(alert.identity.clone(), alert.clone());
        self.by_age
            .insert((alert.identity.sent, alert.identity.clone()), bytes);
        self.bytes += bytes;
        self.forget();
        if self.is_gone(&alert.identity) {
            AlertOutcome::Superseded
        } else if alert
            .infos
            .iter()
            .all(|info| self.until(alert, info) <= received_at)
        {
            AlertOutcome::Expired
        } else {
            AlertOutcome::Active
        }
    }

    fn bury(&mut self, alert: &Alert<Live>) {
        for reference in &alert.references {
            let tombstone = Tombstone {
                // CAP 1.0 names no sender: it can only mean its own.
                sender: reference
                    .sender
                    .clone()
                    .unwrap_or_else(|| alert.identity.sender.clone()),
                identifier: reference.identifier.clone(),
                sent: reference.sent,
            };
            let by_sent = alert.identity.sent;
            if let Some(before) = self.gone.insert(tombstone.clone(), by_sent) {
                self.gone_by_age.remove(&(before, tombstone.clone()));
            }
            self.gone_by_age.insert((by_sent, tombstone));
        }
        while self.gone.len() > self.settings.tombstones_max
            && let Some((_, oldest)) = self.gone_by_age.pop_first()
        {
            self.gone.remove(&oldest);
            self.forgotten += 1;
        }
    }

    fn forget(&mut self) {
        while (self.alerts.len() > self.settings.alerts_max || self.bytes > self.settings.bytes_max)
            && let Some(((_, oldest), bytes)) = self.by_age.pop_first()
        {
            self.alerts.remove(&oldest);
            self.bytes -= bytes;
            self.forgotten += 1;
        }
    }

    /// Whether something replaced or withdrew it. Only a message that names its sender can.
    fn is_gone(&self, identity: &Identity) -> bool {
        [None, Some(identity.sent)].into_iter().any(|sent| {
            self.gone.contains_key(&Tombstone {
                sender: identity.sender.clone(),
                identifier: identity.identifier.clone(),
                sent,
            })
        })
    }

    fn until(&self, alert: &Alert<Live>, info: &Info) -> Timestamp {
        info.expires.map_or_else(
            || {
                alert
                    .identity
                    .sent
                    .checked_add(SignedDuration::from_secs(self.settings.without_end_s))
                    .unwrap_or(Timestamp::MAX)
            },
            |expires| expires.at,
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::official::{OfficialMessage, decode};

    fn alert(id: &str, sent: &str, kind: &str, references: &str, info: &str) -> CapAlert {
        status(id, sent, kind, references, info, "Actual")
    }

    fn status(
        id: &str,
        sent: &str,
        kind: &str,
        references: &str,
        info: &str,
        status: &str,
    ) -> CapAlert {
        let text = format!(
            "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>{id}</identifier><sender>town@example.jp</sender>\
             <sent>2026-08-30T{sent}:00+09:00</sent><status>{status}</status><msgType>{kind}</msgType><scope>Public</scope>\
             <references>{references}</references>{info}</alert>"
        );
        match decode(None, text.as_bytes()).unwrap() {
            OfficialMessage::Cap { mut alerts, .. } => alerts.remove(0),
            other => panic!("{other:?}"),
        }
    }

    fn info(more: &str) -> String {
        format!(
            "<info><category>Met</category><event>Flood</event>{more}<urgency>Expected</urgency><severity>Severe</severity>\
             <certainty>Likely</certainty><expires>2026-08-30T20:00:00+09:00</expires><area><areaDesc>Town</areaDesc></area></info>"
        )
    }

    fn at(time: &str) -> Timestamp {
        format!("2026-08-30T{time}:00+09:00").parse().unwrap()
    }

    const FIRST: &str = "town@example.jp,A1,2026-08-30T18:00:00+09:00";

    #[test]
    fn an_update_replaces_what_it_refers_to_whichever_comes_first() {
        let first = alert("A1", "18:00", "Alert", "", &info(""));
        let second = alert("A2", "18:30", "Update", FIRST, &info(""));
        for order in [[&first, &second], [&second, &first]] {
            let mut alerts = ExternalAlerts::default();
            for alert in order {
                alerts.apply(alert, at("18:31"));
            }
            let active: Vec<_> = alerts
                .active(at("18:31"))
                .map(|active| active.identity.identifier.clone())
                .collect();
            assert_eq!(active, ["A2"]);
        }
    }

    #[test]
    fn a_cancellation_that_comes_first_still_withdraws() {
        let mut alerts = ExternalAlerts::default();
        let cancel = alert("A2", "18:30", "Cancel", FIRST, "");
        assert_eq!(alerts.apply(&cancel, at("18:30")), AlertOutcome::Cancelled);
        let late = alert("A1", "18:00", "Alert", "", &info(""));
        assert_eq!(alerts.apply(&late, at("18:31")), AlertOutcome::Superseded);
        assert_eq!(alerts.active(at("18:31")).count(), 0);
    }

    #[test]
    fn nobody_withdraws_the_alert_of_another() {
        let mut alerts = ExternalAlerts::default();
        alerts.apply(&alert("A1", "18:00", "Alert", "", &info("")), at("18:00"));
        let foreign = "other@example.jp,A1,2026-08-30T18:00:00+09:00";
        alerts.apply(&alert("A2", "18:30", "Cancel", foreign, ""), at("18:30"));
        assert_eq!(alerts.active(at("18:31")).count(), 1);
    }

    #[test]
    fn the_same_three_names_are_the_same_alert() {
        let mut alerts = ExternalAlerts::default();
        let first = alert("A1", "18:00", "Alert", "", &info(""));
        assert_eq!(alerts.apply(&first, at("18:00")), AlertOutcome::Active);
        assert_eq!(alerts.apply(&first, at("18:01")), AlertOutcome::Duplicate);
        let again = alert("A1", "18:10", "Alert", "", &info(""));
        assert_eq!(alerts.apply(&again, at("18:10")), AlertOutcome::Active);
    }

    #[test]
    fn an_exercise_is_counted_and_never_active() {
        let mut alerts = ExternalAlerts::default();
        let drill = status("A1", "18:00", "Alert", "", &info(""), "Exercise");
        assert_eq!(alerts.apply(&drill, at("18:00")), AlertOutcome::NotActual);
        assert_eq!(
            (alerts.active(at("18:00")).count(), alerts.not_actual()),
            (0, 1)
        );
    }

    #[test]
    fn what_is_over_is_not_active_and_an_all_clear_says_so() {
        let mut alerts = ExternalAlerts::default();
        let first = alert(
            "A1",
            "18:00",
            "Alert",
            "",
            &info("<responseType>AllClear</responseType>"),
        );
        alerts.apply(&first, at("18:00"));
        assert!(alerts.active(at("19:59")).all(|active| active.all_clear));
        assert_eq!(alerts.active(at("20:00")).count(), 0);
        let late = alert("A2", "18:01", "Alert", "", &info(""));
        assert_eq!(alerts.apply(&late, at("21:00")), AlertOutcome::Expired);
    }

    #[test]
    fn a_bad_alert_in_an_envelope_does_not_hide_those_beside_it() {
        let good = "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>A1</identifier><sender>s</sender>\
                    <sent>2026-08-30T18:00:00+09:00</sent><status>Actual</status><msgType>Alert</msgType><scope>Public</scope></alert>";
        let text = format!(
            "<alerts>{}{good}</alerts>",
            good.replace("Public", "Everybody")
        );
        let OfficialMessage::Cap { alerts, refused } = decode(None, text.as_bytes()).unwrap()
        else {
            panic!("no alerts")
        };
        assert_eq!((alerts.len(), refused.len()), (1, 1));
        assert!(refused[0].contains("Everybody"), "{refused:?}");
    }

    #[test]
    fn an_alert_that_refers_to_itself_or_to_the_future_is_refused() {
        for reference in [FIRST, "town@example.jp,A0,2026-08-30T19:00:00+09:00"] {
            let text = format!(
                "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'><identifier>A1</identifier><sender>town@example.jp</sender>\
                 <sent>2026-08-30T18:00:00+09:00</sent><status>Actual</status><msgType>Update</msgType><scope>Public</scope>\
                 <references>{reference}</references></alert>"
            );
            assert_eq!(
                decode(None, text.as_bytes()).unwrap_err().code(),
                "unknown_value"
            );
        }
    }

    #[test]
    fn a_memory_that_is_full_forgets_the_oldest_and_counts_it() {
        let mut alerts = ExternalAlerts::new(AlertSettings {
            alerts_max: 2,
            ..AlertSettings::default()
        });
        for (id, sent) in [("A1", "18:00"), ("A2", "18:01"), ("A3", "18:02")] {
            alerts.apply(&alert(id, sent, "Alert", "", &info("")), at(sent));
        }
        let left: Vec<_> = alerts
            .active(at("18:03"))
            .map(|active| active.identity.identifier.as_str())
            .collect();
        assert_eq!((left, alerts.forgotten()), (vec!["A2", "A3"], 1));
    }

    #[test]
    fn a_memory_is_full_by_bytes_too_and_one_huge_alert_does_not_push_out_all_others() {
        let mut alerts = ExternalAlerts::new(AlertSettings {
            bytes_max: 4000,
            alert_bytes_max: 2000,
            ..AlertSettings::default()
        });
        for (id, sent) in [
            ("A1", "18:00"),
            ("A2", "18:01"),
            ("A3", "18:02"),
            ("A4", "18:03"),
        ] {
            let long = format!("<instruction>{}</instruction>", "x".repeat(500));
            alerts.apply(
                &alert(
                    id,
                    sent,
                    "Alert",
                    "",
                    &info("").replace("<expires>", &format!("{long}<expires>")),
                ),
                at(sent),
            );
        }
        let active = |alerts: &ExternalAlerts| alerts.active(at("18:04")).count();
        let left = active(&alerts);
        assert!((1..4).contains(&left), "{left} of four");
        let huge = info(&format!("<description>{}</description>", "x".repeat(3000)));
        let outcome = alerts.apply(&alert("A9", "18:04", "Alert", "", &huge), at("18:04"));
        assert_eq!((outcome, active(&alerts)), (AlertOutcome::TooLarge, left));
    }
}
