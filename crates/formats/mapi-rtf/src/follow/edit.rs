//! Changes of RTF that touch the source of single characters only.

use std::ops::Range;

use super::diff::differences;
use super::spots::Spots;
use super::words::{Word, Words};
use crate::tokens::{Token, Tokens};
use crate::write::{push, push_text};

/// What to take out of the old text and what of the new one to put in its place, in bytes.
#[derive(Debug)]
struct Change {
    old: Range<usize>,
    new: Range<usize>,
}

/// The RTF with its text made to be `text`; `None` if there is no place for what is new.
pub(super) fn edited(rtf: &[u8], text: &str) -> Option<Vec<u8>> {
    let spots = Spots::of(rtf);
    let text = text.replace("\r\n", "\n").replace(['\r', '\n'], "\r\n");
    let mut edit = Edit::of(rtf);
    for change in changes(&spots, &text) {
        edit.make(&spots, text.get(change.new)?, change.old)?;
    }
    edit.copy_to(rtf.len())?;
    Some(edit.out)
}

/// RTF that carries HTML without what says so, and without the HTML: what is left is what readers of RTF show.
pub(super) fn without_html(rtf: &[u8]) -> Vec<u8> {
    let mut edit = Edit::of(rtf);
    let mut tokens = Tokens::new(rtf, 0);
    // Where the group that has just begun began, and whether it said `\*`.
    let mut fresh: Option<(usize, bool)> = None;
    while let Some((token, source)) = tokens.next() {
        let taken = match (token, fresh) {
            (Token::Word(b"htmltag" | b"mhtmltag", _), Some((open, true))) => {
                tokens.skip_group();
                open..tokens.place()
            }
            (Token::Word(b"fromhtml" | b"htmlrtf", _), _) => source.clone(),
            _ => source.end..source.end,
        };
        if !taken.is_empty() {
            // The source is read in its order.
            let _ = edit.copy_to(taken.start);
            edit.leave_out(taken.end);
        }
        fresh = match (token, fresh) {
            (Token::Open, _) => Some((source.start, false)),
            (Token::Symbol(b'*'), Some((open, false))) => Some((open, true)),
            _ => None,
        };
    }
    let _ = edit.copy_to(rtf.len());
    edit.out
}

fn changes(spots: &Spots<'_>, new: &str) -> Vec<Change> {
    let mut words = Words::default();
    let old = spots.text.as_str();
    let (before, after) = (words.of(old), words.of(new));
    drop(words);
    let numbers = |words: &[Word]| words.iter().map(|w| w.number).collect::<Vec<_>>();
    let found = differences(&numbers(&before), &numbers(&after));
    let changes = found.into_iter().flat_map(|(a, b)| {
        let change = Change {
            old: between(&before, &a, old.len()),
            new: between(&after, &b, new.len()),
        };
        parted(&change, spots, new)
    });
    changes.map(|change| trimmed(change, old, new)).collect()
}

/// The bytes from the word before some words to the word behind them.
fn between(words: &[Word], range: &Range<usize>, len: usize) -> Range<usize> {
    let before = range.start.checked_sub(1).and_then(|n| words.get(n));
    let behind = words.get(range.end);
    before.map_or(0, |word| word.at.end)..behind.map_or(len, |word| word.at.start)
}

/// A change without what goes on being there, such as attachments: what stands before one in the old text is replaced by as
/// many words of the new one, and a blank of these is the character that it has itself.
fn parted(change: &Change, spots: &Spots<'_>, new: &str) -> Vec<Change> {
    let (mut old_start, mut new_start) = (change.old.start, change.new.start);
    let mut parts = Vec::new();
    for kept in spots.structures(change.old.clone()) {
        let before = spots.text.get(old_start..kept.start).unwrap_or_default();
        let rest = new.get(new_start..change.new.end).unwrap_or_default();
        let len = as_many_words(before, rest);
        parts.push(Change {
            old: old_start..kept.start,
            new: new_start..new_start + len,
        });
        old_start = kept.end;
        new_start += len;
        let own = new.get(new_start..change.new.end).unwrap_or_default();
        new_start += match own.chars().next() {
            Some('\r') if own.starts_with("\r\n") => 2,
            Some(c) if c.is_whitespace() => c.len_utf8(),
            _ => 0,
        };
    }
    parts.push(Change {
        old: old_start..change.old.end,
        new: new_start..change.new.end,
    });
    parts
}

/// The bytes at the start of `text` that have as many words as `before`, and at most as much white space behind them.
fn as_many_words(before: &str, text: &str) -> usize {
    let words = before.split_whitespace().count();
    let space = before
        .chars()
        .rev()
        .take_while(|c| c.is_whitespace())
        .count();
    let (mut end, mut seen, mut within) = (0, 0, false);
    for (n, c) in text.char_indices() {
        let says = !c.is_whitespace();
        seen += usize::from(says && !within);
        within = says;
        if seen > words {
            break;
        }
        if says {
            end = n + c.len_utf8();
        }
    }
    let after = text.get(end..).unwrap_or_default();
    let blanks = after.chars().take_while(|c| c.is_whitespace()).take(space);
    end + blanks.map(char::len_utf8).sum::<usize>()
}

/// Without what both begin and end with.
fn trimmed(change: Change, old: &str, new: &str) -> Change {
    let Change { old: a, new: b } = change;
    let x = old.get(a.clone()).unwrap_or_default();
    let y = new.get(b.clone()).unwrap_or_default();
    let (x_head, y_head) = same_head(x.chars(), y.chars());
    let x = x.get(x_head..).unwrap_or_default();
    let y = y.get(y_head..).unwrap_or_default();
    let (x_tail, y_tail) = same_head(x.chars().rev(), y.chars().rev());
    Change {
        old: a.start + x_head..a.end - x_tail,
        new: b.start + y_head..b.end - y_tail,
    }
}

/// The bytes of either that begin alike.
fn same_head(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> (usize, usize) {
    let alike = a.zip(b).take_while(|(p, q)| looks(*p) == looks(*q));
    alike.fold((0, 0), |(n, m), (p, q)| {
        (n + p.len_utf8(), m + q.len_utf8())
    })
}

/// White space of one kind is as good as that of another, but for line ends.
const fn looks(c: char) -> char {
    match c {
        '\t' | '\u{A0}' => ' ',
        '\u{B}' | '\u{C}' => '\n',
        c => c,
    }
}

struct Edit<'a> {
    rtf: &'a [u8],
    /// How much of it was copied or passed over.
    at: usize,
    out: Vec<u8>,
    /// Whether what was written last and what comes next did not follow each other.
    cut: bool,
}

impl<'a> Edit<'a> {
    fn of(rtf: &'a [u8]) -> Self {
        Self {
            rtf,
            at: 0,
            out: Vec::with_capacity(rtf.len()),
            cut: false,
        }
    }

    /// Puts `new` in the place of what stands in `old`; new text looks like what it replaces, else like what is before it.
    fn make(&mut self, spots: &Spots<'_>, new: &str, old: Range<usize>) -> Option<()> {
        let (place, skip) = if let Some(spot) = spots.first(old.clone()) {
            (spot.source.start, spot.skip)
        } else if let Some(spot) = spots.before(old.start) {
            (spot.source.end, spot.skip)
        } else {
            let spot = spots.first(old.end..spots.text.len())?;
            (spot.source.start, spot.skip)
        };
        self.copy_to(place)?;
        self.push(&source_of(new, skip), true);
        for (n, c) in spots.text.get(old.clone())?.char_indices() {
            let spot = spots.at(old.start + n, c.len_utf8())?;
            if spot.source.start < self.at {
                // Of two characters that are one in the source, the second.
                continue;
            }
            self.copy_to(spot.source.start)?;
            self.leave_out(spot.source.end);
        }
        Some(())
    }

    const fn leave_out(&mut self, end: usize) {
        self.at = end;
        self.cut = true;
    }

    fn copy_to(&mut self, place: usize) -> Option<()> {
        let kept = self.rtf.get(self.at..place)?;
        if !kept.is_empty() {
            let cut = std::mem::take(&mut self.cut);
            self.push(kept, cut);
        }
        self.at = place;
        Some(())
    }

    /// Adds RTF; `cut`: behind something that it did not follow before.
    fn push(&mut self, rtf: &[u8], cut: bool) {
        let Some(first) = rtf.first() else {
            return;
        };
        let extends = first.is_ascii_alphanumeric() || matches!(first, b'-' | b' ');
        if cut && extends && ends_in_word(&self.out) {
            self.out.push(b' ');
        }
        self.out.extend_from_slice(rtf);
    }
}

/// Text as RTF where so many bytes are skipped behind each `\u`.
fn source_of(text: &str, skip: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    if skip == 1 || text.is_ascii() {
        push_text(&mut out, text);
        return out;
    }
    out.extend_from_slice(b"\\uc1 ");
    push_text(&mut out, text);
    push(&mut out, format_args!("\\uc{skip} "));
    out
}

/// Whether RTF ends in a control word that letters, digits or a blank behind it would be part of.
fn ends_in_word(rtf: &[u8]) -> bool {
    let digits = rtf.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let mut rest = rtf.get(..rtf.len() - digits).unwrap_or_default();
    if digits > 0 {
        rest = rest.strip_suffix(b"-").unwrap_or(rest);
    }
    let letters = rest
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphabetic())
        .count();
    let head = rest.get(..rest.len() - letters).unwrap_or_default();
    let slashes = head.iter().rev().take_while(|b| **b == b'\\').count();
    letters > 0 && slashes % 2 == 1
}

#[cfg(test)]
mod tests {
    use super::ends_in_word;

    #[test]
    fn what_the_next_character_would_be_part_of() {
        for rtf in ["\\b", "x\\b0", "\\\\\\par", "\\u-3", "\\b-"] {
            let expected = rtf != "\\b-";
            assert_eq!(ends_in_word(rtf.as_bytes()), expected, "{rtf}");
        }
        for rtf in [
            "", "b", "\\\\b", "\\'e9", "\\'ab", "\\b ", "\\~", "}", "12", "\\b\r\n",
        ] {
            assert!(!ends_in_word(rtf.as_bytes()), "{rtf}");
        }
    }
}
