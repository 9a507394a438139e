//! Official information on the situation page: what holds, from which telegram, since when, and whether it is stale.

use hinan_dashboard::view::{OfficialBoard, OfficialItem};
use hinan_sensors::official::View;
use hinan_sensors::official::lanes::Source;
use jiff::Timestamp;

/// Lines on the page; the rest is counted, and all of it is in the API.
const ITEMS_MAX: usize = 40;
/// Telegrams of words, of which the newest are shown.
const NOTICES_MAX: usize = 6;

/// The board. `drills` is how many drills of agencies arrived lately.
pub(super) fn board(view: &View, drills: u64) -> OfficialBoard {
    let mut items = Vec::new();
    for held in &view.tsunami {
        items.push(item(
            &held.forecast.name,
            &held.forecast.area.name,
            &held.source,
            None,
            held.stale,
        ));
    }
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
    for held in &view.wider {
        items.push(item(
            &held.name,
            &held.area.name,
            &held.source,
            None,
            view.feed.stale,
        ));
    }
    for held in &view.rivers {
        items.push(item(
            &held.report.name,
            &held.report.forecast_area.name,
            &held.source,
            None,
            held.stale,
        ));
    }
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
        drills,
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
