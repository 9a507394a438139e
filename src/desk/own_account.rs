//! 本人への知らせ: what happened to an officer's own account within a day is said at the top of their pages, to them alone. There is
//! no mail and no telephone here: whoever took an account over is seen when its officer signs in next.

use jiff::{SignedDuration, Timestamp};

use crate::approve::officer::Officer;
use crate::clock::spoken;
use crate::store::audit::Entry;
use crate::store::particulars::{UNREADABLE, UNREADABLE_EN};
use crate::store::{StoreError, View};

/// The word of an entry that somebody was not let in, and what it says of a code that had been used (2.8.5).
pub(crate) const REFUSED: &str = "sign_in_refused";
pub(crate) const CODE: &str = "code";
pub(crate) const USED_BEFORE: &str = "used before";
/// The word of an entry that an officer ended sessions of their own.
pub(crate) const SESSIONS_ENDED: &str = "sessions_ended";

const DAY: SignedDuration = SignedDuration::from_hours(24);
/// What the console makes together with an account is no change of it.
const AT_ITS_START: SignedDuration = SignedDuration::from_secs(60);

/// Sentences for this officer, oldest first.
pub(super) fn told(
    view: &View<'_>,
    officer: &Officer,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let changes = view.account_changes(&officer.name)?;
    if changes.is_empty() {
        return Ok(Vec::new());
    }
    let added = view.last_of(&officer.name, ["officer_added"; 2], 1)?.pop();
    let told = changes.iter().rev().filter(|entry| {
        let with_the_account = added
            .as_ref()
            .is_some_and(|added| entry.at <= added.at + AT_ITS_START);
        entry.at > now - DAY && !(entry.actor == "console" && with_the_account)
    });
    Ok(told.map(sentence).collect())
}

fn sentence(entry: &Entry) -> String {
    let what = what(entry).unwrap_or_else(|_| {
        format!(
            "記録が残されましたが、{UNREADABLE}({}) / {UNREADABLE_EN}",
            entry.action
        )
    });
    format!(
        "あなたのアカウント: {}に{what}。心当たりがなければ、すぐ管理者へ連絡してください。",
        spoken(entry.at)
    )
}

/// # Errors
/// The entry does not say what it must.
fn what(entry: &Entry) -> Result<String, StoreError> {
    let detail = entry.particulars()?;
    Ok(match entry.action.as_str() {
        "password_changed" => "パスワードが変更されました".to_owned(),
        "second_factor_added" => "2要素目(確認コード)が登録されました".to_owned(),
        "passkey_added" => format!("パスキー「{}」が登録されました", detail.word("passkey")?),
        "passkey_removed" => format!("パスキー「{}」が外されました", detail.word("passkey")?),
        "subject_unbound" => "シングルサインオンの結び付けが解除されました".to_owned(),
        "officer_changed" => "氏名・職・役割が変更されました".to_owned(),
        SESSIONS_ENDED => format!(
            "ほかのサインイン{}件が終わりました",
            detail.figure("count")?
        ),
        // The rest is refusals with a code that had been used.
        _ => "一度使われた確認コードで、サインインが試されました(パスワードは合っていました)"
            .to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(action: &str, detail: &str) -> String {
        sentence(&Entry::example(action, detail))
    }

    #[test]
    fn an_entry_that_cannot_be_read_is_said_to_be_so_and_has_no_empty_figure_or_name() {
        assert!(
            said(SESSIONS_ENDED, r#"{"count":2}"#).contains("ほかのサインイン2件が終わりました")
        );
        assert!(said("passkey_added", r#"{"passkey":"鍵"}"#).contains("「鍵」が登録されました"));
        for (action, detail) in [
            (SESSIONS_ENDED, r#"{"count":"#),
            (SESSIONS_ENDED, "{}"),
            ("passkey_added", r#"{"passkey":3}"#),
            ("passkey_removed", "null"),
            ("password_changed", ""),
        ] {
            let said = said(action, detail);
            assert!(
                said.contains(UNREADABLE) && said.contains(UNREADABLE_EN) && said.contains(action),
                "{detail}: {said}"
            );
            assert!(said.contains("すぐ管理者へ連絡してください"), "{said}");
            assert!(!said.contains("null件") && !said.contains("「」"), "{said}");
        }
    }
}
