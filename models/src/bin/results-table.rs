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
    AlarmChoice, Basin, DirectoryError, FloodModel, Follower, GaugeLeadScore, Hyper, Known,
    Question, examine, joined, known_figures,
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
        "| case | gauge | h | skill | CRPS | RMSE top 5 % | 90 % holds: all / top 5 % / floods | alarm at | POD / FAR | skill in floods | arrival off, min (said/of) |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    let mut tally = Tally::default();
    let mut curves = Vec::new();
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
        let (Some(test), Some(asked)) = (basin.test(), basin.asked()) else {
            continue;
        };
        let recent = joined(&train, &test)?;
        for question in &basin.questions {
            eprintln!("{name} {} …", question.name);
            let fitted = FloodModel::new(Hyper::default())?.fit(&train, &question.case)?;
            let scores = examine(
                &mut (&fitted, Follower::new(&fitted)),
                &recent,
                &asked,
                &question.case,
                question.threshold,
            )?
            .scores();
            for (score, lead) in scores.iter().zip(&fitted.card().leads) {
                let beside = |figure: &str| best(&figures, name, question, score.lead_h, figure);
                println!(
                    "{}",
                    row(name, question, score, lead.alarm, &beside, &mut tally)
                );
                curves.extend(curve(name, question, score));
            }
        }
    }
    println!("\n{}", tally.words());
    println!(
        "\nPOD / FAR of an alarm at each quantile:\n\n| case | gauge | h | onsets | {} |\n|---|---|---|---|{}",
        CURVE.map(|p| format!("{p}")).join(" | "),
        "---|".repeat(CURVE.len())
    );
    for line in curves {
        println!("{line}");
    }
    Ok(())
}

/// Cases that are asked at the same moments about the same levels as another, whose untuned models stand beside them; the readings
/// that these were given are coarser.
const BESIDE: [(&str, &str); 1] = [("fanno-creek-15min-us", "fanno-creek-us")];

/// The best of the untuned models that know no future rain: highest skill, lowest of everything else.
fn best(
    figures: &[Known],
    case: &str,
    question: &Question,
    lead_h: u32,
    figure: &str,
) -> Option<f64> {
    let case = BESIDE
        .iter()
        .find_map(|(own, other)| (*own == case).then_some(*other))
        .unwrap_or(case);
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

/// Quantiles of the printed curve.
const CURVE: [f64; 9] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99];
/// Where the training period had too few onsets to choose: the same for all.
const ALARM_ELSE: f64 = 0.8;
/// What an alarm six hours ahead is to reach.
const POD_LEAST: f64 = 0.6;

/// Alarms at every quantile; `None` where the test has no onset.
fn curve(case: &str, question: &Question, score: &GaugeLeadScore) -> Option<String> {
    let onset = score.onset?;
    let onsets = onset.hits + onset.misses;
    let cells = CURVE.map(|p| {
        let alarm = score.alarms.iter().find(|a| (a.quantile - p).abs() < 1e-9);
        let of = |figure: Option<f64>| printed(figure, 2);
        format!(
            "{} / {}",
            of(alarm.and_then(|a| a.onset.pod())),
            of(alarm.and_then(|a| a.onset.far()))
        )
    });
    (onsets > 0).then(|| {
        format!(
            "| {case} | {} | {} | {onsets} | {} |",
            question.name,
            score.lead_h,
            cells.join(" | ")
        )
    })
}

/// POD and FAR of an alarm at a quantile.
fn alarm_at(score: &GaugeLeadScore, quantile: f64) -> (Option<f64>, Option<f64>) {
    let alarm = score
        .alarms
        .iter()
        .find(|a| (a.quantile - quantile).abs() < 1e-9);
    (
        alarm.and_then(|a| a.onset.pod()),
        alarm.and_then(|a| a.onset.far()),
    )
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
    alarms: usize,
    alarms_reached: usize,
    alarms_on_curve: usize,
}

impl Tally {
    fn words(&self) -> String {
        format!(
            "At least as good as the best untuned model (to the digits printed): skill {} of {n}, CRPS {} of {n}, RMSE top 5 % {} of {n}. \
             The 90 % interval holds between 85 and 95 % in floods of the test in {} of {}. \
             More than 2 % worse than persistence: {} of {}. \
             Alarms six hours ahead with a POD of 0.6 or more and a FAR below that of the untuned q95 alarm: {} of {alarms} at the chosen \
             quantile, {} of {alarms} somewhere on the curve.",
            self.skill,
            self.crps,
            self.top5,
            self.floods_hold,
            self.floods,
            self.worse_than_persistence,
            self.floods,
            self.alarms_reached,
            self.alarms_on_curve,
            alarms = self.alarms,
            n = self.compared,
        )
    }
}

fn row(
    case: &str,
    question: &Question,
    score: &GaugeLeadScore,
    chosen: Option<AlarmChoice>,
    beside: &dyn Fn(&str) -> Option<f64>,
    tally: &mut Tally,
) -> String {
    let skill = beside("skill");
    let crps = beside("crps");
    let top5 = beside("rmse_top5");
    let reached = [
        skill.map(|skill| score.skill >= skill - 0.005),
        crps.map(|crps| score.crps_m <= crps + 0.000_05),
        top5.map(|top5| score.rmse_top5_m <= top5 + 0.000_5),
    ];
    if let [Some(skill), Some(crps), Some(top5)] = reached {
        tally.compared += 1;
        tally.skill += usize::from(skill);
        tally.crps += usize::from(crps);
        tally.top5 += usize::from(top5);
    }
    let holds = score.coverage90_flood;
    let is_held = holds.map(|c| (0.85..=0.95).contains(&c));
    tally.floods += 1;
    tally.floods_hold += usize::from(is_held == Some(true));
    tally.worse_than_persistence += usize::from(score.skill < -0.02);
    let at = chosen.map_or(ALARM_ELSE, |choice| choice.quantile);
    let (pod, far) = alarm_at(score, at);
    let base_far = beside("q95_far");
    let mut is_announced = None;
    if let (6, Some(_), Some(base_far)) = (score.lead_h, pod, base_far) {
        let enough = |quantile: f64| {
            let (pod, far) = alarm_at(score, quantile);
            pod.is_some_and(|pod| pod >= POD_LEAST) && far.is_some_and(|far| far < base_far)
        };
        is_announced = Some(enough(at));
        tally.alarms += 1;
        tally.alarms_reached += usize::from(enough(at));
        tally.alarms_on_curve += usize::from(CURVE.into_iter().any(enough));
    }
    let arrival = score.arrival.map_or_else(String::new, |a| {
        let off = a.error_min.map_or("–".to_owned(), |m| format!("{m:.0}"));
        format!("{off} ({}/{})", a.announced, a.crossings)
    });
    format!(
        "| {case} | {} | {} | {:.3} ({}){} | {:.4} ({}){} | {:.3} ({}){} | {:.2} / {:.2} / {}{} | {at}{} | {} / {} ({} / {}){} | {} | {arrival} |",
        question.name,
        score.lead_h,
        score.skill,
        printed(skill, 2),
        missed(reached[0]),
        score.crps_m,
        printed(crps, 4),
        missed(reached[1]),
        score.rmse_top5_m,
        printed(top5, 3),
        missed(reached[2]),
        score.coverage90,
        score.coverage90_top5,
        printed(holds, 2),
        missed(is_held),
        if chosen.is_some() { "" } else { " *" },
        printed(pod, 2),
        printed(far, 2),
        printed(beside("q95_pod"), 2),
        printed(base_far, 2),
        missed(is_announced),
        printed(score.skill_flood, 2),
    )
}

fn missed(reached: Option<bool>) -> &'static str {
    if reached == Some(false) { " ✗" } else { "" }
}

fn printed(figure: Option<f64>, digits: usize) -> String {
    figure.map_or("–".to_owned(), |f| format!("{f:.digits$}"))
}
