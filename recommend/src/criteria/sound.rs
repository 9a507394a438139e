//! Whether criteria can be meant: thresholds in order, nothing twice, nothing that contradicts.

use std::collections::BTreeMap;

use super::read::line_of;
use super::test::marks_ja;
use super::{Condition, Criteria, CriteriaError, Test};
use crate::level::OrderLevel;

/// Names that the law abolished in 2021. A condition's words become evidence and the recorded reason.
const ABOLISHED: [&str; 7] = [
    "避難勧告",
    "避難準備",
    "避難指示(緊急)",
    "避難指示（緊急）",
    "災害発生情報",
    "evacuation advisory",
    "evacuation recommendation",
];

pub(super) fn check(criteria: &Criteria, text: &str, path: &str) -> Result<(), CriteriaError> {
    let refuse = |id: &str, key: &str, found: String, accepted: String| CriteriaError {
        path: path.to_owned(),
        line: text
            .find(&format!("\"{id}\""))
            .map_or(1, |at| line_of(text, at)),
        key: format!("condition[{id}].{key}"),
        found,
        accepted,
    };
    let ids = criteria
        .conditions
        .iter()
        .map(|condition| &condition.id)
        .chain(criteria.postures.iter().map(|posture| &posture.id));
    let mut seen = BTreeMap::new();
    for id in ids {
        if seen.insert(id, ()).is_some() {
            return Err(refuse(id, "id", id.clone(), "each id once".to_owned()));
        }
    }
    let words = criteria
        .conditions
        .iter()
        .map(|one| (&one.id, [&one.words, &one.words_en]))
        .chain(
            criteria
                .postures
                .iter()
                .map(|one| (&one.id, [&one.words, &one.words_en])),
        );
    for (id, texts) in words {
        let abolished = ABOLISHED
            .iter()
            .find(|word| texts.iter().any(|text| text.to_lowercase().contains(*word)));
        if let Some(word) = abolished {
            return Err(refuse(
                id,
                "words",
                (*word).to_owned(),
                "the law's words since 2021: 高齢者等避難, 避難指示, 緊急安全確保".to_owned(),
            ));
        }
    }
    for condition in &criteria.conditions {
        let asks_deadline = asks_deadline(&condition.all);
        if condition.level == OrderLevel::EmergencySafety && asks_deadline {
            return Err(refuse(
                &condition.id,
                "all",
                "deadline".to_owned(),
                "no deadline at level 5: who is ordered to secure safety at once has no time to leave".to_owned(),
            ));
        }
    }
    for conditions in criteria.by_kind().values() {
        for (low, high) in pairs(conditions) {
            if let Some((key, found, accepted)) = contradiction(low, high) {
                return Err(refuse(
                    &high.id,
                    key,
                    found,
                    format!("{accepted} (condition[{}])", low.id),
                ));
            }
        }
    }
    Ok(())
}

/// Every pair of a lower and a higher level.
fn pairs<'c>(
    conditions: &'c [&'c Condition],
) -> impl Iterator<Item = (&'c Condition, &'c Condition)> {
    conditions.iter().flat_map(move |low| {
        conditions
            .iter()
            .filter(move |high| high.level > low.level)
            .map(move |high| (*low, *high))
    })
}

/// What is the wrong way round between two conditions that ask the same single question.
fn contradiction(low: &Condition, high: &Condition) -> Option<(&'static str, String, String)> {
    if low.all == high.all {
        return Some((
            "level",
            format!("レベル{} {}", high.level.number(), high.words),
            "another threshold than the lower level has: with the same tests the lower level could never stand alone".to_owned(),
        ));
    }
    // Two that differ in one test only ask the same question with another threshold.
    if low.all.len() == high.all.len() {
        let mut differ = low.all.iter().zip(&high.all).filter(|(a, b)| a != b);
        if let (Some((low_test, high_test)), None) = (differ.next(), differ.next())
            && let Some(found) = inverted(low_test, high_test)
        {
            return Some(found);
        }
    }
    reached_below(low, high)
}

fn asks_deadline(tests: &[Test]) -> bool {
    tests.iter().any(|test| match test {
        Test::Deadline { .. } => true,
        Test::AnyOf { tests } | Test::AllOf { tests } => asks_deadline(tests),
        _ => false,
    })
}

/// What a threshold of the higher level is, where it is easier or as easy to reach as that of the lower level.
fn inverted(low: &Test, high: &Test) -> Option<(&'static str, String, String)> {
    let order = "the higher level's threshold above the lower level's";
    let wrong = |key, high: String, low: String| Some((key, high, format!("above {low}: {order}")));
    match (low, high) {
        (
            Test::LevelAt {
                gauge: a,
                level_m: low,
            },
            Test::LevelAt {
                gauge: b,
                level_m: high,
            },
        ) if a == b && high <= low => wrong("level_m", high.to_string(), low.to_string()),
        (
            Test::Forecast {
                marks: a,
                within_h: x,
                chance: low,
            },
            Test::Forecast {
                marks: b,
                within_h: y,
                chance: high,
            },
        ) if a == b && y >= x && high <= low => wrong("chance", high.to_string(), low.to_string()),
        (Test::Rise { m_per_h: low }, Test::Rise { m_per_h: high }) if high <= low => {
            wrong("m_per_h", high.to_string(), low.to_string())
        }
        (
            Test::Rain {
                hours: x,
                mm: low,
                ahead: p,
            },
            Test::Rain {
                hours: y,
                mm: high,
                ahead: q,
            },
        ) if p == q && y >= x && high <= low => wrong("mm", high.to_string(), low.to_string()),
        (Test::River { level: a }, Test::River { level: b }) if b <= a => {
            wrong("level", b.number().to_string(), a.number().to_string())
        }
        (
            Test::Warning {
                product: p,
                level: a,
            },
            Test::Warning {
                product: q,
                level: b,
            },
        )
        | (
            Test::Overnight {
                product: p,
                level: a,
            },
            Test::Overnight {
                product: q,
                level: b,
            },
        )
        | (
            Test::Expected {
                product: p,
                level: a,
            },
            Test::Expected {
                product: q,
                level: b,
            },
        )
        | (
            Test::Night {
                product: p,
                level: a,
                ..
            },
            Test::Night {
                product: q,
                level: b,
                ..
            },
        ) if p == q && b <= a => wrong("level", b.number().to_string(), a.number().to_string()),
        (Test::RiskMap { map: p, level: a }, Test::RiskMap { map: q, level: b })
            if p == q && b <= a =>
        {
            wrong("level", b.number().to_string(), a.number().to_string())
        }
        (Test::Tsunami { class: a }, Test::Tsunami { class: b }) if b <= a => {
            wrong("class", b.code().to_owned(), a.code().to_owned())
        }
        _ => None,
    }
}

/// A mark that alone brings the higher level must not stand below the mark that brings the lower one.
fn reached_below(low: &Condition, high: &Condition) -> Option<(&'static str, String, String)> {
    let [Test::GaugeAt { marks: high_marks }] = high.all.as_slice() else {
        return None;
    };
    let low_marks = low.all.iter().find_map(|test| match test {
        Test::GaugeAt { marks } => Some(marks),
        _ => None,
    })?;
    let inverted = high_marks.iter().min()? < low_marks.iter().min()?;
    inverted.then(|| {
        (
            "mark",
            marks_ja(high_marks),
            format!("at or above {}", marks_ja(low_marks)),
        )
    })
}
