use super::answers::{Answers, QUESTION_BITS, parts, question};
use super::codes::FEATURES_MAX;
use serde::{Deserialize, Serialize};

/// Trees that are followed side by side, so that the processor does not wait for one of them.
const ABREAST: usize = 8;
/// The farthest that a child may lie behind its parent.
const FAR_MAX: u32 = (1 << (32 - QUESTION_BITS)) - 1;
const QUESTION: u32 = (1 << QUESTION_BITS) - 1;

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

/// The same place in one word: what it asks, and how far behind it the left child lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step(u32);

impl Step {
    /// `None` when the child lies before its parent or too far behind it, or the shift is none.
    fn of(node: Node, place: usize) -> Option<Self> {
        let Node(feature, shift, code, left) = node;
        let far = usize::from(left).checked_sub(place)?;
        let far = u32::try_from(far)
            .ok()
            .filter(|far| *far <= FAR_MAX && shift <= 1)?;
        Some(Self(far << QUESTION_BITS | question(feature, shift, code)))
    }

    fn far(self) -> usize {
        (self.0 >> QUESTION_BITS) as usize
    }

    fn asks(self) -> u32 {
        self.0 & QUESTION
    }

    fn node(self, place: usize) -> Node {
        let (feature, shift, code) = parts(self.asks());
        let left = u16::try_from(place + self.far());
        Node(
            feature,
            shift,
            code,
            left.expect("a tree was written with places of 16 bits"),
        )
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
#[serde(try_from = "Written", into = "Written")]
pub(crate) struct Ensemble {
    pub(crate) base: f64,
    /// First place of each tree.
    roots: Vec<u32>,
    depths: Vec<u8>,
    steps: Vec<Step>,
    values: Vec<f32>,
}

/// An ensemble as it stands in a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    base: f64,
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
        let root = u32::try_from(self.steps.len()).expect("far fewer than 2³² nodes");
        self.roots.push(root);
        self.depths.push(tree.depth);
        let steps = tree.nodes.iter().enumerate().map(|(place, node)| {
            Step::of(*node, place)
                .expect("children stand behind their parent, among a few thousand")
        });
        self.steps.extend(steps);
        self.values.extend_from_slice(&tree.values);
    }

    pub(crate) fn trees(&self) -> usize {
        self.roots.len()
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        self.steps.len() * (size_of::<Step>() + 4) + self.roots.len() * 5
    }

    /// True when every way stays inside its tree and asks for one of `features` features.
    pub(crate) fn sound(&self, features: usize) -> bool {
        let leaf = question(0, 0, u8::MAX);
        features <= FEATURES_MAX
            && self.base.is_finite()
            && self.steps.len() == self.values.len()
            && self.values.iter().all(|value| value.is_finite())
            && (0..self.roots.len()).all(|tree| {
                let places = places(&self.roots, self.steps.len(), tree);
                places.clone().all(|at| {
                    let (far, asks) = (self.steps[at].far(), self.steps[at].asks());
                    let (feature, ..) = parts(asks);
                    usize::from(feature) < features.max(1)
                        && if far == 0 {
                            asks == leaf
                        } else {
                            at + far + 1 < places.end
                        }
                })
            })
    }

    /// Prediction for one row.
    pub(crate) fn predict(&self, answers: &Answers) -> f64 {
        let groups = self.roots.chunks(ABREAST).zip(self.depths.chunks(ABREAST));
        let sum: f64 = groups
            .map(|(roots, depths)| self.sum_abreast(roots, depths, answers))
            .sum();
        self.base + sum
    }

    fn sum_abreast(&self, roots: &[u32], depths: &[u8], answers: &Answers) -> f64 {
        // Where there are fewer trees the first is followed by several, and counted once.
        let mut at = [roots[0] as usize; ABREAST];
        for (at, root) in at.iter_mut().zip(roots) {
            *at = *root as usize;
        }
        for _ in 0..depths.iter().copied().max().unwrap_or(0) {
            for at in &mut at {
                let step = self.steps[*at];
                *at += step.far() + answers.to(step.asks());
            }
        }
        at[..roots.len()]
            .iter()
            .map(|&leaf| f64::from(self.values[leaf]))
            .sum()
    }
}

/// The places of one tree, of roots that rise from 0.
fn places(roots: &[u32], all: usize, tree: usize) -> std::ops::Range<usize> {
    let end = roots.get(tree + 1).map_or(all, |next| *next as usize);
    roots[tree] as usize..end
}

impl From<Ensemble> for Written {
    fn from(ensemble: Ensemble) -> Self {
        let Ensemble {
            base,
            roots,
            depths,
            steps,
            values,
        } = ensemble;
        let nodes = (0..roots.len())
            .flat_map(|tree| {
                let places = places(&roots, steps.len(), tree);
                steps[places].iter().enumerate()
            })
            .map(|(place, step)| step.node(place))
            .collect();
        Self {
            base,
            roots,
            depths,
            nodes,
            values,
        }
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
            && (roots.is_empty() == nodes.is_empty())
            && roots.first().is_none_or(|first| *first == 0)
            && roots.windows(2).all(|pair| pair[0] < pair[1])
            && roots
                .last()
                .is_none_or(|last| (*last as usize) < nodes.len());
        if !whole {
            return Err("trees: each needs a root of its own, rising from 0, and a depth");
        }
        let steps: Option<Vec<Step>> = (0..roots.len())
            .flat_map(|tree| nodes[places(&roots, nodes.len(), tree)].iter().enumerate())
            .map(|(place, node)| Step::of(*node, place))
            .collect();
        Ok(Self {
            base,
            roots,
            depths,
            steps: steps
                .ok_or("trees: a way leads back or too far, or a shift is neither 0 nor 1")?,
            values,
        })
    }
}
