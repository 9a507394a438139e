//! Silence and ignorance are shown as what they are.

use hinan_sensors::official::lanes::Answer;
use hinan_sensors::official::{Hazard, decode};

use crate::telegram::{OBIHIRO, OTOFUKE, Town, at, code, telegram};

#[test]
fn a_town_that_never_heard_anything_knows_nothing() {
    let town = Town::new();
    assert_eq!(
        town.lanes
            .ask(code(OBIHIRO), Hazard::HeavyRain, at("18:00")),
        Answer::Unknown
    );
    let feed = town.lanes.view(at("18:00")).feed;
    assert!(feed.stale && feed.heard_at.is_none());
}

#[test]
fn a_telegram_says_nothing_of_places_it_does_not_name_and_hazards_it_is_not_about() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").nothing(OBIHIRO));
    let ask = |area, hazard| town.lanes.ask(code(area), hazard, at("18:01"));
    assert!(matches!(
        ask(OBIHIRO, Hazard::HeavyRain),
        Answer::Clear { stale: false, .. }
    ));
    assert_eq!(ask(OTOFUKE, Hazard::HeavyRain), Answer::Unknown);
    assert_eq!(ask(OBIHIRO, Hazard::Landslide), Answer::Unknown);
}

#[test]
fn after_half_an_hour_of_silence_even_clear_is_stale() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").nothing(OBIHIRO));
    let stale = |clock| match town.lanes.ask(code(OBIHIRO), Hazard::HeavyRain, at(clock)) {
        Answer::Clear { stale, .. } => stale,
        other => panic!("{other:?}"),
    };
    assert!(!stale("18:30"));
    assert!(stale("18:31"));
}

#[test]
fn anything_heard_shows_that_the_feed_lives() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表"));
    assert!(town.lanes.view(at("19:00")).feed.stale);
    town.lanes.hear(at("18:59"));
    let view = town.lanes.view(at("19:00"));
    assert!(!view.feed.stale && !view.holdings[0].stale);
    assert_eq!(view.feed.silent_s, Some(60));
}

#[test]
fn what_ended_long_ago_is_forgotten_and_a_warning_never_is() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "08:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表"));
    town.hears(&telegram("VPHW51", "09:21").says(OBIHIRO, "1", "竜巻注意情報", "発表"));
    assert_eq!(town.lanes.view(at("09:30")).lanes.len(), 2);
    let two_days_on = at("09:30") + jiff::SignedDuration::from_hours(48);
    let other = telegram("VPWW56", "10:00").nothing(OBIHIRO);
    town.lanes.apply(&other.message(), two_days_on);
    let types: Vec<_> = town
        .lanes
        .view(two_days_on)
        .lanes
        .into_iter()
        .filter_map(|lane| lane.source.map(|source| source.telegram_type))
        .collect();
    assert_eq!(types, ["VPWW55", "VPWW56"]);
}

#[test]
fn a_bridge_tells_calm_from_a_dead_line() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "08:00").nothing(OBIHIRO));
    let life = |alive: &str, ok: &str| {
        let text = format!(
            r#"{{"bridge":"jma","alive_at":"2026-08-30T{alive}:00+09:00","feeds":{{"x":{{"ok_at":"2026-08-30T{ok}:00+09:00","failures":0}}}}}}"#
        );
        decode(None, text.as_bytes()).unwrap()
    };
    town.lanes.apply(&life("10:00", "09:59"), at("10:00"));
    assert!(!town.lanes.view(at("10:01")).feed.stale);
    // The bridge lives, its feed does not answer.
    town.lanes.apply(&life("11:00", "09:59"), at("11:00"));
    assert!(town.lanes.view(at("11:00")).feed.stale);
    // A clock that is ahead does not reach into the future.
    town.lanes.apply(&life("23:00", "23:00"), at("12:00"));
    assert_eq!(town.lanes.view(at("12:10")).feed.silent_s, Some(600));
}
