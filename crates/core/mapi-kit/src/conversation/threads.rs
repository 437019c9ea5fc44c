//! Which messages make one conversation: what shares a key, upheld message by message.
//!
//! A union-find whose nodes are keys. What tied messages together stays known when one of them goes; conversations only
//! ever become one, never two.

use std::cmp::Ordering;

use mapi_spi::{Result, ThreadId};

use super::{Key, Links, Topic};

/// What a store keeps of its conversations. All in the transaction of the message that is being saved.
pub trait Threads {
    /// The thread to which a key was tied first; it may have become part of another one since.
    fn node(&mut self, key: Key) -> Result<Option<ThreadId>>;

    /// Ties a key that was tied to none.
    fn put_node(&mut self, key: Key, thread: ThreadId) -> Result<()>;

    /// The thread of which this one has become a part.
    fn joined(&mut self, thread: ThreadId) -> Result<Option<ThreadId>>;

    /// What is known of a subject.
    fn topic(&mut self, key: Key) -> Result<Option<TopicThread>>;

    /// Notes it.
    fn put_topic(&mut self, key: Key, topic: TopicThread) -> Result<()>;

    /// Which of two threads has more messages.
    fn compare(&mut self, a: ThreadId, b: ThreadId) -> Result<Ordering>;

    /// Makes `part` a part of `whole`: its messages are that one's from now on, in ascending order of their numbers.
    fn join(&mut self, part: ThreadId, whole: ThreadId) -> Result<()>;

    /// A thread that was never used, younger than all before.
    fn begin(&mut self) -> Result<ThreadId>;
}

/// The conversation to which replies belong that name it by its subject alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TopicThread {
    /// The latest one with that subject.
    pub thread: ThreadId,
    /// Its first message has come; else there are only replies, which wait for it.
    pub begun: bool,
}

/// Finds the conversation of a message with these links, and joins the conversations that it ties together. `own`: the
/// one in which the message is already.
///
/// # Errors
/// Those of the store.
pub fn place(threads: &mut dyn Threads, links: &Links, own: Option<ThreadId>) -> Result<ThreadId> {
    let mut found = match own {
        Some(own) => Some(root(threads, own)?),
        None => None,
    };
    let (mut fresh, mut last) = (Vec::new(), None);
    for key in &links.keys {
        match threads.node(*key)? {
            // Most keys of a message lead to one thread.
            Some(thread) if found == Some(thread) || last == Some(thread) => {}
            Some(thread) => {
                found = Some(tie(threads, found, thread)?);
                last = Some(thread);
            }
            None => fresh.push(*key),
        }
    }
    let waiting = match links.topic {
        Some(topic) => threads.topic(topic.key)?,
        None => None,
    };
    if let (Some(topic), Some(known)) = (links.topic, waiting)
        && (topic.is_reply || !known.begun)
    {
        found = Some(tie(threads, found, known.thread)?);
    }
    let thread = match found {
        Some(thread) => thread,
        None => threads.begin()?,
    };
    for key in fresh {
        threads.put_node(key, thread)?;
    }
    note_topic(threads, links.topic, waiting, thread)?;
    Ok(thread)
}

/// The first of two messages with one subject is not the beginning of the other's conversation.
fn note_topic(
    threads: &mut dyn Threads,
    topic: Option<Topic>,
    known: Option<TopicThread>,
    thread: ThreadId,
) -> Result<()> {
    let Some(topic) = topic.filter(|topic| !topic.is_reply || known.is_none()) else {
        return Ok(());
    };
    let begun = !topic.is_reply;
    threads.put_topic(topic.key, TopicThread { thread, begun })
}

/// The thread that a thread has become by now.
///
/// # Errors
/// Those of the store.
pub fn root(threads: &mut dyn Threads, thread: ThreadId) -> Result<ThreadId> {
    let mut at = thread;
    while let Some(whole) = threads.joined(at)? {
        at = whole;
    }
    Ok(at)
}

/// One thread of two: the one with more messages stays, of equals the older.
fn tie(threads: &mut dyn Threads, found: Option<ThreadId>, other: ThreadId) -> Result<ThreadId> {
    let other = root(threads, other)?;
    let Some(found) = found.filter(|found| *found != other) else {
        return Ok(other);
    };
    let order = threads.compare(found, other)?;
    let (whole, part) = match order.then(other.cmp(&found)) {
        Ordering::Less => (other, found),
        Ordering::Equal | Ordering::Greater => (found, other),
    };
    threads.join(part, whole)?;
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::*;

    /// Threads of messages that are never deleted.
    #[derive(Debug, Default)]
    struct Ground {
        nodes: BTreeMap<Key, ThreadId>,
        joined: BTreeMap<ThreadId, ThreadId>,
        topics: BTreeMap<Key, TopicThread>,
        members: Vec<ThreadId>,
        last: u64,
    }

    impl Threads for Ground {
        fn node(&mut self, key: Key) -> Result<Option<ThreadId>> {
            Ok(self.nodes.get(&key).copied())
        }
        fn put_node(&mut self, key: Key, thread: ThreadId) -> Result<()> {
            assert_eq!(self.nodes.insert(key, thread), None);
            Ok(())
        }
        fn joined(&mut self, thread: ThreadId) -> Result<Option<ThreadId>> {
            Ok(self.joined.get(&thread).copied())
        }
        fn topic(&mut self, key: Key) -> Result<Option<TopicThread>> {
            Ok(self.topics.get(&key).copied())
        }
        fn put_topic(&mut self, key: Key, topic: TopicThread) -> Result<()> {
            self.topics.insert(key, topic);
            Ok(())
        }
        fn compare(&mut self, a: ThreadId, b: ThreadId) -> Result<Ordering> {
            let size = |t| self.members.iter().filter(|m| **m == t).count();
            Ok(size(a).cmp(&size(b)))
        }
        fn join(&mut self, part: ThreadId, whole: ThreadId) -> Result<()> {
            assert_eq!(self.joined.insert(part, whole), None);
            for member in self.members.iter_mut().filter(|m| **m == part) {
                *member = whole;
            }
            Ok(())
        }
        fn begin(&mut self) -> Result<ThreadId> {
            self.last += 1;
            Ok(ThreadId(self.last))
        }
    }

    impl Ground {
        fn add(&mut self, links: &Links) -> usize {
            let thread = place(self, links, None).unwrap();
            self.members.push(thread);
            self.members.len() - 1
        }
        fn together(&self, a: usize, b: usize) -> bool {
            self.members[a] == self.members[b]
        }
    }

    fn keys(keys: &[i64]) -> Links {
        let keys: BTreeSet<Key> = keys.iter().map(|k| Key(*k)).collect();
        Links {
            keys: keys.into_iter().collect(),
            topic: None,
        }
    }

    fn subject(key: i64, is_reply: bool) -> Links {
        let topic = Some(Topic {
            key: Key(key),
            is_reply,
        });
        Links {
            keys: Vec::new(),
            topic,
        }
    }

    proptest! {
        /// The partition is that of the graph, in whatever order messages come.
        #[test]
        fn messages_that_are_connected_make_one_thread(all in prop::collection::vec(prop::collection::vec(0..30_i64, 0..4), 0..40)) {
            let mut ground = Ground::default();
            for message in &all {
                ground.add(&keys(message));
            }
            // Labels that spread until nothing moves.
            let mut labels: Vec<usize> = (0..all.len()).collect();
            for _ in 0..all.len() {
                for a in 0..all.len() {
                    for b in 0..all.len() {
                        if all[a].iter().any(|key| all[b].contains(key)) {
                            labels[a] = labels[a].min(labels[b]);
                        }
                    }
                }
            }
            for a in 0..all.len() {
                for b in 0..all.len() {
                    prop_assert_eq!(ground.together(a, b), labels[a] == labels[b]);
                }
            }
        }
    }

    #[test]
    fn the_larger_thread_keeps_its_number_and_of_equals_the_older() {
        let mut ground = Ground::default();
        ground.add(&keys(&[1]));
        ground.add(&keys(&[2]));
        ground.add(&keys(&[2]));
        ground.add(&keys(&[1, 2]));
        assert_eq!(ground.members, [ThreadId(2); 4]);
        ground.add(&keys(&[3]));
        ground.add(&keys(&[4]));
        ground.add(&keys(&[3, 4]));
        assert_eq!(ground.members[4..], [ThreadId(3); 3]);
    }

    #[test]
    fn replies_by_subject_join_the_latest_conversation_or_wait_for_the_first() {
        let mut ground = Ground::default();
        let [early, earlier] = [0, 0].map(|_| ground.add(&subject(1, true)));
        assert!(ground.together(early, earlier));
        let first = ground.add(&subject(1, false));
        assert!(ground.together(early, first));
        let report = ground.add(&subject(1, false));
        assert!(!ground.together(first, report));
        let late = ground.add(&subject(1, true));
        assert!(ground.together(late, report) && !ground.together(late, first));
        let other = ground.add(&subject(2, true));
        assert!(!ground.together(other, late));
    }

    #[test]
    fn a_message_that_is_changed_stays_with_its_own() {
        let mut ground = Ground::default();
        let draft = ground.add(&Links::default());
        let mail = ground.add(&keys(&[5]));
        let own = ground.members[draft];
        let thread = place(&mut ground, &keys(&[5, 6]), Some(own)).unwrap();
        assert!(ground.together(draft, mail));
        assert_eq!(ground.members[draft], thread);
        let reply = ground.add(&keys(&[6]));
        assert!(ground.together(reply, draft));
    }
}
