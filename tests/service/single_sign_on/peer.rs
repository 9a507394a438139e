//! With a provider of others: from the sign-in page to the desk and back to the door.

use hinan_town::{Officer, StatusCode, Town, TownPlan, password_of};

use super::provider::Peer;
use super::{
    DOWN, NO_ACCOUNT, NOT_PROVEN, PAGES, at_console, audited, binds, is_in, is_refused, planned,
};
use crate::HINAN;

async fn town(plan: TownPlan, peer: &Peer, home: &std::path::Path) -> Town {
    planned(plan, &peer.issuer, home)
        .with_officer("sato", "viewer")
        .with_officer("mori", "viewer")
        .opens()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_officer_signs_in_by_the_towns_own_provider_and_nobody_gets_an_account_by_it() {
    let Some(mut peer) = Peer::starts().await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let mut town = town(TownPlan::of(HINAN), &peer, home.path()).await;
    let here = town.address();
    binds(&town, "sato", "person-1");
    let (done, said) = at_console(&town, &["--name", "mori", "--subject", "person-1"]);
    assert!(!done && said.contains("is bound to sato"), "{said}");

    let sato = Officer::nobody(&here, "sato");
    let page = sato.opens("/plain/signin").await;
    assert!(
        page.text.contains("href=\"/plain/signin/oidc/begin\""),
        "the page offers it"
    );
    let back = peer.takes_round(&sato, "person-1").await;
    // Another browser cannot use what this one was given.
    let thief = Officer::nobody(&here, "sato");
    is_refused(&thief.opens(&back).await, NOT_PROVEN);
    is_in(&sato.opens(&back).await, "/plain/");
    let desk = sato.opens("/plain/").await;
    assert_eq!(desk.status, StatusCode::OK);
    assert!(desk.text.contains("sato"), "{}", desk.text);
    let entries = audited(&town, "signed_in");
    let (actor, _, detail) = entries.last().unwrap();
    assert_eq!(actor, "sato");
    assert_eq!(detail["by"], "single sign-on");
    assert_eq!(detail["second_factor"], false);
    // It counts once.
    is_refused(&sato.opens(&back).await, NOT_PROVEN);

    // A person whom the provider knows and the town does not. That is on record, by a digest: the name is nobody's of ours.
    let stranger = Officer::nobody(&here, "stranger");
    let back = peer.takes_round(&stranger, "person-2").await;
    is_refused(&stranger.opens(&back).await, NO_ACCOUNT);
    let desk = stranger.opens("/plain/").await;
    assert_eq!(desk.to.as_deref(), Some("/plain/signin"));
    let entries = audited(&town, "sign_in_refused");
    let [(actor, subject, detail)] = entries.as_slice() else {
        panic!("{entries:?}");
    };
    assert_eq!(
        (actor.as_str(), subject.as_str()),
        ("somebody", "single sign-on")
    );
    let person = hinan::digest::Digest::of(b"person-2");
    assert_eq!(detail["person"], person.as_str());
    assert!(!detail.to_string().contains("person-2"));

    // Unbound, nobody gets in, and who is in is out.
    assert!(at_console(&town, &["--name", "sato", "--no-subject"]).0);
    let desk = sato.opens("/plain/").await;
    assert_eq!(desk.to.as_deref(), Some("/plain/signin"));
    let back = peer.takes_round(&stranger, "person-1").await;
    is_refused(&stranger.opens(&back).await, NO_ACCOUNT);

    // The line to the provider is down: said, and passwords open as before.
    let back = peer.takes_round(&stranger, "person-1").await;
    peer.ends();
    let down = stranger.opens(&back).await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(down.text.contains(DOWN), "{}", down.text);
    let mori = Officer::nobody(&here, "mori");
    let entered = mori.tries_to_sign_in(&password_of("mori")).await;
    assert_eq!(entered.to.as_deref(), Some("/plain/"));
    town.closes().await;
}

/// A desk is shared: the provider remembers who was there before.
#[tokio::test(flavor = "multi_thread")]
async fn the_provider_asks_again_whoever_it_remembers() {
    let Some(peer) = Peer::starts().await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let mut town = town(TownPlan::of(HINAN), &peer, home.path()).await;
    binds(&town, "sato", "person-1");
    // One browser, with the cookies of both.
    let desk = Officer::nobody(&town.address(), "the desk");
    let at_the_provider = peer.browser("the desk");
    for time in ["first", "second"] {
        let begun = desk.opens("/plain/signin/oidc/begin").await.to.unwrap();
        let asked_at = peer.sends_on(&at_the_provider, &begun).await;
        assert!(
            !asked_at.starts_with(PAGES),
            "nobody is asked the {time} time: {asked_at}"
        );
        let back = peer.signs_in(&at_the_provider, &asked_at, "person-1").await;
        let back = back.strip_prefix(PAGES).expect(&back).to_owned();
        is_in(&desk.opens(&back).await, "/plain/");
    }
    town.closes().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_sign_on_of_a_drill_opens_nothing_that_is_live() {
    let Some(peer) = Peer::starts().await else {
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let mut live = town(TownPlan::of(HINAN), &peer, home.path()).await;
    let mut drill = town(TownPlan::of(HINAN).in_a_drill(), &peer, home.path()).await;
    binds(&drill, "sato", "person-1");

    // The same browser, with all its cookies, and the same person at the same provider.
    let trainee = Officer::nobody(&drill.address(), "sato");
    let at_work = trainee.at(&live.address());
    let back = peer.takes_round(&trainee, "person-1").await;
    is_refused(&at_work.opens(&back).await, NOT_PROVEN);
    // Nor under the name of a live cookie: it is not sealed there.
    let (_, headers, _) = trainee.asks("/plain/signin/oidc/begin", &[]).await;
    let begun = &headers["set-cookie"];
    let sealed = begun
        .strip_prefix("hinan_exercise_oidc=")
        .and_then(|rest| rest.split_once(';'))
        .expect(begun)
        .0;
    let to = &headers["location"];
    let state = super::liar::asked(to, "state");
    let forged = Officer::nobody(&live.address(), "sato");
    let cookie = format!("hinan_actual_oidc={sealed}");
    let path = format!("/plain/signin/oidc?error=access_denied&state={state}");
    let (status, headers, _) = forged.asks(&path, &[("cookie", &cookie)]).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(
        !headers.contains_key("set-cookie"),
        "it was taken for one of ours"
    );

    let back = peer.takes_round(&trainee, "person-1").await;
    is_in(&trainee.opens(&back).await, "/plain/");
    let desk = at_work.opens("/plain/").await;
    assert_eq!(desk.to.as_deref(), Some("/plain/signin"));
    // Bound in the drill is not bound in earnest.
    let back = peer.takes_round(&at_work, "person-1").await;
    is_refused(&at_work.opens(&back).await, NO_ACCOUNT);
    drill.closes().await;
    live.closes().await;
}
