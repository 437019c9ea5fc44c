//! The words of a text: one definition for the full-text index, for what is asked of it and for the matcher.
//! After Unicode Standard Annex #29, 4.1, made simple enough to be the same everywhere.
//!
//! A text is folded by [`search_fold`] and cut into runs of letters, digits and spacing marks;
//! everything else separates (apostrophes, hyphens and underscores too). A run is a word; of one longer than [`LONGEST`]
//! bytes the rest is dropped. Scripts that are written without spaces (Han, Kana, Hangul, Thai …) give each two
//! neighbours as a word and the last character alone: 会議室 is 会議, 議室, 室. So what stands anywhere in such a run is
//! found as a phrase, and one character as the beginning of a word.

mod cut;
mod finder;
mod pattern;
mod phrase;

use std::ops::ControlFlow;

pub use cut::Cutter;
pub(crate) use cut::{Class, class};
pub use finder::WordFinder;
pub use pattern::WordPattern;
pub(crate) use phrase::Phrase;

use crate::search_fold;

/// Bytes of UTF-8 that count of a word; of what goes on for longer the rest is dropped, in texts and patterns alike.
pub const LONGEST: usize = 64;

/// A word that no text has (a private character, which [`each_word`] never gives): an index puts it between two values
/// of one field, so that no phrase reaches from one into the other.
pub const GAP: &str = "\u{e000}";

/// Bytes of a text that are folded at a time.
const PIECE: usize = 16 * 1024;

/// Shows the words of a text in their order, until `each` breaks; whether it did.
///
/// ```
/// use std::ops::ControlFlow;
/// let mut words = Vec::new();
/// let _ = mapi_query::words::each_word("L'été à Łódź: 会議室 2", |word| {
///     words.push(word.to_owned());
///     ControlFlow::Continue(())
/// });
/// assert_eq!(words, ["l", "ete", "a", "lodz", "会議", "議室", "室", "2"]);
/// ```
pub fn each_word(text: &str, mut each: impl FnMut(&str) -> ControlFlow<()>) -> ControlFlow<()> {
    let mut cutter = Cutter::default();
    let mut rest = text;
    while rest.len() > PIECE {
        let (piece, after) = rest.split_at_checked(seam(rest)).unwrap_or((rest, ""));
        cutter.feed(&search_fold(piece), &mut each)?;
        rest = after;
    }
    cutter.feed(&search_fold(rest), &mut each)?;
    cutter.finish(&mut each)
}

/// Where a long text may be cut for folding, about [`PIECE`] bytes on; its end if nowhere.
fn seam(text: &str) -> usize {
    let from = text.floor_char_boundary(PIECE);
    let after = text.get(from..).unwrap_or_default();
    let place = after
        .char_indices()
        .find(|(_, c)| crate::fold::folds_alone(*c));
    place.map_or(text.len(), |(at, _)| from + at)
}
