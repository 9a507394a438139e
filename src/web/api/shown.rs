//! A text that was made to be read, to the byte as it would leave, and what is asked of whoever reads it.

use hinan_dashboard::view::{Approving, Confirmed};
use serde_json::{Value, json};

use super::{Refused, shapes};
use crate::app::App;
use crate::approve::rule::Needs;
use crate::desk;
use crate::realm::Realm;
use crate::store::drafts::StoredDraft;
use crate::web::cautions::{self, Area, Edited};
use crate::web::decide;

/// A text with everything around it.
pub(super) fn shown(
    app: &App,
    draft: &StoredDraft,
    approving: Approving,
) -> Result<Value, Refused> {
    let cautions = cautions::of(app, draft)?;
    let view = decide::beside(app, draft, approving, &cautions);
    let facts = draft.notice.content().facts();
    let asked = match &draft.proposal {
        Some(id) => app.store.read(|view| view.proposal(id))?,
        None => None,
    };
    let valid_h = desk::judge::other_hours(app, draft);
    let edited = asked.map(|asked| Edited::of(&asked.proposal, facts));
    let edited = edited.filter(|of| valid_h.is_some() || !of.is_nothing());
    let areas = |all: &[Area]| -> Value {
        all.iter()
            .map(|one| json!({ "id": one.id, "name": one.name }))
            .collect()
    };
    let edited = edited.map(|of| {
        json!({ "added": areas(&of.added), "dropped": areas(&of.dropped), "valid_h": valid_h })
    });
    Ok(json!({
        "id": draft.notice.id(), "digest": view.digest, "needs": shapes::needs(draft.needs), "approving": word(approving),
        "action": match view.action {
            Confirmed::Issue => "issue",
            Confirmed::Lift => "lift",
            Confirmed::Cancel => "cancel",
        },
        "level": facts.level.number(), "level_text": shapes::level_text(facts.level), "river": facts.river,
        "place": view.place, "areas": view.districts, "reason": view.reason, "reason_code": draft.reason_code,
        "cautions": view.cautions, "cautions_en": shapes::in_english(&cautions),
        "channels": shapes::channels(app), "texts": shapes::words(app, &view.texts),
        "recommendation": draft.proposal, "shown_at": draft.prepared_at, "valid_min": app.config.approve.basis_age_max_min,
        "confirm": confirm_as(app, approving), "check": shapes::check(),
        "prepared_for": draft.prepared_for, "corrects": facts.corrects.as_ref().map(|one| &one.notice),
        "also_in_force": cautions::also_in_force(app, facts)?, "edited": edited, "until": facts.expires,
    }))
}

fn word(approving: Approving) -> &'static str {
    match approving {
        Approving::Alone => "alone",
        Approving::FirstOfTwo => "first_of_two",
        Approving::SecondOfTwo => "second_of_two",
        Approving::Lone => "lone",
    }
}

/// What the button says that does it, for somebody who begins. It is not the same in an exercise.
pub(super) fn confirm(app: &App, needs: Needs) -> Value {
    confirm_as(
        app,
        match needs {
            Needs::Two => Approving::FirstOfTwo,
            Needs::One | Needs::OneThenReview => Approving::Alone,
        },
    )
}

fn confirm_as(app: &App, approving: Approving) -> Value {
    let (ja, en) = match approving {
        Approving::Alone => ("承認して発表する", "Approve and publish"),
        Approving::FirstOfTwo => (
            "1人目として承認し、2人目へ送る",
            "Approve as the first, pass on to the second",
        ),
        Approving::SecondOfTwo => (
            "2人目として承認し、発表する",
            "Approve as the second and publish",
        ),
        Approving::Lone => (
            "2人目を待たずに単独で発表する",
            "Publish alone without the second",
        ),
    };
    match app.config.service.realm {
        Realm::Actual => shapes::text(ja, en),
        Realm::Exercise => shapes::text(
            format!("【訓練】{ja}(訓練として記録)"),
            format!("DRILL: {en} (recorded as a drill)"),
        ),
    }
}
