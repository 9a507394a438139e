//! Whose attention a recommendation has: what was put off calls again, and is asked about by whoever comes next.

use hinan::desk::attention::{Attention, acknowledge, of, pass_on};
use hinan::desk::{Reason, defer};
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
