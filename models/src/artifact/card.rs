use super::weak::weak_spots;
use crate::card::data_sha256;
use crate::case::Case;
use crate::case_file::Unit;
use crate::directory::Question;
use crate::evaluate::{
    Examined, GaugeLeadScore, Interval, flood_coverage_interval, skill_interval,
};
use crate::floods::{Flood, Floods};
use crate::history::History;
use crate::hyper::Hyper;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Seed of the draws for the intervals of the card.
const DRAW_SEED: u64 = 2016;

/// What people must know before they use a model: what it was made from, how good it was on floods it had not seen, where
/// it is weak.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// The gauge.
    pub gauge: String,
    /// Its name for people.
    pub name: String,
    /// What is forecast.
    pub unit: Unit,
    /// What the model is asked.
    pub case: Case,
    /// Program that made it.
    pub made_by: String,
    /// Licence of the readings.
    pub licence: String,
    /// Whom to name.
    pub attribution: String,
    /// SHA-256 of the readings: start, step and the columns of the case in its order.
    pub data_sha256: String,
    /// SHA-256 of the settings.
    pub recipe_sha256: String,
    /// First row.
    pub from: Timestamp,
    /// Last row.
    pub to: Timestamp,
    /// Seconds from row to row.
    pub step_s: i64,
    /// Rows with a reading of the gauge.
    pub rows: usize,
    /// Floods at the gauge, in order of time.
    pub floods: Vec<Flood>,
    /// Lowest and highest level of the fit.
    pub range_m: [f64; 2],
    /// Groups of floods that were left out in turn to measure the figures below; 0 = not measured.
    pub groups: usize,
    /// One entry per lead, on floods that were left out.
    pub leads: Vec<LeadFigures>,
    /// Where it is weak, in words.
    pub weak_spots: Vec<Words>,
}

/// A sentence in both languages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// How one lead did on floods that were left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadFigures {
    /// Hours ahead.
    pub lead_h: u32,
    /// Forecasts compared.
    pub rows: usize,
    /// Share of them that the model answered itself.
    pub by_model: f64,
    /// 1 − MSE / MSE of persistence.
    pub skill: Option<Interval>,
    /// Share of observations inside the 5–95 % interval, in floods.
    pub coverage90_flood: Option<Interval>,
    /// Root mean squared error.
    pub rmse_m: f64,
    /// The same of persistence.
    pub rmse_persistence_m: f64,
    /// Approximated continuous ranked probability score.
    pub crps_m: f64,
    /// The level whose crossing was counted.
    pub threshold_m: Option<f64>,
    /// Share of the crossings that the 0.95 quantile announced.
    pub pod_q95: Option<f64>,
    /// Share of its alarms that were false.
    pub far_q95: Option<f64>,
}

impl ModelCard {
    /// What this program writes as `made_by`.
    #[must_use]
    pub fn made_by_us() -> &'static str {
        concat!("hinan-models ", env!("CARGO_PKG_VERSION"))
    }

    /// The card of a model fitted on `train`; `examined` is what it did on floods that were left out.
    #[must_use]
    pub fn of(
        question: &Question,
        train: &History,
        recipe: &Hyper,
        licence: (&str, &str),
        examined: Option<(&Examined, usize)>,
    ) -> Self {
        let case = &question.case;
        let column = train.gauge_index(&case.target);
        let floods = column.map_or_else(Vec::new, |column| {
            Floods::find(train, column, recipe.flood_rise_share).list
        });
        let levels = || {
            let column = column.into_iter();
            column
                .flat_map(|column| (0..train.len()).filter_map(move |row| train.level(row, column)))
        };
        let leads: Vec<LeadFigures> = examined.map_or_else(Vec::new, |(examined, _)| {
            let scores = examined.scores();
            let trials = examined.leads.iter().map(|(_, trials)| trials);
            scores
                .iter()
                .zip(trials)
                .map(|(score, trials)| figures(score, trials))
                .collect()
        });
        let mut card = Self {
            gauge: case.target.clone(),
            name: question.name.clone(),
            unit: question.unit,
            case: case.clone(),
            made_by: Self::made_by_us().to_owned(),
            licence: licence.0.to_owned(),
            attribution: licence.1.to_owned(),
            data_sha256: data_sha256_of(train, case),
            recipe_sha256: recipe_sha256(recipe),
            from: train.start(),
            to: train.end(),
            step_s: train.step_s(),
            rows: levels().count(),
            floods,
            range_m: [
                levels().fold(f64::INFINITY, f64::min).min(f64::MAX),
                levels().fold(f64::NEG_INFINITY, f64::max).max(f64::MIN),
            ],
            groups: examined.map_or(0, |(_, groups)| groups),
            leads,
            weak_spots: Vec::new(),
        };
        card.weak_spots = weak_spots(&card, question.perfect_rain);
        card
    }
}

/// SHA-256 of all columns of a case, target first.
#[must_use]
pub fn data_sha256_of(history: &History, case: &Case) -> String {
    let names = std::iter::once(&case.target)
        .chain(&case.upstream)
        .chain(&case.rain)
        .chain(&case.rain_forecast);
    let columns: Vec<usize> = names.filter_map(|name| history.gauge_index(name)).collect();
    data_sha256(history, &columns)
}

/// SHA-256 of the settings of a fit.
///
/// # Panics
/// Never: settings are numbers and lists of numbers.
#[must_use]
pub fn recipe_sha256(recipe: &Hyper) -> String {
    let json = serde_json::to_vec(recipe).expect("settings are numbers and lists of numbers");
    hex::encode(Sha256::digest(&json))
}

fn figures(score: &GaugeLeadScore, trials: &[crate::evaluate::Trial]) -> LeadFigures {
    let q95 = score
        .alarms
        .iter()
        .find(|a| (a.quantile - 0.95).abs() < 1e-9);
    let by_model =
        crate::score::count_f64(score.rows_by_model) / crate::score::count_f64(score.rows);
    LeadFigures {
        lead_h: score.lead_h,
        rows: score.rows,
        by_model,
        skill: skill_interval(trials, DRAW_SEED),
        coverage90_flood: flood_coverage_interval(trials, DRAW_SEED),
        rmse_m: score.rmse_m,
        rmse_persistence_m: score.rmse_persistence_m,
        crps_m: score.crps_m,
        threshold_m: score.threshold_m,
        pod_q95: q95.and_then(|a| a.onset.pod()),
        far_q95: q95.and_then(|a| a.onset.far()),
    }
}
