//! Declining a recommendation; no more effort than approving one.

use askama::Template;

use super::show::Show;
use crate::view::{DeclineView, Frame};

/// Declining a recommendation; no more effort than approving one.
pub fn decline(frame: &Frame, view: &DeclineView) -> String {
    Page {
        frame,
        view,
        here: "decline",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "decline.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a DeclineView,
    here: &'static str,
    show: Show,
}
