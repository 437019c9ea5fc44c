//! The text of a file: UTF-16 by its byte order mark, else UTF-8, else Windows-1252.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

/// The text of these bytes. Never fails: what is no character becomes U+FFFD.
pub(crate) fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    if let Some(wide) = bytes.strip_prefix(b"\xFF\xFE") {
        return UTF_16LE.decode_without_bom_handling(wide).0;
    }
    if let Some(wide) = bytes.strip_prefix(b"\xFE\xFF") {
        return UTF_16BE.decode_without_bom_handling(wide).0;
    }
    let narrow = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(narrow) {
        Ok(text) => text.into(),
        // What Windows wrote before it wrote UTF-16; every byte is a character.
        Err(_) => WINDOWS_1252.decode_without_bom_handling(narrow).0,
    }
}
