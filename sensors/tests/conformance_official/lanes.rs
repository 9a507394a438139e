//! What holds after real telegrams and the agency's own sample stories.

use std::collections::BTreeSet;
use std::path::Path;

use hinan_sensors::official::{
    AreaCode, Class, Hazard, JmaLevel, Lanes, Live, OfficialMessage, Outcome, View, decode,
};
use jiff::{SignedDuration, Timestamp};

use crate::samples::{files, folder, name};

/// The live telegrams of a folder whose names contain one of these words, in the order of their names.
fn story(folder: &Path, words: &[&str]) -> Vec<(String, OfficialMessage)> {
    files(folder)
        .into_iter()
        .filter(|path| words.iter().any(|word| name(path).contains(word)))
        .map(|path| {
            let message = decode(Some(name(&path)), &std::fs::read(&path).unwrap()).unwrap();
            (name(&path).to_owned(), message)
        })
        .collect()
}

fn sent(message: &OfficialMessage) -> Timestamp {
    match message {
        OfficialMessage::Telegram(telegram) => telegram.envelope.sent_at,
        OfficialMessage::DrillTelegram(telegram) => telegram.envelope.sent_at,
        other => panic!("{other:?}"),
    }
}

/// Tells a story in the order of sending and asks after each telegram.
fn tell(
    messages: &[(String, OfficialMessage)],
    mut ask: impl FnMut(&str, Outcome, &View, &Lanes<Live>),
) -> Lanes<Live> {
    let mut lanes = Lanes::default();
    let mut messages: Vec<_> = messages.iter().collect();
    messages.sort_by_key(|(_, message)| sent(message));
    for (file, message) in messages {
        let at = sent(message) + SignedDuration::from_secs(20);
        let applied = lanes.apply(message, at);
        ask(file, applied.outcome, &lanes.view(at), &lanes);
    }
    lanes
}

fn level(view: &View, area: &str, hazard: Hazard) -> u8 {
    let area = AreaCode::read(area).unwrap();
    view.holdings
        .iter()
        .find(|holding| holding.area == area && holding.hazard == hazard)
        .and_then(|holding| holding.grade.level)
        .map_or(0, JmaLevel::number)
}

#[test]
fn a_special_warning_of_nara_comes_and_goes() {
    let Some(folder) = folder("jma-xml").map(|folder| folder.join("official-samples")) else {
        return;
    };
    let mut told = Vec::new();
    tell(
        &story(&folder, &["15_08_", "62_01_"]),
        |file, _, view, _| {
            told.push((file.to_owned(), level(view, "2920702", Hazard::HeavyRain)));
        },
    );
    let told: Vec<(&str, u8)> = told
        .iter()
        .map(|(file, level)| (&file[..8], *level))
        .collect();
    eprintln!("{told:?}");
    assert_eq!(told.iter().map(|(_, level)| *level).max(), Some(5));
    // Warning and its announcement of the end are sent in the same minute; neither leaves level 5 behind.
    assert!(
        told.last().is_some_and(|(_, level)| *level <= 2),
        "{told:?}"
    );
}

#[test]
fn landslide_telegrams_rise_and_lift_and_leave_nothing() {
    let Some(folder) = folder("jma-xml").map(|folder| folder.join("official-samples")) else {
        return;
    };
    let mut told = Vec::new();
    tell(&story(&folder, &["17_04_"]), |_, outcome, view, _| {
        assert_eq!(outcome, Outcome::Replaced);
        told.push((
            level(view, "1438200", Hazard::Landslide),
            level(view, "1420600", Hazard::Landslide),
            level(view, "1410011", Hazard::Landslide),
        ));
    });
    assert_eq!(told.len(), 3);
    assert_eq!(
        told[1],
        (4, 4, 0),
        "Hakone joined, Odawara went on, Yokohama has none"
    );
    assert_eq!(told[2], (0, 0, 0));
}

#[test]
fn a_great_tsunami_is_over_when_no_area_is_warned_any_more() {
    let Some(folder) = folder("jma-xml").map(|folder| folder.join("official-samples")) else {
        return;
    };
    let mut greatest = Class::None;
    let mut observed = 0;
    let lanes = tell(
        &story(&folder, &["32-39_11_", "61_11_"]),
        |_, _, view, _| {
            let most = view.tsunami.iter().map(|t| t.forecast.grade.class).max();
            greatest = greatest.max(most.unwrap_or(Class::None));
            observed = observed.max(view.tsunami_observed.len());
        },
    );
    assert_eq!(greatest, Class::Special);
    assert!(observed > 0);
    // The last telegram names forecasts only, and no code says 解除.
    let at: Timestamp = "2011-03-13T09:00:00Z".parse().unwrap();
    assert!(lanes.view(at).tsunami.is_empty());
}

#[test]
fn retractions_of_an_earthquake_take_back_what_they_name_and_nothing_else() {
    let Some(folder) = folder("jma-xml").map(|folder| folder.join("official-samples")) else {
        return;
    };
    let mut outcomes = Vec::new();
    let lanes = tell(&story(&folder, &["32-35_06_"]), |file, outcome, view, _| {
        outcomes.push((file.to_owned(), outcome, view.quakes.len()));
    });
    eprintln!("{outcomes:?}");
    let of = |part: &str| {
        outcomes
            .iter()
            .find(|(file, ..)| file.contains(part))
            .unwrap()
    };
    assert_eq!(of("06_02").1, Outcome::Retracted);
    assert_eq!(of("06_10").1, Outcome::Retracted);
    // Serial 1 of the full report stands; serial 3, which is retracted, is not among the samples: it takes nothing of
    // serial 1 with it only if it names another serial, and falls back to the newest of its event otherwise.
    let at: Timestamp = "2008-06-14T04:00:00Z".parse().unwrap();
    let quakes = lanes.view(at).quakes;
    assert!(quakes.len() <= 1, "{quakes:?}");
}

#[test]
fn an_early_warning_that_is_retracted_is_gone_with_all_its_serials() {
    let Some(folder) = folder("jma-xml").map(|folder| folder.join("official-samples")) else {
        return;
    };
    let mut most = 0;
    let mut rest = 0;
    tell(&story(&folder, &["_VXSE44"]), |_, _, view, _| {
        most = most.max(view.early_warnings.len());
        rest = view.early_warnings.len();
    });
    assert_eq!((most, rest), (1, 0));
}

#[test]
fn corrections_of_the_same_minute_replace_and_the_original_does_not_come_back() {
    let Some(folder) = folder("jma-xml").map(|folder| folder.join("official-samples")) else {
        return;
    };
    let mut messages = story(&folder, &["06_04_0", "10_05_01", "10_05_02"]);
    let corrected = tell(&messages, |file, outcome, _, _| {
        let corrects = ["06_04_02", "06_04_03", "10_05_02"]
            .iter()
            .any(|c| file.contains(c));
        assert_eq!(outcome == Outcome::Corrected, corrects, "{file}");
    });
    messages.reverse();
    let mut lanes = Lanes::<Live>::default();
    for (_, message) in &messages {
        lanes.apply(message, Timestamp::UNIX_EPOCH);
    }
    let at: Timestamp = "2020-09-28T09:00:00Z".parse().unwrap();
    let texts = |lanes: &Lanes<Live>| -> Vec<(String, Timestamp)> {
        let view = lanes.view(at);
        view.notices
            .iter()
            .map(|n| (n.headline.clone(), n.source.report_at))
            .collect()
    };
    assert_eq!(texts(&lanes), texts(&corrected));
}

#[test]
fn all_live_samples_together_hold_what_a_second_telling_holds_bit_for_bit() {
    let Some(folder) = folder("jma-xml") else {
        return;
    };
    let mut messages = story(&folder.join("official-samples"), &[".xml"]);
    messages.extend(story(&folder.join("captured"), &[".xml"]));
    let mut drills = 0;
    let first = tell(&messages, |_, outcome, _, _| {
        drills += usize::from(outcome == Outcome::NotOurs);
    });
    let second = tell(&messages, |_, _, _, _| {});
    let written = serde_json::to_vec(&first).unwrap();
    assert_eq!(written, serde_json::to_vec(&second).unwrap());
    let restored: Lanes<Live> = serde_json::from_slice(&written).unwrap();
    assert_eq!(restored, first);
    let at: Timestamp = "2025-07-10T00:00:00Z".parse().unwrap();
    let view = first.view(at);
    assert!(
        view.feed.stale,
        "samples of many years, and nobody spoke for a while"
    );
    assert!(view.holdings.iter().all(|holding| holding.stale));
    let municipalities: BTreeSet<_> = view.holdings.iter().map(|holding| holding.area).collect();
    eprintln!(
        "{} telegrams, {drills} drills left out, {} lanes, {} holdings in {} municipalities, {} bytes of state",
        messages.len(),
        view.lanes.len(),
        view.holdings.len(),
        municipalities.len(),
        written.len()
    );
    assert_eq!(drills, 6);
}
