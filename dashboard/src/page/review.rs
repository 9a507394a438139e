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
        let events = self.also_done.iter().chain(&self.happened);
        let others = self
            .could_not_know
            .iter()
            .chain(&self.sources)
            .map(String::as_str);
        words
            .chain(others)
            .chain(events.map(|event| event.what.as_str()))
            .any(|text| OLD_NAMES.iter().any(|name| text.contains(name)))
    }
}

impl ReviewRow {
    /// How much earlier or later the proposal was, in words.
    fn difference(&self) -> String {
        match (&self.service, &self.town) {
            (Some(service), Some(town)) => match jst::minutes_between(service.at, town.at) {
                0 => "同じ時刻".to_owned(),
                minutes @ 1.. => format!("推奨が{}早い", jst::duration(minutes)),
                minutes => format!("推奨が{}遅い", jst::duration(-minutes)),
            },
            (Some(_), None) => {
                "比べられません(この川・このレベルの実際の発令の記録がない)".to_owned()
            }
            (None, Some(_)) => "推奨なし(実際の発令だけがある)".to_owned(),
            (None, None) => "どちらもない".to_owned(),
        }
    }

    /// Whether both sides are there.
    fn is_comparable(&self) -> bool {
        self.service.is_some() && self.town.is_some()
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
