//! The members of a blend: each predicts the change of the level, each in its own way.

use crate::hyper::LEADS_H;
use crate::learning::lesson::{Lesson, rows_of};
use crate::learning::sums::{Linear, Sums};
use crate::trees::{
    Answers, Boost, Chance, Codes, Cuts, Ensemble, Forest, Loss, MISSING, Shape, boost, forest,
};
use linfa_linalg::LinalgError;
use ndarray::Array2;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Most rows that the trees for missing blocks are grown on.
const PARTLY_ROWS_MAX: usize = 10_000;
/// Number of members.
pub(crate) const MEMBERS: usize = 5;
/// A line through the features.
pub(crate) const RIDGE: usize = 0;
/// A line through the features and some of their products.
pub(crate) const BENT: usize = 1;
/// Boosted trees.
pub(crate) const BOOSTED: usize = 2;
/// The line, and boosted trees on what it leaves over.
pub(crate) const LINE_BOOSTED: usize = 3;
/// A random forest.
pub(crate) const FOREST: usize = 4;

/// Members that have trees: the last ones.
pub(crate) const TREES: usize = MEMBERS - BOOSTED;

/// How the members are fitted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe {
    pub(crate) cuts: usize,
    pub(crate) boosted: Boost,
    pub(crate) residual: Boost,
    pub(crate) forest: Forest,
    /// `None` where the record is too short for the doubt to have trees.
    pub(crate) side: Option<Boost>,
    /// `None` where the record is too short for quantiles of the change itself.
    pub(crate) fan: Option<Boost>,
}

impl Recipe {
    /// For the trees that do with what is there: half as many.
    pub(crate) fn partly(&self) -> Self {
        let half = |boost: Boost| Boost {
            trees: boost.trees.div_ceil(2),
            rate: 1.6 * boost.rate,
            ..boost
        };
        let forest = Forest {
            trees: self.forest.trees.div_ceil(2),
            ..self.forest
        };
        Self {
            boosted: half(self.boosted),
            residual: half(self.residual),
            forest,
            ..*self
        }
    }
}

/// Both lines of one mask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Lines {
    pub(crate) ridge: Linear,
    pub(crate) bent: Linear,
}

/// The trees of one lead, the same for all masks: what is missing has a code of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trees {
    pub(crate) boosted: Ensemble,
    /// On what the line leaves over.
    pub(crate) residual: Ensemble,
    pub(crate) forest: Ensemble,
}

impl Trees {
    /// In the order in which they are asked.
    pub(crate) fn ensembles(&mut self) -> [&mut Ensemble; TREES] {
        [&mut self.boosted, &mut self.residual, &mut self.forest]
    }

    /// The same to read.
    pub(crate) fn asked(&self) -> [&Ensemble; TREES] {
        [&self.boosted, &self.residual, &self.forest]
    }

    /// What every member says; one that is not asked for says 0.
    pub(crate) fn members(
        &self,
        ridge: f64,
        bent: f64,
        answers: &Answers,
        asked: [bool; MEMBERS],
    ) -> [f64; MEMBERS] {
        let mut of_trees = [0.0; TREES];
        for ((said, ensemble), asked) in
            of_trees.iter_mut().zip(self.asked()).zip(&asked[BOOSTED..])
        {
            if *asked {
                *said = ensemble.predict(answers);
            }
        }
        members(ridge, bent, of_trees, asked)
    }
}

/// What every member says, from what the trees say; one that is not asked for says 0, the boosted line what the lines say.
pub(crate) fn members(
    ridge: f64,
    bent: f64,
    of_trees: [f64; TREES],
    asked: [bool; MEMBERS],
) -> [f64; MEMBERS] {
    let of = |member: usize| {
        if asked[member] {
            of_trees[member - BOOSTED]
        } else {
            0.0
        }
    };
    [
        ridge,
        bent,
        of(BOOSTED),
        0.5 * (ridge + bent) + of(LINE_BOOSTED),
        of(FOREST),
    ]
}

/// The lines of one mask, fitted on all rows that have it.
pub(crate) struct LinesFit {
    pub(crate) mask: u16,
    pub(crate) lines: Lines,
    /// Penalty of each line.
    pub(crate) penalties: [f64; 2],
    /// Both predictions per row of the lesson that has the mask, on floods left out, metres; NaN elsewhere.
    pub(crate) left_out_m: Vec<[f64; 2]>,
}

/// Fits both lines for every mask of one lead. Masks with too few rows are left out.
pub(crate) fn fit_lines(
    lesson: &Lesson,
    lead: usize,
    masks: &[u16],
    penalties: &[f64],
    rows_min: usize,
) -> Result<Vec<LinesFit>, LinalgError> {
    let mut fullest: Option<(usize, FoldSums)> = None;
    let mut chosen: Option<[f64; 2]> = None;
    let mut fits = Vec::new();
    for &mask in masks {
        let rows = lesson.rows_with(mask, lead);
        if rows.len() < rows_min {
            continue;
        }
        let own;
        // A smaller mask has more rows; sums of products are only made anew where that matters.
        let sums = match &fullest {
            Some((had, sums)) if rows.len() * 4 <= had * 5 => sums,
            Some(_) => {
                own = FoldSums::of(lesson, lead, &rows);
                &own
            }
            None => {
                &fullest
                    .insert((rows.len(), FoldSums::of(lesson, lead, &rows)))
                    .1
            }
        };
        let plain = lesson.layout.features_of(mask);
        let bent: Vec<usize> = plain
            .iter()
            .copied()
            .chain(lesson.layout.products_of(mask))
            .collect();
        let fixed = chosen.map(|both| both.map(|one| vec![one]));
        let tried = |line: usize| {
            fixed
                .as_ref()
                .map_or(penalties.to_vec(), |both| both[line].clone())
        };
        let ridge = fit_line(lesson, lead, sums, &rows, &plain, &tried(0))?;
        let bent = fit_line(lesson, lead, sums, &rows, &bent, &tried(1))?;
        chosen.get_or_insert([ridge.penalty, bent.penalty]);
        let mut left_out_m = vec![[f64::NAN; 2]; lesson.len()];
        for (place, &i) in rows.iter().enumerate() {
            left_out_m[i] = [ridge.left_out_m[place], bent.left_out_m[place]];
        }
        fits.push(LinesFit {
            mask,
            penalties: [ridge.penalty, bent.penalty],
            lines: Lines {
                ridge: ridge.line,
                bent: bent.line,
            },
            left_out_m,
        });
    }
    Ok(fits)
}

/// Sums of all rows, and of the rows that teach while each group is left out.
struct FoldSums {
    all: Sums,
    without: Vec<Sums>,
}

impl FoldSums {
    fn of(lesson: &Lesson, lead: usize, rows: &[usize]) -> Self {
        let lead_h = LEADS_H[lead];
        let over = |rows: &[usize]| {
            let target: Vec<f64> = rows.iter().map(|&i| lesson.changes_m[i][lead]).collect();
            let weight: Vec<f32> = rows.iter().map(|&i| lesson.weight[i]).collect();
            Sums::over(&rows_of(&lesson.scaled, rows).view(), &target, &weight)
        };
        let all = over(rows);
        let without = (0..lesson.folds)
            .map(|group| {
                let silent: Vec<usize> = rows
                    .iter()
                    .copied()
                    .filter(|&i| !lesson.teaches(i, group, lead_h))
                    .collect();
                let mut sums = all.clone();
                sums.take(&over(&silent));
                sums
            })
            .collect();
        Self { all, without }
    }
}

struct LineFit {
    penalty: f64,
    line: Linear,
    left_out_m: Vec<f64>,
}

/// The line whose penalty has the least error on left-out floods.
fn fit_line(
    lesson: &Lesson,
    lead: usize,
    sums: &FoldSums,
    rows: &[usize],
    features: &[usize],
    penalties: &[f64],
) -> Result<LineFit, LinalgError> {
    let mut best: Option<(f64, f64, Vec<f64>)> = None;
    for &penalty in penalties {
        let lines: Vec<Linear> = sums
            .without
            .iter()
            .map(|sums| sums.ridge(features, penalty))
            .collect::<Result<_, _>>()?;
        let mut error = 0.0;
        let mut left_out_m = Vec::with_capacity(rows.len());
        for &i in rows {
            let row = lesson.scaled.row(i);
            let line = lines.get(lesson.fold[i]);
            let predicted = line.map_or(0.0, |line| line.predict(features.iter().map(|&f| row[f])));
            let miss = lesson.changes_m[i][lead] - predicted;
            error += f64::from(lesson.weight[i]) * miss * miss;
            left_out_m.push(predicted);
        }
        if best.as_ref().is_none_or(|(least, ..)| error < *least) {
            best = Some((error, penalty, left_out_m));
        }
    }
    let (_, penalty, left_out_m) =
        best.expect("there is at least one penalty: the settings are checked");
    Ok(LineFit {
        penalty,
        line: sums.all.ridge(features, penalty)?,
        left_out_m,
    })
}

/// Codes of the lesson's rows, for trees to be grown on.
pub(crate) struct Textbook {
    pub(crate) cuts: Cuts,
    /// The lesson's rows as read, row by row.
    pub(crate) by_row: Array2<u8>,
    /// For the trees that have everything.
    pub(crate) whole: Page,
    /// For the trees that do with what is there.
    pub(crate) partly: Page,
}

/// Rows that trees are grown on.
pub(crate) struct Page {
    pub(crate) codes: Codes,
    /// Row of the lesson behind each row of the codes.
    pub(crate) of: Vec<usize>,
    /// Mask of each row of the codes: one that was fitted.
    pub(crate) mask: Vec<u16>,
    pub(crate) weight: Vec<f32>,
}

impl Textbook {
    pub(crate) fn of(lesson: &Lesson, masks: &[u16], cuts: usize, chance: &mut Chance) -> Self {
        let width = lesson.layout.width();
        let raw = lesson
            .raw
            .slice_axis(ndarray::Axis(1), ndarray::Slice::from(..width));
        let cuts = Cuts::place(&raw, cuts);
        let plain = cuts.encode_all(&raw);
        let by_row = plain.by_row();
        let all = masks[0];
        let whole: Vec<(usize, u16)> = (0..lesson.len())
            .filter(|&i| lesson.masks[i] & all == all)
            .map(|i| (i, all))
            .collect();
        // A river whose gauges report for years teaches nothing about what to do without them; so rows are learnt as if
        // blocks were missing, one of the fitted masks by lot. Long records need not be learnt in full for this.
        let best = |mask: u16| {
            masks[1..]
                .iter()
                .copied()
                .find(|fitted| mask & fitted == *fitted)
        };
        let every = lesson.len().div_ceil(PARTLY_ROWS_MAX).max(1);
        let partly: Vec<(usize, u16)> = (0..lesson.len())
            .step_by(every)
            .filter_map(|i| {
                let drawn = masks.get(1 + chance.below(masks.len().max(2) - 1))?;
                Some((i, best(lesson.masks[i] & drawn)?))
            })
            .collect();
        let page = |rows: Vec<(usize, u16)>| Page::of(lesson, &plain, &cuts, rows);
        Self {
            whole: page(whole),
            partly: page(partly),
            by_row,
            cuts,
        }
    }

    /// Codes of one row of the lesson with only the blocks of a mask.
    pub(crate) fn masked(&self, lesson: &Lesson, i: usize, mask: u16, out: &mut Vec<u8>) {
        out.clear();
        out.extend(self.by_row.row(i));
        hide(lesson, mask, out);
    }
}

impl Page {
    fn of(lesson: &Lesson, plain: &Codes, cuts: &Cuts, rows: Vec<(usize, u16)>) -> Self {
        let (of, mask): (Vec<usize>, Vec<u16>) = rows.into_iter().unzip();
        let mut columns = Vec::with_capacity(of.len() * lesson.layout.width());
        for (bit, (_, range)) in lesson.layout.blocks.iter().enumerate() {
            for feature in range.clone() {
                let column = plain.column(feature);
                let code = |(&i, mask): (&usize, &u16)| {
                    if mask >> bit & 1 == 1 {
                        column[i]
                    } else {
                        MISSING
                    }
                };
                columns.extend(of.iter().zip(&mask).map(code));
            }
        }
        let codes = Codes::from_columns(of.len(), columns, cuts);
        let weight = of.iter().map(|&i| lesson.weight[i]).collect();
        Self {
            codes,
            of,
            mask,
            weight,
        }
    }
}

fn hide(lesson: &Lesson, mask: u16, codes: &mut [u8]) {
    for (bit, (_, range)) in lesson.layout.blocks.iter().enumerate() {
        if mask >> bit & 1 == 0 {
            codes[range.clone()].fill(MISSING);
        }
    }
}

/// The trees of one lead: fitted on everything, and with each group of floods left out.
#[derive(Default)]
pub(crate) struct TreesFit {
    pub(crate) trees: Trees,
    pub(crate) without: Vec<Trees>,
}

pub(crate) fn fit_trees(
    lesson: &Lesson,
    lead: usize,
    book: &Page,
    lines: &[LinesFit],
    recipe: &Recipe,
    seed: &Chance,
) -> TreesFit {
    let lead_h = LEADS_H[lead];
    let rows = book.of.len();
    let line_of = |mask: u16| lines.iter().find(|fit| fit.mask == mask);
    let (mut change, mut left_over, mut taught) =
        (vec![0.0_f32; rows], vec![0.0_f32; rows], Vec::new());
    for row in 0..rows {
        let i = book.of[row];
        let observed_m = lesson.changes_m[i][lead];
        let Some([ridge, bent]) = line_of(book.mask[row]).map(|fit| fit.left_out_m[i]) else {
            continue;
        };
        let over = observed_m - 0.5 * (ridge + bent);
        if over.is_nan() {
            continue;
        }
        // Trees are f32 throughout.
        #[allow(clippy::cast_possible_truncation)]
        {
            change[row] = observed_m as f32;
            left_over[row] = over as f32;
        }
        taught.push(row);
    }
    // Every ensemble is a task of its own with a seed of its own: it does not matter who does it and when.
    let tasks: Vec<(usize, usize)> = (0..=lesson.folds)
        .flat_map(|group| [BOOSTED, LINE_BOOSTED, FOREST].map(|member| (group, member)))
        .collect();
    let ensembles: Vec<Ensemble> = tasks
        .par_iter()
        .map(|&(group, member)| {
            let rows: Vec<u32> = taught
                .iter()
                .filter(|&&row| {
                    group == lesson.folds || lesson.teaches(book.of[row], group, lead_h)
                })
                .map(|&row| u32::try_from(row).expect("a history has at most 2 million rows"))
                .collect();
            let mut chance = seed.branch((1 + group * MEMBERS + member + 1000 * lead) as u64);
            match member {
                BOOSTED => boost(
                    &book.codes,
                    &rows,
                    &change,
                    &book.weight,
                    &recipe.boosted,
                    &mut chance,
                ),
                LINE_BOOSTED => boost(
                    &book.codes,
                    &rows,
                    &left_over,
                    &book.weight,
                    &recipe.residual,
                    &mut chance,
                ),
                _ => forest(
                    &book.codes,
                    &rows,
                    &change,
                    &book.weight,
                    &recipe.forest,
                    &mut chance,
                ),
            }
        })
        .collect();
    let mut ensembles = ensembles.into_iter();
    let mut trees = || {
        let mut next = || {
            ensembles
                .next()
                .expect("three ensembles per group were fitted")
        };
        Trees {
            boosted: next(),
            residual: next(),
            forest: next(),
        }
    };
    let without = (0..lesson.folds).map(|_| trees()).collect();
    TreesFit {
        trees: trees(),
        without,
    }
}

/// What each member predicts for floods it has not seen: per row of the lesson, metres; NaN without the mask.
pub(crate) fn left_out(
    lesson: &Lesson,
    book: &Textbook,
    lines: &LinesFit,
    trees: &TreesFit,
    every: usize,
) -> Vec<[f64; MEMBERS]> {
    (0..lesson.len())
        .into_par_iter()
        .map_init(Vec::new, |codes, i| {
            let [ridge, bent] = lines.left_out_m[i];
            match trees.without.get(lesson.fold[i]) {
                Some(trees) if !ridge.is_nan() && i % every == 0 => {
                    book.masked(lesson, i, lines.mask, codes);
                    trees.members(ridge, bent, &Answers::of(codes), [true; MEMBERS])
                }
                _ => [f64::NAN; MEMBERS],
            }
        })
        .collect()
}

/// How the members are grown, by the number of rows: little data, little trees.
pub(crate) fn recipe_for(rows: usize) -> Recipe {
    let small = rows < 3500;
    let shape = Shape {
        leaves_max: if small { 8 } else { 24 },
        depth_max: if small { 4 } else { 7 },
        leaf_weight_min: if small { 8.0 } else { 20.0 },
        shrink_weight: if small { 2.0 } else { 5.0 },
        features_of_tree: if small { 0.4 } else { 0.6 },
        features_of_split: 1.0,
    };
    let boosted = Boost {
        loss: Loss::Squared,
        trees: if small { 36 } else { 120 },
        rate: if small { 0.15 } else { 0.08 },
        rows_of_tree: 0.7,
        shape,
    };
    let forest = Forest {
        trees: if small { 16 } else { 40 },
        rows_of_tree: 0.6,
        rows_max: 30_000,
        shape: Shape {
            leaves_max: if small { 32 } else { 1536 },
            depth_max: if small { 12 } else { 18 },
            leaf_weight_min: 4.0,
            shrink_weight: 0.0,
            features_of_tree: 1.0,
            features_of_split: if small { 0.35 } else { 0.5 },
        },
    };
    let residual = Boost {
        trees: boosted.trees * 2 / 3,
        ..boosted
    };
    let side = Boost {
        loss: Loss::Pinball(0.9),
        trees: 60,
        rate: 0.12,
        shape: Shape {
            leaves_max: 16,
            depth_max: 6,
            leaf_weight_min: 60.0,
            ..shape
        },
        ..boosted
    };
    let fan = Boost {
        trees: 80,
        rate: 0.12,
        rows_of_tree: 0.4,
        shape: Shape {
            leaves_max: 31,
            depth_max: 8,
            leaf_weight_min: 25.0,
            shrink_weight: 0.0,
            ..shape
        },
        ..boosted
    };
    Recipe {
        cuts: if small { 24 } else { 63 },
        boosted,
        residual,
        forest,
        side: (!small).then_some(side),
        fan: (!small).then_some(fan),
    }
}
