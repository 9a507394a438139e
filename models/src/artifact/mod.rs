//! One file per fitted model: a card that people read, weights that machines read, and a digest over both.
//!
//! ```text
//! 0   8  HINANMDL
//! 8   4  format version, little endian
//! 12  4  length of the card, bytes
//! 16  8  length of the weights, bytes
//! 24  …  card, JSON in UTF-8
//! …   …  weights, postcard
//! …  32  SHA-256 of everything before
//! ```

mod card;
mod weak;

pub use card::{LeadFigures, ModelCard, Words, data_sha256_of, recipe_sha256};

use crate::flood::FittedFloodModel;
use sha2::{Digest, Sha256};

/// Version of the file; a file of another version is refused.
pub const ARTIFACT_FORMAT: u32 = 1;
/// Longest file that is read, bytes.
pub const MAX_ARTIFACT_BYTES: usize = 256 << 20;
/// Longest card, bytes.
const MAX_CARD_BYTES: usize = 4 << 20;
const MAGIC: &[u8; 8] = b"HINANMDL";
const HEAD: usize = 24;
const DIGEST: usize = 32;

/// A fitted model with its card.
#[derive(Clone, Debug, PartialEq)]
pub struct ModelFile {
    /// What it was made from, how good it is and where it is weak.
    pub card: ModelCard,
    /// The model.
    pub model: FittedFloodModel,
}

/// Why a file is not loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArtifactError {
    /// Not a model file at all.
    #[error("not a model file: it must begin with HINANMDL")]
    NotAModel,
    /// Made by another version of the program.
    #[error(
        "format version {found} is not accepted: this program reads version {accepted}; fit the model again"
    )]
    Version {
        /// Version of the file.
        found: u32,
        /// The version that is read.
        accepted: u32,
    },
    /// Shorter or longer than it says itself.
    #[error("{what}: {found} bytes, {accepted} are accepted")]
    Size {
        /// Of what.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many are accepted.
        accepted: u64,
    },
    /// The digest is another one: the file was changed or damaged.
    #[error(
        "digest {found} does not match {written}, which stands in the file: it was changed or damaged"
    )]
    Digest {
        /// Of the bytes.
        found: String,
        /// In the file.
        written: String,
    },
    /// Card or weights are not what they must be.
    #[error("{part}: {why}")]
    Broken {
        /// `card` or `weights`.
        part: &'static str,
        /// What is wrong.
        why: String,
    },
}

impl ModelFile {
    /// The bytes of the file: the same model and card give the same bytes.
    ///
    /// # Errors
    /// [`ArtifactError::Size`] when card or weights are larger than a reader accepts.
    pub fn to_bytes(&self) -> Result<Vec<u8>, ArtifactError> {
        let broken = |part, why: String| ArtifactError::Broken { part, why };
        let card = serde_json::to_vec(&self.card).map_err(|why| broken("card", why.to_string()))?;
        let weights =
            postcard::to_stdvec(&self.model).map_err(|why| broken("weights", why.to_string()))?;
        check_size("card", card.len(), MAX_CARD_BYTES)?;
        check_size(
            "file",
            HEAD + card.len() + weights.len() + DIGEST,
            MAX_ARTIFACT_BYTES,
        )?;
        let mut bytes = Vec::with_capacity(HEAD + card.len() + weights.len() + DIGEST);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&ARTIFACT_FORMAT.to_le_bytes());
        let card_len = u32::try_from(card.len()).expect("at most four million");
        bytes.extend_from_slice(&card_len.to_le_bytes());
        bytes.extend_from_slice(&(weights.len() as u64).to_le_bytes());
        bytes.extend_from_slice(&card);
        bytes.extend_from_slice(&weights);
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        Ok(bytes)
    }

    /// Reads a file, after its digest, version and lengths were checked.
    ///
    /// # Errors
    /// [`ArtifactError`] says what is wrong; nothing of a doubtful file is used.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ArtifactError> {
        let parts = Parts::of(bytes)?;
        let card = parts.card()?;
        let broken = |why: String| ArtifactError::Broken {
            part: "weights",
            why,
        };
        let (model, rest) = postcard::take_from_bytes::<FittedFloodModel>(parts.weights)
            .map_err(|why| broken(why.to_string()))?;
        if !rest.is_empty() {
            return Err(broken(format!("{} bytes are left over", rest.len())));
        }
        if model.case() != &card.case {
            return Err(broken(format!(
                "the card speaks of `{}`, the weights of `{}`",
                card.case.target,
                model.case().target
            )));
        }
        Ok(Self { card, model })
    }

    /// Reads the card alone, after the digest of the whole file was checked.
    ///
    /// # Errors
    /// As [`ModelFile::from_bytes`].
    pub fn card_of(bytes: &[u8]) -> Result<ModelCard, ArtifactError> {
        Parts::of(bytes)?.card()
    }

    /// The digest that stands in a file and names it: 64 hexadecimal digits.
    ///
    /// # Errors
    /// As [`ModelFile::from_bytes`].
    pub fn digest_of(bytes: &[u8]) -> Result<String, ArtifactError> {
        Ok(hex::encode(Parts::of(bytes)?.digest))
    }
}

struct Parts<'b> {
    card: &'b [u8],
    weights: &'b [u8],
    digest: &'b [u8],
}

impl<'b> Parts<'b> {
    fn of(bytes: &'b [u8]) -> Result<Self, ArtifactError> {
        check_size("file", bytes.len(), MAX_ARTIFACT_BYTES)?;
        if !bytes.starts_with(MAGIC) {
            return Err(ArtifactError::NotAModel);
        }
        if bytes.len() < HEAD + DIGEST {
            return Err(size("file", bytes.len(), HEAD + DIGEST));
        }
        let number = |from: usize, to: usize| {
            bytes[from..to]
                .iter()
                .rev()
                .fold(0_u64, |n, b| n << 8 | u64::from(*b))
        };
        let found = u32::try_from(number(8, 12)).expect("four bytes");
        if found != ARTIFACT_FORMAT {
            return Err(ArtifactError::Version {
                found,
                accepted: ARTIFACT_FORMAT,
            });
        }
        let (card_len, weights_len) = (number(12, 16), number(16, 24));
        let body = (bytes.len() - HEAD - DIGEST) as u64;
        if card_len.checked_add(weights_len) != Some(body) {
            return Err(ArtifactError::Size {
                what: "card and weights",
                found: body,
                accepted: card_len.saturating_add(weights_len),
            });
        }
        let card_len = usize::try_from(card_len).expect("not longer than the file");
        check_size("card", card_len, MAX_CARD_BYTES)?;
        let (signed, digest) = bytes.split_at(bytes.len() - DIGEST);
        let found = Sha256::digest(signed);
        if found.as_slice() != digest {
            return Err(ArtifactError::Digest {
                found: hex::encode(found),
                written: hex::encode(digest),
            });
        }
        let (card, weights) = signed[HEAD..].split_at(card_len);
        Ok(Self {
            card,
            weights,
            digest,
        })
    }

    fn card(&self) -> Result<ModelCard, ArtifactError> {
        serde_json::from_slice(self.card).map_err(|why| ArtifactError::Broken {
            part: "card",
            why: why.to_string(),
        })
    }
}

fn check_size(what: &'static str, found: usize, most: usize) -> Result<(), ArtifactError> {
    if found <= most {
        Ok(())
    } else {
        Err(size(what, found, most))
    }
}

fn size(what: &'static str, found: usize, accepted: usize) -> ArtifactError {
    ArtifactError::Size {
        what,
        found: found as u64,
        accepted: accepted as u64,
    }
}
