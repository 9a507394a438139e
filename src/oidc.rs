//! Single sign-on (シングルサインオン, OpenID Connect Core 1.0): the town's own provider says who somebody is. What they may do stays our
//! own: an account must exist and be bound to the provider's name for its officer.
//!
//! Code flow with PKCE, state and nonce, by the library `openidconnect`. Here stand what it is asked for, what its answers may cost, and
//! which signatures count.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreJwsSigningAlgorithm, CoreProviderMetadata,
};
use openidconnect::{
    AsyncHttpClient, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IssuerUrl, Nonce, PkceCodeChallenge,
    PkceCodeVerifier, RedirectUrl, TokenResponse as _,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::config::oidc::{Counts, Oidc, is_safe};
use crate::digest::Digest;
use crate::{chance, private_file};

/// Longest answer of a provider, bytes.
const ANSWER_MAX: usize = 1 << 20;
/// Longest wait for one.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);
/// Longest code, and longest name of a person, bytes.
const TEXT_MAX: usize = 4096;

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
}

/// What we must know again when somebody comes back. Their browser keeps it; it opens nothing by itself.
#[derive(Clone, Serialize, Deserialize)]
pub struct Begun {
    state: String,
    nonce: String,
    verifier: String,
}

/// Who came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The provider's name for them (`sub`), which never changes.
    pub subject: String,
    /// Whether the provider asked for a second factor, where that counts.
    pub second_factor: bool,
}

/// Why nobody is let in. The words are for the log.
#[derive(Debug, Error)]
pub enum Refused {
    /// The provider cannot be asked.
    #[error("the provider cannot be reached: {0}")]
    Unreachable(String),
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
        if !settings.is_used() {
            return Ok(None);
        }
        Ok(Some(Self {
            issuer: IssuerUrl::new(settings.issuer.clone())?,
            client_id: ClientId::new(settings.client_id.clone()),
            secret: ClientSecret::new(secret(&settings.client_secret_file)?),
            back: RedirectUrl::new(settings.redirect_url.clone())?,
            counts: settings.second_factor,
            http: Http::new()?,
        }))
    }

    /// The provider's name, as it names itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_str()
    }

    /// Where a browser is sent, and what must be known again when it comes back.
    ///
    /// # Errors
    /// [`Refused::Unreachable`]
    pub async fn begin(&self) -> Result<(String, Begun), Refused> {
        let begun = Begun {
            state: chance::token(),
            nonce: chance::token(),
            verifier: chance::token(),
        };
        let verifier = PkceCodeVerifier::new(begun.verifier.clone());
        let (state, nonce) = (begun.state.clone(), begun.nonce.clone());
        let client = self.client().await?;
        let (address, _, _) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || CsrfToken::new(state),
                move || Nonce::new(nonce),
            )
            .set_pkce_challenge(PkceCodeChallenge::from_code_verifier_sha256(&verifier))
            .url();
        if !is_safe(address.as_str()) {
            let why = format!("{address} is not encrypted");
            return Err(Refused::Unreachable(why));
        }
        Ok((address.into(), begun))
    }

    /// Who came back with this code and this state.
    ///
    /// # Errors
    /// [`Refused`]
    pub async fn who(&self, begun: &Begun, code: &str, state: &str) -> Result<Person, Refused> {
        // As digests: how long the comparison takes tells nothing of the state.
        if Digest::of(state.as_bytes()) != Digest::of(begun.state.as_bytes()) {
            return Err(Refused::Other);
        }
        if code.is_empty() || code.len() > TEXT_MAX {
            return Err(Refused::Answer("it has no code".to_owned()));
        }
        let client = self.client().await?;
        let answer = client
            .exchange_code(AuthorizationCode::new(code.to_owned()))
            .map_err(|why| Refused::Unreachable(why.to_string()))?
            .set_pkce_verifier(PkceCodeVerifier::new(begun.verifier.clone()))
            .request_async(&self.http)
            .await
            .map_err(|why| Refused::Answer(told(&why)))?;
        let token = answer
            .id_token()
            .ok_or_else(|| Refused::Answer("it names nobody (no id_token)".to_owned()))?;
        // Never `none`, and no secret that both sides share: only who holds the provider's key can say who somebody is.
        let verifier = client.id_token_verifier().set_allowed_algs([
            CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            CoreJwsSigningAlgorithm::RsaSsaPssSha256,
            CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            CoreJwsSigningAlgorithm::EdDsa,
        ]);
        let claims = token
            .claims(&verifier, &Nonce::new(begun.nonce.clone()))
            .map_err(|why| Refused::Answer(told(&why)))?;
        let subject = claims.subject().as_str().to_owned();
        if subject.is_empty() || subject.len() > TEXT_MAX {
            return Err(Refused::Answer(
                "its name for the person is empty or too long".to_owned(),
            ));
        }
        let methods = claims.auth_method_refs().map_or(&[][..], Vec::as_slice);
        let asked_more = methods.iter().any(|method| method.as_str() == "mfa");
        Ok(Person {
            subject,
            second_factor: self.counts == Counts::Mfa && asked_more,
        })
    }

    /// What the provider says of itself now: its addresses, its keys.
    async fn client(&self) -> Result<Client, Refused> {
        let known = CoreProviderMetadata::discover_async(self.issuer.clone(), &self.http)
            .await
            .map_err(|why| Refused::Unreachable(told(&why)))?;
        let (id, secret) = (self.client_id.clone(), self.secret.clone());
        Ok(CoreClient::from_provider_metadata(known, id, Some(secret))
            .set_redirect_uri(self.back.clone()))
    }
}

/// An error with what caused it.
fn told(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    words
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

/// How the provider is asked: encrypted, no redirects, little time, short answers.
struct Http(reqwest::Client);

/// Why a question got no answer.
#[derive(Debug, Error)]
enum Unanswered {
    #[error("{0} is not encrypted")]
    InTheClear(String),
    #[error(transparent)]
    Failed(#[from] reqwest::Error),
    #[error(transparent)]
    Garbled(#[from] openidconnect::http::Error),
    #[error("the answer is longer than {ANSWER_MAX} bytes")]
    TooLong,
}

impl Http {
    fn new() -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(ANSWERS_WITHIN)
            .build()?;
        Ok(Self(client))
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        let address = request.uri().to_string();
        if !is_safe(&address) {
            return Err(Unanswered::InTheClear(address));
        }
        let mut answer = self.0.execute(request.try_into()?).await?;
        let mut told = openidconnect::http::Response::builder().status(answer.status());
        for (name, value) in answer.headers() {
            told = told.header(name, value);
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await? {
            if body.len() + part.len() > ANSWER_MAX {
                return Err(Unanswered::TooLong);
            }
            body.extend_from_slice(&part);
        }
        Ok(told.body(body)?)
    }
}

impl<'c> AsyncHttpClient<'c> for Http {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.ask(request))
    }
}
