//! Lines to a provider that are slow, endless, in the clear, or lead elsewhere: an answer costs little, and nobody is let in.

use std::time::Duration;

use hinan::clock::wall;
use hinan::oidc::{Provider, Refused};
use serde_json::json;

use super::liar::{ABOUT, Fault, KEYS, Liar, TOKEN, asked};
use super::settings;

/// Much longer than any answer takes here, and shorter than anybody waits.
const PATIENCE: Duration = Duration::from_secs(1);
/// Whatever is not over by then would never be.
const NEVER: Duration = Duration::from_secs(60);

fn provider(liar: &Liar) -> Provider {
    hinan::bridge::install_tls();
    let home = tempfile::tempdir().unwrap();
    let settings = settings(&liar.issuer, home.path());
    Provider::that_answers_within(PATIENCE, &settings)
        .unwrap()
        .unwrap()
}

async fn in_time<T>(what: &str, answer: impl Future<Output = T>) -> T {
    tokio::time::timeout(NEVER, answer)
        .await
        .unwrap_or_else(|_| panic!("{what} is waited for for ever"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_does_not_say_what_it_is_properly_and_soon_is_not_used() {
    let liar = Liar::opens().await;
    for at in [ABOUT, KEYS] {
        for fault in [
            Fault::Silent,
            Fault::Dripping,
            Fault::Long,
            Fault::Elsewhere,
            Fault::Failing,
            Fault::Page,
            Fault::Garbage,
            Fault::Wordy,
        ] {
            liar.breaks(at, fault);
            let what = format!("{fault:?} at {at}");
            let refused = in_time(&what, provider(&liar).begin(wall())).await.err();
            assert!(
                matches!(refused, Some(Refused::Unreachable(_))),
                "{what}: {refused:?}"
            );
        }
    }
    liar.mends();
    assert!(provider(&liar).begin(wall()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_let_in_over_a_broken_line_and_what_it_said_is_one_short_line_of_the_log() {
    let liar = Liar::opens().await;
    let provider = provider(&liar);
    let (address, begun) = provider.begin(wall()).await.unwrap();
    let state = asked(&address, "state");
    liar.tells(liar.truth(&address, "person-1"));
    for (fault, is_the_line) in [
        (Fault::Silent, true),
        (Fault::Dripping, true),
        (Fault::Long, true),
        (Fault::Elsewhere, false),
        (Fault::Failing, false),
        (Fault::Page, false),
        (Fault::Garbage, false),
        (Fault::Wordy, false),
    ] {
        liar.breaks(TOKEN, fault);
        let what = format!("{fault:?}");
        let who = provider.who(&begun, "code", &state, wall());
        let refused = in_time(&what, who).await.expect_err(&what);
        let unreachable = matches!(refused, Refused::Unreachable(_));
        assert_eq!(unreachable, is_the_line, "{what}: {refused:?}");
        let words = refused.to_string();
        assert!(words.chars().count() < 400, "{what}: {words}");
        assert!(!words.contains(char::is_control), "{what}: {words}");
    }
    liar.mends();
    let who = provider.who(&begun, "code", &state, wall()).await;
    assert!(who.is_ok(), "{who:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_address_in_the_clear_is_used_and_its_query_is_not_told() {
    let liar = Liar::opens().await;
    let refused = |refused: Refused| {
        let words = refused.to_string();
        assert!(
            words.contains("id.example.lg.jp is not encrypted"),
            "{words}"
        );
        assert!(
            !words.contains("state") && !words.contains("quiet"),
            "{words}"
        );
    };
    let clear = json!("http://id.example.lg.jp/quiet");
    liar.claims_to_be("token_endpoint", clear.clone());
    let here = provider(&liar);
    let (address, begun) = here.begin(wall()).await.unwrap();
    let state = asked(&address, "state");
    let who = here.who(&begun, "code", &state, wall()).await;
    refused(who.unwrap_err());
    for endpoint in ["authorization_endpoint", "jwks_uri"] {
        liar.claims_to_be(endpoint, clear.clone());
        refused(provider(&liar).begin(wall()).await.err().unwrap());
    }
}
