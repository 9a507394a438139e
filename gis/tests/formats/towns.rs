//! Four towns: every layer has the counts and areas that its description says.

use std::path::Path;

use hinan_gis::crs::Crs;
use hinan_gis::import::{FileReport, Settings};
use hinan_gis::{Bundle, Facts, Layer, LayerKind, TownFile};

use crate::samples::{flags, folder, kind, km2, layer};

/// Imports a file of which every feature must be accepted.
fn whole(folder: &Path, file: &str, of: LayerKind, count: u32) -> (Layer, FileReport) {
    whole_with(folder, file, &kind(of), count)
}

fn whole_with(folder: &Path, file: &str, settings: &Settings, count: u32) -> (Layer, FileReport) {
    let (layer, report) = layer(folder, file, settings);
    assert_eq!(
        (report.read, report.accepted, report.refused),
        (count, count, 0),
        "{file}"
    );
    (layer, report)
}

/// Places whose file does not state the system, which its description does.
fn points(of: LayerKind) -> Settings {
    Settings {
        crs: Some(Crs::INSIDE),
        ..kind(of)
    }
}

fn check_areas(report: &FileReport, expected_km2: &[(&str, f64)]) {
    for (class, km2) in expected_km2 {
        let found = report.area_by_class_m2.get(*class).copied().unwrap_or(0.0) / 1e6;
        assert!(
            (found - km2).abs() < 0.051,
            "{}: {class} is {found} km2, described as {km2}",
            report.file
        );
    }
}

/// What is written comes back, and twice the same bytes.
fn check_bundle(layers: Vec<Layer>) {
    let bundle = Bundle::new(None, layers, Vec::new());
    let bytes = bundle.write().unwrap();
    println!("bundle: {} bytes", bytes.len());
    assert_eq!(Bundle::open(&bytes).unwrap(), bundle);
    assert_eq!(bundle.write().unwrap(), bytes);
}

/// A town file with one real gauge.
fn town_file(code: &str, name: &str, river: &str, gauge: &str, at: [f64; 2]) -> TownFile {
    let [lon, lat] = at;
    TownFile::read(&format!(
        "code = \"{code}\"\nname = \"{name}\"\nname_en = \"Town\"\nprefecture = \"県\"\n\
         [[river]]\nname = \"{river}\"\nname_en = \"River\"\ngauges = [\"{gauge}\"]\n\
         [[gauge]]\nid = \"{gauge}\"\nname = \"観測所\"\nname_en = \"Gauge\"\nriver = \"{river}\"\nriver_en = \"River\"\n\
         lon = {lon}\nlat = {lat}\nupstream = []\n"
    ))
    .unwrap()
}

/// What was imported is a town, through the bytes of its bundle: every shelter and zone is in it, and nobody is lost.
fn check_town(
    file: TownFile,
    layers: Vec<Layer>,
    districts: usize,
    shelters: usize,
    zones: usize,
    people: std::ops::Range<u64>,
) {
    let bytes = Bundle::new(Some(file), layers, Vec::new()).write().unwrap();
    let town = Bundle::open(&bytes).unwrap().town().unwrap();
    let counted: u64 = town.districts.iter().map(|d| u64::from(d.people)).sum();
    let in_zone: u64 = town
        .districts
        .iter()
        .map(|district| u64::from(district.people_in_zone()))
        .sum();
    println!(
        "{}: {} bytes, {} districts, {} shelters, {} outlines of zones, {counted} people, {in_zone} of them in a zone",
        town.name,
        bytes.len(),
        town.districts.len(),
        town.shelters.len(),
        town.zones().len(),
    );
    assert_eq!(
        (
            town.districts.len(),
            town.shelters.len(),
            town.zones().len()
        ),
        (districts, shelters, zones),
        "{}",
        town.name
    );
    assert!(
        people.contains(&counted) && in_zone > 0 && in_zone < counted,
        "{counted} {in_zone}"
    );
}

fn people(layer: &Layer) -> f64 {
    layer
        .features
        .iter()
        .map(|feature| match &feature.facts {
            Facts::Population(cell) => f64::from(cell.people) * cell.share_inside.unwrap_or(1.0),
            other => panic!("{other:?}"),
        })
        .sum()
}

#[test]
fn obihiro() {
    let Some(folder) = folder("obihiro") else {
        return;
    };
    let (boundary, report) = whole(&folder, "municipality_n03.geojson", LayerKind::Boundary, 1);
    assert!((km2(&report) - 619.4).abs() < 0.1, "{}", km2(&report));
    let (_, _) = whole(&folder, "neighbours_n03.geojson", LayerKind::Neighbour, 13);
    let (zones, report) = whole(
        &folder,
        "flood_depth_max_primary_25m.geojson",
        LayerKind::FloodMax,
        8538,
    );
    check_areas(
        &report,
        &[
            ("0.5m未満", 23.6),
            ("0.5m以上3m未満", 92.3),
            ("3m以上5m未満", 18.6),
            ("5m以上10m未満", 11.4),
            ("10m以上20m未満", 0.01),
        ],
    );
    let (_, fine) = whole(
        &folder,
        "flood_depth_max_primary_10m.fgb.gz",
        LayerKind::FloodMax,
        21_966,
    );
    assert!(fine.crs_from.contains("header"), "{}", fine.crs_from);
    assert!(
        (km2(&fine) / km2(&report) - 1.0).abs() < 0.01,
        "both grids show the same water"
    );
    let (sites, _) = whole(
        &folder,
        "shelters_emergency_gsi.geojson",
        LayerKind::ShelterEmergency,
        120,
    );
    assert_eq!(flags(&sites), [57, 3, 0, 105, 0, 54, 0, 0]);
    let (stay, _) = whole(
        &folder,
        "shelters_designated_gsi.geojson",
        LayerKind::ShelterDesignated,
        90,
    );
    let (blocks, _) = whole_with(
        &folder,
        "town_points_geolonia.csv",
        &points(LayerKind::TownPoint),
        1580,
    );
    let (gauges, _) = whole(&folder, "river_gauges.geojson", LayerKind::Gauge, 74);
    let (_, _) = whole(&folder, "river_cctv.geojson", LayerKind::Camera, 196);
    let (cells, report) = whole(
        &folder,
        "population_mesh500_census2010.geojson",
        LayerKind::Population,
        2705,
    );
    assert_eq!(report.faults.len(), 0);
    assert!(
        (people(&cells) - 168_152.0).abs() < 100.0,
        "{}",
        people(&cells)
    );
    check_bundle(vec![
        boundary.clone(),
        zones.clone(),
        sites.clone(),
        stay,
        blocks,
        gauges,
        cells.clone(),
    ]);
    let file = town_file(
        "012076",
        "帯広市",
        "十勝川",
        "301081281107050",
        [143.20333, 42.93444],
    );
    check_town(
        file,
        vec![boundary, zones, sites, cells],
        1,
        120,
        8538,
        168_000..168_400,
    );
}

#[test]
fn kurashiki() {
    let Some(folder) = folder("kurashiki") else {
        return;
    };
    let (boundary, _) = whole(&folder, "municipality_n03.geojson", LayerKind::Boundary, 1);
    assert_eq!(
        boundary.features[0].shape.area().unwrap().0.len(),
        85,
        "its islands"
    );
    let (_, _) = whole(&folder, "neighbours_n03.geojson", LayerKind::Neighbour, 9);
    let (zones, report) = whole(
        &folder,
        "flood_depth_max_primary_25m.geojson",
        LayerKind::FloodMax,
        9887,
    );
    check_areas(
        &report,
        &[
            ("0.5m未満", 7.8),
            ("0.5m以上3m未満", 67.3),
            ("3m以上5m未満", 45.6),
            ("5m以上10m未満", 13.2),
            ("10m以上20m未満", 9.3),
        ],
    );
    let (_, _) = whole(
        &folder,
        "flood_depth_max_primary_10m.fgb.gz",
        LayerKind::FloodMax,
        30_201,
    );
    let (sites, _) = whole(
        &folder,
        "shelters_emergency_gsi.geojson",
        LayerKind::ShelterEmergency,
        253,
    );
    let counted = flags(&sites);
    assert_eq!(counted[..6], [185, 213, 193, 226, 250, 12]);
    let (stay, _) = whole(
        &folder,
        "shelters_designated_gsi.geojson",
        LayerKind::ShelterDesignated,
        191,
    );
    let (old, _) = whole(
        &folder,
        "shelters_p20_2012.geojson",
        LayerKind::ShelterDesignated,
        209,
    );
    let with_capacity = old
        .features
        .iter()
        .filter(|feature| matches!(&feature.facts, Facts::Site(site) if site.capacity.is_some()))
        .count();
    assert_eq!(with_capacity, 200, "-1 is unknown, not a capacity");
    let approximate = Settings {
        approximate: true,
        ..kind(LayerKind::District)
    };
    let (districts, report) = layer(
        &folder,
        "population_zones_voronoi_approx.geojson",
        &approximate,
    );
    assert_eq!(report.read, 232);
    assert!(
        districts
            .features
            .iter()
            .all(|feature| matches!(&feature.facts, Facts::District(d) if d.approximate))
    );
    let (_, _) = whole_with(
        &folder,
        "town_points_geolonia.csv",
        &points(LayerKind::TownPoint),
        385,
    );
    let (gauges, _) = whole(&folder, "river_gauges.geojson", LayerKind::Gauge, 64);
    let (_, _) = whole(&folder, "river_cctv.geojson", LayerKind::Camera, 135);
    check_bundle(vec![
        boundary.clone(),
        zones.clone(),
        sites.clone(),
        stay,
        districts.clone(),
        gauges,
    ]);
    let file = town_file(
        "332020",
        "倉敷市",
        "砂川",
        "3300000026",
        [133.77339, 34.52386],
    );
    check_town(
        file,
        vec![boundary, zones, sites, districts],
        232,
        253,
        9887,
        1..500_000,
    );
}

#[test]
fn kawasaki() {
    let Some(folder) = folder("kawasaki") else {
        return;
    };
    let (boundary, _) = whole(&folder, "municipality_n03.geojson", LayerKind::Boundary, 7);
    let (_, _) = whole(&folder, "neighbours_n03.geojson", LayerKind::Neighbour, 11);
    let (zones, _) = whole(
        &folder,
        "flood_depth_max_primary_25m.geojson",
        LayerKind::FloodMax,
        5374,
    );
    let (_, _) = whole(
        &folder,
        "flood_depth_max_primary_10m.fgb.gz",
        LayerKind::FloodMax,
        14_416,
    );
    let (others, _) = whole(
        &folder,
        "flood_depth_max_others_25m.geojson",
        LayerKind::FloodMax,
        834,
    );
    let (_, _) = whole(
        &folder,
        "flood_depth_max_others_10m.fgb.gz",
        LayerKind::FloodMax,
        2260,
    );
    let (sites, _) = whole(
        &folder,
        "shelters_emergency_gsi.geojson",
        LayerKind::ShelterEmergency,
        187,
    );
    let (stay, _) = whole(
        &folder,
        "shelters_designated_gsi.geojson",
        LayerKind::ShelterDesignated,
        174,
    );
    let (cells, _) = whole(
        &folder,
        "population_mesh250_census2020.geojson",
        LayerKind::Population,
        1848,
    );
    assert!(
        (people(&cells) - 1_528_279.0).abs() < 1.0,
        "{}",
        people(&cells)
    );
    let (_, _) = whole(&folder, "river_gauges.geojson", LayerKind::Gauge, 40);
    let (_, _) = whole(&folder, "river_cctv.geojson", LayerKind::Camera, 223);
    let (_, report) = layer(
        &folder,
        "town_points_geolonia.csv",
        &points(LayerKind::TownPoint),
    );
    assert_eq!(
        (report.read, report.accepted, report.refused),
        (676, 656, 20),
        "twenty lines have no coordinates"
    );
    assert!(
        report
            .refusals
            .iter()
            .all(|refusal| refusal.why.contains("no place"))
    );
    check_bundle(vec![
        boundary.clone(),
        zones.clone(),
        others.clone(),
        sites.clone(),
        stay,
        cells.clone(),
    ]);
    let file = town_file("141305", "川崎市", "多摩川", "1400000001", [139.66, 35.58]);
    check_town(
        file,
        vec![boundary, zones, others, sites, cells],
        7,
        187,
        5374 + 834,
        1_500_000..1_540_000,
    );
}

#[test]
fn noto() {
    let Some(folder) = folder("noto") else {
        return;
    };
    let (boundary, _) = whole(&folder, "municipality_n03.geojson", LayerKind::Boundary, 3);
    let (zones, _) = whole(
        &folder,
        "flood_depth_max_primary_25m.geojson",
        LayerKind::FloodMax,
        2042,
    );
    let (_, _) = whole(
        &folder,
        "flood_depth_max_primary_10m.fgb.gz",
        LayerKind::FloodMax,
        5148,
    );
    let (water, report) = layer(
        &folder,
        "tsunami_inundation_observed_gsi_suzu_20240110.fgb",
        &kind(LayerKind::TsunamiObserved),
    );
    assert_eq!(
        (report.read, report.accepted, report.refused),
        (32, 30, 2),
        "two outlines are invalid: they have too few points to enclose anything"
    );
    assert_eq!(
        report
            .refusals
            .iter()
            .map(|refusal| refusal.feature)
            .collect::<Vec<_>>(),
        [15, 20]
    );
    let (_, report) = whole(
        &folder,
        "tsunami_inundation_observed_ajg_ver3.fgb",
        LayerKind::TsunamiObserved,
        1,
    );
    assert_eq!(report.repaired, 1, "the only outline is invalid");
    let (slides, report) = whole(
        &folder,
        "landslides_observed_gsi_suzu_wajimaeast_20240106.fgb",
        LayerKind::LandslideObserved,
        1213,
    );
    assert_eq!(report.repaired, 3, "three outlines are invalid");
    for (file, count) in [
        ("landslides_observed_gsi_wajimacentral_20240115.fgb", 358),
        ("landslides_observed_gsi_wajimawest_20240112.fgb", 526),
    ] {
        let (_, report) = whole(&folder, file, LayerKind::LandslideObserved, count);
        assert_eq!(report.repaired, 0, "{file}");
    }
    let (areas, report) = whole(
        &folder,
        "small_areas_census2020_notocho_epsg2449.fgb",
        LayerKind::District,
        202,
    );
    assert!(report.crs.contains("第7系"), "{}", report.crs);
    assert!(
        report
            .warnings
            .iter()
            .any(|warning| warning.contains("JGD2000"))
    );
    assert_eq!(report.people, Some(15_687));
    let households: u32 = areas
        .features
        .iter()
        .filter_map(|feature| match &feature.facts {
            Facts::District(district) => district.households,
            _ => None,
        })
        .sum();
    assert_eq!(households, 6_458);
    let (degrees, other) = whole(
        &folder,
        "small_areas_census2020_notocho.geojson",
        LayerKind::District,
        202,
    );
    assert!(
        (km2(&report) - km2(&other)).abs() < 0.01,
        "the same areas out of metres and out of degrees"
    );
    let ends = |report: &FileReport| report.bounds.unwrap();
    let apart = ends(&report)
        .iter()
        .zip(ends(&other))
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f64::max);
    assert!(apart < 2e-6, "{apart}");
    assert_eq!(degrees.features.len(), areas.features.len());
    let (heli, _) = whole(
        &folder,
        "doctor_heli_points_ishikawa.fgb",
        LayerKind::Facility,
        251,
    );
    let mut layers = vec![boundary, zones, water, slides, areas, heli];
    for (code, flee, stay) in [("172049", 78, 48), ("172057", 133, 35), ("174637", 135, 37)] {
        let file = format!("shelters_emergency_gsi_{code}.geojson");
        layers.push(whole(&folder, &file, LayerKind::ShelterEmergency, flee).0);
        let file = format!("shelters_designated_gsi_{code}.geojson");
        layers.push(whole(&folder, &file, LayerKind::ShelterDesignated, stay).0);
    }
    let (_, _) = whole(&folder, "river_gauges.geojson", LayerKind::Gauge, 25);
    let (_, _) = whole(&folder, "river_cctv.geojson", LayerKind::Camera, 77);
    let (_, _) = whole_with(
        &folder,
        "town_points_geolonia.csv",
        &points(LayerKind::TownPoint),
        523,
    );
    check_bundle(layers.clone());
    let file = town_file(
        "174637",
        "能登町",
        "衣川",
        "1700000113",
        [136.96268, 37.10472],
    );
    // Several outlines of the census share one key code: 195 areas.
    check_town(file, layers, 195, 78 + 133 + 135, 2042, 15_000..15_688);
}

#[test]
fn hitoyoshi() {
    let Some(folder) = folder("hitoyoshi") else {
        return;
    };
    let (boundary, _) = whole(&folder, "municipality_n03.geojson", LayerKind::Boundary, 1);
    let (_, _) = whole(&folder, "neighbours_n03.geojson", LayerKind::Neighbour, 5);
    let (zones, _) = whole(
        &folder,
        "flood_depth_max_primary_25m.geojson",
        LayerKind::FloodMax,
        1261,
    );
    let (_, _) = whole(
        &folder,
        "flood_depth_max_primary_10m.fgb.gz",
        LayerKind::FloodMax,
        3469,
    );
    let (sites, _) = whole(
        &folder,
        "shelters_emergency_gsi.geojson",
        LayerKind::ShelterEmergency,
        28,
    );
    let (_, _) = whole(
        &folder,
        "shelters_designated_gsi.geojson",
        LayerKind::ShelterDesignated,
        29,
    );
    let (portal, _) = whole_with(
        &folder,
        "shelters_pref_portal_capacity.csv",
        &points(LayerKind::ShelterDesignated),
        33,
    );
    let capacities: Vec<u32> = portal
        .features
        .iter()
        .filter_map(|feature| match &feature.facts {
            Facts::Site(site) => site.capacity,
            _ => None,
        })
        .collect();
    assert_eq!(
        (capacities.len(), capacities.iter().sum::<u32>()),
        (32, 146_800)
    );
    let (_, _) = whole(&folder, "river_gauges.geojson", LayerKind::Gauge, 33);
    let (_, _) = whole(&folder, "river_cctv.geojson", LayerKind::Camera, 129);
    let (_, _) = whole_with(
        &folder,
        "town_points_geolonia.csv",
        &points(LayerKind::TownPoint),
        96,
    );
    let file = town_file(
        "432032",
        "人吉市",
        "球磨川",
        "4300000113",
        [130.5994, 32.270123],
    );
    let bundle = Bundle::new(Some(file), vec![boundary, zones, sites], Vec::new());
    let said = bundle.town().unwrap_err().to_string();
    assert!(
        said.contains("population is missing"),
        "nobody is invented where no file counts people: {said}"
    );
    check_bundle(bundle.layers().to_vec());
}

/// All Japan in one layer: 746,301 zones.
#[test]
fn the_national_flood_layer_is_imported_whole() {
    let Some(folder) = folder("national") else {
        return;
    };
    let (zones, report) = whole(
        &folder,
        "flood_depth_max_japan_lvl11.fgb.gz",
        LayerKind::FloodMax,
        746_301,
    );
    assert!(report.unknown_codes.is_empty() && report.crs.contains("6668"));
    let bytes = Bundle::new(None, vec![zones], Vec::new()).write().unwrap();
    println!("bundle of all Japan: {} bytes", bytes.len());
    assert_eq!(
        Bundle::open(&bytes).unwrap().layers()[0].features.len(),
        746_301
    );
}

#[test]
fn national_lists_and_municipalities() {
    let Some(folder) = folder("national") else {
        return;
    };
    let (_, report) = layer(
        &folder,
        "shelters_emergency_japan.csv.gz",
        &kind(LayerKind::ShelterEmergency),
    );
    assert_eq!(report.read, 115_402);
    let (_, report) = layer(
        &folder,
        "shelters_designated_japan.csv.gz",
        &kind(LayerKind::ShelterDesignated),
    );
    assert_eq!(report.read, 82_557);
    let (_, report) = layer(
        &folder,
        "river_cctv_japan.csv.gz",
        &points(LayerKind::Camera),
    );
    assert_eq!(report.read, 11_361);
    let (_, report) = layer(
        &folder,
        "municipalities_japan.fgb.gz",
        &kind(LayerKind::Neighbour),
    );
    assert_eq!(report.read, 1902);
}
