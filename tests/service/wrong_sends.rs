//! The wrong sends that really happened in Japan, each as a test with its name: what went wrong there cannot go wrong here.

use hinan::approve::facts::Kind;
use hinan::approve::rule::Choice;
use hinan::desk::{self, Outcome, Reason, second};
use hinan::digest::Digest;
use hinan::publish::examine::{self, Beside};
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::proposal::{Proposal, ProposedShelter};
use hinan::recommend::told::ShelterState;

use crate::hall::{Hall, reference};

const LEVEL_3: OrderLevel = OrderLevel::ElderlyEvacuation;
const LEVEL_4: OrderLevel = OrderLevel::EvacuationOrder;

/// 大船渡: staff tested the automatic sending, and it sent. Here nothing is sent by itself, however long it waits.
#[test]
fn ofunato_nothing_is_sent_by_itself() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    for (river, level) in [
        ("十勝川", LEVEL_3),
        ("十勝川", LEVEL_4),
        ("札内川", OrderLevel::EmergencySafety),
    ] {
        hall.recommends(river, level);
    }
    for _ in 0..48 {
        hall.seconds_pass(1800);
        desk::attention::pass_on(&hall.app).unwrap();
        hall.delivers();
    }
    assert_eq!(hall.reached_outside(), 0);
}

/// 精華町: one click while the text was being composed. Here composing sends nothing, and one person's click on an order
/// only passes it to the second.
#[test]
fn seika_composing_and_one_click_send_nothing() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let proposal = hall.recommends("十勝川", LEVEL_4);
    let ando = Hall::person("ando");
    let draft = hall.prepares(&ando, &proposal, LEVEL_4).unwrap();
    hall.delivers();
    assert_eq!(hall.reached_outside(), 0, "composing");
    assert!(matches!(
        hall.approves(&ando, &draft),
        Ok(Outcome::WaitsForSecond(_))
    ));
    hall.delivers();
    assert_eq!(hall.reached_outside(), 0, "one click");
}

/// 玄海町: the text of the drill was sent, with shelters that were not open. Here a text of a drill is not in the live house:
/// it can be neither approved nor taken over, and it says 訓練 in every sentence it begins.
#[test]
fn genkai_a_text_of_a_drill_cannot_be_sent_as_real() {
    let reference = reference();
    let mut drill = Hall::opens(&reference, Realm::Exercise);
    let live = Hall::opens(&reference, Realm::Actual);
    let proposal = drill.recommends("十勝川", LEVEL_3);
    let ando = Hall::person("ando");
    let draft = drill.prepares(&ando, &proposal, LEVEL_3).unwrap();
    let text = String::from_utf8_lossy(draft.notice.content().document()).into_owned();
    assert!(text.contains("【訓練】") && text.contains("<status>Exercise</status>"));
    assert!(live.approves(&ando, &draft).is_err());
    assert!(live.app.store.write(|tx| tx.put_draft(&draft)).is_err());
}

/// 山口市: a table-top drill that only meant to look at the steps. Here the steps of a drill are taken to the very end, and
/// nothing of it is live.
#[test]
fn yamaguchi_a_drill_taken_to_its_end_reaches_nobody_live() {
    let reference = reference();
    let mut drill = Hall::opens(&reference, Realm::Exercise);
    let mut live = Hall::opens(&reference, Realm::Actual);
    drill.two_issue("十勝川", LEVEL_4);
    drill.delivers();
    live.delivers();
    assert!(
        drill.reached_outside() > 0,
        "the drill was taken to its end"
    );
    assert_eq!(live.reached_outside(), 0);
    assert!(drill.outside.values().flatten().all(|(_, bytes)| {
        String::from_utf8_lossy(bytes).contains("<status>Exercise</status>")
    }));
}

/// 宮古島市: a left-over test record, "order lifted", was released together with a report. Here approving one text lets out
/// that one only, and a left-over text is too old before long.
#[test]
fn miyakojima_a_left_over_text_is_not_released_with_another() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let order = hall.two_issue("十勝川", LEVEL_4);
    let ando = Hall::person("ando");
    let left_over = hall
        .ends(&ando, order.notice.id().as_str(), Kind::Lift)
        .unwrap();
    assert!(matches!(
        hall.approves(&ando, &left_over),
        Ok(Outcome::WaitsForSecond(_))
    ));
    let other = hall.recommends("札内川", LEVEL_3);
    let report = hall.prepares(&ando, &other, LEVEL_3).unwrap();
    assert!(matches!(
        hall.approves(&ando, &report),
        Ok(Outcome::Published(_))
    ));
    hall.delivers();
    let out: Vec<&str> = hall
        .outside
        .values()
        .flatten()
        .map(|(id, _)| id.as_str())
        .collect();
    assert!(
        !out.contains(&left_over.notice.id().as_str()),
        "the left-over text left"
    );
    assert!(out.contains(&report.notice.id().as_str()));
    // Eleven minutes later not even both together could let it out.
    hall.seconds_pass(660);
    let baba = Hall::person("baba");
    let id = left_over.notice.id().as_str();
    assert!(second::choose(&hall.app, &baba, id, Choice::Lift).is_err());
    assert!(second::approve(&hall.app, &baba, id, &left_over.notice.content().digest()).is_err());
}

/// 港区: a shelter was announced that had not been opened. Here a text names only sites that the recommendation named, and no
/// other text than the one on screen can be approved.
#[test]
fn minato_a_text_that_nobody_read_cannot_be_approved() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let proposal = hall.recommends("十勝川", LEVEL_3);
    let ando = Hall::person("ando");
    let draft = hall.prepares(&ando, &proposal, LEVEL_3).unwrap();
    assert!(
        draft.notice.content().facts().shelters.is_empty(),
        "the recommendation names none"
    );
    let mut altered = draft.notice.content().document().to_vec();
    altered.extend_from_slice("<!-- 体育館を開設 -->".as_bytes());
    let read = Digest::of(&altered);
    let refused = desk::approve(&hall.app, &ando, draft.notice.id().as_str(), &read);
    assert!(refused.is_err());
    hall.delivers();
    assert_eq!(hall.reached_outside(), 0);
}

/// A recommendation that has these two sites within reach.
fn near_two_sites(hall: &Hall) -> Proposal {
    let mut proposal = crate::hall::proposal("十勝川", LEVEL_3, hall.now());
    let sites = &hall.app.town().shelters;
    let flood = |site: &&hinan_gis::Shelter| {
        site.usable_for(hinan_gis::Hazard::Flood, hall.app.town().shelter_rule)
    };
    proposal.shelters = sites
        .iter()
        .filter(flood)
        .take(2)
        .map(|site| ProposedShelter {
            id: site.id.clone(),
            name: site.name.clone(),
            straight_line_m: 400.0,
        })
        .collect();
    assert_eq!(proposal.shelters.len(), 2);
    proposal
}

/// 港区・玄海町: sites were announced that nobody had opened. Here a text names those of which the shelter desk has said that they are
/// open, and no other; the page before the click says which are left out; and a site that is shut or full between the text and the
/// click stops the click.
#[test]
fn minato_and_genkai_a_site_that_nobody_opened_is_not_named_and_one_that_shuts_stops_the_click() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let proposal = near_two_sites(&hall);
    let (one, two) = (proposal.shelters[0].clone(), proposal.shelters[1].clone());
    let advised = hall.recommends_this(&proposal);
    let ando = Hall::person("ando");
    let named = |hall: &Hall| {
        let draft = hall.prepares(&ando, &advised, LEVEL_3).unwrap();
        let facts = draft.notice.content().facts();
        let names: Vec<String> = facts.shelters.iter().map(|s| s.name.clone()).collect();
        (draft, names)
    };
    assert!(named(&hall).1.is_empty(), "nobody said that one is open");
    for shut in [
        ShelterState::Closed,
        ShelterState::Full,
        ShelterState::Unreachable,
    ] {
        hall.shelter_is(&one.id, Some(shut));
        assert!(named(&hall).1.is_empty(), "{shut:?}");
    }
    hall.shelter_is(&one.id, Some(ShelterState::Open));
    let (draft, names) = named(&hall);
    assert_eq!(names, std::slice::from_ref(&one.name));
    let stored = hall.app.store.read(|view| view.proposal(&advised)).unwrap();
    let beside = Beside {
        live: &[],
        decided_on: stored.as_ref().map(|stored| &stored.proposal),
        open: &[],
        own_words: "",
    };
    let warned = examine::warning(examine::findings(&hall.app, &draft.notice, &beside));
    assert!(
        warned
            .iter()
            .any(|one| one.ja.contains(&two.name) && one.ja.contains("載せません")),
        "{warned:?}"
    );
    for now in [
        Some(ShelterState::Closed),
        Some(ShelterState::Full),
        Some(ShelterState::Unreachable),
        None,
    ] {
        hall.shelter_is(&one.id, now);
        let refused = hall.approves(&ando, &draft).err().unwrap().to_string();
        assert!(refused.contains(&one.name), "{now:?}: {refused}");
    }
    hall.shelter_is(&one.id, Some(ShelterState::Open));
    assert!(matches!(
        hall.approves(&ando, &draft),
        Ok(Outcome::Published(_))
    ));
}

/// 小野市: six test mails left during maintenance. Here a restart sends again nothing that has left, and nothing that was
/// only prepared.
#[test]
fn ono_maintenance_and_restarts_send_nothing() {
    let reference = reference();
    let mut hall = Hall::opens(&reference, Realm::Actual);
    hall.two_issue("十勝川", LEVEL_4);
    hall.delivers();
    let proposal = hall.recommends("札内川", LEVEL_4);
    let duty = Hall::person("duty");
    let draft = hall.prepares(&duty, &proposal, LEVEL_4).unwrap();
    hall.approves(&duty, &draft).unwrap();
    for _ in 0..6 {
        hall.starts_again(&reference);
        hall.delivers();
        assert_eq!(hall.reached_outside(), 0, "after a restart");
    }
}

/// 亘理町・山元町: a drill mail was scheduled and not cancelled. Here there is no schedule: what was taken back, and what the
/// second person did not complete, never leaves, whatever time it becomes.
#[test]
fn watari_nothing_is_scheduled() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let duty = Hall::person("duty");
    for (river, taken_back) in [("十勝川", true), ("札内川", false)] {
        let proposal = hall.recommends(river, LEVEL_4);
        let draft = hall.prepares(&duty, &proposal, LEVEL_4).unwrap();
        hall.approves(&duty, &draft).unwrap();
        if taken_back {
            second::withdraw(&hall.app, &duty, draft.notice.id().as_str()).unwrap();
        }
    }
    for _ in 0..100 {
        hall.seconds_pass(600);
        hall.delivers();
    }
    assert_eq!(hall.reached_outside(), 0);
}

/// 常総市 2015: eight districts were ordered out, 上三坂 where the dike broke was not, and nobody saw it missing. Here a district of
/// the same or a higher hazard, in whichever recommendation it stands, is named before the click, and is left out only for
/// a reason in the officer's own words.
#[test]
fn joso_a_district_in_another_recommendation_is_not_left_out_unsaid() {
    let mut hall = Hall::opens(&reference(), Realm::Actual);
    let river = "鬼怒川";
    let town = std::sync::Arc::clone(&hall.app.reference.town);
    let unit = |n: usize| (town.districts[n].id.clone(), town.districts[n].name.clone());
    let (first, second, kamimisaka) = (unit(3), unit(4), unit(40));
    let of = |level, units: &[&(String, String)]| {
        let mut proposal =
            crate::hall::proposal(river, level, "2016-08-30T18:00:00Z".parse().unwrap());
        let district = proposal.districts[0].clone();
        proposal.districts = units
            .iter()
            .map(|(id, name)| {
                let mut district = district.clone();
                (district.id, district.name) = (id.clone(), name.clone());
                district
            })
            .collect();
        proposal
    };
    let two = hall.recommends_this(&of(LEVEL_3, &[&first, &second]));
    let other = hall.recommends_this(&of(LEVEL_4, &[&kamimisaka]));
    let ando = Hall::person("ando");
    let prepares = |hall: &Hall, id: &str, reason| {
        let stored = hall.app.store.read(|view| view.proposal(id)).unwrap();
        let read = stored.unwrap().proposal.substance();
        desk::prepare_issue(&hall.app, &ando, id, LEVEL_4, reason, &read)
    };
    let adopted = Reason {
        code: "line",
        words: "氾濫危険水位に達した",
    };
    let refused = prepares(&hall, &two, adopted).err().unwrap().to_string();
    assert!(
        refused.contains(&kamimisaka.1) && refused.contains("除く理由を書いてください"),
        "{refused}"
    );
    // For a reason of one's own it can be prepared, and the page before the click says who is left out and why.
    let own = Reason {
        code: "own",
        words: "上三坂は別の発表で同時に出す",
    };
    let draft = prepares(&hall, &two, own).unwrap();
    let said = hall.app.store.read(|view| {
        let open = view.open_items()?;
        Ok(open
            .into_iter()
            .map(|item| item.proposal)
            .collect::<Vec<_>>())
    });
    let said = said.unwrap();
    let beside = Beside {
        live: &[],
        decided_on: None,
        open: &said,
        own_words: own.words,
    };
    let warned = examine::warning(examine::findings(&hall.app, &draft.notice, &beside));
    assert!(
        warned
            .iter()
            .any(|one| one.ja.contains(&kamimisaka.1) && one.ja.contains(own.words)),
        "{warned:?}"
    );
    // Once 上三坂 has its order, nothing is missing.
    let draft = prepares(&hall, &other, own).unwrap();
    hall.approves(&ando, &draft).unwrap();
    let (id, read) = (draft.notice.id().as_str(), draft.notice.content().digest());
    let baba = Hall::person("baba");
    second::choose(&hall.app, &baba, id, Choice::Issue(LEVEL_4)).unwrap();
    second::approve(&hall.app, &baba, id, &read).unwrap();
    let complete = prepares(&hall, &two, adopted).unwrap();
    // And one that is asked for between the text and the click stops the click.
    let late = unit(41);
    hall.recommends_this(&of(LEVEL_4, &[&late]));
    let refused = hall.approves(&ando, &complete).err().unwrap().to_string();
    assert!(refused.contains(&late.1), "{refused}");
}
