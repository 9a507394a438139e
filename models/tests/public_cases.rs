//! Every case in `models/cases` reads the data it speaks of: those of `models/readings`, and all where HINAN_SAMPLES names
//! them.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use hinan_models::{Baseline, BaselineKind, Basin, GaugeLeadScore, examine, joined};
use std::path::{Path, PathBuf};

/// Name, folder of its data, rows that teach and that examine, thresholds.
type Case = (&'static str, &'static str, [usize; 2], &'static [f64]);

const CASES: [Case; 9] = [
    (
        "dornbirnerach-at",
        "dornbirnerach-at",
        [52_608, 26_304],
        &[56.40],
    ),
    (
        "airgr-l0123003-fr",
        "airgr-l0123003-fr",
        [26_304, 8_760],
        &[313.37],
    ),
    (
        "fanno-creek-us",
        "fanno-creek-us",
        [61_368, 35_064],
        &[2.06],
    ),
    (
        "fanno-creek-15min-us",
        "fanno-creek-us",
        [245_469, 140_253],
        &[2.06],
    ),
    (
        "wangsukcheon-nakdong-kr",
        "wangsukcheon-nakdong-kr",
        [35_072, 17_520],
        &[1.0, 3.27],
    ),
    (
        "tokachi-2016-jp",
        "tokachi-2016-jp",
        [479, 192],
        &[6.21, 33.25],
    ),
    (
        "tokachi-typhoon10-jp",
        "tokachi-2016-jp",
        [671, 130],
        &[6.21, 33.25],
    ),
    (
        "kuji-naka-2026-jp",
        "kuji-naka-2026-jp",
        [1_089, 567],
        &[2.18],
    ),
    (
        "kuji-naka-2026-10min-jp",
        "kuji-naka-2026-jp",
        [3_168, 1_674],
        &[0.55],
    ),
];

/// Nobody measured other models on these: on other rows, or with coarser readings.
const WITHOUT_FIGURES: [&str; 2] = ["tokachi-typhoon10-jp", "fanno-creek-15min-us"];

/// A case with the folder of its readings: from this repository where they stand here, else from the samples.
fn cases_with_readings() -> Vec<(&'static Case, PathBuf)> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("readings");
    let samples = std::env::var_os("HINAN_SAMPLES").map(|of| PathBuf::from(of).join("hydrology"));
    let mut found = Vec::new();
    for case in &CASES {
        let place = [Some(&own), samples.as_ref()]
            .into_iter()
            .flatten()
            .map(|of| of.join(case.1))
            .find(|folder| folder.is_dir());
        match place {
            Some(folder) => found.push((case, folder)),
            None => println!("{}: skipped: no samples", case.0),
        }
    }
    assert!(found.len() >= 4, "readings of this repository are missing");
    found
}

fn open(case: &Case, folder: &Path) -> Basin {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("cases/{}.toml", case.0));
    Basin::open_with(folder, &file).unwrap_or_else(|why| panic!("{}: {why}", case.0))
}

#[test]
fn the_readings_of_this_repository_are_those_of_the_samples() {
    let Some(samples) = std::env::var_os("HINAN_SAMPLES") else {
        println!("skipped: no samples");
        return;
    };
    let samples = Path::new(&samples).join("hydrology");
    for (case, folder) in cases_with_readings() {
        let there = open(case, &samples.join(case.1));
        let here = open(case, &folder);
        assert_eq!(
            format!("{:?}", here.train()),
            format!("{:?}", there.train())
        );
        assert_eq!(format!("{:?}", here.test()), format!("{:?}", there.test()));
    }
}

#[test]
fn quarter_hours_are_asked_about_at_the_moments_of_the_hourly_case() {
    let cases = cases_with_readings();
    let of = |name: &str| {
        let (case, folder) = cases.iter().find(|c| c.0.0 == name).unwrap();
        open(case, folder)
    };
    let (hourly, quarters) = (of("fanno-creek-us"), of("fanno-creek-15min-us"));
    let (asked, same) = (quarters.asked().unwrap(), hourly.test().unwrap());
    assert_eq!(quarters.test().unwrap().len(), 4 * same.len() - 3);
    assert_eq!(format!("{asked:?}"), format!("{same:?}"));
}

#[test]
fn every_case_reads_its_data_with_its_split_and_its_threshold() {
    for (of, folder) in cases_with_readings() {
        let (case, _, rows, thresholds) = *of;
        let basin = open(of, &folder);
        let test = basin.test().unwrap();
        println!(
            "{case}: {:?} {} {}",
            basin.grid,
            basin.train().len(),
            test.len()
        );
        assert_eq!([basin.train().len(), test.len()], rows, "{case}");
        let found: Vec<String> = basin
            .questions
            .iter()
            .map(|q| format!("{:.2}", q.threshold.unwrap()))
            .collect();
        let wanted: Vec<String> = thresholds.iter().map(|t| format!("{t:.2}")).collect();
        assert_eq!(found, wanted, "{case}");
    }
}

/// One row of `cases/baselines.csv`: figures of untuned models made with scikit-learn and LightGBM.
struct Known(std::collections::BTreeMap<String, String>);

impl Known {
    fn figure(&self, name: &str) -> Option<f64> {
        self.0[name].parse().ok()
    }
}

fn known(case: &str, gauge: &str, lead_h: u32, model: &str) -> Known {
    let mut table = csv::Reader::from_reader(&include_bytes!("../cases/baselines.csv")[..]);
    table
        .deserialize()
        .map(|row| Known(row.unwrap()))
        .find(|k| {
            (
                &*k.0["case"],
                &*k.0["gauge"],
                &*k.0["lead_h"],
                &*k.0["model"],
            ) == (case, gauge, &*lead_h.to_string(), model)
        })
        .unwrap_or_else(|| panic!("no figures of {model} for {case} {gauge} {lead_h} h"))
}

fn figure(score: &GaugeLeadScore, name: &str) -> Option<f64> {
    let q95 = score.alarms.iter().find(|a| a.quantile > 0.94).unwrap();
    Some(match name {
        "nse" => score.nse,
        "kge" => score.kge,
        "rmse" => score.rmse_m,
        "rmse_top5" => score.rmse_top5_m,
        "skill" => score.skill,
        "pod" => score.onset?.pod()?,
        "far" => score.onset?.far()?,
        "csi" => score.onset?.csi()?,
        "q95_pod" => q95.onset.pod()?,
        "q95_far" => q95.onset.far()?,
        "pinball" => score.pinball_m,
        "crps" => score.crps_m,
        "coverage90" => score.coverage90,
        "coverage90_top5" => score.coverage90_top5,
        _ => panic!("{name}"),
    })
}

/// How far apart a figure and the one that was printed may lie; `None` = not to be compared.
fn apart(kind: BaselineKind, case: &str, gauge: &str, name: &str, printed: f64) -> Option<f64> {
    let digit = match name {
        "pinball" => 0.5e-4,
        "crps" => 1e-4,
        "nse" | "kge" | "rmse" | "rmse_top5" => 0.5e-3,
        _ => 0.5e-2,
    };
    let digit = digit * 1.001;
    let of_the_point = matches!(name, "nse" | "kge" | "rmse" | "rmse_top5" | "skill" | "csi");
    // In short records every single row counts that taught the errors, and which did is not known to the last one.
    let short = case.starts_with("tokachi") || case.starts_with("kuji");
    match kind {
        // An alarm hangs on a centimetre where quantile and threshold meet.
        BaselineKind::Persistence if name.starts_with("q95") => Some(0.07),
        BaselineKind::Persistence if of_the_point || !short => Some(digit),
        BaselineKind::Persistence => name.starts_with("pin").then_some(digit + 0.02 * printed),
        // The same holds for the lags of the ridge between 1 and 24 h, which count most where there is a tide; and one
        // gauge of the Nakdong is given a neighbour more here.
        _ if short || gauge == "2021685" => None,
        _ if matches!(name, "nse" | "kge" | "rmse" | "rmse_top5") => {
            Some(digit + 0.02 * printed.abs())
        }
        _ if matches!(name, "pinball" | "crps") => Some(digit + 0.05 * printed),
        _ if name == "skill" => Some(0.02),
        _ => (name != "q95_far").then_some(0.12),
    }
}

#[test]
fn persistence_and_ridge_come_out_as_the_figures_that_others_measured() {
    let (mut compared, mut wrong) = (0, Vec::new());
    let cases = cases_with_readings();
    for (of, folder) in cases.iter().filter(|c| !WITHOUT_FIGURES.contains(&c.0.0)) {
        let case = of.0;
        let basin = open(of, folder);
        let (train, test) = (basin.train(), basin.test().unwrap());
        let recent = joined(&train, &test).unwrap();
        for question in &basin.questions {
            for (kind, model) in [
                (BaselineKind::Persistence, "persistence"),
                (BaselineKind::Ridge, "ridge"),
            ] {
                let mut baseline = Baseline::fit(kind, &train, &question.case).unwrap();
                let examined = examine(
                    &mut baseline,
                    &recent,
                    &test,
                    &question.case,
                    question.threshold,
                )
                .unwrap();
                for score in examined.scores() {
                    let known = known(case, &question.case.target, score.lead_h, model);
                    for name in [
                        "nse",
                        "kge",
                        "rmse",
                        "rmse_top5",
                        "skill",
                        "csi",
                        "q95_pod",
                        "q95_far",
                        "pinball",
                        "crps",
                        "coverage90",
                        "coverage90_top5",
                    ] {
                        let (Some(printed), Some(ours)) =
                            (known.figure(name), figure(&score, name))
                        else {
                            continue;
                        };
                        let Some(most) = apart(kind, case, &question.case.target, name, printed)
                        else {
                            continue;
                        };
                        compared += 1;
                        if (ours - printed).abs() > most {
                            wrong.push(format!(
                                "{model} {case} {} {} h: {name} {ours:.4}, not {printed}",
                                question.case.target, score.lead_h
                            ));
                        }
                    }
                }
            }
        }
    }
    println!(
        "compared {compared} figures, {} apart\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let least = if cases.len() == CASES.len() { 500 } else { 150 };
    assert!(compared > least, "only {compared} figures compared");
    assert!(wrong.is_empty(), "{} figures are apart", wrong.len());
}
