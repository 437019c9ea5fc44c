//! Conversations: which messages belong together. The rule is the kit's; here it has what it needs.
//! Reference: issue 5, part E; [MS-OXOMSG] 2.2.1.2

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use mapi_kit::computed::conversation_id;
use mapi_kit::conversation::{self, Key, Links, Threads, TopicThread};
use mapi_props::{Slot, tags};
use mapi_spi::{Inverse, ItemId, LogKind, Origin, Problem, Result, ThreadId};

use crate::rows;
use crate::state::{Item, State, Undo};

/// What is known of conversations.
#[derive(Debug, Default)]
pub(crate) struct Threading {
    nodes: BTreeMap<Key, ThreadId>,
    topics: BTreeMap<Key, TopicThread>,
    joined: BTreeMap<ThreadId, ThreadId>,
    /// Messages by conversation.
    members: BTreeMap<ThreadId, BTreeSet<ItemId>>,
}

/// What one change of it replaced.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ThreadUndo {
    Node(Key),
    Topic(Key, Option<TopicThread>),
    Joined(ThreadId),
}

impl Threading {
    /// Moves an item from its conversation to the one it has become a member of.
    pub(crate) fn regroup(&mut self, old: Option<&Item>, new: Option<&Item>) {
        if let Some((id, thread)) = old.and_then(|o| Some((o.meta.id, o.meta.thread?)))
            && let Some(members) = self.members.get_mut(&thread)
        {
            members.remove(&id);
            if members.is_empty() {
                self.members.remove(&thread);
            }
        }
        if let Some((id, thread)) = new.and_then(|n| Some((n.meta.id, n.meta.thread?))) {
            self.members.entry(thread).or_default().insert(id);
        }
    }

    /// The messages of a conversation by number, soft-deleted ones too.
    pub(crate) fn members(&self, thread: ThreadId) -> impl Iterator<Item = ItemId> + '_ {
        self.members.get(&thread).into_iter().flatten().copied()
    }

    pub(crate) fn undo(&mut self, undo: ThreadUndo) {
        match undo {
            ThreadUndo::Node(key) => {
                self.nodes.remove(&key);
            }
            ThreadUndo::Topic(key, Some(old)) => {
                self.topics.insert(key, old);
            }
            ThreadUndo::Topic(key, None) => {
                self.topics.remove(&key);
            }
            ThreadUndo::Joined(part) => {
                self.joined.remove(&part);
            }
        }
    }
}

/// How a message is tied to others.
pub(crate) fn links_of(item: &Item) -> Links {
    rows::with_row(item, 0, |row| conversation::links(row))
}

impl State {
    /// The conversation of a message with these links; what it ties together is joined, and told.
    pub(crate) fn place(
        &mut self,
        origin: Origin,
        links: &Links,
        own: Option<ThreadId>,
    ) -> Result<ThreadId> {
        let mut placing = Placing {
            state: self,
            origin,
        };
        conversation::place(&mut placing, links, own)
    }

    /// Every key of a message leads to its conversation, which is part of no other.
    pub(crate) fn check_threads(&self, problems: &mut Vec<Problem>) {
        let threads = &self.threads;
        let root = |mut at: ThreadId| {
            while let Some(whole) = threads.joined.get(&at) {
                at = *whole;
            }
            at
        };
        for item in self.messages() {
            let thread = item.meta.thread;
            let associated = item.meta.kind == mapi_spi::ItemKind::Message { associated: true };
            let keys = links_of(item).keys;
            let leads = |key: &Key| threads.nodes.get(key).map(|t| root(*t)) == thread;
            let fits = match thread {
                None => associated,
                Some(thread) => !associated && root(thread) == thread && keys.iter().all(leads),
            };
            if !fits {
                problems.push(Problem {
                    code: "thread",
                    detail: format!("message {} is in the wrong conversation", item.meta.id),
                });
            }
        }
    }
}

struct Placing<'a> {
    state: &'a mut State,
    origin: Origin,
}

impl Placing<'_> {
    fn did(&mut self, undo: ThreadUndo) -> Result<()> {
        self.state.journal(Undo::Thread(undo));
        self.state.faults.write()
    }

    /// Makes a message one of another conversation.
    fn relabel(&mut self, id: ItemId, part: ThreadId, whole: ThreadId) -> Result<()> {
        let Some(mut item) = self.state.item(id).map(|item| Item::clone(item)) else {
            return Ok(());
        };
        item.meta.thread = Some(whole);
        self.state.put(&item)?;
        if item.meta.deleted {
            return Ok(());
        }
        let tag = tags::CONVERSATION_ID.id();
        let former = conversation_id(&self.state.info.uid, part);
        let inverse = Inverse {
            props: vec![(tag, Some(Slot::Value(former.as_slice().into())))],
        };
        let kind = LogKind::Modified;
        (self.state).log(self.origin, kind, &item, vec![tag], Some(inverse))
    }
}

impl Threads for Placing<'_> {
    fn node(&mut self, key: Key) -> Result<Option<ThreadId>> {
        Ok(self.state.threads.nodes.get(&key).copied())
    }

    fn put_node(&mut self, key: Key, thread: ThreadId) -> Result<()> {
        self.state.threads.nodes.insert(key, thread);
        self.did(ThreadUndo::Node(key))
    }

    fn joined(&mut self, thread: ThreadId) -> Result<Option<ThreadId>> {
        Ok(self.state.threads.joined.get(&thread).copied())
    }

    fn topic(&mut self, key: Key) -> Result<Option<TopicThread>> {
        Ok(self.state.threads.topics.get(&key).copied())
    }

    fn put_topic(&mut self, key: Key, topic: TopicThread) -> Result<()> {
        let old = self.state.threads.topics.insert(key, topic);
        self.did(ThreadUndo::Topic(key, old))
    }

    fn compare(&mut self, a: ThreadId, b: ThreadId) -> Result<Ordering> {
        let size = |t| self.state.threads.members(t).count();
        Ok(size(a).cmp(&size(b)))
    }

    fn join(&mut self, part: ThreadId, whole: ThreadId) -> Result<()> {
        self.state.threads.joined.insert(part, whole);
        self.did(ThreadUndo::Joined(part))?;
        let members: Vec<ItemId> = self.state.threads.members(part).collect();
        (members.into_iter()).try_for_each(|id| self.relabel(id, part, whole))
    }

    fn begin(&mut self) -> Result<ThreadId> {
        Ok(ThreadId(self.state.new_change()))
    }
}
