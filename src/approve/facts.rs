//! The facts of a notice: what every channel's text is derived from.

pub use hinan_notice::facts::{
    Certainty, Correction, Facts, Hazard, Kind, NamedShelter, NoticeDistrict, Reference,
};
