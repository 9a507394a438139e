//! The door for officers.

use askama::Template;

use super::show::Show;
use crate::view::{Frame, SignInView};

/// The door for officers.
pub fn sign_in(frame: &Frame, view: &SignInView) -> String {
    Page {
        frame,
        view,
        here: "sign-in",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a SignInView,
    here: &'static str,
    show: Show,
}
