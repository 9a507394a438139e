//! A program that listens to events as they happen.

use reqwest::StatusCode;

use crate::{Officer, WITHIN};

/// One event as heard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Its kind.
    pub kind: String,
    /// The name under which one may come back after it; empty where it has none.
    pub id: String,
    /// What it says.
    pub data: String,
}

/// An open stream of events. Ends with its owner.
pub struct Ear {
    response: reqwest::Response,
    heard: String,
}

impl Ear {
    pub(crate) fn on(response: reqwest::Response) -> Self {
        Self {
            response,
            heard: String::new(),
        }
    }

    /// The next event. Signs of life are passed over.
    pub async fn hears(&mut self) -> Told {
        let next = async {
            loop {
                if let Some((event, rest)) = self.heard.split_once("\n\n") {
                    let told = told(event);
                    self.heard = rest.to_owned();
                    if let Some(told) = told {
                        return told;
                    }
                    continue;
                }
                let chunk = self.response.chunk().await;
                let chunk = chunk.unwrap_or_else(|why| panic!("the stream broke: {why}"));
                let chunk = chunk.unwrap_or_else(|| panic!("the stream ended"));
                self.heard.push_str(&String::from_utf8_lossy(&chunk));
            }
        };
        tokio::time::timeout(WITHIN, next)
            .await
            .unwrap_or_else(|_| panic!("nothing is heard within {WITHIN:?}"))
    }
}

fn told(event: &str) -> Option<Told> {
    let mut told = Told::default();
    for line in event.lines() {
        match line.split_once(": ") {
            Some(("event", kind)) => told.kind = kind.to_owned(),
            Some(("id", id)) => told.id = id.to_owned(),
            Some(("data", data)) => told.data.push_str(data),
            _ => {}
        }
    }
    (!told.kind.is_empty()).then_some(told)
}

impl Officer {
    /// Listens; panics where it may not.
    pub async fn listens(&self, path: &str, last: Option<&str>) -> Ear {
        self.tries_to_listen(path, last)
            .await
            .unwrap_or_else(|status| panic!("{path}: {status}"))
    }

    /// Listens if it may, from after the event named `last` on.
    ///
    /// # Errors
    /// The status of the refusal.
    pub async fn tries_to_listen(&self, path: &str, last: Option<&str>) -> Result<Ear, StatusCode> {
        let mut request = self.get(path);
        if let Some(last) = last {
            request = request.header("Last-Event-ID", last);
        }
        let response = request
            .send()
            .await
            .unwrap_or_else(|why| panic!("{path}: {why}"));
        match response.status() {
            StatusCode::OK => Ok(Ear::on(response)),
            status => Err(status),
        }
    }
}
