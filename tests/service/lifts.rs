//! Lifting needs more care than ordering: two persons, the river as it was on screen, and nobody asking for more meanwhile.

use hinan::approve::facts::Kind;
use hinan::approve::rule::Choice;
use hinan::desk::{self, Declined, Outcome, Reason, second};
use hinan::digest::Digest;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;

use crate::hall::{Hall, REASON, reference};

#[test]
fn a_lift_does_not_leave_when_the_river_asks_for_an_order_again_before_the_second_person_has_come()
{
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("札内川", OrderLevel::EvacuationOrder);
    let order = order.notice.id().as_str().to_owned();
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    // 21:00: the first approves a lift. 21:05: the river turns.
    let lift = hall.ends(&duty, &order, Kind::Lift).unwrap();
    let (id, read) = (lift.notice.id().as_str(), lift.notice.content().digest());
    assert!(matches!(
        hall.approves(&duty, &lift),
        Ok(Outcome::WaitsForSecond(_))
    ));
    second::choose(&hall.app, &ando, id, Choice::Lift).unwrap();
    let turned = hall.recommends("札内川", OrderLevel::EvacuationOrder);
    let refused = second::approve(&hall.app, &ando, id, &read).err().unwrap();
    assert!(
        matches!(&refused, Declined::Changed(why) if why.contains("解除の根拠")),
        "{refused}"
    );
    // While that advice waits, no other lift can be prepared; once it is decided, one can.
    let refused = hall
        .ends(&duty, &order, Kind::Lift)
        .err()
        .unwrap()
        .to_string();
    assert!(refused.contains("判断待ち"), "{refused}");
    let stored = hall.app.store.read(|view| view.proposal(&turned)).unwrap();
    let substance = stored.unwrap().proposal.substance();
    desk::decline(&hall.app, &ando, &turned, REASON, &substance).unwrap();
    let lift = hall.ends(&duty, &order, Kind::Lift).unwrap();
    let (id, read) = (lift.notice.id().as_str(), lift.notice.content().digest());
    hall.approves(&duty, &lift).unwrap();
    second::choose(&hall.app, &ando, id, Choice::Lift).unwrap();
    second::approve(&hall.app, &ando, id, &read).unwrap();
    // Grounds that nobody had on screen prepare nothing.
    let order = hall.two_issue("帯広川", OrderLevel::EvacuationOrder);
    let unseen = Digest::of(b"another screen");
    let order = order.notice.id().as_str();
    let refused = desk::prepare_end(&hall.app, &duty, order, Kind::Lift, REASON, &unseen);
    assert!(matches!(refused, Err(Declined::Changed(_))));
}

#[test]
fn advice_about_another_river_does_not_hold_up_a_lift() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("札内川", OrderLevel::EvacuationOrder);
    let (duty, ando) = (Hall::person("duty"), Hall::person("ando"));
    let lift = hall
        .ends(&duty, order.notice.id().as_str(), Kind::Lift)
        .unwrap();
    let (id, read) = (lift.notice.id().as_str(), lift.notice.content().digest());
    hall.approves(&duty, &lift).unwrap();
    hall.recommends("十勝川", OrderLevel::EvacuationOrder);
    second::choose(&hall.app, &ando, id, Choice::Lift).unwrap();
    second::approve(&hall.app, &ando, id, &read).unwrap();
}

#[test]
fn a_lift_cannot_be_dressed_as_a_cancel_nor_a_cancel_as_a_lift() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("札内川", OrderLevel::EvacuationOrder);
    let order = order.notice.id().as_str();
    let ando = Hall::person("ando");
    let because = |code| Reason {
        code,
        words: "水位が下がったことを確認した",
    };
    for (kind, code, hint) in [
        (Kind::Cancel, desk::LIFT_REASON, "取消ではなく解除"),
        (Kind::Lift, desk::CANCEL_REASONS[0], "解除ではなく取消"),
        (Kind::Lift, desk::CANCEL_REASONS[1], "解除ではなく取消"),
    ] {
        let refused = hall.ends_because(&ando, order, kind, because(code));
        let refused = refused.err().unwrap().to_string();
        assert!(refused.contains(hint), "{code}: {refused}");
    }
    hall.ends_because(&ando, order, Kind::Lift, because(desk::LIFT_REASON))
        .unwrap();
    hall.ends_because(&ando, order, Kind::Cancel, because(desk::CANCEL_REASONS[0]))
        .unwrap();
}

#[test]
fn a_withdrawal_that_cannot_be_read_leaves_no_confirmation_standing() {
    use hinan::store::{StoreError, confirmed};

    let hall = Hall::opens(&reference(), Realm::Actual);
    let says = |action: &str| {
        let detail = serde_json::json!({ "gate": "crest_passed", "words": "現地で確認" });
        let subject = confirmed::subject("札内川");
        let told = hall
            .app
            .store
            .write(|tx| tx.audit(hall.now(), "duty", action, &subject, &detail));
        told.unwrap();
    };
    let stands = || hall.app.store.read(|view| view.confirmed("札内川"));
    says("lift_gate_confirmed");
    assert_eq!(stands().unwrap().len(), 1);
    says("lift_gate_withdrawn");
    assert_eq!(stands().unwrap(), []);
    // The withdrawal becomes illegible: whether the gate is open is not known, and that is said.
    let db = rusqlite::Connection::open(hall.home.path().join("hinan.sqlite3")).unwrap();
    db.execute_batch("DROP TRIGGER audit_stays").unwrap();
    let changed = db.execute(
        "UPDATE audit SET detail = '{' WHERE action = 'lift_gate_withdrawn'",
        [],
    );
    assert_eq!(changed.unwrap(), 1);
    assert!(matches!(stands(), Err(StoreError::Damaged { .. })));
}
