//! Tiles of any zones: the bytes are corners of outlines near one place, then the numbers of a tile.
#![no_main]

use geo::{Coord, LineString, Polygon};
use hinan_gis::DepthRank;
use hinan_gis::tile::{PackedTile, Packing, Sheet, TileId, ZOOM_MAX, zone_theme};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((asked, corners)) = bytes.split_first_chunk::<9>() else {
        return;
    };
    // Corners so near each other that outlines cross, touch and fall together.
    let place = |pair: &[u8]| Coord {
        x: 139.7 + f64::from(pair[0]) * 0.000_031,
        y: 35.5 + f64::from(pair[1]) * 0.000_027,
    };
    let zones = corners.chunks(24).map(|ring| {
        let rank = DepthRank::ALL[usize::from(ring[0]) % 6];
        let ring: LineString<f64> = ring.chunks_exact(2).map(place).collect();
        (rank, Polygon::new(ring, Vec::new()))
    });
    let sheet = Sheet::new(zone_theme(zones));
    let zoom = asked[0] % (ZOOM_MAX + 2);
    let number = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(0_u32, |n, byte| n << 8 | u32::from(*byte))
    };
    let near = TileId::at(
        zoom.min(ZOOM_MAX),
        Coord {
            x: 139.702,
            y: 35.502,
        },
    );
    for id in [
        TileId::new(zoom, number(&asked[1..5]), number(&asked[5..9])),
        near,
    ]
    .into_iter()
    .flatten()
    {
        let tile = sheet.tile(id);
        assert_eq!(tile, sheet.tile(id), "the same tile twice");
        assert_eq!(tile.bytes.is_empty(), tile.features == 0);
        let packed = PackedTile::of(&tile, Packing::Gzip);
        assert!(packed.is_ok());
    }
});
