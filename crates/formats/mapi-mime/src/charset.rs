//! Character sets of mail: labels, Windows code pages, and text in an undeclared or wrongly declared one.
//! RFC 2978, WHATWG Encoding

use std::borrow::Cow;

use mail_parser::decoders::charsets::map::charset_decoder;

/// Labels as the decoder knows them and the code page that MAPI writes for them (PR_INTERNET_CPID).
/// The first label of a code page is the one used to read it again.
const CODE_PAGES: &[(&str, i32)] = &[
    ("utf-8", 65001),
    ("utf8", 65001),
    ("us-ascii", 20127),
    ("ascii", 20127),
    ("ansi_x3.4-1968", 20127),
    ("iso-8859-1", 28591),
    ("latin1", 28591),
    ("iso-8859-2", 28592),
    ("iso-8859-3", 28593),
    ("iso-8859-4", 28594),
    ("iso-8859-5", 28595),
    ("iso-8859-6", 28596),
    ("iso-8859-7", 28597),
    ("iso-8859-8", 28598),
    ("iso-8859-8-i", 38598),
    ("iso-8859-9", 28599),
    ("iso-8859-13", 28603),
    ("iso-8859-15", 28605),
    ("windows-1250", 1250),
    ("cp1250", 1250),
    ("windows-1251", 1251),
    ("cp1251", 1251),
    ("windows-1252", 1252),
    ("cp1252", 1252),
    ("windows-1253", 1253),
    ("windows-1254", 1254),
    ("windows-1255", 1255),
    ("windows-1256", 1256),
    ("windows-1257", 1257),
    ("windows-1258", 1258),
    ("windows-874", 874),
    ("tis-620", 874),
    ("koi8-r", 20866),
    ("koi8-u", 21866),
    ("ibm850", 850),
    ("cp850", 850),
    ("ibm866", 866),
    ("cp866", 866),
    ("macintosh", 10000),
    ("x-mac-cyrillic", 10007),
    ("shift_jis", 932),
    ("shift-jis", 932),
    ("sjis", 932),
    ("x-sjis", 932),
    ("windows-31j", 932),
    ("cp932", 932),
    ("euc-jp", 51932),
    ("iso-2022-jp", 50220),
    ("gb2312", 936),
    ("gbk", 936),
    ("cp936", 936),
    ("gb18030", 54936),
    ("big5", 950),
    ("euc-kr", 949),
    ("ks_c_5601-1987", 949),
    ("windows-949", 949),
    ("utf-7", 65000),
    ("utf-16", 1200),
    ("utf-16le", 1200),
    ("utf-16be", 1201),
];

/// Read when nothing better is known, as [MS-OXCMAIL] does for Western mail.
pub const DEFAULT_CODE_PAGE: i32 = 1252;
/// UTF-8.
pub(crate) const UTF_8: i32 = 65001;
/// US-ASCII.
const US_ASCII: i32 = 20127;

/// The Windows code page of a charset label (`iso-8859-1` → 28591), if MAPI has one for it.
#[must_use]
pub fn code_page_of(label: &str) -> Option<i32> {
    let label = clean(label);
    CODE_PAGES
        .iter()
        .find(|(name, _)| label.eq_ignore_ascii_case(name))
        .map(|(_, page)| *page)
}

/// The charset label of a Windows code page (28591 → `iso-8859-1`), if it is known here.
#[must_use]
pub fn label_of(code_page: i32) -> Option<&'static str> {
    CODE_PAGES
        .iter()
        .find(|(_, page)| *page == code_page)
        .map(|(name, _)| *name)
}

/// The Windows page nearest to a mail charset's: what PR_MESSAGE_CODEPAGE names for 8-bit strings.
pub(crate) const fn ansi_code_page(page: i32) -> i32 {
    match page {
        20127 | 28591 | 28605 | 850 | 10000 => 1252,
        28592 => 1250,
        28595 | 20866 | 21866 | 866 | 10007 => 1251,
        28597 => 1253,
        28599 => 1254,
        28598 | 38598 => 1255,
        28596 => 1256,
        28594 | 28603 => 1257,
        50220 | 51932 => 932,
        54936 => 936,
        28593 | 65000 | 1200 | 1201 => UTF_8,
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
    /// The code page in which the bytes were read.
    pub(crate) code_page: i32,
    /// What was odd about them.
    pub(crate) defect: Option<&'static str>,
}

/// Reads `bytes` as the charset called `label`, or what they look like where it is absent, unknown or a lie.
pub(crate) fn decode<'a>(bytes: &'a [u8], label: Option<&str>, default: i32) -> Decoded<'a> {
    let label = label.map(clean).filter(|l| !l.is_empty());
    let page = label.and_then(code_page_of);
    // A label that only we know is read as the usual one of its code page.
    let known = |l: &&str| charset_decoder(l.as_bytes()).is_some();
    let label = label.filter(known).or(page.and_then(label_of)).or(label);
    let (bytes, bom) = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, true),
        None => (bytes, false),
    };
    let utf8 = || std::str::from_utf8(bytes).ok();
    match page {
        Some(UTF_8) => match utf8() {
            Some(text) => Decoded {
                text: text.into(),
                code_page: UTF_8,
                defect: None,
            },
            None if mostly_utf8(bytes) => {
                let text = String::from_utf8_lossy(bytes).into_owned().into();
                Decoded {
                    text,
                    code_page: UTF_8,
                    defect: Some("not valid utf-8"),
                }
            }
            None => guess(bytes, default, Some("declared utf-8, but is not")),
        },
        Some(US_ASCII) if bytes.is_ascii() => with(bytes, "us-ascii", US_ASCII),
        Some(US_ASCII) => guess(
            bytes,
            default,
            Some("declared us-ascii, but has 8-bit bytes"),
        ),
        _ if bom => guess(bytes, default, None),
        _ => match label {
            None if bytes.is_ascii() => with(bytes, "us-ascii", US_ASCII),
            None => guess(bytes, default, Some("8-bit text without a charset")),
            Some(label) if charset_decoder(label.as_bytes()).is_some() => {
                let mut decoded = with(bytes, label, page.unwrap_or(UTF_8));
                if page.is_none() {
                    decoded.code_page = DEFAULT_CODE_PAGE;
                }
                decoded
            }
            Some(_) if bytes.is_ascii() => with(bytes, "us-ascii", US_ASCII),
            Some(_) => guess(bytes, default, Some("unknown charset")),
        },
    }
}

fn clean(label: &str) -> &str {
    label.trim_matches(|c: char| c.is_ascii_whitespace() || matches!(c, '"' | '\'' | ';'))
}

fn with<'a>(bytes: &'a [u8], label: &str, code_page: i32) -> Decoded<'a> {
    let stateful = matches!(code_page, 65000 | 1200 | 1201 | 50220);
    if let (true, false, Ok(text)) = (bytes.is_ascii(), stateful, std::str::from_utf8(bytes)) {
        return Decoded {
            text: text.into(),
            code_page,
            defect: None,
        };
    }
    let text = charset_decoder(label.as_bytes())
        .map_or_else(|| String::from_utf8_lossy(bytes).into_owned(), |f| f(bytes));
    let defect = text
        .contains('\u{FFFD}')
        .then_some("bytes outside the declared charset");
    Decoded {
        text: text.into(),
        code_page,
        defect,
    }
}

/// UTF-8 if it is, else ISO-2022-JP by its escapes, else `default`.
fn guess<'a>(bytes: &'a [u8], default: i32, defect: Option<&'static str>) -> Decoded<'a> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded {
            text: text.into(),
            code_page: UTF_8,
            defect,
        };
    }
    let label = label_of(default).unwrap_or("windows-1252");
    let mut decoded = with(bytes, label, default);
    decoded.defect = defect.or(decoded.defect);
    decoded
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

    #[test]
    fn text_is_found() {
        let check = |bytes: &[u8], label: Option<&str>, text: &str, page: i32, odd: bool| {
            let d = decode(bytes, label, DEFAULT_CODE_PAGE);
            assert_eq!(
                (&*d.text, d.code_page, d.defect.is_some()),
                (text, page, odd),
                "{label:?} {bytes:?}"
            );
        };
        check(b"abc", None, "abc", 20127, false);
        check("é".as_bytes(), Some("UTF-8"), "é", 65001, false);
        check("é".as_bytes(), None, "é", 65001, true);
        check(b"caf\xE9", None, "café", 1252, true);
        check(b"caf\xE9", Some("utf-8"), "café", 1252, true);
        check(b"caf\xE9", Some("\"ISO-8859-1\""), "café", 28591, false);
        check(
            "né \u{e9}".as_bytes(),
            Some("us-ascii"),
            "né é",
            65001,
            true,
        );
        check(
            b"\x1b$B2q5D\x1b(B",
            Some("iso-2022-jp"),
            "会議",
            50220,
            false,
        );
        check(b"abc", Some("x-klingon"), "abc", 20127, false);
        check(b"\xE9", Some("x-klingon"), "é", 1252, true);
    }

    #[test]
    fn every_code_page_has_a_decoder() {
        for (label, page) in CODE_PAGES {
            let usual = label_of(*page).unwrap();
            let found = charset_decoder(usual.as_bytes()).is_some();
            assert!(found || *page == UTF_8, "{label}");
        }
    }
}
