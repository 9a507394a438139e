use super::answers::{Answers, parts, question};
use super::ensemble::{Node, Tree};
use super::shelf::LINE;

/// Most leaves of a little tree.
const LEAVES: usize = 8;
/// Where the leaves on the left stand in a word that asks, above the question.
const LEFT: u32 = 24;

/// A tree of at most eight leaves in one line of memory: seven questions, then eight values from left to right.
///
/// Nobody follows a way through it: every place is asked, and one that sends the row to the right rules out the leaves on its
/// left. The first leaf that is left over is the row's. No question waits for the answer to another, so the lines of many
/// trees come from memory side by side.
///
/// A question has above it one bit for each leaf on its left. They stand in the order in which the tree was split; what is left
/// over rules out no leaf.
pub(crate) type Little = [u32; LINE];

/// Where the values begin.
const VALUES: usize = LEAVES - 1;

/// `None` when it has more leaves, or its children do not stand in the order in which they were split.
pub(crate) fn little(tree: &Tree) -> Option<Little> {
    let splits: Vec<usize> = in_order_of_splits(tree)?;
    let mut little = [0; LINE];
    // The first leaf of each place, and the one after its last.
    let mut leaves = vec![(0_usize, 0_usize); tree.nodes.len()];
    // Children stand behind their parents: counted from behind, then placed from the front.
    let mut count = vec![1; tree.nodes.len()];
    for &place in splits.iter().rev() {
        let left = usize::from(tree.nodes[place].3);
        count[place] = count[left] + count[left + 1];
    }
    leaves[0] = (0, count[0]);
    for (ask, &place) in little[..VALUES].iter_mut().zip(&splits) {
        let Node(feature, shift, code, left) = tree.nodes[place];
        let left = usize::from(left);
        let (first, end) = leaves[place];
        let middle = first + count[left];
        leaves[left] = (first, middle);
        leaves[left + 1] = (middle, end);
        *ask = bits(first, middle) << LEFT | question(feature, shift, code);
    }
    for (place, &(leaf, _)) in leaves.iter().enumerate() {
        if tree.is_leaf(place) {
            little[VALUES + leaf] = tree.values[place].to_bits();
        }
    }
    Some(little)
}

/// The value of the row's leaf.
pub(crate) fn value(little: &Little, answers: &Answers) -> f32 {
    let mut ruled_out = 0;
    for ask in &little[..VALUES] {
        ruled_out |= (ask >> LEFT) & answers.to(*ask).wrapping_neg();
    }
    f32::from_bits(little[VALUES + ruled_out.trailing_ones() as usize % LEAVES])
}

/// The tree as it was grown.
pub(crate) fn tree(little: &Little) -> Tree {
    let value = |leaf: usize| f32::from_bits(little[VALUES + leaf]);
    let mut tree = Tree {
        nodes: vec![Node::leaf(0)],
        values: vec![value(0)],
        depth: 0,
    };
    // Place and depth of what begins at each leaf.
    let mut begins = [(0_usize, 0_u8); LEAVES];
    let asks = little[..VALUES].iter();
    for &ask in asks.take_while(|ask| **ask >> LEFT != 0) {
        let on_left = ask >> LEFT;
        let first = on_left.trailing_zeros() as usize;
        let middle = first + on_left.count_ones() as usize;
        let (place, depth) = begins[first];
        let left = tree.nodes.len();
        let place_of =
            |place: usize| u16::try_from(place).expect("a little tree has fifteen places");
        let (feature, shift, code) = parts(ask);
        tree.nodes[place] = Node(feature, shift, code, place_of(left));
        tree.values[place] = 0.0;
        for (side, leaf) in [first, middle].into_iter().enumerate() {
            tree.nodes.push(Node::leaf(place_of(left + side)));
            tree.values.push(value(leaf));
            begins[leaf] = (left + side, depth + 1);
        }
        tree.depth = tree.depth.max(depth + 1);
    }
    tree
}

/// The places that ask; `None` when they are too many, or the children of each do not stand right behind those of the one
/// before.
fn in_order_of_splits(tree: &Tree) -> Option<Vec<usize>> {
    if tree.nodes.len() >= 2 * LEAVES {
        return None;
    }
    let mut splits: Vec<usize> = (0..tree.nodes.len())
        .filter(|place| !tree.is_leaf(*place))
        .collect();
    splits.sort_unstable_by_key(|place| tree.nodes[*place].3);
    let rising = splits
        .iter()
        .enumerate()
        .all(|(split, place)| usize::from(tree.nodes[*place].3) == 2 * split + 1);
    rising.then_some(splits)
}

/// Ones from one place to before another.
fn bits(from: usize, to: usize) -> u32 {
    (from..to).map(|place| 1 << place).sum()
}
