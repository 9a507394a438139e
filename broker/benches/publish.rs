//! QoS 1 publishes a second, acknowledged, into a sink that commits at once: from 1 and from 50 connections.
//! Each connection keeps 20 publishes unacknowledged, as a gateway does that empties its memory.
//!
//! Budget: from 50 connections not slower than half of mosquitto (if installed: measured beside it, though it
//! acknowledges from memory and hands nothing to anybody, and runs in a process of its own, while our broker
//! shares one with the publishers).
#![allow(clippy::unwrap_used, missing_docs)]

use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hinan_broker::{Broker, Denied, Doorkeeper, Grant, Inbound, Settings, Visitor};
use rumqttc::mqttbytes::v4::{Connect, Packet, Publish};
use rumqttc::mqttbytes::{Error, QoS};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::mpsc;

const PUBLISHES: u64 = 2_000;
const UNACKED: u64 = 20;
const PAYLOAD: &str = r#"{"at":"2026-07-04T03:10:00+09:00","level_m":3.42,"battery_v":3.61}"#;

struct Everybody;

impl Doorkeeper for Everybody {
    fn admit(&self, _: &Visitor<'_>) -> Result<Grant, Denied> {
        Ok(Grant {
            publish: vec!["sensors/#".into()],
            ..Grant::default()
        })
    }
}

/// A connected publisher.
struct Gauge {
    stream: TcpStream,
    input: BytesMut,
    topic: String,
}

impl Gauge {
    async fn connect(address: SocketAddr, number: usize) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        let mut gauge = Self {
            stream,
            input: BytesMut::new(),
            topic: format!("sensors/gauge{number}/level"),
        };
        gauge
            .send(&Packet::Connect(Connect::new(format!("gauge{number}"))))
            .await;
        assert!(matches!(gauge.next().await, Packet::ConnAck(_)));
        gauge
    }

    async fn send(&mut self, packet: &Packet) {
        let mut out = BytesMut::new();
        packet.write(&mut out, usize::MAX).unwrap();
        self.stream.write_all(&out).await.unwrap();
    }

    async fn next(&mut self) -> Packet {
        loop {
            match Packet::read(&mut self.input, usize::MAX) {
                Ok(packet) => return packet,
                Err(Error::InsufficientBytes(_)) => {}
                Err(error) => panic!("{error}"),
            }
            assert_ne!(
                self.stream.read_buf(&mut self.input).await.unwrap(),
                0,
                "closed"
            );
        }
    }

    /// Publishes so many readings and waits for all acknowledgements.
    async fn publish(mut self, many: u64) -> Self {
        let (mut sent, mut acknowledged) = (0, 0);
        while acknowledged < many {
            while sent < many && sent - acknowledged < UNACKED {
                let mut publish = Publish::new(&self.topic, QoS::AtLeastOnce, PAYLOAD);
                publish.pkid = u16::try_from(sent % 60_000 + 1).unwrap();
                self.send(&Packet::Publish(publish)).await;
                sent += 1;
            }
            assert!(matches!(self.next().await, Packet::PubAck(_)));
            acknowledged += 1;
        }
        self
    }
}

async fn ours() -> Broker {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (sender, mut sink) = mpsc::channel::<Inbound>(1_000);
    tokio::spawn(async move {
        while let Some(inbound) = sink.recv().await {
            inbound.split().1.committed();
        }
    });
    Broker::start(
        listener,
        Settings::default(),
        Arc::new(Everybody),
        vec!["sensors/#".into()],
        sender,
        vec![],
    )
    .await
    .unwrap()
}

/// A mosquitto of its own, ended with the bench.
struct Peer {
    process: Child,
    address: SocketAddr,
    _dir: tempfile::TempDir,
}

impl Peer {
    fn start() -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let address = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let config = dir.path().join("peer.conf");
        let port = address.port();
        std::fs::write(
            &config,
            format!("listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nlog_type none\n"),
        )
        .unwrap();
        let process = Command::new("mosquitto")
            .arg("-c")
            .arg(&config)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let peer = Self {
            process,
            address,
            _dir: dir,
        };
        for _ in 0..100 {
            if std::net::TcpStream::connect(address).is_ok() {
                return Some(peer);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("mosquitto did not listen on {address}");
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ended = self.process.kill().and_then(|()| self.process.wait());
    }
}

fn publish(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let broker = runtime.block_on(ours());
    let peer = Peer::start();
    if peer.is_none() {
        eprintln!("skipped: no mosquitto");
    }
    let mut group = criterion.benchmark_group("publish_qos1");
    group
        .throughput(Throughput::Elements(PUBLISHES))
        .sample_size(20);
    for connections in [1, 50] {
        let places = [
            ("hinan", Some(broker.address())),
            ("mosquitto", peer.as_ref().map(|peer| peer.address)),
        ];
        for (name, address) in places {
            let Some(address) = address else { continue };
            let mut gauges = Some(runtime.block_on(async {
                let mut gauges = Vec::new();
                for number in 0..connections {
                    gauges.push(Gauge::connect(address, number).await);
                }
                gauges
            }));
            group.bench_function(BenchmarkId::new(name, connections), |bencher| {
                bencher.iter(|| {
                    let each = PUBLISHES / connections as u64;
                    let publishing = gauges
                        .take()
                        .unwrap()
                        .into_iter()
                        .map(|gauge| gauge.publish(each));
                    let set: tokio::task::JoinSet<Gauge> = {
                        let _inside = runtime.enter();
                        publishing.collect()
                    };
                    gauges = Some(runtime.block_on(set.join_all()));
                });
            });
        }
    }
    group.finish();
    runtime.block_on(broker.stop());
}

criterion_group!(benches, publish);
criterion_main!(benches);
