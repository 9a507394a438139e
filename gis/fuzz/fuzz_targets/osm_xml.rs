//! OpenStreetMap XML, plain or packed by gzip, and what is left of it as bytes.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    hinan_gis_fuzz::network(bytes);
    hinan_gis_fuzz::network(&[b"<osm>", bytes, b"</osm>"].concat());
});
