use super::chance::Chance;
use super::codes::Codes;
use super::ensemble::Ensemble;
use super::grow::{Ground, Shape, grow};

/// How to grow a random forest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Forest {
    pub(crate) trees: usize,
    /// Rows of each tree, drawn without repetition: this share of the rows, above 0 to 1.
    pub(crate) rows_of_tree: f64,
    /// Most rows of a tree.
    pub(crate) rows_max: usize,
    pub(crate) shape: Shape,
}

/// The mean of independent trees on the `rows` of `codes`; `target` and `weight` have one entry per row of `codes`.
pub(crate) fn forest(
    codes: &Codes,
    rows: &[u32],
    target: &[f32],
    weight: &[f32],
    how: &Forest,
    chance: &mut Chance,
) -> Ensemble {
    let mut ensemble = Ensemble::new(0.0);
    if rows.is_empty() {
        return ensemble;
    }
    // At least one row, at most all.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let share = (crate::score::count_f64(rows.len()) * how.rows_of_tree).ceil() as usize;
    let taken = share.min(how.rows_max).clamp(1, rows.len());
    for _ in 0..how.trees {
        let mut bag: Vec<u32> = chance
            .choose(taken, rows.len())
            .into_iter()
            .map(|place| rows[place])
            .collect();
        let ground = Ground {
            codes,
            target,
            weight,
        };
        let mut grown = grow(ground, &mut bag, how.shape, chance);
        // A share of at most 1 of an f32.
        #[allow(clippy::cast_possible_truncation)]
        let share = (1.0 / crate::score::count_f64(how.trees)) as f32;
        for value in &mut grown.tree.values {
            *value *= share;
        }
        ensemble.push(&grown.tree);
    }
    ensemble
}
