//! Whatever bytes come as .shp, .dbf, .prj and .cpg: a layer or a refusal.
#![no_main]

use hinan_gis::LayerKind;
use hinan_gis::import::{Settings, Source, import};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|files: (Vec<u8>, Vec<u8>, Vec<u8>, bool)| {
    let (shp, dbf, cpg, has_marks) = files;
    let mut bytes = shp;
    if has_marks && bytes.len() > 100 {
        // The head as it must be, so that what is behind it is reached.
        bytes[..4].copy_from_slice(&9994_u32.to_be_bytes());
        let words = u32::try_from(bytes.len() / 2).unwrap_or(0);
        bytes[24..28].copy_from_slice(&words.to_be_bytes());
        bytes[28..32].copy_from_slice(&1000_u32.to_le_bytes());
    }
    let source = Source {
        name: "a.shp".into(),
        bytes,
        beside: vec![("a.dbf".into(), dbf), ("a.cpg".into(), cpg)],
    };
    let settings = Settings {
        kind: Some(LayerKind::Landmark),
        crs: Some(hinan_gis::crs::Crs::INSIDE),
        ..Settings::default()
    };
    let _ = import(&source, &settings, &mut |_| {});
});
