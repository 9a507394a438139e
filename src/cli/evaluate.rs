//! `hinan evaluate`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use hinan_models::{Case, EvaluateError, Evaluation, FloodModel, History, Hyper, evaluate};
use indicatif::ProgressBar;

use super::print::say;
use crate::config::Config;
use crate::demo::obihiro;
use crate::outlook::case;
use crate::town;

/// Fits on one set of floods and measures on another, per gauge and lead: skill against persistence, RMSE,
/// coverage of the 90 % interval, crossings hit, missed and falsely announced.
///
/// Without arguments: the built-in floods of August 2016, tried on typhoon 10.
#[derive(Args)]
pub(super) struct Evaluate {
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
                &serde_json::json!({ "evaluation": evaluation, "left_out": left_out }),
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

fn read(path: Option<&PathBuf>, built_in: &[u8]) -> anyhow::Result<History> {
    let Some(path) = path else {
        return Ok(town::read_history(built_in, "the built-in levels")?);
    };
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(town::read_history(&bytes, &path.display().to_string())?)
}
