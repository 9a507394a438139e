//! The gate before a judgement: whoever states it is one of two persons, and nobody lets their own out alone.

use hinan::approve::notice::How;
use hinan::approve::rule::{Choice, Needs};
use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::judge;
use hinan::desk::{Declined, Outcome, second};
use hinan::realm::Realm;

use super::{LEVEL_3, LEVEL_4, LEVEL_5, asks, completes, id_of, story, units};
use crate::hall::{Hall, reference};

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
