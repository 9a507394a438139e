//! GET /plain/review: what the service proposed when, beside what the towns really did.

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{ReviewEvent, ReviewFact, ReviewRow, ReviewSide, ReviewView};
use jiff::Timestamp;

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
    let compared: Vec<(Timestamp, String)> = rows
        .iter()
        .filter_map(|row| row.town.as_ref())
        .map(|side| (side.at, side.what.clone()))
        .collect();
    rows.sort_by_key(|row| row.service.as_ref().map(|side| side.at));
    let of_kind = |kinds: [&str; 2]| -> Vec<ReviewEvent> {
        real.iter()
            .filter(|h| kinds.contains(&h.kind.as_str()))
            .filter(|h| !compared.contains(&(h.at, told(h))))
            .map(event)
            .collect()
    };
    let view = ReviewView {
        event: replay.map_or_else(
            || "この記録のすべて".to_owned(),
            |replay| replay.event.clone(),
        ),
        from: app.began,
        to: app.clock.now(),
        rows,
        also_done: of_kind(["evacuation", "shelter"]),
        happened: of_kind(["levee", "flood"]),
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
    let recommended = stored.iter().filter(|one| one.proposal.judgement.is_none());
    for one in recommended {
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
        place: super::inbox::place(river),
        level: lines::level(level),
        service: Some(ReviewSide {
            at: first.at,
            what: format!(
                "{}地区、浸水想定区域に約{}人",
                first.districts,
                super::situation::thousands(first.people_in_zone)
            ),
        }),
        town: order.map(|h| ReviewSide {
            at: h.at,
            what: told(h),
        }),
    }
}

/// What a town did, in the words of its time.
fn told(h: &Happened) -> String {
    format!("{}: {}", h.town, h.what)
}

fn event(h: &Happened) -> ReviewEvent {
    let place = if h.place.starts_with(&h.town) {
        h.place.clone()
    } else {
        format!("{} {}", h.town, h.place)
    };
    ReviewEvent {
        at: h.at,
        place,
        what: h.what.clone(),
    }
}

/// What became of recommendations. What officers asked for of their own accord is none.
fn facts(stored: &[StoredProposal]) -> Vec<ReviewFact> {
    let stored: Vec<&StoredProposal> = stored
        .iter()
        .filter(|one| one.proposal.judgement.is_none())
        .collect();
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
