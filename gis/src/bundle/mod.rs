//! The town bundle: everything an import made of a town's files, in one file that is read and checked whole.

mod file;
mod stored;
mod town;

use std::collections::BTreeMap;

use crate::road::RoadGraph;
use crate::{ElevationGrid, Layer, LayerKind, LoadError, Town, TownFile};

pub(crate) use town::{own_border, units};

pub use stored::{STEPS_PER_DEGREE, snapped};

/// How the file is named in refusals.
const PART: &str = "bundle";

/// The part of a bundle that holds the network people walk on: the bytes of a [`RoadGraph`].
pub const ROADS: &str = "road";

/// A town's layers, heights and its town file, as one file holds them.
///
/// The same contents give the same bytes. Coordinates are kept in whole hundred-millionths of a degree, so what is read back
/// is exactly what was checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    town_file: Option<TownFile>,
    layers: Vec<Layer>,
    grids: Vec<ElevationGrid>,
    parts: BTreeMap<String, Vec<u8>>,
}

impl Bundle {
    /// A bundle of these layers. Without a town file it can be looked into, but it is no town yet.
    #[must_use]
    pub fn new(town_file: Option<TownFile>, layers: Vec<Layer>, grids: Vec<ElevationGrid>) -> Self {
        Self {
            town_file,
            layers,
            grids,
            parts: BTreeMap::new(),
        }
    }

    /// Adds something that another module reads and writes in its own form, such as the road graph. The name has at most 16
    /// letters, digits or `_`.
    #[must_use]
    pub fn with_part(mut self, name: &str, bytes: Vec<u8>) -> Self {
        self.parts.insert(name.to_owned(), bytes);
        self
    }

    /// What another module put in under this name.
    #[must_use]
    pub fn part(&self, name: &str) -> Option<&[u8]> {
        self.parts.get(name).map(Vec::as_slice)
    }

    /// The network people walk on; nothing where none was imported.
    ///
    /// # Errors
    /// What is not as it must be in its bytes.
    pub fn roads(&self) -> Result<Option<RoadGraph>, LoadError> {
        self.part(ROADS).map(RoadGraph::from_bytes).transpose()
    }

    /// What people write by hand about the town.
    #[must_use]
    pub fn town_file(&self) -> Option<&TownFile> {
        self.town_file.as_ref()
    }

    /// All layers, in the order they were imported.
    #[must_use]
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// All layers, for who needs nothing else of it.
    #[must_use]
    pub fn into_layers(self) -> Vec<Layer> {
        self.layers
    }

    /// The layers of one kind.
    pub fn layers_of(&self, kind: LayerKind) -> impl Iterator<Item = &Layer> {
        self.layers.iter().filter(move |layer| layer.kind == kind)
    }

    /// Ground heights.
    #[must_use]
    pub fn grids(&self) -> &[ElevationGrid] {
        &self.grids
    }

    /// Its bytes.
    ///
    /// # Errors
    /// A part that is larger than the format allows, by name.
    pub fn write(&self) -> Result<Vec<u8>, LoadError> {
        file::write(self)
    }

    /// Reads and checks the bytes of a bundle.
    ///
    /// # Errors
    /// Says whether mark, version, length, digest or a part of it was refused.
    pub fn open(bytes: &[u8]) -> Result<Self, LoadError> {
        file::open(bytes)
    }

    /// The town of this bundle, checked like a town of any other origin: outline from its boundaries, zones from its flood
    /// layers of assumed maximum scale, districts with their people, shelters, and the gauges and rivers of its town file.
    ///
    /// # Errors
    /// What is missing for a town, or the first rule that is broken.
    pub fn town(&self) -> Result<Town, LoadError> {
        town::town(self)
    }

    /// How many features of the boundary layers are the town's own, and how many there are: national files hold whole
    /// prefectures.
    ///
    /// # Errors
    /// A border of other municipalities only.
    pub fn own_border(&self) -> Result<(usize, usize), LoadError> {
        let all = self
            .layers_of(LayerKind::Boundary)
            .map(|layer| layer.features.len());
        Ok((own_border(self)?.len(), all.sum()))
    }

    /// West, south, east and north of the town's own border, degrees; nothing where no border was imported.
    ///
    /// # Errors
    /// A border of other municipalities only.
    pub fn own_bounds(&self) -> Result<Option<[f64; 4]>, LoadError> {
        let boxes = own_border(self)?.into_iter().filter_map(|feature| {
            let rect = feature.shape.bounds()?;
            Some([rect.min().x, rect.min().y, rect.max().x, rect.max().y])
        });
        Ok(boxes.reduce(|a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        }))
    }

    /// The head of a bundle before a body that somebody else made, so that tests reach what stands behind mark and digest.
    #[doc(hidden)]
    #[must_use]
    pub fn sealed(body: &[u8]) -> Vec<u8> {
        file::sealed(body)
    }
}
