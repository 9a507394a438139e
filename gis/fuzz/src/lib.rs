//! What several targets do with their bytes.

use hinan_gis::LayerKind;
use hinan_gis::crs::Crs;
use hinan_gis::import::{Settings, Source, import};
use hinan_gis::road::{RoadGraph, RoadLimits};

/// Reads a file of one kind in degrees: a layer, or a refusal that is a sentence of bounded length.
pub fn read(name: &str, bytes: Vec<u8>, beside: Vec<(String, Vec<u8>)>, kind: LayerKind) {
    let source = Source {
        name: name.into(),
        bytes,
        beside,
    };
    let settings = Settings {
        kind: Some(kind),
        crs: Some(Crs::INSIDE),
        ..Settings::default()
    };
    told(import(&source, &settings, &mut |_| {}));
}

/// A refusal names the file and is short, whatever was in it.
pub fn told<T, E: ToString>(result: Result<T, E>) {
    if let Err(why) = result {
        let said = why.to_string();
        assert!(
            !said.is_empty() && said.len() < 4_096,
            "{} bytes",
            said.len()
        );
    }
}

/// Limits that a fuzzer reaches.
pub fn small_network() -> RoadLimits {
    RoadLimits {
        unpacked_bytes_max: 1 << 22,
        ..RoadLimits::default()
    }
}

/// A network that was read comes back from its own bytes.
pub fn network(file: &[u8]) {
    if let Ok(graph) = RoadGraph::from_osm(file, small_network()) {
        let again = RoadGraph::from_bytes(&graph.to_bytes());
        assert_eq!(
            again.as_ref(),
            Ok(&graph),
            "a network comes back from its bytes"
        );
    }
}
