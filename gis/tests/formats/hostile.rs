//! Files that are broken, wrong or made to do harm: a clear refusal, in bounded time and memory.

use hinan_gis::crs::{Crs, Datum};
use hinan_gis::import::Settings;
use hinan_gis::{LayerKind, STEPS_PER_DEGREE};

use crate::files::{
    PRJ, SQUARE, dbf, flatgeobuf, geojson, geopackage, kind, ksj, layer, read, refusal, shapefile,
    shp, zip,
};

fn flood() -> Settings {
    kind(LayerKind::FloodMax)
}

#[test]
fn a_file_cut_anywhere_is_refused_or_read_but_never_ends_the_program() {
    let zone9 = Some(6677);
    let files: [(&str, Vec<u8>); 6] = [
        ("a.zip", shapefile(&[&SQUARE], &[b"a"], Some(PRJ), None)),
        ("a.fgb", flatgeobuf(zone9, &[&SQUARE, &SQUARE])),
        ("a.gpkg", geopackage(6668, &SQUARE)),
        ("a.geojson", geojson(&[("{\"depth_rank\":2}", &SQUARE)])),
        ("a.xml", ksj("#cv0_1").into_bytes()),
        ("a.shp", shp(&[&SQUARE])),
    ];
    for (name, bytes) in files {
        let step = (bytes.len() / 200).max(1);
        for length in (0..bytes.len()).step_by(step) {
            let _ = read(name, &bytes[..length], &flood());
        }
        let said = refusal(name, &bytes[..bytes.len() - 30], &flood());
        assert!(said.starts_with(name), "{said}");
    }
}

#[test]
fn counts_larger_than_the_file_cost_nothing() {
    let mut bytes = shp(&[&SQUARE]);
    // Number of points of the first record.
    bytes[148..152].copy_from_slice(&u32::MAX.to_le_bytes());
    let files = zip(&[
        ("z.shp", bytes),
        ("z.dbf", dbf(&[b"a"])),
        ("z.prj", PRJ.into()),
    ]);
    let said = refusal("a.zip", &files, &flood());
    assert!(said.contains("4294967295 points"), "{said}");
    let mut bytes = dbf(&[b"a"]);
    bytes[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    let files = zip(&[
        ("z.shp", shp(&[&SQUARE])),
        ("z.dbf", bytes),
        ("z.prj", PRJ.into()),
    ]);
    assert!(refusal("a.zip", &files, &flood()).contains("4294967295 rows"));
}

#[test]
fn metres_read_as_degrees_and_degrees_read_as_metres_are_noticed() {
    let metres = [
        [-12_000.0, -44_000.0],
        [-11_000.0, -44_000.0],
        [-11_000.0, -43_000.0],
        [-12_000.0, -44_000.0],
    ];
    let said = refusal(
        "a.geojson",
        &geojson(&[("{\"depth_rank\":2}", &metres)]),
        &flood(),
    );
    assert!(
        said.contains("日本の外") && said.contains("-12000"),
        "{said}"
    );
    let zone9 = Settings {
        crs: Some(Crs::PlaneRectangular(Datum::Jgd2011, 9)),
        ..flood()
    };
    let said = refusal(
        "a.geojson",
        &geojson(&[("{\"depth_rank\":2}", &SQUARE)]),
        &zone9,
    );
    assert!(said.contains("degrees"), "{said}");
}

#[test]
fn a_zone_that_crosses_itself_is_repaired_and_told_with_its_place() {
    let bow_tie = [
        [139.7, 35.6],
        [139.71, 35.61],
        [139.71, 35.6],
        [139.7, 35.61],
        [139.7, 35.6],
    ];
    let (zones, report) = layer(
        "a.geojson",
        &geojson(&[("{\"depth_rank\":2}", &bow_tie)]),
        &flood(),
    );
    assert_eq!((report.repaired, report.refused), (1, 0));
    assert_eq!(zones.features[0].shape.area().unwrap().0.len(), 2);
    let at = report.repairs[0].at.unwrap();
    assert!(
        (at[0] - 139.7).abs() < 0.02 && (at[1] - 35.6).abs() < 0.02,
        "{at:?}"
    );
    assert_eq!(report.repairs[0].feature, 1);
}

#[test]
fn zones_without_area_are_left_out_one_by_one() {
    let line = [[139.7, 35.6], [139.71, 35.6], [139.7, 35.6]];
    let (_, report) = layer(
        "a.geojson",
        &geojson(&[
            ("{\"depth_rank\":2}", &SQUARE),
            ("{\"depth_rank\":2}", &line),
        ]),
        &flood(),
    );
    assert_eq!((report.accepted, report.refused), (1, 1));
    assert_eq!(report.refusals[0].feature, 2);
    assert!(report.refusals[0].why.contains("without area"));
    assert!(
        refusal(
            "a.geojson",
            &geojson(&[("{\"depth_rank\":2}", &line)]),
            &flood()
        )
        .contains("none of its 1 features")
    );
}

#[test]
fn a_zone_of_a_million_corners_is_taken() {
    let corners = 1_000_000_u32;
    let ring: Vec<[f64; 2]> = (0..=corners)
        .map(|n| {
            let angle = f64::from(n % corners) / f64::from(corners) * std::f64::consts::TAU;
            [139.7 + 0.4 * angle.cos(), 35.6 + 0.4 * angle.sin()]
        })
        .collect();
    let (zones, report) = layer(
        "a.zip",
        &shapefile(&[&ring], &[b"large"], Some(PRJ), None),
        &flood(),
    );
    assert_eq!((report.accepted, report.repaired), (1, 0));
    assert!(report.points > 900_000);
    // Snapping to the lattice moved nothing by more than half a step.
    let first = zones.features[0].shape.area().unwrap().0[0].exterior().0[0];
    assert!(
        (first.x * STEPS_PER_DEGREE).fract().abs() < 1e-3
            || (first.x * STEPS_PER_DEGREE).fract().abs() > 0.999
    );
}

#[test]
fn xml_made_to_do_harm_is_refused() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><ksj:Dataset xmlns:ksj=\"ksj\"><a>&b;</a></ksj:Dataset>";
    assert!(refusal("a.xml", bomb.as_bytes(), &flood()).contains("document type declaration"));
    let outside = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><core:CityModel xmlns:core=\"c\"/>";
    assert!(refusal("a.gml", outside.as_bytes(), &flood()).contains("document type declaration"));
    let deep = format!("<ksj:Dataset xmlns:ksj=\"ksj\">{}", "<a>".repeat(500_000));
    assert!(refusal("a.xml", deep.as_bytes(), &flood()).contains("at most 64"));
    let deep = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":{}",
        "[".repeat(500_000)
    );
    assert!(refusal("a.geojson", deep.as_bytes(), &flood()).contains("GeoJSON"));
}

/// A GeoPackage whose table of zones is made by `table`.
fn package(table: &str) -> Vec<u8> {
    let database = rusqlite::Connection::open_in_memory().unwrap();
    database
        .execute_batch(&format!(
            "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT, organization_coordsys_id INTEGER, definition TEXT);
             CREATE TABLE gpkg_contents (table_name TEXT, data_type TEXT, srs_id INTEGER);
             CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, srs_id INTEGER);
             INSERT INTO gpkg_contents VALUES ('zone', 'features', 0);
             INSERT INTO gpkg_geometry_columns VALUES ('zone', 'geom', 6668);
             {table};"
        ))
        .unwrap();
    database.serialize(rusqlite::MAIN_DB).unwrap().to_vec()
}

#[test]
fn a_package_whose_table_computes_is_refused_however_it_is_written() {
    for table in [
        "CREATE VIEW zone AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x AS fid, x'00' AS geom FROM n",
        "CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB, big TEXT GENERATED ALWAYS AS (hex(zeroblob(500000000))))",
        "CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB, big TEXT AS/* no space */(hex(zeroblob(500000000))) VIRTUAL)",
        "CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB, big TEXT as\n(fid + 1) stored)",
        "CREATE VIRTUAL TABLE zone USING rtree(fid, a, b)",
    ] {
        let said = refusal("a.gpkg", &package(table), &flood());
        assert!(said.contains("a stored table"), "{table}: {said}");
    }
}

/// The register is read before any table of features.
#[test]
fn a_package_whose_register_computes_without_end_is_refused() {
    for (name, columns) in [
        (
            "gpkg_contents",
            "'zone' AS table_name, 'features' AS data_type, 0 AS srs_id",
        ),
        (
            "gpkg_geometry_columns",
            "'zone' AS table_name, 'geom' AS column_name, 0 AS srs_id",
        ),
        (
            "gpkg_spatial_ref_sys",
            "0 AS srs_id, 'EPSG' AS organization, 6668 AS organization_coordsys_id, '' AS definition",
        ),
    ] {
        let endless = format!(
            "CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB);
             DROP TABLE {name};
             CREATE VIEW {name} AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT {columns} FROM n WHERE x < 0"
        );
        let said = refusal("a.gpkg", &package(&endless), &flood());
        assert!(
            said.contains(name) && said.contains("a stored table"),
            "{said}"
        );
    }
    let many = "CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB);
                INSERT INTO gpkg_contents WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 2000) SELECT 'zone', 'features', 0 FROM n";
    assert!(refusal("a.gpkg", &package(many), &flood()).contains("at most 1000 entries"));
}

/// Twenty-five million points out of a few hundred kilobytes.
#[test]
fn a_curve_that_is_linked_to_again_and_again_does_not_grow() {
    let curve: String = (0..5_000)
        .map(|n| format!("35.6 139.{:04}\n", n + 1_000))
        .collect();
    let links = "<gml:curveMember xlink:href=\"#cv0_1\"/>".repeat(5_000);
    let text = ksj("#cv0_1");
    let (before, rest) = text.split_once("<gml:Curve gml:id=\"cv0_1\">").unwrap();
    let (_, after) = rest.split_once("</gml:Curve>").unwrap();
    let text = format!(
        "{before}<gml:Curve gml:id=\"cv0_1\"><gml:segments><gml:LineStringSegment><gml:posList>{curve}</gml:posList></gml:LineStringSegment></gml:segments></gml:Curve>{after}"
    )
    .replace("<gml:curveMember xlink:href=\"#cv0_1\"/>", &links);
    let said = refusal("a.xml", text.as_bytes(), &flood());
    assert!(said.contains("more than 10000000 points"), "{said}");
}

#[test]
fn a_feature_of_more_numbers_than_any_is_refused_unread() {
    let mut text =
        b"{\"type\":\"FeatureCollection\",\"features\":[{\"type\":\"Feature\",\"geometry\":["
            .to_vec();
    text.extend(b"0,".repeat(41_100_000));
    text.extend(b"0]}]}");
    let said = refusal("a.geojson", &text, &flood());
    assert!(said.contains("of one feature"), "{said}");
}

#[test]
fn a_zone_of_more_values_than_any_is_refused() {
    let values = "<a>1</a>".repeat(10_001);
    let text = ksj("#cv0_1").replace("<ksj:riverName>", &format!("{values}<ksj:riverName>"));
    let said = refusal("a.xml", text.as_bytes(), &flood());
    assert!(said.contains("more than 10000 values"), "{said}");
    let plateau = format!(
        "<core:CityModel xmlns:core=\"c\" xmlns:wtr=\"w\"><core:cityObjectMember><wtr:WaterBody>{values}</wtr:WaterBody></core:cityObjectMember></core:CityModel>"
    );
    let said = refusal("a.gml", plateau.as_bytes(), &flood());
    assert!(said.contains("more than 10000 values"), "{said}");
}

#[test]
fn a_square_with_very_many_holes_is_checked_in_bounded_time() {
    let ring = |x: f64, y: f64, side: f64| {
        format!(
            "[[{x:.8},{y:.8}],[{x:.8},{:.8}],[{:.8},{:.8}],[{:.8},{y:.8}],[{x:.8},{y:.8}]]",
            y + side,
            x + side,
            y + side,
            x + side
        )
    };
    let holes: String = (0..100_000_u32)
        .map(|n| {
            let (column, row) = (f64::from(n % 400), f64::from(n / 400));
            format!(
                ",{}",
                ring(139.701 + column * 2e-5, 35.601 + row * 2e-5, 1e-5)
            )
        })
        .collect();
    let text = format!(
        "{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":{{\"depth_rank\":2}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[[139.7,35.6],[139.71,35.6],[139.71,35.61],[139.7,35.61],[139.7,35.6]]{holes}]}}}}]}}"
    );
    let (zones, report) = layer("a.geojson", text.as_bytes(), &flood());
    assert_eq!((report.accepted, report.repaired), (1, 0));
    assert_eq!(
        zones.features[0].shape.area().unwrap().0[0]
            .interiors()
            .len(),
        100_000
    );
}

/// Words in a name or a comment compute nothing.
#[test]
fn a_package_with_a_column_called_generated_is_read() {
    let bytes = package(
        "CREATE TABLE zone (fid INTEGER PRIMARY KEY, geom BLOB, \"generated\" TEXT /* ALWAYS AS (x) */)",
    );
    let said = refusal("a.gpkg", &bytes, &flood());
    assert!(!said.contains("a stored table"), "{said}");
}

#[test]
fn what_is_no_geodata_is_told_with_what_would_be_accepted() {
    for (name, bytes) in [
        ("a.pdf", &b"%PDF-1.7"[..]),
        ("a.shp", b""),
        ("a.xml", b"<html><body/></html>"),
        ("a.bin", &[0; 100]),
    ] {
        let said = refusal(name, bytes, &flood());
        assert!(said.contains("Shapefile, GeoJSON, FlatGeobuf"), "{said}");
    }
    let said = refusal("a.shp", &shp(&[&SQUARE]), &flood());
    assert!(said.contains(".dbf"), "{said}");
}
