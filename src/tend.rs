//! Tends the embedded broker and the list of devices: follows what officers change, also from another process, reads
//! new keys, and shows what the broker does.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hinan_broker::{Broker, ClientCertificates, Tls};
use serde_json::json;
use tokio::sync::{mpsc, watch};

use crate::app::App;
use crate::broker_counts;
use crate::config::{self, TlsClients};
use crate::door::{Misbehaved, What};
use crate::store::StoreError;

/// How often the record is asked whether a device changed, and counts are shown anew.
const LOOK_EVERY: Duration = Duration::from_secs(1);
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
    while let Some(misbehaved) = heard.recv().await {
        note(&app, &misbehaved)?;
    }
    Ok(())
}

fn note(app: &App, misbehaved: &Misbehaved) -> Result<(), StoreError> {
    let now = app.clock.now();
    let who = &misbehaved.who;
    app.store.write(|tx| match &misbehaved.what {
        What::Excess { for_s } => {
            tx.audit(now, "system", "device_excess", who, &json!({ "for_s": for_s }))?;
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
    })
}
