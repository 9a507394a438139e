//! A theme of the map (主題): things of one kind with the columns of their table.
//!
//! Tiles, GeoJSON and the table for people who do not see maps are three views of the same theme, so they cannot disagree.

use geo::{BoundingRect, Coord, Rect};
use serde_json::{Value as Json, json};

use crate::Shape;

/// A theme: what stands in one layer of the tiles, in one table, in one GeoJSON collection.
#[derive(Clone, Debug)]
pub struct Theme {
    /// The word used in addresses and as the name of the layer.
    pub key: &'static str,
    /// Japanese title.
    pub title_ja: &'static str,
    /// English title.
    pub title_en: &'static str,
    /// What is known about each thing.
    pub columns: Vec<Column>,
    /// The things.
    pub items: Vec<Item>,
    /// The coarsest zoom at which it is drawn.
    pub zoom_min: u8,
    /// How areas become simpler at coarse zooms.
    pub drawing: Drawing,
}

/// A column of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The word used in tiles, JSON and CSV.
    pub key: &'static str,
    /// Japanese heading, with its unit.
    pub ja: &'static str,
    /// English heading, with its unit.
    pub en: &'static str,
    /// Whether tiles carry it. What only a table needs would make them larger.
    pub in_tiles: bool,
}

/// How a theme is drawn at coarse zooms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawing {
    /// Each thing on its own; lines and borders follow a grid of half a pixel, which neighbours share.
    Each,
    /// Areas of a class run together: while cells of the source are smaller than a pixel, the highest class of each half
    /// pixel is drawn. At every zoom a tile holds one feature for each class.
    ByClass,
}

/// One thing.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its number, from 1, stable for the same town.
    pub number: u32,
    /// Where it is.
    pub shape: Shape,
    /// What is known, in the order of the columns.
    pub values: Vec<Value>,
    /// The coarsest zoom at which it is drawn, if later than the theme.
    pub zoom_min: u8,
    /// Its class (浸水深ランクなど) for [`Drawing::ByClass`]: things of one class have the same values in tiles.
    pub class: u16,
}

/// A value of a column.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing is known. Shown as a sentence, never as a zero.
    Unknown,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A measure.
    Measure(f64),
    /// Yes or no.
    Flag(bool),
}

impl Value {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Json {
        match self {
            Self::Unknown => Json::Null,
            Self::Text(text) => json!(text),
            Self::Whole(number) => json!(number),
            Self::Measure(number) => json!(number),
            Self::Flag(flag) => json!(flag),
        }
    }

    /// As a cell of CSV: empty where nothing is known.
    #[must_use]
    pub fn plain(&self) -> String {
        match self {
            Self::Unknown => String::new(),
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
            Self::Measure(number) => number.to_string(),
            Self::Flag(true) => "1".to_owned(),
            Self::Flag(false) => "0".to_owned(),
        }
    }
}

impl From<Option<u32>> for Value {
    fn from(number: Option<u32>) -> Self {
        number.map_or(Self::Unknown, |number| Self::Whole(number.into()))
    }
}

impl From<Option<f64>> for Value {
    fn from(number: Option<f64>) -> Self {
        number.map_or(Self::Unknown, Self::Measure)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Unknown, |text| Self::Text(text.to_owned()))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl Item {
    /// South-west and north-east corner, degrees; nothing for a shape without points.
    #[must_use]
    pub fn bounds(&self) -> Option<Rect<f64>> {
        match &self.shape {
            Shape::Point(point) => Some(point.bounding_rect()),
            Shape::Lines(lines) => lines.bounding_rect(),
            Shape::Area(area) => area.bounding_rect(),
        }
    }

    /// Its shape as the `geometry` of GeoJSON (RFC 7946), seven decimals.
    #[must_use]
    pub fn geometry(&self) -> Json {
        let at = |c: &Coord<f64>| json!([rounded(c.x), rounded(c.y)]);
        let line = |line: &geo::LineString<f64>| -> Json { line.coords().map(at).collect() };
        match &self.shape {
            Shape::Point(point) => json!({"type": "Point", "coordinates": at(&point.0)}),
            Shape::Lines(lines) => {
                let lines: Json = lines.iter().map(line).collect();
                json!({"type": "MultiLineString", "coordinates": lines})
            }
            Shape::Area(area) => {
                let polygon = |polygon: &geo::Polygon<f64>| -> Json {
                    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
                    rings.map(line).collect()
                };
                let polygons: Json = area.iter().map(polygon).collect();
                json!({"type": "MultiPolygon", "coordinates": polygons})
            }
        }
    }
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}
