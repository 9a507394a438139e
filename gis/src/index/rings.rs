//! All outlines of an index in three arrays, so that the coordinates stand in memory once and close together.

use geo::{Coord, LineString, Polygon};

/// Outlines: polygons, each an outer ring and its holes, each ring closed.
#[derive(Clone, Debug)]
pub(crate) struct Rings {
    coords: Vec<Coord<f64>>,
    /// Where each ring begins in `coords`, and one more entry for the end of the last.
    ring_starts: Vec<u32>,
    /// The first ring of each polygon, and one more entry for the end of the last.
    polygon_starts: Vec<u32>,
}

/// One ring: which polygon it belongs to, whether it is a hole, and its coordinates in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ring {
    pub(crate) polygon: u32,
    pub(crate) hole: bool,
    pub(crate) first: u32,
    pub(crate) coords: u32,
}

impl Ring {
    /// How many edges it has.
    pub(crate) fn edges(self) -> u32 {
        self.coords.saturating_sub(1)
    }
}

impl Rings {
    /// Takes the coordinates of the polygons over. A polygon with a coordinate that is no number encloses nothing, and
    /// neither does one without coordinates; both keep their place in the order.
    pub(crate) fn of(polygons: impl IntoIterator<Item = Polygon<f64>>) -> Self {
        let mut rings = Self {
            coords: Vec::new(),
            ring_starts: vec![0],
            polygon_starts: vec![0],
        };
        for polygon in polygons {
            let (exterior, holes) = polygon.into_inner();
            let finite =
                |ring: &LineString<f64>| ring.coords().all(|c| c.x.is_finite() && c.y.is_finite());
            if !exterior.0.is_empty() && finite(&exterior) && holes.iter().all(finite) {
                rings.push(&exterior);
                for hole in holes.iter().filter(|hole| !hole.0.is_empty()) {
                    rings.push(hole);
                }
            }
            rings
                .polygon_starts
                .push(small(rings.ring_starts.len() - 1));
        }
        rings.coords.shrink_to_fit();
        rings.ring_starts.shrink_to_fit();
        rings.polygon_starts.shrink_to_fit();
        rings
    }

    fn push(&mut self, ring: &LineString<f64>) {
        self.coords.extend_from_slice(&ring.0);
        if let [only] = ring.0[..] {
            // An edge from the point to itself, so that the point is on the line as every corner is.
            self.coords.push(only);
        }
        self.ring_starts.push(small(self.coords.len()));
    }

    pub(crate) fn coords(&self) -> &[Coord<f64>] {
        &self.coords
    }

    /// How many polygons there are.
    pub(crate) fn len(&self) -> usize {
        self.polygon_starts.len() - 1
    }

    /// The rings of one polygon, the outer one first.
    pub(crate) fn of_polygon(&self, polygon: u32) -> impl Iterator<Item = Ring> {
        let at = polygon as usize;
        let range = self.polygon_starts[at]..self.polygon_starts[at + 1];
        let outer = range.start;
        range.map(move |ring| {
            let (first, end) = (
                self.ring_starts[ring as usize],
                self.ring_starts[ring as usize + 1],
            );
            Ring {
                polygon,
                hole: ring != outer,
                first,
                coords: end - first,
            }
        })
    }

    /// All rings, in the order of their polygons.
    pub(crate) fn all(&self) -> impl Iterator<Item = Ring> {
        (0..small(self.len())).flat_map(|polygon| self.of_polygon(polygon))
    }

    pub(crate) fn ring_coords(&self, ring: Ring) -> &[Coord<f64>] {
        let first = ring.first as usize;
        &self.coords[first..first + ring.coords as usize]
    }

    /// One polygon, built anew from its coordinates.
    pub(crate) fn polygon(&self, polygon: u32) -> Polygon<f64> {
        let mut lines = self
            .of_polygon(polygon)
            .map(|ring| LineString::new(self.ring_coords(ring).to_vec()));
        let exterior = lines.next().unwrap_or_else(|| LineString::new(Vec::new()));
        Polygon::new(exterior, lines.collect())
    }

    /// Lower-left and upper-right corner of one polygon; nothing where it has no coordinates.
    pub(crate) fn bounds(&self, polygon: u32) -> Option<([f64; 2], [f64; 2])> {
        let outer = self.of_polygon(polygon).next()?;
        bounds_of(self.ring_coords(outer))
    }

    /// Bytes that the coordinates and the places of rings and polygons take.
    pub(crate) fn bytes(&self) -> usize {
        self.coords.capacity() * size_of::<Coord<f64>>()
            + (self.ring_starts.capacity() + self.polygon_starts.capacity()) * size_of::<u32>()
    }
}

/// Lower-left and upper-right corner of some coordinates.
pub(crate) fn bounds_of(coords: &[Coord<f64>]) -> Option<([f64; 2], [f64; 2])> {
    let first = coords.first()?;
    let mut low = [first.x, first.y];
    let mut high = low;
    for c in coords {
        low = [low[0].min(c.x), low[1].min(c.y)];
        high = [high[0].max(c.x), high[1].max(c.y)];
    }
    Some((low, high))
}

/// A position in one of the arrays.
pub(crate) fn small(n: usize) -> u32 {
    u32::try_from(n).expect("files are limited to far fewer coordinates than 2^32")
}
