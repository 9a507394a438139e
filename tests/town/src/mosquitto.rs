//! A mosquitto of one's own: the broker that a town may have already.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;

use crate::free_port;

const PLACES: [&str; 3] = [
    "/usr/sbin/mosquitto",
    "/usr/local/sbin/mosquitto",
    "/opt/homebrew/sbin/mosquitto",
];

/// A running broker. Ends with its owner.
pub struct Mosquitto {
    /// Where it listens, on this machine only.
    pub port: u16,
    process: Child,
    home: TempDir,
    program: &'static str,
}

impl Mosquitto {
    /// Starts one; `None`, and a word about it, where it is not installed.
    pub async fn start() -> Option<Self> {
        Self::start_with("allow_anonymous true\n").await
    }

    /// Starts one whose listener has these further settings, lines of its configuration; `{home}` in them stands for
    /// its folder. `None` where it is not installed.
    pub async fn start_with(settings: &str) -> Option<Self> {
        Self::start_in(
            tempfile::tempdir().expect("a folder for mosquitto"),
            settings,
        )
        .await
    }

    /// The same in a folder that holds files which the settings name.
    pub async fn start_in(home: TempDir, settings: &str) -> Option<Self> {
        let Some(program) = PLACES.into_iter().find(|place| Path::new(place).exists()) else {
            eprintln!("skipped: no mosquitto");
            return None;
        };
        for _ in 0..10 {
            let port = free_port();
            let text = text(port, home.path(), settings);
            std::fs::write(home.path().join("mosquitto.conf"), text)
                .expect("its configuration is written");
            let mut process = spawn(program, home.path());
            if is_up(port, &mut process).await {
                return Some(Self {
                    port,
                    process,
                    home,
                    program,
                });
            }
        }
        let log = std::fs::read_to_string(home.path().join("log")).unwrap_or_default();
        panic!("mosquitto did not start on any of ten free ports: {log}");
    }

    /// SIGKILL, as a power cut: what it had not written is lost.
    pub fn power_fails(&mut self) {
        self.process.kill().expect("a child can be killed");
        self.process.wait().expect("a child that was killed ends");
    }

    /// Starts again on the same port with what it had written.
    pub async fn comes_back(&mut self) {
        for _ in 0..100 {
            self.process = spawn(self.program, self.home.path());
            if is_up(self.port, &mut self.process).await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("mosquitto does not come back on port {}", self.port);
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended already; either way it is over.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn spawn(program: &str, home: &Path) -> Child {
    let log = std::fs::File::create(home.join("log")).expect("a log for mosquitto");
    Command::new(program)
        .arg("-c")
        .arg(home.join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("mosquitto starts")
}

/// `user root` matters only to tests that run as root: mosquitto would give up the right to its own folder. It writes
/// what it holds after every thousand changes; oftener it gets slow, because it writes all of it each time. What it
/// acknowledged since, a power cut loses.
fn text(port: u16, home: &Path, settings: &str) -> String {
    let home = home.display().to_string();
    format!(
        "listener {port} 127.0.0.1\n{}user root\npersistence true\npersistence_location {home}/\n\
         autosave_on_changes true\nautosave_interval 1000\n\
         max_queued_messages 0\nmax_inflight_messages 1000\nset_tcp_nodelay true\n",
        settings.replace("{home}", &home)
    )
}

async fn is_up(port: u16, process: &mut Child) -> bool {
    for _ in 0..1000 {
        if process.try_wait().is_ok_and(|ended| ended.is_some()) {
            return false;
        }
        if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}
