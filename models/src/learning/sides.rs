//! How far the error of a forecast reaches to either side in the state of the water.

use crate::learning::lesson::Lesson;
use crate::learning::members::{Page, Recipe};
use crate::trees::{Answers, Boost, Chance, Ensemble, Loss, boost};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Either side is held between these, in units of the scale.
const SIDE_MIN: f64 = 0.03;
const SIDE_MAX: f64 = 30.0;

/// The two ensembles of one lead: how far either side reaches, in units of the scale.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sides {
    pub(crate) down: Ensemble,
    pub(crate) middle: Ensemble,
    pub(crate) up: Ensemble,
}

/// Where the middle of the error lies and how far either side reaches from there, in units of the scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reach {
    pub(crate) middle: f64,
    pub(crate) down: f64,
    pub(crate) up: f64,
}

impl Reach {
    /// Where no trees say otherwise.
    pub(crate) const EVEN: Self = Self {
        middle: 0.0,
        down: 1.0,
        up: 1.0,
    };
}

impl Sides {
    pub(crate) fn reach(&self, answers: &Answers) -> Reach {
        if self.up.trees() == 0 {
            return Reach::EVEN;
        }
        let held = |x: f64| x.clamp(SIDE_MIN, SIDE_MAX);
        let middle = self.middle.predict(answers).clamp(-SIDE_MAX, SIDE_MAX);
        Reach {
            middle,
            down: held(middle - self.down.predict(answers)),
            up: held(self.up.predict(answers) - middle),
        }
    }
}

/// Boosts both sides on errors of left-out floods, and once more with each group of floods left out.
pub(crate) fn fit_sides(
    lesson: &Lesson,
    lead: usize,
    lead_h: u32,
    page: &Page,
    scaled: &[f32],
    recipe: &Recipe,
    seed: &Chance,
) -> (Sides, Vec<Sides>) {
    let Some(side) = recipe.side else {
        return (Sides::default(), vec![Sides::default(); lesson.folds]);
    };
    let taught: Vec<usize> = (0..page.of.len())
        .filter(|&row| !scaled[row].is_nan())
        .collect();
    let tasks: Vec<(usize, f64)> = (0..=lesson.folds)
        .flat_map(|group| [0.1, 0.5, 0.9].map(|p| (group, p)))
        .collect();
    let ensembles: Vec<Ensemble> = tasks
        .par_iter()
        .map(|&(group, p)| {
            let rows: Vec<u32> = taught
                .iter()
                .filter(|&&row| {
                    group == lesson.folds || lesson.teaches(page.of[row], group, lead_h)
                })
                .map(|&row| u32::try_from(row).expect("a history has at most 2 million rows"))
                .collect();
            let mut chance = seed.branch(
                (700 + group * 3 + usize::from(p > 0.3) + usize::from(p > 0.7) + 1000 * lead)
                    as u64,
            );
            let how = Boost {
                loss: Loss::Pinball(p),
                ..side
            };
            boost(&page.codes, &rows, scaled, &page.weight, &how, &mut chance)
        })
        .collect();
    let mut ensembles = ensembles.into_iter();
    let mut sides = || {
        let mut next = || {
            ensembles
                .next()
                .expect("three ensembles per group were fitted")
        };
        Sides {
            down: next(),
            middle: next(),
            up: next(),
        }
    };
    let without = (0..lesson.folds).map(|_| sides()).collect();
    (sides(), without)
}
