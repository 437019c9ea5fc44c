//! What holds at a place of the text until a control word or the end of a group changes it.
//! RTF 1.9.1, "Character Formatting Properties", "Paragraph Formatting Properties"

use super::words;
use crate::code_page::CodePage;

/// What holds at a place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct State {
    pub(crate) destination: Destination,
    /// What the text around `\upr` is read as.
    pub(crate) around: Destination,
    /// How many characters behind `\u` stand for it.
    pub(crate) skip: u16,
    /// What bytes mean.
    pub(crate) code_page: CodePage,
    /// RTF only, not part of the HTML that it carries. [MS-OXRTFEX] 2.1.3.2
    pub(crate) html_rtf: bool,
    /// The font of double-byte characters, and whether the text is made of these.
    pub(crate) wide_font: Option<i32>,
    pub(crate) wide: bool,
    pub(crate) look: Look,
    pub(crate) para: Para,
}

/// What the text of a group is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Destination {
    /// The body.
    Body,
    /// A list's number or bullet, written out for those who do not count.
    ListText,
    /// A field; its parts follow.
    Field,
    /// What a field is made from.
    Instruction,
    /// What a field shows.
    Result,
    /// The fonts.
    Fonts,
    /// The colours.
    Colours,
    /// A text in two forms, the first of which is passed over.
    Upr,
    /// The second of them.
    Ud,
    /// A piece of HTML.
    HtmlTag,
    /// A picture.
    Picture,
    /// Whatever is around it.
    Same,
}

/// How characters look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Look {
    pub(crate) font: i32,
    /// In half points.
    pub(crate) size: u16,
    pub(crate) colour: u16,
    pub(crate) background: u16,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) underline: bool,
    pub(crate) strike: bool,
    pub(crate) raised: Raised,
    pub(crate) caps: bool,
    pub(crate) small_caps: bool,
    pub(crate) hidden: bool,
    pub(crate) deleted: bool,
}

/// Where characters stand on their line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Raised {
    #[default]
    No,
    Super,
    Sub,
}

/// How paragraphs look; lengths in twips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Para {
    pub(crate) align: Align,
    pub(crate) left: i32,
    pub(crate) right: i32,
    pub(crate) first: i32,
    pub(crate) before: i32,
    pub(crate) after: i32,
    /// How many tables are around it.
    pub(crate) tables: u16,
    pub(crate) level: u16,
    pub(crate) right_to_left: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Align {
    #[default]
    Left,
    Right,
    Centre,
    Justify,
}

impl Look {
    /// What `\plain` sets. The font is the document's default.
    pub(crate) const fn plain(font: i32) -> Self {
        Self {
            font,
            size: 24,
            colour: 0,
            background: 0,
            bold: false,
            italic: false,
            underline: false,
            strike: false,
            raised: Raised::No,
            caps: false,
            small_caps: false,
            hidden: false,
            deleted: false,
        }
    }

    pub(super) fn set(&mut self, word: words::Look, value: Option<i32>) {
        use words::Look as W;
        let on = value != Some(0);
        match word {
            W::Size => self.size = small(value, 24),
            W::Bold => self.bold = on,
            W::Italic => self.italic = on,
            W::Underline => self.underline = on,
            W::NoUnderline => self.underline = false,
            W::Strike => self.strike = on,
            W::Super if on => self.raised = Raised::Super,
            W::Sub if on => self.raised = Raised::Sub,
            W::Super | W::Sub | W::NoSuperSub => self.raised = Raised::No,
            W::Caps => self.caps = on,
            W::SmallCaps => self.small_caps = on,
            W::Hidden => self.hidden = on,
            W::Deleted => self.deleted = on,
            W::Colour => self.colour = small(value, 0),
            W::Background => self.background = small(value, 0),
            W::Plain | W::Font | W::AssociatedFont | W::DoubleByte(_) => {}
        }
    }
}

impl Para {
    pub(super) fn set(&mut self, word: words::Para, value: Option<i32>) {
        use words::Para as W;
        let twips = value.unwrap_or(0);
        match word {
            W::Plain => *self = Self::default(),
            W::Align(align) => self.align = align,
            W::Left => self.left = twips,
            W::Right => self.right = twips,
            W::First => self.first = twips,
            W::Before => self.before = twips,
            W::After => self.after = twips,
            W::InTable => self.tables = self.tables.max(1),
            W::TableDepth => self.tables = small(value, 1),
            W::ListLevel => self.level = small(value, 0),
            W::RightToLeft(on) => self.right_to_left = on,
        }
    }
}

/// A number that is not negative and not large.
fn small(value: Option<i32>, absent: u16) -> u16 {
    match value {
        None => absent,
        Some(value) => u16::try_from(value.max(0)).unwrap_or(u16::MAX),
    }
}
