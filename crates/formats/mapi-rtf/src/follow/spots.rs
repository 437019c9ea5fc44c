//! Where each character of a text stands in the RTF that it was read from.

use std::ops::Range;

use crate::text::{Piece, PieceKind, to_text_in_pieces};

/// The text of RTF, its lines ended by CR LF, and what it was read from.
#[derive(Debug)]
pub(super) struct Spots<'a> {
    rtf: &'a [u8],
    pub(super) text: String,
    pieces: Vec<Piece>,
}

/// Where a character stands in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    pub(super) source: Range<usize>,
    /// Characters that stand behind each `\u` here for readers that do not know it.
    pub(super) skip: u16,
}

impl<'a> Spots<'a> {
    pub(super) fn of(rtf: &'a [u8]) -> Self {
        let (text, pieces) = to_text_in_pieces(rtf);
        Self {
            rtf,
            text: text.text,
            pieces,
        }
    }

    /// The spot of the first character of these bytes of the text.
    pub(super) fn first(&self, bytes: Range<usize>) -> Option<Spot> {
        let at = bytes.start;
        let c = self.text.get(bytes)?.chars().next()?;
        self.at(at, c.len_utf8())
    }

    /// The spot of the character before this byte of the text.
    pub(super) fn before(&self, at: usize) -> Option<Spot> {
        let c = self.text.get(..at)?.chars().next_back()?;
        self.at(at - c.len_utf8(), c.len_utf8())
    }

    /// The spot of the character whose bytes begin at `at` and of which there are `len`.
    pub(super) fn at(&self, at: usize, len: usize) -> Option<Spot> {
        let found = self.pieces.partition_point(|piece| piece.text.end <= at);
        let piece = self
            .pieces
            .get(found)
            .filter(|piece| piece.text.start <= at)?;
        let source = match piece.kind {
            PieceKind::Verbatim => {
                let start = piece.source.start + (at - piece.text.start);
                start..start + len
            }
            _ => piece.source.clone(),
        };
        Some(Spot {
            source,
            skip: piece.skip,
        })
    }

    /// The parts of these bytes of the text that stand for what goes on being there: attachments, the ends of cells and rows.
    pub(super) fn structures(&self, bytes: Range<usize>) -> impl Iterator<Item = Range<usize>> {
        let first = self
            .pieces
            .partition_point(|piece| piece.text.end <= bytes.start);
        let pieces = self.pieces.get(first..).unwrap_or_default();
        let within = pieces
            .iter()
            .take_while(move |piece| piece.text.end <= bytes.end);
        let kept = within.filter(|piece| self.is_structure(piece));
        kept.map(|piece| piece.text.clone())
    }

    fn is_structure(&self, piece: &Piece) -> bool {
        let source = self.rtf.get(piece.source.clone()).unwrap_or_default();
        let ends = [&b"\\cell"[..], b"\\row", b"\\nestcell", b"\\nestrow"];
        match piece.kind {
            PieceKind::Attachment => true,
            PieceKind::Mark => ends.iter().any(|end| source.starts_with(end)),
            _ => false,
        }
    }
}
