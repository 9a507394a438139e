//! One notice, its texts and its journey.

use askama::Template;

use super::show::Show;
use crate::view::{Frame, NoticeView};

/// One notice, its texts and its journey.
pub fn notice(frame: &Frame, view: &NoticeView) -> String {
    Page {
        frame,
        view,
        here: "notice",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "notice.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a NoticeView,
    here: &'static str,
    show: Show,
}
