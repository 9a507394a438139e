use super::ahead::Ahead;
use super::answers::{Answers, question};
use super::ensemble::{Ensemble, Node, SUMMED, Tree};
use super::shelf::{LINE, Words, send_for, shelve};
use std::ops::Range;

/// Most leaves of a tree: as many as a word has bits.
const LEAVES: usize = 32;
/// Most trees.
const TREES: usize = 512;
/// Bits of a leaf's place.
const LEAF_BITS: u32 = 5;
/// Below the tree, an ask says which leaves it rules out: two places.
const SPAN_BITS: u32 = 2 * LEAF_BITS;
const SPANS: usize = 1 << SPAN_BITS;

/// Small trees of several ensembles, asked together: what a gauge's forecast wants from its trees at all leads.
///
/// Nobody follows a way through a tree. The questions of all trees stand together by what they ask about, least bounds first,
/// so that those with the answer yes are the first of each. Each rules out the leaves on its left in its tree; the first leaf that
/// is left over is the row's. Questions with the answer no are not even looked at, and no tree waits for another. (QuickScorer,
/// Lucchese et al. 2015, with the questions of several ensembles in one list.)
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Orchard {
    ensembles: Vec<Bed>,
    /// All of it, in the order in which it is read.
    words: Words,
    /// Three of the words for each [`Row`].
    rows: Range<usize>,
    /// Per row and code, two in a word: how many of its asks have a lower bound.
    ends: Range<usize>,
    /// Tree, first leaf that is ruled out, and the one after the last.
    asks: Range<usize>,
    values: Range<usize>,
}

/// The trees of one ensemble.
#[derive(Clone, Debug, PartialEq)]
struct Bed {
    base: f64,
    trees: Range<usize>,
    /// Its first value.
    values: usize,
    /// Values of each tree.
    stride: usize,
}

/// Asks about one feature and shift.
#[derive(Clone, Copy)]
struct Row {
    /// As in a [`question`], without its code.
    about: u32,
    /// The first of its ends, and their number.
    ends: u32,
    /// Its first ask.
    asks: u32,
}

impl Row {
    const WORDS: usize = 3;
    /// Bits of the place among the ends; above them stands the highest code.
    const END_BITS: u32 = 23;

    fn words(self, highest: u8) -> [u32; Self::WORDS] {
        [
            self.about,
            u32::from(highest) << Self::END_BITS | self.ends,
            self.asks,
        ]
    }
}

/// One ask before it finds its place.
struct Ask {
    about: u32,
    code: u8,
    /// As it is kept.
    word: u32,
}

impl Orchard {
    /// `None` when a tree has too many leaves, or there are too many trees or none.
    pub(crate) fn of<'e>(ensembles: impl Iterator<Item = &'e Ensemble>) -> Option<Self> {
        let (mut beds, mut asks, mut values) = (Vec::new(), Vec::new(), Vec::new());
        let mut count = 0;
        for ensemble in ensembles {
            let trees: Vec<Tree> = ensemble.grown().collect();
            let leaves = trees.iter().map(|tree| tree.nodes.len() / 2 + 1).max();
            let stride = leaves.unwrap_or(1).next_power_of_two();
            let first = count;
            count += trees.len();
            if stride > LEAVES || count > TREES {
                return None;
            }
            beds.push(Bed {
                base: ensemble.base,
                trees: first..count,
                values: values.len(),
                stride,
            });
            for (tree, number) in trees.iter().zip(first..) {
                values.extend(plant(tree, number, stride, &mut asks)?);
            }
        }
        asks.sort_by_key(|ask: &Ask| (ask.about, ask.code));
        let (mut rows, mut ends) = (Vec::new(), Vec::new());
        let mut first = 0;
        for row in asks.chunk_by(|a, b| a.about == b.about) {
            let highest = row.last()?.code;
            let below = |code: u16| row.partition_point(|ask| u16::from(ask.code) < code);
            let kept = Row {
                about: row[0].about,
                ends: u32::try_from(ends.len())
                    .ok()
                    .filter(|end| end >> Row::END_BITS == 0)?,
                asks: u32::try_from(first).ok()?,
            };
            rows.extend(kept.words(highest));
            for code in 0..=u16::from(highest) + 1 {
                ends.push(u16::try_from(below(code)).ok()?);
            }
            first += row.len();
        }
        let ends = ends.chunks(2).map(|two| {
            let high = two.get(1).map_or(0, |high| u32::from(*high));
            high << 16 | u32::from(two[0])
        });
        let mut words = Words::default();
        let mut add = |more: Vec<u32>| {
            let own = words.own();
            own.resize(own.len().next_multiple_of(LINE), 0);
            let first = own.len();
            own.extend(more);
            first..own.len()
        };
        let (rows, ends) = (add(rows), add(ends.collect()));
        let asks = add(asks.iter().map(|ask| ask.word).collect());
        let values = add(values);
        shelve(std::iter::once(&mut words));
        (count > 0).then_some(Self {
            ensembles: beds,
            words,
            rows,
            ends,
            asks,
            values,
        })
    }

    /// What each ensemble predicts for one row, to the last bit: [`Ensemble::predict`]; `N` of them from the first on. What is
    /// `ahead` is sent for meanwhile, a step for each of [`Orchard::steps`].
    pub(crate) fn predict<const N: usize>(
        &self,
        answers: &Answers,
        ahead: &mut Ahead<'_>,
    ) -> [f64; N] {
        let ruled_out = self.ruled_out(answers, ahead);
        let values = &self.words[self.values.clone()];
        let mut beds = self.ensembles.iter();
        std::array::from_fn(|_| beds.next().map_or(0.0, |bed| bed.sum(values, &ruled_out)))
    }

    fn ruled_out(&self, answers: &Answers, ahead: &mut Ahead<'_>) -> [u32; TREES] {
        let words = &self.words[..];
        let (ends, asks) = (&words[self.ends.clone()], &words[self.asks.clone()]);
        let rows = words[self.rows.clone()].as_chunks().0;
        let mut ruled_out = [0; TREES];
        for &[about, ends_of, first] in rows {
            ahead.step();
            let highest = ends_of >> Row::END_BITS;
            let code = answers.code(about).min(highest + 1);
            let end = (ends_of & ((1 << Row::END_BITS) - 1)) + code;
            let yes = ends[end as usize / 2] >> (16 * (end % 2)) & 0xffff;
            for ask in &asks[first as usize..][..yes as usize] {
                let tree = (ask >> SPAN_BITS) as usize % TREES;
                ruled_out[tree] |= RULED_OUT[*ask as usize % SPANS];
            }
        }
        ruled_out
    }

    /// Bytes held in memory.
    pub(crate) fn bytes(&self) -> usize {
        size_of_val(&self.ensembles[..]) + size_of_val(&self.words[..])
    }

    /// All that a forecast reads.
    pub(crate) fn words(&self) -> &[u32] {
        &self.words
    }

    /// How often a forecast looks after what is ahead.
    pub(crate) fn steps(&self) -> usize {
        self.rows.len() / Row::WORDS
    }

    /// Has brought near where its ensembles stand.
    pub(crate) fn send_for_beds(&self) {
        send_for(&self.ensembles);
    }
}

impl Bed {
    fn sum(&self, values: &[u32], ruled_out: &[u32; TREES]) -> f64 {
        let values = &values[self.values..];
        let trees = ruled_out[self.trees.clone()].chunks(SUMMED);
        let of_eights =
            trees
                .zip(values.chunks(SUMMED * self.stride))
                .map(|(trees, values)| -> f64 {
                    let of_trees = trees.iter().zip(values.chunks_exact(self.stride));
                    let value = |(ruled_out, values): (&u32, &[u32])| {
                        f64::from(f32::from_bits(values[ruled_out.trailing_ones() as usize]))
                    };
                    of_trees.map(value).sum()
                });
        let sum: f64 = of_eights.sum();
        self.base + sum
    }
}

/// Which leaves are ruled out, by the bits of an ask.
const RULED_OUT: [u32; SPANS] = {
    let mut masks = [0; SPANS];
    let mut span = 0;
    while span < SPANS {
        let (first, end) = (span >> LEAF_BITS, span & ((1 << LEAF_BITS) - 1));
        if first < end {
            masks[span] = (1 << end) - (1 << first);
        }
        span += 1;
    }
    masks
};

/// Adds the asks of a tree and gives its values, from left to right.
fn plant(tree: &Tree, number: usize, stride: usize, asks: &mut Vec<Ask>) -> Option<Vec<u32>> {
    let number = u32::try_from(number).ok()?;
    let places = tree.nodes.len();
    // Children stand behind their parents: leaves are counted from behind, then placed from the front.
    let mut count = vec![1_u32; places];
    for place in (0..places).rev().filter(|place| !tree.is_leaf(*place)) {
        let left = usize::from(tree.nodes[place].3);
        count[place] = count[left] + count[left + 1];
    }
    let mut first = vec![0_u32; places];
    let mut values = vec![0; stride];
    for place in 0..places {
        if tree.is_leaf(place) {
            values[first[place] as usize] = tree.values[place].to_bits();
            continue;
        }
        let Node(feature, shift, code, left) = tree.nodes[place];
        let left = usize::from(left);
        let middle = first[place] + count[left];
        first[left] = first[place];
        first[left + 1] = middle;
        asks.push(Ask {
            about: question(feature, shift, 0),
            code,
            word: number << SPAN_BITS | first[place] << LEAF_BITS | middle,
        });
    }
    Some(values)
}
