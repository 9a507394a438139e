//! GeoPackage: one SQLite file, opened from memory and read only, so that no other file is touched and nothing in it can act.

use std::io::Cursor;
use std::rc::Rc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, MAIN_DB, OptionalExtension};

use super::collect::{Collector, Declared};
use super::raw::{RawFeature, Value};
use super::refusal::{ImportError, Refuse};
use super::wkb;
use crate::crs::{Axes, Crs, CrsError};

const FORMAT: &str = "GeoPackage";
pub(super) const MAGIC: &[u8] = b"SQLite format 3\0";
const COLUMNS_MAX: usize = 2_000;
/// The package's own register, which is asked before any table of features.
const REGISTER: [&str; 3] = [
    "gpkg_contents",
    "gpkg_geometry_columns",
    "gpkg_spatial_ref_sys",
];
/// Most entries of a register: two of them are joined.
const ENTRIES_MAX: u64 = 1_000;

/// A table of features as the package's own register tells it.
struct FeatureTable {
    name: String,
    column: String,
    srs: i64,
}

pub(super) fn read(bytes: &[u8], into: &mut Collector) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let wrong = |why: rusqlite::Error| refuse.unreadable(FORMAT, why);
    let mut database = Connection::open_in_memory().map_err(wrong)?;
    database
        .deserialize_read_exact(MAIN_DB, Cursor::new(bytes), bytes.len(), true)
        .map_err(wrong)?;
    database
        .execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA query_only = ON; PRAGMA cell_size_check = ON;",
        )
        .map_err(wrong)?;
    for name in REGISTER {
        check_plain(refuse, &database, name)?;
    }
    for name in &REGISTER[..2] {
        let entries: i64 = database
            .query_row(&format!("SELECT count(*) FROM {name}"), [], |row| {
                row.get(0)
            })
            .map_err(wrong)?;
        if u64::try_from(entries).unwrap_or_default() > ENTRIES_MAX {
            return Err(refuse.too_large("entries of its register", ENTRIES_MAX));
        }
    }
    let table = choose(
        refuse,
        tables(&database).map_err(wrong)?,
        into.settings().table.as_deref(),
    )?;
    check_plain(refuse, &database, &table.name)?;
    into.declare(Declared {
        crs: crs(&database, table.srs).map_err(wrong)?,
        crs_from: "gpkg_spatial_ref_sys".into(),
        axes: Some(Axes::EastFirst),
        kind: None,
        encoding: None,
    })?;
    rows(&database, &table, into)
}

fn rows(
    database: &Connection,
    table: &FeatureTable,
    into: &mut Collector,
) -> Result<(), ImportError> {
    let refuse = into.refuse;
    let wrong = |why: rusqlite::Error| refuse.unreadable(FORMAT, why);
    let mut query = database
        .prepare(&format!("SELECT * FROM {}", quoted(&table.name)))
        .map_err(wrong)?;
    let names: Vec<Rc<str>> = query.column_names().into_iter().map(Rc::from).collect();
    if names.len() > COLUMNS_MAX {
        return Err(refuse.too_large("columns", COLUMNS_MAX as u64));
    }
    let Some(geometry) = names
        .iter()
        .position(|name| name.eq_ignore_ascii_case(&table.column))
    else {
        return Err(refuse.refused(
            "the geometry column",
            &table.column,
            "a column of the table",
        ));
    };
    let mut rows = query.query([]).map_err(wrong)?;
    let mut number = 0;
    while let Some(row) = rows.next().map_err(wrong)? {
        number += 1;
        into.done(u64::from(number));
        let shape = match row.get_ref(geometry).map_err(wrong)? {
            ValueRef::Null => Ok(None),
            ValueRef::Blob(bytes) => wkb::geopackage(bytes),
            _ => Err("図形の列がバイト列ではありません / the geometry is no blob".to_owned()),
        };
        let mut fields = Vec::with_capacity(names.len());
        for (n, name) in names.iter().enumerate().filter(|(n, _)| *n != geometry) {
            fields.push((Rc::clone(name), value(row.get_ref(n).map_err(wrong)?)));
        }
        match shape {
            Ok(shape) => into.feature(RawFeature {
                number,
                shape,
                fields,
            })?,
            Err(why) => into.refuse_read(number, why)?,
        }
    }
    Ok(())
}

fn value(value: ValueRef) -> Value {
    match value {
        ValueRef::Null | ValueRef::Blob(_) => Value::Nothing,
        ValueRef::Integer(whole) => Value::Whole(whole),
        ValueRef::Real(number) => Value::Number(number),
        ValueRef::Text(text) => Value::Text(String::from_utf8_lossy(text).into_owned()),
    }
}

fn tables(database: &Connection) -> rusqlite::Result<Vec<FeatureTable>> {
    let mut query = database.prepare(
        "SELECT c.table_name, g.column_name, g.srs_id FROM gpkg_contents c \
         JOIN gpkg_geometry_columns g ON g.table_name = c.table_name \
         WHERE c.data_type = 'features' ORDER BY c.table_name LIMIT 1000",
    )?;
    query
        .query_map([], |row| {
            Ok(FeatureTable {
                name: row.get(0)?,
                column: row.get(1)?,
                srs: row.get(2)?,
            })
        })?
        .collect()
}

fn choose(
    refuse: Refuse,
    mut tables: Vec<FeatureTable>,
    said: Option<&str>,
) -> Result<FeatureTable, ImportError> {
    let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
    let accepted = format!("one of its tables of features: {}", names.join(", "));
    let at = match said {
        Some(said) => names.iter().position(|name| *name == said),
        None if tables.len() == 1 => Some(0),
        None => None,
    };
    match at {
        Some(at) => Ok(tables.swap_remove(at)),
        None => Err(refuse.refused("table", said.unwrap_or("not stated"), accepted)),
    }
}

/// Only a stored table whose columns are stored: a view, a virtual table or a computed column may compute without end.
/// SQLite itself is asked what the table is; the words of its definition are not looked at.
fn check_plain(refuse: Refuse, database: &Connection, name: &str) -> Result<(), ImportError> {
    let wrong = |why: rusqlite::Error| refuse.unreadable(FORMAT, why);
    // Both answer from the parsed schema and run nothing of it.
    let kind: Option<String> = database
        .query_row(
            "SELECT type FROM pragma_table_list WHERE schema = 'main' AND name = ?1",
            [name],
            |row| row.get(0),
        )
        .optional()
        .map_err(wrong)?;
    // A column is hidden as 1 in virtual tables, as 2 and 3 where it is computed.
    let hidden: i64 = database
        .query_row(
            "SELECT count(*) FROM pragma_table_xinfo(?1, 'main') WHERE hidden <> 0",
            [name],
            |row| row.get(0),
        )
        .map_err(wrong)?;
    let is_plain = kind.as_deref() == Some("table") && hidden == 0;
    if is_plain {
        return Ok(());
    }
    Err(refuse.refused(
        "table",
        name,
        "a stored table, not a view, a virtual table or one with computed columns",
    ))
}

fn crs(database: &Connection, srs: i64) -> rusqlite::Result<Option<Result<Crs, CrsError>>> {
    let found: Option<(String, i64, String)> = database
        .query_row(
            "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?1",
            [srs],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
        )
        .optional()?;
    Ok(match found {
        Some((organisation, code, _)) if organisation.eq_ignore_ascii_case("EPSG") => Some(
            u32::try_from(code)
                .map_or_else(|_| Err(CrsError::Unknown(code.to_string())), Crs::from_epsg),
        ),
        Some((_, code, definition)) if code > 0 => Some(Crs::from_wkt(&definition)),
        _ => None,
    })
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
