use crate::card::{LeadCard, Why};
use crate::conformal::{Calibration, Residual, State};
use crate::features::{BLOCK, LEVEL, Standard, block};
use crate::flood::{Answer, FitError, LeadModel, SubsetModel, assemble, excess};
use crate::floods::Floods;
use crate::history::History;
use crate::hyper::{Hyper, LEADS_H};
use crate::regression::{Linear, ridge};
use crate::score::{Share, SkillRecord, Squares, skill};
use linfa_linear::LinearError;
use ndarray::{Array1, Array2};

/// Fewest rows of a fit.
const ROWS_MIN: usize = 100;
/// Shares of a subset's line to choose from, when it is blended with the own line.
const BLEND_SHARES: [f64; 5] = [1.0, 0.75, 0.5, 0.25, 0.0];
/// Hours before a row that its features look at.
const LOOKS_BACK_H: usize = 12;

/// Everything that can be learnt from: one entry per row where the target was read, twelve hours before it too.
pub(crate) struct Lesson {
    pub(crate) rows: Vec<Row>,
    /// The target, then the used upstream gauges.
    pub(crate) standards: Vec<Standard>,
    folds: usize,
    floods: usize,
    /// Lowest and highest level outside each fold, metres.
    range_without: Vec<(f64, f64)>,
}

/// One moment.
pub(crate) struct Row {
    /// Standardised features: the target, then the used upstream gauges.
    features: Vec<Option<[f64; BLOCK]>>,
    level_m: f64,
    change_1h_m: f64,
    change_3h_m: f64,
    /// Level after each lead.
    later_m: [Option<f64>; LEADS_H.len()],
    fold: usize,
    /// Bit mask of the folds that the row's features or its end touch: it must not teach when one is left out.
    touches: u32,
    high_water: bool,
}

/// One way to fit: which features, how much penalty.
#[derive(Clone, Copy, Debug)]
struct Recipe {
    level_terms: bool,
    penalty: f64,
}

impl Lesson {
    pub(crate) fn of(
        history: &History,
        target: usize,
        upstream: &[usize],
        floods: &Floods,
        rows_per_h: usize,
        hyper: &Hyper,
    ) -> Self {
        let columns: Vec<usize> = std::iter::once(target)
            .chain(upstream.iter().copied())
            .collect();
        let chosen = chosen_rows(history, target, floods, rows_per_h, hyper.fit_rows_max);
        let blocks: Vec<Vec<Option<[f64; BLOCK]>>> = columns
            .iter()
            .map(|c| {
                chosen
                    .iter()
                    .map(|row| block(history.column(*c), *row, rows_per_h))
                    .collect()
            })
            .collect();
        let standards: Vec<Standard> = blocks
            .iter()
            .map(|gauge| {
                Standard::over(gauge.iter().flatten().copied()).unwrap_or_else(Standard::nothing)
            })
            .collect();
        let rows: Vec<Row> = chosen
            .iter()
            .enumerate()
            .filter_map(|(i, &row)| {
                let own = blocks[0][i]?;
                let features = blocks
                    .iter()
                    .zip(&standards)
                    .map(|(b, s)| b[i].map(|f| s.apply(&f)))
                    .collect();
                Some(Row {
                    features,
                    level_m: own[LEVEL],
                    change_1h_m: own[0],
                    change_3h_m: own[..3].iter().sum(),
                    later_m: LEADS_H.map(|h| history.level(row + h as usize * rows_per_h, target)),
                    fold: floods.fold_of(row).unwrap_or(0),
                    touches: touches(floods, row, rows_per_h),
                    high_water: floods.is_high_water(row, own[LEVEL]),
                })
            })
            .collect();
        let range_without = (0..floods.folds())
            .map(|fold| {
                let others = rows.iter().filter(|r| r.fold != fold).map(|r| r.level_m);
                (
                    others.clone().fold(f64::INFINITY, f64::min),
                    others.fold(f64::NEG_INFINITY, f64::max),
                )
            })
            .collect();
        Self {
            rows,
            standards,
            folds: floods.folds(),
            floods: floods.list.len(),
            range_without,
        }
    }
}

/// Fits every subset for one lead and writes its part of the card.
pub(crate) fn fit_lead(
    lesson: &Lesson,
    lead_h: u32,
    hyper: &Hyper,
    gauge: &str,
) -> Result<(LeadModel, LeadCard), FitError> {
    let solver = |why: LinearError<f64>| FitError::Solver {
        gauge: gauge.to_owned(),
        lead_h,
        why: why.to_string(),
    };
    let own_samples = Samples::of(lesson, lead_h, 0);
    if own_samples.rows.len() < ROWS_MIN {
        return Err(FitError::TooFewRows {
            gauge: gauge.to_owned(),
            lead_h,
            rows: own_samples.rows.len(),
            needed: ROWS_MIN,
        });
    }
    let own = OwnLine::of(&own_samples, hyper).map_err(solver)?;
    let full = (1_usize << (lesson.standards.len() - 1)) - 1;
    let full_samples = Samples::of(lesson, lead_h, full);
    let recipe = choose_recipe(&full_samples, hyper).map_err(solver)?;
    let mut subsets = Vec::with_capacity(full + 1);
    for mask in 0..=full {
        let samples = Samples::of(lesson, lead_h, mask);
        let fitted = if samples.rows.len() < ROWS_MIN {
            None
        } else {
            fit_subset(&samples, &own, recipe, hyper).map_err(solver)?
        };
        subsets.push(fitted);
    }
    let record_of = |mask: usize| {
        subsets[mask]
            .as_ref()
            .and_then(|s: &SubsetModel| s.record.clone())
    };
    let record = if subsets[full].is_some() {
        record_of(full)
    } else {
        record_of(0)
    };
    let why = verdict(record.as_ref(), lesson.floods, hyper);
    let card = LeadCard {
        lead_h,
        used: why.method(),
        why_ja: why.japanese(),
        why_en: why.english(),
        own_only: record_of(0),
        penalty: recipe.penalty,
        level_terms: recipe.level_terms,
        record: record.clone(),
    };
    Ok((LeadModel { lead_h, subsets }, card))
}

/// The rows of one lead and subset.
struct Samples<'a> {
    lesson: &'a Lesson,
    lead_h: u32,
    mask: usize,
    /// Places in the lesson.
    rows: Vec<usize>,
    /// Observed change of each, metres.
    changes_m: Vec<f64>,
}

impl<'a> Samples<'a> {
    fn of(lesson: &'a Lesson, lead_h: u32, mask: usize) -> Self {
        let lead = LEADS_H
            .iter()
            .position(|h| *h == lead_h)
            .expect("only fitted leads are asked for");
        let usable = |row: &Row| {
            row.features[1..]
                .iter()
                .enumerate()
                .all(|(bit, f)| mask >> bit & 1 == 0 || f.is_some())
        };
        let (rows, changes_m) = lesson
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| usable(row))
            .filter_map(|(place, row)| {
                row.later_m[lead].map(|later_m| (place, later_m - row.level_m))
            })
            .unzip();
        Self {
            lesson,
            lead_h,
            mask,
            rows,
            changes_m,
        }
    }

    fn row(&self, i: usize) -> &'a Row {
        &self.lesson.rows[self.rows[i]]
    }

    fn features(&self, i: usize) -> Vec<f64> {
        assemble(&self.row(i).features, self.mask).expect("rows were chosen by the mask")
    }

    /// A line through the chosen samples. Without level terms the weights of the levels are 0.
    fn line(&self, chosen: &[usize], recipe: Recipe) -> Result<Linear, LinearError<f64>> {
        let target: Array1<f64> = chosen.iter().map(|i| self.changes_m[*i]).collect();
        let width = BLOCK * (1 + self.mask.count_ones() as usize);
        let mut matrix = Array2::zeros((chosen.len(), width));
        for (to, &i) in chosen.iter().enumerate() {
            for (column, x) in self.features(i).into_iter().enumerate() {
                if recipe.level_terms || column % BLOCK != LEVEL {
                    matrix[(to, column)] = x;
                }
            }
        }
        ridge(&matrix, &target, recipe.penalty)
    }

    /// Each row's change as predicted by a line that has not seen the row's flood; `None` where too little is left.
    fn left_out(&self, recipe: Recipe) -> Result<Vec<Option<f64>>, LinearError<f64>> {
        let mut predicted = vec![None; self.rows.len()];
        for fold in 0..self.lesson.folds {
            let teach: Vec<usize> = (0..self.rows.len())
                .filter(|i| self.row(*i).touches >> fold & 1 == 0)
                .collect();
            if teach.len() < ROWS_MIN / 2 {
                continue;
            }
            let line = self.line(&teach, recipe)?;
            for (i, change_m) in predicted.iter_mut().enumerate() {
                if self.row(i).fold == fold {
                    *change_m = Some(line.predict(&self.features(i)));
                }
            }
        }
        Ok(predicted)
    }
}

/// The recipe with the smallest error on left-out floods.
fn choose_recipe(samples: &Samples<'_>, hyper: &Hyper) -> Result<Recipe, LinearError<f64>> {
    let mut best: Option<(f64, Recipe)> = None;
    for level_terms in [false, true] {
        for &penalty in &hyper.penalties {
            let recipe = Recipe {
                level_terms,
                penalty,
            };
            let predicted = samples.left_out(recipe)?;
            let held = Held::of(samples, &predicted, &predicted);
            let error = held.squared_error(samples);
            if best.is_none_or(|(least, _)| error < least) {
                best = Some((error, recipe));
            }
        }
    }
    Ok(best.map_or(
        Recipe {
            level_terms: false,
            penalty: hyper.penalties[0],
        },
        |(_, recipe)| recipe,
    ))
}

/// The line of the gauge's own readings, which every subset's line is blended with.
struct OwnLine {
    line: Linear,
    /// On left-out floods, by place in the lesson.
    left_out: Vec<Option<f64>>,
}

impl OwnLine {
    fn of(samples: &Samples<'_>, hyper: &Hyper) -> Result<Self, LinearError<f64>> {
        let recipe = choose_recipe(samples, hyper)?;
        let mut left_out = vec![None; samples.lesson.rows.len()];
        for (place, change_m) in samples.rows.iter().zip(samples.left_out(recipe)?) {
            left_out[*place] = change_m;
        }
        let all: Vec<usize> = (0..samples.rows.len()).collect();
        Ok(Self {
            line: samples.line(&all, recipe)?,
            left_out,
        })
    }
}

/// How much of the subset's line and of the own line makes the predicted change: each 0 to 1, together 1 at most.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Blend {
    subset: f64,
    own: f64,
}

impl Blend {
    /// The blend with the least squared error in all folds but `without`.
    fn choose(
        samples: &Samples<'_>,
        subset: &[Option<f64>],
        own: &[Option<f64>],
        without: Option<usize>,
    ) -> Self {
        let mut best = (
            f64::INFINITY,
            Self {
                subset: 0.0,
                own: 0.0,
            },
        );
        for share in BLEND_SHARES {
            let (mut both, mut square, mut rest) = (0.0, 0.0, 0.0);
            for (i, &observed_m) in samples.changes_m.iter().enumerate() {
                if let (Some(s), Some(o), false) =
                    (subset[i], own[i], Some(samples.row(i).fold) == without)
                {
                    let mixed_m = share * s + (1.0 - share) * o;
                    both += mixed_m * observed_m;
                    square += mixed_m * mixed_m;
                    rest += observed_m * observed_m;
                }
            }
            let shrink = if square > 0.0 {
                (both / square).clamp(0.0, 1.0)
            } else {
                0.0
            };
            let error = rest - 2.0 * shrink * both + shrink * shrink * square;
            if error < best.0 {
                best = (
                    error,
                    Self {
                        subset: shrink * share,
                        own: shrink * (1.0 - share),
                    },
                );
            }
        }
        best.1
    }

    /// Both lines as one: the own line's weights come first in every subset's features.
    fn line(self, subset: &Linear, own: &Linear) -> Linear {
        let mut weights: Vec<f64> = subset.weights.iter().map(|w| w * self.subset).collect();
        for (weight, own_weight) in weights.iter_mut().zip(&own.weights) {
            *weight += self.own * own_weight;
        }
        Linear {
            intercept: self.subset * subset.intercept + self.own * own.intercept,
            weights,
        }
    }
}

fn fit_subset(
    samples: &Samples<'_>,
    own: &OwnLine,
    recipe: Recipe,
    hyper: &Hyper,
) -> Result<Option<SubsetModel>, LinearError<f64>> {
    let own_left_out: Vec<Option<f64>> = samples
        .rows
        .iter()
        .map(|place| own.left_out[*place])
        .collect();
    let left_out = if samples.mask == 0 {
        own_left_out.clone()
    } else {
        samples.left_out(recipe)?
    };
    let held = Held::of(samples, &left_out, &own_left_out);
    let folds = samples.lesson.folds;
    let modelled = held.residuals(samples, |change_m| change_m);
    let persisted = held.residuals(samples, |_| 0.0);
    let record_of = |residuals: &[Residual]| held.record(samples, residuals, hyper.widen_outside);
    let model_record = if folds >= 2 {
        record_of(&modelled)
    } else {
        None
    };
    let model_wins = matches!(
        verdict(model_record.as_ref(), samples.lesson.floods, hyper),
        Why::Better { .. }
    );
    if model_wins {
        let all: Vec<usize> = (0..samples.rows.len()).collect();
        let line = if samples.mask == 0 {
            own.line.clone()
        } else {
            samples.line(&all, recipe)?
        };
        let linear = Blend::choose(samples, &left_out, &own_left_out, None).line(&line, &own.line);
        let calibration = Calibration::fit(&modelled, folds, hyper.widen_outside);
        return Ok(calibration.map(|calibration| SubsetModel {
            answer: Answer::Model { linear },
            calibration,
            record: model_record,
        }));
    }
    let calibration = Calibration::fit(&persisted, folds, hyper.widen_outside);
    // The record keeps the skill that was not enough, and the coverage of what is used instead.
    let record = model_record.map(|mut record| {
        if let Some(used) = record_of(&persisted) {
            record.coverage90 = used.coverage90;
            record.coverage90_flood = used.coverage90_flood;
        }
        record
    });
    Ok(calibration.map(|calibration| SubsetModel {
        answer: Answer::Persistence,
        calibration,
        record,
    }))
}

/// Changes predicted on left-out floods, blended by what the other floods say, metres; one per sample.
struct Held {
    changes_m: Vec<f64>,
}

impl Held {
    fn of(samples: &Samples<'_>, subset: &[Option<f64>], own: &[Option<f64>]) -> Self {
        let blends: Vec<Blend> = (0..samples.lesson.folds)
            .map(|fold| Blend::choose(samples, subset, own, Some(fold)))
            .collect();
        let changes_m = (0..samples.rows.len())
            .map(
                |i| match (blends.get(samples.row(i).fold), subset[i], own[i]) {
                    (Some(blend), Some(s), Some(o)) => blend.subset * s + blend.own * o,
                    _ => 0.0,
                },
            )
            .collect();
        Self { changes_m }
    }

    fn squared_error(&self, samples: &Samples<'_>) -> f64 {
        self.changes_m
            .iter()
            .zip(&samples.changes_m)
            .map(|(p, o)| (o - p) * (o - p))
            .sum()
    }

    fn residuals(&self, samples: &Samples<'_>, change: impl Fn(f64) -> f64) -> Vec<Residual> {
        let residual = |(i, &held_m): (usize, &f64)| {
            let row = samples.row(i);
            let change_m = change(held_m);
            let (low_m, high_m) = samples
                .lesson
                .range_without
                .get(row.fold)
                .copied()
                .unwrap_or((0.0, f64::MAX));
            Residual {
                state: State {
                    change_m,
                    swing_m: row.change_3h_m * f64::from(samples.lead_h) / 3.0,
                    excess: excess(row.level_m, change_m, low_m, high_m),
                },
                error_m: samples.changes_m[i] - change_m,
                fold: row.fold,
                high_water: row.high_water,
            }
        };
        self.changes_m.iter().enumerate().map(residual).collect()
    }

    fn record(
        &self,
        samples: &Samples<'_>,
        residuals: &[Residual],
        widen_outside: f64,
    ) -> Option<SkillRecord> {
        let lesson = samples.lesson;
        let mut by_fold = vec![(Squares::default(), Squares::default()); lesson.folds];
        let mut rate = Squares::default();
        for (i, residual) in residuals.iter().enumerate() {
            let observed_m = samples.changes_m[i];
            let fold = by_fold.get_mut(residual.fold)?;
            fold.0.add(residual.error_m);
            fold.1.add(observed_m);
            rate.add(observed_m - samples.row(i).change_1h_m * f64::from(samples.lead_h));
        }
        let total = |pick: fn(&(Squares, Squares)) -> Squares| {
            by_fold
                .iter()
                .map(pick)
                .fold(Squares::default(), |a, b| Squares {
                    sum: a.sum + b.sum,
                    count: a.count + b.count,
                })
        };
        let (model, persistence) = (total(|f| f.0), total(|f| f.1));
        let mut better = Share::default();
        for (model, persistence) in by_fold.iter().filter(|f| f.1.count > 0) {
            better.add(model.sum < persistence.sum);
        }
        let (all, high) = Calibration::coverage(residuals, lesson.folds, widen_outside);
        Some(SkillRecord {
            floods: better.of,
            floods_better: better.hits,
            rows: model.count,
            skill: skill(model.sum, persistence.sum),
            rmse_m: model.root_mean(),
            rmse_persistence_m: persistence.root_mean(),
            rmse_rate_of_rise_m: rate.root_mean(),
            coverage90: all?,
            coverage90_flood: high.or(all)?,
        })
    }
}

fn verdict<'a>(record: Option<&'a SkillRecord>, floods: usize, hyper: &Hyper) -> Why<'a> {
    match record {
        Some(record) if record.floods >= hyper.floods_min => {
            if record.skill < hyper.skill_min {
                Why::NoBetter {
                    record,
                    needed: hyper.skill_min,
                }
            } else if record.floods_better * 2 < record.floods {
                Why::FewFloodsBetter { record }
            } else {
                Why::Better { record }
            }
        }
        Some(record) => Why::FewFloods {
            found: record.floods,
            needed: hyper.floods_min,
        },
        None => Why::FewFloods {
            found: floods,
            needed: hyper.floods_min,
        },
    }
}

/// Rows where the target was read; when they are too many, high water is kept before quiet water.
fn chosen_rows(
    history: &History,
    target: usize,
    floods: &Floods,
    rows_per_h: usize,
    most: usize,
) -> Vec<usize> {
    let read = |row: &usize| history.level(*row, target).is_some();
    let all: Vec<usize> = (LOOKS_BACK_H * rows_per_h..history.len())
        .filter(read)
        .collect();
    if all.len() <= most {
        return all;
    }
    let (high, quiet): (Vec<usize>, Vec<usize>) = all.into_iter().partition(|row| {
        history
            .level(*row, target)
            .is_some_and(|level_m| floods.is_high_water(*row, level_m))
    });
    let high: Vec<usize> = high
        .iter()
        .step_by(every_nth(high.len(), most / 2))
        .copied()
        .collect();
    let left = most - high.len();
    let mut rows: Vec<usize> = quiet
        .iter()
        .step_by(every_nth(quiet.len(), left))
        .copied()
        .collect();
    rows.extend(high);
    rows.sort_unstable();
    rows
}

fn touches(floods: &Floods, row: usize, rows_per_h: usize) -> u32 {
    let last_h = LEADS_H[LEADS_H.len() - 1] as usize;
    let first = row.saturating_sub(LOOKS_BACK_H * rows_per_h);
    (0..=LOOKS_BACK_H + last_h)
        .filter_map(|hour| floods.fold_of(first + hour * rows_per_h))
        .fold(0, |mask, fold| mask | 1 << fold)
}

/// Step that leaves at most `most` of `count`.
fn every_nth(count: usize, most: usize) -> usize {
    count.div_ceil(most.max(1)).max(1)
}
