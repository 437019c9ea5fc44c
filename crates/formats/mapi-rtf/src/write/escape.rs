//! Characters as RTF says them: in ASCII only, other characters by number with a question mark for readers that do not
//! know `\u`.

use std::io::Write;

/// Adds text as RTF: a tab, a line's end of any form, or the character itself. The RTF around it is `\uc1`.
pub(crate) fn push_text(out: &mut Vec<u8>, text: &str) {
    let mut after_return = false;
    for c in text.chars() {
        if !(after_return && c == '\n') {
            push_char(out, c);
        }
        after_return = c == '\r';
    }
}

/// Adds a character. NUL, which RTF has no place for, is left out.
pub(crate) fn push_char(out: &mut Vec<u8>, c: char) {
    match c {
        '\\' => out.extend_from_slice(b"\\\\"),
        '{' => out.extend_from_slice(b"\\{"),
        '}' => out.extend_from_slice(b"\\}"),
        '\t' => out.extend_from_slice(b"\\tab "),
        '\n' | '\r' => out.extend_from_slice(b"\\par\r\n"),
        '\0' => {}
        ' '..='~' => out.extend(u8::try_from(c)),
        '\u{1}'..='\u{7F}' => push(out, format_args!("\\'{:02x}", u32::from(c))),
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                push(out, format_args!("\\u{}?", unit.cast_signed()));
            }
        }
    }
}

/// Adds what is RTF already.
pub(crate) fn push(out: &mut Vec<u8>, rtf: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = out.write_fmt(rtf);
}
