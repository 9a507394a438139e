//! Ways for notices out of the service: the channels that this town has, and how long each waits.

use anyhow::Context as _;
use hinan_sensors::connect::Secret;

use crate::app::App;
use crate::brokers;
use crate::chance;
use crate::config::Config;
use crate::publish::channel::area_mail::AreaMailChannel;
use crate::publish::channel::l_alert::LAlertChannel;
use crate::publish::channel::mail::{MailChannel, MailTarget};
use crate::publish::channel::mqtt::{MqttChannel, MqttTarget};
use crate::publish::channel::webhook::WebhookChannel;
use crate::publish::deliver::{Channel, Pace};

/// The channels that this town has, each with its worker to come.
pub(super) fn channels(config: &Config, target: MqttTarget) -> anyhow::Result<Vec<Channel>> {
    let publish = &config.publish;
    crate::bridge::install_tls();
    let mut channels = vec![Channel::Feed, Channel::Mqtt(MqttChannel::new(target))];
    for one in &publish.webhook {
        let key = format!("publish.webhook {}", one.name);
        let secret = std::env::var(&one.secret_env).with_context(|| {
            format!(
                "{key}: the environment variable {} (secret_env) is not set",
                one.secret_env
            )
        })?;
        let channel =
            WebhookChannel::new(&one.name, &one.url, Secret::new(&secret)).with_context(|| key)?;
        channels.push(Channel::Webhook(channel));
    }
    let mail = &publish.mail;
    if !mail.host.is_empty() {
        let authorities_pem = if mail.ca_file.as_os_str().is_empty() {
            Vec::new()
        } else {
            std::fs::read(&mail.ca_file)
                .with_context(|| format!("publish.mail.ca_file: {}", mail.ca_file.display()))?
        };
        let target = MailTarget {
            host: mail.host.clone(),
            port: mail.port,
            tls: mail.tls,
            authorities_pem,
            credentials: brokers::secret(
                "publish.mail",
                &mail.username,
                &mail.password_variable(),
            )?,
            from: mail.from.clone(),
            to: mail.to.clone(),
            timeout: std::time::Duration::from_secs(publish.attempt_max_s),
        };
        channels.push(Channel::Mail(
            MailChannel::new(&target).context("publish.mail")?,
        ));
    }
    let (area_mail, l_alert) = (&publish.area_mail.dir, &publish.l_alert.dir);
    for (key, dir) in [
        ("publish.area_mail.dir", area_mail),
        ("publish.l_alert.dir", l_alert),
    ] {
        anyhow::ensure!(
            dir.as_os_str().is_empty() || dir.is_dir(),
            "{key} is {}, which is not a folder; make or mount it, or leave the key empty",
            dir.display()
        );
    }
    if !area_mail.as_os_str().is_empty() {
        channels.push(Channel::AreaMail(AreaMailChannel::new(area_mail.clone())));
    }
    if !l_alert.as_os_str().is_empty() {
        channels.push(Channel::LAlert(LAlertChannel::new(l_alert.clone())));
    }
    Ok(channels)
}

pub(super) fn pace(config: &Config) -> Pace {
    Pace {
        attempt_max: std::time::Duration::from_secs(config.publish.attempt_max_s),
        pause_first: std::time::Duration::from_millis(500),
        pause_max: std::time::Duration::from_secs(config.publish.retry_max_s),
        jitter_seed: u64::from_le_bytes(chance::bytes()),
    }
}

/// Where approved notices go, and as whom.
pub(super) fn target(app: &App, at_ours: Option<(String, Secret)>) -> anyhow::Result<MqttTarget> {
    let config = &app.config;
    let chosen = config
        .broker
        .remote
        .iter()
        .find(|remote| remote.name == config.publish.broker);
    let base = format!(
        "{}/{}/{}",
        config.publish.topic_prefix,
        config.service.realm,
        app.town().code
    );
    let packet_max_bytes = config.broker.packet_max_bytes;
    Ok(match chosen {
        Some(remote) => MqttTarget {
            host: remote.host.clone(),
            port: remote.port,
            client_id: format!("{}-publisher", brokers::client_id(config, remote)),
            tls: brokers::tls(remote)?,
            credentials: brokers::remote_login(remote)?,
            packet_max_bytes,
            base,
        },
        None => MqttTarget {
            host: config.broker.host.clone(),
            port: config.broker.port,
            client_id: format!(
                "{}-{}-publisher",
                config.broker.client_id, config.service.realm
            ),
            tls: None,
            credentials: match at_ours {
                Some(own) => Some(own),
                None => brokers::login(config)?,
            },
            packet_max_bytes,
            base,
        },
    })
}
