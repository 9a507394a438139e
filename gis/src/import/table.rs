//! CSV: lists of places with their longitude and latitude, and statistics by mesh code.

use std::rc::Rc;

use geo::Coord;

use super::collect::{Collector, Declared};
use super::raw::{RawFeature, RawShape, Value};
use super::refusal::ImportError;
use super::text::decode;
use crate::LayerKind;
use crate::crs::{Axes, Crs, Datum};

pub(super) const FORMAT: &str = "CSV";
const COLUMNS_MAX: usize = 2_000;
const LON: [&str; 9] = [
    "経度",
    "lon",
    "lng",
    "longitude",
    "経度：東経（世界測地系10進法）",
    "portal_longitude",
    "経度（世界測地系）",
    "x",
    "経度（度）",
];
const LAT: [&str; 8] = [
    "緯度",
    "lat",
    "latitude",
    "緯度：北緯（世界測地系10進法）",
    "portal_latitude",
    "緯度（世界測地系）",
    "y",
    "緯度（度）",
];

pub(super) fn read(bytes: &[u8], into: &mut Collector) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let text = decode(bytes, into.settings().encoding, None)
        .map_err(|why| refuse.unreadable(FORMAT, why))?;
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .from_reader(text.text.as_bytes());
    let header = reader
        .headers()
        .map_err(|why| refuse.unreadable(FORMAT, why))?;
    if header.len() > COLUMNS_MAX {
        return Err(refuse.too_large("columns", COLUMNS_MAX as u64));
    }
    let names: Vec<Rc<str>> = header.iter().map(|name| Rc::from(name.trim())).collect();
    let column = |asked: &str, known: &[&str]| match into.settings().columns.get(asked) {
        Some(said) => names.iter().position(|name| **name == **said),
        None => known.iter().find_map(|known| {
            names
                .iter()
                .position(|name| name.eq_ignore_ascii_case(known))
        }),
    };
    let place = column("lon", &LON).zip(column("lat", &LAT));
    check_axes(&names, place, into)?;
    let declared = declared(
        &names,
        place,
        into.settings().kind,
        (text.encoding.name().to_owned(), text.from.clone()),
    );
    into.declare(declared)?;
    let mut number = 0;
    let mut short = 0;
    for record in reader.records() {
        let record = record.map_err(|why| refuse.unreadable(FORMAT, why))?;
        number += 1;
        let line = record.position().map_or(0, csv::Position::line);
        into.done(record.position().map_or(0, csv::Position::byte));
        if record.len() > names.len() {
            let why = format!(
                "{line}行目：列が多すぎます / line {line} has {} columns, the head has {}",
                record.len(),
                names.len()
            );
            into.refuse_read(number, why)?;
            continue;
        }
        short += u32::from(record.len() < names.len());
        let shape = match place {
            Some((lon, lat)) => match point(&record, lon, lat) {
                Ok(shape) => shape,
                Err(why) => {
                    into.refuse_read(number, format!("{line}行目 line {line}: {why}"))?;
                    continue;
                }
            },
            None => None,
        };
        into.feature(RawFeature {
            number,
            shape,
            fields: names
                .iter()
                .cloned()
                .zip(record.iter().map(|value| Value::Text(value.to_owned())))
                .collect(),
        })?;
    }
    if number == 0 {
        return Err(refuse.unreadable(FORMAT, "there is not one line below its head"));
    }
    if short > 0 {
        into.warn(format!(
            "{short}行で末尾の列が足りません。空として読みました / {short} lines have fewer columns than the head; what is missing \
             is read as empty"
        ));
    }
    Ok(())
}

/// X is north by law in a plane rectangular system and east for everybody else: which of them a list means must be said.
fn check_axes(
    names: &[Rc<str>],
    place: Option<(usize, usize)>,
    into: &Collector,
) -> Result<(), ImportError> {
    let Some((lon, lat)) = place else {
        return Ok(());
    };
    let settings = into.settings();
    let is_plane = matches!(settings.crs, Some(Crs::PlaneRectangular(..)));
    let is_said = settings.axes.is_some() || settings.columns.contains_key("lon");
    let (x, y) = (&names[lon], &names[lat]);
    if is_plane && !is_said && x.eq_ignore_ascii_case("x") && y.eq_ignore_ascii_case("y") {
        return Err(into.refuse.refused(
            "axes",
            "not stated",
            "north-first where X is the north, as the law on plane rectangular systems has it; east-first where X is the east",
        ));
    }
    Ok(())
}

/// Where the head of the file, or the definition of the data set it follows, states the coordinate system.
fn declared(
    names: &[Rc<str>],
    place: Option<(usize, usize)>,
    kind: Option<LayerKind>,
    encoding: (String, String),
) -> Declared {
    let has = |name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let jgd2011 = Some(Ok(Crs::Geographic(Datum::Jgd2011)));
    let (crs, crs_from) = match place {
        None if matches!(kind, Some(LayerKind::Population | LayerKind::District)) => {
            (jgd2011, "JIS X 0410: mesh codes are in degrees".to_owned())
        }
        None => (
            None,
            format!(
                "; 経度・緯度の列がありません there is no column of longitude and latitude among {}",
                listed(names)
            ),
        ),
        Some((lon, lat))
            if names[lon].contains("世界測地系") && names[lat].contains("世界測地系") =>
        {
            (jgd2011, "the column names say 世界測地系".to_owned())
        }
        Some(_) if has("共通ID") || has("common_id") => (
            jgd2011,
            "the definition of GSI's list of sites: 世界測地系".to_owned(),
        ),
        Some(_) if has("全国地方公共団体コード") && has("災害種別_洪水") => (
            jgd2011,
            "the definition of the municipal standard data set: 世界測地系".to_owned(),
        ),
        Some(_) => (
            None,
            "; CSV には測地系が書かれません a CSV does not say its datum".to_owned(),
        ),
    };
    Declared {
        crs,
        crs_from,
        axes: Some(Axes::EastFirst),
        kind: None,
        encoding: Some(encoding),
    }
}

fn listed(names: &[Rc<str>]) -> String {
    names
        .iter()
        .take(40)
        .map(|name| &**name)
        .collect::<Vec<_>>()
        .join(", ")
}

/// The place of a line; nothing where both are empty.
fn point(record: &csv::StringRecord, lon: usize, lat: usize) -> Result<Option<RawShape>, String> {
    let value = |n: usize| Value::Text(record.get(n).unwrap_or_default().to_owned());
    let (lon, lat) = (value(lon), value(lat));
    if lon.text().is_none() && lat.text().is_none() {
        return Ok(None);
    }
    match (lon.number(), lat.number()) {
        (Some(x), Some(y)) => Ok(Some(RawShape::Point(Coord { x, y }))),
        _ => Err(format!(
            "経度・緯度が数ではありません / longitude is {}, latitude is {}; accepted: numbers",
            lon.text().unwrap_or_default(),
            lat.text().unwrap_or_default()
        )),
    }
}
