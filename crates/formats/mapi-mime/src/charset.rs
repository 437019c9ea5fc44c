//! Character sets of mail: labels, Windows code pages, and text in an undeclared or wrongly declared one.
//! RFC 2978, WHATWG Encoding, [MS-OXCMAIL] 2.2.3.3

mod iso2022;
mod known;
mod odd;

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

use known::{Charset, How, Nation, Wide};

/// Read when nothing better is known, as [MS-OXCMAIL] does for Western mail.
pub const DEFAULT_CODE_PAGE: i32 = 1252;
/// UTF-8.
pub(crate) const UTF_8: i32 = 65001;
/// US-ASCII.
pub(crate) const US_ASCII: i32 = 20127;
/// ISO 8859-1.
const LATIN_1: i32 = 28591;

/// The Windows code page of a charset label (`iso-8859-1` → 28591), if MAPI has one for it.
#[must_use]
pub fn code_page_of(label: &str) -> Option<i32> {
    let charset = known::by_label(clean(label))?;
    Some(charset.page).filter(|page| *page != 0)
}

/// The charset label of a Windows code page (28591 → `iso-8859-1`), if it is known here.
#[must_use]
pub fn label_of(code_page: i32) -> Option<&'static str> {
    known::by_page(code_page).map(|c| c.label)
}

/// The Windows page nearest to a mail charset's: what PR_MESSAGE_CODEPAGE names for 8-bit strings.
pub(crate) const fn ansi_code_page(page: i32) -> i32 {
    match page {
        20127 | 28591 | 28605 | 437 | 850 | 858 | 860 | 861 | 863 | 865 | 10000 | 10079 => 1252,
        28592 | 852 | 10010 | 10029 | 10082 => 1250,
        28595 | 20866 | 21866 | 855 | 866 | 10007 | 10017 => 1251,
        28597 | 737 | 869 | 10006 => 1253,
        28599 | 857 | 10081 => 1254,
        28598 | 38598 | 862 => 1255,
        28596 | 864 | 10004 => 1256,
        28594 | 28603 | 775 => 1257,
        50220..=50222 | 51932 | 20932 => 932,
        54936 | 51936 | 52936 | 50227 => 936,
        51949 | 50225 | 1361 => 949,
        28593 | 65000 | 1200 | 1201 | 12000 | 12001 => UTF_8,
        other => other,
    }
}

/// Text in a Windows code page; an unknown page is read as UTF-8 if it is that, else as windows-1252.
///
/// This reads PR_HTML by its PR_INTERNET_CPID, and PT_STRING8 by its code page.
#[must_use]
pub fn decode_code_page(bytes: &[u8], code_page: i32) -> String {
    decode(bytes, label_of(code_page), DEFAULT_CODE_PAGE)
        .text
        .into_owned()
}

/// Text and what was read into it.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    pub(crate) text: Cow<'a, str>,
    /// The code page in which the bytes were read; UTF-8 where the charset has none.
    pub(crate) code_page: i32,
    /// No reader of code pages would know these bytes, so that HTML in them is kept as UTF-8.
    pub(crate) foreign: bool,
    /// What was odd about them.
    pub(crate) defect: Option<&'static str>,
}

/// Reads `bytes` as the charset called `label`, or what they look like where it is absent, unknown or a lie: UTF-8, ISO
/// 2022, else the code page `default`.
pub(crate) fn decode<'a>(bytes: &'a [u8], label: Option<&str>, default: i32) -> Decoded<'a> {
    decode_or(bytes, label, || default)
}

/// The same, where 8-bit text that names no charset and is no UTF-8 is read as [`likely_page`] says.
pub(crate) fn decode_guessing<'a>(
    bytes: &'a [u8],
    label: Option<&str>,
    default: i32,
) -> Decoded<'a> {
    decode_or(bytes, label, || likely_page(bytes, default))
}

fn decode_or<'a>(
    bytes: &'a [u8],
    label: Option<&str>,
    default: impl FnOnce() -> i32,
) -> Decoded<'a> {
    let label = label.map(clean).filter(|l| !l.is_empty());
    let charset = label.and_then(known::by_label);
    if let Some(text) = bytes.strip_prefix(b"\xEF\xBB\xBF").and_then(utf8) {
        return text_in(text.into(), UTF_8, None);
    }
    if let Some(decoded) = by_escapes(bytes, charset).or_else(|| by_mark(bytes)) {
        return decoded;
    }
    let Some(charset) = charset else {
        return match label {
            _ if bytes.is_ascii() => ascii(bytes),
            None => guess(bytes, default, "8-bit text without a charset"),
            Some(_) => guess(bytes, default, "unknown charset"),
        };
    };
    match charset.how {
        How::Utf8 => match utf8(bytes) {
            Some(text) => text_in(text.into(), UTF_8, None),
            None if mostly_utf8(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                text_in(text, UTF_8, Some("not valid utf-8"))
            }
            None => guess(bytes, default, "declared utf-8, but is not"),
        },
        How::Ascii if bytes.is_ascii() => ascii(bytes),
        How::Ascii => guess(bytes, default, "declared us-ascii, but has 8-bit bytes"),
        // C1 controls are no text: WHATWG Encoding §4.2 reads windows-1252, and so does everybody.
        _ if charset.page == LATIN_1 && bytes.iter().any(|b| matches!(b, 0x80..=0x9F)) => guess(
            bytes,
            || DEFAULT_CODE_PAGE,
            "declared iso-8859-1, but has bytes that are no text in it",
        ),
        How::Wide(_) if utf8(bytes).is_some_and(is_printable) => {
            guess(bytes, default, "declared of wide units, but is not")
        }
        _ => {
            let decoded = with(bytes, charset);
            match utf8(bytes).filter(|_| decoded.defect.is_some() && !bytes.is_ascii()) {
                Some(text) => text_in(text.into(), UTF_8, Some("declared otherwise, but is utf-8")),
                None => decoded,
            }
        }
    }
}

/// The page in which 8-bit text that says nothing of itself is most likely written: `default`, unless that is the usual
/// one and what the bytes look like is another.
pub(crate) fn likely_page(bytes: &[u8], default: i32) -> i32 {
    /// Bytes that are looked at; more tell nothing new.
    const LOOKED_AT: usize = 64 << 10;
    /// Fewer bytes beyond ASCII say too little.
    const TOO_FEW: usize = 4;
    let first = bytes.iter().position(|b| *b >= 0x80).unwrap_or(bytes.len());
    let bytes = bytes.get(first.saturating_sub(16)..).unwrap_or_default();
    let bytes = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let few = bytes.iter().filter(|b| **b >= 0x80).take(TOO_FEW).count() < TOO_FEW;
    if default != DEFAULT_CODE_PAGE || few {
        return default;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let found = known::by_encoding(detector.guess(None, Utf8Detection::Deny));
    found.map_or(default, |charset| charset.page).max(1)
}

fn clean(label: &str) -> &str {
    label.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | ';'))
}

fn utf8(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

const fn text_in<'a>(
    text: Cow<'a, str>,
    code_page: i32,
    defect: Option<&'static str>,
) -> Decoded<'a> {
    Decoded {
        text,
        code_page,
        foreign: false,
        defect,
    }
}

fn ascii(bytes: &[u8]) -> Decoded<'_> {
    text_in(String::from_utf8_lossy(bytes), US_ASCII, None)
}

/// Text of seven bits with escape sequences that its label knows nothing of.
fn by_escapes<'a>(bytes: &'a [u8], charset: Option<&Charset>) -> Option<Decoded<'a>> {
    memchr::memchr(0x1B, bytes)?;
    let said = charset.is_some_and(|c| matches!(c.how, How::Iso2022(_) | How::Wide(_)));
    let nation = iso2022::nation_of(bytes).filter(|_| !said && bytes.is_ascii())?;
    let (text, _) = iso2022::decode(bytes, nation);
    let page = match nation {
        Nation::Japan => 50220,
        Nation::Korea => 50225,
        Nation::China => 50227,
    };
    Some(text_in(
        text.into(),
        page,
        Some("ISO 2022 without its charset"),
    ))
}

/// UTF-16 with a byte order mark, whatever it is said to be. WHATWG Encoding §6
fn by_mark(bytes: &[u8]) -> Option<Decoded<'_>> {
    let marked = matches!(bytes, [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..]);
    let wide = marked && bytes.len().is_multiple_of(2) && bytes.contains(&0);
    let charset = known::by_page(1200).filter(|_| wide)?;
    Some(with(bytes, charset)).filter(|decoded| decoded.defect.is_none())
}

/// Reads the bytes as what they are said to be.
fn with<'a>(bytes: &'a [u8], charset: &Charset) -> Decoded<'a> {
    let plain = matches!(charset.how, How::Web(_) | How::Table(_) | How::Johab);
    let mut page = charset.page;
    let (text, odd): (Cow<'_, str>, bool) = match &charset.how {
        _ if plain && bytes.is_ascii() => (String::from_utf8_lossy(bytes), false),
        How::Web(encoding) => encoding.decode_without_bom_handling(bytes),
        How::Ascii | How::Utf8 => match String::from_utf8_lossy(bytes) {
            Cow::Borrowed(text) => (text.into(), false),
            Cow::Owned(text) => (text.into(), true),
        },
        How::Wide(wide) => {
            let (text, odd, found) = odd::decode_wide(bytes, *wide);
            page = match found {
                Wide::Utf16Le => 1200,
                Wide::Utf16Be => 1201,
                Wide::Utf32Le => 12000,
                Wide::Utf32Be => 12001,
            };
            (text.into(), odd)
        }
        How::Utf7 => owned(odd::decode_utf7(bytes)),
        How::Table(table) => owned(odd::decode_table(bytes, table)),
        How::Viscii => owned(odd::decode_viscii(bytes)),
        How::Johab => owned(odd::decode_johab(bytes)),
        How::Hz => owned(iso2022::decode_hz(bytes)),
        How::Iso2022(nation) => owned(iso2022::decode(bytes, *nation)),
    };
    let usual = match charset.how {
        How::Web(_) | How::Ascii | How::Utf8 | How::Iso2022(Nation::Japan) => true,
        How::Wide(_) => page == 1200,
        _ => false,
    };
    Decoded {
        text,
        code_page: if page == 0 { UTF_8 } else { page },
        foreign: !usual || page == 0,
        defect: odd.then_some("bytes outside the declared charset"),
    }
}

fn owned<'a>((text, odd): (String, bool)) -> (Cow<'a, str>, bool) {
    (text.into(), odd)
}

/// UTF-8 if it is, else the page `default`.
fn guess<'a>(bytes: &'a [u8], default: impl FnOnce() -> i32, defect: &'static str) -> Decoded<'a> {
    if let Some(text) = utf8(bytes) {
        return text_in(text.into(), UTF_8, Some(defect));
    }
    let charset = known::by_page(default()).or_else(|| known::by_page(DEFAULT_CODE_PAGE));
    let mut decoded = match charset {
        Some(charset) => with(bytes, charset),
        None => text_in(String::from_utf8_lossy(bytes), UTF_8, None),
    };
    decoded.defect = Some(defect);
    decoded
}

/// Whether text has no controls but those of lines: bytes of wide units show as such where they are valid UTF-8 at all.
fn is_printable(text: &str) -> bool {
    let control = |b: &u8| matches!(b, 0..=8 | 11 | 14..=31);
    !text.as_bytes().iter().any(control)
}

/// Whether most of what is not ASCII forms UTF-8 sequences: a cut or spoilt text, not one in another charset.
fn mostly_utf8(bytes: &[u8]) -> bool {
    let (mut good, mut bad) = (0usize, 0usize);
    for chunk in bytes.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        bad += usize::from(!chunk.invalid().is_empty());
    }
    good > bad
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], label: Option<&str>, text: &str, page: i32, odd: bool) {
        let d = decode(bytes, label, DEFAULT_CODE_PAGE);
        assert_eq!(
            (&*d.text, d.code_page, d.defect.is_some()),
            (text, page, odd),
            "{label:?} {bytes:?}"
        );
    }

    #[test]
    fn declared_text_is_read() {
        check(b"abc", None, "abc", 20127, false);
        check("é".as_bytes(), Some("UTF-8"), "é", 65001, false);
        check(b"caf\xE9", Some("\"ISO-8859-1\""), "café", 28591, false);
        check(
            b"\x1b$B2q5D\x1b(B",
            Some("iso-2022-jp"),
            "会議",
            50220,
            false,
        );
        check(b"\x82\x81", Some("cp437"), "éü", 437, false);
        check(b"\x8E\xD5", Some("x-mac-roman"), "é’", 10000, false);
        check(b"\x8E", Some("x-mac-ce"), "é", 10029, false);
        check(b"\xBE\xC8", Some("euc-kr"), "안", 51949, false);
        check(b"caf+AOk-", Some("utf-7"), "café", 65000, false);
        check(b"\xFF\xFEh\0", Some("utf-16"), "h", 1200, false);
        check(b"\0h\0i", Some("utf-16"), "hi", 1201, false);
        check(b"\x10\x042\x04", Some("utf-16le"), "Ав", 1200, false);
        check(b"\x87\x40", Some("big5-hkscs"), "\u{43F0}", 950, false);
        check(b"abc", Some("x-klingon"), "abc", 20127, false);
    }

    #[test]
    fn a_charset_without_a_page_is_kept_as_text() {
        let decoded = decode(b"Vi\xAEt", Some("viscii"), DEFAULT_CODE_PAGE);
        assert_eq!((&*decoded.text, decoded.code_page), ("Vi\u{1EC7}t", UTF_8));
        assert!(decoded.foreign && decoded.defect.is_none());
    }

    #[test]
    fn lies_and_silence_are_seen_through() {
        check("é".as_bytes(), None, "é", 65001, true);
        check(b"caf\xE9", None, "café", 1252, true);
        check(b"caf\xE9", Some("utf-8"), "café", 1252, true);
        check(
            "né \u{e9}".as_bytes(),
            Some("us-ascii"),
            "né é",
            65001,
            true,
        );
        check(b"\xE9", Some("x-klingon"), "é", 1252, true);
        check(b"\x93a\x94", Some("iso-8859-1"), "“a”", 1252, true);
        check("“é”".as_bytes(), Some("iso-8859-1"), "“é”", 65001, true);
        check("中文".as_bytes(), Some("big5"), "中文", 65001, true);
        check(b"\x1b$B2q5D\x1b(B", None, "会議", 50220, true);
        check(b"\x1b$B2q5D\x1b(B", Some("us-ascii"), "会議", 50220, true);
        check(b"\x1b[1mbold", None, "\x1b[1mbold", 20127, false);
        check(b"plain", Some("utf-16"), "plain", 65001, true);
        check(b"\xFF\xFEh\0i\0", None, "hi", 1200, false);
        check(b"\xFE\xFF\0h\0i", Some("utf-8"), "hi", 1201, false);
        check(b"\xEF\xBB\xBFx", Some("iso-8859-1"), "x", 65001, false);
    }

    #[test]
    fn silent_text_is_guessed() {
        let check = |bytes: &[u8], page: i32| {
            assert_eq!(likely_page(bytes, DEFAULT_CODE_PAGE), page, "{bytes:?}");
        };
        let russian = "Москва - столица России.";
        check(&encoding_rs::KOI8_R.encode(russian).0, 21866);
        check(&encoding_rs::WINDOWS_1251.encode(russian).0, 1251);
        check(
            &encoding_rs::SHIFT_JIS.encode("明日の会議の資料です。").0,
            932,
        );
        check(
            &encoding_rs::EUC_JP.encode("明日の会議の資料です。").0,
            51932,
        );
        check(&encoding_rs::BIG5.encode("明天開會的資料在這裡").0, 950);
        check(&encoding_rs::GBK.encode("明天开会的资料在这里").0, 936);
        check(&encoding_rs::EUC_KR.encode("내일 회의 자료입니다").0, 949);
        check(
            &encoding_rs::WINDOWS_1252
                .encode("Élève très naïf, garçon à Orléans")
                .0,
            1252,
        );
        check(
            &encoding_rs::WINDOWS_1252
                .encode("Größe, Äpfel, Öl und Übermut")
                .0,
            1252,
        );
        check(b"caf\xE9", 1252);
        assert_eq!(
            likely_page(&encoding_rs::KOI8_R.encode(russian).0, 1253),
            1253
        );
    }

    #[test]
    fn any_bytes_are_read_as_anything() {
        let mut state = 1u32;
        let mut bytes: Vec<u8> = (0..4096)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                state.to_be_bytes()[0]
            })
            .collect();
        bytes.extend(b"\x1b$B\x1b$)A\x0e~{+A-".repeat(20));
        for label in (0..66_000)
            .filter_map(label_of)
            .chain(["viscii", "hp-roman8"])
        {
            for start in 0..64 {
                let piece = &bytes[start * 61..];
                let decoded = decode_guessing(piece, Some(label), DEFAULT_CODE_PAGE);
                assert!(!decoded.text.is_empty(), "{label}");
            }
        }
    }

    #[test]
    fn a_page_is_read_as_the_label_that_gave_it() {
        for page in 0..66_000 {
            let Some(label) = label_of(page) else {
                continue;
            };
            let bytes: &[u8] = match page {
                1200 => b"a\0b\0",
                1201 => b"\0a\0b",
                12000 => b"a\0\0\0b\0\0\0",
                12001 => b"\0\0\0a\0\0\0b",
                _ => b"ab",
            };
            let decoded = decode(bytes, Some(label), DEFAULT_CODE_PAGE);
            assert_eq!(decoded.text, "ab", "{label}");
            assert_eq!(decode_code_page(bytes, page), decoded.text, "{label}");
        }
    }
}
