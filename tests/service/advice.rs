//! Rules of the advice that hold for every input.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hinan::config::Config;
use hinan::engine::{Engine, MOMENT_LASTS};
use hinan::outlook::{GaugeOutlook, Marks, Outlook, Voice};
use hinan::recommend::core::Core;
use hinan::recommend::docket::{Change, Declined, InForce, OpenItem, changes};
use hinan::recommend::level::{OrderLevel, ordered};
use hinan::recommend::proposal::bundle;
use hinan::recommend::refuge::{Asked, HOURS, Hour, Refuge, RefugeBasis, Water, refuge};
use hinan::recommend::told::{Ordered, ShelterState, ShelterWord, Told};
use hinan::recommend::translate::examine;
use hinan::recommend::{Recommendation, advise, recommend, remembered};
use hinan::situation::Observed;
use hinan_gis::{Hazard as SiteHazard, Town};
use hinan_models::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
use hinan_recommend::{Answer, Finding, Hazard, UnitId};
use hinan_sensors::Reading;
use hinan_sensors::quality::{Doubts, Flag};
use hinan_town::storm;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::test_runner::Config as Cases;

use crate::town_reference::{plain, reference};

const P: [f64; 7] = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95];

/// One gauge's state, relative to its marks.
#[derive(Clone, Debug)]
struct State {
    /// Metres over the lowest mark.
    over_m: Option<f64>,
    voice: Voice,
    rise: Option<f64>,
    /// Median rise at the longest lead and widths of the seven quantiles.
    expected_m: f64,
    widths: [f64; 7],
}

fn state() -> impl Strategy<Value = State> {
    let voice = prop_oneof![
        4 => Just(Voice::Live),
        1 => Just(Voice::Late { for_min: 100 }),
        2 => Just(Voice::Silent { for_min: 300 }),
    ];
    (
        prop::option::weighted(0.9, -1.0..5.0_f64),
        voice,
        prop::option::weighted(0.9, -0.5..1.5_f64),
        -1.0..2.0_f64,
        prop::array::uniform7(0.0..0.5_f64),
    )
        .prop_map(|(over_m, voice, rise, expected_m, widths)| State {
            over_m,
            voice,
            rise,
            expected_m,
            widths,
        })
}

fn states() -> impl Strategy<Value = Vec<State>> {
    prop::collection::vec(state(), plain().town.gauges.len())
}

fn at() -> Timestamp {
    "2016-08-30T18:00:00Z".parse().unwrap()
}

fn outlook(states: &[State]) -> Outlook {
    let gauges = plain()
        .town
        .gauges
        .iter()
        .zip(states)
        .map(|(site, state)| {
            let marks = Marks::from(&site.levels);
            let base = marks.named().first().map_or(10.0, |(_, level)| *level);
            let observed = state.over_m.map(|over| Observed {
                at: at(),
                level_m: base + over,
                flag: Flag::Good,
                doubts: Doubts::default(),
            });
            let gauge = GaugeOutlook {
                id: site.id.clone(),
                name: site.name.clone(),
                name_en: site.name_en.clone(),
                river: site.river.clone(),
                river_en: site.river_en.clone(),
                marks,
                observed,
                voice: if observed.is_some() {
                    state.voice
                } else {
                    Voice::NeverHeard
                },
                health: None,
                rise_m_per_h: state.rise,
                watch: None,
                forecast: forecast(&site.id, observed, state),
            };
            (site.id.clone(), gauge)
        })
        .collect();
    Outlook {
        as_of: at(),
        gauges,
        models_on: true,
    }
}

fn forecast(gauge: &str, observed: Option<Observed>, state: &State) -> GaugeForecast {
    let now_m = observed.map(|o| o.level_m);
    let leads = now_m.map_or_else(Vec::new, |now_m| {
        [1_u32, 2, 3, 6]
            .into_iter()
            .map(|lead_h| lead(lead_h, now_m, state))
            .collect()
    });
    GaugeForecast {
        gauge: gauge.to_owned(),
        as_of: at(),
        tier: if now_m.is_some() {
            Tier::Full
        } else {
            Tier::NoInformation
        },
        why_ja: String::new(),
        why_en: String::new(),
        upstream_missing: Vec::new(),
        level_now_m: now_m,
        level_now_at: observed.map(|o| o.at),
        rise_m_per_h: state.rise,
        leads,
    }
}

fn lead(lead_h: u32, now_m: f64, state: &State) -> LeadForecast {
    let share = f64::from(lead_h) / 6.0;
    let mut level_m =
        now_m + state.expected_m * share - state.widths.iter().take(4).sum::<f64>() * share;
    let quantiles: Vec<Quantile> = P
        .iter()
        .zip(state.widths)
        .map(|(&p, width)| {
            level_m += width * share;
            Quantile { p, level_m }
        })
        .collect();
    LeadForecast {
        lead_h,
        at: at() + SignedDuration::from_hours(i64::from(lead_h)),
        method: Method::Model,
        expected_m: quantiles[3].level_m,
        median_m: quantiles[3].level_m,
        quantiles,
        persistence_m: now_m,
        rate_of_rise_m: now_m + state.rise.unwrap_or(0.0) * f64::from(lead_h),
        outside_training: false,
        record: None,
    }
}

fn advised(states: &[State]) -> Vec<Arc<Recommendation>> {
    recommend(&outlook(states), &plain().town, &plain().core)
}

fn written(all: &[Arc<Recommendation>]) -> Vec<u8> {
    let all: Vec<&Recommendation> = all.iter().map(AsRef::as_ref).collect();
    serde_json::to_vec(&all).unwrap()
}

fn by_district(advice: &[Arc<Recommendation>]) -> BTreeMap<&str, OrderLevel> {
    advice
        .iter()
        .map(|r| (r.district.as_str(), r.level))
        .collect()
}

fn never_lower(before: &[Arc<Recommendation>], after: &[Arc<Recommendation>]) -> bool {
    let after = by_district(after);
    by_district(before)
        .iter()
        .all(|(district, level)| after.get(district).is_some_and(|now| now >= level))
}

proptest! {
    #![proptest_config(Cases { cases: 96, ..Cases::default() })]

    #[test]
    fn higher_water_never_lowers_the_advice(
        states in states(), which in any::<prop::sample::Index>(), more_m in 0.01..3.0_f64
    ) {
        let before = advised(&states);
        let mut raised = states.clone();
        let gauge = which.index(raised.len());
        raised[gauge].over_m = raised[gauge].over_m.map(|over| over + more_m);
        prop_assert!(never_lower(&before, &advised(&raised)));
        let mut everywhere = states;
        for state in &mut everywhere {
            state.over_m = state.over_m.map(|over| over + more_m);
        }
        prop_assert!(never_lower(&before, &advised(&everywhere)));
    }

    #[test]
    fn a_worse_forecast_never_lowers_the_advice(
        states in states(), which in any::<prop::sample::Index>(), more_m in 0.01..3.0_f64
    ) {
        let before = advised(&states);
        let mut worse = states.clone();
        let gauge = which.index(worse.len());
        worse[gauge].expected_m += more_m;
        prop_assert!(never_lower(&before, &advised(&worse)));
    }

    #[test]
    fn a_faster_rise_never_lowers_the_advice(
        states in states(), which in any::<prop::sample::Index>(), more in 0.01..2.0_f64
    ) {
        let before = advised(&states);
        let mut faster = states.clone();
        let gauge = which.index(faster.len());
        faster[gauge].rise = faster[gauge].rise.map(|rise| rise + more);
        prop_assert!(never_lower(&before, &advised(&faster)));
    }

    #[test]
    fn what_is_not_known_never_raises_the_advice(states in states(), which in any::<prop::sample::Index>()) {
        let mut unknown = states.clone();
        for state in &mut unknown {
            state.over_m = None;
        }
        prop_assert!(advised(&unknown).is_empty(), "nothing is known, nothing is advised");
        // A gauge's own conditions: silence turns answers into unknown, never into met.
        let outlook = outlook(&states);
        let gauge = outlook.gauges.values().nth(which.index(outlook.gauges.len())).unwrap();
        let mut silent = gauge.clone();
        silent.voice = Voice::Silent { for_min: 300 };
        let core = &plain().core;
        let before = examine(&outlook, gauge, core);
        for (now, then) in examine(&outlook, &silent, core).iter().zip(&before) {
            prop_assert!(now.answer != Answer::Met || then.answer == Answer::Met, "{now:?}");
        }
        // And every advice rests on a condition that holds.
        for advice in advised(&states) {
            prop_assert!(!advice.met.is_empty());
            prop_assert!(advice.met.iter().all(|c| c.answer == Answer::Met && ordered(c.condition.level) == advice.level));
        }
    }

    #[test]
    fn silence_never_ends_an_advice(states in states()) {
        let before = advised(&states);
        let mut silent = states.clone();
        for state in &mut silent {
            state.voice = Voice::Silent { for_min: 300 };
        }
        let outlook = outlook(&silent);
        let stood = remembered(&before, at());
        let held = advise(&outlook, &Told::default(), &stood, &plain().town, &plain().core);
        let held: Vec<Arc<Recommendation>> = held.recommendations.into_iter().map(|kept| kept.recommendation).collect();
        prop_assert!(never_lower(&before, &held));
    }

    #[test]
    fn the_same_question_gets_the_same_bytes_in_any_order(states in states()) {
        let outlook = outlook(&states);
        let (town, core) = (&plain().town, &plain().core);
        let once = recommend(&outlook, town, core);
        let again = recommend(&outlook.clone(), town, core);
        prop_assert_eq!(written(&once), written(&again));
        let forwards = bundle(&once, &outlook, town, core);
        let mut reversed = once;
        reversed.reverse();
        let keys = |proposals: &[hinan::recommend::proposal::Proposal]| {
            proposals
                .iter()
                .map(|p| (p.key.clone(), p.districts.clone(), p.shelters.clone()))
                .collect::<Vec<_>>()
        };
        prop_assert_eq!(keys(&forwards), keys(&bundle(&reversed, &outlook, town, core)));
        prop_assert_eq!(
            serde_json::to_vec(&forwards).unwrap(),
            serde_json::to_vec(&bundle(&reversed, &outlook, town, core)).unwrap(),
            "the same item whatever the order of its members"
        );
    }

    #[test]
    fn what_is_in_force_or_was_just_declined_is_never_asked_again(
        states in states(), earlier in states(), ordered in prop::collection::vec((any::<prop::sample::Index>(), 0_usize..3), 0..3),
        declined in prop::collection::vec((any::<prop::sample::Index>(), 0_i64..60), 0..3)
    ) {
        let (town, policy) = (&plain().town, &plain().policy);
        let now = at();
        let all = |states: &[State]| {
            let outlook = outlook(states);
            bundle(&recommend(&outlook, town, &plain().core), &outlook, town, &plain().core)
        };
        let (proposals, before) = (all(&states), all(&earlier));
        let open: Vec<OpenItem> = before
            .iter()
            .enumerate()
            .map(|(n, p)| OpenItem { id: format!("r-{n}"), proposal: p.clone(), supported_at: now - SignedDuration::from_hours(1) })
            .collect();
        let ids = |p: &hinan::recommend::proposal::Proposal| -> BTreeSet<String> {
            p.districts.iter().map(|d| d.id.clone()).collect()
        };
        let in_force: Vec<InForce> = ordered
            .iter()
            .filter(|_| !proposals.is_empty())
            .map(|(which, level)| {
                let p = which.get(&proposals);
                InForce { river: p.key.river.clone(), level: OrderLevel::ALL[*level], districts: ids(p) }
            })
            .collect();
        let declined: Vec<Declined> = declined
            .iter()
            .filter(|_| !proposals.is_empty())
            .map(|(which, minutes)| {
                let p = which.get(&proposals);
                Declined { key: p.key.clone(), at: now - SignedDuration::from_mins(*minutes), substance: p.substance() }
            })
            .collect();
        let mut opened = BTreeSet::new();
        let changes = changes(&open, &proposals, &in_force, &declined, now, policy);
        for change in &changes {
            if let Change::Open(proposal) = change {
                prop_assert!(opened.insert(proposal.key.clone()), "one item per river and level");
                prop_assert!(!open.iter().any(|item| item.proposal.key == proposal.key), "it is open already");
                let in_force_here: BTreeSet<String> = in_force
                    .iter()
                    .filter(|order| order.river == proposal.key.river && order.level >= proposal.key.level)
                    .flat_map(|order| order.districts.iter().cloned())
                    .collect();
                prop_assert!(!ids(proposal).is_subset(&in_force_here), "it is in force");
                let reopen = SignedDuration::from_mins(i64::from(policy.reopen_after_min));
                prop_assert!(!declined.iter().any(|d| d.key == proposal.key
                    && d.substance == proposal.substance() && now.duration_since(d.at) < reopen));
            }
        }
        let named: Vec<&str> = changes
            .iter()
            .filter_map(|c| match c {
                Change::Renew { id, .. } | Change::Supersede { id } | Change::Expire { id } => Some(id.as_str()),
                Change::Open(_) => None,
            })
            .collect();
        prop_assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), named.len(), "one thing happens to an item");
    }

    #[test]
    fn readings_worked_in_one_after_another_give_what_the_whole_town_worked_out_anew_gives(
        with_models in any::<bool>(),
        row in 45_usize..56,
        late in prop::collection::vec((any::<prop::sample::Index>(), -1.0..1.5_f64, 0_i64..90, 1_i64..9), 1..8)
    ) {
        let storm = storm();
        let mut of = plain().clone();
        if !with_models {
            of.models = None;
        }
        let (mut part, mut whole) = (Engine::new(of.clone()), Engine::new(of));
        let level = |row: usize, column: usize| storm.level(row, column);
        for row in 40..=row {
            for (column, gauge) in storm.gauges().iter().enumerate() {
                let Some(level_m) = level(row, column) else { continue };
                let reading = Reading { station: gauge.parse().unwrap(), at: storm.time(row), level_m, sequence: None };
                part.take(&reading);
                whole.take(&reading);
            }
        }
        let moment = storm.time(row) + SignedDuration::from_secs(200);
        let mut now = moment;
        let same = |part: &hinan::engine::Advice, whole: &hinan::engine::Advice| {
            (part.outlook.as_of, part.digest(), written(&part.recommendations), serde_json::to_vec(&part.proposals).unwrap())
                == (whole.outlook.as_of, whole.digest(), written(&whole.recommendations), serde_json::to_vec(&whole.proposals).unwrap())
        };
        let (a, b) = (part.evaluate(moment).unwrap(), whole.evaluate_whole(moment).unwrap());
        prop_assert!(same(&a, &b));
        for (which, more_m, before_s, after_s) in late {
            let column = which.index(storm.gauges().len());
            let Some(level_m) = level(row, column) else { continue };
            let reading = Reading {
                station: storm.gauges()[column].parse().unwrap(),
                at: moment - SignedDuration::from_secs(before_s),
                level_m: level_m + more_m,
                sequence: None,
            };
            part.take(&reading);
            whole.take(&reading);
            now += SignedDuration::from_secs(after_s);
            let a = part.evaluate(now).unwrap();
            // What comes while the moment lasts is worked into it; later is another moment.
            let lasts = now < moment + MOMENT_LASTS;
            prop_assert_eq!(a.outlook.as_of == moment, lasts);
            if !lasts {
                break;
            }
            let b = whole.evaluate_whole(moment).unwrap();
            prop_assert!(same(&a, &b));
        }
    }

    #[test]
    fn the_order_in_which_gauges_report_changes_nothing(seed in any::<u64>()) {
        let storm = storm();
        let mut chance = hinan_town::SeededChance::new(seed);
        let config = Config::defaults();
        let plain = hinan::engine::Reference { models: None, policy: config.recommend, ..plain().clone() };
        let (mut straight, mut shuffled) = (Engine::new(plain.clone()), Engine::new(plain));
        for row in 45..56 {
            let at = storm.time(row);
            let mut readings: Vec<Reading> = storm
                .gauges()
                .iter()
                .enumerate()
                .filter_map(|(column, gauge)| {
                    let level_m = storm.level(row, column)?;
                    Some(Reading { station: gauge.parse().ok()?, at, level_m, sequence: None })
                })
                .collect();
            for reading in &readings {
                straight.take(reading);
            }
            for n in (1..readings.len()).rev() {
                let other = usize::try_from(chance.between(0, n as u64 + 1)).unwrap();
                readings.swap(n, other);
            }
            for reading in &readings {
                shuffled.take(reading);
            }
            let (a, b) = (straight.evaluate(at).unwrap(), shuffled.evaluate(at).unwrap());
            prop_assert_eq!(a.digest(), b.digest());
            prop_assert_eq!(serde_json::to_vec(&a.proposals).unwrap(), serde_json::to_vec(&b.proposals).unwrap());
        }
    }
}

#[test]
fn a_silent_main_gauge_does_not_hide_what_the_next_one_says() {
    // Found by chance: the main gauge held "judgement level reached" and the second gauge, above its design high
    // water, was not asked.
    let town = &plain().town;
    let river = town.rivers.iter().find(|r| r.name == "十勝川").unwrap();
    let states: Vec<State> = town
        .gauges
        .iter()
        .map(|site| {
            let main = site.id == river.gauges[0];
            let second = site.id == river.gauges[1];
            State {
                over_m: (main || second).then_some(2.8),
                voice: if main {
                    Voice::Silent { for_min: 300 }
                } else {
                    Voice::Live
                },
                rise: Some(0.1),
                expected_m: 0.0,
                widths: [0.01; 7],
            }
        })
        .collect();
    let advice = advised(&states);
    let along: Vec<&Arc<Recommendation>> = advice.iter().filter(|r| r.river == "十勝川").collect();
    assert!(!along.is_empty());
    for one in along {
        assert_eq!(
            (one.level, one.gauge.as_str()),
            (OrderLevel::EmergencySafety, river.gauges[1].as_str())
        );
    }
}

#[test]
fn a_quarter_where_nobody_is_counted_and_a_river_reaches_is_advised_as_others_are() {
    let mut town = (*plain().town).clone();
    let camp = town
        .districts
        .iter_mut()
        .find(|district| !district.reaches.is_empty())
        .unwrap();
    camp.people = 0;
    let id = UnitId::new(camp.id.as_str());
    let core = Core::load(&Config::defaults(), &town).unwrap();
    let unit = core.town.unit(&id).unwrap();
    assert!(!unit.exposures.is_empty());
}

#[test]
fn a_level_5_that_is_only_proposed_stops_nobody_who_is_on_the_way_and_one_that_is_issued_does() {
    let (town, core) = (&plain().town, &plain().core);
    let basis = RefugeBasis::of(town).unwrap();
    let leaving: Vec<Ordered> = town
        .districts
        .iter()
        .filter(|district| !district.reaches.is_empty())
        .take(12)
        .map(|district| Ordered {
            unit: UnitId::new(district.id.as_str()),
            river: district.reaches[0].river.clone(),
            level: hinan_recommend::OrderLevel::EvacuationOrder,
            at: at() - SignedDuration::from_mins(40),
        })
        .collect();
    let everywhere_high: Vec<State> = town
        .gauges
        .iter()
        .map(|_| State {
            over_m: Some(3.0),
            voice: Voice::Live,
            rise: Some(0.1),
            expected_m: 0.1,
            widths: [0.01; 7],
        })
        .collect();
    let fives: Vec<Arc<Recommendation>> = advised(&everywhere_high)
        .iter()
        .map(|one| {
            let mut five = one.as_ref().clone();
            five.level = OrderLevel::EmergencySafety;
            Arc::new(five)
        })
        .collect();
    let on_the_way = |orders: &[Ordered], advice: &[Arc<Recommendation>]| {
        let told = Told {
            orders: orders.to_vec(),
            ..Told::default()
        };
        let found = refuge(&Asked {
            town,
            core,
            basis: &basis,
            told: &told,
            advice,
            water: &Water::default(),
            as_of: at(),
        });
        found.demand.get("all").map(|people| people.leaving[1])
    };
    let ordered = on_the_way(&leaving, &[]);
    assert!(ordered > Some(0));
    assert_eq!(on_the_way(&leaving, &fives), ordered);
    let issued: Vec<Ordered> = leaving
        .iter()
        .map(|order| Ordered {
            level: hinan_recommend::OrderLevel::EmergencySafety,
            ..order.clone()
        })
        .collect();
    assert!(on_the_way(&issued, &[]).unwrap_or(0) == 0);
}

#[test]
fn what_waiting_costs_and_what_is_shown_beside_it_are_of_one_district_or_of_all_and_never_mixed() {
    let storm = storm();
    let mut engine = Engine::new(plain().clone());
    let mut looked_at = 0;
    for row in 0..storm.len() {
        let at = storm.time(row);
        for (column, gauge) in storm.gauges().iter().enumerate() {
            let Some(level_m) = storm.level(row, column) else {
                continue;
            };
            engine.take(&Reading {
                station: gauge.parse().unwrap(),
                at,
                level_m,
                sequence: None,
            });
        }
        let advice = engine.evaluate(at).unwrap();
        for proposal in &advice.proposals {
            let urgent = proposal.urgent.as_ref().unwrap();
            let met: Vec<_> = urgent.met().cloned().collect();
            assert_eq!(
                proposal.met, met,
                "grounds and deadline are of one district"
            );
            let mut late = 0.0;
            for one in &advice.recommendations {
                if one.river == proposal.key.river && one.level == proposal.key.level {
                    let rows = one.advice.deadlines.waiting_of(one.advice.level);
                    late += rows
                        .last()
                        .and_then(|row| row.people_too_late)
                        .unwrap_or(0.0);
                }
            }
            if let Some(told) = proposal.waiting.last().and_then(|row| row.people_too_late) {
                assert!((told - late).abs() < 1e-6, "{told} {late}");
                looked_at += 1;
            }
        }
    }
    assert!(looked_at > 5, "{looked_at}");
}

#[test]
fn in_the_demos_storm_the_last_useful_moment_alone_raises_a_level_and_says_so() {
    let storm = storm();
    let hour = |text: &str| -> Timestamp { text.parse().unwrap() };
    let (from, to) = (hour("2016-08-30T06:00:00Z"), hour("2016-08-31T03:00:00Z"));
    let mut engine = Engine::new(reference().clone());
    let mut alone = Vec::new();
    for row in 0..storm.len() {
        let at = storm.time(row);
        for (column, gauge) in storm.gauges().iter().enumerate() {
            let Some(level_m) = storm.level(row, column) else {
                continue;
            };
            let station = gauge.parse().unwrap();
            engine.take(&Reading {
                station,
                at,
                level_m,
                sequence: None,
            });
        }
        if !(from..=to).contains(&at) {
            continue;
        }
        for one in &engine.evaluate(at).unwrap().recommendations {
            let by_deadline = one.met.iter().all(Finding::is_of_deadline);
            if by_deadline && !one.met.is_empty() && one.advice.supported_at == at {
                let said = one.met[0].sentences().join("。");
                alone.push(format!(
                    "{at} {} {} {}: {said}",
                    one.district, one.river, one.level
                ));
            }
        }
    }
    let first = alone
        .first()
        .expect("in this storm somebody is told by the deadline");
    assert!(first.contains("避難が間に合う最後の時刻"), "{first}");
}

/// Every place is open with this many places; nobody is inside.
fn all_open(places: u32) -> BTreeMap<String, ShelterWord> {
    let word = ShelterWord {
        state: ShelterState::Open,
        occupancy: Some(0),
        places: Some(places),
        at: at(),
        by: "mori".to_owned(),
        note: String::new(),
    };
    let sites = plain().town.shelters.iter();
    sites.map(|site| (site.id.clone(), word.clone())).collect()
}

fn ordered_for(about: &str, units: &[&str]) -> Vec<Ordered> {
    let order = |unit: &&str| Ordered {
        unit: UnitId::new(*unit),
        river: about.to_owned(),
        level: hinan_recommend::OrderLevel::EvacuationOrder,
        at: at() - SignedDuration::from_mins(5),
    };
    units.iter().map(order).collect()
}

fn places_of(told: &Told, water: &Water) -> Refuge {
    places_in((&plain().town, &plain().core), told, water)
}

fn places_in((town, core): (&Town, &Core), told: &Told, water: &Water) -> Refuge {
    refuge(&Asked {
        town,
        core,
        basis: &RefugeBasis::of(town).unwrap(),
        told,
        advice: &[],
        water,
        as_of: at(),
    })
}

/// Districts with people that a river reaches.
fn some_districts(n: usize) -> Vec<&'static str> {
    let districts = plain().town.districts.iter();
    let some = districts.filter(|one| one.people > 200 && !one.reaches.is_empty());
    some.take(n).map(|one| one.id.as_str()).collect()
}

#[test]
fn each_hazard_has_its_plan_over_the_places_that_all_share_and_its_own_valid_shelters() {
    // Here hardly any site is approved for landslides; in this town every second one for floods is.
    let mut town = (*plain().town).clone();
    let sites = town.shelters.iter_mut();
    let for_floods = sites.filter(|site| site.approved_for.contains(&SiteHazard::Flood));
    for site in for_floods.step_by(2) {
        site.approved_for.insert(SiteHazard::Landslide);
    }
    let core = Core::load(&Config::defaults(), &town).unwrap();
    let (town, core) = (&town, &core);
    let water = Water::default();
    let open = all_open(1_000);
    // Who finds a place against a landslide at all, by what is approved and near.
    let every = some_districts(200);
    let alone = Told {
        orders: ordered_for("土砂災害", &every),
        shelters: all_open(100_000),
        ..Told::default()
    };
    let alone = places_in((town, core), &alone, &water);
    let slide: Vec<&str> = every
        .iter()
        .copied()
        .filter(|id| alone.to.contains_key(*id))
        .take(3)
        .collect();
    assert_eq!(slide.len(), 3, "places against a landslide within a walk");
    let others = every.iter().copied().filter(|id| !slide.contains(id));
    let flood: Vec<&str> = others.take(3).collect();
    let river = &town.district(flood[0]).unwrap().reaches[0].river;
    let mut told = Told {
        orders: ordered_for("土砂災害", &slide),
        shelters: open,
        ..Told::default()
    };
    told.orders.extend(ordered_for(river, &flood));
    // Called for both: only what is valid against both will do.
    told.orders.extend(ordered_for("土砂災害", &flood[..1]));
    let found = places_in((town, core), &told, &water);
    let hazards: Vec<Hazard> = found.plans.iter().map(|plan| plan.hazard).collect();
    assert_eq!(hazards, [Hazard::Flood, Hazard::Landslide]);
    let of = |id: &str| town.shelter(id).unwrap();
    let mut taken: BTreeMap<&str, u32> = BTreeMap::new();
    let mut placed = 0;
    for (district, to) in &found.to {
        for sent in to {
            let site = of(&sent.shelter);
            *taken.entry(&sent.shelter).or_default() += sent.people;
            placed += sent.people;
            let both = district == flood[0];
            if slide.contains(&district.as_str()) || both {
                assert!(
                    site.approved_for.contains(&SiteHazard::Landslide),
                    "{district}"
                );
            }
            if flood.contains(&district.as_str()) {
                assert!(core.is_usable(site, SiteHazard::Flood, town), "{district}");
            }
        }
    }
    assert!(
        taken.values().all(|people| *people <= 1_000),
        "the places are shared: {taken:?}"
    );
    assert!(placed > 0 && slide.iter().any(|id| found.to.contains_key(*id)));
    let by_plans: u32 = found.plans.iter().map(|plan| plan.placed).sum();
    assert_eq!(placed, by_plans);
    let loads: u32 = found.shelters.iter().map(|one| one.planned).sum();
    assert_eq!(placed, loads);
}

#[test]
fn demand_is_told_of_every_hazard_and_of_a_tsunami_all_whom_it_can_reach() {
    let (town, core) = (&plain().town, &plain().core);
    let asked = Told::default();
    let asked = Asked {
        town,
        core,
        basis: &RefugeBasis::of(town).unwrap(),
        told: &asked,
        advice: &[],
        water: &Water::default(),
        as_of: at(),
    };
    let units: BTreeSet<UnitId> = some_districts(2).into_iter().map(UnitId::new).collect();
    let of = |about: &str| {
        hinan::recommend::refuge::people_of(&asked, about, OrderLevel::EvacuationOrder, &units)
            .unwrap()
    };
    let slide = of("土砂災害");
    assert!(slide.public_shelter[1] > 0 && slide.public_shelter[0] < slide.public_shelter[2]);
    assert_eq!(
        slide.upstairs, [0; 3],
        "nobody is safe upstairs from a slide"
    );
    assert_eq!(slide.units.len(), 2);
    let rate = slide.rates.unwrap().public_shelter[1];
    let residents = f64::from(u32::try_from(slide.under_order).unwrap());
    let by_hand = residents * rate;
    let told = f64::from(u32::try_from(slide.public_shelter[1]).unwrap());
    assert!((by_hand - told).abs() <= 1.0, "{by_hand} {slide:?}");
    let wave = of("津波");
    assert_eq!(wave.leaving, [wave.exposed; 3]);
    assert!(wave.basis.contains("津波には当てはまらない"));
}

#[test]
fn a_place_where_the_high_case_brings_water_loses_its_people_and_the_plan_is_made_again_for_later_hours()
 {
    let town = &plain().town;
    let units = some_districts(3);
    let river = &town.district(units[0]).unwrap().reaches[0].river;
    let told = Told {
        orders: ordered_for(river, &units),
        shelters: all_open(400),
        ..Told::default()
    };
    let dry = places_of(&told, &Water::default());
    let first = &dry.to[units[0]][0].shelter;
    let place = |id: &str| town.shelters.iter().position(|one| one.id == id).unwrap();
    let district = |id: &str| town.districts.iter().position(|one| one.id == id).unwrap();
    let water = Water {
        hours: HOURS
            .map(|within_h| Hour {
                within_h,
                wet: (within_h >= 3).then(|| place(first)).into_iter().collect(),
                cut: (within_h >= 6)
                    .then(|| district(units[1]))
                    .into_iter()
                    .collect(),
                ..Hour::default()
            })
            .to_vec(),
    };
    let found = places_of(&told, &water);
    let names = |to: &Refuge| -> BTreeSet<String> {
        let all = to.to.values().flatten();
        all.map(|sent| sent.shelter.clone()).collect()
    };
    assert!(names(&dry).contains(first) && !names(&found).contains(first));
    assert!(found.wet.contains(first) && found.plans[0].wet.contains(first));
    let outlook = found.shelters.iter().find(|one| one.id == *first).unwrap();
    assert_eq!(
        outlook.not_usable.as_deref(),
        Some("施設の浸水が予測される")
    );
    let hours = &found.plans[0].hours;
    let within: Vec<u32> = hours.iter().map(|hour| hour.within_h).collect();
    assert_eq!(within, HOURS);
    let wet: Vec<usize> = hours.iter().map(|hour| hour.wet.len()).collect();
    assert_eq!(wet, [0, 1, 1]);
    // Whose way out is cut off finds no place any more, from that hour on and not before.
    assert!(hours[1].without_place.is_empty(), "{:?}", hours[1]);
    assert_eq!(hours[2].cut, [units[1]]);
    assert!(
        hours[2].without_place.contains_key(units[1]),
        "{:?}",
        hours[2]
    );
    assert_eq!(hours[2].moved.get(units[1]), Some(&Vec::new()));
    assert!(hours[2].placed < hours[1].placed);
}

#[test]
fn which_places_are_wet_follows_from_the_stages_and_the_high_case_hour_by_hour() {
    let r = plain();
    let states = |over_m: f64, expected_m: f64| -> Vec<State> {
        let one = State {
            over_m: Some(over_m),
            voice: Voice::Live,
            rise: Some(0.1),
            expected_m,
            widths: [0.01; 7],
        };
        vec![one; r.town.gauges.len()]
    };
    let water =
        |over_m, expected_m| Water::of(&r.concern, &r.core, &outlook(&states(over_m, expected_m)));
    let calm = water(-5.0, 0.0);
    assert!(calm.wet().is_empty());
    assert!(calm.hours.iter().all(|hour| hour.reached.is_empty()));
    let rising = water(-1.0, 6.0);
    let reached: Vec<usize> = rising.hours.iter().map(|hour| hour.reached.len()).collect();
    assert!(
        reached[0] < reached[2] && reached.is_sorted(),
        "{reached:?}"
    );
    // What is wet stands in the zone, in a district that is reached.
    for place in rising.wet() {
        assert!(r.town.shelters[place].depth_rank.is_some());
    }
    assert!(
        !rising.wet().is_empty(),
        "shelters stand in the zone of this town"
    );
}
