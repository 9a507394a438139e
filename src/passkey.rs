//! Passkeys (パスキー, WebAuthn level 3): a key pair in an officer's telephone, key stick or computer, opened there by a finger or a
//! PIN. It signs only for this service's own address, so no page that looks like ours can use it.
//!
//! The rules of the specification are the library's (`webauthn_rp`). Here stands which of its choices hold: keys that stay with
//! their officer and verify them each time, no attestation, our one address, no key that counts backwards.

use sha2::{Digest as _, Sha256};
use thiserror::Error;
use webauthn_rp::bin::{Decode, Encode};
use webauthn_rp::request::auth::AuthenticationVerificationOptions;
use webauthn_rp::request::register::{
    CredProtect, Nickname, PublicKeyCredentialUserEntity, RegistrationVerificationOptions,
    UserHandle, Username,
};
use webauthn_rp::request::{AsciiDomain, ExtensionInfo, PublicKeyCredentialDescriptor, RpId};
use webauthn_rp::response::auth::error::AuthCeremonyErr;
use webauthn_rp::response::register::error::RegCeremonyErr;
use webauthn_rp::response::register::{CompressedPubKey, DynamicState, StaticState};
use webauthn_rp::response::{AuthTransports, CredentialId};
use webauthn_rp::{
    AuthenticatedCredential, DiscoverableAuthentication, DiscoverableAuthenticationServerState,
    DiscoverableCredentialRequestOptions, PublicKeyCredentialCreationOptions, Registration,
    RegistrationServerState,
};

use crate::realm::Realm;

/// Longest answer of a browser that is looked at, bytes.
const ANSWER_MAX: usize = 32 * 1024;
/// Length of the name by which a key knows its account, bytes.
const HANDLE: usize = 32;

type Public = StaticState<CompressedPubKey<[u8; 32], [u8; 32], [u8; 48], Vec<u8>>>;

/// Us, as browsers know us.
#[derive(Debug)]
pub struct Party {
    name: RpId,
    origin: String,
    realm: Realm,
}

/// What is put to a browser, and what we need to know again with its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Options for the browser's `navigator.credentials`, JSON.
    pub options: String,
    /// For ourselves. Whoever keeps it must see to it that it comes back unchanged and is used once.
    pub kept: Vec<u8>,
}

/// A key as the record has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// Its name.
    pub id: Vec<u8>,
    /// The public half and what never changes about it.
    pub public: Vec<u8>,
    /// What changes: how often it has signed, whether copies of it are kept.
    pub state: [u8; 7],
}

/// Why an answer of a browser is not taken. The words are for the log: an officer is told only that it failed.
#[derive(Debug, Error)]
pub enum Refused {
    /// Not what a browser sends.
    #[error("the answer cannot be read: {0}")]
    Form(String),
    /// A name that cannot be shown beside a key.
    #[error("the name cannot be shown: {0}")]
    Name(String),
    /// What was kept of the question, or of the key, is damaged.
    #[error("what was kept cannot be read: {0}")]
    Kept(&'static str),
    /// A new key that breaks a rule.
    #[error("the new key is refused: {0}")]
    New(#[from] RegCeremonyErr),
    /// A signature that breaks a rule.
    #[error("the signature is refused: {0}")]
    Signed(#[from] AuthCeremonyErr),
}

impl Party {
    /// The service at this address: scheme and name, with a port where it has one of its own. Nothing for what browsers bind no
    /// keys to: figures, and addresses in the clear other than this machine.
    #[must_use]
    pub fn at(origin: &str, realm: Realm) -> Option<Self> {
        let url = reqwest::Url::parse(origin).ok()?;
        // A domain, not an address in figures.
        let host = url.domain()?.to_owned();
        let safe = url.scheme() == "https" || (url.scheme() == "http" && host == "localhost");
        let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !safe || !bare || origin.ends_with('/') || !url.username().is_empty() {
            return None;
        }
        Some(Self {
            name: RpId::Domain(AsciiDomain::try_from(host).ok()?),
            origin: url.origin().ascii_serialization(),
            realm,
        })
    }

    /// By what a key knows an account. Live service and exercise may share a host: a key of one must not replace the other's.
    fn handle(&self, account: &str) -> UserHandle<HANDLE> {
        let message = format!("hinan passkey {} {account}", self.realm.word());
        let Ok(handle) = UserHandle::decode(Sha256::digest(message).into());
        handle
    }
}

/// Asks for a new key for an account. Authenticators that hold one of `known` make none.
///
/// # Errors
/// [`Refused::Name`], or [`Refused::Kept`] when what is known of a key is damaged.
pub fn ask_for_new(
    party: &Party,
    account: &str,
    display: &str,
    known: &[Vec<u8>],
) -> Result<Question, Refused> {
    let handle = party.handle(account);
    let display = match party.realm {
        Realm::Actual => display.to_owned(),
        Realm::Exercise => format!("[訓練] {display}"),
    };
    let user = PublicKeyCredentialUserEntity {
        name: Username::try_from(account).map_err(|why| Refused::Name(why.to_string()))?,
        id: &handle,
        display_name: Nickname::try_from(display.as_str()).ok(),
    };
    let mut described = Vec::new();
    for id in known {
        described.push(PublicKeyCredentialDescriptor {
            id: CredentialId::decode(id.clone()).map_err(|_| Refused::Kept("a known key"))?,
            // By which ways the key is reached is not kept: the browser tries all.
            transports: AuthTransports::decode(0).map_err(|_| Refused::Kept("a known key"))?,
        });
    }
    let mut options = PublicKeyCredentialCreationOptions::passkey(&party.name, user, described);
    // Keys that can are told to show themselves to nobody without their user. Not all can, and we ask for the user each time.
    options.extensions.cred_protect =
        CredProtect::UserVerificationRequired(ExtensionInfo::AllowDontEnforceValue);
    let (kept, asked) = options
        .start_ceremony()
        .map_err(|why| Refused::Name(why.to_string()))?;
    Ok(Question {
        options: serde_json::to_string(&asked).map_err(|why| Refused::Name(why.to_string()))?,
        kept: kept.encode().map_err(|_| Refused::Kept("the clock"))?,
    })
}

/// Asks for a signature by any key that belongs here.
///
/// # Errors
/// [`Refused::Kept`] when the machine's clock stands before 1970.
pub fn ask_for_any(party: &Party) -> Result<Question, Refused> {
    let (kept, asked) = DiscoverableCredentialRequestOptions::passkey(&party.name)
        .start_ceremony()
        .map_err(|_| Refused::Kept("the clock"))?;
    Ok(Question {
        options: serde_json::to_string(&asked).map_err(|why| Refused::Form(why.to_string()))?,
        kept: kept.encode().map_err(|_| Refused::Kept("the clock"))?,
    })
}

/// Checks the answer to [`ask_for_new`], JSON as `PublicKeyCredential.toJSON` writes it.
///
/// # Errors
/// [`Refused`]
pub fn registered(party: &Party, kept: &[u8], answer: &str) -> Result<Key, Refused> {
    let asked = RegistrationServerState::<HANDLE>::decode(kept)
        .map_err(|_| Refused::Kept("the question"))?;
    let answer = Registration::from_json_relaxed(short(answer)?.as_bytes())
        .map_err(|why| Refused::Form(why.to_string()))?;
    let rules = RegistrationVerificationOptions::<&str, &str> {
        allowed_origins: &[party.origin.as_str()],
        // The specification wants what was not asked for to be passed over.
        error_on_unsolicited_extensions: false,
        ..RegistrationVerificationOptions::default()
    };
    let made = asked.verify(&party.name, &answer, &rules)?;
    let (Ok(public), Ok(state)) = (made.static_state().encode(), made.dynamic_state().encode());
    Ok(Key {
        id: made.id().as_ref().to_vec(),
        public,
        state,
    })
}

/// A signature, read and not yet believed.
pub struct Signature(DiscoverableAuthentication<HANDLE>);

impl Signature {
    /// Reads the answer to [`ask_for_any`].
    ///
    /// # Errors
    /// [`Refused::Form`]
    pub fn read(answer: &str) -> Result<Self, Refused> {
        DiscoverableAuthentication::from_json_relaxed(short(answer)?.as_bytes())
            .map(Self)
            .map_err(|why| Refused::Form(why.to_string()))
    }

    /// The name of the key that claims to have signed.
    #[must_use]
    pub fn key(&self) -> Vec<u8> {
        self.0.raw_id().as_ref().to_vec()
    }

    /// Checks it against the key that the record has under that name for this account. Returns the key's new state, which must
    /// be kept.
    ///
    /// # Errors
    /// [`Refused`]
    pub fn by(
        &self,
        party: &Party,
        kept: &[u8],
        account: &str,
        key: &Key,
    ) -> Result<[u8; 7], Refused> {
        let asked = DiscoverableAuthenticationServerState::decode(kept)
            .map_err(|_| Refused::Kept("the question"))?;
        let public = Public::decode(&key.public).map_err(|_| Refused::Kept("the key"))?;
        let state = DynamicState::decode(key.state).map_err(|_| Refused::Kept("the key"))?;
        let id = CredentialId::<&[u8]>::decode(key.id.as_slice())
            .map_err(|_| Refused::Kept("the key"))?;
        let handle = party.handle(account);
        let mut credential = AuthenticatedCredential::new(id, &handle, public, state)
            .map_err(|_| Refused::Kept("the key"))?;
        let rules = AuthenticationVerificationOptions::<&str, &str> {
            allowed_origins: &[party.origin.as_str()],
            error_on_unsolicited_extensions: false,
            ..AuthenticationVerificationOptions::default()
        };
        asked.verify(&party.name, &self.0, &mut credential, &rules)?;
        let Ok(state) = credential.dynamic_state().encode();
        Ok(state)
    }
}

fn short(answer: &str) -> Result<&str, Refused> {
    if answer.len() > ANSWER_MAX {
        let why = format!("{} bytes, at most {ANSWER_MAX}", answer.len());
        return Err(Refused::Form(why));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_over_tls_or_this_machine_has_passkeys() {
        for origin in [
            "https://bosai.example.lg.jp",
            "https://bosai.example.lg.jp:8443",
            "http://localhost:8080",
        ] {
            assert!(Party::at(origin, Realm::Actual).is_some(), "{origin}");
        }
        for origin in [
            "",
            "bosai",
            "http://bosai.example.lg.jp",
            "https://192.0.2.1",
            "https://[2001:db8::1]",
            "https://bosai.example.lg.jp/",
            "https://bosai.example.lg.jp/plain",
            "https://somebody@bosai.example.lg.jp",
        ] {
            assert!(Party::at(origin, Realm::Actual).is_none(), "{origin}");
        }
    }
}
