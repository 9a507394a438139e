//! Who is at the door: the session cookie, checked against the record.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};

use super::refusal::Refusal;
use super::router::Doors;
use crate::app::App;
use crate::approve::officer::{Officer, Role};
use crate::clock::wall;
use crate::digest::Digest;
use crate::store::StoreError;
use crate::store::officers::{Session, Shown};

/// What a timer adds to its question.
pub(super) const AUTO: &str = "auto=1";
/// What may be opened with a password that somebody else made.
const UNTIL_OWN_PASSWORD: [&str; 3] = ["/plain/account", "/plain/signout", "/api/v1/session"];
/// Clicks are noted when the last one that was noted is so many seconds ago.
const IDLE_NOTED_S: i64 = 30;
/// So long after it a sign-in counts as just shown.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// A signed-in officer with the session's anti-forgery token. Naming it in a handler's arguments is what makes
/// a page need sign-in.
pub(super) struct SignedIn {
    pub(super) officer: Officer,
    pub(super) csrf: String,
    pub(super) token: Digest,
    shown: Shown,
    begun_at: Timestamp,
}

impl SignedIn {
    /// Whether only the provider of single sign-on says who this is: neither password nor a factor was shown to us.
    pub(super) fn is_by_provider_alone(&self) -> bool {
        self.shown == Shown::ByProvider
    }

    /// Whether they have signed in just now.
    pub(super) fn is_fresh(&self) -> bool {
        wall().duration_since(self.begun_at) <= FRESH
    }
}

impl FromRequestParts<Doors> for SignedIn {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, doors: &Doors) -> Result<Self, Refusal> {
        let app = &doors.app;
        let token = token(&parts.headers, app).ok_or(Refusal::SignedOut)?;
        let token = Digest::of(token.as_bytes());
        let now = wall();
        let session = app
            .store
            .read(|view| view.session(&token))?
            .ok_or(Refusal::SignedOut)?;
        if !is_open(app, &session, now) {
            return Err(Refusal::SignedOut);
        }
        let idle = now.duration_since(session.seen_at);
        // A page that loads itself again, and a sign that a page is still open, are no clicks: an unattended desk closes. Only the
        // display of a room, which decides nothing, may stand all night.
        let path = parts.uri.path();
        let watches = matches!(path, "/api/v1/wall" | "/api/v1/status" | "/api/v1/events");
        let unattended =
            path.ends_with("/presence") || (watches && session.officer.role != Role::Viewer);
        let auto = parts
            .uri
            .query()
            .is_some_and(|query| query.split('&').any(|pair| pair == AUTO));
        // Whoever knows a password that they made for somebody else must not act in their name. A key or a code of the officer's
        // own has shown who it is.
        if !session.officer.second_factor
            && !UNTIL_OWN_PASSWORD.contains(&path)
            && app
                .store
                .read(|view| view.password_by(&session.officer.name))?
                .is_some()
        {
            return Err(Refusal::OwnPasswordFirst);
        }
        // Noting every click would write too often.
        if !auto && !unattended && idle > SignedDuration::from_secs(IDLE_NOTED_S) {
            // A click that cannot be noted does not keep anybody from reading: the session idles, which is the safe side.
            if let Err(error) = app.store.write(|tx| tx.touch_session(&token, now)) {
                tracing::error!(%error, "a click could not be noted");
            }
        }
        Ok(Self {
            officer: session.officer,
            csrf: session.csrf,
            token,
            shown: session.shown,
            begun_at: session.begun_at,
        })
    }
}

/// Whose session has ended for idleness, and its anti-forgery token, while the record remembers it.
pub(super) fn ended(
    headers: &HeaderMap,
    doors: &Doors,
) -> Result<Option<(String, String)>, StoreError> {
    let Some(token) = token(headers, &doors.app) else {
        return Ok(None);
    };
    let token = Digest::of(token.as_bytes());
    let session = doors.app.store.read(|view| view.session(&token))?;
    Ok(session.map(|session| (session.officer.name, session.csrf)))
}

/// Whether a session holds now, without counting this look as activity.
///
/// # Errors
/// The record's.
pub(super) fn holds(app: &App, token: &Digest) -> Result<bool, StoreError> {
    let session = app.store.read(|view| view.session(token))?;
    Ok(session.is_some_and(|session| is_open(app, &session, wall())))
}

/// Whether a session is open: neither idle for too long, nor older than any may be, however busy its officer is.
pub(super) fn is_open(app: &App, session: &Session, now: Timestamp) -> bool {
    let idle_max = SignedDuration::from_mins(i64::from(app.config.web.idle_max_min));
    let most = SignedDuration::from_hours(i64::from(app.config.web.session_max_h));
    now.duration_since(session.seen_at) <= idle_max && now.duration_since(session.begun_at) <= most
}

/// Live and exercise never share a cookie. Over TLS the name holds browsers to it that nobody beside this host has set it, nor in the
/// clear.
pub(super) fn cookie_name(app: &App) -> String {
    let of_this_host_alone = if app.config.web.is_encrypted() {
        "__Host-"
    } else {
        ""
    };
    format!(
        "{of_this_host_alone}hinan_{}",
        app.config.service.realm.word()
    )
}

fn token(headers: &HeaderMap, app: &App) -> Option<String> {
    cookie(headers, &cookie_name(app))
}

/// A cookie of ours, whatever its length.
pub(super) fn cookie_text(headers: &HeaderMap, wanted: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .find_map(|pair| {
            let (name, value) = pair.trim().split_once('=')?;
            (name == wanted).then(|| value.to_owned())
        })
}

/// A cookie of ours: 64 signs.
pub(super) fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    cookie_text(headers, wanted).filter(|value| value.len() == 64)
}
