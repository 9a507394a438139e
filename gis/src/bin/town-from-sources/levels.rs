//! The level series without the columns of dams.

use std::io::Write;
use std::path::Path;

use flate2::{Compression, GzBuilder};

use crate::Failure;
use crate::sources::unpacked;

/// Packed bytes of the same rows with only `time` and the `level_m_` columns. Values are taken over as written.
pub(crate) fn levels_only(path: &Path) -> Result<Vec<u8>, Failure> {
    let text = unpacked(path)?;
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers()?.clone();
    let kept: Vec<usize> = (0..headers.len())
        .filter(|n| &headers[*n] == "time" || headers[*n].starts_with("level_m_"))
        .collect();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(kept.iter().map(|n| &headers[*n]))?;
    for row in reader.records() {
        let row = row?;
        writer.write_record(kept.iter().map(|n| &row[*n]))?;
    }
    let mut packer = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    packer.write_all(&writer.into_inner()?)?;
    Ok(packer.finish()?)
}
