//! A model that is followed row by row with its watch: what a service recomputes from memory, kept up to date.

use crate::flood::FittedFloodModel;
use crate::forecast::GaugeForecast;
use crate::history::History;
use crate::watch::{Watch, WatchReport, WatchSettings};
use jiff::Timestamp;

/// Follows one model on one gauge, in the order of event time.
///
/// What it says of a moment is what [`Watch::over`] says, which asks anew for every row of the hours that count: so what is
/// measured with it is what serves. A reading that arrives later than its row was shown is not gone back to.
#[derive(Clone, Debug, PartialEq)]
pub struct Follower {
    /// The last row whose forecast was made.
    shown_until: Option<Timestamp>,
    watch: Watch,
}

impl Follower {
    /// Starts with the record of the model on floods it had not seen.
    #[must_use]
    pub fn new(model: &FittedFloodModel) -> Self {
        Self {
            shown_until: None,
            watch: Watch::of(model, WatchSettings::default()),
        }
    }

    /// Looks at every row of `recent` after the last one that was looked at, up to `as_of`: outcomes of earlier
    /// forecasts are counted, then the row's own forecasts are kept until theirs come. The first call begins at the
    /// last row at or before `as_of`.
    pub fn watch(&mut self, model: &FittedFloodModel, recent: &History, as_of: Timestamp) {
        let (Some(last), Some(column)) = (
            recent.row_at_or_before(as_of),
            recent.gauge_index(&model.case.target),
        ) else {
            return;
        };
        let first = match self.shown_until {
            Some(shown) => recent.row_at_or_before(shown).map_or(0, |row| row + 1),
            None => last,
        };
        for row in first..=last {
            self.watch.row(model, recent, row, column, true);
            self.shown_until = Some(recent.time(row));
        }
    }

    /// The forecast, with the model trusted as far as it has earned and its doubt as wide as outcomes asked for.
    pub fn forecast(
        &mut self,
        model: &FittedFloodModel,
        recent: &History,
        as_of: Timestamp,
    ) -> GaugeForecast {
        self.watch(model, recent, as_of);
        self.watch.guarded(model, recent, as_of)
    }

    /// How every lead stands.
    #[must_use]
    pub fn report(&self) -> WatchReport {
        self.watch.report()
    }
}
