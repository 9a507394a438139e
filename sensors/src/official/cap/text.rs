//! Texts of CAP: lists of words, languages, and HTML where there should be none.

/// Words separated by white space; double quotes hold one together.
pub(crate) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() && words.len() < 500 {
        let (word, after) = match rest
            .strip_prefix('"')
            .and_then(|inner| inner.split_once('"'))
        {
            Some((quoted, after)) => (quoted, after),
            None => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
        };
        if !word.is_empty() {
            words.push(word.chars().take(300).collect());
        }
        rest = after.trim_start();
    }
    words
}

/// Whether it has the shape of a language tag (RFC 3066).
pub(crate) fn is_language(text: &str) -> bool {
    let mut parts = text.split('-');
    let is_part = |part: &str, digits: bool| {
        (1..=8).contains(&part.len())
            && part
                .bytes()
                .all(|b| b.is_ascii_alphabetic() || digits && b.is_ascii_digit())
    };
    parts.next().is_some_and(|first| is_part(first, false)) && parts.all(|part| is_part(part, true))
}

/// Whether it has an entity of HTML in it, after XML's own were read: `&nbsp;`.
pub(crate) fn has_html_entity(text: &str) -> bool {
    text.split('&').skip(1).any(|rest| {
        rest.split_once(';').is_some_and(|(name, _)| {
            (1..=10).contains(&name.len())
                && name
                    .trim_start_matches('#')
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric())
        })
    })
}

/// Whether it has a tag of HTML in it.
pub(crate) fn has_html_tag(text: &str) -> bool {
    text.split('<').skip(1).any(|rest| {
        let name = rest.strip_prefix('/').unwrap_or(rest);
        name.starts_with(|c: char| c.is_ascii_alphabetic()) && rest.contains('>')
    })
}
