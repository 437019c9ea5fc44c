//! One view over one moment of the store, ready to be read.

use std::sync::atomic::Ordering;

use mapi_kit::engine::{self, Plan};
use mapi_spi::{Anchor, Call, Page, Result, Row, RowKey, RowSet, View};
use rusqlite::Connection;

use super::narrow::{Facet, Narrow};
use super::row::show_known;
use super::sieve::Sieve;
use super::source::Source;
use super::text::{self, Text};
use super::walk::{Index, Run, Spot};
use super::{indexable, rows_of};
use crate::connection::Reader;
use crate::failure::Lift;
use crate::order::{self, Order, Shape};
use crate::store::Inner;
use crate::{fulltext, item, log, store};

/// A view, one moment of the store, and the indexes that serve.
pub(super) struct Reading<'a> {
    inner: &'a Inner,
    pub(super) db: &'a Connection,
    pub(super) plan: &'a Plan<'a>,
    pub(super) view: &'a View,
    pub(super) call: &'a Call,
    seq: u64,
    /// The part of the container; `None` for a hierarchy.
    pub(super) part: Option<u8>,
    /// The order whose index gives the rows.
    pub(super) order: Option<Order>,
    pub(super) narrow: Narrow,
    /// What the full-text index has for it.
    pub(super) text: Option<Text>,
    /// Up to so many rows are read and sorted rather than looked for along an index; and so many are tested in vain
    /// before a walk gives way to the sieve.
    pub(super) few: usize,
}

/// A connection that sees one moment, in which the indexes are there that rows in the order of the view are read by.
pub(super) fn prepared<'a>(
    inner: &'a Inner,
    plan: &Plan<'_>,
    view: &View,
    call: &Call,
) -> Result<Reader<'a>> {
    let facets = Narrow::of(view.restriction.as_ref());
    let wanted = indexable(plan, view).into_iter().chain(facets.orders());
    let wanted: Vec<_> = wanted.collect();
    with_indexes(inner, (plan, view), &wanted, call)
}

/// The same where the order of the rows does not matter.
pub(super) fn unordered<'a>(
    inner: &'a Inner,
    plan: &Plan<'_>,
    view: &View,
    call: &Call,
) -> Result<Reader<'a>> {
    let facets = Narrow::of(view.restriction.as_ref());
    with_indexes(
        inner,
        (plan, view),
        &facets.orders().collect::<Vec<_>>(),
        call,
    )
}

fn with_indexes<'a>(
    inner: &'a Inner,
    (plan, view): (&Plan<'_>, &View),
    wanted: &[Order],
    call: &Call,
) -> Result<Reader<'a>> {
    let reader = begun(inner, view, call)?;
    if matches!(view.rows, RowSet::Hierarchy { .. }) {
        return Ok(reader);
    }
    let mut missing = Vec::new();
    for order in wanted {
        if !order::is_ready(&reader, *order)? {
            missing.push(*order);
        }
    }
    let words = text::wants_index(plan, view)? && !fulltext::is_ready(&reader)?;
    if (missing.is_empty() && !words)
        || rows_of(&reader, view)? < inner.index_from.load(Ordering::Relaxed)
    {
        return Ok(reader);
    }
    // A new transaction must see what was built.
    drop(reader);
    for order in missing {
        order::ensure(inner, order, call)?;
    }
    if words {
        fulltext::ensure(inner, call)?;
    }
    begun(inner, view, call)
}

/// A connection that sees one moment.
pub(super) fn begun<'a>(inner: &'a Inner, view: &View, call: &Call) -> Result<Reader<'a>> {
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    store::expect_folder(&reader, view.container)?;
    Ok(reader)
}

impl<'a> Reading<'a> {
    /// Reads what the moment that `db` sees has.
    pub(super) fn over(
        inner: &'a Inner,
        db: &'a Connection,
        plan: &'a Plan<'a>,
        view: &'a View,
        call: &'a Call,
    ) -> Result<Self> {
        let part = match view.rows {
            RowSet::Contents {
                associated,
                deleted,
            } => Some(item::part(associated, deleted)),
            RowSet::Deep | RowSet::Hierarchy { .. } => None,
        };
        let mut narrow = Narrow::default();
        if !matches!(view.rows, RowSet::Hierarchy { .. }) {
            narrow = Narrow::of(view.restriction.as_ref());
        }
        if let Some(part) = part {
            narrow.keep_ready(db, view.container, part)?;
        }
        let order = match indexable(plan, view) {
            Some(order) if order::is_ready(db, order)? => Some(order),
            _ => None,
        };
        let worth = inner.index_from.load(Ordering::Relaxed);
        Ok(Self {
            few: usize::try_from(worth.saturating_mul(2)).unwrap_or(usize::MAX),
            seq: log::last(db)?,
            inner,
            db,
            plan,
            view,
            call,
            part,
            order,
            narrow,
            text: Text::of(db, plan, view, worth)?,
        })
    }

    /// The log's number for which it is true.
    pub(super) const fn seq(&self) -> u64 {
        self.seq
    }

    /// PR_STORE_RECORD_KEY: what ids of the store begin with.
    pub(super) fn uid(&self) -> &mapi_props::Guid {
        &self.inner.info.uid
    }

    pub(super) fn page(&self, from: &Anchor, count: i64) -> Result<Page> {
        if let Some(page) = self.newest_page(from, count)? {
            return Ok(page);
        }
        if let Some(page) = self.dated_page(from, count)? {
            return Ok(page);
        }
        let named = match self.in_conversation()? {
            None => self.named(self.few)?,
            members => members,
        };
        let Some(whole) = self.index(None).filter(|_| named.is_none()) else {
            let found = match named {
                Some(named) => Some(named),
                None => self.matches_in_tree()?,
            };
            let source = self.source(found.as_deref());
            return engine::page(self.plan, &source, self.seq, from, count, self.call);
        };
        let index = match from {
            Anchor::Row(_) => self.countable(&whole),
            _ => self.promising(&whole)?,
        };
        if let Some(index) = index
            && let Some(page) = indexed_page(&index, self.seq, from, count, self.few)?
        {
            return Ok(page);
        }
        let found = self.matches()?;
        if found.len() <= self.few {
            let source = self.source(Some(&found));
            return engine::page(self.plan, &source, self.seq, from, count, self.call);
        }
        let index = whole.among(&found);
        let from = match from {
            Anchor::Row(n) => nth(&index, *n)?,
            other => other.clone(),
        };
        let page = indexed_page(&index, self.seq, &from, count, self.few)?;
        Ok(page.expect("every row that is tested is known to match"))
    }

    /// Where row `n` stands.
    pub(super) fn anchor_of(&self, n: u64) -> Result<Anchor> {
        let found = self.page(&Anchor::Row(n), 1)?.rows.into_iter().next();
        Ok(found.map_or(Anchor::End, |row| Anchor::At(row.key)))
    }

    pub(super) fn count(&self) -> Result<u64> {
        let Some(part) = self.part.filter(|_| !self.plan.is_expanded()) else {
            return self.count_in_tree();
        };
        let container = self.view.container;
        let limit = (self.plan.matcher()).and_then(mapi_query::Matcher::limit);
        let all = if self.plan.matcher().is_none() {
            match self.view.rows {
                RowSet::Contents { deleted: true, .. } => {
                    as_u64(store::contents(self.db, container, part)?.len())
                }
                _ => rows_of(self.db, self.view)?,
            }
        } else if let (true, Some(facet)) = (self.narrow.whole, self.narrow.facets.first()) {
            facet.count(self.db, container, part)?
        } else if let Some(told) = self.told_count()? {
            told
        } else {
            as_u64(self.matches()?.len())
        };
        Ok(limit.map_or(all, |limit| all.min(u64::from(limit))))
    }

    pub(super) fn position(&self, key: &RowKey) -> Result<u64> {
        if let Some(before) = self.dated_position(key)? {
            return Ok(before);
        }
        let Some(whole) = self.index(None) else {
            let found = self.matches_in_tree()?;
            return engine::position(self.plan, &self.source(found.as_deref()), key, self.call);
        };
        if let Some(index) = self.countable(&whole) {
            return index.position(key);
        }
        let found = self.matches()?;
        if found.len() <= self.few {
            return engine::position(self.plan, &self.source(Some(&found)), key, self.call);
        }
        let index = whole.among(&found);
        let mut before = index.walk(&index.spot(&Anchor::At(key.clone()))?, true, usize::MAX)?;
        let mut n = 0;
        while before.next()?.is_some() {
            n += 1;
        }
        Ok(n)
    }

    /// The container as the table engine scans it; `only`: the rows that match, where they are known.
    pub(super) fn source<'b>(&'b self, only: Option<&'b [u64]>) -> Source<'b> {
        Source {
            db: self.db,
            view: self.view,
            only,
            narrow: &self.narrow,
            call: self.call,
        }
    }

    /// The index that gives the rows, or a facet that gives fewer in the same order.
    fn index(&self, facet: Option<&Facet>) -> Option<Index<'_>> {
        let (order, part) = (self.order?, self.part?);
        let direction = self.plan.sort().columns.first()?.order;
        let run = match facet {
            Some(facet) if !facet.gives(order) => return None,
            Some(facet) => Run::Facet(facet, order),
            None => Run::Order(order),
        };
        let place = (self.view.container, part);
        Some(Index::new(
            self.db, place, run, self.plan, direction, self.call,
        ))
    }

    /// The index to walk; `None`: so few rows can match, and not in the order of the view, that the sieve is quicker.
    fn promising<'b>(&'b self, whole: &Index<'b>) -> Result<Option<Index<'b>>> {
        let mut best: Option<(u64, Option<Index<'b>>)> = None;
        let part = self.part.unwrap_or_default();
        let facets: Vec<_> = (self.narrow.facets.iter())
            .filter(|f| f.order.shape != Shape::Folded)
            .collect();
        for facet in &facets {
            let index = self.index(Some(facet));
            let rows = match (&index, facets.len()) {
                (Some(_), 1) => 0,
                _ => facet.estimate(self.db, self.view.container, part)?,
            };
            if best.as_ref().is_none_or(|(least, known)| {
                // Of two that are alike, one in the order of the view.
                rows < *least || (rows == *least && known.is_none())
            }) {
                best = Some((rows, index));
            }
        }
        Ok(match best {
            Some((_, Some(index))) => Some(index),
            Some((rows, None)) if rows < super::narrow::WEIGHED => None,
            _ => Some(whole.clone()),
        })
    }

    /// The index that has the rows of the view and no others, so that it can tell which of them has a number.
    fn countable<'b>(&'b self, whole: &Index<'b>) -> Option<Index<'b>> {
        if self.plan.matcher().is_none() {
            return Some(whole.clone());
        }
        let facet = self.narrow.facets.first().filter(|_| self.narrow.whole)?;
        self.index(Some(facet))
    }

    /// All rows that match, by number.
    pub(super) fn matches(&self) -> Result<Vec<u64>> {
        debug_assert!(!self.plan.is_expanded());
        if let Some(told) = self.told()? {
            return Ok(told);
        }
        self.sieve(self.listed()?, false)?
            .matches(&|| self.second())
    }

    /// The messages that alone can match, by number, where that is known.
    pub(super) fn listed(&self) -> Result<Option<Vec<u64>>> {
        let named = match self.in_conversation()? {
            None => self.named(usize::MAX)?,
            members => members,
        };
        Ok(match named {
            None if self.view.rows == RowSet::Deep => Some(self.in_folders()?),
            named => named,
        })
    }

    /// A pass over the messages listed, or over all that may match; `whole` if it wants more of them than their bags.
    pub(super) fn sieve(&self, listed: Option<Vec<u64>>, whole: bool) -> Result<Sieve<'_>> {
        Ok(Sieve {
            db: self.db,
            plan: self.plan,
            container: self.view.container,
            part: self.part.unwrap_or_default(),
            rows: rows_of(self.db, self.view)?,
            listed,
            narrow: &self.narrow,
            whole,
            call: self.call,
        })
    }

    /// All rows of a tree of folders that match, by number; `None` where there is nothing to match, and for other views.
    pub(super) fn matches_in_tree(&self) -> Result<Option<Vec<u64>>> {
        let sifts = self.view.rows == RowSet::Deep
            && self.plan.matcher().is_some()
            && !self.plan.is_expanded();
        sifts.then(|| self.matches()).transpose()
    }

    /// Rows of a view that is not of one part of a folder, or has rows of its own for several values.
    fn count_in_tree(&self) -> Result<u64> {
        if self.view.rows == RowSet::Deep && !self.plan.is_expanded() {
            let limit = (self.plan.matcher()).and_then(mapi_query::Matcher::limit);
            let all = match self.told_count()? {
                Some(told) => told,
                None if self.plan.matcher().is_none() => rows_of(self.db, self.view)?,
                None => as_u64(self.matches()?.len()),
            };
            return Ok(limit.map_or(all, |limit| all.min(u64::from(limit))));
        }
        engine::count(self.plan, &self.source(None), self.call)
    }

    /// A second connection that sees the same moment; `None` if a writer was between, or there can be none.
    pub(super) fn second(&self) -> Result<Option<Connection>> {
        if self.inner.connections.is_alone() {
            return Ok(None);
        }
        let other = self.inner.connections.separate()?;
        other.execute_batch("BEGIN").lift()?;
        let same = log::last(&other)? == self.seq;
        Ok(same.then_some(other))
    }
}

/// A page along an index; `None` if more rows than `patience` were tested in vain.
fn indexed_page(
    index: &Index<'_>,
    seq: u64,
    from: &Anchor,
    count: i64,
    mut patience: usize,
) -> Result<Option<Page>> {
    let spot = index.spot(from)?;
    let take = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let backward = count < 0;
    let Some((mut rows, more)) = some_rows(index, &spot, backward, take, &mut patience)? else {
        return Ok(None);
    };
    let behind = match spot {
        Spot::Start if !backward => false,
        Spot::End if backward => false,
        _ => match some_rows(index, &spot, !backward, 0, &mut patience)? {
            Some((_, more)) => more,
            None => return Ok(None),
        },
    };
    if backward {
        rows.reverse();
    }
    let (at_start, at_end) = if backward {
        (!more, !behind)
    } else {
        (!behind, !more)
    };
    Ok(Some(Page {
        seq,
        rows,
        at_start,
        at_end,
    }))
}

/// Up to `take` matching rows from a gap on, and whether there are more; `None` if patience ends.
fn some_rows(
    index: &Index<'_>,
    spot: &Spot,
    backward: bool,
    take: usize,
    patience: &mut usize,
) -> Result<Option<(Vec<Row>, bool)>> {
    let mut walk = index.walk(spot, backward, take.saturating_add(2))?;
    let mut rows = Vec::with_capacity(take.min(1024));
    while let Some(id) = walk.next()? {
        if rows.len() == take && index.plan.matcher().is_none() {
            return Ok(Some((rows, true)));
        }
        let row = show_known(index.db, id, |row| {
            Ok(index
                .plan
                .matches(row, 0)
                .then(|| (rows.len() < take).then(|| index.plan.row(row, 0))))
        })?;
        match row {
            Some(Some(row)) => rows.push(row),
            Some(None) => return Ok(Some((rows, true))),
            None if *patience == 0 => return Ok(None),
            None => *patience -= 1,
        }
    }
    Ok(Some((rows, false)))
}

/// Where row `n` of those that an index is held to stands.
fn nth(index: &Index<'_>, n: u64) -> Result<Anchor> {
    let mut walk = index.walk(&Spot::Start, false, usize::MAX)?;
    let mut passed = 0;
    while let Some(id) = walk.next()? {
        if passed == n {
            let row = show_known(index.db, id, |row| Ok(index.plan.row(row, 0)))?;
            return Ok(Anchor::At(row.key));
        }
        passed += 1;
    }
    Ok(Anchor::End)
}

pub(super) fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
