use super::trust::Verdict;
use super::{Watch, WatchSettings};
use crate::baseline::rows_per_h;
use crate::flood::FittedFloodModel;
use crate::forecast::{GaugeForecast, LeadForecast, Method, Tier};
use crate::history::History;
use crate::hyper::LEADS_H;
use crate::predict::Standing;
use crate::score::count_f64;
use jiff::Timestamp;

/// What a model needs before it can be judged, hours.
const BEFORE_H: i64 = 25;
/// A model whose record rests on fewer floods than this is hardly proved.
const PROVED_BY_FLOODS: usize = 10;

impl WatchSettings {
    /// For one model: its step, and half the trust where it is hardly proved.
    pub(crate) fn for_model(self, model: &FittedFloodModel) -> Self {
        let proved = model.card().floods.len() >= PROVED_BY_FLOODS;
        let per_h = count_f64(model.layout.rows_per_h);
        Self {
            step_h: 1.0 / per_h,
            prior_h: self.prior_h * if proved { 1.0 } else { 0.5 },
            ..self
        }
    }

    /// Hours of readings that are enough to say how far a model may be trusted: what happened before changes nothing.
    #[must_use]
    pub fn looks_back_h(&self) -> i64 {
        self.memory_h + i64::from(LEADS_H[LEADS_H.len() - 1]) + BEFORE_H
    }
}

impl Watch {
    /// A watch over one model that has seen nothing yet.
    #[must_use]
    pub fn of(model: &FittedFloodModel, settings: WatchSettings) -> Self {
        Self::new(settings.for_model(model))
    }

    /// The watch over what is still in memory: the model is asked again at every row that is remembered and has a day and an
    /// hour before it, and judged by what came. The same readings give the same watch, whenever and how often it is asked, so
    /// that a restart or a replay changes nothing.
    #[must_use]
    pub fn over(
        model: &FittedFloodModel,
        recent: &History,
        as_of: Timestamp,
        settings: WatchSettings,
    ) -> Self {
        let mut watch = Self::of(model, settings);
        let column = recent.gauge_index(&model.case().target);
        let (Some(column), Some(per_h), Some(last)) = (
            column,
            rows_per_h(recent.step_s()),
            recent.row_at_or_before(as_of),
        ) else {
            return watch;
        };
        let rows = |hours: i64| usize::try_from(hours).unwrap_or(0) * per_h;
        let remembered = last.saturating_sub(rows(settings.looks_back_h() - BEFORE_H));
        for row in rows(BEFORE_H).max(remembered)..=last {
            watch.row(model, recent, row, column, row < last);
        }
        watch
    }

    /// What one row tells: what came of earlier forecasts, and what is said now.
    pub(crate) fn row(
        &mut self,
        model: &FittedFloodModel,
        recent: &History,
        row: usize,
        column: usize,
        ask: bool,
    ) {
        let at = recent.time(row);
        if let Some(level_m) = recent.level(row, column) {
            self.observed(at, level_m);
            if ask {
                self.issued(&model.predict(recent, at));
            }
        }
    }

    /// The forecast as it may be shown: the model counts as far as it may be trusted, persistence for the rest, and the doubt
    /// is as wide as outcomes asked for.
    #[must_use]
    pub fn guarded(
        &self,
        model: &FittedFloodModel,
        recent: &History,
        as_of: Timestamp,
    ) -> GaugeForecast {
        let verdicts = LEADS_H.map(|lead_h| self.verdict(lead_h, as_of));
        let standings = verdicts.map(|verdict| Standing {
            in_use: true,
            nudge: verdict.stretch,
        });
        let mut forecast = model.predict_with(recent, as_of, &standings);
        let is_whole =
            |v: &Verdict| v.out_since.is_none() && v.share >= 1.0 && v.shift_m.abs() <= 0.0;
        if verdicts.iter().all(is_whole) {
            return forecast;
        }
        let out = standings.map(|standing| Standing {
            in_use: false,
            ..standing
        });
        let held = model.predict_with(recent, as_of, &out);
        for (lead, held) in forecast.leads.iter_mut().zip(held.leads) {
            let place = LEADS_H.iter().position(|lead_h| *lead_h == lead.lead_h);
            let Some(verdict) = place.map(|place| verdicts[place]) else {
                continue;
            };
            if verdict.out_since.is_some() {
                *lead = held;
            } else if lead.method != Method::Persistence {
                mix(lead, &held, &verdict);
            }
        }
        explain(&mut forecast, &verdicts);
        forecast
    }
}

fn mix(lead: &mut LeadForecast, held: &LeadForecast, verdict: &Verdict) {
    let share = verdict.share;
    let between =
        |model_m: f64, held_m: f64| share * (model_m + verdict.shift_m) + (1.0 - share) * held_m;
    lead.expected_m = between(lead.expected_m, held.expected_m);
    lead.median_m = between(lead.median_m, held.median_m);
    for (quantile, held) in lead.quantiles.iter_mut().zip(&held.quantiles) {
        quantile.level_m = between(quantile.level_m, held.level_m);
    }
}

fn explain(forecast: &mut GaugeForecast, verdicts: &[Verdict; LEADS_H.len()]) {
    let out: Vec<(u32, Timestamp)> = verdicts
        .iter()
        .zip(LEADS_H)
        .filter_map(|(verdict, lead_h)| verdict.out_since.map(|since| (lead_h, since)))
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
