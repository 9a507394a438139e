//! A synthetic city, as OpenStreetMap XML: streets on a shaken grid with gaps, so that the share of dead ends and the
//! length of stretches come near those of real quarters. Bends and steps like theirs too. Nothing in it is a real place.

use std::fmt::Write as _;

/// Junctions of the grid, before some lose all their streets.
const COLUMNS: i64 = 400;
const ROWS: i64 = 400;
const SPACING_M: f64 = 62.0;
/// Of a thousand places of the grid, so many have no street to the next one.
const GAPS: u64 = 300;
/// South-west corner: Kawasaki.
const ORIGIN: [f64; 2] = [139.46, 35.47];
const METRES_PER_DEGREE: [f64; 2] = [90_600.0, 110_950.0];

/// The XML text. The same at every call.
pub(crate) fn xml() -> String {
    let mut text = String::from("<osm version='0.6'>");
    let mut node = |id: i64, east_m: f64, north_m: f64| {
        let lon = ORIGIN[0] + east_m / METRES_PER_DEGREE[0];
        let lat = ORIGIN[1] + north_m / METRES_PER_DEGREE[1];
        let _ = write!(text, "<node id='{id}' lat='{lat:.7}' lon='{lon:.7}'/>");
    };
    let place = |column: i64, row: i64| {
        let shake = |salt: u64| (share(number(column, row), salt) - 0.5) * 0.7;
        [
            (column as f64 + shake(1)) * SPACING_M,
            (row as f64 + shake(2)) * SPACING_M,
        ]
    };
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            let [east_m, north_m] = place(column, row);
            node(number(column, row), east_m, north_m);
        }
    }
    let mut ways = String::new();
    let mut way = 0;
    for row in 0..ROWS {
        for column in 0..COLUMNS {
            for (step, salt) in [([1, 0], 3), ([0, 1], 4)] {
                let (next, from) = ([column + step[0], row + step[1]], number(column, row));
                let inside = next[0] < COLUMNS && next[1] < ROWS;
                // Every twelfth street is a main one and has no gaps.
                let main = if step[0] == 1 {
                    row % 12 == 0
                } else {
                    column % 12 == 0
                };
                if !inside || !main && share(from, salt) * 1_000.0 < GAPS as f64 {
                    continue;
                }
                way += 1;
                let (a, b) = (place(column, row), place(next[0], next[1]));
                let bend = COLUMNS * ROWS + way;
                let aside = (share(from, salt + 10) - 0.5) * 0.2;
                let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
                node(
                    bend,
                    (a[0] + b[0]) / 2.0 - dy * aside,
                    (a[1] + b[1]) / 2.0 + dx * aside,
                );
                let kind = match (main, share(from, salt + 20)) {
                    (true, _) => "secondary",
                    (_, part) if part < 0.01 => "steps",
                    (_, part) if part < 0.3 => "footway",
                    (_, part) if part < 0.4 => "service",
                    _ => "residential",
                };
                let to = number(next[0], next[1]);
                let _ = write!(
                    ways,
                    "<way id='{way}'><nd ref='{from}'/><nd ref='{bend}'/><nd ref='{to}'/><tag k='highway' v='{kind}'/></way>"
                );
            }
        }
    }
    text + &ways + "</osm>"
}

fn number(column: i64, row: i64) -> i64 {
    row * COLUMNS + column
}

/// A share from 0 to 1 that depends on two numbers alone (SplitMix64).
pub(crate) fn share(seed: i64, salt: u64) -> f64 {
    let mut z = seed
        .cast_unsigned()
        .wrapping_add(salt.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    for factor in [0xbf58_476d_1ce4_e5b9_u64, 0x94d0_49bb_1331_11eb] {
        z = (z ^ z >> 30)
            .wrapping_add(0x9e37_79b9_7f4a_7c15)
            .wrapping_mul(factor);
    }
    (z ^ z >> 31) as f64 / u64::MAX as f64
}
