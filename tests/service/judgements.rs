//! 職員の判断: an officer asks for an order that no recommendation asks for, or wants other districts than were asked about. It waits
//! as everything does, passes the same gate, and nobody lets their own out alone.

mod by_json;
mod edits;
mod evaluated;
mod gate;
mod stating;

use hinan::approve::officer::Officer;
use hinan::approve::rule::Choice;
use hinan::desk::judge::{self, Stated};
use hinan::desk::{Declined, second};
use hinan::engine::{Advice, Engine};
use hinan::recommend::level::OrderLevel;
use hinan::recommend::told::Told;
use hinan::store::audit::Entry;
use hinan::store::drafts::StoredDraft;
use hinan::store::proposals::StoredProposal;
use hinan_sensors::Reading;
use hinan_town::storm;
use jiff::Timestamp;

use crate::hall::Hall;
use crate::town_reference::plain;

const LEVEL_3: OrderLevel = OrderLevel::ElderlyEvacuation;
const LEVEL_4: OrderLevel = OrderLevel::EvacuationOrder;
const LEVEL_5: OrderLevel = OrderLevel::EmergencySafety;
const RIVER: &str = "札内川";
const WORDS: &str = "巡視の佐藤が堤防の亀裂を確認した";

/// The first so many districts of the town.
fn units(n: usize) -> Vec<String> {
    let districts = plain().town.districts.iter();
    districts.take(n).map(|one| one.id.clone()).collect()
}

fn asks<'a>(level: OrderLevel, units: &'a [String]) -> Stated<'a> {
    Stated {
        about: RIVER,
        level,
        units,
        way: None,
        words: WORDS,
        valid_h: None,
    }
}

fn stored(hall: &Hall, id: &str) -> StoredProposal {
    let found = hall.app.store.read(|view| view.proposal(id));
    found.unwrap().expect("it is there")
}

fn waiting(hall: &Hall) -> Vec<StoredProposal> {
    hall.app.store.read(|view| view.open_proposals()).unwrap()
}

fn story(hall: &Hall, of: &str) -> Vec<Entry> {
    hall.app.store.read(|view| view.audit_of(of)).unwrap()
}

fn id_of(draft: &StoredDraft) -> &str {
    draft.notice.id().as_str()
}

/// The second person agrees and lets it out.
fn completes(hall: &Hall, who: &Officer, draft: &StoredDraft) -> Result<(), Declined> {
    let same = Choice::of(draft.notice.content().facts());
    second::choose(&hall.app, who, id_of(draft), same)?;
    let read = draft.notice.content().digest();
    second::approve(&hall.app, who, id_of(draft), &read).map(drop)
}

/// Puts an order of this level into force for these districts.
fn order(hall: &Hall, level: OrderLevel, units: &[String]) {
    let duty = Hall::person("duty");
    let id = judge::state(&hall.app, &duty, &asks(level, units)).unwrap();
    let draft = hall.prepares(&duty, &id, level).unwrap();
    hall.approves(&duty, &draft).unwrap();
    completes(hall, &Hall::person("ando"), &draft).unwrap();
}

/// Advice at an hour of the storm, with this told. Without models: the levels alone.
fn storm_at(hour: &str, told: &Told) -> Advice {
    let storm = storm();
    let until: Timestamp = hour.parse().unwrap();
    let mut engine = Engine::new(plain().clone());
    for row in (0..storm.len()).take_while(|row| storm.time(*row) <= until) {
        for (column, gauge) in storm.gauges().iter().enumerate() {
            if let Some(level_m) = storm.level(row, column) {
                engine.take(&Reading {
                    station: gauge.parse().unwrap(),
                    at: storm.time(row),
                    level_m,
                    sequence: None,
                });
            }
        }
    }
    engine.tell(told.clone());
    engine.evaluate(until).unwrap()
}

const FLOOD: &str = "2016-08-31T03:00:00+09:00";
