//! Short pieces of line in an R-tree: a long outline is many of them, so its length does not matter.
//!
//! Boxes stand on the plane of Mercator. There a metre is as long to the north as to the east, so the piece that is nearest
//! there is nearest in metres, too, but for a hair; in degrees of longitude and latitude a search for the nearest would
//! have to look half as far again.

use geo::{Coord, Point};
use rstar::{AABB, PointDistance, RTree, RTreeObject};

use super::rings::{Ring, Rings, bounds_of};
use crate::projection::LocalPlane;

/// Edges of one piece at most.
const EDGES_MAX: u32 = 16;

/// Degrees on the plane, far more than rounding: a ten-thousandth of a millimetre.
const HAIR: f64 = 1e-12;

/// Longitude and latitude on the plane of Mercator, both in degrees of longitude. Near the poles and beyond, where the plane
/// has no end, everything stands on one line: distances come out smaller than they are, never larger.
fn on_plane([longitude, latitude]: [f64; 2]) -> [f64; 2] {
    let latitude = latitude.clamp(-89.9, 89.9).to_radians();
    [longitude, latitude.tan().asinh().to_degrees()]
}

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

    /// Pieces whose box meets a box of degrees, and perhaps some that it misses by a hair.
    pub(crate) fn meeting(&self, low: [f64; 2], high: [f64; 2]) -> impl Iterator<Item = &Piece> {
        let (low, high) = (on_plane(low), on_plane(high));
        self.tree
            .locate_in_envelope_intersecting(&AABB::from_corners(
                low.map(|n| n - HAIR),
                high.map(|n| n + HAIR),
            ))
    }

    /// All pieces, the one whose box is nearest on the plane first, with that distance.
    pub(crate) fn by_distance(&self, place: Point<f64>) -> impl Iterator<Item = (&Piece, f64)> {
        self.tree
            .nearest_neighbor_iter_with_distance_2(&on_plane([place.x(), place.y()]))
            .map(|(piece, square)| (piece, square.sqrt()))
    }

    /// No less than this far from the origin of a plane of metres is whatever has this distance in
    /// [`by_distance`](Self::by_distance), and whatever comes after it.
    pub(crate) fn at_least_m(plane: &LocalPlane, origin: Point<f64>, distance: f64) -> f64 {
        let distance = (distance - HAIR).max(0.0);
        // The scale of the plane falls towards the poles; this is the least on the way.
        let latitude = (origin.y().abs() + distance).min(90.0).to_radians();
        let [east, north] = plane.metres_per_degree();
        distance * east.min(north * latitude.cos()) * (1.0 - 1e-9)
    }

    /// About: each piece, and a share of the nodes above it.
    pub(crate) fn bytes(&self) -> usize {
        // Nodes hold up to six; each is as large as a piece or as the box and list of a node, whichever is more.
        let node = size_of::<AABB<[f64; 2]>>() + size_of::<Vec<Piece>>() + size_of::<usize>();
        self.tree.size() * node.max(size_of::<Piece>()) * 6 / 5
    }
}

impl Piece {
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
                bbox: AABB::from_corners(on_plane(low), on_plane(high)),
                outline: ring.polygon,
                first,
                edges,
            })
        })
}
