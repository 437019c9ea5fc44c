//! Keeping an outline true: made once in a pass over the keys of all rows, then changed as the change log says.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use mapi_spi::{Call, ItemId, Result, RowKeys};

use super::follow::{self, Touched};
use super::outline::Outline;
use super::view::{Categorised, KeyViews};

/// How often what happened meanwhile is taken in before all rows are read anew, at one moment.
const ROUNDS: u32 = 16;
/// So many messages are always taken in one by one; of more, one in so many rows.
const FEW: usize = 256;
const SHARE: usize = 8;

impl Categorised<'_> {
    /// An outline of all rows.
    pub(super) fn build(&self, keys: &KeyViews, call: &Call) -> Result<Outline> {
        let mut outline = Outline::new(self.levels.depth());
        let store = self.rows.context.spi()?;
        let seq = store.each_key(&keys.paths(), None, call, &mut |row| {
            outline.add(&self.levels, &row);
            ControlFlow::Continue(())
        })?;
        outline.arrange();
        outline.seq = seq;
        Ok(outline)
    }

    /// Takes into an outline what happened since it was true; whether anything happened to its rows.
    pub(super) fn refresh(
        &self,
        keys: &KeyViews,
        outline: &mut Outline,
        call: &Call,
    ) -> Result<bool> {
        let mut changed = false;
        for _ in 0..ROUNDS {
            if outline.broken {
                break;
            }
            let rows = usize::try_from(outline.all).unwrap_or(usize::MAX);
            let most = FEW.max(rows / SHARE);
            let (touched, seq) = follow::since(self.rows, outline.seq, most, call)?;
            match touched {
                Touched::Items(items) if items.is_empty() => {
                    outline.seq = seq;
                    return Ok(changed);
                }
                Touched::Items(items) if !keys.cut => {
                    if !self.take_in(keys, outline, &items, call)? {
                        break;
                    }
                    outline.seq = seq;
                    changed = true;
                }
                Touched::Items(_) | Touched::Unknown => break,
            }
        }
        *outline = self.build(keys, call)?;
        Ok(true)
    }

    /// Puts these messages where they belong now; false if all rows had better be read.
    fn take_in(
        &self,
        keys: &KeyViews,
        outline: &mut Outline,
        items: &[ItemId],
        call: &Call,
    ) -> Result<bool> {
        let mut now: Vec<Kept> = Vec::new();
        let store = self.rows.context.spi()?;
        store.each_key(&keys.paths(), Some(items), call, &mut |row| {
            now.push(Kept::of(&row));
            ControlFlow::Continue(())
        })?;
        outline.broken = true;
        let left = outline.remove(items);
        let orphaned = self.orphaned(outline, &left);
        for n in &orphaned {
            outline.forget_extreme(&self.levels, *n);
        }
        for row in &now {
            outline.add(&self.levels, &row.as_keys());
        }
        outline.arrange();
        if !self.find_extremes(keys, outline, &orphaned, call)? {
            return Ok(false);
        }
        outline.arrange();
        outline.broken = false;
        Ok(true)
    }

    /// Categories that may have lost the value that orders them.
    fn orphaned(&self, outline: &Outline, left: &[u32]) -> BTreeSet<u32> {
        let mut orphaned = BTreeSet::new();
        for n in left {
            let mut next = Some(*n);
            while let Some((n, category)) = next.and_then(|n| Some((n, outline.category(n)?))) {
                let level = self.levels.levels.get(usize::from(category.depth));
                if level.is_some_and(|level| level.by.is_some()) {
                    orphaned.insert(n);
                }
                next = category.parent;
            }
        }
        orphaned
    }

    /// Finds the values that order these categories, among their rows; false if that is as much as reading all rows.
    fn find_extremes(
        &self,
        keys: &KeyViews,
        outline: &mut Outline,
        categories: &BTreeSet<u32>,
        call: &Call,
    ) -> Result<bool> {
        let counts = categories.iter().filter_map(|n| outline.category(*n));
        let rows: u64 = counts.map(|category| u64::from(category.count)).sum();
        if rows > u64::from(outline.all) / 2 && outline.all > 1024 {
            return Ok(false);
        }
        for n in categories {
            if outline.category(*n).is_none_or(|c| c.count == 0) {
                continue;
            }
            let depth = outline.depth(*n);
            let Some((level, (column, _))) =
                (self.levels.levels.get(depth)).and_then(|level| Some((level, level.by?)))
            else {
                continue;
            };
            let mut items = Vec::new();
            outline.members_of(*n, &mut items);
            items.sort_unstable();
            items.dedup();
            let (view, column) = keys.extremes(column);
            let store = self.rows.context.spi()?;
            store.each_key(&view, Some(&items), call, &mut |row| {
                if outline.is_in(*n, row.item, row.instance) {
                    outline.offer_extreme(level, *n, row.column(column));
                }
                ControlFlow::Continue(())
            })?;
        }
        Ok(true)
    }
}

/// The keys of a row, of its own.
#[derive(Debug)]
struct Kept {
    item: ItemId,
    instance: u32,
    unread: bool,
    keys: Vec<u8>,
    ends: Vec<usize>,
}

impl Kept {
    fn of(row: &RowKeys<'_>) -> Self {
        Self {
            item: row.item,
            instance: row.instance,
            unread: row.unread,
            keys: row.keys.to_vec(),
            ends: row.ends.to_vec(),
        }
    }

    fn as_keys(&self) -> RowKeys<'_> {
        RowKeys {
            item: self.item,
            instance: self.instance,
            unread: self.unread,
            keys: &self.keys,
            ends: &self.ends,
        }
    }
}
