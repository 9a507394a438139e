//! The record flood of August 2016 on the Tokachi, forecast by models that saw only the smaller floods before it.
//!
//! Readings: 国土交通省 水文水質データベース, processed; reference levels: 続十勝川治水史 (2023). Both are read from
//! the folder that HINAN_SAMPLES names and are not part of this repository.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use flate2::read::GzDecoder;
use hinan_models::{Case, FloodModel, History, Hyper, Mark, Tier, evaluate};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

const BASIN: &str = "301081281107";

/// Least skill against persistence on the record flood at 1, 2, 3 and 6 h: what untuned ridge, random forests and
/// gradient boosting reached at best at 帯広 (050), and ridge at 茂岩 (070).
const SKILL_AT_LEAST: [(&str, [f64; 4]); 2] = [
    ("050", [0.57, 0.54, 0.43, 0.0]),
    ("070", [0.91, 0.83, 0.70, 0.35]),
];

fn samples() -> Option<PathBuf> {
    let folder =
        PathBuf::from(std::env::var_os("HINAN_SAMPLES")?).join("hydrology/tokachi-2016-jp");
    folder.is_dir().then_some(folder)
}

fn read(folder: &Path, name: &str) -> History {
    let file = File::open(folder.join(name)).unwrap();
    History::from_csv(GzDecoder::new(file), "level_m_").unwrap()
}

fn case(target: &str, upstream: &[&str], marks: &[(&str, f64)]) -> Case {
    Case {
        target: format!("{BASIN}{target}"),
        upstream: upstream.iter().map(|g| format!("{BASIN}{g}")).collect(),
        marks: marks
            .iter()
            .map(|(n, l)| Mark {
                name: (*n).to_owned(),
                level_m: *l,
            })
            .collect(),
        ..Case::default()
    }
}

/// 帯広, 茂岩 and 南帯橋 with the gauges above them.
fn cases() -> Vec<Case> {
    let obihiro = [
        ("caution", 35.2),
        ("evacuation_judgement", 36.8),
        ("danger", 37.4),
        ("design_high_water", 38.26),
    ];
    let moiwa = [
        ("caution", 6.9),
        ("evacuation_judgement", 10.0),
        ("danger", 10.9),
        ("design_high_water", 11.63),
    ];
    let nantai = [("caution", 77.4), ("design_high_water", 79.31)];
    vec![
        case("050", &["040", "020", "135", "145", "160"], &obihiro),
        case("070", &["055", "050", "330", "230", "160"], &moiwa),
        case("230", &["220", "210", "250", "260", "200"], &nantai),
    ]
}

#[test]
fn the_record_flood_is_forecast_from_what_the_smaller_floods_taught() {
    let Some(folder) = samples() else {
        println!("skipped: no samples");
        return;
    };
    let (fit, test) = (
        read(&folder, "series.csv.gz"),
        read(&folder, "typhoon10.csv.gz"),
    );
    let model = FloodModel::new(Hyper::default()).unwrap();
    let evaluation = evaluate(&fit, &test, &cases(), &model).unwrap();
    println!(
        "tried: {} gauges, {} hours\n{evaluation}",
        cases().len(),
        test.len()
    );
    for (gauge, at_least) in SKILL_AT_LEAST {
        let scores = evaluation
            .scores
            .iter()
            .filter(|s| s.gauge.ends_with(gauge));
        for (score, least) in scores.zip(at_least) {
            assert!(
                score.skill > least,
                "{gauge} {} h: skill {}",
                score.lead_h,
                score.skill
            );
            assert!(
                score.coverage90 >= 0.85,
                "{gauge} {} h: coverage {}",
                score.lead_h,
                score.coverage90
            );
            assert!(
                score.rmse_m < score.rmse_rate_of_rise_m,
                "{gauge} {} h",
                score.lead_h
            );
        }
    }
    // With one chance in five as the alarm, no onset of the upper levels is missed at either gauge.
    for score in evaluation
        .scores
        .iter()
        .filter(|s| !s.gauge.ends_with("230") && s.lead_h <= 3)
    {
        for c in score
            .crossings
            .iter()
            .filter(|c| c.alarm_probability < 0.3 && c.mark != "caution")
        {
            assert_eq!(c.misses, 0, "{} {} h {}", score.gauge, score.lead_h, c.mark);
        }
    }
}

#[test]
fn floods_below_the_caution_level_teach_the_flood_that_passes_it() {
    let Some(folder) = samples() else {
        println!("skipped: no samples");
        return;
    };
    let (fit, test) = (
        read(&folder, "series.csv.gz"),
        read(&folder, "typhoon10.csv.gz"),
    );
    let recent = fit.append(&test).unwrap();
    // 帯広 until the night before its first reading at the caution level.
    let fit = fit.rows_until("2016-08-23T00:00:00Z".parse().unwrap());
    let first_of_test = recent.row_at_or_before(test.start()).unwrap();
    let case = &cases()[0];
    let (caution, danger) = (case.marks[0].level_m, case.marks[2].level_m);
    let fitted = FloodModel::new(Hyper::default())
        .unwrap()
        .fit(&fit, case)
        .unwrap();
    let column = recent.gauge_index(&case.target).unwrap();
    let highest = |history: &History, column: usize| {
        (0..history.len())
            .filter_map(|row| history.level(row, column))
            .fold(f64::MIN, f64::max)
    };
    let taught_m = highest(&fit, fit.gauge_index(&case.target).unwrap());
    let peak_m = highest(&test, test.gauge_index(&case.target).unwrap());
    assert!(
        taught_m < caution,
        "no flood that taught reached the caution level"
    );
    println!(
        "帯広: taught up to {taught_m:.2} m, caution {caution:.2} m, danger {danger:.2} m, peak {peak_m:.2} m"
    );
    for (mark, level_m) in [("caution", caution), ("danger", danger)] {
        let first = (first_of_test..recent.len())
            .find(|row| {
                recent
                    .level(*row, column)
                    .is_some_and(|now_m| now_m >= level_m)
            })
            .unwrap();
        for back in [1, 2, 3] {
            let forecast = fitted.predict(&recent, recent.time(first - back));
            let lead = &forecast.leads[back - 1];
            let chance = forecast.probability_within(lead.lead_h, level_m);
            println!(
                "{mark}, {back} h before: now {:.2} m, expected {:.2} m, 0.95 quantile {:.2} m, came {:.2} m, chance of crossing {chance:.2}",
                lead.persistence_m,
                lead.expected_m,
                lead.quantile_m(0.95),
                recent.level(first, column).unwrap()
            );
            assert!(chance >= 0.2, "{mark}, {back} h before: {chance}");
            assert!(
                lead.expected_m > taught_m,
                "{mark}, {back} h before: {} m",
                lead.expected_m
            );
        }
    }
}

#[test]
fn all_31_gauges_can_be_fitted_and_forecast_with_their_real_holes() {
    let Some(folder) = samples() else {
        println!("skipped: no samples");
        return;
    };
    let (fit, test) = (
        read(&folder, "series.csv.gz"),
        read(&folder, "typhoon10.csv.gz"),
    );
    let recent = fit.append(&test).unwrap();
    let model = FloodModel::new(Hyper::default()).unwrap();
    // Every gauge with the next two of the list as if they were above it: all the holes meet each other.
    let gauges = fit.gauges();
    let fitted: Vec<_> = (0..gauges.len())
        .map(|i| Case {
            target: gauges[i].clone(),
            upstream: (1..=2)
                .map(|k| gauges[(i + k) % gauges.len()].clone())
                .collect(),
            ..Case::default()
        })
        .map(|case| model.fit(&fit, &case).unwrap())
        .collect();
    let mut tiers: BTreeMap<Tier, u32> = BTreeMap::new();
    for row in 0..test.len() {
        for gauge in &fitted {
            let forecast = gauge.predict(&recent, test.time(row));
            *tiers.entry(forecast.tier).or_default() += 1;
            for lead in &forecast.leads {
                assert!(lead.quantiles.iter().all(|q| q.level_m.is_finite()));
                assert!(lead.quantiles.is_sorted_by(|a, b| a.level_m <= b.level_m));
            }
        }
    }
    println!(
        "tried: {} gauges over {} hours: {tiers:?}",
        fitted.len(),
        test.len()
    );
    // Gauges were lost in this flood: the forecast has to go on with less, and to say so.
    for tier in [
        Tier::Full,
        Tier::UpstreamPartly,
        Tier::OwnOnly,
        Tier::NoInformation,
    ] {
        assert!(tiers.contains_key(&tier), "{tier:?} never happened");
    }
}
