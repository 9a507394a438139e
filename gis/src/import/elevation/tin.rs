//! PLATEAU's terrain of triangles, put on the same kind of grid as the national models.

use geo::{Coord, Rect};

use super::{centimetres, declare, finish, report, whole};
use crate::ElevationGrid;
use crate::crs::Crs;
use crate::import::citygml::Space;
use crate::import::collect::Progress;
use crate::import::refusal::{ImportError, Refuse};
use crate::import::report::{FileReport, Notice, REFUSALS_LISTED_MAX};
use crate::import::settings::Settings;
use crate::import::xml::{Node, Xml, decoded, numbers};
use crate::map_file::is_in_japan;

pub(crate) const TIN: &str = "PLATEAU terrain";
/// Cells of the grid that triangles are put on, per degree: 0.2 seconds, as DEM5A has it, about 5 m.
const TIN_CELLS_PER_DEGREE: f64 = 18_000.0;
/// Most looks at cells while triangles are put on the grid.
const LOOKS_MAX: u64 = 1_000_000_000;
const TRIANGLES_MAX: usize = 20_000_000;

/// Terrain of triangles. Each cell gets the height of the triangle its middle lies in.
pub(crate) fn read_tin(
    refuse: Refuse,
    bytes: &[u8],
    settings: &Settings,
    progress: Progress,
) -> Result<(ElevationGrid, FileReport), ImportError> {
    let text = decoded(refuse, bytes, settings.encoding)?;
    let mut xml = Xml::new(refuse, TIN, &text.text);
    let mut space = Space::default();
    let mut triangles: Vec<[[f64; 3]; 3]> = Vec::new();
    let mut report = report(refuse, TIN);
    loop {
        match xml.next()? {
            Node::Eof => break,
            Node::Start(element) => space.note(&element),
            Node::End("posList", text) if xml.is_in("Triangle") => {
                report.read += 1;
                progress(xml.position());
                match triangle(&text) {
                    Ok(corners) => triangles.push(corners),
                    Err(why) => refuse_triangle(&mut report, why),
                }
                if triangles.len() > TRIANGLES_MAX {
                    return Err(refuse.too_large("triangles", TRIANGLES_MAX as u64));
                }
            }
            Node::End(..) => {}
        }
    }
    if triangles.is_empty() {
        return Err(refuse.unreadable(TIN, "there is no sound triangle in it"));
    }
    let crs = declare(&mut report, refuse, settings, space.srs.as_deref(), &text)?;
    report.accepted = report.read - report.refused;
    let accepted = report.accepted;
    let grid = on_grid(refuse, crs, &triangles, &mut report)?;
    report.read = accepted + report.refused;
    report.accepted = accepted;
    Ok((grid, report))
}

fn refuse_triangle(report: &mut FileReport, why: String) {
    report.refused += 1;
    if report.refusals.len() < REFUSALS_LISTED_MAX {
        report.refusals.push(Notice {
            feature: report.read,
            why,
            at: None,
        });
    }
}

/// Longitude, latitude and height of three corners.
fn triangle(text: &str) -> Result<[[f64; 3]; 3], String> {
    let numbers = numbers(text)?;
    let [a, b, c, _] = numbers.chunks_exact(3).collect::<Vec<_>>()[..] else {
        return Err(format!(
            "三角形ではありません / it has {} numbers; accepted: four points of three",
            numbers.len()
        ));
    };
    let corner = |p: &[f64]| [p[1], p[0], p[2]];
    let corners = [corner(a), corner(b), corner(c)];
    if corners
        .iter()
        .all(|[x, y, _]| is_in_japan(Coord { x: *x, y: *y }))
    {
        return Ok(corners);
    }
    Err(format!(
        "日本の外です / a corner is latitude {} longitude {}",
        a[0], a[1]
    ))
}

fn on_grid(
    refuse: Refuse,
    crs: Crs,
    triangles: &[[[f64; 3]; 3]],
    report: &mut FileReport,
) -> Result<ElevationGrid, ImportError> {
    let corners = || triangles.iter().flatten();
    let down = |n: f64| (n * TIN_CELLS_PER_DEGREE).floor() / TIN_CELLS_PER_DEGREE;
    let up = |n: f64| (n * TIN_CELLS_PER_DEGREE).ceil() / TIN_CELLS_PER_DEGREE;
    let west = down(corners().map(|c| c[0]).fold(f64::MAX, f64::min));
    let south = down(corners().map(|c| c[1]).fold(f64::MAX, f64::min));
    let east = up(corners().map(|c| c[0]).fold(f64::MIN, f64::max));
    let north = up(corners().map(|c| c[1]).fold(f64::MIN, f64::max));
    let columns = whole(((east - west) * TIN_CELLS_PER_DEGREE).round().max(1.0));
    let rows = whole(((north - south) * TIN_CELLS_PER_DEGREE).round().max(1.0));
    let cells = u64::from(columns) * u64::from(rows);
    if cells > ElevationGrid::CELLS_MAX as u64 {
        return Err(refuse.too_large("cells", ElevationGrid::CELLS_MAX as u64));
    }
    let mut heights_cm = vec![None; usize::try_from(cells).unwrap_or(0)];
    let mut looks = 0_u64;
    for triangle in triangles {
        // In cells from the north-west, so that the middles of cells are at one half.
        let at = triangle.map(|[x, y, h]| {
            [
                (x - west) * TIN_CELLS_PER_DEGREE,
                (north - y) * TIN_CELLS_PER_DEGREE,
                h,
            ]
        });
        let range = |axis: usize, count: u32| {
            let min = at.iter().map(|c| c[axis]).fold(f64::MAX, f64::min);
            let max = at.iter().map(|c| c[axis]).fold(f64::MIN, f64::max);
            whole((min - 0.5).ceil().max(0.0))
                ..whole((max - 0.5).floor().max(-1.0) + 1.0).min(count)
        };
        for row in range(1, rows) {
            for column in range(0, columns) {
                looks += 1;
                if let Some(height) = height(&at, f64::from(column) + 0.5, f64::from(row) + 0.5) {
                    heights_cm[row as usize * columns as usize + column as usize] =
                        centimetres(height);
                }
            }
        }
        if looks > LOOKS_MAX {
            return Err(refuse.too_large("cells under triangles", LOOKS_MAX));
        }
    }
    finish(
        report,
        crs,
        triangles.len(),
        &heights_cm,
        [west, south, east, north],
    );
    let bounds = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
    ElevationGrid::new(refuse.0.to_owned(), bounds, columns, rows, heights_cm)
        .ok_or_else(|| refuse.unreadable(TIN, "all its triangles stand upright"))
}

/// The height of a triangle at a place; nothing beside it and for one that stands upright.
fn height([a, b, c]: &[[f64; 3]; 3], x: f64, y: f64) -> Option<f64> {
    const ROUNDING: f64 = 1e-9;
    let double = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
    if double.abs() < ROUNDING {
        return None;
    }
    let of_b = ((x - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (y - a[1])) / double;
    let of_c = ((b[0] - a[0]) * (y - a[1]) - (x - a[0]) * (b[1] - a[1])) / double;
    let of_a = 1.0 - of_b - of_c;
    let inside = [of_a, of_b, of_c].iter().all(|share| *share >= -ROUNDING);
    inside.then_some(of_a * a[2] + of_b * b[2] + of_c * c[2])
}
