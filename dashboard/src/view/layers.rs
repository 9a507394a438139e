/// The layers of the map, as a list.
#[derive(Clone, Debug)]
pub struct LayersView {
    /// Lowest first.
    pub layers: Vec<LayerLink>,
    /// Whose data it is.
    pub credits: Vec<String>,
    /// What is assumed.
    pub notes: Vec<String>,
}

/// A layer and the ways to it.
#[derive(Clone, Debug)]
pub struct LayerLink {
    /// Japanese title.
    pub title_ja: String,
    /// English title.
    pub title_en: String,
    /// How many things it holds.
    pub things: u64,
    /// Address of its table.
    pub table: String,
    /// Address of its GeoJSON.
    pub geojson: String,
    /// Address of its CSV.
    pub csv: String,
    /// Address of its table as JSON.
    pub json: String,
    /// Address of the description of its tiles.
    pub tiles: String,
}

/// One layer as a table.
#[derive(Clone, Debug)]
pub struct LayerView {
    /// The layer.
    pub layer: LayerLink,
    /// Headings.
    pub heads: Vec<LayerHead>,
    /// Number and cells of each thing, in the order of the headings.
    pub rows: Vec<(u64, Vec<LayerCell>)>,
    /// How many things there are in all.
    pub matched: u64,
    /// How many of them are shown.
    pub shown: u64,
    /// The box that was asked for: west, south, east, north in degrees.
    pub area: Option<String>,
    /// Link to the first page, when this is another.
    pub first: Option<String>,
    /// Link to the next page, if any.
    pub next: Option<String>,
}

/// A heading.
#[derive(Clone, Debug)]
pub struct LayerHead {
    /// Japanese, with its unit.
    pub ja: String,
    /// English, with its unit.
    pub en: String,
}

/// A cell.
#[derive(Clone, Debug)]
pub enum LayerCell {
    /// Nothing is known.
    Unknown,
    /// A text.
    Text(String),
    /// A number, written out.
    Number(String),
    /// Yes or no.
    Flag(bool),
}
