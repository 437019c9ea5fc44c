//! Where a script ends. WHATWG HTML 13.2.5.15 to 13.2.5.31

use memchr::memchr2;

use super::is_name;

/// What a script is in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Data,
    /// In `<!--`.
    Escaped,
    /// In `<!-- <script>`, whose end tag is not that of the script.
    DoubleEscaped,
}

/// Bytes of the script that `text` begins with, before its end tag.
pub(super) fn len(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut state = State::Data;
    let mut at = 0;
    while let Some(found) = memchr2(b'<', b'-', bytes.get(at..).unwrap_or_default()) {
        at += found;
        let here = bytes.get(at..).unwrap_or_default();
        match here {
            [b'<', b'/', name @ ..] if is_name(name, "script") => match state {
                State::DoubleEscaped => {
                    state = State::Escaped;
                    at += 2;
                }
                _ => return at,
            },
            [b'<', name @ ..] if state == State::Escaped && is_name(name, "script") => {
                state = State::DoubleEscaped;
                at += 1;
            }
            // Its dashes may be the first of those that end it.
            [b'<', b'!', b'-', b'-', ..] if state == State::Data => {
                state = State::Escaped;
                at += 2;
            }
            [b'-', b'-', b'>', ..] if state != State::Data => {
                state = State::Data;
                at += 3;
            }
            _ => at += 1,
        }
    }
    bytes.len()
}
