use super::{Standing, Watch, WatchSettings};
use crate::baseline::rows_per_h;
use crate::flood::FittedFloodModel;
use crate::forecast::GaugeForecast;
use crate::history::History;
use jiff::Timestamp;

/// What a model needs before it can be judged, hours.
const BEFORE_H: usize = 25;

impl Watch {
    /// The watch over what is still in memory: the model is asked again at every row that has a day and an hour before it,
    /// and judged by what came. The same readings give the same watch, whenever and how often it is asked, so that a restart
    /// or a replay changes nothing.
    #[must_use]
    pub fn over(
        model: &FittedFloodModel,
        recent: &History,
        as_of: Timestamp,
        settings: WatchSettings,
    ) -> Self {
        let mut watch = Self::new(settings);
        let column = recent.gauge_index(&model.case().target);
        let (Some(column), Some(per_h), Some(last)) = (
            column,
            rows_per_h(recent.step_s()),
            recent.row_at_or_before(as_of),
        ) else {
            return watch;
        };
        for row in BEFORE_H * per_h..=last {
            let at = recent.time(row);
            if let Some(level_m) = recent.level(row, column) {
                watch.observed(at, level_m);
                if row < last {
                    watch.issued(&model.predict(recent, at));
                }
            }
        }
        watch
    }

    /// The forecast as it may be shown: leads at which the model is out of use are taken from `instead`.
    #[must_use]
    pub fn shown(&self, mut forecast: GaugeForecast, instead: &GaugeForecast) -> GaugeForecast {
        for lead in &mut forecast.leads {
            if !matches!(self.standing(lead.lead_h), Standing::Out { .. }) {
                continue;
            }
            let other = instead.leads.iter().find(|l| l.lead_h == lead.lead_h);
            if let Some(other) = other {
                lead.clone_from(other);
            }
        }
        forecast
    }
}
