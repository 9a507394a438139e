//! Municipalities, districts, and the people of cells and areas.

use geo::Rect;

use super::{Interpreter, Unclear};
use crate::import::raw::{RawFeature, Value};
use crate::{DistrictFacts, Mesh, Municipality, PopulationFacts, Shape};

const PEOPLE: [&str; 10] = [
    "population",
    "people",
    "JINKO",
    "人口",
    "人口総数",
    "人口（総数）",
    "night_03h",
    "T001141001",
    "T001101001",
    "POP",
];
const HOUSEHOLDS: [&str; 5] = ["households", "SETAI", "世帯数", "世帯総数", "T001141034"];
const MESH: [&str; 9] = [
    "mesh",
    "mesh1000",
    "mesh500",
    "mesh250",
    "mesh125",
    "MESH_CODE",
    "meshcode",
    "メッシュコード",
    "地域メッシュコード",
];

impl Interpreter {
    /// The cell whose code the feature carries, if it is one.
    pub(super) fn mesh(&self, raw: &RawFeature) -> Option<Mesh> {
        // A key code of the census is a mesh code in the mesh statistics, and something else elsewhere.
        self.text(raw, "mesh", &MESH)
            .or_else(|| self.text(raw, "mesh", &["KEY_CODE"]))
            .and_then(|code| code.parse().ok())
    }

    /// The same for a feature that has a shape of its own. A key code of the census that only looks like a mesh code names
    /// an area somewhere else, so the shape decides: a cell must lie where its code says.
    fn mesh_of(&self, raw: &RawFeature, shape: &Shape) -> Option<Mesh> {
        let named = self.text(raw, "mesh", &MESH).is_some();
        self.mesh(raw)
            .filter(|mesh| named || shape.bounds().is_some_and(|bounds| lies_in(bounds, *mesh)))
    }

    pub(super) fn municipality(&self, raw: &RawFeature) -> Result<Municipality, Unclear> {
        let code = self.text(
            raw,
            "code",
            &["N03_007", "code", "行政区域コード", "市区町村コード"],
        );
        if let Some(name) = self.text(raw, "name", &["name", "名称", "市区町村名"]) {
            return Ok(Municipality {
                code: code.filter(|code| is_code(code)),
                name,
            });
        }
        // Prefecture, county or designated city, municipality, ward.
        let parts: Vec<String> = ["N03_001", "N03_003", "N03_004", "N03_005"]
            .iter()
            .filter_map(|name| self.find(raw, name, &[name]).and_then(Value::text))
            .collect();
        if parts.is_empty() {
            return Err(self.no_column(raw, "name", &["name", "N03_001", "N03_004"]));
        }
        Ok(Municipality {
            code: code.filter(|code| is_code(code)),
            name: parts.concat(),
        })
    }

    pub(super) fn district(&mut self, raw: &RawFeature) -> Result<DistrictFacts, Unclear> {
        const ID: [&str; 6] = ["id", "district_id", "KEY_CODE", "zone_key", "code", "ID"];
        const NAME: [&str; 6] = ["name", "S_NAME", "town_name", "名称", "地区名", "町名"];
        let name = self.required_text(raw, "name", &NAME)?;
        let Some(id) = self.text(raw, "id", &ID) else {
            return Err(self.no_column(raw, "id", &ID));
        };
        Ok(DistrictFacts {
            id,
            name,
            people: self.find(raw, "people", &PEOPLE).and_then(Value::count),
            households: self
                .find(raw, "households", &HOUSEHOLDS)
                .and_then(Value::count),
            approximate: self.approximate,
        })
    }

    pub(super) fn population(
        &mut self,
        raw: &RawFeature,
        shape: &Shape,
    ) -> Result<PopulationFacts, Unclear> {
        let Some(value) = self.find(raw, "people", &PEOPLE) else {
            return Err(self.no_column(raw, "people", &PEOPLE));
        };
        // Statistics write `*`, `-` or nothing where a number is withheld: that is not zero people.
        let Some(people) = value.count() else {
            let found = value.text().unwrap_or_default();
            return Err(Unclear::Feature(format!(
                "人口が数ではありません（秘匿など）: {found} / people is no whole number, perhaps withheld: {found}"
            )));
        };
        let mesh = self.mesh_of(raw, shape);
        if let Some(mesh) = mesh {
            self.count_once(mesh)?;
        }
        let share = self
            .find(raw, "share_inside", &["share_inside"])
            .and_then(Value::number);
        Ok(PopulationFacts {
            mesh,
            people,
            people_day: self
                .find(raw, "people_day", &["day_14h", "昼間人口"])
                .and_then(Value::count),
            households: self
                .find(raw, "households", &HOUSEHOLDS)
                .and_then(Value::count),
            share_inside: share.filter(|share| (0.0..=1.0).contains(share)),
        })
    }

    /// A cell that comes twice is left out. One in another one would count its people twice, and which of the two is
    /// meant nobody can tell from the file.
    fn count_once(&mut self, mesh: Mesh) -> Result<(), Unclear> {
        let nested = mesh
            .around()
            .find(|around| self.counted.contains(around))
            .map(|around| format!("{mesh}, which lies in {around}"))
            .or_else(|| {
                let holds = self.counted_around.contains(&mesh);
                holds.then(|| format!("{mesh}, in which another of its cells lies"))
            });
        if let Some(value) = nested {
            return Err(Unclear::File {
                key: "mesh".into(),
                value,
                accepted: "cells that do not lie in one another".into(),
            });
        }
        if !self.counted.insert(mesh) {
            return Err(Unclear::Feature(format!(
                "メッシュ {mesh} が二度あります / cell {mesh} comes twice"
            )));
        }
        self.counted_around.extend(mesh.around());
        Ok(())
    }
}

/// Whether a box lies in a cell, to within a tenth of its size: files differ by the rounding of their corners.
fn lies_in(bounds: Rect<f64>, mesh: Mesh) -> bool {
    let cell = mesh.bounds();
    let (x, y) = (cell.width() / 10.0, cell.height() / 10.0);
    bounds.min().x >= cell.min().x - x
        && bounds.min().y >= cell.min().y - y
        && bounds.max().x <= cell.max().x + x
        && bounds.max().y <= cell.max().y + y
}

/// Five digits, or six with the check digit. A prefecture followed by zeros is land that belongs to no municipality.
fn is_code(code: &str) -> bool {
    let is_number = (5..=6).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit());
    is_number && !code[2..].starts_with("000")
}
