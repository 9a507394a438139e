//! One click after another: who does what to which text, and what the gate must say to it.

use std::collections::BTreeSet;

use hinan::approve::facts::{Facts, Kind};
use hinan::approve::officer::{Officer, Role};
use hinan::approve::rule::{Choice, Needs};
use hinan::desk::beforehand::{self, Remedy};
use hinan::desk::judge::{self, Edit, Stated};
use hinan::desk::second::{self, Chosen};
use hinan::desk::{self, Outcome, attention};
use hinan::digest::Digest;
use hinan::recommend::level::OrderLevel;
use hinan::store::drafts::StoredDraft;
use hinan::store::proposals::ProposalState;
use hinan_town::SeededChance;

use super::{Counted, RIVERS, Remembered, one_of};
use crate::hall::{Hall, REASON};

/// The rules of the town, told again independently of the code under test.
pub(super) fn wants_two(known: &Remembered, facts: &Facts) -> bool {
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

pub(super) fn step(
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
