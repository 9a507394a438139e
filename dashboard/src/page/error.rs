//! A page that says what went wrong and what to do, for officers and for residents.

use askama::Template;

use crate::{
    page::show::Show,
    view::{ErrorView, Frame, PublicFrame},
};

/// What went wrong, for an officer.
pub fn error(frame: &Frame, view: &ErrorView) -> String {
    Page {
        frame,
        view,
        here: "error",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

/// What went wrong, for a resident.
pub fn public_error(frame: &PublicFrame, view: &ErrorView) -> String {
    PublicPage {
        frame,
        view,
        show: Show::beside(frame.now),
        refresh_s: None,
    }
    .render()
    .expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "error.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a ErrorView,
    here: &'static str,
    show: Show,
}

#[derive(Template)]
#[template(path = "public_error.html")]
struct PublicPage<'a> {
    frame: &'a PublicFrame,
    view: &'a ErrorView,
    show: Show,
    refresh_s: Option<u32>,
}
