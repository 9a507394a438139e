//! From imported layers to a town: whose border it is, which rivers reach a district, and that each person is counted once.

use geo::Point;
use hinan_gis::import::check_fit;
use hinan_gis::road::{WalkConditions, WalkGroup, WalkSettings};
use hinan_gis::{Bundle, Hazard, Layer, LayerKind, LocateSettings, Locator, Town, TownFile};

use crate::files::{geojson, kind, layer};

fn square(west: f64, side: f64) -> [[f64; 2]; 5] {
    [
        [west, 35.0],
        [west + side, 35.0],
        [west + side, 35.0 + side],
        [west, 35.0 + side],
        [west, 35.0],
    ]
}

fn layer_of(of: LayerKind, features: &[(&str, [[f64; 2]; 5])]) -> Layer {
    let features: Vec<(&str, &[[f64; 2]])> = features
        .iter()
        .map(|(properties, ring)| (*properties, &ring[..]))
        .collect();
    layer("a.geojson", &geojson(&features), &kind(of)).0
}

fn people(cells: &str) -> Layer {
    let text = format!("mesh,人口\n{cells}");
    layer("mesh.csv", text.as_bytes(), &kind(LayerKind::Population)).0
}

/// A town on two rivers with a gauge each.
fn town_file() -> TownFile {
    let mut text =
        "code = \"261009\"\nname = \"京都市\"\nname_en = \"Kyoto\"\nprefecture = \"京都府\"\n"
            .to_owned();
    for (river, en, gauge) in [
        ("鴨川", "Kamo", "123456789012"),
        ("桂川", "Katsura", "123456789013"),
    ] {
        text += &format!(
            "[[river]]\nname = \"{river}\"\nname_en = \"{en}\"\ngauges = [\"{gauge}\"]\n\
             [[gauge]]\nid = \"{gauge}\"\nname = \"橋\"\nname_en = \"Bridge\"\nriver = \"{river}\"\nriver_en = \"{en}\"\n\
             lon = 135.7\nlat = 35.01\nupstream = []\n"
        );
    }
    TownFile::read(&text).unwrap()
}

fn sites() -> Layer {
    let text = "共通ID,施設・場所名,住所,洪水,緯度,経度\nE1,西の学校,西,1,35.02,135.72\nE2,東の学校,東,1,35.02,135.77\n";
    layer(
        "sites.csv",
        text.as_bytes(),
        &kind(LayerKind::ShelterEmergency),
    )
    .0
}

const WEST: &str = "{\"name\":\"京都市\",\"code\":\"26100\"}";
const EAST: &str = "{\"name\":\"隣市\",\"code\":\"26201\"}";

/// Two municipalities side by side, of which the western one is the town.
fn border() -> Layer {
    layer_of(
        LayerKind::Boundary,
        &[(WEST, square(135.7, 0.05)), (EAST, square(135.75, 0.05))],
    )
}

fn zones(features: &[(&str, [[f64; 2]; 5])]) -> Layer {
    layer_of(LayerKind::FloodMax, features)
}

fn bundle(layers: Vec<Layer>) -> Bundle {
    let bytes = Bundle::new(Some(town_file()), layers, Vec::new())
        .write()
        .unwrap();
    Bundle::open(&bytes).unwrap()
}

fn town(layers: Vec<Layer>) -> Town {
    bundle(layers).town().unwrap()
}

fn refused(layers: Vec<Layer>) -> String {
    bundle(layers).town().unwrap_err().to_string()
}

/// A kilometre in each of the two municipalities.
const CELLS: &str = "52354527,1000\n52354621,500\n";

fn kamo() -> Layer {
    zones(&[(
        "{\"depth_rank\":4,\"河川名\":\"鴨川\"}",
        square(135.7, 0.05),
    )])
}

#[test]
fn of_a_prefecture_only_the_towns_own_border_is_its_border() {
    let layers = || vec![border(), kamo(), people(CELLS), sites()];
    let made = town(layers());
    let names: Vec<&str> = made.districts.iter().map(|d| d.name.as_str()).collect();
    assert_eq!(names, ["京都市"]);
    assert_eq!(made.outline.0.len(), 1);
    let in_town: Vec<(&str, bool)> = made
        .shelters
        .iter()
        .map(|shelter| (shelter.id.as_str(), shelter.in_town))
        .collect();
    assert_eq!(in_town, [("E1", true), ("E2", false)]);
    assert_eq!(bundle(layers()).own_border().unwrap(), (1, 2));
}

/// Files of the neighbour lie within the box of the whole file of boundaries, but not within the town's.
#[test]
fn whether_a_file_fits_is_asked_of_the_towns_own_border() {
    let far = "{\"name\":\"遠市\",\"code\":\"26202\"}";
    let border = layer_of(
        LayerKind::Boundary,
        &[(WEST, square(135.7, 0.05)), (far, square(136.2, 0.05))],
    );
    let bundle = bundle(vec![border]);
    let own = bundle.own_bounds().unwrap().unwrap();
    assert_eq!(
        own.map(|degrees| format!("{degrees:.2}")),
        ["135.70", "35.00", "135.75", "35.05"]
    );
    let (_, there) = layer(
        "far.geojson",
        &geojson(&[("{\"depth_rank\":2}", &square(136.2, 0.05))]),
        &kind(LayerKind::FloodMax),
    );
    let said = check_fit(&[there], Some(own)).unwrap_err().to_string();
    assert!(
        said.contains("far.geojson") && said.contains("136.2"),
        "{said}"
    );
    let nothing = Bundle::new(None, Vec::new(), Vec::new());
    assert_eq!(nothing.own_bounds().unwrap(), None);
}

#[test]
fn without_districts_a_place_is_in_the_towns_municipality() {
    let asked = LocateSettings {
        hazard: Hazard::Flood,
        shelters: 1,
        walking: WalkSettings::default(),
        conditions: WalkConditions::calm(WalkGroup::Adults),
    };
    let locator = Locator::of_bundle(&bundle(vec![border(), kamo(), sites()]), asked).unwrap();
    let west = locator.locate(Point::new(135.72, 35.02));
    assert_eq!(
        (west.in_town, west.district),
        (Some(true), Some(("26100", "京都市")))
    );
    let east = locator.locate(Point::new(135.77, 35.02));
    assert_eq!((east.in_town, east.district), (Some(false), None));
}

#[test]
fn the_wards_of_a_designated_city_are_its_border() {
    let wards = layer_of(
        LayerKind::Boundary,
        &[
            (
                "{\"N03_001\":\"京都府\",\"N03_003\":\"京都市\",\"N03_004\":\"北区\",\"N03_007\":\"26101\"}",
                square(135.7, 0.02),
            ),
            (
                "{\"N03_001\":\"京都府\",\"N03_003\":\"京都市\",\"N03_004\":\"上京区\",\"N03_007\":\"26102\"}",
                square(135.72, 0.02),
            ),
            (
                "{\"N03_001\":\"京都府\",\"N03_004\":\"隣市\",\"N03_007\":\"26201\"}",
                square(135.74, 0.02),
            ),
        ],
    );
    let made = town(vec![wards, kamo(), people(CELLS)]);
    let ids: Vec<&str> = made.districts.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["26101", "26102"]);
}

#[test]
fn a_border_of_other_municipalities_is_refused_with_both_codes() {
    let other = "{\"name\":\"千代田区\",\"code\":\"13101\"}";
    let border = layer_of(LayerKind::Boundary, &[(other, square(135.7, 0.05))]);
    let said = refused(vec![border, kamo(), people(CELLS)]);
    assert!(said.contains("13101") && said.contains("26100"), "{said}");
}

/// Where both rivers reach, each may flood alone, and its gauge asks for an order.
#[test]
fn a_district_follows_every_river_whose_zone_reaches_it() {
    let both = zones(&[
        (
            "{\"depth_rank\":4,\"河川名\":\"鴨川\"}",
            square(135.7, 0.05),
        ),
        (
            "{\"depth_rank\":3,\"河川名\":\"桂川\"}",
            square(135.7, 0.05),
        ),
    ]);
    let made = town(vec![border(), both, people(CELLS)]);
    let reaches: Vec<(&str, u32)> = made.districts[0]
        .reaches
        .iter()
        .map(|reach| (reach.river.as_str(), reach.people_in_zone))
        .collect();
    assert_eq!(reaches, [("鴨川", 1000), ("桂川", 1000)]);
    assert_eq!(made.districts[0].people_in_zone(), 1000);
    for gauge in ["123456789012", "123456789013"] {
        assert_eq!(made.districts_of_gauge(gauge).len(), 1, "{gauge}");
        assert_eq!(made.people_in_zone_of_gauge(gauge), 1000, "{gauge}");
    }
    assert!(made.notes.iter().all(|note| !note.ja.contains("川の水位")));
}

#[test]
fn a_river_without_a_zone_of_its_name_is_noted() {
    let other = zones(&[(
        "{\"depth_rank\":4,\"河川名\":\"淀川水系鴨川\"}",
        square(135.7, 0.05),
    )]);
    let made = town(vec![border(), other, people(CELLS)]);
    assert!(made.districts[0].reaches.is_empty());
    let note = made
        .notes
        .iter()
        .find(|note| note.ja.contains("鴨川、桂川"))
        .unwrap();
    assert!(note.en.contains("Kamo, Katsura"), "{}", note.en);
}

#[test]
fn an_open_end_of_depth_is_noted() {
    let open = zones(&[(
        "{\"浸水深\":\"3m以上\",\"河川名\":\"鴨川\"}",
        square(135.7, 0.05),
    )]);
    let made = town(vec![border(), open, people(CELLS)]);
    assert!(
        made.notes
            .iter()
            .any(|note| note.en.starts_with("1 flood zones state no upper limit"))
    );
}

#[test]
fn nobody_is_counted_twice_over_files() {
    let with = |cells: &str| vec![border(), kamo(), people(CELLS), people(cells)];
    let said = refused(with("52354527,900\n"));
    assert!(said.contains("population is 52354527"), "{said}");
    let said = refused(with("523545271,300\n"));
    assert!(said.contains("523545271, which lies in 52354527"), "{said}");
    assert_eq!(town(with("52354528,7\n")).districts[0].people, 1007);
}
