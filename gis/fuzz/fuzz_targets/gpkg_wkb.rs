//! Whatever bytes come as the geometry of a GeoPackage, or as a whole one: a shape or a refusal.
#![no_main]

use hinan_gis::LayerKind;
use hinan_gis::import::check_geopackage_geometry;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: Vec<u8>| {
    hinan_gis_fuzz::told(check_geopackage_geometry(&bytes));
    let headed = [b"GP\0\x01\0\0\0\0\x01", bytes.as_slice()].concat();
    hinan_gis_fuzz::told(check_geopackage_geometry(&headed));
    let mark = b"SQLite format 3\0";
    let bytes = if bytes.starts_with(mark) {
        bytes
    } else {
        [mark, bytes.as_slice()].concat()
    };
    hinan_gis_fuzz::read("a.gpkg", bytes, Vec::new(), LayerKind::FloodMax);
});
