//! Servers that misbehave. One bad feed or telegram never stops the others.

use hinan_town::Mosquitto;

use crate::bridge;
use crate::server::{Answer, Server};
use crate::story::{A, B, C, Listener, telegram, topics};

/// One feed answers in that way, another is well: what is well is published, what is not is counted and named.
async fn beside(bad: Answer, why: &str) {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    server.telegram(A, &telegram(1));
    server.feed("/extra.xml", &[A], "");
    server.set("/bad.xml", bad);
    let feeds = vec![server.url("/bad.xml"), server.url("/extra.xml")];
    let carrier = bridge(feeds, &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 1);
    assert_eq!(topics(&listener.heard().await), [A]);
    let state = &carrier.states()[&server.url("/bad.xml")];
    assert_eq!(state.failures, 1);
    assert!(state.why.contains(why), "{}", state.why);
    assert_eq!(carrier.once().await.unwrap(), 1);
    assert_eq!(carrier.states()[&server.url("/bad.xml")].failures, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_fails_stops_no_other() {
    beside(Answer::Status(500), "500").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_does_not_answer_stops_no_other() {
    beside(Answer::Slow, "no answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_without_end_is_given_up_at_the_limit() {
    beside(Answer::Endless, "").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_announces_gigabytes_is_not_read() {
    beside(Answer::Huge, "more than 16777216 bytes").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_cut_stops_no_other() {
    let text = format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'>{}</feed>",
        " ".repeat(1000)
    );
    beside(Answer::Cut(text.into_bytes()), "no answer").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_html_is_no_feed() {
    beside(
        Answer::Body(b"<html>maintenance</html>".to_vec(), "text/html", ""),
        "text/html",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_no_xml_or_no_feed_stops_no_other() {
    beside(
        Answer::Body(b"<feed".to_vec(), "application/xml", ""),
        "not well-formed",
    )
    .await;
    beside(
        Answer::Body(b"<a/>".to_vec(), "application/xml", ""),
        "Atom feed",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_not_followed() {
    beside(Answer::Redirect("http://127.0.0.1:1/".to_owned()), "302").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_vanished_is_given_up_and_the_others_are_published() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    server.telegram(A, &telegram(1));
    server.telegram(C, &telegram(3));
    server.feed("/extra.xml", &[A, B, C], "\"one\"");
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 1);
    assert_eq!(topics(&listener.heard().await), [A, C]);
    for _ in 0..4 {
        carrier.once().await.unwrap();
    }
    let state = &carrier.states()[&server.url("/extra.xml")];
    assert_eq!((state.lost, state.failures), (1, 0));
    assert_eq!(server.asked(&format!("/data/{B}")), 5);
    assert!(listener.heard().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_that_was_cut_is_asked_for_again_and_arrives_whole() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    let whole = telegram(1);
    server.set(
        &format!("/data/{A}"),
        Answer::Cut(whole.clone().into_bytes()),
    );
    server.feed("/extra.xml", &[A], "\"one\"");
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 1);
    // A server that cuts and says that it is whole.
    server.telegram(
        A,
        &whole[..whole.len() / 2]
            .chars()
            .as_str()
            .replace('\u{FFFD}', ""),
    );
    assert_eq!(carrier.once().await.unwrap(), 1);
    assert!(listener.heard().await.is_empty());
    server.telegram(A, &whole);
    assert_eq!(carrier.once().await.unwrap(), 0);
    let heard = listener.heard().await;
    assert_eq!(topics(&heard), [A]);
    assert_eq!(heard[0].1, whole.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_telegram_is_never_published() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    let bomb = format!("<!DOCTYPE r [<!ENTITY a 'x'>]>{}", telegram(1));
    server.telegram(A, &bomb);
    server.telegram(B, "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.2'/>");
    server.set(&format!("/data/{C}"), Answer::Huge);
    server.feed("/extra.xml", &[A, B, C], "");
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    for _ in 0..6 {
        carrier.once().await.unwrap();
    }
    assert!(listener.heard().await.is_empty());
    let state = &carrier.states()[&server.url("/extra.xml")];
    assert_eq!((state.refused, state.lost, state.published), (2, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_telegram_with_a_status_nobody_knows_goes_on_to_be_seen_in_quarantine() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    server.telegram(A, &telegram(1).replace("通常", "新しい区分"));
    server.feed("/extra.xml", &[A], "");
    assert_eq!(
        bridge(vec![server.url("/extra.xml")], &broker, &folder)
            .once()
            .await
            .unwrap(),
        0
    );
    assert_eq!(topics(&listener.heard().await), [A]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_cannot_send_the_bridge_to_another_host() {
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let port = server.base.rsplit(':').next().unwrap().to_owned();
    let feed = format!(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><id>x</id><updated>2026-08-30T09:00:00Z</updated>\
         <link type='application/xml' href='http://localhost:{port}/data/{A}'/></entry></feed>"
    );
    server.telegram(A, &telegram(1));
    server.set(
        "/extra.xml",
        Answer::Body(feed.into_bytes(), "application/xml", ""),
    );
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 1);
    assert_eq!(
        server.asked(&format!("/data/{A}")),
        0,
        "the feed is at 127.0.0.1, not at localhost"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_short_feed_says_goes_out_while_the_long_feed_is_down_and_the_gap_is_filled_later()
{
    let Some(broker) = Mosquitto::start().await else {
        return;
    };
    let (server, folder) = (Server::start().await, tempfile::tempdir().unwrap());
    let mut listener = Listener::at(&broker).await;
    for (number, file) in (1..).zip([A, B, C]) {
        server.telegram(file, &telegram(number));
    }
    server.feed("/extra.xml", &[C], "");
    server.set("/extra_l.xml", Answer::Status(503));
    let carrier = bridge(vec![server.url("/extra.xml")], &broker, &folder);
    assert_eq!(carrier.once().await.unwrap(), 1, "the round is not full");
    assert_eq!(
        topics(&listener.heard().await),
        [C],
        "a new warning does not wait"
    );
    server.feed("/extra_l.xml", &[A, B, C], "");
    assert_eq!(carrier.once().await.unwrap(), 0);
    assert_eq!(
        topics(&listener.heard().await),
        [A, B],
        "what was in the gap"
    );
}
