//! One event, several telegrams, one alert. And errors err upwards.

use hinan_sensors::official::lanes::{LaneSettings, Lanes};
use hinan_sensors::official::{Class, Drill, Hazard, Live, Outcome};

use crate::telegram::{OBIHIRO, OTOFUKE, Town, at, code, telegram};

#[test]
fn companions_ring_once_whichever_comes_first() {
    let new = telegram("VPWW55", "18:00").says(OBIHIRO, "03", "レベル３大雨警報", "発表");
    let old = telegram("VPWW54", "18:02").says(OBIHIRO, "03", "大雨警報", "発表");
    let older = telegram("VPWW53", "18:02").says(OBIHIRO, "03", "大雨警報", "発表");
    for order in [
        [&new, &old, &older],
        [&older, &old, &new],
        [&old, &new, &older],
    ] {
        let mut town = Town::new();
        let rings: usize = order
            .into_iter()
            .map(|telegram| {
                town.hears(telegram);
                town.rings()
            })
            .sum();
        assert_eq!(rings, 1);
        let view = town.lanes.view(at("18:03"));
        assert_eq!(view.holdings.len(), 1);
        assert_eq!(view.holdings[0].source.telegram_type, "VPWW55");
        assert_eq!(view.holdings[0].companions.len(), 2);
        assert!(!view.holdings[0].contested);
    }
}

#[test]
fn an_old_form_that_cannot_say_level_four_does_not_lower_it() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表"));
    town.hears(&telegram("VPWW53", "18:03").says(OBIHIRO, "03", "大雨警報", "発表"));
    assert_eq!(
        (town.level(Hazard::HeavyRain, "18:04"), town.rings()),
        (4, 0)
    );
}

#[test]
fn an_old_form_that_says_more_and_is_newer_is_believed_at_once() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表"));
    town.hears(&telegram("VPWW53", "18:20").says(OBIHIRO, "33", "大雨特別警報", "発表"));
    assert_eq!(
        (town.level(Hazard::HeavyRain, "18:21"), town.rings()),
        (5, 1)
    );
    assert!(town.lanes.view(at("18:21")).holdings[0].contested);
    town.hears(&telegram("VPWW55", "18:20").sent("18:22").says(
        OBIHIRO,
        "33",
        "レベル５大雨特別警報",
        "発表",
    ));
    assert_eq!(
        (town.level(Hazard::HeavyRain, "18:23"), town.rings()),
        (5, 0)
    );
    assert!(!town.lanes.view(at("18:23")).holdings[0].contested);
}

#[test]
fn a_lost_lift_of_the_specific_telegram_is_shown_as_contested_not_as_clear() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表"));
    town.hears(&telegram("VPWW53", "20:00").nothing(OBIHIRO));
    assert_eq!(town.level(Hazard::HeavyRain, "20:01"), 4);
    assert!(town.lanes.view(at("20:01")).holdings[0].contested);
}

#[test]
fn a_repetition_changes_nothing() {
    let mut town = Town::new();
    let warning = telegram("VPWW55", "18:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表");
    town.hears(&warning);
    assert_eq!(town.rings(), 1);
    let applied = town.hears(&warning);
    assert_eq!(
        (applied.outcome, applied.changes.len()),
        (Outcome::Duplicate, 0)
    );
    town.hears(&telegram("VPWW55", "19:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "継続"));
    assert_eq!(town.rings(), 0, "it goes on: nothing new");
    let holding = &town.lanes.view(at("19:01")).holdings[0];
    assert_eq!(holding.since, at("18:00"));
    assert_eq!(holding.source.report_at, at("19:00"));
}

#[test]
fn one_office_may_write_for_two_areas() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表"));
    town.hears(
        &telegram("VPWW55", "18:10")
            .of("釧路地方気象台", "014020")
            .nothing("0120600"),
    );
    assert_eq!(
        town.level(Hazard::HeavyRain, "18:11"),
        4,
        "Kushiro's own area does not lift Tokachi's warning"
    );
}

#[test]
fn a_code_nobody_knows_is_shown_and_rings() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").says(OBIHIRO, "97", "新しい情報", "発表"));
    let view = town.lanes.view(at("18:01"));
    assert_eq!(
        (view.holdings[0].grade.class, town.rings()),
        (Class::Unknown, 1)
    );
}

#[test]
fn a_drill_does_not_enter_the_live_lanes_nor_the_other_way_round() {
    let drill = telegram("VPWW55", "18:00")
        .says(OBIHIRO, "33", "レベル５大雨特別警報", "発表")
        .drill()
        .message();
    let live = telegram("VPWW55", "18:00")
        .says(OBIHIRO, "33", "レベル５大雨特別警報", "発表")
        .message();
    let mut for_real = Lanes::<Live>::default();
    let mut for_practice = Lanes::<Drill>::default();
    assert_eq!(
        for_real.apply(&drill, at("18:00")).outcome,
        Outcome::NotOurs
    );
    assert_eq!(
        for_practice.apply(&live, at("18:00")).outcome,
        Outcome::NotOurs
    );
    assert!(for_real.view(at("18:01")).holdings.is_empty());
    assert_eq!(
        for_practice.apply(&drill, at("18:00")).outcome,
        Outcome::Replaced
    );
    let stored = serde_json::to_string(&for_practice).unwrap();
    assert!(
        serde_json::from_str::<Lanes<Live>>(&stored).is_err(),
        "a stored drill is no live state"
    );
}

#[test]
fn when_all_lanes_hold_something_there_is_no_room_and_it_is_said() {
    let mut lanes = Lanes::<Live>::new(LaneSettings {
        lanes_max: 1,
        ..LaneSettings::default()
    });
    let first = telegram("VPWW55", "18:00").says(OBIHIRO, "43", "レベル４大雨危険警報", "発表");
    let other = telegram("VPWW56", "18:01").says(OTOFUKE, "49", "レベル４土砂災害危険警報", "発表");
    lanes.apply(&first.message(), at("18:00"));
    assert_eq!(
        lanes.apply(&other.message(), at("18:01")).outcome,
        Outcome::Full
    );
    lanes.apply(
        &telegram("VPWW55", "19:00").nothing(OBIHIRO).message(),
        at("19:00"),
    );
    assert_eq!(
        lanes.apply(&other.message(), at("19:01")).outcome,
        Outcome::Replaced
    );
    assert_eq!(lanes.forgotten(), 1);
}

#[test]
fn only_the_municipalities_asked_for_are_shown() {
    let mut town = Town::new();
    town.hears(
        &telegram("VPWW55", "18:00")
            .says(OBIHIRO, "43", "レベル４大雨危険警報", "発表")
            .says(OTOFUKE, "03", "レベル３大雨警報", "発表"),
    );
    let ours = town.lanes.view_of(&[code(OTOFUKE)].into(), at("18:01"));
    assert_eq!(ours.holdings.len(), 1);
    assert_eq!(ours.holdings[0].area, code(OTOFUKE));
}
