//! The officers' console (`dashboard/console`, a program for browsers), as the build script made it and put it in here.
//!
//! A build without Node, or without network for its packages, has none: [`absent`] says why. Everything that decides works
//! without it, on the plain pages.

/// One file of the console.
#[derive(Debug)]
pub struct File {
    /// Its path, such as `assets/main-B3x9.js`.
    pub name: &'static str,
    /// Its media type.
    pub kind: &'static str,
    /// Its bytes.
    pub bytes: &'static [u8],
    /// The same packed by gzip, where that is shorter.
    pub gzip: Option<&'static [u8]>,
}

impl File {
    /// Whether its name changes with its bytes, so that a browser may keep it for good.
    pub fn is_immutable(&self) -> bool {
        self.name.starts_with("assets/")
    }
}

include!(concat!(env!("OUT_DIR"), "/console_files.rs"));

/// The file with this path.
pub fn file(name: &str) -> Option<&'static File> {
    let place = FILES.binary_search_by(|file| file.name.cmp(name)).ok()?;
    FILES.get(place)
}

/// Every file, by path.
pub fn files() -> &'static [File] {
    FILES
}

/// Names these files: another build of other files has another. Nothing where there is no console.
pub fn digest() -> Option<&'static str> {
    DIGEST
}

/// Why there is no console; nothing where there is one.
pub fn absent() -> Option<&'static str> {
    ABSENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_console_is_whole_or_says_why_it_is_not_there() {
        match absent() {
            Some(why) => {
                assert!(!why.is_empty());
                assert!(files().is_empty() && digest().is_none());
            }
            None => {
                for wanted in ["index.html", "wall.html", "licenses.txt"] {
                    assert!(file(wanted).is_some(), "{wanted}");
                }
                assert!(digest().is_some_and(|digest| digest.len() == 16));
            }
        }
        assert!(file("nothing").is_none());
    }

    #[test]
    fn files_stand_in_the_order_in_which_they_are_looked_for() {
        assert!(files().is_sorted_by(|a, b| a.name < b.name));
        for one in files() {
            assert!(std::ptr::eq(file(one.name).unwrap(), one), "{}", one.name);
        }
    }
}
