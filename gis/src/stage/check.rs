//! Whether the town's own table of stages fits the town.

use std::collections::BTreeSet;

use crate::Town;
use crate::refusal::LoadError;

impl Town {
    /// Checks the town's own table: gauges, rivers, levels and districts must be known, and levels of one table must rise.
    pub(crate) fn validate_stages(&self) -> Result<(), LoadError> {
        for (n, row) in self.stages.iter().enumerate() {
            let part = format!("town.toml stage[{n}]");
            let river = self.rivers.iter().find(|river| river.name == row.river);
            let Some(river) = river else {
                return Err(LoadError::refused(
                    part,
                    "river",
                    &row.river,
                    "a river of town.toml",
                ));
            };
            if !river.gauges.contains(&row.gauge) {
                let accepted = format!(
                    "a gauge that decides for {}: {}",
                    river.name,
                    river.gauges.join(", ")
                );
                return Err(LoadError::refused(part, "gauge", &row.gauge, accepted));
            }
            if !row.level_m.is_finite() {
                return Err(LoadError::refused(part, "level_m", row.level_m, "metres"));
            }
            let before = self.stages[..n]
                .iter()
                .rfind(|before| before.gauge == row.gauge && before.river == row.river);
            if let Some(before) = before.filter(|before| before.level_m > row.level_m) {
                let accepted = format!(
                    "at least the level of the row before, which is {}",
                    before.level_m
                );
                return Err(LoadError::refused(part, "level_m", row.level_m, accepted));
            }
            let mut seen = BTreeSet::new();
            for id in row.districts.iter().flatten() {
                if self.district(id).is_none() || !seen.insert(id) {
                    let accepted = "identifiers of districts, each once";
                    return Err(LoadError::refused(part, "districts", id, accepted));
                }
            }
        }
        Ok(())
    }
}
