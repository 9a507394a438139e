//! A network as bytes: what cannot be worked out again, in whole numbers, each as the step from the one before.

use super::assemble::finish;
use super::graph::{RoadGraph, RoadReport, Stretch, length_mm};
use super::rules::{RoadClass, Traits};
use crate::protobuf::{push_number, unfolded};
use crate::refusal::LoadError;

const MAGIC: &[u8; 8] = b"hinanrd1";
const PART: &str = "road network";

impl RoadGraph {
    /// Its bytes. The same network gives the same bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Writer(MAGIC.to_vec());
        let report = self.report;
        for count in [
            report.ways,
            report.walkable,
            report.ways_without_course,
            report.nodes_missing,
            report.nodes_closed,
            self.junctions.len() as u64,
            self.stretches.len() as u64,
        ] {
            out.number(count);
        }
        let mut before = [0, 0];
        for at in &self.junctions {
            out.step(&mut before, *at);
        }
        let mut way = 0_i64;
        for (id, stretch) in (0_u32..).zip(&self.stretches) {
            for end in stretch.ends {
                out.number(u64::from(end));
            }
            out.number(stretch.class as u64);
            out.number(u64::from(stretch.traits.byte()));
            out.signed(stretch.way.wrapping_sub(way));
            way = stretch.way;
            let course = self.course_e7(id);
            let between = &course[1..course.len() - 1];
            out.number(between.len() as u64);
            let mut before = course[0];
            for at in between {
                out.step(&mut before, *at);
            }
        }
        out.0
    }

    /// Reads bytes that [`to_bytes`](Self::to_bytes) wrote, and checks them.
    ///
    /// # Errors
    /// Names what is not as it must be. Memory stays in proportion to the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, LoadError> {
        let Some(left) = bytes.strip_prefix(MAGIC) else {
            return Err(broken(
                "it does not begin with the mark of this format and version",
            ));
        };
        let mut read = Reader(left);
        let report = RoadReport {
            ways: read.number()?,
            walkable: read.number()?,
            ways_without_course: read.number()?,
            nodes_missing: read.number()?,
            nodes_closed: read.number()?,
        };
        let (junctions, stretches) = (read.count(2)?, read.count(6)?);
        let mut before = [0, 0];
        let points = (0..junctions)
            .map(|_| read.step(&mut before))
            .collect::<Result<Vec<_>, _>>()?;
        let mut laid = Vec::with_capacity(stretches);
        let mut course = Vec::new();
        let mut course_from = vec![0];
        let mut way = 0_i64;
        for n in 0..stretches {
            let mut end = || -> Result<(u32, [i32; 2]), LoadError> {
                let end = read.number()?;
                let at = usize::try_from(end).ok().and_then(|end| points.get(end));
                match (u32::try_from(end), at) {
                    (Ok(end), Some(at)) => Ok((end, *at)),
                    _ => Err(refused(
                        n,
                        "end",
                        end,
                        &format!("a junction, 0 to {junctions}"),
                    )),
                }
            };
            let (a, b) = (end()?, end()?);
            let (class, traits) = (read.number()?, read.number()?);
            let class = u8::try_from(class)
                .ok()
                .and_then(RoadClass::from_byte)
                .ok_or_else(|| refused(n, "class", class, "0 to 4"))?;
            let traits = u8::try_from(traits)
                .ok()
                .and_then(Traits::from_byte)
                .ok_or_else(|| refused(n, "traits", traits, "0 to 63"))?;
            way = way.wrapping_add(unfolded(read.number()?));
            let between = read.count(2)?;
            let from = course.len();
            course.push(a.1);
            let mut before = a.1;
            for _ in 0..between {
                course.push(read.step(&mut before)?);
            }
            course.push(b.1);
            course_from.push(u32::try_from(course.len()).map_err(|_| broken("it is too large"))?);
            laid.push(Stretch {
                ends: [a.0, b.0],
                length_mm: length_mm(&course[from..]),
                class,
                traits,
                way,
            });
        }
        if !read.0.is_empty() {
            return Err(broken("bytes are left over at its end"));
        }
        Ok(finish(&points, laid, course_from, course, report))
    }
}

fn broken(why: &str) -> LoadError {
    LoadError::Unreadable {
        part: PART.into(),
        format: "a network of this project",
        why: why.to_owned(),
    }
}

fn refused(stretch: usize, key: &str, value: u64, accepted: &str) -> LoadError {
    LoadError::refused(format!("{PART} stretch[{stretch}]"), key, value, accepted)
}

struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, number: u64) {
        push_number(&mut self.0, number);
    }

    fn signed(&mut self, number: i64) {
        self.number((number << 1 ^ number >> 63).cast_unsigned());
    }

    fn step(&mut self, before: &mut [i32; 2], at: [i32; 2]) {
        for (before, at) in before.iter().zip(at) {
            self.signed(i64::from(at) - i64::from(*before));
        }
        *before = at;
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Result<u64, LoadError> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self
                .0
                .split_first()
                .ok_or_else(|| broken("it ends too early"))?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err(broken("a number is longer than ten bytes"))
    }

    /// A count of things that take at least so many bytes each: it cannot be larger than what is left.
    fn count(&mut self, bytes_each: usize) -> Result<usize, LoadError> {
        let count = self.number()?;
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= self.0.len() / bytes_each && u32::try_from(*count).is_ok())
            .ok_or_else(|| broken("it states more than it holds"))
    }

    fn step(&mut self, before: &mut [i32; 2]) -> Result<[i32; 2], LoadError> {
        const MAX: [i64; 2] = [1_800_000_000, 900_000_000];
        for (before, max) in before.iter_mut().zip(MAX) {
            let at = i64::from(*before).checked_add(unfolded(self.number()?));
            *before = at
                .filter(|at| (-max..=max).contains(at))
                .and_then(|at| i32::try_from(at).ok())
                .ok_or_else(|| broken("a place is not on Earth"))?;
        }
        Ok(*before)
    }
}
