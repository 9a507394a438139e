//! `hinan devices`

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};

use super::print::{complain, say};
use crate::clock::wall;
use crate::config::Config;
use crate::devices::access_files::{self, Account, File, Topics};
use crate::devices::steps::{self, By, Enrolment};
use crate::devices::{Device, Limits, Verifier};
use crate::store::Store;
use crate::town;

/// Who may speak: enrols devices, gives them new secrets, takes them out of use.
///
/// Works beside a running service, which follows within a second: a device that is taken out of use is cut off at
/// once. Every change is in the audit (記録).
#[derive(Args)]
pub(super) struct Devices {
    #[command(subcommand)]
    step: Step,
}

#[derive(Subcommand)]
enum Step {
    /// 登録: enrol a device and print its secret, once
    Enrol(Enrol),
    /// 一覧: all devices, and what they may say
    List(Where),
    /// 更新: a new secret; the old one stays valid for a while
    Rotate(Rotate),
    /// 使用停止: take a stolen or mad device out of use, at once
    OutOfUse(OutOfUse),
    /// 使用再開: put it back into use, with a new secret
    Restore(Reasoned),
    /// 失効: end a device for good
    Revoke(Reasoned),
    /// Write password and access files for a broker of the town's own
    Export(Export),
}

#[derive(Args)]
struct Where {
    /// The town's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

#[derive(Args)]
struct Enrol {
    #[command(flatten)]
    place: Where,
    /// Its name: user name and client identifier at the broker; 1 to 64 of A-Z a-z 0-9 - _ .
    name: String,
    /// A station whose readings it may publish; can be given several times
    #[arg(long, value_name = "STATION")]
    station: Vec<String>,
    /// A further topic that it may publish, as a filter: for gateways, such as v3/+/devices/+/up
    #[arg(long, value_name = "FILTER")]
    topic: Vec<String>,
    /// Messages a minute, over time
    #[arg(long, value_name = "N", default_value_t = Limits::default().messages_per_min)]
    messages_per_min: u32,
    /// Messages at once: what it held back while it had no network
    #[arg(long, value_name = "N", default_value_t = Limits::default().burst)]
    burst: u32,
    /// Longest payload
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().payload_max_bytes)]
    payload_max_bytes: u32,
    /// SHA-256 of its certificate, 64 digits 0-9 a-f: it may sign in with that instead of the secret
    #[arg(long, value_name = "SHA256")]
    certificate: Option<String>,
}

#[derive(Args)]
struct Rotate {
    #[command(flatten)]
    place: Where,
    name: String,
    /// How long the old secret stays valid, hours, 0 to 720
    #[arg(long, value_name = "HOURS", default_value_t = 24)]
    grace_h: u32,
}

#[derive(Args)]
struct OutOfUse {
    #[command(flatten)]
    place: Where,
    name: String,
    /// Why, as it stands in the audit
    #[arg(long)]
    reason: String,
    /// Its readings are not believed from this moment on, such as 2026-07-04T03:00:00+09:00; without it, from now on
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
}

#[derive(Args)]
struct Reasoned {
    #[command(flatten)]
    place: Where,
    name: String,
    /// Why, as it stands in the audit
    #[arg(long)]
    reason: String,
}

#[derive(Args)]
struct Export {
    #[command(flatten)]
    place: Where,
    /// Whose files
    #[arg(long = "for", value_name = "BROKER")]
    broker: Kind,
    /// Folder to write them into
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// password_file and acl_file of mosquitto 2
    Mosquitto,
    /// Users and acl.conf of EMQX 5
    Emqx,
}

impl Devices {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let by = By {
            actor: "console",
            at: wall(),
        };
        match self.step {
            Step::Enrol(enrol) => enrol.run(by),
            Step::List(place) => list(&place.store()?.1),
            Step::Rotate(rotate) => {
                let (_, store) = rotate.place.store()?;
                let grace = SignedDuration::from_hours(i64::from(rotate.grace_h));
                let secret = steps::rotate(&store, &rotate.name, grace, by)?;
                say(&format!(
                    "{} に新しい秘密を発行しました。古い秘密は{}時間有効です / new secret made, the old one stays valid for {} h",
                    rotate.name, rotate.grace_h, rotate.grace_h
                ));
                once(&secret);
                Ok(())
            }
            Step::OutOfUse(out) => {
                let (_, store) = out.place.store()?;
                let since = out.since.unwrap_or(by.at);
                steps::bar(&store, &out.name, since, &out.reason, by)?;
                say(&format!(
                    "{} の使用を停止しました。{since} 以降の観測値は使いません / out of use; readings since then are not believed",
                    out.name
                ));
                Ok(())
            }
            Step::Restore(step) => {
                let (_, store) = step.place.store()?;
                let secret = steps::restore(&store, &step.name, &step.reason, by)?;
                say(&format!("{} の使用を再開しました / back in use", step.name));
                once(&secret);
                Ok(())
            }
            Step::Revoke(step) => {
                let (_, store) = step.place.store()?;
                steps::revoke(&store, &step.name, &step.reason, by)?;
                say(&format!("{} を失効させました / revoked", step.name));
                Ok(())
            }
            Step::Export(export) => export.run(),
        }
    }
}

fn once(secret: &str) {
    say(&format!("秘密 secret (一度だけ表示 shown once): {secret}"));
}

impl Where {
    fn store(&self) -> anyhow::Result<(Config, Store)> {
        let config = Config::load(&self.config)?;
        let code = town::town(&config)?.code;
        let store = Store::open_beside(&config.service.data_dir, config.service.realm, &code)?;
        Ok((config, store))
    }
}

impl Enrol {
    fn run(self, by: By<'_>) -> anyhow::Result<()> {
        let (config, store) = self.place.store()?;
        let gauges = town::stations(&config, &town::town(&config)?)?;
        let known: Vec<&str> = gauges.iter().map(|station| station.id.as_str()).collect();
        for station in &self.station {
            if !known.contains(&station.as_str()) {
                anyhow::bail!(
                    "--station {station} は町の設定にありません / is not a station of the town; known are: {}",
                    known.join(", ")
                );
            }
        }
        let enrolment = Enrolment {
            name: self.name,
            stations: self.station,
            topics: self.topic,
            limits: Limits {
                messages_per_min: self.messages_per_min,
                burst: self.burst,
                payload_max_bytes: self.payload_max_bytes,
            },
            certificate: self.certificate,
        };
        let secret = steps::enrol(&store, &enrolment, by)?;
        say(&format!(
            "{} を登録しました / enrolled. 接続 connect: user name and client identifier {0}, TLS port recommended",
            enrolment.name
        ));
        once(&secret);
        Ok(())
    }
}

fn list(store: &Store) -> anyhow::Result<()> {
    let devices = store.read(|view| view.devices())?;
    if devices.is_empty() {
        say("登録された機器はありません / no device is enrolled");
    }
    for device in &devices {
        let says: Vec<&str> = device
            .stations
            .iter()
            .chain(&device.topics)
            .map(String::as_str)
            .collect();
        let why = device.state.barred().map_or_else(String::new, |barred| {
            format!("  {} {}: {}", barred.at, barred.by, barred.reason)
        });
        say(&format!(
            "{}  {} {}  {}  {}/min burst {} {} bytes{}{why}",
            device.name,
            device.state.spoken(),
            device.state.word(),
            says.join(" "),
            device.limits.messages_per_min,
            device.limits.burst,
            device.limits.payload_max_bytes,
            device
                .certificate
                .as_ref()
                .map_or_else(String::new, |sha256| format!("  certificate {sha256}")),
        ));
    }
    Ok(())
}

impl Export {
    fn run(self) -> anyhow::Result<()> {
        let (config, store) = self.place.store()?;
        let devices = store.read(|view| view.devices())?;
        let all: Vec<&Device> = devices.iter().collect();
        let service_topics = config.topics();
        let topics = Topics {
            readings: &config.sensors.topic_prefix,
            alerts: &config.publish.topic_prefix,
            service: &service_topics,
        };
        let variable = config.broker.password_variable(config.service.realm);
        let password = std::env::var(&variable).ok();
        let service = match (&config.broker.username, &password) {
            (name, Some(password)) if !name.is_empty() => Some(Account {
                name,
                verifier: Verifier::of(password),
            }),
            _ => None,
        };
        let files = match self.broker {
            Kind::Mosquitto => access_files::mosquitto(&all, service.as_ref(), &topics),
            Kind::Emqx => access_files::emqx(&all, service.as_ref(), &topics),
        };
        std::fs::create_dir_all(&self.to).with_context(|| self.to.display().to_string())?;
        for file in &files {
            write(&self.to, file)?;
        }
        if service.is_none() {
            complain(&anyhow::anyhow!(
                "the service's own account is not in the files: set broker.username and the environment variable {variable} \
                 (broker.password_env), or add it yourself"
            ));
        }
        let left_out = devices.iter().filter(|d| !d.state.in_use()).count();
        say(&format!(
            "{}台分を書きました(使用していない{left_out}台を除く) / written for {} devices, {left_out} not in use left out: {}",
            devices.len() - left_out,
            devices.len() - left_out,
            self.to.display()
        ));
        Ok(())
    }
}

/// Written aside and moved into place, so that a broker never reads half a file; only for its owner to read.
fn write(dir: &Path, file: &File) -> anyhow::Result<()> {
    use std::io::Write as _;
    let path = dir.join(file.name);
    let aside = dir.join(format!("{}.new", file.name));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options
        .open(&aside)
        .with_context(|| aside.display().to_string())?;
    out.write_all(file.text.as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&aside, &path).with_context(|| path.display().to_string())?;
    say(&path.display().to_string());
    Ok(())
}
