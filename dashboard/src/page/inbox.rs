//! The recommendations that wait for a decision.

use askama::Template;

use super::show::Show;
use crate::view::{Frame, InboxView};

/// The recommendations that wait for a decision.
pub fn inbox(frame: &Frame, view: &InboxView) -> String {
    Page {
        frame,
        view,
        here: "inbox",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "inbox.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a InboxView,
    here: &'static str,
    show: Show,
}
