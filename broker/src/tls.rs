//! TLS: our certificate, and whose certificates we believe. One provider of cryptography, `ring`.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use x509_cert::der::Decode as _;
use x509_cert::der::asn1::{PrintableStringRef, Utf8StringRef};
use x509_cert::der::oid::db::rfc4519::COMMON_NAME;

use crate::door::Certificate;

/// Where the keys are. PEM files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// Our certificate, followed by those between it and its authority.
    pub certificate: PathBuf,
    /// Our private key: PKCS #8, PKCS #1 or SEC 1, without a passphrase.
    pub key: PathBuf,
    /// Whether clients show a certificate, and whom we believe about it.
    pub clients: ClientCertificates,
}

/// Whether clients show a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientCertificates {
    /// They are not asked for one.
    NotAsked,
    /// They may show one that is signed by an authority in this file. A wrong one fails the handshake.
    Optional(PathBuf),
    /// They must.
    Required(PathBuf),
}

/// Why TLS cannot be offered, or a client's handshake failed.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not what it should be.
    #[error("{path}: {why}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, and what is accepted.
        why: String,
    },
    /// Certificate and key do not belong together, or no authority can be used.
    #[error("{0}")]
    Unusable(String),
    /// The handshake was not finished in time.
    #[error("no TLS handshake in time")]
    Slow,
    /// The handshake failed.
    #[error("{0}")]
    Handshake(#[from] std::io::Error),
    /// The port cannot be used.
    #[error("listener: {0}")]
    Listener(std::io::Error),
    /// No port for TLS is open.
    #[error("the broker does not listen for TLS")]
    NotOpen,
}

/// The TLS side of a port. Its keys can be read anew; connections that are open keep theirs.
pub(crate) struct TlsDoor {
    files: Tls,
    config: RwLock<Arc<ServerConfig>>,
}

impl TlsDoor {
    pub(crate) fn open(files: Tls) -> Result<Self, TlsError> {
        let config = RwLock::new(configured(&files)?);
        Ok(Self { files, config })
    }

    /// Reads the files again. What was in use stays in use if they cannot be used.
    pub(crate) fn reload(&self) -> Result<(), TlsError> {
        let fresh = configured(&self.files)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    pub(crate) async fn accept(
        &self,
        stream: TcpStream,
        within: Duration,
    ) -> Result<(TlsStream<TcpStream>, Option<Certificate>), TlsError> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        let stream = timeout(within, TlsAcceptor::from(config).accept(stream))
            .await
            .map_err(|_| TlsError::Slow)??;
        let certificate = stream
            .get_ref()
            .1
            .peer_certificates()
            .and_then(|chain| chain.first())
            .map(|der| read(der));
        Ok((stream, certificate))
    }
}

fn configured(files: &Tls) -> Result<Arc<ServerConfig>, TlsError> {
    let provider = Arc::new(ring::default_provider());
    let unusable = |why: &dyn std::fmt::Display| TlsError::Unusable(why.to_string());
    let clients = match &files.clients {
        ClientCertificates::NotAsked => WebPkiClientVerifier::no_client_auth(),
        ClientCertificates::Optional(authorities) | ClientCertificates::Required(authorities) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(authorities)? {
                roots.add(authority).map_err(|why| TlsError::File {
                    path: authorities.clone(),
                    why: format!("not an authority that signs certificates: {why}"),
                })?;
            }
            let builder =
                WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
            let builder = match files.clients {
                ClientCertificates::Optional(_) => builder.allow_unauthenticated(),
                _ => builder,
            };
            builder.build().map_err(|why| unusable(&why))?
        }
    };
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|why| TlsError::File {
        path: files.key.clone(),
        why: format!("no private key in PEM (PKCS #8, PKCS #1 or SEC 1): {why}"),
    })?;
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| unusable(&why))?
        .with_client_cert_verifier(clients)
        .with_single_cert(certificates(&files.certificate)?, key)
        .map_err(|why| TlsError::File {
            path: files.certificate.clone(),
            why: format!("cannot be used with {}: {why}", files.key.display()),
        })?;
    Ok(Arc::new(config))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |why: String| TlsError::File {
        path: path.to_owned(),
        why,
    };
    let found = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|why| wrong(format!("no certificate in PEM: {why}")))?;
    if found.is_empty() {
        return Err(wrong("no certificate in PEM in it".to_owned()));
    }
    Ok(found)
}

fn read(der: &CertificateDer<'_>) -> Certificate {
    Certificate {
        common_name: common_name(der),
        sha256: Sha256::digest(der).into(),
    }
}

/// The common name, if there is exactly one. Its signature was checked before.
fn common_name(der: &[u8]) -> Option<String> {
    let certificate = x509_cert::Certificate::from_der(der).ok()?;
    let mut names = certificate
        .tbs_certificate
        .subject
        .0
        .iter()
        .flat_map(|names| names.0.iter())
        .filter(|name| name.oid == COMMON_NAME);
    let (name, None) = (names.next()?, names.next()) else {
        return None;
    };
    let value = &name.value;
    Utf8StringRef::try_from(value)
        .map(|text| text.as_str().to_owned())
        .or_else(|_| PrintableStringRef::try_from(value).map(|text| text.as_str().to_owned()))
        .ok()
}
