//! Each format, from a file the test writes: the usual way, and the traps of real files.

use std::collections::BTreeMap;

use geo::BoundingRect;
use hinan_gis::crs::{Axes, Crs, Datum, Projector};
use hinan_gis::import::{Imported, Settings, TextEncoding};
use hinan_gis::{Facts, Feature, Hazard, LayerKind};

use crate::files::{
    PRJ, SQUARE, flatgeobuf, geojson, geopackage, kind, ksj, layer, read, refusal, shapefile, zip,
};

fn depth_rank(feature: &Feature) -> Option<u8> {
    match &feature.facts {
        Facts::Depth(zone) => zone.depth.map(|depth| depth.rank().get()),
        other => panic!("{other:?}"),
    }
}

fn check_square(feature: &Feature) {
    let rect = feature.shape.area().unwrap().bounding_rect().unwrap();
    for (found, expected) in [
        (rect.min().x, 139.7),
        (rect.min().y, 35.6),
        (rect.max().x, 139.71),
        (rect.max().y, 35.61),
    ] {
        assert!((found - expected).abs() < 2e-8, "{found} {expected}");
    }
}

/// The square in metres of a system, east first.
fn projected(crs: Crs) -> Vec<[f64; 2]> {
    let projector = Projector::new(crs).unwrap();
    SQUARE
        .iter()
        .map(|[x, y]| {
            let at = projector.from_degrees(geo::Coord { x: *x, y: *y }).unwrap();
            [at.x, at.y]
        })
        .collect()
}

#[test]
fn geojson_is_wgs84_by_its_standard_unless_it_names_a_system() {
    let (zones, report) = layer(
        "a.geojson",
        &geojson(&[("{\"depth_rank\":2}", &SQUARE)]),
        &kind(LayerKind::FloodMax),
    );
    check_square(&zones.features[0]);
    assert!(report.crs_from.contains("RFC 7946"));
    let zone9 = Crs::PlaneRectangular(Datum::Jgd2011, 9);
    let named = String::from_utf8(geojson(&[("{\"depth_rank\":2}", &projected(zone9))])).unwrap().replace(
        "\"features\"",
        "\"crs\":{\"type\":\"name\",\"properties\":{\"name\":\"urn:ogc:def:crs:EPSG::6677\"}},\"features\"",
    );
    let (zones, report) = layer("a.geojson", named.as_bytes(), &kind(LayerKind::FloodMax));
    check_square(&zones.features[0]);
    assert!(report.crs.contains("6677"), "{}", report.crs);
}

#[test]
fn every_system_leads_to_the_same_square() {
    let systems = (1..=19)
        .map(|zone| Crs::PlaneRectangular(Datum::Jgd2011, zone))
        .chain((51..=55).map(|zone| Crs::Utm(Datum::Wgs84, zone)))
        .filter(|crs| (crs.epsg() as i64 - 6677).abs() < 3 || crs.epsg() == 32654);
    for crs in systems {
        let bytes = flatgeobuf(i32::try_from(crs.epsg()).ok(), &[&projected(crs)]);
        let (zones, report) = layer("a.fgb", &bytes, &kind(LayerKind::FloodMax));
        check_square(&zones.features[0]);
        assert_eq!(report.crs, crs.to_string());
    }
}

#[test]
fn a_shapefile_is_read_with_and_without_what_stands_beside_it() {
    let utf8 = "新宮市".as_bytes();
    let cp932: &[u8] = b"\x90\x56\x8b\x7b\x8e\x73";
    for (name, cpg, encoding) in [
        (utf8, Some("UTF-8"), "UTF-8"),
        (cp932, Some("932"), "CP932"),
        (utf8, None, "UTF-8"),
        (cp932, None, "CP932"),
    ] {
        let bytes = shapefile(&[&SQUARE], &[name], Some(PRJ), cpg);
        let (zones, report) = layer("a.zip", &bytes, &kind(LayerKind::Landmark));
        assert!(
            matches!(&zones.features[0].facts, Facts::Landmark(l) if l.name.as_deref() == Some("新宮市"))
        );
        assert_eq!(report.encoding.as_deref(), Some(encoding));
        check_square(&zones.features[0]);
    }
    let bytes = shapefile(&[&SQUARE], &[utf8], None, None);
    let said = refusal("a.zip", &bytes, &kind(LayerKind::FloodMax));
    assert!(said.contains("--crs") && said.contains(".prj"), "{said}");
    let given = Settings {
        crs: Some(Crs::INSIDE),
        ..kind(LayerKind::FloodMax)
    };
    let (zones, report) = layer("a.zip", &bytes, &given);
    assert_eq!(
        (depth_rank(&zones.features[0]), report.crs_from.as_str()),
        (Some(2), "--crs")
    );
    let wrong = shapefile(&[&SQUARE], &[cp932], Some(PRJ), Some("UTF-8"));
    assert!(refusal("a.zip", &wrong, &kind(LayerKind::FloodMax)).contains("not UTF-8"));
}

#[test]
fn a_geopackage_says_its_system_in_its_own_register() {
    let (zones, report) = layer(
        "a.gpkg",
        &geopackage(6668, &SQUARE),
        &kind(LayerKind::FloodMax),
    );
    check_square(&zones.features[0]);
    assert_eq!(depth_rank(&zones.features[0]), Some(3));
    assert_eq!(report.crs_from, "gpkg_spatial_ref_sys");
    let zone9 = projected(Crs::PlaneRectangular(Datum::Jgd2011, 9));
    check_square(
        &layer(
            "a.gpkg",
            &geopackage(6677, &zone9),
            &kind(LayerKind::FloodMax),
        )
        .0
        .features[0],
    );
    let said = refusal(
        "a.gpkg",
        &geopackage(-1, &SQUARE),
        &kind(LayerKind::FloodMax),
    );
    assert!(said.contains("--crs"), "{said}");
    let said = refusal(
        "a.gpkg",
        &geopackage(6668, &SQUARE),
        &Settings {
            table: Some("other".into()),
            ..kind(LayerKind::FloodMax)
        },
    );
    assert!(
        said.contains("table is other; accepted: one of its tables of features: zone"),
        "{said}"
    );
}

#[test]
fn a_flatgeobuf_without_a_system_needs_one() {
    let bytes = flatgeobuf(Some(6668), &[&SQUARE, &SQUARE]);
    let (zones, _) = layer("a.fgb", &bytes, &kind(LayerKind::FloodMax));
    assert_eq!(zones.features.len(), 2);
    check_square(&zones.features[1]);
    let said = refusal(
        "a.fgb",
        &flatgeobuf(None, &[&SQUARE]),
        &kind(LayerKind::FloodMax),
    );
    assert!(said.contains("--crs"), "{said}");
}

#[test]
fn national_gml_has_latitude_first_and_its_broken_links_are_followed_and_told() {
    for (link, is_broken) in [("#cv0_1", false), ("#_cv0_1", true)] {
        let (zones, report) = layer("a.xml", ksj(link).as_bytes(), &Settings::default());
        assert_eq!(zones.kind, LayerKind::FloodMax);
        let area = zones.features[0].shape.area().unwrap();
        assert_eq!(area.0[0].interiors().len(), 1);
        assert!(area.bounding_rect().unwrap().min().x > 139.0);
        assert_eq!(
            report.warnings.iter().any(|w| w.contains("xlink")),
            is_broken,
            "{:?}",
            report.warnings
        );
        assert!(
            matches!(&zones.features[0].facts, Facts::Depth(zone) if zone.river.as_deref() == Some("鴨川"))
        );
    }
    let said = refusal("a.xml", ksj("#cv9_9").as_bytes(), &Settings::default());
    assert!(said.contains("#cv9_9"), "{said}");
}

const SITES: &str = "\u{feff}NO,共通ID,都道府県名及び市町村名,施設・場所名,住所,洪水,崖崩れ、土石流及び地滑り,高潮,地震,津波,大規模な火事,内水氾濫,火山現象,指定避難所との住所同一,緯度,経度,備考\r\n\
1,E0120700001202,北海道帯広市,\"第一小学校\r\n（体育館）\",\"帯広市, 西1条\",1,1,,1,,,,,1,42.92,143.2,\"洪水時：２階以上に\r\n避難\"\r\n\
2,E0120700001203,北海道帯広市,公園,帯広市西2条,,,,1,,△,,,,42.93,143.21,\r\n\
3,E0120700001204,北海道帯広市,場所のない所,帯広市,1,,,,,,,,,,,\r\n\
4,E0120700001203,北海道帯広市,同じ番号,帯広市,1,,,,,,,,,42.93,143.21,\r\n\
5,E0120700001206,北海道帯広市,逆の所,帯広市,1,,,,,,,,,143.21,42.93,\r\n";

#[test]
fn the_national_list_of_sites_with_line_breaks_in_quotes_is_read_line_by_line() {
    let (sites, report) = layer(
        "sites.csv",
        SITES.as_bytes(),
        &kind(LayerKind::ShelterEmergency),
    );
    assert_eq!((report.read, report.accepted, report.refused), (5, 2, 3));
    let Facts::Site(school) = &sites.features[0].facts else {
        panic!("a site");
    };
    assert_eq!(school.name, "第一小学校 （体育館）");
    assert_eq!(school.id, "E0120700001202");
    assert_eq!(school.note.as_deref(), Some("洪水時：２階以上に 避難"));
    assert_eq!(
        Vec::from_iter(school.approved_for.iter().copied()),
        [Hazard::Flood, Hazard::Landslide, Hazard::Earthquake]
    );
    assert!(school.both_kinds);
    let why: Vec<&str> = report
        .refusals
        .iter()
        .map(|refusal| refusal.why.as_str())
        .collect();
    assert!(
        why[0].contains("no place")
            && why[1].contains("already used")
            && why[2].contains("other way round"),
        "{why:?}"
    );
    assert_eq!(
        report.unknown_codes,
        BTreeMap::from([("大規模な火事=△".to_owned(), 1)])
    );
    assert!(report.crs_from.contains("GSI"), "{}", report.crs_from);
}

#[test]
fn a_list_in_shift_jis_gives_the_same_sites() {
    let text = "名称,所在地,緯度,経度,災害区分\n第一小学校,帯広市,42.92,143.2,洪水　地震　\n";
    let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode(text);
    let settings = Settings {
        crs: Some(Crs::INSIDE),
        ..kind(LayerKind::ShelterEmergency)
    };
    let (sites, report) = layer("sites.csv", &bytes, &settings);
    assert_eq!(report.encoding.as_deref(), Some("CP932"));
    assert!(
        matches!(&sites.features[0].facts, Facts::Site(site) if site.approved_for.len() == 2 && site.id == "sites-1")
    );
    let said = refusal("sites.csv", &bytes, &kind(LayerKind::ShelterEmergency));
    assert!(said.contains("--crs") && said.contains("CSV"), "{said}");
    let as_utf8 = Settings {
        encoding: Some(TextEncoding::Utf8),
        ..settings
    };
    assert!(refusal("sites.csv", &bytes, &as_utf8).contains("not UTF-8"));
}

#[test]
fn x_and_y_of_a_plane_system_are_not_guessed() {
    let text = "名称,住所,X,Y,災害区分\n第一小学校,一番町1,-43000,-12000,洪水\n";
    let zone9 = Settings {
        crs: Some(Crs::PlaneRectangular(Datum::Jgd2011, 9)),
        ..kind(LayerKind::ShelterEmergency)
    };
    let said = refusal("sites.csv", text.as_bytes(), &zone9);
    assert!(
        said.contains("axes") && said.contains("north-first"),
        "{said}"
    );
    let place = |axes: Axes| {
        let settings = Settings {
            axes: Some(axes),
            ..zone9.clone()
        };
        let (sites, report) = layer("sites.csv", text.as_bytes(), &settings);
        (sites.features[0].shape.point().unwrap(), report)
    };
    let (north, report) = place(Axes::NorthFirst);
    assert_eq!(
        (report.axes.as_str(), report.axes_from.as_str()),
        ("north-first", "--axes")
    );
    let (east, _) = place(Axes::EastFirst);
    assert!(north.y() < 35.7 && east.y() > 35.8, "{north:?} {east:?}");
}

#[test]
fn a_citys_own_list_does_not_explain_the_standard_ranks() {
    let zone = |column: &str| {
        let settings = Settings {
            codelist: BTreeMap::from([("2".into(), "0.3m未満".into())]),
            ..kind(LayerKind::Tsunami)
        };
        let properties = format!("{{\"{column}\":2}}");
        let (zones, _) = layer("a.geojson", &geojson(&[(&properties, &SQUARE)]), &settings);
        depth_rank(&zones.features[0])
    };
    assert_eq!((zone("rank"), zone("rankOrg")), (Some(2), Some(1)));
}

#[test]
fn people_by_mesh_code_need_no_coordinates_and_withheld_numbers_are_not_zero() {
    let text = "KEY_CODE,人口（総数）,世帯総数\n533935992,120,50\n5339359931,30,10\n53393600,*,\n5339,x,1\n999,5,1\n";
    let (cells, report) = layer("mesh.csv", text.as_bytes(), &kind(LayerKind::Population));
    assert_eq!(
        (report.read, report.accepted, report.people),
        (5, 2, Some(150))
    );
    let Facts::Population(cell) = &cells.features[0].facts else {
        panic!("a cell");
    };
    assert_eq!(cell.mesh.unwrap().to_string(), "533935992");
    let rect = cells.features[0]
        .shape
        .area()
        .unwrap()
        .bounding_rect()
        .unwrap();
    assert!(
        (rect.width() - 22.5 / 3600.0).abs() < 2e-8 && (rect.height() - 15.0 / 3600.0).abs() < 2e-8
    );
    assert!(
        report.refusals[0].why.contains("withheld"),
        "{:?}",
        report.refusals
    );
}

#[test]
fn cells_that_lie_in_one_another_are_refused_whichever_comes_first() {
    for cells in [["533935992", "5339359921"], ["5339359921", "533935992"]] {
        let text = format!("mesh,人口\n{},120\n{},30\n", cells[0], cells[1]);
        let said = refusal("mesh.csv", text.as_bytes(), &kind(LayerKind::Population));
        assert!(
            said.contains(cells[1]) && said.contains("do not lie in one another"),
            "{said}"
        );
    }
}

/// The statistics by small area have a key code, too: prefecture, municipality, district. Some look like mesh codes.
#[test]
fn a_key_code_names_a_cell_only_where_the_shape_lies_in_that_cell() {
    let cell = [
        [139.7375, 35.658_333_3],
        [139.75, 35.658_333_3],
        [139.75, 35.666_666_7],
        [139.7375, 35.666_666_7],
        [139.7375, 35.658_333_3],
    ];
    let file = geojson(&[
        ("{\"KEY_CODE\":\"01207003112\",\"JINKO\":120}", &SQUARE),
        ("{\"KEY_CODE\":\"0120700311\",\"JINKO\":30}", &SQUARE),
        ("{\"KEY_CODE\":\"53393599\",\"JINKO\":5}", &cell),
    ]);
    let (areas, report) = layer("areas.geojson", &file, &kind(LayerKind::Population));
    assert_eq!((report.accepted, report.people), (3, Some(155)));
    let cells: Vec<Option<String>> = areas
        .features
        .iter()
        .map(|feature| match &feature.facts {
            Facts::Population(facts) => facts.mesh.map(|mesh| mesh.to_string()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(cells, [None, None, Some("53393599".to_owned())]);
}

#[test]
fn roads_in_an_archive_are_found_beside_other_files() {
    let osm = b"<osm><node id='1' lat='35.6' lon='139.7'/><node id='2' lat='35.61' lon='139.7'/>\
                <way id='1'><nd ref='1'/><nd ref='2'/><tag k='highway' v='path'/></way></osm>";
    let files = zip(&[
        ("roads.osm", osm.to_vec()),
        ("readme.txt", b"read me".to_vec()),
    ]);
    let said = refusal("roads.zip", &files, &kind(LayerKind::Road));
    assert!(said.contains("roads.osm, readme.txt"), "{said}");
    let named = Settings {
        table: Some("roads.osm".into()),
        ..kind(LayerKind::Road)
    };
    let (imported, report) = read("roads.zip", &files, &named).unwrap();
    assert!(matches!(imported, Imported::Roads(_)));
    assert!(report.bounds.is_some());
}

#[test]
fn codes_that_no_list_explains_are_counted_and_their_zones_stay() {
    let bytes = geojson(&[
        ("{\"depth_rank\":2}", &SQUARE),
        ("{\"depth_rank\":9}", &SQUARE),
        ("{\"depth_rank\":null}", &SQUARE),
    ]);
    let (zones, report) = layer("a.geojson", &bytes, &kind(LayerKind::FloodMax));
    assert_eq!(
        zones.features.iter().map(depth_rank).collect::<Vec<_>>(),
        [Some(2), None, None]
    );
    assert_eq!(
        report.unknown_codes,
        BTreeMap::from([
            ("depth_rank=9".to_owned(), 1),
            ("depth_rank=（空）".to_owned(), 1)
        ])
    );
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("depth_rank=9 × 1")),
        "{:?}",
        report.warnings
    );
}

#[test]
fn a_depth_in_words_or_by_the_plans_list_is_understood() {
    let bytes = geojson(&[("{\"A40_003\":\"0.3m以上 ～ 1m未満\"}", &SQUARE)]);
    assert_eq!(
        depth_rank(
            &layer("a.geojson", &bytes, &kind(LayerKind::Tsunami))
                .0
                .features[0]
        ),
        Some(2)
    );
    let bytes = geojson(&[("{\"クラス\":\"C\"}", &SQUARE)]);
    let said = refusal("a.geojson", &bytes, &kind(LayerKind::FloodMax));
    assert!(
        said.contains("columns.depth") && said.contains("クラス"),
        "{said}"
    );
    let settings = Settings {
        columns: BTreeMap::from([("depth".into(), "クラス".into())]),
        codes: BTreeMap::from([("C".into(), "3m以上5m未満".into())]),
        river: Some("鴨川".into()),
        ..kind(LayerKind::FloodMax)
    };
    let (zones, _) = layer("a.geojson", &bytes, &settings);
    assert_eq!(depth_rank(&zones.features[0]), Some(3));
    assert!(
        matches!(&zones.features[0].facts, Facts::Depth(zone) if zone.river.as_deref() == Some("鴨川"))
    );
}

#[test]
fn an_archive_with_several_data_sets_asks_which_one() {
    let bytes = zip(&[
        ("a.geojson", geojson(&[("{\"depth_rank\":2}", &SQUARE)])),
        ("dir/b.geojson", geojson(&[("{\"depth_rank\":4}", &SQUARE)])),
        ("読んでください.pdf", vec![1]),
    ]);
    let said = refusal("x.zip", &bytes, &kind(LayerKind::FloodMax));
    assert!(said.contains("a.geojson, dir/b.geojson"), "{said}");
    let chosen = Settings {
        table: Some("b.geojson".into()),
        ..kind(LayerKind::FloodMax)
    };
    assert_eq!(
        depth_rank(&layer("x.zip", &bytes, &chosen).0.features[0]),
        Some(4)
    );
}

const TERRAIN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<core:CityModel xmlns:core="http://www.opengis.net/citygml/2.0" xmlns:gml="http://www.opengis.net/gml" xmlns:dem="http://www.opengis.net/citygml/relief/2.0">
<gml:boundedBy><gml:Envelope srsName="http://www.opengis.net/def/crs/EPSG/0/6697" srsDimension="3"/></gml:boundedBy>
<core:cityObjectMember><dem:ReliefFeature><dem:reliefComponent><dem:TINRelief><dem:tin><gml:TriangulatedSurface><gml:trianglePatches>
<gml:Triangle><gml:exterior><gml:LinearRing><gml:posList>35.0 139.0 10 35.0 139.01 20 35.01 139.0 10 35.0 139.0 10</gml:posList></gml:LinearRing></gml:exterior></gml:Triangle>
<gml:Triangle><gml:exterior><gml:LinearRing><gml:posList>139.0 35.0 10 35.0 139.01 20 35.01 139.0 10 35.0 139.0 10</gml:posList></gml:LinearRing></gml:exterior></gml:Triangle>
</gml:trianglePatches></gml:TriangulatedSurface></dem:tin></dem:TINRelief></dem:reliefComponent></dem:ReliefFeature></core:cityObjectMember>
</core:CityModel>"#;

#[test]
fn the_height_between_the_corners_of_a_triangle_is_on_its_plane() {
    match read("dem.gml", TERRAIN.as_bytes(), &Settings::default()).unwrap() {
        (Imported::Grid(grid), report) => {
            assert_eq!((report.read, report.accepted, report.refused), (2, 1, 1));
            for (lon, lat) in [(139.002, 35.002), (139.005, 35.001), (139.0001, 35.009)] {
                let expected = 10.0 + (lon - 139.0) * 1000.0;
                let found = grid.height_at_m(geo::Point::new(lon, lat)).unwrap();
                assert!((found - expected).abs() < 0.05, "{found} {expected}");
            }
            assert_eq!(
                grid.height_at_m(geo::Point::new(139.009, 35.009)),
                None,
                "outside the triangle"
            );
        }
        other => panic!("{other:?}"),
    }
}

fn model(order: &str, start: &str, tuples: &str) -> String {
    format!(
        r#"<Dataset xmlns="http://fgd.gsi.go.jp/spec/2008/FGD_GMLSchema" xmlns:gml="http://www.opengis.net/gml/3.2"><DEM><coverage>
<gml:boundedBy><gml:Envelope srsName="fguuid:jgd2011.bl"><gml:lowerCorner>35.0 139.0</gml:lowerCorner><gml:upperCorner>35.2 139.3</gml:upperCorner></gml:Envelope></gml:boundedBy>
<gml:gridDomain><gml:Grid><gml:limits><gml:GridEnvelope><gml:low>0 0</gml:low><gml:high>2 1</gml:high></gml:GridEnvelope></gml:limits></gml:Grid></gml:gridDomain>
<gml:rangeSet><gml:DataBlock><gml:tupleList>{tuples}</gml:tupleList></gml:DataBlock></gml:rangeSet>
<gml:coverageFunction><gml:GridFunction><gml:sequenceRule order="{order}">Linear</gml:sequenceRule><gml:startPoint>{start}</gml:startPoint></gml:GridFunction></gml:coverageFunction>
</coverage></DEM></Dataset>"#
    )
}

#[test]
fn heights_from_before_the_earthquake_of_2011_are_told_where_the_ground_moved() {
    let warned = |srs: &str, by_degrees: f64| {
        let text = model("+x-y", "0 0", "a,1")
            .replace("fguuid:jgd2011.bl", srs)
            .replace(
                "35.0 139.0",
                &format!("{:.1} {:.1}", 35.0 + by_degrees, 139.0 + by_degrees),
            )
            .replace(
                "35.2 139.3",
                &format!("{:.1} {:.1}", 35.2 + by_degrees, 139.3 + by_degrees),
            );
        match read("dem.xml", text.as_bytes(), &kind(LayerKind::Elevation)).unwrap() {
            (Imported::Grid(_), report) => report.warnings,
            other => panic!("{other:?}"),
        }
    };
    let said = warned("fguuid:jgd2000.bl", 0.0);
    assert!(
        said.len() == 1 && said[0].contains("2011年の地震"),
        "{said:?}"
    );
    assert_eq!(warned("fguuid:jgd2011.bl", 0.0), Vec::<String>::new());
    // Kyushu did not move.
    assert_eq!(warned("fguuid:jgd2000.bl", -4.0), Vec::<String>::new());
}

#[test]
fn a_national_elevation_model_starts_in_the_north_west_and_may_begin_and_end_within_the_grid() {
    let text = model("+x-y", "1 0", "\n地表面,10.5\n海水面,-9999.\n地表面,30\n");
    match read("dem.xml", text.as_bytes(), &kind(LayerKind::Elevation)).unwrap() {
        (Imported::Grid(grid), _) => {
            assert_eq!(grid.size(), (3, 2));
            assert_eq!(
                grid.heights_cm(),
                [None, Some(1050), None, Some(3000), None, None]
            );
            assert_eq!(grid.height_at_m(geo::Point::new(139.15, 35.15)), Some(10.5));
        }
        other => panic!("{other:?}"),
    }
    assert!(
        refusal(
            "dem.xml",
            model("+x+y", "0 0", "a,1").as_bytes(),
            &kind(LayerKind::Elevation)
        )
        .contains("order is +x+y")
    );
    assert!(
        refusal(
            "dem.xml",
            model("+x-y", "0 1", "a,1\na,1\na,1\na,1").as_bytes(),
            &kind(LayerKind::Elevation)
        )
        .contains("do not fit")
    );
    assert!(
        refusal(
            "dem.xml",
            model("+x-y", "0 0", "a,x").as_bytes(),
            &kind(LayerKind::Elevation)
        )
        .contains("no number")
    );
    assert!(
        refusal(
            "dem.xml",
            model("+x-y", "0 0", "a,1").as_bytes(),
            &kind(LayerKind::FloodMax)
        )
        .contains("kind is flood_max")
    );
}

#[test]
fn numbers_in_the_other_order_are_noticed_and_can_be_said_to_be_right() {
    let swapped: Vec<[f64; 2]> = SQUARE.iter().map(|[x, y]| [*y, *x]).collect();
    let bytes = geojson(&[("{\"depth_rank\":2}", &swapped)]);
    let said = refusal("a.geojson", &bytes, &kind(LayerKind::FloodMax));
    assert!(
        said.contains("経度と緯度が逆") && said.contains("--axes north-first"),
        "{said}"
    );
    let settings = Settings {
        axes: Some(Axes::NorthFirst),
        ..kind(LayerKind::FloodMax)
    };
    check_square(&layer("a.geojson", &bytes, &settings).0.features[0]);
}
