//! Growing an outline: rows taken in and out, in any order; [`Outline::arrange`] then puts everything in its place.

use std::collections::BTreeSet;

use mapi_query::{cell_key_into, is_missing_key};
use mapi_spi::{ItemId, RowKeys};

use super::folds::HeadingId;
use super::levels::{Extreme, Level, Levels};
use super::outline::{Category, Outline, index};

/// What is not in its place while rows come and go.
#[derive(Debug, Default)]
pub(super) struct Unrest {
    /// Categories of the deepest level that rows came to or went from.
    touched: Vec<u32>,
    /// Categories whose headings below them are in no order; `None`: the outermost ones.
    families: BTreeSet<Option<u32>>,
    /// The categories of the row before: most often those of the next one too.
    path: Vec<u32>,
    scratch: Vec<u8>,
}

impl Outline {
    /// Takes in a row by its keys: those of the levels are the first. Rows beyond 4,294,967,295 are left out.
    pub(super) fn add(&mut self, levels: &Levels, row: &RowKeys<'_>) {
        if self.all == u32::MAX {
            return;
        }
        self.all += 1;
        let mut unrest = std::mem::take(&mut self.unrest);
        let mut parent = None;
        for (depth, level) in levels.levels.iter().enumerate() {
            unrest.scratch.clear();
            let key = match level.columns.as_slice() {
                [one] => row.column(*one),
                many => {
                    for column in many {
                        unrest.scratch.extend_from_slice(row.column(*column));
                    }
                    unrest.scratch.as_slice()
                }
            };
            let known = unrest.path.get(depth).copied().filter(|n| {
                let same = |c: &Category| c.parent == parent && c.key() == key;
                self.category(*n).is_some_and(same)
            });
            let n = match known {
                Some(n) => n,
                None => {
                    let (n, is_new) = self.enter(levels, depth, parent, key);
                    if is_new {
                        unrest.families.insert(parent);
                    }
                    unrest.path.truncate(depth);
                    unrest.path.push(n);
                    n
                }
            };
            if self.count_in(n, level, row) {
                unrest.families.insert(parent);
            }
            parent = Some(n);
        }
        if let Some(n) = parent
            && let Some(category) = self.category_mut(n)
        {
            category.members.push((row.item, row.instance, row.unread));
            if !category.touched {
                category.touched = true;
                unrest.touched.push(n);
            }
        }
        self.unrest = unrest;
    }

    /// The category of this key in another one, and whether it is new.
    fn enter(
        &mut self,
        levels: &Levels,
        depth: usize,
        parent: Option<u32>,
        key: &[u8],
    ) -> (u32, bool) {
        let within = parent.map_or(0, |n| n + 1).to_be_bytes();
        let name = [within.as_slice(), key].concat();
        if let Some(n) = self.by_key.get(name.as_slice()) {
            return (*n, false);
        }
        let id = heading_id(parent.and_then(|n| self.category(n)).map(|c| &c.id), key);
        let mut order = Vec::with_capacity(key.len() + 1);
        let level = levels.levels.get(depth);
        if let Some((at, _)) = level.and_then(|level| level.by)
            && let Some(column) = levels.flat.columns.get(at)
        {
            cell_key_into(*column, None, &mut order);
        }
        let key_at = order.len();
        order.extend_from_slice(key);
        let category = Category {
            id,
            parent,
            depth: u8::try_from(depth).unwrap_or(u8::MAX),
            from_start: level.is_some_and(|level| level.expanded),
            key_at,
            order: order.into_boxed_slice(),
            ..Category::default()
        };
        let n = self.insert(category);
        self.by_key.insert(name.into_boxed_slice(), n);
        self.family_mut(parent).push(n);
        (n, true)
    }

    /// Counts a row in a category; whether that moves the category.
    fn count_in(&mut self, n: u32, level: &Level, row: &RowKeys<'_>) -> bool {
        let Some(category) = self.category_mut(n) else {
            return false;
        };
        category.count += 1;
        category.unread += u32::from(row.unread);
        match level.by {
            Some((column, _)) => category.offer(level, row.column(column)),
            None => false,
        }
    }

    /// Takes out all rows of these items, which are sorted; the deepest categories that had some.
    pub(super) fn remove(&mut self, items: &[ItemId]) -> Vec<u32> {
        let deepest = (0..).zip(&mut self.categories);
        let deepest = deepest.filter(|(_, c)| c.count > 0 && c.below.is_empty());
        let gone: Vec<(u32, (u32, u32))> = deepest
            .map(|(n, category)| (n, category.members.remove(items)))
            .filter(|(_, (rows, _))| *rows > 0)
            .collect();
        for (n, (rows, unread)) in &gone {
            self.all = self.all.saturating_sub(*rows);
            let mut next = Some(*n);
            while let Some(category) = next.and_then(|n| self.category_mut(n)) {
                category.count = category.count.saturating_sub(*rows);
                category.unread = category.unread.saturating_sub(*unread);
                next = category.parent;
            }
            if let Some(category) = self.category_mut(*n)
                && !category.touched
            {
                category.touched = true;
                self.unrest.touched.push(*n);
            }
        }
        gone.into_iter().map(|(n, _)| n).collect()
    }

    /// Forgets the value that orders a category, to be found again among its rows.
    pub(super) fn forget_extreme(&mut self, levels: &Levels, n: u32) {
        let Some(category) = self.category_mut(n) else {
            return;
        };
        let level = levels.levels.get(usize::from(category.depth));
        let column = level.and_then(|l| levels.flat.columns.get(l.by?.0));
        if let Some(column) = column {
            let mut missing = Vec::new();
            cell_key_into(*column, None, &mut missing);
            category.set_extreme(&missing);
            let parent = category.parent;
            self.unrest.families.insert(parent);
        }
    }

    /// Offers a category the value of one of its rows to be ordered by.
    pub(super) fn offer_extreme(&mut self, level: &Level, n: u32, key: &[u8]) {
        if let Some(category) = self.category_mut(n)
            && category.offer(level, key)
        {
            let parent = category.parent;
            self.unrest.families.insert(parent);
        }
    }

    /// Puts rows and categories in order. Categories without rows go.
    pub(super) fn arrange(&mut self) {
        let mut unrest = std::mem::take(&mut self.unrest);
        let mut empty = Vec::new();
        for n in unrest.touched.drain(..) {
            if let Some(category) = self.category_mut(n) {
                category.touched = false;
                category.leaves = None;
                category.members.arrange();
            }
            let mut next = Some(n);
            while let Some((n, category)) = next.and_then(|n| Some((n, self.category(n)?)))
                && category.count == 0
            {
                empty.push(n);
                unrest.families.insert(category.parent);
                next = category.parent;
            }
        }
        for parent in unrest.families {
            let mut family = std::mem::take(self.family_mut(parent));
            family.retain(|n| self.category(*n).is_some_and(|c| c.count > 0));
            family.sort_by(|a, b| self.order(*a).cmp(self.order(*b)));
            *self.family_mut(parent) = family;
        }
        empty.sort_unstable();
        empty.dedup();
        for n in empty {
            self.give_up(n);
        }
        self.moved();
    }

    fn order(&self, n: u32) -> &[u8] {
        self.category(n).map_or(&[], |c| &c.order)
    }

    /// Frees the place of a category that has no rows.
    fn give_up(&mut self, n: u32) {
        let Some(category) = self.categories.get_mut(index(n)) else {
            return;
        };
        let gone = std::mem::take(category);
        let within = gone.parent.map_or(0, |n| n + 1).to_be_bytes();
        let name = [within.as_slice(), gone.key()].concat();
        self.by_key.remove(name.as_slice());
        self.free.push(n);
    }
}

impl Category {
    /// Takes the key of a value into account that may order it; whether it does.
    fn offer(&mut self, level: &Level, key: &[u8]) -> bool {
        let Some((_, extreme)) = level.by else {
            return false;
        };
        let largest = (extreme == Extreme::Max) != level.descending;
        let best = self.order.get(..self.key_at).unwrap_or_default();
        let better = is_missing_key(best) || if largest { key > best } else { key < best };
        if better && !is_missing_key(key) {
            self.set_extreme(key);
            return true;
        }
        false
    }

    fn set_extreme(&mut self, extreme: &[u8]) {
        self.order = [extreme, self.key()].concat().into_boxed_slice();
        self.key_at = extreme.len();
    }
}

/// What a category is known by: its own key and those of the categories that it is in.
fn heading_id(within: Option<&HeadingId>, key: &[u8]) -> HeadingId {
    let mut hasher = blake3::Hasher::new();
    hasher.update(within.map_or(&[0; 16], |id| id));
    hasher.update(key);
    let mut id = HeadingId::default();
    hasher.finalize_xof().fill(&mut id);
    id
}
