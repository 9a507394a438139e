//! What every reader makes of its format: shapes as they stand in the file, and named values.

use std::rc::Rc;

use geo::Coord;

/// A feature as its file has it: nothing projected, nothing repaired, nothing interpreted.
#[derive(Clone, Debug, Default)]
pub(crate) struct RawFeature {
    /// Counted from 1 in the file.
    pub(crate) number: u32,
    /// Nothing where the file gives no place.
    pub(crate) shape: Option<RawShape>,
    /// In the order of the file.
    pub(crate) fields: Vec<(Rc<str>, Value)>,
}

/// Points in the order of numbers in the file, first and second.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum RawShape {
    Point(Coord<f64>),
    Lines(Vec<Vec<Coord<f64>>>),
    /// Polygons of an outer ring and its holes.
    Polygons(Vec<Vec<Vec<Coord<f64>>>>),
    /// Rings of which the file does not say what is inside what.
    Rings(Vec<Vec<Coord<f64>>>),
    /// Pieces of a surface, to be joined.
    Patches(Vec<Vec<Vec<Coord<f64>>>>),
}

impl RawShape {
    pub(crate) fn points(&self) -> usize {
        let of_polygons =
            |polygons: &[Vec<Vec<Coord<f64>>>]| polygons.iter().flatten().map(Vec::len).sum();
        match self {
            Self::Point(_) => 1,
            Self::Lines(lines) | Self::Rings(lines) => lines.iter().map(Vec::len).sum(),
            Self::Polygons(polygons) | Self::Patches(polygons) => of_polygons(polygons),
        }
    }

    pub(crate) fn for_each(&mut self, mut change: impl FnMut(&mut Coord<f64>)) {
        match self {
            Self::Point(point) => change(point),
            Self::Lines(lines) | Self::Rings(lines) => lines.iter_mut().flatten().for_each(change),
            Self::Polygons(polygons) | Self::Patches(polygons) => {
                polygons.iter_mut().flatten().flatten().for_each(change);
            }
        }
    }
}

/// A value of a field.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) enum Value {
    #[default]
    Nothing,
    Text(String),
    Whole(i64),
    Number(f64),
    Flag(bool),
}

impl Value {
    /// As a person would write it; nothing for an empty one.
    pub(crate) fn text(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Text(text) => {
                let trimmed = text.trim();
                (!trimmed.is_empty()).then(|| trimmed.to_owned())
            }
            Self::Whole(number) => Some(number.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Flag(flag) => Some(if *flag { "1" } else { "0" }.to_owned()),
        }
    }

    /// As a number; nothing where it is none.
    pub(crate) fn number(&self) -> Option<f64> {
        let number = match self {
            Self::Nothing => return None,
            Self::Text(text) => half_width(text.trim()).replace(',', "").parse().ok()?,
            #[expect(
                clippy::cast_precision_loss,
                reason = "counts and codes are far below 2^53"
            )]
            Self::Whole(number) => *number as f64,
            Self::Number(number) => *number,
            Self::Flag(flag) => f64::from(u8::from(*flag)),
        };
        number.is_finite().then_some(number)
    }

    /// As a count of people or the like; nothing where it is negative, fractional or too large.
    pub(crate) fn count(&self) -> Option<u32> {
        let number = self.number()?;
        let fits = number >= 0.0 && number <= f64::from(u32::MAX) && number.fract().abs() < 1e-9;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "just checked to be whole and within range"
        )]
        fits.then_some(number.round() as u32)
    }
}

/// Full-width digits and signs as half-width ones.
pub(crate) fn half_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '！'..='～' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3000}' => ' ',
            '−' | '―' => '-',
            _ => c,
        })
        .collect()
}
