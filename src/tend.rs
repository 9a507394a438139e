//! Tends the embedded broker and the list of devices: follows what officers change, also from another process, reads
//! new keys, and shows what the broker does.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use hinan_broker::{Broker, ClientCertificates, Tls};
use jiff::Timestamp;
use serde_json::json;
use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::broker_counts;
use crate::clock::monotonic;
use crate::config::{self, TlsClients};
use crate::door::{Misbehaved, What};
use crate::store::{StoreError, Tx};

/// How often the record is asked whether a device changed, and counts are shown anew.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Misdeeds written down in one transaction.
const NOTED_AT_ONCE: usize = 256;
/// Misdeeds of one client and kind that are written down in a minute.
const NOTED_A_MINUTE: u32 = 10;
/// Clients and kinds that are told apart in a minute.
const NOTED_KINDS_MAX: usize = 1000;
const MINUTE: Duration = Duration::from_secs(60);
/// How often the files of TLS are looked at.
const KEYS_EVERY: u32 = 30;

/// Where the embedded broker finds its keys; none if it does not speak TLS.
pub(crate) fn tls(broker: &config::Broker) -> Option<Tls> {
    if broker.tls_listen.is_empty() {
        return None;
    }
    let authorities = broker.tls_client_ca.clone();
    Some(Tls {
        certificate: broker.tls_certificate.clone(),
        key: broker.tls_key.clone(),
        clients: match broker.tls_clients {
            TlsClients::NotAsked => ClientCertificates::NotAsked,
            TlsClients::Optional => ClientCertificates::Optional(authorities),
            TlsClients::Required => ClientCertificates::Required(authorities),
        },
    })
}

/// Tends until told to stop, then waits for the broker to finish what it holds.
pub(crate) async fn tend(
    app: Arc<App>,
    broker: Option<Broker>,
    mut stop: watch::Receiver<bool>,
) -> anyhow::Result<()> {
    let mut keys = Keys::of(&app);
    let mut looks = 0_u32;
    while !*stop.borrow() {
        follow(&app, broker.as_ref())?;
        if let Some(broker) = &broker {
            broker_counts::show(&broker.counts());
            app.set_spoken(Arc::new(broker.devices()));
            looks += 1;
            if looks.is_multiple_of(KEYS_EVERY) {
                keys.look(broker);
            }
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            () = app.devices.changed.notified() => {}
            told = stop.changed() => if told.is_err() { break },
        }
    }
    if let Some(broker) = broker {
        broker.stop().await;
    }
    Ok(())
}

/// Takes over what the record says of devices. Those that may not speak any more, or not with the secret that they came
/// with, are cut off before anything else.
pub(crate) fn follow(app: &App, broker: Option<&Broker>) -> Result<(), StoreError> {
    let ended = app.devices.refresh(&app.store)?;
    for name in &ended {
        let closed = broker.map_or(0, |broker| broker.expel(name));
        tracing::info!(
            device = name,
            closed,
            "connections of a device are closed: out of use, or a new secret"
        );
    }
    if !ended.is_empty() {
        app.distrusted.notify_one();
    }
    Ok(())
}

/// When the files of TLS were written last.
struct Keys {
    files: Vec<std::path::PathBuf>,
    written: Vec<Option<SystemTime>>,
}

impl Keys {
    fn of(app: &App) -> Self {
        let broker = &app.config.broker;
        let files = match tls(broker) {
            None => Vec::new(),
            Some(tls) => vec![tls.certificate, tls.key, broker.tls_client_ca.clone()],
        };
        Self {
            written: files.iter().map(|file| written(file)).collect(),
            files,
        }
    }

    fn look(&mut self, broker: &Broker) {
        let now: Vec<_> = self.files.iter().map(|file| written(file)).collect();
        if now == self.written {
            return;
        }
        self.written = now;
        match broker.reload_tls() {
            Ok(()) => tracing::info!("the broker uses its new certificate"),
            Err(why) => {
                metrics::counter!("hinan_tls_reload_failed_total").increment(1);
                tracing::warn!(%why, "the new certificate cannot be used; the one in use stays");
            }
        }
    }
}

fn written(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file)
        .and_then(|about| about.modified())
        .ok()
}

/// Notes what clients of the broker did and should not have done: a device that would not stop in the audit, what was
/// said in a wrong place or too long in quarantine.
pub(crate) async fn remember(
    app: Arc<App>,
    mut heard: mpsc::Receiver<Misbehaved>,
) -> anyhow::Result<()> {
    let mut lately = Lately::new(monotonic());
    let mut some = Vec::new();
    while heard.recv_many(&mut some, NOTED_AT_ONCE).await > 0 {
        some.retain(|misbehaved| lately.is_rare(misbehaved, monotonic()));
        if !some.is_empty() {
            tokio::task::block_in_place(|| note(&app, &some))?;
        }
        some.clear();
    }
    Ok(())
}

/// What was noted within a minute. Whoever goes on and on is counted, not written down each time: the record is for what a person
/// should look at.
struct Lately {
    since: Instant,
    noted: BTreeMap<(String, &'static str), u32>,
}

impl Lately {
    fn new(now: Instant) -> Self {
        Self {
            since: now,
            noted: BTreeMap::new(),
        }
    }

    /// Whether this one is to be noted.
    fn is_rare(&mut self, misbehaved: &Misbehaved, now: Instant) -> bool {
        if now.duration_since(self.since) > MINUTE {
            *self = Self::new(now);
        }
        let kind = match misbehaved.what {
            What::NotGranted { .. } => "not_granted",
            What::PayloadTooLong { .. } => "payload_too_long",
            What::Excess { .. } => "excess",
        };
        let key = (misbehaved.who.clone(), kind);
        let has_room = self.noted.len() < NOTED_KINDS_MAX || self.noted.contains_key(&key);
        let times = has_room.then(|| self.noted.entry(key).or_default());
        let is_rare = times.is_some_and(|times| {
            *times += 1;
            *times <= NOTED_A_MINUTE
        });
        if !is_rare {
            metrics::counter!("hinan_misdeeds_counted_only_total", "kind" => kind).increment(1);
        }
        is_rare
    }
}

fn note(app: &App, some: &[Misbehaved]) -> Result<(), StoreError> {
    let now = app.clock.now();
    app.store.write(|tx| {
        for misbehaved in some {
            note_one(tx, now, misbehaved)?;
        }
        let forgotten = tx.trim_quarantine(app.config.sensors.quarantine_keep)?;
        metrics::counter!("hinan_quarantine_forgotten_total").increment(forgotten as u64);
        Ok(())
    })
}

fn note_one(tx: &Tx<'_>, now: Timestamp, misbehaved: &Misbehaved) -> Result<(), StoreError> {
    let who = &misbehaved.who;
    match &misbehaved.what {
        What::Excess { for_s } => {
            tx.audit(
                now,
                "system",
                "device_excess",
                who,
                &json!({ "for_s": for_s }),
            )?;
            Ok(())
        }
        What::NotGranted { topic } => {
            let code = "not_granted";
            let reason = format!("{who} may not publish on this topic; the message was not taken");
            metrics::counter!("hinan_quarantined_total", "reason" => code).increment(1);
            tx.quarantine(topic, b"", now, code, &reason)
        }
        What::PayloadTooLong { bytes, max_bytes } => {
            let code = "payload_too_long";
            let reason = format!(
                "{who} sent {bytes} bytes at once; it was enrolled for at most {max_bytes}; the message was not taken"
            );
            metrics::counter!("hinan_quarantined_total", "reason" => code).increment(1);
            tx.quarantine("", b"", now, code, &reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(who: &str) -> Misbehaved {
        Misbehaved {
            who: who.to_owned(),
            what: What::NotGranted {
                topic: "somewhere/else".to_owned(),
            },
        }
    }

    #[test]
    fn who_goes_on_and_on_is_noted_ten_times_a_minute_and_others_as_before() {
        let began = monotonic();
        let mut lately = Lately::new(began);
        let noted = (0..5000)
            .filter(|_| lately.is_rare(&refused("loud"), began))
            .count();
        assert_eq!(noted, 10);
        assert!(lately.is_rare(&refused("quiet"), began));
        assert!(
            lately.is_rare(&refused("loud"), began + MINUTE * 2),
            "a minute later"
        );
    }

    #[test]
    fn names_without_end_do_not_fill_the_memory() {
        let began = monotonic();
        let mut lately = Lately::new(began);
        let noted = (0..5000)
            .filter(|n| lately.is_rare(&refused(&n.to_string()), began))
            .count();
        assert_eq!(noted, NOTED_KINDS_MAX);
    }
}
