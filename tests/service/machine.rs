//! The state machine of the gate under random clicks: real desk, real record, officers of every role, right and wrong
//! digests, time that jumps, channels that take what they are owed.
//!
//! 50,000 steps by default; `HINAN_GATE_STEPS=1000000` for a night.

mod clicks;
mod held_against;

use std::collections::{BTreeMap, BTreeSet};

use hinan::approve::facts::Kind;
use hinan::approve::rule::Choice;
use hinan::desk;
use hinan::desk::second;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::store::drafts::StoredDraft;
use hinan_town::SeededChance;
use jiff::Timestamp;

use self::clicks::step;
use self::held_against::hold_against;
use crate::channels::key;
use crate::hall::{Hall, reference};

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

/// A place in a list of this length.
fn one_of(chance: &mut SeededChance, length: usize) -> usize {
    usize::try_from(chance.between(0, length as u64)).unwrap()
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
