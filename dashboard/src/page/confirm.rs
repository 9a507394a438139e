//! The last page before publication: the final bytes, their digest and one button.

use askama::Template;

use super::show::Show;
use crate::view::{ConfirmView, Confirmed, Ending, Frame};

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
