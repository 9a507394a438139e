//! OpenStreetMap XML, plain or packed by gzip, and what is left of it as bytes.
#![no_main]

use hinan_gis::road::{RoadGraph, RoadLimits};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let limits = RoadLimits {
        unpacked_bytes_max: 1 << 22,
        ..RoadLimits::default()
    };
    let text = [b"<osm>", bytes].concat();
    for file in [bytes, &text] {
        if let Ok(graph) = RoadGraph::from_osm(file, limits) {
            let again = RoadGraph::from_bytes(&graph.to_bytes());
            assert_eq!(
                again.as_ref(),
                Ok(&graph),
                "a network comes back from its bytes"
            );
        }
    }
});
