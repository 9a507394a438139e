//! The open data as it lies in its folders, read whole and checked for what is used of it.

use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use geo::{Coord, LineString, MultiPolygon, Point, Polygon};
use hinan_gis::Hazard;
use serde_json::Value;

use crate::Failure;

pub(crate) struct Sources {
    pub(crate) border: MultiPolygon<f64>,
    pub(crate) zones: Vec<(u8, Polygon<f64>)>,
    pub(crate) shelters: Vec<Site>,
    pub(crate) towns: Vec<(String, Point<f64>)>,
    pub(crate) census: Vec<CensusCell>,
    pub(crate) cameras: Vec<(String, Point<f64>)>,
    pub(crate) gauges: Vec<Station>,
    pub(crate) levels: Vec<Levels>,
}

/// An emergency evacuation site as published.
pub(crate) struct Site {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) note: Option<String>,
    pub(crate) at: Point<f64>,
    pub(crate) approved_for: Vec<Hazard>,
}

/// A 500 m cell of the census; `share_inside` is the share of its area inside the city.
pub(crate) struct CensusCell {
    pub(crate) south_west: Coord<f64>,
    pub(crate) people: f64,
    pub(crate) households: f64,
    pub(crate) share_inside: f64,
}

/// A gauge of the level series.
pub(crate) struct Station {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) kana: Option<String>,
    pub(crate) river: String,
    pub(crate) at: Point<f64>,
    pub(crate) river_km: Option<f64>,
}

/// Official levels of a gauge; empty cells stay absent.
pub(crate) struct Levels {
    pub(crate) id: String,
    pub(crate) metres: [Option<f64>; 5],
    pub(crate) source: String,
}

pub(crate) fn read(gis: &Path, hydrology: &Path) -> Result<Sources, Failure> {
    let cameras = features(&gis.join("river_cctv.geojson"))?;
    Ok(Sources {
        border: border(&gis.join("municipality_n03.geojson"))?,
        zones: zones(&gis.join("flood_depth_max_primary_25m.geojson"))?,
        shelters: shelters(&gis.join("shelters_emergency_gsi.geojson"))?,
        towns: towns(&gis.join("town_points_geolonia.csv"))?,
        census: census(&gis.join("population_mesh500_census2010.geojson"))?,
        cameras: cameras
            .iter()
            .map(|f| Ok((text(f, "name")?, point(f)?)))
            .collect::<Result<_, Failure>>()?,
        gauges: stations(
            &hydrology.join("gauges.csv"),
            &gis.join("river_gauges.geojson"),
        )?,
        levels: levels(&gis.join("reference_levels.csv"))?,
    })
}

/// Unpacked text of a gzip file.
pub(crate) fn unpacked(path: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    GzDecoder::new(opened(path)?)
        .read_to_string(&mut text)
        .map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(text)
}

fn opened(path: &Path) -> Result<std::fs::File, Failure> {
    std::fs::File::open(path).map_err(|why| format!("{}: {why}", path.display()).into())
}

fn border(path: &Path) -> Result<MultiPolygon<f64>, Failure> {
    let found = features(path)?;
    let coordinates =
        &found.first().ok_or("the border file holds no feature")?["geometry"]["coordinates"];
    array(coordinates)?.iter().map(polygon).collect()
}

fn zones(path: &Path) -> Result<Vec<(u8, Polygon<f64>)>, Failure> {
    features(path)?
        .iter()
        .map(|f| {
            Ok((
                u8::try_from(number(f, "depth_rank")?)?,
                polygon(&f["geometry"]["coordinates"])?,
            ))
        })
        .collect()
}

fn shelters(path: &Path) -> Result<Vec<Site>, Failure> {
    features(path)?
        .iter()
        .map(|f| {
            let flag = |hazard: &Hazard| f["properties"][hazard.words_ja()] == "1";
            Ok(Site {
                id: text(f, "共通ID")?,
                name: text(f, "施設・場所名")?,
                address: text(f, "住所")?,
                note: text(f, "備考").ok().filter(|note| !note.is_empty()),
                at: point(f)?,
                approved_for: Hazard::ALL.into_iter().filter(flag).collect(),
            })
        })
        .collect()
}

fn towns(path: &Path) -> Result<Vec<(String, Point<f64>)>, Failure> {
    rows(path)?
        .into_iter()
        .map(|row| {
            Ok((
                row["town"].clone(),
                Point::new(row["lng"].parse()?, row["lat"].parse()?),
            ))
        })
        .collect()
}

fn census(path: &Path) -> Result<Vec<CensusCell>, Failure> {
    let mut cells = Vec::new();
    for f in features(path)? {
        let shape = polygon(&f["geometry"]["coordinates"])?;
        let least = |axis: fn(&Coord<f64>) -> f64| {
            shape.exterior().coords().map(axis).fold(f64::MAX, f64::min)
        };
        let value = |key: &str| {
            f["properties"][key]
                .as_f64()
                .ok_or_else(|| format!("a census cell lacks {key}"))
        };
        cells.push(CensusCell {
            south_west: Coord {
                x: least(|c| c.x),
                y: least(|c| c.y),
            },
            people: value("population")?,
            households: value("households")?,
            share_inside: value("share_inside")?,
        });
    }
    Ok(cells)
}

fn stations(list: &Path, map: &Path) -> Result<Vec<Station>, Failure> {
    let known_km = features(map)?
        .iter()
        .map(|f| Ok((text(f, "code")?, f["properties"]["river_km"].as_f64())))
        .collect::<Result<std::collections::BTreeMap<_, _>, Failure>>()?;
    rows(list)?
        .into_iter()
        .filter(|row| row["variable"] == "stage")
        .map(|row| {
            let id = row["mlit_station_id"].clone();
            Ok(Station {
                name: row["station"].clone(),
                kana: Some(row["kana"].clone()).filter(|kana| !kana.is_empty()),
                river: row["river"].clone(),
                at: Point::new(row["lon"].parse()?, row["lat"].parse()?),
                river_km: known_km.get(&id).copied().flatten(),
                id,
            })
        })
        .collect()
}

fn levels(path: &Path) -> Result<Vec<Levels>, Failure> {
    const KEYS: [&str; 5] = [
        "standby_m",
        "caution_m",
        "evacuation_judgement_m",
        "danger_m",
        "design_high_water_m",
    ];
    rows(path)?
        .into_iter()
        .map(|row| {
            let mut metres = [None; 5];
            for (level_m, key) in metres.iter_mut().zip(KEYS) {
                if !row[key].is_empty() {
                    *level_m = Some(row[key].parse()?);
                }
            }
            let source =
                "続十勝川治水史（帯広開発建設部、2023年10月）2016年の水位、転記による".to_owned();
            Ok(Levels {
                id: row["mlit_station_id"].clone(),
                metres,
                source,
            })
        })
        .collect()
}

type Row = std::collections::BTreeMap<String, String>;

fn rows(path: &Path) -> Result<Vec<Row>, Failure> {
    let mut reader = csv::Reader::from_reader(opened(path)?);
    reader
        .deserialize()
        .map(|row| row.map_err(|why| format!("{}: {why}", path.display()).into()))
        .collect()
}

fn features(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = std::fs::read_to_string(path).map_err(|why| format!("{}: {why}", path.display()))?;
    let mut read: Value =
        serde_json::from_str(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    match read["features"].take() {
        Value::Array(features) => Ok(features),
        _ => Err(format!("{} is no feature collection", path.display()).into()),
    }
}

fn text(feature: &Value, key: &str) -> Result<String, Failure> {
    Ok(feature["properties"][key]
        .as_str()
        .ok_or_else(|| format!("a feature lacks {key}"))?
        .to_owned())
}

fn number(feature: &Value, key: &str) -> Result<u64, Failure> {
    Ok(feature["properties"][key]
        .as_u64()
        .ok_or_else(|| format!("a feature lacks {key}"))?)
}

fn point(feature: &Value) -> Result<Point<f64>, Failure> {
    Ok(coord(&feature["geometry"]["coordinates"])?.into())
}

fn polygon(rings: &Value) -> Result<Polygon<f64>, Failure> {
    let ring = |ring: &Value| -> Result<LineString<f64>, Failure> {
        array(ring)?.iter().map(coord).collect()
    };
    let mut rings = array(rings)?.iter().map(ring);
    let exterior = rings.next().ok_or("a polygon without rings")??;
    Ok(Polygon::new(exterior, rings.collect::<Result<_, _>>()?))
}

fn coord(pair: &Value) -> Result<Coord<f64>, Failure> {
    match (pair[0].as_f64(), pair[1].as_f64()) {
        (Some(x), Some(y)) => Ok(Coord { x, y }),
        _ => Err(format!("{pair} is no pair of coordinates").into()),
    }
}

fn array(value: &Value) -> Result<&Vec<Value>, Failure> {
    value
        .as_array()
        .ok_or_else(|| "coordinates are no list".into())
}
