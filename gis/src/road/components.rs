//! Which parts of a network are joined.

use super::graph::{Arc, Stretch};

/// Parts of a network that are not joined to each other, the longest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Components {
    of: Vec<u32>,
    parts: Vec<Component>,
}

/// One part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Component {
    /// How many junctions it has.
    pub junctions: u32,
    /// Length of its stretches, millimetres.
    pub length_mm: u64,
}

impl Components {
    pub(super) fn of(arc_from: &[u32], arcs: &[Arc], stretches: &[Stretch]) -> Self {
        let count = arc_from.len().saturating_sub(1);
        let mut of = vec![u32::MAX; count];
        let mut parts: Vec<Component> = Vec::new();
        let mut open = Vec::new();
        for start in 0..count {
            if of[start] != u32::MAX {
                continue;
            }
            let part = position(parts.len());
            of[start] = part;
            open.push(start);
            let mut junctions = 0;
            while let Some(at) = open.pop() {
                junctions += 1;
                for arc in &arcs[arc_from[at] as usize..arc_from[at + 1] as usize] {
                    let to = arc.to as usize;
                    if of[to] == u32::MAX {
                        of[to] = part;
                        open.push(to);
                    }
                }
            }
            parts.push(Component {
                junctions,
                length_mm: 0,
            });
        }
        for stretch in stretches {
            parts[of[stretch.ends[0] as usize] as usize].length_mm += u64::from(stretch.length_mm);
        }
        // Renamed so that the longest is number 0; equally long ones keep the order of their first junction.
        let mut order: Vec<usize> = (0..parts.len()).collect();
        order.sort_by_key(|part| std::cmp::Reverse(parts[*part].length_mm));
        let mut renamed = vec![0; parts.len()];
        for (new, old) in order.iter().enumerate() {
            renamed[*old] = position(new);
        }
        for part in &mut of {
            *part = renamed[*part as usize];
        }
        Self {
            of,
            parts: order.into_iter().map(|old| parts[old]).collect(),
        }
    }

    /// All parts, the longest first.
    #[must_use]
    pub fn parts(&self) -> &[Component] {
        &self.parts
    }

    /// The part a junction belongs to, as a position in [`parts`](Self::parts).
    ///
    /// # Panics
    /// When there is no such junction.
    #[must_use]
    pub fn part_of(&self, junction: u32) -> u32 {
        self.of[junction as usize]
    }
}

fn position(n: usize) -> u32 {
    u32::try_from(n)
        .expect("there are fewer parts than junctions, and those are counted in 32 bits")
}
