//! Well-known binary, as GeoPackages hold it. Every count is checked against what is left before anything is reserved.

use geo::Coord;

use super::collect::FEATURE_POINTS_MAX;
use super::raw::RawShape;

const DEPTH_MAX: usize = 3;
const POINT_BYTES: usize = 16;

/// The shape of a GeoPackage geometry: its own head, then WKB. Nothing for an empty one.
pub(super) fn geopackage(bytes: &[u8]) -> Result<Option<RawShape>, String> {
    let head = bytes
        .get(..8)
        .ok_or("図形の先頭が切れています / the head of a geometry is cut")?;
    if &head[..2] != b"GP" {
        return Err("GeoPackage の図形ではありません / it does not begin with GP".into());
    }
    let flags = head[3];
    let envelope = match flags >> 1 & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        other => return Err(format!("envelope kind is {other}; accepted: 0 to 4")),
    };
    let is_empty = flags & 16 != 0;
    let mut rest = Rest {
        bytes: bytes
            .get(8 + envelope..)
            .ok_or("図形の範囲が切れています / the envelope is cut")?,
        big: false,
        stride: POINT_BYTES,
    };
    if is_empty {
        return Ok(None);
    }
    let shape = rest.geometry(0)?;
    if rest.bytes.is_empty() {
        return Ok(shape);
    }
    Err(format!(
        "{} bytes after the end of a geometry",
        rest.bytes.len()
    ))
}

struct Rest<'a> {
    bytes: &'a [u8],
    big: bool,
    /// Bytes of a point: two, three or four numbers.
    stride: usize,
}

impl Rest<'_> {
    fn geometry(&mut self, depth: usize) -> Result<Option<RawShape>, String> {
        if depth > DEPTH_MAX {
            return Err("図形が深すぎます / geometries in geometries, too deep".into());
        }
        let kind = self.kind()?;
        Ok(match kind {
            1 => {
                let point = self.point()?;
                (!point.x.is_nan() || !point.y.is_nan()).then_some(RawShape::Point(point))
            }
            2 => Some(RawShape::Lines(vec![self.points()?])),
            3 => Some(RawShape::Polygons(vec![self.rings()?])).filter(|shape| shape.points() > 0),
            4 => match self.parts(depth)?.as_slice() {
                [] => None,
                [RawShape::Point(point)] => Some(RawShape::Point(*point)),
                _ => return Err("複数の点 / several points in one feature; accepted: one point, lines or an area".into()),
            },
            5 => {
                let lines = self.parts(depth)?.into_iter().filter_map(|part| match part {
                    RawShape::Lines(lines) => Some(lines),
                    _ => None,
                });
                Some(RawShape::Lines(lines.flatten().collect())).filter(|shape| shape.points() > 0)
            }
            6 => {
                let polygons = self.parts(depth)?.into_iter().filter_map(|part| match part {
                    RawShape::Polygons(polygons) => Some(polygons),
                    _ => None,
                });
                Some(RawShape::Polygons(polygons.flatten().collect())).filter(|shape| shape.points() > 0)
            }
            other => {
                return Err(format!(
                    "図形の種類 / geometry type is {other}; accepted: 1 to 6 (point, line, polygon and their multi forms)"
                ));
            }
        })
    }

    /// The type without the signs for height and measure, which are read over.
    fn kind(&mut self) -> Result<u32, String> {
        self.big = match self.take::<1>()?[0] {
            0 => true,
            1 => false,
            other => return Err(format!("byte order is {other}; accepted: 0 or 1")),
        };
        let kind = self.number()?;
        let (has_z, has_m) = (kind & 0x8000_0000 != 0, kind & 0x4000_0000 != 0);
        if kind & 0x2000_0000 != 0 {
            self.take::<4>()?;
        }
        let plain = kind & 0x0fff_ffff;
        let extra = match plain / 1000 {
            0 => usize::from(has_z) + usize::from(has_m),
            1 | 2 => 1,
            3 => 2,
            _ => return Err(format!("geometry type is {plain}; accepted: up to 3006")),
        };
        self.stride = POINT_BYTES + 8 * extra;
        Ok(plain % 1000)
    }

    fn parts(&mut self, depth: usize) -> Result<Vec<RawShape>, String> {
        let count = self.count(5)?;
        // Not reserved: an empty part needs fewer bytes in the file than in memory.
        let mut parts = Vec::new();
        for _ in 0..count {
            parts.extend(self.geometry(depth + 1)?);
        }
        Ok(parts)
    }

    fn rings(&mut self) -> Result<Vec<Vec<Coord<f64>>>, String> {
        let count = self.count(4)?;
        (0..count).map(|_| self.points()).collect()
    }

    fn points(&mut self) -> Result<Vec<Coord<f64>>, String> {
        let count = self.count(self.stride)?;
        (0..count).map(|_| self.point()).collect()
    }

    /// A count of things that need at least so many bytes each.
    fn count(&mut self, bytes_each: usize) -> Result<usize, String> {
        let count = self.number()? as usize;
        if count > self.bytes.len() / bytes_each || count > FEATURE_POINTS_MAX {
            return Err(format!(
                "図形の個数が大きすぎます / a geometry says {count} parts or points, there are {} bytes; accepted: at most {FEATURE_POINTS_MAX}",
                self.bytes.len()
            ));
        }
        Ok(count)
    }

    fn point(&mut self) -> Result<Coord<f64>, String> {
        let (x, y) = (self.float()?, self.float()?);
        for _ in 2..self.stride / 8 {
            self.float()?;
        }
        Ok(Coord { x, y })
    }

    fn number(&mut self) -> Result<u32, String> {
        let bytes = self.take()?;
        Ok(if self.big {
            u32::from_be_bytes(bytes)
        } else {
            u32::from_le_bytes(bytes)
        })
    }

    fn float(&mut self) -> Result<f64, String> {
        let bytes = self.take()?;
        Ok(if self.big {
            f64::from_be_bytes(bytes)
        } else {
            f64::from_le_bytes(bytes)
        })
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let cut = "図形が途中で切れています / a geometry is cut";
        let (taken, rest) = self.bytes.split_first_chunk::<N>().ok_or(cut)?;
        self.bytes = rest;
        Ok(*taken)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use geo::Coord;
    use proptest::prelude::{any, proptest};

    use super::geopackage;
    use crate::import::raw::RawShape;

    fn square(kind: u32, numbers: usize) -> Vec<u8> {
        let mut bytes = b"GP\0\x01\x14\x1a\0\0".to_vec();
        bytes.push(1);
        bytes.extend(kind.to_le_bytes());
        bytes.extend(1_u32.to_le_bytes());
        bytes.extend(4_u32.to_le_bytes());
        for (x, y) in [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 0.0)] {
            for number in [x, y, 9.0, 9.0_f64].iter().take(numbers) {
                bytes.extend(number.to_le_bytes());
            }
        }
        bytes
    }

    #[test]
    fn heights_and_measures_are_read_over_in_both_ways_of_writing_them() {
        for (kind, numbers) in [(3, 2), (1003, 3), (3003, 4), (0x8000_0003, 3)] {
            let Some(RawShape::Polygons(polygons)) = geopackage(&square(kind, numbers)).unwrap()
            else {
                panic!("a polygon");
            };
            assert_eq!(polygons[0][0][2], Coord { x: 1.0, y: 1.0 });
        }
    }

    #[test]
    fn a_count_larger_than_the_bytes_is_refused_before_it_costs_memory() {
        let mut bytes = square(3, 2);
        bytes[17..21].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(geopackage(&bytes).unwrap_err().contains("4294967295"));
    }

    #[test]
    fn an_empty_geometry_is_no_shape() {
        let mut bytes = square(3, 2);
        bytes[3] |= 16;
        assert_eq!(geopackage(&bytes).unwrap(), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_shape_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = geopackage(&bytes);
            let mut headed = b"GP\0\x01\0\0\0\0\x01".to_vec();
            headed.extend(bytes);
            let _ = geopackage(&headed);
        }
    }
}
