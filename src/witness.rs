//! Signs the audit as it grows, and keeps the checkpoints where a cut tail shows.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use crate::app::App;
use crate::chance;
use crate::checkpoint::{self, Checkpoint, CheckpointError, Signer};
use crate::clock::wall;
use crate::store::StoreError;
use crate::store::audit::CONTRADICTED;

/// How often the length of the audit is looked at: what was cut off within this time is not seen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Holds the record against the checkpoints that are kept of it, and opens the key. What contradicts the record is
/// noted in it and said aloud; the service starts all the same, because lives come before the record of them.
///
/// # Errors
/// When the key or a file of checkpoints cannot be used, or the record.
pub(crate) fn begin(app: &App) -> anyhow::Result<Signer> {
    let dir = &app.config.service.data_dir;
    let signer = Signer::open(dir, chance::bytes)?;
    let newest = checkpoint::kept(dir)?.pop();
    if let Some(newest) = newest {
        let why = app.store.read(|view| newest.contradiction(view, None))?;
        if let Some(why) = why {
            tracing::error!(why, "the audit is not the one that was signed");
            app.store.write(|tx| {
                let detail = json!({ "why": why, "checkpoint": newest });
                tx.audit(
                    app.clock.now(),
                    "system",
                    CONTRADICTED,
                    &app.town().code,
                    &detail,
                )
            })?;
            app.warn(format!(
                "監査記録が署名済みの検認点と合いません。管理者へ連絡してください: {why}"
            ));
        }
    }
    Ok(signer)
}

/// Signs whenever the audit has grown, until told to stop, and once more then.
///
/// # Errors
/// When the record cannot be read at the very end.
pub(crate) async fn watch(
    app: Arc<App>,
    signer: Signer,
    mut stop: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let mut places = vec![app.config.service.data_dir.clone()];
    if !app.config.audit.copy_to.as_os_str().is_empty() {
        places.push(app.config.audit.copy_to.clone());
    }
    let mut signed = 0;
    loop {
        let stopping = *stop.borrow();
        let head = match app.store.read(|view| view.audit_head()) {
            // A busy or damaged record is looked at again in a moment; only when stopping there is no other time.
            Err(error) if !stopping => {
                metrics::counter!("hinan_checkpoints_lost_total").increment(1);
                tracing::error!(%error, "the length of the audit could not be read, and is not signed");
                None
            }
            head => Some(head?),
        };
        if let Some(head) = head
            && head.0 != signed
        {
            signed = head.0;
            let realm = app.config.service.realm;
            let checkpoint = signer.sign(&app.town().code, realm, head, wall());
            tokio::task::block_in_place(|| keep(&places, &checkpoint));
            app.set_checkpoint(checkpoint);
        }
        if stopping {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            told = stop.changed() => if told.is_err() { return Ok(()) },
        }
    }
}

/// A place that cannot be written (a stick that was pulled out) is said and counted, and stops nothing.
fn keep(places: &[PathBuf], checkpoint: &Checkpoint) {
    for place in places {
        if let Err(error) = appended(place, checkpoint) {
            metrics::counter!("hinan_checkpoints_lost_total").increment(1);
            tracing::warn!(%error, place = %place.display(), "a checkpoint could not be kept");
        }
    }
}

fn appended(place: &Path, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
    checkpoint::append(place, checkpoint)
}
