//! A notice never names a site that is closed, full, unknown, in the water, or not meant for this hazard; one of which nobody said that
//! it is open counts as closed. What the recommendation had within reach and the text does not name is told to the officer.

use super::{Finding, ShelterState, Subject, Surroundings, blocking, warning};
use crate::facts::{Facts, Kind};
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
            ShelterState::Unknown => blocking(
                found,
                "shelter_state_unknown",
                format!("{name}が開いているという報告がありません"),
                format!("nobody has said that {name} is open"),
            ),
        }
    }
    not_named(facts, around, found);
}

/// Sites within reach that the text leaves out because nobody said that they are open.
fn not_named(facts: &Facts, around: &Surroundings<'_>, found: &mut Vec<Finding>) {
    if facts.kind != Kind::Issue || facts.level == OrderLevel::EmergencySafety {
        return;
    }
    let is_named = |id: &str| facts.shelters.iter().any(|named| named.id == id);
    let is_open = |id: &str| {
        let known = around.shelters.get(id);
        known.is_some_and(|site| site.state == ShelterState::Open)
    };
    let left: Vec<&str> = around
        .sites_near
        .iter()
        .filter(|(id, _)| !is_named(id) && !is_open(id))
        .map(|(_, name)| name.as_str())
        .collect();
    if !left.is_empty() {
        let names = super::named(left.iter().copied());
        let names_en = super::named_en(left.iter().copied());
        warning(
            found,
            "shelter_not_named",
            format!(
                "開設の報告がない避難場所は、この文面に載せません: {names}。開設したら避難所の画面で報告し、文面を作り直してください"
            ),
            format!("sites that nobody has said are open are not named: {names_en}"),
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
        assert_eq!(codes(&with(unknown), Blocks), ["shelter_state_unknown"]);
    }

    #[test]
    fn a_site_within_reach_that_is_not_named_because_nobody_said_that_it_is_open_is_told_to_the_officer()
     {
        let mut facts = order("one");
        let mut around = around();
        let named = facts.shelters.remove(0);
        around.sites_near = vec![(named.id.clone(), named.name.clone())];
        let site = |state| Shelter {
            state,
            valid_for_hazard: true,
            inside_hazard: false,
        };
        for state in [
            ShelterState::Unknown,
            ShelterState::Closed,
            ShelterState::Full,
        ] {
            around.shelters.insert(named.id.clone(), site(state));
            let all = found(&facts, &around);
            assert_eq!(codes(&all, Warns), ["shelter_not_named"], "{state:?}");
            assert!(all[0].ja.contains(&named.name), "{}", all[0].ja);
        }
        around.shelters.insert(named.id, site(ShelterState::Open));
        assert!(found(&facts, &around).is_empty());
    }

    #[test]
    fn level_5_names_no_site() {
        let mut facts = order("one");
        facts.level = OrderLevel::EmergencySafety;
        assert!(codes(&found(&facts, &around()), Blocks).contains(&"shelter_at_level_5"));
    }
}
