//! Signs the audit as it grows, and keeps the checkpoints where a cut tail shows.

use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use tokio::sync::watch;

use crate::app::App;
use crate::chance;
use crate::checkpoint::{self, Checkpoint, Of, Place, Signer};
use crate::clock::wall;
use crate::private_file;
use crate::store::StoreError;
use crate::store::audit::CONTRADICTED;

/// How often the length of the audit is looked at: what was cut off within this time is not seen.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What a copy on its way is given when the service stops.
const STOPS_WITHIN: Duration = Duration::from_secs(2);

/// The word of the entry that names the key which signs.
const KEY_NAMED: &str = "audit_key";
/// The word of the entry that checkpoints of another record lie in the folder of copies.
const OTHER_MET: &str = "other_record_met";

/// Who signs, and what.
pub(crate) struct Witness {
    signer: Signer,
    record: String,
    copier: Option<Arc<Copier>>,
}

impl Witness {
    /// The public key, 64 hexadecimal digits.
    pub(crate) fn public_key(&self) -> &str {
        self.signer.public_key()
    }

    /// Who keeps the copies, if there are to be any.
    pub(crate) fn copier(&self) -> Option<Arc<Copier>> {
        self.copier.clone()
    }
}

/// Holds the record against the checkpoints that are kept beside it, and opens the key. What contradicts the record is noted in it
/// and said aloud; what cannot be read is set aside. The service starts all the same, because lives come before the record of
/// them. Copies elsewhere are held against it by [`Copier::run`], which nothing waits for.
///
/// # Errors
/// The record's, or when no key can be made.
pub(crate) fn begin(app: &App) -> anyhow::Result<Witness> {
    let dir = &app.config.service.data_dir;
    let here = Place::beside(dir);
    let (record, entries, named) = app.store.read(|view| {
        Ok((
            view.record_id()?,
            view.audit_len()?,
            view.last_detail(KEY_NAMED)?,
        ))
    })?;
    let mut why = Vec::new();
    let named = named.and_then(|detail| {
        let detail = serde_json::from_str::<serde_json::Value>(&detail).ok();
        let key = detail.and_then(|detail| Some(detail["public_key"].as_str()?.to_owned()));
        if key.is_none() {
            why.push("the entry that names its key cannot be read".to_owned());
        }
        key
    });
    let signer = match Signer::open(dir, chance::bytes) {
        Ok(signer) => signer,
        Err(unusable) => {
            // What was signed with it must still be kept, so it goes with its key.
            why.push(format!(
                "{unusable}; the key was set aside, and a new one made"
            ));
            held_against(app, &here, &record, None, &mut why)?;
            private_file::set_aside(&checkpoint::key_path(dir))?;
            checkpoint::set_aside(&here)?;
            Signer::open(dir, chance::bytes)?
        }
    };
    let believed = (!signer.is_new()).then_some(signer.public_key());
    let kept = held_against(app, &here, &record, believed, &mut why)?;
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
        accuse(app, why)?;
    }
    if named.as_deref() != Some(signer.public_key()) {
        if signer.is_new() {
            // Before the record names the key: whoever finds it named finds a checkpoint, too, even after a power cut.
            let head = app.store.read(|view| view.audit_head())?;
            keep(&here, &signer.sign(of(app, &record), head, wall()));
        }
        let detail = json!({ "public_key": signer.public_key() });
        app.store.write(|tx| {
            let (now, town) = (app.clock.now(), &app.town().code);
            tx.audit(now, "system", KEY_NAMED, town, &detail)
        })?;
    }
    let copy_to = &app.config.audit.copy_to;
    let copier = (!copy_to.as_os_str().is_empty()).then(|| {
        Arc::new(Copier {
            place: Place::copies(copy_to, &record),
            record: record.clone(),
            // A copy was signed with the key that the record names, whatever lies here now.
            believed: named.unwrap_or_else(|| signer.public_key().to_owned()),
            slot: Mutex::default(),
            bell: Condvar::new(),
        })
    });
    Ok(Witness {
        signer,
        record,
        copier,
    })
}

fn of<'o>(app: &'o App, record: &'o str) -> Of<'o> {
    Of {
        record,
        town: &app.town().code,
        realm: app.config.service.realm,
    }
}

/// Notes that the record is not the one that was signed, and says so on every page of officers.
fn accuse(app: &App, why: &str) -> Result<(), StoreError> {
    tracing::error!(why, "the audit is not the one that was signed");
    app.warn(format!(
        "監査記録が署名済みの検認点と合いません。管理者へ連絡してください: {why}"
    ));
    app.store.write(|tx| {
        let (now, town) = (app.clock.now(), &app.town().code);
        tx.audit(now, "system", CONTRADICTED, town, &json!({ "why": why }))
            .map(drop)
    })
}

/// Holds the record against what one place keeps of it, and sets files aside that cannot be read. Returns how many
/// checkpoints of this record there are. What somebody has answered for accuses nobody again.
fn held_against(
    app: &App,
    place: &Place,
    record: &str,
    believed: Option<&str>,
    why: &mut Vec<String>,
) -> Result<usize, StoreError> {
    let (mut all, faults) = checkpoint::kept_as_far_as_readable(place);
    // Before checkpoints named their record, a folder of copies could hold those of others under the same name: only the key
    // tells them apart. Beside the record lie its own.
    all.retain(|one| {
        let is_here = one.town == app.town().code && one.realm == app.config.service.realm;
        let is_ours = if one.record.is_empty() {
            !place.is_elsewhere() || Some(one.public_key.as_str()) == believed
        } else {
            !place.is_elsewhere() || one.record == record
        };
        is_here && is_ours
    });
    let up_to = app.store.read(|view| view.accepted_up_to())?;
    let newest = all
        .iter()
        .filter(|one| Some(one.at) > up_to)
        .max_by_key(|one| (one.entries, one.at));
    if let Some(newest) = newest {
        let found = if newest.record.is_empty() || newest.record == record {
            app.store
                .read(|view| newest.contradiction(view, believed))?
        } else {
            Some(format!(
                "the checkpoint of {} is of the record {}, and this is the record {record}",
                newest.at, newest.record
            ))
        };
        why.extend(found.map(|why| format!("{}: {why}", place.dir().display())));
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
            tracing::error!(%error, place = %place.dir().display(), "damaged checkpoints stay where they are");
        } else if !place.is_elsewhere() {
            // What could be read goes on counting.
            for one in &all {
                keep(place, one);
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
    witness: Witness,
    mut stop: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let here = Place::beside(&app.config.service.data_dir);
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
            let of = of(&app, &witness.record);
            let checkpoint = witness.signer.sign(of, head, wall());
            tokio::task::block_in_place(|| keep(&here, &checkpoint));
            if let Some(copier) = &witness.copier {
                copier.offer(checkpoint.clone());
            }
            app.set_checkpoint(checkpoint);
        }
        if stopping {
            if let Some(copier) = &witness.copier {
                copier.end().await;
            }
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            told = stop.changed() => if told.is_err() { return Ok(()) },
        }
    }
}

/// A place that cannot be written (a stick that was pulled out) is said and counted, and stops nothing.
fn keep(place: &Place, checkpoint: &Checkpoint) {
    if let Err(error) = checkpoint::append(place, checkpoint) {
        metrics::counter!("hinan_checkpoints_lost_total").increment(1);
        tracing::warn!(%error, place = %place.dir().display(), "a checkpoint could not be kept");
    }
}

/// Keeps the copies, on a thread of its own: a share of another house whose line is down may not answer for hours, and neither the
/// start nor the checkpoints here may wait for it. One copy at a time is on its way; of those that wait only the newest goes.
pub(crate) struct Copier {
    place: Place,
    record: String,
    believed: String,
    slot: Mutex<Slot>,
    bell: Condvar,
}

/// What waits to be copied.
#[derive(Default)]
struct Slot {
    next: Option<Checkpoint>,
    is_busy: bool,
    is_over: bool,
    passed_over: u64,
}

impl Copier {
    /// Holds the record against the copies, then copies what is offered, until told that it is over.
    pub(crate) fn run(&self, app: &App) {
        self.slot().is_busy = true;
        if let Err(error) = self.hold(app) {
            tracing::error!(%error, place = %self.place.dir().display(), "the copies could not be held against the record");
        }
        loop {
            let mut slot = self.slot();
            slot.is_busy = false;
            let next = loop {
                if let Some(next) = slot.next.take() {
                    break next;
                }
                if slot.is_over {
                    return;
                }
                slot = self.bell.wait(slot).unwrap_or_else(PoisonError::into_inner);
            };
            slot.is_busy = true;
            slot.passed_over = 0;
            drop(slot);
            keep(&self.place, &next);
        }
    }

    fn hold(&self, app: &App) -> Result<(), StoreError> {
        let mut why = Vec::new();
        held_against(
            app,
            &self.place,
            &self.record,
            Some(&self.believed),
            &mut why,
        )?;
        for why in &why {
            accuse(app, why)?;
        }
        match self.place.others() {
            Ok(others) => meet(app, self.place.dir(), others),
            // A folder that is not there keeps no copies; the first copy says so.
            Err(error) => {
                tracing::warn!(%error, place = %self.place.dir().display(), "the folder of copies cannot be read");
                Ok(())
            }
        }
    }

    /// Wants this checkpoint copied.
    fn offer(&self, checkpoint: Checkpoint) {
        let mut slot = self.slot();
        if slot.next.replace(checkpoint).is_some() {
            slot.passed_over += 1;
            // Said at once, and then once in a while.
            if slot.passed_over.is_power_of_two() {
                tracing::warn!(
                    place = %self.place.dir().display(), waiting = slot.passed_over,
                    "the folder of copies does not answer; checkpoints are kept here only"
                );
            }
        }
        drop(slot);
        self.bell.notify_one();
    }

    /// Waits a moment for what is on its way, and ends.
    async fn end(&self) {
        let tries = STOPS_WITHIN.as_millis() / 20;
        for _ in 0..tries {
            {
                let mut slot = self.slot();
                slot.is_over = true;
                self.bell.notify_one();
                if !slot.is_busy && slot.next.is_none() {
                    return;
                }
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        tracing::warn!(place = %self.place.dir().display(), "the last checkpoints were not copied");
    }

    fn slot(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says once of each other record that it keeps copies in the same folder: a new exercise does so every time, and so does a record
/// that was exchanged for another one.
fn meet(app: &App, dir: &Path, others: Vec<String>) -> Result<(), StoreError> {
    let town = &app.town().code;
    for id in others {
        let known = app
            .store
            .read(|view| view.last_of(&id, [OTHER_MET; 2], 1))?;
        if !known.is_empty() {
            continue;
        }
        app.store.write(|tx| {
            let detail = json!({ "town": town, "folder": dir.display().to_string() });
            tx.audit(app.clock.now(), "system", OTHER_MET, &id, &detail)
        })?;
        app.warn(format!(
            "検認点の写しの置き場所に、別の記録({id})の検認点があります。新しい訓練などで記録を始めたのなら、そのままでかまいません。そうでなければ、記録が入れ替えられたおそれがあります。管理者へ連絡してください。"
        ));
    }
    Ok(())
}
