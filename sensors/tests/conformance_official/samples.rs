//! Where the samples lie, and the table that each test prints.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The folder of a family; `None`, and a word about it, where there are no samples.
pub(crate) fn folder(family: &str) -> Option<PathBuf> {
    let found = std::env::var_os("HINAN_SAMPLES")
        .map(PathBuf::from)
        .and_then(|samples| {
            [format!("protocols/{family}"), family.to_owned()]
                .into_iter()
                .map(|below| samples.join(below))
                .find(|folder| folder.is_dir())
        });
    if found.is_none() {
        eprintln!("skipped: no samples");
    }
    found
}

/// Every file below a folder, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The file's name without its folders.
pub(crate) fn name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

/// Rows of an index, by column.
pub(crate) fn index(folder: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(folder.join("INDEX.csv")).unwrap();
    reader.deserialize().map(Result::unwrap).collect()
}

/// How many files of each family were accepted, and how many refused for which reason.
#[derive(Default)]
pub(crate) struct Table {
    rows: BTreeMap<String, (usize, usize, BTreeMap<String, usize>)>,
}

impl Table {
    pub(crate) fn accepted(&mut self, family: &str) {
        let row = self.rows.entry(family.to_owned()).or_default();
        row.0 += 1;
        row.1 += 1;
    }

    pub(crate) fn refused(&mut self, family: &str, reason: &str) {
        let row = self.rows.entry(family.to_owned()).or_default();
        row.0 += 1;
        *row.2.entry(reason.to_owned()).or_default() += 1;
    }

    /// Prints the table and says the sums: files, accepted, refused.
    pub(crate) fn print(&self, title: &str) -> (usize, usize, usize) {
        let mut sums = (0, 0, 0);
        eprintln!(
            "{title:<28} {:>6} {:>9} {:>8}  reasons",
            "files", "accepted", "refused"
        );
        for (family, (files, accepted, reasons)) in &self.rows {
            let refused: usize = reasons.values().sum();
            let reasons: Vec<String> = reasons
                .iter()
                .map(|(reason, count)| format!("{reason} {count}"))
                .collect();
            eprintln!(
                "{family:<28} {files:>6} {accepted:>9} {refused:>8}  {}",
                reasons.join(", ")
            );
            sums = (sums.0 + files, sums.1 + accepted, sums.2 + refused);
        }
        eprintln!("{:<28} {:>6} {:>9} {:>8}", "all", sums.0, sums.1, sums.2);
        sums
    }
}
