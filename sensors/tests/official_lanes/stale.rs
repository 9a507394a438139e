//! Silence and ignorance are shown as what they are.

use hinan_sensors::official::Hazard;
use hinan_sensors::official::lanes::Answer;

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
