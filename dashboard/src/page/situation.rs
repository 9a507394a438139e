//! The situation: one sentence, five questions, the map, the rivers.

use askama::Template;

use super::show::Show;
use crate::view::{Frame, Situation};

/// The situation: one sentence, five questions, the map, the rivers.
pub fn situation(frame: &Frame, view: &Situation) -> String {
    Page {
        frame,
        view,
        here: "situation",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "situation.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a Situation,
    here: &'static str,
    show: Show,
}
