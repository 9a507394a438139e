//! One recommendation, with what speaks for it and against it.

use askama::Template;

use super::show::Show;
use crate::{
    jst,
    view::{Frame, ItemState, RecommendationView, ShelterRow, ShelterState},
};

/// One recommendation, with what speaks for it and against it.
pub fn recommendation(frame: &Frame, view: &RecommendationView) -> String {
    Page {
        frame,
        view,
        here: "recommendation",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl ShelterRow {
    /// Whether people can be sent there in a flood.
    fn is_usable(&self) -> bool {
        self.approved_for_flood && self.depth_at_site.is_none() && self.state != ShelterState::Full
    }
}

impl RecommendationView {
    /// Whether anybody has reported from any shelter.
    fn has_shelter_reports(&self) -> bool {
        self.shelters
            .iter()
            .any(|shelter| shelter.state != ShelterState::NotReported || shelter.free.is_some())
    }
}

impl ItemState {
    /// Who ended it, if a person did.
    fn detail(&self) -> String {
        match self {
            Self::Approved { by, at } | Self::Declined { by, at } => {
                format!("{} {by}", jst::full_words(*at))
            }
            Self::Expired { at } => jst::full_words(*at),
            Self::New | Self::Seen { .. } | Self::Deciding { .. } | Self::Superseded => {
                String::new()
            }
        }
    }
}

#[derive(Template)]
#[template(path = "recommendation.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a RecommendationView,
    here: &'static str,
    show: Show,
}
