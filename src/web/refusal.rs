//! Why a request was not served: one list, one match to a status.

use axum::extract::{Request, State};
use axum::http::{StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::page;
use hinan_dashboard::view::ErrorView;

use super::router::Doors;
use crate::desk::Declined;
use crate::store::StoreError;

/// What is said to whoever has not chosen a password of their own.
pub(super) const OWN_PASSWORD_FIRST: &str =
    "他の人が作ったパスワードのままでは、何も行えません。先に、自分のパスワードに替えてください";

/// Why a request was not served.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Nobody is signed in, or the session ended.
    SignedOut,
    /// The password is one that somebody else made: another must be chosen before anything is done with it.
    OwnPasswordFirst,
    /// The form does not come from a page of this session.
    Forged,
    /// The form cannot be read.
    BadForm(String),
    /// There is no such thing.
    Unknown,
    /// The desk declined.
    Declined(Declined),
    /// The record failed.
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Declined> for Refusal {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Unknown(_) => Self::Unknown,
            Declined::Store(error) => Self::Store(error),
            other => Self::Declined(other),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, ja, en, next): (StatusCode, String, &str, &str) = match &self {
            Self::SignedOut => return Redirect::to("/plain/signin").into_response(),
            Self::OwnPasswordFirst => (
                StatusCode::FORBIDDEN,
                OWN_PASSWORD_FIRST.to_owned(),
                "Somebody else made this password. Choose one of your own first; nothing was done.",
                "「アカウント」の画面で、自分のパスワードに替えてください",
            ),
            Self::Forged => (
                StatusCode::FORBIDDEN,
                "この操作は受け付けられませんでした。画面を開き直してください".to_owned(),
                "The form does not belong to your session. Open the page again.",
                "前の画面を開き直し、もう一度操作してください",
            ),
            Self::BadForm(why) => (
                StatusCode::BAD_REQUEST,
                format!("送られた内容を読めませんでした({why})"),
                "The form could not be read.",
                "前の画面へ戻り、入力を確かめてください",
            ),
            Self::Unknown => (
                StatusCode::NOT_FOUND,
                "お探しのページはありません".to_owned(),
                "There is no such page.",
                "アドレスを確かめるか、状況の画面から開いてください",
            ),
            Self::Declined(declined) => (
                declined_status(declined),
                declined.to_string(),
                "This was not done. Nothing was published.",
                "何も発表されていません。画面を開き直して確かめてください",
            ),
            Self::Store(error) => {
                tracing::error!(%error, "the record failed while serving a page");
                (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "記録を読み書きできません。発表は行われていません".to_owned(),
                    "The record cannot be read or written. Nothing was published.",
                    "電話など別の手順で発表し、管理者へ連絡してください",
                )
            }
        };
        let view = ErrorView {
            status: status.as_u16(),
            sentence_ja: ja,
            sentence_en: en.to_owned(),
            what_to_do: vec![next.to_owned()],
            go_on: Some(match &self {
                Self::OwnPasswordFirst => {
                    ["/plain/account".to_owned(), "アカウントの画面へ".to_owned()]
                }
                _ => ["/plain/".to_owned(), "状況の画面へ".to_owned()],
            }),
        };
        // The page is drawn by `dress`, which knows the service it stands in.
        let mut response = status.into_response();
        response.extensions_mut().insert(Plain(view));
        response
    }
}

/// A refusal that still needs its page.
#[derive(Clone)]
struct Plain(ErrorView);

/// Draws the page of a refusal, with the real frame around it.
pub(super) async fn dress(State(doors): State<Doors>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let Some(Plain(view)) = response.extensions_mut().remove::<Plain>() else {
        return response;
    };
    let status = response.status();
    let page = Html(page::error(&super::frame::signed_out(&doors.app), &view));
    (status, response.headers().clone(), page).into_response()
}

fn declined_status(declined: &Declined) -> StatusCode {
    match declined {
        Declined::Unknown(_) => StatusCode::NOT_FOUND,
        Declined::NotAuthorised(_) => StatusCode::FORBIDDEN,
        Declined::NoLongerOpen(_) | Declined::Changed(_) => StatusCode::CONFLICT,
        Declined::Incomplete(_) => StatusCode::UNPROCESSABLE_ENTITY,
        Declined::Store(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// Any address that leads nowhere.
pub(super) async fn not_found(State(doors): State<Doors>, uri: Uri) -> Response {
    if uri.path().starts_with("/plain") {
        return Refusal::Unknown.into_response();
    }
    let view = ErrorView {
        status: 404,
        sentence_ja: "お探しのページはありません".to_owned(),
        sentence_en: "There is no such page.".to_owned(),
        what_to_do: vec!["避難情報は、最初のページで確かめられます".to_owned()],
        go_on: Some(["/".to_owned(), "避難情報を見る".to_owned()]),
    };
    (
        StatusCode::NOT_FOUND,
        Html(page::public_error(&super::frame::public(&doors.app), &view)),
    )
        .into_response()
}
