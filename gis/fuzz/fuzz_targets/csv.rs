//! Whatever bytes come as this format: a layer or a refusal.
#![no_main]

use hinan_gis::LayerKind;
use hinan_gis::import::{Settings, Source, import};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: Vec<u8>| {
    let source = Source {
        name: "a.csv".into(),
        bytes,
        beside: Vec::new(),
    };
    let settings = Settings {
        kind: Some(LayerKind::ShelterEmergency),
        crs: Some(hinan_gis::crs::Crs::INSIDE),
        ..Settings::default()
    };
    let _ = import(&source, &settings, &mut |_| {});
});
