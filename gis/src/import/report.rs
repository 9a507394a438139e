//! What became of one file, feature by feature where something was wrong.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::repair::Fault;

/// Most refusals that are listed one by one; all are counted.
pub const REFUSALS_LISTED_MAX: usize = 200;

/// What became of one file.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileReport {
    /// The file, without its folder.
    pub file: String,
    /// Key of the kind of layer it became.
    pub kind: String,
    /// What it was read as.
    pub format: &'static str,
    /// Features in the file.
    pub read: u32,
    /// Features that went into the bundle, repaired ones included.
    pub accepted: u32,
    /// Features whose outline had to be put right.
    pub repaired: u32,
    /// Features whose outline was only tidied: repeated points, winding.
    pub tidied: u32,
    /// Features that were left out, each for a stated reason.
    pub refused: u32,
    /// Kinds of fault with the number of features that had them.
    pub faults: BTreeMap<Fault, u32>,
    /// The first repairs, so that they can be looked at.
    pub repairs: Vec<Notice>,
    /// The first refusals.
    pub refusals: Vec<Notice>,
    /// Codes that no list explains, with their number. Their zones are kept, with an unknown depth or class.
    pub unknown_codes: BTreeMap<String, u32>,
    /// What a person should know before using the layer.
    pub warnings: Vec<String>,
    /// Coordinate system that was used.
    pub crs: String,
    /// Where it was stated.
    pub crs_from: String,
    /// Order of the two numbers that was used: east-first or north-first.
    pub axes: String,
    /// Where it was stated.
    pub axes_from: String,
    /// Encoding that was used, where the format has a choice.
    pub encoding: Option<String>,
    /// Where it was stated.
    pub encoding_from: Option<String>,
    /// West, south, east, north of what was accepted, degrees.
    pub bounds: Option<[f64; 4]>,
    /// Points of all shapes that were accepted.
    pub points: u64,
    /// Area of all outlines, square metres.
    pub area_m2: Option<f64>,
    /// Area by class, in the words of the class, square metres.
    pub area_by_class_m2: BTreeMap<String, f64>,
    /// Features by class.
    pub by_class: BTreeMap<String, u32>,
    /// People of all cells or areas, where the layer counts them.
    pub people: Option<u64>,
}

/// One feature, what was wrong with it, and where.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Notice {
    /// Its number in the file, from 1.
    pub feature: u32,
    /// In Japanese and English.
    pub why: String,
    /// Longitude and latitude, where it has a place.
    pub at: Option<[f64; 2]>,
}
