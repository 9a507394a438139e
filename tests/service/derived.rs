//! A stranger recomputes a recommendation: what the service gives out is enough, and it says the same on its page, to programs and
//! on the command line.

use std::process::Command;

use hinan::config::{Config, Recommend};
use hinan::recommend::core::Core;
use hinan_town::{FLOOD_HOUR, StatusCode, Town, TownPlan};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::HINAN;

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deadline_of_a_recommendation_is_recomputed_from_what_the_service_gives_out() {
    let Some(town) = TownPlan::of(HINAN)
        .with_officer("sato", "approver")
        .opens()
        .await
    else {
        return;
    };
    town.storm_reaches(FLOOD_HOUR).await;
    let sato = town.officer("sato").await;
    let answer = sato.opens("/api/v1/recommendations").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    let list: Value = serde_json::from_str(&answer.text).unwrap();
    let all = list["recommendations"].as_array().unwrap();
    let one = all
        .iter()
        .find(|one| one["decide_by"].is_string() && one["level"] == 4)
        .unwrap_or_else(|| panic!("an order with a deadline: {}", answer.text));

    // decide_by = safe_by - the slow ends of the terms, and the parts are all there.
    let deadline = &one["deadline"];
    let needs_min: f64 = deadline["terms"]
        .as_array()
        .unwrap()
        .iter()
        .map(|term| term["slow_min"].as_f64().unwrap())
        .sum();
    assert!(needs_min > 0.0);
    let needs = SignedDuration::from_secs_f64((needs_min * 60.0).round());
    assert_eq!(
        time(&deadline["safe_by"]) - needs,
        time(&deadline["decide_by"])
    );
    assert_eq!(one["decide_by"], deadline["decide_by"]);

    // What waiting costs is told of the deadline that is shown, at every level.
    for one in all.iter().filter(|one| one["decide_by"].is_string()) {
        let rows = one["waiting"].as_array().unwrap();
        assert_eq!(rows[0]["wait_min"], 0, "{one}");
        for row in rows {
            let late = time(&row["at"]).duration_since(time(&one["decide_by"]));
            let said_min = row["late_by_min"].as_f64().unwrap();
            assert!((late.as_secs_f64() / 60.0 - said_min).abs() < 0.05, "{row}");
        }
    }

    // Every condition that holds rests on a value and a threshold that agree with its answer.
    for finding in one["urgent"]["findings"].as_array().unwrap() {
        for test in finding["tests"].as_array().unwrap() {
            let (value, threshold) = (
                test["seen"]["value"].as_f64(),
                test["seen"]["threshold"].as_f64(),
            );
            // Levels and chances of levels: what is about a mark.
            let about_a_mark =
                !test["seen"]["mark"].is_null() && test["seen"]["assumed_m"].is_null();
            if test["answer"] == "met" && about_a_mark {
                assert!(value.unwrap() >= threshold.unwrap(), "{test}");
            }
        }
    }

    // The page shows the parts, the command writes out the whole.
    let id = one["id"].as_str().unwrap();
    let page = sato.opens(&format!("/plain/r/{id}")).await.text;
    assert!(
        page.contains("判断の期限の内訳") && page.contains("避難所の開設"),
        "{page}"
    );
    let (text, stored) = explained(&town, id);
    for words in [
        "判断の期限",
        "条件 conditions",
        "待った場合",
        "反対の根拠",
        "sha256",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    recomputed(&text, &stored);
    let unknown = Command::new(HINAN)
        .args(["explain", "r-nothing", "--data-dir"])
        .arg(town.data_dir())
        .output()
        .unwrap();
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("r-nothing"));
}

/// What the command writes out of a recommendation, and the record it wrote it from: the service goes on meanwhile.
fn explained(town: &Town, id: &str) -> (String, Value) {
    let said = |arguments: &[&str]| {
        let said = Command::new(HINAN)
            .args(["explain", id])
            .args(arguments)
            .arg("--data-dir")
            .arg(town.data_dir())
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&said.stderr).into_owned();
        assert!(said.status.success(), "{errors}");
        String::from_utf8(said.stdout).unwrap()
    };
    for _ in 0..20 {
        let (before, text, after) = (said(&["--json"]), said(&[]), said(&["--json"]));
        if before == after {
            return (text, serde_json::from_str(&after).unwrap());
        }
    }
    panic!("the recommendation never stands still");
}

/// What follows these words, up to the first blank or sign that ends a figure.
fn figure(text: &str, words: &str) -> Option<f64> {
    let rest = text.split_once(words)?.1.trim_start();
    let own: String = rest
        .chars()
        .take_while(|c| c.is_ascii_digit() || "+-.".contains(*c))
        .collect();
    own.parse().ok()
}

/// "2016-08-30 21:40:00", Japan time, after these words.
fn moment(text: &str, words: &str) -> Timestamp {
    let rest = text
        .split_once(words)
        .unwrap_or_else(|| panic!("{words}: {text}"))
        .1;
    let rest = rest
        .split_once(") ")
        .filter(|(before, _)| before.len() < 8)
        .map_or(rest, |(_, rest)| rest);
    let (day, time) = (&rest[..10], &rest[11..19]);
    format!("{day}T{time}+09:00").parse().unwrap()
}

/// The chance, the arrival and the deadline worked out again from the printed text alone, held against what the engine wrote down.
/// This town has no model, so its water comes at the present rate; forecasts with their quantiles are worked out again beside the core.
fn recomputed(text: &str, said: &Value) {
    let urgent = &said["urgent"];
    let deadlines = &urgent["deadlines"];
    let arrives_m = {
        let before = text.split_once(" mに達した時を到達とし").unwrap().0;
        before.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
    };
    let gauge = deadlines["arrival"]["gauge"].as_str().unwrap();
    let own = text
        .split_once(&format!("水位計 gauge [{gauge}]"))
        .unwrap()
        .1;
    let observed_m = figure(own, "観測 observed ").unwrap();
    let rise = figure(own, "上昇 rise ").unwrap();
    let rule = text.lines().find(|line| line.contains("(5) ")).unwrap();
    let to_go_h = (arrives_m - observed_m) / rise;
    assert!(to_go_h > 0.0, "it has not come yet");
    let at_h = |words: &str| to_go_h / figure(rule, words).unwrap();
    let points = [
        (0.0, 0.0),
        (at_h("早い側は"), figure(rule, "(早い側,").unwrap()),
        (at_h("中央は"), figure(rule, "(中央,").unwrap()),
        (at_h("遅い側は"), figure(rule, "(遅い側,").unwrap()),
    ];
    let horizon_h = figure(rule, "倍。").unwrap();
    let chance = |hours: f64| {
        let pair = points.windows(2).find(|pair| hours <= pair[1].0);
        pair.map_or(points[3].1, |pair| {
            let share = (hours - pair[0].0) / (pair[1].0 - pair[0].0);
            pair[0].1 + share * (pair[1].1 - pair[0].1)
        })
    };
    let near = |one: Timestamp, other: Timestamp, what: &str| {
        let apart_s = one.duration_since(other).abs().as_secs();
        assert!(apart_s <= 10, "{what}: {one} and {other}");
    };
    let as_of = moment(text, "時点 as of ");
    let early = as_of + SignedDuration::from_secs_f64(points[1].0 * 3600.0);
    near(early, time(&deadlines["arrival"]["early"]), "arrival");
    near(moment(text, "到達: 早い側"), early, "printed arrival");
    let engine = deadlines["chance"].as_f64().unwrap();
    assert!(
        (chance(horizon_h) - engine).abs() < 1e-3,
        "{engine}: {rule}"
    );
    // What waiting costs.
    let middle_min = figure(text, "middle sum ").unwrap();
    for row in deadlines["waiting"].as_array().unwrap() {
        let waits_h = row["wait_min"].as_f64().unwrap() / 60.0;
        let by_hand = chance(waits_h + middle_min / 60.0);
        let engine = row["chance_too_late"].as_f64().unwrap();
        assert!((by_hand - engine).abs() < 2e-3, "{by_hand}: {row}");
    }
    // T_last of level 4.
    let line = text
        .lines()
        .find(|line| line.contains("警戒レベル4の期限 "))
        .unwrap();
    let terms = line.split_once('[').unwrap().1;
    let needs_min: f64 = terms
        .split(" + ")
        .map(|term| {
            let before = term.split_once('分').unwrap().0;
            before.rsplit(' ').next().unwrap().parse::<f64>().unwrap()
        })
        .sum();
    let safe_by = moment(line, "= ");
    if deadlines["everybody"]["limit"] == "hazard" {
        near(safe_by, early, "safe by");
    }
    let by_hand = safe_by - SignedDuration::from_secs_f64(needs_min * 60.0);
    near(
        by_hand,
        time(&deadlines["everybody"]["decide_by"]),
        "T_last",
    );
    // The rest that a stranger needs: which model, the sun, the conditions of staying, areas, complement, people, places, later hours.
    for words in [
        "sha256",
        "日没 sunset",
        "in a collapse zone",
        "対象区域 areas",
        "含まれない地区 complement",
        "率 rates",
        "避難先 places",
        "+1時間に出発した場合",
        "+6時間に出発した場合",
        "計算のしかた rules",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    // Areas and complement are the whole town.
    let areas = &said["derivation"]["areas"];
    let complement = areas["complement"].as_object().unwrap();
    let left: usize = complement
        .values()
        .map(|ids| ids.as_array().unwrap().len())
        .sum();
    let others = areas["others"].as_object().unwrap();
    let others: u64 = others.values().map(|units| units.as_u64().unwrap()).sum();
    let left = left + usize::try_from(others).unwrap();
    let qualify = areas["qualify"].as_array().unwrap().len();
    assert_eq!(
        left + qualify,
        crate::town_reference::plain().core.town.units().len()
    );
}

#[test]
fn a_criteria_file_is_explained_in_words_and_a_wrong_one_is_refused_with_its_line() {
    let home = tempfile::tempdir().unwrap();
    let criteria = home.path().join("criteria.toml");
    let config = home.path().join("hinan.toml");
    let check = |text: &str| {
        std::fs::write(&criteria, text).unwrap();
        std::fs::write(
            &config,
            format!(
                "[recommend]\ncriteria = {:?}\n",
                criteria.display().to_string()
            ),
        )
        .unwrap();
        Command::new(HINAN)
            .args(["check-config", "--config"])
            .arg(&config)
            .output()
            .unwrap()
    };
    let good = check(hinan_recommend::NATIONAL);
    let said = String::from_utf8_lossy(&good.stdout).into_owned();
    assert!(
        good.status.success(),
        "{}",
        String::from_utf8_lossy(&good.stderr)
    );
    assert!(
        said.contains("【洪水予報河川】") && said.contains("次のいずれか一つでも満たすとき"),
        "{said}"
    );
    let bad = check(&hinan_recommend::NATIONAL.replacen("\"danger\"", "\"dangre\"", 1));
    let said = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(!bad.status.success());
    assert!(
        said.contains("criteria.toml:")
            && said.contains("dangre")
            && said.contains("overflow_start"),
        "{said}"
    );
}

/// `check-config` on a folder with these files beside `hinan.toml`; what it refuses.
fn refused_in(files: &[(&str, String)]) -> String {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name).display().to_string();
    for (name, text) in files {
        let text = text.replace("{home}", &home.path().display().to_string());
        std::fs::write(at(name), text).unwrap();
    }
    let said = Command::new(HINAN)
        .args(["check-config", "--config", &at("hinan.toml")])
        .output()
        .unwrap();
    assert!(!said.status.success());
    String::from_utf8_lossy(&said.stderr).into_owned()
}

#[test]
fn what_a_town_does_not_have_and_what_cannot_be_is_refused_with_file_line_key_and_what_is_accepted()
{
    let of = |text: &str| ("hinan.toml", text.to_owned());
    // A gauge that the town does not have, in a condition of its own.
    let criteria = format!(
        "{}\n[[condition]]\nid = \"own-1\"\nkind = \"forecast-river\"\nlevel = 3\nwords = \"上流\"\nwords_en = \"upstream\"\nall = [{{ is = \"level-at\", gauge = \"nowhere\", level_m = 3.0 }}]\n",
        hinan_recommend::NATIONAL
    );
    let line = criteria.lines().count();
    let said = refused_in(&[
        of("[recommend]\ncriteria = \"{home}/criteria.toml\"\n"),
        ("criteria.toml", criteria),
    ]);
    assert!(
        said.contains(&format!(
            "criteria.toml:{line}: condition[own-1] level-at gauge = nowhere"
        )) && said.contains("accepted"),
        "{said}"
    );
    // A river that it does not have.
    let said = refused_in(&[of(
        "[recommend]\nevery_s = 600\nriver_kinds = { \"無い川\" = \"other-river\" }\n",
    )]);
    assert!(
        said.contains("hinan.toml:3: recommend.river_kinds 無い川") && said.contains("札内川"),
        "{said}"
    );
    // Nobody at risk, and a facility without people.
    let threat = "[[threat]]\nkind = \"landslide\"\ndistrict = \"inada\"\npeople_at_risk = 0\nsource = \"s\"\n";
    let facility = "[[facility]]\nid = \"h\"\nname = \"家\"\ndistrict = \"inada\"\npeople = 0\nlead_min = { quick = 1, middle = 2, slow = 3 }\nrivers = [\"札内川\"]\nsource = \"s\"\n";
    for (plan, line, key) in [(threat, 4, "people_at_risk"), (facility, 5, "people")] {
        let said = refused_in(&[
            of("[recommend]\nplan = \"{home}/plan.toml\"\n"),
            ("plan.toml", plan.to_owned()),
        ]);
        assert!(
            said.contains(&format!("plan.toml:{line}"))
                && said.contains(key)
                && said.contains("accepted"),
            "{said}"
        );
    }
    // A hysteresis that is none.
    let said = refused_in(&[of("[recommend]\nhysteresis_m = -0.1\n")]);
    assert!(
        said.contains("recommend.hysteresis_m") && said.contains("0 to 5"),
        "{said}"
    );
}

#[test]
fn levels_that_stand_the_wrong_way_round_and_two_units_of_one_name_are_refused_with_their_file() {
    let config = Config::defaults();
    let mut town = (*crate::town_reference::plain().town).clone();
    // No danger level, and an overflow below the caution level: the town file's own check has nothing to compare.
    let gauge = town
        .gauges
        .iter_mut()
        .find(|one| one.levels.caution_m.is_some())
        .unwrap();
    gauge.levels.danger_m = None;
    gauge.levels.overflow_start_m = gauge.levels.caution_m.map(|level_m| level_m - 1.0);
    let id = gauge.id.clone();
    let said = Core::load(&config, &town).unwrap_err().to_string();
    assert!(
        said.contains("town.toml:")
            && said.contains(&id)
            && said.contains("overflow_start_m")
            && said.contains("accepted"),
        "{said}"
    );
    let mut town = (*crate::town_reference::plain().town).clone();
    let first = town.districts[0].id.clone();
    town.districts[1].id = first;
    let said = Core::load(&config, &town).unwrap_err().to_string();
    assert!(
        said.contains("town.toml") && said.contains("each id once"),
        "{said}"
    );
}

#[test]
fn a_town_sets_its_own_hysteresis() {
    let config = Config {
        recommend: Recommend {
            hysteresis_m: 0.35,
            ..Config::defaults().recommend
        },
        ..Config::defaults()
    };
    let core = Core::load(&config, &crate::town_reference::plain().town).unwrap();
    assert!((core.policy.latch.hysteresis_m - 0.35).abs() < 1e-12);
}
