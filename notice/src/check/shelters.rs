//! A notice never names a site that is closed, full, unknown, in the water, or not meant for this hazard.

use super::{Finding, ShelterState, Subject, Surroundings, blocking, warning};
use crate::facts::Kind;
use crate::level::OrderLevel;

pub(super) fn check(subject: &Subject<'_>, around: &Surroundings<'_>, found: &mut Vec<Finding>) {
    let facts = subject.facts;
    if facts.level == OrderLevel::EmergencySafety
        && facts.kind == Kind::Issue
        && !facts.shelters.is_empty()
    {
        blocking(
            found,
            "shelter_at_level_5",
            "警戒レベル5では、避難場所への移動を求めません".to_owned(),
            "at level 5 nobody is sent to a site".to_owned(),
        );
    }
    let mut unknown = Vec::new();
    for named in &facts.shelters {
        let name = &named.name;
        let Some(shelter) = around.shelters.get(&named.id) else {
            blocking(
                found,
                "shelter_unknown",
                format!("{name}は、この自治体の避難場所の一覧にありません"),
                format!("{name} is not in the town's list of sites"),
            );
            continue;
        };
        if !shelter.valid_for_hazard {
            blocking(
                found,
                "shelter_wrong_hazard",
                format!(
                    "{name}は、{}のときの避難場所に指定されていません",
                    facts.hazard.spoken()
                ),
                format!(
                    "{name} is not designated for this hazard ({})",
                    facts.hazard.word()
                ),
            );
        }
        if shelter.inside_hazard {
            blocking(
                found,
                "shelter_in_hazard",
                format!(
                    "{name}は、{}の想定区域の中にあります",
                    facts.hazard.spoken()
                ),
                format!(
                    "{name} stands where the hazard ({}) is expected",
                    facts.hazard.word()
                ),
            );
        }
        match shelter.state {
            ShelterState::Open => {}
            ShelterState::Closed => blocking(
                found,
                "shelter_closed",
                format!("{name}は開いていません"),
                format!("{name} is not open"),
            ),
            ShelterState::Full => blocking(
                found,
                "shelter_full",
                format!("{name}は満員です"),
                format!("{name} is full"),
            ),
            ShelterState::Unknown => unknown.push(name.as_str()),
        }
    }
    if !unknown.is_empty() {
        let names = super::named(unknown.iter().copied());
        warning(
            found,
            "shelter_state_unknown",
            format!("開いているか分からない避難場所があります: {names}。電話で確かめてください"),
            format!("whether these sites are open is not known: {names}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity::{Blocks, Warns};
    use super::super::Shelter;
    use super::super::tests::{around, codes, found, order};
    use super::*;

    fn with(shelter: Shelter) -> Vec<Finding> {
        let mut around = around();
        around.shelters.insert("s1".to_owned(), shelter);
        found(&order("one"), &around)
    }

    #[test]
    fn a_site_that_cannot_take_people_in_this_hazard_is_never_named() {
        let sound = Shelter {
            state: ShelterState::Open,
            valid_for_hazard: true,
            inside_hazard: false,
        };
        assert!(with(sound).is_empty());
        for (shelter, code) in [
            (
                Shelter {
                    state: ShelterState::Closed,
                    ..sound
                },
                "shelter_closed",
            ),
            (
                Shelter {
                    state: ShelterState::Full,
                    ..sound
                },
                "shelter_full",
            ),
            (
                Shelter {
                    valid_for_hazard: false,
                    ..sound
                },
                "shelter_wrong_hazard",
            ),
            (
                Shelter {
                    inside_hazard: true,
                    ..sound
                },
                "shelter_in_hazard",
            ),
        ] {
            assert_eq!(codes(&with(shelter), Blocks), [code]);
        }
        let unknown = Shelter {
            state: ShelterState::Unknown,
            ..sound
        };
        assert_eq!(codes(&with(unknown), Warns), ["shelter_state_unknown"]);
    }

    #[test]
    fn level_5_names_no_site() {
        let mut facts = order("one");
        facts.level = OrderLevel::EmergencySafety;
        assert!(codes(&found(&facts, &around()), Blocks).contains(&"shelter_at_level_5"));
    }
}
