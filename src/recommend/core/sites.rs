//! Sites that may be named: approved for a hazard and, by the maps that are loaded, not inside its zone; the nearest of each district.

use std::collections::{BTreeMap, BTreeSet};

use hinan_gis::{AreaIndex, District, Hazard, Layer, LayerKind, Town};

use crate::recommend::proposal::ProposedShelter;

/// What a place must be approved for.
pub(in crate::recommend) fn site_hazard(hazard: hinan_recommend::Hazard) -> Option<Hazard> {
    Some(match hazard {
        hinan_recommend::Hazard::Flood => Hazard::Flood,
        hinan_recommend::Hazard::InlandFlood => Hazard::InlandFlood,
        hinan_recommend::Hazard::Landslide => Hazard::Landslide,
        hinan_recommend::Hazard::StormSurge => Hazard::StormSurge,
        hinan_recommend::Hazard::Tsunami => Hazard::Tsunami,
        hinan_recommend::Hazard::LargeFire => Hazard::LargeFire,
        hinan_recommend::Hazard::Volcanic => Hazard::Volcano,
        hinan_recommend::Hazard::Earthquake => return None,
    })
}

/// Candidates looked at from each district.
pub(super) const SHELTERS_PER_DISTRICT: usize = 3;

/// What a question to officers can be about.
const HAZARDS: [Hazard; 5] = [
    Hazard::Flood,
    Hazard::InlandFlood,
    Hazard::Landslide,
    Hazard::StormSurge,
    Hazard::Tsunami,
];

/// Identifiers of the sites inside a hazard's zone; an entry for each hazard of which a map is loaded.
pub(super) type Inside = BTreeMap<Hazard, BTreeSet<String>>;

/// Which zones a site is asked for. Flood zones are the town's own: see its rule for shelters.
const ZONES: [(LayerKind, Hazard); 4] = [
    (LayerKind::InlandFlood, Hazard::InlandFlood),
    (LayerKind::Landslide, Hazard::Landslide),
    (LayerKind::StormSurge, Hazard::StormSurge),
    (LayerKind::Tsunami, Hazard::Tsunami),
];

pub(super) fn inside(town: &Town, layers: &[Layer]) -> Inside {
    let mut found = Inside::new();
    for layer in layers {
        let Some((_, hazard)) = ZONES.iter().find(|(kind, _)| *kind == layer.kind) else {
            continue;
        };
        let areas = layer
            .features
            .iter()
            .filter_map(|feature| feature.shape.area());
        let zones = AreaIndex::build(areas);
        let sites = town.shelters.iter();
        let within = sites.filter(|site| zones.at(site.at).next().is_some());
        found
            .entry(*hazard)
            .or_default()
            .extend(within.map(|site| site.id.clone()));
    }
    found
}

pub(super) fn is_usable(
    site: &hinan_gis::Shelter,
    hazard: Hazard,
    town: &Town,
    inside: &Inside,
) -> bool {
    let within = inside.get(&hazard).is_some_and(|of| of.contains(&site.id));
    site.usable_for(hazard, town.shelter_rule) && !within
}

pub(super) fn near(town: &Town, inside: &Inside) -> Vec<(Hazard, Vec<Vec<ProposedShelter>>)> {
    let near = |district: &District, hazard| {
        let within = inside.get(&hazard).map_or(0, BTreeSet::len);
        town.nearest_usable_shelters(district.label, hazard, SHELTERS_PER_DISTRICT + within)
            .into_iter()
            .filter(|(shelter, _)| is_usable(shelter, hazard, town, inside))
            .take(SHELTERS_PER_DISTRICT)
            .map(|(shelter, metres)| ProposedShelter {
                id: shelter.id.clone(),
                name: shelter.name.clone(),
                straight_line_m: metres,
            })
            .collect()
    };
    HAZARDS
        .into_iter()
        .map(|hazard| {
            let all = town.districts.iter();
            (hazard, all.map(|district| near(district, hazard)).collect())
        })
        .collect()
}
