//! A look at an outline: what of it has to be read first is read, and that it was true while it was looked at is made sure.

use std::collections::{HashMap, HashSet};
use std::ops::{ControlFlow, Range};

use mapi_spi::{Anchor, Call, Error, ItemId, Row, RowKey};

use super::leaves::Leaves;
use super::outline::{Outline, Spot};
use super::view::{Categorised, KeyViews};

/// An outline and what it is made of.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) view: &'a Categorised<'a>,
    pub(super) keys: &'a KeyViews,
    pub(super) outline: &'a mut Outline,
    pub(super) call: &'a Call,
    /// It ends when rows change meanwhile. Else rows may be missing, as if they had not come into the page.
    pub(super) strict: bool,
}

/// Why a look ended early.
#[derive(Debug)]
pub(super) enum Stop {
    /// The rows have changed: look again.
    Changed,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// What a look gives.
pub(super) type Looked<T> = std::result::Result<T, Stop>;

impl Look<'_> {
    /// Reads the order of the rows of these categories.
    pub(super) fn load(&mut self, categories: &[u32]) -> Looked<()> {
        if categories.is_empty() {
            return Ok(());
        }
        let mut owners = HashMap::new();
        let mut loaded: HashMap<u32, Leaves> = HashMap::new();
        for n in categories {
            loaded.insert(*n, Leaves::default());
            let members = self.outline.category(*n).map(|c| &c.members);
            for (item, instance, _) in members.into_iter().flat_map(|m| m.iter()) {
                owners.insert((item, instance), *n);
            }
        }
        let items: HashSet<ItemId> = owners.keys().map(|(item, _)| *item).collect();
        let mut items: Vec<ItemId> = items.into_iter().collect();
        items.sort_unstable();
        let (view, first) = self.keys.leaves();
        let store = self.view.rows.context.spi()?;
        let seq = store.each_key(&view, Some(&items), self.call, &mut |row| {
            let place = (row.item, row.instance);
            let leaves = owners.get(&place).and_then(|n| loaded.get_mut(n));
            if let Some(leaves) = leaves {
                let key = (first..row.ends.len()).map(|n| row.column(n));
                leaves.push(place, key);
            }
            ControlFlow::Continue(())
        })?;
        for (n, mut leaves) in loaded {
            leaves.arrange();
            if let Some(category) = self.outline.category_mut(n) {
                category.leaves = Some(leaves);
            }
        }
        self.still_true(seq)
    }

    /// Makes sure that what was read at a number is true of the outline.
    fn still_true(&mut self, seq: u64) -> Looked<()> {
        if !self.strict || seq == self.outline.seq {
            return Ok(());
        }
        if (self.view).refresh(self.keys, self.outline, self.call)? {
            return Err(Stop::Changed);
        }
        Ok(())
    }

    /// How many rows in view stand before a place, or with it too where it is `inclusive`.
    pub(super) fn rows_before(&mut self, place: &RowKey, inclusive: bool) -> Looked<u64> {
        if let Some(n) = self.outline.around(place) {
            self.load(&[n])?;
        }
        Ok(self.outline.rows_before(place, inclusive))
    }

    /// How many rows stand before an anchor.
    pub(super) fn row_number(&mut self, from: &Anchor) -> Looked<u64> {
        match from {
            Anchor::Start => Ok(0),
            Anchor::End => Ok(self.outline.rows()),
            Anchor::Row(n) => Ok((*n).min(self.outline.rows())),
            Anchor::At(key) => self.rows_before(key, false),
            Anchor::After(key) => self.rows_before(key, true),
        }
    }

    /// The row, in view or not, of this PR_INSTANCE_KEY.
    pub(super) fn by_instance_key(&mut self, key: &[u8]) -> Looked<Option<Spot>> {
        if let Some(n) = self.outline.heading(key) {
            return Ok(Some(Spot::Heading(n)));
        }
        let Some((item, instance)) = place_of(key) else {
            return Ok(None);
        };
        let Some(n) = self.outline.category_of(item, instance) else {
            return Ok(None);
        };
        let loaded = self.outline.category(n).is_some_and(|c| c.leaves.is_some());
        if !loaded {
            self.load(&[n])?;
        }
        let leaves = self.outline.category(n).and_then(|c| c.leaves.as_ref());
        let nth = leaves.and_then(|leaves| leaves.position(item, instance));
        Ok(nth.map(|nth| Spot::Leaf(n, nth)))
    }

    /// The rows of these numbers.
    pub(super) fn rows(&mut self, range: Range<u64>) -> Looked<Vec<Row>> {
        self.load(&self.outline.unread_order(&range))?;
        let outline = &*self.outline;
        let place = |spot: Spot| match spot {
            Spot::Heading(n) => outline.sample(n),
            Spot::Leaf(..) => outline.leaf(spot),
        };
        let spots = range.filter_map(|n| outline.spot(n));
        let placed: Vec<(Spot, (ItemId, u32))> = spots
            .filter_map(|spot| Some((spot, place(spot)?)))
            .collect();
        let places: Vec<(ItemId, u32)> = placed.iter().map(|(_, place)| *place).collect();
        let flat = self.view.flat();
        let Some((seq, found)) = self.view.read(&flat, &places, None, self.call)? else {
            return Ok(Vec::new());
        };
        let whole = found.len() == places.len();
        let mut found = found.into_iter().peekable();
        let rows = placed.into_iter().filter_map(|(spot, place)| {
            let same = |row: &Row| (row.key.item, row.key.instance) == place;
            Some(self.view.row(outline, spot, found.next_if(same)?))
        });
        let rows = rows.collect();
        self.still_true(seq)?;
        if self.strict && !whole {
            return Err(Stop::Changed);
        }
        Ok(rows)
    }
}

/// The item and instance that a PR_INSTANCE_KEY is made of.
fn place_of(key: &[u8]) -> Option<(ItemId, u32)> {
    let (item, instance) = key.split_first_chunk::<8>()?;
    let item = ItemId(u64::from_be_bytes(*item));
    Some((item, u32::from_be_bytes(instance.try_into().ok()?)))
}
