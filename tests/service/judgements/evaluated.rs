//! What the engine makes of a judgement: it is evaluated as a recommendation is, recomputed to the byte, and says where the system differs.

use std::collections::BTreeSet;

use hinan::engine::Advice;
use hinan::recommend::counter::Counter;
use hinan::recommend::judgement::{self, Around, Judgement};
use hinan::recommend::level::OrderLevel;
use hinan::recommend::proposal::Proposal;
use hinan::recommend::told::{ShelterState, ShelterWord, Told};
use hinan_recommend::Mode;

use super::{FLOOD, LEVEL_3, LEVEL_5, RIVER, WORDS, storm_at, units};
use crate::town_reference::plain;

fn judged(about: &str, level: OrderLevel, units: &[String]) -> Judgement {
    Judgement {
        id: "o-1".to_owned(),
        about: about.to_owned(),
        level,
        units: units.to_vec(),
        way: Mode::Leave,
        words: WORDS.to_owned(),
        valid_h: None,
        at: FLOOD.parse().unwrap(),
        by: "duty".to_owned(),
        display: "当直".to_owned(),
    }
}

fn of_judgement(advice: &Advice) -> Option<&Proposal> {
    let mut all = advice.proposals.iter();
    all.find(|one| one.judgement.is_some())
}

#[test]
fn an_evaluation_goes_on_with_what_officers_ask_for_and_is_recomputed_to_the_byte() {
    let one = units(1);
    let told = Told {
        judgements: vec![judged(RIVER, LEVEL_5, &one)],
        ..Told::default()
    };
    let without = storm_at(FLOOD, &Told::default());
    let (first, second) = (storm_at(FLOOD, &told), storm_at(FLOOD, &told));
    assert_eq!(first.digest(), second.digest());
    assert_ne!(
        first.digest(),
        without.digest(),
        "it is part of what is recomputed"
    );
    assert_eq!(
        first.recommendations, without.recommendations,
        "it changes no recommendation"
    );
    let of = of_judgement(&first).expect("it stands beside them");
    assert_eq!(of.key.judgement.as_deref(), Some("o-1"));
    // As it is read from a record again.
    let kept: Told = serde_json::from_str(&serde_json::to_string(&told).unwrap()).unwrap();
    assert_eq!(storm_at(FLOOD, &kept).digest(), first.digest());

    // A shelter that is shut meanwhile is named no longer.
    let named = of.shelters.first().expect("a shelter is named").id.clone();
    let shut = ShelterWord {
        state: ShelterState::Full,
        occupancy: None,
        places: None,
        at: FLOOD.parse().unwrap(),
        by: "hayashi".to_owned(),
        note: String::new(),
    };
    let shelters = std::collections::BTreeMap::from([(named.clone(), shut)]);
    let later = storm_at(FLOOD, &Told { shelters, ..told });
    let of = of_judgement(&later).unwrap();
    assert!(!of.shelters.is_empty() && of.shelters.iter().all(|one| one.id != named));
}

#[test]
fn a_judgement_tells_who_is_left_out_and_where_the_system_recommends_more_or_less() {
    let advice = storm_at(FLOOD, &Told::default());
    let mut at_risk = advice.recommendations.iter();
    let highest = at_risk
        .clone()
        .map(|one| one.level)
        .max()
        .expect("the night is advised on");
    let about = at_risk
        .find(|one| one.level == highest)
        .unwrap()
        .river
        .clone();
    let concerned: Vec<String> = advice
        .recommendations
        .iter()
        .filter(|one| one.river == about && one.level == highest)
        .map(|one| one.district.clone())
        .collect();
    assert!(concerned.len() > 1 && highest > LEVEL_3);
    let core = &plain().core;
    let around = Around {
        outlook: &advice.outlook,
        told: &advice.told,
        recommendations: &advice.recommendations,
        unknown: &advice.core.unknown,
        wet: &advice.refuge.wet,
        town: &plain().town,
        core,
    };
    let of = |level, units: &[String]| judgement::proposal(&judged(&about, level, units), &around);
    let one = of(highest, &concerned[..1]);
    let left: BTreeSet<&str> = one.left_out.iter().map(|of| of.id.as_str()).collect();
    assert!(
        concerned[1..].iter().all(|id| left.contains(id.as_str())),
        "{left:?}"
    );
    assert!(!left.contains(concerned[0].as_str()));
    assert!(!one.counter.iter().any(|of| matches!(
        of,
        Counter::NotAdvised { .. } | Counter::AdvisedHigher { .. }
    )));
    let all = of(highest, &concerned);
    assert!(all.left_out.iter().all(|of| !concerned.contains(&of.id)));
    assert!(all.people_in_zone() > one.people_in_zone());
    // Less than is recommended: said, and it voids what an officer had read.
    let lower = of(LEVEL_3, &concerned[..1]);
    assert!(
        lower
            .counter
            .iter()
            .any(|of| matches!(of, Counter::AdvisedHigher { .. }))
    );
    let calm = storm_at("2016-08-28T00:00:00+09:00", &Told::default());
    let around = Around {
        outlook: &calm.outlook,
        recommendations: &calm.recommendations,
        ..around
    };
    let before = judgement::proposal(&judged(&about, LEVEL_3, &concerned[..1]), &around);
    assert_ne!(before.substance(), lower.substance());
    let units: BTreeSet<String> = BTreeSet::from([concerned[0].clone()]);
    assert!(judgement::advised_higher(&about, LEVEL_3, &units, &around).is_empty());
}
