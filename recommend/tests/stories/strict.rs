//! A criteria file means exactly what it says, or it is refused with the place and what would be accepted.

use hinan_recommend::{Criteria, NATIONAL, changes};

const HEAD: &str = r#"name = "町の基準"
version = "1"
[stale_after_min]
official = 30
risk_map = 30
rain = 60
forecast = 60
"#;

fn condition(id: &str, level: u8, tests: &str) -> String {
    format!(
        "[[condition]]\nid = \"{id}\"\nkind = \"forecast-river\"\nlevel = {level}\nwords = \"語\"\nwords_en = \"word\"\nall = [{tests}]\n"
    )
}

fn refused(conditions: &str) -> (usize, String, String, String) {
    let error = Criteria::read(&format!("{HEAD}{conditions}"), "town/criteria.toml")
        .expect_err("must be refused");
    assert_eq!(error.path, "town/criteria.toml");
    (error.line, error.key, error.found, error.accepted)
}

#[test]
fn the_national_criteria_are_sound_and_say_every_kind_of_hazard_in_japanese() {
    let explained = Criteria::read(NATIONAL, "config/criteria.toml")
        .expect("sound")
        .explained();
    for words in [
        "洪水予報河川",
        "水位周知河川",
        "その他河川",
        "内水氾濫",
        "土砂災害",
        "高潮",
        "津波",
        "避難指示",
        "不明",
    ] {
        assert!(explained.contains(words), "{words}: {explained}");
    }
    assert!(
        explained.contains("地震: 避難所の建物を点検し、安全なものを開設"),
        "{explained}"
    );
}

#[test]
fn an_unknown_key_word_or_mark_is_refused_with_its_line() {
    let (line, key, found, accepted) = refused(&condition(
        "a",
        4,
        "{ is = \"gauge-at\", mark = \"dangre\" }",
    ));
    assert_eq!((line, found.as_str()), (14, "dangre"));
    assert_eq!(key, "condition[a].all.mark");
    assert!(accepted.contains("danger"), "{accepted}");
    let (line, key, ..) = refused(&condition(
        "a",
        4,
        "{ is = \"gauge-at\", mark = \"danger\", marl = 1 }",
    ));
    assert_eq!((line, key.as_str()), (14, "condition[a].all.marl"));
    let (_, key, found, _) = refused(&condition("a", 4, "{ is = \"moon\" }"));
    assert_eq!(
        (key.as_str(), found.as_str()),
        ("condition[a].all.is", "moon")
    );
}

#[test]
fn levels_one_and_two_and_orders_for_earthquakes_are_refused() {
    let (line, _, found, accepted) = refused(&condition("a", 2, "{ is = \"rising\" }"));
    assert_eq!((line, found.as_str()), (11, "2"));
    assert!(accepted.contains("agency"), "{accepted}");
    let earthquake = condition("a", 4, "{ is = \"shaking\", intensity = \"7\" }")
        .replace("forecast-river", "earthquake");
    let (_, key, ..) = refused(&earthquake);
    assert_eq!(key, "condition[a].kind");
}

#[test]
fn thresholds_out_of_order_and_conditions_that_contradict_are_refused() {
    let wrong = [
        (
            "{ is = \"forecast\", mark = \"danger\", within_h = 3, chance = 0.5 }",
            "{ is = \"forecast\", mark = \"danger\", within_h = 3, chance = 0.3 }",
            "chance",
        ),
        (
            "{ is = \"gauge-at\", mark = \"danger\" }",
            "{ is = \"gauge-at\", mark = \"caution\" }",
            "mark",
        ),
        (
            "{ is = \"gauge-at\", mark = \"danger\" }",
            "{ is = \"gauge-at\", mark = \"danger\" }",
            "level",
        ),
        (
            "{ is = \"level-at\", gauge = \"g\", level_m = 3.0 }",
            "{ is = \"level-at\", gauge = \"g\", level_m = 2.0 }",
            "level_m",
        ),
        (
            "{ is = \"river\", level = 4 }",
            "{ is = \"river\", level = 3 }",
            "level",
        ),
    ];
    for (low, high, key) in wrong {
        let (line, found, ..) = refused(&format!(
            "{}{}",
            condition("low", 3, low),
            condition("high", 4, high)
        ));
        assert_eq!((line, found), (16, format!("condition[high].{key}")));
    }
    let (.., found, accepted) = refused(&format!(
        "{}{}",
        condition("a", 3, "{ is = \"rising\" }"),
        condition("a", 4, "{ is = \"storm\" }")
    ));
    assert_eq!((found.as_str(), accepted.as_str()), ("a", "each id once"));
}

#[test]
fn a_deadline_at_level_five_is_refused_because_it_is_too_late_then() {
    let (_, key, found, _) = refused(&condition(
        "a",
        5,
        "{ is = \"deadline\", within_min = 0, chance = 0.1 }",
    ));
    assert_eq!(
        (key.as_str(), found.as_str()),
        ("condition[a].all", "deadline")
    );
}

#[test]
fn a_threshold_is_compared_also_where_it_stands_beside_others_and_in_groups() {
    let low = condition(
        "low",
        3,
        "{ is = \"gauge-at\", mark = \"caution\" }, { is = \"rise\", m_per_h = 1.0 }",
    );
    let high = condition(
        "high",
        4,
        "{ is = \"gauge-at\", mark = \"caution\" }, { is = \"rise\", m_per_h = 0.5 }",
    );
    let (_, key, found, _) = refused(&format!("{low}{high}"));
    assert_eq!(
        (key.as_str(), found.as_str()),
        ("condition[high].m_per_h", "0.5")
    );
    let hidden = condition(
        "a",
        5,
        "{ is = \"any-of\", tests = [{ is = \"deadline\", within_min = 0, chance = 0.1 }] }",
    );
    let (_, _, found, _) = refused(&hidden);
    assert_eq!(found, "deadline");
}

#[test]
fn figures_that_cannot_be_are_refused_by_place_and_key() {
    use super::made::{KURASHIKI, exposure, unit};
    use hinan_recommend::{Facility, FacilityId, Span, Town, UnitId};
    let refused = |change: &dyn Fn(&mut hinan_recommend::Unit)| {
        let mut one = unit("u", 100, vec![exposure("g", 50)]);
        change(&mut one);
        let error = Town::new("町", KURASHIKI, vec![one], Vec::new(), Vec::new())
            .expect_err("must be refused");
        assert_eq!(error.place, "u地区");
        error.key
    };
    assert_eq!(refused(&|unit| unit.people = 0), "people");
    assert_eq!(
        refused(&|unit| unit.travel_min = Some(Span::new(1.0, 2.0, f64::INFINITY))),
        "travel_min"
    );
    assert_eq!(
        refused(&|unit| unit.exposures[0].people_at_risk = 101),
        "people_at_risk"
    );
    assert_eq!(
        refused(&|unit| unit.exposures[0].lag_min = f64::NAN),
        "lag_min"
    );
    assert_eq!(refused(&|unit| unit.exposures[0].gauges.clear()), "gauges");
    assert_eq!(
        refused(&|unit| unit.exposures[0].road_cut_m = Some(f64::NAN)),
        "road_cut_m"
    );
    let home = Facility {
        id: FacilityId::from("home"),
        name: "施設".to_owned(),
        unit: UnitId::from("u"),
        people: 10,
        lead_min: Span::new(9.0, 3.0, 1.0),
        exposures: Vec::new(),
    };
    let one = unit("u", 100, vec![exposure("g", 50)]);
    let error =
        Town::new("町", KURASHIKI, vec![one], Vec::new(), vec![home]).expect_err("must be refused");
    assert_eq!((error.place.as_str(), error.key), ("施設", "lead_min"));
}

#[test]
fn a_moved_threshold_is_another_digest_and_a_sentence_from_old_to_new() {
    let old = Criteria::national();
    let moved = NATIONAL.replacen(
        "within_h = 6, chance = 0.3",
        "within_h = 6, chance = 0.4",
        1,
    );
    let new = Criteria::read(&moved, "criteria.toml").expect("sound");
    assert_ne!(old.digest(), new.digest());
    let told = changes(&old, &new);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("30%以上") && told[0].contains("→") && told[0].contains("40%以上"),
        "{told:?}"
    );
    let same =
        Criteria::read(&format!("# another comment\n{NATIONAL}"), "criteria.toml").expect("sound");
    assert_eq!(old.digest(), same.digest());
    assert!(changes(&old, &same).is_empty());
}

#[test]
fn nothing_at_all_in_a_file_panics() {
    for text in [
        "",
        "name",
        "[[condition]]",
        "condition = 3",
        "\u{0}",
        "stale_after_min = []",
        &"[".repeat(4000),
    ] {
        let _ = Criteria::read(text, "criteria.toml");
    }
}

#[test]
fn words_that_the_law_abolished_are_refused_because_they_become_the_recorded_reason() {
    let text = condition("old", 4, "{ is = \"gauge-at\", mark = \"danger\" }");
    for (words, found) in [
        ("避難勧告の基準", "避難勧告"),
        ("Evacuation Advisory", "evacuation advisory"),
    ] {
        let text = text.replace("\"語\"", &format!("\"{words}\""));
        let (line, key, refused, accepted) = refused(&text);
        assert_eq!(
            (line, key.as_str(), refused.as_str()),
            (9, "condition[old].words", found)
        );
        assert!(accepted.contains("避難指示"), "{accepted}");
    }
}
