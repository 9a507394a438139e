//! Values as the agency writes them: number, condition and description belong together.
//!
//! No NaN leaves this file. A magnitude that nobody could measure is [`Measured::value`] `None` with the agency's words.

use serde::{Deserialize, Serialize};

use super::xml::{Element, cut};

/// A number with the agency's reservations about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    /// The number; `None` when there is none (`NaN`, empty, 欠測).
    pub value: Option<f64>,
    /// Unit as written: `m`, `mm`, `km/h`, …
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub unit: String,
    /// What the number is, as written: `１時間最大雨量`, `津波の高さ`, …
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub kind: String,
    /// 不明, 欠測, 以上, 上昇中, …
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub condition: String,
    /// The value in the agency's words: `巨大`, `Ｍ８を超える巨大地震`, `１０ｍ超`, …
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub description: String,
}

impl Measured {
    pub(crate) fn of(element: &Element) -> Self {
        let text = element.text();
        Self {
            value: number(text),
            unit: cut(element.attribute("unit"), 20),
            kind: cut(element.attribute("type"), 80),
            condition: cut(element.attribute("condition"), 80),
            description: cut(element.attribute("description"), 200),
        }
    }

    /// Whether the words say that the true value is higher than the number (`１０ｍ超`, 以上, 上昇中).
    #[must_use]
    pub fn is_at_least(&self) -> bool {
        self.description.contains('超')
            || self.condition == "以上"
            || self.condition == "上昇中"
            || self.description.contains("以上")
    }

    /// Whether the words say that the true value is lower than the number (`０．２ｍ未満`, 以下).
    #[must_use]
    pub fn is_below(&self) -> bool {
        self.description.contains("未満") || self.condition == "以下"
    }
}

/// A finite number; `None` for everything else, `NaN` and the infinities among it.
pub(crate) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.is_empty()
        || !text
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.'))
    {
        return None;
    }
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// A place on the earth.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// Latitude, degrees, north positive.
    pub lat: f64,
    /// Longitude, degrees, east positive.
    pub lon: f64,
    /// Height above sea level, metres; negative below. `None`: unknown, which is not zero.
    pub height_m: Option<f64>,
}

impl Place {
    /// Depth below sea level in kilometres. Zero means very shallow (ごく浅い), `None` unknown.
    #[must_use]
    pub fn depth_km(&self) -> Option<f64> {
        self.height_m.map(|height| {
            let depth = -height / 1000.0;
            if depth == 0.0 { 0.0 } else { depth }
        })
    }
}

/// Whether numbers are degrees (`+34.8`) or degrees and minutes (`+3447.1` is 34° 47.1′).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Angle {
    Degrees,
    DegreesMinutes,
}

/// Reads a coordinate of ISO 6709 such as `+34.8+138.5-10000/`. `type` tells when minutes are meant.
pub(crate) fn coordinate(element: &Element) -> Option<Place> {
    places(element).into_iter().next()
}

/// Reads a list of points, each closed by a solidus. At most 1000.
pub(crate) fn places(element: &Element) -> Vec<Place> {
    let angle = if element.attribute("type").contains("度分") {
        Angle::DegreesMinutes
    } else {
        Angle::Degrees
    };
    element
        .text()
        .split('/')
        .take(1000)
        .filter_map(|point| place(point, angle))
        .collect()
}

pub(crate) fn place(point: &str, angle: Angle) -> Option<Place> {
    let mut parts = signed(point.trim());
    let (lat, lon) = (parts.next()?, parts.next()?);
    let height = parts.next();
    if parts.next().is_some() {
        return None;
    }
    // The form without a hint: more digits than degrees can have mean minutes.
    let angle = if angle == Angle::Degrees && whole_digits(lat) > 2 {
        Angle::DegreesMinutes
    } else {
        angle
    };
    let lat = degrees(lat, 2, angle)?;
    let lon = degrees(lon, 3, angle)?;
    if !(-90.0..=90.0).contains(&lat) || !(-180.0..=180.0).contains(&lon) {
        return None;
    }
    Some(Place {
        lat,
        lon,
        height_m: match height {
            Some(height) => Some(number(height)?),
            None => None,
        },
    })
}

/// Splits `+34.8+138.5-10000` before each sign.
fn signed(text: &str) -> impl Iterator<Item = &str> {
    let mut starts: Vec<usize> = text
        .bytes()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'+' | b'-'))
        .map(|(at, _)| at)
        .take(5)
        .collect();
    let begins_signed = starts.first() == Some(&0);
    if !begins_signed {
        starts.clear();
    }
    let mut ends: Vec<usize> = starts.iter().skip(1).copied().collect();
    ends.push(text.len());
    starts
        .into_iter()
        .zip(ends)
        .map(move |(from, to)| &text[from..to])
}

fn whole_digits(signed: &str) -> usize {
    signed[1..].split('.').next().unwrap_or("").len()
}

fn degrees(signed: &str, digits: usize, angle: Angle) -> Option<f64> {
    let value = number(signed)?;
    match angle {
        Angle::Degrees => Some(value),
        Angle::DegreesMinutes => {
            if whole_digits(signed) != digits + 2 {
                return None;
            }
            let size = value.abs();
            let whole = (size / 100.0).trunc();
            let minutes = size - whole * 100.0;
            if minutes >= 60.0 {
                return None;
            }
            Some((whole + minutes / 60.0).copysign(value))
        }
    }
}

/// Seismic intensity (震度). Greater is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Intensity {
    /// 震度０.
    #[serde(rename = "0")]
    I0,
    /// 震度１.
    #[serde(rename = "1")]
    I1,
    /// 震度２.
    #[serde(rename = "2")]
    I2,
    /// 震度３.
    #[serde(rename = "3")]
    I3,
    /// 震度４.
    #[serde(rename = "4")]
    I4,
    /// 震度５弱.
    #[serde(rename = "5-")]
    I5Lower,
    /// 震度５弱以上未入電: nothing arrived from there, but it is thought to be 5- or more. Ranks just above 5-.
    #[serde(rename = ">=5-")]
    AtLeast5Lower,
    /// 震度５強.
    #[serde(rename = "5+")]
    I5Upper,
    /// 震度６弱.
    #[serde(rename = "6-")]
    I6Lower,
    /// 震度６強.
    #[serde(rename = "6+")]
    I6Upper,
    /// 震度７.
    #[serde(rename = "7")]
    I7,
}

impl Intensity {
    /// Reads `5-`, `震度５弱以上未入電` and the like; `None` for 不明, `over` and what is not known.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        match text.trim() {
            "0" => Some(Self::I0),
            "1" => Some(Self::I1),
            "2" => Some(Self::I2),
            "3" => Some(Self::I3),
            "4" => Some(Self::I4),
            "5-" => Some(Self::I5Lower),
            "5+" => Some(Self::I5Upper),
            "6-" => Some(Self::I6Lower),
            "6+" => Some(Self::I6Upper),
            "7" => Some(Self::I7),
            text if text.contains("５弱以上未入電") || text.contains("5弱以上未入電") => {
                Some(Self::AtLeast5Lower)
            }
            _ => None,
        }
    }

    /// As the agency writes it.
    #[must_use]
    pub fn japanese(self) -> &'static str {
        match self {
            Self::I0 => "震度0",
            Self::I1 => "震度1",
            Self::I2 => "震度2",
            Self::I3 => "震度3",
            Self::I4 => "震度4",
            Self::I5Lower => "震度5弱",
            Self::AtLeast5Lower => "震度5弱以上未入電",
            Self::I5Upper => "震度5強",
            Self::I6Lower => "震度6弱",
            Self::I6Upper => "震度6強",
            Self::I7 => "震度7",
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn nan_is_no_number_and_keeps_its_words() {
        for text in ["NaN", "nan", "inf", "-Infinity", "", "1e999", "1e5", "abc"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(number("000"), Some(0.0));
        assert_eq!(number("-0.5"), Some(-0.5));
    }

    #[test]
    fn a_depth_may_be_known_unknown_or_very_shallow() {
        let depth = |text| place(text, Angle::Degrees).unwrap().depth_km();
        assert_eq!(depth("+34.8+138.5-10000"), Some(10.0));
        assert_eq!(depth("-00.4+100.5"), None);
        assert_eq!(depth("+23.0+121.1+0"), Some(0.0));
    }

    #[test]
    fn degrees_and_minutes_are_told_from_degrees() {
        let place = place("+3447.1+13829.9-23000", Angle::DegreesMinutes).unwrap();
        assert!((place.lat - (34.0 + 47.1 / 60.0)).abs() < 1e-9);
        assert!((place.lon - (138.0 + 29.9 / 60.0)).abs() < 1e-9);
        assert_eq!(
            super::place("+3447.1+13829.9-23000", Angle::Degrees),
            Some(place),
            "five digits cannot be degrees"
        );
    }

    #[test]
    fn south_and_west_are_negative() {
        let place = place("-3447.1-07029.9", Angle::DegreesMinutes).unwrap();
        assert!(place.lat < -34.0 && place.lon < -70.0, "{place:?}");
    }

    #[test]
    fn what_is_no_place_is_none() {
        for text in [
            "",
            "34.8+138.5",
            "+34.8",
            "+99+138",
            "+34+238",
            "+1+2+3+4",
            "+3460.0+13800.0",
            "+x+y",
        ] {
            assert_eq!(place(text, Angle::Degrees), None, "{text}");
        }
    }

    #[test]
    fn an_intensity_that_did_not_arrive_counts_as_five_lower_at_least() {
        let missing = Intensity::read("震度５弱以上未入電").unwrap();
        assert!(missing > Intensity::I5Lower && missing < Intensity::I5Upper);
        assert_eq!(Intensity::read("不明"), None);
    }
}
