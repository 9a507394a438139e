use std::collections::BTreeMap;

/// Figures of one untuned model on one case: what a forecast has to beat. They were measured with scikit-learn and LightGBM
/// on the same splits; `models/cases/README.md` says how.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// Name of the case in `models/cases`.
    pub case: String,
    /// The gauge.
    pub gauge: String,
    /// Hours ahead.
    pub lead_h: u32,
    /// `persistence`, `ridge`, `forest`, `boosting` or `boosting with the rain that fell`.
    pub model: String,
    figures: BTreeMap<String, f64>,
}

impl Known {
    /// A figure by the name of its column, such as `rmse_top5`; `None` where there is none.
    #[must_use]
    pub fn figure(&self, name: &str) -> Option<f64> {
        self.figures.get(name).copied()
    }
}

/// All of them, in the order of the file.
#[must_use]
pub fn known_figures() -> Vec<Known> {
    let mut file = csv::Reader::from_reader(&include_bytes!("../../cases/baselines.csv")[..]);
    file.deserialize()
        .map(|row| {
            let mut row: BTreeMap<String, String> = row.expect("the file is part of the program");
            let mut take = |name: &str| row.remove(name).unwrap_or_default();
            Known {
                case: take("case"),
                gauge: take("gauge"),
                lead_h: take("lead_h").parse().unwrap_or(0),
                model: take("model"),
                figures: row
                    .into_iter()
                    .filter_map(|(name, value)| Some((name, value.parse().ok()?)))
                    .collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::known_figures;

    #[test]
    fn every_case_has_four_models_at_four_leads() {
        let figures = known_figures();
        let of = |model: &str| figures.iter().filter(|k| k.model == model).count();
        assert_eq!(of("persistence"), 36);
        assert_eq!(of("ridge"), 36);
        assert_eq!(of("boosting"), 36);
        // The Miryang gauge was not tried with a forest.
        assert_eq!(of("forest"), 32);
        assert!(
            figures
                .iter()
                .all(|k| k.lead_h > 0 && k.figure("skill").is_some())
        );
    }
}
