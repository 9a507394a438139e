//! The last page before publication: the final bytes, their digest and one button.

use askama::Template;

use super::show::Show;
use crate::view::{Approving, ConfirmView, Confirmed, Ending, Frame};

/// The last page before publication: the final bytes, their digest and one button.
pub fn confirm(frame: &Frame, view: &ConfirmView) -> String {
    Page {
        frame,
        view,
        here: "confirm",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl ConfirmView {
    /// Whether the button sends the notice.
    fn leaves(&self) -> bool {
        self.approving != Approving::FirstOfTwo
    }

    /// What the button does, in its own words. An exercise says another sentence.
    fn button(&self, frame: &Frame) -> &'static str {
        match (self.approving, frame.is_exercise()) {
            (Approving::FirstOfTwo, true) => "訓練として1人目で承認し、2人目へ送る",
            (Approving::FirstOfTwo, false) => "1人目として承認し、2人目へ送る",
            (Approving::Lone, true) => "訓練として単独で発令する(住民には届きません)",
            (Approving::Lone, false) => "単独で発令する",
            (Approving::Alone | Approving::SecondOfTwo, true) => self.action.exercise_button(),
            (Approving::Alone | Approving::SecondOfTwo, false) => self.action.button(),
        }
    }
}

impl Confirmed {
    /// What stands behind the level in the heading.
    fn suffix(self) -> &'static str {
        match self {
            Self::Issue => "",
            Self::Lift => "の解除 ",
            Self::Cancel => "の取消 ",
        }
    }

    /// The value of the ending field, for what ends a notice.
    fn ending(self) -> Option<&'static str> {
        match self {
            Self::Issue => None,
            Self::Lift => Some(Ending::Lift.value()),
            Self::Cancel => Some(Ending::Cancel.value()),
        }
    }
}

#[derive(Template)]
#[template(path = "confirm.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a ConfirmView,
    here: &'static str,
    show: Show,
}
