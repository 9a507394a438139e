//! 避難情報の判断基準: one condition, three answers, and what they rest on.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::level::OrderLevel;
use crate::outlook::Assumed;

/// What a condition says. Unknown is never "not met".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// The condition does not hold.
    NotMet,
    /// It cannot be said: no level known, no reading, or too old.
    Unknown,
    /// The condition holds.
    Met,
}

/// Which condition of the criteria.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// レベル3: 避難判断水位に到達し、さらに上昇中
    JudgementLevelReached,
    /// レベル3: 氾濫危険水位(なければ計画高水位)に達する見込み
    DangerExpected,
    /// レベル3: 氾濫注意水位を超え、急激な水位上昇
    RapidRise,
    /// レベル4: 氾濫危険水位に到達
    DangerReached,
    /// レベル4: 計画高水位(氾濫開始相当水位の代わり)に達する見込み
    OverflowExpected,
    /// レベル5: 計画高水位(氾濫開始相当水位の代わり)に到達
    OverflowLevelReached,
}

impl Rule {
    /// All, in the order they are examined.
    pub const ALL: [Self; 6] = [
        Self::JudgementLevelReached,
        Self::DangerExpected,
        Self::RapidRise,
        Self::DangerReached,
        Self::OverflowExpected,
        Self::OverflowLevelReached,
    ];

    /// The level this condition speaks for.
    #[must_use]
    pub fn level(self) -> OrderLevel {
        match self {
            Self::JudgementLevelReached | Self::DangerExpected | Self::RapidRise => {
                OrderLevel::ElderlyEvacuation
            }
            Self::DangerReached | Self::OverflowExpected => OrderLevel::EvacuationOrder,
            Self::OverflowLevelReached => OrderLevel::EmergencySafety,
        }
    }
}

/// One condition examined at one gauge, with everything needed to recompute it by hand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Criterion {
    /// Which condition.
    pub rule: Rule,
    /// Gauge id.
    pub gauge: String,
    /// Gauge name.
    pub gauge_name: String,
    /// The answer.
    pub answer: Answer,
    /// What was compared: a level in metres, a rise in metres per hour, or a probability from 0 to 1.
    pub value: Option<f64>,
    /// The range of that value where it is a forecast: 5 % and 95 % quantiles of the level, metres.
    pub range_m: Option<(f64, f64)>,
    /// What it was compared with, same unit as `value`.
    pub threshold: Option<f64>,
    /// The level the condition is about, metres.
    pub mark_m: Option<f64>,
    /// Name of that level in the criteria.
    pub mark: Option<String>,
    /// Time of the reading it rests on.
    pub observed_at: Option<Timestamp>,
    /// Hours ahead, for forecasts.
    pub lead_h: Option<u32>,
    /// What was assumed, because the gauge's last level is only held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assumed: Option<Assumed>,
}

impl Criterion {
    /// The assumption, where the answer rests on it and not on what was measured.
    #[must_use]
    pub fn rests_on(&self) -> Option<Assumed> {
        let assumed = self.assumed.filter(|_| self.answer == Answer::Met)?;
        let measured = match self.rule {
            Rule::JudgementLevelReached | Rule::DangerReached | Rule::OverflowLevelReached => self
                .mark_m
                .is_some_and(|mark_m| !assumed.alone_reaches(mark_m)),
            // A rise or a forecast is never measured at a gauge that does not speak.
            Rule::RapidRise | Rule::DangerExpected | Rule::OverflowExpected => false,
        };
        (!measured).then_some(assumed)
    }
}
