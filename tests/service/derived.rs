//! A stranger recomputes a recommendation: what the service gives out is enough, and it says the same on its page, to programs and
//! on the command line.

use std::process::Command;

use hinan_town::{FLOOD_HOUR, StatusCode, TownPlan};
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
    let said = Command::new(HINAN)
        .args(["explain", id, "--data-dir"])
        .arg(town.data_dir())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(
        said.status.success(),
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    for words in [
        "判断の期限",
        "条件 conditions",
        "待った場合",
        "反対の根拠",
        "sha256",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let unknown = Command::new(HINAN)
        .args(["explain", "r-nothing", "--data-dir"])
        .arg(town.data_dir())
        .output()
        .unwrap();
    assert!(!unknown.status.success());
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("r-nothing"));
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
