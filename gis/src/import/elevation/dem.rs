//! The national elevation models in GML (基盤地図情報 数値標高モデル): heights row by row, from the north-west.

use geo::{Coord, Rect};

use super::{centimetres, declare, finish, report, whole};
use crate::ElevationGrid;
use crate::crs::Crs;
use crate::import::collect::Progress;
use crate::import::refusal::{ImportError, Refuse};
use crate::import::report::FileReport;
use crate::import::settings::Settings;
use crate::import::xml::{Node, Xml, decoded, numbers};
use crate::map_file::is_in_japan;

pub(crate) const DEM: &str = "GSI DEM GML";

/// A national elevation model (基盤地図情報 数値標高モデル): one grid per file, from the north-west, row by row.
pub(crate) fn read_dem(
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
    let crs = declare(&mut report, refuse, settings, model.srs.as_deref(), &text)?;
    let grid = model.grid(refuse, crs, &mut report)?;
    Ok((grid, report))
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

    fn grid(
        self,
        refuse: Refuse,
        crs: Crs,
        report: &mut FileReport,
    ) -> Result<ElevationGrid, ImportError> {
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
        finish(report, crs, given, &heights_cm, [west, south, east, north]);
        let bounds = Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
        ElevationGrid::new(refuse.0.to_owned(), bounds, columns, rows, heights_cm)
            .ok_or_else(|| wrong("lower and upper corner are the same".into()))
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
