//! What a transaction has to note of conversations: written at its end, by ascending keys.

use std::collections::HashMap;

use mapi_kit::conversation::{Key, TopicThread};
use mapi_spi::{Result, ThreadId};
use rusqlite::{Connection, params};

use crate::failure::Lift;
use crate::transaction::Txn;

/// What a transaction knows and notes.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// How far an older file has been looked through; `None`: all of it.
    pub(crate) reached: Option<u64>,
    /// Keys that were looked up or noted. A key stays tied to its thread for ever.
    nodes: HashMap<Key, ThreadId>,
    topics: HashMap<Key, TopicThread>,
    /// What is not written yet, in order, so that it can be undone.
    noted: Vec<Noted>,
}

#[derive(Debug)]
enum Noted {
    Node(Key),
    /// With what was noted before.
    Topic(Key, Option<TopicThread>),
}

/// How much was noted at some point.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing(usize);

impl Pending {
    /// As a transaction begins.
    pub(crate) fn begin(db: &Connection) -> Result<Self> {
        Ok(Self {
            reached: super::reached(db)?,
            ..Self::default()
        })
    }

    /// Whether all messages have their conversations.
    pub(crate) const fn is_complete(&self) -> bool {
        self.reached.is_none()
    }

    pub(crate) fn node(&self, key: Key) -> Option<ThreadId> {
        self.nodes.get(&key).copied()
    }

    /// Remembers what is written already.
    pub(crate) fn remember(&mut self, key: Key, thread: ThreadId) {
        self.nodes.insert(key, thread);
    }

    pub(crate) fn put_node(&mut self, key: Key, thread: ThreadId) {
        self.nodes.insert(key, thread);
        self.noted.push(Noted::Node(key));
    }

    pub(crate) fn topic(&self, key: Key) -> Option<TopicThread> {
        self.topics.get(&key).copied()
    }

    pub(crate) fn put_topic(&mut self, key: Key, topic: TopicThread) {
        let before = self.topics.insert(key, topic);
        self.noted.push(Noted::Topic(key, before));
    }

    pub(crate) const fn standing(&self) -> Standing {
        Standing(self.noted.len())
    }

    /// Forgets what came after.
    pub(crate) fn return_to(&mut self, standing: Standing) {
        while self.noted.len() > standing.0 {
            match self.noted.pop() {
                Some(Noted::Node(key)) => {
                    self.nodes.remove(&key);
                }
                Some(Noted::Topic(key, Some(before))) => {
                    self.topics.insert(key, before);
                }
                Some(Noted::Topic(key, None)) => {
                    self.topics.remove(&key);
                }
                None => return,
            }
        }
    }
}

/// Writes what was noted.
pub(crate) fn write(txn: &mut Txn<'_>) -> Result<()> {
    let noted = std::mem::take(&mut txn.threads.noted);
    let (mut nodes, mut topics) = (Vec::new(), Vec::new());
    for one in noted {
        match one {
            Noted::Node(key) => nodes.push(key),
            Noted::Topic(key, _) => topics.push(key),
        }
    }
    nodes.sort_unstable();
    topics.sort_unstable();
    topics.dedup();
    if !nodes.is_empty() {
        let mut insert = txn.statement("INSERT INTO node (key, thread) VALUES (?1, ?2)")?;
        for key in nodes {
            let thread = txn.threads.node(key).map(|thread| thread.0);
            insert.execute(params![key.0, thread]).lift()?;
        }
    }
    if !topics.is_empty() {
        let mut replace =
            txn.statement("INSERT OR REPLACE INTO topic (key, thread, begun) VALUES (?1, ?2, ?3)")?;
        for key in topics {
            if let Some(TopicThread { thread, begun }) = txn.threads.topic(key) {
                replace.execute(params![key.0, thread.0, begun]).lift()?;
            }
        }
    }
    Ok(())
}
