//! `hinan forecast`

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use hinan_models::{GaugeForecast, Question, Tier, without_model};
use jiff::Timestamp;

use super::print::say;
use super::rivers::{Rivers, credit, model_path, read_model};
use crate::clock::spoken;

/// 予測: 学習したモデルで、フォルダにある最新の（または指定した時刻の）水位から先を予測します。
///
/// 1、2、3、6時間先の水位を、90%区間、基準水位に達する確率とともに表示します。モデルのない水位計、欠測の多い水位計は、
/// その旨を示し、現在水位や上昇の継続を表示します。
///
/// Forecasts from the newest readings of a folder, or from those at or before --at: level 1, 2, 3 and 6 hours ahead with its
/// 90 % interval, and the probability of every reference level. It says what each forecast could be built on.
#[derive(Args)]
pub(super) struct Forecast {
    #[command(flatten)]
    rivers: Rivers,
    /// Folder with models made by `hinan train`
    #[arg(long, value_name = "DIR")]
    model: PathBuf,
    /// Moment to forecast from, RFC 3339 such as 2016-08-30T18:00:00+09:00; the newest reading without it
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Print JSON, one object per gauge
    #[arg(long)]
    json: bool,
}

impl Forecast {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let basin = self.rivers.open()?;
        let history = &basin.history;
        let at = self.at.unwrap_or_else(|| history.end());
        anyhow::ensure!(
            history.row_at_or_before(at).is_some(),
            "--at is {at}; the readings begin {}",
            history.start()
        );
        for question in &basin.questions {
            let model = read_model(&model_path(&self.model, &question.case.target))?;
            let (forecast, digest) = match &model {
                Some((file, digest)) => (file.model.predict(history, at), Some(digest.as_str())),
                None => (without_model(history, &question.case, at), None),
            };
            if self.json {
                let line = serde_json::json!({
                    "forecast": forecast, "name": question.name, "unit": question.unit,
                    "model_sha256": digest, "threshold": question.threshold,
                });
                say(&serde_json::to_string(&line).context("forecast")?);
            } else {
                say(&words(question, &forecast, digest));
            }
        }
        if !self.json {
            credit(&basin);
        }
        Ok(())
    }
}

fn words(question: &Question, forecast: &GaugeForecast, digest: Option<&str>) -> String {
    let unit = question.unit.symbol();
    let mut lines = vec![format!(
        "{} ({}) {}",
        question.name,
        question.case.target,
        spoken(forecast.as_of)
    )];
    lines.push(match digest {
        Some(digest) => format!("  {} (model {})", tier(forecast.tier), &digest[..12]),
        None => format!("  モデルなし no model: {}", tier(forecast.tier)),
    });
    if !forecast.upstream_missing.is_empty() {
        let missing = forecast.upstream_missing.join(", ");
        lines.push(format!("  欠測の上流 silent upstream: {missing}"));
    }
    if let (Some(level), Some(read_at)) = (forecast.level_now_m, forecast.level_now_at) {
        lines.push(format!(
            "  現在 now {level:.2} {unit}（{} の観測）",
            spoken(read_at)
        ));
    }
    let mut levels: Vec<(&str, f64)> = question
        .case
        .marks
        .iter()
        .map(|mark| (mark.name.as_str(), mark.level_m))
        .collect();
    if let Some(threshold) = question.threshold {
        levels.push(("threshold", threshold));
    }
    for lead in &forecast.leads {
        let reached: Vec<String> = levels
            .iter()
            .map(|(name, level)| {
                let p = 100.0 * forecast.probability_within(lead.lead_h, *level);
                format!("{name} {level:.2}: {p:.0} %")
            })
            .collect();
        lines.push(format!(
            "  {} h  {:7.2} {unit}  90 %: {:.2}–{:.2}{}  {}",
            lead.lead_h,
            lead.median_m,
            lead.quantile_m(0.05),
            lead.quantile_m(0.95),
            if lead.outside_training {
                "  学習範囲外 outside training"
            } else {
                ""
            },
            reached.join("  ")
        ));
    }
    for (name, level) in levels {
        if let Some((early, late)) = forecast.crossing_time_range(level) {
            let late = late.map_or(
                "6時間以内には見込まない not expected in 6 h".to_owned(),
                spoken,
            );
            lines.push(format!(
                "  {name} {level:.2} {unit}: 早ければ at the earliest {}、中央値 as likely as not {late}",
                spoken(early)
            ));
        }
    }
    lines.join("\n")
}

/// What a forecast was built on, in words.
fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Full => "全入力によるモデル full model",
        Tier::UpstreamPartly => "一部の上流が欠測 some upstream gauges silent",
        Tier::OwnOnly => "自らの水位のみ own readings only",
        Tier::RateOfRise => "上昇速度の継続 rate of rise",
        Tier::Persistence => "現在水位の継続 persistence",
        Tier::NoInformation => "情報なし。巡視で確認を no information: use patrol",
    }
}
