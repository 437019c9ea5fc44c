//! Building an index at its first use: in sorted steps, while others read and write.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::thread;

use mapi_kit::engine::ItemRow;
use mapi_query::COLLATION_VERSION;
use mapi_spi::{Call, Durability, Origin, Result};
use rusqlite::{CachedStatement, Connection, params};

use super::{Keys, Order, is_ready};
use crate::building::Making;
use crate::failure::Lift;
use crate::item::part_of;
use crate::log;
use crate::queries;
use crate::store::Inner;
use crate::transaction::Txn;
use crate::view::{each_message, show};

/// Rows written between two looks at the clock.
const ROWS: usize = 64;

/// Makes sure that an order can be read; false where it cannot be made (a store open for reading only).
///
/// Readers never wait. Writers keep the order from its first step on, so that what they change in the meantime is
/// right; what they changed behind the builder's snapshot is looked at again.
pub(crate) fn ensure(inner: &Inner, order: Order, call: &Call) -> Result<bool> {
    if inner.connections.is_alone() {
        return is_ready(&*inner.connections.reader(call)?, order);
    }
    let making = Making {
        inner,
        lock: ".order",
        ready: &|db| is_ready(db, order),
    };
    making.ensure(call, || build(inner, order, call))
}

fn build(inner: &Inner, order: Order, call: &Call) -> Result<bool> {
    clear(inner, order, call)?;
    let write = |work: &mut dyn FnMut(&mut Txn<'_>) -> Result<bool>| {
        inner.write(Origin::default(), Durability::Batch, call, |txn| work(txn))
    };
    write(&mut |txn| {
        txn.statement("INSERT INTO ord (id, tag, ready, collation) VALUES (?1, ?2, 0, ?3)")?
            .execute(params![order.id, order.tag.0, COLLATION_VERSION])
            .lift()?;
        Ok(true)
    })?;
    let (rows, seq) = snapshot(inner, order, call)?;
    let searches = crate::search::uncommitted(&*inner.connections.reader(call)?)?;
    let mut step = Step {
        keys: Keys::new(&inner.info, &[order])?,
        order,
        rows,
        at: 0,
        seen: seq,
        searches: searches.iter().map(|s| s.folder).collect(),
        link: (Vec::new(), 0),
    };
    loop {
        call.check()?;
        call.report(as_u64(step.at), Some(as_u64(step.rows.len())));
        match write(&mut |txn| step.run(txn)) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(e) => return Err(e),
        }
    }
}

/// Removes what an interrupted building or an older collation left.
fn clear(inner: &Inner, order: Order, call: &Call) -> Result<()> {
    loop {
        call.check()?;
        let left = inner.write(Origin::default(), Durability::Batch, call, |txn| {
            txn.statement("DELETE FROM ord WHERE id = ?1")?
                .execute([order.id])
                .lift()?;
            let folders: Vec<u64> = {
                let mut select = txn.statement("SELECT id FROM folder")?;
                select
                    .query_map([], |r| r.get(0))
                    .lift()?
                    .collect::<rusqlite::Result<_>>()
                    .lift()?
            };
            let mut delete = txn.statement(
                "DELETE FROM entry WHERE (container, part, ord, key, item) IN
                 (SELECT container, part, ord, key, item FROM entry
                  WHERE container = ?1 AND part = ?2 AND ord = ?3 LIMIT 500)",
            )?;
            for folder in folders {
                for part in 0..4_u8 {
                    while delete.execute(params![folder, part, order.id]).lift()? > 0 {
                        if txn.is_long() {
                            return Ok(true);
                        }
                    }
                }
            }
            Ok(false)
        })?;
        if !left {
            return Ok(());
        }
    }
}

/// A row to be: container, part, key, item.
type Entry = (u64, u8, Box<[u8]>, u64);

/// All rows as one moment has them, sorted, and the log's number of that moment.
fn snapshot(inner: &Inner, order: Order, call: &Call) -> Result<(Vec<Entry>, u64)> {
    let db = inner.connections.separate()?;
    db.execute_batch("BEGIN").lift()?;
    let seq = log::last(&db)?;
    let last: u64 = db
        .query_row("SELECT coalesce(max(id), 0) FROM item", [], |r| r.get(0))
        .lift()?;
    // Two halves at once: decoding and folding text takes most of the time. The halves may be of different moments;
    // the log is read again from the earlier one.
    let other = inner.connections.separate()?;
    other.execute_batch("BEGIN").lift()?;
    log::last(&other)?;
    let (first, second) = thread::scope(|scope| {
        let upper =
            scope.spawn(move || gather(inner, &other, order, (last / 2 + 1, u64::MAX >> 1), call));
        let lower = gather(inner, &db, order, (0, last / 2), call);
        (lower, upper.join())
    });
    let mut rows = first?;
    match second {
        Ok(more) => rows.extend(more?),
        Err(panic) => std::panic::resume_unwind(panic),
    }
    // Both halves are sorted: a merge.
    rows.sort();
    Ok((rows, seq))
}

fn gather(
    inner: &Inner,
    db: &Connection,
    order: Order,
    ids: (u64, u64),
    call: &Call,
) -> Result<Vec<Entry>> {
    let keys = Keys::new(&inner.info, &[order])?;
    let mut rows = Vec::new();
    let mut seen = 0_u64;
    each_message(db, ids, &mut |row| {
        if seen.is_multiple_of(1024) {
            call.check()?;
        }
        seen += 1;
        let meta = ItemRow::meta(row);
        if let Some(key) = keys.first(row) {
            rows.push((
                meta.parent.0,
                part_of(meta),
                key.into_boxed_slice(),
                meta.id.0,
            ));
        }
        Ok(ControlFlow::Continue(()))
    })?;
    rows.sort_unstable();
    Ok(rows)
}

/// The work of one transaction after another.
struct Step<'a> {
    keys: Keys<'a>,
    order: Order,
    rows: Vec<Entry>,
    at: usize,
    /// The log is looked through up to here.
    seen: u64,
    /// Search folders whose links are still to be entered, and where in the last one this is.
    searches: Vec<u64>,
    link: (Vec<u8>, u64),
}

impl Step<'_> {
    /// Writes for one transaction; true when all is there and the order is ready.
    fn run(&mut self, txn: &mut Txn<'_>) -> Result<bool> {
        let changed = self.changed_since(txn)?;
        let mut insert = txn.statement(
            "INSERT OR IGNORE INTO entry (container, part, ord, key, item) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        // What was changed behind the snapshot's back: its present row, if it is not there already.
        for id in &changed {
            let entry = show(txn.db, *id, |row| {
                let meta = ItemRow::meta(row);
                let key = self.keys.first(row).map(Vec::into_boxed_slice);
                Ok(key.map(|key| (meta.parent.0, part_of(meta), key, *id)))
            })?
            .flatten();
            if let Some(entry) = entry {
                self.insert(&mut insert, &entry)?;
            }
        }
        if !changed.is_empty() {
            self.rows.retain({
                let mut index = 0;
                let at = self.at;
                move |row| {
                    index += 1;
                    index <= at || !changed.contains(&row.3)
                }
            });
        }
        while let Some(rows) = self.rows.get(self.at..).filter(|r| !r.is_empty()) {
            let some = rows.get(..ROWS).unwrap_or(rows);
            for row in some {
                self.insert(&mut insert, row)?;
            }
            self.at += some.len();
            if txn.is_long() {
                return Ok(false);
            }
        }
        while let Some(folder) = self.searches.last().copied() {
            if !self.enter_links(txn, &mut insert, folder)? {
                return Ok(false);
            }
            self.searches.pop();
            self.link = (Vec::new(), 0);
        }
        txn.statement("UPDATE ord SET ready = 1 WHERE id = ?1")?
            .execute([self.order.id])
            .lift()?;
        Ok(true)
    }

    /// Enters the links of a search folder as this transaction has them; whether all are.
    fn enter_links(
        &mut self,
        txn: &Txn<'_>,
        insert: &mut CachedStatement<'_>,
        folder: u64,
    ) -> Result<bool> {
        loop {
            let (key, item) = &self.link;
            let mut select = txn.statement(queries::LINKS_AFTER)?;
            let rows = select
                .query_map(params![folder, key, item, ROWS], |r| {
                    Ok((r.get(0)?, r.get(1)?))
                })
                .lift()?;
            let some: Vec<(Vec<u8>, u64)> = rows.collect::<rusqlite::Result<_>>().lift()?;
            for (_, id) in &some {
                let key = show(txn.db, *id, |row| Ok(self.keys.first(row)))?.flatten();
                if let Some(key) = key {
                    self.insert(insert, &(folder, 0, key.into_boxed_slice(), *id))?;
                }
            }
            match some.into_iter().last() {
                Some(last) => self.link = last,
                None => return Ok(true),
            }
            if txn.is_long() {
                return Ok(false);
            }
        }
    }

    fn insert(&self, insert: &mut CachedStatement<'_>, row: &Entry) -> Result<()> {
        insert
            .execute(params![row.0, row.1, self.order.id, row.2, row.3])
            .lift()?;
        Ok(())
    }

    /// Messages that the log says were touched since the last look.
    fn changed_since(&mut self, txn: &Txn<'_>) -> Result<BTreeSet<u64>> {
        if txn.seq == self.seen {
            return Ok(BTreeSet::new());
        }
        let mut select = txn.statement("SELECT object FROM log WHERE seq > ?1 AND folder = 0")?;
        let rows = select.query_map([self.seen], |r| r.get(0)).lift()?;
        let changed = rows.collect::<rusqlite::Result<_>>().lift()?;
        self.seen = txn.seq;
        Ok(changed)
    }
}

fn as_u64(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
