//! The header of a document: its fonts, its colours and what its bytes mean.
//! RTF 1.9.1, "Font Table", "Color Table"

use std::collections::HashMap;

use super::state::{Destination, Look, Para, State};
use super::words;
use crate::code_page::{CodePage, CodePages, of_charset};
use crate::symbols::Symbols;

/// What the header says.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) default_font: i32,
    code_page: CodePage,
    fonts: HashMap<i32, Font>,
    colours: Vec<Colour>,
    /// The font that is being described.
    font: i32,
    /// The colour that is being described, if anything was said of it.
    colour: Option<[u8; 3]>,
}

/// A font.
#[derive(Debug, Clone, Default)]
pub(crate) struct Font {
    pub(crate) name: String,
    /// What a browser takes when the font is not there.
    pub(crate) family: Option<&'static str>,
    code_page: Option<CodePage>,
    /// Its charset is that of symbols.
    pub(crate) symbols: bool,
    /// The name has ended.
    named: bool,
}

/// Red, green and blue; `None`: whatever the reader's default is.
pub(crate) type Colour = Option<[u8; 3]>;

/// The longest name of a font that is kept.
const NAME: usize = 200;
/// `\fcharset` of fonts of symbols.
const SYMBOLS: i32 = 2;
/// How many fonts and colours are kept.
const MOST: usize = 1 << 16;

impl Header {
    pub(super) fn new(code_page: CodePage) -> Self {
        Self {
            default_font: 0,
            code_page,
            fonts: HashMap::new(),
            colours: Vec::new(),
            font: 0,
            colour: None,
        }
    }

    /// What holds at the beginning of a document.
    pub(super) fn first_state(&self) -> State {
        State {
            destination: Destination::Body,
            around: Destination::Body,
            skip: 1,
            code_page: self.code_page,
            html_rtf: false,
            wide_font: None,
            wide: false,
            look: Look::plain(self.default_font),
            para: Para::default(),
        }
    }

    pub(crate) fn font(&self, number: i32) -> Option<&Font> {
        self.fonts.get(&number)
    }

    /// The colour with this number; 0 is the reader's own, whatever the table has there.
    pub(crate) fn colour(&self, number: u16) -> Colour {
        let colour = self.colours.get(usize::from(number)).copied();
        colour.flatten().filter(|_| number > 0)
    }

    /// What bytes mean in `state`.
    pub(super) fn code_page(&self, state: &State) -> CodePage {
        let font = if state.wide { state.wide_font } else { None };
        let font = self.fonts.get(&font.unwrap_or(state.look.font));
        font.and_then(|font| font.code_page)
            .unwrap_or(self.code_page)
    }

    pub(super) fn begin_font(&mut self, number: i32) {
        self.font = number;
        if self.fonts.len() < MOST || self.fonts.contains_key(&number) {
            self.fonts.insert(number, Font::default());
        }
    }

    pub(super) fn font_text(&mut self, text: &str) {
        let Some(font) = self.fonts.get_mut(&self.font).filter(|font| !font.named) else {
            return;
        };
        let (name, named) = text
            .split_once(';')
            .map_or((text, false), |(name, _)| (name, true));
        font.named = named;
        if font.name.len() + name.len() <= NAME {
            font.name.push_str(name);
        }
        if named && font.symbols {
            font.code_page = Some(CodePage::Symbols(Symbols::called(&font.name)));
        }
    }

    pub(super) fn colour_text(&mut self, text: &str) {
        for _ in text.matches(';') {
            let colour = self.colour.take();
            if self.colours.len() < MOST {
                self.colours.push(colour);
            }
        }
    }

    /// Sets what `word` says; whether the document's defaults changed.
    pub(super) fn set(
        &mut self,
        word: words::Header,
        value: Option<i32>,
        in_fonts: bool,
        pages: &mut CodePages,
    ) -> bool {
        use words::Header as W;
        let number = value.and_then(|value| u16::try_from(value).ok());
        match word {
            W::DefaultFont => self.default_font = value.unwrap_or(0),
            W::CodePage => {
                // 0 means the system's own, and so nothing to us.
                if let Some(number) = number.filter(|number| *number > 0) {
                    self.code_page = pages.get(number);
                }
            }
            W::Fixed(number) => self.code_page = pages.get(number),
            W::Charset | W::FontCodePage if !in_fonts => return false,
            W::Charset if value == Some(SYMBOLS) => {
                if let Some(font) = self.fonts.get_mut(&self.font) {
                    font.symbols = true;
                    font.code_page = Some(CodePage::Symbols(Symbols::Other));
                }
                return false;
            }
            W::Charset => return self.font_page(value.and_then(of_charset), pages),
            W::FontCodePage => return self.font_page(number, pages),
            W::Family(family) => {
                if let Some(font) = self.fonts.get_mut(&self.font) {
                    font.family = Some(family);
                }
                return false;
            }
            W::Red | W::Green | W::Blue => {
                let [red, green, blue] = self.colour.get_or_insert([0; 3]);
                let part = match word {
                    W::Red => red,
                    W::Green => green,
                    _ => blue,
                };
                *part = u8::try_from(value.unwrap_or(0).clamp(0, 255)).unwrap_or(0);
                return false;
            }
        }
        true
    }

    fn font_page(&mut self, number: Option<u16>, pages: &mut CodePages) -> bool {
        if let Some(font) = self.fonts.get_mut(&self.font) {
            font.code_page = number.map(|number| pages.get(number));
        }
        false
    }
}
