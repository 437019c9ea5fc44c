//! Characters of the text: bytes in code pages, `\'xx`, `\u` and what stands for it.
//! RTF 1.9.1, "Unicode RTF"

use std::ops::Range;

use super::{Page, Reader, Run, words};
use crate::code_page::{CodePage, length};
use crate::symbols::Symbols;
use crate::tokens::Token;

/// What is known between two tokens.
#[derive(Debug, Default)]
pub(super) struct Characters {
    /// How many characters still stand for the last `\u`, for those who do not know it.
    standing: u16,
    /// A character that was read but not shown, as more of it may follow.
    held: Option<Held>,
    /// The first bytes of a character that has several.
    lead: [u8; 4],
    leads: usize,
    lead_source: Range<usize>,
}

/// A character of `\u`, or the first half of one in UTF-16.
#[derive(Debug)]
struct Held {
    unit: u32,
    source: Range<usize>,
}

impl Held {
    fn char(&self) -> char {
        char::from_u32(self.unit).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    const fn is_high(&self) -> bool {
        matches!(self.unit, 0xD800..=0xDBFF)
    }
}

impl Characters {
    /// How much of the token that begins at `source` stands for the last `\u` and is passed over.
    pub(super) fn standing(&mut self, token: &Token<'_>, source: &Range<usize>) -> usize {
        if self.standing == 0 {
            return 0;
        }
        let (count, len) = match token {
            Token::Open | Token::Close | Token::Word(b"u", _) => (0, 0),
            Token::Word(name, _) if matches!(words::find(name), Some(words::Word::Mark(_))) => {
                (0, 0)
            }
            Token::Word(..) | Token::Symbol(_) | Token::Hex(_) => (1, source.len()),
            Token::Text(bytes) => {
                let count = bytes.len().min(self.standing.into());
                (u16::try_from(count).unwrap_or(self.standing), count)
            }
        };
        self.standing = if count == 0 { 0 } else { self.standing - count };
        if let Some(held) = &mut self.held
            && len > 0
        {
            held.source.end = source.start + len;
        }
        len
    }
}

impl<P: Page> Reader<'_, P> {
    /// Bytes of text, the first of which stands at `start`.
    pub(super) fn bytes(&mut self, bytes: &[u8], mut start: usize) {
        let mut rest = bytes;
        while let Some((first, after)) = rest.split_first() {
            let apart =
                self.characters.leads > 0 || matches!(self.state.code_page, CodePage::Symbols(_));
            let plain = if apart { 0 } else { plain(rest) };
            if plain > 0 {
                self.flush();
                let (run, after) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
                let source = start..start + plain;
                let text = str::from_utf8(run).unwrap_or_default();
                self.give(Run {
                    text,
                    source,
                    verbatim: true,
                });
                (start, rest) = (start + plain, after);
            } else {
                self.byte(*first, start..start + 1);
                (start, rest) = (start + 1, after);
            }
        }
    }

    /// One byte of text.
    pub(super) fn byte(&mut self, byte: u8, source: Range<usize>) {
        self.flush_held();
        match self.state.code_page {
            CodePage::Multi(_) if self.characters.leads > 0 || byte >= 0x80 => {
                self.lead(byte, source);
            }
            CodePage::Symbols(symbols) if byte > 0x20 => {
                // HTML that the RTF carries names the font itself.
                let symbols = if P::HTML { Symbols::Other } else { symbols };
                let char = self.pages.symbol(symbols, byte);
                self.show(char, source);
            }
            _ if byte < 0x80 => self.ascii(byte, source),
            CodePage::Single(table) => self.show(self.pages.single(table, byte), source),
            CodePage::Multi(_) | CodePage::Symbols(_) => {}
        }
    }

    fn ascii(&mut self, byte: u8, source: Range<usize>) {
        match byte {
            b'\t' => self.mark(words::Mark::Tab, source),
            b'\r' | b'\n' => self.line_end(byte, source),
            0..0x20 => {}
            _ => self.show(byte.into(), source),
        }
    }

    /// A line end that was written as `\'0d` or `\'0a`: in HTML it is one, else nothing.
    fn line_end(&mut self, byte: u8, source: Range<usize>) {
        if P::HTML {
            self.show(byte.into(), source);
        }
    }

    /// A byte of a character that may have several.
    fn lead(&mut self, byte: u8, source: Range<usize>) {
        let CodePage::Multi(encoding) = self.state.code_page else {
            return;
        };
        let characters = &mut self.characters;
        if characters.leads == 0 {
            characters.lead_source = source.clone();
        }
        characters.lead_source.end = source.end;
        if let Some(place) = characters.lead.get_mut(characters.leads) {
            *place = byte;
            characters.leads += 1;
        }
        let bytes = characters.lead.get(..characters.leads).unwrap_or_default();
        if length(encoding, bytes) <= bytes.len() {
            self.flush_lead();
        }
    }

    /// `\uN`
    pub(super) fn unicode(&mut self, value: Option<i32>, source: Range<usize>) {
        self.flush_lead();
        self.characters.standing = self.state.skip;
        let Some(value) = value else { return };
        // Written as a signed 16-bit number; some write what it is.
        let unit = u32::try_from(if value < 0 { value + 0x1_0000 } else { value }).unwrap_or(0);
        if let Some(held) = self.characters.held.as_mut().filter(|held| held.is_high())
            && matches!(unit, 0xDC00..=0xDFFF)
        {
            held.unit = 0x1_0000 + ((held.unit - 0xD800) << 10) + (unit - 0xDC00);
            held.source.end = source.end;
            return;
        }
        self.flush_held();
        let unit = match self.state.code_page {
            // Fonts of symbols have their bytes there.
            CodePage::Symbols(symbols) if !P::HTML && (0xF020..=0xF0FF).contains(&unit) => {
                let byte = u8::try_from(unit - 0xF000).unwrap_or_default();
                self.pages.symbol(symbols, byte).into()
            }
            _ => unit,
        };
        if unit >= 0x20 {
            self.characters.held = Some(Held { unit, source });
        } else if let Ok(unit) = u8::try_from(unit) {
            self.ascii(unit, source);
        }
    }

    /// Shows what was held back.
    pub(super) fn flush(&mut self) {
        self.flush_lead();
        self.flush_held();
    }

    fn flush_held(&mut self) {
        if let Some(held) = self.characters.held.take() {
            self.show(held.char(), held.source);
        }
    }

    fn flush_lead(&mut self) {
        let len = std::mem::take(&mut self.characters.leads);
        let CodePage::Multi(encoding) = self.state.code_page else {
            return;
        };
        let lead = self.characters.lead;
        let Some(bytes) = lead.get(..len).filter(|bytes| !bytes.is_empty()) else {
            return;
        };
        let (text, damaged) = encoding.decode_without_bom_handling(bytes);
        let text = if damaged {
            self.pages.western(bytes).unwrap_or(text)
        } else {
            text
        };
        // A byte that ended no character may be a control character.
        let text: String = text
            .chars()
            .filter(|char| !char.is_ascii_control())
            .collect();
        let source = self.characters.lead_source.clone();
        self.give(Run {
            text: &text,
            source,
            verbatim: false,
        });
    }
}

/// How many bytes at the beginning are characters of ASCII that are seen.
fn plain(bytes: &[u8]) -> usize {
    let other = |byte: &u8| !matches!(byte, 0x20..=0x7E);
    bytes.iter().position(other).unwrap_or(bytes.len())
}
