//! All themes of a town with their pyramids (地図帳): what tiles, GeoJSON and tables are served from.

use geo::{BoundingRect, Intersects, Rect};
use serde_json::{Value as Json, json};

use super::mercator::{TileId, ZOOM_MAX};
use super::pyramid::{Pyramid, Tile};
use super::theme::{Item, Theme, Value};

/// Themes, drawn. Built whole and swapped whole.
#[derive(Clone, Debug)]
pub struct Atlas {
    sheets: Vec<Sheet>,
}

/// One theme with its pyramid.
#[derive(Clone, Debug)]
pub struct Sheet {
    theme: Theme,
    pyramid: Pyramid,
    bounds: Vec<Option<Rect<f64>>>,
}

/// A page of things: those found, and where the next page begins.
#[derive(Clone, Debug)]
pub struct Found<'a> {
    /// The things, by number.
    pub items: Vec<&'a Item>,
    /// The number after which to go on; nothing at the end.
    pub next: Option<u32>,
    /// How many there are in all.
    pub total: usize,
}

impl Atlas {
    /// Draws all themes.
    #[must_use]
    pub fn new(themes: Vec<Theme>) -> Self {
        Self {
            sheets: themes.into_iter().map(Sheet::new).collect(),
        }
    }

    /// All sheets, lowest first.
    #[must_use]
    pub fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    /// The sheet of a theme.
    #[must_use]
    pub fn sheet(&self, key: &str) -> Option<&Sheet> {
        self.sheets.iter().find(|sheet| sheet.theme.key == key)
    }
}

impl Sheet {
    /// Draws a theme.
    #[must_use]
    pub fn new(theme: Theme) -> Self {
        Self {
            pyramid: Pyramid::of(&theme),
            bounds: theme.items.iter().map(Item::bounds).collect(),
            theme,
        }
    }

    /// Its theme.
    #[must_use]
    pub fn theme(&self) -> &Theme {
        &self.theme
    }

    /// Its pyramid.
    #[must_use]
    pub fn pyramid(&self) -> &Pyramid {
        &self.pyramid
    }

    /// One tile. The same town gives the same bytes.
    #[must_use]
    pub fn tile(&self, id: TileId) -> Tile {
        self.pyramid.tile(&self.theme, id)
    }

    /// South-west and north-east corner of everything in it, degrees; nothing for an empty theme.
    #[must_use]
    pub fn bounds(&self) -> Option<Rect<f64>> {
        let corners = self
            .bounds
            .iter()
            .flatten()
            .flat_map(|rect| [rect.min(), rect.max()]);
        geo::MultiPoint::from_iter(corners).bounding_rect()
    }

    /// Its description (TileJSON 3.0.0). `tiles` is the address of its tiles with `{z}`, `{x}` and `{y}` in it.
    #[must_use]
    pub fn tile_json(&self, tiles: &str, attribution: &str) -> Json {
        let theme = &self.theme;
        let fields: serde_json::Map<String, Json> = theme
            .columns
            .iter()
            .filter(|column| column.in_tiles)
            .map(|column| {
                (
                    column.key.to_owned(),
                    json!(format!("{} / {}", column.ja, column.en)),
                )
            })
            .collect();
        let mut description = json!({
            "tilejson": "3.0.0",
            "name": theme.title_ja,
            "description": theme.title_en,
            "attribution": attribution,
            "scheme": "xyz",
            "tiles": [tiles],
            "minzoom": theme.zoom_min,
            "maxzoom": ZOOM_MAX,
            "vector_layers": [{
                "id": theme.key,
                "description": theme.title_ja,
                "minzoom": theme.zoom_min,
                "maxzoom": ZOOM_MAX,
                "fields": fields,
            }],
        });
        if let Some(bounds) = self.bounds() {
            let (low, high) = (bounds.min(), bounds.max());
            description["bounds"] = json!([low.x, low.y, high.x, high.y]);
            let middle = bounds.center();
            description["center"] = json!([middle.x, middle.y, theme.zoom_min.max(11)]);
        }
        description
    }

    /// Things whose boxes meet a box in degrees (all without one), numbered after `after`, at most `limit`.
    #[must_use]
    pub fn within(&self, bounds: Option<Rect<f64>>, after: u32, limit: usize) -> Found<'_> {
        let meets = |own: &Option<Rect<f64>>| match (own, bounds) {
            (_, None) => true,
            (Some(own), Some(wanted)) => own.intersects(&wanted),
            (None, Some(_)) => false,
        };
        let mut found = self
            .theme
            .items
            .iter()
            .zip(&self.bounds)
            .filter(|(_, own)| meets(own))
            .map(|(item, _)| item);
        let total = found.clone().count();
        let mut rest = found.by_ref().filter(|item| item.number > after);
        let items: Vec<&Item> = rest.by_ref().take(limit).collect();
        let more = rest.next().is_some();
        let next = items.last().filter(|_| more).map(|item| item.number);
        Found { items, next, total }
    }
}

impl Theme {
    /// A thing as a feature of GeoJSON. What is unknown is null.
    #[must_use]
    pub fn feature(&self, item: &Item) -> Json {
        let values = self.columns.iter().zip(&item.values);
        let properties: serde_json::Map<String, Json> = values
            .map(|(column, value): (_, &Value)| (column.key.to_owned(), value.json()))
            .collect();
        json!({
            "type": "Feature",
            "id": item.number,
            "geometry": item.geometry(),
            "properties": properties,
        })
    }
}
