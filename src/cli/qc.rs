//! `hinan qc`

mod table;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use hinan_sensors::quality::{
    Check, Flag, QualitySettings, judge_series, judge_series_as_reference,
};
use jiff::Timestamp;

use self::table::{Columns, Row};
use super::print::say;
use crate::config::Config;

/// Largest series, bytes.
const BYTES_MAX: u64 = 256 << 20;
/// What `--fail-on` leaves with: neither a series that could not be read (1) nor a wrong command line (2).
const FLAGGED: u8 = 3;

/// Tries quality checks on a series: prints each reading with the flag of every check and the joined one.
///
/// The checks and limits are those of [sensors.quality] in the configuration, so what is printed here is what the service
/// would say. Flags: 1 good, 2 not checked, 3 suspect (shown and used), 4 bad (kept, not used), 9 missing.
///
/// The series is CSV with a heading: a time (RFC 3339, such as 2016-08-30T18:00:00+09:00) and a value in metres; an empty
/// value, NaN, NA or null is missing. The flags go to standard output, a summary to standard error.
/// Leaves with 0, with 1 when the series or the configuration cannot be used, with 3 when --fail-on finds something.
///
/// 水位の時系列に品質検査をかけ、検査ごとの判定と総合判定を表示します。設定を決める前に試すためのものです。
#[derive(Args)]
pub(super) struct Qc {
    /// The series, or - for standard input
    #[arg(value_name = "SERIES.csv")]
    series: PathBuf,
    /// The configuration whose [sensors.quality] is tried (the defaults without it)
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// The gauge whose own [sensors.station.ID] goes before it
    #[arg(long, value_name = "ID")]
    station: Option<String>,
    /// Name of the column with the time
    #[arg(long, value_name = "NAME", default_value = "time")]
    time: String,
    /// Name of the column with the value, metres
    #[arg(long, value_name = "NAME", default_value = "value")]
    value: String,
    /// Judge exactly as the QARTOD reference implementation does, instead of as our decisions do
    #[arg(long)]
    reference: bool,
    /// Print a JSON object per line instead of CSV
    #[arg(long)]
    json: bool,
    /// Leave with status 3 when a reading has this joined flag or a worse one
    #[arg(long, value_name = "FLAG")]
    fail_on: Option<FailOn>,
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    Suspect,
    Bad,
}

impl Qc {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let settings = self.settings()?;
        let name = self.series.display().to_string();
        let text = self.text().with_context(|| name.clone())?;
        let columns = Columns {
            time: &self.time,
            value: &self.value,
        };
        let rows = table::read(text.as_bytes(), &columns).with_context(|| name.clone())?;
        let flagged = if self.reference {
            as_reference(&settings, &rows).with_context(|| name.clone())?
        } else {
            as_decisions(&settings, &rows)
        };
        let printed = if self.json {
            flagged.json(&rows)
        } else {
            flagged.csv(&rows)
        };
        say(printed.trim_end_matches('\n'));
        complain_of(&flagged.summary(&rows, &settings, self.reference));
        let worst_allowed = match self.fail_on {
            None => return Ok(ExitCode::SUCCESS),
            Some(FailOn::Suspect) => Flag::NotChecked,
            Some(FailOn::Bad) => Flag::Suspect,
        };
        let found = flagged.joined.iter().any(|&flag| flag > worst_allowed);
        Ok(if found {
            ExitCode::from(FLAGGED)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn settings(&self) -> anyhow::Result<QualitySettings> {
        let config = match &self.config {
            Some(path) => Config::load(path)?,
            None => Config::defaults(),
        };
        let common = config.sensors.quality;
        let Some(id) = &self.station else {
            return Ok(common);
        };
        let Some(own) = config.sensors.station.get(id) else {
            let known: Vec<&str> = config.sensors.station.keys().map(String::as_str).collect();
            bail!(
                "--station が {id} ですが、設定の [sensors.station] にあるのは次のものです: {known} / \
                 --station is {id}; the configuration has {known}",
                known = if known.is_empty() {
                    "なし none".to_owned()
                } else {
                    known.join(", ")
                }
            );
        };
        Ok(own.clone().over(&common))
    }

    fn text(&self) -> anyhow::Result<String> {
        let mut text = String::new();
        let read = if self.series.as_os_str() == "-" {
            std::io::stdin()
                .lock()
                .take(BYTES_MAX + 1)
                .read_to_string(&mut text)
        } else {
            std::fs::File::open(&self.series)?
                .take(BYTES_MAX + 1)
                .read_to_string(&mut text)
        };
        if read? as u64 > BYTES_MAX {
            bail!("{BYTES_MAX}バイトを超えています / longer than {BYTES_MAX} bytes");
        }
        Ok(text)
    }
}

/// Every reading's flags.
struct Flagged {
    checks: Vec<(String, Vec<Option<Flag>>)>,
    joined: Vec<Flag>,
}

fn as_decisions(settings: &QualitySettings, rows: &[Row]) -> Flagged {
    let verdicts = judge_series(settings, rows.iter().map(|row| (row.at, row.level_m)));
    let checks = Check::ALL
        .into_iter()
        .map(|check| {
            let flags = verdicts
                .iter()
                .map(|verdict| verdict.checks.get(&check).copied());
            (check.code().to_owned(), flags.collect::<Vec<_>>())
        })
        .filter(|(_, flags)| flags.iter().any(Option::is_some))
        .collect();
    Flagged {
        checks,
        joined: verdicts.iter().map(|verdict| verdict.flag).collect(),
    }
}

fn as_reference(settings: &QualitySettings, rows: &[Row]) -> anyhow::Result<Flagged> {
    let series: Vec<(Timestamp, f64)> = rows.iter().map(|row| (row.at, row.level_m)).collect();
    let found = judge_series_as_reference(settings, &series)?;
    let checks = found
        .tests
        .into_iter()
        .map(|(name, flags)| (name.to_owned(), flags.into_iter().map(Some).collect()))
        .collect();
    Ok(Flagged {
        checks,
        joined: found.joined,
    })
}

impl Flagged {
    fn csv(&self, rows: &[Row]) -> String {
        let mut out = String::from("time,value,flag");
        for (name, _) in &self.checks {
            out.push(',');
            out.push_str(name);
        }
        out.push('\n');
        for (n, row) in rows.iter().enumerate() {
            let _ = write!(
                out,
                "{},{},{}",
                row.time,
                row.value,
                self.joined[n].qartod()
            );
            for (_, flags) in &self.checks {
                out.push(',');
                if let Some(flag) = flags[n] {
                    let _ = write!(out, "{}", flag.qartod());
                }
            }
            out.push('\n');
        }
        out
    }

    fn json(&self, rows: &[Row]) -> String {
        let mut out = String::new();
        for (n, row) in rows.iter().enumerate() {
            let checks: serde_json::Map<String, serde_json::Value> = self
                .checks
                .iter()
                .filter_map(|(name, flags)| Some((name.clone(), flags[n]?.qartod().into())))
                .collect();
            let line = serde_json::json!({
                "time": row.at,
                "value": row.level_m.is_finite().then_some(row.level_m),
                "flag": self.joined[n].qartod(),
                "checks": checks,
            });
            let _ = writeln!(out, "{line}");
        }
        out
    }

    fn summary(&self, rows: &[Row], settings: &QualitySettings, reference: bool) -> String {
        let mut out = format!(
            "{}件 readings{}: {}\n",
            rows.len(),
            match (rows.first(), rows.last()) {
                (Some(first), Some(last)) => format!(" {} – {}", first.time, last.time),
                _ => String::new(),
            },
            if reference {
                "QARTOD参照実装どおりの判定 as the QARTOD reference judges"
            } else {
                "判断に使う判定 as decisions judge"
            }
        );
        let _ = writeln!(
            out,
            "{:24} {:>9} {:>9} {:>9} {:>9} {:>9}",
            "", "1 good", "2 unmade", "3 suspect", "4 bad", "9 missing"
        );
        let joined: Vec<Option<Flag>> = self.joined.iter().copied().map(Some).collect();
        let checks = self
            .checks
            .iter()
            .map(|(name, flags)| (name.as_str(), flags));
        for (name, flags) in checks.chain([("総合 joined", &joined)]) {
            let count = |flag| flags.iter().filter(|found| **found == Some(flag)).count();
            let _ = writeln!(
                out,
                "{name:24} {:>9} {:>9} {:>9} {:>9} {:>9}",
                count(Flag::Good),
                count(Flag::NotChecked),
                count(Flag::Suspect),
                count(Flag::Bad),
                count(Flag::Missing)
            );
        }
        let back = rows
            .windows(2)
            .filter(|pair| pair[1].at <= pair[0].at)
            .count();
        if back > 0 {
            let _ = writeln!(
                out,
                "時刻が進んでいない行: {back} (前後の値との比較はしていません) / rows whose time does not go on: {back}"
            );
        }
        if settings.neighbours.is_some() {
            out.push_str(
                "上下流との比較は1地点の時系列ではできません / neighbours cannot be asked about one series\n",
            );
        }
        if self.checks.is_empty() {
            out.push_str(
                "検査が設定されていません。未検査は正常ではありません / no check is set up; not checked is not good\n",
            );
        }
        out
    }
}

/// The summary is for the person, the flags for the next program.
fn complain_of(summary: &str) {
    use std::io::Write as _;
    let _ = std::io::stderr().lock().write_all(summary.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows() -> Vec<Row> {
        let text = "time,value\n2016-08-30T09:00:00Z,1.0\n2016-08-30T18:10:00+09:00,9.0\n\
                    2016-08-30T09:20:00Z,\n2016-08-30T09:30:00Z,1.1\n";
        let columns = Columns {
            time: "time",
            value: "value",
        };
        table::read(text.as_bytes(), &columns).expect("a sound series")
    }

    fn settings() -> QualitySettings {
        toml::from_str("spike = { low_m = 0.5, high_m = 2.0 }\nrate = { suspect_m_per_h = 2.0 }")
            .expect("sound settings")
    }

    #[test]
    fn each_reading_is_printed_as_it_was_written_with_its_flags() {
        let flagged = as_decisions(&settings(), &rows());
        assert_eq!(
            flagged.csv(&rows()),
            "time,value,flag,range,spike,rate\n\
             2016-08-30T09:00:00Z,1.0,2,,2,2\n\
             2016-08-30T18:10:00+09:00,9.0,4,,4,3\n\
             2016-08-30T09:20:00Z,,9,9,2,2\n\
             2016-08-30T09:30:00Z,1.1,3,,3,3\n"
        );
    }

    #[test]
    fn as_json_a_missing_value_is_null() {
        let flagged = as_decisions(&settings(), &rows());
        let text = flagged.json(&rows());
        let lines: Vec<serde_json::Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object"))
            .collect();
        assert_eq!(lines[1]["time"], "2016-08-30T09:10:00Z");
        assert_eq!(lines[1]["checks"]["spike"], 4);
        assert_eq!(lines[2]["value"], serde_json::Value::Null);
        assert_eq!(lines[2]["flag"], 9);
    }

    #[test]
    fn as_the_reference_judges_the_columns_are_its_tests() {
        let flagged = as_reference(&settings(), &rows()).expect("times in their order");
        let first = flagged.csv(&rows());
        assert!(first.starts_with(
            "time,value,flag,spike_test,spike_test_differential,rate_of_change_test\n"
        ));
        assert_eq!(
            first.lines().nth(2),
            Some("2016-08-30T18:10:00+09:00,9.0,3,2,2,3")
        );
    }

    #[test]
    fn the_summary_counts_and_says_when_nothing_was_checked() {
        let none = QualitySettings::default();
        let flagged = as_decisions(&none, &rows());
        let summary = flagged.summary(&rows(), &none, false);
        assert!(summary.starts_with("4件 readings"), "{summary}");
        let flagged = as_reference(&none, &rows()).expect("times in their order");
        assert!(
            flagged
                .summary(&rows(), &none, true)
                .contains("not checked is not good")
        );
    }
}
