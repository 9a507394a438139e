//! What is shown of it at a moment. Stable JSON: keys are added, never renamed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{External, Source};
use crate::official::cap::Identity;
use crate::official::cap::alerts::ActiveInfo;
use crate::official::p2p::P2pItem;
use crate::official::series::{ForecastStep, StationReading};
use crate::official::wis2::{About, Fetch, Verdict};

/// What others say, at a moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExternalView {
    /// The moment.
    pub at: Timestamp,
    /// When each kind of source was last heard; a kind that is not here was never heard.
    pub heard: BTreeMap<Source, Timestamp>,
    /// CAP alerts of others that hold, the most severe first, then the newest.
    pub alerts: Vec<AlertLine>,
    /// Earthquakes, tsunami and early warnings of the last days as P2P地震情報 passes them on, newest first.
    pub quakes: Vec<QuakeLine>,
    /// The newest word of each station.
    pub stations: Vec<StationLine>,
    /// The newest forecast of each office.
    pub forecasts: Vec<ForecastLine>,
    /// Data that WIS2 notifications speak of, newest first.
    pub data: Vec<DataLine>,
    /// CAP messages that were exercises, tests or drafts: counted, never shown.
    pub not_actual: u64,
    /// Alerts that hold and are our own, brought back by a broker: counted, not shown as somebody else's.
    pub brought_back: usize,
    /// What was forgotten to make room.
    pub forgotten: u64,
}

/// One CAP alert that holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlertLine {
    /// Who sent it.
    pub sender: String,
    /// Sender in words.
    pub sender_name: String,
    /// Which of theirs.
    pub identifier: String,
    /// When it was sent.
    pub sent: Timestamp,
    /// Language of the texts: Japanese where there is one.
    pub language: String,
    /// What happens.
    pub event: String,
    /// Headline; the event where there is none.
    pub headline: String,
    /// Description.
    pub description: String,
    /// Instruction.
    pub instruction: String,
    /// Extreme, Severe, Moderate, Minor, Unknown.
    pub severity: String,
    /// Immediate, Expected, Future, Past, Unknown.
    pub urgency: String,
    /// Observed, Likely, Possible, Unlikely, Unknown.
    pub certainty: String,
    /// Where.
    pub areas: Vec<AlertArea>,
    /// When the event begins, if it is said.
    pub onset: Option<Timestamp>,
    /// Until when it holds.
    pub until: Timestamp,
    /// The end is a limit of ours: the sender gave none.
    pub end_is_ours: bool,
    /// It says that the hazard is over.
    pub all_clear: bool,
    /// It may be shown to others. Restricted and private alerts may not.
    pub may_republish: bool,
}

/// One area of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertArea {
    /// In words.
    pub description: String,
    /// Codes: name of the table, code.
    pub geocodes: Vec<(String, String)>,
}

/// One item of P2P地震情報.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuakeLine {
    /// The item, with its strongest places.
    #[serde(flatten)]
    pub item: P2pItem,
    /// When it reached us.
    pub received_at: Timestamp,
}

/// One station.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationLine {
    /// Five digits; empty where the document does not say.
    pub station: String,
    /// Name; empty while no table of stations was heard.
    pub name: String,
    /// Its newest word, each value with its quality.
    pub observed: StationReading,
    /// When it reached us.
    pub received_at: Timestamp,
    /// Its last word is older than it should be.
    pub stale: bool,
}

/// One office's forecast.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastLine {
    /// Office.
    pub office: String,
    /// Time of issue.
    pub report_at: Timestamp,
    /// When it reached us.
    pub received_at: Timestamp,
    /// A newer one should have come.
    pub stale: bool,
    /// What is expected.
    pub steps: Vec<ForecastStep>,
}

/// One piece of data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataLine {
    /// Which data.
    pub data_id: String,
    /// Time or span of the data.
    pub about: About,
    /// When it was published.
    pub published_at: Timestamp,
    /// When the notification reached us.
    pub received_at: Timestamp,
    /// It was withdrawn.
    pub deleted: bool,
    /// Bytes that came along, and whether they agree with their digest.
    pub carried: Option<(usize, Verdict)>,
    /// What would have to be fetched. Nothing is fetched by itself.
    pub fetch: Option<Fetch>,
    /// Why it would not be fetched.
    pub refused: Option<String>,
    /// Where the notification deviates from the schema.
    pub findings: Vec<String>,
}

impl ExternalView {
    /// Takes out alerts that we sent ourselves, and counts them: what a town says is never information of others.
    pub fn set_apart(&mut self, own_sender: &str) {
        let before = self.alerts.len();
        self.alerts.retain(|alert| alert.sender != own_sender);
        self.brought_back += before - self.alerts.len();
    }
}

impl External {
    /// What holds or is new enough to be shown at `now`.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> ExternalView {
        let mut by_alert: BTreeMap<&Identity, ActiveInfo<'_>> = BTreeMap::new();
        for active in self.alerts.active(now) {
            let is_japanese = |active: &ActiveInfo<'_>| active.info.language.starts_with("ja");
            match by_alert.get(active.identity) {
                Some(chosen) if is_japanese(chosen) || !is_japanese(&active) => {}
                _ => {
                    by_alert.insert(active.identity, active);
                }
            }
        }
        let mut alerts: Vec<AlertLine> =
            by_alert.into_values().map(|active| line(&active)).collect();
        alerts.sort_by(|a, b| {
            (rank(&a.severity), b.sent, &a.sender, &a.identifier).cmp(&(
                rank(&b.severity),
                a.sent,
                &b.sender,
                &b.identifier,
            ))
        });
        ExternalView {
            at: now,
            heard: self.heard.clone(),
            alerts,
            quakes: self.quakes.shown(now).collect(),
            stations: self.stations.observed(now).collect(),
            forecasts: self.stations.expected(now).collect(),
            data: self.data.shown().collect(),
            not_actual: self.alerts.not_actual(),
            brought_back: 0,
            forgotten: self.alerts.forgotten() + self.quakes.forgotten + self.stations.forgotten,
        }
    }
}

/// A word that is not known ranks first: somebody must look.
fn rank(severity: &str) -> u8 {
    match severity {
        "Extreme" => 1,
        "Severe" => 2,
        "Moderate" => 3,
        "Minor" => 4,
        _ => 0,
    }
}

fn line(active: &ActiveInfo<'_>) -> AlertLine {
    let ActiveInfo { identity, info, .. } = active;
    let headline = if info.headline.is_empty() {
        &info.event
    } else {
        &info.headline
    };
    AlertLine {
        sender: identity.sender.clone(),
        sender_name: info.sender_name.clone(),
        identifier: identity.identifier.clone(),
        sent: identity.sent,
        language: info.language.clone(),
        event: info.event.clone(),
        headline: headline.clone(),
        description: info.description.clone(),
        instruction: info.instruction.clone(),
        severity: info.severity.clone(),
        urgency: info.urgency.clone(),
        certainty: info.certainty.clone(),
        areas: info
            .areas
            .iter()
            .map(|area| AlertArea {
                description: area.description.clone(),
                geocodes: area.geocodes.clone(),
            })
            .collect(),
        onset: info.onset.as_ref().map(|onset| onset.at),
        until: active.until,
        end_is_ours: active.end_is_ours,
        all_clear: active.all_clear,
        may_republish: active.may_republish,
    }
}
