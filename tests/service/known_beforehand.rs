//! What a town knows beforehand (homes, ways out, levels) and what its shelter desk says reach the advice.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use hinan::config::Config;
use hinan::engine::{Advice, Engine, Reference};
use hinan::recommend::Recommendation;
use hinan::recommend::core::Core;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::told::{ShelterState, ShelterWord, Told};
use hinan_recommend::{Kind, Limit, Mode, TermName};
use hinan_sensors::Reading;
use jiff::{SignedDuration, Timestamp};

use crate::town_reference::plain;

/// 帯広, the main gauge of the 十勝川.
const GAUGE: &str = "301081281107050";
const RIVER: &str = "十勝川";
/// The district along it with fewest people at risk, and one with most.
const FEW: &str = "nishi-20-22-kita";
const MANY: &str = "nishi-11-15-kita";

fn at(time: &str) -> Timestamp {
    format!("{time}:00+09:00").parse().unwrap()
}

/// The built-in town with this plan, and with what `change` sets.
fn reference(plan: &str, change: impl FnOnce(&mut Config)) -> Reference {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Config::defaults();
    if !plan.is_empty() {
        config.recommend.plan = folder.path().join("plan.toml");
        std::fs::write(&config.recommend.plan, plan).unwrap();
    }
    change(&mut config);
    let core = Core::load(&config, &plain().town).unwrap();
    Reference {
        core: Arc::new(core),
        ..plain().clone()
    }
}

/// The river rises over its danger level, 0.3 m an hour, until `now`.
fn engine(reference: Reference, now: Timestamp) -> Engine {
    let mut engine = Engine::new(reference);
    for hour in 0..6_u8 {
        engine.take(&Reading {
            station: GAUGE.parse().unwrap(),
            at: now - SignedDuration::from_hours(i64::from(5 - hour)),
            level_m: 36.0 + 0.3 * f64::from(hour),
            sequence: None,
        });
    }
    engine
}

fn advised(reference: Reference, now: Timestamp) -> Advice {
    engine(reference, now).evaluate(now).unwrap()
}

fn of<'a>(advice: &'a Advice, district: &str) -> &'a Recommendation {
    advice
        .recommendations
        .iter()
        .find(|one| one.district == district && one.river == RIVER)
        .unwrap()
}

/// `[[home]]` of every district and river that the 十勝川 concerns, with these keys.
fn homes(keys: &str) -> String {
    let mut plan = String::new();
    let concerned = plain()
        .town
        .districts
        .iter()
        .filter(|district| district.reaches.iter().any(|reach| reach.river == RIVER));
    for district in concerned {
        for reach in &district.reaches {
            let (id, river) = (&district.id, &reach.river);
            writeln!(
                plan,
                "[[home]]\ndistrict = \"{id}\"\nriver = \"{river}\"\nsource = \"a test\"\n{keys}\n"
            )
            .unwrap();
        }
    }
    plan
}

const SAFE_HOMES: &str = "people_in_collapse_zone = 0\nstoreys_percent = { one = 0, two = 10, three = 90 }\nisolation_h = 24";

#[test]
fn who_is_known_to_be_safe_upstairs_leaves_in_the_afternoon_and_stays_at_one_in_the_morning() {
    let (afternoon, night) = (at("2016-08-30T14:00"), at("2016-08-31T01:00"));
    let mode = |plan: &str, now| {
        let advice = advised(reference(plan, |_| ()), now);
        let action = &of(&advice, FEW).advice.action;
        (action.mode, action.may_stay)
    };
    let plan = homes(SAFE_HOMES);
    assert_eq!(mode(&plan, afternoon).0, Mode::Leave);
    let (by_night, may_stay) = mode(&plan, night);
    assert_eq!(by_night, Mode::UpperFloor);
    assert!(may_stay > 0);
    // Nothing known, or one of the three conditions not: nobody is told to stay.
    assert_eq!(mode("", night), (Mode::Leave, 0));
    let without = SAFE_HOMES.replace("isolation_h = 24", "isolation_h = 200");
    assert_eq!(mode(&homes(&without), night), (Mode::Leave, 0));
}

#[test]
fn where_no_house_can_be_washed_away_a_district_of_few_is_named_beside_and_not_ordered() {
    let now = at("2016-08-30T14:00");
    let beside = |plan: &str| {
        let advice = advised(reference(plan, |_| ()), now);
        let proposal = advice
            .proposals
            .iter()
            .find(|one| one.key.river == RIVER && one.key.level == OrderLevel::EvacuationOrder)
            .unwrap();
        let ids = |of: &[hinan::recommend::proposal::ConcernedDistrict]| {
            of.iter().map(|one| one.id.clone()).collect::<Vec<_>>()
        };
        (ids(&proposal.districts), ids(&proposal.beside))
    };
    let (ordered, left) = beside(&homes("people_in_collapse_zone = 0"));
    assert_eq!(left, [FEW]);
    assert!(ordered.contains(&MANY.to_owned()) && !ordered.contains(&FEW.to_owned()));
    let (ordered, left) = beside("");
    assert!(
        left.is_empty() && ordered.contains(&FEW.to_owned()),
        "unknown is not none"
    );
}

#[test]
fn a_road_that_goes_under_before_the_town_does_brings_the_deadline_forward() {
    let now = at("2016-08-30T14:00");
    let deadline = |plan: &str| {
        let advice = advised(reference(plan, |_| ()), now);
        let of = of(&advice, MANY).advice.deadlines.everybody.clone();
        of.unwrap()
    };
    let (free, cut) = (deadline(""), deadline(&homes("road_cut_m = 37.9")));
    assert_eq!((free.limit, cut.limit), (Limit::Hazard, Limit::RoadCut));
    assert!(cut.decide_by < free.decide_by);
}

/// Every shelter open, with so many of 300 places taken.
fn open(occupancy: u32, now: Timestamp) -> Told {
    let word = ShelterWord {
        state: ShelterState::Open,
        occupancy: Some(occupancy),
        places: Some(300),
        at: now,
        by: "hayashi".to_owned(),
        note: String::new(),
    };
    let all = plain().town.shelters.iter();
    Told {
        shelters: all.map(|site| (site.id.clone(), word.clone())).collect(),
        ..Told::default()
    }
}

#[test]
fn a_shelter_whose_last_place_is_taken_is_named_in_no_proposal_though_its_desk_still_says_open() {
    let now = at("2016-08-30T14:00");
    let named = |occupancy| {
        let mut engine = engine(plain().clone(), now);
        engine.tell(open(occupancy, now));
        let proposals = engine.evaluate(now).unwrap().proposals;
        assert!(!proposals.is_empty());
        let shelters = proposals.iter().map(|one| one.shelters.len());
        shelters.sum::<usize>()
    };
    assert!(named(299) > 0);
    assert_eq!(named(300), 0);
}

#[test]
fn who_lives_by_an_open_shelter_does_not_wait_for_one_to_open_and_walks_as_far_as_it_is() {
    let now = at("2016-08-30T14:00");
    let terms = |told: Told| -> BTreeMap<TermName, (f64, f64)> {
        let mut engine = engine(plain().clone(), now);
        engine.tell(told);
        let advice = engine.evaluate(now).unwrap();
        let deadline = of(&advice, MANY)
            .advice
            .deadlines
            .everybody
            .clone()
            .unwrap();
        let minutes = deadline.terms.iter();
        minutes
            .map(|term| (term.name, (term.middle_min, term.slow_min)))
            .collect()
    };
    let general = plain().core.policy.deadline;
    let opening = |told| terms(told)[&TermName::Opening];
    assert_eq!(
        opening(Told::default()),
        (general.opening.middle_min, general.opening.slow_min)
    );
    assert_eq!(opening(open(10, now)), (0.0, 0.0));
    let (_, full) = opening(open(300, now));
    assert!(full > 0.0, "a full one is no place to go");

    let of_unit = |id: &str| plain().core.town.unit(&id.into()).unwrap().travel_min;
    let (near, other) = (of_unit(MANY).unwrap(), of_unit(FEW).unwrap());
    assert_eq!(
        terms(Told::default())[&TermName::Travel],
        (near.middle_min, near.slow_min)
    );
    assert!(
        (near.middle_min - other.middle_min).abs() > 1e-9,
        "{near:?} {other:?}"
    );
    let units = plain().core.town.units().iter();
    for unit in units.filter(|unit| !unit.exposures.is_empty()) {
        let walk = unit.travel_min.unwrap();
        assert!(
            walk.is_sound() && walk.middle_min <= 60.0,
            "{}: {walk:?}",
            unit.name
        );
    }
}

#[test]
fn where_the_town_knows_at_which_level_water_comes_over_level_5_is_asked_for_there() {
    let now = at("2016-08-30T14:00");
    let national = |config: &mut Config| {
        config.recommend.criteria =
            concat!(env!("CARGO_MANIFEST_DIR"), "/config/criteria.toml").into();
        let kinds = [("帯広川".to_owned(), Kind::OtherRiver)];
        config.recommend.river_kinds = kinds.into();
    };
    let with = |overflow_start_m| {
        let mut town = (*plain().town).clone();
        let site = town
            .gauges
            .iter_mut()
            .find(|site| site.id == GAUGE)
            .unwrap();
        site.levels.overflow_start_m = overflow_start_m;
        let mut config = Config::defaults();
        national(&mut config);
        let core = Core::load(&config, &town).unwrap();
        let unread = core.without_marks(&town);
        let reference = Reference {
            town: Arc::new(town),
            core: Arc::new(core),
            ..plain().clone()
        };
        let advice = advised(reference, now);
        (of(&advice, MANY).level, unread)
    };
    let (level, unread) = with(None);
    assert_eq!(level, OrderLevel::EvacuationOrder);
    assert!(unread.contains(&"or5-overflow".to_owned()), "{unread:?}");
    assert!(!unread.contains(&"or4-rapid".to_owned()), "{unread:?}");
    let (level, unread) = with(Some(37.45));
    assert_eq!(level, OrderLevel::EmergencySafety);
    assert!(!unread.contains(&"or5-overflow".to_owned()), "{unread:?}");
}

#[test]
fn what_the_plan_says_of_homes_is_refused_where_it_cannot_be() {
    let refused = |keys: &str| {
        let plan = format!(
            "[[home]]\ndistrict = \"{FEW}\"\nriver = \"{RIVER}\"\nsource = \"a test\"\n{keys}\n"
        );
        let read = hinan::recommend::plan::Plan::read(&plan, "plan.toml", &plain().town);
        read.unwrap_err().to_string()
    };
    for (keys, said) in [
        (
            "people_with_dry_room = 400",
            "plan.toml:5: home.people_with_dry_room = 400",
        ),
        ("isolation_h = -1.0", "plan.toml:5: home.isolation_h = -1"),
        (
            "road_cut_m = 99999.0",
            "plan.toml:5: home.road_cut_m = 99999",
        ),
        (
            "storeys_percent = { one = 50, two = 60, three = 10 }",
            "plan.toml:5: home.storeys_percent = 50, 60, 10",
        ),
        ("floors = 2", "unknown field `floors`"),
    ] {
        let text = refused(keys);
        assert!(text.contains(said), "{text}");
    }
}

#[test]
fn what_is_in_a_towns_data_and_cannot_be_used_is_said_before_anybody_relies_on_it() {
    let mut town = (*plain().town).clone();
    let notes = |town: &hinan_gis::Town| {
        let core = Core::load(&Config::defaults(), town).unwrap();
        core.notes(town).join("\n")
    };
    let empty = town
        .districts
        .iter_mut()
        .find(|district| district.reaches.is_empty())
        .unwrap();
    empty.people = 0;
    empty.people_by_rank = [0; 7];
    let empty = empty.name.clone();
    let camp = town
        .districts
        .iter_mut()
        .find(|district| !district.reaches.is_empty())
        .unwrap();
    camp.people = 0;
    let camp = camp.name.clone();
    let wet = town
        .shelters
        .iter_mut()
        .find(|site| site.approved_for.contains(&hinan_gis::Hazard::Flood))
        .unwrap();
    wet.name = "低い学校".to_owned();
    wet.depth_rank = hinan_gis::DepthRank::new(3);
    let said = notes(&town);
    for (words, name) in [
        ("使わない避難場所", "低い学校"),
        ("発令単位に入らない地区", empty.as_str()),
        ("1人いるとみなす地区", camp.as_str()),
    ] {
        let line = said
            .lines()
            .find(|line| line.contains(words))
            .unwrap_or(&said);
        assert!(line.contains(words) && line.contains(name), "{said}");
    }
    assert!(!notes(&plain().town).contains("1人いるとみなす地区"));
}
