use prefetch_index::prefetch_index;
use std::fmt;
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Words of a line of memory.
pub(crate) const LINE: usize = 16;

/// Words that trees are made of: their own while they grow, afterwards a stretch of a shelf.
///
/// On a [shelf](shelve) all trees of a model stand behind each other in the order in which a forecast asks them: read so, memory
/// sends the next line before it is asked for. A copy shares the shelf.
#[derive(Clone)]
pub(crate) struct Words(Kept);

#[derive(Clone)]
enum Kept {
    Own(Vec<u32>),
    Shelved(Arc<[u32]>, Range<usize>),
}

impl Words {
    /// To add to; what was shelved is copied first.
    pub(crate) fn own(&mut self) -> &mut Vec<u32> {
        if let Kept::Shelved(..) = &self.0 {
            self.0 = Kept::Own(self.to_vec());
        }
        match &mut self.0 {
            Kept::Own(own) => own,
            Kept::Shelved(..) => unreachable!("what was shelved has just been copied"),
        }
    }
}

impl Deref for Words {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        match &self.0 {
            Kept::Own(own) => own,
            Kept::Shelved(shelf, range) => &shelf[range.clone()],
        }
    }
}

impl Default for Words {
    fn default() -> Self {
        Self(Kept::Own(Vec::new()))
    }
}

impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        self[..].fmt(to)
    }
}

/// Sends for every line of memory that a list stands in.
pub(crate) fn send_for<T>(list: &[T]) {
    let step = (LINE * size_of::<u32>() / size_of::<T>().max(1)).max(1);
    for place in (0..list.len()).step_by(step) {
        prefetch_index(list, place);
    }
}

/// Puts all of them onto one shelf in this order, each beginning with a line of memory.
pub(crate) fn shelve<'w>(words: impl Iterator<Item = &'w mut Words>) {
    let words: Vec<&mut Words> = words.filter(|words| !words.is_empty()).collect();
    let lines: usize = words.iter().map(|words| words.len().div_ceil(LINE)).sum();
    // One line more than needed: the first may begin anywhere in one.
    let mut shelf: Arc<[u32]> = std::iter::repeat_n(0, (lines + 1) * LINE).collect();
    let into_line = shelf.as_ptr().addr() / size_of::<u32>() % LINE;
    let mut next = (LINE - into_line) % LINE;
    let room = Arc::get_mut(&mut shelf).expect("nobody else knows the shelf yet");
    let places: Vec<Range<usize>> = words
        .iter()
        .map(|words| {
            let place = next..next + words.len();
            room[place.clone()].copy_from_slice(words);
            next += words.len().next_multiple_of(LINE);
            place
        })
        .collect();
    for (words, place) in words.into_iter().zip(places) {
        words.0 = Kept::Shelved(Arc::clone(&shelf), place);
    }
}

#[cfg(test)]
mod tests {
    use super::{Kept, LINE, Words, shelve};
    use proptest::prelude::{any, prop, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn a_shelf_keeps_every_word_in_order_and_begins_each_with_a_line(
            written in prop::collection::vec(prop::collection::vec(any::<u32>(), 0..40), 0..9), more: u32,
        ) {
            let mut words: Vec<Words> = written.iter().map(|own| Words(Kept::Own(own.clone()))).collect();
            shelve(words.iter_mut());
            let mut before = 0;
            for (words, own) in words.iter_mut().zip(&written) {
                prop_assert_eq!(&words[..], &own[..]);
                if own.is_empty() {
                    continue;
                }
                let at = words.as_ptr().addr();
                prop_assert_eq!(at % (LINE * size_of::<u32>()), 0);
                prop_assert!(at > before && (before == 0 || at - before < 40 * size_of::<u32>() + 64));
                before = at;
                words.own().push(more);
                prop_assert_eq!(words.last(), Some(&more));
                prop_assert_eq!(&words[..own.len()], &own[..]);
            }
        }
    }
}
