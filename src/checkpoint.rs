//! Checkpoints (検認点): how long the audit is and what its last hash is, signed. A chain alone shows a change or a gap;
//! only who remembers its length sees that the tail was cut.
//!
//! The key lies in a file of its own in the data directory, readable by the service's account only. Whoever can read it
//! can sign anything: a copy of the checkpoints elsewhere (`audit.copy_to`, or a download kept by the auditor) is what a
//! thief of the whole machine cannot change.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::digest::Digest;
use crate::private_file;
use crate::realm::Realm;
use crate::store::{StoreError, View};

/// Name of the key's file in the data directory.
const KEY_FILE: &str = "audit.key";
/// Name of the file of checkpoints, in the data directory and where they are copied to.
pub const FILE: &str = "checkpoints.jsonl";
/// The file before this one.
const FILE_BEFORE: &str = "checkpoints.before.jsonl";
/// A file of checkpoints that has grown to this many bytes becomes the one before.
const FILE_MAX_BYTES: u64 = 4 << 20;
/// Longest line that is read as a checkpoint, bytes.
const LINE_MAX: usize = 4096;
/// Files of a folder that are looked at for other records.
const OTHERS_MAX: usize = 1000;
/// Damaged lines that are told one by one.
const FAULTS_MAX: usize = 5;

/// Where checkpoints are kept: beside their record, or in a folder to which several records may be copied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    dir: PathBuf,
    record: Option<String>,
}

impl Place {
    /// In the data directory.
    #[must_use]
    pub fn beside(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            record: None,
        }
    }

    /// In a folder of copies: the files have the id of their record in their names.
    #[must_use]
    pub fn copies(dir: &Path, record: &str) -> Self {
        Self {
            dir: dir.to_owned(),
            record: Some(record.to_owned()),
        }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Whether it holds copies.
    #[must_use]
    pub fn is_elsewhere(&self) -> bool {
        self.record.is_some()
    }

    /// The file before this one, and this one.
    fn files(&self) -> [PathBuf; 2] {
        match &self.record {
            None => [FILE_BEFORE.to_owned(), FILE.to_owned()],
            Some(id) => ["before.jsonl", "jsonl"].map(|end| format!("checkpoints-{id}.{end}")),
        }
        .map(|name| self.dir.join(name))
    }

    /// The files to be read, oldest first: copies of earlier versions have no id in their names.
    fn read_files(&self) -> Vec<PathBuf> {
        let before = self.record.iter().flat_map(|_| [FILE_BEFORE, FILE]);
        let before = before.map(|name| self.dir.join(name));
        before.chain(self.files()).collect()
    }

    /// The ids of other records that keep copies here, in their order; the first hundred.
    ///
    /// # Errors
    /// The system's.
    pub fn others(&self) -> io::Result<Vec<String>> {
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.dir)?.take(OTHERS_MAX) {
            let name = entry?.file_name();
            let name = name.to_string_lossy();
            let id = name
                .strip_prefix("checkpoints-")
                .and_then(|rest| rest.strip_suffix(".jsonl"));
            let id = id.filter(|id| !id.contains('.') && Some(*id) != self.record.as_deref());
            ids.extend(id.map(str::to_owned));
        }
        ids.sort();
        Ok(ids)
    }
}

/// What a checkpoint is about.
#[derive(Clone, Copy, Debug)]
pub struct Of<'o> {
    /// Id of the record.
    pub record: &'o str,
    /// Municipality code.
    pub town: &'o str,
    /// Live or exercise.
    pub realm: Realm,
}

/// The audit had so many entries at this time, and its last hash was this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Municipality code.
    pub town: String,
    /// Live or exercise.
    pub realm: Realm,
    /// Id of the record; empty in checkpoints of earlier versions.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub record: String,
    /// How many entries.
    pub entries: i64,
    /// Hash of the last one.
    pub head: Digest,
    /// Real time of the signature.
    pub at: Timestamp,
    /// Ed25519 public key, 64 hexadecimal digits.
    pub public_key: String,
    /// Ed25519 signature of [`Checkpoint::message`], 128 hexadecimal digits.
    pub signature: String,
}

/// Why a checkpoint or its key cannot be used.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The key's file is not what it must be.
    #[error("{path}: {why}")]
    Key {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what is accepted.
        why: String,
    },
    /// A line is not a checkpoint.
    #[error("{path}, line {line}: not a checkpoint: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What is wrong.
        why: String,
    },
}

impl Checkpoint {
    /// The bytes that are signed: a JSON array of the fields in their order, after the words `hinan checkpoint 2`; those of
    /// earlier versions name no record and begin with `hinan checkpoint 1`.
    #[must_use]
    pub fn message(&self) -> Vec<u8> {
        let of = Of {
            record: &self.record,
            town: &self.town,
            realm: self.realm,
        };
        message(of, self.entries, &self.head, self.at, &self.public_key)
    }

    /// Whether the signature is right for the key that it names.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        let (Ok(key), Ok(signature)) =
            (hex::decode(&self.public_key), hex::decode(&self.signature))
        else {
            return false;
        };
        UnparsedPublicKey::new(&ED25519, key)
            .verify(&self.message(), &signature)
            .is_ok()
    }

    /// What speaks against this checkpoint, if the record is held against it: a wrong signature, another key, a tail
    /// that was cut, a head that was rewritten.
    ///
    /// # Errors
    /// The database's.
    pub fn contradiction(
        &self,
        view: &View<'_>,
        trusted_key: Option<&str>,
    ) -> Result<Option<String>, StoreError> {
        let of = format!("checkpoint of {} with {} entries", self.at, self.entries);
        if !self.is_signed() {
            return Ok(Some(format!("{of}: its signature is wrong")));
        }
        if trusted_key.is_some_and(|key| key != self.public_key) {
            return Ok(Some(format!(
                "{of}: it was signed by another key ({})",
                self.public_key
            )));
        }
        let (entries, _) = view.audit_head()?;
        if entries < self.entries {
            return Ok(Some(format!(
                "{of}: the audit ends at entry {entries}, its tail was cut off"
            )));
        }
        let there = if self.entries == 0 {
            Some(crate::store::audit::origin())
        } else {
            view.audit_hash(self.entries)?
        };
        Ok((there.as_ref() != Some(&self.head)).then(|| {
            format!(
                "{of}: entry {} is not the one that was signed",
                self.entries
            )
        }))
    }
}

fn message(of: Of<'_>, entries: i64, head: &Digest, at: Timestamp, public_key: &str) -> Vec<u8> {
    let Of {
        record,
        town,
        realm,
    } = of;
    let bytes = if record.is_empty() {
        let words = "hinan checkpoint 1";
        serde_json::to_vec(&(words, town, realm, entries, head, at, public_key))
    } else {
        let words = "hinan checkpoint 2";
        serde_json::to_vec(&(words, town, realm, record, entries, head, at, public_key))
    };
    bytes.expect("texts, numbers and times can be written as JSON")
}

/// Who signs.
pub struct Signer {
    pair: Ed25519KeyPair,
    public_key: String,
    is_new: bool,
}

impl Signer {
    /// Reads the key in `dir`, or makes one from `seed` if there is none yet. The file's mode is 0600.
    ///
    /// # Errors
    /// [`CheckpointError`]: a file that others may read is refused.
    pub fn open(dir: &Path, seed: impl FnOnce() -> [u8; 32]) -> Result<Self, CheckpointError> {
        let path = dir.join(KEY_FILE);
        let failed = |source| CheckpointError::File {
            path: path.clone(),
            source,
        };
        match fs::read_to_string(&path) {
            Ok(text) => Self::of_file(&path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let seed = seed();
                // Whole or not at all: an empty file would be a key that cannot be used.
                let line = format!("{}\n", hex::encode(seed));
                private_file::put(&path, line.as_bytes()).map_err(failed)?;
                let mut signer = Self::of_seed(&path, &seed)?;
                signer.is_new = true;
                Ok(signer)
            }
            Err(error) => Err(failed(error)),
        }
    }

    fn of_file(path: &Path, text: &str) -> Result<Self, CheckpointError> {
        let refused = |why: &str| CheckpointError::Key {
            path: path.to_owned(),
            why: why.to_owned(),
        };
        private_file::check(path)
            .map_err(|source| CheckpointError::File {
                path: path.to_owned(),
                source,
            })?
            .map_err(|why| refused(&why))?;
        let seed = hex::decode(text.trim())
            .ok()
            .and_then(|bytes| <[u8; 32]>::try_from(bytes).ok())
            .ok_or_else(|| refused("it must hold 64 hexadecimal digits"))?;
        Self::of_seed(path, &seed)
    }

    fn of_seed(path: &Path, seed: &[u8; 32]) -> Result<Self, CheckpointError> {
        let pair =
            Ed25519KeyPair::from_seed_unchecked(seed).map_err(|why| CheckpointError::Key {
                path: path.to_owned(),
                why: why.to_string(),
            })?;
        let public_key = hex::encode(pair.public_key().as_ref());
        Ok(Self {
            pair,
            public_key,
            is_new: false,
        })
    }

    /// Whether the key was made just now: nothing can have been signed with it.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.is_new
    }

    /// The public key, 64 hexadecimal digits.
    #[must_use]
    pub fn public_key(&self) -> &str {
        &self.public_key
    }

    /// Signs how the audit stands.
    #[must_use]
    pub fn sign(&self, of: Of<'_>, (entries, head): (i64, Digest), at: Timestamp) -> Checkpoint {
        let bytes = message(of, entries, &head, at, &self.public_key);
        Checkpoint {
            town: of.town.to_owned(),
            realm: of.realm,
            record: of.record.to_owned(),
            entries,
            head,
            at,
            public_key: self.public_key.clone(),
            signature: hex::encode(self.pair.sign(&bytes).as_ref()),
        }
    }
}

/// The public key of the data directory `dir`, if there is a key and it can be read; then it is the only one to be believed.
#[must_use]
pub fn public_key_in(dir: &Path) -> Option<String> {
    let text = fs::read_to_string(dir.join(KEY_FILE)).ok()?;
    let signer = Signer::of_file(&dir.join(KEY_FILE), &text).ok()?;
    Some(signer.public_key)
}

/// The key's file in the data directory.
#[must_use]
pub fn key_path(dir: &Path) -> PathBuf {
    dir.join(KEY_FILE)
}

/// Adds a checkpoint to the file of this place, and makes sure that it is on the disk.
///
/// # Errors
/// [`CheckpointError::File`]
pub fn append(place: &Place, checkpoint: &Checkpoint) -> Result<(), CheckpointError> {
    let [before, path] = place.files();
    let failed = |source| CheckpointError::File {
        path: path.clone(),
        source,
    };
    if fs::metadata(&path).is_ok_and(|about| about.len() > FILE_MAX_BYTES) {
        fs::rename(&path, before).map_err(failed)?;
    }
    let mut line = serde_json::to_vec(checkpoint).map_err(|error| failed(error.into()))?;
    line.push(b'\n');
    without_unfinished_line(&path).map_err(failed)?;
    let mut file = File::options()
        .create(true)
        .append(true)
        .open(&path)
        .map_err(failed)?;
    file.write_all(&line).map_err(failed)?;
    file.sync_data().map_err(failed)
}

/// Cuts off what a power cut left of a last line, so that the next one stands on its own.
fn without_unfinished_line(path: &Path) -> io::Result<()> {
    let mut file = match File::options().read(true).write(true).open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let length = file.metadata()?.len();
    let tail = length.min(LINE_MAX as u64);
    let mut bytes = Vec::new();
    file.seek(io::SeekFrom::Start(length - tail))?;
    file.read_to_end(&mut bytes)?;
    if bytes.last().is_none_or(|last| *last == b'\n') {
        return Ok(());
    }
    let unfinished = bytes.iter().rev().take_while(|b| **b != b'\n').count() as u64;
    file.set_len(length - unfinished)
}

/// The checkpoints that a place keeps, oldest first; none when there is no file. A last line that a power cut left
/// unfinished is passed over.
///
/// # Errors
/// [`CheckpointError`]
pub fn kept(place: &Place) -> Result<Vec<Checkpoint>, CheckpointError> {
    let mut all = Vec::new();
    for path in place.read_files() {
        if path.exists() {
            all.extend(read(&path)?);
        }
    }
    Ok(all)
}

/// What a place keeps as far as it can be read, and where it cannot, in words: at a start one damaged line must not be in the
/// way of all that the others prove.
#[must_use]
pub fn kept_as_far_as_readable(place: &Place) -> (Vec<Checkpoint>, Vec<String>) {
    let (mut all, mut faults) = (Vec::new(), Vec::new());
    for path in place.read_files() {
        if !path.exists() {
            continue;
        }
        let walked = walk(&path, |checkpoint| match checkpoint {
            Ok(checkpoint) => {
                all.push(checkpoint);
                Ok(())
            }
            Err(fault) => {
                if faults.len() < FAULTS_MAX {
                    faults.push(fault.to_string());
                }
                Ok(())
            }
        });
        if let Err(fault) = walked {
            faults.push(fault.to_string());
        }
    }
    (all, faults)
}

/// Moves the files of checkpoints of this place out of the way. Nothing is lost; new ones begin.
///
/// # Errors
/// The system's.
pub fn set_aside(place: &Place) -> io::Result<()> {
    for path in place.files() {
        if path.exists() {
            private_file::set_aside(&path)?;
        }
    }
    Ok(())
}

/// The checkpoints in one file, as it was downloaded or copied.
///
/// # Errors
/// [`CheckpointError`]
pub fn read(path: &Path) -> Result<Vec<Checkpoint>, CheckpointError> {
    let mut all = Vec::new();
    walk(path, |checkpoint| {
        all.push(checkpoint?);
        Ok(())
    })?;
    Ok(all)
}

/// Goes through a file line by line. A last line that a power cut left unfinished is passed over.
fn walk(
    path: &Path,
    mut each: impl FnMut(Result<Checkpoint, CheckpointError>) -> Result<(), CheckpointError>,
) -> Result<(), CheckpointError> {
    let failed = |source| CheckpointError::File {
        path: path.to_owned(),
        source,
    };
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let mut number = 0;
    loop {
        let mut line = Vec::new();
        number += 1;
        let length = reader.read_until(b'\n', &mut line).map_err(failed)?;
        if length == 0 {
            return Ok(());
        }
        let whole = line.last() == Some(&b'\n');
        let parsed = if length > LINE_MAX {
            Err(format!("longer than {LINE_MAX} bytes"))
        } else {
            serde_json::from_slice(&line).map_err(|error| error.to_string())
        };
        match parsed {
            Ok(checkpoint) => each(Ok(checkpoint))?,
            Err(_) if !whole => return Ok(()),
            Err(why) => each(Err(CheckpointError::Unreadable {
                path: path.to_owned(),
                line: number,
                why,
            }))?,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn signer(dir: &Path) -> Signer {
        Signer::open(dir, || [7; 32]).unwrap()
    }

    fn signed(signer: &Signer, entries: i64) -> Checkpoint {
        let at = "2016-08-30T12:00:00Z".parse().unwrap();
        let of = Of {
            record: "00112233445566778899aabbccddeeff",
            town: "012076",
            realm: Realm::Actual,
        };
        signer.sign(of, (entries, Digest::of(b"head")), at)
    }

    fn beside(home: &tempfile::TempDir) -> Place {
        Place::beside(home.path())
    }

    #[test]
    fn a_signature_covers_every_field() {
        let home = tempfile::tempdir().unwrap();
        let good = signed(&signer(home.path()), 12);
        assert!(good.is_signed());
        let changes: [fn(&mut Checkpoint); 8] = [
            |c| c.town = "012084".to_owned(),
            |c| c.realm = Realm::Exercise,
            |c| c.record = "ff".repeat(16),
            |c| c.record.clear(),
            |c| c.entries = 11,
            |c| c.head = Digest::of(b"other"),
            |c| c.at = Timestamp::UNIX_EPOCH,
            |c| c.public_key = "0".repeat(64),
        ];
        for change in changes {
            let mut other = good.clone();
            change(&mut other);
            assert!(!other.is_signed(), "{other:?}");
        }
    }

    #[test]
    fn the_key_is_made_once_is_private_and_stays_the_same() {
        let home = tempfile::tempdir().unwrap();
        let first = signer(home.path()).public_key().to_owned();
        let again = Signer::open(home.path(), || panic!("it is there already")).unwrap();
        assert_eq!(again.public_key(), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let path = home.path().join(KEY_FILE);
            assert_eq!(
                fs::metadata(&path).unwrap().permissions().mode() & 0o777,
                0o600
            );
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            let refused = Signer::open(home.path(), || [7; 32])
                .err()
                .unwrap()
                .to_string();
            assert!(
                refused.contains("mode 640") && refused.contains("must be 600"),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_line_that_a_power_cut_left_unfinished_is_passed_over_and_a_damaged_one_is_not() {
        let home = tempfile::tempdir().unwrap();
        let signer = signer(home.path());
        for entries in [1, 2] {
            append(&beside(&home), &signed(&signer, entries)).unwrap();
        }
        let path = home.path().join(FILE);
        let whole = fs::read(&path).unwrap();
        fs::write(&path, &whole[..whole.len() - 9]).unwrap();
        let kept_now = kept(&beside(&home)).unwrap();
        assert_eq!(kept_now.iter().map(|c| c.entries).collect::<Vec<_>>(), [1]);
        append(&beside(&home), &signed(&signer, 3)).unwrap();
        let kept_now = kept(&beside(&home)).unwrap();
        assert_eq!(
            kept_now.iter().map(|c| c.entries).collect::<Vec<_>>(),
            [1, 3]
        );
        fs::write(&path, [b"{}\n", whole.as_slice()].concat()).unwrap();
        let refused = kept(&beside(&home)).err().unwrap().to_string();
        assert!(refused.contains("line 1"), "{refused}");
        // At a start what can be read counts, and what cannot is told.
        let (readable, faults) = kept_as_far_as_readable(&beside(&home));
        assert_eq!(
            readable.iter().map(|c| c.entries).collect::<Vec<_>>(),
            [1, 2]
        );
        assert!(
            faults.len() == 1 && faults[0].contains("line 1"),
            "{faults:?}"
        );
        set_aside(&beside(&home)).unwrap();
        assert!(kept(&beside(&home)).unwrap().is_empty());
        assert_eq!(
            fs::read_dir(home.path())
                .unwrap()
                .filter(|file| {
                    let name = file.as_ref().unwrap().file_name();
                    name.to_string_lossy().contains("aside-1")
                })
                .count(),
            1
        );
    }

    #[test]
    fn a_checkpoint_of_an_earlier_version_is_read_and_checked_as_it_was_signed() {
        let home = tempfile::tempdir().unwrap();
        let signer = signer(home.path());
        let at: Timestamp = "2016-08-30T12:00:00Z".parse().unwrap();
        let (head, key) = (Digest::of(b"head"), signer.public_key());
        let signed = serde_json::to_vec(&(
            "hinan checkpoint 1",
            "012076",
            Realm::Actual,
            12,
            &head,
            at,
            key,
        ))
        .unwrap();
        let line = serde_json::json!({ "town": "012076", "realm": "actual", "entries": 12, "head": head, "at": at,
            "public_key": key, "signature": hex::encode(signer.pair.sign(&signed).as_ref()) });
        let old: Checkpoint = serde_json::from_value(line).unwrap();
        assert!(old.record.is_empty() && old.is_signed());
    }

    #[test]
    fn copies_of_several_records_lie_beside_each_other_and_each_finds_its_own() {
        let home = tempfile::tempdir().unwrap();
        let signer = signer(home.path());
        let elsewhere = tempfile::tempdir().unwrap();
        let [one, other] = ["aa", "bb"].map(|id| Place::copies(elsewhere.path(), id));
        append(&one, &signed(&signer, 1)).unwrap();
        append(&other, &signed(&signer, 2)).unwrap();
        let entries =
            |place| -> Vec<i64> { kept(place).unwrap().iter().map(|c| c.entries).collect() };
        assert_eq!((entries(&one), entries(&other)), (vec![1], vec![2]));
        assert_eq!(one.others().unwrap(), ["bb"]);
        // What an earlier version copied has no id in its name: whoever reads decides whose it is.
        let before = elsewhere.path().join(FILE);
        fs::copy(other.files()[1].clone(), before).unwrap();
        assert_eq!(entries(&one), [2, 1]);
    }
}
