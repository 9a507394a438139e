//! The shapes of a Shapefile, as the ESRI description of July 1998 lays them out.

use geo::Coord;

use crate::import::raw::RawShape;

const HEAD: usize = 100;
const FILE_CODE: u32 = 9994;
const VERSION: u32 = 1000;

/// Reads one shape after the other.
pub(super) struct Shapes<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Shapes<'a> {
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, String> {
        let head = bytes.get(..HEAD).ok_or("its head of 100 bytes is cut")?;
        if big(head, 0) != Some(FILE_CODE) || little(head, 28) != Some(VERSION) {
            return Err("it does not begin like a Shapefile of version 1000".into());
        }
        let declared = u64::from(big(head, 24).unwrap_or(0)) * 2;
        let has = bytes.len() as u64;
        if declared > has {
            return Err(format!(
                "its head says {declared} bytes, there are {has}: the file was cut"
            ));
        }
        let end = usize::try_from(declared).unwrap_or(bytes.len()).max(HEAD);
        Ok(Self {
            bytes: &bytes[..end],
            at: HEAD,
        })
    }

    pub(super) fn position(&self) -> u64 {
        self.at as u64
    }

    /// The next shape, or what is wrong with it. The outer error is one after which nothing can be read.
    pub(super) fn next(&mut self) -> Result<Option<Result<Option<RawShape>, String>>, String> {
        if self.at == self.bytes.len() {
            return Ok(None);
        }
        let cut = || "it ends in the middle of a shape: the file was cut".to_owned();
        let words = big(self.bytes, self.at + 4).ok_or_else(cut)?;
        let start = self.at + 8;
        let length = usize::try_from(words)
            .unwrap_or(usize::MAX)
            .saturating_mul(2);
        let end = start
            .checked_add(length)
            .filter(|end| *end <= self.bytes.len())
            .ok_or_else(cut)?;
        self.at = end;
        Ok(Some(shape(&self.bytes[start..end])))
    }
}

fn shape(content: &[u8]) -> Result<Option<RawShape>, String> {
    let kind = little(content, 0).ok_or("a shape without a type")?;
    match kind {
        0 => Ok(None),
        1 | 11 | 21 => {
            let point = coord(content, 4).ok_or("a point without its two numbers")?;
            Ok(Some(RawShape::Point(point)))
        }
        3 | 13 | 23 => parts(content).map(|parts| Some(RawShape::Lines(parts))),
        5 | 15 | 25 => parts(content).map(|parts| Some(RawShape::Rings(parts))),
        8 | 18 | 28 => match little(content, 36) {
            Some(1) => Ok(Some(RawShape::Point(
                coord(content, 40).ok_or("a point without its two numbers")?,
            ))),
            _ => Err(
                "複数の点 / several points in one feature; accepted: one point, lines or an area"
                    .into(),
            ),
        },
        other => Err(format!(
            "図形の種類 / shape type is {other}; accepted: 0, 1, 3, 5, 11, 13, 15, 21, 23, 25"
        )),
    }
}

/// The parts of a line or area. Counts that do not fit the record are refused before anything is reserved for them.
fn parts(content: &[u8]) -> Result<Vec<Vec<Coord<f64>>>, String> {
    let count = |at: usize| little(content, at).and_then(|n| usize::try_from(n).ok());
    let (Some(parts), Some(points)) = (count(36), count(40)) else {
        return Err("a line or area without its counts".into());
    };
    let needed = 44_usize
        .saturating_add(parts.saturating_mul(4))
        .saturating_add(points.saturating_mul(16));
    if needed > content.len() {
        return Err(format!(
            "the record says {parts} parts and {points} points, which need {needed} bytes; it has {}",
            content.len()
        ));
    }
    let first_point = 44 + parts * 4;
    let mut starts: Vec<usize> = (0..parts).filter_map(|n| count(44 + n * 4)).collect();
    starts.push(points);
    if starts.first().is_some_and(|first| *first != 0 && parts > 0) || !starts.is_sorted() {
        return Err("the parts of the record are not in order".into());
    }
    let point = |n: usize| coord(content, first_point + n * 16);
    let read = |pair: &[usize]| (pair[0]..pair[1]).filter_map(point).collect::<Vec<_>>();
    Ok(starts
        .windows(2)
        .map(read)
        .filter(|part| !part.is_empty())
        .collect())
}

fn big(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn little(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(
        bytes.get(at..at.checked_add(4)?)?.try_into().ok()?,
    ))
}

fn coord(bytes: &[u8], at: usize) -> Option<Coord<f64>> {
    let number = |at: usize| {
        Some(f64::from_le_bytes(
            bytes.get(at..at.checked_add(8)?)?.try_into().ok()?,
        ))
    };
    Some(Coord {
        x: number(at)?,
        y: number(at + 8)?,
    })
}
