use super::examine::{FLOOD_RISE_SHARE, Issue};
use super::{EvaluateError, Examined, Trial, examine};
use crate::case::Case;
use crate::flood::FloodModel;
use crate::floods::Floods;
use crate::history::History;

/// Tries a recipe on every flood of a history by models that did not see it.
///
/// The floods are dealt out to `groups` groups in turn. For each group a model is fitted on the history without its
/// floods and asked about them. Never are single rows left out: neighbours of one flood know too much of each other.
/// `progress` is told after each group how many are done.
///
/// `None` when there are fewer than two floods.
///
/// # Errors
/// [`EvaluateError`]: a model cannot be fitted, or there is nothing to compare.
pub fn leave_floods_out(
    history: &History,
    case: &Case,
    model: &FloodModel,
    threshold_m: Option<f64>,
    groups: usize,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Option<Examined>, EvaluateError> {
    let Some(column) = history.gauge_index(&case.target) else {
        return Err(EvaluateError::NothingToTest {
            gauge: case.target.clone(),
            lead_h: 0,
        });
    };
    let floods = Floods::find(history, column, FLOOD_RISE_SHARE);
    let groups = groups.min(floods.list.len());
    if groups < 2 {
        return Ok(None);
    }
    let group_of = |row: usize| floods.flood_of(row).map(|flood| flood % groups);
    let mut all: Option<Examined> = None;
    for group in 0..groups {
        let train = history.masked(|row| group_of(row) == Some(group));
        let test = history.masked(|row| group_of(row) != Some(group));
        let fitted = model.fit(&train, case)?;
        let examined = examine(&mut &fitted, history, &test, case, threshold_m)?;
        all = Some(match all {
            None => examined,
            Some(before) => before.with(examined),
        });
        progress(group + 1, groups);
    }
    Ok(all.map(|examined| examined.on(history, &floods, column)))
}

impl Examined {
    fn with(mut self, more: Self) -> Self {
        for ((_, trials), (_, others)) in self.leads.iter_mut().zip(more.leads) {
            trials.extend(others);
        }
        self.issues.extend(more.issues);
        self
    }

    /// In the order of time, with the floods of the whole history.
    fn on(mut self, history: &History, floods: &Floods, column: usize) -> Self {
        let rows = floods.rows(history, column);
        for (lead_h, trials) in &mut self.leads {
            trials.sort_by_key(|trial: &Trial| trial.issued);
            let ahead_s = i64::from(*lead_h) * 3600;
            for trial in trials {
                let end_s = trial.issued.as_second() + ahead_s - history.start().as_second();
                let row = usize::try_from(end_s / history.step_s()).ok();
                trial.flood = row.and_then(|row| rows.get(row).copied().flatten());
            }
        }
        self.issues.sort_by_key(|issue: &Issue| issue.at);
        if let Some(level_m) = self.threshold_m {
            self.crossed = super::arrival::crossed(history, column, level_m);
        }
        self
    }
}
