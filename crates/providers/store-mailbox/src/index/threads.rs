//! Conversations: which messages belong together. The rule is the kit's; here it has what it needs.

use std::cmp::Ordering;

use mapi_kit::conversation::{Key, Threads, TopicThread};
use mapi_spi::{ItemId, Result, ThreadId};
use rusqlite::{OptionalExtension, params};

use super::{Change, Index};
use crate::failure::Lift;

impl Threads for Change<'_> {
    fn node(&mut self, key: Key) -> Result<Option<ThreadId>> {
        let found = self
            .db
            .prepare_cached("SELECT thread FROM node WHERE key = ?1")
            .and_then(|mut s| s.query_row([key.0], |r| r.get(0)).optional());
        Ok(found.lift()?.map(ThreadId))
    }

    fn put_node(&mut self, key: Key, thread: ThreadId) -> Result<()> {
        self.db
            .prepare_cached("INSERT INTO node (key, thread) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute(params![key.0, thread.0]))
            .lift()?;
        Ok(())
    }

    fn joined(&mut self, thread: ThreadId) -> Result<Option<ThreadId>> {
        let whole = self.one("SELECT whole FROM joined WHERE thread = ?1", thread.0)?;
        Ok(whole.map(ThreadId))
    }

    fn topic(&mut self, key: Key) -> Result<Option<TopicThread>> {
        self.db
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

    fn put_topic(&mut self, key: Key, topic: TopicThread) -> Result<()> {
        self.db
            .prepare_cached("INSERT OR REPLACE INTO topic (key, thread, begun) VALUES (?1, ?2, ?3)")
            .and_then(|mut s| s.execute(params![key.0, topic.thread.0, topic.begun]))
            .lift()?;
        Ok(())
    }

    fn compare(&mut self, a: ThreadId, b: ThreadId) -> Result<Ordering> {
        let sql = "SELECT count(*) FROM message WHERE thread = ?1";
        let of_a: Option<u64> = self.one(sql, a.0)?;
        let of_b: Option<u64> = self.one(sql, b.0)?;
        Ok(of_a.cmp(&of_b))
    }

    fn join(&mut self, part: ThreadId, whole: ThreadId) -> Result<()> {
        self.db
            .prepare_cached("INSERT INTO joined (thread, whole) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute([part.0, whole.0]))
            .lift()?;
        self.relabel(part, whole)
    }

    fn begin(&mut self) -> Result<ThreadId> {
        let thread = ThreadId(self.next_thread);
        self.next_thread += 1;
        Ok(thread)
    }
}

impl Index {
    /// The messages of a conversation, by number.
    pub(crate) fn members(&self, thread: ThreadId) -> Result<Vec<ItemId>> {
        let db = self.db();
        let mut select = db
            .prepare_cached("SELECT id FROM message WHERE thread = ?1 ORDER BY id")
            .lift()?;
        let rows = select.query_map([thread.0], |r| r.get(0).map(ItemId));
        rows.lift()?.map(Lift::lift).collect()
    }
}
