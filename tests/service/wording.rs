//! The words of a notice, for every level, kind and realm.

use hinan::approve::compose::{self, Choice};
use hinan::approve::facts::{Facts, Kind, Reference};
use hinan::approve::notice::NoticeId;
use hinan::config::Config;
use hinan::engine::Engine;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan_notice::text::{
    AreaMailLimits, ENGLISH, HEADLINE_MAX, JAPANESE, Phrasebook, Text, Texts,
};
use hinan_sensors::Reading;
use hinan_town::{FLOOD_HOUR, storm};
use jiff::Timestamp;

use crate::town_reference::reference;

const KINDS: [Kind; 3] = [Kind::Issue, Kind::Lift, Kind::Cancel];

fn whole(text: &Text) -> String {
    text.whole()
}

fn text(facts: &Facts, language: &str) -> Text {
    let texts = Texts::of(facts, &Phrasebook::built_in(), &AreaMailLimits::default());
    texts.in_language(language).unwrap().clone()
}

fn japanese(facts: &Facts) -> Text {
    text(facts, JAPANESE)
}

fn english(facts: &Facts) -> Text {
    text(facts, ENGLISH)
}

/// Notices of the flood hour: every proposal of it at every level, kind and realm.
fn all() -> Vec<Facts> {
    let storm = storm();
    let now: Timestamp = FLOOD_HOUR.parse().unwrap();
    let mut engine = Engine::new(reference().clone());
    for row in 0..storm.len() {
        let at = storm.time(row);
        if at > now {
            break;
        }
        for (column, gauge) in storm.gauges().iter().enumerate() {
            if let Some(level_m) = storm.level(row, column) {
                engine.take(&Reading {
                    station: gauge.parse().unwrap(),
                    at,
                    level_m,
                    sequence: None,
                });
            }
        }
    }
    let advice = engine.evaluate(now).unwrap();
    assert!(!advice.proposals.is_empty());
    let publish = Config::defaults().publish;
    let mut found = Vec::new();
    for proposal in &advice.proposals {
        assert!(
            !proposal.shelters.is_empty(),
            "there is somewhere to go at levels 3 and 4"
        );
        for (level, realm) in OrderLevel::ALL
            .into_iter()
            .flat_map(|l| [(l, Realm::Actual), (l, Realm::Exercise)])
        {
            let id = |text: &str| NoticeId::try_from(format!("jp-012076-{text}")).unwrap();
            let choice = Choice {
                level,
                id: id("one"),
                at: now,
                replaces: Vec::new(),
                valid_h: None,
                open: proposal.shelters.iter().map(|s| s.id.clone()).collect(),
            };
            let gauge = advice.outlook.gauges.get(&proposal.gauge);
            let order = compose::issue(realm, &reference().town, &publish, proposal, gauge, choice);
            let live = vec![Reference {
                sender: order.sender.clone(),
                id: order.id.clone(),
                sent: order.sent,
            }];
            for kind in [Kind::Lift, Kind::Cancel] {
                found.push(compose::end(
                    &order,
                    kind,
                    id("two"),
                    now,
                    live.clone(),
                    "確認した".to_owned(),
                ));
            }
            found.push(order);
        }
    }
    found
}

#[test]
fn every_text_says_level_order_hazard_and_place_and_no_word_of_the_old_law() {
    let all = all();
    eprintln!("{} notices read", all.len());
    for kind in KINDS {
        assert!(all.iter().any(|facts| facts.kind == kind));
    }
    for facts in &all {
        let (ja, en) = (japanese(facts), english(facts));
        let order = format!(
            "警戒レベル{}「{}」",
            facts.level.number(),
            facts.level.name()
        );
        let order_en = format!(
            "Alert Level {} \"{}\"",
            facts.level.number(),
            facts.level.name_en()
        );
        for (text, order, hazard) in [(&ja, &order, "洪水"), (&en, &order_en, "flood")] {
            assert!(
                text.headline.contains(order.as_str()) && text.description.contains(order.as_str()),
                "{text:?}"
            );
            assert!(text.headline.contains(hazard), "{}", text.headline);
            assert!(text.headline.chars().count() <= HEADLINE_MAX);
            assert!(!text.instruction.is_empty());
        }
        for district in &facts.districts {
            assert!(
                ja.description.contains(&district.name)
                    && en.description.contains(&district.name_en)
            );
        }
        assert!(ja.headline.contains(&facts.river) && en.headline.contains(&facts.river_en));
        for old in ["避難勧告", "避難準備", "避難指示(緊急)", "災害発生情報"] {
            assert!(!whole(&ja).contains(old), "{old}");
        }
        // A notice states what was observed; a forecast of ours is advice to officers only.
        for forecast in ["%", "確率", "見込み", "予測", "probability", "forecast"] {
            assert!(
                !whole(&ja).contains(forecast) && !whole(&en).contains(forecast),
                "{forecast}"
            );
        }
    }
}

#[test]
fn level_3_addresses_those_who_need_time_and_level_5_sends_nobody_to_a_shelter() {
    for facts in all().iter().filter(|facts| facts.kind == Kind::Issue) {
        let (ja, en) = (japanese(facts), english(facts));
        match facts.level {
            OrderLevel::ElderlyEvacuation => {
                assert!(ja.instruction.contains("高齢者") && en.instruction.contains("Elderly"));
                assert!(
                    ja.instruction.contains("そのほかの人"),
                    "and all others separately"
                );
                assert!(!ja.instruction.contains("全員避難"));
            }
            OrderLevel::EvacuationOrder => {
                assert!(
                    ja.instruction.contains("全員避難") && en.instruction.contains("Everybody")
                );
            }
            OrderLevel::EmergencySafety => {
                for word in ["避難場所", "避難所", "へ避難"] {
                    assert!(!whole(&ja).contains(word), "{word}");
                }
                assert!(!en.instruction.to_lowercase().contains("evacuat"));
                assert!(facts.shelters.is_empty());
                assert!(ja.instruction.contains("いる場所で"), "safety where one is");
            }
        }
        if facts.level != OrderLevel::EmergencySafety {
            for shelter in &facts.shelters {
                assert!(
                    ja.instruction.contains(&shelter.name)
                        && en.instruction.contains(&shelter.name)
                );
            }
        }
    }
}

#[test]
fn every_part_of_a_drill_begins_with_its_mark_and_no_live_text_has_it() {
    for facts in &all() {
        let (ja, en) = (japanese(facts), english(facts));
        let parts = |text: &Text| {
            [
                text.headline.clone(),
                text.description.clone(),
                text.instruction.clone(),
            ]
        };
        for (parts, mark) in [(parts(&ja), "【訓練】"), (parts(&en), "[EXERCISE]")] {
            for part in parts {
                assert_eq!(
                    part.starts_with(mark),
                    facts.realm == Realm::Exercise,
                    "{part}"
                );
                assert!(facts.realm == Realm::Exercise || !part.contains(mark));
            }
        }
    }
}
