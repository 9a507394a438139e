//! `[oidc]`: single sign-on by the town's own provider.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::checks::{filled, refused};

/// Path of our page that the provider sends people back to.
pub const BACK: &str = "/plain/signin/oidc";

/// `[oidc]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Oidc {
    pub issuer: String,
    pub client_id: String,
    pub client_secret_file: PathBuf,
    pub redirect_url: String,
    pub second_factor: Counts,
}

/// Whether a sign-in by the provider counts as one with a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Counts {
    /// It never does.
    Never,
    /// Where the provider says that it asked for more than one (`amr` has `mfa`, RFC 8176).
    Mfa,
}

impl Oidc {
    /// Whether the town has a provider.
    #[must_use]
    pub fn is_used(&self) -> bool {
        !self.issuer.is_empty()
    }

    pub(super) fn check(&self) -> Result<(), ConfigError> {
        if !self.is_used() {
            for (key, value) in [
                ("oidc.client_id", self.client_id.as_str()),
                ("oidc.redirect_url", self.redirect_url.as_str()),
            ] {
                if !value.is_empty() {
                    return refused(key, &value, "empty where oidc.issuer is empty");
                }
            }
            return Ok(());
        }
        if !is_safe(&self.issuer) {
            return refused(
                "oidc.issuer",
                &self.issuer,
                "empty, or an https:// address (http:// on this machine only)",
            );
        }
        filled(
            "oidc.client_id",
            &self.client_id,
            "the name that the provider gave this service",
        )?;
        let file = self.client_secret_file.display().to_string();
        filled(
            "oidc.client_secret_file",
            &file,
            "a file of mode 600 with the provider's secret",
        )?;
        if !is_safe(&self.redirect_url) || !is_our_page(&self.redirect_url) {
            return refused(
                "oidc.redirect_url",
                &self.redirect_url,
                &format!("the address under which officers reach the pages, followed by {BACK}"),
            );
        }
        Ok(())
    }
}

/// How an address is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// By https.
    Encrypted,
    /// By http, and nobody else is on the way.
    WithinThisMachine,
    /// By anything else.
    InTheClear,
}

impl Line {
    pub(crate) fn to(address: &str) -> Self {
        let Ok(url) = reqwest::Url::parse(address) else {
            return Self::InTheClear;
        };
        let host = url.host_str().unwrap_or_default();
        let here = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
        match url.scheme() {
            "https" => Self::Encrypted,
            "http" if here => Self::WithinThisMachine,
            _ => Self::InTheClear,
        }
    }
}

/// Encrypted, or within this machine.
fn is_safe(address: &str) -> bool {
    Line::to(address) != Line::InTheClear
}

/// Our page itself: what a provider adds to it must be all that stands behind it.
fn is_our_page(address: &str) -> bool {
    reqwest::Url::parse(address).is_ok_and(|url| {
        url.path() == BACK
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none()
    })
}
