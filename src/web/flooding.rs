//! The table of the situation page that says how likely rivers reach the stages of districts (浸水の見込み).

use std::collections::BTreeSet;

use hinan_dashboard::view::{Chance, FloodingRow, FloodingTable, Quality, Span};

use super::{gauges, lines};
use crate::app::{App, Picture};
use crate::outlook::{Flooding, Reached, flooding};

/// A chance below this share is not worth a line.
const WORTH_A_LINE: f64 = 0.01;
/// The same for people.
const WORTH_A_LINE_PERCENT: u64 = 1;
/// Lines of one page; the others are counted.
const ROWS_MAX: usize = 60;

/// The table.
pub(super) fn table(app: &App, picture: &Picture) -> FloodingTable {
    let town = app.town();
    let outlook = &picture.advice.outlook;
    let all = flooding(&app.reference.concern, town, outlook);
    let name = |one: &Flooding<'_>| town.districts[one.district].name.clone();
    let is_there = |one: &Flooding<'_>| matches!(one.reached, Reached::Measured | Reached::Assumed);
    let (known, silent): (Vec<Flooding<'_>>, Vec<Flooding<'_>>) = all
        .into_iter()
        .partition(|one| is_there(one) || one.highest().is_some());
    let asked = known.len();
    let mut shown: Vec<Flooding<'_>> = known
        .into_iter()
        .filter(|one| is_there(one) || one.highest().is_some_and(|chance| chance >= WORTH_A_LINE))
        .collect();
    let weight = |one: &Flooding<'_>| {
        let chance = one.highest().unwrap_or(0.0);
        if is_there(one) { 1.0 + chance } else { chance }
    };
    // The order of the town stays among equals.
    shown.sort_by(|a, b| weight(b).total_cmp(&weight(a)));
    let words: BTreeSet<&String> = shown
        .iter()
        .flat_map(|one| one.card.words.iter().map(|words| &words.ja))
        .collect();
    let unknown: BTreeSet<String> = silent.iter().map(name).collect();
    FloodingTable {
        more: shown.len().saturating_sub(ROWS_MAX) as u64,
        left_out: (asked - shown.len()) as u64,
        left_out_below_percent: WORTH_A_LINE_PERCENT,
        unknown: unknown.into_iter().collect(),
        words: words.into_iter().cloned().collect(),
        rows: shown
            .iter()
            .take(ROWS_MAX)
            .map(|one| row(one, name(one)))
            .collect(),
    }
}

fn row(one: &Flooding<'_>, district: String) -> FloodingRow {
    let gauge = one.gauge;
    let outside = gauge
        .forecast
        .leads
        .iter()
        .any(|lead| lead.outside_training);
    FloodingRow {
        district,
        river: one.river.to_owned(),
        gauge: gauge.name.clone(),
        level_m: one.level_m,
        reached: match one.reached {
            Reached::Measured => Some("達しています".to_owned()),
            Reached::Assumed => Some("達していると仮定しています".to_owned()),
            Reached::No | Reached::Unknown => None,
        },
        chances: one
            .chances
            .iter()
            .map(|chance| Chance {
                ahead_h: chance.within_h,
                percent: chance.chance * 100.0,
                low_percent: chance.low * 100.0,
                high_percent: chance.high * 100.0,
            })
            .collect(),
        when: one.crossing.map(|(from, to)| Span { from, to }),
        tier: lines::tier(gauge),
        level_at: gauge.forecast.level_now_at,
        quality: gauge.observed.map_or(Quality::NotChecked, |observed| {
            gauges::quality(observed.flag)
        }),
        doubt: outside.then(|| "モデルが学んだ範囲の外".to_owned()),
    }
}
