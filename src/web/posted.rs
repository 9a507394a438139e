//! A form that was sent: its fields, once each, with the anti-forgery token checked.

use std::collections::BTreeMap;

use axum::extract::{FromRequest, RawForm, Request};

use super::refusal::Refusal;
use super::router::Doors;
use super::who::{SignedIn, ended};
use hinan_dashboard::form;

/// Most fields a form of ours has.
const FIELDS_MAX: usize = 32;

/// The fields of a form.
#[derive(Clone, Default)]
pub(super) struct Fields(BTreeMap<String, String>);

impl Fields {
    /// The field's text; empty when it was not sent.
    pub(super) fn text(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The code of the reason: which line or chip was chosen.
    pub(super) fn reason_code(&self) -> &str {
        match self.text(form::REASON) {
            "" => form::REASON_OWN,
            value => value,
        }
    }

    /// The officer's reason: the adopted line, or own words.
    pub(super) fn reason<'a>(&'a self, adopted: impl Fn(&str) -> Option<&'a str>) -> String {
        let own = self.text(form::REASON_TEXT).trim();
        match self.text(form::REASON) {
            "" | form::REASON_OWN => own.to_owned(),
            value => {
                let line = adopted(value).unwrap_or_default();
                if own.is_empty() {
                    line.to_owned()
                } else {
                    format!("{line} / {own}")
                }
            }
        }
    }
}

/// A form from a signed-in officer.
pub(super) struct Posted {
    pub(super) who: SignedIn,
    pub(super) fields: Fields,
}

impl FromRequest<Doors> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, doors: &Doors) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let who = <SignedIn as axum::extract::FromRequestParts<Doors>>::from_request_parts(
            &mut parts, doors,
        )
        .await;
        let path = parts.uri.path().to_owned();
        let headers = parts.headers.clone();
        let who = match who {
            Ok(who) => who,
            Err(Refusal::SignedOut) => {
                // Whose session it was is known as long as the record remembers it: what they typed is kept for them.
                if let Some((officer, csrf)) = ended(&headers, doors)? {
                    let fields = fields(Request::from_parts(parts, body), doors).await?;
                    if fields.text(form::CSRF) == csrf {
                        doors.kept.put(&officer, &path, fields);
                    }
                }
                return Err(Refusal::SignedOut);
            }
            Err(other) => return Err(other),
        };
        let fields = fields(Request::from_parts(parts, body), doors).await?;
        if fields.text(form::CSRF) != who.csrf {
            return Err(Refusal::Forged);
        }
        Ok(Self { who, fields })
    }
}

/// Reads a form without asking who sent it; for signing in.
pub(super) async fn fields(request: Request, doors: &Doors) -> Result<Fields, Refusal> {
    let RawForm(bytes) = RawForm::from_request(request, doors)
        .await
        .map_err(|error| Refusal::BadForm(error.to_string()))?;
    let mut fields = BTreeMap::new();
    for (index, pair) in bytes
        .split(|byte| *byte == b'&')
        .filter(|pair| !pair.is_empty())
        .enumerate()
    {
        if index >= FIELDS_MAX {
            return Err(Refusal::BadForm(format!("more than {FIELDS_MAX} fields")));
        }
        let (name, value) =
            pair.split_at(pair.iter().position(|b| *b == b'=').unwrap_or(pair.len()));
        let name = decoded(name)?;
        let value = decoded(value.get(1..).unwrap_or_default())?;
        if fields.insert(name.clone(), value).is_some() {
            return Err(Refusal::BadForm(format!("the field {name} was sent twice")));
        }
    }
    Ok(Fields(fields))
}

/// `application/x-www-form-urlencoded` text.
fn decoded(bytes: &[u8]) -> Result<String, Refusal> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let digits = [rest.next(), rest.next()];
                let value = match digits {
                    [Some(high), Some(low)] => hex::decode([high, low])
                        .ok()
                        .and_then(|v| v.first().copied()),
                    _ => None,
                };
                out.push(
                    value.ok_or_else(|| Refusal::BadForm("a % without two digits".to_owned()))?,
                );
            }
            byte => out.push(byte),
        }
    }
    String::from_utf8(out).map_err(|_| Refusal::BadForm("not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_text_is_decoded_and_nonsense_is_refused() {
        assert_eq!(decoded(b"a+b%E6%B0%B4").expect("text"), "a b水");
        assert!(decoded(b"%").is_err());
        assert!(decoded(b"%zz").is_err());
        assert!(decoded(b"%ff").is_err());
    }
}
