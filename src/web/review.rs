//! GET /plain/review: what the service proposed when, beside what the towns really did.

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{ReviewFact, ReviewRow, ReviewSide, ReviewView};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{frame, lines};
use crate::demo::night::{self, COULD_NOT_KNOW, Happened};
use crate::demo::report::{First, Firsts};
use crate::recommend::level::OrderLevel;
use crate::store::StoreError;
use crate::store::proposals::{ProposalState, StoredProposal};

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let stored = app.store.read(|view| view.proposals(10_000))?;
    let firsts = firsts(&stored);
    let replay = app.replay.as_ref();
    let real = match replay {
        Some(replay) => night::read(&replay.timeline).map_err(|why| StoreError::Damaged {
            what: "the timeline".to_owned(),
            why,
        })?,
        None => Vec::new(),
    };
    let mut rows: Vec<ReviewRow> = firsts
        .iter()
        .map(|((river, level), first)| row(river, *level, first, &real))
        .collect();
    rows.extend(
        real.iter()
            .filter(|h| matches!(h.kind.as_str(), "evacuation" | "shelter"))
            .map(only_real),
    );
    rows.extend(
        real.iter()
            .filter(|h| matches!(h.kind.as_str(), "levee" | "flood"))
            .map(happened),
    );
    let time = |row: &ReviewRow| {
        row.service
            .as_ref()
            .or(row.town.as_ref())
            .map(|side| side.at)
    };
    rows.sort_by_key(time);
    let view = ReviewView {
        event: replay.map_or_else(
            || "この記録のすべて".to_owned(),
            |replay| replay.event.clone(),
        ),
        from: app.began,
        to: app.clock.now(),
        rows,
        facts: facts(&stored),
        could_not_know: replay
            .map(|_| {
                COULD_NOT_KNOW
                    .iter()
                    .map(|line| (*line).to_owned())
                    .collect()
            })
            .unwrap_or_default(),
        sources: app
            .town()
            .attribution
            .iter()
            .map(|a| format!("{}: {}({})", a.what, a.source, a.licence))
            .collect(),
    };
    Ok(Html(page::review(
        &frame::officers(app, &who, None)?,
        &view,
    )))
}

fn firsts(stored: &[StoredProposal]) -> Firsts {
    let mut firsts = Firsts::new();
    for one in stored {
        crate::demo::report::note(&mut firsts, one.first_at, &one.proposal);
    }
    firsts
}

fn row(river: &str, level: OrderLevel, first: &First, real: &[Happened]) -> ReviewRow {
    let order = (level == OrderLevel::EvacuationOrder)
        .then(|| {
            night::orders_along(real, river)
                .into_iter()
                .find(|h| h.town.ends_with('市'))
        })
        .flatten();
    ReviewRow {
        place: format!("{river}沿い"),
        service: Some(ReviewSide {
            at: first.at,
            level: Some(lines::level(level)),
            what: format!("{level}を推奨({}地区)", first.districts),
        }),
        town: order.map(|h| ReviewSide {
            at: h.at,
            level: Some(lines::level(OrderLevel::EvacuationOrder)),
            what: format!("{}: {}", h.town, h.what),
        }),
        happened: None,
    }
}

fn only_real(h: &Happened) -> ReviewRow {
    ReviewRow {
        place: h.place.clone(),
        service: None,
        town: Some(ReviewSide {
            at: h.at,
            level: None,
            what: format!("{}: {}", h.town, h.what),
        }),
        happened: None,
    }
}

fn happened(h: &Happened) -> ReviewRow {
    ReviewRow {
        place: h.place.clone(),
        service: None,
        town: None,
        happened: Some(format!(
            "{} {}: {}",
            crate::clock::spoken(h.at),
            h.town,
            h.what
        )),
    }
}

fn facts(stored: &[StoredProposal]) -> Vec<ReviewFact> {
    let count = |state: ProposalState| stored.iter().filter(|s| s.state == state).count();
    let fact = |name: &str, state| ReviewFact {
        name: name.to_owned(),
        value: format!("{}件", count(state)),
        basis: format!("推奨{}件のうち", stored.len()),
    };
    vec![
        fact("発表", ProposalState::Issued),
        fact("見送り", ProposalState::Declined),
        fact("判断待ち", ProposalState::Open),
        fact("置き換え", ProposalState::Superseded),
        fact("失効", ProposalState::Expired),
    ]
}
