//! The demo town, tile by tile.

use std::collections::BTreeSet;

use geo::{Coord, Rect};
use hinan_gis::Town;
use hinan_gis::tile::{Atlas, Sheet, TileId, ZOOM_MAX, themes};
use mvt_reader::Reader;

use crate::rules::{area2, checked};

fn atlas() -> Atlas {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/obihiro/");
    let text = std::fs::read_to_string(format!("{folder}town.toml")).unwrap();
    let map = std::fs::read(format!("{folder}map.json.gz")).unwrap();
    Atlas::new(themes(&Town::load(&text, &map).unwrap(), None))
}

/// Tiles of a zoom, at most 60, evenly picked.
fn some_tiles(sheet: &Sheet, zoom: u8) -> Vec<TileId> {
    let all: Vec<TileId> = sheet.pyramid().tiles(zoom).collect();
    let step = all.len().div_ceil(60).max(1);
    all.into_iter().step_by(step).collect()
}

#[test]
fn every_tile_keeps_the_rules_and_another_decoder_reads_the_same() {
    let atlas = atlas();
    for sheet in atlas.sheets() {
        let (mut tiles, mut features) = (0, 0);
        for zoom in 0..=ZOOM_MAX {
            for id in some_tiles(sheet, zoom) {
                let tile = sheet.tile(id);
                assert_eq!(tile, sheet.tile(id), "the same tile twice");
                assert_eq!(tile.left_out, 0);
                if tile.bytes.is_empty() {
                    assert_eq!(tile.features, 0);
                    continue;
                }
                let layer = checked(&tile.bytes);
                assert_eq!(layer.name, sheet.theme().key);
                assert_eq!(layer.features.len(), tile.features);
                let reader = Reader::new(tile.bytes.clone()).unwrap();
                let read = reader.get_features(0).unwrap();
                assert_eq!(read.len(), tile.features);
                for (ours, theirs) in layer.features.iter().zip(&read) {
                    let properties = theirs.properties.as_ref().map_or(0, |p| p.len());
                    assert_eq!(properties, ours.tags.len());
                    assert_eq!(theirs.id, ours.id);
                    use geo::CoordsIter as _;
                    let corners: usize = ours.parts.iter().map(Vec::len).sum();
                    // Rings are closed by the decoder: one corner more for each.
                    let closed = if ours.kind == 3 { ours.parts.len() } else { 0 };
                    assert_eq!(theirs.geometry.coords_count(), corners + closed);
                }
                tiles += 1;
                features += tile.features;
            }
        }
        println!(
            "{}: {tiles} tiles with {features} features",
            sheet.theme().key
        );
        assert!(tiles > 0, "{} is drawn", sheet.theme().key);
    }
}

#[test]
fn every_rank_is_there_at_every_zoom_and_covers_about_the_same_ground() {
    let atlas = atlas();
    let sheet = atlas.sheet("zones").unwrap();
    let area_at = |zoom: u8| -> Vec<(Vec<u8>, f64)> {
        let mut areas: Vec<(Vec<u8>, f64)> = Vec::new();
        for id in sheet.pyramid().tiles(zoom) {
            let tile = sheet.tile(id);
            if tile.bytes.is_empty() {
                continue;
            }
            for feature in checked(&tile.bytes).features {
                let rank = feature
                    .tags
                    .iter()
                    .find(|(key, _)| key == "depth_rank")
                    .unwrap()
                    .1
                    .clone();
                // Margins overlap, so only what lies in the tile itself counts.
                let steps: f64 = feature
                    .parts
                    .iter()
                    .map(|ring| area2(&inside(ring)) as f64 / 2.0)
                    .sum();
                let side = f64::from(1_u32 << zoom) * 4096.0;
                let part = steps / (side * side);
                match areas.iter_mut().find(|(known, _)| *known == rank) {
                    Some((_, area)) => *area += part,
                    None => areas.push((rank, part)),
                }
            }
        }
        areas.sort_by(|a, b| a.0.cmp(&b.0));
        areas
    };
    let exact = area_at(16);
    assert_eq!(exact.len(), 5, "ranks 1 to 5 occur");
    for zoom in 6..=15 {
        let drawn = area_at(zoom);
        for (rank, _) in &exact {
            let is_drawn = drawn.iter().any(|(drawn, _)| drawn == rank);
            assert!(
                is_drawn || longest_pixels(sheet, rank, zoom) < 1.0,
                "zoom {zoom}: {rank:?}"
            );
        }
        let whole = |areas: &[(Vec<u8>, f64)]| areas.iter().map(|(_, area)| area).sum::<f64>();
        let ratio = whole(&drawn) / whole(&exact);
        println!(
            "zoom {zoom}: all ranks cover {:.1} % of what they cover at zoom 16",
            ratio * 100.0
        );
        let tolerance = if zoom < 9 { 0.25 } else { 0.05 };
        assert!((ratio - 1.0).abs() < tolerance, "zoom {zoom}: {ratio}");
    }
}

/// The longest side of a zone of a rank, in pixels of a zoom.
fn longest_pixels(sheet: &Sheet, rank: &[u8], zoom: u8) -> f64 {
    let degrees_per_pixel = 360.0 / f64::from(1_u32 << zoom) / 256.0;
    sheet
        .theme()
        .items
        .iter()
        // A rank is written as a folded number in field 6.
        .filter(|item| rank == [6 << 3, u8::try_from(item.class).unwrap() * 2])
        .filter_map(|item| item.bounds())
        .map(|bounds| bounds.width().max(bounds.height() * 1.3) / degrees_per_pixel)
        .fold(0.0, f64::max)
}

/// The part of a ring inside its tile, by cutting at one side after the other.
fn inside(ring: &[[i64; 2]]) -> Vec<[i64; 2]> {
    let mut kept = ring.to_vec();
    for (axis, at, above) in [
        (0, 0, true),
        (0, 4096, false),
        (1, 0, true),
        (1, 4096, false),
    ] {
        let holds = |c: [i64; 2]| if above { c[axis] >= at } else { c[axis] <= at };
        let mut next = Vec::new();
        for n in 0..kept.len() {
            let (a, b) = (kept[n], kept[(n + 1) % kept.len()]);
            if holds(a) {
                next.push(a);
            }
            if holds(a) != holds(b) {
                let part = (at - a[axis]) as f64 / (b[axis] - a[axis]) as f64;
                let other = a[1 - axis] as f64 + part * (b[1 - axis] - a[1 - axis]) as f64;
                let mut crossing = [0; 2];
                crossing[axis] = at;
                #[expect(clippy::cast_possible_truncation, reason = "a place beside a tile")]
                let other = other.round() as i64;
                crossing[1 - axis] = other;
                next.push(crossing);
            }
        }
        kept = next;
    }
    kept
}

#[test]
fn a_tile_without_anything_is_empty() {
    let atlas = atlas();
    for sheet in atlas.sheets() {
        let tile = sheet.tile(TileId::new(12, 0, 0).unwrap());
        assert_eq!((tile.bytes.len(), tile.features, tile.left_out), (0, 0, 0));
        if sheet.theme().zoom_min > 0 {
            let early = TileId::new(0, 0, 0).unwrap();
            assert!(sheet.tile(early).bytes.is_empty(), "{}", sheet.theme().key);
        }
    }
}

#[test]
fn a_description_names_what_its_tiles_carry() {
    let atlas = atlas();
    for sheet in atlas.sheets() {
        let said = sheet.tile_json("/tiles/{z}/{x}/{y}.mvt", "source");
        assert_eq!(said["tilejson"], "3.0.0");
        assert_eq!(said["vector_layers"][0]["id"], sheet.theme().key);
        let described: BTreeSet<&String> = said["vector_layers"][0]["fields"]
            .as_object()
            .unwrap()
            .keys()
            .collect();
        for zoom in [10, 14] {
            for id in some_tiles(sheet, zoom) {
                let tile = sheet.tile(id);
                if tile.bytes.is_empty() {
                    continue;
                }
                for (key, _) in checked(&tile.bytes).features.iter().flat_map(|f| &f.tags) {
                    assert!(described.contains(key), "{key}");
                }
            }
        }
    }
}

#[test]
fn pages_of_things_leave_nothing_out_and_repeat_nothing() {
    let atlas = atlas();
    let sheet = atlas.sheet("zones").unwrap();
    let bounds = Rect::new(
        Coord {
            x: 143.15,
            y: 42.90,
        },
        Coord {
            x: 143.22,
            y: 42.94,
        },
    );
    let whole = sheet.within(Some(bounds), 0, usize::MAX);
    assert!(whole.next.is_none() && whole.total == whole.items.len() && whole.total > 100);
    let (mut after, mut numbers) = (0, Vec::new());
    loop {
        let page = sheet.within(Some(bounds), after, 37);
        assert_eq!(page.total, whole.total);
        numbers.extend(page.items.iter().map(|item| item.number));
        match page.next {
            Some(next) => after = next,
            None => break,
        }
    }
    let expected: Vec<u32> = whole.items.iter().map(|item| item.number).collect();
    assert_eq!(numbers, expected);
}

#[test]
fn a_thing_as_geojson_has_every_column_and_closed_rings() {
    let atlas = atlas();
    for sheet in atlas.sheets() {
        let item = &sheet.theme().items[0];
        let feature = sheet.theme().feature(item);
        for column in &sheet.theme().columns {
            assert!(
                feature["properties"].get(column.key).is_some(),
                "{}",
                column.key
            );
        }
        if feature["geometry"]["type"] == "MultiPolygon" {
            let ring = feature["geometry"]["coordinates"][0][0].as_array().unwrap();
            assert_eq!(ring.first(), ring.last());
        }
    }
}
