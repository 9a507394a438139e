//! The decision sheet. Nothing is chosen on it when it opens.

use askama::Template;

use super::show::Show;
use crate::{
    form,
    view::{AlertLevel, DecisionSheet, FieldErrors, Filled, Frame},
};

/// The decision sheet. Nothing is chosen on it when it opens.
pub fn decide(frame: &Frame, view: &DecisionSheet) -> String {
    Page {
        frame,
        view,
        here: "decide",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl Filled {
    /// Whether a refused attempt had chosen this level.
    pub(super) fn chose_level(&self, level: &AlertLevel) -> bool {
        self.level == Some(*level)
    }

    /// Whether a refused attempt had chosen this reason.
    pub(super) fn chose_reason(&self, value: &str) -> bool {
        self.reason.as_deref() == Some(value)
    }

    /// Whether a refused attempt had chosen own words.
    pub(super) fn chose_own_reason(&self) -> bool {
        self.chose_reason(form::REASON_OWN)
    }
}

impl FieldErrors {
    /// Whether anything was wrong.
    pub(super) fn any(&self) -> bool {
        [&self.form, &self.level, &self.reason, &self.check]
            .into_iter()
            .any(Option::is_some)
    }
}

#[derive(Template)]
#[template(path = "decide.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a DecisionSheet,
    here: &'static str,
    show: Show,
}
