//! What a town sends, and how: its templates, its signing key, its channels. Read once at the start.

use hinan_notice::document::json::areas_after;
use hinan_notice::document::l_alert::Chain;
use hinan_notice::document::signature::{self, SigningKey, UnusableKey};
use hinan_notice::text::phrasebook::{FILE_MAX_BYTES, Refused};
use hinan_notice::text::{AreaMailLimits, Phrasebook, Texts};
use jiff::{SignedDuration, Timestamp};
use thiserror::Error;

use super::outbox::ChannelName;
use super::publication::{NotApproved, Parts, Publication};
use crate::approve::facts::{Facts, Kind};
use crate::approve::notice::{Approved, Notice};
use crate::chance;
use crate::config::{Publish, Signing};

/// So long before its end a certificate is spoken of.
const CERTIFICATE_ENDS_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Everything that approved notices leave with.
pub struct Dispatch {
    phrasebook: Phrasebook,
    limits: AreaMailLimits,
    signing: Option<SigningKey>,
    must_sign: bool,
    channels: Vec<ChannelName>,
}

/// Why a town's way of sending cannot be used.
#[derive(Debug, Error)]
pub enum Unready {
    /// A file cannot be read.
    #[error("{key}: {path}: {source}")]
    Unreadable {
        /// The key that names it.
        key: &'static str,
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A template file is refused.
    #[error("publish.templates_dir: {0}")]
    Template(#[from] Refused),
    /// The signing key is refused.
    #[error("publish.sign_key_file, publish.sign_certificate_file: {0}")]
    Key(#[from] UnusableKey),
}

/// Why an approved notice cannot leave; then it is not approved.
#[derive(Debug, Error)]
pub enum Unpublishable {
    /// The service has other templates than when the text was shown.
    #[error("文面の型が、表示したときから変わりました。新しい文面を確認してください")]
    OtherTexts,
    /// It must be signed and cannot.
    #[error("署名できないため発表できません: {0}")]
    Unsigned(String),
    /// It would not be what was approved.
    #[error(transparent)]
    NotApproved(#[from] NotApproved),
}

impl Dispatch {
    /// The built-in templates, no signature, only the channels of our own.
    #[must_use]
    pub fn plain() -> Self {
        Self {
            phrasebook: Phrasebook::built_in(),
            limits: AreaMailLimits::default(),
            signing: None,
            must_sign: false,
            channels: vec![ChannelName::Feed, ChannelName::Mqtt],
        }
    }

    /// As configured; reads the files that it names. Where the service signs with a key of its own, they must have been made and named
    /// before.
    ///
    /// # Errors
    /// [`Unready`] names key, file and fault.
    pub fn of(config: &Publish) -> Result<Self, Unready> {
        let signing = match config.sign {
            Signing::Off => None,
            Signing::Own | Signing::Required => {
                let key = read("publish.sign_key_file", &config.sign_key_file)?;
                let certificate = read(
                    "publish.sign_certificate_file",
                    &config.sign_certificate_file,
                )?;
                Some(SigningKey::from_pem(&key, &certificate, chance::source())?)
            }
        };
        Ok(Self {
            phrasebook: Phrasebook::with(&templates(&config.templates_dir)?)?,
            limits: config.area_mail.limits(),
            must_sign: config.sign != Signing::Off,
            signing,
            channels: config.channels(),
        })
    }

    /// Every channel that a notice is owed to.
    #[must_use]
    pub fn channels(&self) -> &[ChannelName] {
        &self.channels
    }

    /// Limits of the text for telephones.
    #[must_use]
    pub fn limits(&self) -> &AreaMailLimits {
        &self.limits
    }

    /// What documents are signed with, in words; none when they are not.
    #[must_use]
    pub fn signs_with(&self) -> Option<&'static str> {
        self.signing.as_ref().map(SigningKey::kind)
    }

    /// The words of these facts.
    #[must_use]
    pub fn texts(&self, facts: &Facts) -> Texts {
        Texts::of(facts, &self.phrasebook, &self.limits)
    }

    /// Whether a text, as it was shown, could leave now: the templates are the same, and a signature can be made.
    ///
    /// # Errors
    /// [`Unpublishable`]
    pub fn may_leave<S>(&self, notice: &Notice<S>) -> Result<(), Unpublishable> {
        let content = notice.content();
        let texts = self.texts(content.facts());
        if hinan_notice::document::cap::texts_digest(content.document()) != Some(texts.digest()) {
            return Err(Unpublishable::OtherTexts);
        }
        if self.must_sign && self.signing.is_none() {
            return Err(Unpublishable::Unsigned("署名鍵がありません".to_owned()));
        }
        Ok(())
    }

    /// Whether what is about to be sent carries the town's signature, where it must: by the key of today, or by the one that the
    /// entry of its approval names (`signed_by`, hexadecimal): an order that is still owed when the town changes its key was signed
    /// with the one before.
    ///
    /// # Errors
    /// In words, why it must not be sent now.
    pub fn leaves_signed(
        &self,
        publication: &Publication,
        signed_by: Option<&str>,
    ) -> Result<(), String> {
        if !self.must_sign {
            return Ok(());
        }
        let then = signed_by.and_then(|key| hex::decode(key).ok());
        let today = self.signing.as_ref().map(SigningKey::public);
        let verdict = |key: &[u8]| signature::verify(publication.document(), key);
        if [today, then.as_deref()]
            .into_iter()
            .flatten()
            .any(|key| verdict(key).is_ok())
        {
            return Ok(());
        }
        Err(match today {
            Some(key) => {
                let why = verdict(key).err().map(|why| why.to_string());
                format!(
                    "署名を確かめられないため送れません: {}。publish.sign を元に戻すか、同じ内容を発表し直してください",
                    why.unwrap_or_default()
                )
            }
            None => "署名鍵がないため送れません".to_owned(),
        })
    }

    /// The public key that signs, hexadecimal; none where nothing is signed.
    #[must_use]
    pub fn public_key(&self) -> Option<String> {
        self.signing.as_ref().map(|key| hex::encode(key.public()))
    }

    /// Makes an approved notice ready to leave. `replaced` is what left for the notices that it replaces, in their order;
    /// `live` are the orders in force until now.
    ///
    /// # Errors
    /// [`Unpublishable`]; where signing is required nothing is made without a signature.
    pub fn prepare(
        &self,
        notice: &Notice<Approved>,
        replaced: &[Publication],
        live: &[Notice<Approved>],
        now: Timestamp,
    ) -> Result<Publication, Unpublishable> {
        let (facts, approved) = (notice.content().facts(), notice.content().document());
        let texts = self.texts(facts);
        if hinan_notice::document::cap::texts_digest(approved) != Some(texts.digest()) {
            return Err(Unpublishable::OtherTexts);
        }
        let document = match (&self.signing, self.must_sign) {
            (Some(key), _) => signature::sign(approved, key, chance::source())
                .map_err(|why| Unpublishable::Unsigned(why.to_string()))?,
            (None, true) => return Err(Unpublishable::Unsigned("署名鍵がありません".to_owned())),
            (None, false) => approved.to_vec(),
        };
        let ended: Vec<&Facts> = replaced.iter().map(Publication::facts).collect();
        let before: Vec<(&Facts, Chain)> = replaced
            .iter()
            .map(|one| (one.facts(), one.parts().chain.clone()))
            .collect();
        let parts = Parts {
            document,
            areas: areas_after(facts, &ended, &live_after(live, facts, now)),
            chain: Chain::after(facts, &before),
            texts: Some(texts),
        };
        Ok(Publication::of(notice.clone(), parts)?)
    }

    /// From when until when the certificate of the signing key holds; none where nothing is signed or it cannot be read.
    #[must_use]
    pub fn certificate_holds(&self) -> Option<(Timestamp, Timestamp)> {
        self.signing.as_ref().and_then(SigningKey::validity)
    }

    /// What must be said of the certificate now: it does not hold, or it ends soon.
    #[must_use]
    pub fn certificate_warning(&self, now: Timestamp) -> Option<String> {
        let (from, until) = self.certificate_holds()?;
        let spoken = crate::clock::spoken;
        if now < from {
            Some(format!(
                "署名用の証明書は{}からのものです。受信側は、いまの署名を受け付けません",
                spoken(from)
            ))
        } else if now >= until {
            Some(format!(
                "署名用の証明書は{}に期限が切れました。受信側は署名を受け付けません。すぐ替えてください",
                spoken(until)
            ))
        } else if until.duration_since(now) < CERTIFICATE_ENDS_SOON {
            Some(format!(
                "署名用の証明書の期限は{}です。替える用意をしてください",
                spoken(until)
            ))
        } else {
            None
        }
    }
}

/// The orders in force after `newest`.
fn live_after<'f>(
    live: &'f [Notice<Approved>],
    newest: &'f Facts,
    now: Timestamp,
) -> Vec<&'f Facts> {
    live.iter()
        .map(|notice| notice.content().facts())
        .chain([newest])
        .filter(|facts| facts.kind == Kind::Issue && facts.expires > now)
        .filter(|facts| newest.replaces.iter().all(|r| r.id != facts.id))
        .collect()
}

fn read(key: &'static str, path: &std::path::Path) -> Result<Vec<u8>, Unready> {
    std::fs::read(path).map_err(|source| Unready::Unreadable {
        key,
        path: path.display().to_string(),
        source,
    })
}

/// The template files of a folder, by their names, in order. An empty path means none.
fn templates(dir: &std::path::Path) -> Result<Vec<(String, String)>, Unready> {
    if dir.as_os_str().is_empty() {
        return Ok(Vec::new());
    }
    let unreadable = |path: &std::path::Path, source| Unready::Unreadable {
        key: "publish.templates_dir",
        path: path.display().to_string(),
        source,
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|source| unreadable(dir, source))? {
        let path = entry.map_err(|source| unreadable(dir, source))?.path();
        if path.extension().is_some_and(|end| end == "toml") {
            paths.push(path);
        }
    }
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let size = std::fs::metadata(&path)
            .map_err(|source| unreadable(&path, source))?
            .len();
        if size > FILE_MAX_BYTES as u64 {
            return Err(Unready::Template(Refused::TooLarge {
                file: path.display().to_string(),
                what: "bytes",
                found: usize::try_from(size).unwrap_or(usize::MAX),
                most: FILE_MAX_BYTES,
            }));
        }
        let text = std::fs::read_to_string(&path).map_err(|source| unreadable(&path, source))?;
        files.push((path.display().to_string(), text));
    }
    Ok(files)
}
