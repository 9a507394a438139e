//! What the core of the advice refers to: the town in its words, and what the town decided beforehand.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hinan_gis::road::RoadGraph;
use hinan_gis::{AreaIndex, District, Hazard, Layer, LayerKind, Reach, Town};
use hinan_recommend::{
    Criteria, CriteriaError, Exposure, Input, Kind, LatchSettings, LiftSettings, Mark, NATIONAL,
    Policy, SourceId, Span, Unit, UnitId,
};
use thiserror::Error;

use crate::config::Config;
use crate::demo::obihiro;
use crate::digest::Digest;

use super::homes::{HomeMaps, rounded_up};
use super::line::Place;
use super::plan::{Homes, Plan, PlanError, Threat};
use super::proposal::ProposedShelter;
use super::refuge::RefugeBasis;

/// The name of a town's own criteria in its folder.
pub const CRITERIA_FILE: &str = "criteria.toml";

/// The depth ranks of flood maps reach so far at their upper end, metres; the last has none.
const RANK_UP_TO_M: [f64; 5] = [0.5, 3.0, 5.0, 10.0, 20.0];

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

/// The criteria that decide: those named in the configuration, else those in the town's folder, else of the built-in town its
/// own, else the national model.
///
/// # Errors
/// [`CoreError::Unreadable`] or [`CoreError::Criteria`] with the file's name.
pub fn criteria(config: &Config) -> Result<Criteria, CoreError> {
    let named = &config.recommend.criteria;
    if !named.as_os_str().is_empty() {
        return read(named);
    }
    let dir = &config.town.dir;
    if dir.as_os_str().is_empty() {
        return Ok(Criteria::read(
            obihiro::CRITERIA,
            "config/obihiro/criteria.toml",
        )?);
    }
    let own = dir.join(CRITERIA_FILE);
    // A file that cannot be asked for, or a link that leads nowhere, is not taken for no file: another one would decide unseen.
    match std::fs::symlink_metadata(&own) {
        Ok(_) => return read(&own),
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
        // The town is a bundle: it has no folder for a file of its own, and `recommend.criteria` names one.
        Err(why) if why.kind() == std::io::ErrorKind::NotADirectory => {}
        Err(source) => return Err(CoreError::Unreadable { path: own, source }),
    }
    Ok(Criteria::read(NATIONAL, "config/criteria.toml")?)
}

/// The file of the criteria that decide, by its name.
fn criteria_file(config: &Config) -> PathBuf {
    let (named, dir) = (&config.recommend.criteria, &config.town.dir);
    if !named.as_os_str().is_empty() {
        return named.clone();
    }
    let own = dir.join(CRITERIA_FILE);
    if dir.as_os_str().is_empty() {
        return PathBuf::from("config/obihiro/criteria.toml");
    }
    if own.is_file() {
        own
    } else {
        PathBuf::from("config/criteria.toml")
    }
}

/// The town's file, or the bundle that holds it.
fn town_file(config: &Config) -> PathBuf {
    let dir = &config.town.dir;
    if dir.as_os_str().is_empty() {
        PathBuf::from("config/obihiro/town.toml")
    } else if dir.is_dir() {
        dir.join("town.toml")
    } else {
        dir.clone()
    }
}

fn read(path: &Path) -> Result<Criteria, CoreError> {
    let text = std::fs::read_to_string(path).map_err(|source| CoreError::Unreadable {
        path: path.to_owned(),
        source,
    })?;
    Ok(Criteria::read(&text, &path.display().to_string())?)
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

/// What a place must be approved for.
pub(super) fn site_hazard(hazard: hinan_recommend::Hazard) -> Option<Hazard> {
    Some(match hazard {
        hinan_recommend::Hazard::Flood => Hazard::Flood,
        hinan_recommend::Hazard::InlandFlood => Hazard::InlandFlood,
        hinan_recommend::Hazard::Landslide => Hazard::Landslide,
        hinan_recommend::Hazard::StormSurge => Hazard::StormSurge,
        hinan_recommend::Hazard::Tsunami => Hazard::Tsunami,
        hinan_recommend::Hazard::LargeFire => Hazard::LargeFire,
        hinan_recommend::Hazard::Volcanic => Hazard::Volcano,
        hinan_recommend::Hazard::Earthquake => return None,
    })
}

fn places(town: &Town) -> BTreeMap<String, usize> {
    let ids = town.districts.iter().map(|district| district.id.clone());
    ids.zip(0..).collect()
}

/// Candidates looked at from each district.
const SHELTERS_PER_DISTRICT: usize = 3;

/// What a question to officers can be about.
const HAZARDS: [Hazard; 5] = [
    Hazard::Flood,
    Hazard::InlandFlood,
    Hazard::Landslide,
    Hazard::StormSurge,
    Hazard::Tsunami,
];

/// Identifiers of the sites inside a hazard's zone; an entry for each hazard of which a map is loaded.
pub(super) type Inside = BTreeMap<Hazard, BTreeSet<String>>;

/// Which zones a site is asked for. Flood zones are the town's own: see its rule for shelters.
const ZONES: [(LayerKind, Hazard); 4] = [
    (LayerKind::InlandFlood, Hazard::InlandFlood),
    (LayerKind::Landslide, Hazard::Landslide),
    (LayerKind::StormSurge, Hazard::StormSurge),
    (LayerKind::Tsunami, Hazard::Tsunami),
];

fn inside(town: &Town, layers: &[Layer]) -> Inside {
    let mut found = Inside::new();
    for layer in layers {
        let Some((_, hazard)) = ZONES.iter().find(|(kind, _)| *kind == layer.kind) else {
            continue;
        };
        let areas = layer
            .features
            .iter()
            .filter_map(|feature| feature.shape.area());
        let zones = AreaIndex::build(areas);
        let sites = town.shelters.iter();
        let within = sites.filter(|site| zones.at(site.at).next().is_some());
        found
            .entry(*hazard)
            .or_default()
            .extend(within.map(|site| site.id.clone()));
    }
    found
}

fn is_usable(site: &hinan_gis::Shelter, hazard: Hazard, town: &Town, inside: &Inside) -> bool {
    let within = inside.get(&hazard).is_some_and(|of| of.contains(&site.id));
    site.usable_for(hazard, town.shelter_rule) && !within
}

fn near(town: &Town, inside: &Inside) -> Vec<(Hazard, Vec<Vec<ProposedShelter>>)> {
    let near = |district: &District, hazard| {
        let within = inside.get(&hazard).map_or(0, BTreeSet::len);
        town.nearest_usable_shelters(district.label, hazard, SHELTERS_PER_DISTRICT + within)
            .into_iter()
            .filter(|(shelter, _)| is_usable(shelter, hazard, town, inside))
            .take(SHELTERS_PER_DISTRICT)
            .map(|(shelter, metres)| ProposedShelter {
                id: shelter.id.clone(),
                name: shelter.name.clone(),
                straight_line_m: metres,
            })
            .collect()
    };
    HAZARDS
        .into_iter()
        .map(|hazard| {
            let all = town.districts.iter();
            (hazard, all.map(|district| near(district, hazard)).collect())
        })
        .collect()
}

/// A quarter where nobody is counted may hold workers, guests or patients: where a river reaches it somebody is assumed to be there.
/// Others where nobody lives cannot be ordered and are left out.
fn in_its_words(
    town: &Town,
    kinds: &BTreeMap<String, Kind>,
    plan: &Plan,
) -> Result<hinan_recommend::Town, hinan_recommend::TownError> {
    let units = town
        .districts
        .iter()
        .filter(|district| {
            district.people > 0
                || !district.reaches.is_empty()
                || plan.threats.contains_key(&district.id)
        })
        .map(|district| unit(district, kinds, plan))
        .collect();
    hinan_recommend::Town::new(
        town.name.clone(),
        middle(town),
        units,
        plan.groups.clone(),
        plan.facilities
            .iter()
            .map(|planned| {
                let mut facility = planned.facility.clone();
                for exposure in &mut facility.exposures {
                    let kind = exposure.river.as_ref().and_then(|river| kinds.get(river));
                    exposure.kind = kind.copied().unwrap_or(exposure.kind);
                }
                facility
            })
            .collect(),
    )
}

/// Where the sun is asked for: the middle of the districts' names on the map.
fn middle(town: &Town) -> hinan_recommend::Place {
    let labels = || town.districts.iter().map(|district| district.label);
    let number = f64::from(u32::try_from(town.districts.len().max(1)).unwrap_or(u32::MAX));
    hinan_recommend::Place {
        lat: labels().map(|at| at.y()).sum::<f64>() / number,
        lon: labels().map(|at| at.x()).sum::<f64>() / number,
    }
}

fn unit(district: &District, kinds: &BTreeMap<String, Kind>, plan: &Plan) -> Unit {
    Unit {
        id: UnitId::new(district.id.as_str()),
        name: district.name.clone(),
        name_en: district
            .name_en
            .clone()
            .unwrap_or_else(|| district.name.clone()),
        people: district.people.max(1),
        exposures: district
            .reaches
            .iter()
            .map(|reach| Exposure {
                rain: plan.rain_of(&district.id, Some(&reach.river)),
                ..exposure(district, reach, kinds, plan)
            })
            .chain(
                plan.threats
                    .get(&district.id)
                    .into_iter()
                    .flatten()
                    .map(|threat| threat_exposure(threat, plan.rain_of(&district.id, None))),
            )
            .collect(),
        travel_min: None,
    }
}

/// What the plan says of homes and ways. What it does not say is asked of the maps; what they do not say either stays unknown, and
/// nobody is told to stay.
fn exposure(
    district: &District,
    reach: &Reach,
    kinds: &BTreeMap<String, Kind>,
    plan: &Plan,
) -> Exposure {
    let homes = plan
        .homes
        .get(&(district.id.clone(), reach.river.clone()))
        .cloned();
    let Homes {
        people_in_collapse_zone,
        people_with_dry_room,
        isolation_h,
        road_cut_m,
        source: _,
    } = homes.unwrap_or_default();
    let deepest = district.people_by_rank[1..]
        .iter()
        .rposition(|people| *people > 0);
    Exposure {
        kind: match kinds.get(&reach.river) {
            Some(kind) => *kind,
            None if reach.gauges.is_empty() => Kind::OtherRiver,
            None => Kind::ForecastRiver,
        },
        river: Some(reach.river.clone()),
        gauges: reach
            .gauges
            .iter()
            .map(|id| SourceId::new(id.as_str()))
            .collect(),
        rain: Vec::new(),
        people_at_risk: reach.people_in_zone.min(district.people.max(1)),
        people_in_collapse_zone,
        depth_max_m: deepest.map(|rank| RANK_UP_TO_M.get(rank).copied().unwrap_or(50.0)),
        people_with_dry_room,
        isolation_h,
        arrives_at: vec![Mark::OverflowStart, Mark::DesignHighWater],
        lag_min: 0.0,
        tsunami_from: None,
        road_cut_m,
    }
}

/// A threat besides rivers, as the town's plan says it.
pub(super) fn threat_exposure(threat: &Threat, rain: Vec<SourceId>) -> Exposure {
    Exposure {
        kind: threat.kind,
        river: None,
        gauges: threat.gauges.clone(),
        rain,
        people_at_risk: threat.people_at_risk,
        people_in_collapse_zone: None,
        depth_max_m: threat.depth_max_m,
        people_with_dry_room: None,
        isolation_h: None,
        arrives_at: vec![Mark::Danger],
        lag_min: 0.0,
        tsunami_from: threat.tsunami_from,
        road_cut_m: None,
    }
}

/// The flood of a river at a facility: everybody in it is at risk.
pub(super) fn facility_exposure(reach: &Reach, people: u32) -> Exposure {
    Exposure {
        kind: if reach.gauges.is_empty() {
            Kind::OtherRiver
        } else {
            Kind::ForecastRiver
        },
        river: Some(reach.river.clone()),
        gauges: reach
            .gauges
            .iter()
            .map(|id| SourceId::new(id.as_str()))
            .collect(),
        rain: Vec::new(),
        people_at_risk: people,
        people_in_collapse_zone: None,
        depth_max_m: None,
        people_with_dry_room: None,
        isolation_h: None,
        arrives_at: vec![Mark::OverflowStart, Mark::DesignHighWater],
        lag_min: 0.0,
        tsunami_from: None,
        road_cut_m: None,
    }
}
