//! Where something stands in a file that people edit, so that an error can name the line.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// A file and, where it is found, a line of it, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    file: PathBuf,
    line: Option<usize>,
}

impl Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        self.line.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

impl Place {
    /// In the table of a list, such as `[[gauge]]`, that holds `id = "…"`: the first line in which `sought` stands as a key or as a text
    /// in quotes; else the table itself. A file that cannot be read again has no line.
    pub(super) fn of_entry(file: &Path, list: &str, id: &str, sought: &str) -> Self {
        Self::find(file, |text| in_entry(text, list, id, sought))
    }

    /// In a table, such as `[recommend.river_kinds]`, or as a dotted or an inline key: the first line that begins with this key.
    pub(super) fn of_key(file: &Path, key: &str) -> Self {
        Self::find(file, |text| {
            text.lines().position(|line| {
                let own = key_of(line);
                own == key || line.contains(&format!("\"{key}\""))
            })
        })
    }

    fn find(file: &Path, find: impl Fn(&str) -> Option<usize>) -> Self {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        Self {
            file: file.to_owned(),
            line: find(&text).map(|line| line + 1),
        }
    }
}

fn in_entry(text: &str, list: &str, id: &str, sought: &str) -> Option<usize> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let starts: Vec<usize> = (0..lines.len())
        .filter(|line| lines[*line].starts_with("[["))
        .collect();
    let ends = starts.iter().skip(1).copied().chain([lines.len()]);
    let entry = starts.iter().copied().zip(ends).find(|(start, end)| {
        let named = |line: &&str| key_of(line) == "id" && line.contains(&format!("\"{id}\""));
        lines[*start].starts_with(list) && lines[*start..*end].iter().any(named)
    })?;
    let quoted = format!("\"{sought}\"");
    let own = (entry.0..entry.1)
        .find(|line| key_of(lines[*line]) == sought || lines[*line].contains(&quoted));
    Some(own.unwrap_or(entry.0))
}

/// The key of a line, without quotes.
fn key_of(line: &str) -> &str {
    let key = line.split('=').next().unwrap_or_default();
    key.trim().trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "name = \"町\"\n\n[[gauge]]\nid = \"a\"\n\n[gauge.levels]\ndanger_m = 4.0\n\n[[gauge]]\nid = \"b\"\n\n[gauge.levels]\ndanger_m = 5.0\n";

    #[test]
    fn a_key_is_found_in_its_own_entry_and_not_in_that_of_another() {
        assert_eq!(in_entry(TEXT, "[[gauge]]", "b", "danger_m"), Some(12));
        assert_eq!(in_entry(TEXT, "[[gauge]]", "a", "danger_m"), Some(6));
        assert_eq!(
            in_entry(TEXT, "[[gauge]]", "b", "standby_m"),
            Some(8),
            "the entry"
        );
        assert_eq!(in_entry(TEXT, "[[gauge]]", "c", "danger_m"), None);
    }

    #[test]
    fn a_file_that_cannot_be_read_has_no_line() {
        let place = Place::of_key(Path::new("/nowhere/town.toml"), "札内川");
        assert_eq!(place.to_string(), "/nowhere/town.toml");
    }
}
