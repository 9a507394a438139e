//! Small files written by the tests from the description of each format.

use std::io::Write;

use hinan_gis::import::{FileReport, ImportError, Imported, Settings, Source, import};
use hinan_gis::{Layer, LayerKind};

/// A square with corners in degrees, longitude first.
pub(crate) const SQUARE: [[f64; 2]; 5] = [
    [139.7, 35.6],
    [139.71, 35.6],
    [139.71, 35.61],
    [139.7, 35.61],
    [139.7, 35.6],
];

pub(crate) fn kind(kind: LayerKind) -> Settings {
    Settings {
        kind: Some(kind),
        ..Settings::default()
    }
}

pub(crate) fn read(
    name: &str,
    bytes: &[u8],
    settings: &Settings,
) -> Result<(Imported, FileReport), ImportError> {
    let source = Source {
        name: name.into(),
        bytes: bytes.to_vec(),
        beside: Vec::new(),
    };
    import(&source, settings, &mut |_| {})
}

pub(crate) fn layer(name: &str, bytes: &[u8], settings: &Settings) -> (Layer, FileReport) {
    match read(name, bytes, settings) {
        Ok((Imported::Layer(layer), report)) => (layer, report),
        other => panic!("{name}: {other:?}"),
    }
}

pub(crate) fn refusal(name: &str, bytes: &[u8], settings: &Settings) -> String {
    read(name, bytes, settings)
        .err()
        .unwrap_or_else(|| panic!("{name} was accepted"))
        .to_string()
}

/// A feature collection of polygons, each an outer ring, with their properties.
pub(crate) fn geojson(features: &[(&str, &[[f64; 2]])]) -> Vec<u8> {
    let features: Vec<String> = features
        .iter()
        .map(|(properties, ring)| {
            let ring: Vec<String> = ring.iter().map(|[x, y]| format!("[{x},{y}]")).collect();
            format!(
                "{{\"type\":\"Feature\",\"properties\":{properties},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{}]]}}}}",
                ring.join(",")
            )
        })
        .collect();
    format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{}]}}",
        features.join(",")
    )
    .into_bytes()
}

/// A Shapefile of polygons of one ring each, with one text column, as the members of a zip.
pub(crate) fn shapefile(
    rings: &[&[[f64; 2]]],
    names: &[&[u8]],
    prj: Option<&str>,
    cpg: Option<&str>,
) -> Vec<u8> {
    let mut members = vec![("z/zone.shp", shp(rings)), ("z/zone.dbf", dbf(names))];
    if let Some(prj) = prj {
        members.push(("z/zone.prj", prj.into()));
    }
    if let Some(cpg) = cpg {
        members.push(("z/zone.cpg", cpg.into()));
    }
    zip(&members)
}

pub(crate) fn zip(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in members {
        writer.start_file(*name, options).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub(crate) fn shp(rings: &[&[[f64; 2]]]) -> Vec<u8> {
    let mut records = Vec::new();
    for (n, ring) in rings.iter().enumerate() {
        let mut content = 5_u32.to_le_bytes().to_vec();
        content.extend([0; 32]);
        content.extend(1_u32.to_le_bytes());
        content.extend(u32::try_from(ring.len()).unwrap().to_le_bytes());
        content.extend(0_u32.to_le_bytes());
        for [x, y] in *ring {
            content.extend(x.to_le_bytes());
            content.extend(y.to_le_bytes());
        }
        records.extend(u32::try_from(n + 1).unwrap().to_be_bytes());
        records.extend(u32::try_from(content.len() / 2).unwrap().to_be_bytes());
        records.extend(content);
    }
    let mut file = 9994_u32.to_be_bytes().to_vec();
    file.extend([0; 20]);
    file.extend(
        u32::try_from((100 + records.len()) / 2)
            .unwrap()
            .to_be_bytes(),
    );
    file.extend(1000_u32.to_le_bytes());
    file.extend(5_u32.to_le_bytes());
    file.resize(100, 0);
    file.extend(records);
    file
}

/// One text column called `name` and a depth rank of 2 in each row.
pub(crate) fn dbf(names: &[&[u8]]) -> Vec<u8> {
    const WIDTH: u8 = 30;
    let mut file = vec![3, 126, 1, 1];
    file.extend(u32::try_from(names.len()).unwrap().to_le_bytes());
    file.extend((32 + 2 * 32 + 1_u16).to_le_bytes());
    file.extend((1 + u16::from(WIDTH) + 2).to_le_bytes());
    file.resize(32, 0);
    for (name, kind, length) in [("name", b'C', WIDTH), ("depth_rank", b'N', 2)] {
        let mut column = name.as_bytes().to_vec();
        column.resize(11, 0);
        column.extend([kind, 0, 0, 0, 0, length]);
        column.resize(32, 0);
        file.extend(column);
    }
    file.push(0x0d);
    for name in names {
        let mut row = vec![b' '];
        row.extend(*name);
        row.resize(1 + usize::from(WIDTH), b' ');
        row.extend(b" 2");
        file.extend(row);
    }
    file
}

/// A GeoPackage with one table of polygons.
pub(crate) fn geopackage(srs: i64, ring: &[[f64; 2]]) -> Vec<u8> {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database
        .execute_batch(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
             INSERT INTO gpkg_spatial_ref_sys VALUES ('JGD2011', 6668, 'EPSG', 6668, ''), ('zone 9', 6677, 'EPSG', 6677, ''), ('undefined', -1, 'NONE', -1, 'undefined');
             CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER);
             CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
             INSERT INTO gpkg_contents VALUES ('zone', 'features', 0);
             CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB, depth_rank INTEGER, 河川名 TEXT);",
        )
        .unwrap();
    database
        .execute(
            "INSERT INTO gpkg_geometry_columns VALUES ('zone', 'geom', ?1)",
            [srs],
        )
        .unwrap();
    let mut blob = b"GP\0\x01".to_vec();
    blob.extend(i32::try_from(srs).unwrap().to_le_bytes());
    blob.push(1);
    blob.extend(3_u32.to_le_bytes());
    blob.extend(1_u32.to_le_bytes());
    blob.extend(u32::try_from(ring.len()).unwrap().to_le_bytes());
    for [x, y] in ring {
        blob.extend(x.to_le_bytes());
        blob.extend(y.to_le_bytes());
    }
    database
        .execute("INSERT INTO zone VALUES (1, ?1, 3, '鴨川')", [blob])
        .unwrap();
    database.serialize(rusqlite::MAIN_DB).unwrap().to_vec()
}

/// A FlatGeobuf of polygons, with one column `depth_rank`.
pub(crate) fn flatgeobuf(epsg: Option<i32>, rings: &[&[[f64; 2]]]) -> Vec<u8> {
    use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
    let options = FgbWriterOptions {
        crs: FgbCrs {
            code: epsg.unwrap_or(0),
            ..FgbCrs::default()
        },
        ..FgbWriterOptions::default()
    };
    let mut writer =
        FgbWriter::create_with_options("zones", GeometryType::Polygon, options).unwrap();
    writer.add_column("depth_rank", ColumnType::Int, |_, _| {});
    for ring in rings {
        let polygon = FgbRing(ring);
        writer
            .add_feature_geom(polygon, |feature| {
                use flatgeobuf::geozero::{ColumnValue, PropertyProcessor};
                feature
                    .property(0, "depth_rank", &ColumnValue::Int(2))
                    .unwrap();
            })
            .unwrap();
    }
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    bytes
}

/// A polygon as the writer of FlatGeobuf takes it.
struct FgbRing<'a>(&'a [[f64; 2]]);

impl flatgeobuf::GeozeroGeometry for FgbRing<'_> {
    fn process_geom<P: flatgeobuf::geozero::GeomProcessor>(
        &self,
        processor: &mut P,
    ) -> flatgeobuf::geozero::error::Result<()> {
        processor.polygon_begin(true, 1, 0)?;
        processor.linestring_begin(false, self.0.len(), 0)?;
        for (n, [x, y]) in self.0.iter().enumerate() {
            processor.xy(*x, *y, n)?;
        }
        processor.linestring_end(false, 0)?;
        processor.polygon_end(true, 0)
    }
}

pub(crate) const PRJ: &str = r#"GEOGCS["GCS_JGD_2011",DATUM["D_JGD_2011",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;

/// A small KSJ dataset of one zone with a hole; `link` is how the hole's curve is linked to.
pub(crate) fn ksj(link: &str) -> String {
    let ring = |low: f64, high: f64| {
        [
            (low, low),
            (low, high),
            (high, high),
            (high, low),
            (low, low),
        ]
        .map(|(lat, lon)| format!("{} {}", 35.0 + lat, 139.0 + lon))
        .join("\n")
    };
    format!(
        r##"<?xml version="1.0" encoding="UTF-8"?>
<ksj:Dataset xmlns:ksj="http://nlftp.mlit.go.jp/ksj/schemas/ksj-app" xmlns:gml="http://schemas.opengis.net/gml/3.2.1" xmlns:xlink="http://www.w3.org/1999/xlink">
<gml:boundedBy><gml:EnvelopeWithTimePeriod srsName="JGD2011 / (B, L)"/></gml:boundedBy>
<gml:Curve gml:id="cv0_0"><gml:segments><gml:LineStringSegment><gml:posList>{}</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>
<gml:Curve gml:id="cv0_1"><gml:segments><gml:LineStringSegment><gml:posList>{}</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>
<gml:Surface gml:id="sf0"><gml:patches><gml:PolygonPatch>
<gml:exterior><gml:Ring><gml:curveMember xlink:href="#cv0_0"/></gml:Ring></gml:exterior>
<gml:interior><gml:Ring><gml:curveMember xlink:href="{link}"/></gml:Ring></gml:interior>
</gml:PolygonPatch></gml:patches></gml:Surface>
<ksj:MaximumScale gml:id="id0"><ksj:bounds xlink:href="#sf0"/><ksj:riverName>鴨川</ksj:riverName><ksj:waterDepth>3</ksj:waterDepth></ksj:MaximumScale>
</ksj:Dataset>"##,
        ring(0.6, 0.64),
        ring(0.61, 0.62),
    )
}
