//! How long it takes to put a notice into words and bytes.

use criterion::{Criterion, criterion_group, criterion_main};
use hinan::approve::compose::{self, Choice};
use hinan::approve::facts::Facts;
use hinan::approve::notice::NoticeId;
use hinan::config::Config;
use hinan::engine::Engine;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use hinan::recommend::proposal::ConcernedDistrict;
use hinan_notice::document::cap;
use hinan_notice::text::{AreaMailLimits, Phrasebook, Texts};
use hinan_sensors::Reading;
use hinan_town::{FLOOD_HOUR, OBIHIRO};
use jiff::Timestamp;

/// The largest notice that the town can need: one river's flood, and every district at once.
fn whole_town() -> Facts {
    let mut config = Config::defaults();
    config.models.enabled = false;
    let reference = hinan::town::load(&config).expect("the built-in town loads");
    let now: Timestamp = FLOOD_HOUR.parse().expect("a fixed and valid time");
    let mut engine = Engine::new(reference.clone());
    engine.take(&Reading {
        station: OBIHIRO.parse().expect("a station"),
        at: now,
        level_m: 37.71,
        sequence: None,
    });
    let advice = engine.preview(now).expect("the gauges form a history");
    let mut proposal = advice
        .proposals
        .first()
        .expect("the danger level is reached")
        .clone();
    let concerned = |district: &hinan_gis::District| ConcernedDistrict {
        id: district.id.clone(),
        name: district.name.clone(),
        name_en: district.name_en.clone().unwrap_or_default(),
        people_in_zone: district.people_in_zone(),
    };
    proposal.districts = reference.town.districts.iter().map(concerned).collect();
    let choice = Choice {
        level: OrderLevel::EvacuationOrder,
        id: NoticeId::try_from("jp-012076-bench".to_owned()).expect("a valid id"),
        at: now,
        replaces: Vec::new(),
        valid_h: None,
        open: proposal.shelters.iter().map(|s| s.id.clone()).collect(),
    };
    let gauge = advice.outlook.gauges.get(&proposal.gauge);
    let realm = Realm::Exercise;
    compose::issue(
        realm,
        &reference.town,
        &config.publish,
        &proposal,
        gauge,
        choice,
    )
}

// Budget: 5 ms. The text is made anew each time an officer opens a sheet, three levels at once; a page must not
// wait for it noticeably, and the size of the largest notice stays far below the limit of a document.
fn render_cap_for_the_whole_town(c: &mut Criterion) {
    let facts = whole_town();
    let book = Phrasebook::built_in();
    let write = || {
        let texts = Texts::of(&facts, &book, &AreaMailLimits::default());
        cap::write(&facts, &texts).expect("the facts make a document")
    };
    let bytes = write().len();
    assert!(bytes < cap::DOCUMENT_MAX_BYTES / 2, "{bytes} bytes");
    c.bench_function("render_cap_for_the_whole_town", |b| {
        b.iter(write);
    });
}

criterion_group!(benches, render_cap_for_the_whole_town);
criterion_main!(benches);
