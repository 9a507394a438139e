//! Wrong sends that happened to municipalities, and two omissions, each held up by a check before anything leaves.

use hinan_notice::check::{
    Finding, Severity, Shelter, ShelterState, Subject, Surroundings, Unit, examine,
};
use hinan_notice::facts::{Facts, Kind, NamedShelter};
use hinan_notice::level::OrderLevel;
use hinan_notice::text::Texts;
use jiff::{SignedDuration, Timestamp};

use crate::fixture::{ended, order, texts, town};

fn blocked(facts: &Facts, texts: &Texts, around: &Surroundings<'_>, now: Timestamp) -> Vec<String> {
    let subject = Subject {
        facts,
        texts,
        document_bytes: 1,
        now,
    };
    let blocks = |finding: &Finding| finding.severity == Severity::Blocks;
    let findings = examine(&subject, around);
    let mut codes: Vec<String> = findings
        .into_iter()
        .filter(blocks)
        .map(|f| f.code)
        .collect();
    // The same may be said of several languages.
    codes.dedup();
    codes
}

fn held_up(facts: &Facts, around: &Surroundings<'_>) -> Vec<String> {
    blocked(facts, &texts(facts), around, facts.sent)
}

#[test]
fn what_is_right_is_not_held_up() {
    assert!(held_up(&order("right"), &town()).is_empty());
    let lift = ended("lift", Kind::Lift, &order("right"));
    assert!(held_up(&lift, &town()).is_empty());
}

/// 大船渡: the automatic sending was being tested, and the test went out.
#[test]
fn ofunato_a_test_of_the_sending_is_not_sent() {
    let facts = order("ofunato");
    let mut test = texts(&facts);
    test.languages[0]
        .text
        .description
        .push_str("自動配信のテスト送信です。");
    assert_eq!(
        blocked(&facts, &test, &town(), facts.sent),
        ["drill_words_in_live"]
    );
}

/// 精華町: somebody clicked while the text was still being written.
#[test]
fn seika_a_text_that_is_not_finished_is_not_sent() {
    let mut facts = order("seika");
    facts.ground = "○○川の水位が○mに達しました。".to_owned();
    assert_eq!(held_up(&facts, &town()), ["unfilled"]);
}

/// 玄海町: the template of a drill, with shelters that were not open, instead of level 3.
#[test]
fn genkai_a_drills_template_with_closed_shelters_is_not_sent() {
    let mut facts = order("genkai");
    facts.level = OrderLevel::ElderlyEvacuation;
    let mut drill = texts(&facts);
    drill.languages[0]
        .text
        .description
        .insert_str(0, "【訓練】");
    let mut around = town();
    for unit in around.units.values_mut() {
        unit.advised_level = 3;
    }
    around.shelters.insert(
        "s1".to_owned(),
        Shelter {
            state: ShelterState::Closed,
            valid_for_hazard: true,
            inside_hazard: false,
        },
    );
    let codes = blocked(&facts, &drill, &around, facts.sent);
    assert_eq!(codes, ["drill_words_in_live", "shelter_closed"]);
}

/// 山口市: a table-top drill that was only meant to look at the steps.
#[test]
fn yamaguchi_the_steps_of_a_drill_do_not_make_a_live_notice() {
    let mut facts = order("yamaguchi");
    facts.note = "机上訓練のため".to_owned();
    let lift = Facts {
        note: facts.note.clone(),
        ..ended("yamaguchi-end", Kind::Lift, &facts)
    };
    assert_eq!(held_up(&lift, &town()), ["drill_words_in_live"]);
}

/// What must not happen the other way round: a name with 試験 in it, and the cancelling of a drill that was sent in earnest.
#[test]
fn a_gauge_of_that_name_and_the_cancelling_of_a_drill_are_not_held_up() {
    let mut facts = order("name");
    facts.ground = "清川の試験場橋観測所の水位は、3.20 mです。".to_owned();
    facts.river = "訓練川".to_owned();
    assert!(held_up(&facts, &town()).is_empty());
    let mut cancel = ended("cancel", Kind::Cancel, &order("sent"));
    cancel.note = "訓練の文面を誤って送信しました".to_owned();
    assert!(held_up(&cancel, &town()).is_empty());
}

/// 宮古島市: a left-over record "order lifted" was released with a shelter report.
#[test]
fn miyakojima_a_left_over_lifting_of_nothing_is_not_sent() {
    let mut lift = ended("miyakojima", Kind::Lift, &order("none"));
    lift.replaces.clear();
    assert_eq!(held_up(&lift, &town()), ["ends_nothing"]);
    // Even one that once ended something is of another day.
    let lift = ended("miyakojima-2", Kind::Lift, &order("none"));
    let days_later = lift.sent + SignedDuration::from_hours(30);
    assert_eq!(
        blocked(&lift, &texts(&lift), &town(), days_later),
        ["stale"]
    );
}

/// 港区: the opening of a shelter that did not exist.
#[test]
fn minato_a_shelter_that_does_not_exist_is_not_named() {
    let mut facts = order("minato");
    facts.shelters.push(NamedShelter {
        id: "phantom".to_owned(),
        name: "まぼろし小学校".to_owned(),
    });
    assert_eq!(held_up(&facts, &town()), ["shelter_unknown"]);
}

/// 小野市: six test messages left during maintenance.
#[test]
fn ono_test_messages_of_maintenance_are_not_sent_once_nor_again() {
    let facts = order("ono");
    let mut test = texts(&facts);
    test.languages[0]
        .text
        .description
        .push_str("保守作業の試験放送です。");
    assert_eq!(
        blocked(&facts, &test, &town(), facts.sent),
        ["drill_words_in_live"]
    );
    let first = order("ono-1");
    let again = order("ono-2");
    let around = Surroundings {
        live: vec![&first],
        ..town()
    };
    assert_eq!(held_up(&again, &around), ["already_live"]);
}

/// 亘理町・山元町: a mail of a drill was scheduled and nobody took it back.
#[test]
fn watari_a_scheduled_text_does_not_leave_when_its_hour_comes() {
    let facts = order("watari");
    let scheduled = facts.sent - SignedDuration::from_hours(8);
    assert_eq!(
        blocked(&facts, &texts(&facts), &town(), scheduled),
        ["sent_in_future"]
    );
    let prepared_yesterday = facts.sent + SignedDuration::from_hours(8);
    assert_eq!(
        blocked(&facts, &texts(&facts), &town(), prepared_yesterday),
        ["stale"]
    );
}

/// 常総市上三坂: one district of eight at the same risk was left out, and there the levee broke.
#[test]
fn joso_a_district_of_equal_hazard_cannot_be_left_out_unsaid() {
    let facts = order("joso");
    let mut around = town();
    around.units.insert(
        "kamimisaka".to_owned(),
        Unit {
            name: "上三坂".to_owned(),
            name_en: Some("Kamimisaka".to_owned()),
            advised_level: 4,
            neighbours: vec!["higashi".to_owned()],
        },
    );
    assert_eq!(held_up(&facts, &around), ["left_out"]);
    around.left_out_because = "消防団が全戸に直接伝え終えた".to_owned();
    assert!(held_up(&facts, &around).is_empty());
}

/// A queue came back after six weeks and sent what it held.
#[test]
fn six_weeks_stale_an_alert_of_another_month_is_not_sent() {
    let facts = order("stale");
    let six_weeks = facts.sent + SignedDuration::from_hours(6 * 7 * 24);
    assert_eq!(
        blocked(&facts, &texts(&facts), &town(), six_weeks),
        ["stale", "expired"]
    );
}

/// Before a landslide one leaves; but where the way out is the greater danger by now, the text must say what is left: the side away from the
/// slope, as high up as can be.
#[test]
fn an_order_before_a_landslide_says_what_to_do_where_going_out_is_the_greater_danger() {
    let mut facts = order("slope");
    facts.hazard = hinan_notice::facts::Hazard::Landslide;
    let texts = texts(&facts);
    for (language, words) in [
        ("ja-JP", ["外に出ることがかえって危ないとき", "崖と反対側"]),
        ("ja-x-easy", ["あぶない ときは", "高(たか)い 部屋(へや)"]),
        (
            "en",
            ["going outside is more dangerous", "away from the slope"],
        ),
    ] {
        let said = &texts.in_language(language).unwrap().instruction;
        for word in words {
            assert!(said.contains(word), "{language}: {said}");
        }
    }
    let telephone = &texts.area_mail.body;
    assert!(telephone.contains("崖と反対側"), "{telephone}");
    assert!(held_up(&facts, &town()).is_empty());
}
