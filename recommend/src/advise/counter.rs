//! What speaks against advice, or weakens it. It is never folded away.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::examine::Examined;
use crate::criteria::{Answer, Test};
use crate::level::OrderLevel;
use crate::outlook::{Held, Mark, Outlook, Tier, Voice};

/// One thing that speaks against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Counter {
    /// The grounds do not hold any more; the advice stands until somebody decides.
    GroundsGone {
        /// When they last held.
        held_until: Timestamp,
    },
    /// Nothing is examined for it any more: the threat or the people are not in the town's data now.
    NotExamined,
    /// The gauge is late or silent, or not to be believed; its last level is held and worse is assumed.
    Quiet {
        /// Gauge by name.
        gauge: String,
        /// Minutes since its last usable reading; nothing where it speaks and is not believed.
        for_min: Option<i64>,
        /// What is held.
        held: Option<Held>,
    },
    /// Quality control doubts the newest level; a flash flood looks like this too.
    Doubted {
        /// Gauge by name.
        gauge: String,
    },
    /// The river falls.
    Falling {
        /// Gauge by name.
        gauge: String,
        /// Metres per hour, negative.
        rise_m_per_h: f64,
    },
    /// The water is still this far below the level in question.
    StillBelow {
        /// Gauge by name.
        gauge: String,
        /// Level.
        mark: Mark,
        /// Metres to go.
        by_m: f64,
    },
    /// The forecast leaves this chance that nothing is reached.
    MayNotHappen {
        /// Gauge by name.
        gauge: String,
        /// Level.
        mark: Mark,
        /// Hours ahead.
        within_h: u32,
        /// 0 to 1.
        chance_of_not: f64,
    },
    /// Going on at the present rate would not reach it.
    RateSaysNo {
        /// Gauge by name.
        gauge: String,
        /// Level.
        mark: Mark,
        /// Hours ahead.
        within_h: u32,
        /// Level at that rate, metres.
        would_be_m: f64,
    },
    /// The water is outside anything the model was fitted on.
    OutsideTraining {
        /// Gauge by name.
        gauge: String,
    },
    /// No fitted model speaks here.
    NoModel {
        /// Gauge by name.
        gauge: String,
        /// What answers instead; nothing where nothing does.
        tier: Option<Tier>,
    },
    /// Levels of the criteria that are not known for this gauge.
    LevelsUnknown {
        /// Gauge by name.
        gauge: String,
        /// The missing levels.
        marks: Vec<Mark>,
    },
    /// The agency's own information for this hazard stands lower than the advice.
    AgencyLower {
        /// Level of the agency; 0 = nothing in force.
        agency: u8,
        /// Level advised.
        advised: u8,
    },
    /// Flooding without overflow (breach, seepage) is not in any forecast of levels.
    OverflowOnly,
}

impl Counter {
    /// In plain Japanese.
    pub fn japanese(&self) -> String {
        match self {
            Self::GroundsGone { .. } => "いまは根拠の条件を満たしていません。職員が判断するまで、この推奨は自動では下がりません".to_owned(),
            Self::NotExamined => "この地区への危険が町のデータからなくなり、いまは調べられません。以前の推奨をそのまま示しています".to_owned(),
            Self::Quiet { gauge, for_min: Some(for_min), .. } => {
                format!("{gauge}からの情報が{for_min}分届いていません。最後の水位を保ち、上昇が続くと仮定しています")
            }
            Self::Quiet { gauge, for_min: None, .. } => {
                format!("{gauge}の値は信用できません。最後の水位を保ち、上昇が続くと仮定しています")
            }
            Self::Doubted { gauge } => format!("{gauge}の最新の値は品質検査で疑いがあります"),
            Self::Falling { gauge, rise_m_per_h } => {
                format!("{gauge}の水位は下がっています(1時間に{:.2} m)", rise_m_per_h.abs())
            }
            Self::StillBelow { gauge, mark, by_m } => {
                format!("{gauge}の水位は{}までまだ{by_m:.2} mあります", mark.japanese())
            }
            Self::MayNotHappen { gauge, mark, within_h, chance_of_not } => format!(
                "{gauge}が{within_h}時間以内に{}に達しない見込みも{:.0}%あります",
                mark.japanese(),
                chance_of_not * 100.0
            ),
            Self::RateSaysNo { gauge, mark, within_h, would_be_m } => format!(
                "{gauge}がいまの速さで上がり続けても、{within_h}時間後は{would_be_m:.2} mで{}に届きません",
                mark.japanese()
            ),
            Self::OutsideTraining { gauge } => {
                format!("{gauge}の水位は、予測モデルが学んだ範囲の外です")
            }
            Self::NoModel { gauge, tier } => format!(
                "{gauge}では予測モデルを使っていません(代わりに{})",
                tier.map_or("なし", Tier::japanese)
            ),
            Self::LevelsUnknown { gauge, marks } => format!(
                "{gauge}の{}が分かりません",
                marks.iter().map(|mark| mark.japanese()).collect::<Vec<_>>().join("、")
            ),
            Self::AgencyLower { agency: 0, advised } => {
                format!("この災害についての公的な警報は発表されていません(推奨はレベル{advised})")
            }
            Self::AgencyLower { agency, advised } => {
                format!("公的な情報はレベル{agency}相当で、推奨のレベル{advised}より低い")
            }
            Self::OverflowOnly => "水位の予測は、決壊や漏水など越水以外の氾濫を含みません".to_owned(),
        }
    }
}

/// Everything that speaks against advising this level on what was examined.
pub(super) fn against(outlook: &Outlook, of: &Examined, level: OrderLevel) -> Vec<Counter> {
    let mut found = Vec::new();
    let gauge = of.gauge.as_ref().and_then(|id| outlook.gauges.get(id));
    if let Some(gauge) = gauge {
        let name = || gauge.name.clone();
        match gauge.voice {
            Voice::Late { for_min } | Voice::Silent { for_min } => found.push(Counter::Quiet {
                gauge: name(),
                for_min: Some(for_min),
                held: gauge.held,
            }),
            Voice::Live | Voice::NeverHeard if gauge.held.is_some() => found.push(Counter::Quiet {
                gauge: name(),
                for_min: None,
                held: gauge.held,
            }),
            Voice::Live | Voice::NeverHeard => {}
        }
        if gauge.observed.is_some_and(|observed| observed.doubted) {
            found.push(Counter::Doubted { gauge: name() });
        }
        if let Some(rise_m_per_h) = gauge.rise_m_per_h.filter(|rise| *rise < 0.0) {
            found.push(Counter::Falling {
                gauge: name(),
                rise_m_per_h,
            });
        }
        for finding in of
            .findings
            .iter()
            .filter(|finding| finding.answer == Answer::Met && finding.condition.level == level)
        {
            for (test, result) in finding.leaves() {
                if let (Test::Forecast { within_h, .. }, Some(mark), Some(chance)) =
                    (test, result.seen.mark, result.seen.value)
                {
                    found.extend(against_forecast(gauge, mark, chance, *within_h));
                }
            }
        }
        match &gauge.forecast {
            Some(made) if made.leads.iter().any(|lead| lead.by_model) => {
                if made.leads.iter().any(|lead| lead.outside_training) {
                    found.push(Counter::OutsideTraining { gauge: name() });
                }
            }
            made => found.push(Counter::NoModel {
                gauge: name(),
                tier: made.as_ref().map(|made| made.tier),
            }),
        }
        let marks: Vec<Mark> = [
            Mark::EvacuationJudgement,
            Mark::Danger,
            Mark::DesignHighWater,
        ]
        .into_iter()
        .filter(|mark| gauge.marks.get(*mark).is_none())
        .collect();
        if !marks.is_empty() {
            found.push(Counter::LevelsUnknown {
                gauge: name(),
                marks,
            });
        }
    }
    found.extend(agency_lower(outlook, of, level));
    if of.kind.is_river() {
        found.push(Counter::OverflowOnly);
    }
    found
}

fn against_forecast(
    gauge: &crate::outlook::Gauge,
    (mark, mark_m): (Mark, f64),
    chance: f64,
    within_h: u32,
) -> Vec<Counter> {
    let Some(observed) = gauge.observed.filter(|observed| observed.level_m < mark_m) else {
        return Vec::new();
    };
    let name = || gauge.name.clone();
    let mut found = vec![
        Counter::StillBelow {
            gauge: name(),
            mark,
            by_m: mark_m - observed.level_m,
        },
        Counter::MayNotHappen {
            gauge: name(),
            mark,
            within_h,
            chance_of_not: 1.0 - chance,
        },
    ];
    let lead = gauge
        .forecast
        .as_ref()
        .and_then(|made| made.leads.iter().find(|lead| lead.lead_h == within_h));
    if let Some(lead) = lead.filter(|lead| lead.rate_of_rise_m < mark_m) {
        found.push(Counter::RateSaysNo {
            gauge: name(),
            mark,
            within_h,
            would_be_m: lead.rate_of_rise_m,
        });
    }
    found
}

/// The river's own forecast where there is one. Only where the agency was heard: silence says nothing.
fn agency_lower(outlook: &Outlook, of: &Examined, level: OrderLevel) -> Option<Counter> {
    let official = &outlook.official;
    official.heard_at?;
    let river = of
        .river
        .as_ref()
        .filter(|_| of.kind == crate::criteria::Kind::ForecastRiver)?;
    let agency = official
        .rivers
        .get(river)
        .map_or(0, |told| told.value.number());
    (agency < level.number()).then(|| Counter::AgencyLower {
        agency,
        advised: level.number(),
    })
}
