//! A municipality: everything that has a place, loaded once and then only read.

use geo::{Intersects, LineString, MultiPolygon, Point};

use crate::projection::distance_m;
use crate::{District, GaugeSite, Hazard, Shelter, ShelterRule, StageRow, ZoneIndex};

/// A municipality (市町村) with its gauges, zones, districts and shelters.
#[derive(Clone, Debug)]
pub struct Town {
    /// Six digits with check digit (全国地方公共団体コード).
    pub code: String,
    /// Japanese name.
    pub name: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Prefecture (都道府県).
    pub prefecture: String,
    /// Border, longitude and latitude.
    pub outline: MultiPolygon<f64>,
    /// Gauges that matter to the town, in the order of the town file.
    pub gauges: Vec<GaugeSite>,
    /// Rivers, with the gauges that decide for them.
    pub rivers: Vec<River>,
    /// Issuing units, in the order of the map file.
    pub districts: Vec<District>,
    /// Emergency evacuation sites, in the order of the map file.
    pub shelters: Vec<Shelter>,
    /// What makes an approved shelter usable.
    pub shelter_rule: ShelterRule,
    /// The town's own table of what is concerned at which level, in the order of the town file. Often empty.
    pub stages: Vec<StageRow>,
    /// What is not real or not certain. To be shown wherever the town is shown.
    pub notes: Vec<Assumption>,
    /// Whose data it is. To be shown wherever the town is shown.
    pub attribution: Vec<Attribution>,
    pub(crate) zones: ZoneIndex,
}

/// A river of the town and the gauges that decide for it.
#[derive(Clone, Debug)]
pub struct River {
    /// Japanese name.
    pub name: String,
    /// Name in Latin letters.
    pub name_en: String,
    /// Deciding gauges, the main one first.
    pub gauges: Vec<String>,
    /// Rough course, downstream end first, where points of it are known.
    pub lines: Vec<LineString<f64>>,
}

/// A statement about what is assumed instead of known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Japanese.
    pub ja: String,
    /// English.
    pub en: String,
}

/// Whose data it is, and on what terms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attribution {
    /// What comes from this source.
    pub what: String,
    /// The credit line the source asks for.
    pub source: String,
    /// Its licence.
    pub licence: String,
}

impl Town {
    /// All flood zones.
    #[must_use]
    pub fn zones(&self) -> &ZoneIndex {
        &self.zones
    }

    /// The district with this identifier.
    #[must_use]
    pub fn district(&self, id: &str) -> Option<&District> {
        self.districts.iter().find(|district| district.id == id)
    }

    /// The gauge with this identifier.
    #[must_use]
    pub fn gauge(&self, id: &str) -> Option<&GaugeSite> {
        self.gauges.iter().find(|gauge| gauge.id == id)
    }

    /// The shelter with this identifier.
    #[must_use]
    pub fn shelter(&self, id: &str) -> Option<&Shelter> {
        self.shelters.iter().find(|shelter| shelter.id == id)
    }

    /// The district a place lies in; on a common border the first of them.
    #[must_use]
    pub fn district_at(&self, place: Point<f64>) -> Option<&District> {
        self.districts
            .iter()
            .find(|district| district.outline.intersects(&place))
    }

    /// Districts for which this gauge decides, the one with most people in its zone first.
    #[must_use]
    pub fn districts_of_gauge(&self, gauge: &str) -> Vec<&District> {
        let mut found: Vec<(&District, u32)> = self
            .districts
            .iter()
            .map(|district| (district, people_behind(district, gauge)))
            .filter_map(|(district, people)| people.map(|people| (district, people)))
            .collect();
        found.sort_by(|(a, people_a), (b, people_b)| {
            people_b.cmp(people_a).then_with(|| a.id.cmp(&b.id))
        });
        found.into_iter().map(|(district, _)| district).collect()
    }

    /// Residents in zones of the rivers for which this gauge decides, over all districts.
    #[must_use]
    pub fn people_in_zone_of_gauge(&self, gauge: &str) -> u32 {
        self.districts
            .iter()
            .filter_map(|district| people_behind(district, gauge))
            .sum()
    }

    /// The `n` nearest shelters to which people may be sent for this hazard, each with its distance in metres in a
    /// straight line. Roads and bridges are not considered. Never one that is not approved for the hazard.
    #[must_use]
    pub fn nearest_usable_shelters(
        &self,
        from: Point<f64>,
        hazard: Hazard,
        n: usize,
    ) -> Vec<(&Shelter, f64)> {
        let mut usable: Vec<(&Shelter, f64)> = self
            .shelters
            .iter()
            .filter(|shelter| shelter.usable_for(hazard, self.shelter_rule))
            .map(|shelter| (shelter, distance_m(from, shelter.at)))
            .collect();
        usable.sort_by(|(a, a_m), (b, b_m)| a_m.total_cmp(b_m).then_with(|| a.id.cmp(&b.id)));
        usable.truncate(n);
        usable
    }
}

/// Residents of a district in zones of rivers for which the gauge decides; nothing where it decides for none.
fn people_behind(district: &District, gauge: &str) -> Option<u32> {
    let mut reaches = district
        .reaches
        .iter()
        .filter(|reach| reach.gauges.iter().any(|id| id == gauge))
        .peekable();
    reaches.peek()?;
    // A person in the zones of two rivers counts for both.
    let people: u32 = reaches
        .map(|reach| reach.people_in_zone)
        .fold(0, u32::saturating_add);
    Some(people.min(district.people_in_zone()))
}
