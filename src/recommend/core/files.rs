//! Which files decide: the criteria, and where the town stands, for errors.

use std::path::{Path, PathBuf};

use hinan_recommend::{Criteria, NATIONAL};

use super::CoreError;
use crate::config::Config;
use crate::demo::obihiro;

/// The name of a town's own criteria in its folder.
pub const CRITERIA_FILE: &str = "criteria.toml";

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
pub(super) fn criteria_file(config: &Config) -> PathBuf {
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
pub(super) fn town_file(config: &Config) -> PathBuf {
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
