//! What the core of the advice refers to: the town in its words, and what the town decided beforehand.

mod files;
mod sites;
mod units;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use hinan_gis::road::RoadGraph;
use hinan_gis::{Hazard, Layer, Town};
use hinan_recommend::{
    CriteriaError, Input, Kind, LatchSettings, LiftSettings, Policy, SourceId, Span, Unit,
};
use thiserror::Error;

use crate::config::Config;
use crate::digest::Digest;

pub use self::files::{CRITERIA_FILE, criteria};
use self::files::{criteria_file, town_file};
pub(super) use self::sites::site_hazard;
use self::sites::{Inside, SHELTERS_PER_DISTRICT, inside, is_usable, near};
use self::units::in_its_words;
pub(super) use self::units::{facility_exposure, threat_exposure};
use super::homes::{HomeMaps, rounded_up};
use super::line::Place;
use super::plan::{Plan, PlanError};
use super::proposal::ProposedShelter;
use super::refuge::RefugeBasis;

/// Town and policy as the core wants them.
#[derive(Clone, Debug)]
pub struct Core {
    /// The town.
    pub town: hinan_recommend::Town,
    /// Criteria and settings.
    pub policy: Policy,
    /// Gauges that decide for somebody. Others are shown and not asked.
    pub(super) sources: BTreeSet<SourceId>,
    /// Gauges whose water comes to a gauge, where the town file names any.
    pub(super) upstream: BTreeMap<SourceId, Vec<SourceId>>,
    /// How each river is watched.
    kinds: BTreeMap<String, Kind>,
    /// Digest of the criteria.
    pub(crate) criteria: String,
    /// Rates and ways for the people.
    pub(crate) refuge: Arc<RefugeBasis>,
    /// What the town laid down beforehand.
    pub plan: Plan,
    /// Hours over which some condition asks how much fell.
    pub(super) rain_hours: BTreeSet<u32>,
    /// Where each district stands in the town's order.
    places: BTreeMap<String, usize>,
    /// Sites inside the zone of a hazard other than floods, by the bundle's maps; nothing of a hazard without a map.
    pub(super) inside: Inside,
    /// Usable shelters near each district, nearest first, in the town's order, by what they are approved for.
    near: Vec<(Hazard, Vec<Vec<ProposedShelter>>)>,
    /// Digest of all that advice depends on beside readings and what is told.
    basis: Digest,
    /// Where the town stands, for errors.
    file: PathBuf,
}

/// Raised whenever the same question gets another answer than before: records of another program are not compared.
pub const PROGRAM: u32 = 3;

/// Why there is no core.
#[derive(Debug, Error)]
pub enum CoreError {
    /// A criteria file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A criteria file is not what it must be.
    #[error(transparent)]
    Criteria(#[from] CriteriaError),
    /// The town's plan cannot be used.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A criteria file names a gauge that the town does not have.
    #[error(
        "{place}: condition[{condition}] level-at gauge = {gauge}: 受け付けるのは町の水位計のid / accepted: the id of one of the town's gauges"
    )]
    UnknownGauge {
        /// File and line.
        place: Place,
        /// The condition.
        condition: String,
        /// What it names.
        gauge: String,
    },
    /// The levels of a gauge contradict each other.
    #[error(
        "{place}: gauge {gauge}: {higher}_m = {higher_m} is below {lower}_m = {lower_m}; 受け付けるのは低い順の基準水位 / accepted: levels that rise in the order of their names"
    )]
    Disorder {
        /// File and line.
        place: Place,
        /// The gauge.
        gauge: String,
        /// The lower mark.
        lower: &'static str,
        /// Its level.
        lower_m: f64,
        /// The mark that should be higher.
        higher: &'static str,
        /// Its level.
        higher_m: f64,
    },
    /// A kind is set for a river that the town does not have.
    #[error(
        "{place}: recommend.river_kinds {river}: 受け付けるのは町の川の名前({known}) / accepted: the name of one of the town's rivers"
    )]
    UnknownRiver {
        /// File and line.
        place: Place,
        /// As set.
        river: String,
        /// The town's rivers.
        known: String,
    },
    /// The rates that demand starts from cannot be fitted.
    #[error("demand: {0}")]
    Rates(#[from] hinan_models::demand::LineError),
    /// The town cannot be advised on.
    #[error("{place}: {source}")]
    Town {
        /// File and line.
        place: Place,
        /// What cannot be.
        source: Box<hinan_recommend::TownError>,
    },
}

impl Core {
    /// From the configuration and the town's geodata.
    ///
    /// # Errors
    /// Names the file or the district, its key, what was found and what is accepted.
    pub fn load(config: &Config, town: &Town) -> Result<Self, CoreError> {
        let plan = Plan::load(config, town)?;
        let policy = Policy {
            criteria: criteria(config)?,
            unheard: plan.unheard(),
            // No instrument of ours sees a levee; an officer confirms that a patrol did.
            lift: LiftSettings {
                asks_inspection: true,
                ..LiftSettings::default()
            },
            deadline: config.recommend.deadline,
            latch: LatchSettings {
                expire_after_h: f64::from(config.recommend.expire_after_h),
                hysteresis_m: config.recommend.hysteresis_m,
            },
            ..Policy::national()
        };
        for (gauge, condition) in policy.criteria.named_gauges() {
            if town.gauge(gauge).is_none() {
                return Err(CoreError::UnknownGauge {
                    place: Place::of_entry(
                        &criteria_file(config),
                        "[[condition]]",
                        &condition.id,
                        gauge,
                    ),
                    condition: condition.id.clone(),
                    gauge: gauge.to_owned(),
                });
            }
        }
        for site in &town.gauges {
            if let Some([(lower, lower_m), (higher, higher_m)]) =
                super::translate::marks(&site.levels).disorder()
            {
                return Err(CoreError::Disorder {
                    place: Place::of_entry(
                        &town_file(config),
                        "[[gauge]]",
                        &site.id,
                        &format!("{}_m", higher.code()),
                    ),
                    gauge: site.id.clone(),
                    lower: lower.code(),
                    lower_m,
                    higher: higher.code(),
                    higher_m,
                });
            }
        }
        let kinds = config.recommend.river_kinds.clone();
        if let Some(river) = kinds
            .keys()
            .find(|river| !town.rivers.iter().any(|known| known.name == **river))
        {
            let known: Vec<&str> = town
                .rivers
                .iter()
                .map(|river| river.name.as_str())
                .collect();
            return Err(CoreError::UnknownRiver {
                place: Place::of_key(&config.recommend.file, river),
                river: river.clone(),
                known: known.join(", "),
            });
        }
        let upstream: BTreeMap<SourceId, Vec<SourceId>> = town
            .gauges
            .iter()
            .filter(|site| !site.upstream.is_empty())
            .map(|site| {
                let from = site.upstream.iter().map(|id| SourceId::new(id.as_str()));
                (SourceId::new(site.id.as_str()), from.collect())
            })
            .collect();
        let policy_digest = policy.criteria.digest();
        let refuge = Arc::new(RefugeBasis::of(town)?);
        let inside = Inside::new();
        let (places, near) = (places(town), near(town, &inside));
        let geodata = town;
        let unusable = |source: hinan_recommend::TownError| CoreError::Town {
            place: Place::of_entry(&town_file(config), "[[", &source.place, source.key),
            source: Box::new(source),
        };
        let town = in_its_words(town, &kinds, &plan).map_err(unusable)?;
        let travel = policy.deadline.travel;
        let town = walked(&town, (geodata, &inside), &refuge, travel).map_err(unusable)?;
        let deciding: BTreeSet<SourceId> = town
            .units()
            .iter()
            .flat_map(|unit| &unit.exposures)
            .flat_map(|exposure| exposure.gauges.iter().cloned())
            .chain(
                policy
                    .criteria
                    .named_gauges()
                    .map(|(gauge, _)| SourceId::new(gauge)),
            )
            .collect();
        let basis = basis(&town, geodata, (&policy, &upstream, &kinds));
        // What comes down the river is asked for before an order is lifted.
        let above = deciding.iter().filter_map(|id| upstream.get(id)).flatten();
        let sources = deciding.iter().chain(above).cloned().collect();
        Ok(Self {
            town,
            rain_hours: policy.criteria.rain_hours(),
            policy,
            sources,
            upstream,
            kinds,
            criteria: policy_digest,
            refuge,
            plan,
            places,
            inside,
            near,
            basis,
            file: town_file(config),
        })
    }

    /// What the criteria ask for and nobody tells here, with the conditions that ask for it.
    #[must_use]
    pub fn deaf(&self) -> BTreeMap<Input, Vec<String>> {
        let mut asked = self.policy.criteria.inputs();
        asked.retain(|input, _| self.policy.unheard.contains(input));
        asked
    }

    /// The same with walking times along the town's roads.
    ///
    /// # Errors
    /// [`CoreError::Rates`]
    pub fn on_roads(mut self, town: &Town, roads: &RoadGraph) -> Result<Self, CoreError> {
        self.refuge = Arc::new(RefugeBasis::on_roads(town, roads)?);
        let travel = self.policy.deadline.travel;
        self.town = walked(&self.town, (town, &self.inside), &self.refuge, travel)
            .map_err(|source| self.unusable(source))?;
        self.basis = basis(
            &self.town,
            town,
            (&self.policy, &self.upstream, &self.kinds),
        );
        Ok(self)
    }

    /// The same with what the maps of a bundle say: of homes, where the plan says nothing, collapse zones and how long water stays; of
    /// shelters, which stand inside the zone of another hazard than floods.
    ///
    /// # Errors
    /// [`CoreError::Town`]
    pub fn on_maps(mut self, town: &Town, layers: &[Layer]) -> Result<Self, CoreError> {
        let maps = HomeMaps::of(layers);
        self.inside = inside(town, layers);
        if maps.is_empty() && self.inside.is_empty() {
            return Ok(self);
        }
        self.near = near(town, &self.inside);
        let travel = self.policy.deadline.travel;
        self.town = walked(&self.town, (town, &self.inside), &self.refuge, travel)
            .map_err(|source| self.unusable(source))?;
        self.town = with_units(&self.town, |unit| {
            let Some(district) = town.district(unit.id.as_str()) else {
                return;
            };
            for exposure in &mut unit.exposures {
                let Some(river) = &exposure.river else {
                    continue;
                };
                let mapped = maps.along(town, district, river);
                let at_risk = exposure.people_at_risk;
                exposure.people_in_collapse_zone = exposure.people_in_collapse_zone.or(mapped
                    .collapse_share
                    .map(|share| rounded_up(share, at_risk)));
                exposure.isolation_h = exposure.isolation_h.or(mapped.isolation_h);
            }
        })
        .map_err(|source| self.unusable(source))?;
        self.basis = basis(
            &self.town,
            town,
            (&self.policy, &self.upstream, &self.kinds),
        );
        Ok(self)
    }

    fn unusable(&self, source: hinan_recommend::TownError) -> CoreError {
        CoreError::Town {
            place: Place::of_entry(&self.file, "[[", &source.place, source.key),
            source: Box::new(source),
        }
    }

    /// Whether a site may be named for a hazard: approved for it, and by the maps that are loaded not inside its zone.
    #[must_use]
    pub fn is_usable(&self, site: &hinan_gis::Shelter, hazard: Hazard, town: &Town) -> bool {
        is_usable(site, hazard, town, &self.inside)
    }

    /// Where a district stands in the town's order.
    #[must_use]
    pub fn place(&self, district: &str) -> Option<usize> {
        self.places.get(district).copied()
    }

    /// Usable shelters near a district, nearest first, that are approved for a hazard.
    pub(super) fn near(&self, district: &str, hazard: Hazard) -> &[ProposedShelter] {
        let of = self.near.iter().find(|(approved, _)| *approved == hazard);
        let place = self.place(district);
        of.zip(place)
            .and_then(|((_, near), place)| near.get(place))
            .map_or(&[], Vec::as_slice)
    }

    /// Settings that move a level, a deadline or an area, as JSON; criteria stand for themselves.
    #[must_use]
    pub fn settings(&self) -> serde_json::Value {
        let policy = &self.policy;
        serde_json::json!({ "deadline": policy.deadline, "action": policy.action, "latch": policy.latch, "lift": policy.lift,
            "area": policy.area, "river_kinds": self.kinds })
    }

    /// Digest of everything that advice depends on beside readings and what is told: town, criteria, settings. Two evaluations with
    /// different ones may differ for that reason alone.
    #[must_use]
    pub fn basis(&self) -> &Digest {
        &self.basis
    }

    /// How a river is watched: as configured, else by forecasts.
    pub(super) fn kind_of(&self, river: &str) -> Kind {
        self.kinds
            .get(river)
            .copied()
            .unwrap_or(Kind::ForecastRiver)
    }
}

fn basis(
    town: &hinan_recommend::Town,
    geodata: &Town,
    settings: (
        &Policy,
        &BTreeMap<SourceId, Vec<SourceId>>,
        &BTreeMap<String, Kind>,
    ),
) -> Digest {
    let (policy, upstream, kinds) = settings;
    Digest::of_json(&(
        town.digest(),
        policy,
        upstream,
        kinds,
        format!("{:?}", geodata.gauges),
    ))
}

/// Nobody is taken to walk longer: who lives farther away rides, minutes. **Assumed**.
const WALK_MAX_MIN: f64 = 60.0;

/// With the time that each district's people need to the nearest usable places: middle by those who walk well to the nearest, slow by
/// those who walk worst to the farthest of the nearest three, and never less spread than the general setting.
fn walked(
    town: &hinan_recommend::Town,
    (geodata, inside): (&Town, &Inside),
    refuge: &RefugeBasis,
    general: Span,
) -> Result<hinan_recommend::Town, hinan_recommend::TownError> {
    with_units(town, |unit| {
        let hazards = unit.exposures.iter().map(|of| site_hazard(of.hazard()));
        let row = geodata
            .districts
            .iter()
            .position(|district| district.id == unit.id.as_str());
        let spans = hazards.filter_map(|hazard| {
            let (row, hazard) = (row?, hazard?);
            let usable = |site: &hinan_gis::Shelter| is_usable(site, hazard, geodata, inside);
            refuge.walks(geodata, row, usable, SHELTERS_PER_DISTRICT)
        });
        let slowest = spans.reduce(|a, b| (a.0.max(b.0), a.1.max(b.1)));
        unit.travel_min = slowest.and_then(|(well_min, worst_min)| {
            let middle_min = well_min.min(WALK_MAX_MIN);
            let times = middle_min / general.middle_min;
            let spread = times.is_finite().then(|| general.times(times))?;
            let slow_min = spread.slow_min.max(worst_min.min(WALK_MAX_MIN));
            let span = Span::new(spread.quick_min, middle_min, slow_min);
            span.is_sound().then_some(span)
        });
    })
}

fn with_units(
    town: &hinan_recommend::Town,
    mut change: impl FnMut(&mut Unit),
) -> Result<hinan_recommend::Town, hinan_recommend::TownError> {
    let mut units = town.units().to_vec();
    units.iter_mut().for_each(&mut change);
    hinan_recommend::Town::new(
        town.name(),
        town.place(),
        units,
        town.groups().to_vec(),
        town.facilities().to_vec(),
    )
}

fn places(town: &Town) -> BTreeMap<String, usize> {
    let ids = town.districts.iter().map(|district| district.id.clone());
    ids.zip(0..).collect()
}
