use serde::{Deserialize, Serialize};

/// The ways from units to shelters at one hour, unit by unit.
#[derive(Clone, Debug, PartialEq)]
pub struct Ways {
    shelters: usize,
    cells: Vec<Option<Way>>,
}

/// One way on foot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// How long the slowest group walks, seconds.
    pub walk_s: u32,
    /// How much of it leads through shallow water, metres. A way through deeper water is no way.
    pub water_m: u32,
}

/// Most units × shelters of one town.
pub const MAX_CELLS: usize = 20_000_000;

/// A town larger than is planned at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{units} units and {shelters} shelters make more than {MAX_CELLS} ways; plan part of the town at a time"
)]
pub struct TooManyWays {
    units: usize,
    shelters: usize,
}

impl Ways {
    /// No way anywhere.
    ///
    /// # Errors
    /// [`TooManyWays`]: more than [`MAX_CELLS`].
    pub fn none(units: usize, shelters: usize) -> Result<Self, TooManyWays> {
        match units.checked_mul(shelters) {
            Some(cells) if cells <= MAX_CELLS => Ok(Self {
                shelters,
                cells: vec![None; cells],
            }),
            _ => Err(TooManyWays { units, shelters }),
        }
    }

    /// There is this way.
    ///
    /// # Panics
    /// When there is no such unit or shelter, as for a slice.
    pub fn set(&mut self, unit: usize, shelter: usize, way: Way) {
        assert!(
            shelter < self.shelters,
            "shelter {shelter} of {}",
            self.shelters
        );
        self.cells[unit * self.shelters + shelter] = Some(way);
    }

    /// The way, if there is one.
    #[must_use]
    pub fn get(&self, unit: usize, shelter: usize) -> Option<Way> {
        let inside = shelter < self.shelters;
        inside
            .then(|| {
                self.cells
                    .get(unit * self.shelters + shelter)
                    .copied()
                    .flatten()
            })
            .flatten()
    }

    /// Units × shelters.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (
            self.cells.len().checked_div(self.shelters).unwrap_or(0),
            self.shelters,
        )
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Way, Ways};

    #[test]
    fn a_way_stands_where_it_was_put_and_nowhere_else() {
        let mut ways = Ways::none(2, 3).unwrap();
        let way = Way {
            walk_s: 300,
            water_m: 0,
        };
        ways.set(1, 2, way);
        assert_eq!(ways.get(1, 2), Some(way));
        assert_eq!(
            (ways.get(0, 2), ways.get(1, 3), ways.get(2, 0)),
            (None, None, None)
        );
        assert_eq!(ways.size(), (2, 3));
    }

    #[test]
    fn a_town_without_end_is_refused() {
        assert!(Ways::none(usize::MAX, 2).is_err());
        let error = Ways::none(100_000, 1_000).unwrap_err().to_string();
        assert!(error.contains("20000000"), "{error}");
    }
}
