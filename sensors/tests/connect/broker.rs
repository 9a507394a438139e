//! A mosquitto of one's own, and devices that publish to it.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use hinan_sensors::{Reading, native_payload};
use jiff::{SignedDuration, Timestamp};
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

/// No wait of these tests is longer.
pub(crate) const WITHIN: Duration = Duration::from_secs(20);

/// A running broker. Ends with its owner.
pub(crate) struct Broker {
    pub(crate) port: u16,
    home: TempDir,
    process: Child,
}

impl Broker {
    /// Starts a broker that keeps its sessions on disk; `None`, and a word about it, where mosquitto is not installed.
    pub(crate) async fn start(more_config: &str) -> Option<Self> {
        let Some(program) = mosquitto() else {
            eprintln!("skipped: no mosquitto");
            return None;
        };
        for _ in 0..10 {
            let home = tempfile::tempdir().unwrap();
            let port = free_port();
            std::fs::write(
                home.path().join("mosquitto.conf"),
                config(port, home.path(), more_config),
            )
            .unwrap();
            let mut process = launch(program, home.path());
            if is_up(port, &mut process).await {
                return Some(Self {
                    port,
                    home,
                    process,
                });
            }
        }
        panic!("mosquitto did not start on any of ten free ports");
    }

    /// Kills it as a power cut would.
    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Starts it again on the same port with what it had kept.
    pub(crate) async fn start_again(&mut self) {
        self.process = launch(mosquitto().unwrap(), self.home.path());
        assert!(
            is_up(self.port, &mut self.process).await,
            "mosquitto did not come back"
        );
    }

    /// Makes a killed broker forget everything.
    pub(crate) fn forget(&self) {
        match std::fs::remove_file(self.kept()) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("{error}"),
            _ => {}
        }
    }

    /// Waits until it has written this message to disk.
    pub(crate) async fn has_kept(&self, payload: &[u8]) {
        eventually("the broker has written the message to disk", || {
            std::fs::read(self.kept())
                .is_ok_and(|kept| kept.windows(payload.len()).any(|part| part == payload))
        })
        .await;
    }

    fn kept(&self) -> PathBuf {
        self.home.path().join("mosquitto.db")
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        // It may have been killed by the test already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn mosquitto() -> Option<&'static str> {
    [
        "/usr/sbin/mosquitto",
        "/usr/local/sbin/mosquitto",
        "/opt/homebrew/sbin/mosquitto",
    ]
    .into_iter()
    .find(|program| Path::new(program).exists())
}

fn config(port: u16, home: &Path, more: &str) -> String {
    // `user root` only matters when the tests run as root: mosquitto would otherwise give up the right to its folder.
    let open = if more.contains("allow_anonymous") {
        ""
    } else {
        "allow_anonymous true"
    };
    format!(
        "listener {port} 127.0.0.1\nuser root\npersistence true\npersistence_location {}/\n\
         autosave_on_changes true\nautosave_interval 1\nmax_queued_messages 0\nset_tcp_nodelay true\n{open}\n{more}\n",
        home.display()
    )
}

fn launch(program: &str, home: &Path) -> Child {
    Command::new(program)
        .arg("-c")
        .arg(home.join("mosquitto.conf"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

async fn is_up(port: u16, process: &mut Child) -> bool {
    let answering = async {
        loop {
            if process.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return true;
            }
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(WITHIN, answering).await.unwrap_or(false)
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Waits until something is so, looking every few milliseconds.
pub(crate) async fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let looking = async {
        while !so() {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let found = timeout(WITHIN, looking).await;
    assert!(found.is_ok(), "not within {WITHIN:?}: {what}");
}

pub(crate) const TOPIC: &str = "hinan/v1/readings/obihiro";

/// The payload of the `n`-th reading.
pub(crate) fn reading(n: u32) -> Vec<u8> {
    let start: Timestamp = "2016-08-30T00:00:00Z".parse().unwrap();
    native_payload(&Reading {
        station: "obihiro".parse().unwrap(),
        at: start + SignedDuration::from_mins(10 * i64::from(n)),
        level_m: 35.0 + f64::from(n) / 100.0,
        sequence: Some(u64::from(n)),
    })
}

/// Publishes with QoS 1 and returns when the broker has confirmed all.
pub(crate) async fn publish(port: u16, payloads: impl IntoIterator<Item = Vec<u8>>) {
    publish_as(port, payloads, QoS::AtLeastOnce, false).await;
}

pub(crate) async fn publish_as(
    port: u16,
    payloads: impl IntoIterator<Item = Vec<u8>>,
    qos: QoS,
    retain: bool,
) {
    let mut options = MqttOptions::new("device", "127.0.0.1", port);
    options.set_max_packet_size(16 << 20, 16 << 20);
    let (client, mut events) = AsyncClient::new(options, 1000);
    let mut unconfirmed = 0;
    for payload in payloads {
        client.try_publish(TOPIC, qos, retain, payload).unwrap();
        unconfirmed += 1;
    }
    let confirmed = async {
        while unconfirmed > 0 {
            match events.poll().await.unwrap() {
                Event::Incoming(Packet::PubAck(_)) => unconfirmed -= 1,
                Event::Outgoing(rumqttc::Outgoing::Publish(0)) => unconfirmed -= 1,
                _ => {}
            }
        }
    };
    timeout(WITHIN, confirmed)
        .await
        .expect("the broker confirms");
}
