//! Officers' programs: JSON in, JSON out, with the session of the officer who runs them.

use reqwest::StatusCode;
use serde_json::Value;

use crate::officer::Officer;

impl Officer {
    /// Asks for JSON.
    pub async fn gets_json(&self, path: &str) -> (StatusCode, Value) {
        let page = self.opens(path).await;
        (page.status, parsed(&page.text, path))
    }

    /// Asks for JSON that is there.
    pub async fn reads_json(&self, path: &str) -> Value {
        let (status, value) = self.gets_json(path).await;
        assert_eq!(status, StatusCode::OK, "{path}: {value}");
        value
    }

    /// The session's anti-forgery token.
    pub async fn token(&self) -> String {
        let session = self.reads_json("/api/v1/session").await;
        session["csrf"].as_str().expect("a token").to_owned()
    }

    /// Sends JSON with the token of the session.
    pub async fn sends(&self, path: &str, body: &Value) -> (StatusCode, Value) {
        let token = self.token().await;
        self.sends_with(path, body, &[("x-csrf-token", &token)])
            .await
    }

    /// Sends JSON with these headers and no others.
    pub async fn sends_with(
        &self,
        path: &str,
        body: &Value,
        headers: &[(&str, &str)],
    ) -> (StatusCode, Value) {
        let mut request = self.post(path).json(body);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("the service answers");
        let status = answer.status();
        let text = answer.text().await.expect("the answer is read");
        (status, parsed(&text, path))
    }

    /// Signs in as the console does. Status, answer, and the cookies that are set, each as `name=value`.
    pub async fn signs_in_by_json(&self, password: &str) -> (StatusCode, Value, Vec<String>) {
        let path = "/api/v1/session";
        let body = serde_json::json!({ "user": self.name, "password": password });
        let answer = self.post(path).json(&body).send().await;
        let answer = answer.expect("the service answers");
        let cookies = answer
            .headers()
            .get_all("set-cookie")
            .iter()
            .filter_map(|value| value.to_str().ok()?.split(';').next())
            .map(str::to_owned)
            .collect();
        let status = answer.status();
        let text = answer.text().await.expect("the answer is read");
        (status, parsed(&text, path), cookies)
    }

    /// Signs out as the console does.
    pub async fn signs_out_by_json(&self) -> StatusCode {
        let token = self.token().await;
        let request = self.delete("/api/v1/session");
        let answer = request.header("x-csrf-token", token).send().await;
        answer.expect("the service answers").status()
    }
}

/// JSON, or nothing where there is none.
fn parsed(text: &str, path: &str) -> Value {
    if text.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{path}: {why}: {text}"))
}
