//! The state machine of the gate under random clicks: real desk, real record, officers of every role, right and wrong
//! digests, time that jumps, channels that take what they are owed.
//!
//! 50,000 steps by default; `HINAN_GATE_STEPS=1000000` for a night.

use std::collections::{BTreeMap, BTreeSet};

use hinan::approve::facts::{Facts, Kind};
use hinan::approve::notice::{Content, How};
use hinan::approve::officer::{Officer, Role};
use hinan::approve::rule::{Choice, Needs};
use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::judge::{self, Edit, Stated};
use hinan::desk::second::{self, Chosen};
use hinan::desk::{self, Outcome, attention};
use hinan::digest::Digest;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::store::audit::Chain;
use hinan::store::drafts::StoredDraft;
use hinan::store::proposals::ProposalState;
use hinan_town::SeededChance;
use jiff::Timestamp;

use crate::channels::key;
use crate::hall::{Hall, REASON, reference};
use crate::taken;

/// Each town lives through so many clicks; then the next one begins with an empty record.
const STEPS_PER_TOWN: u64 = 500;
const RIVERS: [&str; 3] = ["十勝川", "札内川", "帯広川"];

/// What the test itself remembers, to hold the service against.
#[derive(Default)]
struct Remembered {
    drafts: Vec<StoredDraft>,
    open: Vec<String>,
    /// First approvals that were taken: officer and time.
    first: BTreeMap<String, (String, Timestamp)>,
    /// Second choices that were taken, the first of each officer.
    choices: BTreeMap<(String, String), Choice>,
    /// What was let out, in order.
    published: Vec<String>,
    /// The level of each, and who had which prepared text on screen.
    levels: BTreeMap<String, OrderLevel>,
    opened: BTreeSet<(String, String)>,
    /// Recommendations that a decision ended.
    decided: BTreeSet<String>,
    /// What officers asked for of their own accord, and who.
    stated: BTreeMap<String, String>,
    refused: u64,
}

impl Remembered {
    /// The newest draft that a first person approved and that is not out.
    fn waiting(&self) -> Option<&StoredDraft> {
        self.drafts.iter().rev().find(|draft| {
            let id = draft.notice.id().as_str();
            self.first.contains_key(id) && !self.published.iter().any(|out| out == id)
        })
    }
}

#[derive(Default, Debug)]
struct Counted {
    steps: u64,
    alone: u64,
    two: u64,
    lone: u64,
    remedies: u64,
    judged: u64,
    refused: u64,
    delivered: usize,
}

/// The rules of the town, told again independently of the code under test.
fn wants_two(known: &Remembered, facts: &Facts) -> bool {
    match facts.kind {
        Kind::Lift => true,
        Kind::Cancel => false,
        Kind::Issue => is_less(known, facts) || facts.level == OrderLevel::EvacuationOrder,
    }
}

/// Whether this officer asked for it of their own accord.
fn is_author(known: &Remembered, draft: &StoredDraft, who: &Officer) -> bool {
    let of = draft.proposal.as_ref().and_then(|id| known.stated.get(id));
    of.is_some_and(|author| *author == who.name)
}

/// A correction that makes less of what it corrects.
fn is_less(known: &Remembered, facts: &Facts) -> bool {
    facts.corrects.as_ref().is_some_and(|one| {
        !one.left_out.is_empty() || facts.level < known.levels[one.notice.as_str()]
    })
}

fn may_let_out(who: &Officer, level: OrderLevel) -> bool {
    match who.name.as_str() {
        "ando" | "baba" => true,
        "chiba" => level == OrderLevel::ElderlyEvacuation,
        _ => false,
    }
}

#[test]
fn random_clicks_never_publish_without_the_required_approvals_nor_decide_twice_nor_change_a_byte() {
    let wanted: u64 = std::env::var("HINAN_GATE_STEPS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(50_000);
    let reference = reference();
    let folder = tempfile::tempdir().unwrap();
    let key = key(folder.path());
    let towns = wanted.div_ceil(STEPS_PER_TOWN);
    let hands = std::thread::available_parallelism()
        .map_or(1, |n| n.get() as u64)
        .min(towns);
    let parts: Vec<Counted> = std::thread::scope(|scope| {
        let running: Vec<_> = (0..hands)
            .map(|hand| {
                let (reference, key) = (&reference, &key);
                scope.spawn(move || {
                    let mut counted = Counted::default();
                    let mut hall = Hall::opens(reference, Realm::Actual);
                    for town in (hand..towns).filter(|town| town % hands == hand) {
                        let realm = if town.is_multiple_of(4) || town % 4 == 3 {
                            Realm::Actual
                        } else {
                            Realm::Exercise
                        };
                        hall = hall.begins_anew(reference, realm);
                        // Half of the towns, of each realm: a signature, and a channel of every kind.
                        if town % 8 >= 4 {
                            hall.sends_everywhere(key);
                        }
                        live_through(&mut hall, town, &mut counted);
                    }
                    counted
                })
            })
            .collect();
        running.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut all = Counted::default();
    for part in parts {
        all.steps += part.steps;
        all.alone += part.alone;
        all.two += part.two;
        all.lone += part.lone;
        all.remedies += part.remedies;
        all.judged += part.judged;
        all.refused += part.refused;
        all.delivered += part.delivered;
    }
    eprintln!("{towns} towns: {all:?}");
    assert!(all.steps >= wanted);
    // A walk that never reaches the outside proves nothing.
    let steps = all.steps;
    assert!(all.remedies > steps / 2000, "{all:?}");
    assert!(all.judged > steps / 2000, "{all:?}");
    assert!(
        all.alone > steps / 500 && all.two > steps / 1000 && all.lone > steps / 5000,
        "{all:?}"
    );
    assert!(
        all.delivered as u64 >= (all.alone + all.two + all.lone) * 2 * 9 / 10,
        "{all:?}"
    );
}

fn live_through(hall: &mut Hall, seed: u64, counted: &mut Counted) {
    let mut chance = SeededChance::new(seed);
    let realm = hall.app.config.service.realm;
    let mut known = Remembered::default();
    let staff = Hall::staff();
    for _ in 0..STEPS_PER_TOWN {
        let who = staff[one_of(&mut chance, staff.len())].clone();
        step(hall, &mut known, &who, &mut chance, counted);
        counted.steps += 1;
    }
    hall.delivers();
    hold_against(hall, &known, realm);
    counted.refused += known.refused;
    counted.delivered += hall.reached_outside();
}

fn step(
    hall: &mut Hall,
    known: &mut Remembered,
    who: &Officer,
    chance: &mut SeededChance,
    counted: &mut Counted,
) {
    let level = OrderLevel::ALL[one_of(chance, 3)];
    let draft = (!known.drafts.is_empty()).then(|| {
        // Mostly one of the newest.
        let newest = known.drafts.len();
        known.drafts[newest - 1 - one_of(chance, newest.min(4))].clone()
    });
    let right = |chance: &mut SeededChance, digest: Digest| {
        if chance.between(0, 8) == 0 {
            Digest::of(b"another text")
        } else {
            digest
        }
    };
    let act = chance.between(0, 23);
    // The second half of a decision mostly goes on with what waits, by somebody who can: chance alone hardly gets there.
    let (draft, who) = match known.waiting() {
        Some(waiting) if (10..=14).contains(&act) && chance.between(0, 4) > 0 => {
            let chosen = known
                .choices
                .keys()
                .rev()
                .find(|(id, _)| id == waiting.notice.id().as_str());
            let able = match chosen {
                Some((_, officer)) => officer.clone(),
                None => ["ando", "baba"][one_of(chance, 2)].to_owned(),
            };
            (Some(waiting.clone()), Hall::person(&able))
        }
        _ => (draft, who.clone()),
    };
    let who = &who;
    match act {
        0 | 1 => {
            let river = RIVERS[one_of(chance, 3)];
            let open = hall.app.store.read(|view| view.open_proposals()).unwrap();
            if !open.iter().any(|p| {
                p.proposal.judgement.is_none()
                    && p.proposal.key.river == river
                    && p.proposal.key.level == level
            }) {
                let id = hall.recommends(river, level);
                known.open.push(id);
            }
        }
        2..=5 => {
            let Some(id) = pick(&known.open, chance) else {
                return;
            };
            // Now and then with one district more, or fewer, or for another time.
            let edit = edit(hall, &id, chance);
            match hall.prepares_edited(who, &id, level, &edit) {
                Ok(draft) => {
                    assert!(matches!(who.role, Role::DutyOfficer | Role::Approver));
                    let facts = draft.notice.content().facts();
                    if let Some(units) = &edit.units {
                        let named = facts.districts.iter().map(|one| one.id.as_str());
                        let wanted = units.iter().map(String::as_str);
                        assert_eq!(named.collect::<BTreeSet<_>>(), wanted.collect());
                    }
                    if known.stated.get(&id) == Some(&who.name) {
                        assert_eq!(draft.needs, Needs::Two, "nobody alone for their own");
                    }
                    known.drafts.push(draft);
                }
                Err(_) => known.refused += 1,
            }
        }
        6..=9 => {
            let Some(draft) = draft else { return };
            // Mostly whoever prepared it; sometimes anybody.
            let id = draft.notice.id().as_str().to_owned();
            let opened = known.opened.iter().rev().find(|(text, _)| *text == id);
            let reader = opened.map_or(&draft.author, |(_, officer)| officer);
            let who = if chance.between(0, 4) > 0 {
                Hall::person(reader)
            } else {
                who.clone()
            };
            let digest = draft.notice.content().digest();
            let read = right(chance, digest.clone());
            let facts = draft.notice.content().facts();
            // The clock of the hall runs on: a machine that stands still after the click makes no text old.
            let clicked = hall.now();
            match desk::approve(&hall.app, &who, &id, &read) {
                Ok(outcome) => {
                    assert_eq!(read, digest, "only what was read is approved");
                    let was_read = match draft.prepared_for {
                        None => who.name == draft.author,
                        Some(_) => known.opened.contains(&(id.clone(), who.name.clone())),
                    };
                    assert!(was_read, "nobody approves what another one read");
                    assert!(clicked.duration_since(draft.prepared_at).as_secs() <= 600);
                    match outcome {
                        Outcome::Published(notice) => {
                            assert!(!wants_two(known, facts), "two were wanted");
                            assert!(!is_author(known, &draft, &who), "alone for their own");
                            let of = draft.proposal.as_ref();
                            counted.judged +=
                                u64::from(of.is_some_and(|id| known.stated.contains_key(id)));
                            assert!(
                                may_let_out(&who, facts.level) && who.second_factor,
                                "{who:?}"
                            );
                            publish(known, &draft, notice.as_str());
                            counted.alone += 1;
                            counted.remedies += u64::from(draft.prepared_for.is_some());
                        }
                        Outcome::WaitsForSecond(_) => {
                            assert!(
                                wants_two(known, facts) || is_author(known, &draft, &who),
                                "{:?} {facts:?} {:?}",
                                draft.needs,
                                known.levels
                            );
                            assert!(
                                known
                                    .first
                                    .insert(id, (who.name.clone(), hall.now()))
                                    .is_none()
                            );
                        }
                    }
                }
                Err(_) => known.refused += 1,
            }
        }
        10 | 11 => {
            let Some(draft) = draft else { return };
            let id = draft.notice.id().as_str().to_owned();
            let same = Choice::of(draft.notice.content().facts());
            let choice = if chance.between(0, 4) > 0 {
                same
            } else {
                Choice::Issue(level)
            };
            match second::choose(&hall.app, who, &id, choice) {
                Ok(chosen) => {
                    let (first, _) = known
                        .first
                        .get(&id)
                        .expect("nobody is second before the first");
                    assert_ne!(*first, who.name, "the first is not the second");
                    let counts = *known
                        .choices
                        .entry((id, who.name.clone()))
                        .or_insert(choice);
                    assert_eq!(
                        chosen == Chosen::Agrees,
                        counts == same,
                        "what was chosen first counts"
                    );
                }
                Err(_) => known.refused += 1,
            }
        }
        12 | 13 => {
            let Some(draft) = draft else { return };
            let id = draft.notice.id().as_str().to_owned();
            let digest = draft.notice.content().digest();
            let read = right(chance, digest.clone());
            let facts = draft.notice.content().facts();
            match second::approve(&hall.app, who, &id, &read) {
                Ok(notice) => {
                    let (first, _) = known.first.get(&id).expect("a second needs a first");
                    assert_ne!(*first, who.name, "two persons are two");
                    assert!(!is_author(known, &draft, who), "the author comes second");
                    let of = draft.proposal.as_ref();
                    counted.judged += u64::from(of.is_some_and(|id| known.stated.contains_key(id)));
                    assert!(may_let_out(who, facts.level) && who.second_factor);
                    assert_eq!(read, digest);
                    let chosen = known.choices.get(&(id, who.name.clone()));
                    assert_eq!(
                        chosen.copied(),
                        Some(Choice::of(facts)),
                        "chosen before, and the same"
                    );
                    publish(known, &draft, notice.as_str());
                    counted.two += 1;
                }
                Err(_) => known.refused += 1,
            }
        }
        14 => {
            let Some(draft) = draft else { return };
            let id = draft.notice.id().as_str().to_owned();
            let who = match known.first.get(&id) {
                Some((first, _)) if chance.between(0, 4) > 0 => Hall::person(first),
                _ => who.clone(),
            };
            let read = draft.notice.content().digest();
            if chance.between(0, 2) == 0 {
                hall.seconds_pass(301);
            }
            match second::alone(&hall.app, &who, &id, &read) {
                Ok(notice) => {
                    let (first, at) = known.first.get(&id).expect("only the first may go alone");
                    assert_eq!(*first, who.name);
                    assert!(hall.now().duration_since(*at).as_secs() >= 300, "too early");
                    let facts = draft.notice.content().facts();
                    assert_ne!(facts.kind, Kind::Lift, "a lift is never urgent");
                    assert!(!is_less(known, facts), "neither is less");
                    assert!(may_let_out(&who, facts.level) && who.second_factor);
                    publish(known, &draft, notice.as_str());
                    counted.lone += 1;
                }
                Err(_) => known.refused += 1,
            }
        }
        15 => {
            let Some(draft) = draft else { return };
            match second::withdraw(&hall.app, who, draft.notice.id().as_str()) {
                Ok(()) => {
                    let (first, _) = &known.first[draft.notice.id().as_str()];
                    assert_eq!(*first, who.name);
                }
                Err(_) => known.refused += 1,
            }
        }
        16 => {
            let Some(id) = pick(&known.open, chance) else {
                return;
            };
            let stored = hall
                .app
                .store
                .read(|view| view.proposal(&id))
                .unwrap()
                .unwrap();
            match chance.between(0, 3) {
                0 => match desk::decline(&hall.app, who, &id, REASON, &stored.proposal.substance())
                {
                    Ok(()) => assert!(known.decided.insert(id), "decided twice"),
                    Err(_) => known.refused += 1,
                },
                1 => {
                    // A newer recommendation takes its place.
                    let was_open = hall
                        .app
                        .store
                        .write(|tx| tx.close_proposal(&id, ProposalState::Superseded, None))
                        .unwrap();
                    assert_eq!(was_open, stored.state == ProposalState::Open);
                }
                _ => {
                    let _ = attention::acknowledge(&hall.app, who, &id);
                    attention::pass_on(&hall.app).unwrap();
                }
            }
        }
        17 => {
            let Some(id) = pick(&known.published, chance) else {
                return;
            };
            let kind = if chance.between(0, 2) == 0 {
                Kind::Lift
            } else {
                Kind::Cancel
            };
            match hall.ends(who, &id, kind) {
                Ok(draft) => known.drafts.push(draft),
                Err(_) => known.refused += 1,
            }
        }
        18 => {
            let jump = [1, 20, 60, 200, 310, 700, 86_400][one_of(chance, 7)];
            hall.seconds_pass(jump);
            if chance.between(0, 3) == 0 {
                let before = hall.now() - jiff::SignedDuration::from_mins(10);
                hall.app
                    .store
                    .write(|tx| tx.drop_old_drafts(before))
                    .unwrap();
            }
        }
        19 => {
            let Some(id) = pick(&known.published, chance) else {
                return;
            };
            let remedy = Remedy::ALL[one_of(chance, 2)];
            match beforehand::open(&hall.app, who, &id, remedy) {
                Ok(draft) => {
                    assert!(matches!(who.role, Role::DutyOfficer | Role::Approver));
                    let text = draft.notice.id().to_string();
                    known.opened.insert((text, who.name.clone()));
                    known.drafts.push(draft);
                }
                Err(_) => known.refused += 1,
            }
        }
        20 => {
            let units = some_units(chance);
            let stated = Stated {
                about: RIVERS[one_of(chance, 3)],
                level,
                units: &units,
                way: None,
                words: ["巡視の報告", "住民の通報", "所長の判断"][one_of(chance, 3)],
                valid_h: None,
            };
            match judge::state(&hall.app, who, &stated) {
                Ok(id) => {
                    assert!(matches!(who.role, Role::DutyOfficer | Role::Approver));
                    known.stated.insert(id.clone(), who.name.clone());
                    known.open.push(id);
                }
                Err(_) => known.refused += 1,
            }
        }
        21 => {
            let Some(id) = pick(&known.open, chance) else {
                return;
            };
            if chance.between(0, 3) > 0 {
                return;
            }
            match judge::withdraw(&hall.app, who, &id, "取り下げます") {
                Ok(()) => {
                    assert!(known.stated.contains_key(&id), "only what was stated");
                    assert!(matches!(who.role, Role::DutyOfficer | Role::Approver));
                    assert!(known.decided.insert(id), "decided twice");
                }
                Err(_) => known.refused += 1,
            }
        }
        _ => hall.delivers(),
    }
}

/// One to three districts of the town.
fn some_units(chance: &mut SeededChance) -> Vec<String> {
    let districts = &crate::town_reference::plain().town.districts;
    let first = one_of(chance, districts.len() - 2);
    let many = 1 + one_of(chance, 3);
    districts[first..first + many]
        .iter()
        .map(|one| one.id.clone())
        .collect()
}

/// Mostly nothing; else other districts than were asked about, or another time.
fn edit(hall: &Hall, id: &str, chance: &mut SeededChance) -> Edit {
    let mut edit = Edit::default();
    match chance.between(0, 8) {
        0 => edit.valid_h = Some(1 + u32::try_from(one_of(chance, 48)).unwrap()),
        1 => {
            let stored = hall.app.store.read(|view| view.proposal(id)).unwrap();
            let asked = stored.map(|stored| stored.proposal.districts);
            let mut units: BTreeSet<String> = some_units(chance).into_iter().collect();
            units.extend(asked.into_iter().flatten().map(|one| one.id));
            edit.units = Some(units.into_iter().collect());
        }
        2 => edit.units = Some(some_units(chance)),
        _ => {}
    }
    edit
}

/// A place in a list of this length.
fn one_of(chance: &mut SeededChance, length: usize) -> usize {
    usize::try_from(chance.between(0, length as u64)).unwrap()
}

fn pick(all: &[String], chance: &mut SeededChance) -> Option<String> {
    // Mostly one of the newest.
    let newest = all.len();
    (newest > 0).then(|| all[newest - 1 - one_of(chance, newest.min(5))].clone())
}

fn publish(known: &mut Remembered, draft: &StoredDraft, notice: &str) {
    assert_eq!(notice, draft.notice.id().as_str());
    assert!(
        !known.published.contains(&notice.to_owned()),
        "published twice"
    );
    if let Some(proposal) = &draft.proposal {
        assert!(
            known.decided.insert(proposal.clone()),
            "{proposal} was decided twice"
        );
    }
    known.published.push(notice.to_owned());
    let level = draft.notice.content().facts().level;
    known.levels.insert(notice.to_owned(), level);
}

/// What the record holds is exactly what was let out, and what reached the outside is exactly what was read.
fn hold_against(hall: &Hall, known: &Remembered, realm: Realm) {
    let (notices, chain) = hall
        .app
        .store
        .read(|view| Ok((view.notices(10_000)?, view.verify_audit()?)))
        .unwrap();
    assert!(matches!(chain, Chain::Whole { .. }), "{chain:?}");
    let in_record: BTreeSet<String> = notices.iter().map(|n| n.id().to_string()).collect();
    let let_out: BTreeSet<String> = known.published.iter().cloned().collect();
    assert_eq!(in_record, let_out, "nothing else is a notice");
    let read: BTreeMap<String, &Content> = known
        .drafts
        .iter()
        .map(|draft| (draft.notice.id().to_string(), draft.notice.content()))
        .collect();
    for notice in &notices {
        let facts = notice.content().facts();
        assert_eq!(
            notice.content().document(),
            read[notice.id().as_str()].document(),
            "not what was read"
        );
        assert_eq!(
            facts.realm, realm,
            "a record of one realm holds notices of it only"
        );
        let word = format!("<status>{}</status>", realm.cap_status());
        assert!(String::from_utf8_lossy(notice.content().document()).contains(&word));
        if wants_two(known, facts) {
            assert_ne!(*notice.state().how(), How::One);
        }
    }
    for channel in hall.app.dispatch.channels() {
        let taken = hall
            .outside
            .get(channel)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let once: BTreeSet<&str> = taken.iter().map(|(id, _)| id.as_str()).collect();
        assert_eq!(once.len(), taken.len(), "{channel:?} took something twice");
        assert_eq!(once.len(), let_out.len(), "{channel:?} took all of it");
        for (id, bytes) in taken {
            taken::holds(hall, channel, read[id.as_str()], bytes);
        }
    }
    let rules = hall.app.config.approve.rules();
    assert_eq!(
        rules.needs(Kind::Issue, OrderLevel::EvacuationOrder),
        Needs::Two
    );
}

/// The other half of the proof: nothing that was born in an exercise can be approved, owed or opened in the live world.
#[test]
fn no_record_born_in_an_exercise_can_become_real() {
    let reference = reference();
    let mut drill = Hall::opens(&reference, Realm::Exercise);
    let live = Hall::opens(&reference, Realm::Actual);
    let mut chance = SeededChance::new(7);
    for n in 0..200 {
        let level = OrderLevel::ALL[one_of(&mut chance, 3)];
        let river = format!("川{n}");
        let proposal = drill.recommends(&river, level);
        let draft = drill
            .prepares(&Hall::person("ando"), &proposal, level)
            .unwrap();
        let id = draft.notice.id().as_str();
        let read = draft.notice.content().digest();
        for name in ["ando", "baba"] {
            let who = Hall::person(name);
            assert!(desk::approve(&live.app, &who, id, &read).is_err());
            assert!(
                second::choose(
                    &live.app,
                    &who,
                    id,
                    Choice::of(draft.notice.content().facts())
                )
                .is_err()
            );
            assert!(second::approve(&live.app, &who, id, &read).is_err());
            assert!(second::alone(&live.app, &who, id, &read).is_err());
        }
        assert!(
            live.prepares(&Hall::person("ando"), &proposal, level)
                .is_err()
        );
        // Not even somebody who carries the rows over: the live record refuses a draft of another realm.
        let carried = live.app.store.write(|tx| tx.put_draft(&draft));
        assert!(
            carried.is_err(),
            "a draft of an exercise was taken into the live record"
        );
    }
    let published = drill.two_issue("十勝川", OrderLevel::EvacuationOrder);
    drill.delivers();
    assert!(drill.reached_outside() > 0);
    assert!(drill.outside.values().flatten().all(|(_, bytes)| {
        let text = String::from_utf8_lossy(bytes).into_owned();
        text.contains("<status>Exercise</status>")
            && text.contains("【訓練】")
            && !text.contains("<status>Actual</status>")
    }));
    assert!(
        live.ends(
            &Hall::person("ando"),
            published.notice.id().as_str(),
            Kind::Cancel
        )
        .is_err()
    );
    let notices = live.app.store.read(|view| view.notices(10)).unwrap();
    assert!(notices.is_empty());
    // The same folder can never be opened live.
    let (home, code) = (drill.home, &reference.town.code);
    drop(drill.app);
    let refused = hinan::store::Store::open(home.path(), Realm::Actual, code)
        .err()
        .unwrap();
    assert!(
        refused
            .to_string()
            .contains("realm is exercise, but this service is actual"),
        "{refused}"
    );
}
