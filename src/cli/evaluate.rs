//! `hinan evaluate`

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use hinan_models::{
    Baseline, BaselineKind, Case, EvaluateError, Evaluation, Examined, FittedFloodModel,
    FloodModel, Follower, GaugeLeadScore, History, Hyper, Question, evaluate, examine, flood_fans,
    joined, reliability_plot,
};
use indicatif::ProgressBar;
use serde_json::json;

use super::print::say;
use super::rivers::{Rivers, bar, credit, model_path, read_model};
use crate::config::Config;
use crate::demo::obihiro;
use crate::outlook::case;
use crate::town;

/// 検証: 学習に使っていない出水で、予測がどれだけ当たるかを測ります。
///
/// --history のフォルダには series.csv（または .gz）と case.toml を置きます。case.toml の split.train で学習し、split.test で
/// 測ります。持続予測・上昇速度・リッジ回帰も同じ方法で測り、並べて示します。自分の町の川で試すことができます。
///
/// Measures forecasts on floods they were not fitted on, per gauge and lead: skill against persistence (also in floods only),
/// NSE, KGE, RMSE (also of the highest 5 %), CRPS, coverage of the 90 % interval, crossings of the threshold at several alarm
/// quantiles (POD, FAR), error of the arrival time, reliability of the probabilities. Persistence, rate of rise and a ridge
/// regression are measured beside it. docs/forecasts.md explains the folder and the figures.
///
/// Without --history: the town of the configuration; without anything: the built-in floods of August 2016, tried on typhoon 10.
#[derive(Args)]
pub(super) struct Evaluate {
    /// Folder with series.csv[.gz] and case.toml
    #[arg(long, value_name = "DIR", conflicts_with_all = ["config", "fit"])]
    history: Option<PathBuf>,
    /// A case.toml that stands elsewhere
    #[arg(long, value_name = "FILE", requires = "history")]
    case: Option<PathBuf>,
    /// Folder with models made by `hinan train`; without it models are fitted now on the rows that teach
    #[arg(long, value_name = "DIR", requires = "history")]
    model: Option<PathBuf>,
    /// Write drawings (SVG) of the reliability and of every flood of the test with its forecasts into this folder
    #[arg(long, value_name = "DIR", requires = "history")]
    plots: Option<PathBuf>,
    /// The town's configuration (for its gauges and levels)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Levels to fit on: CSV or CSV.gz, first column `time`, then `level_m_{station}`
    #[arg(long, value_name = "CSV", requires = "test")]
    fit: Option<PathBuf>,
    /// Levels to measure on, same form, after the others
    #[arg(long, value_name = "CSV", requires = "fit")]
    test: Option<PathBuf>,
    /// Only this gauge; may be given several times
    #[arg(long, value_name = "STATION")]
    gauge: Vec<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

impl Evaluate {
    pub(super) fn run(self) -> anyhow::Result<()> {
        match self.history.clone() {
            Some(history) => self.rivers(&Rivers {
                history,
                case: self.case.clone(),
                gauge: self.gauge.clone(),
            }),
            None => self.town(),
        }
    }

    /// The rivers of a folder.
    fn rivers(&self, rivers: &Rivers) -> anyhow::Result<()> {
        let basin = rivers.open()?;
        let train = basin.train();
        let (Some(test), Some(asked)) = (basin.test(), basin.asked()) else {
            bail!(
                "{}: split.test is missing, so nothing is kept back to measure on; add [split] with train and test",
                rivers.case_file().display()
            );
        };
        let recent = joined(&train, &test)?;
        if let Some(plots) = &self.plots {
            std::fs::create_dir_all(plots).with_context(|| plots.display().to_string())?;
        }
        let progress = bar(basin.questions.len(), "検証 measuring");
        let mut results = Vec::new();
        for question in &basin.questions {
            progress.set_message(question.name.clone());
            let (fitted, digest) = self.fitted(question, &train, &test)?;
            // With its guard, as it would be used.
            let mut guarded = (&fitted, Follower::new(&fitted));
            let model = on_test(&mut guarded, question, &recent, &asked)?;
            if let Some(plots) = &self.plots {
                draw(plots, question, &model, &asked)?;
            }
            let mut beside = Vec::new();
            for kind in [
                BaselineKind::Persistence,
                BaselineKind::RateOfRise,
                BaselineKind::Ridge,
            ] {
                let mut baseline = Baseline::fit(kind, &train, &question.case)?;
                let scores = on_test(&mut baseline, question, &recent, &asked)?.scores();
                beside.push((kind, scores));
            }
            results.push((question, digest, model.scores(), beside));
            progress.inc(1);
        }
        progress.finish_and_clear();
        if self.json {
            let all: Vec<_> = results
                .iter()
                .map(|(question, digest, model, beside)| {
                    let beside: serde_json::Map<_, _> = beside
                        .iter()
                        .map(|(kind, scores)| (key(*kind).to_owned(), json!(scores)))
                        .collect();
                    json!({
                        "gauge": question.case.target, "name": question.name, "unit": question.unit,
                        "model_sha256": digest, "model": model, "baselines": beside,
                    })
                })
                .collect();
            say(&serde_json::to_string_pretty(&all)?);
            return Ok(());
        }
        for (question, digest, model, beside) in results {
            let unit = question.unit.symbol();
            let made = digest.map_or("いま学習 fitted now".to_owned(), |d| {
                format!("model {}", &d[..12])
            });
            say(&format!("{} [{unit}] {made}", question.name));
            let scores: Vec<GaugeLeadScore> = model
                .into_iter()
                .chain(beside.into_iter().flat_map(|(kind, scores)| {
                    let named = move |mut score: GaugeLeadScore| {
                        score.gauge = format!("({})", key(kind));
                        score
                    };
                    scores.into_iter().map(named)
                }))
                .collect();
            say(&Evaluation { scores }.to_string());
        }
        credit(&basin);
        Ok(())
    }

    /// The model of the folder, which must not have seen the test, or one fitted now.
    fn fitted(
        &self,
        question: &Question,
        train: &History,
        test: &History,
    ) -> anyhow::Result<(FittedFloodModel, Option<String>)> {
        let Some(dir) = &self.model else {
            let recipe = FloodModel::new(Hyper::default())?;
            return Ok((recipe.fit(train, &question.case)?, None));
        };
        let path = model_path(dir, &question.case.target);
        let (file, digest) = read_model(&path)?
            .with_context(|| format!("{}: there is no such model", path.display()))?;
        if file.card.to >= test.start() {
            bail!(
                "{}: the model was fitted on readings up to {}, the test begins {}: it has seen what it would be measured on",
                path.display(),
                file.card.to,
                test.start()
            );
        }
        if file.card.case != question.case {
            bail!(
                "{}: the model was made for another case (upstream, rain or levels differ); train it again",
                path.display()
            );
        }
        Ok((file.model, Some(digest)))
    }

    /// The gauges of a town.
    fn town(self) -> anyhow::Result<()> {
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::defaults(),
        };
        let town = town::town(&config)?;
        let fit = read(self.fit.as_ref(), obihiro::HISTORY)?;
        let test = read(self.test.as_ref(), obihiro::STORM)?;
        for id in &self.gauge {
            town.gauge(id).with_context(|| {
                let known: Vec<&str> = town.gauges.iter().map(|g| g.id.as_str()).collect();
                format!("--gauge is {id}; the town has {}", known.join(", "))
            })?;
        }
        let cases: Vec<Case> = town
            .gauges
            .iter()
            .filter(|gauge| self.gauge.is_empty() || self.gauge.contains(&gauge.id))
            .map(case)
            .collect();
        let model = FloodModel::new(Hyper::default())?;
        let bar = ProgressBar::new(cases.len() as u64);
        let (mut scores, mut left_out) = (Vec::new(), Vec::new());
        for case in &cases {
            match evaluate(&fit, &test, std::slice::from_ref(case), &model) {
                Ok(evaluation) => scores.extend(evaluation.scores),
                Err(EvaluateError::Join(why)) => return Err(why.into()),
                Err(why) => left_out.push(format!("{}: {why}", case.target)),
            }
            bar.inc(1);
        }
        bar.finish_and_clear();
        let evaluation = Evaluation { scores };
        if self.json {
            say(&serde_json::to_string_pretty(
                &json!({ "evaluation": evaluation, "left_out": left_out }),
            )?);
            return Ok(());
        }
        say(&evaluation.to_string());
        say("水位計 gauges:");
        for gauge in town
            .gauges
            .iter()
            .filter(|g| cases.iter().any(|c| c.target == g.id))
        {
            say(&format!(
                "  {} {} ({}) {}",
                gauge.id, gauge.name, gauge.river, gauge.name_en
            ));
        }
        if !left_out.is_empty() {
            say(&format!(
                "評価できない水位計 not evaluated:\n  {}",
                left_out.join("\n  ")
            ));
        }
        Ok(())
    }
}

fn on_test(
    forecaster: &mut dyn hinan_models::Forecaster,
    question: &Question,
    recent: &History,
    test: &History,
) -> Result<Examined, EvaluateError> {
    examine(forecaster, recent, test, &question.case, question.threshold)
}

fn key(kind: BaselineKind) -> &'static str {
    match kind {
        BaselineKind::Persistence => "persistence",
        BaselineKind::RateOfRise => "rate_of_rise",
        BaselineKind::Ridge => "ridge",
    }
}

/// `GAUGE-reliability.svg`, and `GAUGE-flood-01-DAY.svg` for the highest flood of the test, and so on.
fn draw(
    dir: &Path,
    question: &Question,
    examined: &Examined,
    test: &History,
) -> anyhow::Result<()> {
    let stem = model_path(dir, &question.case.target);
    let write = |ending: &str, svg: &str| {
        let path = stem.with_extension("").display().to_string();
        let path = PathBuf::from(format!("{path}-{ending}.svg"));
        std::fs::write(&path, svg).with_context(|| path.display().to_string())
    };
    if let Some(svg) = reliability_plot(&question.name, &examined.scores()) {
        write("reliability", &svg)?;
    }
    let fans = flood_fans(examined, test, &question.name, question.unit.symbol());
    for (place, fan) in fans.iter().enumerate() {
        let day = &fan.from.to_string()[..10];
        write(&format!("flood-{:02}-{day}", place + 1), &fan.svg)?;
    }
    Ok(())
}

fn read(path: Option<&PathBuf>, built_in: &[u8]) -> anyhow::Result<History> {
    let Some(path) = path else {
        return Ok(town::read_history(built_in, "the built-in levels")?);
    };
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(town::read_history(&bytes, &path.display().to_string())?)
}
