use super::occupancy::{CountSeries, OccupancyError, OccupancyModel};
use crate::score::{Share, Squares};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// All series of one kind of one event.
#[derive(Clone, Debug)]
pub struct EventSeries {
    /// The event.
    pub event: String,
    /// What is counted.
    pub kind: SeriesKind,
    /// The places.
    pub series: Vec<CountSeries>,
    /// What a fixed rate would say of each place, in the same order; none where it says nothing.
    pub fixed: Vec<Option<FixedRate>>,
    /// Places of each, in the same order; none where unknown or where there is no such thing.
    pub places: Vec<Option<f64>>,
}

/// What a series counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeriesKind {
    /// People in one shelter.
    Shelter,
    /// People in all shelters of a town.
    Town,
    /// Shelters that are open.
    OpenShelters,
}

/// The people a fixed rate puts in a place: rate × people of the town × the place's part of all capacity.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FixedRate {
    /// 1 % of the people, the generic rate of InaSAFE.
    pub at_1_percent: f64,
}

/// How the model did on the series of one event, taught by the other events and by the running one's past.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesFigures {
    /// The event that was left out.
    pub event: String,
    /// What was counted.
    pub kind: SeriesKind,
    /// Days ahead.
    pub days: u32,
    /// Forecasts compared.
    pub forecasts: usize,
    /// Root mean squared error of ln(count + ½).
    pub log_rmse: f64,
    /// The same of "as many as now".
    pub log_rmse_persistence: f64,
    /// On the forecasts for which a fixed rate says something: the error of the model, and of rates of 1, 3 and 5 %.
    pub beside_fixed: Option<(f64, [f64; 3])>,
    /// Ranking of places by the risk of 80 % and more of the places taken, as area under the curve (0.5 = by chance): by the
    /// model, and by how full they are now. None where no place got so full, or all did.
    pub auc_80_percent: Option<[f64; 2]>,
    /// Share of the counts inside the 5–95 % interval; 0.90 is the aim.
    pub coverage90: f64,
    /// Share within a factor of two.
    pub within_factor_2: f64,
}

/// Tolerance of "so many days later": half of it either way, hours. Counts are taken once or twice a day, at varied hours.
const SLACK_H: i64 = 6;

/// Tries the model on every event by models that were taught by the others only.
///
/// At each count the model is brought up to date with the running event until that moment, and asked about the next days.
/// With one event of a kind, the model starts from its own prior.
///
/// # Errors
/// [`OccupancyError`]: a question beyond what is answered, or a fit that failed.
pub fn leave_one_event_out(
    events: &[EventSeries],
    days: &[u32],
) -> Result<Vec<SeriesFigures>, OccupancyError> {
    let mut all = Vec::new();
    for left_out in events {
        let others: Vec<&[CountSeries]> = events
            .iter()
            .filter(|other| other.kind == left_out.kind && other.event != left_out.event)
            .map(|other| other.series.as_slice())
            .collect();
        let prior = OccupancyModel::of_events(&others)?;
        for &days in days {
            if let Some(figures) = examine(&prior, left_out, days)? {
                all.push(figures);
            }
        }
    }
    Ok(all)
}

fn examine(
    prior: &OccupancyModel,
    event: &EventSeries,
    days: u32,
) -> Result<Option<SeriesFigures>, OccupancyError> {
    let mut moments: Vec<Timestamp> = event
        .series
        .iter()
        .flat_map(|one| one.counts().iter().map(|(at, _)| *at))
        .collect();
    moments.sort_unstable();
    moments.dedup();
    let (mut model_squares, mut held) = (Squares::default(), Squares::default());
    let (mut fixed, mut model_beside_fixed) = ([Squares::default(); 3], Squares::default());
    let mut filling: [Vec<(f64, bool)>; 2] = Default::default();
    let (mut inside, mut within_2) = (Share::default(), Share::default());
    for moment in moments {
        let mut model = None;
        for (n, one) in event.series.iter().enumerate() {
            let Some(now) = one.counts().iter().position(|(at, _)| *at == moment) else {
                continue;
            };
            let Some(later) = later(one, now, days) else {
                continue;
            };
            let model = match &mut model {
                Some(model) => model,
                none => none.insert(prior.updated(&event.series, moment)?),
            };
            let now = one.counts()[now].1;
            let range = model.ahead(now, f64::from(days))?;
            let later = f64::from(later);
            let log_error = |persons: f64| ((persons + 0.5) / (later + 0.5)).ln();
            model_squares.add(log_error(range.likely));
            held.add(log_error(f64::from(now)));
            inside.add(range.holds(later));
            within_2.add(log_error(range.likely).abs() <= 2.0_f64.ln());
            if let Some(Some(places)) = event
                .places
                .get(n)
                .filter(|places| places.is_some_and(|n| n > 0.0))
            {
                let full = later >= 0.8 * places;
                filling[0].push((range.high / places, full));
                filling[1].push((f64::from(now) / places, full));
            }
            if let Some(Some(rate)) = event.fixed.get(n) {
                model_beside_fixed.add(log_error(range.likely));
                for (squares, times) in fixed.iter_mut().zip([1.0, 3.0, 5.0]) {
                    squares.add(log_error(rate.at_1_percent * times));
                }
            }
        }
    }
    Ok((model_squares.count > 0).then(|| SeriesFigures {
        event: event.event.clone(),
        kind: event.kind,
        days,
        forecasts: model_squares.count,
        log_rmse: model_squares.root_mean(),
        log_rmse_persistence: held.root_mean(),
        beside_fixed: (fixed[0].count > 0).then(|| {
            (
                model_beside_fixed.root_mean(),
                fixed.map(|squares| squares.root_mean()),
            )
        }),
        auc_80_percent: auc(&filling[0])
            .zip(auc(&filling[1]))
            .map(|(ours, now)| [ours, now]),
        coverage90: inside.get().unwrap_or(0.0),
        within_factor_2: within_2.get().unwrap_or(0.0),
    }))
}

/// Chance that one which happened ranks above one which did not; a tie counts half.
fn auc(ranked: &[(f64, bool)]) -> Option<f64> {
    let of = |happened| {
        ranked
            .iter()
            .filter(move |(_, full)| *full == happened)
            .map(|(rank, _)| *rank)
    };
    let (mut above, mut pairs) = (0.0, 0.0);
    for full in of(true) {
        for other in of(false) {
            above += match full.total_cmp(&other) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
            pairs += 1.0;
        }
    }
    (pairs > 0.0).then(|| above / pairs)
}

/// The count nearest to so many days later, within the tolerance; the earlier of two equally near.
fn later(series: &CountSeries, now: usize, days: u32) -> Option<u32> {
    let wanted = series.counts()[now].0 + SignedDuration::from_hours(24 * i64::from(days));
    series.counts()[now + 1..]
        .iter()
        .map(|(at, persons)| ((at.as_second() - wanted.as_second()).abs(), *persons))
        .filter(|(away_s, _)| *away_s <= SLACK_H * 3_600)
        .min_by_key(|(away_s, _)| *away_s)
        .map(|(_, persons)| persons)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::{EventSeries, FixedRate, SeriesKind, leave_one_event_out};
    use crate::demand::CountSeries;
    use jiff::{SignedDuration, Timestamp};

    fn event(name: &str, per_day: f64) -> EventSeries {
        let start: Timestamp = "2024-01-09T09:00:00Z".parse().unwrap();
        let counts = (0..40_u32).map(|day| {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a test's counts"
            )]
            let persons = (2_000.0 * (per_day * f64::from(day)).exp()).round() as u32;
            (
                start + SignedDuration::from_hours(24 * i64::from(day)),
                persons,
            )
        });
        EventSeries {
            event: name.to_owned(),
            kind: SeriesKind::Town,
            series: vec![CountSeries::new(name, counts.collect()).unwrap()],
            fixed: vec![Some(FixedRate {
                at_1_percent: 500.0,
            })],
            places: vec![None],
        }
    }

    #[test]
    fn a_steady_decline_is_learnt_and_beats_holding_the_count() {
        let figures =
            leave_one_event_out(&[event("a", -0.05), event("b", -0.10)], &[1, 7]).unwrap();
        assert_eq!(figures.len(), 4);
        for one in &figures {
            assert!(one.log_rmse < 0.5 * one.log_rmse_persistence, "{one:?}");
            assert!(one.beside_fixed.unwrap().1[0] > one.log_rmse, "{one:?}");
        }
        let week = figures
            .iter()
            .find(|one| one.event == "b" && one.days == 7)
            .unwrap();
        assert_eq!(week.forecasts, 33);
    }

    #[test]
    fn the_ranking_of_risk_is_one_when_right_and_a_half_when_blind() {
        let right = [(0.9, true), (0.4, false), (0.8, true), (0.1, false)];
        assert!(super::auc(&right).is_some_and(|auc| (auc - 1.0).abs() < 1e-12));
        let blind = [(0.5, true), (0.5, false)];
        assert!(super::auc(&blind).is_some_and(|auc| (auc - 0.5).abs() < 1e-12));
        assert_eq!(super::auc(&[(0.5, true)]), None, "nothing to tell apart");
    }

    #[test]
    fn a_day_without_a_count_is_not_compared() {
        let figures = leave_one_event_out(&[event("a", -0.05)], &[60]);
        assert!(figures.unwrap().is_empty());
    }
}
