//! Original files of official publishers, bytes unchanged.

use std::collections::BTreeMap;

use geo::{Coord, LineString};
use hinan_gis::import::{Imported, Settings, read_codelist};
use hinan_gis::{Facts, FlowField, Hand, LandslideZone, LayerKind, Phenomenon, Wet};

use crate::samples::{flags, folder, kind, km2, layer, read};

#[test]
fn flood_zones_of_the_national_data_have_the_counts_and_areas_of_their_description() {
    let Some(folder) = folder("formats/ksj_a31a_gml_aichi") else {
        return;
    };
    for (file, expected, count, area_km2) in [
        (
            "A31a-10-24_23_2300130001_10.xml",
            LayerKind::FloodPlanned,
            118,
            1.739,
        ),
        (
            "A31a-20-24_23_2300130001_10.xml",
            LayerKind::FloodMax,
            223,
            4.154,
        ),
        (
            "A31a-30-24_23_2300130001_10.xml",
            LayerKind::FloodDuration,
            309,
            3.285,
        ),
        (
            "A31a-41-24_23_2300120001_10.xml",
            LayerKind::HouseCollapseFlow,
            5,
            0.143,
        ),
        (
            "A31a-42-24_23_2300120001_10.xml",
            LayerKind::HouseCollapseErosion,
            17,
            1.448,
        ),
    ] {
        let (layer, report) = layer(&folder, file, &Settings::default());
        assert_eq!(layer.kind, expected, "the file says what it shows");
        assert_eq!(
            (report.read, report.accepted, report.refused),
            (count, count, 0),
            "{file}"
        );
        assert!(
            (km2(&report) - area_km2).abs() < 0.000_6,
            "{file}: {}",
            km2(&report)
        );
        assert!(
            report.unknown_codes.is_empty() && report.crs.contains("6668"),
            "{file}"
        );
        // Two to nine of a hundred outlines touch themselves.
        let share = f64::from(report.repaired) / f64::from(report.read);
        assert!(share < 0.095, "{file}: {share}");
        let [west, south, east, north] = report.bounds.unwrap();
        assert!(
            west > 137.2 && east < 137.5 && south > 34.6 && north < 34.8,
            "latitude comes first in the file"
        );
        assert!(
            layer
                .features
                .iter()
                .all(|feature| feature.shape.area().is_some())
        );
    }
}

#[test]
fn a_zone_with_a_hole_keeps_it_although_its_link_goes_by_way_of_an_orientable_curve() {
    let Some(folder) = folder("formats/ksj_a31a_gml_aichi") else {
        return;
    };
    let (layer, report) = layer(
        &folder,
        "A31a-20-24_23_2300130001_10.xml",
        &Settings::default(),
    );
    let holes: usize = layer
        .features
        .iter()
        .filter_map(|feature| feature.shape.area())
        .flat_map(|area| area.iter())
        .map(|polygon| polygon.interiors().len())
        .sum();
    // The file has 31 interior rings; outer rings that touch themselves go round the other holes.
    assert_eq!(holes, 56);
    assert!(
        report.warnings.is_empty(),
        "every link leads somewhere: {:?}",
        report.warnings
    );
    let Facts::Depth(zone) = &layer.features[0].facts else {
        panic!("a depth");
    };
    assert_eq!(zone.river.as_deref(), Some("柳生川"));
}

#[test]
fn a_file_imported_as_what_it_is_not_is_refused() {
    let Some(folder) = folder("formats/ksj_a31a_gml_aichi") else {
        return;
    };
    let said = read(
        &folder,
        "A31a-10-24_23_2300130001_10.xml",
        &kind(LayerKind::FloodMax),
    )
    .unwrap_err()
    .to_string();
    assert!(
        said.contains("kind is flood_max; accepted: flood_planned"),
        "{said}"
    );
    let said = read(
        &folder,
        "KS-META-A31a-24_23_10.xml",
        &kind(LayerKind::FloodMax),
    )
    .unwrap_err()
    .to_string();
    assert!(said.contains("metadata"), "{said}");
}

#[test]
fn boundaries_come_out_of_the_zip_with_their_stated_encoding_and_system() {
    let Some(folder) = folder("formats/ksj_n03_shp_aichi") else {
        return;
    };
    let (layer, report) = layer(
        &folder,
        "N03-20240101_23_SHP.zip",
        &kind(LayerKind::Boundary),
    );
    assert_eq!(
        (report.read, report.accepted, report.refused),
        (1035, 1035, 0)
    );
    assert_eq!(report.encoding_from.as_deref(), Some(".cpg"));
    assert_eq!(report.crs_from, ".prj");
    // The area of Aichi is 5,173 km2 by the national survey.
    assert!((km2(&report) - 5173.0).abs() < 10.0, "{}", km2(&report));
    let names: Vec<_> = layer
        .features
        .iter()
        .map(|feature| match &feature.facts {
            Facts::Boundary(municipality) => municipality,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(
        names
            .iter()
            .any(|m| m.code.as_deref() == Some("23101") && m.name == "愛知県名古屋市千種区"),
        "{:?}",
        names[0]
    );
    assert!(
        names
            .iter()
            .any(|m| m.code.is_none() && m.name.contains("所属未定地"))
    );
}

#[test]
fn land_prices_in_shift_jis_without_a_word_about_it_are_read_right() {
    let Some(folder) = folder("formats/ksj_l01_shp_cp932_aichi") else {
        return;
    };
    let settings = Settings {
        columns: BTreeMap::from([("name".to_owned(), "L01_025".to_owned())]),
        ..kind(LayerKind::Landmark)
    };
    let (layer, report) = layer(&folder, "L01-24_23_SHP_cp932.zip", &settings);
    assert_eq!(
        (report.read, report.accepted, report.refused),
        (1903, 1903, 0)
    );
    assert_eq!(report.encoding.as_deref(), Some("CP932"));
    assert!(
        report
            .encoding_from
            .as_deref()
            .unwrap()
            .contains("not valid UTF-8")
    );
    let names: Vec<&str> = layer
        .features
        .iter()
        .filter_map(|feature| match &feature.facts {
            Facts::Landmark(landmark) => landmark.name.as_deref(),
            _ => None,
        })
        .collect();
    assert!(
        names.iter().any(|name| name.contains("愛知県")),
        "{:?}",
        &names[..3]
    );
    let as_utf8 = Settings {
        encoding: Some(hinan_gis::import::TextEncoding::Utf8),
        ..kind(LayerKind::Landmark)
    };
    let said = read(&folder, "L01-24_23_SHP_cp932.zip", &as_utf8)
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("UTF-8") && said.contains("--encoding"),
        "{said}"
    );
}

#[test]
fn prefecture_lists_of_shelters_have_the_counts_of_their_description() {
    let Some(folder) = folder("formats") else {
        return;
    };
    let sites = kind(LayerKind::ShelterEmergency);
    let (shingu, report) = layer(&folder, "csv_shelters_wakayama/shingushi.csv", &sites);
    assert_eq!((report.read, report.accepted), (89, 89));
    assert!(
        report.crs_from.contains("世界測地系"),
        "{}",
        report.crs_from
    );
    assert_eq!(flags(&shingu)[0], 56, "lines that list 洪水");
    assert_eq!(flags(&shingu)[4], 46, "lines that list 津波");
    let (_, report) = layer(
        &folder,
        "csv_shelters_wakayama/nachikatsuuracho.csv",
        &sites,
    );
    // 164 lines with the head; two line breaks stand inside quotes.
    assert_eq!((report.read, report.accepted), (161, 161));
    let (ishikawa, report) = layer(
        &folder,
        "csv_shelters_ishikawa/170003_evacuation_space.csv",
        &sites,
    );
    assert_eq!(
        (report.read, report.refused),
        (1528, report.read - report.accepted)
    );
    let count = |of: fn(&hinan_gis::SiteFacts) -> bool| -> usize {
        ishikawa
            .features
            .iter()
            .filter(|feature| matches!(&feature.facts, Facts::Site(site) if of(site)))
            .count()
    };
    println!("ishikawa flags {:?}", flags(&ishikawa));
    let in_words = |site: &hinan_gis::SiteFacts| {
        site.note
            .as_deref()
            .is_some_and(|note| note.contains("想定収容人数: "))
    };
    // 875 lines have something in the column of capacity: 463 a number, 5 a dash, 407 words such as 「屋内191人／屋外0人」; 79 of
    // these have people indoors.
    assert_eq!(count(in_words), 407);
    assert_eq!(count(|site| site.capacity.is_some()), 463 + 79);
    // 1,346 lines say something about elevation; three of these are a dash and one is a range.
    assert_eq!(count(|site| site.elevation_m.is_some()), 1342);
}

#[test]
fn plateau_zones_are_read_with_their_kind_and_class() {
    let Some(folder) = folder("formats/plateau_citygml") else {
        return;
    };
    for (file, expected) in [
        ("kisarazu_523977_htd_6697_op.gml", LayerKind::StormSurge),
        ("kisarazu_534000_rfld_6697_op.gml", LayerKind::Reservoir),
        ("takaoka_55360704_fld_6697_l2.gml", LayerKind::FloodMax),
        (
            "numazu_52385721_fld_6697_l1_op.gml",
            LayerKind::FloodPlanned,
        ),
        ("numazu_523855_tnm_6697_op.gml", LayerKind::Tsunami),
        ("saitama_533955_ifld_6697_op.gml", LayerKind::InlandFlood),
    ] {
        let (layer, report) = layer(&folder, file, &Settings::default());
        assert_eq!(layer.kind, expected, "{file}");
        assert_eq!(
            (report.refused, report.repaired),
            (0, 0),
            "{file}: joining triangles is no repair"
        );
        assert!(report.crs_from == "srsName" && km2(&report) > 0.0);
        // The standard rank is understood; the rank of a city's own list is counted as unknown, and its zones stay.
        let by_own_list = report
            .unknown_codes
            .keys()
            .any(|code| code.starts_with("rankOrg="));
        let has_own_list = file.contains("numazu") || file.contains("saitama");
        assert_eq!(
            by_own_list, has_own_list,
            "{file}: {:?}",
            report.unknown_codes
        );
    }
}

#[test]
fn a_citys_own_ranks_are_understood_with_its_code_list() {
    let Some(folder) = folder("formats/plateau_citygml") else {
        return;
    };
    let list = "<gml:Dictionary xmlns:gml='http://www.opengis.net/gml'><gml:dictionaryEntry><gml:Definition>\
                <gml:description>0.3m未満</gml:description><gml:name>1</gml:name></gml:Definition></gml:dictionaryEntry>\
                <gml:dictionaryEntry><gml:Definition><gml:description>0.3m以上1m未満</gml:description><gml:name>2</gml:name>\
                </gml:Definition></gml:dictionaryEntry></gml:Dictionary>";
    let settings = Settings {
        codelist: read_codelist("rankOrg.xml", list.as_bytes()).unwrap(),
        ..Settings::default()
    };
    let (layer, report) = layer(&folder, "numazu_523855_tnm_6697_op.gml", &settings);
    assert!(
        !report.unknown_codes.contains_key("rankOrg=1")
            && !report.unknown_codes.contains_key("rankOrg=2")
    );
    assert!(layer.features.iter().any(|feature| matches!(&feature.facts, Facts::Depth(zone)
        if zone.depth.is_some_and(|depth| depth.words_ja() == "0.3m以上1m未満" && depth.rank().get() == 2))));
}

#[test]
fn landslide_areas_are_yellow_where_the_code_is_one_and_red_where_it_is_two() {
    let Some(folder) = folder("formats/plateau_citygml") else {
        return;
    };
    let (numazu, report) = layer(
        &folder,
        "numazu_523857_lsld_6668_op.gml",
        &Settings::default(),
    );
    assert_eq!((report.read, report.accepted, report.refused), (81, 81, 0));
    assert!(
        report.unknown_codes.is_empty(),
        "{:?}",
        report.unknown_codes
    );
    let count = |phenomenon: Phenomenon, zone: LandslideZone| {
        numazu
            .features
            .iter()
            .filter(|feature| {
                matches!(&feature.facts, Facts::Landslide(area)
                if area.phenomenon == Some(phenomenon) && area.zone == Some(zone))
            })
            .count()
    };
    let by_zone = [LandslideZone::Warning, LandslideZone::Special]
        .map(|zone| count(Phenomenon::SteepSlope, zone) + count(Phenomenon::DebrisFlow, zone));
    assert_eq!(
        by_zone.iter().sum::<usize>(),
        81,
        "disaster types 1 and 2 only"
    );
    assert!(by_zone[0] > 0 && by_zone[1] > 0);
    let (_, report) = layer(
        &folder,
        "tamana_493023_lsld_6697_op.gml",
        &Settings::default(),
    );
    assert_eq!(report.refused, 0);
}

#[test]
fn terrain_of_triangles_becomes_a_grid_with_its_heights() {
    let Some(folder) = folder("formats/plateau_citygml") else {
        return;
    };
    let (grid, report) = match read(
        &folder,
        "yokosuka_523965_dem_6697_05_op.gml",
        &kind(LayerKind::Elevation),
    )
    .unwrap()
    {
        (Imported::Grid(grid), report) => (grid, report),
        other => panic!("{other:?}"),
    };
    let (columns, rows) = grid.size();
    assert!(
        report.read > 500 && columns > 200 && rows > 200,
        "{columns} by {rows}"
    );
    let heights: Vec<f64> = (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (column, row)))
        .filter_map(|(column, row)| grid.height_m(column, row))
        .collect();
    assert!(!heights.is_empty());
    // The envelope of the file says -0.02 to 24.2 m.
    assert!(
        heights
            .iter()
            .all(|height| (-0.03..=24.21).contains(height))
    );
}

/// The height above the drainage on real ground, cell by cell against a plain walk down the water's way.
#[test]
fn on_real_terrain_every_place_is_as_high_above_the_water_as_a_walk_downhill_says() {
    let Some(folder) = folder("formats/plateau_citygml") else {
        return;
    };
    let read = read(
        &folder,
        "yokosuka_523965_dem_6697_05_op.gml",
        &kind(LayerKind::Elevation),
    );
    let Ok((Imported::Grid(grid), _)) = read else {
        panic!("terrain becomes a grid");
    };
    let flow = FlowField::over(&grid);
    let (columns, rows) = grid.size();
    let cells = || (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
    let number = |(column, row): (u32, u32)| row as usize * columns as usize + column as usize;
    // The watercourse is the longest way that water takes: from where its way down is longest, to where it ends.
    let walk = |from: usize| std::iter::successors(Some(from), |cell| flow.next(*cell));
    let head = cells()
        .filter(|(column, row)| grid.height_m(*column, *row).is_some())
        .max_by_key(|cell| walk(number(*cell)).count())
        .unwrap();
    let places: BTreeMap<usize, (u32, u32)> = cells().map(|cell| (number(cell), cell)).collect();
    let course: Vec<Coord<f64>> = walk(number(head))
        .map(|cell| grid.middle(places[&cell].0, places[&cell].1).into())
        .collect();
    assert!(course.len() > 20, "{} cells", course.len());
    let river = [LineString::new(course.clone())];
    let hand = Hand::of(&grid, &[&river]).unwrap();
    let on_river: std::collections::BTreeSet<usize> = walk(number(head)).collect();
    let (mut reached, mut elsewhere) = (0, 0);
    for cell in cells() {
        let place = grid.middle(cell.0, cell.1);
        let met = walk(number(cell)).find(|at| on_river.contains(at));
        let expected = met
            .zip(grid.height_m(cell.0, cell.1))
            .and_then(|(at, height_m)| {
                let (column, row) = places[&at];
                Some(height_m - grid.height_m(column, row)?)
            });
        let found = hand.at(place).map(|above| above.above_m);
        match (found, expected) {
            (Some(found), Some(expected)) => {
                assert!(
                    (found - expected).abs() < 0.006,
                    "{cell:?}: {found} {expected}"
                );
                reached += 1;
                let depth = |water_m: f64| match hand.wet(place, 0, water_m) {
                    Wet::Deep(depth_m) => depth_m,
                    Wet::No => 0.0,
                    Wet::Unknown => panic!("{cell:?} is known"),
                };
                assert!(depth(1.0) <= depth(2.0) && depth(2.0) <= depth(10.0));
            }
            (None, None) => {
                elsewhere += 1;
                assert_eq!(
                    hand.wet(place, 0, 100.0),
                    Wet::Unknown,
                    "never taken for dry"
                );
            }
            other => panic!("{cell:?}: {other:?}"),
        }
    }
    println!(
        "{columns} by {rows} cells, a watercourse of {} cells: {reached} cells drain to it, {elsewhere} elsewhere or have no height",
        course.len()
    );
    assert!(reached > course.len() && elsewhere > 0);
}

#[test]
fn elevation_files_without_a_place_are_refused_and_with_one_they_are_read() {
    let Some(folder) = folder("formats/gsi_dem_gml_schema_dummy") else {
        return;
    };
    for (file, columns, rows) in [
        ("FG-GML-0000-00-00-DEM5A-dummy.xml", 225, 150),
        ("FG-GML-0000-10-dem10b-dummy.xml", 1125, 750),
    ] {
        let said = read(&folder, file, &kind(LayerKind::Elevation))
            .unwrap_err()
            .to_string();
        assert!(said.contains("日本の外"), "{file}: {said}");
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let placed = text
            .replace(
                "<gml:lowerCorner>0.0 0.000<",
                "<gml:lowerCorner>36.0 140.0<",
            )
            .replace(
                "<gml:upperCorner>0.0 0.000<",
                "<gml:upperCorner>36.1 140.2<",
            );
        let source = hinan_gis::import::Source {
            name: file.into(),
            bytes: placed.into_bytes(),
            beside: Vec::new(),
        };
        match hinan_gis::import::import(&source, &kind(LayerKind::Elevation), &mut |_| {}).unwrap()
        {
            (Imported::Grid(grid), report) => {
                assert_eq!(grid.size(), (columns, rows));
                assert_eq!(report.read, 10);
                assert!(
                    report.warnings.iter().any(|w| w.contains("not one height")),
                    "every height in it is -9999"
                );
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn roads_of_openstreetmap_have_the_ways_of_their_description() {
    let Some(folder) = folder("formats/osm_xml") else {
        return;
    };
    for (file, ways) in [
        ("sapporo_hokudai_station.osm.gz", 868),
        ("tsukuba_aist.osm.gz", 775),
    ] {
        match read(&folder, file, &kind(LayerKind::Road)).unwrap() {
            (Imported::Roads(graph), report) => {
                assert_eq!(report.read, ways, "{file}");
                assert!(graph.junction_count() > 100 && report.accepted > 100);
            }
            other => panic!("{other:?}"),
        }
        let said = read(&folder, file, &kind(LayerKind::FloodMax))
            .unwrap_err()
            .to_string();
        assert!(said.contains("accepted: road"), "{said}");
    }
}
