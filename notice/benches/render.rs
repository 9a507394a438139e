//! How long a notice takes to be put into words, bytes and a signature. Limit: 5 ms for words and document of 200 districts,
//! because a sheet shows three levels at once; a signature must not be felt at the last click.

use criterion::{Criterion, criterion_group, criterion_main};
use hinan_notice::document::cap;
use hinan_notice::document::signature::{SigningKey, sign};
use hinan_notice::facts::{Certainty, Facts, Hazard, Kind, NoticeDistrict};
use hinan_notice::id::NoticeId;
use hinan_notice::level::OrderLevel;
use hinan_notice::realm::Realm;
use hinan_notice::text::{AreaMailLimits, Phrasebook, Texts};
use jiff::{SignedDuration, Timestamp};
use ring::rand::SystemRandom;

/// A town of 200 districts whose outlines have 30 corners each.
fn facts() -> Facts {
    let sent: Timestamp = "2026-09-12T12:04:00Z"
        .parse()
        .expect("a fixed and valid time");
    let districts = (0..200_u32).map(|n| {
        let centre = (
            143.0 + f64::from(n % 20) * 0.01,
            42.8 + f64::from(n / 20) * 0.01,
        );
        let mut ring: Vec<[f64; 2]> = (0..30)
            .map(|corner| f64::from(corner) / 30.0 * std::f64::consts::TAU)
            .map(|turn| [centre.0 + 0.004 * turn.cos(), centre.1 + 0.004 * turn.sin()])
            .collect();
        ring.push(ring[0]);
        NoticeDistrict {
            id: format!("d{n}"),
            name: format!("第{n}町内"),
            kana: None,
            name_en: format!("District {n}"),
            rings: vec![ring],
        }
    });
    Facts {
        id: NoticeId::try_from("jp-012076-bench".to_owned()).expect("a valid id"),
        realm: Realm::Exercise,
        kind: Kind::Issue,
        town_code: "012076".to_owned(),
        town: "川上町".to_owned(),
        town_en: "Kawakami".to_owned(),
        level: OrderLevel::EvacuationOrder,
        hazard: Hazard::Flood,
        river: "清川".to_owned(),
        river_en: "Kiyo River".to_owned(),
        districts: districts.collect(),
        people_in_zone: 40_000,
        shelters: Vec::new(),
        ground: "清川の水位は3.20 mです。".to_owned(),
        ground_en: "The Kiyo River stood at 3.20 m.".to_owned(),
        certainty: Certainty::Observed,
        replaces: Vec::new(),
        sent,
        expires: sent + SignedDuration::from_hours(12),
        sender: "bosai@example.lg.jp".to_owned(),
        sender_name: "川上町".to_owned(),
        public_url: "http://127.0.0.1:8080".to_owned(),
        note: String::new(),
        corrects: None,
        earlier: Vec::new(),
    }
}

fn render(c: &mut Criterion) {
    let (facts, book) = (facts(), Phrasebook::built_in());
    let texts = || Texts::of(&facts, &book, &AreaMailLimits::default());
    c.bench_function("words_of_200_districts", |b| b.iter(texts));
    let write = || cap::write(&facts, &texts()).expect("the facts make a document");
    c.bench_function("words_and_document_of_200_districts", |b| b.iter(write));
    let key = rcgen::KeyPair::generate().expect("a key");
    let certificate = rcgen::CertificateParams::new(vec!["bench.example".to_owned()])
        .and_then(|parameters| parameters.self_signed(&key))
        .expect("a certificate")
        .pem();
    let random = SystemRandom::new();
    let key = SigningKey::from_pem(
        key.serialize_pem().as_bytes(),
        certificate.as_bytes(),
        &random,
    )
    .expect("they fit");
    let document = write();
    c.bench_function("sign_with_ecdsa_p256", |b| {
        b.iter(|| sign(&document, &key, &random).expect("it can be signed"));
    });
}

criterion_group!(benches, render);
criterion_main!(benches);
