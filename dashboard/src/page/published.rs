//! Every notice and what became of it on every channel.

use askama::Template;

use super::show::Show;
use crate::view::{Delivery, DeliveryCell, Frame, NoticeRow, NoticeState, PublishedView};

/// Every notice and what became of it on every channel.
pub fn published(frame: &Frame, view: &PublishedView) -> String {
    Page {
        frame,
        view,
        here: "published",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl PublishedView {
    /// Whether a notice failed on any channel.
    fn any_failed(&self) -> bool {
        self.rows
            .iter()
            .flat_map(|row| &row.deliveries)
            .any(|cell| matches!(cell.delivery, Delivery::Failed { .. }))
    }
}

impl NoticeRow {
    /// What became of it on the channel at this place of the list.
    pub(super) fn delivery(&self, channel: &usize) -> Option<&DeliveryCell> {
        self.deliveries.get(*channel)
    }

    /// Whether it can still be lifted or cancelled.
    pub(super) fn is_in_force(&self) -> bool {
        self.state == NoticeState::InForce
    }
}

#[derive(Template)]
#[template(path = "published.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a PublishedView,
    here: &'static str,
    show: Show,
}
