//! Quantiles of the change of the level itself.

use crate::learning::doubt::COUNT;
use crate::learning::lesson::Lesson;
use crate::learning::members::{Page, Recipe};
use crate::trees::{Answers, Boost, Chance, Ensemble, Loss, boost};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Probabilities of the ribs of a fan.
const RIBS: [f64; 5] = [0.05, 0.25, 0.5, 0.75, 0.95];
/// A quantile between the outermost ribs lies where that of a normal distribution does: this share towards the outer one.
const TENTH: f64 = 0.6255;

/// Quantiles of the change itself, boosted one by one.
///
/// Where the water stands still a gauge repeats its last reading to the digit. Quantiles of an error about a mean cannot
/// say that; these can. They know nothing outside what was taught.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fan {
    /// None for a short record, else one per probability.
    pub(crate) ribs: Vec<Ensemble>,
}

impl Fan {
    /// Quantiles of the change, metres, never falling; `None` for a short record.
    pub(crate) fn changes_m(&self, answers: &Answers) -> Option<[f64; COUNT]> {
        let [lowest, low, middle, high, highest] = &self.ribs[..] else {
            return None;
        };
        let mut ribs = [lowest, low, middle, high, highest].map(|rib| rib.predict(answers));
        ribs.sort_unstable_by(f64::total_cmp);
        let tenth = |outer: f64, inner: f64| TENTH * outer + (1.0 - TENTH) * inner;
        Some([
            ribs[0],
            tenth(ribs[0], ribs[1]),
            ribs[1],
            ribs[2],
            ribs[3],
            tenth(ribs[4], ribs[3]),
            ribs[4],
        ])
    }

    /// True when it has no rib or all of them.
    pub(crate) fn sound(&self) -> bool {
        self.ribs.is_empty() || self.ribs.len() == RIBS.len()
    }
}

/// Boosts the ribs on the changes themselves, and once more with each group of floods left out.
pub(crate) fn fit_fan(
    lesson: &Lesson,
    lead: usize,
    lead_h: u32,
    page: &Page,
    recipe: &Recipe,
    seed: &Chance,
) -> (Fan, Vec<Fan>) {
    let Some(rib) = recipe.fan else {
        return (Fan::default(), vec![Fan::default(); lesson.folds]);
    };
    // Trees are f32 throughout.
    #[allow(clippy::cast_possible_truncation)]
    let changes_m: Vec<f32> = page
        .of
        .iter()
        .map(|&i| lesson.changes_m[i][lead] as f32)
        .collect();
    let tasks: Vec<(usize, usize)> = (0..=lesson.folds)
        .flat_map(|group| (0..RIBS.len()).map(move |place| (group, place)))
        .collect();
    let ribs: Vec<Ensemble> = tasks
        .par_iter()
        .map(|&(group, place)| {
            let rows: Vec<u32> = (0..page.of.len())
                .filter(|&row| !changes_m[row].is_nan())
                .filter(|&row| group == lesson.folds || lesson.teaches(page.of[row], group, lead_h))
                .map(|row| u32::try_from(row).expect("a history has at most 2 million rows"))
                .collect();
            let mut chance = seed.branch((500 + group * RIBS.len() + place + 1000 * lead) as u64);
            let how = Boost {
                loss: Loss::Pinball(RIBS[place]),
                ..rib
            };
            boost(
                &page.codes,
                &rows,
                &changes_m,
                &page.weight,
                &how,
                &mut chance,
            )
        })
        .collect();
    let mut fans = ribs.chunks(RIBS.len()).map(|ribs| Fan {
        ribs: ribs.to_vec(),
    });
    let without = fans.by_ref().take(lesson.folds).collect();
    (fans.next().unwrap_or_default(), without)
}
