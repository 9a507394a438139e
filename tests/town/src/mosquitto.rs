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
    _home: TempDir,
}

impl Mosquitto {
    /// Starts one; `None`, and a word about it, where it is not installed.
    pub async fn start() -> Option<Self> {
        let Some(program) = PLACES.into_iter().find(|place| Path::new(place).exists()) else {
            eprintln!("skipped: no mosquitto");
            return None;
        };
        for _ in 0..10 {
            let home = tempfile::tempdir().expect("a folder for mosquitto");
            let port = free_port();
            let config = home.path().join("mosquitto.conf");
            std::fs::write(&config, text(port, home.path())).expect("its configuration is written");
            let mut process = Command::new(program)
                .arg("-c")
                .arg(&config)
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("mosquitto starts");
            if is_up(port, &mut process).await {
                return Some(Self {
                    port,
                    process,
                    _home: home,
                });
            }
        }
        panic!("mosquitto did not start on any of ten free ports");
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        // It may have ended already; either way it is over.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// `user root` matters only to tests that run as root: mosquitto would give up the right to its own folder.
fn text(port: u16, home: &Path) -> String {
    format!(
        "listener {port} 127.0.0.1\nallow_anonymous true\nuser root\npersistence true\npersistence_location {}/\n\
         max_queued_messages 0\nmax_inflight_messages 1000\nset_tcp_nodelay true\n",
        home.display()
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
