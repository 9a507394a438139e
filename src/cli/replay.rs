//! `hinan replay`

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::Args;
use jiff::Timestamp;

use super::print::say;
use crate::config::Config;
use crate::demo::{night, obihiro, report};
use crate::digest::Digest;
use crate::replay::{self, Recomputed};
use crate::store::Store;
use crate::town;

/// Recomputes advice.
///
/// With --data-dir: every evaluation in that record is worked out again from its readings; says whether the
/// advice is the same, byte for byte. Otherwise: a recording (the built-in typhoon, or --recording) runs
/// through the engine alone, and one JSON line per hour is printed; the last lines compare with the real night.
#[derive(Args)]
pub(super) struct Replay {
    /// The configuration the record was made with
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A data directory to recompute; the service may be running
    #[arg(long, value_name = "DIR", conflicts_with = "recording")]
    data_dir: Option<PathBuf>,
    /// Levels to replay: CSV or CSV.gz with `time` and `level_m_{station}`
    #[arg(long, value_name = "CSV")]
    recording: Option<PathBuf>,
    /// Leave out the JSON lines
    #[arg(long)]
    summary: bool,
}

impl Replay {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::defaults(),
        };
        let reference = town::load(&config)?;
        if let Some(dir) = &self.data_dir {
            let outcome = Store::look(dir, |view| {
                let models = |files: &_| town::models_of(&config, files);
                Ok(replay::record(&reference, view, models))
            })??;
            return said_of(&outcome);
        }
        let storm = match &self.recording {
            Some(path) => {
                let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
                town::read_history(&bytes, &path.display().to_string())?
            }
            None => town::read_history(obihiro::STORM, "the built-in storm")?,
        };
        let mut steps = Vec::new();
        let firsts = replay::recording(&reference, &storm, Timestamp::MIN, storm.end(), |step| {
            steps.push(serde_json::to_string(step));
        })?;
        let mut lines = String::new();
        for step in steps {
            lines.push_str(&step?);
            lines.push('\n');
        }
        if !self.summary {
            say(lines.trim_end());
        }
        let real = if self.recording.is_none() && config.town.dir.as_os_str().is_empty() {
            night::read(obihiro::TIMELINE).map_err(anyhow::Error::msg)?
        } else {
            Vec::new()
        };
        say(&report::written(&firsts, &real));
        say(&format!(
            "sha256 of all recommendations: {}",
            Digest::of(lines.as_bytes())
        ));
        Ok(())
    }
}

/// Says what recomputing found.
///
/// # Errors
/// When an evaluation gives other advice.
fn said_of(found: &Recomputed) -> anyhow::Result<()> {
    let Recomputed {
        evaluations,
        same,
        earlier,
        differ,
        first,
    } = found;
    if *earlier > 0 {
        say(&format!(
            "{earlier}回の評価は、別の版のプログラム、または別の基準・設定・地図で行われたため、比べていません / {earlier} evaluations \
             were made by another program, or with other criteria, settings or geodata: gone through and not compared"
        ));
    }
    if *differ == 0 {
        say(&if same == evaluations {
            format!(
                "{evaluations}回の評価を再計算し、すべて同じ推奨でした / all evaluations give the same advice again"
            )
        } else {
            format!(
                "{evaluations}回の評価のうち、比べた{same}回はすべて同じ推奨でした / {same} of {evaluations} evaluations were compared \
                 and give the same advice again"
            )
        });
        return Ok(());
    }
    let named: Vec<String> = first
        .iter()
        .map(|(number, as_of)| format!("{number} ({as_of})"))
        .collect();
    bail!(
        "{evaluations}回の評価のうち{differ}回の推奨が記録と異なります。同じ{same}回。最初は評価 {named} / {differ} of {evaluations} \
         evaluations give other advice, {same} the same; the first: {named}",
        named = named.join(", ")
    )
}
