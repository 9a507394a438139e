//! The outlines that touch a place, one after the other.

use geo::Coord;

use super::grid::{List, RingNear};

/// Outlines at a place, see [`OutlineIndex::at`](super::OutlineIndex::at).
#[derive(Clone, Debug)]
pub struct OutlinesAt<'a> {
    place: Coord<f64>,
    reference: Coord<f64>,
    cover: Option<u32>,
    covers: &'a [u32],
    rings: &'a [u32],
    /// The next outline of `rings` that touches the place, where it has been looked for already.
    waiting: Option<u32>,
}

impl<'a> OutlinesAt<'a> {
    #[inline]
    pub(super) fn new(
        place: Coord<f64>,
        reference: Coord<f64>,
        cover: Option<u32>,
        list: Option<List<'a>>,
    ) -> Self {
        Self {
            place,
            reference,
            cover,
            covers: list.map_or(&[], |list| list.covers),
            rings: list.map_or(&[], |list| list.rings),
            waiting: None,
        }
    }
}

impl OutlinesAt<'_> {
    /// The next outline with lines near the place that touches it.
    #[inline]
    fn next_near(&mut self) -> Option<u32> {
        let mut words = self.rings;
        while let Some((outer, mut rest)) = RingNear::read(words) {
            let winding = outer.winding_at(self.reference, self.place);
            let mut touched = winding != Some(0);
            let mut open = winding.is_some() && touched;
            while let Some((hole, after)) = RingNear::read(rest)
                && hole.hole
            {
                rest = after;
                if open {
                    // On the line of a hole is inside; within it is outside. Either settles it.
                    match hole.winding_at(self.reference, self.place) {
                        Some(0) => {}
                        Some(_) => (touched, open) = (false, false),
                        None => open = false,
                    }
                }
            }
            words = rest;
            if touched {
                self.rings = words;
                return Some(outer.outline);
            }
        }
        self.rings = &[];
        None
    }
}

impl Iterator for OutlinesAt<'_> {
    type Item = usize;

    #[inline]
    fn next(&mut self) -> Option<usize> {
        if let Some(cover) = self.cover.take() {
            return Some(cover as usize);
        }
        let near = self.waiting.take().or_else(|| self.next_near());
        match (self.covers, near) {
            ([cover, rest @ ..], near) if near.is_none_or(|near| *cover < near) => {
                self.covers = rest;
                self.waiting = near;
                Some(*cover as usize)
            }
            (_, near) => near.map(|near| near as usize),
        }
    }
}
