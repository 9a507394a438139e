//! Roads out of OpenStreetMap: the walking network is built by [`road`](crate::road), here is its report.

use super::refusal::{ImportError, Refuse};
use super::report::FileReport;
use crate::LayerKind;
use crate::crs::{Crs, Datum};
use crate::map_file::is_in_japan;
use crate::road::{RoadGraph, RoadLimits};

pub(super) const FORMAT: &str = "OpenStreetMap";

pub(super) fn read(refuse: Refuse, bytes: &[u8]) -> Result<(RoadGraph, FileReport), ImportError> {
    let graph = RoadGraph::from_osm(bytes, RoadLimits::default())
        .map_err(|why| refuse.unreadable(FORMAT, why))?;
    if let Some([low, high]) = graph.bounds()
        && !(is_in_japan(low) || is_in_japan(high))
    {
        return Err(refuse.wrong_place(format!(
            "日本の外です / its roads lie at {:.4} to {:.4} east and {:.4} to {:.4} north; accepted: roads of the town",
            low.x, high.x, low.y, high.y
        )));
    }
    let counts = graph.report();
    let small = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    let mut report = FileReport {
        file: refuse.0.to_owned(),
        kind: LayerKind::Road.key().to_owned(),
        format: FORMAT,
        read: small(counts.ways),
        accepted: small(counts.walkable.saturating_sub(counts.ways_without_course)),
        refused: small(counts.ways_without_course),
        points: graph.junction_count() as u64,
        bounds: graph
            .bounds()
            .map(|[low, high]| [low.x, low.y, high.x, high.y]),
        crs: Crs::Geographic(Datum::Wgs84).to_string(),
        crs_from: "the definition of OpenStreetMap: WGS 84".to_owned(),
        ..FileReport::default()
    };
    let classes = [
        (
            "歩けない道 ways nobody walks",
            counts.ways.saturating_sub(counts.walkable),
        ),
        ("交差点 junctions", graph.junction_count() as u64),
        ("区間 stretches", graph.stretches().len() as u64),
        ("閉じた点 closed nodes", counts.nodes_closed),
    ];
    for (class, count) in classes {
        report.by_class.insert(class.to_owned(), small(count));
    }
    if counts.nodes_missing > 0 {
        report.warnings.push(format!(
            "{}個の点がファイルにありません。道はそこで切れます / {} nodes are not in the file, as at the rim of an extract; ways end there",
            counts.nodes_missing, counts.nodes_missing
        ));
    }
    Ok((graph, report))
}
