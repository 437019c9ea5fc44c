//! Indexing the messages of an older file at the first use of the index: in short steps, while others read and write.

use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::thread;

use mapi_kit::engine::ItemRow;
use mapi_spi::{Call, Durability, ItemId, Origin, Result};
use rusqlite::Connection;

use super::upkeep::{enter, is_kept, merge};
use super::words::{Words, is_covered};
use super::{Progress, RULES, is_ready, progress};
use crate::building::Making;
use crate::failure::Lift;
use crate::store::Inner;
use crate::transaction::{PAUSE, Txn};
use crate::{item, view};

/// Bytes of words, and messages, that one step gathers at most: they are written in a transaction of less than 50 ms.
const STEP_BYTES: usize = 512 << 10;
const STEP_MESSAGES: usize = 500;
/// Steps that are ready before they are written.
const AHEAD: usize = 2;
/// Rows taken out between two looks at the clock.
const ROWS: usize = 64;

/// Makes sure that the index can be read; false where it cannot be made (a store open for reading only).
///
/// What is done stays done: whoever stops goes on there next time. Readers never wait; writers index what they change.
pub(crate) fn ensure(inner: &Inner, call: &Call) -> Result<bool> {
    let making = Making {
        inner,
        lock: ".words",
        ready: &is_ready,
    };
    making.ensure(call, || build(inner, call))
}

fn build(inner: &Inner, call: &Call) -> Result<bool> {
    loop {
        call.check()?;
        // Not in the match: a store that is alone has one connection for all.
        let so_far = progress(&*inner.connections.reader(call)?)?;
        match so_far {
            Some(so_far) if so_far.reached >= so_far.last => return Ok(true),
            Some(so_far) => index_rest(inner, so_far, call)?,
            None => {
                write(inner, call, begin_anew)?;
                thread::sleep(PAUSE);
            }
        }
    }
}

/// Indexes what is left, until somebody else has a hand in the index: a thread makes words, this one writes them.
fn index_rest(inner: &Inner, mut so_far: Progress, call: &Call) -> Result<()> {
    let (send, steps) = sync_channel(AHEAD);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut at = so_far;
            while at.reached < at.last {
                let reader = inner.connections.reader(call);
                let step = reader.and_then(|db| gather(&db, at));
                at.reached = step.as_ref().map_or(at.last, |step| step.upto);
                if send.send(step).is_err() {
                    // Whoever writes has stopped.
                    return;
                }
            }
        });
        for step in steps {
            let step = step?;
            call.check()?;
            call.report(so_far.reached, Some(so_far.last));
            let upto = step.upto;
            if !write(inner, call, |txn| put(txn, so_far, step))? {
                break;
            }
            so_far.reached = upto;
            // Others who wait get their turn.
            thread::sleep(PAUSE);
        }
        Ok(())
    })
}

fn write<T>(inner: &Inner, call: &Call, work: impl FnOnce(&mut Txn<'_>) -> Result<T>) -> Result<T> {
    inner.write(Origin::default(), Durability::Batch, call, work)
}

/// Takes out what other rules made, for one transaction; when nothing is left the index is ours.
fn begin_anew(txn: &mut Txn<'_>) -> Result<()> {
    let mut select = txn.statement("SELECT key FROM indexed LIMIT ?1")?;
    let mut unlist = txn.statement("DELETE FROM indexed WHERE key = ?1")?;
    let mut remove = txn.statement("DELETE FROM fulltext WHERE rowid = ?1")?;
    loop {
        let rows = select.query_map([ROWS], |r| r.get(0)).lift()?;
        let keys: Vec<i64> = rows.collect::<rusqlite::Result<_>>().lift()?;
        if keys.is_empty() {
            break;
        }
        for key in &keys {
            remove.execute([key]).lift()?;
            unlist.execute([key]).lift()?;
        }
        if txn.is_long() {
            merge(txn.db, keys.len())?;
            return Ok(());
        }
    }
    txn.statement(
        "UPDATE indexing SET rules = ?1, reached = 0, last = (SELECT coalesce(max(id), 0) FROM item)
         WHERE id = 1",
    )?
    .execute([&*RULES])
    .lift()?;
    Ok(())
}

/// Messages that are to be indexed next.
struct Step {
    messages: Vec<Message>,
    /// All up to this number are among them.
    upto: u64,
}

/// A message as it was when its words were made.
struct Message {
    id: ItemId,
    change: u64,
    words: Words,
}

/// Makes the words of the next messages, outside of any transaction that others wait for.
fn gather(db: &Connection, so_far: Progress) -> Result<Step> {
    let mut step = Step {
        messages: Vec::new(),
        upto: so_far.last,
    };
    let mut bytes = 0;
    let range = (so_far.reached + 1, so_far.last);
    view::each_message(db, range, &mut |row| {
        let meta = ItemRow::meta(row);
        if !is_covered(meta) {
            return Ok(ControlFlow::Continue(()));
        }
        let words = Words::of(row);
        bytes += words.len();
        step.messages.push(Message {
            id: meta.id,
            change: meta.change,
            words,
        });
        if bytes < STEP_BYTES && step.messages.len() < STEP_MESSAGES {
            return Ok(ControlFlow::Continue(()));
        }
        step.upto = meta.id.0;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(step)
}

/// Indexes what was gathered, as it is by now; false if somebody else had a hand in the index.
fn put(txn: &mut Txn<'_>, so_far: Progress, step: Step) -> Result<bool> {
    // A program with other rules may have written meanwhile.
    if !is_kept(txn) || progress(txn.db)? != Some(so_far) {
        return Ok(false);
    }
    for Message { id, change, words } in step.messages {
        let mut exists = txn.statement("SELECT 1 FROM indexed WHERE item = ?1")?;
        let meta = item::meta(txn.db, id)?;
        // Whoever changed it has indexed it; what is gone needs nothing.
        let (Some(meta), false) = (meta, exists.exists([id.0]).lift()?) else {
            continue;
        };
        let words = if meta.change == change {
            words
        } else {
            view::show_known(txn.db, id.0, |row| Ok(Words::of(row)))?
        };
        let date: Vec<u8> = txn
            .statement("SELECT date FROM item WHERE id = ?1")?
            .query_row([id.0], |r| r.get(0))
            .lift()?;
        enter(txn, id.0, &date, words)?;
    }
    txn.statement("UPDATE indexing SET reached = ?1 WHERE id = 1")?
        .execute([step.upto])
        .lift()?;
    Ok(true)
}
