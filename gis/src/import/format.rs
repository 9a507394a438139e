//! Which format a file is in, told from its first bytes; its name only decides for CSV, which has no mark.

/// The formats that are read here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Shapefile,
    GeoJson,
    FlatGeobuf,
    GeoPackage,
    KsjGml,
    CityGml,
    Dem,
    Tin,
    Csv,
    Osm,
}

pub(super) const ACCEPTED: &str = "Shapefile, GeoJSON, FlatGeobuf, GeoPackage, KSJ GML, PLATEAU CityGML, GSI DEM GML, CSV, OpenStreetMap XML and PBF; each \
                                   also in .zip or .gz";

impl Format {
    /// The format, or what the file seems to be instead.
    pub(super) fn recognised(name: &str, bytes: &[u8]) -> Result<Self, String> {
        if bytes.starts_with(&9994_u32.to_be_bytes()) {
            return Ok(Self::Shapefile);
        }
        if bytes.starts_with(&super::flatgeobuf::MAGIC) {
            return Ok(Self::FlatGeobuf);
        }
        if bytes.starts_with(super::geopackage::MAGIC) {
            return Ok(Self::GeoPackage);
        }
        let plain = bytes
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(bytes)
            .trim_ascii_start();
        match plain.first() {
            Some(b'{') => return Ok(Self::GeoJson),
            Some(b'<') => return xml(plain),
            _ => {}
        }
        // A PBF begins with the length of its first head, which names the block.
        if bytes.get(6..15) == Some(b"OSMHeader") {
            return Ok(Self::Osm);
        }
        let lower = name.to_ascii_lowercase();
        if lower.ends_with(".csv") || lower.ends_with(".txt") {
            return Ok(Self::Csv);
        }
        let start: String = plain.iter().take(8).map(|b| format!("{b:02x}")).collect();
        Err(if bytes.is_empty() {
            "an empty file".into()
        } else {
            format!("a file that begins with the bytes {start}")
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Shapefile => "Shapefile",
            Self::GeoJson => "GeoJSON",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoPackage => "GeoPackage",
            Self::KsjGml => super::ksj_gml::FORMAT,
            Self::CityGml => super::citygml::FORMAT,
            Self::Dem => super::elevation::DEM,
            Self::Tin => super::elevation::TIN,
            Self::Csv => super::table::FORMAT,
            Self::Osm => super::roads::FORMAT,
        }
    }
}

/// By the root element and the names that stand in the beginning of the document.
fn xml(bytes: &[u8]) -> Result<Format, String> {
    const HEAD: usize = 16 * 1024;
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
    let root = head
        .split('<')
        .skip(1)
        .find(|tag| !tag.starts_with(['?', '!']))
        .and_then(|tag| tag.split([' ', '>', '\n', '\r', '\t', '/']).next())
        .unwrap_or_default();
    let local = root.rsplit(':').next().unwrap_or_default();
    match local {
        "Dataset" if head.contains("fgd.gsi.go.jp") => Ok(Format::Dem),
        "Dataset" if head.contains("ksj") => Ok(Format::KsjGml),
        "CityModel" if head.contains(":ReliefFeature") => Ok(Format::Tin),
        "CityModel" => Ok(Format::CityGml),
        "osm" => Ok(Format::Osm),
        "MD_Metadata" => Err(
            "metadata (KS-META), which has no features; the data stand in the file beside it"
                .into(),
        ),
        other => Err(format!(
            "XML with the root element {}",
            super::refusal::shortened(other)
        )),
    }
}

/// Whether a file of an archive can hold features by its name.
pub(super) fn holds_data(name: &str) -> bool {
    const DATA: [&str; 11] = [
        "shp", "geojson", "json", "gml", "xml", "fgb", "gpkg", "csv", "txt", "osm", "pbf",
    ];
    let lower = name.to_ascii_lowercase();
    let base = lower.rsplit('/').next().unwrap_or_default();
    let extension = base.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| DATA.contains(&extension)) && !base.starts_with("ks-meta")
}
