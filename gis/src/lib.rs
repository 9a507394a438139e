//! Where things are: the gauges, hazard zones, districts and shelters of one municipality.
//!
//! What must stay true:
//!
//! - A [`Town`] is read whole by [`Town::load`] and checked whole; a town that breaks a rule is refused with the part,
//!   the key, the value and what would be accepted. Nothing is repaired silently.
//! - Coordinates are longitude and latitude in degrees (JGD2011; WGS 84 differs by less than a metre).
//!   Distances are metres and are computed in [`projection`], never in degrees.
//! - The boundary of a zone counts as inside: we would rather warn one house too many.
//! - The zone index is built whole and swapped whole. It has no way to change one zone.
//!
//! Deliberately absent: clocks, sockets, files and any knowledge of sensors, models or recommendations.

mod area;
mod bundle;
pub mod crs;
mod depth;
mod depth_range;
mod district;
mod duration;
mod elevation;
mod feature;
mod gauge;
pub mod import;
mod index;
mod landslide;
mod layer;
mod load;
mod locate;
mod map_file;
mod mesh;
pub mod projection;
mod protobuf;
mod refusal;
pub mod repair;
pub mod road;
mod shelter;
mod sketch;
mod stage;
mod terrain;
pub mod tile;
mod town;
mod town_file;
mod trace;
mod validate;
mod zone;

pub use area::area_m2;
pub use bundle::{Bundle, ROADS, STEPS_PER_DEGREE, snapped};
pub use depth::DepthRank;
pub use depth_range::Depth;
pub use district::{District, Reach};
pub use duration::DurationRank;
pub use elevation::ElevationGrid;
pub use feature::{
    CameraFacts, DepthZone, DistrictFacts, DurationZone, FacilityFacts, Facts, Feature, GaugeFacts,
    HouseCollapseZone, Landmark, Municipality, Observed, PopulationFacts, Shape, SiteFacts,
    TownPointFacts,
};
pub use gauge::{GaugeSite, ReferenceLevels};
pub use index::{
    AreaIndex, Exposure, ExposureRow, NearShelter, OutlineIndex, OutlinesAt, PlacedFacility,
    PlacedPeople, ShelterIndex, Zone, ZoneIndex,
};
pub use landslide::{LandslideArea, LandslideZone, Phenomenon};
pub use layer::{Layer, LayerKind};
pub use locate::{LocateSettings, Located, Locator, ShelterThere, ZoneThere};
pub use map_file::{MapDistrict, MapFile, MapLines, MapRing, MapShelter, MapZone};
pub use mesh::{Mesh, MeshLevel};
pub use refusal::LoadError;
pub use shelter::{Hazard, Shelter, ShelterRule};
pub use sketch::{Sketch, SketchArea, SketchDepth, SketchLine, SketchPin};
pub use stage::{
    DistrictExtent, PeopleRange, RangedExtent, StageBasis, StageExtent, StagePlan, StageRow,
    StageStep, StageTable, TerrainExtent, terrain_extent,
};
pub use terrain::{AboveRiver, FlowField, Hand, Wet};
pub use town::{Assumption, Attribution, River, Town};
pub use town_file::{
    TownAttribution, TownFile, TownGauge, TownLevels, TownNote, TownRiver, TownShelterRule,
    TownStage,
};
pub use zone::HazardZone;
