//! Conversations: every key of a message leads to its own, which is part of no other.

use mapi_kit::conversation;
use mapi_props::StoredMessage;
use mapi_spi::{ItemKind, ItemMeta, Result, ThreadId};

use super::Check;
use crate::{thread, view};
use mapi_kit::engine::MessageRow;

impl Check<'_> {
    /// The conversation of a message, once all messages have one.
    pub(super) fn thread(&mut self, meta: &ItemMeta, body: &StoredMessage) -> Result<()> {
        if !thread::is_ready(self.db)? {
            return Ok(());
        }
        let id = meta.id;
        let associated = meta.kind == ItemKind::Message { associated: true };
        let Some(own) = meta.thread else {
            if !associated {
                self.problem("thread", format!("message {id} has no conversation"));
            }
            return Ok(());
        };
        if associated {
            self.problem(
                "thread",
                format!("associated message {id} has a conversation"),
            );
        }
        if thread::joined(self.db, own)?.is_some() {
            let detail = format!("message {id} is in a conversation that is part of another");
            self.problem("thread", detail);
        }
        let row = MessageRow {
            meta,
            body,
            open: &|value| view::open(self.db, value),
        };
        for key in conversation::links(&row).keys {
            let found = match thread::stored_node(self.db, key)? {
                Some(thread) => Some(self.whole(thread)?),
                None => None,
            };
            if found != Some(own) {
                let detail = format!("message {id} is tied to conversation {found:?}, not {own:?}");
                self.problem("thread", detail);
            }
        }
        Ok(())
    }

    /// The conversation that one has become by now.
    fn whole(&self, thread: ThreadId) -> Result<ThreadId> {
        let mut at = thread;
        // A ring of conversations is one of the things that can be wrong.
        for _ in 0..1000 {
            match thread::joined(self.db, at)? {
                Some(whole) => at = whole,
                None => break,
            }
        }
        Ok(at)
    }
}
