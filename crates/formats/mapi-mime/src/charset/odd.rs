//! Charsets that no crate here reads: UTF-7, UTF-32, VISCII, Johab, and tables.
//! RFC 2152, Unicode §3.10, RFC 1456, KS X 1001 annex 3

use encoding_rs::EUC_KR;

use super::known::Wide;

/// ASCII and the 128 characters of `table`.
pub(super) fn decode_table(bytes: &[u8], table: &str) -> (String, bool) {
    let upper: Vec<char> = table.chars().collect();
    let text = bytes.iter().map(|&byte| match byte.checked_sub(128) {
        None => char::from(byte),
        Some(n) => upper.get(usize::from(n)).copied().unwrap_or('\u{FFFD}'),
    });
    flagged(text.collect())
}

/// VISCII has letters in the place of six controls too.
pub(super) fn decode_viscii(bytes: &[u8]) -> (String, bool) {
    let (text, odd) = decode_table(bytes, mapi_props::upper_halves::VISCII);
    let letter = |c| match c {
        '\u{2}' => 'Ẳ',
        '\u{5}' => 'Ẵ',
        '\u{6}' => 'Ẫ',
        '\u{14}' => 'Ỷ',
        '\u{19}' => 'Ỹ',
        '\u{1E}' => 'Ỵ',
        c => c,
    };
    (text.chars().map(letter).collect(), odd)
}

/// UTF-16 or UTF-32; a byte order mark counts more than `wide` does. Says which it was.
pub(super) fn decode_wide(bytes: &[u8], wide: Wide) -> (String, bool, Wide) {
    use Wide::{Utf16Be, Utf16Le, Utf32Be, Utf32Le};
    let (bytes, wide) = match (bytes, wide) {
        ([0xFF, 0xFE, 0, 0, rest @ ..], Utf32Le | Utf32Be) => (rest, Utf32Le),
        ([0, 0, 0xFE, 0xFF, rest @ ..], Utf32Le | Utf32Be) => (rest, Utf32Be),
        ([0xFF, 0xFE, rest @ ..], Utf16Le | Utf16Be) => (rest, Utf16Le),
        ([0xFE, 0xFF, rest @ ..], Utf16Le | Utf16Be) => (rest, Utf16Be),
        // Without a mark the bytes of Latin text show the order.
        ([0, 0, 0, 1..=255, ..], Utf32Le) => (bytes, Utf32Be),
        ([1..=255, 0, 0, 0, ..], Utf32Be) => (bytes, Utf32Le),
        ([0, 1..=255, 0, 1..=255, ..], Utf16Le) => (bytes, Utf16Be),
        ([1..=255, 0, 1..=255, 0, ..], Utf16Be) => (bytes, Utf16Le),
        _ => (bytes, wide),
    };
    let text: String = match wide {
        Utf16Le => utf16(bytes, u16::from_le_bytes),
        Utf16Be => utf16(bytes, u16::from_be_bytes),
        Utf32Le => utf32(bytes, u32::from_le_bytes),
        Utf32Be => utf32(bytes, u32::from_be_bytes),
    };
    let (text, odd) = flagged(text);
    (text, odd, wide)
}

fn utf16(bytes: &[u8], read: fn([u8; 2]) -> u16) -> String {
    let (units, rest) = bytes.as_chunks::<2>();
    let text = char::decode_utf16(units.iter().map(|u| read(*u))).map(|c| c.unwrap_or('\u{FFFD}'));
    text.chain((!rest.is_empty()).then_some('\u{FFFD}'))
        .collect()
}

fn utf32(bytes: &[u8], read: fn([u8; 4]) -> u32) -> String {
    let (units, rest) = bytes.as_chunks::<4>();
    let text = units
        .iter()
        .map(|u| char::from_u32(read(*u)).unwrap_or('\u{FFFD}'));
    text.chain((!rest.is_empty()).then_some('\u{FFFD}'))
        .collect()
}

/// UTF-7: `+` and base64 of UTF-16 up to a character that is no digit of it. RFC 2152
pub(super) fn decode_utf7(bytes: &[u8]) -> (String, bool) {
    let mut out = String::with_capacity(bytes.len());
    let mut odd = false;
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'+', [b'-', after @ ..]) => {
                out.push('+');
                rest = after;
            }
            (b'+', _) => {
                let end = tail
                    .iter()
                    .position(|b| digit(*b).is_none())
                    .unwrap_or(tail.len());
                let (coded, after) = tail.split_at(end);
                odd |= !push_utf7(coded, &mut out);
                rest = after.strip_prefix(b"-").unwrap_or(after);
            }
            (0x80.., _) => {
                odd = true;
                out.push('\u{FFFD}');
            }
            _ => out.push(char::from(first)),
        }
    }
    (out, odd)
}

fn digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

/// Appends UTF-16 from base64 digits; says whether it was sound.
fn push_utf7(coded: &[u8], out: &mut String) -> bool {
    let (mut word, mut bits) = (0u32, 0u32);
    let mut units = Vec::with_capacity(coded.len() * 3 / 8 + 1);
    for digit in coded.iter().filter_map(|b| digit(*b)) {
        word = word << 6 | digit;
        bits += 6;
        if bits >= 16 {
            bits -= 16;
            units.push(u16::try_from(word >> bits & 0xFFFF).unwrap_or(0));
            word &= (1 << bits) - 1;
        }
    }
    let mut sound = !coded.is_empty() && bits < 6 && word == 0;
    for c in char::decode_utf16(units) {
        sound &= c.is_ok();
        out.push(c.unwrap_or('\u{FFFD}'));
    }
    sound
}

const INITIALS: &str = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const FINALS: &str = "ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ";

/// Johab: a syllable's three letters in five bits each; the rest as in KS X 1001.
pub(super) fn decode_johab(bytes: &[u8]) -> (String, bool) {
    let mut out = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (0..=0x7F, _) => out.push(char::from(first)),
            (0x84..=0xD3, [second @ (0x41..=0x7E | 0x81..=0xFE), after @ ..]) => {
                out.push(
                    syllable(u32::from(first) << 8 | u32::from(*second)).unwrap_or('\u{FFFD}'),
                );
                rest = after;
            }
            (0xD9..=0xDE | 0xE0..=0xF9, [second @ (0x31..=0x7E | 0x91..=0xFE), after @ ..]) => {
                push_symbol(first, *second, &mut out);
                rest = after;
            }
            _ => out.push('\u{FFFD}'),
        }
    }
    flagged(out)
}

fn syllable(code: u32) -> Option<char> {
    let (initial, vowel, last) = (code >> 10 & 31, code >> 5 & 31, code & 31);
    let initial = match initial {
        1 => None,
        2..=20 => Some(initial - 2),
        _ => return None,
    };
    let vowel = match vowel {
        2 => None,
        3..=7 => Some(vowel - 3),
        10..=15 => Some(vowel - 5),
        18..=23 => Some(vowel - 7),
        26..=29 => Some(vowel - 9),
        _ => return None,
    };
    let last = match last {
        1..=17 => last - 1,
        19..=29 => last - 2,
        _ => return None,
    };
    let nth = |letters: &str, n: u32| letters.chars().nth(usize::try_from(n).ok()?);
    match (initial, vowel, last) {
        (Some(i), Some(v), _) => char::from_u32(0xAC00 + (i * 21 + v) * 28 + last),
        (Some(i), None, 0) => nth(INITIALS, i),
        (None, Some(v), 0) => char::from_u32(0x314F + v),
        (None, None, 1..) => nth(FINALS, last - 1),
        _ => None,
    }
}

/// Symbols and Chinese characters stand in the order of KS X 1001, two of its rows to a first byte.
fn push_symbol(first: u8, second: u8, out: &mut String) {
    let row = match first {
        ..0xE0 => 2 * (u16::from(first) - 0xD9),
        _ => 2 * u16::from(first) - 0x197,
    };
    let column = u16::from(second) - if second < 0x91 { 0x31 } else { 0x43 };
    let (row, column) = (row + column / 0x5E, column % 0x5E);
    let byte = |n: u16| u8::try_from(n + 0xA1).unwrap_or(0xFF);
    let pair = [byte(row), byte(column)];
    out.push_str(&EUC_KR.decode_without_bom_handling(&pair).0);
}

/// The text, and whether some of it could not be read.
fn flagged(text: String) -> (String, bool) {
    let odd = text.contains('\u{FFFD}');
    (text, odd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_7() {
        let check = |bytes: &[u8], text: &str, odd: bool| {
            assert_eq!(decode_utf7(bytes), (text.to_owned(), odd), "{bytes:?}");
        };
        check(b"Hi Mom +Jjo-!", "Hi Mom ☺!", false);
        check(b"A+ImIDkQ.", "A≢Α.", false);
        check(b"+ZeVnLIqe-", "日本語", false);
        check(b"1 +- 1 = 2", "1 + 1 = 2", false);
        check(b"caf+AOk noir", "café noir", false);
        check(b"+2D3eCA-", "\u{1F608}", false);
        check(b"+", "", true);
    }

    #[test]
    fn wide_units() {
        let check = |bytes: &[u8], wide, text: &str, found| {
            assert_eq!(
                decode_wide(bytes, wide),
                (text.to_owned(), false, found),
                "{bytes:?}"
            );
        };
        check(b"h\0\xE9\0", Wide::Utf16Le, "hé", Wide::Utf16Le);
        check(b"\0h\0i", Wide::Utf16Le, "hi", Wide::Utf16Be);
        check(b"\xFE\xFF\0h", Wide::Utf16Le, "h", Wide::Utf16Be);
        check(b"\0\0\0h", Wide::Utf32Le, "h", Wide::Utf32Be);
        check(b"\xFF\xFE\0\0h\0\0\0", Wide::Utf32Be, "h", Wide::Utf32Le);
        assert!(decode_wide(b"\0\xD8h", Wide::Utf16Le).1);
    }

    #[test]
    fn johab() {
        let check = |bytes: &[u8], text: &str| {
            assert_eq!(decode_johab(bytes), (text.to_owned(), false), "{bytes:?}");
        };
        check(b"\xD0\x65\x8B\x69 a", "한글 a");
        check(b"\x88\x41\xD9\x31\xE0\x31", "ㄱ\u{3000}伽");
        assert!(decode_johab(b"\x88\x80\xFF").1);
    }

    #[test]
    fn viscii() {
        assert_eq!(
            decode_viscii(b"Vi\xAEt \x02"),
            ("Vi\u{1EC7}t Ẳ".to_owned(), false)
        );
    }
}
