//! Bytes of RTF's text in the code page that its font or header names.
//! RTF 1.9.1, "Character Set" and "Font Table"; [MS-UCODEREF] 2.2.1

use std::borrow::Cow;

use encoding_rs::Encoding;
use mapi_props::upper_halves as halves;

use crate::symbols::Symbols;

/// How the bytes of a text become characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CodePage {
    /// One byte each; the index of a table of [`CodePages`].
    Single(usize),
    /// One or two bytes each, or four.
    Multi(&'static Encoding),
    /// One byte each, of a font of symbols.
    Symbols(Symbols),
}

/// The code pages that a document uses.
#[derive(Debug, Default)]
pub(crate) struct CodePages {
    tables: Vec<(u16, Box<[char; 128]>)>,
}

impl CodePages {
    /// The code page with this number; windows-1252 for one that is unknown.
    pub(crate) fn get(&mut self, number: u16) -> CodePage {
        if let Some(encoding) = multi(number) {
            return CodePage::Multi(encoding);
        }
        let known = upper_half(number).is_some() || single(number).is_some();
        let number = if known { number } else { 1252 };
        // There are no more than there are tables.
        if let Some(known) = self.tables.iter().position(|(known, _)| *known == number) {
            return CodePage::Single(known);
        }
        self.tables.push((number, Box::new(table(number))));
        CodePage::Single(self.tables.len() - 1)
    }

    /// The character of a byte of a font of symbols; what it looks like there, or else in windows-1252.
    pub(crate) fn symbol(&mut self, symbols: Symbols, byte: u8) -> char {
        if let Some(char) = symbols.char(byte) {
            return char;
        }
        match self.get(1252) {
            CodePage::Single(table) if byte >= 0x80 => self.single(table, byte),
            _ => byte.into(),
        }
    }

    /// Bytes that are no character of a code page with several bytes to each, if the first one stands alone: writers put
    /// Western dashes, bullets and blanks into any font. What two such bytes were meant to be cannot be known.
    pub(crate) fn western<'a>(&mut self, bytes: &[u8]) -> Option<Cow<'a, str>> {
        let (first, rest) = bytes.split_first()?;
        let CodePage::Single(table) = self.get(1252) else {
            return None;
        };
        let rest = str::from_utf8(rest).ok().filter(|rest| rest.is_ascii())?;
        let mut text = String::from(self.single(table, *first));
        text.push_str(rest);
        Some(text.into())
    }

    /// The character of one byte over 0x7F.
    pub(crate) fn single(&self, table: usize, byte: u8) -> char {
        let table = self.tables.get(table).map(|(_, table)| table);
        table
            .and_then(|table| table.get(usize::from(byte & 0x7F)))
            .copied()
            .unwrap_or(char::REPLACEMENT_CHARACTER)
    }
}

/// How many bytes the character has whose first ones these are, in an encoding with several; what follows need not fit.
pub(crate) fn length(encoding: &'static Encoding, bytes: &[u8]) -> usize {
    let (first, second) = match bytes {
        [] => return 1,
        [first] => (*first, 0),
        [first, second, ..] => (*first, *second),
    };
    if encoding == encoding_rs::UTF_8 {
        return match first {
            0xC2..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xF4 => 4,
            _ => 1,
        };
    }
    if encoding == encoding_rs::GB18030 && second.is_ascii_digit() {
        return 4;
    }
    match first {
        0x81..=0x9F | 0xE0..=0xFC => 2,
        0xA0..=0xDF if encoding == encoding_rs::SHIFT_JIS => 1,
        0xA1..=0xFE => 2,
        _ => 1,
    }
}

/// The code page that a font's `\fcharset` means; `None`: the document's own.
pub(crate) const fn of_charset(charset: i32) -> Option<u16> {
    Some(match charset {
        0 => 1252,
        77 => 10000,
        78 => 10001,
        79 => 10003,
        80 => 10008,
        81 => 10002,
        83 => 10005,
        84 => 10004,
        85 => 10006,
        86 => 10081,
        87 => 10021,
        88 => 10029,
        89 => 10007,
        128 => 932,
        129 => 949,
        130 => 1361,
        134 => 936,
        136 => 950,
        161 => 1253,
        162 => 1254,
        163 => 1258,
        177 => 1255,
        178..=180 => 1256,
        181 => 1255,
        186 => 1257,
        204 => 1251,
        222 => 874,
        238 => 1250,
        254 => 437,
        255 => 850,
        _ => return None,
    })
}

fn multi(number: u16) -> Option<&'static Encoding> {
    Some(match number {
        932 | 10001 => encoding_rs::SHIFT_JIS,
        936 | 10008 => encoding_rs::GBK,
        949 | 1361 | 10003 => encoding_rs::EUC_KR,
        950 | 10002 => encoding_rs::BIG5,
        20932 | 51932 => encoding_rs::EUC_JP,
        51949 => encoding_rs::EUC_KR,
        52936 | 54936 => encoding_rs::GB18030,
        65001 => encoding_rs::UTF_8,
        _ => return None,
    })
}

/// What the upper bytes mean in a code page of single bytes.
fn table(number: u16) -> [char; 128] {
    if let Some(text) = upper_half(number) {
        let mut table = [char::REPLACEMENT_CHARACTER; 128];
        for (place, char) in table.iter_mut().zip(text.chars()) {
            *place = char;
        }
        return table;
    }
    encoded(single(number).unwrap_or(encoding_rs::WINDOWS_1252))
}

fn encoded(encoding: &'static Encoding) -> [char; 128] {
    let mut table = [char::REPLACEMENT_CHARACTER; 128];
    for (place, byte) in table.iter_mut().zip(0x80..=0xFFu8) {
        let byte = [byte];
        let (text, _) = encoding.decode_without_bom_handling(&byte);
        *place = text.chars().next().unwrap_or(char::REPLACEMENT_CHARACTER);
    }
    table
}

/// Those that browsers do not read.
fn upper_half(number: u16) -> Option<&'static str> {
    Some(match number {
        437 => halves::CP437,
        737 => halves::CP737,
        775 => halves::CP775,
        850 => halves::CP850,
        852 => halves::CP852,
        855 => halves::CP855,
        857 => halves::CP857,
        858 => halves::CP858,
        860 => halves::CP860,
        861 => halves::CP861,
        862 => halves::CP862,
        863 => halves::CP863,
        864 => halves::CP864,
        865 => halves::CP865,
        869 => halves::CP869,
        10004 => halves::MAC_ARABIC,
        10006 => halves::MAC_GREEK,
        10010 => halves::MAC_ROMANIAN,
        10029 => halves::MAC_CENTRAL_EUROPE,
        10079 => halves::MAC_ICELANDIC,
        10081 => halves::MAC_TURKISH,
        10082 => halves::MAC_CROATIAN,
        _ => return None,
    })
}

fn single(number: u16) -> Option<&'static Encoding> {
    Some(match number {
        819 | 1252 | 28591 => encoding_rs::WINDOWS_1252,
        866 => encoding_rs::IBM866,
        874 | 10021 => encoding_rs::WINDOWS_874,
        1250 => encoding_rs::WINDOWS_1250,
        1251 => encoding_rs::WINDOWS_1251,
        1253 => encoding_rs::WINDOWS_1253,
        1254 => encoding_rs::WINDOWS_1254,
        1255 => encoding_rs::WINDOWS_1255,
        1256 => encoding_rs::WINDOWS_1256,
        1257 => encoding_rs::WINDOWS_1257,
        1258 => encoding_rs::WINDOWS_1258,
        10000 => encoding_rs::MACINTOSH,
        10007 | 10017 => encoding_rs::X_MAC_CYRILLIC,
        20866 => encoding_rs::KOI8_R,
        21866 => encoding_rs::KOI8_U,
        28592 => encoding_rs::ISO_8859_2,
        28593 => encoding_rs::ISO_8859_3,
        28594 => encoding_rs::ISO_8859_4,
        28595 => encoding_rs::ISO_8859_5,
        28596 => encoding_rs::ISO_8859_6,
        28597 => encoding_rs::ISO_8859_7,
        28598 => encoding_rs::ISO_8859_8,
        28599 => encoding_rs::WINDOWS_1254,
        28605 => encoding_rs::ISO_8859_15,
        _ => return None,
    })
}
