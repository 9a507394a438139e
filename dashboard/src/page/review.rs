//! What the service proposed when, beside what the towns really did.

use askama::Template;

use super::show::Show;
use crate::{
    jst,
    view::{Frame, ReviewRow, ReviewView},
};

/// What the service proposed when, beside what the towns really did.
pub fn review(frame: &Frame, view: &ReviewView) -> String {
    Page {
        frame,
        view,
        here: "review",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

/// Names of orders that ended in 2021. They appear in records of earlier floods and nowhere else.
const OLD_NAMES: [&str; 2] = ["避難勧告", "避難準備"];

impl ReviewView {
    /// Whether a name of its time has to be explained.
    fn has_old_names(&self) -> bool {
        let sides = self.rows.iter().flat_map(|row| [&row.service, &row.town]);
        let words = sides.flatten().map(|side| side.what.as_str());
        let others = self
            .could_not_know
            .iter()
            .chain(&self.sources)
            .map(String::as_str);
        let happened = self.rows.iter().filter_map(|row| row.happened.as_deref());
        words
            .chain(others)
            .chain(happened)
            .any(|text| OLD_NAMES.iter().any(|name| text.contains(name)))
    }
}

impl ReviewRow {
    /// How much earlier or later the proposal was, in words; a different level is told, because
    /// then the two are not the same decision.
    fn difference(&self) -> String {
        let (Some(service), Some(town)) = (&self.service, &self.town) else {
            return match (&self.service, &self.town) {
                (Some(_), _) => "推奨だけがある",
                (None, Some(_)) => "推奨できなかった",
                (None, None) => "どちらもない",
            }
            .to_owned();
        };
        let time = match jst::minutes_between(service.at, town.at) {
            0 => "同じ時刻".to_owned(),
            minutes @ 1.. => format!("推奨が{}早い", jst::duration(minutes)),
            minutes => format!("推奨が{}遅い", jst::duration(-minutes)),
        };
        if service.level == town.level {
            time
        } else {
            format!("{time}(レベルは異なる)")
        }
    }
}

#[derive(Template)]
#[template(path = "review.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a ReviewView,
    here: &'static str,
    show: Show,
}
