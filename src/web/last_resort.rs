//! The last resort: a fault of the program while it serves somebody costs that request an answer, and nothing else.

use std::any::Any;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use hinan_dashboard::page;
use hinan_dashboard::view::ErrorView;
use tower_http::catch_panic::CatchPanicLayer;

use super::api::Refused;
use super::router::{Doors, policy};
use super::{api, frame};
use crate::chance;

/// These routes with the last resort around them: where one panics, its visitor gets a page or JSON of status 500 with a number that
/// stands in the log, too, and the next request is served. [`crate::fault`] says to the log where it was.
pub fn last_resort(routes: Router<Doors>, doors: &Doors) -> Router<Doors> {
    routes
        .layer(CatchPanicLayer::custom(fell))
        .layer(from_fn_with_state(doors.clone(), told))
        // Where even the page of it cannot be drawn, a sentence.
        .layer(CatchPanicLayer::custom(fell_again))
}

/// What served this request panicked.
#[derive(Clone)]
struct Fell;

fn fell(_: Box<dyn Any + Send>) -> Response {
    let mut response = StatusCode::INTERNAL_SERVER_ERROR.into_response();
    response.extensions_mut().insert(Fell);
    response
}

fn fell_again(_: Box<dyn Any + Send>) -> Response {
    let words = "サービスの内部の誤りです。管理者へ連絡してください\nThe service failed inside. Please tell the administrator.\n";
    (StatusCode::INTERNAL_SERVER_ERROR, words).into_response()
}

async fn told(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or("none", MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let response = next.run(request).await;
    if response.extensions().get::<Fell>().is_none() {
        return response;
    }
    let number = hex::encode(chance::bytes::<4>());
    // The route, not the address: that holds what somebody typed.
    tracing::error!(%method, route, number, "a request was given up");
    metrics::counter!("hinan_requests_given_up_total").increment(1);
    if route.starts_with(api::UNDER) {
        return Refused::Fault(number).into_response();
    }
    page_of(&doors, &route, &number)
}

fn page_of(doors: &Doors, route: &str, number: &str) -> Response {
    let for_officers = route.starts_with("/plain");
    let next = format!("管理者へ、番号 {number} を伝えてください");
    let (ja, en, home) = if for_officers {
        (
            "サービスの内部の誤りのため、操作が終わったかどうか分かりません",
            "The service failed inside. Look at what is on record before you try again.",
            ["/plain/", "状況の画面へ"],
        )
    } else {
        (
            "サービスの内部の誤りのため、このページを表示できません",
            "The service failed inside. This page cannot be shown.",
            ["/", "避難情報を見る"],
        )
    };
    let view = ErrorView {
        status: StatusCode::INTERNAL_SERVER_ERROR.as_u16(),
        sentence_ja: ja.to_owned(),
        sentence_en: en.to_owned(),
        what_to_do: if for_officers {
            let look =
                "もう一度操作する前に、「発表」と「記録」で、何が行われたかを確かめてください";
            vec![look.to_owned(), next]
        } else {
            vec![next]
        },
        go_on: Some(home.map(str::to_owned)),
    };
    let (page, style) = if for_officers {
        let page = page::error(&frame::signed_out(&doors.app), &view);
        (page, hinan_dashboard::stylesheet())
    } else {
        let page = page::public_error(&frame::public(&doors.app), &view);
        (page, hinan_dashboard::public_stylesheet())
    };
    // What the routes put on their answers is lost with them.
    let headers = [
        (header::CONTENT_SECURITY_POLICY, policy(style)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (StatusCode::INTERNAL_SERVER_ERROR, headers, Html(page)).into_response()
}
