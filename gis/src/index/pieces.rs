//! Short pieces of line in an R-tree: a long outline is many of them, so its length does not matter.

use geo::{Coord, Point};
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use super::rings::{Ring, Rings, bounds_of};
use crate::projection::LocalPlane;

/// Edges of one piece at most.
const EDGES_MAX: u32 = 16;

/// All pieces.
#[derive(Clone, Debug)]
pub(crate) struct Pieces {
    tree: RTree<Piece>,
}

/// A few edges of an outline, one after the other, and the box around them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    bbox: AABB<[f64; 2]>,
    pub(crate) outline: u32,
    first: u32,
    edges: u32,
}

impl Pieces {
    pub(crate) fn of(rings: &Rings) -> Self {
        let pieces = rings.all().flat_map(|ring| cut(rings, ring)).collect();
        Self {
            tree: RTree::bulk_load(pieces),
        }
    }

    /// Pieces whose box meets a box.
    pub(crate) fn meeting(&self, low: [f64; 2], high: [f64; 2]) -> impl Iterator<Item = &Piece> {
        self.tree
            .locate_in_envelope_intersecting(&AABB::from_corners(low, high))
    }

    /// All pieces, the one whose box is nearest in degrees first, with that distance.
    pub(crate) fn by_distance(&self, place: Point<f64>) -> impl Iterator<Item = (&Piece, f64)> {
        self.tree
            .nearest_neighbor_iter_with_distance_2(&[place.x(), place.y()])
            .map(|(piece, degrees_2)| (piece, degrees_2.sqrt()))
    }

    /// About: each piece, and a share of the nodes above it.
    pub(crate) fn bytes(&self) -> usize {
        // Nodes hold up to six; each is as large as a piece or as the box and list of a node, whichever is more.
        let node = size_of::<AABB<[f64; 2]>>() + size_of::<Vec<Piece>>() + size_of::<usize>();
        self.tree.size() * node.max(size_of::<Piece>()) * 6 / 5
    }
}

impl Piece {
    /// No less than this is its distance from the origin of a plane, metres.
    pub(crate) fn at_least_m(&self, plane: &LocalPlane, origin: Point<f64>) -> f64 {
        let nearest = Coord {
            x: origin.x().clamp(self.bbox.lower()[0], self.bbox.upper()[0]),
            y: origin.y().clamp(self.bbox.lower()[1], self.bbox.upper()[1]),
        };
        let away = plane.metres(nearest);
        // A hair less, so that rounding never hides the nearest.
        away.x.hypot(away.y) * (1.0 - 1e-9)
    }

    /// Its corners, one more than edges.
    pub(crate) fn coords(self, rings: &Rings) -> &[Coord<f64>] {
        let first = self.first as usize;
        &rings.coords()[first..=first + self.edges as usize]
    }
}

impl PointDistance for Piece {
    fn distance_2(&self, place: &[f64; 2]) -> f64 {
        self.bbox.distance_2(place)
    }
}

impl RTreeObject for Piece {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        self.bbox
    }
}

fn cut(rings: &Rings, ring: Ring) -> impl Iterator<Item = Piece> {
    (0..ring.edges())
        .step_by(EDGES_MAX as usize)
        .filter_map(move |begin| {
            let edges = EDGES_MAX.min(ring.edges() - begin);
            let first = ring.first + begin;
            let coords = &rings.coords()[first as usize..=(first + edges) as usize];
            let (low, high) = bounds_of(coords)?;
            Some(Piece {
                bbox: AABB::from_corners(low, high),
                outline: ring.polygon,
                first,
                edges,
            })
        })
}
