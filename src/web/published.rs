//! GET /plain/published: what left the town hall, and whether it arrived.

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{Delivery, DeliveryCell, NoticeRow, NoticeState, PublishedView};
use jiff::Timestamp;

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{frame, lines};
use crate::app::App;
use crate::approve::facts::Kind;
use crate::approve::notice::{Approved, Notice};
use crate::publish::outbox::ChannelName;
use crate::store::outbox::{DeliveryState, StoredDelivery};
use crate::store::{StoreError, View};

const ROWS_MAX: u32 = 200;
const REFRESH_S: u32 = 15;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let now = app.clock.now();
    let rows = app.store.read(|view| {
        let all = view.notices(ROWS_MAX)?;
        all.iter()
            .map(|notice| row(app, view, notice, &all, now))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let view = PublishedView {
        channels: channel_names(app),
        rows,
        as_of: now,
    };
    Ok(Html(page::published(
        &frame::officers(app, &who, Some(REFRESH_S))?,
        &view,
    )))
}

/// Names of the channels in the order of the cells.
pub(super) fn channel_names(app: &App) -> Vec<String> {
    app.dispatch
        .channels()
        .iter()
        .map(ChannelName::spoken)
        .collect()
}

/// One notice as a row.
pub(super) fn row(
    app: &App,
    view: &View<'_>,
    notice: &Notice<Approved>,
    all: &[Notice<Approved>],
    now: Timestamp,
) -> Result<NoticeRow, StoreError> {
    let facts = notice.content().facts();
    let deliveries = view.deliveries(facts.id.as_str())?;
    let by = view.officer(notice.state().by())?.map_or_else(
        || notice.state().by().to_owned(),
        |(officer, _)| officer.display,
    );
    Ok(NoticeRow {
        id: facts.id.to_string(),
        level: lines::level(facts.level),
        place: super::inbox::place(crate::recommend::cause::of_facts(facts)),
        districts: facts.districts.iter().map(|d| d.name.clone()).collect(),
        state: state(notice, all, now),
        approved_at: notice.state().at(),
        approved_by: by,
        deliveries: app
            .dispatch
            .channels()
            .iter()
            .map(|channel| cell(channel, &deliveries))
            .collect(),
    })
}

/// Whether a notice is in force, seen from all notices.
pub(super) fn state(
    notice: &Notice<Approved>,
    all: &[Notice<Approved>],
    now: Timestamp,
) -> NoticeState {
    let facts = notice.content().facts();
    let ended_by = all
        .iter()
        .map(|n| n.content().facts())
        .find(|other| other.replaces.iter().any(|r| r.id == facts.id));
    match (facts.kind, ended_by.map(|other| other.kind)) {
        (Kind::Lift, _) | (Kind::Issue, Some(Kind::Lift)) => NoticeState::Lifted,
        (Kind::Cancel, _) | (Kind::Issue, Some(Kind::Cancel)) => NoticeState::Cancelled,
        (Kind::Issue, Some(Kind::Issue)) => NoticeState::Replaced,
        (Kind::Issue, None) if facts.expires <= now => NoticeState::Expired,
        (Kind::Issue, None) => NoticeState::InForce,
    }
}

/// How a notice stands with one channel.
pub(super) fn cell(channel: &ChannelName, deliveries: &[StoredDelivery]) -> DeliveryCell {
    let Some(found) = deliveries.iter().find(|d| d.channel == *channel) else {
        return DeliveryCell {
            delivery: Delivery::NotOwed,
            at: None,
            receipt: None,
            attempts: 0,
            retry: None,
        };
    };
    let delivery = match found.state {
        DeliveryState::Waiting => Delivery::Waiting,
        DeliveryState::Delivered => Delivery::Accepted,
        // An attempt in flight: nothing is known of it yet.
        DeliveryState::Sending => Delivery::Waiting,
        DeliveryState::GivenUp => Delivery::Failed {
            why: found.note.clone(),
        },
        DeliveryState::Retrying => Delivery::Retrying {
            next_at: None,
            why: found.note.clone(),
        },
    };
    let is_open = matches!(
        found.state,
        DeliveryState::GivenUp | DeliveryState::Retrying
    );
    let receipt = (found.state == DeliveryState::Delivered).then(|| found.note.clone());
    DeliveryCell {
        delivery,
        at: Some(found.changed_at),
        receipt,
        attempts: found.attempts,
        retry: (is_open && !found.is_overtaken()).then(|| channel.word()),
    }
}
