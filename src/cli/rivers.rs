//! Rivers from a directory: what `train`, `evaluate` and `forecast` share.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Args;
use hinan_models::{Basin, MAX_ARTIFACT_BYTES, ModelFile};
use indicatif::{ProgressBar, ProgressStyle};

use super::print::say;

/// Where the readings are.
#[derive(Args, Clone)]
pub(super) struct Rivers {
    /// Folder with series.csv[.gz] and case.toml (see docs/forecasts.md)
    #[arg(long, value_name = "DIR")]
    pub(super) history: PathBuf,
    /// A case.toml that stands elsewhere
    #[arg(long, value_name = "FILE")]
    pub(super) case: Option<PathBuf>,
    /// Only this gauge; may be given several times
    #[arg(long, value_name = "GAUGE")]
    pub(super) gauge: Vec<String>,
}

impl Rivers {
    /// Reads the folder and says what became of its readings.
    pub(super) fn open(&self) -> anyhow::Result<Basin> {
        let mut basin = Basin::open_with(&self.history, &self.case_file())?;
        for gauge in &self.gauge {
            if !basin.questions.iter().any(|q| q.case.target == *gauge) {
                let known: Vec<&str> = basin
                    .questions
                    .iter()
                    .map(|q| q.case.target.as_str())
                    .collect();
                bail!("--gauge is {gauge}; the case asks for {}", known.join(", "));
            }
        }
        let wanted = |target: &String| self.gauge.is_empty() || self.gauge.contains(target);
        basin.questions.retain(|q| wanted(&q.case.target));
        let grid = &basin.grid;
        for (count, ja, en) in [
            (
                grid.levels_between_rows,
                "時刻の刻みから外れ、使わなかった水位",
                "levels between two rows were left out",
            ),
            (
                grid.sums_incomplete,
                "一部が欠け、不明とした雨量",
                "sums of rain are unknown because a part is missing",
            ),
        ] {
            if count > 0 {
                eprintln!("{ja}: {count}\u{3000}{count} {en}");
            }
        }
        Ok(basin)
    }

    pub(super) fn case_file(&self) -> PathBuf {
        self.case
            .clone()
            .unwrap_or_else(|| self.history.join("case.toml"))
    }
}

/// The file of one gauge's model: letters, digits, `.`, `_` and `-` stand as they are, everything else as %XX.
pub(super) fn model_path(dir: &Path, gauge: &str) -> PathBuf {
    let mut name = String::new();
    for byte in gauge.bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            name.push(char::from(byte));
        } else {
            name.push_str(&format!("%{byte:02X}"));
        }
    }
    dir.join(format!("{name}.hinan-model"))
}

/// Reads a model; `None` when there is no such file.
pub(super) fn read_model(path: &Path) -> anyhow::Result<Option<(ModelFile, String)>> {
    let bytes = match read_bytes(path)? {
        Some(bytes) => bytes,
        None => return Ok(None),
    };
    let of = || path.display().to_string();
    let file = ModelFile::from_bytes(&bytes).with_context(of)?;
    let digest = ModelFile::digest_of(&bytes).with_context(of)?;
    Ok(Some((file, digest)))
}

/// The bytes of a file that is not longer than any model; `None` when there is no such file.
pub(super) fn read_bytes(path: &Path) -> anyhow::Result<Option<Vec<u8>>> {
    let length = match std::fs::metadata(path) {
        Ok(data) => data.len(),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why).context(path.display().to_string()),
    };
    if length > MAX_ARTIFACT_BYTES as u64 {
        bail!(
            "{}: {length} bytes are too many, at most {MAX_ARTIFACT_BYTES} are accepted",
            path.display()
        );
    }
    let bytes = std::fs::read(path).with_context(|| path.display().to_string())?;
    Ok(Some(bytes))
}

/// A bar that says how many of how many and what is done now.
pub(super) fn bar(length: usize, what: &str) -> ProgressBar {
    let style = ProgressStyle::with_template(&format!("{what} {{bar:30}} {{pos}}/{{len}} {{msg}}"))
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style)
}

/// Prints the credits that the readings ask for.
pub(super) fn credit(basin: &Basin) {
    let (licence, attribution) = (&basin.file.licence, &basin.file.attribution);
    if !attribution.is_empty() || !licence.is_empty() {
        say(&format!("出典 source: {attribution} ({licence})"));
    }
}
