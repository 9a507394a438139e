//! GET /plain/inbox: what waits for a decision.

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{InboxItem, InboxView, ItemState, Span};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{frame, lines};
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
    let view = InboxView {
        items: open.iter().map(item).collect(),
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
        decide_by: None,
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

/// The districts along a river, in one phrase.
pub(super) fn place(river: &str) -> String {
    format!("{river}沿い")
}

/// Names of the districts.
pub(super) fn district_names(proposal: &Proposal) -> Vec<String> {
    proposal
        .districts
        .iter()
        .map(|district| district.name.clone())
        .collect()
}
