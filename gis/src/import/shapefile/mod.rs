//! Shapefiles: shapes in `.shp`, fields in `.dbf`, and beside them what says how to read both.
//!
//! Own readers, because a national file must be readable field by field: names cut in the middle of a character, a code page byte
//! that lies, and counts that are larger than the file are all in use.

mod dbf;
mod shp;

use super::collect::{Collector, Declared};
use super::raw::RawFeature;
use super::refusal::{ImportError, Refuse};
use super::settings::TextEncoding;
use super::text;
use crate::crs::{Axes, Crs};

const FORMAT: &str = "Shapefile";

/// The files of one Shapefile.
pub(super) struct Files<'a> {
    pub(super) shp: &'a [u8],
    pub(super) dbf: Option<&'a [u8]>,
    pub(super) prj: Option<&'a [u8]>,
    pub(super) cpg: Option<&'a [u8]>,
}

pub(super) fn read(files: &Files, into: &mut Collector) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let mut shapes = shp::Shapes::open(files.shp).map_err(|why| refuse.unreadable(FORMAT, why))?;
    let Some(dbf) = files.dbf else {
        return Err(refuse.refused(
            "the .dbf beside it",
            "missing",
            "the .dbf of the same name, which holds the fields",
        ));
    };
    let table =
        dbf::Table::open(dbf).map_err(|why| refuse.unreadable(FORMAT, format!(".dbf: {why}")))?;
    let (encoding, from) = encoding(refuse, files, &table, into.settings().encoding)?;
    let names = table
        .names(encoding)
        .map_err(|why| refuse.unreadable(FORMAT, format!(".dbf: {why}")))?;
    into.declare(Declared {
        crs: files
            .prj
            .map(|prj| Crs::from_wkt(&String::from_utf8_lossy(prj))),
        crs_from: if files.prj.is_some() {
            ".prj".to_owned()
        } else {
            "; .prj がありません there is no .prj".to_owned()
        },
        axes: Some(Axes::EastFirst),
        kind: None,
        encoding: Some((encoding.name().to_owned(), from)),
    })?;
    let mut number = 0;
    let mut cut_names = 0;
    while let Some(shape) = shapes
        .next()
        .map_err(|why| refuse.unreadable(FORMAT, why))?
    {
        number += 1;
        let row = table
            .row(number - 1, encoding)
            .map_err(|why| refuse.unreadable(FORMAT, format!(".dbf: {why}")))?;
        into.done(shapes.position());
        let row = match row {
            Some(row) => row,
            None => {
                let why = format!(
                    "the .shp has more shapes than the .dbf has rows, which are {}",
                    table.rows()
                );
                return Err(refuse.unreadable(FORMAT, why));
            }
        };
        if row.is_deleted {
            continue;
        }
        cut_names += row.cut;
        match shape {
            Ok(shape) => into.feature(RawFeature {
                number,
                shape,
                fields: names.iter().cloned().zip(row.values).collect(),
            })?,
            Err(why) => into.refuse_read(number, why)?,
        }
    }
    if number != table.rows() {
        let why = format!(
            "the .shp has {number} shapes, the .dbf {} rows",
            table.rows()
        );
        return Err(refuse.unreadable(FORMAT, why));
    }
    if cut_names > 0 {
        into.warn(format!(
            "{cut_names}個の値が文字の途中で切れています / {cut_names} values are cut in the middle of a character; the cut one \
             is left out"
        ));
    }
    Ok(())
}

/// What was said, else the `.cpg`, else the bytes. The code page byte of the `.dbf` is not believed.
fn encoding(
    refuse: Refuse,
    files: &Files,
    table: &dbf::Table,
    said: Option<TextEncoding>,
) -> Result<(TextEncoding, String), ImportError> {
    if let Some(said) = said {
        return Ok((said, "--encoding".to_owned()));
    }
    if let Some(cpg) = files.cpg {
        let name = String::from_utf8_lossy(cpg);
        let name = name.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '\u{feff}');
        return match TextEncoding::from_name(name) {
            Some(encoding) => Ok((encoding, ".cpg".to_owned())),
            None => Err(refuse.refused(
                ".cpg",
                name,
                "UTF-8, CP932 (Shift_JIS) or EUC-JP; else give --encoding",
            )),
        };
    }
    let (encoding, from) = text::recognised(&mut table.texts())
        .map_err(|why| refuse.unreadable(FORMAT, format!(".dbf: {why}")))?;
    Ok((
        encoding,
        format!("{from}; .cpg がありません there is no .cpg"),
    ))
}
