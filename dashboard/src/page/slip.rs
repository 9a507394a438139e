//! A slip: one matter and what can be done about it.

use askama::Template;

use super::show::Show;
use crate::view::{Frame, SlipView};

/// A slip: one matter and what can be done about it.
pub fn slip(frame: &Frame, view: &SlipView) -> String {
    Page {
        frame,
        view,
        here: "slip",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "slip.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a SlipView,
    here: &'static str,
    show: Show,
}
