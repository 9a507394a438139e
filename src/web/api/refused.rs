//! Why a program was not served: one list, one match to a status, one form (RFC 9457, `application/problem+json`).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::desk::Declined;
use crate::store::StoreError;
use crate::web::refusal::{OWN_PASSWORD_FIRST, Refusal};

/// One thing that is wrong with what was sent.
#[derive(Clone, Debug)]
pub(in crate::web) struct Wrong {
    /// The member; empty for the whole.
    pub(in crate::web) field: String,
    /// What was sent, shortened; nothing when nothing was, or when it is a secret.
    pub(in crate::web) value: Option<String>,
    /// What would be accepted.
    pub(in crate::web) accepted: String,
    /// The same for the officer.
    pub(in crate::web) ja: String,
}

impl Wrong {
    /// Something about the whole that the desk said.
    fn whole(ja: String) -> Self {
        Self {
            field: String::new(),
            value: None,
            accepted: "what the desk asks for".to_owned(),
            ja,
        }
    }
}

/// Why a program was not served.
#[derive(Debug)]
pub(in crate::web) enum Refused {
    /// Nobody is signed in, or the session ended.
    SignedOut,
    /// Name, secret or code is wrong.
    SignInFailed,
    /// The request does not belong to the session, or comes from a page of somebody else.
    Forged,
    /// The request came past the server in front, in the clear.
    InTheClear,
    /// The account may not do that. In the officer's words.
    NotAuthorised(String),
    /// There is no such thing.
    Unknown(String),
    /// The question cannot be understood.
    BadQuestion(String),
    /// The address does not know this method.
    NoSuchMethod,
    /// What was sent is not said to be JSON.
    NotJson,
    /// The program failed inside; under this number the log says where.
    Fault(String),
    /// What was sent is larger than is taken.
    TooLarge,
    /// What was sent is understood and cannot be accepted.
    WrongInput(Vec<Wrong>),
    /// Somebody was faster. With the item as it is now, where there is one.
    NoLongerOpen(String, Option<Value>),
    /// What was on screen is not what is true now. With what is.
    Changed(String, Option<Value>),
    /// Wait so many seconds.
    Busy(String, u64),
    /// Too many listen already; which limit it was.
    TooMany(&'static str),
    /// The record failed.
    Store(StoreError),
}

impl Refused {
    /// The same with the item as it is now, where the refusal is about one that moved.
    pub(super) fn with_now(self, now: Option<Value>) -> Self {
        match self {
            Self::NoLongerOpen(why, _) => Self::NoLongerOpen(why, now),
            Self::Changed(why, _) => Self::Changed(why, now),
            other => other,
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Declined> for Refused {
    fn from(declined: Declined) -> Self {
        match declined {
            Declined::Unknown(_) => Self::Unknown("there is no such thing".to_owned()),
            Declined::NotAuthorised(why) => Self::NotAuthorised(why),
            Declined::NoLongerOpen(why) => Self::NoLongerOpen(why, None),
            Declined::Changed(why) => Self::Changed(why, None),
            Declined::Incomplete(why) => Self::WrongInput(vec![Wrong::whole(why)]),
            Declined::Store(error) => Self::Store(error),
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::SignedOut => Self::SignedOut,
            Refusal::OwnPasswordFirst => Self::NotAuthorised(OWN_PASSWORD_FIRST.to_owned()),
            Refusal::Forged => Self::Forged,
            Refusal::BadForm(why) => Self::BadQuestion(why),
            Refusal::Unknown => Self::Unknown("there is no such thing".to_owned()),
            Refusal::Declined(declined) => declined.into(),
            Refusal::Store(error) => Self::Store(error),
        }
    }
}

/// What is said of a refusal.
struct Said {
    status: StatusCode,
    code: &'static str,
    en: String,
    ja: String,
}

impl Refused {
    fn said(&self) -> Said {
        let said = |status, code, en: &str, ja: &str| Said {
            status,
            code,
            en: en.to_owned(),
            ja: ja.to_owned(),
        };
        match self {
            Self::SignedOut => said(
                StatusCode::UNAUTHORIZED,
                "signed_out",
                "sign in at POST /api/v1/session or /plain/signin and send the cookie",
                "サインインしてください",
            ),
            Self::SignInFailed => said(
                StatusCode::UNAUTHORIZED,
                "wrong",
                "name, password or code is wrong",
                "ユーザー名、パスワード、確認コードのどれかが違います",
            ),
            Self::Forged => said(
                StatusCode::FORBIDDEN,
                "forged",
                "the header X-CSRF-Token is not that of this session, or the request comes from another site",
                "この操作は受け付けられませんでした。画面を開き直してください",
            ),
            Self::InTheClear => said(
                StatusCode::FORBIDDEN,
                "in_the_clear",
                "this port answers the server in front of it only; use the https:// address of the town",
                "暗号化されていない接続には答えません。自治体の https:// のアドレスを使ってください",
            ),
            Self::NotAuthorised(ja) => said(
                StatusCode::FORBIDDEN,
                "not_authorised",
                "this account may not do that; detail_ja says why",
                ja,
            ),
            Self::Unknown(en) => said(StatusCode::NOT_FOUND, "unknown", en, "ありません"),
            Self::BadQuestion(en) => said(
                StatusCode::BAD_REQUEST,
                "bad_question",
                en,
                "問い合わせを読めません",
            ),
            Self::NoSuchMethod => said(
                StatusCode::METHOD_NOT_ALLOWED,
                "no_such_method",
                "this address does not know the method; the header Allow names those it does",
                "この操作はありません",
            ),
            Self::NotJson => said(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "not_json",
                "send the body as Content-Type: application/json",
                "内容がJSONではありません",
            ),
            Self::TooLarge => said(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                "the body is larger than web.form_max_bytes",
                "送られた内容が大きすぎます",
            ),
            Self::WrongInput(wrong) => said(
                StatusCode::UNPROCESSABLE_ENTITY,
                "wrong_input",
                &joined(wrong, |one| {
                    format!("{}: accepted is {}", named(one), one.accepted)
                }),
                &joined(wrong, |one| one.ja.clone()),
            ),
            Self::NoLongerOpen(ja, _) => said(
                StatusCode::CONFLICT,
                "no_longer_open",
                "somebody was faster, or it was replaced; nothing was done",
                ja,
            ),
            Self::Changed(ja, _) => said(
                StatusCode::PRECONDITION_FAILED,
                "changed",
                "what was read is not what holds now; nothing was done. Read it again",
                ja,
            ),
            Self::Busy(ja, after_s) => said(
                StatusCode::TOO_MANY_REQUESTS,
                "busy",
                &format!("try again after {after_s} s"),
                ja,
            ),
            Self::TooMany(en) => said(
                StatusCode::SERVICE_UNAVAILABLE,
                "too_many",
                en,
                "接続が多すぎます",
            ),
            Self::Fault(number) => said(
                StatusCode::INTERNAL_SERVER_ERROR,
                "fault",
                &format!(
                    "the service failed inside; look at what is on record before you try again, and tell the administrator {number}"
                ),
                &format!(
                    "サービスの内部の誤りです。何が記録されたかを確かめ、管理者へ番号 {number} を伝えてください"
                ),
            ),
            Self::Store(error) => {
                tracing::error!(%error, "the record failed while serving a program");
                said(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "record",
                    "the record cannot be read or written; nothing was published",
                    "記録を読み書きできません。発表は行われていません。電話など別の手順で発表し、管理者へ連絡してください",
                )
            }
        }
    }
}

fn named(wrong: &Wrong) -> &str {
    match wrong.field.as_str() {
        "" => "the whole",
        field => field,
    }
}

fn joined(wrong: &[Wrong], line: impl Fn(&Wrong) -> String) -> String {
    wrong.iter().map(line).collect::<Vec<_>>().join("; ")
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let said = self.said();
        let mut problem = json!({
            "type": "about:blank",
            "title": said.status.canonical_reason(),
            "status": said.status.as_u16(),
            "code": said.code,
            "detail": said.en,
            "detail_ja": said.ja,
            // As programs written before problems were told this way read it.
            "error": { "code": said.code, "text": said.en },
        });
        match &self {
            Self::WrongInput(wrong) => {
                problem["errors"] = wrong
                    .iter()
                    .map(|one| {
                        json!({ "field": one.field, "value": one.value, "accepted": one.accepted, "ja": one.ja })
                    })
                    .collect();
            }
            Self::NoLongerOpen(_, now) | Self::Changed(_, now) => {
                problem["now"] = now.clone().unwrap_or(Value::Null);
            }
            _ => {}
        }
        let headers = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        let mut response = (said.status, headers, format!("{problem}\n")).into_response();
        let after_s = match self {
            Self::Busy(_, after_s) => Some(after_s),
            Self::TooMany(_) => Some(10),
            _ => None,
        };
        if let Some(after_s) = after_s {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(after_s));
        }
        response
    }
}

/// The answer to a request that a browser says comes from somebody else's page.
pub(in crate::web) fn foreign() -> Response {
    Refused::Forged.into_response()
}

/// The answer to a request that came in the clear from another machine.
pub(in crate::web) fn in_the_clear() -> Response {
    Refused::InTheClear.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_desk_declines_has_one_status_each() {
        let status = |declined: Declined| Refused::from(declined).said().status.as_u16();
        assert_eq!(status(Declined::Unknown("推奨")), 404);
        assert_eq!(status(Declined::NotAuthorised(String::new())), 403);
        assert_eq!(status(Declined::NoLongerOpen(String::new())), 409);
        assert_eq!(status(Declined::Changed(String::new())), 412);
        assert_eq!(status(Declined::Incomplete(String::new())), 422);
    }
}
