use crate::case::Case;
use crate::conformal::{NORMAL_SHAPE, PROBABILITIES, quantile};
use crate::features::level_back;
use crate::forecast::{GaugeForecast, LeadForecast, Method, Quantile, Tier};
use crate::history::History;
use crate::hyper::LEADS_H;
use jiff::{SignedDuration, Timestamp};

/// A reading older than this says nothing about now, seconds.
const HOLD_MAX_S: i64 = 3 * 3600;
/// A rate of rise fades with this time when nothing was fitted, hours.
const RATE_FADES_H: f64 = 3.0;
/// The past that the doubt is read from when nothing was fitted, hours.
const DOUBT_FROM_H: usize = 72;
/// Half of the 5–95 % interval one hour ahead is never narrower when nothing was fitted, metres.
const HALF_MIN_M: f64 = 0.1;
/// The same when there is not even a rate, metres.
const HALF_WITHOUT_RATE_M: f64 = 0.3;

/// What the last readings alone say: never fitted, so with a wide interval and without a record.
///
/// Tier [`Tier::RateOfRise`] when the level one hour before the last reading is known: the median rises as in
/// the last hour, fading over three hours. Else [`Tier::Persistence`], and [`Tier::NoInformation`] when the last
/// reading is more than three hours before `as_of`. Uses only rows at or before `as_of`.
pub fn without_model(recent: &History, case: &Case, as_of: Timestamp) -> GaugeForecast {
    match LastReading::of(recent, &case.target, as_of) {
        Some(last) => last.forecast(recent, case, as_of),
        None => no_information(case, as_of),
    }
}

pub(crate) fn no_information(case: &Case, as_of: Timestamp) -> GaugeForecast {
    GaugeForecast {
        gauge: case.target.clone(),
        as_of,
        tier: Tier::NoInformation,
        why_ja: "直近3時間の観測値がない。".to_owned(),
        why_en: "No reading in the last three hours.".to_owned(),
        upstream_missing: case.upstream.clone(),
        level_now_m: None,
        level_now_at: None,
        rise_m_per_h: None,
        leads: Vec::new(),
    }
}

/// The last usable reading of a gauge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastReading {
    pub(crate) column: usize,
    pub(crate) row: usize,
    pub(crate) at: Timestamp,
    pub(crate) level_m: f64,
    pub(crate) rise_m_per_h: Option<f64>,
    /// Hours from the reading to `as_of`, 0 to 3.
    pub(crate) age_h: f64,
}

impl LastReading {
    pub(crate) fn of(recent: &History, gauge: &str, as_of: Timestamp) -> Option<Self> {
        Self::in_column(recent, recent.gauge_index(gauge)?, as_of)
    }

    pub(crate) fn in_column(recent: &History, column: usize, as_of: Timestamp) -> Option<Self> {
        let newest = recent.row_at_or_before(as_of)?;
        let (row, level_m) = (0..=newest)
            .rev()
            .take_while(|row| as_of.duration_since(recent.time(*row)).as_secs() <= HOLD_MAX_S)
            .find_map(|row| recent.level(row, column).map(|level_m| (row, level_m)))?;
        let at = recent.time(row);
        let age_h = as_of.duration_since(at).as_secs_f64() / 3600.0;
        if age_h > 3.0 {
            return None;
        }
        let rise_m_per_h = rows_per_h(recent.step_s())
            .and_then(|per_h| level_back(recent.column(column), row, per_h, per_h))
            .map(|hour_ago_m| level_m - hour_ago_m);
        Some(Self {
            column,
            row,
            at,
            level_m,
            rise_m_per_h,
            age_h,
        })
    }

    /// Level after `hours` if it goes on rising as in the last hour; without a rate, the level.
    pub(crate) fn rate_of_rise_m(&self, hours: f64) -> f64 {
        self.level_m + self.rise_m_per_h.unwrap_or(0.0) * hours
    }

    fn forecast(&self, recent: &History, case: &Case, as_of: Timestamp) -> GaugeForecast {
        let rated = self.rise_m_per_h.is_some();
        let leads = LEADS_H
            .iter()
            .map(|&lead_h| self.lead(recent, as_of, lead_h))
            .collect();
        GaugeForecast {
            gauge: case.target.clone(),
            as_of,
            tier: if rated {
                Tier::RateOfRise
            } else {
                Tier::Persistence
            },
            why_ja: "学習したモデルがないため、直近の観測値だけで見積もる。".to_owned(),
            why_en: "No fitted model: the last readings alone.".to_owned(),
            upstream_missing: case.upstream.clone(),
            level_now_m: Some(self.level_m),
            level_now_at: Some(self.at),
            rise_m_per_h: self.rise_m_per_h,
            leads,
        }
    }

    fn lead(&self, recent: &History, as_of: Timestamp, lead_h: u32) -> LeadForecast {
        let hours = f64::from(lead_h) + self.age_h;
        let faded_h = RATE_FADES_H * (1.0 - (-hours / RATE_FADES_H).exp());
        let median_m = self.rate_of_rise_m(faded_h);
        let half_m = self.half_interval_m(recent, hours);
        let quantiles = PROBABILITIES
            .iter()
            .zip(NORMAL_SHAPE)
            .map(|(&p, shape)| Quantile {
                p,
                level_m: median_m + shape * half_m,
            })
            .collect();
        LeadForecast {
            lead_h,
            at: lead_end(as_of, lead_h),
            method: if self.rise_m_per_h.is_some() {
                Method::RateOfRise
            } else {
                Method::Persistence
            },
            expected_m: median_m,
            median_m,
            quantiles,
            persistence_m: self.level_m,
            rate_of_rise_m: self.rate_of_rise_m(hours),
            outside_training: false,
            record: None,
        }
    }

    /// The largest of: a floor, the rise going on unfaded, and nine tenths of the changes seen over as many hours.
    fn half_interval_m(&self, recent: &History, hours: f64) -> f64 {
        let floor_m = if self.rise_m_per_h.is_some() {
            HALF_MIN_M
        } else {
            HALF_WITHOUT_RATE_M
        };
        let by_rate_m = self.rise_m_per_h.unwrap_or(0.0).abs() * hours;
        let seen_m = self.usual_change_m(recent, hours).unwrap_or(0.0);
        (floor_m * hours.sqrt()).max(by_rate_m).max(seen_m)
    }

    fn usual_change_m(&self, recent: &History, hours: f64) -> Option<f64> {
        let per_h = rows_per_h(recent.step_s())?;
        // At most 9 hours, so it fits.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let back = hours.ceil() as usize * per_h;
        let first = self.row.saturating_sub(DOUBT_FROM_H * per_h);
        let mut changes: Vec<f64> = (first + back..=self.row)
            .filter_map(|row| {
                let later_m = recent.level(row, self.column)?;
                Some((later_m - recent.level(row - back, self.column)?).abs())
            })
            .collect();
        changes.sort_unstable_by(f64::total_cmp);
        (!changes.is_empty()).then(|| quantile(&changes, 0.9))
    }
}

/// Rows per hour of a step, when it divides the hour.
pub(crate) fn rows_per_h(step_s: i64) -> Option<usize> {
    usize::try_from(3600 / step_s)
        .ok()
        .filter(|rows| 3600 % step_s == 0 && *rows > 0)
}

/// The end of a lead; held at the end of the calendar.
pub(crate) fn lead_end(as_of: Timestamp, lead_h: u32) -> Timestamp {
    as_of
        .checked_add(SignedDuration::from_hours(i64::from(lead_h)))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::without_model;
    use crate::case::Case;
    use crate::forecast::{Method, Tier};
    use crate::history::History;
    use jiff::{SignedDuration, Timestamp};
    use ndarray::Array2;

    fn history(levels: &[f64]) -> History {
        let table = Array2::from_shape_vec((levels.len(), 1), levels.to_vec()).unwrap();
        History::new(Timestamp::UNIX_EPOCH, 3600, vec!["g".to_owned()], table).unwrap()
    }

    fn case() -> Case {
        Case {
            target: "g".to_owned(),
            ..Case::default()
        }
    }

    fn hours(h: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(h)
    }

    #[test]
    fn a_rise_goes_on_but_fades_and_its_full_continuation_lies_inside_the_interval() {
        let forecast = without_model(&history(&[1.0, 1.2, 1.5]), &case(), hours(2));
        assert_eq!(forecast.tier, Tier::RateOfRise);
        for lead in &forecast.leads {
            assert_eq!(lead.method, Method::RateOfRise);
            assert!((lead.rate_of_rise_m - (1.5 + 0.3 * f64::from(lead.lead_h))).abs() < 1e-9);
            assert!(lead.median_m > 1.5 && lead.median_m < lead.rate_of_rise_m);
            assert!(
                lead.quantile_m(0.95) >= lead.rate_of_rise_m,
                "lead {}",
                lead.lead_h
            );
        }
    }

    #[test]
    fn one_reading_gives_persistence_and_says_so() {
        let forecast = without_model(&history(&[1.0]), &case(), hours(0));
        assert_eq!(forecast.tier, Tier::Persistence);
        assert!(
            forecast
                .leads
                .iter()
                .all(|l| (l.median_m - 1.0).abs() < 1e-12 && l.record.is_none())
        );
        assert_eq!(forecast.rise_m_per_h, None);
    }

    #[test]
    fn a_gauge_silent_for_more_than_three_hours_tells_nothing() {
        let history = history(&[1.0, 1.1, f64::NAN, f64::NAN, f64::NAN, f64::NAN]);
        assert_eq!(
            without_model(&history, &case(), hours(4)).tier,
            Tier::RateOfRise
        );
        assert_eq!(
            without_model(&history, &case(), hours(5)).tier,
            Tier::NoInformation
        );
        let unknown = Case {
            target: "elsewhere".to_owned(),
            ..case()
        };
        assert_eq!(
            without_model(&history, &unknown, hours(1)).tier,
            Tier::NoInformation
        );
    }

    #[test]
    fn an_older_reading_means_a_wider_interval() {
        let history = history(&[1.0, 1.1, f64::NAN, f64::NAN]);
        let width = |at| {
            let lead = without_model(&history, &case(), at).leads.swap_remove(0);
            lead.quantile_m(0.95) - lead.quantile_m(0.05)
        };
        assert!(width(hours(3)) > width(hours(1)));
    }

    #[test]
    fn before_the_first_row_nothing_is_known() {
        assert_eq!(
            without_model(&history(&[1.0]), &case(), hours(-1)).tier,
            Tier::NoInformation
        );
    }
}
