//! What would move a recommendation, in both languages: conditions that are not met, and those that nobody can answer here.

use hinan_recommend::{
    Answer, Finding, Input, Intensity, JmaLevel, Mark, OrderLevel, Product, RiskMap, Test,
    TsunamiClass,
};

use super::both::Both;
use super::english::{mark_en, product_en, report_en};
use crate::recommend::level::advised;
use crate::recommend::proposal::Proposal;

/// What would move this recommendation, from the conditions that were not met.
pub(super) fn of(proposal: &Proposal) -> Vec<Both> {
    if proposal.judgement.is_some() {
        return vec![Both::new(
            "職員が判断するか、取り下げるまで残ります。水位や予測が変わっても、自動では変わらず、失効もしません",
            "It stays until an officer decides or it is withdrawn. When levels or forecasts change it neither changes nor expires by itself",
        )];
    }
    let examined = proposal.examined().into_iter();
    let mut lines: Vec<Both> = examined
        .filter(|finding| {
            finding.condition.level > advised(proposal.key.level) && finding.answer != Answer::Met
        })
        .filter(|finding| finding.is_watched())
        .map(raises)
        .collect();
    if let Some(advice) = &proposal.urgent {
        let known = advice.not_watched().into_iter().zip(advice.unanswerable());
        lines.extend(known.map(|(ja, finding)| Both {
            ja,
            en: (!finding.condition.words_en.is_empty()).then(|| unanswered(finding)),
        }));
    }
    lines.push(Both::new(
        "根拠がすべて外れても、職員が判断するか失効するまで、この推奨は自動では下がりません",
        "Even when all its grounds are gone it does not step down by itself until an officer decides or it expires",
    ));
    lines
}

/// A condition of a higher level that does not hold yet.
fn raises(finding: &Finding) -> Both {
    let level = finding.condition.level;
    let (mark, mark_said) = finding.mark().map_or_else(
        || (String::new(), String::new()),
        |(mark, mark_m)| {
            (
                format!("({} {mark_m:.2} m)", mark.japanese()),
                format!(" ({} {mark_m:.2} m)", mark_en(mark)),
            )
        },
    );
    let tests: Option<Vec<String>> = match finding.open() {
        // Of a record that did not write its tests down only the words of the condition are known.
        None if finding.condition.words_en.is_empty() => None,
        None => Some(vec![format!("this holds: {}", finding.condition.words_en)]),
        Some(open) => Some(open.iter().map(asks).collect()),
    };
    Both {
        ja: format!(
            "{}{mark}と、{level}に上がります",
            finding.open_tests().join("、かつ")
        ),
        en: tests.map(|tests| {
            format!(
                "Rises to {} when {}{mark_said}",
                named(level),
                tests.join(", and ")
            )
        }),
    }
}

/// A condition that nobody can answer here.
fn unanswered(finding: &Finding) -> String {
    let of: Vec<&str> = finding.unheard().into_iter().map(input_en).collect();
    format!(
        "Whether {} is reached by \"{}\" cannot be judged: this system does not know {}",
        named(finding.condition.level),
        finding.condition.words_en,
        of.join(", ")
    )
}

fn named(level: OrderLevel) -> String {
    format!("level {} ({})", level.number(), level.name_en())
}

/// What a test asks for, as the end of a sentence.
fn asks(test: &Test) -> String {
    match test {
        Test::GaugeAt { marks } => format!("the level reaches the {}", marks_en(marks)),
        Test::LevelAt { gauge, level_m } => format!("the gauge {gauge} reaches {level_m:.2} m"),
        Test::Rising => "the level is not falling".to_owned(),
        Test::Rise { m_per_h } => {
            format!("the level rises by {m_per_h:.2} m per hour or faster")
        }
        Test::Forecast {
            marks,
            within_h,
            chance,
        } => format!(
            "the chance to reach the {} within {within_h} h is {:.0}% or more",
            marks_en(marks),
            chance * 100.0
        ),
        Test::Deadline {
            within_min: 0,
            chance,
        } => format!(
            "the last moment at which leaving still works has come (chance that the water comes {:.0}% or more)",
            chance * 100.0
        ),
        Test::Deadline { within_min, chance } => format!(
            "{within_min} min or less are left until the last moment at which leaving still works (chance that the water comes {:.0}% or more)",
            chance * 100.0
        ),
        Test::River { level } => format!(
            "flood information for the river of level {} or above is in force",
            level.number()
        ),
        Test::Warning { product, level } => {
            format!("{} or above is in force", information(*product, *level))
        }
        Test::Night {
            product,
            level,
            before_sunset_min,
        } => format!(
            "from {before_sunset_min} min before sunset until sunset {} or above is expected between night and dawn",
            information(*product, *level)
        ),
        Test::Storm => "a storm warning is in force".to_owned(),
        Test::Overnight { product, level } => format!(
            "{} or above is expected between night and dawn",
            information(*product, *level)
        ),
        Test::Expected { product, level } => format!(
            "{} or above is in force or expected",
            information(*product, *level)
        ),
        Test::RiskMap { map, level } => {
            format!("{} shows {} or above", map_en(*map), colour_en(*level))
        }
        Test::Rain {
            hours,
            mm,
            ahead: false,
        } => format!("the rain of {hours} h is {mm:.0} mm or more"),
        Test::Rain {
            hours,
            mm,
            ahead: true,
        } => format!("the rain expected within {hours} h is {mm:.0} mm or more"),
        Test::RecordRain => {
            "information on record heavy rain in a short time is in force".to_owned()
        }
        Test::Report { of } => {
            let of: Vec<&str> = of.iter().map(|kind| report_en(*kind)).collect();
            format!("this is reported: {}", of.join(" or "))
        }
        Test::Tsunami { class } => format!("{} or above is in force", tsunami_en(*class)),
        Test::Shaking { intensity } => {
            format!(
                "seismic intensity {} or above is observed",
                intensity_en(*intensity)
            )
        }
        Test::AnyOf { tests } => grouped(tests, ", or "),
        Test::AllOf { tests } => grouped(tests, ", and "),
    }
}

fn grouped(tests: &[Test], with: &str) -> String {
    let tests: Vec<String> = tests.iter().map(asks).collect();
    format!("({})", tests.join(with))
}

fn marks_en(marks: &[Mark]) -> String {
    let names: Vec<&str> = marks.iter().map(|mark| mark_en(*mark)).collect();
    match names.as_slice() {
        [] => "reference level".to_owned(),
        [only] => (*only).to_owned(),
        [first, rest @ ..] => format!("{first} (where there is none, the {})", rest.join(", ")),
    }
}

/// Information of the agency in the middle of a sentence.
fn information(product: Product, level: JmaLevel) -> String {
    product_en(product, level).replacen("Information", "information", 1)
}

fn map_en(map: RiskMap) -> &'static str {
    match map {
        RiskMap::Landslide => "the landslide risk map",
        RiskMap::Inundation => "the inundation risk map",
        RiskMap::Flood => "the flood risk map",
        RiskMap::RiverLine => "the river risk line",
    }
}

/// A class of the maps, with its colour.
fn colour_en(level: JmaLevel) -> &'static str {
    match level.number() {
        5 => "imminent danger (black)",
        4 => "danger (purple)",
        3 => "warning (red)",
        2 => "advisory (yellow)",
        _ => "keep informed (white)",
    }
}

fn tsunami_en(class: TsunamiClass) -> &'static str {
    match class {
        TsunamiClass::Advisory => "a tsunami advisory",
        TsunamiClass::Warning => "a tsunami warning",
        TsunamiClass::Major => "a major tsunami warning",
    }
}

fn intensity_en(intensity: Intensity) -> &'static str {
    match intensity {
        Intensity::Four => "4",
        Intensity::FiveLower => "5 lower",
        Intensity::FiveUpper => "5 upper",
        Intensity::SixLower => "6 lower",
        Intensity::SixUpper => "6 upper",
        Intensity::Seven => "7",
    }
}

fn input_en(input: Input) -> &'static str {
    match input {
        Input::Levels => "water levels and their forecast",
        Input::RiverWarnings => "flood information for rivers",
        Input::Warnings => "warnings of heavy rain, landslides and storm surge",
        Input::Overnight => "what is expected between night and dawn",
        Input::Expected => "what is expected of heavy rain, landslides and storm surge",
        Input::Storm => "storm warnings",
        Input::LandslideMap => "the landslide risk map",
        Input::InundationMap => "the inundation risk map",
        Input::FloodMap => "the flood risk map",
        Input::RiverLine => "the river risk line",
        Input::Rain => "rain at gauges",
        Input::RainAhead => "expected rain",
        Input::RecordRain => "information on record heavy rain in a short time",
        Input::Reports => "reports from the site",
        Input::Tsunami => "tsunami warnings and advisories",
        Input::Shaking => "seismic intensity",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::sync::Arc;

    use hinan_recommend::{Condition, Kind, ReportKind, Seen, TestResult};

    use super::*;

    fn is_japanese(text: &str) -> bool {
        text.chars()
            .any(|sign| matches!(sign, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}'))
    }

    fn level(number: u8) -> JmaLevel {
        JmaLevel::new(number).expect("a level of the agency")
    }

    /// One of each kind of test.
    fn every_test() -> Vec<Test> {
        let mut tests = vec![
            Test::GaugeAt {
                marks: vec![Mark::OverflowStart, Mark::DesignHighWater],
            },
            Test::LevelAt {
                gauge: "drain-1".to_owned(),
                level_m: 1.5,
            },
            Test::Rising,
            Test::Rise { m_per_h: 0.5 },
            Test::Forecast {
                marks: vec![Mark::Danger],
                within_h: 3,
                chance: 0.3,
            },
            Test::Deadline {
                within_min: 0,
                chance: 0.1,
            },
            Test::Deadline {
                within_min: 30,
                chance: 0.1,
            },
            Test::River { level: level(4) },
            Test::Storm,
            Test::RecordRain,
            Test::Report {
                of: BTreeSet::from([ReportKind::Breach, ReportKind::Overtopping]),
            },
        ];
        for product in Product::ALL {
            let level = level(3);
            tests.push(Test::Warning { product, level });
            tests.push(Test::Night {
                product,
                level,
                before_sunset_min: 60,
            });
            tests.push(Test::Overnight { product, level });
            tests.push(Test::Expected { product, level });
        }
        for map in RiskMap::ALL {
            tests.push(Test::RiskMap {
                map,
                level: level(4),
            });
        }
        for ahead in [false, true] {
            tests.push(Test::Rain {
                hours: 3,
                mm: 90.0,
                ahead,
            });
        }
        tests.extend(TsunamiClass::ALL.map(|class| Test::Tsunami { class }));
        tests.extend(Intensity::ALL.map(|intensity| Test::Shaking { intensity }));
        tests
    }

    fn finding(all: Vec<Test>, seen: Seen) -> Finding {
        let result = TestResult {
            answer: Answer::NotMet,
            seen,
            inner: Vec::new(),
        };
        Finding {
            tests: vec![result; all.len()],
            condition: Arc::new(Condition {
                id: "fr5-overflow".to_owned(),
                kind: Kind::ForecastRiver,
                level: OrderLevel::EmergencySafety,
                words: "氾濫開始相当水位に到達".to_owned(),
                words_en: "Overflow level reached".to_owned(),
                all,
            }),
            answer: Answer::NotMet,
            gauge: None,
        }
    }

    #[test]
    fn every_test_and_every_group_has_english_without_a_japanese_sign() {
        let all = every_test();
        let any = Test::AnyOf { tests: all.clone() };
        let both = Test::AllOf { tests: all.clone() };
        for test in all.iter().chain([&any, &both]) {
            let said = asks(test);
            assert!(!said.is_empty() && !is_japanese(&said), "{test:?}: {said}");
        }
        for test in &all {
            let input = test.input().expect("it is no group");
            assert!(!is_japanese(input_en(input)), "{input:?}");
        }
    }

    #[test]
    fn what_would_raise_it_is_said_with_level_mark_and_figures_in_both_languages() {
        let of = vec![
            Test::GaugeAt {
                marks: vec![Mark::OverflowStart, Mark::DesignHighWater],
            },
            Test::Rising,
        ];
        let seen = Seen {
            source: "帯広".to_owned(),
            value: Some(37.2),
            mark: Some((Mark::DesignHighWater, 38.91)),
            ..Seen::default()
        };
        let said = raises(&finding(of, seen));
        assert_eq!(
            said.en.as_deref(),
            Some(
                "Rises to level 5 (Emergency Safety Measures) when the level reaches the level at which overflow begins (where there is none, \
                 the design high water), and the level is not falling (design high water 38.91 m)"
            )
        );
        assert!(
            said.ja.contains("38.91 m") && said.ja.contains("緊急安全確保"),
            "{}",
            said.ja
        );
    }

    #[test]
    fn what_nobody_tells_here_is_named_with_what_is_missing() {
        let seen = Seen {
            unheard: true,
            ..Seen::default()
        };
        let of = vec![Test::RiskMap {
            map: RiskMap::Flood,
            level: level(5),
        }];
        let said = unanswered(&finding(of, seen));
        assert!(
            said.contains("Overflow level reached") && said.contains("the flood risk map"),
            "{said}"
        );
    }

    #[test]
    fn a_record_without_tests_is_told_by_the_words_of_its_condition() {
        let said = raises(&finding(Vec::new(), Seen::default()));
        let en = said.en.expect("its condition has English words");
        assert!(
            en.ends_with("when this holds: Overflow level reached"),
            "{en}"
        );
    }
}
