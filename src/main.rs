//! Parses, runs, and turns the outcome into an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    hinan::cli::main()
}
