//! Residents, and machines that read for them: nobody signs in.

use reqwest::StatusCode;

/// What a door answered.
#[derive(Clone, Debug)]
pub struct Page {
    /// Status.
    pub status: StatusCode,
    /// Kind of content.
    pub kind: String,
    /// Bytes.
    pub bytes: Vec<u8>,
}

impl Page {
    /// Its text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Takes an answer apart.
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let status = response.status();
        let kind = response
            .headers()
            .get("content-type")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let bytes = response.bytes().await.expect("the answer is read").to_vec();
        Self {
            status,
            kind,
            bytes,
        }
    }
}

/// Somebody outside the town hall.
#[derive(Clone)]
pub struct Resident {
    http: reqwest::Client,
    base: String,
}

impl Resident {
    /// Somebody who knows the address of the public page.
    #[must_use]
    pub fn at(base: &str) -> Self {
        Self {
            http: {
                hinan::bridge::install_tls();
                reqwest::Client::new()
            },
            base: base.to_owned(),
        }
    }

    /// Any page.
    pub async fn gets(&self, path: &str) -> Page {
        self.tries(path)
            .await
            .unwrap_or_else(|error| panic!("GET {path}: {error}"))
    }

    /// Any page, if there is somebody to answer.
    pub(crate) async fn tries(&self, path: &str) -> reqwest::Result<Page> {
        let response = self.http.get(format!("{}{path}", self.base)).send().await?;
        Ok(Page::of(response).await)
    }

    /// The public page.
    pub async fn home(&self) -> String {
        self.gets("/").await.text()
    }

    /// The feed.
    pub async fn feed(&self) -> String {
        self.gets("/feed.atom").await.text()
    }

    /// Identifiers of the notices in the feed, newest first.
    pub async fn notices(&self) -> Vec<String> {
        let feed = self.feed().await;
        feed.split("/cap/")
            .skip(1)
            .filter_map(|rest| rest.split_once(".xml").map(|(id, _)| id.to_owned()))
            .collect()
    }

    /// The CAP document of a notice.
    pub async fn cap(&self, notice: &str) -> Page {
        self.gets(&format!("/cap/{notice}.xml")).await
    }
}
