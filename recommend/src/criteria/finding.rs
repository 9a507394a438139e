//! What a condition says at one moment, and everything it rests on.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Condition;
use super::Input;
use super::Test;
use super::test::marks_ja;
use crate::id::SourceId;
use crate::outlook::{Held, Mark};

/// What a test or a condition says. Unknown is never "not met".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It does not hold.
    NotMet,
    /// It cannot be said: no threshold, no word, or too old a word.
    Unknown,
    /// It holds.
    Met,
}

impl Answer {
    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::NotMet => "該当しない",
            Self::Unknown => "不明",
            Self::Met => "該当",
        }
    }

    /// All must hold.
    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        answers
            .into_iter()
            .min_by_key(|answer| match answer {
                Self::NotMet => 0,
                Self::Unknown => 1,
                Self::Met => 2,
            })
            .unwrap_or(Self::Unknown)
    }

    /// One must hold.
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        answers.into_iter().max().unwrap_or(Self::Unknown)
    }
}

/// One condition examined for one unit and gauge.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Which condition, as it stood in the criteria.
    #[serde(with = "crate::shared")]
    pub condition: Arc<Condition>,
    /// What it says.
    pub answer: Answer,
    /// The gauge it was asked of.
    pub gauge: Option<SourceId>,
    /// One result per test, in the condition's order.
    pub tests: Vec<Result>,
}

/// One test: what was looked at, and what came of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Result {
    /// What it says.
    pub answer: Answer,
    /// What was looked at.
    pub seen: Seen,
    /// Results of the tests of a group.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inner: Vec<Self>,
}

/// What a test looked at: enough to recompute its answer by hand.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Seen {
    /// Gauge, station, office or river, as an officer would name it.
    pub source: String,
    /// What was compared: metres, metres per hour, millimetres, a chance, a level, minutes, as the test says.
    pub value: Option<f64>,
    /// What it was compared with, same unit.
    pub threshold: Option<f64>,
    /// When it was measured or said.
    pub at: Option<Timestamp>,
    /// When a forecast was made; what it was made from is as old as `at`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<Timestamp>,
    /// Named level it is about, and its height in metres.
    pub mark: Option<(Mark, f64)>,
    /// 5 % and 95 % quantiles of a forecast level, metres.
    pub range_m: Option<(f64, f64)>,
    /// The bounds of what was compared, where only they are known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub between: Option<(f64, f64)>,
    /// What is assumed, where the gauge is only held.
    pub assumed: Option<Held>,
    /// The assumed level that was compared, metres.
    pub assumed_m: Option<f64>,
    /// Why it is unknown, in Japanese.
    pub why: Option<String>,
    /// Nobody tells it here: it stays unknown whatever happens.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unheard: bool,
}

impl Seen {
    pub(super) fn of(source: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            ..Self::default()
        }
    }
}

impl Finding {
    /// The level mark that the condition is about, with its height in metres: that of its forecast, else the one the water stands at.
    /// Nothing where a mark is only where something else begins to count, such as a fast rise or a deadline above the caution level.
    pub fn mark(&self) -> Option<(Mark, f64)> {
        let forecast = self.leaves().find_map(|(test, result)| {
            matches!(test, Test::Forecast { .. })
                .then_some(result.seen.mark)
                .flatten()
        });
        let stands = || {
            let besides = self
                .leaves()
                .any(|(test, _)| matches!(test, Test::Deadline { .. } | Test::Rise { .. }));
            let mut marks = self.leaves().filter_map(|(_, result)| result.seen.mark);
            (!besides).then(|| marks.next()).flatten()
        };
        forecast.or_else(stands)
    }

    /// Whether it rests on a deadline, which comes and goes with every figure.
    pub fn is_of_deadline(&self) -> bool {
        self.leaves()
            .any(|(test, _)| matches!(test, Test::Deadline { .. }))
    }

    /// The chance that was compared, and hours ahead, where a forecast was asked.
    pub fn chance(&self) -> Option<(f64, u32)> {
        self.leaves().find_map(|(test, result)| match test {
            Test::Forecast { within_h, .. } => Some((result.seen.value?, *within_h)),
            _ => None,
        })
    }

    /// When the newest thing it rests on was measured or said.
    pub fn newest_at(&self) -> Option<Timestamp> {
        // A deadline is worked out now; what it was worked out from is as old as it is.
        self.leaves()
            .filter(|(test, _)| !matches!(test, Test::Deadline { .. }))
            .filter_map(|(_, result)| result.seen.at)
            .max()
    }

    /// Whether it holds only because something is assumed of a gauge that is not heard.
    pub fn rests_on_assumption(&self) -> bool {
        self.answer == Answer::Met
            && self
                .leaves()
                .any(|(_, result)| result.answer == Answer::Met && result.seen.assumed_m.is_some())
    }

    /// Whether it holds because of what was measured, reported or announced: not expected, not worked out, not assumed.
    pub fn is_observed(&self) -> bool {
        self.answer == Answer::Met
            && !self.rests_on_assumption()
            && self
                .leaves()
                .filter(|(_, result)| result.answer == Answer::Met)
                .all(|(test, _)| {
                    !matches!(
                        test,
                        Test::Forecast { .. }
                            | Test::Deadline { .. }
                            | Test::Night { .. }
                            | Test::Overnight { .. }
                            | Test::Expected { .. }
                            | Test::Rain { ahead: true, .. }
                    )
                })
    }

    /// Tests of the condition that do not hold; a group is one of them. Nothing where a record of an earlier version did not write
    /// them down.
    pub fn open(&self) -> Option<Vec<Test>> {
        if self.condition.all.is_empty() {
            return None;
        }
        let unheard = self.unheard();
        let open = self
            .condition
            .all
            .iter()
            .zip(&self.tests)
            .filter(|(_, result)| result.answer != Answer::Met)
            .map(|(test, _)| {
                // Of alternatives only those that somebody tells can come to hold.
                if test.can_hold_without(&unheard) {
                    test.watched(&unheard)
                } else {
                    test.clone()
                }
            });
        Some(open.collect())
    }

    /// The same in words.
    pub fn open_tests(&self) -> Vec<String> {
        match self.open() {
            Some(open) => open.iter().map(Test::japanese).collect(),
            None => vec![format!("「{}」に当てはまる", self.condition.words)],
        }
    }

    /// What it rests on and nobody tells here.
    pub fn unheard(&self) -> BTreeSet<Input> {
        self.leaves()
            .filter(|(_, result)| result.seen.unheard)
            .filter_map(|(test, _)| test.input())
            .collect()
    }

    /// Whether it can ever hold with what is told here.
    pub fn is_watched(&self) -> bool {
        let unheard = self.unheard();
        let mut tests = self.condition.all.iter();
        tests.all(|test| test.can_hold_without(&unheard))
    }

    /// Tests that are no groups, with their results.
    pub fn leaves(&self) -> impl Iterator<Item = (&Test, &Result)> {
        let mut found = Vec::new();
        collect(&self.condition.all, &self.tests, &mut found);
        found.into_iter()
    }

    /// What holds, or what is known of what does not, one sentence per test.
    pub fn sentences(&self) -> Vec<String> {
        // Only records of earlier versions have such: nothing was compared, and what would have been was not written down.
        if self.condition.all.is_empty() {
            let words = &self.condition.words;
            return vec![format!("{words}: 不明(比べる値が記録に残っていません)")];
        }
        self.leaves()
            .filter(|(_, result)| self.answer != Answer::Met || result.answer == Answer::Met)
            .map(|(test, result)| sentence(test, result))
            .collect()
    }
}

fn collect<'f>(tests: &'f [Test], results: &'f [Result], found: &mut Vec<(&'f Test, &'f Result)>) {
    for (test, result) in tests.iter().zip(results) {
        match test {
            Test::AnyOf { tests } | Test::AllOf { tests } => collect(tests, &result.inner, found),
            _ => found.push((test, result)),
        }
    }
}

/// A chance in words, never certain: under 5 % and over 95 % are not told apart.
fn percent(chance: f64) -> String {
    if chance < 0.05 {
        "5%未満".to_owned()
    } else if chance > 0.95 {
        "95%以上".to_owned()
    } else {
        format!("{:.0}%", chance * 100.0)
    }
}

/// One test in words, with its figures.
fn sentence(test: &Test, result: &Result) -> String {
    let seen = &result.seen;
    let source = &seen.source;
    if result.answer == Answer::Unknown {
        let why = seen.why.as_deref().unwrap_or("情報がありません");
        return format!("{}: 不明({why})", test.japanese());
    }
    let value = seen.value.unwrap_or(f64::NAN);
    let assumed = seen
        .assumed_m
        .map(|level_m| format!("(最後の水位からの仮定 {level_m:.2} m)"));
    let assumed = assumed.as_deref().unwrap_or("");
    let holds = result.answer == Answer::Met;
    match test {
        Test::GaugeAt { .. } | Test::LevelAt { .. } => {
            let (name, height_m) = match (test, seen.mark) {
                (_, Some((mark, height_m))) => (mark.japanese(), height_m),
                (_, None) => ("基準", seen.threshold.unwrap_or(f64::NAN)),
            };
            let end = if holds {
                "に達しています"
            } else {
                "に達していません"
            };
            format!("{source}の水位 {value:.2} m{assumed}が{name} {height_m:.2} m{end}")
        }
        Test::Rising => {
            let end = if holds {
                "下がっていません"
            } else {
                "下がっています"
            };
            format!("{source}の水位は{end}(1時間に{value:+.2} m)")
        }
        Test::Rise { m_per_h } => format!(
            "{source}の水位は1時間に{value:+.2} m(基準 {m_per_h:.2} m){}",
            if holds {
                "の急な上昇です"
            } else {
                "です"
            }
        ),
        Test::Forecast {
            marks,
            within_h,
            chance,
        } => {
            let (name, height_m) = seen.mark.map_or_else(
                || (marks_ja(marks), f64::NAN),
                |(mark, height_m)| (mark.japanese().to_owned(), height_m),
            );
            if seen.assumed_m.is_some() {
                return format!(
                    "{source}は途絶しています。上昇が続くと仮定すると{within_h}時間以内に{name} {height_m:.2} mに達します{assumed}"
                );
            }
            let range = seen.range_m.map_or_else(String::new, |(low, high)| {
                format!("。{within_h}時間後の水位の幅 {low:.2}〜{high:.2} m(90%)")
            });
            format!(
                "{source}が{within_h}時間以内に{name} {height_m:.2} mに達する確率 {}(基準 {:.0}%以上){range}",
                percent(value),
                chance * 100.0
            )
        }
        Test::Deadline { .. } => {
            if holds && value < 0.0 {
                format!(
                    "避難が間に合う最後の時刻を{:.0}分過ぎています({source})",
                    -value
                )
            } else if holds {
                format!("避難が間に合う最後の時刻まで{value:.0}分です({source})")
            } else {
                format!(
                    "避難が間に合う最後の時刻までまだ{value:.0}分あるか、水が来る見込みが小さい({source})"
                )
            }
        }
        Test::River { .. }
        | Test::Warning { .. }
        | Test::Overnight { .. }
        | Test::Expected { .. }
        | Test::Night { .. }
        | Test::RiskMap { .. } => {
            format!(
                "{}: {}({source}、レベル{value:.0})",
                test.japanese(),
                result.answer.japanese()
            )
        }
        Test::Rain {
            mm,
            hours,
            ahead: true,
        } if seen.value.is_none() => {
            let (low, high) = seen.between.unwrap_or((f64::NAN, f64::NAN));
            format!("{source}の今後{hours}時間の予想雨量 {low:.0}〜{high:.0} mm(基準 {mm:.0} mm)")
        }
        Test::Rain { mm, hours, ahead } => format!(
            "{source}の{}{hours}時間雨量 {value:.1} mm(基準 {mm:.0} mm)",
            if *ahead { "今後" } else { "" }
        ),
        Test::Report { .. }
        | Test::Storm
        | Test::RecordRain
        | Test::Tsunami { .. }
        | Test::Shaking { .. } => {
            format!(
                "{}: {}({source})",
                test.japanese(),
                result.answer.japanese()
            )
        }
        Test::AnyOf { .. } | Test::AllOf { .. } => test.japanese(),
    }
}
