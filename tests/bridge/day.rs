//! A full day of the agency's feed, as it might really go: the server fails, cuts and forgets, the bridge is stopped and
//! started again, the window of the short feed moves past what was missed.

use std::collections::{BTreeMap, BTreeSet};

use hinan_town::{Mosquitto, SeededChance};

use crate::bridge;
use crate::server::{Answer, Server};
use crate::story::{Listener, telegram};

/// Telegrams of the day, and how many the short feed lists.
const TELEGRAMS: usize = 240;
const WINDOW: usize = 12;

fn file(n: usize) -> String {
    format!(
        "20260830{:02}{:02}10_0_VPWW55_014030.xml",
        n / 10,
        (n % 10) * 6
    )
}

/// The same telegram with a text of its own, so that no two are the same bytes.
fn text(n: usize) -> String {
    telegram(u8::try_from(n % 60).unwrap()).replace("<Serial/>", &format!("<Serial>{n}</Serial>"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_day_arrives_whole_and_once_through_failures_restarts_and_gaps() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    let files: Vec<String> = (0..TELEGRAMS).map(file).collect();
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut chance = SeededChance::new(24);
    let mut carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    let (mut there, mut rounds, mut failed, mut restarts, mut gaps, mut asleep) =
        (0, 0, 0, 0, 0, 0);
    let mut heard: Vec<(String, Vec<u8>)> = Vec::new();
    let mut last_good = false;
    while there < TELEGRAMS || !last_good {
        let more = usize::try_from(chance.between(0, 7)).unwrap();
        for (n, file) in files.iter().enumerate().skip(there).take(more) {
            server.telegram(file, &text(n));
        }
        there = (there + more).min(TELEGRAMS);
        let listed = &names[there.saturating_sub(WINDOW)..there];
        server.feed_of_the_day("/extra.xml", listed, there);
        server.feed_of_the_day("/extra_l.xml", &names[..there], there);
        // The bridge sleeps through some of the rounds: the window moves on without it.
        if chance.between(0, 6) == 0 && there < TELEGRAMS {
            asleep += 1;
            continue;
        }
        let trouble = if there < TELEGRAMS {
            chance.between(0, 8)
        } else {
            9
        };
        match trouble {
            0 => server.set("/extra.xml", Answer::Status(503)),
            1 => server.set("/extra.xml", Answer::Cut(text(0).into_bytes())),
            2 => server.set("/extra_l.xml", Answer::Status(500)),
            3 if there > 0 => {
                let newest = &files[there - 1];
                server.set(
                    &format!("/data/{newest}"),
                    Answer::Cut(text(there - 1).into_bytes()),
                );
            }
            _ => {}
        }
        if chance.between(0, 10) == 0 {
            gaps += carrier.states()[&server.url("/extra.xml")].gaps;
            drop(carrier);
            carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
            restarts += 1;
        }
        last_good = carrier.once().await.unwrap() == 0;
        failed += usize::from(!last_good);
        rounds += 1;
        // What was cut is whole when it is asked for again.
        if trouble == 3 && there > 0 {
            server.telegram(&files[there - 1], &text(there - 1));
        }
        heard.extend(listener.heard_at_once().await);
    }
    heard.extend(listener.heard().await);
    gaps += carrier.states()[&server.url("/extra.xml")].gaps;

    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (topic, _) in &heard {
        *times.entry(topic.rsplit('/').next().unwrap()).or_default() += 1;
    }
    let arrived: BTreeSet<&str> = times.keys().copied().collect();
    let missing: Vec<&&str> = names
        .iter()
        .filter(|name| !arrived.contains(**name))
        .collect();
    assert!(missing.is_empty(), "never arrived: {missing:?}");
    let twice: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
    assert!(
        twice.is_empty(),
        "more than once, though nobody lost power: {twice:?}"
    );
    for (topic, bytes) in &heard {
        let n = names.iter().position(|name| topic.ends_with(name)).unwrap();
        assert!(*bytes == text(n).into_bytes(), "byte for byte: {topic}");
    }
    let long = server.asked("/extra_l.xml");
    eprintln!(
        "{TELEGRAMS} telegrams, {rounds} rounds of which {failed} failed in part, {asleep} slept through, {restarts} restarts, \
         {gaps} gaps filled; the long feed was asked for {long} times"
    );
    assert!(
        failed > 3 && asleep > 3 && restarts > 1,
        "it was a day with trouble"
    );
    assert!(
        gaps >= 2 && long < rounds / 2,
        "the long feed is for gaps only"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_office_does_not_make_the_bridge_read_the_long_feed_again_and_again() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut settings = crate::settings(vec![server.url("/extra.xml")], broker.port, &folder);
    settings.offices = vec!["帯広測候所".to_owned()];
    let carrier = std::sync::Arc::new(hinan::bridge::Bridge::open(settings).unwrap());
    let files: Vec<String> = (0..40).map(file).collect();
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    server.feed_of_the_day("/extra_l.xml", &names, 0);
    for n in 1..=20 {
        // Another office writes all day: the window moves, and still reaches back.
        server.feed_of_the_day("/extra.xml", &names[n..n + WINDOW], n);
        assert_eq!(carrier.once().await.unwrap(), 0);
    }
    let asked = |path: &str| server.asked(path);
    assert_eq!(
        (asked("/extra.xml"), asked("/extra_l.xml")),
        (20, 1),
        "at the start only"
    );
    assert_eq!(
        asked(&format!("/data/{}", names[1])),
        0,
        "nothing of that office is fetched"
    );
}
