//! Conversations in a commit: a message finds its own, and those that it ties together become one.

use std::cmp::Ordering;

use mapi_kit::conversation::{self, Key, Links, Threads, TopicThread};
use mapi_kit::engine::MessageRow;
use mapi_props::StoredMessage;
use mapi_spi::{ItemId, ItemKind, ItemMeta, LogKind, Result, ThreadId};

use super::{Commit, difference};
use crate::{item, thread, view};

impl Commit<'_> {
    /// The conversation of a message that is about to be added. While an older file is being looked through, new messages
    /// wait for their turn there.
    pub(super) fn thread_of_new(
        &mut self,
        meta: &ItemMeta,
        body: &StoredMessage,
    ) -> Result<Option<ThreadId>> {
        let covered = meta.kind == ItemKind::Message { associated: false };
        if !covered || !self.txn.threads.is_complete() {
            return Ok(None);
        }
        let links = self.links_of(meta, body);
        conversation::place(&mut Placing(self), &links, None).map(Some)
    }

    /// Ties a message to others by what it says after a change.
    pub(super) fn tie_anew(&mut self, meta: &ItemMeta, body: &StoredMessage) -> Result<()> {
        if meta.thread.is_some() {
            let links = self.links_of(meta, body);
            conversation::place(&mut Placing(self), &links, meta.thread)?;
        }
        Ok(())
    }

    fn links_of(&self, meta: &ItemMeta, body: &StoredMessage) -> Links {
        conversation::links(&MessageRow {
            meta,
            body,
            open: &|value| view::open(self.txn.db, value),
        })
    }

    /// Makes a message one of another conversation, and tells of it. Nobody is told of soft-deleted ones.
    fn relabel(&mut self, id: ItemId, part: ThreadId, whole: ThreadId) -> Result<()> {
        let Some(old) = item::meta(self.txn.db, id)? else {
            return Ok(());
        };
        let new = ItemMeta {
            thread: Some(whole),
            ..old.clone()
        };
        thread::set(&self.txn, id, whole)?;
        if old.deleted {
            return Ok(());
        }
        self.follow_flags(&old, &new)?;
        let former = difference::of_thread(&self.inner.info.uid, part);
        let (changed, inverse) = difference::entry([former].into());
        self.note(LogKind::Modified, &new, &changed, Some(inverse))
    }
}

/// What the rule of conversations asks of a commit.
struct Placing<'a, 'b>(&'a mut Commit<'b>);

impl Threads for Placing<'_, '_> {
    fn node(&mut self, key: Key) -> Result<Option<ThreadId>> {
        thread::node(&mut self.0.txn, key)
    }

    fn put_node(&mut self, key: Key, thread: ThreadId) -> Result<()> {
        self.0.txn.threads.put_node(key, thread);
        Ok(())
    }

    fn joined(&mut self, thread: ThreadId) -> Result<Option<ThreadId>> {
        thread::joined(self.0.txn.db, thread)
    }

    fn topic(&mut self, key: Key) -> Result<Option<TopicThread>> {
        thread::topic(&mut self.0.txn, key)
    }

    fn put_topic(&mut self, key: Key, topic: TopicThread) -> Result<()> {
        self.0.txn.threads.put_topic(key, topic);
        Ok(())
    }

    fn compare(&mut self, a: ThreadId, b: ThreadId) -> Result<Ordering> {
        thread::compare(self.0.txn.db, a, b)
    }

    fn join(&mut self, part: ThreadId, whole: ThreadId) -> Result<()> {
        thread::join(&self.0.txn, part, whole)?;
        for id in thread::members(self.0.txn.db, part)? {
            self.0.relabel(ItemId(id), part, whole)?;
        }
        Ok(())
    }

    fn begin(&mut self) -> Result<ThreadId> {
        Ok(ThreadId(self.0.txn.next_change()))
    }
}
