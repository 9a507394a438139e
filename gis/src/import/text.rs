//! Encoding of text: what was said or stated is used strictly; what nobody stated is told from the bytes, and the report says so.

use std::borrow::Cow;

use encoding_rs::{EUC_JP, Encoding, SHIFT_JIS};

use super::settings::TextEncoding;

/// Decoded text and what was used.
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    pub(crate) encoding: TextEncoding,
    pub(crate) from: String,
}

/// Decodes a whole file.
pub(crate) fn decode<'a>(
    bytes: &'a [u8],
    said: Option<TextEncoding>,
    stated: Option<(TextEncoding, &str)>,
) -> Result<Decoded<'a>, String> {
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(
            "its encoding is UTF-16; accepted: UTF-8, CP932 (Shift_JIS), EUC-JP".to_owned(),
        );
    }
    let marked = bytes.strip_prefix(b"\xef\xbb\xbf");
    let body = marked.unwrap_or(bytes);
    let choice = said
        .map(|said| (said, "--encoding".to_owned()))
        .or_else(|| {
            if marked.is_some() {
                return Some((TextEncoding::Utf8, "its byte order mark".to_owned()));
            }
            stated.map(|(encoding, from)| (encoding, from.to_owned()))
        });
    let (encoding, from) = match choice {
        Some(choice) => choice,
        None => recognised(&mut std::iter::once(body))?,
    };
    let text = strict(body, encoding).ok_or_else(|| {
        format!(
            "it is not {} ({from}); accepted: --encoding utf-8, cp932 or euc-jp as it really is",
            encoding.name()
        )
    })?;
    Ok(Decoded {
        text,
        encoding,
        from,
    })
}

/// Which encoding all these pieces can be in: UTF-8 before CP932, because text in CP932 is almost never valid UTF-8.
pub(crate) fn recognised(
    pieces: &mut dyn Iterator<Item = &[u8]>,
) -> Result<(TextEncoding, String), String> {
    let (mut ascii, mut utf8, mut cp932) = (true, true, true);
    for piece in pieces {
        ascii = ascii && piece.is_ascii();
        utf8 = utf8 && std::str::from_utf8(piece).is_ok();
        cp932 = cp932 && strict(piece, TextEncoding::Cp932).is_some();
        if !utf8 && !cp932 {
            return Err(
                "its text is neither UTF-8 nor CP932; accepted: --encoding with what it is"
                    .to_owned(),
            );
        }
    }
    Ok(match (ascii, utf8) {
        (true, _) => (
            TextEncoding::Utf8,
            "its bytes: nothing but ASCII".to_owned(),
        ),
        (_, true) => (
            TextEncoding::Utf8,
            "its bytes: all of them are valid UTF-8".to_owned(),
        ),
        _ => (
            TextEncoding::Cp932,
            "its bytes: not valid UTF-8, and all of them valid CP932".to_owned(),
        ),
    })
}

/// The text, or nothing where a byte is not of the encoding.
pub(crate) fn strict(bytes: &[u8], encoding: TextEncoding) -> Option<Cow<'_, str>> {
    if encoding == TextEncoding::Utf8 {
        return std::str::from_utf8(bytes).ok().map(Cow::Borrowed);
    }
    encoder(encoding).decode_without_bom_handling_and_without_replacement(bytes)
}

fn encoder(encoding: TextEncoding) -> &'static Encoding {
    match encoding {
        TextEncoding::Utf8 => encoding_rs::UTF_8,
        TextEncoding::Cp932 => SHIFT_JIS,
        TextEncoding::EucJp => EUC_JP,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::decode;
    use crate::import::settings::TextEncoding;

    /// 「①㈱髙﨑」 in CP932: signs that plain Shift_JIS does not have.
    const CP932: &[u8] = b"\x87\x40\x87\x8a\xfb\xfc\xed\x95";

    #[test]
    fn the_additions_of_windows_are_read() {
        let decoded = decode(CP932, Some(TextEncoding::Cp932), None).unwrap();
        assert_eq!(decoded.text, "①㈱髙﨑");
    }

    #[test]
    fn what_nobody_stated_is_told_from_the_bytes_and_the_reason_is_given() {
        let decoded = decode(CP932, None, None).unwrap();
        assert_eq!(decoded.encoding, TextEncoding::Cp932);
        assert!(decoded.from.contains("not valid UTF-8"));
        assert_eq!(
            decode("①".as_bytes(), None, None).unwrap().encoding,
            TextEncoding::Utf8
        );
    }

    #[test]
    fn a_stated_encoding_that_is_wrong_is_refused_instead_of_turned_into_rubbish() {
        let said = decode(CP932, None, Some((TextEncoding::Utf8, ".cpg")))
            .err()
            .unwrap();
        assert!(said.contains("UTF-8 (.cpg)"), "{said}");
        assert!(
            decode(b"\xff\xfea\0", None, None)
                .err()
                .unwrap()
                .contains("UTF-16")
        );
        assert!(
            decode(b"\x80\x81\xff", None, None)
                .err()
                .unwrap()
                .contains("neither")
        );
    }

    #[test]
    fn a_mark_at_the_beginning_is_taken_off() {
        assert_eq!(
            decode("\u{feff}名称".as_bytes(), None, None).unwrap().text,
            "名称"
        );
    }
}
