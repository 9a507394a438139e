//! Conditions and doubts in the officers' words.

use crate::clock::spoken;
use crate::desk::judge::REASON_JUDGEMENT;
use crate::outlook::{Assumed, GaugeOutlook};
use crate::recommend::counter::Counter;
use crate::recommend::judgement::Judgement;
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::Proposal;
use hinan_dashboard::view::{AlertLevel, Chance, Evidence};
use hinan_models::Tier;
use hinan_recommend::{Finding, Held, Test, TestResult};
use jiff::Timestamp;

/// The name of a 基準水位.
pub(super) fn mark(name: &str) -> &'static str {
    match name {
        "standby" => "水防団待機水位",
        "caution" => "氾濫注意水位",
        "evacuation_judgement" => "避難判断水位",
        "danger" => "氾濫危険水位",
        "design_high_water" => "計画高水位",
        "overflow_start" => "氾濫開始相当水位",
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
pub(super) fn evidence(finding: &Finding, as_of: Timestamp) -> Evidence {
    let assumed = finding.leaves().find_map(|(test, result)| {
        Some((test, result, result.seen.assumed?, result.seen.assumed_m?))
    });
    if let Some((test, result, held, level_m)) = assumed {
        let held = as_assumed(held, level_m);
        return Evidence {
            text: by_assumption(test, result, &held),
            en: None,
            source: "仮定(水位計は途絶)".to_owned(),
            at: held.at,
        };
    }
    Evidence {
        text: finding.sentences().join("。"),
        en: None,
        source: source(finding).to_owned(),
        at: finding.newest_at().unwrap_or(as_of),
    }
}

/// Where a condition's answer comes from; a forecast before what was observed, because it is the weaker word.
fn source(finding: &Finding) -> &'static str {
    let mut source = "観測";
    for (test, _) in finding.leaves() {
        source = match test {
            Test::Forecast { .. } => return "予測モデル(参考)",
            Test::Deadline { .. } => return "計算",
            Test::Report { .. } => "報告",
            Test::GaugeAt { .. }
            | Test::LevelAt { .. }
            | Test::Rising
            | Test::Rise { .. }
            | Test::Rain { .. } => source,
            _ => "公的情報",
        };
    }
    source
}

/// What the core holds of a gauge, as the pages know it.
fn as_assumed(held: Held, level_m: f64) -> Assumed {
    Assumed {
        level_m,
        last_m: held.last_m,
        at: held.at,
        rise_m_per_h: held.rise_m_per_h,
    }
}

/// A condition that holds because a silent gauge is assumed to have gone on as it was last heard: reading, time, assumption.
fn by_assumption(test: &Test, result: &TestResult, assumed: &Assumed) -> String {
    let gauge = &result.seen.source;
    let last = last_heard(assumed);
    let level_m = assumed.level_m;
    let named = result.seen.mark.map_or_else(
        || "基準".to_owned(),
        |(mark, mark_m)| format!("{} {mark_m:.2} m", mark.japanese()),
    );
    match test {
        Test::Rise { .. } => format!(
            "{gauge}は{last}を最後に途絶えました。急な上昇が続いていると仮定します(いま {level_m:.2} m)"
        ),
        Test::Forecast { within_h, .. } => format!(
            "{gauge}は{last}を最後に途絶えました。上昇が続くと仮定すると{within_h}時間以内に{level_m:.2} mとなり、{named}に達します"
        ),
        _ => format!(
            "{gauge}は{last}を最後に途絶えました。上昇が続いたと仮定すると、いま{level_m:.2} mで、{named}に達しています"
        ),
    }
}

/// The last word of a gauge that is not heard any more: level, time, and how the water rose then.
fn last_heard(held: &Assumed) -> String {
    let at = spoken(held.at);
    let last_m = held.last_m;
    match held.rise_m_per_h {
        Some(rise) if rise >= 0.005 => {
            format!("{at}の{last_m:.2} m(当時1時間に{rise:.2} mの上昇)")
        }
        Some(rise) if rise <= -0.005 => {
            format!("{at}の{last_m:.2} m(当時1時間に{:.2} mの低下)", rise.abs())
        }
        Some(_) => format!("{at}の{last_m:.2} m(当時は横ばい)"),
        None => format!("{at}の{last_m:.2} m"),
    }
}

/// What is held of a gauge, and what is assumed.
fn held(held: &Assumed) -> String {
    let assumed = if held.is_worse() {
        format!(
            "上昇が3時間まで続いたと仮定し、いま{:.2} mとして判断しています",
            held.level_m
        )
    } else {
        "下がったとはみなさず、その水位のまま判断しています".to_owned()
    };
    format!("最後の水位は{}。{assumed}", last_heard(held))
}

/// An officer's own judgement, as the one line of evidence of what they ask for. It never passes for a recommendation.
pub(super) fn judgement(of: &Judgement) -> Evidence {
    Evidence {
        text: format!(
            "職員の判断(システムの推奨ではありません): {}({})",
            of.words, of.display
        ),
        en: Some(format!(
            "An officer's own judgement, no recommendation of the system: {} ({})",
            of.words, of.display
        )),
        source: "職員の判断".to_owned(),
        at: of.at,
    }
}

/// Lines that an officer may adopt as the reason of a decision: the value that is sent, and the words.
pub(super) fn adoptable(proposal: &Proposal) -> Vec<(String, String)> {
    match &proposal.judgement {
        Some(of) => vec![(REASON_JUDGEMENT.to_owned(), judgement(of).text)],
        None => {
            let lines = proposal.met.iter().enumerate();
            lines
                .map(|(index, met)| (index.to_string(), evidence(met, proposal.as_of).text))
                .collect()
        }
    }
}

/// A condition as one short line for lists.
pub(super) fn reason_line(proposal: &Proposal) -> String {
    if let Some(of) = &proposal.judgement {
        return judgement(of).text;
    }
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
        Counter::Quiet { gauge, for_min, held: Some(last) } => (
            format!("{gauge}の水位計から{}届いていません。{}。実際は分かりません", minutes(*for_min), held(last)),
            "観測と仮定",
        ),
        Counter::Quiet { gauge, for_min, held: None } => (
            format!("{gauge}の水位計から{}届いていません。最後の水位を保っています。その後は分かりません", minutes(*for_min)),
            "観測",
        ),
        Counter::Unbelieved { gauge, why, held: last } => (
            format!(
                "{gauge}の水位計は信じられません: {}。{}",
                why.ja(),
                last.as_ref().map_or_else(|| "実際は分かりません".to_owned(), |last| format!("{}。実際は分かりません", held(last)))
            ),
            "観測と仮定",
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
        Counter::GroundsGone { held_until } => (
            format!(
                "いまは根拠の条件を満たしていません(最後に満たしたのは{})。職員が判断するまで、この推奨は自動では下がりません",
                spoken(*held_until)
            ),
            "観測",
        ),
        Counter::NotExamined => (
            "この地区への危険が町のデータからなくなり、いまは調べられません。以前の推奨をそのまま示しています".to_owned(),
            "町のデータ",
        ),
        Counter::AgencyLower { agency: 0, advised } => (
            format!("この災害についての公的な警報は発表されていません(推奨はレベル{advised})"),
            "公的情報",
        ),
        Counter::AgencyLower { agency, advised } => (
            format!("公的な情報はレベル{agency}相当で、推奨のレベル{advised}より低い"),
            "公的情報",
        ),
        Counter::NotAdvised { districts } => (
            format!("システムは、次の地区に同じかそれより高いレベルを推奨していません: {}", districts.join("、")),
            "計算",
        ),
        Counter::AdvisedHigher { districts } => (
            format!("システムは、次の地区にこれより高いレベルを推奨しています: {}。その推奨から判断してください", districts.join("、")),
            "計算",
        ),
        Counter::NobodyThere { districts } => (
            format!("町のデータでは、次の地区にこの災害が及ぶ区域に住む人がいません: {}", districts.join("、")),
            "町のデータ",
        ),
        Counter::OverflowOnly => (
            "この予測は水位だけを見ています。堤防の決壊・漏水・内水氾濫は、水位が低くても起こり、ここには含まれません".to_owned(),
            "モデルの限界",
        ),
    };
    Evidence {
        text,
        en: None,
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

/// A figure of people or minutes without its fraction; nothing below zero.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "held between zero and the largest number there is"
)]
pub(super) fn whole(value: f64) -> u32 {
    value.round().clamp(0.0, f64::from(u32::MAX)) as u32
}

/// The same with its sign.
#[expect(
    clippy::cast_possible_truncation,
    reason = "held within the numbers there are"
)]
pub(super) fn signed(value: f64) -> i64 {
    value.round().clamp(-1e9, 1e9) as i64
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
    if let Some(reason) = out_of_use(gauge, lead_h) {
        return Some(reason);
    }
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

/// Why the model is out of use at a lead, and since when.
fn out_of_use(gauge: &GaugeOutlook, lead_h: u32) -> Option<String> {
    let leads = &gauge.watch.as_ref()?.leads;
    let lead = leads.iter().find(|lead| lead.lead_h == lead_h)?;
    match lead.standing {
        hinan_models::Standing::Out { since, reason } => Some(format!(
            "この地点・{lead_h}時間先: {}から {}",
            spoken(since),
            reason.japanese()
        )),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn assumed() -> Assumed {
        Assumed {
            level_m: 37.7,
            last_m: 36.5,
            at: "2016-08-30T18:00:00Z".parse().expect("a time"),
            rise_m_per_h: Some(0.4),
        }
    }

    #[test]
    fn what_rests_on_an_assumption_names_reading_time_and_assumption() {
        let result = TestResult {
            answer: hinan_recommend::Answer::Met,
            seen: hinan_recommend::Seen {
                source: "帯広".to_owned(),
                value: Some(36.5),
                threshold: Some(37.4),
                mark: Some((hinan_recommend::Mark::Danger, 37.4)),
                ..hinan_recommend::Seen::default()
            },
            inner: Vec::new(),
        };
        let test = Test::GaugeAt {
            marks: vec![hinan_recommend::Mark::Danger],
        };
        assert_eq!(
            by_assumption(&test, &result, &assumed()),
            "帯広は8月31日(水) 03:00の36.50 m(当時1時間に0.40 mの上昇)を最後に途絶えました。上昇が続いたと仮定すると、いま37.70 mで、\
             氾濫危険水位 37.40 mに達しています"
        );
    }

    #[test]
    fn a_silent_gauge_that_did_not_rise_is_not_said_to_have_fallen() {
        let still = Assumed {
            level_m: 36.5,
            rise_m_per_h: Some(-0.2),
            ..assumed()
        };
        let quiet = Counter::Quiet {
            gauge: "帯広".to_owned(),
            for_min: 200,
            held: Some(still),
        };
        let line = counter_evidence(&quiet, assumed().at).text;
        assert!(
            line.contains("36.50 m(当時1時間に0.20 mの低下)")
                && line.contains("下がったとはみなさず"),
            "{line}"
        );
    }
}
