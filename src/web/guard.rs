//! Guards at the door: requests from other sites, and guessing of passwords.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::router::Doors;
use super::tls::Visitor;

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
/// Places remembered of names that nobody has, and networks, at most. Beyond it those whose wait is over are forgotten, then the
/// oldest; counting never stops. Accounts that exist are never pushed out.
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

/// Where other machines reach the port in the clear, only the servers in front are answered: whoever comes past them would type a
/// password that everybody on the way can read.
pub(super) async fn only_by_the_front(
    State(doors): State<Doors>,
    ConnectInfo(from): ConnectInfo<Visitor>,
    request: Request,
    next: Next,
) -> Response {
    let address = from.0.ip().to_canonical();
    let fronts = &doors.app.config.web.trusted_proxies;
    if address.is_loopback() || is_one_of(fronts, address) {
        return next.run(request).await;
    }
    metrics::counter!("hinan_clear_requests_refused_total").increment(1);
    if request.uri().path().starts_with("/api") {
        return super::api::in_the_clear();
    }
    let words = "暗号化されていない接続には答えません。自治体の https:// のアドレスを使ってください\n\
                 This port answers the server in front of it only. Please use the https:// address of the town\n";
    (StatusCode::FORBIDDEN, words).into_response()
}

fn is_one_of(proxies: &[IpAddr], address: IpAddr) -> bool {
    let address = address.to_canonical();
    proxies.iter().any(|proxy| proxy.to_canonical() == address)
}

/// Whether a browser says that the request comes from a page of somebody else.
fn is_foreign(request: &Request) -> bool {
    let headers = request.headers();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // HTTP/2, which browsers speak over TLS, names the host in the address and sends no such header.
    let host = text(header::HOST.as_str())
        .or_else(|| request.uri().authority().map(|of| of.as_str()))
        .unwrap_or_default();
    let foreign_origin = text(header::ORIGIN.as_str()).is_some_and(|origin| {
        origin
            .split_once("://")
            .is_none_or(|(_, authority)| authority != host)
    });
    is_of_a_foreign_site(headers) || foreign_origin
}

/// Whether a browser says that a page of somebody else began this. It also says so where it only opens a page; not over plain http,
/// but to this machine.
pub(super) fn is_of_a_foreign_site(headers: &HeaderMap) -> bool {
    let site = headers
        .get("sec-fetch-site")
        .and_then(|value| value.to_str().ok());
    site.is_some_and(|site| !matches!(site, "same-origin" | "none"))
}

/// Somebody knocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Knock {
    /// The name that they give.
    pub(super) account: String,
    /// From where. A browser that the account was signed in with before is a place of its own, so that whoever guesses
    /// elsewhere keeps nobody out; without one it is the network they come from.
    pub(super) place: String,
    /// What is known about both.
    pub(super) standing: Standing,
}

/// What is known about a name and a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// The account exists, and the place is a browser that it was signed in with before.
    KnownBrowser,
    /// The account exists.
    Account,
    /// Nobody has that name.
    Nobody,
}

/// The place of everybody who comes by this machine itself: by a server in front that is not named in `web.trusted_proxies`.
/// It is no network, and what fails there is counted by account only.
const THIS_MACHINE: &str = "this machine";

/// The place of a browser that is not known: its address, an IPv6 one by its network of 64 bits.
pub(super) fn network(from: IpAddr) -> String {
    match from.to_canonical() {
        address if address.is_loopback() => THIS_MACHINE.to_owned(),
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// Where a visitor comes from, where servers of the town stand in front: the last address in `X-Forwarded-For` that none of
/// them has. Nobody else is believed, and nothing before it, which a visitor can make up.
pub(super) fn visitor(socket: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> IpAddr {
    let trusted = |address| is_one_of(proxies, address);
    if !trusted(socket) {
        return socket;
    }
    let mut nearest = socket;
    let lines: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    for said in lines.iter().rev().flat_map(|line| line.rsplit(',')) {
        let Some(address) = address(said.trim()) else {
            break;
        };
        nearest = address;
        if !trusted(address) {
            break;
        }
    }
    nearest
}

/// An address, with or without a port.
fn address(said: &str) -> Option<IpAddr> {
    let with_port = || said.parse().ok().map(|both: SocketAddr| both.ip());
    let bracketed = || said.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    said.parse().ok().or_else(with_port).or_else(bracketed)
}

/// Failed sign-ins by account and place, on real time. Names that nobody has are counted like others, so that waiting tells
/// nobody which exist.
#[derive(Default)]
pub(super) struct Attempts(Mutex<Counts>);

type Table = BTreeMap<(String, String), (u32, Instant)>;

#[derive(Default)]
struct Counts {
    /// Of accounts that exist. Never trimmed: an account has at most so many new entries an hour as it has guesses.
    accounts: Rows,
    /// Of names that nobody has. Those who make them up push out only one another.
    nobodies: Rows,
    /// Failures in an hour over all accounts, by network.
    networks: Table,
}

#[derive(Default)]
struct Rows {
    /// Failures in a row of an account at a place, and the last of them.
    in_a_row: Table,
    /// Failures of an account in an hour over all browsers that are not known, and when it began.
    hourly: Table,
}

impl Counts {
    fn rows(&mut self, knock: &Knock) -> &mut Rows {
        match knock.standing {
            Standing::KnownBrowser | Standing::Account => &mut self.accounts,
            Standing::Nobody => &mut self.nobodies,
        }
    }

    /// The hours that this knock counts in, and how many failures each has room for.
    fn hours(&mut self, knock: &Knock) -> Vec<(&mut Table, (String, String), u32)> {
        let Self {
            accounts,
            nobodies,
            networks,
        } = self;
        let rows = match knock.standing {
            Standing::KnownBrowser => return Vec::new(),
            Standing::Account => accounts,
            Standing::Nobody => nobodies,
        };
        let of_account = (knock.account.clone(), String::new());
        let mut hours = vec![(&mut rows.hourly, of_account, ACCOUNT_HOURLY_MAX)];
        if knock.place != THIS_MACHINE {
            let of_network = (String::new(), knock.place.clone());
            hours.push((networks, of_network, NETWORK_HOURLY_MAX));
        }
        hours
    }

    fn take_back(&mut self, knock: &Knock) {
        for (table, key, _) in self.hours(knock) {
            if let Some((count, _)) = table.get_mut(&key) {
                *count = count.saturating_sub(1);
            }
        }
    }
}

impl Attempts {
    /// Begins an attempt. It counts as a failure until [`Attempts::succeeded`] or [`Attempts::not_made`] says otherwise: a
    /// crowd of attempts at the same time gets no further than as many one by one.
    ///
    /// # Errors
    /// How long this account still has to wait at this place; then nothing is counted.
    pub(super) fn begin(&self, knock: &Knock, now: Instant) -> Result<(), Duration> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (knock.account.clone(), knock.place.clone());
        let mut wait = counts
            .rows(knock)
            .in_a_row
            .get(&key)
            .and_then(|(failures, last)| {
                let doubled = failures.checked_sub(FREE_ATTEMPTS)?;
                let wait = FIRST_WAIT
                    .saturating_mul(2_u32.saturating_pow(doubled.min(16)))
                    .min(WAIT_MAX);
                (*last + wait).checked_duration_since(now)
            });
        for (table, key, most) in counts.hours(knock) {
            let over = table.get(&key).filter(|(count, _)| *count >= most);
            let left = over.and_then(|(_, began)| (*began + HOUR).checked_duration_since(now));
            wait = wait.max(left);
        }
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        let entry = counts.rows(knock).in_a_row.entry(key).or_insert((0, now));
        *entry = (entry.0.saturating_add(1), now);
        for (table, key, _) in counts.hours(knock) {
            let entry = table.entry(key).or_insert((0, now));
            if now.saturating_duration_since(entry.1) >= HOUR {
                *entry = (0, now);
            }
            entry.0 = entry.0.saturating_add(1);
        }
        forget_over(&mut counts.accounts.in_a_row, WAIT_MAX, now);
        forget_over(&mut counts.accounts.hourly, HOUR, now);
        make_room(&mut counts.nobodies.in_a_row, WAIT_MAX, now);
        make_room(&mut counts.nobodies.hourly, HOUR, now);
        make_room(&mut counts.networks, HOUR, now);
        Ok(())
    }

    /// The attempt was right: its account is welcome at this place.
    pub(super) fn succeeded(&self, knock: &Knock) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (knock.account.clone(), knock.place.clone());
        counts.rows(knock).in_a_row.remove(&key);
        counts.take_back(knock);
    }

    /// Nothing was tried after all: the house was busy.
    pub(super) fn not_made(&self, knock: &Knock) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (knock.account.clone(), knock.place.clone());
        if let Some((failures, _)) = counts.rows(knock).in_a_row.get_mut(&key) {
            *failures = failures.saturating_sub(1);
        }
        counts.take_back(knock);
    }
}

/// Forgets what is over, once there is enough of it to be worth looking.
fn forget_over(counts: &mut Table, over_after: Duration, now: Instant) {
    if counts.len() > REMEMBERED_MAX {
        counts.retain(|_, (_, at)| now.saturating_duration_since(*at) < over_after);
    }
}

/// Forgets what is over, and if that is not enough the oldest.
fn make_room(counts: &mut Table, over_after: Duration, now: Instant) {
    forget_over(counts, over_after, now);
    let excess = counts.len().saturating_sub(REMEMBERED_MAX);
    if excess == 0 {
        return;
    }
    // A tenth at once: sorting for each newcomer would be work for whoever wants to make us work.
    let mut oldest: Vec<(Instant, (String, String))> = counts
        .iter()
        .map(|(key, (_, at))| (*at, key.clone()))
        .collect();
    oldest.sort();
    for (_, key) in oldest.into_iter().take(excess + REMEMBERED_MAX / 10) {
        counts.remove(&key);
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
        Knock {
            account: "sato".to_owned(),
            place: from.to_owned(),
            standing: Standing::Account,
        }
    }

    fn own_browser() -> Knock {
        Knock {
            standing: Standing::KnownBrowser,
            ..knock("browser 1")
        }
    }

    fn made_up(n: usize, place: String) -> Knock {
        Knock {
            account: format!("name {n}"),
            place,
            standing: Standing::Nobody,
        }
    }

    #[test]
    fn five_wrong_passwords_make_an_account_wait_longer_each_time_and_a_right_one_ends_it() {
        for standing in [Standing::Account, Standing::Nobody] {
            let attempts = Attempts::default();
            let start = crate::clock::monotonic();
            let here = Knock {
                standing,
                ..knock("192.0.2.1")
            };
            for _ in 0..5 {
                assert_eq!(attempts.begin(&here, start), Ok(()));
            }
            assert_eq!(attempts.begin(&here, start), Err(FIRST_WAIT));
            let later = start + FIRST_WAIT;
            assert_eq!(attempts.begin(&here, later), Ok(()));
            assert_eq!(attempts.begin(&here, later), Err(FIRST_WAIT * 2));
            let later = later + FIRST_WAIT * 2;
            assert_eq!(attempts.begin(&here, later), Ok(()));
            attempts.succeeded(&here);
            for _ in 0..5 {
                assert_eq!(attempts.begin(&here, later), Ok(()));
            }
            attempts.not_made(&here);
            assert_eq!(attempts.begin(&here, later), Ok(()));
        }
    }

    #[test]
    fn a_crowd_at_the_same_time_gets_no_further_than_one_after_another() {
        let attempts = Attempts::default();
        let now = crate::clock::monotonic();
        let let_in = (0..1000).filter(|_| attempts.begin(&knock("192.0.2.1"), now).is_ok());
        assert_eq!(let_in.count(), 5);
    }

    #[test]
    fn whoever_guesses_elsewhere_keeps_nobody_out_of_a_known_browser() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        for _ in 0..1000 {
            let _ = attempts.begin(&knock("203.0.113.9"), start);
        }
        assert!(attempts.begin(&knock("203.0.113.9"), start).is_err());
        assert!(attempts.begin(&knock("192.0.2.1"), start).is_ok());
        assert!(attempts.begin(&own_browser(), start).is_ok());
    }

    #[test]
    fn sixty_five_thousand_networks_get_a_hundred_guesses_in_an_hour() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        let let_in = (0..65_536).filter(|place| {
            attempts
                .begin(&knock(&format!("net {place}")), start)
                .is_ok()
        });
        assert_eq!(let_in.count(), 100);
        assert_eq!(attempts.begin(&knock("net 70000"), start), Err(HOUR));
        // The officer's own browser is let in all the while, and strangers again after the hour.
        assert!(attempts.begin(&own_browser(), start).is_ok());
        assert!(attempts.begin(&knock("net 70001"), start + HOUR).is_ok());
    }

    /// Names are made up by the ten thousand while an account is guessed, the clock going on: the account's hour stays.
    #[test]
    fn made_up_names_push_out_one_another_and_never_an_account_that_is_guessed() {
        let attempts = Attempts::default();
        let start = crate::clock::monotonic();
        for place in 0..100 {
            let here = knock(&format!("net {place}"));
            assert_eq!(attempts.begin(&here, start), Ok(()));
        }
        let tired = knock("198.51.100.7");
        let mut let_in = 0;
        for n in 0..3 * REMEMBERED_MAX {
            let now = start + Duration::from_millis(u64::try_from(n).unwrap_or_default());
            let _ = attempts.begin(&made_up(n, format!("net {n}")), now);
            if attempts.begin(&tired, now).is_ok() {
                let_in += 1;
            }
        }
        assert_eq!(let_in, 0, "the hour of the account was forgotten");
        let counts = attempts.0.lock().expect("not poisoned");
        for table in [
            &counts.nobodies.in_a_row,
            &counts.nobodies.hourly,
            &counts.networks,
        ] {
            assert!(table.len() <= REMEMBERED_MAX);
        }
        assert!(counts.accounts.in_a_row.len() <= 100);
    }

    #[test]
    fn one_network_gets_so_many_guesses_over_all_accounts_and_this_machine_is_no_network() {
        let start = crate::clock::monotonic();
        let let_in = |place: &str| {
            let attempts = Attempts::default();
            let all = (0..1000).filter(|n| {
                attempts
                    .begin(&made_up(*n, place.to_owned()), start)
                    .is_ok()
            });
            all.count()
        };
        assert_eq!(let_in("203.0.113.9"), 300);
        for this in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            let place = network(this.parse().expect("an address"));
            assert_eq!(let_in(&place), 1000, "{this}");
        }
    }

    #[test]
    fn a_house_with_many_ipv6_addresses_is_one_place() {
        let at = |text: &str| network(text.parse().expect("an address"));
        assert_eq!(at("2001:db8:1:2:aaaa::1"), at("2001:db8:1:2:bbbb::2"));
        assert_ne!(at("2001:db8:1:2::1"), at("2001:db8:1:3::1"));
        assert_eq!(at("::ffff:192.0.2.1"), at("192.0.2.1"));
    }

    #[test]
    fn only_a_proxy_of_the_town_says_where_a_visitor_comes_from_and_only_of_its_own_knowledge() {
        let proxies: Vec<IpAddr> = ["127.0.0.1", "10.0.0.2"]
            .map(|a| a.parse().expect("one"))
            .into();
        let from = |socket: &str, said: &[&str]| {
            let mut headers = HeaderMap::new();
            for line in said {
                headers.append("x-forwarded-for", line.parse().expect("a header"));
            }
            visitor(socket.parse().expect("an address"), &headers, &proxies).to_string()
        };
        assert_eq!(from("127.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(
            from("::ffff:127.0.0.1", &["203.0.113.9:4711"]),
            "203.0.113.9"
        );
        assert_eq!(from("127.0.0.1", &["[2001:db8::9]:4711"]), "2001:db8::9");
        // Through two of ours; what stands before was made up by the visitor.
        assert_eq!(
            from("127.0.0.1", &["192.0.2.1, 203.0.113.9, 10.0.0.2"]),
            "203.0.113.9"
        );
        assert_eq!(
            from("127.0.0.1", &["192.0.2.1", "203.0.113.9"]),
            "203.0.113.9"
        );
        // Somebody else, or a proxy that says nothing or nonsense.
        assert_eq!(from("198.51.100.7", &["203.0.113.9"]), "198.51.100.7");
        assert_eq!(from("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["unknown"]), "127.0.0.1");
        assert_eq!(from("127.0.0.1", &["203.0.113.9, unknown"]), "127.0.0.1");
    }
}
