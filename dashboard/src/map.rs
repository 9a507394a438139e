//! The map: assumed depth as fill, districts as outline, hatch and mark, sites as signs.
//!
//! Depth and level never share a channel: depth is fill, level is always outline plus hatch plus
//! mark with number, so that each stays readable over the other and without colour.

mod draw;
mod group;
mod legend;
mod plane;
mod room;
mod sheet;

use crate::{
    markup::Markup,
    view::{DistrictState, MapView},
};

impl MapView {
    /// The drawing.
    pub(crate) fn drawing(&self) -> Markup {
        draw::map(self)
    }

    /// Exactly what the drawing shows.
    pub(crate) fn legend(&self) -> Markup {
        legend::legend(self)
    }

    /// Districts with a level that the large drawing does not show or could not mark, in words: none is left out
    /// silently.
    pub(crate) fn elsewhere(&self) -> Vec<String> {
        sheet::Sheet::of(self)
            .map(|sheet| sheet.elsewhere(self))
            .unwrap_or_default()
    }

    /// One sentence that tells what the drawing says.
    fn summary(&self) -> String {
        let marked = self
            .districts
            .iter()
            .filter(|district| district.state != DistrictState::Calm)
            .map(|district| format!("{}は{}", district.name, district.state.word()))
            .collect::<Vec<_>>();
        if marked.is_empty() {
            "地図。推奨も発令もある地区はありません。同じ内容の表が下にあります。".to_owned()
        } else {
            format!("地図。{}。同じ内容の表が下にあります。", marked.join("、"))
        }
    }
}
