//! The situation: one sentence, five questions, the map, the rivers.

use askama::Template;

use super::show::Show;
use crate::view::{DistrictOutline, Frame, GaugeRow, MapView, Situation};

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

impl Situation {
    /// Gauges that can be held against a mark, and the others.
    fn gauges_by_marks(&self) -> (Vec<&GaugeRow>, Vec<&GaugeRow>) {
        self.gauges
            .iter()
            .partition(|row| row.reached.is_some() || row.next.is_some())
    }
}

impl MapView {
    /// Districts with the worst level first, otherwise in their order.
    fn districts_worst_first(&self) -> Vec<&DistrictOutline> {
        let mut districts: Vec<&DistrictOutline> = self.districts.iter().collect();
        districts.sort_by_key(|district| std::cmp::Reverse(district.state.level()));
        districts
    }
}

#[derive(Template)]
#[template(path = "situation.html")]
struct Page<'a> {
    frame: &'a Frame,
    view: &'a Situation,
    here: &'static str,
    show: Show,
}
