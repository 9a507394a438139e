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
/// Accounts remembered, at most. Beyond it, unknown names are not counted, known ones stay counted.
const REMEMBERED_MAX: usize = 10_000;

/// A changing request must come from our own pages: browsers say where it comes from.
pub(super) async fn same_origin(request: Request, next: Next) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return next.run(request).await;
    }
    if is_foreign(&request) {
        metrics::counter!("hinan_foreign_requests_total").increment(1);
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

/// Failed sign-ins by account and place, on real time.
#[derive(Default)]
pub(super) struct Attempts(Mutex<BTreeMap<Knock, (u32, Instant)>>);

impl Attempts {
    /// How long this account still has to wait at this place.
    pub(super) fn wait(&self, knock: &Knock, now: Instant) -> Option<Duration> {
        let attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (failures, last) = *attempts.get(knock)?;
        let doubled = failures.checked_sub(FREE_ATTEMPTS)?;
        let wait = FIRST_WAIT
            .saturating_mul(2_u32.saturating_pow(doubled.min(16)))
            .min(WAIT_MAX);
        (last + wait)
            .checked_duration_since(now)
            .filter(|left| !left.is_zero())
    }

    /// Notes how a sign-in went.
    pub(super) fn note(&self, knock: &Knock, succeeded: bool, now: Instant) {
        let mut attempts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if succeeded {
            attempts.remove(knock);
        } else if attempts.len() < REMEMBERED_MAX || attempts.contains_key(knock) {
            let entry = attempts.entry(knock.clone()).or_insert((0, now));
            *entry = (entry.0.saturating_add(1), now);
        }
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
            assert_eq!(attempts.wait(&here, start), None);
            attempts.note(&here, false, start);
        }
        assert_eq!(attempts.wait(&here, start), Some(FIRST_WAIT));
        attempts.note(&here, false, start);
        assert_eq!(attempts.wait(&here, start), Some(FIRST_WAIT * 2));
        assert_eq!(attempts.wait(&here, start + FIRST_WAIT * 2), None);
        attempts.note(&here, true, start);
        attempts.note(&here, false, start);
        assert_eq!(attempts.wait(&here, start), None);
    }

    #[test]
    fn whoever_guesses_elsewhere_keeps_nobody_out() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        for _ in 0..1000 {
            attempts.note(&knock("203.0.113.9"), false, start);
        }
        assert!(attempts.wait(&knock("203.0.113.9"), start).is_some());
        assert_eq!(attempts.wait(&knock("192.0.2.1"), start), None);
        assert_eq!(attempts.wait(&knock("browser 1"), start), None);
    }

    #[test]
    fn a_house_with_many_ipv6_addresses_is_one_place() {
        let at = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(at("2001:db8:1:2:aaaa::1"), at("2001:db8:1:2:bbbb::2"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }
}
