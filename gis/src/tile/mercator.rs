//! The plane of web maps (Web Mercator) and its tiles.

use geo::Coord;

/// The most detailed zoom that is served; a browser enlarges its tiles beyond it.
pub const ZOOM_MAX: u8 = 16;
/// Steps along one side of a tile.
pub const EXTENT: i32 = 4096;
const EXTENT_BITS: u8 = 12;
/// Beyond it the plane ends, degrees of latitude.
const LATITUDE_MAX: f64 = 85.051_128_779_806_6;

/// A tile: zoom, column from the west, row from the north.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    zoom: u8,
    column: u32,
    row: u32,
}

impl TileId {
    /// The tile with these numbers; nothing where there is none: a zoom beyond [`ZOOM_MAX`], or a number past its side.
    #[must_use]
    pub fn new(zoom: u8, column: u32, row: u32) -> Option<Self> {
        let is_one = zoom <= ZOOM_MAX && column < 1 << zoom && row < 1 << zoom;
        is_one.then_some(Self { zoom, column, row })
    }

    /// The tile of a zoom in which a place lies; nothing outside the plane.
    #[must_use]
    pub fn at(zoom: u8, place: Coord<f64>) -> Option<Self> {
        let [x, y] = finest(place)?;
        let shift = ZOOM_MAX.checked_sub(zoom)? + EXTENT_BITS;
        let whole = |n: i32| u32::try_from(n >> shift).ok();
        Self::new(zoom, whole(x)?, whole(y)?)
    }

    /// Its zoom.
    #[must_use]
    pub fn zoom(self) -> u8 {
        self.zoom
    }

    /// Its column, from the west.
    #[must_use]
    pub fn column(self) -> u32 {
        self.column
    }

    /// Its row, from the north.
    #[must_use]
    pub fn row(self) -> u32 {
        self.row
    }

    /// Its north-west corner on the plane of its zoom.
    pub(crate) fn corner(self) -> [i32; 2] {
        let at = |n: u32| i32::try_from(n << EXTENT_BITS).expect("2^16 tiles of 2^12 steps fit");
        [at(self.column), at(self.row)]
    }
}

/// A place on the plane of the finest zoom, in steps of its tiles; nothing outside the plane.
pub(crate) fn finest(place: Coord<f64>) -> Option<[i32; 2]> {
    let inside =
        (-180.0..=180.0).contains(&place.x) && (-LATITUDE_MAX..=LATITUDE_MAX).contains(&place.y);
    if !inside {
        return None;
    }
    let side = f64::from(1_u32 << (ZOOM_MAX + EXTENT_BITS));
    let latitude = place.y.to_radians();
    let north = (latitude.tan() + 1.0 / latitude.cos()).ln() / std::f64::consts::PI;
    let steps = |part: f64| {
        #[expect(clippy::cast_possible_truncation, reason = "2^28 steps fit")]
        let steps = (part * side).round().clamp(0.0, side - 1.0) as i32;
        steps
    };
    Some([steps(place.x / 360.0 + 0.5), steps((1.0 - north) / 2.0)])
}

/// From the plane of the finest zoom to the plane of a coarser one.
pub(crate) fn coarser(at: [i32; 2], zoom: u8) -> [i32; 2] {
    let shift = ZOOM_MAX - zoom;
    let half = if shift == 0 { 0 } else { 1 << (shift - 1) };
    at.map(|n| (n + half) >> shift)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::Coord;

    use super::{TileId, coarser, finest};

    #[test]
    fn known_places_lie_in_their_known_tiles() {
        // By the formula that the OpenStreetMap wiki gives for tile names.
        let tokyo = Coord {
            x: 139.745_433,
            y: 35.658_581,
        };
        let tile = TileId::at(16, tokyo).unwrap();
        assert_eq!((tile.column(), tile.row()), (58_207, 25_811));
        let tile = TileId::at(6, tokyo).unwrap();
        assert_eq!((tile.column(), tile.row()), (56, 25));
        assert_eq!(TileId::at(0, tokyo), TileId::new(0, 0, 0));
    }

    #[test]
    fn there_is_no_tile_beyond_the_plane_or_the_finest_zoom() {
        assert_eq!(TileId::new(17, 0, 0), None);
        assert_eq!(TileId::new(1, 2, 0), None);
        assert_eq!(TileId::new(255, u32::MAX, u32::MAX), None);
        assert_eq!(TileId::at(3, Coord { x: 10.0, y: 89.0 }), None);
        assert_eq!(
            finest(Coord {
                x: f64::NAN,
                y: 0.0
            }),
            None
        );
    }

    #[test]
    fn the_corner_of_the_world_is_the_first_step_and_its_middle_the_middle() {
        assert_eq!(
            finest(Coord {
                x: -180.0,
                y: 85.051_128_779_806_6
            }),
            Some([0, 0])
        );
        let middle = finest(Coord { x: 0.0, y: 0.0 }).unwrap();
        assert_eq!(middle, [1 << 27, 1 << 27]);
        assert_eq!(coarser(middle, 0), [2048, 2048]);
    }
}
