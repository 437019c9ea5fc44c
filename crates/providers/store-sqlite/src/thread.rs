//! Conversations: which messages belong together. `docs/format.md` describes the tables.
//!
//! `item.thread` is the conversation of a message. `node` has every key that tied a message to one (see the kit's
//! `conversation`), `topic` the latest conversation of a subject, and `joined` which conversation has become part of which.
//! All move in the message's own transaction. The rooms: `pending` (what a transaction notes at its end), `build`
//! (messages of older files), `read`.

mod build;
mod pending;
mod read;

use std::cmp::Ordering;

use mapi_kit::conversation::{Key, TopicThread};
use mapi_spi::{ItemId, Result, ThreadId};
use rusqlite::{Connection, OptionalExtension, params};

use crate::failure::Lift;
use crate::queries;
use crate::transaction::Txn;

pub(crate) use build::{ensure, ensure_for};
pub(crate) use pending::{Pending, Standing, write};
pub(crate) use read::{of_message, scan};

/// How far an older file has been looked through; `None`: all messages have their conversations.
pub(crate) fn reached(db: &Connection) -> Result<Option<u64>> {
    db.prepare_cached("SELECT reached FROM threading WHERE id = 1")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()
}

/// Whether all messages have their conversations. Those of a file of an older version that is open for reading only have
/// none.
pub(crate) fn is_ready(db: &Connection) -> Result<bool> {
    let there = db
        .prepare_cached("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'threading'")
        .and_then(|mut s| s.exists([]))
        .lift()?;
    Ok(there && reached(db)?.is_none())
}

/// The thread to which a key was tied first.
pub(crate) fn node(txn: &mut Txn<'_>, key: Key) -> Result<Option<ThreadId>> {
    if let Some(known) = txn.threads.node(key) {
        return Ok(Some(known));
    }
    let found = stored_node(txn.db, key)?;
    if let Some(thread) = found {
        txn.threads.remember(key, thread);
    }
    Ok(found)
}

/// The same as far as it is written.
pub(crate) fn stored_node(db: &Connection, key: Key) -> Result<Option<ThreadId>> {
    db.prepare_cached("SELECT thread FROM node WHERE key = ?1")
        .and_then(|mut s| s.query_row([key.0], |r| r.get(0).map(ThreadId)).optional())
        .lift()
}

/// What is known of a subject.
pub(crate) fn topic(txn: &mut Txn<'_>, key: Key) -> Result<Option<TopicThread>> {
    if let Some(known) = txn.threads.topic(key) {
        return Ok(Some(known));
    }
    txn.db
        .prepare_cached("SELECT thread, begun FROM topic WHERE key = ?1")
        .and_then(|mut s| {
            s.query_row([key.0], |r| {
                Ok(TopicThread {
                    thread: ThreadId(r.get(0)?),
                    begun: r.get(1)?,
                })
            })
            .optional()
        })
        .lift()
}

/// The thread of which this one has become a part.
pub(crate) fn joined(db: &Connection, thread: ThreadId) -> Result<Option<ThreadId>> {
    db.prepare_cached("SELECT whole FROM joined WHERE thread = ?1")
        .and_then(|mut s| {
            s.query_row([thread.0], |r| r.get(0).map(ThreadId))
                .optional()
        })
        .lift()
}

/// Notes that a thread has become part of another.
pub(crate) fn join(txn: &Txn<'_>, part: ThreadId, whole: ThreadId) -> Result<()> {
    txn.statement("INSERT INTO joined (thread, whole) VALUES (?1, ?2)")?
        .execute([part.0, whole.0])
        .lift()?;
    Ok(())
}

/// Which of two threads has more messages, counted as far as the smaller one has them.
pub(crate) fn compare(db: &Connection, a: ThreadId, b: ThreadId) -> Result<Ordering> {
    let mut count = db.prepare_cached(queries::THREAD_COUNT_UP_TO).lift()?;
    let mut up_to = 16_u64;
    loop {
        let mut size = |thread: ThreadId| -> Result<u64> {
            count
                .query_row(params![thread.0, up_to], |r| r.get(0))
                .lift()
        };
        let (of_a, of_b) = (size(a)?, size(b)?);
        if of_a < up_to || of_b < up_to {
            return Ok(of_a.cmp(&of_b));
        }
        up_to = up_to.saturating_mul(4);
    }
}

/// The messages of a thread by number, soft-deleted ones too.
pub(crate) fn members(db: &Connection, thread: ThreadId) -> Result<Vec<u64>> {
    let mut select = db.prepare_cached(queries::THREAD).lift()?;
    let rows = select.query_map([thread.0], |r| r.get(0)).lift()?;
    rows.map(Lift::lift).collect()
}

/// Writes the thread of a message.
pub(crate) fn set(txn: &Txn<'_>, id: ItemId, thread: ThreadId) -> Result<()> {
    txn.statement("UPDATE item SET thread = ?2 WHERE id = ?1")?
        .execute([id.0, thread.0])
        .lift()?;
    Ok(())
}
