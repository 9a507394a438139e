//! What people saw, typed in by officers, until somebody closes it.

use std::collections::BTreeSet;

use hinan_recommend::{Report, ReportKind, UnitId};
use jiff::Timestamp;
use rusqlite::{Row, params};

use super::{StoreError, Tx, View, instant, json, millis, text};

/// A report as it is typed in.
#[derive(Clone, Debug, PartialEq)]
pub struct NewReport {
    /// What was seen, when, where, by whom.
    pub report: Report,
    /// Further words of the officer.
    pub words: String,
    /// When it was typed in.
    pub reported_at: Timestamp,
    /// Account name of who typed it in.
    pub by: String,
}

/// A report in the record.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredReport {
    /// Its number.
    pub id: i64,
    /// As it was typed in.
    pub new: NewReport,
    /// When, by whom and why it was closed; nothing while it stands.
    pub closed: Option<(Timestamp, String, String)>,
}

const COLUMNS: &str = "id, kind, river, units, source, words, seen_ms, reported_ms, reported_by, closed_ms, closed_by, closed_because";

impl Tx<'_> {
    /// Takes a report; gives its number.
    ///
    /// # Errors
    /// The database's.
    pub fn put_report(&self, new: &NewReport) -> Result<i64, StoreError> {
        self.happened(new.reported_at);
        let report = &new.report;
        self.0.execute(
            "INSERT INTO report (kind, river, units, source, words, seen_ms, reported_ms, reported_by) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                report.kind.code(),
                report.river,
                text(&report.units)?,
                report.source,
                new.words,
                millis(report.at),
                millis(new.reported_at),
                new.by
            ],
        )?;
        Ok(self.0.last_insert_rowid())
    }

    /// Closes a report. Says whether it still stood.
    ///
    /// # Errors
    /// The database's.
    pub fn close_report(
        &self,
        id: i64,
        at: Timestamp,
        by: &str,
        because: &str,
    ) -> Result<bool, StoreError> {
        self.happened(at);
        let changed = self.0.execute(
            "UPDATE report SET closed_ms = ?2, closed_by = ?3, closed_because = ?4 WHERE id = ?1 AND closed_ms IS NULL",
            params![id, millis(at), by, because],
        )?;
        Ok(changed == 1)
    }
}

impl View<'_> {
    /// The newest reports, newest first, closed ones too.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn reports(&self, limit: u32) -> Result<Vec<StoredReport>, StoreError> {
        self.reports_where("1 = 1", limit)
    }

    /// Reports that stand at most `limit`, oldest first.
    ///
    /// # Errors
    /// The database's, or a damaged row.
    pub fn open_reports(&self, limit: u32) -> Result<Vec<StoredReport>, StoreError> {
        let mut open = self.reports_where("closed_ms IS NULL", limit)?;
        open.reverse();
        Ok(open)
    }

    fn reports_where(&self, condition: &str, limit: u32) -> Result<Vec<StoredReport>, StoreError> {
        let mut statement = self.0.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM report WHERE {condition} ORDER BY id DESC LIMIT ?1"
        ))?;
        let rows = statement.query_map([limit], raw)?;
        rows.map(|row| stored(row?)).collect()
    }
}

type Raw = (
    i64,
    String,
    Option<String>,
    String,
    String,
    String,
    i64,
    i64,
    String,
    Option<(i64, String, String)>,
);

fn raw(row: &Row<'_>) -> rusqlite::Result<Raw> {
    let closed: Option<i64> = row.get(9)?;
    let closed = match closed {
        None => None,
        Some(at) => Some((at, row.get(10)?, row.get(11)?)),
    };
    Ok((
        row.get(0)?,
        row.get(1)?,
        row.get(2)?,
        row.get(3)?,
        row.get(4)?,
        row.get(5)?,
        row.get(6)?,
        row.get(7)?,
        row.get(8)?,
        closed,
    ))
}

fn stored(
    (id, kind, river, units, source, words, seen, reported, by, closed): Raw,
) -> Result<StoredReport, StoreError> {
    let what = format!("report {id}");
    let kind = ReportKind::ALL
        .into_iter()
        .find(|known| known.code() == kind)
        .ok_or_else(|| StoreError::Damaged {
            what: what.clone(),
            why: format!("unknown kind {kind}"),
        })?;
    let units: BTreeSet<UnitId> = json(&what, &units)?;
    Ok(StoredReport {
        id,
        new: NewReport {
            report: Report {
                kind,
                at: instant(seen)?,
                source,
                river,
                units,
            },
            words,
            reported_at: instant(reported)?,
            by,
        },
        closed: closed
            .map(|(at, by, because)| Ok::<_, StoreError>((instant(at)?, by, because)))
            .transpose()?,
    })
}
