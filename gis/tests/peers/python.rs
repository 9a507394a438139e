//! The Python that has what the tests compare with.

use std::path::PathBuf;
use std::process::Command;

/// `HINAN_PYTHON`, or the one that `./test` made, or the system's: the first that can run `check`. Nothing where none can.
pub(crate) fn with(check: &str) -> Option<PathBuf> {
    let own = std::env::var_os("HINAN_PYTHON").map(PathBuf::from);
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")));
    let made = cache.map(|cache| cache.join("hinan/tools/python-gis/bin/python"));
    [own, made, Some(PathBuf::from("python3"))]
        .into_iter()
        .flatten()
        .find(|python| {
            Command::new(python)
                .args(["-c", check])
                .output()
                .is_ok_and(|said| said.status.success())
        })
}
