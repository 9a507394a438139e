//! From the configuration to what the engine refers to: town, stations, models.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use hinan_gis::road::{RoadGraph, RoadLimits};
use hinan_gis::{Bundle, Layer, Town};
use hinan_models::{FloodModel, History, Hyper, LabelledZone};
use hinan_sensors::{Devices, InvalidDevice, QualitySettings, Station, StationId, Stations};
use indicatif::{ProgressBar, ProgressStyle};
use thiserror::Error;

use crate::artifacts;
use crate::concern::Concern;
use crate::config::Config;
use crate::demo::obihiro;
use crate::engine::Reference;
use crate::flood_labels;
use crate::outlook::{ModelSet, case};
use crate::recommend::core::{Core, CoreError};
use crate::store::Store;

/// Column names of level histories are this and the station id.
pub const COLUMN_PREFIX: &str = "level_m_";

/// Why the reference data cannot be used.
#[derive(Debug, Error)]
pub enum TownError {
    /// A file cannot be read.
    #[error("{path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The town's files are not what they must be.
    #[error("town: {0}")]
    Town(#[from] hinan_gis::LoadError),
    /// Its criteria, or its districts, cannot be advised by.
    #[error(transparent)]
    Core(#[from] CoreError),
    /// A gauge cannot be a station.
    #[error("gauge {gauge}: {why}")]
    Station {
        /// Which gauge.
        gauge: String,
        /// What is wrong and what is accepted.
        why: String,
    },
    /// A device cannot be used.
    #[error("[[sensors.device]] {0}")]
    Device(#[from] InvalidDevice),
    /// The history cannot be read.
    #[error("{path}: {source}")]
    History {
        /// The file.
        path: String,
        /// What is wrong.
        source: hinan_models::HistoryError,
    },
    /// The folder of models cannot be used.
    #[error("[models] dir: {0}")]
    Artifacts(#[from] artifacts::ArtifactsError),
    /// The record cannot be asked which models are approved.
    #[error("[models] dir: {0}")]
    Record(#[from] crate::store::StoreError),
    /// The grid of the models cannot be agreed on.
    #[error(
        "[models] dir: models of {gauge} have rows every {step_s} s, others every {other_s} s: one step is accepted"
    )]
    Steps {
        /// The gauge.
        gauge: String,
        /// Its step.
        step_s: i64,
        /// The step of the others.
        other_s: i64,
    },
    /// A record cannot be recomputed without the models it was made with.
    #[error(
        "gauge {gauge} was forecast by the model file {digest}, which is not in {dir}; put it back there ([models] dir)"
    )]
    ModelGone {
        /// The gauge.
        gauge: String,
        /// Digest of the file.
        digest: String,
        /// The folder.
        dir: PathBuf,
    },
    /// The table of past floods cannot be used.
    #[error("[models] flood_labels: {0}")]
    FloodLabels(#[from] flood_labels::FloodLabelsError),
    /// The settings of the models are wrong.
    #[error("models: {0}")]
    Hyper(#[from] hinan_models::HyperError),
}

/// Loads everything that the engine refers to, with a progress bar for the fitting.
///
/// # Errors
/// [`TownError`] names the file and what is wrong with it.
pub fn load(config: &Config) -> Result<Reference, TownError> {
    let Geography {
        town,
        roads,
        layers,
    } = geography(config)?;
    let stations = stations(config, &town)?;
    let core = core_of(config, &town, roads.as_ref(), &layers)?;
    for (input, conditions) in core.deaf() {
        tracing::warn!(
            input = input.japanese(),
            conditions = conditions.join(" "),
            "no feed tells this here: these conditions stay unknown and raise nothing"
        );
    }
    let models = if config.models.enabled {
        models(config, &town)?
    } else {
        None
    };
    Ok(Reference {
        concern: Arc::new(Concern::of(&town, &layers).with_labels(flood_labels(config, &town)?)),
        layers: Arc::new(layers),
        roads: roads.map(Arc::new),
        town: Arc::new(town),
        devices: Arc::new(devices(config, &stations)?),
        stations: Arc::new(stations),
        models: models.map(Arc::new),
        policy: config.recommend.clone(),
        core: Arc::new(core),
        cadence_s: config.sensors.cadence_s,
    })
}

/// Districts whose chance of flooding is learnt from past floods.
fn flood_labels(config: &Config, town: &Town) -> Result<Vec<LabelledZone>, TownError> {
    let path = &config.models.flood_labels;
    if path.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let (zones, refused) = flood_labels::learnt(path, town)?;
    for why in refused {
        tracing::warn!(%why, "chance of flooding by the town's stages");
    }
    Ok(zones)
}

/// The municipality.
///
/// # Errors
/// [`TownError`] names the file and what is wrong with it.
pub fn town(config: &Config) -> Result<Town, TownError> {
    Ok(geography(config)?.town)
}

/// The municipality, and as the core of the advice knows it on its roads and maps.
///
/// # Errors
/// [`TownError`] names the file and what is wrong with it.
pub fn with_core(config: &Config) -> Result<(Town, Core), TownError> {
    let Geography {
        town,
        roads,
        layers,
    } = geography(config)?;
    let core = core_of(config, &town, roads.as_ref(), &layers)?;
    Ok((town, core))
}

fn core_of(
    config: &Config,
    town: &Town,
    roads: Option<&RoadGraph>,
    layers: &[Layer],
) -> Result<Core, CoreError> {
    let core = Core::load(config, town)?.on_maps(town, layers)?;
    match roads {
        Some(roads) => core.on_roads(town, roads),
        None => Ok(core),
    }
}

/// Everything that has a place.
struct Geography {
    town: Town,
    roads: Option<RoadGraph>,
    /// What a bundle holds beside its town.
    layers: Vec<Layer>,
}

/// From the built-in town, a folder, or a bundle made by `hinan import`. A file of roads goes before those of a bundle.
fn geography(config: &Config) -> Result<Geography, TownError> {
    let dir = &config.town.dir;
    let mut geography = if dir.as_os_str().is_empty() {
        without_layers(Town::load(obihiro::TOWN, obihiro::MAP)?)
    } else if dir.is_file() {
        let bundle = Bundle::open(&read(dir)?)?;
        Geography {
            town: bundle.town()?,
            roads: bundle.roads()?,
            layers: bundle.into_layers(),
        }
    } else {
        let path = dir.join("town.toml");
        let toml = std::fs::read_to_string(&path)
            .map_err(|source| TownError::Unreadable { path, source })?;
        without_layers(Town::load(&toml, &read(&dir.join("map.json.gz"))?)?)
    };
    if let Some(roads) = roads(config)? {
        geography.roads = Some(roads);
    }
    Ok(geography)
}

fn without_layers(town: Town) -> Geography {
    Geography {
        town,
        roads: None,
        layers: Vec::new(),
    }
}

fn read(path: &Path) -> Result<Vec<u8>, TownError> {
    std::fs::read(path).map_err(|source| TownError::Unreadable {
        path: path.to_owned(),
        source,
    })
}

/// The town's roads; none when no file is named.
fn roads(config: &Config) -> Result<Option<RoadGraph>, TownError> {
    let path = &config.town.roads;
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let bytes = read(path)?;
    Ok(Some(RoadGraph::from_osm(&bytes, RoadLimits::default())?))
}

/// The town's gauges as devices.
///
/// # Errors
/// [`TownError::Station`] names the gauge and what is wrong with it.
pub fn stations(config: &Config, town: &Town) -> Result<Stations, TownError> {
    let wrong = |gauge: &str, why: String| TownError::Station {
        gauge: gauge.to_owned(),
        why,
    };
    for id in config.sensors.station.keys() {
        if town.gauge(id).is_none() {
            return Err(wrong(
                id,
                "[sensors.station] names a gauge that the town does not have".to_owned(),
            ));
        }
    }
    let stations = town
        .gauges
        .iter()
        .map(|gauge| {
            let id: StationId = gauge
                .id
                .parse()
                .map_err(|why| wrong(&gauge.id, format!("{why}")))?;
            let quality = quality(
                &config.sensors.quality,
                config.sensors.station.get(&gauge.id),
            );
            Ok(Station {
                id,
                name: gauge.name.clone(),
                quality,
                cadence_s: config.sensors.cadence_s,
            })
        })
        .collect::<Result<Vec<_>, TownError>>()?;
    Stations::new(stations).map_err(|why| wrong("[sensors]", why.to_string()))
}

/// The devices that do not name their gauge themselves.
///
/// # Errors
/// [`TownError::Device`] names the device and what is wrong with it.
pub fn devices(config: &Config, stations: &Stations) -> Result<Devices, TownError> {
    Ok(Devices::new(config.sensors.device.clone(), stations)?)
}

/// A station's own checks go before the common ones.
fn quality(common: &QualitySettings, own: Option<&QualitySettings>) -> QualitySettings {
    own.cloned().unwrap_or_default().over(common)
}

/// The history that models are fitted on; none when the town has none.
///
/// # Errors
/// [`TownError`] names the file and what is wrong with it.
pub fn history(config: &Config) -> Result<Option<History>, TownError> {
    let path = &config.models.history;
    if !path.as_os_str().is_empty() {
        return Ok(Some(read_history(
            &read(path)?,
            &path.display().to_string(),
        )?));
    }
    if config.town.dir.as_os_str().is_empty() {
        return Ok(Some(read_history(
            obihiro::HISTORY,
            "the built-in history",
        )?));
    }
    Ok(None)
}

/// Reads levels from CSV, packed by gzip or not.
///
/// # Errors
/// [`TownError::History`] names line and column.
pub fn read_history(bytes: &[u8], path: &str) -> Result<History, TownError> {
    let packed = bytes.starts_with(&[0x1f, 0x8b]);
    let read = if packed {
        History::from_csv(flate2::read::GzDecoder::new(bytes), COLUMN_PREFIX)
    } else {
        History::from_csv(bytes, COLUMN_PREFIX)
    };
    read.map_err(|source| TownError::History {
        path: path.to_owned(),
        source,
    })
}

fn models(config: &Config, town: &Town) -> Result<Option<ModelSet>, TownError> {
    if !config.models.dir.as_os_str().is_empty() {
        return from_files(config);
    }
    let Some(history) = history(config)? else {
        return Ok(None);
    };
    Ok(Some(fit(&history, town)?))
}

/// The approved model files; none when nothing is approved.
fn from_files(config: &Config) -> Result<Option<ModelSet>, TownError> {
    let data_dir = &config.service.data_dir;
    let approved = if data_dir.join(crate::store::FILE).is_file() {
        Store::look(data_dir, |view| view.approved_models())?
    } else {
        BTreeMap::new()
    };
    approved_models(config, &approved)
}

/// The models of approved files, by gauge and digest; none when there are none. A file that is not in the folder any more is
/// left out.
///
/// # Errors
/// [`TownError`] when the folder cannot be used, or the models do not agree on their step.
pub fn approved_models(
    config: &Config,
    approved: &BTreeMap<String, String>,
) -> Result<Option<ModelSet>, TownError> {
    let fitted = artifacts::approved(&config.models.dir, approved)?;
    let mut gauges: BTreeSet<String> = BTreeSet::new();
    let mut step: Option<i64> = None;
    for (gauge, model) in &fitted {
        let case = model.case();
        gauges.insert(case.target.clone());
        gauges.extend(case.upstream.iter().cloned());
        let step_s = model.card().step_s;
        let other_s = *step.get_or_insert(step_s);
        if other_s != step_s {
            return Err(TownError::Steps {
                gauge: gauge.clone(),
                step_s,
                other_s,
            });
        }
    }
    let files = approved
        .iter()
        .filter(|(gauge, _)| fitted.contains_key(*gauge))
        .map(|(gauge, digest)| (gauge.clone(), digest.clone()))
        .collect();
    Ok(step.map(|step_s| ModelSet {
        fitted,
        gauges: gauges.into_iter().collect(),
        step_s,
        files,
    }))
}

/// Exactly these model files, as a record says that they forecast once.
///
/// # Errors
/// [`TownError::ModelGone`] names a file that is not there any more.
pub fn models_of(
    config: &Config,
    files: &BTreeMap<String, String>,
) -> Result<Option<ModelSet>, TownError> {
    if files.is_empty() {
        return Ok(None);
    }
    let set = approved_models(config, files)?;
    let there = |gauge: &String| {
        set.as_ref()
            .is_some_and(|set| set.files.contains_key(gauge))
    };
    match files.iter().find(|(gauge, _)| !there(gauge)) {
        None => Ok(set),
        Some((gauge, digest)) => Err(TownError::ModelGone {
            gauge: gauge.clone(),
            digest: digest.clone(),
            dir: config.models.dir.clone(),
        }),
    }
}

/// Fits a model for each gauge of the town that the history knows. A gauge that cannot be fitted is served by
/// its baseline, and its screens say so.
///
/// # Errors
/// [`TownError::Hyper`] never with the built-in settings.
pub fn fit(history: &History, town: &Town) -> Result<ModelSet, TownError> {
    let recipe = FloodModel::new(Hyper::default())?;
    let style = ProgressStyle::with_template("学習 fitting {bar:30} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::new(town.gauges.len() as u64).with_style(style);
    let next = AtomicUsize::new(0);
    let fitted = Mutex::new(BTreeMap::new());
    let work = || {
        while let Some(gauge) = town.gauges.get(next.fetch_add(1, Ordering::Relaxed)) {
            bar.set_message(gauge.name.clone());
            match recipe.fit(history, &case(gauge)) {
                Ok(model) => {
                    let mut fitted = fitted.lock().unwrap_or_else(PoisonError::into_inner);
                    fitted.insert(gauge.id.clone(), model);
                }
                Err(why) => {
                    tracing::warn!(gauge = %gauge.id, name = gauge.name, %why, "no model, baseline only");
                }
            }
            bar.inc(1);
        }
    };
    // Gauges are fitted apart from each other, so the order in which threads finish changes nothing.
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    bar.finish_and_clear();
    let fitted = fitted.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok(ModelSet {
        fitted,
        gauges: history.gauges().to_vec(),
        step_s: history.step_s(),
        files: BTreeMap::new(),
    })
}
