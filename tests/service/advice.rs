//! Rules of the advice that hold for every input.

mod hazard_plans;
mod single_cases;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use hinan::config::Config;
use hinan::engine::{Engine, MOMENT_LASTS};
use hinan::outlook::{GaugeOutlook, Marks, Outlook, Voice};
use hinan::recommend::docket::{Change, Declined, InForce, OpenItem, changes};
use hinan::recommend::level::{OrderLevel, ordered};
use hinan::recommend::proposal::bundle;
use hinan::recommend::told::Told;
use hinan::recommend::translate::examine;
use hinan::recommend::{Recommendation, advise, recommend, remembered};
use hinan::situation::Observed;
use hinan_models::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
use hinan_recommend::Answer;
use hinan_sensors::Reading;
use hinan_sensors::quality::{Doubts, Flag};
use hinan_town::storm;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::{
    Just, Strategy, any, prop, prop_assert, prop_assert_eq, prop_oneof, proptest,
};
use proptest::test_runner::Config as Cases;

use crate::town_reference::plain;

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
