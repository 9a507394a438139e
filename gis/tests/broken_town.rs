//! A town that breaks a rule is refused, and the refusal names the thing. Nothing that can be written makes loading panic.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;

use geo::{LineString, Point};
use hinan_gis::{
    Hazard, LoadError, MapDistrict, MapFile, MapLines, MapRing, MapShelter, MapZone, Town,
};
use proptest::prelude::{ProptestConfig, any, prop_assert, proptest};

const TOWN: &str = r#"
code = "261009"
name = "川辺町"
name_en = "Kawabe"
prefecture = "京都府"

[shelter_rule]
flood_depth_rank_max = 0

[[river]]
name = "鴨川"
name_en = "Kamo River"
gauges = ["123456789012"]

[[gauge]]
id = "123456789012"
name = "橋"
name_en = "Bridge"
river = "鴨川"
river_en = "Kamo River"
lon = 135.76
lat = 35.01
upstream = ["123456789013"]
[gauge.levels]
caution_m = 2.0
danger_m = 3.0

[[gauge]]
id = "123456789013"
name = "上"
name_en = "Upper"
river = "鴨川"
river_en = "Kamo River"
lon = 135.77
lat = 35.05

[[note]]
ja = "架空の町です。"
en = "An invented town."

[[attribution]]
what = "map"
source = "invented"
licence = "CC0"
"#;

fn square(x: f64, y: f64, side: f64) -> Vec<MapRing> {
    vec![MapRing::of(&LineString::from(vec![
        (x, y),
        (x + side, y),
        (x + side, y + side),
        (x, y + side),
        (x, y),
    ]))]
}

fn map() -> MapFile {
    let mut map = MapFile::new(vec![square(135.70, 35.00, 0.1)]);
    map.zones = vec![
        MapZone {
            rank: 1,
            rings: square(135.75, 35.00, 0.02),
        },
        MapZone {
            rank: 3,
            rings: square(135.77, 35.00, 0.02),
        },
    ];
    map.districts = vec![MapDistrict {
        id: "kawabata".into(),
        name: "川端".into(),
        kana: None,
        name_en: None,
        outline: vec![square(135.75, 35.00, 0.03)],
        label: [135_760_000, 35_010_000],
        people: 10,
        households: 4,
        people_by_rank: [1, 4, 0, 5, 0, 0, 0],
        people_by_river: BTreeMap::from([("鴨川".into(), 9)]),
        approximate: false,
    }];
    map.shelters = vec![
        shelter("on-the-line", [135_770_000, 35_010_000]),
        shelter("dry", [135_710_000, 35_010_000]),
    ];
    map.rivers = vec![MapLines {
        river: "鴨川".into(),
        lines: vec![MapRing(vec![135_760_000, 35_000_000, 0, 50_000])],
    }];
    map
}

fn shelter(id: &str, at: [i32; 2]) -> MapShelter {
    MapShelter {
        id: id.into(),
        name: "学校".into(),
        name_en: None,
        address: "川端1".into(),
        at,
        approved_for: vec!["flood".into(), "earthquake".into()],
        capacity: Some(200),
        note: None,
    }
}

fn refusal(town: &str, map: &MapFile) -> String {
    Town::load(town, &map.pack().unwrap())
        .unwrap_err()
        .to_string()
}

fn check_town(from: &str, to: &str, expected: &str) {
    assert!(TOWN.contains(from));
    let said = refusal(&TOWN.replacen(from, to, 1), &map());
    assert!(said.contains(expected), "{said}");
}

fn check_map(change: impl Fn(&mut MapFile), expected: &str) {
    let mut map = map();
    change(&mut map);
    let said = refusal(TOWN, &map);
    assert!(said.contains(expected), "{said}");
}

#[test]
fn the_town_without_a_fault_loads() {
    let town = Town::load(TOWN, &map().pack().unwrap()).unwrap();
    assert_eq!(town.districts_of_gauge("123456789012").len(), 1);
    assert_eq!(town.people_in_zone_of_gauge("123456789012"), 9);
    assert_eq!(town.people_in_zone_of_gauge("123456789013"), 0);
    assert_eq!(
        town.district_at(Point::new(135.78, 35.03)).unwrap().id,
        "kawabata",
        "its corner is inside"
    );
    assert_eq!(
        town.shelter("on-the-line")
            .unwrap()
            .depth_rank
            .unwrap()
            .get(),
        3,
        "the deeper of two neighbours"
    );
    let offered = town.nearest_usable_shelters(Point::new(135.76, 35.01), Hazard::Flood, 9);
    assert_eq!(
        offered
            .iter()
            .map(|(shelter, _)| shelter.id.as_str())
            .collect::<Vec<_>>(),
        ["dry"]
    );
}

#[test]
fn a_rule_that_allows_the_depth_offers_the_wet_school_too() {
    let text = TOWN.replace("flood_depth_rank_max = 0", "flood_depth_rank_max = 3");
    let town = Town::load(&text, &map().pack().unwrap()).unwrap();
    assert_eq!(
        town.nearest_usable_shelters(Point::new(135.76, 35.01), Hazard::Flood, 9)
            .len(),
        2
    );
}

#[test]
fn faults_of_the_town_file_are_named() {
    check_town(
        "261009",
        "261000",
        "town.toml: code is 261000; accepted: six digits",
    );
    check_town("\"川辺町\"", "\" \"", "town.toml: name is");
    check_town(
        "flood_depth_rank_max = 0",
        "flood_depth_rank_max = 7",
        "flood_depth_rank_max is 7; accepted: 0",
    );
    check_town(
        "danger_m = 3.0",
        "danger_m = 1.0",
        "gauge[0].levels: danger_m is 1; accepted: at least caution_m, which is 2",
    );
    check_town("danger_m", "dangr_m", "dangr_m");
    check_town(
        "upstream = [\"123456789013\"]",
        "upstream = [\"123456789012\"]",
        "upstream is 123456789012; accepted: gauges above",
    );
    check_town(
        "upstream = [\"123456789013\"]",
        "upstream = [\"999999999999\"]",
        "upstream is 999999999999",
    );
    check_town(
        "id = \"123456789012\"",
        "id = \"12345\"",
        "id is 12345; accepted: 10 to 15 digits",
    );
    check_town(
        "lon = 135.76",
        "lon = 35.01",
        "lon, lat is 35.01 35.01; accepted: longitude",
    );
    check_town("lat = 35.01", "lat = nan", "lon, lat is 135.76 NaN");
    check_town(
        "gauges = [\"123456789012\"]",
        "gauges = []",
        "river[0]: gauges is an empty list",
    );
    check_town(
        "name = \"鴨川\"",
        "name = \"桂川\"",
        "people_by_river is 鴨川; accepted: a river of town.toml",
    );
    check_town(
        "code",
        "= code",
        "town.toml cannot be read as a town in TOML",
    );
}

#[test]
fn faults_of_the_map_file_are_named() {
    check_map(
        |map| map.zones[1].rank = 7,
        "zones[1]: rank is 7; accepted: 1 to 6",
    );
    check_map(
        |map| map.zones[0].rings[0].0.truncate(4),
        "zones[0]: ring is a list of 4 numbers",
    );
    check_map(
        |map| map.zones[0].rings[0].0[2] = i32::MAX,
        "zones[0]: ring is",
    );
    check_map(
        |map| map.zones[0].rings = vec![],
        "zones[0]: rings is an empty list",
    );
    check_map(
        |map| map.zones[0].rings[0] = MapRing(vec![135_000_000, 35_000_000, 1, 1, 1, 1]),
        "a shape without area",
    );
    check_map(
        |map| {
            let beside = square(135.78, 34.9, 0.01);
            map.zones[0].rings.extend(beside);
        },
        "zones[0]: rings is a hole that leaves it",
    );
    check_map(
        |map| map.municipality.clear(),
        "municipality: outline is an empty list",
    );
    check_map(
        |map| map.districts[0].people = 11,
        "districts[0]: people_by_rank is 10; accepted: seven counts that add up",
    );
    check_map(
        |map| map.districts[0].people_by_river = BTreeMap::from([("鴨川".into(), 10)]),
        "people_by_river is 10",
    );
    check_map(
        |map| map.districts[0].id = "川端".into(),
        "districts[0]: id is 川端",
    );
    check_map(
        |map| map.shelters[1].id = "on-the-line".into(),
        "shelters[1]: id is on-the-line; accepted: each identifier once",
    );
    check_map(
        |map| map.shelters[0].approved_for = vec!["fllod".into()],
        "approved_for is fllod; accepted: flood, ",
    );
    check_map(
        |map| map.shelters[0].at = [35_010_000, 135_770_000],
        "at is 35.01 135.77; accepted: longitude",
    );
    check_map(
        |map| map.rivers.push(map.rivers[0].clone()),
        "rivers[1]: river is 鴨川; accepted: each river once",
    );
}

#[test]
fn a_file_that_is_no_map_at_all_is_refused_as_such() {
    for bytes in [&b""[..], b"\x1f\x8b", b"plain text"] {
        assert!(
            matches!(
                Town::load(TOWN, bytes),
                Err(LoadError::Unreadable { format: "gzip", .. })
            ),
            "{bytes:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Any character of the town file exchanged: loads or is refused by name, never a panic.
    #[test]
    fn a_scratched_town_file_never_panics(at in any::<proptest::sample::Index>(), to in any::<char>()) {
        let mut chars: Vec<char> = TOWN.chars().collect();
        let at = at.index(chars.len());
        chars[at] = to;
        let text: String = chars.into_iter().collect();
        if let Err(why) = Town::load(&text, &map().pack().unwrap()) {
            prop_assert!(why.to_string().contains("town.toml") || why.to_string().contains("map.json.gz"), "{why}");
        }
    }

    /// Any byte of the packed map exchanged.
    #[test]
    fn a_scratched_map_never_panics(at in any::<proptest::sample::Index>(), to in any::<u8>()) {
        let mut packed = map().pack().unwrap();
        let at = at.index(packed.len());
        packed[at] = to;
        if let Err(why) = Town::load(TOWN, &packed) {
            prop_assert!(why.to_string().contains("map.json.gz"), "{why}");
        }
    }

    /// Any numbers in place of an outline, a label, a rank or counts of people.
    #[test]
    fn a_map_of_any_numbers_never_panics(
        ring in proptest::collection::vec(any::<i32>(), 0..12),
        near in proptest::collection::vec(-20_000..20_000_i32, 0..12),
        label in any::<[i32; 2]>(),
        people in any::<[u32; 7]>(),
        rank in any::<u8>(),
    ) {
        let mut anything = map();
        anything.zones[0].rings = vec![MapRing(ring)];
        prop_assert!(Town::load(TOWN, &anything.pack().unwrap()).is_err() || rank > 0);
        let mut anything = map();
        anything.zones[0].rings = vec![MapRing([vec![135_760_000, 35_010_000], near].concat())];
        anything.zones[1].rank = rank;
        anything.districts[0].label = label;
        anything.districts[0].people_by_rank = people;
        if let Err(why) = Town::load(TOWN, &anything.pack().unwrap()) {
            prop_assert!(why.to_string().contains("accepted: "), "{why}");
        }
    }
}

#[test]
fn a_shelter_that_takes_fewer_people_than_none_is_refused_with_its_line() {
    let mut written = serde_json::to_value(map()).unwrap();
    written["shelters"][0]["capacity"] = (-5).into();
    let text = serde_json::to_string_pretty(&written).unwrap();
    let line = 1 + text
        .lines()
        .position(|line| line.contains("\"capacity\": -5"))
        .unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, text.as_bytes()).unwrap();
    let said = Town::load(TOWN, &packed.finish().unwrap())
        .unwrap_err()
        .to_string();
    assert!(
        said.contains("-5") && said.contains(&format!("line {line}")),
        "{said}"
    );
}
