//! 解除: what lifting needs. The end of the rain is never enough, and is not even asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::latch::Now;
use super::orders::{Cause, Order, Orders};
use crate::criteria::{Answer, Kind};
use crate::hazard::Hazard;
use crate::id::{SourceId, UnitId};
use crate::level::{JmaLevel, OrderLevel};
use crate::outlook::{Gauge, Mark, Outlook, Product, ReportKind, Tier, Told, TsunamiClass};
use crate::policy::Policy;
use crate::sheaves::Sheaves;
use crate::town::{Exposure, Town};

/// A river that moves less than this counts as standing, metres per hour.
const STANDS_M_PER_H: f64 = 0.02;

/// One thing that lifting needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateName {
    /// The level here is below what the order was for.
    BelowHere,
    /// It falls here.
    FallingHere,
    /// The upper end of the forecast stays below for hours.
    StaysBelow,
    /// The crest has passed every gauge upstream.
    CrestPassed,
    /// No warning that asks for the order is in force.
    NoWarning,
    /// No dam upstream will let water go.
    NoDamRelease,
    /// No report of water, breach or slide stands open.
    NoReport,
    /// Somebody looked on the spot.
    Inspected,
}

impl GateName {
    /// What an officer can find out by a call or on the spot.
    pub const FOR_OFFICERS: [Self; 3] = [Self::CrestPassed, Self::NoDamRelease, Self::Inspected];

    /// Whether it is one of those.
    pub fn is_for_officers(self) -> bool {
        Self::FOR_OFFICERS.contains(&self)
    }

    /// The stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::BelowHere => "below_here",
            Self::FallingHere => "falling_here",
            Self::StaysBelow => "stays_below",
            Self::CrestPassed => "crest_passed",
            Self::NoWarning => "no_warning",
            Self::NoDamRelease => "no_dam_release",
            Self::NoReport => "no_report",
            Self::Inspected => "inspected",
        }
    }

    /// In the officers' words.
    pub fn japanese(self) -> &'static str {
        match self {
            Self::BelowHere => "水位が基準を下回っている",
            Self::FallingHere => "水位が下がっている",
            Self::StaysBelow => "予測の上限も基準を下回り続ける",
            Self::CrestPassed => "上流のすべての水位計で山を越えた",
            Self::NoWarning => "この災害の警報が出ていない",
            Self::NoDamRelease => "上流のダムの放流が終わっている",
            Self::NoReport => "越水・決壊などの報告が残っていない",
            Self::Inspected => "現地を確認した",
        }
    }
}

/// One gate and its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    /// Which.
    pub name: GateName,
    /// Whether it is open.
    pub answer: Answer,
    /// What it rests on, in Japanese.
    pub why: String,
}

impl Gate {
    /// Whether an officer may say it instead of an instrument: only what no instrument can say here.
    pub fn may_be_confirmed(&self) -> bool {
        self.answer == Answer::Unknown && self.name.is_for_officers()
    }
}

/// Whether one order may be lifted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiftAdvice {
    /// Unit.
    pub unit: UnitId,
    /// Hazard.
    pub hazard: Hazard,
    /// River that the order is for; nothing = whatever brings the hazard.
    #[serde(default)]
    pub river: Option<String>,
    /// Level in force.
    pub level: OrderLevel,
    /// Since when.
    pub issued_at: Timestamp,
    /// Every gate.
    pub gates: Vec<Gate>,
}

impl LiftAdvice {
    /// Whether lifting is proposed: every gate is open. An unknown gate is shut.
    pub fn may_lift(&self) -> bool {
        Answer::all(self.gates.iter().map(|gate| gate.answer)) == Answer::Met
    }

    /// What is missing.
    pub fn missing(&self) -> impl Iterator<Item = &Gate> {
        self.gates.iter().filter(|gate| gate.answer != Answer::Met)
    }
}

/// Orders in force that can be asked about, sorted, and which of them a gauge concerns.
#[derive(Debug)]
pub(super) struct Asked {
    causes: Vec<Cause>,
    by_gauge: BTreeMap<SourceId, Vec<usize>>,
}

impl Asked {
    pub(super) fn of(town: &Town, orders: &Orders) -> Self {
        let known = |cause: &&Cause| town.unit(&cause.unit).is_some();
        let causes: Vec<Cause> = orders.in_force().keys().filter(known).cloned().collect();
        let mut by_gauge: BTreeMap<SourceId, Vec<usize>> = BTreeMap::new();
        for (place, cause) in causes.iter().enumerate() {
            for gauge in exposures(town, cause).flat_map(|exposure| &exposure.gauges) {
                let of = by_gauge.entry(gauge.clone()).or_default();
                if of.last() != Some(&place) {
                    of.push(place);
                }
            }
        }
        Self { causes, by_gauge }
    }
}

/// Each order in force.
pub(super) fn all(now: &Now<'_>, asked: &Asked) -> Sheaves<Arc<LiftAdvice>> {
    let causes = asked.causes.iter();
    causes
        .filter_map(|cause| one(now, cause))
        .map(Arc::new)
        .collect()
}

/// The same where only these gauges say something else. Orders along which none of them stands, nor upstream of a gauge that does, keep
/// what `before` says.
pub(super) fn after(
    now: &Now<'_>,
    asked: &Asked,
    before: &Sheaves<Arc<LiftAdvice>>,
    changed: &BTreeSet<SourceId>,
) -> Sheaves<Arc<LiftAdvice>> {
    let below = now.outlook.gauges.iter().filter(|(_, gauge)| {
        let mut upstream = gauge.upstream.iter().flatten();
        upstream.any(|id| changed.contains(id))
    });
    let gauges = changed.iter().chain(below.map(|(id, _)| id));
    let places: BTreeSet<usize> = gauges
        .filter_map(|gauge| asked.by_gauge.get(gauge))
        .flatten()
        .copied()
        .collect();
    let mut found = before.clone();
    for place in places {
        if let Some(lift) = one(now, &asked.causes[place]) {
            found.set(place, Arc::new(lift));
        }
    }
    found
}

/// What an order is for: what of its hazard, and of its river where it names one, is exposed in its unit.
fn exposures<'t>(town: &'t Town, cause: &Cause) -> impl Iterator<Item = &'t Exposure> {
    let unit = town.unit(&cause.unit).into_iter();
    unit.flat_map(|unit| &unit.exposures).filter(|exposure| {
        exposure.hazard() == cause.hazard
            && (cause.river.is_none() || exposure.river.as_deref() == cause.river.as_deref())
    })
}

fn one(now: &Now<'_>, cause: &Cause) -> Option<LiftAdvice> {
    let orders = now.orders;
    let order = orders.in_force().get(cause)?;
    let exposures: Vec<&Exposure> = exposures(now.town, cause).collect();
    let ask = Ask {
        outlook: now.outlook,
        policy: now.policy,
        id: &cause.unit,
        order,
    };
    let gates = ask
        .gates(cause.hazard, &exposures)
        .into_iter()
        .map(|gate| {
            if orders.is_confirmed(cause, gate.name) {
                confirmed(gate)
            } else {
                gate
            }
        })
        .collect();
    Some(LiftAdvice {
        unit: cause.unit.clone(),
        hazard: cause.hazard,
        river: cause.river.as_deref().map(str::to_owned),
        level: order.level,
        issued_at: order.issued_at,
        gates,
    })
}

/// Only what no instrument can say may be confirmed by hand; a river above its mark stays above it.
fn confirmed(gate: Gate) -> Gate {
    if !gate.may_be_confirmed() {
        return gate;
    }
    Gate {
        answer: Answer::Met,
        why: "職員が確認".to_owned(),
        ..gate
    }
}

struct Ask<'a> {
    outlook: &'a Outlook,
    policy: &'a Policy,
    id: &'a UnitId,
    order: &'a Order,
}

impl Ask<'_> {
    fn gates(&self, hazard: Hazard, exposures: &[&Exposure]) -> Vec<Gate> {
        let mut gates = Vec::new();
        if hazard == Hazard::Flood {
            let wanted: Vec<&SourceId> = exposures
                .iter()
                .flat_map(|exposure| &exposure.gauges)
                .collect();
            let gauges: Vec<&Gauge> = wanted
                .iter()
                .filter_map(|id| self.outlook.gauges.get(*id).map(AsRef::as_ref))
                .collect();
            let unheard = gauges.len() < wanted.len();
            let of = |name, ask: &dyn Fn(&Gauge) -> Answer| {
                if unheard {
                    gate(name, Answer::Unknown, "情報のない水位計があります")
                } else {
                    self.joined(name, &gauges, ask)
                }
            };
            gates.push(of(GateName::BelowHere, &|gauge| self.below(gauge)));
            gates.push(of(GateName::FallingHere, &falling));
            gates.push(of(GateName::StaysBelow, &|gauge| self.stays_below(gauge)));
            gates.push(self.upstream(&gauges));
            if self.policy.lift.asks_dam {
                gates.push(self.dam());
            }
        }
        gates.push(self.no_warning(exposures));
        gates.push(self.no_report(exposures));
        if hazard != Hazard::Flood || self.policy.lift.asks_inspection {
            gates.push(gate(
                GateName::Inspected,
                Answer::Unknown,
                "現地の状況はこのシステムでは分かりません",
            ));
        }
        gates
    }

    /// Upstream gauges that nobody named, or that are not heard, keep the gate shut.
    fn upstream(&self, gauges: &[&Gauge]) -> Gate {
        let name = GateName::CrestPassed;
        let Some(named) = gauges
            .iter()
            .map(|gauge| gauge.upstream.as_ref())
            .collect::<Option<Vec<_>>>()
        else {
            return gate(name, Answer::Unknown, "上流の水位計が登録されていません");
        };
        let wanted: BTreeSet<&SourceId> = named.into_iter().flatten().collect();
        let heard: Vec<&Gauge> = wanted
            .iter()
            .filter_map(|id| self.outlook.gauges.get(*id).map(AsRef::as_ref))
            .collect();
        if heard.len() < wanted.len() || gauges.is_empty() {
            gate(name, Answer::Unknown, "情報のない上流の水位計があります")
        } else if heard.is_empty() {
            gate(name, Answer::Met, "上流に水位計がありません")
        } else {
            self.joined(name, &heard, crest_passed)
        }
    }

    /// All gauges must say yes; the first that does not is named.
    fn joined(&self, name: GateName, gauges: &[&Gauge], ask: impl Fn(&Gauge) -> Answer) -> Gate {
        let answers: Vec<(Answer, &str)> = gauges
            .iter()
            .map(|gauge| (ask(gauge), gauge.name.as_str()))
            .collect();
        let answer = Answer::all(answers.iter().map(|(answer, _)| *answer));
        let names: Vec<&str> = answers
            .iter()
            .filter(|(of, _)| *of == answer)
            .map(|(_, name)| *name)
            .collect();
        gate(
            name,
            answer,
            &format!("{}: {}", names.join("、"), answer.japanese()),
        )
    }

    /// The level that the order was for. For level 5 that of level 4: the way back leads past it.
    fn mark_m(&self, gauge: &Gauge) -> Option<f64> {
        let marks: &[Mark] = match self.order.level {
            OrderLevel::ElderlyEvacuation => {
                &[Mark::EvacuationJudgement, Mark::Caution, Mark::Danger]
            }
            OrderLevel::EvacuationOrder | OrderLevel::EmergencySafety => {
                &[Mark::Danger, Mark::DesignHighWater, Mark::OverflowStart]
            }
        };
        gauge.marks.first_known(marks).map(|(_, level_m)| level_m)
    }

    fn below(&self, gauge: &Gauge) -> Answer {
        match (
            self.mark_m(gauge),
            gauge.worst_m(self.outlook.as_of),
            gauge.is_held(),
        ) {
            (Some(mark_m), Some(level_m), _) if level_m >= mark_m => Answer::NotMet,
            (Some(_), Some(_), false) => Answer::Met,
            _ => Answer::Unknown,
        }
    }

    fn stays_below(&self, gauge: &Gauge) -> Answer {
        let Some(mark_m) = self.mark_m(gauge) else {
            return Answer::Unknown;
        };
        if gauge.is_held() {
            return Answer::Unknown;
        }
        let limit = SignedDuration::from_mins(i64::from(self.policy.criteria.stale.forecast_min));
        let Some(made) = gauge
            .forecast
            .as_ref()
            // That the last level stays, said of itself, proves nothing.
            .filter(|made| made.tier != Tier::Persistence)
            .filter(|made| self.outlook.as_of.duration_since(made.made_at) <= limit)
        else {
            return Answer::Unknown;
        };
        let asked: Vec<_> = made
            .leads
            .iter()
            .filter(|lead| f64::from(lead.lead_h) <= self.policy.lift.below_for_h + 1e-9)
            .collect();
        let reaches = asked
            .last()
            .is_some_and(|lead| f64::from(lead.lead_h) >= self.policy.lift.below_for_h - 1e-9);
        if asked.iter().any(|lead| lead.quantile_m(0.9) >= mark_m) {
            Answer::NotMet
        } else if reaches {
            Answer::Met
        } else {
            Answer::Unknown
        }
    }

    fn dam(&self) -> Gate {
        let counts = |told: &&Told<bool>| {
            let age_h = self.outlook.as_of.duration_since(told.at).as_secs_f64() / 3600.0;
            told.value || age_h <= self.policy.lift.dam_word_h
        };
        match self
            .outlook
            .official
            .dam_release_ahead
            .as_ref()
            .filter(counts)
        {
            Some(told) if told.value => gate(GateName::NoDamRelease, Answer::NotMet, &told.source),
            Some(told) => gate(GateName::NoDamRelease, Answer::Met, &told.source),
            None => gate(
                GateName::NoDamRelease,
                Answer::Unknown,
                "ダムの放流予定が確認されていません",
            ),
        }
    }

    fn no_warning(&self, exposures: &[&Exposure]) -> Gate {
        let official = &self.outlook.official;
        let limit = SignedDuration::from_mins(i64::from(self.policy.criteria.stale.official_min));
        let fresh = official
            .heard_at
            .is_some_and(|at| self.outlook.as_of.duration_since(at) <= limit);
        if !fresh {
            return gate(
                GateName::NoWarning,
                Answer::Unknown,
                "公的情報が届いていないか、古くなっています",
            );
        }
        if !official.unclear.is_empty() {
            return gate(
                GateName::NoWarning,
                Answer::Unknown,
                "このシステムが知らない符号で発表されているものがあります",
            );
        }
        let asks = |level: JmaLevel| level.number() >= 3;
        let found = exposures.iter().find_map(|exposure| match exposure.kind {
            Kind::Tsunami => official
                .tsunami
                .as_ref()
                .filter(|told| told.value >= TsunamiClass::Advisory)
                .map(|told| told.value.japanese().to_owned()),
            Kind::Landslide => official
                .levels
                .get(&Product::Landslide)
                .filter(|told| asks(told.value))
                .map(|told| Product::Landslide.japanese(told.value)),
            Kind::StormSurge => official
                .levels
                .get(&Product::StormSurge)
                .filter(|told| asks(told.value))
                .map(|told| Product::StormSurge.japanese(told.value)),
            Kind::Earthquake => None,
            _ => exposure
                .river
                .as_ref()
                .and_then(|river| official.rivers.get(river))
                .filter(|told| asks(told.value))
                .map(|told| crate::outlook::named_river(told.value))
                .or_else(|| {
                    official
                        .levels
                        .get(&Product::HeavyRain)
                        .filter(|told| asks(told.value))
                        .map(|told| Product::HeavyRain.japanese(told.value))
                }),
        });
        match found {
            Some(warning) => gate(GateName::NoWarning, Answer::NotMet, &warning),
            None => gate(GateName::NoWarning, Answer::Met, "発表なし"),
        }
    }

    fn no_report(&self, exposures: &[&Exposure]) -> Gate {
        let serious = |kind: ReportKind| {
            !matches!(
                kind,
                ReportKind::RoadClosed | ReportKind::SeepageSlight | ReportKind::PumpStopped
            )
        };
        let open = self.outlook.reports.iter().find(|report| {
            serious(report.kind)
                && exposures
                    .iter()
                    .any(|exposure| report.concerns(self.id, exposure.river.as_deref()))
        });
        match open {
            Some(report) => gate(
                GateName::NoReport,
                Answer::NotMet,
                &format!("{}({})", report.kind.japanese(), report.source),
            ),
            None => gate(
                GateName::NoReport,
                Answer::Met,
                "残っている報告はありません",
            ),
        }
    }
}

fn gate(name: GateName, answer: Answer, why: &str) -> Gate {
    Gate {
        name,
        answer,
        why: why.to_owned(),
    }
}

fn falling(gauge: &Gauge) -> Answer {
    match (gauge.rise_m_per_h, gauge.is_held()) {
        (Some(rise), false) if rise < -STANDS_M_PER_H => Answer::Met,
        (Some(_), false) => Answer::NotMet,
        _ => Answer::Unknown,
    }
}

/// Upstream it is enough that the water does not rise, unless it stands above the danger level: a flat crest has not passed.
fn crest_passed(gauge: &Gauge) -> Answer {
    let high = gauge
        .observed
        .zip(gauge.marks.get(Mark::Danger))
        .is_some_and(|(observed, danger_m)| observed.level_m >= danger_m);
    match (gauge.rise_m_per_h, gauge.is_held()) {
        (Some(rise), false) if rise <= STANDS_M_PER_H && !high => Answer::Met,
        (Some(_), false) => Answer::NotMet,
        _ => Answer::Unknown,
    }
}
