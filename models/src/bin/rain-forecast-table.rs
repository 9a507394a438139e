//! What a rain forecast adds, and what one costs that lies: the table of docs/forecasts.md.
//!
//! ```text
//! cargo run --release -p hinan-models --bin rain-forecast-table -- [FOLDER_OF_DATA [CASE...]]
//! ```
//!
//! None of the public sets holds a forecast of rain. `perfect` is the rain that really fell, as if it had been forecast: an upper
//! bound, nobody's skill. `degraded` is made from it with seeded errors (too much and too little for hours on end, an hour early
//! or late, rain that is missed and rain that never comes): made up, too. The lies begin with the test and last for all of it,
//! and are told to the model that was taught with the degraded forecast.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use hinan_models::{
    Basin, Case, DirectoryError, FittedFloodModel, FloodModel, Follower, GaugeLeadScore, History,
    Hyper, Known, Question, examine, joined, known_figures,
};
use ndarray::Array2;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Hours ahead that are forecast.
const HOURS: u32 = 6;
/// Rows of a fit, a quarter of the usual, the same with and without: a table of twelve fits is to be made in minutes.
const FIT_ROWS: usize = 16_000;

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let own = || Path::new(env!("CARGO_MANIFEST_DIR")).join("readings");
    let data = words.next().map_or_else(own, PathBuf::from);
    let only: Vec<String> = words.collect();
    match table(&data, &only) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("rain-forecast-table: {why}");
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
        "| case | gauge | h | skill without | degraded (synthetic) | perfect (upper bound) | CRPS without / degraded / perfect | onset POD / FAR at 0.8: without / degraded / perfect | lies: always 0 | always 3 mm/h | nonsense |\n|---|---|---|---|---|---|---|---|---|---|---|"
    );
    for name in &names {
        let case = cases.join(format!("{name}.toml"));
        let basin = match Basin::open_beside(data, &case) {
            Ok(basin) => basin,
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
        if basin.questions.iter().any(|q| !q.case.rain.is_empty()) {
            of_case(name, &basin, &figures)?;
        }
    }
    Ok(())
}

fn of_case(name: &str, basin: &Basin, figures: &[Known]) -> Result<(), Box<dyn Error>> {
    let perfect = basin.with_perfect_rain(HOURS)?;
    for (plain, question) in basin.questions.iter().zip(&perfect.questions) {
        if plain.case.rain.is_empty() {
            continue;
        }
        eprintln!("{name} {} …", question.name);
        let forecast: Vec<usize> = columns(&perfect.history, &question.case.rain_forecast);
        let degraded = with(&perfect, &forecast, &degraded(&perfect.history, &forecast))?;
        let without = tried(basin, plain, &fitted(basin, &plain.case)?)?;
        let upper = tried(&perfect, question, &fitted(&perfect, &question.case)?)?;
        let taught = fitted(&degraded, &question.case)?;
        let usual = tried(&degraded, question, &taught)?;
        let lies: Vec<Vec<GaugeLeadScore>> = [Lie::Never, Lie::Always, Lie::Nonsense]
            .into_iter()
            .map(|lie| {
                let told = with(&degraded, &forecast, &lie.told(&degraded, &forecast))?;
                tried(&told, question, &taught)
            })
            .collect::<Result<_, _>>()?;
        for (lead, without) in without.iter().enumerate() {
            let known = figures.iter().find(|k| {
                k.case == name
                    && k.gauge == question.case.target
                    && k.lead_h == without.lead_h
                    && k.model.contains("rain that fell")
            });
            let known = known.and_then(|k| k.figure("skill"));
            println!(
                "| {name} | {} | {} | {:.3} | {:.3} | {:.3} ({}) | {:.4} / {:.4} / {:.4} | {} – {} – {} | {:.3} | {:.3} | {:.3} |",
                question.name,
                without.lead_h,
                without.skill,
                usual[lead].skill,
                upper[lead].skill,
                known.map_or("–".to_owned(), |skill| format!("{skill:.2}")),
                without.crps_m,
                usual[lead].crps_m,
                upper[lead].crps_m,
                alarm(without),
                alarm(&usual[lead]),
                alarm(&upper[lead]),
                lies[0][lead].skill,
                lies[1][lead].skill,
                lies[2][lead].skill,
            );
        }
    }
    Ok(())
}

fn fitted(basin: &Basin, case: &Case) -> Result<FittedFloodModel, Box<dyn Error>> {
    let recipe = Hyper {
        fit_rows_max: FIT_ROWS,
        ..Hyper::default()
    };
    Ok(FloodModel::new(recipe)?.fit(&basin.train(), case)?)
}

fn tried(
    basin: &Basin,
    question: &Question,
    model: &FittedFloodModel,
) -> Result<Vec<GaugeLeadScore>, Box<dyn Error>> {
    let (train, test) = (basin.train(), basin.test().ok_or("no test")?);
    let asked = basin.asked().ok_or("no test")?;
    let recent = joined(&train, &test)?;
    let mut follower = (model, Follower::new(model));
    let (case, threshold) = (&question.case, question.threshold);
    Ok(examine(&mut follower, &recent, &asked, case, threshold)?.scores())
}

/// POD / FAR of an alarm at the 0.8 quantile.
fn alarm(score: &GaugeLeadScore) -> String {
    let alarm = score
        .alarms
        .iter()
        .find(|a| (a.quantile - 0.8).abs() < 1e-9);
    let of = |figure: Option<f64>| figure.map_or("–".to_owned(), |f| format!("{f:.2}"));
    format!(
        "{} / {}",
        of(alarm.and_then(|a| a.onset.pod())),
        of(alarm.and_then(|a| a.onset.far()))
    )
}

fn columns(history: &History, names: &[String]) -> Vec<usize> {
    names
        .iter()
        .filter_map(|name| history.gauge_index(name))
        .collect()
}

/// The basin with these columns replaced: row by row, hour by hour.
fn with(basin: &Basin, columns: &[usize], told: &[Vec<f64>]) -> Result<Basin, Box<dyn Error>> {
    let old = &basin.history;
    let levels =
        Array2::from_shape_fn(
            (old.len(), old.gauges().len()),
            |(row, column)| match columns.iter().position(|of| *of == column) {
                Some(hour) => told[row][hour],
                None => old.level(row, column).unwrap_or(f64::NAN),
            },
        );
    let history = History::new(old.start(), old.step_s(), old.gauges().to_vec(), levels)?;
    let mut basin = basin.clone();
    basin.history = history;
    Ok(basin)
}

/// A forecast with errors as forecasts have them, made up from the rain that fell.
fn degraded(history: &History, columns: &[usize]) -> Vec<Vec<f64>> {
    let mut chance = Chance(2016);
    let per_h = usize::try_from(3600 / history.step_s()).unwrap_or(1).max(1);
    let fell = |row: usize, hour: usize| history.level(row, columns[hour]);
    // How far it is off changes slowly: hours on end of too much or too little.
    let mut off = 0.0;
    let mut block = Block::default();
    (0..history.len())
        .map(|row| {
            off = 0.9 * off + 0.19_f64.sqrt() * chance.normal();
            if row % (6 * per_h) == 0 {
                block = Block::drawn(&mut chance);
            }
            (0..columns.len())
                .map(|hour| {
                    let spread = 0.3 + 0.1 * f64::from(u32::try_from(hour).unwrap_or(0));
                    let moved = (hour + block.late).clamp(1, columns.len()) - 1;
                    let Some(mm) = fell(row, moved) else {
                        return f64::NAN;
                    };
                    let never = row
                        .checked_sub(30 * 24 * per_h)
                        .and_then(|elsewhen| fell(elsewhen, hour))
                        .filter(|_| block.false_rain);
                    let mm = if block.missed { 0.0 } else { mm } + 0.5 * never.unwrap_or(0.0);
                    mm * (spread * off - spread * spread / 2.0).exp()
                })
                .collect()
        })
        .collect()
}

/// What is wrong for six hours.
#[derive(Default)]
struct Block {
    /// 0: an hour late, 1: in time, 2: an hour early.
    late: usize,
    missed: bool,
    false_rain: bool,
}

impl Block {
    fn drawn(chance: &mut Chance) -> Self {
        Self {
            late: [0, 1, 1, 2][chance.below(4)],
            missed: chance.below(100) < 12,
            false_rain: chance.below(100) < 10,
        }
    }
}

#[derive(Clone, Copy)]
enum Lie {
    Never,
    Always,
    Nonsense,
}

impl Lie {
    /// Honest before the test, a lie from its first row on.
    fn told(self, basin: &Basin, columns: &[usize]) -> Vec<Vec<f64>> {
        let history = &basin.history;
        let from = basin.test().map_or(history.end(), |test| test.start());
        let mut chance = Chance(9);
        (0..history.len())
            .map(|row| {
                let honest = |hour: usize| history.level(row, columns[hour]).unwrap_or(f64::NAN);
                (0..columns.len())
                    .map(|hour| match self {
                        _ if history.time(row) < from => honest(hour),
                        Self::Never => 0.0,
                        Self::Always => 3.0,
                        // Mostly nothing, now and then a cloudburst, and none of it has to do with the weather.
                        Self::Nonsense => {
                            if chance.below(10) == 0 {
                                30.0 * chance.uniform()
                            } else {
                                0.0
                            }
                        }
                    })
                    .collect()
            })
            .collect()
    }
}

/// `SplitMix64`, enough for made-up errors.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn uniform(&mut self) -> f64 {
        let high = u32::try_from(self.next() >> 32).unwrap_or(0);
        f64::from(high) / f64::from(u32::MAX)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most as u64).unwrap_or(0)
    }

    /// Sum of twelve: near enough to normal.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}
