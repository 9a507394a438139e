//! What must hold for every outlook, not only for those that somebody thought of.

use std::collections::BTreeSet;

use hinan_recommend::{
    Advice, Answer, Cause, Facility, FacilityId, Group, Hazard, JmaLevel, Kind, Memory, Official,
    OrderLevel, Orders, Outlook, Policy, Product, Report, ReportKind, RiskMap, SourceId, Span,
    Told, Town, UnitId, recommend, recommend_after,
};
use proptest::prelude::*;

use super::made::{exposure, forecast, gauge, japan, level, minutes, outlook, silent, town, unit};

/// One gauge as chance made it.
#[derive(Clone, Copy, Debug)]
struct Made {
    level_m: f64,
    rise: f64,
    ahead: f64,
    silent: bool,
    modelled: bool,
}

fn made() -> impl Strategy<Value = Made> {
    (
        1.0..9.0f64,
        -1.0..2.0f64,
        -1.0..2.0f64,
        prop::bool::weighted(0.15),
        any::<bool>(),
    )
        .prop_map(|(level_m, rise, ahead, silent, modelled)| Made {
            level_m,
            rise,
            ahead,
            silent,
            modelled,
        })
}

#[derive(Clone, Debug)]
struct World {
    hour: u32,
    gauges: [Made; 2],
    river: Option<u8>,
    overnight: Option<u8>,
    heard: bool,
    seepage: bool,
    agency: Agency,
}

/// What the agency says beside the rivers, as chance made it.
#[derive(Clone, Copy, Debug)]
struct Agency {
    /// In force: rain, landslide, storm surge.
    levels: [Option<u8>; 3],
    expected: Option<u8>,
    /// A storm warning, and whether it says from when.
    storm: Option<bool>,
    map: Option<u8>,
}

fn agency() -> impl Strategy<Value = Agency> {
    let level = || prop::option::weighted(0.3, 1..=5u8);
    (
        [level(), level(), level()],
        level(),
        prop::option::weighted(0.3, any::<bool>()),
        level(),
    )
        .prop_map(|(levels, expected, storm, map)| Agency {
            levels,
            expected,
            storm,
            map,
        })
}

/// Pieces of official word and report that can be taken away.
const PIECES: usize = 8;

fn world() -> impl Strategy<Value = World> {
    (
        0..24u32,
        [made(), made()],
        prop::option::of(1..=5u8),
        prop::option::of(1..=5u8),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.1),
        agency(),
    )
        .prop_map(
            |(hour, gauges, river, overnight, heard, seepage, agency)| World {
                hour,
                gauges,
                river,
                overnight,
                heard,
                seepage,
                agency,
            },
        )
}

fn told(level: u8, at: jiff::Timestamp) -> Told<JmaLevel> {
    Told {
        value: JmaLevel::new(level).expect("1 to 5"),
        at,
        source: "気象台".to_owned(),
    }
}

impl World {
    fn outlook(&self) -> Outlook {
        let now = minutes(japan("2018-07-06T00:00"), i64::from(self.hour) * 60);
        let of = |made: Made| {
            let mut one = gauge(now, made.level_m, made.rise);
            if made.modelled {
                one.forecast = Some(forecast(now, 0.3, |hours| {
                    made.level_m + made.ahead * hours
                }));
            }
            if made.silent { silent(one, now) } else { one }
        };
        let mut outlook = outlook(now, [("a", of(self.gauges[0])), ("b", of(self.gauges[1]))]);
        outlook.official = Official {
            heard_at: self.heard.then_some(now),
            ..Official::default()
        };
        if let Some(level) = self.river {
            outlook
                .official
                .rivers
                .insert("小川".to_owned(), told(level, now));
        }
        if let Some(level) = self.overnight {
            outlook
                .official
                .overnight
                .insert(Product::HeavyRain, told(level, now));
        }
        let of = self.agency;
        for (product, level) in Product::ALL.into_iter().zip(of.levels) {
            if let Some(level) = level {
                outlook.official.levels.insert(product, told(level, now));
            }
            if let Some(level) = of.expected {
                outlook.official.expected.insert(product, told(level, now));
            }
        }
        if let Some(says_when) = of.storm {
            let word = |value| Told {
                value,
                at: now,
                source: "気象台".to_owned(),
            };
            outlook.official.storm_warning = Some(Told {
                value: (),
                at: now,
                source: "気象台".to_owned(),
            });
            outlook.official.storm_from = says_when.then(|| word(minutes(now, 90)));
        }
        if let Some(level) = of.map {
            for map in RiskMap::ALL {
                let here = ["one", "two", "slope", "coast", "drain"]
                    .map(|unit| (UnitId::from(unit), told(level, now)));
                outlook.official.risk_maps.insert(map, here.into());
                outlook.official.risk_maps_at.insert(map, now);
            }
        }
        if self.seepage {
            outlook.reports.push(Report {
                kind: ReportKind::SeepageAbnormal,
                at: now,
                source: "水防団".to_owned(),
                river: Some("小川".to_owned()),
                units: BTreeSet::new(),
            });
        }
        outlook
    }

    /// More water, faster, more official words, one more report; what is heard and what is silent stays.
    fn worse(&self, by: f64) -> Self {
        let more = |made: Made| Made {
            level_m: made.level_m + by,
            rise: made.rise + by,
            ahead: made.ahead + by,
            ..made
        };
        let up = |level: Option<u8>| level.map(|level| (level + u8::from(by > 0.5)).min(5));
        Self {
            gauges: self.gauges.map(more),
            river: up(self.river),
            overnight: up(self.overnight),
            seepage: self.seepage || by > 0.8,
            agency: Agency {
                levels: self.agency.levels.map(up),
                expected: up(self.agency.expected),
                map: up(self.agency.map),
                storm: self.agency.storm.or((by > 1.2).then_some(false)),
            },
            ..self.clone()
        }
    }

    /// The same with one piece of what agencies and people say taken away.
    fn without(&self, piece: usize) -> Outlook {
        let mut outlook = self.outlook();
        let official = &mut outlook.official;
        match piece {
            0 => official.heard_at = None,
            1 => official.rivers.clear(),
            2 => official.levels.clear(),
            3 => official.expected.clear(),
            4 => official.overnight.clear(),
            5 => {
                official.storm_warning = None;
                official.storm_from = None;
            }
            6 => official.risk_maps_at.clear(),
            _ => outlook.reports.clear(),
        }
        outlook
    }
}

fn three_units() -> Town {
    let both = |first: &str, second: &str| {
        let mut of = exposure(first, 300);
        of.gauges.push(SourceId::from(second));
        of
    };
    let mut unmapped = exposure("b", 5);
    unmapped.people_in_collapse_zone = None;
    let of_kind = |kind, mut exposure: hinan_recommend::Exposure| {
        exposure.kind = kind;
        exposure.river = kind.needs_gauge().then(|| "小川".to_owned());
        exposure
    };
    let away = |kind| {
        let mut exposure = of_kind(kind, exposure("a", 80));
        exposure.gauges.clear();
        exposure
    };
    let watched = of_kind(Kind::WaterLevelRiver, exposure("a", 120));
    let mut brook = of_kind(Kind::OtherRiver, exposure("b", 60));
    brook.river = Some("小川".to_owned());
    let drain = of_kind(Kind::InlandFlood, exposure("b", 90));
    town(vec![
        unit("one", 500, vec![exposure("a", 300)]),
        unit("two", 600, vec![both("b", "a")]),
        unit("three", 700, vec![exposure("b", 100), exposure("a", 300)]),
        unit("hill", 900, Vec::new()),
        unit("camp", 30, vec![exposure("a", 0)]),
        unit("unmapped", 40, vec![unmapped]),
        unit("watched", 200, vec![watched]),
        unit("brook", 200, vec![brook]),
        unit("drain", 200, vec![drain]),
        unit("slope", 200, vec![away(Kind::Landslide)]),
        unit("coast", 200, vec![away(Kind::StormSurge)]),
    ])
}

/// The same with a second river, a bigger name, and two facilities.
fn between_two_rivers() -> Town {
    let mut units = three_units().units().to_vec();
    let mut other = exposure("b", 250);
    other.river = Some("大川".to_owned());
    units[0].exposures.push(other);
    let group = Group {
        name: "校区".to_owned(),
        name_en: "District".to_owned(),
        units: units[..3].iter().map(|unit| unit.id.clone()).collect(),
    };
    let home = |id: &str, gauge: &str| Facility {
        id: FacilityId::from(id),
        name: id.to_owned(),
        unit: units[0].id.clone(),
        people: 40,
        lead_min: Span::new(60.0, 90.0, 120.0),
        exposures: vec![exposure(gauge, 40)],
    };
    let homes = vec![home("home", "a"), home("clinic", "b")];
    Town::new(
        "町",
        super::made::KURASHIKI,
        units.clone(),
        vec![group],
        homes,
    )
    .expect("sound")
}

fn with_one_more_unit() -> Town {
    let mut units = between_two_rivers().units().to_vec();
    units.push(unit("lost", 200, vec![exposure("a", 150)]));
    town(units)
}

fn advise(town: &Town, outlook: &Outlook, before: &Memory) -> (Advice, Memory) {
    recommend(town, outlook, &Policy::national(), &Orders::none(), before)
}

fn bytes(advice: &Advice) -> Vec<u8> {
    serde_json::to_vec(advice).expect("JSON")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_worse_outlook_never_lowers_advice(world in world(), by in 0.0..2.0f64) {
        let town = three_units();
        let (before, _) = advise(&town, &world.outlook(), &Memory::empty());
        let (after, _) = advise(&town, &world.worse(by).outlook(), &Memory::empty());
        for advice in before.units.values() {
            let then = after.units.get(&advice.unit, advice.hazard()).map(|advice| advice.level);
            prop_assert!(then >= Some(advice.level), "{:?}: {:?} became {then:?}", advice.unit, advice.level);
        }
    }

    #[test]
    fn a_word_that_is_missing_never_raises_advice(world in world(), piece in 0..PIECES) {
        let town = three_units();
        let (whole, _) = advise(&town, &world.outlook(), &Memory::empty());
        let (part, _) = advise(&town, &world.without(piece), &Memory::empty());
        for unit in town.units() {
            let (then, now) = (level(&whole, unit.id.as_str()), level(&part, unit.id.as_str()));
            prop_assert!(now <= then, "{:?}: {then:?} became {now:?}", unit.id);
        }
    }

    #[test]
    fn what_was_advised_stands_when_the_outlook_gets_better(world in world(), by in 0.0..2.0f64) {
        let town = three_units();
        let (worse, memory) = advise(&town, &world.worse(by).outlook(), &Memory::empty());
        let (after, _) = advise(&town, &world.outlook(), &memory);
        for advice in worse.units.values() {
            let then = after.units.get(&advice.unit, advice.hazard()).map(|advice| advice.level);
            prop_assert!(then >= Some(advice.level));
        }
    }

    #[test]
    fn the_same_question_gets_the_same_bytes(world in world()) {
        let town = three_units();
        let (first, _) = advise(&town, &world.outlook(), &Memory::empty());
        let (second, _) = advise(&three_units(), &world.clone().outlook(), &Memory::empty());
        prop_assert_eq!(bytes(&first), bytes(&second));
    }

    #[test]
    fn advice_that_was_written_down_reads_back_as_it_was(world in world()) {
        let (advice, _) = advise(&three_units(), &world.outlook(), &Memory::empty());
        let back: Advice = serde_json::from_slice(&bytes(&advice)).expect("reads back");
        prop_assert_eq!(bytes(&back), bytes(&advice));
    }

    #[test]
    fn one_new_reading_alone_gives_what_everything_anew_gives(world in world(), other in made()) {
        let town = three_units();
        let (_, memory) = advise(&town, &world.outlook(), &Memory::empty());
        let mut next = world.clone();
        next.gauges[1] = other;
        let outlook = next.outlook();
        let (whole, _) = advise(&town, &outlook, &memory);
        let (policy, orders) = (Policy::national(), Orders::none());
        let (part, _) = recommend_after(&town, &outlook, &policy, &orders, &memory);
        prop_assert_eq!(bytes(&whole), bytes(&part));
    }

    #[test]
    fn a_long_series_of_readings_one_after_another_gives_what_everything_anew_gives(
        first in world(),
        series in prop::collection::vec((0..2_usize, made(), prop::bool::weighted(0.15), prop::bool::weighted(0.1)), 1..14),
        ordered in prop::collection::vec((0..6_usize, 0..3_usize, any::<bool>()), 0..4),
    ) {
        let town = between_two_rivers();
        let policy = Policy::national();
        let mut world = first;
        // What stands from before a restart, also for a unit that the town lost since.
        let (stood, _) = advise(&with_one_more_unit(), &world.outlook(), &Memory::empty());
        let (mut whole, mut part) = (Memory::of(&stood), Memory::of(&stood));
        let mut orders = Orders::none();
        for (step, (which, reading, later, decided)) in series.into_iter().enumerate() {
            world.gauges[which] = reading;
            if later {
                world.hour = (world.hour + 1) % 24;
            }
            let outlook = world.outlook();
            if let Some((unit, level, all)) = ordered.get(step).filter(|_| decided) {
                let unit = town.units()[*unit].id.clone();
                let cause = if *all { Cause::of_hazard(unit, Hazard::Flood) } else { Cause::of_river(unit, "小川") };
                orders.issue(cause, OrderLevel::ALL[*level], outlook.as_of);
            }
            let (anew, next) = recommend(&town, &outlook, &policy, &orders, &whole);
            whole = next;
            let (after, next) = recommend_after(&town, &outlook, &policy, &orders, &part);
            part = next;
            prop_assert_eq!(bytes(&anew), bytes(&after), "step {}", step);
        }
    }

    #[test]
    fn a_condition_that_is_not_met_or_unknown_never_raises(world in world()) {
        let (advice, memory) = advise(&three_units(), &world.outlook(), &Memory::empty());
        for of in advice.units.values() {
            prop_assert!(of.met().next().is_some(), "{:?} without grounds", of.unit);
            for finding in of.met() {
                prop_assert!(finding.tests.iter().all(|test| test.answer == Answer::Met));
            }
        }
        for examined in memory.examined() {
            let met = examined.findings.iter().any(|finding| finding.answer == Answer::Met);
            prop_assert_eq!(examined.asked.is_some(), met);
        }
    }

    #[test]
    fn areas_and_complement_are_the_whole_town(world in world()) {
        let town = three_units();
        let (advice, _) = advise(&town, &world.outlook(), &Memory::empty());
        for draft in &advice.drafts {
            prop_assert!(!draft.choice.chosen.is_empty(), "an order names somebody");
            prop_assert!(!draft.choice.beside.contains("unmapped"), "unknown is not nobody");
            let mut all: Vec<UnitId> = draft.choice.chosen.iter().cloned().collect();
            all.extend(draft.complement.iter().map(|(id, _)| id.clone()));
            all.sort();
            let mut town: Vec<UnitId> = town.units().iter().map(|unit| unit.id.clone()).collect();
            town.sort();
            prop_assert_eq!(all, town);
        }
    }
}
