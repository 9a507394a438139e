//! A town's notice, written by hand.

use hinan_notice::check::{Shelter, ShelterState, Surroundings, Unit};
use hinan_notice::document::cap;
use hinan_notice::facts::{
    Certainty, Facts, Hazard, Kind, NamedShelter, NoticeDistrict, Reference,
};
use hinan_notice::id::NoticeId;
use hinan_notice::level::OrderLevel;
use hinan_notice::realm::Realm;
use hinan_notice::text::{AreaMailLimits, Phrasebook, Texts};
use jiff::{SignedDuration, Timestamp};

/// An order of level 4 for two districts, sent in the evening.
pub(crate) fn order(name: &str) -> Facts {
    let sent: Timestamp = "2026-09-12T12:04:00Z".parse().unwrap();
    let district = |id: &str, name: &str, west: f64| NoticeDistrict {
        id: id.to_owned(),
        name: name.to_owned(),
        kana: Some("まち".to_owned()),
        name_en: format!("{id} & Co."),
        rings: vec![vec![
            [west, 42.90],
            [west + 0.01, 42.90],
            [west + 0.01, 42.91],
            [west, 42.91],
            [west, 42.90],
        ]],
    };
    Facts {
        id: NoticeId::try_from(format!("jp-012076-{name}")).unwrap(),
        realm: Realm::Actual,
        kind: Kind::Issue,
        town_code: "012076".to_owned(),
        town: "川上町".to_owned(),
        town_en: "Kawakami".to_owned(),
        level: OrderLevel::EvacuationOrder,
        hazard: Hazard::Flood,
        river: "清川".to_owned(),
        river_en: "Kiyo River".to_owned(),
        districts: vec![district("higashi", "東町", 143.20), district("nishi", "西町", 143.21)],
        people_in_zone: 900,
        shelters: vec![NamedShelter {
            id: "s1".to_owned(),
            name: "中央小学校".to_owned(),
        }],
        ground: "清川の橋観測所の水位は、9月12日(土) 21:00に3.20 m(氾濫危険水位以上)で、上昇しています。\"記録\" <上流> & 'ほか'".to_owned(),
        ground_en: "The Kiyo River stood at 3.20 m > danger, rising.\r\nSecond line".to_owned(),
        certainty: Certainty::Observed,
        replaces: Vec::new(),
        sent,
        expires: sent + SignedDuration::from_hours(12),
        sender: "bosai@example.lg.jp".to_owned(),
        sender_name: "川上町".to_owned(),
        public_url: "http://127.0.0.1:8080/".to_owned(),
        note: String::new(),
        corrects: None,
        earlier: Vec::new(),
    }
}

/// The end of an order.
pub(crate) fn ended(name: &str, kind: Kind, order: &Facts) -> Facts {
    let mut facts = order.clone();
    facts.id = NoticeId::try_from(format!("jp-012076-{name}")).unwrap();
    facts.kind = kind;
    facts.sent = order.sent + SignedDuration::from_hours(2);
    facts.expires = facts.sent + SignedDuration::from_hours(72);
    facts.shelters.clear();
    facts.note = "水位が下がり、現地で確認した".to_owned();
    facts.replaces = vec![Reference {
        sender: order.sender.clone(),
        id: order.id.clone(),
        sent: order.sent,
    }];
    facts
}

pub(crate) fn texts(facts: &Facts) -> Texts {
    Texts::of(facts, &Phrasebook::built_in(), &AreaMailLimits::default())
}

pub(crate) fn document(facts: &Facts) -> Vec<u8> {
    cap::write(facts, &texts(facts)).unwrap()
}

/// A town in which that order is right.
pub(crate) fn town<'s>() -> Surroundings<'s> {
    let unit = |name: &str| Unit {
        name: name.to_owned(),
        name_en: None,
        advised_level: 4,
        neighbours: Vec::new(),
    };
    Surroundings {
        units: [
            ("higashi".to_owned(), unit("東町")),
            ("nishi".to_owned(), unit("西町")),
        ]
        .into(),
        shelters: [(
            "s1".to_owned(),
            Shelter {
                state: ShelterState::Open,
                valid_for_hazard: true,
                inside_hazard: false,
            },
        )]
        .into(),
        town_box: Some([143.0, 42.8, 143.4, 43.0]),
        ..Surroundings::default()
    }
}
