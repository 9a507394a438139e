//! Asking a web server for feeds and telegrams, with a limit on everything.

use std::time::Duration;

use anyhow::Context as _;
use hinan_sensors::connect::Tls;
use reqwest::header::{CONTENT_TYPE, ETAG, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED};
use reqwest::redirect::Policy;
use reqwest::{Client, Response, StatusCode, Url};
use thiserror::Error;

/// Bytes of a feed. The long feeds of the agency have a few megabytes.
const FEED_MAX_BYTES: usize = 16 * 1024 * 1024;
/// Bytes of a telegram.
const TELEGRAM_MAX_BYTES: usize = 8 * 1024 * 1024;

/// What an answer was marked with, so that it need not be sent again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    pub(super) etag: String,
    pub(super) last_modified: String,
}

/// The answer to a question for a feed.
pub(super) enum Answer {
    NotModified,
    Body { bytes: Vec<u8>, marks: Marks },
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub(super) enum Unfetched {
    #[error("it is gone (404 or 410)")]
    Gone,
    #[error("the server answered {0}")]
    Status(StatusCode),
    #[error("the answer is {0:?} and not XML")]
    NotXml(String),
    #[error("the answer has more than {max} bytes")]
    TooLarge { max: usize },
    #[error("its address is not on the feed's own host {0:?}, or is neither http nor https")]
    Elsewhere(String),
    #[error("no answer: {0}")]
    NoAnswer(String),
}

pub(super) struct Fetcher {
    client: Client,
    /// Hosts of the feeds.
    hosts: std::sync::Mutex<std::collections::BTreeSet<String>>,
}

/// Says which cryptography TLS uses in this process: ring. Needed once before any HTTP client is made; more often does no harm.
pub fn install_tls() {
    // An error means that one is installed already.
    let _ = tokio_rustls::rustls::crypto::ring::default_provider().install_default();
}

impl Fetcher {
    pub(super) fn new(timeout: Duration, authorities: &[u8]) -> anyhow::Result<Self> {
        install_tls();
        let mut builder = Client::builder()
            .timeout(timeout)
            .connect_timeout(timeout.min(Duration::from_secs(10)))
            .redirect(Policy::none())
            .user_agent(concat!(
                "hinan/",
                env!("CARGO_PKG_VERSION"),
                " (municipal bridge)"
            ));
        if !authorities.is_empty() {
            let tls = Tls::from_pem(authorities, None)
                .context("信頼する認証局を読めません / trusted authorities cannot be read")?;
            builder = builder.tls_backend_preconfigured(tls.config());
        }
        Ok(Self {
            client: builder.build()?,
            hosts: std::sync::Mutex::default(),
        })
    }

    /// Asks for a feed, unless it is the same as when it was marked.
    pub(super) async fn feed(&self, url: &str, marks: &Marks) -> Result<Answer, Unfetched> {
        let url = address(url)?;
        if let Some(host) = url.host_str() {
            self.hosts
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
                .insert(host.to_owned());
        }
        let mut ask = self.client.get(url);
        if !marks.etag.is_empty() {
            ask = ask.header(IF_NONE_MATCH, &marks.etag);
        }
        if !marks.last_modified.is_empty() {
            ask = ask.header(IF_MODIFIED_SINCE, &marks.last_modified);
        }
        let answer = ask.send().await.map_err(|why| no_answer(&why))?;
        if answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(Answer::NotModified);
        }
        let mark = |name| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
                .filter(|value| value.len() <= 300)
                .unwrap_or_default()
                .to_owned()
        };
        let marks = Marks {
            etag: mark(ETAG),
            last_modified: mark(LAST_MODIFIED),
        };
        let bytes = body(answer, FEED_MAX_BYTES).await?;
        Ok(Answer::Body { bytes, marks })
    }

    /// Asks for a telegram on the host of a feed. A feed cannot send us anywhere else.
    pub(super) async fn telegram(&self, url: &str) -> Result<Vec<u8>, Unfetched> {
        let url = address(url)?;
        let host = url.host_str().unwrap_or_default();
        let is_known = self
            .hosts
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .contains(host);
        if !is_known {
            return Err(Unfetched::Elsewhere(host.to_owned()));
        }
        let answer = self
            .client
            .get(url)
            .send()
            .await
            .map_err(|why| no_answer(&why))?;
        body(answer, TELEGRAM_MAX_BYTES).await
    }
}

fn address(url: &str) -> Result<Url, Unfetched> {
    Url::parse(url)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Unfetched::Elsewhere(url.chars().take(80).collect()))
}

/// Reads a body piece by piece and stops at the limit.
async fn body(mut answer: Response, max: usize) -> Result<Vec<u8>, Unfetched> {
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NOT_FOUND | StatusCode::GONE => return Err(Unfetched::Gone),
        other => return Err(Unfetched::Status(other)),
    }
    let kind = answer
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .unwrap_or_default();
    // A page of HTML under the address of a telegram is a server's excuse.
    if !kind.is_empty() && !kind.contains("xml") && !kind.contains("octet-stream") {
        return Err(Unfetched::NotXml(kind.chars().take(60).collect()));
    }
    let announced = answer.content_length().unwrap_or(0);
    if announced > max as u64 {
        return Err(Unfetched::TooLarge { max });
    }
    let mut bytes = Vec::new();
    while let Some(piece) = answer.chunk().await.map_err(|why| no_answer(&why))? {
        if bytes.len() + piece.len() > max {
            return Err(Unfetched::TooLarge { max });
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

fn no_answer(why: &reqwest::Error) -> Unfetched {
    // The library's own text names the address, and only its causes say what happened.
    let mut text = why.to_string();
    let mut cause = std::error::Error::source(why);
    while let Some(deeper) = cause {
        text.push_str(": ");
        text.push_str(&deeper.to_string());
        cause = deeper.source();
    }
    Unfetched::NoAnswer(text.chars().take(300).collect())
}
