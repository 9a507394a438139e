//! `[web]`: where officers, residents and programs connect.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::checks::{refused, within};

/// Servers in front of this one, at most.
const PROXIES_MAX: usize = 16;

/// `[web]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Web {
    pub listen: String,
    pub idle_max_min: u32,
    pub session_max_h: u32,
    pub form_max_bytes: usize,
    pub listeners_max: usize,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub self_signed: bool,
    pub trusted_proxies: Vec<IpAddr>,
}

impl Web {
    /// Whether the pages are served over TLS here.
    #[must_use]
    pub fn has_tls(&self) -> bool {
        self.self_signed || !self.tls_certificate.as_os_str().is_empty()
    }

    /// Whether other machines reach the port in the clear. Then only the servers in front are answered, and those encrypt.
    #[must_use]
    pub fn is_behind_a_front(&self) -> bool {
        let beyond = self
            .listen
            .parse::<SocketAddr>()
            .is_ok_and(|at| !at.ip().to_canonical().is_loopback());
        beyond && !self.has_tls()
    }

    /// Whether whoever comes from another machine comes encrypted: by TLS here, or by a server in front that speaks it.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.has_tls() || self.is_behind_a_front()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("web.idle_max_min", self.idle_max_min, 1, 720)?;
        within("web.session_max_h", self.session_max_h, 1, 168)?;
        within("web.listeners_max", self.listeners_max, 1, 1000)?;
        within("web.form_max_bytes", self.form_max_bytes, 1024, 1 << 20)?;
        within(
            "web.trusted_proxies",
            self.trusted_proxies.len(),
            0,
            PROXIES_MAX,
        )?;
        if self.listen.parse::<SocketAddr>().is_err() {
            return refused(
                "web.listen",
                &self.listen,
                "ADDRESS:PORT, such as 0.0.0.0:8080",
            );
        }
        if self.is_behind_a_front() && self.trusted_proxies.is_empty() {
            return refused(
                "web.listen",
                &self.listen,
                "an address of this machine alone (127.0.0.1:8080) as long as nothing encrypts: set web.self_signed = true or \
                 web.tls_certificate, or name in web.trusted_proxies the server in front that speaks TLS",
            );
        }
        if self.self_signed && !self.tls_certificate.as_os_str().is_empty() {
            return refused(
                "web.self_signed",
                &true,
                "false where web.tls_certificate names the town's own certificate",
            );
        }
        match (
            self.tls_certificate.as_os_str().is_empty(),
            self.tls_key.as_os_str().is_empty(),
        ) {
            (true, false) => refused(
                "web.tls_certificate",
                &"empty",
                "a PEM file when web.tls_key is set",
            ),
            (false, true) => refused(
                "web.tls_key",
                &"empty",
                "a PEM file when web.tls_certificate is set",
            ),
            (true, true) | (false, false) => Ok(()),
        }
    }
}
