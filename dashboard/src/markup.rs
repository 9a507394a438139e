//! The one kind of text that reaches a page unescaped.

use std::fmt::{Display, Formatter, Result};

/// HTML or SVG made by this crate. Only this crate can make one, so whatever came from outside has
/// been escaped on its way in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Markup(String);

impl Markup {
    /// The markup as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Wraps markup whose outside parts have been through [`escaped`].
    pub(crate) fn made(markup: String) -> Self {
        Self(markup)
    }
}

impl Display for Markup {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        formatter.write_str(&self.0)
    }
}

impl askama::filters::HtmlSafe for Markup {}

/// Text made harmless for element content and quoted attributes of HTML and SVG. Control characters
/// that neither language allows become the replacement character.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '\t' | '\n' | '\r' => out.push(character),
            control if control.is_control() => out.push('\u{fffd}'),
            plain => out.push(plain),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_that_opens_a_tag_or_closes_an_attribute_survives() {
        assert_eq!(
            escaped("<b a='1' c=\"2\">&\u{0}"),
            "&lt;b a=&#39;1&#39; c=&#34;2&#34;&gt;&amp;\u{fffd}"
        );
    }
}
