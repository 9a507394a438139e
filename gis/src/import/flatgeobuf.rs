//! FlatGeobuf. The packages are found by own steps with checked lengths; each is then verified and read by the crate.

use std::rc::Rc;

use flatgeobuf::{ColumnType, Feature, Geometry, GeometryType, Header};
use geo::Coord;

use super::collect::{Collector, Declared};
use super::raw::{RawFeature, RawShape, Value};
use super::refusal::ImportError;
use crate::crs::{Axes, Crs};

const FORMAT: &str = "FlatGeobuf";
pub(super) const MAGIC: [u8; 4] = *b"fgb\x03";
const COLUMNS_MAX: usize = 2_000;
const DEPTH_MAX: usize = 4;

pub(super) fn read(bytes: &[u8], into: &mut Collector) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let wrong = |why: String| refuse.unreadable(FORMAT, why);
    let mut rest = bytes
        .get(8..)
        .ok_or_else(|| wrong("its head is cut".into()))?;
    let header = package(&mut rest).map_err(wrong)?;
    let header =
        flatgeobuf::size_prefixed_root_as_header(header).map_err(|why| wrong(why.to_string()))?;
    rest = rest
        .get(index_length(&header).map_err(wrong)?..)
        .ok_or_else(|| wrong("its index is cut".into()))?;
    let columns = columns(&header).map_err(wrong)?;
    into.declare(Declared {
        crs: crs(&header),
        crs_from: "its header".into(),
        axes: Some(Axes::EastFirst),
        kind: None,
        encoding: None,
    })?;
    let mut number = 0;
    while !rest.is_empty() {
        number += 1;
        let package =
            package(&mut rest).map_err(|why| wrong(format!("feature {number}: {why}")))?;
        into.done((bytes.len() - rest.len()) as u64);
        let feature = flatgeobuf::size_prefixed_root_as_feature(package)
            .map_err(|why| wrong(format!("feature {number}: {why}")))?;
        match raw(number, &feature, header.geometry_type(), &columns) {
            Ok(raw) => into.feature(raw)?,
            Err(why) => into.refuse_read(number, why)?,
        }
    }
    let declared = header.features_count();
    if declared != 0 && declared != u64::from(number) {
        return Err(wrong(format!(
            "its header says {declared} features, there are {number}: the file was cut"
        )));
    }
    Ok(())
}

/// The next package with its length before it.
fn package<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let cut = || "it ends in the middle: the file was cut".to_owned();
    let length: [u8; 4] = rest
        .get(..4)
        .and_then(|b| b.try_into().ok())
        .ok_or_else(cut)?;
    let length = usize::try_from(u32::from_le_bytes(length)).map_err(|_| cut())?;
    let end = length.checked_add(4).ok_or_else(cut)?;
    if length < 8 {
        return Err("a part shorter than any can be".into());
    }
    let (package, after) = rest.split_at_checked(end).ok_or_else(cut)?;
    *rest = after;
    Ok(package)
}

/// Bytes of the packed tree between header and features: 40 per node.
fn index_length(header: &Header) -> Result<usize, String> {
    let (count, size) = (header.features_count(), u64::from(header.index_node_size()));
    if size == 0 || count == 0 {
        return Ok(0);
    }
    if size < 2 {
        return Err(format!(
            "index node size is {size}; accepted: 0 or at least 2"
        ));
    }
    let mut nodes = count;
    let mut level = count;
    while level > 1 {
        level = level.div_ceil(size);
        nodes = nodes.saturating_add(level);
    }
    // A tree of one feature still has a root above it.
    if count == 1 {
        nodes += 1;
    }
    usize::try_from(nodes.saturating_mul(40))
        .map_err(|_| format!("its header says {count} features"))
}

fn crs(header: &Header) -> Option<Result<Crs, crate::crs::CrsError>> {
    let crs = header.crs()?;
    match u32::try_from(crs.code()) {
        Ok(code) if code > 0 && crs.org().is_none_or(|org| org.eq_ignore_ascii_case("EPSG")) => {
            Some(Crs::from_epsg(code))
        }
        _ => crs.wkt().map(Crs::from_wkt),
    }
}

fn columns(header: &Header) -> Result<Vec<(Rc<str>, ColumnType)>, String> {
    let Some(columns) = header.columns() else {
        return Ok(Vec::new());
    };
    if columns.len() > COLUMNS_MAX {
        return Err(format!("more than {COLUMNS_MAX} columns"));
    }
    Ok(columns
        .iter()
        .map(|column| (Rc::from(column.name()), column.type_()))
        .collect())
}

fn raw(
    number: u32,
    feature: &Feature,
    kind: GeometryType,
    columns: &[(Rc<str>, ColumnType)],
) -> Result<RawFeature, String> {
    let shape = feature
        .geometry()
        .map(|geometry| shape(&geometry, kind, 0))
        .transpose()?;
    let fields = match feature.properties() {
        Some(properties) => fields(properties.bytes(), columns)?,
        None => Vec::new(),
    };
    Ok(RawFeature {
        number,
        shape: shape.flatten(),
        fields,
    })
}

fn shape(
    geometry: &Geometry,
    kind: GeometryType,
    depth: usize,
) -> Result<Option<RawShape>, String> {
    let kind = if kind == GeometryType::Unknown {
        geometry.type_()
    } else {
        kind
    };
    let parts = || geometry.parts().into_iter().flatten();
    Ok(Some(match kind {
        GeometryType::Point => match points(geometry).as_slice() {
            [] => return Ok(None),
            [point, ..] => RawShape::Point(*point),
        },
        GeometryType::MultiPoint => match points(geometry).as_slice() {
            [point] => RawShape::Point(*point),
            _ => return Err(
                "複数の点 / several points in one feature; accepted: one point, lines or an area"
                    .into(),
            ),
        },
        GeometryType::LineString => RawShape::Lines(vec![points(geometry)]),
        GeometryType::MultiLineString => RawShape::Lines(rings(geometry)?),
        GeometryType::Polygon => RawShape::Polygons(vec![rings(geometry)?]),
        GeometryType::MultiPolygon if depth < DEPTH_MAX => {
            RawShape::Polygons(parts().map(|part| rings(&part)).collect::<Result<_, _>>()?)
        }
        other => {
            return Err(format!(
                "図形の種類 / geometry type is {other:?}; accepted: Point, LineString, Polygon and their Multi forms"
            ));
        }
    }))
}

fn points(geometry: &Geometry) -> Vec<Coord<f64>> {
    let Some(xy) = geometry.xy() else {
        return Vec::new();
    };
    (0..xy.len() / 2)
        .map(|n| Coord {
            x: xy.get(2 * n),
            y: xy.get(2 * n + 1),
        })
        .collect()
}

/// Rings or lines: `ends` says where each ends; without it there is one.
fn rings(geometry: &Geometry) -> Result<Vec<Vec<Coord<f64>>>, String> {
    let points = points(geometry);
    let Some(ends) = geometry.ends().filter(|ends| !ends.is_empty()) else {
        return Ok(vec![points]);
    };
    let mut from = 0;
    ends.iter()
        .map(|end| {
            let end = end as usize;
            let ring = points
                .get(from..end)
                .ok_or("環の範囲が座標の外です / the end of a ring lies outside its points")?;
            from = end;
            Ok(ring.to_vec())
        })
        .collect()
}

/// Each value is the number of its column, 2 bytes, and then what its type needs.
fn fields(
    mut bytes: &[u8],
    columns: &[(Rc<str>, ColumnType)],
) -> Result<Vec<(Rc<str>, Value)>, String> {
    let mut fields = Vec::with_capacity(columns.len());
    while !bytes.is_empty() {
        if fields.len() == columns.len() {
            return Err("属性が列より多くあります / there are more values than columns".into());
        }
        let column = usize::from(u16::from_le_bytes(take(&mut bytes)?));
        let (name, kind) = columns.get(column).ok_or_else(|| {
            format!(
                "属性の列番号 / column number is {column}; there are {}",
                columns.len()
            )
        })?;
        fields.push((Rc::clone(name), value(&mut bytes, *kind)?));
    }
    Ok(fields)
}

fn value(bytes: &mut &[u8], kind: ColumnType) -> Result<Value, String> {
    Ok(match kind {
        ColumnType::Bool => Value::Flag(take::<1>(bytes)?[0] != 0),
        ColumnType::Byte => Value::Whole(i64::from(i8::from_le_bytes(take(bytes)?))),
        ColumnType::UByte => Value::Whole(i64::from(u8::from_le_bytes(take(bytes)?))),
        ColumnType::Short => Value::Whole(i64::from(i16::from_le_bytes(take(bytes)?))),
        ColumnType::UShort => Value::Whole(i64::from(u16::from_le_bytes(take(bytes)?))),
        ColumnType::Int => Value::Whole(i64::from(i32::from_le_bytes(take(bytes)?))),
        ColumnType::UInt => Value::Whole(i64::from(u32::from_le_bytes(take(bytes)?))),
        ColumnType::Long => Value::Whole(i64::from_le_bytes(take(bytes)?)),
        ColumnType::ULong => {
            let number = u64::from_le_bytes(take(bytes)?);
            i64::try_from(number).map_or_else(|_| Value::Text(number.to_string()), Value::Whole)
        }
        ColumnType::Float => Value::Number(f64::from(f32::from_le_bytes(take(bytes)?))),
        ColumnType::Double => Value::Number(f64::from_le_bytes(take(bytes)?)),
        ColumnType::String | ColumnType::Json | ColumnType::DateTime => {
            let text = long(bytes)?;
            Value::Text(
                std::str::from_utf8(text)
                    .map_err(|_| "属性が UTF-8 ではありません / a text is not UTF-8")?
                    .to_owned(),
            )
        }
        ColumnType::Binary => {
            long(bytes)?;
            Value::Nothing
        }
        other => {
            return Err(format!(
                "属性の型 / column type is {other:?}; accepted: those of FlatGeobuf 3"
            ));
        }
    })
}

fn long<'a>(bytes: &mut &'a [u8]) -> Result<&'a [u8], String> {
    let length = u32::from_le_bytes(take(bytes)?) as usize;
    let (text, rest) = bytes
        .split_at_checked(length)
        .ok_or("属性が途中で切れています / a value is cut")?;
    *bytes = rest;
    Ok(text)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Result<[u8; N], String> {
    let (taken, rest) = bytes
        .split_first_chunk::<N>()
        .ok_or("属性が途中で切れています / a value is cut")?;
    *bytes = rest;
    Ok(*taken)
}
