use super::answers::{Answers, QUESTION_BITS, parts, question};
use super::ensemble::{Node, SUMMED, Tree};
use super::shelf::{Words, send_for};

/// Bits of a step that say which children are leaves: the left one, and above it the right one.
const LEAF_BITS: u32 = 2;
/// The farthest that a child may lie behind its parent.
const FAR_MAX: u32 = (1 << (32 - QUESTION_BITS - LEAF_BITS)) - 1;
/// Most words of trees that are sent for beforehand: about twenty trees of a month's model. A way through larger trees meets
/// few of their lines.
const SENT_FOR: usize = 2048;
/// Bits of a head that say where its tree begins; above them stands its longest way.
const ROOT_BITS: u32 = 24;
const ROOT: u32 = (1 << ROOT_BITS) - 1;
const QUESTION: u32 = (1 << QUESTION_BITS) - 1;

/// Trees of any size, one word a place, the root first and each pair of children side by side: where it asks, a [`Step`];
/// where it ends, the value itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tall {
    /// A [`Head`] per tree.
    heads: Words,
    words: Words,
}

/// Where a tree begins, and its longest way.
#[derive(Clone, Copy)]
struct Head(u32);

impl Head {
    /// Its first word.
    fn root(self) -> u32 {
        self.0 & ROOT
    }

    /// 0 for a tree that is one leaf.
    fn depth(self) -> u32 {
        self.0 >> ROOT_BITS
    }
}

/// A place that asks: what it asks, which of its children are leaves, and how far behind it the left one lies.
#[derive(Clone, Copy)]
struct Step(u32);

impl Step {
    fn far(self) -> u32 {
        self.0 >> (QUESTION_BITS + LEAF_BITS)
    }

    fn asks(self) -> u32 {
        self.0 & QUESTION
    }

    /// 1 when the child on this side (0 or 1) is a leaf.
    fn leaf(self, side: u32) -> u32 {
        self.0 >> (QUESTION_BITS + side) & 1
    }
}

/// Where one row stands in a tree.
#[derive(Clone, Copy)]
struct Way {
    at: u32,
    /// All bits while it goes on, none at its leaf.
    on: u32,
}

impl Tall {
    pub(crate) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.heads[..]) + size_of_val(&self.words[..])
    }

    /// What it is kept in, in the order in which it is read.
    pub(crate) fn words(&mut self) -> [&mut Words; 2] {
        [&mut self.heads, &mut self.words]
    }

    /// Adds a tree whose ways were checked.
    pub(crate) fn push(&mut self, tree: &Tree) -> Result<(), &'static str> {
        let root = u32::try_from(self.words.len())
            .ok()
            .filter(|root| *root <= ROOT)
            .ok_or("trees: more than 2^24 places before the last tree of an ensemble")?;
        self.heads
            .own()
            .push(u32::from(tree.depth) << ROOT_BITS | root);
        let words = self.words.own();
        for (place, (node, value)) in tree.nodes.iter().zip(&tree.values).enumerate() {
            if tree.is_leaf(place) {
                words.push(value.to_bits());
                continue;
            }
            let &Node(feature, shift, code, left) = node;
            let left = usize::from(left);
            let far = u32::try_from(left - place)
                .ok()
                .filter(|far| *far <= FAR_MAX)
                .ok_or("trees: a child lies more than 8191 places behind its parent")?;
            let leaves = u32::from(tree.is_leaf(left)) | u32::from(tree.is_leaf(left + 1)) << 1;
            words.push(
                (far << LEAF_BITS | leaves) << QUESTION_BITS | question(feature, shift, code),
            );
        }
        Ok(())
    }

    /// The sum of the values of one row's leaves.
    pub(crate) fn sum(&self, answers: &Answers) -> f64 {
        let words = &self.words[..];
        let (eights, rest) = self.heads.as_chunks::<SUMMED>();
        let of_eights = eights.iter().map(|heads| -> f64 {
            let leaves = leaves(words, heads, answers);
            leaves.iter().map(|leaf| value(words, *leaf)).sum()
        });
        let of_rest = (!rest.is_empty()).then(|| -> f64 {
            // Empty ways stand on the first leaf or place there is; nobody counts them.
            let mut heads = [0; SUMMED];
            heads[..rest.len()].copy_from_slice(rest);
            let leaves = leaves(words, &heads, answers);
            leaves[..rest.len()]
                .iter()
                .map(|leaf| value(words, *leaf))
                .sum()
        });
        of_eights.chain(of_rest).sum()
    }

    /// Sends for every line; of more than [`SENT_FOR`] words for nothing.
    pub(crate) fn send_for(&self) {
        if self.words.len() <= SENT_FOR {
            send_for(&self.heads);
            send_for(&self.words);
        }
    }

    /// The tree as it was grown.
    pub(crate) fn tree(&self, tree: usize) -> Tree {
        let head = Head(self.heads[tree]);
        let depth = head.depth();
        let end = self.heads.get(tree + 1);
        let end = end.map_or(self.words.len(), |next| Head(*next).root() as usize);
        let words = &self.words[head.root() as usize..end];
        let mut is_leaf = vec![depth == 0; words.len()];
        let mut grown = Tree {
            nodes: Vec::with_capacity(words.len()),
            values: Vec::with_capacity(words.len()),
            depth: u8::try_from(depth).expect("it was made of a tree"),
        };
        let place_of = |place: usize| {
            u16::try_from(place).expect("it was made of a tree with places of 16 bits")
        };
        for (place, &word) in words.iter().enumerate() {
            if is_leaf[place] {
                grown.nodes.push(Node::leaf(place_of(place)));
                grown.values.push(f32::from_bits(word));
                continue;
            }
            let step = Step(word);
            let left = place + step.far() as usize;
            is_leaf[left] = step.leaf(0) == 1;
            is_leaf[left + 1] = step.leaf(1) == 1;
            let (feature, shift, code) = parts(step.asks());
            grown.nodes.push(Node(feature, shift, code, place_of(left)));
            grown.values.push(0.0);
        }
        grown
    }
}

/// The leaves of one row in several trees, whose ways are followed side by side so that the processor does not wait for one
/// of them.
fn leaves(words: &[u32], heads: &[u32; SUMMED], answers: &Answers) -> [u32; SUMMED] {
    let heads = heads.map(Head);
    let mut ways = heads.map(|head| Way {
        at: head.root(),
        on: u32::from(head.depth() > 0).wrapping_neg(),
    });
    let longest = heads.iter().map(|head| head.depth()).max().unwrap_or(0);
    for _ in 0..longest {
        for way in &mut ways {
            // At its end this is the leaf's value read as a step, and nothing of it counts.
            let step = Step(words[way.at as usize]);
            let side = answers.to(step.0);
            way.at += (step.far() + side) & way.on;
            way.on &= step.leaf(side).wrapping_sub(1);
        }
    }
    ways.map(|way| way.at)
}

fn value(words: &[u32], leaf: u32) -> f64 {
    f64::from(f32::from_bits(words[leaf as usize]))
}
