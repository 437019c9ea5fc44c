//! The text of a message's body, in whatever form it is stored. [MS-OXBBODY] 2.1.3.1; requirements TXT-04, TXT-08

use std::borrow::Cow;
use std::io::Read;

use mapi_html::html_to_text;
use mapi_props::{AnsiString, LargeRef, PropType, PropValue, Slot, tags};
use mapi_query::{decode_ansi, is_supported_code_page};
use mapi_rtf::compressed::decompress;

use crate::engine::ItemRow;

/// Bytes of RTF, unpacked, that are read: what claims to be longer is damaged.
pub const LONGEST_RTF: usize = 256 << 20;

/// PR_BODY of a message as a reader gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextBody<'a> {
    /// The message has none of PR_BODY, PR_HTML and PR_RTF_COMPRESSED, or RTF alone and that is damaged.
    None,
    /// This text.
    Text(Cow<'a, str>),
    /// It has one that cannot be had here: not downloaded, longer than was asked for, or damaged.
    Unknown,
}

/// PR_BODY of a message as a reader gets it: what is stored, else the text of its RTF or HTML, whichever is the better one.
/// Bodies stored in more than `longest` bytes are [`TextBody::Unknown`].
#[must_use]
pub fn text_body(row: &dyn ItemRow, longest: u64) -> TextBody<'_> {
    match row.ty(tags::BODY.id()) {
        Some(_) => stored_text(row, tags::BODY.id(), longest),
        None => made_body(row, longest),
    }
}

/// The text stored under an identifier, small or large, of at most `longest` bytes.
#[must_use]
pub fn stored_text(row: &dyn ItemRow, id: u16, longest: u64) -> TextBody<'_> {
    if let Some(text) = row.text(id) {
        return within(text, longest);
    }
    let Some(large) = row.large(id).filter(|large| large.ty.is_string()) else {
        return TextBody::None;
    };
    let Some(bytes) = whole(row, &large, longest) else {
        return TextBody::Unknown;
    };
    let text = if large.ty == PropType::UNICODE {
        lossy(bytes)
    } else {
        let page = code_page(row, tags::MESSAGE_CODEPAGE.id());
        let page = page.or_else(|| code_page(row, tags::INTERNET_CPID.id()));
        in_page(bytes, page.unwrap_or(0))
    };
    within(Cow::Owned(text), longest)
}

/// What PR_BODY is made from where it is not stored: PR_RTF_COMPRESSED if PR_NATIVE_BODY_INFO or PR_RTF_IN_SYNC says that
/// it is the best body, else PR_HTML, and RTF where there is no HTML. Messages without RTF are not asked for more of it.
#[must_use]
pub fn made_body(row: &dyn ItemRow, longest: u64) -> TextBody<'_> {
    if row.ty(tags::HTML.id()).is_none() {
        return rtf_body(row, longest);
    }
    if row.ty(tags::RTF_COMPRESSED.id()).is_some() && is_rtf_best(row) {
        let body = rtf_body(row, longest);
        if body != TextBody::None {
            return body;
        }
    }
    html_body(row, longest)
}

/// Whether RTF is the best body of a message that has HTML too.
fn is_rtf_best(row: &dyn ItemRow) -> bool {
    const RICH: i32 = 2;
    const MARKUP: i32 = 3;
    let native = row.slot(tags::NATIVE_BODY_INFO.id());
    match native.and_then(|slot| slot.value()?.as_long()) {
        Some(RICH) => true,
        Some(MARKUP) => false,
        _ => {
            let in_sync = row.slot(tags::RTF_IN_SYNC.id());
            in_sync.is_some_and(|slot| slot.value() == Some(&PropValue::Bool(true)))
        }
    }
}

/// The text of PR_HTML.
fn html_body(row: &dyn ItemRow, longest: u64) -> TextBody<'_> {
    let Some(slot) = row.slot(tags::HTML.id()) else {
        return TextBody::None;
    };
    let page = code_page(row, tags::INTERNET_CPID.id());
    let markup = match slot.as_ref() {
        Slot::Value(PropValue::Unicode(text)) => text.clone(),
        Slot::Value(PropValue::String8(text)) => decode_ansi(text).into_owned(),
        Slot::Value(PropValue::Binary(bytes)) => decode_html(bytes, page),
        Slot::Value(_) => return TextBody::None,
        Slot::Large(large) => match whole(row, large, longest) {
            Some(bytes) if large.ty == PropType::UNICODE => lossy(bytes),
            Some(bytes) => decode_html(&bytes, page),
            None => return TextBody::Unknown,
        },
    };
    within(Cow::Owned(html_to_text(&markup)), longest)
}

/// The text of PR_RTF_COMPRESSED; none of what is damaged.
fn rtf_body(row: &dyn ItemRow, longest: u64) -> TextBody<'_> {
    let Some(slot) = row.slot(tags::RTF_COMPRESSED.id()) else {
        return TextBody::None;
    };
    let rtf = match slot.as_ref() {
        Slot::Value(PropValue::Binary(packed)) => decompress(packed, LONGEST_RTF),
        Slot::Value(_) => return TextBody::None,
        Slot::Large(large) => match whole(row, large, longest) {
            Some(packed) => decompress(&packed, LONGEST_RTF),
            None => return TextBody::Unknown,
        },
    };
    match rtf {
        Ok(rtf) => within(Cow::Owned(mapi_rtf::to_text(&rtf).text), longest),
        Err(_) => TextBody::None,
    }
}

/// The text of HTML bytes: a byte order mark tells, else PR_INTERNET_CPID; without one UTF-8 if it can be, else Western.
#[must_use]
pub fn decode_html(bytes: &[u8], code_page: Option<u16>) -> String {
    let wide = |bytes: &[u8]| {
        let (pairs, _) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|p| u16::from_le_bytes(*p));
        char::decode_utf16(units)
            .map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER))
            .collect()
    };
    match (bytes, code_page) {
        ([0xEF, 0xBB, 0xBF, rest @ ..], _) => String::from_utf8_lossy(rest).into_owned(),
        ([0xFF, 0xFE, rest @ ..], _) => wide(rest),
        (bytes, Some(UTF_16)) => wide(bytes),
        (bytes, Some(page)) if is_supported_code_page(page) => in_page(bytes.to_vec(), page),
        (bytes, _) => match std::str::from_utf8(bytes) {
            Ok(text) => text.to_owned(),
            Err(_) => in_page(bytes.to_vec(), 1252),
        },
    }
}

const UTF_16: u16 = 1200;

fn within(text: Cow<'_, str>, longest: u64) -> TextBody<'_> {
    if u64::try_from(text.len()).is_ok_and(|len| len <= longest) {
        TextBody::Text(text)
    } else {
        TextBody::Unknown
    }
}

/// All bytes of a large value; `None` if it is not at hand, or longer.
fn whole(row: &dyn ItemRow, value: &LargeRef, longest: u64) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let fits = value.size <= longest;
    let reader = fits.then(|| row.open(value)).flatten()?;
    // The size that a value claims is not believed.
    reader.take(longest + 1).read_to_end(&mut bytes).ok()?;
    let fits = u64::try_from(bytes.len()).is_ok_and(|len| len <= longest);
    fits.then_some(bytes)
}

fn code_page(row: &dyn ItemRow, id: u16) -> Option<u16> {
    u16::try_from(row.slot(id)?.value()?.as_long()?).ok()
}

fn lossy(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned())
}

fn in_page(bytes: Vec<u8>, code_page: u16) -> String {
    decode_ansi(&AnsiString { code_page, bytes }).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_bytes_are_read_by_mark_code_page_or_guess() {
        assert_eq!(decode_html(b"caf\xC3\xA9", None), "café");
        assert_eq!(decode_html(b"caf\xE9", None), "café");
        assert_eq!(decode_html(b"\xE9", Some(1251)), "й");
        assert_eq!(decode_html(b"\xC3\xA9", Some(65001)), "é");
        assert_eq!(decode_html(b"\xEF\xBB\xBFx\xC3\xA9", Some(1252)), "xé");
        assert_eq!(decode_html(b"\xFF\xFEx\0", Some(1252)), "x");
        assert_eq!(decode_html(b"x\0\xE9\0", Some(1200)), "xé");
    }
}
