//! RTF as the plain text that PR_BODY has of it.
//! [MS-OXRTFEX] 2.2; Outlook's own bodies, as the corpus of messages has them

mod gap;
#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::code_page::CodePage;
use crate::link::target;
use crate::native::{Native, native};
use crate::reader::{Destination, Header, Mark, Page, Run, State, read};
use gap::Gap;

/// The text of an RTF body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// The text. Lines end in CR LF, cells of a row are parted by tabs.
    pub text: String,
    /// Where the attachments stand (`\objattph`), in order: offsets in UTF-16 code units of `text`, the unit of
    /// PR_RENDERING_POSITION. Each has one character there, a blank.
    pub attachments: Vec<usize>,
}

/// The text of `rtf` (unpacked): what its reader sees of characters and lines.
///
/// Any bytes are read; where they are no RTF, what there is of text is given.
///
/// ```
/// let text = mapi_rtf::to_text(br"{\rtf1\ansi\ansicpg1252 caf\'e9 \u8364?\par \objattph  end}");
/// assert_eq!(text.text, "café €\r\n end");
/// assert_eq!(text.attachments, [8]);
/// ```
#[must_use]
pub fn to_text(rtf: &[u8]) -> Text {
    let mut page = TextPage::new(rtf);
    read(rtf, &mut page);
    page.text
}

/// A piece of a text and the RTF that it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// Bytes of the text.
    pub(crate) text: Range<usize>,
    /// Bytes of the RTF. What is put there instead stands in the same place with the same formatting.
    pub(crate) source: Range<usize>,
    /// What the piece is.
    pub(crate) kind: PieceKind,
    /// How many characters behind `\u` stand for it here.
    pub(crate) skip: u16,
}

/// What a piece of text is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PieceKind {
    /// Each byte of the text is one byte of the RTF, both ASCII.
    Verbatim,
    /// The whole piece stands for the whole source: a character that is written in another way.
    Character,
    /// A line end, a tab, the end of a cell or row.
    Mark,
    /// The place of an attachment.
    Attachment,
    /// What the text adds and the RTF has elsewhere, such as the address of a link or a line's end that only its HTML has;
    /// the source is empty.
    Added,
}

/// The text of `rtf` and what each piece of it was made from, in the order of the text and without gaps.
pub(crate) fn to_text_in_pieces(rtf: &[u8]) -> (Text, Vec<Piece>) {
    let mut page = TextPage::new(rtf);
    page.pieces = Some(Vec::new());
    read(rtf, &mut page);
    (page.text, page.pieces.unwrap_or_default())
}

/// Makes the text.
#[derive(Debug, Default)]
struct TextPage {
    text: Text,
    pieces: Option<Vec<Piece>>,
    /// Where the fields lead in which the text is, and where what they show begins.
    links: Vec<Option<(String, usize)>>,
    /// The RTF carries HTML.
    carrier: bool,
    /// What stands between the last word and the next one.
    gap: Gap,
    /// How far UTF-16 units were counted: bytes and units.
    counted: (usize, usize),
}

impl TextPage {
    fn new(rtf: &[u8]) -> Self {
        Self {
            carrier: native(rtf) == Native::Html,
            ..Self::default()
        }
    }

    fn push(&mut self, text: &str, source: Range<usize>, kind: PieceKind, skip: u16) {
        let start = self.text.text.len();
        self.text.text.push_str(text);
        let Some(pieces) = &mut self.pieces else {
            return;
        };
        let range = start..start + text.len();
        match pieces.last_mut() {
            Some(last)
                if kind == PieceKind::Verbatim
                    && last.kind == kind
                    && last.skip == skip
                    && last.source.end == source.start =>
            {
                last.text.end = range.end;
                last.source.end = source.end;
            }
            _ => pieces.push(Piece {
                text: range,
                source,
                kind,
                skip,
            }),
        }
    }

    /// How long the text is, in UTF-16 units.
    fn units(&mut self) -> usize {
        let (bytes, units) = self.counted;
        let new = self.text.text.get(bytes..).unwrap_or_default();
        self.counted = (bytes + new.len(), units + new.encode_utf16().count());
        self.counted.1
    }
}

impl Page for TextPage {
    fn text(&mut self, run: Run<'_>, state: &State, _: &Header) {
        let kind = if run.verbatim {
            PieceKind::Verbatim
        } else {
            PieceKind::Character
        };
        // Outlook's bullet is a star, whatever it looked like.
        let bullet = state.destination == Destination::ListText
            && (matches!(state.code_page, CodePage::Symbols(_)) && !run.text.trim().is_empty()
                || matches!(run.text, "·" | "•"));
        let text = if bullet { "*" } else { run.text };
        if !text.trim_start().is_empty()
            && let Some(missing) = self.gap.end()
            && !self.text.text.is_empty()
        {
            let place = run.source.start..run.source.start;
            self.push(missing, place, PieceKind::Added, state.skip);
        }
        self.push(text, run.source, kind, state.skip);
    }

    fn html(&mut self, rtf: &[u8]) {
        if self.carrier {
            self.gap.html(rtf);
        }
    }

    fn field(&mut self, instruction: &str) {
        let place = self.text.text.len();
        self.links
            .push(target(instruction).map(|target| (target, place)));
    }

    /// The address stands behind what is shown for it, if that is something else.
    fn field_end(&mut self, source: Range<usize>, state: &State) {
        let Some((target, place)) = self.links.pop().flatten() else {
            return;
        };
        let shown = self.text.text.get(place..).unwrap_or_default().trim();
        if !target.starts_with('#') && shown != target {
            let place = source.start..source.start;
            self.push(
                &format!(" <{target}> "),
                place,
                PieceKind::Added,
                state.skip,
            );
        }
    }

    fn mark(&mut self, mark: Mark, source: Range<usize>, state: &State) {
        let text = match mark {
            Mark::Paragraph | Mark::Line | Mark::Page | Mark::Row | Mark::NestedRow => "\r\n",
            Mark::Tab | Mark::Cell | Mark::NestedCell => "\t",
            Mark::Attachment => {
                let place = self.units();
                self.text.attachments.push(place);
                return self.push(" ", source, PieceKind::Attachment, state.skip);
            }
            // As Outlook has it; a blank of a code page stays what it is.
            Mark::FixedBlank => return self.push(" ", source, PieceKind::Character, state.skip),
            Mark::FixedHyphen => {
                return self.push("\u{2011}", source, PieceKind::Character, state.skip);
            }
            Mark::Picture | Mark::SoftHyphen => return,
        };
        self.gap.mark();
        self.push(text, source, PieceKind::Mark, state.skip);
    }
}
