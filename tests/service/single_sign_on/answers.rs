//! What a provider says, and when it counts.

use hinan::clock::wall;
use hinan::config::oidc::{Counts, Oidc};
use hinan::oidc::{Begun, Person, Provider, Refused};
use hinan_town::free_port;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::liar::{Liar, Lie, TOKEN, asked, twice};
use super::settings;

fn provider(settings: &Oidc) -> Provider {
    hinan::bridge::install_tls();
    Provider::of(settings).unwrap().unwrap()
}

/// A sign-in that was begun, and how it goes on.
struct Round<'l> {
    liar: &'l Liar,
    provider: Provider,
    begun: Begun,
    state: String,
    now: Timestamp,
    truth: Lie,
}

impl<'l> Round<'l> {
    async fn begins(liar: &'l Liar, settings: &Oidc) -> Self {
        let (provider, now) = (provider(settings), wall());
        let (address, begun) = provider.begin(now).await.unwrap();
        let truth = liar.truth(&address, "person-1");
        Self {
            liar,
            provider,
            begun,
            state: asked(&address, "state"),
            now,
            truth,
        }
    }

    async fn ends(&self, lie: Lie) -> Result<Person, Refused> {
        self.liar.tells(lie);
        let (begun, now) = (&self.begun, self.now);
        self.provider.who(begun, "code", &self.state, now).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_is_asked_to_show_who_sits_there_now_and_to_say_when() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let provider = provider(&settings(&liar.issuer, home.path()));
    let (address, _) = provider.begin(wall()).await.unwrap();
    let (again, _) = provider.begin(wall()).await.unwrap();
    for (name, value) in [
        ("response_type", "code"),
        ("code_challenge_method", "S256"),
        ("prompt", "login"),
        ("max_age", "60"),
        ("scope", "openid"),
    ] {
        assert_eq!(asked(&address, name), value, "{name}");
    }
    for name in ["state", "nonce", "code_challenge"] {
        assert_ne!(asked(&address, name), asked(&again, name), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_provider_says_counts_only_if_it_is_signed_by_it_for_us_now_and_for_this_sign_in() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let settings = settings(&liar.issuer, home.path());
    let round = Round::begins(&liar, &settings).await;
    let (truth, now_s) = (&round.truth, round.now.as_second());
    let person = round.ends(truth.clone()).await.unwrap();
    assert_eq!(
        (person.subject.as_str(), person.second_factor),
        ("person-1", false)
    );
    // Named as the party that it is for, which is us.
    assert!(round.ends(truth.but("azp", json!("hinan"))).await.is_ok());

    let signed = |algorithm, named, signed| Lie {
        algorithm,
        named,
        signed,
        ..truth.clone()
    };
    for (why, lie) in [
        ("another sign-in", truth.but("nonce", json!("another"))),
        ("no sign-in", truth.but("nonce", Value::Null)),
        ("another service", truth.but("aud", json!("other"))),
        (
            "another service as well",
            truth.but("aud", json!(["hinan", "other"])),
        ),
        ("nobody in particular", truth.but("aud", Value::Null)),
        ("another party", truth.but("azp", json!("other"))),
        ("over", truth.but("exp", json!(now_s - 60))),
        ("for ever", truth.but("exp", Value::Null)),
        (
            "another provider",
            truth.but("iss", json!("https://evil.example")),
        ),
        ("nobody", truth.but("sub", json!(""))),
        ("nobody at all", truth.but("sub", Value::Null)),
        ("a book", truth.but("sub", json!("x".repeat(4097)))),
        ("unsigned", signed("none", "first", "first")),
        (
            "signed with what both know",
            signed("HS256", "first", "first"),
        ),
        (
            "signed by somebody else",
            signed("ES256", "first", "second"),
        ),
        (
            "by a key it does not publish",
            signed("ES256", "second", "second"),
        ),
        (
            "signed in another way than it says",
            signed("RS256", "first", "first"),
        ),
    ] {
        let refused = round.ends(lie).await;
        assert!(
            matches!(refused, Err(Refused::Answer(_))),
            "{why}: {refused:?}"
        );
    }
    liar.tells(truth.clone());
    let who = async |code: &str, state: &str| {
        let (begun, now) = (&round.begun, round.now);
        round.provider.who(begun, code, state, now).await
    };
    for state in ["", "another", &round.state[1..]] {
        let refused = who("code", state).await;
        assert!(
            matches!(refused, Err(Refused::Other)),
            "{state}: {refused:?}"
        );
    }
    let before = liar.was_asked(TOKEN);
    for code in [String::new(), "x".repeat(4097)] {
        let refused = who(&code, &round.state).await;
        assert!(matches!(refused, Err(Refused::Answer(_))), "{refused:?}");
    }
    assert_eq!(liar.was_asked(TOKEN), before, "that is not worth asking");
    assert!(who(&"x".repeat(4096), &round.state).await.is_ok());
}

/// Desks are shared, and a provider remembers whom it has seen: an old sign-in there is somebody else's, maybe.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_of_before_does_not_count_and_a_second_factor_only_of_one_that_is_dated() {
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let mut settings = settings(&liar.issuer, home.path());
    let round = Round::begins(&liar, &settings).await;
    let at = |seconds: i64| {
        let auth_time = json!(round.now.as_second() + seconds);
        twice(round.truth.but("auth_time", auth_time))
    };
    for seconds in [-60, 0, 60] {
        let person = round.ends(at(seconds)).await.unwrap();
        assert!(person.second_factor, "{seconds}");
    }
    for seconds in [-61, -3600, 61] {
        let refused = round.ends(at(seconds)).await;
        assert!(
            matches!(refused, Err(Refused::Answer(_))),
            "{seconds}: {refused:?}"
        );
    }
    for lie in [
        twice(round.truth.but("auth_time", Value::Null)),
        round.truth.but("amr", json!(["pwd"])),
        round.truth.but("amr", json!([])),
        round.truth.but("acr", json!("mfa")),
    ] {
        let person = round.ends(lie).await.unwrap();
        assert!(!person.second_factor);
    }
    // Where the town says that it never does, it never does.
    settings.second_factor = Counts::Never;
    let round = Round::begins(&liar, &settings).await;
    let person = round.ends(twice(round.truth.clone())).await.unwrap();
    assert!(!person.second_factor);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_others_can_read_is_refused_and_so_is_whoever_answers_under_another_name() {
    hinan::bridge::install_tls();
    let (liar, home) = (Liar::opens().await, tempfile::tempdir().unwrap());
    let settings = settings(&liar.issuer, home.path());
    let mode = |mode| {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(&settings.client_secret_file, mode).unwrap();
    };
    mode(0o644);
    let why = Provider::of(&settings).err().unwrap().to_string();
    assert!(
        why.contains("oidc.client_secret_file") && why.contains("600"),
        "{why}"
    );
    mode(0o600);
    assert!(Provider::of(&settings).is_ok());
    std::fs::write(&settings.client_secret_file, " \n").unwrap();
    let why = Provider::of(&settings).err().unwrap().to_string();
    assert!(why.contains("it is empty"), "{why}");
    std::fs::write(&settings.client_secret_file, super::SECRET).unwrap();

    let elsewhere = format!("{}/", liar.issuer);
    let nobody = format!("http://127.0.0.1:{}", free_port());
    for issuer in [elsewhere, nobody] {
        let other = Oidc {
            issuer,
            ..settings.clone()
        };
        let refused = provider(&other).begin(wall()).await;
        assert!(matches!(refused, Err(Refused::Unreachable(_))));
    }
}
