//! Areas with orders in force as GeoJSON (RFC 7946): longitude first, unlike CAP.

use serde::Serialize;

use super::Publisher;
use crate::facts::Facts;
use crate::realm::Realm;

#[derive(Serialize)]
struct Collection<'c> {
    r#type: &'static str,
    realm: Realm,
    features: Vec<Feature<'c>>,
}

#[derive(Serialize)]
struct Feature<'c> {
    r#type: &'static str,
    id: String,
    geometry: Geometry<'c>,
    properties: Properties<'c>,
}

#[derive(Serialize)]
struct Geometry<'c> {
    r#type: &'static str,
    /// Polygons of one ring each.
    coordinates: Vec<[&'c [[f64; 2]]; 1]>,
}

#[derive(Serialize)]
struct Properties<'c> {
    notice: &'c str,
    area: &'c str,
    name: &'c str,
    name_en: &'c str,
    level: u8,
    order: &'static str,
    order_en: &'static str,
    hazard: &'static str,
    river: &'c str,
    sent: jiff::Timestamp,
    expires: jiff::Timestamp,
    page: String,
}

/// Writes one feature for each order and area in force, in the order given. RFC 7946 wants outer rings anticlockwise; they
/// are turned where they are not.
#[must_use]
pub fn write(publisher: &Publisher<'_>, realm: Realm, in_force: &[&Facts]) -> Vec<u8> {
    let turned: Vec<Vec<Vec<Vec<[f64; 2]>>>> = in_force
        .iter()
        .map(|facts| {
            facts
                .districts
                .iter()
                .map(|district| {
                    district
                        .rings
                        .iter()
                        .map(|ring| anticlockwise(ring))
                        .collect()
                })
                .collect()
        })
        .collect();
    let features = in_force
        .iter()
        .zip(&turned)
        .flat_map(|(facts, districts)| {
            facts
                .districts
                .iter()
                .zip(districts)
                .map(|(district, rings)| Feature {
                    r#type: "Feature",
                    id: format!("{}/{}", facts.id, district.id),
                    geometry: Geometry {
                        r#type: "MultiPolygon",
                        coordinates: rings.iter().map(|ring| [ring.as_slice()]).collect(),
                    },
                    properties: Properties {
                        notice: facts.id.as_str(),
                        area: &district.id,
                        name: &district.name,
                        name_en: &district.name_en,
                        level: facts.level.number(),
                        order: facts.level.name(),
                        order_en: facts.level.name_en(),
                        hazard: facts.hazard.word(),
                        river: &facts.river,
                        sent: facts.sent,
                        expires: facts.expires,
                        page: format!("{}/n/{}", publisher.base(), facts.id),
                    },
                })
        })
        .collect();
    crate::send::json(&Collection {
        r#type: "FeatureCollection",
        realm,
        features,
    })
}

fn anticlockwise(ring: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let twice_the_area: f64 = ring
        .windows(2)
        .map(|pair| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1])
        .sum();
    let mut ring = ring.to_vec();
    if twice_the_area < 0.0 {
        ring.reverse();
    }
    ring
}
