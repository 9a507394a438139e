//! TLS and certificates of devices, made for the test by rcgen and spoken by rustls as a client.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use hinan_broker::{ClientCertificates, Tls, TlsError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rumqttc::v5::mqttbytes::QoS::AtLeastOnce;
use rumqttc::v5::mqttbytes::v5::{ConnectReturnCode, PubAckReason};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::kit::Town;
use crate::kit5::{Client5, Hello, gauge, publish};

/// An authority and a folder for what it signs.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    dir: tempfile::TempDir,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("authority.pem"), issuer.pem()).unwrap();
        Self { issuer, dir }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    /// Signs a certificate and writes it and its key to NAME.pem and NAME.key.
    fn signs(&self, name: &str, file: &str) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(self.path(&format!("{file}.pem")), certificate.pem()).unwrap();
        std::fs::write(self.path(&format!("{file}.key")), key.serialize_pem()).unwrap();
    }

    fn files(&self, clients: ClientCertificates) -> Tls {
        Tls {
            certificate: self.path("broker.pem"),
            key: self.path("broker.key"),
            clients,
        }
    }
}

async fn town(authority: &Authority, clients: ClientCertificates) -> (Town, u16) {
    authority.signs("localhost", "broker");
    let mut town = Town::start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = town
        .broker
        .also_listen_tls(listener, authority.files(clients))
        .unwrap();
    (town, address.port())
}

/// Opens TLS, trusting `authority`; with the certificate of that name, if one is given.
async fn open(
    authority: &Path,
    own: Option<(&Path, &Path)>,
    port: u16,
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_file(authority).unwrap())
        .unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match own {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_file(certificate).unwrap()],
                PrivateKeyDer::from_pem_file(key).unwrap(),
            )
            .unwrap(),
    };
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    TlsConnector::from(Arc::new(config))
        .connect(ServerName::try_from("localhost").unwrap(), stream)
        .await
}

/// Signs in and out again: only then does a client of TLS 1.3 know whether its certificate was believed.
async fn is_let_in(stream: std::io::Result<TlsStream<TcpStream>>) -> bool {
    let Ok(mut stream) = stream else { return false };
    let hello = b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a";
    if stream.write_all(hello).await.is_err() {
        return false;
    }
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.is_ok() && answer == *b"\x20\x02\0\0"
}

#[tokio::test]
async fn a_reading_comes_in_over_tls_while_the_plain_port_serves_others() {
    let authority = Authority::new();
    let (mut town, port) = town(&authority, ClientCertificates::NotAsked).await;
    let stream = open(&authority.path("authority.pem"), None, port)
        .await
        .unwrap();
    let (mut client, answer) = Client5::knock_on(stream, gauge("a")).await;
    assert_eq!(answer.code, ConnectReturnCode::Success);
    let mut plain = town.gauge("b").await;
    let long = "1".repeat(300_000);
    client
        .publish(publish("sensors/a/level", &long, AtLeastOnce, 1))
        .await;
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(message.payload.len(), 300_000);
    receipt.committed();
    assert_eq!(client.expect_puback(1).await.reason, PubAckReason::Success);
    plain.ping().await;
    client.disconnect(None).await;
}

#[tokio::test]
async fn something_long_is_delivered_whole_over_tls() {
    let authority = Authority::new();
    let (town, port) = town(&authority, ClientCertificates::NotAsked).await;
    let stream = open(&authority.path("authority.pem"), None, port)
        .await
        .unwrap();
    let (mut reader, _) = Client5::knock_on(stream, crate::kit5::tower("reader")).await;
    let filter = rumqttc::v5::mqttbytes::v5::Filter::new("t", AtLeastOnce);
    reader.subscribe(filter, None).await;
    let mut writer = Client5::enter(town.address(), crate::kit5::tower("writer")).await;
    let long = "水".repeat(500_000);
    writer.publish(publish("t", &long, AtLeastOnce, 1)).await;
    writer.expect_puback(1).await;
    assert_eq!(reader.take().await.payload, long.as_bytes());
}

#[tokio::test]
async fn only_certificates_of_our_authority_open_the_door_when_they_are_required() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let ours = authority.path("authority.pem");
    let (town, port) = town(&authority, ClientCertificates::Required(ours.clone())).await;
    authority.signs("gauge-1", "device");
    stranger.signs("gauge-1", "device");
    let with = |authority: &Authority| (authority.path("device.pem"), authority.path("device.key"));
    let (good, bad) = (with(&authority), with(&stranger));
    assert!(is_let_in(open(&ours, Some((&good.0, &good.1)), port).await).await);
    assert!(!is_let_in(open(&ours, Some((&bad.0, &bad.1)), port).await).await);
    assert!(!is_let_in(open(&ours, None, port).await).await);
    town.until(|counts| counts.tls_failed == 2).await;
}

#[tokio::test]
async fn the_doorkeeper_sees_the_certificate_and_whom_it_names() {
    let authority = Authority::new();
    let ours = authority.path("authority.pem");
    let (mut town, port) = town(&authority, ClientCertificates::Optional(ours.clone())).await;
    authority.signs("gauge-1", "device");
    let own = (authority.path("device.pem"), authority.path("device.key"));
    let stream = open(&ours, Some((&own.0, &own.1)), port).await.unwrap();
    let hello = Hello {
        login: None,
        ..gauge("whatever")
    };
    let (mut client, answer) = Client5::knock_on(stream, hello.clone()).await;
    assert_eq!(answer.code, ConnectReturnCode::Success);
    client
        .publish(publish("sensors/gauge-1/level", "1", AtLeastOnce, 1))
        .await;
    let (message, receipt) = town.inbound().await.split();
    assert_eq!(message.device.as_deref(), Some("gauge-1"));
    receipt.committed();
    client.expect_puback(1).await;
    // Without one the same client may publish nothing.
    let stream = open(&ours, None, port).await.unwrap();
    let (mut nobody, _) = Client5::knock_on(stream, hello).await;
    nobody
        .publish(publish("sensors/gauge-1/level", "1", AtLeastOnce, 1))
        .await;
    let refused = nobody.expect_puback(1).await;
    assert_eq!(refused.reason, PubAckReason::NotAuthorized);
}

#[tokio::test]
async fn new_keys_serve_new_connections_and_bad_ones_change_nothing() {
    let authority = Authority::new();
    let (town, port) = town(&authority, ClientCertificates::NotAsked).await;
    let ours = authority.path("authority.pem");
    assert!(is_let_in(open(&ours, None, port).await).await);
    let good = std::fs::read(authority.path("broker.key")).unwrap();
    std::fs::write(authority.path("broker.key"), "not a key").unwrap();
    let refused = town.broker.reload_tls();
    assert!(
        matches!(&refused, Err(TlsError::File { path, .. }) if path.ends_with("broker.key")),
        "{refused:?}"
    );
    assert!(is_let_in(open(&ours, None, port).await).await);
    std::fs::write(authority.path("broker.key"), good).unwrap();

    let newer = Authority::new();
    newer.signs("localhost", "broker");
    for file in ["broker.pem", "broker.key"] {
        std::fs::copy(newer.path(file), authority.path(file)).unwrap();
    }
    town.broker.reload_tls().unwrap();
    assert!(is_let_in(open(&newer.path("authority.pem"), None, port).await).await);
    assert!(!is_let_in(open(&ours, None, port).await).await);
}

#[tokio::test]
async fn who_speaks_no_tls_at_the_tls_port_is_not_waited_for() {
    let authority = Authority::new();
    let (town, port) = town(&authority, ClientCertificates::NotAsked).await;
    let mut stranger = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let hello = b"\x10\x0d\0\x04MQTT\x04\x02\0\0\0\x01a";
    stranger.write_all(hello).await.unwrap();
    let mut answer = Vec::new();
    let _closed = stranger.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"\x20"), "no CONNACK");
    town.until(|counts| counts.tls_failed == 1 && counts.connections == 0)
        .await;
}
