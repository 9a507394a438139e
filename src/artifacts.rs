//! Model files of a folder: the approved one of a gauge forecasts, every other one only waits for a decision.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hinan_models::{ArtifactError, MAX_ARTIFACT_BYTES, ModelCard, ModelFile};
use thiserror::Error;

/// Files that a folder may hold at most.
const FILES_MAX: usize = 10_000;
/// How their names end.
pub const ENDING: &str = "hinan-model";

/// A file of the folder, checked to the last byte.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Where it lies.
    pub path: PathBuf,
    /// Its name for decisions.
    pub digest: String,
    /// What people must know of it.
    pub card: ModelCard,
}

/// Why a folder of models cannot be used.
#[derive(Debug, Error)]
pub enum ArtifactsError {
    /// The system cannot read it.
    #[error("{path}: {source}")]
    Unreadable {
        /// File or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not a sound model.
    #[error("{path}: {source}")]
    Unsound {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ArtifactError,
    },
    /// Too many files.
    #[error("{path}: more than {FILES_MAX} model files")]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
}

/// The sound files of a folder in the order of their names, and what is wrong with the others.
///
/// # Errors
/// [`ArtifactsError`] when the folder itself cannot be read. A file that is not sound stops nobody else's forecast.
pub fn candidates(dir: &Path) -> Result<(Vec<Candidate>, Vec<ArtifactsError>), ArtifactsError> {
    let unreadable = |source| ArtifactsError::Unreadable {
        path: dir.to_owned(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|ending| ending == ENDING) {
            paths.push(path);
        }
        if paths.len() > FILES_MAX {
            return Err(ArtifactsError::TooMany {
                path: dir.to_owned(),
            });
        }
    }
    paths.sort();
    let (mut sound, mut unsound) = (Vec::new(), Vec::new());
    for path in paths {
        match candidate(&path) {
            Ok(candidate) => sound.push(candidate),
            Err(why) => unsound.push(why),
        }
    }
    Ok((sound, unsound))
}

/// The models that may forecast: those of the folder whose digest was approved for their gauge.
///
/// # Errors
/// [`ArtifactsError`].
pub fn approved(
    dir: &Path,
    approved: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, hinan_models::FittedFloodModel>, ArtifactsError> {
    let (sound, unsound) = candidates(dir)?;
    for why in unsound {
        tracing::warn!(%why, "model file not used");
    }
    let mut models = BTreeMap::new();
    for candidate in sound {
        let gauge = &candidate.card.gauge;
        if approved.get(gauge) == Some(&candidate.digest) {
            let bytes = read(&candidate.path)?;
            let file = ModelFile::from_bytes(&bytes).map_err(|source| ArtifactsError::Unsound {
                path: candidate.path.clone(),
                source,
            })?;
            models.insert(gauge.clone(), file.model);
        } else {
            tracing::warn!(
                %gauge, digest = candidate.digest,
                "model file waits for an approval: hinan models --config FILE"
            );
        }
    }
    Ok(models)
}

fn candidate(path: &Path) -> Result<Candidate, ArtifactsError> {
    let bytes = read(path)?;
    let unsound = |source| ArtifactsError::Unsound {
        path: path.to_owned(),
        source,
    };
    let file = ModelFile::from_bytes(&bytes).map_err(unsound)?;
    Ok(Candidate {
        path: path.to_owned(),
        digest: ModelFile::digest_of(&bytes).map_err(unsound)?,
        card: file.card,
    })
}

fn read(path: &Path) -> Result<Vec<u8>, ArtifactsError> {
    let unreadable = |source| ArtifactsError::Unreadable {
        path: path.to_owned(),
        source,
    };
    let length = std::fs::metadata(path).map_err(unreadable)?.len();
    if length > MAX_ARTIFACT_BYTES as u64 {
        return Err(ArtifactsError::Unsound {
            path: path.to_owned(),
            source: ArtifactError::Size {
                what: "file",
                found: length,
                accepted: MAX_ARTIFACT_BYTES as u64,
            },
        });
    }
    std::fs::read(path).map_err(unreadable)
}
