//! What speaks against a recommendation. It is never folded away.

use hinan_recommend::{Finding, Test, UnitAdvice};
use hinan_sensors::HealthReason;
use hinan_sensors::quality::Flag;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::outlook::{Assumed, GaugeOutlook, Outlook, Voice};

/// One thing that speaks against the advice, or weakens it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Counter {
    /// The water is still this far below the level in question.
    StillBelow {
        /// Gauge name.
        gauge: String,
        /// Name of the level.
        mark: String,
        /// Metres to go.
        by_m: f64,
    },
    /// The river falls.
    Falling {
        /// Gauge name.
        gauge: String,
        /// Metres per hour, negative.
        rise_m_per_h: f64,
    },
    /// The forecast leaves this chance that nothing is reached.
    MayNotHappen {
        /// Gauge name.
        gauge: String,
        /// Name of the level.
        mark: String,
        /// Hours ahead.
        lead_h: u32,
        /// From 0 to 1.
        chance_of_not: f64,
    },
    /// Going on at the present rate of rise would not reach it.
    RateSaysNo {
        /// Gauge name.
        gauge: String,
        /// Name of the level.
        mark: String,
        /// Hours ahead.
        lead_h: u32,
        /// Level at that rate, metres.
        would_be_m: f64,
    },
    /// The water is outside anything the model was fitted on: its range is widened and less to be trusted.
    OutsideTraining {
        /// Gauge name.
        gauge: String,
    },
    /// No fitted model is in use here.
    NoModel {
        /// Gauge name.
        gauge: String,
        /// Which fallback answers instead.
        tier: String,
    },
    /// The gauge is late or silent; its last level is held and worse is assumed.
    Quiet {
        /// Gauge name.
        gauge: String,
        /// Minutes since its last usable reading.
        for_min: i64,
        /// What is held and what is assumed, where it counts as silent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        held: Option<Assumed>,
    },
    /// The gauge reports and cannot be believed: it stands still while the river rises, or water may have reached it.
    Unbelieved {
        /// Gauge name.
        gauge: String,
        /// Why.
        why: HealthReason,
        /// What is held and what is assumed.
        held: Option<Assumed>,
    },
    /// Quality control doubts the newest level; a flash flood looks like this too.
    Doubted {
        /// Gauge name.
        gauge: String,
    },
    /// Levels of the criteria that are not known for this gauge.
    LevelsUnknown {
        /// Gauge name.
        gauge: String,
        /// Names of the missing levels.
        marks: Vec<String>,
    },
    /// Flooding without overflow (breach, seepage, inland water) is not in the forecast at all.
    OverflowOnly,
    /// The grounds do not hold any more; the advice stands until somebody decides.
    GroundsGone {
        /// When they last held.
        held_until: Timestamp,
    },
    /// Nothing is examined for it any more: the threat or the people are not in the town's data now.
    NotExamined,
    /// The agency's own information for this hazard stands lower than the advice.
    AgencyLower {
        /// Level of the agency; 0 = nothing in force.
        agency: u8,
        /// Level advised.
        advised: u8,
    },
    /// Of an officer's judgement: the system recommends less, or nothing, for these districts.
    NotAdvised {
        /// Names of districts.
        districts: Vec<String>,
    },
    /// Of an officer's judgement: the system recommends more for these districts.
    AdvisedHigher {
        /// Names of districts.
        districts: Vec<String>,
    },
    /// Of an officer's judgement: the town's data know nobody in these districts whom this hazard reaches.
    NobodyThere {
        /// Names of districts.
        districts: Vec<String>,
    },
}

impl Counter {
    /// Whether it says that a gauge is not heard, or not to be believed.
    #[must_use]
    pub fn is_of_silence(&self) -> bool {
        matches!(self, Self::Quiet { .. } | Self::Unbelieved { .. })
    }
}

/// What the core alone knows against its advice.
pub fn of_the_core(advice: &UnitAdvice) -> impl Iterator<Item = Counter> + '_ {
    use hinan_recommend::Counter as Core;
    advice.counter.iter().filter_map(|counter| match counter {
        Core::GroundsGone { held_until } => Some(Counter::GroundsGone {
            held_until: *held_until,
        }),
        Core::NotExamined => Some(Counter::NotExamined),
        Core::AgencyLower { agency, advised } => Some(Counter::AgencyLower {
            agency: *agency,
            advised: *advised,
        }),
        _ => None,
    })
}

/// Everything that weakens advice resting on this gauge and these met conditions.
#[must_use]
pub fn against(outlook: &Outlook, gauge: &GaugeOutlook, met: &[Finding]) -> Vec<Counter> {
    let name = || gauge.name.clone();
    let mut found = of_the_gauge(outlook, gauge);
    for finding in met {
        found.extend(against_forecast(gauge, finding));
    }
    if outlook.models_on {
        let model_speaks = gauge
            .forecast
            .leads
            .iter()
            .any(|lead| lead.method == hinan_models::Method::Model);
        if !model_speaks {
            found.push(Counter::NoModel {
                gauge: name(),
                tier: format!("{:?}", gauge.forecast.tier),
            });
        } else if gauge
            .forecast
            .leads
            .iter()
            .any(|lead| lead.outside_training)
        {
            found.push(Counter::OutsideTraining { gauge: name() });
        }
    }
    let missing: Vec<String> = [
        ("evacuation_judgement", gauge.marks.evacuation_judgement_m),
        ("danger", gauge.marks.danger_m),
        ("design_high_water", gauge.marks.design_high_water_m),
    ]
    .into_iter()
    .filter(|(_, level)| level.is_none())
    .map(|(mark, _)| mark.to_owned())
    .collect();
    if !missing.is_empty() {
        found.push(Counter::LevelsUnknown {
            gauge: name(),
            marks: missing,
        });
    }
    found.push(Counter::OverflowOnly);
    found
}

/// What a gauge itself says against advice or a judgement: not heard, doubted, falling.
#[must_use]
pub fn of_the_gauge(outlook: &Outlook, gauge: &GaugeOutlook) -> Vec<Counter> {
    let name = || gauge.name.clone();
    let mut found = Vec::new();
    found.extend(unheard(outlook, gauge));
    if gauge.observed.is_some_and(|o| o.flag >= Flag::Suspect) {
        found.push(Counter::Doubted { gauge: name() });
    }
    if let Some(rise) = gauge.rise_m_per_h.filter(|rise| *rise < 0.0) {
        found.push(Counter::Falling {
            gauge: name(),
            rise_m_per_h: rise,
        });
    }
    found
}

/// What is to be said of a gauge that is late, silent, or not to be believed.
#[must_use]
pub fn unheard(outlook: &Outlook, gauge: &GaugeOutlook) -> Option<Counter> {
    let name = gauge.name.clone();
    let held = gauge.assumed(outlook.as_of);
    match gauge.voice {
        Voice::Late { for_min } | Voice::Silent { for_min } => Some(Counter::Quiet {
            gauge: name,
            for_min,
            held,
        }),
        Voice::Live if gauge.is_held() => {
            let health = gauge.health.as_ref()?;
            let why = health.reason.clone();
            Some(Counter::Unbelieved {
                gauge: name,
                why,
                held,
            })
        }
        Voice::Live | Voice::NeverHeard => None,
    }
}

fn against_forecast(gauge: &GaugeOutlook, finding: &Finding) -> Vec<Counter> {
    let asked = finding.leaves().find_map(|(test, result)| match test {
        Test::Forecast { within_h, .. } => Some((result.seen.value?, result.seen.mark?, *within_h)),
        _ => None,
    });
    let Some((chance, (mark, mark_m), lead_h)) = asked else {
        return Vec::new();
    };
    let mark = mark.code().to_owned();
    let mut found = Vec::new();
    let name = || gauge.name.clone();
    if let Some(observed) = gauge.observed.filter(|o| o.level_m < mark_m) {
        let by_m = mark_m - observed.level_m;
        found.push(Counter::StillBelow {
            gauge: name(),
            mark: mark.clone(),
            by_m,
        });
        found.push(Counter::MayNotHappen {
            gauge: name(),
            mark: mark.clone(),
            lead_h,
            chance_of_not: 1.0 - chance,
        });
        if let Some(lead) = gauge
            .forecast
            .leads
            .iter()
            .find(|l| l.lead_h == lead_h && l.rate_of_rise_m < mark_m)
        {
            found.push(Counter::RateSaysNo {
                gauge: name(),
                mark,
                lead_h,
                would_be_m: lead.rate_of_rise_m,
            });
        }
    }
    found
}
