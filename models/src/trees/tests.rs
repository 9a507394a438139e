#![allow(clippy::unwrap_used)]

use super::answers::Answers;
use super::chance::Chance;
use super::codes::{Codes, Cuts};
use super::ensemble::{Ensemble, Tree};
use super::grow::{Ground, Shape, grow};
use super::{Ahead, Boost, Forest, Loss, Orchard, boost, forest};
use ndarray::{Array2, ArrayView1};
use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

fn uniform(chance: &mut Chance) -> f64 {
    f64::from(u32::try_from(chance.next_u64() >> 32).unwrap()) / f64::from(u32::MAX)
}

fn shape(leaves_max: usize) -> Shape {
    Shape {
        leaves_max,
        depth_max: 8,
        leaf_weight_min: 3.0,
        shrink_weight: 0.0,
        features_of_tree: 1.0,
        features_of_split: 1.0,
    }
}

/// Features with holes, and a target that depends on the first two and on a hole.
fn field(rows: usize, seed: u64) -> (Array2<f64>, Vec<f32>) {
    let mut chance = Chance::new(seed);
    let mut features = Array2::zeros((rows, 4));
    let mut target = Vec::new();
    for row in 0..rows {
        for feature in 0..4 {
            let x = uniform(&mut chance);
            let hole = feature == 2 && uniform(&mut chance) < 0.3;
            // A coarse grid, as gauges have, so that values repeat.
            features[(row, feature)] = if hole {
                f64::NAN
            } else {
                (x * 50.0).round() / 50.0
            };
        }
        let jump = if features[(row, 0)] > 0.6 { 2.0 } else { 0.0 };
        let hole = if features[(row, 2)].is_nan() {
            1.0
        } else {
            0.0
        };
        let noise = 0.1 * (uniform(&mut chance) - 0.5);
        #[allow(clippy::cast_possible_truncation)]
        target.push((jump * features[(row, 1)] + hole + noise) as f32);
    }
    (features, target)
}

fn coded(features: &Array2<f64>, cuts: usize) -> (Cuts, Codes) {
    let cuts = Cuts::place(&features.view(), cuts);
    let codes = cuts.encode_all(&features.view());
    (cuts, codes)
}

fn predicted(ensemble: &Ensemble, row: ArrayView1<'_, u8>) -> f64 {
    ensemble.predict(&Answers::of(row.as_slice().unwrap()))
}

fn rows_of(codes: &Codes) -> Vec<u32> {
    (0..u32::try_from(codes.rows()).unwrap()).collect()
}

/// The least sum of squares that one split can leave, by trying every feature, code and side for the missing.
fn best_by_trying(codes: &Codes, target: &[f32], leaf_min: f64) -> f64 {
    let squares = |side: &[f64]| {
        let n = crate::score::count_f64(side.len());
        let mean = side.iter().sum::<f64>() / n.max(1.0);
        side.iter().map(|t| (t - mean) * (t - mean)).sum::<f64>()
    };
    let mut best = f64::INFINITY;
    for feature in 0..codes.features() {
        for code in 1..=255_u8 {
            for missing_right in [false, true] {
                let (mut left, mut right) = (Vec::new(), Vec::new());
                for (row, &c) in codes.column(feature).iter().enumerate() {
                    let to_right = if c == 0 { missing_right } else { c > code };
                    let side = if to_right { &mut right } else { &mut left };
                    side.push(f64::from(target[row]));
                }
                if crate::score::count_f64(left.len().min(right.len())) >= leaf_min {
                    best = best.min(squares(&left) + squares(&right));
                }
            }
        }
    }
    best
}

/// What an ensemble must say, to the last bit: each tree followed alone through its places, eight values summed at a time.
fn followed_alone(base: f64, trees: &[Tree], row: &[u8]) -> f64 {
    let value = |tree: &Tree| f64::from(tree.values[tree.leaf_of(|f| row[usize::from(f)])]);
    let eight = |trees: &[Tree]| -> f64 { trees.iter().map(value).sum() };
    base + trees.chunks(8).map(eight).sum::<f64>()
}

proptest! {
    #[test]
    fn trees_side_by_side_say_what_each_says_alone_and_so_does_what_is_read_back(
        seed in 0_u64..10_000, count in 0_usize..20, leaves in 1_usize..60, other_rows: [[u8; 4]; 8],
    ) {
        let (features, target) = field(150, seed);
        let (_, codes) = coded(&features, 40);
        let weight = vec![1.0; 150];
        let ground = Ground { codes: &codes, target: &target, weight: &weight };
        let mut chance = Chance::new(seed);
        let shape = Shape { leaf_weight_min: 1.0, features_of_split: 0.5, ..shape(leaves) };
        let trees: Vec<Tree> = (0..count)
            .map(|_| {
                let mut bag: Vec<u32> = chance.choose(90, 150).into_iter().map(|row| u32::try_from(row).unwrap()).collect();
                grow(ground, &mut bag, shape, &mut chance).tree
            })
            .collect();
        let mut ensemble = Ensemble::new(0.25);
        for tree in &trees {
            ensemble.push(tree);
        }
        let read: Ensemble = serde_json::from_value(serde_json::to_value(&ensemble).unwrap()).unwrap();
        prop_assert_eq!(&read, &ensemble);
        let by_row = codes.by_row();
        let seen = by_row.rows().into_iter().map(|row| row.to_vec());
        for row in seen.chain(other_rows.map(|row| row.to_vec())) {
            let alone = followed_alone(0.25, &trees, &row);
            for side_by_side in [&ensemble, &read] {
                prop_assert_eq!(side_by_side.predict(&Answers::of(&row)).to_bits(), alone.to_bits());
            }
        }
    }

    #[test]
    fn an_orchard_says_what_each_of_its_ensembles_says_to_the_last_bit(
        seed in 0_u64..10_000, counts in proptest::collection::vec((0_usize..20, 1_usize..40), 0..5), other_rows: [[u8; 4]; 8],
    ) {
        let (features, target) = field(150, seed);
        let (_, codes) = coded(&features, 40);
        let weight = vec![1.0; 150];
        let ground = Ground { codes: &codes, target: &target, weight: &weight };
        let mut chance = Chance::new(seed);
        let mut most_leaves = 0;
        let ensembles: Vec<Ensemble> = counts
            .iter()
            .zip(0_u32..)
            .map(|(&(count, leaves), place)| {
                let mut ensemble = Ensemble::new(f64::from(place) - 1.5);
                let shape = Shape { leaf_weight_min: 1.0, features_of_split: 0.5, ..shape(leaves) };
                for _ in 0..count {
                    let mut bag: Vec<u32> = chance.choose(90, 150).into_iter().map(|row| u32::try_from(row).unwrap()).collect();
                    let tree = grow(ground, &mut bag, shape, &mut chance).tree;
                    most_leaves = most_leaves.max(tree.nodes.len().div_ceil(2));
                    ensemble.push(&tree);
                }
                ensemble
            })
            .collect();
        let orchard = Orchard::of(ensembles.iter());
        let trees: usize = ensembles.iter().map(Ensemble::trees).sum();
        prop_assert_eq!(orchard.is_some(), trees > 0 && most_leaves <= 32);
        let by_row = codes.by_row();
        let seen = by_row.rows().into_iter().map(|row| row.to_vec());
        for row in seen.chain(other_rows.map(|row| row.to_vec())) {
            let Some(orchard) = &orchard else { break };
            let answers = Answers::of(&row);
            let mut ahead = Ahead::over(&[], std::iter::empty(), orchard.words(), orchard.steps());
            let together: [f64; 4] = orchard.predict(&answers, &mut ahead);
            prop_assert!(orchard.steps() == 0 || ahead.lines() == 0, "all that was ahead has been sent for");
            for (together, ensemble) in together.iter().zip(&ensembles) {
                prop_assert_eq!(together.to_bits(), ensemble.predict(&answers).to_bits());
            }
            // To the last bit.
            let bits = |all: [f64; 4]| all.map(f64::to_bits);
            prop_assert_eq!(bits(orchard.predict(&answers, &mut Ahead::default())), bits(together));
        }
    }

    #[test]
    fn the_first_split_is_the_best_there_is(seed in 0_u64..10_000, rows in 8_usize..80) {
        let (features, target) = field(rows, seed);
        let (_, codes) = coded(&features, 20);
        let weight = vec![1.0; rows];
        let mut bag = rows_of(&codes);
        let ground = Ground { codes: &codes, target: &target, weight: &weight };
        let grown = grow(ground, &mut bag, shape(2), &mut Chance::new(1));
        let mut left_over = 0.0;
        for (node, range) in &grown.leaves {
            let value = f64::from(grown.tree.values[*node]);
            for row in &bag[range.clone()] {
                let error = f64::from(target[*row as usize]) - value;
                left_over += error * error;
            }
        }
        let best = best_by_trying(&codes, &target, 3.0);
        // A tree of one leaf is right when no split is allowed or none brings anything.
        if grown.leaves.len() == 2 {
            prop_assert!((left_over - best).abs() < 1e-4 * (1.0 + best), "{left_over} against {best}");
        } else {
            prop_assert!(best.is_infinite() || left_over < best + 1e-4, "{left_over} against {best}");
        }
    }

    #[test]
    fn a_row_falls_into_the_leaf_it_was_grown_in_and_every_way_agrees(seed in 0_u64..10_000) {
        let (features, target) = field(120, seed);
        let (cuts, codes) = coded(&features, 30);
        let weight = vec![1.0; 120];
        let mut bag = rows_of(&codes);
        let ground = Ground { codes: &codes, target: &target, weight: &weight };
        let grown = grow(ground, &mut bag, shape(12), &mut Chance::new(seed));
        let mut ensemble = Ensemble::new(0.0);
        ensemble.push(&grown.tree);
        prop_assert!(ensemble.sound(4));
        prop_assert_eq!(grown.leaves.iter().map(|(_, range)| range.len()).sum::<usize>(), 120);
        let mut one_row = Vec::new();
        for (node, range) in &grown.leaves {
            for &row in &bag[range.clone()] {
                let row = row as usize;
                prop_assert_eq!(grown.tree.leaf_of(|f| codes.column(usize::from(f))[row]), *node);
                cuts.encode(&features.row(row).to_vec(), &mut one_row, &mut Ahead::default());
                let value = f64::from(grown.tree.values[*node]);
                prop_assert!((ensemble.predict(&Answers::of(&one_row)) - value).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn codes_keep_the_order_of_values(a in -1e3..1e3_f64, b in -1e3..1e3_f64, seed in 0_u64..1000) {
        let (features, _) = field(60, seed);
        let (cuts, _) = coded(&(features * 100.0), 253);
        prop_assert!(cuts.sound());
        let code = |x: f64| {
            let mut codes = Vec::new();
            cuts.encode(&[x], &mut codes, &mut Ahead::default());
            codes[0]
        };
        prop_assert!(a > b || code(a) <= code(b));
        prop_assert_eq!(code(f64::NAN), 0);
        prop_assert!(code(a) >= 1);
    }
}

fn boosting(loss: Loss) -> Boost {
    Boost {
        loss,
        trees: 60,
        rate: 0.2,
        rows_of_tree: 0.7,
        shape: shape(8),
    }
}

#[test]
fn boosting_finds_what_depends_on_two_features_and_on_a_hole() {
    let (features, target) = field(2000, 5);
    let (_, codes) = coded(&features, 100);
    let weight = vec![1.0; 2000];
    let learn: Vec<u32> = (0..1000).collect();
    let ensemble = boost(
        &codes,
        &learn,
        &target,
        &weight,
        &boosting(Loss::Squared),
        &mut Chance::new(9),
    );
    let by_row = codes.by_row();
    let error: f64 = (1000..2000)
        .map(|row| f64::from(target[row]) - predicted(&ensemble, by_row.row(row)))
        .map(|e| e * e)
        .sum::<f64>()
        / 1000.0;
    // The noise alone leaves 0.1² / 12 = 0.0008; the mean would leave about 0.5.
    assert!(error < 0.01, "mean squared error {error}");
}

#[test]
fn boosted_quantiles_hold_their_share_of_unseen_rows() {
    let (features, target) = field(4000, 6);
    let (_, codes) = coded(&features, 100);
    let weight = vec![1.0; 4000];
    let learn: Vec<u32> = (0..2000).collect();
    let by_row = codes.by_row();
    for p in [0.1, 0.5, 0.9] {
        let ensemble = boost(
            &codes,
            &learn,
            &target,
            &weight,
            &boosting(Loss::Pinball(p)),
            &mut Chance::new(9),
        );
        let below = (2000..4000)
            .filter(|&row| f64::from(target[row]) <= predicted(&ensemble, by_row.row(row)))
            .count();
        let share = crate::score::count_f64(below) / 2000.0;
        assert!((share - p).abs() < 0.05, "{p}: {share}");
    }
}

#[test]
fn weights_count_as_repetitions() {
    let (features, target) = field(300, 7);
    let (cuts, codes) = coded(&features, 40);
    let again = |row: usize| if row < 300 { row } else { row - 300 };
    let longer = Array2::from_shape_fn((400, 4), |(row, feature)| features[(again(row), feature)]);
    let longer_target: Vec<f32> = (0..400).map(|row| target[again(row)]).collect();
    let longer_codes = cuts.encode_all(&longer.view());
    let weight: Vec<f32> = (0..300)
        .map(|row| if row < 100 { 2.0 } else { 1.0 })
        .collect();
    let how = Boost {
        rows_of_tree: 1.0,
        trees: 5,
        ..boosting(Loss::Squared)
    };
    let weighted = boost(
        &codes,
        &rows_of(&codes),
        &target,
        &weight,
        &how,
        &mut Chance::new(3),
    );
    let ones = vec![1.0; 400];
    let repeated = boost(
        &longer_codes,
        &rows_of(&longer_codes),
        &longer_target,
        &ones,
        &how,
        &mut Chance::new(3),
    );
    for row in codes.by_row().rows() {
        let (a, b) = (predicted(&weighted, row), predicted(&repeated, row));
        assert!((a - b).abs() < 1e-4, "{a} and {b}");
    }
}

#[test]
fn a_forest_never_leaves_the_range_it_saw() {
    let (features, target) = field(800, 8);
    let (_, codes) = coded(&features, 60);
    let how = Forest {
        trees: 20,
        rows_of_tree: 0.6,
        rows_max: 500,
        shape: Shape {
            features_of_split: 0.5,
            ..shape(40)
        },
    };
    let weight = vec![1.0; 800];
    let ensemble = forest(
        &codes,
        &rows_of(&codes),
        &target,
        &weight,
        &how,
        &mut Chance::new(2),
    );
    let (low, high) = target
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, h), &t| (l.min(t), h.max(t)));
    for row in codes.by_row().rows() {
        let predicted = predicted(&ensemble, row);
        assert!(predicted >= f64::from(low) - 1e-4 && predicted <= f64::from(high) + 1e-4);
    }
    assert_eq!(ensemble.trees(), 20);
}

#[test]
fn the_same_seed_gives_the_same_trees_and_another_seed_does_not() {
    let (features, target) = field(400, 4);
    let (_, codes) = coded(&features, 60);
    let weight = vec![1.0; 400];
    let grown = |seed| {
        boost(
            &codes,
            &rows_of(&codes),
            &target,
            &weight,
            &boosting(Loss::Squared),
            &mut Chance::new(seed),
        )
    };
    assert_eq!(grown(1), grown(1));
    assert_ne!(grown(1), grown(2));
}

#[test]
fn values_that_earlier_files_hold_where_a_tree_asks_are_read_and_change_nothing() {
    let (features, target) = field(200, 4);
    let (_, codes) = coded(&features, 60);
    let weight = vec![1.0; 200];
    for leaves in [8, 30] {
        let how = Boost {
            shape: shape(leaves),
            ..boosting(Loss::Squared)
        };
        let rows = rows_of(&codes);
        let ensemble = boost(&codes, &rows, &target, &weight, &how, &mut Chance::new(1));
        let mut file = serde_json::to_value(&ensemble).unwrap();
        assert_eq!(file["values"][0], 0.0, "the first root asks");
        file["values"][0] = 0.75.into();
        assert_eq!(serde_json::from_value::<Ensemble>(file).unwrap(), ensemble);
    }
}

#[test]
fn a_damaged_ensemble_is_noticed() {
    let (features, target) = field(200, 4);
    let (_, codes) = coded(&features, 60);
    let weight = vec![1.0; 200];
    let whole = boost(
        &codes,
        &rows_of(&codes),
        &target,
        &weight,
        &boosting(Loss::Squared),
        &mut Chance::new(1),
    );
    let text = serde_json::to_value(&whole).unwrap();
    let sound = |change: fn(&mut serde_json::Value)| {
        let mut value = text.clone();
        change(&mut value);
        serde_json::from_value::<Ensemble>(value).is_ok_and(|read| read.sound(4))
    };
    assert!(sound(|_| ()));
    assert!(
        !sound(|v| v["nodes"][0][3] = 60_000.into()),
        "a way out of the tree"
    );
    assert!(
        !sound(|v| v["nodes"][0][0] = 200.into()),
        "a feature that is not there"
    );
    assert!(
        !sound(|v| drop(v["values"].as_array_mut().unwrap().pop())),
        "a node without value"
    );
    assert!(
        !sound(|v| drop(v["depths"].as_array_mut().unwrap().pop())),
        "a tree without depth"
    );
    assert!(
        !sound(|v| v["depths"][0] = 1.into()),
        "a way that ends before its leaf"
    );
    assert!(
        !sound(|v| v["nodes"][1][3] = v["nodes"][0][3].clone()),
        "two ways to one place"
    );
    assert!(
        !sound(|v| v["nodes"][0][1] = 2.into()),
        "a shift that is none"
    );
    assert!(
        !sound(|v| v["roots"][1] = 0.into()),
        "two trees on one root"
    );
}
