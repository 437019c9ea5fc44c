//! Views: from an indexed order where there is one, else through the table engine over a scan.

mod narrow;
mod row;
mod source;
mod walk;

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use mapi_kit::engine::{self, Plan};
use mapi_props::{Restriction, SortOrder};
use mapi_query::Matcher;
use mapi_spi::{Anchor, Call, Direction, ItemId, Page, Result, Row, RowKey, RowSet, View};
use rusqlite::Connection;

use crate::connection::Reader;
use crate::order::{self, Order};
use crate::store::Inner;
use crate::{item, log, store};
pub(crate) use narrow::Narrow;
pub(crate) use row::{each_message, in_memory, show, show_known};
use source::Source;
use walk::{Index, Spot};

/// A view ready to be read: one read transaction, and the index to use, if any.
struct Reading<'a> {
    reader: Reader<'a>,
    seq: u64,
    order: Option<Order>,
}

impl<'a> Reading<'a> {
    fn begin(inner: &'a Inner, plan: &Plan<'_>, view: &View, call: &Call) -> Result<Self> {
        let wanted = indexable(plan, view);
        let reader = inner.connections.reader(call)?;
        reader.begin()?;
        store::expect_folder(&reader, view.container)?;
        if let Some(order) = wanted
            && !order::is_ready(&reader, order)?
        {
            if rows_of(&reader, view)? < inner.index_from.load(Ordering::Relaxed) {
                let seq = log::last(&reader)?;
                return Ok(Self {
                    reader,
                    seq,
                    order: None,
                });
            }
            // A new transaction must see what was built.
            drop(reader);
            let ready = order::ensure(inner, order, call)?;
            let reader = inner.connections.reader(call)?;
            reader.begin()?;
            store::expect_folder(&reader, view.container)?;
            let seq = log::last(&reader)?;
            return Ok(Self {
                reader,
                seq,
                order: ready.then_some(order),
            });
        }
        let seq = log::last(&reader)?;
        Ok(Self {
            reader,
            seq,
            order: wanted,
        })
    }

    fn index<'b>(&'b self, plan: &'b Plan<'b>, view: &View, call: &'b Call) -> Option<Index<'b>> {
        let order = self.order?;
        let RowSet::Contents {
            associated,
            deleted,
        } = view.rows
        else {
            return None;
        };
        let direction = plan.sort().columns.first()?.order;
        Some(Index {
            db: &self.reader,
            container: view.container,
            part: item::part(associated, deleted),
            order,
            plan,
            reversed: direction != order.natural,
            narrow: Narrow::of(view.restriction.as_ref()).filter(|_| order.id == order::DATE),
            call,
        })
    }

    fn source<'b>(&'b self, view: &'b View) -> Source<'b> {
        Source {
            db: &self.reader,
            view,
        }
    }
}

/// The order whose index gives the rows of a view, once it is there.
fn indexable(plan: &Plan<'_>, view: &View) -> Option<Order> {
    let cut = plan.matcher().and_then(Matcher::limit).is_some();
    if cut || plan.is_expanded() || !matches!(view.rows, RowSet::Contents { .. }) {
        return None;
    }
    let first = plan.sort().columns.first()?;
    if !matches!(first.order, SortOrder::Ascend | SortOrder::Descend) {
        return None;
    }
    order::for_column(*first)
}

/// Messages that a view has before its restriction; those of soft-deleted parts at most.
fn rows_of(db: &Connection, view: &View) -> Result<u64> {
    let counts = item::counts(db, view.container)?;
    Ok(match view.rows {
        RowSet::Contents { deleted: true, .. } => counts.deleted,
        RowSet::Contents {
            associated: true, ..
        } => counts.associated,
        RowSet::Contents { .. } => counts.contents,
        RowSet::Hierarchy { .. } => counts.folders,
    })
}

/// A page of a view.
pub(crate) fn page(
    inner: &Inner,
    view: &View,
    from: &Anchor,
    count: i64,
    call: &Call,
) -> Result<Page> {
    let plan = Plan::new(&inner.info, view)?;
    let reading = Reading::begin(inner, &plan, view, call)?;
    let restricted = plan.matcher().is_some();
    match reading.index(&plan, view, call) {
        // Which row has a number under a restriction only a whole pass can tell.
        Some(index) if !(restricted && matches!(from, Anchor::Row(_))) => {
            indexed_page(&index, reading.seq, from, count)
        }
        _ => engine::page(&plan, &reading.source(view), reading.seq, from, count, call),
    }
}

fn indexed_page(index: &Index<'_>, seq: u64, from: &Anchor, count: i64) -> Result<Page> {
    let spot = index.spot(from)?;
    let take = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    let backward = count < 0;
    let (mut rows, more) = some_rows(index, &spot, backward, take)?;
    let behind = match spot {
        Spot::Start if !backward => false,
        Spot::End if backward => false,
        _ => some_rows(index, &spot, !backward, 0)?.1,
    };
    if backward {
        rows.reverse();
    }
    let (at_start, at_end) = if backward {
        (!more, !behind)
    } else {
        (!behind, !more)
    };
    Ok(Page {
        seq,
        rows,
        at_start,
        at_end,
    })
}

/// Up to `take` matching rows from a gap on, and whether there are more.
fn some_rows(
    index: &Index<'_>,
    spot: &Spot,
    backward: bool,
    take: usize,
) -> Result<(Vec<Row>, bool)> {
    let mut walk = index.walk(spot, backward, take.saturating_add(2))?;
    let mut rows = Vec::with_capacity(take.min(1024));
    while let Some(id) = walk.next()? {
        if rows.len() == take && index.plan.matcher().is_none() {
            return Ok((rows, true));
        }
        let row = show_known(index.db, id, |row| {
            Ok(index
                .plan
                .matches(row, 0)
                .then(|| (rows.len() < take).then(|| index.plan.row(row, 0))))
        })?;
        match row {
            Some(Some(row)) => rows.push(row),
            Some(None) => return Ok((rows, true)),
            None => {}
        }
    }
    Ok((rows, false))
}

/// Rows of a view in all.
pub(crate) fn count(inner: &Inner, view: &View, call: &Call) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    store::expect_folder(&reader, view.container)?;
    let plain = plan.matcher().is_none() && !plan.is_expanded();
    match view.rows {
        RowSet::Contents { deleted: false, .. } if plain => rows_of(&reader, view),
        RowSet::Contents {
            associated,
            deleted: true,
        } if plain => {
            let part = item::part(associated, true);
            Ok(
                u64::try_from(store::contents(&reader, view.container, part)?.len())
                    .unwrap_or(u64::MAX),
            )
        }
        _ => engine::count(&plan, &Source { db: &reader, view }, call),
    }
}

/// Rows before a place.
pub(crate) fn position(inner: &Inner, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    let reading = Reading::begin(inner, &plan, view, call)?;
    match reading.index(&plan, view, call) {
        Some(index) if plan.matcher().is_none() => index.position(key),
        _ => engine::position(&plan, &reading.source(view), key, call),
    }
}

/// The next row that matches more.
pub(crate) fn find(
    inner: &Inner,
    view: &View,
    restriction: &Restriction,
    from: &Anchor,
    direction: Direction,
    call: &Call,
) -> Result<Option<Row>> {
    let plan = Plan::new(&inner.info, view)?;
    let more = plan.compile(restriction)?;
    let reading = Reading::begin(inner, &plan, view, call)?;
    let restricted = plan.matcher().is_some();
    match reading.index(&plan, view, call) {
        Some(_) if more.limit() == Some(0) => Ok(None),
        Some(index) if !(restricted && matches!(from, Anchor::Row(_))) => {
            indexed_find(&index, &more, from, direction)
        }
        _ => engine::find(
            &plan,
            &reading.source(view),
            restriction,
            from,
            direction,
            call,
        ),
    }
}

/// Every row of a view, in no particular order.
pub(crate) fn each_row(
    inner: &Inner,
    view: &View,
    call: &Call,
    each: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    store::expect_folder(&reader, view.container)?;
    let seq = log::last(&reader)?;
    engine::each_row(&plan, &Source { db: &reader, view }, call, each)?;
    Ok(seq)
}

/// The rows of these places.
pub(crate) fn rows_at(
    inner: &Inner,
    view: &View,
    places: &[(ItemId, u32)],
    also: Option<&Restriction>,
    call: &Call,
) -> Result<(u64, Vec<Row>)> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = inner.connections.reader(call)?;
    reader.begin()?;
    store::expect_folder(&reader, view.container)?;
    let seq = log::last(&reader)?;
    let source = Source { db: &reader, view };
    let rows = engine::rows_at(&plan, &source, places, also, call)?;
    Ok((seq, rows))
}

fn indexed_find(
    index: &Index<'_>,
    more: &Matcher,
    from: &Anchor,
    direction: Direction,
) -> Result<Option<Row>> {
    let spot = index.spot(from)?;
    let mut walk = index.walk(&spot, direction == Direction::Backward, 64)?;
    while let Some(id) = walk.next()? {
        let plan = index.plan;
        let found = show_known(index.db, id, |row| {
            let hit = plan.matches(row, 0) && plan.matches_too(more, row, 0);
            Ok(hit.then(|| plan.row(row, 0)))
        })?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}
