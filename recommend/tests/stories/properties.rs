//! What must hold for every outlook, not only for those that somebody thought of.

use std::collections::BTreeSet;

use hinan_recommend::{
    Advice, Answer, JmaLevel, Memory, Official, Orders, Outlook, Policy, Product, Report,
    ReportKind, SourceId, Told, Town, UnitId, recommend, recommend_after,
};
use proptest::prelude::*;

use super::made::{exposure, forecast, gauge, japan, minutes, outlook, silent, town, unit};

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
}

fn world() -> impl Strategy<Value = World> {
    (
        0..24u32,
        [made(), made()],
        prop::option::of(1..=5u8),
        prop::option::of(1..=5u8),
        prop::bool::weighted(0.8),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(hour, gauges, river, overnight, heard, seepage)| World {
            hour,
            gauges,
            river,
            overnight,
            heard,
            seepage,
        })
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
            ..self.clone()
        }
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
    town(vec![
        unit("one", 500, vec![exposure("a", 300)]),
        unit("two", 600, vec![both("b", "a")]),
        unit("three", 700, vec![exposure("b", 100), exposure("a", 300)]),
        unit("hill", 900, Vec::new()),
        unit("camp", 30, vec![exposure("a", 0)]),
        unit("unmapped", 40, vec![unmapped]),
    ])
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
        for (key, advice) in &before.units {
            let then = after.units.get(key).map(|advice| advice.level);
            prop_assert!(then >= Some(advice.level), "{key:?}: {:?} became {then:?}", advice.level);
        }
    }

    #[test]
    fn what_was_advised_stands_when_the_outlook_gets_better(world in world(), by in 0.0..2.0f64) {
        let town = three_units();
        let (worse, memory) = advise(&town, &world.worse(by).outlook(), &Memory::empty());
        let (after, _) = advise(&town, &world.outlook(), &memory);
        for (key, advice) in &worse.units {
            prop_assert!(after.units.get(key).map(|advice| advice.level) >= Some(advice.level));
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
        let (part, _) = recommend_after(&town, &outlook, &policy, &orders, &memory, &SourceId::from("b"));
        prop_assert_eq!(bytes(&whole), bytes(&part));
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
