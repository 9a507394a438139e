//! From levels to districts in the demo town, and the town's own table.
#![allow(clippy::unwrap_used)]

use std::sync::LazyLock;

use geo::{Coord, LineString, Point, Rect};
use hinan_gis::{
    AreaIndex, ElevationGrid, Hand, PlacedFacility, PlacedPeople, StageBasis, StagePlan, Town,
    terrain_extent,
};

const OBIHIRO_GAUGE: &str = "301081281107050";
const TOKACHI: &str = "十勝川";

static TOWN: LazyLock<Town> = LazyLock::new(|| load(""));
static PLAN: LazyLock<StagePlan> = LazyLock::new(|| StagePlan::build(&TOWN, &[]));

fn load(more: &str) -> Town {
    try_load(more).unwrap()
}

fn try_load(more: &str) -> Result<Town, hinan_gis::LoadError> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../config/obihiro/");
    let text = std::fs::read_to_string(format!("{folder}town.toml")).unwrap();
    let map = std::fs::read(format!("{folder}map.json.gz")).unwrap();
    Town::load(&format!("{text}\n{more}"), &map)
}

#[test]
fn a_higher_level_never_concerns_fewer_districts_people_or_zones() {
    for table in PLAN.tables() {
        let mut before = PLAN.extent(&TOWN, table, f64::NEG_INFINITY);
        assert!(before.districts.is_empty());
        for step in &table.steps {
            let now = PLAN.extent(&TOWN, table, step.level_m);
            assert!(now.people.low >= before.people.low && now.people.high >= before.people.high);
            for was in &before.districts {
                let is = now
                    .districts
                    .iter()
                    .find(|is| is.district == was.district)
                    .unwrap();
                assert!(is.rank_min <= was.rank_min && is.zones.len() >= was.zones.len());
            }
            before = now;
        }
    }
}

/// 帯広 has all five official levels in 2016: 35.20 caution, 36.80 judgement, 37.40 danger, 38.51 design as its town file says.
#[test]
fn at_the_gauge_of_obihiro_the_default_says_that_it_is_an_assumption() {
    let table = PLAN
        .tables_of(OBIHIRO_GAUGE)
        .find(|table| table.river == TOKACHI)
        .unwrap();
    let levels = &TOWN.gauge(OBIHIRO_GAUGE).unwrap().levels;
    let by_level: Vec<f64> = table.steps.iter().map(|step| step.level_m).collect();
    let official = [
        levels.caution_m,
        levels.evacuation_judgement_m,
        levels.danger_m,
        levels.design_high_water_m,
    ];
    assert_eq!(by_level, official.map(Option::unwrap));
    assert!(table.basis.assumption().unwrap().ja.starts_with("仮定"));
    assert!(!table.unknown_above);
}

#[test]
fn above_the_design_level_everybody_in_the_zone_of_the_river_is_concerned_and_counted_exactly() {
    for table in PLAN.tables().iter().filter(|table| !table.unknown_above) {
        let all = PLAN.extent(&TOWN, table, 10_000.0);
        let expected: u32 = TOWN
            .districts
            .iter()
            .flat_map(|district| &district.reaches)
            .filter(|reach| reach.river == table.river)
            .map(|reach| reach.people_in_zone)
            .sum();
        assert_eq!(
            (all.people.low, all.people.high),
            (expected, expected),
            "{}",
            table.river
        );
    }
}

#[test]
fn where_one_river_reaches_a_district_its_people_by_rank_are_known_but_for_rounding() {
    for table in PLAN.tables() {
        for step in &table.steps {
            for found in PLAN.extent(&TOWN, table, step.level_m).districts {
                let district = &TOWN.districts[found.district];
                if district.reaches.len() == 1 {
                    // By rank and by river people were rounded to whole ones apart.
                    assert!(
                        found.people.high - found.people.low <= 1,
                        "{}",
                        district.name
                    );
                }
                assert!(found.people.low <= found.people.high);
            }
        }
    }
}

#[test]
fn shelters_in_the_zones_of_a_stage_are_named_and_stand_in_them() {
    let table = PLAN
        .tables_of(OBIHIRO_GAUGE)
        .find(|table| table.river == TOKACHI)
        .unwrap();
    let extent = PLAN.extent(&TOWN, table, 10_000.0);
    let shelters: Vec<usize> = extent
        .districts
        .iter()
        .flat_map(|d| d.shelters.clone())
        .collect();
    assert!(shelters.len() > 5, "{shelters:?}");
    for (shelter, district) in extent
        .districts
        .iter()
        .flat_map(|d| d.shelters.iter().map(move |s| (s, d)))
    {
        assert!(TOWN.shelters[*shelter].depth_rank >= Some(district.rank_min));
    }
}

#[test]
fn a_forecast_gives_three_extents_that_do_not_shrink() {
    let table = PLAN
        .tables_of(OBIHIRO_GAUGE)
        .find(|table| table.river == TOKACHI)
        .unwrap();
    let ranged = PLAN.ranged(&TOWN, table, [34.0, 36.9, 38.9]);
    assert!(ranged.low.districts.is_empty() && ranged.low.step.is_none());
    assert!(ranged.median.people.high <= ranged.high.people.high);
    assert!(ranged.high.districts.len() >= ranged.median.districts.len());
    assert!(!ranged.high.districts.is_empty());
}

/// 南帯橋 has a caution and a design level only.
#[test]
fn levels_that_are_not_known_are_named_in_the_assumption() {
    let table = PLAN.tables_of("301081281107230").next().unwrap();
    let StageBasis::AssumedFromRanks(stand_ins) = &table.basis else {
        panic!("the demo town has no table of its own");
    };
    assert!(
        stand_ins.iter().any(|(missing, _)| *missing == "danger_m"),
        "{stand_ins:?}"
    );
}

#[test]
fn a_level_that_is_no_number_or_a_gauge_without_levels_never_means_that_nothing_is_concerned() {
    for table in PLAN.tables() {
        assert!(PLAN.extent(&TOWN, table, f64::NAN).may_be_more);
    }
    let bare = PLAN
        .tables()
        .iter()
        .find(|table| table.steps.is_empty())
        .unwrap();
    let extent = PLAN.extent(&TOWN, bare, 50.0);
    assert!(extent.may_be_more && extent.districts.is_empty());
}

#[test]
fn the_own_table_of_a_town_goes_before_the_assumption() {
    let town = load(
        r#"
        [[stage]]
        gauge = "301081281107050"
        river = "十勝川"
        at = "danger_m"
        depth_rank_min = 3
        districts = ["nishi-07-10-kita"]
        [[stage]]
        gauge = "301081281107050"
        river = "十勝川"
        level_m = 38.0
        depth_rank_min = 1
        "#,
    );
    let plan = StagePlan::build(&town, &[]);
    let table = plan
        .tables_of(OBIHIRO_GAUGE)
        .find(|table| table.river == TOKACHI)
        .unwrap();
    assert_eq!((&table.basis, table.steps.len()), (&StageBasis::Table, 2));
    assert!(table.basis.assumption().is_none());
    let danger_m = town.gauge(OBIHIRO_GAUGE).unwrap().levels.danger_m.unwrap();
    let named: Vec<&str> = plan
        .extent(&town, table, danger_m)
        .districts
        .iter()
        .map(|d| town.districts[d.district].id.as_str())
        .collect();
    assert!(
        named.iter().all(|id| *id == "nishi-07-10-kita"),
        "{named:?}"
    );
    assert!(plan.extent(&town, table, 38.0).districts.len() > 1);
}

/// A row may name a district that the town counts for other rivers only: how many it means is not known, which is not none.
#[test]
fn of_a_district_of_another_river_the_most_that_may_be_meant_is_said() {
    let gauge = TOWN.gauge(OBIHIRO_GAUGE).unwrap();
    let other = TOWN
        .districts
        .iter()
        .find(|district| {
            let by_tokachi = district.reaches.iter().any(|reach| reach.river == TOKACHI);
            !by_tokachi && district.people_in_zone() > 0
        })
        .unwrap();
    let row = format!(
        "[[stage]]\ngauge = \"{}\"\nriver = \"{TOKACHI}\"\nlevel_m = 38.0\ndepth_rank_min = 1\ndistricts = [\"{}\"]",
        gauge.id, other.id
    );
    let town = load(&row);
    let plan = StagePlan::build(&town, &[]);
    let table = plan
        .tables_of(OBIHIRO_GAUGE)
        .find(|table| table.river == TOKACHI)
        .unwrap();
    let people = plan.extent(&town, table, 38.0).people;
    assert_eq!((people.low, people.high), (0, other.people_in_zone()));
}

#[test]
fn faults_of_the_table_are_named() {
    let check = |row: &str, expected: &str| {
        let said = try_load(&format!("[[stage]]\n{row}"))
            .unwrap_err()
            .to_string();
        assert!(said.contains(expected), "{said}");
    };
    let at = "gauge = \"301081281107050\"\nriver = \"十勝川\"\n";
    check(&format!("{at}depth_rank_min = 1"), "either at or level_m");
    check(
        &format!("{at}depth_rank_min = 7\nlevel_m = 3.0"),
        "depth_rank_min is 7; accepted: 1 to 6",
    );
    check(
        &format!("{at}depth_rank_min = 1\nat = \"dangerous_m\""),
        "at is dangerous_m",
    );
    check(
        &format!("{at}depth_rank_min = 1\nlevel_m = nan"),
        "level_m is NaN; accepted: metres",
    );
    check(
        &format!("{at}depth_rank_min = 1\nlevel_m = 3.0\ndistricts = [\"x\"]"),
        "districts is x",
    );
    check(
        "gauge = \"301081281107050\"\nriver = \"鴨川\"\ndepth_rank_min = 1\nlevel_m = 3.0",
        "river is 鴨川",
    );
    check(
        "gauge = \"1\"\nriver = \"十勝川\"\ndepth_rank_min = 1\nlevel_m = 3.0",
        "gauge is 1; accepted: a gauge that decides for 十勝川",
    );
    let falling = format!(
        "{at}depth_rank_min = 2\nlevel_m = 37.0\n[[stage]]\n{at}depth_rank_min = 1\nlevel_m = 36.0"
    );
    check(
        &falling,
        "at least the level of the row before, which is 37",
    );
}

/// A valley whose sides rise 20 cm every 10 m: water of a metre covers 4 cells on each side of the river.
#[test]
fn people_under_water_are_counted_by_the_shape_of_the_ground() {
    let (columns, rows) = (41_u32, 30_u32);
    let bounds = Rect::new(
        Coord { x: 143.0, y: 42.9 },
        Coord {
            x: 143.0 + 0.00012 * f64::from(columns),
            y: 42.9 + 0.00009 * f64::from(rows),
        },
    );
    let heights = (0..rows)
        .flat_map(|y| (0..columns).map(move |x| (x, y)))
        .map(|(x, y)| Some(5_000 - y.cast_signed() + 20 * x.abs_diff(20).cast_signed()))
        .collect();
    let grid = ElevationGrid::new("synthetic".into(), bounds, columns, rows, heights).unwrap();
    let river = [LineString::from(vec![
        grid.middle(20, 0),
        grid.middle(20, rows - 1),
    ])];
    let hand = Hand::of(&grid, &[&river]).unwrap();
    let district = geo::MultiPolygon::new(vec![bounds.to_polygon()]);
    let houses = (0..columns).map(|x| PlacedPeople {
        at: grid.middle(x, 15),
        people: 10.0,
    });
    let elsewhere = PlacedPeople {
        at: Point::new(140.0, 40.0),
        people: 3.0,
    };
    let facilities = [
        grid.middle(21, 3),
        grid.middle(40, 3),
        Point::new(140.0, 40.0),
    ]
    .map(|at| PlacedFacility { at });
    let extent = terrain_extent(
        &hand,
        0,
        1.0,
        &AreaIndex::build([&district]),
        houses.chain([elsewhere]),
        &facilities,
    );
    let rank = hinan_gis::DepthRank::new;
    let counted = |found: f64, expected: f64| assert!((found - expected).abs() < 1e-9, "{found}");
    // Depths 1.0 and 2 times 0.8, 0.6 are of rank 2; 2 times 0.4, 0.2 of rank 1; level with the water is dry.
    counted(extent.covered.people(Some(0), rank(2)), 50.0);
    counted(extent.covered.people(Some(0), rank(1)), 40.0);
    counted(extent.covered.people(Some(0), None), 320.0);
    counted(extent.people_unknown, 3.0);
    assert_eq!(extent.facilities_unknown, [2]);
    assert_eq!(extent.assumptions.len(), 3);
}
