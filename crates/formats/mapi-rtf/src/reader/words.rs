//! The control words that are understood, and what each of them does.
//! RTF 1.9.1, "RTF Control Word Index"

use super::state::{Align, Destination};

/// What a control word does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Word {
    /// Stands for a character.
    Char(char),
    /// Ends or separates something.
    Mark(Mark),
    /// Its group is read as something else than the text around it.
    Into(Destination),
    /// Its group is no text and is not read.
    Skip,
    /// Sets a property of characters.
    Look(Look),
    /// Sets a property of paragraphs.
    Para(Para),
    /// Describes the rows and cells of a table.
    Table(Table),
    /// Describes fonts, colours or code pages.
    Header(Header),
    /// `\uN`
    Unicode,
    /// `\ucN`
    UnicodeSkip,
    /// `\htmlrtf`
    HtmlRtf,
}

/// What ends or separates something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    /// The end of a paragraph.
    Paragraph,
    /// A line's end within a paragraph.
    Line,
    /// A tab stop.
    Tab,
    /// The end of a page or column.
    Page,
    /// The end of a cell.
    Cell,
    /// The end of a row.
    Row,
    /// The end of a cell of a table within a cell.
    NestedCell,
    /// The end of a row of such a table.
    NestedRow,
    /// The place of an attachment.
    Attachment,
    /// A picture.
    Picture,
    /// A blank at which no line ends.
    FixedBlank,
    /// A hyphen at which no line ends.
    FixedHyphen,
    /// A place where a word may be parted.
    SoftHyphen,
}

/// A property of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Font,
    Size,
    Bold,
    Italic,
    Underline,
    NoUnderline,
    Strike,
    Super,
    Sub,
    NoSuperSub,
    Caps,
    SmallCaps,
    Hidden,
    Deleted,
    Colour,
    Background,
    /// Which of the fonts the following ones are: that of double-byte characters or not.
    DoubleByte(bool),
    AssociatedFont,
}

/// A property of paragraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Para {
    Plain,
    Align(Align),
    Left,
    Right,
    First,
    Before,
    After,
    InTable,
    TableDepth,
    ListLevel,
    RightToLeft(bool),
}

/// What describes a row of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    /// A new row, with nothing known of it.
    Row,
    /// The right edge of the next cell, in twips; all that was said before is of this cell.
    Cell,
    /// The cell begins one that goes over several columns, or goes on with it.
    MergeFirst,
    MergeNext,
    /// The same over several rows.
    MergeFirstDown,
    MergeNextDown,
    /// The left edge of the row, in twips.
    Left,
    /// Borders follow.
    Border,
    /// Borders that are not drawn.
    NoBorder,
    /// The colour behind the cell.
    Background,
    /// The row is a heading.
    Heading,
}

/// What describes fonts, colours and code pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Header {
    DefaultFont,
    Charset,
    FontCodePage,
    CodePage,
    /// `\mac`, `\pc`, `\pca`
    Fixed(u16),
    /// `\fmodern` and such: what a browser is to take when the font is not there.
    Family(&'static str),
    Red,
    Green,
    Blue,
}

/// The word called `name`.
pub(crate) fn find(name: &[u8]) -> Option<Word> {
    let letter = usize::from(name.first()?.checked_sub(b'a')?);
    let (start, end) = (*STARTS.get(letter)?, *STARTS.get(letter + 1)?);
    let words = WORDS.get(start..end)?;
    let found = words
        .binary_search_by(|(known, _)| known.as_bytes().cmp(name))
        .ok()?;
    words.get(found).map(|(_, word)| *word)
}

/// Where the words of each letter begin.
static STARTS: [usize; 27] = starts();

#[expect(clippy::indexing_slicing, reason = "evaluated while compiling")]
const fn starts() -> [usize; 27] {
    let mut starts = [WORDS.len(); 27];
    let mut index = WORDS.len();
    while index > 0 {
        index -= 1;
        let letter = (WORDS[index].0.as_bytes()[0] - b'a') as usize;
        starts[letter] = index;
    }
    // A letter without words begins where the next one does.
    let mut letter = 26;
    while letter > 0 {
        letter -= 1;
        if starts[letter] > starts[letter + 1] {
            starts[letter] = starts[letter + 1];
        }
    }
    starts
}

const fn into(destination: Destination) -> Word {
    Word::Into(destination)
}

const fn border() -> Word {
    Word::Table(Table::Border)
}

/// Sorted by name.
const WORDS: &[(&str, Word)] = &[
    ("af", Word::Look(Look::AssociatedFont)),
    ("aftncn", Word::Skip),
    ("aftnsep", Word::Skip),
    ("aftnsepc", Word::Skip),
    ("annotation", Word::Skip),
    ("ansicpg", Word::Header(Header::CodePage)),
    ("atnauthor", Word::Skip),
    ("atndate", Word::Skip),
    ("atnicn", Word::Skip),
    ("atnid", Word::Skip),
    ("atnparent", Word::Skip),
    ("atnref", Word::Skip),
    ("atntime", Word::Skip),
    ("atrfend", Word::Skip),
    ("atrfstart", Word::Skip),
    ("author", Word::Skip),
    ("b", Word::Look(Look::Bold)),
    ("background", Word::Skip),
    ("bkmkend", Word::Skip),
    ("bkmkstart", Word::Skip),
    ("blipuid", Word::Skip),
    ("blue", Word::Header(Header::Blue)),
    ("brdrnil", Word::Table(Table::NoBorder)),
    ("brdrnone", Word::Table(Table::NoBorder)),
    ("brdrtbl", Word::Table(Table::NoBorder)),
    ("bullet", Word::Char('\u{2022}')),
    ("buptim", Word::Skip),
    ("caps", Word::Look(Look::Caps)),
    ("category", Word::Skip),
    ("cell", Word::Mark(Mark::Cell)),
    ("cellx", Word::Table(Table::Cell)),
    ("cf", Word::Look(Look::Colour)),
    ("chcbpat", Word::Look(Look::Background)),
    ("clbrdrb", border()),
    ("clbrdrl", border()),
    ("clbrdrr", border()),
    ("clbrdrt", border()),
    ("clcbpat", Word::Table(Table::Background)),
    ("clmgf", Word::Table(Table::MergeFirst)),
    ("clmrg", Word::Table(Table::MergeNext)),
    ("clvmgf", Word::Table(Table::MergeFirstDown)),
    ("clvmrg", Word::Table(Table::MergeNextDown)),
    ("colorschememapping", Word::Skip),
    ("colortbl", into(Destination::Colours)),
    ("column", Word::Mark(Mark::Page)),
    ("comment", Word::Skip),
    ("company", Word::Skip),
    ("cpg", Word::Header(Header::FontCodePage)),
    ("creatim", Word::Skip),
    ("datafield", Word::Skip),
    ("datastore", Word::Skip),
    ("dbch", Word::Look(Look::DoubleByte(true))),
    ("deff", Word::Header(Header::DefaultFont)),
    ("deleted", Word::Look(Look::Deleted)),
    ("do", Word::Skip),
    ("doccomm", Word::Skip),
    ("docvar", Word::Skip),
    ("ebcend", Word::Skip),
    ("ebcstart", Word::Skip),
    ("emdash", Word::Char('\u{2014}')),
    ("emspace", Word::Char('\u{2003}')),
    ("endash", Word::Char('\u{2013}')),
    ("enspace", Word::Char('\u{2002}')),
    ("f", Word::Look(Look::Font)),
    ("factoidname", Word::Skip),
    ("falt", Word::Skip),
    ("fcharset", Word::Header(Header::Charset)),
    ("fdecor", Word::Header(Header::Family("fantasy"))),
    ("fi", Word::Para(Para::First)),
    ("field", into(Destination::Field)),
    ("filetbl", Word::Skip),
    ("fldinst", into(Destination::Instruction)),
    ("fldrslt", into(Destination::Result)),
    ("fldtype", Word::Skip),
    ("fmodern", Word::Header(Header::Family("monospace"))),
    ("fname", Word::Skip),
    ("fontemb", Word::Skip),
    ("fontfile", Word::Skip),
    ("fonttbl", into(Destination::Fonts)),
    ("footer", Word::Skip),
    ("footerf", Word::Skip),
    ("footerl", Word::Skip),
    ("footerr", Word::Skip),
    ("footnote", Word::Skip),
    ("formfield", Word::Skip),
    ("froman", Word::Header(Header::Family("serif"))),
    ("fs", Word::Look(Look::Size)),
    ("fscript", Word::Header(Header::Family("cursive"))),
    ("fswiss", Word::Header(Header::Family("sans-serif"))),
    ("ftncn", Word::Skip),
    ("ftnsep", Word::Skip),
    ("ftnsepc", Word::Skip),
    ("generator", Word::Skip),
    ("ggeneric", Word::Skip),
    ("green", Word::Header(Header::Green)),
    ("header", Word::Skip),
    ("headerf", Word::Skip),
    ("headerl", Word::Skip),
    ("headerr", Word::Skip),
    ("hich", Word::Look(Look::DoubleByte(false))),
    ("highlight", Word::Look(Look::Background)),
    ("hlinkbase", Word::Skip),
    ("htmlrtf", Word::HtmlRtf),
    ("htmltag", into(Destination::HtmlTag)),
    ("i", Word::Look(Look::Italic)),
    ("ilvl", Word::Para(Para::ListLevel)),
    ("info", Word::Skip),
    ("intbl", Word::Para(Para::InTable)),
    ("itap", Word::Para(Para::TableDepth)),
    ("keycode", Word::Skip),
    ("keywords", Word::Skip),
    ("latentstyles", Word::Skip),
    ("lbr", Word::Mark(Mark::Line)),
    ("ldblquote", Word::Char('\u{201c}')),
    ("levelnumbers", Word::Skip),
    ("leveltext", Word::Skip),
    ("li", Word::Para(Para::Left)),
    ("line", Word::Mark(Mark::Line)),
    ("list", Word::Skip),
    ("listname", Word::Skip),
    ("listoverride", Word::Skip),
    ("listoverridetable", Word::Skip),
    ("listpicture", Word::Skip),
    ("liststylename", Word::Skip),
    ("listtable", Word::Skip),
    ("listtext", into(Destination::ListText)),
    ("loch", Word::Look(Look::DoubleByte(false))),
    ("lquote", Word::Char('\u{2018}')),
    ("ltrmark", Word::Char('\u{200e}')),
    ("ltrpar", Word::Para(Para::RightToLeft(false))),
    ("mac", Word::Header(Header::Fixed(10000))),
    ("manager", Word::Skip),
    ("mhtmltag", Word::Skip),
    ("mmathPr", Word::Skip),
    ("nestcell", Word::Mark(Mark::NestedCell)),
    ("nestrow", Word::Mark(Mark::NestedRow)),
    ("nesttableprops", into(Destination::Same)),
    ("nonesttables", Word::Skip),
    ("nonshppict", Word::Skip),
    ("nosupersub", Word::Look(Look::NoSuperSub)),
    ("objalias", Word::Skip),
    ("objattph", Word::Mark(Mark::Attachment)),
    ("objclass", Word::Skip),
    ("objdata", Word::Skip),
    ("object", into(Destination::Same)),
    ("objname", Word::Skip),
    ("objsect", Word::Skip),
    ("objtime", Word::Skip),
    ("oldcprops", Word::Skip),
    ("oldpprops", Word::Skip),
    ("oldsprops", Word::Skip),
    ("oldtprops", Word::Skip),
    ("operator", Word::Skip),
    ("page", Word::Mark(Mark::Page)),
    ("panose", Word::Skip),
    ("par", Word::Mark(Mark::Paragraph)),
    ("pard", Word::Para(Para::Plain)),
    ("passwordhash", Word::Skip),
    ("pc", Word::Header(Header::Fixed(437))),
    ("pca", Word::Header(Header::Fixed(850))),
    ("pgdsctbl", Word::Skip),
    ("picprop", Word::Skip),
    ("pict", into(Destination::Picture)),
    ("plain", Word::Look(Look::Plain)),
    ("pn", Word::Skip),
    ("pnseclvl", Word::Skip),
    ("pntext", into(Destination::ListText)),
    ("pntxta", Word::Skip),
    ("pntxtb", Word::Skip),
    ("printim", Word::Skip),
    ("private", Word::Skip),
    ("protend", Word::Skip),
    ("protstart", Word::Skip),
    ("protusertbl", Word::Skip),
    ("qc", Word::Para(Para::Align(Align::Centre))),
    ("qj", Word::Para(Para::Align(Align::Justify))),
    ("ql", Word::Para(Para::Align(Align::Left))),
    ("qmspace", Word::Char('\u{2005}')),
    ("qr", Word::Para(Para::Align(Align::Right))),
    ("rdblquote", Word::Char('\u{201d}')),
    ("red", Word::Header(Header::Red)),
    ("result", into(Destination::Same)),
    ("revtbl", Word::Skip),
    ("revtim", Word::Skip),
    ("ri", Word::Para(Para::Right)),
    ("row", Word::Mark(Mark::Row)),
    ("rquote", Word::Char('\u{2019}')),
    ("rsidtbl", Word::Skip),
    ("rtf", into(Destination::Same)),
    ("rtlmark", Word::Char('\u{200f}')),
    ("rtlpar", Word::Para(Para::RightToLeft(true))),
    ("rxe", Word::Skip),
    ("sa", Word::Para(Para::After)),
    ("sb", Word::Para(Para::Before)),
    ("scaps", Word::Look(Look::SmallCaps)),
    ("sect", Word::Mark(Mark::Paragraph)),
    ("shp", into(Destination::Same)),
    ("shpgrp", into(Destination::Same)),
    ("shpinst", into(Destination::Same)),
    ("shppict", into(Destination::Same)),
    ("shprslt", Word::Skip),
    ("shptxt", into(Destination::Same)),
    ("sn", Word::Skip),
    ("softline", Word::Mark(Mark::Line)),
    ("sp", Word::Skip),
    ("strike", Word::Look(Look::Strike)),
    ("striked", Word::Look(Look::Strike)),
    ("stylerestrictions", Word::Skip),
    ("stylesheet", Word::Skip),
    ("sub", Word::Look(Look::Sub)),
    ("subject", Word::Skip),
    ("super", Word::Look(Look::Super)),
    ("sv", Word::Skip),
    ("svb", Word::Skip),
    ("tab", Word::Mark(Mark::Tab)),
    ("tc", Word::Skip),
    ("tcn", Word::Skip),
    ("template", Word::Skip),
    ("themedata", Word::Skip),
    ("title", Word::Skip),
    ("trbrdrb", border()),
    ("trbrdrh", border()),
    ("trbrdrl", border()),
    ("trbrdrr", border()),
    ("trbrdrt", border()),
    ("trbrdrv", border()),
    ("trhdr", Word::Table(Table::Heading)),
    ("trleft", Word::Table(Table::Left)),
    ("trowd", Word::Table(Table::Row)),
    ("txe", Word::Skip),
    ("u", Word::Unicode),
    ("uc", Word::UnicodeSkip),
    ("ud", into(Destination::Ud)),
    ("ul", Word::Look(Look::Underline)),
    ("uld", Word::Look(Look::Underline)),
    ("uldash", Word::Look(Look::Underline)),
    ("uldashd", Word::Look(Look::Underline)),
    ("uldashdd", Word::Look(Look::Underline)),
    ("uldb", Word::Look(Look::Underline)),
    ("ulhwave", Word::Look(Look::Underline)),
    ("ulldash", Word::Look(Look::Underline)),
    ("ulnone", Word::Look(Look::NoUnderline)),
    ("ulth", Word::Look(Look::Underline)),
    ("ulthd", Word::Look(Look::Underline)),
    ("ulthdash", Word::Look(Look::Underline)),
    ("ulthdashd", Word::Look(Look::Underline)),
    ("ulthdashdd", Word::Look(Look::Underline)),
    ("ulthldash", Word::Look(Look::Underline)),
    ("ululdbwave", Word::Look(Look::Underline)),
    ("ulw", Word::Look(Look::Underline)),
    ("ulwave", Word::Look(Look::Underline)),
    ("upr", into(Destination::Upr)),
    ("userprops", Word::Skip),
    ("v", Word::Look(Look::Hidden)),
    ("wgrffmtfilter", Word::Skip),
    ("wzname", Word::Skip),
    ("xe", Word::Skip),
    ("xmlnstbl", Word::Skip),
    ("xmlopen", Word::Skip),
    ("zwbo", Word::Char('\u{200b}')),
    ("zwj", Word::Char('\u{200d}')),
    ("zwnbo", Word::Char('\u{2060}')),
    ("zwnj", Word::Char('\u{200c}')),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_found() {
        for pair in WORDS.windows(2) {
            assert!(pair[0].0 < pair[1].0, "{} before {}", pair[0].0, pair[1].0);
        }
        for (name, word) in WORDS {
            assert_eq!(find(name.as_bytes()), Some(*word));
        }
        assert_eq!(find(b"nosuchword"), None);
    }
}
