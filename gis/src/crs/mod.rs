//! Coordinate systems that Japanese geodata come in, and the way from each to longitude and latitude of JGD2011.
//!
//! A system is told by the file or by the person who imports it; it is never guessed. Inside Hinan there is only one.

mod project;
mod wkt;

use std::fmt;

pub use project::Projector;

/// A coordinate system (座標系).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crs {
    /// Longitude and latitude in degrees (地理座標系).
    Geographic(Datum),
    /// Plane rectangular (平面直角座標系), zones 1 to 19: X metres north, Y metres east of the origin.
    PlaneRectangular(Datum, u8),
    /// Universal Transverse Mercator, zones 51 to 55.
    Utm(Datum, u8),
}

/// What the coordinates refer to (測地系).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Datum {
    /// 世界測地系（測地成果2000）. The same as JGD2011 except where the ground moved in the earthquake of 2011.
    Jgd2000,
    /// 世界測地系（測地成果2011）. The revision of 2024 changed heights only, so its positions are these too.
    Jgd2011,
    /// WGS 84, less than a metre from JGD2011.
    Wgs84,
}

/// Which number of a pair comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Axes {
    /// Longitude then latitude, or easting then northing: the habit of files.
    EastFirst,
    /// Latitude then longitude, or X (north) then Y (east): the order of the national standard and of GML.
    NorthFirst,
}

/// Why a coordinate system is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrsError {
    /// The old Japanese datum.
    #[error(
        "{0} は日本測地系（旧測地系）です。約400mずれます。国土地理院 TKY2JGD で世界測地系に変換してから取り込んでください \
         / is on the Tokyo datum, about 400 m off; a shift by three parameters alone would leave metres of error. Convert \
         with TKY2JGD first; accepted: {ACCEPTED}"
    )]
    OldDatum(String),
    /// One that Hinan does not know.
    #[error("座標系 coordinate system is {0}; accepted: {ACCEPTED}")]
    Unknown(String),
}

const ACCEPTED: &str = "EPSG 6668, 6667, 6697 (JGD2011), 4612, 4947 (JGD2000), 4326, 4979 (WGS 84), 6669-6687 and 2443-2461 \
                        (plane rectangular zones 1-19), 6688-6692, 3097-3101 and 32651-32655 (UTM 51-55)";

impl Crs {
    /// What Hinan uses inside.
    pub const INSIDE: Self = Self::Geographic(Datum::Jgd2011);

    /// The system with this EPSG number.
    ///
    /// # Errors
    /// [`CrsError`] with the numbers that are accepted.
    pub fn from_epsg(code: u32) -> Result<Self, CrsError> {
        let zone = |first: u32, zone_of_first: u8| {
            u8::try_from(code - first).map_or(0, |n| n + zone_of_first)
        };
        Ok(match code {
            6668 | 6667 | 6697 => Self::Geographic(Datum::Jgd2011),
            4612 | 4947 => Self::Geographic(Datum::Jgd2000),
            4326 | 4979 => Self::Geographic(Datum::Wgs84),
            6669..=6687 => Self::PlaneRectangular(Datum::Jgd2011, zone(6669, 1)),
            2443..=2461 => Self::PlaneRectangular(Datum::Jgd2000, zone(2443, 1)),
            6688..=6692 => Self::Utm(Datum::Jgd2011, zone(6688, 51)),
            3097..=3101 => Self::Utm(Datum::Jgd2000, zone(3097, 51)),
            32651..=32655 => Self::Utm(Datum::Wgs84, zone(32651, 51)),
            4301 | 30161..=30179 | 3092..=3096 | 7414 => {
                return Err(CrsError::OldDatum(format!("EPSG:{code}")));
            }
            _ => return Err(CrsError::Unknown(format!("EPSG:{code}"))),
        })
    }

    /// Its EPSG number, two-dimensional.
    #[must_use]
    pub fn epsg(self) -> u32 {
        match self {
            Self::Geographic(Datum::Jgd2011) => 6668,
            Self::Geographic(Datum::Jgd2000) => 4612,
            Self::Geographic(Datum::Wgs84) => 4326,
            Self::PlaneRectangular(Datum::Jgd2000, zone) => 2442 + u32::from(zone),
            Self::PlaneRectangular(_, zone) => 6668 + u32::from(zone),
            Self::Utm(Datum::Jgd2011, zone) => 6637 + u32::from(zone),
            Self::Utm(Datum::Jgd2000, zone) => 3046 + u32::from(zone),
            Self::Utm(Datum::Wgs84, zone) => 32_600 + u32::from(zone),
        }
    }

    /// The system a person or a file names: `EPSG:6677`, `6677`, an OGC address such as
    /// `http://www.opengis.net/def/crs/EPSG/0/6697`, `urn:ogc:def:crs:EPSG::6668`, `CRS84`, or the words of Japanese files
    /// such as `JGD2011 / (B, L)` and `fguuid:jgd2011.bl`. The second value is the axis order the name itself fixes.
    ///
    /// # Errors
    /// [`CrsError`] with what is accepted.
    pub fn from_name(name: &str) -> Result<(Self, Option<Axes>), CrsError> {
        let plain: String = name
            .chars()
            .filter(|c| !c.is_whitespace())
            .collect::<String>()
            .to_lowercase();
        if plain.ends_with("crs84") {
            return Ok((Self::Geographic(Datum::Wgs84), Some(Axes::EastFirst)));
        }
        for (word, datum) in [
            ("jgd2000", Datum::Jgd2000),
            ("jgd2011", Datum::Jgd2011),
            ("jgd2024", Datum::Jgd2011),
        ] {
            if plain == format!("{word}/(b,l)") || plain == format!("fguuid:{word}.bl") {
                return Ok((Self::Geographic(datum), Some(Axes::NorthFirst)));
            }
        }
        if plain == "td/(b,l)" || plain == "fguuid:td.bl" || plain.contains("tokyo") {
            return Err(CrsError::OldDatum(name.to_owned()));
        }
        let digits = plain
            .rsplit(|c: char| !c.is_ascii_digit())
            .next()
            .unwrap_or_default();
        let by_authority = plain.contains("epsg") || plain.chars().all(|c| c.is_ascii_digit());
        let code = digits.parse().ok().filter(|_| by_authority);
        let code = code.ok_or_else(|| CrsError::Unknown(name.to_owned()))?;
        // The short form is how files name it, with the east first; the addresses of the OGC carry the order of EPSG.
        let ogc = plain.starts_with("urn:") || plain.starts_with("http");
        Ok((Self::from_epsg(code)?, ogc.then_some(Axes::NorthFirst)))
    }

    /// The system of a `.prj` file or another description in WKT.
    ///
    /// # Errors
    /// [`CrsError`] with what is accepted.
    pub fn from_wkt(text: &str) -> Result<Self, CrsError> {
        wkt::read(text)
    }

    /// Whether its numbers are degrees.
    #[must_use]
    pub fn is_geographic(self) -> bool {
        matches!(self, Self::Geographic(_))
    }

    /// Its datum.
    #[must_use]
    pub fn datum(self) -> Datum {
        match self {
            Self::Geographic(datum) | Self::PlaneRectangular(datum, _) | Self::Utm(datum, _) => {
                datum
            }
        }
    }
}

impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let datum = match self.datum() {
            Datum::Jgd2000 => "JGD2000",
            Datum::Jgd2011 => "JGD2011",
            Datum::Wgs84 => "WGS 84",
        };
        let epsg = self.epsg();
        match self {
            Self::Geographic(_) => write!(f, "{datum} 経緯度 (EPSG:{epsg})"),
            Self::PlaneRectangular(_, zone) => {
                write!(f, "{datum} 平面直角座標系 第{zone}系 (EPSG:{epsg})")
            }
            Self::Utm(_, zone) => write!(f, "{datum} UTM {zone}N (EPSG:{epsg})"),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{Axes, Crs, CrsError, Datum};

    #[test]
    fn every_accepted_number_leads_to_a_system_and_two_dimensional_ones_back() {
        let two_dimensional = [6668, 4612, 4326]
            .into_iter()
            .chain(6669..=6692)
            .chain(2443..=2461)
            .chain(3097..=3101)
            .chain(32651..=32655);
        for code in two_dimensional {
            assert_eq!(Crs::from_epsg(code).unwrap().epsg(), code);
        }
        assert_eq!(Crs::from_epsg(6697).unwrap().epsg(), 6668);
    }

    #[test]
    fn the_names_that_files_use_are_understood() {
        let jgd2011 = Crs::Geographic(Datum::Jgd2011);
        for (name, crs, axes) in [
            ("EPSG:6668", jgd2011, None),
            ("6677", Crs::PlaneRectangular(Datum::Jgd2011, 9), None),
            (
                "http://www.opengis.net/def/crs/EPSG/0/6697",
                jgd2011,
                Some(Axes::NorthFirst),
            ),
            (
                "urn:ogc:def:crs:EPSG::6668",
                jgd2011,
                Some(Axes::NorthFirst),
            ),
            (
                "urn:ogc:def:crs:OGC:1.3:CRS84",
                Crs::Geographic(Datum::Wgs84),
                Some(Axes::EastFirst),
            ),
            ("JGD2011 / (B, L)", jgd2011, Some(Axes::NorthFirst)),
            (
                "fguuid:jgd2000.bl",
                Crs::Geographic(Datum::Jgd2000),
                Some(Axes::NorthFirst),
            ),
        ] {
            assert_eq!(Crs::from_name(name), Ok((crs, axes)), "{name}");
        }
    }

    #[test]
    fn the_old_datum_is_refused_with_the_way_out() {
        for name in ["EPSG:4301", "EPSG:30169", "TD / (B, L)"] {
            let said = Crs::from_name(name).unwrap_err();
            assert!(matches!(said, CrsError::OldDatum(_)), "{name}");
            assert!(said.to_string().contains("TKY2JGD"), "{said}");
        }
    }

    #[test]
    fn a_name_that_only_looks_like_a_number_is_not_taken_for_one() {
        for name in [
            "",
            "zone 9",
            "EPSG:",
            "EPSG:99999999999",
            "ESRI:102168x",
            "EPSG:3857",
        ] {
            assert!(
                matches!(Crs::from_name(name), Err(CrsError::Unknown(_))),
                "{name}"
            );
        }
    }
}
