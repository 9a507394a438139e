//! Ground heights: the national elevation models in GML, and PLATEAU's terrain of triangles put on the same kind of grid.

use geo::{Coord, Rect};

use super::citygml::Space;
use super::collect::Progress;
use super::refusal::{ImportError, Refuse};
use super::report::{FileReport, Notice, REFUSALS_LISTED_MAX};
use super::settings::Settings;
use super::xml::{Node, Xml, decoded, numbers};
use crate::crs::Crs;
use crate::map_file::is_in_japan;
use crate::{ElevationGrid, LayerKind};

pub(super) const DEM: &str = "GSI DEM GML";
pub(super) const TIN: &str = "PLATEAU terrain";
/// Cells of the grid that triangles are put on, per degree: 0.2 seconds, as DEM5A has it, about 5 m.
const TIN_CELLS_PER_DEGREE: f64 = 18_000.0;
/// Most looks at cells while triangles are put on the grid.
const LOOKS_MAX: u64 = 1_000_000_000;
const TRIANGLES_MAX: usize = 20_000_000;
const NO_HEIGHT: f64 = -9_000.0;

/// A national elevation model (基盤地図情報 数値標高モデル): one grid per file, from the north-west, row by row.
pub(super) fn read_dem(
    refuse: Refuse,
    bytes: &[u8],
    settings: &Settings,
    progress: Progress,
) -> Result<(ElevationGrid, FileReport), ImportError> {
    let text = decoded(refuse, bytes, settings.encoding)?;
    let mut xml = Xml::new(refuse, DEM, &text.text);
    let mut model = Model::default();
    loop {
        match xml.next()? {
            Node::Eof => break,
            Node::Start(element) => {
                if let Some(name) = element.attribute("srsName") {
                    model.srs.get_or_insert(name);
                }
                if element.name() == "sequenceRule" {
                    model.order = element.attribute("order");
                }
            }
            Node::End(name, text) => {
                model
                    .leave(name, &text)
                    .map_err(|why| refuse.unreadable(DEM, why))?;
                progress(xml.position());
            }
        }
    }
    let mut report = report(refuse, DEM);
    (report.crs, report.crs_from) = system(refuse, settings, model.srs.as_deref())?;
    report.encoding = Some(text.encoding.name().to_owned());
    report.encoding_from = Some(text.from.clone());
    let grid = model.grid(refuse, &mut report)?;
    Ok((grid, report))
}

fn report(refuse: Refuse, format: &'static str) -> FileReport {
    FileReport {
        file: refuse.0.to_owned(),
        kind: LayerKind::Elevation.key().to_owned(),
        format,
        ..FileReport::default()
    }
}

fn system(
    refuse: Refuse,
    settings: &Settings,
    srs: Option<&str>,
) -> Result<(String, String), ImportError> {
    let stated = srs
        .map(Crs::from_name)
        .transpose()
        .map_err(|why| ImportError::Crs {
            file: refuse.0.to_owned(),
            why,
        })?;
    let (crs, from) = match (settings.crs, stated) {
        (Some(said), _) => (said, "--crs"),
        (None, Some((crs, _))) => (crs, "srsName"),
        (None, None) => {
            return Err(ImportError::NeedsCrs {
                file: refuse.0.to_owned(),
                hint: String::new(),
            });
        }
    };
    if !crs.is_geographic() {
        return Err(refuse.refused(
            "crs",
            crs,
            "longitude and latitude: elevation grids are cut by degrees",
        ));
    }
    Ok((crs.to_string(), from.to_owned()))
}

#[derive(Default)]
struct Model {
    srs: Option<String>,
    lower: Vec<f64>,
    upper: Vec<f64>,
    low: Vec<f64>,
    high: Vec<f64>,
    start: Vec<f64>,
    order: Option<String>,
    heights_cm: Vec<Option<i32>>,
    grids: u32,
}

impl Model {
    fn leave(&mut self, name: &str, text: &str) -> Result<(), String> {
        match name {
            "lowerCorner" => self.lower = numbers(text)?,
            "upperCorner" => self.upper = numbers(text)?,
            "low" => self.low = numbers(text)?,
            "high" => self.high = numbers(text)?,
            "startPoint" => self.start = numbers(text)?,
            "tupleList" => {
                self.grids += 1;
                self.heights_cm = tuples(text)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn grid(self, refuse: Refuse, report: &mut FileReport) -> Result<ElevationGrid, ImportError> {
        let wrong = |why: String| refuse.unreadable(DEM, why);
        if self.grids != 1 {
            return Err(wrong(format!(
                "it has {} lists of heights; accepted: one",
                self.grids
            )));
        }
        let ([south, west], [north, east], [columns, rows]) = match (
            self.lower.as_slice(),
            self.upper.as_slice(),
            self.high.as_slice(),
        ) {
            ([s, w], [n, e], [c, r]) => ([*s, *w], [*n, *e], [c + 1.0, r + 1.0]),
            _ => {
                return Err(wrong(
                    "lowerCorner, upperCorner or high is missing or no pair".into(),
                ));
            }
        };
        if self.low != [0.0, 0.0] {
            return Err(wrong(format!("low is {:?}; accepted: 0 0", self.low)));
        }
        if self.order.as_deref().is_some_and(|order| order != "+x-y") {
            let order = self.order.unwrap_or_default();
            return Err(refuse.refused("order", order, "+x-y: from the north-west, row by row"));
        }
        for (x, y) in [(west, south), (east, north)] {
            if !is_in_japan(Coord { x, y }) {
                return Err(refuse.wrong_place(format!(
                    "日本の外です / a corner is latitude {y} longitude {x}; accepted: longitude 122 to 154.5 and latitude 20 to 46.5"
                )));
            }
        }
        let size = |number: f64| {
            let fits = number.fract() == 0.0 && (1.0..=100_000.0).contains(&number);
            fits.then_some(number)
                .ok_or_else(|| wrong(format!("a side has {number} cells")))
        };
        let (columns, rows) = (whole(size(columns)?), whole(size(rows)?));
        let cells = columns as usize * rows as usize;
        if cells > ElevationGrid::CELLS_MAX {
            return Err(refuse.too_large("cells", ElevationGrid::CELLS_MAX as u64));
        }
        let skipped = match self.start.as_slice() {
            [] => 0,
            [x, y] => {
                whole(size(x + 1.0)?) as usize - 1
                    + (whole(size(y + 1.0)?) as usize - 1) * columns as usize
            }
            other => {
                return Err(wrong(format!(
                    "startPoint is {other:?}; accepted: two numbers"
                )));
            }
        };
        let given = self.heights_cm.len();
        if skipped + given > cells {
            return Err(wrong(format!(
                "{given} heights from cell {skipped} on do not fit into {cells} cells"
            )));
        }
        let mut heights_cm = vec![None; skipped];
        heights_cm.extend(self.heights_cm);
        heights_cm.resize(cells, None);
        finish(report, given, &heights_cm, [west, south, east, north]);
        let bounds = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
        ElevationGrid::new(refuse.0.to_owned(), bounds, columns, rows, heights_cm)
            .ok_or_else(|| wrong("lower and upper corner are the same".into()))
    }
}

fn finish(report: &mut FileReport, read: usize, heights_cm: &[Option<i32>], bounds: [f64; 4]) {
    let known = heights_cm.iter().filter(|height| height.is_some()).count();
    report.read = u32::try_from(read).unwrap_or(u32::MAX);
    report.accepted = report.read;
    report.points = known as u64;
    report.bounds = Some(bounds);
    report.by_class.insert(
        "標高あり height known".into(),
        u32::try_from(known).unwrap_or(u32::MAX),
    );
    report.by_class.insert(
        "標高なし no height".into(),
        u32::try_from(heights_cm.len() - known).unwrap_or(u32::MAX),
    );
    if known == 0 {
        report
            .warnings
            .push("標高が一つもありません / there is not one height in it".into());
    }
}

/// Lines of a kind of ground and a height; -9999 is no height.
fn tuples(text: &str) -> Result<Vec<Option<i32>>, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .enumerate()
        .map(|(n, line)| {
            let (_, height) = line
                .rsplit_once(',')
                .ok_or_else(|| format!("height {}: no comma", n + 1))?;
            let height: f64 = height
                .trim()
                .parse()
                .map_err(|_| format!("height {}: {height} is no number", n + 1))?;
            Ok(centimetres(height))
        })
        .collect()
}

fn centimetres(height_m: f64) -> Option<i32> {
    let known = height_m.is_finite() && height_m > NO_HEIGHT && height_m < 9_000.0;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "below a million centimetres"
    )]
    known.then(|| (height_m * 100.0).round() as i32)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "callers have checked that it is whole and small"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

/// Terrain of triangles. Each cell gets the height of the triangle its middle lies in.
pub(super) fn read_tin(
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
    (report.crs, report.crs_from) = system(refuse, settings, space.srs.as_deref())?;
    report.encoding = Some(text.encoding.name().to_owned());
    report.encoding_from = Some(text.from.clone());
    report.accepted = report.read - report.refused;
    let accepted = report.accepted;
    let grid = on_grid(refuse, &triangles, &mut report)?;
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
