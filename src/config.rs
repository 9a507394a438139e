//! The configuration: `config/default.toml` (which is also its documentation), then the town's file.
//!
//! An error names the key, the value and what would be accepted.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hinan_sensors::{Device, FormatRule, QualitySettings, TopicFilter, TopicRule, TopicRules};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::realm::Realm;

/// Topic filters of one subscription.
const TOPICS_MAX: usize = 64;

/// Brokers elsewhere.
const REMOTES_MAX: usize = 16;

/// The defaults, embedded so that the program can explain them anywhere.
pub const DEFAULT: &str = include_str!("../config/default.toml");

/// Everything the service can be told. One section per stage of the story.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Config {
    pub service: Service,
    pub town: TownSource,
    pub broker: Broker,
    pub sensors: Sensors,
    pub official: Official,
    pub models: Models,
    pub recommend: Recommend,
    pub approve: Approve,
    pub publish: Publish,
    pub web: Web,
}

/// `[service]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Service {
    pub realm: Realm,
    pub data_dir: PathBuf,
    pub log: LogStyle,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogStyle {
    /// For people.
    Pretty,
    /// For machines.
    Json,
}

/// `[town]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct TownSource {
    pub dir: PathBuf,
    pub roads: PathBuf,
}

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
        }
    }
}

/// `[sensors]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Sensors {
    pub topic_prefix: String,
    pub payload_max_bytes: usize,
    pub waiting_max_bytes: usize,
    pub future_max_s: i64,
    pub cadence_s: u32,
    pub commit_max_readings: usize,
    pub commit_within_ms: u64,
    pub quarantine_keep: i64,
    pub quality: QualitySettings,
    #[serde(default)]
    pub station: BTreeMap<String, QualitySettings>,
    #[serde(default)]
    pub source: Vec<FormatRule>,
    #[serde(default)]
    pub device: Vec<Device>,
    pub devices_publish: DevicesPublish,
}

/// Whom the embedded broker lets publish readings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DevicesPublish {
    /// A client publishes only as the station that its client id names.
    Own,
    /// A client may publish for any station: a gateway.
    Any,
}

/// `[official]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Official {
    pub filter: Vec<TopicFilter>,
    pub payload_max_bytes: usize,
}

/// `[models]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Models {
    pub history: PathBuf,
    pub dir: PathBuf,
    pub enabled: bool,
}

/// `[recommend]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Recommend {
    pub every_s: u32,
    pub level3_probability: f64,
    pub level3_lead_h: u32,
    pub level4_probability: f64,
    pub level4_lead_h: u32,
    pub rapid_rise_m_per_h: f64,
    pub reopen_after_min: u32,
    pub expire_after_h: u32,
}

/// `[approve]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Approve {
    pub basis_age_max_min: u32,
}

/// `[publish]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Publish {
    pub sender: String,
    pub sender_name: String,
    pub expires_after_h: u32,
    pub broker: String,
    pub topic_prefix: String,
    pub public_url: String,
}

/// `[web]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Web {
    pub listen: String,
    pub idle_max_min: u32,
    pub form_max_bytes: usize,
    pub listeners_max: usize,
}

/// Why a configuration cannot be used. The text names key, value and what is accepted.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not TOML, an unknown key, or a value of another type.
    #[error("{path}: {message}")]
    Malformed {
        /// The file.
        path: String,
        /// Line, column and what was expected.
        message: String,
    },
    /// A value out of its range.
    #[error("{key} is {value}; it must be {accepted}")]
    Refused {
        /// The key with its section.
        key: String,
        /// The value found.
        value: String,
        /// What would be accepted.
        accepted: String,
    },
}

impl Config {
    /// The defaults alone.
    ///
    /// # Panics
    /// Never: the embedded defaults are checked by a test.
    #[must_use]
    pub fn defaults() -> Self {
        toml::from_str(DEFAULT).expect("the embedded defaults are valid, a test reads them")
    }

    /// Reads the town's file over the defaults and checks every value.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.display().to_string(),
            source,
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// Reads a file's text over the defaults and checks every value.
    pub fn parse(text: &str, path: &str) -> Result<Self, ConfigError> {
        let malformed = |error: &toml::de::Error| ConfigError::Malformed {
            path: path.to_owned(),
            message: error.to_string(),
        };
        let own: toml::Table = toml::from_str(text).map_err(|e| malformed(&e))?;
        let mut all: toml::Table = toml::from_str(DEFAULT).map_err(|e| malformed(&e))?;
        overlay(&mut all, own);
        let config: Self = match toml::Value::Table(all).try_into() {
            Ok(config) => config,
            // The merged table has no line numbers; reading the file alone finds the place.
            Err(error) => return Err(locate(text, path, &error)),
        };
        config.check()?;
        Ok(config)
    }

    /// Checks every value against its range.
    pub fn check(&self) -> Result<(), ConfigError> {
        let s = &self.sensors;
        let r = &self.recommend;
        within(
            "broker.packet_max_bytes",
            self.broker.packet_max_bytes,
            1 << 20,
            64 << 20,
        )?;
        within("broker.keep_alive_s", self.broker.keep_alive_s, 5, 600)?;
        filled("broker.host", &self.broker.host, "a host name or address")?;
        let own = self.broker.host == "localhost"
            || self
                .broker
                .host
                .parse::<std::net::IpAddr>()
                .is_ok_and(|ip| ip.is_loopback());
        let open = self.broker.devices == DevicesRule::Open;
        if self.broker.embedded && open && !own && self.broker.username.is_empty() {
            return refused(
                "broker.username",
                &"empty",
                "set, because the embedded broker is open to other machines (broker.host is not loopback); or set \
                 broker.devices = \"enrolled\"",
            );
        }
        self.check_tls()?;
        within("broker.excess_max_s", self.broker.excess_max_s, 0, 604_800)?;
        filled(
            "broker.client_id",
            &self.broker.client_id,
            "a name that no other client of the broker uses",
        )?;
        remotes(&self.broker.remote)?;
        topic("sensors.topic_prefix", &s.topic_prefix)?;
        self.rules().validate().or_else(|why| {
            refused(
                "sensors.source",
                &why,
                "as explained in config/default.toml",
            )
        })?;
        within(
            "official.payload_max_bytes",
            self.official.payload_max_bytes,
            1 << 16,
            self.broker.packet_max_bytes,
        )?;
        if self.topics().len() > TOPICS_MAX {
            return refused(
                "sensors.source",
                &self.topics().len(),
                "at most 64 topic filters in all, official ones included",
            );
        }
        if !self.publish.broker.is_empty()
            && !self
                .broker
                .remote
                .iter()
                .any(|remote| remote.name == self.publish.broker)
        {
            return refused(
                "publish.broker",
                &self.publish.broker,
                "empty (the broker of [broker]) or the name of a [[broker.remote]]",
            );
        }
        topic("sensors.topic_prefix", &s.topic_prefix)?;
        topic("publish.topic_prefix", &self.publish.topic_prefix)?;
        within("sensors.payload_max_bytes", s.payload_max_bytes, 64, 65536)?;
        within(
            "sensors.waiting_max_bytes",
            s.waiting_max_bytes,
            self.broker.packet_max_bytes,
            4 << 30,
        )?;
        within("sensors.future_max_s", s.future_max_s, 1, 3600)?;
        within("sensors.cadence_s", s.cadence_s, 10, 86400)?;
        within(
            "sensors.commit_max_readings",
            s.commit_max_readings,
            1,
            20000,
        )?;
        within("sensors.commit_within_ms", s.commit_within_ms, 1, 1000)?;
        within("sensors.quarantine_keep", s.quarantine_keep, 100, 1_000_000)?;
        within("recommend.every_s", r.every_s, 60, 3600)?;
        within(
            "recommend.level3_probability",
            r.level3_probability,
            0.01,
            0.99,
        )?;
        within(
            "recommend.level4_probability",
            r.level4_probability,
            0.01,
            0.99,
        )?;
        lead("recommend.level3_lead_h", r.level3_lead_h)?;
        lead("recommend.level4_lead_h", r.level4_lead_h)?;
        within(
            "recommend.rapid_rise_m_per_h",
            r.rapid_rise_m_per_h,
            0.05,
            10.0,
        )?;
        within("recommend.reopen_after_min", r.reopen_after_min, 5, 720)?;
        within("recommend.expire_after_h", r.expire_after_h, 1, 72)?;
        within(
            "approve.basis_age_max_min",
            self.approve.basis_age_max_min,
            1,
            120,
        )?;
        within(
            "publish.expires_after_h",
            self.publish.expires_after_h,
            1,
            48,
        )?;
        within("web.idle_max_min", self.web.idle_max_min, 5, 720)?;
        within("web.listeners_max", self.web.listeners_max, 1, 1000)?;
        within("web.form_max_bytes", self.web.form_max_bytes, 1024, 1 << 20)?;
        s.quality.validate().or_else(|why| {
            refused(
                "sensors.quality",
                &why,
                "as explained in config/default.toml",
            )
        })?;
        for (station, quality) in &s.station {
            let key = format!("sensors.station.{station}");
            quality
                .validate()
                .or_else(|why| refused(&key, &why, "as explained in config/default.toml"))?;
        }
        let url = &self.publish.public_url;
        let web = url.starts_with("http://") || url.starts_with("https://");
        if !web
            || url
                .chars()
                .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '<' | '>'))
        {
            return refused(
                "publish.public_url",
                url,
                "an address that begins with http:// or https://, without spaces",
            );
        }
        if self.publish.sender.is_empty() || self.publish.sender.contains([' ', ',', '<', '&']) {
            return refused(
                "publish.sender",
                &self.publish.sender,
                "an address without spaces, commas, < or &",
            );
        }
        if self.web.listen.parse::<std::net::SocketAddr>().is_err() {
            return refused(
                "web.listen",
                &self.web.listen,
                "ADDRESS:PORT, such as 0.0.0.0:8080",
            );
        }
        Ok(())
    }

    fn check_tls(&self) -> Result<(), ConfigError> {
        let b = &self.broker;
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

    /// The topics that readings and official information come on, as filters to subscribe to.
    #[must_use]
    pub fn topics(&self) -> Vec<String> {
        let mut topics: Vec<String> = self.rules().filters().collect();
        topics.extend(
            self.official
                .filter
                .iter()
                .map(|filter| filter.as_str().to_owned()),
        );
        topics
    }

    /// Which topics carry readings, and in which format.
    #[must_use]
    pub fn rules(&self) -> TopicRules {
        TopicRules {
            readings: TopicRule {
                prefix: self.sensors.topic_prefix.clone(),
            },
            formats: self.sensors.source.clone(),
        }
    }

    /// What this configuration means, in plain words, for `hinan check-config`.
    #[must_use]
    pub fn explained(&self) -> String {
        let r = &self.recommend;
        format!(
            "区分 realm: {}\n\
             データの置き場所 data directory: {}\n\
             自治体 town: {}\n\
             MQTT: {}:{}{}, 観測値 readings {}/{{station}}\n\
             機器 devices: {}\n\
             {}{}\
             警戒レベル3 高齢者等避難: 避難判断水位に到達し上昇中、または{}時間以内に氾濫危険水位(なければ計画高水位)へ達する確率が{:.0}%以上、\
             または氾濫注意水位を超えて1時間に{} m以上の急な上昇\n\
             警戒レベル4 避難指示: 氾濫危険水位に到達、または{}時間以内に計画高水位へ達する確率が{:.0}%以上\n\
             警戒レベル5 緊急安全確保: 計画高水位(氾濫開始相当水位の代わり)に到達\n\
             承認 approval: 画面に出してから{}分以内\n\
             配信 publication: {} ({}時間で失効) topic {}/{}\n\
             画面 web: http://{}/\n",
            self.service.realm,
            self.service.data_dir.display(),
            if self.town.dir.as_os_str().is_empty() {
                "内蔵の帯広市 built-in Obihiro".to_owned()
            } else {
                self.town.dir.display().to_string()
            },
            self.broker.host,
            self.broker.port,
            if self.broker.embedded {
                " (内蔵 embedded)"
            } else {
                ""
            },
            self.sensors.topic_prefix,
            self.broker.devices_explained(),
            self.broker.remote.iter().map(explained).collect::<String>(),
            self.topics_explained(),
            r.level3_lead_h,
            r.level3_probability * 100.0,
            r.rapid_rise_m_per_h,
            r.level4_lead_h,
            r.level4_probability * 100.0,
            self.approve.basis_age_max_min,
            self.publish.sender,
            self.publish.expires_after_h,
            self.publish.topic_prefix,
            self.service.realm,
            self.web.listen,
        )
    }
}

impl Config {
    /// Topics beside those of our own devices, in plain words.
    fn topics_explained(&self) -> String {
        let mut text = String::new();
        for rule in &self.sensors.source {
            let format = rule
                .format
                .map_or("自動判別 recognised by content", |f| f.name());
            text.push_str(&format!("観測値 readings {}: {format}\n", rule.filter));
        }
        for filter in &self.official.filter {
            text.push_str(&format!("公的情報 official information {filter}\n"));
        }
        text
    }
}

impl Broker {
    fn devices_explained(&self) -> String {
        if !self.embedded {
            return "町のブローカーが決める / the broker decides; `hinan devices export` writes its access files"
                .to_owned();
        }
        let who = match self.devices {
            DevicesRule::Open => {
                "局名を名乗れば誰でも / whoever names a station (devices = \"open\")"
            }
            DevicesRule::Enrolled => "登録した機器だけ / enrolled ones only",
        };
        let tls = match (self.tls_listen.as_str(), self.tls_clients) {
            ("", _) => {
                "暗号化なし: 秘密は平文で届きます / no TLS: secrets travel in the clear".to_owned()
            }
            (at, TlsClients::NotAsked) => format!("TLS {at}"),
            (at, TlsClients::Optional) => {
                format!("TLS {at}, 機器の証明書は任意 certificates optional")
            }
            (at, TlsClients::Required) => {
                format!("TLS {at}, 機器の証明書が必要 certificates required")
            }
        };
        format!("{who}; {tls}")
    }
}

/// One broker elsewhere, in plain words.
fn explained(remote: &RemoteBroker) -> String {
    format!(
        "MQTT {}: {}:{}{}{} {}\n",
        remote.name,
        remote.host,
        remote.port,
        match (remote.tls, remote.cert_file.as_os_str().is_empty()) {
            (false, _) => ", 暗号化なし in the clear",
            (true, true) => ", TLS",
            (true, false) => ", TLS 相互認証 mutual",
        },
        if remote.username.is_empty() {
            String::new()
        } else {
            format!(", {} ({})", remote.username, remote.password_env)
        },
        remote.filter.join(" "),
    )
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

fn overlay(under: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => overlay(below, above),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

/// Finds the line of a fault that was seen in the merged table.
fn locate(text: &str, path: &str, error: &toml::de::Error) -> ConfigError {
    let message = error.message().to_owned();
    let word = message.split('`').nth(1).unwrap_or_default().to_owned();
    let line = (!word.is_empty())
        .then(|| {
            text.lines()
                .position(|l| l.trim_start().trim_start_matches('[').starts_with(&word))
        })
        .flatten();
    let place = line.map_or_else(String::new, |n| format!(", line {}", n + 1));
    let keys = error.to_string();
    ConfigError::Malformed {
        path: format!("{path}{place}"),
        message: keys.trim().to_owned(),
    }
}

fn refused<T>(key: &str, value: &dyn std::fmt::Display, accepted: &str) -> Result<T, ConfigError> {
    Err(ConfigError::Refused {
        key: key.to_owned(),
        value: value.to_string(),
        accepted: accepted.to_owned(),
    })
}

fn within<T: Copy + PartialOrd + std::fmt::Display>(
    key: &str,
    value: T,
    low: T,
    high: T,
) -> Result<(), ConfigError> {
    if value >= low && value <= high {
        Ok(())
    } else {
        refused(key, &value, &format!("from {low} to {high}"))
    }
}

fn lead(key: &str, value: u32) -> Result<(), ConfigError> {
    if [1, 2, 3, 6].contains(&value) {
        Ok(())
    } else {
        refused(key, &value, "1, 2, 3 or 6")
    }
}

fn filled(key: &str, value: &str, accepted: &str) -> Result<(), ConfigError> {
    if value.is_empty() {
        refused(key, &"empty", accepted)
    } else {
        Ok(())
    }
}

fn topic(key: &str, value: &str) -> Result<(), ConfigError> {
    if value.is_empty()
        || value.contains(['+', '#', '\0'])
        || value.starts_with('/')
        || value.ends_with('/')
    {
        return refused(
            key,
            &value,
            "a topic without +, # and outer slashes, such as hinan/v1/readings",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let error = Config::parse(text, "town.toml")
            .expect_err("must be refused")
            .to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn the_defaults_are_valid_and_explain_themselves() {
        let config = Config::parse("", "nothing").expect("defaults");
        assert!(config.explained().contains("避難指示"));
    }

    #[test]
    fn a_wrong_value_names_key_value_and_what_is_accepted() {
        check(
            "[approve]\nbasis_age_max_min = 0",
            "approve.basis_age_max_min is 0; it must be from 1 to 120",
        );
        check(
            "[recommend]\nlevel4_lead_h = 5",
            "recommend.level4_lead_h is 5; it must be 1, 2, 3 or 6",
        );
        check("[web]\nlisten = \"somewhere\"", "web.listen is somewhere");
    }

    #[test]
    fn tls_needs_its_files_and_devices_that_are_enrolled_need_no_shared_login() {
        check(
            "[broker]\ntls_listen = \"0.0.0.0:8883\"",
            "broker.tls_certificate is empty; it must be a PEM file",
        );
        check(
            "[broker]\ntls_key = \"own.key\"",
            "broker.tls_listen is empty",
        );
        check(
            "[broker]\ntls_listen = \"8883\"",
            "broker.tls_listen is 8883",
        );
        let files = "tls_certificate = \"a\"\ntls_key = \"b\"\ntls_listen = \"0.0.0.0:8883\"";
        check(
            &format!("[broker]\n{files}\ntls_clients = \"required\""),
            "broker.tls_client_ca is empty",
        );
        check("[broker]\nhost = \"0.0.0.0\"", "broker.username is empty");
        let enrolled = "[broker]\nhost = \"0.0.0.0\"\ndevices = \"enrolled\"";
        assert!(Config::parse(enrolled, "town.toml").is_ok());
        check("[broker]\ndevices = \"some\"", "devices");
    }

    #[test]
    fn a_broker_elsewhere_is_refused_by_its_name_and_key() {
        let remote =
            |keys: &str| format!("[[broker.remote]]\nname = \"pref\"\nhost = \"h\"\n{keys}");
        check(
            &remote("tls = true"),
            "broker.remote pref: ca_file is empty; it must be a PEM file",
        );
        check(
            &remote("ca_file = \"ca.pem\""),
            "broker.remote pref: tls is false",
        );
        check(
            &remote("username = \"u\""),
            "broker.remote pref: password_env is empty",
        );
        check(
            &remote("filter = [\"a/#/b\"]"),
            "broker.remote pref: filter is a/#/b",
        );
        check(
            &remote("[[broker.remote]]\nname = \"pref\"\nhost = \"h\""),
            "each name once",
        );
        check(&remote("prot = 1"), "prot");
        check(
            "[publish]\nbroker = \"pref\"",
            "publish.broker is pref; it must be empty",
        );
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line_and_the_known_ones() {
        check("[web]\n\nlistn = \"0.0.0.0:80\"", "line 3");
        check("[web]\n\nlistn = \"0.0.0.0:80\"", "listen");
        check("[service]\nrealm = \"live\"", "exercise");
        check("[broker]\nport = \"many\"", "port");
    }
}
