use super::answers::Answers;
use super::codes::FEATURES_MAX;
use super::little;
use super::shelf::{LINE, Words, send_for};
use super::tall::Tall;
use serde::{Deserialize, Serialize};

/// Values that are summed before their sum is added: a forecast is the same to the last bit however the trees are kept.
pub(crate) const SUMMED: usize = 8;

/// A place of a tree as it is written. From here to `left`, or to the one after it when the feature's code, less `shift`, is
/// above `code`. A leaf leads to itself.
///
/// `shift` is 0 or 1: with 1 the code of missing (0) wraps around to 255, and missing goes to the right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Node(
    pub(crate) u8,  // feature
    pub(crate) u8,  // shift
    pub(crate) u8,  // code
    pub(crate) u16, // left
);

impl Node {
    pub(crate) fn leaf(place: u16) -> Self {
        Self(0, 0, u8::MAX, place)
    }

    fn next(self, code: impl Fn(u8) -> u8) -> u16 {
        let Self(feature, shift, bound, left) = self;
        left + u16::from(code(feature).wrapping_sub(shift) > bound)
    }
}

/// One fitted tree; its root is the first node.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tree {
    pub(crate) nodes: Vec<Node>,
    /// Per node; only a leaf's is used.
    pub(crate) values: Vec<f32>,
    /// Longest way from the root to a leaf.
    pub(crate) depth: u8,
}

impl Tree {
    /// The leaf of a row whose codes are given by feature.
    pub(crate) fn leaf_of(&self, code: impl Fn(u8) -> u8) -> usize {
        let mut at = 0_u16;
        for _ in 0..self.depth {
            at = self.nodes[usize::from(at)].next(&code);
        }
        usize::from(at)
    }

    pub(crate) fn is_leaf(&self, place: usize) -> bool {
        usize::from(self.nodes[place].3) == place
    }

    /// Whether every way ends in a leaf with a value, no two meet, and no place is left over.
    fn check(&self) -> Result<(), &'static str> {
        if self.nodes.len() != self.values.len() {
            return Err("trees: a value per place is needed");
        }
        // Steps from the root; `None` until a parent was seen.
        let mut from_root: Vec<Option<u8>> = vec![None; self.nodes.len()];
        if let Some(root) = from_root.first_mut() {
            *root = Some(0);
        }
        let mut deepest = None;
        for (place, node) in self.nodes.iter().enumerate() {
            let steps = from_root[place].ok_or("trees: no way leads to a place")?;
            deepest = deepest.max(Some(steps));
            if self.is_leaf(place) {
                if *node != Node::leaf(node.3) || !self.values[place].is_finite() {
                    return Err("trees: a leaf asks, or its value is no number");
                }
                continue;
            }
            let &Node(_, shift, _, left) = node;
            let left = usize::from(left);
            if left <= place || left + 1 >= self.nodes.len() || shift > 1 {
                return Err(
                    "trees: a way leads back or out of its tree, or a shift is neither 0 nor 1",
                );
            }
            let steps = steps.checked_add(1).ok_or("trees: a way is too long")?;
            for child in [left, left + 1] {
                if from_root[child].replace(steps).is_some() {
                    return Err("trees: two ways lead to one place");
                }
            }
        }
        if deepest == Some(self.depth) {
            Ok(())
        } else {
            Err("trees: a tree is empty, or its depth is another")
        }
    }
}

/// A sum of trees and a constant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub(crate) struct Ensemble {
    pub(crate) base: f64,
    trees: Kept,
}

/// How the trees are kept: what a forecast costs is hardly more than to have their bytes brought from memory once.
#[derive(Clone, Debug, PartialEq)]
enum Kept {
    /// Each in one line of memory.
    Little(Words),
    /// Each in as many words as it has places.
    Tall(Tall),
}

impl Default for Kept {
    fn default() -> Self {
        Self::Little(Words::default())
    }
}

/// An ensemble as it stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    base: f64,
    roots: Vec<u32>,
    depths: Vec<u8>,
    nodes: Vec<Node>,
    /// Per node; 0 where it asks.
    values: Vec<f32>,
}

impl Ensemble {
    pub(crate) fn new(base: f64) -> Self {
        Self {
            base,
            ..Self::default()
        }
    }

    pub(crate) fn push(&mut self, tree: &Tree) {
        self.add(tree).expect("a tree as it was grown");
    }

    fn add(&mut self, tree: &Tree) -> Result<(), &'static str> {
        tree.check()?;
        let of_little = match (&mut self.trees, little::little(tree)) {
            (Kept::Tall(tall), _) => return tall.push(tree),
            (Kept::Little(words), Some(little)) => {
                words.own().extend(little);
                return Ok(());
            }
            (Kept::Little(words), None) => words,
        };
        // The first that is no little one: all are kept as it is.
        let mut tall = Tall::default();
        for little in of_little.as_chunks().0 {
            tall.push(&little::tree(little))?;
        }
        tall.push(tree)?;
        self.trees = Kept::Tall(tall);
        Ok(())
    }

    pub(crate) fn trees(&self) -> usize {
        match &self.trees {
            Kept::Little(words) => words.len() / LINE,
            Kept::Tall(tall) => tall.len(),
        }
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        match &self.trees {
            Kept::Little(words) => size_of_val(&words[..]),
            Kept::Tall(tall) => tall.bytes(),
        }
    }

    /// What its trees are kept in, in the order in which it is read.
    pub(crate) fn words(&mut self) -> impl Iterator<Item = &mut Words> {
        let (little, tall) = match &mut self.trees {
            Kept::Little(words) => (Some(words), None),
            Kept::Tall(tall) => (None, Some(tall.words())),
        };
        little.into_iter().chain(tall.into_iter().flatten())
    }

    /// True when it asks for none but the first `features` features, and the constant is a number. That every way ends in a
    /// leaf was checked when it was made.
    pub(crate) fn sound(&self, features: usize) -> bool {
        let asks_for_one = |node: &Node| usize::from(node.0) < features.max(1);
        features <= FEATURES_MAX
            && self.base.is_finite()
            && self.grown().all(|tree| tree.nodes.iter().all(asks_for_one))
    }

    /// Prediction for one row.
    pub(crate) fn predict(&self, answers: &Answers) -> f64 {
        let sum: f64 = match &self.trees {
            Kept::Little(words) => words
                .as_chunks()
                .0
                .chunks(SUMMED)
                .map(|eight| -> f64 {
                    let value = |little| f64::from(little::value(little, answers));
                    eight.iter().map(value).sum()
                })
                .sum(),
            Kept::Tall(tall) => tall.sum(answers),
        };
        self.base + sum
    }

    /// Sends for every line of memory that it holds, of a large one for nothing: most of that will not be wanted.
    pub(crate) fn send_for(&self) {
        match &self.trees {
            Kept::Little(words) => send_for(words),
            Kept::Tall(tall) => tall.send_for(),
        }
    }

    /// The trees as they were grown, but without values where they ask.
    pub(crate) fn grown(&self) -> impl Iterator<Item = Tree> {
        (0..self.trees()).map(|tree| match &self.trees {
            Kept::Little(words) => little::tree(&words.as_chunks().0[tree]),
            Kept::Tall(tall) => tall.tree(tree),
        })
    }
}

/// The places of one tree, of roots that rise from 0.
fn places(roots: &[u32], all: usize, tree: usize) -> std::ops::Range<usize> {
    let end = roots.get(tree + 1).map_or(all, |next| *next as usize);
    roots[tree] as usize..end
}

impl From<Ensemble> for Written {
    fn from(ensemble: Ensemble) -> Self {
        let mut written = Self {
            base: ensemble.base,
            roots: Vec::new(),
            depths: Vec::new(),
            nodes: Vec::new(),
            values: Vec::new(),
        };
        for tree in ensemble.grown() {
            let root = u32::try_from(written.nodes.len());
            written.roots.push(root.expect("far fewer than 2³² places"));
            written.depths.push(tree.depth);
            written.nodes.extend(tree.nodes);
            written.values.extend(tree.values);
        }
        written
    }
}

impl TryFrom<Written> for Ensemble {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let Written {
            base,
            roots,
            depths,
            nodes,
            values,
        } = written;
        let whole = roots.len() == depths.len()
            && nodes.len() == values.len()
            && (roots.is_empty() == nodes.is_empty())
            && roots.first().is_none_or(|first| *first == 0)
            && roots.windows(2).all(|pair| pair[0] < pair[1])
            && roots
                .last()
                .is_none_or(|last| (*last as usize) < nodes.len());
        if !whole {
            return Err(
                "trees: each needs a root of its own, rising from 0, and a depth, and each place a value",
            );
        }
        let mut ensemble = Self::new(base);
        for (tree, depth) in depths.into_iter().enumerate() {
            let places = places(&roots, nodes.len(), tree);
            ensemble.add(&Tree {
                nodes: nodes[places.clone()].to_vec(),
                values: values[places].to_vec(),
                depth,
            })?;
        }
        Ok(ensemble)
    }
}
