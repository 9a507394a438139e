//! GET /plain/inbox: what waits for a decision.

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{InboxItem, InboxView, ItemState, Span};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{frame, lines};
use crate::clock::monotonic;
use crate::recommend::proposal::Proposal;
use crate::store::proposals::{ProposalState, StoredProposal};

const REFRESH_S: u32 = 15;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let open = app.store.read(|view| view.open_proposals())?;
    let now = monotonic();
    let (waiting, seen) = app.store.read(|view| {
        let mut seen = Vec::new();
        for stored in &open {
            seen.push(view.seen(&stored.id)?);
        }
        Ok((view.waiting_for_second()?, seen))
    })?;
    let items = open.iter().zip(seen).map(|(stored, seen)| {
        let mut item = item(stored);
        let there = app.presence().at(&stored.id, now);
        match (
            there.into_iter().find(|name| *name != who.officer.name),
            seen,
        ) {
            (Some(by), _) => item.state = ItemState::Deciding { by },
            (None, Some((by, at))) => item.state = ItemState::Seen { by, at },
            (None, None) => {}
        }
        item
    });
    let view = InboxView {
        items: items.collect(),
        waiting: waiting
            .iter()
            .map(|waiting| {
                let (id, by) = (waiting.notice.id(), waiting.notice.state().by());
                let place = place(crate::recommend::cause::of_facts(
                    waiting.notice.content().facts(),
                ));
                if by == who.officer.name {
                    [
                        format!("/plain/first/{id}"),
                        format!("{place}: あなたが1人目として承認しました。2人目を待っています"),
                    ]
                } else {
                    [
                        format!("/plain/second/{id}"),
                        format!("{place}: {by}が1人目として承認しました。2人目として判断する"),
                    ]
                }
            })
            .collect(),
        checked_at: app.picture().advice.outlook.as_of,
    };
    Ok(Html(page::inbox(
        &frame::officers(app, &who, Some(REFRESH_S))?,
        &view,
    )))
}

/// One proposal as a list shows it.
pub(super) fn item(stored: &StoredProposal) -> InboxItem {
    let proposal = &stored.proposal;
    InboxItem {
        id: stored.id.clone(),
        level: lines::level(proposal.key.level),
        place: place(&proposal.key.river),
        districts: district_names(proposal),
        people: Some(u64::from(proposal.people_in_zone())),
        decide_by: decide_by(proposal),
        crossing: crossing(proposal),
        reason: lines::reason_line(proposal),
        made_at: stored.first_at,
        state: state(stored),
    }
}

/// What became of it so far.
pub(super) fn state(stored: &StoredProposal) -> ItemState {
    let decided = stored.decided.as_ref();
    match (stored.state, decided) {
        (ProposalState::Issued, Some(d)) => ItemState::Approved {
            by: d.by.clone(),
            at: d.at,
        },
        (ProposalState::Declined, Some(d)) => ItemState::Declined {
            by: d.by.clone(),
            at: d.at,
        },
        (ProposalState::Superseded, _) => ItemState::Superseded {
            by_id: String::new(),
        },
        (ProposalState::Expired, _) => ItemState::Expired {
            at: stored.supported_at,
        },
        (ProposalState::Open | ProposalState::Issued | ProposalState::Declined, _) => {
            ItemState::New
        }
    }
}

/// When the water may reach the level in question.
pub(super) fn crossing(proposal: &Proposal) -> Option<Span> {
    let (early, late) = proposal.reach_between?;
    Some(Span {
        from: early,
        to: late.map(|late| late.max(early)),
    })
}

/// The latest useful moment to decide: one moment, the early water less the slow order. Nobody is told a later one.
pub(super) fn decide_by(proposal: &Proposal) -> Option<Span> {
    let decide_by = proposal.deadline()?.decide_by;
    Some(Span {
        from: decide_by,
        to: Some(decide_by),
    })
}

/// The districts along a river, in one phrase.
pub(super) fn place(river: &str) -> String {
    crate::recommend::cause::place(river)
}

/// Names of the districts.
pub(super) fn district_names(proposal: &Proposal) -> Vec<String> {
    proposal
        .districts
        .iter()
        .map(|district| district.name.clone())
        .collect()
}
