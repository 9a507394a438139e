//! Words to the person at the terminal: results to standard output, everything else to standard error.

use std::io::Write as _;

/// Prints a result. A closed pipe is not our fault and ends nothing.
pub(crate) fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Prints an error with its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    let mut out = std::io::stderr().lock();
    let _ = writeln!(out, "hinan: {error:#}");
}
