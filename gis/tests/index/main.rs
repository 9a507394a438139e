//! The index against a plain loop and against GEOS, on every zone of four towns.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod geos;
mod samples;

use std::collections::BTreeSet;

use geo::coordinate_position::{CoordPos, CoordinatePosition};
use geo::{BoundingRect, Coord, Intersects, LineString, Point, Polygon};
use hinan_gis::{OutlineIndex, Town};
use samples::Chance;

const PLACES: usize = 100_000;

#[test]
fn in_obihiro_the_index_answers_like_a_plain_loop_and_like_geos() {
    let zones = town_zones("obihiro").unwrap_or_else(|| {
        println!("the committed map with zones of 25 m stands in");
        committed_zones()
    });
    compare("obihiro", &zones);
}

#[test]
fn in_kurashiki_the_index_answers_like_a_plain_loop_and_like_geos() {
    compare_town("kurashiki");
}

#[test]
fn in_kawasaki_the_index_answers_like_a_plain_loop_and_like_geos() {
    compare_town("kawasaki");
}

#[test]
fn in_noto_the_index_answers_like_a_plain_loop_and_like_geos() {
    compare_town("noto");
}

/// Every district of the demo town against every zone, each answered by `geo` and by the index.
#[test]
fn zones_meeting_a_district_are_those_that_a_plain_loop_finds() {
    let town = committed();
    let zones = committed_zones();
    let boxes = boxes(&zones);
    for district in town.districts.iter().step_by(5) {
        let rect = district.outline.bounding_rect().unwrap();
        let expected: Vec<usize> = (0..zones.len())
            .filter(|n| boxes[*n].intersects(&rect) && district.outline.intersects(&zones[*n]))
            .collect();
        let found: Vec<usize> = town
            .zones()
            .zones_meeting(&district.outline)
            .map(|zone| zone.number)
            .collect();
        assert_eq!(found, expected, "{}", district.name);
        assert!(
            !expected.is_empty() || district.people_in_zone() == 0,
            "{}",
            district.name
        );
    }
}

/// Each zone's own distance by a plain loop; the index must name the least, and its zone.
#[test]
fn the_nearest_zone_is_the_one_that_a_plain_loop_finds() {
    let town = committed();
    let index = town.zones();
    let rect = town.outline.bounding_rect().unwrap();
    let mut chance = Chance(7);
    for _ in 0..40 {
        let place = chance.between(rect.min(), rect.max());
        let (expected, expected_m) = (0..index.len())
            .map(|n| (n, index.outlines().distance_m(n, place)))
            .min_by(|a, b| a.1.total_cmp(&b.1))
            .unwrap();
        let (found, found_m) = index
            .nearest(place, hinan_gis::DepthRank::ALL[0], 100_000.0)
            .unwrap();
        assert_eq!((found.number, found_m), (expected, expected_m), "{place:?}");
    }
}

/// The town's own method asks every shelter; the index must give the same ones, from anywhere.
#[test]
fn the_nearest_shelters_are_those_that_a_plain_loop_finds() {
    use hinan_gis::{Hazard, ShelterIndex, ShelterRule};
    let town = committed();
    let mut chance = Chance(11);
    for hazard in [
        Hazard::Flood,
        Hazard::Earthquake,
        Hazard::Landslide,
        Hazard::Tsunami,
    ] {
        let rule: ShelterRule = town.shelter_rule;
        let index = ShelterIndex::build(&town.shelters, hazard, rule);
        for n in [0, 1, 3, 7, 200] {
            for _ in 0..200 {
                let place =
                    chance.between(Coord { x: 142.0, y: 42.0 }, Coord { x: 145.0, y: 44.0 });
                let found: Vec<(&str, f64)> = index
                    .nearest(place, n)
                    .iter()
                    .map(|near| (town.shelters[near.number].id.as_str(), near.distance_m))
                    .collect();
                let mut expected: Vec<(&str, f64)> = town
                    .nearest_usable_shelters(place, hazard, n)
                    .iter()
                    .map(|(shelter, metres)| (shelter.id.as_str(), *metres))
                    .collect();
                // Building and ground of a school may share one place: there the lists differ in their order of naming.
                let by_name =
                    |a: &(&str, f64), b: &(&str, f64)| a.1.total_cmp(&b.1).then(a.0.cmp(b.0));
                expected.sort_by(by_name);
                let mut sorted = found.clone();
                sorted.sort_by(by_name);
                assert_eq!(
                    sorted.iter().map(|near| near.1).collect::<Vec<_>>(),
                    expected.iter().map(|near| near.1).collect::<Vec<_>>()
                );
                assert!(found.windows(2).all(|pair| pair[0].1 <= pair[1].1));
            }
        }
    }
}

fn compare_town(name: &str) {
    match town_zones(name) {
        Some(zones) => compare(name, &zones),
        None => println!("skipped: no samples"),
    }
}

/// All zones of a town, of large rivers and, where there are any, of others.
fn town_zones(name: &str) -> Option<Vec<Polygon<f64>>> {
    let folder = samples::folder()?.join(name);
    let mut zones = Vec::new();
    for class in ["primary", "others"] {
        let path = folder.join(format!("flood_depth_max_{class}_10m.fgb.gz"));
        if path.exists() || class == "primary" {
            zones.extend(
                samples::zones(&path)
                    .unwrap()
                    .into_iter()
                    .map(|zone| zone.shape),
            );
        }
    }
    Some(zones)
}

fn committed() -> Town {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/obihiro/");
    let text = std::fs::read_to_string(format!("{folder}town.toml")).unwrap();
    Town::load(
        &text,
        &std::fs::read(format!("{folder}map.json.gz")).unwrap(),
    )
    .unwrap()
}

fn committed_zones() -> Vec<Polygon<f64>> {
    committed()
        .zones()
        .iter()
        .map(|zone| zone.shape())
        .collect()
}

fn compare(town: &str, zones: &[Polygon<f64>]) {
    let places = places(zones, PLACES);
    let index = OutlineIndex::build(zones.iter().cloned());
    let found: Vec<Vec<usize>> = places
        .iter()
        .map(|place| index.at(*place).collect())
        .collect();
    let mut together = vec![vec![usize::MAX]; places.len()];
    index.at_each(&places, |place, there| together[place] = there.collect());
    assert_eq!(
        together, found,
        "{town}: many at once are answered otherwise"
    );
    let boxes = boxes(zones);
    let mut inside = 0;
    for (place, found) in places.iter().zip(&found) {
        let expected = plain_loop(zones, &boxes, *place);
        assert_eq!(found, &expected, "{town} {place:?}");
        inside += usize::from(!expected.is_empty());
    }
    println!(
        "{town}: {} zones, {} places, {inside} of them in a zone: all as by the plain loop",
        zones.len(),
        places.len()
    );
    assert!(
        inside > PLACES / 2,
        "only {inside} places tried the outlines"
    );
    compare_with_geos(town, zones, &places, &found);
}

/// Every zone asked; only the box stands before the outline.
fn plain_loop(zones: &[Polygon<f64>], boxes: &[geo::Rect<f64>], place: Point<f64>) -> Vec<usize> {
    boxes
        .iter()
        .enumerate()
        .filter(|(n, rect)| rect.intersects(&place) && zones[*n].intersects(&place))
        .map(|(n, _)| n)
        .collect()
}

fn boxes(zones: &[Polygon<f64>]) -> Vec<geo::Rect<f64>> {
    zones
        .iter()
        .map(|zone| zone.bounding_rect().unwrap())
        .collect()
}

/// A quarter are corners, a quarter lie on edges as nearly as numbers allow, a quarter in the box of a zone, and a quarter
/// anywhere.
fn places(zones: &[Polygon<f64>], count: usize) -> Vec<Point<f64>> {
    let mut chance = Chance(2016);
    let all = boxes(zones);
    let low = Coord {
        x: all.iter().map(|rect| rect.min().x).fold(f64::MAX, f64::min),
        y: all.iter().map(|rect| rect.min().y).fold(f64::MAX, f64::min),
    };
    let high = Coord {
        x: all.iter().map(|rect| rect.max().x).fold(f64::MIN, f64::max),
        y: all.iter().map(|rect| rect.max().y).fold(f64::MIN, f64::max),
    };
    (0..count)
        .map(|n| match n % 4 {
            2 => chance.near_a_zone(zones),
            3 => chance.between(low, high),
            on => {
                let zone = &zones[chance.below(zones.len())];
                let ring = match chance.below(1 + zone.interiors().len()) {
                    0 => zone.exterior(),
                    hole => &zone.interiors()[hole - 1],
                };
                let edge = chance.below(ring.0.len() - 1);
                let (from, to) = (ring.0[edge], ring.0[edge + 1]);
                let along = if on == 0 { 0.0 } else { chance.share() };
                Point::new(
                    from.x + (to.x - from.x) * along,
                    from.y + (to.y - from.y) * along,
                )
            }
        })
        .collect()
}

/// Any difference from GEOS must be at a place that lies exactly on the line of the zone in question.
fn compare_with_geos(
    town: &str,
    zones: &[Polygon<f64>],
    places: &[Point<f64>],
    found: &[Vec<usize>],
) {
    let Some((said, differing)) = differing_from_geos(town, zones, places, found) else {
        println!("skipped: no shapely");
        return;
    };
    for (place, zone) in &differing {
        let position = zones[*zone].coordinate_position(&Coord::from(places[*place]));
        assert_eq!(
            position,
            CoordPos::OnBoundary,
            "{town}: GEOS differs at {:?}, zone {zone}",
            places[*place]
        );
    }
    let answers: usize = found.iter().map(Vec::len).sum();
    println!(
        "{town}: {answers} answers beside {said}: {} differ, each of them on a line",
        differing.len()
    );
}

/// Places beside slanted lines as nearly as numbers allow, where all our towns have only level and upright ones. GEOS
/// computes the side of a line with twice the digits; ours is exact. Both must agree but for places within a few of the
/// last bits of a line, and there `geo` must agree with us.
#[test]
fn beside_slanted_lines_geos_differs_at_most_within_the_last_bits() {
    let mut chance = Chance(42);
    let (low, high) = (Coord { x: 139.4, y: 35.4 }, Coord { x: 139.8, y: 35.7 });
    let zones: Vec<Polygon<f64>> = (0..60)
        .map(|_| {
            let corners = [(); 3].map(|()| Coord::from(chance.between(low, high)));
            Polygon::new(LineString::from(corners.to_vec()), vec![])
        })
        .collect();
    let places: Vec<Point<f64>> = (0..PLACES)
        .map(|_| {
            let ring = zones[chance.below(zones.len())].exterior();
            let edge = chance.below(3);
            let (from, to) = (ring.0[edge], ring.0[edge + 1]);
            let along = chance.share();
            Point::new(
                from.x + (to.x - from.x) * along,
                from.y + (to.y - from.y) * along,
            )
        })
        .collect();
    let index = OutlineIndex::build(zones.iter().cloned());
    let found: Vec<Vec<usize>> = places
        .iter()
        .map(|place| index.at(*place).collect())
        .collect();
    let boxes = boxes(&zones);
    for (place, found) in places.iter().zip(&found) {
        assert_eq!(found, &plain_loop(&zones, &boxes, *place), "{place:?}");
    }
    let Some((said, differing)) = differing_from_geos("slanted", &zones, &places, &found) else {
        println!("skipped: no shapely");
        return;
    };
    for (place, zone) in &differing {
        let near = zones[*zone].exterior().lines().any(|edge| {
            let (along, across) = (edge.delta(), Coord::from(places[*place]) - edge.start);
            (along.x * across.y - along.y * across.x).abs() / along.x.hypot(along.y) < 1e-13
        });
        assert!(near, "GEOS differs at {:?}, zone {zone}", places[*place]);
    }
    println!(
        "slanted: {} places beside {said}: {} differ, each within 1e-13 degrees of a line",
        places.len(),
        differing.len()
    );
}

/// What GEOS is, and which pairs of place and zone only one of the two has; nothing where there is no shapely.
fn differing_from_geos(
    name: &str,
    zones: &[Polygon<f64>],
    places: &[Point<f64>],
    found: &[Vec<usize>],
) -> Option<(String, Vec<(usize, usize)>)> {
    let python = geos::python()?;
    let questions = geos::Questions::write(name, zones, places).unwrap();
    let said = questions.ask(&python, &["answers"]).unwrap();
    let ours: BTreeSet<(usize, usize)> = found
        .iter()
        .enumerate()
        .flat_map(|(place, zones)| zones.iter().map(move |zone| (place, *zone)))
        .collect();
    let theirs: BTreeSet<(usize, usize)> = questions.answers().unwrap().into_iter().collect();
    let version = |key: &str| said[key].as_str().unwrap().to_owned();
    Some((
        format!("GEOS {} (shapely {})", version("geos"), version("shapely")),
        ours.symmetric_difference(&theirs).copied().collect(),
    ))
}
