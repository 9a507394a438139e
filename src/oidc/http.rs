//! How the town's provider of single sign-on is asked: encrypted, no redirects, little time, short answers.

use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use thiserror::Error;

use crate::config::oidc::Line;

/// Longest answer of a provider, bytes.
const ANSWER_MAX: usize = 1 << 20;

/// The line to a provider.
pub(super) struct Http {
    client: reqwest::Client,
    /// Whether the provider stands on this machine and is asked in the clear. One elsewhere must not send us to whatever else
    /// listens here.
    within_this_machine: bool,
}

/// Why a question got no answer.
#[derive(Debug, Error)]
pub(super) enum Unanswered {
    #[error("the way to {0} is not encrypted")]
    InTheClear(String),
    #[error(transparent)]
    Failed(#[from] reqwest::Error),
    #[error(transparent)]
    Garbled(#[from] openidconnect::http::Error),
    #[error("the answer is longer than {ANSWER_MAX} bytes")]
    TooLong,
}

impl Http {
    /// A line to this issuer. Each question takes `within` at most, to the last byte of its answer.
    pub(super) fn to(issuer: &str, within: Duration) -> reqwest::Result<Self> {
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(within)
            .build()?;
        Ok(Self {
            client,
            within_this_machine: Line::to(issuer) == Line::WithinThisMachine,
        })
    }

    /// Whether an address that the provider names may be asked, or a browser sent there.
    ///
    /// # Errors
    /// [`Unanswered::InTheClear`], with the host alone: the rest of an address may be secret.
    pub(super) fn may_use(&self, address: &str) -> Result<(), Unanswered> {
        match Line::to(address) {
            Line::Encrypted => Ok(()),
            Line::WithinThisMachine if self.within_this_machine => Ok(()),
            Line::WithinThisMachine | Line::InTheClear => {
                let host = reqwest::Url::parse(address)
                    .ok()
                    .and_then(|url| url.host_str().map(str::to_owned));
                let host = host.unwrap_or_else(|| "an address without a host".to_owned());
                Err(Unanswered::InTheClear(host))
            }
        }
    }

    async fn ask(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        self.may_use(&request.uri().to_string())?;
        let mut answer = self.client.execute(request.try_into()?).await?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_elsewhere_cannot_send_us_to_what_listens_on_this_machine() {
        crate::bridge::install_tls();
        let line = |issuer| Http::to(issuer, Duration::from_secs(1)).expect("a client");
        let (elsewhere, here) = (
            line("https://id.example.lg.jp/realms/town"),
            line("http://127.0.0.1:9000"),
        );
        let other = "https://keys.example.lg.jp/keys";
        assert!(elsewhere.may_use(other).is_ok());
        assert!(here.may_use(other).is_ok());
        for local in [
            "http://127.0.0.1:8080/keys",
            "http://localhost/",
            "http://[::1]/",
        ] {
            assert!(here.may_use(local).is_ok(), "{local}");
            let refused = elsewhere.may_use(local);
            assert!(
                matches!(refused, Err(Unanswered::InTheClear(_))),
                "{local}: {refused:?}"
            );
        }
        for clear in [
            "http://id.example.lg.jp/auth?state=a-secret",
            "ftp://id.example.lg.jp/",
            "nonsense",
        ] {
            for line in [&elsewhere, &here] {
                let why = line.may_use(clear).expect_err(clear).to_string();
                assert!(
                    why.contains("not encrypted") && !why.contains("a-secret"),
                    "{why}"
                );
            }
        }
    }
}
