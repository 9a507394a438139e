//! Whatever text comes inside the roots of national data, CityGML, terrain and elevation models: read or refused.
#![no_main]

use hinan_gis::import::{Settings, Source, import, read_codelist};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // A last byte that no text ends with says which root stands around it; otherwise it is a file as it is.
    let (root, inside) = match bytes.split_last() {
        Some((root @ 1..=4, inside)) => (*root, inside),
        _ => (0, bytes),
    };
    let (head, foot) = match root {
        0 => ("", ""),
        1 => (
            "<ksj:Dataset xmlns:ksj=\"ksj\" srsName=\"JGD2011 / (B, L)\">",
            "</ksj:Dataset>",
        ),
        2 => (
            "<core:CityModel srsName=\"http://www.opengis.net/def/crs/EPSG/0/6697\"><wtr:WaterBody>",
            "</wtr:WaterBody></core:CityModel>",
        ),
        3 => (
            "<core:CityModel srsName=\"http://www.opengis.net/def/crs/EPSG/0/6697\"><dem:ReliefFeature><Triangle>",
            "</Triangle></dem:ReliefFeature></core:CityModel>",
        ),
        _ => (
            "<Dataset xmlns=\"http://fgd.gsi.go.jp/\" srsName=\"fguuid:jgd2011.bl\">",
            "</Dataset>",
        ),
    };
    let bytes = [head.as_bytes(), inside, foot.as_bytes()].concat();
    hinan_gis_fuzz::told(read_codelist("a.xml", &bytes));
    let source = Source {
        name: "a.xml".into(),
        bytes,
        beside: Vec::new(),
    };
    hinan_gis_fuzz::told(import(&source, &Settings::default(), &mut |_| {}));
});
