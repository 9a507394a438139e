//! Long lists of which a copy with few changes shares all the rest.

use std::iter::FlatMap;
use std::ops::Index;
use std::slice;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Things in one sheaf: what is copied where one of them changes.
const SHEAF: usize = 16;

/// A list in sheaves of sixteen. A clone shares them all, and writing to one place copies one sheaf: what one reading changes does
/// not cost more in a bigger town. Read and written as any list.
#[derive(Clone, Debug)]
pub struct Sheaves<T> {
    sheaves: Vec<Arc<Vec<T>>>,
}

impl<T> Sheaves<T> {
    /// How many things.
    pub fn len(&self) -> usize {
        let full = self.sheaves.len().saturating_sub(1) * SHEAF;
        self.sheaves.last().map_or(0, |last| full + last.len())
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.sheaves.is_empty()
    }

    /// What stands at a place.
    pub fn get(&self, place: usize) -> Option<&T> {
        self.sheaves.get(place / SHEAF)?.get(place % SHEAF)
    }

    /// All, in order.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.into_iter()
    }
}

impl<T: Clone> Sheaves<T> {
    /// Puts something else at a place; a place beyond the end stays as it is.
    pub(crate) fn set(&mut self, place: usize, thing: T) {
        let sheaf = self.sheaves.get_mut(place / SHEAF).map(Arc::make_mut);
        if let Some(old) = sheaf.and_then(|sheaf| sheaf.get_mut(place % SHEAF)) {
            *old = thing;
        }
    }
}

impl<T> Default for Sheaves<T> {
    fn default() -> Self {
        Self {
            sheaves: Vec::new(),
        }
    }
}

impl<T> FromIterator<T> for Sheaves<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        let mut things = things.into_iter();
        let mut sheaves = Vec::new();
        loop {
            let sheaf: Vec<T> = things.by_ref().take(SHEAF).collect();
            let full = sheaf.len() == SHEAF;
            if !sheaf.is_empty() {
                sheaves.push(Arc::new(sheaf));
            }
            if !full {
                return Self { sheaves };
            }
        }
    }
}

impl<T> Index<usize> for Sheaves<T> {
    type Output = T;

    fn index(&self, place: usize) -> &T {
        &self.sheaves[place / SHEAF][place % SHEAF]
    }
}

impl<'s, T> IntoIterator for &'s Sheaves<T> {
    type Item = &'s T;
    type IntoIter = FlatMap<
        slice::Iter<'s, Arc<Vec<T>>>,
        slice::Iter<'s, T>,
        fn(&'s Arc<Vec<T>>) -> slice::Iter<'s, T>,
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.sheaves.iter().flat_map(|sheaf| sheaf.iter())
    }
}

impl<T: PartialEq> PartialEq for Sheaves<T> {
    fn eq(&self, other: &Self) -> bool {
        let mut pairs = self.sheaves.iter().zip(&other.sheaves);
        self.sheaves.len() == other.sheaves.len()
            && pairs.all(|(own, of)| Arc::ptr_eq(own, of) || own == of)
    }
}

impl<T: Serialize> Serialize for Sheaves<Arc<T>> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.iter().map(AsRef::as_ref))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Sheaves<Arc<T>> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let own: Vec<T> = Vec::deserialize(from)?;
        Ok(own.into_iter().map(Arc::new).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_with_one_change_shares_everything_but_one_sheaf() {
        for number in [0, 1, SHEAF - 1, SHEAF, SHEAF + 1, 100] {
            let all: Sheaves<usize> = (0..number).collect();
            assert_eq!(all.len(), number);
            assert_eq!(
                all.iter().copied().collect::<Vec<_>>(),
                (0..number).collect::<Vec<_>>()
            );
            assert!(all.get(number).is_none());
        }
        let all: Sheaves<usize> = (0..100).collect();
        let mut other = all.clone();
        other.set(37, 1_000);
        assert_eq!((all[37], other[37]), (37, 1_000));
        assert_ne!(all, other);
        let shared = all.sheaves.iter().zip(&other.sheaves);
        let copied = shared.filter(|(a, b)| !Arc::ptr_eq(a, b)).count();
        assert_eq!(copied, 1);
        other.set(37, 37);
        assert_eq!(all, other);
    }
}
