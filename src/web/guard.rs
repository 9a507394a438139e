//! Guards at the door: requests from other sites, and guessing of passwords.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::Request;
use axum::http::{Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Wrong passwords before an account waits.
const FREE_ATTEMPTS: u32 = 5;
/// The first wait; it doubles with each further failure.
const FIRST_WAIT: Duration = Duration::from_secs(30);
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Failures in an hour of one account over all browsers that are not known, and of one network over all accounts. Beyond
/// it only known browsers are let in until the hour is over.
const ACCOUNT_HOURLY_MAX: u32 = 100;
const NETWORK_HOURLY_MAX: u32 = 300;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Places remembered, at most. Beyond it those whose wait is over are forgotten, then the oldest; counting never stops.
const REMEMBERED_MAX: usize = 10_000;

/// A changing request must come from our own pages: browsers say where it comes from.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return next.run(request).await;
    }
    if is_foreign(&request) {
        metrics::counter!("hinan_foreign_requests_total").increment(1);
        if request.uri().path().starts_with("/api") {
            return super::api::foreign();
        }
        return (
            StatusCode::FORBIDDEN,
            "この操作は、このサービスの画面からだけ行えます\n",
        )
            .into_response();
    }
    next.run(request).await
}

/// Whether a browser says that the request comes from a page of somebody else.
fn is_foreign(request: &Request) -> bool {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign_site =
        text("sec-fetch-site").is_some_and(|site| !matches!(site, "same-origin" | "none"));
    // HTTP/2, which browsers speak over TLS, names the host in the address and sends no such header.
    let host = text(header::HOST.as_str())
        .or_else(|| request.uri().authority().map(|of| of.as_str()))
        .unwrap_or_default();
    let foreign_origin = text(header::ORIGIN.as_str()).is_some_and(|origin| {
        origin
            .split_once("://")
            .is_none_or(|(_, authority)| authority != host)
    });
    foreign_site || foreign_origin
}

/// Where somebody knocks: the account, and from where. A browser that the account was signed in with before is a place of
/// its own, so that whoever guesses elsewhere keeps nobody out; without one it is the network they come from.
pub(super) type Knock = (String, String);

/// The place of a browser that is not known: its address, an IPv6 one by its network of 64 bits.
pub(super) fn network(from: IpAddr) -> String {
    match from.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Failed sign-ins by account and place, on real time. Names that nobody has are counted like others, so that waiting tells
/// nobody which exist.
#[derive(Default)]
pub(super) struct Attempts(Mutex<Counts>);

#[derive(Default)]
struct Counts {
    /// Failures in a row and the last of them.
    in_a_row: BTreeMap<Knock, (u32, Instant)>,
    /// Failures in an hour and when it began: of an account (the place is empty) or of a network (the account is).
    hourly: BTreeMap<Knock, (u32, Instant)>,
}

impl Attempts {
    /// Begins an attempt. It counts as a failure until [`Attempts::succeeded`] or [`Attempts::not_made`] says otherwise: a
    /// crowd of attempts at the same time gets no further than as many one by one. `known` is whether the place is a browser
    /// that the account was signed in with before.
    ///
    /// # Errors
    /// How long this account still has to wait at this place; then nothing is counted.
    pub(super) fn begin(&self, knock: &Knock, known: bool, now: Instant) -> Result<(), Duration> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut wait = counts.in_a_row.get(knock).and_then(|(failures, last)| {
            let doubled = failures.checked_sub(FREE_ATTEMPTS)?;
            let wait = FIRST_WAIT
                .saturating_mul(2_u32.saturating_pow(doubled.min(16)))
                .min(WAIT_MAX);
            (*last + wait).checked_duration_since(now)
        });
        let hours = hours_of(knock, known);
        for (key, most) in &hours {
            let over = counts.hourly.get(key).filter(|(count, _)| count >= most);
            let left = over.and_then(|(_, began)| (*began + HOUR).checked_duration_since(now));
            wait = wait.max(left);
        }
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        let entry = counts.in_a_row.entry(knock.clone()).or_insert((0, now));
        *entry = (entry.0.saturating_add(1), now);
        for (key, _) in hours {
            let entry = counts.hourly.entry(key).or_insert((0, now));
            if now.saturating_duration_since(entry.1) >= HOUR {
                *entry = (0, now);
            }
            entry.0 = entry.0.saturating_add(1);
        }
        make_room(&mut counts.in_a_row, WAIT_MAX, now);
        make_room(&mut counts.hourly, HOUR, now);
        Ok(())
    }

    /// The attempt was right: its account is welcome at this place.
    pub(super) fn succeeded(&self, knock: &Knock, known: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.in_a_row.remove(knock);
        take_back(&mut counts.hourly, knock, known);
    }

    /// Nothing was tried after all: the house was busy.
    pub(super) fn not_made(&self, knock: &Knock, known: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((failures, _)) = counts.in_a_row.get_mut(knock) {
            *failures = failures.saturating_sub(1);
        }
        take_back(&mut counts.hourly, knock, known);
    }
}

fn hours_of((account, place): &Knock, known: bool) -> Vec<(Knock, u32)> {
    if known {
        return Vec::new();
    }
    vec![
        ((account.clone(), String::new()), ACCOUNT_HOURLY_MAX),
        ((String::new(), place.clone()), NETWORK_HOURLY_MAX),
    ]
}

fn take_back(hourly: &mut BTreeMap<Knock, (u32, Instant)>, knock: &Knock, known: bool) {
    for (key, _) in hours_of(knock, known) {
        if let Some((count, _)) = hourly.get_mut(&key) {
            *count = count.saturating_sub(1);
        }
    }
}

/// Forgets what is over, and if that is not enough the oldest.
fn make_room(counts: &mut BTreeMap<Knock, (u32, Instant)>, over_after: Duration, now: Instant) {
    if counts.len() <= REMEMBERED_MAX {
        return;
    }
    counts.retain(|_, (_, at)| now.saturating_duration_since(*at) < over_after);
    let excess = counts.len().saturating_sub(REMEMBERED_MAX);
    if excess == 0 {
        return;
    }
    // A tenth at once: sorting for each newcomer would be work for whoever wants to make us work.
    let mut oldest: Vec<(Instant, Knock)> = counts
        .iter()
        .map(|(knock, (_, at))| (*at, knock.clone()))
        .collect();
    oldest.sort();
    for (_, knock) in oldest.into_iter().take(excess + REMEMBERED_MAX / 10) {
        counts.remove(&knock);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_our_own_is_known_with_and_without_a_host_header() {
        let asked = |address: &str, host: Option<&str>, origin: &str| {
            let mut request = Request::builder()
                .method(Method::POST)
                .uri(address)
                .header(header::ORIGIN, origin);
            if let Some(host) = host {
                request = request.header(header::HOST, host);
            }
            is_foreign(&request.body(axum::body::Body::empty()).expect("a request"))
        };
        let ours = "https://bosai.example:8443";
        assert!(!asked("/plain/signin", Some("bosai.example:8443"), ours));
        // As HTTP/2 brings it.
        assert!(!asked(
            "https://bosai.example:8443/plain/signin",
            None,
            ours
        ));
        for (address, host) in [
            ("/plain/signin", Some("bosai.example:8443")),
            ("https://bosai.example:8443/plain/signin", None),
            ("/plain/signin", None),
        ] {
            assert!(asked(address, host, "https://evil.example"));
            assert!(asked(address, host, "null"));
        }
    }

    fn knock(from: &str) -> Knock {
        ("sato".to_owned(), from.to_owned())
    }

    #[test]
    fn five_wrong_passwords_make_an_account_wait_longer_each_time_and_a_right_one_ends_it() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        let here = knock("192.0.2.1");
        for _ in 0..5 {
            assert_eq!(attempts.begin(&here, false, start), Ok(()));
        }
        assert_eq!(attempts.begin(&here, false, start), Err(FIRST_WAIT));
        let later = start + FIRST_WAIT;
        assert_eq!(attempts.begin(&here, false, later), Ok(()));
        assert_eq!(attempts.begin(&here, false, later), Err(FIRST_WAIT * 2));
        let later = later + FIRST_WAIT * 2;
        assert_eq!(attempts.begin(&here, false, later), Ok(()));
        attempts.succeeded(&here, false);
        for _ in 0..5 {
            assert_eq!(attempts.begin(&here, false, later), Ok(()));
        }
        attempts.not_made(&here, false);
        assert_eq!(attempts.begin(&here, false, later), Ok(()));
    }

    #[test]
    fn a_crowd_at_the_same_time_gets_no_further_than_one_after_another() {
        let attempts = Attempts::default();
        let now = crate::clock::monotonic();
        let let_in = (0..1000).filter(|_| attempts.begin(&knock("192.0.2.1"), false, now).is_ok());
        assert_eq!(let_in.count(), 5);
    }

    #[test]
    fn whoever_guesses_elsewhere_keeps_nobody_out_of_a_known_browser() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        for _ in 0..1000 {
            let _ = attempts.begin(&knock("203.0.113.9"), false, start);
        }
        assert!(attempts.begin(&knock("203.0.113.9"), false, start).is_err());
        assert!(attempts.begin(&knock("192.0.2.1"), false, start).is_ok());
        assert!(attempts.begin(&knock("browser 1"), true, start).is_ok());
    }

    #[test]
    fn sixty_five_thousand_networks_get_a_hundred_guesses_in_an_hour_and_counting_never_stops() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        let let_in = (0..65_536).filter(|place| {
            attempts
                .begin(&knock(&format!("net {place}")), false, start)
                .is_ok()
        });
        assert_eq!(let_in.count(), 100);
        assert_eq!(attempts.begin(&knock("net 70000"), false, start), Err(HOUR));
        // The officer's own browser is let in all the while, and strangers again after the hour.
        assert!(attempts.begin(&knock("browser 1"), true, start).is_ok());
        assert!(
            attempts
                .begin(&knock("net 70001"), false, start + HOUR)
                .is_ok()
        );
        // Names that nobody has fill the memory; the one that is being guessed still waits.
        let guessed = ("mori".to_owned(), "198.51.100.7".to_owned());
        for _ in 0..5 {
            attempts
                .begin(&guessed, false, start + HOUR)
                .expect("not yet");
        }
        for n in 0..3 * REMEMBERED_MAX {
            let made_up = (format!("name {n}"), format!("net {n}"));
            let _ = attempts.begin(&made_up, false, start);
        }
        assert!(attempts.begin(&guessed, false, start + HOUR).is_err());
        let counts = attempts.0.lock().expect("not poisoned");
        assert!(counts.in_a_row.len() <= REMEMBERED_MAX && counts.hourly.len() <= REMEMBERED_MAX);
    }

    #[test]
    fn one_network_gets_so_many_guesses_over_all_accounts() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        let let_in = (0..1000).filter(|n| {
            let knock = (format!("account {n}"), "203.0.113.9".to_owned());
            attempts.begin(&knock, false, start).is_ok()
        });
        assert_eq!(let_in.count(), 300);
    }

    #[test]
    fn a_house_with_many_ipv6_addresses_is_one_place() {
        let at = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(at("2001:db8:1:2:aaaa::1"), at("2001:db8:1:2:bbbb::2"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }
}
