//! Edits: other districts, another level or another time than was recommended, and what the record keeps of the difference.

use std::collections::BTreeSet;

use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::judge::{self, Edit, Stated};
use hinan::desk::{self, Declined, Reason};
use hinan::digest::Digest;
use hinan::realm::Realm;
use hinan::recommend::proposal::LeftOutDistrict;
use hinan::recommend::told::Told;
use hinan_dashboard::form;
use hinan_recommend::LeftOut;
use serde_json::{Value, json};

use super::{FLOOD, LEVEL_3, LEVEL_4, asks, completes, id_of, stored, storm_at, story, units};
use crate::hall::{Hall, REASON, reference};
use crate::town_reference::plain;

#[test]
fn other_districts_and_another_time_are_what_is_signed_and_the_record_keeps_what_was_asked() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    let advised = hall.recommends("十勝川", LEVEL_4);
    let asked: Vec<String> = stored(&hall, &advised)
        .proposal
        .districts
        .iter()
        .map(|one| one.id.clone())
        .collect();
    let more = units(usize::MAX)
        .into_iter()
        .find(|id| !asked.contains(id))
        .unwrap();
    let read = stored(&hall, &advised).proposal.substance();
    let prepares = |edit: &Edit, reason| {
        desk::prepare_edited(&hall.app, &duty, &advised, (LEVEL_4, edit), reason, &read)
    };
    let with = |units: Vec<String>| Edit {
        units: Some(units),
        valid_h: None,
    };

    // Wider, for six hours.
    let wide = Edit {
        units: Some([asked.clone(), vec![more.clone()]].concat()),
        valid_h: Some(6),
    };
    let draft = prepares(&wide, REASON).unwrap();
    let facts = draft.notice.content().facts();
    let named: BTreeSet<&str> = facts.districts.iter().map(|one| one.id.as_str()).collect();
    assert!(named.contains(more.as_str()) && named.len() == asked.len() + 1);
    assert_eq!(facts.expires.duration_since(facts.sent).as_hours(), 6);
    let district = plain().town.district(&more).unwrap();
    let text = String::from_utf8_lossy(draft.notice.content().document()).into_owned();
    assert!(text.contains(&district.name), "the text names it");

    // Narrower only for a reason of one's own: somebody at the same risk falls out.
    let narrow = with(vec![asked[0].clone()]);
    let adopted = Reason {
        code: "fr4-danger",
        words: "氾濫危険水位に達した",
    };
    let refused = prepares(&narrow, adopted).err().unwrap().to_string();
    assert!(refused.contains("除く理由"), "{refused}");
    let narrowed = prepares(&narrow, REASON).unwrap();
    assert_eq!(narrowed.notice.content().facts().districts.len(), 1);
    for (wrong, part) in [
        (with(Vec::new()), "対象地区を選んで"),
        (with(vec!["atlantis".to_owned()]), "atlantis"),
        (
            Edit {
                units: None,
                valid_h: Some(49),
            },
            "1〜48時間",
        ),
    ] {
        let said = prepares(&wrong, REASON).err().unwrap().to_string();
        assert!(said.contains(part), "{part}: {said}");
    }

    // What was signed leaves; the record has both.
    hall.approves(&duty, &draft).unwrap();
    completes(&hall, &ando, &draft).unwrap();
    let entries = story(&hall, id_of(&draft));
    let approved = entries.iter().find(|one| one.action == "approved").unwrap();
    let detail: Value = serde_json::from_str(&approved.detail).unwrap();
    assert_eq!(detail["asked"]["districts"], json!(asked));
    assert_eq!(detail["asked"]["by"], "system");
    assert_eq!(
        detail["districts"].as_array().unwrap().len(),
        asked.len() + 1
    );

    // The correction that stands ready keeps the officer's choice: it leaves nobody out and holds as long.
    let correction = beforehand::open(&hall.app, &ando, id_of(&draft), Remedy::Correct).unwrap();
    let corrected = correction.notice.content().facts();
    let again: BTreeSet<&str> = corrected
        .districts
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(again, named);
    assert!(corrected.corrects.as_ref().unwrap().left_out.is_empty());
    assert_eq!(
        corrected.expires.duration_since(corrected.sent).as_hours(),
        6
    );
    hall.delivers();
    for (_, bytes) in hall.outside.values().flatten() {
        assert_eq!(bytes, draft.notice.content().document());
    }
}

#[test]
fn who_is_as_likely_and_left_out_of_a_recommendation_needs_a_reason_in_own_words_that_the_record_keeps()
 {
    let advice = storm_at(FLOOD, &Told::default());
    // The highest of its river, so that nobody else is advised as much.
    let highest = advice.proposals.iter().max_by_key(|one| one.key.level);
    let mut proposal = highest.expect("the night is advised on").clone();
    let level = proposal.key.level;
    let known = |id: &str| {
        let mut all = advice.recommendations.iter();
        all.any(|one| one.district == id)
    };
    // A district for which nothing is advised, though the water is as likely there.
    let mut districts = plain().town.districts.iter();
    let other = districts.find(|one| !known(&one.id)).expect("a calm one");
    proposal.left_out = vec![LeftOutDistrict {
        id: other.id.clone(),
        name: other.name.clone(),
        why: LeftOut::AsLikely,
    }];
    let mut hall = Hall::opens_with(&reference(), advice);
    let id = hall.recommends_this(&proposal);
    let read = stored(&hall, &id).proposal.substance();
    let duty = Hall::person("duty");
    let adopted = Reason {
        code: "fr4-danger",
        words: "氾濫危険水位に到達",
    };
    let refused = desk::prepare_issue(&hall.app, &duty, &id, level, adopted, &read);
    let refused = refused.expect_err("a line that was only adopted is no reason");
    assert!(
        refused.to_string().contains("除く理由") && refused.to_string().contains(&other.name),
        "{refused}"
    );
    let own = Reason {
        code: form::REASON_OWN,
        words: "この地区は堤防の改修が終わっている",
    };
    let draft = desk::prepare_issue(&hall.app, &duty, &id, level, own, &read);
    let draft = draft.unwrap_or_else(|why| panic!("with a reason it goes on: {why}"));
    hall.approves(&duty, &draft).unwrap();
    let kept = [id.as_str(), id_of(&draft)]
        .iter()
        .flat_map(|of| story(&hall, of))
        .any(|entry| {
            let detail: Value = serde_json::from_str(&entry.detail).unwrap();
            detail["reason"] == own.words && detail["reason_code"] == own.code
        });
    assert!(kept, "{:?}", story(&hall, &id));
}

#[test]
fn the_desk_refuses_to_ask_for_less_than_the_system_recommends() {
    let advice = storm_at(FLOOD, &Told::default());
    let one = advice
        .recommendations
        .iter()
        .max_by_key(|one| one.level)
        .unwrap();
    let (about, unit, level) = (one.river.clone(), one.district.clone(), one.level);
    assert!(level > LEVEL_3);
    let ordered = vec![unit];
    let duty = Hall::person("duty");
    let stated = Stated {
        about: &about,
        ..asks(LEVEL_3, &ordered)
    };
    // Where nothing is recommended it may be asked for, and a text of it be put on screen.
    let calm = Hall::opens(&reference(), Realm::Actual);
    let id = judge::state(&calm.app, &duty, &stated).unwrap();
    let shown = calm.prepares(&duty, &id, LEVEL_3).unwrap();
    let asked = stored(&calm, &id).proposal;
    // The same record, and more is recommended meanwhile.
    let mut hall = Hall::opens_with(&reference(), advice);
    let now = hall.now();
    hall.app
        .store
        .write(|tx| {
            tx.open_proposal(&id, &asked, now)?;
            tx.put_draft(&shown)
        })
        .unwrap();
    let refused = hall.approves(&duty, &shown).err().unwrap();
    assert!(
        refused
            .to_string()
            .contains("より高いレベルが推奨されています"),
        "{refused}"
    );
    let refused = hall.prepares(&duty, &id, LEVEL_3).err().unwrap();
    assert!(matches!(refused, Declined::Incomplete(_)), "{refused}");
    let baba = Hall::person("baba");
    let refused = judge::state(&hall.app, &baba, &stated).err().unwrap();
    assert!(
        refused
            .to_string()
            .contains("より高いレベルが推奨されています"),
        "{refused}"
    );
    // Nor does a district come into a lower recommendation by an edit.
    let lower = hall.recommends(&about, LEVEL_3);
    let read: Digest = stored(&hall, &lower).proposal.substance();
    let mut wide: Vec<String> = stored(&hall, &lower)
        .proposal
        .districts
        .iter()
        .map(|one| one.id.clone())
        .collect();
    if !wide.contains(&ordered[0]) {
        wide.push(ordered[0].clone());
        let edit = Edit {
            units: Some(wide),
            valid_h: None,
        };
        let refused =
            desk::prepare_edited(&hall.app, &duty, &lower, (LEVEL_3, &edit), REASON, &read);
        assert!(
            refused
                .err()
                .unwrap()
                .to_string()
                .contains("より高いレベルが推奨されています")
        );
    }
}
