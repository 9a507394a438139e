//! Who can be ordered, and what threatens them: issuing units, their exposures, facilities.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;

use crate::criteria::Kind;
use crate::deadline::Span;
use crate::hazard::Hazard;
use crate::id::{FacilityId, SourceId, UnitId};
use crate::index::Index;
use crate::outlook::{Mark, TsunamiClass};

/// Everything about a town that advice refers to. It was checked when it was made.
#[derive(Clone, Debug)]
pub struct Town {
    name: String,
    place: Place,
    units: Vec<Unit>,
    groups: Vec<Group>,
    facilities: Vec<Facility>,
    index: Arc<Index>,
    digest: String,
}

/// Where the sun is asked for, degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// North positive.
    pub lat: f64,
    /// East positive.
    pub lon: f64,
}

/// An issuing unit (発令単位).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unit {
    /// Its name in the town's files.
    pub id: UnitId,
    /// As an officer says it.
    pub name: String,
    /// In English.
    pub name_en: String,
    /// Residents.
    pub people: u32,
    /// What threatens it, in the order of people concerned.
    pub exposures: Vec<Exposure>,
    /// Minutes that everybody needs to a place of safety, where it is known for this unit.
    pub travel_min: Option<Span>,
}

/// One threat to one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Exposure {
    /// Which criteria speak.
    pub kind: Kind,
    /// River, for the kinds of rivers.
    pub river: Option<String>,
    /// Gauges that decide, the main one first; the next is asked when one does not speak.
    pub gauges: Vec<SourceId>,
    /// Rain stations that decide.
    pub rain: Vec<SourceId>,
    /// People whose home would be in the water or the slide.
    pub people_at_risk: u32,
    /// Of these, people in a house-collapse zone (家屋倒壊等氾濫想定区域); unknown where no such map is loaded.
    pub people_in_collapse_zone: Option<u32>,
    /// Deepest water assumed, metres; unknown where no map says.
    pub depth_max_m: Option<f64>,
    /// Of the people at risk, those with a room above the water; unknown where nobody counted storeys.
    pub people_with_dry_room: Option<u32>,
    /// How long the water is assumed to stay, hours.
    pub isolation_h: Option<f64>,
    /// The first of these marks that its gauge knows is where water begins to arrive.
    pub arrives_at: Vec<Mark>,
    /// Minutes from the gauge reaching that mark until the water is here.
    pub lag_min: f64,
    /// The weakest tsunami class that reaches it; nothing = unknown, and every class counts.
    #[serde(default)]
    pub tsunami_from: Option<TsunamiClass>,
    /// Level at the main gauge from which the way out is cut off, metres.
    pub road_cut_m: Option<f64>,
}

impl Exposure {
    /// The flood of a river that these gauges decide, before anything is known of the place that it reaches: nobody is counted there,
    /// and no map is read. Water arrives where the river leaves its bed; where that level is unknown, at the design high water.
    #[must_use]
    pub fn along(river: String, gauges: Vec<SourceId>) -> Self {
        Self {
            kind: if gauges.is_empty() {
                Kind::OtherRiver
            } else {
                Kind::ForecastRiver
            },
            river: Some(river),
            gauges,
            rain: Vec::new(),
            people_at_risk: 0,
            people_in_collapse_zone: None,
            depth_max_m: None,
            people_with_dry_room: None,
            isolation_h: None,
            arrives_at: vec![Mark::OverflowStart, Mark::DesignHighWater],
            lag_min: 0.0,
            tsunami_from: None,
            road_cut_m: None,
        }
    }

    /// The kind of hazard in the law.
    pub fn hazard(&self) -> Hazard {
        self.kind.hazard()
    }
}

/// A bigger name for several units (小学校区など).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// As an officer says it.
    pub name: String,
    /// In English.
    pub name_en: String,
    /// Its units.
    pub units: BTreeSet<UnitId>,
}

/// A facility with people who need time (要配慮者利用施設).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Facility {
    /// Its name in the town's files.
    pub id: FacilityId,
    /// As an officer says it.
    pub name: String,
    /// Unit it stands in.
    pub unit: UnitId,
    /// People to move.
    pub people: u32,
    /// Minutes from its being told until everybody is safe: staff on shift, vehicles (避難確保計画).
    pub lead_min: Span,
    /// What threatens it at its own place.
    pub exposures: Vec<Exposure>,
}

/// Why a town cannot be used.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("{place}: {key} = {found}: 受け付けるのは{accepted_ja} / accepted: {accepted}")]
pub struct TownError {
    /// Which unit or facility.
    pub place: String,
    /// Which of its keys.
    pub key: &'static str,
    /// What was found.
    pub found: String,
    /// What would be accepted, in Japanese.
    pub accepted_ja: &'static str,
    /// The same in English.
    pub accepted: &'static str,
}

impl Town {
    /// Checks and indexes.
    ///
    /// # Errors
    /// The first thing that cannot be: two units of one name, nobody living in one, more people at risk than live there,
    /// a river without gauge, a group or facility of an unknown unit, a place outside the globe.
    pub fn new(
        name: impl Into<String>,
        place: Place,
        units: Vec<Unit>,
        groups: Vec<Group>,
        facilities: Vec<Facility>,
    ) -> Result<Self, TownError> {
        let name = name.into();
        if !(place.lat.abs() <= 90.0 && place.lon.abs() <= 180.0) {
            return Err(TownError {
                place: name,
                key: "place",
                found: format!("{}, {}", place.lat, place.lon),
                accepted_ja: "緯度 -90〜90、経度 -180〜180",
                accepted: "latitude -90 to 90, longitude -180 to 180",
            });
        }
        let mut ids = BTreeSet::new();
        for unit in &units {
            check_unit(unit)?;
            if !ids.insert(&unit.id) {
                return Err(wrong(
                    &unit.name,
                    "id",
                    unit.id.to_string(),
                    ("一度だけの名前", "each id once"),
                ));
            }
        }
        let residents = units
            .iter()
            .try_fold(0_u32, |sum, unit| sum.checked_add(unit.people));
        if residents.is_none() {
            return Err(TownError {
                place: name,
                key: "people",
                found: "more than 4294967295 in all".to_owned(),
                accepted_ja: "世界の人口より少ない数",
                accepted: "fewer people than the world has",
            });
        }
        let unknown = |place: &str, unit: &UnitId| TownError {
            place: place.to_owned(),
            key: "unit",
            found: unit.to_string(),
            accepted_ja: "町の発令単位のid",
            accepted: "the id of one of the town's units",
        };
        for group in &groups {
            if let Some(unit) = group.units.iter().find(|unit| !ids.contains(unit)) {
                return Err(unknown(&group.name, unit));
            }
        }
        for facility in &facilities {
            check_facility(facility)?;
            if !ids.contains(&facility.unit) {
                return Err(unknown(&facility.name, &facility.unit));
            }
        }
        let digest = digest(&(&name, place, &units, &groups, &facilities));
        let index = Arc::new(Index::of(&units, &groups, &facilities));
        Ok(Self {
            name,
            place,
            units,
            groups,
            facilities,
            index,
            digest,
        })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// SHA-256 of everything about it, in hexadecimal: the same town has the same one.
    pub fn digest(&self) -> &str {
        &self.digest
    }

    /// Where the sun is asked for.
    pub fn place(&self) -> Place {
        self.place
    }

    /// All units, in the town's order.
    pub fn units(&self) -> &[Unit] {
        &self.units
    }

    /// One unit.
    pub fn unit(&self, id: &UnitId) -> Option<&Unit> {
        self.index.place(id).map(|place| &self.units[place])
    }

    /// Where things stand.
    pub(crate) fn index(&self) -> &Arc<Index> {
        &self.index
    }

    /// Units that a gauge or a rain station decides for, in the town's order.
    pub fn units_of(&self, source: &SourceId) -> impl Iterator<Item = &Unit> {
        let places = self.index.units_of(source).iter();
        places.map(|place| &self.units[*place])
    }

    /// Bigger names.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// Facilities.
    pub fn facilities(&self) -> &[Facility] {
        &self.facilities
    }
}

fn digest(of: &impl Serialize) -> String {
    let bytes = serde_json::to_vec(of).expect("a town has nothing that JSON cannot say");
    hex::encode(Sha256::digest(&bytes))
}

fn check_unit(unit: &Unit) -> Result<(), TownError> {
    if unit.people == 0 {
        return Err(wrong(
            &unit.name,
            "people",
            "0".to_owned(),
            (
                "1人以上",
                "at least 1: nobody can be ordered where nobody lives",
            ),
        ));
    }
    if unit.travel_min.is_some_and(|span| !span.is_sound()) {
        return Err(wrong(
            &unit.name,
            "travel_min",
            format!("{:?}", unit.travel_min),
            SPANS,
        ));
    }
    for exposure in &unit.exposures {
        check_exposure(&unit.name, unit.people, exposure)?;
    }
    Ok(())
}

fn check_facility(facility: &Facility) -> Result<(), TownError> {
    if facility.people == 0 {
        return Err(wrong(
            &facility.name,
            "people",
            "0".to_owned(),
            ("1人以上", "at least 1"),
        ));
    }
    if !facility.lead_min.is_sound() {
        return Err(wrong(
            &facility.name,
            "lead_min",
            format!("{:?}", facility.lead_min),
            SPANS,
        ));
    }
    for exposure in &facility.exposures {
        check_exposure(&facility.name, facility.people, exposure)?;
    }
    Ok(())
}

const SPANS: (&str, &str) = (
    "0以上2880分以下で、早い・中央・遅いの順",
    "0 <= quick_min <= middle_min <= slow_min <= 2880 minutes",
);

fn check_exposure(place: &str, people: u32, exposure: &Exposure) -> Result<(), TownError> {
    let wrong = |key, found, accepted| Err(wrong(place, key, found, accepted));
    if exposure.kind.needs_gauge() && exposure.gauges.is_empty() {
        return wrong(
            "gauges",
            "[]".to_owned(),
            (
                "一つ以上の水位計",
                "at least one gauge for this kind of river",
            ),
        );
    }
    if exposure.people_at_risk > people {
        return wrong(
            "people_at_risk",
            exposure.people_at_risk.to_string(),
            (
                "そこにいる人の数まで",
                "no more than the people who are there",
            ),
        );
    }
    let parts = [
        ("people_in_collapse_zone", exposure.people_in_collapse_zone),
        ("people_with_dry_room", exposure.people_with_dry_room),
    ];
    for (key, part) in parts {
        if let Some(part) = part.filter(|part| *part > exposure.people_at_risk) {
            return wrong(
                key,
                part.to_string(),
                ("危険のある人の数まで", "no more than the people at risk"),
            );
        }
    }
    let numbers = [
        (
            "depth_max_m",
            exposure.depth_max_m.unwrap_or(0.0),
            0.0,
            1000.0,
        ),
        (
            "isolation_h",
            exposure.isolation_h.unwrap_or(0.0),
            0.0,
            8760.0,
        ),
        ("lag_min", exposure.lag_min, 0.0, 2880.0),
        (
            "road_cut_m",
            exposure.road_cut_m.unwrap_or(0.0),
            -100.0,
            9000.0,
        ),
    ];
    for (key, value, low, high) in numbers {
        if !(low..=high).contains(&value) {
            return wrong(
                key,
                value.to_string(),
                (
                    "長さ・時間として考えられる数",
                    "a depth to 1000 m, hours to 8760, a lag to 2880 min, a level from -100 to 9000 m",
                ),
            );
        }
    }
    Ok(())
}

fn wrong(
    place: &str,
    key: &'static str,
    found: String,
    (accepted_ja, accepted): (&'static str, &'static str),
) -> TownError {
    TownError {
        place: place.to_owned(),
        key,
        found,
        accepted_ja,
        accepted,
    }
}
