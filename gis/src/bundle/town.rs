//! From layers to a town.

use std::collections::{BTreeMap, BTreeSet};

use geo::{BoundingRect, InteriorPoint, Intersects, MultiPolygon, Point};

use super::{Bundle, PART};
use crate::load::{DISTRICTS_MAX, Placed, SHELTERS_MAX, ZONES_MAX, rivers};
use crate::projection::distance_m;
use crate::{
    AreaIndex, DepthRank, District, DistrictFacts, Facts, Feature, HazardZone, LayerKind,
    LoadError, Municipality, PlacedPeople, Reach, River, Shelter, Town, TownNote, ZoneIndex,
};

/// How far apart the places are over which people are spread, metres: a few houses.
const SPREAD_M: f64 = 25.0;
const SIDE_MAX: u16 = 60;

pub(super) fn town(bundle: &Bundle) -> Result<Town, LoadError> {
    let Some(file) = bundle.town_file() else {
        let accepted =
            "a bundle with a town file: name, code, gauges, rivers and credits of the town";
        return Err(LoadError::refused(PART, "town.toml", "missing", accepted));
    };
    let mut file = file.clone();
    let outline = outline(bundle)?;
    let (zones, unknown) = zones(bundle)?;
    let open = open_ended(bundle);
    if open > 0 {
        file.notes.push(TownNote {
            ja: format!("浸水深の上限が書かれていない浸水区域が{open}あります（「3m以上」など）。書かれている最も浅い水深の区分として扱っています。実際はもっと深いことがあります。"),
            en: format!("{open} flood zones state no upper limit of depth (such as 3 m or more). They are treated by the shallowest depth stated; the water may be deeper."),
        });
    }
    if unknown > 0 {
        file.notes.push(TownNote {
            ja: format!("浸水深の分からない浸水区域が{unknown}あります。最も深い区分（20m以上）として扱っています。"),
            en: format!("{unknown} flood zones have no known depth. They are treated as the deepest class (20 m or more)."),
        });
    }
    let index = ZoneIndex::build(zones.iter().map(|zone| zone.zone.clone()).collect());
    let rivers = rivers(&file, &BTreeMap::new())?;
    let by_river = by_river(&zones, &rivers);
    let without_zones: Vec<&River> = rivers
        .iter()
        .enumerate()
        .filter(|(n, _)| by_river.iter().all(|(river, _)| river != n))
        .map(|(_, river)| river)
        .collect();
    if !without_zones.is_empty() {
        let names = |name: fn(&River) -> &str, between: &str| {
            let names: Vec<&str> = without_zones.iter().map(|river| name(river)).collect();
            names.join(between)
        };
        file.notes.push(TownNote {
            ja: format!(
                "次の河川の名を持つ浸水区域がありません：{}。これらの川の水位では、どの発令区域も対象になりません。",
                names(|river| &river.name, "、")
            ),
            en: format!(
                "No flood zone bears the name of these rivers: {}. Their levels concern no district.",
                names(|river| &river.name_en, ", ")
            ),
        });
    }
    let districts = districts(bundle, &index, &by_river, &rivers)?;
    let shelters = shelters(bundle, &outline, &index)?;
    for credit in bundle
        .layers()
        .iter()
        .filter_map(|layer| layer.attribution.as_ref())
    {
        let known = file
            .attribution
            .iter()
            .any(|known| known.source == credit.source && known.what == credit.what);
        if !known {
            file.attribution.push(crate::TownAttribution {
                what: credit.what.clone(),
                source: credit.source.clone(),
                licence: credit.licence.clone(),
            });
        }
    }
    Town::assemble(
        file,
        Placed {
            outline,
            zones: index,
            rivers,
            districts,
            shelters,
        },
    )
}

fn features(bundle: &Bundle, kind: LayerKind) -> impl Iterator<Item = &Feature> {
    bundle.layers_of(kind).flat_map(|layer| &layer.features)
}

fn outline(bundle: &Bundle) -> Result<MultiPolygon<f64>, LoadError> {
    let polygons: Vec<_> = own_border(bundle)?
        .into_iter()
        .filter_map(|feature| feature.shape.area())
        .flat_map(|area| area.0.iter().cloned())
        .collect();
    if polygons.is_empty() {
        return Err(LoadError::refused(
            PART,
            "boundary",
            "missing",
            "a layer of the kind boundary",
        ));
    }
    Ok(MultiPolygon::new(polygons))
}

/// The town's own part of the border: national files of boundaries hold whole prefectures. Without a town file, or without
/// codes in the layer, all of it.
pub(crate) fn own_border(bundle: &Bundle) -> Result<Vec<&Feature>, LoadError> {
    let all: Vec<(&Feature, &Municipality)> = features(bundle, LayerKind::Boundary)
        .filter_map(|feature| match &feature.facts {
            Facts::Boundary(facts) => Some((feature, facts)),
            _ => None,
        })
        .collect();
    let code = |facts: &Municipality| {
        facts
            .code
            .as_deref()
            .and_then(|code| code.get(..5))
            .map(str::to_owned)
    };
    let codes: BTreeSet<String> = all.iter().filter_map(|(_, facts)| code(facts)).collect();
    let kept = |keep: &dyn Fn(&Municipality) -> bool| -> Vec<&Feature> {
        all.iter()
            .filter(|(_, facts)| keep(facts))
            .map(|(feature, _)| *feature)
            .collect()
    };
    let Some(town) = bundle.town_file().filter(|_| !codes.is_empty()) else {
        return Ok(kept(&|_| true));
    };
    let own = town.code.get(..5).unwrap_or_default();
    let by_code = kept(&|facts| code(facts).is_some_and(|code| code == own));
    if !by_code.is_empty() {
        return Ok(by_code);
    }
    // Wards of a designated city have codes of their own in its prefecture, and the name of the city in theirs.
    let wards = kept(&|facts| {
        let same_prefecture = code(facts).is_some_and(|code| code.get(..2) == own.get(..2));
        same_prefecture && facts.name.contains(&town.name)
    });
    if !wards.is_empty() {
        return Ok(wards);
    }
    let found: Vec<String> = codes.into_iter().take(20).collect();
    Err(LoadError::refused(
        PART,
        "boundary",
        found.join(", "),
        format!("the code of the town file, {own} ({})", town.name),
    ))
}

/// A polygon of a flood zone and the river it belongs to, where the source says so.
struct RiverZone<'b> {
    zone: HazardZone,
    river: Option<&'b str>,
}

/// All flood zones, and how many features have no known depth. These count as the deepest: too much care harms less than none.
fn zones(bundle: &Bundle) -> Result<(Vec<RiverZone<'_>>, usize), LoadError> {
    let [.., deepest] = DepthRank::ALL;
    let (mut zones, mut unknown) = (Vec::new(), 0);
    for feature in features(bundle, LayerKind::FloodMax) {
        let (Facts::Depth(facts), Some(area)) = (&feature.facts, feature.shape.area()) else {
            continue;
        };
        unknown += usize::from(facts.depth.is_none());
        let rank = facts.depth.map_or(deepest, |depth| depth.rank());
        zones.extend(area.iter().map(|shape| RiverZone {
            zone: HazardZone::new(rank, shape.clone()),
            river: facts.river.as_deref(),
        }));
    }
    if zones.len() > ZONES_MAX {
        return Err(LoadError::refused(
            PART,
            "flood_max",
            zones.len(),
            format!("at most {ZONES_MAX} zones"),
        ));
    }
    Ok((zones, unknown))
}

/// Features of flood zones whose depth has an open end below the deepest class.
fn open_ended(bundle: &Bundle) -> usize {
    let [.., deepest] = DepthRank::ALL;
    features(bundle, LayerKind::FloodMax)
        .filter(|feature| match &feature.facts {
            Facts::Depth(facts) => facts
                .depth
                .is_some_and(|depth| depth.max_m().is_none() && depth.rank() != deepest),
            _ => false,
        })
        .count()
}

/// For each river of the town file that zones name, an index of its zones.
fn by_river(zones: &[RiverZone], rivers: &[River]) -> Vec<(usize, ZoneIndex)> {
    rivers
        .iter()
        .enumerate()
        .filter_map(|(n, river)| {
            let own: Vec<HazardZone> = zones
                .iter()
                .filter(|zone| zone.river == Some(river.name.as_str()))
                .map(|zone| zone.zone.clone())
                .collect();
            (!own.is_empty()).then(|| (n, ZoneIndex::build(own)))
        })
        .collect()
}

/// A district before its people are counted.
struct Draft {
    facts: DistrictFacts,
    outline: MultiPolygon<f64>,
    people: [f64; 7],
    households: f64,
    /// People in the zones of each river that touch a place in it, even where nobody is counted there.
    by_river: BTreeMap<usize, f64>,
}

fn districts(
    bundle: &Bundle,
    zones: &ZoneIndex,
    by_river: &[(usize, ZoneIndex)],
    rivers: &[River],
) -> Result<Vec<District>, LoadError> {
    let mut drafts = drafts(bundle)?;
    let areas = AreaIndex::build(drafts.iter().map(|draft| &draft.outline));
    let mut count = |placed: PlacedPeople, households: f64, district: usize| {
        let rank = zones.rank_at(placed.at);
        let draft = &mut drafts[district];
        draft.people[rank.map_or(0, |rank| usize::from(rank.get()))] += placed.people;
        draft.households += households;
        // A person in the zones of two rivers counts for both: each of them may flood alone.
        for (river, zones) in by_river {
            if zones.rank_at(placed.at).is_some() {
                *draft.by_river.entry(*river).or_default() += placed.people;
            }
        }
    };
    check_cells(bundle)?;
    let cells: Vec<(&MultiPolygon<f64>, f64, f64)> = features(bundle, LayerKind::Population)
        .filter_map(|feature| match (&feature.facts, feature.shape.area()) {
            (Facts::Population(facts), Some(area)) => Some((
                area,
                f64::from(facts.people),
                f64::from(facts.households.unwrap_or(0)),
            )),
            _ => None,
        })
        .collect();
    if cells.is_empty() {
        let counted: Vec<_> = features(bundle, LayerKind::District)
            .filter_map(|feature| match (&feature.facts, feature.shape.area()) {
                (Facts::District(facts), Some(area)) => Some((
                    area,
                    f64::from(facts.people?),
                    f64::from(facts.households.unwrap_or(0)),
                )),
                _ => None,
            })
            .collect();
        if counted.is_empty() {
            let accepted = "a layer of the kind population, or districts that count their people";
            return Err(LoadError::refused(PART, "population", "missing", accepted));
        }
        spread(&counted, &areas, &mut count);
    } else {
        spread(&cells, &areas, &mut count);
    }
    Ok(drafts
        .into_iter()
        .filter_map(|draft| district(draft, rivers))
        .collect())
}

/// Each person is counted once: a cell may stand neither twice among all files nor in a larger one.
fn check_cells(bundle: &Bundle) -> Result<(), LoadError> {
    let mut cells = BTreeSet::new();
    for feature in features(bundle, LayerKind::Population) {
        if let Facts::Population(facts) = &feature.facts
            && let Some(mesh) = facts.mesh
            && !cells.insert(mesh)
        {
            let accepted = "each cell of the mesh once over all files of people";
            return Err(LoadError::refused(PART, "population", mesh, accepted));
        }
    }
    for mesh in &cells {
        if let Some(around) = mesh.around().find(|around| cells.contains(around)) {
            return Err(LoadError::refused(
                PART,
                "population",
                format!("{mesh}, which lies in {around}"),
                "cells of one level, or cells that do not lie in one another",
            ));
        }
    }
    Ok(())
}

/// Issuing units as the layers have them; where there are none, the town's municipality or its wards. One unit may come in
/// several features.
pub(crate) fn units(
    bundle: &Bundle,
) -> Result<Vec<(DistrictFacts, &MultiPolygon<f64>)>, LoadError> {
    if bundle.layers_of(LayerKind::District).next().is_some() {
        let districts = features(bundle, LayerKind::District);
        return Ok(districts
            .filter_map(|feature| match (&feature.facts, feature.shape.area()) {
                (Facts::District(facts), Some(area)) => Some((facts.clone(), area)),
                _ => None,
            })
            .collect());
    }
    let border = own_border(bundle)?.into_iter();
    Ok(border
        .filter_map(|feature| match (&feature.facts, feature.shape.area()) {
            (Facts::Boundary(facts), Some(area)) => {
                let number = || format!("boundary-{}", feature.number);
                let unit = DistrictFacts {
                    id: facts.code.clone().unwrap_or_else(number),
                    name: facts.name.clone(),
                    people: None,
                    households: None,
                    approximate: false,
                };
                Some((unit, area))
            }
            _ => None,
        })
        .collect())
}

/// Units by their identifiers.
fn drafts(bundle: &Bundle) -> Result<Vec<Draft>, LoadError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    for (facts, area) in units(bundle)? {
        let draft = drafts.entry(facts.id.clone()).or_insert_with(|| Draft {
            facts,
            outline: MultiPolygon::new(Vec::new()),
            people: [0.0; 7],
            households: 0.0,
            by_river: BTreeMap::new(),
        });
        draft.outline.0.extend(area.0.iter().cloned());
    }
    if drafts.len() > DISTRICTS_MAX {
        return Err(LoadError::refused(
            PART,
            "district",
            drafts.len(),
            format!("at most {DISTRICTS_MAX}"),
        ));
    }
    Ok(drafts.into_values().collect())
}

/// Spreads the people of each cell or area evenly over places in it, and counts each place for its district. A place outside every
/// district counts for none: cells at the border belong to the town by their share.
fn spread(
    counted: &[(&MultiPolygon<f64>, f64, f64)],
    areas: &AreaIndex,
    count: &mut impl FnMut(PlacedPeople, f64, usize),
) {
    for (area, people, households) in counted {
        let Some(rect) = area.bounding_rect() else {
            continue;
        };
        let (low, high) = (Point::from(rect.min()), Point::from(rect.max()));
        let across_m = distance_m(low, Point::new(high.x(), low.y()))
            .max(distance_m(low, Point::new(low.x(), high.y())));
        let inside: Vec<Point<f64>> = PlacedPeople::spread(low, high, 1.0, side(across_m))
            .map(|placed| placed.at)
            .filter(|at| area.intersects(at))
            .collect();
        // An outline so thin that no place of the raster meets it still has its people.
        let inside = if inside.is_empty() {
            area.interior_point().into_iter().collect()
        } else {
            inside
        };
        let share = 1.0 / f64::from(u32::try_from(inside.len()).unwrap_or(u32::MAX)).max(1.0);
        for at in inside {
            if let Some(district) = areas.at(at).next() {
                let placed = PlacedPeople {
                    at,
                    people: people * share,
                };
                count(placed, households * share, district);
            }
        }
    }
}

fn side(across_m: f64) -> u16 {
    let side = (across_m / SPREAD_M).ceil().clamp(1.0, f64::from(SIDE_MAX));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and SIDE_MAX"
    )]
    let side = side as u16;
    side
}

fn district(draft: Draft, rivers: &[River]) -> Option<District> {
    let label = draft.outline.interior_point()?;
    let people_by_rank = whole(&draft.people);
    let in_zone: u32 = people_by_rank[1..].iter().sum();
    let mut by_river: Vec<(usize, f64)> = draft.by_river.into_iter().collect();
    by_river.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let reaches = by_river
        .into_iter()
        .map(|(river, people)| {
            let river = &rivers[river];
            Reach {
                river: river.name.clone(),
                river_en: river.name_en.clone(),
                gauges: river.gauges.clone(),
                people_in_zone: round(people).min(in_zone),
            }
        })
        .collect();
    Some(District {
        id: draft.facts.id,
        name: draft.facts.name,
        kana: None,
        name_en: None,
        outline: draft.outline,
        label,
        people: people_by_rank.iter().sum(),
        households: round(draft.households),
        people_by_rank,
        reaches,
        approximate: true,
    })
}

/// Whole people whose sum is the rounded sum: what is left over goes where the largest parts were cut off.
fn whole(parts: &[f64; 7]) -> [u32; 7] {
    let total = round(parts.iter().sum());
    let mut counts = parts.map(floor);
    let mut left = total.saturating_sub(counts.iter().sum());
    let mut order: Vec<usize> = (0..7).collect();
    order.sort_by(|a, b| {
        parts[*b]
            .fract()
            .total_cmp(&parts[*a].fract())
            .then(a.cmp(b))
    });
    for n in order {
        if left == 0 {
            break;
        }
        counts[n] += 1;
        left -= 1;
    }
    counts
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "people of a town, never negative"
)]
fn floor(people: f64) -> u32 {
    people.floor() as u32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "people of a town, never negative"
)]
fn round(people: f64) -> u32 {
    people.round() as u32
}

fn shelters(
    bundle: &Bundle,
    outline: &MultiPolygon<f64>,
    zones: &ZoneIndex,
) -> Result<Vec<Shelter>, LoadError> {
    let shelters: Vec<Shelter> = features(bundle, LayerKind::ShelterEmergency)
        .filter_map(|feature| match (&feature.facts, feature.shape.point()) {
            (Facts::Site(facts), Some(at)) => Some(Shelter::of_site(
                facts,
                at,
                zones.rank_at(at),
                outline.intersects(&at),
            )),
            _ => None,
        })
        .collect();
    if shelters.len() > SHELTERS_MAX {
        return Err(LoadError::refused(
            PART,
            "shelter_emergency",
            shelters.len(),
            format!("at most {SHELTERS_MAX}"),
        ));
    }
    Ok(shelters)
}

#[cfg(test)]
mod tests {
    use super::whole;

    #[test]
    fn whole_people_add_up_to_the_whole_sum() {
        assert_eq!(
            whole(&[0.4, 0.4, 0.4, 0.4, 0.4, 0.0, 0.0]),
            [1, 1, 0, 0, 0, 0, 0]
        );
        assert_eq!(
            whole(&[2.5, 1.5, 0.0, 0.0, 0.0, 0.0, 0.0])
                .iter()
                .sum::<u32>(),
            4
        );
        assert_eq!(whole(&[0.0; 7]), [0; 7]);
    }
}
