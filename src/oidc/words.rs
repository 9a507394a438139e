//! What others say, as it goes into our log: on one line, and not long.

/// Longest text of others in the log, characters.
const MAX: usize = 300;

/// An error with what caused it.
pub(super) fn told(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words = format!("{words}: {inner}");
        cause = inner.source();
    }
    cut(&words)
}

/// The beginning of a text, without line breaks and what else cannot be seen.
pub(crate) fn cut(words: &str) -> String {
    let mut signs = words.escape_debug();
    let mut cut: String = signs.by_ref().take(MAX).collect();
    if signs.next().is_some() {
        cut.push('…');
    }
    cut
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_others_is_one_line_and_not_longer_than_a_line() {
        assert_eq!(cut("見つかりません"), "見つかりません");
        assert_eq!(
            cut("a\r\n{\"level\":1}\u{1b}[31m\u{202e}"),
            "a\\r\\n{\\\"level\\\":1}\\u{1b}[31m\\u{202e}"
        );
        let long = cut(&"x\n".repeat(1 << 19));
        assert_eq!(long.chars().count(), MAX + 1);
        assert!(!long.contains('\n'));
    }
}
