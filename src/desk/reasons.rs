//! The reason of a decision: a code and words.

use super::{Declined, judge};

/// Longest reason kept, characters.
pub const REASON_MAX: usize = 500;

/// Why an officer decides as they do: a code for counting, and words for the record.
#[derive(Clone, Copy, Debug)]
pub struct Reason<'a> {
    /// Which line or chip was chosen, or `own`.
    pub code: &'a str,
    /// In words.
    pub words: &'a str,
}

/// A reason counts for leaving somebody out only where an officer wrote it: the one who decides, or the one who asked for the order.
pub(crate) fn own_words<'w>(code: &str, words: &'w str) -> &'w str {
    if code == hinan_dashboard::form::REASON_OWN || code == judge::REASON_JUDGEMENT {
        words
    } else {
        ""
    }
}

/// A reason needs its code and its words.
pub(super) fn coded(reason: Reason<'_>) -> Result<(String, String), Declined> {
    let words = checked_reason(reason.words)?;
    let fits = (1..=40).contains(&reason.code.len())
        && reason
            .code
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.'));
    if !fits {
        return Err(Declined::Incomplete("理由を選んでください".to_owned()));
    }
    Ok((reason.code.to_owned(), words))
}

pub(super) fn checked_reason(reason: &str) -> Result<String, Declined> {
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Declined::Incomplete(
            "理由を選ぶか、書いてください".to_owned(),
        ));
    }
    if reason.chars().count() > REASON_MAX {
        return Err(Declined::Incomplete(format!(
            "理由は{REASON_MAX}文字までです"
        )));
    }
    if let Some(bad) = reason
        .chars()
        .find(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Declined::Incomplete(format!(
            "理由に使えない文字(U+{:04X})が含まれています。書き直してください",
            u32::from(bad)
        )));
    }
    Ok(reason.to_owned())
}
