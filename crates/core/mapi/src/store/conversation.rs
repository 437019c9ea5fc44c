//! Conversations: the messages that belong together, in whichever folders they are.
//! Reference: [MS-OXOMSG] 2.2.1.2; issue 5, part E

use std::io::Read;
use std::ops::ControlFlow;

use mapi_kit::computed::conversation_id;
use mapi_kit::conversation::{Leaf, arrange};
use mapi_kit::engine::MessageRow;
use mapi_kit::large::ValueReader;
use mapi_props::{
    Bag, Code, FileTime, LargeRef, PropValue, RelOp, Restriction, Slot, StoredMessage,
    message_flags, tags,
};
use mapi_spi::{Error, ItemId, ItemKind, ItemMeta, Result, ScanBody, ScanRow, ThreadId};

use super::MsgStore;
use crate::EntryId;

/// The messages of one conversation, those that were soft-deleted left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    id: [u8; 16],
    members: Vec<ConversationMember>,
}

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConversationMember {
    /// The message.
    pub item: ItemId,
    /// PR_ENTRYID.
    pub entry_id: EntryId,
    /// PR_PARENT_ENTRYID: the folder that it is in.
    pub folder: EntryId,
    /// The message that it answers, as a place among the members; none for the first ones.
    pub parent: Option<usize>,
    /// How many messages lie between it and one that answers none.
    pub depth: u32,
    /// PR_CLIENT_SUBMIT_TIME, else PR_MESSAGE_DELIVERY_TIME, else PR_CREATION_TIME.
    pub time: FileTime,
    /// PR_MESSAGE_FLAGS.
    pub flags: u32,
}

impl ConversationMember {
    /// Whether it has not been read.
    #[must_use]
    pub const fn is_unread(&self) -> bool {
        self.flags & message_flags::READ == 0
    }
}

impl Conversation {
    /// PR_CONVERSATION_ID, which all its messages have. It stays while the conversation lives, unless a message ties it to
    /// one that has more messages.
    #[must_use]
    pub const fn id(&self) -> &[u8] {
        &self.id
    }

    /// Its messages in the order of the conversation: each below the one that it answers, answers by time.
    #[must_use]
    pub fn members(&self) -> &[ConversationMember] {
        &self.members
    }

    /// What its messages match, and no others: for tables and search folders that show it.
    #[must_use]
    pub fn restriction(&self) -> Restriction {
        Restriction::property(tags::CONVERSATION_ID, RelOp::Eq, self.id.as_slice())
    }
}

impl MsgStore {
    /// The conversation of a message, over all folders of the store. Which messages make one: those that share a
    /// conversation by PR_CONVERSATION_INDEX, or name each other or the same other message by PR_INTERNET_MESSAGE_ID,
    /// PR_INTERNET_REFERENCES and PR_IN_REPLY_TO_ID; and replies without either of these whose subject is, but for
    /// prefixes in any language, that of the latest message that began a conversation with it.
    ///
    /// ```
    /// # fn show(store: &mapi::MsgStore, message: &mapi::EntryId) -> mapi::Result<()> {
    /// for member in store.conversation(message)?.members() {
    ///     println!("{:>1$}{2}", "", member.depth as usize, store.short_id(member.item));
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// `MAPI_E_NOT_FOUND` without such a message; `MAPI_E_NO_SUPPORT` for an associated one; `MAPI_E_NO_ACCESS` in a store of
    /// an older format that is open for reading only and has not looked for conversations yet; `MAPI_E_INVALID_ENTRYID`.
    pub fn conversation(&self, of: &EntryId) -> Result<Conversation> {
        self.errors.track(self.conversation_of(of))
    }

    fn conversation_of(&self, of: &EntryId) -> Result<Conversation> {
        let store = self.context.spi()?;
        let message = self.context.message_id(of)?;
        let thread = store.thread_of(message, &self.context.call)?;
        let thread = thread.ok_or_else(|| {
            let detail = "an associated message belongs to no conversation";
            Error::new(Code::NO_SUPPORT, detail)
        })?;
        let found = self.members_of(thread)?;
        Ok(Conversation {
            id: conversation_id(&self.context.info().uid, thread),
            members: self.arranged(&found),
        })
    }

    /// What there is to know of each living message, by number.
    fn members_of(&self, thread: ThreadId) -> Result<Vec<Found>> {
        let (store, call) = (self.context.spi()?, &self.context.call);
        let mut found = Vec::new();
        store.thread(thread, call, &mut |row| {
            found.extend(Found::of(&row));
            ControlFlow::Continue(())
        })?;
        // Not while they are shown: a store that has one connection only cannot open values then.
        for one in found.iter_mut().filter(|one| one.is_large) {
            let data = match store.message(one.id, call) {
                Ok(data) => data,
                Err(e) if matches!(e.code(), Code::NOT_FOUND | Code::OBJECT_DELETED) => continue,
                Err(e) => return Err(e),
            };
            let open = |value: &LargeRef| {
                let reader = ValueReader::open(store, one.id, value, call).ok()?;
                Some(Box::new(reader) as Box<dyn Read>)
            };
            one.leaf = leaf(&data.meta, &data.body, &open, one.time);
        }
        Ok(found)
    }

    fn arranged(&self, found: &[Found]) -> Vec<ConversationMember> {
        let leaves: Vec<&Leaf> = found.iter().map(|one| &one.leaf).collect();
        let placed = arrange(&leaves);
        let mut places = vec![0; found.len()];
        for (place, one) in placed.iter().enumerate() {
            if let Some(of) = places.get_mut(one.message) {
                *of = place;
            }
        }
        let member = |placed: &mapi_kit::conversation::Placed| {
            let one = found.get(placed.message)?;
            Some(ConversationMember {
                item: one.id,
                entry_id: self.context.entry_id(false, one.id),
                folder: self.context.entry_id(true, one.folder),
                parent: placed.parent.and_then(|p| places.get(p).copied()),
                depth: placed.depth,
                time: one.time,
                flags: one.flags,
            })
        };
        placed.iter().filter_map(member).collect()
    }
}

/// A message of a conversation as it was found.
struct Found {
    id: ItemId,
    folder: ItemId,
    flags: u32,
    time: FileTime,
    leaf: Leaf,
    /// Some of what it says of its conversation is a large value.
    is_large: bool,
}

impl Found {
    fn of(row: &ScanRow<'_>) -> Option<Self> {
        let ScanBody::Message(body) = row.body else {
            return None;
        };
        let meta = row.meta;
        if meta.deleted || meta.kind != (ItemKind::Message { associated: false }) {
            return None;
        }
        let time = time_of(&body.props);
        let lists = [tags::INTERNET_REFERENCES, tags::IN_REPLY_TO_ID];
        Some(Self {
            id: meta.id,
            folder: meta.parent,
            flags: meta.flags,
            time,
            leaf: leaf(meta, body, &|_| None, time),
            is_large: (lists.iter())
                .any(|tag| matches!(body.props.get(&tag.id()), Some(Slot::Large(_)))),
        })
    }
}

fn leaf(
    meta: &ItemMeta,
    body: &StoredMessage,
    open: &dyn Fn(&LargeRef) -> Option<Box<dyn Read>>,
    time: FileTime,
) -> Leaf {
    let row = MessageRow {
        meta,
        body,
        open: &|value| open(value),
    };
    Leaf::of(&row, time)
}

fn time_of(props: &Bag) -> FileTime {
    let times = [
        tags::CLIENT_SUBMIT_TIME,
        tags::MESSAGE_DELIVERY_TIME,
        tags::CREATION_TIME,
    ];
    let known = times.into_iter().find_map(|tag| match props.value(tag)? {
        PropValue::SysTime(time) => Some(*time),
        _ => None,
    });
    known.unwrap_or(FileTime(0))
}
