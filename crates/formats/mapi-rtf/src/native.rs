//! What the sender of an RTF body wrote: RTF, or HTML or text that RTF carries.
//! [MS-OXRTFEX] 2.2.3.1

use crate::tokens::{Token, Tokens};

/// What a body was before it became RTF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Native {
    /// RTF.
    Rtf,
    /// HTML (`\fromhtml1`), whose tags the RTF carries.
    Html,
    /// Plain text (`\fromtext`).
    Text,
}

/// How many tokens are looked at.
const TOKENS: usize = 10;

/// What `rtf` (unpacked) was made from, as its first ten tokens say.
#[must_use]
pub fn native(rtf: &[u8]) -> Native {
    let mut tokens = Tokens::new(rtf, 0);
    for _ in 0..TOKENS {
        match tokens.next() {
            Some((Token::Word(b"fromhtml", version), _)) if version.unwrap_or(1) == 1 => {
                return Native::Html;
            }
            Some((Token::Word(b"fromtext", _), _)) => return Native::Text,
            Some((Token::Open | Token::Word(..), _)) => {}
            // Text or the end of a group: the header is over.
            Some(_) | None => return Native::Rtf,
        }
    }
    Native::Rtf
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_ten_tokens_say_it() {
        let check = |rtf: &str, expect| assert_eq!(native(rtf.as_bytes()), expect, "{rtf}");
        check(
            "{\\rtf1\\ansi\\ansicpg1252\\fromhtml1 \\deff0{\\fonttbl",
            Native::Html,
        );
        check(
            "{\\rtf1\\ansi\\fbidis\\ansicpg1252\\deff0\\fromtext{\\fonttbl",
            Native::Text,
        );
        check("{\\rtf1\\ansi\\deff0{\\fonttbl{\\f0 Arial;}}", Native::Rtf);
        check("{\\rtf1\\ansi text \\fromhtml1", Native::Rtf);
        check("{\\rtf1\\a\\b\\c\\d\\e\\g\\h\\i\\fromhtml1", Native::Rtf);
        check("{\\rtf1\\a\\b\\c\\d\\e\\g\\h\\fromhtml1", Native::Html);
        check("{\\rtf1\\fromhtml0", Native::Rtf);
        check("", Native::Rtf);
    }
}
