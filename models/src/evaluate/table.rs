use super::Evaluation;
use std::fmt;

impl fmt::Display for Evaluation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self
            .scores
            .iter()
            .map(|s| s.gauge.chars().count())
            .max()
            .unwrap_or(5)
            .max(5);
        writeln!(
            f,
            "{:width$}  lead h  rows  by model  skill  RMSE m  persist.  rate   rising  persist.  CRPS m  cover90  top 5 %  outside",
            "gauge"
        )?;
        for s in &self.scores {
            writeln!(
                f,
                "{:width$}  {:6}  {:4}  {:8}  {:5.2}  {:6.3}  {:8.3}  {:5.3}  {:6.3}  {:8.3}  {:6.4}  {:7.2}  {:7.2}  {:7}",
                s.gauge,
                s.lead_h,
                s.rows,
                s.rows_by_model,
                s.skill,
                s.rmse_m,
                s.rmse_persistence_m,
                s.rmse_rate_of_rise_m,
                s.rmse_rising_m,
                s.rmse_rising_persistence_m,
                s.crps_m,
                s.coverage90,
                s.coverage90_top5,
                s.rows_outside_training,
            )?;
        }
        let marks = self
            .scores
            .iter()
            .flat_map(|s| &s.crossings)
            .map(|c| c.mark.chars().count())
            .max();
        let Some(marks) = marks else { return Ok(()) };
        writeln!(f)?;
        writeln!(
            f,
            "{:width$}  lead h  {:marks$}  level m  alarm at  hits  misses  false",
            "gauge", "mark"
        )?;
        for s in &self.scores {
            for c in s
                .crossings
                .iter()
                .filter(|c| c.hits + c.misses + c.false_alarms > 0)
            {
                writeln!(
                    f,
                    "{:width$}  {:6}  {:marks$}  {:7.2}  {:8.2}  {:4}  {:6}  {:5}",
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
}
