//! Where the samples are, and the account of what became of them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// The folder of a family, or `None` with a word about it.
pub(crate) fn family(name: &str) -> Option<PathBuf> {
    let Some(folder) = std::env::var_os("HINAN_SAMPLES").map(PathBuf::from) else {
        print_line("skipped: no samples");
        return None;
    };
    let found = [folder.join(name), folder.join("protocols").join(name)]
        .into_iter()
        .find(|folder| folder.is_dir());
    assert!(
        found.is_some(),
        "HINAN_SAMPLES names {}, which has no {name}",
        folder.display()
    );
    found
}

/// All files below a folder, by their path within it.
pub(crate) fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let within = path.strip_prefix(folder).unwrap();
                found.insert(within.to_str().unwrap().to_owned(), path);
            }
        }
    }
    found
}

/// What became of the files of a family, by kind.
#[derive(Default)]
pub(crate) struct Account {
    rows: BTreeMap<String, Row>,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Row {
    pub(crate) files: usize,
    pub(crate) accepted: usize,
    pub(crate) refused: usize,
    pub(crate) observations: usize,
}

impl Account {
    pub(crate) fn accepted(&mut self, kind: &str, observations: usize) {
        let row = self.rows.entry(kind.to_owned()).or_default();
        row.files += 1;
        row.accepted += 1;
        row.observations += observations;
    }

    pub(crate) fn refused(&mut self, kind: &str) {
        let row = self.rows.entry(kind.to_owned()).or_default();
        row.files += 1;
        row.refused += 1;
    }

    /// Prints the account and compares it with what was counted by hand: kind, files, accepted, refused, observations.
    pub(crate) fn is(&self, title: &str, expected: &[(&str, [usize; 4])]) {
        let mut table = format!(
            "\n{title:<44} {:>5} {:>8} {:>22} {:>12}\n",
            "files", "accepted", "refused as it should", "observations"
        );
        let mut sum = Row::default();
        for (kind, row) in &self.rows {
            line(&mut table, kind, *row);
            sum.files += row.files;
            sum.accepted += row.accepted;
            sum.refused += row.refused;
            sum.observations += row.observations;
        }
        line(&mut table, "all", sum);
        print_line(&table);
        let ours: Vec<_> = self
            .rows
            .iter()
            .map(|(kind, row)| {
                (
                    kind.as_str(),
                    [row.files, row.accepted, row.refused, row.observations],
                )
            })
            .collect();
        assert_eq!(ours, expected);
    }
}

fn line(table: &mut String, kind: &str, row: Row) {
    writeln!(
        table,
        "{kind:<44} {:>5} {:>8} {:>22} {:>12}",
        row.files, row.accepted, row.refused, row.observations
    )
    .unwrap();
}

#[expect(clippy::print_stdout, reason = "the table is what the test shows")]
fn print_line(text: &str) {
    println!("{text}");
}
