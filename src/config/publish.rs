//! `[approve]` and `[publish]`: the human gate, and who sends what behind it.

use std::path::{Path, PathBuf};

use hinan_notice::text::AreaMailLimits;
use serde::{Deserialize, Serialize};

use super::checks::{filled, refused, secret_name, topic, within};
use super::{Broker, ConfigError};
use crate::apart;
use crate::approve::rule::{Needs, Rules};
use crate::publish::channel::mail::MailTls;
use crate::publish::outbox::{ChannelName, is_webhook_name};
use crate::realm::Realm;

/// Programs that are called.
const WEBHOOKS_MAX: usize = 16;
/// Distribution lists.
const LISTS_MAX: usize = 16;

/// `[approve]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Approve {
    pub basis_age_max_min: u32,
    pub level3: Needs,
    pub level4: Needs,
    pub level5: Needs,
    pub cancel: Needs,
    pub lone_after_min: u32,
    pub review_within_min: u32,
    pub escalate_after_s: Vec<u32>,
}

/// `[officers]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Officers {
    pub without_second_factor: bool,
    pub passkey_origin: String,
}

impl Officers {
    pub(super) fn check(&self, realm: Realm) -> Result<(), ConfigError> {
        if self.without_second_factor && realm == Realm::Actual {
            return refused(
                "officers.without_second_factor",
                &true,
                "false in the live service (service.realm = \"actual\"): it is for demos and drills only",
            );
        }
        let origin = &self.passkey_origin;
        // Browsers bind passkeys to a name; an address in figures is none.
        let sound = crate::passkey::Party::at(origin, realm).is_some();
        if !origin.is_empty() && !sound {
            return refused(
                "officers.passkey_origin",
                origin,
                "empty, or the address under which officers reach the pages: https:// and a name, without a path \
                 (http://localhost on this machine)",
            );
        }
        Ok(())
    }
}

/// `[publish]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct Publish {
    pub sender: String,
    pub sender_name: String,
    pub expires_after_h: u32,
    pub expires_max_h: u32,
    pub broker: String,
    pub topic_prefix: String,
    pub public_url: String,
    pub sign: Signing,
    pub sign_key_file: PathBuf,
    pub sign_certificate_file: PathBuf,
    pub sign_realm: Realm,
    pub templates_dir: PathBuf,
    pub attempt_max_s: u64,
    pub retry_max_s: u64,
    pub area_mail: AreaMailConfig,
    pub l_alert: LAlertConfig,
    pub mail: MailConfig,
    #[serde(default)]
    pub webhook: Vec<WebhookConfig>,
}

/// Whether documents leave signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Signing {
    /// With a key that the service makes itself and keeps in the data directory.
    Own,
    /// Without a signature: in exercises only.
    Off,
    /// With one, or not at all.
    Required,
}

/// `[publish.area_mail]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct AreaMailConfig {
    pub dir: PathBuf,
    pub realm: Realm,
    pub subject_max: usize,
    pub body_max: usize,
    pub line_break_counts: usize,
}

impl AreaMailConfig {
    /// Limits of the text.
    #[must_use]
    pub fn limits(&self) -> AreaMailLimits {
        AreaMailLimits {
            subject_max: self.subject_max,
            body_max: self.body_max,
            line_break_counts: self.line_break_counts,
        }
    }
}

/// `[publish.l_alert]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct LAlertConfig {
    pub dir: PathBuf,
    pub realm: Realm,
}

/// `[publish.mail]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct MailConfig {
    pub host: String,
    pub port: u16,
    pub tls: MailTls,
    pub ca_file: PathBuf,
    pub username: String,
    pub password_env: String,
    pub from: String,
    pub to: Vec<String>,
    pub realm: Realm,
}

/// `[[publish.webhook]]`
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "every key is explained in config/default.toml")]
pub struct WebhookConfig {
    pub name: String,
    pub url: String,
    pub secret_env: String,
    pub realm: Realm,
}

impl MailConfig {
    /// The environment variable with the password. Where none is named it goes by the realm.
    #[must_use]
    pub fn password_variable(&self) -> String {
        if self.password_env.is_empty() {
            format!("{}MAIL_PASSWORD", apart::prefix(self.realm))
        } else {
            self.password_env.clone()
        }
    }
}

impl Approve {
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        within("approve.basis_age_max_min", self.basis_age_max_min, 1, 120)?;
        within("approve.lone_after_min", self.lone_after_min, 1, 60)?;
        if self.lone_after_min >= self.basis_age_max_min {
            return refused(
                "approve.lone_after_min",
                &self.lone_after_min,
                &format!(
                    "less than approve.basis_age_max_min ({}): a text too old to be approved cannot be issued alone either",
                    self.basis_age_max_min
                ),
            );
        }
        within("approve.review_within_min", self.review_within_min, 1, 120)?;
        if self.cancel == Needs::OneThenReview {
            return refused("approve.cancel", &"one_then_review", "one or two");
        }
        let after = &self.escalate_after_s;
        let rising = after.windows(2).all(|pair| pair[0] < pair[1]);
        let fit = after.iter().all(|s| (10..=3600).contains(s));
        if !(1..=10).contains(&after.len()) || !rising || !fit {
            return refused(
                "approve.escalate_after_s",
                &format!("{after:?}"),
                "1 to 10 numbers from 10 to 3600, each larger than the one before",
            );
        }
        Ok(())
    }

    /// The town's table of who must approve what.
    #[must_use]
    pub fn rules(&self) -> Rules {
        Rules {
            level3: self.level3,
            level4: self.level4,
            level5: self.level5,
            cancel: self.cancel,
            lone_after_min: self.lone_after_min,
            review_within_min: self.review_within_min,
        }
    }
}

impl Publish {
    /// Every channel that this configuration names.
    #[must_use]
    pub fn channels(&self) -> Vec<ChannelName> {
        let mut channels = vec![ChannelName::Feed, ChannelName::Mqtt];
        channels.extend(
            self.webhook
                .iter()
                .map(|one| ChannelName::Webhook(one.name.clone())),
        );
        for (on, channel) in [
            (!self.mail.host.is_empty(), ChannelName::Mail),
            (is_set(&self.area_mail.dir), ChannelName::AreaMail),
            (is_set(&self.l_alert.dir), ChannelName::LAlert),
        ] {
            if on {
                channels.push(channel);
            }
        }
        channels
    }

    /// Each channel says for which realm it is; a service of the other realm cannot be started with it.
    fn realms(&self, realm: Realm) -> Result<(), ConfigError> {
        let mut named = Vec::new();
        for one in &self.webhook {
            named.push((format!("publish.webhook {}: realm", one.name), one.realm));
        }
        for (on, key, of) in [
            (
                self.sign == Signing::Required,
                "publish.sign_realm",
                self.sign_realm,
            ),
            (
                !self.mail.host.is_empty(),
                "publish.mail.realm",
                self.mail.realm,
            ),
            (
                is_set(&self.area_mail.dir),
                "publish.area_mail.realm",
                self.area_mail.realm,
            ),
            (
                is_set(&self.l_alert.dir),
                "publish.l_alert.realm",
                self.l_alert.realm,
            ),
        ] {
            if on {
                named.push((key.to_owned(), of));
            }
        }
        for (key, of) in named {
            if of != realm {
                return refused(
                    &key,
                    &of,
                    &format!(
                        "{realm}, as service.realm: drill and live never share a channel or a key"
                    ),
                );
            }
        }
        Ok(())
    }

    fn channels_are_sound(&self) -> Result<(), ConfigError> {
        within("publish.attempt_max_s", self.attempt_max_s, 1, 120)?;
        within("publish.retry_max_s", self.retry_max_s, 1, 600)?;
        within(
            "publish.area_mail.subject_max",
            self.area_mail.subject_max,
            1,
            1000,
        )?;
        within(
            "publish.area_mail.body_max",
            self.area_mail.body_max,
            1,
            10_000,
        )?;
        within(
            "publish.area_mail.line_break_counts",
            self.area_mail.line_break_counts,
            1,
            10,
        )?;
        let accepted = "a PEM file, as publish.sign is required";
        if self.sign == Signing::Required {
            filled(
                "publish.sign_key_file",
                &self.sign_key_file.display().to_string(),
                accepted,
            )?;
            let certificate = self.sign_certificate_file.display().to_string();
            filled("publish.sign_certificate_file", &certificate, accepted)?;
        }
        if self.webhook.len() > WEBHOOKS_MAX {
            return refused("publish.webhook", &self.webhook.len(), "at most 16");
        }
        for (n, one) in self.webhook.iter().enumerate() {
            let key = |end: &str| format!("publish.webhook {}: {end}", one.name);
            let twice = self.webhook[..n].iter().any(|other| other.name == one.name);
            if !is_webhook_name(&one.name) || twice {
                return refused(
                    &key("name"),
                    &one.name,
                    "1 to 32 of a-z 0-9 -, each name once",
                );
            }
            let sound = reqwest::Url::parse(&one.url).is_ok_and(|url| {
                let here = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
                url.scheme() == "https" || (url.scheme() == "http" && here)
            });
            if !sound {
                return refused(
                    &key("url"),
                    &one.url,
                    "an address that begins with https:// (http:// only on this machine)",
                );
            }
            secret_name(&key("secret_env"), &one.secret_env, one.realm)?;
        }
        self.mail_is_sound()
    }

    fn mail_is_sound(&self) -> Result<(), ConfigError> {
        let mail = &self.mail;
        if mail.host.is_empty() {
            return Ok(());
        }
        let own = ["127.0.0.1", "localhost", "::1"];
        if mail.tls == MailTls::None && !own.contains(&mail.host.as_str()) {
            return refused(
                "publish.mail.tls",
                &"none",
                "starttls or implicit for a server on another machine",
            );
        }
        if mail.to.is_empty() || mail.to.len() > LISTS_MAX {
            return refused(
                "publish.mail.to",
                &mail.to.len(),
                "1 to 16 addresses of distribution lists",
            );
        }
        for (key, address) in mail
            .to
            .iter()
            .map(|to| ("publish.mail.to", to))
            .chain([("publish.mail.from", &mail.from)])
        {
            if address.parse::<lettre::Address>().is_err() {
                return refused(key, address, "an address such as list@example.lg.jp");
            }
        }
        if !mail.username.is_empty() {
            secret_name(
                "publish.mail.password_env",
                &mail.password_variable(),
                mail.realm,
            )?;
        }
        Ok(())
    }

    pub(super) fn check(&self, broker: &Broker, realm: Realm) -> Result<(), ConfigError> {
        self.channels_are_sound()?;
        self.realms(realm)?;
        if self.sign == Signing::Off && realm == Realm::Actual {
            return refused(
                "publish.sign",
                &"off",
                "own (with a key that the service makes) or required (with a key of the town) in the live service: nothing \
                 leaves unsigned; off is for exercises",
            );
        }
        if !self.broker.is_empty()
            && !broker
                .remote
                .iter()
                .any(|remote| remote.name == self.broker)
        {
            return refused(
                "publish.broker",
                &self.broker,
                "empty (the broker of [broker]) or the name of a [[broker.remote]]",
            );
        }
        topic("publish.topic_prefix", &self.topic_prefix)?;
        within("publish.expires_max_h", self.expires_max_h, 1, 48)?;
        let most = self.expires_max_h;
        within("publish.expires_after_h", self.expires_after_h, 1, most)?;
        let url = &self.public_url;
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
        if self.sender.is_empty() || self.sender.contains([' ', ',', '<', '&']) {
            return refused(
                "publish.sender",
                &self.sender,
                "an address without spaces, commas, < or &",
            );
        }
        Ok(())
    }
}

fn is_set(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}
