//! Compaction: unbound values, the log's old entries, words of deleted messages and free pages go, in short steps.

use std::thread;

use mapi_spi::{Call, Durability, Origin, Result};

use super::file_bytes;
use crate::failure::Lift;
use crate::store::Inner;
use crate::transaction::PAUSE;
use crate::{blob, fulltext, log};

/// Free pages given back by one step.
const PAGES: u32 = 256;

/// Runs to the end or until the call ends; gives the bytes by which the file shrank.
pub(super) fn run(inner: &Inner, call: &Call) -> Result<u64> {
    let path = inner.connections.path();
    let before = file_bytes(path);
    sweep(inner, call)?;
    trim(inner, call)?;
    merge(inner, call)?;
    vacuum(inner, call)?;
    checkpoint(inner, call)?;
    Ok(before.saturating_sub(file_bytes(path)))
}

/// Values that nothing refers to, while no process is staging any.
pub(super) fn sweep(inner: &Inner, call: &Call) -> Result<()> {
    let waits = || blob::has_unbound(&*inner.connections.reader(call)?);
    loop {
        call.check()?;
        // An idle store is not written to only to find nothing.
        if !waits()? {
            return Ok(());
        }
        let step = || {
            inner.write(Origin::default(), Durability::Batch, call, |txn| {
                blob::sweep(txn)
            })
        };
        match inner.leases.alone(step)? {
            Some(swept) if swept > 0 => thread::sleep(PAUSE),
            _ => return Ok(()),
        }
    }
}

fn trim(inner: &Inner, call: &Call) -> Result<()> {
    loop {
        call.check()?;
        if !inner.write(Origin::default(), Durability::Batch, call, log::trim)? {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}

/// What is due to be merged in the full-text index, until nothing is.
fn merge(inner: &Inner, call: &Call) -> Result<()> {
    loop {
        call.check()?;
        let merged = inner.write(Origin::default(), Durability::Batch, call, |txn| {
            fulltext::merge(txn.db, usize::MAX)
        })?;
        if !merged {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}

fn vacuum(inner: &Inner, call: &Call) -> Result<()> {
    loop {
        call.check()?;
        let left = inner.write(Origin::default(), Durability::Batch, call, |txn| {
            let mut free = txn.db.prepare_cached("PRAGMA freelist_count").lift()?;
            if free.query_row([], |r| r.get::<_, u64>(0)).lift()? == 0 {
                return Ok(0);
            }
            // Gives one row per page, so it must be read to its end.
            let mut vacuum = txn
                .db
                .prepare(&format!("PRAGMA incremental_vacuum({PAGES})"))
                .lift()?;
            let mut rows = vacuum.query([]).lift()?;
            while rows.next().lift()?.is_some() {}
            free.query_row([], |r| r.get::<_, u64>(0)).lift()
        })?;
        if left == 0 {
            return Ok(());
        }
        thread::sleep(PAUSE);
    }
}

/// Moves the log's content into the file and cuts the log. Readers in the way leave that to the next time.
fn checkpoint(inner: &Inner, call: &Call) -> Result<()> {
    let writer = inner.connections.writer(call)?;
    writer
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
        .lift()
}
