//! The outline of a categorised table: its headings and the places of the rows below them, in order.
//!
//! It holds keys, not cells: some fifty bytes per row and a hundred per category.

use std::ops::Range;
use std::sync::Arc;

use mapi_kit::computed::instance_key;
use mapi_props::{Bag, PropValue, tags};
use mapi_spi::{ItemId, RowKey};

use super::folds::{Folds, HeadingId};

/// TBL_EXPANDED_CATEGORY: PR_ROW_TYPE of an expanded heading.
const EXPANDED: i32 = 3;
/// TBL_COLLAPSED_CATEGORY: PR_ROW_TYPE of a collapsed heading.
const COLLAPSED: i32 = 4;

/// After the place of a category: its heading comes before all that is below it.
const HEADING: u8 = 0;
const BELOW: u8 = 1;

/// Bytes in [`Outline::keys`].
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Span {
    pub(super) at: usize,
    pub(super) len: u32,
}

/// A category.
#[derive(Debug)]
pub(super) struct Category {
    pub(super) id: HeadingId,
    /// The category that it is part of.
    pub(super) parent: Option<u32>,
    pub(super) depth: u8,
    /// Its heading starts expanded.
    pub(super) from_start: bool,
    pub(super) expanded: bool,
    /// Orders it among the categories of its parent.
    pub(super) key: Span,
    /// Its rows, those of the categories in it included.
    pub(super) leaves: Range<u32>,
    pub(super) unread: u32,
    /// The first category in the outline that is no part of it.
    pub(super) after: u32,
}

/// A row that is no heading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Leaf {
    pub(super) item: ItemId,
    pub(super) instance: u32,
    /// The category of the deepest level that it is in.
    pub(super) category: u32,
    /// Orders it in its category.
    pub(super) key: Span,
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Heading(u32),
    Leaf(u32),
}

/// A heading in view, and the number of its row. Its rows, if it shows some, follow it.
#[derive(Debug, Clone, Copy)]
struct Shown {
    category: u32,
    row: u64,
}

/// The outline as of one change-log number.
#[derive(Debug)]
pub(super) struct Outline {
    pub(super) seq: u64,
    levels: usize,
    keys: Vec<u8>,
    /// In table order: each before those in it.
    categories: Vec<Category>,
    /// In table order.
    leaves: Vec<Leaf>,
    shown: Vec<Shown>,
    rows: u64,
    folds: Arc<()>,
}

impl Outline {
    pub(super) fn new(
        seq: u64,
        levels: usize,
        keys: Vec<u8>,
        (categories, leaves): (Vec<Category>, Vec<Leaf>),
    ) -> Self {
        Self {
            seq,
            levels,
            keys,
            categories,
            leaves,
            shown: Vec::new(),
            rows: 0,
            folds: Arc::default(),
        }
    }

    /// Expands and collapses headings as these say.
    pub(super) fn fold(&mut self, folds: &Folds) {
        if folds.are(&self.folds) {
            return;
        }
        self.folds = folds.mark();
        for category in &mut self.categories {
            category.expanded = folds.is_expanded(&category.id, category.from_start);
        }
        self.shown.clear();
        self.rows = 0;
        let mut next = 0_u32;
        while let Some(category) = at(&self.categories, next) {
            self.shown.push(Shown {
                category: next,
                row: self.rows,
            });
            self.rows += 1;
            if category.expanded && self.is_deepest(category) {
                self.rows += u64::from(count(&category.leaves));
            }
            next = if category.expanded {
                next + 1
            } else {
                category.after
            };
        }
    }

    fn is_deepest(&self, category: &Category) -> bool {
        usize::from(category.depth) + 1 == self.levels
    }

    /// Rows in view.
    pub(super) const fn rows(&self) -> u64 {
        self.rows
    }

    /// The row of a number.
    pub(super) fn spot(&self, row: u64) -> Option<Spot> {
        if row >= self.rows {
            return None;
        }
        let shown = self.shown_before(|shown| shown.row <= row)?;
        if shown.row == row {
            return Some(Spot::Heading(shown.category));
        }
        let first = at(&self.categories, shown.category)?.leaves.start;
        let below = u32::try_from(row - shown.row - 1).ok()?;
        Some(Spot::Leaf(first.checked_add(below)?))
    }

    /// The last heading in view for which this holds; it holds for the first ones only.
    fn shown_before(&self, holds: impl Fn(&Shown) -> bool) -> Option<Shown> {
        let n = self.shown.partition_point(holds);
        self.shown.get(n.checked_sub(1)?).copied()
    }

    /// How many rows in view stand before a place, or with it too where it is `inclusive`.
    pub(super) fn rows_before(&self, place: &RowKey, inclusive: bool) -> u64 {
        let Some(Some(PropValue::Binary(place))) = place.values.first() else {
            return 0;
        };
        let is_before = |this: &[u8]| this < place.as_slice() || (inclusive && this == place);
        let heading = |shown: &Shown| is_before(&self.place(Spot::Heading(shown.category)));
        let Some(shown) = self.shown_before(heading) else {
            return 0;
        };
        let mut rows = shown.row + 1;
        if let Some(category) = at(&self.categories, shown.category)
            && category.expanded
            && self.is_deepest(category)
        {
            let leaf = |n: u32| is_before(&self.place(Spot::Leaf(n)));
            rows += u64::from(partition(&category.leaves, leaf));
        }
        rows
    }

    /// The bytes in whose order all rows stand, those out of view too.
    fn place(&self, spot: Spot) -> Vec<u8> {
        let mut place = Vec::with_capacity(96);
        match spot {
            Spot::Heading(category) => {
                self.path(category, &mut place);
                place.push(HEADING);
            }
            Spot::Leaf(n) => {
                if let Some(leaf) = at(&self.leaves, n) {
                    self.path(leaf.category, &mut place);
                    place.push(BELOW);
                    place.extend_from_slice(self.key(leaf.key));
                    place.extend_from_slice(&instance_key(leaf.item, leaf.instance));
                }
            }
        }
        place
    }

    fn path(&self, category: u32, place: &mut Vec<u8>) {
        if let Some(category) = at(&self.categories, category) {
            if let Some(parent) = category.parent {
                self.path(parent, place);
                place.push(BELOW);
            }
            place.extend_from_slice(self.key(category.key));
        }
    }

    fn key(&self, span: Span) -> &[u8] {
        let len = usize::try_from(span.len).unwrap_or(0);
        let key = self.keys.get(span.at..span.at + len);
        key.unwrap_or_default()
    }

    /// The key of a row, which keeps its meaning when the row is gone: the place, and of a heading what it is known by.
    pub(super) fn row_key(&self, spot: Spot) -> RowKey {
        let place = Some(PropValue::Binary(self.place(spot)));
        match spot {
            Spot::Heading(n) => {
                let id = at(&self.categories, n).map(|c| c.id.to_vec().into());
                RowKey {
                    values: vec![place, id],
                    item: ItemId(0),
                    instance: 0,
                }
            }
            Spot::Leaf(n) => {
                let leaf = at(&self.leaves, n);
                RowKey {
                    values: vec![place],
                    item: leaf.map_or(ItemId(0), |l| l.item),
                    instance: leaf.map_or(0, |l| l.instance),
                }
            }
        }
    }

    /// The item and instance of a row that is no heading.
    pub(super) fn leaf(&self, n: u32) -> Option<(ItemId, u32)> {
        at(&self.leaves, n).map(|leaf| (leaf.item, leaf.instance))
    }

    /// The row, in view or not, of this PR_INSTANCE_KEY.
    pub(super) fn by_instance_key(&self, key: &[u8]) -> Option<Spot> {
        let number = |n: usize| u32::try_from(n).ok();
        if let Ok(id) = HeadingId::try_from(key) {
            let n = self.categories.iter().position(|c| c.id == id)?;
            return number(n).map(Spot::Heading);
        }
        let (item, instance) = key.split_first_chunk::<8>()?;
        let item = ItemId(u64::from_be_bytes(*item));
        let instance = u32::from_be_bytes(instance.try_into().ok()?);
        let same = |l: &Leaf| l.item == item && l.instance == instance;
        number(self.leaves.iter().position(same)?).map(Spot::Leaf)
    }

    /// The number of a row; `None` if it is out of view.
    pub(super) fn row_of(&self, spot: Spot) -> Option<u64> {
        let key = self.row_key(spot);
        let row = self.rows_before(&key, false);
        (self.spot(row) == Some(spot)).then_some(row)
    }

    /// A row of a category: it has the values that the heading shows.
    pub(super) fn sample(&self, heading: u32) -> Option<(ItemId, u32)> {
        self.leaf(at(&self.categories, heading)?.leaves.start)
    }

    /// How deep a heading stands.
    pub(super) fn depth(&self, heading: u32) -> usize {
        at(&self.categories, heading).map_or(0, |c| usize::from(c.depth))
    }

    /// Adds what a heading shows beside its keys: counts, depth, type.
    pub(super) fn describe(&self, heading: u32, props: &mut Bag) {
        let Some(category) = at(&self.categories, heading) else {
            return;
        };
        let long = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let row_type = if category.expanded {
            EXPANDED
        } else {
            COLLAPSED
        };
        props.set(tags::INSTANCE_KEY, category.id.as_slice());
        props.set(tags::DEPTH, i32::from(category.depth));
        props.set(tags::ROW_TYPE, row_type);
        props.set(tags::CONTENT_COUNT, long(count(&category.leaves)));
        props.set(tags::CONTENT_UNREAD, long(category.unread));
    }
}

fn at<T>(all: &[T], n: u32) -> Option<&T> {
    all.get(usize::try_from(n).ok()?)
}

const fn count(range: &Range<u32>) -> u32 {
    range.end.saturating_sub(range.start)
}

/// How many numbers of a range come first for which this holds; it holds for none after one for which it does not.
fn partition(range: &Range<u32>, holds: impl Fn(u32) -> bool) -> u32 {
    let (mut low, mut high) = (range.start, range.end);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low - range.start
}
