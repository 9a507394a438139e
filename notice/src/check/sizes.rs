//! What is too long for a channel, with the number of characters over.

use super::{Finding, Subject, Surroundings, blocking, warning};
use crate::document::cap::DOCUMENT_MAX_BYTES;

pub(super) fn check(subject: &Subject<'_>, around: &Surroundings<'_>, found: &mut Vec<Finding>) {
    let over = subject.texts.area_mail.over(&around.area_mail);
    for (part, part_en, over, max) in [
        (
            "件名",
            "subject",
            over.subject,
            around.area_mail.subject_max,
        ),
        ("本文", "body", over.body, around.area_mail.body_max),
    ] {
        if over == 0 {
            continue;
        }
        let ja = format!("緊急速報メールの{part}が{over}文字超えています(上限{max}文字)");
        let en =
            format!("the {part_en} for telephones is {over} characters over its limit of {max}");
        if around.area_mail_is_sent {
            blocking(found, "area_mail_too_long", ja, en);
        } else {
            warning(found, "area_mail_too_long", ja, en);
        }
    }
    for one in &subject.texts.languages {
        if one.text.headline.ends_with('…') {
            warning(
                found,
                "headline_shortened",
                format!("見出し({})が長いため、途中までになっています", one.language),
                format!(
                    "the headline ({}) was too long and is shortened",
                    one.language
                ),
            );
        }
    }
    if subject.document_bytes > DOCUMENT_MAX_BYTES {
        let over = subject.document_bytes - DOCUMENT_MAX_BYTES;
        blocking(
            found,
            "document_too_large",
            format!("CAP文書が{over}バイト超えています(上限{DOCUMENT_MAX_BYTES})"),
            format!("the CAP document is {over} bytes over its limit of {DOCUMENT_MAX_BYTES}"),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::Severity::{Blocks, Warns};
    use super::super::Surroundings;
    use super::super::tests::{around, codes, found, order};
    use crate::text::AreaMailLimits;

    #[test]
    fn the_number_of_characters_over_is_told_and_blocks_only_where_the_text_is_sent() {
        let tight = |sent: bool| Surroundings {
            area_mail: AreaMailLimits {
                subject_max: 3,
                body_max: 50,
                line_break_counts: 2,
            },
            area_mail_is_sent: sent,
            ..around()
        };
        let findings = found(&order("one"), &tight(true));
        assert_eq!(
            codes(&findings, Blocks),
            ["area_mail_too_long", "area_mail_too_long"]
        );
        // 避難指示 has four signs, the limit is three.
        assert!(
            findings[0].ja.contains("件名が1文字超えています")
                && findings[0].en.contains("1 characters over"),
            "{findings:?}"
        );
        assert_eq!(codes(&found(&order("one"), &tight(false)), Warns).len(), 2);
    }
}
