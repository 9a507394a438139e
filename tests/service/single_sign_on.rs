//! Single sign-on: a provider of others (oidc-provider) on loopback, and one that lies.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use axum::Json;
use axum::extract::State;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hinan::clock::wall;
use hinan::config::oidc::{Counts, Oidc};
use hinan::oidc::{Provider, Refused};
use hinan_town::{
    Answer, Officer, StatusCode, Town, TownPlan, eventually, free_port, password_of, ran,
    unescaped, without_peer,
};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::HINAN;

/// Under which address people reach the pages; nobody answers there, the tests carry what is sent to it to their towns.
const PAGES: &str = "http://localhost:1";
const SECRET: &str = "the secret of the town hall and its provider";

/// The provider of others. Ends with its owner.
struct Peer {
    process: Child,
    issuer: String,
}

impl Peer {
    async fn starts(redirect: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oidc");
        if !folder.join("node_modules/oidc-provider").is_dir() {
            without_peer("no oidc-provider in tests/oidc/node_modules");
            return None;
        }
        let port = free_port();
        let started = Command::new("node")
            .current_dir(&folder)
            .args(["provider.mjs", &port.to_string(), redirect])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let process = match started {
            Ok(process) => process,
            Err(error) => {
                without_peer(&format!("no node ({error})"));
                return None;
            }
        };
        let peer = Self {
            process,
            issuer: format!("http://127.0.0.1:{port}"),
        };
        let nobody = Officer::nobody(&peer.issuer, "nobody");
        eventually("the provider answers", || async {
            let _ = tokio::net::TcpStream::connect(("127.0.0.1", port))
                .await
                .ok()?;
            Some(())
        })
        .await;
        let said = nobody.opens("/.well-known/openid-configuration").await;
        assert_eq!(said.status, StatusCode::OK);
        Some(peer)
    }

    fn ends(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// A person signs in at the provider's own pages: where their browser is sent at last.
    async fn signs_in(&self, begun_at: &str, name: &str) -> String {
        let browser = Officer::nobody(&self.issuer, name);
        let path = |address: &str| {
            let address = unescaped(address);
            address
                .strip_prefix(&self.issuer)
                .unwrap_or(&address)
                .to_owned()
        };
        let mut at = browser.opens(&path(begun_at)).await.to.unwrap();
        for form in [
            vec![("prompt", "login"), ("login", name), ("password", "any")],
            vec![("prompt", "consent")],
        ] {
            let sent = browser.posts(&path(&at), &form).await.to.unwrap();
            at = browser.opens(&path(&sent)).await.to.unwrap();
        }
        at
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn town_with(plan: TownPlan, issuer: &str, home: &Path) -> Town {
    let file = home.join("oidc.secret");
    std::fs::write(&file, SECRET).unwrap();
    let only_ours = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&file, only_ours).unwrap();
    plan.with("oidc.issuer", issuer)
        .with("oidc.client_id", "hinan")
        .with("oidc.client_secret_file", file.display().to_string())
        .with("oidc.redirect_url", format!("{PAGES}/plain/signin/oidc"))
        .with_officer("sato", "viewer")
        .with_officer("mori", "viewer")
        .with_officer("ueda", "approver")
        .opens()
        .await
        .unwrap()
}

/// What an administrator does at the console of a town: whether it was done, and what was said.
fn at_console(town: &Town, arguments: &[&str]) -> (bool, String) {
    let config = town.config();
    let mut all = vec!["officer", "--config", config.as_str()];
    all.extend(arguments);
    let done = ran(Path::new(HINAN), &all, "");
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    (done.status.success(), said)
}

/// A browser goes to the provider, where a person signs in: what it is sent back with.
async fn goes_round(peer: &Peer, browser: &Officer, person: &str) -> String {
    let begun = browser.opens("/plain/signin/oidc/begin").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.text);
    let back = peer.signs_in(&begun.to.unwrap(), person).await;
    back.strip_prefix(PAGES).expect(&back).to_owned()
}

fn is_refused(answer: &Answer, words: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.text.contains(words), "{words}: {}", answer.text);
}

const NOT_PROVEN: &str = "シングルサインオンの結果を確かめられませんでした";
const NO_ACCOUNT: &str = "どの職員のアカウントにも結び付けられていません";

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_signs_in_by_the_towns_own_provider_and_nobody_gets_an_account_by_it() {
    let Some(mut peer) = Peer::starts(&format!("{PAGES}/plain/signin/oidc")).await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let mut town = town_with(TownPlan::of(HINAN), &peer.issuer, home.path()).await;
    let here = town.address();
    assert!(at_console(&town, &["--name", "sato", "--subject", "person-1"]).0);
    let (done, said) = at_console(&town, &["--name", "mori", "--subject", "person-1"]);
    assert!(!done && said.contains("is bound to sato"), "{said}");

    let browser = Officer::nobody(&here, "sato");
    let page = browser.opens("/plain/signin").await;
    assert!(
        page.text.contains("href=\"/plain/signin/oidc/begin\""),
        "the page offers it"
    );
    let back = goes_round(&peer, &browser, "person-1").await;
    // Another browser cannot use what this one was given.
    let thief = Officer::nobody(&here, "sato");
    is_refused(&thief.opens(&back).await, NOT_PROVEN);
    let entered = browser.opens(&back).await;
    assert_eq!(entered.status, StatusCode::OK, "{}", entered.text);
    assert!(entered.text.contains("href=\"/plain/\""));
    let desk = browser.opens("/plain/").await;
    assert_eq!(desk.status, StatusCode::OK);
    assert!(desk.text.contains("sato"), "{}", desk.text);
    // It counts once; and not after its state was changed, nor then as it was.
    is_refused(&browser.opens(&back).await, NOT_PROVEN);
    let other = Officer::nobody(&here, "sato");
    let back = goes_round(&peer, &other, "person-1").await;
    let changed = back.replacen("state=", "state=0", 1);
    assert_ne!(changed, back);
    is_refused(&other.opens(&changed).await, NOT_PROVEN);
    is_refused(&other.opens(&back).await, NOT_PROVEN);

    // A person whom the provider knows and the town does not.
    let stranger = Officer::nobody(&here, "stranger");
    let back = goes_round(&peer, &stranger, "person-2").await;
    is_refused(&stranger.opens(&back).await, NO_ACCOUNT);
    let desk = stranger.opens("/plain/").await;
    assert_eq!(desk.to.as_deref(), Some("/plain/signin"));

    // What somebody may do is not the provider's to say: without a second factor that counts, an approver approves nothing.
    assert!(at_console(&town, &["--name", "ueda", "--subject", "person-3"]).0);
    let ueda = Officer::nobody(&here, "ueda");
    let back = goes_round(&peer, &ueda, "person-3").await;
    let entered = ueda.opens(&back).await;
    assert_eq!(entered.status, StatusCode::OK, "{}", entered.text);
    assert!(
        entered.text.contains("href=\"/plain/account\""),
        "{}",
        entered.text
    );

    // Unbound, nobody gets in.
    assert!(at_console(&town, &["--name", "sato", "--no-subject"]).0);
    let back = goes_round(&peer, &stranger, "person-1").await;
    is_refused(&stranger.opens(&back).await, NO_ACCOUNT);

    // The line to the provider is down: said, and passwords open as before.
    peer.ends();
    let down = stranger.opens("/plain/signin/oidc/begin").await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    let words = "シングルサインオンに接続できません。パスワードでサインインしてください";
    assert!(down.text.contains(words), "{}", down.text);
    let mori = Officer::nobody(&here, "mori");
    let entered = mori.tries_to_sign_in(&password_of("mori")).await;
    assert_eq!(entered.to.as_deref(), Some("/plain/"));
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_sign_on_of_a_drill_opens_nothing_that_is_live() {
    let Some(peer) = Peer::starts(&format!("{PAGES}/plain/signin/oidc")).await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let (live, drill) = (TownPlan::of(HINAN), TownPlan::of(HINAN).in_a_drill());
    let mut live = town_with(live, &peer.issuer, home.path()).await;
    let mut drill = town_with(drill, &peer.issuer, home.path()).await;
    assert!(at_console(&drill, &["--name", "sato", "--subject", "person-1"]).0);

    // The same browser, with all its cookies, and the same person at the same provider.
    let trainee = Officer::nobody(&drill.address(), "sato");
    let at_work = trainee.at(&live.address());
    let back = goes_round(&peer, &trainee, "person-1").await;
    is_refused(&at_work.opens(&back).await, NOT_PROVEN);
    let entered = trainee.opens(&back).await;
    assert_eq!(entered.status, StatusCode::OK, "{}", entered.text);
    let desk = at_work.opens("/plain/").await;
    assert_eq!(desk.to.as_deref(), Some("/plain/signin"));
    // Bound in the drill is not bound in earnest.
    let back = goes_round(&peer, &at_work, "person-1").await;
    is_refused(&at_work.opens(&back).await, NO_ACCOUNT);
    drill.closes().await;
    live.closes().await;
}

// ---- A provider that lies ----

/// What a provider says in its token, and how it signs it.
#[derive(Clone)]
struct Lie {
    claims: Value,
    algorithm: &'static str,
    signed_by_another: bool,
}

struct Liar {
    own: EcdsaKeyPair,
    other: EcdsaKeyPair,
    issuer: String,
    lie: Mutex<Lie>,
}

fn key() -> EcdsaKeyPair {
    let (source, kind) = (hinan::chance::source(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let made = EcdsaKeyPair::generate_pkcs8(kind, source).unwrap();
    EcdsaKeyPair::from_pkcs8(kind, made.as_ref(), source).unwrap()
}

impl Liar {
    /// A provider on loopback.
    async fn opens() -> Arc<Self> {
        let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", port.local_addr().unwrap());
        let liar = Arc::new(Self {
            own: key(),
            other: key(),
            issuer,
            lie: Mutex::new(Lie {
                claims: json!({}),
                algorithm: "ES256",
                signed_by_another: false,
            }),
        });
        let doors = axum::Router::new()
            .route("/.well-known/openid-configuration", get(Self::says))
            .route("/keys", get(Self::keys))
            .route("/token", post(Self::token))
            .with_state(liar.clone());
        tokio::spawn(async move { axum::serve(port, doors).await.unwrap() });
        liar
    }

    async fn says(State(liar): State<Arc<Self>>) -> Json<Value> {
        let at = |path: &str| format!("{}{path}", liar.issuer);
        Json(json!({
            "issuer": liar.issuer, "authorization_endpoint": at("/auth"), "token_endpoint": at("/token"),
            "jwks_uri": at("/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"]
        }))
    }

    async fn keys(State(liar): State<Arc<Self>>) -> Json<Value> {
        let point = liar.own.public_key().as_ref();
        let half = |range: std::ops::Range<usize>| URL_SAFE_NO_PAD.encode(&point[range]);
        Json(json!({ "keys": [{
            "kty": "EC", "crv": "P-256", "use": "sig", "alg": "ES256", "kid": "own", "x": half(1..33), "y": half(33..65)
        }] }))
    }

    async fn token(State(liar): State<Arc<Self>>) -> Json<Value> {
        let lie = liar.lie.lock().unwrap().clone();
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = json!({ "alg": lie.algorithm, "kid": "own" });
        let message = format!("{}.{}", part(&header), part(&lie.claims));
        let key = if lie.signed_by_another {
            &liar.other
        } else {
            &liar.own
        };
        let signature = match lie.algorithm {
            "none" => String::new(),
            "HS256" => {
                let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, SECRET.as_bytes());
                URL_SAFE_NO_PAD.encode(ring::hmac::sign(&key, message.as_bytes()))
            }
            _ => {
                let signed = key
                    .sign(hinan::chance::source(), message.as_bytes())
                    .unwrap();
                URL_SAFE_NO_PAD.encode(signed)
            }
        };
        Json(json!({
            "access_token": "unused", "token_type": "Bearer", "id_token": format!("{message}.{signature}")
        }))
    }
}

/// A value of the address that a browser is sent to.
fn asked(address: &str, name: &str) -> String {
    let url = reqwest::Url::parse(address).unwrap();
    let found = url.query_pairs().find(|(key, _)| key == name);
    found
        .unwrap_or_else(|| panic!("{name} in {address}"))
        .1
        .into_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_says_counts_only_if_it_is_signed_by_it_for_us_now_and_for_this_sign_in() {
    hinan::bridge::install_tls();
    let liar = Liar::opens().await;
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("oidc.secret");
    std::fs::write(&file, SECRET).unwrap();
    let settings = Oidc {
        issuer: liar.issuer.clone(),
        client_id: "hinan".to_owned(),
        client_secret_file: file.clone(),
        redirect_url: format!("{PAGES}/plain/signin/oidc"),
        second_factor: Counts::Mfa,
    };
    let mode = |mode| std::os::unix::fs::PermissionsExt::from_mode(mode);
    std::fs::set_permissions(&file, mode(0o644)).unwrap();
    let why = Provider::of(&settings).err().unwrap().to_string();
    assert!(
        why.contains("oidc.client_secret_file") && why.contains("600"),
        "{why}"
    );
    std::fs::set_permissions(&file, mode(0o600)).unwrap();
    let provider = Provider::of(&settings).unwrap().unwrap();

    let now = wall().as_second();
    let (address, begun) = provider.begin().await.unwrap();
    assert_eq!(asked(&address, "code_challenge_method"), "S256");
    assert_eq!(asked(&address, "response_type"), "code");
    let (state, nonce) = (asked(&address, "state"), asked(&address, "nonce"));
    let truth = json!({
        "iss": liar.issuer, "sub": "person-1", "aud": "hinan", "exp": now + 300, "iat": now, "nonce": nonce
    });
    let honest = Lie {
        claims: truth.clone(),
        algorithm: "ES256",
        signed_by_another: false,
    };
    let told = async |lie: Lie, state: &str| {
        *liar.lie.lock().unwrap() = lie;
        provider.who(&begun, "code", state).await
    };
    let but = |name: &str, value: Value| {
        let mut claims = truth.clone();
        match value {
            Value::Null => {
                claims.as_object_mut().unwrap().remove(name);
            }
            value => claims[name] = value,
        }
        Lie {
            claims,
            ..honest.clone()
        }
    };
    let person = told(honest.clone(), &state).await.unwrap();
    assert_eq!(
        (person.subject.as_str(), person.second_factor),
        ("person-1", false)
    );
    let twice = told(but("amr", json!(["pwd", "mfa"])), &state)
        .await
        .unwrap();
    assert!(twice.second_factor);

    for (why, lie) in [
        ("another sign-in", but("nonce", json!("another"))),
        ("no sign-in", but("nonce", Value::Null)),
        ("another service", but("aud", json!("other"))),
        (
            "another service as well",
            but("aud", json!(["hinan", "other"])),
        ),
        ("nobody in particular", but("aud", Value::Null)),
        ("over", but("exp", json!(now - 60))),
        ("for ever", but("exp", Value::Null)),
        (
            "another provider",
            but("iss", json!("https://evil.example")),
        ),
        ("nobody", but("sub", json!(""))),
        ("nobody at all", but("sub", Value::Null)),
        (
            "unsigned",
            Lie {
                algorithm: "none",
                ..honest.clone()
            },
        ),
        (
            "signed with what both know",
            Lie {
                algorithm: "HS256",
                ..honest.clone()
            },
        ),
        (
            "signed by somebody else",
            Lie {
                signed_by_another: true,
                ..honest.clone()
            },
        ),
        (
            "signed in another way than it says",
            Lie {
                algorithm: "RS256",
                ..honest.clone()
            },
        ),
    ] {
        let refused = told(lie, &state).await;
        assert!(
            matches!(refused, Err(Refused::Answer(_))),
            "{why}: {refused:?}"
        );
    }
    for state in ["", "another", &state[1..]] {
        let refused = told(honest.clone(), state).await;
        assert!(
            matches!(refused, Err(Refused::Other)),
            "{state}: {refused:?}"
        );
    }
    let refused = provider.who(&begun, "", &state).await;
    assert!(matches!(refused, Err(Refused::Answer(_))), "{refused:?}");

    // An address under which another provider answers, and one where nobody does.
    let elsewhere = Oidc {
        issuer: format!("{}/", liar.issuer),
        ..settings.clone()
    };
    let refused = Provider::of(&elsewhere).unwrap().unwrap().begin().await;
    assert!(matches!(refused, Err(Refused::Unreachable(_))));
    let nobody = Oidc {
        issuer: format!("http://127.0.0.1:{}", free_port()),
        ..settings
    };
    let refused = Provider::of(&nobody).unwrap().unwrap().begin().await;
    assert!(matches!(refused, Err(Refused::Unreachable(_))));
}
