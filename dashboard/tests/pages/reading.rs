//! Reading a page as the document that it is.

use roxmltree::{Document, Node, ParsingOptions};

pub(super) fn read(html: &str, name: &str, check: impl FnOnce(&Document<'_>)) {
    let options = ParsingOptions {
        allow_dtd: true,
        ..ParsingOptions::default()
    };
    match Document::parse_with_options(html, options) {
        Ok(document) => check(&document),
        Err(error) => panic!("{name} does not parse: {error}"),
    }
}

pub(super) fn elements<'a>(
    document: &'a Document<'a>,
    tag: &'a str,
) -> impl DoubleEndedIterator<Item = Node<'a, 'a>> {
    document
        .descendants()
        .filter(move |node| node.tag_name().name() == tag)
}

pub(super) fn count(document: &Document<'_>, tag: &str) -> usize {
    document
        .descendants()
        .filter(|node| node.tag_name().name() == tag)
        .count()
}

pub(super) fn text(node: Node<'_, '_>) -> String {
    node.descendants()
        .filter(Node::is_text)
        .filter_map(|node| node.text())
        .collect()
}
