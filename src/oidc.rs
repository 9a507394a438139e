//! Single sign-on (シングルサインオン, OpenID Connect Core 1.0): the town's own provider says who somebody is. What they may do stays our
//! own: an account must exist and be bound to the provider's name for its officer.
//!
//! Code flow with PKCE, state and nonce, by the library `openidconnect`. Here stand what it is asked for, which signatures count, and
//! when somebody must have signed in there; in `oidc/` what its answers may cost.

mod http;
mod known;
mod words;

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use openidconnect::core::{
    CoreAuthPrompt, CoreAuthenticationFlow, CoreClient, CoreIdToken, CoreIdTokenClaims,
    CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AuthorizationCode, ClaimsVerificationError, ClientId, ClientSecret, CsrfToken,
    EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, RequestTokenError, SignatureVerificationError,
    TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use self::http::Http;
use self::known::Known;
pub(crate) use self::words::cut;
use self::words::told;
use crate::config::oidc::{Counts, Oidc};
use crate::digest::Digest;
use crate::{chance, private_file};

/// Longest wait for an answer of the provider.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Longest code, and longest name of a person, bytes.
const TEXT_MAX: usize = 4096;
/// So far may the provider's clock be from ours. Who signed in there longer before they came to us than that did so for something else.
const CLOCKS_APART: SignedDuration = SignedDuration::from_secs(60);

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The town's provider.
pub struct Provider {
    issuer: IssuerUrl,
    client_id: ClientId,
    secret: ClientSecret,
    back: RedirectUrl,
    counts: Counts,
    http: Http,
    known: Known,
}

/// What we must know again when somebody comes back. Their browser keeps it; it opens nothing by itself.
#[derive(Clone, Serialize, Deserialize)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
    at: Timestamp,
}

impl Begun {
    /// Whether an answer with this state belongs to it.
    #[must_use]
    pub fn is_answered_with(&self, state: &str) -> bool {
        // As digests: how long the comparison takes tells nothing of the state.
        Digest::of(state.as_bytes()) == Digest::of(self.state.as_bytes())
    }
}

/// Who came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The provider's name for them (`sub`), which never changes.
    pub subject: String,
    /// Whether the provider asked for a second factor for this very sign-in, where that counts.
    pub second_factor: bool,
}

/// Why nobody is let in. The words are for the log.
#[derive(Debug, Error)]
pub enum Refused {
    /// The provider cannot be asked.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
    /// Somebody else is asking it, and it takes too long.
    #[error("others wait for the provider's answer")]
    Crowded,
    /// What came back was not what was begun.
    #[error("the answer belongs to another sign-in")]
    Other,
    /// The provider said no, or something that does not hold.
    #[error("the provider's answer is refused: {0}")]
    Answer(String),
}

impl Provider {
    /// The provider of the configuration; none where the town has none.
    ///
    /// # Errors
    /// When the secret cannot be read, or others can read it.
    pub fn of(settings: &Oidc) -> anyhow::Result<Option<Self>> {
        Self::that_answers_within(ANSWERS_WITHIN, settings)
    }

    /// The same with less or more patience: each question takes `within` at most.
    ///
    /// # Errors
    /// As [`Provider::of`].
    pub fn that_answers_within(within: Duration, settings: &Oidc) -> anyhow::Result<Option<Self>> {
        if !settings.is_used() {
            return Ok(None);
        }
        Ok(Some(Self {
            issuer: IssuerUrl::new(settings.issuer.clone())?,
            client_id: ClientId::new(settings.client_id.clone()),
            secret: ClientSecret::new(secret(&settings.client_secret_file)?),
            back: RedirectUrl::new(settings.redirect_url.clone())?,
            counts: settings.second_factor,
            http: Http::to(&settings.issuer, within)?,
            known: Known::default(),
        }))
    }

    /// The provider's name, as it names itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Where a browser is sent, and what must be known again when it comes back. `now` is real time.
    ///
    /// # Errors
    /// [`Refused::Unreachable`], [`Refused::Crowded`]
    pub async fn begin(&self, now: Timestamp) -> Result<(String, Begun), Refused> {
        let begun = Begun {
            state: chance::token(),
            nonce: chance::token(),
            verifier: chance::token(),
            at: now,
        };
        let verifier = PkceCodeVerifier::new(begun.verifier.clone());
        let (state, nonce) = (begun.state.clone(), begun.nonce.clone());
        let known = self.known.of(&self.issuer, &self.http, now).await?;
        let (address, _, _) = self
            .client(&known)
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            // Desks are shared: whoever sits there now must show who they are, whoever the provider remembers.
            .add_prompt(CoreAuthPrompt::Login)
            .set_max_age(CLOCKS_APART.unsigned_abs())
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        self.http
            .may_use(address.as_str())
            .map_err(|why| Refused::Unreachable(told(&why)))?;
        Ok((address.into(), begun))
    }

    /// Who came back with this code and this state. `now` is real time.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn who(
        &self,
        begun: &Begun,
        code: &str,
        state: &str,
        now: Timestamp,
    ) -> Result<Person, Refused> {
        if !begun.is_answered_with(state) {
            return Err(Refused::Other);
        }
        if code.is_empty() || code.len() > TEXT_MAX {
            return Err(Refused::Answer(
                "its code is missing or too long".to_owned(),
            ));
        }
        let known = self.known.of(&self.issuer, &self.http, now).await?;
        let client = self.client(&known);
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|why| Refused::Unreachable(told(&why)))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|why| match why {
                RequestTokenError::Request(_) => Refused::Unreachable(told(&why)),
                _ => Refused::Answer(told(&why)),
            })?;
        let token = answer
            .id_token()
            .ok_or_else(|| Refused::Answer("it names nobody (no id_token)".to_owned()))?;
        let claims = match claims(&client, token, begun) {
            Err(ClaimsVerificationError::SignatureVerification(
                SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::CryptoError(_),
            )) => {
                let known = self.known.anew(&self.issuer, &self.http, now).await?;
                claims(&self.client(&known), token, begun)
            }
            checked => checked,
        };
        let claims = claims.map_err(|why| Refused::Answer(told(&why)))?;
        self.person(claims, begun, now)
    }

    fn person(
        &self,
        claims: &CoreIdTokenClaims,
        begun: &Begun,
        now: Timestamp,
    ) -> Result<Person, Refused> {
        if let Some(party) = claims.authorized_party()
            && *party != self.client_id
        {
            let why = format!("it was made for {} (azp)", cut(party));
            return Err(Refused::Answer(why));
        }
        let subject = claims.subject().as_str().to_owned();
        if subject.is_empty() || subject.len() > TEXT_MAX {
            return Err(Refused::Answer(
                "its name for the person is empty or too long".to_owned(),
            ));
        }
        let signed_in_s = claims.auth_time().map(|at| at.timestamp());
        let for_us = is_for_us(signed_in_s, begun.at, now)?;
        let methods = claims.auth_method_refs().map_or(&[][..], Vec::as_slice);
        let asked_more = methods.iter().any(|method| method.as_str() == "mfa");
        let second_factor = self.counts == Counts::Mfa && asked_more;
        if second_factor && !for_us {
            tracing::warn!(
                "the provider names a second factor and not when it asked for it (auth_time): it does not count"
            );
        }
        Ok(Person {
            subject,
            second_factor: second_factor && for_us,
        })
    }

    fn client(&self, known: &CoreProviderMetadata) -> Client {
        let (id, secret) = (self.client_id.clone(), self.secret.clone());
        CoreClient::from_provider_metadata(known.clone(), id, Some(secret))
            .set_redirect_uri(self.back.clone())
    }
}

/// What a token says, if it holds.
fn claims<'t>(
    client: &Client,
    token: &'t CoreIdToken,
    begun: &Begun,
) -> Result<&'t CoreIdTokenClaims, ClaimsVerificationError> {
    // Never `none`, and no secret that both sides share: only who holds the provider's key can say who somebody is.
    let verifier = client.id_token_verifier().set_allowed_algs([
        CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
        CoreJwsSigningAlgorithm::RsaSsaPssSha256,
        CoreJwsSigningAlgorithm::EcdsaP256Sha256,
        CoreJwsSigningAlgorithm::EdDsa,
    ]);
    token.claims(&verifier, &Nonce::new(begun.nonce.clone()))
}

/// Whether the provider says that somebody signed in there for this sign-in of ours; false where it does not say when. Seconds since 1970.
fn is_for_us(signed_in_s: Option<i64>, begun: Timestamp, now: Timestamp) -> Result<bool, Refused> {
    let Some(signed_in_s) = signed_in_s else {
        return Ok(false);
    };
    let apart_s = CLOCKS_APART.as_secs();
    if signed_in_s < begun.as_second().saturating_sub(apart_s) {
        let why = "the person was signed in there before and was not asked again (auth_time)";
        return Err(Refused::Answer(why.to_owned()));
    }
    if signed_in_s > now.as_second().saturating_add(apart_s) {
        let why =
            "the person signs in there later than now (auth_time): one of the clocks is wrong";
        return Err(Refused::Answer(why.to_owned()));
    }
    Ok(true)
}

fn secret(path: &Path) -> anyhow::Result<String> {
    use anyhow::{Context as _, bail};
    let named = || format!("oidc.client_secret_file {}", path.display());
    let text = std::fs::read_to_string(path).with_context(named)?;
    if let Err(why) = private_file::check(path).with_context(named)? {
        bail!("{}: {why}", named());
    }
    let text = text.trim();
    if text.is_empty() {
        bail!(
            "{}: it is empty; it must hold the provider's secret",
            named()
        );
    }
    Ok(text.to_owned())
}
