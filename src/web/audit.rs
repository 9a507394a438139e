//! GET /plain/audit: the record, and whether its chain is whole.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{Html, IntoResponse as _, Response};
use hinan_dashboard::page;
use hinan_dashboard::view::{AuditRow, AuditView, ChainCheck};
use serde::Deserialize;

use super::frame;
use super::refusal::Refusal;
use super::router::Doors;
use super::who::SignedIn;
use crate::approve::officer::Act;
use crate::approve::rule::Choice;
use crate::desk;
use crate::recommend::level::OrderLevel;
use crate::recommend::told::ShelterState;
use crate::store::audit::{Chain, Entry};
use crate::store::particulars::UNREADABLE;
use crate::store::{StoreError, View};

const PAGE: i64 = 100;
/// Entries read at a time for an export.
const EXPORTED_AT_ONCE: u32 = 500;

/// Which part of the record.
#[derive(Deserialize)]
pub(super) struct Part {
    before: Option<i64>,
}

/// GET /plain/audit/checkpoint.json: how the record stands, signed, to be kept elsewhere.
pub(super) async fn checkpoint(
    State(doors): State<Doors>,
    who: SignedIn,
) -> Result<Response, Refusal> {
    desk::may(&who.officer, Act::ExportRecord)?;
    let checkpoint = doors.app.checkpoint().ok_or(Refusal::Unknown)?;
    let mut line = serde_json::to_string(&checkpoint).map_err(|why| StoreError::Damaged {
        what: "the checkpoint".to_owned(),
        why: why.to_string(),
    })?;
    line.push('\n');
    Ok(download(
        "checkpoint.json",
        "application/json",
        Body::from(line),
    ))
}

/// GET /plain/audit/entries.jsonl: every entry as a line of JSON, oldest first.
pub(super) async fn export(State(doors): State<Doors>, who: SignedIn) -> Result<Response, Refusal> {
    desk::may(&who.officer, Act::ExportRecord)?;
    let app = Arc::clone(&doors.app);
    // What was there when it began, batch by batch: a long record does not stand in memory.
    let len = app.store.read(|view| view.audit_len())?;
    let lines = futures_util::stream::try_unfold(0_i64, move |after| {
        let app = Arc::clone(&app);
        async move {
            if after >= len {
                return Ok::<_, StoreError>(None);
            }
            let entries = app
                .store
                .read(|view| view.audit_after(after, EXPORTED_AT_ONCE))?;
            let Some(last) = entries.last() else {
                return Ok(None);
            };
            let next = last.seq;
            let mut text = String::new();
            for entry in entries.iter().filter(|entry| entry.seq <= len) {
                let line = serde_json::to_string(entry).map_err(|why| StoreError::Damaged {
                    what: format!("audit entry {}", entry.seq),
                    why: why.to_string(),
                })?;
                text.push_str(&line);
                text.push('\n');
            }
            Ok(Some((text, next)))
        }
    });
    Ok(download(
        "audit.jsonl",
        "application/jsonl",
        Body::from_stream(lines),
    ))
}

fn download(name: &str, kind: &'static str, body: Body) -> Response {
    let disposition = format!("attachment; filename=\"{name}\"");
    (
        [
            (header::CONTENT_TYPE, kind.to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        body,
    )
        .into_response()
}

/// The page, newest first.
pub(super) async fn page(
    State(doors): State<Doors>,
    who: SignedIn,
    Query(part): Query<Part>,
) -> Result<Html<String>, Refusal> {
    let app = &doors.app;
    desk::may(&who.officer, Act::ReadRecord)?;
    let now = app.clock.now();
    let (len, entries, chain) = app.store.read(|view| {
        let len = view.audit_len()?;
        let end = part.before.map_or(len, |before| before - 1).clamp(0, len);
        let from = (end - PAGE).max(0);
        let count = u32::try_from(end - from).unwrap_or(0);
        let mut entries = Vec::new();
        for entry in view.audit_after(from, count)? {
            let is_hidden = is_hidden(view, &entry, &who.officer.name)?;
            entries.push((entry, is_hidden));
        }
        Ok((len, entries, view.verify_audit()?))
    })?;
    let first = entries.first().map_or(0, |(entry, _)| entry.seq);
    let last = entries.last().map_or(0, |(entry, _)| entry.seq);
    let view = AuditView {
        rows: entries
            .iter()
            .rev()
            .map(|(entry, is_hidden)| row(entry, *is_hidden))
            .collect(),
        check: match chain {
            Chain::Whole { entries, .. } => ChainCheck::Whole {
                entries: u64::try_from(entries).unwrap_or(0),
                at: now,
            },
            Chain::Broken { at, .. } => ChainCheck::Broken {
                seq: u64::try_from(at).unwrap_or(0),
                at: now,
            },
        },
        older: (first > 1).then(|| format!("/plain/audit?before={first}")),
        newer: (last < len).then(|| format!("/plain/audit?before={}", last + PAGE + 1)),
    };
    Ok(Html(page::audit(&frame::officers(app, &who, None)?, &view)))
}

fn row(entry: &Entry, is_hidden: bool) -> AuditRow {
    AuditRow {
        seq: u64::try_from(entry.seq).unwrap_or(0),
        at: entry.at,
        who: actor(entry),
        what: told(entry, is_hidden),
        hash: entry.hash.to_string(),
    }
}

/// Entries that tell, or hint at, what somebody wants done.
const TELLING: [&str; 9] = [
    "text_shown",
    "approve_attempt",
    "approve_refused",
    "first_approved",
    "first_withdrawn",
    "second_attempt",
    "alone_attempt",
    desk::ATTEMPTED,
    desk::ACT_REFUSED,
];

/// Whether an entry tells what somebody wants done about what is not decided yet: whoever is to judge for themselves must not read it.
/// That holds for every text that was made on the way, not only for the one that was approved.
///
/// # Errors
/// The record's.
pub(super) fn is_hidden(view: &View<'_>, entry: &Entry, reader: &str) -> Result<bool, StoreError> {
    if !TELLING.contains(&entry.action.as_str()) {
        return Ok(false);
    }
    if let Some(author) = view.undecided_author(&entry.subject)? {
        return Ok(author != reader);
    }
    // A text that was forgotten meanwhile still answered something; an entry that cannot be read says nothing of it.
    let detail = entry.particulars();
    let about = detail.as_ref().map_or(entry.subject.as_str(), |detail| {
        detail.word("proposal").unwrap_or(&entry.subject)
    });
    Ok(entry.actor != reader && view.is_open_proposal(about)?)
}

/// An entry in words; of one that is hidden, only that it happened.
pub(super) fn told(entry: &Entry, is_hidden: bool) -> String {
    let subject = &entry.subject;
    match (is_hidden, entry.action.as_str()) {
        (false, _) => words(entry),
        (true, "text_shown") => format!("文面を表示 {subject}(判断が済むまで内容は伏せます)"),
        (true, "approve_refused") => {
            format!("承認できず {subject}(判断が済むまで理由は伏せます)")
        }
        (true, "first_approved") => format!("1人目として承認 {subject}"),
        (true, "first_withdrawn") => format!("1人目の承認を取り下げ {subject}"),
        (true, _) => format!("操作 {subject}(判断が済むまで内容は伏せます)"),
    }
}

/// Who did it, in the officers' words.
pub(super) fn actor(entry: &Entry) -> String {
    match entry.actor.as_str() {
        "system" => "システム".to_owned(),
        "console" => "コンソール".to_owned(),
        name => name.to_owned(),
    }
}

/// What somebody wanted to do.
fn act(code: &str) -> String {
    match code {
        "decline" => "推奨の見送り",
        "defer" => "推奨の保留",
        "choose" => "2人目の判断",
        "withdraw" => "1人目の承認の取り下げ",
        "review" => "発表の確認",
        "retry" => "再送の指示",
        "confirm_gate" => "解除の条件の確認",
        "withdraw_gate" => "解除の条件の確認の取消",
        other => other,
    }
    .to_owned()
}

/// An entry in the officers' words; of one that cannot be read, that it cannot.
pub(super) fn words(entry: &Entry) -> String {
    said(entry).unwrap_or_else(|_| format!("{} {}: {UNREADABLE}", entry.action, entry.subject))
}

/// # Errors
/// The entry does not say what it must. Free text may be missing: entries of earlier versions have less of it.
fn said(entry: &Entry) -> Result<String, StoreError> {
    let detail = entry.particulars()?;
    let text = |key: &str| detail.all[key].as_str().unwrap_or_default().to_owned();
    let level = || -> Result<String, StoreError> { Ok(level_words(detail.word("level")?)) };
    let subject = &entry.subject;
    Ok(match entry.action.as_str() {
        "proposed" => {
            format!(
                "{} {}を推奨({}地区)",
                detail.word("river")?,
                level()?,
                detail.figure("districts")?
            )
        }
        "judgement_attempt" => format!(
            "職員の判断を出す操作 {} {}({}地区)",
            detail.word("about")?,
            level()?,
            detail.how_many("units")?
        ),
        "judgement_stated" => format!(
            "職員の判断: {} {}の発令案({}地区、理由: {})",
            detail.word("river")?,
            level()?,
            detail.figure("districts")?,
            text("words")
        ),
        "judgement_refused" => format!("職員の判断を受け付けず {subject}({})", text("why")),
        "judgement_withdrawn" => format!(
            "職員の判断を取り下げ {} {}(理由: {})",
            detail.word("river")?,
            level()?,
            text("reason")
        ),
        "superseded" => format!("推奨 {subject} は新しい推奨に置き換え"),
        "expired" => format!("推奨 {subject} は失効"),
        "text_shown" => format!("文面を表示 {subject}(理由: {})", text("reason")),
        "first_approved" => format!("1人目として承認 {subject}"),
        "first_withdrawn" => format!("1人目の承認を取り下げ {subject}"),
        "second_agrees" => format!("2人目も同じ判断 {subject}"),
        "second_differs" => format!(
            "2人の判断が違う {subject}(1人目 {}、2人目 {})。何も発表していません",
            choice(detail.word("first")?),
            choice(detail.word("second")?)
        ),
        desk::ATTEMPTED => format!("{}の操作 {subject}", act(detail.word("act")?)),
        desk::ACT_REFUSED => format!(
            "{}できず {subject}: {}",
            act(detail.word("act")?),
            text("why")
        ),
        desk::attention::OPENED => format!("推奨 {subject} を開いた"),
        "second_attempt" => format!("2人目の承認の操作 {subject}"),
        "alone_attempt" => format!("単独発令の操作 {subject}"),
        "reviewed" if detail.all["agrees"] == true => {
            format!("発表 {subject} を確認: 異議なし({})", text("words"))
        }
        "reviewed" => format!("発表 {subject} を確認: 異議あり({})", text("words")),
        "seen" => format!("推奨 {subject} を確認"),
        "passed_on" if detail.all["waits_for"] == "second" => format!(
            "2人目を待つ文面 {subject} を引き継ぎ({}回目 → {})",
            detail.figure("step")?,
            text("to")
        ),
        "passed_on" => format!(
            "推奨 {subject} を引き継ぎ({}回目 → {})",
            detail.figure("step")?,
            text("to")
        ),
        "approval_rules" => "決裁区分を変更".to_owned(),
        "criteria" if detail.all["changes"].is_null() => {
            format!("判断基準 {} {}", text("name"), text("version"))
        }
        "criteria" => format!(
            "判断基準を変更 {} {}: {}",
            text("name"),
            text("version"),
            listed(&detail.all["changes"])
        ),
        "settings" if detail.all["before"].is_null() => "推奨の設定を記録".to_owned(),
        "settings" => format!("推奨の設定を変更: {}", listed(&detail.all["changes"])),
        "report_taken" => format!(
            "現地の報告 {subject} {}({}、{})",
            hinan_recommend::ReportKind::ALL
                .into_iter()
                .find(|kind| kind.code() == text("kind"))
                .map_or_else(|| text("kind"), |kind| kind.japanese().to_owned()),
            text("river"),
            text("source")
        ),
        "report_closed" => format!("現地の報告 {subject} を閉じた(理由: {})", text("reason")),
        "lift_gate_confirmed" | "lift_gate_withdrawn" => {
            let code = detail.word("gate")?;
            format!(
                "解除の条件 {} 「{}」を{}({})",
                subject.trim_start_matches("lifting/"),
                hinan_recommend::GateName::FOR_OFFICERS
                    .into_iter()
                    .find(|gate| gate.code() == code)
                    .map_or(code, |gate| gate.japanese()),
                if entry.action == "lift_gate_confirmed" {
                    "確認"
                } else {
                    "確認したことを取消"
                },
                text("words")
            )
        }
        "shelter_told" => {
            let word = detail.word("state")?;
            format!(
                "避難所 {subject} {}{}",
                ShelterState::from_word(word).map_or(word, |state| state.japanese()),
                detail.all["occupancy"]
                    .as_u64()
                    .map_or_else(String::new, |people| format!("、{people}人"))
            )
        }
        "evening_briefing" => format!(
            "{}時の見通し: {}",
            detail.figure("hour")?,
            listed(&detail.all["words"])
        ),
        "authority_granted" => format!("{subject} に発令権限を登録({})", text("document")),
        "authority_revoked" => format!("{subject} の発令権限を取消"),
        "second_factor_added" => format!("{subject} の2要素目を登録"),
        "second_factor_reset" => format!("{subject} の2要素目を解除"),
        "password_reset" => format!("{subject} のパスワードを変更"),
        "password_changed" => "自分のパスワードを変更".to_owned(),
        "subject_bound" => format!("{subject} をシングルサインオンに結び付け"),
        "subject_unbound" => format!("{subject} のシングルサインオンを解除"),
        "officer_changed" => format!("{subject} の氏名・職・役割を変更"),
        "passkey_added" => format!("パスキー「{}」を登録", detail.word("passkey")?),
        "passkey_removed" => "パスキーを外した".to_owned(),
        "recovery_asked" => format!(
            "{subject} の{}の再発行を申し出",
            if detail.all["what"] == "password" {
                "パスワード"
            } else {
                "2要素目"
            }
        ),
        "audit_key" => "監査記録の署名鍵を登録".to_owned(),
        "audit_accepted" => format!(
            "監査記録の食い違いを了承(検認点{}件を除外、理由: {})",
            detail.figure("set_aside")?,
            text("because")
        ),
        "other_record_met" => format!("写しの置き場所に別の記録 {subject} の検認点"),
        "delivery_ordered_again" => format!(
            "打ち切られた配信をもう一度指示 {subject} → {}",
            detail.word("channel")?
        ),
        "prepared_beforehand" => format!("訂正・取消の文面を下書き {subject}"),
        "checkpoint_damaged" => format!("検認点を読めず: {}", text("why")),
        "retained_cleared" => format!("失効した {subject} をブローカーから消去"),
        "approved" if detail.all["flagged"] == true => {
            format!("単独発令 {} {subject}(理由: {})", level()?, text("reason"))
        }
        "approve_attempt" => format!("承認の操作 {subject}"),
        "approve_refused" => format!("承認できず {subject}: {}", text("why")),
        "approved" => format!("承認 {} {subject}(理由: {})", level()?, text("reason")),
        "deferred" => format!(
            "推奨 {subject} を{}分保留(理由: {})",
            detail.figure("minutes")?,
            text("reason")
        ),
        "note" => format!(
            "メモ({}): {}",
            note_from(&text("from")),
            detail.word("words")?
        ),
        "handover_signed" => format!(
            "引き継ぎに署名({})",
            if detail.word("side")? == "leaving" {
                "引き継ぐ側"
            } else {
                "引き継がれる側"
            }
        ),
        "alarm_muted" => format!("警報の音を{}分止めました", detail.figure("minutes")?),
        "alarm_acknowledged" => format!("警報を確認 {subject}"),
        "delivery_retry_asked" => {
            format!("配信の再試行を指示 {subject} → {}", detail.word("channel")?)
        }
        "declined" => format!(
            "見送り {} {}(理由: {})",
            detail.word("river")?,
            level()?,
            text("reason")
        ),
        "delivered" => format!(
            "配信 {subject} → {}({})",
            detail.word("channel")?,
            text("receipt")
        ),
        "signed_in" => "サインイン".to_owned(),
        "sign_in_refused" if detail.all["code"] == "used before" => {
            format!("サインインできず {subject}(一度使われた確認コード)")
        }
        "sign_in_refused" => "サインインできず".to_owned(),
        "sessions_ended" => format!("自分のほかのサインイン{}件を終了", detail.figure("count")?),
        "signed_out" => "サインアウト".to_owned(),
        "service_started" => "サービス開始".to_owned(),
        "official_forgotten" => format!(
            "古い公的情報を削除(情報{}件、訓練{}件)。判断の前7日間のものは残しています",
            detail.figure("information")?,
            detail.figure("drills")?
        ),
        crate::store::audit::SEALED => format!("判断の記録{subject}行を封印"),
        "audit_contradicted" => format!("検認点と一致せず: {}", text("why")),
        "officer_added" => format!("アカウント {subject} を登録"),
        "model_approved" => format!("予測モデル {subject} を承認(理由: {})", text("reason")),
        "model_withdrawn" => format!(
            "予測モデル {subject} の承認を取消(理由: {})",
            text("reason")
        ),
        "models_in_use" => format!("使用中の予測モデル: {}件", detail.how_many("files")?),
        "device_enrolled" => format!("機器 {subject} を登録"),
        "device_rotated" => format!("機器 {subject} の秘密を更新"),
        "device_out_of_use" => format!("機器 {subject} の使用を停止(理由: {})", text("reason")),
        "device_in_use" => format!("機器 {subject} の使用を再開(理由: {})", text("reason")),
        "device_revoked" => format!("機器 {subject} を失効(理由: {})", text("reason")),
        "device_excess" => format!(
            "機器 {subject} は{}秒のあいだ送りすぎたため切断",
            detail.figure("for_s")?
        ),
        other => format!("{other} {subject}"),
    })
}

/// Sentences of a list.
fn listed(sentences: &serde_json::Value) -> String {
    let all: Vec<&str> = sentences
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(serde_json::Value::as_str)
        .collect();
    all.join("。")
}

/// Where a note came from, in the officers' words.
fn note_from(word: &str) -> &'static str {
    match word {
        "phone" => "電話",
        "patrol" => "巡視",
        "radio" => "無線",
        _ => "その他",
    }
}

fn choice(word: &str) -> String {
    Choice::from_word(word).map_or_else(|| word.to_owned(), Choice::spoken)
}

/// A level's stored word in the officers' words.
pub(super) fn level_words(word: &str) -> String {
    serde_json::from_value::<OrderLevel>(serde_json::Value::String(word.to_owned()))
        .map_or_else(|_| word.to_owned(), |level| level.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_words(action: &str, detail: &str) -> String {
        words(&Entry::example(action, detail))
    }

    #[test]
    fn what_cannot_be_read_is_said_to_be_so_and_has_no_empty_figure_or_name() {
        let proposed = r#"{"river":"札内川","level":"evacuation_order","districts":3}"#;
        assert!(in_words("proposed", proposed).ends_with("を推奨(3地区)"));
        assert_eq!(
            in_words("note", r#"{"from":"phone","words":"堤防に水"}"#),
            "メモ(電話): 堤防に水"
        );
        for (action, detail) in [
            ("proposed", "{"),
            (
                "proposed",
                r#"{"river":"札内川","level":"evacuation_order"}"#,
            ),
            ("approved", r#"{"flagged":true}"#),
            ("delivered", r#"{"receipt":"250 OK"}"#),
            ("sessions_ended", "{}"),
            ("models_in_use", r#"{"files":null}"#),
            ("lift_gate_confirmed", r#"{"words":"現地で確認"}"#),
            ("shelter_told", "null"),
            ("note", r#"{"from":"phone"}"#),
            ("signed_in", ""),
        ] {
            let said = in_words(action, detail);
            assert_eq!(said, format!("{action} r-1: {UNREADABLE}"), "{detail}");
        }
    }
}
