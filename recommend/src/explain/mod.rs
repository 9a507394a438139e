//! 導出: one recommendation, written out so that a stranger can recompute it by hand.

use std::fmt::{self, Write as _};

mod workings;

use jiff::Timestamp;

use crate::action::words;
use crate::advise::{FacilityAdvice, UnitAdvice};
use crate::criteria::{Answer, Criteria, Finding, Test, TestResult};
use crate::deadline::{Arrival, Deadline, Deadlines, Waiting, Workings};
use crate::level::OrderLevel;
use crate::policy::Policy;
use crate::town::Town;

/// Japan is nine hours ahead of UTC, without daylight saving.
const JAPAN_H: i8 = 9;

/// The whole derivation of the advice for one unit: criteria with every figure, deadline with every term, what waiting costs, how
/// to be safe, what speaks against, what would change it.
pub fn explain(town: &Town, policy: &Policy, as_of: Timestamp, advice: &UnitAdvice) -> String {
    let mut text = String::new();
    // Writing to a String never fails.
    let _ = write(&mut text, town, policy, as_of, advice);
    text
}

/// The same with everything that was put in and the rules in words: enough to work every chance, time and deadline out again by
/// hand. Figures of levels and minutes have four places, times their seconds.
pub fn explain_from(
    town: &Town,
    policy: &Policy,
    as_of: Timestamp,
    advice: &UnitAdvice,
    workings: &Workings,
) -> String {
    let mut text = explain(town, policy, as_of, advice);
    let _ = workings::write_workings(&mut text, workings, advice.level);
    text
}

/// The derivation of one facility's deadline: the arrival, its own lead with every term, the margin, and whether it is to be told.
pub fn explain_facility(
    town: &Town,
    policy: &Policy,
    as_of: Timestamp,
    advice: &FacilityAdvice,
) -> String {
    let mut text = String::new();
    // Writing to a String never fails.
    let _ = write_facility(&mut text, town, policy, as_of, advice);
    text
}

fn write_facility(
    text: &mut String,
    town: &Town,
    policy: &Policy,
    as_of: Timestamp,
    advice: &FacilityAdvice,
) -> fmt::Result {
    let known = town
        .facilities()
        .iter()
        .find(|facility| facility.id == advice.facility);
    let name = known.map_or(advice.facility.as_str(), |facility| facility.name.as_str());
    writeln!(
        text,
        "施設 {name}({}人) {} {} — {}時点",
        advice.people,
        advice.hazard.japanese(),
        advice.river.as_deref().unwrap_or(""),
        at(as_of)
    )?;
    if let Some(facility) = known {
        let lead = facility.lead_min;
        writeln!(
            text,
            "  施設が避難にかかる時間 早いとき{:.0}分、ふつう{:.0}分、遅いとき{:.0}分",
            lead.quick_min, lead.middle_min, lead.slow_min
        )?;
    }
    match &advice.arrival {
        Some(arrival) => write_arrival(text, arrival)?,
        None if advice.known => writeln!(text, "  見通せる時間内に災害が及ぶ見込みは小さい")?,
        None => writeln!(text, "  災害が及ぶ時刻は分かりません(安全とはいえません)")?,
    }
    if let Some(deadline) = &advice.deadline {
        write_deadline(text, "施設", deadline)?;
    }
    writeln!(
        text,
        "  期限の{:.0}分前から「いま知らせる」とします: {}(根拠の最後 {})",
        policy.deadline.facility_margin_min,
        if advice.due {
            "いま知らせる"
        } else {
            "まだ"
        },
        at(advice.supported_at)
    )
}

fn write(
    text: &mut String,
    town: &Town,
    policy: &Policy,
    as_of: Timestamp,
    advice: &UnitAdvice,
) -> fmt::Result {
    let unit = town.unit(&advice.unit);
    writeln!(
        text,
        "■ 推奨 {} {} 警戒レベル{} {} / {} {}",
        unit.map_or(advice.unit.as_str(), |unit| unit.name.as_str()),
        advice
            .river
            .as_deref()
            .unwrap_or_else(|| advice.kind.japanese()),
        advice.level.number(),
        advice.level.name(),
        advice.hazard().english(),
        advice.level.name_en(),
    )?;
    writeln!(
        text,
        "  時点 as of {}、この段階になったのは {}",
        at_second(as_of),
        at(advice.since)
    )?;
    writeln!(
        text,
        "  危険のある人 people at risk: {}",
        advice.people_at_risk
    )?;
    write_criteria(text, &policy.criteria, advice)?;
    writeln!(
        text,
        "\n■ 条件 conditions: 一つでも「該当」なら、その段階を推奨する。不明は該当としない"
    )?;
    for finding in advice.findings.iter() {
        write_finding(text, finding)?;
    }
    write_deadlines(text, &advice.deadlines, advice.level)?;
    writeln!(
        text,
        "\n■ 避難のしかた action: {}",
        advice.action.mode.japanese()
    )?;
    writeln!(
        text,
        "  {}",
        words(advice.level, advice.hazard(), &advice.action)
    )?;
    writeln!(
        text,
        "  屋内にとどまれる人 {}人、立ち退く人 {}人",
        advice.action.may_stay, advice.action.must_leave
    )?;
    if let Some(of) = advice.action.conditions {
        writeln!(
            text,
            "  三条件: 家屋倒壊等氾濫想定区域の外 {}、浸水しない部屋 {}、孤立に耐える備え {}",
            of.no_collapse.japanese(),
            of.dry_room.japanese(),
            of.isolation.japanese()
        )?;
    }
    for why in &advice.action.why {
        writeln!(text, "  - {why}")?;
    }
    writeln!(text, "\n■ 反対の根拠 counter-evidence")?;
    if advice.counter.is_empty() {
        writeln!(text, "  見つかっていません(無いことの証明ではありません)")?;
    }
    for counter in &advice.counter {
        writeln!(text, "  - {}", counter.japanese())?;
    }
    for other in &advice.beneath {
        let decide_by = other.deadlines.of(other.level).map(|of| at(of.decide_by));
        writeln!(
            text,
            "\n■ ほかの川 another river that stands beneath: {} 警戒レベル{} {}、判断の期限 {}",
            other
                .river
                .as_deref()
                .unwrap_or_else(|| other.kind.japanese()),
            other.level.number(),
            other.level.name(),
            decide_by.as_deref().unwrap_or("なし"),
        )?;
    }
    writeln!(text, "\n■ 変わる条件 what would change it")?;
    for line in advice.would_raise() {
        writeln!(text, "  - {line}")?;
    }
    for line in advice.not_watched() {
        writeln!(text, "  - {line}")?;
    }
    writeln!(
        text,
        "  - 自動では下がりません。根拠の水位を{:.2} mを超えて下回り、または他の根拠が外れたまま、{:.0}時間を過ぎ、発令されていなければ終わります",
        policy.latch.hysteresis_m, policy.latch.expire_after_h
    )
}

/// The digest belongs to these conditions only where each of them stands so in the criteria.
fn write_criteria(text: &mut String, criteria: &Criteria, advice: &UnitAdvice) -> fmt::Result {
    let then = advice.findings.iter().map(|finding| &finding.condition);
    let (name, version) = (&criteria.name, &criteria.version);
    let digest = criteria.digest();
    if criteria.of(advice.kind).eq(then) {
        writeln!(text, "  基準 criteria: {name}({version}) sha256 {digest}")
    } else {
        writeln!(
            text,
            "  基準 criteria: 下の条件は推奨した時のもので、渡された基準 {name}({version}) sha256 {digest} とは違います / the conditions below are those of then and differ from these criteria"
        )
    }
}

fn write_finding(text: &mut String, finding: &Finding) -> fmt::Result {
    let condition = &finding.condition;
    writeln!(
        text,
        "  [{}] レベル{} {} … {}",
        condition.id,
        condition.level.number(),
        condition.words,
        finding.answer.japanese()
    )?;
    write_tests(text, &condition.all, &finding.tests, 6)
}

fn write_tests(
    text: &mut String,
    tests: &[Test],
    results: &[TestResult],
    indent: usize,
) -> fmt::Result {
    for (test, result) in tests.iter().zip(results) {
        let seen = &result.seen;
        write!(
            text,
            "{:indent$}{} = {}",
            "",
            test.japanese(),
            result.answer.japanese()
        )?;
        if let Test::AnyOf { tests } | Test::AllOf { tests } = test {
            writeln!(text)?;
            write_tests(text, tests, &result.inner, indent + 2)?;
            continue;
        }
        let mut parts = Vec::new();
        if !seen.source.is_empty() {
            parts.push(seen.source.clone());
        }
        if let Some(value) = seen.value {
            parts.push(format!("値 {value:.3}"));
        }
        if let Some(threshold) = seen.threshold {
            parts.push(format!("しきい値 {threshold:.3}"));
        }
        if let Some((mark, height_m)) = seen.mark {
            parts.push(format!("{} {height_m:.2} m", mark.japanese()));
        }
        if let Some((low, high)) = seen.between {
            parts.push(format!("{low:.0}〜{high:.0}としか分からない"));
        }
        if let Some((low, high)) = seen.range_m {
            parts.push(format!("90%の幅 {low:.2}〜{high:.2} m"));
        }
        if let Some(level_m) = seen.assumed_m {
            parts.push(format!("仮定した水位 {level_m:.2} m"));
        }
        if let Some(held) = seen.assumed {
            parts.push(format!(
                "最後の水位 {:.2} m({})、その時の上昇 {} m/h、{:.1}時間まで続くと仮定",
                held.last_m,
                at(held.at),
                held.rise_m_per_h
                    .map_or_else(|| "不明".to_owned(), |rise| format!("{rise:+.2}")),
                held.goes_on_for_h
            ));
        }
        if let Some(when) = seen.at {
            parts.push(at(when));
        }
        if let Some(made_at) = seen.made_at {
            parts.push(format!("予測の作成 {}", at(made_at)));
        }
        if let Some(why) = &seen.why {
            parts.push(format!("不明の理由: {why}"));
        }
        writeln!(text, "  ({})", parts.join("、"))?;
    }
    Ok(())
}

fn write_deadlines(text: &mut String, deadlines: &Deadlines, level: OrderLevel) -> fmt::Result {
    writeln!(
        text,
        "\n■ 判断の期限 deadline = 危険が来る早い側の時刻 − 必要な時間の遅い側"
    )?;
    match &deadlines.arrival {
        Some(arrival) => write_arrival(text, arrival)?,
        None => writeln!(
            text,
            "  到達の見込みの時刻はありません({})",
            if deadlines.chance.is_some() {
                "見通せる時間内に来る見込みが小さい"
            } else {
                "情報がなく、分かりません"
            }
        )?,
    }
    if let Some(chance) = deadlines.chance {
        writeln!(text, "  見通せる時間内に来る確率 {:.2}%", chance * 100.0)?;
    }
    for (name, of) in [
        ("警戒レベル4", &deadlines.everybody),
        ("警戒レベル3", &deadlines.elderly),
    ] {
        if let Some(deadline) = of {
            write_deadline(text, name, deadline)?;
        }
    }
    if level < OrderLevel::EmergencySafety && !deadlines.waiting_of(level).is_empty() {
        writeln!(text, "  待った場合 if you wait")?;
        for waiting in deadlines.waiting_of(level) {
            write_waiting(text, waiting)?;
        }
    }
    Ok(())
}

fn write_arrival(text: &mut String, arrival: &Arrival) -> fmt::Result {
    writeln!(
        text,
        "  到達: 早い側({:.0}%) {}、中央 {}、{} {}",
        arrival.early_chance * 100.0,
        at_second(arrival.early),
        arrival
            .middle
            .map_or_else(|| "見通せる時間の先".to_owned(), at_second),
        arrival.source,
        arrival.tier.japanese()
    )?;
    if let Some((mark, level_m)) = arrival.mark {
        write!(
            text,
            "    {} {level_m:.4} mに達した時を到達とし、",
            mark.japanese()
        )?;
        writeln!(
            text,
            "いま {} m、上昇 {} m/h、ここまで{:.0}分",
            arrival
                .now_m
                .map_or_else(|| "不明".to_owned(), |now_m| format!("{now_m:.4}")),
            arrival
                .rise_m_per_h
                .map_or_else(|| "不明".to_owned(), |rise| format!("{rise:+.2}")),
            arrival.lag_min
        )?;
    }
    for (hours, early_m, middle_m) in &arrival.path {
        writeln!(
            text,
            "    {hours:.1}時間後 早い側 {early_m:.4} m、中央 {middle_m:.4} m(間は直線)"
        )?;
    }
    Ok(())
}

fn write_deadline(text: &mut String, name: &str, deadline: &Deadline) -> fmt::Result {
    let terms: Vec<String> = deadline
        .terms
        .iter()
        .map(|term| {
            format!(
                "{} {:.2}分({}、遅い側90%)",
                term.name.japanese(),
                term.slow_min,
                term.note
            )
        })
        .collect();
    writeln!(
        text,
        "  {name}の期限 {} = {}({}) − {:.2}分 [{}]{}{}",
        at_second(deadline.decide_by),
        at_second(deadline.safe_by),
        deadline.limit.japanese(),
        deadline.needs_min,
        terms.join(" + "),
        if deadline.unforeseen {
            "、危険の到達の時刻は見通せない(arrival not foreseen)"
        } else {
            ""
        },
        if deadline.in_the_dark {
            "、期限まで待つと夜間の移動になる"
        } else {
            ""
        }
    )
}

fn write_waiting(text: &mut String, waiting: &Waiting) -> fmt::Result {
    let chance = waiting.chance_too_late.map_or_else(
        || "間に合わない確率は見通せない".to_owned(),
        |chance| format!("間に合わない確率 {:.2}%", chance * 100.0),
    );
    let people = waiting
        .people_too_late
        .map_or_else(String::new, |people| format!("(期待値 {people:.0}人)"));
    let late = if waiting.late_by_min > 0.0 {
        format!("期限を{:.1}分過ぎる", waiting.late_by_min)
    } else {
        format!("期限まで{:.1}分", -waiting.late_by_min)
    };
    writeln!(
        text,
        "    {}分後 {}: {late}、{chance}{people}{}{}",
        waiting.wait_min,
        at(waiting.at),
        if waiting.in_the_dark {
            "、夜間の移動"
        } else {
            ""
        },
        if waiting.in_the_storm {
            "、暴風の中の移動"
        } else {
            ""
        }
    )
}

/// In Japan time, to the minute.
fn at(moment: Timestamp) -> String {
    let local = jiff::tz::offset(JAPAN_H).to_datetime(moment);
    local.strftime("%Y-%m-%d %H:%M").to_string()
}

/// The same to the second.
fn at_second(moment: Timestamp) -> String {
    let local = jiff::tz::offset(JAPAN_H).to_datetime(moment);
    local.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Whether anything in a finding is unknown; for pages that mark it.
pub fn has_unknown(finding: &Finding) -> bool {
    finding
        .leaves()
        .any(|(_, result)| result.answer == Answer::Unknown)
}
