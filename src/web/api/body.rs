//! What a program sends: a JSON object from a signed-in officer, with the session's anti-forgery token. Everything that is wrong
//! with it is told at once, each with the member, its value and what would be accepted.

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts as _, Request};
use axum::http::{HeaderMap, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::caller::Caller;
use super::{Refused, Wrong};
use crate::digest::Digest;
use crate::recommend::level::OrderLevel;
use crate::web::decide::half_width;
use crate::web::router::Doors;
use crate::web::who::SignedIn;

/// Longest part of a value that a refusal repeats, characters.
const REPEATED_MAX: usize = 80;
/// The header that carries the anti-forgery token.
const CSRF: &str = "x-csrf-token";

/// A body from a signed-in officer.
pub(in crate::web) struct Sent {
    pub(in crate::web) who: SignedIn,
    pub(in crate::web) body: Body,
}

impl FromRequest<Doors> for Sent {
    type Rejection = Refused;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Refused> {
        let (mut parts, body) = request.into_parts();
        let Caller(who) = Caller::from_request_parts(&mut parts, doors).await?;
        belongs(&parts.headers, &who)?;
        let body = read(Request::from_parts(parts, body), doors).await?;
        Ok(Self { who, body })
    }
}

/// Whether a writing request belongs to the session.
///
/// # Errors
/// [`Refused::Forged`]
pub(super) fn belongs(headers: &HeaderMap, who: &SignedIn) -> Result<(), Refused> {
    let token = headers.get(CSRF).and_then(|token| token.to_str().ok());
    if token == Some(who.csrf.as_str()) {
        Ok(())
    } else {
        Err(Refused::Forged)
    }
}

/// Reads a body without asking who sent it; for signing in.
pub(super) async fn read(request: Request, doors: &Doors) -> Result<Body, Refused> {
    let json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .and_then(|kind| kind.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"));
    if !json {
        return Err(Refused::NotJson);
    }
    let bytes = Bytes::from_request(request, doors).await.map_err(|why| {
        if why.status() == StatusCode::PAYLOAD_TOO_LARGE {
            Refused::TooLarge
        } else {
            Refused::BadQuestion(why.body_text())
        }
    })?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(fields)) => Ok(Body::of(fields)),
        Ok(other) => Err(Refused::WrongInput(vec![Wrong {
            field: String::new(),
            value: Some(repeated(&other)),
            accepted: "an object".to_owned(),
            ja: "送られた内容はJSONのオブジェクトではありません".to_owned(),
        }])),
        Err(why) => Err(Refused::BadQuestion(format!("the body is not JSON: {why}"))),
    }
}

/// The members of a body, taken out one by one.
#[derive(Debug)]
pub(in crate::web) struct Body {
    fields: Map<String, Value>,
    within: String,
    wrong: Vec<Wrong>,
}

/// Why an officer decides as they do, as a program sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    /// The line or chip, or `own`.
    pub(super) code: String,
    /// In the officer's own words; may be empty where a line was adopted.
    pub(super) words: String,
}

impl Reason {
    /// The words for the record: the adopted line, the officer's own, or both.
    pub(super) fn said(&self, adopted: Option<&str>) -> String {
        let own = self.words.trim();
        match adopted {
            None => own.to_owned(),
            Some(line) if own.is_empty() => line.to_owned(),
            Some(line) => format!("{line} / {own}"),
        }
    }
}

impl Body {
    fn of(fields: Map<String, Value>) -> Self {
        Self {
            fields,
            within: String::new(),
            wrong: Vec::new(),
        }
    }

    /// A text of at most so many characters, which must be there.
    pub(super) fn text(&mut self, field: &str, max: usize) -> Option<String> {
        match self.fields.remove(field) {
            Some(Value::String(text)) if (1..=max).contains(&text.trim().chars().count()) => {
                Some(text)
            }
            other => self.refuse(
                field,
                other.as_ref(),
                &format!("a text of 1 to {max} characters"),
            ),
        }
    }

    /// A text that may be empty or left out.
    pub(super) fn words(&mut self, field: &str, max: usize) -> Option<String> {
        match self.fields.remove(field) {
            None => Some(String::new()),
            Some(Value::String(text)) if text.chars().count() <= max => Some(text),
            other => self.refuse(
                field,
                other.as_ref(),
                &format!("a text of at most {max} characters"),
            ),
        }
    }

    /// A text that no refusal repeats.
    pub(super) fn secret(&mut self, field: &str, min: usize, max: usize) -> Option<String> {
        match self.fields.remove(field) {
            Some(Value::String(text)) if (min..=max).contains(&text.chars().count()) => Some(text),
            None if min == 0 => Some(String::new()),
            _ => self.refuse(field, None, &format!("a text of {min} to {max} characters")),
        }
    }

    /// One of these words.
    pub(super) fn word<'w>(&mut self, field: &str, accepted: &[&'w str]) -> Option<&'w str> {
        let value = self.fields.remove(field);
        let known = value.as_ref().and_then(Value::as_str);
        let found = accepted.iter().copied().find(|word| Some(*word) == known);
        match found {
            Some(word) => Some(word),
            None => self.refuse(
                field,
                value.as_ref(),
                &format!("one of {}", accepted.join(", ")),
            ),
        }
    }

    /// The same, or nothing where it is left out or null.
    pub(super) fn word_or_nothing<'w>(
        &mut self,
        field: &str,
        accepted: &[&'w str],
    ) -> Option<Option<&'w str>> {
        if self.fields.get(field).is_none_or(Value::is_null) {
            self.fields.remove(field);
            return Some(None);
        }
        self.word(field, accepted).map(Some)
    }

    /// One of these numbers.
    pub(super) fn number(&mut self, field: &str, accepted: &[u32]) -> Option<u32> {
        let value = self.fields.remove(field);
        let number = value.as_ref().and_then(Value::as_u64);
        let found = accepted
            .iter()
            .copied()
            .find(|one| Some(u64::from(*one)) == number);
        match found {
            Some(number) => Some(number),
            None => {
                let all: Vec<String> = accepted.iter().map(u32::to_string).collect();
                self.refuse(field, value.as_ref(), &format!("one of {}", all.join(", ")))
            }
        }
    }

    /// A whole number between these, or nothing: left out and null are the same.
    pub(super) fn count(&mut self, field: &str, low: u32, high: u32) -> Option<Option<u32>> {
        let value = self.fields.remove(field).filter(|value| !value.is_null());
        let Some(value) = value else {
            return Some(None);
        };
        let number = value.as_u64().and_then(|number| u32::try_from(number).ok());
        match number.filter(|number| (low..=high).contains(number)) {
            Some(number) => Some(Some(number)),
            None => self.refuse(
                field,
                Some(&value),
                &format!("a whole number from {low} to {high}, or null"),
            ),
        }
    }

    /// Names in a list of one to so many; left out and null are the same and mean nothing.
    pub(super) fn names(&mut self, field: &str, max: usize) -> Option<Option<Vec<String>>> {
        let value = self.fields.remove(field).filter(|value| !value.is_null());
        let Some(value) = value else {
            return Some(None);
        };
        let names: Option<Vec<String>> = value.as_array().and_then(|list| {
            let names = list.iter().map(|name| name.as_str().map(str::to_owned));
            names.collect()
        });
        match names.filter(|names| (1..=max).contains(&names.len())) {
            Some(names) => Some(Some(names)),
            None => {
                let sent = match value.as_array() {
                    Some(list) if list.len() > max => Value::from(format!("{} names", list.len())),
                    _ => value,
                };
                let accepted = format!("a list of 1 to {max} names");
                self.refuse(field, Some(&sent), &accepted)
            }
        }
    }

    /// 警戒レベル 3 to 5.
    pub(super) fn level(&mut self, field: &str) -> Option<OrderLevel> {
        let number = self.number(field, &[3, 4, 5])?;
        u8::try_from(number).ok().and_then(OrderLevel::from_number)
    }

    /// Yes or no.
    pub(super) fn flag(&mut self, field: &str) -> Option<bool> {
        match self.fields.remove(field) {
            Some(Value::Bool(flag)) => Some(flag),
            other => self.refuse(field, other.as_ref(), "true or false"),
        }
    }

    /// A moment that is not after `now`.
    pub(super) fn past(&mut self, field: &str, now: Timestamp) -> Option<Timestamp> {
        let value = self.fields.remove(field);
        let moment: Option<Timestamp> = value
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|text| text.parse().ok());
        match moment.filter(|moment| *moment <= now) {
            Some(moment) => Some(moment),
            None => self.refuse(
                field,
                value.as_ref(),
                &format!("a time as RFC 3339 has it, not after {now}"),
            ),
        }
    }

    /// The same, or nothing where it is left out or null.
    pub(super) fn past_or_nothing(
        &mut self,
        field: &str,
        now: Timestamp,
    ) -> Option<Option<Timestamp>> {
        match self.fields.get(field) {
            None => Some(None),
            Some(Value::Null) => {
                self.fields.remove(field);
                Some(None)
            }
            Some(_) => self.past(field, now).map(Some),
        }
    }

    /// A digest of what was read.
    pub(super) fn digest(&mut self, field: &str) -> Option<Digest> {
        let value = self.fields.remove(field);
        let digest = value
            .as_ref()
            .and_then(Value::as_str)
            .and_then(|text| Digest::try_from(text.to_owned()).ok());
        match digest {
            Some(digest) => Some(digest),
            None => self.refuse(
                field,
                value.as_ref(),
                "64 lower-case hexadecimal digits, as the sheet or text gives them",
            ),
        }
    }

    /// A digest that may be sent and is not looked at.
    pub(super) fn ignored(&mut self, field: &str) -> Option<Digest> {
        self.fields.remove(field);
        Some(Digest::of(b""))
    }

    /// The number that can be known only by reading; full-width digits count.
    pub(super) fn check(&mut self, field: &str, right: usize) -> Option<()> {
        let value = self.fields.remove(field);
        let typed = value.as_ref().and_then(Value::as_str).map(half_width);
        if typed.as_deref() == Some(right.to_string().as_str()) {
            return Some(());
        }
        self.wrong.push(Wrong {
            field: self.named(field),
            value: value.as_ref().map(repeated),
            accepted: "the number of areas that the message names, as text".to_owned(),
            ja: "文面の対象地区の数と合いません。文面を読んで、数を入力してください".to_owned(),
        });
        None
    }

    /// A reason: a code that is known here or `own`, and words. Own words are needed with `own`.
    pub(super) fn reason(&mut self, field: &str, known: &[&str]) -> Option<Reason> {
        let value = self.fields.remove(field);
        let Some(Value::Object(fields)) = value else {
            return self.refuse(field, value.as_ref(), "an object with code and words");
        };
        let mut inner = Self {
            fields,
            within: format!("{}.", self.named(field)),
            wrong: Vec::new(),
        };
        let accepted: Vec<&str> = known.iter().copied().chain(["own"]).collect();
        let code = inner.word("code", &accepted).map(str::to_owned);
        let words = inner.words("words", crate::desk::REASON_MAX);
        if code.as_deref() == Some("own") && words.as_deref().is_some_and(|w| w.trim().is_empty()) {
            inner.refuse::<()>("words", None, "words, because no line was adopted");
        }
        inner.unknown();
        let sound = inner.wrong.is_empty();
        self.wrong.append(&mut inner.wrong);
        let (code, words) = (code?, words?);
        sound.then_some(Reason { code, words })
    }

    /// Notes something wrong that only the caller can see.
    pub(super) fn refuse<T>(
        &mut self,
        field: &str,
        value: Option<&Value>,
        accepted: &str,
    ) -> Option<T> {
        let named = self.named(field);
        let ja = match value {
            Some(value) => format!("{named}の値({})は受け付けられません", repeated(value)),
            None => format!("{named}がありません"),
        };
        self.wrong.push(Wrong {
            value: value.map(repeated),
            accepted: accepted.to_owned(),
            ja,
            field: named,
        });
        None
    }

    /// What was read, if nothing was wrong and nothing is left over.
    ///
    /// # Errors
    /// [`Refused::WrongInput`] with everything that was wrong.
    pub(super) fn end<T>(mut self, read: Option<T>) -> Result<T, Refused> {
        self.unknown();
        match read {
            Some(read) if self.wrong.is_empty() => Ok(read),
            _ => Err(Refused::WrongInput(self.wrong)),
        }
    }

    fn unknown(&mut self) {
        let left: Vec<(String, Value)> = std::mem::take(&mut self.fields).into_iter().collect();
        for (field, value) in left {
            self.refuse::<()>(&field, Some(&value), "no member of this name");
        }
    }

    fn named(&self, field: &str) -> String {
        let field: String = field.chars().take(REPEATED_MAX).collect();
        format!("{}{field}", self.within)
    }
}

/// A value as a refusal repeats it.
fn repeated(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.chars().take(REPEATED_MAX).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(value: Value) -> Body {
        match value {
            Value::Object(fields) => Body::of(fields),
            other => panic!("{other}"),
        }
    }

    fn wrong(refused: Result<(), Refused>) -> Vec<(String, Option<String>)> {
        match refused {
            Err(Refused::WrongInput(wrong)) => wrong
                .into_iter()
                .map(|one| (one.field, one.value))
                .collect(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn everything_wrong_is_told_at_once_with_member_and_value() {
        let mut sent = body(
            json!({ "level": 2, "check": "3", "reason": { "code": "own", "words": " " }, "extra": true }),
        );
        assert_eq!(sent.level("level"), None);
        assert_eq!(sent.check("check", 12), None);
        assert_eq!(sent.reason("reason", &["0"]), None);
        let told = wrong(sent.end(Some(())));
        let some = |field: &str, value: Option<&str>| (field.to_owned(), value.map(str::to_owned));
        assert_eq!(
            told,
            [
                some("level", Some("2")),
                some("check", Some("3")),
                some("reason.words", None),
                some("extra", Some("true")),
            ]
        );
    }

    #[test]
    fn a_list_of_names_has_a_limit_and_is_told_how_long_it_was() {
        let list = json!({ "areas": ["kita", "minami"], "more": ["a", "b", "c"], "mixed": ["a", 1], "none": [], "null": null });
        let mut sent = body(list);
        let names = sent.names("areas", 2).flatten();
        assert_eq!(names, Some(vec!["kita".to_owned(), "minami".to_owned()]));
        assert_eq!(sent.names("null", 2), Some(None));
        assert_eq!(sent.names("absent", 2), Some(None));
        for field in ["more", "mixed", "none"] {
            assert_eq!(sent.names(field, 2), None, "{field}");
        }
        let told = wrong(sent.end(Some(())));
        let (field, value) = &told[0];
        assert_eq!(
            (field.as_str(), value.as_deref()),
            ("more", Some("3 names"))
        );
        assert_eq!(told.len(), 3);
    }

    #[test]
    fn a_number_typed_in_full_width_counts_and_a_secret_is_not_repeated() {
        let mut sent = body(json!({ "check": "１２", "password": 7 }));
        assert_eq!(sent.check("check", 12), Some(()));
        assert_eq!(sent.secret("password", 1, 10), None);
        assert_eq!(wrong(sent.end(Some(()))), [("password".to_owned(), None)]);
    }

    #[test]
    fn an_adopted_line_may_stand_alone_and_own_words_may_stand_beside_it() {
        let reason = |code: &str, words: &str| Reason {
            code: code.to_owned(),
            words: words.to_owned(),
        };
        assert_eq!(reason("0", "").said(Some("到達")), "到達");
        assert_eq!(
            reason("0", "巡視でも確認").said(Some("到達")),
            "到達 / 巡視でも確認"
        );
        assert_eq!(reason("own", " 堤防に漏水 ").said(None), "堤防に漏水");
    }
}
