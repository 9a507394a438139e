//! A criteria file in plain Japanese.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::test::joined;
use super::{Condition, Criteria, Input, Test};
use crate::level::OrderLevel;

pub(super) fn explained(criteria: &Criteria, unheard: &BTreeSet<Input>) -> String {
    let mut text = String::new();
    // Writing to a String never fails.
    let _ = writeln!(
        text,
        "判断基準 criteria: {}({})\n要約値 digest: {}",
        criteria.name,
        criteria.version,
        criteria.digest()
    );
    let _ = writeln!(
        text,
        "公的情報は{}分、危険度分布は{}分、雨量は{}分、予測は{}分より古ければ「不明」とし、「該当しない」とはみなしません。",
        criteria.stale.official_min,
        criteria.stale.risk_map_min,
        criteria.stale.rain_min,
        criteria.stale.forecast_min
    );
    for (kind, conditions) in criteria.by_kind() {
        let _ = writeln!(text, "\n【{}】", kind.japanese());
        for level in OrderLevel::ALL {
            let of_level: Vec<&&Condition> = conditions
                .iter()
                .filter(|condition| condition.level == level)
                .collect();
            if of_level.is_empty() {
                let _ = writeln!(
                    text,
                    "  警戒レベル{} {}: 基準なし(この基準からは推奨しません)",
                    level.number(),
                    level.name()
                );
                continue;
            }
            let _ = writeln!(
                text,
                "  警戒レベル{} {}: 次のいずれか一つでも満たすとき",
                level.number(),
                level.name()
            );
            for condition in of_level {
                let _ = writeln!(
                    text,
                    "    [{}] {} = {}{}",
                    condition.id,
                    condition.words,
                    joined(&condition.all, "、かつ"),
                    never(&condition.all, unheard)
                );
            }
        }
    }
    if !criteria.postures.is_empty() {
        let _ = writeln!(text, "\n【体制と避難所の開設】(避難情報は出しません)");
    }
    for posture in &criteria.postures {
        let opens = if posture.opens_shelters {
            "(避難所を点検して開設)"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "    [{}] {}: {}{opens} = {}{}",
            posture.id,
            posture.kind.japanese(),
            posture.words,
            joined(&posture.all, "、かつ"),
            never(&posture.all, unheard)
        );
    }
    let asked = criteria.inputs();
    let (deaf, watched): (Vec<_>, Vec<_>) =
        asked.iter().partition(|(input, _)| unheard.contains(input));
    let names = |of: Vec<(&Input, &Vec<String>)>| {
        let names: Vec<&str> = of.iter().map(|(input, _)| input.japanese()).collect();
        names.join("、")
    };
    let _ = writeln!(text, "\n【この基準が見ている情報】{}", names(watched));
    if !deaf.is_empty() {
        let _ = writeln!(
            text,
            "【このシステムでは分からない情報】{}: この情報による条件は常に「不明」で、レベルを上げません",
            names(deaf)
        );
    }
    text
}

/// Said beside what can never hold.
fn never(tests: &[Test], unheard: &BTreeSet<Input>) -> &'static str {
    if tests.iter().all(|test| test.can_hold_without(unheard)) {
        ""
    } else {
        " ※このシステムでは分かりません"
    }
}
