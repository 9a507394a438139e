use super::codes::FEATURES_MAX;
use serde::{Deserialize, Serialize};

/// Trees that are followed side by side, so that the processor does not wait for one of them.
const ABREAST: usize = 8;

/// A place of a tree. From here to `left`, or to the one after it when the feature's code, less `shift`, is above
/// `code`. A leaf leads to itself.
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
}

/// A sum of trees and a constant, in flat arrays.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ensemble {
    pub(crate) base: f64,
    /// First node of each tree.
    roots: Vec<u32>,
    depths: Vec<u8>,
    nodes: Vec<Node>,
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
        let root = u32::try_from(self.nodes.len()).expect("far fewer than 2³² nodes");
        self.roots.push(root);
        self.depths.push(tree.depth);
        self.nodes.extend_from_slice(&tree.nodes);
        self.values.extend_from_slice(&tree.values);
    }

    pub(crate) fn trees(&self) -> usize {
        self.roots.len()
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.nodes.len() * (size_of::<Node>() + 4) + self.roots.len() * 5
    }

    /// True when every way stays inside its tree and asks for one of `features` features.
    pub(crate) fn sound(&self, features: usize) -> bool {
        let whole = features <= FEATURES_MAX
            && self.base.is_finite()
            && self.roots.len() == self.depths.len()
            && self.nodes.len() == self.values.len()
            && self.values.iter().all(|value| value.is_finite())
            && (self.roots.is_empty() == self.nodes.is_empty())
            && self.roots.first().is_none_or(|first| *first == 0)
            && self.roots.windows(2).all(|pair| pair[0] < pair[1]);
        whole
            && (0..self.roots.len()).all(|tree| {
                let root = self.roots[tree] as usize;
                let end = self
                    .roots
                    .get(tree + 1)
                    .map_or(self.nodes.len(), |next| *next as usize);
                root < end
                    && end <= self.nodes.len()
                    && self.nodes[root..end].iter().enumerate().all(|(at, node)| {
                        let left = usize::from(node.3);
                        let leaf = left == at && node.1 == 0 && node.2 == u8::MAX;
                        usize::from(node.0) < features.max(1)
                            && node.1 <= 1
                            && (leaf || (left > at && root + left + 1 < end))
                    })
            })
    }

    /// Prediction for one row of codes.
    pub(crate) fn predict(&self, codes: &[u8]) -> f64 {
        let mut sum = 0.0;
        for first in (0..self.roots.len()).step_by(ABREAST) {
            let trees = ABREAST.min(self.roots.len() - first);
            sum += self.sum_abreast(first, trees, codes);
        }
        self.base + sum
    }

    fn sum_abreast(&self, first: usize, trees: usize, codes: &[u8]) -> f64 {
        let mut at = [0_usize; ABREAST];
        let mut root = [0_usize; ABREAST];
        for tree in 0..trees {
            root[tree] = self.roots[first + tree] as usize;
            at[tree] = root[tree];
        }
        let depth = self.depths[first..first + trees].iter().copied().max();
        for _ in 0..depth.unwrap_or(0) {
            for tree in 0..trees {
                let next = self.nodes[at[tree]].next(|feature| codes[usize::from(feature)]);
                at[tree] = root[tree] + usize::from(next);
            }
        }
        at[..trees]
            .iter()
            .map(|&leaf| f64::from(self.values[leaf]))
            .sum()
    }
}
