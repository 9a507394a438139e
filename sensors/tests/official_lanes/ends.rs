//! The five shapes of "over", and what is none of them.

use hinan_sensors::official::lanes::Answer;
use hinan_sensors::official::{Class, Hazard, Outcome, Over};

use crate::telegram::{OBIHIRO, OTOFUKE, Town, at, code, telegram};

fn raining() -> Town {
    let mut town = Town::new();
    town.hears(
        &telegram("VPWW55", "18:00")
            .says(OBIHIRO, "43", "レベル４大雨危険警報", "発表")
            .says(OTOFUKE, "03", "レベル３大雨警報", "発表"),
    );
    assert_eq!(town.level(Hazard::HeavyRain, "18:01"), 4);
    town
}

fn over(town: &Town) -> Option<Over> {
    town.last
        .as_ref()
        .unwrap()
        .changes
        .iter()
        .find(|c| c.area == code(OBIHIRO))?
        .over
}

#[test]
fn it_is_over_when_it_is_lifted() {
    let mut town = raining();
    town.hears(
        &telegram("VPWW55", "20:00")
            .says(OBIHIRO, "43", "レベル４大雨危険警報", "解除")
            .nothing(OTOFUKE),
    );
    assert_eq!(
        (town.level(Hazard::HeavyRain, "20:01"), over(&town)),
        (0, Some(Over::Lifted))
    );
    let mut town = raining();
    town.hears(
        &telegram("VPWW55", "20:00")
            .says(OBIHIRO, "00", "解除", "")
            .nothing(OTOFUKE),
    );
    assert_eq!(
        (town.level(Hazard::HeavyRain, "20:01"), over(&town)),
        (0, Some(Over::Lifted))
    );
}

#[test]
fn it_is_over_when_the_lane_comes_again_with_nothing() {
    let mut town = raining();
    town.hears(
        &telegram("VPWW55", "20:00")
            .nothing(OBIHIRO)
            .nothing(OTOFUKE),
    );
    assert_eq!(
        (town.level(Hazard::HeavyRain, "20:01"), over(&town)),
        (0, Some(Over::Lifted))
    );
    let answer = town
        .lanes
        .ask(code(OBIHIRO), Hazard::HeavyRain, at("20:01"));
    assert!(
        matches!(answer, Answer::Clear { stale: false, .. }),
        "{answer:?}"
    );
}

#[test]
fn it_is_less_when_it_is_replaced_by_less() {
    let mut town = raining();
    town.hears(
        &telegram("VPWW55", "20:00")
            .says(OBIHIRO, "03", "レベル３大雨警報", "危険警報から警報")
            .nothing(OTOFUKE),
    );
    assert_eq!(
        (town.level(Hazard::HeavyRain, "20:01"), over(&town)),
        (3, Some(Over::Downgraded))
    );
    assert_eq!(town.rings(), 0);
}

#[test]
fn it_is_over_when_its_own_end_passes() {
    let mut town = Town::new();
    town.hears(&telegram("VPHW51", "09:21").valid_until("10:30").says(
        OBIHIRO,
        "1",
        "竜巻注意情報",
        "発表",
    ));
    assert_eq!(
        town.grade(Hazard::Tornado, "10:29").class,
        Class::Information
    );
    assert_eq!(town.grade(Hazard::Tornado, "10:30").class, Class::None);
    let ended = town.lanes.expiring(at("10:00"), at("10:30"));
    assert_eq!((ended.len(), ended[0].over), (1, Some(Over::Expired)));
    assert!(town.lanes.expiring(at("10:30"), at("11:00")).is_empty());
}

#[test]
fn a_tornado_warning_without_an_end_does_not_hold_for_ever() {
    let mut town = Town::new();
    town.hears(&telegram("VPHW51", "09:21").says(OBIHIRO, "1", "竜巻注意情報", "発表"));
    assert_eq!(
        town.grade(Hazard::Tornado, "10:00").class,
        Class::Information
    );
    assert_eq!(town.grade(Hazard::Tornado, "11:00").class, Class::None);
}

#[test]
fn silence_is_no_end() {
    let town = raining();
    assert_eq!(town.level(Hazard::HeavyRain, "23:59"), 4);
    let view = town.lanes.view(at("23:59"));
    assert!(view.feed.stale && view.holdings.iter().all(|holding| holding.stale));
}

#[test]
fn what_was_issued_by_mistake_was_never_true() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW55", "18:00").event("E", "1").says(
        OBIHIRO,
        "03",
        "レベル３大雨警報",
        "発表",
    ));
    town.hears(&telegram("VPWW55", "18:10").event("E", "2").says(
        OBIHIRO,
        "33",
        "レベル５大雨特別警報",
        "発表",
    ));
    assert_eq!(town.level(Hazard::HeavyRain, "18:11"), 5);
    let applied = town.hears(&telegram("VPWW55", "18:15").event("E", "2").retracts());
    assert_eq!(applied.outcome, Outcome::Retracted);
    assert_eq!(
        (town.level(Hazard::HeavyRain, "18:16"), over(&town)),
        (3, Some(Over::Retracted))
    );
}

#[test]
fn a_lift_that_was_a_mistake_rings_again() {
    let mut town = raining();
    town.hears(
        &telegram("VPWW55", "20:00")
            .nothing(OBIHIRO)
            .nothing(OTOFUKE),
    );
    town.hears(&telegram("VPWW55", "20:05").retracts());
    assert_eq!(town.level(Hazard::HeavyRain, "20:06"), 4);
    assert_eq!(
        town.rings(),
        2,
        "both municipalities have their warning back"
    );
}

#[test]
fn the_end_of_a_special_warning_is_not_the_end_of_all() {
    let mut town = Town::new();
    town.hears(&telegram("VPNO50", "18:00").says(OBIHIRO, "33", "大雨特別警報", "発表"));
    town.hears(&telegram("VPWW53", "18:00").says(OBIHIRO, "33", "大雨特別警報", "発表"));
    town.hears(&telegram("VPWW53", "20:00").says(OBIHIRO, "03", "大雨警報", "特別警報から警報"));
    town.hears(&telegram("VPNO50", "20:01").says(OBIHIRO, "00", "解除", ""));
    assert_eq!(town.level(Hazard::HeavyRain, "20:02"), 3);
}

#[test]
fn the_end_of_level_four_for_landslides_says_nothing_about_level_three() {
    let mut town = Town::new();
    town.hears(&telegram("VPWW56", "18:00").says(OBIHIRO, "09", "レベル３土砂災害警報", "発表"));
    town.hears(&telegram("VXWW50", "18:05").says(OBIHIRO, "3", "警戒", "発表"));
    assert_eq!(town.level(Hazard::Landslide, "18:06"), 4);
    town.hears(&telegram("VXWW50", "20:00").says(OBIHIRO, "1", "解除", "解除"));
    assert_eq!(town.level(Hazard::Landslide, "20:01"), 3);
}
