//! Every act that decides is on record before it happens, and so is every one that was refused: by the rules, by the role, or because
//! somebody was faster. What a decision rested on stands in its entry.

use hinan::approve::facts::Kind;
use hinan::approve::officer::{Act, Officer, Role};
use hinan::approve::rule::Choice;
use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::{self, Declined, attention, confirm, defer, second};
use hinan::digest::Digest;
use hinan::publish::outbox::ChannelName;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan_recommend::GateName;
use serde_json::Value;

use crate::hall::{Hall, REASON, officer, reference};

const LEVEL_4: OrderLevel = OrderLevel::EvacuationOrder;

/// What the record says of this subject by this person, with the act that each entry names.
fn said(hall: &Hall, subject: &str, who: &Officer) -> Vec<(String, String)> {
    let all = hall.app.store.read(|view| view.audit_of(subject)).unwrap();
    all.iter()
        .filter(|entry| entry.actor == who.name)
        .map(|entry| {
            let detail: Value = serde_json::from_str(&entry.detail).unwrap();
            let act = detail["act"].as_str().unwrap_or_default();
            (entry.action.clone(), act.to_owned())
        })
        .collect()
}

fn pair(action: &str, act: &str) -> (String, String) {
    (action.to_owned(), act.to_owned())
}

#[test]
fn each_act_is_on_record_before_it_and_each_refusal_after_it() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let (duty, ando, baba, viewer) = (
        Hall::person("duty"),
        Hall::person("ando"),
        Hall::person("baba"),
        Hall::person("viewer"),
    );
    let advised = hall.recommends("十勝川", LEVEL_4);
    let stored = hall.app.store.read(|view| view.proposal(&advised)).unwrap();
    let read = stored.unwrap().proposal.substance();
    let app = &hall.app;

    // By the role, for what was not on screen, and then as it should be.
    desk::decline(app, &viewer, &advised, REASON, &read).unwrap_err();
    defer::defer(app, &duty, &advised, 10, REASON, &Digest::of(b"other")).unwrap_err();
    defer::defer(app, &duty, &advised, 10, REASON, &read).unwrap();
    assert_eq!(
        said(&hall, &advised, &viewer),
        [pair("attempted", "decline"), pair("act_refused", "decline")]
    );
    assert_eq!(
        said(&hall, &advised, &duty),
        [
            pair("attempted", "defer"),
            pair("act_refused", "defer"),
            pair("attempted", "defer"),
            pair("seen", ""),
            pair("deferred", ""),
        ]
    );

    // Nobody is their own second, and the record says who tried.
    let draft = hall.prepares(&ando, &advised, LEVEL_4).unwrap();
    hall.approves(&ando, &draft).unwrap();
    let id = draft.notice.id().as_str();
    let choice = Choice::Issue(LEVEL_4);
    second::choose(&hall.app, &ando, id, choice).unwrap_err();
    second::withdraw(&hall.app, &baba, id).unwrap_err();
    let ends = |who: &Officer| {
        let all = said(&hall, id, who);
        all[all.len() - 2..].to_vec()
    };
    assert_eq!(
        ends(&ando),
        [pair("attempted", "choose"), pair("act_refused", "choose")]
    );
    assert_eq!(
        ends(&baba),
        [
            pair("attempted", "withdraw"),
            pair("act_refused", "withdraw")
        ]
    );
    second::choose(&hall.app, &baba, id, choice).unwrap();
    assert_eq!(
        ends(&baba),
        [pair("attempted", "choose"), pair("second_agrees", "")]
    );
    second::approve(&hall.app, &baba, id, &draft.notice.content().digest()).unwrap();

    attention::review(&hall.app, &viewer, id, true, "").unwrap_err();
    desk::again::retry(&hall.app, &viewer, id, &ChannelName::Feed).unwrap_err();
    assert_eq!(
        said(&hall, id, &viewer),
        [
            pair("attempted", "review"),
            pair("act_refused", "review"),
            pair("attempted", "retry"),
            pair("act_refused", "retry"),
        ]
    );
    let gate = GateName::FOR_OFFICERS[0];
    confirm::confirm(&hall.app, &viewer, "十勝川", gate, "現地で確認").unwrap_err();
    confirm::withdraw(&hall.app, &duty, "十勝川", gate, "現地で確認").unwrap_err();
    assert_eq!(
        said(&hall, "lifting/十勝川", &viewer),
        [
            pair("attempted", "confirm_gate"),
            pair("act_refused", "confirm_gate")
        ]
    );
    assert_eq!(
        said(&hall, "lifting/十勝川", &duty),
        [
            pair("attempted", "withdraw_gate"),
            pair("act_refused", "withdraw_gate")
        ]
    );
}

#[test]
fn what_was_shown_approved_and_declined_names_what_it_rested_on_and_who_had_opened_it() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    let level_3 = OrderLevel::ElderlyEvacuation;
    let advised = hall.recommends("十勝川", level_3);
    let other = hall.recommends("札内川", level_3);
    for _ in 0..3 {
        attention::opened(&hall.app, &duty, &advised).unwrap();
        attention::opened(&hall.app, &ando, &advised).unwrap();
    }
    for who in [&duty, &ando] {
        assert_eq!(
            said(&hall, &advised, who),
            [pair("opened", "")],
            "once each"
        );
    }
    let draft = hall.prepares(&ando, &advised, level_3).unwrap();
    hall.approves(&ando, &draft).unwrap();
    let proposal = |id: &str| {
        let stored = hall.app.store.read(|view| view.proposal(id)).unwrap();
        stored.unwrap().proposal
    };
    let read = proposal(&other).substance();
    desk::decline(&hall.app, &ando, &other, REASON, &read).unwrap();
    for (subject, action, about) in [
        (draft.notice.id().as_str(), "text_shown", &advised),
        (draft.notice.id().as_str(), "approved", &advised),
        (other.as_str(), "declined", &other),
    ] {
        let all = hall.app.store.read(|view| view.audit_of(subject)).unwrap();
        let entry = all.iter().find(|entry| entry.action == action).unwrap();
        let detail: Value = serde_json::from_str(&entry.detail).unwrap();
        let rests_on = &detail["rests_on"];
        let proposal = proposal(about);
        assert_eq!(
            rests_on["recommendation"],
            Digest::of_json(&proposal).as_str(),
            "{action}: to the byte"
        );
        assert_eq!(
            rests_on["recommended_as_of"],
            proposal.as_of.to_string().as_str()
        );
        let made = hall.app.store.read(|view| view.evaluations_made()).unwrap();
        assert_eq!(rests_on["evaluation"], made);
        assert!(rests_on["as_of"].is_string() && rests_on["conditions"].is_array());
    }
}

/// Every act of the desk that decides, or leads to a decision, by every role: who may not is refused for that, before anything else is
/// looked at; who may is told what is wrong with what they ask.
#[test]
fn every_act_of_the_desk_is_open_to_exactly_the_roles_of_the_matrix() {
    let hall = Hall::opens(&reference(), Realm::Actual);
    let app = &hall.app;
    let read = Digest::of(b"nothing");
    let gate = GateName::FOR_OFFICERS[0];
    type Try<'a> = Box<dyn Fn(&Officer) -> Option<Declined> + 'a>;
    let acts: Vec<(&str, Act, Try<'_>)> = vec![
        (
            "prepare an order",
            Act::Prepare,
            Box::new(|who| desk::prepare_issue(app, who, "r-none", LEVEL_4, REASON, &read).err()),
        ),
        (
            "prepare an end",
            Act::Prepare,
            Box::new(|who| {
                desk::prepare_end(app, who, "n-none", Kind::Cancel, REASON, &read).err()
            }),
        ),
        (
            "open a remedy",
            Act::Prepare,
            Box::new(|who| beforehand::open(app, who, "n-none", Remedy::Cancel).err()),
        ),
        (
            "decline",
            Act::Decline,
            Box::new(|who| desk::decline(app, who, "r-none", REASON, &read).err()),
        ),
        (
            "acknowledge",
            Act::Acknowledge,
            Box::new(|who| attention::acknowledge(app, who, "r-none").err()),
        ),
        (
            "defer",
            Act::Acknowledge,
            Box::new(|who| defer::defer(app, who, "r-none", 10, REASON, &read).err()),
        ),
        (
            "order once more",
            Act::Acknowledge,
            Box::new(|who| desk::again::retry(app, who, "n-none", &ChannelName::Feed).err()),
        ),
        (
            "choose as the second",
            Act::LetOut,
            Box::new(|who| second::choose(app, who, "d-none", Choice::Lift).err()),
        ),
        (
            "review",
            Act::LetOut,
            Box::new(|who| attention::review(app, who, "n-none", true, "").err()),
        ),
        (
            "confirm a gate",
            Act::Report,
            Box::new(|who| confirm::confirm(app, who, "十勝川", gate, "現地で確認").err()),
        ),
        (
            "withdraw a gate",
            Act::Report,
            Box::new(|who| confirm::withdraw(app, who, "十勝川", gate, "現地で確認").err()),
        ),
    ];
    for role in Role::ALL {
        let who = officer(role.word(), role, true);
        for (name, act, tried) in &acts {
            let refused = tried(&who).expect("nothing of that name is there");
            let by_role = matches!(refused, Declined::NotAuthorised(_));
            assert_eq!(by_role, !role.may(*act), "{role:?}: {name}: {refused}");
        }
    }
}
