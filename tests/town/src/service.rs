//! The real program as a process.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};

use crate::within;

/// A running `hinan`. Ends with its owner.
pub struct Service {
    process: Child,
    said: PathBuf,
    log: PathBuf,
}

impl Service {
    /// Starts the program; what it says goes to files in `home`, added to those of earlier runs.
    #[must_use]
    pub fn start(program: &Path, arguments: &[&str], home: &Path) -> Self {
        Self::start_in(program, arguments, home, &[])
    }

    /// The same with these variables in its environment.
    #[must_use]
    pub fn start_in(
        program: &Path,
        arguments: &[&str],
        home: &Path,
        environment: &[(String, String)],
    ) -> Self {
        let (log, said) = (home.join("log"), home.join("said"));
        let process = Command::new(program)
            .args(arguments)
            .env_remove("RUST_LOG")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(appended(&said))
            .stderr(appended(&log))
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
        Self { process, said, log }
    }

    /// Everything it told its operator, earlier runs included.
    #[must_use]
    pub fn said(&self) -> String {
        read(&self.said)
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.process.try_wait().expect("a child can be asked")
    }

    /// SIGKILL, as a power cut.
    pub fn kill(&mut self) {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a child that was killed ends");
    }

    /// SIGTERM, as an operator; waits until it has ended.
    pub async fn stops(mut self) -> ExitStatus {
        let asked = Command::new("kill")
            .args(["-TERM", &self.process.id().to_string()])
            .status();
        assert!(asked.is_ok_and(|s| s.success()), "SIGTERM was not sent");
        let process = &mut self.process;
        let ended = within(
            std::time::Duration::from_secs(30),
            "the service ends after SIGTERM",
            || {
                let ended = process.try_wait().expect("a child can be asked");
                async move { ended }
            },
        )
        .await;
        if !ended.success() {
            eprintln!(
                "the service ended with {ended}; its log:\n{}",
                read(&self.log)
            );
        }
        ended
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already; either way it is over.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Runs the program to its end with something typed into it.
#[must_use]
pub fn ran(program: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut process = Command::new(program)
        .args(arguments)
        .env_remove("RUST_LOG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{} does not start: {error}", program.display()));
    // A program that refuses at once does not read what is typed: that is its right.
    if let Some(mut input) = process.stdin.take() {
        let _ = input.write_all(typed.as_bytes());
    }
    process
        .wait_with_output()
        .expect("a child can be waited for")
}

fn appended(path: &Path) -> File {
    File::options()
        .create(true)
        .append(true)
        .open(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
