//! What officers should know of a town's data before they rely on them: shelters that are designated and cannot be used, districts
//! that nobody can order, levels that nobody knows. `hinan check-config` says it.

use std::collections::BTreeSet;

use hinan_gis::{Hazard, Town};
use hinan_recommend::{Kind, Mark, Test, UnitId};

use super::core::{Core, site_hazard};

/// Names in one line, at most; the rest is counted.
const NAMES_MAX: usize = 10;

impl Core {
    /// All of it, one line for each thing.
    #[must_use]
    pub fn notes(&self, town: &Town) -> Vec<String> {
        let mut notes = Vec::new();
        let mut note = |ja: &str, en: &str, names: &[&str]| {
            if !names.is_empty() {
                notes.push(format!("注意: {ja} / {en}: {}", listed(names)));
            }
        };
        for (hazard, word) in [(Hazard::Flood, "洪水")].into_iter().chain(
            self.inside
                .keys()
                .map(|hazard| (*hazard, hazard.words_ja())),
        ) {
            let designated = town.shelters.iter().filter(|site| {
                site.approved_for.contains(&hazard) && !self.is_usable(site, hazard, town)
            });
            let names: Vec<&str> = designated.map(|site| site.name.as_str()).collect();
            note(
                &format!("{word}に指定されていても、区域の中にあるため使わない避難場所"),
                "designated, and not used because their own site lies in the zone",
                &names,
            );
        }
        let unit = |id: &str| self.town.unit(&UnitId::new(id));
        let districts = || town.districts.iter();
        let dropped: Vec<&str> = districts()
            .filter(|district| unit(&district.id).is_none())
            .map(|district| district.name.as_str())
            .collect();
        note(
            "人口が0で危険も及ばないため、発令単位に入らない地区",
            "nobody lives there and nothing reaches them: no issuing units",
            &dropped,
        );
        let assumed: Vec<&str> = districts()
            .filter(|district| district.people == 0 && unit(&district.id).is_some())
            .map(|district| district.name.as_str())
            .collect();
        note(
            "人口が0でも危険が及ぶため、1人いるとみなす地区",
            "nobody is counted there and something reaches them: one person is assumed",
            &assumed,
        );
        let unmapped: Vec<&str> = self.unmapped().into_iter().map(Hazard::words_ja).collect();
        note(
            "区域の図がなく、避難場所がその中にあるか分からない危険",
            "no map says whether a shelter stands in the zone of",
            &unmapped,
        );
        let unread = self.without_marks(town);
        let unread: Vec<&str> = unread.iter().map(String::as_str).collect();
        note(
            "問う基準水位を持つ水位計がその種類の川になく、満たされることのない条件",
            "never met, because no gauge of the kind has the level that is asked for",
            &unread,
        );
        notes
    }

    /// Hazards that threaten somebody here and of which no map says whether a shelter stands in their zone.
    fn unmapped(&self) -> BTreeSet<Hazard> {
        let threats = self.town.units().iter().flat_map(|unit| &unit.exposures);
        threats
            .filter_map(|exposure| site_hazard(exposure.hazard()))
            .filter(|hazard| *hazard != Hazard::Flood && !self.inside.contains_key(hazard))
            .collect()
    }

    /// Conditions that ask a gauge for marks which no gauge that is asked by their kind has: they stay unknown, whatever the water does.
    #[must_use]
    pub fn without_marks(&self, town: &Town) -> Vec<String> {
        let marks_of = |kind: Kind| -> Option<BTreeSet<Mark>> {
            let mut exposures = self.town.units().iter().flat_map(|unit| &unit.exposures);
            exposures.clone().find(|exposure| exposure.kind == kind)?;
            let gauges = exposures
                .by_ref()
                .filter(|exposure| exposure.kind == kind)
                .flat_map(|exposure| &exposure.gauges)
                .filter_map(|id| town.gauge(id.as_str()));
            let marks = gauges.flat_map(|site| {
                let marks = super::translate::marks(&site.levels);
                marks.iter().map(|(mark, _)| mark).collect::<Vec<_>>()
            });
            Some(marks.collect())
        };
        let conditions = self.policy.criteria.conditions.iter();
        conditions
            .filter(|condition| {
                marks_of(condition.kind).is_some_and(|known| {
                    condition.all.iter().any(|test| !can_be_read(test, &known))
                })
            })
            .map(|condition| condition.id.clone())
            .collect()
    }
}

/// Whether some gauge has a mark that a test asks for; of alternatives one is enough.
fn can_be_read(test: &Test, known: &BTreeSet<Mark>) -> bool {
    match test {
        Test::GaugeAt { marks } | Test::Forecast { marks, .. } => {
            marks.iter().any(|mark| known.contains(mark))
        }
        Test::AnyOf { tests } => tests.iter().any(|test| can_be_read(test, known)),
        Test::AllOf { tests } => tests.iter().all(|test| can_be_read(test, known)),
        _ => true,
    }
}

fn listed(names: &[&str]) -> String {
    let (first, rest) = names.split_at(names.len().min(NAMES_MAX));
    let more = match rest.len() {
        0 => String::new(),
        rest => format!(" ほか{rest} and {rest} more"),
    };
    format!("{}{more}", first.join("、"))
}
