//! The forms a file may have, and what is said of a broken one.

use std::io::Write;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use hinan_gis::road::{RoadGraph, RoadLimits};
use proptest::prelude::{any, prop_assert_eq, proptest};

use crate::written::{Written, blob, field, message, number};

/// Two streets that cross, a service road with a gate, steps.
fn crossing() -> Written {
    Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 100.0, 0.0, &[("highway", "crossing")])
        .node(3, 200.0, 0.0, &[])
        .node(4, 100.0, 100.0, &[])
        .node(
            5,
            100.0,
            -100.0,
            &[("barrier", "gate"), ("access", "private")],
        )
        .way(
            10,
            &[1, 2, 3],
            &[("highway", "residential"), ("name", "本通")],
        )
        .way(11, &[4, 2, 5], &[("highway", "service")])
        .way(12, &[3, 4], &[("highway", "steps")])
        .way(13, &[1, 4], &[("highway", "motorway")])
}

fn read(file: &[u8]) -> Result<RoadGraph, String> {
    RoadGraph::from_osm(file, RoadLimits::default()).map_err(|why| why.to_string())
}

#[test]
fn every_form_of_the_same_map_gives_the_same_network() {
    let map = crossing();
    let graph = read(map.xml().as_bytes()).unwrap();
    assert_eq!(graph.stretches().len(), 5);
    assert_eq!(graph.report().walkable, 3);
    assert_eq!(graph.report().nodes_closed, 1);
    for file in [
        map.xml_gz(),
        map.pbf(true, true),
        map.pbf(true, false),
        map.pbf(false, true),
        map.pbf(false, false),
    ] {
        assert_eq!(read(&file).unwrap(), graph);
    }
}

#[test]
fn the_order_of_the_elements_does_not_matter() {
    let graph = read(crossing().xml().as_bytes()).unwrap();
    let text = crossing().xml();
    let mut lines: Vec<&str> = text.lines().collect();
    let (first, last) = (lines.remove(1), lines.pop().unwrap());
    let declaration = lines.remove(0);
    lines.reverse();
    let turned = [&[declaration, first], &lines[..], &[last]]
        .concat()
        .join("\n");
    assert_eq!(read(turned.as_bytes()).unwrap(), graph);
}

#[test]
fn a_network_comes_back_from_its_bytes_and_cut_bytes_are_refused() {
    let graph = read(crossing().xml().as_bytes()).unwrap();
    let bytes = graph.to_bytes();
    assert_eq!(RoadGraph::from_bytes(&bytes).unwrap(), graph);
    for length in 0..bytes.len() {
        assert!(RoadGraph::from_bytes(&bytes[..length]).is_err(), "{length}");
    }
}

#[test]
fn what_is_wrong_names_the_element_and_its_id() {
    for (broken, said) in [
        (
            "<osm><node id='7' lat='91' lon='143'/><way id='1'><nd ref='7'/><tag k='highway' v='path'/></way></osm>",
            "OSM node 7: lat is 91; accepted: a number from -90 to 90",
        ),
        (
            "<osm><node id='7' lat='43'/></osm>",
            "OSM node 7: lon is absent; accepted: a number from -180 to 180",
        ),
        (
            "<osm><node id='x' lat='43' lon='143'/></osm>",
            "OSM node: id is x; accepted: a whole number of 64 bits",
        ),
        (
            "<osm><way id='5'><nd ref='1.5'/></way></osm>",
            "OSM way 5: nd ref is 1.5; accepted: a whole number of 64 bits",
        ),
        (
            "<osmChange/>",
            "OSM file: root element is osmChange; accepted: osm (a map, not a list of changes)",
        ),
        (
            "<osm><way id='5'><nd ref='1'/><nd ref='2'/><tag k='highway' v='path'/></way>\
             <way id='5'><nd ref='1'/><nd ref='2'/><tag k='highway' v='path'/></way></osm>",
            "OSM way 5: id is 5; accepted: each element once: the newest state of the map, not its history",
        ),
    ] {
        assert_eq!(read(broken.as_bytes()).unwrap_err(), said);
    }
}

#[test]
fn a_document_type_is_refused_so_that_no_entity_can_grow() {
    let bomb = "<!DOCTYPE osm [<!ENTITY a 'aaaa'>]><osm><node id='1' lat='&a;' lon='1'/></osm>";
    assert!(read(bomb.as_bytes()).unwrap_err().contains("document type"));
}

#[test]
fn cut_and_crossed_elements_are_refused() {
    let text = crossing().xml();
    assert!(read(&text.as_bytes()[..text.len() / 2]).is_err());
    let packed = crossing().xml_gz();
    assert!(read(&packed[..packed.len() / 2]).is_err());
    let pbf = crossing().pbf(true, true);
    for length in 16..pbf.len() {
        // A file that ends exactly between two blobs is whole, only shorter.
        let whole = pbf.len() - blob("OSMData", &[], false).len();
        assert!(read(&pbf[..length]).is_err() || length < whole, "{length}");
    }
}

#[test]
fn a_file_cut_between_two_elements_is_refused() {
    let text = crossing().xml();
    let end = text.rfind("</osm>").unwrap();
    for sign in ["</way>", "</node>", "/>"] {
        for (at, found) in text[..end].match_indices(sign) {
            let said = read(&text.as_bytes()[..at + found.len()]).unwrap_err();
            assert!(said.contains("cut"), "{said}");
        }
    }
}

#[test]
fn deleted_elements_are_not_there() {
    let text = crossing()
        .xml()
        .replace("<way id='12'>", "<way id='12' action='delete'>");
    assert_eq!(read(text.as_bytes()).unwrap().report().walkable, 2);
    let text = crossing()
        .xml()
        .replace("<way id='12'>", "<way id='12' visible='false'>");
    assert_eq!(read(text.as_bytes()).unwrap().report().walkable, 2);
}

#[test]
fn a_file_that_unpacks_without_end_is_refused_early() {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(b"<osm>").unwrap();
    let blanks = vec![b' '; 1 << 20];
    for _ in 0..64 {
        packer.write_all(&blanks).unwrap();
    }
    let bomb = packer.finish().unwrap();
    assert!(bomb.len() < 1 << 17, "it is a bomb");
    let limits = RoadLimits {
        unpacked_bytes_max: 8 << 20,
        ..RoadLimits::default()
    };
    assert!(RoadGraph::from_osm(&bomb, limits).is_err());
}

#[test]
fn a_tag_without_end_is_refused_before_it_fills_the_memory() {
    let mut text = b"<osm><node id='".to_vec();
    text.resize(2 << 20, b'1');
    assert!(read(&text).unwrap_err().contains("longer than a mebibyte"));
}

#[test]
fn a_blob_that_unpacks_to_more_than_it_states_is_refused() {
    let mut packer = ZlibEncoder::new(Vec::new(), Compression::best());
    packer.write_all(&vec![0; 100 << 20]).unwrap();
    let packed = packer.finish().unwrap();
    for stated in [10, 32 << 20, 100 << 20] {
        let data = message(&[number(2, stated), field(3, &packed)]);
        let header = message(&[field(1, b"OSMHeader"), number(3, data.len() as u64)]);
        let mut file = u32::try_from(header.len()).unwrap().to_be_bytes().to_vec();
        file.extend(header);
        file.extend(data);
        let said = read(&file).unwrap_err();
        assert!(said.contains("unpack"), "{said}");
    }
}

#[test]
fn a_file_that_needs_more_of_its_reader_is_refused_by_name() {
    let header = message(&[field(4, b"HistoricalInformation")]);
    let said = read(&blob("OSMHeader", &header, true)).unwrap_err();
    assert!(
        said.contains("required feature is HistoricalInformation"),
        "{said}"
    );
}

#[test]
fn limits_refuse_the_file_instead_of_cutting_it() {
    let file = crossing().xml();
    let with = |change: fn(&mut RoadLimits)| {
        let mut limits = RoadLimits::default();
        change(&mut limits);
        RoadGraph::from_osm(file.as_bytes(), limits)
            .unwrap_err()
            .to_string()
    };
    assert!(with(|l| l.ways_max = 2).contains("at most 2 walkable ways"));
    assert!(with(|l| l.nodes_max = 7).contains("at most 7 nodes of walkable ways"));
    assert!(with(|l| l.way_nodes_max = 2).contains("OSM way 10: nodes"));
}

proptest! {
    #[test]
    fn no_bytes_whatever_stop_the_reader(mut bytes: Vec<u8>, form in 0..4_u8) {
        let mut file = match form {
            0 => b"<osm><way id='1'>".to_vec(),
            1 => blob("OSMHeader", &[], true),
            2 => vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0],
            _ => blob("OSMData", &bytes, false),
        };
        file.append(&mut bytes);
        let once = read(&file);
        prop_assert_eq!(once, read(&file));
    }

    #[test]
    fn a_changed_byte_is_an_error_or_another_map(at in any::<usize>(), bit in 0..8_u8) {
        for packed in [true, false] {
            let mut file = crossing().pbf(true, packed);
            let at = at % file.len();
            file[at] ^= 1 << bit;
            let _ = read(&file);
        }
        let mut bytes = read(crossing().xml().as_bytes()).unwrap().to_bytes();
        let at = at % bytes.len();
        bytes[at] ^= 1 << bit;
        let _ = RoadGraph::from_bytes(&bytes);
    }
}
