//! TLS for officers and residents, in the server itself. Handshakes run beside one another, so that somebody who begins one and
//! does not go on holds up nobody.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use thiserror::Error;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// Handshakes at the same time; others wait at the port.
const HANDSHAKES_MAX: usize = 256;
/// A handshake that takes longer is given up.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Rest after the system could not accept, for example for lack of file handles.
const REST: Duration = Duration::from_millis(200);

/// Why TLS cannot be offered.
#[derive(Debug, Error)]
pub enum TlsError {
    /// A file cannot be read as PEM.
    #[error("{key} {path}: {why}; it must be a PEM file with {what}")]
    File {
        /// The key of the configuration.
        key: &'static str,
        /// The file.
        path: String,
        /// What is wrong.
        why: String,
        /// What is accepted.
        what: &'static str,
    },
    /// Certificate and key do not belong together.
    #[error("web.tls_certificate and web.tls_key: {0}")]
    Unusable(#[from] tokio_rustls::rustls::Error),
}

/// What the files say. Read once at the start.
///
/// # Errors
/// [`TlsError`] names key, file and what is accepted.
pub fn acceptor(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let refused = |name, path: &Path, why: String, what| TlsError::File {
        key: name,
        path: path.display().to_string(),
        why,
        what,
    };
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_file_iter(certificate)
        .and_then(Iterator::collect)
        .map_err(|why| {
            refused(
                "web.tls_certificate",
                certificate,
                why.to_string(),
                "a certificate and those between it and its authority",
            )
        })?;
    if chain.is_empty() {
        let why = "no certificate is in it".to_owned();
        return Err(refused(
            "web.tls_certificate",
            certificate,
            why,
            "a certificate",
        ));
    }
    let key = PrivateKeyDer::from_pem_file(key).map_err(|why| {
        refused(
            "web.tls_key",
            key,
            why.to_string(),
            "a private key without a passphrase",
        )
    })?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

type Handshake = Pin<Box<dyn Future<Output = Option<(TlsStream<TcpStream>, SocketAddr)>> + Send>>;

/// A port that speaks TLS.
pub(super) struct TlsPort {
    port: TcpListener,
    acceptor: TlsAcceptor,
    handshakes: FuturesUnordered<Handshake>,
}

impl TlsPort {
    /// TLS at this port.
    pub(super) fn new(port: TcpListener, acceptor: TlsAcceptor) -> Self {
        Self {
            port,
            acceptor,
            handshakes: FuturesUnordered::new(),
        }
    }
}

impl Listener for TlsPort {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            tokio::select! {
                accepted = self.port.accept(), if self.handshakes.len() < HANDSHAKES_MAX => match accepted {
                    Ok((stream, from)) => {
                        let shaken = self.acceptor.accept(stream);
                        self.handshakes.push(Box::pin(async move {
                            match tokio::time::timeout(HANDSHAKE_WITHIN, shaken).await {
                                Ok(Ok(stream)) => Some((stream, from)),
                                Ok(Err(_)) | Err(_) => {
                                    metrics::counter!("hinan_tls_refused_total").increment(1);
                                    None
                                }
                            }
                        }));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection could not be accepted");
                        tokio::time::sleep(REST).await;
                    }
                },
                Some(done) = self.handshakes.next(), if !self.handshakes.is_empty() => {
                    if let Some(done) = done {
                        return done;
                    }
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.port.local_addr()
    }
}

/// Where a visitor comes from.
#[derive(Clone, Copy, Debug)]
pub(super) struct Visitor(pub(super) SocketAddr);

impl Connected<IncomingStream<'_, TcpListener>> for Visitor {
    fn connect_info(stream: IncomingStream<'_, TcpListener>) -> Self {
        Self(*stream.remote_addr())
    }
}

impl Connected<IncomingStream<'_, TlsPort>> for Visitor {
    fn connect_info(stream: IncomingStream<'_, TlsPort>) -> Self {
        Self(*stream.remote_addr())
    }
}
