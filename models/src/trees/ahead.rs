use super::shelf::LINE;
use prefetch_index::prefetch_index;

/// Bytes of a line of memory.
const LINE_BYTES: usize = LINE * size_of::<u32>();
/// Most lists.
const LISTS: usize = 12;

/// Lists that will soon be wanted, sent for a few lines of memory at a time while something else is worked out: a processor has
/// only so many on their way at once, and whoever sends for more waits.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ahead<'w> {
    lists: [List<'w>; LISTS],
    /// The list that is sent for.
    at: usize,
    /// Lines at each step.
    at_a_time: usize,
}

/// What is left of a list.
#[derive(Clone, Copy, Debug)]
enum List<'w> {
    Words(&'w [u32]),
    Edges(&'w [f32]),
    Numbers(&'w [f64]),
}

impl Default for List<'_> {
    fn default() -> Self {
        Self::Words(&[])
    }
}

impl List<'_> {
    fn lines(&self) -> usize {
        let bytes = match self {
            Self::Words(words) => size_of_val(*words),
            Self::Edges(edges) => size_of_val(*edges),
            Self::Numbers(numbers) => size_of_val(*numbers),
        };
        bytes.div_ceil(LINE_BYTES)
    }

    /// Sends for at most so many lines; how many of them were not needed.
    fn send_for(&mut self, most: usize) -> usize {
        match self {
            Self::Words(words) => send_some(words, most),
            Self::Edges(edges) => send_some(edges, most),
            Self::Numbers(numbers) => send_some(numbers, most),
        }
    }
}

impl<'w> Ahead<'w> {
    /// All of these within so many steps; of the numbers the first lists.
    pub(crate) fn over(
        edges: &'w [f32],
        numbers: impl Iterator<Item = &'w [f64]>,
        words: &'w [u32],
        steps: usize,
    ) -> Self {
        let mut ahead = Self::default();
        let others = [List::Edges(edges), List::Words(words)];
        let lists = numbers.take(LISTS - others.len()).map(List::Numbers);
        for (place, list) in ahead.lists.iter_mut().zip(others.into_iter().chain(lists)) {
            *place = list;
        }
        ahead.at_a_time = ahead.lines().div_ceil(steps.max(1));
        ahead
    }

    /// How many lines are left.
    pub(crate) fn lines(&self) -> usize {
        self.lists.iter().map(List::lines).sum()
    }

    /// Sends for a few more.
    pub(crate) fn step(&mut self) {
        self.send_for(self.at_a_time);
    }

    /// Sends for all that is left.
    pub(crate) fn rest(&mut self) {
        self.send_for(self.lines());
    }

    fn send_for(&mut self, lines: usize) {
        let mut left = lines;
        while left > 0 && self.at < LISTS {
            left = self.lists[self.at].send_for(left);
            // Lines that were not needed: the list is at its end.
            self.at += usize::from(left > 0);
        }
    }
}

fn send_some<T>(list: &mut &[T], most: usize) -> usize {
    let of_line = LINE_BYTES / size_of::<T>();
    let lines = most.min(list.len().div_ceil(of_line));
    for line in 0..lines {
        prefetch_index(*list, line * of_line);
    }
    *list = list.get(lines * of_line..).unwrap_or_default();
    most - lines
}

#[cfg(test)]
mod tests {
    use super::Ahead;
    use proptest::prelude::{prop, prop_assert, prop_assert_eq, proptest};

    proptest! {
        #[test]
        fn everything_is_sent_for_within_the_steps(
            edges in 0_usize..300, numbers in prop::collection::vec(0_usize..90, 0..12), words in 0_usize..900, steps in 1_usize..200,
        ) {
            let (edges, words) = (vec![0.0; edges], vec![0; words]);
            let numbers: Vec<Vec<f64>> = numbers.iter().map(|count| vec![0.0; *count]).collect();
            let mut ahead = Ahead::over(&edges, numbers.iter().map(Vec::as_slice), &words, steps);
            let all = ahead.lines();
            let bytes = 4 * edges.len() + 4 * words.len() + 8 * numbers.iter().take(10).map(Vec::len).sum::<usize>();
            prop_assert!(64 * all >= bytes);
            let mut rest = ahead;
            rest.rest();
            prop_assert_eq!(rest.lines(), 0);
            for step in 0..steps {
                let left = ahead.lines();
                ahead.step();
                prop_assert!(left == 0 || ahead.lines() < left, "step {} of {}", step, steps);
            }
            prop_assert_eq!(ahead.lines(), 0);
        }
    }
}
