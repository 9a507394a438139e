//! GET /plain/inbox: what waits for a decision.

use std::cmp::Reverse;

use axum::extract::State;
use axum::response::Html;
use hinan_dashboard::page;
use hinan_dashboard::view::{InboxItem, InboxView, ItemState, Span};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{frame, lines};
use crate::clock::monotonic;
use crate::recommend::level::OrderLevel;
use crate::recommend::proposal::Proposal;
use crate::store::proposals::{ProposalState, StoredProposal};

const REFRESH_S: u32 = 15;

/// The page.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let open = by_urgency(app.store.read(|view| view.open_proposals())?);
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
        unknown: super::unknown::names(app),
        checked_at: app.picture().advice.outlook.as_of,
    };
    Ok(Html(page::inbox(
        &frame::officers(app, &who, Some(REFRESH_S))?,
        &view,
    )))
}

/// Most urgent first: level 5 says that it is too late already; of the others the one whose deadline comes first, whatever its level.
/// One without a deadline comes after those with one; of two that are alike the newer stands above.
pub(super) fn by_urgency(mut open: Vec<StoredProposal>) -> Vec<StoredProposal> {
    open.sort_by_key(|stored| {
        let proposal = &stored.proposal;
        let level = proposal.key.level;
        let decide_by = proposal.deadline().map(|deadline| deadline.decide_by);
        (
            level != OrderLevel::EmergencySafety,
            decide_by.is_none(),
            decide_by,
            Reverse(level),
            Reverse(stored.first_at),
        )
    });
    open
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
        (ProposalState::Superseded, _) => ItemState::Superseded,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recommend::made::{Along, advised, noon};

    fn stored(level: OrderLevel, rise_m_per_h: f64) -> StoredProposal {
        let all = advised(&[Along {
            gauge: "yakage",
            level_m: 5.1,
            rise_m_per_h,
            districts: &[("kita", 300)],
        }]);
        let mut advice = all.first().expect("advice").advice.as_ref().clone();
        advice.level = crate::recommend::level::advised(level);
        let body = serde_json::json!({
            "key": { "river": "小川", "level": level }, "river_en": "Ogawa", "as_of": noon(), "gauge": "yakage",
            "districts": [], "met": [], "counter": [], "shelters": [], "reach_between": null, "urgent": advice
        });
        StoredProposal {
            id: String::new(),
            proposal: serde_json::from_value(body).expect("a proposal"),
            state: ProposalState::Open,
            first_at: noon(),
            supported_at: noon(),
            decided: None,
        }
    }

    #[test]
    fn nobody_is_told_a_later_moment_to_decide_than_the_deadline() {
        for level in [OrderLevel::ElderlyEvacuation, OrderLevel::EvacuationOrder] {
            let one = stored(level, 0.9).proposal;
            let shown = decide_by(&one).expect("a deadline");
            let deadline = one.deadline().expect("a deadline").decide_by;
            assert_eq!((shown.from, shown.to), (deadline, Some(deadline)));
        }
    }

    #[test]
    fn the_first_deadline_stands_above_whatever_the_level() {
        let soon = stored(OrderLevel::ElderlyEvacuation, 1.4);
        let later = stored(OrderLevel::EvacuationOrder, 0.55);
        let by = |of: &StoredProposal| of.proposal.deadline().expect("a deadline").decide_by;
        assert!(by(&soon) < by(&later));
        let over = stored(OrderLevel::EmergencySafety, 1.4);
        let levels: Vec<OrderLevel> = by_urgency(vec![later, soon, over])
            .iter()
            .map(|stored| stored.proposal.key.level)
            .collect();
        assert_eq!(
            levels,
            [
                OrderLevel::EmergencySafety,
                OrderLevel::ElderlyEvacuation,
                OrderLevel::EvacuationOrder
            ]
        );
    }
}
