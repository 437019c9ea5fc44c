//! Looking for the conversations of an older file at their first use: in short steps, by number, as if its messages came
//! now. Messages that come meanwhile wait for their turn; so what comes out is what their arrival in this order gives.

use std::cmp::Ordering;
use std::ops::ControlFlow;
use std::sync::mpsc::sync_channel;
use std::thread;

use mapi_kit::conversation::{self, Key, Links, Threads, TopicThread};
use mapi_kit::engine::{ItemRow, Plan};
use mapi_props::tags;
use mapi_spi::{Call, Durability, ItemId, ItemKind, Origin, Result, ThreadId, View};
use rusqlite::Connection;

use super::{is_ready, reached};
use crate::building::Making;
use crate::failure::Lift;
use crate::store::Inner;
use crate::transaction::{PAUSE, Txn};
use crate::{item, view};

/// Messages of one step: they are written in a transaction of less than 50 ms.
const STEP: usize = 1000;
/// Steps that are ready before they are written.
const AHEAD: usize = 2;

/// Makes sure that conversations are known where a view asks for them; where they cannot be made, messages have none.
pub(crate) fn ensure_for(inner: &Inner, plan: &Plan<'_>, view: &View, call: &Call) -> Result<()> {
    let id = tags::CONVERSATION_ID.id();
    let tested = plan.matcher().map(|m| m.tags()).unwrap_or_default();
    let sorted = view.sort.columns.iter().map(|column| &column.tag);
    let mut asked = view.columns.iter().chain(tested).chain(sorted);
    if asked.any(|tag| tag.id() == id) {
        ensure(inner, call)?;
    }
    Ok(())
}

/// Makes sure that all messages have their conversations; false where they cannot get them (a store open for reading
/// only). What is done stays done: whoever stops goes on there next time.
pub(crate) fn ensure(inner: &Inner, call: &Call) -> Result<bool> {
    let making = Making {
        inner,
        lock: ".threads",
        ready: &is_ready,
    };
    making.ensure(call, || build(inner, call))
}

fn build(inner: &Inner, call: &Call) -> Result<bool> {
    loop {
        call.check()?;
        // Not in the match: a store that is alone has one connection for all.
        let so_far = reached(&*inner.connections.reader(call)?)?;
        match so_far {
            None => return Ok(true),
            Some(so_far) => build_rest(inner, so_far, call)?,
        }
    }
}

/// Finds the conversations of the messages from a number on: a thread reads what ties them, this one writes.
fn build_rest(inner: &Inner, so_far: u64, call: &Call) -> Result<()> {
    let (send, steps) = sync_channel(AHEAD);
    thread::scope(|scope| {
        scope.spawn(move || {
            let mut at = so_far;
            loop {
                let reader = inner.connections.reader(call);
                let step = reader.and_then(|db| gather(&db, at));
                let more = step.as_ref().is_ok_and(|step| step.upto < step.last);
                at = step.as_ref().map_or(at, |step| step.upto);
                // Whoever writes has stopped, or there is nothing left.
                if send.send(step).is_err() || !more {
                    return;
                }
            }
        });
        let mut so_far = so_far;
        for step in steps {
            let step = step?;
            call.check()?;
            call.report(so_far, Some(step.last));
            let upto = step.upto;
            let done = inner.write(Origin::default(), Durability::Batch, call, |txn| {
                put(txn, so_far, step)
            })?;
            if !done {
                break;
            }
            so_far = upto;
            // Others who wait get their turn.
            thread::sleep(PAUSE);
        }
        Ok(())
    })
}

/// Messages whose conversations are to be found next.
struct Step {
    messages: Vec<Message>,
    /// All up to this number are among them.
    upto: u64,
    /// The last number that there is.
    last: u64,
}

/// A message as it was when it was read.
struct Message {
    id: ItemId,
    change: u64,
    links: Links,
}

/// Reads what ties the next messages, outside of any transaction that others wait for.
fn gather(db: &Connection, so_far: u64) -> Result<Step> {
    let last = last(db)?;
    let mut step = Step {
        messages: Vec::new(),
        upto: last,
        last,
    };
    view::each_message(db, (so_far + 1, last), &mut |row| {
        let meta = ItemRow::meta(row);
        if meta.kind == (ItemKind::Message { associated: false }) {
            step.messages.push(Message {
                id: meta.id,
                change: meta.change,
                links: conversation::links(row),
            });
        }
        if step.messages.len() < STEP {
            return Ok(ControlFlow::Continue(()));
        }
        step.upto = meta.id.0;
        Ok(ControlFlow::Break(()))
    })?;
    Ok(step)
}

fn last(db: &Connection) -> Result<u64> {
    db.prepare_cached("SELECT coalesce(max(id), 0) FROM item")
        .and_then(|mut s| s.query_row([], |r| r.get(0)))
        .lift()
}

/// Writes the conversations of what was read, as it is by now; false if somebody else had a hand in it.
fn put(txn: &mut Txn<'_>, so_far: u64, step: Step) -> Result<bool> {
    if txn.threads.reached != Some(so_far) {
        return Ok(false);
    }
    for Message { id, change, links } in step.messages {
        let meta = item::meta(txn.db, id)?;
        let Some(meta) = meta.filter(|m| m.thread.is_none()) else {
            continue;
        };
        let links = if meta.change == change {
            links
        } else {
            view::show_known(txn.db, id.0, |row| Ok(conversation::links(row)))?
        };
        let thread = conversation::place(&mut Silent(txn), &links, None)?;
        super::set(txn, id, thread)?;
    }
    let more = last(txn.db)? > step.upto;
    let reached = more.then_some(step.upto);
    txn.threads.reached = reached;
    txn.statement("UPDATE threading SET reached = ?1 WHERE id = 1")?
        .execute([reached])
        .lift()?;
    Ok(true)
}

/// What the rule of conversations asks of a builder. Nobody has seen a conversation yet, so nobody is told.
struct Silent<'a, 'b>(&'a mut Txn<'b>);

impl Threads for Silent<'_, '_> {
    fn node(&mut self, key: Key) -> Result<Option<ThreadId>> {
        super::node(self.0, key)
    }

    fn put_node(&mut self, key: Key, thread: ThreadId) -> Result<()> {
        self.0.threads.put_node(key, thread);
        Ok(())
    }

    fn joined(&mut self, thread: ThreadId) -> Result<Option<ThreadId>> {
        super::joined(self.0.db, thread)
    }

    fn topic(&mut self, key: Key) -> Result<Option<TopicThread>> {
        super::topic(self.0, key)
    }

    fn put_topic(&mut self, key: Key, topic: TopicThread) -> Result<()> {
        self.0.threads.put_topic(key, topic);
        Ok(())
    }

    fn compare(&mut self, a: ThreadId, b: ThreadId) -> Result<Ordering> {
        super::compare(self.0.db, a, b)
    }

    fn join(&mut self, part: ThreadId, whole: ThreadId) -> Result<()> {
        super::join(self.0, part, whole)?;
        self.0
            .statement("UPDATE item SET thread = ?2 WHERE thread = ?1")?
            .execute([part.0, whole.0])
            .lift()?;
        Ok(())
    }

    fn begin(&mut self) -> Result<ThreadId> {
        Ok(ThreadId(self.0.next_change()))
    }
}
