//! Official information on the situation page: what holds, from which telegram, since when, and whether it is stale.

use hinan_dashboard::view::{OfficialBoard, OfficialItem};
use hinan_sensors::official::jma::level_series::GradeStep;
use hinan_sensors::official::lanes::{Ahead, RiverHolding, Source};
use hinan_sensors::official::{Class, Grade, View};
use jiff::Timestamp;

use crate::clock::spoken;

/// Lines on the page; the rest is counted, and all of it is in the API.
const ITEMS_MAX: usize = 40;
/// Telegrams of words, of which the newest are shown.
const NOTICES_MAX: usize = 6;

/// Spans of the look-ahead on the page.
const AHEAD_MAX: usize = 12;

/// The board of the municipality with this number (five digits). `drills` is how many drills of agencies arrived lately.
///
/// What concerns the town comes first: of the nation's lines a great storm has more than there is room for, and those of the town
/// must not be among the ones that are only counted.
pub(super) fn board(
    view: &View,
    municipality: Option<u32>,
    ahead: &[Ahead],
    drills: u64,
) -> OfficialBoard {
    let (own_rivers, mut other_rivers): (Vec<_>, Vec<_>) = view.rivers.iter().partition(|held| {
        let mut reached = held.report.reaches.iter();
        reached.any(|area| Some(area.municipality()) == municipality)
    });
    other_rivers.sort_by_key(|held| std::cmp::Reverse(held.report.grade));
    let mut items = Vec::new();
    for held in &view.holdings {
        let mut line = item(
            &held.name,
            &format!("{} {}", held.area_name, held.hazard.japanese()),
            &held.source,
            Some(held.since),
            held.stale,
        );
        if held.contested {
            line.note = Some("電文どうしが食い違うため、より重いものを示しています".to_owned());
        }
        items.push(line);
    }
    items.extend(own_rivers.into_iter().map(river));
    for held in &view.tsunami {
        items.push(item(
            &held.forecast.name,
            &held.forecast.area.name,
            &held.source,
            None,
            held.stale,
        ));
    }
    for held in &view.wider {
        items.push(item(
            &held.name,
            &held.area.name,
            &held.source,
            None,
            view.feed.stale,
        ));
    }
    items.extend(other_rivers.into_iter().map(river));
    for held in view.notices.iter().take(NOTICES_MAX) {
        let mut line = item(
            &held.source.title,
            &held.headline,
            &held.source,
            None,
            view.feed.stale,
        );
        if held.unknown_type {
            line.note =
                Some("この種類の電文は自動では判定できません。本文を確かめてください".to_owned());
        }
        items.push(line);
    }
    let left_out = items.len().saturating_sub(ITEMS_MAX);
    items.truncate(ITEMS_MAX);
    OfficialBoard {
        heard_at: view.feed.heard_at,
        stale: view.feed.stale,
        items,
        left_out,
        ahead: expected(ahead),
        drills,
    }
}

fn river(held: &RiverHolding) -> OfficialItem {
    item(
        &held.report.name,
        &held.report.forecast_area.name,
        &held.source,
        None,
        held.stale,
    )
}

/// 今後の見通し: spans from an advisory on, the earliest first. What the telegram leaves open is not shown as calm.
fn expected(ahead: &[Ahead]) -> Vec<OfficialItem> {
    let mut steps: Vec<(&GradeStep, &Ahead)> = ahead
        .iter()
        .flat_map(|ahead| ahead.grades.iter().map(move |step| (step, ahead)))
        .filter(|(step, _)| {
            step.grade
                .is_none_or(|grade| grade.class > Class::Information)
        })
        .collect();
    steps.sort_by_key(|(step, _)| (step.from, step.area, step.hazard));
    steps
        .into_iter()
        .take(AHEAD_MAX)
        .map(|(step, ahead)| OfficialItem {
            name: step.grade.map_or_else(|| "値なし".to_owned(), grade_word),
            place: format!(
                "{} {}〜{}",
                step.hazard.japanese(),
                spoken(step.from),
                spoken(step.until)
            ),
            since: None,
            source: format!("{} {}", ahead.source.office, ahead.source.telegram_type),
            issued_at: ahead.source.report_at,
            stale: ahead.stale,
            note: None,
        })
        .collect()
}

/// A level of the agency corresponds to one of the law; it is not one.
fn grade_word(grade: Grade) -> String {
    let class = match grade.class {
        Class::None => "発表なし",
        Class::Information => "情報",
        Class::Advisory => "注意報級",
        Class::Warning => "警報級",
        Class::Danger => "危険警報級",
        Class::Special => "特別警報級",
        Class::Unknown => "不明(本文を確かめてください)",
    };
    match grade.level {
        Some(level) => format!("警戒レベル{}相当({class})", level.number()),
        None => class.to_owned(),
    }
}

fn item(
    name: &str,
    place: &str,
    source: &Source,
    since: Option<Timestamp>,
    stale: bool,
) -> OfficialItem {
    OfficialItem {
        name: name.to_owned(),
        place: place.to_owned(),
        since,
        source: format!("{} {}", source.office, source.telegram_type),
        issued_at: source.report_at,
        stale,
        note: None,
    }
}
