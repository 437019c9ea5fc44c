//! PT_STRING8: Windows code pages to text and back.
//! [MS-UCODEREF] 2.2.1; WHATWG Encoding Standard.

use std::borrow::Cow;

use encoding_rs::{EncoderResult, Encoding};
use mapi_props::AnsiString;

/// The text of `string`. An unknown code page is read as windows-1252, malformed bytes become U+FFFD.
///
/// ```
/// use mapi_props::AnsiString;
/// let string = AnsiString { code_page: 1250, bytes: b"\xa3\xf3d\x9f".to_vec() };
/// assert_eq!(mapi_query::decode_ansi(&string), "Łódź");
/// ```
#[must_use]
pub fn decode_ansi(string: &AnsiString) -> Cow<'_, str> {
    encoding_or_western(string.code_page)
        .decode_without_bom_handling(&string.bytes)
        .0
}

/// `text` in `code_page`; characters that the page lacks become `?`.
///
/// A page that is unknown here gives windows-1252, and the result says so.
///
/// ```
/// assert_eq!(mapi_query::encode_ansi("Жук 会", 1251).bytes, b"\xc6\xf3\xea ?");
/// ```
#[must_use]
pub fn encode_ansi(text: &str, code_page: u16) -> AnsiString {
    let (code_page, encoding) = match encoding_of(code_page) {
        Some(encoding) => (code_page, encoding),
        None => (1252, encoding_rs::WINDOWS_1252),
    };
    AnsiString {
        code_page,
        bytes: encode(text, encoding),
    }
}

/// Whether `code_page` has a table here (else it is read and written as windows-1252).
#[must_use]
pub fn is_supported_code_page(code_page: u16) -> bool {
    encoding_of(code_page).is_some()
}

/// The encoding of `code_page`, windows-1252 if unknown.
pub(crate) fn encoding_or_western(code_page: u16) -> &'static Encoding {
    encoding_of(code_page).unwrap_or(encoding_rs::WINDOWS_1252)
}

fn encode(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let mut encoder = encoding.new_encoder();
    let mut bytes = Vec::with_capacity(text.len() + 16);
    let mut rest = text;
    loop {
        let need = encoder
            .max_buffer_length_from_utf8_without_replacement(rest.len())
            .unwrap_or(rest.len() * 4);
        bytes.reserve(need);
        let (result, read) =
            encoder.encode_from_utf8_to_vec_without_replacement(rest, &mut bytes, true);
        rest = rest.get(read..).unwrap_or("");
        match result {
            EncoderResult::InputEmpty => return bytes,
            EncoderResult::OutputFull => {}
            // `?` through the encoder, so that a stateful encoding is back in its ASCII state first.
            EncoderResult::Unmappable(_) => {
                bytes.reserve(16);
                let _ = encoder.encode_from_utf8_to_vec_without_replacement("?", &mut bytes, false);
            }
        }
    }
}

fn encoding_of(code_page: u16) -> Option<&'static Encoding> {
    use encoding_rs as e;
    Some(match code_page {
        866 => e::IBM866,
        874 | 28601 => e::WINDOWS_874,
        932 => e::SHIFT_JIS,
        936 | 20936 | 51936 => e::GBK,
        949 | 51949 => e::EUC_KR,
        950 => e::BIG5,
        1250 => e::WINDOWS_1250,
        1251 => e::WINDOWS_1251,
        1252 | 20127 | 28591 => e::WINDOWS_1252,
        1253 => e::WINDOWS_1253,
        1254 | 28599 => e::WINDOWS_1254,
        1255 => e::WINDOWS_1255,
        1256 => e::WINDOWS_1256,
        1257 => e::WINDOWS_1257,
        1258 => e::WINDOWS_1258,
        10000 => e::MACINTOSH,
        10007 | 10017 => e::X_MAC_CYRILLIC,
        20866 => e::KOI8_R,
        20932 | 51932 => e::EUC_JP,
        21866 => e::KOI8_U,
        28592 => e::ISO_8859_2,
        28593 => e::ISO_8859_3,
        28594 => e::ISO_8859_4,
        28595 => e::ISO_8859_5,
        28596 => e::ISO_8859_6,
        28597 => e::ISO_8859_7,
        28598 => e::ISO_8859_8,
        38598 => e::ISO_8859_8_I,
        28600 => e::ISO_8859_10,
        28603 => e::ISO_8859_13,
        28604 => e::ISO_8859_14,
        28605 => e::ISO_8859_15,
        28606 => e::ISO_8859_16,
        50220..=50222 => e::ISO_2022_JP,
        54936 => e::GB18030,
        65001 => e::UTF_8,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::{decode_ansi, encode_ansi, is_supported_code_page};
    use mapi_props::AnsiString;

    fn check(code_page: u16, bytes: &[u8], text: &str) {
        let string = AnsiString {
            code_page,
            bytes: bytes.to_vec(),
        };
        assert_eq!(decode_ansi(&string), text);
        assert_eq!(encode_ansi(text, code_page).bytes, bytes);
    }

    #[test]
    fn code_pages_read_and_write() {
        check(1252, b"Caf\xe9 \x80", "Café €");
        check(1251, b"\xcf\xf0\xe8\xe2\xe5\xf2", "Привет");
        check(932, b"\x89\xef\x8b\x63", "会議");
        check(936, b"\xbb\xe1\xd2\xe9", "会议");
        check(949, b"\xc8\xb8\xc0\xc7", "회의");
        check(950, b"\xb7\x7c\xc4\xb3", "會議");
        check(50220, b"\x1b$B2q5D\x1b(B", "会議");
        check(65001, "Łódź".as_bytes(), "Łódź");
        check(20866, b"\xf0", "П");
    }

    #[test]
    fn unknown_pages_are_western_and_say_so() {
        assert!(!is_supported_code_page(437));
        assert_eq!(
            decode_ansi(&AnsiString {
                code_page: 0,
                bytes: b"\xe9".to_vec()
            }),
            "é"
        );
        assert_eq!(
            decode_ansi(&AnsiString {
                code_page: 437,
                bytes: b"\xe9".to_vec()
            }),
            "é"
        );
        assert_eq!(
            encode_ansi("é", 437),
            AnsiString {
                code_page: 1252,
                bytes: b"\xe9".to_vec()
            }
        );
    }

    #[test]
    fn what_a_page_lacks_becomes_a_question_mark() {
        assert_eq!(encode_ansi("a会b", 1252).bytes, b"a?b");
        assert_eq!(encode_ansi("Ж会", 1251).bytes, b"\xc6?");
        assert_eq!(decode_ansi(&encode_ansi("会😀議", 50220)), "会?議");
        assert_eq!(
            decode_ansi(&AnsiString {
                code_page: 65001,
                bytes: b"a\xffb".to_vec()
            }),
            "a\u{fffd}b"
        );
    }
}
