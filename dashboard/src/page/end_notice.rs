//! Lifting or cancelling a notice in force.

use askama::Template;

use super::show::Show;
use crate::view::{EndNoticeView, Ending, Frame};

/// Lifting or cancelling a notice in force.
pub fn end_notice(frame: &Frame, view: &EndNoticeView) -> String {
    Page {
        frame,
        view,
        here: "end-notice",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl Ending {
    /// The value sent with the form.
    pub fn value(self) -> &'static str {
        match self {
            Self::Lift => "lift",
            Self::Cancel => "cancel",
        }
    }
}

impl EndNoticeView {
    /// Whether a refused attempt had chosen to lift.
    fn chose_lift(&self) -> bool {
        self.ending == Some(Ending::Lift)
    }

    /// Whether a refused attempt had chosen to cancel.
    fn chose_cancel(&self) -> bool {
        self.ending == Some(Ending::Cancel)
    }
}

#[derive(Template)]
#[template(path = "end_notice.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a EndNoticeView,
    here: &'static str,
    show: Show,
}
