use super::canvas::{Canvas, ticks};
use crate::evaluate::Examined;
use crate::history::History;
use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

/// Fans of one flood are drawn this many hours apart.
const FAN_EVERY_H: i64 = 6;
/// Most floods that are drawn of one gauge: the highest.
const FLOODS_MAX: usize = 12;

/// A drawing of one flood of the test.
#[derive(Clone, Debug, PartialEq)]
pub struct FloodFan {
    /// When its first row of the flood is.
    pub from: Timestamp,
    /// Highest level observed in it.
    pub peak_m: f64,
    /// The drawing.
    pub svg: String,
}

/// Every flood of the test, the highest first (twelve at most): observed level, and every six hours the fan of the
/// forecast that was made then.
#[must_use]
pub fn flood_fans(examined: &Examined, test: &History, name: &str, unit: &str) -> Vec<FloodFan> {
    let Some(column) = test.gauge_index(&examined.case.target) else {
        return Vec::new();
    };
    let mut floods: BTreeMap<usize, (Timestamp, Timestamp, f64)> = BTreeMap::new();
    for (lead_h, trials) in &examined.leads {
        let ahead = SignedDuration::from_hours(i64::from(*lead_h));
        for trial in trials {
            let (Some(flood), Ok(at)) = (trial.flood, trial.issued.checked_add(ahead)) else {
                continue;
            };
            let span = floods.entry(flood).or_insert((at, at, trial.observed_m));
            *span = (span.0.min(at), span.1.max(at), span.2.max(trial.observed_m));
        }
    }
    let mut floods: Vec<(Timestamp, Timestamp, f64)> = floods.into_values().collect();
    floods.sort_by(|a, b| b.2.total_cmp(&a.2).then(a.0.cmp(&b.0)));
    floods.truncate(FLOODS_MAX);
    floods
        .into_iter()
        .map(|(from, to, peak_m)| FloodFan {
            from,
            peak_m,
            svg: draw(examined, test, column, (from, to), name, unit),
        })
        .collect()
}

fn draw(
    examined: &Examined,
    test: &History,
    column: usize,
    (from, to): (Timestamp, Timestamp),
    name: &str,
    unit: &str,
) -> String {
    let hour = SignedDuration::from_hours(1);
    let (from, to) = (
        from.saturating_sub(hour * 6).unwrap_or(from),
        to.saturating_add(hour * 6).unwrap_or(to),
    );
    let x = |at: Timestamp| at.duration_since(from).as_secs_f64() / 3600.0;
    let observed: Vec<(f64, f64)> = (0..test.len())
        .filter(|row| (from..=to).contains(&test.time(*row)))
        .map(|row| {
            let level_m = test.level(row, column).unwrap_or(f64::NAN);
            (x(test.time(row)), level_m)
        })
        .collect();
    let fans = fans(examined, from, to);
    let highest = fans.iter().flat_map(|fan| fan.iter().map(|p| p.high));
    let lowest = fans.iter().flat_map(|fan| fan.iter().map(|p| p.low));
    let seen = observed.iter().map(|p| p.1).filter(|m| m.is_finite());
    let (low, high) = (
        lowest.chain(seen.clone()).fold(f64::INFINITY, f64::min),
        highest.chain(seen).fold(f64::NEG_INFINITY, f64::max),
    );
    let title = format!("{name} {}", day(from));
    let mut canvas = Canvas::new([960.0, 420.0], [0.0, x(to)], [low, high], &title);
    let times: Vec<(f64, String)> = (0..=8)
        .filter_map(|n| {
            let hours = (x(to) / 8.0 * f64::from(n)).round();
            let after = SignedDuration::try_from_secs_f64(hours * 3600.0).ok()?;
            Some((hours, label(from.checked_add(after).ok()?)))
        })
        .collect();
    canvas.axes(
        &times,
        &ticks(low, high),
        [
            "日本時間 Japan time",
            &format!("{unit}: 観測 observed (黒 black), 予測と90%区間 forecast and 90 % interval (青 blue)"),
        ],
    );
    for fan in &fans {
        let line = |of: fn(&Point) -> f64| -> Vec<(f64, f64)> {
            fan.iter().map(|p| (x(p.at), of(p))).collect()
        };
        canvas.area(
            &line(|p| p.low),
            &line(|p| p.high),
            "fill=\"#0b5cad\" fill-opacity=\"0.15\"",
        );
        canvas.line(
            &line(|p| p.median),
            "stroke=\"#0b5cad\" stroke-width=\"1.5\"",
        );
    }
    canvas.line(&observed, "stroke=\"#000\" stroke-width=\"2\"");
    if let Some(level_m) = examined.threshold_m.filter(|m| (low..=high).contains(m)) {
        canvas.line(
            &[(0.0, level_m), (x(to), level_m)],
            "stroke=\"#b3261e\" stroke-dasharray=\"6 4\"",
        );
        canvas.note(0.0, level_m, "基準 threshold");
    }
    canvas.finish()
}

struct Point {
    at: Timestamp,
    low: f64,
    median: f64,
    high: f64,
}

/// The forecasts made every six hours, each from the level then to its last lead.
fn fans(examined: &Examined, from: Timestamp, to: Timestamp) -> Vec<Vec<Point>> {
    let mut fans: BTreeMap<Timestamp, Vec<Point>> = BTreeMap::new();
    for (lead_h, trials) in &examined.leads {
        let ahead = SignedDuration::from_hours(i64::from(*lead_h));
        let chosen = trials.iter().filter(|t| {
            (from..=to).contains(&t.issued) && t.issued.as_second() % (FAN_EVERY_H * 3600) == 0
        });
        for trial in chosen {
            let fan = fans.entry(trial.issued).or_insert_with(|| {
                vec![Point {
                    at: trial.issued,
                    low: trial.now_m,
                    median: trial.now_m,
                    high: trial.now_m,
                }]
            });
            if let Ok(at) = trial.issued.checked_add(ahead) {
                fan.push(Point {
                    at,
                    low: trial.quantile_m(0.05),
                    median: trial.median_m,
                    high: trial.quantile_m(0.95),
                });
            }
        }
    }
    fans.into_values().collect()
}

fn japan(at: Timestamp) -> DateTime {
    Offset::constant(9).to_datetime(at)
}

fn day(at: Timestamp) -> String {
    japan(at).strftime("%Y-%m-%d").to_string()
}

fn label(at: Timestamp) -> String {
    japan(at).strftime("%m-%d %H:%M").to_string()
}
