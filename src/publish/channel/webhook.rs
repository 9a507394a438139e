//! A program of others that is called: a JSON body, signed with a shared secret, the same under the same key each time.

use hinan_notice::send::webhook::{self, IDEMPOTENCY_KEY, SIGNATURE, TIMESTAMP};
use hinan_sensors::connect::Secret;
use reqwest::StatusCode;
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;

use crate::clock::wall;
use crate::publish::outbox::Attempt;
use crate::publish::publication::Publication;

/// What is read of an answer, bytes; the rest is the receiver's own affair.
const ANSWER_MAX: usize = 4096;
/// How long its body is waited for.
const BODY_WITHIN: std::time::Duration = std::time::Duration::from_millis(500);
/// What is kept of it, characters.
const RECEIPT_MAX: usize = 120;

/// Calls one receiver.
pub struct WebhookChannel {
    name: String,
    url: reqwest::Url,
    secret: Secret,
    http: reqwest::Client,
}

impl WebhookChannel {
    /// A receiver at this address that knows this secret.
    ///
    /// # Errors
    /// When the address or the system's TLS cannot be used.
    pub fn new(name: &str, url: &str, secret: Secret) -> anyhow::Result<Self> {
        let url = reqwest::Url::parse(url)?;
        // A signed call goes where the town said and nowhere else.
        let http = reqwest::Client::builder()
            .redirect(Policy::none())
            .build()?;
        Ok(Self {
            name: name.to_owned(),
            url,
            secret,
            http,
        })
    }

    /// What is sent for this publication.
    #[must_use]
    pub fn body(publication: &Publication) -> Vec<u8> {
        let languages = publication
            .texts()
            .map_or(&[][..], |texts| &texts.languages);
        webhook::body(publication.facts(), languages, publication.document_text())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Calls, and waits for the answer.
    pub async fn send(&self, publication: &Publication) -> Attempt {
        let facts = publication.facts();
        let body = Self::body(publication);
        // The receiver compares this with its own clock: real time, also when an event is replayed.
        let timestamp_s = wall().as_second();
        let signature = webhook::signature(self.secret.reveal().as_bytes(), timestamp_s, &body);
        let called = self
            .http
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/json")
            .header(IDEMPOTENCY_KEY, facts.id.as_str())
            .header(TIMESTAMP, timestamp_s)
            .header(SIGNATURE, signature)
            .body(body)
            .send()
            .await;
        match called {
            Ok(answer) => judged(answer).await,
            Err(error) => Attempt::TryAgain {
                // Without its address, which may hold a token.
                why: format!("連携先に届きません: {}", error.without_url()),
            },
        }
    }
}

async fn judged(mut answer: reqwest::Response) -> Attempt {
    let status = answer.status();
    let mut said = Vec::new();
    // The status decides. A body that does not come changes nothing.
    let reading = async {
        while let Ok(Some(chunk)) = answer.chunk().await {
            said.extend_from_slice(&chunk);
            if said.len() >= ANSWER_MAX {
                break;
            }
        }
    };
    let _ = tokio::time::timeout(BODY_WITHIN, reading).await;
    let said: String = String::from_utf8_lossy(&said)
        .chars()
        .filter(|c| !c.is_control())
        .take(RECEIPT_MAX)
        .collect();
    let words = format!("HTTP {} {said}", status.as_u16())
        .trim_end()
        .to_owned();
    if status.is_success() || status == StatusCode::CONFLICT {
        // 409: the receiver knows this key already.
        return Attempt::Delivered { receipt: words };
    }
    match status.as_u16() {
        // The receiver will never take this body, and must not hold up the next.
        400 | 410 | 413 | 415 | 422 => Attempt::GiveUp {
            why: format!("連携先が受け取りを拒みました: {words}"),
        },
        300..=399 => Attempt::TryAgain {
            why: format!("転送には従いません: {words}"),
        },
        _ => Attempt::TryAgain {
            why: format!("連携先の応答: {words}"),
        },
    }
}
