//! Late, corrected, retracted, in any order: the same telegrams lead to the same state.

use hinan_sensors::official::{Hazard, Lanes, Live, Outcome};
use proptest::prelude::{Just, ProptestConfig, Strategy as _, prop, prop_assert_eq, proptest};

use crate::telegram::{OBIHIRO, OTOFUKE, Town, Written, at, telegram};

fn level(code: &str, name: &str, report: &str) -> Written {
    telegram("VPWW55", report).says(OBIHIRO, code, name, "発表")
}

#[test]
fn a_late_report_does_not_go_back_in_time() {
    let mut town = Town::new();
    town.hears(&level("03", "レベル３大雨警報", "19:00"));
    let late = town.hears(&level("43", "レベル４大雨危険警報", "18:00"));
    assert_eq!((late.outcome, late.changes.len()), (Outcome::Late, 0));
    assert_eq!(town.level(Hazard::HeavyRain, "19:01"), 3);
}

#[test]
fn a_late_original_does_not_revive_what_was_corrected() {
    let original = level("33", "レベル５大雨特別警報", "18:00")
        .event("E", "3")
        .sent("18:00:10");
    let correction = level("43", "レベル４大雨危険警報", "18:00")
        .event("E", "3")
        .sent("18:04")
        .corrects();
    let mut town = Town::new();
    town.hears(&correction);
    assert_eq!(town.hears(&original).outcome, Outcome::Late);
    assert_eq!(town.level(Hazard::HeavyRain, "18:05"), 4);
    let mut town = Town::new();
    town.hears(&original);
    assert_eq!(town.hears(&correction).outcome, Outcome::Corrected);
    assert_eq!(town.level(Hazard::HeavyRain, "18:05"), 4);
}

#[test]
fn of_two_corrections_of_the_same_minute_the_later_sent_stands() {
    let mut town = Town::new();
    let first = level("33", "レベル５大雨特別警報", "18:00").event("E", "3");
    town.hears(&first);
    town.hears(
        &level("43", "レベル４大雨危険警報", "18:00")
            .event("E", "3")
            .sent("18:05")
            .corrects(),
    );
    town.hears(
        &level("03", "レベル３大雨警報", "18:00")
            .event("E", "3")
            .sent("18:11")
            .corrects(),
    );
    assert_eq!(town.level(Hazard::HeavyRain, "18:12"), 3);
}

#[test]
fn a_retraction_takes_the_correction_with_it() {
    let mut town = Town::new();
    town.hears(&level("10", "レベル２大雨注意報", "17:00").event("E", "2"));
    town.hears(&level("33", "レベル５大雨特別警報", "18:00").event("E", "3"));
    town.hears(
        &level("43", "レベル４大雨危険警報", "18:00")
            .event("E", "3")
            .sent("18:05")
            .corrects(),
    );
    town.hears(&telegram("VPWW55", "18:10").event("E", "3").retracts());
    assert_eq!(town.level(Hazard::HeavyRain, "18:11"), 2);
}

#[test]
fn a_retraction_that_comes_first_waits() {
    let mut town = Town::new();
    let retraction = telegram("VPWW55", "18:10").event("E", "3").retracts();
    assert_eq!(town.hears(&retraction).outcome, Outcome::RetractsUnknown);
    town.hears(
        &level("33", "レベル５大雨特別警報", "18:00")
            .event("E", "3")
            .sent("18:11"),
    );
    assert_eq!(
        (town.level(Hazard::HeavyRain, "18:12"), town.rings()),
        (0, 0)
    );
}

#[test]
fn serial_ten_comes_after_serial_nine() {
    let mut town = Town::new();
    town.hears(&level("43", "レベル４大雨危険警報", "18:00").event("E", "10"));
    town.hears(
        &level("03", "レベル３大雨警報", "18:00")
            .event("E", "9")
            .sent("18:01"),
    );
    assert_eq!(town.level(Hazard::HeavyRain, "18:02"), 4);
}

#[test]
fn state_survives_a_restart_bit_for_bit() {
    let story = story();
    let mut whole = Lanes::<Live>::default();
    for telegram in &story {
        whole.apply(&telegram.message(), at("19:00"));
    }
    for cut in 0..=story.len() {
        let mut lanes = Lanes::<Live>::default();
        for (n, telegram) in story.iter().enumerate() {
            if n == cut {
                let stored = serde_json::to_vec(&lanes).unwrap();
                lanes = serde_json::from_slice(&stored).unwrap();
            }
            lanes.apply(&telegram.message(), at("19:00"));
        }
        assert_eq!(
            serde_json::to_vec(&lanes).unwrap(),
            serde_json::to_vec(&whole).unwrap()
        );
    }
}

/// An evening with corrections, a retraction, companions and two municipalities.
fn story() -> Vec<Written> {
    vec![
        level("10", "レベル２大雨注意報", "17:00")
            .event("E", "1")
            .nothing(OTOFUKE),
        level("03", "レベル３大雨警報", "17:30").event("E", "2"),
        telegram("VPWW53", "17:31").says(OBIHIRO, "03", "大雨警報", "発表"),
        level("33", "レベル５大雨特別警報", "18:00")
            .event("E", "3")
            .sent("18:00:20"),
        level("43", "レベル４大雨危険警報", "18:00")
            .event("E", "3")
            .sent("18:04")
            .corrects(),
        telegram("VPWW56", "18:00").says(OBIHIRO, "49", "レベル４土砂災害危険警報", "発表"),
        telegram("VXWW50", "18:01")
            .event("十勝", "1")
            .says(OBIHIRO, "3", "警戒", "発表"),
        telegram("VPWW55", "18:10").event("E", "3").retracts(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_order_of_arrival_leads_to_the_same_state(
        order in Just((0..8).collect::<Vec<usize>>()).prop_shuffle(),
        twice in prop::collection::vec(0..8_usize, 0..4),
    ) {
        let story = story();
        let view = |order: &[usize]| {
            let mut lanes = Lanes::<Live>::default();
            for n in order {
                lanes.apply(&story[*n].message(), at("19:00"));
            }
            lanes.view(at("19:00"))
        };
        let told = view(&[0, 1, 2, 3, 4, 5, 6, 7]);
        let mut shuffled = order;
        shuffled.extend(twice);
        prop_assert_eq!(view(&shuffled), told);
    }
}
