//! Code lists of PLATEAU (gml:Dictionary): which code means which words.

use std::collections::BTreeMap;

use super::refusal::{ImportError, Refuse};
use super::xml::{Node, Xml, decoded};

const CODES_MAX: usize = 10_000;

/// Codes and their words, such as `3` and `3m以上5m未満`.
///
/// # Errors
/// What is not a code list, or has no code in it.
pub fn read_codelist(file: &str, bytes: &[u8]) -> Result<BTreeMap<String, String>, ImportError> {
    let refuse = Refuse(file);
    let text = decoded(refuse, bytes, None)?;
    let mut xml = Xml::new(refuse, "code list", &text.text);
    let mut codes = BTreeMap::new();
    let (mut code, mut words) = (None, None);
    loop {
        match xml.next()? {
            Node::Eof => break,
            Node::Start(_) => {}
            Node::End("name", text) if xml.is_in("Definition") => {
                code = Some(text.trim().to_owned());
            }
            Node::End("description", text) if xml.is_in("Definition") => {
                words = Some(text.trim().to_owned());
            }
            Node::End("Definition", _) => {
                if let (Some(code), Some(words)) = (code.take(), words.take()) {
                    codes.insert(code, words);
                }
                if codes.len() > CODES_MAX {
                    return Err(refuse.too_large("codes", CODES_MAX as u64));
                }
            }
            Node::End(..) => {}
        }
    }
    if codes.is_empty() {
        return Err(refuse.unreadable(
            "code list",
            "there is no Definition with name and description in it",
        ));
    }
    Ok(codes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::read_codelist;

    #[test]
    fn codes_lead_to_their_words() {
        let text = "<gml:Dictionary xmlns:gml='g'><gml:name>ranks</gml:name><gml:dictionaryEntry><gml:Definition>\
                    <gml:description>0.5m未満</gml:description><gml:name>1</gml:name></gml:Definition></gml:dictionaryEntry></gml:Dictionary>";
        let codes = read_codelist("ranks.xml", text.as_bytes()).unwrap();
        assert_eq!(
            codes.into_iter().collect::<Vec<_>>(),
            [("1".to_owned(), "0.5m未満".to_owned())]
        );
    }

    #[test]
    fn another_document_is_no_code_list() {
        assert!(read_codelist("x.xml", b"<a><name>1</name></a>").is_err());
    }
}
