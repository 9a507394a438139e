//! What the service proposed when, beside what the towns really did.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use jiff::Timestamp;

use super::night::{COULD_NOT_KNOW, Happened, orders_along};
use crate::clock::spoken;
use crate::recommend::level::OrderLevel;

/// When something was first proposed, by river and level.
pub type Firsts = BTreeMap<(String, OrderLevel), First>;

/// The first proposal of a river and level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct First {
    /// When.
    pub at: Timestamp,
    /// How many districts.
    pub districts: usize,
    /// People in the flood zone.
    pub people_in_zone: u32,
}

/// Notes a proposal if it is the first of its river and level.
pub fn note(firsts: &mut Firsts, at: Timestamp, proposal: &crate::recommend::proposal::Proposal) {
    let key = (proposal.key.river.clone(), proposal.key.level);
    let first = First {
        at,
        districts: proposal.districts.len(),
        people_in_zone: proposal.people_in_zone(),
    };
    let known = firsts.entry(key).or_insert_with(|| first.clone());
    if first.at < known.at {
        *known = first;
    }
}

/// The comparison as text for the console.
#[must_use]
pub fn written(firsts: &Firsts, night: &[Happened]) -> String {
    let mut out =
        String::from("\n=== ふりかえり: このサービスの推奨と、2016年に実際に行われたこと ===\n");
    if firsts.is_empty() {
        out.push_str("この期間に推奨はありませんでした。\n");
    }
    for ((river, level), first) in firsts {
        let _ = writeln!(
            out,
            "  {river} {level}: {} に推奨({}地区、浸水想定区域に約{}人)",
            spoken(first.at),
            first.districts,
            first.people_in_zone
        );
    }
    out.push_str("実際:\n");
    for row in night
        .iter()
        .filter(|row| matches!(row.kind.as_str(), "evacuation" | "levee"))
    {
        let _ = writeln!(out, "  {} {} {}", spoken(row.at), row.town, row.what);
    }
    for river in ["札内川", "十勝川"] {
        let Some(first) = firsts.get(&(river.to_owned(), OrderLevel::EvacuationOrder)) else {
            continue;
        };
        for real in orders_along(night, river) {
            let minutes = real.at.duration_since(first.at).as_secs() / 60;
            let (hours, rest) = (minutes.abs() / 60, minutes.abs() % 60);
            let word = if minutes >= 0 { "早い" } else { "遅い" };
            let _ = writeln!(
                out,
                "  → {river}: レベル4の推奨は{}の避難勧告より {hours}時間{rest}分 {word}",
                real.town
            );
        }
    }
    out.push_str("このサービスに分からなかったこと:\n");
    for line in COULD_NOT_KNOW {
        let _ = writeln!(out, "  - {line}");
    }
    out
}
