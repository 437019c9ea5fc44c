//! The collapse state of a table as bytes: which headings are expanded, and one row, for the same view at another time.
//! Reference: "IMAPITable::GetCollapseState", "IMAPITable::SetCollapseState"
//!
//! Layout, numbers little-endian: `MCS`, version 1; a digest of store, folder, kind of rows, sort order set and restriction (16
//! bytes); the row: its item (8, 0 for a heading), instance (4), length of its place (4), place, and of a heading what
//! it is known by (16); the number of headings that are not as they start (4), and of each what it is known by (16)
//! and whether it is expanded (1); a digest of all this (16).

use std::collections::BTreeMap;

use mapi_props::codec::encode_restriction;
use mapi_props::{Code, PropValue, SortOrder};
use mapi_spi::{Error, ItemId, Result, RowKey, RowSet};

use super::folds::{Folds, HeadingId};
use crate::table::{Spec, StoreRows};

const MAGIC: &[u8; 4] = b"MCS\x01";
const DIGEST: usize = 16;

/// What a collapse state says.
#[derive(Debug)]
pub(super) struct Saved {
    pub(super) folds: Folds,
    pub(super) row: RowKey,
}

/// What a collapse state must be of: other views have another digest.
pub(super) fn view_digest(rows: &StoreRows, spec: &Spec) -> Result<[u8; DIGEST]> {
    let mut bytes = rows.context.info().uid.as_bytes().to_vec();
    bytes.extend_from_slice(&rows.container.0.to_le_bytes());
    bytes.extend_from_slice(&match rows.rows {
        RowSet::Contents {
            associated,
            deleted,
        } => [u8::from(associated), u8::from(deleted)],
        RowSet::Deep | RowSet::Hierarchy { .. } => return Err(not_of_this_view()),
    });
    let sort = &spec.sort;
    let keys = u32::try_from(sort.columns.len()).unwrap_or(u32::MAX);
    for n in [keys, sort.categories, sort.expanded] {
        bytes.extend_from_slice(&n.to_le_bytes());
    }
    for column in &sort.columns {
        bytes.extend_from_slice(&column.tag.0.to_le_bytes());
        bytes.push(match column.order {
            SortOrder::Ascend => 0,
            SortOrder::Descend => 1,
            SortOrder::Combine => 2,
            SortOrder::CategMax => 4,
            SortOrder::CategMin => 8,
        });
    }
    if let Some(restriction) = &spec.restriction {
        encode_restriction(restriction, &mut bytes)
            .map_err(|e| Error::new(e.code(), "the restriction cannot be told as bytes"))?;
    }
    Ok(digest(&bytes))
}

/// The bytes of a state.
pub(super) fn encode(view: [u8; DIGEST], folds: &Folds, row: &RowKey) -> Vec<u8> {
    let bytes_at = |n: usize| match row.values.get(n) {
        Some(Some(PropValue::Binary(bytes))) => bytes.as_slice(),
        _ => &[],
    };
    let place = bytes_at(0);
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&view);
    out.extend_from_slice(&row.item.0.to_le_bytes());
    out.extend_from_slice(&row.instance.to_le_bytes());
    out.extend_from_slice(&u32::try_from(place.len()).unwrap_or(0).to_le_bytes());
    out.extend_from_slice(place);
    out.extend_from_slice(bytes_at(1));
    let folds = folds.iter();
    out.extend_from_slice(&u32::try_from(folds.len()).unwrap_or(u32::MAX).to_le_bytes());
    for (heading, expanded) in folds {
        out.extend_from_slice(heading);
        out.push(u8::from(*expanded));
    }
    let sum = digest(&out);
    out.extend_from_slice(&sum);
    out
}

/// Reads a state of this view.
///
/// # Errors
/// `MAPI_E_UNABLE_TO_COMPLETE` for anything else.
pub(super) fn decode(view: [u8; DIGEST], bytes: &[u8]) -> Result<Saved> {
    let whole = bytes.split_last_chunk::<DIGEST>();
    let (body, _) = whole
        .filter(|(body, sum)| digest(body) == **sum)
        .ok_or_else(not_of_this_view)?;
    read(view, &mut Reader(body)).ok_or_else(not_of_this_view)
}

fn read(view: [u8; DIGEST], from: &mut Reader<'_>) -> Option<Saved> {
    if from.take::<4>()? != MAGIC || *from.take::<DIGEST>()? != view {
        return None;
    }
    let item = ItemId(u64::from_le_bytes(*from.take()?));
    let instance = u32::from_le_bytes(*from.take()?);
    let place = from.number()?;
    let place = from.bytes(place)?.to_vec();
    let mut values = vec![Some(PropValue::Binary(place))];
    if item == ItemId(0) {
        let heading: &HeadingId = from.take()?;
        values.push(Some(PropValue::Binary(heading.to_vec())));
    }
    let mut expanded = BTreeMap::new();
    for _ in 0..from.number()? {
        let heading: HeadingId = *from.take()?;
        expanded.insert(heading, from.take::<1>()? == &[1]);
    }
    from.0.is_empty().then_some(Saved {
        folds: Folds::of(expanded),
        row: RowKey {
            values,
            item,
            instance,
        },
    })
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(first)
    }

    fn bytes(&mut self, len: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(first)
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(*self.take()?)).ok()
    }
}

fn digest(bytes: &[u8]) -> [u8; DIGEST] {
    let mut out = [0; DIGEST];
    let mut hasher = blake3::Hasher::new();
    hasher.update(bytes);
    hasher.finalize_xof().fill(&mut out);
    out
}

fn not_of_this_view() -> Error {
    Error::new(
        Code::UNABLE_TO_COMPLETE,
        "the state is not one of a table with this folder, sort order and restriction",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> Vec<u8> {
        let mut folds = Folds::default();
        folds.set([7; 16], true);
        folds.set([9; 16], false);
        let row = RowKey {
            values: vec![
                Some(PropValue::Binary(vec![1, 2, 3])),
                Some(PropValue::Binary(vec![5; 16])),
            ],
            item: ItemId(0),
            instance: 0,
        };
        encode([4; 16], &folds, &row)
    }

    #[test]
    fn a_state_comes_back() {
        let saved = decode([4; 16], &state()).unwrap();
        let told: Vec<_> = saved.folds.iter().collect();
        assert_eq!(told, [(&[7; 16], &true), (&[9; 16], &false)]);
        assert_eq!(saved.row.values.len(), 2);
        assert_eq!(encode([4; 16], &saved.folds, &saved.row), state());
    }

    #[test]
    fn other_bytes_are_refused() {
        let refuse = |bytes: &[u8]| {
            let error = decode([4; 16], bytes).map(drop).unwrap_err();
            assert_eq!(error.code(), Code::UNABLE_TO_COMPLETE);
        };
        let good = state();
        assert!(decode([3; 16], &good).is_err());
        for at in 0..good.len() {
            refuse(&good[..at]);
            let mut bad = good.clone();
            bad[at] ^= 1;
            refuse(&bad);
            // With a sum that is right, so that the rest has to be read.
            let body = bad.len() - DIGEST;
            let sum = digest(&bad[..body]);
            bad[body..].copy_from_slice(&sum);
            drop(decode([4; 16], &bad));
            let mut short = good[..at].to_vec();
            short.extend_from_slice(&digest(&good[..at]));
            if at < body {
                refuse(&short);
            }
        }
        refuse(&[good.as_slice(), b"x"].concat());
    }
}
