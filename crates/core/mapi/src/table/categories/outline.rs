//! The outline of a categorised table: its headings in order, and which rows are below them.
//!
//! Of rows below headings it holds eight bytes each; their order is read when they come into view, and dropped when they go
//! out of it. A category takes some two hundred bytes.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use mapi_kit::computed::instance_key;
use mapi_props::{Bag, PropValue, tags};
use mapi_spi::{ItemId, RowKey};

use super::build::Unrest;
use super::folds::{Folds, HeadingId};
use super::leaves::{Leaf, Leaves};
use super::members::Members;

/// TBL_EXPANDED_CATEGORY: PR_ROW_TYPE of an expanded heading.
const EXPANDED: i32 = 3;
/// TBL_COLLAPSED_CATEGORY: PR_ROW_TYPE of a collapsed heading.
const COLLAPSED: i32 = 4;

/// After the place of a category: its heading comes before all that is below it.
const HEADING: u8 = 0;
const BELOW: u8 = 1;

/// A category.
#[derive(Debug, Default)]
pub(super) struct Category {
    pub(super) id: HeadingId,
    /// The category that it is part of.
    pub(super) parent: Option<u32>,
    pub(super) depth: u8,
    /// Its heading starts expanded.
    pub(super) from_start: bool,
    pub(super) expanded: bool,
    /// Orders it among the categories of its parent: the value that stands for its rows, if its level has one, then its key.
    pub(super) order: Box<[u8]>,
    /// Where in that its key begins.
    pub(super) key_at: usize,
    /// The categories in it, in order.
    pub(super) below: Vec<u32>,
    /// Its rows, if it is of the deepest level.
    pub(super) members: Members,
    /// Those rows in order, as long as they are in view.
    pub(super) leaves: Option<Leaves>,
    /// Rows, those of the categories in it included.
    pub(super) count: u32,
    pub(super) unread: u32,
    /// Rows came or went that are not arranged yet.
    pub(super) touched: bool,
}

impl Category {
    /// What tells it from others in the same category.
    pub(super) fn key(&self) -> &[u8] {
        self.order.get(self.key_at..).unwrap_or_default()
    }
}

/// A row of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spot {
    Heading(u32),
    /// A category of the deepest level, and which of its rows.
    Leaf(u32, u32),
}

/// A heading in view, and the number of its row. Its rows, if it shows some, follow it.
#[derive(Debug, Clone, Copy)]
struct Shown {
    category: u32,
    row: u64,
}

/// The outline as of one change-log number.
#[derive(Debug, Default)]
pub(super) struct Outline {
    pub(super) seq: u64,
    /// Changes were taken in half: it is of no use any more.
    pub(super) broken: bool,
    levels: usize,
    /// By number; numbers in `free` have none.
    pub(super) categories: Vec<Category>,
    pub(super) free: Vec<u32>,
    /// Numbers by that of the category around, plus one, and the key.
    pub(super) by_key: HashMap<Box<[u8]>, u32>,
    /// The outermost categories, in order.
    outermost: Vec<u32>,
    /// Rows in all.
    pub(super) all: u32,
    pub(super) unrest: Unrest,
    shown: Vec<Shown>,
    rows: u64,
    folds: Arc<()>,
}

impl Outline {
    /// An outline without rows.
    pub(super) fn new(levels: usize) -> Self {
        Self {
            levels,
            ..Self::default()
        }
    }

    pub(super) fn category(&self, n: u32) -> Option<&Category> {
        self.categories.get(index(n))
    }

    pub(super) fn category_mut(&mut self, n: u32) -> Option<&mut Category> {
        self.categories.get_mut(index(n))
    }

    pub(super) fn insert(&mut self, category: Category) -> u32 {
        if let Some(n) = self.free.pop() {
            if let Some(place) = self.category_mut(n) {
                *place = category;
            }
            return n;
        }
        self.categories.push(category);
        u32::try_from(self.categories.len() - 1).unwrap_or(u32::MAX)
    }

    /// The categories in a category, or the outermost ones.
    pub(super) fn family_mut(&mut self, parent: Option<u32>) -> &mut Vec<u32> {
        match parent.and_then(|n| self.categories.get_mut(index(n))) {
            Some(parent) => &mut parent.below,
            None => &mut self.outermost,
        }
    }

    /// Which rows are in view has to be found out again.
    pub(super) fn moved(&mut self) {
        self.folds = Arc::default();
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
        for n in 0..u32::try_from(self.categories.len()).unwrap_or(u32::MAX) {
            let loaded = self.category(n).is_some_and(|c| c.leaves.is_some());
            if loaded && !self.is_open(n) {
                let category = self.category_mut(n);
                category.into_iter().for_each(|c| c.leaves = None);
            }
        }
        let mut shown = std::mem::take(&mut self.shown);
        shown.clear();
        self.rows = 0;
        self.rows = self.show(&self.outermost, 0, &mut shown);
        self.shown = shown;
    }

    /// Whether a category and all that it is in are expanded.
    fn is_open(&self, n: u32) -> bool {
        let mut next = Some(n);
        while let Some(category) = next.and_then(|n| self.category(n)) {
            if !category.expanded {
                return false;
            }
            next = category.parent;
        }
        true
    }

    /// Notes the headings in view of a family that begins with this row, and gives the row after it.
    fn show(&self, family: &[u32], mut row: u64, shown: &mut Vec<Shown>) -> u64 {
        for n in family {
            shown.push(Shown { category: *n, row });
            row += 1;
            match self.category(*n) {
                Some(c) if c.expanded && self.is_deepest(c) => row += u64::from(c.count),
                Some(c) if c.expanded => row = self.show(&c.below, row, shown),
                _ => {}
            }
        }
        row
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
        let below = u32::try_from(row - shown.row - 1).ok()?;
        Some(Spot::Leaf(shown.category, below))
    }

    /// The last heading in view for which this holds; it holds for the first ones only.
    fn shown_before(&self, holds: impl Fn(&Shown) -> bool) -> Option<Shown> {
        let n = self.shown.partition_point(holds);
        self.shown.get(n.checked_sub(1)?).copied()
    }

    /// Categories of which rows with these numbers are, whose order has not been read.
    pub(super) fn unread_order(&self, range: &Range<u64>) -> Vec<u32> {
        let first = self.shown.partition_point(|shown| shown.row <= range.start);
        let shown = self.shown.iter().skip(first.saturating_sub(1));
        let shown = shown.take_while(|shown| shown.row < range.end);
        let wanted = shown.filter(|shown| {
            self.category(shown.category).is_some_and(|c| {
                let last = shown.row + u64::from(c.count);
                let below = c.expanded && self.is_deepest(c) && last >= range.start;
                below && shown.row + 1 < range.end && c.leaves.is_none()
            })
        });
        wanted.map(|shown| shown.category).collect()
    }

    /// The category whose rows must be in order to say how many stand before a place: see [`Self::rows_before`].
    pub(super) fn around(&self, place: &RowKey) -> Option<u32> {
        let place = place_of(place)?;
        let heading = |shown: &Shown| self.place(Spot::Heading(shown.category)).as_slice() < place;
        let n = self.shown_before(heading)?.category;
        let category = self.category(n)?;
        let shows = category.expanded && self.is_deepest(category) && category.leaves.is_none();
        (shows && place.starts_with(&self.before_leaves(n))).then_some(n)
    }

    /// How many rows in view stand before a place, or with it too where it is `inclusive`.
    pub(super) fn rows_before(&self, place: &RowKey, inclusive: bool) -> u64 {
        let Some(place) = place_of(place) else {
            return 0;
        };
        let is_before = |this: &[u8]| this < place || (inclusive && this == place);
        let heading = |shown: &Shown| is_before(&self.place(Spot::Heading(shown.category)));
        let Some(shown) = self.shown_before(heading) else {
            return 0;
        };
        let mut rows = shown.row + 1;
        if let Some(category) = self.category(shown.category)
            && category.expanded
            && self.is_deepest(category)
        {
            let prefix = self.before_leaves(shown.category);
            rows += match place.strip_prefix(prefix.as_slice()) {
                Some(rest) => {
                    let leaves = category.leaves.as_ref();
                    leaves.map_or(0, |leaves| leaves.before(rest, inclusive))
                }
                None if place < prefix.as_slice() => 0,
                None => u64::from(category.count),
            };
        }
        rows
    }

    /// What the places of the rows of a category begin with.
    fn before_leaves(&self, category: u32) -> Vec<u8> {
        let mut place = Vec::with_capacity(96);
        self.path(category, &mut place);
        place.push(BELOW);
        place
    }

    /// The bytes in whose order all rows stand, those out of view too.
    fn place(&self, spot: Spot) -> Vec<u8> {
        match spot {
            Spot::Heading(category) => {
                let mut place = Vec::with_capacity(96);
                self.path(category, &mut place);
                place.push(HEADING);
                place
            }
            Spot::Leaf(category, nth) => {
                let mut place = self.before_leaves(category);
                let leaves = self.category(category).and_then(|c| c.leaves.as_ref());
                if let Some(leaf) = leaves.and_then(|leaves| leaves.get(nth)) {
                    place.extend_from_slice(leaf.key);
                    place.extend_from_slice(&instance_key(leaf.item, leaf.instance));
                }
                place
            }
        }
    }

    fn path(&self, category: u32, place: &mut Vec<u8>) {
        if let Some(category) = self.category(category) {
            if let Some(parent) = category.parent {
                self.path(parent, place);
                place.push(BELOW);
            }
            place.extend_from_slice(&category.order);
        }
    }

    /// The key of a row, which keeps its meaning when the row is gone: the place, and of a heading what it is known by.
    pub(super) fn row_key(&self, spot: Spot) -> RowKey {
        let place = Some(PropValue::Binary(self.place(spot)));
        match spot {
            Spot::Heading(n) => {
                let id = self.category(n).map(|c| c.id.to_vec().into());
                RowKey {
                    values: vec![place, id],
                    item: ItemId(0),
                    instance: 0,
                }
            }
            Spot::Leaf(..) => {
                let (item, instance) = self.leaf(spot).unwrap_or((ItemId(0), 0));
                RowKey {
                    values: vec![place],
                    item,
                    instance,
                }
            }
        }
    }

    /// The item and instance of a row that is no heading, once the order of its category is read.
    pub(super) fn leaf(&self, spot: Spot) -> Option<(ItemId, u32)> {
        let Spot::Leaf(n, nth) = spot else {
            return None;
        };
        let leaf: Leaf<'_> = self.category(n)?.leaves.as_ref()?.get(nth)?;
        Some((leaf.item, leaf.instance))
    }

    /// The heading, in view or not, of this PR_INSTANCE_KEY.
    pub(super) fn heading(&self, key: &[u8]) -> Option<u32> {
        let id = HeadingId::try_from(key).ok()?;
        let mut numbered = (0..).zip(&self.categories);
        let found = numbered.find(|(_, c)| c.count > 0 && c.id == id);
        found.map(|(n, _)| n)
    }

    /// The category that the row, in view or not, of this item and instance is in.
    pub(super) fn category_of(&self, item: ItemId, instance: u32) -> Option<u32> {
        let mut numbered = (0..).zip(&self.categories);
        let found = numbered.find(|(_, c)| c.members.has(item, instance));
        found.map(|(n, _)| n)
    }

    /// The number of a row; `None` if it is out of view.
    pub(super) fn row_of(&self, spot: Spot) -> Option<u64> {
        let key = self.row_key(spot);
        let row = self.rows_before(&key, false);
        (self.spot(row) == Some(spot)).then_some(row)
    }

    /// A row of a category: the one with the lowest number. It has the values that the heading shows.
    pub(super) fn sample(&self, heading: u32) -> Option<(ItemId, u32)> {
        let category = self.category(heading)?;
        let own = category.members.iter().next();
        let own = own.map(|(item, instance, _)| (item, instance));
        let below = category.below.iter().filter_map(|n| self.sample(*n));
        own.into_iter().chain(below).min()
    }

    /// All rows of a category.
    pub(super) fn members_of(&self, heading: u32, into: &mut Vec<ItemId>) {
        if let Some(category) = self.category(heading) {
            into.extend(category.members.iter().map(|(item, _, _)| item));
            category
                .below
                .iter()
                .for_each(|n| self.members_of(*n, into));
        }
    }

    /// Whether a row is in a category.
    pub(super) fn is_in(&self, heading: u32, item: ItemId, instance: u32) -> bool {
        self.category(heading).is_some_and(|category| {
            category.members.has(item, instance)
                || (category.below.iter()).any(|n| self.is_in(*n, item, instance))
        })
    }

    /// How deep a heading stands.
    pub(super) fn depth(&self, heading: u32) -> usize {
        self.category(heading).map_or(0, |c| usize::from(c.depth))
    }

    /// Adds what a heading shows beside its keys: counts, depth, type.
    pub(super) fn describe(&self, heading: u32, props: &mut Bag) {
        let Some(category) = self.category(heading) else {
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
        props.set(tags::CONTENT_COUNT, long(category.count));
        props.set(tags::CONTENT_UNREAD, long(category.unread));
    }
}

fn place_of(key: &RowKey) -> Option<&[u8]> {
    match key.values.first() {
        Some(Some(PropValue::Binary(place))) => Some(place),
        _ => None,
    }
}

pub(super) fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
