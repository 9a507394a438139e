//! What residents see: approved notices and nothing else.

use askama::Template;

use super::show::Show;
use crate::view::{PublicFrame, PublicHome, PublicNotice, PublicNoticePage};

/// Seconds after which the public home page loads itself again.
const REFRESH_S: u32 = 60;
/// A page must stay below this many bytes on the worst line.
const MOST_BYTES: usize = 30_000;
/// More notices than this are never shown whole.
const MOST_WHOLE: usize = 12;
/// Names longer than this many characters are shortened in lists; the notice's own page has them.
const MOST_NAME: usize = 60;

/// The public home page. Notices are shown whole as long as the page stays small, then shorter,
/// never fewer: an order in force is always named.
pub fn public_home(frame: &PublicFrame, view: &PublicHome) -> String {
    (0..=MOST_WHOLE.min(view.in_force.len() + view.ended.len()))
        .rev()
        .map(|whole| home(frame, view, whole, usize::MAX))
        .chain(
            [200, 100, 50, 20, 10]
                .into_iter()
                .map(|most| home(frame, view, 0, most)),
        )
        .find(|page| page.len() < MOST_BYTES)
        .unwrap_or_else(|| home(frame, view, 0, 5))
}

/// The public page of one notice.
pub fn public_notice(frame: &PublicFrame, view: &PublicNoticePage) -> String {
    NoticePage {
        frame,
        view,
        show: Show::beside(frame.now),
        refresh_s: Some(REFRESH_S),
    }
    .render()
    .expect("writing to a string cannot fail")
}

/// The page with the first `whole` notices whole and at most `most` named.
fn home(frame: &PublicFrame, view: &PublicHome, whole: usize, most: usize) -> String {
    let whole_in_force = whole.min(view.in_force.len());
    let whole_ended = whole - whole_in_force;
    let named = view.in_force.len().min(most);
    let (in_force, brief_in_force) = view.in_force.split_at(whole_in_force.min(named));
    let (ended, brief_ended) = view.ended.split_at(whole_ended.min(view.ended.len()));
    let ended_named = brief_ended.len().min(most - named.min(most));
    HomePage {
        frame,
        in_force,
        brief_in_force: &brief_in_force[..named - in_force.len()],
        more_in_force: view.in_force.len() - named,
        ended,
        brief_ended: &brief_ended[..ended_named],
        show: Show::beside(frame.now),
        refresh_s: Some(REFRESH_S),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl PublicNotice {
    /// Whether it is over.
    fn has_ended(&self) -> bool {
        self.lifted_at.is_some()
            || self.cancelled_at.is_some()
            || self.successor.is_some()
            || self.expired_at.is_some()
    }

    /// The districts in one line that stays a line.
    fn districts_line(&self) -> String {
        let all = format!("{} {}", self.place, self.districts.join("、"));
        if all.chars().count() <= MOST_NAME {
            return all;
        }
        let start: String = all.chars().take(MOST_NAME).collect();
        format!("{start}…(全{}地区)", self.districts.len())
    }
}

#[derive(Template)]
#[template(path = "public_home.html")]
struct HomePage<'a> {
    frame: &'a PublicFrame,
    in_force: &'a [PublicNotice],
    brief_in_force: &'a [PublicNotice],
    more_in_force: usize,
    ended: &'a [PublicNotice],
    brief_ended: &'a [PublicNotice],
    show: Show,
    refresh_s: Option<u32>,
}

#[derive(Template)]
#[template(path = "public_notice.html")]
struct NoticePage<'a> {
    frame: &'a PublicFrame,
    view: &'a PublicNoticePage,
    show: Show,
    refresh_s: Option<u32>,
}
