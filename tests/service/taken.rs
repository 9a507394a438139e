//! What a channel took, held against what an officer read.

use std::collections::BTreeSet;

use hinan::approve::facts::{Facts, Kind};
use hinan::approve::notice::Content;
use hinan::publish::outbox::ChannelName;
use hinan::realm::Realm;
use hinan_notice::document::{cap, signature};
use hinan_sensors::official::cap::{Alert, CapAlert, MsgType};
use hinan_sensors::official::{self, OfficialMessage, Standing};

use crate::hall::Hall;

/// What a channel took is what was read: the document but for its signature, which holds, and the words that were shown.
pub(crate) fn holds(hall: &Hall, channel: &ChannelName, read: &Content, taken: &[u8]) {
    let shown = hall.app.dispatch.texts(read.facts());
    assert_eq!(
        cap::texts_digest(read.document()),
        Some(shown.digest()),
        "the document that was read names the digest of the words that were shown"
    );
    let document = |taken: &[u8]| match hall.app.dispatch.public_key() {
        None => assert_eq!(taken, read.document(), "{channel:?}"),
        Some(key) => {
            signature::verify(taken, &hex::decode(key).unwrap()).unwrap();
            let plain = signature::without(taken).unwrap();
            assert_eq!(plain, read.document(), "{channel:?}");
        }
    };
    let text = || String::from_utf8(taken.to_vec()).unwrap();
    match channel {
        ChannelName::Feed => {
            document(taken);
            is_told(read.facts(), taken);
        }
        ChannelName::Mqtt => document(taken),
        ChannelName::Webhook(_) => {
            let body: serde_json::Value = serde_json::from_slice(taken).unwrap();
            document(body["cap"].as_str().unwrap().as_bytes());
            let words = serde_json::to_value(&shown.languages).unwrap();
            assert_eq!(body["texts"], words);
            assert_eq!(body["id"], read.facts().id.as_str());
        }
        ChannelName::Mail => {
            assert_eq!(
                text(),
                format!("{}\n{}", shown.mail.subject, shown.mail.body)
            );
        }
        ChannelName::AreaMail => {
            let mail = &shown.area_mail;
            assert_eq!(text(), format!("{}\n{}\n", mail.subject, mail.body));
        }
        ChannelName::LAlert => {
            let text = text();
            let headline = &shown.in_language("ja-JP").unwrap().headline;
            assert!(text.contains(headline.as_str()), "{text}");
            for district in &read.facts().districts {
                assert!(text.contains(&district.name), "{}: {text}", district.name);
            }
        }
    }
}

/// Our own reader of other people's alerts finds in the document what the notice is about, and nothing doubtful.
fn is_told(facts: &Facts, document: &[u8]) {
    let OfficialMessage::Cap { alerts, refused } = official::decode(None, document).unwrap() else {
        panic!("a document that is no alert");
    };
    assert!(refused.is_empty(), "{refused:?}");
    match (facts.realm, alerts.as_slice()) {
        (Realm::Actual, [CapAlert::Actual(alert)]) => says(facts, alert),
        (Realm::Exercise, [CapAlert::NotActual(alert)]) => says(facts, alert),
        (realm, alerts) => panic!("{realm}: {alerts:?}"),
    }
}

fn says<S: Standing>(facts: &Facts, alert: &Alert<S>) {
    assert_eq!(alert.findings, [], "{}", facts.id);
    assert_eq!(alert.identity.identifier, facts.id.as_str());
    assert_eq!(alert.identity.sender, facts.sender);
    assert_eq!(alert.identity.sent, facts.sent);
    let expected = match (facts.kind, facts.replaces.is_empty()) {
        (Kind::Cancel, _) => MsgType::Cancel,
        (Kind::Issue, true) => MsgType::Alert,
        (Kind::Issue | Kind::Lift, _) => MsgType::Update,
    };
    assert_eq!(alert.msg_type, expected);
    let named: BTreeSet<&str> = alert
        .references
        .iter()
        .map(|one| one.identifier.as_str())
        .collect();
    let live = facts.replaces.iter().chain(&facts.earlier);
    assert_eq!(named, live.map(|one| one.id.as_str()).collect());
    let languages: Vec<&str> = alert
        .infos
        .iter()
        .map(|one| one.language.as_str())
        .collect();
    assert_eq!(languages, ["ja-JP", "en"]);
    for info in &alert.infos {
        assert_eq!(info.expires.map(|at| at.at), Some(facts.expires));
        let areas: Vec<&str> = info
            .areas
            .iter()
            .flat_map(|area| &area.geocodes)
            .filter(|(table, _)| table == "hinan:areaId")
            .map(|(_, code)| code.as_str())
            .collect();
        let districts: Vec<&str> = facts.districts.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(areas, districts);
        let level = facts.level.number().to_string();
        let told = info.parameters.iter().chain(&info.event_codes);
        assert!(
            told.clone()
                .any(|(name, value)| name == "jp:alertLevel" && *value == level)
        );
        for area in &info.areas {
            let town = ("jisX0402".to_owned(), facts.town_code.clone());
            assert!(area.geocodes.contains(&town), "{area:?}");
        }
    }
}
