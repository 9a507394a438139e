//! 職員の判断: an officer asks for an order that no recommendation asks for, or wants other districts than were asked about. It waits
//! as everything does, passes the same gate, and nobody lets their own out alone.

use std::collections::BTreeSet;
use std::path::Path;

use hinan::approve::notice::How;
use hinan::approve::officer::Officer;
use hinan::approve::rule::{Choice, Needs};
use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::judge::{self, Edit, OPEN_MAX, Stated, UNITS_MAX};
use hinan::desk::{self, Declined, Outcome, Reason, second};
use hinan::digest::Digest;
use hinan::engine::{Advice, Engine};
use hinan::realm::Realm;
use hinan::recommend::counter::Counter;
use hinan::recommend::judgement::{self, Around, Judgement};
use hinan::recommend::level::OrderLevel;
use hinan::recommend::proposal::{LeftOutDistrict, Proposal};
use hinan::recommend::told::{ShelterState, ShelterWord, Told};
use hinan::store::audit::{Chain, Entry};
use hinan::store::drafts::StoredDraft;
use hinan::store::proposals::{ProposalState, StoredProposal};
use hinan_dashboard::form;
use hinan_recommend::{LeftOut, Mode};
use hinan_sensors::Reading;
use hinan_town::{StatusCode, TownPlan, eventually, fields, ran, storm};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::HINAN;
use crate::hall::{Hall, REASON, reference};
use crate::town_reference::plain;

const LEVEL_3: OrderLevel = OrderLevel::ElderlyEvacuation;
const LEVEL_4: OrderLevel = OrderLevel::EvacuationOrder;
const LEVEL_5: OrderLevel = OrderLevel::EmergencySafety;
const RIVER: &str = "札内川";
const WORDS: &str = "巡視の佐藤が堤防の亀裂を確認した";

/// The first so many districts of the town.
fn units(n: usize) -> Vec<String> {
    let districts = plain().town.districts.iter();
    districts.take(n).map(|one| one.id.clone()).collect()
}

fn asks<'a>(level: OrderLevel, units: &'a [String]) -> Stated<'a> {
    Stated {
        about: RIVER,
        level,
        units,
        way: None,
        words: WORDS,
        valid_h: None,
    }
}

fn stored(hall: &Hall, id: &str) -> StoredProposal {
    let found = hall.app.store.read(|view| view.proposal(id));
    found.unwrap().expect("it is there")
}

fn waiting(hall: &Hall) -> Vec<StoredProposal> {
    hall.app.store.read(|view| view.open_proposals()).unwrap()
}

fn story(hall: &Hall, of: &str) -> Vec<Entry> {
    hall.app.store.read(|view| view.audit_of(of)).unwrap()
}

fn id_of(draft: &StoredDraft) -> &str {
    draft.notice.id().as_str()
}

/// The second person agrees and lets it out.
fn completes(hall: &Hall, who: &Officer, draft: &StoredDraft) -> Result<(), Declined> {
    let same = Choice::of(draft.notice.content().facts());
    second::choose(&hall.app, who, id_of(draft), same)?;
    let read = draft.notice.content().digest();
    second::approve(&hall.app, who, id_of(draft), &read).map(drop)
}

/// Puts an order of this level into force for these districts.
fn order(hall: &Hall, level: OrderLevel, units: &[String]) {
    let duty = Hall::person("duty");
    let id = judge::state(&hall.app, &duty, &asks(level, units)).unwrap();
    let draft = hall.prepares(&duty, &id, level).unwrap();
    hall.approves(&duty, &draft).unwrap();
    completes(hall, &Hall::person("ando"), &draft).unwrap();
}

#[test]
fn without_models_or_gauges_an_officers_own_judgement_becomes_an_order_by_two_approvals() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    assert!(!hall.app.picture().advice.outlook.models_on);
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    let two = units(2);
    let stated = Stated {
        valid_h: Some(6),
        ..asks(LEVEL_4, &two)
    };
    let id = judge::state(&hall.app, &duty, &stated).unwrap();

    // It waits in the inbox as what it is, with what speaks against it, and nothing has left.
    let all = waiting(&hall);
    assert_eq!(all.len(), 1, "one waits");
    let item = &all[0];
    let judged = item.proposal.judgement.as_deref().expect("a judgement");
    assert_eq!(
        (item.id.as_str(), judged.by.as_str()),
        (id.as_str(), "duty")
    );
    assert_eq!((judged.words.as_str(), judged.at), (WORDS, item.first_at));
    assert!(item.proposal.met.is_empty() && item.proposal.gauge.is_empty());
    let named = |counter: &Counter| matches!(counter, Counter::NotAdvised { districts } if districts.len() == 2);
    assert!(
        item.proposal.counter.iter().any(named),
        "{:?}",
        item.proposal.counter
    );
    assert!(item.proposal.ways.iter().all(|way| way.mode == Mode::Leave));
    hall.delivers();
    assert_eq!(hall.reached_outside(), 0);
    let entries: Vec<String> = story(&hall, &id)
        .into_iter()
        .map(|one| one.action)
        .collect();
    assert_eq!(entries, ["judgement_attempt", "judgement_stated"]);

    // The same gate: text, first, second who chose unseen, the very bytes.
    let draft = hall.prepares(&duty, &id, LEVEL_4).unwrap();
    assert_eq!(draft.needs, Needs::Two);
    let waits = hall.approves(&duty, &draft).unwrap();
    assert!(matches!(waits, Outcome::WaitsForSecond(_)));
    hall.delivers();
    assert_eq!(hall.reached_outside(), 0, "one person lets nothing out");
    completes(&hall, &ando, &draft).unwrap();
    hall.delivers();
    let channels = hall.app.dispatch.channels().len();
    assert_eq!(hall.reached_outside(), channels);
    for (notice, bytes) in hall.outside.values().flatten() {
        assert_eq!(notice, draft.notice.id());
        assert_eq!(bytes, draft.notice.content().document());
    }
    let facts = draft.notice.content().facts();
    assert_eq!(facts.expires.duration_since(facts.sent).as_hours(), 6);
    let text = String::from_utf8_lossy(draft.notice.content().document()).into_owned();
    assert!(
        text.contains("札内川による洪水のおそれがあると、町が判断しました"),
        "{text}"
    );
    for secret in ["佐藤", "亀裂", "duty"] {
        assert!(!text.contains(secret), "{secret} is for officers");
    }

    // Decided, and the record says who asked and what was made of it.
    assert_eq!(stored(&hall, &id).state, ProposalState::Issued);
    let told = hall.app.store.read(|view| view.told(hall.now())).unwrap();
    assert!(told.judgements.is_empty() && told.orders.len() == 2);
    let approved = story(&hall, id_of(&draft));
    let approved = approved
        .iter()
        .find(|one| one.action == "approved")
        .unwrap();
    let detail: Value = serde_json::from_str(&approved.detail).unwrap();
    assert_eq!(
        detail["asked"],
        json!({ "level": LEVEL_4, "districts": two, "by": "duty" })
    );
    let chain = hall.app.store.read(|view| view.verify_audit()).unwrap();
    assert!(matches!(chain, Chain::Whole { .. }), "{chain:?}");
}

#[test]
fn whoever_states_a_judgement_is_one_of_two_persons_whatever_the_town_says_of_its_level() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let (duty, ando, baba) = (
        Hall::person("duty"),
        Hall::person("ando"),
        Hall::person("baba"),
    );
    // Levels 3 and 5 are one person's by the table; not for the author.
    for level in [LEVEL_3, LEVEL_5] {
        let one = units(1);
        let id = judge::state(&hall.app, &ando, &asks(level, &one)).unwrap();
        let own = hall.prepares(&ando, &id, level).unwrap();
        assert_eq!(own.needs, Needs::Two);
        let waits = hall.approves(&ando, &own).unwrap();
        assert!(matches!(waits, Outcome::WaitsForSecond(_)), "{level}");
        let early = second::alone(
            &hall.app,
            &ando,
            id_of(&own),
            &own.notice.content().digest(),
        );
        assert!(matches!(early, Err(Declined::NotAuthorised(_))), "{level}");
        completes(&hall, &baba, &own).unwrap();
    }
    // Somebody else's text of it follows the table: two persons have seen it then.
    let other = vec![units(2)[1].clone()];
    let id = judge::state(&hall.app, &ando, &asks(LEVEL_3, &other)).unwrap();
    let draft = hall.prepares(&baba, &id, LEVEL_3).unwrap();
    assert_eq!(draft.needs, Needs::One);
    let refused = hall.approves(&ando, &draft).err().unwrap();
    assert!(matches!(refused, Declined::Changed(_)), "{refused}");
    assert!(matches!(
        hall.approves(&baba, &draft),
        Ok(Outcome::Published(_))
    ));

    // The author does not come second behind somebody else, neither by a choice nor by an approval, nor in the record by hand.
    let third = vec![units(3)[2].clone()];
    let id = judge::state(&hall.app, &ando, &asks(LEVEL_4, &third)).unwrap();
    let draft = hall.prepares(&duty, &id, LEVEL_4).unwrap();
    hall.approves(&duty, &draft).unwrap();
    let read = draft.notice.content().digest();
    let chosen = second::choose(&hall.app, &ando, id_of(&draft), Choice::Issue(LEVEL_4));
    let why = chosen.err().unwrap().to_string();
    assert!(why.contains("自分の判断で出したもの"), "{why}");
    let approved = second::approve(&hall.app, &ando, id_of(&draft), &read);
    assert!(matches!(approved, Err(Declined::NotAuthorised(_))));
    let by_hand = hall
        .app
        .store
        .write(|tx| tx.put_approval(id_of(&draft), true, "ando", &read, hall.now()));
    let why = by_hand.err().unwrap().to_string();
    assert!(why.contains("does not come second"), "{why}");
    completes(&hall, &baba, &draft).unwrap();

    // Nor is a correction of it theirs alone.
    let correction = beforehand::open(&hall.app, &ando, id_of(&draft), Remedy::Correct).unwrap();
    assert_eq!(correction.notice.content().facts().level, LEVEL_4);
    assert_eq!(correction.needs, Needs::Two);
}

#[test]
fn the_author_of_a_level_3_order_does_not_correct_it_alone_and_may_cancel_it() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let (ando, baba) = (Hall::person("ando"), Hall::person("baba"));
    let one = units(1);
    let id = judge::state(&hall.app, &ando, &asks(LEVEL_3, &one)).unwrap();
    let order = hall.prepares(&baba, &id, LEVEL_3).unwrap();
    hall.approves(&baba, &order).unwrap();
    let correction = beforehand::open(&hall.app, &ando, id_of(&order), Remedy::Correct).unwrap();
    assert_eq!(correction.needs, Needs::One);
    let refused = hall.approves(&ando, &correction).err().unwrap();
    assert!(matches!(refused, Declined::NotAuthorised(_)), "{refused}");
    let cancel = beforehand::open(&hall.app, &ando, id_of(&order), Remedy::Cancel).unwrap();
    assert!(matches!(
        hall.approves(&ando, &cancel),
        Ok(Outcome::Published(_))
    ));
}

#[test]
fn when_the_second_does_not_come_the_author_may_go_alone_as_any_first_and_the_record_is_flagged() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let ando = Hall::person("ando");
    let one = units(1);
    let id = judge::state(&hall.app, &ando, &asks(LEVEL_5, &one)).unwrap();
    let draft = hall.prepares(&ando, &id, LEVEL_5).unwrap();
    hall.approves(&ando, &draft).unwrap();
    hall.seconds_pass(301);
    let read = draft.notice.content().digest();
    let notice = second::alone(&hall.app, &ando, id_of(&draft), &read).unwrap();
    let found = hall.app.store.read(|view| view.notice(notice.as_str()));
    assert_eq!(*found.unwrap().unwrap().state().how(), How::Lone);
    let entries = story(&hall, notice.as_str());
    let approved = entries.iter().find(|one| one.action == "approved").unwrap();
    assert!(
        approved.detail.contains("\"flagged\":true"),
        "{}",
        approved.detail
    );
}

#[test]
fn what_cannot_be_asked_for_is_refused_with_a_sentence_and_waits_nowhere() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let duty = Hall::person("duty");
    let all = units(usize::MAX);
    let two = units(2);
    let many: Vec<String> = (0..=UNITS_MAX).map(|n| format!("unit-{n}")).collect();
    let twice = vec![two[0].clone(), two[0].clone()];
    let unknown = vec!["atlantis".to_owned()];
    let long = "長".repeat(501);
    let ok = asks(LEVEL_4, &two);
    let refused = |stated: &Stated<'_>| {
        let refused = judge::state(&hall.app, &duty, stated).err();
        let refused = refused.unwrap_or_else(|| panic!("it was taken: {stated:?}"));
        assert!(matches!(refused, Declined::Incomplete(_)), "{refused}");
        refused.to_string()
    };
    let says = |stated: Stated<'_>, part: &str| {
        let said = refused(&stated);
        assert!(said.contains(part), "{part}: {said}");
    };
    says(
        Stated {
            units: &many,
            ..ok.clone()
        },
        "500地区まで",
    );
    says(
        Stated {
            units: &[],
            ..ok.clone()
        },
        "対象地区を選んで",
    );
    says(
        Stated {
            units: &twice,
            ..ok.clone()
        },
        "2回",
    );
    says(
        Stated {
            units: &unknown,
            ..ok.clone()
        },
        "atlantis: この町の地区ではありません",
    );
    says(
        Stated {
            words: &long,
            ..ok.clone()
        },
        "500文字まで",
    );
    says(
        Stated {
            words: "  ",
            ..ok.clone()
        },
        "理由",
    );
    says(
        Stated {
            words: "a\u{0}b",
            ..ok.clone()
        },
        "U+0000",
    );
    says(
        Stated {
            about: "ナイル川",
            ..ok.clone()
        },
        "札内川",
    );
    for hours in [0, 49] {
        let wanted = Some(hours);
        says(
            Stated {
                valid_h: wanted,
                ..ok.clone()
            },
            "1〜48時間",
        );
    }
    let upper = Some(Mode::UpperFloor);
    says(
        Stated {
            about: "土砂災害",
            way: upper,
            ..ok.clone()
        },
        "屋内安全確保",
    );
    says(
        Stated {
            level: LEVEL_5,
            way: upper,
            ..ok.clone()
        },
        "緊急安全確保",
    );
    for who in ["viewer", "auditor"] {
        let refused = judge::state(&hall.app, &Hall::person(who), &ok)
            .err()
            .unwrap();
        assert!(
            matches!(refused, Declined::NotAuthorised(_)),
            "{who}: {refused}"
        );
    }
    assert!(waiting(&hall).is_empty());

    // Not less than is in force, and not the same again.
    order(&hall, LEVEL_4, &two);
    says(asks(LEVEL_3, &two), "先に解除してください");
    says(asks(LEVEL_4, &two), "すでに");
    let more = units(3);
    judge::state(&hall.app, &duty, &asks(LEVEL_4, &more)).unwrap();
    let again = judge::state(&hall.app, &duty, &asks(LEVEL_4, &more))
        .err()
        .unwrap();
    assert!(matches!(again, Declined::NoLongerOpen(_)), "{again}");

    // No more than a limit wait at once.
    for n in 1..OPEN_MAX {
        let words = format!("{n}件目");
        let stated = Stated {
            words: &words,
            ..asks(LEVEL_5, &all)
        };
        judge::state(&hall.app, &duty, &stated).unwrap();
    }
    says(asks(LEVEL_5, &all), "20件");
    // Who was refused for a reason of the town stands in the record.
    let entries = hall
        .app
        .store
        .read(|view| view.audit_after(0, 10_000))
        .unwrap();
    let refusals = entries
        .iter()
        .filter(|one| one.action == "judgement_refused");
    let by: BTreeSet<&str> = refusals.map(|one| one.actor.as_str()).collect();
    assert_eq!(by, BTreeSet::from(["auditor", "duty", "viewer"]));
}

#[test]
fn a_judgement_is_withdrawn_before_it_is_decided_and_a_text_of_it_waits_no_longer() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let (duty, ando, baba) = (
        Hall::person("duty"),
        Hall::person("ando"),
        Hall::person("baba"),
    );
    let two = units(2);
    let id = judge::state(&hall.app, &duty, &asks(LEVEL_4, &two)).unwrap();
    let draft = hall.prepares(&ando, &id, LEVEL_4).unwrap();
    hall.approves(&ando, &draft).unwrap();
    let viewer = judge::withdraw(&hall.app, &Hall::person("viewer"), &id, "見ただけ");
    assert!(matches!(viewer, Err(Declined::NotAuthorised(_))));
    let wordless = judge::withdraw(&hall.app, &duty, &id, " ");
    assert!(matches!(wordless, Err(Declined::Incomplete(_))));
    judge::withdraw(&hall.app, &duty, &id, "見間違いだった").unwrap();
    assert!(waiting(&hall).is_empty());
    let after = stored(&hall, &id);
    assert_eq!(after.state, ProposalState::Declined);
    assert_eq!(after.decided.unwrap().reason, "見間違いだった");
    assert!(
        completes(&hall, &baba, &draft).is_err(),
        "nothing leaves any more"
    );
    let waits = hall
        .app
        .store
        .read(|view| view.waiting_for_second())
        .unwrap();
    assert!(waits.is_empty());
    let again = judge::withdraw(&hall.app, &duty, &id, "もう一度");
    assert!(matches!(again, Err(Declined::NoLongerOpen(_))));
    let told = hall.app.store.read(|view| view.told(hall.now())).unwrap();
    assert!(told.judgements.is_empty());

    // Another officer who may decline can do it, too; a recommendation of the system is none.
    let id = judge::state(&hall.app, &duty, &asks(LEVEL_4, &two)).unwrap();
    judge::withdraw(&hall.app, &baba, &id, "推奨で対応する").unwrap();
    let mut hall = hall;
    let advised = hall.recommends("十勝川", LEVEL_4);
    let refused = judge::withdraw(&hall.app, &baba, &advised, "推奨");
    assert!(matches!(refused, Err(Declined::Unknown(_))));
    assert_eq!(stored(&hall, &advised).state, ProposalState::Open);
}

#[test]
fn a_judgement_of_an_exercise_says_so_and_is_nothing_in_the_live_house() {
    let drill = Hall::opens(&reference(), Realm::Exercise);
    let live = Hall::opens(&reference(), Realm::Actual);
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    let two = units(2);
    let id = judge::state(&drill.app, &duty, &asks(LEVEL_4, &two)).unwrap();
    let draft = drill.prepares(&duty, &id, LEVEL_4).unwrap();
    let text = String::from_utf8_lossy(draft.notice.content().document()).into_owned();
    assert!(text.contains("<status>Exercise</status>") && text.contains("【訓練】"));
    assert!(matches!(
        live.prepares(&ando, &id, LEVEL_4),
        Err(Declined::Unknown(_))
    ));
    let withdrawn = judge::withdraw(&live.app, &ando, &id, "別の場所");
    assert!(matches!(withdrawn, Err(Declined::Unknown(_))));
    assert!(live.app.store.write(|tx| tx.put_draft(&draft)).is_err());
    assert!(waiting(&live).is_empty());
}

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

/// Advice at an hour of the storm, with this told. Without models: the levels alone.
fn storm_at(hour: &str, told: &Told) -> Advice {
    let storm = storm();
    let until: Timestamp = hour.parse().unwrap();
    let mut engine = Engine::new(plain().clone());
    for row in (0..storm.len()).take_while(|row| storm.time(*row) <= until) {
        for (column, gauge) in storm.gauges().iter().enumerate() {
            if let Some(level_m) = storm.level(row, column) {
                engine.take(&Reading {
                    station: gauge.parse().unwrap(),
                    at: storm.time(row),
                    level_m,
                    sequence: None,
                });
            }
        }
    }
    engine.tell(told.clone());
    engine.evaluate(until).unwrap()
}

const FLOOD: &str = "2016-08-31T03:00:00+09:00";

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

#[tokio::test(flavor = "multi_thread")]
async fn by_json_and_by_a_plain_page_a_judgement_is_stated_decided_or_withdrawn_and_the_record_replays()
 {
    let mut town = TownPlan::of(HINAN)
        .with("models.enabled", false)
        .with_two_persons()
        .with_officer("tanaka", "duty_officer")
        .with_officer("sato", "approver")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap();
    let (tanaka, sato, mori) = (
        town.officer("tanaka").await,
        town.officer("sato").await,
        town.officer("mori").await,
    );
    let needs = tanaka.reads_json("/api/v1/judgements").await;
    assert_eq!(
        (&needs["may"], &needs["limits"]["areas_max"]),
        (&json!(true), &json!(UNITS_MAX))
    );
    let about = |name: &str| {
        let mut causes = needs["causes"].as_array().unwrap().iter();
        causes.find(|one| one["about"] == name).unwrap().clone()
    };
    assert_eq!(about(RIVER)["ways"], json!(["leave", "upper_floor"]));
    assert_eq!(about("土砂災害")["ways"], json!(["leave"]));
    let areas: Vec<String> = needs["areas"].as_array().unwrap()[..2]
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let counted = format!(
        "/api/v1/recount?about={RIVER}&level=4&areas={}",
        areas.join(",")
    );
    let counted = mori.reads_json(&counted).await;
    assert_eq!(
        (
            counted["areas"].as_array().unwrap().len(),
            &counted["barred"]
        ),
        (2, &Value::Null)
    );
    for wrong in [
        "about=x&level=4&areas=a",
        "about=札内川&level=2&areas=a",
        "about=札内川&level=4&areas=nowhere",
    ] {
        let (status, why) = mori.gets_json(&format!("/api/v1/recount?{wrong}")).await;
        assert_eq!(
            (status, &why["code"]),
            (StatusCode::BAD_REQUEST, &json!("bad_question")),
            "{wrong}"
        );
    }

    // Who may not is refused; what is wrong is named.
    let asked = json!({ "about": RIVER, "level": 4, "areas": areas, "way": "upper_floor", "words": WORDS, "valid_h": 6 });
    let (status, why) = mori.sends("/api/v1/judgements", &asked).await;
    assert_eq!(
        (status, &why["code"]),
        (StatusCode::FORBIDDEN, &json!("not_authorised"))
    );
    let many: Vec<String> = (0..=UNITS_MAX).map(|n| format!("u{n}")).collect();
    let wrong = json!({ "about": RIVER, "level": 2, "areas": many, "way": "fly", "words": "長".repeat(501), "valid_h": 99, "more": 1 });
    let (status, why) = tanaka.sends("/api/v1/judgements", &wrong).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{why}");
    let told: Vec<&str> = why["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["field"].as_str().unwrap())
        .collect();
    assert_eq!(told, ["level", "areas", "way", "words", "valid_h", "more"]);

    // Stated: it is in the inbox at once, as what it is.
    let (status, stated) = tanaka.sends("/api/v1/judgements", &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{stated}");
    let id = stated["recommendation"].as_str().unwrap().to_owned();
    let own = &stated["item"]["own_judgement"];
    assert_eq!(
        (&own["words"], &own["mine"], &own["way"]),
        (&json!(WORDS), &json!(true), &json!("upper_floor"))
    );
    let detail = sato
        .reads_json(&format!("/api/v1/recommendations/{id}/detail"))
        .await;
    assert_eq!(detail["own_judgement"]["mine"], false);
    assert_eq!(detail["evidence"].as_array().unwrap().len(), 1);
    assert_eq!(detail["evidence"][0]["source"], "職員の判断");
    assert!(!detail["counter_evidence"].as_array().unwrap().is_empty());
    let sheet = tanaka
        .reads_json(&format!("/api/v1/recommendations/{id}/sheet"))
        .await;
    assert_eq!(sheet["reasons"][0]["code"], "judgement");
    let page = sato.opens(&format!("/plain/r/{id}")).await;
    assert!(
        page.text.contains("職員の判断による発令案")
            && !page.text.contains("システムの推奨(判断は"),
        "{}",
        page.text
    );

    // A whole room reads the wall: not what an officer wrote, which may name people.
    for path in ["/api/v1/wall", "/api/v1/situation"] {
        let said = mori.reads_json(path).await;
        let headline = said["headline"].to_string();
        assert!(
            headline.contains("職員の判断") && !headline.contains("佐藤"),
            "{path}: {headline}"
        );
    }

    // The same gate, with other areas than were asked for and another time.
    let path = format!("/api/v1/recommendations/{id}/text");
    let fewer = json!({ "level": 4, "substance": sheet["substance"], "areas": [areas[0]], "valid_h": 3,
        "reason": { "code": "judgement", "words": "" } });
    let (status, why) = tanaka.sends(&path, &fewer).await;
    assert_eq!(
        (status, &why["errors"][0]["field"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("reason.words"))
    );
    let fewer = json!({ "level": 4, "substance": sheet["substance"], "areas": [areas[0]], "valid_h": 3,
        "reason": { "code": "own", "words": "亀裂は片側だけ" } });
    let (status, shown) = tanaka.sends(&path, &fewer).await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    assert_eq!(shown["approving"], "first_of_two");
    assert_eq!(
        (
            &shown["edited"]["dropped"][0]["id"],
            &shown["edited"]["valid_h"]
        ),
        (&json!(areas[1]), &json!(3))
    );
    let draft = shown["id"].as_str().unwrap();
    let approval = json!({ "digest": shown["digest"], "check": "1" });
    let (status, done) = tanaka
        .sends(&format!("/api/v1/texts/{draft}/approve"), &approval)
        .await;
    assert_eq!(
        (status, &done["outcome"]),
        (StatusCode::OK, &json!("waits_for_second"))
    );
    let choice = json!({ "choice": "4", "check": "1" });
    let (status, agreed) = sato
        .sends(&format!("/api/v1/texts/{draft}/choice"), &choice)
        .await;
    assert_eq!(
        (status, &agreed["agrees"]),
        (StatusCode::OK, &json!(true)),
        "{agreed}"
    );
    let (status, done) = sato
        .sends(
            &format!("/api/v1/texts/{draft}/second"),
            &json!({ "digest": shown["digest"] }),
        )
        .await;
    assert_eq!(status, StatusCode::OK, "{done}");
    let notice = done["notice"].as_str().unwrap().to_owned();
    eventually("the order is out", || async {
        (town.resident().notices().await == [notice.clone()]).then_some(())
    })
    .await;
    let mut texts = shown["texts"].as_array().unwrap().iter();
    let cap = texts.find(|text| text["kind"] == "cap").unwrap()["body"]
        .as_str()
        .unwrap();
    assert_eq!(
        crate::gate::unsigned(&town.resident().cap(&notice).await.bytes),
        cap.as_bytes()
    );
    assert!(!cap.contains("亀裂"), "reasons are for officers");

    // Without a script: stated on a page, wrong input told there, withdrawn there.
    let page = sato.opens("/plain/judgements").await;
    assert_eq!(page.status, StatusCode::OK);
    let csrf = fields(&page.text)[form::CSRF].clone();
    let names: Vec<&str> = needs["areas"].as_array().unwrap()[..2]
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let typed = |areas: &str, hours: &str| {
        [
            (form::CSRF, csrf.clone()),
            (form::ABOUT, "土砂災害".to_owned()),
            (form::LEVEL, "4".to_owned()),
            (form::AREAS, areas.to_owned()),
            (form::VALID_H, hours.to_owned()),
            (
                form::REASON_TEXT,
                "裏山の斜面から水が噴き出している".to_owned(),
            ),
            (form::STEP, "state".to_owned()),
        ]
    };
    let refused = sato
        .posts("/plain/judgements", &typed("存在しない地区", "６"))
        .await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused
            .text
            .contains("存在しない地区: この名前の地区はありません"),
        "{}",
        refused.text
    );
    let taken = sato
        .posts("/plain/judgements", &typed(&names.join("、"), "６"))
        .await;
    let to = taken
        .to
        .clone()
        .unwrap_or_else(|| panic!("{}", taken.heading()));
    let second_id = to.strip_prefix("/plain/r/").unwrap().to_owned();
    assert!(sato.inbox().await.contains(&second_id));
    // An evaluation with it is in the record before it is gone.
    town.thinks().await;
    let withdraw = [
        (form::CSRF, csrf.as_str()),
        ("number", second_id.as_str()),
        (form::REASON_TEXT, "消防が確認し、異常なし"),
        (form::STEP, "withdraw"),
    ];
    let done = sato.posts("/plain/judgements", &withdraw).await;
    assert_eq!(
        done.to.as_deref(),
        Some("/plain/inbox"),
        "{}",
        done.heading()
    );
    assert!(!sato.inbox().await.contains(&second_id));
    let detail = tanaka
        .reads_json(&format!("/api/v1/recommendations/{second_id}/detail"))
        .await;
    assert_eq!(detail["own_judgement"]["withdrawn"], true);
    let (status, _) = tanaka
        .sends(
            &format!("/api/v1/judgements/{second_id}/withdraw"),
            &json!({ "words": "もう一度" }),
        )
        .await;
    assert_eq!(status, StatusCode::CONFLICT);
    let (status, _) = tanaka
        .sends(
            "/api/v1/judgements/r-none/withdraw",
            &json!({ "words": "ない" }),
        )
        .await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    town.thinks().await;

    // The record gives the same advice again, to the byte.
    town.closes().await;
    let data = town.data_dir().display().to_string();
    let config = town.config();
    let arguments: [&str; 5] = ["replay", "--config", &config, "--data-dir", &data];
    let again = ran(Path::new(HINAN), &arguments, "");
    assert!(
        again.status.success(),
        "{}\n{}",
        String::from_utf8_lossy(&again.stdout),
        String::from_utf8_lossy(&again.stderr)
    );
    let verified = ran(Path::new(HINAN), &["verify", "--data-dir", &data], "");
    assert!(
        verified.status.success(),
        "{}",
        String::from_utf8_lossy(&verified.stdout)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_count_names_the_places_that_the_text_will_name_and_no_other() {
    let mut town = TownPlan::of(HINAN)
        .with("models.enabled", false)
        .with_two_persons()
        .with_officer("sato", "approver")
        .opens()
        .await
        .unwrap();
    let sato = town.officer("sato").await;
    let needs = sato.reads_json("/api/v1/judgements").await;
    let areas: Vec<String> = needs["areas"].as_array().unwrap()[..2]
        .iter()
        .map(|one| one["id"].as_str().unwrap().to_owned())
        .collect();
    let question = |level: u8| {
        format!(
            "/api/v1/recount?about={RIVER}&level={level}&areas={}",
            areas.join(",")
        )
    };
    // Nobody has said that a door is open: none is named.
    assert_eq!(sato.reads_json(&question(4)).await["shelters"], json!([]));

    let list = sato.reads_json("/api/v1/shelters").await;
    for one in list["shelters"].as_array().unwrap() {
        let path = format!("/api/v1/shelters/{}", one["id"].as_str().unwrap());
        let (status, said) = sato.sends(&path, &json!({ "state": "open" })).await;
        assert_eq!(status, StatusCode::CREATED, "{said}");
    }
    let names = eventually("open places are counted", || async {
        let counted = sato.reads_json(&question(4)).await;
        let named = counted["shelters"].as_array().unwrap().iter();
        let names: Vec<String> = named
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect();
        (!names.is_empty()).then_some(names)
    })
    .await;
    assert_eq!(sato.reads_json(&question(5)).await["shelters"], json!([]));

    let asked = json!({ "about": RIVER, "level": 4, "areas": areas, "way": "leave", "words": WORDS, "valid_h": 6 });
    let (status, stated) = sato.sends("/api/v1/judgements", &asked).await;
    assert_eq!(status, StatusCode::CREATED, "{stated}");
    let id = stated["recommendation"].as_str().unwrap();
    let sheet = sato
        .reads_json(&format!("/api/v1/recommendations/{id}/sheet"))
        .await;
    let words = json!({ "level": 4, "substance": sheet["substance"], "reason": { "code": "judgement", "words": "" } });
    let (status, shown) = sato
        .sends(&format!("/api/v1/recommendations/{id}/text"), &words)
        .await;
    assert_eq!(status, StatusCode::CREATED, "{shown}");
    let texts = shown["texts"].to_string();
    for shelter in list["shelters"].as_array().unwrap() {
        let name = shelter["name"].as_str().unwrap();
        assert_eq!(
            texts.contains(name),
            names.iter().any(|named| named == name),
            "{name}: counted {names:?}"
        );
    }
    town.closes().await;
}
