//! A model that is followed: every forecast is compared with what came, and a model that falls behind persistence is
//! taken out of use by itself.

use crate::flood::FittedFloodModel;
use crate::forecast::{GaugeForecast, Tier};
use crate::history::History;
use crate::hyper::LEADS_H;
use crate::predict::Standing;
use crate::score::SkillRecord;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// What came long ago counts half in the skill that is told, days.
const HALF_LIFE_D: f64 = 30.0;
/// A model starts with this credit and never has more. An outcome takes at most its own time from it or adds it, so that
/// one hour of a record flood decides nothing, but a day of being wrong does. Hours.
const CREDIT_H: f64 = 24.0;
/// A model whose record rests on fewer floods than this is hardly proved: it may besides lose no more than what it
/// usually gains on persistence in so many hours, in squared error as it comes.
const PROVED_BY_FLOODS: usize = 10;
const UNPROVED_CREDIT_H: f64 = 48.0;
/// A model that has used up a credit is taken out of use; it comes back when it has earned this share of it again.
const BACK_AT: f64 = 0.5;
/// Share of outcomes that may lie beyond either end of the 5–95 % interval.
const BEYOND_SHARE: f64 = 0.05;
/// How fast the doubt at high water follows the outcomes, per hour of them.
const NUDGE_PER_H: f64 = 0.03;
/// The doubt at high water is stretched or shrunk by exp of this at most.
const NUDGE_MAX: f64 = 1.0;
const NUDGE_MIN: f64 = -0.5;
/// Most forecasts that wait for their outcome, per lead: a day of minutes.
const PENDING_MAX: usize = 1440;

/// How one lead stands against persistence.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadStanding {
    /// Hours ahead.
    pub lead_h: u32,
    /// 1 − squared error of the model / of persistence, recent outcomes counting more; `None` before the first.
    pub skill: Option<f64>,
    /// Since when the model is out of use; `None` while it is in use.
    pub out_since: Option<Timestamp>,
    /// Outcomes that were compared.
    pub outcomes: u64,
    /// How far the lower and the upper side of the interval are stretched where the level may reach high water.
    pub stretch: [f64; 2],
}

/// Follows one model on one gauge, in the order of event time.
///
/// It is a function of the readings it was shown: the same readings in the same order give the same state, and the
/// state can be kept and read back. A reading that arrives later than its row was shown is not gone back to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Follower {
    /// The last row whose forecast was made.
    shown_until: Option<Timestamp>,
    leads: Vec<Track>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Track {
    pending: VecDeque<Pending>,
    /// Squared errors of the model and of persistence, recent ones counting more, square metres.
    model: f64,
    persistence: f64,
    /// Squared error that is usual for the model, square metres: outcomes that differ by less hardly count.
    usual: f64,
    /// What is left of its credit, hours; below 0 the model owes.
    credit_h: f64,
    /// The same in square metres for a model that is hardly proved, and the most of it.
    unproved: Option<[f64; 2]>,
    counted_at: Option<Timestamp>,
    out_since: Option<Timestamp>,
    outcomes: u64,
    /// Logarithm of the stretch of either side.
    nudge: [f64; 2],
}

/// A forecast whose outcome is not known yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Pending {
    due: Timestamp,
    from_m: f64,
    expected_m: f64,
    low_m: f64,
    high_m: f64,
    may_be_high: bool,
    by_model: bool,
}

impl Follower {
    /// Starts with the record of the model on floods it had not seen.
    #[must_use]
    pub fn new(model: &FittedFloodModel) -> Self {
        let unproved = model.card.floods.len() < PROVED_BY_FLOODS;
        let rows = UNPROVED_CREDIT_H * crate::score::count_f64(model.layout.rows_per_h);
        let credit =
            |r: &SkillRecord| rows * (r.rmse_persistence_m.powi(2) - r.rmse_m.powi(2)).max(0.0);
        let leads = model
            .parts
            .leads
            .iter()
            .map(|lead| {
                let record = lead.tiers[0]
                    .record
                    .as_ref()
                    .filter(|_| lead.tiers[0].beats_persistence);
                Track {
                    pending: VecDeque::new(),
                    model: 0.0,
                    persistence: 0.0,
                    usual: record.map_or(0.0, |r| r.rmse_m.powi(2)),
                    credit_h: CREDIT_H,
                    unproved: unproved
                        .then(|| record.map(credit))
                        .flatten()
                        .map(|most| [most, most]),
                    counted_at: None,
                    out_since: None,
                    outcomes: 0,
                    nudge: [0.0; 2],
                }
            })
            .collect();
        Self {
            shown_until: None,
            leads,
        }
    }

    /// Looks at every row of `recent` after the last one that was looked at, up to `as_of`: outcomes of earlier
    /// forecasts are counted, then the row's own forecasts are kept until theirs come. The first call begins at the
    /// last row at or before `as_of`.
    pub fn watch(&mut self, model: &FittedFloodModel, recent: &History, as_of: Timestamp) {
        let Some(last) = recent.row_at_or_before(as_of) else {
            return;
        };
        let first = match self.shown_until {
            Some(shown) => recent.row_at_or_before(shown).map_or(0, |row| row + 1),
            None => last,
        };
        for row in first..=last {
            self.watch_row(model, recent, row);
        }
    }

    /// The forecast, with the model taken out of use where it has fallen behind and its doubt as wide as outcomes asked
    /// for.
    pub fn forecast(
        &mut self,
        model: &FittedFloodModel,
        recent: &History,
        as_of: Timestamp,
    ) -> GaugeForecast {
        self.watch(model, recent, as_of);
        let mut forecast = model.predict_with(recent, as_of, &self.standings());
        self.explain(&mut forecast);
        forecast
    }

    /// How every lead stands.
    #[must_use]
    pub fn standing(&self) -> Vec<LeadStanding> {
        let lead = |(track, lead_h): (&Track, u32)| LeadStanding {
            lead_h,
            skill: (track.outcomes > 0 && track.persistence > 0.0)
                .then(|| 1.0 - track.model / track.persistence),
            out_since: track.out_since,
            outcomes: track.outcomes,
            stretch: track.nudge.map(f64::exp),
        };
        self.leads.iter().zip(LEADS_H).map(lead).collect()
    }

    fn standings(&self) -> [Standing; LEADS_H.len()] {
        let mut standings = [Standing::FRESH; LEADS_H.len()];
        for (standing, track) in standings.iter_mut().zip(&self.leads) {
            *standing = Standing {
                in_use: track.out_since.is_none(),
                nudge: track.nudge.map(f64::exp),
            };
        }
        standings
    }

    fn explain(&self, forecast: &mut GaugeForecast) {
        let out: Vec<(u32, Timestamp)> = self
            .leads
            .iter()
            .zip(LEADS_H)
            .filter_map(|(track, lead_h)| track.out_since.map(|since| (lead_h, since)))
            .collect();
        let Some(since) = out.iter().map(|(_, since)| *since).min() else {
            return;
        };
        if forecast.tier == Tier::NoInformation {
            return;
        }
        let hours: Vec<String> = out.iter().map(|(lead_h, _)| lead_h.to_string()).collect();
        let hours = hours.join(", ");
        forecast.why_ja += &format!(
            "モデルは現在水位の継続より誤差が大きくなったため、{since}から使用を止めている（{hours}時間先）。"
        );
        forecast.why_en += &format!(
            " The model fell behind persistence and is out of use since {since} ({hours} h ahead)."
        );
        if out.len() == LEADS_H.len() {
            forecast.tier = Tier::Persistence;
        }
    }

    fn watch_row(&mut self, model: &FittedFloodModel, recent: &History, row: usize) {
        let at = recent.time(row);
        self.shown_until = Some(at);
        let column = recent.gauge_index(&model.case.target);
        let step_s = SignedDuration::from_secs(recent.step_s());
        for (track, lead) in self.leads.iter_mut().zip(&model.parts.leads) {
            let reference_m = model.parts.references_um[0] / 1e6;
            while track
                .pending
                .front()
                .is_some_and(|pending| pending.due <= at)
            {
                let Some(pending) = track.pending.pop_front() else {
                    break;
                };
                let due = recent
                    .row_at_or_before(pending.due)
                    .filter(|row| recent.time(*row) == pending.due);
                if let Some(outcome_m) = due
                    .zip(column)
                    .and_then(|(row, column)| recent.level(row, column))
                {
                    let high = lead.held.doubt.is_high(outcome_m - reference_m);
                    track.count(&pending, outcome_m, high, at, step_s);
                }
            }
        }
        // A row without a reading of its own asks nothing.
        if column
            .and_then(|column| recent.level(row, column))
            .is_none()
        {
            return;
        }
        let mut standings = self.standings();
        for standing in &mut standings {
            standing.in_use = true;
        }
        let Some(moment) = model.moment(recent, at) else {
            return;
        };
        let from_m = moment.last.level_m;
        for (track, knot) in self.leads.iter_mut().zip(model.knots(&moment, &standings)) {
            let Ok(due) = at.checked_add(SignedDuration::from_hours(i64::from(knot.lead_h))) else {
                continue;
            };
            if track.pending.len() >= PENDING_MAX {
                track.pending.pop_front();
            }
            track.pending.push_back(Pending {
                due,
                from_m,
                expected_m: from_m + knot.expected_m,
                low_m: from_m + knot.changes_m[0],
                high_m: from_m + knot.changes_m[knot.changes_m.len() - 1],
                may_be_high: knot.may_be_high,
                by_model: knot.expected_m.abs() > 0.0,
            });
        }
    }
}

impl Track {
    fn count(
        &mut self,
        pending: &Pending,
        outcome_m: f64,
        is_high: bool,
        at: Timestamp,
        step: SignedDuration,
    ) {
        if let Some(before) = self.counted_at {
            let passed_d = at.duration_since(before).as_secs_f64() / 86_400.0;
            let left = 0.5_f64.powf(passed_d / HALF_LIFE_D);
            self.model *= left;
            self.persistence *= left;
        }
        self.counted_at = Some(at);
        self.outcomes += 1;
        if pending.by_model {
            let model = (outcome_m - pending.expected_m).powi(2);
            let persistence = (outcome_m - pending.from_m).powi(2);
            self.model += model;
            self.persistence += persistence;
            if let Some([left, most]) = &mut self.unproved {
                *left = (*left + persistence - model).clamp(-*most, *most);
            }
            let whole = persistence + model + self.usual;
            if whole > 0.0 {
                let hours = (step.as_secs_f64() / 3600.0).min(1.0);
                let earned_h = hours * (persistence - model) / whole;
                self.credit_h = (self.credit_h + earned_h).clamp(-CREDIT_H, CREDIT_H);
            }
        }
        let [left, most] = self.unproved.unwrap_or([CREDIT_H, CREDIT_H]);
        let spent = self.credit_h < 0.0 || left < 0.0;
        let earned = self.credit_h > BACK_AT * CREDIT_H && left > BACK_AT * most;
        match self.out_since {
            None if spent => self.out_since = Some(at),
            Some(_) if earned => self.out_since = None,
            _ => {}
        }
        if pending.may_be_high || is_high {
            let speed = NUDGE_PER_H * (step.as_secs_f64() / 3600.0).min(1.0);
            let missed = [outcome_m < pending.low_m, outcome_m > pending.high_m];
            for (nudge, missed) in self.nudge.iter_mut().zip(missed) {
                let miss = if missed { 1.0 } else { 0.0 };
                *nudge = (*nudge + speed * (miss - BEYOND_SHARE)).clamp(NUDGE_MIN, NUDGE_MAX);
            }
        }
    }
}
