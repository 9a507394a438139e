//! OpenStreetMap PBF: the bytes as a whole file, as the content of a raw block, and as a network of our own.
#![no_main]

use hinan_gis::road::RoadGraph;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    hinan_gis_fuzz::network(bytes);
    hinan_gis_fuzz::told(RoadGraph::from_bytes(bytes));
    // The first blob is an empty header, so that the second is read as data whatever the bytes are.
    let mut file = blob(b"OSMHeader", &[]);
    file.extend(blob(b"OSMData", bytes));
    hinan_gis_fuzz::network(&file);
});

fn blob(kind: &[u8], data: &[u8]) -> Vec<u8> {
    let raw = field(0x0a, data);
    let mut header = field(0x0a, kind);
    header.push(0x18);
    header.extend(varint(raw.len()));
    let length = u32::try_from(header.len())
        .unwrap_or(u32::MAX)
        .to_be_bytes();
    [&length[..], &header, &raw].concat()
}

fn field(key: u8, bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![key];
    out.extend(varint(bytes.len()));
    out.extend_from_slice(bytes);
    out
}

fn varint(mut number: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
    out
}
