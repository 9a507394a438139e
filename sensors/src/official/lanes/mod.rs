//! What official information holds now: a lane for each type of telegram, office and area, and what they say together.
//!
//! Invariants
//! - A report replaces its whole lane; 発表 and 継続 are never added up.
//! - A lane's state depends on which reports arrived, not on their order (as far back as a lane remembers).
//! - Silence is shown as stale, never as clear. What no telegram spoke of is unknown.
//! - One event told by several telegrams rings once: changes are counted on what they say together.
//! - Same messages at the same times, same state and same bytes. No clock.
//! - `Lanes<Live>` cannot take a drill, `Lanes<Drill>` nothing that is meant.

mod coverage;
mod effective;
mod lane;
mod order;
pub(crate) mod pairs;
mod stand;
mod view;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use self::effective::Speakers;
use self::lane::{Lane, Report, Taken};
use self::order::Order;
use self::stand::Stand;
pub use self::view::{
    Ahead, Answer, Companion, EarlyWarningHolding, Feed, Holding, LaneBrief, NoticeHolding,
    QuakeHolding, RiverHolding, Source, TsunamiHolding, TsunamiObserved, TyphoonHolding, View,
    WiderHolding,
};
use super::OfficialMessage;
use super::area::AreaCode;
use super::envelope::{Envelope, InfoType};
use super::grade::{Grade, Hazard};
use super::jma::{Content, Telegram};
use super::standing::{Live, Standing};
use super::xml::cut;

/// When silence is no longer calm, and how much is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LaneSettings {
    /// Nothing heard from the agency for longer than this: everything is stale. Seconds.
    pub silent_max_s: i64,
    /// A report that still holds but is older than this is stale. Seconds.
    pub report_age_max_s: i64,
    /// Telegrams about one event come minutes apart; within this span the most specific one is believed. Seconds.
    pub companions_within_s: i64,
    /// Lanes that are remembered.
    pub lanes_max: usize,
}

impl Default for LaneSettings {
    /// Half an hour of silence, a day for a report, half an hour between companions, 8192 lanes.
    fn default() -> Self {
        Self {
            silent_max_s: 1800,
            report_age_max_s: 86_400,
            companions_within_s: 1800,
            lanes_max: 8192,
        }
    }
}

/// Which lane a telegram belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct LaneKey {
    telegram_type: String,
    office: String,
    /// What tells lanes of one office apart: the area it writes for, the river, the event.
    scope: String,
}

/// Official information that holds. See the head of this file for its invariants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Lanes<S: Standing = Live> {
    standing: S,
    settings: LaneSettings,
    #[serde(with = "pairs")]
    lanes: BTreeMap<LaneKey, Lane>,
    heard_at: Option<Timestamp>,
    /// Retractions that arrived before what they retract.
    waiting: Vec<(LaneKey, Report)>,
    forgotten: u64,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// What became of it.
    pub outcome: Outcome,
    /// What changed in what holds, ascending by municipality and hazard.
    pub changes: Vec<Change>,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// It stands in its lane now.
    Replaced,
    /// It corrected the report that stood.
    Corrected,
    /// It took a report back; what held before holds again.
    Retracted,
    /// It takes back a report that has not arrived; it waits for it.
    RetractsUnknown,
    /// A newer or corrected report stands already. Remembered, in case that one is taken back.
    Late,
    /// It was here before.
    Duplicate,
    /// It is of the other standing, or not for lanes at all.
    NotOurs,
    /// There is no room for another lane, and all of them hold something.
    Full,
}

/// A change of what holds in one municipality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Municipality or part of one.
    pub area: AreaCode,
    /// Its name.
    pub area_name: String,
    /// What it is about.
    pub hazard: Hazard,
    /// What held before.
    pub before: Grade,
    /// What holds now.
    pub after: Grade,
    /// Official time of issue of the telegram that changed it.
    pub report_at: Timestamp,
    /// It became more serious: an officer is to be alerted.
    pub rings: bool,
    /// Why it is less serious, if it is.
    pub over: Option<Over>,
}

/// Why something holds no longer, or less. A telegram's silence is not among the reasons: that is [`Feed::stale`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Over {
    /// The lane's new report no longer has it: 解除, code 00, 発表警報・注意報はなし, or left out of a full list.
    Lifted,
    /// It was replaced by something less serious.
    Downgraded,
    /// It was never true: 取消.
    Retracted,
    /// Its own end has passed (失効).
    Expired,
}

const WAITING_MAX: usize = 64;
/// How long a lane is remembered after its end, for telegrams that come late.
const ENDED_KEPT: SignedDuration = SignedDuration::from_hours(24);

impl<S: Standing> Default for Lanes<S> {
    fn default() -> Self {
        Self::new(LaneSettings::default())
    }
}

impl<S: Standing> Lanes<S> {
    /// Lanes that have heard nothing yet.
    #[must_use]
    pub fn new(settings: LaneSettings) -> Self {
        Self {
            standing: S::IT,
            settings,
            lanes: BTreeMap::new(),
            heard_at: None,
            waiting: Vec::new(),
            forgotten: 0,
        }
    }

    /// Notes that the agency's feed is alive, when something arrived that is not for lanes: a forecast, or the sign of life
    /// of a bridge.
    pub fn hear(&mut self, received_at: Timestamp) {
        self.heard_at = self.heard_at.max(Some(received_at));
    }

    /// Takes a message. Of the other standing: nothing happens. A bridge's sign of life shows until when the feed was heard.
    pub fn apply(&mut self, message: &OfficialMessage, received_at: Timestamp) -> Applied {
        if let OfficialMessage::SignOfLife(life) = message {
            // Never later than now: a bridge's clock may be ahead.
            if let Some(heard) = life.heard_at() {
                self.hear(heard.min(received_at));
            }
        }
        match S::telegram(message) {
            Some(telegram) => self.apply_telegram(telegram, received_at),
            None => Applied {
                outcome: Outcome::NotOurs,
                changes: Vec::new(),
            },
        }
    }

    /// Takes a telegram.
    pub fn apply_telegram(&mut self, telegram: &Telegram<S>, received_at: Timestamp) -> Applied {
        self.hear(received_at);
        let envelope = &telegram.envelope;
        let report = report(telegram, received_at);
        let key = match &telegram.content {
            Content::Retracted(_) => match self.lane_of_retraction(envelope) {
                Some(key) => key,
                None => return self.wait(envelope, report),
            },
            content => lane_key(envelope, content),
        };
        if !self.lanes.contains_key(&key) && !self.make_room(received_at) {
            return Applied {
                outcome: Outcome::Full,
                changes: Vec::new(),
            };
        }
        self.take(&key, report, received_at)
    }

    /// What telegrams together say of one hazard in one municipality.
    #[must_use]
    pub fn ask(&self, area: AreaCode, hazard: Hazard, now: Timestamp) -> Answer {
        let speakers = Speakers::gather(self, Some(&BTreeSet::from([area])), now);
        effective::answer(self, &speakers, area, hazard, now)
    }

    /// Everything that holds.
    #[must_use]
    pub fn view(&self, now: Timestamp) -> View {
        view::everything(self, now, None)
    }

    /// Everything that holds, of municipalities only these.
    #[must_use]
    pub fn view_of(&self, areas: &BTreeSet<AreaCode>, now: Timestamp) -> View {
        view::everything(self, now, Some(areas))
    }

    /// The municipality's areas that telegrams have spoken of: itself, or its parts. `municipality` is its code of five
    /// digits, without check digit.
    #[must_use]
    pub fn areas_of(&self, municipality: u32) -> BTreeSet<AreaCode> {
        self.lanes
            .values()
            .filter_map(Lane::current)
            .filter_map(|report| report.stand.municipal())
            .flat_map(|municipal| &municipal.covers)
            .copied()
            .filter(|area| area.municipality() == municipality)
            .collect()
    }

    /// What is expected in one municipality over the next hours (時系列情報). `None`: no series covers it.
    #[must_use]
    pub fn ahead(&self, area: AreaCode, now: Timestamp) -> Option<Ahead> {
        view::ahead(self, area, now)
    }

    /// The same for every area of a municipality that a series covers, ascending by area. `municipality` is its code of five
    /// digits, without check digit.
    #[must_use]
    pub fn ahead_of(&self, municipality: u32, now: Timestamp) -> Vec<Ahead> {
        let areas = view::areas_ahead(self, now);
        areas
            .into_iter()
            .filter(|area| area.municipality() == municipality)
            .filter_map(|area| self.ahead(area, now))
            .collect()
    }

    /// What expires between two moments, so that somebody can be told. Ascending by municipality and hazard.
    #[must_use]
    pub fn expiring(&self, after: Timestamp, until: Timestamp) -> Vec<Change> {
        effective::expiring(self, after, until)
    }

    /// How many lanes were forgotten to make room.
    #[must_use]
    pub fn forgotten(&self) -> u64 {
        self.forgotten
    }

    fn take(&mut self, key: &LaneKey, report: Report, received_at: Timestamp) -> Applied {
        let corrects = report.info_type == InfoType::Correction;
        let report_at = report.order.report_at;
        let retracts = report.info_type == InfoType::Retraction;
        let mut touched = self.rows_of(key);
        touched.extend(report_rows(&report.stand));
        let before = self.grades(&touched, received_at);
        let is_new = !self.lanes.contains_key(key);
        let lane = self.lanes.entry(key.clone()).or_default();
        let mut taken = lane.take(report);
        if is_new {
            taken = self.adopt(key).unwrap_or(taken);
        }
        touched.extend(self.rows_of(key));
        let after = self.grades(&touched, received_at);
        let outcome = match taken {
            Taken::Stands if corrects => Outcome::Corrected,
            Taken::Stands => Outcome::Replaced,
            Taken::TookBack => Outcome::Retracted,
            Taken::TookNothingBack => Outcome::RetractsUnknown,
            Taken::Late => Outcome::Late,
            Taken::Duplicate => Outcome::Duplicate,
        };
        // Nearly always its own lane knows the name; the others are searched only where it does not.
        let own = self.lanes.get(key).map_or(&[][..], Lane::reports);
        let named = |area| own.iter().rev().find_map(|report| report.name_of(area));
        let changes = touched
            .into_iter()
            .filter_map(|(area, hazard)| {
                let was = before.get(&(area, hazard)).copied().unwrap_or(Grade::NONE);
                let is = after.get(&(area, hazard)).copied().unwrap_or(Grade::NONE);
                (was != is).then(|| Change {
                    area,
                    area_name: named(area).unwrap_or_else(|| self.name_of(area)),
                    hazard,
                    before: was,
                    after: is,
                    report_at,
                    rings: is > was,
                    over: (is < was).then_some(match (retracts, is == Grade::NONE) {
                        (true, _) => Over::Retracted,
                        (false, true) => Over::Lifted,
                        (false, false) => Over::Downgraded,
                    }),
                })
            })
            .collect();
        Applied { outcome, changes }
    }

    /// Municipality and hazard of everything that stands in a lane.
    fn rows_of(&self, key: &LaneKey) -> BTreeSet<(AreaCode, Hazard)> {
        self.lanes
            .get(key)
            .and_then(Lane::current)
            .map(|report| report_rows(&report.stand).collect())
            .unwrap_or_default()
    }

    fn grades(
        &self,
        of: &BTreeSet<(AreaCode, Hazard)>,
        now: Timestamp,
    ) -> BTreeMap<(AreaCode, Hazard), Grade> {
        let areas = of.iter().map(|(area, _)| *area).collect();
        let speakers = Speakers::gather(self, Some(&areas), now);
        of.iter()
            .map(|(area, hazard)| ((*area, *hazard), speakers.grade(*area, *hazard)))
            .collect()
    }

    fn name_of(&self, area: AreaCode) -> String {
        self.lanes
            .values()
            .flat_map(Lane::reports)
            .find_map(|report| report.name_of(area))
            .unwrap_or_default()
    }

    /// A retraction says nothing of its area: its lane is the one of the same type and office that has the event, then the
    /// title, then the newest report.
    fn lane_of_retraction(&self, envelope: &Envelope) -> Option<LaneKey> {
        let telegram_type = lane_type(envelope);
        let any_office = by_event(&telegram_type) || is_national(&telegram_type);
        let mut best: Option<((bool, bool, Timestamp), &LaneKey)> = None;
        for (key, lane) in self.lanes_of_type(&telegram_type) {
            if !any_office && key.office != envelope.office {
                continue;
            }
            for report in lane.reports() {
                if report.event_id != envelope.event_id
                    || report.order.report_at > envelope.report_at
                {
                    continue;
                }
                let rank = (
                    !report.event_id.is_empty(),
                    report.title == envelope.title,
                    report.order.report_at,
                );
                if best.as_ref().is_none_or(|(known, _)| rank > *known) {
                    best = Some((rank, key));
                }
            }
        }
        best.map(|(_, key)| key.clone())
    }

    fn lanes_of_type<'l>(
        &'l self,
        telegram_type: &'l str,
    ) -> impl Iterator<Item = (&'l LaneKey, &'l Lane)> {
        let from = LaneKey {
            telegram_type: telegram_type.to_owned(),
            office: String::new(),
            scope: String::new(),
        };
        self.lanes
            .range(from..)
            .take_while(move |(key, _)| key.telegram_type == telegram_type)
    }

    /// Keeps a retraction until what it retracts arrives.
    fn wait(&mut self, envelope: &Envelope, report: Report) -> Applied {
        let key = LaneKey {
            telegram_type: lane_type(envelope),
            office: envelope.office.clone(),
            scope: String::new(),
        };
        let known = self
            .waiting
            .iter()
            .any(|(_, waiting)| waiting.order == report.order);
        if !known {
            if self.waiting.len() >= WAITING_MAX {
                self.waiting.remove(0);
                self.forgotten += 1;
            }
            self.waiting.push((key, report));
        }
        Applied {
            outcome: if known {
                Outcome::Duplicate
            } else {
                Outcome::RetractsUnknown
            },
            changes: Vec::new(),
        }
    }

    /// Hands a new lane the retractions that waited for it. Says what became of the report that made it, if that changed.
    fn adopt(&mut self, key: &LaneKey) -> Option<Taken> {
        let lane = self.lanes.get_mut(key)?;
        let event = lane.reports().first()?.event_id.clone();
        let any_office = by_event(&key.telegram_type) || is_national(&key.telegram_type);
        let mine = |(waiting, report): &(LaneKey, Report)| {
            waiting.telegram_type == key.telegram_type
                && (any_office || waiting.office == key.office)
                && report.event_id == event
        };
        let (mine, others): (Vec<_>, Vec<_>) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(mine);
        self.waiting = others;
        let mut became = None;
        for (_, report) in mine {
            if lane.take(report) == Taken::TookBack {
                became = Some(Taken::Late);
            }
        }
        became
    }

    /// Makes room for one more lane: those that ended days ago go, then, when it is full, the oldest that holds nothing.
    fn make_room(&mut self, now: Timestamp) -> bool {
        let long_ago = now.checked_sub(ENDED_KEPT).unwrap_or(Timestamp::MIN);
        self.lanes.retain(|key, lane| {
            lane.reports().last().is_some_and(|report| {
                ends(&key.telegram_type, report).is_none_or(|end| end > long_ago)
            })
        });
        if self.lanes.len() < self.settings.lanes_max {
            return true;
        }
        let idle = self
            .lanes
            .iter()
            .filter(|(key, lane)| {
                lane.current().is_none_or(|report| {
                    !report.stand.holds() || expired(&key.telegram_type, report, now)
                })
            })
            .min_by_key(|(key, lane)| {
                (
                    lane.reports().last().map(|report| report.order.report_at),
                    (*key).clone(),
                )
            })
            .map(|(key, _)| key.clone());
        match idle {
            Some(key) => {
                self.lanes.remove(&key);
                self.forgotten += 1;
                true
            }
            None => false,
        }
    }

    fn feed(&self, now: Timestamp) -> Feed {
        let silent_s = self
            .heard_at
            .map(|heard| now.duration_since(heard).as_secs().max(0));
        Feed {
            heard_at: self.heard_at,
            silent_s,
            stale: silent_s.is_none_or(|silent| silent > self.settings.silent_max_s),
        }
    }

    fn is_stale(&self, report: &Report, now: Timestamp) -> bool {
        self.feed(now).stale
            || now.duration_since(report.order.report_at).as_secs() > self.settings.report_age_max_s
    }
}

/// Whether a report's end has passed: its own, or that of its kind.
fn expired(telegram_type: &str, report: &Report, now: Timestamp) -> bool {
    ends(telegram_type, report).is_some_and(|end| end <= now)
}

fn ends(telegram_type: &str, report: &Report) -> Option<Timestamp> {
    report.valid_until.or_else(|| {
        let life = coverage::life(telegram_type)?;
        report
            .order
            .report_at
            .checked_add(life)
            .ok()
            .or(Some(Timestamp::MAX))
    })
}

fn report_rows(stand: &Stand) -> impl Iterator<Item = (AreaCode, Hazard)> {
    stand
        .municipal()
        .into_iter()
        .flat_map(|municipal| &municipal.rows)
        .map(|row| (row.area, row.hazard))
}

fn report<S: Standing>(telegram: &Telegram<S>, received_at: Timestamp) -> Report {
    let envelope = &telegram.envelope;
    let bytes = serde_json::to_vec(telegram)
        .expect("a telegram is numbers, texts and times, and all of them can be written as JSON");
    Report {
        order: Order::of(envelope, order::digest(&bytes)),
        info_type: envelope.info_type,
        event_id: envelope.event_id.clone(),
        serial: envelope.serial.clone(),
        title: envelope.title.clone(),
        headline: cut(&envelope.headline, 600),
        office: envelope.office.clone(),
        valid_until: envelope.valid_until,
        unknown_type: matches!(telegram.content, Content::Other(_)),
        received_at,
        stand: Stand::of(&telegram.content, envelope.report_at),
    }
}

/// Types whose reports belong together by their event.
fn by_event(telegram_type: &str) -> bool {
    telegram_type.starts_with("VXSE")
        || telegram_type.starts_with("VTSE5")
        || telegram_type.starts_with("VPTW")
        || telegram_type.starts_with("VXKO")
        || telegram_type.starts_with("VXSU")
        || telegram_type.starts_with("VFVO")
}

/// Types that speak for the whole country, whichever office writes: Osaka takes over when Tokyo cannot.
fn is_national(telegram_type: &str) -> bool {
    telegram_type == "VTSE41"
}

/// The type as lanes know it.
fn lane_type(envelope: &Envelope) -> String {
    if envelope.telegram_type.is_empty() {
        // Of an unknown type: its title is all that tells its lane.
        envelope.control_title.clone()
    } else if envelope.telegram_type.starts_with("VXKO") {
        // VXKO50 to 89 are one product, numbered by office; samples say VXKOii.
        "VXKO".to_owned()
    } else {
        envelope.telegram_type.clone()
    }
}

fn lane_key(envelope: &Envelope, content: &Content) -> LaneKey {
    let telegram_type = lane_type(envelope);
    let (office, scope) = match content {
        _ if is_national(&telegram_type) => (String::new(), String::new()),
        Content::River(river) => (String::new(), river.forecast_area.code.clone()),
        // A volcano is known by its number, and its eruption by the same number behind a time.
        Content::Volcano(volcano) => (
            String::new(),
            volcano
                .volcanoes
                .first()
                .map_or_else(|| envelope.event_id.clone(), |volcano| volcano.code.clone()),
        ),
        _ if by_event(&telegram_type) => (String::new(), envelope.event_id.clone()),
        Content::Warning(warning) => (
            envelope.office.clone(),
            warning
                .scope
                .iter()
                .map(|area| area.code.as_str())
                .collect::<Vec<_>>()
                .join(" "),
        ),
        _ => (envelope.office.clone(), envelope.title.clone()),
    };
    LaneKey {
        telegram_type,
        office,
        scope,
    }
}
