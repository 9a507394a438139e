//! GET /api/v1/timeline and /api/v1/timeline.csv (クロノロジー): everything with time, source and person. From the record, and levels
//! that gauges reached or fell below. POST /api/v1/notes adds to it.

use std::collections::{BTreeMap, BTreeSet};

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use hinan_sensors::StationId;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Refused;
use super::asking::{Asking, limit};
use super::caller::Caller;
use crate::app::App;
use crate::approve::officer::{Act, Officer};
use crate::desk;
use crate::store::audit::Entry;
use crate::web::router::Doors;
use crate::web::{audit, english, lines, record_english};

const KINDS: [&str; 9] = [
    "recommendation",
    "decision",
    "publication",
    "crossing",
    "official",
    "device",
    "note",
    "session",
    "service",
];
/// The time that is shown when none is asked for.
const SPAN: SignedDuration = SignedDuration::from_hours(48);
/// A level counts as left when the water stands so far below it, metres: what swings around it is told once.
const HYSTERESIS_M: f64 = 0.05;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    kind: Option<String>,
    area: Option<String>,
    from: Option<Timestamp>,
    to: Option<Timestamp>,
    limit: Option<u32>,
    cursor: Option<String>,
}

/// What was asked for, understood.
struct Filter {
    kinds: Option<BTreeSet<String>>,
    /// Unit and the gauges that decide for it.
    area: Option<(String, BTreeSet<String>)>,
    from: Timestamp,
    to: Timestamp,
}

/// The timeline, newest first.
pub(super) async fn list(
    State(doors): State<Doors>,
    Caller(who): Caller,
    Asking(asked): Asking<Asked>,
) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let limit = limit(asked.limit)? as usize;
    let (at, skip) = match asked.cursor.as_deref() {
        None => (None, 0),
        Some(cursor) => {
            let (at, skip) = place(cursor)?;
            (Some(at), skip)
        }
    };
    let mut filter = filter(app, &asked)?;
    // Pages of one question are of one moment.
    filter.to = at.unwrap_or(filter.to);
    let (entries, cut) = found(app, &who.officer, &filter)?;
    let total = entries.len();
    let page = entries.into_iter().skip(skip).take(limit).collect();
    let page = told(app, &who.officer, page)?;
    let next = (skip + page.len() < total && !page.is_empty())
        .then(|| format!("{}~{}", filter.to, skip + page.len()));
    Ok(Json(
        json!({ "entries": page, "next": next, "total": total, "cut": cut, "from": filter.from, "to": filter.to }),
    ))
}

/// The same as a table for spreadsheets: UTF-8 with a byte order mark, every row of the filter.
pub(super) async fn csv(
    State(doors): State<Doors>,
    Caller(who): Caller,
    Asking(asked): Asking<Asked>,
) -> Result<Response, Refused> {
    let app = &doors.app;
    let filter = filter(app, &asked)?;
    let (entries, cut) = found(app, &who.officer, &filter)?;
    let entries = told(app, &who.officer, entries)?;
    let mut table = csv::Writer::from_writer(Vec::from("\u{feff}"));
    let failed = |why: &dyn std::fmt::Display| {
        Refused::BadQuestion(format!("no table could be made: {why}"))
    };
    table
        .write_record([
            "時刻 time",
            "種類 kind",
            "だれ who",
            "内容 what",
            "番号 seq",
            "出所 source",
        ])
        .map_err(|why| failed(&why))?;
    for entry in &entries {
        let text = |key: &str| entry[key].as_str().unwrap_or_default().to_owned();
        let seq = entry["seq"]
            .as_i64()
            .map_or_else(String::new, |seq| seq.to_string());
        table
            .write_record([
                safe(text("at")),
                safe(text("kind")),
                safe(text("who")),
                safe(text("text")),
                seq,
                safe(text("source")),
            ])
            .map_err(|why| failed(&why))?;
    }
    if cut {
        let row = [
            "",
            "service",
            "",
            "古い記録は件数の上限のためここにありません。期間を狭めてください / older entries are cut off; ask for a shorter time",
            "",
            "",
        ];
        table.write_record(row).map_err(|why| failed(&why))?;
    }
    let bytes = table.into_inner().map_err(|why| failed(&why))?;
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"timeline.csv\"",
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// A cell that a spreadsheet would take for a formula is told to be text.
fn safe(cell: String) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{cell}")
    } else {
        cell
    }
}

fn place(cursor: &str) -> Result<(Timestamp, usize), Refused> {
    let read = cursor
        .split_once('~')
        .and_then(|(at, skip)| Some((at.parse().ok()?, skip.parse().ok()?)));
    read.ok_or_else(|| {
        Refused::BadQuestion("cursor is none of ours; take that of `next`".to_owned())
    })
}

fn filter(app: &App, asked: &Asked) -> Result<Filter, Refused> {
    let kinds = match &asked.kind {
        None => None,
        Some(kinds) => {
            let kinds: BTreeSet<String> = kinds.split(',').map(str::to_owned).collect();
            if let Some(other) = kinds.iter().find(|kind| !KINDS.contains(&kind.as_str())) {
                let other: String = other.chars().take(40).collect();
                return Err(Refused::BadQuestion(format!(
                    "kind has {other:?}; accepted are {}, joined by commas",
                    KINDS.join(", ")
                )));
            }
            Some(kinds)
        }
    };
    let area = match &asked.area {
        None => None,
        Some(id) => {
            let district = app.town().district(id).ok_or_else(|| {
                Refused::BadQuestion(
                    "area is no unit of this town; /api/v1/situation lists them".to_owned(),
                )
            })?;
            let gauges = district
                .reaches
                .iter()
                .flat_map(|reach| reach.gauges.iter().cloned())
                .collect();
            Some((id.clone(), gauges))
        }
    };
    let to = asked.to.unwrap_or_else(|| app.clock.now());
    let from = asked
        .from
        .unwrap_or_else(|| to.saturating_sub(SPAN).unwrap_or(to));
    if from > to {
        return Err(Refused::BadQuestion(format!(
            "from is {from} and to is {to}; from must not be later"
        )));
    }
    Ok(Filter {
        kinds,
        area,
        from,
        to,
    })
}

/// A line that passed, before it is told.
struct Passed {
    at: Timestamp,
    seq: i64,
    what: What,
}

enum What {
    Entry(Box<Entry>),
    Crossing(Value),
}

/// Everything that passes, newest first; and whether the record holds more than was looked at. Nothing is worked out here that only
/// the lines of one page need.
fn found(app: &App, officer: &Officer, filter: &Filter) -> Result<(Vec<Passed>, bool), Refused> {
    let reads_record = officer.role.may(Act::ReadRecord);
    let (mut all, cut) = app.store.read(|view| {
        let (entries, cut) = super::audit::since(view, filter.from, filter.to)?;
        let mut units: BTreeMap<String, bool> = BTreeMap::new();
        let mut all = Vec::new();
        for entry in entries {
            let Some((kind, _)) = kind_of(&entry) else {
                continue;
            };
            // Who may not read the record sees here what the pages show, and no more.
            let kept = matches!(kind, "decision" | "session" | "service" | "device");
            if !wants(filter, kind) || (kept && !reads_record) {
                continue;
            }
            if let Some((area, _)) = &filter.area {
                let concerned = match units.get(&entry.subject) {
                    Some(concerned) => *concerned,
                    None => {
                        let about = view.units_of(&entry.subject)?;
                        // What is about no unit is about all of them.
                        let concerned = about.is_empty() || about.contains(area);
                        units.insert(entry.subject.clone(), concerned);
                        concerned
                    }
                };
                if !concerned {
                    continue;
                }
            }
            all.push(Passed {
                at: entry.at,
                seq: entry.seq,
                what: What::Entry(Box::new(entry)),
            });
        }
        Ok((all, cut))
    })?;
    if wants(filter, "crossing") {
        let crossings = crossings(app, filter).into_iter();
        all.extend(crossings.map(|(at, seq, told)| Passed {
            at,
            seq,
            what: What::Crossing(told),
        }));
    }
    all.sort_by(|a, b| b.at.cmp(&a.at).then(b.seq.cmp(&a.seq)));
    Ok((all, cut))
}

/// These lines in words, for this reader.
fn told(app: &App, officer: &Officer, lines: Vec<Passed>) -> Result<Vec<Value>, Refused> {
    Ok(app.store.read(|view| {
        let mut all = Vec::new();
        for line in lines {
            match line.what {
                What::Crossing(told) => all.push(told),
                What::Entry(entry) => {
                    let is_hidden = audit::is_hidden(view, &entry, &officer.name)?;
                    if let Some(mut told) = of_entry(&entry, is_hidden) {
                        told["area_ids"] = json!(view.units_of(&entry.subject)?);
                        all.push(told);
                    }
                }
            }
        }
        Ok(all)
    })?)
}

fn wants(filter: &Filter, kind: &str) -> bool {
    filter
        .kinds
        .as_ref()
        .is_none_or(|kinds| kinds.contains(kind))
}

/// The kind of an entry and of what it is about; nothing of those that are not news.
fn kind_of(entry: &Entry) -> Option<(&'static str, Option<&'static str>)> {
    Some(match entry.action.as_str() {
        "passed_on" if entry.detail.contains("\"waits_for\"") => ("decision", Some("text")),
        "proposed"
        | "superseded"
        | "expired"
        | "seen"
        | "passed_on"
        | "deferred"
        | "declined"
        | "judgement_stated"
        | "judgement_withdrawn" => ("recommendation", Some("recommendation")),
        "judgement_refused" => ("recommendation", None),
        "text_shown" | "first_approved" | "first_withdrawn" | "second_agrees"
        | "second_differs" | "approve_refused" => ("decision", Some("text")),
        "approved"
        | "reviewed"
        | "delivered"
        | "delivery_given_up"
        | "delivery_cut_off"
        | "delivery_retry_asked"
        | "delivery_ordered_again"
        | "prepared_beforehand" => ("publication", Some("notice")),
        "note" | "handover_signed" | "alarm_acknowledged" | "alarm_muted" => ("note", None),
        "signed_in" | "signed_out" | "sign_in_refused" | "sessions_ended" => ("session", None),
        action if action.starts_with("device_") => ("device", None),
        // Attempts are followed by what came of them; seals are for whoever verifies.
        "approve_attempt"
        | "second_attempt"
        | "alone_attempt"
        | "judgement_attempt"
        | desk::ATTEMPTED
        | crate::store::audit::SEALED => {
            return None;
        }
        desk::ACT_REFUSED => ("decision", None),
        desk::attention::OPENED => ("recommendation", Some("recommendation")),
        _ => ("service", None),
    })
}

/// An entry of the record as a line; nothing of those that are not news.
pub(super) fn of_entry(entry: &Entry, is_hidden: bool) -> Option<Value> {
    let (kind, item) = kind_of(entry)?;
    Some(json!({
        "seq": entry.seq, "at": entry.at, "kind": kind, "who": audit::actor(entry), "who_en": record_english::actor(entry),
        "text": audit::told(entry, is_hidden), "text_en": record_english::told(entry, is_hidden),
        "area_ids": [], "source": "audit", "item": item.map(|kind| json!({ "kind": kind, "id": entry.subject })),
    }))
}

/// When gauges reached a level or fell below it, from what is known of the last days.
fn crossings(app: &App, filter: &Filter) -> Vec<(Timestamp, i64, Value)> {
    let picture = app.picture();
    let mut all = Vec::new();
    for gauge in picture.advice.outlook.gauges.values() {
        let decides = filter
            .area
            .as_ref()
            .is_none_or(|(_, gauges)| gauges.contains(&gauge.id));
        let Ok(id) = gauge.id.parse::<StationId>() else {
            continue;
        };
        if !decides {
            continue;
        }
        let seen = picture.situation.between(&id, filter.from, filter.to);
        for (key, mark_m) in gauge.marks.named() {
            if key == "standby" {
                continue;
            }
            let mut above: Option<bool> = None;
            for reading in &seen {
                let now_above = if reading.level_m >= mark_m {
                    true
                } else if reading.level_m < mark_m - HYSTERESIS_M {
                    false
                } else {
                    continue;
                };
                if let Some(before) = above.replace(now_above)
                    && before != now_above
                {
                    let (word, level_m) = (lines::mark(key), reading.level_m);
                    let (what, what_en) = if now_above {
                        ("に達しました", "has reached")
                    } else {
                        ("を下回りました", "has fallen below")
                    };
                    let text = format!(
                        "{}({})の水位 {level_m:.2} mが{word} {mark_m:.2} m{what}",
                        gauge.name, gauge.river
                    );
                    let text_en = format!(
                        "The level at {}, {level_m:.2} m, {what_en} the {} ({mark_m:.2} m)",
                        gauge.name_en,
                        english::mark(key)
                    );
                    let text_en = (!gauge.name_en.is_empty()).then_some(text_en);
                    all.push((
                        reading.at,
                        0,
                        json!({ "seq": null, "at": reading.at, "kind": "crossing", "who": "水位計", "who_en": "gauge", "text": text,
                                "text_en": text_en, "area_ids": [],
                                "source": "readings", "item": { "kind": "station", "id": gauge.id } }),
                    ));
                }
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_never_becomes_a_formula() {
        assert_eq!(safe("=HYPERLINK(1)".to_owned()), "'=HYPERLINK(1)");
        assert_eq!(safe("堤防から漏水".to_owned()), "堤防から漏水");
    }

    #[test]
    fn a_place_in_the_list_is_a_moment_and_a_number() {
        let at: Timestamp = "2016-08-30T18:00:00Z".parse().expect("a time");
        assert_eq!(place("2016-08-30T18:00:00Z~200").expect("ours"), (at, 200));
        for other in ["", "200", "~", "2016-08-30T18:00:00Z~-1", "now~1"] {
            assert!(place(other).is_err(), "{other}");
        }
    }
}
