//! Names of attachments.
//! [MS-OXCMAIL] 2.2.3.4.2.1, [MS-OXCMSG] 2.2.2

use mapi_props::{TreeProps, tags};

/// Longest name kept, in characters.
const NAME_MAX: usize = 240;

/// A declared name made safe to keep: no folders, no control characters.
pub(crate) fn file_name(declared: &str) -> String {
    let base = declared
        .rsplit(['/', '\\'])
        .find(|p| !p.trim().is_empty())
        .unwrap_or("");
    let clean: String = base
        .chars()
        .map(|c| if c.is_control() { '_' } else { c })
        .take(NAME_MAX)
        .collect();
    let clean = clean.trim().to_owned();
    if clean.chars().all(|c| c == '.') {
        String::new()
    } else {
        clean
    }
}

/// A name for a part that declares none: `ATT00001.png`.
pub(crate) fn made_up(index: usize, media_type: &str) -> String {
    format!("ATT{:05}{}", index + 1, extension_of(media_type))
}

/// Sets the long name, the 8.3 name, the extension and the name shown.
pub(crate) fn set(props: &mut TreeProps, name: &str) {
    props.set(tags::ATTACH_LONG_FILENAME, name);
    props.set(tags::DISPLAY_NAME, name);
    props.set(tags::ATTACH_FILENAME, short_name(name));
    if let Some((_, extension)) = name
        .rsplit_once('.')
        .filter(|(base, e)| !base.is_empty() && !e.is_empty())
    {
        props.set(tags::ATTACH_EXTENSION, format!(".{extension}"));
    }
}

/// The 8.3 form of a name.
fn short_name(name: &str) -> String {
    let (base, extension) = match name.rsplit_once('.') {
        Some((b, e)) if !b.is_empty() => (b, e),
        _ => (name, ""),
    };
    let fits = |s: &str| {
        s.bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'~' | b'$'))
    };
    if fits(base) && fits(extension) && (1..=8).contains(&base.len()) && extension.len() <= 3 {
        return name.to_owned();
    }
    let keep = |s: &str, n: usize| {
        s.chars()
            .filter(char::is_ascii_alphanumeric)
            .take(n)
            .collect::<String>()
    };
    let (base, extension) = (keep(base, 6), keep(extension, 3));
    let base = if base.is_empty() {
        "FILE".to_owned()
    } else {
        base
    };
    if extension.is_empty() {
        format!("{base}~1")
    } else {
        format!("{base}~1.{extension}")
    }
}

/// Media types and extensions; the first extension of a type is given to parts without a name.
const TYPES: &[(&str, &str)] = &[
    ("text/plain", ".txt"),
    ("text/html", ".htm"),
    ("text/calendar", ".ics"),
    ("text/csv", ".csv"),
    ("text/vcard", ".vcf"),
    ("text/x-vcard", ".vcf"),
    ("text/rtf", ".rtf"),
    ("text/xml", ".xml"),
    ("text/rfc822-headers", ".txt"),
    ("text/enriched", ".txt"),
    ("image/jpeg", ".jpg"),
    ("image/png", ".png"),
    ("image/gif", ".gif"),
    ("image/bmp", ".bmp"),
    ("image/tiff", ".tif"),
    ("image/svg+xml", ".svg"),
    ("image/webp", ".webp"),
    ("audio/mpeg", ".mp3"),
    ("audio/wav", ".wav"),
    ("video/mp4", ".mp4"),
    ("application/pdf", ".pdf"),
    ("application/zip", ".zip"),
    ("application/json", ".json"),
    ("application/xml", ".xml"),
    ("application/rtf", ".rtf"),
    ("application/msword", ".doc"),
    ("application/vnd.ms-excel", ".xls"),
    ("application/vnd.ms-powerpoint", ".ppt"),
    ("application/ms-tnef", ".dat"),
    ("application/pkcs7-mime", ".p7m"),
    ("application/x-pkcs7-mime", ".p7m"),
    ("application/pkcs7-signature", ".p7s"),
    ("application/x-pkcs7-signature", ".p7s"),
    ("application/pgp-signature", ".asc"),
    ("application/pgp-encrypted", ".asc"),
    ("application/pgp-keys", ".asc"),
    ("message/rfc822", ".eml"),
    ("message/global", ".eml"),
    ("message/delivery-status", ".txt"),
    ("message/disposition-notification", ".txt"),
    ("message/feedback-report", ".txt"),
];

fn extension_of(media_type: &str) -> &'static str {
    TYPES
        .iter()
        .find(|(t, _)| *t == media_type)
        .map_or(".dat", |(_, e)| e)
}

/// The media type that an attachment's extension (`.pdf`) suggests.
pub(crate) fn media_type_of(extension: &str) -> Option<&'static str> {
    TYPES
        .iter()
        .find(|(_, e)| e.eq_ignore_ascii_case(extension))
        .map(|(t, _)| *t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe() {
        for (declared, expect) in [
            ("a.txt", "a.txt"),
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\x.doc", "x.doc"),
            ("..", ""),
            ("a\u{7}b", "a_b"),
            ("dir/", "dir"),
            ("  ", ""),
        ] {
            assert_eq!(file_name(declared), expect, "{declared}");
        }
    }

    #[test]
    fn short_names() {
        for (name, expect) in [
            ("a.txt", "a.txt"),
            ("report 2026.docx", "report~1.doc"),
            ("会議.pdf", "FILE~1.pdf"),
            ("README", "README"),
            ("Makefile.am.in", "Makefi~1.in"),
            (".profile", "profil~1"),
        ] {
            assert_eq!(short_name(name), expect, "{name}");
        }
    }
}
