//! `hinan bridge`

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use clap::{Args, Subcommand};
use hinan_sensors::connect::{Secret, Tls};
use jiff::SignedDuration;
use tokio::sync::watch;

use super::print::say;
use crate::bridge::{Bridge, FEEDS, FeedState, Settings, Target};
use crate::config::LogStyle;
use crate::run;
use crate::stop_signal::StopSignal;

/// Carries what agencies publish on the web to a town's MQTT broker.
#[derive(Args)]
pub(super) struct BridgeCommand {
    #[command(subcommand)]
    from: From,
}

#[derive(Subcommand)]
enum From {
    /// 気象庁: the public Atom feeds of the Japan Meteorological Agency (防災情報XML)
    ///
    /// Polls the agency's four high-frequency Atom feeds and publishes each new telegram, byte for byte, at QoS 1 to
    /// `{topic}/{TYPE}/{file}`, for example hinan/v1/official/jma/VPWW55/20260830090012_0_VPWW55_014030.xml. So a town without
    /// a dedicated line has its warnings over MQTT.
    ///
    /// It asks politely (ETag and Last-Modified), waits longer after failures, reads the long feeds after a gap, and
    /// remembers on disk what it has published. One failing feed does not stop the others. A sign of life with the state of
    /// each feed is kept retained under {topic}/bridge.
    ///
    /// Try it without leaving anything running:
    ///   hinan bridge jma --once --type VPWW --office 釧路
    ///
    /// All day, for one prefecture, with sign-in (password from the environment HINAN_BRIDGE_PASSWORD):
    ///   hinan bridge jma --office 釧路 --office 帯広 --broker broker.town.example:8883 --tls --user bridge
    #[command(verbatim_doc_comment)]
    Jma(Jma),
}

#[derive(Args)]
struct Jma {
    /// One round over all feeds, then end; exit status 1 when a feed could not be read in full
    #[arg(long)]
    once: bool,
    /// Feeds to read instead of the agency's four
    #[arg(long, value_name = "URL", num_args = 1..)]
    feeds: Vec<String>,
    /// The broker
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:1883")]
    broker: String,
    /// Name at the broker; its password is taken from HINAN_BRIDGE_PASSWORD
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The broker speaks TLS
    #[arg(long)]
    tls: bool,
    /// Authorities to trust, PEM: for the feeds, and for the broker with --tls
    #[arg(
        long,
        value_name = "FILE",
        default_value = "/etc/ssl/certs/ca-certificates.crt"
    )]
    ca_file: PathBuf,
    /// What topics begin with
    #[arg(long, value_name = "TOPIC", default_value = "hinan/v1/official/jma")]
    topic: String,
    /// Only telegrams whose type begins so, such as VPWW or VXSE5; may be repeated. All when left out
    #[arg(long = "type", value_name = "PREFIX")]
    types: Vec<String>,
    /// Only telegrams of offices whose name contains this; may be repeated. The agency's head office always speaks
    #[arg(long = "office", value_name = "NAME")]
    offices: Vec<String>,
    /// Seconds between two questions to one feed, 20 to 3600
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    interval_s: u64,
    /// Hours that a first start, or a gap, reaches back, 1 to 168
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    backlog_h: i64,
    /// Where it remembers what it has published
    #[arg(long, value_name = "DIR", default_value = "data/bridge-jma")]
    data_dir: PathBuf,
}

impl BridgeCommand {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let From::Jma(jma) = self.from;
        jma.run()
    }
}

impl Jma {
    fn run(self) -> anyhow::Result<()> {
        run::log(LogStyle::Pretty, "info");
        let once = self.once;
        let settings = self.settings()?;
        say(&format!(
            "気象庁の電文を {}:{} の {}/# へ送ります / carrying telegrams from {} feeds",
            settings.broker.host,
            settings.broker.port,
            settings.topic,
            settings.feeds.len()
        ));
        super::runtime()?.block_on(async move {
            let bridge = Arc::new(Bridge::open(settings)?);
            if once {
                let failed = bridge.once().await?;
                for (feed, state) in bridge.states() {
                    say(&line(&feed, &state));
                }
                ensure!(
                    failed == 0,
                    "{failed}件のフィードを読み切れませんでした / {failed} feeds could not be read in full"
                );
                return Ok(());
            }
            let mut signal = StopSignal::listen()?;
            let (stop, stopped) = watch::channel(false);
            let carrying = tokio::spawn({
                let bridge = Arc::clone(&bridge);
                async move { bridge.run(stopped).await }
            });
            signal.asked().await;
            say("終了しています / stopping");
            let _ = stop.send(true);
            carrying.await?
        })
    }

    fn settings(self) -> anyhow::Result<Settings> {
        if !(20..=3600).contains(&self.interval_s) {
            bail!(
                "--interval-s is {}; it must be from 20 to 3600",
                self.interval_s
            );
        }
        if !(1..=168).contains(&self.backlog_h) {
            bail!(
                "--backlog-h is {}; it must be from 1 to 168",
                self.backlog_h
            );
        }
        let feeds = if self.feeds.is_empty() {
            FEEDS.map(str::to_owned).to_vec()
        } else {
            self.feeds
        };
        ensure!(
            feeds.len() <= 32,
            "--feeds names {} feeds; at most 32",
            feeds.len()
        );
        if let Some(bad) = feeds
            .iter()
            .find(|feed| !feed.starts_with("https://") && !feed.starts_with("http://"))
        {
            bail!(
                "--feeds names {bad:?}; an address that begins with https:// or http:// is accepted"
            );
        }
        if self.topic.is_empty() || self.topic.contains(['+', '#']) || self.topic.ends_with('/') {
            bail!(
                "--topic is {:?}; levels separated by /, without + and #, not ending in /",
                self.topic
            );
        }
        let needs_authorities = self.tls || feeds.iter().any(|feed| feed.starts_with("https://"));
        let authorities = if needs_authorities {
            std::fs::read(&self.ca_file).with_context(|| {
                format!(
                    "--ca-file {} を読めません / cannot be read; Debian: apt-get install ca-certificates",
                    self.ca_file.display()
                )
            })?
        } else {
            Vec::new()
        };
        let (host, port) = self
            .broker
            .rsplit_once(':')
            .and_then(|(host, port)| Some((host.trim_matches(['[', ']']), port.parse().ok()?)))
            .with_context(|| format!("--broker is {:?}; HOST:PORT is accepted", self.broker))?;
        let login = match self.user {
            None => None,
            Some(name) => {
                let word = std::env::var("HINAN_BRIDGE_PASSWORD")
                    .context("--user needs its password in HINAN_BRIDGE_PASSWORD")?;
                Some((name, Secret::new(&word)))
            }
        };
        let tls = self
            .tls
            .then(|| Tls::from_pem(&authorities, None))
            .transpose()?;
        Ok(Settings {
            feeds,
            interval: Duration::from_secs(self.interval_s),
            backlog: SignedDuration::from_hours(self.backlog_h),
            types: self.types,
            offices: self.offices,
            broker: Target {
                host: host.to_owned(),
                port,
                login,
                tls,
            },
            topic: self.topic,
            data_dir: self.data_dir,
            timeout: Duration::from_secs(60),
            authorities,
        })
    }
}

fn line(feed: &str, state: &FeedState) -> String {
    let how = if state.why.is_empty() {
        "ok".to_owned()
    } else {
        format!("failed: {}", state.why)
    };
    format!(
        "{feed}\n  送信 published {}, 拒否 refused {}, 取得不可 lost {} — {how}",
        state.published, state.refused, state.lost
    )
}
