//! `[broker]`: our own broker and those elsewhere.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::ConfigError;
use super::checks::{filled, refused, secret_name, within};
use crate::apart;
use crate::realm::Realm;

/// Brokers elsewhere.
const REMOTES_MAX: usize = 16;

/// `[broker]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Broker {
    pub embedded: bool,
    pub host: String,
    pub port: u16,
    pub username: String,
    pub password_env: String,
    pub client_id: String,
    pub realm: Realm,
    pub packet_max_bytes: usize,
    pub keep_alive_s: u16,
    pub devices: DevicesRule,
    pub excess_max_s: u64,
    pub tls_listen: String,
    pub tls_certificate: PathBuf,
    pub tls_key: PathBuf,
    pub tls_clients: TlsClients,
    pub tls_client_ca: PathBuf,
    #[serde(default)]
    pub remote: Vec<RemoteBroker>,
}

/// Whom the embedded broker lets speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DevicesRule {
    /// Who names a station speaks for it, unless a device was enrolled for it.
    Open,
    /// Only devices that were enrolled.
    Enrolled,
}

/// Whether clients show a certificate at the TLS port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsClients {
    /// They are not asked for one.
    NotAsked,
    /// They may.
    Optional,
    /// They must.
    Required,
}

/// `[[broker.remote]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct RemoteBroker {
    pub name: String,
    pub host: String,
    pub port: u16,
    pub tls: bool,
    pub ca_file: PathBuf,
    pub cert_file: PathBuf,
    pub key_file: PathBuf,
    pub username: String,
    pub password_env: String,
    pub client_id: String,
    pub filter: Vec<String>,
    pub realm: Realm,
}

impl Default for RemoteBroker {
    /// As a `[[broker.remote]]` that names nothing: `name` and `host` must be named.
    fn default() -> Self {
        Self {
            name: String::new(),
            host: String::new(),
            port: 1883,
            tls: false,
            ca_file: PathBuf::new(),
            cert_file: PathBuf::new(),
            key_file: PathBuf::new(),
            username: String::new(),
            password_env: String::new(),
            client_id: String::new(),
            filter: Vec::new(),
            realm: Realm::Actual,
        }
    }
}

impl Broker {
    /// The environment variable with the password. Where none is named it goes by the realm of the service, or of the broker
    /// elsewhere.
    #[must_use]
    pub fn password_variable(&self, service: Realm) -> String {
        if self.password_env.is_empty() {
            format!("{}BROKER_PASSWORD", apart::prefix(self.login_of(service)))
        } else {
            self.password_env.clone()
        }
    }

    /// Whose login it is: our own broker is of the realm of the service.
    fn login_of(&self, service: Realm) -> Realm {
        if self.embedded { service } else { self.realm }
    }

    pub(super) fn check(&self, service: Realm) -> Result<(), ConfigError> {
        if !self.username.is_empty() {
            let variable = self.password_variable(service);
            secret_name("broker.password_env", &variable, self.login_of(service))?;
        }
        within(
            "broker.packet_max_bytes",
            self.packet_max_bytes,
            1 << 20,
            64 << 20,
        )?;
        within("broker.keep_alive_s", self.keep_alive_s, 5, 600)?;
        filled("broker.host", &self.host, "a host name or address")?;
        let own = self.host == "localhost"
            || self
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        let open = self.devices == DevicesRule::Open;
        if self.embedded && open && !own && self.username.is_empty() {
            return refused(
                "broker.username",
                &"empty",
                "set, because the embedded broker is open to other machines (broker.host is not loopback); or set \
                 broker.devices = \"enrolled\"",
            );
        }
        self.check_tls()?;
        within("broker.excess_max_s", self.excess_max_s, 0, 604_800)?;
        filled(
            "broker.client_id",
            &self.client_id,
            "a name that no other client of the broker uses",
        )?;
        remotes(&self.remote)
    }

    fn check_tls(&self) -> Result<(), ConfigError> {
        let b = self;
        let named = |path: &Path| !path.as_os_str().is_empty();
        if b.tls_listen.is_empty() {
            if named(&b.tls_certificate) || named(&b.tls_key) || named(&b.tls_client_ca) {
                return refused(
                    "broker.tls_listen",
                    &"empty",
                    "ADDRESS:PORT, such as 0.0.0.0:8883, where a certificate or key is given",
                );
            }
            return Ok(());
        }
        if !b.embedded {
            return refused(
                "broker.tls_listen",
                &b.tls_listen,
                "empty where broker.embedded is false: that broker has ports of its own",
            );
        }
        if b.tls_listen.parse::<std::net::SocketAddr>().is_err() {
            return refused(
                "broker.tls_listen",
                &b.tls_listen,
                "ADDRESS:PORT, such as 0.0.0.0:8883, or empty",
            );
        }
        for (key, path) in [
            ("broker.tls_certificate", &b.tls_certificate),
            ("broker.tls_key", &b.tls_key),
        ] {
            if !named(path) {
                return refused(
                    key,
                    &"empty",
                    "a PEM file, because broker.tls_listen is given",
                );
            }
        }
        match b.tls_clients {
            TlsClients::NotAsked => Ok(()),
            _ if named(&b.tls_client_ca) => Ok(()),
            _ => refused(
                "broker.tls_client_ca",
                &"empty",
                "a PEM file with the authorities that sign certificates of devices, because broker.tls_clients asks for \
                 them",
            ),
        }
    }
}

/// Checks the brokers elsewhere. Their files and variables are looked at when they are used.
fn remotes(all: &[RemoteBroker]) -> Result<(), ConfigError> {
    if all.len() > REMOTES_MAX {
        return refused("broker.remote", &all.len(), "at most 16 brokers");
    }
    let mut names = std::collections::BTreeSet::new();
    for remote in all {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-');
        let named = (1..=32).contains(&remote.name.len()) && remote.name.chars().all(plain);
        if !named || remote.name == crate::brokers::MAIN || !names.insert(&remote.name) {
            return refused(
                "broker.remote.name",
                &format_args!("{:?}", remote.name),
                "1 to 32 of A-Z a-z 0-9 _ -, not main, and each name once",
            );
        }
        let key = |key: &str| format!("broker.remote {}: {key}", remote.name);
        filled(&key("host"), &remote.host, "a host name or address")?;
        within(&key("port"), remote.port, 1, u16::MAX)?;
        let no_file = |path: &Path| path.as_os_str().is_empty();
        if remote.tls && no_file(&remote.ca_file) {
            return refused(
                &key("ca_file"),
                &"empty",
                "a PEM file with the authorities to trust, such as /etc/ssl/certs/ca-certificates.crt, because tls is true",
            );
        }
        let has_files = !no_file(&remote.ca_file) || !no_file(&remote.cert_file);
        if has_files && !remote.tls {
            return refused(
                &key("tls"),
                &"false",
                "true where ca_file or cert_file is given",
            );
        }
        if no_file(&remote.cert_file) != no_file(&remote.key_file) {
            return refused(
                &key("key_file"),
                &format_args!("{:?}", remote.key_file.display().to_string()),
                "given together with cert_file, or neither of them",
            );
        }
        if !remote.username.is_empty() && remote.password_env.is_empty() {
            return refused(
                &key("password_env"),
                &"empty",
                "the name of an environment variable with the password, because username is given",
            );
        }
        if !remote.username.is_empty() {
            secret_name(&key("password_env"), &remote.password_env, remote.realm)?;
        }
        if remote.filter.len() > 64 {
            return refused(
                &key("filter"),
                &remote.filter.len(),
                "at most 64 topic filters",
            );
        }
        for filter in &remote.filter {
            if !rumqttc::valid_filter(filter) || filter.starts_with('$') {
                return refused(
                    &key("filter"),
                    filter,
                    "an MQTT topic filter, such as v3/+/devices/+/up",
                );
            }
        }
    }
    Ok(())
}
