//! The regional mesh (地域メッシュ, JIS X 0410): cells of the whole country that statistics are published by.

use std::fmt;
use std::str::FromStr;

use geo::{Coord, Point, Rect};
use serde::{Deserialize, Serialize};

/// A cell of the regional mesh (地域メッシュ), of any of its levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Mesh {
    level: MeshLevel,
    /// South-west corner in steps of an eighth of a basic cell, from latitude 0 and longitude 100 degrees.
    south: u32,
    west: u32,
}

/// How large a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MeshLevel {
    /// 1/8地域メッシュ, about 125 m, eleven digits
    Eighth,
    /// 1/4地域メッシュ, about 250 m, ten digits
    Quarter,
    /// 1/2地域メッシュ, about 500 m, nine digits
    Half,
    /// 基準（3次）地域メッシュ, about 1 km, eight digits
    Basic,
    /// 2倍地域メッシュ, about 2 km, nine digits, the last one 5
    Double,
    /// 5倍地域メッシュ, about 5 km, seven digits
    Fivefold,
    /// 2次地域区画, about 10 km, six digits
    Second,
    /// 1次地域区画, about 80 km, four digits
    First,
}

/// Eighths of a basic cell along one side of it.
const BASIC: u32 = 8;
/// Steps in one degree of latitude: a basic cell is 30 seconds high.
const STEPS_PER_LATITUDE: f64 = 960.0;
/// Steps in one degree of longitude: a basic cell is 45 seconds wide.
const STEPS_PER_LONGITUDE: f64 = 640.0;
const WEST_EDGE_DEGREES: f64 = 100.0;

impl MeshLevel {
    /// All levels, from small to large.
    pub const ALL: [Self; 8] = [
        Self::Eighth,
        Self::Quarter,
        Self::Half,
        Self::Basic,
        Self::Double,
        Self::Fivefold,
        Self::Second,
        Self::First,
    ];

    /// Side in eighths of a basic cell.
    fn side(self) -> u32 {
        match self {
            Self::Eighth => 1,
            Self::Quarter => 2,
            Self::Half => 4,
            Self::Basic => BASIC,
            Self::Double => 2 * BASIC,
            Self::Fivefold => 5 * BASIC,
            Self::Second => 10 * BASIC,
            Self::First => 80 * BASIC,
        }
    }
}

impl Mesh {
    /// The cell of this level that a place lies in; on a common border the northern and eastern one. Nothing outside
    /// latitude 0 to 66 and longitude 100 to 180 degrees, where the mesh has no codes.
    #[must_use]
    pub fn at(place: Point<f64>, level: MeshLevel) -> Option<Self> {
        let (lon, lat) = (place.x(), place.y());
        if !(0.0..66.0).contains(&lat) || !(WEST_EDGE_DEGREES..180.0).contains(&lon) {
            return None;
        }
        let side = level.side();
        let snap = |steps: f64| whole_steps(steps) / side * side;
        Some(Self {
            level,
            south: snap(lat * STEPS_PER_LATITUDE),
            west: snap((lon - WEST_EDGE_DEGREES) * STEPS_PER_LONGITUDE),
        })
    }

    /// How large it is.
    #[must_use]
    pub fn level(self) -> MeshLevel {
        self.level
    }

    /// The cells of larger levels that it lies in, from small to large.
    pub fn around(self) -> impl Iterator<Item = Self> {
        let larger = MeshLevel::ALL
            .into_iter()
            .filter(move |level| *level > self.level);
        larger
            .filter(move |level| level.side().is_multiple_of(self.level.side()))
            .map(move |level| {
                let side = level.side();
                Self {
                    level,
                    south: self.south / side * side,
                    west: self.west / side * side,
                }
            })
    }

    /// Its corners, longitude and latitude, degrees.
    #[must_use]
    pub fn bounds(self) -> Rect<f64> {
        let corner = |south: u32, west: u32| Coord {
            x: WEST_EDGE_DEGREES + f64::from(west) / STEPS_PER_LONGITUDE,
            y: f64::from(south) / STEPS_PER_LATITUDE,
        };
        let side = self.level.side();
        Rect::new(
            corner(self.south, self.west),
            corner(self.south + side, self.west + side),
        )
    }
}

/// At the edge of a cell the product may fall short of the whole number by rounding; a billionth of a step is a
/// ten-thousandth of a millimetre.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "latitude below 66 and longitude below 180 give less than 70,000 steps, none negative"
)]
fn whole_steps(steps: f64) -> u32 {
    (steps + 1e-9).floor() as u32
}

impl fmt::Display for Mesh {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = MeshLevel::First.side();
        let second = MeshLevel::Second.side();
        write!(f, "{:02}{:02}", self.south / first, self.west / first)?;
        if self.level == MeshLevel::First {
            return Ok(());
        }
        let (y, x) = (self.south % first, self.west % first);
        write!(f, "{}{}", y / second, x / second)?;
        let (y, x) = (y % second, x % second);
        let quadrant = |half: u32| 1 + 2 * (y / half % 2) + x / half % 2;
        match self.level {
            MeshLevel::First | MeshLevel::Second => Ok(()),
            MeshLevel::Fivefold => write!(f, "{}", quadrant(MeshLevel::Fivefold.side())),
            MeshLevel::Double => write!(f, "{}{}5", y / BASIC, x / BASIC),
            MeshLevel::Basic | MeshLevel::Half | MeshLevel::Quarter | MeshLevel::Eighth => {
                write!(f, "{}{}", y / BASIC, x / BASIC)?;
                let mut half = BASIC / 2;
                while half >= self.level.side() && half > 0 {
                    write!(f, "{}", quadrant(half))?;
                    half /= 2;
                }
                Ok(())
            }
        }
    }
}

impl FromStr for Mesh {
    type Err = String;

    fn from_str(code: &str) -> Result<Self, String> {
        read(code).ok_or_else(|| {
            format!("mesh code is {code}; accepted: 4, 6, 7, 8, 9, 10 or 11 digits of JIS X 0410")
        })
    }
}

fn read(code: &str) -> Option<Mesh> {
    if !(4..=11).contains(&code.len()) || code.len() == 5 {
        return None;
    }
    let digits: Vec<u32> = code
        .chars()
        .map(|c| c.to_digit(10))
        .collect::<Option<_>>()?;
    let first = MeshLevel::First.side();
    let mut south = (digits[0] * 10 + digits[1]) * first;
    let mut west = (digits[2] * 10 + digits[3]) * first;
    if digits[0] * 10 + digits[1] >= 99 || digits[2] * 10 + digits[3] >= 80 {
        return None;
    }
    let mut level = MeshLevel::First;
    if let Some([y, x]) = digits.get(4..6) {
        if *y > 7 || *x > 7 {
            return None;
        }
        level = MeshLevel::Second;
        south += y * level.side();
        west += x * level.side();
    }
    let mut quadrant = |digit: u32, level: MeshLevel| {
        let digit = digit.checked_sub(1).filter(|digit| *digit < 4)?;
        south += digit / 2 * level.side();
        west += digit % 2 * level.side();
        Some(level)
    };
    match &digits[digits.len().min(6)..] {
        [] => {}
        [five] => level = quadrant(*five, MeshLevel::Fivefold)?,
        [y, x, 5] if y % 2 == 0 && x % 2 == 0 => {
            level = MeshLevel::Double;
            south += y * BASIC;
            west += x * BASIC;
        }
        [y, x, rest @ ..] => {
            level = MeshLevel::Basic;
            for (digit, smaller) in
                rest.iter()
                    .zip([MeshLevel::Half, MeshLevel::Quarter, MeshLevel::Eighth])
            {
                level = quadrant(*digit, smaller)?;
            }
            south += y * BASIC;
            west += x * BASIC;
        }
    }
    Some(Mesh { level, south, west })
}

impl TryFrom<String> for Mesh {
    type Error = String;

    fn try_from(code: String) -> Result<Self, String> {
        code.parse()
    }
}

impl From<Mesh> for String {
    fn from(mesh: Mesh) -> Self {
        mesh.to_string()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::{Contains, Coord, Point};
    use proptest::prelude::{prop_assert, prop_assert_eq, proptest};

    use super::{Mesh, MeshLevel};

    /// Tokyo Tower, published as 35.658581 139.745433.
    #[test]
    fn tokyo_tower_lies_in_the_cells_that_are_published_for_it() {
        let tower = Point::new(139.745_433, 35.658_581);
        for (level, code) in [
            (MeshLevel::First, "5339"),
            (MeshLevel::Second, "533935"),
            (MeshLevel::Basic, "53393599"),
            (MeshLevel::Half, "533935992"),
            (MeshLevel::Quarter, "5339359921"),
            (MeshLevel::Eighth, "53393599212"),
        ] {
            assert_eq!(Mesh::at(tower, level).unwrap().to_string(), code);
        }
    }

    #[test]
    fn a_cell_has_the_corners_of_the_standard() {
        let bounds = "5339".parse::<Mesh>().unwrap().bounds();
        assert_eq!(
            bounds.min(),
            Coord {
                x: 139.0,
                y: 53.0 / 1.5
            }
        );
        let bounds = "634361591".parse::<Mesh>().unwrap().bounds();
        assert!((bounds.min().x - 143.2375).abs() < 1e-9, "{bounds:?}");
        assert!((bounds.max().y - 42.545_833_33).abs() < 1e-8, "{bounds:?}");
    }

    #[test]
    fn codes_that_are_no_cell_are_refused_by_name() {
        for code in [
            "",
            "533",
            "53398",
            "533985",
            "5339350",
            "533935990",
            "5339359925",
            "533935995",
            "5339x5",
            "533935992123",
        ] {
            let said = code.parse::<Mesh>().unwrap_err();
            assert!(said.starts_with(&format!("mesh code is {code};")), "{said}");
        }
    }

    #[test]
    fn a_cell_of_two_kilometres_ends_in_five_and_starts_at_an_even_one() {
        let double: Mesh = "533935885".parse().unwrap();
        assert_eq!(double.level(), MeshLevel::Double);
        let basic: Mesh = "53393588".parse().unwrap();
        assert_eq!(double.bounds().min(), basic.bounds().min());
    }

    proptest! {
        #[test]
        fn every_place_lies_in_its_cell_and_the_code_leads_back(x in 122.0..154.0_f64, y in 20.0..46.0_f64) {
            for level in MeshLevel::ALL {
                let cell = Mesh::at(Point::new(x, y), level).unwrap();
                prop_assert_eq!(cell.to_string().parse::<Mesh>().unwrap(), cell);
                let mut bounds = cell.bounds();
                bounds.set_min(bounds.min() - Coord { x: 1e-9, y: 1e-9 });
                prop_assert!(bounds.contains(&Point::new(x, y)), "{cell} {x} {y}");
            }
        }

        #[test]
        fn any_text_is_a_cell_or_refused(text in "[0-9]{0,13}") {
            if let Ok(cell) = text.parse::<Mesh>() {
                prop_assert_eq!(cell.to_string(), text);
            }
        }
    }
}
