//! `hinan train`, `evaluate` and `forecast` on a river of one's own, as a town tries them.

#![allow(clippy::unwrap_used)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// The real program.
const HINAN: &str = env!("CARGO_BIN_EXE_hinan");

const CASE: &str = r#"
licence = "CC0-1.0"
attribution = "made up for this test"
[split]
train = { from = "2020-06-01T00:00:00Z", to = "2020-06-26T23:00:00Z" }
test = { from = "2020-06-27T00:00:00Z", to = "2020-07-10T23:00:00Z" }
[[target]]
gauge = "bridge"
name = "橋"
upstream = ["hill"]
threshold = { value = 11.0 }
marks = [{ name = "caution", level_m = 10.8 }]
"#;

/// Forty days at two gauges: a flood every four days, which comes to the bridge three hours after the hill.
fn river() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut series = "time,level_m_hill,level_m_bridge\n".to_owned();
    for hour in 0..40 * 24_i64 {
        let wave = |hour: i64| {
            let since = f64::from(u32::try_from(hour.rem_euclid(96)).unwrap());
            let size = 1.0
                + 0.6 * f64::from(u32::try_from(hour.div_euclid(96).rem_euclid(5)).unwrap()) / 4.0;
            size * (since / 6.0) * (1.0 - since / 6.0).exp()
        };
        let time = format!("2020-06-{:02}", 1 + hour / 24);
        let day = 1 + hour / 24;
        let time = if day > 30 {
            format!("2020-07-{:02}", day - 30)
        } else {
            time
        };
        let ripple = 0.01 * f64::from(u32::try_from(hour * 7919 % 3).unwrap());
        writeln!(
            series,
            "{time}T{:02}:00:00Z,{:.3},{:.3}",
            hour % 24,
            50.0 + wave(hour) + ripple,
            10.0 + 0.9 * wave(hour - 3) + ripple
        )
        .unwrap();
    }
    std::fs::write(dir.path().join("series.csv"), series).unwrap();
    std::fs::write(dir.path().join("case.toml"), CASE).unwrap();
    dir
}

fn hinan(arguments: &[&str]) -> Output {
    Command::new(HINAN).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn succeeded(output: &Output) -> String {
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn path(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_town_fits_measures_draws_and_forecasts_its_own_river() {
    let river = river();
    let out = tempfile::tempdir().unwrap();
    let (history, models) = (path(river.path()), path(out.path()));

    let fitted = succeeded(&hinan(&[
        "train",
        "--history",
        history,
        "--out",
        models,
        "--groups",
        "3",
    ]));
    assert!(
        fitted.contains("弱点") && fitted.contains("made up for this test"),
        "{fitted}"
    );
    let file = out.path().join("bridge.hinan-model");
    let first = std::fs::read(&file).unwrap();
    let again = succeeded(&hinan(&[
        "train",
        "--history",
        history,
        "--out",
        models,
        "--groups",
        "3",
    ]));
    assert!(
        again.contains("1 kept"),
        "a finished model is not fitted again: {again}"
    );

    let plots = out.path().join("plots");
    let measured = succeeded(&hinan(&[
        "evaluate",
        "--history",
        history,
        "--model",
        models,
        "--json",
        "--plots",
        path(&plots),
    ]));
    let measured: Value = serde_json::from_str(&measured).unwrap();
    let lead = &measured[0]["model"][2];
    assert_eq!(lead["lead_h"], 3);
    assert!(
        lead["skill"].as_f64().unwrap() > 0.5,
        "the hill says it three hours before: {lead}"
    );
    assert!(lead["arrival"]["crossings"].as_u64().unwrap() >= 2);
    for kind in ["persistence", "rate_of_rise", "ridge"] {
        assert_eq!(
            measured[0]["baselines"][kind].as_array().unwrap().len(),
            4,
            "{kind}"
        );
    }
    let drawings: Vec<String> = std::fs::read_dir(&plots)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap())
        .collect();
    assert!(drawings.len() >= 3, "{} drawings", drawings.len());
    assert!(
        drawings
            .iter()
            .all(|svg| svg.starts_with("<svg") && svg.ends_with("</svg>\n"))
    );

    let ahead = succeeded(&hinan(&[
        "forecast",
        "--history",
        history,
        "--model",
        models,
        "--at",
        "2020-07-01T03:00:00Z",
    ]));
    assert!(
        ahead.contains("橋 (bridge)") && ahead.contains("full model"),
        "{ahead}"
    );
    assert!(ahead.contains("caution 10.80"), "{ahead}");

    // The same readings give the same bytes.
    std::fs::remove_file(&file).unwrap();
    succeeded(&hinan(&[
        "train",
        "--history",
        history,
        "--out",
        models,
        "--groups",
        "3",
    ]));
    assert!(std::fs::read(&file).unwrap() == first);
}

#[test]
fn a_model_that_has_seen_the_test_is_not_measured_on_it() {
    let river = river();
    let out = tempfile::tempdir().unwrap();
    let (history, models) = (path(river.path()), path(out.path()));
    succeeded(&hinan(&[
        "train",
        "--history",
        history,
        "--out",
        models,
        "--groups",
        "0",
        "--all",
    ]));
    let output = hinan(&["evaluate", "--history", history, "--model", models]);
    assert_eq!(output.status.code(), Some(1));
    let why = text(&output.stderr);
    assert!(
        why.contains("it has seen what it would be measured on"),
        "{why}"
    );
}

#[test]
fn what_cannot_be_used_is_named_with_its_place() {
    let river = river();
    let history = path(river.path());
    let refusal = |arguments: &[&str]| {
        let output = hinan(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        text(&output.stderr)
    };
    let series = std::fs::read_to_string(river.path().join("series.csv")).unwrap();
    let broken = series.replacen(",50.", ",fifty.", 3);
    std::fs::write(river.path().join("series.csv"), broken).unwrap();
    let why = refusal(&["evaluate", "--history", history]);
    assert!(
        why.contains("series.csv: line 2, column `level_m_hill`: `fifty."),
        "{why}"
    );

    std::fs::write(river.path().join("series.csv"), series).unwrap();
    let case = CASE.replace("upstream = [\"hill\"]", "upstream = [\"mountain\"]");
    std::fs::write(river.path().join("case.toml"), case).unwrap();
    let why = refusal(&["evaluate", "--history", history]);
    assert!(
        why.contains("no column `mountain`; the file has time, level_m_hill"),
        "{why}"
    );

    std::fs::write(
        river.path().join("case.toml"),
        CASE.replace("[split]", "[splitt]"),
    )
    .unwrap();
    let why = refusal(&["evaluate", "--history", history]);
    assert!(why.contains("splitt"), "{why}");
}

#[test]
fn what_lies_upstream_is_suggested_and_not_used() {
    let river = river();
    let alone = CASE.replace("upstream = [\"hill\"]", "upstream = []");
    std::fs::write(river.path().join("case.toml"), alone).unwrap();
    let said = succeeded(&hinan(&[
        "train",
        "--history",
        path(river.path()),
        "--suggest-upstream",
    ]));
    assert!(said.contains("hill  3.0 h"), "{said}");
}
