//! How long it takes to put a notice into words and bytes.

use criterion::{Criterion, criterion_group, criterion_main};
use hinan::approve::facts::{Facts, Kind, NamedShelter, NoticeDistrict};
use hinan::approve::notice::NoticeId;
use hinan::config::Config;
use hinan::publish::channel::cap;
use hinan::realm::Realm;
use hinan::recommend::level::OrderLevel;
use jiff::{SignedDuration, Timestamp};

/// The largest notice that the town can need: every district at once.
fn whole_town() -> Facts {
    let config = Config::defaults();
    let town = hinan::town::town(&config).expect("the built-in town loads");
    let sent: Timestamp = "2016-08-30T18:00:00Z".parse().expect("a fixed and valid time");
    let districts = town
        .districts
        .iter()
        .map(|district| NoticeDistrict {
            id: district.id.clone(),
            name: district.name.clone(),
            name_en: district.name_en.clone().unwrap_or_default(),
            rings: district
                .outline
                .iter()
                .map(|polygon| polygon.exterior().0.iter().map(|c| [c.x, c.y]).collect())
                .collect(),
        })
        .collect();
    Facts {
        id: NoticeId::try_from("jp-012076-bench".to_owned()).expect("a valid id"),
        realm: Realm::Exercise,
        kind: Kind::Issue,
        town_code: town.code.clone(),
        town: town.name.clone(),
        town_en: town.name_en.clone(),
        level: OrderLevel::EvacuationOrder,
        river: "十勝川".to_owned(),
        river_en: "Tokachi River".to_owned(),
        districts,
        people_in_zone: 10_000,
        shelters: town
            .shelters
            .iter()
            .take(6)
            .map(|s| NamedShelter {
                id: s.id.clone(),
                name: s.name.clone(),
            })
            .collect(),
        ground: "十勝川の水位は、帯広観測所で37.71 mです。".to_owned(),
        ground_en: "The Tokachi River stood at 37.71 m.".to_owned(),
        replaces: Vec::new(),
        sent,
        expires: sent + SignedDuration::from_hours(12),
        sender: config.publish.sender,
        sender_name: town.name,
        public_url: config.publish.public_url,
        note: String::new(),
    }
}

// Budget: 5 ms. The text is made anew each time an officer opens a sheet, three levels at once; a page must not
// wait for it noticeably, and the size of the largest notice stays far below the limit of a document.
fn render_cap_for_the_whole_town(c: &mut Criterion) {
    let facts = whole_town();
    let bytes = cap::write(&facts).expect("the facts make a document").len();
    assert!(bytes < cap::DOCUMENT_MAX_BYTES / 2, "{bytes} bytes");
    c.bench_function("render_cap_for_the_whole_town", |b| {
        b.iter(|| cap::write(&facts).expect("the facts make a document"));
    });
}

criterion_group!(benches, render_cap_for_the_whole_town);
criterion_main!(benches);
