//! One lead time: its members, its blends and its doubts, for every mask of what may be missing.

use crate::hyper::{Hyper, LEADS_H};
use crate::learning::alarm::{AlarmChoice, AlarmCurve};
use crate::learning::blend::{Blend, Seen};
use crate::learning::blocks::Layout;
use crate::learning::doubt::{Doubt, HIGH_SHARE, PROBABILITIES, Residual, Scale, State};
use crate::learning::fan::{Fan, fit_fan};
use crate::learning::lesson::Lesson;
use crate::learning::members::{
    Lines, LinesFit, MEMBERS, Recipe, Textbook, Trees, TreesFit, fit_lines, fit_trees, left_out,
};
use crate::learning::nudge::Nudge;
use crate::learning::plain::Plain;
use crate::learning::sides::{Reach, Sides, fit_sides};
use crate::learning::sums::Linear;
use crate::learning::weighted::Weighted;
use crate::score::{Share, SkillRecord, Squares, count_f64, skill};
use crate::trees::{Answers, Chance, Ensemble};
use linfa_linalg::LinalgError;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Fewest rows of a fit.
pub(crate) const ROWS_MIN: usize = 100;
/// A feature this far outside what was taught, as a share of its range, begins to count as outside; at the second
/// share it counts in full.
const BEYOND: (f64, f64) = (0.05, 0.30);
/// What that adds to the excess, in full.
pub(crate) const WIDEN_BEYOND: f64 = 0.25;

/// The level whose crossing chooses the alarm is exceeded by the rest of the readings.
const ONSET_SHARE: f64 = 0.995;

/// One lead time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeadModel {
    pub(crate) lead_h: u32,
    /// With everything there.
    pub(crate) trees: Trees,
    /// With what is there.
    pub(crate) trees_partly: Trees,
    pub(crate) sides: Sides,
    pub(crate) fan: Fan,
    /// One per mask, the fullest first.
    pub(crate) tiers: Vec<TierModel>,
    /// Where not even the short block is there.
    pub(crate) rate: Plain,
    /// Where one level is all there is, or the model was taken out of use.
    pub(crate) held: Plain,
}

/// What answers when the blocks of a mask are there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TierModel {
    pub(crate) mask: u16,
    pub(crate) lines: Lines,
    pub(crate) blend: Blend,
    /// False where the members did not beat persistence on left-out floods: then persistence answers.
    pub(crate) beats_persistence: bool,
    pub(crate) doubt: Doubt,
    pub(crate) record: Option<SkillRecord>,
    /// Only with everything there.
    pub(crate) alarm: Option<AlarmChoice>,
}

/// A fitted lead, and what was found on the way.
pub(crate) struct LeadFit {
    pub(crate) model: LeadModel,
    /// Penalties of both lines with everything there.
    pub(crate) penalties: [f64; 2],
}

impl LeadModel {
    /// Bytes held in memory, about.
    pub(crate) fn bytes(&self) -> usize {
        let ensembles = self.ensembles().map(Ensemble::bytes).sum::<usize>();
        let lines = self
            .tiers
            .iter()
            .map(|tier| 8 * (tier.lines.ridge.weights.len() + tier.lines.bent.weights.len()));
        ensembles + lines.sum::<usize>() + (self.tiers.len() + 2) * size_of::<TierModel>()
    }

    /// Whether everything fits together; else what does not.
    pub(crate) fn check(&self, layout: &Layout) -> Result<(), &'static str> {
        let width = layout.width();
        if !self.ensembles().all(|ensemble| ensemble.sound(width)) {
            return Err("trees: a way leads out of its tree");
        }
        if !self.fan.sound() {
            return Err("fan: one rib per probability is needed");
        }
        if self.tiers.is_empty() {
            return Err("tiers: at least one is needed");
        }
        for tier in &self.tiers {
            if tier.mask & 1 == 0 || tier.mask & layout.all() != tier.mask {
                return Err("mask: it names blocks that are not there");
            }
            let plain = layout.features_of(tier.mask).len();
            let bent = plain + layout.products_of(tier.mask).len();
            if tier.lines.ridge.weights.len() != plain || tier.lines.bent.weights.len() != bent {
                return Err("weights: one per feature is needed");
            }
            let finite = |line: &Linear| {
                line.intercept.is_finite() && line.weights.iter().all(|w| w.is_finite())
            };
            if !finite(&tier.lines.ridge) || !finite(&tier.lines.bent) || !tier.blend.sound() {
                return Err("weights: finite ones are needed");
            }
            if !tier.doubt.sound() {
                return Err("doubt: finite and rising quantiles are needed");
            }
        }
        if [&self.rate, &self.held]
            .iter()
            .any(|plain| !plain.slope.is_finite() || !plain.doubt.sound())
        {
            return Err("doubt: finite and rising quantiles are needed");
        }
        Ok(())
    }

    fn ensembles(&self) -> impl Iterator<Item = &Ensemble> {
        let Sides { down, middle, up } = &self.sides;
        let Trees {
            boosted,
            residual,
            forest,
        } = &self.trees;
        let partly = &self.trees_partly;
        [
            boosted,
            residual,
            forest,
            &partly.boosted,
            &partly.residual,
            &partly.forest,
            down,
            middle,
            up,
        ]
        .into_iter()
        .chain(&self.fan.ribs)
    }
}

/// How far outside what was taught a row lies, 0 to 1.
pub(crate) fn beyond(values: impl Iterator<Item = (f64, (f64, f64))>) -> f64 {
    let furthest = values
        .filter(|(x, (low, high))| !x.is_nan() && high > low)
        .map(|(x, (low, high))| (low - x).max(x - high) / (high - low))
        .fold(0.0, f64::max);
    ((furthest - BEYOND.0) / (BEYOND.1 - BEYOND.0)).clamp(0.0, 1.0)
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

/// What one mask knows about left-out floods.
struct TierFit {
    lines: LinesFit,
    blend: Blend,
    record: Option<SkillRecord>,
    beats_persistence: bool,
    scale: Scale,
    residuals: Vec<Residual>,
}

/// What shapes the doubt: fitted on everything, and with each group of floods left out.
#[derive(Default)]
struct Shapes {
    sides: Sides,
    sides_without: Vec<Sides>,
    fan: Fan,
    fan_without: Vec<Fan>,
}

impl Shapes {
    /// What they say of a row of a group that did not teach them.
    fn of_left_out(
        &self,
        group: usize,
        answers: &Answers,
    ) -> (Reach, Option<[f64; PROBABILITIES.len()]>) {
        let sides = self.sides_without.get(group).unwrap_or(&self.sides);
        let fan = self.fan_without.get(group).unwrap_or(&self.fan);
        (sides.reach(answers), fan.changes_m(answers))
    }
}

/// What all leads of one gauge are fitted with.
pub(crate) struct School<'a> {
    pub(crate) lesson: &'a Lesson,
    pub(crate) book: &'a Textbook,
    pub(crate) masks: &'a [u16],
    /// Number of floods.
    pub(crate) floods: usize,
    pub(crate) hyper: &'a Hyper,
    pub(crate) recipe: &'a Recipe,
    pub(crate) seed: &'a Chance,
}

/// Fits one lead; `None` when there are too few rows.
pub(crate) fn fit_lead(school: &School<'_>, lead: usize) -> Result<Option<LeadFit>, LinalgError> {
    let &School {
        lesson,
        book,
        masks,
        floods,
        hyper,
        recipe,
        seed,
    } = school;
    let lines = fit_lines(lesson, lead, masks, &hyper.penalties, ROWS_MIN)?;
    if lines.is_empty() {
        return Ok(None);
    }
    let penalties = lines[0].penalties;
    let all = masks[0];
    let trees = fit_trees(lesson, lead, &book.whole, &lines, recipe, seed);
    let partly = if lines.iter().any(|fit| fit.mask != all) {
        fit_trees(
            lesson,
            lead,
            &book.partly,
            &lines,
            &recipe.partly(),
            &seed.branch(9),
        )
    } else {
        TreesFit::default()
    };
    let ranges: Vec<Vec<(f64, f64)>> = (0..lesson.folds)
        .map(|group| lesson.ranges_without(group))
        .collect();
    let tiers: Vec<TierFit> = lines
        .into_par_iter()
        .map(|lines| {
            let trees = if lines.mask == all { &trees } else { &partly };
            // What is validated for the rarer masks need not be every row of many years.
            let every = if lines.mask == all {
                1
            } else {
                lesson.len().div_ceil(8000).max(1)
            };
            let members = left_out(lesson, book, &lines, trees, every);
            TierFit::of(lesson, lead, lines, &members, &ranges, floods, hyper)
        })
        .collect();
    // What the sides learn: errors on left-out floods in units of the scale, each row with the mask it is taught with.
    let page = &book.whole;
    let mut scaled = vec![f32::NAN; page.of.len()];
    for tier in tiers.iter().filter(|tier| tier.lines.mask == all) {
        let mut of_row = vec![f64::NAN; lesson.len()];
        for r in &tier.residuals {
            of_row[r.i] = r.error_m / tier.scale.at(r.state);
        }
        for (row, &i) in page.of.iter().enumerate() {
            // Trees are f32 throughout.
            #[allow(clippy::cast_possible_truncation)]
            {
                scaled[row] = of_row[i] as f32;
            }
        }
    }
    let (sides, sides_without) =
        fit_sides(lesson, lead, LEADS_H[lead], page, &scaled, recipe, seed);
    let (fan, fan_without) = fit_fan(lesson, lead, LEADS_H[lead], page, recipe, seed);
    let shapes = Shapes {
        sides,
        sides_without,
        fan,
        fan_without,
    };
    let no_shapes = Shapes::default();
    let levels = (0..lesson.len()).map(|i| (lesson.level_m(i), f64::from(lesson.weight[i])));
    let high_from_m = Weighted::of(levels).map_or(f64::MAX, |levels| levels.quantile(HIGH_SHARE));
    let tiers = tiers
        .into_par_iter()
        .filter_map(|tier| {
            // Only what has everything has trees for its doubt.
            let shapes = if tier.lines.mask == all {
                &shapes
            } else {
                &no_shapes
            };
            tier.finish(school, shapes, high_from_m)
        })
        .collect::<Vec<_>>();
    let plain = Plain::rate(lesson, lead, hyper).zip(Plain::held(lesson, lead, hyper));
    let Some((rate, held)) = plain.filter(|_| !tiers.is_empty()) else {
        return Ok(None);
    };
    let model = LeadModel {
        lead_h: LEADS_H[lead],
        trees: trees.trees,
        trees_partly: partly.trees,
        sides: shapes.sides,
        fan: shapes.fan,
        tiers,
        rate,
        held,
    };
    Ok(Some(LeadFit { model, penalties }))
}

impl TierFit {
    fn of(
        lesson: &Lesson,
        lead: usize,
        lines: LinesFit,
        members: &[[f64; MEMBERS]],
        ranges: &[Vec<(f64, f64)>],
        floods: usize,
        hyper: &Hyper,
    ) -> Self {
        let features = lesson.layout.features_of(lines.mask);
        let rows: Vec<usize> = (0..lesson.len())
            .filter(|&i| !members[i][0].is_nan() && !lesson.changes_m[i][lead].is_nan())
            .collect();
        let seen: Vec<Seen> = rows
            .iter()
            .map(|&i| Seen {
                members_m: members[i],
                observed_m: lesson.changes_m[i][lead],
                weight: f64::from(lesson.weight[i]),
                group: lesson.fold[i],
                beyond: beyond(
                    features
                        .iter()
                        .map(|&f| (lesson.raw[(i, f)], ranges[lesson.fold[i]][f])),
                ),
            })
            .collect();
        // The blend of a left-out flood is chosen by the other floods alone.
        let blends: Vec<Blend> = (0..lesson.folds)
            .map(|group| {
                Blend::choose(
                    &seen.iter().filter(|row| row.group != group),
                    floods.saturating_sub(1),
                )
            })
            .collect();
        let changes_m: Vec<f64> = seen
            .iter()
            .map(|row| blends[row.group].change_m(&row.members_m, row.beyond))
            .collect();
        let scores = Scores::of(lesson, &rows, &seen, &changes_m, lead);
        let beats_persistence = scores.beat_persistence(floods, hyper);
        let blend = if beats_persistence {
            Blend::choose(&seen.iter(), floods)
        } else {
            Blend::none()
        };
        let residuals: Vec<Residual> = rows
            .iter()
            .zip(&seen)
            .zip(&changes_m)
            .map(|((&i, row), &change_m)| {
                let change_m = if beats_persistence { change_m } else { 0.0 };
                let (low_m, high_m) = ranges[row.group][0];
                let level_m = lesson.level_m(i);
                let state = State {
                    change_m,
                    swing_m: lesson.change_3h_m(i) * f64::from(LEADS_H[lead]) / 3.0,
                    level_m,
                    excess: excess(level_m, change_m, low_m, high_m) + WIDEN_BEYOND * row.beyond,
                };
                Residual {
                    state,
                    error_m: row.observed_m - change_m,
                    weight: row.weight,
                    i,
                }
            })
            .collect();
        let scale = Scale::fit(&residuals);
        Self {
            lines,
            blend,
            record: scores.record(),
            beats_persistence,
            scale,
            residuals,
        }
    }

    fn finish(self, school: &School<'_>, shapes: &Shapes, high_from_m: f64) -> Option<TierModel> {
        let &School {
            lesson,
            book,
            hyper,
            recipe,
            ..
        } = school;
        let small = recipe.side.is_none();
        let mut codes = Vec::new();
        let (reaches, fans): (Vec<Reach>, Vec<_>) = self
            .residuals
            .iter()
            .map(|r| {
                book.masked(lesson, r.i, self.lines.mask, &mut codes);
                shapes.of_left_out(lesson.fold[r.i], &Answers::of(&codes))
            })
            .unzip();
        let doubt = Doubt::fit(
            &self.residuals,
            &reaches,
            &fans,
            self.scale,
            high_from_m,
            hyper.widen_outside,
            small,
        )?;
        let mut record = self.record;
        let mut curve = AlarmCurve::at(high_water_m(lesson));
        if let Some(record) = &mut record {
            let (mut all, mut high) = (Share::default(), Share::default());
            for ((r, reach), fan) in self.residuals.iter().zip(&reaches).zip(&fans) {
                let errors_m = doubt.errors_m(r.state, *reach, fan.as_ref(), Nudge::NONE);
                curve.add(r, &errors_m);
                let inside =
                    errors_m[0] <= r.error_m && r.error_m <= errors_m[PROBABILITIES.len() - 1];
                all.add(inside);
                if lesson.high_water[r.i] {
                    high.add(inside);
                }
            }
            record.coverage90 = all.get().unwrap_or(0.0);
            record.coverage90_flood = high.get().unwrap_or(record.coverage90);
        }
        Some(TierModel {
            mask: self.lines.mask,
            lines: self.lines.lines,
            blend: self.blend,
            beats_persistence: self.beats_persistence,
            doubt,
            record,
            alarm: curve
                .choice()
                .filter(|_| self.lines.mask == lesson.layout.all()),
        })
    }
}

/// The level of the highest two hundredth of the readings, above the reference, metres.
fn high_water_m(lesson: &Lesson) -> f64 {
    let levels = (0..lesson.len()).map(|i| (lesson.level_m(i), f64::from(lesson.weight[i])));
    Weighted::of(levels).map_or(f64::MAX, |levels| levels.quantile(ONSET_SHARE))
}

/// With few floods a gain must be large to be believed: one of them may have made it.
const FLOOD_SKILL: f64 = 0.5;

/// Skill on left-out floods that a model needs before it may replace persistence.
pub(crate) fn skill_needed(hyper: &Hyper, floods: usize) -> f64 {
    hyper.skill_min + FLOOD_SKILL / count_f64(floods.max(1))
}

/// How the blend did on left-out floods.
struct Scores {
    by_group: Vec<(Squares, Squares)>,
    model: f64,
    persistence: f64,
    rate: f64,
    rows: usize,
    weight: f64,
}

impl Scores {
    fn of(lesson: &Lesson, rows: &[usize], seen: &[Seen], changes_m: &[f64], lead: usize) -> Self {
        let mut scores = Self {
            by_group: vec![(Squares::default(), Squares::default()); lesson.folds],
            model: 0.0,
            persistence: 0.0,
            rate: 0.0,
            rows: rows.len(),
            weight: 0.0,
        };
        for ((&i, row), change_m) in rows.iter().zip(seen).zip(changes_m) {
            let error_m = row.observed_m - change_m;
            let rate_m = row.observed_m - lesson.change_1h_m(i) * f64::from(LEADS_H[lead]);
            scores.model += row.weight * error_m * error_m;
            scores.persistence += row.weight * row.observed_m * row.observed_m;
            scores.rate += row.weight * rate_m * rate_m;
            scores.weight += row.weight;
            let group = &mut scores.by_group[row.group];
            group.0.add(error_m * row.weight.sqrt());
            group.1.add(row.observed_m * row.weight.sqrt());
        }
        scores
    }

    fn beat_persistence(&self, floods: usize, hyper: &Hyper) -> bool {
        self.record().is_some_and(|record| {
            floods >= hyper.floods_min
                && record.floods >= 2
                && record.skill >= skill_needed(hyper, floods)
                && 2 * record.floods_better >= record.floods
        })
    }

    fn record(&self) -> Option<SkillRecord> {
        if self.by_group.len() < 2 || self.weight <= 0.0 {
            return None;
        }
        let mut better = Share::default();
        for (model, persistence) in self.by_group.iter().filter(|group| group.1.count > 0) {
            better.add(model.sum < persistence.sum);
        }
        let root = |sum: f64| (sum / self.weight).sqrt();
        Some(SkillRecord {
            floods: better.of,
            floods_better: better.hits,
            rows: self.rows,
            skill: skill(self.model, self.persistence),
            rmse_m: root(self.model),
            rmse_persistence_m: root(self.persistence),
            rmse_rate_of_rise_m: root(self.rate),
            coverage90: 0.0,
            coverage90_flood: 0.0,
        })
    }
}
