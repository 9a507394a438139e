//! How often the provider is asked what it is, and what happens when it replaces its keys.

use futures_util::future::join_all;
use hinan::clock::wall;
use hinan::oidc::{Provider, Refused};
use jiff::{SignedDuration, Timestamp};

use super::liar::{ABOUT, Fault, KEYS, Liar, Lie, asked};
use super::settings;

fn after(now: Timestamp, seconds: i64) -> Timestamp {
    now + SignedDuration::from_secs(seconds)
}

fn provider(liar: &Liar) -> Provider {
    hinan::bridge::install_tls();
    let home = tempfile::tempdir().unwrap();
    let settings = settings(&liar.issuer, home.path());
    Provider::of(&settings).unwrap().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_at_our_door_asks_the_provider_once_a_minute() {
    let liar = Liar::opens().await;
    let (provider, now) = (provider(&liar), wall());
    let all = join_all((0..100).map(|_| provider.begin(now))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!((liar.was_asked(ABOUT), liar.was_asked(KEYS)), (1, 1));
    provider.begin(after(now, 59)).await.unwrap();
    assert_eq!(liar.was_asked(ABOUT), 1);
    provider.begin(after(now, 60)).await.unwrap();
    assert_eq!((liar.was_asked(ABOUT), liar.was_asked(KEYS)), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_gave_no_answer_is_left_alone_for_a_moment_and_then_asked_again() {
    let liar = Liar::opens().await;
    let (provider, now) = (provider(&liar), wall());
    liar.breaks(ABOUT, Fault::Failing);
    for _ in 0..10 {
        let refused = provider.begin(now).await;
        assert!(matches!(refused, Err(Refused::Unreachable(_))));
    }
    assert_eq!(liar.was_asked(ABOUT), 1);
    liar.mends();
    assert!(provider.begin(after(now, 4)).await.is_err());
    assert!(provider.begin(after(now, 5)).await.is_ok());
    assert_eq!(liar.was_asked(ABOUT), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_counts_as_soon_as_it_is_published_and_one_that_is_not_makes_us_ask_no_flood() {
    let liar = Liar::opens().await;
    let (provider, now) = (provider(&liar), wall());
    let (address, begun) = provider.begin(now).await.unwrap();
    let state = asked(&address, "state");
    let signed_by = |name: &'static str| {
        let truth = liar.truth(&address, "person-1");
        liar.tells(Lie {
            named: name,
            signed: name,
            ..truth
        });
    };
    let who = async |at: Timestamp| provider.who(&begun, "code", &state, at).await;
    signed_by("first");
    assert!(who(now).await.is_ok());

    liar.publishes(&["second"]);
    signed_by("second");
    // The keys were fetched a moment ago: not again at once.
    assert!(matches!(who(after(now, 1)).await, Err(Refused::Answer(_))));
    assert_eq!(liar.was_asked(KEYS), 1);
    assert!(who(after(now, 5)).await.is_ok());
    assert_eq!(liar.was_asked(KEYS), 2);
    // The old one is gone.
    signed_by("first");
    assert!(matches!(who(after(now, 6)).await, Err(Refused::Answer(_))));

    signed_by("secret");
    for _ in 0..20 {
        let refused = who(after(now, 12)).await;
        assert!(matches!(refused, Err(Refused::Answer(_))), "{refused:?}");
    }
    assert_eq!(liar.was_asked(KEYS), 3);
}
