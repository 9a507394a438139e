//! What may happen, and what we cannot know: where observations, zones and models meet.

mod assumed;
mod flooding;

use std::collections::{BTreeMap, BTreeSet};

use hinan_gis::{GaugeSite, ReferenceLevels, Town};
use hinan_models::{
    Case, FittedFloodModel, GaugeForecast, History, Mark, Watch, WatchReport, WatchSettings,
    without_model,
};
use hinan_sensors::quality::{Cadence, Contract};
use hinan_sensors::{Health, StationId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::assumed::Assumed;
pub use self::flooding::{Chance, Flooding, Reached, flooding};
use crate::situation::{Observed, Situation};

/// Everything the recommendation is made from. Nothing else enters it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outlook {
    /// The moment of the event it was made for.
    pub as_of: Timestamp,
    /// By gauge id.
    pub gauges: BTreeMap<String, GaugeOutlook>,
    /// Whether forecasts of the models are in use.
    pub models_on: bool,
}

/// One gauge: what it says, whether it speaks, what may come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaugeOutlook {
    /// Station id.
    pub id: String,
    /// Japanese name.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// River it stands at.
    pub river: String,
    /// The same in English.
    pub river_en: String,
    /// 基準水位, as far as they are known.
    pub marks: Marks,
    /// Newest usable reading.
    pub observed: Option<Observed>,
    /// Whether it still speaks.
    pub voice: Voice,
    /// How its device is, since when and why.
    #[serde(default)]
    pub health: Option<Health>,
    /// Metres per hour, over about the last hour.
    pub rise_m_per_h: Option<f64>,
    /// How its model did lately; none where no model is in use.
    #[serde(default)]
    pub watch: Option<WatchReport>,
    /// Forecast with its doubt; a plain baseline where no model is in use.
    pub forecast: GaugeForecast,
}

impl GaugeOutlook {
    /// A gauge of which nothing was heard yet.
    #[must_use]
    pub fn of_site(site: &GaugeSite, as_of: Timestamp) -> Self {
        Self {
            id: site.id.clone(),
            name: site.name.clone(),
            name_en: site.name_en.clone(),
            river: site.river.clone(),
            river_en: site.river_en.clone(),
            marks: Marks::from(&site.levels),
            observed: None,
            voice: Voice::NeverHeard,
            health: None,
            rise_m_per_h: None,
            watch: None,
            forecast: GaugeForecast {
                gauge: site.id.clone(),
                as_of,
                tier: hinan_models::Tier::NoInformation,
                why_ja: String::new(),
                why_en: String::new(),
                upstream_missing: Vec::new(),
                level_now_m: None,
                level_now_at: None,
                rise_m_per_h: None,
                leads: Vec::new(),
            },
        }
    }

    /// Whether its last level is only held, because it stopped reporting.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        matches!(self.voice, Voice::Silent { .. } | Voice::NeverHeard)
    }
}

/// 基準水位 of one gauge, metres in its own datum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Marks {
    /// 水防団待機水位
    pub standby_m: Option<f64>,
    /// 氾濫注意水位
    pub caution_m: Option<f64>,
    /// 避難判断水位
    pub evacuation_judgement_m: Option<f64>,
    /// 氾濫危険水位
    pub danger_m: Option<f64>,
    /// 計画高水位
    pub design_high_water_m: Option<f64>,
    /// 氾濫開始相当水位
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overflow_start_m: Option<f64>,
}

impl Marks {
    /// With the names that models, screens and records use, lowest first.
    #[must_use]
    pub fn named(&self) -> Vec<(&'static str, f64)> {
        [
            ("standby", self.standby_m),
            ("caution", self.caution_m),
            ("evacuation_judgement", self.evacuation_judgement_m),
            ("danger", self.danger_m),
            ("design_high_water", self.design_high_water_m),
            ("overflow_start", self.overflow_start_m),
        ]
        .into_iter()
        .filter_map(|(name, level)| level.map(|level| (name, level)))
        .collect()
    }
}

impl From<&ReferenceLevels> for Marks {
    fn from(levels: &ReferenceLevels) -> Self {
        Self {
            standby_m: levels.standby_m,
            caution_m: levels.caution_m,
            evacuation_judgement_m: levels.evacuation_judgement_m,
            danger_m: levels.danger_m,
            design_high_water_m: levels.design_high_water_m,
            overflow_start_m: levels.overflow_start_m,
        }
    }
}

/// Whether a gauge speaks as agreed. Silence is information, never calm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Voice {
    /// Reports as agreed.
    Live,
    /// One report is overdue, minutes since the last.
    Late {
        /// Minutes since the last usable reading.
        for_min: i64,
    },
    /// Three reports are overdue: the last level is held, and what came after is unknown.
    Silent {
        /// Minutes since the last usable reading.
        for_min: i64,
    },
    /// Nothing usable was ever received.
    NeverHeard,
}

/// The fitted models of a town and the grid they live on.
pub struct ModelSet {
    /// By gauge id.
    pub fitted: BTreeMap<String, FittedFloodModel>,
    /// All gauges, in the order of the history's columns.
    pub gauges: Vec<String>,
    /// Seconds between two rows.
    pub step_s: i64,
    /// Digests of the files that the models came from, by gauge; empty where they were fitted at the start.
    pub files: BTreeMap<String, String>,
}

/// Joins what is known, where it matters and what the models expect.
///
/// # Errors
/// When the town's gauges cannot form a history; that is a fault of the configuration.
pub fn outlook(
    situation: &Situation,
    town: &Town,
    models: Option<&ModelSet>,
    cadence_s: u32,
    as_of: Timestamp,
) -> Result<Outlook, hinan_models::HistoryError> {
    Ok(Outlook {
        as_of,
        gauges: look_at(situation, &town.gauges, models, cadence_s, as_of)?,
        models_on: models.is_some(),
    })
}

fn look_at(
    situation: &Situation,
    sites: &[GaugeSite],
    models: Option<&ModelSet>,
    cadence_s: u32,
    as_of: Timestamp,
) -> Result<BTreeMap<String, GaugeOutlook>, hinan_models::HistoryError> {
    let recent = models
        .map(|models| {
            let back_s = WatchSettings::default().looks_back_h() * 3600;
            situation.history(&models.gauges, models.step_s, back_s, as_of)
        })
        .transpose()?;
    let step_s = models.map_or(i64::from(cadence_s), |models| models.step_s);
    let look = Look {
        situation,
        models,
        recent: recent.as_ref(),
        step_s,
        cadence_s,
        as_of,
    };
    let gauges = each(sites, |site| look.at(site))?;
    Ok(gauges.into_iter().map(|g| (g.id.clone(), g)).collect())
}

/// The same for the moment of an earlier one, after only these stations said something new: gauges that neither are among them nor ask
/// one of them keep what was found.
///
/// # Errors
/// As for [`outlook`].
pub fn outlook_after(
    situation: &Situation,
    town: &Town,
    models: Option<&ModelSet>,
    cadence_s: u32,
    (before, changed): (&Outlook, &BTreeSet<StationId>),
) -> Result<Outlook, hinan_models::HistoryError> {
    let asks = |site: &GaugeSite| {
        let said = |id: &str| changed.contains(id);
        let by_model = models
            .and_then(|models| models.fitted.get(&site.id))
            .is_some_and(|model| model.case().upstream.iter().any(|id| said(id)));
        let by_neighbour = situation.neighbours(&site.id).any(said);
        said(&site.id) || by_model || by_neighbour
    };
    let sites: Vec<GaugeSite> = town
        .gauges
        .iter()
        .filter(|site| asks(site))
        .cloned()
        .collect();
    let mut all = before.clone();
    let fresh = look_at(situation, &sites, models, cadence_s, before.as_of)?;
    all.gauges.extend(fresh);
    Ok(all)
}

/// A baseline looks back this many grid steps.
const BASELINE_LOOKS_BACK_STEPS: i64 = 72;

/// From so many gauges on they are looked at by all processors; below, threads cost more than they bring.
const TOGETHER_FROM: usize = 256;

/// Looks at each gauge. Each is looked at for itself, so that it does not matter who does it and when; the order stays.
fn each<T: Send, E: Send>(
    sites: &[GaugeSite],
    look: impl Fn(&GaugeSite) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    if sites.len() < TOGETHER_FROM {
        return sites.iter().map(look).collect();
    }
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let look = &look;
    std::thread::scope(|scope| {
        let parts: Vec<_> = sites
            .chunks(sites.len().div_ceil(processors))
            .map(|part| scope.spawn(move || part.iter().map(look).collect::<Result<Vec<T>, E>>()))
            .collect();
        let mut all = Vec::with_capacity(sites.len());
        for part in parts {
            match part.join() {
                Ok(looked) => all.append(&mut looked?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(all)
    })
}

/// What one gauge is looked at with.
struct Look<'l> {
    situation: &'l Situation,
    models: Option<&'l ModelSet>,
    recent: Option<&'l History>,
    step_s: i64,
    cadence_s: u32,
    as_of: Timestamp,
}

impl Look<'_> {
    fn at(&self, site: &GaugeSite) -> Result<GaugeOutlook, hinan_models::HistoryError> {
        let Self {
            situation, as_of, ..
        } = *self;
        let model = self.models.and_then(|models| models.fitted.get(&site.id));
        let mut watched = None;
        let forecast = match (model, self.recent) {
            (Some(model), Some(recent)) => {
                let watch = Watch::over(model, recent, as_of, WatchSettings::default());
                watched = Some(watch.report());
                watch.guarded(model, recent, as_of)
            }
            // A baseline looks at its own gauge only: thousands of them must not share one table to search.
            _ => {
                let own = std::slice::from_ref(&site.id);
                let back_s = BASELINE_LOOKS_BACK_STEPS * self.step_s;
                let own = situation.history(own, self.step_s, back_s, as_of)?;
                without_model(&own, &case(site), as_of)
            }
        };
        let id: Option<StationId> = site.id.parse().ok();
        let observed = id
            .as_ref()
            .and_then(|id| situation.newest_judged(id, as_of));
        let agreed = id.as_ref().and_then(|id| situation.contract(id));
        let contract = agreed.unwrap_or_else(|| Cadence::default().contract(self.cadence_s));
        Ok(GaugeOutlook {
            id: site.id.clone(),
            name: site.name.clone(),
            name_en: site.name_en.clone(),
            river: site.river.clone(),
            river_en: site.river_en.clone(),
            marks: Marks::from(&site.levels),
            observed,
            voice: voice(observed, &contract, as_of),
            health: id.as_ref().and_then(|id| situation.health(id, as_of)),
            rise_m_per_h: id.and_then(|id| situation.rise_m_per_h(&id, as_of)),
            watch: watched,
            forecast,
        })
    }
}

/// What a model of this gauge is asked.
#[must_use]
pub fn case(site: &GaugeSite) -> Case {
    let marks = Marks::from(&site.levels).named();
    Case {
        target: site.id.clone(),
        upstream: site.upstream.clone(),
        marks: marks
            .into_iter()
            .map(|(name, level_m)| Mark {
                name: name.to_owned(),
                level_m,
            })
            .collect(),
        ..Case::default()
    }
}

/// Below its start level a crisis gauge (危機管理型水位計) may be silent for as long as was agreed.
fn voice(observed: Option<Observed>, contract: &Contract, as_of: Timestamp) -> Voice {
    let Some(observed) = observed else {
        return Voice::NeverHeard;
    };
    let patience = match contract.asleep {
        Some((start_level_m, patience)) if observed.level_m < start_level_m => patience,
        _ => contract.awake,
    };
    let age_s = as_of.duration_since(observed.at).as_secs();
    match age_s {
        age if age > patience.failed_after.as_secs() => Voice::Silent { for_min: age / 60 },
        // A report takes its time to arrive: half a step of grace.
        age if age > patience.late_after.as_secs() => Voice::Late { for_min: age / 60 },
        _ => Voice::Live,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hinan_sensors::quality::{Doubts, Flag};

    #[test]
    fn a_gauge_that_stops_is_late_then_silent_and_never_live() {
        let at: Timestamp = "2016-08-30T12:00:00Z".parse().expect("a time");
        let observed = Some(Observed {
            at,
            level_m: 1.0,
            flag: Flag::Good,
            doubts: Doubts::default(),
        });
        let contract = Cadence::default().contract(3600);
        let after = |min: i64| {
            voice(
                observed,
                &contract,
                at + jiff::SignedDuration::from_mins(min),
            )
        };
        assert_eq!(after(89), Voice::Live);
        assert_eq!(after(120), Voice::Late { for_min: 120 });
        assert_eq!(after(181), Voice::Silent { for_min: 181 });
        assert_eq!(voice(None, &contract, at), Voice::NeverHeard);
    }
}
