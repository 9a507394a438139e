//! What a question to officers is about: a river, or a hazard that is no river's.
//!
//! Keys of proposals and orders name a river; where there is none they bear the law's word of the hazard, and no river is called
//! 土砂災害.

use hinan_gis::{Hazard as SiteHazard, Town};
use hinan_notice::facts::{Facts, Hazard as NoticeHazard};
use hinan_recommend::{Cause, Hazard, UnitAdvice, UnitId};

/// Hazards that can be ordered for without a river, in the words of notices and of the core.
const HAZARDS: [(Hazard, NoticeHazard); 4] = [
    (Hazard::InlandFlood, NoticeHazard::InlandFlood),
    (Hazard::Landslide, NoticeHazard::Landslide),
    (Hazard::StormSurge, NoticeHazard::StormSurge),
    (Hazard::Tsunami, NoticeHazard::Tsunami),
];

/// Everything that an order can be about in a town, Japanese and English: its rivers, then the hazards without a river.
#[must_use]
pub fn all(town: &Town) -> Vec<(String, String)> {
    let rivers = town
        .rivers
        .iter()
        .map(|river| (river.name.clone(), river.name_en.clone()));
    let others = HAZARDS
        .iter()
        .map(|(hazard, _)| (hazard.japanese().to_owned(), hazard.english().to_owned()));
    rivers.chain(others).collect()
}

/// The hazard of what a key names: a flood, where it is a river.
#[must_use]
pub fn hazard(about: &str) -> Hazard {
    HAZARDS
        .iter()
        .find(|(hazard, _)| hazard.japanese() == about)
        .map_or(Hazard::Flood, |(hazard, _)| *hazard)
}

/// What an order about this is in force for, in a unit.
#[must_use]
pub fn of(unit: UnitId, about: &str) -> Cause {
    match hazard(about) {
        Hazard::Flood => Cause::of_river(unit, about),
        other => Cause::of_hazard(unit, other),
    }
}

/// The same in the words of notices.
#[must_use]
pub fn notice_hazard(about: &str) -> NoticeHazard {
    HAZARDS
        .iter()
        .find(|(hazard, _)| hazard.japanese() == about)
        .map_or(NoticeHazard::Flood, |(_, hazard)| *hazard)
}

/// What a shelter must be approved for.
#[must_use]
pub fn site_hazard(about: &str) -> SiteHazard {
    match notice_hazard(about) {
        NoticeHazard::Flood => SiteHazard::Flood,
        NoticeHazard::InlandFlood => SiteHazard::InlandFlood,
        NoticeHazard::Landslide => SiteHazard::Landslide,
        NoticeHazard::StormSurge => SiteHazard::StormSurge,
        NoticeHazard::Tsunami => SiteHazard::Tsunami,
    }
}

/// In one phrase: along a river, else the hazard.
#[must_use]
pub fn place(about: &str) -> String {
    if is_river(about) {
        format!("{about}沿い")
    } else {
        about.to_owned()
    }
}

/// The same in English, from the English name of the river or hazard.
#[must_use]
pub fn place_en(about_en: &str) -> String {
    let hazard = HAZARDS
        .iter()
        .any(|(hazard, _)| hazard.english() == about_en);
    if hazard {
        format!("For {about_en}")
    } else {
        format!("Along the {about_en}")
    }
}

/// Whether it is a river.
#[must_use]
pub fn is_river(about: &str) -> bool {
    hazard(about) == Hazard::Flood
}

/// What a notice is about, as keys name it.
#[must_use]
pub fn of_facts(facts: &Facts) -> &str {
    if facts.river.is_empty() && facts.hazard != NoticeHazard::Flood {
        facts.hazard.spoken()
    } else {
        &facts.river
    }
}

/// What a notice is about, in one phrase of English.
#[must_use]
pub fn place_en_of(facts: &Facts) -> String {
    let about = of_facts(facts);
    if is_river(about) {
        place_en(&facts.river_en)
    } else {
        place_en(hazard(about).english())
    }
}

/// What advice is about, in Japanese and English, where it is no river.
#[must_use]
pub fn without_river(advice: &UnitAdvice) -> Option<(&'static str, &'static str)> {
    let hazard = advice.hazard();
    HAZARDS
        .iter()
        .any(|(known, _)| *known == hazard)
        .then(|| (hazard.japanese(), hazard.english()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_leads_back_to_its_hazard_and_every_other_word_is_a_river() {
        for (core, notice) in HAZARDS {
            assert_eq!(hazard(core.japanese()), core);
            assert_eq!(notice_hazard(core.japanese()), notice);
            assert_eq!(notice.spoken(), core.japanese(), "one word for both");
        }
        assert!(is_river("札内川") && !is_river("土砂災害"));
        assert_eq!(place("札内川"), "札内川沿い");
        assert_eq!(place("土砂災害"), "土砂災害");
        assert_eq!(place_en("landslide"), "For landslide");
        assert_eq!(place_en("Satsunai River"), "Along the Satsunai River");
    }
}
