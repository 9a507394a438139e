//! What changed between two criteria, in words: for the audit, and for whoever approves the change.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::test::joined;
use super::{Condition, Criteria};

/// Every difference, old to new, in the order of ids. Empty only when both mean the same.
pub fn changes(old: &Criteria, new: &Criteria) -> Vec<String> {
    let mut found = Vec::new();
    if old.name != new.name {
        found.push(format!("名称: {} → {}", old.name, new.name));
    }
    if old.version != new.version {
        found.push(format!("版: {} → {}", old.version, new.version));
    }
    let stale = [
        ("公的情報", old.stale.official_min, new.stale.official_min),
        ("危険度分布", old.stale.risk_map_min, new.stale.risk_map_min),
        ("雨量", old.stale.rain_min, new.stale.rain_min),
        ("予測", old.stale.forecast_min, new.stale.forecast_min),
    ];
    for (name, before, after) in stale {
        if before != after {
            found.push(format!("{name}を不明とするまで: {before}分 → {after}分"));
        }
    }
    let (before, after) = (by_id(old), by_id(new));
    let mut ids: Vec<&str> = before.keys().chain(after.keys()).copied().collect();
    ids.sort_unstable();
    ids.dedup();
    for id in ids {
        match (before.get(id), after.get(id)) {
            (Some(before), Some(after)) if before != after => {
                found.extend(differences(before, after));
            }
            (Some(before), None) => found.push(format!("[{id}] 削除: {}", line(before))),
            (None, Some(after)) => found.push(format!("[{id}] 追加: {}", line(after))),
            _ => {}
        }
    }
    let (before, after) = (&old.postures, &new.postures);
    for posture in before.iter().filter(|posture| !after.contains(posture)) {
        found.push(format!(
            "[{}] 体制 変更前: {} = {}",
            posture.id,
            posture.words,
            joined(&posture.all, "、かつ")
        ));
    }
    for posture in after.iter().filter(|posture| !before.contains(posture)) {
        found.push(format!(
            "[{}] 体制 変更後: {} = {}",
            posture.id,
            posture.words,
            joined(&posture.all, "、かつ")
        ));
    }
    found
}

fn by_id(criteria: &Criteria) -> BTreeMap<&str, &Arc<Condition>> {
    criteria
        .conditions
        .iter()
        .map(|condition| (condition.id.as_str(), condition))
        .collect()
}

fn line(condition: &Condition) -> String {
    format!(
        "{} 警戒レベル{}: {}",
        condition.kind.japanese(),
        condition.level.number(),
        joined(&condition.all, "、かつ")
    )
}

fn differences(before: &Condition, after: &Condition) -> Vec<String> {
    let id = &before.id;
    let mut found = Vec::new();
    if (before.kind, before.level) != (after.kind, after.level) || before.all != after.all {
        found.push(format!("[{id}] {} → {}", line(before), line(after)));
    }
    if before.words != after.words {
        found.push(format!("[{id}] 文言: {} → {}", before.words, after.words));
    }
    if before.words_en != after.words_en {
        found.push(format!(
            "[{id}] 英語の文言: {} → {}",
            before.words_en, after.words_en
        ));
    }
    found
}
