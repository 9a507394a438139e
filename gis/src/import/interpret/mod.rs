//! What the fields of a file mean, by the kind of layer they are imported as.
//!
//! Column names are those of the national data sets and of the files that towns are known to have; whatever else a town calls
//! its columns is told by `columns` in the import plan. A code that no list explains is counted and kept as unknown.

mod people;
mod sites;
mod things;
mod zones;

use std::collections::{BTreeMap, BTreeSet};

use super::raw::{RawFeature, RawShape, Value};
use super::report::FileReport;
use super::settings::Settings;
use crate::{Depth, Facts, LayerKind, Mesh, Shape};

/// Why a feature's fields cannot be understood.
pub(super) enum Unclear {
    /// A column is missing or a setting does not fit; the whole file is refused.
    File {
        key: String,
        value: String,
        accepted: String,
    },
    /// This feature only.
    Feature(String),
}

impl Unclear {
    fn feature(ja: &str, en: &str) -> Self {
        Self::Feature(format!("{ja} / {en}"))
    }
}

pub(super) struct Interpreter {
    kind: LayerKind,
    columns: BTreeMap<String, String>,
    codes: BTreeMap<String, Depth>,
    /// The same for a city's own ranks only.
    codelist: BTreeMap<String, Depth>,
    river: Option<String>,
    approximate: bool,
    /// Identifiers that were used.
    seen: BTreeSet<String>,
    /// Cells whose people were counted, and all larger cells around them.
    counted: BTreeSet<Mesh>,
    counted_around: BTreeSet<Mesh>,
    /// Whether a feature before had the column that carries the class.
    class_seen: bool,
}

impl Interpreter {
    /// `codes` and `codelist` were checked when the settings were read.
    pub(super) fn new(kind: LayerKind, settings: &Settings) -> Self {
        let depths = |list: &BTreeMap<String, String>| {
            list.iter()
                .filter_map(|(code, words)| Some((code.clone(), Depth::from_words(words)?)))
                .collect()
        };
        Self {
            kind,
            columns: settings.columns.clone(),
            codes: depths(&settings.codes),
            codelist: depths(&settings.codelist),
            river: settings.river.clone(),
            approximate: settings.approximate,
            seen: BTreeSet::new(),
            counted: BTreeSet::new(),
            counted_around: BTreeSet::new(),
            class_seen: false,
        }
    }

    /// The outline that fields alone give: a cell of the regional mesh, in degrees.
    pub(super) fn shape_of_fields(&self, raw: &RawFeature) -> Option<RawShape> {
        let is_counted = matches!(self.kind, LayerKind::Population | LayerKind::District);
        let cell = is_counted.then(|| self.mesh(raw)).flatten()?;
        let ring = cell.bounds().to_polygon().exterior().0.clone();
        Some(RawShape::Polygons(vec![vec![ring]]))
    }

    pub(super) fn facts(
        &mut self,
        raw: &RawFeature,
        shape: &Shape,
        report: &mut FileReport,
    ) -> Result<Facts, Unclear> {
        self.check_shape(shape)?;
        match self.kind {
            LayerKind::FloodMax
            | LayerKind::FloodPlanned
            | LayerKind::InlandFlood
            | LayerKind::StormSurge
            | LayerKind::Tsunami
            | LayerKind::Reservoir => self.depth_zone(raw, report).map(Facts::Depth),
            LayerKind::FloodDuration => self.duration_zone(raw, report).map(Facts::Duration),
            LayerKind::HouseCollapseFlow | LayerKind::HouseCollapseErosion => {
                Ok(Facts::HouseCollapse(self.house_collapse(raw, report)))
            }
            LayerKind::Landslide => self.landslide(raw, report).map(Facts::Landslide),
            LayerKind::FloodObserved
            | LayerKind::TsunamiObserved
            | LayerKind::LandslideObserved => Ok(Facts::Observed(self.observed(raw))),
            LayerKind::Boundary | LayerKind::Neighbour => {
                self.municipality(raw).map(Facts::Boundary)
            }
            LayerKind::District => self.district(raw).map(Facts::District),
            LayerKind::ShelterEmergency | LayerKind::ShelterDesignated => {
                self.site(raw, report).map(Facts::Site)
            }
            LayerKind::Population => self.population(raw, shape).map(Facts::Population),
            LayerKind::Facility => self.facility(raw, report).map(Facts::Facility),
            LayerKind::Gauge => self.gauge(raw).map(Facts::Gauge),
            LayerKind::Camera => self.camera(raw).map(Facts::Camera),
            LayerKind::TownPoint => self.town_point(raw).map(Facts::TownPoint),
            LayerKind::Landmark => Ok(Facts::Landmark(self.landmark(raw))),
            LayerKind::Road | LayerKind::Elevation => Err(Unclear::File {
                key: "kind".into(),
                value: self.kind.key().into(),
                accepted: match self.kind {
                    LayerKind::Road => "OpenStreetMap XML or PBF".into(),
                    _ => "elevation models: GSI DEM GML, or PLATEAU terrain".into(),
                },
            }),
        }
    }

    /// Zones and areas must be areas, places must be points; a road may be neither.
    fn check_shape(&self, shape: &Shape) -> Result<(), Unclear> {
        let wants_area = self.kind.hazard().is_some()
            || matches!(
                self.kind,
                LayerKind::Boundary
                    | LayerKind::Neighbour
                    | LayerKind::District
                    | LayerKind::Population
            );
        let wants_point = matches!(
            self.kind,
            LayerKind::ShelterEmergency
                | LayerKind::ShelterDesignated
                | LayerKind::Gauge
                | LayerKind::Camera
                | LayerKind::TownPoint
        );
        match shape {
            Shape::Area(_) if wants_point => Err(Unclear::feature(
                "点ではなく面です",
                "an area where a place is expected",
            )),
            Shape::Point(_) | Shape::Lines(_) if wants_area => Err(Unclear::feature(
                "面ではありません",
                "a point or line where an area is expected",
            )),
            Shape::Lines(_) if wants_point => Err(Unclear::feature(
                "点ではなく線です",
                "a line where a place is expected",
            )),
            _ => Ok(()),
        }
    }

    /// The value for what is asked, by the column the plan names, else by the names known for it.
    fn find<'r>(&self, raw: &'r RawFeature, asked: &str, known: &[&str]) -> Option<&'r Value> {
        self.find_named(raw, asked, known).map(|(_, value)| value)
    }

    fn find_named<'r>(
        &self,
        raw: &'r RawFeature,
        asked: &str,
        known: &[&str],
    ) -> Option<(&'r str, &'r Value)> {
        let by_name = |name: &str| {
            raw.fields
                .iter()
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(key, value)| (&**key, value))
        };
        match self.columns.get(asked) {
            Some(column) => by_name(column),
            None => known.iter().find_map(|name| by_name(name)),
        }
    }

    fn text(&self, raw: &RawFeature, asked: &str, known: &[&str]) -> Option<String> {
        // The first of the known columns that says something.
        match self.columns.get(asked) {
            Some(_) => self.find(raw, asked, known).and_then(Value::text),
            None => known
                .iter()
                .find_map(|name| self.find(raw, asked, &[name]).and_then(Value::text)),
        }
    }

    /// A name that people read; a feature of its kind is nothing without it.
    fn required_text(
        &self,
        raw: &RawFeature,
        asked: &str,
        known: &[&str],
    ) -> Result<String, Unclear> {
        if let Some(text) = self.text(raw, asked, known) {
            return Ok(text);
        }
        if self.find(raw, asked, known).is_none() {
            return Err(self.no_column(raw, asked, known));
        }
        Err(Unclear::Feature(format!(
            "{asked} が空です / {asked} is empty"
        )))
    }

    fn no_column(&self, raw: &RawFeature, asked: &str, known: &[&str]) -> Unclear {
        let has: Vec<&str> = raw.fields.iter().take(40).map(|(key, _)| &**key).collect();
        Unclear::File {
            key: format!("columns.{asked}"),
            value: match self.columns.get(asked) {
                Some(column) => format!("{column}, which is not in the file"),
                None => "not stated".into(),
            },
            accepted: format!(
                "one of the file's own columns ({}), or a file that has {}",
                has.join(", "),
                known.join(", ")
            ),
        }
    }

    /// Counts a code that no list explains.
    fn unknown(report: &mut FileReport, column: &str, value: &Value) {
        const KINDS_MAX: usize = 1_000;
        let words = value.text().unwrap_or_else(|| "（空）".to_owned());
        let words: String = words.chars().take(60).collect();
        let key = format!("{column}={words}");
        if report.unknown_codes.len() < KINDS_MAX || report.unknown_codes.contains_key(&key) {
            *report.unknown_codes.entry(key).or_default() += 1;
        }
    }

    /// The published identifier where it can be used in addresses and records, else one made from file and number.
    fn identifier(
        &mut self,
        raw: &RawFeature,
        known: &[&str],
        file: &str,
    ) -> Result<String, Unclear> {
        let published = self.text(raw, "id", known).filter(|id| is_plain(id));
        let id = published.unwrap_or_else(|| {
            let stem = file.split('.').next().unwrap_or_default();
            let stem: String = stem
                .chars()
                .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
                .take(24)
                .collect();
            format!("{stem}-{}", raw.number)
        });
        if !self.seen.insert(id.clone()) {
            return Err(Unclear::Feature(format!(
                "ID {id} は既に使われています / identifier {id} is already used in this file"
            )));
        }
        Ok(id)
    }
}

/// What identifiers may be: see the rules of a town.
fn is_plain(id: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=40).contains(&id.len()) && id.bytes().all(plain)
}
