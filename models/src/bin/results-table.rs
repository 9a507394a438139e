//! The results table of docs/forecasts.md: every public case, fitted on its training period with the default settings and
//! tried on its test period, beside the best of the untuned models in `models/cases/baselines.csv`.
//!
//! ```text
//! cargo run --release -p hinan-models --bin results-table -- [FOLDER_OF_DATA [CASE...]]
//! ```
//!
//! FOLDER_OF_DATA holds one folder per data set, as the `folder` of each `models/cases/CASE.toml` names it. Without it the
//! sets of `models/readings` are used, those that may be handed on.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use hinan_models::{
    Basin, DirectoryError, FloodModel, Follower, GaugeLeadScore, Hyper, Known, Question, examine,
    joined, known_figures,
};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("readings");
    let data = words.next().map_or_else(own, PathBuf::from);
    let only: Vec<String> = words.collect();
    match table(&data, &only) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("results-table: {why}");
            ExitCode::FAILURE
        }
    }
}

fn table(data: &Path, only: &[String]) -> Result<(), Box<dyn Error>> {
    let figures = known_figures();
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("cases");
    let mut names: Vec<String> = std::fs::read_dir(&cases)?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter_map(|name| name.strip_suffix(".toml").map(str::to_owned))
        .filter(|name| only.is_empty() || only.contains(name))
        .collect();
    names.sort();
    println!(
        "| case | gauge | h | skill | CRPS | RMSE top 5 % | 90 % holds: all / top 5 % / floods | POD / FAR, alarm at q95 | skill in floods | arrival off, min (said/of) |\n|---|---|---|---|---|---|---|---|---|---|"
    );
    let mut tally = Tally::default();
    for name in &names {
        let case = cases.join(format!("{name}.toml"));
        let basin = match Basin::open_beside(data, &case) {
            Ok(basin) => basin,
            // A data set that is not there leaves a gap in the table, and the gap is named.
            Err(
                DirectoryError::Unreadable { path, .. } | DirectoryError::NoSeries { dir: path },
            ) => {
                eprintln!(
                    "{name}: {} がありません not there, left out",
                    path.display()
                );
                continue;
            }
            Err(why) => return Err(why.into()),
        };
        let train = basin.train();
        let Some(test) = basin.test() else { continue };
        let recent = joined(&train, &test)?;
        for question in &basin.questions {
            eprintln!("{name} {} …", question.name);
            let fitted = FloodModel::new(Hyper::default())?.fit(&train, &question.case)?;
            let scores = examine(
                &mut (&fitted, Follower::new(&fitted)),
                &recent,
                &test,
                &question.case,
                question.threshold,
            )?
            .scores();
            for score in &scores {
                let beside = |figure: &str| best(&figures, name, question, score.lead_h, figure);
                println!("{}", row(name, question, score, &beside, &mut tally));
            }
        }
    }
    println!("\n{}", tally.words());
    Ok(())
}

/// The best of the untuned models that know no future rain: highest skill, lowest of everything else.
fn best(
    figures: &[Known],
    case: &str,
    question: &Question,
    lead_h: u32,
    figure: &str,
) -> Option<f64> {
    let of = figures.iter().filter(|k| {
        k.case == case
            && k.gauge == question.case.target
            && k.lead_h == lead_h
            && if figure.starts_with("q95") {
                // The alarm of the quantile boosting is the yardstick for alarms.
                k.model == "boosting"
            } else {
                !k.model.contains("rain that fell")
            }
    });
    let values = of.filter_map(|k| k.figure(figure));
    if figure == "skill" {
        values.reduce(f64::max)
    } else {
        values.reduce(f64::min)
    }
}

#[derive(Default)]
struct Tally {
    compared: usize,
    skill: usize,
    crps: usize,
    top5: usize,
    floods: usize,
    floods_hold: usize,
    worse_than_persistence: usize,
}

impl Tally {
    fn words(&self) -> String {
        format!(
            "At least as good as the best untuned model (to the digits printed): skill {} of {n}, CRPS {} of {n}, RMSE top 5 % {} of {n}. \
             The 90 % interval holds between 85 and 95 % in floods of the test in {} of {}. \
             More than 2 % worse than persistence: {} of {}.",
            self.skill,
            self.crps,
            self.top5,
            self.floods_hold,
            self.floods,
            self.worse_than_persistence,
            self.floods,
            n = self.compared,
        )
    }
}

fn row(
    case: &str,
    question: &Question,
    score: &GaugeLeadScore,
    beside: &dyn Fn(&str) -> Option<f64>,
    tally: &mut Tally,
) -> String {
    let skill = beside("skill");
    let crps = beside("crps");
    let top5 = beside("rmse_top5");
    if let (Some(skill), Some(crps), Some(top5)) = (skill, crps, top5) {
        tally.compared += 1;
        tally.skill += usize::from(score.skill >= skill - 0.005);
        tally.crps += usize::from(score.crps_m <= crps + 0.000_05);
        tally.top5 += usize::from(score.rmse_top5_m <= top5 + 0.000_5);
    }
    let holds = score.coverage90_flood;
    tally.floods += 1;
    tally.floods_hold += usize::from(holds.is_some_and(|c| (0.85..=0.95).contains(&c)));
    tally.worse_than_persistence += usize::from(score.skill < -0.02);
    let q95 = score
        .alarms
        .iter()
        .find(|a| a.quantile > 0.94 && a.quantile < 0.96);
    let q95 = q95.map(|a| a.onset);
    let arrival = score.arrival.map_or_else(String::new, |a| {
        let off = a.error_min.map_or("–".to_owned(), |m| format!("{m:.0}"));
        format!("{off} ({}/{})", a.announced, a.crossings)
    });
    format!(
        "| {case} | {} | {} | {:.2} ({}) | {:.4} ({}) | {:.3} ({}) | {:.2} / {:.2} / {} | {} / {} ({} / {}) | {} | {arrival} |",
        question.name,
        score.lead_h,
        score.skill,
        printed(skill, 2),
        score.crps_m,
        printed(crps, 4),
        score.rmse_top5_m,
        printed(top5, 3),
        score.coverage90,
        score.coverage90_top5,
        printed(holds, 2),
        printed(q95.and_then(|o| o.pod()), 2),
        printed(q95.and_then(|o| o.far()), 2),
        printed(beside("q95_pod"), 2),
        printed(beside("q95_far"), 2),
        printed(score.skill_flood, 2),
    )
}

fn printed(figure: Option<f64>, digits: usize) -> String {
    figure.map_or("–".to_owned(), |f| format!("{f:.digits$}"))
}
