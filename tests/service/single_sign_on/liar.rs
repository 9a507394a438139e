//! A provider of our own that says what a test tells it to, and breaks its lines as a test tells it to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{any, get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hinan::clock::wall;
use hinan_town::{Answer, Officer};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use super::SECRET;

/// Where it says what it is.
pub(super) const ABOUT: &str = "/.well-known/openid-configuration";
pub(super) const KEYS: &str = "/keys";
pub(super) const TOKEN: &str = "/token";
/// Longest answer that we take, bytes.
const ANSWER_MAX: usize = 1 << 20;

/// What it says in its token, and how it signs it.
#[derive(Clone)]
pub(super) struct Lie {
    pub(super) claims: Value,
    pub(super) algorithm: &'static str,
    /// By which of its keys it says that it signed, and by which it did.
    pub(super) named: &'static str,
    pub(super) signed: &'static str,
}

/// What is wrong with the line to one of its addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// No answer comes.
    Silent,
    /// One comes a sign at a time, without an end.
    Dripping,
    /// The right answer, followed by a megabyte of nothing.
    Long,
    /// The right answer is said to be elsewhere.
    Elsewhere,
    /// The right answer, as a failure.
    Failing,
    /// The right answer, as a page.
    Page,
    /// No JSON.
    Garbage,
    /// A refusal of many lines.
    Wordy,
}

pub(super) struct Liar {
    keys: BTreeMap<&'static str, EcdsaKeyPair>,
    pub(super) issuer: String,
    state: Mutex<Told>,
}

struct Told {
    lie: Lie,
    fault: Option<(&'static str, Fault)>,
    published: Vec<&'static str>,
    about: Value,
    asked: BTreeMap<&'static str, usize>,
}

fn key() -> EcdsaKeyPair {
    let (source, kind) = (hinan::chance::source(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let made = EcdsaKeyPair::generate_pkcs8(kind, source).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), source).unwrap()
}

impl Lie {
    /// The truth about these claims.
    pub(super) fn honest(claims: Value) -> Self {
        Self {
            claims,
            algorithm: "ES256",
            named: "first",
            signed: "first",
        }
    }

    /// The same with another claim; null takes it away.
    pub(super) fn but(&self, name: &str, value: Value) -> Self {
        let mut claims = self.claims.clone();
        match value {
            Value::Null => {
                claims.as_object_mut().unwrap().remove(name);
            }
            value => claims[name] = value,
        }
        Self {
            claims,
            ..self.clone()
        }
    }
}

impl Liar {
    /// A provider on loopback, with three keys; the first is published. It says that it may sign in any way at all.
    pub(super) async fn opens() -> Arc<Self> {
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", port.local_addr().unwrap());
        let at = |path: &str| format!("{issuer}{path}");
        let about = json!({
            "issuer": issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at(TOKEN), "jwks_uri": at(KEYS),
            "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["none", "HS256", "RS256", "ES256"]
        });
        let liar = Arc::new(Self {
            keys: ["first", "second", "secret"]
                .map(|name| (name, key()))
                .into(),
            state: Mutex::new(Told {
                lie: Lie::honest(json!({})),
                fault: None,
                published: vec!["first"],
                about,
                asked: BTreeMap::new(),
            }),
            issuer,
        });
        let doors = axum::Router::new()
            .route(
                ABOUT,
                get(|State(liar): State<Arc<Self>>| async move { liar.answers(ABOUT) }),
            )
            .route(
                KEYS,
                get(|State(liar): State<Arc<Self>>| async move { liar.answers(KEYS) }),
            )
            .route(
                TOKEN,
                post(|State(liar): State<Arc<Self>>| async move { liar.answers(TOKEN) }),
            )
            .route("/elsewhere/{*path}", any(Self::elsewhere))
            .with_state(liar.clone());
        tokio::spawn(async move { axum::serve(port, doors).await.unwrap() });
        liar
    }

    pub(super) fn tells(&self, lie: Lie) {
        self.state.lock().unwrap().lie = lie;
    }

    pub(super) fn breaks(&self, at: &'static str, fault: Fault) {
        self.state.lock().unwrap().fault = Some((at, fault));
    }

    pub(super) fn mends(&self) {
        self.state.lock().unwrap().fault = None;
    }

    pub(super) fn publishes(&self, keys: &[&'static str]) {
        self.state.lock().unwrap().published = keys.to_vec();
    }

    /// Says this about itself from now on.
    pub(super) fn claims_to_be(&self, name: &str, value: Value) {
        self.state.lock().unwrap().about[name] = value;
    }

    /// How often it was asked at an address.
    pub(super) fn was_asked(&self, at: &str) -> usize {
        let told = self.state.lock().unwrap();
        told.asked.get(at).copied().unwrap_or_default()
    }

    /// The right answers stand here, too: for whoever follows where they are sent.
    async fn elsewhere(State(liar): State<Arc<Self>>, Path(path): Path<String>) -> Response {
        let json = [(header::CONTENT_TYPE, "application/json")];
        let right = liar.says(&format!("/{path}")).to_string();
        (json, right).into_response()
    }

    fn answers(&self, at: &'static str) -> Response {
        let fault = {
            let mut told = self.state.lock().unwrap();
            *told.asked.entry(at).or_default() += 1;
            told.fault.filter(|(place, _)| *place == at)
        };
        let right = self.says(at).to_string();
        let json = [(header::CONTENT_TYPE, "application/json")];
        match fault.map(|(_, fault)| fault) {
            None => (json, right).into_response(),
            Some(Fault::Silent) => {
                let never = futures_util::stream::pending::<Result<Bytes, std::io::Error>>();
                (json, Body::from_stream(never)).into_response()
            }
            Some(Fault::Dripping) => {
                let drips = futures_util::stream::unfold((), |()| async {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    Some((Ok::<_, std::io::Error>(Bytes::from_static(b" ")), ()))
                });
                (json, Body::from_stream(drips)).into_response()
            }
            Some(Fault::Long) => (json, right + &" ".repeat(ANSWER_MAX)).into_response(),
            Some(Fault::Elsewhere) => {
                Redirect::temporary(&format!("/elsewhere{at}")).into_response()
            }
            Some(Fault::Failing) => {
                (StatusCode::INTERNAL_SERVER_ERROR, json, right).into_response()
            }
            Some(Fault::Page) => ([(header::CONTENT_TYPE, "text/html")], right).into_response(),
            Some(Fault::Garbage) => (json, "{\"").into_response(),
            Some(Fault::Wordy) => {
                let words = "no\r\n{\"level\":\"ERROR\"}\u{1b}[31m".repeat(10_000);
                let refusal = json!({ "error": "invalid_grant", "error_description": words });
                (StatusCode::BAD_REQUEST, json, refusal.to_string()).into_response()
            }
        }
    }

    fn says(&self, at: &str) -> Value {
        let told = self.state.lock().unwrap();
        match at {
            ABOUT => told.about.clone(),
            KEYS => {
                let keys: Vec<Value> = told
                    .published
                    .iter()
                    .map(|name| self.public(name))
                    .collect();
                json!({ "keys": keys })
            }
            _ => json!({
                "access_token": "unused", "token_type": "Bearer", "id_token": self.token(&told.lie)
            }),
        }
    }

    fn public(&self, name: &str) -> Value {
        let point = self.keys[name].public_key().as_ref();
        let half = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        json!({
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": name, "x": half(1..33), "y": half(33..65)
        })
    }

    fn token(&self, lie: &Lie) -> String {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": lie.algorithm, "kid": lie.named });
        let message = format!("{}.{}", part(&header), part(&lie.claims));
        let signature = match lie.algorithm {
            "none" => String::new(),
            "HS256" => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()))
            }
            _ => {
                let key = &self.keys[lie.signed];
                let signed = key.sign(hinan::chance::source(), message.as_bytes());
                URL_SAFE_NO_PAD.encode(signed.unwrap())
            }
        };
        format!("{message}.{signature}")
    }

    /// The truth about this person, who signed in just now, for the sign-in that was begun with this address.
    pub(super) fn truth(&self, begun_at: &str, person: &str) -> Lie {
        let now = wall().as_second();
        Lie::honest(json!({
            "iss": self.issuer, "sub": person, "aud": "hinan", "exp": now + 300, "iat": now, "auth_time": now,
            "nonce": asked(begun_at, "nonce")
        }))
    }

    /// A browser of the town goes to it and is sent back with this word about a person: the path it is sent to.
    pub(super) async fn sends_back(
        &self,
        browser: &Officer,
        person: &str,
        changed: impl Fn(Lie) -> Lie,
    ) -> String {
        let begun = browser.opens("/plain/signin/oidc/begin").await;
        let address = begun.to.unwrap_or_else(|| panic!("{}", begun.text));
        self.tells(changed(self.truth(&address, person)));
        let state = asked(&address, "state");
        format!("/plain/signin/oidc?code=any&state={state}")
    }

    /// The same, and what the town answers.
    pub(super) async fn signs_in(
        &self,
        browser: &Officer,
        person: &str,
        changed: impl Fn(Lie) -> Lie,
    ) -> Answer {
        let back = self.sends_back(browser, person, changed).await;
        browser.opens(&back).await
    }
}

/// It says that it asked for a second factor.
#[expect(
    clippy::needless_pass_by_value,
    reason = "as `once`, which hands it on"
)]
pub(super) fn twice(lie: Lie) -> Lie {
    lie.but("amr", json!(["pwd", "mfa"]))
}

/// It says nothing of it.
pub(super) fn once(lie: Lie) -> Lie {
    lie
}

/// A value of the address that a browser is sent to.
pub(super) fn asked(address: &str, name: &str) -> String {
    let url = reqwest::Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found
        .unwrap_or_else(|| panic!("{name} in {address}"))
        .1
        .into_owned()
}
