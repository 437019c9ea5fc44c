//! Indexes that serve restrictions: messages by the hash of a text, and folded texts to be searched.
//!
//! They hold every message that can match, and perhaps others: what they name is still tested.

use mapi_kit::engine::{ItemRow, Plan};
use mapi_props::{PropTag, tags};
use mapi_query::search_fold;

/// In a key: the text is known.
const KNOWN: u8 = 1;
/// In a key: the text is large, or longer than is kept. It may be anything.
const UNKNOWN: u8 = 2;
/// Bytes of a folded text that are kept.
const FOLDED_BYTES: usize = 1024;

/// A text that a message has under a property.
enum Known {
    Text(String),
    Unknown,
}

/// What a comparison sees; `None` if there is no text at all.
fn text_of(tag: PropTag, plan: &Plan<'_>, row: &dyn ItemRow) -> Option<Known> {
    plan.look(row, |row| {
        if let Some(text) = row.text(tag.id()) {
            return Some(Known::Text(text.into_owned()));
        }
        let large = row.large(tag.id()).is_some_and(|l| l.ty.is_string());
        large.then_some(Known::Unknown)
    })
}

/// The key of a message in a facet of equal texts.
pub(super) fn equal_key(tag: PropTag, plan: &Plan<'_>, row: &dyn ItemRow) -> Option<Vec<u8>> {
    let mut key = match text_of(tag, plan, row)? {
        Known::Text(text) => equal_prefix(tag, &text),
        Known::Unknown => vec![UNKNOWN],
    };
    key.extend(plan.key(row, 0));
    Some(key)
}

/// What the keys of all messages with this text begin with.
pub(crate) fn equal_prefix(tag: PropTag, text: &str) -> Vec<u8> {
    let hash = if tag.id() == tags::MESSAGE_CLASS.id() {
        blake3::hash(text.to_ascii_lowercase().as_bytes())
    } else {
        blake3::hash(text.as_bytes())
    };
    let mut key = Vec::with_capacity(32);
    key.push(KNOWN);
    key.extend(hash.as_bytes().iter().take(8));
    key
}

/// Between which keys of a facet of equal texts those lie whose text may be anything.
pub(crate) const fn holds_unknown() -> (&'static [u8], &'static [u8]) {
    (&[UNKNOWN], &[UNKNOWN + 1])
}

/// The key of a message in a facet of folded texts.
pub(super) fn folded_key(tag: PropTag, plan: &Plan<'_>, row: &dyn ItemRow) -> Option<Vec<u8>> {
    let text = text_of(tag, plan, row)?;
    let mut key = plan.key(row, 0);
    match &text {
        Known::Text(text) => match search_fold(text) {
            folded if folded.len() <= FOLDED_BYTES => {
                key.push(KNOWN);
                key.extend_from_slice(folded.as_bytes());
            }
            _ => key.push(UNKNOWN),
        },
        Known::Unknown => key.push(UNKNOWN),
    }
    Some(key)
}

/// The folded text of a key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Folded<'a> {
    Text(&'a [u8]),
    /// It may be anything.
    Unknown,
}

/// Takes the text out of a key; what is no key may hold anything.
pub(crate) fn folded_of(key: &[u8]) -> Folded<'_> {
    match key.get(date_len(key)..).and_then(<[u8]>::split_first) {
        Some((&KNOWN, text)) => Folded::Text(text),
        _ => Folded::Unknown,
    }
}

/// Bytes of the delivery time that begins a key: it ends with the first `FF FE`, or is the single byte of a missing one.
fn date_len(key: &[u8]) -> usize {
    if key.first() != Some(&1) {
        return 1;
    }
    let end = key.windows(2).position(|pair| pair == [0xFF, 0xFE]);
    end.map_or(key.len(), |at| at + 2)
}

#[cfg(test)]
mod tests {
    use mapi_props::FileTime;

    use super::*;
    use crate::order::{DATE, by_id, key_of};

    #[test]
    fn folded_texts_come_out_of_keys() {
        let order = by_id(DATE).unwrap();
        let times = [0, 1, 255, 256, 0xFF00, 0xFF_00FF, u64::MAX, 1 << 56];
        for time in times
            .map(|t| Some(FileTime(t).into()))
            .into_iter()
            .chain([None])
        {
            let date = key_of(order, time.as_ref());
            for text in ["", "a", "\u{0}", "\u{ff}\u{0}"] {
                let key = [&date, [KNOWN].as_slice(), text.as_bytes()].concat();
                assert_eq!(folded_of(&key), Folded::Text(text.as_bytes()), "{time:?}");
            }
            let key = [date, vec![UNKNOWN]].concat();
            assert_eq!(folded_of(&key), Folded::Unknown);
        }
        assert_eq!(folded_of(&[]), Folded::Unknown);
    }
}
