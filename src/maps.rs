//! The town's maps: drawn once when they are first needed, and the shelf of finished tiles.

use std::sync::OnceLock;

use hinan_gis::tile::{Atlas, Shelf, layer_themes, themes};

use crate::clock::monotonic;
use crate::engine::Reference;

/// Bytes of finished tiles that are kept.
const SHELF_BYTES: usize = 64 << 20;

/// Atlas and shelf of a town.
pub struct Maps {
    atlas: OnceLock<Atlas>,
    shelf: Shelf,
}

impl Default for Maps {
    fn default() -> Self {
        Self {
            atlas: OnceLock::new(),
            shelf: Shelf::with_room(SHELF_BYTES),
        }
    }
}

impl Maps {
    /// All themes, drawn at the first call: that takes as long as drawing takes, and whoever asks meanwhile waits.
    pub fn atlas(&self, reference: &Reference) -> &Atlas {
        self.atlas.get_or_init(|| {
            let began = monotonic();
            let mut all = themes(&reference.town, reference.roads.as_deref());
            all.extend(layer_themes(&reference.layers));
            let atlas = Atlas::new(all);
            let took = monotonic().duration_since(began);
            tracing::info!(took_ms = took.as_millis(), "the town's maps are drawn");
            for sheet in atlas.sheets() {
                let report = sheet.pyramid().report();
                tracing::info!(
                    theme = sheet.theme().key,
                    things = sheet.theme().items.len(),
                    corners = report.corners,
                    bytes = report.bytes,
                    too_small = report.too_small,
                    "drawn for all zooms"
                );
            }
            atlas
        })
    }

    /// Finished tiles.
    #[must_use]
    pub fn shelf(&self) -> &Shelf {
        &self.shelf
    }
}
