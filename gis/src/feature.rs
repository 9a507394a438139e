//! Features: one thing with a place and what is known about it.

use std::collections::BTreeSet;

use geo::{BoundingRect, MultiLineString, MultiPolygon, Point, Rect};
use serde::{Deserialize, Serialize};

use crate::{Depth, DurationRank, Hazard, LandslideArea, Mesh};

/// One thing with a place, as one file told it.
#[derive(Clone, Debug, PartialEq)]
pub struct Feature {
    /// Its number in its file, from 1: what a report and a question to the publisher refer to.
    pub number: u32,
    /// Where it is: longitude and latitude of JGD2011, degrees.
    pub shape: Shape,
    /// What is known about it.
    pub facts: Facts,
}

/// Where a thing is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// A place.
    Point(Point<f64>),
    /// Lines, such as a road.
    Lines(MultiLineString<f64>),
    /// Outlines that do not cross themselves: outer rings counter-clockwise, holes clockwise.
    Area(MultiPolygon<f64>),
}

impl Shape {
    /// The outlines, where it is an area.
    #[must_use]
    pub fn area(&self) -> Option<&MultiPolygon<f64>> {
        match self {
            Self::Area(area) => Some(area),
            Self::Point(_) | Self::Lines(_) => None,
        }
    }

    /// The place, where it is one.
    #[must_use]
    pub fn point(&self) -> Option<Point<f64>> {
        match self {
            Self::Point(point) => Some(*point),
            Self::Lines(_) | Self::Area(_) => None,
        }
    }

    /// The box around it, degrees; nothing where it has no corner.
    #[must_use]
    pub fn bounds(&self) -> Option<Rect<f64>> {
        match self {
            Self::Point(point) => Some(point.bounding_rect()),
            Self::Lines(lines) => lines.bounding_rect(),
            Self::Area(area) => area.bounding_rect(),
        }
    }
}

/// What is known about a thing. Which one a feature has follows from the kind of its layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Facts {
    /// A zone with a depth of water.
    Depth(DepthZone),
    /// How long the water stays.
    Duration(DurationZone),
    /// Houses may collapse; by flow or by erosion, as the layer says.
    HouseCollapse(HouseCollapseZone),
    /// A landslide warning area.
    Landslide(LandslideArea),
    /// What was seen after an event.
    Observed(Observed),
    /// A municipality or a part of one.
    Boundary(Municipality),
    /// An issuing unit, or the small area one is made of.
    District(DistrictFacts),
    /// A place to flee to or to stay at.
    Site(SiteFacts),
    /// People of a cell or area.
    Population(PopulationFacts),
    /// A named thing that matters in an evacuation.
    Facility(FacilityFacts),
    /// A gauge.
    Gauge(GaugeFacts),
    /// A camera.
    Camera(CameraFacts),
    /// A point of a block or town.
    TownPoint(TownPointFacts),
    /// A point or line that only orients.
    Landmark(Landmark),
}

/// Water of a depth class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepthZone {
    /// How deep; nothing where the source has a code that no list explains. The zone is a zone all the same.
    pub depth: Option<Depth>,
    /// The river (河川) it belongs to, where the source says so.
    pub river: Option<String>,
}

/// Water that stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DurationZone {
    /// How long; nothing where the source has a code that no list explains.
    pub duration: Option<DurationRank>,
    /// The river it belongs to.
    pub river: Option<String>,
}

/// Houses may be swept away or undercut.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseCollapseZone {
    /// The river it belongs to.
    pub river: Option<String>,
}

/// Seen after an event, without official meaning for the next one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observed {
    /// What the source calls it.
    pub name: Option<String>,
}

/// A municipality (市区町村).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Municipality {
    /// Five digits (JIS X 0402) without check digit; nothing for land that belongs to none (所属未定地).
    pub code: Option<String>,
    /// Name with prefecture or county as published.
    pub name: String,
}

/// An issuing unit or a small area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DistrictFacts {
    /// Identifier as published.
    pub id: String,
    /// Name.
    pub name: String,
    /// Residents, where the source counts them.
    pub people: Option<u32>,
    /// Households.
    pub households: Option<u32>,
    /// Whether the outline is an approximation.
    pub approximate: bool,
}

/// A place to flee to (指定緊急避難場所) or to stay at (指定避難所); the kind of the layer says which.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SiteFacts {
    /// Identifier: the common identifier (共通ID) where the source has one, else made from file and number.
    pub id: String,
    /// Name as published.
    pub name: String,
    /// Reading in kana.
    pub kana: Option<String>,
    /// Name in Latin letters.
    pub name_en: Option<String>,
    /// Address as published.
    pub address: String,
    /// Municipality as published, where the source covers several.
    pub municipality: Option<String>,
    /// Hazards for which it is designated; empty for a place to stay at.
    pub approved_for: BTreeSet<Hazard>,
    /// People it can take. Nothing where the source says nothing, or says zero.
    pub capacity: Option<u32>,
    /// Height of the ground as published, metres.
    pub elevation_m: Option<f64>,
    /// Whether the same address is also a site of the other kind.
    pub both_kinds: bool,
    /// Whom it takes (受入対象者), for places to stay at.
    pub accepts: Option<String>,
    /// Remark as published.
    pub note: Option<String>,
}

/// People of a mesh cell or of an area.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopulationFacts {
    /// The cell of the regional mesh (JIS X 0410), where it is one.
    pub mesh: Option<Mesh>,
    /// Residents, or people at night.
    pub people: u32,
    /// People by day, where the source counts them.
    pub people_day: Option<u32>,
    /// Households.
    pub households: Option<u32>,
    /// Share of the cell's area inside the municipality, 0 to 1; nothing where the source does not say.
    pub share_inside: Option<f64>,
}

/// A facility (施設).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FacilityFacts {
    /// Identifier as published, else made from file and number.
    pub id: String,
    /// Name.
    pub name: String,
    /// What it is, as published.
    pub kind: Option<String>,
    /// Address.
    pub address: Option<String>,
    /// People it holds or takes.
    pub capacity: Option<u32>,
}

/// A gauge (水位観測所) as a list of gauges tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaugeFacts {
    /// Station number as published.
    pub id: String,
    /// Name.
    pub name: String,
    /// River.
    pub river: Option<String>,
    /// 水防団待機 or start level, metres.
    pub standby_m: Option<f64>,
    /// 氾濫注意, metres.
    pub caution_m: Option<f64>,
    /// 避難判断, metres.
    pub evacuation_judgement_m: Option<f64>,
    /// 氾濫危険, metres.
    pub danger_m: Option<f64>,
    /// 計画高, metres.
    pub design_high_water_m: Option<f64>,
}

/// A river camera (河川カメラ).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CameraFacts {
    /// Identifier as published.
    pub id: String,
    /// Name, most often river and kilometre.
    pub name: String,
}

/// A point that stands for a block or town (町・丁目).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TownPointFacts {
    /// City or ward, where the source names it.
    pub city: Option<String>,
    /// Town (町・丁目).
    pub town: String,
    /// Part of it (小字).
    pub part: Option<String>,
}

/// Something that only orients.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landmark {
    /// What is written beside it.
    pub name: Option<String>,
}
