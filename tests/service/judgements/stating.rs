//! Stating a judgement: that it becomes an order without models and gauges, what is refused with a sentence, and how it is taken back.

use std::collections::BTreeSet;

use hinan::approve::rule::Needs;
use hinan::desk::judge::{self, OPEN_MAX, Stated, UNITS_MAX};
use hinan::desk::{Declined, Outcome};
use hinan::realm::Realm;
use hinan::recommend::counter::Counter;
use hinan::store::audit::Chain;
use hinan::store::proposals::ProposalState;
use hinan_recommend::Mode;
use serde_json::{Value, json};

use super::{
    LEVEL_3, LEVEL_4, LEVEL_5, WORDS, asks, completes, id_of, order, stored, story, units, waiting,
};
use crate::hall::{Hall, reference};

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
