//! What changed a moment ago, as the record has it.

use hinan_dashboard::view::Change;
use jiff::{SignedDuration, Timestamp};

use crate::store::StoreError;
use crate::store::audit::Entry;
use crate::store::particulars::UNREADABLE;
use crate::web::audit;

const CHANGES_MAX: usize = 8;
/// What counts as just changed; the headings of page and console say how long that is.
const LOOK_BACK: SignedDuration = SignedDuration::from_mins(15);

/// The newest first.
pub(super) fn newest(entries: &[Entry], now: Timestamp) -> Vec<Change> {
    let recent = entries
        .iter()
        .rev()
        .filter(|entry| now.duration_since(entry.at) < LOOK_BACK);
    recent
        .filter_map(|entry| {
            Some(Change {
                at: entry.at,
                sentence: sentence(entry)?,
            })
        })
        .take(CHANGES_MAX)
        .collect()
}

/// What an entry of the record is called as a change; what is not news is left out.
fn news(action: &str) -> Option<&'static str> {
    Some(match action {
        "proposed" => "推奨",
        "judgement_stated" | "judgement_withdrawn" => "職員の判断",
        "superseded" => "推奨の置き換え",
        "expired" => "推奨の失効",
        "approved" => "発表の承認",
        "declined" => "推奨の見送り",
        "delivered" => "発表の配信",
        _ => return None,
    })
}

/// An entry of the record as a change; of one that cannot be read, what it is and that it cannot.
fn sentence(entry: &Entry) -> Option<String> {
    let called = news(&entry.action)?;
    told_of(entry).unwrap_or_else(|_| {
        let subject = &entry.subject;
        Some(format!("{called}({subject})がありましたが、{UNREADABLE}"))
    })
}

/// # Errors
/// The entry does not say what it must.
fn told_of(entry: &Entry) -> Result<Option<String>, StoreError> {
    let detail = entry.particulars()?;
    let river = || detail.word("river");
    let level = || -> Result<String, StoreError> { Ok(audit::level_words(detail.word("level")?)) };
    Ok(Some(match entry.action.as_str() {
        "proposed" => format!("{}について{}の推奨が出ました", river()?, level()?),
        "judgement_stated" => format!(
            "{}について、職員の判断による{}の発令案が出ました",
            river()?,
            level()?
        ),
        "judgement_withdrawn" => format!(
            "{}の{}の発令案(職員の判断)が取り下げられました",
            river()?,
            level()?
        ),
        "superseded" => "推奨が新しい推奨に置き換わりました".to_owned(),
        "expired" => "推奨が失効しました".to_owned(),
        "approved" => format!("{}の発表が承認されました", level()?),
        "declined" => format!("{}の{}の推奨が見送られました", river()?, level()?),
        "delivered" => format!("発表が{}に届きました", detail.word("channel")?),
        _ => return Ok(None),
    }))
}

#[cfg(test)]
mod tests {
    use super::sentence;
    use crate::store::audit::Entry;
    use crate::store::particulars::UNREADABLE;

    #[test]
    fn news_that_cannot_be_read_is_news_and_has_no_empty_name() {
        let told = |action: &str, detail: &str| sentence(&Entry::example(action, detail));
        assert_eq!(
            told("delivered", r#"{"channel":"mqtt"}"#).as_deref(),
            Some("発表がmqttに届きました")
        );
        for (action, detail, called) in [
            ("proposed", "{", "推奨"),
            ("approved", "{}", "発表の承認"),
            ("delivered", "null", "発表の配信"),
            ("expired", "", "推奨の失効"),
        ] {
            let told = told(action, detail).expect("it is news");
            assert!(
                told.starts_with(&format!("{called}(r-1)")) && told.ends_with(UNREADABLE),
                "{told}"
            );
        }
        assert_eq!(told("signed_in", "{"), None, "no news");
    }
}
