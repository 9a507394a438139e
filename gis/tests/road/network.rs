//! What the ways of a map become.

use hinan_gis::road::{RoadClass, RoadGraph, RoadLimits, Trait};

use crate::written::Written;

fn graph(map: &Written) -> RoadGraph {
    RoadGraph::from_osm(map.xml().as_bytes(), RoadLimits::default()).unwrap()
}

const STREET: [(&str, &str); 1] = [("highway", "residential")];

#[test]
fn a_way_is_cut_where_another_meets_it_and_not_at_its_bends() {
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 50.0, 20.0, &[])
        .node(3, 100.0, 0.0, &[])
        .node(4, 200.0, 0.0, &[])
        .node(5, 100.0, 80.0, &[])
        .way(1, &[1, 2, 3, 4], &STREET)
        .way(2, &[5, 3], &STREET);
    let graph = graph(&map);
    assert_eq!(graph.junction_count(), 4);
    let lengths: Vec<f64> = graph
        .stretches()
        .iter()
        .map(|s| s.length_m().round())
        .collect();
    // 2 · √(50² + 20²) = 107.7
    assert_eq!(lengths, [108.0, 100.0, 80.0]);
    assert_eq!(graph.course(0).len(), 3);
}

#[test]
fn ways_that_cross_without_a_common_node_are_not_joined() {
    let map = Written::default()
        .node(1, -50.0, 0.0, &[])
        .node(2, 50.0, 0.0, &[])
        .node(3, 0.0, -50.0, &[])
        .node(4, 0.0, 50.0, &[])
        .way(1, &[1, 2], &STREET)
        .way(2, &[3, 4], &[("highway", "footway"), ("bridge", "yes")]);
    let graph = graph(&map);
    assert_eq!(graph.components().parts().len(), 2);
    assert!(graph.stretches()[1].traits.has(Trait::Bridge));
}

#[test]
fn nothing_leads_through_a_locked_gate_but_both_sides_can_be_reached() {
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 50.0, 0.0, &[("barrier", "gate"), ("locked", "yes")])
        .node(3, 100.0, 0.0, &[])
        .way(1, &[1, 2, 3], &STREET);
    let graph = graph(&map);
    assert_eq!(graph.stretches().len(), 2);
    assert_eq!(graph.junction_count(), 4);
    assert_eq!(graph.components().parts().len(), 2);
}

#[test]
fn a_way_is_cut_where_the_extract_does_not_hold_its_nodes_and_that_is_counted() {
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 10.0, 0.0, &[])
        .node(4, 30.0, 0.0, &[])
        .node(5, 40.0, 0.0, &[])
        .way(1, &[1, 2, 3, 4, 5], &STREET)
        .way(2, &[5, 6], &STREET);
    let graph = graph(&map);
    assert_eq!(graph.stretches().len(), 2);
    let report = graph.report();
    assert_eq!((report.nodes_missing, report.ways_without_course), (2, 1));
}

#[test]
fn a_ring_has_its_length_and_leads_nowhere() {
    let map = Written::default()
        .node(1, 0.0, 0.0, &[])
        .node(2, 30.0, 0.0, &[])
        .node(3, 30.0, 30.0, &[])
        .node(4, 0.0, -50.0, &[])
        .way(1, &[1, 2, 3, 1], &[("highway", "service")])
        .way(2, &[4, 1], &STREET);
    let graph = graph(&map);
    let ring = graph.stretches()[0];
    assert_eq!(ring.ends[0], ring.ends[1]);
    assert_eq!(ring.class, RoadClass::Service);
    assert_eq!(graph.arcs(ring.ends[0]).len(), 1);
    assert!(
        (graph.length_km() - 0.1524).abs() < 0.001,
        "{}",
        graph.length_km()
    );
}

#[test]
fn an_empty_map_is_an_empty_network() {
    let graph = graph(&Written::default());
    assert_eq!((graph.junction_count(), graph.stretches().len()), (0, 0));
    assert_eq!(graph.bounds(), None);
    assert_eq!(RoadGraph::from_bytes(&graph.to_bytes()).unwrap(), graph);
}
