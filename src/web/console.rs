//! /console/, /wall/, /version, /licenses: the officers' console as it was built into this program. It holds no data; what it shows it
//! asks of `/api/v1/`, with the session of whoever sits before it.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use hinan_dashboard::console::{self, File};
use hinan_dashboard::page;
use hinan_dashboard::view::ErrorView;
use serde_json::{Value, json};

use super::frame;
use super::router::Doors;

/// Scripts, styles, pictures and connections of our own origin only; style attributes alone may stand in the page.
pub(super) const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; font-src 'self'; \
     style-src 'self'; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// Where the service worker may reach.
const SCOPE: &str = "/console/";

/// The console.
pub(super) async fn index(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    served(&doors, "index.html", &headers)
}

/// The display of the room.
pub(super) async fn wall(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    served(&doors, "wall.html", &headers)
}

/// A file of either.
pub(super) async fn file(
    State(doors): State<Doors>,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Response {
    served(&doors, &name, &headers)
}

/// The licences of what others wrote in it.
pub(super) async fn licenses(State(doors): State<Doors>, headers: HeaderMap) -> Response {
    served(&doors, "licenses.txt", &headers)
}

/// Which program and which console this is.
pub(super) async fn version() -> Json<Value> {
    Json(json!({ "binary": env!("CARGO_PKG_VERSION"), "bundle": console::digest(), "api": "1" }))
}

fn served(doors: &Doors, name: &str, headers: &HeaderMap) -> Response {
    if console::absent().is_some() {
        return missing(doors);
    }
    match console::file(name) {
        Some(file) => answer(file, headers),
        None => super::refusal::Refusal::Unknown.into_response(),
    }
}

fn answer(file: &File, asked: &HeaderMap) -> Response {
    let tag = format!(
        "\"{}-{}\"",
        console::digest().unwrap_or_default(),
        file.name
    );
    let known = asked
        .get(header::IF_NONE_MATCH)
        .and_then(|known| known.to_str().ok())
        .is_some_and(|known| known.split(',').any(|one| one.trim() == tag));
    let mut headers = HeaderMap::new();
    let mut say = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    say(header::CONTENT_TYPE, file.kind);
    say(header::ETAG, &tag);
    say(header::VARY, "accept-encoding");
    say(
        header::CACHE_CONTROL,
        if file.is_immutable() {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        },
    );
    if file.name == "sw.js" {
        say(
            header::HeaderName::from_static("service-worker-allowed"),
            SCOPE,
        );
    }
    if known {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let packed = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|accepted| accepted.to_str().ok())
        .is_some_and(takes_gzip);
    match file.gzip.filter(|_| packed) {
        Some(gzip) => {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            (headers, gzip).into_response()
        }
        None => (headers, file.bytes).into_response(),
    }
}

fn takes_gzip(accepted: &str) -> bool {
    accepted.split(',').any(|one| {
        let (name, weight) = one.split_once(';').unwrap_or((one, ""));
        name.trim().eq_ignore_ascii_case("gzip")
            && !matches!(weight.trim(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000")
    })
}

/// The page that says that there is no console here, and where to go on. Why not is in the log.
fn missing(doors: &Doors) -> Response {
    let view = ErrorView {
        status: 503,
        sentence_ja:
            "このプログラムには、職員の画面(コンソール)が組み込まれていません。判断と発表は、簡易画面からすべて行えます"
                .to_owned(),
        sentence_en:
            "This program was built without the console. Everything that decides works on the plain pages."
                .to_owned(),
        what_to_do: vec!["下のリンクから、簡易画面を開いてください".to_owned()],
        go_on: Some(["/plain/".to_owned(), "簡易画面へ".to_owned()]),
    };
    let page = Html(page::error(&frame::signed_out(&doors.app), &view));
    // The page brings its own style sheet: the policy of the plain pages holds for it.
    let policy = super::router::policy(hinan_dashboard::stylesheet());
    (
        StatusCode::SERVICE_UNAVAILABLE,
        [(header::CONTENT_SECURITY_POLICY, policy)],
        page,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::takes_gzip;

    #[test]
    fn gzip_is_sent_to_whoever_takes_it() {
        assert!(takes_gzip("gzip, deflate, br"));
        assert!(takes_gzip("br;q=1.0, gzip;q=0.8"));
        assert!(!takes_gzip("gzip;q=0, br"));
        assert!(!takes_gzip(""));
    }
}
