//! Reads RTF once from its beginning to its end and tells a page what is seen there.
//! RTF 1.9.1, "Conventions of an RTF Reader"

mod characters;
mod destinations;
mod fonts;
mod groups;
pub(crate) mod state;
pub(crate) mod words;

use std::ops::Range;

pub(crate) use fonts::Header;
pub(crate) use state::{Destination, State};
pub(crate) use words::Mark;

use crate::code_page::CodePages;
use crate::tokens::{Token, Tokens};
use characters::Characters;
use groups::Groups;
use words::Word;

/// What a document is shown to. Everything comes in the order of the text.
pub(crate) trait Page {
    /// The page is to show the HTML that the RTF carries: pieces of it are text, and nothing is hidden.
    const HTML: bool = false;

    /// Characters.
    fn text(&mut self, run: Run<'_>, state: &State, header: &Header);
    /// Something between characters, and where it stands in the source.
    fn mark(&mut self, mark: Mark, source: Range<usize>, state: &State);
    /// What is shown from here is the result of a field made by `instruction`.
    fn field(&mut self, _instruction: &str) {}
    /// The field ends that was begun last.
    fn field_end(&mut self, _source: Range<usize>, _state: &State) {}
    /// A piece of the HTML that the RTF carries, as RTF, stands here. Only pages that do not show it learn of it.
    fn html(&mut self, _rtf: &[u8]) {}
    /// The description of a row.
    fn table(&mut self, _word: words::Table, _value: Option<i32>) {}
}

/// Characters, and where they stand in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Run<'a> {
    pub(crate) text: &'a str,
    /// The bytes that stand for the text: what is put there instead stands in its place.
    pub(crate) source: Range<usize>,
    /// Each byte of the text is one byte of the source; else the whole run stands for the whole of it.
    pub(crate) verbatim: bool,
}

/// Shows `rtf` to `page`; the header is what was known of it in the end.
pub(crate) fn read(rtf: &[u8], page: &mut impl Page) -> Header {
    let mut reader = Reader::new(rtf, page);
    while let Some((token, source)) = reader.tokens.next() {
        match (token, reader.characters.standing(&token, &source)) {
            (token, 0) => reader.token(token, source),
            (Token::Text(bytes), len) => {
                let rest = bytes.get(len..).unwrap_or_default();
                reader.bytes(rest, source.start + len);
            }
            _ => {}
        }
        if reader.groups.ended() {
            break;
        }
    }
    reader.flush();
    reader.header
}

/// What a document begins with.
const OPENING: &[u8] = b"{\\rtf";
/// How many fields within fields are followed.
const FIELDS: usize = 256;
/// The longest instruction that is kept.
const INSTRUCTION: usize = 1 << 16;

struct Reader<'a, P> {
    tokens: Tokens<'a>,
    /// Where the last `}` stands.
    last_brace: usize,
    page: &'a mut P,
    state: State,
    groups: Groups,
    header: Header,
    pages: CodePages,
    characters: Characters,
    /// What the fields are made from in which the reader is.
    fields: Vec<String>,
    /// The group has just begun, or said `\*`.
    fresh: Fresh,
}

/// What stands before a control word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fresh {
    No,
    Open,
    Star,
}

impl<'a, P: Page> Reader<'a, P> {
    fn new(rtf: &'a [u8], page: &'a mut P) -> Self {
        let mut pages = CodePages::default();
        let header = Header::new(pages.get(1252));
        Self {
            tokens: Tokens::new(rtf, beginning(rtf)),
            last_brace: rtf.iter().rposition(|byte| *byte == b'}').unwrap_or(0),
            page,
            state: header.first_state(),
            groups: Groups::default(),
            header,
            pages,
            characters: Characters::default(),
            fields: Vec::new(),
            fresh: Fresh::No,
        }
    }

    fn token(&mut self, token: Token<'_>, source: Range<usize>) {
        if let Token::Text(bytes) = token {
            self.fresh = Fresh::No;
            return self.bytes(bytes, source.start);
        }
        if let Token::Hex(byte) = token {
            self.fresh = Fresh::No;
            return self.byte(byte, source);
        }
        if !matches!(token, Token::Word(b"u", _)) {
            self.flush();
        }
        let fresh = std::mem::replace(&mut self.fresh, Fresh::No);
        match token {
            Token::Open => {
                self.groups.open();
                self.fresh = Fresh::Open;
            }
            Token::Close => self.close(source),
            Token::Symbol(symbol) => self.symbol(symbol, source),
            Token::Word(name, value) => self.word(name, value, source, fresh),
            Token::Text(_) | Token::Hex(_) => {}
        }
    }

    fn symbol(&mut self, symbol: u8, source: Range<usize>) {
        match symbol {
            b'*' => self.fresh = Fresh::Star,
            b'\\' | b'{' | b'}' => self.byte(symbol, source),
            b'~' => self.mark(Mark::FixedBlank, source),
            b'_' => self.mark(Mark::FixedHyphen, source),
            b'-' => self.mark(Mark::SoftHyphen, source),
            b'\t' => self.mark(Mark::Tab, source),
            _ => {}
        }
    }

    fn word(&mut self, name: &[u8], value: Option<i32>, source: Range<usize>, fresh: Fresh) {
        let found = words::find(name);
        if fresh == Fresh::Star && !matches!(found, Some(Word::Into(_))) {
            return self.skip_group();
        }
        match found {
            None => {}
            Some(Word::Char(char)) => self.show(char, source),
            Some(Word::Mark(Mark::Attachment)) => {
                // The character behind it is the one that the attachment is shown for.
                let end = source.end + usize::from(self.tokens.blank());
                self.mark(Mark::Attachment, source.start..end);
            }
            Some(Word::Mark(mark)) => self.mark(mark, source),
            Some(Word::Into(destination)) => self.enter(destination, source),
            Some(Word::Skip) => self.skip_group(),
            Some(Word::Look(word)) => self.look(word, value),
            Some(Word::Para(word)) => self.change().para.set(word, value),
            Some(Word::Table(word)) => self.page.table(word, value),
            Some(Word::Header(word)) => self.header_word(word, value),
            Some(Word::Unicode) => self.unicode(value, source),
            Some(Word::UnicodeSkip) => {
                let skip = value.and_then(|value| u16::try_from(value).ok());
                self.change().skip = skip.unwrap_or(1);
            }
            Some(Word::HtmlRtf) => self.change().html_rtf = value != Some(0),
        }
    }

    /// The state, which the end of the group will undo.
    fn change(&mut self) -> &mut State {
        self.groups.keep(&self.state);
        &mut self.state
    }

    fn look(&mut self, word: words::Look, value: Option<i32>) {
        use words::Look as W;
        let header_font = self.header.default_font;
        let font = value.unwrap_or(header_font);
        self.groups.keep(&self.state);
        match word {
            W::Font if self.state.destination == Destination::Fonts => {
                return self.header.begin_font(font);
            }
            W::Plain => {
                let html = self.state.look.deleted;
                self.state.look = state::Look::plain(header_font);
                self.state.look.deleted = html;
                self.state.wide = false;
            }
            W::Font if self.state.wide => self.state.wide_font = Some(font),
            W::Font => self.state.look.font = font,
            W::AssociatedFont if self.state.wide => self.state.wide_font = Some(font),
            W::DoubleByte(wide) => self.state.wide = wide,
            other => return self.state.look.set(other, value),
        }
        self.state.code_page = self.header.code_page(&self.state);
    }

    fn header_word(&mut self, word: words::Header, value: Option<i32>) {
        let in_fonts = self.state.destination == Destination::Fonts;
        let pages = &mut self.pages;
        if self.header.set(word, value, in_fonts, pages) {
            self.groups.keep(&self.state);
            self.state.look.font = self.header.default_font;
            self.state.code_page = self.header.code_page(&self.state);
        }
    }

    /// Whether what stands here is seen.
    fn shown(&self) -> bool {
        let seen = matches!(
            self.state.destination,
            Destination::Body | Destination::ListText | Destination::Result | Destination::HtmlTag
        );
        seen && (P::HTML || !self.state.look.hidden)
    }

    fn mark(&mut self, mark: Mark, source: Range<usize>) {
        if self.shown() {
            self.page.mark(mark, source, &self.state);
        }
    }

    /// Gives `run` to whom it belongs.
    fn give(&mut self, run: Run<'_>) {
        match self.state.destination {
            Destination::Fonts => self.header.font_text(run.text),
            Destination::Colours => self.header.colour_text(run.text),
            Destination::Instruction => {
                if let Some(field) = self.fields.last_mut()
                    && field.len() + run.text.len() <= INSTRUCTION
                {
                    field.push_str(run.text);
                }
            }
            _ if self.shown() => self.page.text(run, &self.state, &self.header),
            _ => {}
        }
    }

    fn show(&mut self, char: char, source: Range<usize>) {
        let mut buffer = [0; 4];
        self.give(Run {
            text: char.encode_utf8(&mut buffer),
            source,
            verbatim: false,
        });
    }
}

/// Where the document begins: what is before is none of it.
fn beginning(rtf: &[u8]) -> usize {
    let found = rtf
        .windows(OPENING.len())
        .position(|window| window == OPENING);
    found.unwrap_or(0)
}
