//! Walking an indexed order, forward or backward from any place.
//!
//! The rows of one key form a *group*. In a group whose key is whole, rows stand by number; where the key was cut, or the
//! view sorts by more than the indexed column, the group is read whole and sorted here. Groups stand in the order of their
//! keys or against it; the group of missing values is always last.

use std::collections::VecDeque;

use mapi_kit::engine::Plan;
use mapi_props::{PropValue, SortOrder};
use mapi_spi::{Anchor, Call, ItemId, Result, RowKey};
use rusqlite::{CachedStatement, Connection, OptionalExtension, params};

use super::narrow::Facet;
use super::row::show_known;
use crate::failure::Lift;
use crate::order::{KEY_BYTES, MISSING_KEY, Order, key_of};
use crate::queries;

/// After what all keys of an index begin with: above all of them.
const ABOVE: &[u8] = &[3];
/// The same: above all keys but that of missing values.
const PRESENT_END: [u8; KEY_BYTES + 1] = {
    let mut end = [0xFF; KEY_BYTES + 1];
    end[0] = 1;
    end
};

/// One index over one part of a container, seen by a view that is sorted like it.
#[derive(Clone)]
pub(super) struct Index<'a> {
    pub(super) db: &'a Connection,
    pub(super) container: ItemId,
    pub(super) part: u8,
    /// The index.
    id: u8,
    /// The order that gives its keys, or, of a facet, their ends.
    order: Order,
    /// What its keys begin with.
    prefix: Vec<u8>,
    /// Its key of missing values.
    missing: Vec<u8>,
    /// The rows of the view lie between these keys.
    low: Vec<u8>,
    high: Vec<u8>,
    /// The rows of the view are among these, by number, where that is known.
    only: Option<&'a [u64]>,
    pub(super) plan: &'a Plan<'a>,
    /// The view's direction is not the index's.
    reversed: bool,
    call: &'a Call,
}

/// Which index is read, and between which keys.
#[derive(Debug, Clone, Copy)]
pub(super) enum Run<'a> {
    /// All of an order.
    Order(Order),
    /// A facet that gives the rows of this order.
    Facet(&'a Facet, Order),
}

/// A gap between two rows of a view.
#[derive(Debug, Clone)]
pub(super) enum Spot {
    Start,
    End,
    /// In the group of this key.
    In(Vec<u8>, Split),
}

/// A gap inside a group.
#[derive(Debug, Clone)]
pub(super) enum Split {
    /// Before the first row whose number is not below this one; the group's key is whole.
    Number(u64),
    /// Before the first row whose full key and number are not below these.
    Full(Vec<u8>, u64),
    /// Before the row of this rank.
    Rank(usize),
}

/// A run of keys, read in one direction; the bounds themselves are outside.
#[derive(Debug)]
struct Stretch {
    low: Vec<u8>,
    high: Vec<u8>,
    ascending: bool,
}

/// Gives the numbers of rows, one after another.
pub(super) struct Walk<'a> {
    index: &'a Index<'a>,
    backward: bool,
    /// Rows known to be next.
    ready: VecDeque<u64>,
    /// The group being paged through, and the last number seen in it.
    group: Option<(Vec<u8>, u64)>,
    /// What follows, the nearest first.
    stretches: VecDeque<Stretch>,
    batch: usize,
}

impl Stretch {
    /// Leaves what lies in the bounds; whether that can be anything.
    fn meet(&mut self, low: &[u8], high: &[u8]) -> bool {
        if self.low.as_slice() < low {
            self.low = low.to_vec();
        }
        if self.high.as_slice() > high {
            self.high = high.to_vec();
        }
        self.low < self.high
    }
}

impl<'a> Index<'a> {
    /// `reversed`: the view's direction is not that in which keys ascend.
    pub(super) fn new(
        db: &'a Connection,
        (container, part): (ItemId, u8),
        run: Run<'_>,
        plan: &'a Plan<'a>,
        direction: SortOrder,
        call: &'a Call,
    ) -> Self {
        let (id, order, prefix) = match run {
            Run::Order(order) => (order.id, order, Vec::new()),
            Run::Facet(facet, order) => (facet.order.id, order, facet.prefix.clone()),
        };
        let after = |end: &[u8]| [prefix.as_slice(), end].concat();
        let (low, high) = match run {
            Run::Order(_) => (prefix.clone(), after(ABOVE)),
            Run::Facet(facet, _) => (facet.low.clone(), facet.high.clone()),
        };
        Self {
            db,
            container,
            part,
            id,
            order,
            missing: after(MISSING_KEY),
            prefix,
            low,
            high,
            only: None,
            plan,
            reversed: direction != order.natural,
            call,
        }
    }

    /// The same, held to messages that are known to match, by number.
    pub(super) fn among<'b>(self, only: &'b [u64]) -> Index<'b>
    where
        'a: 'b,
    {
        Index {
            only: Some(only),
            ..self
        }
    }

    /// The key of the rows with this value.
    fn key_of(&self, value: Option<&PropValue>) -> Vec<u8> {
        [self.prefix.as_slice(), &key_of(self.order, value)].concat()
    }

    /// Whether a key is one of the view's rows.
    fn holds(&self, key: &[u8]) -> bool {
        self.low.as_slice() < key && key < self.high.as_slice()
    }

    /// Whether rows of this key stand by number.
    fn is_whole(&self, key: &[u8]) -> bool {
        key.len() < KEY_BYTES && self.plan.sort().columns.len() == 1
    }

    fn statement(&self, sql: &str) -> Result<CachedStatement<'a>> {
        self.db.prepare_cached(sql).lift()
    }

    /// The gap of an anchor.
    pub(super) fn spot(&self, anchor: &Anchor) -> Result<Spot> {
        match anchor {
            Anchor::Start => Ok(Spot::Start),
            Anchor::End => Ok(Spot::End),
            Anchor::At(key) => self.keyed(key, u64::from(key.instance > 0)),
            Anchor::After(key) => self.keyed(key, 1),
            Anchor::Row(n) => self.numbered(*n),
        }
    }

    fn keyed(&self, place: &RowKey, beyond: u64) -> Result<Spot> {
        let full = self.plan.key_of(place)?;
        let key = self.key_of(place.values.first().and_then(Option::as_ref));
        let number = place.item.0.saturating_add(beyond);
        let split = if self.is_whole(&key) {
            Split::Number(number)
        } else {
            Split::Full(full, number)
        };
        Ok(Spot::In(key, split))
    }

    /// The gap before row `n` of those between the bounds. Only for whole orders and facets without a prefix.
    fn numbered(&self, n: u64) -> Result<Spot> {
        if n == 0 {
            return Ok(Spot::Start);
        }
        let offset = i64::try_from(n.saturating_add(self.skipped()?)).unwrap_or(i64::MAX);
        let here = params![self.container.0, self.part, self.id, offset];
        let below = params![self.container.0, self.part, self.id, offset, self.missing];
        let (sql, values) = if self.reversed {
            (queries::NTH_REVERSED, below)
        } else {
            (queries::NTH, here)
        };
        let mut select = self.statement(sql)?;
        let mut rows = select.query(values).lift()?;
        if let Some(row) = rows.next().lift()? {
            let (key, item): (Vec<u8>, u64) = (row.get(0).lift()?, row.get(1).lift()?);
            if !self.holds(&key) {
                return Ok(Spot::End);
            }
            let split = if self.is_whole(&key) && !self.reversed {
                Split::Number(item)
            } else {
                self.ranked(&key, self.rank(&key, item)?)?
            };
            return Ok(Spot::In(key, split));
        }
        if !self.reversed || !self.holds(&self.missing) {
            return Ok(Spot::End);
        }
        let missing = n.saturating_sub(self.count_between(&self.prefix, &self.missing)?);
        let rank = usize::try_from(missing).unwrap_or(usize::MAX);
        Ok(Spot::In(
            self.missing.clone(),
            self.ranked(&self.missing, rank)?,
        ))
    }

    /// Rows of the index that the view passes over before its first one.
    fn skipped(&self) -> Result<u64> {
        if !self.reversed {
            if self.low == self.prefix {
                return Ok(0);
            }
            let beyond = [self.low.as_slice(), &[0]].concat();
            return self.count_run(&self.prefix, &beyond);
        }
        if self.high > self.missing {
            return Ok(0);
        }
        let present = self.count_run(&self.prefix, &self.missing)?;
        Ok(present - self.count_run(&self.prefix, &self.high)?)
    }

    /// The gap before the row of a rank; where rows stand by number, by its number.
    fn ranked(&self, key: &[u8], rank: usize) -> Result<Split> {
        if !self.is_whole(key) {
            return Ok(Split::Rank(rank));
        }
        let offset = i64::try_from(rank).unwrap_or(i64::MAX);
        let number = self
            .statement(queries::NTH_IN_GROUP)?
            .query_row(
                params![self.container.0, self.part, self.id, key, offset],
                |r| r.get(0),
            )
            .optional()
            .lift()?;
        Ok(Split::Number(number.unwrap_or(u64::MAX >> 1)))
    }

    /// How many rows of a group the index gives before this one.
    fn rank(&self, key: &[u8], item: u64) -> Result<usize> {
        let sql = if self.reversed {
            queries::COUNT_ABOVE_IN_GROUP
        } else {
            queries::COUNT_BELOW_IN_GROUP
        };
        self.statement(sql)?
            .query_row(
                params![self.container.0, self.part, self.id, key, item],
                |r| r.get(0),
            )
            .lift()
    }

    /// Rows of the view with keys strictly between two.
    fn count_between(&self, low: &[u8], high: &[u8]) -> Result<u64> {
        self.count_run(low.max(&self.low), high.min(&self.high))
    }

    /// Rows of the index with keys strictly between two.
    fn count_run(&self, low: &[u8], high: &[u8]) -> Result<u64> {
        if low >= high {
            return Ok(0);
        }
        self.statement(queries::COUNT_BETWEEN)?
            .query_row(
                params![self.container.0, self.part, self.id, low, high],
                |r| r.get(0),
            )
            .lift()
    }

    /// Rows before a place.
    pub(super) fn position(&self, place: &RowKey) -> Result<u64> {
        let Spot::In(key, split) = self.keyed(place, u64::from(place.instance > 0))? else {
            return Ok(0);
        };
        let before = match (self.reversed, key == self.missing) {
            (false, _) => self.count_between(&self.prefix, &key)?,
            (true, false) => self.count_between(&key, &self.missing)?,
            (true, true) => self.count_between(&self.prefix, &self.missing)?,
        };
        if !self.holds(&key) {
            return Ok(before);
        }
        let inside = match split {
            Split::Number(number) => self
                .statement(queries::COUNT_BELOW_IN_GROUP)?
                .query_row(
                    params![self.container.0, self.part, self.id, key, number],
                    |r| r.get(0),
                )
                .lift()?,
            other => self.split_group(&key, &other)?.1,
        };
        Ok(before + u64::try_from(inside).unwrap_or(u64::MAX))
    }

    /// All rows of a group in view order, and how many of them stand before a gap.
    fn split_group(&self, key: &[u8], split: &Split) -> Result<(Vec<u64>, usize)> {
        let mut items = self.items(key)?;
        if let Split::Rank(rank) = split {
            if !self.is_whole(key) {
                items = self.sorted(items)?;
            }
            let rank = (*rank).min(items.len());
            return Ok((items, rank));
        }
        let keys = self.full_keys(items)?;
        let before = keys.partition_point(|(full, item)| match split {
            Split::Full(bound, number) => (full, item) < (bound, number),
            Split::Number(number) => item < number,
            Split::Rank(_) => false,
        });
        Ok((keys.into_iter().map(|(_, item)| item).collect(), before))
    }

    /// The rows of a group by number.
    fn items(&self, key: &[u8]) -> Result<Vec<u64>> {
        let mut select = self.statement(queries::GROUP)?;
        let rows = select
            .query_map(params![self.container.0, self.part, self.id, key], |r| {
                r.get(0)
            })
            .lift()?;
        rows.collect::<rusqlite::Result<_>>().lift()
    }

    /// Rows of one group in view order.
    fn sorted(&self, items: Vec<u64>) -> Result<Vec<u64>> {
        if items.len() < 2 {
            return Ok(items);
        }
        Ok(self
            .full_keys(items)?
            .into_iter()
            .map(|(_, item)| item)
            .collect())
    }

    /// Rows with their full keys, in view order.
    fn full_keys(&self, items: Vec<u64>) -> Result<Vec<(Vec<u8>, u64)>> {
        let mut keys = Vec::with_capacity(items.len());
        for item in items {
            if keys.len() % 256 == 255 {
                self.call.check()?;
            }
            keys.push((
                show_known(self.db, item, |row| Ok(self.plan.key(row, 0)))?,
                item,
            ));
        }
        keys.sort_unstable();
        Ok(keys)
    }

    /// Walks on from a gap; `batch` rows are expected to be wanted.
    pub(super) fn walk(&'a self, spot: &Spot, backward: bool, batch: usize) -> Result<Walk<'a>> {
        let mut walk = Walk {
            index: self,
            backward,
            ready: VecDeque::new(),
            group: None,
            stretches: self.stretches(backward),
            batch: batch.clamp(16, 1024),
        };
        match spot {
            Spot::Start if !backward => {}
            Spot::End if backward => {}
            Spot::Start | Spot::End => walk.stretches.clear(),
            Spot::In(key, split) => walk.enter(key, split)?,
        }
        walk.stretches.retain_mut(|s| s.meet(&self.low, &self.high));
        Ok(walk)
    }

    fn stretches(&self, backward: bool) -> VecDeque<Stretch> {
        let stretch = |low: &[u8], high: &[u8], ascending| Stretch {
            low: low.to_vec(),
            high: high.to_vec(),
            ascending: ascending != backward,
        };
        let after = |end: &[u8]| [self.prefix.as_slice(), end].concat();
        let mut all = VecDeque::new();
        if self.reversed {
            all.push_back(stretch(&self.prefix, &self.missing, false));
            all.push_back(stretch(&after(&PRESENT_END), &after(ABOVE), true));
        } else {
            all.push_back(stretch(&self.prefix, &after(ABOVE), true));
        }
        if backward {
            all.make_contiguous().reverse();
        }
        all
    }
}

impl Walk<'_> {
    /// The next row's number.
    pub(super) fn next(&mut self) -> Result<Option<u64>> {
        loop {
            while let Some(item) = self.ready.pop_front() {
                let only = self.index.only;
                if only.is_none_or(|only| only.binary_search(&item).is_ok()) {
                    return Ok(Some(item));
                }
            }
            self.index.call.check()?;
            match self.group.take() {
                Some((key, last)) => self.page_group(key, last)?,
                None if !self.read_stretch()? => return Ok(None),
                None => {}
            }
            self.batch = (self.batch * 2).min(1024);
        }
    }

    /// Begins inside a group.
    fn enter(&mut self, key: &[u8], split: &Split) -> Result<()> {
        self.pass(key);
        match split {
            Split::Number(number) => {
                // Forward from the number on, backward from below it.
                let last = if self.backward {
                    *number
                } else {
                    number.wrapping_sub(1)
                };
                if *number == 0 {
                    if !self.backward {
                        self.start_group(key.to_vec());
                    }
                } else {
                    self.group = Some((key.to_vec(), last));
                }
            }
            other => {
                let (items, before) = self.index.split_group(key, other)?;
                let (front, back) = items.split_at_checked(before).unwrap_or((&items, &[]));
                if self.backward {
                    self.ready.extend(front.iter().rev());
                } else {
                    self.ready.extend(back);
                }
            }
        }
        Ok(())
    }

    /// Leaves a key and all that is nearer behind.
    fn pass(&mut self, key: &[u8]) {
        while let Some(stretch) = self.stretches.front_mut() {
            if stretch.low.as_slice() < key && key < stretch.high.as_slice() {
                let bound = if stretch.ascending {
                    &mut stretch.low
                } else {
                    &mut stretch.high
                };
                *bound = key.to_vec();
                return;
            }
            self.stretches.pop_front();
        }
    }

    fn start_group(&mut self, key: Vec<u8>) {
        let last = if self.backward { u64::MAX >> 1 } else { 0 };
        self.group = Some((key, last));
    }

    /// The next rows of a group that stands by number.
    fn page_group(&mut self, key: Vec<u8>, last: u64) -> Result<()> {
        let sql = if self.backward {
            queries::GROUP_BACKWARD
        } else {
            queries::GROUP_FORWARD
        };
        let index = self.index;
        let mut select = index.statement(sql)?;
        let rows = select
            .query_map(
                params![
                    index.container.0,
                    index.part,
                    index.id,
                    key,
                    last,
                    self.batch
                ],
                |r| r.get::<_, u64>(0),
            )
            .lift()?;
        for item in rows {
            self.ready.push_back(item.lift()?);
        }
        if self.ready.len() == self.batch
            && let Some(last) = self.ready.back()
        {
            self.group = Some((key, *last));
        }
        Ok(())
    }

    /// Reads the next groups; false when there are none.
    fn read_stretch(&mut self) -> Result<bool> {
        let Some(stretch) = self.stretches.front() else {
            return Ok(false);
        };
        let sql = if stretch.ascending {
            queries::ASCENDING
        } else {
            queries::DESCENDING
        };
        let index = self.index;
        let mut select = index.statement(sql)?;
        let mut rows = select
            .query(params![
                index.container.0,
                index.part,
                index.id,
                stretch.low,
                stretch.high,
                self.batch
            ])
            .lift()?;
        let mut groups: Vec<(Vec<u8>, Vec<u64>)> = Vec::new();
        let mut n = 0;
        while let Some(row) = rows.next().lift()? {
            n += 1;
            let key = row.get_ref(0).and_then(|v| Ok(v.as_blob()?)).lift()?;
            let item = row.get(1).lift()?;
            match groups.last_mut() {
                Some((last, items)) if last == key => items.push(item),
                _ => groups.push((key.to_vec(), vec![item])),
            }
        }
        if n < self.batch {
            self.stretches.pop_front();
            return self.take_groups(groups).map(|()| true);
        }
        // The last group may go on beyond what was read.
        let open = groups.pop();
        if let Some((key, _)) = open {
            self.pass(&key);
            self.take_groups(groups)?;
            if index.is_whole(&key) {
                // Rows of complete groups come first; the open one is paged through after them.
                self.start_group(key);
            } else {
                let items = index.sorted(index.items(&key)?)?;
                self.take_sorted(items);
            }
        }
        Ok(true)
    }

    fn take_groups(&mut self, groups: Vec<(Vec<u8>, Vec<u64>)>) -> Result<()> {
        for (key, mut items) in groups {
            if self.index.is_whole(&key) {
                items.sort_unstable();
            } else {
                items = self.index.sorted(items)?;
            }
            self.take_sorted(items);
        }
        Ok(())
    }

    fn take_sorted(&mut self, items: Vec<u64>) {
        if self.backward {
            self.ready.extend(items.into_iter().rev());
        } else {
            self.ready.extend(items);
        }
    }
}
