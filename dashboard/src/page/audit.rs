//! The record and whether its chain is whole.

use askama::Template;

use super::show::Show;
use crate::view::{AuditRow, AuditView, Frame};

/// The record and whether its chain is whole.
pub fn audit(frame: &Frame, view: &AuditView) -> String {
    Page {
        frame,
        view,
        here: "audit",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl AuditRow {
    /// The first twelve digits: enough to compare by eye.
    fn hash_prefix(&self) -> String {
        self.hash.chars().take(12).collect()
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a AuditView,
    here: &'static str,
    show: Show,
}
