//! Messages by their PR_INTERNET_MESSAGE_ID: in each folder, a run of the index of these ids.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use mapi_kit::engine::ItemRow;
use mapi_props::{PropValue, Slot, tags};
use mapi_spi::{Call, ItemId, ItemMeta, Result};
use rusqlite::{Connection, params};

use super::row::{EncodedRow, show_known};
use super::sieve::each_of;
use crate::connection::Reader;
use crate::failure::Lift;
use crate::order::{self, Order, Shape};
use crate::store::Inner;
use crate::{item, queries, store};

/// What is looked for, and how many of it in each folder.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    id: &'a str,
    limit: usize,
}

/// The messages of all folders that have this id, of each at most `limit`, by number.
pub(crate) fn with_message_id(
    inner: &Inner,
    id: &str,
    limit: usize,
    call: &Call,
) -> Result<Vec<ItemMeta>> {
    let wanted = Wanted { id, limit };
    let (reader, order) = prepared(inner, call)?;
    let mut found = Vec::new();
    for folder in store::deep(&reader, inner.info.root)? {
        call.check()?;
        match order {
            Some(order) => along(&reader, folder, order, wanted, &mut found)?,
            None => through(&reader, folder, wanted, call, &mut found)?,
        }
    }
    found.sort_unstable_by_key(|meta| meta.id);
    Ok(found)
}

/// A connection that sees one moment, and the index if it is there then. Few messages are quicker looked through than indexed.
fn prepared<'a>(inner: &'a Inner, call: &Call) -> Result<(Reader<'a>, Option<Order>)> {
    let begun = || -> Result<Reader<'a>> {
        let reader = inner.connections.reader(call)?;
        reader.begin()?;
        Ok(reader)
    };
    let reader = begun()?;
    let Some(order) = order::facet_of(tags::INTERNET_MESSAGE_ID.raw(), Shape::Equal) else {
        return Ok((reader, None));
    };
    if order::is_ready(&reader, order)? {
        return Ok((reader, Some(order)));
    }
    let mut messages = 0_u64;
    for folder in store::deep(&reader, inner.info.root)? {
        messages = messages.saturating_add(item::counts(&reader, folder)?.contents);
    }
    if messages < inner.index_from.load(Ordering::Relaxed) {
        return Ok((reader, None));
    }
    // A new transaction must see what was built.
    drop(reader);
    order::ensure(inner, order, call)?;
    let reader = begun()?;
    let ready = order::is_ready(&reader, order)?;
    Ok((reader, ready.then_some(order)))
}

/// Those of a folder along the index. It has them by time, which anybody can claim; the numbers are taken from it alone, however
/// many there are, and no more messages are read than wanted.
fn along(
    db: &Connection,
    folder: ItemId,
    order: Order,
    wanted: Wanted<'_>,
    found: &mut Vec<ItemMeta>,
) -> Result<()> {
    let low = order::equal_prefix(order.tag, wanted.id);
    let high = [low.as_slice(), &[u8::MAX]].concat();
    let mut select = db.prepare_cached(queries::RUN).lift()?;
    let run = params![folder.0, 0, order.id, low, high];
    let rows = select.query_map(run, |row| row.get::<_, u64>(0)).lift()?;
    let mut numbers = rows.map(Lift::lift).collect::<Result<Vec<_>>>()?;
    numbers.sort_unstable();
    let full = found.len().saturating_add(wanted.limit);
    for number in numbers {
        if found.len() == full {
            break;
        }
        // Another id may have the same hash.
        let own = |row: &EncodedRow<'_>| Ok(wanted.is_of(row).then(|| ItemRow::meta(row).clone()));
        found.extend(show_known(db, number, own)?);
    }
    Ok(())
}

/// The same by a pass over the folder.
fn through(
    db: &Connection,
    folder: ItemId,
    wanted: Wanted<'_>,
    call: &Call,
    found: &mut Vec<ItemMeta>,
) -> Result<()> {
    let full = found.len().saturating_add(wanted.limit);
    each_of(db, &store::contents(db, folder, 0)?, call, &mut |row| {
        if found.len() == full {
            return Ok(ControlFlow::Break(()));
        }
        if wanted.is_of(row) {
            found.push(ItemRow::meta(row).clone());
        }
        Ok(ControlFlow::Continue(()))
    })
}

impl Wanted<'_> {
    fn is_of(&self, row: &EncodedRow<'_>) -> bool {
        let slot = row.slot(tags::INTERNET_MESSAGE_ID.id());
        matches!(slot.as_deref(), Some(Slot::Value(PropValue::Unicode(own))) if own == self.id)
    }
}
