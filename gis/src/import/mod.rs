//! Reading what towns really have: official and municipal geodata in their own formats, made into layers.
//!
//! What must stay true:
//!
//! - Bytes in, layers and a report out. No file is opened here and nothing is written.
//! - A coordinate system, an encoding or the meaning of a code is stated by the file, by the format's own definition, or by the
//!   person who imports; the report says by which. Nothing is assumed in silence.
//! - A file that is not what it should be is refused as a whole. A feature that is wrong is repaired or left out, with its number,
//!   its reason and its place in the report. Bad input costs bounded time and memory.

mod citygml;
mod codelist;
mod collect;
mod elevation;
mod fit;
mod flatgeobuf;
mod format;
mod geojson;
mod geopackage;
mod interpret;
mod ksj_gml;
mod plan;
mod raw;
mod refusal;
mod report;
mod roads;
mod settings;
mod shapefile;
mod table;
mod text;
mod unpack;
mod wkb;
mod xml;

use crate::road::RoadGraph;
use crate::{ElevationGrid, Layer, LayerKind};

use collect::Collector;
use format::Format;
use refusal::Refuse;
use unpack::{Member, unpack};

pub use codelist::read_codelist;
pub use fit::check_fit;
pub use plan::{
    ImportPlan, PlannedLayer, check_codes, read_axes, read_crs, read_encoding, read_kind,
};
pub use refusal::ImportError;
pub use report::{FileReport, Notice, REFUSALS_LISTED_MAX};
pub use settings::{Settings, TextEncoding};

/// A file to import: its name, its bytes, and the files of the same name beside it that belong to it.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Name without its folder.
    pub name: String,
    /// All its bytes.
    pub bytes: Vec<u8>,
    /// For a Shapefile: `.dbf`, `.prj` and `.cpg`, each with its name.
    pub beside: Vec<(String, Vec<u8>)>,
}

/// What became of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Imported {
    /// Features.
    Layer(Layer),
    /// Ground heights.
    Grid(ElevationGrid),
    /// The network people walk on.
    Roads(Box<RoadGraph>),
}

/// Reads one file. `progress` is told the bytes that are done, of all bytes once unpacked.
///
/// # Errors
/// [`ImportError`] where the file as a whole cannot be used. What is wrong with single features stands in the report.
pub fn import(
    source: &Source,
    settings: &Settings,
    progress: &mut dyn FnMut(u64),
) -> Result<(Imported, FileReport), ImportError> {
    let refuse = Refuse(&source.name);
    let mut members = unpack(refuse, &source.name, &source.bytes)?;
    for (name, bytes) in &source.beside {
        members.push(Member {
            name: name.clone(),
            bytes: bytes.into(),
        });
    }
    let chosen = choose(refuse, &members, settings.table.as_deref())?;
    let format = Format::recognised(&chosen.name, &chosen.bytes)
        .map_err(|found| refuse.refused("format", found, format::ACCEPTED))?;
    let bytes = &*chosen.bytes;
    let is_elevation = matches!(format, Format::Dem | Format::Tin);
    if is_elevation {
        if let Some(kind) = settings.kind.filter(|kind| *kind != LayerKind::Elevation) {
            return Err(refuse.refused(
                "kind",
                kind,
                "elevation, because the file holds ground heights",
            ));
        }
        let read = if format == Format::Dem {
            elevation::read_dem
        } else {
            elevation::read_tin
        };
        let (grid, report) = read(refuse, bytes, settings, progress)?;
        return Ok((Imported::Grid(grid), report));
    }
    if format == Format::Osm {
        if let Some(kind) = settings.kind.filter(|kind| *kind != LayerKind::Road) {
            return Err(refuse.refused(
                "kind",
                kind,
                "road, because the file is an extract of OpenStreetMap",
            ));
        }
        let (graph, report) = roads::read(refuse, bytes)?;
        return Ok((Imported::Roads(Box::new(graph)), report));
    }
    let mut collector = Collector::new(&source.name, format.name(), settings, progress);
    match format {
        Format::Shapefile => shapefile::read(&shapefile_of(chosen, &members), &mut collector),
        Format::GeoJson => geojson::read(bytes, &mut collector),
        Format::FlatGeobuf => flatgeobuf::read(bytes, &mut collector),
        Format::GeoPackage => geopackage::read(bytes, &mut collector),
        Format::KsjGml => ksj_gml::read(bytes, &mut collector),
        Format::CityGml => citygml::read(bytes, &mut collector),
        Format::Csv => table::read(bytes, &mut collector),
        Format::Dem | Format::Tin | Format::Osm => {
            Err(refuse.refused("kind", "elevation or road", "a layer of features"))
        }
    }?;
    let (layer, report) = collector.finish()?;
    Ok((Imported::Layer(layer), report))
}

/// Whether bytes are the geometry of a GeoPackage, and what is wrong with them: the door for tests that make any bytes.
///
/// # Errors
/// What is wrong.
#[doc(hidden)]
pub fn check_geopackage_geometry(bytes: &[u8]) -> Result<(), String> {
    wkb::geopackage(bytes).map(drop)
}

/// The member that holds the data: the only one that can, or the one that was named.
fn choose<'m, 'a>(
    refuse: Refuse,
    members: &'m [Member<'a>],
    said: Option<&str>,
) -> Result<&'m Member<'a>, ImportError> {
    let candidates: Vec<&Member> = members
        .iter()
        .filter(|member| format::holds_data(&member.name))
        .collect();
    if let [only] = candidates.as_slice() {
        return Ok(only);
    }
    let names = |members: &[&Member]| {
        members
            .iter()
            .take(60)
            .map(|member| member.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if candidates.is_empty() {
        return match members {
            [only] => Ok(only),
            _ => Err(refuse.unreadable("geodata", "the archive holds nothing that can be read")),
        };
    }
    let named: Vec<&Member> = candidates
        .iter()
        .filter(|member| {
            said.is_some_and(|said| {
                member.name == said || member.name.ends_with(&format!("/{said}"))
            })
        })
        .copied()
        .collect();
    match named.as_slice() {
        [only] => Ok(only),
        _ => Err(refuse.refused(
            "table",
            said.unwrap_or("not stated"),
            format!("one of the files in it: {}", names(&candidates)),
        )),
    }
}

fn shapefile_of<'m>(shp: &'m Member, members: &'m [Member]) -> shapefile::Files<'m> {
    let stem = |name: &str| {
        name.rsplit_once('.')
            .map(|(stem, _)| stem.to_ascii_lowercase())
    };
    let beside = |extension: &str| {
        members
            .iter()
            .find(|member| {
                stem(&member.name) == stem(&shp.name)
                    && member
                        .name
                        .to_ascii_lowercase()
                        .ends_with(&format!(".{extension}"))
            })
            .map(|member| &*member.bytes)
    };
    shapefile::Files {
        shp: &shp.bytes,
        dbf: beside("dbf"),
        prj: beside("prj"),
        cpg: beside("cpg"),
    }
}
