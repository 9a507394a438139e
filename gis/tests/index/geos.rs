//! GEOS in a Python of its own, asked the same questions about the same bits.

#[path = "../peers/python.rs"]
mod python;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use geo::{Coord, Point, Polygon};

/// The Python that has shapely. Nothing where none has it.
pub(crate) fn python() -> Option<PathBuf> {
    python::with("import shapely; assert shapely.__version__ >= '2'")
}

/// A folder with outlines and places for the Python side; removed when dropped.
pub(crate) struct Questions(PathBuf);

impl Questions {
    /// Writes them down. `name` must be used once at a time.
    pub(crate) fn write(
        name: &str,
        zones: &[Polygon<f64>],
        places: &[Point<f64>],
    ) -> std::io::Result<Self> {
        let folder = std::env::temp_dir().join(format!("hinan-geos-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder)?;
        let questions = Self(folder);
        let rings = || {
            zones
                .iter()
                .flat_map(|zone| std::iter::once(zone.exterior()).chain(zone.interiors()))
        };
        let ring_ends = ends(rings().map(|ring| ring.0.len()));
        let polygon_ends = ends(zones.iter().map(|zone| 1 + zone.interiors().len()));
        let corners = rings().flat_map(|ring| ring.0.iter().copied());
        questions.put("coords.f64", corners.flat_map(bits))?;
        questions.put("rings.i64", ring_ends)?;
        questions.put("polygons.i64", polygon_ends)?;
        let places = places.iter().copied().map(Coord::from);
        questions.put("places.f64", places.flat_map(bits))?;
        Ok(questions)
    }

    fn put(&self, name: &str, words: impl IntoIterator<Item = [u8; 8]>) -> std::io::Result<()> {
        let mut file = std::io::BufWriter::new(std::fs::File::create(self.0.join(name))?);
        for word in words {
            file.write_all(&word)?;
        }
        file.flush()
    }

    /// Runs the Python side and gives its last line.
    pub(crate) fn ask(&self, python: &Path, task: &[&str]) -> std::io::Result<serde_json::Value> {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/index/geos.py");
        let said = Command::new(python)
            .arg(script)
            .arg(&self.0)
            .args(task)
            .output()?;
        let text = String::from_utf8_lossy(&said.stdout);
        let last = text.lines().last().unwrap_or_default();
        serde_json::from_str(last).map_err(|_| {
            std::io::Error::other(format!(
                "geos.py said no JSON: {}",
                String::from_utf8_lossy(&said.stderr)
            ))
        })
    }

    /// What GEOS answered: place and outline by their numbers, ascending.
    pub(crate) fn answers(&self) -> std::io::Result<Vec<(usize, usize)>> {
        let bytes = std::fs::read(self.0.join("answers.u32"))?;
        let word = |four: &[u8]| -> usize {
            four.iter()
                .rev()
                .fold(0, |number, byte| number << 8 | usize::from(*byte))
        };
        Ok(bytes
            .chunks_exact(8)
            .map(|pair| (word(&pair[..4]), word(&pair[4..])))
            .collect())
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn bits(at: Coord<f64>) -> [[u8; 8]; 2] {
    [at.x.to_le_bytes(), at.y.to_le_bytes()]
}

/// Zero, and then the sum up to each.
fn ends(lengths: impl Iterator<Item = usize>) -> Vec<[u8; 8]> {
    let mut end = 0_u64;
    let mut ends = vec![end.to_le_bytes()];
    for length in lengths {
        end += length as u64;
        ends.push(end.to_le_bytes());
    }
    ends
}
