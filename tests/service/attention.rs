//! Whose attention a recommendation has: what was put off calls again, and is asked about by whoever comes next.

use hinan::approve::rule::Choice;
use hinan::desk::attention::{Attention, acknowledge, of, pass_on, standing};
use hinan::desk::{Reason, defer, second};
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;

use crate::hall::Hall;
use crate::town_reference;

#[test]
fn what_was_put_off_rests_so_long_and_then_has_nobodys_attention_until_somebody_sees_it_again() {
    let mut hall = Hall::opens(town_reference::plain(), Realm::Actual);
    let id = hall.recommends("十勝川", OrderLevel::EvacuationOrder);
    let duty = Hall::person("duty");
    let now = |hall: &Hall| {
        let at = hall.now();
        hall.app.store.read(|view| of(view, &id, at)).unwrap()
    };
    assert_eq!(now(&hall), Attention::Nobodys { back_since: None });
    acknowledge(&hall.app, &duty, &id).unwrap();
    assert!(matches!(now(&hall), Attention::Seen { .. }));

    let read = hall
        .app
        .store
        .read(|view| view.proposal(&id))
        .unwrap()
        .unwrap()
        .proposal
        .substance();
    let reason = Reason {
        code: "wait",
        words: "もう少し様子を見る",
    };
    let put_off = defer::defer(&hall.app, &duty, &id, 10, reason, &read).unwrap();
    assert_eq!(now(&hall), Attention::PutOff(put_off.clone()));
    hall.seconds_pass(599);
    assert!(matches!(now(&hall), Attention::PutOff(_)));
    assert_eq!(pass_on(&hall.app).unwrap(), 0, "it rests");

    // Its time is over: it calls again, and is passed on as if it were new, though somebody had seen it before.
    hall.seconds_pass(2);
    assert_eq!(
        now(&hall),
        Attention::Nobodys {
            back_since: Some(put_off.until)
        }
    );
    assert_eq!(pass_on(&hall.app).unwrap(), 0, "not at once");
    hall.seconds_pass(61);
    assert_eq!(pass_on(&hall.app).unwrap(), 1);
    acknowledge(&hall.app, &duty, &id).unwrap();
    assert!(matches!(now(&hall), Attention::Seen { .. }));
    acknowledge(&hall.app, &duty, &id).unwrap();
    let seen = hall.app.store.read(|view| view.audit_of(&id)).unwrap();
    let seen = seen.iter().filter(|entry| entry.action == "seen").count();
    assert_eq!(seen, 2, "seen twice, and said once each time");
}

/// A first person has approved, and nobody comes: the order hangs on the second. It is passed on as advice is that nobody has seen, and
/// never to the first, who cannot be the second.
#[test]
fn what_waits_for_its_second_person_is_passed_on_along_the_succession_until_somebody_comes() {
    let mut hall = Hall::opens(town_reference::plain(), Realm::Actual);
    let level = OrderLevel::EvacuationOrder;
    let advised = hall.recommends("十勝川", level);
    let (ando, baba) = (Hall::person("ando"), Hall::person("baba"));
    acknowledge(&hall.app, &ando, &advised).unwrap();
    let draft = hall.prepares(&ando, &advised, level).unwrap();
    hall.approves(&ando, &draft).unwrap();
    let id = draft.notice.id().as_str();
    let asked = |hall: &Hall| {
        let all = hall.app.store.read(|view| view.audit_of(id)).unwrap();
        let detail = |detail: &str| -> serde_json::Value { serde_json::from_str(detail).unwrap() };
        all.iter()
            .filter(|entry| entry.action == "passed_on")
            .map(|entry| detail(&entry.detail)["to"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(pass_on(&hall.app).unwrap(), 0);
    hall.seconds_pass(61);
    assert_eq!(pass_on(&hall.app).unwrap(), 1);
    assert_eq!(pass_on(&hall.app).unwrap(), 0, "once for each step");
    hall.seconds_pass(120);
    assert_eq!(pass_on(&hall.app).unwrap(), 1);
    let to = asked(&hall);
    assert_eq!(to.len(), 2);
    assert!(!to.contains(&"ando".to_owned()), "{to:?}");
    assert_ne!(to[0], to[1]);
    let lines = standing(&hall.app, &baba).unwrap().join("\n");
    assert!(lines.contains("2回目の引き継ぎ先"), "{lines}");
    second::choose(&hall.app, &baba, id, Choice::Issue(level)).unwrap();
    second::approve(&hall.app, &baba, id, &draft.notice.content().digest()).unwrap();
    hall.seconds_pass(300);
    assert_eq!(pass_on(&hall.app).unwrap(), 0, "it has left");
}
