//! Conditions and doubts in the officers' words.

use crate::outlook::GaugeOutlook;
use crate::recommend::counter::Counter;
use crate::recommend::criterion::{Criterion, Rule};
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::Proposal;
use hinan_dashboard::view::{AlertLevel, Chance, Evidence};
use hinan_models::Tier;
use jiff::Timestamp;

/// The name of a 基準水位.
pub(super) fn mark(name: &str) -> &'static str {
    match name {
        "standby" => "水防団待機水位",
        "caution" => "氾濫注意水位",
        "evacuation_judgement" => "避難判断水位",
        "danger" => "氾濫危険水位",
        "design_high_water" => "計画高水位",
        _ => "基準水位",
    }
}

/// The level a 基準水位 stands for; the design high water has none.
pub(super) fn mark_level(name: &str) -> Option<AlertLevel> {
    match name {
        "standby" => Some(AlertLevel::One),
        "caution" => Some(AlertLevel::Two),
        "evacuation_judgement" => Some(AlertLevel::Three),
        "danger" => Some(AlertLevel::Four),
        _ => None,
    }
}

/// The municipal level as the pages know it.
pub(super) fn level(level: OrderLevel) -> AlertLevel {
    match level {
        OrderLevel::ElderlyEvacuation => AlertLevel::Three,
        OrderLevel::EvacuationOrder => AlertLevel::Four,
        OrderLevel::EmergencySafety => AlertLevel::Five,
    }
}

/// Number and name of a municipal level in English.
pub(super) fn level_en(of: OrderLevel) -> String {
    let of = level(of);
    format!("Level {} {}", of.number(), of.word_en())
}

/// A chance in words, never certain: under 5 % and over 95 % are not told apart.
pub(super) fn chance(probability: f64) -> String {
    let percent = probability * 100.0;
    if percent < 5.0 {
        "5%未満".to_owned()
    } else if percent > 95.0 {
        "95%以上".to_owned()
    } else {
        format!("{percent:.0}%")
    }
}

/// A condition that holds, as a line of evidence.
pub(super) fn evidence(criterion: &Criterion, as_of: Timestamp) -> Evidence {
    let gauge = &criterion.gauge_name;
    let name = criterion.mark.as_deref().map_or("", mark);
    let mark_m = criterion.mark_m.unwrap_or(f64::NAN);
    let value = criterion.value.unwrap_or(f64::NAN);
    let (text, source) = match criterion.rule {
        Rule::JudgementLevelReached => (
            format!("{gauge}の水位 {value:.2} mが{name} {mark_m:.2} mに達し、上昇しています"),
            "観測",
        ),
        Rule::DangerReached | Rule::OverflowLevelReached => {
            let stands_for = if criterion.rule == Rule::OverflowLevelReached {
                "(氾濫開始相当水位の代わり)"
            } else {
                ""
            };
            (
                format!(
                    "{gauge}の水位 {value:.2} mが{name} {mark_m:.2} m{stands_for}に達しています"
                ),
                "観測",
            )
        }
        Rule::RapidRise => (
            format!(
                "{gauge}の水位が{name} {mark_m:.2} mを超え、1時間に{value:.2} m上昇しています(急激な水位上昇)"
            ),
            "観測",
        ),
        Rule::DangerExpected | Rule::OverflowExpected => {
            let range = criterion.range_m.map_or_else(String::new, |(low, high)| {
                format!(
                    "。{}時間後の水位の幅 {low:.2}〜{high:.2} m(90%)",
                    criterion.lead_h.unwrap_or(0)
                )
            });
            (
                format!(
                    "{gauge}が{}時間以内に{name} {mark_m:.2} mに達する確率 {}(基準 {:.0}%以上){range}",
                    criterion.lead_h.unwrap_or(0),
                    chance(value),
                    criterion.threshold.unwrap_or(f64::NAN) * 100.0,
                ),
                "予測モデル(参考)",
            )
        }
    };
    Evidence {
        text,
        source: source.to_owned(),
        at: criterion.observed_at.unwrap_or(as_of),
    }
}

/// A condition as one short line for lists.
pub(super) fn reason_line(proposal: &Proposal) -> String {
    proposal.met.first().map_or_else(String::new, |criterion| {
        evidence(criterion, proposal.as_of).text
    })
}

/// A doubt, as a line of counter-evidence.
pub(super) fn counter_evidence(counter: &Counter, as_of: Timestamp) -> Evidence {
    let (text, source) = match counter {
        Counter::StillBelow { gauge, mark: name, by_m } => {
            (format!("{gauge}の水位は{}までまだ{by_m:.2} mあります", mark(name)), "観測")
        }
        Counter::Falling { gauge, rise_m_per_h } => {
            (format!("{gauge}の水位は下がっています(1時間に{:.2} m)", rise_m_per_h.abs()), "観測")
        }
        Counter::MayNotHappen { gauge, mark: name, lead_h, chance_of_not } => (
            format!(
                "{gauge}が{lead_h}時間以内に{}に達しない見込みも{}あります。同じような予測100回のうち約{:.0}回は達しません",
                mark(name),
                chance(*chance_of_not),
                chance_of_not * 100.0
            ),
            "予測モデル(参考)",
        ),
        Counter::RateSaysNo { gauge, mark: name, lead_h, would_be_m } => (
            format!(
                "{gauge}がいまの速さで上がり続けても、{lead_h}時間後は{would_be_m:.2} mで{}に届きません(モデルと食い違い)",
                mark(name)
            ),
            "上昇率の延長",
        ),
        Counter::OutsideTraining { gauge } => (
            format!("{gauge}の水位は、モデルが学んだ範囲の外です。幅を広げていますが、予測の確かさは下がります"),
            "予測モデル",
        ),
        Counter::NoModel { gauge, tier } => (
            format!("{gauge}では学習したモデルを使っていません({})。確率は幅の広い目安です", tier_word(tier)),
            "予測モデル",
        ),
        Counter::Quiet { gauge, for_min } => (
            format!("{gauge}の水位計から{}届いていません。最後の水位を保っています。その後は分かりません", minutes(*for_min)),
            "観測",
        ),
        Counter::Doubted { gauge } => (
            format!("{gauge}の最新の水位は品質検査で「疑い」です。急な出水でもこう見えます。カメラや隣の水位計で確かめてください"),
            "品質検査",
        ),
        Counter::LevelsUnknown { gauge, marks } => (
            format!(
                "{gauge}には{}の値がわかりません(公表資料なし)。この水位による基準は判定できません",
                marks.iter().map(|name| mark(name)).collect::<Vec<_>>().join("・")
            ),
            "基準水位",
        ),
        Counter::OverflowOnly => (
            "この予測は水位だけを見ています。堤防の決壊・漏水・内水氾濫は、水位が低くても起こり、ここには含まれません".to_owned(),
            "モデルの限界",
        ),
    };
    Evidence {
        text,
        source: source.to_owned(),
        at: as_of,
    }
}

fn tier_word(tier: &str) -> &'static str {
    match tier {
        "RateOfRise" => "上昇率",
        "Persistence" => "いまの水位の継続",
        "NoInformation" => "情報なし",
        _ => "検証で上回らなかったため、いまの水位の継続",
    }
}

/// Minutes as `2時間10分`.
pub(super) fn minutes(minutes: i64) -> String {
    match (minutes / 60, minutes % 60) {
        (0, m) => format!("{m}分"),
        (h, 0) => format!("{h}時間"),
        (h, m) => format!("{h}時間{m}分"),
    }
}

/// How a forecast was made, as the pages know it.
pub(super) fn tier(gauge: &GaugeOutlook) -> hinan_dashboard::view::Tier {
    use hinan_dashboard::view::Tier as Shown;
    let model = gauge
        .forecast
        .leads
        .iter()
        .any(|lead| lead.method == hinan_models::Method::Model);
    match gauge.forecast.tier {
        Tier::NoInformation => Shown::MarksOnly,
        Tier::RateOfRise => Shown::RiseRate,
        _ if !model => Shown::Persistence,
        Tier::Full => Shown::Model,
        Tier::UpstreamPartly => Shown::UpstreamPartly,
        Tier::OwnOnly => Shown::OwnOnly,
        Tier::Persistence => Shown::Persistence,
    }
}

/// The record of the longest lead, in words with counts.
pub(super) fn record(gauge: &GaugeOutlook, lead_h: u32) -> Option<String> {
    let lead = gauge
        .forecast
        .leads
        .iter()
        .find(|lead| lead.lead_h == lead_h)?;
    let record = lead.record.as_ref()?;
    Some(format!(
        "この地点・{lead_h}時間先: 学習外の出水{}回のうち{}回で「いまの水位の継続」より良く、技能 {:.2}、誤差(RMSE) {:.2} m、90%幅の的中 {:.0}%",
        record.floods,
        record.floods_better,
        record.skill,
        record.rmse_m,
        record.coverage90 * 100.0
    ))
}

/// Chances of reaching a level at each lead, with how far they would move if the fan were off by a band.
pub(super) fn chances(gauge: &GaugeOutlook, level_m: f64) -> Vec<Chance> {
    gauge
        .forecast
        .leads
        .iter()
        .map(|lead| {
            let (low, high) = chance_range(gauge, lead.lead_h, level_m);
            Chance {
                ahead_h: lead.lead_h,
                percent: gauge.forecast.probability_within(lead.lead_h, level_m) * 100.0,
                low_percent: low,
                high_percent: high,
            }
        })
        .collect()
}

/// The range of a chance: what it would be if half the typical error of this forecast, as measured on floods left out,
/// shifted the level up or down. Percent.
pub(super) fn chance_range(gauge: &GaugeOutlook, lead_h: u32, level_m: f64) -> (f64, f64) {
    let Some(lead) = gauge
        .forecast
        .leads
        .iter()
        .find(|lead| lead.lead_h == lead_h)
    else {
        return (0.0, 100.0);
    };
    let shift = lead.record.as_ref().map_or_else(
        || (lead.quantile_m(0.75) - lead.quantile_m(0.25)) / 2.0,
        |record| record.rmse_m / 2.0,
    );
    let at = |level: f64| gauge.forecast.probability_within(lead_h, level) * 100.0;
    (at(level_m + shift), at(level_m - shift))
}
