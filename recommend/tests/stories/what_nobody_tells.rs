//! What is told, what is told with a code that nobody knows, and what nobody tells at all are three different things.

use std::collections::BTreeSet;

use hinan_recommend::{
    Criteria, Exposure, Input, Intensity, JmaLevel, Kind, Official, OrderLevel, Outlook, Policy,
    Product, RainSpan, Tier, Told, Town, TsunamiClass, explain,
};
use jiff::Timestamp;

use super::made::{
    KURASHIKI, ask, ask_by, exposure, forecast, gauge, japan, level, minutes, one_unit, outlook,
    unit,
};

fn told<T>(value: T, at: Timestamp) -> Told<T> {
    Told {
        value,
        at,
        source: "気象庁".to_owned(),
    }
}

fn by_sea(tsunami_from: Option<TsunamiClass>) -> Town {
    let sea = Exposure {
        kind: Kind::Tsunami,
        river: None,
        gauges: Vec::new(),
        tsunami_from,
        ..exposure("yakage", 100)
    };
    Town::new(
        "港",
        KURASHIKI,
        vec![unit("minato", 500, vec![sea])],
        Vec::new(),
        Vec::new(),
    )
    .expect("a sound town")
}

fn asked_by(town: &Town, official: Official, now: Timestamp) -> Option<OrderLevel> {
    let outlook = Outlook {
        official,
        ..Outlook::empty(now)
    };
    let policy = Policy::national();
    let (advice, _) = ask_by(town, &outlook, &policy);
    level(&advice, "minato")
}

#[test]
fn an_advisory_orders_only_where_the_town_says_that_it_reaches_and_a_warning_wherever_nobody_says_otherwise()
 {
    let now = japan("2024-01-01T16:12");
    let of = |class| Official {
        heard_at: Some(now),
        tsunami: Some(told(class, now)),
        ..Official::default()
    };
    let ordered = Some(OrderLevel::EvacuationOrder);
    let (advisory, warning, major) = (
        TsunamiClass::Advisory,
        TsunamiClass::Warning,
        TsunamiClass::Major,
    );
    for (from, class, wanted) in [
        (None, advisory, None),
        (None, warning, ordered),
        (Some(advisory), advisory, ordered),
        (Some(warning), advisory, None),
        (Some(major), warning, None),
        (Some(major), major, ordered),
    ] {
        assert_eq!(
            asked_by(&by_sea(from), of(class), now),
            wanted,
            "{from:?} {class:?}"
        );
    }
}

#[test]
fn a_code_that_nobody_knows_is_not_calm_and_raises_nothing_by_itself() {
    let now = japan("2024-01-01T16:12");
    let town = by_sea(Some(TsunamiClass::Advisory));
    let unclear = Official {
        heard_at: Some(now),
        unclear: BTreeSet::from([Input::Tsunami]),
        ..Official::default()
    };
    let outlook = Outlook {
        official: unclear.clone(),
        ..Outlook::empty(now)
    };
    let (advice, memory) = ask(&town, &outlook);
    assert_eq!(level(&advice, "minato"), None);
    let sentences = memory.examined()[0].findings[0].sentences();
    assert!(sentences[0].contains("知らない符号"), "{sentences:?}");
    assert_eq!(advice.unknown.len(), 1, "nothing is known there");
    // What is known besides still counts.
    let both = Official {
        tsunami: Some(told(TsunamiClass::Warning, now)),
        ..unclear
    };
    assert_eq!(
        asked_by(&town, both, now),
        Some(OrderLevel::EvacuationOrder)
    );
}

#[test]
fn a_word_of_an_hour_ago_is_unknown_and_shaking_opens_shelters_and_orders_nobody() {
    let now = japan("2024-01-01T16:12");
    let town = by_sea(Some(TsunamiClass::Advisory));
    let ask = |heard_at| {
        let official = Official {
            heard_at: Some(heard_at),
            intensity: Some(told(Intensity::FiveUpper, heard_at)),
            tsunami: Some(told(TsunamiClass::Major, heard_at)),
            ..Official::default()
        };
        let outlook = Outlook {
            official,
            ..Outlook::empty(now)
        };
        ask(&town, &outlook).0
    };
    let fresh = ask(now);
    assert!(fresh.postures.iter().any(|one| one.opens_shelters));
    assert_eq!(
        fresh.units.len(),
        1,
        "the tsunami orders, the shaking does not"
    );
    let old = ask(minutes(now, -60));
    assert!(old.postures.is_empty() && old.units.is_empty());
}

/// One condition that asks for rain to come, at one river.
fn by_rain(test: &str) -> Policy {
    let text = format!(
        "name = \"雨\"\nversion = \"1\"\n[stale_after_min]\nofficial = 30\nrisk_map = 30\nrain = 60\nforecast = 60\n\
         [[condition]]\nid = \"rain\"\nkind = \"forecast-river\"\nlevel = 3\nwords = \"雨\"\nwords_en = \"rain\"\nall = [{test}]\n"
    );
    Policy {
        criteria: Criteria::read(&text, "rain.toml").expect("sound criteria"),
        ..Policy::national()
    }
}

#[test]
fn from_the_most_within_an_hour_a_sum_is_met_when_one_hour_is_enough_and_ruled_out_when_all_hours_are_not()
 {
    let now = japan("2026-09-01T12:00");
    let spans = vec![
        RainSpan {
            from: now,
            until: minutes(now, 180),
            most_mm_per_h: 20.0,
        },
        RainSpan {
            from: minutes(now, 180),
            until: minutes(now, 360),
            most_mm_per_h: 50.0,
        },
    ];
    let advised = |mm: u32, hours: u32| {
        let policy = by_rain(&format!(
            "{{ is = \"rain\", hours = {hours}, mm = {mm}, ahead = true }}"
        ));
        let mut known = outlook(now, [("yakage", gauge(now, 1.0, 0.0))]);
        known.official.rain_ahead = Some(told(spans.clone(), now));
        let town = one_unit("kita", 500, 100);
        let (advice, memory) = ask_by(&town, &known, &policy);
        let answer = memory.examined()[0].findings[0].answer;
        (level(&advice, "kita").is_some(), answer)
    };
    use hinan_recommend::Answer::{Met, NotMet, Unknown};
    assert_eq!(advised(50, 6), (true, Met), "one hour alone brings 50 mm");
    assert_eq!(
        advised(61, 3),
        (false, NotMet),
        "three hours of 20 mm at most"
    );
    assert_eq!(advised(60, 3), (false, Unknown), "20 to 60 mm");
    assert_eq!(advised(10, 7), (false, Unknown), "six hours are foreseen");
}

#[test]
fn record_rain_is_a_condition_of_its_own_and_lasts_as_long_as_the_agency_says_it() {
    let now = japan("2026-09-01T12:00");
    let policy = by_rain("{ is = \"record-rain\" }");
    let town = one_unit("kita", 500, 100);
    let ask = |record_rain| {
        let mut known = outlook(now, [("yakage", gauge(now, 1.0, 0.0))]);
        known.official.heard_at = Some(now);
        known.official.record_rain = record_rain;
        let (advice, _) = ask_by(&town, &known, &policy);
        level(&advice, "kita")
    };
    assert_eq!(ask(None), None);
    assert_eq!(
        ask(Some(told((), now))),
        Some(OrderLevel::ElderlyEvacuation)
    );
}

#[test]
fn what_would_raise_it_names_only_what_somebody_tells_and_the_rest_is_said_to_be_unknown_here() {
    let now = japan("2026-09-01T12:00");
    let policy = Policy {
        unheard: BTreeSet::from([Input::RiverLine, Input::FloodMap]),
        ..Policy::national()
    };
    let town = one_unit("kita", 500, 100);
    let mut known = outlook(now, [("yakage", gauge(now, 5.1, 0.2))]);
    known.official.heard_at = Some(now);
    let (advice, _) = ask_by(&town, &known, &policy);
    let one = advice.units.values().next().expect("level 3 is asked for");
    let raise = one.would_raise().join("\n");
    assert!(raise.contains("氾濫危険水位"), "{raise}");
    assert!(!raise.contains("水害リスクライン"), "{raise}");
    let deaf = one.not_watched().join("\n");
    assert!(
        deaf.contains(
            "警戒レベル5の「水害リスクラインで黒」は、水害リスクラインがこのシステムでは分からない"
        ),
        "{deaf}"
    );
    let told = explain(&town, &policy, now, one);
    assert!(told.contains("判断できません"), "{told}");
    let words = policy.criteria.explained_without(&policy.unheard);
    assert!(
        words.contains("【このシステムでは分からない情報】洪水キキクル、水害リスクライン"),
        "{words}"
    );
    assert!(!words.contains("【このシステムでは分からない情報】\n"));
}

#[test]
fn what_nobody_tells_raises_nothing_even_where_an_old_word_of_it_is_left() {
    let now = japan("2026-09-01T12:00");
    let town = by_sea(None);
    let policy = Policy {
        unheard: BTreeSet::from([Input::Tsunami, Input::Shaking]),
        ..Policy::national()
    };
    let official = Official {
        heard_at: Some(now),
        tsunami: Some(told(TsunamiClass::Major, now)),
        intensity: Some(told(Intensity::Seven, now)),
        levels: [(
            Product::HeavyRain,
            told(JmaLevel::new(5).expect("a level"), now),
        )]
        .into(),
        ..Official::default()
    };
    let outlook = Outlook {
        official,
        ..Outlook::empty(now)
    };
    let (advice, _) = ask_by(&town, &outlook, &policy);
    assert!(advice.units.is_empty() && advice.postures.is_empty());
    assert_eq!(advice.unknown.len(), 1);
}

#[test]
fn that_the_last_level_stays_rules_nothing_out_and_raises_nothing() {
    let now = japan("2026-09-01T12:00");
    let town = one_unit("kita", 500, 100);
    let answer = |tier: Tier, level_m: f64| {
        let mut seen = gauge(now, level_m, 0.0);
        let mut made = forecast(now, 0.05, |_| level_m);
        made.tier = tier;
        seen.forecast = Some(made);
        let (_, memory) = ask(&town, &outlook(now, [("yakage", seen)]));
        let examined = memory.examined();
        let of = examined[0]
            .findings
            .iter()
            .find(|finding| finding.condition.id == "fr4-overflow-expected")
            .expect("the national model asks a forecast");
        (
            of.answer,
            of.leaves().find_map(|(_, result)| result.seen.made_at),
        )
    };
    use hinan_recommend::Answer::{NotMet, Unknown};
    assert_eq!(answer(Tier::Model, 3.0), (NotMet, Some(now)));
    assert_eq!(answer(Tier::Rate, 3.0).0, NotMet);
    assert_eq!(answer(Tier::Persistence, 3.0).0, Unknown);
}

#[test]
fn the_digest_of_todays_criteria_is_not_told_beside_conditions_of_then() {
    let now = japan("2026-09-01T12:00");
    let town = one_unit("kita", 500, 100);
    let then = Policy::national();
    let (advice, _) = ask_by(
        &town,
        &outlook(now, [("yakage", gauge(now, 5.6, 0.2))]),
        &then,
    );
    let one = advice.units.values().next().expect("level 4 is asked for");
    let line = |policy: &Policy| {
        let told = explain(&town, policy, now, one);
        let line = told.lines().find(|line| line.contains("基準 criteria"));
        line.expect("it names the criteria").to_owned()
    };
    assert!(!line(&then).contains("違います"));
    let mut today = then.clone();
    today
        .criteria
        .conditions
        .retain(|condition| condition.id != "fr4-danger");
    let told = line(&today);
    assert!(told.contains("違います"), "{told}");
}
