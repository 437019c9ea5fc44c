//! What a character reference stands for. WHATWG HTML 13.2.5.72 to 13.2.5.80

use std::convert::Infallible;

use html5gum::emitters::callback::{CallbackEmitter, CallbackEvent};
use html5gum::{Span, Tokenizer};

/// The longest name of the standard, with `&` and a semicolon, is 33 bytes.
const LONGEST: usize = 40;

/// The length of what may be a reference at the start of `text`, which is a `&`.
pub(super) fn len(text: &str) -> usize {
    let mut bytes = text.bytes().enumerate().skip(1).take(LONGEST);
    let end = bytes.find(|(_, b)| !b.is_ascii_alphanumeric() && *b != b'#');
    match end {
        Some((n, b';')) => n + 1,
        Some((n, _)) => n,
        None => text.len().min(LONGEST),
    }
}

/// The text that a reference stands for; its own where it is none.
pub(super) fn decoded(reference: &str) -> String {
    match reference {
        "&nbsp;" => return "\u{A0}".to_owned(),
        "&amp;" | "&" => return "&".to_owned(),
        "&lt;" => return "<".to_owned(),
        "&gt;" => return ">".to_owned(),
        _ => {}
    }
    let mut text = String::new();
    let callback = |event: CallbackEvent<'_>, _: Span<()>| -> Option<Infallible> {
        if let CallbackEvent::String { value } = event {
            text.push_str(&String::from_utf8_lossy(value));
        }
        None
    };
    // A string never fails to be read.
    let Ok(()) = Tokenizer::new_with_emitter(reference, CallbackEmitter::new(callback)).finish();
    text
}
