//! From layers to a town.

use std::collections::BTreeMap;

use geo::{BoundingRect, InteriorPoint, Intersects, MultiPolygon, Point};

use super::{Bundle, PART};
use crate::load::{DISTRICTS_MAX, Placed, SHELTERS_MAX, ZONES_MAX, rivers};
use crate::projection::distance_m;
use crate::{
    AreaIndex, DepthRank, District, DistrictFacts, Facts, Feature, HazardZone, LayerKind,
    LoadError, PlacedPeople, Reach, River, Shelter, Town, TownNote, ZoneIndex,
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
    if unknown > 0 {
        file.notes.push(TownNote {
            ja: format!("浸水深の分からない浸水区域が{unknown}あります。最も深い区分（20m以上）として扱っています。"),
            en: format!("{unknown} flood zones have no known depth. They are treated as the deepest class (20 m or more)."),
        });
    }
    let index = ZoneIndex::build(zones.iter().map(|zone| zone.zone.clone()).collect());
    let rivers = rivers(&file, &BTreeMap::new())?;
    let districts = districts(bundle, &index, &by_river(&zones, &rivers), &rivers)?;
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
    let polygons: Vec<_> = features(bundle, LayerKind::Boundary)
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
        // Of several rivers the one whose water is deepest there; each person counts for one.
        let deepest = by_river
            .iter()
            .filter_map(|(river, zones)| {
                Some((zones.rank_at(placed.at)?, std::cmp::Reverse(*river)))
            })
            .max();
        if let Some((_, std::cmp::Reverse(river))) = deepest {
            *draft.by_river.entry(river).or_default() += placed.people;
        }
    };
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

/// Issuing units by their identifiers; where a town has none, its municipalities or wards.
fn drafts(bundle: &Bundle) -> Result<Vec<Draft>, LoadError> {
    let mut drafts: BTreeMap<String, Draft> = BTreeMap::new();
    let mut add = |facts: DistrictFacts, area: &MultiPolygon<f64>| {
        let draft = drafts.entry(facts.id.clone()).or_insert_with(|| Draft {
            facts,
            outline: MultiPolygon::new(Vec::new()),
            people: [0.0; 7],
            households: 0.0,
            by_river: BTreeMap::new(),
        });
        draft.outline.0.extend(area.0.iter().cloned());
    };
    for feature in features(bundle, LayerKind::District) {
        if let (Facts::District(facts), Some(area)) = (&feature.facts, feature.shape.area()) {
            add(facts.clone(), area);
        }
    }
    if bundle.layers_of(LayerKind::District).next().is_none() {
        for feature in features(bundle, LayerKind::Boundary) {
            if let (Facts::Boundary(facts), Some(area)) = (&feature.facts, feature.shape.area()) {
                let id = facts
                    .code
                    .clone()
                    .unwrap_or_else(|| format!("boundary-{}", feature.number));
                let whole = DistrictFacts {
                    id,
                    name: facts.name.clone(),
                    people: None,
                    households: None,
                    approximate: false,
                };
                add(whole, area);
            }
        }
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
    let mut left = in_zone;
    let mut by_river: Vec<(usize, f64)> = draft.by_river.into_iter().collect();
    by_river.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let reaches = by_river
        .into_iter()
        .filter_map(|(river, people)| {
            let people = round(people).min(left);
            left -= people;
            let river = &rivers[river];
            (people > 0).then(|| Reach {
                river: river.name.clone(),
                river_en: river.name_en.clone(),
                gauges: river.gauges.clone(),
                people_in_zone: people,
            })
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
