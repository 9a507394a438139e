use crate::baseline::{LastReading, lead_end, no_information, rows_per_h, without_model};
use crate::card::{CARD_FORMAT, Card, DroppedUpstream, data_sha256};
use crate::case::{Case, CaseError};
use crate::conformal::{Calibration, MEDIAN, PROBABILITIES, State};
use crate::features::{BLOCK, LEVEL, Standard, block};
use crate::floods::Floods;
use crate::forecast::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
use crate::history::History;
use crate::hyper::{Hyper, HyperError, LEADS_H};
use crate::learn::{Lesson, fit_lead};
use crate::regression::Linear;
use crate::score::{Share, SkillRecord};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A recipe for a flood model. It can be fitted; it cannot predict.
#[derive(Clone, Debug)]
pub struct FloodModel {
    hyper: Hyper,
}

/// What fitting produced for one gauge, all lead times. It can never be half-fitted.
///
/// For every lead and every subset of the upstream gauges there is an answer of its own, so that a gauge that
/// falls silent in the flood costs accuracy and not the forecast. Serialised, it is the same bytes for the same
/// readings; reading it back checks that its parts fit together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Artifact")]
pub struct FittedFloodModel {
    case: Case,
    card: Card,
    /// Places in `case.upstream` of the gauges the model uses.
    used_upstream: Vec<usize>,
    /// The target, then the used upstream gauges.
    standards: Vec<Standard>,
    leads: Vec<LeadModel>,
}

/// Why a recipe could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FitError {
    /// The case does not fit the history.
    #[error(transparent)]
    Case(#[from] CaseError),
    /// The step does not divide the hour.
    #[error("step {step_s} s is not accepted for fitting: it must divide 3600 s")]
    Step {
        /// The step, seconds.
        step_s: i64,
    },
    /// Too little was read.
    #[error(
        "gauge `{gauge}`: {rows} usable rows for {lead_h} h ahead, at least {needed} are needed"
    )]
    TooFewRows {
        /// The target.
        gauge: String,
        /// Hours ahead.
        lead_h: u32,
        /// Rows with twelve hours of readings before them and one at the end of the lead.
        rows: usize,
        /// Fewest that are accepted.
        needed: usize,
    },
    /// linfa could not solve the least squares.
    #[error("gauge `{gauge}`, {lead_h} h ahead: least squares failed: {why}")]
    Solver {
        /// The target.
        gauge: String,
        /// Hours ahead.
        lead_h: u32,
        /// What linfa says.
        why: String,
    },
}

/// One lead time: an answer for every subset of the used upstream gauges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadModel {
    pub(crate) lead_h: u32,
    /// Index = the subset as a bit mask (bit 0 = first used upstream gauge); `None` = too few rows.
    pub(crate) subsets: Vec<Option<SubsetModel>>,
}

/// One subset's answer, with its doubt and its record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubsetModel {
    pub(crate) answer: Answer,
    pub(crate) calibration: Calibration,
    pub(crate) record: Option<SkillRecord>,
}

/// Where the predicted change comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Answer {
    /// A line through the features.
    Model { linear: Linear },
    /// No change.
    Persistence,
}

impl FloodModel {
    /// A recipe with checked settings.
    ///
    /// # Errors
    /// The first setting that is not accepted.
    pub fn new(hyper: Hyper) -> Result<Self, HyperError> {
        hyper.check()?;
        Ok(Self { hyper })
    }

    /// Fits one gauge for all lead times (1, 2, 3 and 6 h). The same history gives the same model, whatever the
    /// order of its columns.
    ///
    /// # Errors
    /// [`FitError`]: the case does not fit the history, the step does not divide the hour, or too few rows.
    pub fn fit(&self, history: &History, case: &Case) -> Result<FittedFloodModel, FitError> {
        case.check_against(history)?;
        let rows_per_h = rows_per_h(history.step_s()).ok_or(FitError::Step {
            step_s: history.step_s(),
        })?;
        let places = case.places_in(history);
        let target = places.target.expect("checked against the history");
        let upstream: Vec<usize> = places.upstream.into_iter().flatten().collect();
        let floods = Floods::find(history, target, self.hyper.flood_rise_share);

        let silence: Vec<f64> = upstream
            .iter()
            .map(|column| missing_in_floods(history, &floods, target, *column))
            .collect();
        let used_upstream: Vec<usize> = (0..upstream.len())
            .filter(|place| silence[*place] <= self.hyper.upstream_missing_max)
            .collect();
        let used: Vec<usize> = used_upstream.iter().map(|place| upstream[*place]).collect();
        let lesson = Lesson::of(history, target, &used, &floods, rows_per_h, &self.hyper);

        let mut leads = Vec::new();
        let mut lead_cards = Vec::new();
        for lead_h in LEADS_H {
            let (lead, card) = fit_lead(&lesson, lead_h, &self.hyper, &case.target)?;
            leads.push(lead);
            lead_cards.push(card);
        }
        let columns: Vec<usize> = std::iter::once(target).chain(upstream).collect();
        let card = Card {
            format: CARD_FORMAT,
            data_sha256: data_sha256(history, &columns),
            from: history.start(),
            to: history.end(),
            step_s: history.step_s(),
            rows: lesson.rows.len(),
            floods: floods.list,
            dropped_upstream: (0..silence.len())
                .filter(|place| !used_upstream.contains(place))
                .map(|place| DroppedUpstream {
                    gauge: case.upstream[place].clone(),
                    missing_in_floods: silence[place],
                })
                .collect(),
            leads: lead_cards,
        };
        let standards = lesson.standards;
        Ok(FittedFloodModel {
            case: case.clone(),
            card,
            used_upstream,
            standards,
            leads,
        })
    }
}

impl FittedFloodModel {
    /// What may happen next, from the rows of `recent` at or before `as_of`; twelve hours of them are enough.
    ///
    /// Never fails: what is missing lowers the tier. When the last reading is older than `as_of` (three hours at
    /// most), the forecast is made from that reading and read off at `as_of` + lead.
    pub fn predict(&self, recent: &History, as_of: Timestamp) -> GaugeForecast {
        let Some(last) = LastReading::of(recent, &self.case.target, as_of) else {
            return no_information(&self.case, as_of);
        };
        let Some(now) = self.now(recent, &last) else {
            return without_model(recent, &self.case, as_of);
        };
        let mut knots: Vec<Knot<'_>> = self
            .leads
            .iter()
            .filter_map(|lead| self.knot(lead, &now))
            .collect();
        if knots.len() < self.leads.len() {
            return without_model(recent, &self.case, as_of);
        }
        never_surer_later(&mut knots);
        GaugeForecast {
            gauge: self.case.target.clone(),
            as_of,
            tier: self.tier(now.available),
            upstream_missing: self.upstream_missing(now.available),
            level_now_m: Some(last.level_m),
            level_now_at: Some(last.at),
            rise_m_per_h: last.rise_m_per_h,
            leads: LEADS_H
                .iter()
                .map(|&lead_h| lead_forecast(&knots, &last, as_of, lead_h))
                .collect(),
        }
    }

    /// What the model was made from and how good it was.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// What it was asked.
    pub fn case(&self) -> &Case {
        &self.case
    }

    fn now(&self, recent: &History, last: &LastReading) -> Option<Now> {
        let rows_per_h = rows_per_h(recent.step_s())?;
        let target = block(recent.column(last.column), last.row, rows_per_h)?;
        let mut now = Now {
            features: vec![Some(self.standards[0].apply(&target))],
            available: 0,
            outside: vec![self.standards[0].outside(&target)],
            level_m: last.level_m,
            change_3h_m: target[..3].iter().sum(),
        };
        for (bit, &place) in self.used_upstream.iter().enumerate() {
            let features = recent
                .gauge_index(&self.case.upstream[place])
                .and_then(|column| block(recent.column(column), last.row, rows_per_h));
            let standard = &self.standards[bit + 1];
            now.features.push(features.map(|f| standard.apply(&f)));
            now.outside
                .push(features.is_some_and(|f| standard.outside(&f)));
            now.available |= usize::from(features.is_some()) << bit;
        }
        Some(now)
    }

    fn knot<'a>(&self, lead: &'a LeadModel, now: &Now) -> Option<Knot<'a>> {
        let (mask, subset) = lead.best_within(now.available)?;
        let change_m = match &subset.answer {
            Answer::Model { linear } => linear.predict(&assemble(&now.features, mask)?),
            Answer::Persistence => 0.0,
        };
        let standard = &self.standards[0];
        let state = State {
            change_m,
            swing_m: now.change_3h_m * f64::from(lead.lead_h) / 3.0,
            excess: excess(
                now.level_m,
                change_m,
                standard.low[LEVEL],
                standard.high[LEVEL],
            ),
        };
        let errors_m = subset.calibration.error_quantiles_m(state);
        Some(Knot {
            lead_h: lead.lead_h,
            subset,
            changes_m: errors_m.map(|error_m| change_m + error_m),
            outside: state.excess > 0.0
                || now.outside[0]
                || (1..now.outside.len()).any(|g| mask >> (g - 1) & 1 == 1 && now.outside[g]),
        })
    }

    fn tier(&self, available: usize) -> Tier {
        if available.count_ones() as usize == self.used_upstream.len() {
            Tier::Full
        } else if available == 0 {
            Tier::OwnOnly
        } else {
            Tier::UpstreamPartly
        }
    }

    fn upstream_missing(&self, available: usize) -> Vec<String> {
        let missing = |place: usize| match self.used_upstream.iter().position(|used| *used == place)
        {
            Some(bit) => available >> bit & 1 == 0,
            None => true,
        };
        self.case
            .upstream
            .iter()
            .enumerate()
            .filter(|(place, _)| missing(*place))
            .map(|(_, gauge)| gauge.clone())
            .collect()
    }
}

/// The readings of one moment, as the model wants them.
struct Now {
    features: Vec<Option<[f64; BLOCK]>>,
    /// Bit mask of the used upstream gauges that can be used now.
    available: usize,
    outside: Vec<bool>,
    level_m: f64,
    change_3h_m: f64,
}

/// The quantiles of the change at one of the fitted leads.
struct Knot<'a> {
    lead_h: u32,
    subset: &'a SubsetModel,
    changes_m: [f64; PROBABILITIES.len()],
    outside: bool,
}

impl LeadModel {
    /// The answer for the largest subset of `available` that beat persistence, or for the largest one at all.
    fn best_within(&self, available: usize) -> Option<(usize, &SubsetModel)> {
        let rank = |mask: usize, subset: &SubsetModel| {
            (
                matches!(subset.answer, Answer::Model { .. }),
                mask.count_ones(),
            )
        };
        self.subsets
            .iter()
            .enumerate()
            .filter(|(mask, _)| mask & available == *mask)
            .filter_map(|(mask, subset)| subset.as_ref().map(|s| (mask, s)))
            // The first of equals: the upstream gauges that matter most come first in the case.
            .rev()
            .max_by_key(|(mask, subset)| rank(*mask, subset))
    }
}

/// The features of a subset in one row: the target's, then each chosen gauge's.
pub(crate) fn assemble(features: &[Option<[f64; BLOCK]>], mask: usize) -> Option<Vec<f64>> {
    let mut row = Vec::with_capacity(BLOCK * features.len());
    for (place, gauge) in features.iter().enumerate() {
        if place == 0 || mask >> (place - 1) & 1 == 1 {
            row.extend_from_slice(gauge.as_ref()?);
        }
    }
    Some(row)
}

/// How far the level now or then lies above the training range, as a share of that range.
pub(crate) fn excess(level_m: f64, change_m: f64, low_m: f64, high_m: f64) -> f64 {
    let over_m = (level_m.max(level_m + change_m) - high_m).max(0.0);
    if high_m > low_m {
        over_m / (high_m - low_m)
    } else {
        0.0
    }
}

/// Each lead was calibrated alone; where a later one came out surer than an earlier one, it takes its doubt.
fn never_surer_later(knots: &mut [Knot<'_>]) {
    let mut doubt_m = [0.0_f64; PROBABILITIES.len()];
    for knot in knots {
        let median_m = knot.changes_m[MEDIAN];
        for (place, change_m) in knot.changes_m.iter_mut().enumerate() {
            let own_m = *change_m - median_m;
            doubt_m[place] = if place < MEDIAN {
                own_m.min(doubt_m[place])
            } else {
                own_m.max(doubt_m[place])
            };
            *change_m = median_m + doubt_m[place];
        }
    }
}

/// Reads the fitted leads off at `as_of` + `lead_h`, which lies `age_h` further from the reading than the lead.
fn lead_forecast(
    knots: &[Knot<'_>],
    last: &LastReading,
    as_of: Timestamp,
    lead_h: u32,
) -> LeadForecast {
    let hours = f64::from(lead_h) + last.age_h;
    let knot = knots
        .iter()
        .find(|k| f64::from(k.lead_h) >= hours)
        .or(knots.last());
    let knot = knot.expect("every fitted model has its leads: fit and Artifact see to it");
    let changes_m = changes_at(knots, hours);
    let quantiles: Vec<Quantile> = PROBABILITIES
        .iter()
        .zip(changes_m)
        .map(|(&p, change_m)| Quantile {
            p,
            level_m: last.level_m + change_m,
        })
        .collect();
    LeadForecast {
        lead_h,
        at: lead_end(as_of, lead_h),
        method: match knot.subset.answer {
            Answer::Model { .. } => Method::Model,
            Answer::Persistence => Method::Persistence,
        },
        median_m: quantiles[MEDIAN].level_m,
        quantiles,
        persistence_m: last.level_m,
        rate_of_rise_m: last.rate_of_rise_m(hours),
        outside_training: knot.outside,
        record: knot.subset.record.clone(),
    }
}

/// Linear between the fitted leads; beyond the last one the median stays and the doubt grows with √time.
fn changes_at(knots: &[Knot<'_>], hours: f64) -> [f64; PROBABILITIES.len()] {
    let mut before = (0.0, [0.0; PROBABILITIES.len()]);
    for knot in knots {
        let at = f64::from(knot.lead_h);
        if hours <= at {
            let share = (hours - before.0) / (at - before.0);
            let mut between = knot.changes_m;
            for (b, start) in between.iter_mut().zip(before.1) {
                // Written so that share = 1 gives the fitted value to the last bit.
                *b = *b * share + start * (1.0 - share);
            }
            return between;
        }
        before = (at, knot.changes_m);
    }
    let widen = (hours / before.0).sqrt();
    before
        .1
        .map(|change_m| before.1[MEDIAN] + (change_m - before.1[MEDIAN]) * widen)
}

fn missing_in_floods(history: &History, floods: &Floods, target: usize, column: usize) -> f64 {
    let mut in_floods = Share::default();
    let mut anywhere = Share::default();
    for row in 0..history.len() {
        let missing = history.level(row, column).is_none();
        anywhere.add(missing);
        if history
            .level(row, target)
            .is_some_and(|level_m| floods.is_high_water(row, level_m))
        {
            in_floods.add(missing);
        }
    }
    in_floods.get().or(anywhere.get()).unwrap_or(1.0)
}

/// A serialised model before its parts are checked against each other.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Artifact {
    case: Case,
    card: Card,
    used_upstream: Vec<usize>,
    standards: Vec<Standard>,
    leads: Vec<LeadModel>,
}

/// A serialised model whose parts do not fit together.
#[derive(Debug, thiserror::Error)]
#[error("not a usable flood model: {0}")]
struct BrokenArtifact(String);

impl TryFrom<Artifact> for FittedFloodModel {
    type Error = BrokenArtifact;

    fn try_from(artifact: Artifact) -> Result<Self, BrokenArtifact> {
        let broken = |why: &str| Err(BrokenArtifact(why.to_owned()));
        if artifact.card.format != CARD_FORMAT {
            return Err(BrokenArtifact(format!(
                "format {} is not accepted, {CARD_FORMAT} is",
                artifact.card.format
            )));
        }
        if let Err(why) = artifact.case.check() {
            return Err(BrokenArtifact(why.to_string()));
        }
        let places = &artifact.used_upstream;
        let rising = places.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising
            || places
                .last()
                .is_some_and(|last| *last >= artifact.case.upstream.len())
        {
            return broken("used_upstream does not name gauges of the case");
        }
        if artifact.standards.len() != places.len() + 1 {
            return broken("standards: one per gauge is needed");
        }
        if !artifact.leads.iter().map(|lead| lead.lead_h).eq(LEADS_H) {
            return broken("leads: 1, 2, 3 and 6 h are needed");
        }
        for lead in &artifact.leads {
            if lead.subsets.len() != 1 << places.len() {
                return broken("subsets: one per subset of the upstream gauges is needed");
            }
            for (mask, subset) in lead.subsets.iter().enumerate() {
                let Some(SubsetModel {
                    answer: Answer::Model { linear },
                    ..
                }) = subset
                else {
                    continue;
                };
                if linear.weights.len() != BLOCK * (1 + mask.count_ones() as usize) {
                    return broken("weights: one per feature is needed");
                }
            }
        }
        let Artifact {
            case,
            card,
            used_upstream,
            standards,
            leads,
        } = artifact;
        Ok(Self {
            case,
            card,
            used_upstream,
            standards,
            leads,
        })
    }
}
