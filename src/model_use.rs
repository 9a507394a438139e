//! 使用中のモデル: a running service follows what administrators decide about model files, also from another process, and notes
//! from when on which file forecasts, so that a record can be recomputed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::{Notify, watch};

use crate::app::App;
use crate::outlook::ModelSet;
use crate::store::{StoreError, Tx, View};
use crate::town;

/// How often the record is asked for new decisions.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// What the record calls the note.
const ACTION: &str = "models_in_use";

/// Digests of the files that forecast, by gauge.
pub type Files = BTreeMap<String, String>;

/// Which files forecast, and models on the way to the engine. Only the intake gives them to it.
#[derive(Default)]
pub struct ModelsInUse {
    state: Mutex<State>,
    /// Rings when models wait for the engine.
    pub changed: Notify,
}

#[derive(Default)]
struct State {
    files: Files,
    /// The last decision that was followed; `None` before the first look.
    followed: Option<i64>,
    waiting: Option<Option<Arc<ModelSet>>>,
}

impl ModelsInUse {
    /// What forecasts from the start on.
    #[must_use]
    pub fn from_the_start(models: Option<&ModelSet>) -> Self {
        let state = State {
            files: files(models),
            ..State::default()
        };
        Self {
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// Models that the engine is to use from now on, if there are any: none inside for baselines alone.
    pub(crate) fn taken(&self) -> Option<Option<Arc<ModelSet>>> {
        self.lock().waiting.take()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn files(models: Option<&ModelSet>) -> Files {
    models.map_or_else(Files::new, |models| models.files.clone())
}

/// Follows decisions until told to stop.
pub(crate) async fn follow(app: Arc<App>, mut stop: watch::Receiver<bool>) -> anyhow::Result<()> {
    let settings = &app.config.models;
    if !settings.enabled || settings.dir.as_os_str().is_empty() {
        // A task of the service that ends is a service that stops.
        let _ = stop.wait_for(|stopped| *stopped).await;
        return Ok(());
    }
    while !*stop.borrow() {
        tokio::task::block_in_place(|| look(&app))?;
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            told = stop.changed() => if told.is_err() { break },
        }
    }
    Ok(())
}

/// Reads the files again when something was decided. Files that cannot be used change nothing: what forecasts goes on.
fn look(app: &App) -> Result<(), StoreError> {
    let newest = app.store.read(|view| view.newest_model_decision())?;
    let before = {
        let mut state = app.models.lock();
        if state.followed.replace(newest) == Some(newest) {
            return Ok(());
        }
        state.files.clone()
    };
    let approved = app.store.read(|view| view.approved_models())?;
    match town::approved_models(&app.config, &approved) {
        Ok(set) => {
            let files = files(set.as_ref());
            if files == before {
                return Ok(());
            }
            tracing::info!(gauges = files.len(), "models were approved or withdrawn");
            let mut state = app.models.lock();
            state.files = files;
            state.waiting = Some(set.map(Arc::new));
            drop(state);
            app.models.changed.notify_one();
        }
        Err(why) => {
            tracing::warn!(%why, "models that were approved cannot be used; those in use stay");
            app.warn(format!(
                "承認されたモデルを使えません（{why}）。これまでのモデルを使い続けます。 Models that were approved cannot be used; those in use stay."
            ));
        }
    }
    Ok(())
}

/// A note of what forecasts, as it stands in the record.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Noted {
    files: Files,
    /// Evaluations that had been made until then.
    after_evaluation: i64,
}

/// Notes what forecasts from the next evaluation on, unless that was noted last.
pub(crate) fn note(
    tx: &Tx<'_>,
    models: Option<&ModelSet>,
    (town, at): (&str, Timestamp),
) -> Result<(), StoreError> {
    let view = tx.view();
    let files = files(models);
    if history(&view)?
        .pop_back()
        .is_some_and(|last| last.files == files)
    {
        return Ok(());
    }
    let detail = json!({ "files": files, "after_evaluation": view.evaluations_made()? });
    tx.audit(at, "system", ACTION, town, &detail)?;
    Ok(())
}

/// What forecast in the course of a record, oldest first. Empty where models were fitted at the start of the service.
pub(crate) fn history(view: &View<'_>) -> Result<VecDeque<Noted>, StoreError> {
    let details = view.details(ACTION)?;
    let read = |detail: String| {
        serde_json::from_str(&detail).map_err(|why| StoreError::Damaged {
            what: "the note of the models in use".to_owned(),
            why: why.to_string(),
        })
    };
    details.into_iter().map(read).collect()
}

/// The files that forecast in evaluation `number`, if they change there.
pub(crate) fn before_evaluation(history: &mut VecDeque<Noted>, number: i64) -> Option<Files> {
    let mut last = None;
    while let Some(next) = history.pop_front_if(|next| next.after_evaluation < number) {
        last = Some(next.files);
    }
    last
}
