//! The map as tables.

use askama::Template;

use super::show::Show;
use crate::view::{Frame, LayerCell, LayerHead, LayerView, LayersView};

/// The list of layers.
pub fn layers(frame: &Frame, view: &LayersView) -> String {
    List {
        frame,
        view,
        here: "layers",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

/// One layer as a table.
pub fn layer(frame: &Frame, view: &LayerView) -> String {
    Table {
        frame,
        view,
        here: "layers",
        show: Show::beside(frame.now),
    }
    .render()
    .expect("writing to a string cannot fail")
}

impl LayerView {
    /// A row with the heading of each cell.
    fn row<'a>(
        &'a self,
        cells: &'a [LayerCell],
    ) -> impl Iterator<Item = (&'a LayerHead, &'a LayerCell)> {
        self.heads.iter().zip(cells)
    }
}

#[derive(Template)]
#[template(path = "layers.html")]
struct List<'a> {
    frame: &'a Frame,
    view: &'a LayersView,
    here: &'static str,
    show: Show,
}

#[derive(Template)]
#[template(path = "layer.html")]
struct Table<'a> {
    frame: &'a Frame,
    view: &'a LayerView,
    here: &'static str,
    show: Show,
}
