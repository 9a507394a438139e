//! Whatever bytes come as the geometry of a GeoPackage, or as a whole one: a shape or a refusal.
#![no_main]

use hinan_gis::LayerKind;
use hinan_gis::import::{Settings, Source, check_geopackage_geometry, import};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: Vec<u8>| {
    let _ = check_geopackage_geometry(&bytes);
    let headed = [b"GP\0\x01\0\0\0\0\x01", bytes.as_slice()].concat();
    let _ = check_geopackage_geometry(&headed);
    let source = Source {
        name: "a.gpkg".into(),
        bytes: [b"SQLite format 3\0", bytes.as_slice()].concat(),
        beside: Vec::new(),
    };
    let settings = Settings {
        kind: Some(LayerKind::FloodMax),
        ..Settings::default()
    };
    let _ = import(&source, &settings, &mut |_| {});
});
