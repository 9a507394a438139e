//! GET and POST /plain/r/{id}/decide: the officer chooses; the exact text is shown; a second step lets it out.

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Redirect, Response};
use hinan_dashboard::view::{
    Approving, ChannelPlan, CheckNumber, ConfirmView, Confirmed, DecisionSheet, Draft, FieldErrors,
    Filled, LevelChoice, NoticeText, ReasonChoice, TextKind,
};
use hinan_dashboard::{form, page};
use hinan_notice::document::cap;
use hinan_notice::text::{EASY_JAPANESE, ENGLISH, JAPANESE, Texts};

use super::areas;
use super::both::Both;
use super::posted::{Fields, Posted};
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use super::{approve_notice, both, cautions, frame, inbox, lines};
use crate::app::{App, Link};
use crate::approve::compose;
use crate::approve::facts::{Facts, Kind};
use crate::approve::notice::NoticeId;
use crate::approve::rule::Needs;
use crate::clock::monotonic;
use crate::desk;
use crate::desk::judge::{Edit, REASON_JUDGEMENT};
use crate::digest::Digest;
use crate::publish::examine;
use crate::publish::outbox::ChannelName;
use crate::recommend::level::OrderLevel;
use crate::store::StoreError;
use crate::store::drafts::StoredDraft;
use crate::store::proposals::{ProposalState, StoredProposal};

/// Said when a form comes back that was typed into a session that had ended.
pub(super) const KEPT: &str =
    "サインインが切れる前に入力した内容を戻しました。確かめてから進んでください。";

/// The sheet.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Path(id): Path<String>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    let stored = app
        .store
        .read(|view| view.proposal(&id))?
        .ok_or(Refusal::Unknown)?;
    let kept = doors
        .kept
        .take(&who.officer.name, &format!("/plain/r/{id}/decide"));
    let mut frame = frame::officers(app, &who, None)?;
    if kept.is_some() {
        frame.notices.push(KEPT.to_owned());
    }
    desk::attention::opened(app, &who.officer, &id)?;
    let others = app.presence().opened(&id, &who.officer.name, monotonic());
    if !others.is_empty() {
        let others = others.join("、");
        frame.notices.push(format!(
            "{others}も、いまこの推奨を開いています。先に判断した方が有効です。"
        ));
    }
    let filled = kept.as_ref().map(filled).unwrap_or_default();
    let sheet = sheet(app, &stored, filled, FieldErrors::default());
    Ok(Html(page::decide(&frame, &sheet)))
}

/// The answer: first to the sheet, then to the final text.
pub(super) async fn handler(
    State(doors): State<Doors>,
    Path(id): Path<String>,
    Posted { who, fields }: Posted,
) -> Result<Response, Refusal> {
    let app = &doors.app;
    match fields.text(form::STEP) {
        form::STEP_APPROVE => return approve_notice::approve(app, &who, &fields),
        form::STEP_BACK => {
            return Ok(Redirect::to(&format!("/plain/r/{id}/decide")).into_response());
        }
        _ => {}
    }
    let stored = app
        .store
        .read(|view| view.proposal(&id))?
        .ok_or(Refusal::Unknown)?;
    let reason = fields.reason(|value| adopted(&stored, value));
    let filled = filled(&fields);
    let read = edit(app, &stored, &fields);
    let (level, mut errors) = checked(&stored, &fields, &reason, read.as_ref().ok());
    let edit = match read {
        Ok(edit) => edit,
        Err(why) => {
            errors.form = Some(why.to_string());
            Edit::default()
        }
    };
    if let (Some(level), false) = (level, any(&errors)) {
        let read =
            Digest::try_from(fields.text(form::DIGEST).to_owned()).map_err(Refusal::BadForm)?;
        let reason = desk::Reason {
            code: reason_code(&stored, fields.reason_code()),
            words: &reason,
        };
        match desk::prepare_edited(app, &who.officer, &id, (level, &edit), reason, &read) {
            Ok(draft) => {
                let view = confirm(app, &draft, &stored, filled)?;
                return Ok(
                    Html(page::confirm(&frame::officers(app, &who, None)?, &view)).into_response(),
                );
            }
            Err(desk::Declined::Incomplete(why) | desk::Declined::Changed(why)) => {
                errors.form = Some(why);
            }
            Err(other) => return Err(other.into()),
        }
    }
    let sheet = sheet(app, &stored, filled, errors);
    let page = Html(page::decide(&frame::officers(app, &who, None)?, &sheet));
    Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
}

/// Other districts and another time than were asked about, where the form names them.
fn edit(app: &App, stored: &StoredProposal, fields: &Fields) -> Result<Edit, desk::Declined> {
    let typed = fields.text(form::AREAS).trim();
    let units = if typed.is_empty() {
        None
    } else {
        let named = areas::named(app, typed)?;
        let asked = stored.proposal.districts.iter().map(|one| &one.id);
        let is_other = named.iter().collect::<BTreeSet<_>>() != asked.collect();
        is_other.then_some(named)
    };
    let valid_h = areas::hours(fields.text(form::VALID_H))?;
    Ok(Edit { units, valid_h })
}

fn checked(
    stored: &StoredProposal,
    fields: &Fields,
    reason: &str,
    edit: Option<&Edit>,
) -> (Option<OrderLevel>, FieldErrors) {
    let level = fields
        .text(form::LEVEL)
        .parse()
        .ok()
        .and_then(OrderLevel::from_number);
    let units = edit.and_then(|edit| edit.units.as_ref());
    let count = units.map_or(stored.proposal.districts.len(), Vec::len);
    let count = count.to_string();
    let own = fields.text(form::REASON_TEXT).trim();
    let mut errors = FieldErrors::default();
    if level.is_none() {
        errors.level = Some("レベルを選んでください".to_owned());
    }
    if reason.is_empty() {
        errors.reason = Some("理由を選ぶか、書いてください".to_owned());
    } else if level.is_some_and(|level| level != stored.proposal.key.level) && own.is_empty() {
        errors.reason = Some("推奨と違うレベルにする理由を、自分の言葉で書いてください".to_owned());
    } else if units.is_some() && own.is_empty() {
        errors.reason = Some("対象地区を変える理由を、自分の言葉で書いてください".to_owned());
    }
    if half_width(fields.text(form::CHECK)) != count {
        errors.check =
            Some("文面の対象地区の数と合いません。文面を読んで、数を入力してください".to_owned());
    }
    (level, errors)
}

fn any(errors: &FieldErrors) -> bool {
    [&errors.form, &errors.level, &errors.reason, &errors.check]
        .into_iter()
        .any(Option::is_some)
}

/// Full-width digits are what a Japanese keyboard gives first.
pub(super) fn half_width(text: &str) -> String {
    text.trim()
        .chars()
        .map(|c| match c {
            '０'..='９' => {
                char::from_u32(u32::from(c) - u32::from('０') + u32::from('0')).unwrap_or(c)
            }
            c => c,
        })
        .collect()
}

/// The code of an adopted reason: the name of the condition behind the line, a stable word.
pub(super) fn reason_code<'a>(stored: &'a StoredProposal, value: &'a str) -> &'a str {
    if stored.proposal.judgement.is_some() {
        return value;
    }
    let index: Option<usize> = value.parse().ok();
    index
        .and_then(|index| stored.proposal.met.get(index))
        .map_or(value, |finding| finding.condition.id.as_str())
}

/// The line behind an adopted reason.
pub(super) fn adopted<'a>(stored: &'a StoredProposal, value: &str) -> Option<&'a str> {
    if let Some(judgement) = &stored.proposal.judgement {
        return (value == REASON_JUDGEMENT).then_some(judgement.words.as_str());
    }
    let index: usize = value.parse().ok()?;
    let finding = stored.proposal.met.get(index)?;
    Some(&finding.condition.words)
}

pub(super) fn filled(fields: &Fields) -> Filled {
    let level = fields
        .text(form::LEVEL)
        .parse()
        .ok()
        .and_then(OrderLevel::from_number);
    let reason = fields.text(form::REASON);
    Filled {
        level: level.map(lines::level),
        reason: (!reason.is_empty()).then(|| reason.to_owned()),
        reason_text: fields.text(form::REASON_TEXT).to_owned(),
        check: fields.text(form::CHECK).to_owned(),
        areas: fields.text(form::AREAS).to_owned(),
        valid_h: fields.text(form::VALID_H).to_owned(),
    }
}

/// The sheet of a recommendation, with what was filled in and what is wrong with it.
pub(super) fn sheet(
    app: &App,
    stored: &StoredProposal,
    filled: Filled,
    errors: FieldErrors,
) -> DecisionSheet {
    let proposal = &stored.proposal;
    let mut levels = OrderLevel::ALL;
    levels.sort_by_key(|level| (*level != proposal.key.level, *level));
    DecisionSheet {
        item: inbox::item(stored),
        data_as_of: proposal.as_of,
        levels: OrderLevel::ALL
            .into_iter()
            .map(|level| LevelChoice {
                level: lines::level(level),
                proposed: level == proposal.key.level,
                barred: None,
            })
            .collect(),
        reasons: lines::adoptable(proposal)
            .into_iter()
            .map(|(value, text)| ReasonChoice { value, text })
            .collect(),
        judged: proposal.judgement.is_some(),
        valid_h: [
            app.config.publish.expires_after_h,
            app.config.publish.expires_max_h,
        ],
        check: CheckNumber {
            question: "この文面に書かれた対象地区は、何地区ですか".to_owned(),
            hint: "数字だけ。全角でもかまいません".to_owned(),
        },
        drafts: levels
            .into_iter()
            .map(|level| Draft {
                level: lines::level(level),
                texts: preview(app, stored, level),
            })
            .collect(),
        digest: proposal.substance().to_string(),
        filled,
        errors,
        locked: (stored.state != ProposalState::Open).then(|| {
            format!(
                "この{}は判断済み、または置き換え済みです",
                proposal.called()
            )
        }),
    }
}

/// What a text of this level would say now. The final one, with its identifier, comes on the next page.
fn preview(app: &App, stored: &StoredProposal, level: OrderLevel) -> Vec<NoticeText> {
    let picture = app.picture();
    let gauge = picture.advice.outlook.gauges.get(&stored.proposal.gauge);
    let choice = compose::Choice {
        level,
        id: NoticeId::new(&app.town().code, uuid::Uuid::nil()),
        at: app.clock.now(),
        replaces: Vec::new(),
        valid_h: stored
            .proposal
            .judgement
            .as_ref()
            .and_then(|one| one.valid_h),
        open: examine::open_sites(app),
    };
    let facts = compose::issue(
        app.config.service.realm,
        app.town(),
        &app.config.publish,
        &stored.proposal,
        gauge,
        choice,
    );
    words(&app.dispatch.texts(&facts))
}

/// All words, the three languages of the house first.
fn words(texts: &Texts) -> Vec<NoticeText> {
    let mut all: Vec<NoticeText> = texts
        .languages
        .iter()
        .map(|one| NoticeText {
            kind: match one.language.as_str() {
                JAPANESE => TextKind::Japanese,
                EASY_JAPANESE => TextKind::EasyJapanese,
                ENGLISH => TextKind::English,
                _ => TextKind::Further,
            },
            body: one.text.whole(),
        })
        .collect();
    all.push(NoticeText {
        kind: TextKind::AreaMail,
        body: format!("{}\n\n{}", texts.area_mail.subject, texts.area_mail.body),
    });
    all
}

/// All texts of a notice, the document last, exactly as sent. Where the templates are others than when it was made, the words
/// are those that its document holds.
pub(super) fn all_texts(app: &App, facts: &Facts, document: &[u8]) -> Vec<NoticeText> {
    let texts = app.dispatch.texts(facts);
    let mut all = if cap::texts_digest(document) == Some(texts.digest()) {
        words(&texts)
    } else {
        [(JAPANESE, TextKind::Japanese), (ENGLISH, TextKind::English)]
            .into_iter()
            .filter_map(|(language, kind)| {
                let body = cap::text_in(document, language)?.whole();
                Some(NoticeText { kind, body })
            })
            .collect()
    };
    all.push(NoticeText {
        kind: TextKind::Cap,
        body: String::from_utf8_lossy(document).into_owned(),
    });
    all
}

fn confirm(
    app: &App,
    draft: &StoredDraft,
    stored: &StoredProposal,
    filled: Filled,
) -> Result<ConfirmView, StoreError> {
    let mut view = of_draft(app, draft, approving(draft))?;
    view.filled = filled;
    view.post_to = format!("/plain/r/{}/decide", stored.id);
    view.back_to = format!("/plain/r/{}/decide", stored.id);
    Ok(view)
}

/// As whom the author of a draft approves it.
pub(super) fn approving(draft: &StoredDraft) -> Approving {
    match draft.needs {
        Needs::Two => Approving::FirstOfTwo,
        Needs::One | Needs::OneThenReview => Approving::Alone,
    }
}

/// The last page of a draft: whoever shows it says where its form goes.
pub(super) fn of_draft(
    app: &App,
    draft: &StoredDraft,
    approving: Approving,
) -> Result<ConfirmView, StoreError> {
    let cautions = cautions::of(app, draft)?;
    Ok(beside(app, draft, approving, &cautions))
}

/// The same beside what is said of it.
pub(super) fn beside(
    app: &App,
    draft: &StoredDraft,
    approving: Approving,
    cautions: &[Both],
) -> ConfirmView {
    let content = draft.notice.content();
    let facts = content.facts();
    ConfirmView {
        action: match facts.kind {
            Kind::Issue => Confirmed::Issue,
            Kind::Lift => Confirmed::Lift,
            Kind::Cancel => Confirmed::Cancel,
        },
        approving,
        level: lines::level(facts.level),
        place: inbox::place(crate::recommend::cause::of_facts(facts)),
        districts: facts.districts.iter().map(|d| d.name.clone()).collect(),
        reason: draft.reason.clone(),
        post_to: String::new(),
        back_to: String::new(),
        filled: Filled::default(),
        texts: all_texts(app, facts, content.document()),
        digest: content.digest().to_string(),
        channels: channels(app),
        cautions: both::japanese(cautions),
        check: None,
        check_error: None,
    }
}

/// Where a notice will go, and how these ways are.
pub(super) fn channels(app: &App) -> Vec<ChannelPlan> {
    app.dispatch
        .channels()
        .iter()
        .map(|channel| ChannelPlan {
            name: channel.spoken(),
            condition: WayOut::of(app, channel).japanese(),
        })
        .collect()
}

/// How a way out stands now.
pub(super) enum WayOut {
    Ready,
    /// So many notices have not arrived yet.
    Owed(usize),
    BrokerDown,
    Unreadable,
}

impl WayOut {
    pub(super) fn of(app: &App, channel: &ChannelName) -> Self {
        let owed = app.store.read(|view| view.owed(channel, 100));
        match (channel, app.publishing_link(), owed) {
            (ChannelName::Mqtt, Link::Down { .. }, _) => Self::BrokerDown,
            (_, _, Ok(owed)) if !owed.is_empty() => Self::Owed(owed.len()),
            (_, _, Err(_)) => Self::Unreadable,
            (_, _, Ok(_)) => Self::Ready,
        }
    }

    /// As officers read it.
    pub(super) fn japanese(&self) -> String {
        match self {
            Self::Ready => "使えます".to_owned(),
            Self::Owed(n) => format!("まだ届いていない発表が{n}件あります"),
            Self::BrokerDown => "ブローカーと切断中。復旧すると自動で送ります".to_owned(),
            Self::Unreadable => "状態を読めません".to_owned(),
        }
    }

    /// The word for programs.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Owed(_) => "owed",
            Self::BrokerDown => "broker_down",
            Self::Unreadable => "unreadable",
        }
    }

    /// How many notices have not arrived yet, where that is known.
    pub(super) fn owed(&self) -> Option<usize> {
        match self {
            Self::Ready => Some(0),
            Self::Owed(n) => Some(*n),
            Self::BrokerDown | Self::Unreadable => None,
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn full_width_digits_count_as_digits() {
        assert_eq!(super::half_width(" １２3 "), "123");
    }
}
