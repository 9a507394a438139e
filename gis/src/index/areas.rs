//! Areas of several polygons each, such as districts and municipalities.

use geo::{MultiPolygon, Point};

use super::outlines::OutlineIndex;
use super::rings::small;

/// Areas, each known by its position in the order in which they were given. Built whole and swapped whole.
#[derive(Clone, Debug)]
pub struct AreaIndex {
    outlines: OutlineIndex,
    /// The area of each outline, ascending.
    owners: Vec<u32>,
}

impl AreaIndex {
    /// Packs areas, longitude and latitude in degrees.
    #[must_use]
    pub fn build<'a>(areas: impl IntoIterator<Item = &'a MultiPolygon<f64>>) -> Self {
        let mut owners = Vec::new();
        let mut polygons = Vec::new();
        for (number, area) in areas.into_iter().enumerate() {
            owners.resize(owners.len() + area.0.len(), small(number));
            polygons.extend(area.iter().cloned());
        }
        Self {
            outlines: OutlineIndex::build(polygons),
            owners,
        }
    }

    /// Areas of one outline each.
    pub(crate) fn of_outlines(outlines: OutlineIndex) -> Self {
        let owners = (0..small(outlines.len())).collect();
        Self { outlines, owners }
    }

    /// The areas that touch a place, ascending, each once. On the line counts as inside.
    pub fn at(&self, place: Point<f64>) -> impl Iterator<Item = usize> {
        let mut before = None;
        self.outlines
            .at(place)
            .map(|outline| self.owners[outline] as usize)
            .filter(move |area| before.replace(*area) != Some(*area))
    }

    /// The outlines alone.
    #[must_use]
    pub fn outlines(&self) -> &OutlineIndex {
        &self.outlines
    }

    /// The area of an outline.
    #[must_use]
    pub fn owner(&self, outline: usize) -> usize {
        self.owners[outline] as usize
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{MultiPolygon, Point, Rect};

    use super::AreaIndex;

    fn square(x: f64) -> geo::Polygon<f64> {
        Rect::new((x, 0.0), (x + 1.0, 1.0)).to_polygon()
    }

    #[test]
    fn an_area_of_two_polygons_that_both_touch_a_place_is_named_once() {
        let areas = [
            MultiPolygon::new(vec![square(0.0), square(1.0)]),
            MultiPolygon::new(vec![square(2.0)]),
        ];
        let index = AreaIndex::build(&areas);
        let at = |x: f64| index.at(Point::new(x, 0.5)).collect::<Vec<_>>();
        assert_eq!(at(1.0), [0]);
        assert_eq!(at(2.0), [0, 1]);
        assert_eq!(at(3.5), [0_usize; 0]);
    }
}
