//! Reading a page as its user does: the fields of its form and the texts it shows. The look does not matter.

use std::collections::BTreeMap;

/// Values of the hidden and text fields of a page, by name; of several with one name, the first.
#[must_use]
pub fn fields(html: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for tag in tags(html, "input") {
        let attributes = attributes(tag);
        let chosen = !matches!(
            attributes.get("type").map(String::as_str),
            Some("radio" | "checkbox" | "submit")
        ) || attributes.contains_key("checked");
        if let (true, Some(name)) = (chosen, attributes.get("name")) {
            let value = attributes.get("value").cloned().unwrap_or_default();
            found.entry(name.clone()).or_insert(value);
        }
    }
    found
}

/// The texts that stand as they will be sent, unescaped, in the order of the page.
pub(crate) fn texts(html: &str) -> Vec<String> {
    html.split("<pre")
        .skip(1)
        .filter_map(|rest| {
            let (_, rest) = rest.split_once('>')?;
            let (text, _) = rest.split_once("</pre>")?;
            Some(unescaped(text))
        })
        .collect()
}

/// Addresses on a page that begin with `start`, each once, in the order of the page.
pub(crate) fn links(html: &str, start: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for tag in tags(html, "a") {
        if let Some(href) = attributes(tag).remove("href")
            && href.starts_with(start)
            && !found.contains(&href)
        {
            found.push(href);
        }
    }
    found
}

fn tags<'h>(html: &'h str, name: &'h str) -> impl Iterator<Item = &'h str> {
    html.split('<').skip(1).filter_map(move |rest| {
        let tag = rest.strip_prefix(name)?;
        tag.starts_with([' ', '\n', '\t'])
            .then(|| tag.split_once('>').map_or(tag, |(inside, _)| inside))
    })
}

fn attributes(tag: &str) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let mut rest = tag;
    while let Some((name, after)) = rest.split_once("=\"") {
        let Some((value, next)) = after.split_once('"') else {
            break;
        };
        let name = name
            .trim()
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default();
        found.insert(name.to_owned(), unescaped(value));
        rest = next;
    }
    found
}

/// HTML's named and numbered characters, as far as pages of ours use them.
#[must_use]
pub fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let known = after
            .split_once(';')
            .and_then(|(name, next)| Some((character(name)?, next)));
        match known {
            Some((c, next)) => {
                out.push(c);
                rest = next;
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix('x') {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{fields, links, texts, unescaped};

    #[test]
    fn a_form_is_read_by_the_names_of_its_fields_whatever_it_looks_like() {
        let html = r#"<form><input value="a&#38;b" type="hidden" name="digest"/><input type="radio" name="level" value="4"/>
            <input type="radio" name="level" value="5" checked="checked"/></form>"#;
        let found = fields(html);
        assert_eq!(found.get("digest").map(String::as_str), Some("a&b"));
        assert_eq!(found.get("level").map(String::as_str), Some("5"));
    }

    #[test]
    fn a_shown_text_is_read_back_as_it_will_be_sent() {
        assert_eq!(
            texts("<p/><pre class=\"x\">&lt;a b=&#34;1&#34;&gt;</pre>"),
            ["<a b=\"1\">"]
        );
        assert_eq!(unescaped("1 & 2 &amp;lt;"), "1 & 2 &lt;");
    }

    #[test]
    fn a_link_is_found_once() {
        let html = r#"<a href="/plain/r/r-1">x</a><a class="y" href="/plain/r/r-1">z</a><abbr href="/plain/r/q"/>"#;
        assert_eq!(links(html, "/plain/r/"), ["/plain/r/r-1"]);
    }
}
