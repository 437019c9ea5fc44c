//! The text of RTF and where each character of it stands in the source.

use std::ops::Range;

use crate::reader::{Destination, Header, Mark, Page, Run, State, read};

/// The text, with `\n` for every line's end, and what it was read from.
#[derive(Debug, Default)]
pub(super) struct Spots {
    pub(super) text: String,
    runs: Vec<Placed>,
}

/// Characters that stand together.
#[derive(Debug)]
struct Placed {
    text: Range<usize>,
    source: Range<usize>,
    /// Each byte of the text is one of the source; else it is one character.
    verbatim: bool,
    structure: bool,
    skip: u16,
}

/// Where a character stands in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) source: Range<usize>,
    /// It stands for something that goes on being there: an attachment, the end of a cell or row.
    pub(super) structure: bool,
    /// Bytes that stand behind each `\u` here for readers that do not know it.
    pub(super) skip: u16,
}

impl Spots {
    pub(super) fn of(rtf: &[u8]) -> Self {
        let mut spots = Self::default();
        read(rtf, &mut spots);
        spots
    }

    /// The spot of the character whose bytes begin at `at` and of which there are `len`.
    pub(super) fn at(&self, at: usize, len: usize) -> Option<Spot> {
        let found = self.runs.partition_point(|run| run.text.end <= at);
        let run = self.runs.get(found).filter(|run| run.text.start <= at)?;
        let source = if run.verbatim {
            let start = run.source.start + (at - run.text.start);
            start..start + len
        } else {
            run.source.clone()
        };
        Some(Spot {
            source,
            structure: run.structure,
            skip: run.skip,
        })
    }

    fn place(&mut self, text: &str, source: Range<usize>, state: &State) -> Option<&mut Placed> {
        let start = self.text.len();
        self.text.push_str(text);
        self.runs.push(Placed {
            text: start..self.text.len(),
            source,
            verbatim: false,
            structure: false,
            skip: state.skip,
        });
        self.runs.last_mut()
    }
}

impl Page for Spots {
    fn text(&mut self, run: Run<'_>, state: &State, _header: &Header) {
        if is_read(state)
            && let Some(placed) = self.place(run.text, run.source, state)
        {
            placed.verbatim = run.verbatim;
        }
    }

    fn mark(&mut self, mark: Mark, source: Range<usize>, state: &State) {
        let (text, structure) = match mark {
            Mark::Paragraph | Mark::Line | Mark::Page => ("\n", false),
            Mark::Tab => ("\t", false),
            Mark::Row | Mark::NestedRow => ("\n", true),
            Mark::Cell | Mark::NestedCell => ("\t", true),
            Mark::Attachment => (" ", true),
            Mark::Picture => return,
        };
        if is_read(state)
            && let Some(placed) = self.place(text, source, state)
        {
            placed.structure = structure;
        }
    }
}

/// Whether it is part of the text, as [`crate::to_text`] has it.
fn is_read(state: &State) -> bool {
    state.destination != Destination::HtmlTag && !state.look.deleted
}
