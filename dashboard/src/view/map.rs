use jiff::Timestamp;

use super::AlertLevel;

/// The map of the town: depth as fill, districts as outline and hatch, sites as signs.
#[derive(Clone, Debug)]
pub struct MapView {
    /// The part of the plane that is drawn large.
    pub bounds: Bounds,
    /// The whole plane, drawn small beside it with a frame around `bounds`; `None` when `bounds` is all there is.
    pub overview: Option<Bounds>,
    /// Assumed flood depth (浸水想定区域).
    pub depth: Vec<MapPolygon>,
    /// Where the depth comes from, with the credit its licence asks for.
    pub depth_source: String,
    /// Outline of the municipality: rings of points.
    pub border: Vec<Vec<[f64; 2]>>,
    /// Rivers as lines of points.
    pub rivers: Vec<Vec<[f64; 2]>>,
    /// The districts that orders are given for (発令区域).
    pub districts: Vec<DistrictOutline>,
    /// Gauges.
    pub gauges: Vec<GaugePin>,
    /// Shelters.
    pub shelters: Vec<ShelterPin>,
    /// The one sentence that must not be overlooked, such as that the districts are not official.
    pub caution: Option<String>,
    /// How the map was made and what it leaves out, each one sentence; folded away.
    pub notes: Vec<String>,
    /// The moment the states on the map hold for.
    pub as_of: Timestamp,
}

/// A rectangle of the plane, metres.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Western edge.
    pub west_m: f64,
    /// Southern edge.
    pub south_m: f64,
    /// Eastern edge, greater than `west_m`.
    pub east_m: f64,
    /// Northern edge, greater than `south_m`.
    pub north_m: f64,
}

/// An area of one depth rank.
#[derive(Clone, Debug)]
pub struct MapPolygon {
    /// Outer ring first, then holes; each point is `[east_m, north_m]`.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// Depth rank.
    pub class: DepthRank,
}

/// Assumed flood depth in the six ranks of the national standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DepthRank {
    /// Under 0.5 m.
    UnderHalf,
    /// 0.5 to 3 m.
    HalfToThree,
    /// 3 to 5 m.
    ThreeToFive,
    /// 5 to 10 m.
    FiveToTen,
    /// 10 to 20 m.
    TenToTwenty,
    /// 20 m and more.
    TwentyAndMore,
}

/// A district on the map.
#[derive(Clone, Debug)]
pub struct DistrictOutline {
    /// Its name.
    pub name: String,
    /// Rings of points `[east_m, north_m]`.
    pub rings: Vec<Vec<[f64; 2]>>,
    /// Where its mark is drawn.
    pub label_point: [f64; 2],
    /// What is proposed or in force there.
    pub state: DistrictState,
    /// People exposed, for the table below the map.
    pub people: Option<u64>,
}

/// What is proposed or in force in a district.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DistrictState {
    /// Nothing.
    Calm,
    /// The service proposes this level; no officer has decided.
    Proposed(AlertLevel),
    /// An officer approved this level and it is in force.
    InForce(AlertLevel),
    /// One level is in force and a higher one is proposed.
    Raise {
        /// In force now.
        in_force: AlertLevel,
        /// Proposed.
        proposed: AlertLevel,
    },
}

/// A gauge on the map.
#[derive(Clone, Debug)]
pub struct GaugePin {
    /// Its name.
    pub name: String,
    /// `[east_m, north_m]`.
    pub point: [f64; 2],
    /// The level of the highest mark reached.
    pub level: AlertLevel,
    /// Whether it is heard; a silent gauge is drawn hollow.
    pub heard: bool,
    /// Whether its name is written beside it. All are in the table.
    pub named: bool,
}

/// A shelter on the map.
#[derive(Clone, Debug)]
pub struct ShelterPin {
    /// Its name.
    pub name: String,
    /// `[east_m, north_m]`.
    pub point: [f64; 2],
    /// Approved for floods and outside the assumed flood area.
    pub usable: bool,
}
