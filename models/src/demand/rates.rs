use super::call::{CallLevel, Conditions};
use super::card::RateFigures;
use super::event::EventRates;
use super::line::{Line, LineError, Row, Student, Z95};
use super::published::{Measure, PUBLISHED, Published};
use crate::score::{Share, Squares, count_f64};

/// Rates of leaving home and of coming to a public shelter, on the logit scale.
///
/// logit(rate) = base + in a public shelter + own danger plain + announced days ahead + night + level 3 only. Prior and
/// published rates make the posterior in closed form. The weights of "night" and "level 3 only" rest on the prior: hardly
/// any published rate speaks of them.
#[derive(Clone, Debug)]
pub struct RateModel {
    line: Line,
}

/// What is believed before any published rate is read: centre and spread, in logits.
///
/// The base is a leave rate of about 20 %, with a 90 % interval of about 1 to 80 % together with the scatter: the wide prior
/// that Japanese surveys suggest. Of those who leave about one in six is found in a public shelter. The others are
/// **assumed** from the drivers that surveys name: people go when they see their own danger, when they had days to
/// prepare, less at night; at level 3 only a part is called.
const PRIOR: [(f64, f64); 6] = [
    (-1.4, 1.2),
    (-1.8, 0.8),
    (1.0, 0.7),
    (0.5, 0.5),
    (-0.4, 0.5),
    (-1.0, 0.7),
];
/// Scatter between towns that nothing explains, in logits, and how many rates that belief is worth.
const SCATTER: (f64, f64) = (1.0, 6.0);
/// Part of the scatter that leaving and coming to shelters have in common in one event. **Assumed.**
const IN_COMMON: f64 = 0.5;
/// Fixed rates of InaSAFE: generic, and the three classes of its flood reports.
pub(super) const FIXED_RATES: [f64; 3] = [0.01, 0.03, 0.05];

impl RateModel {
    /// From [`PUBLISHED`].
    ///
    /// # Errors
    /// [`LineError`]: the fit failed, which the table does not cause.
    pub fn of_published() -> Result<Self, LineError> {
        Self::fit(&PUBLISHED)
    }

    /// From a table of one's own, such as [`PUBLISHED`] with the rates of a town's own past.
    ///
    /// Several rates of one storm are not as many storms: each of n counts as 1/√n of a rate.
    ///
    /// # Errors
    /// [`LineError`]: a rate is not between 0 and 1, or the fit failed.
    pub fn fit(table: &[Published]) -> Result<Self, LineError> {
        let rows: Vec<Row<6>> = table
            .iter()
            .map(|row| {
                let storm = table
                    .iter()
                    .filter(|other| other.storm == row.storm)
                    .count();
                let counting = row.of.map_or(0.0, |of| {
                    1.0 / (f64::from(of) * row.rate * (1.0 - row.rate))
                });
                Row {
                    x: features(row.measure, CallLevel::EveryoneLeaves, row.conditions),
                    y: logit(row.rate),
                    variance: 1.0
                        + f64::from(u8::from(row.mid_event))
                        + counting / SCATTER.0.powi(2),
                    weight: 1.0 / count_f64(storm).sqrt(),
                }
            })
            .collect();
        let line = Line::prior(PRIOR, SCATTER.0, SCATTER.1).learn(&rows)?;
        Ok(Self { line })
    }

    /// What is expected of an order of this level under these conditions, before anybody was counted.
    #[must_use]
    pub fn rates(&self, level: CallLevel, conditions: Conditions) -> EventRates {
        let left = features(Measure::Left, level, conditions);
        let shelter = features(Measure::PublicShelter, level, conditions);
        let line = &self.line;
        let doubt = |x| line.shared(x, x) + 1.0;
        let correlation =
            (line.shared(left, shelter) + IN_COMMON) / (doubt(left) * doubt(shelter)).sqrt();
        let (leaving, in_shelter) = (line.predict(left, 1.0), line.predict(shelter, 1.0));
        EventRates::new(
            (leaving.centre, leaving.spread()),
            (in_shelter.centre, in_shelter.spread()),
            correlation.clamp(-1.0, 1.0),
        )
    }

    /// The weights with their spreads, in logits, in the order: base, public shelter, danger plain, announced, night,
    /// level 3 only.
    #[must_use]
    pub fn weights(&self) -> Vec<(f64, f64)> {
        let weights = self.line.weights().into_iter().enumerate();
        weights
            .map(|(n, weight)| (weight, self.line.weight_spread(n)))
            .collect()
    }

    fn student(&self, row: &Published) -> Student {
        let x = features(row.measure, CallLevel::EveryoneLeaves, row.conditions);
        self.line.predict(x, 1.0)
    }
}

/// How the model does on storms it has not seen, beside fixed rates and the storm before. One entry per measure, then both
/// together. Errors are natural logarithms of rates.
///
/// # Errors
/// [`LineError`]: a rate is not between 0 and 1, or a fit failed.
pub fn rate_figures(table: &[Published]) -> Result<Vec<RateFigures>, LineError> {
    let measures = [Some(Measure::Left), Some(Measure::PublicShelter), None];
    measures
        .into_iter()
        .map(|measure| figures(table, measure))
        .collect()
}

fn figures(table: &[Published], measure: Option<Measure>) -> Result<RateFigures, LineError> {
    let mut model = Squares::default();
    let mut prior = Squares::default();
    let mut fixed = [Squares::default(); FIXED_RATES.len()];
    let (mut before, mut model_where_before) = (Squares::default(), Squares::default());
    let (mut inside, mut within_2) = (Share::default(), Share::default());
    let nothing = RateModel::fit(&[])?;
    let asked = table
        .iter()
        .filter(|row| measure.is_none_or(|measure| row.measure == measure));
    for row in asked {
        let others: Vec<Published> = table
            .iter()
            .filter(|other| other.storm != row.storm)
            .copied()
            .collect();
        let student = RateModel::fit(&others)?.student(row);
        let log_error = |rate: f64| (rate / row.rate).ln();
        let of_model = log_error(rate(student.quantile(0.0)));
        model.add(of_model);
        prior.add(log_error(rate(nothing.student(row).quantile(0.0))));
        for (squares, fixed) in fixed.iter_mut().zip(FIXED_RATES) {
            squares.add(log_error(fixed));
        }
        inside.add((student.quantile(-Z95)..=student.quantile(Z95)).contains(&logit(row.rate)));
        within_2.add(of_model.abs() <= 2.0_f64.ln());
        let earlier = others
            .iter()
            .filter(|other| other.measure == row.measure && other.year < row.year)
            .map(|other| other.year)
            .max();
        if let Some(year) = earlier {
            let last: Vec<f64> = others
                .iter()
                .filter(|other| other.measure == row.measure && other.year == year)
                .map(|other| other.rate.ln())
                .collect();
            let mean = last.iter().sum::<f64>() / count_f64(last.len());
            before.add(mean - row.rate.ln());
            model_where_before.add(of_model);
        }
    }
    Ok(RateFigures {
        measure,
        rates: inside.of,
        log_rmse: model.root_mean(),
        log_rmse_prior: prior.root_mean(),
        log_rmse_fixed: FIXED_RATES
            .into_iter()
            .zip(fixed)
            .map(|(rate, squares)| (rate, squares.root_mean()))
            .collect(),
        rates_with_storm_before: model_where_before.count,
        log_rmse_storm_before: before.root_mean(),
        log_rmse_where_storm_before: model_where_before.root_mean(),
        coverage90: inside.get().unwrap_or(0.0),
        within_factor_2: within_2.get().unwrap_or(0.0),
    })
}

fn features(measure: Measure, level: CallLevel, conditions: Conditions) -> [f64; 6] {
    let flag = |set: bool| f64::from(u8::from(set));
    [
        1.0,
        flag(measure == Measure::PublicShelter),
        flag(conditions.danger_plain),
        flag(conditions.announced_days_ahead),
        flag(conditions.night),
        flag(level == CallLevel::ElderlyLeave),
    ]
}

pub(super) fn logit(rate: f64) -> f64 {
    (rate / (1.0 - rate)).ln()
}

pub(super) fn rate(logit: f64) -> f64 {
    1.0 / (1.0 + (-logit).exp())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{PRIOR, RateModel, SCATTER, rate, rate_figures};
    use crate::demand::line::Z95;
    use crate::demand::{CallLevel, Conditions, Measure, PUBLISHED};

    const EVERYONE: CallLevel = CallLevel::EveryoneLeaves;

    #[test]
    fn the_prior_is_as_wide_as_what_surveys_ever_found() {
        let spread = PRIOR[0].1.hypot(SCATTER.0);
        let (low, high) = (
            rate(PRIOR[0].0 - Z95 * spread),
            rate(PRIOR[0].0 + Z95 * spread),
        );
        assert!(low < 0.02 && high > 0.75, "{low} to {high}");
    }

    #[test]
    fn fewer_come_to_shelters_than_leave_and_plain_danger_moves_people() {
        let model = RateModel::of_published().unwrap();
        let calm = model.rates(EVERYONE, Conditions::default());
        let plain = Conditions {
            danger_plain: true,
            ..Conditions::default()
        };
        let plain = model.rates(EVERYONE, plain);
        assert!(calm.shelter_range().likely < calm.leaving_range().likely);
        assert!(plain.leaving_range().likely > 1.5 * calm.leaving_range().likely);
    }

    #[test]
    fn the_lowest_and_the_highest_published_rate_lie_inside_what_is_expected_of_other_storms() {
        let others = |storm: &str| -> Vec<_> {
            PUBLISHED
                .iter()
                .filter(|row| !row.storm.contains(storm))
                .copied()
                .collect()
        };
        let night = Conditions {
            night: true,
            ..Conditions::default()
        };
        let hiroshima = RateModel::fit(&others("2018-07"))
            .unwrap()
            .rates(EVERYONE, night);
        assert!(
            hiroshima.shelter_range().low < 0.002_76,
            "{:?}",
            hiroshima.shelter_range()
        );
        let plain = Conditions {
            danger_plain: true,
            announced_days_ahead: true,
            night: false,
        };
        let naganuma = RateModel::fit(&others("2019-10"))
            .unwrap()
            .rates(EVERYONE, plain);
        assert!(
            naganuma.leaving_range().high > 0.84,
            "{:?}",
            naganuma.leaving_range()
        );
    }

    #[test]
    fn a_storm_left_out_is_met_better_than_by_any_fixed_rate() {
        let figures = rate_figures(&PUBLISHED).unwrap();
        let all = figures.iter().find(|f| f.measure.is_none()).unwrap();
        for (fixed, log_rmse) in &all.log_rmse_fixed {
            assert!(
                all.log_rmse < *log_rmse,
                "{fixed}: {} against {log_rmse}",
                all.log_rmse
            );
        }
        assert!(all.coverage90 >= 0.8, "{}", all.coverage90);
        let shelters = figures
            .iter()
            .find(|f| f.measure == Some(Measure::PublicShelter));
        assert_eq!(shelters.unwrap().rates, 5);
    }

    #[test]
    fn an_impossible_rate_is_refused() {
        let mut table = PUBLISHED;
        table[3].rate = 1.2;
        let error = RateModel::fit(&table).unwrap_err().to_string();
        assert!(error.contains("row 3"), "{error}");
    }
}
