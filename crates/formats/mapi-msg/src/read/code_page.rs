//! In which code pages the PT_STRING8 of a message may be. [MS-OXMSG] 2.1

use mapi_props::{AnsiString, PropTag, PropType, Tag, tags};

use super::properties::Entry;

/// Code page of files that say nothing.
const WESTERN: u16 = 1252;

/// The code pages that a message names, the most reliable first: its own; that of its language, as older writers keep no
/// other; that of its Internet form. `outer`: those of the message that it lies in.
pub(super) fn code_pages(entries: &[Entry], outer: &[u16]) -> Vec<u16> {
    let number = |tag: Tag<i32>| {
        let tag = PropTag::new(tag.id(), PropType::LONG);
        let entry = entries.iter().find(|entry| entry.tag == tag)?;
        u32::try_from(entry.long()).ok()
    };
    let page = |tag| number(tag).and_then(|n| u16::try_from(n).ok());
    // That of UTF-16 is no page of bytes.
    let own = page(tags::MESSAGE_CODEPAGE).filter(|page| !matches!(page, 0 | 1200 | 1201));
    let language = number(tags::MESSAGE_LOCALE_ID).map(of_language);
    let internet = page(tags::INTERNET_CPID).map(of_internet);
    let others = [language, internet].into_iter().flatten();
    // Any bytes are text in the western page, so that it must come last where another one is named.
    let mut pages: Vec<u16> = own
        .into_iter()
        .chain(others.filter(|page| *page != WESTERN))
        .collect();
    pages.extend(outer);
    if pages.is_empty() {
        pages.push(WESTERN);
    }
    pages
}

/// The text of bytes without terminators in the first of these pages that they are text in, else those bytes.
pub(super) fn decode(bytes: Vec<u8>, pages: &[u16]) -> Result<String, AnsiString> {
    let mut ansi = AnsiString {
        code_page: WESTERN,
        bytes,
    };
    for page in pages {
        ansi.code_page = *page;
        if let Some(text) = crate::text::from_ansi(&ansi) {
            return Ok(text);
        }
    }
    ansi.code_page = pages.first().copied().unwrap_or(WESTERN);
    while ansi.bytes.last() == Some(&0) {
        ansi.bytes.pop();
    }
    Err(ansi)
}

/// The Windows code page of a language (the ANSI page of its locale).
fn of_language(locale: u32) -> u16 {
    match (locale & 0x3FF, locale & 0xFFFF) {
        (0x04, 0x0404 | 0x0C04 | 0x1404) => 950,
        (0x04, _) => 936,
        (0x11, _) => 932,
        (0x12, _) => 949,
        (0x1A, 0x0C1A | 0x1C1A) => 1251,
        (0x05 | 0x0E | 0x15 | 0x18 | 0x1A | 0x1B | 0x1C | 0x24, _) => 1250,
        (0x02 | 0x19 | 0x22 | 0x23 | 0x2F | 0x3F | 0x40 | 0x44 | 0x50, _) => 1251,
        (0x08, _) => 1253,
        (0x1F | 0x2C | 0x43, _) => 1254,
        (0x0D, _) => 1255,
        (0x01 | 0x20 | 0x29, _) => 1256,
        (0x25..=0x27, _) => 1257,
        (0x2A, _) => 1258,
        (0x1E, _) => 874,
        _ => WESTERN,
    }
}

/// The Windows code page of texts whose Internet form has this one.
const fn of_internet(page: u16) -> u16 {
    match page {
        50220..=50222 | 51932 => 932,
        50225 | 51949 => 949,
        50227 | 52936 | 54936 => 936,
        20866 | 21866 | 28595 => 1251,
        20127 | 28591 | 28605 => 1252,
        28592 => 1250,
        page => page,
    }
}
