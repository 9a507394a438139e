//! Secrets at rest (保管庫): what must be read back, and therefore cannot be a hash, is encrypted with a key that is not in the
//! record: ChaCha20-Poly1305, bound to the account, so that nobody moves one officer's secret to another.
//!
//! The key lies beside the record, readable by the service's account only. A copy of the record alone opens nothing.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use thiserror::Error;

use crate::chance;
use crate::private_file;
use crate::second_factor::Secret;
use crate::store::{Store, StoreError};

/// Name of the key's file in the data directory.
pub const KEY_FILE: &str = "second-factor.key";
const NONCE_BYTES: usize = 12;

/// Why the key cannot be used.
#[derive(Debug, Error)]
pub enum Locked {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is not what it must be.
    #[error("{path}: {why}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what is accepted.
        why: String,
    },
}

/// The key to second factors.
pub struct Vault(LessSafeKey);

impl Vault {
    /// Reads the key in `dir`, or makes one if there is none yet. The file's mode is 0600.
    ///
    /// # Errors
    /// [`Locked`]: a file that others may read is refused.
    pub fn open(dir: &Path) -> Result<Self, Locked> {
        let path = dir.join(KEY_FILE);
        let failed = |source| Locked::File {
            path: path.clone(),
            source,
        };
        let refused = |why: String| Locked::Key {
            path: path.clone(),
            why,
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => {
                private_file::check(&path)
                    .map_err(failed)?
                    .map_err(refused)?;
                text
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let text = chance::token();
                let mut file = private_file::create(&path).map_err(failed)?;
                writeln!(file, "{text}").map_err(failed)?;
                file.sync_all().map_err(failed)?;
                text
            }
            Err(error) => return Err(failed(error)),
        };
        let key = hex::decode(text.trim()).unwrap_or_default();
        let key = UnboundKey::new(&CHACHA20_POLY1305, &key)
            .map_err(|_| refused("it must hold 64 hexadecimal digits".to_owned()))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// The key of a record in `dir`. Where the record holds secrets that a key has sealed, none is made in place of a lost one.
    ///
    /// # Errors
    /// [`Locked`], or the record's.
    pub fn of_record(dir: &Path, store: &Store) -> anyhow::Result<Self> {
        let path = dir.join(KEY_FILE);
        let sealed = store.read(|view| view.sealed_factors())?;
        if !sealed.is_empty() && !path.exists() {
            let why = format!(
                "it is missing, and {} accounts have second factors that only it opens; put it back from the backup (mode 600)",
                sealed.len()
            );
            return Err(Locked::Key { path, why }.into());
        }
        Ok(Self::open(dir)?)
    }

    /// The accounts whose second factor this key does not open.
    ///
    /// # Errors
    /// The record's.
    pub fn not_opened(&self, store: &Store) -> Result<Vec<String>, StoreError> {
        let sealed = store.read(|view| view.sealed_factors())?;
        let lost = sealed
            .into_iter()
            .filter(|(officer, secret)| self.open_secret(officer, secret).is_none());
        Ok(lost.map(|(officer, _)| officer).collect())
    }

    /// Encrypts what versions before 8 of the record kept in the clear, and writes the record anew, so that it stands in no free
    /// page of the file either. Says how many secrets that were.
    ///
    /// # Errors
    /// The record's.
    pub fn seal_clear(&self, store: &Store) -> Result<usize, StoreError> {
        let sealed = store.write(|tx| {
            tx.seal_clear_factors(|officer, clear| {
                let secret = Secret::from_hex(clear)?;
                Some(self.seal(officer, &secret, chance::bytes()))
            })
        })?;
        if sealed > 0 {
            store.scrub()?;
        }
        Ok(sealed)
    }

    /// A secret as it is stored. `nonce` must be of chance: the same twice under one key would betray both.
    #[must_use]
    pub fn seal(&self, officer: &str, secret: &Secret, nonce: [u8; NONCE_BYTES]) -> String {
        let mut bytes = secret.bytes().to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(officer.as_bytes()),
                &mut bytes,
            )
            .expect("twenty bytes are far below the limit of the cipher");
        hex::encode(nonce) + &hex::encode(bytes)
    }

    /// The secret of an account; none when it was not sealed with this key for this account.
    #[must_use]
    pub fn open_secret(&self, officer: &str, sealed_hex: &str) -> Option<Secret> {
        let bytes = hex::decode(sealed_hex).ok()?;
        let (nonce, sealed) = bytes.split_at_checked(NONCE_BYTES)?;
        let mut sealed = sealed.to_vec();
        let opened = self
            .0
            .open_in_place(
                Nonce::try_assume_unique_for_key(nonce).ok()?,
                Aad::from(officer.as_bytes()),
                &mut sealed,
            )
            .ok()?;
        Some(Secret::new((*opened).try_into().ok()?))
    }
}

/// The vault of a running service: empty when its key cannot be used. Then nobody gets in who has a second factor, and
/// everything else goes on.
#[derive(Default)]
pub struct Keeper(OnceLock<Vault>);

impl Keeper {
    /// Takes the vault, once.
    pub fn keep(&self, vault: Vault) {
        if self.0.set(vault).is_err() {
            tracing::warn!("the key to second factors was opened twice; the first stays");
        }
    }

    /// The secret of an account.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no key, or it is not the one that the secret was sealed with.
    pub fn open(&self, officer: &str, sealed_hex: &str) -> Result<Secret, StoreError> {
        let why = match self.0.get() {
            None => format!("{KEY_FILE} cannot be used"),
            Some(vault) => match vault.open_secret(officer, sealed_hex) {
                Some(secret) => return Ok(secret),
                None => format!("it was not encrypted with {KEY_FILE}"),
            },
        };
        Err(StoreError::Damaged {
            what: format!("the second factor of {officer}"),
            why,
        })
    }

    /// A new secret as it is stored.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no key.
    pub fn seal(&self, officer: &str, secret: &Secret) -> Result<String, StoreError> {
        let vault = self.0.get().ok_or_else(|| StoreError::Damaged {
            what: format!("the second factor of {officer}"),
            why: format!("{KEY_FILE} cannot be used"),
        })?;
        Ok(vault.seal(officer, secret, chance::bytes()))
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_opens_with_its_key_for_its_account_and_nowhere_else() {
        let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let secret = Secret::new([7; 20]);
        let sealed = Vault::open(home.path())
            .unwrap()
            .seal("sato", &secret, [1; 12]);
        assert_eq!(sealed.len(), 96);
        assert!(!sealed.contains(&secret.to_hex()));
        // The key is the same at the next start.
        let vault = Vault::open(home.path()).unwrap();
        assert_eq!(vault.open_secret("sato", &sealed), Some(secret.clone()));
        assert_eq!(vault.open_secret("eve", &sealed), None);
        assert_eq!(
            Vault::open(other.path())
                .unwrap()
                .open_secret("sato", &sealed),
            None
        );
        for place in 0..sealed.len() {
            let mut other = sealed.clone().into_bytes();
            other[place] = if other[place] == b'0' { b'1' } else { b'0' };
            let other = String::from_utf8(other).unwrap();
            assert_eq!(vault.open_secret("sato", &other), None, "digit {place}");
        }
        assert_eq!(vault.open_secret("sato", &secret.to_hex()), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_can_read_is_refused_by_its_name() {
        use std::os::unix::fs::PermissionsExt as _;
        let home = tempfile::tempdir().unwrap();
        Vault::open(home.path()).unwrap();
        let path = home.path().join(KEY_FILE);
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let why = Vault::open(home.path()).unwrap_err().to_string();
        assert!(why.contains(KEY_FILE) && why.contains("mode 644"), "{why}");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        fs::write(&path, "short").unwrap();
        let why = Vault::open(home.path()).unwrap_err().to_string();
        assert!(why.contains("64 hexadecimal digits"), "{why}");
    }
}
