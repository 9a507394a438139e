//! GET /api/v1/alarms: what somebody has to do something about now, and what is only to be known. POST …/{key}/acknowledge: somebody
//! has heard it, for all consoles. One cause, one alarm: nothing here is stored but who has heard what.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::at::At;
use super::body::Sent;
use super::caller::Caller;
use super::shapes::text;
use super::{Refused, inbox};
use crate::app::App;
use crate::approve::notice::How;
use crate::desk::attention::{self, Attention};
use crate::desk::note;
use crate::freshness;
use crate::official::for_town;
use crate::outlook::Voice;
use crate::recommend::cause;
use crate::recommend::level::OrderLevel;
use crate::store::outbox::{DeliveryState, StoredDelivery};
use crate::store::proposals::StoredProposal;
use crate::store::{StoreError, View};
use crate::web::facilities as pages;
use crate::web::lines;
use crate::web::router::Doors;

/// What heard alarms begin with that is a recommendation.
const RECOMMENDATION: &str = "rec-";
/// What failed, or waits for a second look, is named for so long.
const MISSED_WITHIN: SignedDuration = SignedDuration::from_hours(48);
/// An order that ends within this time is named.
const ENDS_SOON: SignedDuration = SignedDuration::from_mins(30);

/// Everything that calls.
pub(super) async fn list(State(doors): State<Doors>, _: Caller) -> Result<Json<Value>, Refused> {
    let app = &doors.app;
    let mute = app.store.read(|view| {
        note::muted(view, app.clock.now())?
            .map(|muted| quiet(view, &muted))
            .transpose()
    })?;
    Ok(Json(
        json!({ "alarms": all(app)?, "mute": mute.into_iter().collect::<Vec<_>>() }),
    ))
}

/// Somebody has heard it.
pub(super) async fn acknowledge(
    State(doors): State<Doors>,
    At(key): At<String>,
    Sent { who, body }: Sent,
) -> Result<Json<Value>, Refused> {
    body.end(Some(()))?;
    let app = &doors.app;
    let alarm = find(app, &key)?;
    if alarm["not_by"] == who.officer.name.as_str() {
        return Err(Refused::NotAuthorised(
            "この警報は、あなたの操作を別の人に知らせるものです。別の職員が確認してください"
                .to_owned(),
        ));
    }
    match key.strip_prefix(RECOMMENDATION) {
        Some(id) => attention::acknowledge(app, &who.officer, id)?,
        None => {
            note::hear(app, &who.officer, &key)?;
        }
    }
    find(app, &key).map(Json)
}

/// No sound for ten minutes, with a name on record.
pub(super) async fn mute(
    State(doors): State<Doors>,
    Sent { who, mut body }: Sent,
) -> Result<(StatusCode, Json<Value>), Refused> {
    let app = &doors.app;
    let minutes = body.number("minutes", &[note::MUTED_MIN]);
    body.end(minutes)?;
    let muted = note::mute(app, &who.officer)?;
    let quiet = app.store.read(|view| quiet(view, &muted))?;
    Ok((StatusCode::CREATED, Json(quiet)))
}

fn quiet(view: &View<'_>, muted: &note::Muted) -> Result<Value, StoreError> {
    Ok(json!({ "by": inbox::display(view, &muted.by)?, "until": muted.until }))
}

fn find(app: &App, key: &str) -> Result<Value, Refused> {
    let found = all(app)?.into_iter().find(|alarm| alarm["key"] == key);
    found.ok_or_else(|| {
        Refused::Unknown("there is no such alarm now; /api/v1/alarms lists them".to_owned())
    })
}

/// How much it wants.
#[derive(Clone, Copy)]
enum Class {
    ActNow,
    ActSoon,
    Know,
}

impl Class {
    fn word(self) -> &'static str {
        match self {
            Self::ActNow => "act_now",
            Self::ActSoon => "act_soon",
            Self::Know => "know",
        }
    }
}

struct Alarm {
    key: String,
    class: Class,
    text: Value,
    since: Option<Timestamp>,
    /// Whoever heard it before then has not heard this one; nothing where the key says all.
    anew_since: Option<Timestamp>,
    /// Who cannot say that it was heard: it calls others because of them.
    not_by: Option<String>,
    item: (&'static str, String),
    group: Option<String>,
}

fn all(app: &App) -> Result<Vec<Value>, StoreError> {
    app.store.read(|view| {
        let mut alarms = recommendations(app, view)?;
        for alarm in seconds(view)?
            .into_iter()
            .chain(deliveries(app, view)?)
            .chain(reviews(app, view)?)
            .chain(official(app))
            .chain(facilities(app))
            .chain(unclear(app))
            .chain(ending(app, view)?)
            .chain(feeds(app))
            .chain(stations(app))
        {
            alarms.push(told(view, &alarm)?);
        }
        Ok(alarms)
    })
}

/// An alarm with who has heard it, since it began.
fn told(view: &View<'_>, alarm: &Alarm) -> Result<Value, StoreError> {
    let heard = view
        .last_of(&alarm.key, [note::HEARD; 2], 1)?
        .into_iter()
        .find(|entry| alarm.anew_since.is_none_or(|since| entry.at >= since));
    let heard = match heard {
        Some(entry) => json!({ "by": inbox::display(view, &entry.actor)?, "at": entry.at }),
        None => Value::Null,
    };
    Ok(json!({
        "key": alarm.key, "class": alarm.class.word(), "text": alarm.text, "since": alarm.since,
        "item": { "kind": alarm.item.0, "id": alarm.item.1 }, "acknowledged": heard, "not_by": alarm.not_by, "rests_until": null, "escalation": 0,
        "group": alarm.group,
    }))
}

/// Recommendations that wait: heard is who has seen them.
fn recommendations(app: &App, view: &View<'_>) -> Result<Vec<Value>, StoreError> {
    let now = app.clock.now();
    let mut alarms = Vec::new();
    for stored in view.open_proposals()? {
        let key = &stored.proposal.key;
        let class = if key.level >= OrderLevel::EvacuationOrder {
            Class::ActNow
        } else {
            Class::ActSoon
        };
        let (heard, rests_until) = match attention::of(view, &stored.id, now)? {
            // Who saw it and let the time to decide pass is asked again.
            Attention::Seen { at, .. }
                if decide_by(&stored).is_some_and(|by| at < by && by <= now) =>
            {
                (Value::Null, None)
            }
            Attention::Nobodys { .. } => (Value::Null, None),
            Attention::Seen { by, at } => {
                (json!({ "by": inbox::display(view, &by)?, "at": at }), None)
            }
            Attention::PutOff(put_off) => (
                json!({ "by": inbox::display(view, &put_off.by)?, "at": put_off.at }),
                Some(put_off.until),
            ),
        };
        let (escalation, _) = view.escalated(&stored.id)?;
        alarms.push(json!({
            "key": format!("{RECOMMENDATION}{}", stored.id), "class": class.word(),
            "text": text(
                format!(
                    "{}の{}について、判断が必要です",
                    cause::place(&key.river),
                    key.level
                ),
                format!(
                    "{}: a decision is needed: {}",
                    cause::place_en(&stored.proposal.river_en),
                    lines::level_en(key.level)
                ),
            ),
            "since": stored.first_at, "not_by": null, "item": { "kind": "recommendation", "id": stored.id }, "acknowledged": heard,
            "rests_until": rests_until, "escalation": escalation, "group": key.river,
        }));
    }
    Ok(alarms)
}

/// The latest useful moment to decide, where one is known.
fn decide_by(stored: &StoredProposal) -> Option<Timestamp> {
    let by = crate::web::inbox::item(stored).decide_by?;
    Some(by.to.unwrap_or(by.from))
}

/// A first approval waits for the second person.
fn seconds(view: &View<'_>) -> Result<Vec<Alarm>, StoreError> {
    let waiting = view.waiting_for_second()?;
    waiting
        .iter()
        .map(|one| {
            let (id, first) = (one.notice.id(), one.notice.state());
            let by = inbox::display(view, first.by())?;
            Ok(Alarm {
                key: format!("second-{id}"),
                class: Class::ActNow,
                text: text(
                    format!("{by}が1人目として承認し、2人目の承認を待っています"),
                    format!("{by} approved as the first; the second person is waited for"),
                ),
                since: Some(first.at()),
                anew_since: None,
                not_by: Some(first.by().to_owned()),
                item: ("text", id.to_string()),
                group: Some(one.notice.content().facts().river.clone()),
            })
        })
        .collect()
}

/// A channel that did not take a notice, an order or the end of one. Given up is another alarm than tried again.
fn deliveries(app: &App, view: &View<'_>) -> Result<Vec<Alarm>, StoreError> {
    let now = app.clock.now();
    let since = now.saturating_sub(MISSED_WITHIN).unwrap_or(now);
    let failed = view.failed_deliveries(since)?;
    let alarm = |delivery: StoredDelivery| {
        let (state, ja, en) = if delivery.state == DeliveryState::GivenUp {
            (
                "-given_up",
                "への配信を打ち切りました",
                "did not get a notice; it was given up",
            )
        } else {
            (
                "",
                "に届いていません。再試行しています",
                "has not taken a notice; it is tried again",
            )
        };
        let channel = delivery.channel.spoken();
        Alarm {
            key: format!(
                "delivery-{}-{}{state}",
                delivery.notice,
                delivery.channel.word()
            ),
            class: Class::ActNow,
            text: text(
                format!("発表が{channel}{ja}({})", delivery.note),
                format!("{channel} {en}"),
            ),
            since: Some(delivery.changed_at),
            // A further failed attempt is the same alarm.
            anew_since: None,
            not_by: None,
            item: ("notice", delivery.notice),
            group: None,
        }
    };
    Ok(failed.into_iter().map(alarm).collect())
}

/// What one person let out, alone or at once, and nobody else has looked at.
fn reviews(app: &App, view: &View<'_>) -> Result<Vec<Alarm>, StoreError> {
    let now = app.clock.now();
    let since = now.saturating_sub(MISSED_WITHIN).unwrap_or(now);
    let mut alarms = Vec::new();
    for (id, by, at) in view.reviews_due(since)? {
        let lone = view
            .notice(&id)?
            .is_some_and(|notice| *notice.state().how() == How::Lone);
        let name = inbox::display(view, &by)?;
        let (word, ja, en) = if lone {
            (
                "lone",
                "が単独で発令しました。別の承認者が確かめてください",
                "issued alone; another approver must look at it",
            )
        } else {
            (
                "review",
                "が1人で発表しました。別の承認者が確かめてください",
                "published as one person; another approver must look at it",
            )
        };
        alarms.push(Alarm {
            key: format!("{word}-{id}"),
            class: Class::ActNow,
            text: text(format!("{name}{ja}"), format!("{name} {en}")),
            since: Some(at),
            anew_since: None,
            not_by: Some(by),
            item: ("notice", id),
            group: None,
        });
    }
    Ok(alarms)
}

/// What agencies say of the town at level 4 or 5.
fn official(app: &App) -> Vec<Alarm> {
    let now = app.clock.now();
    let picture = app.picture();
    let view = for_town(&picture.official, &app.town().code, now);
    view.holdings
        .iter()
        .filter(|held| !held.stale)
        .filter_map(|held| {
            let level = held.grade.level?.number();
            (level >= 4).then(|| Alarm {
                key: format!("official-{}-{}-{level}", held.area, held.code),
                class: Class::ActNow,
                text: text(
                    format!(
                        "{}に{}(レベル{level}相当)が発表されています",
                        held.area_name, held.name
                    ),
                    format!("{} holds for {} (level {level})", held.name, held.area_name),
                ),
                since: Some(held.since),
                anew_since: Some(held.since),
                not_by: None,
                item: ("official", held.code.clone()),
                group: None,
            })
        })
        .collect()
}

/// 要配慮者利用施設 whose own deadline is near or past: they are told without waiting for an order for their district. One that
/// was not due for a while and is again calls anew.
fn facilities(app: &App) -> Vec<Alarm> {
    let picture = app.picture();
    let due = picture.advice.core.facilities.iter().filter(|of| of.due);
    due.map(|of| {
        let name = pages::name(app, of);
        let name_en = pages::name_en(app, of).unwrap_or(&name);
        let about = of.river.as_deref().unwrap_or_else(|| of.hazard.japanese());
        let about_en = of.river.as_deref().map_or_else(
            || of.hazard.english(),
            |river| {
                let mut known = app.town().rivers.iter();
                known
                    .find(|one| one.name == river)
                    .map_or(river, |one| one.name_en.as_str())
            },
        );
        let (ja, en) = match of.deadline.as_ref().map(|deadline| deadline.decide_by) {
            Some(by) if by < picture.advice.outlook.as_of => (
                format!("知らせる期限({})を過ぎています", crate::clock::spoken(by)),
                "the time to tell it has passed".to_owned(),
            ),
            Some(by) => (
                format!("いま知らせてください(期限 {})", crate::clock::spoken(by)),
                format!("tell it now, by {}", crate::clock::spoken_en(by)),
            ),
            // Its grounds are gone for now, and not for long enough to say so.
            None => (
                "知らせた状態のままです。いまは期限を計算できません".to_owned(),
                "it stays to be told; its deadline cannot be worked out now".to_owned(),
            ),
        };
        Alarm {
            key: format!("facility-{}-{}-{about}", of.facility, of.hazard.code()),
            class: Class::ActNow,
            text: text(
                format!("{name}({}人、{about}): {ja}", of.people),
                format!("{name_en} ({} people, {about_en}): {en}", of.people),
            ),
            since: of.due_since,
            anew_since: of.due_since,
            not_by: None,
            item: ("facility", of.facility.to_string()),
            group: of.river.clone(),
        }
    })
    .collect()
}

/// What is in force with a code that is in no table: it may be more than what is known, and somebody must read the telegram.
fn unclear(app: &App) -> Vec<Alarm> {
    let now = app.clock.now();
    let picture = app.picture();
    let view = for_town(&picture.official, &app.town().code, now);
    let names = &app.reference.core.plan.agency;
    // A name may tell how grave it is ("…警報") and still not of what.
    let unknown = |class, hazard| {
        class == hinan_sensors::official::Class::Unknown
            || hazard == hinan_sensors::official::Hazard::Unknown
    };
    let here = view
        .holdings
        .iter()
        .filter(|held| !held.stale && unknown(held.grade.class, held.hazard))
        .map(|held| {
            let area = held.area.to_string();
            (area, held.code.clone(), held.area_name.clone(), held.since)
        });
    let around = view
        .wider
        .iter()
        .filter(|held| unknown(held.grade.class, held.hazard))
        .filter(|held| {
            names.tsunami_areas.contains(&held.area.code)
                || names.record_rain_areas.contains(&held.area.code)
        })
        .map(|held| {
            let (code, name) = (held.area.code.clone(), held.area.name.clone());
            (code, held.name.clone(), name, held.source.report_at)
        });
    here.chain(around)
        .map(|(area, code, name, since)| Alarm {
            key: format!("official-{area}-{code}-unclear"),
            class: Class::ActSoon,
            text: text(
                format!(
                    "{name}に、このシステムが知らない符号({code})の発表があります。原文を確かめてください"
                ),
                format!(
                    "A code that this system does not know ({code}) is in force for {name}: read the telegram"
                ),
            ),
            since: Some(since),
            anew_since: Some(since),
            not_by: None,
            item: ("official", code),
            group: None,
        })
        .collect()
}

/// Orders that end by themselves soon.
fn ending(app: &App, view: &View<'_>) -> Result<Vec<Alarm>, StoreError> {
    let now = app.clock.now();
    let live = view.live_notices(now)?;
    Ok(live
        .iter()
        .map(|notice| notice.content().facts())
        .filter(|facts| facts.expires.duration_since(now) < ENDS_SOON)
        .map(|facts| Alarm {
            key: format!("expiry-{}", facts.id),
            class: Class::Know,
            text: text(
                format!(
                    "{}の{}は{}に失効します",
                    cause::place(cause::of_facts(facts)),
                    facts.level,
                    crate::clock::spoken(facts.expires)
                ),
                format!(
                    "{}: {} expires soon",
                    cause::place_en_of(facts),
                    lines::level_en(facts.level)
                ),
            ),
            since: facts.expires.checked_sub(ENDS_SOON).ok(),
            anew_since: None,
            not_by: None,
            item: ("notice", facts.id.to_string()),
            group: Some(cause::of_facts(facts).to_owned()),
        })
        .collect())
}

/// Feeds that were heard once and fell silent.
fn feeds(app: &App) -> Vec<Alarm> {
    freshness::feeds(app)
        .into_iter()
        .filter(freshness::Feed::is_late)
        .map(|feed| {
            let age_min = feed.age_min().unwrap_or(0);
            let ja = match feed.id {
                "gauges" => "水位計",
                _ => "気象庁など",
            };
            Alarm {
                key: format!("feed-{}", feed.id),
                class: Class::ActSoon,
                text: text(
                    format!("{ja}からの情報が{}届いていません", lines::minutes(age_min)),
                    format!("Nothing was heard of {} for {age_min} min", feed.id),
                ),
                since: feed.heard_at,
                anew_since: feed.heard_at,
                not_by: None,
                item: ("feed", feed.id.to_owned()),
                group: None,
            }
        })
        .collect()
}

/// Gauges that fell silent.
fn stations(app: &App) -> Vec<Alarm> {
    let picture = app.picture();
    let gauges = picture.advice.outlook.gauges.values();
    gauges
        .filter_map(|gauge| {
            let Voice::Silent { for_min } = gauge.voice else {
                return None;
            };
            Some(Alarm {
                key: format!("station-{}", gauge.id),
                class: Class::Know,
                text: text(
                    format!(
                        "{}({})の水位が{}届いていません",
                        gauge.name,
                        gauge.river,
                        lines::minutes(for_min)
                    ),
                    format!(
                        "{} ({}) has been silent for {for_min} min",
                        gauge.name_en, gauge.river_en
                    ),
                ),
                since: gauge.observed.map(|observed| observed.at),
                anew_since: gauge.observed.map(|observed| observed.at),
                not_by: None,
                item: ("station", gauge.id.clone()),
                group: Some(gauge.river.clone()),
            })
        })
        .collect()
}
