//! Whatever bytes come as this format: a layer or a refusal.
#![no_main]

use hinan_gis::LayerKind;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: Vec<u8>| {
    hinan_gis_fuzz::read("a.fgb", bytes, Vec::new(), LayerKind::FloodMax);
});
