use super::{Evaluation, GaugeLeadScore};
use std::fmt;

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        main(f, &self.scores)?;
        if self.scores.iter().any(|s| s.threshold_m.is_some()) {
            thresholds(f, &self.scores)?;
        }
        if self.scores.iter().any(|s| !s.crossings.is_empty()) {
            marks(f, &self.scores)?;
        }
        Ok(())
    }
}

fn main(f: &mut fmt::Formatter<'_>, scores: &[GaugeLeadScore]) -> fmt::Result {
    let width = width(scores.iter().map(|s| s.gauge.as_str()), "gauge");
    writeln!(
        f,
        "{:width$}  lead h   rows  by model  skill  floods    NSE    KGE     RMSE  top 5 %  persist.     rate     CRPS  cover90  top 5 %  floods  outside",
        "gauge"
    )?;
    for s in scores {
        writeln!(
            f,
            "{:width$}  {:6}  {:5}  {:8}  {:5.2}  {:>6}  {:5.3}  {:5.3}  {:7.3}  {:7.3}  {:8.3}  {:7.3}  {:7.4}  {:7.2}  {:7.2}  {:>6}  {:7}",
            s.gauge,
            s.lead_h,
            s.rows,
            s.rows_by_model,
            s.skill,
            share(s.skill_flood),
            s.nse,
            s.kge,
            s.rmse_m,
            s.rmse_top5_m,
            s.rmse_persistence_m,
            s.rmse_rate_of_rise_m,
            s.crps_m,
            s.coverage90,
            s.coverage90_top5,
            share(s.coverage90_flood),
            s.rows_outside_training,
        )?;
    }
    Ok(())
}

/// Onsets at the threshold: the median and the higher quantiles as alarm, arrival, Brier score.
fn thresholds(f: &mut fmt::Formatter<'_>, scores: &[GaugeLeadScore]) -> fmt::Result {
    let width = width(scores.iter().map(|s| s.gauge.as_str()), "gauge");
    writeln!(
        f,
        "\n{:width$}  lead h  threshold  onsets   POD / FAR of an alarm at the median, then at each quantile   arrival: off min (bias) said/of   Brier (climate)",
        "gauge"
    )?;
    for s in scores {
        let (Some(threshold_m), Some(onset)) = (s.threshold_m, s.onset) else {
            continue;
        };
        write!(
            f,
            "{:width$}  {:6}  {threshold_m:9.2}  {:6}  {}/{}",
            s.gauge,
            s.lead_h,
            onset.hits + onset.misses,
            share(onset.pod()),
            share(onset.far())
        )?;
        for alarm in s.alarms.iter().skip(1) {
            write!(
                f,
                "  {:.0}%: {}/{}",
                100.0 * alarm.quantile,
                share(alarm.onset.pod()),
                share(alarm.onset.far())
            )?;
        }
        if let Some(arrival) = s.arrival {
            let minutes = |m: Option<f64>| m.map_or("–".to_owned(), |m| format!("{m:.0}"));
            write!(
                f,
                "   {} ({}) {}/{}",
                minutes(arrival.error_min),
                minutes(arrival.bias_min),
                arrival.announced,
                arrival.crossings
            )?;
        }
        match &s.reliability {
            Some(r) => writeln!(f, "   {:.4} ({:.4})", r.brier, r.brier_climate)?,
            None => writeln!(f)?,
        }
    }
    Ok(())
}

fn marks(f: &mut fmt::Formatter<'_>, scores: &[GaugeLeadScore]) -> fmt::Result {
    let gauges = width(scores.iter().map(|s| s.gauge.as_str()), "gauge");
    let names = scores.iter().flat_map(|s| &s.crossings);
    let marks = width(names.map(|c| c.mark.as_str()), "mark");
    writeln!(
        f,
        "\n{:gauges$}  lead h  {:marks$}  level m  alarm at  hits  misses  false",
        "gauge", "mark"
    )?;
    for s in scores {
        for c in s
            .crossings
            .iter()
            .filter(|c| c.hits + c.misses + c.false_alarms > 0)
        {
            writeln!(
                f,
                "{:gauges$}  {:6}  {:marks$}  {:7.2}  {:8.2}  {:4}  {:6}  {:5}",
                s.gauge,
                s.lead_h,
                c.mark,
                c.level_m,
                c.alarm_probability,
                c.hits,
                c.misses,
                c.false_alarms,
            )?;
        }
    }
    Ok(())
}

fn share(share: Option<f64>) -> String {
    share.map_or("–".to_owned(), |s| format!("{s:.2}"))
}

fn width<'s>(words: impl Iterator<Item = &'s str>, least: &str) -> usize {
    words
        .map(|word| word.chars().count())
        .max()
        .unwrap_or(0)
        .max(least.chars().count())
}
