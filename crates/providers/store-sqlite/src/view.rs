//! Views: from an indexed order where there is one, else through the table engine over a scan.
//!
//! A restricted view is *walked* first, along the index that promises most, and each row on the way is tested. A walk
//! that meets too many rows in vain gives way to the *sieve*, which finds all rows that match in one pass; the page
//! is then made of these.

mod fulltext;
mod identified;
mod keys;
mod narrow;
mod reading;
mod row;
mod sieve;
mod source;
mod text;
mod thread;
mod walk;

use std::ops::ControlFlow;

use mapi_kit::engine::{self, Plan};
use mapi_props::{Restriction, SortOrder};
use mapi_query::Matcher;
use mapi_spi::{
    Anchor, Call, Direction, ItemId, Page, QueryPlan, Result, Row, RowKey, RowKeys, RowSet, View,
};
use rusqlite::Connection;

use crate::order::{self, Order};
use crate::store::Inner;
use crate::{item, store};
pub(crate) use fulltext::{AskedOfWords, LeanRow, knows, named, names_words, of_words};
pub(crate) use identified::with_message_id;
use narrow::Narrow;
use reading::{Reading, begun, prepared, unordered};
pub(crate) use row::{EncodedRow, each_message, in_memory, open, show, show_known, with_bag};
use sieve::Sieve;

/// The order whose index gives the rows of a view, once it is there.
fn indexable(plan: &Plan<'_>, view: &View) -> Option<Order> {
    if is_cut(plan) || plan.is_expanded() || !matches!(view.rows, RowSet::Contents { .. }) {
        return None;
    }
    let first = plan.sort().columns.first()?;
    if !matches!(first.order, SortOrder::Ascend | SortOrder::Descend) {
        return None;
    }
    order::for_column(*first)
}

/// Whether the view has only its first rows.
fn is_cut(plan: &Plan<'_>) -> bool {
    plan.matcher().and_then(Matcher::limit).is_some()
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
        RowSet::Deep => {
            let mut all = 0;
            for folder in store::deep(db, view.container)? {
                all += item::counts(db, folder)?.contents;
            }
            all
        }
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
    crate::thread::ensure_for(inner, &plan, view, call)?;
    let reader = prepared(inner, &plan, view, call)?;
    Reading::over(inner, &reader, &plan, view, call)?.page(from, count)
}

/// Rows of a view in all.
pub(crate) fn count(inner: &Inner, view: &View, call: &Call) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    crate::thread::ensure_for(inner, &plan, view, call)?;
    let reader = unordered(inner, &plan, view, call)?;
    Reading::over(inner, &reader, &plan, view, call)?.count()
}

/// Rows before a place.
pub(crate) fn position(inner: &Inner, view: &View, key: &RowKey, call: &Call) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    crate::thread::ensure_for(inner, &plan, view, call)?;
    let reader = prepared(inner, &plan, view, call)?;
    Reading::over(inner, &reader, &plan, view, call)?.position(key)
}

/// The next row that matches more: the first of the view that has both restrictions.
pub(crate) fn find(
    inner: &Inner,
    view: &View,
    restriction: &Restriction,
    from: &Anchor,
    direction: Direction,
    call: &Call,
) -> Result<Option<Row>> {
    let plan = Plan::new(&inner.info, view)?;
    crate::thread::ensure_for(inner, &plan, view, call)?;
    let more = plan.compile(restriction)?;
    if more.limit() == Some(0) {
        return Ok(None);
    }
    let own = plan.matcher().map(Matcher::restriction);
    let both = View {
        restriction: Some(match own {
            Some(own) => Restriction::And(vec![own.clone(), more.restriction().clone()]),
            None => more.restriction().clone(),
        }),
        ..view.clone()
    };
    // Rows are counted before what is looked for is; and together the two may nest too deep.
    let narrower = if is_cut(&plan) || plan.is_expanded() {
        None
    } else {
        Plan::new(&inner.info, &both).ok()
    };
    let Some(narrower) = narrower else {
        let reader = prepared(inner, &plan, view, call)?;
        let reading = Reading::over(inner, &reader, &plan, view, call)?;
        let source = reading.source(None);
        return engine::find(&plan, &source, restriction, from, direction, call);
    };
    let reader = prepared(inner, &narrower, &both, call)?;
    let from = match from {
        Anchor::Row(n) => Reading::over(inner, &reader, &plan, view, call)?.anchor_of(*n)?,
        other => other.clone(),
    };
    let count = match direction {
        Direction::Forward => 1,
        Direction::Backward => -1,
    };
    let found = Reading::over(inner, &reader, &narrower, &both, call)?.page(&from, count)?;
    Ok(found.rows.into_iter().next())
}

/// The living messages of some folders that a restriction may match as far as the folders' own indexes tell, by number;
/// `None` where they tell nothing.
pub(crate) fn narrowed(
    db: &Connection,
    restriction: &Restriction,
    folders: &[ItemId],
    call: &Call,
) -> Result<Option<Vec<u64>>> {
    let all = Narrow::of(Some(restriction));
    if all.facets.is_empty() {
        return Ok(None);
    }
    let (mut ids, mut untold) = (Vec::new(), Vec::new());
    for folder in folders {
        let mut narrow = all.clone();
        narrow.keep_ready(db, *folder, 0)?;
        match narrow.candidates(db, *folder, 0, call)? {
            Some(some) => ids.extend(some),
            None => untold.push(*folder),
        }
    }
    if untold.len() == folders.len() {
        return Ok(None);
    }
    for folder in untold {
        ids.extend(store::contents(db, folder, 0)?);
    }
    ids.sort_unstable();
    Ok(Some(ids))
}

/// How a view will be answered, as the indexes are now.
pub(crate) fn explain(inner: &Inner, view: &View, call: &Call) -> Result<QueryPlan> {
    let plan = Plan::new(&inner.info, view)?;
    let reader = begun(inner, view, call)?;
    Ok(Reading::over(inner, &reader, &plan, view, call)?.explain())
}

/// The sort keys of every row of a view, in no particular order; of these messages alone where they are given.
pub(crate) fn each_key(
    inner: &Inner,
    view: &View,
    only: Option<&[ItemId]>,
    call: &Call,
    each: &mut dyn FnMut(RowKeys<'_>) -> ControlFlow<()>,
) -> Result<u64> {
    let plan = Plan::new(&inner.info, view)?;
    crate::thread::ensure_for(inner, &plan, view, call)?;
    let reader = match only {
        Some(_) => begun(inner, view, call)?,
        None => prepared(inner, &plan, view, call)?,
    };
    let reading = Reading::over(inner, &reader, &plan, view, call)?;
    match only {
        Some(items) => reading.keys_of(items, each)?,
        None => reading.each_key(each)?,
    }
    Ok(reading.seq())
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
    crate::thread::ensure_for(inner, &plan, view, call)?;
    let reader = begun(inner, view, call)?;
    let reading = Reading::over(inner, &reader, &plan, view, call)?;
    let rows = engine::rows_at(&plan, &reading.source(None), places, also, call)?;
    Ok((reading.seq(), rows))
}

/// The messages of a part of a folder that a writer chooses, as its transaction sees them, by number; `limit` rows at most
/// where the restriction says so.
pub(crate) fn chosen(
    inner: &Inner,
    db: &Connection,
    view: &View,
    part: u8,
    call: &Call,
) -> Result<Vec<ItemId>> {
    let plan = Plan::new(&inner.info, view)?;
    store::expect_folder(db, view.container)?;
    let mut ids = if plan.matcher().is_none() {
        store::contents(db, view.container, part)?
    } else {
        let mut narrow = Narrow::of(view.restriction.as_ref());
        narrow.keep_ready(db, view.container, part)?;
        let sieve = Sieve {
            db,
            plan: &plan,
            container: view.container,
            part,
            rows: rows_of(db, view)?,
            listed: None,
            narrow: &narrow,
            whole: false,
            call,
        };
        sieve.matches(&|| Ok(None))?
    };
    if let Some(limit) = plan.matcher().and_then(Matcher::limit) {
        ids.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(ids.into_iter().map(ItemId).collect())
}
