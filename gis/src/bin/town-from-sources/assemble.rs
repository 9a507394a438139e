//! Rules and sources put together: the two files of a town.

use std::collections::BTreeMap;

use geo::{BoundingRect, Intersects, MultiPolygon, Point};
use hinan_gis::projection::LocalPlane;
use hinan_gis::{
    DepthRank, Hazard, HazardZone, MapDistrict, MapFile, MapLines, MapRing, MapShelter, MapZone,
    TownFile, TownGauge, TownLevels, TownRiver, TownShelterRule, ZoneIndex,
};

use crate::Failure;
use crate::people::{Counted, counted, nearest_whole, whole};
use crate::rivers::{Course, courses};
use crate::rules::{GaugeRule, Rules, UnitRule};
use crate::sources::{Site, Sources, Station};
use crate::units::units;

pub(crate) fn assemble(rules: &Rules, sources: &Sources) -> Result<(TownFile, MapFile), Failure> {
    let middle = sources
        .border
        .bounding_rect()
        .ok_or("the border encloses nothing")?
        .center();
    let plane = LocalPlane::at(middle.into());
    let zones = index(sources)?;
    let courses = courses(rules, sources)?;
    let units = units(rules, sources, &plane)?;
    let counted = counted(sources, &units, &zones, &courses, &plane)?;
    let mut map = MapFile::new(polygons(&sources.border));
    map.zones = sources
        .zones
        .iter()
        .map(|(rank, shape)| MapZone {
            rank: *rank,
            rings: MapRing::polygon(shape),
        })
        .collect();
    map.shelters = sources.shelters.iter().map(shelter).collect();
    map.rivers = courses.iter().map(lines).collect();
    let total = nearest_whole(counted.iter().map(|unit| unit.people).sum());
    let households = nearest_whole(counted.iter().map(|unit| unit.households).sum());
    let people = whole(
        &counted.iter().map(|unit| unit.people).collect::<Vec<_>>(),
        total,
    );
    let households = whole(
        &counted
            .iter()
            .map(|unit| unit.households)
            .collect::<Vec<_>>(),
        households,
    );
    for (n, rule) in rules.units.iter().enumerate() {
        let outline = &units.outlines[n];
        let label = counted[n]
            .middle()
            .filter(|at| outline.intersects(at))
            .unwrap_or(units.town_middles[n]);
        map.districts.push(district(
            rules,
            rule,
            outline,
            label,
            &counted[n],
            (people[n], households[n]),
            &courses,
        ));
    }
    Ok((town(rules, sources)?, map))
}

fn index(sources: &Sources) -> Result<ZoneIndex, Failure> {
    let zone = |(rank, shape): &(u8, geo::Polygon<f64>)| {
        let rank = DepthRank::new(*rank).ok_or_else(|| format!("{rank} is no depth rank"))?;
        Ok(HazardZone::new(rank, shape.clone()))
    };
    Ok(ZoneIndex::build(
        sources
            .zones
            .iter()
            .map(zone)
            .collect::<Result<_, Failure>>()?,
    ))
}

fn town(rules: &Rules, sources: &Sources) -> Result<TownFile, Failure> {
    Ok(TownFile {
        code: rules.code.clone(),
        name: rules.name.clone(),
        name_en: rules.name_en.clone(),
        prefecture: rules.prefecture.clone(),
        shelter_rule: TownShelterRule {
            flood_depth_rank_max: rules.flood_depth_rank_max,
        },
        rivers: rules
            .rivers
            .iter()
            .map(|river| {
                Ok(TownRiver {
                    name: river.name.clone(),
                    name_en: river.name_en.clone(),
                    gauges: ids(sources, &river.gauges)?,
                })
            })
            .collect::<Result<_, Failure>>()?,
        gauges: sources
            .gauges
            .iter()
            .map(|station| gauge(rules, sources, station))
            .collect::<Result<_, Failure>>()?,
        stages: Vec::new(),
        notes: rules.notes.clone(),
        attribution: rules.attribution.clone(),
    })
}

fn gauge(rules: &Rules, sources: &Sources, station: &Station) -> Result<TownGauge, Failure> {
    let named = |rule: &&GaugeRule| rule.name == station.name;
    let rule = rules
        .gauges
        .iter()
        .find(named)
        .ok_or_else(|| format!("rules.toml has no gauge {}", station.name))?;
    Ok(TownGauge {
        id: station.id.clone(),
        name: station.name.clone(),
        kana: station.kana.clone(),
        name_en: rule.name_en.clone(),
        river: station.river.clone(),
        river_en: river_en(rules, &station.river)?,
        lon: station.at.x(),
        lat: station.at.y(),
        river_km: station.river_km,
        upstream: ids(sources, &rule.upstream)?,
        levels: levels(sources, station),
    })
}

fn levels(sources: &Sources, station: &Station) -> Option<TownLevels> {
    let levels = sources
        .levels
        .iter()
        .find(|levels| levels.id == station.id)?;
    let [
        standby_m,
        caution_m,
        evacuation_judgement_m,
        danger_m,
        design_high_water_m,
    ] = levels.metres;
    let source = Some(levels.source.clone());
    Some(TownLevels {
        standby_m,
        caution_m,
        evacuation_judgement_m,
        danger_m,
        design_high_water_m,
        // No source of this town states it.
        overflow_start_m: None,
        source,
    })
}

fn river_en(rules: &Rules, river: &str) -> Result<String, Failure> {
    let listed = rules
        .rivers
        .iter()
        .find(|rule| rule.name == river)
        .map(|rule| &rule.name_en);
    Ok(listed
        .or_else(|| rules.other_rivers.get(river))
        .ok_or_else(|| format!("rules.toml has no river {river}"))?
        .clone())
}

/// Identifiers of gauges that the rules call by name.
fn ids(sources: &Sources, names: &[String]) -> Result<Vec<String>, Failure> {
    let id = |name: &String| {
        let station = sources.gauges.iter().find(|station| station.name == *name);
        Ok(station
            .ok_or_else(|| format!("rules.toml: no gauge is called {name}"))?
            .id
            .clone())
    };
    names.iter().map(id).collect()
}

fn shelter(site: &Site) -> MapShelter {
    MapShelter {
        id: site.id.clone(),
        name: site.name.clone(),
        name_en: None,
        address: site.address.clone(),
        at: millionths(site.at),
        approved_for: site
            .approved_for
            .iter()
            .map(|hazard| Hazard::key(*hazard).to_owned())
            .collect(),
        capacity: None,
        note: site.note.clone(),
    }
}

fn lines(course: &Course) -> MapLines {
    MapLines {
        river: course.river.clone(),
        lines: course.lines.iter().map(MapRing::of).collect(),
    }
}

fn district(
    rules: &Rules,
    rule: &UnitRule,
    outline: &MultiPolygon<f64>,
    label: Point<f64>,
    counted: &Counted,
    (people, households): (u32, u32),
    courses: &[Course],
) -> MapDistrict {
    let by_rank = whole(&counted.by_rank, people);
    let mut people_by_rank = [0; 7];
    people_by_rank.copy_from_slice(&by_rank);
    let in_zone: u32 = by_rank[1..].iter().sum();
    let shares: Vec<f64> = counted.by_river.values().copied().collect();
    let people_by_river: BTreeMap<String, u32> = counted
        .by_river
        .keys()
        .zip(whole(&shares, in_zone))
        .filter(|(_, people)| *people >= rules.people_in_zone_min)
        .map(|(river, people)| (courses[*river].river.clone(), people))
        .collect();
    MapDistrict {
        id: rule.id.clone(),
        name: rule.name.clone(),
        kana: None,
        name_en: Some(rule.name_en.clone()),
        outline: polygons(outline),
        label: millionths(label),
        people,
        households,
        people_by_rank,
        people_by_river,
        approximate: true,
    }
}

fn polygons(outline: &MultiPolygon<f64>) -> Vec<Vec<MapRing>> {
    outline.iter().map(MapRing::polygon).collect()
}

fn millionths(at: Point<f64>) -> [i32; 2] {
    let ring = MapRing::of(&geo::LineString::from(vec![(at.x(), at.y())]));
    [ring.0[0], ring.0[1]]
}
