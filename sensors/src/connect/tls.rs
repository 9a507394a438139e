//! TLS to a broker: whose word we take for its name, and how we show who we are.

use std::fmt;
use std::sync::Arc;

use rumqttc::{TlsConfiguration, Transport};
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

/// Authorities of one file. A system's own bundle has about 150.
const AUTHORITIES_MAX: usize = 1000;

/// A way to speak TLS 1.2 or 1.3. The broker's certificate must name the host we connect to.
#[derive(Clone)]
pub struct Tls(Arc<ClientConfig>);

impl Tls {
    /// Trusts the authorities in `authorities_pem` and nobody else; with an `identity`, a certificate chain and its key
    /// in PEM, answers a broker that asks who we are (mutual TLS).
    ///
    /// # Errors
    /// [`InvalidTls`] names what cannot be read. The key itself is never quoted.
    pub fn from_pem(
        authorities_pem: &[u8],
        identity: Option<(&[u8], &[u8])>,
    ) -> Result<Self, InvalidTls> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates("authorities", authorities_pem)? {
            roots
                .add(certificate)
                .map_err(|why| InvalidTls::new("authorities", &why))?;
        }
        let provider = Arc::new(ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|why| InvalidTls::new("protocol versions", &why))?
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some((chain_pem, key_pem)) => {
                let chain = certificates("certificate", chain_pem)?;
                let key = PrivateKeyDer::from_pem_slice(key_pem)
                    .map_err(|_| InvalidTls::new("key", &"it is not a private key in PEM"))?;
                builder
                    .with_client_auth_cert(chain, key)
                    .map_err(|why| InvalidTls::new("certificate and key", &why))?
            }
        };
        Ok(Self(Arc::new(config)))
    }

    /// As other libraries want it.
    #[must_use]
    pub fn config(&self) -> ClientConfig {
        ClientConfig::clone(&self.0)
    }

    /// As the MQTT library wants it.
    #[must_use]
    pub fn transport(&self) -> Transport {
        Transport::tls_with_config(TlsConfiguration::Rustls(Arc::clone(&self.0)))
    }
}

fn certificates(
    what: &'static str,
    pem: &[u8],
) -> Result<Vec<CertificateDer<'static>>, InvalidTls> {
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(pem) {
        if found.len() == AUTHORITIES_MAX {
            return Err(InvalidTls::new(what, &"more than 1000 certificates"));
        }
        found.push(certificate.map_err(|why| InvalidTls::new(what, &why))?);
    }
    if found.is_empty() {
        return Err(InvalidTls::new(what, &"no certificate in PEM"));
    }
    Ok(found)
}

/// Says nothing of keys.
impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

/// What cannot be used to speak TLS.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {why}; accepted are PEM files, certificates as -----BEGIN CERTIFICATE-----")]
pub struct InvalidTls {
    /// Which part.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: String,
}

impl InvalidTls {
    fn new(what: &'static str, why: &dyn fmt::Display) -> Self {
        Self {
            what,
            why: why.to_string().chars().take(300).collect(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused_by_name() {
        let refused = |pem: &[u8]| Tls::from_pem(pem, None).unwrap_err().to_string();
        assert!(refused(b"").starts_with("authorities: no certificate"));
        assert!(refused(b"hello").starts_with("authorities: no certificate"));
        let junk = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(
            refused(junk).starts_with("authorities: "),
            "{}",
            refused(junk)
        );
    }
}
