//! Reading the coordinate system out of WKT, as `.prj` files and GeoPackages carry it.
//!
//! The authority's number is believed where there is one. Otherwise datum, projection and its parameters must say together
//! which system it is; a name alone is not believed.

use super::{Crs, CrsError, Datum};

const BYTES_MAX: usize = 16 * 1024;

pub(super) fn read(text: &str) -> Result<Crs, CrsError> {
    let unknown = || {
        let start: String = text.trim().chars().take(80).collect();
        CrsError::Unknown(format!("\"{start}\""))
    };
    if text.len() > BYTES_MAX {
        return Err(unknown());
    }
    let plain: String = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_uppercase();
    if let Some(code) = authority(&plain) {
        return Crs::from_epsg(code);
    }
    let datum = datum(&plain).ok_or_else(unknown)??;
    let is_projected = plain.starts_with("PROJCS[") || plain.starts_with("PROJCRS[");
    if !is_projected {
        let is_geographic = ["GEOGCS[", "GEOGCRS[", "GEODCRS["]
            .iter()
            .any(|start| plain.starts_with(start));
        return is_geographic
            .then_some(Crs::Geographic(datum))
            .ok_or_else(unknown);
    }
    let parameter = |name: &str| {
        let (_, rest) = plain.split_once(&format!("PARAMETER[\"{name}\","))?;
        let end = rest.find([']', ','])?;
        rest[..end].parse::<f64>().ok()
    };
    let transverse =
        plain.contains("\"TRANSVERSE_MERCATOR\"") || plain.contains("\"GAUSS_KRUGER\"");
    let scale = parameter("SCALE_FACTOR")
        .filter(|_| transverse)
        .ok_or_else(unknown)?;
    let lon = parameter("CENTRAL_MERIDIAN").ok_or_else(unknown)?;
    let lat = parameter("LATITUDE_OF_ORIGIN").ok_or_else(unknown)?;
    let false_east = parameter("FALSE_EASTING").ok_or_else(unknown)?;
    let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
    let fits = |crs: &Crs| {
        let Some((origin_lat, origin_lon)) = origin(*crs) else {
            return false;
        };
        let (standard_scale, standard_east) = match crs {
            Crs::Utm(..) => (0.9996, 500_000.0),
            _ => (0.9999, 0.0),
        };
        near(lat, origin_lat)
            && near(lon, origin_lon)
            && near(scale, standard_scale)
            && near(false_east, standard_east)
            && parameter("FALSE_NORTHING").is_none_or(|north| near(north, 0.0))
    };
    (1..=19)
        .map(|zone| Crs::PlaneRectangular(datum, zone))
        .chain((51..=55).map(|zone| Crs::Utm(datum, zone)))
        .find(fits)
        .ok_or_else(unknown)
}

/// Latitude and longitude of the origin, degrees.
fn origin(crs: Crs) -> Option<(f64, f64)> {
    match crs {
        Crs::Geographic(_) => None,
        Crs::PlaneRectangular(_, zone) => super::project::origin_degrees(zone),
        Crs::Utm(_, zone) => Some((0.0, 6.0 * f64::from(zone) - 183.0)),
    }
}

/// The number of the whole system: the last one in the text that stands at its end.
fn authority(plain: &str) -> Option<u32> {
    let mark = ["AUTHORITY[\"EPSG\",", "ID[\"EPSG\","]
        .iter()
        .filter_map(|mark| plain.rfind(mark).map(|at| at + mark.len()))
        .max()?;
    let (number, end) = plain[mark..].split_once(']')?;
    (end == "]").then(|| number.trim_matches('"').parse().ok())?
}

fn datum(plain: &str) -> Option<Result<Datum, CrsError>> {
    let (_, named) = plain.split_once("DATUM[\"")?;
    let (name, _) = named.split_once('"')?;
    let name = name.trim_start_matches("D_").replace(['_', ' '], "");
    Some(Ok(match name.as_str() {
        "JGD2011" | "JAPANESEGEODETICDATUM2011" => Datum::Jgd2011,
        "JGD2000" | "JAPANESEGEODETICDATUM2000" => Datum::Jgd2000,
        "WGS1984" | "WGS84" | "WORLDGEODETICSYSTEM1984" => Datum::Wgs84,
        "TOKYO" => return Some(Err(CrsError::OldDatum("DATUM Tokyo".into()))),
        _ => return None,
    }))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::read;
    use crate::crs::{Crs, CrsError, Datum};

    const ZONE_9: &str = r#"PROJCS["JGD_2011_Japan_Zone_9",GEOGCS["GCS_JGD_2011",DATUM["D_JGD_2011",SPHEROID["GRS_1980",
        6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],
        PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",139.8333333333333],
        PARAMETER["Scale_Factor",0.9999],PARAMETER["Latitude_Of_Origin",36.0],UNIT["Meter",1.0]]"#;

    #[test]
    fn degrees_of_the_national_data_are_recognised() {
        let text = r#"GEOGCS["GCS_JGD_2011",DATUM["D_JGD_2011",SPHEROID["GRS_1980",6378137.0,298.257222101]],
            PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        assert_eq!(read(text), Ok(Crs::Geographic(Datum::Jgd2011)));
    }

    #[test]
    fn a_zone_is_recognised_by_its_parameters_and_not_by_its_name() {
        assert_eq!(read(ZONE_9), Ok(Crs::PlaneRectangular(Datum::Jgd2011, 9)));
        let renamed = ZONE_9.replace("Japan_Zone_9", "Japan_Zone_7");
        assert_eq!(read(&renamed), Ok(Crs::PlaneRectangular(Datum::Jgd2011, 9)));
        let moved = ZONE_9.replace("139.8333333333333", "139.5");
        assert!(matches!(read(&moved), Err(CrsError::Unknown(_))));
        let shifted = ZONE_9.replace("\"False_Northing\",0.0", "\"False_Northing\",100.0");
        assert!(matches!(read(&shifted), Err(CrsError::Unknown(_))));
    }

    #[test]
    fn the_number_of_the_authority_counts_only_at_the_end() {
        let numbered = format!(
            "{},AUTHORITY[\"EPSG\",\"6677\"]]",
            ZONE_9.trim_end_matches(']')
        );
        assert_eq!(
            read(&numbered),
            Ok(Crs::PlaneRectangular(Datum::Jgd2011, 9))
        );
        let inner = ZONE_9.replace(
            "298.257222101]",
            "298.257222101,AUTHORITY[\"EPSG\",\"7019\"]]",
        );
        assert_eq!(read(&inner), Ok(Crs::PlaneRectangular(Datum::Jgd2011, 9)));
    }

    #[test]
    fn the_old_datum_and_texts_that_are_no_system_are_refused() {
        let old = ZONE_9.replace("D_JGD_2011", "D_Tokyo");
        assert!(matches!(read(&old), Err(CrsError::OldDatum(_))));
        for text in [
            "",
            "PROJCS[",
            "GEOGCS[\"x\",DATUM[\"Mars\"]]",
            "LOCAL_CS[\"JGD2011\"]",
        ] {
            assert!(matches!(read(text), Err(CrsError::Unknown(_))), "{text}");
        }
    }
}
