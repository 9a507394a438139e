//! Officers at their desks: they use the pages that work without a script, by the names of the form fields.

use std::collections::BTreeMap;

use hinan_dashboard::form;
use reqwest::StatusCode;
use reqwest::redirect::Policy;

use crate::resident::Page;
use crate::sheet;

/// The password that every account of a test town has.
#[must_use]
pub fn password_of(name: &str) -> String {
    format!("the secret of {name}")
}

/// An officer with a browser of their own.
#[derive(Clone)]
pub struct Officer {
    http: reqwest::Client,
    base: String,
    /// Account name.
    pub name: String,
}

/// The answer to a click.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Where the browser is sent, if it is.
    pub to: Option<String>,
    /// The page.
    pub text: String,
}

/// A decision sheet as read.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The recommendation it belongs to.
    pub recommendation: String,
    /// Values of its form.
    pub fields: BTreeMap<String, String>,
    /// The texts it shows.
    pub texts: Vec<String>,
}

impl Answer {
    /// The page's main heading: on a refusal, the sentence that says why.
    #[must_use]
    pub fn heading(&self) -> String {
        let rest = self
            .text
            .split_once("<h1")
            .and_then(|(_, rest)| rest.split_once('>'));
        let inside = rest.and_then(|(_, rest)| rest.split_once("</h1>"));
        inside
            .map(|(words, _)| sheet::unescaped(words))
            .unwrap_or_default()
    }
}

impl Sheet {
    /// How many districts the text names: what the sheet asks for, so that nobody decides unread.
    #[must_use]
    pub fn districts(&self) -> usize {
        let line = self
            .texts
            .iter()
            .flat_map(|text| text.lines())
            .find_map(|line| line.strip_prefix("対象地区: "))
            .expect("the text names its districts");
        line.split('、').count()
    }

    /// Whether the text is about this river.
    #[must_use]
    pub fn is_about(&self, river: &str) -> bool {
        let along = format!("{river}沿い");
        self.texts.iter().any(|text| text.contains(&along))
    }
}

/// The last page before a notice leaves.
#[derive(Clone, Debug)]
pub struct Confirmation {
    /// Where its form goes.
    pub post_to: String,
    /// Values of its form.
    pub fields: BTreeMap<String, String>,
    /// The CAP document as shown.
    pub document: String,
}

impl Confirmation {
    /// The digest of what is shown, as the page states it.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.fields
            .get(form::DIGEST)
            .expect("a confirmation carries the digest of its text")
    }
}

impl Officer {
    /// Somebody who is not signed in.
    #[must_use]
    pub fn nobody(base: &str, name: &str) -> Self {
        hinan::bridge::install_tls();
        let http = reqwest::Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .build()
            .expect("a client can be built");
        Self {
            http,
            base: base.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The same browser, with all its cookies, at another address.
    #[must_use]
    pub fn at(&self, base: &str) -> Self {
        Self {
            base: base.to_owned(),
            ..self.clone()
        }
    }

    /// Tries to sign in.
    pub async fn tries_to_sign_in(&self, password: &str) -> Answer {
        self.tries_to_sign_in_with(password, "").await
    }

    /// Tries to sign in with a code, too.
    pub async fn tries_to_sign_in_with(&self, password: &str, code: &str) -> Answer {
        let fields = [
            (form::USER, self.name.as_str()),
            (form::PASSWORD, password),
            (form::CODE, code),
        ];
        self.posts("/plain/signin", &fields).await
    }

    pub(crate) fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.base))
    }

    pub(crate) fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.base))
    }

    pub(crate) fn delete(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.delete(format!("{}{path}", self.base))
    }

    /// Opens a page.
    pub async fn opens(&self, path: &str) -> Answer {
        let response = self.get(path).send().await;
        Self::answer(response, path).await
    }

    /// Asks as a program does, with headers of its own: status, headers and bytes of the answer.
    pub async fn asks(
        &self,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (StatusCode, BTreeMap<String, String>, Vec<u8>) {
        let mut request = self.http.get(format!("{}{path}", self.base));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.expect("the service answers");
        let status = answer.status();
        let said = answer.headers().iter();
        let said = said
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
        let said = said.collect();
        (
            status,
            said,
            answer.bytes().await.expect("the answer is read").to_vec(),
        )
    }

    /// Sends a form.
    pub async fn posts<N: AsRef<str>, V: AsRef<str>>(
        &self,
        path: &str,
        fields: &[(N, V)],
    ) -> Answer {
        self.posts_from(path, fields, &[]).await
    }

    /// Sends a form with headers that a browser would add.
    pub async fn posts_from<N: AsRef<str>, V: AsRef<str>>(
        &self,
        path: &str,
        fields: &[(N, V)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let fields: Vec<(&str, &str)> = fields
            .iter()
            .map(|(n, v)| (n.as_ref(), v.as_ref()))
            .collect();
        let mut request = self.http.post(format!("{}{path}", self.base)).form(&fields);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Self::answer(request.send().await, path).await
    }

    async fn answer(response: reqwest::Result<reqwest::Response>, path: &str) -> Answer {
        let response = response.unwrap_or_else(|error| panic!("{path}: {error}"));
        let to = response
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        let page = Page::of(response).await;
        Answer {
            status: page.status,
            to,
            text: page.text(),
        }
    }

    /// Recommendations that wait for a decision, in the order of the page.
    pub async fn inbox(&self) -> Vec<String> {
        let page = self.opens("/plain/inbox").await;
        assert_eq!(page.status, StatusCode::OK, "{} opens the inbox", self.name);
        sheet::links(&page.text, "/plain/r/")
            .iter()
            .filter_map(|link| link.strip_prefix("/plain/r/"))
            .filter(|id| !id.contains('/'))
            .map(str::to_owned)
            .collect()
    }

    /// Opens the decision sheet of a recommendation.
    pub async fn reads(&self, recommendation: &str) -> Sheet {
        let page = self
            .opens(&format!("/plain/r/{recommendation}/decide"))
            .await;
        assert_eq!(
            page.status,
            StatusCode::OK,
            "the sheet of {recommendation} opens"
        );
        Sheet {
            recommendation: recommendation.to_owned(),
            fields: sheet::fields(&page.text),
            texts: sheet::texts(&page.text),
        }
    }

    /// Fills in a sheet and sends it.
    pub async fn fills_in(&self, sheet: &Sheet, level: u8, reason: &str) -> Answer {
        let count = sheet.districts().to_string();
        let level = level.to_string();
        let mut fields = sheet.fields.clone();
        for (name, value) in [
            (form::LEVEL, level.as_str()),
            (form::REASON, form::REASON_OWN),
            (form::REASON_TEXT, reason),
            (form::CHECK, &count),
        ] {
            fields.insert(name.to_owned(), value.to_owned());
        }
        let fields: Vec<(String, String)> = fields.into_iter().collect();
        self.posts(
            &format!("/plain/r/{}/decide", sheet.recommendation),
            &fields,
        )
        .await
    }

    /// Decides, and gets the last page before the notice leaves.
    pub async fn decides(&self, sheet: &Sheet, level: u8, reason: &str) -> Confirmation {
        let answer = self.fills_in(sheet, level, reason).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "the confirmation opens: {}",
            answer.heading()
        );
        confirmation(
            &answer.text,
            format!("/plain/r/{}/decide", sheet.recommendation),
        )
    }

    /// Approves exactly what the confirmation shows.
    pub async fn approves(&self, confirmation: &Confirmation) -> Answer {
        let mut fields = confirmation.fields.clone();
        fields.insert(form::STEP.to_owned(), form::STEP_APPROVE.to_owned());
        let fields: Vec<(String, String)> = fields.into_iter().collect();
        self.posts(&confirmation.post_to, &fields).await
    }

    /// Approves and names the notice that left.
    pub async fn lets_out(&self, confirmation: &Confirmation) -> String {
        let answer = self.approves(confirmation).await;
        assert_eq!(
            answer.status,
            StatusCode::SEE_OTHER,
            "the approval is taken: {}",
            answer.heading()
        );
        let to = answer.to.expect("an approval leads to its notice");
        to.strip_prefix("/plain/n/")
            .unwrap_or_else(|| panic!("an approval leads to {to}"))
            .to_owned()
    }

    /// Approves as the first of two, and names the draft that waits.
    pub async fn approves_first(&self, confirmation: &Confirmation) -> String {
        let answer = self.approves(confirmation).await;
        let to = answer.to.clone().unwrap_or_default();
        to.strip_prefix("/plain/first/")
            .unwrap_or_else(|| panic!("a first approval leads to {to}: {}", answer.heading()))
            .to_owned()
    }

    /// As the second of two: chooses, without seeing what the first chose.
    pub async fn chooses(&self, draft: &str, choice: &str, districts: usize) -> Answer {
        let path = format!("/plain/second/{draft}");
        let page = self.opens(&path).await;
        assert_eq!(
            page.status,
            StatusCode::OK,
            "the second person's page opens: {}",
            page.heading()
        );
        let mut fields = sheet::fields(&page.text);
        for (name, value) in [
            (form::CHOICE, choice),
            (form::CHECK, &districts.to_string()),
            (form::STEP, "choose"),
        ] {
            fields.insert(name.to_owned(), value.to_owned());
        }
        let fields: Vec<(String, String)> = fields.into_iter().collect();
        self.posts(&path, &fields).await
    }

    /// The same without the page, which may not open any more.
    pub async fn chooses_by_hand(&self, draft: &str, choice: &str) -> Answer {
        let page = self.opens("/plain/account").await;
        let csrf = sheet::fields(&page.text)[form::CSRF].clone();
        let fields = [
            (form::CSRF, csrf.as_str()),
            (form::CHOICE, choice),
            (form::STEP, "choose"),
        ];
        self.posts(&format!("/plain/second/{draft}"), &fields).await
    }

    /// As the second of two: chooses the same, reads, and lets it out.
    pub async fn completes(&self, draft: &str, choice: &str, districts: usize) -> String {
        let answer = self.chooses(draft, choice, districts).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "both think the same: {}",
            answer.heading()
        );
        let confirmation = confirmation(&answer.text, format!("/plain/second/{draft}"));
        self.lets_out(&confirmation).await
    }

    /// The last page before a notice leaves, as this address shows it.
    pub async fn confirmation_at(&self, path: &str, post_to: &str) -> Confirmation {
        let page = self.opens(path).await;
        assert_eq!(
            page.status,
            StatusCode::OK,
            "{path} opens: {}",
            page.heading()
        );
        confirmation(&page.text, post_to.to_owned())
    }

    /// Declines a recommendation with a reason.
    pub async fn declines(&self, recommendation: &str, reason: &str) -> Answer {
        let path = format!("/plain/r/{recommendation}/decline");
        let page = self.opens(&path).await;
        assert_eq!(page.status, StatusCode::OK, "the decline page opens");
        let mut fields = sheet::fields(&page.text);
        fields.insert(form::REASON.to_owned(), form::REASON_OWN.to_owned());
        fields.insert(form::REASON_TEXT.to_owned(), reason.to_owned());
        let fields: Vec<(String, String)> = fields.into_iter().collect();
        self.posts(&path, &fields).await
    }

    /// Prepares the end of a notice: `lift` when it is over, `cancel` when it was wrong.
    pub async fn ends(
        &self,
        notice: &str,
        ending: &str,
        districts: usize,
        reason: &str,
    ) -> Confirmation {
        let path = format!("/plain/n/{notice}/cancel");
        let page = self.opens(&path).await;
        assert_eq!(
            page.status,
            StatusCode::OK,
            "the page to end {notice} opens"
        );
        let mut fields = sheet::fields(&page.text);
        for (name, value) in [
            (form::ENDING, ending),
            (form::REASON, form::REASON_OWN),
            (form::REASON_TEXT, reason),
            (form::CHECK, &districts.to_string()),
        ] {
            fields.insert(name.to_owned(), value.to_owned());
        }
        let fields: Vec<(String, String)> = fields.into_iter().collect();
        let answer = self.posts(&path, &fields).await;
        assert_eq!(
            answer.status,
            StatusCode::OK,
            "the confirmation opens: {}",
            answer.heading()
        );
        confirmation(&answer.text, path)
    }
}

fn confirmation(html: &str, post_to: String) -> Confirmation {
    let document = sheet::texts(html)
        .into_iter()
        .find(|text| text.trim_start().starts_with("<?xml"))
        .expect("the confirmation shows the document itself");
    Confirmation {
        post_to,
        fields: sheet::fields(html),
        document,
    }
}
