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
use crate::private_file;
use crate::store::StoreError;
use crate::store::audit::CONTRADICTED;

/// How often the length of the audit is looked at: what was cut off within this time is not seen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The word of the entry that names the key which signs.
const KEY_NAMED: &str = "audit_key";

/// Holds the record against the checkpoints that are kept of it, here and where they are copied to, and opens the key. What
/// contradicts the record is noted in it and said aloud; what cannot be read is set aside. The service starts all the same,
/// because lives come before the record of them.
///
/// # Errors
/// The record's, or when no key can be made.
pub(crate) fn begin(app: &App) -> anyhow::Result<Signer> {
    let dir = &app.config.service.data_dir;
    let mut why = Vec::new();
    let signer = match Signer::open(dir, chance::bytes) {
        Ok(signer) => signer,
        Err(unusable) => {
            // What was signed with it must still be kept, so it goes with its key.
            why.push(format!(
                "{unusable}; the key was set aside, and a new one made"
            ));
            held_against(app, dir, None, &mut why)?;
            private_file::set_aside(&checkpoint::key_path(dir))?;
            checkpoint::set_aside(dir)?;
            Signer::open(dir, chance::bytes)?
        }
    };
    let (entries, named) = app
        .store
        .read(|view| Ok((view.audit_len()?, view.last_detail(KEY_NAMED)?)))?;
    let named: Option<String> = named.and_then(|detail| {
        let detail: serde_json::Value = serde_json::from_str(&detail).ok()?;
        Some(detail["public_key"].as_str()?.to_owned())
    });
    let believed = (!signer.is_new()).then_some(signer.public_key());
    let mut kept = 0;
    let copied = &app.config.audit.copy_to;
    let places = [dir, copied];
    for place in places
        .into_iter()
        .filter(|place| !place.as_os_str().is_empty())
    {
        // A copy was signed with the key that the record names, whatever lies here now.
        let believed = if place == dir {
            believed
        } else {
            named.as_deref().or(believed)
        };
        kept += held_against(app, place, believed, &mut why)?;
    }
    match &named {
        Some(named) if named != signer.public_key() && why.is_empty() => why.push(format!(
            "the record was signed by the key {named}, which is not here any more"
        )),
        // The first thing that a new key does is to sign: one that is not new has checkpoints.
        Some(_) if kept == 0 && !signer.is_new() => why.push(format!(
            "the record has {entries} entries and was signed before, but no checkpoint of it is kept"
        )),
        _ => {}
    }
    for why in &why {
        tracing::error!(why, "the audit is not the one that was signed");
        app.warn(format!(
            "監査記録が署名済みの検認点と合いません。管理者へ連絡してください: {why}"
        ));
    }
    app.store.write(|tx| {
        let (now, town) = (app.clock.now(), &app.town().code);
        for why in &why {
            tx.audit(now, "system", CONTRADICTED, town, &json!({ "why": why }))?;
        }
        if named.as_deref() != Some(signer.public_key()) {
            let detail = json!({ "public_key": signer.public_key() });
            tx.audit(now, "system", KEY_NAMED, town, &detail)?;
        }
        Ok(())
    })?;
    if signer.is_new() {
        let head = app.store.read(|view| view.audit_head())?;
        let first = signer.sign(&app.town().code, app.config.service.realm, head, wall());
        checkpoint::append(dir, &first)?;
    }
    Ok(signer)
}

/// Holds the record against what one place keeps of it, and sets files aside that cannot be read. Returns how many
/// checkpoints of this record there are.
fn held_against(
    app: &App,
    place: &Path,
    believed: Option<&str>,
    why: &mut Vec<String>,
) -> anyhow::Result<usize> {
    let (mut all, faults) = checkpoint::kept_as_far_as_readable(place);
    // A folder that several services copy to holds those of others, too.
    all.retain(|one| one.town == app.town().code && one.realm == app.config.service.realm);
    if let Some(newest) = all.iter().max_by_key(|one| one.entries) {
        let contradiction = app
            .store
            .read(|view| newest.contradiction(view, believed))?;
        why.extend(contradiction.map(|why| format!("{}: {why}", place.display())));
    }
    if !faults.is_empty() {
        for fault in &faults {
            tracing::error!(fault, "a checkpoint cannot be read; its file is set aside");
            app.warn(format!(
                "検認点の記録が壊れています。管理者へ連絡してください: {fault}"
            ));
        }
        let detail = json!({ "why": faults });
        app.store.write(|tx| {
            let (now, town) = (app.clock.now(), &app.town().code);
            tx.audit(now, "system", "checkpoint_damaged", town, &detail)
        })?;
        if let Err(error) = checkpoint::set_aside(place) {
            tracing::error!(%error, place = %place.display(), "damaged checkpoints stay where they are");
        } else if place == app.config.service.data_dir {
            // What could be read goes on counting.
            for one in &all {
                checkpoint::append(place, one)?;
            }
        }
    }
    Ok(all.len())
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
